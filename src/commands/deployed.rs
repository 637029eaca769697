//! `hotfix deployed`: when the fix reached production.

use std::collections::BTreeMap;

use super::book::Book;
use super::moment;
use super::outcome::Outcome;
use crate::domain::event::{Deployed, Payload, Release};
use crate::domain::identity::{IncidentId, Moment};
use crate::failure::{ExitCode, Failure};
use crate::session::Session;

/// Record that a release with the fix was deployed
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// When, with an offset; now if not given
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<Moment>,
    /// The release's tag
    #[arg(long, value_name = "TAG")]
    release: Option<String>,
}

/// Records the deployment.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "deployed"),
    };
    let at = moment::after_start(moment::past_or_now(args.at, "--at", session.now())?, incident)?;
    let release =
        args.release.map(|tag| session.repository()?.commit(&tag).map(|commit| Release { tag, commit })).transpose()?;
    let was_restored = incident.restored.is_some();
    let payload = Payload::Deployed(Deployed { at, release });
    let recorded = book.record(id, payload, BTreeMap::new())?;
    let outcome = Outcome::recorded(id, &recorded, format!("deployed at {}", moment::show(at)));
    let next = if was_restored { format!("hotfix verify {id}") } else { format!("hotfix restored {id} --by hotfix") };
    outcome.next(next).send(session, "deployed")
}
