//! What later work did to the lines of a landed fix, in the words of real languages: what takes it back and what does not.

use hotfix::domain::merge_back::Verdict::{self, Merged, Reverted, Unproven};

use crate::history::History;
use crate::merge_back::judge;

/// The verdict where a fix made a file `fixed` of what it was before, was picked, and the file became `later` since.
fn after(path: &str, before: &str, fixed: &str, later: &str) -> Verdict {
    let history = History::bare(&format!(
        "base : {path} = {before}; other = file
         fix : {path} = {fixed}
         pick < base : pick fix
         more : other = file more
         main : {path} = {later}"
    ));
    judge(&history, "base", "fix", "main").unwrap().verdict
}

#[test]
fn what_a_comment_remembers_is_not_in_effect() {
    for (path, before, fixed, later, verdict) in [
        ("a.py", "WAIT_=_30", "WAIT_=_5", "WAIT_=_30__#_was_5", Reverted),
        ("a.py", "WAIT_=_30", "WAIT_=_5", "WAIT_=_60__#_was_5", Unproven),
        ("a.py", "WAIT_=_30", "WAIT_=_5", "WAIT_=_5__#_see_INC-42_for_the_reasons_why", Merged),
        ("a.sh", "upload_the_file", "upload_the_file_||_exit_1", "upload_the_file_||_true_#_exit_1", Unproven),
        ("a.go", "cache.Add(c.ttl)", "cache.Add(c.ttl_/_2)", "cache.Add(c.ttl)_//_c.ttl_/_2_was_too_short", Reverted),
    ] {
        let text = |line: &str| format!("first_line {line} last_line");
        assert_eq!(after(path, &text(before), &text(fixed), &text(later)), verdict, "{later}");
    }
}

#[test]
fn deleted_lines_that_come_back_a_little_otherwise_are_not_gone() {
    for (path, deleted, later, verdict) in [
        ("a.tf", "publicly_accessible_____=_true", "publicly_accessible_=_true", Reverted),
        ("a.py", "prune_old(files)", "prune_old(files)__#_the_disk_is_full", Reverted),
        ("a.ts", "allow('everyone')", "allow(\"everyone\")", Reverted),
        ("a.ts", "history.add(page)", "this.history.add(page)", Unproven),
        ("a.sh", "prune_the_files", "prune_the_files_||_true", Unproven),
        (
            "a.sql",
            "CREATE_INDEX_by_name_ON_users_(name)",
            "CREATE_INDEX_IF_NOT_EXISTS_by_name_ON_users_(name)",
            Unproven,
        ),
        ("a.py", "prune_old(files)", "keep_the_newest(backups)", Merged),
        ("a.go", "\t\"example.com/shop/till\"", "\t\"example.com/shop/till/v2\"", Merged),
    ] {
        let text = |line: &str| format!("first_line {line} last_line");
        assert_eq!(after(path, &text(deleted), &text(""), &text(later)), verdict, "{later}");
    }
}

#[test]
fn a_part_of_what_a_line_brought_is_not_all_of_it() {
    for (before, fixed, later, verdict) in [
        ("WHERE_state_=_1", "WHERE_state_NOT_IN_('closed','cancelled')", "WHERE_state_NOT_IN_('closed')", Unproven),
        ("charge(invoice)", "charge(invoice,_key=invoice.number)", "charge(invoice,_key=None)", Unproven),
        ("charge(invoice)", "charge(invoice,_key=invoice.number)", "charge(invoice,_key=invoice.name)", Merged),
        ("charge(invoice)", "charge(invoice,_key=number)", "charge(invoice,_key=number,_retries=3)", Merged),
        ("charge(invoice)", "charge(invoice,_self.shop.key)", "charge(invoice,_shop.key)", Merged),
    ] {
        let text = |line: &str| format!("first_line {line} last_line");
        assert_eq!(after("a.py", &text(before), &text(fixed), &text(later)), verdict, "{later}");
    }
}

/// A file of functions that begin alike, each line behind so much white space.
fn indented(step: usize, guard: bool) -> String {
    let line = |depth: usize, words: &str| format!("{}{words}", "_".repeat(depth * step));
    let function = |name: &str| {
        let mut lines = vec![line(0, &format!("function_{name}(cart)_{{"))];
        lines.extend(["if_(!cart)_{", "_return_null", "}"].iter().map(|words| line(1, words)));
        if guard && name == "pay" {
            lines.extend([line(1, "if_(cart.paid)_{"), line(2, "return_null"), line(1, "}")]);
        }
        lines.extend([line(1, &format!("return_{name}_it(cart)")), line(0, "}")]);
        lines.join(" ")
    };
    ["add", "pay", "send"].map(function).join(" ")
}

#[test]
fn who_indents_a_whole_file_anew_takes_nothing_out() {
    for (was, is) in [(2, 4), (4, 2), (2, 3)] {
        let verdict = after("a.ts", &indented(was, false), &indented(was, true), &indented(is, true));
        assert_eq!(verdict, Merged, "{was} to {is}");
        let verdict = after("a.ts", &indented(was, false), &indented(was, true), &indented(is, false));
        assert_eq!(verdict, Reverted, "taken out with the new indentation, {was} to {is}");
    }
}

#[test]
fn a_line_that_left_a_loop_is_not_outside_because_the_whole_file_is_indented_less() {
    let file = |step: usize, depth: usize| {
        let line = |depth: usize, words: &str| format!("{}{words}", "_".repeat(depth * step));
        let lines = ["def_find(all):", "for_one_in_all:", "if_one.fits:", "return_one", "return_None"];
        let depths = [0, 1, 2, 3, depth];
        lines.iter().zip(depths).map(|(words, depth)| line(depth, words)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(after("a.py", &file(4, 2), &file(4, 1), &file(2, 1)), Merged);
    assert_ne!(after("a.py", &file(4, 2), &file(4, 1), &file(2, 2)), Merged);
}

#[test]
fn who_breaks_a_line_as_a_formatter_does_takes_nothing_out() {
    for (path, before, fixed, later) in [
        ("a.rs", "charge(invoice)", "charge(invoice,_retries,_key)", "charge( ____invoice, ____retries, ____key, )"),
        ("a.py", "refund(token)", "refund(token,_key=invoice.number)", "refund( ____token, ____key=invoice.number, )"),
    ] {
        let text = |lines: &str| format!("first_line {lines} last_line");
        assert_eq!(after(path, &text(before), &text(fixed), &text(later)), Merged, "{later}");
    }
}

#[test]
fn a_line_that_is_joined_to_a_comment_is_part_of_it() {
    let fixed = "first_line #_check verify_the_signature last_line";
    let joined = "first_line #_check_verify_the_signature last_line";
    assert_ne!(after("a.py", "first_line last_line", fixed, joined), Merged);
    let returned = after(
        "a.js",
        "first_line last_line",
        "first_line return_reject(it) last_line",
        "first_line return _reject(it) last_line",
    );
    assert_ne!(returned, Merged);
}

#[test]
fn what_only_looks_like_a_comment_or_an_import_is_code() {
    for (path, before, fixed, later) in [
        (
            "A.java",
            "submit(it,_true_/*_force_*/,_10,_Retry.NONE)",
            "submit(it,_true_/*_force_*/,_10,_Retry.BACKOFF)",
            "submit(it,_true_/*_force_*/,_20,_Retry.NONE)",
        ),
        ("a.rb", "say(it)_#{state}", "say(it)_#{state}_AND_not_deleted", "say(it)_#{all_states}"),
        ("a.yaml", "image:_shop:1_#_plain", "image:_shop:1_#_{policy:_flux}", "image:_shop:1_#_other"),
    ] {
        let text = |line: &str| format!("first_line {line} last_line");
        assert_ne!(after(path, &text(before), &text(fixed), &text(later)), Merged, "{later}");
    }
    // The one query reads as before again, and another as this one was to.
    let queries = |one: &str, other: &str| format!("select_orders {one} where_open select_all {other} where_any");
    let verdict = after(
        "a.sql",
        &queries("from_orders", "from_orders_of_all"),
        &queries("from_orders_live", "from_orders_of_all"),
        &queries("from_orders", "from_orders_live"),
    );
    assert_ne!(verdict, Merged);
}

#[test]
fn white_space_says_where_a_line_belongs_in_some_languages() {
    let service = |name: &str, lines: &str| format!("{name}: __image:_shop {lines}");
    let fixed = format!("{} {}", service("shop", "__readOnly:_true"), service("till", ""));
    let before = format!("{} {}", service("shop", ""), service("till", ""));
    let later = "deploy: __store: ____image:_shop __till: ____image:_shop ____readOnly:_true";
    assert_ne!(after("a.yaml", &before, &fixed, later), Merged);
}

#[test]
fn a_first_part_that_later_work_renamed_is_not_the_whole() {
    let history = History::bare(
        "base : a.rs = first_line last_line
         one : a.rs ~ first_line -> first_line if_limits.most_>_all return_refused_now
         fix : a.rs ~ if_limits.most_>_all -> if_limits.most_>=_all
         pick < base : pick one
         main : a.rs ~ if_limits.most_>_all -> if_bounds.most_>_all",
    );
    assert_ne!(judge(&history, "base", "fix", "main").unwrap().verdict, Merged);
}

#[test]
fn an_import_that_is_sorted_stands_where_it_may() {
    let imports = |lines: &str| format!("{lines} def_run(): ____audit.log(1) ____go_on()");
    let before = "import_json import_sys import_time def_run(): ____go_on()";
    let verdict = after(
        "a.py",
        before,
        &imports("import_json import_sys import_time import_audit"),
        &imports("import_audit import_json import_sys import_time"),
    );
    assert_eq!(verdict, Merged);
}

/// The verdict where main changed one line of a landed fix again, in a file of this name, beside code that stands.
fn changed_again(path: &str) -> Verdict {
    let history = History::bare(&format!(
        "base : {path} = first_line size_is_32 last_line; a.rs = one two
         fix : {path} ~ size_is_32 -> size_is_48; a.rs ~ two -> a_guard_of_the_fix two
         pick < base : pick fix
         main : {path} ~ size_is_48 -> size_is_64"
    ));
    judge(&history, "base", "fix", "main").unwrap().verdict
}

#[test]
fn what_is_only_read_or_tested_may_be_put_otherwise() {
    for (path, verdict) in [
        ("README.md", Merged),
        ("docs/guide.rst", Merged),
        ("tests/size.rs", Merged),
        ("size.rs", Unproven),
        ("size.txt", Unproven),
        ("prompts/system.md", Unproven),
    ] {
        assert_eq!(changed_again(path), verdict, "{path}");
    }
}
