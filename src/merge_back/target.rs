//! The target of a merge-back: its first-parent line, walked once for every question, and what stood in its trees.

use foldhash::{HashMap, HashSet};
use std::cell::{OnceCell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::lines::Alignment;
use crate::failure::Failure;
use crate::git::history::{Message, Node};
use crate::git::repository::Repository;
use crate::git::trees::{Differing, Entry, Watch};

use super::holders::Asked;
use super::line::{Line, broken};
use super::steps::Goals;

/// Files by what they are called in their directories.
type Namesakes = HashMap<Vec<u8>, Vec<(RepositoryPath, Entry)>>;

/// For a file's content and path, which of its lines are switched off.
type Switches = HashMap<(ObjectId, RepositoryPath), Rc<Vec<bool>>>;

/// A commit to be judged (usually the tip of main), with what was read of its history so far.
pub struct Target<'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// The commit.
    pub commit: ObjectId,
    pub(super) trunk: RefCell<Trunk>,
    differing: RefCell<HashMap<usize, Arc<Vec<Differing>>>>,
    blobs: RefCell<HashMap<ObjectId, Rc<Vec<u8>>>>,
    /// The regular files of the commit's tree by what they are called.
    files: OnceCell<Namesakes>,
    alignments: RefCell<Alignments>,
    line: Option<&'r Line>,
    pub(super) messages: RefCell<HashMap<usize, Rc<Vec<Message>>>>,
    pub(super) asked: RefCell<Asked>,
    pub(super) off: RefCell<Switches>,
    pub(super) moves: RefCell<HashMap<(usize, RepositoryPath, Entry), Option<RepositoryPath>>>,
    later: RefCell<HashMap<(usize, RepositoryPath), Vec<Version>>>,
    met: RefCell<HashMap<ObjectId, Option<usize>>>,
    stop: &'r (dyn Fn() -> bool + Sync),
}

/// The first-parent line, newest first, as far as it was needed.
#[derive(Default)]
pub(super) struct Trunk {
    nodes: Vec<Node>,
    index: HashMap<ObjectId, usize>,
}

impl Trunk {
    /// These commits.
    pub(super) fn of(nodes: Vec<Node>) -> Self {
        let index = nodes.iter().enumerate().map(|(number, node)| (node.id, number)).collect();
        Self { nodes, index }
    }
}

/// One version of a path on the first-parent line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The number of the commit that made it, from 0 for the target itself; of the oldest version: the bottom of the walk.
    pub at: usize,
    /// The path it had then.
    pub path: RepositoryPath,
    /// What stood there; none where nothing did.
    pub entry: Option<Entry>,
}

/// Alignments by the blobs on both sides; none stands for no regular file.
type Alignments = HashMap<(Option<ObjectId>, Option<ObjectId>), Rc<Alignment>>;

/// The most alignments that are kept between questions; each is a few dozen bytes.
const CACHED_ALIGNMENTS: usize = 100_000;

/// The most blobs that are kept between questions.
const CACHED_BLOBS: usize = 2_000;

impl<'r> Target<'r> {
    /// A target; `stop` is asked often, and where it says true the question ends undecided (exit 4).
    pub fn new(repository: &'r Repository, commit: ObjectId, stop: &'r (dyn Fn() -> bool + Sync)) -> Self {
        let (trunk, differing, blobs, files, alignments, line) = Default::default();
        let (messages, asked, off, moves, later, met) = Default::default();
        Self {
            repository,
            commit,
            trunk,
            differing,
            blobs,
            files,
            alignments,
            line,
            messages,
            asked,
            off,
            moves,
            later,
            met,
            stop,
        }
    }

    /// The same with what is known of its line.
    pub fn on(self, line: &'r Line) -> Self {
        Self { line: Some(line), trunk: RefCell::new(Trunk::of(line.nodes.clone())), ..self }
    }

    /// Does a share of a work on a target, this one or its double on another thread with a handle of its own: libgit2's serve one
    /// thread. With one thread, or where many fixes are asked about and each thread has its own, here alone.
    pub(super) fn shared<T: Send>(
        &self,
        threads: usize,
        work: impl Fn(&Target<'_>) -> Result<T, Failure> + Sync,
    ) -> Result<Vec<T>, Failure> {
        if threads < 2 || self.line.is_some() {
            return Ok(vec![work(self)?]);
        }
        let (path, commit, stop) = (self.repository.common_directory(), self.commit, self.stop);
        let nodes = self.trunk.borrow().nodes.clone();
        let (work, path, nodes) = (&work, &path, &nodes);
        std::thread::scope(|scope| {
            let double = || {
                let repository = Repository::discover(path)?;
                let trunk = RefCell::new(Trunk::of(nodes.clone()));
                work(&Target { trunk, ..Target::new(&repository, commit, stop) })
            };
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(double)).collect();
            let own = work(self);
            let others = others.into_iter().map(|other| other.join().map_err(|_| broken())?);
            [own].into_iter().chain(others).collect()
        })
    }

    /// Another commit as the target, under the same deadline.
    pub fn at(&self, commit: ObjectId) -> Self {
        Self::new(self.repository, commit, self.stop)
    }

    /// Exit 4 once the time is over.
    pub fn check_time(&self) -> Result<(), Failure> {
        if (self.stop)() {
            return Err(Failure::undecided("the deadline passed before the question was decided")
                .hint("run the same command with a longer --deadline"));
        }
        Ok(())
    }

    /// The commit with this number on the first-parent line; none behind its root.
    pub fn node(&self, number: usize) -> Result<Option<Ref<'_, Node>>, Failure> {
        while self.trunk.borrow().nodes.len() <= number {
            let next = match self.trunk.borrow().nodes.last() {
                None => Some(self.commit),
                Some(last) => last.parents.first().copied(),
            };
            let Some(next) = next else { return Ok(None) };
            let node = self.repository.node(next)?;
            let mut trunk = self.trunk.borrow_mut();
            let count = trunk.nodes.len();
            if count.is_multiple_of(256) {
                self.check_time()?;
            }
            trunk.index.insert(next, count);
            trunk.nodes.push(node);
        }
        Ok(Ref::filter_map(self.trunk.borrow(), |trunk| trunk.nodes.get(number)).ok())
    }

    /// The id of a commit on the part of the line that was walked.
    pub fn id(&self, number: usize) -> ObjectId {
        self.trunk.borrow().nodes.get(number).map_or(self.commit, |node| node.id)
    }

    /// The number of a commit, if it is on the part of the line that was walked.
    pub fn number(&self, id: ObjectId) -> Option<usize> {
        self.trunk.borrow().index.get(&id).copied()
    }

    /// Where the first-parent line of `commit` leaves the target's own: the newest commit that both lines share.
    ///
    /// Everything on the target that `commit` does not know is newer than that. None where the lines never meet; the whole
    /// line is then walked.
    pub fn meet(&self, commit: ObjectId) -> Result<Option<usize>, Failure> {
        let mut seen: HashSet<ObjectId> = HashSet::default();
        let met = self.walk_to_meet(commit, &mut seen)?;
        // Every commit on the way meets the line at the same place.
        self.met.borrow_mut().extend(seen.into_iter().map(|id| (id, met)));
        Ok(met)
    }

    fn walk_to_meet(&self, commit: ObjectId, seen: &mut HashSet<ObjectId>) -> Result<Option<usize>, Failure> {
        let mut number = 0;
        let mut other = Some(self.repository.node(commit)?);
        loop {
            let own = self.node(number)?.map(|own| (own.id, own.time));
            let Some(node) = &other else {
                // The other line is at its end: only the target's own can still run into it.
                match own {
                    Some((id, _)) if seen.contains(&id) => return Ok(Some(number)),
                    Some(_) => number += 1,
                    None => return Ok(None),
                }
                continue;
            };
            if let Some(at) = self.number(node.id) {
                return Ok(Some(at));
            }
            if let Some(known) = self.met.borrow().get(&node.id) {
                return Ok(*known);
            }
            match own {
                Some((id, _)) if seen.contains(&id) => return Ok(Some(number)),
                Some((_, time)) if time >= node.time => number += 1,
                _ => {
                    seen.insert(node.id);
                    let parent = node.parents.first().copied();
                    other = parent.map(|parent| self.repository.node(parent)).transpose()?;
                }
            }
        }
    }

    /// The number of the last commit of the line: its root.
    pub fn root(&self) -> Result<usize, Failure> {
        let mut number = self.trunk.borrow().nodes.len();
        while self.node(number)?.is_some() {
            number += 1;
        }
        Ok(number - 1)
    }

    /// The commits of the line down to the one with this number, newest first.
    pub(super) fn nodes(&self, bottom: usize) -> Result<Vec<Node>, Failure> {
        self.node(bottom)?;
        let trunk = self.trunk.borrow();
        Ok(trunk.nodes[..trunk.nodes.len().min(bottom + 1)].to_vec())
    }

    /// The versions of each path from the target back to the commit `bottom`, newest first; the last is the one at the bottom.
    pub fn versions(&self, paths: &[RepositoryPath], bottom: usize) -> Result<Vec<Vec<Version>>, Failure> {
        let Some(line) = self.line.filter(|line| line.bottom() >= bottom) else {
            return self.walk(paths, 0, bottom);
        };
        let versions = |path: &RepositoryPath| match line.versions(path, bottom) {
            Some(versions) => Ok(versions),
            // What nothing changed stands as it does in the target itself.
            None => {
                let entry = self.repository.entry_at(line.nodes[0].tree, path)?;
                Ok(vec![Version { at: bottom, path: path.clone(), entry }])
            }
        };
        paths.iter().map(versions).collect()
    }

    fn walk(&self, paths: &[RepositoryPath], top: usize, bottom: usize) -> Result<Vec<Vec<Version>>, Failure> {
        let mut watch = Watch::new(paths);
        let mut versions: Vec<Vec<Version>> = vec![Vec::new(); paths.len()];
        let mut last: Vec<Option<Entry>> = Vec::new();
        for number in top..=bottom {
            if number.is_multiple_of(256) {
                self.check_time()?;
            }
            let Some(tree) = self.node(number)?.map(|node| node.tree) else { break };
            let found = watch.look(self.repository, tree)?;
            if number > top {
                for (path, (new, _)) in last.iter().zip(found).enumerate().filter(|(_, (new, old))| new != old) {
                    versions[path].push(Version { at: number - 1, path: paths[path].clone(), entry: *new });
                }
            }
            last.clear();
            last.extend_from_slice(found);
        }
        for (path, entry) in last.into_iter().enumerate() {
            versions[path].push(Version { at: bottom, path: paths[path].clone(), entry });
        }
        Ok(versions)
    }

    /// Reads the later versions of files that went, all those that one commit moved in one walk: who moves a directory moves many.
    pub fn foresee(&self, timelines: &[&Vec<Version>]) -> Result<(), Failure> {
        let mut moved: BTreeMap<usize, Vec<RepositoryPath>> = BTreeMap::new();
        for versions in timelines {
            if let [Version { at, entry: None, .. }, Version { path, entry: Some(entry), .. }, ..] = &versions[..] {
                moved.entry(*at).or_default().extend(self.moved_to(*at, path, *entry, Goals::default())?);
            }
        }
        for (at, paths) in moved.into_iter().filter(|(_, paths)| !paths.is_empty()) {
            let later = self.versions(&paths, at)?;
            self.later.borrow_mut().extend(paths.into_iter().map(|path| (at, path)).zip(later));
        }
        Ok(())
    }

    /// The versions of a path, followed through the target's own renames: towards the tip, the file's new path goes on.
    pub(super) fn follow_renames(&self, mut versions: Vec<Version>, goals: Goals<'_>) -> Result<Vec<Version>, Failure> {
        for _ in 0..8 {
            let (Some(newest), Some(older)) = (versions.first(), versions.get(1)) else { break };
            let (None, Some(entry)) = (newest.entry, older.entry) else { break };
            let Some(moved) = self.moved_to(newest.at, &older.path, entry, goals)? else { break };
            let known = self.later.borrow_mut().remove(&(newest.at, moved.clone()));
            let mut later = known.map_or_else(|| Ok(self.versions(&[moved], newest.at)?.remove(0)), Ok)?;
            later.extend(versions.drain(1..));
            versions = later;
        }
        self.fill_absences(versions, goals)
    }

    /// Puts in what a file was while it had another path, where it went away and came back: a rename that was reverted.
    fn fill_absences(&self, versions: Vec<Version>, goals: Goals<'_>) -> Result<Vec<Version>, Failure> {
        let is_absence = |at: usize| {
            at > 0 && versions[at].entry.is_none() && versions.get(at + 1).is_some_and(|older| older.entry.is_some())
        };
        if !(1..versions.len()).any(is_absence) {
            return Ok(versions);
        }
        let mut filled = Vec::with_capacity(versions.len());
        for (at, version) in versions.iter().enumerate() {
            if is_absence(at)
                && let Some(older) = versions.get(at + 1)
                && let Some(entry) = older.entry
                && let Some(moved) = self.moved_to(version.at, &older.path, entry, goals)?
            {
                filled.extend(self.walk(&[moved], versions[at - 1].at + 1, version.at)?.remove(0));
            } else {
                filled.push(version.clone());
            }
        }
        Ok(filled)
    }

    /// What the commit with this number changed against its first parent.
    pub fn differing(&self, number: usize) -> Result<Arc<Vec<Differing>>, Failure> {
        let known = self.differing.borrow().get(&number).cloned();
        if let Some(known) = known.or_else(|| self.line?.differing(number).cloned()) {
            return Ok(known);
        }
        let tree = self.node(number)?.map(|node| node.tree);
        let before = self.node(number + 1)?.map(|node| node.tree);
        let found = Arc::new(self.repository.differing(before, tree)?);
        self.differing.borrow_mut().insert(number, Arc::clone(&found));
        Ok(found)
    }

    /// The regular files of the target's own tree that are called like this one.
    pub fn namesakes(&self, path: &RepositoryPath) -> Result<&[(RepositoryPath, Entry)], Failure> {
        if self.files.get().is_none() {
            let tree = self.node(0)?.map(|node| node.tree);
            let mut files = Namesakes::default();
            for file in self.repository.differing(None, tree)? {
                if let Some(entry) = file.after.filter(|entry| entry.is_file()) {
                    files.entry(file.path.name().to_vec()).or_default().push((file.path, entry));
                }
            }
            self.files.get_or_init(|| files);
        }
        let found = self.files.get().and_then(|files| files.get(path.name()));
        Ok(found.map_or(&[], Vec::as_slice))
    }

    /// How two versions of a file align; what is no regular file counts as empty.
    pub fn aligned(&self, old: Option<Entry>, new: Option<Entry>) -> Result<Rc<Alignment>, Failure> {
        let id = |entry: Option<Entry>| entry.filter(|entry| entry.is_file()).map(|entry| entry.id);
        let key = (id(old), id(new));
        if let Some(known) = self.alignments.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let (old, new) = (self.content(old)?, self.content(new)?);
        let alignment = Rc::new(Alignment::of_bytes(&old, &new));
        let mut alignments = self.alignments.borrow_mut();
        if alignments.len() >= CACHED_ALIGNMENTS {
            alignments.clear();
        }
        alignments.insert(key, Rc::clone(&alignment));
        Ok(alignment)
    }

    /// What stands in a regular file; nothing where it is none.
    pub fn content(&self, entry: Option<Entry>) -> Result<Rc<Vec<u8>>, Failure> {
        entry.filter(|entry| entry.is_file()).map_or_else(|| Ok(Rc::default()), |entry| self.blob(entry.id))
    }

    /// The bytes of a blob.
    pub fn blob(&self, id: ObjectId) -> Result<Rc<Vec<u8>>, Failure> {
        if let Some(known) = self.blobs.borrow().get(&id) {
            return Ok(Rc::clone(known));
        }
        let blob = self.repository.blob(id)?;
        let mut blobs = self.blobs.borrow_mut();
        if blobs.len() >= CACHED_BLOBS {
            blobs.clear();
        }
        blobs.insert(id, Rc::clone(&blob));
        Ok(blob)
    }
}
