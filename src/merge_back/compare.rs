//! The fix and a candidate side by side: what a person looks at where no proof can be had.

use std::ops::Range;

use serde::Serialize;

use crate::domain::event::Side;
use crate::domain::hunk::TextChange;
use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{Hunk, Text, is_binary};
use crate::failure::Failure;
use crate::git::trees::Entry;

use super::fix::{Fix, entry_of};
use super::judge::{Judged, Part};
use super::lacking::carried;
use super::target::Target;

/// The most lines of one side of one path that are shown.
const MOST_LINES: usize = 200;

/// One path's change by the fix and by the candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The path on the target.
    pub path: RepositoryPath,
    /// What the fix does: lines with `-`, `+` or, between two places of the file, `@`; none where it is no text.
    pub fix: Vec<String>,
    /// What the candidate does there.
    pub candidate: Vec<String>,
}

/// The fix's paths that the commit with this number touches too, each with both changes.
pub(super) fn compare(target: &Target<'_>, fix: &Fix, number: usize) -> Result<Vec<Comparison>, Failure> {
    let differing = target.differing(number)?;
    let mut compared = Vec::new();
    for change in &fix.changes {
        let paths = [&change.before, &change.after].into_iter().flatten().map(|side: &Side| &side.path);
        let paths: Vec<&RepositoryPath> = paths.collect();
        let Some(file) = differing.iter().find(|file| paths.contains(&&file.path)) else { continue };
        let side = |side: &Option<Side>| side.as_ref().map(entry_of);
        compared.push(Comparison {
            path: file.path.clone(),
            fix: shown(target, side(&change.before), side(&change.after))?,
            candidate: shown(target, file.before, file.after)?,
        });
    }
    Ok(compared)
}

/// What a part of a fix that landed became: nobody but a person can say whether that is still the fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Became {
    /// The path on the target.
    pub path: RepositoryPath,
    /// What the fix does: lines with `-` and `+`.
    pub fix: Vec<String>,
    /// What stands there now; `@` between two places of the file.
    pub now: Vec<String>,
}

/// What became of these parts of a fix, each beside the fix: of lines that landed and that the target changed since.
pub(super) fn became(target: &Target<'_>, fix: &Fix, parts: &[&Judged]) -> Result<Vec<Became>, Failure> {
    let mut found = Vec::new();
    for one in parts {
        let (Part::Lines { old, new }, Some(landing)) = (&one.part, one.landed_by) else { continue };
        let Some(change) = fix.changes.iter().find(|change| change.path() == Some(&one.path)) else { continue };
        let differing = target.differing(landing)?;
        let landed = differing.iter().find(|file| Some(&file.path) == change.path());
        let Some((file, after)) = landed.and_then(|file| Some((file, file.after?))) else { continue };
        let tree = target.repository.node(target.commit)?.tree;
        let Some(now) = target.repository.entry_at(tree, &file.path)?.filter(|now| now.is_file()) else { continue };
        let side = |side: &Option<Side>| target.content(side.as_ref().map(entry_of));
        let (was, made, brought, stands) =
            (side(&change.before)?, side(&change.after)?, target.blob(after.id)?, target.blob(now.id)?);
        if [&was, &made, &brought, &stands].into_iter().any(|text| is_binary(text)) {
            continue;
        }
        let (was, made, brought, stands) = (Text::new(&was), Text::new(&made), Text::new(&brought), Text::new(&stands));
        let own: Vec<&[u8]> = made.lines()[new.clone()].iter().map(|line| line.trim_ascii()).collect();
        let is_own =
            |hunk: &&Hunk| brought.lines()[hunk.new.clone()].iter().any(|line| own.contains(&line.trim_ascii()));
        let (came, since) = (target.aligned(file.before, Some(after))?, target.aligned(Some(after), Some(now))?);
        let mut places: Vec<Range<usize>> =
            came.hunks.iter().filter(is_own).map(|hunk| carried(&hunk.new, &since.hunks)).collect();
        places.dedup();
        let mut lines: Vec<String> = was.lines()[old.clone()].iter().map(|line| marked('-', line)).collect();
        lines.extend(made.lines()[new.clone()].iter().map(|line| marked('+', line)));
        let mut stand: Vec<String> = Vec::new();
        for place in places.into_iter().filter(|place| !place.is_empty()) {
            stand.extend((!stand.is_empty()).then(|| "@".to_owned()));
            stand.extend(stands.lines()[place].iter().map(|line| marked(' ', line)));
        }
        lines.truncate(MOST_LINES);
        stand.truncate(MOST_LINES);
        found.push(Became { path: file.path.clone(), fix: lines, now: stand });
    }
    Ok(found)
}

/// What a step of a file changes: lines with `-`, `+` or, between two places, `@`; none where it is no text.
fn shown(target: &Target<'_>, before: Option<Entry>, after: Option<Entry>) -> Result<Vec<String>, Failure> {
    let (before, after) = (target.content(before)?, target.content(after)?);
    if is_binary(&before) || is_binary(&after) {
        return Ok(vec![]);
    }
    let change = TextChange::new(&before, &after);
    let mut lines = Vec::new();
    for hunk in &change.hunks {
        lines.extend((!lines.is_empty()).then(|| "@".to_owned()));
        lines.extend(change.removed(hunk).iter().map(|line| marked('-', line)));
        lines.extend(change.added(hunk).iter().map(|line| marked('+', line)));
    }
    lines.truncate(MOST_LINES);
    Ok(lines)
}

fn marked(mark: char, line: &[u8]) -> String {
    format!("{mark}{}", String::from_utf8_lossy(line))
}
