//! Scope, approvals, overrides, skipped gates and debts through the real program.

use crate::place::{ANALYSIS, GRACE, Place};
use crate::road::QUALIFIES;

pub(crate) const LENA: (&str, &str) = ("Lena", "lena@example.com");
pub(crate) const BOB: (&str, &str) = ("Bob", "bob@example.com");

/// The policy of a team with a leader, as changes of the built-in one.
pub(crate) const TEAM: &[(&str, &str)] = &[
    ("name: built-in", "name: team"),
    ("  needs: { anyone: 1 }", "  needs: { anyone: 1, lead: 1 }"),
    ("  by: [anyone]", "  by: [lead]"),
    ("  files: 10", "  files: 2"),
    ("  lines: 200", "  lines: 6\n  forbidden: [\"db/**\"]"),
    (
        "who_closes: { role: anyone, author: true }",
        "who_closes: { role: lead }\nroles: { lead: { members: [lena@example.com] } }",
    ),
    ("down:             { given", "down:             { budget_used: 0, given"),
    ("approvals: { anyone: 1 } }", "approvals: { anyone: 1, lead: 1 } }"),
];

/// A shop with a broken release line under a policy, and the check of INC-42 done.
pub(crate) fn shop(changes: &[(&str, &str)]) -> Place {
    let mut policy = include_str!("../../policy/hotfix.yaml").to_owned();
    for (from, to) in changes {
        assert!(policy.contains(from), "{from:?} stands nowhere");
        policy = policy.replacen(from, to, 1);
    }
    let place = Place::new();
    place.commit("policy/hotfix.yaml", &policy, "Policy");
    place.hotfix(&["policy", "lint"]).exits(0);
    place.commit("shop.rs", "one\ntwo\nthree\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", "one\nbroken\nthree\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["branch", "release/1.1"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place
}

pub(crate) fn fix(place: &Place) -> crate::place::Said {
    place.hotfix(&["fix", "INC-42", "--proof", "test=two", "--guarded-by-flag", "no"])
}

/// Everything but what people say about the fix.
fn shipped(place: &Place) {
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-edit", "hotfix/INC-42"]);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
}

#[test]
fn a_fix_that_is_too_large_is_attached_and_refused_until_it_is_small() {
    let place = shop(TEAM);
    place.write("shop.rs", "one\ntwo\nthree\n1\n2\n3\n4\n5\n");
    place.write("db/1.sql", "drop table orders;\n");
    place.git(&["mv", "-f", "policy/hotfix.yaml", "policy/moved.yaml"]);
    place.git(&["add", "."]);
    place.git(&["commit", "-q", "-m", "Mend it, and tidy up"]);
    fix(&place).exits(1).says("scope-exceeded").says("3 files, 2 are allowed").says("scope-forbidden").says("db/1.sql");
    place
        .hotfix(&["scope", "INC-42"])
        .exits(1)
        .says("3 of 2 allowed")
        .says("shop.rs +6 -1")
        .says("policy/moved.yaml (renamed)")
        .says("no hotfix may touch it");
    let report = place.json(&["scope", "INC-42"]);
    assert_eq!((&report["scope"]["files"], &report["limits"]["files"]), (&3.into(), &2.into()));
    // Nobody outside of the role skips it; a leader does, and that is on the record.
    let skip = ["override", "INC-42", "--gate", "scope-exceeded", "--reason"];
    place
        .hotfix(&[&skip[..], &["the tests alone are ten files"]].concat())
        .exits(1)
        .says("role-missing")
        .says("lena@example.com");
    place.hotfix_by(LENA, &[&skip[..], &["too short"]].concat()).exits(2).says("at least 20");
    place.hotfix_by(LENA, &[&skip[..], &["the tests alone are ten files"]].concat()).exits(0).says("override review");
    let codes = |report: &serde_json::Value| {
        let refusals = report["refusals"].as_array().unwrap().iter();
        refusals.map(|refusal| refusal["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(codes(&place.json(&["scope", "INC-42"])), "scope-forbidden");
    // The small fix is another one: what was skipped for the large one does not hold for it.
    place.git(&["reset", "-q", "--hard", "HEAD^"]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place)
        .exits(0)
        .says("hotfix approve INC-42 --role lead    # by somebody else and 1 × lead (lena@example.com)");
    place.hotfix(&["scope", "INC-42"]).exits(0).says("small enough");
    assert!(place.hotfix(&["show", "INC-42"]).exits(0).out.contains("override-review-owed"));
}

#[test]
fn approvals_by_others_in_their_roles_for_this_very_content() {
    let place = shop(TEAM);
    let approve = |person, more: &[&str]| place.hotfix_by(person, &[&["approve", "INC-42"], more].concat());
    approve(GRACE, &[]).exits(1).says("fix-missing");
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix(&["approve", "INC-42"]).exits(1).says("author-may-not-approve");
    approve(GRACE, &["--role", "boss"]).exits(2).says("has no role");
    approve(GRACE, &["--role", "lead"]).exits(1).says("role-missing").says("lena@example.com");
    approve(GRACE, &["--reject"]).exits(2);
    approve(GRACE, &[]).exits(0).says("1 file, 2 lines").says("approval-missing is still closed");
    approve(GRACE, &[]).exits(0).says("you said so already");
    approve(LENA, &["--role", "lead"]).exits(0).says("hotfix deployed");
    shipped(&place);
    place.hotfix(&["close", "INC-42"]).exits(1).says("role-missing").says("only lead may close");
    // The fix changes: what was said was about another one.
    place.git(&["switch", "-q", "hotfix/INC-42"]);
    place.commit("shop.rs", "one\ntwo\nthree\nfour\n", "And one thing more");
    fix(&place).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-edit", "hotfix/INC-42"]);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place
        .hotfix_by(LENA, &["close", "INC-42"])
        .exits(3)
        .says("late-approval-owed")
        .says("2 approvals were of another content");
    // A rebase that changes nothing keeps them.
    approve(GRACE, &[]).exits(0);
    approve(LENA, &[]).exits(0);
    place.git(&["switch", "-q", "hotfix/INC-42"]);
    place.git(&["commit", "-q", "--amend", "-m", "And one thing more, said better"]);
    fix(&place).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    approve(BOB, &["--reject", "--reason", "the third line is wrong"]).exits(0).says("approval-rejected");
    place.hotfix_by(LENA, &["close", "INC-42"]).exits(1).says("approval-rejected").says("Bob rejected the fix");
    approve(BOB, &["--withdraw"]).exits(0);
    approve(BOB, &["--withdraw"]).exits(0).says("you said nothing");
    place.hotfix_by(LENA, &["close", "INC-42"]).exits(0).says("closed");
    place.hotfix(&["show", "INC-42"]).exits(0).says("approved by").says("Grace, Lena");
}

#[test]
fn a_gate_of_the_check_is_skipped_alone_and_reviewed_before_closing() {
    let place = shop(&[]);
    let check = ["check", "INC-7", "--set", "roll-back=no-earlier-release", "--set", "flag-off=no-flag"];
    let facts = ["--set", "severity=sev4", "--set", "why_now=users-blocked", "--set", "data_at_risk=no"];
    place.hotfix(&[&check[..], &facts].concat()).exits(1).says("never-qualifies");
    place.hotfix(&["start", "INC-7"]).exits(1);
    let skip = |gate: &str, reason: &str| place.hotfix(&["override", "INC-7", "--gate", gate, "--reason", reason]);
    skip("not-merged-back", "because I say so, and that is that").exits(1).says("override-not-allowed");
    skip("never-qualify", "because I say so, and that is that").exits(2).says("did you mean never-qualifies?");
    skip("never-qualifies", "the minister opens the shop in ten minutes").exits(0).says("hotfix check INC-7");
    let decided = place.json(&["check", "INC-7"]);
    assert_eq!((&decided["decision"], &decided["exit"]["code"]), (&"hotfix".into(), &0.into()), "{decided:#}");
    assert!(decided["overridden"].is_string());
    place.hotfix(&["check", "INC-7"]).exits(0).says("by an override");
    place.hotfix(&["log", "INC-7"]).exits(0).says("never-qualifies skipped, until").says("hotfix, by an override");
    place.hotfix(&["close", "INC-7"]).exits(1).says("override-review-owed").says("Ada skipped never-qualifies");
    let review = ["override", "review", "INC-7", "--gate", "never-qualifies", "--agree"];
    place.hotfix(&review).exits(1).says("self-review");
    place.hotfix_by(BOB, &["override", "review", "INC-7", "--gate", "scope-exceeded", "--agree"]).exits(2);
    place.hotfix_by(BOB, &[&review[..5], &["--disagree"]].concat()).exits(2);
    place.hotfix_by(BOB, &review).exits(0);
    place.hotfix_by(BOB, &review).exits(0).says("you said already");
    place.hotfix(&["show", "INC-7"]).exits(0).says("never-qualifies by Ada: used, reviewed by Bob");
    assert!(!place.hotfix(&["close", "INC-7"]).out.contains("override-review-owed"));
}

#[test]
fn the_third_hotfix_in_a_month_says_why_and_never_where_data_is_at_risk() {
    let place = shop(&[]);
    let answers: Vec<&str> =
        QUALIFIES.iter().map(|word| if *word == "data_at_risk=yes" { "data_at_risk=no" } else { word }).collect();
    let check = |id: &str, more: &[&str]| place.hotfix(&[&["check", id], &answers[..], more].concat());
    check("INC-43", &[]).exits(0).says("The last hotfix was less than a minute ago: INC-42.");
    check("INC-44", &[]).exits(3).says("--set note=").says("3 points within 30d");
    check("INC-44", &["--set", "note="]).exits(2);
    check("INC-44", &["--set", "note=The cache of v1.1 is broken three times over"]).exits(0).says("3 points");
    // Data at risk waits for no budget.
    place.hotfix(&[&["check", "INC-45"], QUALIFIES].concat()).exits(0);
    let shown = place.json(&["show", "INC-44"]);
    let event = shown["incident"]["checks"][0]["what"]["demanded"]["note"].clone();
    assert_eq!(event, true);
    assert_eq!(shown["texts"]["note"], "The cache of v1.1 is broken three times over");
}

#[test]
fn what_was_skipped_is_owed_until_it_is_made_good_or_waived() {
    let place = shop(&[(
        "staging: { means: It was tried on a staging system, owed: false }",
        "staging: { means: It was tried on a staging system }",
    )]);
    place.hotfix(&["tested", "INC-42"]).exits(1).says("fix-missing");
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    place.hotfix(&["fix", "INC-42", "--proof", "untested=no time", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix(&["deployed", "INC-42"]).exits(0).says("It went out past the closed gate approval-missing");
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    shipped(&place);
    place
        .hotfix(&["close", "INC-42"])
        .exits(3)
        .says("skipped tests")
        .says("skipped staging")
        .says("Ada owes it within");
    place.hotfix(&["status"]).exits(0).says("gate-skipped tests (in 3 days)").says("gate-skipped staging (in");
    place.hotfix(&["tested", "INC-42"]).exits(3).says("owed").says("skipped").says("alert");
    place.hotfix(&["tested", "INC-42", "canary=x"]).exits(2).says("its gates are: review, tests, staging, alert");
    place.hotfix(&["tested", "INC-42", "tests"]).exits(2);
    place.hotfix(&["tested", "INC-42", "tests=https://ci.example.com/42"]).exits(3);
    let waive = ["tested", "INC-42", "--waive", "staging", "--reason", "staging has no orders to sum"];
    place.hotfix(&waive).exits(1).says("somebody else waives its gates");
    place.hotfix_by(GRACE, &["tested", "INC-42", "--waive", "staging", "--reason", "no"]).exits(2);
    place.hotfix_by(GRACE, &waive).exits(0);
    place.hotfix(&["tested", "INC-42"]).exits(0).says("waived");
    place.hotfix(&["close", "INC-42"]).exits(0);
}

#[test]
fn overdue_debts_are_found_by_cron_and_ask_for_a_note_at_the_next_check() {
    let place = shop(&[
        ("  merge_back: 2d", "  merge_back: 1h"),
        ("from: 3", "from: 99"),
        ("budget_used: 2, expect: hotfix, note: true", "overdue: true, expect: hotfix, note: true"),
    ]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix(&["status", "--overdue"]).exits(0).says("No incident owes anything overdue");
    // The system was back long ago, and nothing came to main.
    let old = ["check", "INC-9", "--started", "2021-03-04T05:06:07Z"];
    place.hotfix(&[&old[..], QUALIFIES].concat()).exits(0);
    place.hotfix(&["restored", "INC-9", "--by", "other", "--at", "2021-03-04T06:06:07Z"]).exits(0);
    place.hotfix(&["status", "--overdue"]).exits(1).says("INC-9").says("fix-missing (overdue for").says("rca-missing");
    assert!(!place.hotfix(&["status", "--overdue"]).out.contains("INC-42"));
    let owed = place.json(&["status", "--overdue"])["incidents"][0]["owed"][0].clone();
    assert_eq!((&owed["code"], &owed["by"], &owed["overdue"]), (&"fix-missing".into(), &"Ada".into(), &true.into()));
    place
        .hotfix(&[&["check", "INC-10"], QUALIFIES].concat())
        .exits(3)
        .says("Overdue: fix-missing of INC-9")
        .says("--set note=");
}

/// An analysis that names a person and one factor only.
fn blaming() -> String {
    ANALYSIS
        .replace("[the sum had no test, the reviewer saw 900 lines]", "[one]")
        .replace("A loop that skipped", "Human error: a loop that skipped")
}

#[test]
fn an_analysis_with_placeholders_is_refused_whole_and_blame_is_pointed_out() {
    let place = shop(&[]);
    let write = |text: &str| {
        std::fs::write(place.beside("rca.md"), text).unwrap();
        place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()])
    };
    let template = place.hotfix(&["rca", "INC-42", "--template"]).exits(0).out;
    // No reason that owes an action was given at the first rung; at the second it was.
    assert!(template.contains("for: flag-off") && !template.contains("for: roll-back"), "{template}");
    write(&template).exits(3).says("rca-incomplete").says("`check` is empty").says("the section `## Impact` is empty");
    let incomplete =
        ANALYSIS.replace("it fails on the old code", "TODO").replace("trigger: HEAD", "trigger: 0123456789ab");
    write(&incomplete).exits(3).says("`verified_by` is a placeholder");
    write(&ANALYSIS.replace("trigger: HEAD", "trigger: 0123456789ab")).exits(3).says("0123456789ab is no commit here");
    write(&blaming()).exits(0).says("Look twice: fewer than two").says("\"human error\" is where an analysis begins");
    place.hotfix(&["rca", "accept", "INC-42"]).exits(1).says("self-acceptance");
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
    let shown = place.json(&["show", "INC-42"])["incident"]["analysis"].clone();
    assert_eq!((&shown["escaped_gate"], &shown["actions"][0]["owner"]), (&"tests".into(), &"Ada".into()));
}

#[test]
fn actions_stay_visible_after_closing_until_they_are_carried_out() {
    let place = shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    shipped(&place);
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.hotfix(&["status"]).exits(0).says("Open actions:").says("INC-42 1").says("2199-01-01");
    place.hotfix(&["rca", "done", "INC-42", "9", "--evidence", "x"]).exits(2).says("has 3 actions");
    for action in ["1", "2", "3"] {
        place.hotfix(&["rca", "done", "INC-42", action, "--evidence", "https://ci.example.com/9"]).exits(0);
    }
    place.hotfix(&["rca", "done", "INC-42", "1", "--evidence", "x"]).exits(0).says("already");
    assert!(!place.hotfix(&["status"]).exits(0).out.contains("Open actions"));
    // The next check tells what was learnt.
    place.hotfix(&[&["check", "INC-43"], QUALIFIES].concat()).exits(0).says("The last hotfix was");
}

#[test]
fn a_fix_that_is_reverted_after_closing_opens_its_incident_again() {
    let place = shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    shipped(&place);
    place.hotfix(&["verify", "--all"]).exits(0).says("No incident with a fix was closed");
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.hotfix(&["verify", "--all"]).exits(0).says("still in effect");
    place.git(&["revert", "--no-edit", "hotfix/INC-42"]);
    place.hotfix(&["verify", "INC-42", "--all"]).exits(2);
    place.hotfix(&["verify", "--all"]).exits(1).says("open again").says("not-merged-back").says("hotfix close INC-42");
    place.hotfix(&["log", "INC-42"]).exits(0).says("the fix is no longer where it was proven to be");
    place.hotfix(&["close", "INC-42"]).exits(1).says("not-merged-back").says("1 thing is missing");
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.hotfix(&["verify", "--all"]).exits(0).says("still in effect");
    // By hand too: what it owes counts from then.
    place.hotfix(&["reopen", "INC-42", "--reason", " "]).exits(2);
    place.hotfix(&["reopen", "INC-42", "--reason", "it came back under load"]).exits(0);
    place
        .hotfix(&["reopen", "INC-42", "--reason", "it came back under load"])
        .exits(0)
        .says("it is open, and was not over");
    place.hotfix(&["check", "INC-42", "--set", "why_now=money"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(3).says("not-restored");
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(0);
    let audited = place.json(&["audit"]);
    assert!(!audited.to_string().contains("after-the-end"), "{audited:#}");
}

#[test]
fn the_severity_changes_and_the_worst_governs_closing() {
    let place = shop(&[
        ("  nobody_awake_after: 30m", "  also: { worst: { when: { severity: sev1 }, needs: { anyone: 2 } } }"),
        (
            "expect: hotfix, rule: production-down, approvals: { anyone: 1 }",
            "expect: hotfix, rule: production-down, approvals: { anyone: 2 }",
        ),
    ]);
    let severity = |level: &str| place.hotfix(&["severity", "INC-42", level, "--reason", "the shop in Oslo works"]);
    severity("sev9").exits(2).says("did you mean");
    severity("sev1").exits(0).says("is sev1 already");
    severity("sev3").exits(0).says("held to sev1");
    place.hotfix(&["status"]).exits(0).says("sev3");
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0).says("approval-missing is still closed");
    // A walk anew takes the latest, and what was said first stays.
    place.hotfix(&["check", "INC-42", "--set", "why_now=money"]).exits(0);
    let shown = place.json(&["show", "INC-42"])["incident"].clone();
    assert_eq!(shown["checks"][1]["what"]["facts"]["severity"]["value"]["value"], "sev3");
    assert_eq!(shown["severity_at_opening"], "sev1");
}

/// Records an event as if it had been recorded so many minutes ago.
pub(crate) fn recorded_ago(place: &Place, person: (&str, &str), minutes: i64, payload: hotfix::domain::event::Payload) {
    use hotfix::domain::identity::Person;
    use hotfix::ledger::store::{Draft, Ledger};
    let repository = hotfix::git::repository::Repository::discover(&place.path()).unwrap();
    let actor = Person { name: person.0.to_owned(), email: person.1.to_owned() };
    let at = chrono::Utc::now().fixed_offset() - chrono::TimeDelta::minutes(minutes);
    let incident = Some("INC-42".parse().unwrap());
    let draft = Draft { actor, at, incident, payload, texts: std::collections::BTreeMap::new() };
    Ledger::open(&repository).unwrap().append(draft).unwrap();
}

#[test]
fn an_override_that_has_expired_opens_nothing_and_says_so() {
    let place = shop(TEAM);
    place.commit("shop.rs", "one\ntwo\nthree\n1\n2\n3\n4\n5\n6\n7\n", "Mend it, and more");
    fix(&place).exits(1);
    let skip = |minutes: i64| {
        let until = chrono::Utc::now().fixed_offset() + chrono::TimeDelta::minutes(60 - minutes);
        hotfix::domain::event::Payload::Overridden(hotfix::domain::event::Overridden {
            gate: "scope-exceeded".to_owned(),
            until,
            fix: None,
        })
    };
    recorded_ago(&place, LENA, 90, skip(90));
    place.hotfix(&["scope", "INC-42"]).exits(1).says("scope-exceeded");
    place.hotfix(&["show", "INC-42"]).exits(0).says("scope-exceeded by Lena: expired unused, nobody reviewed that");
    // One of somebody who may not skip it opens nothing either, wherever it comes from.
    recorded_ago(&place, BOB, 10, skip(10));
    place.hotfix(&["scope", "INC-42"]).exits(1).says("scope-exceeded");
    recorded_ago(&place, LENA, 10, skip(10));
    place.hotfix(&["scope", "INC-42"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).says("skipped scope-exceeded (expired unused)");
}

#[test]
fn nobody_is_awake_so_one_approval_and_an_override_let_it_out_and_the_rest_is_owed() {
    let place = shop(TEAM);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    let skip = ["override", "INC-42", "--gate", "approval-missing", "--reason", "no leader answers the telephone"];
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&skip).exits(1).says("role-missing");
    // Half an hour later: the same fix, attached then.
    let repository = hotfix::git::repository::Repository::discover(&place.path()).unwrap();
    let history = hotfix::ledger::store::Ledger::open(&repository).unwrap().history().unwrap();
    let is_fix = |payload: &hotfix::domain::event::Payload| payload.kind() == "fix-attached";
    let attached = history.events().map(|(_, event)| event.payload.clone()).find(is_fix).unwrap();
    recorded_ago(&place, crate::place::ADA, 31, attached);
    place.hotfix(&skip).exits(0);
    let deployed = place.hotfix(&["deployed", "INC-42"]).exits(0);
    assert!(!deployed.out.contains("approval-missing"), "{}", deployed.out);
    let close = place.hotfix_by(LENA, &["close", "INC-42"]).exits(1);
    close.says("late-approval-owed").says("override-review-owed");
    place.hotfix_by(LENA, &["approve", "INC-42"]).exits(0);
    assert!(!place.hotfix_by(LENA, &["close", "INC-42"]).out.contains("late-approval-owed"));
}

#[test]
fn owners_of_the_paths_approve_and_a_broken_policy_of_today_takes_no_role_away() {
    let place = shop(&[
        ("  needs: { anyone: 1 }", "  needs: { owner: 1 }"),
        (
            "who_closes: { role: anyone, author: true }",
            "who_closes: { role: anyone, author: true }\nroles: { owner: { members_from: .github/CODEOWNERS } }",
        ),
        ("approvals: { anyone: 1 } }", "approvals: { owner: 1 } }"),
    ]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0).says("nobody is in that role");
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(1).says("role-missing");
    // As of today, from the trusted branch, not from the work tree.
    let owners = "* bob@example.com\n*.rs grace@example.com @lena\n";
    place.write(".github/CODEOWNERS", owners);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(1).says("role-missing");
    std::fs::remove_dir_all(place.path().join(".github")).unwrap();
    place.git(&["switch", "-q", "main"]);
    place.commit(".github/CODEOWNERS", owners, "Owners");
    place.hotfix_by(BOB, &["approve", "INC-42"]).exits(1).says("role-missing").says("@lena, grace@example.com");
    // A slip in today's policy must not stop people in the middle of an incident.
    place.commit("policy/hotfix.yaml", "format: 1\nnmae: slip\n", "A slip");
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0).says("hotfix deployed");
    place.hotfix_by(("Lena", "7+lena@users.noreply.github.com"), &["approve", "INC-42"]).exits(0);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["status"]).exits(0);
}
