//! `hotfix log`: the record, event by event.

use serde::Serialize;

use super::book::Book;
use super::moment;
use crate::domain::event::Event;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// List what was recorded, oldest first
///
/// Each stands after all that its author knew of; what people recorded apart, and shared later, is in the order of their clocks.
#[derive(clap::Args)]
pub struct Args {
    /// Only this incident
    incident: Option<IncidentId>,
}

#[derive(Serialize)]
struct LogReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<IncidentId>,
    events: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    commit: ObjectId,
    #[serde(flatten)]
    what: What,
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    does_not_count: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What {
    Event { event: Box<Event>, sentence: String },
    Unreadable { unreadable: String },
}

/// Lists the events.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    if let Some(id) = &args.incident {
        book.incident(id)?;
    }
    let mut events = Vec::new();
    // A damaged event may belong to any incident, so it is never filtered away.
    for record in book.told(args.incident.as_ref()) {
        let what = match &record.event {
            Ok(event) => What::Event { sentence: event.payload.sentence(), event: event.clone() },
            Err(why) => What::Unreadable { unreadable: why.to_string() },
        };
        let does_not_count = record.doubt.as_ref().map(ToString::to_string);
        events.push(Line { commit: record.commit, what, does_not_count });
    }
    session.answer("log", ExitCode::Open, &LogReport { incident: args.incident, events })
}

impl Report for LogReport {
    fn text(&self, page: &mut Page) {
        if self.events.is_empty() {
            page.line("Nothing is recorded yet.");
            return;
        }
        let row = |page: &Page, line: &Line| match &line.what {
            What::Event { event, sentence } => vec![
                moment::show(event.at),
                event.incident.as_ref().map_or_else(String::new, ToString::to_string),
                event.actor.name.clone(),
                with_doubt(page, sentence, line),
            ],
            What::Unreadable { unreadable } => {
                let what = with_doubt(page, &format!("{}: {unreadable}", line.commit.short()), line);
                vec![String::new(), String::new(), String::new(), what]
            }
        };
        let rows = self.events.iter().map(|line| row(page, line)).collect();
        page.table(&["when", "incident", "who", "what"], rows);
    }
}

fn with_doubt(page: &Page, sentence: &str, line: &Line) -> String {
    match &line.does_not_count {
        None => sentence.to_owned(),
        Some(why) => format!("{sentence} ({}: {why})", page.mark(Tone::Bad, "does not count")),
    }
}
