//! What is printed to type next: it brings what is lacking, nothing else, and works as it is printed.

use serde_json::Value;

use crate::drift::{json, run};
use crate::history::History;
use crate::place::{ADA, Place, said};

/// What `merged line` answers about main.
fn asked(history: &History) -> Value {
    json(history, &["merged", "line", "--into", "main"]).1
}

/// The labels of the commits that it would pick.
fn picked(history: &History) -> Vec<String> {
    let answer = asked(history);
    let picks = answer["forecast"]["picks"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    picks.iter().map(|pick| history.label(pick.as_str().unwrap().parse().unwrap())).collect()
}

/// Types every command that is printed.
fn type_all(history: &History, answer: &Value) {
    let place = Place::new();
    for command in answer["forecast"]["commands"].as_array().unwrap() {
        let typed = said(place.command("sh", history.path(), ADA).args(["-c", command.as_str().unwrap()]));
        assert_eq!(typed.code, 0, "{command}: {}{}", typed.out, typed.err);
    }
}

const BASE: &str = "base : a = begin_it two_of_it three_of_it four_of_it five_of_it six_of_it end_it; c = its_timeout_is_30 more_of_it; d = old\n";

#[test]
fn what_landed_beside_a_line_that_main_changed_is_not_picked_again() {
    let history = History::bare(&format!(
        "{BASE}one : a ~ two_of_it -> two_of_it first_guard_is_here return_the_first_error
         lacking : a ~ four_of_it -> four_of_it second_guard_is_here return_the_second_error
         three : a ~ six_of_it -> six_of_it third_guard_is_here return_the_third_error; branch line
         first < base : pick one
         third : pick three
         main : a ~ two_of_it -> two_of_it_#_noted; a ~ six_of_it -> six_of_it_#_noted; branch main"
    ));
    assert_eq!(picked(&history), ["lacking"]);
}

#[test]
fn what_a_later_commit_of_the_fix_replaced_is_not_picked() {
    let history = History::bare(&format!(
        "{BASE}one : a ~ two_of_it -> two_of_it first_guard_is_here return_the_first_error
         amended : a ~ first_guard_is_here -> the_better_guard_is_here
         lacking : a ~ six_of_it -> six_of_it third_guard_is_here return_the_third_error; branch line
         squash < base : squash base..amended; by Grace
         main : a ~ two_of_it -> two_of_it_#_noted; branch main"
    ));
    assert_eq!(picked(&history), ["lacking"]);
}

#[test]
fn of_a_fix_that_stands_on_itself_only_the_commit_that_is_lacking_is_picked() {
    let history = History::checked_out(&format!(
        "{BASE}one : a ~ two_of_it -> two_of_it first_guard_is_here return_the_first_error
         lacking : a ~ return_the_first_error -> return_the_first_error tell_of_the_first_error
         three : a ~ tell_of_the_first_error -> tell_of_the_first_error count_the_first_error; branch line
         main < base : pick one; branch main"
    ));
    assert_eq!(picked(&history), ["lacking", "three"]);
    type_all(&history, &asked(&history));
    assert_eq!(asked(&history)["verdict"], "merged");
}

/// What landed and was written anew is to be looked at; a pick of it would stop as empty.
#[test]
fn what_landed_and_cannot_be_judged_is_looked_at() {
    let history = History::checked_out(&format!(
        "{BASE}fix : a ~ two_of_it -> two_of_it if_country_is_abroad: return_net_of_it; branch line
         pick < base : pick fix
         main : a ~ if_country_is_abroad: return_net_of_it -> match_the_tables(now); branch main"
    ));
    let answer = asked(&history);
    assert_eq!(answer["verdict"], "unproven", "{answer:#}");
    assert_eq!(answer["forecast"]["commands"], Value::Array(vec![]), "{answer:#}");
    let look = answer["forecast"]["look"][0].as_str().unwrap();
    assert_eq!(look, format!("git show {} {} -- :/a", history.id("pick").short(), history.id("main").short()));
    let typed = said(Place::new().command("sh", history.path(), ADA).args(["-c", look]));
    assert!(
        typed.out.contains("+if country is abroad:") && typed.out.contains("+match the tables(now)"),
        "{}",
        typed.out
    );
}

/// Two commits of one person may share a second: what brings nothing of the fix beside what brings all of it is no candidate.
#[test]
fn what_brings_nothing_of_the_fix_beside_what_looks_like_it_is_not_named() {
    let line = |odd: &str, at: usize| format!("{}_{at}_of_it", if at % 2 == 1 { odd } else { "the_line" });
    let lines = |odd: &str| (1..=9).map(|at| line(odd, at)).collect::<Vec<_>>().join(" ");
    let history = History::bare(&format!(
        "{BASE}fix : a ~ two_of_it -> {}; by Ada; at 2; branch line
         noise < base : a ~ six_of_it -> six_of_them; by Ada; at 2; says something_else
         edited : a ~ two_of_it -> {}; by Grace; says in_other_words
         main : b = x; branch main",
        lines("the_line"),
        lines("another_thing")
    ));
    let answer = asked(&history);
    let named = answer["candidates"].as_array().unwrap();
    let named: Vec<String> =
        named.iter().map(|one| history.label(one["commit"].as_str().unwrap().parse().unwrap())).collect();
    assert_eq!(named, ["edited"], "{answer:#}");
}

/// A part of the fix that a person made in a merge, beside a branch that main has.
fn in_a_merge(main: &str) -> History {
    History::checked_out(&format!(
        "{BASE}side : a ~ two_of_it -> two_of_it first_guard_is_here return_the_first_error
         other < base : d = new
         merge < other side : c ~ its_timeout_is_30 -> its_timeout_is_5; branch line
         main < base : {main}; branch main"
    ))
}

#[test]
fn what_a_person_did_in_a_merge_is_picked_by_its_mainline() {
    for main in ["b = x; pick side", "b = x"] {
        let history = in_a_merge(main);
        let answer = asked(&history);
        let pick = format!("git cherry-pick -m 1 -x {}", history.id("merge").short());
        assert!(answer["forecast"]["commands"].as_array().unwrap().contains(&pick.into()), "{answer:#}");
        type_all(&history, &answer);
        assert_eq!(asked(&history)["verdict"], "merged", "{main}");
    }
    // The merge alone is the fix.
    let history = in_a_merge("b = x");
    let merge = history.id("merge").to_string();
    let answer = json(&history, &["merged", &merge, "--into", "main"]).1;
    type_all(&history, &answer);
    assert_eq!(json(&history, &["merged", &merge, "--into", "main"]).0, 0);
}

#[test]
fn what_a_person_did_in_a_merge_and_no_pick_brings_is_said_to_be_made_anew() {
    let history = in_a_merge("b = x; pick side; c ~ its_timeout_is_30 -> its_timeout_is_60");
    let answer = asked(&history);
    let merge = history.id("merge");
    assert_eq!(answer["forecast"]["by_hand"][0]["commit"], merge.to_string(), "{answer:#}");
    let said = run(&history, &["merged", "line", "--into", "main"]);
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&format!("in the merge {} (c) is brought by no pick", merge.short())), "{}", said.out);
    assert!(flat.contains(&format!("git show {} -- :/c", merge.short())), "{}", said.out);
}

#[test]
fn commits_that_undo_each_other_are_asked_for_one_by_one() {
    let history = History::bare(&format!(
        "{BASE}one : a ~ two_of_it -> two_of_it first_guard_is_here
         back : revert one; branch line
         main < base : b = x; branch main"
    ));
    let (code, answer) = json(&history, &["merged", "line", "--into", "main"]);
    assert_eq!(code, 3, "{answer:#}");
    assert_eq!(answer["ask"][0], format!("hotfix merged {} --into main", history.id("one").short()));
}

#[test]
fn one_commit_may_be_named_as_git_does() {
    let history = in_a_merge("b = x; pick side");
    assert_eq!(run(&history, &["merged", "line^2^!", "--into", "main"]).code, 0);
    let said = run(&history, &["merged", "line^@", "--into", "main"]);
    assert!(said.code == 2 && !said.err.contains("git fetch"), "{}", said.err);
}

#[test]
fn a_file_that_conflicts_as_a_whole_is_told_without_lines() {
    let history = History::bare(&format!(
        "{BASE}fix : a ~ two_of_it -> TWO_OF_IT_NOW; branch line
         main < base : rm a; branch main"
    ));
    let said = run(&history, &["merged", "line", "--into", "main"]);
    assert!(said.out.contains("\n- a\n"), "{}", said.out);
}
