//! `hotfix redact`: cuts the free texts of an event out of the record, and leaves the event and a word that it was done.

use std::collections::BTreeMap;

use serde::Serialize;

use super::book::Book;
use super::outcome::next_commands;
use crate::domain::event::{Payload, Redacted};
use crate::domain::identity::IncidentId;
use crate::failure::{ExitCode, Failure};
use crate::ledger::store::Draft;
use crate::ledger::text::Text;
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Cut the free texts of an event out of the record; the event stays, and says that it was done
///
/// Every clone that syncs drops them too. What was cloned or fetched before can't be recalled: a text with a secret is known,
/// so change the secret.
#[derive(clap::Args)]
pub struct Args {
    /// The event: its id, its commit or the beginning of either (hotfix log --format json names them)
    event: String,
    /// Only this text; all of the event's texts if not given
    #[arg(long, value_name = "NAME")]
    text: Vec<String>,
}

#[derive(Serialize)]
struct RedactReport {
    event: String,
    incident: Option<IncidentId>,
    /// The texts that are gone.
    texts: Vec<String>,
    /// The id of the event that says so; none where they were gone already.
    recorded: Option<String>,
    next: Vec<String>,
}

/// Cuts them out.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let (event, incident, names) = find(&book, &args)?;
    let here: Vec<String> =
        book.texts(&event)?.into_iter().filter(|(_, text)| *text != Text::Missing).map(|(name, _)| name).collect();
    let texts: Vec<String> = names.into_iter().filter(|name| here.contains(name)).collect();
    let mut recorded = None;
    if !texts.is_empty() {
        let payload = Payload::Redacted(Redacted { event: event.clone(), texts: texts.clone() });
        let (actor, at) = (session.actor()?, session.now());
        let draft = Draft { actor, at, incident: incident.clone(), payload, texts: BTreeMap::new() };
        recorded = Some(book.append(draft)?.event.id);
        book.cut_out_texts()?;
    }
    let next = vec!["git gc --prune=now    # takes what was cut out of this clone's object store too".to_owned()];
    session.answer("redact", ExitCode::Open, &RedactReport { event, incident, texts, recorded, next })
}

/// The event's id, its incident and the names of the texts to cut. Exit 2 where there is no such event or text.
fn find(book: &Book<'_>, args: &Args) -> Result<(String, Option<IncidentId>, Vec<String>), Failure> {
    let wanted = args.event.to_ascii_lowercase();
    let is_it = |commit: &str, id: &str| wanted.len() >= 7 && (commit.starts_with(&wanted) || id.starts_with(&wanted));
    let mut found = book.history.events().filter(|(commit, event)| is_it(&commit.to_string(), &event.id));
    let (Some((_, event)), None) = (found.next(), found.next()) else {
        return Err(Failure::usage(format!("{:?} does not name one event", args.event)).hint(
            "hotfix log --format json    # names each by its commit and its id; seven digits and more are enough",
        ));
    };
    if let Some(unknown) = args.text.iter().find(|name| !event.texts.contains_key(*name)) {
        let known: Vec<&str> = event.texts.keys().map(String::as_str).collect();
        return Err(Failure::usage(format!("the event has no text {unknown:?}"))
            .hint(format!("its texts are: {}", known.join(", "))));
    }
    let names = if args.text.is_empty() { event.texts.keys().cloned().collect() } else { args.text.clone() };
    Ok((event.id.clone(), event.incident.clone(), names))
}

impl Report for RedactReport {
    fn text(&self, page: &mut Page) {
        if self.recorded.is_none() {
            page.line("Nothing was cut out: the event has no text here.");
            return;
        }
        let cut = page.mark(Tone::Good, "cut out");
        page.line(&format!("{cut}: {}", self.texts.join(", ")));
        page.paragraph(
            "The event stays, and says so. What others have cloned can't be recalled; their next sync drops it.",
        );
        next_commands(page, &self.next);
    }
}
