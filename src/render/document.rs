//! A page for readers away from the terminal: one document, as Markdown for a ticket or as HTML for a wiki.
//!
//! Whatever reaches it is plain text, and stays that: each of the two ways out escapes it, and nowhere else is it done.

use super::html;
use super::sheet::{markdown, markdown_line, markdown_table};

/// What a page holds, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    title: String,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Heading(u8, String),
    Paragraph(String),
    Fields(Vec<(String, String)>),
    List(Vec<String>),
    Table(Vec<String>, Vec<Vec<String>>),
    Code(String),
}

impl Document {
    /// A page of that title.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// A heading: 2 for a section, 3 below it.
    pub fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading(level, text.into()));
    }

    /// One paragraph.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    /// Names and values; nothing where there are none.
    pub fn fields(&mut self, fields: Vec<(impl Into<String>, String)>) {
        if !fields.is_empty() {
            let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
            self.blocks.push(Block::Fields(fields.collect()));
        }
    }

    /// A list; nothing where it is empty.
    pub fn list(&mut self, entries: Vec<String>) {
        if !entries.is_empty() {
            self.blocks.push(Block::List(entries));
        }
    }

    /// A table; nothing where it has no row.
    pub fn table(&mut self, headers: &[&str], rows: Vec<Vec<String>>) {
        if !rows.is_empty() {
            self.blocks.push(Block::Table(headers.iter().map(ToString::to_string).collect(), rows));
        }
    }

    /// Lines shown as they are.
    pub fn code(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Code(text.into()));
    }

    /// The page as Markdown (CommonMark with tables).
    pub fn markdown(&self) -> String {
        let mut parts = vec![format!("# {}\n", markdown(&one_line(&self.title)))];
        parts.extend(self.blocks.iter().map(Block::markdown));
        parts.join("\n")
    }

    /// The page as HTML: one file that needs nothing else.
    pub fn html(&self) -> String {
        let body: String = self.blocks.iter().map(Block::html).collect();
        html::page(&self.title, &format!("<h1>{}</h1>\n{body}", html::escape(&one_line(&self.title))))
    }
}

impl Block {
    fn markdown(&self) -> String {
        match self {
            Self::Heading(level, text) => {
                format!("{} {}\n", "#".repeat(usize::from(*level)), markdown(&one_line(text)))
            }
            Self::Paragraph(text) => format!("{}\n", markdown_line(&one_line(text))),
            Self::Fields(fields) => fields
                .iter()
                .map(|(name, value)| format!("- **{}**: {}\n", markdown(name), markdown(&one_line(value))))
                .collect(),
            Self::List(entries) => {
                entries.iter().map(|entry| format!("- {}\n", markdown_line(&one_line(entry)))).collect()
            }
            Self::Table(headers, rows) => {
                let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
                let flat = |row: &Vec<String>| row.iter().map(|cell| one_line(cell)).collect();
                markdown_table(&headers, &rows.iter().map(flat).collect::<Vec<_>>())
            }
            Self::Code(text) => code_block(text),
        }
    }

    fn html(&self) -> String {
        let cell = |text: &String| html::linked(&one_line(text));
        match self {
            Self::Heading(level, text) => format!("<h{level}>{}</h{level}>\n", html::escape(&one_line(text))),
            Self::Paragraph(text) => format!("<p>{}</p>\n", cell(text)),
            Self::Fields(fields) => {
                let field = |(name, value)| format!("<dt>{}</dt><dd>{}</dd>\n", html::escape(name), cell(value));
                format!("<dl>\n{}</dl>\n", fields.iter().map(|(name, value)| field((name, value))).collect::<String>())
            }
            Self::List(entries) => {
                let entries: String = entries.iter().map(|entry| format!("<li>{}</li>\n", cell(entry))).collect();
                format!("<ul>\n{entries}</ul>\n")
            }
            Self::Table(headers, rows) => html::table(headers, rows.iter().map(|row| row.iter().map(cell).collect())),
            Self::Code(text) => {
                let lines: Vec<String> = text.lines().map(html::escape).collect();
                format!("<pre>{}</pre>\n", lines.join("\n"))
            }
        }
    }
}

/// A fenced block; its fence is longer than any in the text, so nothing in it ends the block.
fn code_block(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: String = text.lines().map(|line| format!("{}\n", crate::domain::text::neutral(line))).collect();
    format!("{fence}\n{lines}{fence}\n")
}

/// A text of several lines in one: a cell, a field and a list entry have no second.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
