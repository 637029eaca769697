//! Ways past the gate that people try.

use std::sync::Arc;

use hotfix::domain::event::{Decision, Event, Overridden, Payload};
use hotfix::domain::identity::ObjectId;
use hotfix::ledger::codec;

use super::{FIXED, SHOP, Scene, codes};
use crate::place::GRACE;
use crate::road::QUALIFIES;

#[test]
fn a_message_proves_nothing() {
    let scene = Scene::approved();
    scene.place.git(&["switch", "-q", "release/1.2"]);
    scene.place.commit(
        "shop.rs",
        &FIXED.replace("    7", "    0"),
        "INC-42: sum everything\n\nHotfix: INC-42\n(cherry picked from commit 0123456789)",
    );
    assert_eq!(scene.codes("HEAD"), "change-unrecorded");
    // And another message takes nothing away: the content was approved.
    scene.place.git(&["reset", "-q", "--hard", "origin/release/1.2"]);
    scene.place.git(&["cherry-pick", "-n", "hotfix/INC-42"]);
    scene.place.git(&["commit", "-q", "-m", "Chores"]);
    assert_eq!(scene.codes("HEAD"), "open");
}

#[test]
fn what_was_amended_after_the_approval_is_another_fix() {
    let scene = Scene::approved();
    scene.place.write("shop.rs", &FIXED.replace("    7", "    0"));
    scene.place.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded");
    scene.attach();
    assert_eq!(scene.codes("HEAD"), "approval-missing");
    scene.approve();
    assert_eq!(scene.codes("HEAD"), "open");
}

#[test]
fn one_commit_more_is_named() {
    let scene = Scene::approved();
    let more = scene.place.commit("price.rs", "free\n", "INC-42: sum everything");
    scene.change("HEAD").exits(1).says(&more[..10]);
    // Nor below the fix.
    scene.place.git(&["switch", "-q", "-c", "below", "origin/release/1.2"]);
    scene.place.commit("price.rs", "free\n", "INC-42");
    scene.place.git(&["cherry-pick", "hotfix/INC-42~1"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded");
    // Nor taken back again at once: it was in no review, and stays in history.
    scene.place.git(&["revert", "--no-edit", "HEAD~1"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded change-unrecorded");
}

#[test]
fn a_merge_that_carries_other_things_is_refused() {
    let scene = Scene::approved();
    let onto = |what: &str| {
        scene.place.git(&["switch", "-q", "-C", what, "origin/release/1.2"]);
        scene.place.git(&["merge", "-q", "--no-ff", "--no-edit", "hotfix/INC-42"]);
    };
    onto("honest");
    assert_eq!(scene.codes("HEAD"), "open");
    // In the merge itself.
    onto("evil");
    scene.place.write("shop.rs", &FIXED.replace("    7", "    0"));
    scene.place.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    scene.change("HEAD").exits(1).says("the merge itself changes shop.rs");
    // A new file in it.
    onto("evil-file");
    scene.place.write("door.rs", "open\n");
    scene.place.git(&["add", "door.rs"]);
    scene.place.git(&["commit", "-q", "--amend", "--no-edit"]);
    scene.change("HEAD").exits(1).says("the merge itself changes door.rs");
    // A merge that drops what it merges.
    scene.place.git(&["switch", "-q", "-C", "ours", "origin/release/1.2"]);
    scene.place.git(&["merge", "-q", "-s", "ours", "--no-edit", "hotfix/INC-42"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded fix-incomplete");
    // All of main beside the fix.
    onto("main-too");
    scene.place.git(&["merge", "-q", "--no-edit", "origin/main"]);
    scene.change("HEAD").exits(1).says("Some news");
    // Three at once.
    scene.place.git(&["switch", "-q", "-c", "side", "origin/release/1.2"]);
    scene.place.commit("side.rs", "x\n", "Side");
    scene.place.git(&["switch", "-q", "-C", "octopus", "origin/release/1.2"]);
    scene.place.git(&["merge", "-q", "--no-ff", "--no-edit", "hotfix/INC-42", "side"]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded change-unrecorded");
}

#[test]
fn the_approval_of_another_incident_covers_its_own_content_only() {
    let scene = Scene::approved();
    scene.place.hotfix(&[&["check", "INC-7"], QUALIFIES].concat()).exits(0);
    scene.place.commit("price.rs", "free\n", "INC-7");
    // INC-7 claims what INC-42 had approved, and one commit more.
    let proof = ["--proof", "test=x", "--guarded-by-flag", "no"];
    scene.place.hotfix(&[&["fix", "INC-7", "v1.2.0..HEAD"], &proof[..]].concat()).exits(0);
    assert_eq!(scene.codes("HEAD~1"), "open", "the content of INC-42 is approved, whoever claims it too");
    assert_eq!(scene.codes("HEAD"), "approval-missing");
    // Half of what INC-7 has is no fix of INC-7; half of INC-42 is none of INC-42.
    scene.place.hotfix_by(GRACE, &["approve", "INC-7"]).exits(0);
    assert_eq!(scene.codes("HEAD"), "open");
    scene.place.git(&["switch", "-q", "-c", "half", "origin/release/1.2"]);
    scene.place.git(&["cherry-pick", "hotfix/INC-42~0"]);
    assert_eq!(scene.codes("HEAD"), "fix-incomplete");
}

#[test]
fn an_incident_that_is_gone_opens_nothing() {
    let scene = Scene::approved();
    let change = ["gate", "--change", "origin/release/1.2..HEAD", "--onto", "release/1.2"];
    scene.place.hotfix_by(GRACE, &["void", "INC-42", "--reason", "false-alarm"]).exits(0);
    let report = scene.place.json(&change);
    assert_eq!(
        (codes(&report).as_str(), &report["answers"][0]["commits"][0]["incidents"][0]),
        ("incident-void", &"INC-42".into())
    );
    // Cut out of the ledger by hand, in this clone.
    let scene = Scene::approved();
    let root = scene.place.git(&["rev-list", "--max-parents=0", "refs/hotfix/ledger"]);
    scene.place.git(&["update-ref", "refs/hotfix/ledger", &root]);
    assert_eq!(scene.codes("HEAD"), "open", "what was verified as shared is never forgotten");
    scene.place.git(&["update-ref", "refs/hotfix-local/shared", &root]);
    assert_eq!(scene.codes("HEAD"), "change-unrecorded");
    // All of it: then it is unknown, and that is no pass.
    scene.place.git(&["update-ref", "-d", "refs/hotfix/ledger"]);
    scene.place.git(&["update-ref", "-d", "refs/hotfix-local/shared"]);
    std::fs::remove_dir_all(scene.place.path().join(".git/hotfix")).unwrap();
    scene.change("HEAD").exits(4).says("never fetched the ledger");
}

#[test]
fn a_name_that_looks_like_something_else_is_what_it_is() {
    let scene = Scene::decided();
    let place = &scene.place;
    place.git(&["switch", "-q", "release/1.2"]);
    place.commit("shop.rs", FIXED, "Quick");
    let ask = |onto: &str, range: &str| codes(&place.json(&["gate", "--change", range, "--onto", onto]));
    // A tag, and a branch of another kind, named like the base.
    place.git(&["tag", "origin/release/1.2", "HEAD"]);
    let base = place.git(&["rev-parse", "refs/remotes/origin/release/1.2"]);
    assert_eq!(ask("release/1.2", &format!("{base}..HEAD")), "change-unrecorded");
    assert_eq!(ask("refs/heads/release/1.2", &format!("{base}..HEAD")), "change-unrecorded");
    // A line of its own name for a release that is another's.
    let zero = "0".repeat(40);
    assert_eq!(ask("release/v1.2", &format!("{zero}..HEAD")), "change-unrecorded");
    place.git(&["switch", "-q", "--orphan", "nowhere"]);
    place.commit("shop.rs", SHOP, "From nothing");
    assert_eq!(ask("release/1.2.x", &format!("{zero}..HEAD")), "release-rewritten");
    // Main's name on something that is no main.
    place.git(&["tag", "main", "HEAD"]);
    assert_eq!(ask("release/1.2", &format!("{base}..HEAD")), "change-unrecorded");
}

/// Puts an event of one's own making on the ledger.
fn forge(scene: &Scene, change: impl FnOnce(&mut Event)) {
    let git = git2::Repository::open(scene.place.path()).unwrap();
    let tip = git.refname_to_id("refs/hotfix/ledger").unwrap();
    let found = git.find_commit(tip).unwrap();
    let mut event = codec::decode(found.message_raw_bytes()).unwrap();
    event.id = "019cb6f0-9b40-7000-8000-00000000000a".into();
    change(&mut event);
    let on: ObjectId = tip.to_string().parse().unwrap();
    let mut kept = git.treebuilder(None).unwrap();
    for id in event.payload.keeps() {
        kept.insert(id.to_string(), git2::Oid::from_bytes(id.as_bytes()).unwrap(), 0o100_644).unwrap();
    }
    let tree = kept.write().unwrap().to_string().parse().unwrap();
    let bytes = codec::event_commit(&event, tree, Some(on)).unwrap();
    let id = git.odb().unwrap().write(git2::ObjectType::Commit, &bytes).unwrap();
    git.reference("refs/hotfix/ledger", id, true, "").unwrap();
}

#[test]
fn a_decision_that_this_program_did_not_take_opens_nothing() {
    let scene = Scene::new();
    scene.place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    forge(&scene, |event| {
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.decision = Decision::Hotfix;
        checked.rule = Some("production-down".to_owned());
    });
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "Sum everything");
    scene.attach();
    scene.approve();
    scene.change("HEAD").exits(1).says("record-doubtful").says("hotfix audit");
}

#[test]
fn an_approval_that_was_skipped_by_hand_by_somebody_who_may_not_opens_nothing() {
    let scene = Scene::new();
    let text = std::fs::read_to_string(scene.place.path().join("policy/hotfix.yaml")).unwrap();
    assert!(text.contains("\n  by: [anyone]"), "{text}");
    let strict = text
        .replace("\n  by: [anyone]", "\n  by: [lead]")
        .replace("\nbranches:", "\nroles: { lead: { members: [lena@example.com] } }\n\nbranches:");
    scene.place.commit("policy/hotfix.yaml", &strict, "Only Lena skips");
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.git(&["switch", "-q", "release/1.2"]);
    scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "Sum everything");
    scene.attach();
    scene.place.hotfix(&["override", "INC-42", "--gate", "approval-missing", "--reason", "now"]).exits(1);
    forge(&scene, |event| {
        event.texts.clear();
        let until = event.at + chrono::TimeDelta::hours(5);
        event.payload = Payload::Overridden(Overridden { gate: "approval-missing".to_owned(), until, fix: None });
    });
    assert_eq!(scene.codes("HEAD"), "approval-missing");
}

#[test]
fn whoever_opens_an_incident_under_a_policy_of_their_own_meets_the_teams_one() {
    let scene = Scene::new();
    let text = std::fs::read_to_string(scene.place.path().join("policy/hotfix.yaml")).unwrap();
    assert!(text.contains("needs: { anyone: 1 }"), "{text}");
    scene.place.commit(
        "policy/hotfix.yaml",
        &text.replace("needs: { anyone: 1 }", "needs: { anyone: 2 }"),
        "Two of us",
    );
    scene.place.git(&["push", "-q", "origin", "main"]);
    // A clone whose trusted ref is the old one.
    scene.place.git(&["branch", "mine", "main~1"]);
    scene.place.git(&["config", "hotfix.trustedRef", "refs/heads/mine"]);
    scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "Sum everything");
    scene.attach();
    scene.approve();
    assert_eq!(scene.codes("HEAD"), "open", "here it is the policy");
    scene.place.git(&["config", "--unset", "hotfix.trustedRef"]);
    assert_eq!(scene.codes("HEAD"), "approval-missing");
    // One that is on no trusted branch at all.
    scene.place.git(&["switch", "-q", "mine"]);
    scene.place.commit("policy/hotfix.yaml", &format!("{text}# mine\n"), "Mine");
    scene.place.git(&["config", "hotfix.trustedRef", "refs/heads/mine"]);
    scene.place.hotfix(&[&["check", "INC-43"], QUALIFIES].concat()).exits(0);
    scene.place.git(&["config", "--unset", "hotfix.trustedRef"]);
    scene.place.git(&["switch", "-q", "hotfix/INC-42"]);
    let proof = ["--proof", "test=x", "--guarded-by-flag", "no"];
    scene.place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    scene.place.hotfix(&[&["fix", "INC-43", "v1.2.0..HEAD"], &proof[..]].concat()).exits(0);
    let found = scene.codes("HEAD");
    assert!(found.contains("record-doubtful") && found.contains("approval-missing"), "{found}");
}

/// A policy that is stricter here and looser there would leave the choice to whoever says when it started.
#[test]
fn whoever_says_when_it_started_does_not_choose_the_policy() {
    let scene = Scene::new();
    let text = std::fs::read_to_string(scene.place.path().join("policy/hotfix.yaml")).unwrap();
    let mixed = text
        .replace("needs: { anyone: 1 }", "needs: { anyone: 2 }")
        .replace("\nversion: 1", "\nversion: 2")
        .replace("expires_after: 24h", "expires_after: 72h");
    scene.place.commit("policy/hotfix.yaml", &mixed, "Two of us, and longer overrides");
    scene.place.git(&["push", "-q", "origin", "main"]);
    let before = (chrono::Utc::now() - chrono::TimeDelta::minutes(10)).to_rfc3339();
    let check = scene.place.hotfix(&[&["check", "INC-42", "--started", &before], QUALIFIES].concat()).exits(0);
    check.says("The policy came to origin/main after the incident started");
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "Sum everything");
    scene.attach();
    scene.approve();
    assert_eq!(scene.codes("HEAD"), "approval-missing");
}
