//! `hotfix status`: what is owed, in every incident that is not over.

use serde::Serialize;

use super::book::Book;
use super::moment;
use super::policies::Policies;
use super::sync::not_shared;
use crate::domain::closing;
use crate::domain::event::Decision;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{Incident, State};
use crate::domain::refusal::Refusal;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// List the incidents and what each still owes
#[derive(clap::Args)]
pub struct Args {
    /// Also list those that are closed or void
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct StatusReport {
    incidents: Vec<Row>,
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

#[derive(Serialize)]
struct Row {
    id: IncidentId,
    state: State,
    severity: Option<String>,
    decision: Decision,
    started: Moment,
    owed: Vec<Refusal>,
}

/// Lists the incidents.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let mut policies = Policies::new(session.repository()?);
    let mut incidents = Vec::new();
    for incident in book.incidents.values().filter(|incident| args.all || !incident.is_over()) {
        incidents.push(row(incident, &mut policies)?);
    }
    // The newest first: that is the one people look for.
    incidents.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.id.cmp(&b.id)));
    let over = book.incidents.values().filter(|incident| incident.is_over()).count();
    let unreadable = book.history.unreadable().count();
    let doubted = book.history.records().iter().filter(|record| record.doubt.is_some()).count();
    // The list may lack what somebody owes, and a list that may be wrong is no "nothing is owed".
    let exit = if unreadable == 0 { ExitCode::Open } else { ExitCode::Undecided };
    let unshared = book.unshared()?;
    let report = StatusReport { incidents, over, unreadable, doubted, unshared, now: session.now() };
    session.answer("status", exit, &report)
}

fn row(incident: &Incident, policies: &mut Policies<'_>) -> Result<Row, Failure> {
    let owed = if incident.is_over() {
        Vec::new()
    } else {
        let policy = policies.of(incident)?;
        closing::missing(incident, &policy.close_requires, &closing::recorded_proofs(incident))
    };
    Ok(Row {
        id: incident.id.clone(),
        state: incident.state,
        severity: incident.severity_at_opening.clone(),
        decision: incident.decision(),
        started: incident.started,
        owed,
    })
}

impl Report for StatusReport {
    fn text(&self, page: &mut Page) {
        if self.incidents.is_empty() {
            page.line(if self.over == 0 { "No incident is recorded." } else { "No incident is open." });
        } else {
            let rows = self.incidents.iter().map(|row| self.cells(page, row)).collect();
            page.table(&["incident", "state", "severity", "decision", "started", "owes"], rows);
            page.blank();
            page.paragraph("`hotfix close ID` lists what an incident owes, each with the command that mends it.");
        }
        if self.unreadable > 0 {
            let bad = page.mark(Tone::Bad, "can't be read");
            page.line(&format!("{} of the ledger's events {bad}, so this may not be all: hotfix log", self.unreadable));
        }
        if self.doubted > 0 {
            let (bad, count) = (page.mark(Tone::Bad, "do not count"), self.doubted);
            page.line(&format!(
                "{count} of the ledger's events {bad}, for who recorded them is not proven: hotfix audit"
            ));
        }
        if let Some(count) = self.unshared.filter(|count| *count > 0) {
            let wait = page.mark(Tone::Wait, &not_shared(count));
            page.line(&format!("{wait}: hotfix sync"));
        }
        if self.over > 0 && !self.incidents.iter().any(|row| matches!(row.state, State::Closed | State::Void)) {
            let them = if self.over == 1 { "1 incident is".to_owned() } else { format!("{} incidents are", self.over) };
            page.paragraph(&format!("{them} closed or void: hotfix status --all"));
        }
    }
}

impl StatusReport {
    fn cells(&self, page: &Page, row: &Row) -> Vec<String> {
        let tone = match row.state {
            State::Open => Tone::Bad,
            State::Restored => Tone::Wait,
            State::Closed => Tone::Good,
            State::Void => Tone::Quiet,
        };
        let codes: Vec<&str> = row.owed.iter().map(|refusal| refusal.code.word()).collect();
        let owes = match (codes.is_empty(), row.state) {
            (false, _) => codes.join(", "),
            (true, State::Closed | State::Void) => "nothing".to_owned(),
            (true, _) => "nothing: it can be closed".to_owned(),
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
