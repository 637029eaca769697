//! An append at each of its steps: killed there, with a disk that is full from there on, with the power cut there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hotfix::git::repository::Repository;
use hotfix::ledger::refs::{LEDGER, SHARED, TEXT};
use hotfix::ledger::store::Ledger;
use nix::libc;

use crate::disk::{Disk, Lost};
use crate::ledger::restored;
use crate::place::{ADA, GRACE, Place, said};
use crate::road::QUALIFIES;
use crate::stepper::{Step, Then, When, Whose, step_through};

/// A shop, and copies of it.
struct Ground {
    place: Place,
    /// The directories that belong to it.
    whole: &'static [&'static str],
    /// Whether somebody else's lock bars the ledger's ref while it is recorded.
    is_locked: bool,
    /// Whether what is recorded has a text, which lies apart.
    has_text: bool,
}

/// An incident that was recorded before anything happens, and with what is in the way then.
fn ground(prepare: impl FnOnce(&Place)) -> Ground {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    prepare(&place);
    Ground { place, whole: &["shop"], is_locked: false, has_text: true }
}

fn with_a_ledger() -> Ground {
    ground(|place| {
        place.hotfix(&[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
        place.hotfix(&["check", "INC-1", "--set", "flag-off=tried", "--set", "flag-off.evidence=no effect"]).exits(0);
    })
}

fn shared() -> Ground {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.git(&["remote", "set-url", "origin", "../origin.git"]);
    place.hotfix(&[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
    // What Grace has recorded since comes with the next sync.
    place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "grace"]);
    let grace = |arguments: &[&str]| {
        said(place.command(env!("CARGO_BIN_EXE_hotfix"), &place.beside("grace"), GRACE).args(arguments))
    };
    grace(&["sync"]).exits(0);
    grace(&[&["check", "INC-3"], QUALIFIES].concat()).exits(0);
    Ground { place, whole: &["shop", "origin.git"], is_locked: false, has_text: true }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        std::fs::read_dir(from).unwrap().for_each(|entry| {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        });
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

/// The incidents of all events; every one must be readable, with its texts.
fn recorded(directory: &Path) -> Result<Vec<String>, String> {
    let repository = Repository::discover(directory).map_err(|error| error.to_string())?;
    let read = || -> Result<Vec<String>, hotfix::failure::Failure> {
        let ledger = Ledger::open(&repository)?;
        let history = ledger.history()?;
        assert_eq!(history.unreadable().count(), 0);
        let mut incidents = Vec::new();
        for (_, event) in history.events() {
            assert!(ledger.texts(event)?.values().all(|text| text.words().is_some()), "a text is gone");
            incidents.extend(event.incident.as_ref().map(ToString::to_string));
        }
        Ok(incidents)
    };
    read().map_err(|failure| failure.to_string())
}

/// All that was there before is, and what was recorded once at most: surely if it was acknowledged.
fn holds(found: &[String], before: &[String], acknowledged: bool, told: &str) {
    assert!(before.iter().all(|id| found.contains(id)), "{told}: {found:?}");
    let times = found.iter().filter(|id| *id == "INC-7").count();
    assert!(times <= 1 && (times == 1 || !acknowledged), "{told}: acknowledged: {acknowledged}, {found:?}");
}

/// The lock files that are left where somebody else may want to go: refs of one event alone have names of their own.
fn locks(directory: &Path) -> Vec<PathBuf> {
    let names = [LEDGER, TEXT, SHARED].map(|name| directory.join(".git").join(format!("{name}.lock")));
    names.into_iter().filter(|lock| lock.exists()).collect()
}

impl Ground {
    /// A fresh copy, to be taken away again; the directory in which people type.
    fn round(&self) -> (tempfile::TempDir, PathBuf) {
        let round = tempfile::tempdir_in(self.place.beside("")).unwrap();
        self.whole.iter().for_each(|name| copy(&self.place.beside(name), &round.path().join(name)));
        let directory = round.path().join("shop");
        if self.is_locked {
            let lock = std::fs::File::create(directory.join(".git/refs/hotfix/ledger.lock")).unwrap();
            lock.set_modified(std::time::SystemTime::now() - Duration::from_secs(600)).unwrap();
        }
        (round, directory)
    }

    fn check(&self, directory: &Path, incident: &str) -> Command {
        let mut command = self.place.command(env!("CARGO_BIN_EXE_hotfix"), directory, ADA);
        // With a text, which lies apart.
        let tried = QUALIFIES.iter().map(|word| if *word == "flag-off=no-flag" { "flag-off=tried" } else { word });
        command.args(["check", incident]).args(tried).args(["--set", "flag-off.evidence=it did nothing"]);
        command
    }

    /// What is looked at step by step.
    fn record(&self, directory: &Path) -> Command {
        if self.has_text {
            return self.check(directory, "INC-7");
        }
        let mut command = self.place.command(env!("CARGO_BIN_EXE_hotfix"), directory, ADA);
        command.args([&["check", "INC-7"], QUALIFIES].concat());
        command
    }

    /// Every step of an undisturbed record, with what was made of it.
    fn steps(&self, whose: Whose) -> Option<Vec<Step>> {
        let (round, directory) = self.round();
        let mut steps = Vec::new();
        let ended = step_through(&self.record(&directory), round.path(), whose, |step| {
            steps.extend((step.when == When::Before).then(|| step.clone()));
            Then::GoOn
        })?;
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        Some(steps)
    }

    /// The very next command works and waits for nobody, and nothing that was acknowledged is lost.
    fn is_sound(&self, directory: &Path, before: &[String], acknowledged: bool, told: &str) {
        let found = recorded(directory).unwrap_or_else(|why| panic!("{told}: {why}"));
        holds(&found, before, acknowledged, told);
        if self.is_locked {
            std::fs::remove_file(directory.join(".git/refs/hotfix/ledger.lock")).unwrap();
        }
        let start = std::time::Instant::now();
        let said = said(&mut self.check(directory, "INC-2"));
        assert_eq!(said.code, 0, "{told}: {}{}", said.out, said.err);
        assert!(start.elapsed().as_secs() < 8, "{told}: the next record waited {:?}", start.elapsed());
        assert!(!said.err.contains("beside the ledger"), "{told}: {}", said.err);
        let now = recorded(directory).unwrap();
        assert!(found.iter().all(|id| now.contains(id)) && now.contains(&"INC-2".to_owned()), "{told}: {now:?}");
        assert!(locks(directory).is_empty(), "{told}: {:?}", locks(directory));
        self.place.git_in(directory, &["fsck", "--strict", "--no-dangling", "--no-progress"]);
        if self.whole.len() > 1 {
            let program = env!("CARGO_BIN_EXE_hotfix");
            crate::place::said(self.place.command(program, directory, ADA).arg("sync")).exits(0);
            let tip = |directory: &Path| self.place.git_in(directory, &["rev-parse", LEDGER]);
            assert_eq!(tip(directory), tip(&directory.join("../origin.git")), "{told}");
        }
    }

    /// Kills at each step, and looks.
    fn killed_at_each_step(&self) {
        let before = recorded(&self.place.path()).unwrap();
        let Some(steps) = self.steps(Whose::Own) else { return };
        assert!(steps.len() > 30, "{steps:#?}");
        // After one step is before the next one, and syncing changes nothing that a kill could lose.
        let syncs = |step: &&Step| ["fsync", "fdatasync"].contains(&step.call);
        let changing = steps.iter().filter(|step| !syncs(step)).map(|step| step.number);
        for last in std::iter::once(0).chain(changing) {
            let (round, directory) = self.round();
            let (mut told, mut acknowledged) = ("not killed".to_owned(), false);
            step_through(&self.record(&directory), round.path(), Whose::Own, |step| {
                acknowledged |= step.when == When::After && step.path == Path::new("the answer");
                let first = last == 0 && step.number == 1;
                if !first && (step.number, step.when) != (last, When::After) {
                    return Then::GoOn;
                }
                told = format!("killed {:?} step {}, {} {}", step.when, step.number, step.call, step.path.display());
                Then::Kill
            });
            self.is_sound(&directory, &before, acknowledged, &told);
        }
    }
}

#[test]
fn a_kill_at_each_step_of_the_first_record_loses_nothing() {
    ground(|_| ()).killed_at_each_step();
    Ground { has_text: false, ..ground(|_| ()) }.killed_at_each_step();
}

#[test]
fn a_kill_at_each_step_of_a_record_loses_nothing() {
    with_a_ledger().killed_at_each_step();
}

#[test]
fn a_kill_at_each_step_of_a_record_beside_the_ledger_loses_nothing() {
    Ground { is_locked: true, ..with_a_ledger() }.killed_at_each_step();
}

#[test]
fn a_kill_at_each_step_of_a_record_that_is_shared_loses_nothing() {
    shared().killed_at_each_step();
}

/// Fails every step of some kind from each step on. Nothing is acknowledged that is not recorded, and all is well again when
/// there is room again.
fn fails_from_each_step_on(ground: &Ground, error: i32, fails: impl Fn(&Step) -> bool) {
    let before = recorded(&ground.place.path()).unwrap();
    let Some(steps) = ground.steps(Whose::Own) else { return };
    let mut failed = 0;
    for first in steps.iter().filter(|step| fails(step)) {
        let (round, directory) = ground.round();
        let told = format!("from step {} on, {} {}", first.number, first.call, first.path.display());
        let Some(ended) = step_through(&ground.record(&directory), round.path(), Whose::Own, |step| {
            let now = step.when == When::Before && step.number >= first.number && fails(step);
            if now { Then::Fail(error) } else { Then::GoOn }
        }) else {
            return;
        };
        let is_there = recorded(&directory).unwrap_or_else(|why| panic!("{told}: {why}")).len() > before.len();
        match ended.code {
            Some(0) => assert!(is_there, "{told}: it was acknowledged, and is not there"),
            Some(4) => {
                failed += 1;
                assert!(ended.err.contains("failed to"), "{told}: {}", ended.err);
            }
            code => panic!("{told}: {code:?}{}{}", ended.out, ended.err),
        }
        ground.is_sound(&directory, &before, ended.code == Some(0), &told);
    }
    assert!(failed > 5, "only {failed} records failed");
}

#[test]
fn a_disk_that_is_full_from_any_step_on_acknowledges_nothing_that_is_not_there() {
    fails_from_each_step_on(&with_a_ledger(), libc::ENOSPC, |step| {
        step.takes_room() && step.path != Path::new("the answer")
    });
}

#[test]
fn a_disk_that_can_not_sync_acknowledges_nothing() {
    fails_from_each_step_on(&with_a_ledger(), libc::EIO, |step| step.call == "fsync");
}

const ALL: &[Lost] = &[Lost::Everything, Lost::Contents, Lost::Halves];

/// Cuts the power after each step, in several ways.
fn cut_after_each_step(ground: &Ground, whose: Whose, ways: &[Lost]) {
    let before = recorded(&ground.place.path()).unwrap();
    let (round, directory) = ground.round();
    let mut disk = Disk::new(&directory);
    let mut acknowledged = false;
    step_through(&ground.record(&directory), &directory, whose, |step| {
        if step.when == When::Before {
            return Then::GoOn;
        }
        disk.after(step);
        acknowledged |= step.path == Path::new("the answer");
        for &lost in ways {
            let told = format!("after step {}, {} {}, {lost:?} is lost", step.number, step.call, step.path.display());
            let after = round.path().join("after");
            disk.after_a_cut(lost, &after);
            stands(&after, &before, acknowledged, &told);
            std::fs::remove_dir_all(&after).unwrap();
        }
        Then::GoOn
    });
}

/// After a power cut the ledger is whole, and goes on.
fn stands(directory: &Path, before: &[String], acknowledged: bool, told: &str) {
    let found = recorded(directory).unwrap_or_else(|why| panic!("{told}: {why}"));
    holds(&found, before, acknowledged, told);
    let repository = Repository::discover(directory).unwrap();
    let ledger = Ledger::open(&repository).unwrap().patience(Duration::from_millis(400));
    let next = ledger.append(restored("INC-2")).unwrap_or_else(|why| panic!("{told}: {why}"));
    // What a lock file that outlived its program was for, nothing tells after a power cut: it is explained.
    assert!(next.parked.is_none() || !locks(directory).is_empty(), "{told}");
    assert!(recorded(directory).unwrap().iter().filter(|id| *id == "INC-2").count() == 1, "{told}");
    let checked =
        Command::new("git").args(["fsck", "--strict", "--no-dangling"]).current_dir(directory).output().unwrap();
    assert!(checked.status.success(), "{told}: {}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn a_power_cut_after_any_step_of_the_first_record_loses_nothing_that_was_acknowledged() {
    cut_after_each_step(&ground(|_| ()), Whose::Own, ALL);
    cut_after_each_step(&Ground { has_text: false, ..ground(|_| ()) }, Whose::Own, ALL);
}

#[test]
fn a_power_cut_after_any_step_of_a_record_loses_nothing_that_was_acknowledged() {
    cut_after_each_step(&with_a_ledger(), Whose::Own, ALL);
}

#[test]
fn a_power_cut_after_any_step_of_a_sync_loses_nothing_that_was_acknowledged() {
    // Git itself syncs no directory, and relies on file systems that keep a name with the content.
    cut_after_each_step(&shared(), Whose::All, &[Lost::Contents, Lost::Halves]);
}
