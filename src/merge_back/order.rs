//! Whether a hunk's lines stand where they do what they did: not behind a statement that leaves before, and in the fix's order.

use std::ops::Range;

use crate::domain::lines::{Hunk, Text, indentation, is_telling};

use super::blocks::heads;
use super::text::TextJudge;

impl TextJudge<'_, '_> {
    /// Whether something that was not there in the fix leaves the block of a hunk before its lines, which stand at these places
    /// of a text: then they are never run.
    pub(super) fn is_cut_off(&self, hunk: &Hunk, places: &[usize], text: &Text<'_>) -> bool {
        let after = &self.change.after;
        let telling = |text: &Text<'_>, line: &usize| is_telling(text.lines()[*line]);
        let Some(here) = places.iter().copied().filter(|line| telling(text, line)).min() else { return false };
        let leaves = self.language.leaves_before(text, here);
        if leaves.is_empty() {
            return false;
        }
        let own = hunk.new.clone().find(|line| telling(after, line));
        let in_fix = own.map_or_else(Vec::new, |own| self.language.leaves_before(after, own));
        leaves.iter().any(|leave| !in_fix.contains(leave))
    }

    /// Whether the statement that follows a hunk in the fix stands before its lines here, or the one before it behind them: a
    /// check behind what it guards. Of names in a list, and of whole functions, the order says nothing.
    pub(super) fn is_out_of_order(&self, hunk: &Hunk, places: &[usize], text: &Text<'_>) -> bool {
        let after = &self.change.after;
        let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) else { return false };
        let Some(own) = hunk.new.clone().find(|line| is_telling(after.lines()[*line])) else { return false };
        if !self.language.has_blocks() || hunk.new.clone().any(|line| is_head(after.lines()[line])) {
            return false;
        }
        let depth = indentation(after.lines()[own]);
        // Outside of functions only a script runs line by line.
        let is_run = depth > 0 || self.language.runs_by_line;
        if !is_run || heads(&self.language, after, own).first().is_some_and(|head| holds_members(head)) {
            return false;
        }
        let is_statement = |line: &usize| {
            let line = after.lines()[*line];
            indentation(line) >= depth && is_statement(line) && !self.language.is_quiet(&[line])
        };
        // The head of the block ends it, be it that of another function.
        let is_of_block = |line: &usize| {
            let line = after.lines()[*line];
            line.trim_ascii().is_empty() || indentation(line) >= depth && !is_head(line)
        };
        let nearest = |lines: &mut dyn Iterator<Item = usize>| {
            lines.take_while(is_of_block).find(|line| is_telling(after.lines()[*line])).filter(is_statement)
        };
        let before = nearest(&mut (0..hunk.new.start).rev());
        let behind = nearest(&mut (hunk.new.end..after.lines().len()));
        let stands_in = |line: usize, range: Range<usize>| {
            let words = after.lines()[line].trim_ascii();
            text.lines()[range].iter().any(|line| line.trim_ascii() == words)
                && text.holds_once(words)
                && after.holds_once(words)
        };
        behind.is_some_and(|line| stands_in(line, 0..*first))
            || before.is_some_and(|line| stands_in(line, *last + 1..text.lines().len()))
    }
}

/// Whether a line does something when it is come to: a call or an assignment, and no member of a list.
fn is_statement(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_import = [&b"import "[..], b"from ", b"use ", b"#include", b"using ", b"export ", b"@", b"#["]
        .iter()
        .any(|word| line.starts_with(word));
    line.iter().any(|byte| b"(=".contains(byte)) && !line.ends_with(b",") && !is_import
}

/// Whether a line is the head of a block of members, whose order says nothing.
fn holds_members(head: &[u8]) -> bool {
    let words = head.split(|byte| !byte.is_ascii_alphabetic());
    words.into_iter().any(|word| {
        matches!(
            word,
            b"class" | b"struct" | b"enum" | b"interface" | b"trait" | b"impl" | b"object" | b"namespace" | b"type"
        )
    })
}

/// Words that a function or a type begins with.
const HEADS: &[&str] = &[
    "def",
    "class",
    "fn",
    "func",
    "function",
    "struct",
    "enum",
    "impl",
    "trait",
    "interface",
    "type",
    "pub",
    "public",
    "private",
    "protected",
    "internal",
    "static",
    "abstract",
    "override",
    "async",
    "extern",
    "unsafe",
    "virtual",
    "final",
    "object",
    "namespace",
    "mod",
    "module",
    "template",
    "export",
    "typedef",
];

/// Whether a line begins a function, a type or a member of one.
fn is_head(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let end = line.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(line.len());
    HEADS.iter().any(|head| head.as_bytes() == &line[..end])
}
