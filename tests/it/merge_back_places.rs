//! Lines of a fix that stand at the tip where they do nothing: never run, or too late.

use hotfix::domain::merge_back::Verdict::{self, Merged, Unproven};

use crate::history::History;
use crate::merge_back::judge;

fn verdict(lines: &str) -> Verdict {
    judge(&History::bare(lines), "base", "fix", "main").unwrap().verdict
}

fn after(path: &str, later: &str) -> Verdict {
    verdict(&format!(
        "base : {path} = fn_gross(it) ____price_=_of(it) ____total_=_price_*_TAX ____return_total fn_other() ____other(); b = other
         fix : {path} ~ ____price_=_of(it) -> ____price_=_of(it) ____if_not_ready(it) ________return_none
         pick < base : b = more; pick fix
         main : {path} ~ {later}"
    ))
}

const GUARD: &str = "____if_not_ready(it) ________return_none";

#[test]
fn what_stands_under_a_condition_that_is_never_true_is_not_in_effect() {
    for (path, head) in [
        ("a.py", "____if_False:"),
        ("a.go", "____if_false_{"),
        ("a.c", "____if_(0)_{"),
        ("a.ts", "____while_(false)_{"),
    ] {
        let inside = format!("{GUARD} -> {head} ________if_not_ready(it) ____________return_none");
        assert_eq!(after(path, &inside), Unproven, "{head}");
        let open = head.replace("False", "True").replace("false", "true").replace('0', "1");
        assert_eq!(after(path, &inside.replace(head, &open)), Merged, "{open}");
    }
    assert_eq!(after("a.py", "____if_not_ready(it) -> ____if_False_and_not_ready(it):"), Unproven);
    assert_eq!(after("a.rs", "fn_gross(it) -> #[cfg(any())] fn_gross(it)"), Unproven);
}

#[test]
fn what_stands_behind_a_return_is_not_in_effect() {
    for (path, leave) in [
        ("a.py", "____return_price_*_TAX"),
        ("a.py", "____raise_Later()"),
        ("a.go", "____panic(later)"),
        ("a.js", "____throw_Later"),
        ("a.zsh", "____exit_1"),
    ] {
        assert_eq!(after(path, &format!("____if_not_ready(it) -> {leave} ____if_not_ready(it)")), Unproven, "{leave}");
        assert_eq!(
            after(path, &format!("____if_not_ready(it) -> ____if_late(it) ____{leave} ____if_not_ready(it)")),
            Merged,
            "{leave}"
        );
    }
}

#[test]
fn a_check_behind_what_it_guards_is_too_late() {
    for path in ["a.py", "a.c", "a.java"] {
        assert_eq!(
            after(path, &format!("{GUARD} ____total_=_price_*_TAX -> ____total_=_price_*_TAX {GUARD}")),
            Unproven,
            "{path}"
        );
        assert_eq!(
            after(path, &format!("____price_=_of(it) {GUARD} -> {GUARD} ____price_=_of(it)")),
            Unproven,
            "{path}"
        );
        // Other work may come between.
        assert_eq!(after(path, "____total_=_price_*_TAX -> ____log(it) ____total_=_price_*_TAX"), Merged, "{path}");
    }
}

#[test]
fn a_script_runs_line_by_line() {
    for (path, expected) in [("a.txt", Merged), ("a.sh", Unproven), ("a.bash", Unproven), ("bin/zsh", Unproven)] {
        let lines = format!(
            "base : {path} = load_(one) drop_(one) report_(one); b = other
             fix : {path} ~ load_(one) -> load_(one) check_(one) stop_if(bad)
             pick < base : b = more; pick fix
             main : {path} ~ load_(one) check_(one) stop_if(bad) -> check_(one) stop_if(bad) load_(one)"
        );
        assert_eq!(verdict(&lines), expected, "{path}");
    }
}

#[test]
fn the_order_of_members_and_functions_says_nothing() {
    let members = "base : a.py = class_Shop: ____tax_=_field() ____name_=_field(10) ____zip_code_=_field(); b = other
        fix : a.py ~ ____name_=_field(10) -> ____name_=_field(20)
        pick < base : b = more; pick fix
        main : a.py = class_Shop: ____zip_code_=_field() ____tax_=_field() ____name_=_field(20)";
    assert_eq!(verdict(members), Merged);
    let functions = "base : a.go = func_one()_{ \\tdo_one() } . func_two()_{ \\tdo_two() }; b = other
        fix : a.go ~ \\tdo_one() -> \\tcheck_one() \\tdo_one()
        pick < base : b = more; pick fix
        main : a.go = func_two()_{ \\tdo_two() } . func_one()_{ \\tcheck_one() \\tdo_one() }";
    assert_eq!(verdict(functions), Merged);
}
