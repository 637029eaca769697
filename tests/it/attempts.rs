//! `hotfix start` and `hotfix fix` through the real program.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::history::History;

/// A release line from v1.1.0 on; main has moved on.
const RELEASED: &str = "one: a = 1 2 3; tag v1.0.0
    two: a = 1 two 3; tag v1.1.0; branch release/1.1
    three: b = 1; branch main";

/// The answers that the built-in policy calls a hotfix.
const A_HOTFIX: &[&str] = &[
    "roll-back=tried",
    "roll-back.evidence=owed",
    "flag-off=no-flag",
    "severity=sev1",
    "why_now=users-blocked",
    "data_at_risk=yes",
    "affected=most",
    "workaround=none",
];

struct Clone {
    history: History,
}

impl Clone {
    /// A checked-out repository whose incident `INC-1` was decided to be a hotfix.
    fn with_hotfix(text: &str) -> Self {
        let clone = Self { history: History::checked_out(text) };
        clone.git(&["config", "user.name", "Ann"]);
        clone.git(&["config", "user.email", "ann@example.org"]);
        clone.open("INC-1");
        clone
    }

    fn open(&self, incident: &str) {
        let answers = A_HOTFIX.iter().flat_map(|answer| ["--set", answer]);
        let arguments: Vec<&str> = ["check", incident].into_iter().chain(answers).collect();
        let (code, answer) = self.hotfix(&arguments);
        assert_eq!((code, &answer["decision"]), (0, &Value::from("hotfix")), "{answer}");
    }

    fn path(&self) -> &Path {
        self.history.path()
    }

    fn command(&self, program: &str, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_AUTHOR_DATE", "2026-01-09T00:00:00Z").env("GIT_COMMITTER_DATE", "2026-01-09T00:00:00Z");
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]
            .iter()
            .fold(&mut command, |command, name| command.env_remove(name));
        command.output().unwrap()
    }

    /// Runs git, which must succeed, and hands back what it prints.
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git", arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs the program; its exit code and its object.
    fn hotfix(&self, arguments: &[&str]) -> (i32, Value) {
        let arguments = [arguments, &["--format", "json"]].concat();
        let output = self.command(env!("CARGO_BIN_EXE_hotfix"), &arguments);
        let answer = serde_json::from_slice(&output.stdout);
        let answer = answer.unwrap_or_else(|_| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), answer)
    }

    /// Attaches with everything answered.
    fn attach(&self, range: &[&str]) -> (i32, Value) {
        self.attach_to("INC-1", range)
    }

    fn attach_to(&self, incident: &str, range: &[&str]) -> (i32, Value) {
        let answers = ["--proof", "test=the smoke test", "--guarded-by-flag", "no"];
        self.hotfix(&[&["fix", incident], range, &answers].concat())
    }

    fn commit(&self, path: &str, text: &str, message: &str) -> String {
        std::fs::write(self.path().join(path), text).unwrap();
        self.git(&["add", path]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

fn first_code(answer: &Value) -> &str {
    answer["refusals"][0]["code"].as_str().unwrap_or_else(|| panic!("no refusal: {answer}"))
}

#[test]
fn a_branch_starts_from_production_and_its_fix_is_attached() {
    let clone = Clone::with_hotfix(RELEASED);
    std::fs::write(clone.path().join("notes"), "untracked").unwrap();
    let (code, started) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!((code, &started["branch"]), (0, &Value::from("hotfix/INC-1")), "{started}");
    assert_eq!(started["base"], Value::from(clone.history.id("two").to_string()));
    assert_eq!(started["untracked"], serde_json::json!(["notes"]));
    assert_eq!(clone.git(&["symbolic-ref", "--short", "HEAD"]), "hotfix/INC-1");
    let first = clone.commit("a", "1\nTWO\n3\n", "fix\n\nCo-authored-by: Ben <ben@example.org>");
    let second = clone.commit("a", "1\nTWO!\n3\n", "more");
    let (code, fix) = clone.attach(&[]);
    assert_eq!(code, 0, "{fix}");
    assert_eq!(fix["commits"], serde_json::json!([first, second]));
    assert_eq!((&fix["attempt"], &fix["base"]), (&Value::from(1), &Value::from(clone.history.id("two").to_string())));
    let authors: Vec<_> =
        fix["authors"].as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap()).collect();
    assert_eq!(authors, ["Ann", "Ben"]);
    assert_eq!(fix["paths"], serde_json::json!(["a"]));
    assert_eq!(fix["release_lines"], serde_json::json!(["release/1.1", "v1.1.0"]));
    // The ledger keeps the blobs reachable after the branch is gone.
    let blob = clone.git(&["rev-parse", "HEAD:a"]);
    let kept = clone.git(&["ls-tree", "-r", "refs/hotfix/ledger"]);
    assert!(kept.contains(&blob), "{kept}");
}

#[test]
fn a_dirty_work_tree_is_refused_with_its_paths_and_nothing_changes() {
    let clone = Clone::with_hotfix(RELEASED);
    std::fs::write(clone.path().join("a"), "dirty\n").unwrap();
    std::fs::write(clone.path().join("staged"), "new\n").unwrap();
    clone.git(&["add", "staged"]);
    let (code, answer) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!((code, first_code(&answer)), (1, "dirty-work-tree"));
    assert!(answer["refusals"][0]["message"].as_str().unwrap().contains("a, staged"), "{answer}");
    assert_eq!(clone.git(&["symbolic-ref", "--short", "HEAD"]), "main");
    assert_eq!(clone.git(&["branch", "--list", "hotfix/*"]), "");
}

#[test]
fn a_merge_under_way_is_a_dirty_work_tree() {
    let clone = Clone::with_hotfix(RELEASED);
    std::fs::write(clone.path().join(".git/MERGE_HEAD"), format!("{}\n", clone.history.id("two"))).unwrap();
    let (code, answer) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!((code, first_code(&answer)), (1, "dirty-work-tree"));
    assert!(answer["refusals"][0]["next"][0].as_str().unwrap().starts_with("git merge --abort"), "{answer}");
}

#[test]
fn a_second_attempt_has_to_be_asked_for() {
    let clone = Clone::with_hotfix(RELEASED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    // Typed twice, and work is under way: nothing happens.
    std::fs::write(clone.path().join("a"), "1\nTWO\n3\n").unwrap();
    let (code, again) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!(
        (code, again["message"].as_str().unwrap().starts_with("attempt 1 is begun already")),
        (0, true),
        "{again}"
    );
    clone.git(&["checkout", "--quiet", "a"]);
    clone.git(&["switch", "--quiet", "main"]);
    let (code, elsewhere) = clone.hotfix(&["start", "INC-1"]);
    let hint = elsewhere["error"]["hint"].as_str().unwrap_or_default();
    assert_eq!(code, 2, "{elsewhere}");
    assert!(hint.contains("git switch hotfix/INC-1 ") && hint.contains("hotfix start INC-1 --from"), "{hint}");
    assert_eq!(clone.git(&["branch", "--list", "hotfix/*"]), "hotfix/INC-1");
    let (code, second) = clone.hotfix(&["start", "INC-1", "--from", "v1.1.0"]);
    assert_eq!((code, &second["attempt"], &second["branch"]), (0, &Value::from(2), &Value::from("hotfix/INC-1-2")));
    clone.commit("a", "1\nTWO\n3\n", "fix");
    assert_eq!(clone.attach(&[]).1["attempt"], Value::from(2));
}

/// The first attempt was shipped and did not help. What stands on the release before it would take it out of production unseen,
/// or, where it was taken back, start from what runs no more.
#[test]
fn a_further_attempt_starts_from_what_runs_by_then() {
    let clone = Clone::with_hotfix(RELEASED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    let first = clone.commit("a", "1\nTWO\n3\n", "fix");
    assert_eq!(clone.attach(&[]).0, 0);
    clone.git(&["switch", "--quiet", "release/1.1"]);
    clone.git(&["merge", "--quiet", "hotfix/INC-1"]);
    clone.git(&["tag", "v1.1.1"]);
    clone.git(&["tag", "v1.1.9-rc1", "main"]);
    clone.git(&["tag", "v2.0.0", "main"]);
    let (code, second) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!((code, &second["base"]), (0, &Value::from(first)), "{second}");
    assert!(second["notes"].to_string().contains("v1.1.1, the newest release of the line"), "{second}");
    // It is taken back, by a release of its own.
    assert_eq!(clone.hotfix(&["fix", "INC-1", "--withdraw", "2"]).0, 0);
    clone.git(&["switch", "--quiet", "release/1.1"]);
    clone.git(&["revert", "--no-edit", "HEAD"]);
    clone.git(&["tag", "v1.1.2"]);
    assert_eq!(clone.hotfix(&["fix", "INC-1", "--withdraw", "1"]).0, 0);
    let (code, third) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!((code, &third["base"]), (0, &Value::from(clone.git(&["rev-parse", "v1.1.2"]))), "{third}");
    // Whoever knows better says so.
    let (code, other) = clone.hotfix(&["start", "INC-1", "--from", "v1.1.0"]);
    assert_eq!((code, &other["base"]), (0, &Value::from(clone.history.id("two").to_string())), "{other}");
}

#[test]
fn a_branch_that_somebody_else_made_is_left_alone() {
    let clone = Clone::with_hotfix(RELEASED);
    clone.git(&["branch", "hotfix/INC-1", "main"]);
    let (code, answer) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!(code, 2, "{answer}");
    assert!(answer["error"]["hint"].as_str().unwrap().contains("hotfix fix INC-1 hotfix/INC-1"), "{answer}");
    // One that a run made and could not record is taken up.
    clone.git(&["branch", "--delete", "--force", "hotfix/INC-1"]);
    clone.git(&["switch", "--quiet", "--create", "hotfix/INC-1", "v1.1.0"]);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
}

#[test]
fn a_branch_named_like_the_folder_of_hotfixes_is_git_s_own_refusal() {
    let clone = Clone::with_hotfix(RELEASED);
    clone.git(&["branch", "hotfix"]);
    let (code, answer) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!(code, 4, "{answer}");
    assert!(answer["error"].to_string().contains("hotfix/INC-1"), "{answer}");
}

#[test]
fn only_a_decision_for_a_hotfix_opens_a_branch() {
    let clone = Clone::with_hotfix(RELEASED);
    let (code, answer) = clone.hotfix(&["check", "INC-2", "--set", "roll-back=yes"]);
    assert_eq!((code, &answer["decision"]), (1, &Value::from("roll-back")), "{answer}");
    let (code, answer) = clone.hotfix(&["start", "INC-2"]);
    assert_eq!((code, first_code(&answer)), (1, "decision-is-not-hotfix"));
    let (code, answer) = clone.hotfix(&["start", "INC-9"]);
    assert_eq!(code, 2, "{answer}");
}

#[test]
fn a_bare_repository_has_no_work_tree_to_start_in() {
    let clone = Clone::with_hotfix(RELEASED);
    clone.git(&["config", "core.bare", "true"]);
    let (code, answer) = clone.hotfix(&["start", "INC-1"]);
    assert_eq!(code, 4, "{answer}");
    assert!(answer["error"].to_string().contains("bare"), "{answer}");
}

#[test]
fn a_linked_worktree_gets_the_branch_and_the_main_one_stays() {
    let clone = Clone::with_hotfix(RELEASED);
    let elsewhere = tempfile::tempdir().unwrap();
    let linked = elsewhere.path().join("linked").display().to_string();
    clone.git(&["worktree", "add", "--quiet", "--detach", &linked]);
    // What lies in another work tree is none of this one's business.
    std::fs::write(clone.path().join("a"), "dirty\n").unwrap();
    let (code, answer) = clone.hotfix(&["-C", &linked, "start", "INC-1"]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(clone.git(&["-C", &linked, "symbolic-ref", "--short", "HEAD"]), "hotfix/INC-1");
    assert_eq!(clone.git(&["symbolic-ref", "--short", "HEAD"]), "main");
}

#[test]
fn commits_and_ranges_can_be_named() {
    let clone = Clone::with_hotfix(RELEASED);
    clone.git(&["switch", "--quiet", "release/1.1"]);
    let first = clone.commit("a", "1\nTWO\n3\n", "fix");
    clone.commit("other", "1\n", "not the fix");
    let third = clone.commit("c", "1\n", "the rest of it");
    let commits = |answer: &Value| answer["commits"].clone();
    let (code, both) = clone.attach(&[&first, &third]);
    assert_eq!(
        (code, commits(&both), &both["paths"]),
        (0, serde_json::json!([first, third]), &serde_json::json!(["a", "c"]))
    );
    for (incident, range, commit) in [("INC-2", "v1.1.0..HEAD~2", &first), ("INC-3", "HEAD", &third)] {
        clone.open(incident);
        assert_eq!(commits(&clone.attach_to(incident, &[range]).1), serde_json::json!([commit]));
    }
    for bad in [&["v1.1.0...HEAD"][..], &["HEAD..v1.1.0"], &["nonsense"], &["HEAD..HEAD"]] {
        let (code, answer) = clone.attach(bad);
        assert_eq!(code, 2, "{bad:?}: {answer}");
        assert!(!answer["error"]["hint"].to_string().contains("hotfix merged"), "{answer}");
    }
}

#[test]
fn a_true_merge_names_everyone_who_wrote_what_it_brought() {
    let clone = Clone::with_hotfix(RELEASED);
    clone.git(&["switch", "--quiet", "--create", "topic", "v1.1.0"]);
    clone.git(&["config", "user.email", "ben@example.org"]);
    clone.commit("a", "1\nTWO\n3\n", "fix");
    clone.git(&["config", "user.email", "ann@example.org"]);
    clone.git(&["switch", "--quiet", "release/1.1"]);
    clone.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "topic"]);
    let (code, fix) = clone.attach(&["HEAD"]);
    let emails: Vec<_> = fix["authors"].as_array().unwrap().iter().map(|p| p["email"].as_str().unwrap()).collect();
    assert_eq!((code, emails), (0, vec!["ben@example.org", "ann@example.org"]), "{fix}");
    // The branch, merged by now, is the same fix.
    assert_eq!(clone.attach(&["topic"]).1["paths"], serde_json::json!(["a"]));
}

#[test]
fn commits_of_main_are_no_hotfix_of_a_release_line() {
    let clone = Clone::with_hotfix(RELEASED);
    clone.commit("a", "1\nTWO\n3\n", "made on main");
    let (code, answer) = clone.attach(&["HEAD"]);
    assert_eq!((code, first_code(&answer)), (1, "fix-off-release-line"));
    assert!(answer["refusals"][0]["message"].as_str().unwrap().contains("release/1.1"), "{answer}");
}

#[test]
fn where_main_is_the_line_its_commits_are_fixes() {
    let clone = Clone::with_hotfix("one: a = 1; tag v1.0.0\ntwo: a = 2; tag v1.1.0; branch main");
    clone.commit("a", "3\n", "made on main");
    assert_eq!(clone.attach(&["HEAD"]).0, 0);
    // After a squash the branch lies on no line, and still forks from one.
    clone.git(&["switch", "--quiet", "--create", "topic", "v1.1.0"]);
    clone.commit("a", "3\n", "the same before the squash");
    assert_eq!(clone.attach(&["topic"]).0, 0);
}

#[test]
fn what_changes_nothing_is_no_fix() {
    let clone = Clone::with_hotfix(RELEASED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    let (code, answer) = clone.attach(&[]);
    assert_eq!(code, 2, "no commit yet: {answer}");
    clone.commit("a", "1\nTWO\n3\n", "fix");
    clone.git(&["revert", "--no-edit", "HEAD"]);
    let (code, answer) = clone.attach(&[]);
    assert_eq!((code, first_code(&answer)), (1, "fix-empty"));
}

#[test]
fn main_merged_into_the_hotfix_branch_does_not_become_the_fix() {
    let clone = Clone::with_hotfix(RELEASED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    clone.commit("a", "1\nTWO\n3\n", "fix");
    clone.git(&["merge", "--quiet", "--no-edit", "main"]);
    let (code, answer) = clone.attach(&[]);
    assert_eq!(code, 2, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("brings in commits that are not part"), "{answer}");
}

#[test]
fn without_a_terminal_what_is_missing_is_listed() {
    let clone = Clone::with_hotfix(RELEASED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    clone.commit("a", "1\nTWO\n3\n", "fix");
    let (code, answer) = clone.hotfix(&["fix", "INC-1"]);
    assert_eq!((code, first_code(&answer)), (3, "answers-missing"));
    let next = answer["refusals"][0]["next"][0].as_str().unwrap();
    assert!(next.contains("--proof") && next.contains("--guarded-by-flag"), "{next}");
    let (code, _) = clone.hotfix(&["fix", "INC-1", "--proof", "guess=x"]);
    assert_eq!(code, 2);
}

#[test]
fn an_attempt_is_withdrawn_only_once_no_release_line_holds_it() {
    let clone = Clone::with_hotfix(RELEASED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    clone.commit("a", "1\nTWO\n3\n", "fix");
    assert_eq!(clone.attach(&[]).0, 0);
    clone.git(&["switch", "--quiet", "release/1.1"]);
    clone.git(&["merge", "--quiet", "--ff-only", "hotfix/INC-1"]);
    let (code, answer) = clone.hotfix(&["fix", "INC-1", "--withdraw", "1"]);
    assert_eq!((code, first_code(&answer)), (1, "fix-still-released"), "{answer}");
    clone.git(&["revert", "--no-edit", "HEAD"]);
    let (code, answer) = clone.hotfix(&["fix", "INC-1", "--withdraw", "1"]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(clone.hotfix(&["fix", "INC-1", "--withdraw", "7"]).0, 2);
}

/// The lines that a fix puts back stand on an older line, which nobody touched: no production got anything of the fix there.
#[test]
fn a_line_that_never_lost_the_lines_does_not_hold_the_fix() {
    const RESTORED: &str = "one: a = header sumOfAll(items) footer; b = x; tag v1.0.0; branch release/1.0
        two: a = header sumOfSome(items) footer; tag v1.1.0; branch release/1.1
        three: b = 1; branch main";
    let clone = Clone::with_hotfix(RESTORED);
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    clone.commit("a", "header\nsumOfAll(items)\nfooter\n", "fix");
    assert_eq!(clone.attach(&[]).0, 0);
    // Something else came to the older line meanwhile, in the same file too.
    clone.git(&["switch", "--quiet", "release/1.0"]);
    clone.commit("a", "header\nsumOfAll(items)\nfooter\nanother(thing)\nandOne(more)\n", "other work");
    clone.git(&["commit", "--quiet", "--amend", "--no-edit", "--date", "2026-01-11T00:00:00Z"]);
    clone.git(&["switch", "--quiet", "hotfix/INC-1"]);
    clone.commit("b", "more\n", "fix");
    clone.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    clone.git(&["commit", "--quiet", "--message", "fix, amended"]);
    let (code, answer) = clone.attach(&[]);
    assert_eq!(code, 0, "{answer}");
    let (code, answer) = clone.hotfix(&["fix", "INC-1", "--withdraw", "1"]);
    assert_eq!(code, 0, "{answer}");
    // Where the older line had the fault, and got the fix by a commit of another id, it holds it.
    let clone = Clone::with_hotfix(RESTORED);
    clone.git(&["switch", "--quiet", "release/1.0"]);
    clone.commit("a", "header\nsumOfSome(items)\nfooter\n", "the fault");
    assert_eq!(clone.hotfix(&["start", "INC-1"]).0, 0);
    clone.commit("a", "header\nsumOfAll(items)\nfooter\n", "fix");
    assert_eq!(clone.attach(&[]).0, 0);
    clone.git(&["switch", "--quiet", "release/1.0"]);
    clone.commit("a", "header\nsumOfAll(items)\nfooter\n", "the fix in other words");
    let (code, answer) = clone.hotfix(&["fix", "INC-1", "--withdraw", "1"]);
    assert_eq!((code, first_code(&answer)), (1, "fix-still-released"), "{answer}");
    clone.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(clone.hotfix(&["fix", "INC-1", "--withdraw", "1"]).0, 0);
}
