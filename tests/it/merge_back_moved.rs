//! Lines of a fix that were copied, moved or indented otherwise.

use hotfix::domain::merge_back::Verdict::{self, Merged, Missing, Reverted, Unproven};
use hotfix::merge_back::report::Report;

use crate::history::History;
use crate::merge_back::judge;

fn report(lines: &str) -> (History, Report) {
    let history = History::bare(lines);
    let report = judge(&history, "base", "fix", "main").unwrap();
    (history, report)
}

fn verdict(lines: &str) -> Verdict {
    report(lines).1.verdict
}

/// A function whose head and body stand around a guard.
fn function(guard: &str) -> String {
    format!("fn_place(order)_{{ {guard} ____stock_=_load_stock() ____check_all(stock) ____insert_it(order) }}")
}

const GUARDS: [&str; 2] = [
    "____if_order.is_empty()_{ ________return_Err(Empty) ____}",
    "____if_order.is_empty()_{ ________log_it(order) ________count_it(order) ________tell_them(order) ________return_Err(Empty) ____}",
];

#[test]
fn a_copy_keeps_nothing_for_the_original() {
    for guard in GUARDS {
        for copy in ["v2/a.rs", "tests/fixtures/a.rs", "place.rs"] {
            let head = if copy == "place.rs" { "" } else { "use_shop::Order " };
            let lines = format!(
                "base : a.rs = use_shop::Order {plain} fn_other() ____other_work(); b = other
                 fix : a.rs = use_shop::Order {guarded} fn_other() ____other_work()
                 pick < base : b = more; pick fix
                 main : a.rs ~ {guard} -> ; {copy} = {head}{guarded}",
                plain = function(""),
                guarded = function(guard),
            );
            assert_eq!(verdict(&lines), Reverted, "{copy} {guard}");
        }
        // One that was edited beside is a copy all the same.
        let lines = format!(
            "base : a.rs = use_shop::Order {plain} fn_other() ____other_work(); b = other
             fix : a.rs = use_shop::Order {guarded} fn_other() ____other_work()
             pick < base : b = more; pick fix
             main : a.rs ~ {guard} ____stock_=_load_stock() -> ____stock_=_load_the_stock(); v2/a.rs = {guarded}",
            plain = function(""),
            guarded = function(guard),
        );
        assert_ne!(verdict(&lines), Merged, "{guard}");
        // What was moved as a whole goes on, be it that a function of that name calls it.
        for left in ["", "fn_place(order)_{ ____v2::place(order) } "] {
            let lines = format!(
                "base : a.rs = use_shop::Order {plain} fn_other() ____other_work(); b = other
                 fix : a.rs = use_shop::Order {guarded} fn_other() ____other_work()
                 pick < base : b = more; pick fix
                 main : a.rs = use_shop::Order {left}fn_other() ____other_work(); v2.rs = {guarded}",
                plain = function(""),
                guarded = function(guard),
            );
            assert_eq!(verdict(&lines), Merged, "{left} {guard}");
        }
    }
}

#[test]
fn a_line_that_stands_in_another_file_now_is_for_a_person_to_see() {
    let moved = |how: &str| {
        format!(
            "base : a.py = TAX_RATE_=_19 RETRY_LIMIT_=_3 TIMEOUT_SECONDS_=_30 GREETING_=_hello; c.py = LIMITS_=_all; b = other
             fix : a.py ~ TIMEOUT_SECONDS_=_30 -> TIMEOUT_SECONDS_=_5
             pick < base : b = more; pick fix
             main : {how}"
        )
    };
    let out = "a.py ~ TIMEOUT_SECONDS_=_5 ->";
    assert_eq!(verdict(&moved(&format!("{out} ; config.py = #_Limits. TIMEOUT_SECONDS_=_5"))), Unproven);
    assert_eq!(verdict(&moved(&format!("{out} ; c.py += TIMEOUT_SECONDS_=_5"))), Unproven);
    // With a neighbour it is the same one; beside the old value it is not.
    let both = "a.py ~ RETRY_LIMIT_=_3 TIMEOUT_SECONDS_=_5 -> ; config.py = RETRY_LIMIT_=_3 TIMEOUT_SECONDS_=_5";
    assert_eq!(verdict(&moved(both)), Merged);
    let back = format!("{out} TIMEOUT_SECONDS_=_30; config.py = #_Limits. TIMEOUT_SECONDS_=_5");
    assert_eq!(verdict(&moved(&back)), Reverted);
    let says = format!("{out} ; config.py = #_Limits. TIMEOUT_SECONDS_=_5; says This reverts commit {{pick}}.");
    assert_eq!(verdict(&moved(&says)), Reverted);
}

#[test]
fn a_short_line_is_known_between_its_neighbours() {
    let worker = "__name:_worker __cpu_limit:_250m __memory:_{} __pool_size:_10";
    let lines = format!(
        "base : a.yaml = kind:_Deployment __name:_shop __cpu_limit:_500m __memory:_512Mi {old}; b = other
         fix : a.yaml ~ {old} -> {new}
         pick < base : b = more; pick fix
         main : a.yaml ~ {new} -> ; worker.yaml = kind:_Deployment {new}",
        old = worker.replace("{}", "256Mi"),
        new = worker.replace("{}", "1Gi"),
    );
    assert_eq!(verdict(&lines), Merged);
}

/// The same guard, picked by hand where main has other white space.
fn picked(path: &str, space: &str, says: &str) -> (History, Report) {
    let guard = |space: &str| format!("{space}if_order.is_empty()_then {space}{space}return_Err(Empty)");
    report(&format!(
        "base : {path} = fn_place(order) ____stock_=_load_stock() ____check_all(stock) fn_other() ____other_work(); b = other
         fix : {path} ~ fn_place(order) -> fn_place(order) {}; says Refuse it
         spaced < base : {path} = fn_place(order) {space}stock_=_load_stock() {space}check_all(stock) fn_other() {space}other_work()
         main : {path} ~ fn_place(order) -> fn_place(order) {}; {says}",
        guard("____"),
        guard(space),
    ))
}

#[test]
fn the_same_lines_in_other_white_space_have_left_a_trace() {
    for path in ["a.py", "a.rs"] {
        for says in ["by Ben; says Refuse an empty order (#8)", "says Refuse it\\n\\n(cherry picked from commit {fix})"]
        {
            let (history, report) = picked(path, "__", says);
            assert_eq!(report.verdict, Unproven, "{path} {says}");
            assert_eq!(report.candidates.first().map(|one| one.commit), Some(history.id("main")), "{path} {says}");
        }
    }
    let elsewhere = "base : a.py = def_f(x): ____log(x) ____return_x def_g(x): ________log(x) ________return_no; b = other
        fix : a.py ~ def_f(x): -> def_f(x): ____return_none
        main < base : a.py ~ ________log(x) -> ________audit_it(x) ________return_none; a.py ~ ____log(x) -> ____log_it(x); by Ben";
    assert_eq!(verdict(elsewhere), Missing);
}

#[test]
fn a_pick_may_have_other_white_space_where_that_says_nothing() {
    // `at 1` is the author's time of the fix.
    let pick = "at 1; says Refuse it\\n\\n(cherry picked from commit {fix})";
    for space in ["__", "\\t", "________"] {
        assert_eq!(picked("a.rs", space, pick).1.verdict, Merged, "{space}");
        assert_eq!(picked("a.py", space, pick).1.verdict, Unproven, "{space}");
    }
    let crlf = |path: &str, guard: &str| {
        verdict(&format!(
            "base : {path} = fn_place(order) ____stock_=_load_stock() fn_other() ____other_work(); b = other
             fix : {path} ~ fn_place(order) -> fn_place(order) ____if_empty(order)_return ____log_it(order); says Refuse it
             ends < base : crlf {path}
             main : {path} = fn_place(order) {guard} ____stock_=_load_stock() fn_other() ____other_work(); crlf {path}; {pick}"
        ))
    };
    assert_eq!(crlf("a.go", "____if_empty(order)_return ____log_it(order)"), Merged);
    assert_ne!(crlf("a.go", "____log_it(order)"), Merged);
    assert_ne!(crlf("a.py", "____if_empty(order)_return ____log_it(order)"), Merged);
    // What only white space sets apart is another place.
    let inside = "base : a.go = func_f() \\tfor_x_{ \\t\\twork_on(x) \\t\\treturn_none \\t} \\tlast_of_it(); b = other
        fix : a.go ~ \\t\\treturn_none \\t} -> \\t} \\treturn_none; says Out
        main < base : a.go ~ \\t\\twork_on(x) -> \\t\\twork_on_it(x); at 1; says Out\\n\\n(cherry picked from commit {fix})";
    assert_ne!(verdict(inside), Merged);
}

#[test]
fn a_file_that_was_moved_and_indented_otherwise_is_the_same() {
    let (history, report) = report(
        "base : a.rs = fn_place(order) ____stock_=_load_stock() ____check_all(stock) ____insert_it(order); b = other
         fix : a.rs ~ fn_place(order) -> fn_place(order) ____if_empty(order)_return
         moved < base : rm a.rs; shop/a.rs = fn_place(order) __stock_=_load_stock() __check_all(stock) __insert_it(order)
         main : shop/a.rs ~ fn_place(order) -> fn_place(order) __if_empty(order)_return; by Ben",
    );
    assert_eq!(report.verdict, Unproven);
    assert_eq!(report.candidates.first().map(|one| one.commit), Some(history.id("main")));
}

/// What stands in two files that are the same does not tell which went where.
#[test]
fn files_that_are_the_same_go_where_the_fix_moves_them() {
    let lines = "base : old/and/options = open_it the_plugins_with_more the_throws_of_it; old/or/options = open_it the_plugins_with_more the_throws_of_it; b = other
         fix : mv old/and/options new/options_and; mv old/or/options new/options_of; new/options_and ~ the_plugins_with_more -> the_plugins; new/options_of ~ the_plugins_with_more -> the_plugins
         main < base : b = more; pick fix; c = new";
    assert_eq!(verdict(lines), Merged);
}
