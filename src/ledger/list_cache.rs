//! What lists need of the ledger, kept in a file: read in a few milliseconds, gone on from as the ledger grows.
//!
//! It only saves time. It is written whole or not at all; one that is cut short, damaged, of another version, or of a ledger
//! that was set back is not used. What decides something reads the ledger itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::domain::event::Event;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::record::History;
use crate::domain::record::abridged::{Abridged, Kept, What};

use super::codec;
use super::read::Reading;
use super::store::Ledger;

/// The header of the file; another form has another one.
const HEADER: &[u8] = b"hotfix list 1\n";

/// Below this many new events the file is left as it is: reading them again costs less than writing it.
const WORTH_WRITING: usize = 256;

/// What the file holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Content {
    history: Abridged,
    /// The incidents whose events were left out.
    left_out: BTreeSet<IncidentId>,
}

impl Ledger<'_> {
    fn list_file(&self) -> PathBuf {
        self.directory().join("list")
    }

    /// Goes on from what was kept for lists, if it can be used: the incidents that are left out, and the newest commit that
    /// was known then.
    pub fn start_from_list(&self) -> Option<(BTreeSet<IncidentId>, ObjectId)> {
        let content = read(&std::fs::read(self.list_file()).ok()?)?;
        let history = History::of_abridged(content.history)?;
        let tip = history.tip()?;
        self.start_from(Reading { history: Rc::new(history), joins: Vec::new() });
        Some((content.left_out, tip))
    }

    /// Keeps for lists what is known now without the events of the incidents in `left_out`, where it is worth it: `new` is the
    /// number of events that are not kept yet.
    pub fn keep_for_lists(&self, history: &History, left_out: &BTreeSet<IncidentId>, new: usize) {
        if new < WORTH_WRITING {
            return;
        }
        let quiet = |event: &Event| event.incident.as_ref().is_some_and(|incident| left_out.contains(incident));
        let Some(history) = history.abridge(quiet) else { return };
        let Some(bytes) = written(&Content { history, left_out: left_out.clone() }) else { return };
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

fn written(content: &Content) -> Option<Vec<u8>> {
    let mut out = HEADER.to_vec();
    let count = |out: &mut Vec<u8>, count: usize| {
        out.extend_from_slice(&u32::try_from(count).ok()?.to_le_bytes());
        Some(())
    };
    let text = |out: &mut Vec<u8>, text: &str| {
        count(out, text.len())?;
        out.extend_from_slice(text.as_bytes());
        Some(())
    };
    let Abridged { root, ledger, adopted, places, left_out } = &content.history;
    text(&mut out, env!("CARGO_PKG_VERSION"))?;
    out.extend_from_slice((*root)?.as_bytes());
    text(&mut out, ledger.as_deref()?)?;
    count(&mut out, adopted.len())?;
    for (root, ledger) in adopted {
        out.extend_from_slice(root.as_bytes());
        text(&mut out, ledger)?;
    }
    count(&mut out, content.left_out.len())?;
    content.left_out.iter().try_for_each(|incident| text(&mut out, incident.as_str()))?;
    count(&mut out, left_out.len())?;
    left_out.iter().for_each(|id| out.extend_from_slice(&id.to_le_bytes()));
    count(&mut out, places.len())?;
    for (at, Kept { commit, parents, what }) in places.iter().enumerate() {
        out.extend_from_slice(commit.as_bytes());
        // Nearly always the only parent is the place before.
        let is_next = at > 0 && *parents == [at - 1];
        let kind = match what {
            What::Join => 0,
            What::LeftOut => 1,
            What::Event(_) => 2,
        };
        out.push(kind | if is_next { 4 } else { 0 });
        if !is_next {
            count(&mut out, parents.len())?;
            parents.iter().try_for_each(|&parent| count(&mut out, parent))?;
        }
        if let What::Event(event) = what {
            text(&mut out, &codec::encode(event).ok()?)?;
        }
    }
    let checksum = Sha256::digest(&out);
    out.extend_from_slice(&checksum);
    Some(out)
}

/// Reads what [`written`] wrote; none for anything else.
fn read(bytes: &[u8]) -> Option<Content> {
    let (body, checksum) = bytes.split_last_chunk::<32>()?;
    if Sha256::digest(body).as_slice() != checksum {
        return None;
    }
    let mut input = Input(body.strip_prefix(HEADER)?);
    if input.text()? != env!("CARGO_PKG_VERSION") {
        return None;
    }
    let root = Some(input.id()?);
    let ledger = Some(input.text()?.to_owned());
    let mut adopted = BTreeMap::new();
    for _ in 0..input.count()? {
        adopted.insert(input.id()?, input.text()?.to_owned());
    }
    let mut incidents = BTreeSet::new();
    for _ in 0..input.count()? {
        incidents.insert(input.text()?.parse().ok()?);
    }
    let ids = input.count()?;
    let left_out = input.take(ids.checked_mul(16)?)?.chunks_exact(16);
    let left_out = left_out.map(|id| Some(u128::from_le_bytes(id.try_into().ok()?))).collect::<Option<_>>()?;
    let count = input.count()?;
    let mut places = Vec::with_capacity(count.min(body.len() / 21));
    for at in 0..count {
        let commit = input.id()?;
        let kind = input.take(1)?[0];
        let parents = match kind & 4 {
            0 => (0..input.count()?).map(|_| input.count()).collect::<Option<_>>()?,
            _ => vec![at.checked_sub(1)?],
        };
        let what = match kind & 3 {
            0 => What::Join,
            1 => What::LeftOut,
            2 => What::Event(Box::new(codec::decode(input.text()?.as_bytes()).ok()?)),
            _ => return None,
        };
        places.push(Kept { commit, parents, what });
    }
    let history = Abridged { root, ledger, adopted, places, left_out };
    input.0.is_empty().then_some(Content { history, left_out: incidents })
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

    fn text(&mut self) -> Option<&'i str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}
