//! `hotfix init`: a first policy that fits the repository, and never over an existing one.

use hotfix::domain::policy;

use crate::history::History;
use crate::policy::{hotfix, told};

fn written(history: &History) -> policy::Policy {
    let text = std::fs::read(history.path().join("policy/hotfix.yaml")).unwrap();
    policy::read(&text, "policy/hotfix.yaml").unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_policy_holds_the_names_of_this_repository() {
    let history = History::checked_out(
        "one : a = x; tag shop-1.2.0; branch shop-1.2.x\n\
         two : a = y; tag shop-1.3.0; branch shop-1.3.x; branch main",
    );
    let output = hotfix(&history, &["init"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let policy = written(&history);
    assert_eq!(policy.branches.main, "main");
    assert_eq!(
        (policy.branches.release_lines, policy.branches.release_tags),
        (vec!["shop-*.x".to_owned()], vec!["shop-[0-9]*".to_owned()])
    );
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("git add policy/hotfix.yaml") && shown.contains("once it is on main"), "{shown}");
    assert_eq!(hotfix(&history, &["policy", "lint"]).status.code(), Some(0));
    assert!(history.git.index().unwrap().get_path("policy/hotfix.yaml".as_ref(), 0).is_none(), "nothing is staged");
}

#[test]
fn git_flow_ends_on_develop() {
    let history = History::checked_out("one : a = x; branch develop; branch main; tag 1.0.0");
    assert_eq!(hotfix(&history, &["init"]).status.code(), Some(0));
    let branches = written(&history).branches;
    assert_eq!((branches.main.as_str(), branches.release_lines.as_slice()), ("develop", &["main".to_owned()][..]));
}

#[test]
fn a_repository_without_releases_gets_a_policy_too() {
    let history = History::checked_out("one : a = x; branch main");
    let output = hotfix(&history, &["init", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(told(&output)["written"], "policy/hotfix.yaml");
    assert!(written(&history).branches.release_lines.is_empty());
}

#[test]
fn an_existing_policy_is_never_overwritten() {
    let history = History::checked_out("one : policy/hotfix.yaml = ours; branch main");
    let before = history.everything();
    let output = hotfix(&history, &["init"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("hotfix policy lint"));
    assert_eq!(history.everything(), before);
}

#[test]
fn where_there_is_no_work_tree_nothing_is_written() {
    let history = History::bare("one : a = x; branch main");
    let before = history.everything();
    let output = hotfix(&history, &["init"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(history.everything(), before);
}
