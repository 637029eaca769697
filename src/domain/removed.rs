//! The lines that a hunk took out, and whether they come back.

use std::cell::OnceCell;

use foldhash::HashSet;

use super::adaptation::words;
use super::lines::{Block, is_telling, shared_ends};

/// The lines that a hunk took out, to be known again.
pub struct Removed<'a> {
    pub(super) lines: &'a [&'a [u8]],
    added: &'a [&'a [u8]],
    block: OnceCell<Block>,
    words: OnceCell<[HashSet<&'a [u8]>; 2]>,
}

impl<'a> Removed<'a> {
    /// The lines, in order, and those that the hunk put there.
    pub fn new(lines: &'a [&'a [u8]], added: &'a [&'a [u8]]) -> Self {
        Self { lines, added, block: OnceCell::new(), words: OnceCell::new() }
    }

    /// The words that the hunk took out for good, and those that it brought.
    fn words(&self) -> &[HashSet<&'a [u8]>; 2] {
        self.words.get_or_init(|| {
            let all = |lines: &[&'a [u8]]| lines.iter().flat_map(|line| words(line)).collect::<HashSet<_>>();
            let (old, new) = (all(self.lines), all(self.added));
            [old.difference(&new).copied().collect(), new.difference(&old).copied().collect()]
        })
    }

    /// Whether the line that took a line's place is one that the hunk took out, with more to it: it has all words of that, and
    /// none of those that the hunk brought.
    fn words_are_back(&self, line: &[u8], heir: &[u8]) -> bool {
        let [taken, brought] = self.words();
        let is_old = |old: &&[u8], heir: &[&[u8]]| {
            let old = words(old);
            old.iter().any(|word| taken.contains(word)) && old.iter().all(|word| heir.contains(word))
        };
        if !words(line).iter().any(|word| brought.contains(word)) {
            return false;
        }
        let heir = words(heir);
        !heir.iter().any(|word| brought.contains(word)) && self.lines.iter().any(|old| is_old(old, &heir))
    }

    fn block(&self) -> &Block {
        self.block.get_or_init(|| Block::new(self.lines))
    }

    /// Whether any of them says enough to be told from others.
    pub fn say_something(&self) -> bool {
        self.lines.iter().any(|line| is_telling(line))
    }

    /// Whether a step puts all of them there once more.
    pub fn come_back(&self, old: &[u8], new: &[u8]) -> bool {
        self.say_something() && self.block().gained(old, new, shared_ends(old, new)) > 0
    }

    /// Whether a step puts all of them into a text that had them nowhere.
    pub(super) fn come_anew(&self, old: &[u8], new: &[u8]) -> bool {
        self.come_back(old, new) && self.block().count(old) == 0
    }

    /// Whether they are back in the place where `then` stood and `now` stands, a part of `text`: all of them, or in any white
    /// space at least half of those that say something.
    pub(super) fn are_back(&self, then: &[&[u8]], now: &[&[u8]], text: &[u8]) -> bool {
        let whole = contains(now, self.lines) && !contains(then, self.lines) && self.block().count(text) > 0;
        let telling: Vec<&[u8]> =
            self.lines.iter().filter(|line| is_telling(line)).map(|line| line.trim_ascii()).collect();
        let stands = |lines: &[&[u8]], wanted: &[u8]| lines.iter().any(|line| line.trim_ascii() == wanted);
        let back = telling.iter().filter(|line| stands(now, line) && !stands(then, line)).count();
        whole || back > 0 && back * 2 >= telling.len()
    }

    /// Whether the line that took a line's place is one of them, in other white space or with the words that tell it: a revert
    /// may come with a new indentation or other line ends, and with other changes of the same line.
    pub(super) fn are_back_in(&self, line: &[u8], heir: &[u8]) -> bool {
        let letters =
            |line: &[u8]| line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
        let back = letters(heir);
        let whole = back.iter().any(u8::is_ascii_alphanumeric)
            && back != letters(line)
            && self.lines.iter().any(|removed| letters(removed) == back);
        whole || self.words_are_back(line, heir)
    }
}

/// Whether `block` stands in `lines`, whole and in order.
fn contains(lines: &[&[u8]], block: &[&[u8]]) -> bool {
    !block.is_empty() && lines.windows(block.len()).any(|window| window == block)
}
