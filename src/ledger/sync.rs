//! The ledger between clones: fetched to a place of its own, joined, and pushed forward; nothing is rebased, nothing forced.

use std::path::Path;
use std::time::Duration;

use crate::domain::identity::{Moment, ObjectId, Person};
use crate::domain::record::Record;
use crate::failure::Failure;
use crate::git::remote::{NotFetched, Pushed, ToPush};
use crate::process::Deadline;

use super::exchange::{Exchange, Source, Taken};
use super::lock::{Blocked, Lock, Patience};
use super::refs::{Fetched, Heads, LEDGER, RemoteRefs, TEXT, Tips};
use super::store::Ledger;

/// The lock that only one sync at a time holds: what was fetched lies in one place.
const LOCK: &str = "sync.lock";

/// What tells git who the person at the keyboard is.
pub const WHO: &str = "git config --global user.name \"Your Name\" && git config --global user.email you@example.com";

/// The trouble that the next try may end.
const MOVED: &str = "others changed the remote's ledger again and again meanwhile";

/// Who syncs, with whom, and for how long.
#[derive(Clone, Debug)]
pub struct Sync<'s> {
    /// The remote's name.
    pub remote: &'s str,
    /// The person at the keyboard, where git knows them: only the adoption of a ledger that began apart is their word.
    pub actor: Option<&'s Person>,
    /// Now.
    pub at: Moment,
    /// For how long to try.
    pub limit: Duration,
    /// Whether a remote that has forgotten something gets it back.
    pub heal: bool,
}

/// What came of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// The events that came.
    pub received: usize,
    /// The events that went.
    pub sent: usize,
    /// The events that the remote is not known to have now.
    pub unshared: usize,
    /// Whether this clone's ledger, which began apart, was taken into the remote's, or the other way round.
    pub adopted: bool,
    /// Why the two are not the same now, in one line.
    pub trouble: Option<String>,
    /// What the remote had and has no more. Nothing was taken in or sent then.
    pub forgot: Option<Forgot>,
}

/// A remote that does not hold what it held: its ledger was rewritten, set back or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgot {
    /// Its tip now; none where its ledger is gone. It is kept in quarantine.
    pub tip: Option<ObjectId>,
    /// The events that it had and that are not there any more.
    pub lost: Vec<Record>,
    /// The events that stand there instead, and that this clone did not know.
    pub instead: Vec<Record>,
}

impl Ledger<'_> {
    /// Makes the ledger of this clone and that of a remote the same, as far as the time allows.
    ///
    /// What could not be reached or pushed is no failure: it is said in the answer. Exit 4 if either ledger can't be read, or
    /// if a second one, which began apart, stands there.
    pub fn sync(&self, with: &Sync<'_>) -> Result<Synced, Failure> {
        let deadline = Deadline::after(with.limit);
        let mut patience = Patience::new(with.limit, with.at);
        let mut synced = Synced::default();
        let before = self.unshared()?;
        let _lock = match Lock::take(&self.directory(), LOCK, &mut patience)? {
            Ok(lock) => lock,
            Err(blocked) => return Ok(Synced { trouble: Some(blocked.why), unshared: before, ..synced }),
        };
        let refs = RemoteRefs::of(self.repository)?;
        let source = if with.heal { Source::ForgetfulRemote } else { Source::Remote };
        loop {
            let fetched = Fetched::new(self.repository);
            if let Err(not) = self.repository.fetch_refs(with.remote, &fetched.refspecs(&refs), deadline.left()) {
                synced.trouble = Some(not.why);
                break;
            }
            let (theirs, patience_here) = (fetched.tips()?, Patience::new(deadline.left(), with.at));
            match Exchange::begin(self, (source, theirs), with.at, patience_here)?.take_in(with.actor)? {
                Taken::Forgot(forgot) => {
                    synced.forgot = Some(forgot);
                    break;
                }
                Taken::Apart => return Err(nobody_adopts()),
                Taken::In { received, adopted } => {
                    synced.received += received;
                    synced.adopted |= adopted;
                }
            }
            synced.trouble = self.send(with, &refs, theirs, &deadline)?;
            if synced.trouble.as_deref() != Some(MOVED) || !patience.pause() {
                break;
            }
        }
        synced.unshared = self.unshared()?;
        synced.sent = (before + usize::from(synced.adopted)).saturating_sub(synced.unshared);
        Ok(synced)
    }

    /// Fetches the remote's branches, and takes in its ledger on the way. What speaks against that is said in the answer, in
    /// one line, and is for [`Ledger::sync`] to tell in full.
    pub fn refresh(
        &self,
        remote: &str,
        at: Moment,
        limit: Duration,
    ) -> Result<Result<Option<String>, NotFetched>, Failure> {
        let Ok(Ok(_lock)) = Lock::take(&self.directory(), LOCK, &mut Patience::new(Duration::ZERO, at)) else {
            return Ok(self.repository.fetch(remote, &[], limit).map(|()| None));
        };
        let refs = RemoteRefs::of(self.repository)?;
        let fetched = Fetched::new(self.repository);
        // A partial clone would leave the texts out.
        let came = if self.repository.is_partial() {
            let ledger = self.repository.fetch_refs(remote, &fetched.refspecs(&refs), limit);
            ledger.and_then(|()| self.repository.fetch(remote, &[], limit))
        } else {
            self.repository.fetch(remote, &fetched.refspecs(&refs), limit)
        };
        if let Err(not_fetched) = came {
            return Ok(Err(not_fetched));
        }
        let patience = Patience::new(Duration::from_secs(1), at);
        let exchange = Exchange::begin(self, (Source::Remote, fetched.tips()?), at, patience);
        let taken = exchange.and_then(|mut exchange| exchange.take_in(None));
        Ok(match taken {
            Ok(Taken::In { .. } | Taken::Apart) => Ok(None),
            // A remote that is not what it was answers for nothing: it was rewritten, or it is another one.
            Ok(Taken::Forgot(_)) => {
                Err(NotFetched { why: "its ledger has forgotten events; `hotfix sync` shows them".to_owned() })
            }
            Err(failure) => Ok(Some(format!("The ledger of {remote} was not taken in: {failure}"))),
        })
    }

    /// Fetches a remote's ledger and takes it in, and sends nothing: what it has forgotten, if it has, or why it could not be
    /// asked, in one line.
    ///
    /// Exit 4 if it can't be read, or if a second one, which began apart, stands there.
    pub fn look(&self, remote: &str, at: Moment, limit: Duration) -> Result<Result<Option<Forgot>, String>, Failure> {
        let _lock = match Lock::take(&self.directory(), LOCK, &mut Patience::new(limit, at))? {
            Ok(lock) => lock,
            Err(blocked) => return Ok(Err(blocked.why)),
        };
        let refs = RemoteRefs::of(self.repository)?;
        let fetched = Fetched::new(self.repository);
        if let Err(not) = self.repository.fetch_refs(remote, &fetched.refspecs(&refs), limit) {
            return Ok(Err(not.why));
        }
        let from = (Source::Remote, fetched.tips()?);
        Ok(Ok(match Exchange::begin(self, from, at, Patience::new(limit, at))?.take_in(None)? {
            Taken::In { .. } | Taken::Apart => None,
            Taken::Forgot(forgot) => Some(forgot),
        }))
    }

    /// Takes in the ledger that a bundle holds; the number of events that were new here.
    ///
    /// Exit 4 if it holds none, or one that began apart from this one.
    pub fn import(&self, file: &Path, actor: Option<&Person>, at: Moment) -> Result<usize, Failure> {
        let patience = || Patience::new(self.patience, at);
        let _lock = Lock::take(&self.directory(), LOCK, &mut patience())?.map_err(Blocked::failure)?;
        let fetched = Fetched::new(self.repository);
        let name = file.display().to_string();
        let refspecs = fetched.refspecs(&RemoteRefs::default());
        self.repository.fetch_refs(&name, &refspecs, self.patience).map_err(|NotFetched { why }| {
            Failure::undecided(format!("failed to read {name}: {why}"))
                .hint(format!("git bundle verify {name}    # shows whether it is whole, and what it lacks"))
        })?;
        let theirs = fetched.tips()?;
        if theirs.ledger.is_none() {
            return Err(Failure::undecided(format!("{name} holds no ledger"))
                .hint("hotfix sync --bundle FILE    # writes one that does, in the clone that has it"));
        }
        match Exchange::begin(self, (Source::Bundle, theirs), at, patience())?.take_in(actor)? {
            Taken::In { received, .. } => Ok(received),
            Taken::Apart => Err(nobody_adopts()),
            // Only of a remote is it known what it had.
            Taken::Forgot(_) => Ok(0),
        }
    }

    /// Writes the ledger and its texts into a file that [`Ledger::import`] reads.
    pub fn export_bundle(&self, file: &Path) -> Result<(), Failure> {
        let all = [LEDGER, TEXT];
        let here: Vec<_> =
            all.into_iter().filter(|name| matches!(self.repository.direct_ref(name), Ok(Some(_)))).collect();
        self.repository.bundle(file, &here)
    }

    /// Cuts out of this clone what the ledger says was cut out; other clones follow as they sync.
    pub fn cut_out_texts(&self, at: Moment) -> Result<(), Failure> {
        let nothing = (Source::Bundle, Tips::default());
        Exchange::begin(self, nothing, at, Patience::new(self.patience, at))?.texts()
    }

    /// Pushes what the remote lacks; why it does not have it now, if it has not.
    fn send(
        &self,
        with: &Sync<'_>,
        refs: &RemoteRefs,
        theirs: Tips,
        deadline: &Deadline,
    ) -> Result<Option<String>, Failure> {
        let (repository, remote) = (self.repository, with.remote);
        let (heads, text) = (Heads::of(repository)?, repository.direct_ref(TEXT)?);
        let mut to_push = Vec::new();
        if let Some(commit) = text.filter(|_| text != theirs.text) {
            let goes_forward = theirs.text.map_or(Ok(true), |theirs| repository.contains(commit, theirs))?;
            let replaces = theirs.text.filter(|_| !goes_forward);
            to_push.push(ToPush { name: &refs.text, commit, replaces });
        }
        if let Some(commit) = heads.ledger.filter(|_| heads.ledger != theirs.ledger) {
            to_push.push(ToPush { name: &refs.ledger, commit, replaces: None });
        }
        if to_push.is_empty() {
            return Ok(None);
        }
        let pushed = match repository.push(remote, &to_push, deadline.left()) {
            Ok(pushed) => pushed,
            Err(not_pushed) => return Ok(Some(not_pushed.why)),
        };
        let mut trouble = None;
        for (to, pushed) in to_push.iter().zip(pushed) {
            match pushed {
                Pushed::Done if to.name == refs.ledger => {
                    let mut patience = Patience::new(deadline.left(), with.at);
                    let noted = match Lock::take(&self.directory(), "ledger.lock", &mut patience)? {
                        Ok(mut lock) => lock.note_shared(&self.writer()?, (heads.shared, to.commit), &mut patience)?,
                        Err(blocked) => Err(blocked),
                    };
                    trouble = trouble.or(noted.err().map(|blocked| blocked.why));
                }
                Pushed::Done => {}
                Pushed::Moved => trouble = trouble.or(Some(MOVED.to_owned())),
                Pushed::Refused { why } => trouble = Some(format!("{remote} refuses {}: {why}", to.name)),
            }
        }
        Ok(trouble)
    }
}

/// The failure where one of two ledgers has to be taken into the other, which is on record in somebody's name.
fn nobody_adopts() -> Failure {
    let message =
        "this clone's ledger began apart from the other one, and git does not know in whose name to take it in";
    Failure::undecided(message).hint(WHO)
}
