//! `hotfix deployed`: when the fix reached production.

use std::collections::BTreeMap;
use std::time::Duration;

use super::book::Book;
use super::desk::Desk;
use super::gate;
use super::line_fix;
use super::moment;
use super::outcome::Outcome;
use super::policies::Policies;
use super::proof;
use super::shipped_again::shipped_again;
use crate::domain::closing;
use crate::domain::event::{Decision, Deployed, Payload, Release};
use crate::domain::gate::superseded;
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{Attempt, Incident};
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::evidence::shipped;
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::git::tags::TagTarget;
use crate::merge_back::target::Target;
use crate::session::Session;

/// Record that a release with the fix was deployed
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// When, with an offset; now if not given
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<Moment>,
    /// The release's tag
    #[arg(long, value_name = "TAG")]
    release: Option<String>,
}

/// How long the remote is asked for what others have recorded: they may have approved it.
const ASKED: Duration = Duration::from_secs(3);

/// How long git is asked what the gate would have said of it.
const LOOKED: Duration = Duration::from_secs(10);

/// Why what was deployed can't be the fix: none is attached, or the release named does not hold it.
fn lacks_fix(
    repository: &Repository,
    incident: &Incident,
    release: Option<&Release>,
) -> Result<Option<Refusal>, Failure> {
    let id = &incident.id;
    if incident.fixes().next().is_none() {
        let message = "no fix is attached, so none can have been deployed";
        return Ok(Some(closing::fix_missing(incident, message)));
    }
    let Some(release) = release else { return Ok(None) };
    let policy = Policies::new(repository).of(incident)?;
    let releases = shipped::releases(repository, &policy.branches)?;
    let never = || false;
    let target = Target::new(repository, release.commit, &never);
    Ok(match line_fix::held(&target, incident, &releases, &proof::options(&policy)?)? {
        Some(Verdict::Merged) | None => None,
        Some(verdict) => {
            let message = format!("{} does not hold the fix: {} there", release.tag, verdict.word());
            let merge =
                format!("git merge {}    # on the release line; then tag and deploy that", hotfix_branch(incident));
            let untagged = format!("hotfix deployed {id}    # without --release, if what runs has no tag");
            let next = std::iter::once(merge).chain(superseded(incident)).chain([untagged]).collect();
            Some(Refusal { code: Code::ReleaseLacksFix, message, next })
        }
    })
}

/// What it went out without: by the very answer that the gate gives about the release; where none is named, what the fix itself
/// lacks, unless it went the way of a normal release.
fn past_the_gate(
    session: &Session,
    book: &Book<'_>,
    incident: &Incident,
    release: Option<Release>,
) -> Result<Vec<Refusal>, Failure> {
    let Some(release) = release else {
        if incident.decision() == Decision::NormalRelease && !incident.allows_hotfix() {
            return Ok(Vec::new());
        }
        return Ok(gates::before_deploying(&Desk::new(session, book)?.papers(incident)?.case(incident)));
    };
    let of_other = |id: &IncidentId| *id != incident.id;
    let told = |(about, refusal): (Option<IncidentId>, Refusal)| match about.filter(of_other) {
        Some(id) => Refusal { message: format!("{id}: {}", refusal.message), ..refusal },
        None => refusal,
    };
    let found = gate::of_release(session, &release.tag, release.commit, LOOKED)?;
    // What was rolled back is said in words of its own.
    let found = found.into_iter().filter(|(_, refusal)| refusal.code != Code::RolledBackInside);
    Ok(found.map(told).collect())
}

/// The branch of the fix that was attached last; a word for it where none was made here.
pub fn hotfix_branch(incident: &Incident) -> &str {
    let attached = |attempt: &&Attempt| !attempt.withdrawn && attempt.fix.is_some();
    let last = incident.attempts.iter().rfind(attached);
    last.and_then(|attempt| attempt.branch.as_deref()).unwrap_or("HOTFIX-BRANCH")
}

/// The release of that very tag: by the name of what stands beside one nobody would find it again. Exit 2 where there is none.
fn tagged(repository: &Repository, id: &IncidentId, tag: String) -> Result<Release, Failure> {
    let tags = repository.tags()?;
    if tags.iter().any(|known| known.name == tag) {
        let commit = repository.commit(&format!("refs/tags/{tag}"))?;
        return Ok(Release { tag, commit });
    }
    let unknown = Failure::usage(format!("{tag:?} names no tag here"));
    let Ok(commit) = repository.commit(&tag) else {
        return Err(unknown.hint("git fetch --all --tags    # or see which there are: git tag --list"));
    };
    let mut there = Vec::new();
    for known in tags {
        if repository.tag_target(&known)? == TagTarget::Commit(commit) {
            there.push(known.name);
        }
    }
    there.sort();
    Err(unknown.hint(match there.first() {
        Some(name) => format!("hotfix deployed {id} --release {name}    # the tag of that commit"),
        None => format!("hotfix deployed {id}    # without --release, if what runs has no tag"),
    }))
}

/// Records the deployment.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let id = &args.incident;
    let book = Book::open_for(session, id)?;
    book.incident(id)?;
    let (book, asked) = book.asked_again(ASKED)?;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "deployed"),
    };
    let at = moment::after_start(moment::past_or_now(args.at, "--at", session.now())?, incident)?;
    let release = args.release.map(|tag| tagged(session.repository()?, id, tag)).transpose()?;
    if let Some(refusal) = lacks_fix(session.repository()?, incident, release.as_ref())? {
        return Outcome::refused(id, [refusal]).send(session, "deployed");
    }
    let again = match &release {
        Some(release) => shipped_again(session.repository()?, &book, (&release.tag, release.commit), &|| false)?,
        None => Vec::new(),
    };
    let named = release.clone();
    let was_restored = incident.is_back();
    let payload = Payload::Deployed(Deployed { at, release });
    let recorded = book.record(id, payload, BTreeMap::new())?;
    let outcome = Outcome::recorded(id, &recorded, format!("deployed at {}", moment::show(at)));
    let outcome = again
        .into_iter()
        .fold(outcome, |outcome, (_, refusal)| outcome.note(format!("Look again: {}", refusal.message)));
    let next = if was_restored { format!("hotfix verify {id}") } else { format!("hotfix restored {id} --by hotfix") };
    // It runs by now, so nothing is refused; what went out without its gate is owed late, and is said once here.
    let lacking = match past_the_gate(session, &book, incident, named) {
        Ok(lacking) => lacking,
        Err(failure) => {
            let note = format!("What it went out without could not be told: {failure}.");
            return outcome.note(note).next(next).send(session, "deployed");
        }
    };
    let known = match &asked {
        Ok(_) => String::new(),
        Err(why) => format!(", as far as this clone knows ({why})"),
    };
    let note = |outcome: Outcome, refusal: Refusal| {
        let code = refusal.code.word();
        outcome.note(format!("It went out past the closed gate {code}{known}: {}", refusal.message))
    };
    lacking.into_iter().fold(outcome, note).next(next).send(session, "deployed")
}
