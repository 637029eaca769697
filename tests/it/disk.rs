//! What a disk holds after the power was cut: only what was synced is sure to be there.
//!
//! The strictest reading of POSIX: a file's content is kept by an `fsync` of the file, its name by an `fsync` of the directory.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::stepper::{Step, When};

/// What is lost of that which was not synced.
#[derive(Clone, Copy, Debug)]
pub enum Lost {
    /// All of it.
    Everything,
    /// Contents; the names are there, as some file systems leave them, and new files are empty.
    Contents,
    /// The second half of contents.
    Halves,
}

enum Kept {
    File(Vec<u8>),
    Directory(BTreeMap<OsString, u64>),
}

/// A directory as a disk holds it.
pub struct Disk {
    root: PathBuf,
    /// By inode; each is held open, so that its number is not given to another one.
    kept: HashMap<u64, (File, Kept)>,
}

impl Disk {
    /// All that is there now is kept.
    pub fn new(root: &Path) -> Self {
        let mut disk = Self { root: root.to_owned(), kept: HashMap::new() };
        disk.sync_all(root);
        disk
    }

    fn sync_all(&mut self, path: &Path) {
        self.sync(path);
        if path.is_dir() {
            fs::read_dir(path).unwrap().for_each(|entry| self.sync_all(&entry.unwrap().path()));
        }
    }

    /// Takes note of a step that was made.
    pub fn after(&mut self, step: &Step) {
        assert_eq!(step.when, When::After);
        match step.call {
            "openat" => self.learn(&step.file),
            "mkdir" => self.learn(&step.file),
            "fsync" | "fdatasync" => self.sync(&step.file),
            _ => {}
        }
    }

    /// Something new: nothing of it is kept.
    fn learn(&mut self, path: &Path) {
        let (Ok(data), Ok(file)) = (fs::metadata(path), File::open(path)) else { return };
        let nothing = if data.is_dir() { Kept::Directory(BTreeMap::new()) } else { Kept::File(Vec::new()) };
        self.kept.entry(data.ino()).or_insert((file, nothing));
    }

    fn sync(&mut self, path: &Path) {
        let (data, mut file) = (fs::metadata(path).unwrap(), File::open(path).unwrap());
        let kept = if data.is_dir() {
            let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
            Kept::Directory(entries.map(|entry| (entry.file_name(), entry.metadata().unwrap().ino())).collect())
        } else {
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            Kept::File(content)
        };
        self.kept.insert(data.ino(), (file, kept));
    }

    /// Writes into a new directory what is there after the power was cut now.
    pub fn after_a_cut(&self, lost: Lost, into: &Path) {
        match lost {
            Lost::Everything => self.write(fs::metadata(&self.root).unwrap().ino(), into),
            Lost::Contents | Lost::Halves => self.write_names(&self.root, lost, into),
        }
    }

    fn write(&self, inode: u64, into: &Path) {
        match self.kept.get(&inode).map(|(_, kept)| kept) {
            Some(Kept::Directory(entries)) => {
                fs::create_dir(into).unwrap();
                entries.iter().for_each(|(name, inode)| self.write(*inode, &into.join(name)));
            }
            Some(Kept::File(content)) => fs::write(into, content).unwrap(),
            None => fs::write(into, "").unwrap(),
        }
    }

    fn write_names(&self, from: &Path, lost: Lost, into: &Path) {
        let data = fs::metadata(from).unwrap();
        if data.is_dir() {
            fs::create_dir(into).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let name = entry.unwrap().file_name();
                self.write_names(&from.join(&name), lost, &into.join(&name));
            }
            return;
        }
        let now = fs::read(from).unwrap();
        let kept = match self.kept.get(&data.ino()) {
            Some((_, Kept::File(content))) => content.as_slice(),
            _ => &[],
        };
        match lost {
            _ if kept == now => fs::write(into, now).unwrap(),
            Lost::Halves => fs::write(into, &now[..now.len() / 2]).unwrap(),
            Lost::Contents | Lost::Everything => fs::write(into, kept).unwrap(),
        }
    }
}
