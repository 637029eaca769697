//! Roll back first, flag off second: is it so, why not, and does rolling back work?

use std::collections::BTreeMap;

use super::facts::Facts;
use super::metric::{Amount, Data, Figure, Metric, Series, Unit};
use super::spans::{FOR_MEDIAN, Spans};
use super::{FOR_SHARE, Ground, OURS};
use crate::domain::event::{Decision, RestoredBy, RungAnswer, RungName};
use crate::domain::identity::Moment;
use crate::domain::incident::State;
use crate::domain::refusal::Code;

/// The reason of the built-in policy for a way that was tried in vain.
const TRIED: &str = "tried";

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 4] {
    [ratio(ground), refused(ground, RungName::RollBack), refused(ground, RungName::FlagOff), roll_backs(ground)]
}

fn ratio(ground: &Ground<'_>) -> Metric {
    let decided = |decision: Decision| -> Vec<Moment> {
        let so = ground.incidents.iter().filter(|facts| facts.incident.decision() == decision);
        so.map(|facts| facts.started()).collect()
    };
    let by_decision = [Decision::RollBack, Decision::FlagOff, Decision::Hotfix].map(|it| (it.word(), decided(it)));
    let counts = by_decision.each_ref().map(|(_, moments)| moments.len());
    let n: usize = counts.iter().sum();
    let series =
        by_decision.map(|(name, moments)| Series { name: name.to_owned(), values: ground.axis.counts(moments) });
    Metric {
        id: "first-resort-ratio",
        title: "First resort before a fix",
        n,
        of: "interventions",
        definition: "Incidents decided as roll-back or flag-off among all decided as roll-back, flag-off or hotfix; by the \
                     walk that governs. What waits for the normal release is no intervention.",
        source: OURS,
        figures: vec![
            Figure::if_enough("first-resort", (n, FOR_SHARE), Amount::Share { part: n - counts[2], whole: n.max(1) }),
            Figure::new("roll-backs", Amount::Count(counts[0])),
            Figure::new("flag-offs", Amount::Count(counts[1])),
            Figure::new("fixes", Amount::Count(counts[2])),
        ],
        data: Data::Months { unit: Unit::Count, series: series.into() },
    }
}

fn answer(facts: &Facts<'_>, rung: RungName) -> Option<RungAnswer> {
    let check = &facts.incident.check().what;
    match rung {
        RungName::RollBack => Some(check.roll_back.clone()),
        RungName::FlagOff => check.flag_off.clone(),
    }
}

fn refused(ground: &Ground<'_>, rung: RungName) -> Metric {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for facts in &ground.incidents {
        if let Some(RungAnswer::No { reason, .. }) = answer(facts, rung) {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let n = reasons.values().sum();
    let (id, title) = match rung {
        RungName::RollBack => ("roll-back-refused", "Why rolling back was no way"),
        RungName::FlagOff => ("flag-off-refused", "Why switching off was no way"),
    };
    Metric {
        id,
        title,
        n,
        of: "walks that said no",
        definition: "The reason given at this rung of the ladder, by the walk that governs each incident.",
        source: OURS,
        figures: Vec::new(),
        data: Data::ranking("reason", reasons, n, true),
    }
}

/// When a roll back was decided first; none if it never was.
fn decided(facts: &Facts<'_>) -> Option<Moment> {
    let mut checks = facts.incident.checks.iter();
    checks.find(|check| check.what.decision == Decision::RollBack).map(|check| check.by.at)
}

/// Whether people skipped rolling back although the answers led there: then it was not tried by that walk.
fn overruled(facts: &Facts<'_>) -> bool {
    let incident = facts.incident;
    let skips = |event: &String| {
        let mut overrides = incident.said.overrides.iter();
        overrides.any(|done| done.by.event == *event && done.what.gate == Code::RollBackFirst.word())
    };
    incident.checks.iter().filter_map(|check| check.what.overridden.as_ref()).any(skips)
}

fn roll_backs(ground: &Ground<'_>) -> Metric {
    let (mut tried, mut succeeded, mut pending) = (0, 0, 0);
    let mut spans = Spans::default();
    for facts in &ground.incidents {
        let incident = facts.incident;
        let back = incident.restored.as_ref().filter(|restored| restored.what.by == RestoredBy::RollBack);
        let in_vain =
            matches!(answer(facts, RungName::RollBack), Some(RungAnswer::No { reason, .. }) if reason == TRIED);
        let decided = decided(facts);
        let tried_as_decided = decided.is_some() && !overruled(facts);
        if back.is_none() && !tried_as_decided && !in_vain {
            continue;
        }
        tried += 1;
        match back {
            Some(back) => {
                succeeded += 1;
                // Whoever went back first and recorded it later took the time since production broke.
                let began = decided.filter(|decided| *decided <= back.what.at).unwrap_or(incident.started);
                spans.add(began, Some(back.what.at), ground.now);
            }
            None if incident.state == State::Open && incident.decision() == Decision::RollBack => pending += 1,
            None => {}
        }
    }
    let over = tried - pending;
    let mut figures = vec![
        Figure::new("tried", Amount::Count(tried)),
        Figure::if_enough("succeeded", (over, FOR_MEDIAN), Amount::Share { part: succeeded, whole: over.max(1) }),
    ];
    figures.extend(spans.figures().into_iter().filter(|figure| figure.name != "still-open"));
    let series = vec![spans.by_month(&ground.axis)];
    Metric {
        id: "roll-backs",
        title: "Roll backs",
        n: tried,
        of: "roll backs tried",
        definition: "Tried: decided in any walk and not overruled, said to have brought production back, or named `tried` as \
                     the reason against it. Succeeded: said to have brought production back, among those that are over. Their time: from the \
                     decision (from the start, where it was recorded afterwards) until production was back.",
        source: OURS,
        figures,
        data: Data::Months { unit: Unit::Seconds, series },
    }
}
