//! What a commit of a release line is to main: what `drift` and `gate --drift` share.

use std::collections::BTreeMap;

use serde::Serialize;

use super::proof;
use super::settled;
use crate::domain::closing::Settled;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Branches;
use crate::evidence::shipped::{self, LineName, Release};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::drift::Drifted;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// It only changes what never goes back, says the policy.
    NeverGoesBack,
    /// It is in effect there.
    Held,
    /// Its own line took it back, or it is what took such a one back.
    TakenBack,
    /// People settled, for the incident that holds it, that it is there in another form or need not be there.
    Settled(Settled),
    /// It is not there, or nobody can prove it.
    Lacking,
}

impl Is {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NeverGoesBack => "never-goes-back",
            Self::Held => "held",
            Self::TakenBack => "taken-back",
            Self::Settled(Settled::Confirmed) => "confirmed",
            Self::Settled(Settled::Waived) => "waived",
            Self::Lacking => "lacking",
        }
    }
}

/// What a judged commit is to a branch, by its short name, as it stands at a commit. Exit 4 where an object is missing.
pub fn is(
    repository: &Repository,
    incidents: &BTreeMap<IncidentId, Incident>,
    drifted: &Drifted,
    (branch, at): (&str, ObjectId),
) -> Result<Is, Failure> {
    if drifted.ignored {
        return Ok(Is::NeverGoesBack);
    }
    if drifted.verdict == Verdict::Merged {
        return Ok(Is::Held);
    }
    if drifted.taken_back {
        return Ok(Is::TakenBack);
    }
    let holds = |incident: &&Incident| incident.fixes().any(|fix| fix.what.commits.contains(&drifted.commit));
    for incident in incidents.values().filter(holds) {
        if let Some(fix) = proof::subject(repository, incident)?
            && let Some(settled) = settled::on(repository, incident, branch, &fix, at)?
        {
            return Ok(Is::Settled(settled.how));
        }
    }
    Ok(Is::Lacking)
}

/// What can be told of a line that lies within the target's own history: it left no fork, so that nothing says which commits
/// were made on it. Either it was cut from there, or the target was fast-forwarded to it.
#[derive(Clone, Debug, Serialize)]
pub struct Contained {
    /// The release since which something may have been made on it, by its tag; none where no release tells that.
    pub since: Option<String>,
    /// What that is on the target, as far as it was asked.
    pub verdict: Option<Verdict>,
    /// Whether something was made on it that nobody has shown to be there.
    pub is_open: bool,
}

/// More commits than this since a release are a target's own work, and no fix.
const MOST_COMMITS: usize = 200;

/// None for a line that left the target's history. Exit 4 where an object is missing or the deadline passed.
pub fn contained(
    target: &Target<'_>,
    (name, tip): (&str, ObjectId),
    branches: &Branches,
    options: &Options,
) -> Result<Option<Contained>, Failure> {
    let repository = target.repository;
    if target.meet(tip)?.map(|number| target.id(number)) != Some(tip) {
        return Ok(None);
    }
    let told = |since: Option<&Release>, verdict, is_open| {
        Ok(Some(Contained { since: since.map(|release| release.tag.clone()), verdict, is_open }))
    };
    let releases = shipped::releases(repository, branches)?;
    let Some(version) = LineName::new(name.to_owned()).version.filter(|_| !releases.is_empty()) else {
        return told(None, None, true);
    };
    let mut first: Option<&Release> = None;
    for release in releases.iter().filter(|release| version.version.is_line_of(&release.name.version)) {
        let is_older = first.is_none_or(|first| release.name.version < first.name.version);
        let is_same = release.name.component.is_empty()
            || version.component.is_empty()
            || release.name.component == version.component;
        if is_older && is_same && repository.contains(tip, release.commit)? {
            first = Some(release);
        }
    }
    // What was never released has had no hotfix; and nothing can have been made on it before its first release.
    let Some(release) = first.filter(|first| first.commit != tip) else { return told(first, None, false) };
    if repository.commits_between(&[release.commit], tip)?.len() > MOST_COMMITS {
        return told(first, None, true);
    }
    let fix = Fix::between(repository, release.commit, tip)?;
    let verdict = search(target, &fix, options)?.verdict;
    told(first, Some(verdict), verdict != Verdict::Merged)
}

impl Contained {
    /// What it means, in sentences; `line` and `into` are their names.
    pub fn words(&self, line: &str, into: &str) -> String {
        let what = match (self.is_open, &self.since, self.verdict) {
            (false, None, _) => "Nothing was released from it yet.".to_owned(),
            (false, Some(tag), None) => format!("It is where its first release, {tag}, was made."),
            (false, Some(tag), Some(_)) => format!("{into} holds all that came after its first release, {tag}."),
            (true, since, verdict) => {
                let told = since.as_ref().zip(verdict);
                let told =
                    told.map(|(tag, verdict)| format!(" Together, what came after {tag} is {}.", verdict.word()));
                format!(
                    "Either it was cut from there, or {into} was fast-forwarded to it: which commits were made on it \
                     can't be told without the one before them, so none was compared.{}",
                    told.unwrap_or_default()
                )
            }
        };
        format!("{line} has no commit of its own: all of it lies in the history of {into}. {what}")
    }

    /// How to ask for what was made on it; none where nothing was.
    pub fn ask(&self, line: &str, into: &str) -> Option<String> {
        let (base, why) = match &self.since {
            Some(tag) => (tag.as_str(), "or from the last commit before the first that was made on it"),
            None => ("BASE", "BASE: the last commit before the first that was made on it"),
        };
        self.is_open.then(|| format!("hotfix merged {base}..{line} --into {into}    # {why}"))
    }
}
