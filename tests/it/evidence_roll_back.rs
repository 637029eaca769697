//! What stands in the way of going back, on repositories.

use hotfix::domain::policy::LookFor;
use hotfix::evidence::changed::Changed;
use hotfix::evidence::roll_back::{FindingKind, RollBackReport, RollBackVerdict, roll_back};
use hotfix::failure::FailureKind;

use crate::history::History;

fn look_for(paths: &[&str], patterns: &[&str]) -> LookFor {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    LookFor { paths: owned(paths), patterns: owned(patterns) }
}

/// From the commit labelled `old` to the one labelled `new`.
fn report(history: &History, look_for: &LookFor) -> RollBackReport {
    let repository = history.repository();
    let changed = Changed::between(&repository, Some(history.id("old")), Some(history.id("new")));
    roll_back(&changed, look_for).expect("a report")
}

fn blockers(report: &RollBackReport) -> Vec<(String, Option<usize>, FindingKind)> {
    report.blockers.iter().map(|found| (found.path.to_string(), found.line, found.kind)).collect()
}

#[test]
fn code_alone_stands_in_nobodys_way() {
    let history = History::bare("old: src/a.rs = 1; Cargo.lock = 1\nnew: src/a.rs = 2; Cargo.lock = 2");
    let report = report(&history, &LookFor::default());
    assert_eq!(report.verdict, RollBackVerdict::NoBlockerFound);
    assert_eq!(blockers(&report), []);
    assert_eq!(report.changed_paths, 2);
    // A lockfile is worth knowing, and no obstacle.
    assert_eq!(report.cautions.iter().map(|found| found.kind).collect::<Vec<_>>(), [FindingKind::Lockfile]);
}

#[test]
fn a_migration_and_what_it_destroys_block() {
    let history = History::bare(
        "old: db/V1__first.sql = CREATE_TABLE_a_(b_int); other.sql = DROP_TABLE_old; q.sql = SELECT_1
         new: db/V2__second.sql = -- DROP_TABLE_a; q.sql += drop_table_a; down.sql = DROP_TABLE_a; db/V1__first.sql ~ CREATE_TABLE_a_(b_int) -> CREATE_TABLE_a_(b_text)",
    );
    let report = report(&history, &LookFor::default());
    assert_eq!(report.verdict, RollBackVerdict::Blocked);
    let expected = [
        ("db/V1__first.sql".to_owned(), None, FindingKind::SchemaMigration),
        ("db/V2__second.sql".to_owned(), None, FindingKind::SchemaMigration),
        ("db/V2__second.sql".to_owned(), Some(2), FindingKind::DestructiveSql),
        ("q.sql".to_owned(), Some(2), FindingKind::DestructiveSql),
    ];
    assert_eq!(blockers(&report), expected);
}

#[test]
fn a_moved_migration_is_no_new_one() {
    let history = History::bare("old: db/migrate/1_a.rb = x\nnew: mv db/migrate/1_a.rb core/db/migrate/1_a.rb");
    assert_eq!(report(&history, &LookFor::default()).verdict, RollBackVerdict::NoBlockerFound);
}

#[test]
fn a_removed_field_blocks_on_the_line_of_the_old_release() {
    let history = History::bare(
        "old: api/a.graphql = type_A_{ x:_Int y:_Int }
         new: api/a.graphql ~ y:_Int -> z:_Int",
    );
    let found = report(&history, &LookFor::default());
    assert_eq!(blockers(&found), [("api/a.graphql".to_owned(), Some(3), FindingKind::ApiFieldRemoved)]);
    assert!(found.blockers[0].why.contains("`y`"), "{}", found.blockers[0].why);
}

#[test]
fn the_policy_names_paths_and_patterns() {
    let history = History::bare(
        "old: storage/format.rs = version_1; src/a.rs = FORMAT_7 keep
         new: storage/format.rs = version_2; src/a.rs += FORMAT_8",
    );
    let found = report(&history, &look_for(&["storage/**"], &["FORMAT ([0-9]+)"]));
    let expected = [
        ("src/a.rs".to_owned(), Some(3), FindingKind::PolicyPattern),
        ("storage/format.rs".to_owned(), None, FindingKind::PolicyPath),
    ];
    assert_eq!(blockers(&found), expected);
}

#[test]
fn what_was_not_read_makes_it_unknown() {
    let history = History::bare("old: a = 1");
    let big = vec![b'\n'; (1 << 20) + 1];
    let blob = history.git.blob(&big).expect("a blob");
    let mut builder = history.git.treebuilder(None).expect("a tree");
    builder.insert("big.sql", blob, 0o100_644).expect("an entry");
    let tree = history.git.find_tree(builder.write().expect("a tree")).expect("a tree");
    let someone = git2::Signature::new("A", "a@example.org", &git2::Time::new(0, 0)).expect("a signature");
    let new = history.git.commit(None, &someone, &someone, "big", &tree, &[]).expect("a commit");
    let repository = history.repository();
    let changed = Changed::between(&repository, Some(history.id("old")), Some(hotfix::git::to_id(new)));
    let found = roll_back(&changed, &LookFor::default()).expect("a report");
    assert_eq!((found.verdict, found.unread.len()), (RollBackVerdict::Unknown, 1));
}

#[test]
fn binary_files_and_submodules_are_passed_over() {
    let history = History::bare("old: a = 1\nnew: binary data.sql 7; submodule lib.sql 3");
    assert_eq!(report(&history, &LookFor::default()).verdict, RollBackVerdict::NoBlockerFound);
}

#[test]
fn without_a_last_good_release_or_with_objects_missing_it_is_unknown() {
    let history = History::bare("old: a = 1\nnew: a = 2");
    let repository = history.repository();
    let absent: hotfix::domain::identity::ObjectId = "1".repeat(40).parse().expect("an id");
    for (last_good, production) in
        [(None, Some(history.id("new"))), (Some(absent), Some(history.id("new"))), (None, None)]
    {
        let found = roll_back(&Changed::between(&repository, last_good, production), &LookFor::default());
        let found = found.expect("a report");
        assert_eq!(found.verdict, RollBackVerdict::Unknown);
        assert!(found.unknown.is_some());
    }
}

#[test]
fn a_file_that_becomes_a_directory_is_one_that_went_and_others_that_came() {
    let history = History::bare("old: a = 1; b/c = 1; z = 1\nnew: rm a; a/x = 1; rm b/c; b = 2");
    let repository = history.repository();
    let changes = repository.changes(history.id("old"), history.id("new")).expect("changes");
    let shown: Vec<_> = changes.iter().map(|change| (change.before.is_some(), change.after.is_some())).collect();
    assert_eq!(shown, [(true, false), (false, true), (false, true), (true, false)]);
}

#[test]
fn a_malformed_pattern_is_an_error_with_a_way_out() {
    let history = History::bare("old: a = 1\nnew: a = 2");
    let repository = history.repository();
    let changed = Changed::between(&repository, Some(history.id("old")), Some(history.id("new")));
    for bad in [look_for(&["a{"], &[]), look_for(&[], &["("])] {
        let failure = roll_back(&changed, &bad).expect_err("malformed");
        assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::Undecided, Some("hotfix policy lint")));
    }
}
