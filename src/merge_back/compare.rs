//! The fix and a candidate side by side: what a person looks at where no proof can be had.

use serde::Serialize;

use crate::domain::event::Side;
use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{Alignment, Text, is_binary};
use crate::failure::Failure;
use crate::git::trees::Entry;

use super::fix::{Fix, entry_of};
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
            fix: changed_lines(target, side(&change.before), side(&change.after))?,
            candidate: changed_lines(target, file.before, file.after)?,
        });
    }
    Ok(compared)
}

fn changed_lines(target: &Target<'_>, before: Option<Entry>, after: Option<Entry>) -> Result<Vec<String>, Failure> {
    let read = |entry: Option<Entry>| match entry {
        Some(entry) if entry.is_file() => target.blob(entry.id),
        _ => Ok(std::rc::Rc::default()),
    };
    let (before, after) = (read(before)?, read(after)?);
    if is_binary(&before) || is_binary(&after) {
        return Ok(vec![]);
    }
    let (old, new) = (Text::new(&before), Text::new(&after));
    let mut lines = Vec::new();
    for hunk in Alignment::of_bytes(&before, &after).hunks {
        if !lines.is_empty() {
            lines.push("@".to_owned());
        }
        let marked = |mark: char, line: &&[u8]| format!("{mark}{}", String::from_utf8_lossy(line));
        lines.extend(old.lines()[hunk.old].iter().map(|line| marked('-', line)));
        lines.extend(new.lines()[hunk.new].iter().map(|line| marked('+', line)));
    }
    lines.truncate(MOST_LINES);
    Ok(lines)
}
