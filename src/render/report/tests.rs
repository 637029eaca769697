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
