//! Where picks are tried one after another, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::domain::event::{Change, Side};
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::lines::is_binary;
use crate::domain::three_way;
use crate::failure::Failure;
use crate::git::trees::Entry;
use crate::git::trial::Conflict;

use super::fix::entry_of;
use super::report::Report;
use super::target::Target;

/// What stands at a path while picks are tried one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// What the store holds.
    Stored(Entry),
    /// A text that only the trial has made.
    Made(Rc<Vec<u8>>),
}

/// What picks left at the paths that they touched; none where nothing stands.
pub(super) type Left = BTreeMap<RepositoryPath, Option<Stand>>;

/// Where picks are tried, path by path: a merge of whole trees would read most of both.
pub(super) struct Bench<'a> {
    target: &'a Target<'a>,
    tree: ObjectId,
    /// Where the target has a path of the fix today, as far as it moved it.
    moved: &'a BTreeMap<RepositoryPath, RepositoryPath>,
    /// What the picks so far left at a path.
    stands: Left,
}

impl<'a> Bench<'a> {
    /// Nothing was picked yet.
    pub(super) fn new(target: &'a Target<'a>, report: &'a Report) -> Result<Self, Failure> {
        let tree = target.repository.node(target.commit)?.tree;
        Ok(Self { target, tree, moved: &report.moved, stands: BTreeMap::new() })
    }

    /// Brings one commit's changes in; what stands in the way, if anything does.
    pub(super) fn pick(&mut self, changes: &[Change]) -> Result<Vec<Conflict>, Failure> {
        let mut conflicts = Vec::new();
        for Change { before, after } in changes {
            let Some(path) = before.as_ref().or(after.as_ref()).map(|side| &side.path) else { continue };
            let place = self.moved.get(path).unwrap_or(path).clone();
            let ours = self.stands_at(&place)?;
            if after.is_none() && place != *path {
                conflicts.push(Conflict { path: place, lines: vec![] });
                continue;
            }
            match self.bring(before.as_ref(), ours.as_ref(), after.as_ref(), &place)? {
                Err(conflict) => conflicts.push(conflict),
                Ok(stand) => {
                    let renamed = before.as_ref().zip(after.as_ref()).filter(|(old, new)| old.path != new.path);
                    let goal = renamed.map_or_else(|| place.clone(), |(_, new)| new.path.clone());
                    if goal != place && self.stands_at(&goal)?.is_some() {
                        conflicts.push(Conflict { path: goal, lines: vec![] });
                        continue;
                    }
                    self.stands.insert(place, None);
                    self.stands.insert(goal, stand);
                }
            }
        }
        conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(conflicts)
    }

    /// What the picks so far left, to come back to.
    pub(super) fn left(&self) -> Left {
        self.stands.clone()
    }

    /// Comes back to what some picks had left.
    pub(super) fn back_to(&mut self, left: Left) {
        self.stands = left;
    }

    /// The paths that are not any more as the picks had left them `then`.
    pub(super) fn changed_since(&self, then: &Left) -> Result<BTreeSet<RepositoryPath>, Failure> {
        let mut changed = BTreeSet::new();
        for (path, now) in self.stands.iter().filter(|(path, now)| then.get(*path) != Some(*now)) {
            let then = match then.get(path) {
                Some(then) => then.clone(),
                None => self.target.repository.entry_at(self.tree, path)?.map(Stand::Stored),
            };
            let stored = matches!((&then, now), (Some(Stand::Stored(then)), Some(Stand::Stored(now))) if then != now);
            if stored || then.is_some() != now.is_some() || self.text(then.as_ref())? != self.text(now.as_ref())? {
                changed.insert(path.clone());
            }
        }
        Ok(changed)
    }

    fn stands_at(&self, path: &RepositoryPath) -> Result<Option<Stand>, Failure> {
        match self.stands.get(path) {
            Some(stand) => Ok(stand.clone()),
            None => Ok(self.target.repository.entry_at(self.tree, path)?.map(Stand::Stored)),
        }
    }

    /// One path's three-way merge.
    fn bring(
        &self,
        before: Option<&Side>,
        ours: Option<&Stand>,
        after: Option<&Side>,
        path: &RepositoryPath,
    ) -> Result<Result<Option<Stand>, Conflict>, Failure> {
        let stored = |side: Option<&Side>| side.map(|side| Stand::Stored(entry_of(side)));
        let whole = || Conflict { path: path.clone(), lines: vec![] };
        let (old, new) = (stored(before), stored(after));
        if ours == old.as_ref() {
            let blocked = ours.is_none() && self.target.repository.is_blocked(self.tree, path)?;
            return Ok(if blocked { Err(whole()) } else { Ok(new) });
        }
        if ours == new.as_ref() {
            return Ok(Ok(new));
        }
        let (Some(ours), Some(new)) = (ours, &new) else { return Ok(Err(whole())) };
        let texts = (self.text(old.as_ref())?, self.text(Some(ours))?, self.text(Some(new))?);
        let (Some(base), Some(ours), Some(theirs)) = texts else { return Ok(Err(whole())) };
        Ok(match three_way::merge(&base, &ours, &theirs) {
            three_way::Merged::Clean(text) => Ok(Some(Stand::Made(text.into()))),
            three_way::Merged::Conflicts(places) => {
                Err(Conflict { path: path.clone(), lines: places.iter().map(lines_of).collect() })
            }
        })
    }

    /// The text of a regular file; none where it is no text. Nothing is the empty text.
    fn text(&self, stand: Option<&Stand>) -> Result<Option<Rc<Vec<u8>>>, Failure> {
        let text = match stand {
            None => Rc::default(),
            Some(Stand::Made(text)) => Rc::clone(text),
            Some(Stand::Stored(entry)) if entry.is_file() => self.target.blob(entry.id)?,
            Some(Stand::Stored(_)) => return Ok(None),
        };
        Ok((!is_binary(&text)).then_some(text))
    }
}

/// The lines of our side that conflict, such as `12-15`; where our side has none, the line before which theirs would stand.
fn lines_of(place: &Range<usize>) -> String {
    let first = place.start + 1;
    if place.len() > 1 { format!("{first}-{}", place.end) } else { first.to_string() }
}
