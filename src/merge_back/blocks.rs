//! In which block a line stands: by the lines above it that are indented less.

use memchr::memmem;

use crate::domain::language::Language;
use crate::domain::lines::{Hunk, Text, indentation, is_telling};
use crate::domain::removed::is_white_space;

use super::doubts::SURROUNDINGS;
use super::text::TextJudge;

impl TextJudge<'_, '_> {
    /// Whether the block that holds a hunk in the fix stands in a version without it, and the hunk's lines in another.
    ///
    /// A block is known by the line above that is indented less, such as a function's head, where that stands only once.
    pub(super) fn left_its_block(&self, hunk: &Hunk, places: &[usize], text: &Text<'_>) -> bool {
        let after = &self.change.after;
        let is = |at: &usize, own: usize| text.lines()[*at].trim_ascii() == after.lines()[own].trim_ascii();
        let place_of = |own: usize| places.iter().copied().find(|at| is(at, own));
        let telling = hunk.new.clone().filter(|own| is_telling(after.lines()[*own]));
        let Some((own, here)) = telling.filter_map(|own| Some((own, place_of(own)?))).next() else { return false };
        if is_white_space(self.change.removed(hunk), self.change.added(hunk)) {
            // Which block it is in is all that such a hunk changes, and another indentation of the whole file may look like it.
            return heads(&self.language, after, own) != heads(&self.language, text, here);
        }
        let (in_fix, around) = (heads(&self.language, after, own), heads(&self.language, text, here));
        // No build may meet a condition that the fix did not have.
        if self.language.has_preprocessor && around.iter().any(|head| head.starts_with(b"#") && !in_fix.contains(head))
        {
            return true;
        }
        let known = in_fix.into_iter().find(|head| text.holds_once(head) && after.holds_once(head));
        let Some(head) = known.filter(|head| !around.contains(head)) else { return false };
        // Where lines repeat they may be its own all the same.
        !holds(block(&self.language, text, head), after.lines()[own]) && !self.is_renamed(hunk, head, &around, text)
    }

    /// Whether the block with this head, which holds a hunk in the fix, has another head in a version, in which `around` are the
    /// heads around the hunk's lines: its neighbours went with it, and left nothing of themselves under the old name.
    ///
    /// A condition is no name: where that is another one the block does something else.
    fn is_renamed(&self, hunk: &Hunk, head: &[u8], around: &[&[u8]], text: &Text<'_>) -> bool {
        let after = &self.change.after;
        let Some(other) = around.iter().find(|other| text.holds_once(other)) else { return false };
        if !self.language.has_blocks() || !is_name(head) || !is_name(other) {
            return false;
        }
        let in_fix = block(&self.language, after, head);
        let is_neighbour = |line: &&&[u8]| is_telling(line) && holds(in_fix, line);
        let before = after.lines()[..hunk.new.start].iter().rev().take(SURROUNDINGS).find(is_neighbour);
        let behind = after.lines()[hunk.new.end..].iter().take(SURROUNDINGS).find(is_neighbour);
        let neighbours: Vec<&[u8]> = before.into_iter().chain(behind).copied().collect();
        let (old, new, own) = (
            block(&self.language, text, head),
            block(&self.language, text, other),
            block(&self.language, after, other),
        );
        // Whoever comes in by the old name must come to the new one.
        let leads_on = name(other).is_none_or(|name| old.iter().any(|line| memmem::find(line, name).is_some()));
        // What the other block has in the fix too may be its own.
        leads_on
            && neighbours.iter().any(|line| holds(new, line))
            && !neighbours.iter().any(|line| holds(old, line) || holds(own, line))
    }
}

/// What a function's head calls it; none of a head without parameters.
fn name(head: &[u8]) -> Option<&[u8]> {
    let before = &head[..memchr::memchr(b'(', head)?];
    before.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').rfind(|word| !word.is_empty())
}

/// Whether one of these lines is this one, whatever its indentation.
fn holds(lines: &[&[u8]], wanted: &[u8]) -> bool {
    lines.iter().any(|line| line.trim_ascii() == wanted.trim_ascii())
}

/// Words that a condition, a loop or a value begins with.
const CONDITIONS: &[&str] = &[
    "if", "elif", "elsif", "else", "unless", "while", "until", "for", "foreach", "switch", "match", "when", "case",
    "try", "catch", "except", "finally", "with", "do", "loop", "select", "default", "guard", "return",
];

/// Whether a head says what its block is called, rather than when or how often it is run: a function's, or a number that a
/// tool gave.
fn is_name(head: &[u8]) -> bool {
    if let Some(rest) = head.strip_prefix(b"case ") {
        return rest.strip_suffix(b":").is_some_and(|number| number.iter().all(u8::is_ascii_digit));
    }
    let start = head.iter().position(u8::is_ascii_alphanumeric).unwrap_or(head.len());
    let word = head[start..].split(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
    let is_value = head.contains(&b'=') || head.starts_with(b"#");
    head.contains(&b'(')
        && head.last().is_some_and(|last| b"{:)".contains(last))
        && !is_value
        && !CONDITIONS.iter().any(|condition| condition.as_bytes() == word)
}

/// The lines above a line that are indented less and less, the nearest first, without their indentation. What ends a head of
/// several lines is none, nor is a word that says too little, `var (`.
///
/// What a preprocessor reads stands in whatever column: of that only the conditions are heads that are open at the line.
pub(super) fn heads<'a>(language: &Language, text: &Text<'a>, line: usize) -> Vec<&'a [u8]> {
    let is_preprocessed = language.has_preprocessor;
    let (mut depth, mut closed) = (indentation(text.lines()[line]), 0_usize);
    let mut heads = Vec::new();
    let is_end = |words: &[u8]| words.is_empty() || words.starts_with(b")");
    for above in text.lines()[..line].iter().rev() {
        let words = above.trim_ascii();
        if depth == 0 {
            break;
        }
        if let Some(directive) = directive(words).filter(|_| is_preprocessed) {
            match directive {
                Directive::Ends => closed += 1,
                Directive::Begins if closed > 0 => closed -= 1,
                Directive::Begins | Directive::Parts if closed == 0 => heads.push(words),
                _ => {}
            }
        } else if !is_end(words) && indentation(above) < depth && !(is_preprocessed && is_label(above)) {
            depth = indentation(above);
            heads.extend(is_telling(words).then_some(words));
        }
    }
    heads
}

/// What a line for a preprocessor does to its conditions.
enum Directive {
    Begins,
    Parts,
    Ends,
    Nothing,
}

fn directive(words: &[u8]) -> Option<Directive> {
    let word = words.strip_prefix(b"#")?.trim_ascii_start();
    Some(match () {
        () if word.starts_with(b"if") => Directive::Begins,
        () if word.starts_with(b"el") => Directive::Parts,
        () if word.starts_with(b"endif") => Directive::Ends,
        () => Directive::Nothing,
    })
}

/// Whether a line is a label in the first column, which stands for no block.
fn is_label(line: &[u8]) -> bool {
    let name = line.trim_ascii_end().strip_suffix(b":");
    name.is_some_and(|name| name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'))
}

/// The lines below a head that are indented more, and what a preprocessor reads among them; what stands under its condition.
fn block<'t, 'a>(language: &Language, text: &'t Text<'a>, head: &[u8]) -> &'t [&'a [u8]] {
    let is_preprocessed = language.has_preprocessor;
    let is_aside = |line: &[u8]| line.is_empty() || is_preprocessed && (line[0] == b'#' || is_label(line));
    let lines = text.lines();
    let start = lines.iter().position(|line| line.trim_ascii() == head).unwrap_or(lines.len());
    let depth = lines.get(start).map_or(0, |line| indentation(line));
    let below = &lines[lines.len().min(start + 1)..];
    if is_preprocessed && head.starts_with(b"#") {
        let mut open = 0_usize;
        let ends = |line: &&[u8]| match directive(line.trim_ascii()) {
            Some(Directive::Begins) => {
                open += 1;
                false
            }
            Some(Directive::Ends) if open > 0 => {
                open -= 1;
                false
            }
            Some(Directive::Ends) => true,
            Some(Directive::Parts) => open == 0,
            _ => false,
        };
        let end = below.iter().position(ends);
        return &below[..end.unwrap_or(below.len())];
    }
    let end = below.iter().position(|line| !is_aside(line.trim_ascii()) && indentation(line) <= depth);
    &below[..end.unwrap_or(below.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::RepositoryPath;

    #[test]
    fn conditions_of_a_preprocessor_are_heads_while_they_are_open() {
        let text = Text::new(
            b"int f(void) {\n#ifdef A_ONE\n    a();\n#ifdef B_TWO\n    b();\n#endif\n    c();\n#else\n    d();\n#endif\nout:\n    e();\n}\n",
        );
        let language = Language::of(&RepositoryPath::new("a.c"));
        let heads = |line: usize| heads(&language, &text, line).iter().map(|head| head.to_vec()).collect::<Vec<_>>();
        assert_eq!(heads(4), [&b"#ifdef B_TWO"[..], b"#ifdef A_ONE", b"int f(void) {"]);
        assert_eq!(heads(6), [&b"#ifdef A_ONE"[..], b"int f(void) {"]);
        assert_eq!(heads(8), [&b"#else"[..], b"#ifdef A_ONE", b"int f(void) {"]);
        assert_eq!(heads(11), [b"int f(void) {"]);
        assert_eq!(block(&language, &text, b"int f(void) {").len(), 11);
        assert_eq!(block(&language, &text, b"#ifdef A_ONE").len(), 5);
        assert_eq!(block(&language, &text, b"#ifdef B_TWO").len(), 1);
    }
}
