//! The hard cases of a merge-back, each in the fixture language with its verdict.

use hotfix::domain::fate::Fate;
use hotfix::domain::merge_back::Verdict::{self, Merged, Missing, Partial, Reverted, Unproven};
use hotfix::failure::Failure;
use hotfix::merge_back::fix::Fix;
use hotfix::merge_back::report::{Landing, Report};
use hotfix::merge_back::search::{Options, search};
use hotfix::merge_back::target::Target;

use crate::history::History;

/// Ten lines that tell themselves apart, and a second file.
const BASE: &str = "base : a = line_one line_two line_three line_four line_five line_six line_seven line_eight line_nine line_ten; b = other
";

/// Judges the range `base..tip` on `into` (labels).
pub(crate) fn judge(history: &History, base: &str, tip: &str, into: &str) -> Result<Report, Failure> {
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id(into), &stop);
    let fix = Fix::of_range(&target, history.id(base), history.id(tip))?;
    search(&target, &fix, &Options::default())
}

/// Judges `base..fix` on `main` in a history that goes on from [`BASE`].
fn report(lines: &str) -> (History, Report) {
    let history = History::bare(&format!("{BASE}{lines}"));
    let report = judge(&history, "base", "fix", "main").unwrap();
    (history, report)
}

pub(crate) fn labels(history: &History, landings: &[Landing]) -> Vec<String> {
    landings.iter().map(|one| history.label(one.commit)).collect()
}

fn is(lines: &str, verdict: Verdict, landings: &[&str], undone_by: &[&str]) {
    let (history, report) = report(lines);
    let found = (report.verdict, labels(&history, &report.landings), labels(&history, &report.undone_by));
    let owned = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
    assert_eq!(found, (verdict, owned(landings), owned(undone_by)), "{lines}\n{:#?}", report.hunks);
}

/// For what no machine can know: never `merged`.
fn is_not_merged(lines: &str) {
    let (_, report) = report(lines);
    assert!(matches!(report.verdict, Unproven | Missing), "{:?}\n{lines}\n{:#?}", report.verdict, report.hunks);
}

macro_rules! cases {
    ($($name:ident: $verdict:expr, $landings:expr, $undone:expr, $lines:literal;)*) => {
        $(#[test] fn $name() { is($lines, $verdict, &$landings, &$undone); })*
    };
}

cases! {
    a_true_merge: Merged, ["main"], [],
        "fix : a ~ line_two -> LINE_TWO
         other < base : b = changed
         main < other fix";
    a_fast_forward: Merged, ["fix"], [],
        "fix : a ~ line_two -> LINE_TWO
         main : b = changed";
    a_rebase: Merged, ["second", "first"], [],
        "one : a ~ line_two -> LINE_TWO
         fix : a ~ line_nine -> LINE_NINE
         other < base : b = changed
         first : pick one
         second : pick fix
         main : b = again";
    a_clean_pick: Merged, ["pick"], [],
        "fix : a ~ line_two -> LINE_TWO
         other < base : a ~ line_nine -> changed_on_main
         pick : pick fix
         main : b = changed";
    a_squash_of_two: Merged, ["squash"], [],
        "one : a ~ line_two -> LINE_TWO
         fix : a ~ line_nine -> LINE_NINE; c = new_file
         other < base : b = changed
         squash : squash base..fix
         main : b = again";
    a_touched_up_squash: Merged, ["main"], [],
        "fix : a ~ line_two -> line_two new_guard_here new_call_here; a ~ line_nine -> LINE_NINE
         main < base : a ~ line_two -> line_two new_guard_here and_more_of_it new_call_here; a ~ line_nine -> LINE_NINE";
    a_split_over_two_squashes: Merged, ["second", "first"], [],
        "fix : a ~ line_two -> LINE_TWO; a ~ line_nine -> LINE_NINE
         first < base : a ~ line_two -> LINE_TWO
         second : a ~ line_nine -> LINE_NINE
         main : b = changed";
    a_pick_inside_a_merged_feature: Merged, ["main"], [],
        "fix : a ~ line_two -> LINE_TWO
         feature < base : c = feature_file
         pick : pick fix
         more : c += feature_line
         other < base : b = changed
         main < other more";
    a_squash_then_edits_nearby: Merged, ["squash"], [],
        "fix : a ~ line_two -> line_two new_guard_here
         squash < base : squash base..fix
         edit : a ~ line_two -> line_2; a ~ line_three -> line_3
         main : a = line_zero line_one line_2 new_guard_here line_3 line_four";
    a_revert_then_reapplied: Merged, ["again"], [],
        "fix : a ~ line_two -> LINE_TWO
         pick < base : pick fix
         undo : revert pick
         again : revert undo
         main : b = changed";
    a_rename_on_main_first: Merged, ["pick"], [],
        "fix : a ~ line_two -> LINE_TWO
         move < base : mv a dir/moved
         pick : dir/moved ~ line_two -> LINE_TWO
         main : b = changed";
    a_rename_on_main_later: Merged, ["pick"], [],
        "fix : a ~ line_two -> LINE_TWO
         pick < base : pick fix
         main : mv a dir/moved";
    a_rename_by_the_fix: Merged, ["main"], [],
        "fix : mv a dir/moved
         main < base : mv a dir/moved; b = changed";
    a_binary_file: Merged, ["pick"], [],
        "fix : binary logo.png new
         pick < base : pick fix
         main : b = changed";
    a_mode_change: Merged, ["pick"], [],
        "fix : mode b 755
         pick < base : pick fix
         main : b = changed";
    a_symbolic_link: Merged, ["pick"], [],
        "fix : link current a
         pick < base : pick fix
         main : b = changed";
    a_submodule: Merged, ["pick"], [],
        "fix : submodule vendor/lib one
         pick < base : pick fix
         main : b = changed";
    an_empty_file: Merged, ["pick"], [],
        "fix : marker =
         pick < base : pick fix
         main : b = changed";
    line_ends: Merged, ["pick"], [],
        "fix : crlf b
         pick < base : pick fix
         main : a ~ line_one -> LINE_ONE";
    a_deleted_file: Merged, ["pick"], [],
        "fix : rm b
         pick < base : pick fix
         main : a ~ line_one -> LINE_ONE";
    an_octopus: Merged, ["main"], [],
        "fix : a ~ line_two -> LINE_TWO
         one < base : b = changed
         two < base : c = changed
         main < one two fix";
    main_merged_into_the_fix: Merged, ["main"], [],
        "one : a ~ line_two -> LINE_TWO
         other < base : a ~ line_nine -> changed_on_main; c = more
         fix < one other : a ~ line_five -> LINE_FIVE
         main < other : squash other..fix";
    one_of_two_commits: Partial, ["pick"], [],
        "one : a ~ line_two -> LINE_TWO
         fix : a ~ line_nine -> LINE_NINE
         pick < base : pick one
         main : b = changed";
    one_of_two_hunks_with_a_trailer_that_claims_all: Partial, ["main"], [],
        "fix : a ~ line_two -> LINE_TWO; a ~ line_nine -> LINE_NINE
         main < base : a ~ line_two -> LINE_TWO; says two\\n\\n(cherry picked from commit {fix})";
    an_evil_merge_as_the_fix: Partial, ["main"], [],
        "side : a ~ line_two -> LINE_TWO
         other < base : c = other_file
         fix < other side : a ~ line_nine -> EVIL_LINE
         main < base side : b = changed";
    partly_undone: Partial, ["pick"], ["undo"],
        "fix : a ~ line_two -> LINE_TWO; a ~ line_nine -> LINE_NINE
         pick < base : pick fix
         undo : a ~ LINE_NINE -> line_nine
         main : b = changed";
    an_insertion_partly_deleted: Partial, ["pick"], ["undo"],
        "fix : a ~ line_two -> line_two new_guard_here; a ~ line_nine -> line_nine other_guard_here
         pick < base : pick fix
         undo : a ~ other_guard_here ->
         main : b = changed";
    an_insertion_whose_neighbour_is_edited_and_which_is_deleted_then: Reverted, ["pick"], ["undo"],
        "fix : a ~ line_two -> line_two new_guard
         pick < base : pick fix
         edit : a ~ line_two -> line_2
         undo : a ~ new_guard ->
         main : b = changed";
    an_insertion_that_is_deleted_while_its_neighbour_is_edited: Reverted, ["pick"], ["undo"],
        "fix : a ~ line_two -> line_two new_guard
         pick < base : pick fix
         undo : a ~ line_two new_guard -> line_2
         main : b = changed";
    a_deletion_that_comes_back: Reverted, ["pick"], ["undo"],
        "fix : a ~ line_five ->
         pick < base : pick fix
         edit : a ~ line_four -> line_4
         undo : a ~ line_4 -> line_4 line_five
         main : b = changed";
    a_pick_then_its_revert: Reverted, ["pick"], ["undo"],
        "fix : a ~ line_two -> LINE_TWO
         pick < base : pick fix
         undo : revert pick
         main : b = changed";
    a_revert_in_other_words: Reverted, ["pick"], ["undo"],
        "fix : a ~ line_two -> LINE_TWO
         pick < base : pick fix
         undo : a ~ LINE_TWO -> line_two_otherwise; says This reverts commit {pick}.
         main : b = changed";
    a_merge_then_revert_m_1: Reverted, ["merge"], ["undo"],
        "one : a ~ line_two -> LINE_TWO
         fix : a ~ line_nine -> line_nine new_guard
         other < base : b = changed
         merge < other fix
         undo : revert merge
         main : b = again";
    a_stale_merge_that_clobbers: Reverted, ["pick"], ["main"],
        "fix : a ~ line_two -> line_two new_guard
         pick < base : pick fix
         stale < base : c = stale_work
         main < pick stale : theirs";
    a_deleted_file_that_comes_back: Reverted, ["pick"], ["undo"],
        "fix : rm b
         pick < base : pick fix
         undo : b = other
         main : c = more";
    never_merged: Missing, [], [],
        "fix : a ~ line_two -> LINE_TWO
         main < base : a ~ line_nine -> changed_on_main";
    a_merge_with_s_ours: Missing, [], [],
        "fix : a ~ line_two -> LINE_TWO
         other < base : b = changed
         main < other fix : ours";
    a_trailer_that_lies: Missing, [], [],
        "fix : a ~ line_two -> LINE_TWO
         main < base : b = changed; says picked\\n\\n(cherry picked from commit {fix})";
    mode_only_never_applied: Missing, [], [],
        "fix : mode b 755
         main < base : b = changed";
    a_file_that_was_never_deleted: Missing, [], [],
        "fix : rm b
         main < base : b += more";
}

/// Two functions of the same lines: the fix changes the first, main the second.
#[test]
fn the_same_patch_on_the_wrong_copy_is_missing() {
    let twice = "f = fn_one begin_it check_it end_it fn_two begin_it check_it end_it last";
    let history = History::bare(&format!(
        "base : {twice}
         fix : f = fn_one begin_it CHECK_IT end_it fn_two begin_it check_it end_it last
         main < base : f = fn_one begin_it check_it end_it fn_two begin_it CHECK_IT end_it last"
    ));
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Missing);
}

#[test]
fn what_no_machine_can_know_is_never_merged() {
    // Re-implemented.
    is_not_merged(
        "fix : a ~ line_two -> line_two if_too_old_return_early
         main < base : a ~ line_two -> line_two when_expired_leave",
    );
    // A deletion whose code moved elsewhere.
    is_not_merged(
        "fix : a ~ line_five ->
         main < base : a ~ line_five -> ; c = first_line line_five",
    );
    // The same patch under another indentation, which in Python is another meaning.
    is_not_merged(
        "fix : a ~ line_two -> line_two ____return_early_now
         main < base : a ~ line_two -> line_two ________return_early_now",
    );
    // A resolution that kept the other side.
    is_not_merged(
        "fix : a ~ line_two -> LINE_TWO
         other < base : a ~ line_two -> line_two_of_main
         main < other fix : favour ours",
    );
    // A deleted line that stands elsewhere too: main never deleted it.
    is_not_merged(
        "fix : a ~ line_five ->
         main < base : a ~ line_five -> ; a ~ line_nine -> line_nine line_five",
    );
}

#[test]
fn a_pick_with_a_resolved_conflict_names_its_commit() {
    let (history, report) = report(
        "fix : a ~ line_two -> LINE_TWO; a ~ line_five -> line_five new_guard_of_five
         other < base : a ~ line_five -> line_5
         main : a ~ line_two -> LINE_TWO; a ~ line_5 -> line_5 new_guard_of_5; says fix\\n\\n(cherry picked from commit {fix})",
    );
    let named = labels(&history, &report.landings)
        .into_iter()
        .chain(report.candidates.iter().map(|one| history.label(one.commit)));
    assert!(matches!(report.verdict, Merged | Unproven), "{:#?}", report.hunks);
    assert!(named.into_iter().any(|label| label == "main"));
}

#[test]
fn a_version_bump_beside_a_landed_fix_is_listed_and_not_held_against_it() {
    let history = History::bare(&format!(
        "{BASE}fix : a ~ line_two -> LINE_TWO; VERSION = one_two_three
         pick < base : a ~ line_two -> LINE_TWO
         main : b = changed"
    ));
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id("main"), &stop);
    let fix = Fix::of_range(&target, history.id("base"), history.id("fix")).unwrap();
    assert_eq!(search(&target, &fix, &Options::default()).unwrap().verdict, Partial);
    let never_goes_back = globset::GlobSetBuilder::new().add(globset::Glob::new("VERSION").unwrap()).build().unwrap();
    let report = search(&target, &fix, &Options { never_goes_back, ..Options::default() }).unwrap();
    assert_eq!(report.verdict, Merged);
    let ignored: Vec<String> =
        report.hunks.iter().filter(|hunk| hunk.fate == Fate::Ignored).map(|hunk| hunk.path.to_string()).collect();
    assert_eq!(ignored, ["VERSION"]);
}

#[test]
fn a_fix_that_went_to_main_first_and_was_backported_is_merged() {
    let history = History::bare(&format!(
        "{BASE}onmain : a ~ line_two -> LINE_TWO
         main : c = more
         release < base : b = release
         fix : pick -x onmain"
    ));
    let report = judge(&history, "release", "fix", "main").unwrap();
    assert_eq!((report.verdict, labels(&history, &report.landings)), (Merged, vec!["onmain".to_owned()]));
}

#[test]
fn a_branch_finds_its_own_fork_point() {
    let history = History::bare(&format!(
        "{BASE}one : a ~ line_two -> LINE_TWO
         fix : a ~ line_nine -> LINE_NINE
         other < base : b = changed
         merge < other fix
         main : b = again"
    ));
    let repository = history.repository();
    let stop = || false;
    for (into, verdict) in [("main", Merged), ("other", Missing)] {
        let target = Target::new(&repository, history.id(into), &stop);
        let fix = Fix::of_branch(&target, history.id("fix")).unwrap();
        assert_eq!(
            (fix.commits.len(), search(&target, &fix, &Options::default()).unwrap().verdict),
            (2, verdict),
            "{into}"
        );
    }
}

#[test]
fn a_fix_is_judged_from_what_the_ledger_kept() {
    let history = History::bare(&format!(
        "{BASE}fix : a ~ line_two -> LINE_TWO
         pick < base : pick fix
         main : b = changed"
    ));
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id("main"), &stop);
    let mut fix = Fix::of_range(&target, history.id("base"), history.id("fix")).unwrap();
    let gone = "00000000000000000000000000000000000000aa".parse().unwrap();
    (fix.commits, fix.base) = (vec![gone], Some(gone));
    assert_eq!(search(&target, &fix, &Options::default()).unwrap().verdict, Merged);
}

#[test]
fn a_range_that_is_empty_or_goes_backwards_is_refused() {
    let history = History::bare(&format!("{BASE}fix : a ~ line_two -> LINE_TWO\nmain < base : b = x"));
    for (base, tip) in [("fix", "base"), ("fix", "fix")] {
        let failure = judge(&history, base, tip, "main").unwrap_err();
        assert_eq!(failure.kind.exit().status(), 2, "{base}..{tip}: {failure}");
    }
}

#[test]
fn histories_without_a_common_commit_are_no_verdict() {
    let history = History::bare("base : a = one\nfix : a = two\nmain < : a = one");
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id("main"), &stop);
    assert_eq!(Fix::of_branch(&target, history.id("fix")).unwrap_err().kind.exit().status(), 4);
}

#[test]
fn a_fix_that_changes_nothing_is_never_merged() {
    let history = History::bare(&format!(
        "{BASE}one : a ~ line_two -> LINE_TWO
         fix : revert one
         main < base : b = changed"
    ));
    assert_eq!(judge(&history, "base", "fix", "main").unwrap().verdict, Unproven);
    assert_eq!(judge(&history, "base", "fix", "fix").unwrap().verdict, Unproven);
}

#[test]
fn a_deadline_ends_undecided() {
    let history = History::bare(&format!("{BASE}fix : a ~ line_two -> LINE_TWO\nmain < base : b = changed"));
    let repository = history.repository();
    let stop = || true;
    let target = Target::new(&repository, history.id("main"), &stop);
    let judged = Fix::of_range(&target, history.id("base"), history.id("fix"))
        .and_then(|fix| search(&target, &fix, &Options::default()));
    assert_eq!(judged.unwrap_err().kind.exit().status(), 4);
}

/// A comparison of two large texts ends in time, however often they differ.
#[test]
fn a_deadline_is_kept_within_one_large_comparison() {
    let lines = |line: &dyn Fn(usize) -> String| (0..60_000).map(line).collect::<Vec<_>>().join(" ");
    let call = |number: usize| format!("call_{number}(with_{})", number * 7919 % 60_013);
    let (text, other) = (lines(&call), lines(&|number| call(number) + if number % 2 == 1 { "" } else { "_//_seen" }));
    let history = History::bare(&format!(
        "base : a = {text}
         fix : a += guard_it
         main < base : b = x; pick fix; a = {other} guard_it"
    ));
    let (repository, start) = (history.repository(), std::time::Instant::now());
    let stop = || start.elapsed().as_secs() >= 1;
    let target = Target::new(&repository, history.id("main"), &stop);
    let judged = Fix::of_range(&target, history.id("base"), history.id("fix"))
        .and_then(|fix| search(&target, &fix, &Options::default()));
    assert!(judged.map_or_else(|failure| failure.kind.exit().status() == 4, |report| report.verdict == Merged));
    assert!(start.elapsed().as_secs() < 20, "after {:?}", start.elapsed());
}

#[test]
fn nothing_is_written_by_a_query() {
    let history = History::bare(&format!(
        "{BASE}fix : a ~ line_two -> LINE_TWO; a ~ line_nine -> LINE_NINE
         main < base : a ~ line_nine -> changed_on_main; a ~ line_four -> line_4"
    ));
    let before = history.everything();
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id("main"), &stop);
    let fix = Fix::of_range(&target, history.id("base"), history.id("fix")).unwrap();
    let options = Options::default();
    let report = search(&target, &fix, &options).unwrap();
    let branch = hotfix::git::branches::Branch { full: "refs/heads/main".to_owned(), short: "main".to_owned() };
    let onto = hotfix::merge_back::recipe::Onto { name: "main", branch: Some(&branch), options: &options };
    let forecast = hotfix::merge_back::forecast::forecast(&target, &fix, &report, &onto).unwrap().unwrap();
    assert!(!forecast.applies);
    assert_eq!(
        forecast.conflicts.iter().map(|one| format!("{}:{}", one.path, one.lines.join(","))).collect::<Vec<_>>(),
        ["a:9"]
    );
    assert_eq!(forecast.commands[1], format!("git cherry-pick -x {}", history.id("fix").short()));
    assert_eq!(history.everything(), before);
}
