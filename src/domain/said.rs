//! What people said about the fix of an incident and its gates, as the events tell it.

use serde::Serialize;

use super::digest::FixDigest;
use super::event::{GateSettled, Overridden, OverrideReviewed, Payload, Reopened, SeverityChanged};
use super::incident::{Deed, Done, Recorded};
use super::policy::{SEVERITY, Value};

/// Everything said, in causal order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Said {
    /// Approvals, rejections, and words taken back.
    pub words: Vec<Done<Word>>,
    /// Gates that were skipped.
    pub overrides: Vec<Done<Overridden>>,
    /// Looks at those.
    pub reviews: Vec<Done<OverrideReviewed>>,
    /// Gates of a normal change that were passed late.
    pub gates_done: Vec<Done<GateSettled>>,
    /// Gates of a normal change that were waived.
    pub gates_waived: Vec<Done<GateSettled>>,
    /// Every severity that was said, in a walk or by a word of its own.
    pub severities: Vec<Done<SeverityChanged>>,
    /// Each time it was opened again.
    pub reopened: Vec<Done<Reopened>>,
}

/// One word about a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// The content that it is about.
    pub fix: FixDigest,
    /// What was said.
    pub kind: WordKind,
    /// The role in which it was said, if one was named.
    pub role: Option<String>,
}

/// What was said about a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordKind {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// Forget what I said.
    Withdraw,
}

impl Said {
    /// Takes an event; one of another kind changes nothing.
    pub(super) fn apply(&mut self, entry: &Recorded<'_>) {
        let word = |fix, kind, role| Done::of(entry, &Word { fix, kind, role });
        match &entry.event.payload {
            Payload::Approved(said) => self.words.push(word(said.fix, WordKind::Approve, said.role.clone())),
            Payload::Rejected(said) => self.words.push(word(said.fix, WordKind::Reject, None)),
            Payload::ApprovalWithdrawn(said) => self.words.push(word(said.fix, WordKind::Withdraw, None)),
            Payload::Overridden(said) => self.overrides.push(Done::of(entry, said)),
            Payload::OverrideReviewed(said) => self.reviews.push(Done::of(entry, said)),
            Payload::GateDone(said) => self.gates_done.push(Done::of(entry, said)),
            Payload::GateWaived(said) => self.gates_waived.push(Done::of(entry, said)),
            Payload::SeverityChanged(said) => self.severities.push(Done::of(entry, said)),
            Payload::Checked(checked) => {
                if let Some(Value::OneOf(severity)) = checked.facts.get(SEVERITY).map(|fact| &fact.value) {
                    self.severities.push(Done::of(entry, &SeverityChanged { severity: severity.clone() }));
                }
            }
            Payload::Reopened(said) => self.reopened.push(Done::of(entry, said)),
            _ => {}
        }
    }

    /// Who looked at an override; never whoever gave it.
    pub fn review(&self, overridden: &Done<Overridden>) -> Option<&Deed> {
        let of_it = self.reviews.iter().filter(|review| review.what.overridden == overridden.by.event);
        of_it.map(|review| &*review.by).find(|by| !by.actor.is(&overridden.by.actor))
    }

    /// The last word about an override; never of whoever gave it.
    pub fn latest_review(&self, overridden: &Done<Overridden>) -> Option<&Done<OverrideReviewed>> {
        let of_it = |review: &&Done<OverrideReviewed>| review.what.overridden == overridden.by.event;
        self.reviews.iter().rev().filter(of_it).find(|review| !review.by.actor.is(&overridden.by.actor))
    }
}
