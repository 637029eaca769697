//! What is kept for lists changes nothing but the time: whatever became of the file, the list is that of the whole ledger.

use std::path::PathBuf;

use hotfix::domain::event::{Payload, VoidReason, Voided};
use hotfix::git::repository::Repository;
use hotfix::ledger::refs::LEDGER;
use hotfix::ledger::store::{Draft, Ledger};
use serde_json::Value;

use crate::ledger::{ada, moment};
use crate::place::Place;
use crate::road::QUALIFIES;

/// A ledger of 140 incidents, of which two are not over.
fn place() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let repository = Repository::discover(&place.path()).unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    let history = ledger.history().unwrap();
    let (_, checked) = history.events().last().unwrap();
    let put = |number: usize, payload: Payload| {
        let incident = Some(format!("OLD-{number}").parse().unwrap());
        let (actor, at) = (ada(), moment("2026-03-01T03:00:00Z"));
        ledger.append(Draft { actor, at, incident, payload, texts: Default::default() }).unwrap();
    };
    for number in 0..139 {
        put(number, checked.payload.clone());
        if number > 0 {
            put(number, Payload::Voided(Voided { reason: VoidReason::Typo, duplicate_of: None }));
        }
    }
    place
}

fn file(place: &Place) -> PathBuf {
    place.path().join(".git/hotfix/list")
}

fn status(place: &Place) -> Value {
    place.json(&["status"])
}

/// The list is the same with what was kept as without it.
#[track_caller]
fn same_as_whole(place: &Place) -> Value {
    let listed = status(place);
    let kept = std::fs::read(file(place)).unwrap();
    std::fs::remove_file(file(place)).unwrap();
    assert_eq!(status(place), listed);
    std::fs::write(file(place), kept).unwrap();
    listed
}

#[test]
fn the_list_is_that_of_the_whole_ledger_whatever_became_of_the_file() {
    let place = place();
    assert!(!file(&place).exists());
    let first = status(&place);
    assert!(file(&place).exists());
    assert_eq!((first["over"].as_u64(), first["incidents"].as_array().map(Vec::len)), (Some(138), Some(2)));
    assert_eq!(same_as_whole(&place), first);

    // What came since, about an incident that is listed, a new one, and one that is left out.
    place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    assert_eq!(same_as_whole(&place)["incidents"][0]["state"], "restored");
    place.hotfix(&["check", "INC-43", "--set", "roll-back=yes"]).exits(1);
    assert_eq!(same_as_whole(&place)["incidents"].as_array().unwrap().len(), 3);
    place.hotfix(&["void", "OLD-0", "--reason", "typo"]).exits(0);
    assert_eq!(same_as_whole(&place)["over"], 139);

    // It is used: nobody reads the old events again.
    let root = place.git(&["rev-list", "--max-parents=0", LEDGER]);
    let object = place.path().join(format!(".git/objects/{}/{}", &root[..2], &root[2..]));
    let bytes = std::fs::read(&object).unwrap();
    std::fs::remove_file(&object).unwrap();
    let listed = status(&place);
    assert_eq!(listed["over"], 139);
    place.hotfix(&["log"]).exits(4).says("the ledger is incomplete");
    std::fs::write(&object, bytes).unwrap();

    // Cut short, damaged, of another version, empty.
    let kept = std::fs::read(file(&place)).unwrap();
    for length in [0, 5, kept.len() / 2, kept.len() - 1] {
        std::fs::write(file(&place), &kept[..length]).unwrap();
        assert_eq!(status(&place), listed, "{length}");
    }
    for at in (0..kept.len()).step_by(kept.len() / 40) {
        let mut damaged = kept.clone();
        damaged[at] ^= 1;
        std::fs::write(file(&place), &damaged).unwrap();
        assert_eq!(status(&place), listed, "{at}");
    }
}

#[test]
fn a_ledger_that_was_set_back_or_began_anew_is_read_whole() {
    let place = place();
    let listed = status(&place);
    place.git(&["update-ref", LEDGER, &format!("{LEDGER}~1")]);
    assert_eq!(same_as_whole(&place)["over"], 137);
    place.git(&["update-ref", LEDGER, &format!("{LEDGER}~100")]);
    assert!(same_as_whole(&place)["over"].as_u64() < listed["over"].as_u64());
    place.git(&["update-ref", "-d", LEDGER]);
    place.hotfix(&["status"]).exits(0).says("No incident is recorded");
    place.hotfix(&["check", "INC-1", "--set", "roll-back=yes"]).exits(1);
    assert_eq!(same_as_whole(&place)["incidents"].as_array().unwrap().len(), 1);
}

#[test]
fn an_event_that_was_left_out_can_not_come_twice() {
    let place = place();
    status(&place);
    let repository = Repository::discover(&place.path()).unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    let history = ledger.history().unwrap();
    let (_, old) = history.events().nth(20).unwrap();
    // The same event once more, on top, by a hand that writes what this program would write.
    let again = hotfix::domain::event::Event { incident: Some("INC-42".parse().unwrap()), ..old.clone() };
    let bytes = hotfix::ledger::codec::event_commit(&again, hotfix::git::objects::EMPTY_TREE, history.tip()).unwrap();
    std::fs::write(place.beside("again"), bytes).unwrap();
    let again = place.git(&["hash-object", "-t", "commit", "-w", "../again"]);
    place.git(&["update-ref", LEDGER, &again]);
    assert_eq!(place.hotfix(&["status"]).exits(4).says("can't be read").code, 4);
    std::fs::remove_file(file(&place)).unwrap();
    place.hotfix(&["status"]).exits(4).says("can't be read");
}
