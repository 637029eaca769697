//! What production runs, and the last good release before it.

use std::collections::HashMap;

use serde::Serialize;

use crate::domain::event;
use crate::domain::identity::{IncidentId, Moment, ObjectId, Person};
use crate::domain::policy::Branches;
use crate::domain::rolled_back::RolledBack;
use crate::failure::Failure;
use crate::git::commits::CommitLine;
use crate::git::repository::Repository;

use super::passed_over::PassedOver;
use super::releases::{Candidate, Releases};

/// What the ledger knows of releases.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The commits that are part of an incident's fix.
    pub fixes: HashMap<ObjectId, IncidentId>,
    /// The roll backs that hold.
    pub rolled_back: Vec<RolledBack>,
}

/// What production runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "production", rename_all = "kebab-case")]
pub enum Production {
    /// It is known, or was named.
    Known(Box<Running>),
    /// It must be named.
    Unknown(Unknown),
}

/// What production runs, with the evidence around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Running {
    /// The tag, or the revision as it was named.
    pub name: String,
    /// Its commit.
    pub commit: CommitLine,
    /// How it was found.
    pub found: Found,
    /// The last good release before it.
    pub last_good: Option<LastGood>,
    /// Why there is none.
    pub no_last_good: Option<String>,
    /// Releases that are newer than one of the two and that a roll back passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// How production was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// A person named it.
    Named,
    /// It is the newest release tag that no roll back passed over.
    NewestTag,
}

/// The last good release before production, and what lies between.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastGood {
    /// Its tag.
    pub tag: String,
    /// Its commit; the moment tells its age.
    pub commit: CommitLine,
    /// Whether production contains it; if not, it stands on another line and was only the newest lower version.
    pub is_ancestor: bool,
    /// Whether it is only a pre-release, for want of a release.
    pub is_pre_release: bool,
    /// What production has and it has not.
    pub between: Between,
}

/// The commits that production has and the last good release has not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Between {
    /// How many.
    pub commits: usize,
    /// Whether there are more, and counting stopped.
    pub more: bool,
    /// Who wrote them, the most frequent first.
    pub authors: Vec<Author>,
    /// The newest of them, ten at most.
    pub newest: Vec<CommitLine>,
    /// Hotfixes among them or tagged on production's own line, newest first, ten at most.
    pub earlier_hotfixes: Vec<EarlierHotfix>,
}

/// An author and how many commits are theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Author {
    /// The person.
    pub person: Person,
    /// How many commits.
    pub commits: usize,
}

/// A hotfix that production already holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EarlierHotfix {
    /// Its commit, or the tagged one.
    pub commit: ObjectId,
    /// When it was committed.
    pub at: Moment,
    /// The patch release's tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The incident that the ledger holds for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}

/// Why production is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The reason, in one line.
    pub reason: String,
    /// The components that have releases here, each with its newest tag: name one of these.
    pub components: Vec<Component>,
    /// What to type next.
    pub next: String,
}

/// A released component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its name; empty for tags that are only a version.
    pub name: String,
    /// Its newest release tag.
    pub newest: String,
}

impl Production {
    /// What the ledger records of it; none while it is unknown.
    pub fn recorded(&self) -> Option<event::Production> {
        let Self::Known(running) = self else { return None };
        let last_good = running.last_good.as_ref();
        Some(event::Production {
            name: running.name.clone(),
            commit: running.commit.id,
            last_good: last_good.map(|good| event::Release { tag: good.tag.clone(), commit: good.commit.id }),
        })
    }
}

/// What production runs: what is `named` (a tag, a branch, a commit), else the newest release tag by version.
///
/// "Newest" is by version, pre-releases only where nothing else is tagged; what an incident's roll back passed over is neither
/// production nor good. It is unknown until named where no tag fits, where
/// tags of several components do, and in a shallow clone, which lacks tags without knowing it. The last good release is the
/// highest lower version of the same component that production contains; where none of the next eight is contained (teams that
/// branch each release off), the next lower version. Exit 2 where `named` names no commit.
pub fn production(
    repository: &Repository,
    branches: &Branches,
    named: Option<&str>,
    recorded: &Recorded,
) -> Result<Production, Failure> {
    let releases = Releases::read(repository, branches, &recorded.rolled_back)?;
    if let Some(named) = named {
        return Ok(Production::Known(Box::new(releases.named(named, recorded)?)));
    }
    match releases.newest()? {
        Err(unknown) => Ok(Production::Unknown(unknown)),
        Ok((candidate, commit)) => {
            let running = releases.running(&candidate.tag.name, commit, Found::NewestTag, Some(candidate), recorded)?;
            Ok(Production::Known(Box::new(running)))
        }
    }
}

/// The newest release on the line of the one that production ran, by version, if it is newer: what runs by now, where a fix was
/// shipped or taken back. What a roll back passed over does not run; nor does a pre-release. None where what ran is no release tag.
pub fn newer_on_line(
    repository: &Repository,
    branches: &Branches,
    ran: &event::Production,
    rolled_back: &[RolledBack],
) -> Result<Option<event::Release>, Failure> {
    let releases = Releases::read(repository, branches, rolled_back)?;
    let Some(old) = releases.candidates.iter().find(|candidate| candidate.tag.name == ran.name) else {
        return Ok(None);
    };
    let is_newer = |candidate: &&Candidate| {
        let (new, old) = (&candidate.name, &old.name);
        new.component == old.component
            && new.version.is_on_line_of(&old.version)
            && new.version > old.version
            && !new.version.is_pre_release()
            && candidate.passed_over.is_none()
    };
    // They run from the highest version down.
    for candidate in releases.candidates.iter().filter(is_newer) {
        if let Some(commit) = releases.commit(candidate)? {
            return Ok(Some(event::Release { tag: candidate.tag.name.clone(), commit }));
        }
    }
    Ok(None)
}
