//! The hard cases of a merge-back, each in the fixture language with its verdict.

use hotfix::domain::merge_back::Verdict;
use hotfix::merge_back::fix::Fix;
use hotfix::merge_back::report::Report;
use hotfix::merge_back::search::{Options, search};
use hotfix::merge_back::target::Target;

use crate::history::History;

/// Judges the range `base..tip` on `main` (labels), or on what `into` names.
fn judge(history: &History, base: &str, tip: &str, into: &str) -> Report {
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id(into), &stop);
    let fix = Fix::of_range(&target, history.id(base), history.id(tip)).unwrap();
    search(&target, &fix, &Options::default()).unwrap()
}

/// A file of ten lines that tell themselves apart.
const BASE: &str =
    "base : a = line_one line_two line_three line_four line_five line_six line_seven line_eight line_nine line_ten\n";

/// Judges `base..fix` on `main` in a history that goes on from [`BASE`].
fn verdict(lines: &str) -> (Verdict, Vec<String>, Vec<String>) {
    let history = History::bare(&format!("{BASE}{lines}"));
    let report = judge(&history, "base", "fix", "main");
    let labels = |landings: &[hotfix::merge_back::report::Landing]| {
        landings.iter().map(|one| history.label(one.commit)).collect()
    };
    (report.verdict, labels(&report.landings), labels(&report.undone_by))
}

fn is(lines: &str, verdict_: Verdict, landings: &[&str], undone_by: &[&str]) {
    let owned = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
    assert_eq!(verdict(lines), (verdict_, owned(landings), owned(undone_by)), "{lines}");
}

#[test]
fn a_true_merge_is_merged() {
    is(
        "fix : a ~ line_two -> LINE_TWO
        other < base : b = other_file
        main < other fix",
        Verdict::Merged,
        &["main"],
        &[],
    );
}

#[test]
fn a_clean_pick_is_merged() {
    is(
        "fix : a ~ line_two -> LINE_TWO
        other < base : a ~ line_nine -> changed_on_main
        pick : pick fix
        main : b = other_file",
        Verdict::Merged,
        &["pick"],
        &[],
    );
}

#[test]
fn what_never_came_is_missing() {
    is(
        "fix : a ~ line_two -> LINE_TWO
        main < base : a ~ line_nine -> changed_on_main",
        Verdict::Missing,
        &[],
        &[],
    );
}

#[test]
fn a_merge_that_kept_its_own_side_is_missing() {
    is(
        "fix : a ~ line_two -> LINE_TWO
        other < base : b = other_file
        main < other fix : ours",
        Verdict::Missing,
        &[],
        &[],
    );
}

#[test]
fn a_pick_and_its_revert_is_reverted() {
    is(
        "fix : a ~ line_two -> LINE_TWO
        pick < base : pick fix
        undo : revert pick
        main : b = other_file",
        Verdict::Reverted,
        &["pick"],
        &["undo"],
    );
}

#[test]
fn an_insertion_whose_neighbour_is_edited_and_which_is_deleted_then_is_reverted() {
    is(
        "fix : a ~ line_two -> line_two new_guard
        pick < base : pick fix
        edit : a ~ line_two -> line_2
        undo : a ~ new_guard ->
        main : b = other_file",
        Verdict::Reverted,
        &["pick"],
        &["undo"],
    );
}

#[test]
fn one_of_two_hunks_is_partial() {
    is(
        "fix : a ~ line_two -> LINE_TWO; a ~ line_nine -> LINE_NINE
        main < base : a ~ line_two -> LINE_TWO",
        Verdict::Partial,
        &["main"],
        &[],
    );
}
