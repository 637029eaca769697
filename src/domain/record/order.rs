//! The commits of a ledger in an order in which every one stands after all that its author knew of.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::HashMap;

use super::Commit;
use crate::domain::identity::ObjectId;

/// The root that the first parents lead to: any other root was joined to it.
pub(super) fn root_of<'c>(tip: ObjectId, by_id: &HashMap<ObjectId, &'c Commit>) -> Option<&'c Commit> {
    let mut commit = *by_id.get(&tip)?;
    for _ in 0..by_id.len() {
        let Some(parent) = commit.parents.first() else { return Some(commit) };
        commit = by_id.get(parent)?;
    }
    None
}

/// Kahn's algorithm with a heap: of the commits whose parents all stand, the one with the smallest id is next.
pub(super) fn in_causal_order(commits: Vec<Commit>) -> Vec<Commit> {
    let index: HashMap<_, _> = commits.iter().enumerate().map(|(at, commit)| (commit.id, at)).collect();
    let mut children = vec![Vec::new(); commits.len()];
    let mut lacking = vec![0_usize; commits.len()];
    for (at, commit) in commits.iter().enumerate() {
        for parent in commit.parents.iter().filter_map(|parent| index.get(parent)) {
            children[*parent].push(at);
            lacking[at] += 1;
        }
    }
    let mut ready: BinaryHeap<_> = lacking
        .iter()
        .zip(&commits)
        .enumerate()
        .filter(|(_, (n, _))| **n == 0)
        .map(|(at, (_, c))| Reverse((c.id, at)))
        .collect();
    let mut commits: Vec<_> = commits.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, at))) = ready.pop() {
        for &child in &children[at] {
            lacking[child] -= 1;
            if lacking[child] == 0 {
                ready.extend(commits[child].as_ref().map(|commit| Reverse((commit.id, child))));
            }
        }
        ordered.extend(commits[at].take());
    }
    ordered
}
