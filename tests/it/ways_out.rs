//! The commands that are printed as the way out, typed as they are printed: each does what it says, in the clone that it was
//! printed in.

use serde_json::Value;

use crate::people::{BOB, LENA, TEAM, fix, recorded_ago, shop};
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

#[test]
fn a_script_that_lacks_one_answer_is_told_its_whole_command() {
    let place = fixed_shop();
    let answers = QUALIFIES.chunks(2).filter(|pair| pair[1] != "severity=sev1").flatten().copied();
    let evidence = ["--set", "roll-back.evidence=Ada's pager said \"no\"", "--started", "2026-01-02T03:04:05Z"];
    let given: Vec<&str> = ["check", "INC-7"].into_iter().chain(answers).chain(evidence).collect();
    let given: Vec<&str> = given
        .into_iter()
        .map(|word| if word == "roll-back=no-earlier-release" { "roll-back=tried" } else { word })
        .collect();
    let command = next(&place.json(&given), "answers-missing").remove(0);
    typed(&place, &command.replace("=…", "=sev1")).exits(0);
}

#[test]
fn in_a_clone_with_a_remote_the_first_way_is_to_ask_it() {
    let place = fixed_shop();
    place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "other"]);
    let other = place.beside("other");
    typed_in(&place, &other, "hotfix sync").exits(0);
    place.hotfix(&[&["check", "INC-43"], QUALIFIES].concat()).exits(0);
    typed_in(&place, &other, "hotfix show INC-43").exits(2).says("hint: hotfix sync    #").says("did you mean INC-42?");
    typed_in(&place, &other, "hotfix rca accept INC-42").exits(3).says("hotfix sync    # asks origin");
    typed_in(&place, &other, "hotfix sync").exits(0);
    typed_in(&place, &other, "hotfix show INC-43").exits(0);
}

#[test]
fn an_override_is_offered_only_where_the_policy_lets_somebody_skip_the_gate() {
    let never = ("  reason_at_least: 20", "  never_skip: [scope-forbidden]\n  reason_at_least: 20");
    let place = shop(&[TEAM, &[never]].concat());
    place.write("shop.rs", "one\ntwo\nthree\n1\n2\n3\n4\n5\n6\n7\n");
    place.write("db/1.sql", "drop table orders;\n");
    place.git(&["add", "."]);
    place.git(&["commit", "-q", "-m", "Mend it, and more"]);
    fix(&place).exits(1);
    for command in ["fix", "scope", "show", "close"] {
        let more: &[&str] = if command == "fix" { &["--proof", "test=two", "--guarded-by-flag", "no"] } else { &[] };
        let said = place.hotfix(&[&[command, "INC-42"], more].concat());
        said.says("hotfix override INC-42 --gate scope-exceeded --reason WHY    # by lead")
            .never_says("--gate scope-forbidden");
    }
    // Scope shows what to take out, and does not tell to run scope.
    place.hotfix(&["scope", "INC-42"]).exits(1).never_says("hotfix scope INC-42");
}

#[test]
fn the_way_for_a_night_when_nobody_is_awake_is_told_with_its_time() {
    let place = shop(TEAM);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    let skip = "hotfix override INC-42 --gate approval-missing --reason WHY    #";
    fix(&place).exits(0).says(&format!("{skip} from ")).never_says("owed late");
    place.hotfix(&["show", "INC-42"]).exits(0).says("on by anybody, with one approval: nobody is awake");
    let approved = place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0).says("on by anybody: nobody is awake");
    approved.says(&format!("{skip} by lead; it is then owed late"));
    // Half an hour later.
    let repository = hotfix::git::repository::Repository::discover(&place.path()).unwrap();
    let history = hotfix::ledger::store::Ledger::open(&repository).unwrap().history().unwrap();
    let is_fix = |payload: &hotfix::domain::event::Payload| payload.kind() == "fix-attached";
    let attached = history.events().map(|(_, event)| event.payload.clone()).find(is_fix).unwrap();
    recorded_ago(&place, crate::place::ADA, 31, attached);
    place.hotfix(&["show", "INC-42"]).exits(0).says(&format!("{skip} now by anybody: nobody is awake"));
    // Where anybody may skip the gate at any time there is nothing to wait for.
    let place = shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0).never_says("nobody is awake");
    place
        .hotfix(&["explain", "approval-missing"])
        .exits(0)
        .says("Where nobody else is awake")
        .says("nobody_awake_after");
}

#[test]
fn nothing_is_offered_before_its_time_or_to_the_wrong_people() {
    let place = shop(TEAM);
    place.commit("shop.rs", "one\ntwo\nthree\n1\n2\n3\n4\n5\n6\n7\n", "Mend it, and more");
    fix(&place).exits(1);
    let skip = ["override", "INC-42", "--gate", "scope-exceeded", "--reason", "the tests alone are ten files"];
    let skipped = place.hotfix_by(LENA, &skip).exits(0).never_says("hotfix deployed");
    skipped.says("hotfix approve INC-42 --role lead");
    place
        .hotfix_by(GRACE, &["approve", "INC-42"])
        .exits(0)
        .says("approval-missing is still closed")
        .never_says("hotfix deployed");
    // Two attempts stand beside each other: the fix of one is withdrawn, the other is the fix.
    place.hotfix_by(LENA, &["approve", "INC-42"]).exits(0).says("hotfix deployed INC-42");
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix_by(BOB, &["approve", "INC-42"]).exits(0).never_says("hotfix deployed");
    let file = place.beside("rca.md");
    std::fs::write(&file, crate::place::ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", file.to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0).says("hotfix close INC-42    # by lena@example.com");
}

#[test]
fn a_withdrawn_attempt_beside_another_asks_for_no_third() {
    let place = shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0).says("hotfix fix INC-42").never_says("hotfix start");
    place.commit("shop.rs", "one\ntwo\nthree\nfour\n", "Mend it otherwise");
    fix(&place).exits(0);
    place.hotfix(&["fix", "INC-42", "--withdraw", "2"]).exits(0).says("hotfix start INC-42");
}

#[test]
fn a_deployed_fix_that_was_withdrawn_was_not_something_else() {
    let place = shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).says("fix-missing").never_says("--by other");
}

#[test]
fn an_approval_in_a_role_that_does_not_count_says_so_and_one_that_replaces_another_too() {
    let place = shop(&[
        TEAM,
        &[("roles: { lead: { members: [lena@example.com] } }", "roles: { lead: { members: [lena@example.com] }, ops: { members: [bob@example.com, lena@example.com] } }")],
    ].concat());
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0);
    let approve = |person, role: &str| place.hotfix_by(person, &["approve", "INC-42", "--role", role]);
    approve(BOB, "ops")
        .exits(1)
        .says("a word of the role ops does not count for this fix, Bob: it needs somebody else and 1 × lead");
    approve(BOB, "lead").exits(1).says("you are not in the role lead, Bob");
    approve(LENA, "lead").exits(0);
    approve(LENA, "anyone").exits(0).says("takes the place of your approval as lead: one person counts once");
}

#[test]
fn a_contested_incident_is_started_with_the_way_out() {
    let place = Place::with_origin();
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", BROKEN, "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "other"]);
    let other = place.beside("other");
    typed_in(&place, &other, "hotfix sync").exits(0);
    place.git(&["remote", "set-url", "origin", "/nowhere"]);
    place.hotfix(&["check", "INC-42", "--set", "why_now=weekend-ahead"]).exits(1);
    typed_in(&place, &other, "hotfix check INC-42 --set roll-back=yes").exits(1);
    place.git(&["remote", "set-url", "origin", place.beside("origin.git").to_str().unwrap()]);
    place.hotfix(&["sync"]).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(1).says("decided otherwise").says("hotfix check INC-42 --again");
}

/// An incident whose analysis was recorded by Ada.
fn analysed(place: &Place) {
    std::fs::write(place.beside("rca.md"), crate::place::ANALYSIS).unwrap();
    let said = place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    said.says("hotfix show INC-42 --format markdown    # to read it");
}

#[test]
fn an_analysis_is_read_before_it_is_accepted_and_changed_without_a_terminal() {
    let place = shop(&[]);
    place.hotfix(&["rca", "INC-42"]).exits(3).says("rca-missing").says("none is recorded");
    analysed(&place);
    let accept = next(&place.json(&["close", "INC-42"]), "rca-not-accepted");
    assert!(accept[0].starts_with("hotfix show INC-42 --format markdown"), "{accept:?}");
    typed(&place, &accept[0]).exits(0).says("so every order was too cheap");
    place
        .hotfix(&["show", "INC-42"])
        .exits(0)
        .says("Analysis by Ada, not accepted yet:")
        .says("The sum of an order left its first item out")
        .says("A loop that skipped the heading")
        .says("1: a test that sums three prices (for tests, Ada, due 2199-01-01, open)");
    // The way to change it, typed as it is printed.
    let edit =
        place.hotfix(&["rca", "INC-42", "--edit"]).exits(2).says("an analysis is recorded").never_says("rca-missing");
    let hint = edit.err.lines().find_map(|line| line.trim().strip_prefix("hint: ")).unwrap().to_owned();
    typed(&place, &hint).exits(0);
    let written = std::fs::read_to_string(place.path().join("rca.md")).unwrap();
    assert!(written.contains("A loop that skipped the heading"), "{written}");
    typed(&place, "hotfix rca INC-42 --from rca.md").exits(0);
}

#[test]
fn status_says_what_is_to_be_done_and_keeps_the_incidents_on_the_screen() {
    let place = shop(&[]);
    analysed(&place);
    for id in ["INC-43", "INC-44"] {
        place.hotfix(&[&["check", id], QUALIFIES].concat()).exits(0);
        place.hotfix(&["rca", id, "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    }
    let status = place.hotfix(&["status"]).exits(0).says("a test that sums three prices, for tests");
    let status = status.says("and 4 more: hotfix status --actions").says("Ada");
    assert_eq!(status.out.matches("2199-").count(), 5, "{}", status.out);
    let all = place.hotfix(&["status", "--actions"]).exits(0).never_says("more: hotfix status --actions");
    assert_eq!(all.out.matches("2199-").count(), 9, "{}", all.out);
    let actions = place.json(&["status"])["actions"].clone();
    assert_eq!((actions.as_array().unwrap().len(), &actions[0]["what"]), (9, &"a test that sums three prices".into()));
}

#[test]
fn the_policy_is_shown_whole() {
    let place = shop(TEAM);
    let shown = place.hotfix(&["policy", "show"]).exits(0);
    let shown = shown.says("lead: lena@example.com").says("at most 2 files").says("no hotfix may touch: db/**");
    let shown = shown.says("somebody else and 1 × lead").says("nobody awake: 30m after the fix was attached");
    let shown = shown.says("lead; the gates of the check: anybody").says("with a reason of 20 characters, for 1d");
    let shown = shown.says("tests: A test or a run").says("merge-back: 2d").says("from 3 points on: a note");
    shown.says("never where data_at_risk is yes").says("by lead, and no author of the fix");
}

#[test]
fn the_price_names_what_was_spent_and_what_asks_for_more() {
    let place = shop(&[
        ("[{ from: 3, note: true }]", "[{ from: 2, approval: lead }]"),
        ("  hotfix: 1", "  hotfix: 2"),
        ("budget:", "roles: { lead: { members: [lena@example.com] }, boss: { members: [bob@example.com] } }\nbudget:"),
        ("when_overdue: { note: true }", "when_overdue: { approval: boss }"),
        ("  the-third:  ", "  the-third-in-the-month:  "),
        ("budget_used: 2, expect: hotfix, note: true", "budget_used: 2, expect: hotfix"),
        ("approvals: { anyone: 1 } }", "approvals: { anyone: 1, lead: 1 } }"),
        ("budget_used: 2, expect: hotfix, note: false", "budget_used: 2, expect: hotfix"),
    ]);
    let answers = QUALIFIES.iter().map(|word| if *word == "data_at_risk=yes" { "data_at_risk=no" } else { word });
    let check: Vec<&str> = ["check", "INC-43"].into_iter().chain(answers).collect();
    place
        .hotfix(&check)
        .exits(0)
        .says("makes it 4 points within 30d (INC-42), so one approval more is needed: lead.")
        .never_says("overdue");
}

#[test]
fn a_fix_for_a_fault_that_main_never_had_says_that_nothing_had_to_land() {
    let place = Place::new();
    let shop = "fn total() {\n    sum(all)\n}\n\nfn shipping() {\n    2\n}\n";
    place.commit("shop.rs", shop, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["switch", "-q", "-c", "release/1.1"]);
    place.commit("shop.rs", &shop.replace("sum(all)", "sum(all but first)"), "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", shop, "Mend it");
    fix(&place).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(0).says("nothing had to land: main holds what the fix makes");
}

#[test]
fn decisions_by_the_same_policy_agree_whatever_main_each_clone_had_fetched() {
    let place = Place::with_origin();
    crate::road::policy(&place, "main", "[release/*]");
    place.commit("shop.rs", SHOP, "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
    place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "other"]);
    let other = place.beside("other");
    typed_in(&place, &other, "hotfix sync").exits(0);
    // The same text, written anew by a later commit.
    place.git(&["rm", "-q", "policy/hotfix.yaml"]);
    place.git(&["commit", "-q", "-m", "Without a policy"]);
    place.git(&["revert", "--no-edit", "HEAD"]);
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["remote", "set-url", "origin", "/nowhere"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let walk = QUALIFIES.join(" ");
    let offline = "git remote set-url origin /nowhere";
    typed_in(&place, &other, offline).exits(0);
    typed_in(&place, &other, &format!("hotfix check INC-42 {walk}")).exits(0);
    let origin = place.beside("origin.git");
    place.git_in(&other, &["remote", "set-url", "origin", origin.to_str().unwrap()]);
    typed_in(&place, &other, "hotfix sync").exits(0);
    place.git(&["remote", "set-url", "origin", origin.to_str().unwrap()]);
    place.hotfix(&["sync"]).exits(0);
    let shown = place.json(&["show", "INC-42"]).to_string();
    let source = |text: &str| text.matches("\"blob\"").count();
    assert!(source(&shown) >= 2, "{shown}");
    place.hotfix(&["start", "INC-42"]).exits(0).never_says("Contested");
}

#[test]
fn a_fix_without_a_branch_is_begun_before_it_is_attached() {
    let place = shop(&[]);
    place.git(&["switch", "-q", "main"]);
    place.hotfix(&[&["check", "INC-7"], QUALIFIES].concat()).exits(0);
    for command in [&["close", "INC-7"][..], &["deployed", "INC-7"], &["approve", "INC-7"], &["scope", "INC-7"]] {
        let report = place.json(command);
        let next = next(&report, "fix-missing");
        assert_eq!(next[..2], ["hotfix start INC-7", "hotfix fix INC-7    # once the fix is committed"], "{command:?}");
    }
    typed(&place, "hotfix start INC-7").exits(0);
    assert_eq!(next(&place.json(&["approve", "INC-7"]), "fix-missing"), ["hotfix fix INC-7"]);
}

#[test]
fn the_branches_that_are_known_are_named() {
    let place = shop(&[]);
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    fix(&place).exits(0).says("&& git merge hotfix/INC-42    # then tag").never_says("RELEASE-LINE");
    place.git(&["tag", "v9.9.9", "main"]);
    let lacks = place.hotfix(&["deployed", "INC-42", "--release", "v9.9.9"]).exits(1).says("release-lacks-fix");
    lacks.says("git merge hotfix/INC-42    # on the release line");
}

#[test]
fn a_cause_is_settled_in_two_ways_and_a_doubtful_commit_is_told() {
    let place = shop(&[]);
    place.hotfix(&["cause", "INC-42"]).exits(2).says("--fixed-by COMMIT, or --flag KEY");
    place.git(&["switch", "-q", "main"]);
    place.write("notes.md", "x\n");
    place.git(&["add", "notes.md"]);
    let old = ["-c", "user.useConfigOnly=false", "commit", "-q", "-m", "Some notes"];
    said(place.command("git", &place.path(), GRACE).args(old).env("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z"))
        .exits(0);
    let said = place.hotfix(&["cause", "INC-42", "--fixed-by", "HEAD"]).exits(0).says("(Some notes)");
    said.says("before production broke").says("touches nothing of what changed");
    place.commit("shop.rs", "one\ntwo\nthree\n", "Mend it");
    place.hotfix(&["cause", "INC-42", "--fixed-by", "HEAD"]).exits(0).says("(Mend it)").never_says("Look again");
}
