//! The network, through the `git` program: the user's credentials, proxies and hooks work.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::domain::identity::{Moment, ObjectId, harmless};
use crate::failure::Failure;
use crate::process::{Program, RunError};

use super::repository::Repository;

/// Why a fetch brought nothing, or a push went nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotFetched {
    /// The reason in one line, made harmless to show.
    pub why: String,
}

/// The file whose time is that of this program's last fetch. Git's own `FETCH_HEAD` is also touched by a fetch that fails.
const FETCHED: &str = "hotfix/fetched";

/// How much a remote may say of its tags, in bytes: some hundred thousand of them.
const TAGS: usize = 32 << 20;

/// What a remote did with a ref that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It stands there now.
    Done,
    /// Somebody else moved it meanwhile, or is about to: it may go well with the next try.
    Moved,
    /// The remote does not want it.
    Refused {
        /// The reason in its words, made harmless to show.
        why: String,
    },
}

/// A ref to push: to where, what, and what must stand there now if it is to be replaced and not only moved forward.
#[derive(Clone, Debug)]
pub struct ToPush<'p> {
    /// The ref on the remote, by its full name.
    pub name: &'p str,
    /// The commit.
    pub commit: ObjectId,
    /// What it replaces, where it does not stand on it.
    pub replaces: Option<ObjectId>,
}

impl Repository {
    /// Fetches every branch of the remote, and what more is asked for, within a time limit, never asking anybody anything.
    ///
    /// What to fetch is not left to the configuration: a refspec there could leave main out, hide a release line, or overwrite
    /// the ledger. A bare repository has no place for another's branches, so there nothing is fetched.
    /// An offline clone is normal: the caller goes on with what is here, and says how old that is.
    pub fn fetch(&self, remote: &str, also: &[String], limit: Duration) -> Result<(), NotFetched> {
        if self.is_bare() {
            return Err(NotFetched { why: "a bare repository follows no remote".to_owned() });
        }
        let mut refspecs = vec![format!("+refs/heads/*:refs/remotes/{remote}/*")];
        refspecs.extend_from_slice(also);
        self.fetch_with(remote, &refspecs, &[], limit)?;
        // The note serves only to tell the age; a repository that can't be written to is no reason to call the fetch failed.
        let note = self.common_directory().join(FETCHED);
        note.parent().map(fs::create_dir_all).and_then(Result::ok).map(|()| fs::write(&note, "")).and_then(Result::ok);
        Ok(())
    }

    /// Fetches what the refspecs name, whole and without tags, from a remote or a bundle's file.
    pub fn fetch_refs(&self, from: &str, refspecs: &[String], limit: Duration) -> Result<(), NotFetched> {
        self.fetch_with(from, refspecs, &["--no-tags", "--no-filter"], limit)
    }

    fn fetch_with(&self, from: &str, refspecs: &[String], options: &[&str], limit: Duration) -> Result<(), NotFetched> {
        if from.starts_with('-') {
            return Err(NotFetched { why: format!("'{}' can't be the name of a remote", harmless(from)) });
        }
        let quiet = ["fetch", "--quiet", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap="];
        let git = self.git().args(quiet).args(options).args(["--", from]).args(refspecs);
        git.time_limit(limit).run().map(drop).map_err(|error| NotFetched { why: why(&error) })
    }

    /// The tags of a remote, by their short names, each followed to what it names in the end. Nothing is fetched.
    pub fn tags_of(&self, remote: &str, limit: Duration) -> Result<BTreeMap<String, ObjectId>, NotFetched> {
        if remote.starts_with('-') {
            return Err(NotFetched { why: format!("'{}' can't be the name of a remote", harmless(remote)) });
        }
        let git = self.git().args(["ls-remote", "--tags", "--quiet", "--", remote]);
        let told = git.time_limit(limit).output_limit(TAGS).run().map_err(|error| NotFetched { why: why(&error) })?;
        let told = String::from_utf8_lossy(&told.stdout);
        let tag = |line: &str| {
            let (id, name) = line.split_once("\trefs/tags/")?;
            Some((name.to_owned(), id.parse::<ObjectId>().ok()?))
        };
        // An annotated tag is told twice, the second time with the commit that it leads to.
        let (mut tags, mut followed) = (BTreeMap::new(), Vec::new());
        for (name, id) in told.lines().filter_map(tag) {
            match name.strip_suffix("^{}") {
                Some(name) => followed.push((name.to_owned(), id)),
                None => drop(tags.insert(name, id)),
            }
        }
        tags.extend(followed);
        Ok(tags)
    }

    /// Pushes refs, each forward only unless it says what it replaces; what became of each, in the same order.
    ///
    /// The remote's own settings for pushing have no part in it.
    pub fn push(&self, remote: &str, refs: &[ToPush<'_>], limit: Duration) -> Result<Vec<Pushed>, NotFetched> {
        if remote.starts_with('-') {
            return Err(NotFetched { why: format!("'{}' can't be the name of a remote", harmless(remote)) });
        }
        let lease = |to: &ToPush<'_>| Some(format!("--force-with-lease={}:{}", to.name, to.replaces?));
        let git = self
            .git()
            .args(["-c".to_owned(), format!("remote.{remote}.mirror=false")])
            .args(["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"])
            .args(refs.iter().filter_map(lease))
            .args(["--", remote])
            .args(refs.iter().map(|to| format!("{}:{}", to.commit, to.name)));
        match git.time_limit(limit).run() {
            Ok(_) => Ok(vec![Pushed::Done; refs.len()]),
            Err(RunError::Failed { stdout, .. }) if stdout.contains(&b'\t') => {
                let told = String::from_utf8_lossy(&stdout);
                Ok(refs.iter().map(|to| became_of(to.name, &told)).collect())
            }
            Err(error) => Err(NotFetched { why: why(&error) }),
        }
    }

    /// Writes a bundle of the refs named.
    pub fn bundle(&self, file: &Path, refs: &[&str]) -> Result<(), Failure> {
        let failed =
            |error: RunError| Failure::undecided(format!("failed to write {}: {}", file.display(), why(&error)));
        let git = self.git().args(["bundle", "create", "--quiet"]).args([file]).args(refs);
        git.time_limit(Duration::from_secs(120)).run().map(drop).map_err(failed)
    }

    /// The git program at work on this repository, never asking anybody anything.
    fn git(&self) -> Program {
        // Without a terminal ssh asks through a program; one that always fails turns every question into an error at once,
        // and leaves the user's own ssh command as it is.
        Program::new("git")
            .args(["--git-dir".as_ref(), self.inner.path().as_os_str()])
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            // Git leaves loose objects and refs to the system, and what is fetched is stood on a moment later.
            .args(["-c", "core.fsync=all"])
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "false")
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("GCM_INTERACTIVE", "never")
            .env("LC_ALL", "C")
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

/// What `git push --porcelain` says of one ref: a flag, `FROM:TO` and a summary with the reason in brackets, by tabs.
fn became_of(name: &str, told: &str) -> Pushed {
    let line =
        told.lines().find(|line| line.split('\t').nth(1).is_some_and(|pair| pair.ends_with(&format!(":{name}"))));
    let Some(line) = line else { return Pushed::Moved };
    if !line.starts_with('!') {
        return Pushed::Done;
    }
    let summary = line.split('\t').nth(2).unwrap_or_default();
    let lost_a_race =
        ["cannot lock", "failed to lock", "failed to update ref", "incorrect old value", "already exists"];
    if !summary.starts_with("[remote rejected]") || lost_a_race.iter().any(|race| summary.contains(race)) {
        return Pushed::Moved;
    }
    let reason = summary.split_once('(').map_or(summary, |(_, reason)| reason.trim_end_matches(')'));
    Pushed::Refused { why: harmless(reason).into_owned() }
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
