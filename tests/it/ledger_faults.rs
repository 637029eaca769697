//! What happens around the ledger: many writers, kills, stale locks, broken refs. Nothing acknowledged is ever lost.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hotfix::failure::Failure;
use hotfix::ledger::refs::{LEDGER, PENDING, TEXT};
use hotfix::ledger::store::{Ledger, Recorded};

use crate::ledger::{bare, incidents, restored};

/// Not a test of its own: the program that the tests below start, and kill.
#[test]
#[ignore = "started by other tests"]
fn append_in_a_loop() {
    let Some(directory) = std::env::var_os("HOTFIX_TEST_LEDGER") else { return };
    let count: usize = std::env::var("HOTFIX_TEST_COUNT").unwrap().parse().unwrap();
    let repository = hotfix::git::repository::Repository::discover(Path::new(&directory)).unwrap();
    let ledger = Ledger::open(&repository).unwrap().patience(Duration::from_secs(60));
    for number in 0..count {
        let mut draft = restored("INC-1");
        if number % 3 == 0 {
            draft.texts.insert("note".into(), "words".into());
        }
        let recorded = ledger.append(draft).unwrap();
        println!("acknowledged {}", recorded.event.id);
    }
}

fn writer(directory: &Path, count: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["ledger_faults::append_in_a_loop", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env("HOTFIX_TEST_LEDGER", directory)
        .env("HOTFIX_TEST_COUNT", count.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The ids that a writer has acknowledged. A line that the kill cut off does not count.
fn acknowledged(output: &str) -> Vec<String> {
    let complete = output.rfind('\n').map_or("", |end| &output[..end]);
    complete.lines().filter_map(|line| Some(line.split_once("acknowledged ")?.1.to_owned())).collect()
}

/// The ids in the ledger without the root, each of which must be readable and complete.
fn recorded(directory: &Path) -> Vec<String> {
    let repository = hotfix::git::repository::Repository::discover(directory).unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    let history = ledger.history().unwrap();
    assert_eq!(history.unreadable().count(), 0);
    for (_, event) in history.events() {
        assert!(ledger.texts(event).unwrap().values().all(|text| text.words() == Some("words")));
    }
    history.events().skip(1).map(|(_, event)| event.id.clone()).collect()
}

#[test]
fn sixteen_writers_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    bare(directory.path());
    let writers: Vec<_> = (0..16).map(|_| writer(directory.path(), 12)).collect();
    let mut all = Vec::new();
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        assert!(output.status.success());
        let said = acknowledged(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(said.len(), 12);
        all.extend(said);
    }
    let recorded = recorded(directory.path());
    assert_eq!(recorded.len(), 16 * 12);
    assert_eq!(BTreeSet::from_iter(recorded), BTreeSet::from_iter(all));
}

#[test]
fn a_kill_at_any_instant_loses_at_most_what_was_not_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    bare(directory.path());
    let mut all = BTreeSet::new();
    for round in 0..150_u64 {
        let mut child = writer(directory.path(), 1000);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        // Two of three rounds wait until it is at work; the third kills it on its way there.
        while round % 3 != 0 && !said.contains("acknowledged") {
            assert_ne!(output.read_line(&mut said).unwrap(), 0);
        }
        // Spread over several appends, in steps that do not fall in with their length.
        std::thread::sleep(Duration::from_micros((round * 7_919) % 30_000));
        child.kill().unwrap();
        child.wait().unwrap();
        // Git's own lock, where the kill left it, is known for what it is: the next round takes it away and does not wait.
        for name in [LEDGER, TEXT].iter().filter(|name| directory.path().join(format!("{name}.lock")).exists()) {
            let notes = std::fs::read_to_string(directory.path().join("hotfix/ledger.lock")).unwrap();
            assert!(notes.lines().any(|note| note.starts_with(name)), "round {round}: {name}.lock, but {notes:?}");
        }
        output.read_to_string(&mut said).unwrap();
        all.extend(acknowledged(&said));
        let recorded = recorded(directory.path());
        assert!(recorded.len() <= all.len() + 1 + usize::try_from(round).unwrap());
        let recorded = BTreeSet::from_iter(recorded);
        let lost: Vec<_> = all.difference(&recorded).collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
    }
    assert!(all.len() > 100, "only {} appends were tried", all.len());
    let last = writer(directory.path(), 1).wait_with_output().unwrap();
    assert_eq!(acknowledged(&String::from_utf8(last.stdout).unwrap()).len(), 1);
}

fn impatient<'r>(repository: &'r hotfix::git::repository::Repository) -> Ledger<'r> {
    Ledger::open(repository).unwrap().patience(Duration::from_millis(300))
}

fn failure(ledger: &Ledger<'_>) -> Failure {
    ledger.append(restored("INC-9")).unwrap_err()
}

/// Records INC-9 where somebody stands in the way of the ledger's ref: it is parked, and counts.
fn parked(ledger: &Ledger<'_>) -> (String, String) {
    let Recorded { commit, parked, event } = ledger.append(restored("INC-9")).unwrap();
    let blocked = parked.expect("it is parked");
    assert!(ledger.history().unwrap().event(&event.id).is_some_and(|(held, _)| held == commit));
    (blocked.why, blocked.hint)
}

#[test]
fn a_stale_lock_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    ledger.append(restored("INC-1")).unwrap();
    let lock = directory.path().join("refs/hotfix/ledger.lock");
    std::fs::write(&lock, "").unwrap();
    let made = std::time::SystemTime::from(restored("INC-1").at) - Duration::from_secs(600);
    std::fs::File::options().write(true).open(&lock).unwrap().set_modified(made).unwrap();
    let (why, hint) = parked(&ledger);
    assert!(why.contains("refs/hotfix/ledger.lock has been there for 10 minutes"), "{why}");
    assert!(hint.starts_with(&format!("rm '{}'", lock.canonicalize().unwrap().display())));
    assert!(lock.exists());
    parked(&ledger);
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-9", "INC-9"]);
    assert_eq!(ledger.parked().unwrap(), 2);

    std::fs::remove_file(&lock).unwrap();
    assert!(ledger.append(restored("INC-2")).unwrap().parked.is_none());
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-9", "INC-9", "INC-2"]);
    assert_eq!(ledger.parked().unwrap(), 0);
    assert!(repository.refs_below(PENDING).unwrap().is_empty());
}

#[test]
fn parked_events_that_do_not_know_each_other_are_joined_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    ledger.append(restored("INC-1")).unwrap();
    let lock = directory.path().join("refs/hotfix/ledger.lock");
    let git = git2::Repository::open(directory.path()).unwrap();
    std::fs::write(&lock, "1111111111111111111111111111111111111111\n").unwrap();
    let mut draft = restored("INC-9");
    draft.texts.insert("note".into(), "words".into());
    let first = ledger.append(draft).unwrap();
    // A second one that never saw the first, and somebody (a fetch) who moves the ref meanwhile.
    let name = format!("{PENDING}{}", first.event.id);
    git.find_reference(&name).unwrap().delete().unwrap();
    parked(&ledger);
    std::fs::remove_file(&lock).unwrap();
    git.reference(&name, git2::Oid::from_bytes(first.commit.as_bytes()).unwrap(), false, "").unwrap();
    assert_eq!(incidents(&ledger).len(), 4);
    let last = ledger.append(restored("INC-2")).unwrap();
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    assert_eq!((history.records().len(), history.unreadable().count()), (5, 0));
    assert!(history.knows(last.commit, first.commit));
    assert_eq!(ledger.texts(&first.event).unwrap()["note"].words(), Some("words"));
    assert!(repository.refs_below(PENDING).unwrap().is_empty());
}

#[test]
fn a_lock_that_a_killed_hotfix_left_behind_is_taken_away() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    let first = ledger.append(restored("INC-1")).unwrap();
    let lock = directory.path().join("refs/hotfix/ledger.lock");
    let note = directory.path().join("hotfix/ledger.lock");
    for content in [String::new(), format!("{}\n", first.commit)] {
        std::fs::write(&lock, &content).unwrap();
        std::fs::write(&note, format!("{TEXT} {0}\n{LEDGER} {0}\n", first.commit)).unwrap();
        ledger.append(restored("INC-2")).unwrap();
        assert!(!lock.exists());
        // What concerns another ref is kept until that one is moved.
        assert_eq!(std::fs::read_to_string(&note).unwrap(), format!("{TEXT} {}\n", first.commit));
    }
    // A lock with other content is somebody else's.
    std::fs::write(&lock, "1111111111111111111111111111111111111111\n").unwrap();
    std::fs::write(&note, format!("{LEDGER} {}\n", first.commit)).unwrap();
    assert!(parked(&ledger).0.contains("was killed and left it behind"));
    assert!(lock.exists());
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-2", "INC-2", "INC-9"]);
}

#[test]
fn a_lock_that_goes_away_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = Ledger::open(&repository).unwrap();
    ledger.append(restored("INC-1")).unwrap();
    let lock = directory.path().join("refs/hotfix/ledger.lock");
    std::fs::write(&lock, "").unwrap();
    let waiting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        std::fs::remove_file(lock).unwrap();
    });
    let start = Instant::now();
    ledger.append(restored("INC-2")).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(100));
    waiting.join().unwrap();
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-2"]);
}

#[test]
fn a_busy_ledger_is_waited_for_and_then_passed_by() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    ledger.append(restored("INC-1")).unwrap();
    let holder = std::fs::File::open(directory.path().join("hotfix/ledger.lock")).unwrap();
    holder.lock().unwrap();
    let (why, hint) = parked(&ledger);
    assert!(why.contains("another hotfix has been at work"), "{why}");
    assert!(hint.starts_with("fuser -v "));
    let mut draft = restored("INC-3");
    draft.texts.insert("note".into(), "words".into());
    let noted = ledger.append(draft).unwrap().event;
    assert_eq!(ledger.texts(&noted).unwrap()["note"].words(), Some("words"));
    holder.unlock().unwrap();
    ledger.append(restored("INC-2")).unwrap();
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-9", "INC-3", "INC-2"]);
}

#[test]
fn a_ref_that_moves_meanwhile_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = Ledger::open(&repository).unwrap();
    ledger.append(restored("INC-1")).unwrap();
    let git = git2::Repository::open(directory.path()).unwrap();
    let tip = git.refname_to_id(LEDGER).unwrap();
    let root = git.find_commit(tip).unwrap().parent_id(0).unwrap();
    // Somebody without our lock (a fetch) moves the ref between the check and the swap, once.
    git.reference(LEDGER, root, true, "").unwrap();
    let mut checks = Vec::new();
    let recorded = ledger.append_if(restored("INC-2"), |history| {
        checks.push(history.records().len());
        git.reference(LEDGER, tip, true, "").unwrap();
        Ok::<(), ()>(())
    });
    assert!(recorded.unwrap().is_ok());
    assert_eq!(checks, [1, 2]);
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-2"]);
}

#[test]
fn a_repository_that_can_not_be_written_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    std::fs::write(directory.path().join("hotfix"), "a file where the directory belongs").unwrap();
    let failure = failure(&ledger);
    assert!(failure.to_string().contains("so that nothing can be recorded"), "{failure}");
    assert_eq!(failure.kind.exit(), hotfix::failure::ExitCode::Undecided);
    assert!(ledger.history().unwrap().records().is_empty());
}

#[test]
fn objects_that_can_not_be_written_leave_the_ledger_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    ledger.append(restored("INC-1")).unwrap();
    // Files where libgit2 wants to make its fan-out directories: no permission bits, which root ignores.
    for byte in 0..=255 {
        let path = directory.path().join(format!("objects/{byte:02x}"));
        if !path.exists() {
            std::fs::write(path, "").unwrap();
        }
    }
    let failures = (0..40).filter(|number| ledger.append(restored(&format!("INC-{number}"))).is_err()).count();
    assert!(failures > 20, "only {failures} appends failed");
    assert_eq!(incidents(&ledger).len(), 2 + 40 - failures);
}

#[test]
fn a_symbolic_ref_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let git = git2::Repository::open(directory.path()).unwrap();
    git.reference_symbolic(LEDGER, "refs/heads/main", false, "").unwrap();
    let failure = Ledger::open(&repository).err().unwrap();
    assert!(failure.to_string().contains("is a symbolic ref"), "{failure}");
    assert!(failure.hint.unwrap().starts_with("git symbolic-ref --delete"));
}

#[test]
fn a_directory_of_refs_is_refused_and_an_empty_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = bare(elsewhere.path());
    let commit = Ledger::open(&other).unwrap().append(restored("INC-1")).unwrap().commit;
    let below = directory.path().join("refs/hotfix/ledger");
    std::fs::create_dir_all(&below).unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    std::fs::write(below.join("x"), format!("{commit}\n")).unwrap();
    let failure = ledger.append(restored("INC-1")).unwrap_err();
    assert!(failure.to_string().contains("there are refs below refs/hotfix/ledger"), "{failure}");
    std::fs::remove_file(below.join("x")).unwrap();
    ledger.append(restored("INC-1")).unwrap();
}

#[test]
fn an_empty_or_broken_ref_is_no_empty_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = impatient(&repository);
    ledger.append(restored("INC-1")).unwrap();
    for content in ["", "garbage\n", "0123\n"] {
        std::fs::write(directory.path().join("refs/hotfix/ledger"), content).unwrap();
        assert!(ledger.history().is_err() && ledger.presence().is_err(), "{content:?}");
        assert!(failure(&ledger).hint.is_some());
    }
    std::fs::write(directory.path().join("refs/hotfix/ledger"), format!("{}\n", "1".repeat(40))).unwrap();
    assert!(ledger.history().unwrap_err().to_string().contains("the ledger is incomplete"));
}

#[test]
fn a_truncated_object_is_an_error_and_not_an_end() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let first = Ledger::open(&repository).unwrap().append(restored("INC-1")).unwrap().commit.to_string();
    let ledger = Ledger::open(&repository).unwrap();
    ledger.append(restored("INC-2")).unwrap();
    let object = directory.path().join("objects").join(&first[..2]).join(&first[2..]);
    let content = std::fs::read(&object).unwrap();
    for length in [0, content.len() / 2] {
        std::fs::remove_file(&object).unwrap();
        std::fs::write(&object, &content[..length]).unwrap();
        let again = hotfix::git::repository::Repository::discover(directory.path()).unwrap();
        let failure = Ledger::open(&again).unwrap().history().unwrap_err();
        assert!(failure.hint.unwrap().starts_with("git fsck"));
    }
}
