//! The only rooms that name git2: repository, refs, commit graph, history, trees.

pub mod branches;
pub mod changes;
pub mod commits;
pub mod first_parent;
pub mod history;
pub mod objects;
mod packs;
pub mod refs;
pub mod remote;
pub mod repository;
pub mod signing;
pub mod tags;
pub mod trees;
pub mod trial;
pub mod work_tree;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::identity::ObjectId;

/// Stops hashing every object that is read, for the whole process: git does not do it either. Only after the ledger was read,
/// whose objects are checked.
pub fn trust_stored_objects() {
    git2::opts::strict_hash_verification(false);
    TRUSTED.store(true, Ordering::Relaxed);
}

static TRUSTED: AtomicBool = AtomicBool::new(false);

fn are_stored_objects_trusted() -> bool {
    TRUSTED.load(Ordering::Relaxed)
}

/// The domain's id for a git2 id.
pub fn to_id(oid: git2::Oid) -> ObjectId {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(oid.as_bytes());
    ObjectId::from_bytes(bytes)
}

/// The git2 id for the domain's id.
pub fn to_oid(id: ObjectId) -> git2::Oid {
    #[expect(clippy::expect_used, reason = "20 bytes always make an id")]
    git2::Oid::from_bytes(id.as_bytes()).expect("20 bytes")
}
