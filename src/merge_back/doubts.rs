//! What takes a proof away again: signs that a hunk stands there, or went, otherwise than its lines alone tell.

use foldhash::HashSet;
use memchr::memmem;
use std::ops::Range;
use std::rc::Rc;

use crate::domain::adaptation::is_alike;
use crate::domain::fate::Fate;
use crate::domain::hunk::{Place, Standing};
use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{Alignment, Hunk, Text, is_telling};
use crate::domain::succession::{ALIKE, likeness};
use crate::domain::switched_off::switched_off;
use crate::domain::test_code::is_test_code;
use crate::domain::trace::Trace;
use crate::failure::Failure;
use crate::git::trees::Entry;

use super::judge::Judged;
use super::target::{Target, Version};
use super::text::TextJudge;

/// How many lines before and behind a hunk tell its surroundings.
pub(super) const SURROUNDINGS: usize = 3;

/// Of so many files what is switched off in them is kept between questions; each is a byte a line.
const CACHED_SWITCHES: usize = 1_000;

impl TextJudge<'_, '_> {
    /// Whether among a hunk's lines, which stand at these places of a text, stands one that the fix itself brought and took
    /// out again: then only a first part of the fix is there.
    pub(super) fn holds_what_the_fix_dropped(&self, places: &[usize], text: &Text<'_>) -> Result<bool, Failure> {
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return Ok(false) };
        // One commit drops nothing that it brought.
        if self.fix.commits.len() < 2 || last - first < places.len() {
            return Ok(false);
        }
        let places: HashSet<usize> = places.iter().copied().collect();
        let between: HashSet<&[u8]> = (first..last)
            .filter(|line| !places.contains(line))
            .map(|line| text.lines()[line])
            .filter(|line| is_telling(line))
            .collect();
        let kept: HashSet<&[u8]> =
            self.change.before.lines().iter().chain(self.change.after.lines()).copied().collect();
        let wanted: HashSet<&[u8]> = between.difference(&kept).copied().collect();
        let repository = self.target.repository;
        for commit in self.fix.commits.iter().filter(|commit| !wanted.is_empty() && repository.has(**commit)) {
            let tree = repository.node(*commit)?.tree;
            let Some(entry) = repository.entry_at(tree, self.path)?.filter(|entry| entry.is_file()) else { continue };
            let version = self.target.blob(entry.id)?;
            if Text::new(&version).lines().iter().any(|line| wanted.contains(line)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes back that a hunk holds, where the target's tip, `text`, says otherwise than its lines alone: `now` is what the hunk
    /// test says there, and `place` where its lines stand, if they do.
    pub(super) fn doubt(
        &self,
        hunk: &Hunk,
        (now, place): (Standing, Option<Place>),
        text: &Text<'_>,
        one: &mut Judged,
    ) -> Result<(), Failure> {
        let Some(newest) = self.versions.first() else { return Ok(()) };
        if one.moved_to.is_none() && newest.entry == self.sides.0 && newest.entry != self.sides.1 {
            // The file is what it was before the fix, to the byte.
            one.take_out(newest.at);
        } else if now == Standing::Absent && (one.fate == Fate::InEffect || one.gone.is_some()) {
            self.absent(hunk, one)?;
        } else if let Some(Place { lines, gap }) = place {
            let around = match (lines.first(), lines.last()) {
                (Some(first), Some(last)) => *first..*last + 1,
                _ => gap,
            };
            if self.is_switched_off(hunk, &lines, (newest, text))
                || self.holds_what_the_fix_dropped(&lines, text)?
                || self.stands_beside_the_old(hunk, &around, text)
                || self.left_its_block(hunk, &lines, text)
                || self.does_nothing_there(hunk, &lines, text)
            {
                one.fate = Fate::Unknown;
            }
        }
        Ok(())
    }

    /// Says of a hunk that landed, and that the hunk test does not find at the tip, which commit took it out, whatever its lines
    /// say: they may have been rewritten, put back, and taken out with the rest.
    ///
    /// What the landing itself does not show was brought otherwise than the fix has it, or to another place: nobody took it out,
    /// and a person must look.
    fn absent(&self, hunk: &Hunk, one: &mut Judged) -> Result<(), Failure> {
        let absent = self.versions.iter().map(|version| self.is_absent(hunk, version.entry));
        let since = absent.take_while(|absent| !matches!(absent, Ok(false))).collect::<Result<Vec<_>, _>>()?.len();
        let first = self.versions[since.saturating_sub(1)].at;
        match one.landed_by {
            Some(landing) if landing <= first => {
                if one.fate == Fate::InEffect {
                    one.fate = Fate::Unknown;
                }
            }
            _ => one.take_out(first),
        }
        Ok(())
    }

    /// Whether a line that the hunk took out stands beside its lines all the same, or near the place that it deleted: whoever
    /// keeps both sides of a conflict keeps the old one.
    fn stands_beside_the_old(&self, hunk: &Hunk, place: &Range<usize>, text: &Text<'_>) -> bool {
        let removed = self.change.removed(hunk);
        let reach = if hunk.new.is_empty() { SURROUNDINGS } else { 1 + removed.len().min(SURROUNDINGS) };
        let near = |lines: &[&[u8]], place: &Range<usize>, wanted: &[u8]| {
            let range = place.start.saturating_sub(reach)..lines.len().min(place.end + reach);
            lines[range].iter().filter(|line| line.trim_ascii() == wanted).count()
        };
        removed
            .iter()
            .filter(|line| is_telling(line) && !self.language.is_quiet(&[line]))
            .map(|line| line.trim_ascii())
            .any(|wanted| {
                let (here, in_fix) =
                    (near(text.lines(), place, wanted), near(self.change.after.lines(), &hunk.new, wanted));
                // Beside lines that the fix brought, what stands there anyway may stand there once more.
                here > in_fix && (hunk.new.is_empty() || in_fix == 0)
            })
    }

    /// Whether a hunk's lines, which stand at these places of a text, are never come to there, or too late.
    fn does_nothing_there(&self, hunk: &Hunk, places: &[usize], text: &Text<'_>) -> bool {
        self.is_cut_off(hunk, places, text) || self.is_out_of_order(hunk, places, text)
    }

    /// Whether one of a hunk's lines, which stand at these places of a version, is switched off there, and was not in the fix.
    ///
    /// A comment that says the same in other words since is more like a comment of the fix than like its code.
    fn is_switched_off(&self, hunk: &Hunk, places: &[usize], (version, text): (&Version, &Text<'_>)) -> bool {
        let off = self.target.switched_off(&version.path, version.entry, text);
        if off.is_empty() {
            return false;
        }
        let in_fix = self.target.switched_off(self.path, self.sides.1, &self.change.after);
        let (mut was_off, mut was_on) = (Vec::new(), Vec::new());
        for line in hunk.new.clone() {
            let is_off = in_fix.get(line) == Some(&true);
            if is_off { &mut was_off } else { &mut was_on }.push(self.change.after.lines()[line]);
        }
        let known: HashSet<&[u8]> = was_off.iter().copied().collect();
        let is_off = |line: &usize| off.get(*line) == Some(&true) && !known.contains(text.lines()[*line]);
        let is_by_right = |line: &usize| is_more_like(text.lines()[*line], &was_off, &was_on);
        places.iter().any(|line| is_off(line) && !is_by_right(line))
    }

    /// Whether the commit with number `at` is a merge that left out lines, which stand at these places of its first parent's
    /// text, and that the other side never had: whoever resolved it took that side. What both had, somebody took out who knew it.
    pub(super) fn is_left_out_by_a_merge(
        &self,
        gone: &[usize],
        text: &Text<'_>,
        at: usize,
        path: &RepositoryPath,
    ) -> Result<bool, Failure> {
        let gone = || gone.iter().map(|line| text.lines()[*line]);
        let mut says_something = gone().filter(|line| is_telling(line) && !self.language.is_quiet(&[line])).peekable();
        let parents = self.target.node(at)?.map(|node| node.parents.clone()).unwrap_or_default();
        let ([first, other], Some(_)) = (&parents[..], says_something.peek()) else { return Ok(false) };
        let repository = self.target.repository;
        let Some(base) = repository.merge_base(*first, *other)? else { return Ok(false) };
        let bytes = self.target.content(repository.entry_at(repository.node(base)?.tree, path)?)?;
        let known: HashSet<&[u8]> = Text::new(&bytes).lines().iter().copied().collect();
        Ok(says_something.any(|line| !known.contains(line)))
    }

    /// The fate of a hunk whose lines were followed to the tip.
    pub(super) fn settle(
        &self,
        hunk: &Hunk,
        trace: &Trace,
        (tip, text): (&Version, &Text<'_>),
        one: &mut Judged,
    ) -> Result<(), Failure> {
        if !hunk.new.is_empty() && one.moved_to.is_none() {
            one.standing = trace.standing(text).min(one.weight);
        }
        let lines: Vec<usize> = trace.own.iter().chain(&trace.heirs).copied().collect();
        let much_is_gone = trace.dropped > 0 && self.too_much_is_gone(hunk, trace);
        // What nothing stands in the place of was not developed further.
        let may_be_back = trace.may_be_back || much_is_gone && !trace.rewritten;
        one.worn = (trace.lost || much_is_gone) && !one.quiet;
        one.fate = if may_be_back && !one.quiet
            || self.is_switched_off(hunk, &lines, (tip, text))
            || self.left_its_block(hunk, &lines, text)
            || self.does_nothing_there(hunk, &lines, text) && !one.quiet
        {
            Fate::Unknown
        } else if trace.is_evolved() || one.moved_to.is_some() || one.worn {
            Fate::Evolved
        } else {
            Fate::InEffect
        };
        Ok(())
    }

    /// Whether later work dropped so much of a hunk that the rest may do nothing of it. Either of two lines may be the one that
    /// mattered, but in a test, which no production runs.
    fn too_much_is_gone(&self, hunk: &Hunk, trace: &Trace) -> bool {
        let does_something = |line: &&&[u8]| is_telling(line) && !self.language.is_quiet(&[line]);
        match self.change.added(hunk).iter().filter(does_something).count() {
            1 | 2 if !is_test_code(self.path) => trace.lacking > 0,
            _ => trace.dropped * 2 > hunk.new.len(),
        }
    }

    /// Whether of a hunk that did something only comments are left.
    pub(super) fn only_words_are_left(&self, hunk: &Hunk, trace: &Trace, version: &Text<'_>) -> bool {
        let lines = trace.own.iter().chain(&trace.heirs).map(|line| version.lines()[*line]);
        let left: Vec<&[u8]> = lines.filter(|line| is_telling(line)).collect();
        !trace.rewritten
            && !left.is_empty()
            && self.language.is_quiet(&left)
            && !self.language.is_quiet(self.change.added(hunk))
    }

    /// Whether the code around a trace went elsewhere in the step in which the trace's own lines went: it lives on without
    /// them.
    pub(super) fn surroundings_live_on(
        &self,
        trace: &Trace,
        (old, new, alignment): (&Text<'_>, &Text<'_>, &Alignment),
        at: usize,
        from: &RepositoryPath,
    ) -> Result<bool, Failure> {
        let (Some(&first), Some(&last)) = (trace.own.iter().min(), trace.own.iter().max()) else { return Ok(false) };
        let gone = |line: &usize| alignment.forward(*line).is_none() && is_telling(old.lines()[*line]);
        let before = (0..first).rev().take_while(|line| alignment.forward(*line).is_none());
        let behind = (last + 1..old.lines().len()).take_while(|line| alignment.forward(*line).is_none());
        let around: Vec<&[u8]> = before
            .filter(gone)
            .take(SURROUNDINGS)
            .chain(behind.filter(gone).take(SURROUNDINGS))
            .map(|line| old.lines()[line])
            .collect();
        if around.len() < 2 {
            return Ok(false);
        }
        let fresh: Vec<&[u8]> =
            alignment.hunks.iter().flat_map(|hunk| hunk.new.clone()).map(|line| new.lines()[line]).collect();
        let trimmed: HashSet<&[u8]> = fresh.iter().map(|line| line.trim_ascii()).collect();
        let own = trace.own_lines(old);
        if around.iter().all(|line| trimmed.contains(line.trim_ascii())) {
            return Ok(!came_along(&own, &fresh));
        }
        let Some((_, entry, _)) = self.target.scattered(at, &around, from)? else { return Ok(false) };
        let there = self.target.blob(entry.id)?;
        Ok(!came_along(&own, Text::new(&there).lines()))
    }
}

impl Target<'_> {
    /// Which lines of a version of a file are switched off; nothing where none is.
    fn switched_off(&self, path: &RepositoryPath, entry: Option<Entry>, text: &Text<'_>) -> Rc<Vec<bool>> {
        let Some(entry) = entry else { return Rc::default() };
        // What a file is called counts as much as what stands in it.
        let key = (entry.id, path.clone());
        let mut known = self.off.borrow_mut();
        if known.len() >= CACHED_SWITCHES {
            known.clear();
        }
        Rc::clone(known.entry(key).or_insert_with(|| switched_off(path, text).unwrap_or_default().into()))
    }
}

/// Whether a line goes on as one of `these` rather than as one of `others`, whatever the marks at its ends.
fn is_more_like(line: &[u8], these: &[&[u8]], others: &[&[u8]]) -> bool {
    let words = |line: &'_ [u8]| {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
        let start = line.iter().position(is_word).unwrap_or(line.len());
        start..line.iter().rposition(is_word).map_or(start, |end| end + 1)
    };
    let line = &line[words(line)];
    let most = |all: &[&[u8]]| all.iter().map(|other| likeness(line, &other[words(other)])).max().unwrap_or(0);
    // Who comments code out may say why on the same line.
    let holds_code = || {
        let code = others.iter().filter(|other| is_telling(other)).map(|other| &other[words(other)]);
        code.into_iter().any(|code| memmem::find(line, code).is_some())
    };
    let alike = most(these);
    alike >= ALIKE && alike > most(others) && !holds_code()
}

/// Whether at least half of what says something in these lines stands, in whatever form, among others.
fn came_along(own: &[&[u8]], others: &[&[u8]]) -> bool {
    let telling: Vec<&[u8]> = own.iter().copied().filter(|line| is_telling(line)).collect();
    let alike = |line: &&&[u8]| others.iter().any(|other| is_alike(other, line));
    telling.iter().filter(alike).count() * 2 >= telling.len()
}
