//! Reading the rules, each condition checked against its fact's type, and each rule for whether it can matter.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::document::{Entry, Kind, Node, ProblemCode};

use super::super::answer::{bounds, way_out};
use super::super::rules::{allows_everything, covers};
use super::super::{Fact, FactKind, Matcher, Qualifies, Quantity, Rule, shape};
use super::facts::Facts;
use super::section::{Reader, Section};

/// A rule with the bytes of its name.
type Placed = (Rule, Range<usize>);

impl<'d> Reader<'d> {
    /// The rules; a condition on a fact that is wrong is not checked.
    pub(super) fn qualifies(&mut self, entry: &'d Entry, facts: Option<&Facts<'_>>) -> Option<Qualifies> {
        let section = self.section(&entry.value, &entry.span, &shape::QUALIFIES)?;
        let any = section.get("any").and_then(|entry| self.rules(entry, facts));
        let never = section.get("never").and_then(|entry| self.rules(entry, facts));
        let (any, never) = (any?, never?);
        for (rule, span) in &never {
            if any.iter().any(|(other, _)| other.name == rule.name) {
                let message = format!("a rule of `any` is named {:?} too", rule.name);
                self.report(span, ProblemCode::DuplicateKey, message, "give one of them another name");
            }
        }
        let facts = facts.filter(|facts| facts.sound)?;
        self.unreachable(&any, &never, &facts.right);
        let plain = |rules: Vec<Placed>| rules.into_iter().map(|(rule, _)| rule).collect();
        Some(Qualifies { any: plain(any), never: plain(never) })
    }

    fn rules(&mut self, entry: &'d Entry, facts: Option<&Facts<'_>>) -> Option<Vec<Placed>> {
        let before = self.problems.len();
        let rules = self.named(entry, "rules", '-')?;
        let rules: Vec<Placed> = rules.into_iter().filter_map(|rule| self.rule(rule, facts)).collect();
        (self.problems.len() == before).then_some(rules)
    }

    fn rule(&mut self, entry: &'d Entry, facts: Option<&Facts<'_>>) -> Option<Placed> {
        let name = format!("the rule {:?}", entry.key);
        let section = self.section_of(&entry.value, &entry.span, &name, &[shape::RULE.keys])?;
        let means = section.get("means").and_then(|entry| self.text(&entry.value));
        let matchers = section.get("when").and_then(|when| self.conditions(when, facts))?;
        Some((Rule { name: entry.key.clone(), means: means?, when: matchers }, entry.span.clone()))
    }

    /// Conditions on facts, all of which must hold; a condition on a fact that is wrong is not checked.
    pub(super) fn conditions(
        &mut self,
        when: &'d Entry,
        facts: Option<&Facts<'_>>,
    ) -> Option<BTreeMap<String, Matcher>> {
        let Kind::Map(conditions) = &when.value.kind else {
            let message = format!("conditions are a map of fact to value, and this is {}", when.value.what());
            let help = format!("write for example `{}: {{ severity: sev1 }}`", when.key);
            self.report(&when.value.span, ProblemCode::WrongType, message, help);
            return None;
        };
        if conditions.is_empty() {
            let help = "write at least one condition; a rule without one would always match";
            self.report(&when.span, ProblemCode::Empty, "this rule has no conditions", help);
        }
        let mut matchers = BTreeMap::new();
        for condition in conditions {
            if let Some(matcher) = self.condition(condition, facts?) {
                matchers.insert(condition.key.clone(), matcher);
            }
        }
        Some(matchers)
    }

    fn condition(&mut self, entry: &'d Entry, facts: &Facts<'_>) -> Option<Matcher> {
        let Some(fact) = facts.right.iter().find(|fact| fact.name == entry.key) else {
            // A fact that is declared, but wrongly, was reported where it stands.
            if !facts.declared.contains(&entry.key.as_str()) {
                let help = self.declared(&entry.key, &facts.declared);
                self.report(&entry.span, ProblemCode::UnknownFact, format!("there is no fact {:?}", entry.key), help);
            }
            return None;
        };
        let matcher = match &fact.kind {
            FactKind::OneOf { choices } => {
                let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
                self.values(&entry.value, &fact.name, &values)
            }
            FactKind::Bool => self.boolean(&entry.value).map(Matcher::Bool),
            FactKind::Number { at_least, at_most, .. } => self.between(entry, (*at_least, *at_most)),
            FactKind::Text => {
                let message = format!("{:?} is a text, and a text can't stand in a condition", fact.name);
                self.report(&entry.span, ProblemCode::WrongType, message, "use a fact of type one_of, bool or number");
                None
            }
        }?;
        if allows_everything(&matcher, &fact.kind) {
            let message = format!("every value of {:?} meets this condition", fact.name);
            self.report(&entry.span, ProblemCode::Unreachable, message, "remove the condition, or leave a value out");
        }
        Some(matcher)
    }

    /// One value, or a list of them.
    fn values(&mut self, node: &'d Node, fact: &str, allowed: &[&str]) -> Option<Matcher> {
        let items = match &node.kind {
            Kind::List(_) => self.list(node, false)?,
            _ => std::slice::from_ref(node),
        };
        let before = self.problems.len();
        let mut values = Vec::new();
        for item in items {
            let Some(value) = self.line(item) else { continue };
            if !allowed.contains(&value) {
                let message = format!("{value:?} is no {fact}");
                self.report(&item.span, ProblemCode::OutsideType, message, way_out(value, allowed));
            } else if values.iter().any(|known| known == value) {
                self.report(
                    &item.span,
                    ProblemCode::DuplicateKey,
                    format!("{value:?} stands here twice"),
                    "remove one",
                );
            }
            values.push(value.to_owned());
        }
        (self.problems.len() == before).then_some(Matcher::OneOf(values))
    }

    fn between(
        &mut self,
        entry: &'d Entry,
        (smallest, largest): (Option<Quantity>, Option<Quantity>),
    ) -> Option<Matcher> {
        if !matches!(entry.value.kind, Kind::Map(_)) {
            let message = format!("a range is wanted for {:?}, and this is {}", entry.key, entry.value.what());
            let help = "write for example { at_least: 5 }, or { at_least: 5, at_most: 5 } for one number";
            self.report(&entry.value.span, ProblemCode::WrongType, message, help);
            return None;
        }
        let section = self.section(&entry.value, &entry.span, &shape::RANGE)?;
        let (at_least, at_most) = self.range(&section)?;
        if at_least.is_none() && at_most.is_none() {
            let help = "write for example { at_least: 5 }";
            self.report(&entry.value.span, ProblemCode::Empty, "this condition has no bound", help);
            return None;
        }
        let outside = |bound: Option<Quantity>| {
            bound.is_some_and(|b| {
                smallest.is_some_and(|smallest| b < smallest) || largest.is_some_and(|largest| b > largest)
            })
        };
        for (key, bound) in [("at_least", at_least), ("at_most", at_most)] {
            if let (true, Some(written)) = (outside(bound), section.get(key)) {
                let message = format!("this lies outside of {:?}", entry.key);
                let help = format!("its values are {}", bounds(smallest, largest));
                self.report(&written.value.span, ProblemCode::OutsideType, message, help);
            }
        }
        Some(Matcher::Number { at_least, at_most })
    }

    /// The bounds of a number: of a fact's values or of a condition.
    pub(super) fn range(&mut self, section: &Section<'d>) -> Option<(Option<Quantity>, Option<Quantity>)> {
        let before = self.problems.len();
        let mut bound = |key| section.get(key).and_then(|entry| self.quantity(&entry.value));
        let (at_least, at_most) = (bound("at_least"), bound("at_most"));
        if let (Some(least), Some(most), Some(written)) = (at_least, at_most, section.get("at_most"))
            && least > most
        {
            let message = format!("nothing is at least {least} and at most {most}");
            self.report(&written.value.span, ProblemCode::Unreachable, message, "swap the two numbers");
        }
        (self.problems.len() == before).then_some((at_least, at_most))
    }

    /// Reports rules that can make no difference, because another one matches whenever they do.
    fn unreachable(&mut self, any: &[Placed], never: &[Placed], facts: &[Fact]) {
        let covered = |(wide, _): &Placed, (narrow, _): &Placed| {
            let fact = |name: &str| facts.iter().find(|fact| fact.name == name);
            let on = |name: &String| {
                fact(name).is_some_and(|fact| covers(wide.when.get(name), narrow.when.get(name), &fact.kind))
            };
            wide.when.keys().all(on)
        };
        for rules in [any, never] {
            for (at, rule) in rules.iter().enumerate() {
                if let Some((earlier, _)) = rules[..at].iter().find(|earlier| covered(earlier, rule)) {
                    let message = format!(
                        "{:?} can't make a difference: {:?} above it matches whenever it does",
                        rule.0.name, earlier.name
                    );
                    self.report(
                        &rule.1,
                        ProblemCode::Unreachable,
                        message,
                        "remove it, or move it above the wider rule",
                    );
                }
            }
        }
        for rule in any {
            if let Some((never, _)) = never.iter().find(|never| covered(never, rule)) {
                let message = format!(
                    "{:?} can never qualify: {:?} of `never` matches whenever it does",
                    rule.0.name, never.name
                );
                self.report(&rule.1, ProblemCode::Unreachable, message, "change the conditions of one of the two");
            }
        }
    }
}
