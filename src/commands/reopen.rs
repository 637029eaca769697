//! `hotfix reopen`: an incident that is over is open again.

use std::collections::BTreeMap;

use super::book::Book;
use super::outcome::Outcome;
use crate::domain::event::{Payload, Reopened, ReopenedBecause};
use crate::domain::identity::IncidentId;
use crate::domain::incident::{self, State};
use crate::domain::record::History;
use crate::failure::{ExitCode, Failure};
use crate::ledger::store::Recorded;
use crate::session::Session;

/// Open an incident again that is closed or void: it came back, or something that its end stood on turned out otherwise
///
/// What a closed one owes counts from now: that the system is back is to be said anew, git is asked anew, and what people
/// settled where git could not (--confirm, --not-needed) no longer counts.
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// Why
    #[arg(long, value_name = "WHY")]
    reason: String,
}

/// Records the reopening.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let id = &args.incident;
    let incident = book.incident(id)?;
    match incident.state {
        State::Open | State::Restored => {
            // What was asked for is so; that nobody recorded a reason for it is to be said.
            let message = "it is open, and was not over: nothing was recorded";
            return Outcome::unchanged(id, message).next(format!("hotfix show {id}")).send(session, "reopen");
        }
        State::Closed | State::Void => {}
    }
    if args.reason.trim().is_empty() {
        return Err(Failure::usage("--reason is empty").hint("say what turned out otherwise"));
    }
    let texts = BTreeMap::from([("reason".to_owned(), args.reason)]);
    let recorded = reopen(&book, id, ReopenedBecause::Said, texts)?;
    let message = match incident.state {
        State::Closed => "open again; what it owes counts from now, and that the system is back is to be said anew",
        _ => "open again",
    };
    Outcome::recorded(id, &recorded, message)
        .next(format!("hotfix close {id}    # lists what is owed"))
        .next(format!("hotfix check {id} --again    # if production is broken again"))
        .send(session, "reopen")
}

/// Opens an incident again, if it is still over.
pub(super) fn reopen(
    book: &Book<'_>,
    id: &IncidentId,
    because: ReopenedBecause,
    texts: BTreeMap<String, String>,
) -> Result<Recorded, Failure> {
    let draft = book.draft(id, Payload::Reopened(Reopened { because }), texts)?;
    let still_over = |history: &History| match incident::replay(history).get(id) {
        Some(now) if now.is_over() => Ok(()),
        Some(_) => Err(Failure::undecided(format!("nothing was recorded, for meanwhile {id} was opened again"))),
        None => Err(Failure::undecided(format!("{id} is not in the ledger any more")).hint("hotfix log")),
    };
    book.append_if(draft, still_over)?
}
