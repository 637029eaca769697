//! Within one difference between two versions: which line goes on as which.

use std::ops::Range;

use super::lines::is_telling;
use super::versions;

/// Within one difference: which new line took the place of which old one, by likeness.
pub(super) struct Succession {
    /// For each old line its successor.
    pub(super) heir: Vec<Option<usize>>,
    /// How many new lines succeed nobody.
    pub(super) newcomers: usize,
    /// Whether both sides are the same text, broken into lines otherwise.
    pub(super) reflowed: bool,
}

/// Above this many line pairs likeness is not worth its time.
pub(super) const MOST_PAIRS: usize = 40_000;

impl Succession {
    /// Pairs the lines of both sides of one difference by their `code`, whatever is said in comments behind that.
    pub(super) fn new<'t>(old: &[&'t [u8]], new: &[&'t [u8]], code_of: impl Fn(&'t [u8]) -> &'t [u8]) -> Self {
        let mut heir = vec![None; old.len()];
        if old.len() * new.len() > MOST_PAIRS {
            return Self { heir, newcomers: new.len(), reflowed: false };
        }
        let code: Vec<(&[u8], bool)> = old.iter().map(|line| with_version(code_of(line))).collect();
        // Both sides keep their order, so each new line looks only behind the last pair.
        let (mut first, mut newcomers) = (0, vec![]);
        for (index, line) in new.iter().enumerate() {
            // Who comments a line out takes it out.
            if is_comment(line) && old.iter().any(|old| is_commented_out(old, line)) {
                continue;
            }
            let (line, has_version) = with_version(code_of(line));
            let alike = |at: usize| {
                let (old, had_version) = code[at];
                let compared = (has_version && had_version).then(|| versions::compared(old, line)).flatten();
                compared.map_or_else(|| likeness(old, line), |_| 100)
            };
            match most_alike(first..old.len(), alike) {
                Some(at) => {
                    heir[at] = Some(index);
                    first = at + 1;
                }
                None => newcomers.extend(is_telling(line).then_some(index)),
            }
        }
        let mut succession = Self { heir, newcomers: newcomers.len(), reflowed: false };
        // A line that is joined to a comment, or to what leaves before it, is another program.
        let changes_meaning = |line: &&&'t [u8]| {
            !old.contains(*line) && (swallows(line) || code_of(line).len() < line.trim_ascii_end().len())
        };
        if new.iter().any(|line| changes_meaning(&line)) {
            return succession;
        }
        succession.reflow(old, new);
        if !succession.reflowed && !newcomers.is_empty() {
            let codes = |lines: &[&'t [u8]]| lines.iter().map(|line| code_of(line)).collect::<Vec<_>>();
            succession.go_on(&codes(old), &codes(new), newcomers);
        }
        succession
    }

    /// Finds lines that stand there with more in them, such as another argument, be it over several lines. `newcomers` are the
    /// new lines that succeed nobody.
    fn go_on(&mut self, old: &[&[u8]], new: &[&[u8]], mut newcomers: Vec<usize>) {
        for at in (0..old.len()).filter(|at| is_telling(old[*at])) {
            if self.heir[at].is_some() {
                continue;
            }
            // Both sides keep their order.
            let first = self.heir[..at].iter().rev().find_map(|heir| *heir).unwrap_or(0);
            let last = self.heir[at + 1..].iter().find_map(|heir| *heir).map_or(new.len(), |heir| heir + 1);
            let runs =
                (first..last).flat_map(|start| (start + 1..=last.min(start + MOST_BROKEN)).map(move |end| start..end));
            let longer =
                runs.into_iter().find(|run| newcomers.contains(&run.start) && goes_on(old[at], &new[run.clone()]));
            let Some(run) = longer else { continue };
            let words = parts(old[at]);
            let holds = |line: &usize| parts(new[*line]).iter().filter(|part| words.contains(part)).count();
            self.heir[at] = run.clone().max_by_key(holds);
            newcomers.retain(|line| !run.contains(line));
        }
        self.newcomers = newcomers.len();
    }

    /// Finds lines that were only broken or joined otherwise, as a formatter does: without white space both sides are the same.
    fn reflow(&mut self, old: &[&[u8]], new: &[&[u8]]) {
        if old.len() == new.len() && self.heir.iter().all(Option::is_some) {
            return;
        }
        // Most differ in their first signs.
        if !signs(old).eq(signs(new)) {
            return;
        }
        let ends: Vec<usize> = new
            .iter()
            .scan(0, |end, line| {
                *end += without_space(line).count();
                Some(*end)
            })
            .collect();
        let mut start = 0;
        for (heir, line) in self.heir.iter_mut().zip(old) {
            if heir.is_none() {
                *heir = Some(ends.partition_point(|end| *end <= start)).filter(|at| *at < new.len());
            }
            start += without_space(line).count();
        }
        (self.newcomers, self.reflowed) = (0, true);
    }
}

/// So alike, in percent, the line is that takes another's place.
pub const ALIKE: usize = 60;

/// The first of the most alike of some lines, if it is alike enough.
fn most_alike(lines: Range<usize>, alike: impl Fn(usize) -> usize) -> Option<usize> {
    let mut best = None;
    for at in lines {
        let alike = alike(at);
        if alike >= ALIKE && best.is_none_or(|(most, _)| alike > most) {
            best = Some((alike, at));
        }
        if alike == 100 {
            break;
        }
    }
    best.map(|(_, at)| at)
}

/// Over so many lines one is looked for that may have been broken.
const MOST_BROKEN: usize = 4;

/// What makes it depend on something whether, or with what sign, a line does what it says.
const CONDITIONS: [&[u8]; 12] =
    [b"if", b"unless", b"when", b"while", b"else", b"and", b"or", b"not", b"case", b"match", b"lambda", b"cfg"];

/// Whether these lines begin as the one does and have all parts of it in their order, with more between them that is no condition
/// and does not compute something else.
fn goes_on(line: &[u8], longer: &[&[u8]]) -> bool {
    if longer.iter().any(|line| is_comment(line) && !is_attribute(line)) {
        return false;
    }
    let (old, new) = (parts(line), longer.iter().flat_map(|line| parts(line)).collect::<Vec<_>>());
    let mut rest = new.iter();
    let changes = |part: &[u8]| CONDITIONS.contains(&part) || b"!*/%+|^~-?:".contains(&part[0]);
    let count = |parts: &[&[u8]]| parts.iter().filter(|part| changes(part)).count();
    new.first() == old.first() && old.iter().all(|part| rest.any(|other| other == part)) && count(&new) == count(&old)
}

/// The words of a line, and each sign between them.
fn parts(line: &[u8]) -> Vec<&[u8]> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let together = |a: &u8, b: &u8| is_word(a) && is_word(b);
    line.chunk_by(together).filter(|part| !part[0].is_ascii_whitespace()).collect()
}

/// Whether what stands behind a line in another form of it is no part of the program here: a comment, or a bare `return`.
fn swallows(line: &[u8]) -> bool {
    const LEAVES: [&[u8]; 5] = [b"return", b"throw", b"break", b"continue", b"yield"];
    let last = line.trim_ascii().rsplit(|byte| !byte.is_ascii_alphanumeric()).next();
    is_comment(line) && !is_attribute(line) || last.is_some_and(|last| LEAVES.contains(&last))
}

/// How comments begin, in one language or another.
const MARKS: [&[u8]; 10] = [b"//", b"#", b"--", b";", b"/*", b"%", b"<!--", b"*", b"REM ", b"'"];

/// Whether a line that looks like a comment elsewhere is an attribute, which takes nothing behind it along.
fn is_attribute(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"#[") && line.ends_with(b"]")
}

fn is_comment(line: &[u8]) -> bool {
    MARKS.iter().any(|mark| line.trim_ascii_start().starts_with(mark))
}

/// A line without the white space around it, and whether it may name a version.
fn with_version(line: &[u8]) -> (&[u8], bool) {
    (line.trim_ascii(), versions::may_name_one(line))
}

/// The signs of some lines without the commas that stand before the end of a list: a formatter puts them there where it breaks one.
fn signs(lines: &[&[u8]]) -> impl Iterator<Item = u8> {
    let mut signs = lines.iter().flat_map(|line| without_space(line)).peekable();
    std::iter::from_fn(move || {
        let sign = signs.next()?;
        let ends_list = |next: &u8| sign == b',' && b")]}".contains(next);
        signs.next_if(ends_list).or(Some(sign))
    })
}

/// Whether `new` holds `old` behind a comment's mark, be it with a word before it.
pub(super) fn is_commented_out(old: &[u8], new: &[u8]) -> bool {
    let (old, new) = (old.trim_ascii(), new.trim_ascii());
    let marked = || MARKS.iter().any(|mark| new.starts_with(mark) && !old.starts_with(mark));
    is_telling(old) && new.len() > old.len() && marked() && memchr::memmem::find(new, old).is_some()
}

/// The signs of a line that are no white space.
pub(super) fn without_space<'a>(line: &'a [u8]) -> impl Iterator<Item = u8> + use<'a> {
    line.iter().copied().filter(|byte| !byte.is_ascii_whitespace())
}

/// How alike two lines are, in percent: their common beginning and end, without the white space around.
pub fn likeness(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (a.trim_ascii(), b.trim_ascii());
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 100;
    }
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    100 * (head + tail) / longest
}

#[cfg(test)]
mod tests {

    #[test]
    fn a_line_goes_on_with_more_in_it() {
        let goes_on = |line: &str, longer: &[&str]| {
            super::goes_on(line.as_bytes(), &longer.iter().map(|line| line.as_bytes()).collect::<Vec<_>>())
        };
        for (line, longer) in [
            ("strip=True):", &["strip=True, canonicalized=False):"][..]),
            ("#[cfg(unix)]", &["#[cfg(all(unix, feature = \"uds\"))]"]),
            ("raise ValueError(text)", &["raise ValueError(", "    text", ") from None"]),
            ("fn f(a: A) {", &["fn f(a: A, b) {"]),
        ] {
            assert!(goes_on(line, longer), "{line}");
        }
        for (line, longer) in [
            ("guard(total)", &["guard(total) if strict"][..]),
            ("guard(total)", &["log(\"guard\", total)"]),
            ("guard(total)", &["if (strict) guard(total)"]),
            ("guard(total)", &["guard(total) || true"]),
            ("guard(total)", &["guard(-total)"]),
            ("guard(total)", &["guard(other)"]),
            ("guard(total)", &["guard(", "// total", "total)"]),
        ] {
            assert!(!goes_on(line, longer), "{longer:?}");
        }
    }
}
