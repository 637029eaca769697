//! `hotfix fix`: the commits of the fix, attached to the incident.

mod came;
mod questions;
mod range;
mod withdraw;

pub(super) use self::withdraw::still_released;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::book::Book;
use super::desk::Desk;
use super::line_fix;
use super::outcome::Outcome;
use super::policies::Policies;
use super::proof;
use super::shipped_again::shipped_again;
use crate::domain::event::{Change, FixAttached, Payload};
use crate::domain::gate;
use crate::domain::gates;
use crate::domain::identity::{IncidentId, ObjectId, Person, RepositoryPath};
use crate::domain::incident::{self, Attempt, Incident};
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::release::ReleaseName;
use crate::domain::text::counted;
use crate::evidence::release_lines::{ReleaseLine, release_lines};
use crate::evidence::shipped;
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::render::{Page, Report};
use crate::session::Session;

use self::questions::{Given, ProofGiven};
use self::range::Lines;

/// Attach the commits of the fix, or withdraw an attempt
///
/// They lie on a release line or fork from one; where a team releases from main itself, from main.
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// The fix: A..B, single commits, or a branch (since its fork); the hotfix branch of the last attempt if not given
    #[arg(value_name = "RANGE")]
    range: Vec<String>,
    /// What proves that it works, as KIND=TEXT: test=NAME, ci=LINK, manual=WHAT, untested=WHY
    #[arg(long, value_name = "KIND=TEXT", value_parser = questions::parse_proof)]
    proof: Option<ProofGiven>,
    /// Whether a flag guards it
    #[arg(long, value_name = "yes|no", value_parser = questions::parse_yes_no)]
    guarded_by_flag: Option<bool>,
    /// Withdraw this attempt; refused while its change is on a release line
    #[arg(long, value_name = "ATTEMPT", conflicts_with_all = ["range", "proof", "guarded_by_flag"])]
    withdraw: Option<u32>,
}

/// Attaches a fix, or withdraws one.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "fix"),
    };
    if let Some(number) = args.withdraw {
        return withdraw::withdraw(number, incident, &book, session);
    }
    let repository = session.repository()?;
    let policy = Policies::new(repository).of(incident)?;
    let attempt = incident.attempt();
    let production = incident.check().what.production.as_ref();
    let lines = release_lines(repository, &policy.branches, production)?;
    let lines = Lines { repository, lines: &lines, started: attempt.and_then(|attempt| attempt.base) };
    let fix = range::find(id, &args.range, attempt, &lines)?;
    if let Some(commit) = proof::in_production(repository, incident, &fix.commits)? {
        let next = format!("hotfix start {id}    # the fix stands on what production runs");
        let mut refusal = proof::in_production_refusal(incident, commit, next);
        refusal.next.extend(on_no_record(&book, incident, &policy, (repository, commit))?);
        return Outcome::refused(id, [refusal]).send(session, "fix");
    }
    let on = if lines.is_mains_own(&fix)? { Vec::new() } else { lines.of(&fix)? };
    let empty = net_empty(id, &fix).or_else(|| takes_back(incident, attempt, &fix));
    if let Some(refusal) = empty.or_else(|| off_the_lines(id, &fix, &lines, &on)) {
        return Outcome::refused(id, [refusal]).send(session, "fix");
    }
    if let Some(refusal) = replaces_what_is_released(attempt, &fix, incident, (&policy, session))? {
        return Outcome::refused(id, [refusal]).send(session, "fix");
    }
    let authors = fix.authors(repository)?;
    let given = Given { proof: args.proof, guarded_by_flag: args.guarded_by_flag };
    let answers = match questions::ask(id, &args.range, given, &summary(&fix, &authors), session)? {
        Ok(answers) => answers,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "fix"),
    };
    let number = attempt.map_or(1, |attempt| attempt.number);
    let proof = answers.proof;
    let attached = FixAttached {
        attempt: number,
        base: fix.base,
        commits: fix.commits,
        authors,
        changes: fix.changes,
        proof: proof.kind,
        guarded_by_flag: answers.guarded_by_flag,
    };
    let again = ships_again(session, &book, &lines, &on)?;
    let report = FixReport::new(&attached, on);
    let texts = BTreeMap::from([("proof".to_owned(), proof.text)]);
    let branch = attempt.and_then(|attempt| attempt.branch.as_deref());
    let release = release_command(branch, attached.commits.last(), &report.release_lines, &lines)?;
    let recorded = book.record(id, Payload::FixAttached(Arc::new(attached)), texts)?;
    let outcome = Outcome::recorded(id, &recorded, format!("attempt {number}: the fix is attached"));
    let outcome = again.into_iter().fold(outcome, Outcome::note);
    let outcome = gated(outcome, id, session)?
        .next(release)
        .next(format!("hotfix deployed {id} --release TAG    # once production runs it"))
        .next(format!("hotfix verify {id}    # once it is merged back"));
    session.answer("fix", outcome.exit(), &FixReport { outcome: Some(outcome), ..report })
}

/// What takes a released commit on record that no incident owns: another incident, with the release before it as production.
fn on_no_record(
    book: &Book<'_>,
    incident: &Incident,
    policy: &Policy,
    (repository, commit): (&Repository, ObjectId),
) -> Result<Option<String>, Failure> {
    let mut owned = incident::owned(&book.history, &book.incidents);
    let production = incident.check().what.production.as_ref();
    let Some(broken) = production.and_then(|production| ReleaseName::read(&production.name)) else { return Ok(None) };
    if owned.any(|fix| fix.commits.contains(&commit)) {
        return Ok(None);
    }
    let releases = shipped::releases(repository, &policy.branches)?;
    let brought = shipped::first_with(repository, &releases, commit)?.map_or(&broken, |release| &release.name);
    // What a release brought that is no patch was planned.
    if !brought.version.is_patch() {
        return Ok(None);
    }
    let before = shipped::before(repository, &releases, commit, brought)?;
    Ok(before.map(|before| {
        let command = gate::taking_on_record(&commit.short(), Some(&before.tag));
        format!("{command}    # if it went out on no record")
    }))
}

/// Which of these release lines hold what an incident rolled back: there the fix would bring that to production too.
fn ships_again(session: &Session, book: &Book<'_>, lines: &Lines<'_>, on: &[String]) -> Result<Vec<String>, Failure> {
    let mut notes = Vec::new();
    let mut named = BTreeSet::new();
    let is_new = |line: &&ReleaseLine| line.branch.as_ref().is_some_and(|branch| named.insert(branch.clone()));
    for line in lines.lines.lines.iter().filter(|line| on.contains(&line.name)).filter(is_new) {
        let found = shipped_again(session.repository()?, book, (&line.name, line.tip), &|| false)?;
        notes.extend(found.into_iter().map(|(_, refusal)| {
            let way = refusal.next.into_iter().next().unwrap_or_default();
            format!("Look again: {}: {way}", refusal.message)
        }));
    }
    Ok(notes)
}

/// What stands between the fix and production now. It is attached all the same: what may be deployed must be on the record.
/// Approval is the next step; a fix that is too large is a no.
fn gated(mut outcome: Outcome, id: &IncidentId, session: &Session) -> Result<Outcome, Failure> {
    let book = Book::open(session)?;
    let incident = book.incident(id)?;
    let papers = match Desk::new(session, &book)?.papers(incident) {
        Ok(papers) => papers,
        // The fix is on the record, and that must be said.
        Err(failure) => return Ok(outcome.note(format!("What it still lacks could not be told: {failure}."))),
    };
    let case = papers.case(incident);
    for refusal in gates::before_deploying(&case) {
        outcome = match refusal.code {
            Code::ApprovalMissing => {
                let next = refusal.next.into_iter().take(1).chain(gates::nobody_awake(&case));
                next.fold(outcome, Outcome::next)
            }
            code => {
                let next = refusal.next.into_iter().take(1).chain(case.override_command(code));
                outcome.and_refused(Refusal { code, message: refusal.message, next: next.collect() })
            }
        };
    }
    Ok(outcome)
}

/// A fix takes the place of the one that its attempt had. What production may run already must not vanish from the record so:
/// then the new one has to hold the old one's commits, or stand beside it as another attempt.
fn replaces_what_is_released(
    attempt: Option<&Attempt>,
    fix: &Fix,
    incident: &Incident,
    (policy, session): (&Policy, &Session),
) -> Result<Option<Refusal>, Failure> {
    let Some(attempt) = attempt.filter(|attempt| !attempt.withdrawn) else { return Ok(None) };
    let Some(old) = &attempt.fix else { return Ok(None) };
    let holds_it = old.what.commits.iter().all(|commit| fix.commits.contains(commit));
    if holds_it || old.what.changes == fix.changes {
        return Ok(None);
    }
    let refusal = withdraw::still_released(attempt.number, incident, &Fix::recorded(&old.what), session)?;
    let Some(refusal) = refusal else { return Ok(None) };
    let start = another_attempt(incident, (&Fix::recorded(&old.what), fix), policy, session.repository()?)?;
    Ok(Some(Refusal {
        message: format!("the fix attached before would be replaced, but {}", refusal.message),
        next: std::iter::once(start).chain(refusal.next).collect(),
        ..refusal
    }))
}

/// What makes another attempt; for another release line it begins there.
fn another_attempt(
    incident: &Incident,
    (old, new): (&Fix, &Fix),
    policy: &Policy,
    repository: &Repository,
) -> Result<String, Failure> {
    let id = &incident.id;
    let releases = shipped::releases(repository, &policy.branches)?;
    if let (Some(before), Some(base)) = (old.base.filter(|base| repository.has(*base)), new.base)
        && line_fix::are_apart(repository, incident, &releases, (before, base))?
    {
        let tag = releases.iter().find(|release| release.commit == base);
        let from = tag.map_or_else(|| base.short(), |release| release.tag.clone());
        return Ok(format!(
            "hotfix start {id} --from {from}    # makes another attempt, for that line; bring it there"
        ));
    }
    Ok(format!("hotfix start {id}    # makes another attempt"))
}

/// What brings the fix to its release line, by the names that are known.
fn release_command(
    branch: Option<&str>,
    newest: Option<&ObjectId>,
    on: &[String],
    lines: &Lines<'_>,
) -> Result<String, Failure> {
    for line in lines.lines.lines.iter().filter(|line| on.contains(&line.name)) {
        if let (Some(branch), Some(newest)) = (&line.branch, newest)
            && lines.repository.contains(line.tip, *newest)?
        {
            return Ok(format!(
                "git tag NEXT-VERSION {branch}    # it holds the fix: push that, and deploy as you always do"
            ));
        }
    }
    let mut on: Vec<&str> = lines
        .lines
        .lines
        .iter()
        .filter(|line| on.contains(&line.name))
        .filter_map(|line| line.branch.as_deref())
        .collect();
    on.sort_unstable();
    on.dedup();
    let line = if let [only] = on[..] { only } else { "RELEASE-LINE" };
    let branch = branch.unwrap_or("HOTFIX-BRANCH");
    Ok(format!("git switch {line} && git merge {branch}    # then tag, push and deploy as you always do"))
}

fn net_empty(id: &IncidentId, fix: &Fix) -> Option<Refusal> {
    let message = match fix.commits.len() {
        1 => "the commit of the range changes nothing".to_owned(),
        count => format!("the {count} commits of the range change nothing together"),
    };
    let next = format!("hotfix fix {id} A..B    # the range that holds the change");
    fix.changes.is_empty().then(|| Refusal::new(Code::FixEmpty, message, next))
}

/// The refusal of an attempt that only takes an earlier one back. Together they change nothing, so nothing of them could be
/// proven anywhere; a revert needs nobody's word, and then the earlier attempt is withdrawn.
fn takes_back(incident: &Incident, attempt: Option<&Attempt>, fix: &Fix) -> Option<Refusal> {
    let id = &incident.id;
    let others = incident
        .attempts
        .iter()
        .filter(|other| !other.withdrawn && attempt.map(|own| own.number) != Some(other.number));
    let is_turned = |earlier: &FixAttached| {
        let turned = |change: &Change| Change { before: change.after.clone(), after: change.before.clone() };
        earlier.changes.len() == fix.changes.len()
            && earlier.changes.iter().map(turned).all(|change| fix.changes.contains(&change))
    };
    let earlier = others.into_iter().find(|other| other.fix.as_ref().is_some_and(|fix| is_turned(&fix.what)))?;
    let message = format!("this takes attempt {} back, and together they change nothing", earlier.number);
    let next = vec![
        "git push    # the revert, to the release line: the gate lets it in; then release and deploy it".to_owned(),
        format!("hotfix fix {id} --withdraw {}", earlier.number),
    ];
    Some(Refusal { code: Code::FixEmpty, message, next })
}

fn off_the_lines(id: &IncidentId, fix: &Fix, lines: &Lines<'_>, on: &[String]) -> Option<Refusal> {
    let names: Vec<&str> = lines.lines.lines.iter().map(|line| line.name.as_str()).collect();
    let first = fix.commits.first().copied().unwrap_or(ObjectId::ZERO).short();
    let message =
        format!("the fix ({first} and on) neither lies on nor forks from a release line ({})", names.join(", "));
    let next = vec![
        format!("hotfix start {id}    # makes a branch from production; cherry-pick the fix onto it"),
        format!("hotfix fix {id} A..B    # or name the commits as they are on the release line"),
    ];
    on.is_empty().then_some(Refusal { code: Code::FixOffReleaseLine, message, next })
}

/// What git tells about the fix, for the person who is asked about it.
fn summary(fix: &Fix, authors: &[Person]) -> Vec<String> {
    let paths: Vec<String> = fix.changes.iter().filter_map(|change| change.path()).map(ToString::to_string).collect();
    let shown = paths.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = if paths.len() > 5 { format!(" and {} more", paths.len() - 5) } else { String::new() };
    let people = authors.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    vec![format!(
        "{} by {people}; {}: {shown}{more}",
        counted(fix.commits.len(), "commit"),
        counted(paths.len(), "path")
    )]
}

/// What was attached.
#[derive(Serialize)]
struct FixReport {
    #[serde(flatten)]
    outcome: Option<Outcome>,
    attempt: u32,
    base: Option<ObjectId>,
    commits: Vec<ObjectId>,
    authors: Vec<Person>,
    paths: Vec<RepositoryPath>,
    /// The release lines that it lies on or forks from.
    release_lines: Vec<String>,
}

impl FixReport {
    fn new(fix: &FixAttached, release_lines: Vec<String>) -> Self {
        Self {
            outcome: None,
            attempt: fix.attempt,
            base: fix.base,
            commits: fix.commits.clone(),
            authors: fix.authors.clone(),
            paths: fix.changes.iter().filter_map(|change| change.path().cloned()).collect(),
            release_lines,
        }
    }
}

impl Report for FixReport {
    fn text(&self, page: &mut Page) {
        let listed = |all: Vec<String>| {
            let more = if all.len() > 8 { format!(" and {} more", all.len() - 8) } else { String::new() };
            format!("{}{more}", all.into_iter().take(8).collect::<Vec<_>>().join(", "))
        };
        page.field("commits", &listed(self.commits.iter().map(|commit| commit.short()).collect()));
        page.field("authors", &listed(self.authors.iter().map(ToString::to_string).collect()));
        page.field("changes", &listed(self.paths.iter().map(ToString::to_string).collect()));
        page.field("release line", &listed(self.release_lines.clone()));
        page.blank();
        if let Some(outcome) = &self.outcome {
            outcome.text(page);
        }
    }
}
