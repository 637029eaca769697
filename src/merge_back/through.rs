//! What became of a fix on the line by which a merge brought it, where the target's first-parent line never shows it: the same
//! merge may have brought what takes it back.

use foldhash::HashSet;

use crate::domain::identity::ObjectId;
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;

use super::fix::Fix;
use super::report::Report;
use super::search::{Options, search};
use super::target::{Target, Trunk};

/// The answer for a fix that is in the target's history and left no trace on its first-parent line, if along the line that
/// brought it all of it was taken out again.
///
/// What the merge itself dropped never came.
pub(super) fn through_a_merge(target: &Target<'_>, fix: &Fix, options: &Options) -> Result<Option<Report>, Failure> {
    let Some(&tip) = fix.commits.last().filter(|tip| target.repository.has(**tip)) else { return Ok(None) };
    let Some((number, parent)) = brought_by(target, tip)? else { return Ok(None) };
    let report = search(&target.through(number, parent)?, fix, options)?;
    let merge = target.id(number);
    let dropped = report.undone_by.iter().any(|by| by.commit == merge);
    Ok((report.verdict == Verdict::Reverted && !dropped).then_some(report))
}

/// How much younger than what stands on it a commit may claim to be, in seconds: clocks differ.
const SKEW: i64 = 86_400;

/// The oldest merge on the target's first-parent line that brought a commit from aside, and the parent that it came by.
fn brought_by(target: &Target<'_>, tip: ObjectId) -> Result<Option<(usize, ObjectId)>, Failure> {
    let repository = target.repository;
    let met = target.meet(tip)?;
    let (end, oldest) =
        (met.map_or_else(|| target.root().map(|root| root + 1), Ok)?, repository.node(tip)?.time - SKEW);
    let mut seen = HashSet::default();
    for number in (0..end).rev() {
        let parents = target.node(number)?.filter(|node| node.time >= oldest).map(|node| node.parents.clone());
        for parent in parents.into_iter().flatten().skip(1) {
            let mut open = vec![parent];
            while let Some(id) = open.pop() {
                if id == tip {
                    return Ok(Some((number, parent)));
                }
                if !seen.insert(id) || target.number(id).is_some() {
                    continue;
                }
                target.check_time()?;
                let node = repository.node(id)?;
                open.extend(node.parents.iter().copied().filter(|_| node.time >= oldest));
            }
        }
    }
    Ok(None)
}

impl Target<'_> {
    /// The same commit on another line: from the merge with this number it goes on with that parent.
    fn through(&self, merge: usize, parent: ObjectId) -> Result<Self, Failure> {
        let mut nodes = self.nodes(merge)?;
        nodes.push(self.repository.node(parent)?);
        let other = self.at(self.commit);
        other.trunk.replace(Trunk::of(nodes));
        Ok(other)
    }
}
