//! The network, through the `git` program: the user's credentials, proxies and hooks work.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::domain::identity::{Moment, harmless};
use crate::process::{Program, RunError};

use super::repository::Repository;

/// Why a fetch brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotFetched {
    /// The reason in one line, made harmless to show.
    pub why: String,
}

/// The file whose time is that of this program's last fetch. Git's own `FETCH_HEAD` is also touched by a fetch that fails.
const FETCHED: &str = "hotfix/fetched";

impl Repository {
    /// Fetches every branch of the remote, within a time limit, never asking anybody anything.
    ///
    /// What to fetch is not left to the configuration: a refspec there could leave main out, hide a release line, or overwrite
    /// the ledger. A bare repository has no place for another's branches, so there nothing is fetched.
    /// An offline clone is normal: the caller goes on with what is here, and says how old that is.
    pub fn fetch(&self, remote: &str, limit: Duration) -> Result<(), NotFetched> {
        if remote.starts_with('-') {
            return Err(NotFetched { why: format!("'{}' can't be the name of a remote", harmless(remote)) });
        }
        if self.is_bare() {
            return Err(NotFetched { why: "a bare repository follows no remote".to_owned() });
        }
        let quiet = ["-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--no-write-fetch-head"];
        // Without a terminal ssh asks through a program; one that always fails turns every question into an error at once,
        // and leaves the user's own ssh command as it is.
        let git = Program::new("git")
            .args(["--git-dir".as_ref(), self.inner.path().as_os_str()])
            .args(quiet)
            .args(["--no-recurse-submodules", "--refmap=", "--", remote])
            .args([format!("+refs/heads/*:refs/remotes/{remote}/*")])
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "false")
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("GCM_INTERACTIVE", "never")
            .env("LC_ALL", "C")
            .time_limit(limit);
        git.run().map_err(|error| NotFetched { why: why(&error) })?;
        // The note serves only to tell the age; a repository that can't be written to is no reason to call the fetch failed.
        let note = self.common_directory().join(FETCHED);
        note.parent().map(fs::create_dir_all).and_then(Result::ok).map(|()| fs::write(&note, "")).and_then(Result::ok);
        Ok(())
    }

    /// When something was last fetched into this clone, by this program or by git; none if that can't be told.
    pub fn last_fetch(&self) -> Option<Moment> {
        let common = self.common_directory();
        let files = [common.join(FETCHED), common.join("FETCH_HEAD"), self.inner.path().join("FETCH_HEAD")];
        let times = files.iter().enumerate().filter_map(|(at, file)| {
            let data = fs::metadata(file).ok()?;
            // A fetch that failed leaves an empty FETCH_HEAD with a new time.
            if at > 0 && data.len() == 0 { None } else { data.modified().ok() }
        });
        times.max().map(moment)
    }
}

fn moment(time: SystemTime) -> Moment {
    chrono::DateTime::<chrono::Utc>::from(time).fixed_offset()
}

/// The reason in one line: the first that is no warning. What follows is git's general advice.
fn why(error: &RunError) -> String {
    let RunError::Failed { stderr, .. } = error else { return harmless(&error.to_string()).into_owned() };
    let aside = |line: &&str| line.is_empty() || line.starts_with("warning:") || line.starts_with("hint:");
    let line = stderr.lines().map(str::trim).find(|line| !aside(line));
    let plain = |line: &str| {
        let line = line.strip_prefix("fatal:").or(line.strip_prefix("error:")).unwrap_or(line);
        harmless(line.trim()).into_owned()
    };
    line.map_or_else(|| harmless(&error.to_string()).into_owned(), plain)
}
