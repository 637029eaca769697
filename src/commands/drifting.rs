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
use crate::domain::text::counted;
use crate::evidence::shipped::{self, LineName, Release};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::drift::{self, Drifted};
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
    /// How many of the newest commits before its tip were asked for one by one, where no release says since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<usize>,
    /// Those of them that the target took out again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_out: Vec<Drifted>,
    /// Whether something was made on it that nobody has shown to be there.
    pub is_open: bool,
}

/// More commits than this since a release are a target's own work, and no fix.
const MOST_COMMITS: usize = 200;

/// Of a line that has no release below its tip so many of the newest commits are asked for: a hotfix is the last that was made.
const MOST_LOOKED_AT: usize = 50;

/// What a line is asked for.
pub struct Question<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The incidents, for what people settled.
    pub incidents: &'a BTreeMap<IncidentId, Incident>,
    /// The policy's names.
    pub branches: &'a Branches,
    /// How to search.
    pub options: &'a Options,
    /// On so many threads.
    pub threads: usize,
    /// The short name of the branch that has to hold it, and the commit where that stands.
    pub into: (&'a str, ObjectId),
    /// Whether the time is over.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// None for a line, by its short name and its tip, that left the target's history. Exit 4 where an object is missing or the
/// deadline passed.
pub fn contained(asked: &Question<'_>, (name, tip): (&str, ObjectId)) -> Result<Option<Contained>, Failure> {
    let (repository, target) = (asked.repository, Target::new(asked.repository, asked.into.1, asked.stop));
    if target.meet(tip)?.map(|number| target.id(number)) != Some(tip) {
        return Ok(None);
    }
    let told = |since: Option<&Release>, verdict, is_open| {
        let since = since.map(|release| release.tag.clone());
        Ok(Some(Contained { since, verdict, looked_at: None, taken_out: vec![], is_open }))
    };
    let releases = shipped::releases(repository, asked.branches)?;
    let Some(version) = LineName::new(name.to_owned()).version else {
        return taken_out(asked, tip, &releases, None).map(Some);
    };
    if releases.is_empty() {
        return told(None, None, true);
    }
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
    // What was never released, or only where it stands, may have been cut there, or have come there by a fast-forward.
    let Some(release) = first.filter(|first| first.commit != tip) else {
        return taken_out(asked, tip, &releases, first).map(Some);
    };
    if repository.commits_between(&[release.commit], tip)?.len() > MOST_COMMITS {
        return told(first, None, true);
    }
    let fix = Fix::between(repository, release.commit, tip)?;
    let verdict = search(&target, &fix, asked.options)?.verdict;
    told(first, Some(verdict), verdict != Verdict::Merged)
}

/// Asks for the newest commits of a line, back to the release before its tip, whether the target took one out again: what was
/// made on the line is among them, if anything was. What lives on there in another form is the target's own work.
fn taken_out(
    asked: &Question<'_>,
    tip: ObjectId,
    releases: &[Release],
    since: Option<&Release>,
) -> Result<Contained, Failure> {
    let (repository, at) = (asked.repository, asked.into.1);
    let mut base = tip;
    for _ in 0..MOST_LOOKED_AT {
        // The first commit of all is no fix.
        let Some(&parent) = repository.node(base)?.parents.first() else { break };
        base = parent;
        if releases.iter().any(|release| release.commit == base) {
            break;
        }
    }
    let mut commits = repository.commits_between(&[base], tip)?;
    commits.drain(..commits.len().saturating_sub(MOST_LOOKED_AT));
    let judged = drift::judge(repository, asked.threads, (tip, at), &commits, asked.options, asked.stop)?;
    let mut taken_out = Vec::new();
    for drifted in judged.into_iter().filter(|one| one.verdict == Verdict::Reverted) {
        if is(repository, asked.incidents, &drifted, asked.into)? == Is::Lacking {
            taken_out.push(drifted);
        }
    }
    let (since, is_open) = (since.map(|release| release.tag.clone()), !taken_out.is_empty());
    Ok(Contained { since, verdict: None, looked_at: Some(commits.len()), taken_out, is_open })
}

impl Contained {
    /// What it means, in sentences; `line` and `into` are their names.
    pub fn words(&self, line: &str, into: &str) -> String {
        let what = match (self.is_open, &self.since, self.verdict) {
            (false, Some(tag), Some(_)) => format!("{into} holds all that came after its first release, {tag}."),
            (false, since, _) => {
                let stands = match since {
                    Some(tag) => format!("It is where its first release, {tag}, was made."),
                    None => "Nothing was released from it yet.".to_owned(),
                };
                let looked_at = self.looked_at.filter(|count| *count > 0).map(|count| counted(count, "newest commit"));
                let none = looked_at.map(|count| format!(" Of its {count} none was taken out of {into} again."));
                stands + &none.unwrap_or_default()
            }
            (true, ..) if !self.taken_out.is_empty() => {
                let one = |one: &Drifted| {
                    let by = one.undone_by.map(|by| format!(" by {}", by.short())).unwrap_or_default();
                    format!("{} ({}){by}", one.commit.short(), one.summary)
                };
                let all: Vec<String> = self.taken_out.iter().take(MOST_NAMED).map(one).collect();
                let more = self.taken_out.len() - all.len();
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                format!(
                    "Either it was cut from there, or {into} was fast-forwarded to it. What {into} took out since is lacking \
                     there, if it was made on the line: {}{more}.",
                    all.join(", ")
                )
            }
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

    /// How to ask for what was made on it; nothing where nothing was.
    pub fn ask(&self, line: &str, into: &str) -> Vec<String> {
        if !self.is_open {
            return vec![];
        }
        let (base, why) = match &self.since {
            _ if !self.taken_out.is_empty() => {
                let ask = |one: &Drifted| format!("hotfix merged {} --into {into}", one.commit.short());
                return self.taken_out.iter().take(MOST_NAMED).map(ask).collect();
            }
            Some(tag) => (tag.as_str(), "or from the last commit before the first that was made on it"),
            None => ("BASE", "BASE: the last commit before the first that was made on it"),
        };
        vec![format!("hotfix merged {base}..{line} --into {into}    # {why}")]
    }
}

/// So many commits are named in a sentence.
const MOST_NAMED: usize = 5;
