//! The ref, the lock and the append: a kill at any instant loses at most the event that was not acknowledged.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use crate::domain::event::{Event, Payload};
use crate::domain::identity::{IncidentId, Moment, ObjectId, Person};
use crate::domain::record::{Commit, History};
use crate::domain::standing::Rule;
use crate::failure::Failure;
use crate::git::repository::Repository;

use super::append::Append;
use super::list_cache::{self, Counted};
use super::lock::{Blocked, Lock, Patience, Turn};
use super::read::{self, Reading};
use super::refs::{Heads, LEDGER, PENDING_TEXTS, TEXT};
use super::root_note::RootNote;
use super::seals;
use super::secrets;
use super::text::{self, Text};
use super::text_union;

/// How long an append tries before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The file that says that the remote was asked for a ledger and had none.
pub(super) const ASKED: &str = "asked";

/// Whether there is a ledger here. Absent is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There is one.
    Here,
    /// There is none: no remote could have one, or it had none when it was asked.
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
    /// Who stood in the way of the ledger's ref, so that the event lies beside it: it counts, and joins the ledger with the
    /// next one.
    pub parked: Option<Blocked>,
}

/// The ledger of a repository.
pub struct Ledger<'r> {
    pub(super) repository: &'r Repository,
    pub(super) patience: Duration,
    rule: Rule,
    pub(super) signs: bool,
    /// The heads that it is read from, where those are not its refs.
    view: Option<Vec<ObjectId>>,
    /// What was read last: reading again costs only what is new.
    known: RefCell<Reading>,
    /// What was kept by an earlier program, where this one went on from it.
    pub(super) kept: Option<Counted>,
}

impl<'r> Ledger<'r> {
    /// The ledger of `repository`, which need not have one yet.
    ///
    /// Exit 4 if its ref is symbolic, a directory or corrupt.
    pub fn open(repository: &'r Repository) -> Result<Self, Failure> {
        repository.direct_ref(LEDGER)?;
        let (rule, known) = (Rule::default(), RefCell::default());
        Ok(Self { repository, patience: PATIENCE, rule, signs: false, view: None, known, kept: None })
    }

    /// The same ledger, only to be read, as it would be with these heads: a server looks at what is being pushed.
    #[must_use]
    pub fn seen_from(mut self, heads: Vec<ObjectId>) -> Self {
        self.view = Some(heads);
        self
    }

    /// What its content can be reached from.
    fn heads(&self) -> Result<Vec<ObjectId>, Failure> {
        match &self.view {
            Some(heads) => Ok(heads.clone()),
            None => Ok(Heads::of(self.repository)?.all()),
        }
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
        self.rule = rule;
        let known = self.known.take();
        let heads = self.heads()?;
        self.known = RefCell::new(self.weighed(self.repository, &heads, known)?);
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
        Ok(if !self.heads()?.is_empty() {
            Presence::Here
        } else if self.repository.remotes()?.is_empty() || self.directory().join(ASKED).exists() {
            Presence::Never
        } else {
            Presence::Unknown
        })
    }

    /// All events in causal order. Where there is no ledger the history is empty: ask [`Ledger::presence`] what that means.
    ///
    /// Exit 4 if a commit of it is missing or corrupt.
    pub fn history(&self) -> Result<Rc<History>, Failure> {
        Ok(self.read(self.repository, &self.heads()?)?.history)
    }

    /// The same, with every event, whatever the ledger went on from.
    pub(super) fn whole_history(&self) -> Result<Rc<History>, Failure> {
        self.read_whole(self.repository, &self.heads()?)
    }

    /// The commit that the ledger began with, without reading all that came since; none where there is no ledger.
    pub fn root(&self) -> Result<Option<Commit>, Failure> {
        let (objects, mut found) = (self.repository.objects()?, None);
        let mut note = RootNote::read(&self.directory());
        for head in self.heads()? {
            let root = note.root(&objects, head)?;
            // Where the heads lead to several, a join in the mind decides which of them is the ledger's own.
            if found.as_ref().is_some_and(|known: &Commit| known.id != root.id) {
                let history = self.history()?;
                return history.root().map(|root| note.root(&objects, root)).transpose();
            }
            found = Some(root);
        }
        note.keep(&self.directory());
        Ok(found)
    }

    /// The number of events that lie beside the ledger, for its ref could not be moved.
    pub fn parked(&self) -> Result<usize, Failure> {
        let history = self.history()?;
        Ok(history.count_beyond(Heads::of(self.repository)?.ledger.unwrap_or(ObjectId::ZERO)))
    }

    /// The number of events that the remote is not known to have.
    pub fn unshared(&self) -> Result<usize, Failure> {
        let history = self.history()?;
        Ok(history.count_beyond(Heads::of(self.repository)?.shared.unwrap_or(ObjectId::ZERO)))
    }

    /// Whether a remote is known to have had a ledger that this one stands on.
    pub fn was_shared(&self) -> Result<bool, Failure> {
        Ok(Heads::of(self.repository)?.shared.is_some())
    }

    /// The texts of an event, by name.
    pub fn texts(&self, event: &Event) -> Result<BTreeMap<String, Text>, Failure> {
        let beside = format!("{PENDING_TEXTS}{}", event.id);
        let tips = [self.repository.direct_ref(TEXT)?, self.repository.direct_ref(&beside)?];
        text::load(&self.repository.objects()?, tips, event)
    }

    /// How many texts are kept here for which there is no event: a kill between the two leaves one.
    pub fn unclaimed_texts(&self) -> Result<usize, Failure> {
        let tip = self.repository.direct_ref(TEXT)?;
        let (history, objects) = (self.history()?, self.repository.objects()?);
        if !text_union::knows_every_event(&history) {
            return Ok(0);
        }
        tip.map_or(Ok(0), |tip| text_union::unclaimed(&objects, tip, &history))
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
        let mut patience = Patience::new(self.patience, draft.at);
        let mut append = Append::new(self, draft, sealed)?;
        let mut lock = match Lock::take(&self.directory(), "ledger.lock", &mut patience)? {
            Ok(lock) => lock,
            Err(blocked) => {
                return match append.stands_on(&mut still_right)? {
                    Ok((_, reading)) => append.park(&reading, blocked).map(Ok),
                    Err(reason) => Ok(Err(reason)),
                };
            }
        };
        let mut texts_stored = false;
        loop {
            let (heads, reading) = match append.stands_on(&mut still_right)? {
                Ok(ground) => ground,
                Err(reason) => return Ok(Err(reason)),
            };
            // The text goes first: an event without its text would look as if it had been redacted.
            if !texts_stored {
                texts_stored = append.store_texts(&mut lock, &mut patience)?;
                continue;
            }
            let commit = append.write(&reading)?.commit;
            match lock.swap(&append.writer, (LEDGER, heads.ledger, commit), &mut patience)? {
                Turn::Done => {
                    // It stands on them now. One that can't be taken away just now is so with the next event.
                    heads.pending.iter().for_each(|(name, id)| drop(append.writer.drop_ref(name, *id)));
                    return append.write(&reading).map(Ok);
                }
                Turn::Again => {}
                Turn::Blocked(blocked) => return append.park(&reading, blocked).map(Ok),
            }
        }
    }

    /// Goes on from a history that was read before.
    pub(super) fn start_from(&self, known: Reading) {
        self.known.replace(known);
    }

    pub(super) fn directory(&self) -> std::path::PathBuf {
        self.repository.common_directory().join("hotfix")
    }

    /// A second handle on the repository, whose writes reach the disk before they return.
    pub(super) fn writer(&self) -> Result<Repository, Failure> {
        let directory = self.directory();
        std::fs::create_dir_all(&directory).map_err(|error| super::lock::not_writable(&directory, error))?;
        self.repository.durable(&directory.join("durable-writes.config"))
    }

    /// All that can be reached from some commits.
    pub(super) fn read(&self, repository: &Repository, heads: &[ObjectId]) -> Result<Reading, Failure> {
        // Taken out, so that it can be extended in place where nobody else holds it.
        let known = self.known.take();
        let before = known.history.tip();
        let mut reading = read::read(&repository.objects()?, heads, known)?;
        if reading.history.tip() != before {
            reading = self.weighed(repository, heads, reading)?;
        }
        self.known.replace(reading.clone());
        Ok(reading)
    }

    /// The same, in which only what the rule has no doubt about counts; it is read whole where that takes more than it holds.
    fn weighed(
        &self,
        repository: &Repository,
        heads: &[ObjectId],
        Reading { history, joins }: Reading,
    ) -> Result<Reading, Failure> {
        let counted = self.kept.filter(|kept| kept.under == Some(list_cache::digest(&self.rule)));
        let counted = counted.and_then(|kept| Some((kept.tip, kept.youngest?)));
        match seals::weigh(repository, Rc::unwrap_or_clone(history), &self.rule, counted)? {
            Some(history) => Ok(Reading { history: Rc::new(history), joins }),
            None => {
                let Reading { history, joins } = read::read(&repository.objects()?, heads, Reading::default())?;
                let history = seals::weigh(repository, Rc::unwrap_or_clone(history), &self.rule, None)?;
                Ok(Reading { history: Rc::new(history.unwrap_or_default()), joins })
            }
        }
    }

    /// All that can be reached from some commits, with every event of it.
    pub(super) fn read_whole(&self, repository: &Repository, heads: &[ObjectId]) -> Result<Rc<History>, Failure> {
        let history = self.read(repository, heads)?.history;
        if !history.is_abridged() {
            return Ok(history);
        }
        self.known.take();
        Ok(self.read(repository, heads)?.history)
    }
}
