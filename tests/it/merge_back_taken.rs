//! What was taken back with the rest of a fix, where one hunk does not show it by itself.

use hotfix::domain::merge_back::Verdict::{self, Merged, Missing, Partial, Reverted, Unproven};

use crate::history::History;
use crate::merge_back::judge;

fn verdict(lines: &str) -> Verdict {
    judge(&History::bare(lines), "base", "fix", "main").unwrap().verdict
}

/// The branch brought an import and took it out again; main saw neither, and the revert of the second commit brings it.
#[test]
fn who_says_that_they_revert_took_out_what_their_step_undid() {
    let after = |says: &str| {
        verdict(&format!(
            "root : a = use_net use_process fn_one do_it_one fn_two do_it_two end_it; b = other
             base : a ~ use_net -> use_is_ci use_net
             fix : a = use_net fn_one do_it_other fn_two do_it_more end_it
             pick < root : a = use_net fn_one do_it_other fn_two do_it_more end_it; b = more
             main : a = use_is_ci use_net use_process fn_one do_it_one fn_two do_it_two end_it; says {says}"
        ))
    };
    assert_eq!(after("This reverts commit {fix}."), Reverted);
    assert_eq!(after("Tidy_up"), Partial, "nobody says so");
}

#[test]
fn what_never_came_was_not_taken_back() {
    for says in ["This reverts commit {pick}.", "This reverts commit {fix}."] {
        let lines = format!(
            "base : a = use_net use_process fn_one do_it_one fn_two do_it_two end_it; b = other
             fix : a = use_net fn_one do_it_other fn_two do_it_more end_it; c = of_the_fix
             pick < base : a = use_net fn_one do_it_other fn_two do_it_two end_it; b = more
             main : a = use_net use_process fn_one do_it_one fn_two do_it_two end_it; says {says}"
        );
        assert_eq!(verdict(&lines), Partial, "{says}");
    }
}

#[test]
fn a_brace_went_with_what_stands_next_to_it() {
    let lines = "base : a = fn_one { call_it_once call_it_twice } fn_two { }; b = other
         fix : a = fn_one other_call call_it_once call_it_twice } fn_two {
         pick < base : b = more; pick fix
         longer : a += tail_one } tail_two
         main : a = fn_one { call_it_once call_it_twice } fn_two { } tail_one } tail_two";
    assert_eq!(verdict(lines), Reverted);
}

#[test]
fn a_brace_that_is_open_beside_what_holds_stays_open() {
    let lines = "base : a = fn_one { call_it_once call_it_twice } fn_two { }; b = other
         fix : a = fn_one other_call call_it_once call_it_twice } fn_two {
         pick < base : b = more; pick fix
         longer : a += tail_one } tail_two
         main : a = fn_one other_call call_it_once call_it_twice } fn_two { } tail_one } tail_two";
    assert_ne!(verdict(lines), Merged);
}

/// The function went away with its guard and came again without it.
#[test]
fn code_that_comes_back_without_the_fix_has_lost_it() {
    let function =
        |guard: &str| format!("p_begin p_one p_two {guard} p_three p_four p_five p_six p_seven p_close blank");
    let rest = "q_begin q_open fix_line_one fix_line_two fix_line_three fix_line_four q_run q_close";
    let lines = format!(
        "base : a = {0} q_begin q_open q_run q_close; b = other
         fix : a = {1} {rest}
         pick < base : b = more; pick fix
         gone : a = {rest}
         main : a = {0} {rest}",
        function(""),
        function("guard_of_it")
    );
    assert_eq!(verdict(&lines), Partial);
}

/// Main has the lines in another order, and its pick stands where the fix does not have it: the landing does not show it either.
#[test]
fn what_its_landing_does_not_show_was_not_taken_out_by_it() {
    let history = History::bare(
        "base : a = _ } _ set_the_commands; b = other
         old : a = _ set_the_commands _
         main : a = } _ assert_the_delay_is_0 set_the_commands _; b = more; by Ann; at 90; says Assert
         fix < base : a = _ } assert_the_delay_is_0 _ set_the_commands; b = more; by Ann; at 90; says Assert\\n\\n(cherry picked from commit {main})",
    );
    let report = judge(&history, "base", "fix", "main").unwrap();
    assert!(report.hunks.iter().all(|hunk| hunk.undone_by.is_none()), "{:#?}", report.hunks);
    assert_eq!(report.verdict, Unproven, "{:#?}", report.hunks);
}

/// What it brings may stand at another place, in words of its own.
#[test]
fn a_deletion_that_somebody_says_to_have_taken_back_is_not_sure() {
    let after = |says: &str| {
        verdict(&format!(
            "base : a = fn_nodes() ____list_them fn_sort() ____let_marks_=_all() ____visit_each(marks) fn_iter() ____walk_them; b = other
             fix : a ~ fn_sort() ____let_marks_=_all() ____visit_each(marks) ->
             pick < base : b = more; pick fix
             main : a ~ ____walk_them -> ____walk_them fn_order() ____push_the_node_behind_its_children; says {says}"
        ))
    };
    assert_eq!(after("This reverts commit {pick}."), Unproven);
    assert_eq!(after("Sort_otherwise"), Merged);
}

/// Both new files look like the deleted one; it went to neither.
#[test]
fn a_deleted_file_did_not_go_where_the_fix_moves_another() {
    let file = |name: &str| {
        let lines: Vec<String> = (1..=12).map(|line| format!("header_line_{line}")).collect();
        format!("{} class_{name}", lines.join(" "))
    };
    let lines = format!(
        "base : d/Buf = {}; d/Old = {}; b = other
         fix : rm d/Buf; mv d/Old e/Buf; e/Buf ~ class_Old -> class_Buf_new
         other < base : b = more
         main < other fix",
        file("Buf"),
        file("Old")
    );
    assert_eq!(verdict(&lines), Merged);
}

/// The commit that puts the lines back indents the whole file, so that of its neighbours only braces are left to go by.
#[test]
fn a_deletion_that_came_back_in_another_indentation_is_undone() {
    let block = |name: &str, at: &str| {
        let entries: Vec<String> = (1..=6).map(|entry| format!("{at}____{name}_entry_{entry},")).collect();
        format!("{at}__{name}:_{{ {} {at}__}},", entries.join(" "))
    };
    let file = |blocks: &[&str], at: &str| {
        let blocks: Vec<String> = blocks.iter().map(|name| block(name, at)).collect();
        format!("{at}export_default_{{ {at}methods:_{{ {} {at}}}, {at}}};", blocks.join(" "))
    };
    let lines = format!(
        "base : a.js = {}; b = other
         fix : a.js = {}
         pick < base : b = more; pick fix
         main : a.js = {}",
        file(&["array", "maths", "symbol"], ""),
        file(&["array", "symbol"], ""),
        file(&["array", "maths", "symbol"], "__")
    );
    assert_eq!(verdict(&lines), Reverted);
}

/// They came back in two steps, and at another place.
#[test]
fn a_deletion_most_of_whose_lines_stand_there_again_is_not_sure() {
    let after = |again: &str| {
        verdict(&format!(
            "base : a.js = open_it list_the_first list_the_second list_the_third close_it walk_one walk_two walk_three end_it; b = other
             fix : a.js ~ list_the_first list_the_second list_the_third close_it -> close_it
             pick < base : b = more; pick fix
             one : a.js ~ end_it -> end_it ____list_the_first
             main : a.js ~ ____list_the_first -> {again}"
        ))
    };
    assert_eq!(after("____list_the_first ____and_more ____list_the_second"), Unproven);
    assert_eq!(after("____list_the_first ____and_more"), Merged, "one of three");
}

/// Each test begins as another does.
#[test]
fn a_test_that_is_new_does_not_bring_back_what_was_deleted_in_another() {
    let after = |path: &str| {
        let lines = "base : PATH = fn_one ____out_=_new_list() ____decode(ctx,_out) ____check_one(out) fn_two ____check_two(); b = other
             fix : PATH ~ ____out_=_new_list() ____decode(ctx,_out) ____check_one(out) -> ____check_one(out)
             pick < base : b = more; pick fix
             main : PATH += fn_three ____check_three() fn_four ________out_=_new_list() ________decode(ctx,_out)";
        verdict(&lines.replace("PATH", path))
    };
    assert_eq!(after("tests/test_codec.py"), Merged);
    assert_eq!(after("codec.py"), Unproven);
}

#[test]
fn what_stood_elsewhere_all_the_time_did_not_come_back() {
    let lines = "base : a.js = open_it list_the_first list_the_second close_it walk_one walk_two ____list_the_first ____list_the_second end_it; b = other
         fix : a.js ~ list_the_first list_the_second close_it -> close_it
         pick < base : b = more; pick fix
         main : a.js ~ end_it -> end_it some_more";
    assert_eq!(verdict(lines), Merged);
}

#[test]
fn a_binary_file_whose_move_was_taken_back_is_not_there() {
    let lines = "base : binary m/keys one; b = other
         fix : mv m/keys n/keys
         pick < base : b = more; pick fix
         main : revert pick";
    assert_eq!(verdict(lines), Reverted);
    for (later, expected) in [("mv n/keys o/keys", Merged), ("binary n/keys two", Unproven)] {
        assert_eq!(verdict(&lines.replace("revert pick", later)), expected, "{later}");
    }
}

/// The landing brought one part in words of its own, which prove nothing.
#[test]
fn what_came_in_other_words_went_with_the_rest_of_its_file() {
    let before = "fn_one do_it_one fn_two do_it_two_now(x) end_it";
    let after = |main: &str| {
        verdict(&format!(
            "base : a.rs = fn_one do_it_one fn_two do_it_two(x) end_it; b = other
             fix : a.rs ~ do_it_one -> do_it_one and_check_it and_tell_it; a.rs ~ do_it_two(x) -> if_allowed(x)_{{ do_it_two(x,_allowed)_}}
             more < base : a.rs = {before}
             pick : a.rs = fn_one do_it_one and_check_it and_tell_it fn_two do_it_two_now(x,_allowed) end_it
             main : a.rs = {main}"
        ))
    };
    assert_eq!(after(before), Reverted);
    assert_eq!(after(&format!("{before} tail_of_main")), Unproven, "it is another file");
}

/// What it added stands in another file too now, where somebody may have moved it; most of the fix is gone for sure.
#[test]
fn what_may_have_moved_went_with_the_rest_of_the_fix() {
    let after = |fix: &str| {
        verdict(&format!(
            "base : a.toml = [packages] one_=_1 two_=_2 end_it; b.rs = fn_one do_it_one fn_two do_it_two; c.toml = [others] three_=_3
             fix : a.toml ~ two_=_2 -> two_=_2 thin_vec_=_\"0.2.14\"; {fix}
             more < base : a.toml += [main] four_=_4; b.rs += fn_three do_it_three
             pick : pick fix
             later : d = more
             main : revert pick; c.toml += thin_vec_=_\"0.2.14\"; says Without_it"
        ))
    };
    assert_eq!(after("b.rs ~ do_it_one -> do_it_one and_check_it and_tell_it and_go_on"), Reverted);
    assert_eq!(after("e = nothing"), Unproven);
}

/// Somebody else brought a part of it to main before it landed.
#[test]
fn what_main_had_before_the_landing_does_not_hold_the_fix_up() {
    let base = "base : a = year_2020 fn_one do_it_one fn_two do_it_two end_it; b = other";
    let rest = "a ~ do_it_one -> do_it_one guard_it_first and_check_it and_tell_it and_go_on";
    let after = |own: &str, main: &str| {
        verdict(&format!(
            "{base}
             first < base : a ~ year_2020 -> year_2021
             fix : {rest}
             own < base : {own}
             merge < own fix
             main : {main}"
        ))
    };
    let other = "a ~ year_2020 -> year_2021; by Ben";
    assert_eq!(after(other, "revert merge"), Reverted);
    assert_eq!(after(other, "revert merge; says Tidy_up"), Partial, "nobody says so");
    assert_eq!(after("pick first", "revert merge"), Partial, "it is the fix's own");
}

/// Main's own line shows neither.
#[test]
fn what_one_merge_brought_and_took_back_was_there() {
    let lines = "base : a = fn_one do_it_one fn_two do_it_two end_it; b = other
         fix : a ~ do_it_one -> do_it_one and_check_it
         back : revert fix
         other < base : b = more
         main < other back";
    let history = History::bare(lines);
    let report = judge(&history, "base", "fix", "main").unwrap();
    let undone_by: Vec<String> = report.undone_by.iter().map(|by| history.label(by.commit)).collect();
    assert_eq!((report.verdict, undone_by), (Reverted, vec!["back".to_owned()]));
    // Main takes back what the merge brought and its fix had taken out.
    let later = "base : a = fn_one do_it_one fn_two do_it_two end_it; b = other
         first : a ~ do_it_one -> do_it_one and_check_it
         fix : revert first
         other < base : b = more
         merge < other fix
         main : a ~ do_it_one -> do_it_one and_check_it";
    let history = History::bare(later);
    assert_eq!(judge(&history, "first", "fix", "main").unwrap().verdict, Reverted);
    // What the merge dropped never came.
    assert_eq!(
        verdict(
            &lines.replace("back : revert fix", "back : b = less; c = new").replace("other back", "other back : ours")
        ),
        Missing
    );
}
