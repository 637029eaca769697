//! What a person changed inside a merge: no other commit holds it, so it is a fix of its own.

use std::collections::HashSet;

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;
use crate::git::history::Node;
use crate::git::repository::Repository;
use crate::git::trees::Differing;
use crate::git::trial::Trial;

/// What a merge changed against its first parent in those files that are neither any parent's nor what git makes of both by
/// itself. Of what the other parent brought to such a file it can't be told apart, so that is part of it.
///
/// Exit 4 where an object is missing.
pub(super) fn by_hand(repository: &Repository, merge: &Node) -> Result<Vec<Differing>, Failure> {
    let Some((&first, others)) = merge.parents.split_first() else { return Ok(vec![]) };
    let tree = |commit: ObjectId| repository.node(commit).map(|node| node.tree);
    let against = |parent: ObjectId| repository.differing(Some(tree(parent)?), Some(merge.tree));
    let mut changed = against(first)?;
    for &other in others {
        let theirs: HashSet<RepositoryPath> = against(other)?.into_iter().map(|file| file.path).collect();
        changed.retain(|file| file.after.is_some() && theirs.contains(&file.path));
    }
    if let ([other], false) = (others, changed.is_empty()) {
        let base = repository.merge_base(first, *other)?.map(tree).transpose()?;
        let beside = Trial::new(repository)?.beside_merge(base, tree(first)?, tree(*other)?, merge.tree)?;
        changed.retain(|file| beside.contains(&file.path));
    }
    Ok(changed)
}
