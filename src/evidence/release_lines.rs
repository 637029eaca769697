//! The lines that releases come from, and whether a fix belongs to one of them.

use crate::domain::event::Production;
use crate::domain::identity::ObjectId;
use crate::domain::policy::Branches;
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;

use super::globs::Globs;

/// A line that releases come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseLine {
    /// Its name to show, such as `origin/release/1.4`.
    pub name: String,
    /// The branch's name without its remote; none for a release.
    pub branch: Option<String>,
    /// Its newest commit.
    pub tip: ObjectId,
}

/// The lines of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseLines {
    /// The branches that fit the policy's globs, as fetched and local; in a team without release branches those of main.
    pub lines: Vec<ReleaseLine>,
    /// Main, where it is no line itself.
    pub main: Option<ReleaseLine>,
}

/// The lines that a fix may belong to: the policy's release branches, else main; and what production ran.
///
/// A team whose policy names release branches and that has none releases from main: then main is the line.
pub fn release_lines(
    repository: &Repository,
    branches: &Branches,
    production: Option<&Production>,
) -> Result<ReleaseLines, Failure> {
    let globs = Globs::new(&branches.release_lines)?;
    let mut all = repository.local_branches()?;
    if let Some(remote) = repository.default_remote()? {
        all.extend(repository.fetched_branches(&remote)?);
    }
    let line = |branch: &Branch| -> Result<ReleaseLine, Failure> {
        Ok(ReleaseLine {
            name: branch.shown().to_owned(),
            branch: Some(branch.short.clone()),
            tip: repository.commit(&branch.full)?,
        })
    };
    let is_main = |branch: &&Branch| branch.short == branches.main;
    let releases = all.iter().filter(|branch| globs.match_any(branch.short.as_bytes()));
    let mut lines = releases.map(line).collect::<Result<Vec<_>, _>>()?;
    // The fetched main comes last, and is the one that everybody has.
    let mut main = all.iter().rfind(is_main).map(line).transpose()?;
    if lines.is_empty() {
        lines = all.iter().filter(is_main).map(line).collect::<Result<_, _>>()?;
        main = None;
    }
    // The release itself is a line too: its branch may be gone, or not be fetched here.
    let released = production.filter(|production| repository.has(production.commit));
    lines.extend(released.map(|production| ReleaseLine {
        name: production.name.clone(),
        branch: None,
        tip: production.commit,
    }));
    Ok(ReleaseLines { lines, main })
}

impl ReleaseLines {
    /// The lines that hold `base`, or from which it forks: those that hold everything `base` has in common with main.
    ///
    /// A commit made on main after a release line left it belongs to no line. `started` is where `hotfix start` made the
    /// branch: what stands on it belongs to the line that it was made from, even after it was merged into main.
    pub fn of_base(
        &self,
        repository: &Repository,
        base: ObjectId,
        started: Option<ObjectId>,
    ) -> Result<Vec<&ReleaseLine>, Failure> {
        let from_start = match started {
            Some(started) if repository.contains_known(base, started)? => Some(started),
            _ => None,
        };
        let fork = match (from_start, &self.main) {
            (Some(started), _) => Some(started),
            (None, Some(main)) => repository.merge_base(base, main.tip)?,
            (None, None) => None,
        };
        let mut found = Vec::new();
        for line in &self.lines {
            let holds = match fork {
                Some(fork) => repository.contains(line.tip, fork)?,
                // Main is the line (or there is no main): whatever shares history with it forks from it.
                None => repository.merge_base(line.tip, base)?.is_some(),
            };
            if holds || repository.contains(line.tip, base)? {
                found.push(line);
            }
        }
        Ok(found)
    }

    /// The line that `tip` left last; none where it shares no history with any.
    pub fn nearest(&self, repository: &Repository, tip: ObjectId) -> Result<Option<&ReleaseLine>, Failure> {
        let mut nearest: Option<(&ReleaseLine, ObjectId)> = None;
        for line in &self.lines {
            let Some(fork) = repository.merge_base(line.tip, tip)? else { continue };
            let is_nearer = match nearest {
                Some((_, known)) => fork != known && repository.contains(fork, known)?,
                None => true,
            };
            if is_nearer {
                nearest = Some((line, fork));
            }
        }
        Ok(nearest.map(|(line, _)| line))
    }
}
