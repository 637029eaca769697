//! Free text, apart from the events: people have a right to erasure, the record must stay.
//!
//! The event holds the SHA-256 of a blob: 32 random hexadecimal digits (so that a short text can't be guessed from its hash),
//! a line feed, the text. The blob lives under `refs/hotfix/text` at `XX/EVENT.NAME`, where `XX` are the last two digits of the
//! event's id. Where the blob was cut out, the event stays as it was.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::identity::ObjectId;
use crate::failure::Failure;
use crate::git::objects::{Kind, Objects, TreeLine, read_tree, tree};

use super::codec;
use super::secrets;

/// The longest text, in bytes.
pub const LONGEST: usize = 256 * 1024;

/// A text of an event, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// The words.
    Here(String),
    /// It was redacted, or never fetched.
    Missing,
    /// What is there is not what the event was recorded with.
    Tampered,
}

impl Text {
    /// The words, if they are here.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Here(words) => Some(words),
            Self::Missing | Self::Tampered => None,
        }
    }
}

/// Texts that are ready to be stored: each name's blob and its hash.
pub(super) struct Sealed {
    blobs: BTreeMap<String, Vec<u8>>,
    pub(super) hashes: BTreeMap<String, String>,
}

/// Whether this can be the name of a text: 1 to 100 of `A-Z a-z 0-9 . _ -`. It becomes a part of a path.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(plain)
}

/// Salts and hashes texts. Exit 2 for a text that is too long or holds a secret.
pub(super) fn seal(texts: &BTreeMap<String, String>) -> Result<Sealed, Failure> {
    let mut sealed = Sealed { blobs: BTreeMap::new(), hashes: BTreeMap::new() };
    for (name, text) in texts {
        if !is_name(name) {
            return Err(Failure::usage(format!("{name:?} can't be the name of a text")));
        }
        if text.len() > LONGEST {
            let size = text.len();
            return Err(Failure::usage(format!(
                "the text {name:?} has {size} bytes; the longest allowed is {LONGEST}"
            ))
            .hint("shorten it, and keep the rest elsewhere with a link to it"));
        }
        secrets::refuse(name, text)?;
        let blob = format!("{}\n{text}", uuid::Uuid::new_v4().simple()).into_bytes();
        sealed.hashes.insert(name.clone(), hash(&blob));
        sealed.blobs.insert(name.clone(), blob);
    }
    Ok(sealed)
}

fn hash(blob: &[u8]) -> String {
    Sha256::digest(blob).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the texts of the event `id` on top of the commit `tip`; the new tree.
pub(super) fn store(
    objects: &Objects<'_>,
    tip: Option<ObjectId>,
    id: &str,
    sealed: &Sealed,
) -> Result<ObjectId, Failure> {
    let shard_name = shard_of(id);
    let mut root = match tip {
        Some(tip) => tree_of(objects, tip)?,
        None => Vec::new(),
    };
    let shard_at = root.iter().position(|line| line.name == shard_name.as_bytes());
    let mut shard = match shard_at {
        Some(at) => lines(objects, root.swap_remove(at).id)?,
        None => Vec::new(),
    };
    for (name, blob) in &sealed.blobs {
        let id_of_blob = objects.write(Kind::Blob, blob)?;
        shard.push(TreeLine { name: format!("{id}.{name}").into_bytes(), directory: false, id: id_of_blob });
    }
    let shard = objects.write(Kind::Tree, &tree(&shard))?;
    root.push(TreeLine { name: shard_name.into(), directory: true, id: shard });
    objects.write(Kind::Tree, &tree(&root))
}

/// Reads the texts of an event, of which `hashes` are recorded, from the commit `tip`.
pub(super) fn load(
    objects: &Objects<'_>,
    tip: Option<ObjectId>,
    id: &str,
    hashes: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Text>, Failure> {
    let root = match tip {
        Some(tip) if !hashes.is_empty() => tree_of(objects, tip)?,
        Some(_) | None => Vec::new(),
    };
    let shard = match root.iter().find(|line| line.name == shard_of(id).as_bytes()) {
        Some(line) => lines(objects, line.id)?,
        None => Vec::new(),
    };
    let find = |(name, wanted): (&String, &String)| {
        let file = format!("{id}.{name}");
        let Some(line) = shard.iter().find(|line| line.name == file.as_bytes()) else { return Ok(Text::Missing) };
        let Some(blob) = objects.read(line.id, Kind::Blob)? else { return Ok(Text::Missing) };
        if hash(&blob) != *wanted {
            return Ok(Text::Tampered);
        }
        let words = String::from_utf8(blob).ok().and_then(|blob| Some(blob.split_once('\n')?.1.to_owned()));
        Ok(words.map_or(Text::Tampered, Text::Here))
    };
    hashes.iter().map(|entry| Ok((entry.0.clone(), find(entry)?))).collect()
}

fn shard_of(id: &str) -> &str {
    id.len().checked_sub(2).and_then(|from| id.get(from..)).unwrap_or("00")
}

fn tree_of(objects: &Objects<'_>, commit: ObjectId) -> Result<Vec<TreeLine>, Failure> {
    let bytes = objects.read(commit, Kind::Commit)?;
    let parsed = bytes.and_then(|bytes| codec::parse(&bytes).ok());
    let parsed = parsed.ok_or_else(|| unusable(commit))?;
    lines(objects, parsed.tree)
}

fn lines(objects: &Objects<'_>, id: ObjectId) -> Result<Vec<TreeLine>, Failure> {
    objects.read(id, Kind::Tree)?.and_then(|bytes| read_tree(&bytes)).ok_or_else(|| unusable(id))
}

fn unusable(id: ObjectId) -> Failure {
    Failure::undecided(format!("the store of texts is damaged: {id} is missing or not what it must be"))
        .hint("git fsck refs/hotfix/text    # shows what is missing; fetching refs/hotfix/text may bring it back")
}
