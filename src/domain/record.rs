//! The ledger's content in memory: its events in causal order, and who knew of what.

pub mod abridged;
mod belonging;
mod growth;
mod index;
mod knowledge;
mod order;

use std::collections::BTreeMap;

use foldhash::HashMap;
use smallvec::SmallVec;

use self::index::Index;
use self::order::{in_causal_order, root_of};
use super::event::{Event, LedgerAdopted, Payload};
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
    pub parents: ParentIds,
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
/// Of two that did not know each other, the one with the smaller commit id stands first, wherever its predecessors allow: what
/// is joined later never turns the order of what was there before.
#[derive(Clone, Debug, Default)]
pub struct History {
    tip: Option<ObjectId>,
    root: Option<ObjectId>,
    ledger: Option<String>,
    /// The roots of ledgers that began apart and were taken in by an event, each with its ledger's id.
    adopted: BTreeMap<ObjectId, String>,
    records: Vec<Record>,
    /// Every commit, joins too, in causal order.
    order: Vec<Place>,
    /// Of each commit among those.
    place_of: Index,
    /// Of each readable event among the records, by its id.
    record_of: Index,
    /// The number of commits that no other one stands on.
    heads: usize,
    /// The places that know all earlier ones and that all later ones know, in order: only between two of them are there
    /// events that do not know each other.
    waists: Vec<usize>,
    /// The ids of the events that were left out, sorted.
    left_out: Vec<u128>,
    /// The events whose id an earlier one has, by their commits.
    repeats: HashMap<ObjectId, Box<Event>>,
}

/// What a commit of a history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Join,
    /// The event at this place among the records.
    Record(usize),
    /// An event that was left out: see [`abridged`].
    LeftOut,
}

/// A commit's parents: nearly always one.
pub type ParentIds = SmallVec<[ObjectId; 1]>;

/// The places of a commit's parents.
pub type Parents = SmallVec<[usize; 2]>;

#[derive(Clone, Debug)]
struct Place {
    commit: ObjectId,
    parents: Parents,
    holds: Holds,
    has_child: bool,
}

impl History {
    /// The history whose newest commit is `tip`, from all commits that can be reached from it, in any order.
    ///
    /// A parent that is not among them is left out: the caller makes sure that none is missing.
    pub fn new(tip: ObjectId, commits: Vec<Commit>) -> Self {
        let mut history = Self { tip: Some(tip), ..Self::with_room(commits.len()) };
        // Nearly always it is one line, which the walk down from the tip has in its exact reverse order.
        let is_line = commits.windows(2).all(|pair| pair[0].parents.as_slice() == [pair[1].id])
            && commits.last().is_some_and(|root| root.parents.is_empty());
        if is_line {
            history.begin(commits.last());
            commits.into_iter().rev().for_each(|commit| history.push(commit));
        } else {
            let by_id: HashMap<_, _> = commits.iter().map(|commit| (commit.id, commit)).collect();
            history.begin(root_of(tip, &by_id));
            history.adopt(&commits, &by_id);
            drop(by_id);
            in_causal_order(commits).into_iter().for_each(|commit| history.push(commit));
        }
        history
    }

    fn with_room(commits: usize) -> Self {
        Self {
            records: Vec::with_capacity(commits),
            order: Vec::with_capacity(commits),
            place_of: Index::with_room(commits),
            record_of: Index::with_room(commits),
            ..Self::default()
        }
    }

    fn begin(&mut self, root: Option<&Commit>) {
        self.root = root.map(|root| root.id);
        self.ledger = root.and_then(created_ledger).map(str::to_owned);
    }

    /// Notes which roots beside the first one were taken in: by an event that names the root and its id, in this ledger or in
    /// one that was taken in itself.
    fn adopt(&mut self, commits: &[Commit], by_id: &HashMap<ObjectId, &Commit>) {
        let adoptions: Vec<_> = commits.iter().filter_map(adoption).collect();
        for _ in 0..adoptions.len() {
            for (event, adopted) in &adoptions {
                let created = by_id.get(&adopted.root).copied().and_then(created_ledger);
                if self.counts(&event.ledger) && created == Some(&adopted.ledger) && self.root != Some(adopted.root) {
                    self.adopted.insert(adopted.root, adopted.ledger.clone());
                }
            }
        }
    }

    fn counts(&self, ledger: &str) -> bool {
        self.ledger.as_deref() == Some(ledger) || self.adopted.values().any(|adopted| adopted == ledger)
    }

    /// The newest commit; none in an empty ledger.
    pub fn tip(&self) -> Option<ObjectId> {
        self.tip
    }

    /// The commit that the ledger began with.
    pub fn root(&self) -> Option<ObjectId> {
        self.root
    }

    /// The ledger's id; none if it is empty or its root can't be read.
    pub fn ledger(&self) -> Option<&str> {
        self.ledger.as_deref()
    }

    /// The number of events, readable or not, those too that were left out.
    pub fn count(&self) -> usize {
        self.order.iter().filter(|place| place.holds != Holds::Join).count()
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
        self.settle_repeats();
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
        let record = self.records.get(self.record_of(id)?)?;
        Some((record.commit, record.event.as_deref().ok()?))
    }

    /// Where the readable event with this id stands among the records.
    fn record_of(&self, id: &str) -> Option<usize> {
        self.record_of.find(id, |record| id_of(&self.records[record]))
    }

    fn put_record_of(&mut self, id: &str, record: usize) {
        let records = &self.records;
        self.record_of.put(id, record, |record| id_of(&records[record]));
    }

    /// The event, readable or not, that this commit holds; none if it is a join or not here.
    pub fn at(&self, commit: ObjectId) -> Option<&Record> {
        self.record_at(&self.order[self.place(commit)?])
    }

    /// The commits in causal order, joins too, each with its parents.
    pub fn commits_with_parents(&self) -> impl Iterator<Item = (ObjectId, Vec<ObjectId>)> {
        let parents = |place: &Place| place.parents.iter().map(|&parent| self.order[parent].commit).collect();
        self.order.iter().map(move |place| (place.commit, parents(place)))
    }

    /// Whether the ledger holds this commit.
    pub fn holds(&self, commit: ObjectId) -> bool {
        self.place(commit).is_some()
    }

    fn record_at(&self, place: &Place) -> Option<&Record> {
        match place.holds {
            Holds::Record(record) => self.records.get(record),
            Holds::Join | Holds::LeftOut => None,
        }
    }

    /// Takes the next commit in causal order, and checks what only its place among the others can tell.
    fn push(&mut self, commit: Commit) {
        let parents: Parents = commit.parents.iter().filter_map(|id| self.place(*id)).collect();
        let holds = match commit.content {
            Content::Join => Holds::Join,
            Content::Event(event) => {
                let event = event.and_then(|event| self.fits(commit.id, commit.parents.is_empty(), event));
                self.keep(Record { commit: commit.id, event, doubt: None })
            }
        };
        self.put(commit.id, parents, holds);
    }

    fn keep(&mut self, record: Record) -> Holds {
        if let Ok(event) = &record.event {
            self.put_record_of(&event.id, self.records.len());
        }
        self.records.push(record);
        Holds::Record(self.records.len() - 1)
    }

    /// Puts a commit behind all others, and tells who knows whom.
    fn put(&mut self, commit: ObjectId, parents: Parents, holds: Holds) {
        let place = self.order.len();
        for &parent in &parents {
            if !std::mem::replace(&mut self.order[parent].has_child, true) {
                self.heads -= 1;
            }
        }
        self.heads += 1;
        // A waist knows all before it, so whoever stands on it or on something later knows it; nobody else does.
        let newest = parents.iter().max().copied();
        while self.waists.last().is_some_and(|&waist| newest.is_none_or(|newest| waist > newest)) {
            self.waists.pop();
        }
        if self.heads == 1 {
            self.waists.push(place);
        }
        let order = &self.order;
        self.place_of.put(&commit, place, |place| &order[place].commit);
        self.order.push(Place { commit, parents, holds, has_child: false });
    }

    /// The commits in causal order, joins too.
    pub fn commits(&self) -> impl DoubleEndedIterator<Item = ObjectId> {
        self.order.iter().map(|place| place.commit)
    }
}

/// The id by which a record is found; what can't be read has none.
fn id_of(record: &Record) -> &str {
    record.event.as_ref().map_or("", |event| event.id.as_str())
}

fn readable(commit: &Commit) -> Option<&Event> {
    match &commit.content {
        Content::Event(Ok(event)) => Some(event),
        Content::Event(Err(_)) | Content::Join => None,
    }
}

fn created_ledger(commit: &Commit) -> Option<&str> {
    let event = readable(commit)?;
    (commit.parents.is_empty() && matches!(event.payload, Payload::LedgerCreated(_))).then_some(event.ledger.as_str())
}

fn adoption(commit: &Commit) -> Option<(&Event, &LedgerAdopted)> {
    let event = readable(commit)?;
    match &event.payload {
        Payload::LedgerAdopted(adopted) => Some((event, adopted)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
