//! One event on its way to the disk: what it stands on, its texts, its commit, and where it goes when somebody is in the way.

use std::collections::BTreeMap;

use crate::domain::event::{Event, FORMAT, LedgerCreated, Payload};
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::record::History;
use crate::failure::Failure;
use crate::git::objects::{Kind, Objects};
use crate::git::refs::Swap;
use crate::git::repository::Repository;

use super::codec;
use super::lock::{Blocked, Lock, Patience, Turn};
use super::read::{self, Reading};
use super::refs::{Heads, PENDING, PENDING_TEXTS, TEXT};
use super::seals;
use super::store::{Draft, Ledger, Recorded};
use super::text::{self, Sealed};

/// An event that is being recorded.
pub(super) struct Append<'l, 'r> {
    ledger: &'l Ledger<'r>,
    pub(super) writer: Repository,
    draft: Draft,
    id: String,
    sealed: Sealed,
    /// What was written last, and on top of what.
    written: Option<(Option<ObjectId>, Recorded)>,
}

impl<'l, 'r> Append<'l, 'r> {
    pub(super) fn new(ledger: &'l Ledger<'r>, draft: Draft, sealed: Sealed) -> Result<Self, Failure> {
        let id = event_id(draft.at);
        Ok(Self { ledger, writer: ledger.writer()?, draft, id, sealed, written: None })
    }

    /// All that is there now, if the event is still right on top of it.
    pub(super) fn stands_on<T>(
        &self,
        still_right: &mut impl FnMut(&History) -> Result<(), T>,
    ) -> Result<Result<(Heads, Reading), T>, Failure> {
        let heads = Heads::of(&self.writer)?;
        let reading = self.ledger.read(&self.writer, &heads.all())?;
        Ok(still_right(&reading.history).map(|()| (heads, reading)))
    }

    /// Writes the event's objects, and all that they stand on.
    pub(super) fn write(&mut self, reading: &Reading) -> Result<Recorded, Failure> {
        let tip = reading.history.tip();
        // Whoever has to touch a key does so once, and not again because the ref was locked for a moment.
        if let Some((_, recorded)) = self.written.as_ref().filter(|(before, _)| *before == tip) {
            return Ok(recorded.clone());
        }
        let objects = self.writer.objects()?;
        reading.joins.iter().try_for_each(|bytes| objects.write(Kind::Commit, bytes).map(drop))?;
        let pen = Pen { objects: &objects, signer: self.ledger.signs.then_some(&self.writer) };
        let recorded = write_event(pen, &reading.history, &self.draft, &self.id, self.sealed.hashes.clone())?;
        self.writer.sync_objects()?;
        self.written = Some((tip, recorded.clone()));
        Ok(recorded)
    }

    /// Stores the texts; whether they are on the disk now.
    pub(super) fn store_texts(&self, lock: &mut Lock, patience: &mut Patience) -> Result<bool, Failure> {
        if self.draft.texts.is_empty() {
            return Ok(true);
        }
        let tip = self.writer.direct_ref(TEXT)?;
        let commit = self.text_commit(tip)?;
        match lock.swap(&self.writer, (TEXT, tip, commit), patience)? {
            Turn::Done => Ok(true),
            Turn::Again => Ok(false),
            Turn::Blocked(_) => self.store_texts_beside().map(|()| true),
        }
    }

    /// Writes a commit that holds the texts beside those of `tip`.
    fn text_commit(&self, tip: Option<ObjectId>) -> Result<ObjectId, Failure> {
        let objects = self.writer.objects()?;
        let tree = text::store(&objects, tip, &self.id, &self.sealed)?;
        let bytes = codec::commit(tree, tip.as_slice(), &self.draft.actor, self.draft.at, text::MESSAGE);
        let commit = objects.write(Kind::Commit, &bytes)?;
        self.writer.sync_objects()?;
        Ok(commit)
    }

    /// Stores the texts where nobody is in the way: under a ref of their own.
    fn store_texts_beside(&self) -> Result<(), Failure> {
        if self.draft.texts.is_empty() {
            return Ok(());
        }
        let name = format!("{PENDING_TEXTS}{}", self.id);
        match self.writer.swap_ref(&name, None, self.text_commit(None)?)? {
            // They may be there already: the ref has the event's id, and no other has that.
            Swap::Done | Swap::Moved => Ok(()),
            Swap::Locked => Err(Failure::undecided(format!("failed to write {name}; nothing was recorded"))),
        }
    }

    /// Leaves the event beside the ledger, under a ref of its own: every read counts it.
    pub(super) fn park(&mut self, reading: &Reading, blocked: Blocked) -> Result<Recorded, Failure> {
        self.store_texts_beside()?;
        let recorded = self.write(reading)?;
        match self.writer.swap_ref(&format!("{PENDING}{}", self.id), None, recorded.commit)? {
            Swap::Done => Ok(Recorded { parked: Some(blocked), ..recorded }),
            Swap::Moved | Swap::Locked => Err(blocked.failure()),
        }
    }
}

/// What an event is written with.
#[derive(Clone, Copy)]
pub(super) struct Pen<'p> {
    pub(super) objects: &'p Objects<'p>,
    /// Through which it is signed; none where it is not.
    pub(super) signer: Option<&'p Repository>,
}

/// Writes the objects of an event that stands on `history`.
pub(super) fn write_event(
    pen: Pen<'_>,
    history: &History,
    draft: &Draft,
    id: &str,
    texts: BTreeMap<String, String>,
) -> Result<Recorded, Failure> {
    let creates = matches!(draft.payload, Payload::LedgerCreated(_));
    let (ledger, parent) = match (history.tip(), history.ledger()) {
        (None, _) if creates => (uuid::Uuid::new_v4().to_string(), None),
        (None, _) => {
            let ledger = uuid::Uuid::new_v4().to_string();
            let root = Event {
                format: FORMAT,
                id: event_id(draft.at),
                ledger: ledger.clone(),
                actor: draft.actor.clone(),
                at: draft.at,
                incident: None,
                texts: BTreeMap::new(),
                payload: Payload::LedgerCreated(LedgerCreated { trusted_ref: None }),
            };
            (ledger, Some(write_commit(pen, &root, None)?))
        }
        (Some(_), _) if creates => {
            return Err(Failure::usage("this repository has a ledger already").hint("hotfix status"));
        }
        (Some(tip), Some(ledger)) => (ledger.to_owned(), Some(tip)),
        (Some(_), None) => {
            return Err(Failure::undecided("nothing can be added to a ledger whose first event can't be read")
                .hint("hotfix log    # shows why it can't be read"));
        }
    };
    let event = Event {
        format: FORMAT,
        id: id.to_owned(),
        ledger,
        actor: draft.actor.clone(),
        at: draft.at,
        incident: draft.incident.clone(),
        texts,
        payload: draft.payload.clone(),
    };
    let commit = write_commit(pen, &event, parent)?;
    Ok(Recorded { commit, event, parked: None })
}

fn write_commit(pen: Pen<'_>, event: &Event, parent: Option<ObjectId>) -> Result<ObjectId, Failure> {
    let (kept, objects) = (event.payload.keeps(), pen.objects);
    if let Some(missing) = kept.iter().find(|id| !objects.holds(**id)) {
        return Err(Failure::undecided(format!("the object {missing}, which the event must keep, is not here"))
            .hint("git fetch --all    # and, in a shallow clone: git fetch --unshallow"));
    }
    let tree = objects.write(Kind::Tree, &read::kept_tree(&kept))?;
    let bytes = codec::event_commit(event, tree, parent)
        .map_err(|error| Failure::because("failed to write the event", error))?;
    match pen.signer {
        None => objects.write(Kind::Commit, &bytes),
        Some(repository) => objects.write(Kind::Commit, &seals::sign(repository, event, tree, parent, &bytes)?),
    }
}

/// A UUID of version 7: its beginning is the time, so that ids sort roughly as the events happened.
pub(super) fn event_id(at: Moment) -> String {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, at.timestamp_subsec_nanos());
    uuid::Uuid::new_v7(time).to_string()
}
