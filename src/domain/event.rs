//! What the ledger records: one event a commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::identity::{IncidentId, Moment, ObjectId, Person, RepositoryPath};
use super::policy::{EvidenceKind, Value};

/// The version of the event format that this program writes.
pub const FORMAT: u32 = 1;

/// One event, without the free text, which is kept apart (people have a right to erasure, the record must stay).
///
/// Unknown fields are caught by the codec, which writes what it read and compares (serde can't refuse them beside `flatten`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub at: Moment,
    /// The incident it is about; none for the ledger's own events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The salted SHA-256 of each free text that belongs to it, by the text's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// What happened.
    #[serde(flatten)]
    pub payload: Payload,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "kebab-case")]
pub enum Payload {
    /// The ledger began: always and only its root.
    LedgerCreated(LedgerCreated),
    /// The ladder was walked; the first one of an incident opens it.
    Checked(Box<Checked>),
    /// Evidence that was owed is given (text `evidence`).
    EvidenceGiven(EvidenceGiven),
    /// A hotfix branch was made.
    Started(Started),
    /// The fix's commits were attached.
    FixAttached(Box<FixAttached>),
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
    /// A root cause analysis was written (text `analysis`).
    RcaRecorded(RcaRecorded),
    /// Someone accepted the analysis.
    RcaAccepted(RcaAccepted),
    /// How a cause that no fix dealt with was dealt with.
    CauseSettled(CauseSettled),
    /// The incident was closed.
    Closed(Closed),
}

impl Payload {
    /// The kinds that this program knows, as they are written.
    pub const KINDS: &[&str] = &[
        "ledger-created",
        "checked",
        "evidence-given",
        "started",
        "fix-attached",
        "fix-withdrawn",
        "deployed",
        "restored",
        "voided",
        "verified",
        "rca-recorded",
        "rca-accepted",
        "cause-settled",
        "closed",
    ];

    /// The kind, as it is written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LedgerCreated(_) => "ledger-created",
            Self::Checked(_) => "checked",
            Self::EvidenceGiven(_) => "evidence-given",
            Self::Started(_) => "started",
            Self::FixAttached(_) => "fix-attached",
            Self::FixWithdrawn(_) => "fix-withdrawn",
            Self::Deployed(_) => "deployed",
            Self::Restored(_) => "restored",
            Self::Voided(_) => "voided",
            Self::Verified(_) => "verified",
            Self::RcaRecorded(_) => "rca-recorded",
            Self::RcaAccepted(_) => "rca-accepted",
            Self::CauseSettled(_) => "cause-settled",
            Self::Closed(_) => "closed",
        }
    }

    /// The blobs that must stay reachable for as long as the event does, sorted, each once.
    pub fn keeps(&self) -> Vec<ObjectId> {
        let Self::FixAttached(fix) = self else { return Vec::new() };
        let sides = fix.changes.iter().flat_map(|change| change.before.iter().chain(&change.after));
        // A submodule's commit lives in another repository.
        let mut blobs: Vec<_> = sides.filter(|side| side.mode != "160000").map(|side| side.id).collect();
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

/// Which policy governed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPin {
    /// The policy's name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Where it was read from; none for the built-in policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<PolicySource>,
}

/// Where a policy was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySource {
    /// The commit on the trusted ref's first-parent history.
    pub commit: ObjectId,
    /// The blob.
    pub blob: ObjectId,
}

/// One walk up the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// When the incident started.
    pub started: Moment,
    /// The policy that governed.
    pub policy: PolicyPin,
    /// What production ran, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<Production>,
    /// Rung 1.
    pub roll_back: RungAnswer,
    /// Rung 2; none when rung 1 ended the walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag_off: Option<RungAnswer>,
    /// The facts, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Answered>,
    /// What was decided.
    pub decision: Decision,
    /// The rule that led there; none for a decision on the ladder or when no rule qualifies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What production ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Production {
    /// The ref or revision as it was found or named.
    pub name: String,
    /// Its commit.
    pub commit: ObjectId,
    /// The last good release before it, if one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Release>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The tag's short name.
    pub tag: String,
    /// The commit it points to.
    pub commit: ObjectId,
}

/// The answer at a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RungAnswer {
    /// Take this way.
    Yes,
    /// Not this way, for one of the policy's reasons.
    No {
        /// The reason's name.
        reason: String,
        /// The evidence.
        evidence: Evidence,
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
    /// The value; a text's words are the event's text `fact.NAME`.
    pub value: Value,
    /// Where it came from.
    pub provenance: Provenance,
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

/// Evidence that was owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceGiven {
    /// For which rung.
    pub rung: RungName,
    /// The evidence; [`Evidence::Text`] is the event's text `evidence`.
    pub evidence: Evidence,
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

/// A hotfix branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The branch's short name.
    pub branch: String,
    /// Where it forks from.
    pub base: ObjectId,
}

/// A fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixAttached {
    /// Which attempt it is.
    pub attempt: u32,
    /// What the fix's first commit stands on; none if that is a root commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// Its commits, oldest first.
    pub commits: Vec<ObjectId>,
    /// Everyone who wrote it: authors, committers, co-authors.
    pub authors: Vec<Person>,
    /// Its net change; the blobs are kept reachable by the event's tree.
    pub changes: Vec<Change>,
    /// What proves that it works (text `proof`).
    pub proof: Proof,
    /// Whether a flag guards it.
    pub guarded_by_flag: bool,
}

/// The net change of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Before; none for an added path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Side>,
    /// After; none for a deleted path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Side>,
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The path.
    pub path: RepositoryPath,
    /// The blob (for a submodule the commit).
    pub id: ObjectId,
    /// Git's file mode: `100644`, `100755`, `120000` or `160000`, as octal digits.
    pub mode: String,
}

/// What proves that a fix works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A test.
    Test,
    /// A run of continuous integration.
    Ci,
    /// A manual check.
    Manual,
    /// Nothing: it is untested, because ….
    Untested,
}

/// An attempt that was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixWithdrawn {
    /// Which attempt.
    pub attempt: u32,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployed {
    /// When.
    pub at: Moment,
    /// The release, if it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

/// The system is back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// By what.
    pub by: RestoredBy,
    /// When.
    pub at: Moment,
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

/// Why an incident should not have been opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voided {
    /// Why.
    pub reason: VoidReason,
    /// The incident that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<IncidentId>,
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
    /// The target's full ref name.
    pub target: String,
    /// Its commit at that time.
    pub commit: ObjectId,
    /// The verdict.
    pub verdict: super::merge_back::Verdict,
    /// The commits by which the fix landed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub landings: Vec<ObjectId>,
}

/// A root cause analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RcaRecorded {
    /// Whether the analysis says that no code was the cause.
    pub no_code_cause: bool,
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
