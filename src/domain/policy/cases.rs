//! The policy's own tests: answers in, verdict out.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::people::Needs;
use super::{Policy, Value};
use crate::domain::approvals::needed;
use crate::domain::budget::demanded;
use crate::domain::event::{Decision, Provenance, RungName};
use crate::domain::ladder::{AnswerError, Answers, GivenEvidence, RungReply, Walk, walk};

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyTest {
    /// Its name, kebab-case.
    pub name: String,
    /// The line on which it stands, 1-based.
    pub line: usize,
    /// The answers, by key, as for `hotfix check --set`. A rung that is not answered was passed.
    pub given: BTreeMap<String, String>,
    /// The day; none: any day.
    pub at: Option<chrono::NaiveDate>,
    /// The points that other hotfixes and overrides used already.
    pub budget_used: u32,
    /// Whether another incident's debt is overdue.
    pub overdue: bool,
    /// What must come out.
    pub expect: Expected,
}

/// What must come out of a test; what is not written may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule that led there.
    pub rule: Option<String>,
    /// How many must agree, by role.
    pub approvals: Option<Needs>,
    /// Whether a note is demanded.
    pub note: Option<bool>,
}

/// What a policy can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A decision.
    Decided(Decision),
    /// Answers lack.
    Undecided,
    /// The policy takes effect later.
    NotInForce,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] = [
        Self::Decided(Decision::RollBack),
        Self::Decided(Decision::FlagOff),
        Self::Decided(Decision::Hotfix),
        Self::Decided(Decision::NormalRelease),
        Self::Undecided,
        Self::NotInForce,
    ];

    /// The word in the policy.
    pub fn word(self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.word(),
            Self::Undecided => "undecided",
            Self::NotInForce => "not-in-force",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What came out of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Got {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule that led there.
    pub rule: Option<String>,
    /// How many must agree, by role; nobody where it is no hotfix.
    pub approvals: Needs,
    /// Whether a note is demanded.
    pub note: bool,
    /// What lacks, where the verdict is undecided.
    pub lacking: Vec<String>,
}

/// The answers of a test; a rung that it leaves out was passed for its first reason.
pub fn answers(policy: &Policy, given: &BTreeMap<String, String>) -> Result<Answers, (String, AnswerError)> {
    let mut answers = Answers::default();
    for name in RungName::ALL {
        if let Some(reason) = name.of(policy).no_because.first() {
            let evidence = Some(GivenEvidence::Owed);
            answers.rungs.insert(name, RungReply::No { reason: reason.name.clone(), evidence });
        }
    }
    // Evidence belongs to a reason, so the reasons go first.
    let (evidence, plain): (Vec<_>, Vec<_>) = given.iter().partition(|(key, _)| key.ends_with(".evidence"));
    for (key, text) in plain.into_iter().chain(evidence) {
        answers.set(policy, key, text, Provenance::Given).map_err(|error| (key.clone(), error))?;
    }
    for name in RungName::ALL {
        if let Some(RungReply::No { evidence, .. }) = answers.rungs.get_mut(&name) {
            evidence.get_or_insert(GivenEvidence::Owed);
        }
    }
    Ok(answers)
}

/// What the policy says to a test. Its answers were checked when it was read.
pub fn run(policy: &Policy, test: &PolicyTest) -> Got {
    let nothing = |verdict| Got { verdict, rule: None, approvals: Needs::new(), note: false, lacking: Vec::new() };
    if test.at.zip(policy.effective).is_some_and(|(at, effective)| at < effective) {
        return nothing(Verdict::NotInForce);
    }
    let answers = answers(policy, &test.given).unwrap_or_default();
    match walk(policy, &answers) {
        Walk::Waiting(steps) => {
            Got { lacking: steps.iter().map(crate::domain::ladder::Step::key).collect(), ..nothing(Verdict::Undecided) }
        }
        Walk::Decided { decision: Decision::Hotfix, rule } => {
            let facts: BTreeMap<String, Value> =
                answers.facts.iter().map(|(name, reply)| (name.clone(), reply.value.clone())).collect();
            let demanded = demanded(policy, test.budget_used, test.overdue, &facts);
            Got {
                rule: rule.map(str::to_owned),
                approvals: needed(policy, &facts, Some(&demanded)),
                note: demanded.note,
                ..nothing(Verdict::Decided(Decision::Hotfix))
            }
        }
        Walk::Decided { decision, rule } => {
            Got { rule: rule.map(str::to_owned), ..nothing(Verdict::Decided(decision)) }
        }
    }
}

impl Expected {
    /// What differs between this and what came out: "rule production-down, got data-at-risk". Empty where nothing does.
    pub fn differences(&self, got: &Got) -> Vec<String> {
        let mut different = Vec::new();
        if self.verdict != got.verdict {
            let lacking =
                if got.lacking.is_empty() { String::new() } else { format!(" (lacks {})", got.lacking.join(", ")) };
            different.push(format!("verdict: expected {}, got {}{lacking}", self.verdict, got.verdict));
        }
        let told = |rule: Option<&String>| rule.map_or("none", String::as_str).to_owned();
        if self.rule.is_some() && self.rule != got.rule {
            different.push(format!("rule: expected {}, got {}", told(self.rule.as_ref()), told(got.rule.as_ref())));
        }
        if let Some(approvals) = self.approvals.as_ref().filter(|approvals| **approvals != got.approvals) {
            different.push(format!("approvals: expected {}, got {}", needs(approvals), needs(&got.approvals)));
        }
        if let Some(note) = self.note.filter(|note| *note != got.note) {
            different.push(format!("note: expected {note}, got {}", got.note));
        }
        different
    }
}

fn needs(needs: &Needs) -> String {
    let each: Vec<String> = needs.iter().map(|(role, count)| format!("{role}: {count}")).collect();
    if each.is_empty() { "none".to_owned() } else { each.join(", ") }
}
