//! The work tree, through the `git` program.
//!
//! Not through libgit2: it runs no filter drivers (a file under Git LFS would look changed and be checked out as its pointer),
//! no `post-checkout` hook, and knows neither the file system monitor nor every form of sparse checkout. Making a branch is done
//! once an incident, so the milliseconds of a process do not count.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;
use crate::process::{Program, RunError};

use super::repository::Repository;

/// How long git may take over a large work tree.
const PATIENCE: Duration = Duration::from_mins(5);

/// What a work tree holds beside its commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkTreeState {
    /// Tracked paths that differ from the commit, staged or not, or are in conflict.
    pub changed: Vec<RepositoryPath>,
    /// Paths that git does not track; a directory of such ends with a slash.
    pub untracked: Vec<RepositoryPath>,
}

impl Repository {
    /// What the work tree holds beside its commit. Exit 4 in a bare repository.
    pub fn work_tree_state(&self) -> Result<WorkTreeState, Failure> {
        let arguments = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal"];
        let output = self.git_in_work_tree()?.args(["--no-optional-locks"]).args(arguments).run();
        let output = output.map_err(|error| {
            Failure::because("failed to look at the work tree", error).hint("git status    # must work here first")
        })?;
        let mut state = WorkTreeState::default();
        // Without renames every record is `XY path`, ended by a NUL.
        for record in output.stdout.split(|&byte| byte == 0).filter(|record| record.len() > 3) {
            let path = RepositoryPath::new(&record[3..]);
            if record.starts_with(b"??") { state.untracked.push(path) } else { state.changed.push(path) }
        }
        Ok(state)
    }

    /// What is under way in the repository: `merge`, `rebase` and the like; none if nothing is.
    pub fn under_way(&self) -> Option<&'static str> {
        use git2::RepositoryState as State;
        match self.inner.state() {
            State::Clean => None,
            State::Merge => Some("merge"),
            State::Revert | State::RevertSequence => Some("revert"),
            State::CherryPick | State::CherryPickSequence => Some("cherry-pick"),
            State::Bisect => Some("bisect"),
            State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("rebase"),
            State::ApplyMailbox | State::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// Whether a local branch of that short name exists.
    pub fn has_branch(&self, name: &str) -> bool {
        self.inner.find_reference(&format!("refs/heads/{name}")).is_ok()
    }

    /// Makes a branch at a commit and switches the work tree to it; the user's filters and hooks run.
    ///
    /// Exit 2 where the name is no branch name; exit 4 where git refuses, with git's own reason, and nothing has changed.
    pub fn start_branch(&self, name: &str, at: ObjectId) -> Result<(), Failure> {
        if !git2::Branch::name_is_valid(name).unwrap_or(false) {
            return Err(Failure::usage(format!("{name:?} can't be the name of a branch"))
                .hint("hotfix policy lint    # the policy's branches.hotfix makes the name"));
        }
        let arguments = ["switch", "--quiet", "--no-track", "--create", name];
        let switched = self.git_in_work_tree()?.args(arguments).args([at.to_string()]).run();
        match switched {
            Ok(_) => Ok(()),
            // A `post-checkout` hook may say no after the branch was made: then it stands, and that is what was asked for.
            Err(RunError::Failed { .. }) if self.head_branch().is_some_and(|head| head.short == name) => Ok(()),
            Err(error) => Err(Failure::because(format!("failed to make the branch {name}"), error)
                .hint("git status    # then run the same command again")),
        }
    }

    fn git_in_work_tree(&self) -> Result<Program, Failure> {
        let directory: PathBuf = self.work_tree().ok_or_else(|| {
            Failure::undecided("this repository is bare: it has no work tree")
                .hint("git clone it, or: git worktree add DIR, and run the same command there")
        })?;
        let git_directory = [self.inner.path().as_os_str().to_owned(), directory.as_os_str().to_owned()];
        let [git_directory, work_tree] = git_directory;
        Ok(Program::new("git")
            .env("GIT_DIR", git_directory)
            .env("GIT_WORK_TREE", work_tree)
            .env("LC_ALL", "C")
            .directory(directory)
            .time_limit(PATIENCE))
    }
}
