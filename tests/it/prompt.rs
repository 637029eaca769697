//! The wizard's questions on a real pseudo-terminal.
//!
//! Each test starts this test program again, as the child that asks one question on a terminal of its own.

use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use expectrl::Expect;

use hotfix::failure::Failure;
use hotfix::prompt::{self, Choice, Kind, Prompt, Question, Reply, Streams};

/// Asks the questions of one scene and prints each reply.
fn play(scene: &str, prompt: &mut dyn Prompt) -> Result<(), Failure> {
    let choice = |value: &str, means: &str| Choice { value: value.to_owned(), means: means.to_owned() };
    let severity = Kind::Choose(vec![
        choice("sev1", "customers cannot work, or money or data is being lost right now"),
        choice("sev2", "a main function is broken for many, and nothing gets around it"),
        choice("sev3", "annoying, with a way around"),
    ]);
    let percent = Kind::Number(
        "%".to_owned(),
        Some(Rc::new(|typed| match typed.parse::<u8>() {
            Ok(0..=100) => Ok(()),
            _ => Err(format!("{typed:?} is no whole number from 0 to 100")),
        })),
    );
    let evidence = [
        "production runs v2.8.3, 14 days old".to_owned(),
        "a migration stands in the way: db/migrate/20261101_drop_legacy_customer_addresses.sql (DROP TABLE)".to_owned(),
    ];
    let help =
        Some("Severity at opening is kept for good. Take the worse one when in doubt: nobody is blamed for that.");
    let question = |kind: &Kind, title: &'static str| Question {
        title,
        help,
        evidence: &evidence,
        kind: kind.clone(),
        default: None,
    };
    let questions = match scene {
        "choose" => vec![question(&severity, "question 2 of 7: how bad is it?")],
        "again" => vec![Question { default: Some("sev2"), ..question(&severity, "question 2 of 7: how bad is it?") }],
        "yes-no" => vec![question(&Kind::YesNo, "question 1 of 7: can you roll back to v2.8.2?")],
        "text" => vec![question(
            &Kind::Text(None),
            "question 6 of 7: what makes rolling back impossible? Name the path, the link or the commit",
        )],
        "number" => vec![question(&percent, "question 5 of 7: what share of requests fails?")],
        _ => vec![
            question(&Kind::YesNo, "question 1 of 7: can you roll back to v2.8.2?"),
            question(&severity, "question 2 of 7: how bad is it?"),
            question(&percent, "question 3 of 7: what share of requests fails?"),
            question(
                &Kind::Text(None),
                "question 4 of 7: what makes rolling back impossible? Name the path, the link or the commit",
            ),
        ],
    };
    let mut at = 0;
    while let Some(question) = questions.get(at) {
        let reply = prompt.ask(question)?;
        println!("reply: {reply:?}");
        at = if reply == Reply::Back && questions.len() > 1 { at.saturating_sub(1) } else { at + 1 };
    }
    Ok(())
}

#[test]
#[ignore = "the side of the pseudo-terminal that asks: the other tests start it"]
fn child() {
    let variable = |name: &str| std::env::var(name).ok();
    let streams = Streams {
        stdin_is_terminal: true,
        stderr_is_terminal: true,
        plain: variable("HOTFIX_TEST_PLAIN").is_some(),
        term: variable("TERM"),
        styled: variable("NO_COLOR").is_none(),
    };
    let scene = variable("HOTFIX_TEST_SCENE").expect("the parent names the scene");
    if let Err(failure) = play(&scene, &mut *prompt::choose(&streams)) {
        println!("failure: {failure} ({})", failure.kind.exit().status());
    }
}

pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";
pub const ESCAPE: &str = "\x1b";
pub const ENTER: &str = "\r";
pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";

/// A child on a terminal of its own.
pub struct Wizard {
    session: expectrl::session::OsSession,
    seen: String,
}

impl Wizard {
    /// Starts the scene on a terminal of so many columns and 20 rows; afterwards the shell tells the terminal's state.
    fn start(scene: &str, columns: u16, environment: &[(&str, &str)]) -> Self {
        let program = std::env::current_exe().unwrap();
        let script = "read go; stty echo; \"$0\" --ignored --exact prompt::child --nocapture --test-threads=1; stty -a; echo the-end";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(program);
        command.env_remove("NO_COLOR").env_remove("HOTFIX_TEST_PLAIN").env("TERM", "xterm-256color");
        command.env("HOTFIX_TEST_SCENE", scene);
        command.envs(environment.iter().copied());
        Self::of(command, (columns, 20))
    }

    /// Starts a command on a new terminal of this size (columns, rows). It must begin by reading a line: the library sets
    /// a size of its own once the command runs already, and only then can ours be set.
    pub fn of(command: Command, size: (u16, u16)) -> Self {
        let mut session = expectrl::Session::spawn(command).unwrap();
        session.get_process_mut().set_window_size(size.0, size.1).unwrap();
        session.send("\n").unwrap();
        // Long, for a loaded machine: only a failure waits so long.
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        Self { session, seen: String::new() }
    }

    /// Waits until this has been shown.
    pub fn see(&mut self, needle: &str) -> &mut Self {
        let found = self.session.expect(needle);
        let found = found.unwrap_or_else(|error| panic!("{needle:?} was not shown ({error}) after:\n{}", self.seen));
        self.seen.push_str(&String::from_utf8_lossy(found.as_bytes()));
        self
    }

    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).unwrap();
        self
    }

    /// Everything that was waited for so far.
    pub fn shown(&self) -> &str {
        &self.seen
    }

    /// Everything that was shown, up to the end of the child and the state of the terminal after it.
    pub fn end(mut self) -> String {
        self.see("the-end");
        self.seen
    }
}

/// The text without the terminal's own sequences.
pub fn bare(seen: &str) -> String {
    anstream::adapter::strip_str(seen).to_string()
}

/// The state that the shell's prompt needs: cursor visible, pasting as usual, lines edited and echoed.
pub fn assert_restored(seen: &str) {
    let last = |sequence: &str| seen.rfind(sequence);
    assert!(last("\x1b[?25h") >= last("\x1b[?25l"), "the cursor stays hidden:\n{seen}");
    assert!(last("\x1b[?2004l") >= last("\x1b[?2004h"), "pastes stay bracketed:\n{seen}");
    for broken in ["-icanon", "-echo ", "-isig", "-opost", "-icrnl"] {
        assert!(!seen.contains(broken), "the terminal stays {broken}:\n{seen}");
    }
}

#[test]
fn enter_on_a_fresh_question_is_not_sure() {
    for scene in ["choose", "yes-no", "text", "number"] {
        let mut wizard = Wizard::start(scene, 80, &[]);
        wizard.see("question").see("not sure").see("Esc back").press(ENTER).see("reply: NotSure");
        assert_restored(&wizard.end());
    }
}

#[test]
fn arrows_and_enter_choose() {
    let mut wizard = Wizard::start("choose", 80, &[]);
    wizard.see("how bad is it?").see("Esc back").press(DOWN).press(DOWN).press(ENTER).see("reply: Value(\"sev2\")");
    let seen = bare(&wizard.end());
    assert!(seen.contains("how bad is it? sev2"), "the answered question shows its answer:\n{seen}");
}

#[test]
fn letters_typed_by_accident_change_nothing() {
    let mut wizard = Wizard::start("choose", 80, &[]);
    wizard.see("Esc back").press("sev1 yes ?").press(ENTER).see("reply: NotSure");
}

#[test]
fn enter_keeps_an_earlier_answer() {
    let mut wizard = Wizard::start("again", 80, &[]);
    wizard.see("sev2 (as before): a main function").see("Esc back").press(ENTER).see("reply: Value(\"sev2\")");
}

#[test]
fn escape_goes_back() {
    for scene in ["choose", "yes-no", "text", "number"] {
        let mut wizard = Wizard::start(scene, 80, &[]);
        wizard.see("Esc back").press(ESCAPE).see("(back)").see("reply: Back");
    }
}

#[test]
fn the_explanation_is_one_key_away_and_then_the_question_comes_again() {
    let mut wizard = Wizard::start("choose", 80, &[]);
    wizard.see("Esc back").press(UP).press(ENTER).see("nobody is blamed").see("how bad is it?").see("Esc back");
    wizard.press(ENTER).see("reply: NotSure");
    let mut wizard = Wizard::start("text", 80, &[]);
    wizard.see("? explain").press("?").press(ENTER).see("nobody is blamed").see("Esc back");
    wizard.press("db/x.sql").press(ENTER).see("reply: Value(\"db/x.sql\")");
}

#[test]
fn a_wrong_number_is_said_at_once_and_can_be_mended() {
    let mut wizard = Wizard::start("number", 80, &[]);
    wizard.see("requests fails? (%)").see("Esc back").press("120").press(ENTER).see("is no whole number from 0 to 100");
    wizard.press("\x7f").press(ENTER).see("reply: Value(\"12\")");
}

#[test]
fn a_paste_answers_no_menu_and_stays_one_line_in_a_text() {
    let paste = |text: &str| format!("\x1b[200~{text}\x1b[201~");
    let mut wizard = Wizard::start("choose", 80, &[]);
    wizard.see("Esc back").press(&paste("one\ntwo\n")).press(DOWN).press(ENTER).see("reply: Value(\"sev1\")");
    let mut wizard = Wizard::start("text", 80, &[]);
    wizard.see("Esc back").press(&paste("first\nsecond")).press(ENTER).see("reply: Value(\"first second\")");
    let mut wizard = Wizard::start("text", 80, &[]);
    wizard
        .see("Esc back")
        .press(&paste("a\u{202e}b"))
        .press(ENTER)
        .see("cannot be shown")
        .press("\x7f\x7f")
        .press(ENTER);
    wizard.see("reply: Value(\"a\")");
}

#[test]
fn ctrl_c_is_no_answer_and_leaves_the_terminal_as_it_was() {
    for scene in ["choose", "yes-no", "text", "number"] {
        let mut wizard = Wizard::start(scene, 80, &[]);
        wizard.see("Esc back").press(CTRL_C).see("failure: interrupted (130)");
        let seen = wizard.end();
        assert!(!seen.contains("reply:"), "{seen}");
        assert_restored(&seen);
    }
}

#[test]
fn a_walk_with_a_step_back() {
    let mut wizard = Wizard::start("walk", 80, &[]);
    wizard.see("question 1 of 7").see("Esc back").press(DOWN).press(DOWN).press(ENTER).see("reply: Value(\"no\")");
    wizard.see("question 2 of 7").see("Esc back").press(ESCAPE).see("reply: Back");
    wizard.see("question 1 of 7").see("Esc back").press(DOWN).press(ENTER).see("reply: Value(\"yes\")");
    wizard.see("question 2 of 7").see("Esc back").press(DOWN).press(ENTER).see("reply: Value(\"sev1\")");
    wizard.see("question 3 of 7").see("Esc back").press("7").press(ENTER).see("reply: Value(\"7\")");
    wizard.see("question 4 of 7").see("Esc back").press(ENTER).see("reply: NotSure");
    assert_restored(&wizard.end());
}

#[test]
fn at_40_columns_every_option_can_be_read_in_full() {
    let mut wizard = Wizard::start("choose", 40, &[("NO_COLOR", "1")]);
    wizard.see("Esc back").press(DOWN).press(ENTER).see("reply: Value(\"sev1\")");
    let seen = bare(&wizard.end());
    let question = &seen[seen.find("  production").unwrap()..seen.find("reply:").unwrap()];
    for line in question.lines().filter(|line| !line.contains("legacy")) {
        assert!(line.trim_end().chars().count() <= 40, "{line:?} is too wide in:\n{question}");
    }
    let words: Vec<&str> = question.split_whitespace().collect();
    assert!(
        words.join(" ").contains("sev1: customers cannot work, or money or data is being lost right now"),
        "{question}"
    );
}

#[test]
fn without_colour_no_style_is_sent() {
    let mut wizard = Wizard::start("choose", 80, &[("NO_COLOR", "1")]);
    wizard.see("Esc back").press(DOWN).press(ENTER).see("reply:");
    let seen = wizard.end();
    for sequence in seen.split("\x1b[").skip(1) {
        let end = sequence.find(|end: char| end.is_ascii_alphabetic()).unwrap_or(0);
        assert!(!sequence[end..].starts_with('m') || ["", "0"].contains(&&sequence[..end]), "a style in:\n{seen:?}");
    }
}

#[test]
fn a_dumb_terminal_and_plain_get_numbered_lines() {
    for environment in [&[("TERM", "dumb")][..], &[("TERM", "")], &[("HOTFIX_TEST_PLAIN", "1")]] {
        let mut wizard = Wizard::start("walk", 40, environment);
        wizard.see("question 1 of 7").see("2) no").see("> ").press("2\n").see("reply: Value(\"no\")");
        wizard.see("question 2 of 7").see("> ").press("b\n").see("reply: Back");
        wizard.see("question 1 of 7").see("> ").press("yes\n").see("reply: Value(\"yes\")");
        wizard
            .see("question 2 of 7")
            .see("> ")
            .press("?\n")
            .see("Take the worse")
            .see("> ")
            .press("1\n")
            .see("reply: Value(\"sev1\")");
        wizard
            .see("question 3 of 7")
            .see("> ")
            .press("120\n")
            .see("is no whole number")
            .see("> ")
            .press("12\n")
            .see("reply:");
        wizard.see("question 4 of 7").see("> ").press("\n").see("reply: NotSure");
        let seen = wizard.end();
        assert!(!seen.contains('\x1b'), "no sequence reaches a dumb terminal:\n{seen:?}");
    }
}

#[test]
fn the_end_of_plain_input_is_no_answer() {
    let mut wizard = Wizard::start("choose", 80, &[("TERM", "dumb")]);
    wizard.see("> ").press(CTRL_D).see("failure: interrupted (130)");
    assert!(!wizard.end().contains("reply:"));
}
