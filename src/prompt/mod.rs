//! Asking: a terminal, plain lines, or nobody. Everything asked and shown goes to the standard error stream.

mod layout;
mod plain;
mod terminal;

use std::rc::Rc;

pub use self::plain::Plain;
pub use self::terminal::Terminal;
use crate::failure::Failure;

/// What a person replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The value: a choice's value, `yes` or `no`, or the text as typed, trimmed.
    Value(String),
    /// "Not sure": claims nothing. Enter on a fresh question.
    NotSure,
    /// Back to the question before.
    Back,
}

/// One of the values to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value as the policy spells it.
    pub value: String,
    /// What choosing it says; may be empty.
    pub means: String,
}

/// Says why a typed text is no answer; the message completes the person's thought ("give a commit, …").
pub type Check = Rc<dyn Fn(&str) -> Result<(), String>>;

/// What kind of reply is asked for.
#[derive(Clone)]
pub enum Kind {
    /// One of these.
    Choose(Vec<Choice>),
    /// `yes` or `no`.
    YesNo,
    /// A line of text that passes the check.
    Text(Option<Check>),
    /// A number in this unit (may be empty) that passes the check.
    Number(String, Option<Check>),
}

/// One question to a person.
#[derive(Clone)]
pub struct Question<'a> {
    /// The question with its place in the walk: `question 2 of 7: …`.
    pub title: &'a str,
    /// Why it is asked and what an answer leads to; shown when asked for with `?`.
    pub help: Option<&'a str>,
    /// What git can tell, shown above the question.
    pub evidence: &'a [String],
    /// What kind of reply is asked for.
    pub kind: Kind,
    /// What this person answered before: Enter keeps it.
    pub default: Option<&'a str>,
}

/// Somebody to ask.
pub trait Prompt {
    /// Asks one question. Ctrl-C and the end of the input are [`Failure::interrupted`]: neither is an answer.
    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Failure>;

    /// Whether anybody is there to answer.
    fn interactive(&self) -> bool;

    /// Shows a line between questions to whoever is asked.
    fn say(&mut self, line: &str);
}

/// No terminal: nothing is asked, and every reply is "not sure".
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Prompt for Nobody {
    fn ask(&mut self, _question: &Question<'_>) -> Result<Reply, Failure> {
        Ok(Reply::NotSure)
    }

    fn interactive(&self) -> bool {
        false
    }

    fn say(&mut self, _line: &str) {}
}

/// What the streams are, as far as asking is concerned.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    /// Whether the standard input is a terminal. The prompt library would open the terminal behind a redirected input,
    /// and a script would hang there.
    pub stdin_is_terminal: bool,
    /// Whether the standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Whether the person asked for numbered lines (`--plain`).
    pub plain: bool,
    /// The value of `TERM`.
    pub term: Option<String>,
    /// Whether styles are wanted (`NO_COLOR`).
    pub styled: bool,
}

/// Who is asked, given these streams.
pub fn choose(streams: &Streams) -> Box<dyn Prompt> {
    if !streams.stdin_is_terminal || !streams.stderr_is_terminal {
        return Box::new(Nobody);
    }
    let dumb = streams.term.as_deref().is_none_or(|term| term.is_empty() || term == "dumb");
    if streams.plain || dumb { Box::new(Plain::standard()) } else { Box::new(Terminal::new(streams.styled)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams() -> Streams {
        Streams { stdin_is_terminal: true, stderr_is_terminal: true, plain: false, term: None, styled: false }
    }

    #[test]
    fn a_script_is_never_asked() {
        for (stdin_is_terminal, stderr_is_terminal) in [(false, true), (true, false), (false, false)] {
            for plain in [false, true] {
                let streams = Streams { stdin_is_terminal, stderr_is_terminal, plain, ..streams() };
                let mut prompt = choose(&streams);
                assert!(!prompt.interactive());
                let question =
                    Question { title: "Sure?", help: None, evidence: &[], kind: Kind::YesNo, default: Some("yes") };
                assert_eq!(prompt.ask(&question).expect("nobody fails nothing"), Reply::NotSure);
            }
        }
    }

    #[test]
    fn somebody_at_a_terminal_is_asked() {
        for term in [None, Some("dumb"), Some("xterm-256color")] {
            for plain in [false, true] {
                let streams = Streams { plain, term: term.map(str::to_owned), ..streams() };
                assert!(choose(&streams).interactive());
            }
        }
    }
}
