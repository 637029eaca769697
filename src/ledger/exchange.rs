//! Taking in what was fetched: what the remote has must hold all that it had; what diverged is joined.

use std::collections::BTreeMap;

use crate::domain::event::{LedgerAdopted, Payload};
use crate::domain::identity::{Moment, ObjectId, Person};
use crate::domain::record::{Content, History, Record};
use crate::failure::Failure;
use crate::git::objects::Kind;
use crate::git::repository::Repository;

use super::append::{Pen, event_id, write_event};
use super::codec;
use super::lock::{Blocked, Lock, Patience, Turn};
use super::read::Reading;
use super::refs::{Heads, LEDGER, PENDING_TEXTS, QUARANTINE, TEXT, Tips};
use super::store::{ASKED, Draft, Ledger};
use super::sync::Forgot;
use super::text_union::{self, Texts};

/// Where something was fetched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The remote that the team shares: it must have all that it had.
    Remote,
    /// The same, though it is known to have forgotten something: it gets it back.
    ForgetfulRemote,
    /// A file.
    Bundle,
}

/// What became of it.
pub(super) enum Taken {
    /// It is in this clone's ledger now.
    In {
        /// The number of events that were new here.
        received: usize,
        /// Whether one of the two ledgers, which began apart, was taken into the other.
        adopted: bool,
    },
    /// Nothing, for the two began apart, and nobody takes one into the other.
    Apart,
    /// It is in quarantine.
    Forgot(Forgot),
}

/// One taking in, under the ledger's lock.
pub(super) struct Exchange<'l, 'r> {
    ledger: &'l Ledger<'r>,
    writer: Repository,
    source: Source,
    theirs: Tips,
    at: Moment,
    lock: Lock,
    patience: Patience,
}

impl<'l, 'r> Exchange<'l, 'r> {
    pub(super) fn begin(
        ledger: &'l Ledger<'r>,
        (source, theirs): (Source, Tips),
        at: Moment,
        mut patience: Patience,
    ) -> Result<Self, Failure> {
        let lock = Lock::take(&ledger.directory(), "ledger.lock", &mut patience)?.map_err(Blocked::failure)?;
        Ok(Self { ledger, writer: ledger.writer()?, source, theirs, at, lock, patience })
    }

    /// Takes in what was fetched. Two ledgers that began apart are made one only in the name of
    /// `adopter`, and only as long as this one was never shared.
    ///
    /// Exit 4 if a second ledger that nobody took in stands there.
    pub(super) fn take_in(&mut self, adopter: Option<&Person>) -> Result<Taken, Failure> {
        let Some(theirs) = self.theirs.ledger else {
            let gone = if self.source == Source::Remote { self.gone()? } else { None };
            if gone.is_none() {
                // Only a note: where it can't be written, the ledger stays unknown.
                std::fs::write(self.ledger.directory().join(ASKED), "").ok();
                self.texts()?;
            }
            return Ok(gone.map_or(Taken::In { received: 0, adopted: false }, Taken::Forgot));
        };
        loop {
            let heads = Heads::of(&self.writer)?;
            let own = self.ledger.read(&self.writer, &heads.all())?.history;
            let (before, began) = (own.count(), own.root());
            drop(own);
            let reading = self.ledger.read(&self.writer, &with(theirs, heads.all()))?;
            if let Some(forgot) = self.forgot(&reading.history, theirs, &heads)? {
                return Ok(Taken::Forgot(forgot));
            }
            let (received, history) = (reading.history.count() - before, &reading.history);
            // The beginning says whom to trust. A ledger that holds all of this one, and takes it in, is another one all the same.
            if let Some(root) = history.root().filter(|_| heads.shared.is_some() && history.root() != began) {
                return Err(second_beginning(&[root]));
            }
            let adopts = self.begins_apart(history, theirs, &heads)?;
            if adopts.is_some() && adopter.is_none() {
                return Ok(Taken::Apart);
            }
            let adopted = adopts.is_some();
            let tip = self.join(theirs, &heads, &reading, adopts.zip(adopter))?;
            let turn = match heads.ledger {
                Some(ledger) if ledger == tip => Turn::Done,
                from => self.lock.swap(&self.writer, (LEDGER, from, tip), &mut self.patience)?,
            };
            match turn {
                Turn::Again => continue,
                Turn::Blocked(blocked) => return Err(blocked.failure()),
                Turn::Done => {}
            }
            heads.pending.iter().for_each(|(name, id)| drop(self.writer.drop_ref(name, *id)));
            if self.source != Source::Bundle
                && heads.shared.is_none_or(|shared| shared != theirs && history.knows(theirs, shared))
            {
                let noted = self.lock.note_shared(&self.writer, (heads.shared, theirs), &mut self.patience)?;
                noted.map_err(Blocked::failure)?;
            }
            self.texts()?;
            return Ok(Taken::In { received, adopted });
        }
    }

    /// Writes the commit that holds all of both, and what it takes to get there.
    fn join(
        &self,
        theirs: ObjectId,
        heads: &Heads,
        reading: &Reading,
        adoption: Option<((ObjectId, String), &Person)>,
    ) -> Result<ObjectId, Failure> {
        // A join of ours that nobody has seen is made anew instead of being joined once more.
        let heads = heads.all();
        let plain = self.without_own_joins(heads.clone(), theirs, &reading.history)?;
        let reading =
            if plain == heads { reading.clone() } else { self.ledger.read(&self.writer, &with(theirs, plain))? };
        let objects = self.writer.objects()?;
        reading.joins.iter().try_for_each(|bytes| objects.write(Kind::Commit, bytes).map(drop))?;
        let tip = reading.history.tip().unwrap_or(theirs);
        let tip = match adoption {
            None => tip,
            Some(((root, ledger), adopter)) => {
                let pen = Pen { objects: &objects, signer: self.ledger.signs.then_some(&self.writer) };
                let draft = Draft {
                    actor: adopter.clone(),
                    at: self.at,
                    incident: None,
                    payload: Payload::LedgerAdopted(LedgerAdopted { ledger, root }),
                    texts: BTreeMap::new(),
                };
                write_event(pen, &reading.history, &draft, &event_id(self.at), BTreeMap::new())?.commit
            }
        };
        self.writer.sync_objects()?;
        Ok(tip)
    }

    fn without_own_joins(
        &self,
        heads: Vec<ObjectId>,
        theirs: ObjectId,
        history: &History,
    ) -> Result<Vec<ObjectId>, Failure> {
        let objects = self.writer.objects()?;
        let (mut waiting, mut kept) = (heads, Vec::new());
        waiting.reverse();
        while let Some(head) = waiting.pop() {
            let bytes = objects.read(head, Kind::Commit)?.unwrap_or_default();
            let own = head != theirs && !history.knows(theirs, head) && !history.knows(head, theirs);
            match codec::parse(&bytes) {
                Ok(parsed) if own && parsed.content == Content::Join => waiting.extend(parsed.parents.iter().rev()),
                Ok(_) | Err(_) => kept.push(head),
            }
        }
        Ok(kept)
    }

    /// The root and the id of the ledger that began apart and is to be taken in; none where both began together.
    fn begins_apart(
        &self,
        history: &History,
        theirs: ObjectId,
        heads: &Heads,
    ) -> Result<Option<(ObjectId, String)>, Failure> {
        let strange: Vec<_> = history.strange_roots().collect();
        let [root] = strange[..] else {
            return if strange.is_empty() { Ok(None) } else { Err(second_beginning(&strange)) };
        };
        let is_theirs = root == theirs || history.knows(theirs, root);
        let own = self.ledger.read(&self.writer, &heads.all())?.history;
        match own.ledger() {
            Some(ledger) if !is_theirs && heads.shared.is_none() => Ok(Some((root, ledger.to_owned()))),
            _ => Err(second_beginning(&strange)),
        }
    }

    fn forgot(&self, history: &History, theirs: ObjectId, heads: &Heads) -> Result<Option<Forgot>, Failure> {
        let Some(shared) = heads.shared.filter(|&shared| shared != theirs && !history.knows(theirs, shared)) else {
            return Ok(None);
        };
        if self.source != Source::Remote {
            return Ok(None);
        }
        // The ref keeps what stands there now, for whoever has to find out.
        self.writer.swap_ref(&format!("{QUARANTINE}{theirs}"), None, theirs)?;
        let history = self.ledger.read_whole(&self.writer, &with(theirs, heads.all()))?;
        // Each is told as its own ledger has it: beside a remote that began anew one's own events would belong to another one.
        let of = |tip: ObjectId, not: ObjectId| -> Result<Vec<Record>, Failure> {
            let own = self.ledger.read_whole(&self.writer, &[tip])?;
            let new = history.beyond(not).filter_map(|record| own.at(record.commit));
            Ok(new.cloned().collect())
        };
        let (lost, instead) = (of(shared, theirs)?, of(theirs, shared)?);
        Ok(Some(Forgot { tip: Some(theirs), lost, instead }))
    }

    /// What a remote had that has no ledger any more.
    fn gone(&self) -> Result<Option<Forgot>, Failure> {
        let heads = Heads::of(&self.writer)?;
        let Some(shared) = heads.shared else { return Ok(None) };
        let history = self.ledger.read_whole(&self.writer, &[shared])?;
        Ok(Some(Forgot { tip: None, lost: history.records().to_vec(), instead: Vec::new() }))
    }

    /// Makes the texts of both one store, without those that were cut out.
    pub(super) fn texts(&mut self) -> Result<(), Failure> {
        let beside = self.writer.refs_below(PENDING_TEXTS)?;
        let history = if beside.is_empty() { self.ledger.history()? } else { self.ledger.whole_history()? };
        loop {
            // One whose event is not here yet may be about to be recorded.
            let is_known = |name: &str| name.strip_prefix(PENDING_TEXTS).is_some_and(|id| history.event(id).is_some());
            let mut beside = self.writer.refs_below(PENDING_TEXTS)?;
            beside.retain(|(name, _)| is_known(name));
            let texts = Texts {
                theirs: self.theirs.text,
                ours: self.writer.direct_ref(TEXT)?,
                beside: beside.iter().map(|(_, commit)| *commit).collect(),
            };
            let whole = || self.ledger.whole_history();
            let union = text_union::union(&self.writer, &texts, (&*history, &whole), self.at)?;
            let turn = match union {
                union if union == texts.ours => Turn::Done,
                None => Turn::Done,
                Some(union) => self.lock.swap(&self.writer, (TEXT, texts.ours, union), &mut self.patience)?,
            };
            match turn {
                Turn::Again => {}
                Turn::Blocked(blocked) => return Err(blocked.failure()),
                Turn::Done => {
                    // What can't be taken away just now is taken in once more, which changes nothing.
                    beside.iter().for_each(|(name, commit)| drop(self.writer.drop_ref(name, *commit)));
                    return Ok(());
                }
            }
        }
    }
}

fn with(first: ObjectId, rest: Vec<ObjectId>) -> Vec<ObjectId> {
    std::iter::once(first).chain(rest.into_iter().filter(|head| *head != first)).collect()
}

fn second_beginning(roots: &[ObjectId]) -> Failure {
    let roots: Vec<String> = roots.iter().map(ObjectId::to_string).collect();
    Failure::undecided(format!(
        "a second ledger, which began apart ({}), stands beside the one that this clone shares; nobody took it in, and it is refused",
        roots.join(", ")
    ))
    .hint("git log --format='%h %an %ad %s' COMMIT    # who made it? ask them before anybody touches the remote's ledger")
}
