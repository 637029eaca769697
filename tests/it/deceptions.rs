//! Ways to get a gate open without what it asks for: refs, configuration and records made to deceive, each refused.

use std::thread;

use crate::bad_input::fails_in;
use crate::bad_places::{PROOF, words};
use crate::place::{ANALYSIS, GRACE, Place, Said};
use crate::road::{QUALIFIES, broken_shop};

fn check(place: &Place) -> Said {
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat())
}

/// A shop with a remote beside it, in which an incident is open and its fix attached, on a branch that is nowhere else.
fn with_fix() -> Place {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", "two\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["fetch", "-q"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    check(&place).exits(0);
    place.git(&["switch", "-q", "-c", "hotfix/INC-42"]);
    place.commit("shop.rs", "three\n", "The fix");
    place.hotfix(&[&["fix", "INC-42", "HEAD"], PROOF].concat()).exits(0);
    place
}

/// Everything but the merge-back is there.
fn owes_only_the_proof(place: &Place) {
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&["tested", "INC-42", "tests=https://ci.example.com/1"]).exits(0);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
}

#[test]
fn names_that_look_like_main_are_not_main() {
    let place = with_fix();
    owes_only_the_proof(&place);
    place.git(&["tag", "main", "HEAD"]);
    place.git(&["tag", "origin/main", "HEAD"]);
    for name in ["origin/main", "refs/heads/main", "refs/remotes/origin/main"] {
        place.git(&["update-ref", &format!("refs/heads/{name}"), "HEAD"]);
    }
    place.hotfix(&["verify", "INC-42"]).exits(1).says("not-merged-back");
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back").says("shop.rs:1");
    // A tracking ref moved by hand is moved back by the fetch.
    place.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
}

#[test]
fn a_main_that_no_fetch_brings_up_to_date_proves_nothing() {
    let place = with_fix();
    owes_only_the_proof(&place);
    place.git(&["push", "-q", "origin", "main:other"]);
    place.git(&["config", "remote.origin.fetch", "+refs/heads/other:refs/remotes/origin/other"]);
    place.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let said = ["no fetch brings it up to date", "git config --add remote.origin.fetch"];
    for command in ["verify", "close"] {
        fails_in(&place, &place.path(), &words(&[command, "INC-42"]), 4, &said);
    }
    place.git(&["config", "--add", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
}

#[test]
fn a_fork_is_not_taken_for_the_team_s_remote() {
    let place = with_fix();
    owes_only_the_proof(&place);
    place.git(&["push", "-q", "origin", "main"]);
    place.git_in(&place.beside(""), &["clone", "-q", "--bare", "shop", "fork.git"]);
    place.git_in(&place.beside("fork.git"), &["update-ref", "refs/heads/main", "refs/heads/hotfix/INC-42"]);
    place.git(&["remote", "add", "a-fork", place.beside("fork.git").to_str().unwrap()]);
    place.git(&["fetch", "-q", "a-fork"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not on origin/main");
    place.git(&["remote", "rename", "origin", "team"]);
    place.git(&["remote", "set-head", "a-fork", "main"]);
    let unclear = ["which remote the team shares: a-fork, team", "git config checkout.defaultRemote"];
    for command in [&["close", "INC-42"][..], &["verify", "INC-42"]] {
        fails_in(&place, &place.path(), &words(command), 4, &unclear);
    }
    place.git(&["config", "checkout.defaultRemote", "team"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not on team/main");
}

#[test]
fn the_main_of_the_built_in_policy_is_the_one_at_opening() {
    let place = with_fix();
    owes_only_the_proof(&place);
    place.git(&["push", "-q", "origin", "hotfix/INC-42"]);
    place.git(&["fetch", "-q"]);
    // Anybody may call any branch the default one in a clone of their own.
    place.git(&["remote", "set-head", "origin", "hotfix/INC-42"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not on origin/main");
    assert_eq!(place.json(&["show", "INC-42"])["incident"]["policy"]["main"], "main");
}

#[test]
fn replaced_objects_and_grafts_hide_nothing() {
    let place = with_fix();
    owes_only_the_proof(&place);
    let (main, fix) = (place.git(&["rev-parse", "origin/main"]), place.git(&["rev-parse", "HEAD"]));
    for what in ["", "^{tree}"] {
        place.git(&[
            "replace",
            &place.git(&["rev-parse", &format!("{main}{what}")]),
            &place.git(&["rev-parse", &format!("{fix}{what}")]),
        ]);
        place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
        place.git(&["replace", "-d", &place.git(&["rev-parse", &format!("{main}{what}")])]);
    }
    place.write(".git/info/grafts", &format!("{main} {fix}\n"));
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
}

#[test]
fn a_tag_or_a_branch_of_that_name_is_not_the_trusted_ref() {
    let place = with_fix();
    let lax = include_str!("../../policy/hotfix.yaml").replace("name: built-in", "name: lax");
    place.git(&["switch", "-q", "-c", "origin/main"]);
    place.commit("policy/hotfix.yaml", &lax, "My own rules");
    place.git(&["tag", "origin/main"]);
    place.git(&["tag", "main"]);
    for trusted in ["origin/main", "main", "refs/remotes/origin/main"] {
        place.git(&["config", "hotfix.trustedRef", trusted]);
        assert_eq!(place.json(&["policy", "show"])["pin"]["name"], "built-in", "{trusted}");
    }
    // Whoever means the tag can say so, and the record says which commit it was.
    place.git(&["config", "hotfix.trustedRef", "refs/tags/main"]);
    assert_eq!(place.json(&["policy", "show"])["pin"]["name"], "lax");
    for nothing in ["nothing", "", "-x", "refs/heads/../main"] {
        place.git(&["config", "hotfix.trustedRef", nothing]);
        let check = [&["check", "INC-43"], QUALIFIES].concat();
        fails_in(&place, &place.path(), &words(&check), 4, &["hotfix.trustedRef says", "git config hotfix.trustedRef"]);
    }
}

#[test]
fn a_start_in_the_past_picks_no_laxer_policy() {
    let place = Place::new();
    let policy = |version: u32, files: u32| {
        include_str!("../../policy/hotfix.yaml")
            .replace("version: 1", &format!("version: {version}"))
            .replace("built-in", "shop")
            .replace("files: 10", &format!("files: {files}"))
    };
    // Commits so many hours before now; the moment, as git tells it.
    let committed = |path: &str, content: &str, hours: i64| {
        place.write(path, content);
        place.git(&["add", "."]);
        let at = (chrono::Utc::now() - chrono::TimeDelta::hours(hours)).to_rfc3339();
        let commit = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "Change"];
        let mut command = place.command("git", &place.path(), GRACE);
        assert!(command.args(commit).env("GIT_COMMITTER_DATE", at).status().unwrap().success());
        place.git(&["log", "-1", "--format=%cI"])
    };
    let brought = |version: u32, files: u32, hours| committed("policy/hotfix.yaml", &policy(version, files), hours);
    let opened =
        |id: &str, started: &str| place.hotfix(&[&["check", id, "--started", started], QUALIFIES].concat()).exits(0);
    committed("shop.rs", "one\n", 60);
    place.git(&["tag", "v1.0.0"]);
    committed("shop.rs", "two\n", 59);
    place.git(&["tag", "v1.1.0"]);
    let old = brought(1, 20, 50);
    let yesterday = brought(2, 8, 30);
    // A version that was replaced more than a day ago governs nothing any more.
    opened("INC-43", &old).says("shop, version 2");
    opened("INC-44", "0001-01-01T00:00:00Z").says("shop, version 2");
    // What was loosened since the start does not count; what was tightened does.
    brought(3, 9, 4);
    opened("INC-45", &yesterday).says("shop, version 2").says("was changed after the incident started");
    brought(4, 7, 2);
    opened("INC-46", &yesterday).says("shop, version 4").says("nothing in it is looser");
    // What was said at opening stands on the record for good, and the audit finds nothing wrong with any of them.
    place.hotfix(&["show", "INC-44"]).exits(0).says("0001-01-01");
    let audit = place.json(&["audit"]);
    assert!(!audit.to_string().contains("policy-not-trusted"), "{audit:#}");
}

#[test]
fn a_fix_that_nothing_could_prove_never_closes() {
    let place = with_fix();
    place.git(&["switch", "-q", "--detach", "v1.1.0"]);
    place.git(&["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    place.hotfix(&[&["fix", "INC-42", "HEAD"], PROOF].concat()).exits(1).says("fix-empty");
    // There and back again is nothing too.
    let first = place.commit("shop.rs", "four\n", "There");
    place.git(&["revert", "--no-edit", &first]);
    place.hotfix(&[&["fix", "INC-42", "v1.1.0..HEAD"], PROOF].concat()).exits(1).says("fix-empty");
    // All of it lies where the policy lets nothing go back: listed, and proof of nothing.
    place.git(&["switch", "-q", "--detach", "v1.1.0"]);
    place.commit("CHANGELOG.md", "Fixed.\n", "A word");
    place.hotfix(&[&["fix", "INC-42", "HEAD"], PROOF].concat()).exits(0);
    owes_only_the_proof(&place);
    place.hotfix(&["close", "INC-42"]).exits(3).says("merge-back-unproven");
    // The fix is withdrawn, and a flag named instead: but it was the fix that brought production back.
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    place.hotfix(&["cause", "INC-42", "--flag", "slow", "--owner", "Ada", "--remove-by", "2999-01-01"]).exits(0);
    place
        .hotfix(&["close", "INC-42"])
        .exits(1)
        .says("fix-missing")
        .says("brought production back, and none is attached");
    // Nor does another word about the restoration help, for a fix was deployed.
    place.hotfix(&["restored", "INC-42", "--by", "flag-off"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).says("fix-missing");
}

#[test]
fn checks_at_the_same_time_record_one_decision() {
    let place = broken_shop();
    let codes: Vec<i32> = thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| check(&place).code)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(codes, [0; 6]);
    assert_eq!(place.json(&["log"])["events"].as_array().unwrap().len(), 2, "the root and one check");
}

#[test]
fn a_withdrawal_and_a_closing_at_the_same_time_leave_no_closed_incident_without_proof() {
    let place = with_fix();
    owes_only_the_proof(&place);
    place.git(&["push", "-q", "origin", "HEAD:main"]);
    let (closed, withdrawn) = thread::scope(|scope| {
        let close = scope.spawn(|| place.hotfix(&["close", "INC-42"]));
        let withdraw = scope.spawn(|| place.hotfix(&["fix", "INC-42", "--withdraw", "1"]));
        (close.join().unwrap(), withdraw.join().unwrap())
    });
    assert!(closed.code == 0 || closed.code == 1, "{}{}", closed.out, closed.err);
    // What landed on main can't be withdrawn; where the closing came first, nothing can.
    assert_eq!(withdrawn.code, 1, "{}{}", withdrawn.out, withdrawn.err);
    assert_eq!(closed.code, 0, "{}{}", closed.out, closed.err);
}

#[test]
fn a_shipped_fix_is_not_replaced_by_another() {
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    check(&place).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    let shipped = place.commit("shop.rs", "mended\n", "Mend it");
    place.hotfix(&[&["fix", "INC-42"], PROOF].concat()).exits(0);
    place.git(&["switch", "-q", "release/1.1"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-42"]);
    let harmless = place.commit("notes.md", "x\n", "Notes");
    place.hotfix(&[&["fix", "INC-42", &harmless], PROOF].concat()).exits(1).says("fix-still-released");
    // More of the same is no replacement, and needs another word about its deployment.
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&[&["fix", "INC-42", &shipped, &harmless], PROOF].concat()).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-deployed").says("not-merged-back");
}
