//! What a run of a CI is about, by the environment that it gives.
//!
//! Of a proposal only the branch's name and its head are taken from there. Where the branch stands, the fetched branch says: a
//! base that the CI remembers may be that of another branch, and would hide what that has.

use serde_json::Value;

use super::question::{Question, Update, fetch_command};
use crate::domain::identity::ObjectId;
use crate::domain::release::ReleaseName;
use crate::failure::Failure;
use crate::session::Session;

/// What a run of a GitHub workflow is about. Exit 2 where that is nothing that concerns a release.
pub(super) fn github(session: &Session) -> Result<Vec<Question>, Failure> {
    let event = needed(session, "GITHUB_EVENT_NAME")?;
    let file = needed(session, "GITHUB_EVENT_PATH")?;
    let payload: Value = serde_json::from_slice(&session.read(std::path::Path::new(&file))?)
        .map_err(|error| Failure::because("failed to read what GitHub says about the event", error))?;
    let text = |path: &str| payload.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let word = |path: &str| text(path).ok_or_else(|| lacks(&format!("{path} of the event {event}")));
    let question = match event.as_str() {
        "pull_request" | "pull_request_target" => {
            proposed(session, &word("/pull_request/base/ref")?, &word("/pull_request/head/sha")?)?
        }
        "merge_group" => {
            let onto = word("/merge_group/base_ref")?;
            proposed(session, onto.strip_prefix("refs/heads/").unwrap_or(&onto), &word("/merge_group/head_sha")?)?
        }
        "push" => pushed(&word("/ref")?, &word("/before")?, &word("/after")?)?,
        "release" => release(session, &word("/release/tag_name")?)?,
        "schedule" | "workflow_dispatch" => Question::Drift,
        _ => {
            return Err(Failure::usage(format!("the event {event} is about no change and no release"))
                .hint("on: [pull_request, merge_group, push, release, schedule]"));
        }
    };
    Ok(vec![question])
}

/// What a GitLab pipeline is about.
pub(super) fn gitlab(session: &Session) -> Result<Vec<Question>, Failure> {
    let source = needed(session, "CI_PIPELINE_SOURCE")?;
    let commit = needed(session, "CI_COMMIT_SHA")?;
    let zero = ObjectId::ZERO.to_string();
    let question = if let Some(target) = session.variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") {
        // In a pipeline for merged results the commit is a merge that nobody pushed.
        proposed(session, &target, &session.variable("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").unwrap_or(commit))?
    } else if source == "schedule" {
        Question::Drift
    } else if let Some(tag) = session.variable("CI_COMMIT_TAG") {
        pushed(&format!("refs/tags/{tag}"), &zero, &commit)?
    } else {
        let branch = needed(session, "CI_COMMIT_BRANCH")?;
        let before = session.variable("CI_COMMIT_BEFORE_SHA").unwrap_or(zero);
        pushed(&format!("refs/heads/{branch}"), &before, &commit)?
    };
    Ok(vec![question])
}

fn needed(session: &Session, name: &str) -> Result<String, Failure> {
    session.variable(name).ok_or_else(|| lacks(name))
}

fn lacks(what: &str) -> Failure {
    Failure::usage(format!("the environment does not say what this run is about: {what} is not there"))
        .hint("hotfix gate --change OLD..NEW --onto BRANCH    # or --release TAG: say it yourself")
}

fn id(text: &str) -> Result<Option<ObjectId>, Failure> {
    let id: ObjectId = text.parse().map_err(|_| lacks("a commit's id"))?;
    Ok((id != ObjectId::ZERO).then_some(id))
}

/// A proposal against the branch as it was fetched. Exit 4 where that was not.
fn proposed(session: &Session, onto: &str, head: &str) -> Result<Question, Failure> {
    let repository = session.repository()?;
    let Some(branch) = repository.shared_branch(onto)? else {
        return Err(Failure::undecided(format!("the branch {onto} was not fetched, so it is unknown what it has"))
            .hint(fetch_command(repository)?));
    };
    Ok(Question::Update(Update {
        reference: format!("refs/heads/{onto}").into_bytes(),
        old: Some(repository.tip(&branch)?),
        new: id(head)?,
        proposed: true,
        told_after: false,
    }))
}

fn pushed(reference: &str, before: &str, after: &str) -> Result<Question, Failure> {
    let (old, new) = (id(before)?, id(after)?);
    let reference = reference.as_bytes().to_vec();
    Ok(Question::Update(Update { reference, old, new, proposed: false, told_after: true }))
}

fn release(session: &Session, tag: &str) -> Result<Question, Failure> {
    let repository = session.repository()?;
    let Some(commit) = repository.commit_at_ref(&format!("refs/tags/{tag}"))? else {
        return Err(Failure::undecided(format!("the tag {tag} was not fetched")).hint(fetch_command(repository)?));
    };
    Ok(Question::Release { shown: tag.to_owned(), name: ReleaseName::read(tag), commit })
}
