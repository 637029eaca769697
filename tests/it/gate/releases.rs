//! What may be released.

use super::{FIXED, SHOP, Scene, codes};
use crate::place::{GRACE, Place};
use crate::road::{QUALIFIES, policy};

#[test]
fn a_release_from_main_holds_every_fix() {
    let scene = Scene::approved();
    let said = scene.place.hotfix(&["gate", "--release", "origin/main"]).exits(1);
    said.says("not-merged-back").says("INC-42: the fix is not on").says("shop.rs:7").says("git cherry-pick");
    scene.place.git(&["switch", "-q", "main"]);
    scene.place.git(&["cherry-pick", "hotfix/INC-42"]);
    scene.place.git(&["push", "-q", "origin", "main"]);
    assert_eq!(scene.release("origin/main"), "open");
    // What is older than the merge-back drops it, whatever main holds by now.
    scene.place.git(&["tag", "v1.3.0", "origin/main~1"]);
    let said = scene.place.hotfix(&["gate", "--release", "v1.3.0"]).exits(1).says("not-merged-back");
    said.says("git switch main    # cut the release from there: it holds the fix");
    scene.place.git(&["tag", "v1.3.1", "origin/main"]);
    assert_eq!(scene.release("v1.3.1"), "open");
    // Taken out again.
    scene.place.git(&["revert", "--no-edit", "HEAD"]);
    scene.place.git(&["push", "-q", "origin", "main"]);
    assert_eq!(scene.release("origin/main"), "not-merged-back");
    assert_eq!(scene.release("v1.3.1"), "open");
}

#[test]
fn a_patch_on_its_own_line_is_asked_for_its_commits_alone() {
    let scene = Scene::approved();
    scene.place.git(&["tag", "v1.2.1", "hotfix/INC-42"]);
    assert_eq!(scene.release("v1.2.1"), "open");
    scene.place.commit("news.md", "x\n", "More");
    scene.place.git(&["tag", "v1.2.2"]);
    assert_eq!(scene.release("v1.2.2"), "change-unrecorded");
    // One that does not hold the patch before it drops that one's fixes.
    scene.place.git(&["switch", "-q", "--detach", "v1.2.0"]);
    scene.place.git(&["commit", "-q", "--allow-empty", "-m", "Rebuild"]);
    scene.place.git(&["tag", "v1.2.3"]);
    assert_eq!(scene.release("v1.2.3"), "not-merged-back");
}

#[test]
fn without_a_fix_the_cause_is_in_every_release_from_main() {
    let scene = Scene::new();
    scene.place.hotfix(&["check", "INC-7", "--set", "roll-back=yes"]).exits(1);
    scene.place.hotfix(&["gate", "--release", "origin/main"]).exits(1).says("cause-open").says("hotfix cause INC-7");
    let fix = scene.place.commit("shop.rs", FIXED, "Sum everything");
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.hotfix(&["cause", "INC-7", "--fixed-by", &fix]).exits(0);
    assert_eq!(scene.release("origin/main"), "open");
    assert_eq!(scene.release("origin/main~1"), "not-merged-back");
}

#[test]
fn a_new_line_from_main_is_a_release_and_a_pre_release_is_none() {
    let scene = Scene::approved();
    let zero = "0".repeat(40);
    let ask = |onto: &str, new: &str| {
        codes(&scene.place.json(&["gate", "--change", &format!("{zero}..{new}"), "--onto", onto]))
    };
    assert_eq!(ask("release/1.3", "origin/main"), "not-merged-back");
    // A line for a release that runs already is no new one.
    assert_eq!(ask("release/1.2.x", "v1.2.0"), "open");
    assert_eq!(ask("release/1.2.x", "hotfix/INC-42"), "open");
    assert_eq!(ask("release/1.2.x", "origin/main"), "change-unrecorded");
    scene.place.git(&["tag", "v1.3.0-rc.1", "origin/main"]);
    assert_eq!(scene.release("v1.3.0-rc.1"), "open");
}

/// A team without release lines: a fix lies on main, and goes out with the next release from there.
fn trunk() -> Scene {
    let place = Place::with_origin();
    policy(&place, "main", "[]");
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.6.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    Scene { place }
}

#[test]
fn a_hotfix_that_a_release_from_main_ships_first_is_agreed_to() {
    let scene = trunk();
    scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
    scene.place.hotfix(&["fix", "INC-42", "main~1..main", "--proof", "test=x", "--guarded-by-flag", "no"]).exits(0);
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.git(&["tag", "v1.7.0"]);
    scene
        .place
        .hotfix(&["gate", "--release", "v1.7.0"])
        .exits(3)
        .says("approval-missing")
        .says("hotfix approve INC-42");
    assert_eq!(scene.release("v1.6.0"), "open", "it ran before");
    scene.place.git(&["tag", "v1.6.1"]);
    assert_eq!(scene.release("v1.7.0"), "approval-missing", "one tag does not open the other");
    // Whoever says that it runs hears the same, before and after.
    let past = "It went out past the closed gate approval-missing: the fix lacks";
    scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.7.0"]).exits(0).says(past);
    assert_eq!(scene.release("v1.7.0"), "approval-missing");
    // A later release is not the one that brings it, and its own approval is owed late.
    scene.place.commit("news.md", "soon\n", "Some news");
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.git(&["tag", "v1.8.0"]);
    assert_eq!(scene.release("v1.8.0"), "open");
    scene.approve();
    assert_eq!(scene.release("v1.7.0"), "open");
    scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.7.0"]).exits(0).never_says("past the closed gate");
}

#[test]
fn a_hotfix_in_other_words_that_a_person_confirmed_is_agreed_to_before_it_ships() {
    let place = Place::with_origin();
    policy(&place, "main", "[release/*]");
    let shop = |one: &str, two: &str, three: &str| format!("fn f() {{\n    {one};\n    {two};\n    {three};\n}}\n");
    place.commit("shop.rs", &shop("one(alpha)", "broken(beta)", "three(gamma)"), "The shop");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["branch", "release/1.2"]);
    place.commit("shop.rs", &shop("uno(alpha)", "moved_on(beta, delta)", "tres(gamma)"), "Move on");
    place.git(&["push", "-q", "origin", "main", "release/1.2", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    let scene = Scene { place };
    scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", &shop("one(alpha)", "two(checked(beta))", "three(gamma)"), "INC-42: check beta");
    scene.attach();
    scene.place.git(&["switch", "-q", "main"]);
    let checked = shop("uno(alpha)", "moved_on(checked(beta), delta)", "tres(gamma)");
    let other = scene.place.commit("shop.rs", &checked, "INC-42: check beta");
    scene.place.git(&["push", "-q", "origin", "main"]);
    let confirm = ["verify", "INC-42", "--confirm", &other, "--reason", "in the words of main"];
    scene.place.hotfix_by(GRACE, &confirm).exits(0);
    let said = scene.place.hotfix(&["gate", "--release", "origin/main"]).exits(3);
    said.says("approval-missing").never_says("not-merged-back");
    // What ran before brings nothing of it.
    assert_eq!(scene.release("v1.2.0"), "open");
    scene.approve();
    assert_eq!(scene.release("origin/main"), "open");
}

#[test]
fn what_waits_for_the_normal_release_went_out_past_no_gate() {
    let scene = trunk();
    let answers: Vec<&str> =
        QUALIFIES.iter().map(|word| word.replace("users-blocked", "soft-deadline").leak() as &str).collect();
    scene.place.hotfix(&[&["check", "INC-42"], &answers[..]].concat()).exits(1).says("normal-release");
    scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
    scene.place.hotfix(&["fix", "INC-42", "main~1..main", "--proof", "test=x", "--guarded-by-flag", "no"]).exits(0);
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.git(&["tag", "v1.7.0"]);
    assert_eq!(scene.release("v1.7.0"), "open");
    let deployed = |more: &[&str]| scene.place.hotfix(&[&["deployed", "INC-42"], more].concat()).exits(0);
    deployed(&["--release", "v1.7.0"]).never_says("past the closed gate");
    deployed(&[]).never_says("past the closed gate");
    // A release that lacks what another incident owes is told with that one's name.
    scene.place.hotfix(&[&["check", "INC-43", "--production", "v1.6.0"], QUALIFIES].concat()).exits(0);
    let said = deployed(&["--release", "v1.7.0"]);
    said.says("past the closed gate fix-missing: INC-43: a hotfix was decided, and no fix is attached");
}

#[test]
fn what_a_name_says_of_a_pre_release_holds_until_somebody_says_that_it_runs() {
    let scene = Scene::approved();
    scene.place.git(&["tag", "v1.2.1-2"]);
    assert_eq!(scene.release("v1.2.1-2"), "open", "it holds the fix alone");
    scene.place.commit("news.md", "x\n", "One more thing");
    scene.place.git(&["tag", "v1.2.1-3"]);
    scene.place.git(&["tag", "v1.2.1-rc.1"]);
    // To some a bare number is a revision of what was shipped.
    let judged = scene.place.hotfix(&["gate", "--release", "v1.2.1-3"]).exits(1).says("change-unrecorded");
    judged.says("- it is judged as a release: its name says no rc, beta or the like");
    scene.place.hotfix(&["gate", "--release", "v1.2.1-rc.1"]).exits(0).says("- a pre-release runs nowhere");
    let deployed = scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1-rc.1"]).exits(0);
    deployed.says("It went out past the closed gate change-unrecorded:").says("One more thing");
    let judged = scene.place.hotfix(&["gate", "--release", "v1.2.1-rc.1"]).exits(1).says("change-unrecorded");
    judged.says("- it is judged as a release: somebody said that it was deployed");
}

#[test]
fn the_way_out_is_the_one_from_where_they_stand() {
    let scene = trunk();
    scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
    let fix = ["fix", "INC-42", "main~1..main", "--proof", "test=x", "--guarded-by-flag", "no"];
    let said = scene.place.hotfix(&fix).exits(0).never_says("HOTFIX-BRANCH");
    said.says("git tag NEXT-VERSION main    # it holds the fix");
    // What lies on a main that was not pushed is not brought there once more.
    scene.place.commit("news.md", "soon\n", "Some news");
    scene.place.git(&["tag", "v1.7.0"]);
    let said = scene.place.hotfix(&["gate", "--release", "v1.7.0"]).exits(1).says("change-unrecorded");
    said.says("git push origin main    # main has it here, and nowhere else yet").never_says("git switch main");
    // A tag is not mended by pushing.
    let scene = Scene::approved();
    scene.place.git(&["revert", "--no-edit", "HEAD"]);
    scene.place.git(&["tag", "v1.2.1"]);
    let said = scene.place.hotfix(&["gate", "--release", "v1.2.1"]).exits(1).says("fix-incomplete");
    said.says("git tag NEXT-VERSION COMMIT    # one that holds all of the fix").never_says("git push");
    // What was not over is not opened again, and no reason of it is on record.
    let said = scene.place.hotfix(&["reopen", "INC-42", "--reason", "it came back"]).exits(0);
    said.says("it is open, and was not over: nothing was recorded");
}

#[test]
fn what_two_people_waived_is_no_debt() {
    let scene = Scene::approved();
    scene.place.git(&["switch", "-q", "main"]);
    let other = scene.place.commit("shop.rs", &SHOP.replace("sum(all but first)", "ledger.sum()"), "Sum otherwise");
    scene.place.git(&["push", "-q", "origin", "main"]);
    assert_eq!(scene.release("origin/main"), "not-merged-back");
    let waive = ["verify", "INC-42", "--not-needed", "main", "--reason", "superseded", "--evidence", &other];
    scene.place.hotfix(&waive).exits(3);
    assert_eq!(scene.release("origin/main"), "not-merged-back", "one person settles nothing");
    scene.place.hotfix_by(GRACE, &waive).exits(0);
    assert_eq!(scene.release("origin/main"), "open");
    // The line of commits and the gate say the same of it.
    scene.place.git(&["push", "-q", "origin", "hotfix/INC-42:release/1.2"]);
    scene.place.git(&["fetch", "-q"]);
    scene.place.hotfix(&["gate", "--drift"]).exits(0);
    let drift = scene.place.json(&["drift", "release/1.2"]);
    assert_eq!((&drift["exit"]["code"], &drift["commits"][0]["is"]), (&0.into(), &"waived".into()), "{drift:#}");
    let settled = &scene.place.json(&["verify", "INC-42"])["targets"][0]["settled"];
    assert_eq!((&settled["how"], &settled["commit"]), (&"waived".into(), &other.as_str().into()), "{settled:#}");
    assert_eq!((&settled["by"][0]["name"], &settled["by"][1]["name"]), (&"Ada".into(), &"Grace".into()));
    // It is about main as they saw it.
    assert_eq!(scene.release("origin/main~1"), "not-merged-back");
    // The server has no remote, and calls main otherwise.
    scene.place.hotfix(&["sync"]).exits(0);
    let program = env!("CARGO_BIN_EXE_hotfix");
    let bare = scene.place.beside("origin.git");
    crate::place::said(scene.place.command(program, &bare, GRACE).args(["gate", "--release", "main"])).exits(0);
}

#[test]
fn the_drift_of_every_line_is_told_but_for_what_never_goes_back() {
    let scene = Scene::approved();
    scene.place.commit("CHANGELOG.md", "1.2.1\n", "Bump the version");
    scene.place.git(&["push", "-q", "origin", "HEAD:release/1.2"]);
    scene.place.git(&["fetch", "-q"]);
    let report = scene.place.json(&["gate", "--drift"]);
    let kinds: Vec<_> =
        report["answers"][0]["commits"].as_array().unwrap().iter().map(|one| one["is"].as_str().unwrap()).collect();
    assert_eq!((codes(&report).as_str(), kinds), ("drift", vec!["drifts", "carried"]));
    scene.place.hotfix(&["gate", "--drift"]).exits(1).says("is not on main").says("git cherry-pick -x");
    // Each has its own way there.
    let more = scene.place.commit("news.md", "later\n", "Later");
    scene.place.git(&["push", "-q", "origin", "HEAD:release/1.2"]);
    let said = scene.place.hotfix(&["gate", "--drift"]).exits(1);
    assert_eq!(said.out.matches("git cherry-pick -x").count(), 2, "{}", said.out);
    scene.place.git(&["revert", "--no-edit", &more]);
    scene.place.git(&["push", "-q", "origin", "HEAD:release/1.2"]);
    let said = scene.place.hotfix(&["gate", "--drift"]).exits(1);
    assert_eq!(said.out.matches("git cherry-pick -x").count(), 1, "{}", said.out);
    scene.place.git(&["switch", "-q", "main"]);
    scene.place.git(&["cherry-pick", "hotfix/INC-42~3"]);
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.hotfix(&["gate", "--drift", "--release", "origin/main"]).exits(0);
}

/// A line that main was fast-forwarded to has no commit of its own, and that is no sign that main holds everything.
#[test]
fn a_line_within_the_history_of_main_is_not_passed_over() {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\ntwo\nthree\n", "Old");
    place.commit("news.md", "x\n", "More");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["push", "-q", "origin", "main", "main:release/1.2"]);
    place.hotfix(&["sync"]).exits(0);
    place.hotfix(&["gate", "--drift"]).exits(0);
    place.commit("shop.rs", "one\ntwo is guarded\nthree\n", "Guard it");
    place.git(&["push", "-q", "origin", "main", "main:release/1.2"]);
    place.hotfix(&["gate", "--drift"]).exits(0);
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    let report = place.json(&["gate", "--drift"]);
    assert_eq!((codes(&report).as_str(), &report["exit"]["code"]), ("drift-unproven", &3.into()), "{report:#}");
    place.hotfix(&["gate", "--drift"]).exits(3).says("hotfix merged v1.2.0..release/1.2 --into main");
    assert_eq!(place.json(&["drift", "release/1.2"])["exit"]["code"], 3);
}
