//! The lines that a hunk took out, and whether they come back.

use std::cell::OnceCell;
use std::cmp::Ordering;

use foldhash::HashSet;
use memchr::memmem;

use super::adaptation::{is_alike, operators, words};
use super::block::Block;
use super::comments::Comments;
use super::language::Language;
use super::lines::{is_telling, shared_ends};
use super::succession::{MOST_PAIRS, Succession, without_space};
use super::versions;

/// How the lines of a file are read.
pub struct Reading<'a> {
    /// What they are written in.
    pub language: Language,
    /// Whether a line does nothing by itself.
    pub is_quiet: &'a dyn Fn(&[u8]) -> bool,
    /// How comments begin behind the code of a line; asked when it matters.
    pub comments: &'a dyn Fn() -> Comments,
    /// Whether a tool keeps in them which versions it took.
    pub are_locked: bool,
}

impl<'a> Reading<'a> {
    /// Of lines of which nothing is known but which are quiet.
    pub fn unknown(is_quiet: &'a dyn Fn(&[u8]) -> bool) -> Self {
        Self { language: Language::UNKNOWN, is_quiet, comments: &Comments::default, are_locked: false }
    }
}

/// The lines that a hunk took out, to be known again.
pub struct Removed<'a> {
    pub(super) lines: &'a [&'a [u8]],
    added: &'a [&'a [u8]],
    reading: &'a Reading<'a>,
    is_white_space: OnceCell<bool>,
    comments: OnceCell<Comments>,
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
    /// The lines, in order, and those that the hunk put there.
    pub fn new(lines: &'a [&'a [u8]], added: &'a [&'a [u8]], reading: &'a Reading<'a>) -> Self {
        let (is_white_space, comments, block, words, operators, changed) = Default::default();
        Self { lines, added, reading, is_white_space, comments, block, words, operators, changed }
    }

    /// The code of a line, without a comment behind it, but where the comments are what the hunk changes.
    fn code<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        let comments = || {
            let comments = (self.reading.comments)();
            let code = |lines: &[&'a [u8]]| lines.iter().map(|line| comments.code(line)).collect::<Vec<_>>();
            if self.lines != self.added && code(self.lines) == code(self.added) {
                Comments::default()
            } else {
                comments
            }
        };
        self.comments.get_or_init(comments).code(line)
    }

    fn codes(&self, lines: &[&'a [u8]]) -> Vec<&'a [u8]> {
        lines.iter().map(|line| self.code(line)).collect()
    }

    /// Whether white space at the ends of a line says nothing.
    pub(super) fn is_braced(&self) -> bool {
        self.reading.language.is_braced()
    }

    /// Which line of a difference goes on as which.
    pub(super) fn succession(&self, old: &[&[u8]], new: &[&[u8]]) -> Succession {
        Succession::new(old, new, |line| self.code(line))
    }

    /// Whether the hunk changes nothing but white space.
    pub(super) fn is_white_space(&self) -> bool {
        *self.is_white_space.get_or_init(|| is_white_space(self.lines, self.added))
    }

    /// Whether a line is one that the hunk put in the place of another: who drops it drops what the fix did there.
    pub(super) fn is_changed(&self, line: &[u8]) -> bool {
        let changed = || {
            let heirs = self.succession(self.lines, self.added).heir;
            heirs.into_iter().flatten().map(|at| self.added[at]).filter(|line| !(self.reading.is_quiet)(line)).collect()
        };
        self.changed.get_or_init(changed).contains(line)
    }

    /// Whether a line says something and does something by itself.
    pub(super) fn does_something(&self, line: &[u8]) -> bool {
        is_telling(line) && !(self.reading.is_quiet)(line)
    }

    /// Whether a tool keeps in the lines which versions it took, with their checksums.
    pub(super) fn are_locked(&self) -> bool {
        self.reading.are_locked
    }

    /// Whether a line is an import that does the same wherever it stands among others.
    pub(super) fn is_import(&self, line: &[u8]) -> bool {
        self.reading.language.is_free_import(line)
    }

    fn words(&self) -> &Exchanged<'a> {
        self.words.get_or_init(|| Exchanged::new(&self.codes(self.lines), &self.codes(self.added), words))
    }

    fn operators(&self) -> &Exchanged<'a> {
        self.operators.get_or_init(|| Exchanged::new(&self.codes(self.lines), &self.codes(self.added), operators))
    }

    /// Whether the line that took a line's place is one that the hunk took out, with more to it: it has all words of that, and
    /// none of those that the hunk brought. Where a line differs in no word, its operators tell.
    fn words_are_back(&self, line: &[u8], heir: &[u8]) -> bool {
        let (old_words, new_words) = (words(line), words(heir));
        let holds_old = |taken: &HashSet<&[u8]>, parts: fn(&[u8]) -> Vec<&[u8]>| {
            let is = parts(heir);
            self.lines.iter().map(|old| self.code(old)).any(|old| {
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
        if (self.reading.is_quiet)(line) {
            return false;
        }
        let changed = self.is_changed(line);
        let (line, heir) = (self.code(line), self.code(heir));
        if let Some(step) = versions::compared(line, heir) {
            return step != Ordering::Greater
                || self.lines.iter().any(|old| versions::compared(old, line) == Some(Ordering::Less));
        }
        let stands = |part: &[u8], parts: fn(&[u8]) -> Vec<&[u8]>| {
            let code = around.iter().map(|line| self.code(line)).chain([heir]);
            code.flat_map(|line| parts(line)).any(|other| holds(other, part))
        };
        let lost = |exchanged: &Exchanged<'_>, parts: fn(&[u8]) -> Vec<&[u8]>| {
            let mut brought = parts(line).into_iter().filter(|part| exchanged.brought.contains(part)).peekable();
            brought.peek().is_some().then(|| !brought.any(|part| stands(part, parts)))
        };
        let by_operators = || lost(self.operators(), operators) == Some(true);
        lost(self.words(), words).map_or_else(by_operators, |lost| lost || changed && by_operators())
    }

    /// Whether the line that took a line's place lacks something that the hunk brought to it, and nothing stands for that, be it
    /// a word that says nothing: `NOT IN (1, 2)` that became `NOT IN (1)`, a name that became `None`. What went to another of
    /// the new lines, `all`, is not lacking, nor is what only tells where a name is from. Of many lines that the hunk brought
    /// anew each may be cut short.
    pub(super) fn is_cut_short(&self, line: &[u8], heir: &[u8], all: &[&[u8]]) -> bool {
        let is_one_of_few = || self.added.iter().filter(|line| self.does_something(line)).count() <= FEW;
        if (self.reading.is_quiet)(line)
            || versions::compared(line, heir).is_some()
            || !self.is_changed(line) && !is_one_of_few()
        {
            return false;
        }
        let (line, heir) = (self.code(line), self.code(heir));
        let (was, is) = (words(line), words(heir));
        let stands = |word: &[u8]| all.iter().flat_map(|line| words(line)).any(|other| holds(other, word));
        let lacks = |word: &&[u8]| {
            !is.contains(word) && self.words().brought.contains(*word) && !qualifies(line, word) && !stands(word)
        };
        is.iter().filter(|word| !was.contains(word)).all(|word| says_nothing(word)) && was.iter().any(lacks)
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
        whole || self.most_come(then, now, |line, removed| self.letters(line) == self.letters(removed))
    }

    /// Whether as many lines that are like them stand there now: nobody can say then whether they are back.
    pub(super) fn may_be_back(&self, then: &[&[u8]], now: &[&[u8]]) -> bool {
        let alike = |line: &[u8], removed: &[u8]| is_alike(self.code(line), self.code(removed));
        self.lines.iter().any(|line| self.does_something(line)) && self.most_come(then, now, alike)
    }

    /// Whether at least half of what does something in them is one of these lines, and was none of those that stood there then.
    fn most_come(&self, then: &[&[u8]], now: &[&[u8]], is: impl Fn(&[u8], &[u8]) -> bool) -> bool {
        let fresh: Vec<&[u8]> = now.iter().copied().filter(|line| is_telling(line) && !then.contains(line)).collect();
        let wanted: Vec<&[u8]> = self.lines.iter().copied().filter(|line| is_telling(line)).collect();
        if fresh.len().saturating_mul(wanted.len()) > MOST_PAIRS {
            return false;
        }
        let stands = |lines: &[&[u8]], removed: &[u8]| lines.iter().any(|line| is(line, removed));
        let back = wanted.iter().filter(|removed| stands(&fresh, removed) && !stands(then, removed)).count();
        back > 0 && back * 2 >= wanted.len()
    }

    /// A line as it reads without its white space, its comment and the kind of its quotes.
    fn letters(&self, line: &[u8]) -> Vec<u8> {
        letters(self.code(line)).collect()
    }

    /// Whether the line that took a line's place is one of them, in other white space or with the words that tell it: a revert
    /// may come with a new indentation or other line ends, and with other changes of the same line.
    pub(super) fn are_back_in(&self, line: &[u8], heir: &[u8]) -> bool {
        let back = self.letters(heir);
        let whole = back.iter().any(u8::is_ascii_alphanumeric)
            && back != self.letters(line)
            && self.lines.iter().any(|removed| self.letters(removed) == back);
        is_telling(heir) && self.lines.contains(&heir) || whole || self.words_are_back(self.code(line), self.code(heir))
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

/// Of so many lines that do something each counts.
const FEW: usize = 5;

/// Whether a word of a line only tells where what stands behind it is from: `self.limit`, `shop::Price`.
fn qualifies(line: &[u8], word: &[u8]) -> bool {
    let behind = memmem::find_iter(line, word).map(|at| &line[at + word.len()..]);
    behind.into_iter().any(|rest| [&b"."[..], b"::", b"->"].iter().any(|mark| rest.starts_with(mark)))
}

/// What stands where nothing does.
const NOTHING: [&[u8]; 7] = [b"0", b"false", b"nil", b"none", b"null", b"nullptr", b"undefined"];

fn says_nothing(word: &[u8]) -> bool {
    NOTHING.iter().any(|nothing| word.eq_ignore_ascii_case(nothing))
}

/// The signs of a line, with one kind of quotes.
fn letters(line: &[u8]) -> impl Iterator<Item = u8> {
    let plain = |byte: u8| if matches!(byte, b'\'' | b'`') { b'"' } else { byte };
    without_space(line).map(plain)
}

/// Whether who puts these lines in the place of others does nothing but to indent them, or to take apart what stands in them.
pub fn is_white_space(removed: &[&[u8]], added: &[&[u8]]) -> bool {
    let all = |lines: &[&[u8]]| lines.iter().flat_map(|line| letters(line)).collect::<Vec<u8>>();
    !removed.is_empty() && all(removed) == all(added)
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
