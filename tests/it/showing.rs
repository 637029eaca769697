//! How a long answer and its links reach a terminal: the pager by git's rules, and hyperlinks where they are known.

use std::process::Stdio;

use crate::place::{ADA, Place, said};
use crate::prompt::Wizard;
use crate::road::QUALIFIES;

const LINK: &str = "https://ci.example.com/run?id=7&part=2";

fn place() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", "two\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    let evidence = format!("roll-back.evidence={LINK}");
    let tried = [&["--set", "roll-back=tried", "--set", &evidence], &QUALIFIES[2..]].concat();
    place.hotfix(&[&["check", "INC-42"][..], &tried].concat()).exits(0);
    place
}

/// What is shown on a terminal of 80 columns and so many rows; the last line tells the exit code.
fn shown(place: &Place, rows: u16, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let script = "read go; \"$0\" \"$@\" </dev/null; echo \"exit $? =ended=\"";
    let mut command = place.command("sh", &place.path(), ADA);
    command.args(["-c", script, env!("CARGO_BIN_EXE_hotfix")]).args(arguments).stdin(Stdio::inherit());
    for name in ["PAGER", "LESS", "FORCE_HYPERLINK", "VTE_VERSION", "TERM_PROGRAM"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").env("NO_COLOR", "1").envs(variables.iter().copied());
    let mut terminal = Wizard::of(command, (80, rows));
    terminal.see("=ended=");
    terminal.shown().replace('\r', "")
}

const MARK: (&str, &str) = ("GIT_PAGER", "sed s/^/paged:/");

#[test]
fn a_long_answer_goes_through_the_pager_that_git_would_start() {
    let place = place();
    let pages = |rows: u16, variables: &[(&str, &str)], arguments: &[&str]| {
        shown(&place, rows, variables, arguments).contains("paged:")
    };
    assert!(pages(10, &[MARK], &["explain"]));
    assert!(pages(10, &[MARK], &["show", "INC-42"]));
    assert!(pages(10, &[("PAGER", MARK.1)], &["explain"]));
    assert!(!pages(10, &[("GIT_PAGER", "cat"), ("PAGER", MARK.1)], &["explain"]));
    assert!(!pages(10, &[("GIT_PAGER", ""), ("PAGER", MARK.1)], &["explain"]));
    assert!(!pages(10, &[MARK], &["explain", "--no-pager"]));
    assert!(!pages(500, &[MARK], &["explain"]), "what fits the screen is not paged");
    assert!(!pages(5, &[MARK], &["check", "INC-42"]), "what was done is said at once");
    assert!(!pages(10, &[MARK, ("TERM", "dumb")], &["explain"]));
    assert!(!pages(10, &[MARK], &["explain", "--format", "json"]));
    place.git(&["config", "core.pager", MARK.1]);
    assert!(pages(5, &[("PAGER", "cat")], &["show", "INC-42"]));
    assert!(!pages(5, &[("GIT_PAGER", "cat")], &["show", "INC-42"]));
    let settings = shown(&place, 10, &[("GIT_PAGER", "cat >/dev/null; echo \"less=$LESS lv=$LV\"")], &["explain"]);
    assert!(settings.contains("less=FRX lv=-c"), "{settings}");
    let own = shown(&place, 10, &[("GIT_PAGER", "cat >/dev/null; echo \"less=$LESS\""), ("LESS", "i")], &["explain"]);
    assert!(own.contains("less=i"), "{own}");
    // A pipe is no terminal.
    let mut piped = place.command(env!("CARGO_BIN_EXE_hotfix"), &place.path(), ADA);
    assert!(!said(piped.arg("explain").env(MARK.0, MARK.1)).exits(0).out.contains("paged:"));
}

#[test]
fn a_broken_pager_and_one_that_is_left_early_are_no_errors() {
    let place = place();
    for broken in ["no-such-pager", "no-such-pager --at all", "/"] {
        let shown = shown(&place, 10, &[("GIT_PAGER", broken)], &["explain"]);
        assert!(shown.contains("not-merged-back") && shown.contains("exit 0"), "{broken}: {shown}");
    }
    for left in ["head -1", "true", "exit 3"] {
        assert!(shown(&place, 10, &[("GIT_PAGER", left)], &["explain"]).contains("exit 0"), "{left}");
    }
    // The verdict's code is the program's own.
    place.write("policy/hotfix.yaml", "unknown: 1\n");
    assert!(shown(&place, 3, &[("GIT_PAGER", "head -1")], &["policy", "lint"]).contains("exit 1"));
}

#[test]
fn ctrl_c_is_the_pager_s_own_while_it_runs() {
    let place = place();
    let pager = "cat >/dev/null; kill -INT $PPID; sleep 0.3; echo pager-done";
    let shown = shown(&place, 10, &[("GIT_PAGER", pager)], &["explain"]);
    assert!(shown.contains("pager-done\nexit 0"), "{shown}");
}

#[test]
fn addresses_are_links_where_the_terminal_is_known_to_show_them() {
    let place = place();
    let link = format!("\u{1b}]8;;{LINK}\u{1b}\\{LINK}\u{1b}]8;;\u{1b}\\");
    let linked = |variables: &[(&str, &str)], more: &[&str]| {
        let shown = shown(&place, 100, variables, &[&["show", "INC-42"], more].concat());
        assert!(shown.contains(LINK), "{shown}");
        assert_eq!(shown.contains("\u{1b}]8"), shown.contains(&link), "{shown:?}");
        shown.contains(&link)
    };
    assert!(!linked(&[], &[]));
    assert!(linked(&[("VTE_VERSION", "7200")], &[]));
    assert!(linked(&[("FORCE_HYPERLINK", "1")], &[]));
    assert!(linked(&[], &["--hyperlinks", "always"]));
    assert!(!linked(&[("VTE_VERSION", "7200"), ("FORCE_HYPERLINK", "0")], &[]));
    assert!(!linked(&[("VTE_VERSION", "7200")], &["--hyperlinks", "never"]));
    assert!(!linked(&[("TERM", "dumb")], &["--hyperlinks", "always"]));
    // Neither a pager nor any other pipe.
    let paged = shown(&place, 5, &[MARK], &["show", "INC-42", "--hyperlinks", "always"]);
    assert!(paged.contains("paged:") && !paged.contains("\u{1b}]8"), "{paged}");
    assert!(!place.hotfix(&["show", "INC-42", "--hyperlinks", "always"]).exits(0).out.contains('\u{1b}'));
}
