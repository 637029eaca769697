//! What production changed since the last good release: the ground on which both rungs look.
//!
//! Everything here is bounded by amounts, not by time, so that the same question always gets the same answer.

use imara_diff::{Algorithm, Diff, InternedInput};

use crate::domain::event::{Change, Side};
use crate::domain::identity::{ObjectId, RepositoryPath};
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
        match repository.changes(Some(last_good), production, MOST_PATHS) {
            Ok(changes) => {
                let more = format!("more than {MOST_PATHS} paths changed, and only those were looked at");
                Self { repository, paths: changes.paths, unknown: changes.more.then_some(more) }
            }
            Err(failure) => unknown(&format!("this clone can't compare the two releases: {failure}")),
        }
    }

    /// The text on both sides of a changed path, or why it was not read. A path whose sides are no text is no reason.
    pub fn text(&self, change: &Change) -> Result<Result<ChangedText, String>, Failure> {
        let mut sides = [Vec::new(), Vec::new()];
        for (content, side) in sides.iter_mut().zip([&change.before, &change.after]) {
            let Some(side) = side.as_ref().filter(|side| is_file(side)) else { continue };
            match self.repository.content(side.id, LARGEST)? {
                Content::Bytes(bytes) if is_binary(&bytes) => {}
                Content::Bytes(bytes) => *content = bytes,
                Content::TooLarge(size) => return Ok(Err(format!("it has {size} bytes, more than {LARGEST}"))),
                Content::Absent => return Ok(Err("this clone does not have it".to_owned())),
            }
        }
        let [before, after] = sides;
        Ok(Ok(ChangedText { before, after }))
    }
}

/// As git tells: a NUL among the first 8,000 bytes.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(8_000).any(|&byte| byte == 0)
}

fn is_file(side: &Side) -> bool {
    side.mode != "160000"
}

/// The path of a change: the later one.
pub fn path_of(change: &Change) -> Option<&RepositoryPath> {
    change.after.as_ref().or(change.before.as_ref()).map(|side| &side.path)
}

impl ChangedText {
    /// For each line of the later text whether it is new, and for each line of the earlier one whether it is gone.
    pub fn fresh_and_gone(&self) -> (Vec<bool>, Vec<bool>) {
        let input = InternedInput::new(self.before.as_slice(), self.after.as_slice());
        let diff = Diff::compute(Algorithm::Histogram, &input);
        let lines = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
        let fresh = lines(input.after.len()).map(|line| diff.is_added(line)).collect();
        let gone = lines(input.before.len()).map(|line| diff.is_removed(line)).collect();
        (fresh, gone)
    }
}
