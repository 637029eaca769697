//! Free text, apart from the events: people have a right to erasure, the record must stay.
//!
//! The event holds the SHA-256 of a blob: 32 random hexadecimal digits (so that a short text can't be guessed from its hash),
//! a line feed, the text. The blob lives under `refs/hotfix/text` at `XX/EVENT.NAME`, where `XX` are the last two digits of the
//! event's id. Where the blob was cut out, the event stays as it was.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::event::Event;
use crate::domain::identity::ObjectId;
use crate::failure::Failure;
use crate::git::objects::{Kind, Objects, TreeLine, read_tree, tree};

use super::codec;
use super::secrets;

/// The message of a commit that holds the texts.
pub(super) const MESSAGE: &str = "hotfix: text\n";

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

pub(super) fn hash(blob: &[u8]) -> String {
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

/// Reads the texts of an event from the first of the commits `tips` that has them as they were recorded.
pub(super) fn load(
    objects: &Objects<'_>,
    tips: impl IntoIterator<Item = Option<ObjectId>>,
    event: &Event,
) -> Result<BTreeMap<String, Text>, Failure> {
    let mut found: BTreeMap<_, _> = event.texts.keys().map(|name| (name.clone(), Text::Missing)).collect();
    for tip in tips.into_iter().flatten().filter(|_| !event.texts.is_empty()) {
        let root = tree_of(objects, tip)?;
        let shard = match root.iter().find(|line| line.name == shard_of(&event.id).as_bytes()) {
            Some(line) => lines(objects, line.id)?,
            None => Vec::new(),
        };
        for (name, text) in found.iter_mut().filter(|(_, text)| text.words().is_none()) {
            let file = format!("{}.{name}", event.id);
            let Some(line) = shard.iter().find(|line| line.name == file.as_bytes()) else { continue };
            let Some(blob) = objects.read(line.id, Kind::Blob)? else { continue };
            *text = unsealed(blob, event.texts.get(name));
        }
    }
    Ok(found)
}

/// The text in a blob, if it is the one that was recorded.
fn unsealed(blob: Vec<u8>, recorded: Option<&String>) -> Text {
    if recorded != Some(&hash(&blob)) {
        return Text::Tampered;
    }
    let words = String::from_utf8(blob).ok().and_then(|blob| Some(blob.split_once('\n')?.1.to_owned()));
    words.map_or(Text::Tampered, Text::Here)
}

pub(super) fn shard_of(id: &str) -> &str {
    id.len().checked_sub(2).and_then(|from| id.get(from..)).unwrap_or("00")
}

pub(super) fn tree_of(objects: &Objects<'_>, commit: ObjectId) -> Result<Vec<TreeLine>, Failure> {
    lines(objects, tree_id(objects, commit)?)
}

/// The id of the tree of a commit that holds texts.
pub(super) fn tree_id(objects: &Objects<'_>, commit: ObjectId) -> Result<ObjectId, Failure> {
    let parsed = objects.read(commit, Kind::Commit)?.and_then(|bytes| codec::parse(&bytes).ok());
    parsed.map(|parsed| parsed.tree).ok_or_else(|| unusable(commit))
}

pub(super) fn lines(objects: &Objects<'_>, id: ObjectId) -> Result<Vec<TreeLine>, Failure> {
    objects.read(id, Kind::Tree)?.and_then(|bytes| read_tree(&bytes)).ok_or_else(|| unusable(id))
}

fn unusable(id: ObjectId) -> Failure {
    Failure::undecided(format!("the store of texts is damaged: {id} is missing or not what it must be"))
        .hint("git fsck refs/hotfix/text    # shows what is missing; fetching refs/hotfix/text may bring it back")
}
