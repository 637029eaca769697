//! Within one difference between two versions: which line goes on as which.

use super::lines::is_telling;
use super::versions;

/// Within one difference: which new line took the place of which old one, by likeness.
pub(super) struct Succession {
    /// For each old line its successor.
    pub(super) heir: Vec<Option<usize>>,
    /// How many new lines succeed nobody.
    pub(super) newcomers: usize,
}

/// Above this many line pairs likeness is not worth its time.
const MOST_PAIRS: usize = 40_000;

impl Succession {
    /// Pairs the lines of both sides of one difference.
    pub(super) fn new(old: &[&[u8]], new: &[&[u8]]) -> Self {
        let mut heir = vec![None; old.len()];
        if old.len() * new.len() > MOST_PAIRS {
            return Self { heir, newcomers: new.len() };
        }
        // Both sides keep their order, so each new line looks only behind the last pair.
        let (mut first, mut newcomers) = (0, 0);
        for (index, line) in new.iter().enumerate() {
            // Who comments a line out takes it out.
            if old.iter().any(|old| is_commented_out(old, line)) {
                continue;
            }
            let alike = |at: usize| versions::compared(old[at], line).map_or_else(|| likeness(old[at], line), |_| 100);
            let pairs = (first..old.len()).map(|at| (alike(at), old.len() - at, at));
            match pairs.filter(|(alike, ..)| *alike >= 60).max() {
                Some((.., at)) => {
                    heir[at] = Some(index);
                    first = at + 1;
                }
                None => newcomers += usize::from(is_telling(line)),
            }
        }
        let mut succession = Self { heir, newcomers };
        succession.reflow(old, new);
        succession
    }

    /// Finds lines that were only broken or joined otherwise, as a formatter does: without white space both sides are the same.
    fn reflow(&mut self, old: &[&[u8]], new: &[&[u8]]) {
        if self.heir.iter().all(Option::is_some) {
            return;
        }
        let all = |lines: &[&[u8]]| lines.iter().flat_map(|line| without_space(line)).collect::<Vec<u8>>();
        if all(old) != all(new) {
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
        self.newcomers = 0;
    }
}

/// Whether `new` holds `old` behind a comment's mark, be it with a word before it.
pub(super) fn is_commented_out(old: &[u8], new: &[u8]) -> bool {
    const MARKS: [&[u8]; 10] = [b"//", b"#", b"--", b";", b"/*", b"%", b"<!--", b"*", b"REM ", b"'"];
    let (old, new) = (old.trim_ascii(), new.trim_ascii());
    let marked = || MARKS.iter().any(|mark| new.starts_with(mark) && !old.starts_with(mark));
    is_telling(old) && new.len() > old.len() && marked() && memchr::memmem::find(new, old).is_some()
}

fn without_space<'a>(line: &'a [u8]) -> impl Iterator<Item = u8> + use<'a> {
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
