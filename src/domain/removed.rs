//! The lines that a hunk took out, and whether they come back.

use std::cell::OnceCell;
use std::cmp::Ordering;

use foldhash::HashSet;

use super::adaptation::{operators, words};
use super::lines::{Block, is_telling, shared_ends};
use super::succession::Succession;
use super::versions;

/// The lines that a hunk took out, to be known again.
pub struct Removed<'a> {
    pub(super) lines: &'a [&'a [u8]],
    added: &'a [&'a [u8]],
    is_quiet: &'a dyn Fn(&[u8]) -> bool,
    block: OnceCell<Block>,
    words: OnceCell<Exchanged<'a>>,
    operators: OnceCell<Exchanged<'a>>,
    changed: OnceCell<HashSet<&'a [u8]>>,
}

/// What a hunk took out for good, and what it brought that was not there.
struct Exchanged<'a> {
    taken: HashSet<&'a [u8]>,
    brought: HashSet<&'a [u8]>,
}

impl<'a> Removed<'a> {
    /// The lines, in order, and those that the hunk put there; `is_quiet` tells which of those do nothing by themselves.
    pub fn new(lines: &'a [&'a [u8]], added: &'a [&'a [u8]], is_quiet: &'a dyn Fn(&[u8]) -> bool) -> Self {
        let (block, words, operators, changed) = Default::default();
        Self { lines, added, is_quiet, block, words, operators, changed }
    }

    /// Whether a line is one that the hunk put in the place of another: who drops it drops what the fix did there.
    pub(super) fn is_changed(&self, line: &[u8]) -> bool {
        let changed = || {
            let heirs = Succession::new(self.lines, self.added).heir;
            heirs.into_iter().flatten().map(|at| self.added[at]).filter(|line| !(self.is_quiet)(line)).collect()
        };
        self.changed.get_or_init(changed).contains(line)
    }

    /// Whether a line says something and does something by itself.
    pub(super) fn does_something(&self, line: &[u8]) -> bool {
        is_telling(line) && !(self.is_quiet)(line)
    }

    fn words(&self) -> &Exchanged<'a> {
        self.words.get_or_init(|| Exchanged::new(self.lines, self.added, words))
    }

    fn operators(&self) -> &Exchanged<'a> {
        self.operators.get_or_init(|| Exchanged::new(self.lines, self.added, operators))
    }

    /// Whether the line that took a line's place is one that the hunk took out, with more to it: it has all words of that, and
    /// none of those that the hunk brought. Where a line differs in no word, its operators tell.
    fn words_are_back(&self, line: &[u8], heir: &[u8]) -> bool {
        let (old_words, new_words) = (words(line), words(heir));
        let holds_old = |taken: &HashSet<&[u8]>, parts: fn(&[u8]) -> Vec<&[u8]>| {
            let is = parts(heir);
            self.lines.iter().any(|old| {
                parts(old).iter().any(|part| taken.contains(part) && is.contains(part))
                    && words(old).iter().all(|word| new_words.contains(word))
            })
        };
        let by_words = self.words();
        if by_words.brought_to(&old_words) {
            return !by_words.brought_to(&new_words) && holds_old(&by_words.taken, words);
        }
        let (by_operators, is, was) = (self.operators(), operators(heir), operators(line));
        if by_operators.brought_to(&was) {
            return !by_operators.brought_to(&is) && holds_old(&by_operators.taken, operators);
        }
        // What only took something from a line is taken back by whoever puts that there again.
        by_words.brought.is_empty() && {
            let comes = |part: &&&[u8]| !old_words.contains(*part) && !was.contains(*part);
            let taken: HashSet<&[u8]> = by_words.taken.iter().filter(comes).copied().collect();
            let signs: HashSet<&[u8]> = by_operators.taken.iter().filter(comes).copied().collect();
            holds_old(&taken, words) || holds_old(&signs, operators)
        }
    }

    /// Whether the line that took a line's place has nothing left of what the hunk brought to it: it reads neither as before the
    /// hunk nor as the hunk would have it. `around` are the lines beside it that are new, too: a line may have been broken.
    ///
    /// A version that the hunk raised may be raised further.
    pub(super) fn is_lost_in(&self, line: &[u8], heir: &[u8], around: &[&[u8]]) -> bool {
        if (self.is_quiet)(line) {
            return false;
        }
        if let Some(step) = versions::compared(line, heir) {
            return step == Ordering::Less
                || self.lines.iter().any(|old| versions::compared(old, line) == Some(Ordering::Less));
        }
        let stands = |part: &[u8], parts: fn(&[u8]) -> Vec<&[u8]>| {
            around.iter().chain([&heir]).flat_map(|line| parts(line)).any(|other| holds(other, part))
        };
        let lost = |exchanged: &Exchanged<'_>, parts: fn(&[u8]) -> Vec<&[u8]>| {
            let mut brought = parts(line).into_iter().filter(|part| exchanged.brought.contains(part)).peekable();
            brought.peek().is_some().then(|| !brought.any(|part| stands(part, parts)))
        };
        let by_operators = || lost(self.operators(), operators) == Some(true);
        lost(self.words(), words).map_or_else(by_operators, |lost| lost || self.is_changed(line) && by_operators())
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
        is_telling(heir) && self.lines.contains(&heir) || whole || self.words_are_back(line, heir)
    }
}

impl<'a> Exchanged<'a> {
    fn new(old: &[&'a [u8]], new: &[&'a [u8]], parts: fn(&[u8]) -> Vec<&[u8]>) -> Self {
        let all = |lines: &[&'a [u8]]| lines.iter().flat_map(|line| parts(line)).collect::<HashSet<_>>();
        let (old, new) = (all(old), all(new));
        Self { taken: old.difference(&new).copied().collect(), brought: new.difference(&old).copied().collect() }
    }

    /// Whether any of these is one that the hunk brought.
    fn brought_to(&self, parts: &[&[u8]]) -> bool {
        parts.iter().any(|part| self.brought.contains(part))
    }
}

/// Shorter words, in bytes, are found in others by chance.
const SHORTEST_NAME: usize = 4;

/// Whether a word of another line is this one, or a name that has it in it: `index` in `confirmedIndex`, but not 100 in 1000.
fn holds(other: &[u8], word: &[u8]) -> bool {
    let is_name = word.len() >= SHORTEST_NAME && word[0].is_ascii_alphabetic();
    other == word || is_name && other.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether `block` stands in `lines`, whole and in order.
fn contains(lines: &[&[u8]], block: &[&[u8]]) -> bool {
    !block.is_empty() && lines.windows(block.len()).any(|window| window == block)
}
