//! The names of the ledger's refs: two that are shared, and those that only this clone has.

use crate::domain::identity::ObjectId;
use crate::failure::Failure;
use crate::git::repository::Repository;

/// The ref whose commits are the events.
pub const LEDGER: &str = "refs/hotfix/ledger";

/// The ref whose tree holds the free texts.
pub const TEXT: &str = "refs/hotfix/text";

/// The newest commit that the remote is known to have and that was verified: what does not contain it, forgot something.
pub const SHARED: &str = "refs/hotfix-local/shared";

/// Below this lie events that were recorded while the ledger's ref could not be moved: `…/EVENT`.
pub const PENDING: &str = "refs/hotfix-local/pending/";

/// Below this lie texts that were recorded while their ref could not be moved: `…/EVENT`.
pub const PENDING_TEXTS: &str = "refs/hotfix-local/texts/";

/// Below this lies what was fetched, before anybody has looked at it: `…/FETCH/ledger` and `…/FETCH/text`.
pub const FETCHED: &str = "refs/hotfix-local/fetched/";

/// Below this lie tips of a remote that had forgotten something: `…/COMMIT`.
pub const QUARANTINE: &str = "refs/hotfix-local/quarantine/";

/// What the ledger's content can be reached from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heads {
    pub(super) ledger: Option<ObjectId>,
    pub(super) shared: Option<ObjectId>,
    /// Each by the full name of its ref.
    pub(super) pending: Vec<(String, ObjectId)>,
}

impl Heads {
    /// The heads as they are now.
    pub(super) fn of(repository: &Repository) -> Result<Self, Failure> {
        Ok(Self {
            ledger: repository.direct_ref(LEDGER)?,
            shared: repository.direct_ref(SHARED)?,
            pending: repository.refs_below(PENDING)?,
        })
    }

    /// All of them, each once. What others have stands first: a join leads to its root.
    pub(super) fn all(&self) -> Vec<ObjectId> {
        let mut all = Vec::new();
        for head in self.shared.into_iter().chain(self.ledger).chain(self.pending.iter().map(|(_, id)| *id)) {
            if !all.contains(&head) {
                all.push(head);
            }
        }
        all
    }
}

/// What the ledger's content can be reached from where others push to: a server may keep it under the name that clones were told
/// (`hotfix.ledgerRef`), and there alone.
pub fn served(repository: &Repository) -> Result<Vec<ObjectId>, Failure> {
    let mut heads = Heads::of(repository)?.all();
    if repository.is_bare() {
        let named = repository.direct_ref(&RemoteRefs::of(repository)?.ledger)?;
        heads.extend(named.filter(|head| !heads.contains(head)));
    }
    Ok(heads)
}

/// The two shared refs as a remote names them.
pub struct RemoteRefs {
    /// The ref whose commits are the events.
    pub ledger: String,
    /// The ref whose tree holds the free texts.
    pub text: String,
}

impl Default for RemoteRefs {
    fn default() -> Self {
        Self { ledger: LEDGER.to_owned(), text: TEXT.to_owned() }
    }
}

impl RemoteRefs {
    /// As `git config hotfix.ledgerRef` names them, for a host that protects only branches: `refs/heads/hotfix-ledger`, and the
    /// texts beside it in `refs/heads/hotfix-ledger-text`. Exit 4 for what can't be the name of a ref.
    pub fn of(repository: &Repository) -> Result<Self, Failure> {
        let Some(ledger) = repository.config("hotfix.ledgerRef").filter(|name| name != LEDGER) else {
            return Ok(Self::default());
        };
        if !ledger.starts_with("refs/") || !repository.is_ref_name(&ledger) {
            return Err(Failure::undecided(format!(
                "hotfix.ledgerRef is {ledger:?}, which can't be the name of a ref"
            ))
            .hint("git config hotfix.ledgerRef refs/heads/hotfix-ledger"));
        }
        Ok(Self { text: format!("{ledger}-text"), ledger })
    }
}

/// A place that one fetch alone writes to: the git of a sync that was killed may live on, and must neither write where the
/// next one reads nor bar its way with a lock that it leaves behind.
pub(super) struct Fetched<'r> {
    repository: &'r Repository,
    /// The full name of the place, with a slash at its end.
    place: String,
}

/// What a remote or a bundle has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tips {
    pub(super) ledger: Option<ObjectId>,
    pub(super) text: Option<ObjectId>,
}

impl<'r> Fetched<'r> {
    /// A new place, to be asked for under the lock that only one sync at a time holds: what earlier ones left is cleared away.
    pub(super) fn new(repository: &'r Repository) -> Self {
        clear(repository, FETCHED);
        Self { repository, place: format!("{FETCHED}{}/", uuid::Uuid::new_v4()) }
    }

    /// What fetches the two refs here: patterns, for the name of a ref that is not there would end the fetch.
    pub(super) fn refspecs(&self, refs: &RemoteRefs) -> [String; 2] {
        let place = &self.place;
        [format!("+{}*:{place}ledger*", refs.ledger), format!("+{}*:{place}text*", refs.text)]
    }

    /// What came.
    pub(super) fn tips(&self) -> Result<Tips, Failure> {
        let tip = |name| self.repository.direct_ref(&format!("{}{name}", self.place));
        Ok(Tips { ledger: tip("ledger")?, text: tip("text")? })
    }
}

impl Drop for Fetched<'_> {
    fn drop(&mut self) {
        clear(self.repository, &self.place);
    }
}

/// Nothing depends on it: what can't be taken away now is so next time.
fn clear(repository: &Repository, place: &str) {
    let left = repository.refs_below(place).unwrap_or_default();
    left.iter().for_each(|(name, id)| drop(repository.drop_ref(name, *id)));
    // A git that was killed leaves locks there.
    std::fs::remove_dir_all(repository.common_directory().join(place)).ok();
}
