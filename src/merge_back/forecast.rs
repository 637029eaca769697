//! What would happen next: bringing the fix to the target now, and the next release cut from it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use serde::Serialize;

use crate::domain::event::{Change, Side};
use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::lines::is_binary;
use crate::domain::merge_back::Verdict;
use crate::domain::three_way;
use crate::failure::Failure;
use crate::git::trees::Entry;
use crate::git::trial::Conflict;

use super::fix::{Fix, entry_of, pair_renames};
use super::recipe::{self, Onto, Workplace};
use super::report::Report;
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
    /// What to type.
    pub commands: Vec<String>,
    /// What the next release cut from the target does to the fix, in one sentence.
    pub next_release: String,
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
    pick(target, fix, report, &mut forecast)?;
    if forecast.picks.is_empty() {
        return Ok(None);
    }
    let resolve = "git cherry-pick --continue    # once the conflicts are resolved and added";
    let picks = [format!("git cherry-pick -x {}", listed(&forecast.picks))];
    let picks = picks.into_iter().chain((!forecast.applies).then(|| resolve.to_owned()));
    forecast.commands = around(picks.collect());
    Ok(Some(forecast))
}

fn listed(commits: &[ObjectId]) -> String {
    commits.iter().map(ObjectId::short).collect::<Vec<_>>().join(" ")
}

/// Finds the commits to pick, and where picking them stops.
fn pick(target: &Target<'_>, fix: &Fix, report: &Report, forecast: &mut Forecast) -> Result<(), Failure> {
    let repository = target.repository;
    let lacking = |path: &RepositoryPath| {
        let gone = |fate: Fate| matches!(fate, Fate::Never | Fate::Undone | Fate::Weak | Fate::Unknown);
        report.hunks.iter().any(|hunk| hunk.path == *path && gone(hunk.fate))
    };
    let mut bench = Bench::new(target, report)?;
    for &commit in &fix.commits {
        let node = repository.node(commit)?;
        // A merge inside the fix brings no change of its own that a pick could carry.
        if node.parents.len() > 1 {
            continue;
        }
        let before = node.parents.first().map(|parent| repository.node(*parent).map(|node| node.tree)).transpose()?;
        let changes = pair_renames(repository, repository.differing(before, Some(node.tree))?)?;
        if !changes.iter().filter_map(Change::path).any(lacking) {
            continue;
        }
        if forecast.applies {
            let before = bench.stands.clone();
            forecast.conflicts = bench.pick(&changes)?;
            forecast.applies = forecast.conflicts.is_empty();
            forecast.stops_at = (!forecast.applies).then_some(commit);
            // A pick that changes nothing would stop as empty.
            if forecast.applies && bench.changed_nothing(&before)? {
                continue;
            }
        }
        forecast.picks.push(commit);
    }
    Ok(())
}

impl Forecast {
    /// Where bringing it there stops, in a few words; none where it does not.
    pub fn obstacle(&self) -> Option<String> {
        let place = |conflict: &Conflict| match conflict.lines.as_slice() {
            [] => conflict.path.to_string(),
            lines => format!("{}:{}", conflict.path, lines.join(",")),
        };
        let mut places: Vec<String> = self.conflicts.iter().map(place).collect();
        let more = places.len().saturating_sub(3);
        places.truncate(3);
        places.extend((more > 0).then(|| format!("and {more} more")));
        self.stops_at.map(|at| format!("picking {} conflicts in {}", at.short(), places.join(", ")))
    }
}

/// What stands at a path while picks are tried one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    /// What the store holds.
    Stored(Entry),
    /// A text that only the trial has made.
    Made(Rc<Vec<u8>>),
}

/// Where picks are tried, path by path: a merge of whole trees would read most of both.
pub(super) struct Bench<'a> {
    target: &'a Target<'a>,
    tree: ObjectId,
    /// Where the target has a path of the fix today, as far as it moved it.
    moved: &'a BTreeMap<RepositoryPath, RepositoryPath>,
    /// What the picks so far left at a path.
    stands: BTreeMap<RepositoryPath, Option<Stand>>,
}

impl<'a> Bench<'a> {
    fn new(target: &'a Target<'a>, report: &'a Report) -> Result<Self, Failure> {
        let tree = target.repository.node(target.commit)?.tree;
        Ok(Self { target, tree, moved: &report.moved, stands: BTreeMap::new() })
    }

    /// Brings one commit's changes in; what stands in the way, if anything does.
    pub(super) fn pick(&mut self, changes: &[Change]) -> Result<Vec<Conflict>, Failure> {
        let mut conflicts = Vec::new();
        for Change { before, after } in changes {
            let Some(path) = before.as_ref().or(after.as_ref()).map(|side| &side.path) else { continue };
            let place = self.moved.get(path).unwrap_or(path).clone();
            let ours = self.stands_at(&place)?;
            if after.is_none() && place != *path {
                conflicts.push(Conflict { path: place, lines: vec![] });
                continue;
            }
            match self.bring(before.as_ref(), ours.as_ref(), after.as_ref(), &place)? {
                Err(conflict) => conflicts.push(conflict),
                Ok(stand) => {
                    let renamed = before.as_ref().zip(after.as_ref()).filter(|(old, new)| old.path != new.path);
                    let goal = renamed.map_or_else(|| place.clone(), |(_, new)| new.path.clone());
                    if goal != place && self.stands_at(&goal)?.is_some() {
                        conflicts.push(Conflict { path: goal, lines: vec![] });
                        continue;
                    }
                    self.stands.insert(place, None);
                    self.stands.insert(goal, stand);
                }
            }
        }
        conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(conflicts)
    }

    /// Whether what stands now is what stood when `before` was all that the picks had left.
    fn changed_nothing(&self, before: &BTreeMap<RepositoryPath, Option<Stand>>) -> Result<bool, Failure> {
        for (path, now) in self.stands.iter().filter(|(path, now)| before.get(*path) != Some(*now)) {
            let then = match before.get(path) {
                Some(then) => then.clone(),
                None => self.target.repository.entry_at(self.tree, path)?.map(Stand::Stored),
            };
            if self.text(then.as_ref())? != self.text(now.as_ref())? || then.is_some() != now.is_some() {
                return Ok(false);
            }
            if let (Some(Stand::Stored(then)), Some(Stand::Stored(now))) = (&then, now)
                && then != now
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn stands_at(&self, path: &RepositoryPath) -> Result<Option<Stand>, Failure> {
        match self.stands.get(path) {
            Some(stand) => Ok(stand.clone()),
            None => Ok(self.target.repository.entry_at(self.tree, path)?.map(Stand::Stored)),
        }
    }

    /// One path's three-way merge.
    fn bring(
        &self,
        before: Option<&Side>,
        ours: Option<&Stand>,
        after: Option<&Side>,
        path: &RepositoryPath,
    ) -> Result<Result<Option<Stand>, Conflict>, Failure> {
        let stored = |side: Option<&Side>| side.map(|side| Stand::Stored(entry_of(side)));
        let whole = || Conflict { path: path.clone(), lines: vec![] };
        let (old, new) = (stored(before), stored(after));
        if ours == old.as_ref() {
            let blocked = ours.is_none() && self.target.repository.is_blocked(self.tree, path)?;
            return Ok(if blocked { Err(whole()) } else { Ok(new) });
        }
        if ours == new.as_ref() {
            return Ok(Ok(new));
        }
        let (Some(ours), Some(new)) = (ours, &new) else { return Ok(Err(whole())) };
        let texts = (self.text(old.as_ref())?, self.text(Some(ours))?, self.text(Some(new))?);
        let (Some(base), Some(ours), Some(theirs)) = texts else { return Ok(Err(whole())) };
        Ok(match three_way::merge(&base, &ours, &theirs) {
            three_way::Merged::Clean(text) => Ok(Some(Stand::Made(text.into()))),
            three_way::Merged::Conflicts(places) => {
                Err(Conflict { path: path.clone(), lines: places.iter().map(lines_of).collect() })
            }
        })
    }

    /// The text of a regular file; none where it is no text. Nothing is the empty text.
    fn text(&self, stand: Option<&Stand>) -> Result<Option<Rc<Vec<u8>>>, Failure> {
        let text = match stand {
            None => Rc::default(),
            Some(Stand::Made(text)) => Rc::clone(text),
            Some(Stand::Stored(entry)) if entry.is_file() => self.target.blob(entry.id)?,
            Some(Stand::Stored(_)) => return Ok(None),
        };
        Ok((!is_binary(&text)).then_some(text))
    }
}

/// The lines of our side that conflict, such as `12-15`; where our side has none, the line before which theirs would stand.
fn lines_of(place: &Range<usize>) -> String {
    let first = place.start + 1;
    if place.len() > 1 { format!("{first}-{}", place.end) } else { first.to_string() }
}

fn next_release(report: &Report, into: &str) -> String {
    match report.verdict {
        Verdict::Merged => format!("a release cut from {into} holds the fix"),
        Verdict::Missing => format!("a release cut from {into} silently drops the fix: the old behaviour comes back"),
        Verdict::Reverted => format!("a release cut from {into} drops the fix: it was there and was taken out"),
        Verdict::Partial => format!("a release cut from {into} holds only part of the fix"),
        Verdict::Unproven => {
            let look = if report.candidates.is_empty() { "compare the lines" } else { "look at the candidate" };
            format!("nobody can say whether a release cut from {into} holds the fix: {look}")
        }
    }
}
