//! The answers that a walk starts with: those of the last walk, of a file, of the command line.

use super::Args;
use super::opening::Opening;
use crate::commands::book::Book;
use crate::domain::event::{Evidence, Provenance, RungAnswer, RungName};
use crate::domain::ladder::{Answers, FactReply, GivenEvidence, RungReply};
use crate::domain::policy;
use crate::failure::Failure;
use crate::session::Session;

/// The answers of the governing walk: an incident that was checked keeps them, unless it is to be walked anew.
pub(super) fn before(args: &Args, opening: &Opening, book: &Book<'_>) -> Result<Answers, Failure> {
    let mut answers = Answers::default();
    let Some(incident) = book.incidents.get(&opening.id).filter(|_| !args.again) else { return Ok(answers) };
    let check = incident.check();
    let words = |name: &str| book.words(&check.by.event, name);
    let rungs = [(RungName::RollBack, Some(&check.what.roll_back)), (RungName::FlagOff, check.what.flag_off.as_ref())];
    for (name, answer) in rungs {
        let reply = match answer {
            None => continue,
            Some(RungAnswer::Yes) => RungReply::Yes,
            Some(RungAnswer::No { reason, evidence }) => {
                let evidence = match evidence {
                    Evidence::None => None,
                    Evidence::Owed { .. } => Some(GivenEvidence::Owed),
                    Evidence::Commit { commit } => Some(GivenEvidence::Given(commit.to_string())),
                    Evidence::Path { path } => Some(GivenEvidence::Given(path.to_string())),
                    // Words that were redacted are asked for again.
                    Evidence::Text => words(name.key())?.map(GivenEvidence::Given),
                };
                RungReply::No { reason: reason.clone(), evidence }
            }
        };
        answers.rungs.insert(name, reply);
    }
    for (name, answered) in &check.what.facts {
        let text = words(&format!("fact.{name}"))?;
        let reply = FactReply { value: answered.value.clone(), text, provenance: answered.provenance };
        answers.facts.insert(name.clone(), reply);
    }
    Ok(answers)
}

/// Takes the answers of `--answers` and then those of `--set`. Exit 2 for one that the policy does not take.
pub(super) fn given(args: &Args, opening: &Opening, session: &Session, answers: &mut Answers) -> Result<(), Failure> {
    let mut pairs = Vec::new();
    if let Some(file) = &args.answers {
        let name = file.display().to_string();
        let bytes = session.read(file)?;
        let read = policy::read_answers(&bytes, &name).map_err(|problems| {
            Failure::usage(format!("the answers in {name} can't be read"))
                .detail(problems.to_string())
                .hint("hotfix policy show    # lists the questions and their answers")
        })?;
        for (key, values) in read {
            let [value] = values.as_slice() else {
                return Err(Failure::usage(format!("{name}: {key} takes one answer, not a list of {}", values.len()))
                    .hint("hotfix policy show    # lists the questions and their answers"));
            };
            pairs.push((key, value.clone()));
        }
    }
    let mut set = Vec::new();
    for pair in &args.set {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format!("--set {pair:?} has no '='"))
                .hint(format!("hotfix check {} --set KEY=VALUE", opening.id))
        })?;
        let key = key.trim();
        if set.contains(&key) {
            return Err(Failure::usage(format!("--set {key} is given twice"))
                .hint(format!("hotfix check {} --set {key}=VALUE    # once", opening.id)));
        }
        set.push(key);
        pairs.push((key.to_owned(), value.to_owned()));
    }
    // Evidence belongs to a reason, so the reasons go first whatever the order they were given in.
    pairs.sort_by_key(|(key, _)| key.ends_with(".evidence"));
    for (key, value) in pairs {
        answers.set(&opening.policy, &key, &value, Provenance::Given).map_err(|error| {
            Failure::usage(error).hint("hotfix policy show    # lists the questions and their answers")
        })?;
    }
    Ok(())
}
