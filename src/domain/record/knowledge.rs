//! Who knew of what: a commit's author knew all that it stands on, and nothing else.

use foldhash::HashSet;

use super::{History, Holds, Place, Record};
use crate::domain::identity::ObjectId;

impl History {
    /// Where this commit stands in the causal order, from 0 on; none if it is not here.
    pub fn place(&self, commit: ObjectId) -> Option<usize> {
        // Nearly always it is asked for the newest, on which the next one stands.
        match self.order.last() {
            Some(newest) if newest.commit == commit => Some(self.order.len() - 1),
            _ => self.place_of.find(&commit, |place| &self.order[place].commit),
        }
    }

    /// How many of the first commits whoever wrote `commit` surely knew, all of them: in one line, all that stand before it.
    pub fn surely_known(&self, commit: ObjectId) -> usize {
        let Some(place) = self.place(commit) else { return 0 };
        let waists = self.waists.partition_point(|&waist| waist <= place);
        match self.waists[..waists].last() {
            Some(&waist) if waist == place => place,
            Some(&waist) => waist + 1,
            None => 0,
        }
    }

    /// The events, readable or not, that whoever wrote `commit` did not know; all of them where `commit` is not held.
    pub fn beyond(&self, commit: ObjectId) -> impl Iterator<Item = &Record> {
        self.places_beyond(commit).filter_map(|place| self.record_at(place))
    }

    /// The number of those, also of what was left out.
    pub fn count_beyond(&self, commit: ObjectId) -> usize {
        self.places_beyond(commit).filter(|place| place.holds != Holds::Join).count()
    }

    fn places_beyond(&self, commit: ObjectId) -> impl Iterator<Item = &Place> {
        let from = match self.place(commit) {
            None => 0,
            Some(place) => self.waists.iter().rfind(|waist| **waist <= place).map_or(0, |waist| waist + 1),
        };
        let unknown = move |place: &&Place| place.commit != commit && !self.knows(commit, place.commit);
        self.order[from..].iter().filter(unknown)
    }

    /// Whether whoever wrote the commit `later` knew of the commit `earlier`: it is an ancestor. No commit knows itself.
    pub fn knows(&self, later: ObjectId, earlier: ObjectId) -> bool {
        let (Some(from), Some(to)) = (self.place(later), self.place(earlier)) else { return false };
        if from <= to {
            return false;
        }
        // With a waist between them (or at one of them) there is nothing to walk.
        let next = self.waists.partition_point(|&waist| waist < to);
        if self.waists.get(next).is_some_and(|&waist| waist <= from) {
            return true;
        }
        let mut waiting = vec![from];
        let mut seen = HashSet::default();
        while let Some(place) = waiting.pop() {
            if place == to {
                return true;
            }
            let parents = self.order[place].parents.iter().copied();
            waiting.extend(parents.filter(|&parent| parent >= to && seen.insert(parent)));
        }
        false
    }

    /// How many commits, joins too, this one and all that it knows of are; none if it is not here.
    pub fn size_at(&self, commit: ObjectId) -> Option<usize> {
        let place = self.place(commit)?;
        // It knows all that stands up to the last waist before it.
        let known = self.waists.iter().rfind(|&&waist| waist <= place).map_or(0, |waist| waist + 1);
        let mut seen: HashSet<usize> = HashSet::default();
        let mut waiting = vec![place];
        while let Some(place) = waiting.pop() {
            if place >= known && seen.insert(place) {
                waiting.extend_from_slice(&self.order[place].parents);
            }
        }
        Some(known + seen.len())
    }
}
