//! What belongs to a ledger: an event in its place, a root that was taken in.

use std::collections::HashSet;

use super::{History, Unreadable};
use crate::domain::event::{Event, Payload};
use crate::domain::identity::ObjectId;

impl History {
    /// The event at its place among the others, or why it does not belong there.
    pub(super) fn fits(
        &mut self,
        commit: ObjectId,
        is_root: bool,
        event: Box<Event>,
    ) -> Result<Box<Event>, Unreadable> {
        let creates = matches!(event.payload, Payload::LedgerCreated(_));
        let own = self.ledger.as_deref() == Some(event.ledger.as_str());
        match is_root {
            false if creates => return Err(Unreadable::malformed("only the first event creates the ledger")),
            true if !creates => return Err(Unreadable::malformed("the first event must create the ledger")),
            true if own && self.root != Some(commit) => {
                return Err(Unreadable::malformed("the ledger began already"));
            }
            _ => {}
        }
        if !self.counts(&event.ledger) {
            return Err(Unreadable::malformed("it belongs to another ledger"));
        }
        if let Payload::LedgerAdopted(adopted) = &event.payload
            && self.adopted.get(&adopted.root) != Some(&adopted.ledger)
        {
            return Err(Unreadable::malformed("it takes in a ledger that was not joined here"));
        }
        if self.was_left_out(&event.id) {
            return Err(Unreadable::malformed("it repeats the id of an earlier event"));
        }
        if let Some(first) = self.record_of(&event.id) {
            let first = self.records[first].commit.short();
            self.repeats.insert(commit, event);
            return Err(Unreadable::malformed(format!("it repeats the id of the event in commit {first}")));
        }
        Ok(event)
    }

    /// The event of a commit whose id an earlier one has.
    pub fn repeated(&self, commit: ObjectId) -> Option<&Event> {
        self.repeats.get(&commit).map(Box::as_ref)
    }

    /// Gives an id back to the event that counts: what does not count takes it from nobody by standing first.
    pub(super) fn settle_repeats(&mut self) {
        if self.repeats.is_empty() {
            return;
        }
        for at in 0..self.records.len() {
            let record = &self.records[at];
            let Some(event) = self.repeats.get(&record.commit).filter(|_| record.doubt.is_none()) else { continue };
            let first = self.record_of(&event.id);
            if first.is_some_and(|first| self.records[first].doubt.is_some()) {
                let event = event.clone();
                self.put_record_of(&event.id, at);
                self.records[at].event = Ok(event);
            }
        }
    }

    /// The roots that nobody took in: every ledger but this one's own that was joined to it without a word.
    pub fn strange_roots(&self) -> impl Iterator<Item = ObjectId> {
        self.other_roots().filter(|root| !self.adopted.contains_key(root))
    }

    /// The roots that only a word took in that does not count.
    pub fn roots_without_a_word_that_counts(&self) -> impl Iterator<Item = ObjectId> {
        let word = |event: &Event| match &event.payload {
            Payload::LedgerAdopted(adopted) => Some(adopted.root),
            _ => None,
        };
        let mut taken: Option<HashSet<ObjectId>> = None;
        let mut is_taken = move |root: &ObjectId| {
            let taken = taken.get_or_insert_with(|| self.events().filter_map(|(_, event)| word(event)).collect());
            taken.contains(root)
        };
        self.other_roots().filter(move |root| self.adopted.contains_key(root) && !is_taken(root))
    }

    fn other_roots(&self) -> impl Iterator<Item = ObjectId> {
        let roots = self.order.iter().filter(|place| place.parents.is_empty()).map(|place| place.commit);
        roots.filter(|root| self.root != Some(*root))
    }

    /// The root that the first parents of a commit lead to: what its ledger began with when it was written.
    pub fn beginning_of(&self, commit: ObjectId) -> Option<ObjectId> {
        let mut place = &self.order[self.place(commit)?];
        while let Some(&parent) = place.parents.first() {
            place = &self.order[parent];
        }
        Some(place.commit)
    }
}
