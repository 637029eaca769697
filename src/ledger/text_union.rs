//! The texts of two clones in one store: by event and name, without those that were cut out.
//!
//! The store's own history means nothing, so a union stands on the remote's commit alone: it always goes forward. Where the
//! remote still holds a text that was cut out, it stands on nothing, so that the text can be reached no more. A text that only
//! we have and that no event claims is left out: its record was interrupted, and nobody would ever find it to cut it out.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::domain::event::Payload;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::record::{History, Record, Unreadable};
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
///
/// `history` need not hold more than what was cut out; where that is not enough `whole` is asked.
pub(super) fn union(
    repository: &Repository,
    texts: &Texts,
    (history, whole): (&History, &dyn Fn() -> Result<Rc<History>, Failure>),
    at: Moment,
) -> Result<Option<ObjectId>, Failure> {
    let objects = repository.objects()?;
    let cut = cut_out(history);
    let Texts { theirs, ours, ref beside } = *texts;
    let holds_cut = |tip: Option<ObjectId>| tip.map_or(Ok(false), |tip| holds_any(&objects, tip, &cut));
    if beside.is_empty() && (theirs.is_none() || theirs == ours) && !holds_cut(ours)? {
        return Ok(ours);
    }
    let own = ours.into_iter().chain(beside.iter().copied());
    let whole = merged(&objects, (theirs, own), &cut, &*whole()?)?;
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
    (theirs, own): (Option<ObjectId>, impl Iterator<Item = ObjectId>),
    cut: &BTreeSet<String>,
    history: &History,
) -> Result<ObjectId, Failure> {
    let mut shards: BTreeMap<Vec<u8>, (Option<ObjectId>, Vec<ObjectId>)> = BTreeMap::new();
    for line in theirs.map_or(Ok(Vec::new()), |theirs| tree_of(objects, theirs))? {
        shards.entry(line.name).or_default().0 = Some(line.id);
    }
    for tip in own {
        for line in tree_of(objects, tip)? {
            let (theirs, ids) = shards.entry(line.name).or_default();
            if *theirs != Some(line.id) && !ids.contains(&line.id) {
                ids.push(line.id);
            }
        }
    }
    let mut root = Vec::new();
    for (name, (theirs, own)) in shards {
        let has_cut = cut.iter().any(|file| shard_of_file(file).as_bytes() == name);
        let id = match theirs {
            Some(theirs) if own.is_empty() && !has_cut => theirs,
            _ => shard(objects, (theirs, &own), cut, history)?,
        };
        if id != EMPTY_TREE {
            root.push(TreeLine { name, directory: true, id });
        }
    }
    objects.write(Kind::Tree, &tree(&root))
}

fn shard(
    objects: &Objects<'_>,
    (theirs, own): (Option<ObjectId>, &[ObjectId]),
    cut: &BTreeSet<String>,
    history: &History,
) -> Result<ObjectId, Failure> {
    let all = knows_every_event(history);
    let mut files: BTreeMap<Vec<u8>, ObjectId> = BTreeMap::new();
    for id in theirs.iter().chain(own) {
        for line in lines(objects, *id)? {
            let known = files.get(&line.name).copied();
            let claimed = theirs == Some(*id) || !all || is_claimed(&line, history);
            // Of two texts of one name the one that was recorded stays.
            if claimed && known.is_none_or(|known| known != line.id && is_recorded(objects, &line, history)) {
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

/// Whether all that may claim a text can be read here: a newer version's event may have some.
pub(super) fn knows_every_event(history: &History) -> bool {
    let is_newer = |record: &Record| matches!(record.event, Err(Unreadable::Newer { .. }));
    !history.is_abridged() && !history.records().iter().any(is_newer)
}

fn is_claimed(line: &TreeLine, history: &History) -> bool {
    let event = std::str::from_utf8(&line.name).ok().and_then(|name| name.split('.').next());
    event.is_some_and(|event| history.event(event).is_some())
}

/// How many texts no event claims.
pub(super) fn unclaimed(objects: &Objects<'_>, tip: ObjectId, history: &History) -> Result<usize, Failure> {
    let mut count = 0;
    for shard in tree_of(objects, tip)? {
        count += lines(objects, shard.id)?.iter().filter(|line| !is_claimed(line, history)).count();
    }
    Ok(count)
}
