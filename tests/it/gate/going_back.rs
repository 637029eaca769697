//! What only goes back needs nobody's word, and what an incident rolled back is not shipped again.

use super::{FIXED, SHOP, Scene, codes};
use crate::place::Place;
use crate::road::{QUALIFIES, policy};

const BROKEN: &str = "//! The shop.\n\nfn total() {\n    2 * sum(all)\n}\n";
const GOOD: &str = "//! The shop.\n\nfn total() {\n    sum(all)\n}\n";

/// v1.2.0 was good; v1.2.1 brought a fault and something harmless. INC-42 rolled it back, and the release line has it still.
fn rolled_back() -> Scene {
    let place = Place::with_origin();
    policy(&place, "main", "[release/*]");
    place.commit("shop.rs", GOOD, "The shop");
    place.git(&["tag", "v1.2.0"]);
    place.commit("shop.rs", BROKEN, "Faster");
    place.commit("news.md", "soon\n", "Some news");
    place.git(&["tag", "v1.2.1"]);
    place.git(&["branch", "release/1.2"]);
    place.git(&["push", "-q", "origin", "main", "release/1.2", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.git(&["switch", "-q", "release/1.2"]);
    let scene = Scene { place };
    scene.place.hotfix(&[&["check", "INC-41"], QUALIFIES].concat()).exits(0);
    scene.place.hotfix(&["void", "INC-41", "--reason", "false-alarm"]).exits(0);
    scene.place.git(&["revert", "--no-edit", "HEAD~1"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded", "nobody rolled back yet");
    scene.place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scene.place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    scene.place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    scene
}

/// What stands in the way of releasing what is checked out as v1.2.2.
fn patch(scene: &Scene) -> String {
    scene.place.git(&["tag", "-f", "v1.2.2"]);
    scene.release("v1.2.2")
}

#[test]
fn a_revert_of_what_was_rolled_back_comes_to_the_line() {
    let scene = rolled_back();
    scene.place.git(&["revert", "--no-edit", "HEAD~1"]);
    let report = scene.place.json(&["gate", "--change", "origin/release/1.2..HEAD", "--onto", "release/1.2"]);
    assert_eq!(codes(&report), "open");
    assert_eq!(report["answers"][0]["commits"][0]["is"], "goes-back");
    assert_eq!(report["answers"][0]["incidents"][0], "INC-42");
    // As a release it still holds the news that came with the fault: somebody says that this commit is what mends it.
    assert_eq!(patch(&scene), "rolled-back-inside");
    scene.place.hotfix(&["cause", "INC-42", "--fixed-by", "HEAD"]).exits(0);
    assert_eq!(patch(&scene), "open");
    // A revert with something beside it is no revert.
    scene.place.write("shop.rs", &GOOD.replace("all", "most"));
    scene.place.git(&["commit", "-q", "--amend", "--all", "--no-edit"]);
    assert!(scene.codes("HEAD").contains("change-unrecorded"));
}

#[test]
fn all_of_it_may_go_and_then_nothing_is_owed_for_the_release() {
    let scene = rolled_back();
    scene.place.git(&["revert", "--no-edit", "v1.2.0..HEAD"]);
    assert_eq!(scene.codes("HEAD"), "open");
    assert_eq!(patch(&scene), "open");
}

#[test]
fn another_hotfix_does_not_ship_again_what_was_rolled_back() {
    let scene = rolled_back();
    scene.place.hotfix(&[&["check", "INC-43"], QUALIFIES].concat()).exits(0).says("passed over   v1.2.1");
    scene.place.hotfix(&["start", "INC-43"]).exits(0);
    scene.place.commit("tax.rs", "7\n", "INC-43: taxes");
    let attached = scene.place.hotfix(&["fix", "INC-43", "--proof", "test=x", "--guarded-by-flag", "no"]).exits(0);
    attached.says("release/1.2 holds v1.2.1, which INC-42 rolled back").says("git revert COMMIT");
    scene.place.hotfix_by(crate::place::GRACE, &["approve", "INC-43"]).exits(0);
    let merged = |name: &str| {
        scene.place.git(&["switch", "-q", "-c", name, "release/1.2"]);
        scene.place.git(&["merge", "-q", "--no-edit", "hotfix/INC-43"]);
    };
    merged("shipping");
    assert_eq!(scene.codes("HEAD"), "rolled-back-inside");
    assert_eq!(patch(&scene), "rolled-back-inside");
    let deployed = scene.place.hotfix(&["deployed", "INC-43", "--release", "v1.2.2"]).exits(0);
    deployed.says("v1.2.2 holds v1.2.1, which INC-42 rolled back");
    // The ways out: it is taken out of the line first, a flag keeps it off, or production runs it again.
    scene.place.git(&["switch", "-q", "release/1.2"]);
    scene.place.git(&["revert", "--no-edit", "v1.2.0..HEAD"]);
    merged("mended");
    assert_eq!(scene.codes("HEAD"), "open");
    scene.place.git(&["switch", "-q", "shipping"]);
    assert_eq!(scene.codes("HEAD"), "rolled-back-inside");
    let flag = ["cause", "INC-42", "--flag", "fast", "--owner", "Ada", "--remove-by", "2199-01-01"];
    scene.place.hotfix(&flag).exits(0);
    assert_eq!(scene.codes("HEAD"), "open");
}

#[test]
fn a_fix_that_was_wrong_is_taken_back_without_anybodys_word() {
    let scene = Scene::decided();
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
    scene.place.commit("more.rs", "1\n", "INC-42: and more");
    scene.attach();
    scene.approve();
    let scene = scene.guarded("pre-receive");
    scene.push(&["HEAD:release/1.2", "HEAD:refs/tags/v1.2.1"]).exits(0);
    scene.place.git(&["fetch", "-q", "--tags"]);
    scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    let withdraw = ["fix", "INC-42", "--withdraw", "1"];
    scene.place.hotfix(&withdraw).exits(1).says("fix-still-released");
    // Half of it is something else that nobody agreed to.
    scene.place.git(&["revert", "--no-edit", "HEAD"]);
    scene.push(&["HEAD:release/1.2"]).exits(1).says("fix-incomplete");
    scene.place.git(&["revert", "--no-edit", "HEAD~2"]);
    assert_eq!(std::fs::read_to_string(scene.place.path().join("shop.rs")).unwrap(), SHOP);
    // It is no attempt of its own: together with the first nothing would be left to prove.
    scene.place.git(&["branch", "-q", "back"]);
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.git(&["reset", "-q", "--hard", "back"]);
    let again = ["fix", "INC-42", "HEAD~2..HEAD", "--proof", "test=x", "--guarded-by-flag", "no"];
    scene.place.hotfix(&again).exits(1).says("this takes attempt 1 back, and together they change nothing");
    scene.push(&["back:release/1.2", "back:refs/tags/v1.2.2"]).exits(0);
    scene.place.git(&["fetch", "-q", "--tags"]);
    scene.place.hotfix(&withdraw).exits(0);
    // The incident ends another way.
    scene.place.hotfix(&["check", "INC-42", "--production", "v1.2.2", "--set", "roll-back=yes"]).exits(1);
    scene.place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    let close = scene.place.hotfix(&["close", "INC-42"]).exits(1).never_says("fix-missing");
    close.never_says("release-holds-more").says("cause-open");
}

#[test]
fn a_line_that_was_deleted_does_not_begin_anew_before_its_releases() {
    let scene = Scene::approved().guarded("pre-receive");
    scene.push(&["HEAD:release/1.2", "HEAD:refs/tags/v1.2.1"]).exits(0);
    scene.push(&["--delete", "release/1.2"]).exits(0);
    let refused = scene.push(&["v1.2.0:refs/heads/release/1.2"]).exits(1);
    refused.says("release/1.2 would begin without v1.2.1").says("git push origin v1.2.1:refs/heads/release/1.2");
    scene.push(&["HEAD:refs/heads/release/1.2"]).exits(0);
}

#[test]
fn between_two_commits_of_a_fix_is_nothing_that_ran_before() {
    let scene = Scene::decided();
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", &FIXED.replace("sum(all)", "sum(nearly all)"), "INC-42: sum nearly everything");
    scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
    scene.attach();
    scene.approve();
    scene.place.git(&["push", "-q", "origin", "HEAD:release/1.2"]);
    scene.place.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded");
    scene.place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scene.place.git(&["revert", "--no-commit", "HEAD", "HEAD~1"]);
    scene.place.git(&["commit", "-q", "-m", "Take INC-42 back"]);
    assert_eq!(scene.codes("HEAD"), "open");
}

#[test]
fn the_release_before_what_broke_is_released_again_without_anybodys_word() {
    let place = Place::with_origin();
    policy(&place, "main", "[release/*]");
    place.commit("shop.rs", GOOD, "The shop");
    place.git(&["tag", "v1.1.0"]);
    place.commit("shop.rs", BROKEN, "Faster");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    let scene = Scene { place };
    scene.place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1).says("last good     v1.1.0");
    let said = scene.place.hotfix(&["gate", "--release", "v1.1.0"]).exits(0);
    said.says("- it ran before what INC-42 is about: it only goes back");
    assert_eq!(scene.release("v1.2.0"), "cause-open");
    scene.place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    assert_eq!(scene.release("v1.1.0"), "open");
    // What stands where that one did, and is new, never ran.
    scene.place.git(&["tag", "v1.1.1", "v1.1.0"]);
    assert_eq!(scene.release("v1.1.1"), "cause-open");
    // It never held what main mends.
    let mends = scene.place.commit("shop.rs", GOOD, "Slower");
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.hotfix(&["cause", "INC-42", "--fixed-by", &mends]).exits(0);
    assert_eq!(scene.release("v1.1.0"), "open");
    assert_eq!(scene.release("v1.2.0"), "not-merged-back");
    assert_eq!(scene.release("origin/main"), "open");
}

#[test]
fn the_release_before_a_fix_that_made_it_worse_is_released_again() {
    let scene = Scene::approved();
    scene.place.git(&["tag", "v1.2.1", "hotfix/INC-42"]);
    scene.place.git(&["push", "-q", "origin", "v1.2.1", "hotfix/INC-42:release/1.2"]);
    scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    let said = scene.place.hotfix(&["gate", "--release", "v1.2.0"]).exits(0);
    said.says("- it ran before what INC-42 is about: it only goes back");
    // What is new is no going back, and a new line is made for what comes to it.
    assert_eq!(scene.release("origin/main"), "not-merged-back");
    let line = ["gate", "--change", &format!("{}..v1.2.0~1", "0".repeat(40)), "--onto", "release/1.3"];
    assert_eq!(codes(&scene.place.json(&line)), "not-merged-back");
    // Production was rolled back from v1.2.0 after all: it is what broke.
    scene.place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    assert_eq!(scene.release("v1.2.0"), "not-merged-back");
}

#[test]
fn a_new_release_of_what_broke_is_no_going_back() {
    let scene = Scene::approved();
    scene.place.git(&["tag", "v1.2.1", "hotfix/INC-42"]);
    scene.place.git(&["push", "-q", "origin", "v1.2.1", "hotfix/INC-42:release/1.2"]);
    scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    for new in ["v1.2.2", "v1.3.0"] {
        scene.place.git(&["tag", new, "v1.2.0"]);
        assert_eq!(scene.release(new), "not-merged-back", "{new}");
    }
    // A commit is a release to come, whatever is tagged there.
    assert_eq!(scene.release("v1.2.0~0"), "not-merged-back");
    assert_eq!(scene.release("v1.2.0"), "open");
    // Once the fix helped, what broke stays behind.
    scene.place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    assert_eq!(scene.release("v1.2.0"), "not-merged-back");
}
