//! The fix's lines in other white space: main may have another indentation, or other line ends.

use crate::domain::adaptation::Adaptation;
use crate::domain::block::Block;
use crate::domain::fate::Fate;
use crate::domain::hunk::TextChange;
use crate::domain::lines::{Hunk, Text, is_telling};
use crate::failure::Failure;

use super::judge::Judged;
use super::shelf::Shelf;
use super::text::TextJudge;

impl TextJudge<'_, '_> {
    /// Takes a hunk for unknown that left no trace but that a step put its lines into the file in other white space, in the place
    /// of what it takes out and beside the same neighbour. White space may mean something, so that a person must look.
    pub(super) fn came_loosely(&self, hunk: &Hunk, shelf: &Shelf<'_>, one: &mut Judged) -> Result<(), Failure> {
        let wanted: Vec<&[u8]> =
            self.change.added(hunk).iter().map(|line| line.trim_ascii()).filter(|line| is_telling(line)).collect();
        let may_hold = |text: &Text<'_>| wanted.iter().all(|line| memchr::memmem::find(text.bytes(), line).is_some());
        if wanted.is_empty() || one.fate != Fate::Never || self.versions.len() < 2 || !may_hold(self.text(shelf, 0)?) {
            return Ok(());
        }
        let block = Block::new(&wanted);
        let taken: Vec<&[u8]> = {
            let kept = |line: &[u8]| self.change.after.lines().iter().any(|other| other.trim_ascii() == line);
            let removed = self.change.removed(hunk).iter().map(|line| line.trim_ascii());
            removed.filter(|line| is_telling(line) && !kept(line)).collect()
        };
        let count = |bytes: &[u8], line: &[u8]| Block::new(&[line]).count(bytes);
        for index in 0..self.versions.len() - 1 {
            self.target.check_time()?;
            let (old, new) = (self.text(shelf, index + 1)?, self.text(shelf, index)?);
            if !may_hold(new) {
                continue;
            }
            let (was, is) = (telling(old), telling(new));
            let came = block.count(&is) > block.count(&was)
                && taken.iter().all(|line| count(&is, line) < count(&was, line).max(1))
                && self.has_its_neighbour(hunk, &wanted, &Text::new(&is));
            if came {
                one.fate = Fate::Unknown;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether these lines stand anywhere in a text, which has only telling lines, behind the line that is before the hunk in the
    /// fix, or before the one behind it.
    fn has_its_neighbour(&self, hunk: &Hunk, wanted: &[&[u8]], text: &Text<'_>) -> bool {
        let (fix, here) = (self.change.after.lines(), text.lines());
        let says = |line: &&&[u8]| is_telling(line);
        let before = fix[..hunk.new.start].iter().rev().find(says).map(|line| line.trim_ascii());
        let behind = fix[hunk.new.end..].iter().find(says).map(|line| line.trim_ascii());
        here.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted).any(|(at, window)| {
            let is = |line: Option<&&[u8]>, neighbour: Option<&[u8]>| neighbour.is_some() && line.copied() == neighbour;
            is(at.checked_sub(1).and_then(|at| here.get(at)), before) || is(here.get(at + window.len()), behind)
        })
    }

    /// How a pick brought a hunk whose lines have other white space there, in a language that does not live by it.
    pub(super) fn adapted_loosely(
        &self,
        hunk: &Hunk,
        how: (bool, bool),
        (old, new): (&Text<'_>, &Text<'_>),
    ) -> Option<Adaptation> {
        let telling = || self.change.added(hunk).iter().map(|line| line.trim_ascii()).filter(|line| is_telling(line));
        let stands = |line: &[u8]| memchr::memmem::find(new.bytes(), line).is_some();
        let standing = telling().filter(|line| stands(line)).count();
        // What a fix does to white space alone is nothing but that.
        let is_space = self.change.removed(hunk).iter().any(|line| telling().any(|added| line.trim_ascii() == added));
        if !self.language.is_braced() || standing == 0 || standing * 2 < telling().count() || is_space {
            return None;
        }
        let (before, after) = (trimmed(&self.change.before), trimmed(&self.change.after));
        let (before, after) = (Text::new(&before), Text::new(&after));
        let change = TextChange { before, after, hunks: self.change.hunks.clone() };
        Adaptation::new(&change, hunk, how, (&Text::new(&trimmed(old)), &Text::new(&trimmed(new))))
    }
}

/// A text whose lines have no white space at their ends.
pub(super) fn trimmed(text: &Text<'_>) -> Vec<u8> {
    joined(text.lines().iter().map(|line| line.trim_ascii()), text.bytes().len())
}

/// Only the telling ones of these.
fn telling(text: &Text<'_>) -> Vec<u8> {
    joined(text.lines().iter().map(|line| line.trim_ascii()).filter(|line| is_telling(line)), text.bytes().len())
}

fn joined<'a>(lines: impl Iterator<Item = &'a [u8]>, room: usize) -> Vec<u8> {
    let mut joined = Vec::with_capacity(room + 1);
    for line in lines {
        joined.extend_from_slice(line);
        joined.push(b'\n');
    }
    joined
}
