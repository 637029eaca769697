//! Opening a repository, and saying clearly why one can't be used.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use super::objects::Kind;
use super::packs::Packs;
use super::{to_id, to_oid};

/// An open repository.
pub struct Repository {
    pub(in crate::git) inner: git2::Repository,
    pub(in crate::git) packs: OnceCell<Packs>,
}

impl Repository {
    pub(in crate::git) fn of(inner: git2::Repository) -> Self {
        Self { inner, packs: OnceCell::new() }
    }

    /// Opens the repository that git itself would work on here: the one that `GIT_DIR` names, else the one around the working
    /// directory. Exit 4 as for [`Repository::discover`].
    pub fn of_environment() -> Result<Self, Failure> {
        match git2::Repository::open_from_env() {
            Ok(inner) => Ok(Self::of(inner)),
            Err(error) => Err(why_not("this directory", error)),
        }
    }

    /// Opens the repository that holds `start`, whatever `GIT_DIR` names.
    ///
    /// Exit 4 where there is none, or where it has a format that libgit2 does not read (SHA-256, reftable).
    pub fn discover(start: &Path) -> Result<Self, Failure> {
        let flags = git2::RepositoryOpenFlags::FROM_ENV;
        match git2::Repository::open_ext(start, flags, &[] as &[&std::ffi::OsStr]) {
            Ok(inner) => Ok(Self::of(inner)),
            Err(error) => Err(why_not(&start.display().to_string(), error)),
        }
    }

    /// The directory that all linked worktrees share: objects, refs, configuration.
    pub fn common_directory(&self) -> PathBuf {
        self.inner.commondir().to_owned()
    }

    /// The work tree's directory; none in a bare repository.
    pub fn work_tree(&self) -> Option<PathBuf> {
        self.inner.workdir().map(Path::to_owned)
    }

    /// Whether history is cut off.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// A value of the git configuration; none where it is not set or is not UTF-8.
    pub fn config(&self, key: &str) -> Option<String> {
        self.inner.config().ok()?.get_string(key).ok()
    }

    /// A switch in the git configuration; none where it is not set or is no switch.
    pub fn config_switch(&self, key: &str) -> Option<bool> {
        self.inner.config().ok()?.get_bool(key).ok()
    }

    /// The commit that a revision names (`HEAD`, `v1.2.0`, `origin/main~3`, a unique prefix); tags are peeled.
    ///
    /// Exit 2 where it names nothing or no commit; exit 4 where what it names is missing or damaged.
    pub fn commit(&self, revision: &str) -> Result<ObjectId, Failure> {
        // A number that no object has is a slip of the finger; a name that leads to no object is a broken repository.
        let is_number = revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        // A full id needs no look at the refs.
        if let Ok(id) = revision.parse::<ObjectId>()
            && self.object(id, Kind::Commit).is_ok()
        {
            return Ok(id);
        }
        let unknown = |error: git2::Error| {
            let in_store =
                matches!(error.class(), git2::ErrorClass::Odb | git2::ErrorClass::Zlib | git2::ErrorClass::Os);
            if in_store && !is_number {
                return self.damaged(format!("{revision:?} names an object that can't be read"), error);
            }
            if error.code() == git2::ErrorCode::InvalidSpec {
                return Failure::usage(format!("{revision:?} names no commit here: it is not the name of one"))
                    .hint("git rev-parse --verify REVISION    # says whether it is one; a range is BASE..TIP");
            }
            Failure::usage(format!("{revision:?} names no commit here: {}", error.message()))
                .hint("git fetch --all --tags    # or check the spelling with: git rev-parse --verify REVISION")
        };
        let object = self.inner.revparse_single(revision).map_err(unknown)?;
        let commit = object.peel(git2::ObjectType::Commit).map_err(unknown)?;
        Ok(to_id(commit.id()))
    }

    /// Whether `ancestor` is `commit` or can be reached from it. Exit 4 where an object is missing.
    pub fn contains(&self, commit: ObjectId, ancestor: ObjectId) -> Result<bool, Failure> {
        // libgit2 says that a commit is no descendant of itself.
        if commit == ancestor {
            return Ok(true);
        }
        self.inner
            .graph_descendant_of(to_oid(commit), to_oid(ancestor))
            .map_err(|error| Failure::because("failed to walk the history", error))
    }

    /// The same about an ancestor that may never have been here: then `commit` does not have it.
    pub fn contains_known(&self, commit: ObjectId, ancestor: ObjectId) -> Result<bool, Failure> {
        Ok(self.has(ancestor) && self.contains(commit, ancestor)?)
    }
}

impl Repository {
    /// A failure because an object is missing or damaged, with the way to look into it or to get it.
    pub(in crate::git) fn damaged(&self, what: impl std::fmt::Display, error: git2::Error) -> Failure {
        let hint = if self.is_shallow() {
            "git fetch --unshallow --tags    # this clone's history is cut off"
        } else if self.is_partial() {
            "git clone URL    # without --filter: this clone left objects out"
        } else {
            "git fsck    # lists what is missing or damaged; a fresh clone has the objects that were shared"
        };
        Failure::because(what, error).hint(hint)
    }

    /// Whether objects were left out when it was cloned, to be fetched when git needs them.
    pub fn is_partial(&self) -> bool {
        let promised =
            |config: git2::Config| Some(config.entries(Some("remote\\..*\\.promisor")).ok()?.next().is_some());
        self.inner.config().ok().and_then(promised).unwrap_or(false)
    }
}

fn why_not(start: &str, error: git2::Error) -> Failure {
    let text = error.message().to_owned();
    if error.code() == git2::ErrorCode::NotFound && !text.contains("extension") {
        return Failure::undecided(format!("{start} is not inside a git repository"))
            .hint("cd into the repository whose production broke, then run the same command again");
    }
    if error.code() == git2::ErrorCode::Owner {
        return Failure::because("failed to open the repository", error)
            .hint(format!("git config --global --add safe.directory {start}"));
    }
    let hint = if text.contains("objectformat") || text.contains("object format") {
        "this program reads SHA-1 repositories only; run it in a SHA-1 clone"
    } else if text.contains("refstorage") {
        "this program reads the 'files' ref format only: git refs migrate --ref-format=files"
    } else if text.contains("partialclone") || text.contains("partialClone") {
        "this program can't read a partial clone: git clone (without --filter) into a new directory"
    } else {
        "git fsck    # shows what is wrong with the repository"
    };
    Failure::because("failed to open the repository", error).hint(hint)
}
