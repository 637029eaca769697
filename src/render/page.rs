//! Terminal text: a page that knows its width and whether styles are on.

use anstyle::{AnsiColor, Style};
use tabled::builder::Builder;
use tabled::settings::{Padding, Style as Borders};

use super::links;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::failure::ExitCode;

/// Below this many columns a table becomes records of name and value.
const NARROW: usize = 70;

/// A page of so many columns is for no terminal, or for one that shows more: nothing breaks its lines.
const FULL: usize = 100;
/// Names of fields are padded to at least this many columns, so that short lists line up between commands.
const NAME_COLUMNS: usize = 12;

/// What a word wants from the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done, proven, open.
    Good,
    /// Refused, broken, overdue.
    Bad,
    /// Somebody must still do something.
    Wait,
    /// There for completeness.
    Quiet,
    /// A name that the eye looks for.
    Strong,
}

impl Tone {
    const ALL: [Self; 5] = [Self::Good, Self::Bad, Self::Wait, Self::Quiet, Self::Strong];

    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Wait => AnsiColor::Yellow.on_default(),
            Self::Quiet => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }

    /// The non-character that opens this tone inside a line on its way to the page. Escape sequences cannot serve: in a
    /// text they are somebody's attempt to steer the terminal, and are spelt out.
    fn opening(self) -> char {
        match self {
            Self::Good => '\u{fdd0}',
            Self::Bad => '\u{fdd1}',
            Self::Wait => '\u{fdd2}',
            Self::Quiet => '\u{fdd3}',
            Self::Strong => '\u{fdd4}',
        }
    }
}

/// The non-character that ends a tone.
const CLOSING: char = '\u{fddf}';

/// Collects the text of one answer. Everything that reaches it is made neutral here, and nowhere else.
#[derive(Debug)]
pub struct Page {
    width: usize,
    styled: bool,
    linked: bool,
    drawing: Drawing,
    text: String,
}

/// What a plot may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The columns of the terminal: a plot may be wider than what people read.
    pub columns: usize,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
}

impl Page {
    /// An empty page of so many columns (at least 20 are assumed), with or without colours.
    pub fn new(width: usize, styled: bool) -> Self {
        let width = width.max(20);
        Self { width, styled, linked: false, drawing: Drawing { columns: width, unicode: false }, text: String::new() }
    }

    /// The same page, in which web addresses are links.
    #[must_use]
    pub fn linked(self, linked: bool) -> Self {
        Self { linked, ..self }
    }

    /// The same page on a terminal that allows for other plots.
    #[must_use]
    pub fn drawing(self, drawing: Drawing) -> Self {
        Self { drawing, ..self }
    }

    /// What a plot may use.
    pub fn allows(&self) -> Drawing {
        self.drawing
    }

    /// The columns of this page.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether tables have columns here; on a narrow page they become records.
    pub fn is_wide(&self) -> bool {
        self.width >= NARROW
    }

    /// A heading on a line of its own.
    pub fn title(&mut self, text: &str) {
        let marked = self.mark(Tone::Strong, text);
        self.wrapped("", "", &marked);
    }

    /// One line, as long as it is.
    pub fn line(&mut self, text: &str) {
        self.push("", text);
    }

    /// An empty line, but never two in a row nor one at the top.
    pub fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Text wrapped to the width; its own line breaks are kept.
    pub fn paragraph(&mut self, text: &str) {
        for line in text.lines() {
            self.wrapped("", "", line);
        }
    }

    /// A name and its value; the value is wrapped with a hanging indent, its own line breaks kept.
    pub fn field(&mut self, name: &str, value: &str) {
        self.field_padded(name, value, NAME_COLUMNS);
    }

    /// Several names and values, their values in one column.
    pub fn fields(&mut self, fields: &[(&str, String)]) {
        let widest = fields.iter().map(|(name, _)| text::columns(name)).max().unwrap_or(0).max(NAME_COLUMNS);
        for (name, value) in fields {
            self.field_padded(name, value, widest);
        }
    }

    fn field_padded(&mut self, name: &str, value: &str, names: usize) {
        // On a narrow page one long name must not push every value to the right edge.
        let names = names.min(self.width / 3);
        let name = text::neutral(name).into_owned();
        let padding = " ".repeat(names.saturating_sub(text::columns(&name)));
        let label = format!("{}{padding}  ", self.mark(Tone::Quiet, &name));
        self.hanging(&label, &" ".repeat(names + 2), value);
    }

    /// One entry of a list, wrapped with a hanging indent.
    pub fn bullet(&mut self, text: &str) {
        self.hanging("- ", "  ", text);
    }

    /// Text below the line before it: indented and wrapped.
    pub fn indented(&mut self, text: &str) {
        self.hanging("  ", "  ", text);
    }

    /// A command to copy: indented, never wrapped. On a narrow page what is said behind it stands below.
    pub fn command(&mut self, command: &str) {
        match command.split_once("    # ") {
            Some((alone, said)) if self.width < FULL && text::columns(command) + 4 > self.width => {
                self.push("    ", alone);
                self.hanging("      # ", "      # ", said);
            }
            _ => self.push("    ", command),
        }
    }

    /// Two texts side by side, line by line; on a narrow page one below the other. A long line goes on below: what differs may
    /// be its end.
    pub fn side_by_side(&mut self, [left, right]: [(&str, &[String]); 2]) {
        let width = if self.is_wide() { (self.width - 3) / 2 } else { self.width.saturating_sub(4).max(8) };
        let line = |lines: &[String], row: usize| lines.get(row).map_or("", String::as_str).replace('\t', "    ");
        let rows = (0..left.1.len().max(right.1.len()))
            .map(|row| text::in_pieces([&line(left.1, row), &line(right.1, row)], width))
            .collect::<Vec<_>>();
        if !self.is_wide() {
            for (side, (title, lines)) in [left, right].into_iter().enumerate() {
                self.title(title);
                let pieces = rows.iter().take(lines.len()).flat_map(|row| &row[side]);
                pieces.for_each(|piece| self.push("  ", piece));
            }
            return;
        }
        let fit = |piece: &str| piece.to_owned() + &" ".repeat(width.saturating_sub(text::columns(piece)));
        self.line(&format!("{} | {}", fit(&text::shorten(left.0, width)), right.0));
        for [left, right] in &rows {
            for at in 0..left.len().max(right.len()) {
                let piece = |pieces: &[String]| pieces.get(at).cloned().unwrap_or_default();
                let line = format!("{} | {}", fit(&piece(left)), piece(right));
                self.line(line.trim_end());
            }
        }
    }

    /// A table whose last column wraps; on a narrow page, or where the other columns leave no room, one record a row.
    pub fn table(&mut self, headers: &[&str], rows: Vec<Vec<String>>) {
        let before: usize = (0..headers.len().saturating_sub(1))
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| text::columns(&self.shown(cell)));
                cells.chain([text::columns(headers[column])]).max().unwrap_or(0) + 2
            })
            .sum();
        let rest = self.width.saturating_sub(before);
        // A code that is broken in two can't be copied, nor searched for; a path of any length may be.
        let words = rows.iter().filter_map(|row| row.get(headers.len() - 1)).flat_map(|cell| cell.split_whitespace());
        let longest = words.map(|word| text::columns(&self.shown(word))).filter(|word| *word <= 32).max().unwrap_or(0);
        if !self.is_wide() || rest < longest.max(16) {
            self.records(headers, &rows)
        } else {
            self.columns(headers, &rows, rest)
        }
    }

    fn columns(&mut self, headers: &[&str], rows: &[Vec<String>], rest: usize) {
        let mut builder = Builder::default();
        builder.push_record(headers.iter().map(|header| self.paint(&self.mark(Tone::Quiet, &text::neutral(header)))));
        for row in rows {
            builder.push_record((0..headers.len()).map(|column| {
                let cell = self.shown(row.get(column).map_or("", String::as_str));
                let width = if column + 1 == headers.len() { rest } else { usize::MAX };
                self.painted_lines(0, &cell, width).join("\n")
            }));
        }
        let mut table = builder.build();
        table.with(Borders::empty()).with(Padding::new(0, 2, 0, 0));
        for line in table.to_string().lines() {
            self.push_painted(line);
        }
    }

    fn records(&mut self, headers: &[&str], rows: &[Vec<String>]) {
        let names = headers.iter().map(|header| text::columns(header)).max().unwrap_or(0);
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                self.blank();
            }
            for (header, value) in headers.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
                self.field_padded(header, value, names);
            }
        }
    }

    /// A label in its tone, then text wrapped to the width and indented below.
    pub fn labelled(&mut self, tone: Tone, label: &str, text: &str) {
        let opening = self.mark(tone, label);
        self.hanging(&opening, "    ", text);
    }

    /// What the policy says no to: each with its mark, its code, what happened, and the commands that mend it.
    pub fn refusals(&mut self, refusals: &[Refusal]) {
        for refusal in refusals {
            let (tone, word) = match refusal.code.exit() {
                ExitCode::Waiting => (Tone::Wait, "[wait]"),
                ExitCode::Undecided => (Tone::Wait, "[unknown]"),
                ExitCode::Open | ExitCode::Refused | ExitCode::Usage | ExitCode::Interrupted => (Tone::Bad, "[no]"),
            };
            let opening = format!("{} {}: ", self.mark(tone, word), self.mark(Tone::Strong, refusal.code.word()));
            self.hanging(&opening, "  ", &refusal.message);
            for command in &refusal.next {
                self.command(command);
            }
        }
    }

    /// A word in the style of its tone, for use inside the text given to this page; the plain word when styles are off.
    pub fn mark(&self, tone: Tone, word: &str) -> String {
        let word = text::neutral(word);
        let marked = self.styled && !word.trim().is_empty();
        if marked { format!("{}{word}{CLOSING}", tone.opening()) } else { word.into_owned() }
    }

    /// The whole text; ends with a line break unless it is empty.
    pub fn finish(self) -> String {
        self.text
    }

    fn hanging(&mut self, first: &str, indent: &str, value: &str) {
        let mut prefix = first;
        if value.is_empty() {
            self.wrapped(first, indent, "");
        }
        for line in value.lines() {
            self.wrapped(prefix, indent, line);
            prefix = indent;
        }
    }

    /// One paragraph; `first` opens its first line and may be longer than the `indent` of the others.
    fn wrapped(&mut self, first: &str, indent: &str, value: &str) {
        let margin = text::columns(indent);
        let taken = text::columns(first).saturating_sub(margin);
        let room = self.width.saturating_sub(margin).max(8);
        let lines = self.painted_lines(taken, &self.shown(value), room);
        let mut prefix = self.paint(first);
        for line in lines {
            self.push_painted(&format!("{prefix}{line}"));
            indent.clone_into(&mut prefix);
        }
    }

    fn push(&mut self, indent: &str, text: &str) {
        let painted = self.paint(&self.shown(text));
        self.push_painted(&format!("{indent}{painted}"));
    }

    fn push_painted(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// The text made neutral, apart from this page's own marks.
    fn shown(&self, value: &str) -> String {
        if !self.styled {
            return text::neutral(value).into_owned();
        }
        let ours = |character: char| character == CLOSING || Tone::ALL.iter().any(|tone| tone.opening() == character);
        value.split_inclusive(ours).fold(String::new(), |mut shown, piece| {
            let mark = piece.chars().next_back().filter(|last| ours(*last));
            shown.push_str(&text::neutral(&piece[..piece.len() - mark.map_or(0, char::len_utf8)]));
            shown.extend(mark);
            shown
        })
    }

    /// The lines of a text, each painted by itself: a style never runs over a line break.
    fn painted_lines(&self, taken: usize, shown: &str, width: usize) -> Vec<String> {
        let mut open = None;
        text::wrap_after(taken, shown, width)
            .into_iter()
            .map(|line| {
                let whole = open.map_or(String::new(), String::from) + &line;
                open = whole.chars().rfind(|character| text::is_hazard(*character)).filter(|last| *last != CLOSING);
                self.paint(&whole)
            })
            .collect()
    }

    /// The marks of a neutral line replaced by the terminal's own sequences, and links laid around its addresses.
    fn paint(&self, line: &str) -> String {
        if !self.styled && !self.linked {
            return line.to_owned();
        }
        let addresses = if self.linked { links::addresses(line) } else { Vec::new() };
        let mut painted = String::with_capacity(line.len() + 16);
        let mut open: Option<Style> = None;
        for (at, character) in line.char_indices() {
            if addresses.iter().any(|address| address.end == at) {
                painted.push_str(links::CLOSING);
            }
            if let Some(address) = addresses.iter().find(|address| address.start == at) {
                painted.push_str(&links::opening(&line[address.clone()]));
            }
            match Tone::ALL.into_iter().find(|tone| tone.opening() == character) {
                Some(tone) => {
                    painted.push_str(&tone.style().render().to_string());
                    open = Some(tone.style());
                }
                None if character == CLOSING => {
                    if let Some(style) = open.take() {
                        painted.push_str(&style.render_reset().to_string());
                    }
                }
                None => painted.push(character),
            }
        }
        if addresses.iter().any(|address| address.end == line.len()) {
            painted.push_str(links::CLOSING);
        }
        if let Some(style) = open {
            painted.push_str(&style.render_reset().to_string());
        }
        painted
    }
}
