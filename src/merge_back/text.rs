//! The fates of a text's hunks: where each landed, and what became of its lines since.

use foldhash::HashSet;
use std::cell::OnceCell;

use crate::domain::adaptation::{Adaptation, may_name_a_version, raises_further};
use crate::domain::block::Block;
use crate::domain::comments::Comments;
use crate::domain::event::{Change, Side};
use crate::domain::fate::Fate;
use crate::domain::hunk::{Place, Standing, TextChange, View, stands};
use crate::domain::identity::RepositoryPath;
use crate::domain::imports::ChangedImports;
use crate::domain::language::Language;
use crate::domain::lines::{Hunk, Text, is_telling};
use crate::domain::quiet::{is_prose, is_quiet_change, is_slight};
use crate::domain::removed::{Reading, Removed};
use crate::domain::test_code::is_test_code;
use crate::domain::trace::{Step, Trace};
use crate::domain::versions::is_lock;
use crate::failure::Failure;
use crate::git::trees::Entry;

use super::first_part::Forms;
use super::fix::{Fix, entry_of};
use super::judge::{Gone, Judged, Part, Sides};
use super::landings::Found;
use super::moved::{Away, Left};
use super::picks::Picks;
use super::shelf::{Shelf, bytes};
use super::target::{Target, Version};

/// Judges the hunks of one text.
pub(super) struct TextJudge<'a, 't> {
    pub(super) target: &'a Target<'a>,
    pub(super) change: &'a TextChange<'t>,
    /// Where the change's two texts stand in the store.
    pub(super) sides: Sides,
    pub(super) path: &'a RepositoryPath,
    pub(super) language: Language,
    pub(super) picks: &'a Picks<'a>,
    pub(super) fix: &'a Fix,
    pub(super) versions: &'a [Version],
    /// How often the lines were followed to another file already.
    pub(super) moves: usize,
}

impl TextJudge<'_, '_> {
    /// The fate of every hunk.
    pub(super) fn judge(&self) -> Result<Vec<Judged>, Failure> {
        let hunks = &self.change.hunks;
        let Some(newest) = self.versions.first() else { return Ok(vec![]) };
        let bytes = bytes(self.versions);
        let shelf = Shelf::new(&bytes);
        let found = self.landings(&shelf)?;
        let (tip, lines) = (self.text(&shelf, 0)?, OnceCell::new());
        let stands =
            |line: &[u8]| lines.get_or_init(|| tip.lines().iter().copied().collect::<HashSet<&[u8]>>()).contains(line);
        let (view, forms) = (self.view(newest.entry)?, Forms::new());
        let imports = ChangedImports::new(&self.language, self.change);
        let mut judged = Vec::new();
        for (hunk, found) in hunks.iter().zip(found) {
            self.target.check_time()?;
            let part = Part::Lines { old: hunk.old.clone(), new: hunk.new.clone() };
            let mut one = Judged::new(self.path, part, Fate::Unknown);
            let lines = if hunk.new.is_empty() { self.change.removed(hunk) } else { self.change.added(hunk) };
            one.weight = lines.iter().filter(|line| is_telling(line)).count().max(1);
            one.standing = one.weight;
            one.went_with_file = hunk.new.is_empty() && newest.entry.is_none();
            one.quiet = match imports.serve(hunk) {
                true => imports.still_stand(hunk, tip),
                false => self.says_nothing_new(hunk),
            };
            one.slight = is_slight(self.change.removed(hunk), self.change.added(hunk));
            let now = view.standing(self.change, hunk);
            let landed = found.is_some();
            match found {
                Some(found) => {
                    one.landed_by = Some(self.versions[found.landing].at);
                    if found.landing == 0
                        || now == Standing::InEffect && !self.stands_again(hunk, &found, tip.bytes())?
                    {
                        one.fate = Fate::InEffect;
                    } else {
                        self.follow(hunk, found.landing, Trace::new(hunk, found.place), &shelf, &mut one)?;
                    }
                }
                None => {
                    one.fate = self.without_landing(hunk, now, &view, &stands);
                    if !one.fate.holds() {
                        self.adapted(hunk, now, (&shelf, &forms), &mut one)?;
                    }
                }
            }
            let place = view.place(hunk);
            let lacking = self.take_apart(hunk, (now, landed), &forms, &mut one)?;
            if hunk.new.is_empty() && one.fate.holds() && self.was_moved(hunk, &one)? {
                one.fate = Fate::Weak;
            }
            if one.fate.holds() {
                self.doubt(hunk, (now, place.filter(|_| lacking.is_empty())), tip, &mut one)?;
            }
            if one.fate.holds() && self.most_stands_again(hunk, &one, tip)? {
                one.fate = Fate::Unknown;
            }
            judged.push(one);
            judged.extend(lacking);
        }
        Ok(judged)
    }

    /// Whether a hunk only adds what does nothing by itself, or words. Empty lines do nothing in either direction.
    fn says_nothing_new(&self, hunk: &Hunk) -> bool {
        let (removed, added) = (self.change.removed(hunk), self.change.added(hunk));
        is_quiet_change(self.path, removed, added)
            || removed.iter().chain(added).all(|line| line.trim_ascii().is_empty())
    }

    /// A version beside both sides of the change.
    pub(super) fn view(&self, version: Option<Entry>) -> Result<View, Failure> {
        self.target.view(self.sides, version)
    }

    /// Whether lines that a hunk deleted stand more often at the tip than at its landing.
    fn stands_again(&self, hunk: &Hunk, found: &Found, tip: &[u8]) -> Result<bool, Failure> {
        let removed = self.change.removed(hunk);
        if !hunk.new.is_empty() || !removed.iter().any(|line| is_telling(line)) {
            return Ok(false);
        }
        let block = Block::new(removed);
        Ok(block.count(tip) > block.count(&self.target.content(self.versions[found.landing].entry)?))
    }

    /// Whether the commit that deleted a hunk's lines put them into another file, and the fix did not.
    fn was_moved(&self, hunk: &Hunk, one: &Judged) -> Result<bool, Failure> {
        let removed = self.change.removed(hunk);
        let says_something = !one.quiet && removed.iter().any(|line| is_telling(line));
        let Some(at) = one.landed_by.filter(|_| says_something) else { return Ok(false) };
        let block = Block::new(removed);
        let count =
            |side: &Option<Side>| self.target.content(side.as_ref().map(entry_of)).map(|content| block.count(&content));
        'places: for (path, _) in self.target.elsewhere(at, (removed, &block), self.path)? {
            for change in self.fix.changes.iter().filter(|change| change.path() == Some(&path)) {
                if count(&change.after)? > count(&change.before)? {
                    continue 'places;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn without_landing(&self, hunk: &Hunk, now: Standing, view: &View, stands: &dyn Fn(&[u8]) -> bool) -> Fate {
        let added = self.change.added(hunk);
        let telling = added.iter().any(|line| is_telling(line));
        match now {
            Standing::Absent => Fate::Never,
            Standing::Weak => Fate::Weak,
            // Nothing shows that it came: the same lines may be another function's own.
            Standing::InEffect if telling && view.has_neighbour(hunk) => Fate::InEffect,
            Standing::InEffect => Fate::Weak,
            Standing::Unclear if !hunk.new.is_empty() && telling => {
                let trace = added.iter().any(|line| is_telling(line) && stands(line));
                if trace { Fate::Unknown } else { Fate::Never }
            }
            Standing::Unclear => Fate::Unknown,
        }
    }

    /// Whether it is what only people read, or what no production runs, beside code that is: that may say the same in other words.
    fn may_be_reworded(&self) -> bool {
        let is_aside = |path: &RepositoryPath| is_prose(path) || is_test_code(path);
        is_aside(self.path) && self.fix.changes.iter().filter_map(Change::path).any(|path| !is_aside(path))
    }

    /// What a hunk took out, to be known again.
    pub(super) fn removed<'s>(&'s self, hunk: &Hunk, reading: &'s Reading<'s>) -> Removed<'s> {
        Removed::new(self.change.removed(hunk), self.change.added(hunk), reading)
    }

    /// Follows a landed hunk's lines from the version with this number to the tip.
    fn follow(
        &self,
        hunk: &Hunk,
        mut index: usize,
        mut trace: Trace,
        shelf: &Shelf<'_>,
        one: &mut Judged,
    ) -> Result<(), Failure> {
        let is_quiet = |line: &[u8]| self.may_be_reworded() || self.language.is_quiet(&[line]);
        let comments = || Comments::within(&self.language, &self.change.after, hunk.new.start);
        let are_locked = is_lock(self.path);
        let reading = Reading { language: self.language, is_quiet: &is_quiet, comments: &comments, are_locked };
        let removed = self.removed(hunk, &reading);
        while index > 0 {
            self.target.check_time()?;
            let (old, new) = (self.text(shelf, index)?, self.text(shelf, index - 1)?);
            let [from, to] = [&self.versions[index], &self.versions[index - 1]];
            let (alignment, at) = (self.target.aligned(from.entry, to.entry)?, to.at);
            index -= 1;
            match trace.step(old, new, &alignment, &removed, &|| self.target.check_time())? {
                // What was deleted may come again in words of its own.
                Step::Stands(next)
                    if next.in_the_gap(new) > trace.in_the_gap(old) && self.claims_to_revert(at, one)? =>
                {
                    return self.undone(one, at);
                }
                Step::Stands(next) => trace = next,
                Step::Changed(mut next) => {
                    next.may_be_back |= self.is_left_out_by_a_merge(&next.gone, old, at, &from.path)?;
                    one.evolved_by.push(at);
                    one.uprooted_by.extend((next.moved > trace.moved).then_some(at));
                    // Who says that they take it back, and takes any of it, is believed: words only take a proof away.
                    let taken = next.own.is_empty() && self.is_absent(hunk, to.entry)?
                        || self.only_words_are_left(hunk, &next, new);
                    if taken || self.claims_to_revert(at, one)? {
                        return self.undone(one, at);
                    }
                    one.dropped_by.extend((next.dropped > trace.dropped && !next.rewritten).then_some(at));
                    trace = next;
                }
                Step::Restored => return self.undone(one, at),
                outcome => return self.all_gone(hunk, (&trace, &outcome), ([from, to], [old, new]), &removed, one),
            }
        }
        self.settle(hunk, &trace, (&self.versions[0], self.text(shelf, 0)?), one)
    }

    /// Settles a hunk all of whose lines went in the step between two versions.
    fn all_gone(
        &self,
        hunk: &Hunk,
        (trace, outcome): (&Trace, &Step),
        ([from, to], [old, new]): ([&Version; 2], [&Text<'_>; 2]),
        removed: &Removed<'_>,
        one: &mut Judged,
    ) -> Result<(), Failure> {
        let (alignment, at) = (self.target.aligned(from.entry, to.entry)?, to.at);
        // Words are asked before moves: a revert may put the same lines somewhere else.
        if self.claims_to_revert(at, one)? {
            return self.undone(one, at);
        }
        let away = self.moved_away(trace, &Left { old, alignment: &alignment, path: &from.path }, at)?;
        if let Away::To(later, places) = away {
            one.moved_to = Some(later[later.len() - 1].path.clone());
            one.evolved_by.push(at);
            one.uprooted_by.push(at);
            let there = TextJudge { versions: &later, moves: self.moves + 1, ..*self };
            let bytes = bytes(&later);
            let trace = Trace { own: places, heirs: vec![], ..trace.clone() };
            return there.follow(hunk, later.len() - 1, trace, &Shelf::new(&bytes), one);
        }
        // What a fix only added and someone took out by itself is undone. A changed line that went away is not back to what it
        // was, unless that stands there again.
        let is_back = removed.come_back(old.bytes(), new.bytes());
        let undone = is_back
            || *outcome == Step::Removed && hunk.old.is_empty()
            || self.surroundings_live_on(trace, (old, new, &alignment), at, &from.path)?
            || self.is_absent(hunk, to.entry)?;
        // Where the same lines stand elsewhere now only a person can tell whether they do there what they did.
        let alike = matches!(away, Away::Alike) && !is_back && (undone || *outcome == Step::Removed);
        if undone && !alike {
            return self.undone(one, at);
        }
        one.evolved_by.push(at);
        one.uprooted_by.push(at);
        one.standing = 0;
        if alike {
            one.fate = Fate::Unknown;
            return Ok(());
        }
        one.dropped_by.push(at);
        one.fate = Fate::Evolved;
        one.gone = Some(if *outcome == Step::Rewritten { Gone::Rewritten } else { Gone::Removed });
        Ok(())
    }

    fn undone(&self, one: &mut Judged, at: usize) -> Result<(), Failure> {
        one.fate = Fate::Undone;
        one.standing = 0;
        one.undone_by = Some(at);
        Ok(())
    }

    /// Whether a version is as before the hunk at its place. One side may tell already that it is not.
    pub(super) fn is_absent(&self, hunk: &Hunk, version: Option<Entry>) -> Result<bool, Failure> {
        let from_before = self.target.aligned(self.sides.0, version)?;
        Ok(stands(&from_before, &hunk.old, self.change.removed(hunk)) == Some(true)
            && self.view(version)?.standing(self.change, hunk) == Standing::Absent)
    }

    /// Whether the commit with number `at` says that it takes the fix, or what brought it, back.
    fn claims_to_revert(&self, at: usize, one: &Judged) -> Result<bool, Failure> {
        one.landed_by.map_or(Ok(false), |landing| self.target.claims_to_revert(at, landing, &self.fix.commits))
    }

    /// Whether a pick of the fix brought the hunk with changes of its own, such as a conflict leaves behind.
    ///
    /// Likeness alone proves nothing: the commit must carry the author and the author's date of one of the fix's commits, and
    /// every line of the hunk must be accounted for, see [`Adaptation`].
    fn adapted(
        &self,
        hunk: &Hunk,
        now: Standing,
        (shelf, forms): (&Shelf<'_>, &Forms),
        one: &mut Judged,
    ) -> Result<(), Failure> {
        for index in 0..self.versions.len().saturating_sub(1) {
            let at = self.versions[index].at;
            if !self.picks.has(at)? {
                // Neither side of the hunk stands there: a step that changed the file may be the fix in other words.
                if now == Standing::Unclear && one.fate == Fate::Never {
                    self.other_words(hunk, index, shelf, one)?;
                }
                continue;
            }
            let (old, new) = (self.text(shelf, index + 1)?, self.text(shelf, index)?);
            // At the landing even what is only read has to be the same.
            let how =
                (self.says_nothing_new(hunk) && !is_prose(self.path), is_test_code(self.path) && self.picks.names(at)?);
            let mut adaptation = Adaptation::new(self.change, hunk, how, (old, new));
            if adaptation.is_none() && self.picks.names(at)? {
                adaptation = self.adapted_loosely(hunk, how, (old, new));
            }
            let Some(adaptation) = adaptation else {
                let absent = now == Standing::Absent;
                if one.fate == Fate::Never && Adaptation::resembles(self.change, hunk, absent, old, new) {
                    one.fate = Fate::Unknown;
                }
                continue;
            };
            // What the later commits did may have come by a pick of its own.
            let later = self.versions[..index].iter().map(|version| self.picks.has(version.at));
            let is_last = !later.collect::<Result<Vec<_>, _>>()?.contains(&true);
            if is_last && self.are_of_a_first_part(&adaptation.heirs, new, forms)? {
                one.fate = Fate::Unknown;
                return Ok(());
            }
            let place = Place { lines: adaptation.own, gap: adaptation.gap };
            one.landed_by = Some(at);
            let trace = Trace { heirs: adaptation.heirs, replaced: adaptation.changed, ..Trace::new(hunk, place) };
            return self.follow(hunk, index, trace, shelf, one);
        }
        if now == Standing::Unclear { self.came_loosely(hunk, shelf, one) } else { Ok(()) }
    }

    /// Takes a hunk for unknown that left no trace, where the step to this version says that it is the fix, or raises the version
    /// that the hunk raises further. That proves nothing: a person must look.
    fn other_words(&self, hunk: &Hunk, index: usize, shelf: &Shelf<'_>, one: &mut Judged) -> Result<(), Failure> {
        let (at, added) = (self.versions[index].at, self.change.added(hunk));
        if may_name_a_version(added) {
            let step = self.target.aligned(self.versions[index + 1].entry, self.versions[index].entry)?;
            one.raised_by = raises_further(added, &step, self.text(shelf, index)?).then_some(at);
        }
        if one.raised_by.is_some() || self.picks.tells(at)? {
            one.fate = Fate::Unknown;
        }
        Ok(())
    }
}
