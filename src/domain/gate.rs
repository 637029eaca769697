//! What a server and a CI ask before they let a change into a release line, or a release out.
//!
//! No gate has a second copy here: those of an incident are asked as `fix`, `approve` and `close` ask them.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::closing::{self, Proof};
use super::event::Decision;
use super::gates;
use super::identity::IncidentId;
use super::incident::{Attempt, Incident, State};
use super::merge_back::Verdict;
use super::policy::Policy;
use super::refusal::{Code, Refusal};
use super::ruling;

/// Where a change would come to, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto<'a> {
    /// A release line.
    Line(&'a str),
    /// A release, which is tagged and not pushed to.
    Release(&'a str),
}

/// What keeps an incident from owning a change to a release line; `held` is what that change leaves of its fix there.
pub fn of_change(case: &Case<'_>, held: Verdict, onto: Onto<'_>) -> Vec<Refusal> {
    let incident = case.incident;
    let closed = not_live(incident).or_else(|| closing::contested(incident)).or_else(|| not_a_hotfix(incident));
    if let Some(refusal) = closed {
        return vec![refusal];
    }
    let mut refusals = gates::before_deploying(case);
    refusals.extend(incomplete(incident, held, onto));
    refusals
}

/// An incident that is over opens nothing any more: what it allowed was done under the eyes of people who have gone home.
fn not_live(incident: &Incident) -> Option<Refusal> {
    let id = &incident.id;
    match incident.state {
        State::Closed => {
            let message = format!("{id} is closed, so nothing more goes to production in its name");
            let next = format!("hotfix reopen {id} --reason WHY    # or open another incident: hotfix check INCIDENT");
            Some(Refusal::new(Code::AlreadyClosed, message, next))
        }
        State::Open | State::Restored | State::Void => closing::over(incident),
    }
}

fn not_a_hotfix(incident: &Incident) -> Option<Refusal> {
    let (id, check) = (&incident.id, &incident.check().what);
    let code = ruling::gate(check.decision, check.rule.is_some())?;
    let decided = match check.decision {
        Decision::Hotfix => return None,
        Decision::RollBack => "to roll back",
        Decision::FlagOff => "to switch off",
        Decision::NormalRelease => "to wait for the normal release",
    };
    let message = format!("{id} was decided otherwise: {decided}; a fix of it is no hotfix");
    Some(Refusal::new(code, message, format!("hotfix check {id} --again    # if the situation changed")))
}

fn incomplete(incident: &Incident, held: Verdict, onto: Onto<'_>) -> Option<Refusal> {
    let id = &incident.id;
    let how = match held {
        Verdict::Merged => return None,
        Verdict::Partial => "only a part of the fix of",
        Verdict::Reverted | Verdict::Missing => "no longer the fix of",
        Verdict::Unproven => "not provably the whole fix of",
    };
    let (name, push, what) = match onto {
        Onto::Line(line) => (line, "git push    # all commits of the fix", "pushed"),
        Onto::Release(tag) => (tag, "git tag NEXT-VERSION COMMIT    # one that holds all of the fix", "released"),
    };
    let message = format!("{name} would hold {how} {id}, and people agreed to the whole");
    let push = format!("{push}: hotfix show {id} lists them");
    let attach = format!("hotfix fix {id} A..B    # or attach what is to be {what}; it is then approved anew");
    let next = std::iter::once(push).chain(superseded(incident)).chain([attach]).collect();
    Some(Refusal { code: Code::FixIncomplete, message, next })
}

/// Where several attempts stand beside each other, all of them are the fix, until one that a later one replaces is withdrawn.
pub fn superseded(incident: &Incident) -> Option<String> {
    let live = |attempt: &&Attempt| !attempt.withdrawn && attempt.fix.is_some();
    let mut attempts = incident.attempts.iter().filter(live);
    let (earlier, later) = (attempts.next()?, attempts.next_back()?);
    Some(format!(
        "hotfix fix {} --withdraw {}    # if attempt {} takes its place",
        incident.id, earlier.number, later.number
    ))
}

/// A commit that would come to a line, in words.
pub struct Stranger<'a> {
    /// Its short id.
    pub commit: &'a str,
    /// The first line of its message.
    pub subject: &'a str,
    /// Who wrote it.
    pub author: &'a str,
    /// Where it is a merge: the paths that it changes beside what it merges.
    pub own: &'a [String],
    /// Where it is released: what ran before it did.
    pub before: Option<&'a str>,
    /// Where only this clone's main has it: the command that shares it.
    pub unshared: Option<&'a str>,
}

/// What takes a commit on record. Where it is released, what runs now holds it, so the incident begins with what ran before.
pub fn taking_on_record(commit: &str, before: Option<&str>) -> String {
    let production = before.map_or_else(String::new, |release| format!(" --production {release}"));
    format!("hotfix check INCIDENT{production} && hotfix fix INCIDENT {commit}")
}

/// The refusal of a commit that no incident owns.
pub fn unrecorded(stranger: &Stranger<'_>, line: &str, main: &str) -> Refusal {
    let Stranger { commit, subject, author, own, before, unshared } = stranger;
    let message = if own.is_empty() {
        format!("{commit} ({subject}, by {author}) would come to {line}, and no incident holds it")
    } else {
        let paths = super::scope::listed(own);
        format!("{commit} ({subject}, by {author}) would come to {line}; the merge itself changes {paths}")
    };
    let now = format!("{}    # if production needs it now", taking_on_record(commit, *before));
    let next = match unshared {
        Some(push) => vec![format!("{push}    # {main} has it here, and nowhere else yet"), now],
        None => vec![now, format!("git switch {main}    # else bring it there: it goes with the next release")],
    };
    Refusal { code: Code::ChangeUnrecorded, message, next }
}

/// The incidents whose refusals count for a change, by the owners of each of its commits.
///
/// A commit goes in if one of its owners lets it; where none does, all of them say why.
pub fn in_the_way(
    owners: &[BTreeSet<IncidentId>],
    refusals: &BTreeMap<IncidentId, Vec<Refusal>>,
) -> BTreeSet<IncidentId> {
    let lets_in = |id: &&IncidentId| refusals.get(*id).is_some_and(Vec::is_empty);
    let kept_out = owners.iter().filter(|owners| !owners.iter().any(|id| lets_in(&id)));
    kept_out.flatten().cloned().collect()
}

/// What an incident owes to a release that is cut from main; `proofs` says what the release holds.
///
/// Where the incident went the way of a normal release, that release is its remedy.
pub fn of_release(incident: &Incident, policy: &Policy, proofs: &[Proof]) -> Vec<Refusal> {
    if incident.state == State::Void || !policy.close_requires.merge_back {
        return Vec::new();
    }
    let owes_cause = !incident.is_over() && incident.decision() != Decision::NormalRelease;
    let cause = if owes_cause { closing::cause(incident) } else { None };
    cause.into_iter().chain(proofs.iter().filter_map(|proof| closing::unproven(incident, proof))).collect()
}

#[cfg(test)]
mod tests;
