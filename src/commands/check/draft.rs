//! The answers of an unfinished walk, kept outside the ledger: Ctrl-C loses nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::opening::Opening;
use crate::domain::identity::{IncidentId, Moment};
use crate::failure::Failure;
use crate::git::repository::Repository;

/// Where the draft of one incident lies.
pub(super) struct Draft {
    file: PathBuf,
}

/// An unfinished walk.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// When production broke: a walk taken up ten minutes later does not move that.
    pub(super) started: Moment,
    /// The event of the walk that governed when this one began. Answers that add to it fit no other.
    pub(super) after: Option<String>,
    /// Whether this walk began anew (`--again`).
    pub(super) again: bool,
    /// The reasons at the rungs that the command line gave, by key: evidence that was typed belongs to one of them.
    #[serde(default)]
    pub(super) reasons: BTreeMap<String, String>,
    /// Keys and answers, in the order of asking, so that "back" goes back.
    pub(super) answers: Vec<(String, String)>,
}

impl Kept {
    /// A walk that begins now.
    pub(super) fn begin(opening: &Opening, after: Option<String>, again: bool) -> Self {
        Self { started: opening.started, after, again, reasons: BTreeMap::new(), answers: Vec::new() }
    }
}

impl Draft {
    /// The draft of an incident in this repository.
    pub(super) fn of(repository: &Repository, id: &IncidentId) -> Self {
        Self { file: repository.common_directory().join("hotfix").join("drafts").join(format!("{id}.json")) }
    }

    /// The walk kept, if it goes on from the same one; none where there is no draft, or one that can't be read (then it is
    /// worth nothing).
    pub(super) fn load(&self, after: Option<&str>, again: bool) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        (kept.after.as_deref() == after && kept.again == again).then_some(kept)
    }

    /// Keeps the walk, whole or not at all.
    pub(super) fn keep(&self, walk: &Kept) -> Result<(), Failure> {
        let write = || -> std::io::Result<()> {
            let directory = self.file.parent().unwrap_or(&self.file);
            std::fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(&serde_json::to_vec_pretty(walk)?)?;
            file.persist(&self.file)?;
            Ok(())
        };
        write().map_err(|error| Failure::because(format!("failed to keep the draft {}", self.file.display()), error))
    }

    /// Removes it: the walk is on the record now, or nothing of it is left.
    pub(super) fn forget(&self) {
        // A draft that stays behind is offered once more, which is harmless.
        let _ = std::fs::remove_file(&self.file);
    }
}
