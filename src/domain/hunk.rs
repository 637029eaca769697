//! One hunk of a fix against one version of the file on the target, and following the fix's own lines forward.
//!
//! A tree that looks right is not enough: an insertion lands, its neighbour is edited, then the inserted line is deleted. Such a
//! hunk looks "changed" twice and never "absent". So a landed hunk is a *trace*: the lines it added, followed from version to
//! version through each line diff, until they stand at the target's tip or have been taken out.

use std::ops::Range;
use std::rc::Rc;

use super::lines::{Alignment, Hunk, Text, is_telling};
use super::removed::Removed;
use super::succession::Succession;

/// A file's change by a fix: two texts and their differences.
pub struct TextChange<'a> {
    /// Before the fix.
    pub before: Text<'a>,
    /// After the fix.
    pub after: Text<'a>,
    /// The differences, without context.
    pub hunks: Vec<Hunk>,
}

impl<'a> TextChange<'a> {
    /// Takes two texts apart into hunks.
    pub fn new(before: &'a [u8], after: &'a [u8]) -> Self {
        let hunks = Alignment::of_bytes(before, after).hunks;
        Self { before: Text::new(before), after: Text::new(after), hunks }
    }

    /// The lines that a hunk took out.
    pub fn removed(&self, hunk: &Hunk) -> &[&'a [u8]] {
        &self.before.lines()[hunk.old.clone()]
    }

    /// The lines that a hunk brought in.
    pub fn added(&self, hunk: &Hunk) -> &[&'a [u8]] {
        &self.after.lines()[hunk.new.clone()]
    }
}

/// What one version of the file says about a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Applying it would change nothing, and undoing it would.
    InEffect,
    /// Undoing it would change nothing.
    Absent,
    /// Both hold, or the lines stand without anything of the hunk's surroundings to tell them from others.
    Weak,
    /// Neither holds.
    Unclear,
}

/// One version of the file, aligned with both sides of the change.
pub struct View {
    from_before: Rc<Alignment>,
    from_after: Rc<Alignment>,
}

impl View {
    /// Aligns a version with both sides.
    pub fn new(change: &TextChange<'_>, version: &Text<'_>) -> Self {
        Self {
            from_before: Alignment::of_bytes(change.before.bytes(), version.bytes()).into(),
            from_after: Alignment::of_bytes(change.after.bytes(), version.bytes()).into(),
        }
    }

    /// The same of alignments that are known already.
    pub fn known(from_before: Rc<Alignment>, from_after: Rc<Alignment>) -> Self {
        Self { from_before, from_after }
    }

    /// The hunk test.
    pub fn standing(&self, change: &TextChange<'_>, hunk: &Hunk) -> Standing {
        let present = stands(&self.from_after, &hunk.new, change.added(hunk));
        let absent = stands(&self.from_before, &hunk.old, change.removed(hunk));
        match (present, absent) {
            (Some(true), Some(true)) | (Some(false), None) => Standing::Weak,
            // The same lines in another function, be they the only ones of their kind.
            (Some(true), _) if !self.is_where_it_was(hunk) => Standing::Unclear,
            (Some(true), _) => Standing::InEffect,
            (_, Some(true)) => Standing::Absent,
            _ => Standing::Unclear,
        }
    }

    /// Whether a hunk's added lines stand where the text around them stood before the fix. An alignment that has the fix's own
    /// lines to go by may follow them to other text that is like that around them.
    fn is_where_it_was(&self, hunk: &Hunk) -> bool {
        let mut lines = hunk.new.clone().filter_map(|line| self.from_after.forward(line));
        let Some(first) = lines.next() else { return true };
        let last = lines.next_back().unwrap_or(first);
        let place = place_around(hunk, &self.from_before);
        place.start <= first && last < place.end
    }

    /// Whether the line before or the one behind a hunk's added lines stands beside them; for a pure deletion always.
    pub fn has_neighbour(&self, hunk: &Hunk) -> bool {
        if hunk.new.is_empty() {
            return true;
        }
        let (first, last) = (self.from_after.forward(hunk.new.start), self.from_after.forward(hunk.new.end - 1));
        let before = hunk.new.start.checked_sub(1).and_then(|line| self.from_after.forward(line));
        let behind = self.from_after.forward(hunk.new.end);
        before.is_some() && before.map(|line| line + 1) == first
            || behind.is_some() && behind == last.map(|line| line + 1)
            || hunk.new.start == 0 && first == Some(0)
            || last.is_some_and(|line| self.from_after.at_both_ends(hunk.new.end, line + 1))
    }

    /// Where the hunk's added lines stand; for a pure deletion the place where they are not.
    pub fn place(&self, hunk: &Hunk) -> Option<Place> {
        if hunk.new.is_empty() {
            return Some(Place { lines: vec![], gap: self.from_after.gap(hunk.new.start) });
        }
        let lines: Option<Vec<usize>> = hunk.new.clone().map(|line| self.from_after.forward(line)).collect();
        lines.map(|lines| Place { lines, gap: 0..0 })
    }
}

/// Whether `step`, a difference between two versions, takes and brings the same lines as a hunk.
pub fn is_like(step: &Hunk, change: &TextChange<'_>, hunk: &Hunk, old: &Text<'_>, new: &Text<'_>) -> bool {
    step.old.len() == hunk.old.len()
        && step.new.len() == hunk.new.len()
        && old.lines()[step.old.clone()] == *change.removed(hunk)
        && new.lines()[step.new.clone()] == *change.added(hunk)
}

/// Whether a step that is like a hunk is that very hunk at its own place: where the lines that the hunk took out (or the gap
/// that it filled) stand in the version before the step, to which `from_before` leads.
pub fn is_in_place(step: &Hunk, hunk: &Hunk, from_before: &Alignment) -> bool {
    if hunk.old.is_empty() {
        let gap = from_before.gap(hunk.old.start);
        gap.start <= step.old.start && step.old.start <= gap.end
    } else {
        from_before.run(hunk.old.clone()).as_ref() == Some(&step.old)
    }
}

/// Where in a version the text around a hunk stands, to which `from_before` leads.
///
/// Where lines repeat, be they empty, a diff may lay an addition as far from its place as it is long.
pub fn place_around(hunk: &Hunk, from_before: &Alignment) -> Range<usize> {
    let between = from_before.between(&hunk.old);
    let slack = hunk.new.len().max(hunk.old.len());
    between.start.saturating_sub(slack)..between.end + slack
}

/// Where a hunk stands in a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lines that it brought in.
    pub lines: Vec<usize>,
    /// For a pure deletion: between which lines the deleted ones would stand.
    pub gap: Range<usize>,
}

impl Place {
    /// The place of a hunk that is this step's own difference.
    pub fn of_step(step: &Hunk) -> Self {
        Self { lines: step.new.clone().collect(), gap: step.new.clone() }
    }
}

/// Whether one side of a hunk stands in the version that the alignment leads to: `Some(true)` if it does, in its
/// surroundings or with text of its own; `Some(false)` if only by lines that say nothing; none if it does not.
pub fn stands(alignment: &Alignment, side: &Range<usize>, lines: &[&[u8]]) -> Option<bool> {
    if side.is_empty() {
        return alignment.adjacent(side.start).filter(|adjacent| *adjacent);
    }
    let Some(run) = alignment.run(side.clone()) else {
        return spread(alignment, side, lines).then_some(true);
    };
    let before =
        if side.start == 0 { run.start == 0 } else { alignment.forward(side.start - 1) == run.start.checked_sub(1) };
    let after =
        alignment.forward(side.end).is_some_and(|line| line == run.end) || alignment.at_both_ends(side.end, run.end);
    Some(before || after || lines.iter().filter(|line| is_telling(line)).nth(1).is_some())
}

/// Whether all lines of a side stand in order between the neighbours that they have, with only other lines among them: text
/// that was touched up with more lines.
fn spread(alignment: &Alignment, side: &Range<usize>, lines: &[&[u8]]) -> bool {
    let whole = side.clone().all(|line| alignment.forward(line).is_some());
    let (first, last) = (alignment.forward(side.start), alignment.forward(side.end - 1));
    let before = side.start == 0 || alignment.forward(side.start - 1).is_some_and(|line| first == Some(line + 1));
    let after = alignment.forward(side.end).is_some_and(|line| last.is_some_and(|last| line == last + 1));
    whole && (before || after) && lines.iter().any(|line| is_telling(line))
}

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
    /// Whether a line has nothing left of what the fix brought to it.
    pub lost: bool,
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
        let (replaced, rewritten, lost, dropped, lacking, moved) = (0, false, false, 0, 0, 0);
        Self { own: place.lines, heirs, replaced, rewritten, lost, dropped, lacking, gone, moved, gap }
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

    /// Whether anything of it was replaced, dropped or moved.
    pub fn is_evolved(&self) -> bool {
        self.replaced + self.dropped + self.moved > 0
    }

    /// One step from a version to the next along `alignment`; `removed` is what the hunk took out.
    pub fn step(&self, old: &Text<'_>, new: &Text<'_>, alignment: &Alignment, removed: &Removed<'_>) -> Step {
        match &self.gap {
            Some(gap) => self.step_deletion(gap, old, new, alignment, removed),
            None => self.step_lines(old, new, alignment, removed),
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
        let moved = alignment.gap(gap.start).start..alignment.gap(gap.end).end;
        // Where nothing stands in the place, nothing came back there: neither text has to be split into lines then.
        let back_in_place =
            !moved.is_empty() && removed.are_back(&old.lines()[gap.clone()], &new.lines()[moved.clone()], new.bytes());
        let is_back = back_in_place || removed.say_something() && removed.come_anew(old.bytes(), new.bytes());
        if is_back {
            // An empty line or a brace comes and goes.
            return if removed.say_something() { Step::Restored } else { Step::Rewritten };
        }
        Step::Stands(Self { gap: Some(moved), ..self.clone() })
    }

    fn step_lines(&self, old: &Text<'_>, new: &Text<'_>, alignment: &Alignment, removed: &Removed<'_>) -> Step {
        let keep = |lines: &[usize]| lines.iter().filter_map(|line| alignment.forward(*line)).collect::<Vec<_>>();
        let mut next = Self { own: keep(&self.own), heirs: keep(&self.heirs), gone: vec![], ..self.clone() };
        if next.own.len() == self.own.len() && next.heirs.len() == self.heirs.len() {
            return Step::Stands(next);
        }
        let (mut rewritten, mut lost, mut around) = (false, 0, 0);
        for hunk in &alignment.hunks {
            let inside =
                |lines: &[usize]| lines.iter().copied().filter(|line| hunk.old.contains(line)).collect::<Vec<_>>();
            let (own, heirs) = (inside(&self.own), inside(&self.heirs));
            if own.is_empty() && heirs.is_empty() {
                continue;
            }
            if let Some(at) = moved_to(&own, old, new, alignment) {
                next.moved += at.len();
                next.own.extend(at);
                continue;
            }
            let succession = Succession::new(&old.lines()[hunk.old.clone()], &new.lines()[hunk.new.clone()]);
            let heir_of = |line: &usize| succession.heir[line - hunk.old.start].map(|heir| heir + hunk.new.start);
            let pairs: Vec<(usize, usize)> = own.iter().filter_map(|line| Some((*line, heir_of(line)?))).collect();
            let inherited: Vec<usize> = pairs.iter().map(|(_, heir)| *heir).collect();
            let is_back = |(line, heir): &(usize, usize)| removed.are_back_in(old.lines()[*line], new.lines()[*heir]);
            let of_heirs = heirs.iter().filter_map(|line| Some((*line, heir_of(line)?)));
            let mut all = pairs.iter().copied().chain(of_heirs);
            if all.clone().any(|pair| is_back(&pair)) {
                return Step::Restored;
            }
            next.lost |= all.any(|(line, heir)| {
                removed.is_lost_in(old.lines()[line], new.lines()[heir], beside(heir, new, &hunk.new))
            });
            next.replaced += inherited.len();
            next.dropped += own.len() - inherited.len();
            next.gone.extend(own.iter().filter(|line| heir_of(line).is_none()));
            next.heirs.extend(inherited);
            next.heirs.extend(heirs.iter().filter_map(heir_of));
            rewritten |= succession.newcomers > 0;
            for line in hunk.old.clone().filter(|line| heir_of(line).is_none() && is_telling(old.lines()[*line])) {
                let ours = own.contains(&line) || heirs.contains(&line);
                *(if ours { &mut lost } else { &mut around }) += 1;
            }
        }
        next.lacking += next.gone.iter().filter(|line| removed.does_something(old.lines()[**line])).count();
        next.lost |= next.gone.iter().any(|line| removed.is_changed(old.lines()[*line]));
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

/// A line with the ones before and behind it, if they are in the range.
fn beside<'a, 't>(line: usize, text: &'a Text<'t>, range: &Range<usize>) -> &'a [&'t [u8]] {
    &text.lines()[line.saturating_sub(1).max(range.start)..(line + 2).min(range.end)]
}

/// Where a lost run of lines stands again, with one of its neighbours, among the lines that this step added: code that was
/// moved within the file. The same lines in other surroundings may be another function's.
fn moved_to(lost: &[usize], old: &Text<'_>, new: &Text<'_>, alignment: &Alignment) -> Option<Range<usize>> {
    let lines: Vec<&[u8]> = lost.iter().map(|line| old.lines()[*line]).collect();
    lines.iter().find(|line| is_telling(line))?;
    let (first, last) = (*lost.first()?, *lost.last()?);
    let in_added = |hunk: &Hunk| {
        // The neighbour came along, or it is the very line that was one before: another of the same words tells nothing.
        let same = |old_line: Option<usize>, new_line: Option<usize>| {
            let (Some(was), Some(is)) = (old_line, new_line) else { return false };
            let came_along = hunk.new.contains(&is) || alignment.forward(was) == Some(is);
            let (was, is) = (old.lines().get(was), new.lines().get(is));
            came_along && was.is_some_and(|line| is_telling(line)) && was == is
        };
        let added = &new.lines()[hunk.new.clone()];
        let place = |at: usize| hunk.new.start + at..hunk.new.start + at + lines.len();
        let beside = |at: &usize| {
            let place = place(*at);
            same(first.checked_sub(1), place.start.checked_sub(1)) || same(Some(last + 1), Some(place.end))
        };
        let found = added.windows(lines.len()).enumerate().filter(|(_, window)| *window == lines).map(|(at, _)| at);
        found.into_iter().find(beside).map(place)
    };
    alignment.hunks.iter().find_map(in_added)
}
