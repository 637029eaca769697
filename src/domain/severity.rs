//! How bad it is, over time: the latest governs new decisions, the highest governs closing, the first the metrics.

use std::collections::BTreeMap;

use super::incident::Incident;
use super::policy::{FactKind, Policy, SEVERITY, Value};

fn said(incident: &Incident) -> impl DoubleEndedIterator<Item = &str> {
    incident.said.severities.iter().map(|said| said.what.severity.as_str())
}

/// The severity that governs new decisions.
pub fn latest(incident: &Incident) -> Option<&str> {
    said(incident).next_back()
}

/// The worst severity that was ever said, by the policy's order from the worst to the mildest.
pub fn highest<'s>(incident: &'s Incident, policy: &'s Policy) -> Option<&'s str> {
    let choices = policy.facts.iter().find(|fact| fact.name == SEVERITY).map(|fact| &fact.kind);
    let Some(FactKind::OneOf { choices }) = choices else { return latest(incident) };
    // One that the policy does not know counts as the worst: nothing is waved through by a strange word.
    let rank = |said: &str| choices.iter().position(|choice| choice.value == said).unwrap_or(0);
    said(incident).map(rank).min().map(|worst| choices[worst].value.as_str())
}

/// The facts that closing is decided on: those of the governing walk, with the highest severity.
pub fn facts_for_closing(incident: &Incident, policy: &Policy) -> BTreeMap<String, Value> {
    let answered = incident.check().what.facts.iter();
    let mut facts: BTreeMap<String, Value> = answered.map(|(name, fact)| (name.clone(), fact.value.clone())).collect();
    if let Some(severity) = highest(incident, policy) {
        facts.insert(SEVERITY.to_owned(), Value::OneOf(severity.to_owned()));
    }
    facts
}
