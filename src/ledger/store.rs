//! The ref, the lock and the append: a kill at any instant loses at most the event that was not acknowledged.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use crate::domain::event::{Event, FORMAT, LedgerCreated, Payload};
use crate::domain::identity::{IncidentId, Moment, ObjectId, Person};
use crate::domain::record::{Commit, Content, History, Unreadable};
use crate::domain::standing::Rule;
use crate::failure::Failure;
use crate::git::objects::{self, Kind, Objects, TreeLine};
use crate::git::repository::Repository;

use super::codec;
use super::lock::{Lock, Patience};
use super::seals;
use super::secrets;
use super::text::{self, Text};

/// The ref whose commits are the events.
pub const LEDGER: &str = "refs/hotfix/ledger";

/// The ref whose tree holds the free texts.
pub const TEXT: &str = "refs/hotfix/text";

/// How long an append tries before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Whether there is a ledger here. Absent is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There is one.
    Here,
    /// There is none, and no remote that could have one.
    Never,
    /// There is none here, but a remote may have one that was never fetched.
    Unknown,
}

/// An event that is about to be recorded.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Who did it.
    pub actor: Person,
    /// When.
    pub at: Moment,
    /// The incident it is about.
    pub incident: Option<IncidentId>,
    /// What happened.
    pub payload: Payload,
    /// Its free texts by name (letters, digits, `.`, `_`, `-`).
    pub texts: BTreeMap<String, String>,
}

/// An event that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The commit that holds it.
    pub commit: ObjectId,
    /// The event.
    pub event: Event,
}

/// The ledger of a repository.
pub struct Ledger<'r> {
    repository: &'r Repository,
    patience: Duration,
    rule: Rule,
    signs: bool,
    /// The last history read: reading again costs only what is new.
    known: RefCell<Rc<History>>,
}

impl<'r> Ledger<'r> {
    /// The ledger of `repository`, which need not have one yet.
    ///
    /// Exit 4 if its ref is symbolic, a directory or corrupt.
    pub fn open(repository: &'r Repository) -> Result<Self, Failure> {
        repository.direct_ref(LEDGER)?;
        Ok(Self { repository, patience: PATIENCE, rule: Rule::default(), signs: false, known: RefCell::default() })
    }

    /// The same ledger with another time to try an append for.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same ledger, in which only those events count that `rule` has no doubt about.
    ///
    /// Exit 4 if a commit of it is missing or corrupt.
    pub fn weighed_by(mut self, rule: Rule) -> Result<Self, Failure> {
        let known = Rc::unwrap_or_clone(self.known.take());
        self.known = RefCell::new(Rc::new(seals::weigh(self.repository, known, &rule)?));
        self.rule = rule;
        Ok(self)
    }

    /// The same ledger, whose new events are signed through git, or are not.
    #[must_use]
    pub fn signing(mut self, signs: bool) -> Self {
        self.signs = signs;
        self
    }

    /// What decides whether an event counts.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Whether there is a ledger here.
    pub fn presence(&self) -> Result<Presence, Failure> {
        Ok(match self.repository.direct_ref(LEDGER)? {
            Some(_) => Presence::Here,
            None if self.repository.remotes()?.is_empty() => Presence::Never,
            None => Presence::Unknown,
        })
    }

    /// All events in causal order. Where there is no ledger the history is empty: ask [`Ledger::presence`] what that means.
    ///
    /// Exit 4 if a commit of it is missing or corrupt.
    pub fn history(&self) -> Result<Rc<History>, Failure> {
        self.history_of(self.repository)
    }

    /// The texts of an event, by name.
    pub fn texts(&self, event: &Event) -> Result<BTreeMap<String, Text>, Failure> {
        let tip = self.repository.direct_ref(TEXT)?;
        text::load(&self.repository.objects()?, tip, &event.id, &event.texts)
    }

    /// Records an event, and the ledger's root if this is the first one.
    ///
    /// Exit 2 if a text holds a secret or is too long; exit 4 if it could not be written, and then nothing was recorded.
    pub fn append(&self, draft: Draft) -> Result<Recorded, Failure> {
        match self.append_if(draft, |_| Ok::<(), Infallible>(()))? {
            Ok(recorded) => Ok(recorded),
            Err(never) => match never {},
        }
    }

    /// Records an event if `still_right` agrees to the very history that it will stand on.
    ///
    /// Of two programs that record at once, the second one sees the first one's event: what must happen only once, does.
    pub fn append_if<T>(
        &self,
        draft: Draft,
        mut still_right: impl FnMut(&History) -> Result<(), T>,
    ) -> Result<Result<Recorded, T>, Failure> {
        let sealed = text::seal(&draft.texts)?;
        draft.payload.names().into_iter().try_for_each(secrets::refuse_in_name)?;
        let directory = self.repository.common_directory().join("hotfix");
        let mut patience = Patience::new(self.patience, draft.at);
        let mut lock = Lock::take(&directory, &mut patience)?;
        let writer = self.repository.durable(&directory.join("durable-writes.config"))?;
        let objects = writer.objects()?;
        let id = event_id(draft.at);
        let mut texts_stored = draft.texts.is_empty();
        let mut written = None;
        loop {
            let history = self.history_of(&writer)?;
            if let Err(reason) = still_right(&history) {
                return Ok(Err(reason));
            }
            // The text goes first: an event without its text would look as if it had been redacted.
            if !texts_stored {
                let tip = writer.direct_ref(TEXT)?;
                let tree = text::store(&objects, tip, &id, &sealed)?;
                let bytes = codec::commit(tree, tip.as_slice(), &draft.actor, draft.at, "hotfix: text\n");
                let commit = objects.write(Kind::Commit, &bytes)?;
                texts_stored = lock.swap(&writer, (TEXT, tip, commit), &mut patience)?;
                if !texts_stored {
                    continue;
                }
            }
            // Whoever has to touch a key does so once, and not again because the ref was locked for a moment.
            let recorded = match written.take().filter(|(tip, _)| *tip == history.tip()) {
                Some((_, recorded)) => recorded,
                None => {
                    let pen = Pen { objects: &objects, signer: self.signs.then_some(&writer) };
                    write_event(pen, &history, &draft, &id, sealed.hashes.clone())?
                }
            };
            writer.sync_directories()?;
            if lock.swap(&writer, (LEDGER, history.tip(), recorded.commit), &mut patience)? {
                return Ok(Ok(recorded));
            }
            written = Some((history.tip(), recorded));
        }
    }

    fn history_of(&self, repository: &Repository) -> Result<Rc<History>, Failure> {
        let tip = repository.direct_ref(LEDGER)?;
        // Taken out, so that it can be extended in place where nobody else holds it.
        let known = self.known.take();
        let history = match tip {
            None => Rc::default(),
            Some(tip) if known.tip() == Some(tip) => known,
            Some(tip) => {
                let history = read(&repository.objects()?, tip, known)?;
                Rc::new(seals::weigh(repository, history, &self.rule)?)
            }
        };
        self.known.replace(Rc::clone(&history));
        Ok(history)
    }
}

/// What an event is written with.
#[derive(Clone, Copy)]
struct Pen<'p> {
    objects: &'p Objects<'p>,
    /// Through which it is signed; none where it is not.
    signer: Option<&'p Repository>,
}

/// Writes the objects of an event that stands on `history`.
fn write_event(
    pen: Pen<'_>,
    history: &History,
    draft: &Draft,
    id: &str,
    texts: BTreeMap<String, String>,
) -> Result<Recorded, Failure> {
    let creates = matches!(draft.payload, Payload::LedgerCreated(_));
    let (ledger, parent) = match (history.tip(), history.ledger()) {
        (None, _) if creates => (uuid::Uuid::new_v4().to_string(), None),
        (None, _) => {
            let ledger = uuid::Uuid::new_v4().to_string();
            let root = Event {
                format: FORMAT,
                id: event_id(draft.at),
                ledger: ledger.clone(),
                actor: draft.actor.clone(),
                at: draft.at,
                incident: None,
                texts: BTreeMap::new(),
                payload: Payload::LedgerCreated(LedgerCreated { trusted_ref: None }),
            };
            (ledger, Some(write_commit(pen, &root, None)?))
        }
        (Some(_), _) if creates => {
            return Err(Failure::usage("this repository has a ledger already").hint("hotfix status"));
        }
        (Some(tip), Some(ledger)) => (ledger.to_owned(), Some(tip)),
        (Some(_), None) => {
            return Err(Failure::undecided("nothing can be added to a ledger whose first event can't be read")
                .hint("hotfix log    # shows why it can't be read"));
        }
    };
    let event = Event {
        format: FORMAT,
        id: id.to_owned(),
        ledger,
        actor: draft.actor.clone(),
        at: draft.at,
        incident: draft.incident.clone(),
        texts,
        payload: draft.payload.clone(),
    };
    let commit = write_commit(pen, &event, parent)?;
    Ok(Recorded { commit, event })
}

fn write_commit(pen: Pen<'_>, event: &Event, parent: Option<ObjectId>) -> Result<ObjectId, Failure> {
    let (kept, objects) = (event.payload.keeps(), pen.objects);
    if let Some(missing) = kept.iter().find(|id| !objects.holds(**id)) {
        return Err(Failure::undecided(format!("the object {missing}, which the event must keep, is not here"))
            .hint("git fetch --all    # and, in a shallow clone: git fetch --unshallow"));
    }
    let tree = objects.write(Kind::Tree, &kept_tree(&kept))?;
    let bytes = codec::event_commit(event, tree, parent)
        .map_err(|error| Failure::because("failed to write the event", error))?;
    match pen.signer {
        None => objects.write(Kind::Commit, &bytes),
        Some(repository) => objects.write(Kind::Commit, &seals::sign(repository, event, tree, parent, &bytes)?),
    }
}

/// A tree that keeps objects reachable, each under its own id.
fn kept_tree(kept: &[ObjectId]) -> Vec<u8> {
    let line = |id: &ObjectId| TreeLine { name: id.to_string().into_bytes(), directory: false, id: *id };
    objects::tree(&kept.iter().map(line).collect::<Vec<_>>())
}

fn id_of_kept(kept: &[ObjectId]) -> Result<ObjectId, Failure> {
    if kept.is_empty() { Ok(objects::EMPTY_TREE) } else { objects::id_of(Kind::Tree, &kept_tree(kept)) }
}

/// A UUID of version 7: its beginning is the time, so that ids sort roughly as the events happened.
fn event_id(at: Moment) -> String {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, at.timestamp_subsec_nanos());
    uuid::Uuid::new_v7(time).to_string()
}

/// Reads all commits down from `tip`, or only those on top of what is known.
fn read(objects: &Objects<'_>, tip: ObjectId, known: Rc<History>) -> Result<History, Failure> {
    let mut commits = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut waiting = vec![tip];
    while let Some(id) = waiting.pop() {
        if known.tip() == Some(id) && waiting.is_empty() && commits.iter().all(|c: &Commit| c.parents.len() == 1) {
            commits.reverse();
            return Ok(Rc::unwrap_or_clone(known).extended(commits));
        }
        let commit = read_commit(objects, id)?;
        waiting.extend(commit.parents.iter().filter(|parent| seen.insert(**parent)));
        commits.push(commit);
    }
    Ok(History::new(tip, commits))
}

fn read_commit(objects: &Objects<'_>, id: ObjectId) -> Result<Commit, Failure> {
    let Some(bytes) = objects.read(id, Kind::Commit)? else {
        return Err(Failure::undecided(format!("the ledger is incomplete: its commit {id} is not here"))
            .hint("git fetch --unshallow    # if this clone is shallow; else git fsck shows what is missing"));
    };
    let parsed = codec::parse(&bytes)
        .map_err(|reason| Failure::undecided(format!("the ledger can't be read: {id} is {reason}")))?;
    let content = match parsed.content {
        Content::Event(Ok(event)) if parsed.tree != id_of_kept(&event.payload.keeps())? => {
            Content::Event(Err(Unreadable::malformed("its tree is not what the event keeps")))
        }
        content => content,
    };
    Ok(Commit { id, parents: parsed.parents, content })
}
