//! What both ways of asking share: how a question is spelt and how its lines fit on the terminal.

use std::io;

use super::{Choice, Kind, Question};
use crate::domain::text;

/// Columns and rows assumed where the terminal does not tell.
const FALLBACK: (usize, usize) = (80, 24);

/// Columns and rows of the terminal now: it may have been resized since the last question.
pub(super) fn size() -> (usize, usize) {
    terminal_size::terminal_size_of(io::stderr())
        .map_or(FALLBACK, |(columns, rows)| (usize::from(columns.0).max(20), usize::from(rows.0).max(5)))
}

/// The title; a number says its unit.
pub(super) fn asked(question: &Question<'_>) -> String {
    match &question.kind {
        Kind::Number(unit, _) if !unit.is_empty() => format!("{} ({unit})", question.title),
        _ => question.title.to_owned(),
    }
}

/// The values that a question offers; none when it wants text.
pub(super) fn choices_of(kind: &Kind) -> Vec<Choice> {
    match kind {
        Kind::Choose(choices) => choices.clone(),
        Kind::YesNo => ["yes", "no"].map(|value| Choice { value: value.to_owned(), means: String::new() }).into(),
        Kind::Text(_) | Kind::Number(..) => Vec::new(),
    }
}

/// A choice in one line: its value, whether it was the earlier answer, what it means.
pub(super) fn spelt(choice: &Choice, earlier: Option<&str>) -> String {
    let before = if earlier == Some(&choice.value) { " (as before)" } else { "" };
    let colon = if choice.means.is_empty() { "" } else { ": " };
    format!("{}{before}{colon}{}", choice.value, choice.means)
}

/// What a person typed or pasted, as one trimmed line. An arrow key on a dumb terminal is no text: said, not kept.
pub(super) fn typed(raw: &str) -> Result<String, String> {
    let line = raw.trim().replace(['\n', '\r', '\t'], " ");
    if line.contains(text::is_hazard) {
        return Err(format!("that holds characters that cannot be shown: {}", text::neutral(&line)));
    }
    Ok(line)
}

/// A neutral text wrapped to the columns, its first line after `first`, the others indented as deep.
pub(super) fn hanging(first: &str, line: &str, columns: usize) -> String {
    let indent = " ".repeat(text::columns(first));
    let width = columns.saturating_sub(indent.len() + 1).max(8);
    let lines = text::wrap(&text::neutral(line), width);
    format!("{first}{}", lines.join(&format!("\n{indent}")))
}

/// How a line of evidence begins, and its text; what starts with `- ` is an entry of a list.
pub(super) fn evidence(line: &str) -> (&'static str, &str) {
    line.strip_prefix("- ").map_or(("  ", line), |entry| ("  - ", entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_hang_below_their_text() {
        assert_eq!(
            hanging("  2) ", "sev2: a main function is broken", 24),
            "  2) sev2: a main\n     function is broken"
        );
    }

    #[test]
    fn what_was_pasted_is_one_line_and_keys_are_no_text() {
        assert_eq!(typed(" one\r\ntwo\t3 \n"), Ok("one  two 3".to_owned()));
        assert_eq!(typed("Zürich 日本"), Ok("Zürich 日本".to_owned()));
        for raw in ["\x1b[A", "a\x07b", "a\u{202e}b", "\u{9b}m"] {
            assert!(typed(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn a_foreign_line_break_stays_in_its_line() {
        assert_eq!(hanging("  ", "a\nb\x1b[2J", 40), "  a\\nb\\x1b[2J");
    }
}
