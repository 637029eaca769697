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
    pub(super) fn new(old: &[&[u8]], new: &[&[u8]], code_of: impl Fn(&[u8]) -> &[u8]) -> Self {
        let mut heir = vec![None; old.len()];
        if old.len() * new.len() > MOST_PAIRS {
            return Self { heir, newcomers: new.len(), reflowed: false };
        }
        let code: Vec<(&[u8], bool)> = old.iter().map(|line| with_version(code_of(line))).collect();
        // Both sides keep their order, so each new line looks only behind the last pair.
        let (mut first, mut newcomers) = (0, 0);
        for (index, line) in new.iter().enumerate() {
            // Who comments a line out takes it out.
            if looks_like_comment(line) && old.iter().any(|old| is_commented_out(old, line)) {
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
                None => newcomers += usize::from(is_telling(line)),
            }
        }
        let mut succession = Self { heir, newcomers, reflowed: false };
        // A line that is joined to a comment, or to what leaves before it, is another program.
        let changes_meaning = |line: &&&[u8]| {
            !old.contains(*line) && (swallows(line) || code_of(line).len() < line.trim_ascii_end().len())
        };
        if !new.iter().any(|line| changes_meaning(&line)) {
            succession.reflow(old, new);
        }
        succession
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

/// Whether what stands behind a line in another form of it is no part of the program here: a comment, or a bare `return`.
fn swallows(line: &[u8]) -> bool {
    const LEAVES: [&[u8]; 5] = [b"return", b"throw", b"break", b"continue", b"yield"];
    let last = line.trim_ascii().rsplit(|byte| !byte.is_ascii_alphanumeric()).next();
    looks_like_comment(line) || last.is_some_and(|last| LEAVES.contains(&last))
}

/// How comments begin, in one language or another.
const MARKS: [&[u8]; 10] = [b"//", b"#", b"--", b";", b"/*", b"%", b"<!--", b"*", b"REM ", b"'"];

/// Whether a line begins as a comment does in one language or another.
pub(super) fn looks_like_comment(line: &[u8]) -> bool {
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
