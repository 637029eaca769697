//! The texts of two clones in one store: by event and name, without those that were cut out.
//!
//! The store's own history means nothing, so a union stands on the remote's commit alone: it always goes forward. Where the
//! remote still holds a text that was cut out, it stands on nothing, so that the text can be reached no more.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::Payload;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::record::History;
use crate::failure::Failure;
use crate::git::objects::{EMPTY_TREE, Kind, Objects, TreeLine, tree};
use crate::git::repository::Repository;

use super::codec;
use super::text::{self, lines, tree_of};

/// The commits that hold texts.
pub(super) struct Texts {
    pub(super) theirs: Option<ObjectId>,
    pub(super) ours: Option<ObjectId>,
    pub(super) beside: Vec<ObjectId>,
}

/// The commit that holds them all; none where there is none.
pub(super) fn union(
    repository: &Repository,
    texts: &Texts,
    history: &History,
    at: Moment,
) -> Result<Option<ObjectId>, Failure> {
    let objects = repository.objects()?;
    let cut = cut_out(history);
    let Texts { theirs, ours, ref beside } = *texts;
    let holds_cut = |tip: Option<ObjectId>| tip.map_or(Ok(false), |tip| holds_any(&objects, tip, &cut));
    if beside.is_empty() && (theirs.is_none() || theirs == ours) && !holds_cut(ours)? {
        return Ok(ours);
    }
    let whole = merged(&objects, [theirs, ours].into_iter().flatten().chain(beside.iter().copied()), &cut, history)?;
    let is_whole = |tip: ObjectId| Ok::<_, Failure>(text::tree_id(&objects, tip)? == whole);
    if let Some(theirs) = theirs
        && is_whole(theirs)?
    {
        return Ok(Some(theirs));
    }
    let forget = holds_cut(theirs)? || (theirs.is_none() && holds_cut(ours)?);
    if let Some(ours) = ours
        && is_whole(ours)?
    {
        let forward = theirs.map_or(Ok(true), |theirs| repository.contains(ours, theirs))?;
        if forward != forget {
            return Ok(Some(ours));
        }
    }
    let parent = if forget { None } else { theirs.or(ours) };
    let bytes = codec::by_nobody(whole, parent.as_slice(), at.timestamp().max(0), text::MESSAGE);
    Ok(Some(objects.write(Kind::Commit, &bytes)?))
}

/// The files of all texts that were cut out.
fn cut_out(history: &History) -> BTreeSet<String> {
    let cut = history.events().filter_map(|(_, event)| match &event.payload {
        Payload::Redacted(redacted) => Some(redacted),
        _ => None,
    });
    cut.flat_map(|redacted| redacted.texts.iter().map(|name| format!("{}.{name}", redacted.event))).collect()
}

fn shard_of_file(file: &str) -> &str {
    text::shard_of(file.split('.').next().unwrap_or_default())
}

fn holds_any(objects: &Objects<'_>, tip: ObjectId, files: &BTreeSet<String>) -> Result<bool, Failure> {
    if files.is_empty() {
        return Ok(false);
    }
    for shard in tree_of(objects, tip)? {
        let here: Vec<_> = files.iter().filter(|file| shard_of_file(file).as_bytes() == shard.name).collect();
        let found = if here.is_empty() { Vec::new() } else { lines(objects, shard.id)? };
        if found.iter().any(|line| here.iter().any(|file| file.as_bytes() == line.name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn merged(
    objects: &Objects<'_>,
    tips: impl Iterator<Item = ObjectId>,
    cut: &BTreeSet<String>,
    history: &History,
) -> Result<ObjectId, Failure> {
    let mut shards: BTreeMap<Vec<u8>, Vec<ObjectId>> = BTreeMap::new();
    for tip in tips {
        for line in tree_of(objects, tip)? {
            let ids = shards.entry(line.name).or_default();
            if !ids.contains(&line.id) {
                ids.push(line.id);
            }
        }
    }
    let mut root = Vec::new();
    for (name, ids) in shards {
        let has_cut = cut.iter().any(|file| shard_of_file(file).as_bytes() == name);
        let id = match ids[..] {
            [only] if !has_cut => only,
            _ => shard(objects, &ids, cut, history)?,
        };
        if id != EMPTY_TREE {
            root.push(TreeLine { name, directory: true, id });
        }
    }
    objects.write(Kind::Tree, &tree(&root))
}

fn shard(
    objects: &Objects<'_>,
    ids: &[ObjectId],
    cut: &BTreeSet<String>,
    history: &History,
) -> Result<ObjectId, Failure> {
    let mut files: BTreeMap<Vec<u8>, ObjectId> = BTreeMap::new();
    for id in ids {
        for line in lines(objects, *id)? {
            let known = files.get(&line.name).copied();
            // Of two texts of one name the one that was recorded stays.
            if known.is_none_or(|known| known != line.id && is_recorded(objects, &line, history)) {
                files.insert(line.name, line.id);
            }
        }
    }
    files.retain(|name, _| std::str::from_utf8(name).is_ok_and(|name| !cut.contains(name)));
    let lines: Vec<_> = files.into_iter().map(|(name, id)| TreeLine { name, directory: false, id }).collect();
    objects.write(Kind::Tree, &tree(&lines))
}

fn is_recorded(objects: &Objects<'_>, line: &TreeLine, history: &History) -> bool {
    let name = std::str::from_utf8(&line.name).ok().and_then(|name| name.split_once('.'));
    let Some((event, name)) = name else { return false };
    let recorded = history.event(event).and_then(|(_, event)| event.texts.get(name));
    let blob = objects.read(line.id, Kind::Blob).ok().flatten();
    blob.is_some_and(|blob| recorded == Some(&text::hash(&blob)))
}
