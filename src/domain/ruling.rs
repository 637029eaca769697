//! The walk together with what stands beside it: gates that were skipped, and what the policy demands for one more hotfix.

use std::collections::BTreeMap;

use super::budget::demanded;
use super::event::{Decision, Demanded};
use super::identity::Moment;
use super::incident::Incident;
use super::ladder::{Answers, Step, Walk, walk};
use super::overrides::{self, Fate};
use super::policy::{Policy, Value};
use super::refusal::Code;

/// What stands beside the answers of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The points that other hotfixes and every override used.
    pub used: u32,
    /// Whether something that another incident owes is overdue.
    pub overdue: bool,
    /// The gates of the check that are skipped now, each with the override's event.
    pub skipped: Vec<(Code, String)>,
}

/// What a walk came to, all things considered.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling<'p> {
    /// The walk; a hotfix where an override made it one.
    pub walk: Walk<'p>,
    /// The override's event, if one made it a hotfix.
    pub overridden: Option<String>,
    /// What the policy demands for it, if it is a hotfix.
    pub demanded: Option<Demanded>,
}

/// The gates of the check that are skipped in an incident now.
pub fn skipped(incident: &Incident, now: Moment) -> Vec<(Code, String)> {
    let gates = overrides::gates().filter(|(_, stage)| *stage == overrides::Stage::Check);
    let holds = |code: Code| {
        incident.said.overrides.iter().rfind(|done| {
            let fate = overrides::fate(incident, done, None, now);
            // Used once is used on: the same walk, asked again within its time, decides the same.
            done.what.gate == code.word() && now <= done.what.until && matches!(fate, Fate::Active | Fate::Used)
        })
    };
    gates.filter_map(|(code, _)| Some((code, holds(code)?.by.event.clone()))).collect()
}

/// Decides by the answers and by what stands beside them.
pub fn ruling<'p>(policy: &'p Policy, answers: &Answers, beside: &Beside) -> Ruling<'p> {
    let walk = walk(policy, answers);
    let Walk::Decided { decision, rule } = &walk else { return Ruling { walk, overridden: None, demanded: None } };
    let overridden = match gate(*decision, rule.is_some()) {
        None => None,
        Some(gate) => match beside.skipped.iter().find(|(code, _)| *code == gate) {
            None => return Ruling { walk, overridden: None, demanded: None },
            Some((_, event)) => Some(event.clone()),
        },
    };
    let facts: BTreeMap<String, Value> =
        answers.facts.iter().map(|(name, reply)| (name.clone(), reply.value.clone())).collect();
    let mut demanded = demanded(policy, beside.used, beside.overdue, &facts);
    // Whoever skipped a gate has said why already.
    demanded.note &= overridden.is_none();
    if demanded.note && answers.note.is_none() {
        return Ruling { walk: Walk::Waiting(vec![Step::Note]), overridden, demanded: Some(demanded) };
    }
    let rule = if overridden.is_some() { None } else { *rule };
    let demanded = (!demanded.is_nothing()).then_some(demanded);
    Ruling { walk: Walk::Decided { decision: Decision::Hotfix, rule }, overridden, demanded }
}

/// The gate that keeps a decision from being a hotfix; none for a hotfix.
pub fn gate(decision: Decision, by_rule: bool) -> Option<Code> {
    match (decision, by_rule) {
        (Decision::Hotfix, _) => None,
        (Decision::RollBack, _) => Some(Code::RollBackFirst),
        (Decision::FlagOff, _) => Some(Code::FlagOffFirst),
        (Decision::NormalRelease, true) => Some(Code::NeverQualifies),
        (Decision::NormalRelease, false) => Some(Code::DoesNotQualify),
    }
}
