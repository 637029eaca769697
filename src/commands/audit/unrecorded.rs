//! What changed production past every incident, and past main.

use std::time::Duration;

use crate::commands::book::Book;
use crate::commands::deployments;
use crate::commands::gate::let_through;
use crate::commands::into;
use crate::commands::on_record::{Asked, explained};
use crate::commands::proof;
use crate::domain::event::{self, FixAttached};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::gate;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::incident;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::domain::release::ReleaseName;
use crate::evidence::globs::Globs;
use crate::evidence::shipped::{self, Release};
use crate::evidence::unrecorded::{self, Unrecorded};
use crate::failure::Failure;
use crate::git::commits::CommitLine;
use crate::git::repository::Repository;
use crate::merge_back::drift::{self, Drifted};
use crate::process::Deadline;
use crate::session::Session;

/// How long git may look for what main holds.
const PATIENCE: Duration = Duration::from_mins(5);

/// Commits on release lines that no incident owns.
pub(super) fn findings(
    session: &Session,
    book: &Book<'_>,
    since: Option<Moment>,
    notes: &mut Vec<String>,
) -> Result<Vec<Finding>, Failure> {
    let unrecorded = commits(session, book, since, notes)?;
    if unrecorded.is_empty() {
        return Ok(Vec::new());
    }
    let repository = session.repository()?;
    let releases = shipped::releases(repository, &into::policy(session)?.branches)?;
    let finding = |found: Unrecorded| {
        let brought = found.tag.as_deref().and_then(ReleaseName::read);
        let before = match &brought {
            Some(brought) => shipped::before(repository, &releases, found.commit.id, brought)?,
            None => None,
        };
        let next = gate::taking_on_record(&found.commit.id.short(), before.map(|release| release.tag.as_str()));
        let tag = found.tag.map_or_else(String::new, |tag| format!(", released as {tag}"));
        let CommitLine { id, subject, author, .. } = found.commit;
        let line = found.line.map_or_else(|| " on no release line".to_owned(), |line| format!(" on {line}"));
        let message = format!("{}{line}{tag}: {subject} (by {author})", id.short());
        Ok(Finding::new(FindingCode::UnrecordedHotfix, message).next(next))
    };
    unrecorded.into_iter().map(finding).collect()
}

/// The same, as they were found; without `since`, from the ledger's beginning.
pub(super) fn commits(
    session: &Session,
    book: &Book<'_>,
    since: Option<Moment>,
    notes: &mut Vec<String>,
) -> Result<Vec<Unrecorded>, Failure> {
    let policy = into::policy(session)?;
    if policy.branches.release_lines.is_empty() {
        let why = "the policy names no release lines, so unrecorded hotfixes on main can't be told from other work";
        notes.push(why.to_owned());
    }
    let Some(since) = since.or_else(|| book.history.events().next().map(|(_, event)| event.at)) else {
        return Ok(Vec::new());
    };
    let repository = session.repository()?;
    let fixes: Vec<&FixAttached> = incident::owned(&book.history, &book.incidents).collect();
    let deployed = pre_releases(repository, book, &shipped::releases(repository, &policy.branches)?);
    let found = unrecorded::unrecorded(repository, &policy, &fixes, deployed, since)?;
    notes.extend(let_through(&found.let_through));
    let mut found = found.unrecorded;
    let deadline = Deadline::after(PATIENCE);
    let stop = || deadline.left().is_zero();
    let asked: Vec<Asked> = found.iter().map(|one| (one.commit.id, vec![one.tip])).collect();
    let globs = Globs::new(&policy.merge_back.never_goes_back)?;
    let explained = explained(repository, book, &globs, &asked, &stop)?;
    found.retain(|one| !explained.contains(&one.commit.id));
    without_mains(repository, &policy, found, &stop)
}

/// What was said to be deployed and is no full release by its name, as what ran. What is not here can't be looked at.
fn pre_releases(repository: &Repository, book: &Book<'_>, releases: &[Release]) -> Vec<Release> {
    let ran = |release: &event::Release| {
        let name = ReleaseName::read(&release.tag).filter(|name| name.version.is_pre_release())?;
        let name = deployments::once_it_runs(&name, releases);
        repository.has(release.commit).then(|| Release { tag: release.tag.clone(), name, commit: release.commit })
    };
    deployments::said(book).filter_map(ran).collect()
}

/// Those that did not come from main. What the line had first and main got later is a hotfix all the same.
fn without_mains(
    repository: &Repository,
    policy: &Policy,
    mut found: Vec<Unrecorded>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Unrecorded>, Failure> {
    let Some(main) = repository.shared_branch(&policy.branches.main)?.filter(|_| !found.is_empty()) else {
        return Ok(found);
    };
    let main = repository.tip(&main)?;
    let options = proof::verdict_options(policy)?;
    let commits: Vec<ObjectId> = found.iter().map(|one| one.commit.id).collect();
    for one in drift::holds(repository, 2, main, &commits, &options, stop)? {
        if is_mains(repository, &one)? {
            found.retain(|found| found.commit.id != one.commit);
        }
    }
    Ok(found)
}

/// Without a landing main holds it for it never had what this mends: then it came from no commit of main.
fn is_mains(repository: &Repository, one: &Drifted) -> Result<bool, Failure> {
    let Some(landing) = one.landing.filter(|_| one.verdict == Verdict::Merged) else { return Ok(false) };
    Ok(repository.node(landing)?.time <= repository.node(one.commit)?.time)
}
