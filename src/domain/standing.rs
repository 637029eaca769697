//! Which events count: those that are signed, with a key that speaks for their actor, if the policy asks for that.
//!
//! Nothing here rests on a time that a forger chooses. A key is revoked from a named *event* on, for the order of events is that
//! of their commits; and where a key has a last day, the event must not only claim to be older, it must also stand on nothing
//! that is younger.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::allowed_signers::{AllowedKey, AllowedSigners, Fingerprint};
use super::event::{Event, KeyRevoked, Payload};
use super::identity::{Moment, ObjectId, Person};
use super::policy::Identity;
use super::record::{History, Unreadable};

/// What a commit's signature was found to be; whose key it is, is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// There is none.
    None,
    /// It is this key's signature of exactly these bytes.
    Key(Fingerprint),
    /// There is one, and it is no good.
    Broken(String),
}

/// What decides whether an event counts, as of today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What the policy on the trusted ref says.
    pub identity: Identity,
    /// The keys on the trusted ref.
    pub signers: AllowedSigners,
}

/// Why an event does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "doubt", rename_all = "kebab-case")]
pub enum Doubt {
    /// Nobody signed it.
    #[error("it is not signed")]
    Unsigned,
    /// Its signature is no good.
    #[error("its signature is no good: {why}")]
    Broken {
        /// Why.
        why: String,
    },
    /// No line of the file names the key.
    #[error("it is signed with a key that is not on the trusted branch ({key})")]
    UnknownKey {
        /// The key.
        key: Fingerprint,
    },
    /// The key is somebody else's.
    #[error("it is signed with a key that does not speak for its actor ({key})")]
    NotTheirKey {
        /// The key.
        key: Fingerprint,
    },
    /// The key spoke for the actor at another time.
    #[error("it is signed with a key outside of the time for which it is valid ({key})")]
    OutsideItsTime {
        /// The key.
        key: Fingerprint,
    },
    /// It stands in a ledger that began apart, and nobody whose word counts took that in.
    #[error("it belongs to a ledger that began apart, and nobody whose word counts took that in")]
    NotTakenIn,
    /// The key was revoked, and who revoked it did not let this event stand.
    #[error("it is signed with a key that {} revoked ({key})", by.name)]
    Revoked {
        /// The key.
        key: Fingerprint,
        /// Who revoked it.
        by: Person,
    },
}

/// A key that was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// The key.
    pub key: Fingerprint,
    /// The commit of the event from which on it does not speak: what that event does not know of does not count.
    pub from: ObjectId,
    /// Who revoked it.
    pub by: Person,
}

/// Which events count, and why the others do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    doubts: HashMap<ObjectId, Doubt>,
    /// The keys that are revoked.
    pub revocations: Vec<Revocation>,
}

impl Standing {
    /// Weighs every event but the root, which says nothing about anybody.
    ///
    /// `seals` holds what was found of each event's signature; an event that it lacks counts as unsigned.
    pub fn of(history: &History, rule: &Rule, seals: &HashMap<ObjectId, Seal>) -> Self {
        let mut standing = Self::default();
        let mut signed_by = HashMap::new();
        let mut proposals: Vec<(ObjectId, &Event, &KeyRevoked)> = Vec::new();
        let mut youngest: HashMap<ObjectId, Moment> = HashMap::new();
        for (commit, parents) in history.commits_with_parents() {
            let before = parents.iter().filter_map(|parent| youngest.get(parent)).max().copied();
            let seal = seals.get(&commit).unwrap_or(&Seal::None);
            let found = history.at(commit).filter(|_| !parents.is_empty()).map(|record| &record.event);
            // Whether an event counts does not hang on whether another one took its id.
            let event = found.and_then(|event| event.as_deref().ok().or_else(|| history.repeated(commit)));
            let event = match event {
                Some(event) => event,
                None => {
                    youngest.extend(before.map(|before| (commit, before)));
                    let harmless = matches!(found, Some(Err(why)) if !may_forbid(why, seal, rule));
                    standing.doubts.extend(harmless.then(|| (commit, of_unreadable(seal))));
                    continue;
                }
            };
            match judge(event, seal, rule, before) {
                Ok(key) => {
                    youngest.insert(commit, event.at);
                    if standing.revoked(history, commit, &key).is_some_and(|known| history.knows(commit, known.from)) {
                        // Who was told of the revocation can't revoke others with that key.
                    } else if let Payload::KeyRevoked(revoked) = &event.payload {
                        proposals.push((commit, event, revoked));
                        standing.take_revocation(history, &proposals, rule);
                    }
                    signed_by.insert(commit, key);
                }
                Err(doubt) => {
                    youngest.extend(before.map(|before| (commit, before)));
                    if !excused(history, commit, &doubt, &rule.identity) {
                        standing.doubts.insert(commit, doubt);
                    }
                }
            }
        }
        standing.doubt_what_was_not_taken_in(history);
        let is_proposal = |commit: &ObjectId| proposals.iter().any(|(proposal, ..)| proposal == commit);
        for (commit, key) in signed_by {
            if let Some(revocation) = standing.revoked(history, commit, &key).filter(|_| !is_proposal(&commit)) {
                let doubt = Doubt::Revoked { key, by: revocation.by.clone() };
                standing.doubts.insert(commit, doubt);
            }
        }
        standing
    }

    /// Why this commit's event does not count; none if it does.
    pub fn doubt(&self, commit: ObjectId) -> Option<&Doubt> {
        self.doubts.get(&commit)
    }

    /// The same, taken out.
    pub fn take_doubt(&mut self, commit: ObjectId) -> Option<Doubt> {
        self.doubts.remove(&commit)
    }

    /// What people signed in a ledger of their own says nothing here, unless somebody whose word counts took that ledger in.
    fn doubt_what_was_not_taken_in(&mut self, history: &History) {
        let events =
            || history.records().iter().filter_map(|record| Some((record.commit, record.event.as_ref().ok()?)));
        let mut here: HashSet<&str> = history.ledger().into_iter().collect();
        loop {
            let before = here.len();
            for (commit, event) in events() {
                if let Payload::LedgerAdopted(adopted) = &event.payload
                    && here.contains(event.ledger.as_str())
                    && self.doubt(commit).is_none()
                {
                    here.insert(&adopted.ledger);
                }
            }
            if here.len() == before {
                break;
            }
        }
        let strange: Vec<_> = events().filter(|(_, event)| !here.contains(event.ledger.as_str())).collect();
        for (commit, _) in strange {
            self.doubts.entry(commit).or_insert(Doubt::NotTakenIn);
        }
    }

    /// A revocation that this commit's signature falls under.
    fn revoked(&self, history: &History, commit: ObjectId, key: &str) -> Option<&Revocation> {
        self.revocations.iter().find(|revocation| revocation.key == key && !history.knows(revocation.from, commit))
    }

    /// Takes the newest proposal: the key's own people revoke it alone, others by two.
    fn take_revocation(&mut self, history: &History, proposals: &[(ObjectId, &Event, &KeyRevoked)], rule: &Rule) {
        let Some((commit, event, revoked)) = proposals.last() else { return };
        let Some(from) = start_of(history, *commit, revoked) else { return };
        let is_theirs = rule.signers.of(&revoked.key, &event.actor.email).next().is_some();
        let seconded = proposals.iter().any(|(other, first, proposal)| {
            proposal.key == revoked.key
                && !first.actor.is(&event.actor)
                && start_of(history, *other, proposal) == Some(from)
        });
        if is_theirs || seconded {
            self.revocations.push(Revocation { key: revoked.key.clone(), from, by: event.actor.clone() });
        }
    }
}

/// Whether all that stands behind the commit `from` counts, and changes nothing about what stands before it; `youngest` is the
/// youngest time up to there. False also where that can't be told from those events alone.
pub fn all_count(
    history: &History,
    (from, youngest): (ObjectId, Moment),
    rule: &Rule,
    seals: &HashMap<ObjectId, Seal>,
) -> bool {
    let (mut before, mut youngest) = (from, youngest);
    for (commit, parents) in history.commits_with_parents().skip(history.place(from).map_or(0, |place| place + 1)) {
        let Some(Ok(event)) = history.at(commit).map(|record| &record.event) else { return false };
        let is_word_on_others = matches!(event.payload, Payload::KeyRevoked(_) | Payload::LedgerAdopted(_));
        let seal = seals.get(&commit).unwrap_or(&Seal::None);
        if parents != [before] || is_word_on_others || judge(event, seal, rule, Some(youngest)).is_err() {
            return false;
        }
        (before, youngest) = (commit, youngest.max(event.at));
    }
    history.holds(from)
}

/// The commit of the event from which on a revocation holds; none where it names an event that is not here.
pub fn start_of(history: &History, commit: ObjectId, revoked: &KeyRevoked) -> Option<ObjectId> {
    match &revoked.from {
        None => Some(commit),
        Some(event) => history.event(event).map(|(commit, _)| commit),
    }
}

/// The key that signed an event for its actor. `before` is the youngest time among what it stands on and counts.
fn judge(event: &Event, seal: &Seal, rule: &Rule, before: Option<Moment>) -> Result<Fingerprint, Doubt> {
    let key = match seal {
        Seal::None => return Err(Doubt::Unsigned),
        Seal::Broken(why) => return Err(Doubt::Broken { why: why.clone() }),
        Seal::Key(key) => key.clone(),
    };
    let in_time = |line: &AllowedKey| {
        let stands_on_younger =
            line.valid_before.is_some_and(|last| before.is_some_and(|before| before.naive_utc() > last));
        line.speaks_at(event.at) && !stands_on_younger
    };
    let spoke: Vec<bool> = rule.signers.of(&key, &event.actor.email).map(in_time).collect();
    match spoke.contains(&true) {
        true => Ok(key),
        false if !spoke.is_empty() => Err(Doubt::OutsideItsTime { key }),
        false if rule.signers.names(&key) => Err(Doubt::NotTheirKey { key }),
        false => Err(Doubt::UnknownKey { key }),
    }
}

/// Whether the policy lets an unsigned event stand: those that its named event knows of were there before it.
fn excused(history: &History, commit: ObjectId, doubt: &Doubt, identity: &Identity) -> bool {
    match (doubt, identity) {
        (Doubt::Unsigned, Identity::Signed { after: Some(event) }) => {
            let line = history.event(event).map(|(commit, _)| commit);
            line.is_some_and(|line| line == commit || history.knows(line, commit))
        }
        _ => false,
    }
}

/// Whether something that can't be read must keep the gates closed: it may be the word that forbids. What nobody of the team
/// signed forbids nothing, where only what is signed counts.
fn may_forbid(why: &Unreadable, seal: &Seal, rule: &Rule) -> bool {
    match (&rule.identity, seal) {
        (Identity::Unverified, _) => true,
        (Identity::Signed { .. }, Seal::Key(key)) => rule.signers.names(key),
        // A newer version may have written it before the team began to sign.
        (Identity::Signed { after }, Seal::None) => after.is_some() && matches!(why, Unreadable::Newer { .. }),
        (Identity::Signed { .. }, Seal::Broken(_)) => false,
    }
}

/// The doubt about something that can't be read and that nobody of the team signed.
fn of_unreadable(seal: &Seal) -> Doubt {
    match seal {
        Seal::None => Doubt::Unsigned,
        Seal::Key(key) => Doubt::UnknownKey { key: key.clone() },
        Seal::Broken(why) => Doubt::Broken { why: why.clone() },
    }
}

#[cfg(test)]
mod tests;
