//! Several clones of one remote, and the people who record in them at the same time.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hotfix::git::repository::Repository;
use hotfix::ledger::refs::{LEDGER, PENDING, QUARANTINE, SHARED, TEXT};
use hotfix::ledger::store::Ledger;
use serde_json::Value;

use crate::place::{ADA, GRACE, Place, Said, said};
use crate::road::QUALIFIES;

/// A shop on a bare remote, and a clone for each of two people.
pub struct Team {
    pub place: Place,
    pub ada: PathBuf,
    pub grace: PathBuf,
}

pub const ROLL_BACK: &[&str] = &["--set", "roll-back=yes"];

impl Team {
    pub fn new() -> Self {
        let place = Place::with_origin();
        place.commit("shop.rs", "one\n", "The shop");
        place.git(&["tag", "v1.0.0"]);
        place.git(&["push", "-q", "origin", "main", "--tags"]);
        let team = Self { ada: place.path(), grace: place.beside("grace"), place };
        team.clone("grace");
        team.git(&team.ada, &["remote", "set-head", "origin", "--auto"]);
        team
    }

    pub fn clone(&self, name: &str) -> PathBuf {
        self.place.git_in(&self.place.beside(""), &["clone", "-q", "origin.git", name]);
        self.place.beside(name)
    }

    pub fn origin(&self) -> PathBuf {
        self.place.beside("origin.git")
    }

    pub fn git(&self, directory: &Path, arguments: &[&str]) -> String {
        self.place.git_in(directory, arguments)
    }

    pub fn person(&self, directory: &Path) -> (&'static str, &'static str) {
        if directory == self.ada { ADA } else { GRACE }
    }

    pub fn hotfix(&self, directory: &Path, arguments: &[&str]) -> Said {
        let program = env!("CARGO_BIN_EXE_hotfix");
        said(self.place.command(program, directory, self.person(directory)).args(arguments))
    }

    pub fn json(&self, directory: &Path, arguments: &[&str]) -> Value {
        let said = self.hotfix(directory, &[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
    }

    pub fn check(&self, directory: &Path, answers: &[&str]) -> Said {
        self.hotfix(directory, &[&["check", "INC-42"], answers].concat())
    }

    pub fn sync(&self, directory: &Path) -> Said {
        self.hotfix(directory, &["sync"])
    }

    /// What happens while nobody reaches the remote.
    pub fn offline<T>(&self, what: impl FnOnce() -> T) -> T {
        let away = self.place.beside("away.git");
        std::fs::rename(self.origin(), &away).unwrap();
        let result = what();
        std::fs::rename(&away, self.origin()).unwrap();
        result
    }

    /// The ids of all events in order; every one must be readable.
    pub fn events(&self, directory: &Path) -> Vec<String> {
        let repository = Repository::discover(directory).unwrap();
        let history = Ledger::open(&repository).unwrap().history().unwrap();
        assert_eq!(history.unreadable().map(|(_, why)| why.to_string()).collect::<Vec<_>>(), [""; 0]);
        history.events().map(|(_, event)| event.id.clone()).collect()
    }

    pub fn reference(&self, directory: &Path, name: &str) -> Option<String> {
        let list = self.git(directory, &["for-each-ref", "--format=%(objectname)", name]);
        Some(list).filter(|id| !id.is_empty())
    }

    fn joins(&self, directory: &Path) -> usize {
        self.git(directory, &["rev-list", "--merges", LEDGER]).lines().count()
    }
}

#[test]
fn what_one_records_the_others_see() {
    let team = Team::new();
    team.hotfix(&team.grace, &["status"]).exits(4).says("never fetched the ledger").says("hotfix sync");
    team.check(&team.ada, QUALIFIES).exits(0);
    assert_eq!(team.reference(&team.origin(), LEDGER), team.reference(&team.ada, LEDGER));
    team.sync(&team.grace).exits(0).says("origin: 2 events received, 0 events sent");
    team.hotfix(&team.grace, &["status"]).exits(0).says("INC-42");
    // Nobody has to sync by hand: what is recorded there is here with the next record, texts and all.
    team.hotfix(&team.grace, &["rca", "INC-42", "--from", "rca.md"]).exits(2);
    std::fs::write(team.grace.join("rca.md"), crate::place::ANALYSIS).unwrap();
    team.hotfix(&team.grace, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0);
    let shown = team.json(&team.ada, &["show", "INC-42"]);
    assert!(shown["texts"]["analysis"].is_string(), "{shown:#}");
    assert_eq!(team.events(&team.ada).len(), 4);
    team.sync(&team.grace).exits(0).says("1 event received");
    team.sync(&team.grace).exits(0).says("0 events received, 0 events sent");
    assert_eq!(team.events(&team.ada), team.events(&team.grace));
}

/// A clone on a new machine, or of a script: to read, nobody has to say who they are.
#[test]
fn whoever_only_reads_needs_no_name() {
    let team = Team::new();
    let nameless = |arguments: &[&str]| {
        let mut command = team.place.command(env!("CARGO_BIN_EXE_hotfix"), &team.grace, GRACE);
        let names = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
        for name in names {
            command.env_remove(name);
        }
        said(command.args(arguments))
    };
    team.check(&team.ada, QUALIFIES).exits(0);
    nameless(&["sync"]).exits(0).says("2 events received, 0 events sent");
    nameless(&["status"]).exits(0).says("INC-42");
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0);
    team.hotfix(&team.ada, &["sync", "--bundle", "../ledger"]).exits(0);
    nameless(&["sync", "--import", "../ledger"]).exits(0).says("1 event received");
    nameless(&["sync"]).exits(0).says("0 events received, 0 events sent");
    // To record is another thing, and so is to take one of two ledgers into the other.
    nameless(&["restored", "INC-42", "--by", "roll-back"]).exits(4).says("git does not know who you are");
    let apart = team.clone("apart");
    team.offline(|| team.hotfix(&apart, &["check", "INC-7", "--set", "roll-back=yes"]).exits(1));
    let mut sync = team.place.command(env!("CARGO_BIN_EXE_hotfix"), &apart, GRACE);
    said(sync.env("GIT_COMMITTER_NAME", "").arg("sync"))
        .exits(4)
        .says("began apart")
        .says("git config --global user.name");
    team.sync(&apart).exits(0);
}

#[test]
fn a_remote_without_a_ledger_makes_it_empty_and_not_unknown() {
    let team = Team::new();
    team.sync(&team.grace).exits(0).says("0 events received");
    team.hotfix(&team.grace, &["status"]).exits(0).says("No incident is recorded");
}

#[test]
fn offline_is_normal_and_says_what_is_not_shared() {
    let team = Team::new();
    team.offline(|| {
        team.check(&team.ada, QUALIFIES).exits(0).says("2 events are not yet shared");
        team.sync(&team.ada)
            .exits(3)
            .says("2 events are not yet shared")
            .says("does not appear to be a git repository");
        team.hotfix(&team.ada, &["status"]).exits(0).says("2 events are not yet shared");
    });
    assert_eq!(team.json(&team.ada, &["status"])["unshared"], 2);
    team.sync(&team.ada).exits(0).says("2 events sent");
    assert_eq!(team.json(&team.ada, &["status"])["unshared"], 0);
    let alone = Place::new();
    alone.hotfix(&["sync"]).exits(2).says("git remote add");
    assert_eq!(alone.json(&["status"])["unshared"], Value::Null);
}

/// Both know the ledger, and record apart.
fn apart(team: &Team, ada: &[&[&str]], grace: &[&[&str]]) {
    team.hotfix(&team.ada, &[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
    team.sync(&team.grace).exits(0);
    team.offline(|| {
        for (directory, records) in [(&team.ada, ada), (&team.grace, grace)] {
            for record in records {
                let said = team.hotfix(directory, record);
                assert!(said.err.contains("not yet shared"), "{record:?}: {}{}", said.out, said.err);
            }
        }
    });
    team.sync(&team.ada).exits(0);
    team.sync(&team.grace).exits(0);
    team.sync(&team.ada).exits(0);
    assert_eq!(team.events(&team.ada), team.events(&team.grace));
}

fn checks(answers: &'static [&'static str]) -> Vec<&'static str> {
    [&["check", "INC-42"], answers].concat()
}

#[test]
fn two_equal_decisions_made_apart_fold_into_one() {
    let team = Team::new();
    apart(&team, &[&checks(QUALIFIES)], &[&checks(QUALIFIES)]);
    assert_eq!(team.joins(&team.ada), 1);
    let said = team.hotfix(&team.ada, &["close", "INC-42"]).exits(1);
    assert!(!said.out.contains("contested"), "{}", said.out);
    team.check(&team.ada, QUALIFIES).exits(0).says("INC-42: hotfix");
    assert_eq!(team.events(&team.ada).len(), 4);
}

#[test]
fn two_different_decisions_made_apart_are_contested_until_somebody_who_saw_both_speaks() {
    let team = Team::new();
    apart(&team, &[&checks(QUALIFIES)], &[&checks(ROLL_BACK)]);
    for directory in [&team.ada, &team.grace] {
        team.hotfix(directory, &["close", "INC-42"])
            .says("contested-decision")
            .says("hotfix by Ada")
            .says("roll-back by Grace")
            .says("hotfix check INC-42 --again");
        team.hotfix(directory, &["status"]).exits(0).says("contested-decision");
        team.hotfix(directory, &["show", "INC-42"]).exits(0).says("contested");
    }
    team.hotfix(&team.ada, &["start", "INC-42"]).exits(0);
    team.check(&team.grace, &[&["--again"], QUALIFIES].concat()).exits(0).says("Contested:");
    let said = team.hotfix(&team.ada, &["close", "INC-42"]).exits(1);
    assert!(!said.out.contains("contested"), "{}", said.out);
    assert_eq!(team.json(&team.ada, &["show", "INC-42"])["incident"]["standing"], serde_json::json!([2]));
}

#[test]
fn an_end_that_did_not_know_of_the_others_word_is_none() {
    let team = Team::new();
    let void = ["void", "INC-1", "--reason", "false-alarm"];
    apart(&team, &[&void], &[&["restored", "INC-1", "--by", "other"]]);
    // What could never have kept it open does not bring it back.
    team.hotfix(&team.ada, &["status", "--all"]).says("void");
    let team = Team::new();
    let cause = ["cause", "INC-1", "--flag", "beta", "--owner", "ada", "--remove-by", "2099-01-01"];
    apart(&team, &[&void], &[&cause]);
    for directory in [&team.ada, &team.grace] {
        let shown = team.json(directory, &["show", "INC-1"]);
        assert_eq!(shown["incident"]["state"], "open", "{shown:#}");
        assert_eq!(shown["incident"]["unseen_ends"].as_array().unwrap().len(), 1);
        team.hotfix(directory, &["show", "INC-1"]).says("not ended").says("without knowing what Grace recorded");
    }
    team.hotfix(&team.grace, &void).exits(0);
    assert_eq!(team.json(&team.ada, &["show", "INC-1"])["incident"]["state"], "open");
    team.sync(&team.ada).exits(0);
    assert_eq!(team.json(&team.ada, &["show", "INC-1"])["incident"]["state"], "void");
}

#[test]
fn an_unpublished_join_is_made_anew_and_not_stacked() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    team.sync(&team.grace).exits(0);
    team.offline(|| team.hotfix(&team.grace, &["restored", "INC-42", "--by", "other"]).exits(0));
    let hook = team.origin().join("hooks/update");
    for number in 0..3 {
        team.hotfix(&team.ada, &["check", &format!("INC-{number}"), "--set", "roll-back=yes"]);
        executable(&hook, "#!/bin/sh\nexit 1\n");
        team.sync(&team.grace).exits(3).says("1 event is not yet shared").says("hook declined");
        std::fs::remove_file(&hook).unwrap();
        assert_eq!(team.joins(&team.grace), 1);
    }
    team.sync(&team.grace).exits(0);
    team.sync(&team.ada).exits(0);
    assert_eq!((team.joins(&team.ada), team.events(&team.ada).len()), (1, 6));
}

pub fn executable(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn two_ledgers_that_began_apart_are_made_one_once_and_a_later_one_is_refused() {
    let team = Team::new();
    team.offline(|| {
        team.check(&team.ada, QUALIFIES).exits(0);
        team.hotfix(&team.grace, &["check", "INC-7", "--set", "roll-back=yes"]).exits(1);
    });
    team.sync(&team.ada).exits(0).says("2 events sent");
    team.sync(&team.grace).exits(0).says("had begun apart").says("2 events received, 3 events sent");
    team.sync(&team.ada).exits(0).says("3 events received");
    assert_eq!(team.events(&team.ada), team.events(&team.grace));
    team.hotfix(&team.ada, &["log"]).says("was taken in");
    team.hotfix(&team.ada, &["status"]).says("INC-7").says("INC-42");
    // A third one that nobody adopts, pushed by hand on top of what is there.
    let eve = team.clone("eve");
    team.offline(|| team.hotfix(&eve, &["check", "INC-666", "--set", "roll-back=yes"]).exits(1));
    team.git(&eve, &["fetch", "-q", "origin", &format!("{LEDGER}:refs/theirs")]);
    let join = hotfix::ledger::codec::join(
        [team.git(&eve, &["rev-parse", "refs/theirs"]), team.git(&eve, &["rev-parse", LEDGER])]
            .map(|id| id.parse().unwrap()),
        0,
    );
    std::fs::write(eve.join("join"), join).unwrap();
    let join = team.git(&eve, &["hash-object", "-t", "commit", "-w", "join"]);
    team.git(&eve, &["push", "-q", "origin", &format!("{join}:{LEDGER}")]);
    let before = team.reference(&team.ada, LEDGER);
    team.sync(&team.ada).exits(4).says("began apart").says("it is refused");
    assert_eq!(team.reference(&team.ada, LEDGER), before);
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0).says("Nothing was shared yet");
}

/// What the remote has no more, and why the sync says so.
fn forgets(team: &Team, what: &str, change: impl FnOnce(&Team)) {
    team.check(&team.ada, QUALIFIES).exits(0);
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0);
    let before = team.events(&team.ada);
    change(team);
    let said = team.sync(&team.ada).exits(4).says("has forgotten").says(what);
    assert!(said.out.contains("INC-42: the system is back, by something else, by Ada"), "{}", said.out);
    // Work goes on, and nothing is pushed over it.
    let theirs = team.reference(&team.origin(), LEDGER);
    team.hotfix(&team.ada, &["start", "INC-42"]).exits(0).says("has forgotten events");
    assert_eq!(team.reference(&team.origin(), LEDGER), theirs);
    assert_eq!(team.events(&team.ada)[..before.len()], before[..]);
    let quarantine = theirs.map(|tip| format!("{QUARANTINE}{tip}"));
    assert_eq!(
        Repository::discover(&team.ada).unwrap().refs_below(QUARANTINE).unwrap().first().map(|(name, _)| name.clone()),
        quarantine
    );
}

#[test]
fn a_remote_that_was_set_back_is_refused() {
    let team = Team::new();
    forgets(&team, "1 event that it had", |team| {
        team.git(&team.origin(), &["update-ref", LEDGER, &format!("{LEDGER}~1")]);
    });
}

#[test]
fn a_remote_that_was_forced_to_another_history_is_refused() {
    let team = Team::new();
    forgets(&team, "never seen here", |team| {
        let eve = team.clone("eve");
        team.sync(&eve).exits(0);
        for name in [LEDGER, SHARED] {
            team.git(&eve, &["update-ref", name, &format!("{LEDGER}~1")]);
        }
        team.offline(|| team.hotfix(&eve, &["restored", "INC-42", "--by", "roll-back"]).exits(0));
        team.git(&eve, &["push", "-q", "--force", "origin", &format!("{LEDGER}:{LEDGER}")]);
    });
}

#[test]
fn a_remote_whose_ledger_was_deleted_is_refused() {
    let team = Team::new();
    forgets(&team, "It has no ledger any more", |team| {
        // A plain mirror of a clone that never fetched the ledger takes it away.
        team.git(&team.grace, &["push", "-q", "--mirror", "origin"]);
        assert_eq!(team.reference(&team.origin(), LEDGER), None);
    });
}

#[test]
fn a_ledger_that_was_set_back_here_is_read_whole_and_mended_by_the_next_record() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0);
    let before = team.events(&team.ada);
    team.git(&team.ada, &["update-ref", LEDGER, &format!("{LEDGER}~1")]);
    assert_eq!(team.events(&team.ada), before);
    team.git(&team.ada, &["update-ref", "-d", LEDGER]);
    assert_eq!(team.events(&team.ada), before);
    team.hotfix(&team.ada, &["start", "INC-42"]).exits(0);
    assert_eq!(team.reference(&team.ada, LEDGER), team.reference(&team.origin(), LEDGER));
    assert_eq!(team.events(&team.ada).len(), before.len() + 1);
}

#[test]
fn a_bundle_carries_the_ledger_of_somebody_who_can_not_push() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    team.sync(&team.grace).exits(0);
    team.hotfix(&team.grace, &["sync", "--bundle", "x"]).exits(0);
    team.offline(|| {
        std::fs::write(team.grace.join("rca.md"), crate::place::ANALYSIS).unwrap();
        team.hotfix(&team.grace, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    });
    let file = team.place.beside("ledger.bundle");
    let file = file.to_str().unwrap();
    team.hotfix(&team.grace, &["sync", "--bundle", file]).exits(0).says("hotfix sync --import");
    team.hotfix(&team.ada, &["sync", "--import", file]).exits(0).says("1 event received");
    assert!(team.json(&team.ada, &["show", "INC-42"])["texts"]["analysis"].is_string());
    // It was passed on at once.
    assert_eq!(team.reference(&team.origin(), LEDGER), team.reference(&team.grace, LEDGER));
    team.hotfix(&team.ada, &["sync", "--import", file]).exits(0).says("0 events received");
    std::fs::write(team.place.beside("garbage"), "garbage").unwrap();
    let garbage = team.place.beside("garbage");
    team.hotfix(&team.ada, &["sync", "--import", garbage.to_str().unwrap()]).exits(4).says("git bundle verify");
    team.git(&team.ada, &["bundle", "create", "-q", "main.bundle", "main"]);
    team.hotfix(&team.ada, &["sync", "--import", "main.bundle"]).exits(4).says("holds no ledger");
    let empty = Place::new();
    empty.hotfix(&["sync", "--bundle", "x"]).exits(4).says("there is no ledger here yet");
}

#[test]
fn the_ledger_may_lie_on_a_branch_that_the_host_protects() {
    let team = Team::new();
    for directory in [&team.ada, &team.grace] {
        team.git(directory, &["config", "hotfix.ledgerRef", "refs/heads/hotfix-ledger"]);
    }
    team.check(&team.ada, QUALIFIES).exits(0);
    std::fs::write(team.ada.join("rca.md"), crate::place::ANALYSIS).unwrap();
    team.hotfix(&team.ada, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    team.sync(&team.grace).exits(0).says("3 events received");
    assert!(team.json(&team.grace, &["show", "INC-42"])["texts"]["analysis"].is_string());
    assert_eq!(team.reference(&team.origin(), LEDGER), None);
    assert_eq!(team.reference(&team.origin(), "refs/heads/hotfix-ledger"), team.reference(&team.ada, LEDGER));
    assert!(team.reference(&team.origin(), "refs/heads/hotfix-ledger-text").is_some());
    team.git(&team.ada, &["config", "hotfix.ledgerRef", "heads/*"]);
    team.sync(&team.ada).exits(4).says("git config hotfix.ledgerRef");
}

#[test]
fn a_redacted_text_is_gone_from_the_remote_and_from_those_who_sync() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    for directory in [&team.ada, &team.grace] {
        std::fs::write(directory.join("rca.md"), crate::place::ANALYSIS).unwrap();
    }
    team.hotfix(&team.ada, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    team.sync(&team.grace).exits(0);
    let event = team.json(&team.ada, &["show", "INC-42"])["incident"]["analysis"]["by"]["event"].clone();
    let event = event.as_str().unwrap();
    team.hotfix(&team.ada, &["redact", "0000000"]).exits(2).says("does not name one event");
    team.hotfix(&team.ada, &["redact", event, "--text", "other"]).exits(2).says("its texts are: analysis");
    // Somebody else adds a text meanwhile, on top of the old store.
    team.offline(|| team.hotfix(&team.grace, &["rca", "INC-42", "--from", "rca.md"]).exits(0));
    let blobs = |directory: &Path| team.git(directory, &["rev-list", "--objects", TEXT]).matches(event).count();
    assert_eq!((blobs(&team.ada), blobs(&team.origin())), (1, 1));
    team.hotfix(&team.ada, &["redact", event]).exits(0).says("cut out: analysis").says("git gc --prune=now");
    assert_eq!((blobs(&team.ada), blobs(&team.origin())), (0, 0));
    team.sync(&team.grace).exits(0);
    team.sync(&team.ada).exits(0);
    assert_eq!((blobs(&team.ada), blobs(&team.grace), blobs(&team.origin())), (0, 0, 0));
    team.hotfix(&team.grace, &["log"]).exits(0).says("cut out of an earlier event: analysis");
    team.hotfix(&team.grace, &["audit"])
        .exits(0)
        .says("texts that were redacted: 1")
        .never_says("that nobody redacted");
    assert_eq!(team.events(&team.ada), team.events(&team.grace));
    // The other one's text is still there, and a second redaction has nothing to do.
    assert!(team.json(&team.ada, &["show", "INC-42"])["texts"]["analysis"].is_string());
    team.hotfix(&team.ada, &["redact", event]).exits(0).says("Nothing was cut out");
}

#[test]
fn a_hung_push_is_given_up_after_two_seconds_and_made_up_for() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    let hook = team.origin().join("hooks/pre-receive");
    executable(&hook, "#!/bin/sh\nsleep 30\n");
    let start = Instant::now();
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0).says("1 event is not yet shared");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    std::fs::remove_file(&hook).unwrap();
    team.sync(&team.ada).exits(0).says("1 event sent");
}

#[test]
fn the_settings_for_pushing_stay_as_they_are() {
    let team = Team::new();
    team.git(&team.ada, &["config", "remote.origin.push", "refs/heads/main"]);
    team.git(&team.ada, &["config", "push.followTags", "true"]);
    let before = team.git(&team.ada, &["config", "--local", "--list"]);
    team.check(&team.ada, QUALIFIES).exits(0);
    assert_eq!(team.git(&team.ada, &["config", "--local", "--list"]), before);
    assert!(team.reference(&team.origin(), LEDGER).is_some());
    team.git(&team.ada, &["commit", "-q", "--allow-empty", "-m", "More"]);
    team.git(&team.ada, &["push", "-q"]);
    team.git(&team.ada, &["fetch", "-q", "--prune"]);
    assert_eq!(team.reference(&team.origin(), "refs/heads/main"), team.reference(&team.ada, "refs/heads/main"));
    assert!(team.reference(&team.ada, LEDGER).is_some() && team.reference(&team.origin(), LEDGER).is_some());
    // A remote that mirrors takes explicit refs too.
    team.git(&team.ada, &["config", "--unset", "remote.origin.push"]);
    team.git(&team.ada, &["config", "remote.origin.mirror", "true"]);
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(0);
    assert_eq!(team.reference(&team.origin(), LEDGER), team.reference(&team.ada, LEDGER));
}

#[test]
fn linked_worktrees_shallow_and_partial_clones_sync_like_any_other() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    std::fs::write(team.ada.join("rca.md"), crate::place::ANALYSIS).unwrap();
    team.hotfix(&team.ada, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    let url = format!("file://{}", team.origin().display());
    team.git(&team.origin(), &["config", "uploadpack.allowFilter", "true"]);
    let beside = team.place.beside("");
    team.git(&beside, &["clone", "-q", "--depth", "1", &url, "shallow"]);
    team.git(&beside, &["clone", "-q", "--filter=blob:none", &url, "partial"]);
    team.git(&team.grace, &["worktree", "add", "-q", "../linked"]);
    for (number, name) in ["shallow", "partial", "linked"].into_iter().enumerate() {
        let directory = team.place.beside(name);
        team.sync(&directory).exits(0).says(&format!("{} events received", 3 + number));
        assert!(team.json(&directory, &["show", "INC-42"])["texts"]["analysis"].is_string(), "{name}");
        let said = team.hotfix(&directory, &["restored", "INC-42", "--by", "other"]).exits(0);
        assert_eq!(said.err, "", "{name}");
        assert_eq!(team.reference(&team.origin(), LEDGER), team.reference(&directory, LEDGER));
    }
    assert!(Repository::discover(&team.ada).unwrap().refs_below(PENDING).unwrap().is_empty());
}

#[test]
fn init_begins_the_ledger_once_on_the_remote() {
    let team = Team::new();
    team.offline(|| {
        team.hotfix(&team.ada, &["init"])
            .exits(0)
            .says("not shared with origin yet")
            .says("hotfix init    # once more");
        assert_eq!(team.reference(&team.ada, LEDGER), None);
    });
    team.hotfix(&team.ada, &["init"]).exits(0).says("is left as it is").says("The ledger began on origin");
    assert_eq!(team.events(&team.ada).len(), 1);
    team.hotfix(&team.ada, &["init"]).exits(2).says("there is a policy already");
    let other = team.json(&team.grace, &["init"]);
    assert_eq!(other["ledger"], serde_json::json!({ "state": "already", "remote": "origin" }));
    assert_eq!(team.events(&team.grace), team.events(&team.ada));
}

#[test]
fn the_server_hook_lets_the_ledger_only_grow() {
    let team = Team::new();
    let hook = team.hotfix(&team.ada, &["init", "--server-hook"]).exits(0).out;
    executable(&team.origin().join("hooks/update"), &hook);
    team.check(&team.ada, QUALIFIES).exits(0);
    team.sync(&team.grace).exits(0);
    std::fs::write(team.ada.join("rca.md"), crate::place::ANALYSIS).unwrap();
    team.hotfix(&team.ada, &["rca", "INC-42", "--from", "rca.md"]).exits(0);
    team.offline(|| team.hotfix(&team.grace, &["restored", "INC-42", "--by", "other"]).exits(0));
    team.sync(&team.grace).exits(0);
    let before = team.reference(&team.origin(), LEDGER);
    assert_eq!(before, team.reference(&team.grace, LEDGER));
    let refused = |arguments: &[&str], said_so: &str| {
        said(team.place.command("git", &team.ada, ADA).args(arguments)).exits(1).says(said_so);
    };
    let back = format!("+{LEDGER}~1:{LEDGER}");
    refused(&["push", "origin", &back], "hotfix: the ledger only grows");
    refused(&["push", "origin", &format!("+refs/heads/main:{LEDGER}")], "hotfix: the ledger only grows");
    refused(&["push", "origin", &format!(":{LEDGER}")], "hotfix: the ledger is never deleted");
    refused(&["push", "origin", &format!(":{TEXT}")], "are never deleted, only redacted");
    refused(&["push", "--mirror", "origin"], "hotfix: the ledger");
    assert_eq!(team.reference(&team.origin(), LEDGER), before);
    // Erasure goes through, and so does everything else.
    let event = team.json(&team.ada, &["show", "INC-42"])["incident"]["analysis"]["by"]["event"].clone();
    let said = team.hotfix(&team.ada, &["redact", event.as_str().unwrap()]).exits(0);
    assert_eq!(said.err, "");
    assert_eq!(team.reference(&team.origin(), TEXT), team.reference(&team.ada, TEXT));
    team.git(&team.ada, &["push", "-q", "origin", "main:other"]);
    team.git(&team.ada, &["push", "-q", "origin", ":other"]);
    team.git(&team.ada, &["config", "hotfix.ledgerRef", "refs/heads/hotfix-ledger"]);
    let hook = team.hotfix(&team.ada, &["init", "--server-hook"]).exits(0).out;
    assert!(
        hook.contains("'refs/heads/hotfix-ledger')") && hook.contains("'refs/heads/hotfix-ledger-text')"),
        "{hook}"
    );
}
