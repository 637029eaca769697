//! Whether the people whom a policy lists can meet what it demands of them.
//!
//! Looked for by `policy lint` only, for a policy that governs must be read whatever its flaws: its roles are those of today,
//! and an override is a way out of its approvals. A role that a file names more people for may have any number of them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::document::{Entry, Kind, Node, Problem, ProblemCode};
use crate::domain::approvals::seated;
use crate::domain::text::counted;

use super::super::Policy;
use super::super::people::{ANYONE, Demand, Needs, Role};

/// Every demand that can't be met, each where it is written.
pub(super) fn problems(root: &Node, source: &str, policy: &Policy) -> Vec<Problem> {
    let mut lint = Lint { root, source, policy, problems: Vec::new() };
    lint.approvals();
    lint.demands();
    lint.reviews();
    lint.problems
}

struct Lint<'a> {
    root: &'a Node,
    source: &'a str,
    policy: &'a Policy,
    problems: Vec<Problem>,
}

impl Lint<'_> {
    fn approvals(&mut self) {
        let Some(approvals) = &self.policy.approvals else { return };
        self.needs(&["approvals", "needs"], &approvals.needs, &approvals.needs);
        for also in &approvals.also {
            let both = joined(&approvals.needs, &also.needs);
            self.needs(&["approvals", "also", &also.name, "needs"], &also.needs, &both);
        }
    }

    /// Reports the needs at `path` that can't be met: a role with too few members, else all of `together`, of whom one person
    /// counts once.
    fn needs(&mut self, path: &[&str], needs: &Needs, together: &Needs) {
        let before = self.problems.len();
        for (role, wanted) in needs {
            let Some(members) = self.members(role).filter(|members| members.len() < *wanted as usize) else { continue };
            let message = format!("{wanted} must agree, and {role} has {}", counted(members.len(), "member"));
            self.report(&[path, &[role]].concat(), message, &format!("add members to {role}, or ask for fewer"));
        }
        if self.problems.len() == before && !self.can_meet(together) {
            let listed: Vec<String> = together.iter().map(|(role, count)| format!("{count} × {role}")).collect();
            let message = format!("too few people are listed for {}: one person counts once", listed.join(" and "));
            self.report(path, message, "add members to these roles, or ask for fewer");
        }
    }

    /// What a step of the budget and something overdue ask for beside the usual.
    fn demands(&mut self) {
        let policy = self.policy;
        let steps = policy.budget.iter().flat_map(|budget| &budget.steps).map(|step| &step.demand).enumerate();
        for (number, demand) in steps {
            self.demand(&["budget", "steps", &number.to_string()], demand);
        }
        self.demand(&["deadlines", "when_overdue"], &policy.deadlines.when_overdue);
    }

    fn demand(&mut self, path: &[&str], demand: &Demand) {
        let Some(role) = &demand.approval else { return };
        let (usual, cases) = match &self.policy.approvals {
            Some(approvals) => (approvals.needs.clone(), &approvals.also[..]),
            None => (Needs::new(), &[][..]),
        };
        let all = std::iter::once(usual.clone()).chain(cases.iter().map(|also| joined(&usual, &also.needs)));
        for mut needs in all {
            // What can't be met without it is said where it is written.
            let could = self.can_meet(&needs);
            *needs.entry(role.clone()).or_insert(0) += 1;
            if could && !self.can_meet(&needs) {
                let count = needs[role];
                let members = self.members(role).map_or(0, |members| members.len());
                let message = format!(
                    "with this one approval more {count} of {role} must agree, and it has {}",
                    counted(members, "member")
                );
                let help = format!("add members to {role}, or name another role here");
                return self.report(&[path, &["approval"]].concat(), message, &help);
            }
        }
    }

    /// Whoever skipped a gate does not review that: of one and the same person nothing is ever reviewed.
    fn reviews(&mut self) {
        let overrides = &self.policy.overrides;
        let (Some(reviewers), Some(by)) = (
            self.members(&overrides.review_by),
            overrides.by.iter().map(|role| self.members(role)).collect::<Option<Vec<_>>>(),
        ) else {
            return;
        };
        let skippers: BTreeSet<String> = by.into_iter().flatten().collect();
        if let [only] = skippers.iter().collect::<Vec<_>>()[..]
            && reviewers == skippers
        {
            let message = format!("{only} alone may skip a gate, and nobody else may review that");
            self.report(&["overrides", "review_by"], message, "name a role with somebody else in it, such as anyone");
        }
    }

    /// The members of a role, if no more can be in it than are listed.
    fn members(&self, role: &str) -> Option<BTreeSet<String>> {
        let known = |known: &&Role| known.name == role && known.members_from.is_none();
        let role = self.policy.roles.iter().find(known).filter(|_| role != ANYONE)?;
        Some(role.members.iter().map(|member| member.to_lowercase()).collect())
    }

    /// Whether the listed people suffice, one person counting once. Anybody may be anyone, and is not counted.
    fn can_meet(&self, needs: &Needs) -> bool {
        let closed: Vec<_> = needs.iter().filter_map(|(role, count)| Some((self.members(role)?, *count))).collect();
        let people: Vec<&String> =
            closed.iter().flat_map(|(members, _)| members).collect::<BTreeSet<_>>().into_iter().collect();
        let places: Vec<_> =
            closed.iter().flat_map(|(members, count)| std::iter::repeat_n(members, *count as usize)).collect();
        let filled = seated(people.len(), places.len(), &|person, place| places[place].contains(people[person]));
        filled.iter().all(Option::is_some)
    }

    fn report(&mut self, path: &[&str], message: String, help: &str) {
        let span = place(self.root, path);
        self.problems.push(Problem::new(self.source, span, ProblemCode::Unmeetable, message, help));
    }
}

fn joined(one: &Needs, other: &Needs) -> Needs {
    let mut both = one.clone();
    for (role, count) in other {
        let known = both.entry(role.clone()).or_insert(0);
        *known = (*known).max(*count);
    }
    both
}

/// Where the key at a path stands; what a base wrote stands where that is named.
fn place(root: &Node, path: &[&str]) -> Range<usize> {
    let (mut node, mut span) = (root, None);
    for key in path {
        match &node.kind {
            Kind::Map(entries) => {
                let Some(Entry { span: at, value, .. }) = entries.iter().find(|entry| entry.key == *key) else { break };
                (node, span) = (value, Some(at.clone()));
            }
            Kind::List(items) => {
                let Some(item) = key.parse().ok().and_then(|at: usize| items.get(at)) else { break };
                (node, span) = (item, Some(item.span.clone()));
            }
            _ => break,
        }
    }
    let extends = || match &root.kind {
        Kind::Map(entries) => entries.iter().find(|entry| entry.key == "extends").map(|entry| entry.span.clone()),
        _ => None,
    };
    span.or_else(extends).unwrap_or(0..0)
}
