//! Are hotfixes getting rarer, and what do they tell us? Metrics over the ledgers of one or many repositories.
//!
//! Every metric carries its n, its definition and where that is from; a figure that rests on too little data is not given.
//! An incident counts by when it started, a void one never. Of a repository counts what came after its record began: before
//! that a release may have been a hotfix that nobody wrote down.

mod axis;
mod discipline;
mod dora;
mod facts;
mod first_resort;
mod lessons;
mod metric;
mod rarity;
mod spans;
mod times;
mod urgency;

use std::collections::BTreeMap;

use serde::Serialize;

use self::axis::Axis;
pub use self::axis::Month;
use self::facts::Facts;
pub use self::metric::{Amount, Data, Figure, Metric, Ranked, Series, Told, Unit};
use super::identity::{IncidentId, Moment};
use super::incident::Incident;
use super::record::History;

/// The ledger of one repository, and what its repository tells beside it.
pub struct Ledger<'a> {
    /// The repository's name, as people tell it from the others.
    pub name: String,
    /// The events.
    pub history: &'a History,
    /// The incidents that they tell.
    pub incidents: &'a BTreeMap<IncidentId, Incident>,
    /// The releases: each tag that fits the policy and is no pre-release. None where they can't be told.
    pub releases: Option<Vec<Released>>,
    /// Each policy, with when it came.
    pub policies: Vec<PolicyChange>,
    /// The severities of the newest policy, the worst first.
    pub severities: Vec<String>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The tag's short name.
    pub tag: String,
    /// When its commit was made.
    pub at: Moment,
}

/// A policy that came to be in force: what stands before it and what behind it on a time axis went by different rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyChange {
    /// When.
    pub at: Moment,
    /// The repository.
    pub repository: String,
    /// The policy's name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

/// What one repository holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// From when on it is looked at: the beginning of its record, or of the time that was asked for. None where nothing was
    /// ever recorded.
    pub from: Option<Moment>,
    /// Incidents, void ones not counted.
    pub incidents: usize,
    /// Those of them that were decided to be a hotfix.
    pub hotfixes: usize,
    /// Releases; none where they can't be told.
    pub releases: Option<usize>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// From when on; none where everything counts.
    pub since: Option<Moment>,
    /// When it was computed: what is open is as old as it was then.
    pub now: Moment,
    /// What each repository holds.
    pub repositories: Vec<Repository>,
    /// Incidents that were void, and count nowhere.
    pub void: usize,
    /// The months of every series, without a gap, in UTC; the last one is not over.
    pub months: Vec<Month>,
    /// The policies within that time, the oldest first.
    pub policy_changes: Vec<PolicyChange>,
    /// The metrics, those first that answer whether hotfixes are getting rarer.
    #[serde(serialize_with = "metric::by_id")]
    pub metrics: Vec<Metric>,
}

/// How many a share needs to be told as one: below, each single incident moves it by more than a tenth. A convention of this
/// program.
const FOR_SHARE: usize = 10;

/// Where a definition is from that is nobody else's.
const OURS: &str = "hotfix";

/// The answer for these ledgers, whose names differ, over all that started at or after `since`.
pub fn report(ledgers: &[Ledger<'_>], since: Option<Moment>, now: Moment) -> Report {
    let ground = Ground::of(ledgers, since, now);
    let repository = |ledger: &Ledger<'_>| {
        let own = || ground.incidents.iter().filter(|facts| facts.repository == ledger.name);
        let counts = ground.window(ledger);
        let releases = ledger.releases.as_ref();
        Repository {
            name: ledger.name.clone(),
            from: ground.from(ledger),
            incidents: own().count(),
            hotfixes: own().filter(|facts| facts.is_hotfix()).count(),
            releases: releases.map(|releases| releases.iter().filter(|release| counts(release.at)).count()),
        }
    };
    let mut metrics = Vec::new();
    metrics.extend(rarity::metrics(&ground));
    metrics.extend(dora::metrics(&ground));
    metrics.extend(urgency::metrics(&ground));
    metrics.extend(first_resort::metrics(&ground));
    metrics.extend(times::metrics(&ground));
    metrics.extend(lessons::metrics(&ground));
    metrics.extend(discipline::metrics(&ground));
    let changes = |ledger: &'_ Ledger<'_>| {
        let counts = ground.window(ledger);
        ledger.policies.iter().filter(|change| counts(change.at)).cloned().collect::<Vec<_>>()
    };
    let mut policy_changes: Vec<PolicyChange> = ledgers.iter().flat_map(changes).collect();
    policy_changes.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.repository.cmp(&b.repository)));
    Report {
        since,
        now,
        repositories: ledgers.iter().map(repository).collect(),
        void: ground.void,
        months: ground.axis.months(),
        policy_changes,
        metrics,
    }
}

/// What the metrics are computed from.
struct Ground<'a> {
    ledgers: &'a [Ledger<'a>],
    since: Option<Moment>,
    now: Moment,
    axis: Axis,
    /// The incidents that count, by when they started.
    incidents: Vec<Facts<'a>>,
    void: usize,
}

impl<'a> Ground<'a> {
    fn of(ledgers: &'a [Ledger<'a>], since: Option<Moment>, now: Moment) -> Self {
        let (mut incidents, mut void) = (Vec::new(), 0);
        for ledger in ledgers {
            let (counting, not) = facts::gather(ledger, since);
            incidents.extend(counting);
            void += not;
        }
        incidents.sort_by_key(|facts| facts.started());
        let mut ground = Self { ledgers, since, now, axis: Axis::new(now, now), incidents, void };
        ground.axis = Axis::new(ground.begin().unwrap_or(now), now);
        ground
    }

    fn hotfixes(&self) -> impl Iterator<Item = &Facts<'a>> {
        self.incidents.iter().filter(|facts| facts.is_hotfix())
    }

    /// A path, a release or a rule of one of several repositories, with its repository's name.
    fn named(&self, facts: &Facts<'_>, what: &str) -> String {
        if self.ledgers.len() > 1 { format!("{}: {what}", facts.repository) } else { what.to_owned() }
    }

    /// From when on a repository is looked at: see [`Repository::from`].
    fn from(&self, ledger: &Ledger<'_>) -> Option<Moment> {
        let begun = ledger.history.events().next().map(|(_, event)| event.at);
        let broke = ledger.incidents.values().map(|incident| incident.started).min();
        let record = begun.into_iter().chain(broke).min()?;
        Some(self.since.map_or(record, |since| since.max(record)))
    }

    /// Whether what happened in a repository at a moment counts.
    fn window(&self, ledger: &Ledger<'_>) -> impl Fn(Moment) -> bool {
        let (from, now) = (self.from(ledger), self.now);
        move |at| from.is_some_and(|from| at >= from) && at <= now
    }

    /// From when on anything is looked at.
    fn begin(&self) -> Option<Moment> {
        self.ledgers.iter().filter_map(|ledger| self.from(ledger)).min()
    }

    /// How long the time is that is looked at, in days, rounded down.
    fn days(&self) -> i64 {
        self.begin().map_or(0, |begin| (self.now - begin).num_days())
    }
}

#[cfg(test)]
pub(crate) mod tests;
