//! Reading the facts.

use crate::document::{Entry, Kind, ProblemCode};

use super::super::names::is_choice;
use super::super::{Choice, Fact, FactKind, shape};
use super::section::{Reader, Section};

/// The facts that were read, for checking the rules even where some facts are wrong.
pub(super) struct Facts<'d> {
    /// Those that are right, in the order of asking.
    pub(super) right: Vec<Fact>,
    /// The names of all that are declared.
    pub(super) declared: Vec<&'d str>,
    /// Whether nothing at all is wrong with them.
    pub(super) sound: bool,
}

impl<'d> Facts<'d> {
    /// The facts of a policy that is extended.
    pub(super) fn of_base(facts: &'d [Fact]) -> Self {
        let declared = facts.iter().map(|fact| fact.name.as_str()).collect();
        Self { right: facts.to_vec(), declared, sound: true }
    }
}

impl<'d> Reader<'d> {
    /// Every fact; none where there is no map of them.
    pub(super) fn facts(&mut self, entry: &'d Entry) -> Option<Facts<'d>> {
        let before = self.problems.len();
        let named = self.named(entry, "facts", '_')?;
        let right: Vec<Fact> = named.into_iter().filter_map(|fact| self.fact(fact)).collect();
        let entries = match &entry.value.kind {
            Kind::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        match entries.iter().find(|fact| fact.key == "severity") {
            None => {
                let help = "add `severity:` with `type: one_of` and its choices, the worst first";
                self.report(&entry.span, ProblemCode::MissingKey, "there is no fact \"severity\"", help);
            }
            Some(severity) => {
                let read = right.iter().find(|fact| fact.name == "severity");
                if read.is_some_and(|fact| !matches!(fact.kind, FactKind::OneOf { .. })) {
                    let help = "write `type: one_of` and its choices, the worst first";
                    self.report(&severity.span, ProblemCode::WrongType, "severity must be of type one_of", help);
                }
            }
        }
        let declared = entries.iter().map(|entry| entry.key.as_str()).collect();
        Some(Facts { right, declared, sound: self.problems.len() == before })
    }

    fn fact(&mut self, entry: &'d Entry) -> Option<Fact> {
        if shape::RESERVED.contains(&entry.key.as_str()) {
            let message = format!("{:?} can't name a fact: `hotfix check --set` uses it for something else", entry.key);
            self.report(&entry.span, ProblemCode::BadName, message, format!("write for example {}_known", entry.key));
        }
        // The type says which keys may stand beside it; without one all of them are let pass, to not call them unknown.
        let written = match &entry.value.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == "type"),
            _ => None,
        };
        let kind = written.and_then(|written| self.word(&written.value, shape::TYPES));
        let of_kind: &[shape::Key] = match kind {
            Some("one_of") => shape::ONE_OF.keys,
            Some("number") => shape::NUMBER.keys,
            _ => &[],
        };
        let name = format!("the fact {:?}", entry.key);
        let section = match kind {
            Some(_) => self.section_of(&entry.value, &entry.span, &name, &[shape::FACT.keys, of_kind])?,
            None => {
                let optional = |key: &shape::Key| shape::Key { required: false, ..*key };
                let others: Vec<_> = shape::ONE_OF.keys.iter().chain(shape::NUMBER.keys).map(optional).collect();
                self.section_of(&entry.value, &entry.span, &name, &[shape::FACT.keys, &others])?
            }
        };
        let question = section.get("question").and_then(|entry| self.text(&entry.value));
        let help = section.get("help").map(|entry| self.text(&entry.value));
        let kind = match kind? {
            "one_of" => section.get("choices").and_then(|entry| self.choices(entry)),
            "number" => self.number(&section),
            "bool" => Some(FactKind::Bool),
            _ => Some(FactKind::Text),
        };
        let probe = section.get("probe").map(|entry| self.probe(entry));
        Some(Fact {
            name: entry.key.clone(),
            question: question?,
            help: help.map_or(Some(None), |help| help.map(Some))?,
            kind: kind?,
            probe: probe.map_or(Some(None), |probe| probe.map(Some))?,
        })
    }

    fn choices(&mut self, entry: &'d Entry) -> Option<FactKind> {
        let Kind::Map(entries) = &entry.value.kind else {
            let message = format!("the choices are a map of value to meaning, and this is {}", entry.value.what());
            self.report(&entry.value.span, ProblemCode::WrongType, message, "write each as `value: what it means`");
            return None;
        };
        if entries.len() < 2 {
            let message = "one_of needs at least two choices";
            self.report(&entry.span, ProblemCode::Empty, message, "add a choice, or remove the fact");
            return None;
        }
        let before = self.problems.len();
        let mut choices = Vec::new();
        for choice in entries {
            if !is_choice(&choice.key) {
                let message =
                    format!("{:?} can't be a choice: letters, digits, and '-', '_' or '.' between them", choice.key);
                self.report(&choice.span, ProblemCode::BadName, message, "put the words into its meaning");
            }
            let means = match &choice.value.kind {
                Kind::Null => Some(String::new()),
                _ => self.text(&choice.value),
            };
            choices.push(Choice { value: choice.key.clone(), means: means.unwrap_or_default() });
        }
        (self.problems.len() == before).then_some(FactKind::OneOf { choices })
    }

    fn number(&mut self, section: &Section<'d>) -> Option<FactKind> {
        let unit = section.get("unit").and_then(|entry| self.line(&entry.value)).map(str::to_owned);
        let (at_least, at_most) = self.range(section)?;
        Some(FactKind::Number { unit: unit?, at_least, at_most })
    }
}
