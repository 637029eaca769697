//! Where the records of people who did not know of each other meet: what counts, and what has to be said again.
//!
//! In a ledger that was never joined every event knows all earlier ones, and nothing here has an effect.

use std::cell::OnceCell;
use std::sync::Arc;

use serde::Serialize;

use super::{Deed, Incident, State};
use crate::domain::event::{Event, Payload};
use crate::domain::identity::ObjectId;
use crate::domain::record::History;

/// An event with the ledger's commit that holds it, and what its author knew.
pub(in crate::domain) struct Recorded<'e> {
    pub(in crate::domain) commit: ObjectId,
    pub(in crate::domain) event: &'e Event,
    history: &'e History,
    pub(super) deed: OnceCell<Arc<Deed>>,
}

impl<'e> Recorded<'e> {
    pub(super) fn new((commit, event): (ObjectId, &'e Event), history: &'e History) -> Self {
        Self { commit, event, history, deed: OnceCell::new() }
    }

    pub(super) fn knows(&self, earlier: ObjectId) -> bool {
        self.history.knows(self.commit, earlier)
    }
}

/// An end that did not count, for whoever recorded it did not know what others had recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnseenEnd {
    /// Who was to end the incident.
    pub by: Arc<Deed>,
    /// What they did not know of.
    pub unseen: Vec<Arc<Deed>>,
}

/// The events of an incident that others must have known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Met {
    /// Those that an end has to know: it would be another end, or none, otherwise.
    weighty: Vec<Arc<Deed>>,
    /// What was to end it, and how. Of two ends that differ and do not know each other neither stands.
    ends: Vec<(State, Arc<Deed>)>,
    /// Those that changed what has to be on main: an answer about main has to know them.
    subject: Vec<ObjectId>,
}

impl Payload {
    /// The state that this ends an incident in.
    fn end(&self) -> Option<State> {
        match self {
            Self::Closed(_) => Some(State::Closed),
            Self::Voided(_) => Some(State::Void),
            _ => None,
        }
    }

    /// Whether an end that did not know of this is none. Only what could never have kept the incident open is left out.
    fn weighs_on_an_end(&self) -> bool {
        !matches!(
            self,
            Self::Confirmed(_)
                | Self::Waived(_)
                | Self::RcaAccepted(_)
                | Self::Restored(_)
                | Self::Redacted(_)
                | Self::Approved(_)
                | Self::OverrideReviewed(_)
                | Self::GateDone(_)
                | Self::GateWaived(_)
                | Self::ActionDone(_)
        )
    }

    /// Whether this speaks of what has to be on main, as it was when it was said.
    fn speaks_of_the_subject(&self) -> bool {
        matches!(self, Self::Verified(_) | Self::Confirmed(_) | Self::Waived(_) | Self::Deployed(_))
    }
}

impl Incident {
    /// Applies an event as far as its author knew what the others had recorded.
    pub(super) fn meet(&mut self, entry: &Recorded<'_>) {
        let payload = &entry.event.payload;
        if self.is_over() {
            if self.takes_after_the_end(payload) {
                self.apply(entry);
                return;
            }
            if !self.end_falls(entry) {
                return;
            }
            self.reopen(entry);
        }
        if let Some(end) = payload.end() {
            let others = self.met.ends.iter().filter(|(other, _)| *other != end).map(|(_, deed)| deed);
            let unseen: Vec<Arc<Deed>> =
                self.met.weighty.iter().chain(others).filter(|deed| !entry.knows(deed.commit)).cloned().collect();
            self.met.ends.push((end, Deed::of(entry)));
            if !unseen.is_empty() {
                self.unseen_ends.push(UnseenEnd { by: Deed::of(entry), unseen });
                return;
            }
        }
        // An answer about another fix than the one that it would settle now is none.
        let outdated = payload.speaks_of_the_subject() && !self.met.subject.iter().all(|&commit| entry.knows(commit));
        if !outdated {
            self.apply(entry);
        }
        if payload.weighs_on_an_end() && payload.end().is_none() {
            self.met.weighty.push(Deed::of(entry));
        }
        if self.changes_the_subject(entry) {
            self.forget_answers();
            self.met.subject.push(entry.commit);
        }
    }

    /// Whether an event changes what has to be on main; an attempt that never had a fix takes nothing away with it.
    pub(super) fn changes_the_subject(&self, entry: &Recorded<'_>) -> bool {
        match &entry.event.payload {
            Payload::FixAttached(_) | Payload::CauseSettled(_) => true,
            Payload::FixWithdrawn(withdrawn) => {
                let attempt = self.known_attempt(withdrawn.attempt, entry);
                attempt.is_some_and(|place| self.attempts[place].fix.is_some())
            }
            _ => false,
        }
    }

    /// Whether an event counts behind the end: the incident can be opened again, its actions carried out, and a text cut out.
    pub(in crate::domain) fn takes_after_the_end(&self, payload: &Payload) -> bool {
        match payload {
            Payload::Reopened(_) => self.is_over(),
            Payload::ActionDone(_) => self.state == State::Closed,
            Payload::Redacted(_) => true,
            _ => false,
        }
    }

    /// Whether the incident's end does not stand beside this event, for neither knew of the other.
    fn end_falls(&self, entry: &Recorded<'_>) -> bool {
        let (Some(end), payload) = (self.end(), &entry.event.payload) else { return false };
        !entry.knows(end.commit) && payload.weighs_on_an_end() && payload.end() != Some(self.state)
    }

    fn end(&self) -> Option<&Arc<Deed>> {
        match self.state {
            State::Closed => self.closed.as_ref(),
            State::Void => self.voided.as_ref().map(|voided| &voided.by),
            State::Open | State::Restored => None,
        }
    }

    fn reopen(&mut self, entry: &Recorded<'_>) {
        if let Some(end) = self.end().cloned() {
            let unseen = vec![Deed::of(entry)];
            self.unseen_ends.push(UnseenEnd { by: end, unseen });
        }
        self.closed = None;
        self.voided = None;
        self.state = if self.is_back() { State::Restored } else { State::Open };
    }
}
