//! `hotfix cause`: how the cause was dealt with when no fix was made on a release line.

use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use super::desk::close_command;
use super::moment;
use super::outcome::Outcome;
use super::policies::Policies;
use super::proof;
use crate::domain::event::{CauseSettled, Change, Payload};
use crate::domain::identity::{IncidentId, ObjectId, RepositoryPath};
use crate::domain::incident::Incident;
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::session::Session;

/// Say how the cause was dealt with after a roll back or a flag off
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// The commit on main that reverts or fixes the culprit; closing proves that it is in effect there
    #[arg(long, value_name = "COMMIT", conflicts_with_all = ["flag", "owner", "remove_by"])]
    fixed_by: Option<String>,
    /// The key of the flag that stays off
    #[arg(long, value_name = "KEY", requires_all = ["owner", "remove_by"])]
    flag: Option<String>,
    /// Who removes the flag
    #[arg(long, value_name = "WHO", requires = "flag")]
    owner: Option<String>,
    /// Until when, such as 2026-12-24
    #[arg(long, value_name = "DATE", requires = "flag", value_parser = moment::day)]
    remove_by: Option<chrono::NaiveDate>,
}

/// Records what was done about the cause.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "cause"),
    };
    let (mut notes, mut subject) = (Vec::new(), String::new());
    let settled = match (args.fixed_by, args.flag, args.owner, args.remove_by) {
        (Some(revision), ..) => {
            let repository = session.repository()?;
            let commit = repository.commit(&revision)?;
            if proof::in_production(repository, incident, &[commit])?.is_some() {
                let next = format!("hotfix cause {id} --fixed-by COMMIT    # one that came after it");
                let refusal = proof::in_production_refusal(incident, commit, next);
                return Outcome::refused(id, [refusal]).send(session, "cause");
            }
            notes = doubtful(repository, incident, commit)?;
            notes.extend(not_on_main(repository, incident, commit)?);
            subject = format!(" ({})", repository.commit_line(commit)?.subject);
            CauseSettled::OnMain { commit }
        }
        (None, Some(key), Some(owner), Some(remove_by)) => {
            if [&key, &owner].into_iter().any(|text| text.trim().is_empty()) {
                return Err(Failure::usage("--flag and --owner can't be empty"));
            }
            let today = session.now().date_naive();
            if remove_by < today {
                return Err(Failure::usage(format!("--remove-by {remove_by} is in the past"))
                    .hint(format!("by this machine's clock it is {today}")));
            }
            notes.push(format!(
                "`hotfix status` lists that until it is done: hotfix rca done {id} flag --evidence LINK"
            ));
            CauseSettled::Flag { key, owner, remove_by }
        }
        _ => return Err(Failure::usage("give --fixed-by COMMIT, or --flag KEY --owner WHO --remove-by DATE")),
    };
    let payload = Payload::CauseSettled(settled);
    let message = format!("{}{subject}", payload.sentence());
    let recorded = book.record(id, payload, BTreeMap::new())?;
    let outcome = notes.into_iter().fold(Outcome::recorded(id, &recorded, message), Outcome::note);
    outcome.next(close_command(session, &book, incident)).send(session, "cause")
}

/// What to do where the commit is not on main as everybody has it: it deals with nothing there yet.
fn not_on_main(repository: &Repository, incident: &Incident, commit: ObjectId) -> Result<Option<String>, Failure> {
    let main = Policies::new(repository).of(incident)?.branches.main.clone();
    let Some(branch) = repository.shared_branch(&main)? else { return Ok(None) };
    if repository.contains(repository.tip(&branch)?, commit)? {
        return Ok(None);
    }
    let (short, shown, id) = (commit.short(), branch.shown(), &incident.id);
    Ok(Some(format!("{short} is not on {shown} yet, and closing waits until it is; then: hotfix verify {id}")))
}

/// What speaks against a commit as what deals with the cause. No more than a word: main may have mended it before the release
/// broke production, and somewhere else than where it was broken.
fn doubtful(repository: &Repository, incident: &Incident, commit: ObjectId) -> Result<Vec<String>, Failure> {
    let short = commit.short();
    let mut doubts: Vec<String> = too_early(repository, incident, commit)?.into_iter().collect();
    let production = incident.check().what.production.as_ref();
    let span = production.and_then(|production| Some((production.last_good.as_ref()?, production)));
    let Some((good, broken)) =
        span.filter(|(good, broken)| repository.has(good.commit) && repository.has(broken.commit))
    else {
        return Ok(doubts);
    };
    let paths = |changes: Vec<Change>| -> BTreeSet<RepositoryPath> {
        let sides = changes.into_iter().flat_map(|change| [change.before, change.after]);
        sides.flatten().map(|side| side.path).collect()
    };
    let suspects = paths(repository.changes(good.commit, broken.commit)?);
    if paths(repository.changes_of(commit)?).is_disjoint(&suspects) {
        doubts.push(format!(
            "Look again: {short} touches nothing of what changed from {} to {}: {}.",
            good.tag,
            broken.name,
            counted(suspects.len(), "path")
        ));
    }
    Ok(doubts)
}

/// What speaks against a commit that is older than the fault. No more than a word: main may have mended it first.
pub(super) fn too_early(
    repository: &Repository,
    incident: &Incident,
    commit: ObjectId,
) -> Result<Option<String>, Failure> {
    let (committed, started) = (repository.commit_line(commit)?.at, incident.started);
    let (short, at, broke) = (commit.short(), moment::show(committed), moment::show(started));
    let told = || format!("Look again: {short} was committed {at}, before production broke ({broke}).");
    Ok((committed < started).then(told))
}
