//! `hotfix explain` through the real program: the streams, the exit codes, the widths.

use std::process::{Command, Output, Stdio};

fn hotfix(arguments: &[&str]) -> Output {
    // Outside any repository: explaining must not need one.
    let nowhere = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_hotfix"))
        .args(arguments)
        .current_dir(nowhere.path())
        .env("GIT_CEILING_DIRECTORIES", nowhere.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn one_code_is_explained_without_a_repository() {
    let output = hotfix(&["explain", "answers-missing"]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    assert!(shown.starts_with("answers-missing\n") && shown.contains("exit code     3 waiting"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "a pipe gets no styles: {shown:?}");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn every_code_is_listed_and_told_in_json() {
    let listed = hotfix(&["explain"]);
    let told = hotfix(&["explain", "--format", "json"]);
    assert_eq!((listed.status.code(), told.status.code()), (Some(0), Some(0)));
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let codes = told["codes"].as_array().unwrap();
    assert_eq!(told["command"], "explain");
    use hotfix::{document::ProblemCode, domain::finding::FindingCode, domain::refusal::Code};
    let known = Code::ALL.len() + FindingCode::ALL.len() + ProblemCode::ALL.len();
    assert_eq!(codes.len(), known);
    let shown = text(&listed.stdout);
    for code in codes {
        let word = code["code"].as_str().unwrap();
        assert!(shown.lines().any(|line| line.starts_with(&format!("{word} "))), "{word} is not listed:\n{shown}");
    }
}

#[test]
fn a_misspelt_code_is_a_usage_error_with_the_nearest_one() {
    let output = hotfix(&["explain", "answer-mising"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
fn a_misspelt_code_in_json_is_an_object_on_the_standard_output() {
    let output = hotfix(&["explain", "answer-mising\u{1b}[2J", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["exit"]["word"], "usage");
    assert!(!text(&output.stdout).contains('\u{1b}'));
    assert_eq!(text(&output.stderr), "");
}
