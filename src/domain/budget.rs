//! What hotfixes cost: above each step the policy demands more, and never a wall where data is at risk.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::approvals::Knows;
use super::event::{Checked, Decision, Demanded};
use super::identity::{IncidentId, Moment, ObjectId, RepositoryPath};
use super::incident::{Done, Incident, State};
use super::policy::people::Budget;
use super::policy::rules::conditions_hold;
use super::policy::{Policy, Value};
use super::record::History;

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

/// What the budget counts of one incident; kept, it stands for the whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The incident.
    pub incident: IncidentId,
    /// When it was opened.
    pub opened: Moment,
    /// Its walks up the ladder in their order: the commit of each, and whether it decided for a hotfix.
    pub walks: Vec<(ObjectId, bool)>,
    /// The commit that says that it should not have been opened.
    pub voided: Option<ObjectId>,
    /// The gates that were skipped in it: the commit of each, and when.
    pub skipped: Vec<(ObjectId, Moment)>,
}

impl From<&Incident> for Entry {
    fn from(incident: &Incident) -> Self {
        let walk = |check: &Done<Arc<Checked>>| (check.by.commit, check.what.decision == Decision::Hotfix);
        let voided = incident.voided.as_ref().filter(|_| incident.state == State::Void);
        Self {
            incident: incident.id.clone(),
            opened: incident.opened.at,
            walks: incident.checks.iter().map(walk).collect(),
            voided: voided.map(|done| done.by.commit),
            skipped: incident.said.overrides.iter().map(|done| (done.by.commit, done.by.at)).collect(),
        }
    }
}

impl Entry {
    /// Whether the incident was a hotfix by the events that are seen.
    fn was_hotfix(&self, seen: &dyn Fn(ObjectId) -> bool) -> bool {
        let walk = self.walks.iter().rfind(|(commit, _)| seen(*commit));
        walk.is_some_and(|(_, hotfix)| *hotfix) && !self.voided.is_some_and(seen)
    }
}

/// What a team's incidents have cost, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Account<'h> {
    lines: Vec<Line>,
    /// Every gate that was skipped: when, and the commit.
    skipped: Vec<(Moment, ObjectId)>,
    /// Where it can be told at once whether all of an entry is known to somebody.
    history: Option<&'h History>,
}

#[derive(Clone, Debug)]
struct Line {
    entry: Entry,
    /// Whoever knows this many of the history's first commits knows all of the entry.
    within: usize,
    /// Whether it was a hotfix by all of that.
    hotfix: bool,
}

impl<E: Into<Entry>> FromIterator<E> for Account<'_> {
    fn from_iter<I: IntoIterator<Item = E>>(entries: I) -> Self {
        let line = |entry: Entry| Line { hotfix: entry.was_hotfix(&|_| true), within: usize::MAX, entry };
        let mut lines: Vec<Line> = entries.into_iter().map(Into::into).map(line).collect();
        lines.sort_by_key(|line| line.entry.opened);
        let skipped = lines.iter().flat_map(|line| &line.entry.skipped);
        let mut skipped: Vec<_> = skipped.map(|(commit, at)| (*at, *commit)).collect();
        skipped.sort_unstable();
        Self { lines, skipped, history: None }
    }
}

impl<'h> Account<'h> {
    /// The account of these entries, which are all in this history.
    pub fn within<E: Into<Entry>>(history: &'h History, entries: impl Iterator<Item = E>) -> Self {
        let mut account: Self = entries.collect();
        for Line { entry, within, .. } in &mut account.lines {
            let commits = entry.walks.iter().map(|(commit, _)| *commit).chain(entry.voided);
            let places = commits.map(|commit| history.place(commit).map_or(usize::MAX, |place| place + 1));
            *within = places.max().unwrap_or(usize::MAX);
        }
        account.history = Some(history);
        account
    }

    /// Counts what was spent in the window that ends at `at`. A void incident was none, but what was skipped in it was skipped.
    pub fn spent(&self, budget: &Budget, (this, at): (&IncidentId, Moment)) -> Spent {
        let mut hotfixes: Vec<&Entry> = self.hotfixes(budget, (this, at), 0, &|_| true).collect();
        hotfixes.sort_by(|a, b| (b.opened, &b.incident).cmp(&(a.opened, &a.incident)));
        let overrides = self.overrides(budget, at, &|_| true);
        let points = points(budget, hotfixes.len(), overrides);
        Spent { hotfixes: hotfixes.into_iter().map(|entry| entry.incident.clone()).collect(), overrides, points }
    }

    /// The points of that, by what whoever wrote the commit `by` knew.
    fn used(&self, budget: &Budget, (this, at): (&IncidentId, Moment), by: ObjectId, knows: Knows<'_>) -> u32 {
        let seen = |commit| knows(by, commit);
        let known = self.history.map_or(0, |history| history.surely_known(by));
        let hotfixes = self.hotfixes(budget, (this, at), known, &seen).count();
        points(budget, hotfixes, self.overrides(budget, at, &seen))
    }

    /// The other hotfixes of the window, by the events that are seen, among them all of the first `known`.
    fn hotfixes<'a>(
        &'a self,
        budget: &Budget,
        (this, at): (&'a IncidentId, Moment),
        known: usize,
        seen: &'a dyn Fn(ObjectId) -> bool,
    ) -> impl Iterator<Item = &'a Entry> {
        let in_time =
            inside(&self.lines, |line| is_before(budget, line.entry.opened, at), |line| line.entry.opened <= at);
        let was = move |line: &&Line| if line.within <= known { line.hotfix } else { line.entry.was_hotfix(seen) };
        in_time.iter().filter(was).map(|line| &line.entry).filter(|entry| entry.incident != *this)
    }

    fn overrides(&self, budget: &Budget, at: Moment, seen: &dyn Fn(ObjectId) -> bool) -> usize {
        let in_time = inside(&self.skipped, |(then, _)| is_before(budget, *then, at), |(then, _)| *then <= at);
        in_time.iter().filter(|(_, commit)| seen(*commit)).count()
    }
}

fn points(budget: &Budget, hotfixes: usize, overrides: usize) -> u32 {
    let times = |count: usize, price: u32| u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(price);
    times(hotfixes, budget.hotfix).saturating_add(times(overrides, budget.overriding))
}

/// Whether a moment lies before the window that ends at `at`.
fn is_before(budget: &Budget, then: Moment, at: Moment) -> bool {
    at.signed_duration_since(then) >= budget.window.delta()
}

/// The part of what is in the order of time that stands neither before nor behind a window.
fn inside<T>(all: &[T], before: impl Fn(&T) -> bool, not_behind: impl Fn(&T) -> bool) -> &[T] {
    let upto = &all[..all.partition_point(not_behind)];
    &upto[upto.partition_point(before)..]
}

/// What the policy demands of a walk that decided for a hotfix: what it recorded itself, and what the record of that moment
/// says that the budget asks for, so that a price that was left out is due all the same.
pub fn due(
    policy: &Policy,
    account: &Account<'_>,
    (this, check): (&IncidentId, &Done<Arc<Checked>>),
    knows: Knows<'_>,
) -> Demanded {
    let recorded = check.what.demanded.clone().unwrap_or_default();
    let Some(budget) = policy.budget.as_ref().filter(|_| check.what.decision == Decision::Hotfix) else {
        return recorded;
    };
    let used = account.used(budget, (this, check.by.at), check.by.commit, knows);
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
pub fn price(policy: &Policy, account: &Account<'_>, this: &Incident, knows: Knows<'_>) -> Price {
    let mut price = Price::default();
    for check in &this.checks {
        price.now = due(policy, account, (&this.id, check), knows);
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
