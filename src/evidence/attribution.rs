//! To which fix a commit belongs: by its id or by its content, never by what its message says.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use crate::domain::digest::FixDigest;
use crate::domain::event::{Change, FixAttached};
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::trial::Trial;

use super::globs::Globs;
use super::people::digest;

/// To what a commit belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// It carries no fix: it changes nothing, only what the policy says never goes back, or is a merge that adds nothing.
    Carried,
    /// To these of the fixes, by their place in the list.
    To(BTreeSet<usize>),
    /// To none. Of a merge: the paths that it changes beside what it merges.
    Nobody {
        /// Those paths; empty for a commit that is no merge.
        own: Vec<RepositoryPath>,
    },
}

/// The fixes that a commit could belong to.
pub struct Attribution<'r, 'f> {
    repository: &'r Repository,
    fixes: &'f [&'f FixAttached],
    never_goes_back: &'f Globs,
    /// The digests of each fix and of each of its commits that is here, once a commit was looked for by its content.
    digests: RefCell<Option<HashMap<FixDigest, BTreeSet<usize>>>>,
}

impl<'r, 'f> Attribution<'r, 'f> {
    /// An attribution to `fixes`.
    pub fn new(repository: &'r Repository, fixes: &'f [&'f FixAttached], never_goes_back: &'f Globs) -> Self {
        Self { repository, fixes, never_goes_back, digests: RefCell::default() }
    }

    /// To what a commit belongs. Exit 4 where an object is missing.
    ///
    /// The same content is the same change: what the commit does to each file is just what the fix does to it, or it is the net
    /// change of a fix or of one of its commits on other lines of the file (a pick, a squash or a rebase has another id).
    pub fn of(&self, commit: ObjectId) -> Result<Belongs, Failure> {
        let by_id = self.fixes_with(|fix| fix.commits.contains(&commit));
        let parents = self.repository.node(commit)?.parents;
        if !by_id.is_empty() {
            return Ok(Belongs::To(by_id));
        }
        let changes = self.repository.changes_of(commit)?;
        if parents.len() > 1 {
            return self.of_merge(commit, &parents, changes);
        }
        self.of_content(changes).map(|found| found.unwrap_or(Belongs::Nobody { own: Vec::new() }))
    }

    /// What a commit changes and what need not come back to main, by the policy: nobody answers for that. Of a merge, what it
    /// changes beside what it merges. Exit 4 where an object is missing.
    pub fn never_goes_back(&self, commit: ObjectId) -> Result<Vec<RepositoryPath>, Failure> {
        let parents = self.repository.node(commit)?.parents;
        let changes = self.repository.changes_of(commit)?;
        let mut paths = match parents.len() {
            0 | 1 => changes.iter().filter_map(|change| change.path().cloned()).collect(),
            _ => self.own(commit, &parents, &changes)?,
        };
        paths.retain(|path| self.never_goes_back.match_any(path.as_bytes()));
        Ok(paths)
    }

    fn fixes_with(&self, holds: impl Fn(&FixAttached) -> bool) -> BTreeSet<usize> {
        self.fixes.iter().enumerate().filter(|(_, fix)| holds(fix)).map(|(at, _)| at).collect()
    }

    fn goes_back(&self, change: &Change) -> bool {
        change.path().is_some_and(|path| !self.never_goes_back.match_any(path.as_bytes()))
    }

    fn of_content(&self, mut changes: Vec<Change>) -> Result<Option<Belongs>, Failure> {
        changes.retain(|change| self.goes_back(change));
        if changes.is_empty() {
            return Ok(Some(Belongs::Carried));
        }
        let mut found = self.fixes_with(|fix| {
            let of_fix: Vec<Change> = unpaired(&fix.changes).collect();
            changes.iter().all(|change| of_fix.contains(change))
        });
        if found.is_empty() {
            found = self.by_digest(digest(self.repository, &changes)?)?;
        }
        Ok((!found.is_empty()).then_some(Belongs::To(found)))
    }

    fn by_digest(&self, wanted: FixDigest) -> Result<BTreeSet<usize>, Failure> {
        if self.digests.borrow().is_none() {
            let mut digests: HashMap<FixDigest, BTreeSet<usize>> = HashMap::new();
            for (at, fix) in self.fixes.iter().enumerate() {
                let mut contents: Vec<Vec<Change>> = vec![unpaired(&fix.changes).collect()];
                for &commit in fix.commits.iter().filter(|commit| self.repository.has(**commit)) {
                    contents.push(self.repository.changes_of(commit)?);
                }
                for mut changes in contents {
                    changes.retain(|change| self.goes_back(change));
                    if !changes.is_empty() {
                        digests.entry(digest(self.repository, &changes)?).or_default().insert(at);
                    }
                }
            }
            self.digests.replace(Some(digests));
        }
        Ok(self.digests.borrow().as_ref().and_then(|digests| digests.get(&wanted)).cloned().unwrap_or_default())
    }

    /// A merge adds nothing where git makes it so by itself. One that a person had a hand in belongs to a fix if what it does to
    /// its first parent is just that fix.
    fn of_merge(&self, commit: ObjectId, parents: &[ObjectId], changes: Vec<Change>) -> Result<Belongs, Failure> {
        let mut own = self.own(commit, parents, &changes)?;
        own.retain(|path| !self.never_goes_back.match_any(path.as_bytes()));
        if own.is_empty() {
            return Ok(Belongs::Carried);
        }
        match self.of_content(changes)? {
            Some(to @ Belongs::To(_)) => Ok(to),
            // It keeps one side where both changed it: that drops the other.
            Some(Belongs::Carried | Belongs::Nobody { .. }) | None => Ok(Belongs::Nobody { own }),
        }
    }
}

impl Attribution<'_, '_> {
    /// The paths that a merge changes beside what it merges.
    fn own(&self, commit: ObjectId, parents: &[ObjectId], changes: &[Change]) -> Result<Vec<RepositoryPath>, Failure> {
        let tree = |commit: ObjectId| self.repository.node(commit).map(|node| node.tree);
        match *parents {
            [first, second] => {
                let base = self.repository.merge_base(first, second)?.map(tree).transpose()?;
                Trial::new(self.repository)?.beside_merge(base, tree(first)?, tree(second)?, tree(commit)?)
            }
            // Nobody reads what five branches come to together.
            _ => Ok(changes.iter().filter_map(|change| change.path().cloned()).collect()),
        }
    }
}

/// A renamed file is one that went and one that came: that is how a single commit is compared.
fn unpaired(changes: &[Change]) -> impl Iterator<Item = Change> {
    changes.iter().flat_map(|change| match (&change.before, &change.after) {
        (Some(before), Some(after)) if before.path != after.path => vec![
            Change { before: Some(before.clone()), after: None },
            Change { before: None, after: Some(after.clone()) },
        ],
        _ => vec![change.clone()],
    })
}
