//! A ledger of more than a few batches: it is read on several processors, and believed no sooner than a small one.

use std::collections::BTreeMap;
use std::path::Path;

use hotfix::domain::event::{Event, FORMAT, LedgerCreated, Payload};
use hotfix::domain::identity::ObjectId;
use hotfix::git::objects::EMPTY_TREE;
use hotfix::ledger::codec;
use hotfix::ledger::refs::LEDGER;
use hotfix::ledger::store::Ledger;
use hotfix::process::Program;

use crate::ledger::{ada, bare, moment, restored};

/// The number of its events: several batches, and a rest.
const EVENTS: usize = 1_500;

/// Writes the ledger into one pack; its commits, oldest first.
fn packed(directory: &Path) -> Vec<ObjectId> {
    let git = git2::Repository::open(directory).unwrap();
    let objects = git.odb().unwrap();
    objects.write(git2::ObjectType::Tree, b"").unwrap();
    let ledger = "6a2f41a3-c54c-4ce8-b0c3-5a0b8f9d0c11";
    let mut commits: Vec<ObjectId> = Vec::new();
    for number in 0..EVENTS {
        let created = || Payload::LedgerCreated(LedgerCreated { trusted_ref: None });
        let event = Event {
            format: FORMAT,
            id: format!("019cb6f0-9b40-7000-8000-{number:012x}"),
            ledger: ledger.to_owned(),
            actor: ada(),
            at: moment("2026-01-02T03:04:05+01:00"),
            incident: (number > 0).then(|| format!("INC-{number}").parse().unwrap()),
            texts: BTreeMap::new(),
            payload: if number == 0 { created() } else { restored("INC-1").payload },
        };
        let bytes = codec::event_commit(&event, EMPTY_TREE, commits.last().copied()).unwrap();
        commits.push(objects.write(git2::ObjectType::Commit, &bytes).unwrap().to_string().parse().unwrap());
    }
    let tip = git2::Oid::from_bytes(commits.last().unwrap().as_bytes()).unwrap();
    git.reference(LEDGER, tip, true, "").unwrap();
    Program::new("git").args(["repack", "-q", "-a", "-d"]).directory(directory).run().unwrap();
    commits
}

/// Lets the pack's index lead from each of two ids to the other one's object.
fn swap(directory: &Path, [first, second]: [ObjectId; 2]) {
    let pack = std::fs::read_dir(directory.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let index = pack.into_iter().find(|path| path.extension().is_some_and(|end| end == "idx")).unwrap();
    let mut bytes = std::fs::read(&index).unwrap();
    // gitformat-pack(5): a head of 8 bytes, 256 counts, the ids, a checksum for each, and the place of each.
    let ids = 8 + 4 * 256;
    let count = u32::from_be_bytes(bytes[ids - 4..ids].try_into().unwrap()) as usize;
    let place = |id: ObjectId| {
        let at = (0..count).find(|at| bytes[ids + 20 * at..ids + 20 * at + 20] == *id.as_bytes()).unwrap();
        ids + 24 * count + 4 * at
    };
    let (first, second) = (place(first), place(second));
    (0..4).for_each(|byte| bytes.swap(first + byte, second + byte));
    let write = || {
        std::fs::remove_file(&index)?;
        std::fs::write(&index, &bytes)
    };
    write().unwrap();
}

#[test]
fn it_is_read_in_order_and_whole() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let commits = packed(directory.path());
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    assert_eq!(history.unreadable().count(), 0);
    assert_eq!(history.events().map(|(commit, _)| commit).collect::<Vec<_>>(), commits);
}

#[test]
fn a_commit_in_the_place_of_another_is_never_believed() {
    for [first, second] in [[1, 2], [7, EVENTS - 7], [EVENTS / 2, EVENTS / 2 + 1], [EVENTS - 1, EVENTS - 2]] {
        let directory = tempfile::tempdir().unwrap();
        let repository = bare(directory.path());
        let commits = packed(directory.path());
        swap(directory.path(), [commits[first], commits[second]]);
        let failure = Ledger::open(&repository).unwrap().history().unwrap_err().to_string();
        assert!(failure.contains("failed to read the object"), "{first} and {second}: {failure}");
    }
}

#[test]
fn a_commit_that_is_missing_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let commits = packed(directory.path());
    let shallow = commits[EVENTS / 3];
    let tip = commits[EVENTS - 1].to_string();
    // A pack of the newer commits alone, as a forged shallow clone has it.
    let objects = [tip.clone(), format!("^{shallow}")].join("\n");
    let git = |arguments: &[&str]| Program::new("git").args(arguments).directory(directory.path());
    git(&["pack-objects", "-q", "--revs", "objects/pack/pack"]).input(objects.as_bytes()).run().unwrap();
    for entry in std::fs::read_dir(directory.path().join("objects/pack")).unwrap() {
        let path = entry.unwrap().path();
        let index = path.with_extension("idx");
        let holds = std::fs::read(&index).is_ok_and(|index| index.windows(20).any(|id| id == shallow.as_bytes()));
        if holds {
            std::fs::remove_file(&path).unwrap();
        }
    }
    let failure = Ledger::open(&repository).unwrap().history().unwrap_err().to_string();
    assert!(failure.contains("the ledger is incomplete"), "{failure}");
}
