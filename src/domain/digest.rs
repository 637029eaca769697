//! What a fix is, whatever commits carry it: the digest of its net change.
//!
//! Paths, modes, the lines that go and come, and three lines of context around them; no line numbers and no commit ids. So a
//! rebase that changes nothing keeps it, and an edit, a new path or other surroundings change it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::hunk::TextChange;
use super::identity::{ObjectId, RepositoryPath, from_text};
use super::lines::is_binary;

/// How many lines around a change belong to what was seen.
const CONTEXT: usize = 3;

/// The SHA-256 of a net change, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixDigest([u8; 32]);

/// One side of a changed file, with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideContent {
    /// The path.
    pub path: RepositoryPath,
    /// Git's file mode, as octal digits.
    pub mode: String,
    /// The blob (for a submodule the commit).
    pub id: ObjectId,
    /// Its bytes; none for a submodule.
    pub bytes: Option<Vec<u8>>,
}

impl SideContent {
    /// Its bytes, if it is a text whose lines can be compared.
    pub fn text(&self) -> Option<&[u8]> {
        self.bytes.as_deref().filter(|bytes| !is_binary(bytes))
    }
}

/// One changed file, with its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Before; none for an added file.
    pub before: Option<SideContent>,
    /// After; none for a deleted file.
    pub after: Option<SideContent>,
}

impl FileChange {
    /// The path: the later one, unless it was deleted.
    pub fn path(&self) -> Option<&RepositoryPath> {
        self.after.as_ref().or(self.before.as_ref()).map(|side| &side.path)
    }

    /// Both texts, where the change is one of lines; a side that is not there is an empty text.
    pub fn texts(&self) -> Option<(&[u8], &[u8])> {
        match (&self.before, &self.after) {
            (None, None) => None,
            (Some(before), None) => Some((before.text()?, b"")),
            (None, Some(after)) => Some((b"", after.text()?)),
            (Some(before), Some(after)) => Some((before.text()?, after.text()?)),
        }
    }
}

impl FixDigest {
    /// The digest of a net change; the order of the files does not matter.
    pub fn of(changes: &[FileChange]) -> Self {
        let mut each: Vec<[u8; 32]> = changes.iter().map(|change| file(change).finalize().into()).collect();
        each.sort_unstable();
        let mut whole = Sha256::new_with_prefix(b"hotfix net change 1\n");
        each.iter().for_each(|file| whole.update(file));
        Self(whole.finalize().into())
    }

    /// The first ten digits, enough to show; never used to decide.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

fn file(change: &FileChange) -> Sha256 {
    let mut hash = Sha256::new();
    for side in [&change.before, &change.after] {
        match side {
            None => put(&mut hash, b"none"),
            Some(side) => {
                put(&mut hash, side.path.as_bytes());
                put(&mut hash, side.mode.as_bytes());
            }
        }
    }
    let Some((before, after)) = change.texts() else {
        for side in [&change.before, &change.after].into_iter().flatten() {
            put(&mut hash, side.id.as_bytes());
        }
        return hash;
    };
    let change = TextChange::new(before, after);
    for hunk in &change.hunks {
        let (old, new) = (change.before.lines(), change.after.lines());
        let around = |lines: &[&[u8]], from: usize, to: usize, hash: &mut Sha256| {
            lines[from..to].iter().for_each(|line| put(hash, line));
            put(hash, b"");
        };
        around(old, hunk.old.start.saturating_sub(CONTEXT), hunk.old.start, &mut hash);
        around(old, hunk.old.start, hunk.old.end, &mut hash);
        around(new, hunk.new.start, hunk.new.end, &mut hash);
        around(old, hunk.old.end, old.len().min(hunk.old.end + CONTEXT), &mut hash);
    }
    // A last line without its line end is another content, and the lines do not show it.
    put(&mut hash, &[u8::from(before.ends_with(b"\n")), u8::from(after.ends_with(b"\n"))]);
    hash
}

/// Every part with its length before it, so that two parts can't pass for one.
fn put(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part);
}

impl FromStr for FixDigest {
    type Err = FixDigestError;

    fn from_str(text: &str) -> Result<Self, FixDigestError> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(FixDigestError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |c: u8| match c {
                b'0'..=b'9' => Ok(c - b'0'),
                b'a'..=b'f' => Ok(c - b'a' + 10),
                _ => Err(FixDigestError),
            };
            *byte = digit(pair[0])? * 16 + digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fix's digest has 64 hexadecimal digits")]
pub struct FixDigestError;

impl fmt::Display for FixDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for FixDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for FixDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FixDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, str::parse)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A changed file of text; an empty text stands for a file that is not there.
    pub(crate) fn changed(path: &str, before: &str, after: &str) -> FileChange {
        let side = |text: &str| {
            (!text.is_empty()).then(|| SideContent {
                path: RepositoryPath::new(path),
                mode: "100644".to_owned(),
                id: ObjectId::ZERO,
                bytes: Some(text.as_bytes().to_vec()),
            })
        };
        FileChange { before: side(before), after: side(after) }
    }

    const BEFORE: &str = "a\nb\nc\nd\ne\nf\ng\n";
    const AFTER: &str = "a\nb\nc\nD\ne\nf\ng\n";

    fn digest(changes: &[FileChange]) -> FixDigest {
        FixDigest::of(changes)
    }

    #[test]
    fn a_rebase_that_changes_nothing_keeps_it() {
        let fix = digest(&[changed("x", BEFORE, AFTER)]);
        let moved = digest(&[changed("x", &format!("new\nlines\n{BEFORE}"), &format!("new\nlines\n{AFTER}"))]);
        assert_eq!(fix, moved, "lines were added far above");
        let (one, two) = (changed("x", BEFORE, AFTER), changed("y", "1\n", "2\n"));
        assert_eq!(digest(&[one.clone(), two.clone()]), digest(&[two, one]), "the order says nothing");
    }

    #[test]
    fn whatever_a_reviewer_saw_changes_it() {
        let fix = changed("x", BEFORE, AFTER);
        let mut executable = fix.clone();
        executable.after.as_mut().expect("a file").mode = "100755".to_owned();
        let mut binary = changed("x", "a\0b", "a\0c");
        let first = digest(&[binary.clone()]);
        binary.after.as_mut().expect("a file").id = ObjectId::from_bytes([1; 20]);
        assert_ne!(first, digest(&[binary]), "another binary");
        let others = [
            ("another line", vec![changed("x", BEFORE, &AFTER.replace('D', "E"))]),
            ("another path", vec![changed("y", BEFORE, AFTER)]),
            ("another mode", vec![executable]),
            ("one path more", vec![fix.clone(), changed("y", "1\n", "2\n")]),
            ("a line less", vec![changed("x", BEFORE, &AFTER.replace("D\n", ""))]),
            ("other surroundings", vec![changed("x", &BEFORE.replace('c', "C"), &AFTER.replace('c', "C"))]),
            ("no last line end", vec![changed("x", BEFORE, AFTER.trim_end())]),
            ("a new file", vec![changed("x", "", AFTER)]),
            ("nothing", vec![]),
        ];
        let mut seen = vec![digest(&[fix])];
        for (what, changes) in others {
            let digest = digest(&changes);
            assert!(!seen.contains(&digest), "{what} was not seen");
            seen.push(digest);
        }
    }

    #[test]
    fn it_reads_what_it_writes() {
        let fix = digest(&[changed("x", BEFORE, AFTER)]);
        assert_eq!(fix.to_string().parse(), Ok(fix));
        for bad in ["", &"0".repeat(63), &"g".repeat(64), &"A".repeat(64)] {
            assert!(bad.parse::<FixDigest>().is_err(), "{bad:?}");
        }
    }
}
