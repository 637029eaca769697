//! The record against its own rules: who might do what at that point of the causal order, and what the clocks say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::approvals::Knows;
use super::budget::{self, Account};
use super::closing::{self, Proof};
use super::event::{Checked, Event, Evidence, Payload, PolicyPin, RungAnswer, RungName};
use super::finding::{Finding, FindingCode};
use super::identity::{IncidentId, Moment, ObjectId, Person};
use super::incident::{self, Incident};
use super::ladder::{self, Answers, FactReply, GivenEvidence, RungReply, Walk};
use super::policy::Policy;
use super::record::{History, Unreadable};
use super::ruling;
use super::sentence::short_ref;

/// How far one clock may be behind another before that is worth a word.
const CLOCK_TOLERANCE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// What one person recorded: whoever is named can tell whether it is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The person, as their newest event names them.
    pub person: Person,
    /// How many events that count.
    pub events: usize,
    /// The ledger's commit of the newest one.
    pub newest: ObjectId,
    /// When that was, by their clock.
    pub at: Moment,
}

/// The events that count, by person, the busiest first; and what is worth a word about their order.
pub fn chains(history: &History, now: Moment) -> (Vec<Chain>, Vec<String>) {
    let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
    let mut notes = Vec::new();
    let mut latest: Option<(ObjectId, Moment)> = None;
    for (commit, event) in history.events() {
        let entry = chains.entry(event.actor.email.to_ascii_lowercase()).and_modify(|chain| {
            if !history.knows(commit, chain.newest) {
                notes.push(format!(
                    "{} recorded in two places at once: {} and {} do not know each other",
                    event.actor,
                    chain.newest.short(),
                    commit.short()
                ));
            }
        });
        let chain =
            entry.or_insert_with(|| Chain { person: event.actor.clone(), events: 0, newest: commit, at: event.at });
        *chain = Chain { person: event.actor.clone(), events: chain.events + 1, newest: commit, at: event.at };
        if let Some((before, at)) =
            latest.filter(|(before, at)| event.at < *at - CLOCK_TOLERANCE && history.knows(commit, *before))
        {
            let (this, other) = (event.at.to_rfc3339(), at.to_rfc3339());
            notes.push(format!(
                "the clocks contradict the order: {} says {this}, and stands on {}, which says {other}",
                commit.short(),
                before.short()
            ));
        } else if event.at > now + CLOCK_TOLERANCE {
            notes.push(format!("{} says {}, which has not come yet", commit.short(), event.at.to_rfc3339()));
        }
        latest = Some((commit, event.at));
    }
    let mut chains: Vec<_> = chains.into_values().collect();
    chains.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.person.cmp(&b.person)));
    (chains, notes)
}

/// What can't be read, and what does not count; without a signature rule only what is provably somebody else's.
pub fn shape(history: &History, doubts: impl Fn(ObjectId) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for record in history.records() {
        let incident = match &record.event {
            Ok(event) => event.incident.as_ref(),
            Err(Unreadable::Newer { incident, .. }) => incident.as_ref(),
            Err(Unreadable::Malformed { .. }) => None,
        };
        if let Err(why) = &record.event {
            let code = match why {
                Unreadable::Newer { .. } => FindingCode::NewerFormat,
                Unreadable::Malformed { .. } => FindingCode::Unreadable,
            };
            findings.push(Finding::new(code, why.to_string()).at(record.commit, incident));
        }
        if let Some(doubt) = doubts(record.commit) {
            let who = record.event.as_ref().map_or_else(|_| String::new(), |event| format!("{}: ", event.actor));
            findings.push(
                Finding::new(FindingCode::DoesNotCount, format!("{who}{doubt}"))
                    .at(record.commit, incident)
                    .next("hotfix keys"),
            );
        }
    }
    findings
}

/// What was done that this program does not let anybody do, asked at each event with all that stood before it.
///
/// `policy` finds the policy of a pin, where it can be read.
pub fn authority<'p>(history: &History, policy: &dyn Fn(&PolicyPin) -> Option<&'p Policy>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let incidents = incident::watch(history, |(commit, event), incident| {
        let Some(id) = &event.incident else { return };
        let mut find = |code, message: String| findings.push(Finding::new(code, message).at(commit, Some(id)));
        if let Payload::Checked(checked) = &event.payload {
            match policy(&checked.policy) {
                None => find(
                    FindingCode::PolicyUnknown,
                    format!(
                        "its policy ({} version {}) can't be read here",
                        checked.policy.name, checked.policy.version
                    ),
                ),
                Some(policy) => {
                    if let Some(why) = decided_otherwise(checked, policy, incident) {
                        find(FindingCode::DecisionNotByPolicy, why)
                    }
                }
            }
        }
        let Some(incident) = incident else {
            if !matches!(event.payload, Payload::Checked(_)) {
                find(FindingCode::NeverOpened, format!("no check opened {id} before this"));
            }
            return;
        };
        let end =
            incident.closed.as_ref().map(|deed| deed.commit).or(incident.voided.as_ref().map(|done| done.by.commit));
        if let Some(end) = end.filter(|_| incident.is_over()) {
            if history.knows(commit, end) && !incident.takes_after_the_end(&event.payload) {
                find(FindingCode::AfterTheEnd, format!("{} recorded it after the end of {id}", event.actor));
            }
            return;
        }
        let policy = policy(&incident.policy);
        if let Some(what) = own_work(event, incident, policy) {
            find(FindingCode::SelfApproval, format!("{} {what}", event.actor));
        }
        if let (Payload::Closed(closed), Some(policy)) = (&event.payload, policy) {
            let proofs: Vec<_> = closed.targets.iter().map(|verdict| proof(incident, verdict)).collect();
            let proofs = if proofs.is_empty() { closing::recorded_proofs(incident) } else { proofs };
            let lacking: Vec<_> =
                closing::by_record(incident, policy, &proofs).into_iter().map(|code| code.word()).collect();
            if !lacking.is_empty() {
                find(
                    FindingCode::ClosedTooEarly,
                    format!("{} closed it, and it lacked: {}", event.actor, lacking.join(", ")),
                );
            }
        }
    });
    findings.extend(prices(history, &incidents, policy));
    findings
}

/// Walks that recorded a lower price than their policy's budget asked for.
fn prices<'p>(
    history: &History,
    incidents: &BTreeMap<IncidentId, Incident>,
    policy: &dyn Fn(&PolicyPin) -> Option<&'p Policy>,
) -> Vec<Finding> {
    let (mut findings, account) = (Vec::new(), Account::within(history, incidents.values()));
    for incident in incidents.values() {
        for check in &incident.checks {
            let Some(policy) = policy(&check.what.policy) else { continue };
            let knows: Knows<'_> = &|later, earlier| history.knows(later, earlier);
            let due = budget::due(policy, &account, (&incident.id, check), knows);
            let recorded = check.what.demanded.clone().unwrap_or_default();
            if due.approvals != recorded.approvals || due.note != recorded.note {
                let what = due.approvals.iter().map(|role| format!("an approval of {role}"));
                let what: Vec<_> = what.chain(due.note.then(|| "a note".to_owned())).collect();
                let message = format!(
                    "at {} points its policy asked for {} more, and that is not what is recorded",
                    due.points,
                    what.join(" and ")
                );
                findings.push(
                    Finding::new(FindingCode::DecisionNotByPolicy, message).at(check.by.commit, Some(&incident.id)),
                );
            }
        }
    }
    findings
}

fn proof(incident: &Incident, verdict: &super::event::TargetVerdict) -> Proof {
    Proof::Asked {
        reference: verdict.target.clone(),
        target: short_ref(&verdict.target).to_owned(),
        verdict: verdict.verdict,
        story: String::new(),
        look: Vec::new(),
        confirmable: None,
        mend: Vec::new(),
        settled: closing::settled(incident, &verdict.target),
    }
}

/// What somebody said yes to although it was their own.
fn own_work(event: &Event, incident: &Incident, policy: Option<&Policy>) -> Option<&'static str> {
    let had_a_hand = incident.had_a_hand(&event.actor);
    let settled = incident.cause.iter().map(|cause| &cause.by.actor);
    let made = incident.fix_authors().chain(settled).any(|author| author.is(&event.actor));
    match &event.payload {
        Payload::RcaAccepted(accepted) => {
            let own = incident
                .analysis
                .as_ref()
                .is_some_and(|analysis| analysis.by.event == accepted.analysis && analysis.by.actor.is(&event.actor));
            own.then_some("accepted their own analysis")
        }
        Payload::Approved(_) if incident.fix_authors().any(|author| author.is(&event.actor)) => {
            let may = policy.and_then(|policy| policy.approvals.as_ref()).is_some_and(|rule| rule.author_may_approve);
            (!may).then_some("approved their own fix")
        }
        Payload::OverrideReviewed(review) => {
            let mut own = incident.said.overrides.iter().filter(|done| done.by.event == review.overridden);
            own.any(|done| done.by.actor.is(&event.actor)).then_some("reviewed their own override")
        }
        Payload::Voided(_) if had_a_hand => Some("voided an incident with a fix that they had a hand in"),
        // As the confirmation itself is refused: whoever recorded the deployment alone made nothing of the fix.
        Payload::Confirmed(_) if made && policy.is_some_and(|policy| !policy.merge_back.author_may_confirm) => {
            Some("confirmed their own fix")
        }
        _ => None,
    }
}

/// Why the recorded answers do not lead to the recorded decision; none if they do.
fn decided_otherwise(checked: &Checked, policy: &Policy, before: Option<&Incident>) -> Option<String> {
    let recorded = checked.decision.word();
    let rungs = [(RungName::RollBack, Some(&checked.roll_back)), (RungName::FlagOff, checked.flag_off.as_ref())];
    for (name, answer) in rungs {
        if let Some(RungAnswer::No { reason, .. }) = answer
            && ladder::find_reason(name.of(policy), reason).is_none()
        {
            return Some(format!("{} was passed for a reason that its policy does not list: {reason}", name.words()));
        }
    }
    let walk = ladder::walk(policy, &answers(checked));
    if let Some(event) = &checked.overridden {
        let Walk::Decided { decision, rule } = walk else {
            return Some("an override is named, and the answers decide nothing".to_owned());
        };
        let gate = ruling::gate(decision, rule.is_some());
        let mut overrides = before.into_iter().flat_map(|incident| &incident.said.overrides);
        let skipped =
            overrides.any(|done| done.by.event == *event && gate.is_some_and(|gate| gate.word() == done.what.gate));
        return (!skipped)
            .then(|| format!("its answers lead to {}, and the override it names is not there", decision.word()));
    }
    match walk {
        Walk::Decided { decision, rule } if decision == checked.decision && rule == checked.rule.as_deref() => None,
        Walk::Decided { decision, .. } if decision != checked.decision => {
            Some(format!("its answers lead to {}, and {recorded} is recorded", decision.word()))
        }
        Walk::Decided { rule, .. } => {
            let name = |rule: Option<&str>| rule.unwrap_or("no rule").to_owned();
            Some(format!("its answers lead there by {}, and {} is recorded", name(rule), name(checked.rule.as_deref())))
        }
        Walk::Waiting(steps) => {
            let open: Vec<_> = steps.iter().map(ladder::Step::key).collect();
            Some(format!("{recorded} is recorded, and these have no answer: {}", open.join(", ")))
        }
    }
}

/// The answers of a recorded walk.
pub(super) fn answers(checked: &Checked) -> Answers {
    let rung = |answer: &RungAnswer| match answer {
        RungAnswer::Yes => RungReply::Yes,
        RungAnswer::No { reason, evidence } => RungReply::No {
            reason: reason.clone(),
            evidence: match evidence {
                Evidence::None => None,
                Evidence::Owed { .. } => Some(GivenEvidence::Owed),
                Evidence::Commit { commit } => Some(GivenEvidence::Given(commit.to_string())),
                Evidence::Path { path } => Some(GivenEvidence::Given(path.to_string())),
                // The words lie apart, and may have been cut out.
                Evidence::Text => Some(GivenEvidence::Given("text".to_owned())),
            },
        },
    };
    let mut answers = Answers::default();
    answers.rungs.insert(RungName::RollBack, rung(&checked.roll_back));
    answers.rungs.extend(checked.flag_off.iter().map(|answer| (RungName::FlagOff, rung(answer))));
    for (name, answered) in &checked.facts {
        let reply = FactReply { value: answered.value.clone(), text: None, provenance: answered.provenance };
        answers.facts.insert(name.clone(), reply);
    }
    answers
}
