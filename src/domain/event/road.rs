//! The bodies of events on the way from a fix to the end of its incident.

use serde::{Deserialize, Serialize};

use super::Release;
use crate::domain::identity::{IncidentId, Moment, ObjectId};
use crate::domain::merge_back::Verdict;

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployed {
    /// When.
    #[serde(with = "crate::domain::moment")]
    pub at: Moment,
    /// The release, if it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

/// The system is back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// When.
    #[serde(with = "crate::domain::moment")]
    pub at: Moment,
    /// By what.
    pub by: RestoredBy,
}

/// What brought the system back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestoredBy {
    /// Going back.
    RollBack,
    /// Switching off.
    FlagOff,
    /// The fix.
    Hotfix,
    /// Something else.
    Other,
}

impl RestoredBy {
    /// The word that `restored --by` takes.
    pub fn word(self) -> &'static str {
        match self {
            Self::RollBack => "roll-back",
            Self::FlagOff => "flag-off",
            Self::Hotfix => "hotfix",
            Self::Other => "other",
        }
    }
}

/// Why an incident should not have been opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voided {
    /// The incident that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<IncidentId>,
    /// Why.
    pub reason: VoidReason,
}

/// Why an incident should not have been opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoidReason {
    /// Nothing was broken.
    FalseAlarm,
    /// The id was mistyped.
    Typo,
    /// Another incident is the same.
    DuplicateOf,
}

/// A merge-back verdict for each target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// The answers.
    pub targets: Vec<TargetVerdict>,
}

/// The verdict for one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetVerdict {
    /// Its commit at that time.
    pub commit: ObjectId,
    /// The commits by which the fix landed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub landings: Vec<ObjectId>,
    /// The target's full ref name.
    pub target: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// A person looked at what git could not prove (text `reason`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// The target's commit that the person looked at: it holds while the fix's paths stay as they are there.
    pub at: ObjectId,
    /// The commit on it that is the fix.
    pub commit: ObjectId,
    /// The target's full ref name.
    pub target: String,
}

/// Somebody said that the fix must not go to a target; it holds once a second person says the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waived {
    /// The target's commit that the person looked at: it holds while the fix's paths stay as they are there.
    pub at: ObjectId,
    /// The commit on the target that shows it.
    pub evidence: ObjectId,
    /// Why.
    pub reason: WaiverReason,
    /// The target's full ref name.
    pub target: String,
}

impl Waived {
    /// Whether both are the same waiver, whenever each was said.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.target == other.target && self.reason == other.reason && self.evidence == other.evidence
    }
}

/// Why a fix must not go to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverReason {
    /// The target has removed what was fixed.
    Obsolete,
    /// The target does it otherwise.
    Superseded,
    /// The change belongs to the release alone.
    ReleaseOnly,
}

impl WaiverReason {
    /// The word in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Obsolete => "obsolete",
            Self::Superseded => "superseded",
            Self::ReleaseOnly => "release-only",
        }
    }
}

/// A root cause analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RcaRecorded {
    /// What will be done; the words are in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// The gate that let it through: one of the policy's, or `none-existed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escaped_gate: Option<String>,
    /// Whether the analysis says that no code was the cause.
    pub no_code_cause: bool,
}

/// What will be done after an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it is aimed at: a gate of the policy, `none-existed`, or a rung of the ladder.
    pub aim: String,
    /// Until when.
    pub due: chrono::NaiveDate,
    /// Whether it prevents, detects or mitigates.
    pub kind: ActionKind,
    /// Where it is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who does it.
    pub owner: String,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// It keeps the fault from happening.
    Prevent,
    /// It shows the fault sooner.
    Detect,
    /// It makes the damage smaller.
    Mitigate,
}

/// An analysis that somebody else accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RcaAccepted {
    /// The id of the event that recorded it.
    pub analysis: String,
}

/// How the cause was dealt with when there was no fix on a release line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "settled", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CauseSettled {
    /// A commit on main reverts or fixes it.
    OnMain {
        /// The commit.
        commit: ObjectId,
    },
    /// The flag stays off, with an owner and a removal date.
    Flag {
        /// The flag's key.
        key: String,
        /// Who removes it.
        owner: String,
        /// Until when.
        remove_by: chrono::NaiveDate,
    },
}

/// A closed incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The verdicts it was closed on.
    pub targets: Vec<TargetVerdict>,
}
