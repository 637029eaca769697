//! The commands that are printed as the way out, typed as they are printed: each does what it says, in the clone that it was
//! printed in.

use serde_json::Value;

use crate::place::{GRACE, Place, Said, said};
use crate::road::QUALIFIES;

const SHOP: &str = "one\ntwo\nthree\nfour\nfive\n";
const BROKEN: &str = "one\nbroken\nthree\nfour\nfive\n";

/// Types a printed command in a shell, in a directory.
fn typed_in(place: &Place, directory: &std::path::Path, command: &str) -> Said {
    let program = env!("CARGO_BIN_EXE_hotfix");
    let command = command.strip_prefix("hotfix ").map_or(command.to_owned(), |rest| format!("'{program}' {rest}"));
    said(place.command("sh", directory, crate::place::ADA).args(["-c", &command]))
}

fn typed(place: &Place, command: &str) -> Said {
    typed_in(place, &place.path(), command)
}

/// What a refusal of this code tells to type.
fn next(report: &Value, code: &str) -> Vec<String> {
    let refusals = report["refusals"].as_array().unwrap();
    let refusal = refusals.iter().find(|refusal| refusal["code"] == code);
    let refusal = refusal.unwrap_or_else(|| panic!("{code} is not there: {report:#}"));
    refusal["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// A clone whose release line is broken and whose fix is attached, and lies on the shared release line.
fn fixed_shop() -> Place {
    let place = Place::with_origin();
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", BROKEN, "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["branch", "release/1.1"]);
    place.git(&["push", "-q", "origin", "main", "release/1.1", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", SHOP, "INC-42: mend it");
    place.hotfix(&["fix", "INC-42", "--proof", "test=two", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.git(&["push", "-q", "origin", "hotfix/INC-42:release/1.1"]);
    place
}

/// Somebody else pushes a change to main.
fn moved_on(place: &Place, path: &str, text: &str, message: &str) {
    let other = place.beside("other");
    if !other.exists() {
        place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "other"]);
    }
    place.git_in(&other, &["pull", "-q"]);
    std::fs::write(other.join(path), text).unwrap();
    place.git_in(&other, &["add", "--", path]);
    place.git_in(&other, &["commit", "-q", "-m", message]);
    place.git_in(&other, &["push", "-q", "origin", "main"]);
}

#[test]
fn the_recipe_of_a_merge_back_ends_with_the_fix_on_the_shared_main() {
    let place = fixed_shop();
    moved_on(&place, "tax.rs", "7\n", "Taxes");
    let recipe = next(&place.json(&["verify", "INC-42"]), "not-merged-back");
    assert!(recipe[1].starts_with("git merge --ff-only origin/main"), "{recipe:?}");
    for command in &recipe {
        typed(&place, command).exits(0);
    }
    place.hotfix(&["verify", "INC-42"]).exits(0);
}

#[test]
fn what_the_local_main_holds_is_only_to_be_pushed() {
    for moves_on in [false, true] {
        let place = fixed_shop();
        place.git(&["switch", "-q", "main"]);
        place.git(&["cherry-pick", "-x", "hotfix/INC-42"]);
        if moves_on {
            moved_on(&place, "tax.rs", "7\n", "Taxes");
        }
        let verified = place.hotfix(&["verify", "INC-42"]).exits(1).says("it is on the main of this clone");
        assert!(!verified.out.contains("cherry-pick"), "{}", verified.out);
        place.hotfix(&["merged", "hotfix/INC-42"]).exits(1).says("Your own branch").says("git push origin main");
        for command in next(&place.json(&["verify", "INC-42"]), "not-merged-back") {
            typed(&place, &command).exits(0);
        }
        place.hotfix(&["verify", "INC-42"]).exits(0);
    }
}

#[test]
fn what_a_revert_took_out_comes_back_by_reverting_it() {
    let place = fixed_shop();
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "-x", "hotfix/INC-42"]);
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    let revert = place.git(&["rev-parse", "--short=10", "HEAD"]);
    let recipe = next(&place.json(&["verify", "INC-42"]), "not-merged-back");
    assert!(recipe.contains(&format!("git revert --no-edit {revert}")), "{recipe:?}");
    for command in &recipe {
        typed(&place, command).exits(0);
    }
    place.hotfix(&["verify", "INC-42"]).exits(0);

    // What took out more than the fix is not for a recipe to revert.
    let place = fixed_shop();
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "-x", "hotfix/INC-42"]);
    place.write("tax.rs", "7\n");
    place.write("shop.rs", BROKEN);
    place.git(&["add", "."]);
    place.git(&["commit", "-q", "-m", "Taxes, and as it was"]);
    place.git(&["push", "-q", "origin", "main"]);
    let recipe = next(&place.json(&["verify", "INC-42"]), "not-merged-back");
    assert!(recipe[1].starts_with("git cherry-pick -x"), "{recipe:?}");
    recipe.iter().for_each(|command| drop(typed(&place, command).exits(0)));
}

#[test]
fn a_pick_that_will_conflict_is_said_to() {
    let place = fixed_shop();
    moved_on(&place, "shop.rs", "one\nnothing of it\nthree\nfour\nfive\n", "Otherwise");
    for command in ["verify", "close"] {
        let said = place.hotfix(&[command, "INC-42"]).says("conflicts in shop.rs:2");
        said.says("git cherry-pick --continue    # once the conflicts are resolved");
    }
}

#[test]
fn a_clone_without_the_commits_of_the_fix_is_told_where_they_are() {
    let place = fixed_shop();
    place.git(&["push", "-q", "origin", "hotfix/INC-42:refs/tags/v1.1.1"]);
    place.git(&["push", "-q", "--force", "origin", "v1.1.0:refs/heads/release/1.1"]);
    let lean = place.beside("lean");
    let url = format!("file://{}", place.beside("origin.git").display());
    place.git_in(&place.beside(""), &["clone", "-q", "--no-tags", &url, "lean"]);
    typed_in(&place, &lean, "hotfix sync").exits(0);
    let recipe = || {
        let said = typed_in(&place, &lean, "hotfix verify INC-42 --format json").exits(1);
        next(&serde_json::from_str(&said.out).unwrap(), "not-merged-back")
    };
    let without = recipe();
    assert!(without[0].starts_with("git fetch --tags origin"), "{without:?}");
    assert!(without[1].starts_with("git push origin hotfix/INC-42    # else, by Ada"), "{without:?}");
    typed_in(&place, &lean, &without[0]).exits(0);
    for command in recipe() {
        typed_in(&place, &lean, &command).exits(0);
    }
}
