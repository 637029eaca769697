//! Deciding by the rules, over answers of which some may be lacking.

use std::collections::BTreeMap;

use super::{Fact, FactKind, Matcher, Policy, Rule, Value};

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
    // A value that the fact can't have would make conditions false, and so could open the gate.
    let sound = |fact: &&Fact| answers.get(&fact.name).is_some_and(|value| fact.accepts(value));
    let answers: &BTreeMap<String, Value> =
        &policy.facts.iter().filter(sound).map(|fact| (fact.name.clone(), answers[&fact.name].clone())).collect();
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
    conditions_hold(&rule.when, answers)
}

/// The same of conditions alone.
pub fn conditions_hold(when: &BTreeMap<String, Matcher>, answers: &BTreeMap<String, Value>) -> Option<bool> {
    let judged = || when.iter().map(|(fact, matcher)| answers.get(fact).and_then(|value| holds(matcher, value)));
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
        (Matcher::Number { at_least, at_most }, Some(Matcher::Number { at_least: from, at_most: to })) => {
            let (smallest, largest) = match kind {
                FactKind::Number { at_least, at_most, .. } => (*at_least, *at_most),
                _ => (None, None),
            };
            at_least.is_none_or(|least| from.or(smallest).is_some_and(|from| from >= least))
                && at_most.is_none_or(|most| to.or(largest).is_some_and(|to| to <= most))
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::{BUILT_IN, Choice, Fact, Qualifies, Quantity, read};
    use super::*;

    fn built_in() -> Policy {
        read(BUILT_IN.as_bytes(), "policy/hotfix.yaml").expect("valid")
    }

    /// `severity=sev1 data_at_risk=true`, each read as the fact reads it.
    fn answers(policy: &Policy, text: &str) -> BTreeMap<String, Value> {
        let answer = |pair: &str| {
            let (name, value) = pair.split_once('=').expect("name=value");
            let fact = policy.facts.iter().find(|fact| fact.name == name).expect("a fact");
            (name.to_owned(), fact.parse(value).expect("a value"))
        };
        text.split_whitespace().map(answer).collect()
    }

    #[test]
    fn the_built_in_policy_decides_and_asks_no_more_than_it_must() {
        let policy = built_in();
        for (given, expected) in [
            ("", "needs severity why_now data_at_risk affected workaround"),
            ("severity=sev1", "needs why_now data_at_risk affected"),
            ("severity=sev1 why_now=users-blocked", "needs data_at_risk affected"),
            ("severity=sev1 why_now=users-blocked data_at_risk=yes", "qualifies by production-down"),
            ("severity=sev1 why_now=users-blocked data_at_risk=no", "needs affected"),
            ("severity=sev1 why_now=users-blocked data_at_risk=no affected=nobody", "never by nobody-affected"),
            ("severity=sev1 why_now=weekend-ahead", "never by not-an-emergency"),
            ("why_now=big-customer-asked", "never by not-an-emergency"),
            ("severity=sev4", "never by blemish"),
            ("severity=sev3 why_now=users-blocked data_at_risk=no", "no rule"),
            // `affected` falls away as soon as data_at_risk is answered: rules are judged one by one.
            ("severity=sev3 why_now=users-blocked", "needs data_at_risk affected"),
            ("severity=sev3 why_now=users-blocked data_at_risk=yes", "qualifies by data-at-risk"),
            ("severity=sev2 why_now=money data_at_risk=no affected=many", "needs workaround"),
            (
                "severity=sev2 why_now=money data_at_risk=no affected=many workaround=failing",
                "qualifies by users-stuck",
            ),
            ("severity=sev2 why_now=money data_at_risk=no affected=few", "no rule"),
            (
                "severity=sev3 why_now=security data_at_risk=no affected=few workaround=none",
                "qualifies by law-or-security",
            ),
            ("severity=sev3 why_now=security data_at_risk=no affected=few workaround=holds", "no rule"),
        ] {
            let told = match decide(&policy, &answers(&policy, given)) {
                Outcome::Qualifies { rule } => format!("qualifies by {rule}"),
                Outcome::Never { rule } => format!("never by {rule}"),
                Outcome::NoRule => "no rule".to_owned(),
                Outcome::Undetermined { needed } => format!("needs {}", needed.join(" ")),
            };
            assert_eq!(told, expected, "{given:?}");
        }
    }

    #[test]
    fn a_value_that_a_fact_cannot_have_opens_nothing() {
        let policy = built_in();
        let mut given = answers(&policy, "severity=sev1 why_now=users-blocked data_at_risk=yes");
        for odd in [Value::OneOf("whatever".to_owned()), Value::Bool(false), Value::Text] {
            given.insert("why_now".to_owned(), odd);
            assert_eq!(decide(&policy, &given), Outcome::Undetermined { needed: vec!["why_now".to_owned()] });
        }
    }

    const CHOICES: [&str; 3] = ["a", "b", "c"];

    /// Four facts: two of one_of, one bool, one number from 0 to 4.
    fn facts() -> Vec<Fact> {
        let choices = CHOICES.map(|value| Choice { value: value.to_owned(), means: String::new() }).to_vec();
        let number = |text: &str| text.parse::<Quantity>().ok();
        let kinds = [
            FactKind::OneOf { choices: choices.clone() },
            FactKind::OneOf { choices },
            FactKind::Bool,
            FactKind::Number { unit: "x".to_owned(), at_least: number("0"), at_most: number("4") },
        ];
        let named =
            |(at, kind)| Fact { name: format!("f{at}"), question: String::new(), help: None, kind, probe: None };
        kinds.into_iter().enumerate().map(named).collect()
    }

    fn values(fact: usize) -> Vec<Value> {
        match fact {
            0 | 1 => CHOICES.map(|value| Value::OneOf(value.to_owned())).to_vec(),
            2 => vec![Value::Bool(false), Value::Bool(true)],
            _ => (0..=4).map(|n| Value::Number(n.to_string().parse().expect("a number"))).collect(),
        }
    }

    fn condition(fact: usize) -> BoxedStrategy<(String, Matcher)> {
        let matcher = match fact {
            0 | 1 => proptest::sample::subsequence(CHOICES.to_vec(), 1..=2)
                .prop_map(|values| Matcher::OneOf(values.into_iter().map(str::to_owned).collect()))
                .boxed(),
            2 => any::<bool>().prop_map(Matcher::Bool).boxed(),
            _ => (proptest::option::of(0..5u8), proptest::option::of(0..5u8))
                .prop_map(|(least, most)| {
                    let number = |n: u8| n.to_string().parse().expect("a number");
                    Matcher::Number { at_least: least.map(number), at_most: most.map(number) }
                })
                .boxed(),
        };
        matcher.prop_map(move |matcher| (format!("f{fact}"), matcher)).boxed()
    }

    fn rules() -> impl Strategy<Value = Vec<Rule>> {
        let when = vec((0..4usize).prop_flat_map(condition), 1..4).prop_map(|pairs| pairs.into_iter().collect());
        vec(when, 1..4).prop_map(|whens: Vec<BTreeMap<String, Matcher>>| {
            let rule = |(at, when)| Rule { name: format!("r{at}"), means: String::new(), when };
            whens.into_iter().enumerate().map(rule).collect()
        })
    }

    /// Every way to complete some answers.
    fn completions(given: &[Option<usize>]) -> Vec<BTreeMap<String, Value>> {
        let mut all = vec![BTreeMap::new()];
        for (fact, given) in given.iter().enumerate() {
            let values = values(fact);
            let allowed = match given {
                Some(at) => vec![values[at % values.len()].clone()],
                None => values,
            };
            let with = |before: &BTreeMap<String, Value>, value: &Value| {
                let mut after = before.clone();
                after.insert(format!("f{fact}"), value.clone());
                after
            };
            all = all.iter().flat_map(|before| allowed.iter().map(|value| with(before, value))).collect();
        }
        all
    }

    /// The gate by the rules' own words, without three-valued logic: every fact is known.
    fn opens(rules: &Qualifies, full: &BTreeMap<String, Value>) -> bool {
        let meets = |(fact, matcher): (&String, &Matcher)| match (matcher, &full[fact]) {
            (Matcher::OneOf(wanted), Value::OneOf(value)) => wanted.contains(value),
            (Matcher::Bool(wanted), Value::Bool(value)) => wanted == value,
            (Matcher::Number { at_least, at_most }, Value::Number(value)) => {
                !at_least.is_some_and(|least| *value < least) && !at_most.is_some_and(|most| *value > most)
            }
            _ => unreachable!("the conditions are typed"),
        };
        let matched = |rule: &Rule| rule.when.iter().all(meets);
        rules.any.iter().any(matched) && !rules.never.iter().any(matched)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Against every completion: what is decided stays so whatever is answered next, and what is not asked can't matter.
        #[test]
        fn the_rules_agree_with_every_completion(
            any in rules(),
            never in rules(),
            given in vec(proptest::option::of(0..5usize), 4),
        ) {
            let mut policy = built_in();
            policy.facts = facts();
            policy.qualifies = Qualifies { any, never };
            let full = completions(&given);
            let known: BTreeMap<String, Value> = full[0]
                .iter()
                .zip(&given)
                .filter(|(_, given)| given.is_some())
                .map(|((name, value), _)| (name.clone(), value.clone()))
                .collect();
            let open: Vec<bool> = full.iter().map(|full| opens(&policy.qualifies, full)).collect();
            match decide(&policy, &known) {
                Outcome::Qualifies { .. } => prop_assert!(open.iter().all(|open| *open)),
                Outcome::Never { .. } | Outcome::NoRule => prop_assert!(open.iter().all(|open| !*open)),
                Outcome::Undetermined { needed } => {
                    prop_assert!(!needed.is_empty());
                    prop_assert!(needed.iter().all(|name| !known.contains_key(name)));
                    for (left, left_open) in full.iter().zip(&open) {
                        for (right, right_open) in full.iter().zip(&open) {
                            if needed.iter().all(|name| left[name] == right[name]) {
                                prop_assert_eq!(left_open, right_open);
                            }
                        }
                    }
                }
            }
        }
    }
}
