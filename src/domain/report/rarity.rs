//! Are hotfixes getting rarer?

use std::collections::BTreeMap;

use super::metric::{Amount, Data, Figure, Metric, Series, Unit};
use super::spans::FOR_MEDIAN;
use super::{Ground, OURS, dora};
use crate::domain::identity::Moment;

/// Full months that a mean per month needs.
const FOR_MEAN: usize = 3;
/// The days that are compared with as many before them.
const QUARTER: i64 = 90;

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 3] {
    let started: Vec<Moment> = ground.hotfixes().map(|facts| facts.started()).collect();
    [per_month(ground, &started), per_release(ground, started.len()), days_since(ground, &started)]
}

fn per_month(ground: &Ground<'_>, started: &[Moment]) -> Metric {
    let values = ground.axis.counts(started.iter().copied());
    let full_months = values.len() - 1;
    let in_full: i64 = values[..full_months].iter().flatten().sum();
    let between = |from: i64, to: i64| {
        let inside = |at: &&Moment| ((ground.now - **at).num_days() >= from) && ((ground.now - **at).num_days() < to);
        Amount::Count(started.iter().filter(inside).count())
    };
    let mean = Amount::Per { part: in_full.unsigned_abs() as usize, whole: full_months.max(1), each: "month" };
    let days = usize::try_from(ground.days()).unwrap_or(0);
    let two_quarters = QUARTER.unsigned_abs() as usize * 2;
    Metric {
        id: "hotfixes-per-month",
        title: "Hotfixes per month",
        n: started.len(),
        of: "hotfixes",
        definition: "Incidents whose decision is hotfix, by the month (UTC) in which they started; the mean is over full \
                     months.",
        source: OURS,
        figures: vec![
            Figure::if_enough("mean", (full_months, FOR_MEAN), mean).needing("full months"),
            Figure::new("last-90-days", between(0, QUARTER)),
            Figure::if_enough("90-days-before", (days, two_quarters), between(QUARTER, 2 * QUARTER)).needing("days"),
        ],
        data: Data::Months { unit: Unit::Count, series: vec![Series { name: "hotfixes".to_owned(), values }] },
    }
}

fn per_release(ground: &Ground<'_>, hotfixes: usize) -> Metric {
    let planned: usize =
        ground.ledgers.iter().filter_map(|ledger| dora::deployments(ground, ledger)).map(|d| d.planned.len()).sum();
    let mut by_release: BTreeMap<String, usize> = BTreeMap::new();
    for facts in ground.hotfixes() {
        if let Some(production) = &facts.incident.check().what.production {
            *by_release.entry(ground.named(facts, &production.name)).or_default() += 1;
        }
    }
    let rate = Amount::Per { part: hotfixes, whole: planned.max(1), each: "release" };
    Metric {
        id: "hotfixes-per-release",
        title: "Hotfixes per release",
        n: planned,
        of: "planned releases",
        definition: "Hotfixes divided by planned releases: release tags (no pre-releases), dated by their commit, that no \
                     incident deployed. The ranking tells which release production ran when it broke.",
        source: OURS,
        figures: vec![Figure::if_enough("rate", (planned, FOR_MEDIAN), rate)],
        data: Data::ranking("release", by_release, hotfixes, true),
    }
}

fn days_since(ground: &Ground<'_>, started: &[Moment]) -> Metric {
    let gaps = || started.windows(2).map(|pair| (pair[1] - pair[0]).num_seconds());
    let mut sorted: Vec<i64> = gaps().collect();
    sorted.sort_unstable();
    let median = sorted.len().div_ceil(2).checked_sub(1).map_or(0, |middle| sorted[middle]);
    let needs =
        |name, least, seconds| Figure::if_enough(name, (sorted.len(), least), Amount::Span { seconds }).needing("gaps");
    let since = started.last().map_or(0, |last| (ground.now - *last).num_seconds().max(0));
    Metric {
        id: "days-since-last",
        title: "Since the last hotfix",
        n: started.len(),
        of: "hotfixes",
        definition: "Time from the start of the latest hotfix until now, beside the longest and the median time between two.",
        source: OURS,
        figures: vec![
            Figure::if_enough("since-last", (started.len(), 1), Amount::Span { seconds: since }),
            needs("longest-gap", 1, sorted.last().copied().unwrap_or(0)),
            needs("median-gap", FOR_MEDIAN, median),
        ],
        data: Data::Nothing,
    }
}
