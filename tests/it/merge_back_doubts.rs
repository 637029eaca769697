//! Histories in which the lines of a fix stand at the tip, and yet it is not in effect there.

use hotfix::domain::merge_back::Verdict::{self, Merged, Missing, Partial, Reverted};

use crate::history::History;
use crate::merge_back::judge;

/// The lines of a test file that outweighs most fixes.
const TESTS: &str = "test_pay.py = case_one_of_it case_two_of_it case_three_of_it case_four_of_it case_five_of_it";

fn verdict(lines: &str) -> Verdict {
    judge(&History::bare(lines), "base", "fix", "main").unwrap().verdict
}

#[test]
fn a_swap_that_was_reverted_is_undone() {
    let lines = "base : a = start save_it validate_it end; b = other
         fix : a = start validate_it save_it end
         pick < base : b = more; pick fix";
    for later in
        ["main : revert pick", "main : a = start save_it validate_it end; c = new", "main : revert pick; a += more"]
    {
        assert!(matches!(verdict(&format!("{lines}\n{later}")), Reverted | Partial), "{later}");
    }
}

#[test]
fn the_same_lines_in_another_order_are_not_the_fix() {
    let lines = "base : a = one_1 two_2 five_5 six_6 seven_7; b = other
         fix : a ~ five_5 -> lock_it() charge_it() unlock_it()
         main < base : pick fix; a ~ lock_it() charge_it() -> charge_it() lock_it()";
    assert_ne!(verdict(lines), Merged);
}

#[test]
fn the_old_line_beside_the_new_one_is_back() {
    let base = "base : a = open_it limit_=_10 run_it close_it; b = other
         fix : a ~ limit_=_10 -> limit_=_500\n";
    for later in ["limit_=_500 limit_=_10", "limit_=_10 limit_=_500"] {
        let after_the_landing = format!("pick < base : b = more; pick fix\nmain : a ~ limit_=_500 -> {later}");
        let at_the_landing = format!("main < base : a ~ limit_=_10 run_it -> {later} run_it_now");
        for lines in [after_the_landing, at_the_landing] {
            assert_ne!(verdict(&format!("{base}{lines}")), Merged, "{lines}");
        }
    }
}

#[test]
fn what_tests_hold_does_not_outweigh_the_code() {
    let lines = format!(
        "base : a.py = def_f(user) ____return_data(user); b = other
         fix : a.py ~ def_f(user) -> def_f(user) ____if_not_user.ok:_raise_Denied(); {TESTS}
         pick < base : b = more; pick fix
         main : a.py ~ ____if_not_user.ok:_raise_Denied() -> ____pass__#_FIXME"
    );
    assert_ne!(verdict(&lines), Merged);
}

#[test]
fn a_namesake_that_was_there_before_is_another_file() {
    let policy = "kind:_NetworkPolicy spec: podSelector policyTypes:_Ingress";
    let never = format!(
        "base : k8s/eu/policy.yaml = {policy}
         fix : k8s/us/policy.yaml = {policy}
         main < base : b = more"
    );
    assert_eq!(verdict(&never), Missing);
    let one_of_two = format!(
        "base : b = other
         fix : k8s/eu/policy.yaml = {policy}; k8s/us/policy.yaml = {policy}
         main < base : k8s/eu/policy.yaml = {policy}"
    );
    assert_eq!(verdict(&one_of_two), Partial);
}

#[test]
fn an_error_check_that_stands_in_another_file_has_not_moved_there() {
    let check = r"\tif_err_!=_nil_{ \t\treturn_err";
    let lines = format!(
        r"base : save.go = func_Save() \terr_:=_store.Put(x) \tnotify(x) \treturn_nil; b = other
         fix : save.go ~ \terr_:=_store.Put(x) -> \terr_:=_store.Put(x) {check}
         pick < base : b = more; pick fix
         main : save.go ~ {check} \tnotify(x) -> \tnotifyAll(x); load.go = func_Load() \terr_:=_store.Get(id) {check} \treturn_nil"
    );
    assert_ne!(verdict(&lines), Merged);
}

#[test]
fn the_old_token_on_a_line_that_was_changed_again_is_back() {
    let lines = "base : a = open_it session_=_connect(host,_verify=False) close_it; b = other
         fix : a ~ session_=_connect(host,_verify=False) -> session_=_connect(host,_verify=True)
         pick < base : b = more; pick fix
         main : a ~ session_=_connect(host,_verify=True) -> session_=_connect(host,_port,_verify=False)";
    assert_ne!(verdict(lines), Merged);
}

#[test]
fn a_deletion_in_the_wrong_place_is_not_the_fix() {
    let base = "base : p.py = def_pay(o): skip_auth_checks(o) charge(o) give_it def_refund(o): skip_auth_checks(o) give_back(o)
         fix : p.py ~ def_pay(o): skip_auth_checks(o) -> def_pay(o):";
    let squash = format!(
        "{base}; {TESTS}
         main < base : p.py ~ def_refund(o): skip_auth_checks(o) -> def_refund(o):; {TESTS}"
    );
    assert_ne!(verdict(&squash), Merged);
    let lower = format!(
        "{base}
         pick < base : b = more; pick fix
         main : p.py ~ charge(o) -> charge(o) skip_auth_checks(o)"
    );
    assert_ne!(verdict(&lower), Merged);
    let again = "base : a.c = check_hash(ctx) if_(err) goto_fail; goto_fail; final(ctx)
         fix : a.c = check_hash(ctx) if_(err) goto_fail; final(ctx)
         pick < base : b = more; pick fix
         main : a.c = check_hash(ctx) if_((err_=_update(ctx))_!=_0) goto_fail; goto_fail; final(ctx)";
    assert_ne!(verdict(&again.replace("fail;", "fail")), Merged);
}

#[test]
fn a_guard_that_was_commented_out_with_a_word_is_taken_out() {
    for mark in ["#_TODO:_", "##_", "%%_", "//_disabled:_", "REM_"] {
        let lines = format!(
            "base : h = open_it close_it; b = other
             fix : h ~ open_it -> open_it ensure_allowed(user)
             pick < base : b = more; pick fix
             main : h ~ ensure_allowed(user) -> {mark}ensure_allowed(user)"
        );
        assert_eq!(verdict(&lines), Reverted, "{mark}");
    }
}

#[test]
fn a_file_that_was_put_aside_is_gone() {
    let lines = "base : b = other
         fix : conf.d/deny.conf = deny_all_the_bots deny_the_rest
         pick < base : b = more; pick fix
         main : mv conf.d/deny.conf conf.d/deny.conf.disabled";
    assert_ne!(verdict(lines), Merged);
}

#[test]
fn a_new_program_that_can_t_be_run_is_not_all_of_it() {
    let lines = "base : b = other
         fix : hook.sh = #!/bin/sh guard_it_all; mode hook.sh 755
         pick < base : b = more; pick fix
         main : mode hook.sh 644";
    assert_ne!(verdict(lines), Merged);
}

#[test]
fn bytes_that_are_neither_side_s_need_a_person() {
    let lines = "base : a = p_begin p_close; submodule sub 1
         fix : a ~ p_begin -> p_begin ensure_allowed(user); submodule sub 2
         pick < base : b = more; pick fix
         main : submodule sub 3";
    assert_ne!(verdict(lines), Merged);
}

#[test]
fn a_guard_that_left_its_function_needs_a_person() {
    let base = "base : a.py = def_p(): ____open_it() ____run_it() def_q(): ____open_it() ____run_it(); b = other
         fix : a.py ~ def_p(): ____open_it() -> def_p(): ____open_it() ____if_not_allowed:_return
         pick < base : b = more; pick fix";
    let moved = "main : a.py = def_p(): ____open_it() ____run_it() def_q(): ____open_it() ____if_not_allowed:_return ____run_it()";
    assert_ne!(verdict(&format!("{base}\n{moved}")), Merged);
    // The function as a whole may move.
    let whole = "main : a.py = def_q(): ____open_it() ____run_it() def_p(): ____open_it() ____if_not_allowed:_return ____run_it()";
    assert_eq!(verdict(&format!("{base}\n{whole}")), Merged);
}

#[test]
fn a_head_of_several_lines_is_known_by_its_first() {
    let lines = r"base : a.go = func_serve( \tctx_Context, )_(err_error)_{ \topen_it() \trun_it() } var_( \tErrOld_=_old_error ); b = other
         fix : a.go ~ \topen_it() -> \topen_it() \tif_not_allowed_return; a.go ~ \tErrOld_=_old_error -> \tErrOld_=_old_error \tErrNew_=_new_error
         pick < base : b = more; pick fix
         main : a.go ~ func_serve( \tctx_Context, )_(err_error)_{ -> func_other( \tctx_Context, )_(err_error)_{ \tother() } func_serve(ctx_Context)_error_{";
    assert_eq!(verdict(lines), Merged);
}
