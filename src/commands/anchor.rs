//! `hotfix anchor`: the line that ties a release to the record as it was.

use serde::Serialize;

use super::book::Book;
use crate::domain::identity::ObjectId;
use crate::evidence::anchors::trailer;
use crate::failure::{ExitCode, Failure};
use crate::ledger::refs::LEDGER;
use crate::render::{Page, Report};
use crate::session::Session;

/// Print the trailer for a release tag's or merge's message that says what the ledger held then
///
/// Whoever rewrites the ledger later can't rewrite the tags and merges that everybody has: `hotfix audit` compares them.
#[derive(clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Anchor {
    /// The line to add to the message.
    trailer: String,
    /// The ledger's newest commit.
    tip: ObjectId,
    /// How many commits it has with all before it.
    count: usize,
}

/// Prints the trailer.
pub fn run(_: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let tip = session.repository()?.direct_ref(LEDGER)?;
    let Some((tip, count)) = tip.and_then(|tip| Some((tip, book.history.size_at(tip)?))) else {
        return Err(Failure::undecided("nothing is recorded yet, so there is nothing to anchor")
            .hint("hotfix check INCIDENT    # opens the first incident"));
    };
    session.answer("anchor", ExitCode::Open, &Anchor { trailer: trailer(tip, count), tip, count })
}

impl Report for Anchor {
    fn text(&self, page: &mut Page) {
        page.line(&self.trailer);
    }
}
