//! A report becomes terminal text or JSON.

mod chart;
pub mod checks;
pub mod document;
pub mod html;
pub mod links;
mod page;
mod plot;
pub mod progress;
pub mod report;
pub mod sheet;

use serde::Serialize;

use self::checks::Check;
use self::document::Document;
pub use self::page::{Drawing, Page, Tone};
use crate::domain::text;
use crate::failure::{ExitCode, Failure, FailureKind};

/// The version of the JSON output: within it fields are only added.
pub const SCHEMA_VERSION: u32 = 1;

/// What a command answers: the same value as terminal text and as JSON. It serialises as a struct or a map.
pub trait Report: Serialize {
    /// Writes the answer for a person.
    fn text(&self, page: &mut Page);

    /// The answer as a page to hand on, as Markdown or HTML; none where nobody would.
    fn document(&self) -> Option<Document> {
        None
    }

    /// The answer as one HTML page, where it holds more than a document can.
    fn html(&self) -> Option<String> {
        Some(self.document()?.html())
    }

    /// The answer as rows for a spreadsheet; none where it is no table.
    fn csv(&self) -> Option<String> {
        None
    }

    /// The answer as what CI shows beside the code; none where there is no such thing.
    fn checks(&self) -> Option<Vec<Check>> {
        None
    }
}

#[derive(Serialize)]
struct Exit {
    code: u8,
    word: &'static str,
}

impl From<ExitCode> for Exit {
    fn from(exit: ExitCode) -> Self {
        Self { code: exit.status(), word: exit.word() }
    }
}

#[derive(Serialize)]
struct Envelope<'a, R: ?Sized> {
    schema_version: u32,
    command: &'a str,
    exit: Exit,
    #[serde(flatten)]
    report: &'a R,
}

#[derive(Serialize)]
struct FailureReport<'a> {
    error: ErrorReport<'a>,
}

#[derive(Serialize)]
struct ErrorReport<'a> {
    message: String,
    causes: Vec<String>,
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// A report as one JSON object: `schema_version`, `command`, `exit {code, word}`, then the report's own fields.
pub fn json<R: Report + ?Sized>(command: &str, exit: ExitCode, report: &R) -> Result<String, Failure> {
    written(&Envelope { schema_version: SCHEMA_VERSION, command, exit: exit.into(), report })
        .map_err(|cause| Failure::because("failed to write the answer as JSON", cause))
}

/// A failure as one JSON object: the same frame, then `error {message, causes, hint}`.
pub fn failure_json(command: &str, failure: &Failure) -> String {
    let error = ErrorReport {
        message: failure.cause.to_string(),
        causes: failure.cause.chain().skip(1).map(plain).collect(),
        hint: failure.hint.as_deref(),
        detail: failure.detail.as_deref(),
    };
    let exit = failure.kind.exit().into();
    let report = &FailureReport { error };
    // Strings and numbers alone cannot fail to serialise.
    written(&Envelope { schema_version: SCHEMA_VERSION, command, exit, report }).unwrap_or_default()
}

/// A cause without the numbers that libgit2 puts behind it for programmers: `; class=Odb (9); code=NotFound (-3)`.
fn plain(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = cause.to_string();
    text.split_once("; class=").map_or(text.as_str(), |(plain, _)| plain).to_owned()
}

/// A failure for a person: what happened, what caused it, what to type next.
pub fn failure_text(page: &mut Page, failure: &Failure) {
    if failure.kind == FailureKind::Interrupted {
        // Leaving is no error; what became of the work is all that a person wants to know.
        let left = failure.hint.as_deref().map_or_else(String::new, |hint| format!(": {hint}"));
        page.paragraph(&format!("{}{left}", failure.cause));
        return;
    }
    page.labelled(Tone::Bad, "error: ", &failure.cause.to_string());
    for cause in failure.cause.chain().skip(1) {
        page.labelled(Tone::Quiet, "  caused by: ", &plain(cause));
    }
    for line in failure.detail.iter().flat_map(|detail| detail.lines()) {
        page.line(line);
    }
    if let Some(hint) = &failure.hint {
        show_hint(page, hint);
    }
}

/// A hint is a command to copy, or ends in one, which is never wrapped; on a narrow page what is said before it is.
fn show_hint(page: &mut Page, hint: &str) {
    let programs = ["hotfix ", "git "];
    if page.is_wide() || programs.iter().any(|program| hint.starts_with(program)) {
        let label = page.mark(Tone::Strong, "hint:");
        page.line(&format!("  {label} {hint}"));
        return;
    }
    let ends = programs.iter().filter_map(|program| hint.rfind(&format!(": {program}"))).max();
    let (said, command) = hint.split_at(ends.map_or(hint.len(), |end| end + 1));
    page.labelled(Tone::Strong, "  hint: ", said);
    if !command.is_empty() {
        page.command(command.trim_start());
    }
}

/// Pretty-printed, two spaces deep, one line break at the end; what could steer a terminal is escaped beyond what JSON
/// itself asks for (C1 controls, bidirectional overrides), which changes no value.
fn written(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let raw = serde_json::to_string_pretty(value)?;
    let mut safe = String::with_capacity(raw.len() + 1);
    for character in raw.chars() {
        if character != '\n' && text::is_hazard(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
    }
    safe.push('\n');
    Ok(safe)
}

#[cfg(test)]
mod tests;
