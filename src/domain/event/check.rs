//! The bodies of a check: the walk up the ladder and what it was decided on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Demanded, PolicyPin};
use crate::domain::identity::{Moment, ObjectId, RepositoryPath};
use crate::domain::policy::{EvidenceKind, Value};

/// One walk up the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// What was decided.
    pub decision: Decision,
    /// What the policy demanded beside the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demanded: Option<Demanded>,
    /// The facts, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Answered>,
    /// Rung 2; none when rung 1 ended the walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag_off: Option<RungAnswer>,
    /// The id of the override that made it a hotfix against the walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<String>,
    /// The policy that governed.
    pub policy: PolicyPin,
    /// What production ran, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<Production>,
    /// Rung 1.
    pub roll_back: RungAnswer,
    /// The rule that led there; none for a decision on the ladder or when no rule qualifies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// When the incident started.
    #[serde(with = "crate::domain::moment")]
    pub started: Moment,
}

/// What production ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Production {
    /// Its commit.
    pub commit: ObjectId,
    /// The last good release before it, if one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Release>,
    /// The ref or revision as it was found or named.
    pub name: String,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The commit it points to.
    pub commit: ObjectId,
    /// The tag's short name.
    pub tag: String,
}

/// The answer at a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RungAnswer {
    /// Take this way.
    Yes,
    /// Not this way, for one of the policy's reasons.
    No {
        /// The evidence.
        evidence: Evidence,
        /// The reason's name.
        reason: String,
    },
}

/// Evidence for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Evidence {
    /// The reason wants none.
    None,
    /// It will be given later: a debt.
    Owed {
        /// What is owed.
        wanted: EvidenceKind,
    },
    /// A commit.
    Commit {
        /// Its id.
        commit: ObjectId,
    },
    /// A path.
    Path {
        /// The path.
        path: RepositoryPath,
    },
    /// A link or a sentence: the text `roll-back` or `flag-off` of the event.
    Text,
}

/// A fact with where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// Where it came from.
    pub provenance: Provenance,
    /// The value; a text's words are the event's text `fact.NAME`.
    pub value: Value,
}

/// Where a fact came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// A probe measured it.
    Probed,
    /// A person said it.
    Said,
    /// A script gave it.
    Given,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Go back to the last good release.
    RollBack,
    /// Switch the broken thing off.
    FlagOff,
    /// Make a minimal fix on the release line.
    Hotfix,
    /// It can wait for the normal release.
    NormalRelease,
}

/// The rungs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RungName {
    /// The first.
    RollBack,
    /// The second.
    FlagOff,
}

impl RungName {
    /// Both rungs, in the order of the walk.
    pub const ALL: [Self; 2] = [Self::RollBack, Self::FlagOff];

    /// The key of this rung in `--set`.
    pub fn key(self) -> &'static str {
        match self {
            Self::RollBack => "roll-back",
            Self::FlagOff => "flag-off",
        }
    }

    /// The key of this rung's evidence in `--set`.
    pub fn evidence_key(self) -> String {
        format!("{}.evidence", self.key())
    }

    /// This rung in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::RollBack => "rolling back",
            Self::FlagOff => "switching off",
        }
    }

    /// The decision that a "yes" at this rung makes.
    pub fn decision(self) -> Decision {
        match self {
            Self::RollBack => Decision::RollBack,
            Self::FlagOff => Decision::FlagOff,
        }
    }
}
