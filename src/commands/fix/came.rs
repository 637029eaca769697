//! Whether a line got something of a fix, or stood so before there was one.
//!
//! The commonest hotfix puts lines back as an older line still has them. That line shipped nothing of it.

use crate::domain::fate::Fate;
use crate::domain::identity::ObjectId;
use crate::domain::incident::Incident;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::report::{HunkReport, Report};
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;

/// By so many seconds clocks may disagree: what is dated only a little before the fix may well be a copy of it.
const CLOCKS: i64 = 3_600;

/// When the fix can't have been there yet, in seconds since 1970: before the incident, and before anybody wrote a commit of it.
/// Without one of those commits that is not known.
pub(super) fn not_yet(repository: &Repository, incident: &Incident, fix: &Fix) -> Result<i64, Failure> {
    let mut earliest = incident.started.min(incident.opened.at).timestamp();
    for commit in &fix.commits {
        if !repository.has(*commit) {
            return Ok(i64::MIN);
        }
        earliest = earliest.min(repository.message(*commit)?.author_time);
    }
    Ok(earliest - CLOCKS)
}

/// Whether something of what `report` found on the target came there with the fix: by a commit of it, or by another since then.
/// What can't be told did.
pub(super) fn came(
    target: &Target<'_>,
    (fix, not_yet): (&Fix, i64),
    report: &Report,
    options: &Options,
) -> Result<bool, Failure> {
    let repository = target.repository;
    for commit in &fix.commits {
        if repository.contains_known(target.commit, *commit)? {
            return Ok(true);
        }
    }
    let fork = match fix.base.filter(|base| repository.has(*base)) {
        Some(base) => target.meet(base)?.map(|number| target.id(number)),
        None => None,
    };
    let Some(fork) = fork.filter(|_| !report.hunks.is_empty()) else { return Ok(true) };
    let before = search(&target.at(fork), fix, options)?;
    let then = |hunk: &HunkReport| {
        let same = before.hunks.iter().find(|old| (&old.path, &old.lines) == (&hunk.path, &hunk.lines));
        same.map(|old| old.fate)
    };
    for hunk in &report.hunks {
        let stood = match (hunk.fate, hunk.landed_by) {
            (Fate::Never | Fate::Undone | Fate::Ignored, _) => true,
            (_, Some(landing)) => repository.node(landing)?.time < not_yet,
            // Several commits together may have brought it, and then none is its landing.
            (Fate::InEffect | Fate::Evolved, None) => then(hunk).is_some_and(Fate::holds),
            (Fate::Weak | Fate::Unknown, None) => {
                then(hunk) == Some(hunk.fate) && is_untouched(repository, fix, (fork, target.commit))?
            }
        };
        if !stood {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the paths of a fix are there, and nobody changed them since the line left the fix's own.
fn is_untouched(repository: &Repository, fix: &Fix, (fork, tip): (ObjectId, ObjectId)) -> Result<bool, Failure> {
    let tree = repository.node(fork)?.tree;
    let paths: Vec<_> = fix.changes.iter().flat_map(|change| [&change.before, &change.after]).flatten().collect();
    for side in fix.changes.iter().filter_map(|change| change.before.as_ref()) {
        // It has another name on this line, and by that nobody looks here.
        if repository.entry_at(tree, &side.path)?.is_none() {
            return Ok(fork == tip);
        }
    }
    let changes = repository.changes(fork, tip)?;
    let mut touched = changes.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    Ok(!touched.any(|side| paths.iter().any(|path| path.path == side.path)))
}
