//! What is gone from a path because the path is, byte for byte, what it was just before the fix landed there.

use std::collections::BTreeSet;

use crate::domain::event::Change;
use crate::domain::fate::Fate;
use crate::domain::hunk::{Standing, TextChange};
use crate::failure::Failure;

use super::fix::{Fix, entry_of};
use super::identity::Timeline;
use super::judge::{Judged, texts};
use super::picks::Picks;
use super::target::{Target, Version};

/// A commit that says that it takes a landing back took all back where this many times as much went as seems to stay.
const MOST: usize = 3;

/// Takes out what cannot hold, whatever its lines tell: where a path is just what it was before the landing, nothing that landed there
/// is left of it.
///
/// - What landed there is undone; where somebody may have moved it to another file, only if most of the fix is undone.
/// - What nobody saw landing, in a path of which the rest is undone so, went with that, if hardly anything of the fix is left.
/// - What main had before the landing it has again. It is none of the fix's, unless a pick of the fix brought it: who says that
///   they take the landing back, and took most of it, left nothing of it.
pub(super) fn as_before(
    target: &Target<'_>,
    fix: &Fix,
    picks: &Picks<'_>,
    timelines: &[Timeline<'_>],
    judged: &mut [Judged],
) -> Result<(), Failure> {
    let back: Vec<Back<'_>> = timelines.iter().filter_map(|(change, versions)| Back::new(change, versions)).collect();
    if back.is_empty() {
        return Ok(());
    }
    // What only people read is no reason to call a fix partial that is there.
    for quiet in [false, true] {
        if quiet && judged.iter().any(|one| !one.quiet && one.fate.holds()) {
            break;
        }
        for back in &back {
            let landed = |one: &&mut Judged| one.quiet == quiet && back.landed_there(one) && one.fate.holds();
            judged.iter_mut().filter(landed).for_each(|one| one.take_out(back.undoer));
        }
    }
    let weight = |judged: &[Judged], is: &dyn Fn(&Judged) -> bool| {
        judged.iter().filter(|one| is(one)).map(|one| one.weight).sum::<usize>()
    };
    let is_undone = |one: &Judged| one.fate == Fate::Undone;
    for back in &back {
        let all = weight(judged, &|one| one.fate != Fate::Ignored);
        let most = weight(judged, &is_undone) * 2 > all;
        let nothing = !judged.iter().any(|one| one.fate.holds());
        let landing = back.landing(judged);
        for one in judged.iter_mut().filter(|one| matches!(one.fate, Fate::Unknown | Fate::Weak) && back.is_own(one)) {
            let went = match one.landed_by {
                Some(_) => most && back.landed_there(one),
                None => landing.is_some() && (most || nothing) && !back.stands(target, one)?,
            };
            if went {
                one.take_out(back.undoer);
            }
        }
        let Some(landing) = landing else { continue };
        let (undone, holding) = (weight(judged, &is_undone), weight(judged, &|one| one.fate.holds()));
        let is_older = |one: &Judged| one.landed_by.is_none_or(|at| at > landing);
        let may_be = |one: &Judged| back.is_own(one) && one.fate.holds() && is_older(one);
        if undone < MOST * holding
            || !judged.iter().any(may_be)
            || !target.claims_to_revert(back.undoer, landing, &fix.commits)?
        {
            continue;
        }
        for one in judged.iter_mut().filter(|one| may_be(one)) {
            if !one.landed_by.map_or(Ok(false), |at| picks.has(at))? {
                one.take_out(back.undoer);
            }
        }
    }
    Ok(())
}

/// A path that is what it was before something landed there.
struct Back<'a> {
    change: &'a Change,
    versions: &'a [Version],
    /// The commits that left what stands there again.
    left: BTreeSet<usize>,
    /// The commit that put it there again.
    undoer: usize,
}

impl<'a> Back<'a> {
    fn new(change: &'a Change, versions: &'a [Version]) -> Option<Self> {
        let newest = versions.first().filter(|newest| newest.entry.is_some())?;
        let is = |version: &Version| version.entry == newest.entry && version.path == newest.path;
        let left = versions.windows(2).filter(|pair| is(&pair[1]) && !is(&pair[0])).map(|pair| pair[0].at);
        let left: BTreeSet<usize> = left.collect();
        (!left.is_empty()).then_some(Self { change, versions, left, undoer: newest.at })
    }

    /// Whether it is a part of this path, and was not followed to another.
    fn is_own(&self, one: &Judged) -> bool {
        Some(&one.path) == self.change.path() && one.moved_to.is_none()
    }

    fn landed_there(&self, one: &Judged) -> bool {
        self.is_own(one) && one.landed_by.is_some_and(|landing| self.left.contains(&landing))
    }

    /// The landing of what is undone of it.
    fn landing(&self, judged: &[Judged]) -> Option<usize> {
        let undone = judged.iter().filter(|one| one.fate == Fate::Undone && self.landed_there(one));
        undone.filter_map(|one| one.landed_by).max()
    }

    /// Whether a hunk stands there as the fix has it; what is no hunk of a text is not asked about.
    fn stands(&self, target: &Target<'_>, one: &Judged) -> Result<bool, Failure> {
        let Some(after) = &self.change.after else { return Ok(true) };
        let Some((old, new)) = texts(target, self.change.before.as_ref(), after)? else { return Ok(true) };
        let text = TextChange::new(&old, &new);
        let Some(hunk) = text.hunks.iter().find(|hunk| one.part.is(hunk)) else { return Ok(true) };
        let sides = (self.change.before.as_ref().map(entry_of), Some(entry_of(after)));
        Ok(target.view(sides, self.versions[0].entry)?.standing(&text, hunk) == Standing::InEffect)
    }
}
