//! Where things stand in a list, by a key that they hold themselves: a map would hold a hundred thousand keys once more.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Places in a list. Whoever asks says which key the thing at a place has.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    places: HashTable<u32>,
    hash: RandomState,
}

impl Index {
    /// Empty, with room for so many.
    pub(super) fn with_room(count: usize) -> Self {
        Self { places: HashTable::with_capacity(count), hash: RandomState::default() }
    }

    /// The place of the thing with this key.
    pub(super) fn find<'k, K: Hash + Eq + ?Sized + 'k>(
        &self,
        key: &K,
        key_at: impl Fn(usize) -> &'k K,
    ) -> Option<usize> {
        let found = self.places.find(self.hash.hash_one(key), |&place| key_at(place as usize) == key);
        found.map(|&place| place as usize)
    }

    /// Notes a place for this key, instead of another one if there is one. A list of more than 2^32 things has no room.
    pub(super) fn put<'k, K: Hash + Eq + ?Sized + 'k>(
        &mut self,
        key: &K,
        place: usize,
        key_at: impl Fn(usize) -> &'k K,
    ) {
        let Self { places, hash } = self;
        let (is_it, hash_at) = (|at: &u32| key_at(*at as usize) == key, |at: &u32| hash.hash_one(key_at(*at as usize)));
        match places.entry(hash.hash_one(key), is_it, hash_at) {
            Entry::Occupied(mut known) => *known.get_mut() = place as u32,
            Entry::Vacant(none) => drop(none.insert(place as u32)),
        }
    }

    /// Forgets all from this place on.
    pub(super) fn truncate(&mut self, count: usize) {
        self.places.retain(|place| (*place as usize) < count);
    }
}
