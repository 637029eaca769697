//! A target's first-parent line, read once for many fixes: what each of its commits changed.

use foldhash::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;
use crate::git::history::Node;
use crate::git::repository::Repository;
use crate::git::trees::Differing;

use super::target::{Target, Version};

/// The newest commits of a target's first-parent line, and what each changed against its parent.
pub struct Line {
    /// The commits, newest first; the last is the oldest that any fix's search goes back to.
    pub(super) nodes: Vec<Node>,
    /// For each commit but the last.
    differing: Vec<Arc<Vec<Differing>>>,
    /// For each path the commits that changed it, newest first, each with the place of the path among its changes.
    changes: HashMap<RepositoryPath, Vec<(usize, usize)>>,
}

impl Line {
    /// Reads the line of `target` back to where the last of these commits leaves it, on this many threads.
    pub fn read(
        target: &Target<'_>,
        commits: &[ObjectId],
        threads: usize,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, Failure> {
        let parents = commits.iter().map(|commit| Ok(target.repository.node(*commit)?.parents.first().copied()));
        let mut bases: HashSet<ObjectId> = HashSet::default();
        for parent in parents.collect::<Result<Vec<_>, Failure>>()? {
            bases.extend(parent);
        }
        let mut bottom = 0;
        for base in bases {
            bottom = bottom.max(target.meet(base)?.map_or_else(|| target.root(), Ok)?);
        }
        let nodes = target.nodes(bottom)?;
        let numbers: Vec<usize> = (0..nodes.len().saturating_sub(1)).collect();
        let (path, tip) = (target.repository.common_directory(), target.commit);
        let share = |numbers: &&[usize]| {
            let repository = Repository::discover(&path)?;
            let read = |number: &usize| {
                if number.is_multiple_of(256) {
                    Target::new(&repository, tip, stop).check_time()?;
                }
                Ok(Arc::new(repository.differing(Some(nodes[number + 1].tree), Some(nodes[*number].tree))?))
            };
            numbers.iter().map(read).collect::<Result<Vec<_>, Failure>>()
        };
        let shares: Vec<&[usize]> = numbers.chunks(numbers.len().div_ceil(threads.max(1)).max(1)).collect();
        let differing: Vec<Arc<Vec<Differing>>> = at_once(&shares, share)?.concat();
        let mut changes: HashMap<RepositoryPath, Vec<(usize, usize)>> = HashMap::default();
        for (number, files) in differing.iter().enumerate() {
            for (place, file) in files.iter().enumerate() {
                changes.entry(file.path.clone()).or_default().push((number, place));
            }
        }
        Ok(Self { nodes, differing, changes })
    }

    /// What the commit with this number changed; none where that was not read.
    pub(super) fn differing(&self, number: usize) -> Option<&Arc<Vec<Differing>>> {
        self.differing.get(number)
    }

    /// The number of the oldest commit that was read.
    pub(super) fn bottom(&self) -> usize {
        self.differing.len()
    }

    /// The versions of a path from the target back to a commit of the line, newest first; the last is the one at `bottom`. None where no
    /// commit that was read changed it.
    pub(super) fn versions(&self, path: &RepositoryPath, bottom: usize) -> Option<Vec<Version>> {
        let changes = self.changes.get(path)?;
        let file = |&(number, place): &(usize, usize)| &self.differing[number][place];
        let version = |at, entry| Version { at, path: path.clone(), entry };
        let behind = changes.partition_point(|(number, _)| *number < bottom);
        let mut versions: Vec<Version> =
            changes[..behind].iter().map(|change| version(change.0, file(change).after)).collect();
        // What stands at the bottom is what the oldest change left, or what the next older one made.
        let oldest = behind.checked_sub(1).map(|at| file(&changes[at]).before);
        versions.push(version(bottom, oldest.or_else(|| changes.get(behind).map(|older| file(older).after))?));
        Some(versions)
    }
}

/// Does each share of a work on a thread of its own; the first failure counts.
pub(super) fn at_once<S: Sync, T: Send>(
    shares: &[S],
    work: impl Fn(&S) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = shares.iter().map(|share| scope.spawn(|| work(share))).collect();
        let join =
            |thread: std::thread::ScopedJoinHandle<'_, Result<T, Failure>>| thread.join().map_err(|_| broken())?;
        threads.into_iter().map(join).collect()
    })
}

/// What is said where a thread ended by itself.
pub(super) fn broken() -> Failure {
    Failure::undecided("a worker of the search broke")
}
