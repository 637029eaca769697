//! What a release brought beside the fix: every hotfix is held to the minimum, and so is what goes out with it.

use std::time::Duration;

use super::book::Book;
use super::on_record::{Asked, explained};
use super::proof;
use crate::domain::event::{FixAttached, Production};
use crate::domain::identity::ObjectId;
use crate::domain::incident::{self, Incident};
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::evidence::attribution::{Attribution, Belongs};
use crate::evidence::globs::Globs;
use crate::evidence::release_lines::{ReleaseLine, release_lines};
use crate::evidence::shipped::{self, Release};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::drift::{self, Drifted};
use crate::process::Deadline;

/// How many commits a refusal names.
const NAMED: usize = 3;

/// The refusal where what was deployed holds changes since the broken production that are neither main's nor an incident's.
pub fn refusal(
    repository: &Repository,
    book: &Book<'_>,
    (incident, policy): (&Incident, &Policy),
    limit: Duration,
) -> Result<Option<Refusal>, Failure> {
    let Some(main) = repository.shared_branch(&policy.branches.main)? else { return Ok(None) };
    let (Some(production), main) = (&incident.check().what.production, repository.tip(&main)?) else { return Ok(None) };
    // What was deployed and withdrawn since is on the record of this incident, and gone from production.
    let withdrawn =
        incident.attempts.iter().filter(|attempt| attempt.withdrawn).filter_map(|attempt| attempt.fix.as_ref());
    let owned = incident::owned(&book.history, &book.incidents);
    let fixes: Vec<&FixAttached> = owned.chain(withdrawn.map(|fix| &*fix.what)).collect();
    let globs = Globs::new(&policy.merge_back.never_goes_back)?;
    let attribution = Attribution::new(repository, &fixes, &globs);
    let deadline = Deadline::after(limit);
    let stop = || deadline.left().is_zero();
    let options = proof::verdict_options(policy)?;
    let releases = shipped::releases(repository, &policy.branches)?;
    if !repository.has(production.commit) {
        return not_here(repository, &production.name, production.commit, None).map(Some);
    }
    let broken = broken(repository, &releases, production)?;
    let lines = release_lines(repository, &policy.branches, incident.check().what.production.as_ref())?.lines;
    for (name, commit) in deployed(repository, incident, &lines, &releases)? {
        if !repository.has(commit) {
            let by = incident.deployed.last().map(|deployed| deployed.by.actor.name.as_str());
            return not_here(repository, &name, commit, by).map(Some);
        }
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for commit in repository.commits_between(&[broken, main], commit)? {
            match attribution.of(commit)? {
                Belongs::Carried | Belongs::To(_) => {}
                Belongs::Nobody { own } if own.is_empty() => alone.push(commit),
                Belongs::Nobody { .. } => beside.push(commit),
            }
        }
        // What main holds under another id is no secret of the release line; what the line took back it does not hold.
        let judged = drift::judge(repository, 2, (commit, main), &alone, &options, &stop)?;
        let held = |one: &&Drifted| !one.ignored && !one.taken_back && one.verdict != Verdict::Merged;
        beside.extend(judged.iter().filter(held).map(|one| one.commit));
        // What another incident brought and took back is on its record.
        let places = held_by(repository, &lines, &releases, commit)?;
        let asked: Vec<Asked> = beside.iter().map(|&commit| (commit, places.clone())).collect();
        let explained = explained(repository, book, &globs, &asked, &stop)?;
        beside.retain(|commit| !explained.contains(commit));
        if beside.is_empty() {
            continue;
        }
        let told = beside
            .iter()
            .take(NAMED)
            .map(|&commit| Ok(format!("{} {}", commit.short(), repository.message(commit)?.summary())));
        let told = told.collect::<Result<Vec<_>, Failure>>()?.join(", ");
        let more = beside.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("{name} holds more than the fix, and main does not have it: {told}{more}");
        let id = &incident.id;
        let next = vec![
            format!("hotfix fix {id} COMMITS    # with all of the fix, if it belongs to it"),
            format!(
                "hotfix override {id} --gate {} --reason WHY    # a version's number? list its file under never_goes_back",
                Code::ReleaseHoldsMore.word()
            ),
        ];
        return Ok(Some(Refusal { code: Code::ReleaseHoldsMore, message, next }));
    }
    Ok(None)
}

/// The refusal because a release is not in this clone; `by` said that it was deployed, and has it.
fn not_here(repository: &Repository, name: &str, commit: ObjectId, by: Option<&str>) -> Result<Refusal, Failure> {
    let remote = repository.default_remote()?.unwrap_or_else(|| "REMOTE".to_owned());
    let short = commit.short();
    let message = format!("{name} ({short}) is not in this clone, so what it holds beside the fix is not known here");
    let mut next = vec![format!("git fetch --tags {remote}")];
    next.extend(by.map(|by| format!("git push {remote} {name}    # else, by {by}, who said that it was deployed")));
    Ok(Refusal { code: Code::ReleaseNotHere, message, next })
}

/// Where the release that broke stands; production as it was named where none is known.
fn broken(repository: &Repository, releases: &[Release], production: &Production) -> Result<ObjectId, Failure> {
    Ok(broken_release(repository, releases, production)?.map_or(production.commit, |release| release.commit))
}

/// The release that broke: where a branch or a commit was named as production, what was released of it. What it held more was
/// said to run, by whoever wants to close.
pub(super) fn broken_release(
    repository: &Repository,
    releases: &[Release],
    production: &Production,
) -> Result<Option<Release>, Failure> {
    if let Some(named) = releases.iter().find(|release| release.tag == production.name) {
        return Ok(Some(Release { commit: production.commit, ..named.clone() }));
    }
    let mut newest: Option<&Release> = None;
    for release in releases {
        if newest.is_none_or(|newest| release.name.version > newest.name.version)
            && repository.contains(production.commit, release.commit)?
        {
            newest = Some(release);
        }
    }
    Ok(newest.cloned())
}

/// What runs with the fix: the release that was named last; without one, the release lines and releases that contain a commit
/// of it.
fn deployed(
    repository: &Repository,
    incident: &Incident,
    lines: &[ReleaseLine],
    releases: &[Release],
) -> Result<Vec<(String, ObjectId)>, Failure> {
    let Some(last) = incident.deployed.last() else { return Ok(Vec::new()) };
    if let Some(release) = &last.what.release {
        return Ok(vec![(release.tag.clone(), release.commit)]);
    }
    let lines = lines.iter().map(|line| (line.name.clone(), line.tip));
    let tags = releases.iter().map(|release| (release.tag.clone(), release.commit));
    let mut found = Vec::new();
    for (name, commit) in lines.chain(tags) {
        for fix in incident.fixes().flat_map(|fix| &fix.what.commits) {
            if repository.contains_known(commit, *fix)? {
                found.push((name, commit));
                break;
            }
        }
    }
    Ok(found)
}

/// The release lines and the releases that hold a commit: where something of it may have been taken back.
fn held_by(
    repository: &Repository,
    lines: &[ReleaseLine],
    releases: &[Release],
    commit: ObjectId,
) -> Result<Vec<ObjectId>, Failure> {
    let mut found = Vec::new();
    for tip in lines.iter().map(|line| line.tip).chain(releases.iter().map(|release| release.commit)) {
        if !found.contains(&tip) && repository.contains(tip, commit)? {
            found.push(tip);
        }
    }
    Ok(found)
}
