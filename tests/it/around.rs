//! Ways around a gate that people found who lived through incidents: each is closed, and stays so.

use crate::place::{ANALYSIS, GRACE, Place};
use crate::road::QUALIFIES;

const BOB: (&str, &str) = ("Bob", "bob@example.com");

/// A shop with a remote and a broken release line; INC-42 is a hotfix, and its branch is checked out.
fn shop() -> Place {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\ntwo\nthree\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", "one\nbroken\nthree\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["branch", "release/1.1"]);
    place.git(&["push", "-q", "--tags", "origin", "main", "release/1.1"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place
}

fn fix(place: &Place, commits: &[&str]) {
    let proof = ["--proof", "test=two", "--guarded-by-flag", "no"];
    place.hotfix(&[&["fix", "INC-42"], commits, &proof].concat()).exits(0);
}

/// Brings the hotfix branch to the release line as a patch release, and to the remote.
fn released(place: &Place, tag: &str) {
    place.git(&["switch", "-q", "release/1.1"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-42"]);
    place.git(&["tag", tag]);
    place.git(&["push", "-q", "--tags", "origin", "release/1.1"]);
}

/// All that closing wants beside the fix on main.
fn papers(place: &Place) {
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
}

fn on_main(place: &Place, commits: &[&str]) {
    place.git(&["switch", "-q", "main"]);
    for commit in commits {
        place.git(&["cherry-pick", commit]);
    }
    place.git(&["push", "-q", "origin", "main"]);
}

/// What happens while nobody reaches the remote.
fn offline(place: &Place, what: impl FnOnce()) {
    let (here, away) = (place.beside("origin.git"), place.beside("away.git"));
    std::fs::rename(&here, &away).unwrap();
    what();
    std::fs::rename(&away, &here).unwrap();
}

#[test]
fn what_production_may_have_is_not_withdrawn_from_an_old_clone() {
    let place = shop();
    let mend = place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    // Somebody else released it; this clone has not heard of it.
    place.git(&["push", "-q", "origin", &format!("{mend}:refs/heads/release/1.1")]);
    place.git(&["update-ref", "refs/remotes/origin/release/1.1", "release/1.1"]);
    offline(&place, || {
        let withdraw = ["fix", "INC-42", "--withdraw", "1"];
        place
            .hotfix(&withdraw)
            .exits(3)
            .says("main-not-fresh")
            .says("whether production has the fix is not known here");
        place.hotfix_by(GRACE, &["void", "INC-42", "--reason", "typo"]).exits(3).says("main-not-fresh");
    });
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(1).says("fix-still-released");
}

#[test]
fn an_incident_whose_fix_is_in_production_was_no_false_alarm() {
    let place = shop();
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    let void = ["void", "INC-42", "--reason", "false-alarm"];
    released(&place, "v1.1.1");
    place.hotfix_by(GRACE, &void).exits(1).says("fix-still-released");
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "release/1.1"]);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.hotfix_by(GRACE, &void).exits(1).says("Ada said that a fix of INC-42 was deployed");
}

#[test]
fn a_void_incident_owns_nothing_and_can_be_opened_again() {
    let place = shop();
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    place.hotfix_by(GRACE, &["void", "INC-42", "--reason", "typo"]).exits(0);
    released(&place, "v1.1.1");
    place.hotfix(&["audit"]).exits(1).says("unrecorded-hotfix").says("Mend it");
    place.hotfix(&["check", "INC-42"]).exits(1).says("incident-void").says("hotfix reopen");
    place.hotfix(&["reopen", "INC-42", "--reason", "it was none"]).exits(0).says("open again");
    place.hotfix(&["audit"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back").says("rca-missing");
}

#[test]
fn what_went_out_beside_the_fix_is_no_part_of_it() {
    let place = shop();
    let mend = place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    let beside = place.commit("prices.rs", "cheap\n", "And the prices");
    fix(&place, &[&mend]);
    released(&place, "v1.1.1");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    on_main(&place, &[&mend]);
    papers(&place);
    let close = ["close", "INC-42"];
    place.hotfix(&close).exits(1).says("release-holds-more").says("And the prices").says("1 thing is missing");
    // Without a tag what the release line holds is asked.
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&close).exits(1).says("release/1.1 holds more than the fix");
    // On main it is a change like any other.
    on_main(&place, &[&beside]);
    place.hotfix(&close).exits(0);
}

#[test]
fn a_clone_that_lost_its_remote_proves_nothing() {
    let place = shop();
    let mend = place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    released(&place, "v1.1.1");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", &mend]);
    papers(&place);
    let origin = place.git(&["remote", "get-url", "origin"]);
    place.git(&["remote", "remove", "origin"]);
    place.hotfix(&["close", "INC-42"]).exits(3).says("main-not-fresh").says("has none any more");
    place.git(&["remote", "add", "origin", &origin]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
}

#[test]
fn a_policy_that_never_was_the_teams_closes_nothing() {
    let place = shop();
    // A branch with a policy of one's own, shown to the clone as the remote's main.
    place.git(&["switch", "-q", "-c", "lax", "origin/main"]);
    let lax =
        include_str!("../../policy/hotfix.yaml").replace("rca: accepted ", "rca: none ").replace("built-in", "lax");
    place.write("policy/hotfix.yaml", &lax);
    place.git(&["add", "."]);
    let then = (chrono::Utc::now() - chrono::TimeDelta::hours(30)).to_rfc3339();
    let commit = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "Rules"];
    let mut command = place.command("git", &place.path(), BOB);
    assert!(command.args(commit).env("GIT_COMMITTER_DATE", then).status().unwrap().success());
    place.git(&["push", "-q", "origin", "lax"]);
    place.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/lax"]);
    place.hotfix(&[&["check", "INC-43"], QUALIFIES].concat()).exits(0).says("lax, version 1");
    place.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    place.hotfix(&["close", "INC-43"]).exits(1).says("record-doubtful").says("never was on origin/main");
}

#[test]
fn what_a_reopened_incident_stood_on_is_asked_again() {
    let place = ready_to_close();
    place.hotfix(&["verify", "INC-42"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["verify", "--all"]).exits(1).says("open again");
    // The answer that opened it again is on record too.
    place.hotfix(&["status"]).exits(0).says("not-merged-back");
    place.hotfix(&["show", "INC-42"]).exits(0).says("reverted on origin/main").never_says("no answer of git");
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
    place.hotfix(&["status"]).exits(0).says("not-merged-back");
}

#[test]
fn a_release_that_stands_on_no_line_is_a_release() {
    let place = shop();
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    place.git(&["tag", "v1.1.1"]);
    place.git(&["push", "-q", "origin", "v1.1.1"]);
    let withdraw = ["fix", "INC-42", "--withdraw", "1"];
    place.hotfix(&withdraw).exits(1).says("fix-still-released").says("v1.1.1 holds it");
    // Where the tag is gone the record still says what was deployed.
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.git(&["tag", "-d", "v1.1.1"]);
    place.git(&["push", "-q", "origin", ":v1.1.1"]);
    place.hotfix(&withdraw).exits(1).says("v1.1.1 holds it");
    // A newer release of the line without it takes its place.
    place.git(&["switch", "-q", "release/1.1"]);
    place.commit("other.rs", "x\n", "Something else");
    place.git(&["tag", "v1.1.2"]);
    place.hotfix(&withdraw).exits(0);
    place.hotfix_by(GRACE, &["void", "INC-42", "--reason", "typo"]).exits(1).says("was deployed");
}

#[test]
fn what_is_named_as_production_hides_nothing() {
    let place = shop();
    place.git(&["switch", "-q", "release/1.1"]);
    place.commit("prices.rs", "cheap\n", "And the prices");
    place.git(&["push", "-q", "origin", "release/1.1"]);
    place.hotfix(&[&["check", "INC-43", "--production", "release/1.1"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-43"]).exits(0);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    place.hotfix(&["fix", "INC-43", "--proof", "test=two", "--guarded-by-flag", "no"]).exits(0);
    place.git(&["switch", "-q", "release/1.1"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-43"]);
    place.git(&["tag", "v1.1.1"]);
    place.git(&["push", "-q", "--tags", "origin", "release/1.1"]);
    place.hotfix(&["deployed", "INC-43", "--release", "v1.1.1"]).exits(0);
    place.hotfix(&["close", "INC-43"]).exits(1).says("release-holds-more").says("And the prices");
}

#[test]
fn another_remote_is_not_the_one_that_the_ledger_was_shared_with() {
    let place = shop();
    let mend = place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    released(&place, "v1.1.1");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    papers(&place);
    // A fork in which main has it.
    let fork = place.beside("fork.git");
    place.git(&["init", "-q", "--bare", "-b", "main", fork.to_str().unwrap()]);
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", &mend]);
    place.git(&["push", "-q", fork.to_str().unwrap(), "main", "release/1.1"]);
    let origin = place.git(&["remote", "get-url", "origin"]);
    place.git(&["remote", "set-url", "origin", fork.to_str().unwrap()]);
    place.hotfix(&["close", "INC-42"]).exits(3).says("main-not-fresh").says("its ledger has forgotten events");
    place.git(&["remote", "set-url", "origin", &origin]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back");
}

#[test]
fn an_incident_whose_policy_nobody_has_hides_no_other() {
    let place = shop();
    // Somebody opened it under a policy that they never pushed, and whose text was lost.
    place.git(&["switch", "-q", "-c", "mine", "origin/main"]);
    let mine = include_str!("../../policy/hotfix.yaml").replace("built-in", "mine");
    place.commit("policy/hotfix.yaml", &mine, "Mine");
    place.git(&["config", "hotfix.trustedRef", "mine"]);
    place.hotfix(&[&["check", "INC-43", "--started", "2026-01-01T00:00:00Z"], QUALIFIES].concat()).exits(0);
    place.git(&["config", "--unset", "hotfix.trustedRef"]);
    place.git(&["switch", "-q", "main"]);
    let blob = place.git(&["rev-parse", "mine:policy/hotfix.yaml"]);
    std::fs::remove_file(place.path().join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
    place.hotfix(&["status"]).exits(4).says("INC-42").says("INC-43").says("unknown: ");
    place.hotfix(&["show", "INC-42"]).exits(0);
}

/// Two people tagged one version apart, and everybody has that of the other.
#[test]
fn the_release_that_was_recorded_is_the_one_that_everybody_has() {
    let place = ready_to_close();
    place.hotfix(&["audit"]).exits(0);
    let recorded = place.git(&["rev-parse", "v1.1.1"]);
    let other = place.git(&["rev-parse", "v1.1.0^{commit}"]);
    let publish = |commit: &str| {
        place.git(&["push", "-q", "--force", "origin", &format!("{commit}:refs/tags/v1.1.1")]);
    };
    publish(&other);
    let story = format!("v1.1.1 is {} as everybody has it, and {}", &other[..10], &recorded[..10]);
    let close = place.hotfix(&["close", "INC-42"]).exits(1).says("release-lacks-fix").says(&story);
    close.says("the fix is missing there").says("hotfix deployed INC-42 --release TAG");
    place.hotfix(&["audit"]).exits(1).says("release-changed").says(&story).says("hotfix close INC-42");
    // Where this clone has no such commit it can't be told; where the other one holds the fix too it is no matter.
    let elsewhere = place.beside("elsewhere");
    place.git(&["clone", "-q", &place.git(&["remote", "get-url", "origin"]), elsewhere.to_str().unwrap()]);
    place.git_in(&elsewhere, &["commit", "-q", "--allow-empty", "-m", "Theirs"]);
    place.git_in(&elsewhere, &["push", "-q", "--force", "origin", "HEAD:refs/tags/v1.1.1"]);
    place.hotfix(&["close", "INC-42"]).exits(3).says("not-verified").says("git fetch --force --tags");
    place.hotfix(&["audit"]).exits(0).says("git fetch --force --tags, then audit again");
    place.git(&["tag", "-f", "-a", "-m", "Again", "v1.1.1", "origin/main"]);
    publish("v1.1.1");
    place.hotfix(&["audit"]).exits(0).never_says("v1.1.1");
    place.hotfix(&["close", "INC-42"]).exits(0);
    publish(&other);
    place.hotfix(&["audit"]).exits(1).says("release-changed").says("hotfix reopen INC-42 --reason WHY");
}

/// The shop whose INC-42 lacks nothing but to be closed.
pub(crate) fn ready_to_close() -> Place {
    let place = shop();
    let mend = place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    released(&place, "v1.1.1");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    on_main(&place, &[&mend]);
    papers(&place);
    place
}

/// The shop whose INC-42 went all the way, and is closed.
pub(crate) fn closed() -> Place {
    let place = ready_to_close();
    place.hotfix(&["close", "INC-42"]).exits(0);
    place
}

#[test]
fn a_text_that_is_cut_out_after_the_end_is_no_fault() {
    let place = closed();
    let log = place.json(&["log", "INC-42"]);
    let texts = |event: &&serde_json::Value| event["event"]["texts"].as_object().is_some_and(|texts| !texts.is_empty());
    let events = log["events"].as_array().unwrap_or_else(|| panic!("{log:#}"));
    let event = events.iter().find(texts).unwrap_or_else(|| panic!("{log:#}"));
    place.hotfix(&["redact", event["event"]["id"].as_str().unwrap()]).exits(0).says("cut out");
    place.hotfix(&["audit"]).never_says("after-the-end");
}

#[test]
fn what_is_closed_is_opened_again_before_anything_is_said_about_it() {
    let place = closed();
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    let gate = place.json(&["gate", "--release", "origin/main"]);
    let finding = &gate["answers"][0]["findings"][0];
    assert_eq!(finding["code"], "not-merged-back", "{gate:#}");
    assert_eq!(finding["next"][0], "hotfix reopen INC-42 --reason WHY    # first: it is closed");
    // This opens it again itself.
    place.hotfix(&["verify", "--all"]).exits(1).says("open again").never_says("hotfix reopen");
}

/// What a pipeline asks that runs once everything was pushed: it is no later than before the push.
#[test]
fn a_push_does_not_let_a_release_out() {
    let place = closed();
    let codes = |tag: &str| crate::gate::codes(&place.json(&["gate", "--release", tag]));
    // A release whose fix belongs to an incident that is closed by now may be built again.
    assert_eq!(codes("v1.1.1"), "open");
    place.git(&["switch", "-q", "release/1.1"]);
    place.commit("sneak.rs", "sneak\n", "Sneak");
    place.git(&["tag", "v1.1.2"]);
    assert_eq!(codes("v1.1.2"), "change-unrecorded");
    place.git(&["push", "-q", "origin", "release/1.1"]);
    assert_eq!(codes("v1.1.2"), "change-unrecorded");
    // Neither does a release that came later, nor another number.
    place.commit("sneak.rs", "sneak more\n", "Sneak more");
    place.git(&["tag", "v1.1.3"]);
    place.git(&["tag", "v1.0.9", "v1.1.2"]);
    place.git(&["push", "-q", "origin", "release/1.1", "--tags"]);
    assert_eq!(codes("v1.1.2"), "change-unrecorded");
    assert_eq!(codes("v1.1.1"), "open");
    place.git(&["tag", "-d", "v1.1.2"]);
    assert_eq!(codes("v1.0.9").split(' ').next(), Some("change-unrecorded"));
    // What prepares the first release of a line is planned, on the day and when it is built again.
    place.git(&["tag", "v1.1.9", "main"]);
    place.git(&["switch", "-q", "--create", "release/1.2", "main"]);
    place.commit("version", "1.2\n", "Prepare 1.2");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["push", "-q", "origin", "release/1.2", "--tags"]);
    assert_eq!(codes("v1.2.0"), "open");
    place.commit("version", "1.2.1\n", "Prepare 1.2.1");
    place.git(&["tag", "v1.2.1"]);
    place.git(&["push", "-q", "origin", "release/1.2", "--tags"]);
    assert_eq!(codes("v1.2.0"), "open");
    assert_eq!(codes("v1.2.1"), "change-unrecorded");
}

#[test]
fn a_fix_that_was_pushed_without_an_approval_is_not_released() {
    let place = shop();
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place, &[]);
    released(&place, "v1.1.1");
    let codes = || crate::gate::codes(&place.json(&["gate", "--release", "v1.1.1"]));
    assert_eq!(codes(), "approval-missing");
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    assert_eq!(codes(), "open");
}
