//! What may come to a release line.

use super::{FIXED, SHOP, Scene, codes};
use crate::place::{GRACE, Place};
use crate::road::{QUALIFIES, policy};

#[test]
fn an_approved_fix_comes_to_its_line() {
    let scene = Scene::approved();
    scene.change("hotfix/INC-42").exits(0).says("release/1.2: open (INC-42)");
    let report =
        scene.place.json(&["gate", "--change", "origin/release/1.2..HEAD", "--onto", "refs/heads/release/1.2"]);
    let answer = &report["answers"][0];
    assert_eq!(
        (&answer["subject"], &answer["verdict"], &answer["name"]),
        (&"change".into(), &"open".into(), &"release/1.2".into())
    );
    assert_eq!((&answer["commits"][0]["is"], &answer["commits"][0]["incidents"][0]), (&"fix".into(), &"INC-42".into()));
}

#[test]
fn what_lacks_is_said_with_its_code_and_the_next_command() {
    let scene = Scene::attached();
    scene.change("HEAD").exits(3).says("[wait] approval-missing").says("hotfix approve INC-42");
    scene.approve();
    scene.change("HEAD").exits(0);
    scene.place.hotfix_by(GRACE, &["approve", "INC-42", "--reject", "--reason", "it rounds wrong"]).exits(0);
    scene.change("HEAD").exits(1).says("[no] approval-rejected").says("hotfix approve INC-42 --withdraw");
}

#[test]
fn a_commit_that_no_incident_holds_is_named_with_its_place() {
    let scene = Scene::decided();
    scene.place.git(&["switch", "-q", "release/1.2"]);
    let quick = scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
    let news = scene.place.commit("news.md", "x\n", "News");
    let said = scene.change("HEAD").exits(1).says("change-unrecorded");
    for commit in [&quick, &news] {
        assert!(said.out.contains(&commit[..10]), "{}", said.out);
    }
    said.says("hotfix check INCIDENT && hotfix fix INCIDENT").says("git switch main");
    let report = scene.place.json(&["gate", "--change", "origin/release/1.2..HEAD", "--onto", "release/1.2"]);
    let finding = &report["answers"][0]["findings"][0];
    assert_eq!((&finding["path"], &finding["line"], &finding["commit"]), (&"shop.rs".into(), &7.into(), &quick.into()));
}

#[test]
fn what_concerns_no_release_passes() {
    let scene = Scene::new();
    scene.place.commit("shop.rs", FIXED, "Anything");
    for onto in ["main", "topic", "refs/heads/topic"] {
        scene.place.hotfix(&["gate", "--change", "origin/main..HEAD", "--onto", onto]).exits(0).says("no release line");
    }
    // Neither does what prepares a release that was not made yet.
    scene.place.git(&["push", "-q", "origin", "HEAD:refs/heads/release/1.3"]);
    scene
        .place
        .hotfix(&["gate", "--change", "origin/release/1.3~1..HEAD", "--onto", "release/1.3"])
        .exits(0)
        .says("planned");
    scene.change("origin/release/1.2").exits(0).says("nothing new");
}

#[test]
fn a_squash_a_pick_and_a_rebase_carry_the_same_content() {
    let scene = Scene::decided();
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    let halfway = FIXED.replace("    7", "    19 / 100");
    scene.place.commit("shop.rs", FIXED, "One");
    scene.place.commit("shop.rs", &halfway, "Two");
    scene.attach();
    scene.approve();
    scene.place.git(&["switch", "-q", "release/1.2"]);
    scene.place.git(&["merge", "-q", "--squash", "hotfix/INC-42"]);
    scene.place.git(&["commit", "-q", "-m", "squashed"]);
    assert_eq!(scene.codes("HEAD"), "open");
    scene.place.git(&["reset", "-q", "--hard", "origin/release/1.2"]);
    // The line moved on at another place of the file: other blobs, the same change.
    scene.place.commit("shop.rs", &format!("// The shop.\n\n\n\n{SHOP}"), "Moved on");
    scene.place.git(&["push", "-q", "origin", "release/1.2"]);
    scene.place.git(&["cherry-pick", "release/1.2..hotfix/INC-42"]);
    assert_eq!(scene.codes("HEAD"), "open");
    scene.place.git(&["reset", "-q", "--hard", "origin/release/1.2"]);
    scene.place.git(&["merge", "-q", "--no-edit", "hotfix/INC-42"]);
    assert_eq!(scene.codes("HEAD"), "open");
}

#[test]
fn a_version_bump_needs_no_incident() {
    let scene = Scene::approved();
    scene.place.commit("CHANGELOG.md", "1.2.1\n", "Bump the version");
    scene.place.git(&["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    let report = scene.place.json(&["gate", "--change", "origin/release/1.2..HEAD", "--onto", "release/1.2"]);
    let kinds: Vec<_> =
        report["answers"][0]["commits"].as_array().unwrap().iter().map(|one| one["is"].as_str().unwrap()).collect();
    assert_eq!((codes(&report).as_str(), kinds), ("open", vec!["fix", "carried", "carried"]));
}

#[test]
fn a_fix_of_another_decision_is_refused_with_that_decision() {
    let scene = Scene::approved();
    for (answers, code) in [
        (&["--set", "roll-back=yes"][..], "roll-back-first"),
        (
            &["--set", "roll-back=tried", "--set", "roll-back.evidence=it did not help", "--set", "flag-off=yes"],
            "flag-off-first",
        ),
    ] {
        scene.place.hotfix(&[&["check", "INC-42"], answers].concat()).exits(1);
        scene.change("HEAD").exits(1).says(code).says("hotfix check INC-42 --again");
    }
}

#[test]
fn a_part_of_the_fix_is_not_what_was_approved() {
    let scene = Scene::decided();
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "The sum");
    scene.place.commit("guard.rs", "fn guard() {}\n", "And its guard");
    scene.attach();
    scene.approve();
    assert_eq!(scene.codes("HEAD"), "open");
    scene.change("HEAD~1").exits(1).says("fix-incomplete").says("hotfix show INC-42");
}

#[test]
fn git_flow_releases_from_its_production_branch() {
    let place = Place::with_origin();
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["branch", "-q", "develop"]);
    place.git(&["tag", "v1.2.0"]);
    place.git(&["switch", "-q", "develop"]);
    policy(&place, "develop", "[main]");
    place.commit("news.md", "soon\n", "A feature");
    place.git(&["push", "-q", "origin", "main", "develop", "--tags"]);
    place.git(&["remote", "set-head", "origin", "develop"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let ask = |new: &str| codes(&place.json(&["gate", "--change", &format!("origin/main..{new}"), "--onto", "main"]));
    // A planned release is what develop holds.
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-ff", "--no-edit", "develop"]);
    assert_eq!(ask("HEAD"), "open");
    place.commit("shop.rs", FIXED, "And a quick one");
    assert_eq!(ask("HEAD"), "change-unrecorded");
    // What forked from an old develop is no release of develop.
    place.git(&["reset", "-q", "--hard", "origin/main"]);
    place.git(&["switch", "-q", "-c", "quick", "main"]);
    place.commit("shop.rs", FIXED, "Quick");
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-ff", "--no-edit", "quick"]);
    assert_eq!(ask("HEAD"), "change-unrecorded");
}

#[test]
fn an_unknown_ledger_or_a_cut_off_history_is_no_pass() {
    let scene = Scene::approved();
    scene.place.git(&["push", "-q", "origin", "hotfix/INC-42"]);
    let beside = scene.place.beside("");
    let url = format!("file://{}", scene.place.beside("origin.git").display());
    let gate = |directory: &str, arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_hotfix");
        crate::place::said(
            scene.place.command(program, &scene.place.beside(directory), GRACE).arg("gate").args(arguments),
        )
    };
    let change = ["--change", "origin/release/1.2..origin/hotfix/INC-42", "--onto", "release/1.2"];
    // A clone has no ledger until it is fetched.
    scene.place.git_in(&beside, &["clone", "-q", &url, "fresh"]);
    let said = gate("fresh", &change).exits(4).says("never fetched the ledger");
    let fetch =
        "git fetch --tags origin '+refs/heads/*:refs/remotes/origin/*' '+refs/hotfix/ledger*:refs/hotfix/ledger*'";
    said.says(fetch);
    sh(&scene.place, "fresh", fetch);
    gate("fresh", &change).exits(0);
    // What concerns no release does not need it.
    scene.place.git_in(&beside, &["clone", "-q", "--depth", "1", &url, "shallow"]);
    gate("shallow", &["--change", "HEAD..HEAD", "--onto", "main"]).exits(0);
    let said = gate("shallow", &change).exits(4).says("git fetch --unshallow --tags origin");
    let hint = said.err.lines().find_map(|line| line.trim().strip_prefix("hint: ")).unwrap().to_owned();
    sh(&scene.place, "shallow", &hint);
    gate("shallow", &change).exits(0);
    // One that is only a few commits deep knows the commits, and not what they stand on.
    scene.place.git_in(&beside, &["clone", "-q", "--depth", "2", "--no-single-branch", &url, "deeper"]);
    gate("deeper", &change).exits(4).says("--unshallow");
    gate("deeper", &["--release", "origin/main"]).exits(4).says("--unshallow");
    gate("deeper", &["--drift"]).exits(4).says("--unshallow");
    // Objects that were left out are not read, and that is said.
    scene.place.git(&["config", "--global", "--list"]);
    scene.place.git_in(&scene.place.beside("origin.git"), &["config", "uploadpack.allowFilter", "true"]);
    scene.place.git_in(&beside, &["clone", "-q", "--filter=blob:none", "--no-checkout", &url, "partial"]);
    sh(&scene.place, "partial", fetch);
    gate("partial", &change).exits(4).says("--filter");
}

/// Types a command that a hint gave.
fn sh(place: &Place, directory: &str, command: &str) {
    let said = crate::place::said(place.command("sh", &place.beside(directory), GRACE).args(["-c", command]));
    said.exits(0);
}

#[test]
fn a_bare_repository_and_a_linked_worktree_answer_alike() {
    let scene = Scene::approved();
    scene.place.git(&["push", "-q", "origin", "hotfix/INC-42"]);
    let program = env!("CARGO_BIN_EXE_hotfix");
    let bare = scene.place.beside("origin.git");
    let gate = |directory: &std::path::Path, range: &str| {
        let arguments = ["gate", "--change", range, "--onto", "release/1.2"];
        crate::place::said(scene.place.command(program, directory, GRACE).args(arguments))
    };
    gate(&bare, "release/1.2..hotfix/INC-42").exits(0).says("open (INC-42)");
    gate(&bare, "release/1.2..main").exits(1).says("change-unrecorded");
    scene.place.git(&["worktree", "add", "-q", "--detach", "../linked", "main"]);
    gate(&scene.place.beside("linked"), "origin/release/1.2..hotfix/INC-42").exits(0);
}

#[test]
fn the_command_line_is_clear_about_its_mistakes() {
    let scene = Scene::new();
    scene.place.hotfix(&["gate"]).exits(2);
    scene.place.hotfix(&["gate", "--change", "a..b"]).exits(2).says("--onto");
    for range in ["main", "main...HEAD", "..HEAD", "HEAD.."] {
        scene.place.hotfix(&["gate", "--change", range, "--onto", "x"]).exits(2).says("OLD..NEW");
    }
    scene.place.hotfix(&["gate", "--change", "nonsense..HEAD", "--onto", "release/1.2"]).exits(2).says("nonsense");
    let absent = "0123456789012345678901234567890123456789";
    scene
        .place
        .hotfix(&["gate", "--change", &format!("{absent}..HEAD"), "--onto", "release/1.2"])
        .exits(4)
        .says("git fetch");
    scene.place.hotfix(&["gate", "--release", "v9.9.9"]).exits(2);
    // A policy that can't be read is no pass.
    scene.place.git(&["switch", "-q", "main"]);
    scene.place.commit("policy/hotfix.yaml", "format: [\n", "Break it");
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.change("origin/release/1.2").exits(4).says("policy");
}
