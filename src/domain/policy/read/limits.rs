//! Reading the policy's limits: scope, deadlines, budget, probes.

use std::collections::BTreeMap;

use crate::document::{Entry, Kind, Node, ProblemCode};

use super::super::people::{Budget, BudgetStep, Deadlines, Demand, Probe, ScopeLimits};
use super::super::shape;
use super::super::span::Span;
use super::facts::Facts;
use super::people::RoleNames;
use super::section::{Reader, Section};

impl<'d> Reader<'d> {
    /// A length of time.
    pub(super) fn span(&mut self, node: &'d Node) -> Option<Span> {
        let written = match &node.kind {
            Kind::Text(text) => text.as_str(),
            _ => "",
        };
        let span = written.parse::<Span>();
        if span.is_err() {
            let help = "write one number and one unit, minutes, hours or days: 30m, 24h, 5d";
            self.report(&node.span, ProblemCode::WrongType, "a length of time is wanted here", help);
        }
        span.ok()
    }

    /// A whole number between two bounds, both inclusive.
    pub(super) fn count(&mut self, node: &Node, least: u32, most: u32, help: &str) -> Option<u32> {
        let number = match &node.kind {
            Kind::Number(digits) => digits.parse::<u32>().ok(),
            _ => None,
        };
        let fits = number.filter(|number| (least..=most).contains(number));
        if fits.is_none() {
            let message = format!("a whole number from {least} to {most} is wanted here");
            self.report(&node.span, ProblemCode::WrongType, message, help);
        }
        fits
    }

    pub(super) fn scope(&mut self, entry: &'d Entry) -> Option<ScopeLimits> {
        let section = self.section(&entry.value, &entry.span, &shape::SCOPE)?;
        let mut limit = |key| {
            let help = "write the most that is allowed, such as 10; or leave the key away";
            self.optional(&section, key, |reader, node| reader.count(node, 0, 1_000_000, help))
        };
        let (files, lines) = (limit("files"), limit("lines"));
        let not_counted = self.globs(&section, "not_counted", true);
        let forbidden = self.globs(&section, "forbidden", true);
        let unneeded = self.optional(&section, "unneeded", |reader, node| reader.word(node, shape::UNNEEDED));
        Some(ScopeLimits {
            files: files?,
            lines: lines?,
            not_counted: not_counted?,
            forbidden: forbidden?,
            refuse_unneeded: unneeded? == Some("refuse"),
        })
    }

    fn demand(&mut self, section: &Section<'d>, roles: &RoleNames) -> Option<Demand> {
        let approval = self.optional(section, "approval", |reader, node| reader.role_name(node, roles));
        let note = self.optional(section, "note", |reader, node| reader.boolean(node));
        Some(Demand { approval: approval?, note: note?.unwrap_or(false) })
    }

    pub(super) fn deadlines(&mut self, entry: &'d Entry, roles: &RoleNames) -> Option<Deadlines> {
        let section = self.section(&entry.value, &entry.span, &shape::DEADLINES)?;
        let mut span = |key| self.optional(&section, key, Self::span);
        let (merge_back, rca, override_review) = (span("merge_back"), span("rca"), span("override_review"));
        let (late_approval, normal_gates, evidence) = (span("late_approval"), span("normal_gates"), span("evidence"));
        let when_overdue = self.optional(&section, "when_overdue", |reader, node| {
            let section = reader.section(node, &node.span.clone(), &shape::DEMAND)?;
            reader.demand(&section, roles)
        });
        Some(Deadlines {
            merge_back: merge_back?,
            rca: rca?,
            override_review: override_review?,
            late_approval: late_approval?,
            normal_gates: normal_gates?,
            evidence: evidence?,
            when_overdue: when_overdue?.unwrap_or_default(),
        })
    }

    pub(super) fn budget(&mut self, entry: &'d Entry, roles: &RoleNames, facts: Option<&Facts<'_>>) -> Option<Budget> {
        let section = self.section(&entry.value, &entry.span, &shape::BUDGET)?;
        let window = section.get("window").and_then(|entry| self.span(&entry.value));
        let mut points = |key| {
            let help = "write what one costs, such as 1; 0 if it costs nothing";
            self.optional(&section, key, |reader, node| reader.count(node, 0, 100, help))
        };
        let (hotfix, overriding) = (points("hotfix"), points("override"));
        let steps = section.get("steps").and_then(|entry| self.steps(&entry.value, roles));
        let not_when = match section.get("not_when") {
            None => Some(BTreeMap::new()),
            Some(entry) => self.conditions(entry, facts),
        };
        Some(Budget {
            window: window?,
            hotfix: hotfix?.unwrap_or(1),
            overriding: overriding?.unwrap_or(1),
            steps: steps?,
            not_when: not_when?,
        })
    }

    fn steps(&mut self, node: &'d Node, roles: &RoleNames) -> Option<Vec<BudgetStep>> {
        let before = self.problems.len();
        let mut steps: Vec<BudgetStep> = Vec::new();
        for item in self.list(node, false)? {
            let Some(section) = self.section(item, &item.span, &shape::BUDGET_STEP) else { continue };
            let from = section.get("from").and_then(|entry| {
                self.count(&entry.value, 1, 10_000, "write the points from which it holds, such as 3")
            });
            let demand = self.demand(&section, roles);
            let (Some(from), Some(demand)) = (from, demand) else { continue };
            if demand.is_nothing() {
                let help = "add `note: true` or `approval: ROLE`";
                self.report(&item.span, ProblemCode::Unreachable, "this step demands nothing", help);
            }
            if steps.last().is_some_and(|last| last.from >= from) {
                let help = "write the steps with rising points";
                self.report(&item.span, ProblemCode::Unreachable, "the step above it begins no earlier", help);
            }
            steps.push(BudgetStep { from, demand });
        }
        (self.problems.len() == before).then_some(steps)
    }

    pub(super) fn probe(&mut self, entry: &'d Entry) -> Option<Probe> {
        let section = self.section(&entry.value, &entry.span, &shape::PROBE)?;
        let run = section.get("run").and_then(|run| {
            let before = self.problems.len();
            let words: Vec<String> =
                self.list(&run.value, false)?.iter().filter_map(|item| self.line(item).map(str::to_owned)).collect();
            (self.problems.len() == before).then_some(words)
        });
        let timeout = self.optional(&section, "timeout_seconds", |reader, node| {
            reader.count(node, 1, 60, "write the seconds that it may take, such as 5")
        });
        let mut field = |key| self.optional(&section, key, |reader, node| reader.line(node).map(str::to_owned));
        let (field, measured_at) = (field("field"), field("measured_at"));
        let fresh_for = self.optional(&section, "fresh_for", Self::span);
        let (measured_at, fresh_for) = (measured_at?, fresh_for?);
        if measured_at.is_some() != fresh_for.is_some() {
            let help = "write both `measured_at: FIELD` and `fresh_for: 5m`, or neither";
            let message = "how old a measurement may be needs both the field of its moment and a length of time";
            self.report(&entry.span, ProblemCode::Unreachable, message, help);
        }
        Some(Probe { run: run?, timeout_seconds: timeout?.unwrap_or(5), field: field?, measured_at, fresh_for })
    }
}
