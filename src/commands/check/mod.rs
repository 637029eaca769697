//! `hotfix check`: the walk up the ladder, and its decision on the record.

mod answers;
mod draft;
mod evidence;
mod opening;
mod probing;
mod report;
mod wizard;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use self::answers::Given;
use self::draft::{Draft, Kept};
use self::opening::Opening;
use self::report::CheckReport;
use self::wizard::Wizard;
use super::book::{self, Book};
use super::moment;
use crate::domain::closing;
use crate::domain::event::{Answered, Checked, Decision, Demanded, Payload, RungAnswer, RungName};
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{self, Incident};
use crate::domain::ladder::{self, Answers, Step, Walk};
use crate::domain::record::History;
use crate::domain::refusal::Refusal;
use crate::domain::ruling::{Beside, ruling};
use crate::failure::{ExitCode, Failure};
use crate::ledger::store;
use crate::session::Session;

/// Walk through roll back, flag off and the policy's rules, and record the decision
///
/// Opens the incident if it is new. Exits with 0 only for the decision `hotfix`, so that `hotfix check INC-42 && deploy` never
/// ships after "roll back". An incident that was checked keeps its answers: --set changes one of them, --again asks them all.
#[derive(clap::Args)]
pub struct Args {
    /// The incident, by your team's own id
    incident: IncidentId,
    /// What production runs: a tag, a branch or a commit
    #[arg(long, value_name = "REF")]
    production: Option<String>,
    /// When production broke, with an offset; now if not given
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    started: Option<Moment>,
    /// Answer a question: roll-back, roll-back.evidence, flag-off, flag-off.evidence or a fact of the policy
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Read answers from a YAML or JSON file: one flat map, the keys as for --set
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Walk by the policy in FILE: a dry run that records nothing
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Forget the earlier answers and walk the ladder anew
    #[arg(long)]
    again: bool,
    /// Do not ask the remote first
    #[arg(long)]
    no_fetch: bool,
}

/// Walks the ladder.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let given = Given::read(&args, session)?;
    if session.interactive() && args.policy.is_none() {
        // Said before seven questions are answered, not after them.
        session.actor()?;
    }
    let notes = opening::ask(&args, session)?;
    let book = Book::open_for_recording(session)?;
    let draft = Draft::of(session.repository()?, &args.incident);
    let after = book.incidents.get(&args.incident).map(|incident| incident.check().by.event.clone());
    let begun = draft.load(after.as_deref(), args.again).filter(|_| session.interactive() && args.policy.is_none());
    let mut opening = match Opening::load(&args, &book, session, begun.as_ref().map(|kept| kept.started), notes)? {
        Ok(opening) => opening,
        Err(stopped) => return session.answer("check", stopped.exit(), &stopped),
    };
    let mut answers = answers::before(&args, &opening, &book)?;
    probing::gather(session, &mut opening, &given, &mut answers)?;
    let mut said = false;
    if session.interactive() {
        let walk = begun.unwrap_or_else(|| Kept::begin(&opening, after, args.again));
        let mut wizard = Wizard::resume(session, &opening, &draft, walk, &given, &mut answers);
        given.take(&opening, &mut answers)?;
        wizard.ask(&mut answers)?;
        said = wizard.has_answers();
    } else {
        given.take(&opening, &mut answers)?;
    }
    let ruling = ruling(&opening.policy, &answers, &opening.beside);
    match ruling.walk {
        Walk::Waiting(steps) => {
            let asks_for_flags = |step: &Step<'_>| matches!(step, Step::Rung(RungName::FlagOff, _));
            if steps.iter().any(asks_for_flags) {
                opening.flags()?;
            }
            let report = CheckReport::waiting(&opening, &steps, (&answers, session.now()));
            session.answer("check", report.exit(), &report)
        }
        Walk::Decided { decision, rule } => {
            let (mut checked, texts) = resolve(session, &opening, &answers, decision, rule)?;
            (checked.overridden, checked.demanded) = (ruling.overridden, ruling.demanded);
            let recorded = if opening.dry_run {
                Written::DryRun
            } else {
                record(&book, (&opening, &answers), (&args.incident, &mut checked), texts)?
            };
            // An answer that stood already ends no walk that somebody else began.
            if said || matches!(recorded, Written::Recorded(_)) {
                draft.forget();
            }
            let report = CheckReport::decided(&opening, &checked, &recorded, session.now());
            session.answer("check", report.exit(), &report)
        }
    }
}

/// What became of the decision.
enum Written {
    /// It is a new event.
    Recorded(Box<store::Recorded>),
    /// The same decision on the same answers stands already.
    Already(String),
    /// Nothing is recorded by a dry run.
    DryRun,
}

/// Turns the answers into the event: evidence that names a commit or a path is looked up, words go apart.
fn resolve(
    session: &Session,
    opening: &Opening,
    answers: &Answers,
    decision: Decision,
    rule: Option<&str>,
) -> Result<(Checked, BTreeMap<String, String>), Failure> {
    let mut texts = BTreeMap::new();
    let mut rung = |name: RungName| -> Result<Option<RungAnswer>, Failure> {
        let Some(reply) = answers.rungs.get(&name) else { return Ok(None) };
        let (answer, text) = evidence::resolve(session.repository()?, opening, name, reply)?;
        texts.extend(text.map(|text| (name.key().to_owned(), text)));
        Ok(Some(answer))
    };
    let roll_back =
        rung(RungName::RollBack)?.ok_or_else(|| Failure::undecided("a walk without its first rung decides nothing"))?;
    // A walk that ended on the first rung never came to the second.
    let flag_off = if roll_back == RungAnswer::Yes { None } else { rung(RungName::FlagOff)? };
    let mut facts = BTreeMap::new();
    for (name, reply) in &answers.facts {
        texts.extend(reply.text.iter().map(|text| (format!("fact.{name}"), text.clone())));
        facts.insert(name.clone(), Answered { value: reply.value.clone(), provenance: reply.provenance });
    }
    texts.extend(answers.note.iter().map(|note| (ladder::NOTE.to_owned(), note.clone())));
    let checked = Checked {
        started: opening.started,
        policy: opening.pin.clone(),
        production: opening.production.recorded(),
        roll_back,
        flag_off,
        facts,
        decision,
        rule: rule.map(str::to_owned),
        overridden: None,
        demanded: None,
    };
    Ok((checked, texts))
}

/// Why a walk is not recorded on the history that it would stand on.
enum Unfit {
    /// It stands there already: the event.
    Already(String),
    /// The incident is over.
    Over(Refusal),
    /// Others have spent of the budget meanwhile: what is demanded now, or nothing where it takes one more answer.
    Dearer(Option<Demanded>),
}

/// Records the walk, unless the very same one already governs; asked again under the ledger's lock, so that two programs
/// that check at once record one decision, and each hotfix costs what it does after those before it.
fn record(
    book: &Book<'_>,
    (opening, answers): (&Opening, &Answers),
    (id, checked): (&IncidentId, &mut Checked),
    texts: BTreeMap<String, String>,
) -> Result<Written, Failure> {
    loop {
        let draft = book.draft(id, Payload::Checked(Arc::new(checked.clone())), texts.clone())?;
        let at = draft.at;
        let fit = |history: &History| -> Result<(), Unfit> {
            let incidents = incident::replay(history);
            if let Some(incident) = incidents.get(id) {
                if let Some(over) = closing::over(incident) {
                    return Err(Unfit::Over(over));
                }
                if repeats(book, incident, checked, &texts) {
                    return Err(Unfit::Already(incident.check().by.event.clone()));
                }
            }
            let used = opening::used(&opening.policy, &incidents.values().collect(), (id, at));
            let beside = Beside { used, ..opening.beside.clone() };
            let ruling = ruling(&opening.policy, answers, &beside);
            match ruling.walk {
                Walk::Waiting(_) => Err(Unfit::Dearer(None)),
                Walk::Decided { .. } if ruling.demanded != checked.demanded => {
                    Err(Unfit::Dearer(Some(ruling.demanded.unwrap_or_default())))
                }
                Walk::Decided { .. } => Ok(()),
            }
        };
        match book.append_if(draft, fit)? {
            Ok(recorded) => return Ok(Written::Recorded(Box::new(recorded))),
            Err(Unfit::Already(event)) => return Ok(Written::Already(event)),
            Err(Unfit::Over(over)) => return Err(book::meanwhile(&over)),
            Err(Unfit::Dearer(Some(demanded))) => {
                checked.demanded = (!demanded.is_nothing()).then_some(demanded);
            }
            Err(Unfit::Dearer(None)) => {
                return Err(Failure::undecided(
                    "nothing was recorded, for meanwhile others decided for a hotfix, and the policy asks for a note now",
                )
                .hint("run the same command again; with --set note=TEXT where no questions are asked"));
            }
        }
    }
}

/// Whether the governing walk of an incident is this one, word for word.
fn repeats(book: &Book<'_>, incident: &Incident, checked: &Checked, texts: &BTreeMap<String, String>) -> bool {
    let check = incident.check();
    let words = |name: &String| book.words(&check.by.event, name).ok().flatten();
    // Two programs that open it at once may begin in two different seconds; an incident's start is its first check's.
    let started = check.what.started;
    // Where people decided apart, the same word once more is the word of somebody who has seen both.
    incident.contested().is_empty()
        && *check.what == Checked { started, ..checked.clone() }
        && texts.iter().all(|(name, text)| words(name).as_ref() == Some(text))
}
