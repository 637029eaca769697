//! Where the ledger began, without reading all that came since: a hook of git asks that at every push.
//!
//! What a commit's first parents lead to never changes, so that it is noted once: a commit, and the root that it led to. The note
//! only shortens the way. One that is damaged, or that names what is not here or no root, is not used.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::domain::identity::ObjectId;
use crate::domain::record::Commit;
use crate::failure::Failure;
use crate::git::objects::{Kind, Objects};

use super::codec;
use super::read;

/// A way that is shorter than this many commits is not worth a note.
const WORTH_WRITING: usize = 256;

#[derive(Default)]
pub(super) struct RootNote {
    /// A commit, and the root that its first parents lead to.
    known: Option<(ObjectId, ObjectId)>,
    is_new: bool,
}

impl RootNote {
    pub(super) fn read(directory: &Path) -> Self {
        let text = std::fs::read_to_string(path(directory)).unwrap_or_default();
        let ids = text.strip_suffix('\n').and_then(|line| line.split_once(' '));
        let known = ids.and_then(|(commit, root)| Some((commit.parse().ok()?, root.parse().ok()?)));
        Self { known, is_new: false }
    }

    /// The root that the first parents of `head` lead to: the one that a whole history is said to begin with.
    pub(super) fn root(&mut self, objects: &Objects<'_>, head: ObjectId) -> Result<Commit, Failure> {
        let (mut at, mut steps) = (head, 0);
        let root = loop {
            if let Some((_, root)) = self.known.filter(|(known, _)| *known == at)
                && let Some(root) = rootless(objects, root)
            {
                break root;
            }
            let bytes = objects.read(at, Kind::Commit)?.ok_or_else(|| read::incomplete(at))?;
            match codec::parents(&bytes).map_err(|reason| read::unreadable(at, reason))?.first() {
                Some(parent) => at = *parent,
                None => break read::commit(at, &bytes)?,
            }
            steps += 1;
        };
        if steps >= WORTH_WRITING {
            *self = Self { known: Some((head, root.id)), is_new: true };
        }
        Ok(root)
    }

    /// Keeps what was found, where that is new: whole or not at all. A repository that can't be written to is as good without it.
    pub(super) fn keep(&self, directory: &Path) {
        let Some((commit, root)) = self.known.filter(|_| self.is_new) else { return };
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            writeln!(file, "{commit} {root}")?;
            file.persist(path(directory)).map_err(|error| error.error)?;
            Ok(())
        };
        write().ok();
    }
}

fn path(directory: &Path) -> PathBuf {
    directory.join("root")
}

/// The commit, if it is here and stands on nothing.
fn rootless(objects: &Objects<'_>, root: ObjectId) -> Option<Commit> {
    let bytes = objects.read(root, Kind::Commit).ok()??;
    if codec::parents(&bytes).ok()?.is_empty() { read::commit(root, &bytes).ok() } else { None }
}
