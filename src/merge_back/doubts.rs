//! What takes a proof away again: signs that a hunk stands there, or went, otherwise than its lines alone tell.

use foldhash::HashSet;

use crate::domain::adaptation::is_alike;
use crate::domain::fate::Fate;
use crate::domain::hunk::Trace;
use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{Alignment, Hunk, Text, is_telling};
use crate::domain::quiet::is_quiet;
use crate::domain::switched_off::switched_off;
use crate::failure::Failure;

use super::judge::Judged;
use super::target::Version;
use super::text::TextJudge;

/// How many lines before and behind a hunk tell its surroundings.
const SURROUNDINGS: usize = 3;

impl TextJudge<'_> {
    /// Whether among a hunk's lines, which stand at these places of a text, stands one that the fix itself brought and took
    /// out again: then only a first part of the fix is there.
    pub(super) fn holds_what_the_fix_dropped(&self, places: &[usize], text: &Text<'_>) -> Result<bool, Failure> {
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return Ok(false) };
        // One commit drops nothing that it brought.
        if self.fix.commits.len() < 2 || last - first < places.len() {
            return Ok(false);
        }
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

    /// Whether one of a hunk's lines, which stand at these places of a version, is switched off there, and was not in the fix.
    pub(super) fn is_switched_off(&self, hunk: &Hunk, places: &[usize], version: &Version) -> Result<bool, Failure> {
        let bytes = self.bytes(version)?;
        let text = Text::new(&bytes);
        let Some(off) = switched_off(&version.path, &text) else { return Ok(false) };
        let in_fix = switched_off(self.path, &self.change.after).unwrap_or_default();
        let was_off: HashSet<&[u8]> = hunk
            .new
            .clone()
            .filter(|line| in_fix.get(*line) == Some(&true))
            .map(|line| self.change.after.lines()[line])
            .collect();
        let is_off = |line: &usize| off.get(*line) == Some(&true) && !was_off.contains(text.lines()[*line]);
        Ok(places.iter().any(is_off))
    }

    /// The fate of a hunk whose lines were followed to the tip.
    pub(super) fn settle(&self, hunk: &Hunk, trace: &Trace, tip: &Version, one: &mut Judged) -> Result<(), Failure> {
        if !hunk.new.is_empty() && one.moved_to.is_none() {
            one.standing = trace.standing(&Text::new(&self.bytes(tip)?)).min(one.weight);
        }
        let lines: Vec<usize> = trace.own.iter().chain(&trace.heirs).copied().collect();
        one.fate = if self.is_switched_off(hunk, &lines, tip)? {
            Fate::Unknown
        } else if trace.is_evolved() || one.moved_to.is_some() {
            Fate::Evolved
        } else {
            Fate::InEffect
        };
        Ok(())
    }

    /// Whether of a hunk that did something only comments are left.
    pub(super) fn only_words_are_left(&self, hunk: &Hunk, trace: &Trace, version: &Text<'_>) -> bool {
        let lines = trace.own.iter().chain(&trace.heirs).map(|line| version.lines()[*line]);
        let left: Vec<&[u8]> = lines.filter(|line| is_telling(line)).collect();
        !trace.rewritten
            && !left.is_empty()
            && is_quiet(self.path, &left)
            && !is_quiet(self.path, self.change.added(hunk))
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

/// Whether at least half of what says something in these lines stands, in whatever form, among others.
fn came_along(own: &[&[u8]], others: &[&[u8]]) -> bool {
    let telling: Vec<&[u8]> = own.iter().copied().filter(|line| is_telling(line)).collect();
    let alike = |line: &&&[u8]| others.iter().any(|other| is_alike(other, line));
    telling.iter().filter(alike).count() * 2 >= telling.len()
}
