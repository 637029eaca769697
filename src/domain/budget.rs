//! What hotfixes cost: above each step the policy demands more, and never a wall where data is at risk.

use std::collections::BTreeMap;

use serde::Serialize;

use super::approvals::Knows;
use super::event::{Checked, Decision, Demanded};
use super::identity::{IncidentId, Moment, ObjectId, RepositoryPath};
use super::incident::{Done, Incident, State};
use super::policy::people::Budget;
use super::policy::rules::conditions_hold;
use super::policy::{Policy, Value};

/// What was spent within the policy's window, this incident left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// The hotfixes, the newest first.
    pub hotfixes: Vec<IncidentId>,
    /// How many gates were skipped, in whichever incident; this one's count too.
    pub overrides: usize,
    /// The points of both.
    pub points: u32,
}

/// Counts what was spent in the window that ends at `at`, by the events that are `seen`. A void incident was none, but what
/// was skipped in it was skipped.
pub fn spent<'i>(
    budget: &Budget,
    incidents: impl IntoIterator<Item = &'i Incident>,
    (this, at): (&IncidentId, Moment),
    seen: &dyn Fn(ObjectId) -> bool,
) -> Spent {
    let inside = |then: Moment| then <= at && at.signed_duration_since(then) < budget.window.delta();
    let mut hotfixes: Vec<(Moment, IncidentId)> = Vec::new();
    let mut overrides = 0;
    for incident in incidents {
        overrides += incident.said.overrides.iter().filter(|done| inside(done.by.at) && seen(done.by.commit)).count();
        if incident.id != *this && inside(incident.opened.at) && was_hotfix(incident, seen) {
            hotfixes.push((incident.opened.at, incident.id.clone()));
        }
    }
    hotfixes.sort_by(|a, b| b.cmp(a));
    let times = |count: usize, price: u32| u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(price);
    let points = times(hotfixes.len(), budget.hotfix).saturating_add(times(overrides, budget.overriding));
    Spent { hotfixes: hotfixes.into_iter().map(|(_, id)| id).collect(), overrides, points }
}

/// Whether an incident was a hotfix by the events that are seen.
fn was_hotfix(incident: &Incident, seen: &dyn Fn(ObjectId) -> bool) -> bool {
    let is_void = incident.state == State::Void && incident.voided.as_ref().is_none_or(|done| seen(done.by.commit));
    let check = incident.checks.iter().rfind(|check| seen(check.by.commit));
    !is_void && check.is_some_and(|check| check.what.decision == Decision::Hotfix)
}

/// What the policy demands of a walk that decided for a hotfix: what it recorded itself, and what the record of that moment
/// says that the budget asks for, so that a price that was left out is due all the same.
pub fn due<'i>(
    policy: &Policy,
    incidents: impl IntoIterator<Item = &'i Incident>,
    (this, check): (&IncidentId, &Done<Checked>),
    knows: Knows<'_>,
) -> Demanded {
    let recorded = check.what.demanded.clone().unwrap_or_default();
    let Some(budget) = policy.budget.as_ref().filter(|_| check.what.decision == Decision::Hotfix) else {
        return recorded;
    };
    let seen = |commit| knows(check.by.commit, commit);
    let used = spent(budget, incidents, (this, check.by.at), &seen).points;
    let answered = check.what.facts.iter().map(|(name, answered)| (name.clone(), answered.value.clone()));
    let mut due = demanded(policy, used, recorded.overdue, &answered.collect());
    // Whoever skipped a gate has said why already.
    due.note &= check.what.overridden.is_none();
    due.note |= recorded.note;
    due.approvals.extend(recorded.approvals);
    due.approvals.sort();
    due.approvals.dedup();
    due
}

/// What a hotfix is asked for beside the usual, with so many points used already, and with or without something overdue.
///
/// A step is reached by the points used and those of this hotfix. What is not known keeps the price.
pub fn demanded(policy: &Policy, used: u32, overdue: bool, facts: &BTreeMap<String, Value>) -> Demanded {
    let mut demanded = Demanded { points: used, overdue, ..Demanded::default() };
    let mut asks = Vec::new();
    if let Some(budget) = &policy.budget {
        demanded.points = used.saturating_add(budget.hotfix);
        let spared = !budget.not_when.is_empty() && conditions_hold(&budget.not_when, facts) == Some(true);
        let reached = budget.steps.iter().rev().find(|step| step.from <= demanded.points).filter(|_| !spared);
        asks.extend(reached.map(|step| &step.demand));
    }
    asks.extend(overdue.then_some(&policy.deadlines.when_overdue));
    for ask in asks {
        demanded.note |= ask.note;
        demanded.approvals.extend(ask.approval.clone());
    }
    demanded.approvals.sort();
    demanded.approvals.dedup();
    demanded
}

/// What the policy demands beside the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// By the walk that governs.
    pub now: Demanded,
    /// Before the incident ends: the dearest that any walk was, for what is answered otherwise later makes its end no cheaper.
    pub at_the_end: Demanded,
}

/// What is due for an incident, over all of its walks.
pub fn price<'i>(
    policy: &Policy,
    incidents: impl IntoIterator<Item = &'i Incident> + Clone,
    this: &Incident,
    knows: Knows<'_>,
) -> Price {
    let mut price = Price::default();
    for check in &this.checks {
        price.now = due(policy, incidents.clone(), (&this.id, check), knows);
        price.at_the_end.note |= price.now.note;
        price.at_the_end.approvals.extend_from_slice(&price.now.approvals);
    }
    price.at_the_end.approvals.sort();
    price.at_the_end.approvals.dedup();
    price
}

/// What an incident has in common with earlier hotfixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// The newest earlier hotfix.
    pub last: IncidentId,
    /// When it was opened.
    pub at: Moment,
    /// The paths that more than one fix touched, the most often touched first.
    pub paths: Vec<(RepositoryPath, usize)>,
    /// The gates that let more than one through, the most often first.
    pub escaped_gates: Vec<(String, usize)>,
}

/// The hotfixes before this incident, and what they had in common; none where there was none.
pub fn earlier<'i>(incidents: impl IntoIterator<Item = &'i Incident>, this: &IncidentId) -> Option<Earlier> {
    let hotfixes = incidents.into_iter().filter(|incident| {
        incident.id != *this && incident.state != State::Void && incident.decision() == Decision::Hotfix
    });
    let hotfixes: Vec<&Incident> = hotfixes.collect();
    let last = hotfixes.iter().max_by_key(|incident| incident.opened.at)?;
    let mut paths: BTreeMap<RepositoryPath, usize> = BTreeMap::new();
    let mut gates: BTreeMap<String, usize> = BTreeMap::new();
    for incident in &hotfixes {
        let mut touched: Vec<&RepositoryPath> =
            incident.fixes().flat_map(|fix| &fix.what.changes).filter_map(|change| change.path()).collect();
        touched.sort();
        touched.dedup();
        touched.into_iter().for_each(|path| *paths.entry(path.clone()).or_default() += 1);
        let gate = incident.analysis.as_ref().and_then(|analysis| analysis.escaped_gate.clone());
        gate.into_iter().for_each(|gate| *gates.entry(gate).or_default() += 1);
    }
    Some(Earlier { last: last.id.clone(), at: last.opened.at, paths: common(paths), escaped_gates: common(gates) })
}

fn common<K: Ord>(counts: BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut common: Vec<(K, usize)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    common.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    common
}

#[cfg(test)]
mod tests;
