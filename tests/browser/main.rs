//! The page of `hotfix report` in a real browser. `.ci/run` runs this; it needs a Chromium.
//!
//! `PICTURES=DIRECTORY cargo test --test browser` leaves pictures of each there, to be looked at.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::disallowed_methods, reason = "tests run programs and tell the time")]

mod chromium;
#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../it/past.rs"]
mod past;
#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../it/place.rs"]
mod place;

use std::path::{Path, PathBuf};

use serde_json::Value;

use chromium::{Chromium, Look};
use place::Place;

const DESKTOP: u32 = 1280;
const PHONE: u32 = 360;
/// How high one picture is.
const PIECE: u32 = 1_400;

/// A text must stand out from what is behind it by this: WCAG 2.2, success criterion 1.4.3, level AA.
const CONTRAST: f64 = 4.5;

/// For each text that is shown, the contrast between its colour and what is behind it, as WCAG 2.2 defines relative luminance.
const CONTRASTS: &str = r#"(() => {
  const parse = text => (text.match(/[\d.]+/g) || []).map(Number);
  const linear = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || element.closest('title, desc')) continue;
    const style = getComputedStyle(element);
    const ink = parse(element.closest('svg') ? style.fill : style.color);
    const [light, dark] = [luminance(ink), luminance(behind(element))].sort((a, b) => b - a);
    found.push([(light + 0.05) / (dark + 0.05), walk.currentNode.data.trim().slice(0, 40)]);
  }
  found.sort((a, b) => a[0] - b[0]);
  return { least: found[0], count: found.length };
})()"#;

/// The least contrast of the colours that series are drawn in: WCAG 2.2, 1.4.11 asks for 3:1.
const SERIES: &str = r#"(() => {
  const probe = document.createElement('p');
  document.body.append(probe);
  const linear = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const luminance = colour => {
    probe.style.color = colour;
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const paper = luminance('var(--paper)');
  const contrasts = [1, 2, 3, 4, 5].map(number => {
    const [light, dark] = [luminance(`var(--series-${number})`), paper].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  });
  probe.remove();
  return Math.min(...contrasts);
})()"#;

/// What the page is made of.
const PARTS: &str = r##"({
  scripts: document.scripts.length,
  charts: [...document.querySelectorAll('svg')].filter(svg => {
    const box = svg.getBoundingClientRect();
    const named = svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)?.textContent);
    return box.width > 200 && box.height > 80 && named && svg.querySelector('rect, path, circle');
  }).map(svg => svg.closest('section').id),
  beside: [...document.querySelectorAll('svg')].every(svg => svg.closest('section').querySelector('table tbody tr')),
  sections: [...document.querySelectorAll('main > section[id]')].map(section => section.id),
  links: [...document.querySelectorAll('a[href^="#"]')].map(link => link.getAttribute('href')),
  dangling: [...document.querySelectorAll('a[href^="#"]')].filter(link => !document.getElementById(link.hash.slice(1))).length,
  ids: [...document.querySelectorAll('[id]')].length - new Set([...document.querySelectorAll('[id]')].map(it => it.id)).size,
  timelines: document.querySelectorAll('.incident tbody tr').length,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  text: document.body.innerText,
})"##;

fn write_page(place: &Place) -> PathBuf {
    let said = place.hotfix(&["report", "--format", "html"]).exits(0);
    let file = place.beside("report.html");
    std::fs::write(&file, said.out).unwrap();
    file
}

/// Nothing was asked of any network, and nothing was complained of.
fn is_quiet(chromium: &Chromium, file: &Path) {
    let own = format!("file://{}", file.display());
    for event in &chromium.events {
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => assert_eq!(event["params"]["request"]["url"], own, "{event}"),
            "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded" => panic!("{event}"),
            _ => {}
        }
    }
}

fn has(parts: &Value, list: &str, entry: &str) -> bool {
    parts[list].as_array().unwrap().iter().any(|it| it == entry)
}

/// Looks at the page of so many incidents in every way, and hands what it is made of on a desktop to `check`.
fn look_at(chromium: &mut Chromium, incidents: usize, check: impl Fn(&Value)) {
    let place = past::place(incidents);
    let file = write_page(&place);
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(size < 2_000_000, "{incidents} incidents make a page of {size} bytes");
    for (name, look) in [
        ("desktop-light", Look { width: DESKTOP, height: 900, dark: false, print: false }),
        ("desktop-dark", Look { width: DESKTOP, height: 900, dark: true, print: false }),
        ("phone-light", Look { width: PHONE, height: 740, dark: false, print: false }),
        ("phone-dark", Look { width: PHONE, height: 740, dark: true, print: false }),
        ("paper", Look { width: 794, height: 1123, dark: false, print: true }),
    ] {
        chromium.open(&file, look);
        let parts = chromium.evaluate(PARTS);
        let about = format!("{incidents} incidents, {name}");
        assert_eq!(parts["scripts"], 0, "{about}");
        assert_eq!(parts["overflow"], 0, "{about}: it must not be scrolled sideways");
        assert_eq!((&parts["dangling"], &parts["ids"]), (&Value::from(0), &Value::from(0)), "{about}");
        assert_eq!(parts["beside"], true, "{about}: a table stands beside every chart");
        check(&parts);
        let contrasts = chromium.evaluate(CONTRASTS);
        assert!(contrasts["count"].as_u64().unwrap() > 50, "{about}: {contrasts}");
        assert!(contrasts["least"][0].as_f64().unwrap() >= CONTRAST, "{about}: {contrasts}");
        assert!(chromium.evaluate(SERIES).as_f64().unwrap() >= 3.0, "{about}");
        let paper = chromium.evaluate("getComputedStyle(document.body).backgroundColor");
        assert_eq!(paper == "rgb(255, 255, 255)", !look.dark, "{about}: {paper}");
        is_quiet(chromium, &file);
        if let Ok(pictures) = std::env::var("PICTURES") {
            for part in 0..4 {
                let file = Path::new(&pictures).join(format!("{incidents}-{name}-{part}.png"));
                chromium.picture(&file, look, (part * PIECE, PIECE));
            }
        }
    }
}

#[test]
fn the_page_in_a_browser_with_no_incident_one_thirty_and_ten_thousand() {
    let mut chromium = Chromium::start();
    look_at(&mut chromium, 0, |parts| {
        assert_eq!(parts["charts"].as_array().unwrap().len(), 1, "releases are deployments, and nothing else happened");
        assert!(has(parts, "sections", "hotfixes-per-month"));
        assert!(parts["text"].as_str().unwrap().contains("too little data"));
    });
    look_at(&mut chromium, 1, |parts| {
        assert!(has(parts, "links", "#incident-0"));
    });
    let charts = [
        "hotfixes-per-month",
        "hotfixes-per-release",
        "deployment-rework-rate",
        "failed-deployment-recovery-time",
        "severity-at-opening",
        "first-resort-ratio",
        "roll-back-refused",
        "flag-off-refused",
        "roll-backs",
        "merge-back-time",
        "rca-lag",
        "leaked-gate",
        "repeat-causes",
        "hotspot-paths",
        "override-share",
        "untested-share",
    ];
    for (incidents, listed) in [(30, 27), (10_000, 300)] {
        look_at(&mut chromium, incidents, |parts| {
            assert_eq!(parts["charts"], Value::from(charts.to_vec()), "all charts, each large enough to be read");
            assert!(has(parts, "links", &format!("#incident-{}", listed - 1)));
            assert!(!has(parts, "links", &format!("#incident-{listed}")));
            assert!(parts["timelines"].as_u64().unwrap() > listed * 3);
            let text = parts["text"].as_str().unwrap();
            assert_eq!(text.contains("The latest 300 of"), incidents > 300, "what is left out is said");
        });
    }
}
