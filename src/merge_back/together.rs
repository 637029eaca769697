//! What only the whole fix can tell about its hunks.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::fate::Fate;
use crate::domain::identity::ObjectId;
use crate::domain::test_code::is_test_code;
use crate::failure::Failure;

use super::judge::{Gone, Judged};
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
/// - Where a good part was written anew, or nothing stands any more, nobody can say that it is in effect.
/// - A commit that took nothing out but added comments and imports took nothing of the fix back, unless it says so.
/// - A commit that took out most of what it touched of the fix took out all of that, also where the lines stand elsewhere
///   now, and lands nothing; and one that says so took out all that it touched.
pub(super) fn together(target: &Target<'_>, commits: &[ObjectId], judged: &mut [Judged]) -> Result<(), Failure> {
    let is_production = |one: &Judged| !is_test_code(&one.path) && !is_copy(&one.path);
    let all = !judged.iter().any(is_production);
    // What its tests and its words weigh is not what is in effect.
    let landed = |one: &&Judged| (all || is_production(one)) && (one.fate.holds() || one.fate == Fate::Undone);
    let weight: usize = judged.iter().filter(landed).map(|one| one.weight).sum();
    let standing: usize = judged.iter().filter(landed).map(|one| one.standing).sum();
    let hardly_any = standing * PART < weight;
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
        match (one.gone, last) {
            (Some(Gone::Removed), Some(last)) if aimed.contains(&last) || hardly_any => one.take_out(last),
            (Some(Gone::Rewritten), _) if mostly_rewritten => one.fate = Fate::Unknown,
            _ if standing == 0 => one.fate = Fate::Unknown,
            _ => {}
        }
    }
    only_quiet(target, commits, judged)?;
    let undoers: BTreeSet<usize> = judged.iter().filter_map(|one| one.undone_by).collect();
    undoers.into_iter().try_for_each(|undoer| all_of_it(target, commits, judged, undoer))
}

/// Counts what a commit took out as evolution where it took nothing of the fix but comments and imports.
fn only_quiet(target: &Target<'_>, commits: &[ObjectId], judged: &mut [Judged]) -> Result<(), Failure> {
    let loud =
        |by: usize| judged.iter().any(|one| !one.quiet && (one.undone_by == Some(by) || one.dropped_by.contains(&by)));
    let holds = judged.iter().any(|one| !one.quiet && one.fate.holds());
    let mut harmless = Vec::new();
    for (at, one) in judged.iter().enumerate().filter(|(_, one)| one.quiet && one.fate == Fate::Undone) {
        let (Some(undoer), Some(landing)) = (one.undone_by, one.landed_by) else { continue };
        if holds && !loud(undoer) && !target.claims_to_revert(undoer, landing, commits)? {
            harmless.push((at, undoer));
        }
    }
    for (at, undoer) in harmless {
        judged[at].fate = Fate::Evolved;
        judged[at].undone_by = None;
        judged[at].evolved_by.push(undoer);
        judged[at].gone = Some(Gone::Removed);
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
