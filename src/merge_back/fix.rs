//! What a fix is: the net change of its commits, kept apart from what was merged into it from the target.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use crate::domain::event::{Change, FixAttached, Side};
use crate::domain::identity::{ObjectId, Person};
use crate::domain::lines::TellingLines;
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;
use crate::git::history::Node;
use crate::git::repository::Repository;
use crate::git::trees::{Differing, Entry};

use super::search::{Options, search};
use super::target::Target;

/// The net change of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What its first commit stands on; none where that is a root commit.
    pub base: Option<ObjectId>,
    /// Its commits, oldest first.
    pub commits: Vec<ObjectId>,
    /// Everyone who wrote it, where the ledger says so.
    recorded_authors: Option<Vec<Person>>,
    /// Its net change.
    pub changes: Vec<Change>,
}

impl Fix {
    /// The fix that is the range `base..tip`.
    ///
    /// What was merged into it from the target is not part of it. Exit 2 where the range is empty or goes backwards.
    pub fn of_range(target: &Target<'_>, base: ObjectId, tip: ObjectId) -> Result<Self, Failure> {
        let repository = target.repository;
        if let Some(commits) = straight_line(repository, base, tip)? {
            return Self::net(repository, Some(base), commits);
        }
        if base == tip {
            return Err(Failure::usage(format!("the range {}..{} is empty", base.short(), tip.short()))
                .hint(format!("hotfix merged BASE..{}    # BASE: the last commit before the fix", tip.short())));
        }
        let fork = repository.merge_base(base, tip)?;
        if fork == Some(tip) {
            return Err(Failure::usage(format!("the range {}..{} goes backwards", base.short(), tip.short()))
                .hint(format!("hotfix merged {}..{}", tip.short(), base.short())));
        }
        let Some(fork) = fork else { return Err(unrelated(base, tip)) };
        let commits = repository.commits_between(&[base], tip)?;
        let (later, commits) = without_target(target, fork, commits, tip)?;
        let mut fix = Self::net(repository, Some(later), commits)?;
        if later != fork
            && let Some(early) = Self::before_merge(repository, base, tip, later)?
        {
            // What the target had of the fix when it was merged into it is gone from the net change; and yet it may have been
            // taken out since.
            let then = search(&target.at(later), &early, &Options { without_hunks: true, ..Options::default() })?;
            if matches!(then.verdict, Verdict::Merged | Verdict::Partial | Verdict::Unproven) {
                fix.join(early);
            }
        }
        Ok(fix)
    }

    /// What the fix's own line had, from `base` on, before `merged` was merged into it; none where the line does not show that.
    fn before_merge(
        repository: &Repository,
        base: ObjectId,
        tip: ObjectId,
        merged: ObjectId,
    ) -> Result<Option<Self>, Failure> {
        let (mut at, mut own) = (tip, None);
        while at != base {
            let node = repository.node(at)?;
            let Some(&parent) = node.parents.first() else { return Ok(None) };
            if brings(repository, &node.parents, merged)? {
                own = Some(Vec::new());
            } else if let Some(own) = own.as_mut().filter(|_| node.parents.len() == 1) {
                own.push(at);
            }
            at = parent;
        }
        let Some(mut own) = own.filter(|own| !own.is_empty()) else { return Ok(None) };
        own.reverse();
        Self::net(repository, Some(base), own).map(Some)
    }

    /// The fix that is a branch or a pull request: everything since it left the target's first-parent line.
    ///
    /// Exit 2 where the branch *is* on that line (it was fast-forwarded), because nothing says where the fix began.
    pub fn of_branch(target: &Target<'_>, tip: ObjectId) -> Result<Self, Failure> {
        let repository = target.repository;
        let Some(fork) = repository.merge_base(tip, target.commit)? else {
            return Err(unrelated(tip, target.commit));
        };
        let mut before = target.commit;
        if fork == tip {
            let Some(merged) = before_merge_of(target, tip)? else {
                return Err(Failure::usage(format!(
                    "{} is on the target's own line: nothing says where the fix began",
                    tip.short()
                ))
                .hint(format!("hotfix merged BASE..{}    # BASE: the last commit before the fix", tip.short())));
            };
            before = merged;
        }
        // Not the merge base: where the target was merged into the branch, or part of the branch into the target, that is
        // somewhere on the way.
        let line = target.at(before);
        let fork = match line.meet(tip)? {
            Some(number) => line.id(number),
            None => repository.merge_base(tip, before)?.ok_or_else(|| unrelated(tip, before))?,
        };
        Self::of_range(target, fork, tip)
    }

    /// The fix that is these commits, each against its first parent; the order in which they are given does not matter.
    pub fn of_commits(repository: &Repository, commits: &[ObjectId]) -> Result<Self, Failure> {
        let mut whole: Option<Self> = None;
        // A straight row of commits is one net change: what the second amends of the first is the fix.
        for row in rows(repository, commits)? {
            let parent = match row.first() {
                Some(first) => repository.node(*first)?.parents.first().copied(),
                None => continue,
            };
            let fix = Self::net(repository, parent, row)?;
            match &mut whole {
                Some(whole) => whole.join(fix),
                None => whole = Some(fix),
            }
        }
        whole.ok_or_else(|| Failure::usage("no commit was named"))
    }

    /// All that a commit has and an earlier one has not, whoever brought it. Exit 4 where an object is missing.
    pub fn between(repository: &Repository, earlier: ObjectId, later: ObjectId) -> Result<Self, Failure> {
        Self::net(repository, Some(earlier), repository.commits_between(&[earlier], later)?)
    }

    /// The fix that the ledger kept; its commits may be gone from the repository.
    pub fn recorded(fix: &FixAttached) -> Self {
        Self {
            base: fix.base,
            commits: fix.commits.clone(),
            recorded_authors: Some(fix.authors.clone()),
            changes: fix.changes.clone(),
        }
    }

    /// Adds another fix's commits and changes.
    pub fn join(&mut self, other: Self) {
        let known: BTreeSet<ObjectId> = self.commits.iter().copied().collect();
        self.commits.extend(other.commits.into_iter().filter(|commit| !known.contains(commit)));
        self.recorded_authors = match (self.recorded_authors.take(), other.recorded_authors) {
            (Some(one), Some(other)) => Some(each_once([one, other].concat())),
            _ => None,
        };
        self.changes.extend(other.changes);
    }

    fn net(repository: &Repository, base: Option<ObjectId>, commits: Vec<ObjectId>) -> Result<Self, Failure> {
        let tree = |commit: ObjectId| repository.node(commit).map(|node| node.tree);
        let before = base.map(tree).transpose()?;
        let after = commits.last().copied().map(tree).transpose()?;
        let changes = pair_renames(repository, repository.differing(before, after)?)?;
        Ok(Self { base, commits, recorded_authors: None, changes })
    }

    /// Everyone who wrote it: as the ledger says, else as its commits do. Exit 4 where one is missing.
    pub fn authors(&self, repository: &Repository) -> Result<Vec<Person>, Failure> {
        if let Some(known) = &self.recorded_authors {
            return Ok(known.clone());
        }
        let mut authors: Vec<Person> = Vec::new();
        for &commit in &self.commits {
            authors.extend(repository.message(commit)?.people());
        }
        Ok(each_once(authors))
    }
}

fn each_once(mut people: Vec<Person>) -> Vec<Person> {
    let mut seen = HashSet::new();
    people.retain(|person| seen.insert(person.email.to_ascii_lowercase()));
    people
}

/// Whether a commit with these parents merged another into its own line, be it by way of a third.
fn brings(repository: &Repository, parents: &[ObjectId], other: ObjectId) -> Result<bool, Failure> {
    let Some((first, merged)) = parents.split_first() else { return Ok(false) };
    if merged.is_empty() || repository.contains(*first, other)? {
        return Ok(false);
    }
    for parent in merged {
        if repository.contains(*parent, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts commits into rows in which each is the first parent of the next, oldest first.
fn rows(repository: &Repository, commits: &[ObjectId]) -> Result<Vec<Vec<ObjectId>>, Failure> {
    let all: BTreeSet<ObjectId> = commits.iter().copied().collect();
    let mut child: BTreeMap<ObjectId, ObjectId> = BTreeMap::new();
    let mut starts = Vec::new();
    for &commit in &all {
        match repository.node(commit)?.parents.first().filter(|parent| all.contains(parent)) {
            // Of two children the first goes on; the other begins a row of its own.
            Some(parent) if !child.contains_key(parent) => {
                child.insert(*parent, commit);
            }
            _ => starts.push(commit),
        }
    }
    let row = |start: ObjectId| std::iter::successors(Some(start), |at| child.get(at).copied()).collect();
    Ok(oldest_first(repository, starts)?.into_iter().map(row).collect())
}

/// Puts commits of one history in order, each after those that it contains; of the others the order stays.
fn oldest_first(repository: &Repository, mut commits: Vec<ObjectId>) -> Result<Vec<ObjectId>, Failure> {
    let mut ordered = Vec::with_capacity(commits.len());
    while !commits.is_empty() {
        let mut oldest = 0;
        for at in 1..commits.len() {
            if repository.contains(commits[oldest], commits[at])? {
                oldest = at;
            }
        }
        ordered.push(commits.remove(oldest));
    }
    Ok(ordered)
}

fn unrelated(a: ObjectId, b: ObjectId) -> Failure {
    Failure::undecided(format!("{} and {} have no common history", a.short(), b.short()))
        .hint("git fetch --unshallow    # if the history is cut off; else name another target with --into")
}

/// The commits from `base` (not included) to `tip`, oldest first, if they are a row without merges. None where they are not.
fn straight_line(repository: &Repository, base: ObjectId, tip: ObjectId) -> Result<Option<Vec<ObjectId>>, Failure> {
    let oldest = repository.node(base)?.time;
    let mut commits = Vec::new();
    let mut at = tip;
    while at != base {
        let Node { id, parents, time, .. } = repository.node(at)?;
        // An older commit behind the base by clock: leave it to the thorough way, whatever the clocks say.
        if parents.len() != 1 || time < oldest && commits.len() > 1_000 {
            return Ok(None);
        }
        commits.push(id);
        at = parents[0];
    }
    commits.reverse();
    Ok((!commits.is_empty()).then_some(commits))
}

/// Leaves out what came from the target: if the target's line was merged into the fix, the fix is what it adds to that.
fn without_target(
    target: &Target<'_>,
    base: ObjectId,
    commits: Vec<ObjectId>,
    tip: ObjectId,
) -> Result<(ObjectId, Vec<ObjectId>), Failure> {
    let repository = target.repository;
    let floor = target.meet(base)?;
    if target.number(tip).is_some() {
        // Fast-forwarded: the target's line runs through the fix itself.
        return Ok((base, commits));
    }
    let mut newest: Option<usize> = None;
    for &commit in &commits {
        let parents = repository.node(commit)?.parents;
        for number in parents.iter().filter_map(|parent| target.number(*parent)) {
            newest = Some(newest.map_or(number, |known| known.min(number)));
        }
    }
    match (newest, floor) {
        (Some(number), Some(floor)) if number < floor && repository.contains(target.id(number), base)? => {
            let fork = target.id(number);
            Ok((fork, repository.commits_between(&[base, fork], tip)?))
        }
        _ => Ok((base, commits)),
    }
}

/// The first parent of the merge that brought `tip` into the target; none where `tip` is on the first-parent line itself.
fn before_merge_of(target: &Target<'_>, tip: ObjectId) -> Result<Option<ObjectId>, Failure> {
    // Containment falls from the tip of the line to its root just once: find that place by halving.
    let end = target.root()?;
    if target.number(tip).is_some() {
        return Ok(None);
    }
    let (mut inside, mut outside) = (0, end + 1);
    while outside - inside > 1 {
        let middle = usize::midpoint(inside, outside);
        if target.repository.contains(target.id(middle), tip)? {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Ok((outside <= end).then(|| target.id(outside)))
}

/// How many percent of a file's telling lines must go on for it to be a renamed one; git's own default.
const RENAMED: usize = 50;

/// The most pairs of files of which the lines are compared in search of renames.
const MOST_PAIRS: usize = 400;

/// Makes changes of differing paths; a file that went away and came up elsewhere, with the same bytes or most of its lines, is
/// one change.
pub(super) fn pair_renames(repository: &Repository, differing: Vec<Differing>) -> Result<Vec<Change>, Failure> {
    let side = |file: &Differing, entry: Entry| Side {
        path: file.path.clone(),
        id: entry.id,
        mode: format!("{:06o}", entry.mode),
    };
    let (gone, rest): (Vec<_>, Vec<_>) = differing.into_iter().partition(|file| file.after.is_none());
    let (new, changed): (Vec<_>, Vec<_>) = rest.into_iter().partition(|file| file.before.is_none());
    let pairs = renames(repository, &gone, &new)?;
    let mut changes: Vec<Change> = Vec::with_capacity(gone.len() + new.len() + changed.len());
    for file in changed {
        changes.push(Change {
            before: file.before.map(|entry| side(&file, entry)),
            after: file.after.map(|entry| side(&file, entry)),
        });
    }
    for (at, file) in new.iter().enumerate() {
        let old = pairs.iter().find(|(_, to)| *to == at).map(|(from, _)| &gone[*from]);
        let before = old.and_then(|old| Some(side(old, old.before?)));
        changes.push(Change { before, after: file.after.map(|entry| side(file, entry)) });
    }
    for (_, file) in gone.iter().enumerate().filter(|(at, _)| pairs.iter().all(|(from, _)| from != at)) {
        changes.push(Change { before: file.before.map(|entry| side(file, entry)), after: None });
    }
    changes.sort_by(|a, b| a.path().cmp(&b.path()));
    Ok(changes)
}

/// Which gone file became which new one, by their places in both lists: first those with the same bytes, then the likest.
fn renames(repository: &Repository, gone: &[Differing], new: &[Differing]) -> Result<Vec<(usize, usize)>, Failure> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (to, file) in new.iter().enumerate() {
        let same = |from: &usize| gone[*from].before == file.after && pairs.iter().all(|(taken, _)| taken != from);
        if let Some(from) = (0..gone.len()).find(same) {
            pairs.push((from, to));
        }
    }
    let open = |count: usize, taken: Vec<usize>| (0..count).filter(|at| !taken.contains(at)).collect::<Vec<_>>();
    let from = open(gone.len(), pairs.iter().map(|(from, _)| *from).collect());
    let to = open(new.len(), pairs.iter().map(|(_, to)| *to).collect());
    if to.is_empty() || from.len() * to.len() > MOST_PAIRS {
        return Ok(pairs);
    }
    let text = |entry: Option<Entry>| match entry {
        Some(entry) if entry.is_file() => repository.blob(entry.id),
        _ => Ok(Rc::default()),
    };
    let mut alike = Vec::new();
    for &from in &from {
        let old = text(gone[from].before)?;
        let old = TellingLines::of(&old);
        for &to in &to {
            let likeness = old.percent_in(&text(new[to].after)?);
            if likeness >= RENAMED {
                alike.push((likeness, from, to));
            }
        }
    }
    alike.sort_by_key(|(likeness, from, to)| (100 - likeness.min(&100), *from, *to));
    for (_, from, to) in alike {
        if pairs.iter().all(|(taken, made)| *taken != from && *made != to) {
            pairs.push((from, to));
        }
    }
    Ok(pairs)
}

/// What a side puts at its path.
pub(super) fn entry_of(side: &Side) -> Entry {
    Entry { mode: u32::from_str_radix(&side.mode, 8).unwrap_or_default(), id: side.id }
}
