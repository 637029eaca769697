//! `hotfix check` as a conversation: the real program on a pseudo-terminal.

use crate::place::{ADA, ANALYSIS, Place};
use crate::prompt::{CTRL_C, CTRL_D, DOWN, ENTER, ESCAPE, Wizard, assert_restored, bare};
use crate::road::QUALIFIES;

const MIGRATION: &str = "db/migrations/20261105120000_drop_legacy_customer_addresses_from_orders.sql";

/// A shop with two releases on one line; the second drops a column and brings a flag.
fn shop() -> Place {
    let place = Place::new();
    place.commit("src/checkout.py", "def total(cart):\n    return sum(cart)\n", "Shop");
    place.git(&["tag", "v2.8.0"]);
    place.write("flags.json", r#"{"flags": {"express-checkout": {"state": "ENABLED"}}}"#);
    place.git(&["add", "."]);
    place.commit(MIGRATION, "ALTER TABLE orders DROP COLUMN legacy_customer_address;\n", "Drop old addresses");
    place.git(&["tag", "v2.8.1"]);
    place.git(&["branch", "release/2.8"]);
    place
}

/// The program with these arguments (shell words) on a terminal of this size; at last its exit code and the state of the
/// terminal are told.
fn terminal(place: &Place, size: (u16, u16), environment: &[(&str, &str)], arguments: &str) -> Wizard {
    let script = format!("read go; stty echo; \"$0\" {arguments}; echo \"exit=$?\"; stty -a; echo the-end");
    let mut command = place.command("sh", &place.path(), ADA);
    command.args(["-c", &script, env!("CARGO_BIN_EXE_hotfix")]);
    // The terminal takes the place of all three streams.
    command.stdin(std::process::Stdio::inherit());
    command.env("TERM", "xterm-256color").env("NO_COLOR", "1").envs(environment.iter().copied());
    Wizard::of(command, size)
}

fn check(place: &Place) -> Wizard {
    terminal(place, (80, 24), &[], "check INC-1")
}

/// Waits for a question and presses keys; nothing is pressed before the list listens.
fn reply(wizard: &mut Wizard, question: &str, down: usize) {
    wizard.see(question).see("Esc back").press(&DOWN.repeat(down)).press(ENTER);
}

/// Ends on a terminal that works as before, with this exit code; what was shown.
fn ends(mut wizard: Wizard, code: u8) -> String {
    wizard.see(&format!("exit={code}"));
    let seen = wizard.end();
    assert_restored(&seen);
    bare(&seen)
}

fn nothing_recorded(place: &Place) {
    assert_eq!(place.git(&["for-each-ref", "refs/hotfix"]), "");
}

fn drafts(place: &Place) -> Vec<String> {
    let listed = std::fs::read_dir(place.path().join(".git/hotfix/drafts"));
    listed.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_whole_walk_to_a_hotfix() {
    let place = shop();
    let mut wizard = check(&place);
    reply(&mut wizard, "1/7 Can you go back", 3);
    reply(&mut wizard, "which path shows it?", 1);
    reply(&mut wizard, "2/7 Can you switch", 3);
    reply(&mut wizard, "3/7 How bad is it?", 1);
    reply(&mut wizard, "What makes it urgent?", 1);
    reply(&mut wizard, "Is data being lost", 1);
    wizard.see("INC-1: hotfix (opened)").see("hotfix start INC-1");
    let seen = ends(wizard, 0);
    assert!(seen.contains("production-down"), "{seen}");
    assert!(drafts(&place).is_empty(), "the draft of a finished walk is gone");
    place.hotfix(&["show", "INC-1"]).exits(0).says(MIGRATION).says("no: no-flag");
}

#[test]
fn a_walk_that_ends_with_going_back() {
    let place = shop();
    let mut wizard = check(&place);
    reply(&mut wizard, "1/7 Can you go back", 1);
    wizard.see("INC-1: roll-back (opened)").see("[no] roll-back-first").see("hotfix restored INC-1 --by roll-back");
    let seen = ends(wizard, 1);
    assert!(!seen.contains("2/7"), "one yes ends the walk:\n{seen}");
    assert!(drafts(&place).is_empty());
}

#[test]
fn enter_all_the_way_claims_nothing() {
    let place = shop();
    let mut wizard = check(&place);
    for question in ["1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "7/7"] {
        reply(&mut wizard, question, 0);
    }
    wizard.see("INC-1: not decided").see("7 questions have no answer");
    let seen = ends(wizard, 3);
    assert!(!seen.contains("8/"), "at most eight questions:\n{seen}");
    nothing_recorded(&place);
    assert!(drafts(&place).is_empty(), "there is nothing to keep");
}

#[test]
fn back_goes_across_the_evidence_and_the_rung_and_offers_what_was_said() {
    let place = shop();
    let mut wizard = check(&place);
    reply(&mut wizard, "1/7 Can you go back", 2);
    wizard.see("give a sentence").see("Esc back").press("no change").press(ENTER);
    wizard.see("2/7 Can you switch").see("Esc back").press(ESCAPE);
    wizard.see("give a sentence").see("no change").see("Esc back").press(ESCAPE);
    wizard.see("1/7 Can you go back").see("tried (as before)").see("Esc back").press(ENTER);
    wizard.see("give a sentence").see("no change").see("Esc back").press(ENTER);
    wizard.see("2/7 Can you switch").see("Esc back").press(ESCAPE);
    wizard.see("give a sentence").see("Esc back").press(ESCAPE);
    // Another reason wants other evidence: the sentence is not offered for it.
    wizard.see("tried (as before)").see("Esc back").press(DOWN).press(ENTER);
    reply(&mut wizard, "which path shows it?", 1);
    wizard.see("2/7 Can you switch").see("Esc back").press(ESCAPE);
    wizard.see("which path shows it?").see("(as before)").see("Esc back").press(ESCAPE);
    wizard.see("1/7 Can you go back").see("schema-changed (as before)").see("Esc back").press(ESCAPE);
    wizard.see("This is the first question").see("1/7 Can you go back").see("Esc back").press(CTRL_C);
    wizard.see("nothing is recorded");
    ends(wizard, 130);
    nothing_recorded(&place);
    assert!(drafts(&place).is_empty(), "everything was taken back");
}

#[test]
fn ctrl_c_keeps_the_answers_and_the_next_run_goes_on_in_their_order() {
    let place = shop();
    let mut wizard = check(&place);
    reply(&mut wizard, "1/7 Can you go back", 7);
    wizard.see("give a commit").see("Esc back").press("v2.8.0").press(ENTER);
    reply(&mut wizard, "2/7 Can you switch", 3);
    wizard.see("3/7 How bad is it?").see("Esc back").press(CTRL_C);
    wizard.see("nothing is recorded, your answers are kept");
    ends(wizard, 130);
    nothing_recorded(&place);
    assert_eq!(drafts(&place), ["INC-1.json"]);

    let mut wizard = check(&place);
    wizard.see("Going on with 3 answers").see("3/7 How bad is it?").see("Esc back").press(ESCAPE);
    wizard.see("2/7 Can you switch").see("no-flag (as before)").see("Esc back").press(ENTER);
    reply(&mut wizard, "3/7 How bad is it?", 1);
    reply(&mut wizard, "What makes it urgent?", 1);
    reply(&mut wizard, "Is data being lost", 1);
    wizard.see("INC-1: hotfix (opened)");
    let seen = ends(wizard, 0);
    assert!(!seen.contains("1/7"), "what was answered is not asked again:\n{seen}");
    assert!(drafts(&place).is_empty());
    place.hotfix(&["show", "INC-1"]).exits(0).says("no: security-fix-inside (");
}

#[test]
fn what_the_command_line_gives_is_not_asked_and_stands_above_the_draft() {
    let place = shop();
    let mut wizard = terminal(&place, (80, 24), &[], "check INC-1 --set severity=sev1");
    reply(&mut wizard, "1/5 Can you go back", 2);
    wizard.see("give a sentence").see("Esc back").press("no change").press(ENTER);
    wizard.see("2/5 Can you switch").see("Esc back").press(CTRL_C).see("your answers are kept");
    ends(wizard, 130);
    // The sentence belonged to another reason.
    let mut wizard =
        terminal(&place, (80, 24), &[], "check INC-1 --set severity=sev1 --set roll-back=no-earlier-release");
    wizard.see("Can you switch").see("Esc back").press(DOWN).press(ENTER).see("INC-1: flag-off (opened)");
    let seen = ends(wizard, 1);
    assert!(!seen.contains("Can you go back") && !seen.contains("no longer fits"), "{seen}");
    place.hotfix(&["show", "INC-1"]).exits(0).says("no: no-earlier-release");
}

#[test]
fn evidence_for_the_reason_that_the_command_line_gave_is_kept_with_it() {
    let place = shop();
    let command = "check INC-1 --set roll-back=security-fix-inside";
    let mut wizard = terminal(&place, (80, 24), &[], command);
    wizard.see("give a commit").see("Esc back").press("v2.8.0").press(ENTER);
    wizard.see("Can you switch").see("Esc back").press(CTRL_C).see("your answers are kept");
    ends(wizard, 130);
    let mut wizard = terminal(&place, (80, 24), &[], command);
    wizard.see("Going on with 1 answer").see("Can you switch").see("Esc back").press(DOWN).press(ENTER);
    wizard.see("INC-1: flag-off (opened)");
    assert!(!ends(wizard, 1).contains("give a commit"));
    place.hotfix(&["show", "INC-1"]).exits(0).says("no: security-fix-inside (");
}

#[test]
fn at_40_columns_no_sentence_breaks_in_mid_word() {
    let place = shop();
    place.hotfix(&["check", "INCIDENT-2026-11-30", "--set", "roll-back=yes"]).exits(1);
    place.git(&["tag", "v2.9.0"]);
    let release = "gate --release v2.9.0";
    for (arguments, code) in [("drift --into main release/2.8", 0), ("explain answers-mising", 2), (release, 1)] {
        let seen = ends(terminal(&place, (40, 24), &[], arguments), code);
        for line in seen.lines().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.contains("exit=")) {
            let line = line.trim_end();
            let is_command = line.trim_start().starts_with("hotfix ") || line.trim_start().starts_with("git ");
            assert!(line.chars().count() <= 40 || is_command, "{line:?} is too wide:\n{seen}");
        }
    }
}

#[test]
fn a_commit_that_is_not_here_is_asked_for_again_and_can_be_owed() {
    let place = shop();
    let mut wizard = check(&place);
    reply(&mut wizard, "1/7 Can you go back", 6);
    wizard.see("give a commit").see("Esc back").press("v9.9.9").press(ENTER).see("names no commit here");
    wizard.see("give a commit").see("Esc back").press("owed").press(ENTER);
    wizard.see("2/7 Can you switch").see("Esc back").press(CTRL_C);
    ends(wizard, 130);
}

#[test]
fn a_path_that_is_not_here_is_asked_for_again() {
    let place = shop();
    let mut wizard = check(&place);
    reply(&mut wizard, "1/7 Can you go back", 3);
    reply(&mut wizard, "which path shows it?", 2);
    wizard.see("give a path").see("Esc back").press("db/nowhere.sql").press(ENTER);
    wizard.see("is no path in production or on main");
    reply(&mut wizard, "which path shows it?", 3);
    wizard.see("2/7 Can you switch").see("Esc back").press(CTRL_C);
    ends(wizard, 130);
}

#[test]
fn question_options_and_evidence_are_on_a_small_screen_together() {
    for (columns, rows) in [(40, 20), (80, 24)] {
        let place = shop();
        let mut wizard = terminal(&place, (columns, rows), &[], "check INC-1");
        wizard.see("Esc back").press(CTRL_C);
        let seen = ends(wizard, 130);
        let from = seen.find("  roll back: blocked by").expect("the verdict comes first");
        let until = seen.find("Esc back").unwrap();
        let height = seen[from..until].lines().count();
        assert!(height <= usize::from(rows), "{height} lines:\n{seen}");
        for word in ["production: v2.8.1", "1/7", "not sure", "no-earlier-release", "? explain"] {
            assert!(seen[from..until].contains(word), "{word} is not on the screen:\n{seen}");
        }
        for line in seen[from..until].lines().filter(|line| !line.contains("db/")) {
            assert!(line.trim_end().chars().count() <= usize::from(columns), "{line:?} is too wide");
        }
    }
}

#[test]
fn a_dumb_terminal_and_plain_get_numbered_lines() {
    for (environment, arguments) in [(&[("TERM", "dumb")][..], "check INC-1"), (&[], "check INC-1 --plain")] {
        let place = shop();
        let mut wizard = terminal(&place, (40, 20), environment, arguments);
        wizard.see("1/7 Can you go back").see("Enter: not sure").see("> ").press("2\n");
        wizard.see("sentence, or").see("> ").press("restarted twice\n");
        wizard.see("2/7 Can you switch").see("> ").press("b\n").see("sentence, or").see("> ").press("\n");
        wizard.see("2/7 Can you switch").see("> ").press("yes\n").see("INC-1: flag-off (opened)");
        let seen = {
            wizard.see("exit=1");
            wizard.end()
        };
        assert!(!seen.contains('\x1b'), "no sequence reaches a dumb terminal:\n{seen:?}");
        place.hotfix(&["show", "INC-1"]).exits(0).says("restarted twice");
    }
}

#[test]
fn a_new_id_beside_an_open_incident_is_confirmed_and_only_once() {
    let place = shop();
    place.hotfix(&["check", "INC-2", "--set", "roll-back=yes"]).exits(1);
    let mut wizard = check(&place);
    reply(&mut wizard, "INC-1 is new. Open it?", 0);
    wizard.see("INC-1 was not opened, for it may be INC-2").see("hotfix check INC-2");
    ends(wizard, 3);
    let mut wizard = check(&place);
    reply(&mut wizard, "INC-1 is new. Open it?", 1);
    reply(&mut wizard, "1/7 Can you go back", 8);
    wizard.see("2/7 Can you switch").see("Esc back").press(CTRL_C);
    ends(wizard, 130);
    let mut wizard = check(&place);
    wizard.see("Going on with 1 answer").see("2/7 Can you switch").see("Esc back").press(CTRL_C);
    let seen = ends(wizard, 130);
    assert!(!seen.contains("is new"), "{seen}");
}

#[test]
fn an_incident_that_was_decided_is_asked_nothing_unless_it_is_walked_again() {
    let place = shop();
    place.hotfix(&["check", "INC-1", "--set", "roll-back=yes"]).exits(1);
    let mut wizard = check(&place);
    wizard.see("INC-1: roll-back (on the record already)").see("hotfix check INC-1 --again");
    assert!(!ends(wizard, 1).contains("1/7"));
    let mut wizard = terminal(&place, (80, 24), &[], "check INC-1 --again");
    reply(&mut wizard, "1/7 Can you go back", 8);
    wizard.see("2/7 Can you switch").see("Esc back").press(CTRL_C).see("your answers are kept");
    ends(wizard, 130);
    // The unfinished walk changes nothing about the decision that stands.
    let mut wizard = check(&place);
    wizard.see("INC-1: roll-back (on the record already)");
    ends(wizard, 1);
    let mut wizard = terminal(&place, (80, 24), &[], "check INC-1 --again");
    wizard.see("Going on with 1 answer").see("2/7 Can you switch").see("Esc back").press(DOWN).press(ENTER);
    wizard.see("INC-1: flag-off");
    ends(wizard, 1);
}

#[test]
fn a_script_on_a_terminal_is_never_asked() {
    let place = shop();
    std::fs::write(place.beside("answers"), "yes\nyes\n").unwrap();
    for redirected in ["</dev/null", "<../answers", "<&-", "2>/dev/null", "2>../errors </dev/null"] {
        let mut wizard = terminal(&place, (80, 24), &[], &format!("check INC-1 {redirected}"));
        wizard.see("INC-1: not decided").see("--set roll-back=");
        assert!(!ends(wizard, 3).contains("1/7"), "{redirected}");
        nothing_recorded(&place);
    }
}

#[test]
fn a_list_longer_than_the_screen_does_not_hide_its_question() {
    let place = shop();
    let mut wizard = terminal(&place, (40, 12), &[], "check INC-1 --plain");
    wizard.see("8) no-earlier-release").see("1/7 Can you go back").see("> ").press(CTRL_D).see("exit=130");
}

#[test]
fn a_terminal_with_colours_gets_colours_and_no_escaped_ones() {
    let place = shop();
    let mut wizard = terminal(&place, (80, 24), &[("NO_COLOR", "")], "check INC-1 --set roll-back=yes");
    wizard.see("exit=1");
    let seen = wizard.end();
    assert!(seen.contains("\x1b[31mroll-back"), "{seen:?}");
    assert!(bare(&seen).contains("INC-1: roll-back (opened)"), "{seen:?}");
    assert!(!seen.contains("\\u{"), "{seen:?}");
}

#[test]
fn somebody_whom_git_does_not_know_is_told_before_the_questions() {
    let place = shop();
    let nobody = [("GIT_COMMITTER_NAME", ""), ("GIT_COMMITTER_EMAIL", "")];
    let mut wizard = terminal(&place, (80, 24), &nobody, "check INC-1");
    wizard.see("git does not know who you are").see("git config --global user.name");
    assert!(!ends(wizard, 4).contains("1/7"));
    nothing_recorded(&place);
}

#[test]
fn an_analysis_is_typed_in_the_editor_and_nothing_typed_is_lost() {
    let place = shop();
    place.hotfix(&[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
    let script = place.beside("editor.sh");
    // What is done with the file, and how the editor ends.
    let rca = |options: &str, editing: &str| {
        std::fs::write(&script, editing).unwrap();
        let editor = format!("sh '{}'", script.display());
        terminal(&place, (80, 24), &[("VISUAL", &editor)], &format!("rca INC-1 {options}"))
    };
    let incomplete = ANALYSIS.replace("it fails on the old code", "TODO");
    std::fs::write(place.beside("typed.md"), incomplete).unwrap();
    let typed = place.beside("typed.md");
    // The template first; what was typed into it lacks something.
    let shown = ends(rca("", &format!("grep -q 'escaped_gate:' \"$1\" && cp '{}' \"$1\"", typed.display())), 3);
    assert!(shown.contains("`verified_by` is a placeholder"), "{shown}");
    assert!(shown.contains("hotfix rca INC-1    # goes on with what you typed"), "{shown}");
    // An editor that was left with an error records nothing.
    let shown = ends(rca("", "exit 1"), 4);
    assert!(shown.contains("failed to run the editor"), "{shown}");
    assert!(!place.hotfix(&["log", "INC-1"]).out.contains("analysis"));
    // The next one goes on where the first one stopped.
    let shown = ends(rca("", "grep -q TODO \"$1\" && sed -i 's/TODO/it fails on the old code/' \"$1\""), 0);
    assert!(shown.contains("the root cause analysis is recorded"), "{shown}");
    // Then with what is recorded, by either name.
    for options in ["", "--edit"] {
        ends(rca(options, "grep -q 'it fails on the old code' \"$1\" && echo more >> \"$1\""), 0);
    }
    let text = place.json(&["show", "INC-1"])["texts"]["analysis"].as_str().unwrap().to_owned();
    assert!(text.ends_with("more\nmore\n"), "{text}");
    assert!(!place.path().join(".git/hotfix/rca/INC-1.md").exists());
}
