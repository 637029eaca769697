//! Histories in which a hostile reader once found a false `merged`, each with what is true.

use hotfix::domain::merge_back::Verdict::{self, Merged, Partial, Reverted, Unproven};

use hotfix::merge_back::fix::Fix;
use hotfix::merge_back::search::{Options, search};
use hotfix::merge_back::target::Target;

use crate::history::History;
use crate::merge_back::judge;

/// A function with a neighbour of the same shape, and a file of tests.
const BASE: &str = "base : a = p_begin p_open p_run p_close q_begin q_open q_run q_close; b = other_file\n";

/// The lines of a test file that makes the most of a fix.
const TESTS: &str = "t = case_one_of_it case_two_of_it case_three_of_it case_four_of_it case_five_of_it case_six_of_it";

fn verdict(lines: &str) -> Verdict {
    let history = History::bare(&format!("{BASE}{lines}"));
    judge(&history, "base", "fix", "main").unwrap().verdict
}

#[test]
fn a_revert_is_no_move_for_a_line_that_stands_elsewhere_since() {
    for says in ["Revert_it", "This reverts commit {pick}."] {
        let lines = format!(
            "fix : a ~ p_open -> p_open if_not_pointer return_invalid_value
             pick < base : pick fix
             main : a ~ if_not_pointer return_invalid_value -> ; b = other_file return_invalid_value; says {says}"
        );
        assert_eq!(verdict(&lines), Reverted, "{says}");
    }
}

#[test]
fn a_deletion_that_the_step_did_not_make_has_not_landed() {
    let history = History::bare(&format!(
        "base : a = if_check goto_fail goto_fail done_now; b = other
         fix : a = if_check goto_fail done_now; {TESTS}
         main < base : a = if_check_it goto_fail goto_fail done_now; {TESTS}"
    ));
    assert_ne!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged);
}

#[test]
fn a_guard_that_the_squash_forgot_is_not_the_one_that_stands_in_another_function() {
    let history = History::bare(&format!(
        "base : a = p_begin p_open p_run p_close q_begin if_not_ready return_busy_now q_run q_close
         fix : a ~ p_open -> p_open if_not_ready return_busy_now; {TESTS}
         main < base : a ~ p_close -> p_close_it; {TESTS}"
    ));
    assert_ne!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged);
}

#[test]
fn a_guard_in_the_wrong_function_is_not_the_fix() {
    let squash = format!(
        "fix : a ~ p_open -> p_open if_not_allowed return_denied_now; {TESTS}
         main < base : a ~ q_open -> q_open if_not_allowed return_denied_now; {TESTS}"
    );
    assert_ne!(verdict(&squash), Merged);
    let later = format!(
        "fix : a ~ p_open -> p_open if_not_allowed return_denied_now; {TESTS}
         pick < base : pick fix
         main : a = p_begin p_open p_run p_close q_begin q_open if_not_allowed return_denied_now q_run q_close"
    );
    assert_ne!(verdict(&later), Merged);
}

#[test]
fn a_second_attempt_that_was_reverted_takes_its_hunk_with_it() {
    let lines = "one : a ~ p_open -> p_open first_guard_here
         fix : a ~ first_guard_here -> first_guard_here second_guard_here
         pick1 < base : pick one
         pick2 : pick fix
         main : revert pick2";
    assert!(matches!(verdict(lines), Partial | Reverted), "{:?}", verdict(lines));
}

#[test]
fn what_main_had_of_a_range_when_it_was_merged_into_it_is_asked_for_too() {
    let lines = "one : a ~ p_open -> p_open first_guard_here
         other < base : c = more
         pick : pick one
         sync < one pick
         fix : b = other_file follow_up_here
         merge < pick fix
         main : revert pick";
    assert_eq!(verdict(lines), Partial);
}

#[test]
fn deleted_code_that_comes_back_otherwise_is_back() {
    for back in ["____wipe_it_all ____sync_it_all", "wipe_it_all"] {
        let history = History::bare(&format!(
            "base : a = p_begin wipe_it_all sync_it_all p_close; b = other
             fix : a ~ wipe_it_all sync_it_all ->
             pick < base : pick fix
             main : a = p_begin {back} p_close"
        ));
        assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Reverted, "{back}");
    }
}

#[test]
fn a_line_that_is_back_to_what_it_was_is_undone_whatever_became_of_its_neighbours() {
    let lines = format!(
        "fix : a ~ p_run -> p_run_safely; {TESTS}
         pick < base : pick fix
         main : a ~ p_open p_run_safely p_close -> p_open_now p_run p_close_now"
    );
    assert_eq!(verdict(&lines), Partial);
}

#[test]
fn a_line_that_was_commented_out_is_taken_out() {
    let lines = "fix : a ~ p_open -> p_open check_the_length
         pick < base : pick fix
         main : a ~ check_the_length -> //check_the_length";
    assert_eq!(verdict(lines), Reverted);
}

#[test]
fn a_guard_that_gave_way_to_something_else_needs_a_person() {
    let lines = "fix : a ~ p_open -> p_open check_the_length; b = other_file #define_one
         pick < base : pick fix
         main : a ~ check_the_length -> FIXME_broke_the_import";
    assert_eq!(verdict(lines), Unproven);
}

#[test]
fn a_short_line_that_the_squash_left_out_may_be_the_decisive_one() {
    let lines = format!(
        "fix : a ~ p_open -> p_open trace_the_event n--; {TESTS}
         main < base : a ~ p_open -> p_open trace_the_event; {TESTS}"
    );
    assert_ne!(verdict(&lines), Merged);
}

#[test]
fn main_s_own_guard_is_no_proof_without_a_landing() {
    let history = History::bare(
        "base : a = handle_begin handle_run handle_close admin_begin if_not_allowed return_denied_now admin_run; b = other
         release < base : a = process_begin process_run process_close admin_begin admin_run
         fix : a ~ process_begin -> process_begin if_not_allowed return_denied_now
         main < base : b = more",
    );
    assert_ne!(judge(&history, "release", "fix", "main").unwrap().verdict, Merged);
}

/// With few versions each is looked at, with many the landing is found by halving: both must refuse a function that only moved.
#[test]
fn halving_finds_no_deletion_that_never_was() {
    for edits in [1, 12] {
        let others: String = (0..edits).map(|edit| format!("e{edit} : a += edit_number_{edit}\n")).collect();
        let history = History::bare(&format!(
            "base : a = first_line buggy_begin buggy_run buggy_close second_line third_line
             fix : a ~ buggy_begin buggy_run buggy_close ->
             sort < base : a = first_line second_line third_line buggy_begin buggy_run buggy_close
             {others}main : b = more"
        ));
        assert_ne!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged, "{edits}");
    }
}

#[test]
fn what_is_neither_side_of_a_whole_file_is_not_in_effect() {
    let lines = "fix : binary logo.png new
         pick < base : pick fix
         main : binary logo.png another";
    assert_eq!(verdict(lines), Unproven);
}

/// A branch that was named, and of which main once had a part that it took back since.
#[test]
fn what_main_took_back_of_a_branch_is_part_of_the_branch() {
    let squashed = "one : a ~ p_open -> p_open first_guard_here
         early < base : squash base..one
         other : c = more
         sync < one other
         fix : b = other_file follow_up_here
         back < other : revert early
         main < back : squash sync..fix";
    let merged = "one : a ~ p_open -> p_open first_guard_here
         early < base one : c = more
         back : revert early
         fix < one : b = other_file follow_up_here
         main < back fix : d = more";
    for lines in [squashed, merged] {
        let history = History::bare(&format!("{BASE}{lines}"));
        let (repository, stop) = (history.repository(), || false);
        let target = Target::new(&repository, history.id("main"), &stop);
        let fix = Fix::of_branch(&target, history.id("fix")).unwrap();
        assert_eq!(search(&target, &fix, &Options::default()).unwrap().verdict, Partial, "{lines}");
    }
}

/// The guard of one function and the audit of another, in two files of one name; only the audit and the wrong guard landed.
#[test]
fn a_path_that_a_fix_changes_twice_is_judged_where_it_is() {
    let file = |guard: &str, audit: &str| format!("open_it {guard} read_it work_it send_it {audit} close_it done_it");
    let history = History::bare(&format!(
        "base : v1/h.go = {plain}; v2/h.go = {plain}
         c1 : v1/h.go = {guarded}
         c2 : z = other
         c3 : v1/h.go = {both}
         renamed < base : v1/h.go ~ work_it -> work_it_now
         main : v1/h.go ~ send_it -> send_it audit_it_too; v2/h.go = {guarded}",
        plain = file("", ""),
        guarded = file("guard_the_length", ""),
        both = file("guard_the_length", "audit_it_too"),
    ));
    let (repository, stop) = (history.repository(), || false);
    let target = Target::new(&repository, history.id("main"), &stop);
    let fix = Fix::of_commits(&repository, &[history.id("c1"), history.id("c3")]).unwrap();
    assert_eq!(search(&target, &fix, &Options::default()).unwrap().verdict, Partial);
}

#[test]
fn what_stands_again_in_other_white_space_stands_again() {
    for back in ["____verify_peer_=_false", "verify_peer_=_false\\t", "\\tverify_peer_=_false"] {
        let lines = format!(
            "fix : t = a verify_peer_=_true b
             other < base : t = a verify_peer_=_false b
             pick : t = a verify_peer_=_true b
             main : t = a {back} b"
        );
        let history = History::bare(&format!("base : t = a verify_peer_=_false b\n{lines}"));
        assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Reverted, "{back}");
    }
}

#[test]
fn only_the_first_half_of_a_range_is_not_all_of_it() {
    let lines = "c1 : a ~ p_open -> p_open open_the_door skip_all_checks close_the_door
         fix : a ~ skip_all_checks -> 
         other < base : c = more
         main : pick c1";
    assert_eq!(verdict(lines), Partial);
}

/// A function that moved to a file of its own, in the version that never had the guard.
#[test]
fn a_stale_move_of_the_code_around_a_guard_loses_it() {
    let body = "fn_parse read_the_head {} read_the_body check_the_sum return_it";
    let lines = format!(
        "base : a.c = {plain} fn_other do_other; o.c = start_it end_it
         fix : a.c ~ read_the_head -> read_the_head guard_the_length; o.c ~ start_it -> start_it guard_it_too
         pick < base : pick fix
         main : a.c = fn_other do_other; parse.c = {plain}",
        plain = body.replace("{} ", "")
    );
    let history = History::bare(&lines);
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Partial);
}

#[test]
fn code_that_is_only_quoted_or_built_is_taken_out() {
    let guard = "guard_of_the_length return_early_from_it";
    for copy in ["NEWS = dropped:", "dist/shop.js = bundle", "web/shop.min.js = bundle"] {
        let lines = format!(
            "fix : a ~ p_open -> p_open {guard}
             pick < base : pick fix
             main : a ~ {guard} -> ; {copy} {guard}"
        );
        assert_eq!(verdict(&lines), Reverted, "{copy}");
    }
}

#[test]
fn a_comment_without_its_code_is_no_fix() {
    let lines = "base : a.c = p_begin p_open p_run
         fix : a.c ~ p_open -> p_open //_never_trust_the_length guard_of_the_length
         pick < base : b.c = more; pick fix
         main : a.c ~ guard_of_the_length -> ";
    let history = History::bare(lines);
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Reverted);
}

#[test]
fn a_squash_of_many_lines_may_have_left_the_decisive_one_out() {
    let steps: String = (1..=9).map(|step| format!(" do_the_step_{step}")).collect();
    let lines = format!(
        "fix : a ~ p_open -> p_open{steps} if_not_allowed_return; {TESTS}; u{TESTS}
         other < base : a ~ p_close -> p_close_it
         main : a ~ p_open -> p_open{steps}; {TESTS}; u{TESTS}"
    );
    assert_ne!(verdict(&lines), Merged);
}

#[test]
fn one_deleted_line_that_comes_back_further_down_is_back() {
    let lines = "base : a = begin skip_auth() middle_of_it end
         fix : a ~ skip_auth() -> 
         pick < base : b = more; pick fix
         main : a ~ middle_of_it -> middle_of_it skip_auth()";
    let history = History::bare(lines);
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Reverted);
}

#[test]
fn a_pick_that_leaves_one_line_out_may_have_left_the_decisive_one_out() {
    let steps: String = (1..=19).map(|step| format!(" do_the_step_{step}")).collect();
    let judged = |path: &str| {
        let history = History::bare(&format!(
            "base : {path} = p_begin p_open p_run p_close; b = other
             fix : {path} ~ p_open -> p_open{steps} if_not_allowed_return
             pick < base : pick -x fix; {path} ~ if_not_allowed_return -> "
        ));
        judge(&history, "base", "fix", "pick").unwrap().verdict
    };
    // No production runs a test.
    assert_eq!(judged("tests/shop.go"), Merged);
    assert_ne!(judged("shop.go"), Merged);
}

#[test]
fn code_in_a_block_comment_is_no_part_of_the_program() {
    for (path, open, close) in [
        ("a.go", "/*", "*/"),
        ("a.c", "#if_0", "#endif"),
        ("a.rs", "/*_not_now", "*/"),
        ("a.tfvars", "/*", "*/"),
        ("a.hcl", "/*", "*/"),
        ("a.cs", "#if_false", "#endif"),
    ] {
        let base = format!("base : {path} = p_begin p_open p_run p_close; b = other");
        let pick = format!(
            "fix : {path} ~ p_open -> p_open if_not_allowed return_denied_now
             pick < base : pick fix"
        );
        let guard = "if_not_allowed return_denied_now";
        for later in [
            format!("{path} ~ {guard} -> {open} {guard} {close}"),
            format!("{path} ~ p_open {guard} p_run p_close -> {open} p_open_it {guard} p_run_it p_close {close}"),
        ] {
            let history = History::bare(&format!("{base}\n{pick}\nmain : {later}"));
            assert_ne!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged, "{later}");
        }
    }
}

#[test]
fn a_comment_that_the_fix_itself_wrote_is_there() {
    let lines = "base : a.go = p_begin p_open p_run p_close; b = other
         fix : a.go ~ p_open -> p_open /* why_it_is_so if_not_allowed */ return_denied_now
         pick < base : pick fix
         main : a.go ~ p_close -> p_close_it p_end";
    let history = History::bare(lines);
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged);
}

#[test]
fn the_same_lines_in_a_function_that_looks_alike_are_not_the_fix() {
    let base = "base : a = p_begin open_it run_it p_close q_begin open_it run_it q_close; b = other";
    let guard = "if_not_allowed return_denied_now";
    let fix = format!("fix : a ~ p_begin open_it -> p_begin open_it {guard}");
    for main in [
        // A pick that says so.
        format!("main < base : pick -x fix; a = p_begin open_it run_it p_close q_begin open_it {guard} run_it q_close"),
        // Into another order of the functions.
        format!(
            "old < base : a = q_begin open_it run_it q_close z_begin open_it run_it z_close
             main : a ~ q_begin open_it -> q_begin open_it {guard}"
        ),
    ] {
        let history = History::bare(&format!("{base}\n{fix}\n{main}"));
        assert_ne!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged, "{main}");
    }
}
