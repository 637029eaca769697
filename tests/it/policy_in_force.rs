//! Which policy governs: read from the trusted ref, older than the fire, never from the work tree.

use git2::{Signature, Time};
use hotfix::domain::event::{PolicyPin, PolicySource};
use hotfix::domain::identity::{Moment, ObjectId};
use hotfix::evidence::policy_files::by_pin;
use hotfix::evidence::policy_in_force::{InForce, policy_in_force};
use hotfix::failure::FailureKind;
use hotfix::git::repository::Repository;

use crate::history::History;
use crate::policy::SMALL;

/// Minutes after 2026-06-01 00:00 UTC.
fn at(minutes: i64) -> Moment {
    chrono::DateTime::from_timestamp(1_780_272_000 + minutes * 60, 0).unwrap().fixed_offset()
}

/// Commits a policy (none: removes it) onto a ref, dated at a minute.
fn commit(history: &History, reference: &str, text: Option<&str>, minute: i64) -> ObjectId {
    let git = &history.git;
    let parent = git.find_reference(reference).ok().map(|found| found.peel_to_commit().unwrap());
    let before = parent.as_ref().map(|parent| parent.tree().unwrap());
    let empty = || git.find_tree(git.treebuilder(None).unwrap().write().unwrap()).unwrap();
    let mut update = git2::build::TreeUpdateBuilder::new();
    match text {
        Some(text) => {
            let blob = git.blob(text.as_bytes()).unwrap();
            update.upsert("policy/hotfix.yaml", blob, git2::FileMode::Blob);
        }
        None => {
            update.upsert("other", git.blob(format!("{minute}").as_bytes()).unwrap(), git2::FileMode::Blob);
            if before.as_ref().is_some_and(|tree| tree.get_name("policy").is_some()) {
                update.remove("policy/hotfix.yaml");
            }
        }
    }
    let tree = update.create_updated(git, &before.unwrap_or_else(empty)).unwrap();
    let time = Time::new(at(minute).timestamp(), 0);
    let who = Signature::new("Ada", "ada@example.com", &time).unwrap();
    let parents: Vec<_> = parent.iter().collect();
    let oid = git.commit(None, &who, &who, "policy", &git.find_tree(tree).unwrap(), &parents).unwrap();
    git.reference(reference, oid, true, "test").unwrap();
    hotfix::git::to_id(oid)
}

fn version(number: u32) -> String {
    SMALL.replace("version: 1\neffective: 2026-01-31", &format!("version: {number}"))
}

fn in_force(repository: &Repository, minute: i64) -> InForce {
    policy_in_force(repository, at(minute), None).unwrap_or_else(|failure| panic!("{failure}"))
}

fn empty() -> History {
    History::checked_out("")
}

const MAIN: &str = "refs/heads/main";

#[test]
fn the_newest_version_before_the_incident_governs() {
    let history = empty();
    commit(&history, MAIN, None, 0);
    let first = commit(&history, MAIN, Some(&version(1)), 10);
    let second = commit(&history, MAIN, Some(&version(2)), 20);
    let repository = history.repository();
    for (minute, expected, source) in [
        (9, None, None),
        (10, Some(1), Some(first)),
        (19, Some(1), Some(first)),
        (20, Some(2), Some(second)),
        (999, Some(2), Some(second)),
    ] {
        let found = in_force(&repository, minute);
        assert_eq!(found.pin.source.as_ref().map(|source| source.commit), source, "minute {minute}");
        assert_eq!(expected.unwrap_or(1), found.policy.version);
        assert_eq!(found.pin.name, if expected.is_some() { "team" } else { "built-in" });
        assert_eq!(by_pin(&repository, &found.pin).unwrap(), found.policy);
    }
    let late = in_force(&repository, 9).notes.join("\n");
    assert!(late.contains("came to main after the incident started"), "{late}");
}

#[test]
fn without_a_policy_the_built_in_one_serves_with_this_repositorys_main() {
    let history = History::checked_out("one : a = x; branch trunk");
    history.git.set_head("refs/heads/trunk").unwrap();
    let found = in_force(&history.repository(), 0);
    assert_eq!((found.origin.as_str(), found.policy.branches.main.as_str()), ("built in", "trunk"));
    assert_eq!(
        found.pin,
        PolicyPin { name: "built-in".to_owned(), version: 1, source: None, main: Some("trunk".to_owned()) }
    );
    assert!(found.notes.iter().any(|note| note.contains("hotfix init")), "{:?}", found.notes);
    // There is nothing else that it could stand on.
    assert!(!found.notes.iter().any(|note| note.contains("There is no remote")), "{:?}", found.notes);
}

#[test]
fn a_policy_that_was_removed_governs_no_more() {
    let history = empty();
    commit(&history, MAIN, Some(&version(1)), 0);
    commit(&history, MAIN, None, 10);
    assert_eq!(in_force(&history.repository(), 5).pin.name, "team");
    assert_eq!(in_force(&history.repository(), 15).pin.name, "built-in");
}

#[test]
fn a_version_waits_for_its_day() {
    let history = empty();
    let first = commit(&history, MAIN, Some(&version(1)), 0);
    commit(&history, MAIN, Some(&version(2).replace("version: 2", "version: 2\neffective: 2026-06-02")), 10);
    let repository = history.repository();
    let before = in_force(&repository, 20);
    assert_eq!(before.pin.source.as_ref().map(|source| source.commit), Some(first));
    assert!(before.notes.iter().any(|note| note.contains("2026-06-02")), "{:?}", before.notes);
    assert_eq!(in_force(&repository, 24 * 60).policy.version, 2);

    let alone = empty();
    commit(&alone, MAIN, Some(&version(1).replace("version: 1", "version: 1\neffective: 2030-01-01")), 0);
    assert_eq!(in_force(&alone.repository(), 20).pin.name, "built-in");
}

#[test]
fn a_version_that_cant_be_read_governs_nobody_once_it_is_mended() {
    let history = empty();
    let first = commit(&history, MAIN, Some(&version(1)), 0);
    let broken = commit(&history, MAIN, Some("format: [\n"), 10);
    let repository = history.repository();
    let failure = policy_in_force(&repository, at(15), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Undecided);
    assert!(failure.to_string().contains("can't be used"), "{failure}");
    // Later work elsewhere mends nothing.
    commit(&history, MAIN, Some("format: [\n# still\n"), 12);
    assert!(policy_in_force(&history.repository(), at(11), None).is_err());

    commit(&history, MAIN, Some(&version(2)), 20);
    let repository = history.repository();
    let then = in_force(&repository, 15);
    assert_eq!(then.pin.source.map(|source| source.commit), Some(first));
    assert!(then.notes.iter().any(|note| note.contains(&broken.short())), "{:?}", then.notes);
    assert_eq!(in_force(&repository, 20).policy.version, 2);
    // What was removed stands in nobody's way either.
    commit(&history, MAIN, None, 30);
    assert_eq!(in_force(&history.repository(), 15).policy.version, 1);
    assert_eq!(in_force(&history.repository(), 30).pin.name, "built-in");
}

#[test]
fn the_work_tree_is_ignored_and_that_is_said() {
    let history = empty();
    commit(&history, MAIN, Some(&version(1)), 0);
    let path = history.path().join("policy/hotfix.yaml");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let said = || in_force(&history.repository(), 5).notes.iter().any(|note| note.contains("ignored"));

    std::fs::write(&path, version(1).replace('\n', "\r\n")).unwrap();
    assert!(!said(), "another line end is no other policy");
    std::fs::write(&path, "anything: goes").unwrap();
    assert!(said());
    assert_eq!(in_force(&history.repository(), 5).policy.version, 1);
}

#[test]
fn the_remotes_main_is_trusted_above_the_local_one() {
    let history = empty();
    commit(&history, "refs/remotes/origin/trunk", Some(&version(1)), 0);
    commit(&history, MAIN, Some(&version(9)), 0);
    history.git.remote("origin", "file:///nowhere").unwrap();

    let guessed = in_force(&history.repository(), 5);
    assert_eq!(guessed.policy.version, 1);
    assert!(guessed.notes.iter().any(|note| note.contains("set-head origin --auto")), "{:?}", guessed.notes);

    let head = "refs/remotes/origin/HEAD";
    history.git.reference_symbolic(head, "refs/remotes/origin/trunk", true, "test").unwrap();
    let found = in_force(&history.repository(), 5);
    assert_eq!((found.policy.version, found.origin.contains("origin/trunk")), (1, true));
    assert!(found.notes.is_empty(), "{:?}", found.notes);

    // The branch that the remote's HEAD names may be gone.
    history.git.reference_symbolic(head, "refs/remotes/origin/gone", true, "test").unwrap();
    assert_eq!(in_force(&history.repository(), 5).policy.version, 1);
}

#[test]
fn a_remote_that_was_never_fetched_leaves_the_local_branch() {
    let history = empty();
    commit(&history, MAIN, Some(&version(3)), 0);
    history.git.remote("origin", "file:///nowhere").unwrap();
    let found = in_force(&history.repository(), 5);
    assert_eq!(found.policy.version, 3);
    assert!(found.notes.iter().any(|note| note.contains("was ever fetched")), "{:?}", found.notes);
}

#[test]
fn a_pin_and_the_configuration_name_the_trusted_ref() {
    let history = empty();
    commit(&history, MAIN, Some(&version(1)), 0);
    commit(&history, "refs/heads/rules", Some(&version(2)), 0);
    commit(&history, "refs/heads/other", Some(&version(3)), 0);
    history.git.config().unwrap().set_str("hotfix.trustedRef", "rules").unwrap();
    let repository = history.repository();
    assert_eq!(policy_in_force(&repository, at(5), None).unwrap().policy.version, 2);
    assert_eq!(policy_in_force(&repository, at(5), Some("refs/heads/other")).unwrap().policy.version, 3);
    // The built-in policy's main is the repository's, whatever the trusted ref is.
    assert_eq!(policy_in_force(&repository, at(-5), None).unwrap().policy.branches.main, "main");

    let failure = policy_in_force(&repository, at(5), Some("refs/heads/gone")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Undecided);
    assert!(failure.to_string().contains("the ledger says") && failure.hint.is_some(), "{failure}");
}

#[test]
fn nothing_to_trust_is_undecided_with_what_to_set() {
    let history = empty();
    let failure = policy_in_force(&history.repository(), at(0), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Undecided);
    assert!(failure.to_string().contains("no commit yet") && failure.hint.is_some(), "{failure}");

    // HEAD names a branch that is not born, and none of the others has a usual name.
    commit(&history, "refs/heads/one", Some(&version(1)), 0);
    let failure = policy_in_force(&history.repository(), at(5), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Undecided);
    assert!(failure.hint.unwrap().contains("hotfix.trustedRef"));
}

#[test]
fn only_the_first_parents_count() {
    let history = empty();
    commit(&history, MAIN, Some(&version(1)), 0);
    let side = commit(&history, "refs/heads/side", Some(&version(7)), 10);
    // A merge that keeps main's own policy: what the side branch held never governed.
    let git = &history.git;
    let find = |id: ObjectId| git.find_commit(hotfix::git::to_oid(id)).unwrap();
    let main = git.find_reference(MAIN).unwrap().peel_to_commit().unwrap();
    let who = Signature::new("Ada", "ada@example.com", &Time::new(at(20).timestamp(), 0)).unwrap();
    git.commit(Some(MAIN), &who, &who, "merge", &main.tree().unwrap(), &[&main, &find(side)]).unwrap();
    assert_eq!(in_force(&history.repository(), 15).policy.version, 1);
    assert_eq!(in_force(&history.repository(), 25).policy.version, 1);
}

#[test]
fn a_backdated_commit_smuggles_no_policy_in() {
    let history = empty();
    let honest = commit(&history, MAIN, Some(&version(1)), 0);
    commit(&history, MAIN, Some(&version(1).replace("down:", "is-down:")), 100);
    commit(&history, MAIN, Some(&version(2)), 10);
    let found = in_force(&history.repository(), 50);
    assert_eq!(found.pin.source.as_ref().map(|source| source.commit), Some(honest));
    assert!(found.notes.iter().any(|note| note.contains("contradict")), "{:?}", found.notes);

    // The same dates without another policy are only a wrong clock: nothing to say.
    let harmless = empty();
    commit(&harmless, MAIN, Some(&version(1)), 0);
    commit(&harmless, MAIN, Some(&version(1)), 100);
    commit(&harmless, MAIN, Some(&version(1)), 10);
    assert!(!in_force(&harmless.repository(), 50).notes.iter().any(|note| note.contains("contradict")));
}

#[test]
fn a_broken_policy_is_undecided_and_shown() {
    let history = empty();
    commit(&history, MAIN, Some(&version(1)), 0);
    commit(&history, MAIN, Some("format: 1\n"), 10);
    let repository = history.repository();
    let failure = policy_in_force(&repository, at(20), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Undecided);
    assert!(failure.detail.unwrap().contains("missing-key"));
    assert_eq!(in_force(&repository, 5).policy.version, 1, "what governed before it broke still does");
}

#[test]
fn a_pin_is_read_again_or_refused() {
    let history = empty();
    commit(&history, MAIN, Some(&version(1)), 0);
    let repository = history.repository();
    let pin = in_force(&repository, 5).pin;
    // The policy of an open incident stays, whatever becomes of the branch.
    commit(&history, MAIN, Some("broken"), 10);
    assert_eq!(by_pin(&repository, &pin).unwrap().version, 1);

    let source = pin.source.clone().unwrap();
    for wrong in [
        PolicyPin { version: 2, ..pin.clone() },
        PolicyPin { name: "other".to_owned(), ..pin.clone() },
        PolicyPin { source: Some(PolicySource { blob: ObjectId::ZERO, ..source }), ..pin.clone() },
        PolicyPin { name: "built-in".to_owned(), version: 99, source: None, main: None },
    ] {
        let failure = by_pin(&repository, &wrong).unwrap_err();
        assert!(failure.kind == FailureKind::Undecided && failure.hint.is_some(), "{wrong:?}: {failure}");
    }
}

#[test]
fn a_bare_repository_and_a_detached_head_work() {
    let bare = History::bare("one : a = x; branch main");
    commit(&bare, MAIN, Some(&version(4)), 0);
    let found = in_force(&bare.repository(), 5);
    assert_eq!((found.policy.version, found.notes.as_slice()), (4, &[][..]));

    let detached = empty();
    let id = commit(&detached, MAIN, Some(&version(5)), 0);
    detached.git.set_head_detached(hotfix::git::to_oid(id)).unwrap();
    assert_eq!(in_force(&detached.repository(), 5).policy.version, 5);
}

#[test]
fn a_clone_that_is_cut_off_before_the_incident_says_so() {
    let history = empty();
    let first = commit(&history, MAIN, Some(&version(1)), 0);
    let tip = commit(&history, MAIN, Some(&version(2)), 10);
    std::fs::write(history.git.path().join("shallow"), format!("{tip}\n")).unwrap();
    let repository = history.repository();
    assert_eq!(in_force(&repository, 20).policy.version, 2);
    let failure = policy_in_force(&repository, at(5), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Undecided);
    assert_eq!(failure.hint.as_deref(), Some("git fetch --unshallow"), "{first}");
}
