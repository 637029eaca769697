//! The whole road with the real program, from the alert to the closed incident, in each way of working.

use crate::place::{ANALYSIS, GRACE, Place};

const SHOP: &str = "fn total() {\n    sum(all)\n}\n\nfn shipping() {\n    2\n}\n";
pub const BROKEN: &str = "fn total() {\n    sum(all but first)\n}\n\nfn shipping() {\n    2\n}\n";
const MOVED_ON: &str = "//! The shop.\n\nfn total() {\n    sum(all but first)\n}\n\nfn shipping() {\n    3\n}\n";

/// A check that ends with `hotfix` under the built-in policy.
pub const QUALIFIES: &[&str] = &[
    "--set",
    "roll-back=no-earlier-release",
    "--set",
    "flag-off=no-flag",
    "--set",
    "severity=sev1",
    "--set",
    "why_now=users-blocked",
    "--set",
    "data_at_risk=yes",
    "--set",
    "affected=most",
    "--set",
    "workaround=none",
];

fn analysis(place: &Place, text: &str) {
    let file = place.beside("rca.md");
    std::fs::write(&file, text).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", file.to_str().unwrap()]).exits(0);
    place.hotfix(&["rca", "accept", "INC-42"]).exits(1).says("self-acceptance");
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
}

pub fn check(place: &Place) {
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0).says("hotfix (opened)");
}

/// The policy of this repository, on the branch that is checked out.
pub fn policy(place: &Place, main: &str, release_lines: &str) {
    let built_in = include_str!("../../policy/hotfix.yaml");
    let (before, after) =
        (built_in.split("\nbranches:").next().unwrap(), built_in.split("\n# Walked first").nth(1).unwrap());
    let branches = format!(
        "\nbranches:\n  main: {main}\n  release_lines: {release_lines}\n  hotfix: hotfix/{{incident}}\n  release_tags: [\"v[0-9]*\"]\n\n# Walked first"
    );
    place.commit(
        "policy/hotfix.yaml",
        &format!("{before}{branches}{after}").replace("name: built-in", "name: shop"),
        "Policy",
    );
}

#[test]
fn release_lines_with_hotfix_branches() {
    let place = Place::with_origin();
    policy(&place, "main", "[release/*]");
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", BROKEN, "Faster sums");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["branch", "release/1.1"]);
    place.commit("shop.rs", MOVED_ON, "Dearer shipping");
    place.git(&["push", "-q", "origin", "main", "release/1.1", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);

    place.hotfix(&["start", "INC-42"]).exits(4).says("never fetched the ledger").says("hotfix sync");
    place.hotfix(&["check", "INC-42"]).exits(3).says("answers-missing").says("--set severity=");
    // It was asked for on the way, and there is none.
    place.hotfix(&["start", "INC-42"]).exits(2).says("no incident is named INC-42");
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0).says("hotfix/INC-42");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(2);
    place.commit("shop.rs", SHOP, "INC-42: sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.git(&["switch", "-q", "release/1.1"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-42"]);
    place.git(&["tag", "v1.1.1"]);
    place.git(&["push", "-q", "origin", "release/1.1", "v1.1.1"]);
    place
        .hotfix(&["close", "INC-42"])
        .exits(1)
        .says("not-merged-back")
        .says("shop.rs:2")
        .says("not-deployed")
        .says("not-restored")
        .says("rca-missing");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    analysis(&place, ANALYSIS);
    place.hotfix(&["close", "INC-42"]).exits(1).says("1 thing is missing");

    // On the local main only: everybody else's main still has the bug.
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "-x", "release/1.1"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not on origin/main");
    place.git(&["push", "-q", "origin", "main"]);
    // The branch is gone, and the ledger remembers the fix.
    place.git(&["branch", "-D", "-q", "hotfix/INC-42"]);
    let verified = place.json(&["verify", "INC-42"]);
    assert_eq!(verified["targets"][0]["verdict"], "merged");
    assert_eq!(verified["targets"][0]["ref"], "refs/remotes/origin/main");
    place.hotfix(&["close", "INC-42"]).exits(0).says("closed");
    place.hotfix(&["close", "INC-42"]).exits(1).says("already-closed");
    place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(1).says("already-closed");
    place.hotfix(&["status"]).exits(0).says("1 incident is closed or void");
}

#[test]
fn git_flow_where_develop_is_where_fixes_must_end() {
    let place = Place::with_origin();
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["branch", "-q", "develop"]);
    place.commit("shop.rs", BROKEN, "Release 1.1");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["switch", "-q", "develop"]);
    place.git(&["merge", "-q", "--no-edit", "main"]);
    policy(&place, "develop", "[main]");
    place.commit("shop.rs", MOVED_ON, "Dearer shipping");
    place.git(&["push", "-q", "origin", "main", "develop", "--tags"]);
    place.git(&["remote", "set-head", "origin", "develop"]);

    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", SHOP, "Sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "ci=https://ci.example.com/1", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-ff", "--no-edit", "hotfix/INC-42"]);
    place.git(&["tag", "v1.1.1"]);
    place.git(&["push", "-q", "origin", "main", "v1.1.1"]);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    analysis(&place, ANALYSIS);
    // It is on main, which is production here, and not on develop.
    place.hotfix(&["close", "INC-42"]).exits(1).says("not on origin/develop");
    place.git(&["switch", "-q", "develop"]);
    place.git(&["merge", "-q", "--no-edit", "main"]);
    place.git(&["push", "-q", "origin", "develop"]);
    place.hotfix(&["close", "INC-42"]).exits(0).says("closed");
}

#[test]
fn trunk_based_with_tags_only() {
    let place = Place::with_origin();
    policy(&place, "main", "[]");
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", BROKEN, "Faster sums");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);

    check(&place);
    let fix = place.commit("shop.rs", SHOP, "Sum everything");
    place.hotfix(&["fix", "INC-42", &fix, "--proof", "manual=looked at it", "--guarded-by-flag", "yes"]).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&["tested", "INC-42", "tests=https://ci.example.com/2"]).exits(0);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    analysis(&place, ANALYSIS);
    place.hotfix(&["close", "INC-42"]).exits(1).says("not on origin/main");
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["verify", "INC-42"]).exits(0).says("merged");
    // Somebody takes it out again before the incident is closed.
    place.git(&["revert", "--no-edit", &fix]);
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["close", "INC-42"]).exits(1).says("no longer in effect on origin/main").says("undone by");
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.hotfix(&["close", "INC-42"]).exits(0).says("closed");
}

/// A shop whose newest release is broken, without a remote.
pub fn broken_shop() -> Place {
    let place = Place::new();
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", BROKEN, "Faster sums");
    place.git(&["tag", "v1.1.0"]);
    place
}

#[test]
fn rolled_back() {
    let place = broken_shop();
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1).says("roll-back-first");
    place.hotfix(&["start", "INC-42"]).exits(1).says("decision-is-not-hotfix");
    place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    analysis(&place, ANALYSIS);
    place.hotfix(&["close", "INC-42"]).exits(1).says("cause-open").says("1 thing is missing");
    // A commit that is not on main settles nothing.
    place.git(&["switch", "-q", "-c", "aside"]);
    place.git(&["revert", "--no-edit", "v1.1.0"]);
    place.hotfix(&["cause", "INC-42", "--fixed-by", "HEAD"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).says("the commit that deals with the cause is not on main");
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--ff-only", "aside"]);
    place.hotfix(&["close", "INC-42"]).exits(0).says("closed");
}

#[test]
fn rolled_back_and_no_code_was_the_cause() {
    let place = broken_shop();
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    let file = place.beside("rca.md");
    std::fs::write(&file, ANALYSIS.replace("code_cause: true", "code_cause: false")).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", file.to_str().unwrap()]).exits(0);
    // Written is not accepted.
    place.hotfix(&["close", "INC-42"]).exits(1).says("cause-open").says("rca-not-accepted");
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(0);
}

#[test]
fn flagged_off() {
    let place = broken_shop();
    let answers = ["--set", "flag-off=yes", "--set", "roll-back=tried", "--set", "roll-back.evidence=owed"];
    place.hotfix(&[&["check", "INC-42"][..], &answers].concat()).exits(1).says("flag-off-first");
    place.hotfix(&["restored", "INC-42", "--by", "flag-off"]).exits(0);
    analysis(&place, ANALYSIS);
    place.hotfix(&["close", "INC-42"]).exits(1).says("cause-open").says("evidence-owed");
    place.hotfix(&["cause", "INC-42", "--flag", "new-sums", "--owner", "Ada"]).exits(2);
    place.hotfix(&["rca", "done", "INC-42", "flag", "--evidence", "removed"]).exits(2).says("no flag was said");
    place.hotfix(&["rca", "done", "INC-42", "0", "--evidence", "removed"]).exits(2).says("a number from 1, or flag");
    let past = ["--flag", "new-sums", "--owner", "Ada", "--remove-by", "2020-01-01"];
    place.hotfix(&[&["cause", "INC-42"][..], &past].concat()).exits(2).says("in the past");
    let future = ["--flag", "new-sums", "--owner", "Ada", "--remove-by", "2199-01-01"];
    place.hotfix(&[&["cause", "INC-42"][..], &future].concat()).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(3).says("evidence-owed");
    // The evidence comes later; the other answers stay as they were.
    place.hotfix(&["check", "INC-42", "--set", "roll-back.evidence=The old release failed alike"]).exits(1);
    place.hotfix(&["close", "INC-42"]).exits(0);
    // Closed, and the flag is still there: that is forgotten by nobody.
    place.hotfix(&["status"]).exits(0).says("INC-42 flag  2199-01-01  Ada    remove the flag new-sums");
    assert_eq!(place.json(&["status"])["actions"][0]["flag"], "new-sums");
    place.hotfix(&["rca", "done", "INC-42", "flag", "--evidence", "removed"]).exits(0).says("new-sums is removed");
    place.hotfix(&["rca", "done", "INC-42", "flag", "--evidence", "removed"]).exits(0).says("already");
    place.hotfix(&["status"]).exits(0).never_says("new-sums");
    place.hotfix(&["log", "INC-42"]).exits(0).says("the flag that stayed off is removed");
}

#[test]
fn a_false_alarm() {
    let place = broken_shop();
    check(&place);
    place.hotfix(&["void", "INC-42", "--reason", "duplicate-of", "INC-42"]).exits(2);
    place.hotfix(&["void", "INC-42", "--reason", "duplicate-of", "INC-1"]).exits(2);
    place.hotfix(&["void", "INC-42", "--reason", "false-alarm"]).exits(0);
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1).says("incident-void");
    place.hotfix(&["close", "INC-42"]).exits(1).says("incident-void");
}

#[test]
fn whoever_wrote_the_fix_does_not_void_the_incident() {
    let place = broken_shop();
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", SHOP, "Sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "untested=no time", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix(&["void", "INC-42", "--reason", "typo"]).exits(3).says("second-person-needed");
    place.hotfix_by(GRACE, &["void", "INC-42", "--reason", "typo"]).exits(0);
}

#[test]
fn the_demonstration_ends_well() {
    let place = Place::new();
    let demo = place.beside("demo");
    let said = place.hotfix(&["demo", demo.to_str().unwrap()]).exits(0);
    assert!(said.out.contains("INC-42: closed"), "{}", said.out);
    place.hotfix(&["demo", demo.to_str().unwrap()]).exits(2).says("is not empty");
}

/// A fix of one line is attached, and main, which has nothing of it, is checked out.
fn fix_attached() -> Place {
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", SHOP, "Sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    place
}

/// An attached fix that went to main in another form, which no machine can prove.
pub fn rewritten_on_main() -> (Place, String) {
    let place = fix_attached();
    let other = BROKEN.replace("sum(all but first)", "let mut total = 0;\n    for each { total += it }\n    total");
    let rewritten = place.commit("shop.rs", &other, "Sum another way");
    (place, rewritten)
}

#[test]
fn a_person_confirms_only_what_git_could_not_prove_and_never_their_own_fix() {
    let confirm = |place: &Place, person, commit: &str| {
        let reason = ["--reason", "the same in other words"];
        place.hotfix_by(person, &[&["verify", "INC-42", "--confirm", commit][..], &reason].concat())
    };
    // What git knows to be missing is not for a person to settle.
    let (place, rewritten) = rewritten_on_main();
    assert_eq!(place.json(&["verify", "INC-42"])["targets"][0]["verdict"], "missing");
    confirm(&place, GRACE, &rewritten)
        .exits(1)
        .says("git can tell: the fix is missing on main")
        .says("--not-needed main");

    // Two lines were to be added; of them one stands on main, which may be the fix in another form.
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    let fixed = BROKEN.replace("    sum(all but first)", "    guard(all)\n    retry(all)\n    sum(all but first)");
    place.commit("shop.rs", &fixed, "Guard and retry");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    let half = place.commit("shop.rs", &fixed.replace("    retry(all)\n", "    again(all)\n"), "Guard and do it again");
    place.hotfix(&["verify", "INC-42"]).exits(3).says("unproven").says("merge-back-unproven");
    confirm(&place, crate::place::ADA, &half).exits(1).says("author-may-not-confirm");
    confirm(&place, GRACE, "hotfix/INC-42").exits(2).says("is not on main");
    confirm(&place, GRACE, "v1.1.0").exits(1).says("fix-in-production");
    let elsewhere = place.commit("other.rs", "x\n", "Something else");
    confirm(&place, GRACE, &elsewhere).exits(2).says("touches no path of the fix");
    confirm(&place, GRACE, &half).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(0).says("confirmed by a person").says("Grace confirmed");
    let settled = &place.json(&["verify", "INC-42"])["targets"][0]["settled"];
    assert_eq!((&settled["how"], &settled["commit"]), (&"confirmed".into(), &half.as_str().into()), "{settled:#}");
    let lacking = place.hotfix(&["close", "INC-42"]);
    assert!(!lacking.out.contains("on main"), "{}", lacking.out);
    // What was confirmed and changed since is asked again.
    place.commit("shop.rs", BROKEN, "Neither guard nor try again");
    place.hotfix(&["close", "INC-42"]).says("on main");
}

/// The same one-line fix on a main that had renamed what it is about: resolved by hand, with nothing of the line left as it was.
#[test]
fn an_edited_pick_of_one_line_is_for_a_person_to_see() {
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    place.commit("shop.rs", &BROKEN.replace("sum(all but first)", "add_up(the_rest)"), "Other names");
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    let fix = place.commit("shop.rs", SHOP, "Sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.hotfix(&["verify", "INC-42"]).exits(1).says("missing");
    // As `git cherry-pick --continue` leaves it: the author and the author's date of the fix.
    place.write("shop.rs", &SHOP.replace("sum(all)", "add_up(everything)"));
    place.git(&["commit", "-q", "--all", "-C", &fix]);
    let picked = place.git(&["rev-parse", "HEAD"]);
    let verified = place.json(&["verify", "INC-42"]);
    assert_eq!(verified["targets"][0]["verdict"], "unproven");
    assert_eq!(verified["targets"][0]["candidates"][0]["commit"], picked.as_str());
    place.hotfix_by(GRACE, &["verify", "INC-42", "--confirm", &picked, "--reason", "other names, same sum"]).exits(0);
    let lacking = place.hotfix(&["close", "INC-42"]);
    assert!(!lacking.out.contains("on main"), "{}", lacking.out);
}

/// The fix came to main as it is, and its line was written anew since.
#[test]
fn whoever_confirms_has_looked_at_what_was_changed_since() {
    let place = fix_attached();
    place.git(&["cherry-pick", "hotfix/INC-42"]);
    let picked = place.git(&["rev-parse", "HEAD"]);
    let changed = place.commit("shop.rs", &SHOP.replace("sum(all)", "sum(all, twice)"), "Count twice");
    place.hotfix(&["verify", "INC-42"]).exits(3).says("unproven");
    let confirm = |commit: &str| {
        place.hotfix_by(GRACE, &["verify", "INC-42", "--confirm", commit, "--reason", "it sums everything"])
    };
    confirm(&picked).exits(3).says(&format!("{} touched the lines of the fix on main after", &changed[..10]));
    confirm(&changed).exits(0);
}

#[test]
fn a_waiver_needs_two_people() {
    let (place, rewritten) = rewritten_on_main();
    let waive = ["verify", "INC-42", "--not-needed", "main", "--reason", "superseded", "--evidence", &rewritten];
    place.hotfix(&["verify", "INC-42", "--not-needed", "main", "--reason", "superseded"]).exits(2);
    place
        .hotfix(&["verify", "INC-42", "--not-needed", "main", "--reason", "no time", "--evidence", &rewritten])
        .exits(2);
    place
        .hotfix(&["verify", "INC-42", "--not-needed", "other", "--reason", "superseded", "--evidence", &rewritten])
        .exits(2);
    place
        .hotfix(&["verify", "INC-42", "--not-needed", "main", "--reason", "release-only", "--evidence", &rewritten])
        .exits(2)
        .says("never goes back");
    place.hotfix(&waive).exits(3).says("second-person-needed");
    place.hotfix(&waive).exits(3).says("second-person-needed");
    let second =
        format!("hotfix {}    # as Ada says; by somebody else", waive.join(" ").replace(&rewritten, &rewritten[..10]));
    place.hotfix(&["close", "INC-42"]).says("on main").says(&second);
    place.hotfix(&["verify", "INC-42"]).says(&second);
    place.hotfix_by(GRACE, &waive).exits(0).says("waived on main: superseded");
    let lacking = place.hotfix(&["close", "INC-42"]);
    assert!(!lacking.out.contains("on main"), "{}", lacking.out);
    place.hotfix(&["show", "INC-42"]).exits(0).says("waived");
    // Another fix is another question.
    place.git(&["switch", "-q", "hotfix/INC-42"]);
    place.commit("shop.rs", &format!("{SHOP}// and this\n"), "More");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix(&["close", "INC-42"]).says("on main");
}
