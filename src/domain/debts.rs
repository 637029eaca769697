//! What is owed, by whom, and until when.

use std::sync::Arc;

use serde::Serialize;

use super::analysis::PlannedAction;
use super::case::Case;
use super::closing::{self, Lack, Proof};
use super::event::{Action, ActionKind, CauseSettled, Checked, Decision, FLAG_REMOVED};
use super::identity::Moment;
use super::incident::{Done, Incident, evidence_owed};
use super::policy::people::Deadlines;
use super::policy::span::Span;
use super::refusal::{Code, Refusal};

/// Something that an incident owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// What, with the command that mends it.
    #[serde(flatten)]
    pub refusal: Refusal,
    /// The gate that it is about, where several of one code can be owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Who owes it.
    pub by: String,
    /// Until when; none where the policy sets no time.
    pub until: Option<Moment>,
    /// Whether that has passed.
    pub overdue: bool,
}

/// Everything that an incident owes before it can close, each with its debtor and its deadline.
pub fn owed(case: &Case<'_>, proofs: &[Proof]) -> Vec<Owed> {
    if case.incident.is_over() {
        return Vec::new();
    }
    closing::lacking(case, proofs).into_iter().map(|lack| with_deadline(case, lack)).collect()
}

fn with_deadline(case: &Case<'_>, lack: Lack) -> Owed {
    let incident = case.incident;
    let since = lack.since.or_else(|| began(incident, lack.refusal.code));
    let span = time_for(&case.policy.deadlines, lack.refusal.code);
    let until = since.zip(span).map(|(since, span)| since + span.delta());
    let overdue = until.is_some_and(|until| until < case.now);
    Owed { by: debtor(incident, lack.refusal.code), refusal: lack.refusal, about: lack.about, until, overdue }
}

/// The time that the policy gives for a debt.
fn time_for(deadlines: &Deadlines, code: Code) -> Option<Span> {
    match code {
        Code::NotMergedBack
        | Code::MergeBackUnproven
        | Code::NotVerified
        | Code::MainNotFresh
        | Code::CauseOpen
        | Code::FixMissing => deadlines.merge_back,
        Code::RcaMissing | Code::RcaNotAccepted => deadlines.rca,
        Code::OverrideReviewOwed => deadlines.override_review,
        Code::ApprovalMissing | Code::LateApprovalOwed => deadlines.late_approval,
        Code::GateSkipped => deadlines.normal_gates,
        Code::EvidenceOwed => deadlines.evidence,
        _ => None,
    }
}

/// From when a debt's time runs: while production is down nobody is pressed for papers, unless nobody ever says that it is up.
/// None while the next planned release is waited for, which comes when it comes.
fn began(incident: &Incident, code: Code) -> Option<Moment> {
    // The first word counts: a deadline is not moved by saying the same once more.
    let deployed = incident.deployed.iter().map(|deployed| deployed.what.at).min();
    let restored = incident.restored_first;
    let owed_at = |check: &&Done<Arc<Checked>>| !evidence_owed(&check.what).is_empty();
    let from = match code {
        Code::EvidenceOwed => incident.checks.iter().find(owed_at).map(|check| check.by.at),
        Code::ApprovalMissing | Code::LateApprovalOwed | Code::GateSkipped => deployed.or(restored),
        _ => restored.or(deployed),
    };
    // What a reopened incident owes began when it was opened again.
    let reopened = incident.said.reopened.last().map(|reopened| reopened.by.at);
    let waits = incident.decision() == Decision::NormalRelease && deployed.is_none();
    let from = from.or((!waits).then_some(incident.opened.at));
    from.map(|from| reopened.map_or(from, |reopened| reopened.max(from)))
}

fn debtor(incident: &Incident, code: Code) -> String {
    let attacher = incident.fixes().last().map(|fix| &fix.by.actor.name);
    let opener = &incident.opened.actor.name;
    match code {
        Code::ApprovalMissing
        | Code::ApprovalRejected
        | Code::ApprovalContested
        | Code::LateApprovalOwed
        | Code::OverrideReviewOwed => "a second person".to_owned(),
        Code::RcaNotAccepted => "a reader of the analysis".to_owned(),
        Code::RcaMissing | Code::NotRestored | Code::CauseOpen => opener.clone(),
        Code::EvidenceOwed => incident.check().by.actor.name.clone(),
        _ => attacher.unwrap_or(opener).clone(),
    }
}

/// An action of an analysis that nobody carried out yet, or the removal of the flag that stays off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenAction {
    /// The incident.
    pub incident: super::identity::IncidentId,
    /// Its number in the analysis, from 1; 0 for the flag.
    pub number: u32,
    /// The key of that flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// What was planned.
    #[serde(flatten)]
    pub action: PlannedAction,
    /// Whether its day has passed.
    pub overdue: bool,
}

/// The actions of an incident that are open, closed or not: an analysis whose actions are forgotten was written for the drawer,
/// and a flag that stays off for good is a part of the product that nobody decided to take away.
pub fn open_actions(incident: &Incident, now: Moment) -> Vec<OpenAction> {
    let flag = incident.cause.iter().filter_map(|cause| match &cause.what {
        CauseSettled::OnMain { .. } => None,
        CauseSettled::Flag { key, owner, remove_by } => {
            let (kind, aim) = (ActionKind::Mitigate, "flag-off".to_owned());
            let action = Action { kind, aim, owner: owner.clone(), due: *remove_by, link: None };
            let planned = PlannedAction { action, done: incident.flag_removed.clone() };
            Some((FLAG_REMOVED, Some(key.clone()), planned))
        }
    });
    let actions = incident.analysis.iter().flat_map(|analysis| analysis.actions.iter().cloned());
    let actions = (1..).zip(actions).map(|(number, action)| (number, None, action));
    let open = flag.chain(actions).filter(|(.., action)| action.done.is_none());
    open.map(|(number, flag, action)| {
        let overdue = action.action.due < now.date_naive();
        OpenAction { incident: incident.id.clone(), number, flag, action, overdue }
    })
    .collect()
}
