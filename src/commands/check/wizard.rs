//! The walk as a conversation: at most one question at a time, Enter is always the safe answer, nothing typed is lost.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::answers::Given;
use super::draft::{Draft, Kept};
use super::evidence;
use super::opening::Opening;
use super::words;
use crate::domain::event::{Provenance, RungName};
use crate::domain::ladder::{self, Answers, OWED, RungReply, Step, Walk};
use crate::domain::policy::{EvidenceKind, Fact, FactKind, Reason, Rung};
use crate::domain::ruling::ruling;
use crate::domain::text::counted;
use crate::failure::{Failure, FailureKind};
use crate::prompt::{Check, Choice, Kind, Question, Reply};
use crate::session::Session;

/// The choice that leads from the paths that git found to a line of text.
const ANOTHER: &str = "another path";

/// One conversation.
pub(super) struct Wizard<'a> {
    session: &'a Session,
    opening: &'a Opening<'a>,
    /// Where the answers are kept; a dry run keeps none.
    draft: Option<&'a Draft>,
    walk: Kept,
    /// What was asked so far, in order; without a text where the reply was "not sure".
    asked: Vec<(String, Option<String>)>,
    /// Answers that were taken back: offered once more where the question comes again.
    before: BTreeMap<String, String>,
}

impl<'a> Wizard<'a> {
    /// A conversation that goes on from `walk`. What the command line gave stands above it, and is not asked again.
    pub(super) fn resume(
        session: &'a Session,
        opening: &'a Opening,
        draft: &'a Draft,
        walk: Kept,
        given: &Given,
        answers: &mut Answers,
    ) -> Self {
        let draft = (!opening.dry_run).then_some(draft);
        let mut wizard = Self { session, opening, draft, walk, asked: Vec::new(), before: BTreeMap::new() };
        let reasons = std::mem::replace(&mut wizard.walk.reasons, given.reasons());
        for (key, text) in std::mem::take(&mut wizard.walk.answers) {
            if given.has(&key) {
                continue;
            }
            let rung = key.strip_suffix(".evidence").unwrap_or_default();
            if let Some(reason) = wizard.walk.reasons.get(rung) {
                // What was typed for another reason is no evidence for this one.
                let is_the_same = reasons.get(rung) == Some(reason);
                if !is_the_same || answers.set(&opening.policy, rung, reason, Provenance::Given).is_err() {
                    continue;
                }
            }
            match wizard.accept(answers, &key, &text) {
                Ok(()) => wizard.asked.push((key, Some(text))),
                Err(why) => session.say(&format!("An earlier answer no longer fits: {why}.")),
            }
        }
        match wizard.asked.len() {
            0 => {}
            count => session.say(&format!("Going on with {} from before.", counted(count, "answer"))),
        }
        wizard
    }

    /// Asks until the walk is decided, or until everything that is left was answered with "not sure".
    pub(super) fn ask(&mut self, answers: &mut Answers) -> Result<(), Failure> {
        while let Some(step) = self.next_step(answers) {
            let key = step.key();
            let reply = self.put(&step, answers).map_err(|failure| self.kept(failure))?;
            match reply {
                Reply::Value(text) => {
                    if let Err(why) = self.accept(answers, &key, &text) {
                        self.session.say(&format!("! {why}"));
                        continue;
                    }
                    if self.before.get(&key).is_some_and(|before| *before != text) {
                        // Another reason wants other evidence.
                        self.before.remove(&format!("{key}.evidence"));
                    }
                    self.asked.push((key, Some(text)));
                }
                Reply::NotSure => self.asked.push((key, None)),
                Reply::Back => self.back(answers),
            }
            self.keep()?;
        }
        Ok(())
    }

    fn next_step(&self, answers: &Answers) -> Option<Step<'a>> {
        self.waiting(answers).into_iter().find(|step| !self.was_asked(&step.key()))
    }

    fn waiting(&self, answers: &Answers) -> Vec<Step<'a>> {
        match ruling(&self.opening.policy, answers, &self.opening.beside).walk {
            Walk::Decided { .. } => Vec::new(),
            Walk::Waiting(steps) => steps,
        }
    }

    fn was_asked(&self, key: &str) -> bool {
        self.asked.iter().any(|(asked, _)| asked == key)
    }

    /// Takes an answer. A commit or path that does not exist is said now, not at the end.
    fn accept(&self, answers: &mut Answers, key: &str, text: &str) -> Result<(), String> {
        let rung = RungName::ALL.into_iter().find(|name| name.evidence_key() == key);
        if let Some(name) = rung.filter(|_| text != OWED)
            && let Some(RungReply::No { reason, .. }) = answers.rungs.get(&name)
            && let Some(reason) = ladder::find_reason(name.of(&self.opening.policy), reason)
        {
            let repository = self.session.repository().map_err(|failure| failure.to_string())?;
            evidence::look_up(repository, self.opening, (name, reason.evidence), text)
                .map_err(|failure| failure.to_string())?;
        }
        answers.set(&self.opening.policy, key, text, Provenance::Said).map_err(|error| error.to_string())
    }

    /// Goes back to the question asked before; its answer is offered again.
    fn back(&mut self, answers: &mut Answers) {
        let Some((key, text)) = self.asked.pop() else {
            self.session.say("This is the first question. Ctrl-C leaves.");
            return;
        };
        for name in RungName::ALL {
            if key == name.key() {
                answers.rungs.remove(&name);
            }
            if key == name.evidence_key()
                && let Some(RungReply::No { evidence, .. }) = answers.rungs.get_mut(&name)
            {
                *evidence = None;
            }
        }
        if key == ladder::NOTE {
            answers.note = None;
        }
        answers.facts.remove(&key);
        self.before.extend(text.map(|text| (key, text)));
    }

    /// Whether anything was said in this walk that is kept.
    pub(super) fn has_answers(&self) -> bool {
        self.draft.is_some() && self.asked.iter().any(|(_, text)| text.is_some())
    }

    fn typed(&self) -> Vec<(String, String)> {
        self.asked.iter().filter_map(|(key, text)| Some((key.clone(), text.clone()?))).collect()
    }

    fn keep(&mut self) -> Result<(), Failure> {
        let Some(draft) = self.draft else { return Ok(()) };
        self.walk.answers = self.typed();
        if self.walk.answers.is_empty() {
            draft.forget();
            return Ok(());
        }
        draft.keep(&self.walk)
    }

    /// What a person who leaves must know: nothing is on the record, and nothing typed is lost.
    fn kept(&self, failure: Failure) -> Failure {
        if failure.kind != FailureKind::Interrupted {
            return failure;
        }
        failure.hint(if self.has_answers() {
            "nothing is recorded, your answers are kept; run the same command to go on"
        } else {
            "nothing is recorded"
        })
    }

    fn put(&self, step: &Step<'_>, answers: &Answers) -> Result<Reply, Failure> {
        let default = self.before.get(&step.key()).map(String::as_str);
        let ask = |title: &str, help: Option<&str>, evidence: &[String], kind: Kind| {
            self.session.ask(&Question { title, help, evidence, kind, default })
        };
        let place = self.place(step, answers);
        match step {
            Step::Rung(name, rung) => {
                let evidence = match name {
                    RungName::RollBack => words::roll_back_lines(self.opening, self.session.now()),
                    RungName::FlagOff => words::flag_lines(self.opening)?,
                };
                let title = format!("{place} {} If not, why?", rung.question);
                ask(&title, rung.help.as_deref(), &evidence, Kind::Choose(rung_choices(*name, rung)))
            }
            Step::Evidence(_, reason) => {
                let title = format!("{place} {}: give {}, or {OWED}", reason.means, reason.evidence.asks_for());
                let help = "Somebody will read it before the incident closes. `owed` puts it off: it is then a debt.";
                if let Some(found) = self.found(reason, default) {
                    let title = format!("{place} {}: which path shows it?", reason.means);
                    let reply = ask(&title, Some(help), &[], Kind::Choose(found))?;
                    if reply != Reply::Value(ANOTHER.to_owned()) {
                        return Ok(reply);
                    }
                }
                ask(&title, Some(help), &[], Kind::Text(Some(evidence_check(reason))))
            }
            Step::Fact(fact) => ask(&format!("{place} {}", fact.question), fact.help.as_deref(), &[], fact_kind(fact)),
            Step::Note => {
                let title = format!("{place} {}", words::NOTE_QUESTION);
                ask(&title, None, &self.opening.price(answers), Kind::Text(None))
            }
        }
    }

    /// Where this question stands: `3/7`. A reason and its evidence are one question, and a question that an answer
    /// spares is not counted any more.
    fn place(&self, step: &Step<'_>, answers: &Answers) -> String {
        let counted = |key: &str| !RungName::ALL.into_iter().any(|name| name.evidence_key() == key);
        let asked = self.asked.iter().filter(|(key, _)| counted(key)).count();
        let ahead = self.waiting(answers);
        let ahead = ahead.iter().filter(|step| counted(&step.key()) && !self.was_asked(&step.key())).count();
        let this = if counted(&step.key()) { asked + 1 } else { asked.max(1) };
        format!("{this}/{}", (asked + ahead).max(this))
    }

    /// The paths that git found, where a path is asked for: nobody types a migration's name at night.
    fn found(&self, reason: &Reason, before: Option<&str>) -> Option<Vec<Choice>> {
        let paths = words::blocking_paths(self.opening);
        let typed = before.is_some_and(|before| before != OWED && !paths.iter().any(|path| path == before));
        if reason.evidence != EvidenceKind::Path || paths.is_empty() || typed {
            return None;
        }
        let choice = |value: &str, means: &str| Choice { value: value.to_owned(), means: means.to_owned() };
        let mut choices: Vec<Choice> = paths.iter().map(|path| choice(path, "")).collect();
        choices.push(choice(ANOTHER, "type it"));
        choices.push(choice(OWED, "give it later; the incident does not close before"));
        Some(choices)
    }
}

fn rung_choices(name: RungName, rung: &Rung) -> Vec<Choice> {
    let yes = match name {
        RungName::RollBack => "go back to the last good release",
        RungName::FlagOff => "switch it off",
    };
    let yes = Choice { value: "yes".to_owned(), means: yes.to_owned() };
    let no = |reason: &Reason| Choice { value: reason.name.clone(), means: reason.means.clone() };
    std::iter::once(yes).chain(rung.no_because.iter().map(no)).collect()
}

fn evidence_check(reason: &Reason) -> Check {
    let kind: EvidenceKind = reason.evidence;
    Rc::new(move |text| ladder::check_evidence(kind, text).map(|_| ()))
}

fn fact_kind(fact: &Fact) -> Kind {
    let parse = {
        let fact = fact.clone();
        Rc::new(move |text: &str| fact.parse(text).map(|_| ()))
    };
    match &fact.kind {
        FactKind::OneOf { choices } => {
            let choice = |choice: &crate::domain::policy::Choice| Choice {
                value: choice.value.clone(),
                means: choice.means.clone(),
            };
            Kind::Choose(choices.iter().map(choice).collect())
        }
        FactKind::Bool => Kind::YesNo,
        FactKind::Number { unit, .. } => Kind::Number(unit.clone(), Some(parse)),
        FactKind::Text => Kind::Text(Some(parse)),
    }
}
