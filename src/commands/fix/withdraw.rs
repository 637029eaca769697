//! Withdrawing an attempt.

use std::collections::BTreeMap;
use std::time::Duration;

use super::came;
use crate::commands::book::Book;
use crate::commands::outcome::Outcome;
use crate::commands::policies::Policies;
use crate::commands::proof;
use crate::domain::event::{FixWithdrawn, Payload};
use crate::domain::identity::ObjectId;
use crate::domain::incident::{Attempt, Incident};
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::release::ReleaseName;
use crate::evidence::globs::Globs;
use crate::evidence::release_lines::release_lines;
use crate::evidence::shipped;
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;
use crate::process::Deadline;
use crate::session::Session;

/// How long the release lines may be searched.
const PATIENCE: Duration = Duration::from_mins(2);

/// Withdraws an attempt, unless a release line holds a part of its change.
pub(super) fn withdraw(
    number: u32,
    incident: &Incident,
    book: &Book<'_>,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let id = &incident.id;
    let Some(attempt) = incident.attempts.iter().find(|attempt| attempt.number == number) else {
        return Err(Failure::usage(format!("{id} has no attempt {number}")).hint(format!("hotfix show {id}")));
    };
    if attempt.withdrawn {
        return Outcome::unchanged(id, format!("attempt {number} was withdrawn before")).send(session, "fix");
    }
    if let Some(fix) = &attempt.fix {
        let again = format!("hotfix fix {id} --withdraw {number}");
        let released = match proof::stale(session, &again)? {
            Some(stale) => Some(stale),
            None => still_released(number, incident, &Fix::recorded(&fix.what), session)?,
        };
        if let Some(refusal) = released {
            return Outcome::refused(id, [refusal]).send(session, "fix");
        }
    }
    let recorded = book.record(id, Payload::FixWithdrawn(FixWithdrawn { attempt: number }), BTreeMap::new())?;
    let outcome = Outcome::recorded(id, &recorded, format!("attempt {number} is withdrawn"));
    let live = |attempt: &&Attempt| attempt.number != number && !attempt.withdrawn;
    let next = match incident.attempts.iter().rfind(live) {
        None if incident.allows_hotfix() => format!("hotfix start {id}"),
        None => format!("hotfix close {id}    # lists what is still owed"),
        Some(other) if other.fix.is_none() => format!("hotfix fix {id}    # attempt {} is open", other.number),
        Some(other) => format!("hotfix scope {id}    # attempt {} is the fix", other.number),
    };
    outcome.next(next).send(session, "fix")
}

/// What production may run that holds a part of the fix, or may hold it: a release line, or the newest release of one. What
/// stood there before there was a fix is none of it.
pub(in crate::commands) fn still_released(
    number: u32,
    incident: &Incident,
    fix: &Fix,
    session: &Session,
) -> Result<Option<Refusal>, Failure> {
    let repository = session.repository()?;
    let policy = Policies::new(repository).of(incident)?;
    let production = incident.check().what.production.as_ref();
    let lines = release_lines(repository, &policy.branches, production)?.lines;
    let mut places: Vec<(String, ObjectId)> = lines.into_iter().map(|line| (line.name, line.tip)).collect();
    places.extend(newest_releases(repository, &policy, incident)?);
    let deadline = Deadline::after(PATIENCE);
    let stop = || deadline.left().is_zero();
    // Here every path counts: what need not go back to main is released all the same.
    let options = Options { never_goes_back: Globs::new(&[])?.into_set(), ..Options::default() };
    let not_yet = came::not_yet(repository, incident, fix)?;
    for (name, commit) in places {
        let target = Target::new(repository, commit, &stop);
        let report = search(&target, fix, &options)?;
        let how = match report.verdict {
            Verdict::Missing | Verdict::Reverted => continue,
            _ if !came::came(&target, (fix, not_yet), &report, &options)? => continue,
            Verdict::Merged => "holds it",
            Verdict::Partial => "holds a part of it",
            Verdict::Unproven => "may hold it",
        };
        let message = format!("attempt {number} can't be withdrawn: {name} {how}");
        let next = vec![
            "git revert COMMIT    # on the release line: the gate lets that in; then release and deploy it".to_owned(),
            format!("hotfix fix {} --withdraw {number}", incident.id),
        ];
        return Ok(Some(Refusal { code: Code::FixStillReleased, message, next }));
    }
    Ok(None)
}

/// The newest release of each line since production broke, by the tags here and by what was said to be deployed.
///
/// A tag need not stand on a release line: a hotfix branch can be tagged and deployed as it is.
fn newest_releases(
    repository: &Repository,
    policy: &Policy,
    incident: &Incident,
) -> Result<Vec<(String, ObjectId)>, Failure> {
    let broken = incident.check().what.production.as_ref().and_then(|broken| ReleaseName::read(&broken.name));
    let mut releases: Vec<(String, ReleaseName, ObjectId)> = Vec::new();
    let tags = shipped::releases(repository, &policy.branches)?.into_iter().map(|tag| (tag.tag, tag.name, tag.commit));
    for deployed in incident.deployed.iter().filter_map(|deployed| deployed.what.release.as_ref()) {
        if !repository.has(deployed.commit) {
            let message = format!("{} was deployed, and its commit is not in this clone", deployed.tag);
            return Err(Failure::undecided(message).hint("git fetch --all --tags"));
        }
        releases.extend(ReleaseName::read(&deployed.tag).map(|name| (deployed.tag.clone(), name, deployed.commit)));
    }
    let since = |name: &ReleaseName| broken.as_ref().is_none_or(|broken| name.version > broken.version);
    releases.extend(tags.filter(|(_, name, _)| since(name)));
    let same_line =
        |a: &ReleaseName, b: &ReleaseName| a.component == b.component && a.version.is_on_line_of(&b.version);
    let superseded = |name: &ReleaseName| {
        releases.iter().any(|(_, other, _)| same_line(other, name) && other.version > name.version)
    };
    Ok(releases.iter().filter(|(_, name, _)| !superseded(name)).map(|(tag, _, id)| (tag.clone(), *id)).collect())
}
