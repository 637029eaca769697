//! `hotfix severity`: it is worse, or milder, than was said.

use std::collections::BTreeMap;

use super::book::Book;
use super::outcome::Outcome;
use super::policies::Policies;
use crate::domain::event::{Payload, SeverityChanged};
use crate::domain::identity::IncidentId;
use crate::domain::policy::SEVERITY;
use crate::domain::severity;
use crate::failure::{ExitCode, Failure};
use crate::session::Session;

/// Say that the severity is another one now
///
/// The latest governs new decisions, the highest that was ever said governs closing, and the first stays for the metrics.
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// One of the policy's severities
    level: String,
    /// Why it is another one
    #[arg(long, value_name = "WHY")]
    reason: String,
}

/// Records the severity.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "severity"),
    };
    let policy = Policies::new(session.repository()?).of(incident)?;
    if let Some(fact) = policy.facts.iter().find(|fact| fact.name == SEVERITY) {
        fact.parse(&args.level).map_err(|why| {
            Failure::usage(why).hint("hotfix policy show    # lists the severities and what they mean")
        })?;
    }
    if args.reason.trim().is_empty() {
        return Err(Failure::usage("--reason is empty").hint("say what changed"));
    }
    if severity::latest(incident) == Some(args.level.as_str()) {
        return Outcome::unchanged(id, format!("the severity is {} already", args.level)).send(session, "severity");
    }
    let highest = severity::highest(incident, &policy).map(str::to_owned);
    let payload = Payload::SeverityChanged(SeverityChanged { severity: args.level.clone() });
    let recorded = book.record(id, payload, BTreeMap::from([("reason".to_owned(), args.reason)]))?;
    let mut outcome = Outcome::recorded(id, &recorded, format!("the severity is {} now", args.level));
    // What was once the worst still governs closing.
    let worst = Book::open_for(session, id)?;
    if let Some(worst) = severity::highest(worst.incident(id)?, &policy).filter(|worst| *worst != args.level) {
        outcome = outcome.note(format!("Closing is held to {worst}, the worst that was ever said."));
    } else if highest.is_some_and(|highest| highest != args.level) {
        outcome = outcome.note(format!("Closing is held to {} from now on.", args.level));
    }
    outcome
        .next(format!("hotfix check {id}    # decides anew, with the other answers as they were"))
        .send(session, "severity")
}
