//! What a list, a record and a sync need of the ledger, kept in a file: read in a few milliseconds, gone on from as the ledger
//! grows.
//!
//! It only saves time. It is written whole or not at all; one that is cut short, damaged, of another version, or of a ledger
//! that was set back is not used. Where only what is signed counts it holds for the very rule that it was weighed by. What opens
//! a gate, and the audit, reads the ledger itself.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;

use foldhash::HashSet;
use sha2::{Digest, Sha256};
use smallvec::smallvec;

use crate::domain::budget::Entry;
use crate::domain::event::{Event, Payload};
use crate::domain::identity::{IncidentId, Moment, ObjectId};
use crate::domain::policy::Identity;
use crate::domain::record::History;
use crate::domain::record::abridged::{Abridged, Kept, What};
use crate::domain::standing::Rule;

use super::codec;
use super::read::Reading;
use super::store::Ledger;

/// The header of the file; another form has another one.
const HEADER: &[u8] = b"hotfix list 2\n";

/// Below this many new events the file is left as it is: reading them again costs less than writing it.
const WORTH_WRITING: usize = 256;

/// Up to where it was found before that every event counts, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// The newest commit then.
    pub(super) tip: ObjectId,
    /// The youngest time up to there.
    pub(super) youngest: Option<Moment>,
    /// The digest of the rule that weighed them; none where nothing was asked of them.
    pub(super) under: Option<[u8; 32]>,
}

/// The digest of a rule.
pub(super) fn digest(rule: &Rule) -> [u8; 32] {
    Sha256::digest(format!("{rule:?}")).into()
}

/// What the file holds.
struct Content<Past> {
    history: Past,
    /// The youngest time of all events, those too that were left out.
    youngest: Option<Moment>,
    /// The digest of the rule by which they all count.
    under: Option<[u8; 32]>,
    /// The incidents whose events were left out, each with what the budget counts of it.
    left_out: BTreeMap<IncidentId, Entry>,
}

impl Ledger<'_> {
    fn list_file(&self) -> PathBuf {
        self.directory().join("list")
    }

    /// Goes on from what was kept for lists, if it can be used: the incidents that are left out, and the newest commit that
    /// was known then.
    pub fn start_from_list(&mut self) -> Option<(BTreeMap<IncidentId, Entry>, ObjectId)> {
        let Content { history, youngest, under, left_out } = read(&std::fs::read(self.list_file()).ok()?)?;
        let tip = history.tip()?;
        self.kept = Some(Counted { tip, youngest, under });
        self.start_from(Reading { history: Rc::new(history), joins: Vec::new() });
        Some((left_out, tip))
    }

    /// Keeps for lists what is known now without the events of the incidents in `left_out`, where it is worth it: `new` is the
    /// number of events that are not kept yet.
    pub fn keep_for_lists(&self, history: &History, left_out: impl Iterator<Item = Entry>, new: usize) {
        if new < WORTH_WRITING {
            return;
        }
        let left_out: BTreeMap<_, _> = left_out.map(|entry| (entry.incident.clone(), entry)).collect();
        let over: HashSet<&IncidentId> = left_out.keys().collect();
        let youngest = Cell::new(self.kept.and_then(|kept| kept.youngest));
        // It sees every event. Which texts were cut out has to be known as long as they may come back.
        let quiet = |event: &Event| {
            youngest.set(youngest.get().max(Some(event.at)));
            event.incident.as_ref().is_some_and(|incident| over.contains(incident))
                && !matches!(event.payload, Payload::Redacted(_))
        };
        let signed = self.rule().identity != Identity::Unverified;
        // What is said of keys and of other ledgers is weighed with all that it is about.
        let weighs = |(_, event): (ObjectId, &Event)| {
            matches!(event.payload, Payload::KeyRevoked(_) | Payload::LedgerAdopted(_))
        };
        if signed && history.events().any(weighs) {
            return;
        }
        let under = signed.then(|| digest(self.rule()));
        let Some(history) = history.abridge(quiet) else { return };
        let youngest = youngest.get();
        let Some(bytes) = written(&Content { history, youngest, under, left_out }) else { return };
        // A repository that can't be written to is as good without it.
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(self.directory())?;
            let mut file = tempfile::NamedTempFile::new_in(self.directory())?;
            file.write_all(&bytes)?;
            file.persist(self.list_file()).map_err(|error| error.error)?;
            Ok(())
        };
        write().ok();
    }
}

fn written(content: &Content<Abridged>) -> Option<Vec<u8>> {
    let Abridged { root, ledger, adopted, places, left_out } = &content.history;
    // Most of it are ids: of commits, of events and of an incident's commits.
    let mut out = Output(Vec::with_capacity(32 * places.len() + 16 * left_out.len() + 256 * content.left_out.len()));
    out.0.extend_from_slice(HEADER);
    out.text(env!("CARGO_PKG_VERSION"))?;
    out.flag(content.youngest.is_some());
    content.youngest.iter().for_each(|youngest| out.moment(*youngest));
    out.flag(content.under.is_some());
    content.under.iter().for_each(|under| out.0.extend_from_slice(under));
    out.id((*root)?);
    out.text(ledger.as_deref()?)?;
    out.count(adopted.len())?;
    for (root, ledger) in adopted {
        out.id(*root);
        out.text(ledger)?;
    }
    out.count(content.left_out.len())?;
    content.left_out.values().try_for_each(|entry| out.entry(entry))?;
    out.count(left_out.len())?;
    left_out.iter().for_each(|id| out.0.extend_from_slice(&id.to_le_bytes()));
    out.count(places.len())?;
    for (at, Kept { commit, parents, what }) in places.iter().enumerate() {
        out.id(*commit);
        // Nearly always the only parent is the place before.
        let is_next = at > 0 && parents.as_slice() == [at - 1];
        let kind = match what {
            What::Join => 0,
            What::LeftOut => 1,
            What::Event(_) => 2,
        };
        out.0.push(kind | if is_next { 4 } else { 0 });
        if !is_next {
            out.count(parents.len())?;
            parents.iter().try_for_each(|&parent| out.count(parent))?;
        }
        if let What::Event(event) = what {
            out.bytes(&codec::encode_again(event).ok()?)?;
        }
    }
    let checksum = Sha256::digest(&out.0);
    out.0.extend_from_slice(&checksum);
    Some(out.0)
}

struct Output(Vec<u8>);

impl Output {
    fn count(&mut self, count: usize) -> Option<()> {
        self.0.extend_from_slice(&u32::try_from(count).ok()?.to_le_bytes());
        Some(())
    }

    fn id(&mut self, id: ObjectId) {
        self.0.extend_from_slice(id.as_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn moment(&mut self, moment: Moment) {
        self.0.extend_from_slice(&moment.timestamp().to_le_bytes());
        self.0.extend_from_slice(&moment.timestamp_subsec_nanos().to_le_bytes());
        self.0.extend_from_slice(&moment.offset().local_minus_utc().to_le_bytes());
    }

    fn text(&mut self, text: &str) -> Option<()> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        self.count(bytes.len())?;
        self.0.extend_from_slice(bytes);
        Some(())
    }

    fn entry(&mut self, Entry { incident, opened, walks, voided, skipped }: &Entry) -> Option<()> {
        self.text(incident.as_str())?;
        self.moment(*opened);
        self.count(walks.len())?;
        for (commit, hotfix) in walks {
            self.id(*commit);
            self.flag(*hotfix);
        }
        self.flag(voided.is_some());
        voided.iter().for_each(|commit| self.id(*commit));
        self.count(skipped.len())?;
        for (commit, at) in skipped {
            self.id(*commit);
            self.moment(*at);
        }
        Some(())
    }
}

/// Reads what [`written`] wrote; none for anything else.
fn read(bytes: &[u8]) -> Option<Content<History>> {
    let (body, checksum) = bytes.split_last_chunk::<32>()?;
    if Sha256::digest(body).as_slice() != checksum {
        return None;
    }
    let mut input = Input(body.strip_prefix(HEADER)?);
    if input.text()? != env!("CARGO_PKG_VERSION") {
        return None;
    }
    let youngest = if input.flag()? { Some(input.moment()?) } else { None };
    let under = if input.flag()? { Some(input.take(32)?.try_into().ok()?) } else { None };
    let root = Some(input.id()?);
    let ledger = Some(input.text()?.to_owned());
    let mut adopted = BTreeMap::new();
    for _ in 0..input.count()? {
        adopted.insert(input.id()?, input.text()?.to_owned());
    }
    let count = input.count()?;
    let incident = |_| input.entry().map(|entry| (entry.incident.clone(), entry));
    let incidents = (0..count).map(incident).collect::<Option<BTreeMap<_, _>>>()?;
    let ids = input.count()?;
    let left_out = input.take(ids.checked_mul(16)?)?.chunks_exact(16);
    let left_out = left_out.map(|id| Some(u128::from_le_bytes(id.try_into().ok()?))).collect::<Option<_>>()?;
    let count = input.count()?;
    // What can't be there takes no memory.
    let count = Some(count).filter(|count| *count <= body.len() / 21)?;
    let places = (0..count).map(|at| input.place(at));
    let history = History::of_abridged(Abridged { root, ledger, adopted, places, left_out })?;
    input.0.is_empty().then_some(Content { history, youngest, under, left_out: incidents })
}

struct Input<'i>(&'i [u8]);

impl<'i> Input<'i> {
    fn take(&mut self, count: usize) -> Option<&'i [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take(4)?.try_into().ok()?)).ok()
    }

    fn id(&mut self) -> Option<ObjectId> {
        Some(ObjectId::from_bytes(self.take(20)?.try_into().ok()?))
    }

    fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|byte| byte != [0])
    }

    fn moment(&mut self) -> Option<Moment> {
        let seconds = i64::from_le_bytes(self.take(8)?.try_into().ok()?);
        let nanoseconds = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        let offset = chrono::FixedOffset::east_opt(i32::from_le_bytes(self.take(4)?.try_into().ok()?))?;
        Some(chrono::DateTime::from_timestamp(seconds, nanoseconds)?.with_timezone(&offset))
    }

    /// The commit at a place in causal order.
    fn place(&mut self, at: usize) -> Option<Kept> {
        let commit = self.id()?;
        let kind = self.take(1)?[0];
        let parents = match kind & 4 {
            0 => (0..self.count()?).map(|_| self.count()).collect::<Option<_>>()?,
            _ => smallvec![at.checked_sub(1)?],
        };
        let what = match kind & 3 {
            0 => What::Join,
            1 => What::LeftOut,
            2 => What::Event(Box::new(codec::decode(self.text()?.as_bytes()).ok()?)),
            _ => return None,
        };
        Some(Kept { commit, parents, what })
    }

    fn entry(&mut self) -> Option<Entry> {
        let (incident, opened) = (self.text()?.parse().ok()?, self.moment()?);
        let walks = (0..self.count()?).map(|_| Some((self.id()?, self.flag()?))).collect::<Option<_>>()?;
        let voided = if self.flag()? { Some(self.id()?) } else { None };
        let skipped = (0..self.count()?).map(|_| Some((self.id()?, self.moment()?))).collect::<Option<_>>()?;
        Some(Entry { incident, opened, walks, voided, skipped })
    }

    fn text(&mut self) -> Option<&'i str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}
