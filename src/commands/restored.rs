//! `hotfix restored`: when the system was back, and by what.

use std::collections::BTreeMap;

use super::book::Book;
use super::moment;
use super::outcome::Outcome;
use crate::domain::event::{Payload, Restored, RestoredBy};
use crate::domain::identity::{IncidentId, Moment};
use crate::failure::{ExitCode, Failure};
use crate::session::Session;

/// Record that the system is back, and what brought it back
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// What brought it back
    #[arg(long, value_enum)]
    by: By,
    /// When, with an offset; now if not given
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<Moment>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum By {
    /// Going back to the last good release
    RollBack,
    /// Switching the broken thing off
    FlagOff,
    /// The fix
    Hotfix,
    /// Something else
    Other,
}

/// Records the restoration.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "restored"),
    };
    let at = moment::after_start(moment::past_or_now(args.at, "--at", session.now())?, incident)?;
    let (by, words) = match args.by {
        By::RollBack => (RestoredBy::RollBack, "the roll back"),
        By::FlagOff => (RestoredBy::FlagOff, "switching off"),
        By::Hotfix => (RestoredBy::Hotfix, "the fix"),
        By::Other => (RestoredBy::Other, "something else"),
    };
    let recorded = book.record(id, Payload::Restored(Restored { by, at }), BTreeMap::new())?;
    let message = format!("the system is back since {}, by {words}", moment::show(at));
    Outcome::recorded(id, &recorded, message)
        .next(format!("hotfix close {id}    # lists what is still owed"))
        .send(session, "restored")
}
