use super::*;
use crate::domain::report::Report;
use crate::domain::report::tests::{STORY, over};
use crate::domain::text::columns;
use crate::render::{Drawing, Page};

fn shown(report: &Report, columns: usize, unicode: bool, styled: bool) -> String {
    // As the session does: prose at most 120 columns wide, plots as wide as the terminal.
    let mut page = Page::new(columns.min(120), styled).drawing(Drawing { columns, unicode });
    text(report, &["shop has something to say.".to_owned()], &mut page);
    page.finish()
}

#[test]
fn a_terminal_of_40_80_and_200_columns_with_unicode_and_without() {
    let report = over(STORY, &["shop"], None);
    for (width, unicode) in [(40, true), (40, false), (80, true), (80, false), (200, true), (200, false)] {
        let text = shown(&report, width, unicode, false);
        for line in text.lines() {
            // An address can't be broken.
            assert!(columns(line) <= width || line.contains("https://"), "{width}: {line}");
            assert!(unicode || line.is_ascii(), "{line}");
        }
        insta::assert_snapshot!(format!("{width}_{}", if unicode { "unicode" } else { "ascii" }), text);
        let styled = anstream::adapter::strip_str(&shown(&report, width, unicode, true)).to_string();
        assert_eq!(styled, text, "colours change no letter");
    }
}

#[test]
fn a_report_of_nothing_and_of_two_repositories() {
    insta::assert_snapshot!("nothing", shown(&over("", &["shop"], None), 80, true, false));
    insta::assert_snapshot!("two", shown(&over(STORY, &["shop", "bank"], None), 80, true, false));
}

#[test]
fn a_report_as_markdown_and_as_rows() {
    let report = over(STORY, &["shop"], None);
    insta::assert_snapshot!("markdown", document(&report, &[]).markdown());
    let rows = csv(&report);
    insta::assert_snapshot!("csv", rows.replace('\r', ""));
    assert!(rows.lines().all(|row| row.matches(',').count() == 9 || row.contains('"')), "as many cells in each row");
}

fn listed(id: &str) -> Listed {
    Listed {
        repository: "shop".to_owned(),
        id: id.to_owned(),
        started: report_start(),
        severity: "sev1".to_owned(),
        decision: "hotfix",
        state: "closed",
        timeline: vec![Happened { at: report_start(), who: "Ada".to_owned(), what: format!("{id} was opened") }],
    }
}

fn report_start() -> crate::domain::identity::Moment {
    crate::domain::identity::Moment::parse_from_rfc3339("2026-01-10T03:10:00+01:00").expect("a moment")
}

#[test]
fn a_page_is_the_same_each_time_and_asks_for_nothing() {
    let report = over(STORY, &["shop"], None);
    let page = || html(&report, &[], &[listed("INC-1")]);
    let first = page();
    assert_eq!(first, page());
    assert!(first.contains("<a href=\"#incident-0\">INC-1</a>") && first.contains("id=\"incident-0\""));
    for asks in ["src=", "<link", "<script", "url(http", "@import", "javascript:"] {
        assert!(!first.contains(asks), "{asks}");
    }
    assert!(first.contains("The latest 1 of 11 incidents"));
}

#[test]
fn nothing_that_people_typed_is_markup_on_a_page() {
    let evil = "<img src=x onerror=alert(1)>";
    let story = STORY.replace("src/a", "<script>alert(1)</script>").replace("schema-changed", "<b>");
    let report = over(&story, &["<i>shop"], None);
    let mut incident = listed(evil);
    incident.timeline[0].who = evil.to_owned();
    incident.severity = evil.to_owned();
    let page = html(&report, &[evil.to_owned()], &[incident]);
    for markup in ["<img", "<script", "<b>&", "<i>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && page.contains("&lt;script&gt;alert(1)"));
    assert!(!document(&report, &[evil.to_owned()]).markdown().contains("<script"));
}
