//! The walk as a conversation: at most one question at a time, Enter is always the safe answer, nothing typed is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::draft::Draft;
use super::evidence;
use super::opening::Opening;
use super::report;
use crate::domain::event::{Provenance, RungName};
use crate::domain::ladder::{self, Answers, OWED, RungReply, Step, Walk};
use crate::domain::policy::{EvidenceKind, Fact, FactKind, Reason, Rung};
use crate::failure::{Failure, FailureKind};
use crate::prompt::{Check, Choice, Kind, Question, Reply};
use crate::session::Session;

/// Asks until the walk is decided, or until everything that is left was answered with "not sure".
pub(super) fn ask(session: &Session, opening: &Opening, draft: &Draft, answers: &mut Answers) -> Result<(), Failure> {
    let mut typed = resume(session, opening, draft, answers);
    let mut asked: Vec<String> = typed.keys().cloned().collect();
    let mut unsure = BTreeSet::new();
    while let Some(step) = next_step(opening, answers, &unsure) {
        let key = step.key();
        match put(session, opening, &step, asked.len())? {
            Reply::Value(text) => {
                if let Err(why) = accept(session, opening, answers, &step, &text) {
                    if why.kind == FailureKind::Interrupted {
                        return Err(why);
                    }
                    session.say(&why.to_string());
                    continue;
                }
                typed.insert(key.clone(), text);
                draft.keep(&typed)?;
                asked.push(key);
            }
            Reply::NotSure => {
                unsure.insert(key.clone());
                asked.push(key);
            }
            Reply::Back => {
                if let Some(last) = asked.pop() {
                    take_back(answers, &last);
                    unsure.remove(&last);
                    typed.remove(&last);
                    draft.keep(&typed)?;
                }
            }
        }
    }
    Ok(())
}

/// Takes up the answers of an unfinished walk. Those that the policy does not take any more are dropped, and that is said.
fn resume(session: &Session, opening: &Opening, draft: &Draft, answers: &mut Answers) -> BTreeMap<String, String> {
    let mut typed = BTreeMap::new();
    let Some(kept) = draft.load() else { return typed };
    for (key, text) in kept {
        match answers.set(&opening.policy, &key, &text, Provenance::Said) {
            Ok(()) => {
                typed.insert(key, text);
            }
            Err(why) => session.say(&format!("An earlier answer no longer fits: {why}")),
        }
    }
    if !typed.is_empty() {
        let count = typed.len();
        let them = if count == 1 { "1 answer".to_owned() } else { format!("{count} answers") };
        session.say(&format!("Going on with {them} from before."));
    }
    typed
}

fn next_step<'p>(opening: &'p Opening, answers: &Answers, unsure: &BTreeSet<String>) -> Option<Step<'p>> {
    match ladder::walk(&opening.policy, answers) {
        Walk::Decided { .. } => None,
        Walk::Waiting(steps) => steps.into_iter().find(|step| !unsure.contains(&step.key())),
    }
}

fn accept(
    session: &Session,
    opening: &Opening,
    answers: &mut Answers,
    step: &Step<'_>,
    text: &str,
) -> Result<(), Failure> {
    // A commit or path that does not exist is asked for again now, not at the end.
    if let Step::Evidence(name, reason) = step
        && text != OWED
    {
        evidence::look_up(session.repository()?, opening, *name, reason.evidence, text)?;
    }
    answers.set(&opening.policy, &step.key(), text, Provenance::Said).map_err(Failure::usage)
}

fn take_back(answers: &mut Answers, key: &str) {
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
    answers.facts.remove(key);
}

fn put(session: &Session, opening: &Opening, step: &Step<'_>, asked: usize) -> Result<Reply, Failure> {
    let at_most = 2 + opening.policy.facts.len();
    let numbered = |question: &str| format!("{}/{at_most} {question}", (asked + 1).min(at_most));
    match step {
        Step::Rung(name, rung) => {
            let evidence = match name {
                RungName::RollBack => report::roll_back_lines(opening, session.now()),
                RungName::FlagOff => report::flag_lines(opening),
            };
            let kind = Kind::Choose(rung_choices(*name, rung));
            ask_one(session, &numbered(&rung.question), rung.help.as_deref(), &evidence, kind)
        }
        Step::Evidence(_, reason) => {
            let title = format!("{} Give {}, or {OWED}", reason.means, reason.evidence.asks_for());
            let help = "Somebody will read it before the incident closes. `owed` puts it off: it is then a debt.";
            ask_one(session, &title, Some(help), &[], Kind::Text(Some(evidence_check(reason))))
        }
        Step::Fact(fact) => ask_one(session, &numbered(&fact.question), fact.help.as_deref(), &[], fact_kind(fact)),
    }
}

fn ask_one(
    session: &Session,
    title: &str,
    help: Option<&str>,
    evidence: &[String],
    kind: Kind,
) -> Result<Reply, Failure> {
    session.ask(&Question { title, help, evidence, kind, default: None })
}

fn rung_choices(name: RungName, rung: &Rung) -> Vec<Choice> {
    let yes = match name {
        RungName::RollBack => "go back to the last good release",
        RungName::FlagOff => "switch it off",
    };
    let yes = Choice { value: "yes".to_owned(), means: yes.to_owned() };
    let no = |reason: &Reason| Choice { value: reason.name.clone(), means: format!("no: {}", reason.means) };
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
