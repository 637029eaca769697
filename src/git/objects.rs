//! Raw objects: read as they are stored (no grafts, no replace refs), and written so that they survive a power cut.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use super::repository::Repository;
use super::{to_id, to_oid};

/// What kind of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file's content.
    Blob,
    /// A directory.
    Tree,
    /// A commit.
    Commit,
}

/// The id of the tree without entries.
pub const EMPTY_TREE: ObjectId = ObjectId::from_bytes([
    0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49,
    0x04,
]);

impl Kind {
    pub(in crate::git) fn raw(self) -> git2::ObjectType {
        match self {
            Self::Blob => git2::ObjectType::Blob,
            Self::Tree => git2::ObjectType::Tree,
            Self::Commit => git2::ObjectType::Commit,
        }
    }
}

/// The largest object that is read, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// A repository's objects.
pub struct Objects<'r> {
    repository: &'r Repository,
    database: git2::Odb<'r>,
    loose: PathBuf,
    /// The names in each directory of loose objects that was looked at: one look is cheaper than many files that are not there.
    listed: RefCell<HashMap<u8, HashSet<OsString>>>,
}

impl Repository {
    /// The repository's objects.
    pub fn objects(&self) -> Result<Objects<'_>, Failure> {
        let database = self.inner.odb();
        let database = database.map_err(|error| self.damaged("failed to open the object database", error))?;
        Ok(Objects {
            repository: self,
            database,
            loose: self.common_directory().join("objects"),
            listed: RefCell::default(),
        })
    }

    /// A second handle on this repository, whose writes of objects and refs reach the disk before they return.
    ///
    /// `settings` is a file of this program's own that it may write. libgit2 reads the setting once, before it first opens
    /// the objects, and git2 binds no other safe way to give it.
    pub fn durable(&self, settings: &Path) -> Result<Self, Failure> {
        const WANTED: &str = "[core]\n\tfsyncObjectFiles = true\n";
        if std::fs::read(settings).ok().as_deref() != Some(WANTED.as_bytes()) {
            std::fs::write(settings, WANTED)
                .map_err(|error| Failure::because(format!("failed to write {}", settings.display()), error))?;
        }
        let open = || {
            let flags = git2::RepositoryOpenFlags::NO_SEARCH;
            let inner = git2::Repository::open_ext(self.inner.path(), flags, &[] as &[&std::ffi::OsStr])?;
            inner.config()?.add_file(settings, git2::ConfigLevel::App, true)?;
            Ok(Self::of(inner))
        };
        open().map_err(|error: git2::Error| Failure::because("failed to open the repository for writing", error))
    }
}

impl Repository {
    /// Makes directories that were just created under `objects` reach the disk: libgit2 syncs only what is in them.
    pub fn sync_objects(&self) -> Result<(), Failure> {
        self.sync_directory(Path::new("objects"))
    }

    /// Makes the names in a directory of the repository reach the disk; one that is not there has none.
    pub(in crate::git) fn sync_directory(&self, name: &Path) -> Result<(), Failure> {
        // Elsewhere a directory can't be opened as a file, and need not be synced.
        #[cfg(unix)]
        {
            let directory = self.common_directory().join(name);
            match std::fs::File::open(&directory).and_then(|file| file.sync_all()) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::because(format!("failed to sync {}", directory.display()), error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Objects of one kind whose hashes have to be looked at yet: where thousands are read, that is half of the work, for another
/// processor.
pub struct Unproved {
    kind: Kind,
    /// Their contents, one behind the other.
    bytes: Vec<u8>,
    /// Each with where its content ends.
    objects: Vec<(ObjectId, usize)>,
}

impl Unproved {
    /// None yet.
    pub fn new(kind: Kind) -> Self {
        Self { kind, bytes: Vec::new(), objects: Vec::new() }
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Takes all of them out, and keeps the memory for others.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.objects.clear();
    }

    /// Their ids and contents, each if that is what its id says; looks for git's own signs of a forged SHA-1 too.
    pub fn proved(&self) -> impl Iterator<Item = Option<(ObjectId, &[u8])>> {
        let starts = std::iter::once(0).chain(self.objects.iter().map(|(_, end)| *end));
        self.objects.iter().zip(starts).map(|(&(id, end), start)| {
            let content = &self.bytes[start..end];
            is_sound(id, self.kind, content).then_some((id, content))
        })
    }
}

/// Whether an object is what its id says. libgit2 hashes as git does, and refuses what shows the signs of a collision.
pub(in crate::git) fn is_sound(id: ObjectId, kind: Kind, content: &[u8]) -> bool {
    git2::Oid::hash_object(kind.raw(), content).is_ok_and(|hash| to_id(hash) == id)
}

impl Objects<'_> {
    /// The content of the object `id`; none if there is no such object here, or it is of another kind.
    ///
    /// Exit 4 if it is corrupt, which its hash tells.
    pub fn read(&self, id: ObjectId, kind: Kind) -> Result<Option<Vec<u8>>, Failure> {
        let packed =
            self.repository.packs().read(id).filter(|(found, content)| *found == kind && is_sound(id, kind, content));
        match packed {
            Some((_, content)) => Ok(Some(Rc::unwrap_or_clone(content))),
            None => self.read_elsewhere(id, kind),
        }
    }

    /// The same, put behind the others in `objects`, without a look at the hash of what is packed: to be believed once it is
    /// proved. None if there is no such object here.
    ///
    /// Exit 4 if it is found to be corrupt nevertheless.
    pub fn read_unproved<'u>(&self, id: ObjectId, objects: &'u mut Unproved) -> Result<Option<&'u [u8]>, Failure> {
        let Unproved { kind, bytes, objects } = objects;
        let start = bytes.len();
        if self.repository.packs().read_once(id, bytes) != Some(*kind) {
            bytes.truncate(start);
            match self.read_elsewhere(id, *kind)? {
                Some(content) => bytes.extend_from_slice(&content),
                None => return Ok(None),
            }
        }
        objects.push((id, bytes.len()));
        Ok(Some(&bytes[start..]))
    }

    /// The same, of what the short way to packed objects does not find sound: in a file of its own, or by way of libgit2.
    fn read_elsewhere(&self, id: ObjectId, kind: Kind) -> Result<Option<Vec<u8>>, Failure> {
        let damaged = |failure: Failure| {
            failure.hint("git fsck    # lists what is damaged; a fresh clone has the objects that were shared")
        };
        if let Some(file) = self.loose_file(id) {
            let content = inflate(&file, kind, id);
            return content
                .map_err(|reason| damaged(Failure::undecided(format!("failed to read the object {id}: {reason}"))));
        }
        match self.database.read(to_oid(id)) {
            Ok(object) if object.kind() == kind.raw() => Ok(Some(object.data().to_vec())),
            Ok(_) => Ok(None),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(damaged(Failure::because(format!("failed to read the object {id}"), error))),
        }
    }

    /// The bytes of an object that has a file of its own. libgit2 (1.9) never returns from one that is cut short, as a power
    /// cut leaves it, so these are read here.
    fn loose_file(&self, id: ObjectId) -> Option<Vec<u8>> {
        let name = id.to_string();
        let directory = self.loose.join(&name[..2]);
        let mut listed = self.listed.borrow_mut();
        let names = listed.entry(id.as_bytes()[0]).or_insert_with(|| {
            let entries = std::fs::read_dir(&directory).into_iter().flatten();
            entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect()
        });
        if names.contains(std::ffi::OsStr::new(&name[2..])) {
            std::fs::read(directory.join(&name[2..])).ok()
        } else {
            None
        }
    }

    /// Writes an object, or leaves it if it is there.
    pub fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId, Failure> {
        let mut tries = 0;
        loop {
            match self.database.write(kind.raw(), content) {
                Ok(id) => return Ok(to_id(id)),
                // `git gc` takes empty directories away, also one that was made just now for this very object.
                Err(error) if error.class() == git2::ErrorClass::Os && tries < 10 => tries += 1,
                Err(error) => return Err(Failure::because("failed to write an object", error)),
            }
        }
    }

    /// Whether the object is here.
    pub fn holds(&self, id: ObjectId) -> bool {
        self.database.exists(to_oid(id))
    }
}

/// Reads the form of an object in a file of its own: compressed, and `KIND SIZE` and a zero byte before the content.
pub(in crate::git) fn inflate(file: &[u8], kind: Kind, id: ObjectId) -> Result<Option<Vec<u8>>, &'static str> {
    let mut bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(file, LARGEST)
        .map_err(|_| "it is cut short, damaged or too large")?;
    let end = bytes.iter().take(32).position(|&byte| byte == 0).ok_or("it has no header")?;
    let content = bytes.split_off(end + 1);
    let header = std::str::from_utf8(&bytes[..end]).ok().and_then(|header| header.split_once(' '));
    let (word, size) = header.ok_or("it has no header")?;
    if size != content.len().to_string() {
        return Err("its size is not what its header says");
    }
    if word != kind.raw().str() {
        return Ok(None);
    }
    if is_sound(id, kind, &content) { Ok(Some(content)) } else { Err("its content is not what its id says") }
}

/// The id that an object has or would have.
pub fn id_of(kind: Kind, content: &[u8]) -> Result<ObjectId, Failure> {
    let id = git2::Oid::hash_object(kind.raw(), content);
    id.map(to_id).map_err(|error| Failure::because("failed to hash an object", error))
}

/// One line of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeLine {
    /// The name.
    pub name: Vec<u8>,
    /// Whether it is a directory; a file otherwise.
    pub directory: bool,
    /// The object.
    pub id: ObjectId,
}

/// The bytes of a tree of plain files and directories, in git's order.
pub fn tree(lines: &[TreeLine]) -> Vec<u8> {
    // Git sorts a directory as if its name ended with a slash.
    let key = |line: &TreeLine| {
        let mut name = line.name.clone();
        name.extend(line.directory.then_some(b'/'));
        name
    };
    let mut lines: Vec<_> = lines.iter().collect();
    lines.sort_by_cached_key(|line| key(line));
    let mut bytes = Vec::with_capacity(lines.len() * 64);
    for line in lines {
        bytes.extend_from_slice(if line.directory { b"40000 " } else { b"100644 " });
        bytes.extend_from_slice(&line.name);
        bytes.push(0);
        bytes.extend_from_slice(line.id.as_bytes());
    }
    bytes
}

/// Reads a tree of plain files and directories; none if it is broken or holds anything else.
pub fn read_tree(mut bytes: &[u8]) -> Option<Vec<TreeLine>> {
    let mut lines = Vec::new();
    while !bytes.is_empty() {
        let (directory, rest) = match (bytes.strip_prefix(b"40000 "), bytes.strip_prefix(b"100644 ")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return None,
        };
        let end = rest.iter().position(|&byte| byte == 0)?;
        let (name, rest) = rest.split_at(end);
        let (id, rest) = rest[1..].split_first_chunk::<20>()?;
        lines.push(TreeLine { name: name.to_vec(), directory, id: ObjectId::from_bytes(*id) });
        bytes = rest;
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_without_entries_has_its_known_id() {
        assert_eq!(id_of(Kind::Tree, &tree(&[])).ok(), Some(EMPTY_TREE));
    }

    #[test]
    fn a_tree_is_read_as_it_was_written_in_the_order_of_git() {
        let line = |name: &str, directory| TreeLine { name: name.into(), directory, id: EMPTY_TREE };
        // Git compares "a/" with "a.b" and "a0".
        let lines = [line("a0", false), line("a", true), line("a.b", false)];
        let read = read_tree(&tree(&lines)).expect("it is read");
        assert_eq!(read, [lines[2].clone(), lines[1].clone(), lines[0].clone()]);
        for broken in [&b"100644 a"[..], b"100644 a\0short", b"100755 a\0aaaaaaaaaaaaaaaaaaaa", b"x"] {
            assert_eq!(read_tree(broken), None);
        }
    }
}
