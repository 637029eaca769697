//! What the ids of blobs tell alone: many fixes land just as they are, and then no file has to be read.

use foldhash::HashSet;

use crate::domain::event::{Change, Side};
use crate::domain::fate::Fate;
use crate::domain::identity::RepositoryPath;
use crate::failure::Failure;

use super::fix::entry_of;
use super::judge::{Judged, Part};
use super::target::{Target, Version};

/// A changed path and its versions on the target, newest first.
pub(super) type Timeline<'c> = (&'c Change, Vec<Version>);

/// All of it in effect, if the ids show that; else none.
///
/// They do where one commit took every path from what it was before the fix to what it was after it, where it stands still,
/// and touched nothing else, so that nothing that the fix deletes was moved elsewhere.
pub(super) fn by_identity(target: &Target<'_>, timelines: &[Timeline<'_>]) -> Result<Option<Vec<Judged>>, Failure> {
    let mut judged = Vec::new();
    let Some(landing) = timelines.first().and_then(|(_, versions)| versions.first()).map(|version| version.at) else {
        return Ok(None);
    };
    for (change, versions) in timelines {
        let ([newest, older, ..], Some(path)) = (&versions[..], change.path()) else { return Ok(None) };
        let landed = newest.at == landing
            && stands(newest, change.after.as_ref(), path)
            && stands(older, change.before.as_ref(), path);
        if !landed {
            return Ok(None);
        }
        judged.push(Judged { landed_by: Some(landing), ..Judged::new(path, Part::All, Fate::InEffect) });
    }
    let own: HashSet<&RepositoryPath> = timelines
        .iter()
        .flat_map(|(change, _)| change.before.iter().chain(&change.after))
        .map(|side| &side.path)
        .collect();
    let alone = target.differing(landing)?.iter().all(|file| own.contains(&file.path));
    Ok(alone.then_some(judged))
}

/// Whether a version is what a side of a change puts at its path (none: nothing at `path`).
fn stands(version: &Version, side: Option<&Side>, path: &RepositoryPath) -> bool {
    let at = side.map_or(path, |side| &side.path);
    version.entry == side.map(entry_of) && (version.entry.is_none() || version.path == *at)
}
