//! What becomes of the words that a fix brought to a line which is changed again: a line that is like the fix's own is not the fix.

use hotfix::domain::merge_back::Verdict::{self, Merged, Reverted};

use crate::history::History;
use crate::merge_back::judge;

/// A line that is changed in one place, and a fix of it that stands beside guards.
const BASE: &str =
    "base : a = def_discount(): ____amount_=_total(items) ____return_amount_-_amount_*_percent end_it; b = other
    fix : a ~ ____return_amount_-_amount_*_percent -> ____return_amount_-_amount_*_percent_/_100\n";

fn verdict(lines: &str) -> Verdict {
    judge(&History::bare(lines), "base", "fix", "main").unwrap().verdict
}

/// A fix of one line that landed, and what the line became.
fn after(before: &str, fixed: &str, later: &str) -> Verdict {
    verdict(&format!(
        "base : a = begin_it {before} end_it; b = other
         fix : a ~ {before} -> {fixed}
         pick < base : b = more; pick fix
         main : a ~ {fixed} -> {later}"
    ))
}

#[test]
fn a_pick_that_was_edited_has_to_hold_what_the_fix_brought_to_the_line() {
    let guards = "____if_percent_<_0: ________raise_ValueError(percent) ____if_items_is_None: ________return_0";
    let fix = format!(
        "base : a = def_discount(): ____amount_=_total(items) ____return_amount_-_amount_*_percent end_it; b = other
         fix : a ~ ____return_amount_-_amount_*_percent -> {guards} ____return_amount_-_amount_*_percent_/_100"
    );
    let line = "____return_amount_-_amount_*_percent_/_100";
    for other in ["_/_1000", "_/_10", "", "_*_10", "_*_100"] {
        let edited = format!("____return_amount_-_amount_*_percent{other}");
        let lines = format!("{fix}\nmain < base : b = more; pick fix; a ~ {line} -> {edited}");
        assert_ne!(verdict(&lines), Merged, "{other}");
    }
    let named =
        format!("{fix}\nmain < base : b = more; pick fix; a ~ {line} -> ____return_amount_-_rate_*_percent_/_100");
    assert_eq!(verdict(&named), Merged);
}

#[test]
fn a_merge_that_takes_the_other_side_of_the_line_drops_the_fix() {
    for resolved in
        ["theirs", "a ~ ____return_amount_-_amount_*_percent_/_100 -> ____return_amount_-_amount_*_percent_-_bonus"]
    {
        let lines = format!(
            "{BASE} pick < base : b = more; pick fix
             feature < base : a ~ ____return_amount_-_amount_*_percent -> ____return_amount_-_amount_*_percent_-_bonus
             main < pick feature : favour ours; {resolved}"
        );
        assert_ne!(verdict(&lines), Merged, "{resolved}");
    }
    let both = format!(
        "{BASE} pick < base : b = more; pick fix
         feature < base : a ~ ____return_amount_-_amount_*_percent -> ____return_amount_-_amount_*_percent_-_bonus
         main < pick feature : favour ours; a ~ ____return_amount_-_amount_*_percent_/_100 -> ____return_amount_-_amount_*_percent_/_100_-_bonus"
    );
    assert_eq!(verdict(&both), Merged);
}

#[test]
fn a_merge_that_leaves_out_one_line_of_the_fix_drops_it() {
    let history = |feature: &str| {
        format!(
            "base : a = begin_it open_it run_it end_it; b = other
             fix : a ~ open_it -> open_it ensure_allowed(user) ensure_ready(user) note_the_user(user)
             pick < base : b = more; pick fix
             {feature}"
        )
    };
    let stale = "feature < base : a ~ run_it -> run_it_all
        main < pick feature : favour ours; a ~ ensure_allowed(user) ensure_ready(user) -> ensure_ready(user)";
    assert_ne!(verdict(&history(stale)), Merged);
    // Somebody who had the fix took that line out: the others hold what they held.
    let knowing = "feature < pick : a ~ ensure_allowed(user) -> ; a ~ run_it -> run_it_all
        more < pick : b = still_more
        main < more feature :";
    assert_eq!(verdict(&history(knowing)), Merged);
}

#[test]
fn a_hunk_of_which_most_lines_are_gone_needs_a_person() {
    let lines = |stays: &str| {
        format!(
            "base : a = begin_it open_it run_it end_it; b = other
             fix : a ~ open_it -> open_it one_of_it two_of_it three_of_it four_of_it five_of_it
             pick < base : b = more; pick fix
             main : a = begin_it open_it {stays} run_it end_it"
        )
    };
    assert_ne!(verdict(&lines("five_of_it")), Merged);
    assert_eq!(verdict(&lines("one_of_it two_of_it three_of_it four_of_it")), Merged);
}

#[test]
fn the_line_that_a_fix_changed_is_the_fix_whatever_stays_beside_it() {
    let lines = |later: &str| {
        format!(
            "base : a = begin_it return_amount_-_amount_*_percent end_it; b = other
             fix : a ~ return_amount_-_amount_*_percent -> if_nothing_is_there: __return_nothing_at_all if_all_is_there: __return_all_of_it return_amount_-_amount_*_percent_/_100
             pick < base : b = more; pick fix
             main : {later}"
        )
    };
    for instead in ["", "return_amount", "pass_it_on", "return_amount_-_amount_*_percent_*_100"] {
        let later = format!("a ~ return_amount_-_amount_*_percent_/_100 -> {instead}");
        assert_ne!(verdict(&lines(&later)), Merged, "{instead}");
    }
    assert_eq!(verdict(&lines("a ~ if_all_is_there: -> if_everything_is_there:")), Merged);
}

#[test]
fn operators_are_words_where_the_fix_changed_no_others() {
    let (before, fixed) = ("if_size_<_limit_of_it:_run_it_and_tell", "if_size_<=_limit_of_it:_run_it_and_tell");
    assert_eq!(after(before, fixed, "if_size_<_my_limit_of_it:_run_it_and_tell"), Reverted);
    assert_ne!(after(before, fixed, "if_size_>_limit_of_it:_run_it_and_tell"), Merged);
    assert_eq!(after(before, fixed, "if_size_<=_limit_of_all:_run_it_and_tell"), Merged);
}

#[test]
fn what_a_fix_only_took_from_a_line_does_not_come_back_with_more_to_it() {
    let (before, fixed) = ("call_it_with(the_name,_forever)", "call_it_with(the_name)");
    assert_eq!(after(before, fixed, "call_it_with(the_name,_forever,_a)"), Reverted);
    assert_eq!(after(before, fixed, "call_it_with(the_name,_log)"), Merged);
    let (before, fixed) = ("if_!is_ready(name):_run_it", "if_is_ready(name):_run_it");
    assert_eq!(after(before, fixed, "if_!it.is_ready(name):_run_it"), Reverted);
}

#[test]
fn a_name_that_grew_is_the_same_name_and_a_number_is_not() {
    let (before, fixed) = ("wait_for(the_state_of_it)", "wait_for(index_of_state_of_it)");
    assert_eq!(
        after("wait(timeout,_the.state)", "wait(timeout,_the.index)", "wait(timeout,_the.confirmedIndex)"),
        Merged
    );
    assert_ne!(after("wait(5,_the.state)", "wait(50,_the.state)", "wait(500,_the.state)"), Merged);
    assert_eq!(after(before, fixed, "wait_for(index_of_state_of_all)"), Merged);
}

#[test]
fn a_version_that_was_raised_may_be_raised_further_and_not_be_lowered() {
    let line = |version: &str| format!("openssl_=_\"{version}\"");
    let step = |before: &str, fixed: &str, later: &str| after(&line(before), &line(fixed), &line(later));
    assert_eq!(step("1.2.3", "1.2.4", "1.3.0"), Merged);
    assert_ne!(step("1.2.3", "1.3.1", "1.3.0"), Merged);
    assert_eq!(step("1.2.3", "1.2.4", "1.2.3"), Reverted);
    assert_ne!(step("1.3.0", "1.2.9", "1.3.1"), Merged, "the fix went back from a bad release");
    assert_ne!(after("bind_10.0.0.5_to_it", "bind_10.0.0.9_to_it", "bind_10.0.0.11_to_it"), Merged, "an address");
}

#[test]
fn a_comment_may_be_put_otherwise() {
    let lines = "base : a.rs = begin_it run_it end_it; b = other
         fix : a.rs ~ begin_it -> begin_it //_Waits_for_notify_to_come. wait_for_notify(timeout)
         pick < base : b = more; pick fix
         main : a.rs ~ //_Waits_for_notify_to_come. -> //_Waits_for_wakes_to_come.";
    assert_eq!(verdict(lines), Merged);
}
