//! What the program says of what it knows is so.

use crate::people;
use crate::place::{ANALYSIS, GRACE, Place, said};
use crate::road::{QUALIFIES, broken_shop, policy};

const PROOF: &[&str] = &["--proof", "test=totals", "--guarded-by-flag", "no"];

/// A check that ends with `hotfix`, however many there were before it.
fn check(place: &Place, id: &str) -> crate::place::Said {
    place.hotfix(&[&["check", id, "--set", "note=once more"], QUALIFIES].concat()).exits(0)
}

/// Going back loses what an incident mended since; neither the release that broke, nor what the last good one holds.
#[test]
fn only_hotfixes_that_going_back_would_lose_are_named() {
    let place = broken_shop();
    place.git(&["tag", "v1.1.1"]);
    place.git(&["branch", "release/1.1"]);
    check(&place, "INC-42").says("last good").never_says("lacks the hotfix");
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", "mended\n", "Mend");
    place.hotfix(&[&["fix", "INC-42"], PROOF].concat()).exits(0);
    place.git(&["tag", "v1.1.2"]);
    check(&place, "INC-43").says("last good v1.1.1").says("it lacks the hotfix INC-42").never_says("INC-42,");
    place.commit("shop.rs", "mended more\n", "More");
    place.git(&["tag", "v1.1.3"]);
    check(&place, "INC-44").says("last good v1.1.2").never_says("lacks the hotfix");
}

/// Another committer: the same commits with other names.
fn rewritten(place: &Place, onto: &[&str]) {
    let rebase = [&["rebase", "-q", "--force-rebase"], onto].concat();
    said(place.command("git", &place.path(), GRACE).args(rebase)).exits(0);
    place.git(&["push", "-q", "--force", "origin", "main"]);
}

#[test]
fn a_rewritten_main_that_holds_policy_and_fix_is_no_finding() {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    policy(&place, "main", "[release/*]");
    let base = place.git(&["rev-parse", "HEAD"]);
    place.commit("shop.rs", "broken\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    place.git(&["revert", "--no-edit", "v1.1.0"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["cause", "INC-42", "--fixed-by", "main"]).exits(0);
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.hotfix(&["audit"]).exits(0).says("Findings: none");
    for onto in [base.as_str(), "--root"] {
        rewritten(&place, &[onto]);
        place.hotfix(&["audit"]).exits(0).says("as it is now, the fix is in effect").says("Findings: none");
    }
    // Where the fix went lost with the old history, that is found, and stays so.
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    place.git(&["push", "-q", "--force", "origin", "main"]);
    place.hotfix(&["audit"]).exits(1).says("closed-elsewhere").never_says("policy-not-trusted");
}

#[test]
fn an_audit_says_how_old_the_branches_are_that_it_looked_at() {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    place.hotfix(&["audit"]).exits(0).never_says("may have moved");
    let fetched = std::fs::File::options().write(true).open(place.path().join(".git/hotfix/fetched")).unwrap();
    fetched.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 86_400 + 60)).unwrap();
    place.hotfix(&["audit"]).exits(0).says("the branches of origin may have moved: the last fetch was 3 days ago");
}

#[test]
fn an_attempt_without_a_fix_takes_no_answer_of_git_with_it() {
    let place = people::shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend");
    people::fix(&place).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(1).says("missing");
    let verified = || place.json(&["show", "INC-42"])["incident"]["verified"].clone();
    let before = verified();
    assert_eq!(before.as_object().unwrap().len(), 1, "{before:#}");
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.hotfix(&["fix", "INC-42", "--withdraw", "2"]).exits(0);
    assert_eq!(verified(), before);
    place.hotfix(&["show", "INC-42"]).exits(0).never_says("not-verified");
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    assert_eq!(verified(), serde_json::json!({}));
}

/// A script looks at one word to tell what answered, whether it went well or not.
#[test]
fn a_command_fails_in_the_name_in_which_it_answers() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.hotfix(&["init"]).exits(0);
    for (name, well, wrong) in [
        ("policy lint", &["policy", "lint"][..], &["policy", "lint", "nowhere.yaml"][..]),
        ("policy lint", &["policy", "lint"], &["policy", "lint", "--nonsense"]),
        ("policy show", &["policy", "show"], &["-C", "nowhere", "policy", "show"]),
        ("audit", &["audit"], &["audit", "--nonsense"]),
        ("log", &["log"], &["log", "INC-404"]),
    ] {
        let (well, wrong) = (place.json(well), place.json(wrong));
        assert_eq!((&well["command"], &wrong["command"]), (&name.into(), &name.into()), "{wrong:#}");
        assert!(well.get("error").is_none() && wrong["error"].is_object(), "{well:#}{wrong:#}");
    }
}

/// Where there is no other, it is said with the policy and not under every answer; a guess is said each time.
#[test]
fn the_obvious_place_of_the_policy_is_not_said_again_and_again() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    let check = [&["check", "INC-42"], QUALIFIES].concat();
    let note = "There is no remote, so the policy is read from the local branch main.";
    place.hotfix(&check).exits(0).never_says("There is no remote");
    place.hotfix(&["policy", "show"]).exits(0).says(note);
    place.git(&["branch", "develop"]);
    place.hotfix(&["check", "INC-43", "--set", "roll-back=yes"]).exits(1).says(note);
}

#[test]
fn one_of_a_thing_is_one_thing() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["branch", "release/1.1"]);
    let more = place.commit("shop.rs", "one\ntwo\n", "More");
    place.git(&["branch", "-f", "release/1.1"]);
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    place.hotfix(&["drift", "release/1.1"]).exits(1).says("1 commit on release/1.1 since it left main");
    place.git(&["tag", "v1.1.0", &more]);
    let check = ["check", "INC-42", "--set", "roll-back=yes"];
    place.hotfix(&check).exits(1).says("no blocker found in 1 changed path ");
    place.hotfix(&["verify", "--all", "--days", "1"]).exits(0).says("within 1 day.");
}
