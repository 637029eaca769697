//! What became of the commits that may be taken for the landing of a fix. Whether one is the fix git can't tell; that what it
//! brought is gone again it can.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::domain::event::{Change, Side};
use crate::domain::fate::Fate;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;

use super::explain::changed_lines;
use super::fix::Fix;
use super::report::{HunkReport, Landing, Report};
use super::search::{Options, search};
use super::target::Target;

/// A commit that looks like the landing, or that a person confirmed as it, and that was taken out of the target again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenOut {
    /// The commit.
    pub commit: ObjectId,
    /// Its first line.
    pub summary: String,
    /// Whether a person confirmed it as the fix.
    pub confirmed: bool,
    /// The commits that took it out.
    pub by: Vec<Landing>,
    /// Those of them that did nothing else to the paths of the fix. Any other may have brought the fix in another way.
    #[serde(skip)]
    pub only_took_out: BTreeSet<ObjectId>,
}

impl TakenOut {
    /// Whether a commit is it, or did nothing but take it out: such a one is not the fix.
    pub fn rules_out(&self, commit: ObjectId) -> bool {
        self.commit == commit || self.only_took_out.contains(&commit)
    }

    /// "0123456789 (the first line), which was confirmed as the fix, was taken out again by 123456789a (its first line)"
    pub fn words(&self) -> String {
        let name = |commit: &ObjectId, summary: &str| format!("{} ({summary})", commit.short());
        let by: Vec<String> = self.by.iter().map(|by| name(&by.commit, &by.summary)).collect();
        let what = if self.confirmed { "was confirmed as the fix" } else { "looks like it" };
        format!("{}, which {what}, was taken out again by {}", name(&self.commit, &self.summary), by.join(", "))
    }
}

/// What became of what a commit of the target's own history brought to the paths of the fix; none where it touched none of them.
pub fn became_of(
    target: &Target<'_>,
    fix: &Fix,
    commit: ObjectId,
    options: &Options,
) -> Result<Option<Report>, Failure> {
    let own = own_changes(target, fix, commit)?;
    if own.changes.is_empty() {
        return Ok(None);
    }
    let options = Options { without_candidates: true, ..options.clone() };
    Ok(Some(search(target, &own, &options)?))
}

/// What a commit changed of the paths of the fix.
fn own_changes(target: &Target<'_>, fix: &Fix, commit: ObjectId) -> Result<Fix, Failure> {
    let sides =
        |change: &Change| [&change.before, &change.after].map(|side| side.as_ref().map(|side| side.path.clone()));
    let paths: BTreeSet<RepositoryPath> = fix.changes.iter().flat_map(sides).flatten().collect();
    let mut own = Fix::of_commits(target.repository, &[commit])?;
    own.changes.retain(|change| sides(change).iter().flatten().any(|path| paths.contains(path)));
    Ok(own)
}

/// Those of these commits of which nothing is left on the target. One that did nothing but take another of them out is none of
/// them, for whatever takes that out brings the other one back.
pub fn taken_out(
    target: &Target<'_>,
    fix: &Fix,
    commits: impl IntoIterator<Item = ObjectId>,
    options: &Options,
) -> Result<Vec<TakenOut>, Failure> {
    let mut oldest_first: Vec<(usize, ObjectId)> = Vec::new();
    for commit in commits {
        // One that a person named may never have come here.
        if target.repository.contains_known(target.commit, commit)? {
            oldest_first.push((target.meet(commit)?.unwrap_or(usize::MAX), commit));
        }
    }
    oldest_first.sort_unstable_by(|one, other| other.cmp(one));
    let (mut taken, mut earlier) = (Vec::<TakenOut>::new(), Vec::new());
    for (_, commit) in oldest_first {
        if taken.iter().any(|taken| taken.rules_out(commit)) {
            continue;
        }
        let Some(report) = became_of(target, fix, commit, options)? else { continue };
        let reverted = report.verdict == Verdict::Reverted;
        if reverted && takes_out(target, fix, commit, &earlier, options)? {
            continue;
        }
        earlier.push(commit);
        // What took another one out stays that, whatever becomes of what it brought.
        let took_out = taken.iter().any(|taken| taken.by.iter().any(|by| by.commit == commit));
        if reverted || took_out && all_added_is_undone(&report) {
            let mut only_took_out = BTreeSet::new();
            for by in report.undone_by.iter().map(|by| by.commit) {
                if only_takes_out(target, fix, by, &earlier)? {
                    only_took_out.insert(by);
                }
            }
            let summary = target.repository.message(commit)?.summary().to_owned();
            taken.push(TakenOut { commit, summary, confirmed: false, by: report.undone_by, only_took_out });
        }
    }
    Ok(taken)
}

/// Whether everything that a commit brought, beside what it removed, was taken out again.
fn all_added_is_undone(report: &Report) -> bool {
    let mut added = report.hunks.iter().filter(|hunk| !hunk.only_removes()).peekable();
    added.peek().is_some() && added.all(|hunk: &HunkReport| hunk.fate == Fate::Undone)
}

/// Whether a commit adds no telling line to the paths of the fix but those that these had taken away; a file that it puts back as
/// it was before them, or before the fix, may have got others.
fn only_takes_out(target: &Target<'_>, fix: &Fix, commit: ObjectId, these: &[ObjectId]) -> Result<bool, Failure> {
    let mut taken_away = BTreeMap::<Vec<u8>, usize>::new();
    let mut before: Vec<Option<Side>> = fix.changes.iter().map(|change| change.before.clone()).collect();
    for &one in these {
        for change in own_changes(target, fix, one)?.changes {
            before.push(change.before.clone());
            for (line, count) in changed_lines(target, &change)?.1 {
                *taken_away.entry(line).or_default() += count;
            }
        }
    }
    let own = own_changes(target, fix, commit)?.changes;
    for change in own.into_iter().filter(|change| !before.contains(&change.after)) {
        for (line, count) in changed_lines(target, &change)?.0 {
            match taken_away.get_mut(&line) {
                Some(stock) if *stock >= count => *stock -= count,
                Some(_) | None => return Ok(false),
            }
        }
    }
    Ok(true)
}

/// Whether a commit took one of these out at its time.
fn takes_out(
    target: &Target<'_>,
    fix: &Fix,
    commit: ObjectId,
    earlier: &[ObjectId],
    options: &Options,
) -> Result<bool, Failure> {
    let then = target.at(commit);
    for &one in earlier {
        let report = became_of(&then, fix, one, options)?.filter(|report| report.verdict == Verdict::Reverted);
        if report.is_some_and(|report| report.undone_by.iter().any(|by| by.commit == commit)) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Report {
    /// The same, where git can't prove the fix, without the candidates that were taken out again and those that did nothing but that.
    /// Where that is all that is left of what a person confirmed as the fix, it is reverted.
    pub fn without_taken_out(
        mut self,
        target: &Target<'_>,
        fix: &Fix,
        confirmed: Option<ObjectId>,
        options: &Options,
    ) -> Result<Self, Failure> {
        // An edited landing that was taken out to the last line may have left no trace.
        if !matches!(self.verdict, Verdict::Unproven | Verdict::Missing) {
            return Ok(self);
        }
        let named = self.candidates.iter().map(|candidate| candidate.commit).filter(|named| Some(*named) != confirmed);
        self.taken_out = taken_out(target, fix, confirmed.into_iter().chain(named), options)?;
        self.taken_out.iter_mut().for_each(|taken| taken.confirmed = Some(taken.commit) == confirmed);
        let gone = |commit: ObjectId| self.taken_out.iter().any(|taken| taken.rules_out(commit));
        self.candidates.retain(|candidate| !gone(candidate.commit));
        if let Some(landing) =
            self.taken_out.iter().find(|taken| taken.confirmed).filter(|_| self.candidates.is_empty())
        {
            self.verdict = Verdict::Reverted;
            self.evidence = "what a person confirmed as the fix was taken out again".to_owned();
            let hunks = landing.by.iter().map(|by| by.hunks).max().unwrap_or_default();
            self.landings = vec![Landing { commit: landing.commit, summary: landing.summary.clone(), hunks }];
            self.undone_by.clone_from(&landing.by);
        }
        Ok(self)
    }
}
