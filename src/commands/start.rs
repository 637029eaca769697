//! `hotfix start`: the hotfix branch, from exactly what production runs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::book::Book;
use super::outcome::Outcome;
use super::policies::Policies;
use crate::domain::closing;
use crate::domain::event::{Decision, Payload, Release, Started};
use crate::domain::identity::{IncidentId, ObjectId, RepositoryPath};
use crate::domain::incident::{Attempt, Incident};
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::rolled_back::rolled_back;
use crate::evidence::production;
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::render::{Page, Report};
use crate::session::Session;

/// How many changed paths a refusal names.
const NAMED: usize = 5;

/// Make the hotfix branch from what production runs, and switch to it
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// Start from REF (a tag, a branch or a commit) instead of what the check recorded as production; a later attempt starts from
    /// the newest release of that line
    #[arg(long, value_name = "REF")]
    from: Option<String>,
}

/// Makes the branch of the next attempt and records it.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let repository = session.repository()?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "start"),
    };
    if let Some(begun) = incident.attempt().filter(|_| args.from.is_none() && incident.allows_hotfix())
        && let Some(branch) = begun.branch.as_deref().filter(|_| begun.fix.is_none() && !begun.withdrawn)
    {
        return go_on(begun, branch, incident, session);
    }
    let state = repository.work_tree_state()?;
    let refusals: Vec<Refusal> =
        not_a_hotfix(incident).into_iter().chain(dirty(repository, id, &state.changed)).collect();
    if !refusals.is_empty() {
        return Outcome::refused(id, refusals).send(session, "start");
    }
    let policy = Policies::new(repository).of(incident)?;
    let attempt = 1 + incident.attempts.last().map_or(0, |attempt| attempt.number);
    let since = match args.from {
        None if attempt > 1 => since(session, incident, &policy)?,
        _ => None,
    };
    let base = match &since {
        Some(release) => release.commit,
        None => base(repository, incident, args.from.as_deref())?,
    };
    let name = branch_name(&policy.branches.hotfix, id, attempt);
    make(repository, id, &name, base)?;
    let payload = Payload::Started(Started { attempt, branch: name.clone(), base });
    let recorded = book.record(id, payload, BTreeMap::new())?;
    let message = format!("attempt {attempt}: on the new branch {name}, which stands on {}", base.short());
    let outcome = since.iter().fold(Outcome::recorded(id, &recorded, message), |outcome, release| {
        let was = incident.check().what.production.as_ref().map_or("an older one", |production| &production.name);
        outcome.note(format!(
            "That is {}, the newest release of the line; {was} broke. If production runs another one: hotfix start {id} --from TAG",
            release.tag
        ))
    });
    let contested = closing::contested(incident);
    let outcome = match &contested {
        Some(refusal) => outcome.note(format!("Contested: {}. Work goes on, and closing waits.", refusal.message)),
        None => outcome,
    };
    let outcome = outcome
        .next("git commit    # the smallest change that restores production, nothing else")
        .next(format!("hotfix fix {id}"));
    let outcome = contested.into_iter().flat_map(|refusal| refusal.next).fold(outcome, Outcome::next);
    let report = StartReport { outcome, attempt, branch: name, base, untracked: state.untracked };
    session.answer("start", ExitCode::Open, &report)
}

/// What to do where the last attempt has a branch and no fix yet: it is the one to work on, and another one must be asked for.
fn go_on(begun: &Attempt, branch: &str, incident: &Incident, session: &Session) -> Result<ExitCode, Failure> {
    let (id, number) = (&incident.id, begun.number);
    let repository = session.repository()?;
    if repository.head_branch().is_some_and(|head| head.short == branch) {
        return Outcome::unchanged(id, format!("attempt {number} is begun already, on this branch, {branch}"))
            .next("git commit    # the smallest change that restores production, nothing else")
            .next(format!("hotfix fix {id}"))
            .send(session, "start");
    }
    let by = begun.started_by.as_ref().map_or("somebody", |person| &person.name);
    let switch = match repository.has_branch(branch) {
        true => format!("git switch {branch}    # goes on there"),
        false => format!("git fetch --all && git switch {branch}    # goes on there, once {by} has pushed it"),
    };
    let other = begun.base.map_or_else(|| "REF".to_owned(), |base| base.short());
    Err(Failure::usage(format!("attempt {number} of {id} is begun already, on {branch} by {by}, and has no fix yet"))
        .hint(format!("{switch}; for another one beside it: hotfix start {id} --from {other}")))
}

/// The release that came after the one that broke, on its line: an earlier attempt that was shipped, or what took it back.
fn since(session: &Session, incident: &Incident, policy: &Policy) -> Result<Option<Release>, Failure> {
    let Some(broken) = &incident.check().what.production else { return Ok(None) };
    // What was rolled back, by whichever incident, does not run.
    let book = Book::open(session)?;
    let back = rolled_back(book.incidents.values());
    production::newer_on_line(session.repository()?, &policy.branches, broken, &back)
}

/// The branch's name by the policy; a later attempt gets its number behind it.
fn branch_name(template: &str, id: &IncidentId, attempt: u32) -> String {
    let name = template.replace("{incident}", id.as_str());
    if attempt == 1 { name } else { format!("{name}-{attempt}") }
}

fn not_a_hotfix(incident: &Incident) -> Option<Refusal> {
    let id = &incident.id;
    if incident.allows_hotfix() {
        return None;
    }
    let decided = match incident.decision() {
        Decision::Hotfix => return None,
        Decision::RollBack => "roll back",
        Decision::FlagOff => "switch off",
        Decision::NormalRelease => "wait for the normal release",
    };
    if let Some(contested) = closing::contested(incident) {
        return Some(Refusal { code: Code::DecisionIsNotHotfix, ..contested });
    }
    let message = format!("the last check of {id} decided: {decided}");
    Some(Refusal::new(Code::DecisionIsNotHotfix, message, format!("hotfix check {id}    # if the situation changed")))
}

fn dirty(repository: &Repository, id: &IncidentId, changed: &[RepositoryPath]) -> Option<Refusal> {
    if let Some(operation) = repository.under_way() {
        let message = format!("a {operation} is under way in this work tree");
        let next = vec![format!("git {operation} --abort    # or finish it"), format!("hotfix start {id}")];
        return Some(Refusal { code: Code::DirtyWorkTree, message, next });
    }
    if changed.is_empty() {
        return None;
    }
    let shown: Vec<String> = changed.iter().take(NAMED).map(ToString::to_string).collect();
    let more = changed.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("the work tree has changes: {}{rest}", shown.join(", "));
    let next = vec!["git stash    # or commit them where they belong".to_owned(), format!("hotfix start {id}")];
    Some(Refusal { code: Code::DirtyWorkTree, message, next })
}

/// What the branch starts from. Exit 2 where nobody said, exit 4 where the commit is not in this clone.
fn base(repository: &Repository, incident: &Incident, from: Option<&str>) -> Result<ObjectId, Failure> {
    if let Some(revision) = from {
        return repository.commit(revision);
    }
    let id = &incident.id;
    let Some(production) = &incident.check().what.production else {
        let message = format!("the check of {id} recorded nothing about what production runs");
        return Err(Failure::usage(message).hint(format!("hotfix start {id} --from TAG    # the release that broke")));
    };
    if !repository.has(production.commit) {
        let message = format!("production ({}) is not in this clone", production.name);
        return Err(Failure::undecided(message).hint("git fetch --all --tags"));
    }
    Ok(production.commit)
}

/// Makes the branch; one that stands at the base and is checked out was made by a run that could not record it.
fn make(repository: &Repository, id: &IncidentId, name: &str, base: ObjectId) -> Result<(), Failure> {
    if !repository.has_branch(name) {
        return repository.start_branch(name, base);
    }
    let is_here = repository.head_branch().is_some_and(|head| head.short == name);
    if is_here && repository.commit(&format!("refs/heads/{name}"))? == base {
        return Ok(());
    }
    Err(Failure::usage(format!("the branch {name} exists already, and `hotfix start` did not record it")).hint(
        format!("hotfix fix {id} {name}    # attaches what is on it; or make room: git branch -m {name} {name}-old"),
    ))
}

#[derive(Serialize)]
struct StartReport {
    #[serde(flatten)]
    outcome: Outcome,
    attempt: u32,
    branch: String,
    base: ObjectId,
    /// Paths that git does not track: they came along.
    untracked: Vec<RepositoryPath>,
}

impl Report for StartReport {
    fn text(&self, page: &mut Page) {
        self.outcome.text(page);
        if let Some(first) = self.untracked.first() {
            let count = self.untracked.len();
            page.paragraph(&format!("Untracked files stayed where they are ({count}, such as {first})."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_attempt_has_a_name_of_its_own() {
        let id: IncidentId = "INC-42".parse().expect("an id");
        assert_eq!(branch_name("hotfix/{incident}", &id, 1), "hotfix/INC-42");
        assert_eq!(branch_name("hotfix/{incident}", &id, 2), "hotfix/INC-42-2");
    }
}
