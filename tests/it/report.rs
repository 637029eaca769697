//! `hotfix report` with the real program: which repositories, from when on, and what it says where it can't know.

use serde_json::Value;

use crate::past;
use crate::place::{Place, Said, said};

fn figure<'r>(report: &'r Value, metric: &str, name: &str) -> &'r Value {
    &report["metrics"][metric]["figures"][name]
}

/// The program with another locale and terminal than the machine's.
fn shown(place: &Place, locale: &str, term: &str, arguments: &[&str]) -> Said {
    let mut command = place.command(env!("CARGO_BIN_EXE_hotfix"), &place.path(), crate::place::ADA);
    for name in ["LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    said(command.args(arguments).env("LC_ALL", locale).env("TERM", term))
}

#[test]
fn a_past_is_reported_from_its_events_its_tags_and_its_policies() {
    let place = past::place(30);
    let report = place.json(&["report"]);
    assert_eq!(report["command"], "report");
    let repository = &report["repositories"][0];
    assert_eq!(repository["name"], "shop");
    assert_eq!(repository["incidents"].as_u64().unwrap() + report["void"].as_u64().unwrap(), 30);
    assert_eq!(repository["releases"], 18);
    assert_eq!(report["metrics"]["hotfixes-per-month"]["n"], repository["hotfixes"]);
    // Each hotfix deployed a release of its own, which nobody tagged; each tag is a planned one.
    let rate = figure(&report, "deployment-rework-rate", "rate");
    let deployed = report["metrics"]["late-approval-share"]["n"].as_u64().unwrap();
    assert_eq!(rate["part"], deployed);
    assert_eq!(rate["whole"].as_u64().unwrap(), deployed + 18);
    assert!(report["metrics"]["deployment-rework-rate"]["source"].as_str().unwrap().contains("dora.dev"));
    // When the commit was made that brought each, which is when the team changed its rules, not when it next broke something.
    let policies = report["policy_changes"].as_array().unwrap();
    let told: Vec<String> = policies.iter().map(|it| format!("{} {}", it["name"], it["version"])).collect();
    assert_eq!(told, ["\"built-in\" 1", "\"shop\" 1", "\"shop\" 2"]);
    let came = place.git(&["log", "--reverse", "--format=%cI", "--", "policy/hotfix.yaml"]);
    let came: Vec<&str> = came.lines().collect();
    let same = |told: &Value, came: &str| {
        let parse = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        parse(told["at"].as_str().unwrap()) == parse(came)
    };
    assert!(same(&policies[1], came[0]) && same(&policies[2], came[1]), "{policies:?} {came:?}");
    for (name, metric) in report["metrics"].as_object().unwrap() {
        for field in ["n", "of", "definition", "source", "title"] {
            assert!(!metric[field].is_null(), "{name} has no {field}");
        }
    }
}

#[test]
fn since_is_read_as_elsewhere_and_cuts_everything_off() {
    let place = past::place(30);
    let all = place.json(&["report"]);
    let day = "2026-01-01";
    let cut = place.json(&["report", "--since", day]);
    assert_eq!(cut["months"][0], "2026-01");
    assert!(cut["repositories"][0]["incidents"].as_u64() < all["repositories"][0]["incidents"].as_u64());
    assert!(cut["repositories"][0]["releases"].as_u64() < all["repositories"][0]["releases"].as_u64());
    let same = place.json(&["report", "--since", "2026-01-01T00:00:00Z"]);
    // Between the two the clock went on, and with it the age of what is open.
    for field in ["repositories", "months", "policy_changes", "since"] {
        assert_eq!(same[field], cut[field], "{field}");
    }
    place.hotfix(&["report", "--since", "yesterday"]).exits(2).says("a day, such as 2026-01-31");
    place.hotfix(&["report", "--since", "2199-01-01"]).exits(2).says("is in the future");
}

#[test]
fn several_repositories_are_told_together_and_each_once() {
    let (place, other) = (past::place(30), past::place_of("2b7c9d10-52ab-4e0f-9a34-1c5d7e8f9012", 30));
    let (one, two) = (place.path(), other.path());
    let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
    let report = place.json(&["report", "--repo", one, "--repo", two]);
    let alone = place.json(&["report"]);
    let n = |report: &Value, metric: &str| report["metrics"][metric]["n"].as_u64().unwrap();
    for metric in ["hotfixes-per-month", "deployment-rework-rate", "rca-lag", "hotspot-paths"] {
        assert_eq!(n(&report, metric), 2 * n(&alone, metric), "{metric}");
    }
    // Both are named shop, so each is named as it was given.
    assert_eq!(report["repositories"][0]["name"], one);
    assert_eq!(report["repositories"][1]["name"], two);
    place.hotfix(&["report", "--repo", one, "--repo", "."]).exits(2).says("the same repository");
    place.hotfix(&["report", "--repo", one, "--repo", "/nowhere"]).exits(4).says("/nowhere");
}

#[test]
fn what_it_can_not_know_it_says() {
    let empty = Place::new();
    empty.commit("a", "a\n", "a");
    empty.hotfix(&["report"]).exits(0).says("no ledger yet").says("nothing to tell yet");
    assert_eq!(empty.json(&["report"])["metrics"]["hotfixes-per-month"]["n"], 0);

    // A clone that never fetched the ledger does not know that there was nothing.
    let place = Place::with_origin();
    place.commit("a", "a\n", "a");
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["report"]).exits(4).says("never fetched the ledger").says("hotfix sync");

    // A shallow clone may lack tags, so nothing is said of releases.
    let past = past::place(30);
    let url = format!("file://{}", past.path().display());
    past.git_in(&past.beside(""), &["clone", "-q", "--depth=1", &url, "shallow"]);
    past.git_in(&past.beside("shallow"), &["fetch", "-q", "origin", "refs/hotfix/ledger:refs/hotfix/ledger"]);
    let report = past.json(&["report", "--repo", "../shallow"]);
    assert_eq!(report["repositories"][0]["releases"], Value::Null);
    assert_eq!(report["metrics"]["deployment-rework-rate"]["n"], 0);
    assert!(report["notes"][0].as_str().unwrap().contains("shallow"), "{}", report["notes"]);

    // An event that can't be read may be a hotfix.
    let tip = past.git(&["rev-parse", "refs/hotfix/ledger"]);
    let forged = past.git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit-tree",
        "-p",
        &tip,
        "-m",
        "{}",
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    ]);
    past.git(&["update-ref", "refs/hotfix/ledger", &forged]);
    past.hotfix(&["report"]).exits(4).says("1 event of shop can't be read").says("Hotfixes per month");
}

#[test]
fn a_terminal_without_unicode_gets_none() {
    let place = past::place(30);
    let ascii = |locale: &str, term: &str| shown(&place, locale, term, &["report"]).exits(0).out.is_ascii();
    assert!(ascii("C", "xterm"));
    assert!(ascii("en_US.UTF-8", "dumb"));
    assert!(!ascii("C.UTF-8", "xterm"));
    assert!(!ascii("de_DE.utf8", "xterm"));
}

/// The same numbers in every format, and only where a command has it.
#[test]
fn the_same_report_in_every_format() {
    let place = past::place(30);
    let report = place.json(&["report"]);
    let hotfixes = report["metrics"]["hotfixes-per-month"]["n"].to_string();
    let csv = place.hotfix(&["report", "--format", "csv"]).exits(0).out;
    let mut rows = csv.lines();
    assert_eq!(rows.next(), Some("metric,n,kind,name,month,value,unit,part,whole,at_least"));
    let sum: u64 = rows
        .filter(|row| row.starts_with("hotfixes-per-month,") && row.contains(",month,"))
        .map(|row| row.split(',').nth(5).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum.to_string(), hotfixes);
    let cell = format!("| Hotfixes per month | {hotfixes} |");
    place.hotfix(&["report", "--format", "markdown"]).exits(0).says(&cell);
    let html = place.hotfix(&["report", "--format", "html"]).exits(0).out;
    assert!(html.starts_with("<!doctype html>") && html.contains("<svg"));
    // Whoever is listed has a timeline, and its words are those of `show`.
    let shown = place.json(&["show", "INC-29"]);
    let said = shown["timeline"][0]["what"].as_str().unwrap();
    assert!(html.contains(&said.replace('\'', "&#39;")), "{said}");
    place.hotfix(&["log", "--format", "csv"]).exits(2).says("log answers only as text, json");
    place.hotfix(&["show", "INC-29", "--format", "csv"]).exits(2).says("text, json, markdown, html");
}
