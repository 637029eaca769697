//! Following the fix's own lines forward.
//!
//! A tree that looks right is not enough: an insertion lands, its neighbour is edited, then the inserted line is deleted. Such a
//! hunk looks "changed" twice and never "absent". So a landed hunk is a *trace*: the lines it added, followed from version to
//! version through each line diff, until they stand at the target's tip or have been taken out.

use foldhash::HashMap;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::ops::Range;

use super::hunk::Place;
use super::lines::{Alignment, Hunk, Text, is_telling};
use super::removed::Removed;
use super::versions;

/// A landed hunk's lines, followed forward from version to version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The fix's own lines that still stand, by their number in the present version.
    pub own: Vec<usize>,
    /// Lines that took the place of some of the fix's lines.
    pub heirs: Vec<usize>,
    /// How many of the fix's lines were replaced by others.
    pub replaced: usize,
    /// Whether lines that are like none of the fix's stand where some of its lines were.
    pub rewritten: bool,
    /// Whether a line that took another's place has nothing left of what the fix brought to it.
    pub lost: bool,
    /// Whether something of it may have been taken back: a merge left lines out that its other side never had, a version was
    /// lowered, lines like those that it deleted stand there, or a line that it changed was dropped.
    pub may_be_back: bool,
    /// How many were dropped.
    pub dropped: usize,
    /// How many of these do something by themselves.
    pub lacking: usize,
    /// Those that the last step dropped, by their number in the version before it.
    pub gone: Vec<usize>,
    /// How many were moved within the file.
    pub moved: usize,
    /// For a pure deletion: between which lines the deleted ones would stand.
    pub gap: Option<Range<usize>>,
}

/// What a step to the next version did to a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Every line it had still stands.
    Stands(Trace),
    /// Some lines were replaced or dropped.
    Changed(Trace),
    /// All lines are gone, and other text stands in their place.
    Rewritten,
    /// All lines were deleted together with more lines around them: the code that the fix was for went away.
    RemovedAround,
    /// All lines were deleted, and hardly any other.
    Removed,
    /// What the hunk removed came back.
    Restored,
}

impl Trace {
    /// The trace of a hunk at its landing, from where it stands there.
    pub fn new(hunk: &Hunk, place: Place) -> Self {
        let gap = hunk.new.is_empty().then_some(place.gap);
        let (heirs, gone) = (vec![], vec![]);
        let (replaced, rewritten, lost, may_be_back, dropped, lacking, moved) = (0, false, false, false, 0, 0, 0);
        Self { own: place.lines, heirs, replaced, rewritten, lost, may_be_back, dropped, lacking, gone, moved, gap }
    }

    /// The fix's own lines in a version.
    pub fn own_lines<'a>(&self, version: &Text<'a>) -> Vec<&'a [u8]> {
        self.own.iter().filter_map(|line| version.lines().get(*line).copied()).collect()
    }

    /// How many telling lines of it stand in a version, its own and those that took their place.
    pub fn standing(&self, version: &Text<'_>) -> usize {
        let telling = |line: &&usize| version.lines().get(**line).is_some_and(|line| is_telling(line));
        self.own.iter().chain(&self.heirs).filter(telling).count()
    }

    /// How many telling lines of a version stand where a pure deletion's lines stood.
    pub fn in_the_gap(&self, version: &Text<'_>) -> usize {
        let gap = self.gap.clone().filter(|gap| !gap.is_empty());
        gap.map_or(0, |gap| version.lines()[gap].iter().filter(|line| is_telling(line)).count())
    }

    /// Whether anything of it was replaced, dropped or moved.
    pub fn is_evolved(&self) -> bool {
        self.replaced + self.dropped + self.moved > 0
    }

    /// One step from a version to the next along `alignment`; `removed` is what the hunk took out. `check_time` is
    /// asked on the way, and may end it: two large versions may differ in as many places as they have lines.
    pub fn step<E>(
        &self,
        old: &Text<'_>,
        new: &Text<'_>,
        alignment: &Alignment,
        removed: &Removed<'_>,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Step, E> {
        match &self.gap {
            Some(gap) => Ok(self.step_deletion(gap, old, new, alignment, removed)),
            None => self.step_lines(old, new, alignment, removed, check_time),
        }
    }

    fn step_deletion(
        &self,
        gap: &Range<usize>,
        old: &Text<'_>,
        new: &Text<'_>,
        alignment: &Alignment,
        removed: &Removed<'_>,
    ) -> Step {
        // Who indents a whole file leaves nothing but braces to go by, and these lead to others.
        let alignment = alignment.beyond_white_space(old, new).unwrap_or(alignment);
        let moved = alignment.gap(gap.start).start..alignment.gap(gap.end).end;
        // Where nothing stands in the place, nothing came back there: neither text has to be split into lines then.
        let back_in_place =
            !moved.is_empty() && removed.are_back(&old.lines()[gap.clone()], &new.lines()[moved.clone()], new.bytes());
        let is_back = back_in_place || removed.say_something() && removed.come_anew(old.bytes(), new.bytes());
        if is_back {
            // An empty line or a brace comes and goes.
            return if removed.say_something() { Step::Restored } else { Step::Rewritten };
        }
        let may_be_back = self.may_be_back
            || !moved.is_empty() && removed.may_be_back(&old.lines()[gap.clone()], &new.lines()[moved.clone()]);
        Step::Stands(Self { gap: Some(moved), may_be_back, ..self.clone() })
    }

    fn step_lines<E>(
        &self,
        old: &Text<'_>,
        new: &Text<'_>,
        alignment: &Alignment,
        removed: &Removed<'_>,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Step, E> {
        let next = self.kept(alignment);
        if next.own.len() == self.own.len() && next.heirs.len() == self.heirs.len() {
            return Ok(Step::Stands(next));
        }
        // A hunk that does nothing but to indent lines goes by their white space, and so do some languages.
        let loose = removed.is_braced().then(|| alignment.beyond_white_space(old, new)).flatten();
        match loose.filter(|_| !removed.is_white_space()) {
            Some(loose) => {
                let mut next = self.kept(loose);
                let is_other = |line: &&usize| loose.forward(**line).is_some() && alignment.forward(**line).is_none();
                next.replaced += self.own.iter().filter(is_other).count();
                self.step_changed(next, (old, new), loose, removed, check_time)
            }
            None => self.step_changed(next, (old, new), alignment, removed, check_time),
        }
    }

    /// What still stands of it.
    fn kept(&self, alignment: &Alignment) -> Self {
        let keep = |lines: &[usize]| lines.iter().filter_map(|line| alignment.forward(*line)).collect::<Vec<_>>();
        Self { own: keep(&self.own), heirs: keep(&self.heirs), gone: vec![], ..self.clone() }
    }

    /// The step where not all of it stands; `next` is what does.
    fn step_changed<E>(
        &self,
        mut next: Self,
        (old, new): (&Text<'_>, &Text<'_>),
        alignment: &Alignment,
        removed: &Removed<'_>,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Step, E> {
        let (mut rewritten, mut lost, mut around) = (false, 0, 0);
        let sorted = |lines: &[usize]| {
            let mut lines = lines.to_vec();
            lines.sort_unstable();
            lines
        };
        let (all_own, all_heirs) = (sorted(&self.own), sorted(&self.heirs));
        let fresh = Fresh::new(alignment, new);
        for hunk in &alignment.hunks {
            let (own, heirs) = (within(&all_own, &hunk.old), within(&all_heirs, &hunk.old));
            if own.is_empty() && heirs.is_empty() {
                continue;
            }
            check_time()?;
            if let Some(at) = moved_to(own, old, &fresh, removed) {
                next.moved += at.len();
                next.own.extend(at);
                continue;
            }
            let succession = removed.succession(&old.lines()[hunk.old.clone()], &new.lines()[hunk.new.clone()]);
            let heir_of = |line: &usize| succession.heir[line - hunk.old.start].map(|heir| heir + hunk.new.start);
            let pairs: Vec<(usize, usize)> = own.iter().filter_map(|line| Some((*line, heir_of(line)?))).collect();
            let inherited: Vec<usize> = pairs.iter().map(|(_, heir)| *heir).collect();
            let is_back = |(line, heir): &(usize, usize)| removed.are_back_in(old.lines()[*line], new.lines()[*heir]);
            let of_heirs = heirs.iter().filter_map(|line| Some((*line, heir_of(line)?)));
            let all = pairs.iter().copied().chain(of_heirs);
            if all.clone().any(|pair| is_back(&pair)) {
                return Ok(Step::Restored);
            }
            let is_raised = OnceCell::new();
            let is_lost = |pair: (usize, usize)| {
                // A checksum goes with the version that it is of, beside it.
                let goes_with = removed.are_locked()
                    && versions::compared(old.lines()[pair.0], new.lines()[pair.1]) == Some(Ordering::Equal)
                    && *is_raised.get_or_init(|| versions::is_raised_beside(hunk, alignment, old, new));
                !goes_with && is_lost(pair, (old, new), &hunk.new, removed)
            };
            for pair in all.filter(|pair| !succession.reflowed && is_lost(*pair)) {
                let is_version = versions::compared(old.lines()[pair.0], new.lines()[pair.1]).is_some();
                *(if is_version { &mut next.may_be_back } else { &mut next.lost }) = true;
            }
            next.replaced += inherited.len();
            next.dropped += own.len() - inherited.len();
            let gone = own.iter().copied().filter(|line| heir_of(line).is_none());
            let does_something = |line: &usize| removed.does_something(old.lines()[*line]);
            next.lacking += gone.clone().filter(does_something).count();
            next.may_be_back |= gone.clone().any(|line| removed.is_changed(old.lines()[line]));
            next.gone.extend(gone);
            next.heirs.extend(inherited);
            next.heirs.extend(heirs.iter().filter_map(heir_of));
            rewritten |= succession.newcomers > 0;
            for line in hunk.old.clone().filter(|line| heir_of(line).is_none() && is_telling(old.lines()[*line])) {
                let ours = own.binary_search(&line).is_ok() || heirs.binary_search(&line).is_ok();
                *(if ours { &mut lost } else { &mut around }) += 1;
            }
        }
        Ok(self.settled(next, (rewritten, lost, around), (old, new), removed))
    }

    /// What a step comes to that leads to `next`: whether other lines came in the place of some, how many telling lines were lost, and how
    /// many others around them.
    fn settled(
        &self,
        mut next: Self,
        (rewritten, lost, around): (bool, usize, usize),
        (old, new): (&Text<'_>, &Text<'_>),
        removed: &Removed<'_>,
    ) -> Step {
        next.rewritten |= rewritten;
        next.own.sort_unstable();
        next.heirs.sort_unstable();
        next.heirs.dedup();
        // A brace that still stands is not the fix.
        let said_something = self.own.iter().any(|line| is_telling(old.lines()[*line]));
        if said_something && !next.own.iter().any(|line| is_telling(new.lines()[*line])) {
            next.own.clear();
        }
        if next.own.is_empty() {
            let heirs: Vec<&[u8]> = next.heirs.iter().map(|line| new.lines()[*line]).collect();
            if !heirs.is_empty() && heirs.iter().all(|line| removed.lines.contains(line)) {
                return Step::Restored;
            }
            if heirs.is_empty() {
                return match (rewritten, around >= lost && around > 0) {
                    (true, _) => Step::Rewritten,
                    (false, true) => Step::RemovedAround,
                    (false, false) => Step::Removed,
                };
            }
        }
        Step::Changed(next)
    }
}

/// Whether the new line of a pair, one of those of a difference, has lost what the fix brought to the old one.
fn is_lost(
    (line, heir): (usize, usize),
    (old, new): (&Text<'_>, &Text<'_>),
    fresh: &Range<usize>,
    removed: &Removed<'_>,
) -> bool {
    let (line, successor) = (old.lines()[line], new.lines()[heir]);
    removed.is_lost_in(line, successor, beside(heir, new, fresh))
        || removed.is_cut_short(line, successor, &new.lines()[fresh.clone()])
}

/// A line with the ones before and behind it, if they are in the range.
fn beside<'a, 't>(line: usize, text: &'a Text<'t>, range: &Range<usize>) -> &'a [&'t [u8]] {
    &text.lines()[line.saturating_sub(1).max(range.start)..(line + 2).min(range.end)]
}

/// Where a lost run of lines stands again, with one of its neighbours, among the lines that this step added: code that was
/// moved within the file. The same lines in other surroundings may be another function's; where among others an import stands says
/// nothing.
fn moved_to(lost: &[usize], old: &Text<'_>, fresh: &Fresh<'_, '_>, removed: &Removed<'_>) -> Option<Range<usize>> {
    let (new, alignment) = (fresh.new, fresh.alignment);
    let lines: Vec<&[u8]> = lost.iter().map(|line| old.lines()[*line]).collect();
    lines.iter().find(|line| is_telling(line))?;
    let are_imports = lines.iter().all(|line| removed.is_import(line));
    let (first, last) = (*lost.first()?, *lost.last()?);
    let in_added = |hunk: &Hunk, place: &Range<usize>| {
        // The neighbour came along, or it is the very line that was one before: another of the same words tells nothing.
        let same = |old_line: Option<usize>, new_line: Option<usize>| {
            let (Some(was), Some(is)) = (old_line, new_line) else { return false };
            let came_along = hunk.new.contains(&is) || alignment.forward(was) == Some(is);
            let (was, is) = (old.lines().get(was), new.lines().get(is));
            came_along && was.is_some_and(|line| is_telling(line)) && was == is
        };
        let beside_import = || {
            let lines = [place.start.checked_sub(1), Some(place.end)];
            lines.into_iter().flatten().any(|line| new.lines().get(line).is_some_and(|line| removed.is_import(line)))
        };
        are_imports && beside_import()
            || same(first.checked_sub(1), place.start.checked_sub(1))
            || same(Some(last + 1), Some(place.end))
    };
    fresh.places_of(&lines).find(|(hunk, place)| in_added(hunk, place)).map(|(_, place)| place)
}

/// The lines that a step added, to be looked up: to walk through all of them for each run that it took out takes long where
/// both are many.
struct Fresh<'a, 't> {
    alignment: &'a Alignment,
    new: &'a Text<'t>,
    /// Where each stands, by the number of its difference and of the line.
    places: OnceCell<Places<'t>>,
}

type Places<'t> = HashMap<&'t [u8], Vec<(usize, usize)>>;

impl<'a, 't> Fresh<'a, 't> {
    fn new(alignment: &'a Alignment, new: &'a Text<'t>) -> Self {
        Self { alignment, new, places: OnceCell::new() }
    }

    fn places(&self) -> &Places<'t> {
        self.places.get_or_init(|| {
            let mut places = Places::default();
            for (number, hunk) in self.alignment.hunks.iter().enumerate() {
                for line in hunk.new.clone() {
                    places.entry(self.new.lines()[line]).or_default().push((number, line));
                }
            }
            places
        })
    }

    /// Where a run of lines stands in one of the differences, and in which, in order.
    fn places_of(&self, lines: &[&[u8]]) -> impl Iterator<Item = (&'a Hunk, Range<usize>)> {
        let places = |line: &[u8]| self.places().get(line).map_or(&[][..], Vec::as_slice);
        // The one that stands there least often leads to few others.
        let rarest = (0..lines.len()).min_by_key(|at| places(lines[*at]).len()).unwrap_or(0);
        let found = lines.get(rarest).map_or(&[][..], |line| places(line));
        found.iter().filter_map(move |(number, line)| {
            let hunk = &self.alignment.hunks[*number];
            let start = line.checked_sub(rarest).filter(|start| *start >= hunk.new.start)?;
            let place = start..start + lines.len();
            (place.end <= hunk.new.end && self.new.lines()[place.clone()] == *lines).then_some((hunk, place))
        })
    }
}

/// Those of these lines, which are sorted, that stand in a range.
fn within<'a>(lines: &'a [usize], range: &Range<usize>) -> &'a [usize] {
    let until = |end: usize| lines.partition_point(|line| *line < end);
    &lines[until(range.start)..until(range.end)]
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::removed::Reading;
    use super::*;

    /// A hunk of many lines, each fourth of which the next version changes, and takes the last one and what stands behind it to its
    /// beginning.
    #[test]
    fn a_step_asks_for_the_time_at_each_difference_and_finds_what_was_moved() {
        let line = |number: usize, word: &str| format!("call_{word}(number_{number})\n");
        let old: String = (0..40).map(|number| line(number, "it")).collect();
        let moved: String = (38..40).map(|number| line(number, "it")).collect();
        let rest: String =
            (0..38).map(|number| line(number, if number % 4 == 3 { "something_other" } else { "it" })).collect();
        let new = moved + &rest;
        let (old, new) = (Text::new(old.as_bytes()), Text::new(new.as_bytes()));
        let alignment = Alignment::of_bytes(old.bytes(), new.bytes());
        let trace = Trace::new(&Hunk { old: 0..0, new: 0..39 }, Place { lines: (0..39).collect(), gap: 0..0 });
        let says_nothing = |_: &[u8]| false;
        let reading = Reading::unknown(&says_nothing);
        let removed = Removed::new(&[], &[], &reading);
        let asked = Cell::new(0);
        let step = |most: usize| {
            asked.set(0);
            trace.step(&old, &new, &alignment, &removed, &|| {
                asked.set(asked.get() + 1);
                if asked.get() > most { Err(()) } else { Ok(()) }
            })
        };
        let Ok(Step::Changed(next)) = step(usize::MAX) else { panic!("it is changed") };
        assert_eq!((next.moved, next.own.len(), asked.get()), (1, 30, 10), "{next:?}");
        assert_eq!(next.own[..2], [0, 2]);
        assert_eq!((step(3), asked.get()), (Err(()), 4));
    }
}
