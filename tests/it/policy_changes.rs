//! `hotfix policy test`, `diff` and `replay`, and policies that extend one, through the real program.

use std::process::{Command, Stdio};

use crate::place::{Place, Said, said};
use crate::road::{QUALIFIES, broken_shop};

/// Runs the program in this repository, where the built-in policy and the worked examples lie.
fn here(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotfix"));
    said(command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()))
}

#[test]
fn the_built_in_policy_and_the_worked_examples_pass_their_own_tests() {
    let files = ["policy/hotfix.yaml", "policy/insurer.yaml", "policy/startup.yaml"];
    for file in files {
        here(&["policy", "lint", file]).exits(0);
    }
    let told = here(&[&["policy", "test"][..], &files].concat()).exits(0);
    assert_eq!(told.out.lines().count(), 3, "{}", told.out);
}

#[test]
fn the_insurer_only_tightens_what_it_extends() {
    let told = here(&["policy", "diff", "policy/hotfix.yaml", "policy/insurer.yaml"]).exits(0);
    assert!(!told.out.contains("Easier:"), "{}", told.out);
    told.says("approvals: 1 × incident-lead, and was 0").says("scope: no hotfix may touch: **/migrations/** is new");
    let back = here(&["policy", "diff", "policy/insurer.yaml", "built-in"]).exits(0);
    back.says("Easier:").says("scope: lines: 200, and was 80");
    here(&["policy", "diff", "policy/insurer.yaml", "policy/insurer.yaml"]).exits(0).says("Nothing changed.");
    here(&["policy", "diff", "policy/insurer.yaml", "no-such-thing"]).exits(2).says("no file and no revision");
}

#[test]
fn a_failing_test_shows_what_was_expected_and_no_test_is_a_failure() {
    let place = Place::new();
    let startup = include_str!("../../policy/startup.yaml");
    let wrong = startup.replace(
        "    expect: hotfix\n    rule: down\n    approvals: { anyone: 1 }",
        "    expect: hotfix\n    rule: crippled\n    approvals: { anyone: 2 }",
    );
    place.write("policy/hotfix.yaml", &wrong);
    let told = place.hotfix(&["policy", "test"]).exits(1);
    told.says("failed nobody-can-use-it")
        .says("rule: expected crippled, got down")
        .says("approvals: expected anyone: 2, got anyone: 1")
        .says("1 of 6 tests failed");
    let report = place.json(&["policy", "test"]);
    assert_eq!((&report["exit"]["code"], &report["files"][0]["tests"][0]["passed"]), (&1.into(), &false.into()));
    let without = startup.split("\ntests:").next().unwrap();
    place.write("policy/hotfix.yaml", without);
    place.hotfix(&["policy", "test"]).exits(1).says("it has no tests");
    place.write("policy/hotfix.yaml", &without.replace("version: 1", "version: 0"));
    place.hotfix(&["policy", "test"]).exits(1).says("it is broken, first in line");
    place.hotfix(&["policy", "test", "nothing.yaml"]).exits(4);
}

#[test]
fn a_policy_that_extends_another_is_held_to_it() {
    let place = broken_shop();
    let base = include_str!("../../policy/hotfix.yaml");
    let child = "format: 1\nname: ours\nversion: 3\nextends: policy/base.yaml\nscope: { files: 3 , lines: 200, not_counted: [\"**/test/**\", \"**/tests/**\"] }\n";
    let lint = |child: &str| {
        place.write("policy/hotfix.yaml", child);
        place.hotfix(&["policy", "lint"])
    };
    lint(child).exits(1).says("policy/base.yaml can't be extended").says("No such file");
    place.write("policy/base.yaml", "format: 1\nname: base\n");
    lint(child).exits(1).says("can't be extended: in line 1");
    place.write("policy/base.yaml", base);
    lint(child).exits(0).says("ours version 3");
    for (from, to, says) in [
        ("files: 3", "files: 30", "this loosens the base: scope: files: 30, and was 10"),
        ("version: 3\n", "version: 3\nwho_closes: {}\n", ""),
        (
            "version: 3\n",
            "version: 3\napprovals: { needs: { anyone: 1 }, author_may_approve: true }\n",
            "an author may approve: yes, and was no",
        ),
        ("version: 3\n", "version: 3\nclose_requires: { rca: none }\n", "the analysis: none, and was accepted"),
        ("policy/base.yaml", "https://example.com/base.yaml", "is no path in the repository"),
        ("policy/base.yaml", "../base.yaml", "is no path in the repository"),
        ("extends: policy/base.yaml\n", "", "the policy has no \"branches\""),
    ] {
        let told = lint(&child.replacen(from, to, 1));
        if says.is_empty() {
            told.exits(0)
        } else {
            told.exits(1).says(says)
        };
    }
    // From the trusted ref both are read at the same commit.
    lint(child).exits(0);
    place.git(&["add", "policy"]);
    place.git(&["commit", "-q", "-m", "Policy"]);
    std::fs::remove_file(place.path().join("policy/base.yaml")).unwrap();
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0).says("ours, version 3");
    place.hotfix(&["policy", "diff", "built-in", "main"]).exits(0).says("scope: files: 3, and was 10");
}

#[test]
fn a_changed_policy_is_tried_on_the_decisions_of_the_past() {
    let place = broken_shop();
    place.hotfix(&["policy", "replay", "built-in"]).exits(0).says("0 of 0 decisions");
    place.hotfix(&[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["check", "INC-2", "--set", "roll-back=yes"]).exits(1);
    let friday = [
        "--set",
        "roll-back=no-earlier-release",
        "--set",
        "flag-off=no-flag",
        "--set",
        "severity=sev2",
        "--set",
        "why_now=weekend-ahead",
    ];
    place.hotfix(&[&["check", "INC-3"][..], &friday].concat()).exits(1);
    place.hotfix(&["policy", "replay", "built-in"]).exits(0).says("0 of 3 decisions would turn");
    let built_in = include_str!("../../policy/hotfix.yaml").split("\ntests: ").next().unwrap();
    let write = |from: &str, to: &str| {
        assert!(built_in.contains(from), "{from:?}");
        std::fs::write(place.beside("new.yaml"), built_in.replacen(from, to, 1)).unwrap();
        place.hotfix(&["policy", "replay", place.beside("new.yaml").to_str().unwrap()])
    };
    write("    production-down:  { means: Production is down, when: { severity: sev1 } }\n    data-at-risk:     { means: Data is in danger, when: { data_at_risk: true } }\n", "").exits(1).says("INC-1").says("hotfix (production-down) -> normal-release").says("[harder]").says("1 of 3");
    write("weekend-ahead, reviewer-asleep, promised", "reviewer-asleep, promised")
        .exits(1)
        .says("INC-3")
        .says("-> undecided, lacks");
    write(
        "      no-earlier-release:           { means: There is no earlier release to go back to, evidence: none }\n",
        "",
    )
    .exits(1)
    .says("lacks roll-back")
    .says("2 of 3");
    let report = place.json(&["policy", "replay", place.beside("new.yaml").to_str().unwrap()]);
    assert_eq!(
        (&report["turned"][0]["direction"], &report["turned"][0]["now"]),
        (&"tightens".into(), &"undecided".into())
    );
    // The record holds what it held.
    assert_eq!(place.json(&["log"])["events"].as_array().unwrap().len(), 4);
}
