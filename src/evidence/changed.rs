//! What production changed since the last good release: the ground on which both rungs look.
//!
//! Everything here is bounded by amounts, not by time, so that the same question always gets the same answer.

use crate::domain::event::{Change, Side};
use crate::domain::identity::ObjectId;
use crate::domain::lines::{Alignment, Text, is_binary};
use crate::failure::Failure;
use crate::git::changes::Content;
use crate::git::repository::Repository;

/// Larger files are not looked into, in bytes.
pub const LARGEST: usize = 1 << 20;
/// How many changed paths are looked at.
pub const MOST_PATHS: usize = 20_000;

/// What production changed since the last good release.
pub struct Changed<'a> {
    repository: &'a Repository,
    /// The paths that differ.
    pub paths: Vec<Change>,
    /// Why this is not known, or not all of it.
    pub unknown: Option<String>,
}

/// Both sides of a changed text, and which lines of the later one are new.
pub struct ChangedText {
    /// In the last good release; empty for an added path.
    pub before: Vec<u8>,
    /// In production; empty for a deleted path.
    pub after: Vec<u8>,
}

impl<'a> Changed<'a> {
    /// Compares two releases. What is missing (no last good release, objects that this clone lacks) makes it unknown, not an error.
    pub fn between(repository: &'a Repository, last_good: Option<ObjectId>, production: Option<ObjectId>) -> Self {
        let unknown = |why: &str| Self { repository, paths: Vec::new(), unknown: Some(why.to_owned()) };
        let Some(production) = production else { return unknown("it is not known what production runs") };
        let Some(last_good) = last_good else { return unknown("no last good release is known") };
        match repository.changes(last_good, production) {
            Ok(mut paths) => {
                let more = format!("more than {MOST_PATHS} paths changed, and only the first were looked at");
                let unknown = (paths.len() > MOST_PATHS).then_some(more);
                paths.truncate(MOST_PATHS);
                Self { repository, paths, unknown }
            }
            Err(failure) => unknown(&format!("this clone can't compare the two releases: {failure}")),
        }
    }

    /// The text on both sides of a changed path, or why it was not read. A path whose sides are no text is no reason.
    pub fn text(&self, change: &Change) -> Result<Result<ChangedText, String>, Failure> {
        let sides = [&change.before, &change.after].map(|side| self.read(side.as_ref()));
        Ok(match sides {
            [Err(failure), _] | [_, Err(failure)] => return Err(failure),
            [Ok(Err(why)), _] | [_, Ok(Err(why))] => Err(why),
            [Ok(Ok(before)), Ok(Ok(after))] => Ok(ChangedText { before, after }),
        })
    }

    /// The same for the later side alone.
    pub fn later_text(&self, change: &Change) -> Result<Result<Vec<u8>, String>, Failure> {
        self.read(change.after.as_ref())
    }

    fn read(&self, side: Option<&Side>) -> Result<Result<Vec<u8>, String>, Failure> {
        let Some(side) = side.filter(|side| is_file(side)) else { return Ok(Ok(Vec::new())) };
        Ok(match self.repository.content(side.id, LARGEST)? {
            Content::Bytes(bytes) if is_binary(&bytes) => Ok(Vec::new()),
            Content::Bytes(bytes) => Ok(bytes),
            Content::TooLarge(size) => Err(format!("it has {size} bytes, more than {LARGEST}")),
            Content::Absent => Err("this clone does not have it".to_owned()),
        })
    }
}

fn is_file(side: &Side) -> bool {
    side.mode != "160000"
}

impl ChangedText {
    /// For each line of the later text whether it is new, and for each line of the earlier one whether it is gone.
    pub fn fresh_and_gone(&self) -> (Vec<bool>, Vec<bool>) {
        let (before, after) = (Text::new(&self.before), Text::new(&self.after));
        let (mut fresh, mut gone) = (vec![false; after.lines().len()], vec![false; before.lines().len()]);
        for hunk in Alignment::new(before.lines(), after.lines()).hunks {
            fresh[hunk.new].fill(true);
            gone[hunk.old].fill(true);
        }
        (fresh, gone)
    }
}
