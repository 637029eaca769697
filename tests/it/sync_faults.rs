//! What happens around the shared ledger and below it: many clones at once, full and read-only disks, git at work beside it,
//! clocks that lie. Every acknowledged event is kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use hotfix::git::repository::Repository;
use hotfix::ledger::refs::{LEDGER, TEXT};
use hotfix::ledger::store::{Draft, Ledger};

use crate::ledger::{bare, incidents, moment, restored};
use crate::place::{ADA, Place, said};
use crate::road::QUALIFIES;
use crate::sync::Team;

#[test]
fn eight_clones_that_write_and_sync_at_once_keep_every_event() {
    const EACH: usize = 4;
    let team = Team::new();
    team.hotfix(&team.ada, &["init"]).exits(0);
    let clones: Vec<_> = (0..8).map(|number| team.clone(&format!("clone-{number}"))).collect();
    std::thread::scope(|scope| {
        for (number, clone) in clones.iter().enumerate() {
            let team = &team;
            scope.spawn(move || {
                in_the_end(team, clone);
                for record in 0..EACH {
                    team.hotfix(clone, &["check", &format!("INC-{number}-{record}"), "--set", "roll-back=yes"])
                        .exits(1);
                }
            });
        }
    });
    // What lost the race for two seconds is made up for, one after the other.
    clones.iter().for_each(|clone| in_the_end(&team, clone));
    let all = team.events(clones.last().unwrap());
    assert_eq!(all.len(), 1 + 8 * EACH);
    for clone in clones.iter().chain([&team.ada]) {
        in_the_end(&team, clone);
        assert_eq!(team.events(clone), all);
    }
    assert_eq!(team.json(&team.ada, &["status"])["incidents"].as_array().unwrap().len(), 8 * EACH);
}

/// Syncs, and again where a busy machine took longer than the time that a sync has: no event may be lost by that.
fn in_the_end(team: &Team, clone: &Path) {
    let said = (0..5).map(|_| team.sync(clone)).find(|said| said.code != 3);
    said.expect("five syncs are enough for any machine").exits(0);
}

#[test]
fn a_push_that_is_killed_at_any_instant_is_made_up_for() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    for round in 0..12_u64 {
        let program = env!("CARGO_BIN_EXE_hotfix");
        let id = format!("INC-{round}");
        let mut child = team
            .place
            .command(program, &team.ada, ADA)
            .args(["check", &id, "--set", "roll-back=yes"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(15 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    team.sync(&team.ada).exits(0);
    team.sync(&team.grace).exits(0);
    assert_eq!(team.events(&team.ada), team.events(&team.grace));
    team.hotfix(&team.ada, &["check", "INC-99", "--set", "roll-back=yes"]).exits(1);
    assert_eq!(team.reference(&team.origin(), LEDGER), team.reference(&team.ada, LEDGER));
}

#[test]
fn a_full_disk_records_nothing_says_so_and_harms_nothing() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    let arguments: Vec<String> =
        [&["check", "INC-42"], QUALIFIES].concat().iter().map(|word| format!("'{word}'")).collect();
    let hotfix = format!("exec '{}' {}", env!("CARGO_BIN_EXE_hotfix"), arguments.join(" "));
    // No file may grow beyond so many blocks: the same error as on a disk that is full.
    for blocks in 0..2 {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; {hotfix}");
        let failed = said(place.command("sh", &place.path(), ADA).args(["-c", &script]));
        if blocks == 0 {
            assert_eq!(failed.code, 4, "{}{}", failed.out, failed.err);
            assert!(failed.err.contains("failed to write"), "{}", failed.err);
        }
        place.hotfix(&["status"]).exits(0);
    }
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["log"]).exits(0).says("INC-42");
    place.git(&["fsck", "--strict"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_repository_can_be_read_and_says_why_it_can_not_be_written() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let directory = place.beside("");
    let run = |script: &str| {
        assert!(Command::new("sh").args(["-c", script]).current_dir(&directory).status().unwrap().success())
    };
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if is_root {
        // Permissions mean nothing to root: somebody else tries.
        run("chown -R 65534:65534 .");
    }
    run("chmod -R a-w shop && chmod a+rx .");
    let hotfix = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_hotfix");
        if is_root {
            let drop = ["--reuid=65534", "--regid=65534", "--clear-groups", program];
            said(place.command("setpriv", &place.path(), ADA).env("HOME", &directory).args(drop).args(arguments))
        } else {
            said(place.command(program, &place.path(), ADA).args(arguments))
        }
    };
    hotfix(&["status"]).exits(0).says("INC-42");
    hotfix(&["show", "INC-42"]).exits(0);
    hotfix(&["restored", "INC-42", "--by", "other"]).exits(4).says("make the repository writable");
    run("chmod -R u+w shop");
    if is_root {
        run("chown -R 0:0 .");
    }
    assert_eq!(place.json(&["log"])["events"].as_array().unwrap().len(), 2);
}

#[test]
fn git_may_pack_and_collect_while_events_are_written() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let done = AtomicBool::new(false);
    let ids = std::thread::scope(|scope| {
        scope.spawn(|| {
            let start = std::time::Instant::now();
            while !done.load(Ordering::Relaxed) && start.elapsed().as_secs() < 60 {
                for arguments in [&["pack-refs", "--all"][..], &["gc", "--quiet"]] {
                    let git = Command::new("git").args(arguments).current_dir(directory.path()).output().unwrap();
                    assert!(git.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&git.stderr));
                }
            }
        });
        let ids: Vec<String> = (0..120)
            .map(|number| {
                let mut draft = restored("INC-1");
                if number % 2 == 0 {
                    draft.texts.insert("note".into(), "words".into());
                }
                let ledger = Ledger::open(&repository).unwrap();
                ledger.append(draft).unwrap().event.id
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        ids
    });
    let again = Repository::discover(directory.path()).unwrap();
    let ledger = Ledger::open(&again).unwrap();
    let history = ledger.history().unwrap();
    assert_eq!(history.unreadable().count(), 0);
    let recorded: BTreeSet<_> = history.events().map(|(_, event)| event.id.clone()).collect();
    assert!(ids.iter().all(|id| recorded.contains(id)));
    assert!(
        history
            .events()
            .all(|(_, event)| { ledger.texts(event).unwrap().values().all(|text| text.words() == Some("words")) })
    );
}

#[test]
fn a_clock_that_goes_backwards_or_is_ten_years_ahead_changes_no_order() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = Ledger::open(&repository).unwrap();
    let times = ["2036-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2026-01-02T00:00:00Z"];
    for (number, at) in times.into_iter().enumerate() {
        ledger.append(Draft { at: moment(at), ..restored(&format!("INC-{number}")) }).unwrap();
    }
    assert_eq!(incidents(&ledger), ["-", "INC-0", "INC-1", "INC-2", "INC-3"]);
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    let commits: Vec<_> = history.commits().collect();
    assert!(commits.windows(2).all(|pair| history.knows(pair[1], pair[0])));
}

#[test]
fn an_event_without_its_object_is_never_half_a_ledger() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    let tip = team.git(&team.ada, &["rev-parse", LEDGER]);
    let parent = team.git(&team.ada, &["rev-parse", &format!("{LEDGER}~1")]);
    let object = |id: &str| team.ada.join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    std::fs::remove_file(object(&parent)).unwrap();
    team.hotfix(&team.ada, &["status"]).exits(4).says("the ledger is incomplete");
    team.hotfix(&team.ada, &["restored", "INC-42", "--by", "other"]).exits(4);
    team.sync(&team.ada).exits(4).says("the ledger is incomplete");
    assert_eq!(team.git(&team.ada, &["rev-parse", LEDGER]), tip);
    // A fresh clone has it all.
    let fresh = team.clone("fresh");
    team.sync(&fresh).exits(0).says("2 events received");
    assert!(Path::new(&fresh).exists() && team.reference(&fresh, TEXT).is_none());
}
