//! What the analyses and the fixes have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::metric::{Amount, Data, Figure, Metric};
use super::{FOR_SHARE, Ground, OURS};
use crate::domain::event::ReopenedBecause;

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 3] {
    [leaked_gate(ground), repeat_causes(ground), hotspots(ground)]
}

fn gate<'f>(facts: &'f Facts<'_>) -> Option<&'f str> {
    facts.incident.analysis.as_ref().and_then(|analysis| analysis.escaped_gate.as_deref())
}

/// The paths that an incident's fixes change, each once.
fn paths(ground: &Ground<'_>, facts: &Facts<'_>) -> BTreeSet<String> {
    let changes = facts.incident.fixes().flat_map(|fix| &fix.what.changes);
    changes.filter_map(|change| change.path()).map(|path| ground.named(facts, &path.to_string())).collect()
}

fn leaked_gate(ground: &Ground<'_>) -> Metric {
    let mut gates: BTreeMap<String, usize> = BTreeMap::new();
    for gate in ground.incidents.iter().filter_map(gate) {
        *gates.entry(gate.to_owned()).or_default() += 1;
    }
    let n = gates.values().sum();
    Metric {
        id: "leaked-gate",
        title: "The gate that leaked",
        n,
        of: "analyses that name a gate",
        definition: "The gate that should have caught it, by the latest analysis of each incident.",
        source: OURS,
        figures: Vec::new(),
        data: Data::ranking("gate", gates, n, true),
    }
}

fn repeat_causes(ground: &Ground<'_>) -> Metric {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    let (mut n, mut repeats) = (0, 0);
    // In the order of their start: whatever was there before is repeated.
    for facts in &ground.incidents {
        let (Some(gate), paths) = (gate(facts), paths(ground, facts)) else { continue };
        if paths.is_empty() {
            continue;
        }
        n += 1;
        let mut seen_before = false;
        for path in paths {
            let group = groups.entry(format!("{gate}: {path}")).or_default();
            seen_before |= *group > 0;
            *group += 1;
        }
        repeats += usize::from(seen_before);
    }
    groups.retain(|_, count| *count > 1);
    let came_back = |facts: &&Facts<'_>| {
        facts.incident.said.reopened.iter().any(|reopened| reopened.what.because == ReopenedBecause::FixGone)
    };
    Metric {
        id: "repeat-causes",
        title: "Repeat causes",
        n,
        of: "fixes with an analysis",
        definition: "Incidents that came through the same gate into the same file as an earlier one. Came back: reopened \
                     because the fix was gone from where it had been proven.",
        source: OURS,
        figures: vec![
            Figure::if_enough("repeats", (n, FOR_SHARE), Amount::Share { part: repeats, whole: n.max(1) }),
            Figure::new("came-back", Amount::Count(ground.incidents.iter().filter(came_back).count())),
        ],
        data: Data::ranking("gate and file", groups, n, false),
    }
}

fn hotspots(ground: &Ground<'_>) -> Metric {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    let mut n = 0;
    for facts in &ground.incidents {
        n += usize::from(facts.incident.fixes().next().is_some());
        paths(ground, facts).into_iter().for_each(|path| *files.entry(path).or_default() += 1);
    }
    files.retain(|_, count| *count > 1);
    Metric {
        id: "hotspot-paths",
        title: "Hotspots",
        n,
        of: "incidents with a fix",
        definition: "Files that the fixes of more than one incident changed.",
        source: OURS,
        figures: Vec::new(),
        data: Data::ranking("file", files, n, false),
    }
}
