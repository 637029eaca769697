//! Bringing two changes of one text together, as `git merge-file` does.

use std::ops::Range;

use super::lines::{Alignment, Hunk};

/// What merging two changes of one text came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The text that holds both.
    Clean(Vec<u8>),
    /// Where they can't be brought together: lines of our side, from 0; an empty range is the place before its line.
    Conflicts(Vec<Range<usize>>),
}

/// Merges the change from `base` to `theirs` into `ours`.
///
/// Changes whose lines in the base overlap or touch are one region, and conflict unless both sides made the same of it: what
/// git's xdiff calls an eager merge (`xdl_do_merge`).
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> Merged {
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let (mine, yours) = (Alignment::new(&base, &ours).hunks, Alignment::new(&base, &theirs).hunks);
    let (mut mine, mut yours) = (Side::new(&ours, mine), Side::new(&theirs, yours));
    let (mut text, mut conflicts, mut at) = (Vec::new(), Vec::new(), 0);
    loop {
        let start = match (mine.next(), yours.next()) {
            (None, None) => break,
            (Some(a), Some(b)) => a.min(b),
            (Some(only), None) | (None, Some(only)) => only,
        };
        base[at..start].iter().for_each(|line| text.extend_from_slice(line));
        let mut region = start..start;
        while mine.take(&mut region) || yours.take(&mut region) {}
        let (own, other) = (mine.made_of(&region), yours.made_of(&region));
        if yours.taken == 0 || mine.lines[own.clone()] == yours.lines[other.clone()] {
            mine.lines[own].iter().for_each(|line| text.extend_from_slice(line));
        } else if mine.taken == 0 {
            yours.lines[other].iter().for_each(|line| text.extend_from_slice(line));
        } else {
            conflicts.push(own);
        }
        at = region.end;
        mine.settle();
        yours.settle();
    }
    base[at..].iter().for_each(|line| text.extend_from_slice(line));
    if conflicts.is_empty() { Merged::Clean(text) } else { Merged::Conflicts(conflicts) }
}

/// The lines with their line ends, so that a last line without one is another line.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// One side's changes of the base, in order.
struct Side<'a> {
    lines: &'a [&'a [u8]],
    hunks: Vec<Hunk>,
    /// The first hunk that no region holds yet.
    first: usize,
    /// How many hunks the region at hand holds.
    taken: usize,
    /// How far this side's lines are ahead of the base's before the first hunk.
    ahead: isize,
}

impl<'a> Side<'a> {
    fn new(lines: &'a [&'a [u8]], hunks: Vec<Hunk>) -> Self {
        Self { lines, hunks, first: 0, taken: 0, ahead: 0 }
    }

    /// Where the next hunk begins in the base.
    fn next(&self) -> Option<usize> {
        self.hunks.get(self.first + self.taken).map(|hunk| hunk.old.start)
    }

    /// Takes the next hunk into the region if it touches it.
    fn take(&mut self, region: &mut Range<usize>) -> bool {
        let Some(hunk) = self.hunks.get(self.first + self.taken).filter(|hunk| hunk.old.start <= region.end) else {
            return false;
        };
        region.end = region.end.max(hunk.old.end);
        self.taken += 1;
        true
    }

    /// What this side made of a region of the base.
    fn made_of(&self, region: &Range<usize>) -> Range<usize> {
        let shift = |line: usize, ahead: isize| line.saturating_add_signed(ahead);
        let last = self.first + self.taken;
        let ahead = self.hunks[self.first..last].iter().fold(self.ahead, |ahead, hunk| ahead + grown(hunk));
        shift(region.start, self.ahead)..shift(region.end, ahead)
    }

    fn settle(&mut self) {
        for hunk in &self.hunks[self.first..self.first + self.taken] {
            self.ahead += grown(hunk);
        }
        self.first += self.taken;
        self.taken = 0;
    }
}

fn grown(hunk: &Hunk) -> isize {
    hunk.new.len().cast_signed() - hunk.old.len().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> Result<String, Vec<(usize, usize)>> {
        let text = |words: &str| words.split(' ').map(|word| format!("{word}\n")).collect::<String>().into_bytes();
        match merge(&text(base), &text(ours), &text(theirs)) {
            Merged::Clean(text) => {
                Ok(String::from_utf8(text).unwrap().split_whitespace().collect::<Vec<_>>().join(" "))
            }
            Merged::Conflicts(places) => Err(places.iter().map(|place| (place.start, place.end)).collect()),
        }
    }

    #[test]
    fn changes_in_different_places_come_together() {
        assert_eq!(merged("a b c d e", "A b c d e f", "a b C d e"), Ok("A b C d e f".to_owned()));
        assert_eq!(merged("a b c d e", "x a b c d e", "a b c E e2"), Ok("x a b c E e2".to_owned()));
        assert_eq!(merged("a b c", "a B c", "a B c"), Ok("a B c".to_owned()));
    }

    #[test]
    fn changes_that_overlap_or_touch_conflict_at_our_lines() {
        assert_eq!(merged("a b c d", "a X c d", "a Y c d"), Err(vec![(1, 2)]));
        assert_eq!(merged("a b c d e", "A b c d e f", "a b C d"), Err(vec![(4, 6)]));
        assert_eq!(merged("a b c d", "new a X c d", "a b Y d"), Err(vec![(2, 4)]));
        assert_eq!(merged("a b c d", "a d", "a b X d"), Err(vec![(1, 1)]));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, ..Default::default() })]
        #[test]
        fn one_side_that_did_nothing_yields_the_other(base in "([a-d]\n){0,9}[a-d]?", other in "([a-d]\n){0,9}[a-d]?") {
            let (base, other) = (base.as_bytes(), other.as_bytes());
            proptest::prop_assert_eq!(merge(base, base, other), Merged::Clean(other.to_vec()));
            proptest::prop_assert_eq!(merge(base, other, base), Merged::Clean(other.to_vec()));
            proptest::prop_assert_eq!(merge(base, other, other), Merged::Clean(other.to_vec()));
        }
    }
}
