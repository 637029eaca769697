//! The answers of an unfinished walk, kept outside the ledger: Ctrl-C loses nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use crate::domain::identity::IncidentId;
use crate::failure::Failure;
use crate::git::repository::Repository;

/// Where the draft of one incident lies.
pub(super) struct Draft {
    file: PathBuf,
}

impl Draft {
    /// The draft of an incident in this repository.
    pub(super) fn of(repository: &Repository, id: &IncidentId) -> Self {
        Self { file: repository.common_directory().join("hotfix").join("drafts").join(format!("{id}.json")) }
    }

    /// The answers kept, by key; none where there is no draft, or one that can't be read (then it is worth nothing).
    pub(super) fn load(&self) -> Option<BTreeMap<String, String>> {
        serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()
    }

    /// Keeps the answers, whole or not at all.
    pub(super) fn keep(&self, answers: &BTreeMap<String, String>) -> Result<(), Failure> {
        let write = || -> std::io::Result<()> {
            let directory = self.file.parent().unwrap_or(&self.file);
            std::fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(&serde_json::to_vec_pretty(answers)?)?;
            file.persist(&self.file)?;
            Ok(())
        };
        write().map_err(|error| Failure::because(format!("failed to keep the draft {}", self.file.display()), error))
    }

    /// Removes it: the walk is on the record now.
    pub(super) fn forget(&self) {
        // A draft that stays behind is offered once more, which is harmless.
        let _ = std::fs::remove_file(&self.file);
    }
}
