//! One incident on several release lines, and several attempts on one.

use super::{FIXED, SHOP, Scene, codes};
use crate::place::{GRACE, Place};
use crate::road::{QUALIFIES, policy};

const OLDER: &str = "//! The shop.\n\nfn total() {\n    sum_of_all(without(first))\n}\n\nfn shipping() {\n    2\n}\n";
const OLDER_FIXED: &str =
    "//! The shop.\n\nfn total() {\n    sum_of_all(with_everything())\n}\n\nfn shipping() {\n    2\n}\n";

/// The fix of INC-42 is out on release 1.2; release 1.1 has the fault too, in older words.
fn on_the_newer_line() -> Scene {
    let place = Place::with_origin();
    policy(&place, "main", "[release/*]");
    place.commit("shop.rs", OLDER, "The shop");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["branch", "release/1.1"]);
    place.commit("shop.rs", SHOP, "The shop, better said");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["branch", "release/1.2"]);
    place.commit("news.md", "soon\n", "Some news");
    place.git(&["push", "-q", "origin", "main", "release/1.1", "release/1.2", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", FIXED, "INC-42: sum everything");
    let scene = Scene { place };
    scene.attach();
    scene.approve();
    scene.place.git(&["tag", "v1.2.1"]);
    scene.place.git(&["push", "-q", "origin", "HEAD:release/1.2", "v1.2.1"]);
    scene.place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    scene
}

fn onto(scene: &Scene, line: &str, new: &str) -> String {
    let range = format!("origin/{line}..{new}");
    codes(&scene.place.json(&["gate", "--change", &range, "--onto", line]))
}

#[test]
fn an_older_line_gets_the_fix_in_its_own_words() {
    let scene = on_the_newer_line();
    let place = &scene.place;
    place.git(&["switch", "-q", "-c", "back", "v1.1.0"]);
    place.commit("shop.rs", OLDER_FIXED, "INC-42: sum everything, on 1.1");
    assert_eq!(onto(&scene, "release/1.1", "back"), "change-unrecorded");
    let fix = ["fix", "INC-42", "v1.1.0..back", "--proof", "test=totals", "--guarded-by-flag", "no"];
    place.hotfix(&fix).exits(1).says("fix-still-released").says("hotfix start INC-42 --from v1.1.0");
    place.hotfix(&["start", "INC-42", "--from", "v1.1.0"]).exits(0);
    place.git(&["cherry-pick", "back"]);
    place.commit("more.rs", "1\n", "INC-42: and more, on 1.1");
    scene.attach();
    assert_eq!(onto(&scene, "release/1.1", "HEAD"), "approval-missing");
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    // Each line holds what was made for it, and all of that.
    assert_eq!(onto(&scene, "release/1.1", "HEAD"), "open");
    assert_eq!(onto(&scene, "release/1.1", "HEAD~1"), "fix-incomplete");
    assert_eq!(scene.release("v1.2.1"), "open");
    place.git(&["tag", "v1.1.1"]);
    place.git(&["push", "-q", "origin", "HEAD:release/1.1", "v1.1.1"]);
    assert_eq!(scene.release("v1.1.1"), "open");
    place.git(&["tag", "v1.1.2", "HEAD~1"]);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.2"]).exits(1).says("release-lacks-fix");
    place.git(&["tag", "-d", "v1.1.2"]);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    // What was made for the older line does not hide that the newer one loses its own.
    place.git(&["switch", "-q", "-c", "lost", "v1.2.1"]);
    place.commit("shop.rs", &FIXED.replace("sum(all)", "sum(none)"), "Quick and dirty");
    assert!(onto(&scene, "release/1.2", "lost").contains("change-unrecorded"));
    // A release cut from main comes after both: it must hold both, or people say why not.
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "v1.2.1"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["verify", "INC-42"]).exits(1).says("merged on origin/release/1.2").says("more.rs:1");
}

#[test]
fn what_stands_on_an_earlier_attempt_needs_it_on_every_line() {
    let scene = on_the_newer_line();
    let place = &scene.place;
    place.git(&["switch", "-q", "main"]);
    // The next release holds the fix under another id, and a further attempt stands on that.
    place.git(&["cherry-pick", "v1.2.1"]);
    place.git(&["tag", "v1.3.0"]);
    place.git(&["push", "-q", "origin", "main", "main:refs/heads/release/1.3", "v1.3.0"]);
    place.git(&["fetch", "-q"]);
    place.hotfix(&["start", "INC-42", "--from", "v1.3.0"]).exits(0);
    place.commit("more.rs", "1\n", "INC-42: and more");
    scene.attach();
    scene.approve();
    assert_eq!(onto(&scene, "release/1.3", "HEAD"), "open");
    place.commit("shop.rs", SHOP, "Back to the fault");
    let found = onto(&scene, "release/1.3", "HEAD");
    assert!(found.contains("fix-incomplete"), "{found}");
}

#[test]
fn an_attempt_that_takes_the_place_of_another_asks_for_its_withdrawal() {
    let scene = Scene::attached();
    let place = &scene.place;
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", &FIXED.replace("sum(all)", "sum_of(all)"), "INC-42: sum everything, in better words");
    scene.attach();
    scene.approve();
    let refused = scene.change("HEAD").exits(1).says("fix-incomplete");
    refused.says("hotfix fix INC-42 --withdraw 1    # if attempt 2 takes its place");
    place.git(&["tag", "v1.2.1"]);
    let refused = place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(1).says("release-lacks-fix");
    refused.says("hotfix fix INC-42 --withdraw 1    # if attempt 2 takes its place");
    place.git(&["tag", "-d", "v1.2.1"]);
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    scene.approve();
    assert_eq!(scene.codes("HEAD"), "open");
}
