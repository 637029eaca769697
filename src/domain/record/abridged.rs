//! A history without the events of incidents that nobody has to do with any more: what a list needs, a hundredth of the whole.
//!
//! Every commit keeps its place, so that who knew of whom stays as it was; and the ids of what was left out are kept, so that
//! none can come twice.

use std::collections::BTreeMap;

use super::index::Index;
use super::{History, Holds, Parents, Record};
use crate::domain::event::Event;
use crate::domain::identity::ObjectId;

/// A history as it can be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abridged<Places = Vec<Kept>> {
    /// The commit that the ledger began with.
    pub root: Option<ObjectId>,
    /// The ledger's id.
    pub ledger: Option<String>,
    /// The roots that were taken in, each with its ledger's id.
    pub adopted: BTreeMap<ObjectId, String>,
    /// Every commit in causal order.
    pub places: Places,
    /// The ids of the events that were left out, sorted.
    pub left_out: Vec<u128>,
}

/// One commit of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub commit: ObjectId,
    /// The places of its parents.
    pub parents: Parents,
    /// What it holds.
    pub what: What,
}

/// What is kept of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It joins two histories.
    Join,
    /// Its event was left out.
    LeftOut,
    /// Its event.
    Event(Box<Event>),
}

impl History {
    /// The history without the events that `leave_out` names. None where an event can't be read or does not count: such a
    /// history is read whole, each time.
    pub fn abridge(&self, leave_out: impl Fn(&Event) -> bool) -> Option<Abridged> {
        let mut left_out = self.left_out.clone();
        let mut places = Vec::with_capacity(self.order.len());
        for place in &self.order {
            let what = match (place.holds, self.record_at(place)) {
                (Holds::Join, _) => What::Join,
                (Holds::LeftOut, _) => What::LeftOut,
                (Holds::Record(_), Some(Record { event: Ok(event), doubt: None, .. })) if leave_out(event) => {
                    left_out.push(number(&event.id)?);
                    What::LeftOut
                }
                (Holds::Record(_), Some(Record { event: Ok(event), doubt: None, .. })) => What::Event(event.clone()),
                (Holds::Record(_), _) => return None,
            };
            places.push(Kept { commit: place.commit, parents: place.parents.clone(), what });
        }
        left_out.sort_unstable();
        let (root, ledger, adopted) = (self.root, self.ledger.clone(), self.adopted.clone());
        Some(Abridged { root, ledger, adopted, places, left_out })
    }

    /// The history that was kept, of places as they are read. None if one of them can't be, or what was kept hangs together
    /// nowhere.
    pub fn of_abridged(kept: Abridged<impl ExactSizeIterator<Item = Option<Kept>>>) -> Option<Self> {
        let Abridged { root, ledger, adopted, places, left_out } = kept;
        let mut history = Self { root, ledger, adopted, left_out, ..Self::default() };
        history.order.reserve(places.len());
        history.place_of = Index::with_room(places.len());
        for place in places {
            let Kept { commit, parents, what } = place?;
            if parents.iter().any(|&parent| parent >= history.order.len()) {
                return None;
            }
            let holds = match what {
                What::Join => Holds::Join,
                What::LeftOut => Holds::LeftOut,
                What::Event(event) => history.keep(Record { commit, event: Ok(event), doubt: None }),
            };
            history.put(commit, parents, holds);
        }
        history.tip = Some(history.order.last()?.commit);
        Some(history)
    }

    /// Whether events were left out of it.
    pub fn is_abridged(&self) -> bool {
        !self.left_out.is_empty()
    }

    pub(super) fn was_left_out(&self, id: &str) -> bool {
        !self.left_out.is_empty() && number(id).is_some_and(|number| self.left_out.binary_search(&number).is_ok())
    }
}

/// A UUID as a number.
fn number(id: &str) -> Option<u128> {
    let (mut number, mut count) = (0_u128, 0);
    for byte in id.bytes().filter(|byte| *byte != b'-') {
        number = number << 4 | u128::from(char::from(byte).to_digit(16)?);
        count += 1;
    }
    (count <= 32).then_some(number)
}
