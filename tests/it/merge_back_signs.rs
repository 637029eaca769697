//! What a fix's lines stand in place of is back, whatever became of the lines; and what speaks for a landing that nothing proves.

use hotfix::domain::merge_back::Verdict::{Merged, Missing, Reverted, Unproven};

use crate::history::History;
use crate::merge_back::judge;

const SERVERS: &str = "base : a = server_one retries_=_3 timeout_=_30 pool_=_5 keepalive_=_true tls_=_true server_two retries_=_3 timeout_=_30 pool_=_5 keepalive_=_true tls_=_true; b = other
    fix : a ~ server_two retries_=_3 timeout_=_30 -> server_two retries_=_3 timeout_=_60\n";

/// Two modules whose functions have the same names.
const MODULES: &str =
    "base : a = def_f(x): ____log(f) ____y_=_x_+_1 ____return_y . def_g(x): ____log(g) ____y_=_x_+_2 ____return_y; \
     b = def_f(x): ____warn(f) ____y_=_x_+_1 ____return_y . def_g(x): ____warn(g) ____y_=_x_+_2 ____return_y
     fix : a ~ def_f(x): ____log(f) -> def_f(x): ____guard(x_is_None) ____log(f)
     pick < base : c = more; pick fix\n";

#[test]
fn a_value_that_went_to_another_block_while_the_old_one_came_back_is_reverted() {
    let tidied = format!(
        "{SERVERS}pick < base : b = more; pick fix
         main : a ~ server_one retries_=_3 timeout_=_30 -> server_one retries_=_3 timeout_=_60; a ~ server_two retries_=_3 timeout_=_60 -> server_two retries_=_3 timeout_=_30"
    );
    assert_eq!(judge(&History::bare(&tidied), "base", "fix", "main").unwrap().verdict, Reverted);
}

#[test]
fn a_guard_that_went_to_a_namesake_in_another_module_is_not_in_effect() {
    let moved = |how: &str| {
        let history = History::bare(&format!("{MODULES}main : {how}"));
        judge(&history, "base", "fix", "main").unwrap().verdict
    };
    let out = "a ~ def_f(x): ____guard(x_is_None) -> def_f(x):";
    assert_eq!(
        moved(&format!("{out}; b ~ def_f(x): ____warn(f) -> def_f(x): ____guard(x_is_None) ____warn(f)")),
        Reverted
    );
    // With the code that it guards it goes on.
    let whole = "def_f(x): ____guard(x_is_None) ____log(f) ____y_=_x_+_1 ____return_y";
    assert_eq!(moved(&format!("a ~ {whole} . -> ; d = {whole}")), Merged);
}

#[test]
fn a_comment_does_not_stand_for_the_guard_that_it_explains() {
    let left = |what: &str| {
        let history = History::bare(&format!(
            "base : a = def_f(x): ____log(f) ____y_=_x_+_1 ____return_y; b = other
             fix : a ~ def_f(x): -> def_f(x): {what}
             pick < base : b = more; pick fix
             main : a ~ ____guard(x_is_None) -> "
        ));
        judge(&history, "base", "fix", "main").unwrap().verdict
    };
    assert_ne!(left("____#_never_none ____guard(x_is_None)"), Merged);
    assert_ne!(left("____audit(x) ____guard(x_is_None)"), Merged);
    assert_eq!(left("____audit(x) ____guard(x_is_None) ____count(x)"), Merged);
    // Where the language is known a comment and an empty line are no half of anything.
    for (fixed, gone) in [("____//_Why. ____guard(x)", "____//_Why."), ("____guard(x) _", "_")] {
        let history = History::bare(&format!(
            "base : a.rs = fn_f(x)_{{ ____log(f) ____x }}; b = other
             fix : a.rs ~ fn_f(x)_{{ -> fn_f(x)_{{ {fixed}
             pick < base : b = more; pick fix
             main : a.rs ~ {gone} -> "
        ));
        assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged, "{gone}");
    }
}

/// A fix of one line, whose line main has in other words.
fn adapted(to: &str, says: &str) -> History {
    History::bare(&format!(
        "base : a = def_total(items): ____for_i_in_items: ________s_+=_i.price ____return_s; b = other
         fix : a ~ ________s_+=_i.price -> ________s_+=_i.price_*_i.qty; says Count quantities
         other < base : b = more
         main : a ~ ________s_+=_i.price -> {to}; by Ben; at 90; says {says}"
    ))
}

#[test]
fn what_says_that_it_is_the_fix_and_changed_its_line_is_for_a_person_to_see() {
    let line = "________s_+=_i.price_*_i.amount";
    for says in ["Count quantities", "Count quantities (#7)", "Amounts\\n\\n(cherry picked from commit {fix})"] {
        let history = adapted(line, says);
        let report = judge(&history, "base", "fix", "main").unwrap();
        assert_eq!(report.verdict, Unproven, "{says}");
        assert_eq!(report.candidates.first().map(|one| one.commit), Some(history.id("main")), "{says}");
    }
    // Without such words it is other work on the same line.
    assert_eq!(judge(&adapted(line, "Amounts"), "base", "fix", "main").unwrap().verdict, Missing);
    // Words alone are no sign where the line is as before.
    let untouched = "________s_+=_i.price; a ~ ____return_s -> ____return_s;";
    assert_eq!(judge(&adapted(untouched, "Count quantities"), "base", "fix", "main").unwrap().verdict, Missing);
}

#[test]
fn a_fix_that_names_the_commit_of_main_that_it_is_of_has_that_for_a_candidate() {
    let history = History::bare(
        "base : a = def_total(items): ____for_i_in_items: ________s_+=_i.price ____return_s; b = other; branch release
         decimal : a ~ ________s_+=_i.price -> ________s_+=_Decimal(i.price)
         first : a ~ ________s_+=_Decimal(i.price) -> ________if_i.qty_is_None:_return_Zero ________s_+=_Decimal(i.price)_*_i.qty; by Ben; says Count quantities (#31)
         main : b = more
         fix < base : a ~ ________s_+=_i.price -> ________if_i.qty_is_None:_return_0 ________s_+=_i.price_*_i.qty; at 50; says Count\\n\\n(cherry picked from commit {first})",
    );
    let report = judge(&history, "base", "fix", "main").unwrap();
    assert_eq!(report.verdict, Unproven);
    assert_eq!(report.candidates.first().map(|one| one.commit), Some(history.id("first")));
}

#[test]
fn a_dependency_that_main_raised_further_by_itself_is_for_a_person_to_see() {
    let raised = |to: &str| {
        History::bare(&format!(
            "base : a = flask==1.0.0 lxml==4.9.0 urllib3==1.26.4; b = other
             fix : a ~ lxml==4.9.0 -> lxml==4.9.1
             main < base : a ~ lxml==4.9.0 -> {to}; by Ben; at 90"
        ))
    };
    let history = raised("lxml==5.0.0");
    let report = judge(&history, "base", "fix", "main").unwrap();
    assert_eq!(report.verdict, Unproven);
    assert_eq!(report.candidates.first().map(|one| one.commit), Some(history.id("main")));
    assert_eq!(judge(&raised("lxml==4.8.9"), "base", "fix", "main").unwrap().verdict, Missing);
}

#[test]
fn what_nobody_reads_is_not_in_effect() {
    let after = |file: &str, later: &str| {
        let history = History::bare(&format!(
            "base : {file} = package_a def_f(x) ____log(f) ____y_=_x_+_1 ____return_y; c = other
             fix : {file} ~ def_f(x) -> def_f(x) ____guard(x)
             pick < base : c = more; pick fix
             main : {later}"
        ));
        judge(&history, "base", "fix", "main").unwrap().verdict
    };
    assert_ne!(after("a.py", "a.py ~ ____guard(x) -> ____\"\"\" ____guard(x) ____\"\"\""), Merged);
    assert_ne!(after("a.rb", "a.rb ~ ____guard(x) -> =begin ____guard(x) =end"), Merged);
    assert_ne!(after("a.go", "a.go ~ package_a -> //go:build_ignore . package_a"), Merged);
    assert_eq!(after("a.go", "a.go ~ package_a -> //go:build_linux . package_a"), Merged);
}
