//! What stands between an incident and its end: everything missing, each with the command that mends it.

use std::sync::Arc;

use serde::Serialize;

use super::case::Case;
use super::event::{CauseSettled, Checked, Decision, RestoredBy, TargetVerdict};
use super::gates;
use super::identity::{Moment, ObjectId};
use super::incident::{Done, Incident, State};
use super::merge_back::Verdict;
use super::overrides;
use super::policy::{CloseRequires, Policy, RcaRequirement};
use super::refusal::{Code, Refusal};
use super::sentence::short_ref;

/// What git said about one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The target was asked.
    Asked {
        /// Its full ref name.
        reference: String,
        /// Its short name, for people.
        target: String,
        /// The worst verdict over what must be there.
        verdict: Verdict,
        /// What is missing or undone, in one line; empty when merged.
        story: String,
        /// The commands that show what is not proven; empty where there are none.
        look: Vec<String>,
        /// The commit that a person may confirm as the fix, where that can be told.
        confirmable: Option<ObjectId>,
        /// The commands that would bring it there; empty where there are none.
        mend: Vec<String>,
        /// What people said about the target, as far as it still holds there.
        settled: Option<Settled>,
    },
    /// Nobody asked yet.
    NotAsked,
    /// The target could not be fetched, so an answer would be about yesterday.
    NotFresh {
        /// Its short name, for people.
        target: String,
        /// Why, in one line.
        why: String,
    },
}

/// What people said about a target where git can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// A person confirmed a commit as the fix.
    Confirmed,
    /// Two people said that the fix must not go there.
    Waived,
}

/// What people said about a target; a waiver before a confirmation.
pub fn settled(incident: &Incident, target: &str) -> Option<Settled> {
    let waived = incident.waiver(target).map(|_| Settled::Waived);
    waived.or(incident.confirmed.contains_key(target).then_some(Settled::Confirmed))
}

/// What the record says about the targets, without asking git again: for lists.
pub fn recorded_proofs(incident: &Incident) -> Vec<Proof> {
    let wants_proof = incident.fixes().next().is_some()
        || matches!(&incident.cause, Some(cause) if matches!(cause.what, CauseSettled::OnMain { .. }));
    if incident.verified.is_empty() {
        return if wants_proof { vec![Proof::NotAsked] } else { Vec::new() };
    }
    let asked = |(target, verified): (&String, &Done<TargetVerdict>)| Proof::Asked {
        reference: target.clone(),
        target: short_ref(target).to_owned(),
        verdict: verified.what.verdict,
        story: String::new(),
        look: Vec::new(),
        confirmable: None,
        mend: Vec::new(),
        settled: settled(incident, target),
    };
    incident.verified.iter().map(asked).collect()
}

/// Something that closing lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// What, with the command that mends it.
    pub refusal: Refusal,
    /// The gate that it is about, where several of one code can lack.
    pub about: Option<String>,
    /// When it began to be owed, if that is a time of its own.
    pub since: Option<Moment>,
}

impl Lack {
    fn plain(refusal: Refusal) -> Self {
        Self { refusal, about: None, since: None }
    }
}

/// Everything that closing still lacks, in the order in which it is best mended; empty when the gate is open.
pub fn missing(case: &Case<'_>, proofs: &[Proof]) -> Vec<Refusal> {
    lacking(case, proofs).into_iter().map(|lack| lack.refusal).collect()
}

/// The same, each with when it began.
pub fn lacking(case: &Case<'_>, proofs: &[Proof]) -> Vec<Lack> {
    let incident = case.incident;
    if let Some(over) = over(incident) {
        return vec![Lack::plain(over)];
    }
    let requires = &case.policy.close_requires;
    let mut refusals = road(incident, requires, proofs);
    refusals.extend(gates::of_fix(case, gates::When::Closing));
    refusals.retain(|refusal| !case.opened(refusal.code));
    let analysis = analysis(incident, requires.rca).map(Lack::plain);
    let road = refusals.into_iter().map(Lack::plain);
    road.chain(gates::skipped(case)).chain(gates::unreviewed(case)).chain(analysis).collect()
}

/// What the record alone tells of what closing lacked, without the people of the day and the fix's content: for audits.
pub fn by_record(incident: &Incident, policy: &Policy, proofs: &[Proof]) -> Vec<Code> {
    let said = &incident.said;
    let skipped = |code: Code| said.overrides.iter().any(|done| done.what.gate == code.word());
    let mut codes: Vec<Code> = road(incident, &policy.close_requires, proofs)
        .into_iter()
        .map(|refusal| refusal.code)
        .filter(|code| overrides::stage(*code).is_none() || !skipped(*code))
        .collect();
    let unreviewed = said.overrides.iter().filter(|done| said.review(done).is_none());
    codes.extend(unreviewed.map(|_| Code::OverrideReviewOwed));
    codes.extend(analysis(incident, policy.close_requires.rca).map(|refusal| refusal.code));
    codes
}

/// The way from the fix to the end: merged back, deployed, restored, with its evidence.
fn road(incident: &Incident, requires: &CloseRequires, proofs: &[Proof]) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = contested(incident).into_iter().collect();
    if requires.merge_back {
        refusals.extend(cause(incident));
        refusals.extend(proofs.iter().filter_map(|proof| unproven(incident, proof)));
    }
    let id = &incident.id;
    if requires.deployed && incident.deployed.is_empty() && incident.fixes().next().is_some() {
        refusals.push(Refusal::new(
            Code::NotDeployed,
            "nobody said when the fix was deployed",
            format!("hotfix deployed {id}"),
        ));
        let abandoned = incident.attempts.iter().find(|attempt| !attempt.withdrawn && attempt.fix.is_some());
        if let (false, Some(attempt), Some(refusal)) = (incident.allows_hotfix(), abandoned, refusals.last_mut()) {
            refusal
                .next
                .push(format!("hotfix fix {id} --withdraw {}    # if it is not made after all", attempt.number));
        }
    }
    if requires.restored && !incident.is_back() {
        refusals.push(not_back(incident));
    }
    if requires.evidence {
        refusals.extend(incident.evidence_owed().into_iter().map(|rung| {
            Refusal::new(
                Code::EvidenceOwed,
                format!("the evidence why {} was no way is still owed", rung.words()),
                format!("hotfix check {id} --set {}=EVIDENCE", rung.evidence_key()),
            )
        }));
    }
    refusals
}

fn not_back(incident: &Incident) -> Refusal {
    let restored = format!("hotfix restored {} --by", incident.id);
    let by = likely_restorer(incident.decision());
    match &incident.restored {
        None => Refusal::new(Code::NotRestored, "nobody said when the system was back", format!("{restored} {by}")),
        Some(before) => {
            let (word, at) = (before.what.by.word(), before.what.at.to_rfc3339());
            Refusal {
                code: Code::NotRestored,
                message: "it was opened again, and nobody said since that the system is back".to_owned(),
                next: vec![
                    format!("{restored} {by}    # once it is; or roll-back, flag-off, other"),
                    format!("{restored} {word} --at {at}    # if it was up all along"),
                ],
            }
        }
    }
}

/// Whether people decided apart, and otherwise than each other.
pub fn contested(incident: &Incident) -> Option<Refusal> {
    let walks = incident.contested();
    let told = |check: &&Done<Arc<Checked>>| {
        let (what, policy) = (&check.what, &check.what.policy);
        format!("{} by {} ({}, version {})", what.decision.word(), check.by.actor.name, policy.name, policy.version)
    };
    let told: Vec<String> = walks.iter().map(told).collect();
    let next = format!("hotfix check {} --again    # by somebody who has seen both", incident.id);
    let message = format!("people who did not know of each other decided otherwise: {}", told.join("; "));
    (!walks.is_empty()).then(|| Refusal::new(Code::ContestedDecision, message, next))
}

/// Why nothing can be done with an incident that is over.
pub fn over(incident: &Incident) -> Option<Refusal> {
    let id = &incident.id;
    let ended = |code, message, when| {
        let next = vec![format!("hotfix show {id}"), format!("hotfix reopen {id} --reason WHY    # {when}")];
        Refusal { code, message, next }
    };
    match incident.state {
        State::Open | State::Restored => None,
        State::Closed => Some(ended(Code::AlreadyClosed, format!("{id} is closed"), "if it came back")),
        State::Void => Some(ended(Code::IncidentVoid, format!("{id} is void"), "if it was no mistake after all")),
    }
}

/// Whether something is there that could deal with the cause: a fix, a settled cause, or an analysis that sees no code.
pub fn cause(incident: &Incident) -> Option<Refusal> {
    let id = &incident.id;
    let by_hotfix = incident.restored.as_ref().is_some_and(|restored| restored.what.by == RestoredBy::Hotfix);
    // What was taken out of production again, and withdrawn, is no longer what brought it back, once people walked another way.
    let gave_up = incident.all_withdrawn() && incident.decision() != Decision::Hotfix;
    let ran = !incident.deployed.is_empty() && !gave_up;
    if (by_hotfix || ran) && incident.fixes().next().is_none() {
        // Production runs a fix then: neither a flag nor an analysis says where it is.
        let message = "a fix was deployed or brought production back, and none is attached".to_owned();
        let mut next = attaching(incident);
        if incident.all_withdrawn() {
            next.push(format!("hotfix check {id} --again    # if production went back instead"));
        }
        if !ran {
            let planned = !incident.allows_hotfix() && incident.decision() == Decision::NormalRelease;
            let (place, when) = match planned {
                // What goes out with a planned release is on no release line of its own.
                true => (0, "if it went out with the planned release"),
                false => (next.len(), "or roll-back, flag-off: if it was not the fix"),
            };
            next.insert(place, format!("hotfix restored {id} --by other    # {when}"));
        }
        return Some(Refusal { code: Code::FixMissing, message, next });
    }
    let no_code = incident.analysis.as_ref().is_some_and(|rca| rca.no_code_cause && rca.accepted.is_some());
    if incident.fixes().next().is_some() || incident.cause.is_some() || no_code {
        return None;
    }
    let settle = [
        format!("hotfix cause {id} --fixed-by COMMIT    # the commit on main that reverts or fixes the culprit"),
        format!("hotfix cause {id} --flag KEY --owner WHO --remove-by DATE    # the flag stays off until then"),
        format!("hotfix rca {id}    # an accepted analysis with `code_cause: false`, if no code was the cause"),
    ];
    if incident.decision() == Decision::Hotfix {
        let mut next = attaching(incident);
        next.extend(settle);
        let message = "a hotfix was decided, and no fix is attached".to_owned();
        return Some(Refusal { code: Code::FixMissing, message, next });
    }
    let message = "what broke production is still on main".to_owned();
    Some(Refusal { code: Code::CauseOpen, message, next: settle.into() })
}

/// The commands that attach a fix: without a branch of its own there is none to take, so that is made first, or the commits are
/// named where nobody decided a hotfix.
pub fn attaching(incident: &Incident) -> Vec<String> {
    let id = &incident.id;
    let live = incident.attempt().filter(|attempt| !attempt.withdrawn);
    match (live.and_then(|attempt| attempt.branch.as_ref()), incident.allows_hotfix()) {
        (Some(_), _) => vec![format!("hotfix fix {id}")],
        (None, true) => vec![format!("hotfix start {id}"), format!("hotfix fix {id}    # once the fix is committed")],
        (None, false) => vec![format!("hotfix fix {id} BASE..TIP    # BASE: the last commit before the fix")],
    }
}

/// The refusal of what needs a fix where none is attached.
pub fn fix_missing(incident: &Incident, message: &str) -> Refusal {
    Refusal { code: Code::FixMissing, message: message.to_owned(), next: attaching(incident) }
}

/// What one target's proof means for closing; none where it is no obstacle.
pub fn unproven(incident: &Incident, proof: &Proof) -> Option<Refusal> {
    let id = &incident.id;
    let what = match &incident.cause {
        Some(cause) if matches!(cause.what, CauseSettled::OnMain { .. }) && incident.fixes().next().is_none() => {
            "the commit that deals with the cause"
        }
        _ => "the fix",
    };
    match proof {
        Proof::NotAsked => Some(Refusal::new(
            Code::NotVerified,
            format!("no answer of git is on record whether {what} is on main"),
            format!("hotfix verify {id}"),
        )),
        Proof::NotFresh { target, why } => Some(Refusal {
            code: Code::MainNotFresh,
            message: format!("{target} could not be fetched: {why}"),
            next: vec!["git fetch --all".to_owned(), format!("hotfix close {id}")],
        }),
        Proof::Asked { reference, target, verdict, story, look, confirmable, mend, settled } => {
            if *settled == Some(Settled::Waived) {
                return None;
            }
            let (code, said) = match verdict {
                Verdict::Merged => return None,
                Verdict::Partial => (Code::NotMergedBack, "only partly on"),
                Verdict::Reverted => (Code::NotMergedBack, "no longer in effect on"),
                Verdict::Missing => (Code::NotMergedBack, "not on"),
                // A person may settle what git can't; never what git knows to be otherwise.
                Verdict::Unproven if *settled == Some(Settled::Confirmed) => return None,
                Verdict::Unproven => (Code::MergeBackUnproven, "not proven on"),
            };
            let story = if story.is_empty() { String::new() } else { format!(": {story}") };
            // First whether it is there: only what is not there is to be brought.
            let commit = confirmable.map_or_else(|| "COMMIT".to_owned(), |commit| commit.short());
            let confirm =
                format!("hotfix verify {id} --confirm {commit} --reason WHY    # if that is it; by somebody else");
            let confirm = (*verdict == Verdict::Unproven).then_some(confirm);
            // Somebody said that it need not go there, and is alone with that so far.
            let waiver = incident.waivers.iter().rfind(|waiver| waiver.what.target == *reference).map(|waiver| {
                let (by, reason, evidence) =
                    (&waiver.by.actor.name, waiver.what.reason.word(), waiver.what.evidence.short());
                let command =
                    format!("hotfix verify {id} --not-needed {target} --reason {reason} --evidence {evidence}");
                format!("{command}    # as {by} says; by somebody else")
            });
            // Nothing can be said about an incident that is over.
            let reopen =
                incident.is_over().then(|| format!("hotfix reopen {id} --reason WHY    # first: it is closed"));
            let verify = format!("hotfix verify {id}");
            let first = reopen.into_iter().chain(waiver);
            let next = first.chain(look.clone()).chain(confirm).chain(mend.clone()).chain([verify]).collect();
            Some(Refusal { code, message: format!("{what} is {said} {target}{story}"), next })
        }
    }
}

fn analysis(incident: &Incident, requirement: RcaRequirement) -> Option<Refusal> {
    let id = &incident.id;
    match (requirement, &incident.analysis) {
        (RcaRequirement::None, _) => None,
        (_, None) => {
            Some(Refusal::new(Code::RcaMissing, "no root cause analysis is recorded", format!("hotfix rca {id}")))
        }
        (RcaRequirement::Accepted, Some(analysis)) if analysis.accepted.is_none() => Some(Refusal {
            code: Code::RcaNotAccepted,
            message: format!("nobody but its author, {}, has read the root cause analysis", analysis.by.actor.name),
            next: vec![
                format!("hotfix show {id} --format markdown    # to read it"),
                format!("hotfix rca accept {id}    # by somebody else"),
            ],
        }),
        (RcaRequirement::Recorded | RcaRequirement::Accepted, Some(_)) => None,
    }
}

fn likely_restorer(decision: Decision) -> &'static str {
    match decision {
        Decision::RollBack => "roll-back",
        Decision::FlagOff => "flag-off",
        Decision::Hotfix => "hotfix",
        Decision::NormalRelease => "other",
    }
}
