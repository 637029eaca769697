//! Where a hunk's lines went that a commit took out of their file: whether they were moved, copied, or only stand there as well.

use foldhash::HashSet;

use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{Alignment, Text, is_telling};
use crate::domain::trace::Trace;
use crate::failure::Failure;

use super::doubts::SURROUNDINGS;
use super::steps::{Goals, is_short};
use super::target::Version;
use super::text::TextJudge;

/// So often lines are followed to another file.
const MOST_MOVES: usize = 4;

/// So many telling lines are known again without their surroundings.
const KNOWN_ALONE: usize = 5;

/// What became of lines that a commit took out of their file.
pub(super) enum Away {
    /// No other file has them by that commit, or it has a copy of the code that lives on in the first one without them.
    Nowhere,
    /// They stand again in another file, and nothing shows that they are the same ones.
    Alike,
    /// They went to another file: its later versions (newest first, down to that commit's), and the place in the oldest.
    To(Vec<Version>, Vec<usize>),
}

/// A step of a file out of which lines went, and how both versions align.
pub(super) struct Left<'a, 't> {
    pub(super) old: &'a Text<'t>,
    pub(super) alignment: &'a Alignment,
    pub(super) path: &'a RepositoryPath,
}

impl TextJudge<'_, '_> {
    /// Where a trace's own lines went when commit `at` took them out of their file.
    pub(super) fn moved_away(&self, trace: &Trace, left: &Left<'_, '_>, at: usize) -> Result<Away, Failure> {
        if self.moves >= MOST_MOVES {
            return Ok(Away::Nowhere);
        }
        let own = trace.own_lines(left.old);
        let telling: Vec<&[u8]> = own.iter().copied().filter(|line| is_telling(line)).collect();
        let short = telling.first().copied().filter(|line| telling.len() == 1 && is_short(line));
        let wanted = match (short, beside(left.old, &trace.own)) {
            (None, _) => own,
            // One short line is known only between its neighbours.
            (Some(only), [Some(before), Some(behind)]) => {
                vec![left.old.lines()[before], only, left.old.lines()[behind]]
            }
            (Some(_), _) => return Ok(Away::Nowhere),
        };
        let Some((path, entry, mut places)) = self.target.scattered(at, &wanted, left.path)? else {
            return Ok(Away::Nowhere);
        };
        let there = self.target.blob(entry.id)?;
        let new = Text::new(&there);
        if let Some(only) = short {
            places.retain(|place| new.lines()[*place].trim_ascii() == only.trim_ascii());
        }
        let differing = self.target.differing(at)?;
        let before = differing.iter().find(|file| file.path == path).and_then(|file| file.before);
        let came = self.target.aligned(before, Some(entry))?;
        Ok(match kin(trace, left, (&new, &came, &places)) {
            Kin::Same => {
                let later = self.target.versions(&[path], at)?.remove(0);
                Away::To(self.target.follow_renames(later, Goals::default())?, places)
            }
            Kin::Unknown if short.is_none() => Away::Alike,
            Kin::Unknown | Kin::Another => Away::Nowhere,
        })
    }
}

/// Whether the same lines in another file are the ones that went away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kin {
    Same,
    Another,
    Unknown,
}

/// The lines came with a neighbour that went away with them, or are many enough to be known without: an error check stands in a
/// hundred places, and a line like the one beside it stands in many functions. Where the code around them stands in both files
/// now it was copied, and the first lives on without them.
fn kin(trace: &Trace, left: &Left<'_, '_>, (new, came, places): (&Text<'_>, &Alignment, &[usize])) -> Kin {
    let is_new = |line: usize| came.hunks.iter().any(|hunk| hunk.new.contains(&line));
    let is_gone = |line: usize| left.alignment.forward(line).is_none();
    let fresh: HashSet<&[u8]> =
        came.hunks.iter().flat_map(|hunk| &new.lines()[hunk.new.clone()]).map(|line| line.trim_ascii()).collect();
    let around: Vec<usize> = surroundings(left.old, &trace.own)
        .filter(|line| fresh.contains(left.old.lines()[*line].trim_ascii()))
        .collect();
    let staying = around.iter().filter(|line| !is_gone(**line)).count();
    if around.len() > 1 && staying * 2 >= around.len() {
        return Kin::Another;
    }
    let pairs = beside(left.old, &trace.own).into_iter().zip(beside(new, places));
    let same: Vec<(usize, usize)> = pairs
        .filter_map(|(was, is)| was.zip(is))
        .filter(|(was, is)| left.old.lines()[*was].trim_ascii() == new.lines()[*is].trim_ascii())
        .collect();
    let came_along = same.iter().any(|(was, is)| is_new(*is) && (is_gone(*was) || staying * 2 < around.len()));
    let many = trace.own_lines(left.old).iter().filter(|line| is_telling(line)).count() >= KNOWN_ALONE;
    // A neighbour that was there before is the one of a namesake.
    match (came_along, same.iter().any(|(_, is)| !is_new(*is))) {
        (true, _) => Kin::Same,
        (false, false) if many => Kin::Same,
        (false, true) if !many => Kin::Another,
        (false, _) => Kin::Unknown,
    }
}

/// The nearest telling lines before and behind a run of lines.
fn beside(text: &Text<'_>, lines: &[usize]) -> [Option<usize>; 2] {
    let (first, last) = ends(lines);
    let telling = |line: &usize| is_telling(text.lines()[*line]);
    [(0..first).rev().find(telling), (last + 1..text.lines().len()).find(telling)]
}

/// The telling lines around a run of lines.
fn surroundings<'a>(text: &'a Text<'_>, lines: &[usize]) -> impl Iterator<Item = usize> + use<'a> {
    let (first, last) = ends(lines);
    let telling = |line: &usize| is_telling(text.lines()[*line]);
    let before = (0..first).rev().filter(telling).take(SURROUNDINGS);
    before.chain((last + 1..text.lines().len()).filter(telling).take(SURROUNDINGS)).collect::<Vec<_>>().into_iter()
}

fn ends(lines: &[usize]) -> (usize, usize) {
    (lines.iter().min().copied().unwrap_or(0), lines.iter().max().copied().unwrap_or(0))
}
