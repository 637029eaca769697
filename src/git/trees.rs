//! Reading trees: which paths differ, and what stands at a path.
//!
//! Own comparison by ids, which steps over equal subtrees: libgit2's tree diff expands every one of them.

use std::rc::Rc;

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::failure::Failure;

use super::objects::Kind;
use super::repository::Repository;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// Git's file mode, such as `0o100644`.
    pub mode: u32,
    /// The blob or tree; for a submodule the commit.
    pub id: ObjectId,
}

impl Entry {
    const DIRECTORY: u32 = 0o040_000;

    /// Whether it is a directory.
    pub fn is_directory(self) -> bool {
        self.mode == Self::DIRECTORY
    }

    /// Whether it is a regular file, executable or not.
    pub fn is_file(self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

/// A path that differs between two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The path.
    pub path: RepositoryPath,
    /// What stood there.
    pub before: Option<Entry>,
    /// What stands there.
    pub after: Option<Entry>,
}

/// A tree's entries, by name, in git's order.
type Entries = Vec<(Vec<u8>, Entry)>;

impl Repository {
    /// The bytes of a blob. Exit 4 where it is not here.
    pub fn blob(&self, id: ObjectId) -> Result<Rc<Vec<u8>>, Failure> {
        self.object(id, Kind::Blob)
    }

    fn read_tree(&self, tree: ObjectId) -> Result<Entries, Failure> {
        let object = self.object(tree, Kind::Tree)?;
        let broken =
            || Failure::undecided(format!("tree {tree} can't be read")).hint("git fsck    # shows what is wrong");
        let mut entries = Vec::new();
        let mut rest = &object[..];
        while !rest.is_empty() {
            let (name, entry, tail) = split_entry(rest).ok_or_else(broken)?;
            entries.push((name.to_vec(), entry));
            rest = tail;
        }
        Ok(entries)
    }

    /// What stands at a path of a tree.
    pub fn entry_at(&self, tree: ObjectId, path: &RepositoryPath) -> Result<Option<Entry>, Failure> {
        let mut at = Entry { mode: Entry::DIRECTORY, id: tree };
        for part in path.as_bytes().split(|byte| *byte == b'/') {
            if !at.is_directory() {
                return Ok(None);
            }
            match self.read_tree(at.id)?.into_iter().find(|(name, _)| name == part) {
                Some((_, entry)) => at = entry,
                None => return Ok(None),
            }
        }
        Ok((!at.is_directory()).then_some(at))
    }

    /// Whether no file can be put at a path of a tree: a directory stands there, or a file on the way to it.
    pub fn is_blocked(&self, tree: ObjectId, path: &RepositoryPath) -> Result<bool, Failure> {
        let mut at = Entry { mode: Entry::DIRECTORY, id: tree };
        for part in path.as_bytes().split(|byte| *byte == b'/') {
            if !at.is_directory() {
                return Ok(true);
            }
            match self.read_tree(at.id)?.into_iter().find(|(name, _)| name == part) {
                Some((_, entry)) => at = entry,
                None => return Ok(false),
            }
        }
        Ok(at.is_directory())
    }

    /// The paths that differ between two trees (none stands for the empty tree), in no promised order.
    pub fn differing(&self, before: Option<ObjectId>, after: Option<ObjectId>) -> Result<Vec<Differing>, Failure> {
        let mut found = Vec::new();
        self.compare(before, after, &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn compare(
        &self,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
        path: &mut Vec<u8>,
        found: &mut Vec<Differing>,
    ) -> Result<(), Failure> {
        if before == after {
            return Ok(());
        }
        let read = |tree: Option<ObjectId>| tree.map_or(Ok(Vec::new()), |tree| self.read_tree(tree));
        let (old, new) = (read(before)?, read(after)?);
        let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
        loop {
            // Both lists are in git's order, in which a directory's name counts as ending with a slash.
            let order = match (old.peek(), new.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((a, x)), Some((b, y))) => sort_key(a, *x).cmp(sort_key(b, *y)),
            };
            let left = if order.is_le() { old.next() } else { None };
            let right = if order.is_ge() { new.next() } else { None };
            let (Some((name, _)), (a, b)) = (left.or(right), (left.map(|x| x.1), right.map(|x| x.1))) else { continue };
            if a == b {
                continue;
            }
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let directory = |entry: Option<Entry>| entry.filter(|entry| entry.is_directory()).map(|entry| entry.id);
            let leaf = |entry: Option<Entry>| entry.filter(|entry| !entry.is_directory());
            if directory(a).is_some() || directory(b).is_some() {
                self.compare(directory(a), directory(b), path, found)?;
            }
            if leaf(a).is_some() || leaf(b).is_some() {
                found.push(Differing { path: RepositoryPath::new(path.clone()), before: leaf(a), after: leaf(b) });
            }
            path.truncate(length);
        }
    }
}

fn sort_key(name: &[u8], entry: Entry) -> impl Iterator<Item = &u8> {
    name.iter().chain(if entry.is_directory() { &b"/"[..] } else { &b""[..] })
}

/// Splits the first entry off a raw tree: its name, what it is, and the rest.
fn split_entry(raw: &[u8]) -> Option<(&[u8], Entry, &[u8])> {
    let space = memchr::memchr(b' ', raw)?;
    let mode = raw[..space].iter().try_fold(0_u32, |mode, byte| {
        (b'0'..=b'7').contains(byte).then(|| mode.wrapping_mul(8) + u32::from(byte - b'0'))
    })?;
    let end = space + 1 + memchr::memchr(0, &raw[space + 1..])?;
    let id = raw.get(end + 1..end + 21)?;
    Some((&raw[space + 1..end], Entry { mode, id: ObjectId::from_bytes(*id.as_array()?) }, &raw[end + 21..]))
}

/// A set of paths that is looked up in one tree after another; a subtree that did not change is not read again.
pub struct Watch {
    root: Branch,
    found: Vec<Option<Entry>>,
}

/// One directory or file on the way to watched paths.
#[derive(Default)]
struct Branch {
    name: Vec<u8>,
    /// What stood here in the last tree.
    last: Option<Entry>,
    children: Vec<Branch>,
    /// The numbers of the watched paths that end here: one may be watched twice.
    leaves: Vec<usize>,
}

impl Watch {
    /// Watches these paths; they are told apart by their place in the list.
    pub fn new(paths: &[RepositoryPath]) -> Self {
        let mut root = Branch::default();
        for (number, path) in paths.iter().enumerate() {
            let mut at = &mut root;
            for part in path.as_bytes().split(|byte| *byte == b'/') {
                let index = at.children.iter().position(|child| child.name == part).unwrap_or_else(|| {
                    at.children.push(Branch { name: part.to_vec(), ..Branch::default() });
                    at.children.len() - 1
                });
                at = &mut at.children[index];
            }
            at.leaves.push(number);
        }
        Self { root, found: vec![None; paths.len()] }
    }

    /// What stands at each watched path of a root tree.
    pub fn look(&mut self, repository: &Repository, tree: ObjectId) -> Result<&[Option<Entry>], Failure> {
        let root = Entry { mode: Entry::DIRECTORY, id: tree };
        self.root.look(repository, Some(root), &mut self.found)?;
        Ok(&self.found)
    }
}

impl Branch {
    fn look(
        &mut self,
        repository: &Repository,
        here: Option<Entry>,
        found: &mut [Option<Entry>],
    ) -> Result<(), Failure> {
        if self.last == here {
            return Ok(());
        }
        self.last = here;
        for &number in &self.leaves {
            found[number] = here.filter(|entry| !entry.is_directory());
        }
        if self.children.is_empty() {
            return Ok(());
        }
        let mut below = vec![None; self.children.len()];
        if let Some(directory) = here.filter(|entry| entry.is_directory()) {
            let object = repository.object(directory.id, Kind::Tree)?;
            let mut rest = &object[..];
            let mut wanted = self.children.len();
            while wanted > 0 {
                let Some((name, entry, tail)) = split_entry(rest) else { break };
                if let Some(index) = self.children.iter().position(|child| child.name == name) {
                    below[index] = Some(entry);
                    wanted -= 1;
                }
                rest = tail;
            }
        }
        self.children.iter_mut().zip(below).try_for_each(|(child, entry)| child.look(repository, entry, found))
    }
}
