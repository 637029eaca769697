//! The ledger's content in memory: its events in causal order, and who knew of what.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::event::{Event, Payload};
use super::identity::{IncidentId, ObjectId};
use super::standing::{Doubt, Standing};

/// Why an event can't be read. It is listed, and opens no gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It was written by a newer version of this program.
    #[error("it is a '{kind}' in format {format}, which only a newer version of hotfix can read")]
    Newer {
        /// The format that it names.
        format: u32,
        /// The kind that it names, made harmless to show.
        kind: String,
        /// The incident that it names, if that can be told.
        incident: Option<IncidentId>,
    },
    /// It is not what this program writes.
    #[error("{reason}")]
    Malformed {
        /// What is wrong, made harmless to show.
        reason: String,
    },
}

impl Unreadable {
    /// An event that is malformed because of `reason`.
    pub fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed { reason: reason.into() }
    }
}

/// What a commit of the ledger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It joins two histories that diverged.
    Join,
    /// It is one event.
    Event(Result<Box<Event>, Unreadable>),
}

/// A commit of the ledger, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its parents; none for a root, two for a join.
    pub parents: Vec<ObjectId>,
    /// What it holds.
    pub content: Content,
}

/// One event of the ledger, readable or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The commit that holds it.
    pub commit: ObjectId,
    /// The event, or why it can't be read.
    pub event: Result<Box<Event>, Unreadable>,
    /// Why it does not count; none if it does, or nothing is asked of events.
    pub doubt: Option<Doubt>,
}

/// All events of a ledger in causal order: an event stands after all that its author knew of.
///
/// Of two that did not know each other, the one with the smaller commit id stands first, wherever its predecessors allow.
#[derive(Clone, Debug, Default)]
pub struct History {
    tip: Option<ObjectId>,
    ledger: Option<String>,
    records: Vec<Record>,
    /// Every commit, joins too, in causal order.
    order: Vec<Place>,
    place_of: HashMap<ObjectId, usize>,
    record_of: HashMap<String, usize>,
    /// The number of leading places that form one line, each the only parent of the next.
    straight: usize,
}

#[derive(Clone, Debug)]
struct Place {
    commit: ObjectId,
    parents: Vec<usize>,
    /// Where its event stands among the records; none for a join.
    record: Option<usize>,
}

impl History {
    /// The history whose newest commit is `tip`, from all commits that can be reached from it, in any order.
    ///
    /// A parent that is not among them is left out: the caller makes sure that none is missing.
    pub fn new(tip: ObjectId, commits: Vec<Commit>) -> Self {
        let mut history = Self { tip: Some(tip), ..Self::default() };
        // Nearly always it is one line, which the walk down from the tip has in its exact reverse order.
        let is_line = commits.windows(2).all(|pair| pair[0].parents == [pair[1].id])
            && commits.last().is_some_and(|root| root.parents.is_empty());
        if is_line {
            history.ledger = commits.last().and_then(created_ledger);
            commits.into_iter().rev().for_each(|commit| history.push(commit));
        } else {
            history.ledger = root_of(tip, &commits);
            in_causal_order(commits).into_iter().for_each(|commit| history.push(commit));
        }
        history
    }

    /// The same history with `commits` on top, each of which has the one before it (the first: the tip) as its only parent.
    #[must_use]
    pub fn extended(mut self, commits: impl IntoIterator<Item = Commit>) -> Self {
        for commit in commits {
            debug_assert!(commit.parents.iter().copied().eq(self.tip));
            self.tip = Some(commit.id);
            self.push(commit);
        }
        self
    }

    /// The newest commit; none in an empty ledger.
    pub fn tip(&self) -> Option<ObjectId> {
        self.tip
    }

    /// The ledger's id; none if it is empty or its root can't be read.
    pub fn ledger(&self) -> Option<&str> {
        self.ledger.as_deref()
    }

    /// All events, readable or not, in causal order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The same history in which what was doubted does not count.
    #[must_use]
    pub fn weighed(mut self, mut standing: Standing) -> Self {
        for record in &mut self.records {
            record.doubt = standing.take_doubt(record.commit);
        }
        self
    }

    /// The readable events that count, in causal order, each with its commit.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (ObjectId, &Event)> {
        self.counting().filter_map(|record| Some((record.commit, record.event.as_deref().ok()?)))
    }

    /// The events that can't be read and might count, each with its commit.
    pub fn unreadable(&self) -> impl Iterator<Item = (ObjectId, &Unreadable)> {
        self.counting().filter_map(|record| Some((record.commit, record.event.as_ref().err()?)))
    }

    fn counting(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter().filter(|record| record.doubt.is_none())
    }

    /// The readable event with this id, whether it counts or not.
    pub fn event(&self, id: &str) -> Option<(ObjectId, &Event)> {
        let record = self.records.get(*self.record_of.get(id)?)?;
        Some((record.commit, record.event.as_deref().ok()?))
    }

    /// The event, readable or not, that this commit holds; none if it is a join or not here.
    pub fn at(&self, commit: ObjectId) -> Option<&Record> {
        let place = *self.place_of.get(&commit)?;
        self.order[place].record.map(|record| &self.records[record])
    }

    /// The commits in causal order, joins too, each with its parents.
    pub fn commits_with_parents(&self) -> impl Iterator<Item = (ObjectId, Vec<ObjectId>)> {
        let parents = |place: &Place| place.parents.iter().map(|&parent| self.order[parent].commit).collect();
        self.order.iter().map(move |place| (place.commit, parents(place)))
    }

    /// Whether the ledger holds this commit.
    pub fn holds(&self, commit: ObjectId) -> bool {
        self.place_of.contains_key(&commit)
    }

    /// Whether whoever wrote the commit `later` knew of the commit `earlier`: it is an ancestor. No commit knows itself.
    pub fn knows(&self, later: ObjectId, earlier: ObjectId) -> bool {
        let (Some(&from), Some(&to)) = (self.place_of.get(&later), self.place_of.get(&earlier)) else { return false };
        if from <= to {
            return false;
        }
        // Everything on the straight beginning knows all that stands before it; a parent on it leads to all of it.
        let mut waiting = vec![from];
        let mut seen = HashSet::new();
        while let Some(place) = waiting.pop() {
            if place == to || (place < self.straight && place > to) {
                return true;
            }
            let parents = self.order[place].parents.iter().copied();
            waiting.extend(parents.filter(|&parent| parent >= to && seen.insert(parent)));
        }
        false
    }

    /// How many commits, joins too, this one and all that it knows of are; none if it is not here.
    pub fn size_at(&self, commit: ObjectId) -> Option<usize> {
        let place = *self.place_of.get(&commit)?;
        if place < self.straight {
            return Some(place + 1);
        }
        let mut seen = HashSet::from([place]);
        let mut waiting = vec![place];
        let mut on_the_line = 0;
        while let Some(place) = waiting.pop() {
            for &parent in &self.order[place].parents {
                if parent < self.straight {
                    on_the_line = on_the_line.max(parent + 1);
                } else if seen.insert(parent) {
                    waiting.push(parent);
                }
            }
        }
        Some(seen.len() + on_the_line)
    }

    /// Takes the next commit in causal order, and checks what only its place among the others can tell.
    fn push(&mut self, commit: Commit) {
        let place = self.order.len();
        let parents: Vec<_> = commit.parents.iter().filter_map(|id| self.place_of.get(id).copied()).collect();
        if self.straight == place && (place == 0 || parents == [place - 1]) {
            self.straight = place + 1;
        }
        let record = matches!(commit.content, Content::Event(_)).then_some(self.records.len());
        self.order.push(Place { commit: commit.id, parents, record });
        self.place_of.insert(commit.id, place);
        let Content::Event(event) = commit.content else { return };
        let event = event.and_then(|event| self.fits(commit.parents.is_empty(), event));
        if let Ok(event) = &event {
            self.record_of.insert(event.id.clone(), self.records.len());
        }
        self.records.push(Record { commit: commit.id, event, doubt: None });
    }

    fn fits(&self, is_root: bool, event: Box<Event>) -> Result<Box<Event>, Unreadable> {
        let creates = matches!(event.payload, Payload::LedgerCreated(_));
        if creates && !is_root {
            return Err(Unreadable::malformed("only the first event creates the ledger"));
        }
        if !creates && is_root {
            return Err(Unreadable::malformed("the first event must create the ledger"));
        }
        if self.ledger.as_deref() != Some(event.ledger.as_str()) {
            return Err(Unreadable::malformed("it belongs to another ledger"));
        }
        if let Some(&first) = self.record_of.get(&event.id) {
            let first = self.records[first].commit.short();
            return Err(Unreadable::malformed(format!("it repeats the id of the event in commit {first}")));
        }
        Ok(event)
    }

    /// The commits in causal order, joins too.
    pub fn commits(&self) -> impl DoubleEndedIterator<Item = ObjectId> {
        self.order.iter().map(|place| place.commit)
    }
}

/// The ledger's id, from the root that the first parents lead to: another root was joined to it.
fn root_of(tip: ObjectId, commits: &[Commit]) -> Option<String> {
    let by_id: HashMap<_, _> = commits.iter().map(|commit| (commit.id, commit)).collect();
    let mut commit = by_id.get(&tip)?;
    for _ in 0..commits.len() {
        let Some(parent) = commit.parents.first() else { break };
        commit = by_id.get(parent)?;
    }
    created_ledger(commit)
}

fn created_ledger(commit: &Commit) -> Option<String> {
    match &commit.content {
        Content::Event(Ok(event)) if matches!(event.payload, Payload::LedgerCreated(_)) => Some(event.ledger.clone()),
        Content::Event(_) | Content::Join => None,
    }
}

/// Kahn's algorithm with a heap: of the commits whose parents all stand, the one with the smallest id is next.
fn in_causal_order(commits: Vec<Commit>) -> Vec<Commit> {
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

#[cfg(test)]
mod tests;
