//! Runs of whole lines, and how often they stand in a text.

use std::cell::Cell;
use std::ops::Range;

use memchr::memmem;

use super::lines::Text;

/// A run of whole lines that is looked for.
pub struct Block {
    finder: memmem::Finder<'static>,
    /// Whether it may overlap itself: then how often it stands depends on where the counting begins.
    overlaps: bool,
}

impl Block {
    /// The lines, in order.
    pub fn new(lines: &[&[u8]]) -> Self {
        let needle = lines.join(&b'\n');
        Self { finder: memmem::Finder::new(&needle).into_owned(), overlaps: has_border(&needle) }
    }

    /// Whether the bytes of the block stand anywhere in a text: where they do not, the block does not.
    pub fn may_stand_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }

    /// How often the block stands in a text, at line starts and line ends only; overlapping ones count.
    pub fn count(&self, text: &[u8]) -> usize {
        if self.finder.needle().is_empty() {
            // A block of one empty line: rare enough to be counted the plain way.
            return Text::new(text).lines().iter().filter(|line| line.is_empty()).count();
        }
        self.count_in(text, 0..text.len())
    }

    /// How many more often the block stands in `new` than in `old`; `ends` is what [`shared_ends`](super::lines::shared_ends) says of both.
    pub fn gained(&self, old: &[u8], new: &[u8], ends: (usize, usize)) -> isize {
        let length = self.finder.needle().len();
        let count = |text: &[u8]| {
            if length == 0 || self.overlaps {
                return self.count(text);
            }
            // Only what reaches into the difference, or to its edge, can stand in one text and not in the other.
            let (start, end) = (ends.0.saturating_sub(length + 1), text.len() - ends.1 + length + 1);
            self.count_in(text, start..end.min(text.len()))
        };
        count(new).cast_signed() - count(old).cast_signed()
    }

    fn count_in(&self, text: &[u8], range: Range<usize>) -> usize {
        let whole = |at: &usize| {
            let (start, end) = (range.start + at, range.start + at + self.finder.needle().len());
            (start == 0 || text[start - 1] == b'\n') && (end == text.len() || text[end] == b'\n')
        };
        self.finder.find_iter(&text[range.clone()]).filter(whole).count()
    }
}

/// Lines that must all stand in a text, each as it is and in any place.
pub struct EachLine {
    finders: Vec<memmem::Finder<'static>>,
    /// The one that the last text lacked: the next one, a neighbouring version, will lack it too.
    lacked: Cell<usize>,
}

impl EachLine {
    /// These lines.
    pub fn new(lines: &[&[u8]]) -> Self {
        let finders = lines.iter().map(|line| memmem::Finder::new(line).into_owned()).collect();
        Self { finders, lacked: Cell::new(0) }
    }

    /// Whether the bytes of each stand anywhere in a text: where they do not, not all lines do.
    pub fn may_stand_in(&self, text: &[u8]) -> bool {
        let lacks = |at: &usize| self.finders[*at].find(text).is_none();
        let mut all = (self.lacked.get()..self.finders.len()).chain(0..self.lacked.get());
        let lacking = all.find(lacks);
        lacking.into_iter().for_each(|at| self.lacked.set(at));
        lacking.is_none()
    }
}

/// Whether a text begins with what it ends with: the last step of Knuth, Morris and Pratt's failure function.
fn has_border(text: &[u8]) -> bool {
    let mut borders = vec![0; text.len()];
    for at in 1..text.len() {
        let mut length: usize = borders[at - 1];
        while length > 0 && text[length] != text[at] {
            length = borders[length - 1];
        }
        borders[at] = length + usize::from(text[length] == text[at]);
    }
    borders.last().is_some_and(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::super::lines::shared_ends;
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_gained_is_the_difference_of_the_counts(
            old in "([ab]{0,2}\n){0,9}[ab]?", new in "([ab]{0,2}\n){0,9}[ab]?", both in "([abx]\n){0,9}",
            block in "[abx]{0,2}(\n[abx]{0,2}){0,3}",
        ) {
            let (old, new) = (format!("{both}{old}{both}"), format!("{both}{new}{both}"));
            let (old, new) = (old.as_bytes(), new.as_bytes());
            let block = Block::new(&[block.as_bytes()]);
            let counts = block.count(new).cast_signed() - block.count(old).cast_signed();
            proptest::prop_assert_eq!(block.gained(old, new, shared_ends(old, new)), counts);
        }
    }

    #[test]
    fn each_line_is_looked_for_whichever_the_last_text_lacked() {
        let lines = EachLine::new(&[b"a", b"b", b"c"]);
        let texts = ["c\nb\na", "a\nc", "a\nb", "a\nb\nc", "b\nc", ""];
        assert_eq!(texts.map(|text| lines.may_stand_in(text.as_bytes())), [true, false, false, true, false, false]);
        assert!(EachLine::new(&[]).may_stand_in(b""));
    }

    #[test]
    fn a_block_is_counted_at_whole_lines_only() {
        let block = Block::new(&[b"b", b"c"]);
        assert_eq!(block.count(b"a\nb\nc\nb\nc"), 2);
        assert_eq!(block.count(b"ab\nc\nb\ncd\n"), 0);
        assert_eq!(Block::new(&[b""]).count(b"\na\n\n"), 2);
    }
}
