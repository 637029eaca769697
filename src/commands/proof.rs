//! Asking git whether what deals with an incident is in effect where it must be: what `verify` and `close` share.

use std::time::Duration;

use serde::Serialize;

use crate::domain::closing::{Proof, Settled};
use crate::domain::event::{CauseSettled, FixAttached, TargetVerdict};
use crate::domain::fate::Fate;
use crate::domain::identity::ObjectId;
use crate::domain::incident::{Attempt, Incident};
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::scope::listed;
use crate::evidence::globs::Globs;
use crate::evidence::shipped::{self, Release};
use crate::evidence::targets::{self, Target};
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::forecast::{ByHand, Forecast, forecast};
use crate::merge_back::recipe::Onto;
use crate::merge_back::report::{Candidate, Report};
use crate::merge_back::search::{Options, search};
use crate::merge_back::taken_out::TakenOut;
use crate::merge_back::target;
use crate::process::Deadline;
use crate::render::{Page, Tone};
use crate::session::Session;

use super::book;
use super::confirming::Confirming;
use super::line_fix;
use super::merged::{became, side_by_side};
use super::settled::{self, SettledBy};

/// How long a fetch may take before an answer about main is given up.
pub const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// The refusal where the remote could not be asked, so that it is not known here what production has; `again` is the command
/// to run once it can.
pub fn stale(session: &Session, again: &str) -> Result<Option<Refusal>, Failure> {
    let why = book::ask(session, FETCH_LIMIT)?.err();
    let message = |why| format!("{why}; so whether production has the fix is not known here");
    Ok(why.map(|why| Refusal::new(Code::MainNotFresh, message(why), again)))
}

/// The answer about one target.
#[derive(Serialize)]
pub struct TargetProof {
    /// The target's full ref name.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its name for people.
    #[serde(skip)]
    pub name: String,
    /// The branch's name without its remote.
    #[serde(skip)]
    pub short: String,
    /// The answer.
    #[serde(flatten)]
    pub report: Report,
    /// What people said about it, as far as it still holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledBy>,
    /// What would happen next; none where the fix is merged.
    pub forecast: Option<Forecast>,
    /// The commit that a person may confirm, where only a person can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmable: Option<ObjectId>,
}

/// What must be in effect on the targets: the attached fixes, else the commit on main that deals with the cause; none where
/// the cause was dealt with in another way.
pub fn subject(repository: &Repository, incident: &Incident) -> Result<Option<Fix>, Failure> {
    let fixes: Vec<&FixAttached> = incident.fixes().map(|fix| &*fix.what).collect();
    let whole = line_fix::together(repository, &fixes)?;
    match (whole, incident.cause.as_ref().map(|cause| &cause.what)) {
        (Some(whole), _) => Ok(Some(whole)),
        (None, Some(CauseSettled::OnMain { commit })) => Ok(Some(Fix::of_commits(repository, &[*commit])?)),
        (None, Some(CauseSettled::Flag { .. }) | None) => Ok(None),
    }
}

/// What a fix stands on, by which the release lines are told that it must reach: the base of each attempt, and production.
pub fn bases(incident: &Incident, fix: &Fix) -> Vec<ObjectId> {
    let production = incident.check().what.production.as_ref().map(|production| production.commit);
    incident.fixes().filter_map(|attached| attached.what.base).chain(fix.base).chain(production).collect()
}

/// The first of these commits that production ran already when it broke: such a commit mends nothing. Exit 4 where an object
/// is missing.
pub fn in_production(
    repository: &Repository,
    incident: &Incident,
    commits: &[ObjectId],
) -> Result<Option<ObjectId>, Failure> {
    let Some(production) = &incident.check().what.production else { return Ok(None) };
    for commit in commits {
        if repository.contains(production.commit, *commit)? {
            return Ok(Some(*commit));
        }
    }
    Ok(None)
}

/// The refusal for a commit that production ran already.
pub fn in_production_refusal(incident: &Incident, commit: ObjectId, next: String) -> Refusal {
    let production = incident.check().what.production.as_ref().map_or("production", |known| known.name.as_str());
    let message = format!("{} is part of {production}, which is what broke", commit.short());
    Refusal::new(Code::FixInProduction, message, next)
}

/// What the attached fixes are on one commit, such as a release's. Exit 4 where an object is missing.
pub fn on_commit(
    repository: &Repository,
    incident: &Incident,
    policy: &Policy,
    commit: ObjectId,
) -> Result<Option<Report>, Failure> {
    let Some(fix) = subject(repository, incident)? else { return Ok(None) };
    let never = || false;
    search(&target::Target::new(repository, commit, &never), &fix, &options(policy)?).map(Some)
}

/// What must be in effect on a target, and what it holds of that. Exit 4 where an object is missing.
pub fn on_target(
    repository: &Repository,
    incident: &Incident,
    policy: &Policy,
    aim: &Target,
) -> Result<Option<(Fix, Report)>, Failure> {
    let Some(whole) = subject(repository, incident)? else { return Ok(None) };
    let (never, options) = (|| false, options(policy)?);
    let target = target::Target::new(repository, aim.commit, &never);
    let releases = shipped::releases(repository, &policy.branches)?;
    let fix = of_target(&target, (incident, policy, &releases), &aim.branch, &options)?.unwrap_or(whole);
    let report = search(&target, &fix, &options)?;
    Ok(Some((fix, report)))
}

/// What a release line must hold; none for main, which must hold all of the fix.
fn of_target(
    target: &target::Target<'_>,
    (incident, policy, releases): (&Incident, &Policy, &[Release]),
    branch: &Branch,
    options: &Options,
) -> Result<Option<Fix>, Failure> {
    match branch.short == policy.branches.main {
        true => Ok(None),
        false => Ok(line_fix::enough(target, incident, releases, options)?.pop()),
    }
}

/// What the policy tells a search.
pub fn options(policy: &Policy) -> Result<Options, Failure> {
    let merge_back = &policy.merge_back;
    Ok(Options {
        never_goes_back: Globs::new(&merge_back.never_goes_back)?.into_set(),
        changed_since: merge_back.changed_since,
        ..Options::default()
    })
}

/// The same where only the verdict counts.
pub fn verdict_options(policy: &Policy) -> Result<Options, Failure> {
    Ok(Options { without_candidates: true, without_hunks: true, ..options(policy)? })
}

/// Whether there is something to prove.
pub fn has_subject(incident: &Incident) -> bool {
    let on_main = |cause: &CauseSettled| matches!(cause, CauseSettled::OnMain { .. });
    incident.fixes().next().is_some() || incident.cause.as_ref().is_some_and(|cause| on_main(&cause.what))
}

/// Asks every target. Exit 4 where one was never fetched, an object is missing, or the deadline passed.
pub fn prove(
    session: &Session,
    incident: &Incident,
    policy: &Policy,
    limit: Duration,
) -> Result<Vec<TargetProof>, Failure> {
    let repository = session.repository()?;
    let Some(fix) = subject(repository, incident)? else { return Ok(Vec::new()) };
    let options = options(policy)?;
    let deadline = Deadline::after(limit);
    let progress = session.progress("Looking for the fix on the branches that it must reach");
    let stop = || {
        progress.tick();
        deadline.left().is_zero()
    };
    let releases = shipped::releases(repository, &policy.branches)?;
    let (mut proofs, whole) = (Vec::new(), fix);
    for Target { branch, commit } in targets::targets(repository, policy, &bases(incident, &whole))? {
        brought_up_to_date(repository, &branch)?;
        let target = target::Target::new(repository, commit, &stop);
        let of_target = of_target(&target, (incident, policy, &releases), &branch, &options)?;
        let fix = of_target.unwrap_or_else(|| whole.clone());
        let settled = settled::still(repository, incident, &branch.full, commit, &fix)?;
        let confirmed = settled::confirmed(incident, &branch.full).filter(|_| settled.is_none());
        let report = search(&target, &fix, &options)?.without_taken_out(&target, &fix, confirmed, &options)?;
        let onto = Onto { name: &branch.short, branch: Some(&branch), options: &options };
        let mut forecast = forecast(&target, &fix, &report, &onto)?;
        if let Some(forecast) = &mut forecast {
            forecast.commands.extend(who_has(incident, &forecast.absent, repository.default_remote()?));
        }
        let (name, short, reference) = (branch.shown().to_owned(), branch.short, branch.full);
        let asked = Confirming { incident, fix: &fix, target: &target, reference: &reference, options: &options };
        let confirmable = if settled.is_none() { asked.acceptable(&report) } else { None };
        proofs.push(TargetProof { settled, name, short, reference, report, forecast, confirmable });
    }
    Ok(proofs)
}

/// Who can share the commits that this clone lacks.
fn who_has(incident: &Incident, absent: &[ObjectId], remote: Option<String>) -> Option<String> {
    let holds = |attempt: &&Attempt| {
        let fix = attempt.fix.as_ref().filter(|_| !attempt.withdrawn);
        fix.is_some_and(|fix| fix.what.commits.iter().any(|commit| absent.contains(commit)))
    };
    let attempt = incident.attempts.iter().find(holds)?;
    let branch = attempt.branch.as_deref().unwrap_or("BRANCH");
    let name = &attempt.fix.as_ref()?.by.actor.name;
    Some(format!("git push {} {branch}    # else, by {name}, who attached it", remote?))
}

/// Exit 4 for a branch that stands here and that no fetch moves: what it shows may be old, or somebody's own.
fn brought_up_to_date(repository: &Repository, branch: &Branch) -> Result<(), Failure> {
    if repository.is_fetched(branch)? {
        return Ok(());
    }
    let remote = repository.default_remote()?.unwrap_or_default();
    let message = format!("{} is here, but no fetch brings it up to date, so it proves nothing", branch.shown());
    Err(Failure::undecided(message)
        .hint(format!("git config --add remote.{remote}.fetch '+refs/heads/{}:{}'", branch.short, branch.full)))
}

impl TargetProof {
    /// What the ledger keeps of it.
    pub fn recorded(&self) -> TargetVerdict {
        TargetVerdict {
            target: self.reference.clone(),
            commit: self.report.target,
            verdict: self.report.verdict,
            landings: self.report.landings.iter().map(|landing| landing.commit).collect(),
        }
    }

    /// The verdict in a word, or how people settled it.
    pub fn word(&self) -> (Tone, &'static str) {
        match (self.settled.as_ref().map(|settled| settled.how), self.report.verdict) {
            (Some(Settled::Waived), _) => (Tone::Quiet, "waived"),
            (_, Verdict::Merged) => (Tone::Good, Verdict::Merged.word()),
            (Some(Settled::Confirmed), Verdict::Unproven) => (Tone::Quiet, "confirmed by a person"),
            (_, verdict @ Verdict::Unproven) => (Tone::Wait, verdict.word()),
            (_, verdict @ (Verdict::Partial | Verdict::Reverted | Verdict::Missing)) => (Tone::Bad, verdict.word()),
        }
    }

    /// The answer for a person: the verdict, who settled it, what brought it, and what became of it since.
    pub fn show(&self, page: &mut Page) {
        let (tone, word) = self.word();
        page.paragraph(&format!("{} on {} ({})", page.mark(tone, word), self.name, self.report.target.short()));
        if let Some(settled) = self.settled.as_ref().filter(|_| self.report.verdict != Verdict::Merged) {
            page.bullet(&settled.words());
        }
        if self.report.verdict == Verdict::Merged && self.report.landings.is_empty() {
            page.bullet(&format!(
                "nothing had to land: {} holds what the fix makes, and never held the fault",
                self.name
            ));
        }
        for landing in &self.report.landings {
            page.bullet(&format!("landed by {} {}", landing.commit.short(), landing.summary));
        }
        self.report.taken_out.iter().for_each(|taken| page.bullet(&taken.words()));
        for hunk in &self.report.hunks {
            match hunk.fate {
                // Nobody but a person can say whether it still does what it did.
                Fate::Evolved | Fate::Unknown if !hunk.evolved_by.is_empty() => {
                    let by: Vec<String> = hunk.changed_by().iter().map(ObjectId::short).collect();
                    let how = match by.is_empty() {
                        // What brought it brought it changed.
                        true => "landed changed".to_owned(),
                        false => format!("was changed since by {}", by.join(", ")),
                    };
                    let ask = match (hunk.fate, &self.settled) {
                        (Fate::Evolved, _) => ": look at it",
                        (_, None) => ": is it still the fix?",
                        // Whoever settled it has looked.
                        (_, Some(_)) => "",
                    };
                    page.bullet(&format!("{}:{} {how}{ask}", hunk.path, hunk.lines));
                }
                Fate::Ignored => page.bullet(&format!("{}:{} never goes back, says the policy", hunk.path, hunk.lines)),
                Fate::InEffect | Fate::Evolved | Fate::Undone | Fate::Never | Fate::Weak | Fate::Unknown => {}
            }
        }
        if self.settled.is_none() {
            self.report.candidates.iter().for_each(|candidate| side_by_side(page, candidate));
            became(page, &self.report, &self.name);
        }
    }

    /// What it means for closing.
    pub fn proof(&self) -> Proof {
        Proof::Asked {
            reference: self.reference.clone(),
            target: self.name.clone(),
            verdict: self.report.verdict,
            story: self.story(),
            settled: self.settled.as_ref().map(|settled| settled.how),
            look: self.forecast.as_ref().map_or_else(Vec::new, |forecast| forecast.look.clone()),
            confirmable: self.confirmable,
            mend: self.forecast.as_ref().map_or_else(Vec::new, |forecast| forecast.commands.clone()),
        }
    }

    /// What is missing or undone, in one line; empty where nothing is.
    fn story(&self) -> String {
        let shown = |mut parts: Vec<String>| {
            let more = parts.len().saturating_sub(3);
            parts.truncate(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}", parts.join(", "))
        };
        let forecast = self.forecast.as_ref();
        if let Some(local) = forecast.and_then(|forecast| forecast.unpushed) {
            return format!("it is on the {} of this clone ({}), which nobody else has", self.short, local.short());
        }
        let by_hand = forecast.iter().flat_map(|forecast| &forecast.by_hand).map(ByHand::words);
        let obstacle: Vec<String> = forecast.and_then(Forecast::obstacle).into_iter().chain(by_hand).collect();
        match self.report.verdict {
            Verdict::Merged => String::new(),
            Verdict::Partial | Verdict::Missing | Verdict::Reverted => {
                let lacking =
                    self.report.missing.iter().map(|part| format!("{}:{}", part.path, part.lines)).collect::<Vec<_>>();
                let undone = self
                    .report
                    .undone_by
                    .iter()
                    .map(|by| format!("{} ({})", by.commit.short(), by.summary))
                    .collect::<Vec<_>>();
                let lacking = (!lacking.is_empty()).then(|| format!("{} is not there", shown(lacking)));
                let undone = (!undone.is_empty()).then(|| format!("undone by {}", shown(undone)));
                let next = self.forecast.as_ref().map(|forecast| forecast.next_release.clone());
                lacking.into_iter().chain(undone).chain(next).chain(obstacle).collect::<Vec<_>>().join("; ")
            }
            Verdict::Unproven => {
                // The likest one, and those that did what it did not.
                let candidates = self.report.candidates.iter().enumerate();
                let told = candidates.filter(|(at, candidate)| *at == 0 || !candidate.compared.is_empty());
                let name = |candidate: &Candidate| format!("{} ({})", candidate.commit.short(), candidate.summary);
                let told: Vec<String> = told.map(|(_, candidate)| name(candidate)).collect();
                let look = (!told.is_empty()).then(|| format!("look at {}", listed(&told)));
                let taken_out = self.report.taken_out.iter().map(TakenOut::words);
                look.into_iter().chain(taken_out).chain(obstacle).collect::<Vec<_>>().join("; ")
            }
        }
    }
}
