//! `hotfix scope`: how far the fix is from the smallest one, and what to take out.

use serde::Serialize;

use super::book::Book;
use super::desk::Desk;
use super::outcome::next_commands;
use crate::domain::closing;
use crate::domain::gates;
use crate::domain::identity::IncidentId;
use crate::domain::policy::people::ScopeLimits;
use crate::domain::refusal::{self, Refusal};
use crate::domain::scope::{Scope, Unneeded};
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Measure the fix against the policy's limits, and show what to take out
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
}

/// A fix, measured.
#[derive(Serialize)]
pub struct ScopeReport {
    incident: IncidentId,
    /// None where no fix is attached.
    scope: Option<Scope>,
    /// None where the policy sets none.
    limits: Option<ScopeLimits>,
    refusals: Vec<Refusal>,
    next: Vec<String>,
}

/// Measures the fix.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = args.incident;
    let incident = book.incident(&id)?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let case = papers.case(incident);
    let limits = papers.policy.scope.clone();
    let (scope, mut refusals) = match &papers.content {
        None => {
            let message = "no fix is attached, so there is nothing to measure";
            (None, vec![closing::fix_missing(incident, message)])
        }
        Some(content) => (Some(content.scope.clone()), gates::of_scope(&case)),
    };
    refusals.retain(|refusal| !case.opened(refusal.code));
    // This is what shows what to take out.
    let this = format!("hotfix scope {id}");
    refusals.iter_mut().for_each(|refusal| refusal.next.retain(|command| !command.starts_with(&this)));
    let actor = session.actor().ok().filter(|_| refusals.is_empty());
    let next = actor.map_or_else(Vec::new, |actor| gates::next_commands(&case, &actor));
    let exit = refusal::exit_of(&refusals);
    session.answer("scope", exit, &ScopeReport { incident: id, scope, limits, refusals, next })
}

impl Report for ScopeReport {
    fn text(&self, page: &mut Page) {
        if let Some(scope) = &self.scope {
            measured(page, scope, self.limits.as_ref());
            page.blank();
        }
        if self.refusals.is_empty() {
            page.paragraph(&format!("{}: {}", self.incident, page.mark(Tone::Good, "small enough")));
        }
        page.refusals(&self.refusals);
        next_commands(page, &self.next);
    }
}

/// What a fix changes: the limits, the files, and what it does not need.
fn measured(page: &mut Page, scope: &Scope, limits: Option<&ScopeLimits>) {
    let of = |count: usize, limit: Option<u32>| match limit {
        Some(limit) if count > limit as usize => page_mark(page, &format!("{count} of {limit} allowed")),
        Some(limit) => format!("{count} of {limit} allowed"),
        None => format!("{count}, no limit"),
    };
    let (files, lines) = (
        of(scope.files, limits.and_then(|limits| limits.files)),
        of(scope.lines, limits.and_then(|limits| limits.lines)),
    );
    page.field("files", &files);
    page.field("lines", &lines);
    for row in &scope.paths {
        let note = match (row.forbidden, row.counted) {
            (true, _) => format!(" ({})", page.mark(Tone::Bad, "no hotfix may touch it")),
            (false, false) => " (does not count)".to_owned(),
            (false, true) => String::new(),
        };
        page.bullet(&format!("{} +{} -{}{note}", row.path, row.added, row.removed));
    }
    if !scope.unneeded.is_empty() {
        page.blank();
        page.paragraph("Not needed for the fix, as far as it can be seen:");
        scope.unneeded.iter().map(Unneeded::words).for_each(|words| page.bullet(&words));
    }
}

fn page_mark(page: &Page, text: &str) -> String {
    page.mark(Tone::Bad, text)
}
