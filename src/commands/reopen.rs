//! `hotfix reopen`: a closed incident is open again.

use std::collections::BTreeMap;

use super::book::{self, Book};
use super::outcome::Outcome;
use crate::domain::closing;
use crate::domain::event::{Payload, Reopened, ReopenedBecause};
use crate::domain::identity::IncidentId;
use crate::domain::incident::{self, State};
use crate::domain::record::History;
use crate::failure::{ExitCode, Failure};
use crate::ledger::store::Recorded;
use crate::session::Session;

/// Open a closed incident again: it came back, or something that closing stood on turned out otherwise
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
            return Outcome::unchanged(id, "it is open").next(format!("hotfix show {id}")).send(session, "reopen");
        }
        State::Void => {
            let refusals: Vec<_> = closing::over(incident).into_iter().collect();
            return Outcome::refused(id, refusals).send(session, "reopen");
        }
        State::Closed => {}
    }
    if args.reason.trim().is_empty() {
        return Err(Failure::usage("--reason is empty").hint("say what turned out otherwise"));
    }
    let texts = BTreeMap::from([("reason".to_owned(), args.reason)]);
    let recorded = reopen(&book, id, ReopenedBecause::Said, texts)?;
    Outcome::recorded(id, &recorded, "open again; what it owes counts from now")
        .next(format!("hotfix close {id}    # lists what is owed"))
        .next(format!("hotfix check {id} --again    # if production is broken again"))
        .send(session, "reopen")
}

/// Opens an incident again, if it is still closed.
pub(super) fn reopen(
    book: &Book<'_>,
    id: &IncidentId,
    because: ReopenedBecause,
    texts: BTreeMap<String, String>,
) -> Result<Recorded, Failure> {
    let draft = book.draft(id, Payload::Reopened(Reopened { because }), texts)?;
    let still_closed = |history: &History| match incident::replay(history).get(id) {
        Some(now) if now.state == State::Closed => Ok(()),
        Some(now) => Err(closing::over(now).map_or_else(
            || Failure::undecided(format!("nothing was recorded, for meanwhile {id} was opened again")),
            |over| book::meanwhile(&over),
        )),
        None => Err(Failure::undecided(format!("{id} is not in the ledger any more")).hint("hotfix log")),
    };
    book.append_if(draft, still_closed)?
}
