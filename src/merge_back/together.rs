//! What only the whole fix can tell about its hunks.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::fate::Fate;
use crate::domain::identity::ObjectId;
use crate::domain::policy::ChangedSince;
use crate::domain::test_code::{is_surely_test, is_test_code};
use crate::failure::Failure;

use super::judge::{Gone, Judged, Part};
use super::steps::is_copy;
use super::target::Target;

/// A commit that takes out more than this many times what it takes out of the fix is not about the fix.
const BROAD: usize = 4;

/// Where less than this part of the fix is left, hardly anything is; where as much was written anew, nobody can say.
const PART: usize = 4;

/// A commit that says that it takes a landing back is believed for all of it where this many times as much went as stayed.
const MOST: usize = 3;

/// Settles the fates that no hunk can tell alone.
///
/// - Code that went away with all around it is evolution, unless it was a good part of what that commit removed, or hardly
///   anything of the fix is left.
/// - Where a good part was written anew, a line lost what the fix brought to it, or nothing stands any more, nobody can say that it
///   is in effect; the policy may be stricter, or leave all but the last to who reads the list.
/// - What only goes with the fix took nothing of it along: its comments and imports when they went, its tests when they were written
///   anew, unless the commit says so, or took something of the fix itself.
/// - A commit that took out most of what it touched of the fix took out all of that, also where the lines stand elsewhere
///   now, and lands nothing; and one that says so took out all that it touched.
pub(super) fn together(
    target: &Target<'_>,
    commits: &[ObjectId],
    changed_since: ChangedSince,
    judged: &mut [Judged],
) -> Result<(), Failure> {
    let is_production = |one: &Judged| !is_test_code(&one.path) && !is_copy(&one.path);
    let all = !judged.iter().any(is_production);
    // What its tests and its words weigh is not what is in effect.
    let counts = |one: &Judged| all || is_production(one);
    let landed = |one: &&Judged| counts(one) && (one.fate.holds() || one.fate == Fate::Undone);
    let weight: usize = judged.iter().filter(landed).map(|one| one.weight).sum();
    let standing: usize = judged.iter().filter(landed).map(|one| one.standing).sum();
    let hardly_any = standing * PART < weight;
    // What a fix deleted from a file that went since is away like all the rest of it.
    let nothing_stands = judged.iter().filter(landed).all(|one| one.standing == 0 || one.went_with_file);
    let mut aimed = BTreeSet::new();
    for (commit, lines) in removed_by(judged) {
        if !target.removes_more_than(commit, BROAD * lines)? {
            aimed.insert(commit);
        }
    }
    let rewritten = |one: &&Judged| one.fate == Fate::Evolved && one.gone == Some(Gone::Rewritten);
    let mostly_rewritten =
        judged.iter().filter(landed).filter(rewritten).map(|one| one.weight).sum::<usize>() * PART >= weight;
    for one in judged.iter_mut().filter(|one| one.fate == Fate::Evolved) {
        let last = one.evolved_by.last().copied();
        let is_open = match changed_since {
            ChangedSince::Accept => false,
            ChangedSince::Weigh => one.worn || one.gone == Some(Gone::Rewritten) && mostly_rewritten,
            ChangedSince::Confirm => !one.evolved_by.is_empty(),
        };
        match (one.gone, last) {
            (Some(Gone::Removed), Some(last)) if aimed.contains(&last) || hardly_any => one.take_out(last),
            _ if nothing_stands || is_open => one.fate = Fate::Unknown,
            _ => {}
        }
    }
    what_goes_with_it(target, commits, judged)?;
    let undoers: BTreeSet<usize> = judged.iter().filter_map(|one| one.undone_by).collect();
    undoers.into_iter().try_for_each(|undoer| all_of_it(target, commits, judged, undoer))
}

/// Whether it does something by itself, and is no test.
fn is_itself(one: &Judged) -> bool {
    !one.quiet && !is_test_code(&one.path)
}

/// Counts as evolution what became of the comments, imports and words that came with a fix which is itself all in effect, where no
/// commit that took them out took anything of the fix itself, or says that it takes it back; and of tests that changed since. A
/// test that is as it was before the fix, or is gone, is no evolution: its name alone does not tell that no production runs it.
fn what_goes_with_it(target: &Target<'_>, commits: &[ObjectId], judged: &mut [Judged]) -> Result<(), Failure> {
    let itself = || judged.iter().filter(|one| is_itself(one) && one.fate != Fate::Ignored);
    let is_substance =
        |one: &Judged| !one.slight && matches!(one.part, Part::Lines { .. } | Part::Whole | Part::Deletion);
    let is_all_there = itself().any(is_substance) && itself().all(|one| one.fate.holds());
    let any_is_there = judged.iter().any(|one| !one.quiet && one.fate.holds());
    let is_loud = |one: &&Judged| if is_all_there { is_itself(one) } else { !one.quiet };
    // Who changes a line of the fix and its test may have had to change that.
    let takes = |by: usize, test: bool| {
        let changes = |one: &Judged| one.dropped_by.contains(&by) || test && one.evolved_by.contains(&by);
        judged.iter().filter(is_loud).any(|one| one.undone_by == Some(by) || changes(one))
    };
    let mut harmless = Vec::new();
    let comes_along = |one: &Judged| one.quiet || is_surely_test(&one.path);
    for (at, one) in judged.iter().enumerate().filter(|(_, one)| comes_along(one)) {
        let Some(landing) = one.landed_by.filter(|_| is_all_there || one.quiet && any_is_there) else { continue };
        let is_harmless = match (one.fate, one.undone_by) {
            (Fate::Undone, Some(undoer)) => {
                one.quiet && !takes(undoer, false) && !target.claims_to_revert(undoer, landing, commits)?
            }
            (Fate::Unknown | Fate::Weak, _) => is_all_there && !one.evolved_by.iter().any(|by| takes(*by, !one.quiet)),
            _ => false,
        };
        if is_harmless {
            harmless.push(at);
        }
    }
    for at in harmless {
        let one = &mut judged[at];
        if let Some(undoer) = one.undone_by.take() {
            one.evolved_by.push(undoer);
            one.gone = Some(Gone::Removed);
        }
        one.fate = Fate::Evolved;
    }
    Ok(())
}

/// How much of the fix each commit took out with the code around it.
fn removed_by(judged: &[Judged]) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    for one in judged.iter().filter(|one| one.fate == Fate::Evolved && one.gone == Some(Gone::Removed)) {
        if let Some(&last) = one.evolved_by.last() {
            *found.entry(last).or_default() += one.weight;
        }
    }
    found
}

/// Takes out all that an undoer touched of the fix, where that is most of what it touched, or where it says so itself and
/// most of the fix is gone by it.
fn all_of_it(target: &Target<'_>, commits: &[ObjectId], judged: &mut [Judged], undoer: usize) -> Result<(), Failure> {
    let count = |touches: &dyn Fn(&Judged) -> bool| judged.iter().filter(|one| touches(one)).count();
    let uprooted =
        |one: &Judged| one.fate.holds() && (one.uprooted_by.contains(&undoer) || one.landed_by == Some(undoer));
    let undone = count(&|one| one.undone_by == Some(undoer));
    if undone >= count(&uprooted) {
        judged.iter_mut().filter(|one| uprooted(one)).for_each(|one| one.take_out(undoer));
    }
    let undone = |one: &&Judged| one.undone_by == Some(undoer);
    let landings: BTreeSet<usize> = judged.iter().filter(undone).filter_map(|one| one.landed_by).collect();
    for landing in landings {
        let of_it = |one: &&Judged| one.landed_by == Some(landing);
        let gone = judged.iter().filter(of_it).filter(undone).count();
        let rest = |one: &Judged| one.fate.holds() && one.landed_by == Some(landing);
        let left = judged.iter().filter(|one| rest(one)).count();
        if left > 0 && gone >= MOST * left && target.claims_to_revert(undoer, landing, commits)? {
            let differing = target.differing(undoer)?;
            let touched = |one: &Judged| differing.iter().any(|file| file.path == one.path);
            judged.iter_mut().filter(|one| rest(one) && touched(one)).for_each(|one| one.take_out(undoer));
        }
    }
    Ok(())
}
