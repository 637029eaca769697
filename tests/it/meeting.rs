//! What two people recorded apart meets in the fold: nothing of it is lost, and nothing counts for what its author did not know.

use std::sync::Arc;

use hotfix::domain::event::{
    CauseSettled, Closed, Confirmed, FixAttached, FixWithdrawn, Payload, Proof, VoidReason, Voided,
};
use hotfix::domain::identity::ObjectId;
use hotfix::domain::incident::{self, Incident, State};
use hotfix::git::repository::Repository;
use hotfix::ledger::codec;
use hotfix::ledger::refs::LEDGER;
use hotfix::ledger::store::{Draft, Ledger};

use crate::ledger::{ada, moment};
use crate::place::Place;
use crate::road::QUALIFIES;

/// The incident after each side has recorded its payloads without knowing the other's, and after those that know both.
fn met(sides: [Vec<Payload>; 2], after: Vec<Payload>) -> Incident {
    let then = |payloads: Vec<Payload>| payloads.into_iter().map(|payload| ("2026-03-01T03:00:00Z", payload)).collect();
    let place = met_at(sides.map(then), then(after));
    let repository = Repository::discover(&place.path()).unwrap();
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    assert_eq!(history.unreadable().count(), 0);
    incident::replay(&history).into_values().next().unwrap()
}

/// The same, each payload with the time at which it was recorded: where it was.
fn met_at(sides: [Vec<(&str, Payload)>; 2], after: Vec<(&str, Payload)>) -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let fork = place.git(&["rev-parse", LEDGER]);
    let repository = Repository::discover(&place.path()).unwrap();
    let put = |(at, payload): (&str, Payload)| {
        let (actor, at) = (ada(), moment(at));
        let incident = Some("INC-42".parse().unwrap());
        let ledger = Ledger::open(&repository).unwrap();
        ledger.append(Draft { actor, at, incident, payload, texts: Default::default() }).unwrap();
    };
    let tips = sides.map(|side| -> ObjectId {
        place.git(&["update-ref", LEDGER, &fork]);
        side.into_iter().for_each(put);
        place.git(&["rev-parse", LEDGER]).parse().unwrap()
    });
    std::fs::write(place.beside("join"), codec::join(tips, 0)).unwrap();
    let join = place.git(&["hash-object", "-t", "commit", "-w", "../join"]);
    place.git(&["update-ref", LEDGER, &join]);
    after.into_iter().for_each(put);
    place
}

#[test]
fn what_was_recorded_apart_is_told_in_the_order_in_which_it_happened() {
    // Grace was offline. The fourth thing that Ada did was done by a clock that went wrong: it still stands after the third.
    let side = |times: &[&'static str]| times.iter().map(|at| (*at, confirmed())).collect::<Vec<_>>();
    let ada = side(&[
        "2027-03-01T03:00:00Z",
        "2027-03-01T03:20:00Z",
        "2027-03-01T03:40:00Z",
        "2027-01-01T00:00:00Z",
        "2027-03-01T04:20:00Z",
    ]);
    let grace = side(&[
        "2027-03-01T03:10:00Z",
        "2027-03-01T03:30:00Z",
        "2027-03-01T03:50:00Z",
        "2027-03-01T04:10:00Z",
        "2027-03-01T04:30:00Z",
    ]);
    let place = met_at([ada, grace], vec![("2027-03-01T02:00:00Z", voided())]);
    let told = [
        "03-01T03:00",
        "03-01T03:10",
        "03-01T03:20",
        "03-01T03:30",
        "03-01T03:40",
        "01-01T00:00",
        "03-01T03:50",
        "03-01T04:10",
        "03-01T04:20",
        "03-01T04:30",
        "03-01T02:00",
    ];
    let times = |list: &serde_json::Value, at: &str| -> Vec<String> {
        let all = list.as_array().unwrap().iter().map(|line| line.pointer(at).unwrap().as_str().unwrap());
        all.filter_map(|at| at.strip_prefix("2027-")).map(|at| at[..11].to_owned()).collect()
    };
    let log = place.json(&["log", "INC-42"]);
    assert_eq!(times(&log["events"], "/event/at"), told);
    assert_eq!(times(&place.json(&["log"])["events"], "/event/at"), told);
    assert_eq!(times(&place.json(&["show", "INC-42"])["timeline"], "/at"), told);
}

fn fix(number: u8) -> Payload {
    let commits = vec![ObjectId::from_bytes([number; 20])];
    let (changes, authors, proof) = (Vec::new(), vec![ada()], Proof::Ci);
    Payload::FixAttached(Arc::new(FixAttached {
        attempt: 1,
        base: None,
        commits,
        authors,
        changes,
        proof,
        guarded_by_flag: false,
    }))
}

fn confirmed() -> Payload {
    let commit = ObjectId::from_bytes([9; 20]);
    Payload::Confirmed(Confirmed { target: "refs/heads/main".into(), commit, at: commit })
}

fn voided() -> Payload {
    Payload::Voided(Voided { reason: VoidReason::Typo, duplicate_of: None })
}

fn closed() -> Payload {
    Payload::Closed(Closed { targets: Vec::new() })
}

#[test]
fn fixes_attached_apart_do_not_replace_each_other() {
    let incident = met([vec![fix(1)], vec![fix(2)]], vec![]);
    assert_eq!((incident.attempts.len(), incident.fixes().count()), (2, 2));
    // Whoever knew of one withdraws that one; whoever knew of both, the later of them.
    let withdrawn = || Payload::FixWithdrawn(FixWithdrawn { attempt: 1 });
    let incident = met([vec![fix(1), withdrawn()], vec![fix(2)]], vec![]);
    let left: Vec<_> = incident.fixes().flat_map(|fix| fix.what.commits.clone()).collect();
    assert_eq!(left, [ObjectId::from_bytes([2; 20])]);
    assert_eq!(met([vec![fix(1)], vec![fix(2)]], vec![withdrawn()]).fixes().count(), 1);
}

#[test]
fn a_word_about_one_fix_does_not_speak_for_another() {
    let incident = met([vec![fix(1), confirmed()], vec![fix(2)]], vec![]);
    assert!(incident.confirmed.is_empty());
    assert_eq!(met([vec![fix(1)], vec![fix(2)]], vec![confirmed()]).confirmed.len(), 1);
    let cause = Payload::CauseSettled(CauseSettled::OnMain { commit: ObjectId::from_bytes([3; 20]) });
    assert!(met([vec![confirmed()], vec![cause]], vec![]).confirmed.is_empty());
    // An attempt that never had a fix says nothing about one.
    let empty = Payload::FixWithdrawn(FixWithdrawn { attempt: 2 });
    assert_eq!(met([vec![confirmed()], vec![empty]], vec![]).confirmed.len(), 1);
}

#[test]
fn two_ends_that_differ_are_none_and_two_that_agree_are_one() {
    assert_eq!(met([vec![closed()], vec![closed()]], vec![]).state, State::Closed);
    assert_eq!(met([vec![voided()], vec![voided()]], vec![]).state, State::Void);
    let incident = met([vec![closed()], vec![voided()]], vec![]);
    assert_eq!((incident.state, incident.unseen_ends.len()), (State::Open, 2));
    let incident = met([vec![closed()], vec![voided()]], vec![closed()]);
    assert_eq!((incident.state, incident.unseen_ends.len()), (State::Closed, 0));
    assert_eq!(met([vec![closed()], vec![fix(1)]], vec![]).state, State::Open);
}
