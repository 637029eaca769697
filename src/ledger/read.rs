//! The ledger's commits, down from its heads: what no single ref holds is joined in the mind.

use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};

use foldhash::HashSet;

use crate::domain::identity::ObjectId;
use crate::domain::record::{Commit, Content, History, ParentIds, Unreadable};
use crate::failure::Failure;
use crate::git::objects::{self, EMPTY_TREE, Kind, Objects, TreeLine, Unproved};

use super::codec;

/// A ledger as it was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) history: Rc<History>,
    /// The joins that lead to its tip and that nobody has written yet, oldest first.
    pub(super) joins: Vec<Vec<u8>>,
}

/// Reads all that can be reached from `heads`, or only what is not known yet.
///
/// Exit 4 if a commit is missing or corrupt.
pub(super) fn read(objects: &Objects<'_>, heads: &[ObjectId], known: Reading) -> Result<Reading, Failure> {
    match known.history.tip() {
        _ if heads.is_empty() => return Ok(Reading::default()),
        Some(tip) if heads == [tip] => return Ok(known),
        Some(_) if known.joins.is_empty() => {
            let known = Rc::unwrap_or_clone(known.history);
            if let Some(grown) = on_top(objects, heads, known)? {
                return Ok(grown);
            }
        }
        // What was joined in the mind may be joined otherwise by now.
        Some(_) | None => {}
    }
    let mut commits = walk(objects, heads, |_| false)?;
    let stood_on: HashSet<_> = commits.iter().flat_map(|commit| commit.parents.iter().copied()).collect();
    let tops: Vec<_> = heads.iter().copied().filter(|head| !stood_on.contains(head)).collect();
    let (tip, joins) = join(objects, &tops, &mut commits)?;
    Ok(Reading { history: Rc::new(History::new(tip, commits)), joins })
}

/// What is new beside a known history; none where it has to be read anew.
fn on_top(objects: &Objects<'_>, heads: &[ObjectId], known: History) -> Result<Option<Reading>, Failure> {
    let mut commits = walk(objects, heads, |id| known.holds(id))?;
    let stood_on: HashSet<_> = commits.iter().flat_map(|commit| commit.parents.iter().copied()).collect();
    // A ref may also have been set back, to before what is known.
    let Some(before) = known.tip().filter(|tip| heads.contains(tip) || stood_on.contains(tip)) else { return Ok(None) };
    let is_top = |head: &ObjectId| !stood_on.contains(head) && (*head == before || !known.holds(*head));
    let tops: Vec<_> = heads.iter().copied().filter(is_top).collect();
    let (tip, joins) = join(objects, &tops, &mut commits)?;
    if commits.is_empty() {
        return Ok(Some(Reading { history: Rc::new(known), joins }));
    }
    Ok(known.grown(tip, commits).map(|history| Reading { history: Rc::new(history), joins }))
}

/// How many commits are handed on at once to be decoded.
const BATCH: usize = 256;

/// How many batches may wait to be decoded: what waits takes memory.
const WAITING: usize = 16;

/// The way down from heads to what is known, newest first along a line.
struct Way<'k> {
    seen: HashSet<ObjectId>,
    waiting: Vec<ObjectId>,
    known: &'k dyn Fn(ObjectId) -> bool,
}

impl<'k> Way<'k> {
    fn from(heads: &[ObjectId], known: &'k dyn Fn(ObjectId) -> bool) -> Self {
        let mut way = Self { seen: HashSet::default(), waiting: Vec::new(), known };
        way.go_on(heads.iter().rev().copied());
        way
    }

    fn go_on(&mut self, commits: impl Iterator<Item = ObjectId>) {
        self.waiting.extend(commits.filter(|commit| !(self.known)(*commit) && self.seen.insert(*commit)));
    }
}

/// All commits down from `heads` to what is known, newest first along a line.
///
/// They are read in haste at first; where anything is not as it should be, one after another, which tells what it is.
fn walk(objects: &Objects<'_>, heads: &[ObjectId], known: impl Fn(ObjectId) -> bool) -> Result<Vec<Commit>, Failure> {
    match walk_in_haste(objects, Way::from(heads, &known)) {
        Some(commits) => Ok(commits),
        None => walk_with_care(objects, Way::from(heads, &known)),
    }
}

fn walk_with_care(objects: &Objects<'_>, mut way: Way<'_>) -> Result<Vec<Commit>, Failure> {
    let mut commits = Vec::new();
    while let Some(id) = way.waiting.pop() {
        let bytes = objects.read(id, Kind::Commit)?.ok_or_else(|| incomplete(id))?;
        let commit = commit(id, &bytes)?;
        way.go_on(commit.parents.iter().copied());
        commits.push(commit);
    }
    Ok(commits)
}

/// The same, whose commits are proved to be what their ids say, and decoded, on all processors while the next ones are read. None
/// where that can't be done with any of them.
fn walk_in_haste(objects: &Objects<'_>, mut way: Way<'_>) -> Option<Vec<Commit>> {
    let mut batch = |mut batch: Unproved| {
        while let Some(id) = if batch.count() < BATCH { way.waiting.pop() } else { None } {
            let content = objects.read_unproved(id, &mut batch).ok()??;
            way.go_on(codec::parents(content).ok()?.into_iter());
        }
        Some(batch)
    };
    let first = batch(Unproved::new(Kind::Commit))?;
    if first.count() < BATCH {
        return decoded(&first);
    }
    let (sender, receiver) = mpsc::sync_channel::<(usize, Unproved)>(WAITING);
    let receiver = Arc::new(Mutex::new(receiver));
    let (done, used) = mpsc::channel();
    std::thread::scope(|scope| {
        let decode = || {
            let (receiver, done) = (Arc::clone(&receiver), done.clone());
            let next = move || receiver.lock().ok()?.recv().ok();
            let decode = move |(number, batch)| {
                let commits = decoded(&batch)?;
                // Its memory serves once more, if anything is left to be read.
                done.send(batch).ok();
                Some((number, commits))
            };
            scope.spawn(move || std::iter::from_fn(next).map(decode).collect::<Option<Vec<_>>>())
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let decoders: Vec<_> = (0..processors).map(|_| decode()).collect();
        // It goes away with the last decoder: then nobody waits for room.
        drop(receiver);
        let mut raw = first;
        for number in 0.. {
            if raw.count() == 0 || sender.send((number, raw)).is_err() {
                break;
            }
            let mut next = used.try_recv().unwrap_or_else(|_| Unproved::new(Kind::Commit));
            next.clear();
            raw = batch(next)?;
        }
        drop(sender);
        let mut batches = Vec::new();
        for decoder in decoders {
            batches.extend(decoder.join().ok()??);
        }
        batches.sort_unstable_by_key(|(number, _)| *number);
        let mut commits = Vec::with_capacity(batches.len() * BATCH);
        batches.into_iter().for_each(|(_, batch)| commits.extend(batch));
        Some(commits)
    })
}

fn decoded(batch: &Unproved) -> Option<Vec<Commit>> {
    let mut commits = Vec::with_capacity(batch.count());
    for object in batch.proved() {
        let (id, bytes) = object?;
        commits.push(commit(id, bytes).ok()?);
    }
    Some(commits)
}

/// Joins `tops`, of which none holds another, into one tip; with the joins' bytes.
fn join(
    objects: &Objects<'_>,
    tops: &[ObjectId],
    commits: &mut Vec<Commit>,
) -> Result<(ObjectId, Vec<Vec<u8>>), Failure> {
    let (mut tip, mut joins) = (tops.first().copied().unwrap_or(ObjectId::ZERO), Vec::new());
    let mut time = 0;
    for (at, &top) in tops.iter().enumerate() {
        let bytes = objects.read(top, Kind::Commit)?.ok_or_else(|| incomplete(top))?;
        time = time.max(codec::seconds(&bytes));
        if at > 0 {
            let bytes = codec::join([tip, top], time);
            let parents = ParentIds::from_slice(&[tip, top]);
            tip = objects::id_of(Kind::Commit, &bytes)?;
            commits.push(Commit { id: tip, parents, content: Content::Join });
            joins.push(bytes);
        }
    }
    Ok((tip, joins))
}

pub(super) fn incomplete(id: ObjectId) -> Failure {
    Failure::undecided(format!("the ledger is incomplete: its commit {id} is not here"))
        .hint("git fetch --unshallow    # if this clone is shallow; else git fsck shows what is missing")
}

pub(super) fn unreadable(id: ObjectId, reason: &str) -> Failure {
    Failure::undecided(format!("the ledger can't be read: {id} is {reason}"))
        .hint("git fsck    # shows whether the object is damaged")
}

pub(super) fn commit(id: ObjectId, bytes: &[u8]) -> Result<Commit, Failure> {
    let parsed = codec::parse(bytes).map_err(|reason| unreadable(id, reason))?;
    let content = match parsed.content {
        Content::Event(Ok(event)) if parsed.tree != id_of_kept(&event.payload.keeps())? => {
            Content::Event(Err(Unreadable::malformed("its tree is not what the event keeps")))
        }
        Content::Join if parsed.tree != EMPTY_TREE => {
            Content::Event(Err(Unreadable::malformed("a commit that joins two histories must carry nothing")))
        }
        content => content,
    };
    Ok(Commit { id, parents: parsed.parents, content })
}

/// A tree that keeps objects reachable, each under its own id.
pub(super) fn kept_tree(kept: &[ObjectId]) -> Vec<u8> {
    let line = |id: &ObjectId| TreeLine { name: id.to_string().into_bytes(), directory: false, id: *id };
    objects::tree(&kept.iter().map(line).collect::<Vec<_>>())
}

fn id_of_kept(kept: &[ObjectId]) -> Result<ObjectId, Failure> {
    if kept.is_empty() { Ok(EMPTY_TREE) } else { objects::id_of(Kind::Tree, &kept_tree(kept)) }
}
