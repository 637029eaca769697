//! What changed between two policies, in words, and whether that makes a hotfix easier or harder.

mod people;

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;

use super::people::ANYONE;
use super::{Matcher, Policy, RcaRequirement, Rule, Rung};

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// A hotfix, or its closing, is easier.
    Loosens,
    /// It is harder.
    Tightens,
    /// Neither, or it depends on the team.
    Neither,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The policy's section.
    pub section: &'static str,
    /// Which way it goes.
    pub direction: Direction,
    /// What it is, in words.
    pub words: String,
}

/// Everything that changed, section by section.
pub fn changes(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut found = Found { section: "", list: Vec::new() };
    found.section = "qualifies";
    found.rules((&old.qualifies.any, &new.qualifies.any), "qualifies", true);
    found.rules((&old.qualifies.never, &new.qualifies.never), "never qualifies", false);
    found.section = "ladder";
    found.rung(&old.roll_back, &new.roll_back, "rolling back");
    found.rung(&old.flag_off, &new.flag_off, "switching off");
    found.facts(old, new);
    found.merge_back(old, new);
    found.close_requires(old, new);
    found.scope(old, new);
    found.approvals(old, new);
    found.overrides(old, new);
    found.normal_gates(old, new);
    found.deadlines(old, new);
    found.budget(old, new);
    found.who_closes(old, new);
    found.neither(old, new);
    found.list
}

struct Found {
    section: &'static str,
    list: Vec<Change>,
}

use Direction::{Loosens, Neither, Tightens};

impl Found {
    fn say(&mut self, direction: Direction, words: impl Into<String>) {
        self.list.push(Change { section: self.section, direction, words: words.into() });
    }

    /// A value that is tighter the smaller it is; none is no limit at all.
    fn smaller_is_tighter<T: Ord + Display>(&mut self, what: &str, old: Option<T>, new: Option<T>) {
        let words = |old: &dyn Display, new: &dyn Display| format!("{what}: {new}, and was {old}");
        match (old, new) {
            (Some(old), Some(new)) if new < old => self.say(Tightens, words(&old, &new)),
            (Some(old), Some(new)) if new > old => self.say(Loosens, words(&old, &new)),
            (Some(old), None) => self.say(Loosens, words(&old, &"no limit")),
            (None, Some(new)) => self.say(Tightens, words(&"no limit", &new)),
            _ => {}
        }
    }

    fn flag(&mut self, what: &str, old: bool, new: bool, yes: Direction) {
        let no = if yes == Tightens { Loosens } else { Tightens };
        match (old, new) {
            (false, true) => self.say(yes, format!("{what}: yes, and was no")),
            (true, false) => self.say(no, format!("{what}: no, and was yes")),
            _ => {}
        }
    }

    fn list<T: PartialEq + Display>(&mut self, what: &str, (old, new): (&[T], &[T]), more: Direction) {
        let less = if more == Tightens { Loosens } else { Tightens };
        new.iter().filter(|item| !old.contains(item)).for_each(|item| self.say(more, format!("{what}: {item} is new")));
        old.iter()
            .filter(|item| !new.contains(item))
            .for_each(|item| self.say(less, format!("{what}: {item} is gone")));
    }

    /// A role that something is left to: the fewer have it the tighter.
    fn role(&mut self, what: &str, old: &str, new: &str) {
        if old != new {
            let direction = if old == ANYONE { Tightens } else { Loosens };
            self.say(direction, format!("{what}: {new}, and was {old}"));
        }
    }

    fn rules(&mut self, (old, new): (&[Rule], &[Rule]), verb: &str, opens: bool) {
        let (more, less) = if opens { (Loosens, Tightens) } else { (Tightens, Loosens) };
        for rule in new {
            match old.iter().find(|known| known.name == rule.name) {
                None => self.say(more, format!("{}: now {verb} ({})", rule.name, rule.means)),
                Some(known) => self.conditions((&known.when, &rule.when), (&rule.name, verb), (more, less)),
            }
        }
        for rule in old.iter().filter(|rule| new.iter().all(|known| known.name != rule.name)) {
            self.say(less, format!("{}: no longer {verb} ({})", rule.name, rule.means));
        }
    }

    fn conditions(
        &mut self,
        (old, new): (&BTreeMap<String, Matcher>, &BTreeMap<String, Matcher>),
        (rule, verb): (&str, &str),
        (more, less): (Direction, Direction),
    ) {
        for (fact, matcher) in new {
            match (old.get(fact), matcher) {
                (None, _) => self.say(less, format!("{rule} now asks for {fact}: {}", matcher_words(matcher))),
                (Some(Matcher::OneOf(before)), Matcher::OneOf(now)) => {
                    for value in now.iter().filter(|value| !before.contains(value)) {
                        self.say(more, format!("{fact} {value} now {verb} under {rule}"));
                    }
                    for value in before.iter().filter(|value| !now.contains(value)) {
                        self.say(less, format!("{fact} {value} no longer {verb} under {rule}"));
                    }
                }
                (Some(before), now) if before != now => self.range((before, now), (rule, fact), (more, less)),
                _ => {}
            }
        }
        for (fact, matcher) in old.iter().filter(|(fact, _)| !new.contains_key(*fact)) {
            self.say(more, format!("{rule} no longer asks for {fact}: {}", matcher_words(matcher)));
        }
    }

    fn range(
        &mut self,
        (old, new): (&Matcher, &Matcher),
        (rule, fact): (&str, &str),
        (more, less): (Direction, Direction),
    ) {
        let text = format!("{rule}: {fact} {}, and was {}", matcher_words(new), matcher_words(old));
        let direction = match (old, new) {
            (Matcher::Number { at_least: a, at_most: b }, Matcher::Number { at_least: c, at_most: d }) => {
                let wider = c.is_none_or(|c| a.is_some_and(|a| c <= a)) && d.is_none_or(|d| b.is_some_and(|b| d >= b));
                let narrower =
                    a.is_none_or(|a| c.is_some_and(|c| c >= a)) && b.is_none_or(|b| d.is_some_and(|d| d <= b));
                if wider {
                    more
                } else if narrower {
                    less
                } else {
                    Loosens
                }
            }
            // The other answer, or another type: what opened is shut, and what was shut opens.
            _ => Loosens,
        };
        self.say(direction, text);
    }

    fn rung(&mut self, old: &Rung, new: &Rung, what: &str) {
        for reason in &new.no_because {
            match old.no_because.iter().find(|known| known.name == reason.name) {
                None => {
                    self.say(Loosens, format!("{what} may now be passed because: {} ({})", reason.name, reason.means))
                }
                Some(known) => {
                    let none = |kind| kind == super::EvidenceKind::None;
                    self.flag(
                        &format!("{what}, {}: wants evidence", reason.name),
                        !none(known.evidence),
                        !none(reason.evidence),
                        Tightens,
                    );
                    let action = format!("{what}, {}: owes an action", reason.name);
                    self.flag(&action, known.owes_action, reason.owes_action, Tightens);
                }
            }
        }
        let gone = old.no_because.iter().filter(|reason| new.no_because.iter().all(|known| known.name != reason.name));
        gone.for_each(|reason| self.say(Tightens, format!("{what} can no longer be passed because: {}", reason.name)));
        if (&old.question, &old.commands) != (&new.question, &new.commands) {
            self.say(Neither, format!("{what}: another question or other commands"));
        }
    }

    /// What is asked. A fact that means something else could turn any rule, so it counts as looser.
    fn facts(&mut self, old: &Policy, new: &Policy) {
        self.section = "facts";
        for fact in &new.facts {
            match old.facts.iter().find(|known| known.name == fact.name) {
                None => self.say(Neither, format!("{} is asked for, and was not", fact.name)),
                Some(known) if known.kind != fact.kind => {
                    self.say(Loosens, format!("{} takes other answers than before", fact.name));
                }
                Some(known) if known.probe != fact.probe => {
                    self.say(Neither, format!("{} has another probe", fact.name))
                }
                Some(_) => {}
            }
        }
        let gone = old.facts.iter().filter(|fact| new.facts.iter().all(|known| known.name != fact.name));
        gone.for_each(|fact| self.say(Loosens, format!("{} is no longer asked for", fact.name)));
    }

    fn merge_back(&mut self, old: &Policy, new: &Policy) {
        self.section = "merge_back";
        let names = |policy: &Policy| -> Vec<String> {
            policy.merge_back.into.iter().map(|target| format!("{target:?}").to_lowercase()).collect()
        };
        self.list("must reach", (&names(old), &names(new)), Tightens);
        let (a, b) = (&old.merge_back, &new.merge_back);
        self.list("never goes back", (&a.never_goes_back, &b.never_goes_back), Loosens);
        self.flag("an author may confirm", a.author_may_confirm, b.author_may_confirm, Loosens);
        if a.changed_since != b.changed_since {
            let direction = if b.changed_since > a.changed_since { Tightens } else { Loosens };
            let (new, old) = (b.changed_since.word(), a.changed_since.word());
            self.say(direction, format!("what changed of a fix since it landed: {new}, and was {old}"));
        }
    }

    fn close_requires(&mut self, old: &Policy, new: &Policy) {
        self.section = "close_requires";
        let (a, b) = (&old.close_requires, &new.close_requires);
        for (what, old, new) in [
            ("the fix proven on main", a.merge_back, b.merge_back),
            ("when it was deployed", a.deployed, b.deployed),
            ("when the system was back", a.restored, b.restored),
            ("evidence that was owed", a.evidence, b.evidence),
        ] {
            self.flag(what, old, new, Tightens);
        }
        let word = |rca| match rca {
            RcaRequirement::None => "none",
            RcaRequirement::Recorded => "recorded",
            RcaRequirement::Accepted => "accepted",
        };
        if a.rca != b.rca {
            let direction = if b.rca > a.rca { Tightens } else { Loosens };
            self.say(direction, format!("the analysis: {}, and was {}", word(b.rca), word(a.rca)));
        }
    }

    /// What makes nothing easier or harder by itself.
    fn neither(&mut self, old: &Policy, new: &Policy) {
        self.section = "identity";
        if old.identity != new.identity {
            let direction = if old.identity == super::Identity::Unverified { Tightens } else { Loosens };
            self.say(direction, "which events count is decided otherwise");
        }
        for (section, differs, words) in [
            ("branches", old.branches != new.branches, "other branches or tags"),
            ("roles", old.roles != new.roles, "other roles or members"),
            ("effective", old.effective != new.effective, "another day from which it governs"),
            ("name", old.name != new.name, "another name"),
        ] {
            self.section = section;
            if differs {
                self.say(Neither, words);
            }
        }
        self.section = "version";
        if old != new && old.version == new.version && old.name == new.name {
            self.say(Neither, format!("still version {}: raise it with every change", new.version));
        }
    }
}

/// A condition in words.
pub fn matcher_words(matcher: &Matcher) -> String {
    match matcher {
        Matcher::OneOf(values) => values.join(" or "),
        Matcher::Bool(true) => "yes".to_owned(),
        Matcher::Bool(false) => "no".to_owned(),
        Matcher::Number { at_least, at_most } => super::answer::bounds(*at_least, *at_most),
    }
}

#[cfg(test)]
mod tests;
