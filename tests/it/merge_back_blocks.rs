//! In which block a line stands, and whether a comment that was touched up is still what the fix wrote.

use hotfix::domain::merge_back::Verdict::{self, Merged};

use crate::history::History;
use crate::merge_back::judge;

fn verdict(lines: &str) -> Verdict {
    judge(&History::bare(lines), "base", "fix", "main").unwrap().verdict
}

/// What a later commit did to a file with comments and a guard that the fix brought.
fn after(later: &str) -> Verdict {
    verdict(&format!(
        "base : b = other
         fix : a.c = /* _*_Licence:_see_http://example.org/terms _*_of_the_foundation. */ int_pay(user)_{{ \
         ____/*_denies_who_is_not_allowd_to_pay */ ____if_(!may_pay(user)) ________return_DENIED ____return_pay_it(user) }}
         pick < base : b = more; pick fix
         main : a.c ~ {later}"
    ))
}

#[test]
fn a_comment_of_the_fix_that_was_touched_up_is_still_one() {
    let licence = "_*_Licence:_see_http://example.org/terms -> _*_Licence:_see_https://example.org/terms";
    let typo = "____/*_denies_who_is_not_allowd_to_pay -> ____/*_denies_who_is_not_allowed_to_pay";
    for later in [licence, typo] {
        assert_eq!(after(later), Merged, "{later}");
    }
}

#[test]
fn code_that_was_made_a_comment_is_none_of_the_fix_s_comments() {
    let guard = "____if_(!may_pay(user)) ________return_DENIED";
    for to in [
        "/* ____if_(!may_pay(user)) ________return_DENIED */",
        "____/*_if_(!may_pay(user)) ________return_DENIED_*/",
        "____/*_denies_who_if_(!may_pay(user)) ________return_DENIED_*/",
        "#if_0 ____if_(!may_pay(user)) ________return_DENIED #endif",
        "#if_0 ____if_(!may_pay(user,_now)) ________return_DENIED #endif",
    ] {
        assert_ne!(after(&format!("{guard} -> {to}")), Merged, "{to}");
    }
    // The end of a comment that was touched up went further down.
    let typo = "____/*_denies_who_is_not_allowd_to_pay */";
    let swallows = format!("{typo} {guard} -> ____/*_denies_who_is_not_allowed_to_pay {guard} */");
    assert_ne!(after(&swallows), Merged);
}

#[test]
fn what_the_preprocessor_reads_is_no_head_and_neither_is_a_label() {
    for aside in ["#endif_/*_the_first_*/", "#include_\"other.h\"", "#define_LIMIT_OF_IT_3", "retryit:"] {
        let lines = format!(
            "base : a.c = int_one(void)_{{ ____open_it() }} int_two(void)_{{ ____begin_it() {aside} ____open_all() ____run_it() }}; b = other
             fix : a.c ~ ____open_all() -> ____open_all() ____ensure_allowed(user)
             pick < base : b = more; pick fix
             main : a.c ~ {aside} ____open_all() -> ____open_all(); a.c ~ int_one(void)_{{ -> int_one(void)_{{ {aside}"
        );
        assert_eq!(verdict(&lines), Merged, "{aside}");
    }
}

#[test]
fn a_guard_that_went_to_another_condition_of_the_preprocessor_needs_a_person() {
    let lines = "base : a.c = int_one(void)_{ ____open_it() #ifdef_WITH_TLS ____begin_it() #endif ____use_it() #ifdef_WITH_TCP ____begin_it() #endif ____close_it() }; b = other
         fix : a.c ~ #ifdef_WITH_TLS ____begin_it() -> #ifdef_WITH_TLS ____begin_it() ____ensure_allowed(user)
         pick < base : b = more; pick fix
         main : a.c = int_one(void)_{ ____open_it() #ifdef_WITH_TLS ____begin_it() #endif ____use_it() #ifdef_WITH_TCP ____begin_it() ____ensure_allowed(user) #endif ____close_it() }";
    assert_ne!(verdict(lines), Merged);
}

#[test]
fn a_guard_that_the_preprocessor_takes_under_a_condition_needs_a_person() {
    let later = |later: &str| {
        verdict(&format!(
            "base : a.c = int_one(void)_{{ #ifdef_WITH_TLS ____begin_it() #endif ____use_it() ____close_it() }}; b = other
             fix : a.c ~ ____use_it() -> ____ensure_allowed(user) ____use_it()
             pick < base : b = more; pick fix
             main : a.c ~ {later}"
        ))
    };
    assert_ne!(later("#endif ____ensure_allowed(user) -> ____ensure_allowed(user) #endif"), Merged);
    assert_ne!(later("____ensure_allowed(user) -> #ifdef_DEBUG ____ensure_allowed(user) #endif"), Merged);
    assert_eq!(later("____begin_it() #endif -> #endif"), Merged);
}

const BODY: &str = "____head_of_it(size) ____ensure_fits(size) ____use_it_all(size) ____return_it }";
const FREE: &str = "int_free(size)_{ ____drop_it_all(size) }";

/// A guard in a function of main's file, which had all of it but the guard before.
fn renamed(main: &str) -> Verdict {
    verdict(&format!(
        "base : a.c = int_make(size)_{{ ____head_of_it(size) ____use_it_all(size) ____return_it }} {FREE}
         fix : a.c ~ ____head_of_it(size) -> ____head_of_it(size) ____ensure_fits(size)
         old < base : a.c = {}
         main : a.c = {main}",
        main.replace("____ensure_fits(size) ", "")
    ))
}

#[test]
fn a_block_that_got_another_name_is_left_by_nobody() {
    let wrapped = format!("int_try_make(size)_{{ {BODY} int_make(size)_{{ ____return_try_make(size) }} {FREE}");
    assert_eq!(renamed(&wrapped), Merged);
    // A condition is no name, and where the neighbours stand under the old name it still is theirs.
    for main in [
        wrapped.replace("int_try_make(size)_{", "if_(try_make(size))_{"),
        format!("int_try_make(size)_{{ {BODY} int_make(size)_{{ ____head_of_it(size) ____return_it }} {FREE}"),
        format!("int_free(size)_{{ {BODY} int_make(size)_{{ ____use_it_all(size) ____return_it }}"),
        // Who comes in by the old name comes to other code.
        format!("int_try_make(size)_{{ {BODY} int_make(size)_{{ ____return_new_one(size) }} {FREE}"),
        "int_free(size)_{ ____drop_it_all(size) ____ensure_fits(size) } int_make(size)_{ ____return_new(size) }"
            .to_owned(),
    ] {
        assert_ne!(renamed(&main), Merged, "{main}");
    }
}

#[test]
fn a_number_that_a_tool_gave_is_the_name_of_its_block_and_a_branch_of_its_own_is_not() {
    let numbered = |main: &str| {
        verdict(&format!(
            "base : a.go = func_run(n)_{{ __case_158: ____first_of_it(n) ____last_of_it(n) __case_170: ____other_all(n) }}
             fix : a.go ~ ____first_of_it(n) -> ____first_of_it(n) ____ensure_fits(n)
             old < base : a.go = {}
             main : a.go = {main}",
            main.replace("____ensure_fits(n) ", "")
        ))
    };
    let body = "____first_of_it(n) ____ensure_fits(n) ____last_of_it(n)";
    let shifted =
        format!("func_run(n)_{{ __case_158: ____new_one_all(n) __case_159: {body} __case_171: ____other_all(n) }}");
    assert_eq!(numbered(&shifted), Merged);
    assert_ne!(numbered(&shifted.replace("case_159", "case_THE_NEXT")), Merged);
    let other = "func_run(n)_{ __case_158: ____first_of_it(n) ____last_of_it(n) __case_170: ____ensure_fits(n) ____other_all(n) }";
    assert_ne!(numbered(other), Merged);
}

/// A range whose second commit brought a field; both came as one.
fn field(later: &str) -> Verdict {
    verdict(&format!(
        "base : A.java = class_A_{{ ____static_int_COMMA _ ____make_it_all() }}; b = other
         one : A.java ~ ____make_it_all() -> ____make_it_all(true)
         fix : A.java ~ ____static_int_COMMA _ -> ____static_int_COMMA _ ____private_boolean_lenient _
         pick < base : b = more; squash base..fix
         main : A.java ~ {later}"
    ))
}

#[test]
fn a_line_of_a_later_commit_that_was_touched_up_is_not_its_first_form() {
    let field_of = |to: &str| field(&format!("____static_int_COMMA _ ____private_boolean_lenient _ -> {to}"));
    assert_eq!(field_of("____static_final_int_COMMA _ ____private_final_boolean_lenient _"), Merged);
    assert_ne!(field_of("____static_final_int_COMMA _"), Merged);
    assert_ne!(field_of("____static_final_int_COMMA _ ____open_it_all() _"), Merged);
    assert_ne!(field("____make_it_all(true) -> ____make_it_all()"), Merged);
}

#[test]
fn empty_lines_take_nothing_back() {
    let lined = |fix: &str, main: &str| {
        verdict(&format!(
            "base : a.py = def_f(x): ____log(f) ____return_x _ _ def_g(x): ____log(g) ____return_x_+_1; b = other
             fix : {fix}
             pick < base : b = more; pick fix
             main : {main}"
        ))
    };
    let guard = "a.py ~ ____log(g) -> ____guard(x) ____log(g)";
    let (less, more) = ("a.py ~ ____return_x _ _ -> ____return_x _", "a.py ~ ____return_x _ -> ____return_x _ _");
    assert_eq!(lined(&format!("{guard}; {less}"), more), Merged);
    assert_ne!(lined(less, more), Merged);
    assert_ne!(lined(&format!("{guard}; {less}"), "revert pick"), Merged);
    assert_ne!(lined(&format!("{guard}; {less}"), &format!("{more}; a.py ~ ____guard(x) -> ")), Merged);
}

#[test]
fn the_goal_of_the_fix_s_own_rename_is_no_deleted_file_s_new_place() {
    let shape = "package_io.it licence_of_it import_one_of_it import_two_of_it class_is_here field_of_it getter_of_it setter_of_it";
    let history = History::bare(&format!(
        "base : Old.java = {shape} the_old_end; Plain.java = {shape} the_plain_end; b = other
         fix : rm Old.java; mv Plain.java Shiny.java
         main < base : b = more; squash base..fix"
    ));
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged);
}
