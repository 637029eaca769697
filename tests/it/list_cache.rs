//! What is kept for lists changes nothing but the time: whatever became of the file, the list is that of the whole ledger.

use std::path::PathBuf;

use hotfix::domain::event::{Closed, Event, Payload, Restored, RestoredBy, VoidReason, Voided};
use hotfix::domain::identity::ObjectId;
use hotfix::git::objects::{EMPTY_TREE, Kind};
use hotfix::git::repository::Repository;
use hotfix::ledger::refs::{LEDGER, PENDING};
use hotfix::ledger::store::{Draft, Ledger};
use serde_json::Value;

use crate::ledger::{ada, keep_nothing};
use crate::place::{ADA, GRACE, Place};
use crate::road::QUALIFIES;
use crate::signatures::{EVE, Team};

/// A ledger of 141 incidents, of which three are not over.
fn place() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let repository = Repository::discover(&place.path()).unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    let history = ledger.history().unwrap();
    let (_, checked) = history.events().last().unwrap();
    let put = |incident: &str, minute: i64, payload: Payload| {
        let (actor, at) = (ada(), checked.at + chrono::TimeDelta::minutes(minute));
        let incident = Some(incident.parse().unwrap());
        ledger.append(Draft { actor, at, incident, payload, texts: Default::default() }).unwrap();
    };
    for number in 0..139 {
        let id = format!("OLD-{number}");
        put(&id, number, checked.payload.clone());
        match number {
            0 => {}
            1..40 => put(&id, number, Payload::Closed(Closed { targets: Vec::new() })),
            _ => put(&id, number, Payload::Voided(Voided { reason: VoidReason::Typo, duplicate_of: None })),
        }
    }
    // It left out what the budget asks for behind so many hotfixes.
    put("INC-50", 150, checked.payload.clone());
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
    assert_eq!((first["over"].as_u64(), first["incidents"].as_array().map(Vec::len)), (Some(138), Some(3)));
    assert_eq!(same_as_whole(&place), first);

    // What came since, about an incident that is listed, a new one, and one that is left out.
    place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    assert_eq!(same_as_whole(&place)["incidents"][0]["state"], "restored");
    place.hotfix(&["check", "INC-43", "--set", "roll-back=yes"]).exits(1);
    assert_eq!(same_as_whole(&place)["incidents"].as_array().unwrap().len(), 4);
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
    assert_eq!(same_as_whole(&place)["over"], 138);
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

/// Makes the same choices in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// What is answered with what was kept and without it is the same, whatever was recorded where, joined, and set back meanwhile.
#[test]
fn every_answer_is_that_of_the_whole_ledger() {
    let place = place();
    status(&place);
    let mut dice = Dice(20_260_301);
    for step in 0..20 {
        change(&place, &mut dice, step);
        let asked: [&[&str]; 4] = [&["status"], &["show", "INC-42"], &["show", "OLD-1"], &["scope", "INC-50"]];
        let ask = || asked.map(|arguments| place.hotfix(&[arguments, &["--format", "json"]].concat()).out);
        let with = ask();
        let kept = std::fs::read(file(&place)).ok();
        let without = asked.map(|arguments| {
            std::fs::remove_file(file(&place)).ok();
            place.hotfix(&[arguments, &["--format", "json"]].concat()).out
        });
        assert_eq!(with, without, "step {step}");
        if let Some(kept) = kept.filter(|_| dice.roll(4) > 0) {
            std::fs::write(file(&place), kept).unwrap();
        }
    }
}

/// Records something on the ledger, or apart from it, or sets it back.
fn change(place: &Place, dice: &mut Dice, step: usize) {
    let repository = Repository::discover(&place.path()).unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    let history = ledger.history().unwrap();
    let (_, checked) = history.events().find(|(_, event)| matches!(event.payload, Payload::Checked(_))).unwrap();
    let at = checked.at + chrono::TimeDelta::minutes(200 + step as i64);
    let payload = match dice.roll(4) {
        0 => checked.payload.clone(),
        1 => Payload::Restored(Restored { by: RestoredBy::Other, at }),
        2 => Payload::Closed(Closed { targets: Vec::new() }),
        _ => Payload::Voided(Voided { reason: VoidReason::Typo, duplicate_of: None }),
    };
    // Once in a while of one that is over.
    let incident = match dice.roll(8) {
        0 => format!("OLD-{}", dice.roll(139)),
        1..4 => format!("NEW-{}", dice.roll(4)),
        _ => ["INC-50", "OLD-0", "INC-42"][dice.roll(3)].to_owned(),
    };
    let incident = Some(incident.parse().unwrap());
    match dice.roll(5) {
        0 => place.git(&["update-ref", LEDGER, &format!("{LEDGER}~{}", 1 + dice.roll(3))]),
        // Somebody who did not know the newest ones.
        1 | 2 => {
            let commits: Vec<_> = history.commits().collect();
            let parent = commits[commits.len() - 1 - dice.roll(6)];
            let id = uuid::Uuid::new_v4().to_string();
            let event = Event { id: id.clone(), at, incident, payload, texts: Default::default(), ..checked.clone() };
            let bytes = hotfix::ledger::codec::event_commit(&event, EMPTY_TREE, Some(parent)).unwrap();
            std::fs::write(place.beside("apart"), bytes).unwrap();
            let apart = place.git(&["hash-object", "-t", "commit", "-w", "../apart"]);
            place.git(&["update-ref", &format!("{PENDING}{id}"), &apart])
        }
        _ => {
            ledger.append(Draft { actor: ada(), at, incident, payload, texts: Default::default() }).unwrap();
            String::new()
        }
    };
}

/// Signed by the person whose key it is, as git would.
fn signed(event: &Event, parent: Option<ObjectId>, key: &ssh_key::PrivateKey) -> Vec<u8> {
    let mut bytes = hotfix::ledger::codec::event_commit(event, EMPTY_TREE, parent).unwrap();
    let signature = key.sign("git", ssh_key::HashAlg::Sha512, &bytes).unwrap().to_pem(ssh_key::LineEnding::LF).unwrap();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    bytes.splice(end..end, format!("\ngpgsig {}", signature.trim_end().replace('\n', "\n ")).into_bytes());
    bytes
}

#[test]
fn under_signatures_the_list_is_that_of_the_whole_ledger_too() {
    let team = Team::new();
    let place = &team.place;
    team.check(ADA, "ada", "INC-42").exits(0);
    let repository = Repository::discover(&place.path()).unwrap();
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    let (_, checked) = history.events().last().unwrap();
    let mut checked = checked.clone();
    keep_nothing(&mut checked.payload);
    let key = ssh_key::PrivateKey::read_openssh_file(team.key("ada").as_ref()).unwrap();
    let objects = repository.objects().unwrap();
    let mut tip = history.tip();
    for number in 0..140 {
        for payload in [checked.payload.clone(), Payload::Closed(Closed { targets: Vec::new() })] {
            let (id, incident) = (uuid::Uuid::new_v4().to_string(), Some(format!("OLD-{number}").parse().unwrap()));
            let event = Event { id, incident, payload, texts: Default::default(), ..checked.clone() };
            tip = objects.write(Kind::Commit, &signed(&event, tip, &key)).ok();
        }
    }
    place.git(&["update-ref", LEDGER, &tip.unwrap().to_string()]);
    assert_eq!(status(place)["over"], 140);
    assert_eq!(same_as_whole(place)["doubted"], 0);
    // It is used: nobody reads the old events again.
    let root = place.git(&["rev-list", "--max-parents=0", LEDGER]);
    let object = place.path().join(format!(".git/objects/{}/{}", &root[..2], &root[2..]));
    let bytes = std::fs::read(&object).unwrap();
    std::fs::remove_file(&object).unwrap();
    assert_eq!(status(place)["over"], 140);
    std::fs::write(&object, bytes).unwrap();

    team.by(ADA, "ada", &["restored", "INC-42", "--by", "other"]).exits(0);
    assert_eq!(same_as_whole(place)["incidents"][0]["state"], "restored");
    // What does not count: nobody's, a stranger's, and that of somebody whose key was taken away.
    place.git(&["config", "hotfix.sign", "false"]);
    team.by(GRACE, "grace", &["restored", "INC-42", "--by", "roll-back"]).exits(4);
    assert_eq!(same_as_whole(place)["doubted"], 1);
    place.git(&["config", "--unset", "hotfix.sign"]);
    team.by(EVE, "eve", &["restored", "INC-42", "--by", "hotfix"]).exits(4);
    assert_eq!(same_as_whole(place)["doubted"], 2);
    team.signers(&team.line("grace", ""));
    assert!(same_as_whole(place)["doubted"].as_u64() > Some(200));
    team.identity("unverified");
    assert_eq!(same_as_whole(place)["doubted"], 0);
}

#[test]
fn the_note_of_the_root_only_shortens_the_way() {
    let place = place();
    let repository = Repository::discover(&place.path()).unwrap();
    let ledger = || Ledger::open(&repository).unwrap();
    let root = ledger().history().unwrap().root();
    let note = place.path().join(".git/hotfix/root");
    let found = || ledger().root().unwrap().map(|root| root.id);
    assert!(!note.exists());
    assert_eq!(found(), root);
    let written = std::fs::read_to_string(&note).unwrap();
    let tip = place.git(&["rev-parse", LEDGER]);
    assert_eq!(written, format!("{tip} {}\n", root.unwrap()));
    // It is used: the commits between are not looked at.
    let between = place.git(&["rev-parse", &format!("{LEDGER}~9")]);
    let object = place.path().join(format!(".git/objects/{}/{}", &between[..2], &between[2..]));
    let bytes = std::fs::read(&object).unwrap();
    std::fs::remove_file(&object).unwrap();
    assert_eq!(found(), root);
    std::fs::write(&object, bytes).unwrap();
    // Damaged, of what is not here, of what is no root, of itself.
    let nowhere = "1".repeat(40);
    for bad in [
        String::new(),
        "x\n".to_owned(),
        format!("{tip} {nowhere}\n"),
        format!("{nowhere} {nowhere}\n"),
        format!("{tip} {between}\n"),
        format!("{tip} {tip}\n"),
        format!("{between} {between}\n"),
        written[..60].to_owned(),
    ] {
        std::fs::write(&note, &bad).unwrap();
        assert_eq!(found(), root, "{bad}");
    }
}
