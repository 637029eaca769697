//! What changed about people and limits.

use super::super::people::{ANYONE, Approvals, BudgetStep, Demand, Needs, ScopeLimits};
use super::super::span::Span;
use super::Direction::{Loosens, Neither, Tightens};
use super::{Found, Policy};
use crate::domain::text::counted;

impl Found {
    pub(super) fn scope(&mut self, old: &Policy, new: &Policy) {
        self.section = "scope";
        let (a, b) = (old.scope.as_ref(), new.scope.as_ref());
        self.smaller_is_tighter("files", a.and_then(|scope| scope.files), b.and_then(|scope| scope.files));
        self.smaller_is_tighter("lines", a.and_then(|scope| scope.lines), b.and_then(|scope| scope.lines));
        let none = Vec::new();
        let forbidden = (a.map_or(&none, |scope| &scope.forbidden), b.map_or(&none, |scope| &scope.forbidden));
        self.list("no hotfix may touch", (forbidden.0, forbidden.1), Tightens);
        if a.is_some() {
            let uncounted = (a.map_or(&none, |scope| &scope.not_counted), b.map_or(&none, |scope| &scope.not_counted));
            self.list("does not count", (uncounted.0, uncounted.1), Loosens);
        }
        let refuses = |scope: Option<&ScopeLimits>| scope.is_some_and(|scope| scope.refuse_unneeded);
        self.flag("what is not needed is refused", refuses(a), refuses(b), Tightens);
    }

    fn needs(&mut self, what: &str, old: &Needs, new: &Needs) {
        let roles: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for role in roles {
            let count = |needs: &Needs| needs.get(role).copied().unwrap_or(0);
            let (before, now) = (count(old), count(new));
            if before != now {
                let direction = if now > before { Tightens } else { Loosens };
                self.say(direction, format!("{what}{now} × {role}, and was {before}"));
            }
        }
    }

    pub(super) fn approvals(&mut self, old: &Policy, new: &Policy) {
        self.section = "approvals";
        let needs =
            |approvals: Option<&Approvals>| approvals.map_or_else(Needs::new, |approvals| approvals.needs.clone());
        let (a, b) = (old.approvals.as_ref(), new.approvals.as_ref());
        self.needs("", &needs(a), &needs(b));
        let also = |approvals: Option<&Approvals>| approvals.map_or_else(Vec::new, |approvals| approvals.also.clone());
        let (before, now) = (also(a), also(b));
        for case in &now {
            match before.iter().find(|known| known.name == case.name) {
                None => self.say(Tightens, format!("{}: a case that needs more", case.name)),
                Some(known) => {
                    self.needs(&format!("{}: ", case.name), &known.needs, &case.needs);
                    self.conditions((&known.when, &case.when), (&case.name, "counts"), (Tightens, Loosens));
                }
            }
        }
        let gone = before.iter().filter(|case| now.iter().all(|known| known.name != case.name));
        gone.for_each(|case| self.say(Loosens, format!("{}: no longer a case that needs more", case.name)));
        let author = |approvals: Option<&Approvals>| approvals.is_some_and(|approvals| approvals.author_may_approve);
        self.flag("an author may approve", author(a), author(b), Loosens);
        let awake = |approvals: Option<&Approvals>| approvals.and_then(|approvals| approvals.nobody_awake_after);
        match (awake(a), awake(b)) {
            (old, new) if old == new => {}
            (Some(old), Some(new)) => {
                let direction = if new > old { Tightens } else { Loosens };
                self.say(direction, format!("one approval is enough after {new}, and was after {old}"));
            }
            (None, Some(new)) => self.say(Loosens, format!("one approval and an override are enough after {new}")),
            (_, None) => self.say(Tightens, "one approval is never enough"),
        }
    }

    pub(super) fn overrides(&mut self, old: &Policy, new: &Policy) {
        self.section = "overrides";
        let (a, b) = (&old.overrides, &new.overrides);
        // Everybody is more than any list.
        match (a.by.contains(&ANYONE.to_owned()), b.by.contains(&ANYONE.to_owned())) {
            (true, false) => self.say(Tightens, format!("may skip a gate: {}, and was anyone", b.by.join(", "))),
            (false, true) => self.say(Loosens, "may skip a gate: anyone"),
            _ => self.list("may skip a gate", (&a.by, &b.by), Loosens),
        }
        if a.reason_at_least != b.reason_at_least {
            let direction = if b.reason_at_least > a.reason_at_least { Tightens } else { Loosens };
            let words = format!(
                "the shortest reason: {}, and was {}",
                counted(b.reason_at_least, "character"),
                a.reason_at_least
            );
            self.say(direction, words);
        }
        self.smaller_is_tighter("an override holds for", Some(a.expires_after), Some(b.expires_after));
        self.role("reviews overrides", &a.review_by, &b.review_by);
        self.list("can't be skipped", (&a.never_skip, &b.never_skip), Tightens);
    }

    pub(super) fn normal_gates(&mut self, old: &Policy, new: &Policy) {
        self.section = "normal_gates";
        for gate in &new.normal_gates {
            let Some(known) = old.normal_gates.iter().find(|known| known.name == gate.name) else {
                self.say(if gate.owed { Tightens } else { Neither }, format!("{}: a gate ({})", gate.name, gate.means));
                continue;
            };
            self.flag(&format!("{} is owed", gate.name), known.owed, gate.owed, Tightens);
            self.role(&format!("waives {}", gate.name), &known.waive_by, &gate.waive_by);
            let given = format!("{} is given by itself", gate.name);
            self.flag(&given, known.given_by.is_some(), gate.given_by.is_some(), Loosens);
        }
        let gone = old.normal_gates.iter().filter(|gate| new.normal_gates.iter().all(|known| known.name != gate.name));
        gone.for_each(|gate| self.say(Loosens, format!("{}: no longer a gate", gate.name)));
    }

    pub(super) fn deadlines(&mut self, old: &Policy, new: &Policy) {
        self.section = "deadlines";
        let (a, b) = (&old.deadlines, &new.deadlines);
        let pairs: [(&str, Option<Span>, Option<Span>); 6] = [
            ("the merge-back", a.merge_back, b.merge_back),
            ("the analysis", a.rca, b.rca),
            ("the review of an override", a.override_review, b.override_review),
            ("a late approval", a.late_approval, b.late_approval),
            ("a skipped gate", a.normal_gates, b.normal_gates),
            ("evidence", a.evidence, b.evidence),
        ];
        pairs.into_iter().for_each(|(what, old, new)| self.smaller_is_tighter(what, old, new));
        self.demand("while something is overdue", &a.when_overdue, &b.when_overdue);
    }

    fn demand(&mut self, when: &str, old: &Demand, new: &Demand) {
        self.flag(&format!("{when}, a note"), old.note, new.note, Tightens);
        if old.approval != new.approval {
            let direction = if old.approval.is_none() { Tightens } else { Loosens };
            let role = |demand: &Demand| demand.approval.clone().unwrap_or_else(|| "nobody".to_owned());
            self.say(direction, format!("{when}, one approval more: {}, and was {}", role(new), role(old)));
        }
    }

    pub(super) fn budget(&mut self, old: &Policy, new: &Policy) {
        self.section = "budget";
        let (a, b) = match (&old.budget, &new.budget) {
            (None, None) => return,
            (None, Some(_)) => return self.say(Tightens, "hotfixes cost points"),
            (Some(_), None) => return self.say(Loosens, "hotfixes cost nothing"),
            (Some(a), Some(b)) => (a, b),
        };
        let larger = |found: &mut Self, what: &str, old: u32, new: u32| {
            if old != new {
                let direction = if new > old { Tightens } else { Loosens };
                found.say(direction, format!("{what}: {new}, and was {old}"));
            }
        };
        larger(self, "a hotfix costs", a.hotfix, b.hotfix);
        larger(self, "an override costs", a.overriding, b.overriding);
        if a.window != b.window {
            let direction = if b.window > a.window { Tightens } else { Loosens };
            self.say(direction, format!("looked back over: {}, and was {}", b.window, a.window));
        }
        let points: std::collections::BTreeSet<u32> = a.steps.iter().chain(&b.steps).map(|step| step.from).collect();
        let at = |steps: &[BudgetStep], points: u32| {
            steps.iter().rev().find(|step| step.from <= points).map_or_else(Demand::default, |step| step.demand.clone())
        };
        for points in points {
            self.demand(&format!("from {points} points on"), &at(&a.steps, points), &at(&b.steps, points));
        }
        if a.not_when != b.not_when {
            let direction = if b.not_when.is_empty() { Tightens } else { Loosens };
            self.say(direction, "the budget demands nothing in other cases than before");
        }
    }

    pub(super) fn who_closes(&mut self, old: &Policy, new: &Policy) {
        self.section = "who_closes";
        let role =
            |policy: &Policy| policy.who_closes.as_ref().map_or_else(|| ANYONE.to_owned(), |who| who.role.clone());
        let author = |policy: &Policy| policy.who_closes.as_ref().is_none_or(|who| who.author);
        self.role("closes", &role(old), &role(new));
        self.flag("an author may close", author(old), author(new), Loosens);
    }
}
