//! What became of a fix on the line by which a merge brought it, where the target's first-parent line never shows it: the same
//! merge may have brought what takes it back.

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
    let (repository, Some(&tip)) = (target.repository, fix.commits.last()) else { return Ok(None) };
    if !repository.contains_known(target.commit, tip)? {
        return Ok(None);
    }
    let met = target.meet(tip)?;
    if met.is_some_and(|met| target.id(met) == tip) {
        return Ok(None);
    }
    // Containment falls along the line just once: find that place by halving.
    let (mut inside, mut outside) = (0, met.map_or_else(|| target.root().map(|root| root + 1), Ok)?);
    while outside - inside > 1 {
        let middle = usize::midpoint(inside, outside);
        let contains = repository.contains(target.id(middle), tip)?;
        *(if contains { &mut inside } else { &mut outside }) = middle;
    }
    let merge = target.id(inside);
    for parent in repository.node(merge)?.parents.into_iter().skip(1) {
        if repository.contains(parent, tip)? {
            let report = search(&target.through(inside, parent)?, fix, options)?;
            let dropped = report.undone_by.iter().any(|by| by.commit == merge);
            return Ok((report.verdict == Verdict::Reverted && !dropped).then_some(report));
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
