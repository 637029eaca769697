//! Asking git whether what deals with an incident is in effect where it must be: what `verify` and `close` share.

use std::time::Duration;

use serde::Serialize;

use crate::domain::closing::Proof;
use crate::domain::event::{CauseSettled, TargetVerdict};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::evidence::globs::Globs;
use crate::evidence::targets::{self, Target};
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::forecast::{Forecast, forecast};
use crate::merge_back::report::Report;
use crate::merge_back::search::{Options, search};
use crate::merge_back::target;
use crate::process::Deadline;
use crate::session::Session;

/// How long a fetch may take before an answer about main is given up.
const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// The answer about one target.
#[derive(Serialize)]
pub struct TargetProof {
    /// The target's full ref name.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its name for people.
    #[serde(skip)]
    pub name: String,
    /// The answer.
    #[serde(flatten)]
    pub report: Report,
    /// What would happen next; none where the fix is merged.
    pub forecast: Option<Forecast>,
}

/// Brings the remote's branches here. The error says why main may not be what everybody else sees.
pub fn refresh(repository: &Repository) -> Result<Result<(), String>, Failure> {
    match repository.default_remote()? {
        None => Ok(Ok(())),
        Some(remote) => Ok(repository.fetch(&remote, FETCH_LIMIT).map_err(|not| format!("{remote}: {not}"))),
    }
}

/// What must be in effect on the targets: the attached fixes, else the commit on main that deals with the cause; none where
/// the cause was dealt with in another way.
pub fn subject(repository: &Repository, incident: &Incident) -> Result<Option<Fix>, Failure> {
    let mut whole: Option<Fix> = None;
    for attached in incident.fixes() {
        let fix = Fix::recorded(&attached.what);
        match &mut whole {
            None => whole = Some(fix),
            Some(whole) => whole.join(fix),
        }
    }
    match (whole, incident.cause.as_ref().map(|cause| &cause.what)) {
        (Some(whole), _) => Ok(Some(whole)),
        (None, Some(CauseSettled::OnMain { commit })) => Ok(Some(Fix::of_commits(repository, &[*commit])?)),
        (None, Some(CauseSettled::Flag { .. }) | None) => Ok(None),
    }
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
    let options =
        Options { never_goes_back: Globs::new(&policy.merge_back.never_goes_back)?.into_set(), ..Options::default() };
    let deadline = Deadline::after(limit);
    let stop = || deadline.left().is_zero();
    let mut proofs = Vec::new();
    for Target { branch, commit } in targets::targets(repository, policy, fix.base)? {
        brought_up_to_date(repository, &branch)?;
        let target = target::Target::new(repository, commit, &stop);
        let report = search(&target, &fix, &options)?;
        let forecast = forecast(&target, &fix, &report, &branch.short)?;
        proofs.push(TargetProof { name: branch.shown().to_owned(), reference: branch.full, report, forecast });
    }
    Ok(proofs)
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

    /// What it means for closing.
    pub fn proof(&self) -> Proof {
        Proof::Asked {
            reference: self.reference.clone(),
            target: self.name.clone(),
            verdict: self.report.verdict,
            story: self.story(),
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
                lacking.into_iter().chain(undone).chain(next).collect::<Vec<_>>().join("; ")
            }
            Verdict::Unproven => match self.report.candidates.first() {
                Some(candidate) => format!("look at {} ({})", candidate.commit.short(), candidate.summary),
                None => String::new(),
            },
        }
    }
}
