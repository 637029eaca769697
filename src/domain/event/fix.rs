//! The bodies of events about a fix.

use serde::{Deserialize, Serialize};

use crate::domain::identity::{ObjectId, Person, RepositoryPath};

/// A hotfix branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Where it forks from.
    pub base: ObjectId,
    /// The branch's short name.
    pub branch: String,
}

/// A fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixAttached {
    /// Which attempt it is.
    pub attempt: u32,
    /// Everyone who wrote it: authors, committers, co-authors.
    pub authors: Vec<Person>,
    /// What the fix's first commit stands on; none if that is a root commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// Its net change; the blobs are kept reachable by the event's tree.
    pub changes: Vec<Change>,
    /// Its commits, oldest first.
    pub commits: Vec<ObjectId>,
    /// Whether a flag guards it.
    pub guarded_by_flag: bool,
    /// What proves that it works (text `proof`).
    pub proof: Proof,
}

/// The net change of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// After; none for a deleted path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Side>,
    /// Before; none for an added path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Side>,
}

impl Change {
    /// The path: the later one, unless it was deleted.
    pub fn path(&self) -> Option<&RepositoryPath> {
        self.after.as_ref().or(self.before.as_ref()).map(|side| &side.path)
    }
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The blob (for a submodule the commit).
    pub id: ObjectId,
    /// Git's file mode: `100644`, `100755`, `120000` or `160000`, as octal digits.
    pub mode: String,
    /// The path.
    pub path: RepositoryPath,
}

/// What proves that a fix works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A test.
    Test,
    /// A run of continuous integration.
    Ci,
    /// A manual check.
    Manual,
    /// Nothing: it is untested, because ….
    Untested,
}

/// An attempt that was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixWithdrawn {
    /// Which attempt.
    pub attempt: u32,
}
