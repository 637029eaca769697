//! `hotfix void`: ends what should not have been opened.

use std::collections::BTreeMap;

use super::book::Book;
use super::desk::Desk;
use super::fix::still_released;
use super::outcome::Outcome;
use super::proof;
use crate::domain::event::{Payload, VoidReason, Voided};
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Person};
use crate::domain::incident::{Incident, State};
use crate::domain::refusal::{Code, Refusal};
use crate::failure::{ExitCode, Failure};
use crate::merge_back::fix::Fix;
use crate::session::Session;

/// End an incident that should not have been opened
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// Why it should not have been opened
    #[arg(long, value_enum)]
    reason: Reason,
    /// With --reason duplicate-of: the incident that this one repeats
    #[arg(value_name = "ID", required_if_eq("reason", "duplicate-of"))]
    duplicate_of: Option<IncidentId>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Reason {
    /// Nothing was broken
    FalseAlarm,
    /// The id was mistyped
    Typo,
    /// Another incident is the same: name it
    DuplicateOf,
}

/// Records the end of an incident that was none.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "void"),
    };
    if args.duplicate_of.is_some() && args.reason != Reason::DuplicateOf {
        return Err(Failure::usage("another incident is named only with --reason duplicate-of"));
    }
    if let Some(other) = &args.duplicate_of {
        if other == id {
            return Err(Failure::usage(format!("{id} can't be a duplicate of itself")));
        }
        if book.incident(other)?.state == State::Void {
            return Err(Failure::usage(format!("{other} is void itself, so nothing would be left of either"))
                .hint("name the incident that keeps the record"));
        }
    }
    let actor = session.actor()?;
    if incident.had_a_hand(&actor) {
        let message = format!("work on a fix began for {id}, and you had a hand in it");
        let next = format!("hotfix void {id} --reason …    # by somebody else");
        return Outcome::refused(id, [Refusal::new(Code::SecondPersonNeeded, message, next)]).send(session, "void");
    }
    if let Some(refusal) = ships(incident, &actor, &book, session)? {
        return Outcome::refused(id, [refusal]).send(session, "void");
    }
    let (reason, words) = match args.reason {
        Reason::FalseAlarm => (VoidReason::FalseAlarm, "a false alarm".to_owned()),
        Reason::Typo => (VoidReason::Typo, "a mistyped id".to_owned()),
        Reason::DuplicateOf => {
            let other = args.duplicate_of.as_ref().map_or_else(String::new, ToString::to_string);
            (VoidReason::DuplicateOf, format!("a duplicate of {other}"))
        }
    };
    let payload = Payload::Voided(Voided { reason, duplicate_of: args.duplicate_of });
    let recorded = book.record(id, payload, BTreeMap::new())?;
    Outcome::recorded(id, &recorded, format!("void: {words}")).send(session, "void")
}

/// Why an incident with a fix can't end as none: production has the fix, it is not known whether it has, or this person may
/// not say so.
fn ships(incident: &Incident, actor: &Person, book: &Book<'_>, session: &Session) -> Result<Option<Refusal>, Failure> {
    let id = &incident.id;
    if let Some(deployed) = incident.deployed.last() {
        let message =
            format!("{} said that a fix of {id} was deployed: production was changed", deployed.by.actor.name);
        return Ok(Some(Refusal::new(Code::FixStillReleased, message, format!("hotfix close {id}"))));
    }
    if incident.fixes().next().is_none() {
        return Ok(None);
    }
    if let Some(stale) = proof::stale(session, &format!("hotfix void {id} --reason …"))? {
        return Ok(Some(stale));
    }
    for attempt in incident.attempts.iter().filter(|attempt| !attempt.withdrawn) {
        let Some(fix) = &attempt.fix else { continue };
        if let Some(refusal) = still_released(attempt.number, incident, &Fix::recorded(&fix.what), session)? {
            return Ok(Some(refusal));
        }
    }
    let papers = Desk::new(session, book)?.papers(incident)?;
    Ok(gates::closer(&papers.case(incident), actor))
}
