//! What was taken back with the rest of a fix, and does not show it by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::fate::Fate;
use crate::domain::hunk::{Standing, TextChange};
use crate::domain::identity::ObjectId;
use crate::domain::lines::{Hunk, is_telling};
use crate::failure::Failure;

use super::fix::entry_of;
use super::identity::Timeline;
use super::judge::{Judged, Part, Sides, texts};
use super::target::{Target, Version};

/// Settles the open hunks of a fix of which nothing is in effect, and of which some was taken out.
///
/// - Commits that say that they take it back took out what their own step undid, in a path that the landing changed too, if that
///   is most of the fix with what they are proven to have taken out. A landing may be hard to find: main had the line out
///   before, or the same lines stand elsewhere.
/// - A hunk that says nothing, such as a brace, went with what stands next to it.
pub(super) fn taken_back(
    target: &Target<'_>,
    commits: &[ObjectId],
    timelines: &[Timeline<'_>],
    judged: &mut [Judged],
) -> Result<(), Failure> {
    let any = |is: &dyn Fn(&Judged) -> bool| judged.iter().any(is);
    if any(&|one| one.fate.holds()) || !any(&is_open) || !any(&|one| one.fate == Fate::Undone) {
        return Ok(());
    }
    let (pairs, proven) = claimed(target, commits, judged)?;
    let (mut taken, mut silent) = (Vec::new(), Vec::new());
    for (change, versions) in timelines {
        let is_own = |one: &Judged| Some(&one.path) == change.path() && is_open(one);
        let Some(after) = change.after.as_ref().filter(|_| judged.iter().any(is_own)) else { continue };
        let Some((old, new)) = texts(target, change.before.as_ref(), after)? else { continue };
        let text = TextChange::new(&old, &new);
        let sides = (change.before.as_ref().map(entry_of), Some(entry_of(after)));
        let path = OnePath { target, text: &text, sides, versions };
        for (at, one) in judged.iter().enumerate().filter(|(_, one)| is_own(one)) {
            // A part of a hunk, which a later commit of the fix made, is none that came and went.
            let Some(hunk) = text.hunks.iter().find(|hunk| one.part.is(hunk)) else { continue };
            if let Some(undoer) = path.undoer(hunk, one.fate, &pairs)? {
                taken.push((at, undoer));
            } else if says_nothing(&text, hunk) && one.fate != Fate::Never {
                silent.push(at);
            }
        }
    }
    let all: usize = judged.iter().filter(|one| one.fate != Fate::Ignored).map(|one| one.weight).sum();
    let weight: usize = taken.iter().map(|(at, _)| judged[*at].weight).sum();
    if (proven + weight) * 2 > all {
        taken.into_iter().for_each(|(at, undoer)| judged[at].take_out(undoer));
    }
    for at in silent {
        if let Some(undoer) = beside(judged, at) {
            judged[at].take_out(undoer);
        }
    }
    Ok(())
}

/// Doubts a deletion that stands where a commit since says that it takes the fix back, and made the file longer: it may have
/// brought what was deleted in words of its own, at another place.
pub(super) fn doubt_deletions(
    target: &Target<'_>,
    commits: &[ObjectId],
    timelines: &[Timeline<'_>],
    judged: &mut [Judged],
) -> Result<(), Failure> {
    let is_deletion =
        |one: &Judged| matches!(&one.part, Part::Lines { new, .. } if new.is_empty()) && one.fate.holds() && !one.quiet;
    if !judged.iter().any(is_deletion) {
        return Ok(());
    }
    let versions: BTreeMap<_, _> = timelines.iter().map(|(change, versions)| (change.path(), versions)).collect();
    let length = |version: &Version| target.content(version.entry).map(|content| content.len());
    let mut claims = BTreeMap::new();
    for one in judged.iter_mut().filter(|one| is_deletion(one)) {
        let (Some(landing), Some(versions)) = (one.landed_by, versions.get(&Some(&one.path))) else { continue };
        for (at, version) in versions.iter().enumerate().take_while(|(_, version)| version.at < landing) {
            let claimed = match claims.get(&(version.at, landing)) {
                Some(claimed) => *claimed,
                None => target.claims_to_revert(version.at, landing, commits)?,
            };
            claims.insert((version.at, landing), claimed);
            if claimed && versions.get(at + 1).map_or(Ok(0), length)? < length(version)? {
                one.fate = Fate::Unknown;
            }
        }
    }
    Ok(())
}

/// A changed path with its versions on the target, newest first.
struct OnePath<'a, 't> {
    target: &'a Target<'a>,
    text: &'a TextChange<'t>,
    sides: Sides,
    versions: &'a [Version],
}

impl OnePath<'_, '_> {
    /// The commit that undid a hunk with this fate by its own step, among those that say that they take this landing back.
    fn undoer(&self, hunk: &Hunk, fate: Fate, pairs: &[(usize, usize)]) -> Result<Option<usize>, Failure> {
        for &(landing, undoer) in pairs {
            let undoing = self.versions.iter().position(|version| version.at == undoer);
            let landed = self.versions.iter().any(|version| version.at == landing);
            let Some(undoing) = undoing.filter(|_| landed) else { continue };
            let Some(before) = self.versions.get(undoing + 1) else { continue };
            let is_back = match fate {
                Fate::Never => true,
                Fate::Weak => self.standing(hunk, &self.versions[undoing])? != Standing::InEffect,
                _ => self.standing(hunk, &self.versions[0])? == Standing::Absent,
            };
            if is_back && self.standing(hunk, before)? != Standing::Absent {
                return Ok(Some(undoer));
            }
        }
        Ok(None)
    }

    fn standing(&self, hunk: &Hunk, version: &Version) -> Result<Standing, Failure> {
        Ok(self.target.view(self.sides, version.entry)?.standing(self.text, hunk))
    }
}

/// Whether nothing is proven of a hunk.
fn is_open(one: &Judged) -> bool {
    matches!(one.fate, Fate::Never | Fate::Weak | Fate::Unknown)
}

/// The landings, each with a commit that says that it takes it back and took something of it out, and how much these did.
fn claimed(
    target: &Target<'_>,
    commits: &[ObjectId],
    judged: &[Judged],
) -> Result<(Vec<(usize, usize)>, usize), Failure> {
    let mut found = BTreeMap::<(usize, usize), usize>::new();
    for one in judged.iter().filter(|one| one.fate == Fate::Undone) {
        if let (Some(landing), Some(undoer)) = (one.landed_by, one.undone_by) {
            *found.entry((landing, undoer)).or_default() += one.weight;
        }
    }
    let (mut pairs, mut weight) = (Vec::new(), 0);
    for ((landing, undoer), own) in found {
        if target.claims_to_revert(undoer, landing, commits)? {
            weight += own;
            pairs.push((landing, undoer));
        }
    }
    Ok((pairs, weight))
}

/// Whether nothing that a hunk takes or brings tells it from others.
fn says_nothing(text: &TextChange<'_>, hunk: &Hunk) -> bool {
    let is_word = |line: &[u8]| is_telling(line) && !NO_WORDS.contains(&line.trim_ascii());
    !text.removed(hunk).iter().chain(text.added(hunk)).any(|line| is_word(line))
}

/// Lines that end what others begin.
const NO_WORDS: &[&[u8]] = &[b"#endif", b"#else"];

/// The commit that took out the undone hunk next to this one, one before it or behind it in its path.
fn beside(judged: &[Judged], at: usize) -> Option<usize> {
    let nearest: BTreeSet<(usize, usize)> = judged
        .iter()
        .enumerate()
        .filter(|(_, one)| one.path == judged[at].path)
        .filter_map(|(other, one)| Some((other.abs_diff(at), one.undone_by?)))
        .collect();
    nearest.first().map(|(_, undoer)| *undoer)
}
