//! `hotfix status`: what is owed, in every incident that is not over.

use serde::Serialize;

use super::book::Book;
use super::desk::Desk;
use super::moment;
use super::owed;
use super::rca::FLAG;
use super::sync::not_shared;
use crate::domain::closing;
use crate::domain::debts::{self, OpenAction, Owed};
use crate::domain::event::Decision;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{Incident, State};
use crate::domain::rca;
use crate::domain::severity;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// List the incidents and what each still owes
#[derive(clap::Args)]
pub struct Args {
    /// Also list those that are closed or void
    #[arg(long)]
    all: bool,
    /// Also list every open action
    #[arg(long)]
    actions: bool,
    /// Only what is overdue; exits with 1 if anything is
    #[arg(long, conflicts_with = "all")]
    overdue: bool,
}

#[derive(Serialize)]
struct StatusReport {
    incidents: Vec<Row>,
    /// The actions of analyses that nobody carried out yet, of closed incidents too.
    actions: Vec<Action>,
    /// How many of them a person is shown.
    #[serde(skip)]
    shown: usize,
    /// Only what is overdue was asked for.
    only_overdue: bool,
    /// How many are closed or void; they are listed only when asked for.
    over: usize,
    /// How many events can't be read: what they say about any incident is unknown.
    unreadable: usize,
    /// How many events do not count, for the policy asks for signatures.
    doubted: usize,
    /// How many events the shared remote is not known to have; none without a remote.
    unshared: Option<usize>,
    #[serde(skip)]
    now: Moment,
}

/// An open action with its own words, which lie apart from the event.
#[derive(Serialize)]
struct Action {
    #[serde(flatten)]
    open: OpenAction,
    /// What is to be done; none where that was redacted or never fetched, or where nobody is shown it.
    what: Option<String>,
}

/// More actions would push the incidents off a terminal.
const SHOWN: usize = 5;

#[derive(Serialize)]
struct Row {
    id: IncidentId,
    state: State,
    severity: Option<String>,
    decision: Decision,
    started: Moment,
    owed: Vec<Owed>,
    /// Why it can't be told what it owes.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
}

/// Lists the incidents.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = if args.all { Book::open(session)? } else { Book::open_for_list(session)? };
    let mut desk = Desk::new(session, &book)?;
    let now = session.now();
    let listed = book.incidents.values().filter(|incident| args.all || !incident.is_over());
    let mut incidents: Vec<Row> = listed.map(|incident| row(incident, &mut desk)).collect();
    let mut actions: Vec<OpenAction> =
        book.incidents.values().flat_map(|incident| debts::open_actions(incident, now)).collect();
    if args.overdue {
        incidents.iter_mut().for_each(|row| row.owed.retain(|owed| owed.overdue));
        incidents.retain(|row| !row.owed.is_empty() || row.unknown.is_some());
        actions.retain(|action| action.overdue);
    }
    // The next due first: a person is shown the first few.
    actions.sort_by_key(|open| open.action.action.due);
    let shown = if args.actions { actions.len() } else { SHOWN };
    let told = if session.is_json() { actions.len() } else { shown };
    let what = |(at, open): (usize, OpenAction)| {
        let what = if at < told { what(&book, &open)? } else { None };
        Ok(Action { open, what })
    };
    let actions = actions.into_iter().enumerate().map(what).collect::<Result<Vec<_>, Failure>>()?;
    // The newest first: that is the one people look for.
    incidents.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.id.cmp(&b.id)));
    let over = book.left_out.len() + book.incidents.values().filter(|incident| incident.is_over()).count();
    let unreadable = book.history.unreadable().count();
    let doubted = book.history.records().iter().filter(|record| record.doubt.is_some()).count();
    // The list may lack what somebody owes, and a list that may be wrong is no "nothing is owed".
    let found = args.overdue && !(incidents.is_empty() && actions.is_empty());
    let untold = incidents.iter().any(|row| row.unknown.is_some());
    let exit = match (unreadable + usize::from(untold), found) {
        (0, false) => ExitCode::Open,
        (0, true) => ExitCode::Refused,
        _ => ExitCode::Undecided,
    };
    let unshared = book.unshared()?;
    let only_overdue = args.overdue;
    let report = StatusReport { incidents, actions, shown, only_overdue, over, unreadable, doubted, unshared, now };
    let answered = session.answer("status", exit, &report);
    // The process ends here: to give a large ledger's memory back piece by piece takes a tenth of the time.
    std::mem::forget(book);
    answered
}

/// What an action is, in the words of its analysis.
fn what(book: &Book<'_>, open: &OpenAction) -> Result<Option<String>, Failure> {
    if let Some(key) = &open.flag {
        return Ok(Some(format!("remove the flag {key}")));
    }
    let analysis = book.incidents.get(&open.incident).and_then(|incident| incident.analysis.as_ref());
    let text = analysis.map(|analysis| book.words(&analysis.by.event, "analysis")).transpose()?.flatten();
    let outline = text.and_then(|text| rca::outline(&text));
    Ok(outline.and_then(|outline| {
        (1..).zip(outline.actions).find(|(number, _)| *number == open.number).map(|(_, what)| what)
    }))
}

/// One whose papers can't be had hides none of the others.
fn row(incident: &Incident, desk: &mut Desk<'_, '_>) -> Row {
    let papers = if incident.is_over() { Ok(None) } else { desk.papers(incident).map(Some) };
    let (owed, unknown) = match papers {
        Ok(None) => (Vec::new(), None),
        Ok(Some(papers)) => (debts::owed(&papers.case(incident), &closing::recorded_proofs(incident)), None),
        Err(failure) => (Vec::new(), Some(failure.to_string())),
    };
    Row {
        id: incident.id.clone(),
        state: incident.state,
        severity: severity::latest(incident).map(str::to_owned),
        decision: incident.decision(),
        started: incident.started,
        owed,
        unknown,
    }
}

impl Report for StatusReport {
    fn text(&self, page: &mut Page) {
        if self.incidents.is_empty() {
            page.line(match (self.only_overdue, self.over) {
                (true, _) => "No incident owes anything overdue.",
                (false, 0) => "No incident is recorded.",
                (false, _) => "No incident is open.",
            });
        } else {
            let rows = self.incidents.iter().map(|row| self.cells(page, row)).collect();
            page.table(&["incident", "state", "severity", "decision", "started", "owes"], rows);
            page.blank();
            page.paragraph("`hotfix close ID` lists what an incident owes, each with the command that mends it.");
        }
        self.actions(page);
        if self.unreadable > 0 {
            let bad = page.mark(Tone::Bad, "can't be read");
            page.paragraph(&format!(
                "{} of the ledger's events {bad}, so this may not be all: hotfix log",
                self.unreadable
            ));
        }
        if self.doubted > 0 {
            let (bad, count) = (page.mark(Tone::Bad, "do not count"), self.doubted);
            page.paragraph(&format!(
                "{count} of the ledger's events {bad}, for who recorded them is not proven: hotfix audit"
            ));
        }
        if let Some(count) = self.unshared.filter(|count| *count > 0) {
            let wait = page.mark(Tone::Wait, &not_shared(count));
            page.paragraph(&format!("{wait}: hotfix sync"));
        }
        if self.over > 0 && !self.incidents.iter().any(|row| matches!(row.state, State::Closed | State::Void)) {
            let them = if self.over == 1 { "1 incident is".to_owned() } else { format!("{} incidents are", self.over) };
            page.paragraph(&format!("{them} closed or void: hotfix status --all"));
        }
    }
}

impl StatusReport {
    fn actions(&self, page: &mut Page) {
        if self.actions.is_empty() {
            return;
        }
        page.blank();
        page.line("Open actions:");
        let row = |Action { open, what }: &Action| {
            let due = open.action.action.due.to_string();
            let due = if open.overdue { page.mark(Tone::Bad, &format!("{due} overdue")) } else { due };
            let number = match open.flag {
                Some(_) => format!("{} {FLAG}", open.incident),
                None => format!("{} {}", open.incident, open.number),
            };
            let link = open.action.action.link.clone().unwrap_or_default();
            let what = what.as_ref().map(|what| format!("{what}, ")).unwrap_or_default();
            vec![number, due, open.action.action.owner.clone(), format!("{what}for {} {link}", open.action.action.aim)]
        };
        let rows = self.actions.iter().take(self.shown).map(row).collect();
        page.table(&["action", "due", "owner", "what"], rows);
        let more = self.actions.len().saturating_sub(self.shown);
        if more > 0 {
            page.paragraph(&format!("and {more} more: hotfix status --actions"));
        }
        page.blank();
        page.paragraph("`hotfix rca done ID NUMBER --evidence LINK` says that one was carried out.");
    }

    fn cells(&self, page: &Page, row: &Row) -> Vec<String> {
        let tone = match row.state {
            State::Open => Tone::Bad,
            State::Restored => Tone::Wait,
            State::Closed => Tone::Good,
            State::Void => Tone::Quiet,
        };
        let owes: Vec<String> = row.owed.iter().map(|owed| owed::briefly(page, owed, self.now)).collect();
        let owes = match (owes.is_empty(), row.state) {
            _ if row.unknown.is_some() => {
                page.mark(Tone::Bad, &format!("unknown: {}", row.unknown.as_deref().unwrap_or_default()))
            }
            (false, _) => owes.join(", "),
            (true, State::Closed | State::Void) => "nothing".to_owned(),
            (true, _) => "nothing on record: `hotfix close` asks git again".to_owned(),
        };
        vec![
            row.id.to_string(),
            page.mark(tone, row.state.word()),
            row.severity.clone().unwrap_or_else(|| "not said".to_owned()),
            row.decision.word().to_owned(),
            format!("{} ago", moment::ago(self.now, row.started)),
            owes,
        ]
    }
}
