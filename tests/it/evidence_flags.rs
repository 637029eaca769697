//! Flags that could switch the broken thing off, on repositories.

use hotfix::domain::policy::LookFor;
use hotfix::evidence::changed::Changed;
use hotfix::evidence::flags::{FlagReport, FlagSource, flags};

use crate::history::History;

fn report(history: &History, paths: &[&str], patterns: &[&str]) -> FlagReport {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let repository = history.repository();
    let changed = Changed::between(&repository, Some(history.id("old")), Some(history.id("new")));
    flags(&changed, &LookFor { paths: owned(paths), patterns: owned(patterns) }).expect("a report")
}

/// From a release with the files `old` to one with the files `new`, whose texts the fixture language can't say.
fn between(old: &[(&str, &str)], new: &[(&str, &str)], patterns: &[&str]) -> FlagReport {
    let history = History::bare("base:");
    let commit = |files: &[(&str, &str)]| {
        let mut tree = history.git.treebuilder(None).expect("a tree");
        for (path, text) in files {
            tree.insert(path, history.git.blob(text.as_bytes()).expect("a blob"), 0o100_644).expect("an entry");
        }
        let tree = history.git.find_tree(tree.write().expect("a tree")).expect("a tree");
        let someone = git2::Signature::new("A", "a@example.org", &git2::Time::new(0, 0)).expect("a signature");
        hotfix::git::to_id(history.git.commit(None, &someone, &someone, "m", &tree, &[]).expect("a commit"))
    };
    let repository = history.repository();
    let changed = Changed::between(&repository, Some(commit(old)), Some(commit(new)));
    let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    flags(&changed, &LookFor { paths: Vec::new(), patterns }).expect("a report")
}

fn shown(report: &FlagReport) -> Vec<(&str, String, usize, FlagSource, bool)> {
    let line = |found: &hotfix::evidence::flags::FlagCandidate| found.path.to_string();
    report.candidates.iter().map(|f| (f.key.as_str(), line(f), f.line, f.from, f.stood_before)).collect()
}

#[test]
fn calls_of_the_openfeature_sdks_are_known() {
    let calls = [
        r#"client.getBooleanValue("js", false)"#,
        r#"client.getStringDetails('details', "x")"#,
        r#"client.get_boolean_value("python", False)"#,
        r#"client.BooleanValue(ctx, "go", false, of.EvaluationContext{})"#,
        r#"client.Boolean(context.TODO(), "go-short", false)"#,
        r#"await client.GetBooleanValueAsync("dotnet", false)"#,
        r#"client.get_bool_value("rust", None, None)"#,
        r#"client.fetch_boolean_value(flag_key: "ruby", default_value: false)"#,
        r#"const { value } = useFlag('react', true)"#,
        r#"useBooleanFlagValue("hook", false)"#,
        r#"client.get_struct_value::<Theme>("generic", None, None)"#,
    ];
    for call in calls {
        let found = between(&[], &[("a.txt", &format!("one\n{call}\n"))], &[]);
        assert_eq!((found.candidates.len(), found.candidates.first().map(|f| f.line)), (1, Some(2)), "{call}");
    }
    for call in ["String(ctx)", "getValue(\"x\")", "value(\"x\")", "x.String(\"a\", \"b\")"] {
        assert_eq!(shown(&between(&[], &[("a.txt", call)], &[])), [], "{call}");
    }
}

#[test]
fn new_lines_come_before_those_that_stood_already() {
    let old = "get_bool_value(\"old\")\ntwo\n";
    let found = between(
        &[("a.rs", old), ("untouched.rs", "get_bool_value(\"elsewhere\")\n")],
        &[
            ("a.rs", &format!("{old}get_bool_value(\"new\")\n")),
            ("untouched.rs", "get_bool_value(\"elsewhere\")\n"),
            ("z.rs", "get_bool_value(\"z\")\n"),
        ],
        &[],
    );
    let expected = [
        ("new", "a.rs".to_owned(), 3, FlagSource::Call, false),
        ("z", "z.rs".to_owned(), 1, FlagSource::Call, false),
        ("old", "a.rs".to_owned(), 1, FlagSource::Call, true),
    ];
    assert_eq!(shown(&found), expected);
}

#[test]
fn flag_files_give_their_keys() {
    let history = History::bare(
        r#"old: a = 1
           new: f.json = { "$schema":"x", "flags":{ "new-cart":{"state":"ENABLED"}, "dark":{"state":"DISABLED"} } }; f.yaml = flags: __beta:_{variants:_{on:_true}}; other.json = {"flags":{"-O2":{}}}; toggles.yaml = checkout:_on search:_off"#,
    );
    let keys = |report: &FlagReport| report.candidates.iter().map(|f| f.key.clone()).collect::<Vec<_>>();
    let found = report(&history, &["toggles.yaml"], &[]);
    assert_eq!(keys(&found), ["new-cart", "dark", "beta", "checkout", "search"]);
    assert!(found.candidates.iter().all(|f| f.from == FlagSource::FlagFile));
    assert_eq!(found.candidates[0].line, 4);
    // What the policy does not name and flagd would not read is no flag file.
    assert_eq!(keys(&report(&history, &[], &[])), ["new-cart", "dark", "beta"]);
}

#[test]
fn the_policys_patterns_name_the_key_in_their_first_group() {
    let patterns = [r"enabled\?\(:(\w+)\)", "enabled"];
    let found = between(&[("a", "x\n")], &[("a", "x\nenabled?(:new_cart)\nenabled?(nothing)\n")], &patterns);
    assert_eq!(shown(&found), [("new_cart", "a".to_owned(), 2, FlagSource::Call, false)]);
}

#[test]
fn deleted_binary_and_broken_files_are_passed_over() {
    let history = History::bare(
        "old: gone.rs = get_bool_value(\"x\")
         new: rm gone.rs; binary a.json 5; broken.json = {\"flags\":; link l.json nowhere; submodule s 4",
    );
    let found = report(&history, &["**/*.json"], &[]);
    assert_eq!((shown(&found), found.unread, &found.unknown), (vec![], 0, &None));
}

#[test]
fn without_a_last_good_release_nothing_is_known() {
    let history = History::bare("new: a = 1");
    let repository = history.repository();
    let changed = Changed::between(&repository, None, Some(history.id("new")));
    let found = flags(&changed, &LookFor::default()).expect("a report");
    assert!(found.candidates.is_empty() && found.unknown.is_some());
}
