//! `hotfix verify`: whether the fix is in effect on every target, on the record.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::book::Book;
use super::desk::close_command;
use super::moment;
use super::outcome::{Outcome, next_commands};
use super::policies::Policies;
use super::proof::{self, TargetProof};
use super::settle;
use super::verify_all;
use crate::domain::closing::{self, Proof};
use crate::domain::event::{Payload, Verified};
use crate::domain::identity::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::refusal::{self, Refusal};
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report};
use crate::session::Session;

/// Ask git whether the fix is in effect on main (and every other target), and record the answer
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    #[arg(required_unless_present = "all")]
    incident: Option<IncidentId>,
    /// Ask again about every incident that was closed lately, and open those again whose fix is gone
    #[arg(long, conflicts_with_all = ["incident", "confirm", "not_needed"])]
    all: bool,
    /// With --all: how far back to look, in days
    #[arg(long, value_name = "DAYS", default_value_t = 90, requires = "all", value_parser = clap::value_parser!(u32).range(1..3_650))]
    days: u32,
    #[command(flatten)]
    person: settle::Settle,
    /// Give up, with exit 4, after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..86_400))]
    deadline: u64,
}

#[derive(Serialize)]
struct VerifyReport<'a> {
    incident: &'a IncidentId,
    /// The id of the event that holds the answer: this run's, or an earlier one that said the same.
    recorded: Option<String>,
    targets: &'a [TargetProof],
    refusals: Vec<Refusal>,
    next: Vec<String>,
    notes: Vec<String>,
}

/// Asks and records.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let limit = Duration::from_secs(args.deadline);
    let Some(id) = &args.incident else { return verify_all::run(session, args.days, limit) };
    let repository = session.repository()?;
    // What people say is about the target as everybody has it, too, and about what others have said of it.
    let (book, asked) = Book::open(session)?.asked_again(proof::FETCH_LIMIT)?;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "verify"),
    };
    let policy = Policies::new(repository).of(incident)?;
    if let Some(outcome) = settle::settle(&args.person, session, (&book, &asked), incident, &policy)? {
        return outcome.send(session, "verify");
    }
    let (mut notes, mut stale) = (Vec::new(), None);
    notes.extend(asked.as_ref().ok().cloned().flatten());
    if let Err(why) = asked {
        let age = moment::fetched(session.now(), repository.last_fetch());
        notes.push(format!("The remote could not be asked ({why}); {age}."));
        stale = Some(Proof::NotFresh { target: policy.branches.main.clone(), why });
    }
    let targets = proof::prove(session, incident, &policy, limit)?;
    if targets.is_empty() {
        let refusals = closing::cause(incident).into_iter().collect::<Vec<_>>();
        let outcome = match refusals.is_empty() {
            true => Outcome::unchanged(id, "there is nothing to prove: the cause was dealt with without a commit"),
            false => Outcome::refused(id, refusals),
        };
        return outcome.send(session, "verify");
    }
    let proofs: Vec<Proof> = targets.iter().map(TargetProof::proof).collect();
    let recorded = remember(&book, incident, &targets)?;
    let refusals: Vec<Refusal> =
        proofs.iter().chain(&stale).filter_map(|proof| closing::unproven(incident, proof)).collect();
    let next = if refusals.is_empty() { vec![close_command(session, &book, incident)] } else { Vec::new() };
    let exit = refusal::exit_of(&refusals);
    session.answer("verify", exit, &VerifyReport { incident: id, recorded, targets: &targets, refusals, next, notes })
}

/// Puts git's answer on record, where the record does not say the same: the event that holds it, this one or an earlier one.
pub(super) fn remember(
    book: &Book<'_>,
    incident: &Incident,
    targets: &[TargetProof],
) -> Result<Option<String>, Failure> {
    let verdicts: Vec<_> = targets.iter().map(TargetProof::recorded).collect();
    let known = |verdict: &_| incident.verified.values().find(|done| done.what == *verdict);
    if let Some(same) = verdicts.iter().map(known).collect::<Option<Vec<_>>>() {
        return Ok(same.last().map(|done| done.by.event.clone()));
    }
    let payload = Payload::Verified(Verified { targets: verdicts });
    Ok(Some(book.record(&incident.id, payload, BTreeMap::new())?.event.id))
}

impl Report for VerifyReport<'_> {
    fn text(&self, page: &mut Page) {
        for target in self.targets {
            target.show(page);
        }
        self.notes.iter().for_each(|note| page.paragraph(note));
        if !self.refusals.is_empty() {
            page.blank();
            page.refusals(&self.refusals);
        }
        next_commands(page, &self.next);
    }
}
