//! What became of a landed fix since: what undoes it, and what only goes on from it.

use hotfix::domain::fate::Fate;
use hotfix::domain::merge_back::Verdict::{self, Merged, Partial, Reverted};

use crate::history::History;
use crate::merge_back::{judge, labels};

/// A file of forty lines.
fn lines() -> Vec<String> {
    (1..=40).map(|line| format!("base_line_{line}")).collect()
}

/// The same with a large fix: three lines after each of four lines, and a note of its own.
fn fixed() -> Vec<String> {
    let after = |line: &String| match line.as_str() {
        "base_line_5" | "base_line_15" | "base_line_25" | "base_line_35" => {
            ["guard", "call", "log"].map(|what| format!("fix_{what}_of_{line}")).to_vec()
        }
        "base_line_30" => vec!["note_of_the_fix".to_owned()],
        _ => vec![],
    };
    lines().iter().flat_map(|line| [vec![line.clone()], after(line)].concat()).collect()
}

/// Judges the large fix after main's file became `later` in one commit.
fn after(later: &[String], verdict: Verdict) {
    let history = History::bare(&format!(
        "base : a = {}\nfix : a = {}\nlanding < base : b = other; squash base..fix\nlater : a = {}\nmain : b = more",
        lines().join(" "),
        fixed().join(" "),
        later.join(" "),
    ));
    let report = judge(&history, "base", "fix", "main").unwrap();
    assert_eq!((report.verdict, labels(&history, &report.landings)[0].as_str()), (verdict, "landing"), "{later:?}");
    let changed = report.hunks.iter().filter(|hunk| hunk.fate != Fate::InEffect);
    let by: Vec<String> = changed
        .flat_map(|hunk| hunk.evolved_by.iter().chain(&hunk.undone_by).copied().collect::<Vec<_>>())
        .map(|commit| history.label(commit))
        .collect();
    assert!(by.iter().all(|label| label == "later") && !by.is_empty(), "{:#?}", report.hunks);
}

fn without(lines: &[String], gone: &dyn Fn(&str) -> bool) -> Vec<String> {
    lines.iter().filter(|line| !gone(line)).cloned().collect()
}

#[test]
fn a_line_of_a_large_fix_that_is_taken_out_is_undone() {
    after(&without(&fixed(), &|line| line == "note_of_the_fix"), Partial);
    // Also in a commit that is about much else: the one line may be the guard.
    let broad = |line: &str| {
        line == "note_of_the_fix" || ["1", "2", "7", "9", "20", "22"].iter().any(|n| line == format!("base_line_{n}"))
    };
    after(&without(&fixed(), &broad), Partial);
}

/// What became of a fix that brought a comment and an import along, and perhaps a guard.
fn beside(guard: &str, later: &str) -> Verdict {
    let history = History::bare(&format!(
        "base : shop.go = func_start let_total func_end
         fix : shop.go ~ func_start -> \"example.com/shop/time\" //_why_it_waits func_start{guard}
         landing < base : b = other; squash base..fix
         later : {later}
         main : b = more"
    ));
    judge(&history, "base", "fix", "main").unwrap().verdict
}

#[test]
fn a_comment_and_an_import_that_go_take_nothing_of_the_fix_back() {
    let guard = "; shop.go ~ let_total -> let_total guard_of_the_fix()";
    let dropped = "shop.go ~ \"example.com/shop/time\" //_why_it_waits -> ";
    assert_eq!(beside(guard, dropped), Merged);
    let says_so = format!("{dropped}; says This reverts commit {{landing}}.");
    assert_eq!(beside(guard, &says_so), Partial, "its own words count");
    let with_guard = format!("{dropped}; shop.go ~ guard_of_the_fix() -> ");
    assert_eq!(beside(guard, &with_guard), Reverted, "it took the guard too");
    assert_eq!(beside("", dropped), Reverted, "it was all that the fix did");
}

#[test]
fn a_module_that_was_changed_back_is_no_quiet_change() {
    let verdict = |path: &str, from: &str, to: &str| {
        let history = History::bare(&format!(
            "base : {path} = func_start {from} func_end; b.go = open_it close_it
             fix : {path} ~ {from} -> {to}; b.go ~ open_it -> open_it guard_it
             landing < base : c = other; squash base..fix
             main : {path} ~ {to} -> {from}"
        ));
        judge(&history, "base", "fix", "main").unwrap().verdict
    };
    assert_eq!(verdict("a.go", "\"math/rand\"", "\"crypto/rand\""), Partial);
    assert_eq!(verdict("a.go", "return_\"text/html\"", "return_\"text/plain\""), Partial);
    assert_eq!(verdict("role.yaml", "-_\"*\"", "-_\"get\""), Partial);
    assert_eq!(verdict("a.go", "//_it_waits_for_us", "//_it_never_waits"), Merged, "a comment is only words");
}

/// The closing brace of the function before it is taken for the one behind it, as if nothing stood between them.
#[test]
fn a_pick_that_rewrote_much_of_an_addition_is_for_a_person_and_not_partial() {
    let addition = |first: &str, second: &str| {
        format!("func_added() {first} {second} check_the_first check_the_second check_the_third check_the_last }}")
    };
    let history = History::bare(&format!(
        "base : a.go = func_first() func_there() do_something }}; b.go = open_it close_it
         fix : a.go += {}; b.go ~ close_it -> guard_it close_it
         other < base : a.go ~ func_first() -> func_other()
         main : c = other; a.go += {}; b.go ~ close_it -> guard_it close_it; by Ann; at 1",
        addition("make_a_cluster(with_size)", "with_an_option(timeout)"),
        addition("cfg:=new", "run(cfg)"),
    ));
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Verdict::Unproven);
}

#[test]
fn a_pick_may_import_under_another_name() {
    let verdict = |import: &str, call: &str| {
        let history = History::bare(&format!(
            "base : shop.go = \"std/io\" ) start_here keep_going finish_here
             fix : shop.go ~ \"std/io\" -> \"std/io\" \"go.example.com/shop/v3/cart\"; shop.go ~ keep_going -> keep_going guard_of_the_fix()
             main < base : c = other; shop.go ~ \"std/io\" -> \"std/io\" {import}; shop.go ~ keep_going -> {call}; by Ann; at 1"
        ));
        judge(&history, "base", "fix", "main").unwrap().verdict
    };
    let guard = "keep_going guard_of_the_fix()";
    assert_eq!(verdict("\"go.example.com/store/cart\"", guard), Merged);
    assert_ne!(verdict("\"unrelated.org/x\"", guard), Merged, "not this import");
    assert_ne!(verdict("\"go.example.com/shop/v3/card\"", guard), Merged, "another module");
    assert_ne!(verdict("\"go.example.com/store/cart\"", "keep_going"), Merged, "the guard is what counts");
}

#[test]
fn a_reformatted_line_still_stands() {
    let joined = |line: String| match line.as_str() {
        "note_of_the_fix" => vec!["note_of", "_the_fix"].into_iter().map(str::to_owned).collect(),
        _ => vec![line],
    };
    after(&fixed().into_iter().flat_map(joined).collect::<Vec<_>>(), Merged);
}

#[test]
fn a_fix_that_moves_a_file_and_edits_it_is_one_change() {
    let history = History::bare(&format!(
        "base : dir/a = {}\nfix : mv dir/a dir/b; dir/b ~ base_line_9 -> fixed_line_9\nmain < base : c = other; squash base..fix",
        lines().join(" "),
    ));
    let report = judge(&history, "base", "fix", "main").unwrap();
    let parts: Vec<String> = report.hunks.iter().map(|hunk| format!("{}:{}", hunk.path, hunk.lines)).collect();
    assert_eq!((report.verdict, parts), (Merged, vec!["dir/b:9".to_owned(), "dir/b:new path".to_owned()]));
}

#[test]
fn a_reverted_move_takes_its_edits_back() {
    let history = History::bare(&format!(
        "base : dir/a = {}\nfix : mv dir/a dir/b; dir/b ~ base_line_9 -> fixed_line_9\n\
         landing < base : c = other; squash base..fix\nundo : revert landing\nmain : c = more",
        lines().join(" "),
    ));
    let report = judge(&history, "base", "fix", "main").unwrap();
    assert_eq!(
        (report.verdict, labels(&history, &report.undone_by)),
        (Reverted, vec!["undo".to_owned()]),
        "{:#?}",
        report.hunks
    );
}

/// A revert by hand that leaves a line behind: its words are believed, for they only take a proof away.
#[test]
fn a_commit_that_says_that_it_reverts_and_does_most_of_it_did_all_of_it() {
    let undone = without(&fixed(), &|line| {
        line.starts_with("fix_") && line != "fix_log_of_base_line_35" || line == "note_of_the_fix"
    });
    for (says, verdict) in [("This reverts commit {landing}.", Reverted), ("Tidy_up", Verdict::Unproven)] {
        let history = History::bare(&format!(
            "base : a = {}\nfix : a = {}\nlanding < base : b = other; squash base..fix\nlater : a = {}; says {says}\nmain : b = more",
            lines().join(" "),
            fixed().join(" "),
            undone.join(" "),
        ));
        assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, verdict, "{says}");
    }
}

/// So long a history of several files is shared among threads.
#[test]
fn files_with_long_histories_are_judged_as_others_are() {
    let paths = ["a", "b", "c"];
    let edits = |number: usize| paths.map(|path| format!("{path} ~ line_{} -> line_{number}", number - 1)).join("; ");
    let each = |words: &str| paths.map(|path| format!("{path} {words}")).join("; ");
    for (last, verdict) in [("c ~ guard_of_it ->", Partial), ("other = more", Merged)] {
        let history = History::bare(&format!(
            "base : {}; other = file\nfix : {}\n{}\npick : pick fix\n{}\nmain : {last}",
            each("= one two line_0"),
            each("~ two -> guard_of_it two"),
            numbered("old", 1..30, &edits).replacen("old1 :", "old1 < base :", 1),
            numbered("later", 30..60, &edits),
        ));
        let report = judge(&history, "base", "fix", "main").unwrap();
        assert_eq!(report.verdict, verdict);
        assert_eq!(report.hunks.iter().map(|hunk| hunk.path.to_string()).collect::<Vec<_>>(), paths, "in their order");
    }
}

fn numbered(label: &str, numbers: std::ops::Range<usize>, edits: &dyn Fn(usize) -> String) -> String {
    numbers.map(|number| format!("{label}{number} : {}", edits(number))).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_was_deleted_comes_back_in_other_words_where_the_commit_says_so() {
    for (says, verdict) in [("This reverts commit {pick}.", Reverted), ("Sort_otherwise", Merged)] {
        let history = History::bare(&format!(
            "base : a = fn_nodes() ____list_them fn_sort() ____let_marks_=_all() ____visit_each(marks) fn_iter() ____walk_them; b = other
             fix : a ~ fn_sort() ____let_marks_=_all() ____visit_each(marks) ->
             pick < base : b = more; pick fix
             main : a ~ ____list_them -> ____list_them fn_order() ____push_the_node_behind_its_children; says {says}"
        ));
        assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, verdict, "{says}");
    }
}

/// A file as a fix left it that raised one package with its checksum.
fn raised(path: &str, later: &str) -> Verdict {
    let history = History::bare(&format!(
        "base : {path} = name_=_\"left\" version_=_\"1.2.3\" checksum_=_\"0123456789abcdef0123456789abcdef\" name_=_\"right\"; b = other
         fix : {path} ~ version_=_\"1.2.3\" checksum_=_\"0123456789abcdef0123456789abcdef\" -> version_=_\"1.2.4\" checksum_=_\"fedcba9876543210fedcba9876543210\"
         pick < base : b = more; pick fix
         main : {path} ~ version_=_\"1.2.4\" checksum_=_\"fedcba9876543210fedcba9876543210\" -> {later}"
    ));
    judge(&history, "base", "fix", "main").unwrap().verdict
}

#[test]
fn a_checksum_goes_with_the_version_that_it_is_of() {
    let higher = "version_=_\"1.3.0\" checksum_=_\"11112222333344445555666677778888\"";
    assert_eq!(raised("Cargo.lock", higher), Merged);
    // Elsewhere it may be a key, or the digest of what runs.
    assert_ne!(raised("values.yaml", higher), Merged);
    let before = "version_=_\"1.2.3\" checksum_=_\"0123456789abcdef0123456789abcdef\"";
    assert_eq!(raised("Cargo.lock", before), Reverted);
    // An older one than before the fix, and another archive under the same name.
    assert_ne!(raised("Cargo.lock", "version_=_\"1.2.2\" checksum_=_\"11112222333344445555666677778888\""), Merged);
    assert_ne!(raised("Cargo.lock", "version_=_\"1.2.4\" checksum_=_\"11112222333344445555666677778888\""), Merged);
}

#[test]
fn one_of_two_lines_that_another_stands_in_place_of_needs_a_person() {
    let later = |how: &str| {
        let history = History::bare(&format!(
            "base : a = def_f(x): ____log(f) ____return_x def_g(x): ____return_x; b = other
             fix : a ~ ____log(f) -> ____if_x_>_limit: ________raise_TooMuch(x) ____log(f)
             pick < base : b = more; pick fix
             main : a ~ {how}"
        ));
        judge(&history, "base", "fix", "main").unwrap().verdict
    };
    for how in [
        "________raise_TooMuch(x) -> ________pass_over_it()",
        "____if_x_>_limit: -> ____when_DEBUGGING:",
        "________raise_TooMuch(x) -> ________#_limits_are_no_concern_here ________pass_on()",
    ] {
        assert_ne!(later(how), Merged, "{how}");
    }
}
