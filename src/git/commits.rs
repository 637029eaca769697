//! Single commits, and short walks back from one.

use chrono::Offset as _;
use serde::Serialize;

use crate::domain::identity::{Moment, ObjectId, Person};
use crate::failure::Failure;

use super::{repository::Repository, to_id, to_oid};

/// What one line about a commit shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitLine {
    /// Its id.
    pub id: ObjectId,
    /// The first line of its message; bytes that are not UTF-8 are replaced.
    pub subject: String,
    /// Who wrote it.
    pub author: Person,
    /// When it was committed, in the committer's offset.
    pub at: Moment,
}

impl Repository {
    /// What one line about a commit shows. Exit 4 where the commit is missing.
    pub fn commit_line(&self, id: ObjectId) -> Result<CommitLine, Failure> {
        let commit = self.inner.find_commit(to_oid(id)).map_err(|error| unreadable(id, error))?;
        Ok(line(&commit))
    }

    /// Calls `visit` with each commit that can be reached from `tip` and not from `without`, newest first, until it says stop.
    ///
    /// Exit 4 where an object is missing; at the edge of a shallow clone the walk just ends.
    pub fn walk_back(
        &self,
        tip: ObjectId,
        without: Option<ObjectId>,
        mut visit: impl FnMut(ObjectId) -> Result<std::ops::ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        let failed = |error| Failure::because("failed to walk the history", error);
        let mut walk = self.inner.revwalk().map_err(failed)?;
        walk.set_sorting(git2::Sort::TIME).map_err(failed)?;
        walk.push(to_oid(tip)).map_err(failed)?;
        if let Some(without) = without {
            walk.hide(to_oid(without)).map_err(failed)?;
        }
        for id in walk {
            if visit(to_id(id.map_err(failed)?))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A merge base of two commits; none where they share no history (as far as this clone knows).
    pub fn merge_base(&self, one: ObjectId, other: ObjectId) -> Result<Option<ObjectId>, Failure> {
        match self.inner.merge_base(to_oid(one), to_oid(other)) {
            Ok(base) => Ok(Some(to_id(base))),
            // A missing object is "not found" too, but of the object database's class.
            Err(error) if error.code() == git2::ErrorCode::NotFound && error.class() == git2::ErrorClass::Merge => {
                Ok(None)
            }
            Err(error) => Err(Failure::because("failed to look for a merge base", error)),
        }
    }
}

fn unreadable(id: ObjectId, error: git2::Error) -> Failure {
    Failure::because(format!("failed to read the commit {}", id.short()), error)
        .hint("git fetch --unshallow --tags    # the clone may be cut off; git fsck shows damage")
}

fn line(commit: &git2::Commit<'_>) -> CommitLine {
    let subject = commit.summary_bytes().unwrap_or_default();
    CommitLine {
        id: to_id(commit.id()),
        subject: String::from_utf8_lossy(subject).into_owned(),
        author: person(&commit.author()),
        at: moment(commit.time()),
    }
}

/// A signature's name and address; bytes that are not UTF-8 are replaced.
pub(in crate::git) fn person(signature: &git2::Signature<'_>) -> Person {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Person { name: text(signature.name_bytes()), email: text(signature.email_bytes()) }
}

/// Git's seconds and offset as a moment; one out of range becomes the start of 1970, for it is only for show.
pub(in crate::git) fn moment(time: git2::Time) -> Moment {
    let offset = chrono::FixedOffset::east_opt(time.offset_minutes().saturating_mul(60));
    let utc = chrono::DateTime::from_timestamp(time.seconds(), 0).unwrap_or_default();
    utc.with_timezone(&offset.unwrap_or_else(|| chrono::Utc.fix()))
}
