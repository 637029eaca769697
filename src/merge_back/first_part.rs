//! A fix of several commits of which only the earlier ones came: what the later ones did to its lines is not there, however
//! much the rest looks like them.

use foldhash::HashSet;
use std::cell::OnceCell;
use std::ops::Range;

use crate::domain::block::Block;
use crate::domain::fate::Fate;
use crate::domain::hunk::{Standing, TextChange, View};
use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{Hunk, Text, is_telling};
use crate::domain::succession::{ALIKE, likeness};
use crate::failure::Failure;
use crate::git::trees::Entry;

use super::judge::{Judged, Part};
use super::text::TextJudge;

/// So many of a path's versions between the commits of a fix are looked at, the newest first.
const MOST_FORMS: usize = 100;

/// What a path was between the commits of the fix, the newest first; read when it is asked for.
pub(super) type Forms = OnceCell<Vec<Entry>>;

impl TextJudge<'_, '_> {
    /// Says of a hunk that does not stand as the fix leaves it which lines lack what a later commit of the fix did to them: those
    /// that stand at the tip as an earlier one left them. The rest of the hunk landed where that earlier form did.
    ///
    /// `whole` tells that all of the hunk was there once: then it may have been taken back, and a person must look.
    pub(super) fn take_apart(
        &self,
        hunk: &Hunk,
        (now, whole): (Standing, bool),
        forms: &Forms,
        one: &mut Judged,
    ) -> Result<Vec<Judged>, Failure> {
        let may_be = match one.fate {
            Fate::InEffect | Fate::Evolved | Fate::Unknown => true,
            Fate::Never => now == Standing::Unclear,
            Fate::Undone | Fate::Weak | Fate::Ignored => false,
        };
        // One commit has no earlier form, and what went to another file stands in none.
        if !may_be || self.fix.commits.len() < 2 || one.moved_to.is_some() || self.stands_as_left(hunk, now)? {
            return Ok(vec![]);
        }
        for form in self.forms(forms)? {
            self.target.check_time()?;
            let lacking = self.lacking(hunk, *form, whole)?;
            if lacking.is_empty() {
                continue;
            }
            if whole && !one.evolved_by.is_empty() {
                // Later work may have come to what an earlier commit had by itself.
                one.worn = true;
                one.fate = if one.fate.holds() { Fate::Evolved } else { Fate::Unknown };
                return Ok(vec![]);
            }
            match (one.fate, self.landing_of(hunk, *form)?) {
                (Fate::Never, None) => return Ok(vec![]),
                (_, Some(landing)) => (one.fate, one.landed_by) = (Fate::InEffect, Some(landing)),
                _ => {}
            }
            let part = |lines: &Range<usize>| {
                let part = Part::Lines { old: hunk.old.clone(), new: lines.clone() };
                let telling = self.change.after.lines()[lines.clone()].iter().filter(|line| is_telling(line));
                Judged { weight: telling.count().max(1), standing: 0, ..Judged::new(self.path, part, Fate::Never) }
            };
            let parts = lacking.iter().map(part).collect();
            one.part = Part::Lines { old: hunk.old.clone(), new: without(hunk.new.clone(), &lacking) };
            return Ok(parts);
        }
        Ok(vec![])
    }

    /// Whether one of these lines, which stand for lines of a hunk in a changed form, is what an earlier commit of the fix had
    /// there: then only that came.
    pub(super) fn are_of_a_first_part(&self, heirs: &[usize], text: &Text<'_>, forms: &Forms) -> Result<bool, Failure> {
        if heirs.is_empty() || self.fix.commits.len() < 2 {
            return Ok(false);
        }
        let trimmed = |text: &Text<'_>, line: usize| text.lines()[line].trim_ascii().to_vec();
        let all = |text: &Text<'_>| (0..text.lines().len()).map(|line| trimmed(text, line)).collect::<HashSet<_>>();
        let kept = all(&self.change.after);
        let wanted: HashSet<Vec<u8>> =
            heirs.iter().map(|line| trimmed(text, *line)).filter(|line| !kept.contains(line)).collect();
        for form in self.forms(forms)?.iter().filter(|_| !wanted.is_empty()) {
            let bytes = self.target.blob(form.id)?;
            if !all(&Text::new(&bytes)).is_disjoint(&wanted) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a hunk and the lines around it stand at the tip just as the fix leaves them.
    fn stands_as_left(&self, hunk: &Hunk, now: Standing) -> Result<bool, Failure> {
        let tip = self.versions.first().and_then(|version| version.entry);
        let around = hunk.new.start.saturating_sub(1)..self.change.after.lines().len().min(hunk.new.end + 1);
        Ok(now == Standing::InEffect && self.target.aligned(self.sides.1, tip)?.run(around).is_some())
    }

    /// The versions of the path between the fix's two sides that are neither of them.
    fn forms<'f>(&self, known: &'f Forms) -> Result<&'f [Entry], Failure> {
        if let Some(forms) = known.get() {
            return Ok(forms);
        }
        let (repository, oldest) = (self.target.repository, self.versions.last());
        let paths: Vec<&RepositoryPath> = [self.path].into_iter().chain(oldest.map(|oldest| &oldest.path)).collect();
        let mut all: Vec<Entry> = Vec::new();
        for commit in self.fix.commits.iter().rev().filter(|commit| repository.has(**commit)) {
            let tree = repository.node(*commit)?.tree;
            for path in &paths {
                if let Some(entry) = repository.entry_at(tree, path)?.filter(|entry| entry.is_file()) {
                    all.push(entry);
                    break;
                }
            }
        }
        // Later attempts of the same fix may have gone on from what this change made.
        let own = all.iter().position(|form| Some(*form) == self.sides.1).map_or(all.len(), |at| at + 1);
        let mut forms: Vec<Entry> = Vec::new();
        for form in all.drain(own..) {
            if forms.len() < MOST_FORMS && ![self.sides.0, self.sides.1].contains(&Some(form)) && !forms.contains(&form)
            {
                forms.push(form);
            }
        }
        Ok(known.get_or_init(|| forms))
    }

    /// The lines of a hunk that differ from an earlier form of it, where the tip stands as that form does.
    ///
    /// Where all of the hunk was there once (`whole`), a form that only lacks lines says nothing if the tip has each as it was
    /// or in a changed form: whatever changes a line later takes it from between its neighbours.
    fn lacking(&self, hunk: &Hunk, form: Entry, whole: bool) -> Result<Vec<Range<usize>>, Failure> {
        let tip = self.versions.first().and_then(|version| version.entry);
        let (from_form, from_after) = (self.target.aligned(Some(form), tip)?, self.target.aligned(self.sides.1, tip)?);
        let is_of_it = |step: &&Hunk| match step.new.is_empty() {
            true => hunk.new.start <= step.new.start && step.new.start <= hunk.new.end,
            false => hunk.new.start < step.new.end && step.new.start < hunk.new.end,
        };
        // What the form has there must stand at the tip: that costs no look at the texts.
        let may_stand = |step: &&Hunk| match step.old.is_empty() {
            true => from_form.adjacent(step.old.start) == Some(true),
            false => step.old.clone().all(|line| from_form.forward(line).is_some()),
        };
        let aligned = self.target.aligned(Some(form), self.sides.1)?;
        let hunks: Vec<Hunk> = aligned.hunks.iter().filter(is_of_it).filter(may_stand).cloned().collect();
        if hunks.is_empty() {
            return Ok(vec![]);
        }
        let bytes = self.target.blob(form.id)?;
        let rest = TextChange { before: Text::new(&bytes), after: Text::new(self.change.after.bytes()), hunks };
        let view = View::known(from_form, from_after);
        let does_something =
            |line: &&[u8]| line.iter().any(u8::is_ascii_alphanumeric) && !self.language.is_quiet(&[line]);
        let text = self.target.content(tip)?;
        // Lines that stand elsewhere in the file were only put in another order.
        let count = |bytes: &[u8], line: &[u8]| Block::new(&[line]).count(bytes);
        let stands = |line: &&[u8]| count(&text, line) >= count(self.change.after.bytes(), line);
        let tip_text = Text::new(&text);
        let fresh = || self.target.aligned(self.sides.1, tip).map(|step| step.hunks.clone());
        let fresh = if whole { fresh()? } else { vec![] };
        let goes_on = |line: &&[u8]| {
            let mut new = fresh.iter().flat_map(|step| &tip_text.lines()[step.new.clone()]);
            stands(line) || new.any(|other| likeness(other, line) >= ALIKE)
        };
        let steps = rest.hunks.iter().filter(|step| {
            let added: Vec<&[u8]> = rest.added(step).iter().copied().filter(does_something).collect();
            (!added.is_empty() || rest.removed(step).iter().any(does_something))
                && view.standing(&rest, step) == Standing::Absent
                && (added.is_empty() || !added.iter().all(stands))
                && !(whole && step.old.is_empty() && added.iter().all(goes_on))
        });
        // Of lines that a later commit took out the place is told.
        let place = |step: &Hunk| match step.new.is_empty() {
            true => step.new.start.saturating_sub(1).max(hunk.new.start)..(step.new.start + 1).min(hunk.new.end),
            false => step.new.start.max(hunk.new.start)..step.new.end.min(hunk.new.end),
        };
        Ok(steps.map(place).collect())
    }

    /// The newest step at which an earlier form of a hunk came, if all of that form is in effect at the tip.
    fn landing_of(&self, hunk: &Hunk, form: Entry) -> Result<Option<usize>, Failure> {
        let bytes = self.target.blob(form.id)?;
        let hunks = self.target.aligned(self.sides.0, Some(form))?.hunks.clone();
        let first = TextChange { before: Text::new(self.change.before.bytes()), after: Text::new(&bytes), hunks };
        let is_of_it = |step: &&Hunk| step.old.start <= hunk.old.end && hunk.old.start <= step.old.end;
        let says_something = |line: &&[u8]| is_telling(line);
        let steps: Vec<&Hunk> = first.hunks.iter().filter(is_of_it).collect();
        if !steps.iter().any(|step| first.removed(step).iter().chain(first.added(step)).any(says_something)) {
            return Ok(None);
        }
        for (index, version) in self.versions.iter().enumerate() {
            let from_form = self.target.aligned(Some(form), version.entry)?;
            let view = View::known(self.target.aligned(self.sides.0, version.entry)?, from_form);
            let in_effect =
                |step: &&Hunk| view.standing(&first, step) == Standing::InEffect && view.has_neighbour(step);
            if !steps.iter().all(in_effect) {
                return Ok(index.checked_sub(1).map(|landing| self.versions[landing].at));
            }
        }
        Ok(None)
    }
}

/// What is left of a run of lines without others at its ends; all of it where nothing is.
fn without(lines: Range<usize>, others: &[Range<usize>]) -> Range<usize> {
    let is_other = |line: &usize| others.iter().any(|other| other.contains(line));
    let mut left = lines.clone().filter(|line| !is_other(line));
    match (left.next(), left.next_back()) {
        (Some(first), last) => first..last.unwrap_or(first) + 1,
        (None, _) => lines,
    }
}
