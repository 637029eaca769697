//! Arrow keys on a terminal.

use std::fmt;
use std::io::{self, Write};

use inquire::error::InquireError;
use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{Select, Text};

use super::plain::choices_of;
use super::{Check, Kind, Prompt, Question, Reply};
use crate::domain::text;
use crate::failure::Failure;

/// Columns and rows assumed where the terminal does not tell.
const FALLBACK: (usize, usize) = (80, 24);

/// Asks with arrow keys; "not sure" stands first and is what Enter takes.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    styled: bool,
}

/// What an entry of the list stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    NotSure,
    Value(String),
    Help,
    Back,
}

/// An entry with its lines as they fit on the terminal.
#[derive(Clone, Debug)]
struct Line {
    entry: Entry,
    shown: String,
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

impl Terminal {
    /// With or without colours.
    pub fn new(styled: bool) -> Self {
        Self { styled }
    }

    fn look(&self) -> RenderConfig<'static> {
        if self.styled { RenderConfig::default_colored() } else { RenderConfig::empty() }
    }

    fn put(&self, line: &str) -> Result<(), Failure> {
        writeln!(io::stderr(), "{line}").map_err(|cause| Failure::because("failed to ask", cause))
    }

    fn put_wrapped(&self, indent: &str, line: &str, columns: usize) -> Result<(), Failure> {
        let line = text::neutral(line);
        text::wrap(&line, columns - indent.len()).iter().try_for_each(|line| self.put(&format!("{indent}{line}")))
    }

    fn select(&self, question: &Question<'_>) -> Result<Entry, Failure> {
        let (columns, rows) = size();
        let lines = entries(question, columns);
        let title = title(question, columns);
        let start = question.default.and_then(|earlier| {
            lines.iter().position(|line| matches!(&line.entry, Entry::Value(value) if value == earlier))
        });
        let taken = title.lines().count() + 2;
        let tallest = lines.iter().map(|line| line.shown.lines().count()).max().unwrap_or(1);
        let page = (rows.saturating_sub(taken) / tallest).clamp(1, lines.len());
        let answer = Select::new(&title, lines)
            .without_filtering()
            .with_starting_cursor(start.unwrap_or(0))
            .with_page_size(page)
            .with_help_message("↑↓ move, Enter takes, Esc goes back")
            .with_formatter(&|line| line.value.shown.lines().next().unwrap_or_default().to_owned())
            .with_render_config(self.look())
            .prompt();
        answer.map_or_else(unanswered, |line| Ok(line.entry))
    }

    fn text(&self, question: &Question<'_>, check: Option<Check>, initial: &str) -> Result<Entry, Failure> {
        let (columns, _) = size();
        let title = title(question, columns);
        let help = if question.help.is_some() { ", ? helps" } else { "" };
        let help = format!("empty = not sure, Esc goes back{help}");
        let validator = move |input: &str| {
            let input = input.trim();
            let verdict = match &check {
                Some(check) if !input.is_empty() && input != "?" => check(input),
                _ => Ok(()),
            };
            Ok(match verdict {
                Ok(()) => Validation::Valid,
                Err(problem) => Validation::Invalid(text::neutral(&problem).into_owned().into()),
            })
        };
        Text::new(&title)
            .with_initial_value(initial)
            .with_help_message(&help)
            .with_validator(validator)
            .with_render_config(self.look())
            .prompt()
            .map_or_else(unanswered, |answer| {
                Ok(match answer.trim() {
                    "" => Entry::NotSure,
                    "?" => Entry::Help,
                    typed => Entry::Value(typed.to_owned()),
                })
            })
    }
}

/// Columns and rows of the terminal now: it may have been resized since the last question.
fn size() -> (usize, usize) {
    terminal_size::terminal_size_of(io::stderr())
        .map_or(FALLBACK, |(columns, rows)| (usize::from(columns.0).max(20), usize::from(rows.0).max(5)))
}

/// The title wrapped under the prompt's own mark, which takes two columns.
fn title(question: &Question<'_>, columns: usize) -> String {
    text::wrap(&text::neutral(question.title), columns - 4).join("\n  ")
}

fn entries(question: &Question<'_>, columns: usize) -> Vec<Line> {
    let shown = |name: &str, means: &str| {
        let joined = if means.is_empty() { name.to_owned() } else { format!("{name}: {means}") };
        text::wrap(&text::neutral(&joined), columns - 6).join("\n    ")
    };
    let values = choices_of(&question.kind)
        .into_iter()
        .map(|choice| Line { shown: shown(&choice.value, &choice.means), entry: Entry::Value(choice.value) });
    let unsure = Line { entry: Entry::NotSure, shown: shown("not sure", "") };
    let help = question.help.map(|_| Line { entry: Entry::Help, shown: shown("? explain", "") });
    [unsure].into_iter().chain(values).chain(help).collect()
}

/// Esc is a reply, Ctrl-C is none.
fn unanswered(error: InquireError) -> Result<Entry, Failure> {
    match error {
        InquireError::OperationCanceled => Ok(Entry::Back),
        InquireError::OperationInterrupted => Err(Failure::interrupted()),
        other => Err(Failure::because("failed to ask", other)),
    }
}

impl Prompt for Terminal {
    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Failure> {
        let (columns, _) = size();
        self.put("")?;
        question.evidence.iter().try_for_each(|line| self.put_wrapped("  ", line, columns))?;
        let mut initial = question.default.unwrap_or_default().to_owned();
        loop {
            let entry = match &question.kind {
                Kind::Choose(_) | Kind::YesNo => self.select(question)?,
                Kind::Text(check) | Kind::Number(_, check) => self.text(question, check.clone(), &initial)?,
            };
            match entry {
                Entry::NotSure => return Ok(Reply::NotSure),
                Entry::Value(value) => return Ok(Reply::Value(value)),
                Entry::Back => return Ok(Reply::Back),
                Entry::Help => {
                    initial.clear();
                    self.put_wrapped("  ", question.help.unwrap_or("there is no more to say"), columns)?;
                }
            }
        }
    }

    fn interactive(&self) -> bool {
        true
    }

    fn say(&mut self, line: &str) {
        // A line that cannot be shown stops nothing: the next question reports the broken stream.
        let _shown = self.put_wrapped("", line, size().0);
    }
}
