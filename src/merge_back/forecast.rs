//! What would happen next: bringing the fix to the target now, and the next release cut from it.

use serde::Serialize;

use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::trial::Conflict;

use super::bench::Bench;
use super::fix::Fix;
use super::lacking::{self, Step};
use super::recipe::{self, Onto, Pick, Workplace};
use super::report::{HunkReport, Report};
use super::target::Target;

/// What bringing a fix to the target now would come to.
#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    /// Whether it is known to apply cleanly.
    pub applies: bool,
    /// The commits that would be picked, oldest first.
    pub picks: Vec<ObjectId>,
    /// The commit at which it stops, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stops_at: Option<ObjectId>,
    /// What stands in the way there.
    pub conflicts: Vec<Conflict>,
    /// The commits to revert instead, where they are nothing but reverts of the fix; the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reverts: Vec<ObjectId>,
    /// The commits of the fix that this clone lacks: nothing can be tried without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<ObjectId>,
    /// The local branch's commit, where it holds the whole fix and was not pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpushed: Option<ObjectId>,
    /// What people did within merges of the fix that no pick brings alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<ByHand>,
    /// What to type to look at what nobody can prove.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub look: Vec<String>,
    /// What to type to bring it.
    pub commands: Vec<String>,
    /// What the next release cut from the target does to the fix, in one sentence.
    pub next_release: String,
}

/// What a person did within a merge.
#[derive(Clone, Debug, Serialize)]
pub struct ByHand {
    /// The merge.
    pub commit: ObjectId,
    /// What it changed there beside what it merged.
    pub paths: Vec<RepositoryPath>,
}

/// Tries it in memory. None where the fix is wholly there, where nothing of it is left to bring, or where its commits are gone
/// for good.
pub fn forecast(target: &Target<'_>, fix: &Fix, report: &Report, onto: &Onto<'_>) -> Result<Option<Forecast>, Failure> {
    let repository = target.repository;
    if report.verdict == Verdict::Merged {
        return Ok(None);
    }
    let place = Workplace::of(target, onto)?;
    let around = |commands: Vec<String>| place.as_ref().map_or_else(Vec::new, |place| place.around(commands));
    let mut forecast = Forecast {
        applies: true,
        picks: Vec::new(),
        stops_at: None,
        conflicts: Vec::new(),
        reverts: Vec::new(),
        absent: Vec::new(),
        unpushed: None,
        by_hand: Vec::new(),
        look: Vec::new(),
        commands: Vec::new(),
        next_release: next_release(report, onto.name),
    };
    if let Some(place) = &place
        && let Some(local) = place.unpushed(target, fix, onto.options)
    {
        return Ok(Some(Forecast { unpushed: Some(local), commands: place.share(), ..forecast }));
    }
    let absent: Vec<ObjectId> = fix.commits.iter().copied().filter(|commit| !repository.has(*commit)).collect();
    if !absent.is_empty() {
        let fetch = recipe::fetch(repository)?;
        return Ok(fetch.map(|fetch| Forecast { applies: false, absent, commands: vec![fetch], ..forecast }));
    }
    let reverts = recipe::reverts(target, fix, report, &mut Bench::new(target, report)?)?;
    if !reverts.is_empty() {
        let commands = around(vec![format!("git revert --no-edit {}", listed(&reverts))]);
        return Ok(Some(Forecast { reverts, commands, ..forecast }));
    }
    let picks = pick(target, lacking::steps(target, fix, report, onto.options)?, report, &mut forecast)?;
    forecast.look = look(report, &forecast);
    if picks.is_empty() && forecast.by_hand.is_empty() && forecast.look.is_empty() {
        return Ok(None);
    }
    if !picks.is_empty() {
        let doubted = report.verdict == Verdict::Unproven;
        forecast.commands = around(recipe::picks(&picks, forecast.stops_at, doubted));
    }
    Ok(Some(forecast))
}

fn listed(commits: &[ObjectId]) -> String {
    commits.iter().map(ObjectId::short).collect::<Vec<_>>().join(" ")
}

/// Tries to pick these, and finds where that stops.
fn pick(target: &Target<'_>, steps: Vec<Step>, report: &Report, forecast: &mut Forecast) -> Result<Vec<Pick>, Failure> {
    let mut bench = Bench::new(target, report)?;
    let mut picks = Vec::new();
    for step in steps {
        let before = bench.left();
        if forecast.applies {
            let conflicts = bench.pick(&step.brings)?;
            let changed = bench.changed_since(&before)?;
            // A pick that changes nothing would stop as empty.
            if conflicts.is_empty() && changed.is_empty() {
                continue;
            }
            // Of a merge among other commits only what a person did in it is to be brought.
            let own = |path: &RepositoryPath| step.own.iter().any(|change| change.path() == Some(path));
            if step.is_alone() || conflicts.is_empty() && changed.iter().all(own) {
                forecast.applies = conflicts.is_empty();
                forecast.stops_at = (!forecast.applies).then_some(step.commit);
                forecast.conflicts = conflicts;
            } else {
                bench.back_to(before);
                forecast.by_hand.push(step.by_hand());
                continue;
            }
        } else if !step.is_alone() {
            // Behind a conflict nobody knows what such a pick would bring.
            forecast.by_hand.push(step.by_hand());
            continue;
        }
        forecast.picks.push(step.commit);
        picks.push(Pick { commit: step.commit, is_merge: step.is_merge });
    }
    Ok(picks)
}

/// How to look at what is not proven: what brought it beside what changed it since, or what looks most like it; and where
/// nothing is to be picked, at what took it out.
fn look(report: &Report, forecast: &Forecast) -> Vec<String> {
    let nothing_to_pick = forecast.picks.is_empty() && forecast.by_hand.is_empty();
    let by_hand = forecast.by_hand.iter().flat_map(|part| part.paths.iter().map(|path| (part.commit, path)));
    let mut commands = Vec::new();
    let mut add = |commits: Vec<ObjectId>, path: &RepositoryPath| {
        let command = recipe::show(&commits, path);
        if !commits.is_empty() && !commands.contains(&command) {
            commands.push(command);
        }
    };
    let is_open = |hunk: &&HunkReport| matches!(hunk.fate, Fate::Unknown | Fate::Weak);
    for hunk in report.hunks.iter().filter(is_open) {
        let place = hunk.moved_to.as_ref().or_else(|| report.moved.get(&hunk.path)).unwrap_or(&hunk.path);
        add(hunk.landed_by.into_iter().chain(hunk.changed_by()).collect(), place);
    }
    for candidate in report.candidates.iter().filter(|_| report.verdict == Verdict::Unproven) {
        candidate.compared.iter().for_each(|compared| add(vec![candidate.commit], &compared.path));
    }
    for hunk in report.hunks.iter().filter(|hunk| nothing_to_pick && hunk.fate == Fate::Undone) {
        add(hunk.landed_by.into_iter().chain(hunk.undone_by).collect(), &hunk.path);
    }
    by_hand.for_each(|(merge, path)| add(vec![merge], path));
    commands.truncate(MOST_SHOWN);
    commands
}

/// A person looks at so many things before they would rather see the commits themselves.
const MOST_SHOWN: usize = 5;

impl ByHand {
    /// "what a person did in the merge 0123456789 (src/a.rs) is brought by no pick: make it anew"
    pub fn words(&self) -> String {
        let paths = self.paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("what a person did in the merge {} ({paths}) is brought by no pick: make it anew", self.commit.short())
    }
}

impl Forecast {
    /// What to type: first to look, then to bring it.
    pub fn all_commands(&self) -> Vec<String> {
        self.look.iter().chain(&self.commands).cloned().collect()
    }

    /// Where bringing it there stops, in a few words; none where it does not.
    pub fn obstacle(&self) -> Option<String> {
        let mut places: Vec<String> = self.conflicts.iter().map(Conflict::to_string).collect();
        let more = places.len().saturating_sub(3);
        places.truncate(3);
        places.extend((more > 0).then(|| format!("and {more} more")));
        self.stops_at.map(|at| format!("picking {} conflicts in {}", at.short(), places.join(", ")))
    }
}

fn next_release(report: &Report, into: &str) -> String {
    match report.verdict {
        Verdict::Merged => format!("a release cut from {into} holds the fix"),
        Verdict::Missing => format!("a release cut from {into} silently drops the fix: the old behaviour comes back"),
        Verdict::Reverted => format!("a release cut from {into} drops the fix: it was there and was taken out"),
        Verdict::Partial => format!("a release cut from {into} holds only part of the fix"),
        Verdict::Unproven => {
            let look = if report.candidates.is_empty() { "what landed was changed" } else { "look at the candidate" };
            format!("nobody can say whether a release cut from {into} holds the fix: {look}")
        }
    }
}
