//! The incidents of a ledger, loaded: what nearly every command starts with.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use super::reason::must_be_a_reason;
use crate::domain::budget::{Account, Entry};
use crate::domain::closing;
use crate::domain::debts;
use crate::domain::event::{Event, Payload};
use crate::domain::identity::{IncidentId, Moment, ObjectId};
use crate::domain::incident::{self, Incident};
use crate::domain::policy::Identity;
use crate::domain::record::{Content, History, Record};
use crate::domain::refusal::Refusal;
use crate::domain::spelling;
use crate::domain::standing::{Doubt, Rule};
use crate::evidence::identity;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::ledger::store::{Draft, Ledger, Presence, Recorded};
use crate::ledger::text::Text;
use crate::session::Session;

/// A ledger with its incidents.
pub struct Book<'s> {
    session: &'s Session,
    /// The ledger itself: to read, for what is recorded through [`Book::append_if`] is shared.
    pub ledger: Ledger<'s>,
    /// Its events.
    pub history: Rc<History>,
    /// Its incidents, by id.
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// The incidents that are over and that were left out, each with what the budget counts of it.
    pub left_out: BTreeMap<IncidentId, Entry>,
}

impl<'s> Book<'s> {
    /// Opens the ledger and replays it. A ledger that this clone never fetched is unknown, not empty: exit 4.
    pub fn open(session: &'s Session) -> Result<Self, Failure> {
        let book = Self::open_for_recording(session)?;
        book.is_known("hotfix sync    # or open the first incident: hotfix check INCIDENT")?;
        Ok(book)
    }

    /// Exit 4 where this clone never fetched the ledger, with the way to get it.
    pub fn is_known(&self, way: &str) -> Result<(), Failure> {
        match self.ledger.presence()? {
            Presence::Here | Presence::Never => Ok(()),
            Presence::Unknown => {
                Err(Failure::undecided("this clone never fetched the ledger, so what it holds is unknown").hint(way))
            }
        }
    }

    /// The ledger as it would be with these heads, only to be read.
    pub fn seen_from(session: &'s Session, heads: Vec<ObjectId>) -> Result<Self, Failure> {
        Self::of(session, weighed(session, Ledger::open(session.repository()?)?.seen_from(heads))?)
    }

    /// The same for `check`, which goes on without a fetched ledger: an emergency is never blocked, only recorded.
    pub fn open_for_recording(session: &'s Session) -> Result<Self, Failure> {
        Self::of(session, ledger(session)?)
    }

    fn of(session: &'s Session, ledger: Ledger<'s>) -> Result<Self, Failure> {
        let history = ledger.history()?;
        Ok(Self::with(session, ledger, history, BTreeMap::new()))
    }

    fn with(
        session: &'s Session,
        ledger: Ledger<'s>,
        history: Rc<History>,
        left_out: BTreeMap<IncidentId, Entry>,
    ) -> Self {
        let incidents = replay(&history);
        Self { session, ledger, history, incidents, left_out }
    }

    /// The same for a list, without the incidents of which nothing is listed: nearly all of them, in a ledger that is years old.
    pub fn open_for_list(session: &'s Session) -> Result<Self, Failure> {
        if let Some(book) = Self::kept(session)? {
            return Ok(book);
        }
        let book = Self::open(session)?;
        book.keep(book.history.records().len());
        Ok(book)
    }

    /// The same for what is done in one incident, which need not know of those that are over.
    pub fn open_for(session: &'s Session, id: &IncidentId) -> Result<Self, Failure> {
        let book = Self::open_for_list(session)?;
        if book.incidents.contains_key(id) || book.left_out.is_empty() { Ok(book) } else { Self::open(session) }
    }

    /// From what was kept, and what came since. None where that is not enough: nothing is kept, or somebody recorded something
    /// on an incident that was left out.
    fn kept(session: &'s Session) -> Result<Option<Self>, Failure> {
        let Some((ledger, left_out, before)) = kept(session)? else { return Ok(None) };
        let history = ledger.history()?;
        if !history.is_abridged() {
            let book = Self::with(session, ledger, history, BTreeMap::new());
            book.keep(book.history.records().len());
            return Ok(Some(book));
        }
        let known = |record: &Record| match &record.event {
            Ok(event) => event.incident.as_ref().is_some_and(|incident| left_out.contains_key(incident)),
            Err(_) => true,
        };
        if history.beyond(before).any(known) {
            return Ok(None);
        }
        let new = history.count_beyond(before);
        let book = Self::with(session, ledger, history, left_out);
        book.keep(new);
        Ok(Some(book))
    }

    /// Keeps what lists need, where it is worth it: `new` is the number of events that are not kept yet.
    fn keep(&self, new: usize) {
        // Nothing of these would be listed, whatever the day: they are over, and so are their actions.
        let is_quiet =
            |incident: &&Incident| incident.is_over() && debts::open_actions(incident, Moment::default()).is_empty();
        let quiet = self.incidents.values().filter(is_quiet).map(Entry::from);
        self.ledger.keep_for_lists(&self.history, self.left_out.values().cloned().chain(quiet), new);
    }

    /// What the incidents have cost, those too that were left out.
    pub fn account(&self) -> Account<'_> {
        let here = self.incidents.values().map(Entry::from);
        Account::within(&self.history, self.left_out.values().cloned().chain(here))
    }

    /// The same once more, after the shared remote was asked: for its branches, and for what others have recorded. Beside it,
    /// why it could not be asked, in one line; and what the person must know of its ledger.
    pub fn asked_again(self, limit: Duration) -> Result<(Self, Result<Option<String>, String>), Failure> {
        let session = self.session;
        let asked = ask(session, limit)?;
        Ok((Self::open_for_recording(session)?, asked))
    }

    /// The incident of that id. Exit 2 where there is none, with the nearest.
    pub fn incident(&self, id: &IncidentId) -> Result<&Incident, Failure> {
        self.incidents.get(id).ok_or_else(|| {
            let failure = Failure::usage(format!("no incident is named {id}"));
            let nearest = spelling::nearest(id.as_str(), self.incidents.keys().map(IncidentId::as_str));
            failure.hint(match (self.elsewhere("opened it"), nearest) {
                (Some(sync), Some(nearest)) => format!("{sync}; or did you mean {nearest}?"),
                (Some(sync), None) => format!("{sync}; `hotfix check {id}` opens it"),
                (None, Some(nearest)) => format!("did you mean {nearest}? `hotfix status` lists them all"),
                (None, None) => format!("hotfix check {id}    # opens it; `hotfix status` lists those that exist"),
            })
        })
    }

    /// The command that learns what others did, where there is a remote on which they may have; `did` says what.
    pub fn elsewhere(&self, did: &str) -> Option<String> {
        let remote = self.session.repository().ok()?.default_remote().ok().flatten()?;
        Some(format!("hotfix sync    # asks {remote} whether somebody {did}"))
    }

    /// The incident of that id, or the refusal because it is over.
    pub fn live(&self, id: &IncidentId) -> Result<Result<&Incident, Refusal>, Failure> {
        let incident = self.incident(id)?;
        let Some(mut over) = closing::over(incident) else { return Ok(Ok(incident)) };
        over.next.splice(0..0, self.elsewhere("opened it again"));
        Ok(Err(over))
    }

    /// The ref that policies are read from, if the ledger's root pins one.
    pub fn trusted_ref(&self) -> Option<&str> {
        trusted_ref(&self.history)
    }

    /// Exit 4 where an event can't be read: it may be the one that forbids what is about to be done.
    pub fn all_readable(&self) -> Result<(), Failure> {
        match self.history.unreadable().next() {
            None => Ok(()),
            Some((commit, why)) => {
                Err(Failure::undecided(format!("the event {} can't be read: {why}", commit.short()))
                    .hint("hotfix log    # shows every event that can't be read"))
            }
        }
    }

    /// The events, of one incident or of all, as a person is told them: also those that don't count or can't be read.
    pub fn told(&self, of: Option<&IncidentId>) -> Vec<&Record> {
        self.history.told(|event| of.is_none() || event.incident.as_ref() == of)
    }

    /// The events of one incident that count, in the order in which a person is told them.
    pub fn events_of<'b>(&'b self, id: &IncidentId) -> impl Iterator<Item = &'b Event> {
        let counting = self.told(Some(id)).into_iter().filter(|record| record.doubt.is_none());
        counting.filter_map(|record| record.event.as_deref().ok())
    }

    /// The words of one of an event's texts; none where it was redacted or never fetched.
    pub fn words(&self, event: &str, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.texts(event)?.get(name).and_then(Text::words).map(str::to_owned))
    }

    /// An event's texts, by name.
    pub fn texts(&self, event: &str) -> Result<BTreeMap<String, Text>, Failure> {
        let event = self.history.event(event).map(|(_, event)| event);
        event.map_or(Ok(BTreeMap::new()), |event| self.ledger.texts(event))
    }

    /// Cuts out of this clone the texts that the ledger says were cut out.
    pub fn cut_out_texts(&self) -> Result<(), Failure> {
        self.ledger.cut_out_texts(self.session.now())
    }

    /// Records what the person at the keyboard did now, on the incident.
    pub fn record(
        &self,
        id: &IncidentId,
        payload: Payload,
        texts: BTreeMap<String, String>,
    ) -> Result<Recorded, Failure> {
        let draft = self.draft(id, payload, texts)?;
        // Asked once more under the ledger's lock: an editor or a fetch takes minutes, and somebody may have closed meanwhile.
        let live = |history: &History| match incident::replay(history).get(id).map(closing::over) {
            Some(None) => Ok(()),
            Some(Some(over)) => Err(meanwhile(&over)),
            None => Err(Failure::undecided(format!("{id} is not in the ledger any more")).hint("hotfix log")),
        };
        self.append_if(draft, live)?
    }

    /// Records an event if `still_right` agrees to the history that it will stand on, as [`Ledger::append_if`] does; and says
    /// so where it could only be laid beside the ledger.
    ///
    /// Exit 4 where it does not count: it stands in the record, and opens no gate.
    pub fn append_if<T>(
        &self,
        draft: Draft,
        still_right: impl FnMut(&History) -> Result<(), T>,
    ) -> Result<Result<Recorded, T>, Failure> {
        let recorded = match self.ledger.append_if(draft, still_right)? {
            Ok(recorded) => recorded,
            Err(reason) => return Ok(Err(reason)),
        };
        self.session.note_recorded();
        if let Some(blocked) = &recorded.parked {
            self.session.note(&format!(
                "It is recorded beside the ledger, and joins it with the next record: {}.\n  {}",
                blocked.why, blocked.hint
            ));
        }
        self.counted(recorded).map(Ok)
    }

    /// What was recorded, if it counts. Exit 4 where it does not: it stands in the record, and opens no gate.
    fn counted(&self, recorded: Recorded) -> Result<Recorded, Failure> {
        if self.ledger.rule().identity == Identity::Unverified {
            return Ok(recorded);
        }
        let history = self.ledger.history()?;
        let Some(doubt) = history.at(recorded.commit).and_then(|record| record.doubt.as_ref()) else {
            return Ok(recorded);
        };
        let hint = match doubt {
            Doubt::Unsigned => "git config --unset hotfix.sign    # then do it again, signed".to_owned(),
            _ => format!("hotfix keys    # shows the keys of {}; bring yours to the trusted branch", identity::SIGNERS),
        };
        Err(Failure::undecided(format!("it is recorded, and does not count: {doubt}")).hint(hint))
    }

    /// Records an event, whatever it will stand on.
    pub fn append(&self, draft: Draft) -> Result<Recorded, Failure> {
        match self.append_if(draft, |_| Ok::<(), Infallible>(()))? {
            Ok(recorded) => Ok(recorded),
            Err(never) => match never {},
        }
    }

    /// Whether this clone has, or may have, a ledger.
    pub fn presence(&self) -> Result<Presence, Failure> {
        self.ledger.presence()
    }

    /// The number of events that the shared remote is not known to have; none where there is no remote to share with.
    pub fn unshared(&self) -> Result<Option<usize>, Failure> {
        if self.session.repository()?.remotes()?.is_empty() { Ok(None) } else { self.ledger.unshared().map(Some) }
    }

    /// The event that says what the person at the keyboard did now, not yet recorded. Exit 2 for a reason that is none.
    pub fn draft(&self, id: &IncidentId, payload: Payload, texts: BTreeMap<String, String>) -> Result<Draft, Failure> {
        texts.get("reason").map_or(Ok(()), |reason| must_be_a_reason(reason))?;
        let (actor, at) = (self.session.actor()?, self.session.now());
        Ok(Draft { actor, at, incident: Some(id.clone()), payload, texts })
    }
}

/// What the ledger's own root pins; a ledger that was taken in pins nothing here.
fn trusted_ref(history: &History) -> Option<&str> {
    match &history.at(history.root()?)?.event.as_ref().ok()?.payload {
        Payload::LedgerCreated(created) => created.trusted_ref.as_deref(),
        _ => None,
    }
}

/// The ref that policies are read from, if the root of this ledger pins one; the rest of it is not read.
pub fn pinned(ledger: &Ledger<'_>) -> Result<Option<String>, Failure> {
    Ok(match ledger.root()?.map(|root| root.content) {
        Some(Content::Event(Ok(event))) => match event.payload {
            Payload::LedgerCreated(created) => created.trusted_ref,
            _ => None,
        },
        Some(Content::Event(Err(_)) | Content::Join) | None => None,
    })
}

/// Whether new events are signed: where the policy wants it, or where git signs the person's commits with an SSH key anyway;
/// `hotfix.sign` says otherwise.
fn signs(repository: &Repository, rule: &Rule) -> bool {
    let as_commits = || {
        repository.config("gpg.format").as_deref() == Some("ssh")
            && repository.config_switch("commit.gpgSign") == Some(true)
    };
    repository.config_switch("hotfix.sign").unwrap_or_else(|| rule.identity != Identity::Unverified || as_commits())
}

/// Replays a ledger, a large one on two processors.
fn replay(history: &History) -> BTreeMap<IncidentId, Incident> {
    if history.records().len() < 4_096 {
        return incident::replay(history);
    }
    let half = |id: &IncidentId| id.as_str().bytes().fold(0, |sum: u8, byte| sum ^ byte) % 2 == 0;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| incident::replay_those(history, |id| !half(id)));
        let mut incidents = incident::replay_those(history, half);
        // Where the other one could not go on, this one does.
        incidents.append(&mut other.join().unwrap_or_else(|_| incident::replay_those(history, |id| !half(id))));
        incidents
    })
}

/// The ledger as it was kept for lists, with what came since; the incidents whose events it lacks; and the newest commit then. It
/// lacks none, and is the whole ledger, where that had to be read.
type Kept<'s> = (Ledger<'s>, BTreeMap<IncidentId, Entry>, ObjectId);

fn kept(session: &Session) -> Result<Option<Kept<'_>>, Failure> {
    let mut ledger = Ledger::open(session.repository()?)?;
    let Some((left_out, before)) = ledger.start_from_list() else { return Ok(None) };
    Ok(Some((weighed(session, ledger)?, left_out, before)))
}

/// The ledger for what looks at its newest events alone: those of incidents that are over may be left out of it.
pub fn ledger_at_hand(session: &Session) -> Result<Ledger<'_>, Failure> {
    kept(session)?.map_or_else(|| ledger(session), |(ledger, ..)| Ok(ledger))
}

/// The ledger, in which only what the policy lets count counts, and whose events are signed as this person's are.
pub fn ledger(session: &Session) -> Result<Ledger<'_>, Failure> {
    weighed(session, Ledger::open(session.repository()?)?)
}

fn weighed<'s>(session: &'s Session, ledger: Ledger<'s>) -> Result<Ledger<'s>, Failure> {
    let repository = session.repository()?;
    // The root names the trusted ref, and that says which of the others count.
    let rule = {
        let history = ledger.history()?;
        identity::rule(repository, trusted_ref(&history), session.now())?
    };
    let signs = signs(repository, &rule);
    Ok(ledger.weighed_by(rule)?.signing(signs))
}

/// Asks the shared remote for its branches and for what others have recorded: why it could not be asked, in one line, or what
/// the person must know of its ledger. Without a remote there is nobody to ask.
pub fn ask(session: &Session, limit: Duration) -> Result<Result<Option<String>, String>, Failure> {
    let repository = session.repository()?;
    match repository.default_remote()? {
        None if Ledger::open(repository)?.was_shared()? => {
            Ok(Err("this clone shared its ledger with a remote, and has none any more".to_owned()))
        }
        None => Ok(Ok(None)),
        Some(remote) => {
            let mut ledger = Ledger::open(repository)?;
            ledger.start_from_list();
            let asked = ledger.refresh(&remote, session.now(), limit)?;
            Ok(asked.map_err(|not| format!("{remote}: {not}")))
        }
    }
}

/// The failure of a command whose incident ended while it ran: nothing was recorded.
pub fn meanwhile(over: &Refusal) -> Failure {
    let failure = Failure::undecided(format!("nothing was recorded, for meanwhile {}", over.message));
    match over.next.first() {
        Some(next) => failure.hint(next.clone()),
        None => failure,
    }
}
