//! How long production and main differ, and how long the lesson takes.

use super::Ground;
use super::metric::{Data, Metric, Unit};
use super::spans::Spans;
use crate::domain::incident::State;

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 2] {
    [merge_back(ground), analysis(ground)]
}

fn merge_back(ground: &Ground<'_>) -> Metric {
    let mut spans = Spans::default();
    for facts in &ground.incidents {
        let incident = facts.incident;
        // The first deployment of the fix as it is now.
        let deployed = incident.deployed.iter().map(|deployed| deployed.what.at).min();
        let Some(deployed) = deployed.filter(|_| incident.fixes().next().is_some()) else { continue };
        // Closed without git's proof: a person confirmed it, or it was waived. That is no merge-back to measure.
        if facts.proven.is_some() || incident.state != State::Closed {
            spans.add(deployed, facts.proven, ground.now);
        }
    }
    let series = vec![spans.by_month(&ground.axis)];
    Metric {
        id: "merge-back-time",
        title: "From deploy to proven merge-back",
        n: spans.len(),
        of: "deployed fixes",
        definition: "From the first `hotfix deployed` of the fix as it is now until git proved it on every target, a proof \
                     that was lost again not counted. What people confirmed or waived instead is left out. Open ones count by \
                     their age so far: a figure that they can still raise is said to be at least that.",
        source: super::spans::QUANTILES,
        figures: spans.figures(),
        data: Data::Months { unit: Unit::Seconds, series },
    }
}

fn analysis(ground: &Ground<'_>) -> Metric {
    let mut spans = Spans::default();
    for facts in &ground.incidents {
        let Some(restored) = facts.restored() else { continue };
        if facts.analysed.is_some() || facts.incident.state != State::Closed {
            spans.add(restored, facts.analysed, ground.now);
        }
    }
    let series = vec![spans.by_month(&ground.axis)];
    Metric {
        id: "rca-lag",
        title: "From restored to root cause analysis",
        n: spans.len(),
        of: "restored incidents",
        definition: "From when production was back until the first root cause analysis was recorded. Open ones count by their \
                     age so far; those that were closed without one, as their policy allowed, are left out.",
        source: super::spans::QUANTILES,
        figures: spans.figures(),
        data: Data::Months { unit: Unit::Seconds, series },
    }
}
