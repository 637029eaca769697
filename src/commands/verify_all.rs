//! `hotfix verify --all`: whether the fixes of closed incidents are still in effect.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::book::Book;
use super::close::not_the_teams;
use super::moment;
use super::outcome::next_commands;
use super::policies::Policies;
use super::proof::{self, TargetProof};
use super::reopen;
use super::verify;
use crate::domain::closing;
use crate::domain::event::ReopenedBecause;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{Incident, State};
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{self, Refusal};
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

#[derive(Serialize)]
struct AllReport {
    /// How far back was looked, in days.
    days: u32,
    incidents: Vec<Row>,
    notes: Vec<String>,
    next: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    incident: IncidentId,
    closed: Option<Moment>,
    targets: Vec<TargetProof>,
    /// What is no longer as it was at closing.
    refusals: Vec<Refusal>,
    /// The event that opened it again; none where nothing was found, or a person has to look first.
    reopened: Option<String>,
    /// Why it could not be asked.
    unknown: Option<String>,
}

/// Asks main about every incident that was closed within so many days, and opens those again whose fix is gone.
pub(super) fn run(session: &Session, days: u32, limit: Duration) -> Result<ExitCode, Failure> {
    let (book, asked) = Book::open(session)?.asked_again(proof::FETCH_LIMIT)?;
    let repository = session.repository()?;
    // An answer about an old main would open incidents again that are in order.
    let asked = asked.map_err(|why| {
        Failure::undecided(format!("the remote could not be asked: {why}"))
            .hint("git fetch --all    # then: hotfix verify --all")
    })?;
    let mut notes: Vec<String> = asked.into_iter().collect();
    let since = session.now() - chrono::TimeDelta::days(i64::from(days));
    let recent = |incident: &&Incident| {
        incident.state == State::Closed && incident.closed.as_ref().is_some_and(|deed| deed.at >= since)
    };
    let mut policies = Policies::new(repository);
    let mut incidents = Vec::new();
    for incident in book.incidents.values().filter(recent).filter(|incident| proof::has_subject(incident)) {
        incidents.push(row(session, &book, incident, (&mut policies, limit))?);
    }
    if incidents.is_empty() {
        notes.push(format!("No incident with a fix was closed within {}.", counted(days, "day")));
    }
    let reopened = incidents.iter().filter(|row| row.reopened.is_some());
    let next = reopened.map(|row| format!("hotfix close {}    # lists what is owed", row.incident)).collect();
    let exit = incidents.iter().fold(ExitCode::Open, |worst, row| {
        let own = if row.unknown.is_some() { ExitCode::Undecided } else { refusal::exit_of(&row.refusals) };
        worst.worse(own)
    });
    session.answer("verify", exit, &AllReport { days, incidents, notes, next })
}

fn row(
    session: &Session,
    book: &Book<'_>,
    incident: &Incident,
    (policies, limit): (&mut Policies<'_>, Duration),
) -> Result<Row, Failure> {
    let id = incident.id.clone();
    let closed = incident.closed.as_ref().map(|deed| deed.at);
    let proven = policies.of(incident).and_then(|policy| proof::prove(session, incident, &policy, limit));
    let targets = match proven {
        Ok(targets) => targets,
        // One that can't be asked keeps none of the others from being asked.
        Err(failure) => {
            let unknown = Some(failure.to_string());
            return Ok(Row {
                incident: id,
                closed,
                targets: Vec::new(),
                refusals: Vec::new(),
                reopened: None,
                unknown,
            });
        }
    };
    let gone = targets.iter().any(|target| {
        let gone = matches!(target.report.verdict, Verdict::Reverted | Verdict::Partial | Verdict::Missing);
        gone && closing::unproven(incident, &target.proof()).is_some()
    });
    let reopened = match gone {
        true => Some(reopen::reopen(book, &id, ReopenedBecause::FixGone, BTreeMap::new())?.event.id),
        false => None,
    };
    let mut stands = incident.clone();
    if reopened.is_some() {
        stands.state = State::Open;
        // What the end stood on was forgotten with it, and here is the answer that ended it.
        stands.verified.clear();
        verify::remember(book, &stands, &targets)?;
    }
    let mut refusals: Vec<Refusal> =
        targets.iter().filter_map(|target| closing::unproven(&stands, &target.proof())).collect();
    // Whoever closed it under a policy of their own did so elsewhere: here it is seen.
    refusals.extend(not_the_teams(session, book, incident)?);
    Ok(Row { incident: id, closed, targets, refusals, reopened, unknown: None })
}

impl Row {
    /// What is as it was at closing: the fix is in effect, or it need not be, or a person said that it is.
    fn in_order(&self, page: &Page) -> String {
        let is_proven = |target: &TargetProof| target.word().1 == Verdict::Merged.word();
        if self.targets.iter().all(is_proven) {
            return page.mark(Tone::Good, "still in effect");
        }
        let told = |target: &TargetProof| {
            let (tone, word) = target.word();
            format!("{} on {}", page.mark(tone, word), target.name)
        };
        self.targets.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}

impl Report for AllReport {
    fn text(&self, page: &mut Page) {
        for row in &self.incidents {
            let state = match (&row.unknown, row.refusals.is_empty(), &row.reopened) {
                (Some(_), ..) => page.mark(Tone::Wait, "could not be asked"),
                (None, true, _) => row.in_order(page),
                (None, false, Some(_)) => page.mark(Tone::Bad, "open again"),
                (None, false, None) => page.mark(Tone::Wait, "somebody must look"),
            };
            let closed = row.closed.map_or_else(String::new, |at| format!(", closed {}", moment::show(at)));
            page.line(&format!("{}{closed}: {state}", page.mark(Tone::Strong, row.incident.as_str())));
            row.unknown.iter().for_each(|why| page.indented(why));
            page.refusals(&row.refusals);
        }
        self.notes.iter().for_each(|note| page.paragraph(note));
        next_commands(page, &self.next);
    }
}
