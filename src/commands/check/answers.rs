//! The answers that a walk starts with: those of the last walk, of a file, of the command line.

use std::collections::BTreeMap;
use std::path::Path;

use super::Args;
use super::opening::Opening;
use crate::commands::book::Book;
use crate::domain::event::{Evidence, Provenance, RungAnswer, RungName};
use crate::domain::ladder::{self, Answers, FactReply, GivenEvidence, RungReply};
use crate::domain::policy::{self, SEVERITY, Value};
use crate::domain::severity;
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
    answers.note = words(ladder::NOTE)?;
    for (name, answered) in &check.what.facts {
        let text = words(&format!("fact.{name}"))?;
        let reply = FactReply { value: answered.value.clone(), text, provenance: answered.provenance };
        answers.facts.insert(name.clone(), reply);
    }
    // The latest severity governs new decisions, whether it was said in a walk or by a word of its own.
    if let Some(severity) = severity::latest(incident)
        && let Some(reply) = answers.facts.get_mut(SEVERITY)
    {
        reply.value = Value::OneOf(severity.to_owned());
    }
    Ok(answers)
}

/// The answers that the command line gave, by key.
pub(super) struct Given {
    pairs: Vec<(String, String)>,
}

impl Given {
    /// Reads `--answers` and then `--set`. Exit 2 for what is no answer.
    pub(super) fn read(args: &Args, session: &Session) -> Result<Self, Failure> {
        let mut pairs = match &args.answers {
            Some(file) => of_file(file, session)?,
            None => Vec::new(),
        };
        let id = &args.incident;
        let mut set = Vec::new();
        for pair in &args.set {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Failure::usage(format!("--set {pair:?} has no '='")).hint(format!("hotfix check {id} --set KEY=VALUE"))
            })?;
            let key = key.trim();
            if set.contains(&key) {
                return Err(Failure::usage(format!("--set {key} is given twice"))
                    .hint(format!("hotfix check {id} --set {key}=VALUE    # once")));
            }
            set.push(key);
            pairs.push((key.to_owned(), value.to_owned()));
        }
        // Evidence belongs to a reason, so the reasons go first whatever the order they were given in.
        pairs.sort_by_key(|(key, _)| key.ends_with(".evidence"));
        Ok(Self { pairs })
    }

    /// The command as it was typed, so that it can be typed again with more.
    pub(super) fn typed(args: &Args) -> String {
        // What no shell reads as anything but itself stays readable.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=.,:/+@".contains(&byte);
        let quoted = |text: &str| match shlex::try_quote(text) {
            Ok(quoted) if !text.bytes().all(plain) => quoted.into_owned(),
            _ => text.to_owned(),
        };
        let mut words = vec![format!("hotfix check {}", args.incident)];
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("{name} {}", quoted(&value))));
        };
        option("--production", args.production.clone());
        option("--started", args.started.map(|at| at.to_rfc3339()));
        option("--answers", args.answers.as_ref().map(|file| file.display().to_string()));
        option("--policy", args.policy.as_ref().map(|file| file.display().to_string()));
        args.set.iter().for_each(|pair| option("--set", Some(pair.clone())));
        words.extend(args.again.then(|| "--again".to_owned()));
        words.extend(args.no_fetch.then(|| "--no-fetch".to_owned()));
        words.join(" ")
    }

    /// Takes them. Exit 2 for one that the policy does not take.
    pub(super) fn take(&self, opening: &Opening, answers: &mut Answers) -> Result<(), Failure> {
        for (key, value) in &self.pairs {
            let taken = answers.set(&opening.policy, key, value, Provenance::Given);
            taken.map_err(|error| Failure::usage(error).hint(QUESTIONS))?;
        }
        Ok(())
    }

    /// Whether this key is answered.
    pub(super) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(given, _)| given == key)
    }

    /// The answers at the rungs, by key.
    pub(super) fn reasons(&self) -> BTreeMap<String, String> {
        let is_rung = |key: &str| RungName::ALL.into_iter().any(|name| name.key() == key);
        self.pairs.iter().filter(|(key, _)| is_rung(key)).cloned().collect()
    }
}

const QUESTIONS: &str = "hotfix policy show    # lists the questions and their answers";

/// The answers in a file, by key.
fn of_file(file: &Path, session: &Session) -> Result<Vec<(String, String)>, Failure> {
    let name = file.display().to_string();
    let bytes = session.read(file)?;
    let read = policy::read_answers(&bytes, &name).map_err(|problems| {
        Failure::usage(format!("the answers in {name} can't be read")).detail(problems.to_string()).hint(QUESTIONS)
    })?;
    let one = |(key, values): (String, Vec<String>)| match values.as_slice() {
        [value] => Ok((key, value.clone())),
        _ => {
            let message = format!("{name}: {key} takes one answer, not a list of {}", values.len());
            Err(Failure::usage(message).hint(QUESTIONS))
        }
    };
    read.into_iter().map(one).collect()
}
