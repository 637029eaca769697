//! Deciding by the rules, over answers of which some may be lacking.

use std::collections::BTreeMap;

use super::{FactKind, Matcher, Policy, Rule, Value};

/// What the rules say to some answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It qualifies, by this rule; no answer that lacks could change that.
    Qualifies {
        /// The first rule of `any` that matches.
        rule: String,
    },
    /// It never qualifies, by this rule.
    Never {
        /// The first rule of `never` that matches.
        rule: String,
    },
    /// No rule of `any` can match any more.
    NoRule,
    /// It depends on answers that lack.
    Undetermined {
        /// The facts that are still needed, in the policy's order; at least one.
        needed: Vec<String>,
    },
}

/// Decides by the rules of `policy`.
///
/// Conditions take one of three values (Kleene's strong logic): a fact without an answer, or with an answer outside of its
/// type, makes a condition unknown, never true and never false. So a `never` rule that might still match keeps the gate
/// closed. A fact is asked for only while some answer to it could still turn the outcome.
pub fn decide(policy: &Policy, answers: &BTreeMap<String, Value>) -> Outcome {
    let judge = |rule: &Rule| (matches(rule, answers), rule.name.clone());
    let never: Vec<_> = policy.qualifies.never.iter().map(judge).collect();
    let any: Vec<_> = policy.qualifies.any.iter().map(judge).collect();
    let first = |rules: &[(Option<bool>, String)]| rules.iter().find(|(m, _)| *m == Some(true)).map(|(_, n)| n.clone());

    if let Some(rule) = first(&never) {
        return Outcome::Never { rule };
    }
    if any.iter().all(|(matched, _)| *matched == Some(false)) {
        return Outcome::NoRule;
    }
    let qualified = first(&any);
    let open = |(rules, judged): (&[Rule], &[(Option<bool>, String)])| -> Vec<String> {
        let undecided = rules.iter().zip(judged).filter(|(_, (matched, _))| matched.is_none());
        undecided.flat_map(|(rule, _)| unknown_facts(rule, answers)).collect()
    };
    let mut needed = open((&policy.qualifies.never, &never));
    if qualified.is_none() {
        needed.extend(open((&policy.qualifies.any, &any)));
    }
    match qualified {
        Some(rule) if needed.is_empty() => Outcome::Qualifies { rule },
        _ => {
            let in_order = policy.facts.iter().filter(|fact| needed.contains(&fact.name));
            Outcome::Undetermined { needed: in_order.map(|fact| fact.name.clone()).collect() }
        }
    }
}

/// Whether every condition of a rule holds; none while that depends on an answer that lacks.
pub fn matches(rule: &Rule, answers: &BTreeMap<String, Value>) -> Option<bool> {
    let judged = || rule.when.iter().map(|(fact, matcher)| answers.get(fact).and_then(|value| holds(matcher, value)));
    if judged().any(|holds| holds == Some(false)) {
        return Some(false);
    }
    judged().all(|holds| holds == Some(true)).then_some(true)
}

fn unknown_facts(rule: &Rule, answers: &BTreeMap<String, Value>) -> impl Iterator<Item = String> {
    let unknown =
        |(fact, matcher): &(&String, &Matcher)| answers.get(*fact).and_then(|value| holds(matcher, value)).is_none();
    rule.when.iter().filter(unknown).map(|(fact, _)| fact.clone())
}

/// Whether a value meets a condition; none for a value of another type than the condition's.
fn holds(matcher: &Matcher, value: &Value) -> Option<bool> {
    match (matcher, value) {
        (Matcher::OneOf(wanted), Value::OneOf(value)) => Some(wanted.contains(value)),
        (Matcher::Bool(wanted), Value::Bool(value)) => Some(wanted == value),
        (Matcher::Number { at_least, at_most }, Value::Number(value)) => {
            Some(at_least.is_none_or(|least| *value >= least) && at_most.is_none_or(|most| *value <= most))
        }
        _ => None,
    }
}

/// Whether every answer that meets `narrow` also meets `wide`, for a fact of this kind.
pub(super) fn covers(wide: Option<&Matcher>, narrow: Option<&Matcher>, kind: &FactKind) -> bool {
    let Some(wide) = wide else { return true };
    match (wide, narrow) {
        (Matcher::OneOf(wide), Some(Matcher::OneOf(narrow))) => narrow.iter().all(|value| wide.contains(value)),
        (Matcher::Bool(wide), Some(Matcher::Bool(narrow))) => wide == narrow,
        (Matcher::Number { at_least: l, at_most: m }, Some(Matcher::Number { at_least: from, at_most: to })) => {
            l.is_none_or(|l| from.is_some_and(|from| from >= l)) && m.is_none_or(|m| to.is_some_and(|to| to <= m))
        }
        (wide, None) => allows_everything(wide, kind),
        _ => false,
    }
}

/// Whether a condition holds for every value of its fact, so that it says nothing.
pub(super) fn allows_everything(matcher: &Matcher, kind: &FactKind) -> bool {
    match (matcher, kind) {
        (Matcher::OneOf(wanted), FactKind::OneOf { choices }) => choices.iter().all(|c| wanted.contains(&c.value)),
        (Matcher::Number { at_least, at_most }, FactKind::Number { at_least: smallest, at_most: largest, .. }) => {
            at_least.is_none_or(|least| smallest.is_some_and(|smallest| least <= smallest))
                && at_most.is_none_or(|most| largest.is_some_and(|largest| most >= largest))
        }
        _ => false,
    }
}
