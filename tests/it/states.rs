//! What the record says after a command said no, after an end that was none, and after a slip of the finger.

use serde_json::Value;

use crate::around::{closed, ready_to_close};
use crate::gate::{Scene, codes};
use crate::place::{ANALYSIS, GRACE, Place};
use crate::road::{QUALIFIES, broken_shop, rewritten_on_main};
use crate::sync::Team;

const CLOSE: &[&str] = &["close", "INC-42"];

#[test]
fn what_a_refused_closing_found_out_is_on_record() {
    let place = ready_to_close();
    place.hotfix(&["verify", "INC-42"]).exits(0);
    place.hotfix(&["status"]).exits(0).says("nothing on record");
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(CLOSE).exits(1).says("not-merged-back");
    place.hotfix(&["status"]).exits(0).says("not-merged-back").never_says("nothing on record");
    place.hotfix(&["show", "INC-42"]).exits(0).says("reverted on origin/main");
    // The same answer is recorded once.
    let events = || place.json(&["log", "INC-42"])["events"].as_array().unwrap().len();
    let before = events();
    place.hotfix(CLOSE).exits(1);
    assert_eq!(events(), before);
}

#[test]
fn whoever_opens_it_again_owes_the_word_that_it_is_back() {
    let place = closed();
    let since = place.json(&["show", "INC-42"])["incident"]["restored"]["what"]["at"].as_str().unwrap().to_owned();
    place.hotfix(&["reopen", "INC-42", "--reason", "the sums are wrong again"]).exits(0).says("is to be said anew");
    place.hotfix(&["status"]).exits(0).says("not-restored");
    place.hotfix(CLOSE).exits(3).says("not-restored").says("opened again").says("if it was up all along");
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    place.hotfix(CLOSE).exits(0);
    // What was wrong was the record alone: the printed command says so.
    place.hotfix(&["reopen", "INC-42", "--reason", "the wrong analysis"]).exits(0);
    place.hotfix(CLOSE).exits(3);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix", "--at", &since]).exits(0);
    place.hotfix(CLOSE).exits(0);
}

#[test]
fn a_waiver_that_was_wrong_closes_nothing_any_more() {
    let (place, rewritten) = rewritten_on_main();
    let waive = ["verify", "INC-42", "--not-needed", "main", "--reason", "superseded", "--evidence", &rewritten];
    place.hotfix(&waive).exits(3);
    place.hotfix_by(GRACE, &waive).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
    place.hotfix(CLOSE).exits(0);
    // What need not be there is not in effect.
    place.hotfix(&["verify", "--all"]).exits(0).says(": waived on main").never_says("still in effect");
    place.hotfix(&["reopen", "INC-42", "--reason", "the waiver was wrong"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    place.hotfix(CLOSE).exits(1).says("not-merged-back").says("1 thing is missing");
    place.hotfix(&waive).exits(3);
    place.hotfix_by(GRACE, &waive).exits(0);
    place.hotfix(CLOSE).exits(0);
}

#[test]
fn whoever_recorded_the_deployment_alone_made_nothing_of_the_fix() {
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    let text = std::fs::read_to_string(place.path().join("shop.rs")).unwrap();
    let fixed = text.replace("    sum(all but first)", "    guard(all)\n    retry(all)\n    sum(all but first)");
    place.commit("shop.rs", &fixed, "Guard and retry");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix_by(GRACE, &["deployed", "INC-42"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    let half = place.commit("shop.rs", &fixed.replace("    retry(all)\n", "    again(all)\n"), "And again");
    let confirm = ["verify", "INC-42", "--confirm", &half, "--reason", "the same in other words"];
    place.hotfix_by(GRACE, &confirm).exits(0);
    place.hotfix(&["audit"]).never_says("self-approval");
}

#[test]
fn one_commit_gets_one_answer_tagged_or_not() {
    let scene = Scene::approved();
    let (place, both) = (&scene.place, |revision: &str, tag: &str| {
        let before = scene.release(revision);
        scene.place.git(&["tag", tag, revision]);
        assert_eq!((&scene.release(revision), &scene.release(tag)), (&before, &before), "{revision} and {tag}");
        before
    });
    place.hotfix(&["check", "INC-7", "--set", "roll-back=yes"]).exits(1);
    // A planned release is prepared on a line of its own, wherever that leaves main, and holds every fix.
    place.git(&["switch", "-q", "--create", "release/1.4", "v1.2.0"]);
    place.commit("CHANGELOG.md", "1.4.0\n", "Bump the version");
    assert_eq!(both("release/1.4", "v1.4.0"), "not-merged-back cause-open");
    // The line lacks what deals with another incident, and repairs itself all the same.
    assert_eq!(both("hotfix/INC-42", "v1.2.1"), "open");
    // So does one that is one commit beyond main.
    place.git(&["switch", "-q", "--detach", "origin/main"]);
    place.commit("CHANGELOG.md", "1.3.0\n", "Bump the version");
    assert_eq!(both("HEAD", "v1.3.0"), "not-merged-back cause-open");
    // What does not hold the newest patch of its line drops that one's fix.
    place.git(&["switch", "-q", "--detach", "v1.2.0"]);
    place.git(&["commit", "-q", "--allow-empty", "-m", "Rebuild"]);
    assert_eq!(both("HEAD", "v1.2.3"), "not-merged-back cause-open");
}

#[test]
fn a_main_that_is_behind_is_brought_up_before_a_release_is_cut() {
    let scene = Scene::approved();
    let place = &scene.place;
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "hotfix/INC-42"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let said = place.hotfix(&["gate", "--release", "main"]).exits(1).says("not-merged-back");
    said.says("git switch main && git merge --ff-only origin/main").says("origin/main holds it");
    place.git(&["merge", "-q", "--ff-only", "origin/main"]);
    assert_eq!(codes(&place.json(&["gate", "--release", "main"])), "open");
}

#[test]
fn a_review_says_what_it_found_and_can_say_otherwise_later() {
    let place = broken_shop();
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    let why = "rolling back takes an hour, and the fix two minutes";
    let skip = ["override", "INC-42", "--gate", "roll-back-first", "--reason", why];
    place.hotfix(&skip).exits(0).says("--agree").says("--disagree --reason WHY");
    place.hotfix(&[&["check", "INC-42"], &QUALIFIES[4..]].concat()).exits(0).says("by an override");
    // What was overruled was not tried.
    let report = place.json(&["report"]);
    assert_eq!(report["metrics"]["roll-backs"]["n"], 0, "{:#}", report["metrics"]["roll-backs"]);

    let review = |rest: &[&str]| {
        let words = [&["override", "review", "INC-42", "--gate", "roll-back-first"], rest].concat();
        place.hotfix_by(GRACE, &words)
    };
    review(&[]).exits(2).says("was it right").says("--agree");
    place.hotfix(&["show", "INC-42"]).exits(0).says("nobody reviewed that");
    review(&["--agree"]).exits(0).says("was right");
    review(&["--agree"]).exits(0).says("you said already");
    review(&["--disagree", "--reason", "it takes five minutes"]).exits(0).says("was wrong");
    place.hotfix(&["show", "INC-42"]).exits(0).says("Grace says that it was wrong");
    place.hotfix(&["log", "INC-42"]).exits(0).says("skipping the gate was wrong");
    let again = [
        "override",
        "review",
        "INC-42",
        "--gate",
        "roll-back-first",
        "--disagree",
        "--reason",
        "so do I, for I was awake",
    ];
    place.hotfix_by(crate::people::BOB, &again).exits(0).says("was wrong, says a review");
}

#[test]
fn an_approval_that_is_not_here_yet_was_given_all_the_same() {
    let fixed = || {
        let team = Team::new();
        let (ada, grace) = (team.ada.clone(), team.grace.clone());
        team.check(&ada, QUALIFIES).exits(0);
        team.hotfix(&ada, &["start", "INC-42"]).exits(0);
        team.place.commit("shop.rs", "two\n", "Mend it");
        team.hotfix(&ada, &["fix", "INC-42", "--proof", "test=two", "--guarded-by-flag", "no"]).exits(0);
        team.git(&ada, &["push", "-q", "origin", "hotfix/INC-42"]);
        team.sync(&grace).exits(0);
        team.git(&grace, &["fetch", "-q"]);
        team.hotfix(&grace, &["approve", "INC-42"]).exits(0);
        team
    };
    let team = fixed();
    team.hotfix(&team.ada, &["deployed", "INC-42"]).exits(0).never_says("past the closed gate");
    let team = fixed();
    let said = team.offline(|| team.hotfix(&team.ada, &["deployed", "INC-42"]));
    said.exits(0).says("past the closed gate approval-missing, as far as this clone knows");
}

#[test]
fn a_commit_that_is_on_no_shared_main_deals_with_nothing_there_yet() {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", "broken\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    place.git(&["switch", "-q", "-c", "aside"]);
    place.git(&["revert", "--no-edit", "HEAD"]);
    let cause = ["cause", "INC-42", "--fixed-by", "HEAD"];
    place.hotfix(&cause).exits(0).says("is not on origin/main yet").never_says("dealt with on main");
    place.git(&["push", "-q", "origin", "HEAD:main"]);
    place.hotfix(&cause).exits(0).never_says("yet");
}

#[test]
fn what_was_opened_again_elsewhere_is_asked_for_before_anybody_is_refused() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    team.hotfix(&team.ada, &["void", "INC-42", "--reason", "typo"]).exits(0);
    team.sync(&team.grace).exits(0);
    team.hotfix(&team.grace, &["reopen", "INC-42", "--reason", "it was none"]).exits(0);
    let restored = ["restored", "INC-42", "--by", "other"];
    team.hotfix(&team.ada, &restored).exits(1).says("incident-void").says("hotfix sync");
    team.hotfix(&team.ada, &["verify", "INC-42"]).never_says("incident-void");
    team.hotfix(&team.ada, &restored).exits(0);
}

#[test]
fn a_slip_of_the_finger_is_told_with_what_to_type() {
    let place = broken_shop();
    let fails = |arguments: &[&str], what: &str, hint: &str| {
        place.hotfix(arguments).exits(2).says(what).says(hint);
    };
    let check = |id: &str| place.hotfix(&[&["check", id], QUALIFIES].concat());
    check("INC-42").exits(0);
    for other in ["inc-42", "INC42", "inc_42"] {
        check(other).exits(2).says("did you mean INC-42?");
    }
    check("INC-421").exits(0);
    // What was void for its spelling stands in nobody's way.
    check("tkt-7").exits(0);
    place.hotfix(&["void", "tkt-7", "--reason", "typo"]).exits(0);
    check("TKT-7").exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    let fix = ["fix", "INC-42", "--proof", "test=two", "--guarded-by-flag", "no"];
    fails(&fix, "hotfix/INC-42 has no commit yet", "git commit -a");
    let cause = ["cause", "INC-42", "--flag", "x", "--owner", "Ada", "--remove-by", "24.12.2026"];
    fails(&cause, "a day is year, month and day", "2026-12-24");
    fails(&["sync", "--import", "nope"], "there is no file nope", "hotfix sync --bundle FILE");
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    fails(&["rca", "done", "INC-42", "1", "--evidence", " "], "--evidence is empty", "give the link");
}

#[test]
fn what_waits_for_the_planned_release_is_not_pressed_for_papers() {
    let place = broken_shop();
    let no_emergency =
        |answer: &&'static str| if *answer == "why_now=users-blocked" { "why_now=soft-deadline" } else { answer };
    let answers: Vec<&str> = ["check", "INC-42"].iter().chain(QUALIFIES).map(no_emergency).collect();
    // Where a rule says never, no other fact would make it a hotfix.
    let refused = place.hotfix(&answers).exits(1).says("normal-release").never_says("it would qualify if");
    refused.says("hotfix check INC-42 --set why_now=VALUE    # if that has changed");
    let owed = |code: &str| {
        let status = place.json(&["status"]);
        let owed = status["incidents"][0]["owed"].as_array().unwrap().clone();
        owed.into_iter().find(|owed| owed["code"] == code).unwrap_or_else(|| panic!("{status:#}"))
    };
    assert_eq!((&owed("cause-open")["until"], &owed("rca-missing")["until"]), (&Value::Null, &Value::Null));
    // Whoever says that the fix brought it back is told what such a fix is.
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    let missing = place.json(&["close", "INC-42"]);
    let next = missing["refusals"][0]["next"][0].as_str().unwrap_or_default();
    assert!(next.starts_with("hotfix restored INC-42 --by other    # if it went out with the planned"), "{missing:#}");
    // It is up: from now on the time runs.
    place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    assert!(owed("cause-open")["until"].is_string() && owed("rca-missing")["until"].is_string());
}
