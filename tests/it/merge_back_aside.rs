//! What comes with a fix and is not the fix itself: imports, tests, the few hunks of a large one.

use hotfix::domain::merge_back::Verdict::{self, Merged, Partial, Reverted, Unproven};
use hotfix::domain::policy::ChangedSince;
use hotfix::merge_back::fix::Fix;
use hotfix::merge_back::search::{Options, search};
use hotfix::merge_back::target::Target;

use crate::history::History;
use crate::merge_back::judge;

/// What became of a fix that landed as one pick, and of which main made something else since.
fn since(base: &str, fix: &str, later: &str) -> Verdict {
    let history = History::bare(&format!(
        "base : other = file; {base}\nfix : {fix}\npick < base : other = more; pick fix\nmain : {later}"
    ));
    judge(&history, "base", "fix", "main").unwrap().verdict
}

#[test]
fn an_import_may_stand_in_other_lines() {
    for (path, before, after, later, gone) in [
        (
            "shop.py",
            "from_shop_import_Cart",
            "from_shop_import_Cart,_Till",
            "from_shop_import_Till",
            "from_shop_import_Lane",
        ),
        (
            "shop.ts",
            "import_{Cart}_from_'a'",
            "import_{Cart,_Till}_from_'a'",
            "import_{Till}_from_'a'",
            "import_{Till}_from_'b'",
        ),
    ] {
        let verdict = |now: &str| {
            since(
                &format!("lib.rs = first_line last_line; {path} = {before} use(Cart) keep(it) end_of_it"),
                &format!(
                    "{path} ~ {before} -> {after}; {path} ~ keep(it) -> keep(Till,_it); \
                     lib.rs = first_line guard_of_the_fix() last_line"
                ),
                &format!("{path} ~ {after} -> {now}"),
            )
        };
        assert_eq!(verdict(later), Merged, "{path}: it stands");
        assert_ne!(verdict(gone), Merged, "{path}: another one stands there");
    }
}

#[test]
fn a_name_that_comes_from_elsewhere_again_takes_the_fix_back() {
    for (path, before, after) in [
        ("shop.py", "from_fast_import_compare", "from_safe_import_compare"),
        ("shop.ts", "import_{_compare_}_from_'fast'", "import_{_compare_}_from_'safe'"),
        ("Shop.kt", "import_fast.compare", "import_safe.compare"),
    ] {
        let verdict = since(
            &format!("lib.rs = first_line last_line; {path} = {before} compare(one,two) end_of_it"),
            &format!("{path} ~ {before} -> {after}; lib.rs = first_line guard_of_the_fix() last_line"),
            &format!("{path} ~ {after} -> {before}"),
        );
        assert_eq!(verdict, Partial, "{path}");
    }
}

#[test]
fn an_import_that_is_run_for_what_it_does_is_the_fix() {
    let verdict = |import: &str| {
        since(
            "lib.rs = first_line last_line; shop.py = do_it(now) end_of_it",
            &format!("shop.py ~ do_it(now) -> {import} do_it(now); lib.rs = first_line guard_of_the_fix() last_line"),
            &format!("shop.py ~ {import} -> "),
        )
    };
    assert_eq!(verdict("import_patch_everything"), Partial);
}

#[test]
fn a_name_that_is_from_elsewhere_by_now_is_looked_at() {
    let verdict = since(
        "a.go = import_( \"fmt\" \"os\" ) func_Token() return_fmt.Sprint(os.Getpid()) end_of_it",
        "a.go ~ \"fmt\" -> \"crypto/rand\" \"fmt\"; a.go ~ return_fmt.Sprint(os.Getpid()) -> return_fmt.Sprint(rand.Text())",
        "a.go ~ \"crypto/rand\" -> \"math/rand\"",
    );
    assert_eq!(verdict, Unproven);
}

const CODE: &str = "pay.rs = fn_pay() check(total) send(total)";
const TEST: &str = "tests/pay.rs = fn_pays() assert_paid(1) fn_ends()";
const FIX: &str = "pay.rs ~ check(total) -> check(total) guard(total); tests/pay.rs ~ assert_paid(1) -> assert_paid(1) assert_fails(0)";

#[test]
fn a_test_that_is_written_anew_leaves_a_fix_that_is_itself_in_effect() {
    let verdict = |fix: &str, later: &str| since(&format!("{CODE}; {TEST}"), fix, later);
    let anew = "tests/pay.rs = the_tests_are_written anew_from_here to_there";
    assert_eq!(verdict(FIX, anew), Merged);
    assert_ne!(verdict(FIX, &format!("{anew}; says This reverts commit {{pick}}.")), Merged);
    assert_ne!(verdict(FIX, &format!("{anew}; pay.rs ~ guard(total) -> ")), Merged);
    // A name does not tell for certain that no production runs it.
    for later in ["tests/pay.rs ~ assert_fails(0) -> ", "rm tests/pay.rs"] {
        assert_eq!(verdict(FIX, later), Partial, "{later}");
    }
    let alone = "tests/pay.rs ~ assert_paid(1) -> assert_paid(1) assert_fails(0)";
    assert_ne!(verdict(alone, anew), Merged, "the test was all of the fix");
}

#[test]
fn a_file_that_went_may_have_taken_the_fix_along() {
    let after = |later: &str| {
        since(
            "pay.rs = fn_pay() check(total) send(total) log_it(total) end_of_it",
            "pay.rs ~ check(total) -> check(total) guard(total); pay.rs ~ log_it(total) ->",
            later,
        )
    };
    // Written anew, without the guard: only who reads it can tell.
    assert_ne!(after("rm pay.rs; money.rs = pub_fn_pay_all() verify(sum) transfer(sum)"), Merged);
    assert_eq!(after("mv pay.rs money.rs"), Merged);
}

#[test]
fn the_policy_says_what_a_changed_line_of_a_landed_fix_comes_to() {
    let verdict = |changed_since: ChangedSince, later: &str| {
        let history = History::bare(&format!(
            "base : a.rs = fn_a() verify(OLD) send(it) fn_b() keep(it); b = other
             fix : a.rs ~ verify(OLD) -> verify(CA) and_log(it); a.rs ~ keep(it) -> keep(it,_locked)
             pick < base : b = more; pick fix
             main : {later}"
        ));
        let (repository, stop) = (history.repository(), || false);
        let target = Target::new(&repository, history.id("main"), &stop);
        let fix = Fix::of_range(&target, history.id("base"), history.id("fix")).unwrap();
        search(&target, &fix, &Options { changed_since, ..Options::default() }).unwrap().verdict
    };
    use ChangedSince::{Accept, Confirm, Weigh};
    let word_more = "a.rs ~ and_log(it) -> and_log(it,_now)";
    let beyond_recognition = "a.rs ~ verify(CA) and_log(it) -> something_else";
    for (later, verdicts) in [
        ("b = yet_more", [Merged, Merged, Merged]),
        (word_more, [Merged, Merged, Unproven]),
        (beyond_recognition, [Merged, Unproven, Unproven]),
        ("a.rs ~ verify(CA) and_log(it) -> verify(OLD)", [Partial, Partial, Partial]),
        (
            "a.rs ~ verify(CA) and_log(it) -> verify(OLD); a.rs ~ keep(it,_locked) -> keep(it)",
            [Reverted, Reverted, Reverted],
        ),
    ] {
        assert_eq!([Accept, Weigh, Confirm].map(|policy| verdict(policy, later)), verdicts, "{later}");
    }
}
