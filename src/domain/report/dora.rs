//! The two of DORA's five metrics that speak of hotfixes.

use std::collections::HashMap;

use super::metric::{Amount, Data, Figure, Metric, Series, Unit};
use super::spans::Spans;
use super::{FOR_SHARE, Ground, Ledger};
use crate::domain::event::Decision;
use crate::domain::identity::Moment;

/// Looked up in the guide as it stood on 2026-01-05.
const SOURCE: &str = "DORA, as of 2026-01-05: https://dora.dev/guides/dora-metrics/";

/// What was deployed in one repository.
pub(super) struct Deployments {
    /// Releases that no incident deployed.
    pub(super) planned: Vec<Moment>,
    /// What incidents deployed.
    pub(super) unplanned: Vec<Moment>,
}

/// What was deployed in one repository within the time; none where its planned deployments can't be counted, for it tags no
/// releases: then everything would be unplanned.
pub(super) fn deployments(ground: &Ground<'_>, ledger: &Ledger<'_>) -> Option<Deployments> {
    let releases = ledger.releases.as_ref().filter(|releases| !releases.is_empty())?;
    let mut named: HashMap<&str, Moment> = HashMap::new();
    let mut unplanned = Vec::new();
    for facts in ground.incidents.iter().filter(|facts| facts.repository == ledger.name) {
        for deployed in &facts.deployments {
            match &deployed.release {
                // One release that several incidents waited for is one deployment.
                Some(release) => {
                    let first = named.entry(&release.tag).or_insert(deployed.at);
                    *first = deployed.at.min(*first);
                }
                None => unplanned.push(deployed.at),
            }
        }
    }
    let of_none = releases.iter().filter(|release| !named.contains_key(release.tag.as_str()));
    let counts = ground.window(ledger);
    let planned = of_none.map(|release| release.at).filter(|at| counts(*at)).collect();
    unplanned.extend(named.into_values());
    Some(Deployments { planned, unplanned })
}

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 2] {
    [rework_rate(ground), recovery_time(ground)]
}

fn rework_rate(ground: &Ground<'_>) -> Metric {
    let (mut planned, mut unplanned) = (Vec::new(), Vec::new());
    for deployments in ground.ledgers.iter().filter_map(|ledger| deployments(ground, ledger)) {
        planned.extend(deployments.planned);
        unplanned.extend(deployments.unplanned);
    }
    let n = planned.len() + unplanned.len();
    let rate = Amount::Share { part: unplanned.len(), whole: n.max(1) };
    let series = [("unplanned", unplanned), ("planned", planned)]
        .map(|(name, moments)| Series { name: name.to_owned(), values: ground.axis.counts(moments) });
    Metric {
        id: "deployment-rework-rate",
        title: "Deployment rework rate (DORA)",
        n,
        of: "deployments",
        definition: "\"The ratio of deployments that are unplanned but happen as a result of an incident in production.\" \
                     Deployments: release tags (no pre-releases), dated by their commit, and what `hotfix deployed` recorded \
                     without one. Unplanned: those that an incident's `hotfix deployed` recorded. A roll back cuts no \
                     release and is not counted; a repository without release tags is left out.",
        source: SOURCE,
        figures: vec![Figure::if_enough("rate", (n, FOR_SHARE), rate)],
        data: Data::Months { unit: Unit::Count, series: series.into() },
    }
}

fn recovery_time(ground: &Ground<'_>) -> Metric {
    let mut spans = Spans::default();
    for facts in &ground.incidents {
        let no_code = facts.incident.analysis.as_ref().is_some_and(|analysis| analysis.no_code_cause);
        // What could wait for the normal release needed no immediate intervention.
        if !no_code && facts.incident.decision() != Decision::NormalRelease {
            spans.add(facts.started(), facts.restored(), ground.now);
        }
    }
    let series = vec![spans.by_month(&ground.axis)];
    Metric {
        id: "failed-deployment-recovery-time",
        title: "Failed deployment recovery time (DORA)",
        n: spans.len(),
        of: "incidents",
        definition: "\"The time it takes to recover from a deployment that fails and requires immediate intervention.\" From \
                     when production broke, as said at opening, to when it was said to be back. Left out: what was decided to \
                     wait for the normal release, and incidents whose analysis says that no code was the cause.",
        source: SOURCE,
        figures: spans.figures(),
        data: Data::Months { unit: Unit::Seconds, series },
    }
}
