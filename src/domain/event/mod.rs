//! What the ledger records: one event a commit.
//!
//! The fields of a body stand in the order of their names, in which they are written: nothing has to be put into order then.

mod check;
mod fix;
mod people;
mod road;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::check::{Answered, Checked, Decision, Evidence, Production, Provenance, Release, RungAnswer, RungName};
pub use self::fix::{Change, FixAttached, FixWithdrawn, Proof, Side, Started};
pub use self::people::{
    AboutFix, ActionDone, Approved, Demanded, FLAG_REMOVED, GateSettled, Overridden, OverrideReviewed, Reopened,
    ReopenedBecause, SeverityChanged,
};
pub use self::road::{
    Action, ActionKind, CauseSettled, Closed, Confirmed, Deployed, RcaAccepted, RcaRecorded, Restored, RestoredBy,
    TargetVerdict, Verified, VoidReason, Voided, Waived, WaiverReason,
};
use super::form::kinds;
use super::identity::{IncidentId, Moment, ObjectId, Person};

/// The version of the event format that this program writes.
pub const FORMAT: u32 = 1;

/// One event, without the free text, which is kept apart (people have a right to erasure, the record must stay).
///
/// Unknown fields are caught by the codec, which writes what it read and compares (serde can't refuse them beside `flatten`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// The event format's version.
    pub format: u32,
    /// A UUID (version 7), unique in the ledger.
    pub id: String,
    /// The ledger it belongs to: the id in the ledger's root. An event copied from elsewhere does not count.
    pub ledger: String,
    /// Who did it.
    pub actor: Person,
    /// When, by the actor's clock: for show; the order of events is the order of their commits.
    #[serde(with = "crate::domain::moment")]
    pub at: Moment,
    /// The incident it is about; none for the ledger's own events.
    #[serde(default)]
    pub incident: Option<IncidentId>,
    /// The salted SHA-256 of each free text that belongs to it, by the text's name.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    /// What happened.
    #[serde(flatten)]
    pub payload: Payload,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "kebab-case")]
pub enum Payload {
    /// The ledger began: always and only its root.
    LedgerCreated(LedgerCreated),
    /// The ladder was walked; the first one of an incident opens it.
    Checked(Arc<Checked>),
    /// A hotfix branch was made.
    Started(Started),
    /// The fix's commits were attached.
    FixAttached(Arc<FixAttached>),
    /// An attempt was withdrawn.
    FixWithdrawn(FixWithdrawn),
    /// A release with the fix was deployed.
    Deployed(Deployed),
    /// The system is back.
    Restored(Restored),
    /// It should not have been opened.
    Voided(Voided),
    /// The merge-back was asked for and answered.
    Verified(Verified),
    /// A person confirmed what git could not prove (text `reason`).
    Confirmed(Confirmed),
    /// Somebody said that the fix must not go to a target.
    Waived(Waived),
    /// A root cause analysis was written (text `analysis`).
    RcaRecorded(RcaRecorded),
    /// Someone accepted the analysis.
    RcaAccepted(RcaAccepted),
    /// How a cause that no fix dealt with was dealt with.
    CauseSettled(CauseSettled),
    /// The incident was closed.
    Closed(Closed),
    /// Somebody said that a key does not speak any more (text `reason`).
    KeyRevoked(KeyRevoked),
    /// A ledger that began apart, before its people could reach the others, was taken in.
    LedgerAdopted(LedgerAdopted),
    /// Free texts of an earlier event were cut out.
    Redacted(Redacted),
    /// Somebody agreed to the fix.
    Approved(Approved),
    /// Somebody is against the fix (text `reason`).
    Rejected(AboutFix),
    /// Somebody took back what they had said about the fix.
    ApprovalWithdrawn(AboutFix),
    /// A gate was skipped (text `reason`).
    Overridden(Overridden),
    /// Somebody else looked at an override.
    OverrideReviewed(OverrideReviewed),
    /// A gate of a normal change was passed late (text `evidence`).
    GateDone(GateSettled),
    /// A gate of a normal change was waived (text `reason`).
    GateWaived(GateSettled),
    /// The severity is another one now (text `reason`).
    SeverityChanged(SeverityChanged),
    /// A closed incident is open again.
    Reopened(Reopened),
    /// An action of an analysis was carried out (text `evidence`).
    ActionDone(ActionDone),
}

kinds! {
    LedgerCreated = "ledger-created",
    Checked = "checked",
    Started = "started",
    FixAttached = "fix-attached",
    FixWithdrawn = "fix-withdrawn",
    Deployed = "deployed",
    Restored = "restored",
    Voided = "voided",
    Verified = "verified",
    Confirmed = "confirmed",
    Waived = "waived",
    RcaRecorded = "rca-recorded",
    RcaAccepted = "rca-accepted",
    CauseSettled = "cause-settled",
    Closed = "closed",
    KeyRevoked = "key-revoked",
    LedgerAdopted = "ledger-adopted",
    Redacted = "redacted",
    Approved = "approved",
    Rejected = "rejected",
    ApprovalWithdrawn = "approval-withdrawn",
    Overridden = "overridden",
    OverrideReviewed = "override-reviewed",
    GateDone = "gate-done",
    GateWaived = "gate-waived",
    SeverityChanged = "severity-changed",
    Reopened = "reopened",
    ActionDone = "action-done",
}

impl Payload {
    /// The names that a person typed and that stand in the event itself: they are no free text, and must hold no secret.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Checked(checked) => checked.production.iter().map(|production| production.name.as_str()).collect(),
            Self::Deployed(deployed) => deployed.release.iter().map(|release| release.tag.as_str()).collect(),
            Self::CauseSettled(CauseSettled::Flag { key, owner, .. }) => vec![key, owner],
            Self::RcaRecorded(rca) => rca
                .actions
                .iter()
                .flat_map(|action| [Some(action.owner.as_str()), action.link.as_deref()])
                .flatten()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The blobs that must stay reachable for as long as the event does, sorted, each once.
    pub fn keeps(&self) -> Vec<ObjectId> {
        let mut blobs: Vec<_> = match self {
            Self::FixAttached(fix) => {
                let sides = fix.changes.iter().flat_map(|change| change.before.iter().chain(&change.after));
                // A submodule's commit lives in another repository.
                sides.filter(|side| side.mode != "160000").map(|side| side.id).collect()
            }
            Self::Checked(checked) => {
                checked.policy.source.iter().flat_map(|source| source.kept.iter().copied()).collect()
            }
            _ => return Vec::new(),
        };
        blobs.sort_unstable();
        blobs.dedup();
        blobs
    }
}

/// The root of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerCreated {
    /// The ref that policies are read from, if it was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_ref: Option<String>,
}

/// A key that does not speak any more. Its own person revokes it alone; others revoke it by two who say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    /// The id of the event from which on it does not speak: only what that event knows of still counts. None: this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The key's SHA-256 fingerprint: `SHA256:…`.
    pub key: String,
}

/// A ledger that began apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerAdopted {
    /// Its id.
    pub ledger: String,
    /// The commit that it began with.
    pub root: ObjectId,
}

/// Free texts that were cut out; the event that they belonged to keeps their hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redacted {
    /// The id of that event.
    pub event: String,
    /// The names of the texts, sorted, each once.
    pub texts: Vec<String>,
}

/// Which policy governed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPin {
    /// With the built-in policy: the branch that counted as main. It is a guess from this clone's settings, and whoever
    /// stands at the gate could change those, so the guess is made once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<String>,
    /// The policy's name.
    pub name: String,
    /// Where it was read from; none for the built-in policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<PolicySource>,
    /// Its version.
    pub version: u32,
}

impl PolicyPin {
    /// Whether both name the same policy: the same text rules, whichever commit of the trusted ref a clone had fetched.
    pub fn is_the_same_policy(&self, other: &Self) -> bool {
        (&self.name, self.version, &self.main) == (&other.name, other.version, &other.main)
            && self.texts() == other.texts()
    }

    /// The blobs of its own text and of that which it extends; none for the built-in policy.
    pub fn texts(&self) -> Option<&[ObjectId]> {
        self.source.as_ref().map(PolicySource::texts)
    }
}

/// Where a policy was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySource {
    /// The blob.
    pub blob: ObjectId,
    /// The commit on the trusted ref's first-parent history.
    pub commit: ObjectId,
    /// That blob, and then that of the policy which it extends: the event's tree keeps them, for the history of a branch can be
    /// rewritten, and an incident that cannot be judged any more could never be closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<ObjectId>,
}

impl PolicySource {
    /// The blobs of its own text and of that which it extends. Where the event kept none, nobody can tell the second.
    pub fn texts(&self) -> &[ObjectId] {
        if self.kept.is_empty() { std::slice::from_ref(&self.blob) } else { &self.kept }
    }
}
