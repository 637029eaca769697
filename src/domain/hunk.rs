//! One hunk of a fix against one version of the file on the target.

use std::ops::Range;
use std::rc::Rc;

use super::lines::{Alignment, Hunk, Text, is_telling};

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
