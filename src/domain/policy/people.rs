//! What the policy says about people and limits. A section that is not written demands nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Matcher;
use super::span::Span;
use crate::domain::refusal::Code;

/// The role that everybody has; no policy declares it.
pub const ANYONE: &str = "anyone";

/// People who may do something together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Its name, kebab-case.
    pub name: String,
    /// The e-mail addresses of its members.
    pub members: Vec<String>,
    /// A file on the trusted ref that names more: one address a line, or a CODEOWNERS file, whose owners of the fix's paths
    /// are meant.
    pub members_from: Option<String>,
}

/// How small a fix must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeLimits {
    /// The most files that count; none where there is no limit.
    pub files: Option<u32>,
    /// The most lines that count, added and removed together; none where there is no limit.
    pub lines: Option<u32>,
    /// Globs of paths that do not count: tests, a changelog.
    pub not_counted: Vec<String>,
    /// Globs of paths that no hotfix may touch.
    pub forbidden: Vec<String>,
    /// Whether what a fix does not need (a rename, a moved block, blanks, a dependency) is refused, not only named.
    pub refuse_unneeded: bool,
}

/// How many people of which role must agree.
pub type Needs = BTreeMap<String, u32>;

/// Who must agree to a fix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approvals {
    /// How many, by role; one person counts once.
    pub needs: Needs,
    /// What is needed beside that in some cases.
    pub also: Vec<AlsoNeeded>,
    /// Whether an author of the fix may approve it.
    pub author_may_approve: bool,
    /// The time from the fix's attachment after which one approval and an override are enough to deploy.
    pub nobody_awake_after: Option<Span>,
}

/// Approvals that some cases need.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlsoNeeded {
    /// Its name, kebab-case.
    pub name: String,
    /// The conditions, all of which must hold.
    pub when: BTreeMap<String, Matcher>,
    /// How many, by role.
    pub needs: Needs,
}

/// Who may skip a gate, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overrides {
    /// The roles that may; a gate of the check may be skipped by anybody, for an emergency is recorded, never blocked.
    pub by: Vec<String>,
    /// The shortest reason, in characters.
    pub reason_at_least: u32,
    /// How long one holds.
    pub expires_after: Span,
    /// The role whose members review it; never the person who skipped.
    pub review_by: String,
    /// Gates that can't be skipped, beside the record, the merge-back and the analysis, which never can.
    pub never_skip: Vec<Code>,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            by: vec![ANYONE.to_owned()],
            reason_at_least: 20,
            expires_after: Span::of_hours(24),
            review_by: ANYONE.to_owned(),
            never_skip: Vec::new(),
        }
    }
}

/// A gate that a normal change passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NormalGate {
    /// Its name, kebab-case.
    pub name: String,
    /// What it is, in a sentence.
    pub means: String,
    /// What makes it done without a word of its own.
    pub given_by: Option<GivenBy>,
    /// Whether a hotfix that skips it must make it good; a canary can't be made good, and still may have let the fault through.
    pub owed: bool,
    /// The role that may waive it.
    pub waive_by: String,
}

/// What makes a gate done without a word of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenBy {
    /// The approvals that the policy needs.
    Approval,
    /// The fix's proof, if it is a test or a run of continuous integration.
    Proof,
}

/// Until when what is owed must be given. Without a time nothing becomes overdue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deadlines {
    /// The fix on every target, from when the system was back.
    pub merge_back: Option<Span>,
    /// The analysis and its acceptance, from when the system was back.
    pub rca: Option<Span>,
    /// The review of an override, from when it was given.
    pub override_review: Option<Span>,
    /// A late approval, from the deployment.
    pub late_approval: Option<Span>,
    /// A skipped gate, from the deployment.
    pub normal_gates: Option<Span>,
    /// Evidence answered with "owed", from the check.
    pub evidence: Option<Span>,
    /// What the next check demands while something is overdue.
    pub when_overdue: Demand,
}

/// What is asked for beside the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Demand {
    /// One approval more, in this role.
    pub approval: Option<String>,
    /// A sentence at the check: why a hotfix nonetheless.
    pub note: bool,
}

/// What hotfixes and overrides cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// The time that is looked back over.
    pub window: Span,
    /// The points of a hotfix.
    pub hotfix: u32,
    /// The points of an override.
    pub overriding: u32,
    /// The price, by points, rising.
    pub steps: Vec<BudgetStep>,
    /// The budget demands nothing where all of these conditions hold; none where it always does.
    pub not_when: BTreeMap<String, Matcher>,
}

/// A step of the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BudgetStep {
    /// It is reached with so many points, those of this hotfix among them.
    pub from: u32,
    /// What it demands.
    #[serde(flatten)]
    pub demand: Demand,
}

/// Who may close an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WhoCloses {
    /// The role.
    pub role: String,
    /// Whether an author of the fix may.
    pub author: bool,
}

/// A program that gathers a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// The program and its arguments; no shell sees them.
    pub run: Vec<String>,
    /// How long it may take.
    pub timeout_seconds: u32,
    /// Where the value stands in its JSON output, such as `data.0.rate`; none: the output is the value.
    pub field: Option<String>,
    /// Where the moment of the measurement stands in it.
    pub measured_at: Option<String>,
    /// How old the measurement may be.
    pub fresh_for: Option<Span>,
}

impl Demand {
    /// Whether it asks for nothing.
    pub fn is_nothing(&self) -> bool {
        self.approval.is_none() && !self.note
    }
}
