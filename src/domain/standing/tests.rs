use std::collections::BTreeMap;

use super::*;
use crate::domain::event::{FORMAT, LedgerAdopted, LedgerCreated, RcaRecorded};
use crate::domain::record::{Commit, Content};

const ADA: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaYHNCkyNyVfJXzjwhAwlt72EvuQL2r7EwINWpo4AU7";
const BOB: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaYHNCkyNyVfJXzjwhAwlt72EvuQL2r7EwINWpo4AU8";

fn id(number: u8) -> ObjectId {
    ObjectId::from_bytes([number; 20])
}

/// Who said it: `a` or `b`; when, in days since 1970; what.
fn said(number: u8, parents: &[u8], who: &str, day: i64, payload: Payload) -> Commit {
    let event = Event {
        format: FORMAT,
        id: number.to_string(),
        ledger: "L".into(),
        actor: Person { name: who.into(), email: format!("{who}@x") },
        at: chrono::DateTime::from_timestamp(day * 86_400, 0).unwrap_or_default().fixed_offset(),
        incident: None,
        texts: BTreeMap::new(),
        payload,
    };
    Commit {
        id: id(number),
        parents: parents.iter().copied().map(id).collect(),
        content: Content::Event(Ok(Box::new(event))),
    }
}

fn root() -> Commit {
    said(1, &[], "a", 0, Payload::LedgerCreated(LedgerCreated { trusted_ref: None }))
}

fn word() -> Payload {
    Payload::RcaRecorded(RcaRecorded { no_code_cause: true, ..RcaRecorded::default() })
}

fn join(number: u8, parents: [u8; 2]) -> Commit {
    Commit { id: id(number), parents: parents.map(id).as_slice().into(), content: Content::Join }
}

fn signers(bobs: &str) -> AllowedSigners {
    AllowedSigners::read(format!("a@x {ADA}\nb@x {bobs} {BOB}\n").as_bytes())
}

/// The numbers of the commits that do not count; every event is signed by its actor's own key.
fn doubted(commits: Vec<Commit>, signers: AllowedSigners) -> Vec<u8> {
    let keys: Vec<_> = signers.keys.iter().map(|key| key.key.clone()).collect();
    let seal = |commit: &Commit| {
        let Content::Event(Ok(event)) = &commit.content else { return None };
        Some((commit.id, Seal::Key(keys[usize::from(event.actor.name == "b")].clone())))
    };
    let seals = commits.iter().filter_map(seal).collect();
    let tip = commits.last().expect("a tip").id;
    let rule = Rule { identity: Identity::Signed { after: None }, signers };
    let history = History::new(tip, commits);
    let standing = Standing::of(&history, &rule, &seals);
    history.commits().filter(|&commit| standing.doubt(commit).is_some()).map(|commit| commit.as_bytes()[0]).collect()
}

fn revoke(key: &AllowedSigners, whose: usize, from: Option<&str>) -> Payload {
    Payload::KeyRevoked(KeyRevoked { key: key.keys[whose].key.clone(), from: from.map(str::to_owned) })
}

#[test]
fn a_revocation_reaches_what_it_did_not_know_of_wherever_that_is_joined() {
    let keys = signers("");
    // Bob's 4 was made apart from his own revocation 3, by whoever has his key; nobody can say that it was there before.
    let commits = vec![
        root(),
        said(2, &[1], "b", 1, word()),
        said(3, &[2], "b", 2, revoke(&keys, 1, None)),
        said(4, &[2], "b", 1, word()),
        join(5, [3, 4]),
        said(6, &[5], "b", 1, word()),
    ];
    assert_eq!(doubted(commits, keys), [4, 6]);
}

#[test]
fn a_revoked_key_revokes_nobody() {
    let keys = signers("");
    let commits = vec![
        root(),
        said(2, &[1], "b", 1, revoke(&keys, 1, None)),
        said(3, &[2], "b", 2, revoke(&keys, 0, None)),
        said(4, &[3], "a", 3, revoke(&keys, 1, Some("2"))),
        said(5, &[4], "a", 3, word()),
    ];
    assert_eq!(doubted(commits, keys), [3]);
}

#[test]
fn one_other_person_revokes_nothing_and_neither_do_two_who_mean_two_moments() {
    let keys = signers("");
    let commits = vec![
        root(),
        said(2, &[1], "b", 1, word()),
        said(3, &[2], "a", 2, revoke(&keys, 1, Some("2"))),
        said(4, &[3], "a", 2, revoke(&keys, 1, None)),
        said(5, &[4], "b", 3, word()),
    ];
    assert_eq!(doubted(commits, keys), [0; 0]);
}

#[test]
fn a_time_that_an_event_claims_does_not_outdo_what_it_stands_on() {
    // Bob's key ends on day 10 (1970-01-11).
    let until = || signers("valid-before=\"19700111Z\"");
    let line = |days: [i64; 3]| {
        vec![
            root(),
            said(2, &[1], "b", days[0], word()),
            said(3, &[2], "a", days[1], word()),
            said(4, &[3], "b", days[2], word()),
        ]
    };
    assert_eq!(doubted(line([9, 9, 9]), until()), [0; 0]);
    assert_eq!(doubted(line([9, 20, 21]), until()), [4]);
    assert_eq!(doubted(line([9, 20, 9]), until()), [4], "backdated");
    assert_eq!(doubted(line([11, 9, 9]), until()), [2]);
    // Again and again: what does not count does not make room for the next.
    let mut commits = line([9, 20, 9]);
    commits.push(said(5, &[4], "b", 9, word()));
    assert_eq!(doubted(commits, until()), [4, 5]);
    // A clock that was ten years ahead once does not end everybody's keys.
    let mut commits = line([9, 4000, 9]);
    commits.extend([said(5, &[4], "a", 9, word()), said(6, &[5], "b", 9, word())]);
    assert_eq!(doubted(commits, until()), [4]);
}

#[test]
fn what_was_signed_in_another_ledger_says_nothing_until_somebody_proven_takes_it_in() {
    let of = |mut commit: Commit, ledger: &str| {
        if let Content::Event(Ok(event)) = &mut commit.content {
            event.ledger = ledger.to_owned();
        }
        commit
    };
    // Bob's sandbox, with a root 8 and his word 9, joined to the ledger; `who` takes it in.
    let taken_in_by = |who: &str| {
        let created = Payload::LedgerCreated(LedgerCreated { trusted_ref: None });
        let adopted = Payload::LedgerAdopted(LedgerAdopted { ledger: "M".into(), root: id(8) });
        vec![
            root(),
            said(2, &[1], "a", 1, word()),
            of(said(8, &[], "b", 1, created), "M"),
            of(said(9, &[8], "b", 1, word()), "M"),
            join(5, [2, 9]),
            said(6, &[5], who, 2, adopted),
        ]
    };
    assert_eq!(doubted(taken_in_by("a"), signers("")), [0; 0]);
    // Eve has a key that nobody knows: here she signs with Ada's, which does not speak for her.
    assert_eq!(doubted(taken_in_by("eve"), signers("")), [8, 9, 6]);
}
