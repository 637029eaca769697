//! Is everything an emergency by now?

use std::collections::BTreeSet;

use super::metric::{Amount, Data, Figure, Metric, Series, Unit};
use super::{FOR_SHARE, Ground, OURS};
use crate::domain::identity::Moment;

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 1] {
    let said: Vec<(Moment, &str)> = ground
        .incidents
        .iter()
        .filter_map(|facts| Some((facts.started(), facts.incident.severity_at_opening.as_deref()?)))
        .collect();
    let severities = in_order(ground, said.iter().map(|(_, severity)| *severity).collect());
    let of =
        |wanted: &str| said.iter().filter(|(_, severity)| *severity == wanted).map(|(at, _)| *at).collect::<Vec<_>>();
    let series = severities
        .iter()
        .map(|severity| Series { name: (*severity).to_owned(), values: ground.axis.counts(of(severity)) })
        .collect();
    // Halves by count, so that both rest on as many.
    let (earlier, later) = said.split_at(said.len() / 2);
    let worst = |half: &[(Moment, &str)]| Amount::Share {
        part: half.iter().filter(|(_, severity)| severities.first() == Some(severity)).count(),
        whole: half.len().max(1),
    };
    [Metric {
        id: "severity-at-opening",
        title: "Severity at opening",
        n: said.len(),
        of: "incidents with a severity",
        definition: "Incidents by the severity that was said first, whatever it became. Urgency drift: the share of the worst \
                     severity among the earlier half of them and among the later.",
        source: OURS,
        figures: vec![
            Figure::if_enough("worst-among-earlier-half", (earlier.len(), FOR_SHARE), worst(earlier)),
            Figure::if_enough("worst-among-later-half", (later.len(), FOR_SHARE), worst(later)),
        ],
        data: Data::Months { unit: Unit::Count, series },
    }]
}

/// The severities in the order of the policies, those that none of them knows behind.
fn in_order<'s>(ground: &'s Ground<'_>, mut said: BTreeSet<&'s str>) -> Vec<&'s str> {
    let known = ground.ledgers.iter().flat_map(|ledger| &ledger.severities).map(String::as_str);
    let mut order: Vec<&str> = Vec::new();
    for severity in known {
        if said.remove(severity) {
            order.push(severity);
        }
    }
    order.extend(said);
    order
}
