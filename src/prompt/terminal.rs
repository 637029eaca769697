//! Arrow keys on a terminal.

use std::fmt;
use std::io::{self, Write};

use inquire::error::InquireError;
use inquire::ui::{Attributes, Color, RenderConfig, StyleSheet, Styled};
use inquire::validator::Validation;
use inquire::{Select, Text};

use super::layout::{self, asked, choices_of, hanging, size, spelt, typed};
use super::{Check, Kind, Prompt, Question, Reply};
use crate::domain::text;
use crate::failure::Failure;

/// An option is cut after so many lines at most, so that the list stays a list on a narrow terminal; `? explain` has the rest.
const OPTION_LINES: usize = 4;
/// Evidence keeps so many lines while the options can still be cut.
const EVIDENCE_LINES: usize = 5;

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
    cut: bool,
}

impl Line {
    fn new(entry: Entry, text: &str, columns: usize, most: usize) -> Self {
        // Two columns for the cursor, two more for the indent of what wraps.
        let mut lines = text::wrap(&text::neutral(text), columns - 5);
        let cut = lines.len() > most;
        if cut {
            lines.truncate(most);
            lines.iter_mut().last().into_iter().for_each(|line| line.push('…'));
        }
        Self { entry, shown: lines.join("\n    "), cut }
    }

    fn height(&self) -> usize {
        self.shown.lines().count()
    }

    /// How the reply is shown once given.
    fn reply(&self) -> String {
        match &self.entry {
            Entry::Value(value) => text::neutral(value).into_owned(),
            Entry::Help => "explained:".to_owned(),
            Entry::NotSure | Entry::Back => self.shown.clone(),
        }
    }
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
        let mut look = RenderConfig::empty();
        // The library marks an answered question like the option under the cursor.
        look.answered_prompt_prefix = Styled::new(" ");
        look.canceled_prompt_indicator = Styled::new("(back)");
        look.error_message.prefix = Styled::new("!");
        if !self.styled {
            return look;
        }
        // The library's own bright colours vanish on a light background; these are readable on both.
        let bold = StyleSheet::new().with_attr(Attributes::BOLD);
        let chosen = bold.with_fg(Color::DarkCyan);
        look.prompt = bold;
        look.answer = chosen;
        look.selected_option = Some(chosen);
        look.highlighted_option_prefix.style = chosen;
        look.error_message.prefix.style = bold.with_fg(Color::DarkRed);
        look.error_message.message = StyleSheet::new().with_fg(Color::DarkRed);
        look
    }

    fn put(&self, line: &str) -> Result<(), Failure> {
        writeln!(io::stderr(), "{line}").map_err(|cause| Failure::because("failed to ask", cause))
    }

    /// Everything that can be said about a question, in full.
    fn explain(&self, question: &Question<'_>, columns: usize) -> Result<(), Failure> {
        let choices = choices_of(&question.kind);
        let lines = question.evidence.iter().cloned();
        let lines = lines.chain(question.help.map(str::to_owned));
        let lines = lines.chain(choices.iter().map(|choice| spelt(choice, None)));
        lines.into_iter().try_for_each(|line| self.put(&hanging("    ", &line, columns)))
    }

    fn select(&self, question: &Question<'_>, fit: &Fit, explained: bool) -> Result<Entry, Failure> {
        let (columns, rows) = size();
        let title = title(question, columns);
        let cut = fit.cut && !explained;
        let lines = lines(question, !explained, cut, columns, fit.option_lines);
        let start = question.default.and_then(|earlier| {
            lines.iter().position(|line| matches!(&line.entry, Entry::Value(value) if value == earlier))
        });
        let mut look = self.look();
        let last = title.lines().last().map_or(0, text::columns) + 3;
        look.answer_from_new_line = lines.iter().any(|line| last + text::columns(&line.reply()) > columns);
        let indent = if look.answer_from_new_line { "  " } else { "" };
        let above = if explained { 0 } else { fit.evidence.len() };
        let page = page_size(&lines, rows.saturating_sub(title.lines().count() + 2 + above));
        let answer = Select::new(&title, lines)
            .without_filtering()
            .with_starting_cursor(start.unwrap_or(0))
            .with_page_size(page)
            .with_help_message("↑↓ move, Enter takes, Esc back")
            .with_formatter(&|line| format!("{indent}{}", line.value.reply()))
            .with_render_config(look)
            .prompt();
        answer.map_or_else(unanswered, |line| Ok(line.entry))
    }

    fn text(&self, question: &Question<'_>, check: Option<Check>, initial: &str) -> Result<Entry, Failure> {
        let (columns, _) = size();
        let mut title = title(question, columns);
        if title.lines().last().is_some_and(|last| text::columns(last) > columns / 2) {
            // A link or a path needs the room of a line of its own.
            title.push_str("\n ");
        }
        let help = if question.help.is_some() || !question.evidence.is_empty() { ", ? explain" } else { "" };
        let help = format!("empty: not sure, Esc back{help}");
        let validator = move |input: &str| {
            let verdict = typed(input).and_then(|line| match &check {
                Some(check) if !line.is_empty() && line != "?" => check(&line),
                _ => Ok(()),
            });
            Ok(match verdict {
                Ok(()) => Validation::Valid,
                Err(problem) => Validation::Invalid(text::neutral(&problem).into_owned().into()),
            })
        };
        let reply = |raw: &str| match raw.trim() {
            "" => "not sure".to_owned(),
            "?" => "explained:".to_owned(),
            _ => typed(raw).unwrap_or_default(),
        };
        Text::new(&title)
            .with_initial_value(initial)
            .with_help_message(&help)
            .with_validator(validator)
            .with_formatter(&reply)
            .with_render_config(self.look())
            .prompt()
            .map_or_else(unanswered, |answer| {
                Ok(match answer.trim() {
                    "" => Entry::NotSure,
                    "?" => Entry::Help,
                    // The validator let it pass, so it is one line.
                    _ => Entry::Value(typed(&answer).unwrap_or_default()),
                })
            })
    }
}

/// The title wrapped under the prompt's own mark, which takes two columns.
fn title(question: &Question<'_>, columns: usize) -> String {
    hanging("", &asked(question), columns - 3).replace('\n', "\n  ")
}

/// The list: "not sure", the choices, and the explanation where `explain` allows it and something is left to say.
fn lines(question: &Question<'_>, explain: bool, cut: bool, columns: usize, most: usize) -> Vec<Line> {
    let mut lines = vec![Line::new(Entry::NotSure, "not sure", columns, most)];
    for choice in choices_of(&question.kind) {
        let shown = spelt(&choice, question.default);
        lines.push(Line::new(Entry::Value(choice.value), &shown, columns, most));
    }
    if explain && (cut || question.help.is_some() || lines.iter().any(|line| line.cut)) {
        lines.push(Line::new(Entry::Help, "? explain", columns, most));
    }
    lines
}

/// How a question fits on the terminal together with its evidence.
#[derive(Debug, PartialEq, Eq)]
struct Fit {
    /// The lines of evidence that are shown.
    evidence: Vec<String>,
    /// Whether some are not.
    cut: bool,
    /// How many lines an option may take.
    option_lines: usize,
}

/// Evidence and question share the screen: a person who has to scroll back for the evidence decides without it. First the
/// options are cut down to one line each, then the evidence from its end.
fn fit(question: &Question<'_>, columns: usize, rows: usize) -> Fit {
    let evidence: Vec<String> = question
        .evidence
        .iter()
        .map(|line| layout::evidence(line))
        .flat_map(|(first, text)| hanging(first, text, columns).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    // One line is empty, one says which keys there are, and the cursor stands on one.
    let frame = title(question, columns).lines().count() + 3;
    let wanted = evidence.len().min(EVIDENCE_LINES);
    let height = |most: usize| lines(question, true, true, columns, most).iter().map(Line::height).sum::<usize>();
    let room = |most: usize| rows.saturating_sub(frame + height(most));
    let option_lines = (1..=OPTION_LINES).rev().find(|most| room(*most) >= wanted).unwrap_or(1);
    let room = room(option_lines).max(wanted.min(3));
    let cut = evidence.len() > room;
    let mut evidence = evidence;
    if cut {
        evidence.truncate(room.saturating_sub(1));
        evidence.push("  … more with `? explain`".to_owned());
    }
    Fit { evidence, cut, option_lines }
}

/// How many options are shown at once: all where they fit in so many rows, else what fits wherever the cursor stands.
fn page_size(lines: &[Line], rows: usize) -> usize {
    let heights = lines.iter().map(Line::height);
    if heights.clone().sum::<usize>() <= rows {
        return lines.len();
    }
    (rows / heights.max().unwrap_or(1).max(1)).max(1)
}

/// Esc is a reply, Ctrl-C is none.
fn unanswered(error: InquireError) -> Result<Entry, Failure> {
    match error {
        InquireError::OperationCanceled => Ok(Entry::Back),
        InquireError::OperationInterrupted => {
            // The library leaves the cursor at the start of its last line: what comes next must not be written over it.
            let _cleared = write!(io::stderr(), "\r\x1b[K");
            Err(Failure::interrupted())
        }
        other => Err(Failure::because("failed to ask", other)),
    }
}

impl Prompt for Terminal {
    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Failure> {
        let (columns, rows) = size();
        let fit = fit(question, columns, rows);
        self.put("")?;
        fit.evidence.iter().try_for_each(|line| self.put(line))?;
        let mut explained = false;
        let mut initial = question.default.unwrap_or_default().to_owned();
        loop {
            let entry = match &question.kind {
                Kind::Choose(_) | Kind::YesNo => self.select(question, &fit, explained)?,
                Kind::Text(check) | Kind::Number(_, check) => self.text(question, check.clone(), &initial)?,
            };
            match entry {
                Entry::NotSure => return Ok(Reply::NotSure),
                Entry::Value(value) => return Ok(Reply::Value(value)),
                Entry::Back => return Ok(Reply::Back),
                Entry::Help => {
                    explained = true;
                    initial.clear();
                    self.explain(question, columns)?;
                }
            }
        }
    }

    fn interactive(&self) -> bool {
        true
    }

    fn say(&mut self, line: &str) {
        // A line that cannot be shown stops nothing: the next question reports the broken stream.
        let _shown = self.put(&hanging("", line, size().0));
    }
}
