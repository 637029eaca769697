//! Where the hunks of a text landed: the steps along the target's line at which they came into effect.

use std::cell::OnceCell;

use crate::domain::block::{Block, EachLine};
use crate::domain::hunk::{Place, Standing, is_in_place, is_like, stands};
use crate::domain::lines::{Hunk, Text, shared_ends};
use crate::failure::Failure;

use super::shelf::Shelf;
use super::text::TextJudge;

/// Up to this many versions each is looked at, so that the landing is surely the newest.
const FEW_VERSIONS: usize = 8;

/// What was found out about a hunk on the walk back.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) landing: usize,
    pub(super) place: Place,
}

/// By what a hunk is looked for in the bytes of a version.
struct Sought {
    /// The lines that it brings; of a pure deletion those that it takes out.
    block: Block,
    /// What has to stand where it is in effect, once that was asked for.
    needed: OnceCell<EachLine>,
}

impl TextJudge<'_, '_> {
    fn sought(&self, hunk: &Hunk) -> Sought {
        let lines = if hunk.new.is_empty() { self.change.removed(hunk) } else { self.change.added(hunk) };
        Sought { block: Block::new(lines), needed: OnceCell::new() }
    }

    /// For each hunk the newest step at which it came into effect.
    pub(super) fn landings(&self, shelf: &Shelf<'_>) -> Result<Vec<Option<Found>>, Failure> {
        let hunks = &self.change.hunks;
        let blocks: Vec<Sought> = hunks.iter().map(|hunk| self.sought(hunk)).collect();
        let mut found: Vec<Option<Found>> = vec![None; hunks.len()];
        let Some(newest) = self.versions.first() else { return Ok(found) };
        if self.versions.len() > FEW_VERSIONS {
            let tip = self.view(newest.entry)?;
            for ((hunk, block), found) in hunks.iter().zip(&blocks).zip(&mut found) {
                let stands = tip.standing(self.change, hunk) == Standing::InEffect;
                *found = if stands { self.halve(hunk, block)? } else { None };
            }
        }
        // A hunk whose lines the fix itself brings or takes elsewhere in the file can't be told by counting them.
        let (before, after) = (self.change.before.bytes(), self.change.after.bytes());
        let ends = shared_ends(before, after);
        let came = |hunk: &Hunk, gained: isize| if hunk.new.is_empty() { gained < 0 } else { gained > 0 };
        let is_counted = |at: usize| came(&hunks[at], blocks[at].block.gained(before, after, ends));
        let counted: Vec<bool> = (0..hunks.len()).map(|at| found[at].is_none() && is_counted(at)).collect();
        let mut known: Vec<Option<(usize, bool)>> = vec![None; hunks.len()];
        for index in 0..self.versions.len().saturating_sub(1) {
            if found.iter().all(Option::is_some) {
                break;
            }
            self.target.check_time()?;
            let (new, old) = (self.text(shelf, index)?, self.text(shelf, index + 1)?);
            let (child, parent) = (new.bytes(), old.bytes());
            let ends = shared_ends(parent, child);
            for (at, hunk) in hunks.iter().enumerate().filter(|(at, _)| found[*at].is_none()).collect::<Vec<_>>() {
                self.target.check_time()?;
                if counted[at] && !came(hunk, blocks[at].block.gained(parent, child, ends)) {
                    continue;
                }
                // The step can only be the hunk itself where its lines stand on the one side of it.
                let side = if hunk.new.is_empty() { parent } else { child };
                let own_step = match blocks[at].block.may_stand_in(side) {
                    true => self.own_step(hunk, index, old, new)?,
                    false => None,
                };
                let place = match own_step {
                    None if self.comes_into_effect(hunk, &blocks[at], index, &mut known[at])? => {
                        self.view(self.versions[index].entry)?.place(hunk)
                    }
                    own_step => own_step,
                };
                found[at] = place.map(|place| Found { landing: index, place });
            }
        }
        Ok(found)
    }

    /// Where a hunk stands behind the step to this version, if that step is the hunk itself.
    fn own_step(&self, hunk: &Hunk, index: usize, old: &Text<'_>, new: &Text<'_>) -> Result<Option<Place>, Failure> {
        let (child, parent) = (self.versions[index].entry, self.versions[index + 1].entry);
        let step = self.target.aligned(parent, child)?;
        let mut alike = step.hunks.iter().filter(|step| is_like(step, self.change, hunk, old, new)).peekable();
        if alike.peek().is_none() {
            return Ok(None);
        }
        let from_before = self.target.aligned(self.sides.0, parent)?;
        Ok(alike.find(|step| is_in_place(step, hunk, &from_before)).map(Place::of_step))
    }

    /// Whether a hunk is in effect in this version and not in the one before. `known` is what was found out about one last.
    fn comes_into_effect(
        &self,
        hunk: &Hunk,
        sought: &Sought,
        index: usize,
        known: &mut Option<(usize, bool)>,
    ) -> Result<bool, Failure> {
        let now = known.filter(|(version, _)| *version == index).map(|(_, known)| known);
        if !now.map_or_else(|| self.is_in_effect(hunk, sought, index), Ok)? {
            return Ok(false);
        }
        let before = self.is_in_effect(hunk, sought, index + 1)?;
        *known = Some((index + 1, before));
        Ok(!before)
    }

    /// Whether a hunk is in effect in this version. One side may tell already that it is not.
    fn is_in_effect(&self, hunk: &Hunk, sought: &Sought, index: usize) -> Result<bool, Failure> {
        let version = self.versions[index].entry;
        let bytes = self.target.content(self.versions[index].entry)?;
        if !self.may_stand(hunk, sought, &bytes) {
            return Ok(false);
        }
        let from_after = self.target.aligned(self.sides.1, version)?;
        Ok(stands(&from_after, &hunk.new, self.change.added(hunk)) == Some(true)
            && self.view(version)?.standing(self.change, hunk) == Standing::InEffect)
    }

    /// Whether the lines that have to stand in a version in which a hunk is in effect do so at all: those that it brings, of a
    /// pure deletion the two around it. Looking for bytes is cheap beside aligning two versions far from each other.
    fn may_stand(&self, hunk: &Hunk, sought: &Sought, version: &[u8]) -> bool {
        if !hunk.new.is_empty() && sought.block.may_stand_in(version) {
            return true;
        }
        let needed = || {
            let lines = self.change.after.lines();
            EachLine::new(match hunk.new.is_empty() {
                true => &lines[hunk.new.start.saturating_sub(1)..lines.len().min(hunk.new.start + 1)],
                false => &lines[hunk.new.clone()],
            })
        };
        sought.needed.get_or_init(needed).may_stand_in(version)
    }

    /// A step at which a hunk that is in effect at the tip came into effect, by halving. If it went and came again, that may be
    /// an older coming than the last: it is in effect all the same.
    fn halve(&self, hunk: &Hunk, sought: &Sought) -> Result<Option<Found>, Failure> {
        let (mut there, mut not) = (0, self.versions.len() - 1);
        if self.is_in_effect(hunk, sought, not)? {
            return Ok(None);
        }
        while not - there > 1 {
            let middle = usize::midpoint(there, not);
            *(if self.is_in_effect(hunk, sought, middle)? { &mut there } else { &mut not }) = middle;
        }
        let (child, parent) =
            (self.target.content(self.versions[there].entry)?, self.target.content(self.versions[not].entry)?);
        let gained = sought.block.gained(&parent, &child, shared_ends(&parent, &child));
        let came = if hunk.new.is_empty() { gained < 0 } else { gained > 0 };
        let place = self.view(self.versions[there].entry)?.place(hunk).filter(|_| came);
        Ok(place.map(|place| Found { landing: there, place }))
    }
}
