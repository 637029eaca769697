//! What somebody who may write to the remote's ledger, or has a clone, tries in order to speak for others or to silence them.

use std::path::Path;

use hotfix::domain::event::{Event, LedgerAdopted, LedgerCreated, Payload};
use hotfix::domain::identity::{ObjectId, Person};
use hotfix::git::objects::{EMPTY_TREE, Kind, id_of};
use hotfix::git::repository::Repository;
use hotfix::ledger::codec;
use hotfix::ledger::refs::{LEDGER, TEXT};
use hotfix::ledger::store::Ledger;
use serde_json::Value;

use crate::ledger::keep_nothing;
use crate::place::{ADA, ANALYSIS, GRACE, Place, said};
use crate::road::QUALIFIES;
use crate::signatures;
use crate::sync;

fn eve() -> Person {
    Person { name: "Eve".into(), email: "eve@example.com".into() }
}

fn tip(directory: &Path) -> ObjectId {
    git2::Repository::open(directory).unwrap().refname_to_id(LEDGER).unwrap().to_string().parse().unwrap()
}

/// Writes a commit of any bytes.
fn write(directory: &Path, bytes: &[u8]) -> ObjectId {
    let git = git2::Repository::open(directory).unwrap();
    git.odb().unwrap().write(git2::ObjectType::Tree, b"").unwrap();
    git.odb().unwrap().write(git2::ObjectType::Commit, bytes).unwrap().to_string().parse().unwrap()
}

/// Writes an event as this program would, and nobody signs it.
fn write_event(directory: &Path, event: &Event, on: Option<ObjectId>) -> ObjectId {
    write(directory, &codec::event_commit(event, EMPTY_TREE, on).unwrap())
}

fn point(directory: &Path, name: &str, at: ObjectId) {
    let git = git2::Repository::open(directory).unwrap();
    git.reference(name, git2::Oid::from_bytes(at.as_bytes()).unwrap(), true, "").unwrap();
}

fn event_at(directory: &Path, commit: ObjectId) -> Event {
    let git = git2::Repository::open(directory).unwrap();
    let commit = git.find_commit(git2::Oid::from_bytes(commit.as_bytes()).unwrap()).unwrap();
    codec::decode(commit.message_raw_bytes()).unwrap()
}

fn parent(directory: &Path, commit: ObjectId) -> ObjectId {
    let git = git2::Repository::open(directory).unwrap();
    let commit = git.find_commit(git2::Oid::from_bytes(commit.as_bytes()).unwrap()).unwrap();
    commit.parent_id(0).unwrap().to_string().parse().unwrap()
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn an_unsigned_event_takes_its_id_from_no_signed_one_by_standing_first() {
    let team = signatures::Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let directory = team.place.path();
    let (honest, mut forged) = (tip(&directory), event_at(&directory, tip(&directory)));
    keep_nothing(&mut forged.payload);
    forged.incident = Some("INC-9".parse().unwrap());
    let on = Some(parent(&directory, honest));
    // Beside the honest one, with an id that is sorted before it.
    let bytes = (0..).find_map(|number| {
        forged.actor = Person { name: format!("Eve {number}"), ..eve() };
        let bytes = codec::event_commit(&forged, EMPTY_TREE, on).unwrap();
        (id_of(Kind::Commit, &bytes).unwrap() < honest).then_some(bytes)
    });
    let forged = write(&directory, &bytes.unwrap());
    point(&directory, LEDGER, write(&directory, &codec::join([honest, forged], 0)));
    assert_eq!((team.doubts(), team.incidents()), (vec!["it is not signed".to_owned()], vec!["INC-1".to_owned()]));
    team.by(ADA, "ada", &["status"]).exits(0);
    team.by(ADA, "ada", &["restored", "INC-1", "--by", "other"]).exits(0);
    team.by(GRACE, "grace", &["show", "INC-1"]).exits(0);
    assert_eq!(codes(&team.place.json(&["audit"])), ["does-not-count"]);
    // Where all count nobody can tell which is the honest one: the gates stay closed.
    team.identity("unverified");
    team.by(ADA, "ada", &["status"]).exits(4).says("can't be read");
}

#[test]
fn a_ledger_that_only_an_unsigned_word_took_in_says_nothing_and_is_found() {
    let team = signatures::Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let directory = team.place.path();
    let honest = tip(&directory);
    let mut root = event_at(&directory, parent(&directory, honest));
    (root.id, root.ledger) = (id("b"), id("c"));
    root.payload = Payload::LedgerCreated(LedgerCreated { trusted_ref: Some("refs/heads/mine".into()) });
    let second = write_event(&directory, &root, None);
    let join = write(&directory, &codec::join([honest, second], 0));
    let mut word = event_at(&directory, honest);
    (word.id, word.actor, word.incident) = (id("d"), eve(), None);
    word.payload = Payload::LedgerAdopted(LedgerAdopted { ledger: root.ledger, root: second });
    point(&directory, LEDGER, write_event(&directory, &word, Some(join)));
    let report = team.place.json(&["audit"]);
    assert_eq!(codes(&report), ["does-not-count", "does-not-count", "other-ledger"], "{report:#}");
    assert!(report.to_string().contains("nobody whose word counts took it in"), "{report:#}");
    assert_eq!(team.incidents(), ["INC-1"]);
    // Where every word counts it was taken in like any other.
    team.identity("unverified");
    assert_eq!(codes(&team.place.json(&["audit"])), [""; 0]);
}

/// An id that no other event has.
fn id(digit: &str) -> String {
    format!("019cb6f0-9b40-7000-8000-00000000000{digit}")
}

#[test]
fn a_ledger_that_was_put_before_the_honest_one_takes_nobody_over() {
    let team = sync::Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    let trailer = team.hotfix(&team.ada, &["anchor"]).exits(0).out;
    team.git(&team.ada, &["tag", "-a", "-m", &format!("v1.0.1\n\n{trailer}"), "v1.0.1"]);
    team.git(&team.ada, &["push", "-q", "origin", "v1.0.1"]);
    let (origin, honest) = (team.origin(), tip(&team.origin()));
    let repository = Repository::discover(&origin).unwrap();
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    // Eve's ledger holds all that the honest one holds, so that the anchor's commit is there, and takes that in.
    let mut root = event_at(&origin, history.root().unwrap());
    (root.id, root.ledger, root.actor) = (id("b"), id("c"), eve());
    root.payload = Payload::LedgerCreated(LedgerCreated { trusted_ref: Some("refs/remotes/origin/mine".into()) });
    let first = write_event(&origin, &root, None);
    let join = write(&origin, &codec::join([first, honest], 0));
    let adopted = LedgerAdopted { ledger: history.ledger().unwrap().to_owned(), root: history.root().unwrap() };
    let word = Event { id: id("d"), payload: Payload::LedgerAdopted(adopted), ..root };
    point(&origin, LEDGER, write_event(&origin, &word, Some(join)));
    team.git(&origin, &["branch", "mine", "main"]);
    let fresh = team.clone("fresh");
    team.sync(&fresh).exits(0);
    let report = team.json(&fresh, &["audit"]);
    assert_eq!(codes(&report), ["anchor-broken"], "{report:#}");
    assert!(report.to_string().contains("it was put before the one that they name"), "{report:#}");
    // Who knew the honest one goes on with it.
    team.sync(&team.ada).exits(4).says("began apart").says("it is refused");
    team.hotfix(&team.ada, &["audit"]).exits(4).says("it is refused");
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0).says("Nothing was shared yet");
    let mine = Repository::discover(&team.ada).unwrap();
    assert_eq!(Ledger::open(&mine).unwrap().history().unwrap().root(), history.root());
    // The printed hook lets it not even come there.
    let taken_over = team.git(&origin, &["rev-parse", LEDGER]);
    point(&origin, LEDGER, honest);
    sync::executable(&origin.join("hooks/update"), &team.hotfix(&team.ada, &["init", "--server-hook"]).exits(0).out);
    let push = |what: &str| said(team.place.command("git", &fresh, GRACE).args(["push", "-q", "origin", what]));
    push(&format!("{taken_over}:{LEDGER}")).exits(1).says("what the ledger is to become begins elsewhere");
    team.sync(&team.ada).exits(0).says("1 event sent");
}

#[test]
fn a_text_whose_record_was_interrupted_is_told_and_never_shared() {
    let team = sync::Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    // Each after the other's text: what the remote has is never left out.
    let with_text = ["check", "INC-42", "--set", "flag-off=tried", "--set", "flag-off.evidence=it did nothing"];
    team.hotfix(&team.ada, &with_text).exits(0);
    let git = git2::Repository::open(&team.ada).unwrap();
    let stray = format!("{}.reason", id("a"));
    let before = git.find_reference(TEXT).unwrap().peel_to_commit().unwrap();
    let blob = git.blob(b"00000000000000000000000000000000\nMr. Smith called").unwrap();
    let mut shard = git.treebuilder(None).unwrap();
    shard.insert(&stray, blob, 0o100_644).unwrap();
    let mut tree = git.treebuilder(Some(&before.tree().unwrap())).unwrap();
    tree.insert("0a", shard.write().unwrap(), 0o040_000).unwrap();
    let tree = tree.write().unwrap().to_string().parse().unwrap();
    let on = before.id().to_string().parse().unwrap();
    let at = event_at(&team.ada, tip(&team.ada)).at;
    point(&team.ada, TEXT, write(&team.ada, &codec::commit(tree, &[on], &eve(), at, "hotfix: text\n")));
    team.offline(|| team.hotfix(&team.ada, &["audit"]).exits(0).says("texts that belong to no event here: 1"));
    // The next record, with a text, shares that one alone.
    std::fs::write(team.ada.join("rca.md"), ANALYSIS).unwrap();
    team.hotfix(&team.ada, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    for directory in [&team.ada, &team.origin()] {
        let names = team.git(directory, &["ls-tree", "-r", "--name-only", TEXT]);
        assert_eq!(names.lines().count(), 2, "{names}");
        assert!(!names.contains(&stray), "{names}");
    }
    team.hotfix(&team.ada, &["audit"]).exits(0).never_says("belong to no event");
}

#[test]
fn signatures_of_another_kind_than_ssh_are_no_good_and_say_so() {
    let team = signatures::Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let directory = team.place.path();
    let honest = team.place.git(&["cat-file", "commit", LEDGER]);
    let (before, rest) = honest.split_once("\ngpgsig ").unwrap();
    let after = rest.split_once("\n\n").unwrap().1;
    for armour in ["PGP SIGNATURE", "SIGNED MESSAGE", "SSH SIGNATURE", "OTHER"] {
        let bytes =
            format!("{before}\ngpgsig -----BEGIN {armour}-----\n \n iQEz\n -----END {armour}-----\n\n{after}\n");
        point(&directory, LEDGER, write(&directory, bytes.as_bytes()));
        let doubts = team.doubts();
        assert_eq!(doubts.len(), 1, "{doubts:?}");
        assert!(doubts[0].contains("its signature is no good"), "{doubts:?}");
        let foreign = doubts[0].contains("it is not made with an SSH key, and others are not supported");
        assert_eq!(foreign, armour != "SSH SIGNATURE", "{doubts:?}");
        assert_eq!(team.incidents(), [""; 0]);
    }
}

#[test]
fn whoever_signs_commits_with_openpgp_or_x509_is_told_how_to_sign_events() {
    for (format, name) in [(None, "OpenPGP"), (Some("openpgp"), "OpenPGP"), (Some("x509"), "X.509")] {
        let team = signatures::Team::new();
        let set = |key: &str, value: &str| team.place.git(&["config", key, value]);
        format.map(|format| set("gpg.format", format));
        set("user.signingkey", "0123456789ABCDEF");
        let check = |place: &Place| {
            let mut check = place.command(env!("CARGO_BIN_EXE_hotfix"), &place.path(), ADA);
            said(check.args([&["check", "INC-1"], QUALIFIES].concat()))
        };
        let refused = check(&team.place).exits(4).says("nothing was recorded").says("git config hotfix.signingKey");
        refused.says(&format!("your commits stay signed with {name}"));
        assert!(!team.place.path().join(".git/refs/hotfix/ledger").exists());
        set("hotfix.signingKey", &team.key("ada"));
        check(&team.place).exits(0);
        assert_eq!((team.doubts(), team.incidents()), (vec![], vec!["INC-1".to_owned()]));
        // Where nobody asks for a signature, theirs is not asked for either.
        team.identity("unverified");
        set("hotfix.signingKey", "nowhere");
        team.place.hotfix(&["restored", "INC-1", "--by", "other"]).exits(0);
    }
}
