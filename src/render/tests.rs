use serde::Serialize;

use super::*;
use crate::domain::refusal::{Code, Refusal};

#[derive(Serialize)]
struct Sample {
    incident: &'static str,
    verdict: &'static str,
    hunks: u32,
    refusals: Vec<Refusal>,
}

impl Sample {
    fn new() -> Self {
        let missing = "two of the policy's questions have no answer yet: severity and data_at_risk; without them no rule can \
             qualify this fix";
        let mut refusal = Refusal::new(
            Code::AnswersMissing,
            missing,
            "hotfix check INC-42 --set severity=sev1 --set data_at_risk=no --started 2026-11-23T03:14:00+01:00",
        );
        refusal.next.push("hotfix check INC-42".to_owned());
        Self { incident: "INC-42", verdict: "partial", hunks: 3, refusals: vec![refusal] }
    }
}

impl Report for Sample {
    fn text(&self, page: &mut Page) {
        page.title("INC-42 · checkout answers 500 for every second customer in Zürich");
        page.field("state", &format!("{}, {}", page.mark(Tone::Wait, "open"), page.mark(Tone::Bad, "not merged back")));
        page.field(
            "production",
            "v2.8.3 (3f5c1d2a9b8e7f60514233445566778899aabbcc), 14 days old, 31 commits before main, by Ada Lovelace",
        );
        page.blank();
        page.paragraph("The fix is on release/2.8 and nowhere else. Main was fetched 4 minutes ago, so this is no matter of an old clone.");
        page.bullet(
            "src/checkout/payment_service_configuration_loader.rs:120 was dropped by a merge that kept the other side",
        );
        page.bullet("two hunks landed");
        page.blank();
        page.table(
            &["incident", "since", "owes", "what stands in the way"],
            vec![
                vec!["INC-42".into(), "2 h".into(), page.mark(Tone::Bad, "merge-back"), "src/checkout/payment_service_configuration_loader.rs:120 is not on main, and nobody was asked to bring it there".into()],
                vec!["INC-7".into(), "3 d".into(), page.mark(Tone::Good, "nothing"), "日本語の題名 closes today".into()],
                vec!["ops/日本".into(), "12 d".into(), page.mark(Tone::Wait, "rca"), String::new()],
            ],
        );
        page.blank();
        page.refusals(&self.refusals);
    }
}

fn page(width: usize, styled: bool) -> String {
    let mut page = Page::new(width, styled);
    Sample::new().text(&mut page);
    page.finish()
}

/// The longest line that could have been broken: commands and lines that end in one long path stay whole.
fn widest(text: &str) -> usize {
    let whole = |line: &&str| line.starts_with("    hotfix") || line.ends_with(".rs:120");
    text.lines().filter(|line| !whole(line)).map(text::columns).max().unwrap_or(0)
}

#[test]
fn a_report_at_40_columns() {
    insta::assert_snapshot!(page(40, false));
}

#[test]
fn a_report_at_80_columns() {
    let text = page(80, false);
    assert!(widest(&text) <= 80, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_report_at_120_columns() {
    let text = page(120, false);
    assert!(widest(&text) <= 120, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn styles_change_no_letter_and_end_on_their_line() {
    for width in [40, 60, 80, 120] {
        let styled = page(width, true);
        assert!(styled.contains("\x1b["), "{styled}");
        for line in styled.lines() {
            let last = line.rfind("\x1b[").map(|at| &line[at..]);
            assert!(last.is_none_or(|rest| rest.starts_with("\x1b[0m")), "{line:?}");
        }
        let bare = anstream::adapter::strip_str(&styled).to_string();
        assert_eq!(bare, page(width, false));
    }
}

#[test]
fn a_style_that_wraps_is_opened_again_on_each_line() {
    let mut page = Page::new(20, true);
    let marked = page.mark(Tone::Bad, "one two three four five six");
    page.paragraph(&marked);
    let text = page.finish();
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        assert!(line.starts_with("\x1b[1m\x1b[31m") && line.ends_with("\x1b[0m"), "{line:?}");
    }
}

#[test]
fn nothing_foreign_steers_the_terminal() {
    let evil = "x\x1b[2J\x1b[31m\u{202e}y\u{9b}5m\rz\u{fdd0}w\u{fddf}\x07";
    for styled in [false, true] {
        for width in [40, 100] {
            let mut page = Page::new(width, styled);
            page.line(evil);
            page.title(evil);
            page.paragraph(evil);
            page.field(evil, evil);
            page.fields(&[(evil, evil.to_owned())]);
            page.bullet(evil);
            page.command(evil);
            page.table(&["a", evil], vec![vec![evil.to_owned(), evil.to_owned()]]);
            page.refusals(&[Refusal::new(Code::AnswersMissing, evil, evil)]);
            let failure = Failure::because(evil, anyhow::anyhow!("{evil}")).hint(evil);
            failure_text(&mut page, &failure);
            let text = anstream::adapter::strip_str(&page.finish()).to_string();
            assert!(!text.chars().any(|character| character != '\n' && text::is_hazard(character)), "{text:?}");
            assert!(text.contains("\\x1b[2J\\x1b[31m\\u{202e}y\\x9b5m\\rz"), "{text}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn styles_never_change_what_is_said(first in "[^\u{fdd0}-\u{fddf}]{0,60}", second in "[^\u{fdd0}-\u{fddf}]{0,60}", width in 20_usize..140) {
        let written = |styled| {
            let mut page = Page::new(width, styled);
            let marked = page.mark(Tone::Bad, &second);
            page.field("name", &format!("{first} {marked}"));
            page.table(&["one", "two"], vec![vec![first.clone(), marked], vec![second.clone(), first.clone()]]);
            page.refusals(&[Refusal::new(Code::AnswersMissing, first.as_str(), second.as_str())]);
            page.finish()
        };
        let (plain, styled) = (written(false), written(true));
        assert!(!plain.chars().any(|character| character != '\n' && text::is_hazard(character)), "{plain:?}");
        let bare = anstream::adapter::strip_str(&styled).to_string();
        assert_eq!(bare.split_whitespace().collect::<Vec<_>>(), plain.split_whitespace().collect::<Vec<_>>());
    }
}

#[test]
fn a_foreign_line_break_cannot_forge_a_line() {
    let mut page = Page::new(80, false);
    page.line("title\nmerged");
    page.command("echo\nmerged");
    page.field("reason", "first\nmerged");
    page.bullet("first\nmerged");
    page.table(&["incident", "title"], vec![vec!["INC-1\nmerged".into(), "t\nmerged".into()]]);
    let text = page.finish();
    assert!(!text.lines().any(|line| line.starts_with("merged")), "{text}");
}

#[test]
fn a_command_stays_whole_at_any_width() {
    let command =
        "git switch --create hotfix/INC-42 release/2.8 && hotfix fix INC-42 --proof 'tests/checkout.rs passes in CI'";
    let mut page = Page::new(40, false);
    page.command(command);
    assert_eq!(page.finish(), format!("    {command}\n"));
}

#[test]
fn blank_lines_never_pile_up() {
    let mut page = Page::new(40, false);
    page.blank();
    page.line("a");
    page.blank();
    page.blank();
    page.line("b");
    assert_eq!(page.finish(), "a\n\nb\n");
}

#[test]
fn an_empty_or_ragged_table_does_not_fail() {
    for width in [40, 100] {
        let mut page = Page::new(width, false);
        page.table(&[], vec![]);
        page.table(&["a", "b"], vec![]);
        page.table(&["a", "b"], vec![vec![], vec!["1".into()], vec!["1".into(), "2".into(), "3".into()]]);
        assert!(!page.finish().contains('3'));
    }
}

#[test]
fn json_is_one_object_in_a_stable_order() {
    let text = json("status", ExitCode::Waiting, &Sample::new()).expect("a struct serialises");
    insta::assert_snapshot!(text);
}

#[test]
fn json_of_a_report_that_is_no_object_is_a_failure() {
    #[derive(Serialize)]
    struct Bare(u32);
    impl Report for Bare {
        fn text(&self, _page: &mut Page) {}
    }
    let failure = json("status", ExitCode::Open, &Bare(1)).expect_err("a number has no fields");
    assert_eq!(failure.kind.exit(), ExitCode::Undecided);
}

#[test]
fn json_carries_no_raw_terminal_control_and_loses_nothing() {
    #[derive(Serialize)]
    struct Evil {
        title: &'static str,
    }
    impl Report for Evil {
        fn text(&self, _page: &mut Page) {}
    }
    let title = "\x1b[2J\u{9b}31m\u{202e}\u{e0041}\u{7f}\n";
    let text = json("show", ExitCode::Open, &Evil { title }).expect("a struct serialises");
    assert!(!text.chars().any(|character| character != '\n' && text::is_hazard(character)), "{text:?}");
    let read: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(read["title"], title);
}

fn failure() -> Failure {
    let cause = anyhow::anyhow!("permission denied").context("failed to lock refs/hotfix/ledger");
    Failure::because("failed to record the decision", cause)
        .hint("check who owns .git/hotfix, then run: hotfix check INC-42")
}

#[test]
fn a_failure_says_what_happened_why_and_what_to_type() {
    let mut page = Page::new(60, false);
    failure_text(&mut page, &failure());
    insta::assert_snapshot!(page.finish());
}

#[test]
fn a_failure_as_json() {
    insta::assert_snapshot!(failure_json("check", &failure()));
}

#[test]
fn an_interrupt_has_neither_cause_nor_hint() {
    let mut page = Page::new(60, false);
    failure_text(&mut page, &Failure::interrupted());
    assert_eq!(page.finish(), "interrupted\n");
    assert!(failure_json("check", &Failure::interrupted()).contains("\"hint\": null"));
}

/// A terminal breaks a line that is too long in the middle of a word.
#[test]
fn what_is_said_beside_a_command_goes_below_where_it_does_not_fit() {
    let command = "hotfix cause INC-42 --flag KEY --owner WHO --remove-by DATE    # the flag stays off until then";
    for width in [40, 80] {
        let mut page = Page::new(width, false);
        page.command(command);
        let shown = page.finish();
        let (alone, said) = shown.split_once('\n').expect("two lines");
        assert_eq!(alone.trim(), "hotfix cause INC-42 --flag KEY --owner WHO --remove-by DATE");
        assert!(said.lines().all(|line| line.starts_with("      # ") && line.len() <= width), "{shown}");
    }
    let mut page = Page::new(100, false);
    page.command(command);
    assert_eq!(page.finish().lines().count(), 1);
}
