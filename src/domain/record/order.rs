//! The commits of a ledger in an order in which every one stands after all that its author knew of.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::HashMap;

use super::{Commit, History, Record};
use crate::domain::event::Event;
use crate::domain::identity::{Moment, ObjectId};

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

impl History {
    /// The events as a person is told them: each after all that its author knew of, and of those that did not know each other
    /// the older one first, by their own clocks. What `of` leaves out is not among them, and its clock has no say in it; what
    /// can't be read is among them, and has no time.
    ///
    /// Nothing may be decided by this order: a clock is only claimed.
    pub fn told(&self, of: impl Fn(&Event) -> bool) -> Vec<&Record> {
        let is_told = |record: &&Record| record.event.as_deref().map_or(true, &of);
        if self.waists.len() == self.order.len() {
            return self.records.iter().filter(is_told).collect();
        }
        let mut children = vec![Vec::new(); self.order.len()];
        for (at, place) in self.order.iter().enumerate() {
            place.parents.iter().for_each(|&parent| children[parent].push(at));
        }
        let mut lacking: Vec<usize> = self.order.iter().map(|place| place.parents.len()).collect();
        // What has no time of its own is as old as the youngest of what it stands on.
        let mut times: Vec<Option<Moment>> = vec![None; self.order.len()];
        let roots = (0..self.order.len()).filter(|&at| lacking[at] == 0);
        let told_at = |at: usize| self.record_at(&self.order[at]).filter(is_told);
        let own = |at: usize| told_at(at).and_then(|record| record.event.as_ref().ok()).map(|event| event.at);
        let mut ready: BinaryHeap<_> = roots.map(|at| Reverse((own(at), at))).collect();
        let mut told = Vec::with_capacity(self.records.len());
        while let Some(Reverse((time, at))) = ready.pop() {
            told.extend(told_at(at));
            for &child in &children[at] {
                times[child] = times[child].max(time);
                lacking[child] -= 1;
                if lacking[child] == 0 {
                    ready.push(Reverse((own(child).or(times[child]), child)));
                }
            }
        }
        told
    }
}
