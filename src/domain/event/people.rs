//! The bodies of what people say about a fix and its gates.

use serde::{Deserialize, Serialize};

use crate::domain::digest::FixDigest;
use crate::domain::identity::Moment;

/// Somebody agrees to a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The content that was agreed to.
    pub fix: FixDigest,
    /// The role in which it was said, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Somebody is against a fix (text `reason`), or takes back what they said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutFix {
    /// The content that it is about.
    pub fix: FixDigest,
}

/// A gate was skipped (text `reason`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// The content that it was said about; none where no fix was attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixDigest>,
    /// The refusal's code.
    pub gate: String,
    /// Until when it holds.
    #[serde(with = "crate::domain::moment")]
    pub until: Moment,
}

/// Somebody else looked at an override (text `reason`, if one was given).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideReviewed {
    /// Whether it was right to skip it.
    pub agreed: bool,
    /// The id of the event that skipped the gate.
    pub overridden: String,
}

/// A gate of a normal change was passed late (text `evidence`), or waived (text `reason`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSettled {
    /// The content that passed it.
    pub fix: FixDigest,
    /// The gate's name in the policy.
    pub gate: String,
}

/// The severity is another one now (text `reason`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityChanged {
    /// One of the policy's choices.
    pub severity: String,
}

/// A closed incident is open again (text `reason`, if a person reopened it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reopened {
    /// Why.
    pub because: ReopenedBecause,
}

/// Why a closed incident is open again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReopenedBecause {
    /// A person said so.
    Said,
    /// The fix is no longer in effect where it was proven to be.
    FixGone,
}

/// An action of an analysis was carried out, or the flag that stayed off was removed (text `evidence`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionDone {
    /// Its number there, from 1; 0 for the flag.
    pub action: u32,
    /// The id of the event that recorded the analysis, or that the flag stays off.
    pub analysis: String,
}

/// The number of the action that a flag which stays off owes: its removal.
pub const FLAG_REMOVED: u32 = 0;

/// What the policy demanded beside the usual when an incident was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demanded {
    /// Roles of which one approval more is needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<String>,
    /// Whether a sentence was asked for: the text `note`.
    pub note: bool,
    /// Whether something was overdue.
    pub overdue: bool,
    /// The points of the budget, those of this hotfix among them.
    pub points: u32,
}

impl Demanded {
    /// Whether nothing is asked for.
    pub fn is_nothing(&self) -> bool {
        self.approvals.is_empty() && !self.note
    }
}
