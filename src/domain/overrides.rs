//! Which gates can be skipped, and what became of an override.

use super::digest::FixDigest;
use super::event::Overridden;
use super::identity::{IncidentId, Moment};
use super::incident::{Done, Incident};
use super::refusal::Code;

/// Where a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// At the check: anybody may skip it, alone and offline, for a real emergency is recorded, never blocked.
    Check,
    /// Before the fix reaches production; what was deployed while the override held stays as it was.
    Deploy,
    /// At closing.
    Close,
}

/// Whether a gate can be skipped at all, and where it stands; none for what never can: the record itself, the merge-back, the
/// analysis, and refusals that are no gate.
pub fn stage(code: Code) -> Option<Stage> {
    match code {
        Code::RollBackFirst | Code::FlagOffFirst | Code::DoesNotQualify | Code::NeverQualifies => Some(Stage::Check),
        Code::ApprovalMissing
        | Code::ApprovalRejected
        | Code::ApprovalContested
        | Code::ScopeExceeded
        | Code::ScopeForbidden
        | Code::ScopeUnneeded => Some(Stage::Deploy),
        Code::EvidenceOwed | Code::NotDeployed | Code::NotRestored | Code::ReleaseHoldsMore => Some(Stage::Close),
        _ => None,
    }
}

/// Every gate that can be skipped.
pub fn gates() -> impl Iterator<Item = (Code, Stage)> {
    Code::ALL.iter().filter_map(|code| Some((*code, stage(*code)?)))
}

/// The command that reviews an override, by whom.
pub fn review_command(id: &IncidentId, gate: &str, who: &str) -> String {
    format!("hotfix override review {id} --gate {gate} --agree    # or --disagree --reason WHY; by {who}")
}

/// What became of an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It holds, and nothing went through its gate yet.
    Active,
    /// Something went through its gate while it held.
    Used,
    /// It ended, and nothing had gone through its gate.
    Unused,
    /// It was said about a fix that is another one now.
    Outdated,
}

/// What became of an override by now.
pub fn fate(incident: &Incident, done: &Done<Overridden>, fix: Option<&FixDigest>, now: Moment) -> Fate {
    let holds_at = |at: Moment| done.by.at <= at && at <= done.what.until;
    let code = Code::ALL.iter().copied().find(|code| code.word() == done.what.gate);
    let used = match code.and_then(stage) {
        Some(Stage::Check) => {
            incident.checks.iter().any(|check| check.what.overridden.as_ref() == Some(&done.by.event))
        }
        Some(Stage::Deploy) => {
            let same_fix = done.what.fix.is_none() || done.what.fix.as_ref() == fix;
            if !same_fix {
                return Fate::Outdated;
            }
            // When it was recorded counts: when it happened is a claim, and would revive an override that has ended.
            incident.deployed.iter().any(|deployed| holds_at(deployed.by.at))
        }
        Some(Stage::Close) | None => incident.closed.as_ref().is_some_and(|closed| holds_at(closed.at)),
    };
    match (used, holds_at(now)) {
        (true, _) => Fate::Used,
        (false, true) => Fate::Active,
        (false, false) => Fate::Unused,
    }
}

/// Whether an override opens a gate: it holds now, or it held when the fix went through.
pub fn opens(incident: &Incident, done: &Done<Overridden>, fix: Option<&FixDigest>, now: Moment) -> bool {
    let stage = Code::ALL.iter().find(|code| code.word() == done.what.gate).and_then(|code| stage(*code));
    match fate(incident, done, fix, now) {
        // What went to production while it held stays as it was; closing and checking are asked anew.
        Fate::Used => stage == Some(Stage::Deploy),
        Fate::Active => stage.is_some(),
        Fate::Unused | Fate::Outdated => false,
    }
}

impl Fate {
    /// The word users see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Used => "used",
            Self::Unused => "expired unused",
            Self::Outdated => "about an earlier fix",
        }
    }
}
