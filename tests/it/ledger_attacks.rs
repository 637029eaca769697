//! What a forger, a mistake or a newer version may put into the ledger: it is listed, and never counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hotfix::domain::event::{Change, Event, FORMAT, FixAttached, LedgerCreated, Payload, Proof, Side};
use hotfix::domain::identity::{ObjectId, Person, RepositoryPath};
use hotfix::git::objects::EMPTY_TREE;
use hotfix::git::repository::Repository;
use hotfix::ledger::codec;
use hotfix::ledger::refs::{LEDGER, TEXT};
use hotfix::ledger::store::{Draft, Ledger, Recorded};
use hotfix::ledger::text::Text;
use tempfile::TempDir;

use crate::ledger::{ada, bare, incidents, restored};

/// A ledger with one event about INC-1.
struct Scene {
    directory: TempDir,
    git: git2::Repository,
    first: Recorded,
}

fn scene() -> Scene {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let first = Ledger::open(&repository).unwrap().append(restored("INC-1")).unwrap();
    Scene { git: git2::Repository::open(directory.path()).unwrap(), directory, first }
}

fn oid(id: ObjectId) -> git2::Oid {
    git2::Oid::from_bytes(id.as_bytes()).unwrap()
}

fn id(oid: git2::Oid) -> ObjectId {
    oid.to_string().parse().unwrap()
}

impl Scene {
    fn repository(&self) -> Repository {
        Repository::discover(self.directory.path()).unwrap()
    }

    /// Puts a commit of any bytes on top of the ledger.
    fn put(&self, bytes: &[u8]) -> ObjectId {
        self.git.odb().unwrap().write(git2::ObjectType::Blob, b"").unwrap();
        self.git.odb().unwrap().write(git2::ObjectType::Tree, b"").unwrap();
        let commit = self.git.odb().unwrap().write(git2::ObjectType::Commit, bytes).unwrap();
        self.git.reference(LEDGER, commit, true, "").unwrap();
        id(commit)
    }

    /// An event as this program would write it, with a new id, by a hand that changes it first.
    fn forge(&self, change: impl FnOnce(&mut Event)) -> Vec<u8> {
        let mut event = self.first.event.clone();
        event.id = "019cb6f0-9b40-7000-8000-00000000000a".into();
        event.incident = Some("INC-66".parse().unwrap());
        change(&mut event);
        codec::event_commit(&event, EMPTY_TREE, Some(self.first.commit)).unwrap()
    }

    /// Why the event that was put last can't be read. All others can.
    fn reason(&self) -> String {
        let repository = self.repository();
        let ledger = Ledger::open(&repository).unwrap();
        let history = ledger.history().unwrap();
        let unreadable: Vec<_> = history.unreadable().collect();
        assert_eq!(unreadable.len(), 1, "{unreadable:?}");
        assert_eq!(Some(unreadable[0].0), history.tip());
        // The road goes on: the next event stands on top and counts.
        ledger.append(restored("INC-2")).unwrap();
        assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-2"]);
        unreadable[0].1.to_string()
    }

    fn join(&self, one: ObjectId, two: ObjectId, message: &str) -> ObjectId {
        self.put(&codec::commit(EMPTY_TREE, &[one, two], &ada(), restored("INC-1").at, message))
    }
}

#[test]
fn an_honest_hand_made_event_counts() {
    let scene = scene();
    scene.put(&scene.forge(|_| {}));
    assert_eq!(incidents(&Ledger::open(&scene.repository()).unwrap()), ["-", "INC-1", "INC-66"]);
}

#[test]
fn an_event_of_another_ledger_does_not_count() {
    let (here, elsewhere) = (scene(), scene());
    let ledger = elsewhere.first.event.ledger.clone();
    here.put(&here.forge(|event| event.ledger = ledger));
    assert_eq!(here.reason(), "it belongs to another ledger");
}

#[test]
fn an_event_that_is_played_again_does_not_count() {
    let scene = scene();
    let again = scene.first.event.id.clone();
    scene.put(&scene.forge(|event| event.id = again));
    assert!(scene.reason().starts_with("it repeats the id of the event in commit "));
}

#[test]
fn an_event_that_was_edited_does_not_count() {
    let scene = scene();
    let honest = String::from_utf8(scene.forge(|_| {})).unwrap();
    let edited = honest.replacen("\"name\":\"Ada Lovelace\"", "\"name\":\"Eve\"", 1);
    assert_ne!(edited, honest);
    scene.put(edited.as_bytes());
    assert_eq!(scene.reason(), "its commit was made by somebody else, or at another time, than the event says");
}

#[test]
fn an_event_that_claims_to_be_the_root_does_not_count() {
    let scene = scene();
    scene.put(&scene.forge(|event| event.payload = Payload::LedgerCreated(LedgerCreated { trusted_ref: None })));
    assert_eq!(scene.reason(), "only the first event creates the ledger");
}

#[test]
fn a_commit_made_by_hand_does_not_count() {
    for (message, reason) in [
        ("Fix typo\n", "it is not a subject, a blank line and an event"),
        ("hotfix: join\n", "a join has two parents"),
        ("hotfix: closed INC-1\n\n{\"format\":1,\"kind\":\"closed\"}\n", "missing field"),
    ] {
        let scene = scene();
        scene.put(&codec::commit(EMPTY_TREE, &[scene.first.commit], &ada(), restored("INC-1").at, message));
        let found = scene.reason();
        assert!(found.contains(reason), "{found}");
    }
}

#[test]
fn an_oversized_event_does_not_count() {
    let scene = scene();
    let honest = String::from_utf8(scene.forge(|_| {})).unwrap();
    scene.put(honest.replace("Ada Lovelace", &"x".repeat(300_000)).as_bytes());
    assert!(scene.reason().contains("the largest allowed is 262144"));
}

#[test]
fn an_event_with_a_tree_of_its_own_choice_does_not_count() {
    let scene = scene();
    let blob = scene.git.blob(b"smuggled").unwrap();
    let mut tree = scene.git.treebuilder(None).unwrap();
    tree.insert("x", blob, 0o100_644).unwrap();
    let tree = tree.write().unwrap();
    let honest = String::from_utf8(scene.forge(|_| {})).unwrap();
    scene.put(honest.replacen(&EMPTY_TREE.to_string(), &tree.to_string(), 1).as_bytes());
    assert_eq!(scene.reason(), "its tree is not what the event keeps");
}

#[test]
fn an_event_of_a_newer_version_is_listed_with_its_incident() {
    let scene = scene();
    let honest = String::from_utf8(scene.forge(|_| {})).unwrap();
    scene.put(honest.replace("\"format\":1", "\"format\":7").as_bytes());
    assert_eq!(scene.reason(), "it is a 'restored' in format 7, which only a newer version of hotfix can read");
}

#[test]
fn a_join_with_a_payload_does_not_count() {
    let scene = scene();
    let event = String::from_utf8(scene.forge(|_| {})).unwrap();
    let message = event.split_once("\n\n").unwrap().1;
    let root = scene.git.find_commit(oid(scene.first.commit)).unwrap().parent_id(0).unwrap();
    scene.join(scene.first.commit, id(root), message);
    assert_eq!(scene.reason(), "a commit that joins two histories must carry nothing");
}

#[test]
fn a_join_with_a_name_a_signature_or_a_tree_does_not_count() {
    let by_name = scene();
    let root = id(by_name.git.find_commit(oid(by_name.first.commit)).unwrap().parent_id(0).unwrap());
    by_name.join(by_name.first.commit, root, codec::JOIN);
    assert_eq!(by_name.reason(), "a join bears nobody's name and no signature");

    let honest = |scene: &Scene| {
        let root = scene.git.find_commit(oid(scene.first.commit)).unwrap().parent_id(0).unwrap();
        String::from_utf8(codec::join([scene.first.commit, id(root)], 7)).unwrap()
    };
    let signed = scene();
    signed.put(honest(&signed).replacen("\n\n", "\ngpgsig x\n\n", 1).as_bytes());
    assert_eq!(signed.reason(), "a join bears nobody's name and no signature");

    let with_tree = scene();
    let mut tree = with_tree.git.treebuilder(None).unwrap();
    tree.insert("x", with_tree.git.blob(b"smuggled").unwrap(), 0o100_644).unwrap();
    let tree = tree.write().unwrap().to_string();
    with_tree.put(honest(&with_tree).replacen(&EMPTY_TREE.to_string(), &tree, 1).as_bytes());
    assert_eq!(with_tree.reason(), "a commit that joins two histories must carry nothing");
}

#[test]
fn two_heads_are_joined_and_nothing_is_lost() {
    let scene = scene();
    let repository = scene.repository();
    let ours = Ledger::open(&repository).unwrap().append(restored("INC-2")).unwrap();
    scene.git.reference(LEDGER, oid(scene.first.commit), true, "").unwrap();
    let theirs = Ledger::open(&repository).unwrap().append(restored("INC-3")).unwrap();
    scene.put(&codec::join([theirs.commit, ours.commit], 0));

    let ledger = Ledger::open(&repository).unwrap();
    let last = ledger.append(restored("INC-4")).unwrap();
    let history = ledger.history().unwrap();
    assert_eq!(history.unreadable().count(), 0);
    let mut middle = [("INC-2", ours.commit), ("INC-3", theirs.commit)];
    middle.sort_by_key(|(_, commit)| *commit);
    assert_eq!(incidents(&ledger), ["-", "INC-1", middle[0].0, middle[1].0, "INC-4"]);
    assert!(!history.knows(ours.commit, theirs.commit) && !history.knows(theirs.commit, ours.commit));
    assert!(history.knows(last.commit, ours.commit) && history.knows(last.commit, theirs.commit));
    assert!(history.knows(ours.commit, scene.first.commit));
}

#[test]
fn grafts_and_replace_refs_hide_nothing() {
    let scene = scene();
    let repository = scene.repository();
    let last = Ledger::open(&repository).unwrap().append(restored("INC-2")).unwrap().commit;
    let root = scene.git.find_commit(oid(scene.first.commit)).unwrap().parent_id(0).unwrap();
    // Both say: the last event stands on the root, and INC-1 was never there.
    let honest = scene.git.find_commit(oid(last)).unwrap();
    let forged = honest.raw_header().unwrap().replacen(&scene.first.commit.to_string(), &root.to_string(), 1);
    let forged = format!("{}\n{}", forged.trim_start_matches('\n'), honest.message_raw().unwrap());
    let forged = scene.git.odb().unwrap().write(git2::ObjectType::Commit, forged.as_bytes()).unwrap();
    scene.git.reference(&format!("refs/replace/{last}"), forged, true, "").unwrap();
    std::fs::create_dir_all(scene.directory.path().join("info")).unwrap();
    std::fs::write(scene.directory.path().join("info/grafts"), format!("{last} {root}\n")).unwrap();
    std::fs::write(scene.directory.path().join("shallow"), format!("{last}\n")).unwrap();
    assert_eq!(incidents(&Ledger::open(&scene.repository()).unwrap()), ["-", "INC-1", "INC-2"]);
}

#[test]
fn harmful_characters_survive_and_are_shown_as_escapes() {
    let scene = scene();
    let repository = scene.repository();
    let ledger = Ledger::open(&repository).unwrap();
    let actor = Person { name: "Eve\u{202e}\u{1b}[2J\0\n".into(), email: "<eve>\n@x".into() };
    let recorded = ledger.append(Draft { actor: actor.clone(), ..restored("INC-2") }).unwrap();
    let again = Ledger::open(&repository).unwrap().history().unwrap();
    assert_eq!(again.event(&recorded.event.id).unwrap().1.actor, actor);
    assert_eq!(actor.to_string(), "Eve\\u{202e}\\u{1b}[2J\\u{0}\\u{a} <<eve>\\u{a}@x>");
    let commit = scene.git.find_commit(oid(recorded.commit)).unwrap();
    assert_eq!(commit.author().name().unwrap(), "Eve\\u{202e}\\u{1b}[2J\\u{0}\\u{a}");
}

fn with_text(scene: &Scene) -> Event {
    let texts = [("reason".to_owned(), "because".to_owned())].into();
    Ledger::open(&scene.repository()).unwrap().append(Draft { texts, ..restored("INC-2") }).unwrap().event
}

fn reason_of(directory: &Path, event: &Event) -> Text {
    let repository = Repository::discover(directory).unwrap();
    let mut texts: BTreeMap<_, _> = Ledger::open(&repository).unwrap().texts(event).unwrap();
    texts.remove("reason").unwrap()
}

#[test]
fn a_text_that_is_gone_is_missing_and_one_that_was_changed_is_tampered() {
    let scene = scene();
    let event = with_text(&scene);
    assert_eq!(reason_of(scene.directory.path(), &event), Text::Here("because".into()));

    let shard = &event.id[event.id.len() - 2..];
    let other = scene.git.blob(format!("{}\nnot because", "0".repeat(32)).as_bytes()).unwrap();
    for (blob, expected) in [(Some(other), Text::Tampered), (None, Text::Missing)] {
        let mut inner = scene.git.treebuilder(None).unwrap();
        if let Some(blob) = blob {
            inner.insert(format!("{}.reason", event.id), blob, 0o100_644).unwrap();
        }
        let mut outer = scene.git.treebuilder(None).unwrap();
        outer.insert(shard, inner.write().unwrap(), 0o040_000).unwrap();
        let tree = outer.write().unwrap();
        let commit = codec::commit(id(tree), &[], &ada(), restored("INC-1").at, "hotfix: text\n");
        let commit = scene.git.odb().unwrap().write(git2::ObjectType::Commit, &commit).unwrap();
        scene.git.reference(TEXT, commit, true, "").unwrap();
        assert_eq!(reason_of(scene.directory.path(), &event), expected);
    }
    scene.git.find_reference(TEXT).unwrap().delete().unwrap();
    assert_eq!(reason_of(scene.directory.path(), &event), Text::Missing);
    assert_eq!(incidents(&Ledger::open(&scene.repository()).unwrap()), ["-", "INC-1", "INC-2"]);
}

#[test]
fn a_secret_is_refused_and_nothing_is_recorded() {
    let scene = scene();
    let repository = scene.repository();
    let ledger = Ledger::open(&repository).unwrap();
    for (name, text) in [("reason", "password=correcthorse"), ("a/b", "x"), ("", "x"), ("long", &"x".repeat(300_000))] {
        let texts = [(name.to_owned(), text.to_owned())].into();
        let failure = ledger.append(Draft { texts, ..restored("INC-2") }).unwrap_err();
        assert_eq!(failure.kind, hotfix::failure::FailureKind::Usage, "{failure}");
    }
    assert!(scene.git.find_reference(TEXT).is_err());
    assert_eq!(incidents(&ledger), ["-", "INC-1"]);
}

fn fix(blobs: &[&str]) -> Draft {
    let side = |id: &&str| Side { path: RepositoryPath::new("a"), id: id.parse().unwrap(), mode: "100644".into() };
    let changes = blobs.iter().map(|id| Change { before: None, after: Some(side(id)) }).collect();
    let (commits, authors, proof) = (vec![], vec![], Proof::Ci);
    let fix = FixAttached { attempt: 1, base: None, commits, authors, changes, proof, guarded_by_flag: false };
    Draft { payload: Payload::FixAttached(Arc::new(fix)), ..restored("INC-1") }
}

#[test]
fn the_blobs_of_a_fix_outlive_every_branch() {
    let scene = scene();
    let one = scene.git.blob(b"one").unwrap().to_string();
    let two = scene.git.blob(b"two").unwrap().to_string();
    let repository = scene.repository();
    let ledger = Ledger::open(&repository).unwrap();
    let recorded = ledger.append(fix(&[&two, &one, &two])).unwrap();
    assert_eq!(ledger.history().unwrap().unreadable().count(), 0);
    let tree = scene.git.find_commit(oid(recorded.commit)).unwrap().tree().unwrap();
    let mut kept: Vec<_> = tree.iter().map(|entry| entry.id().to_string()).collect();
    kept.sort();
    let mut expected = [one, two];
    expected.sort();
    assert_eq!(kept, expected);

    let failure = ledger.append(fix(&["00ff10a0b1c2d3e4f5061728394a5b6c7d8e9fa0"])).unwrap_err();
    assert!(failure.to_string().contains("is not here"), "{failure}");
}

#[test]
fn the_root_is_made_once_and_may_pin_a_ref() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = Ledger::open(&repository).unwrap();
    let payload = Payload::LedgerCreated(LedgerCreated { trusted_ref: Some("refs/remotes/origin/main".into()) });
    let draft = Draft { payload, incident: None, ..restored("INC-1") };
    let root = ledger.append(draft.clone()).unwrap();
    assert_eq!(root.event.format, FORMAT);
    assert_eq!(ledger.history().unwrap().records().len(), 1);
    let failure = ledger.append(draft).unwrap_err();
    assert_eq!(failure.kind, hotfix::failure::FailureKind::Usage);
    ledger.append(restored("INC-1")).unwrap();
    assert_eq!(incidents(&ledger), ["-", "INC-1"]);
}
