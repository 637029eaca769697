//! Completion, in the shells themselves: what Tab makes of a line.

use std::process::Command;

use crate::place::{ADA, Place, said};
use crate::prompt::Wizard;
use crate::road::QUALIFIES;

/// A repository with an open incident, a void one, a role and a tag.
fn place() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    // The newest stands first: the older id began a day before.
    for (id, day) in [("INC-42", "2026-01-02T00:00:00Z"), ("OLD-1", "2026-01-01T00:00:00Z")] {
        place.hotfix(&[&["check", id, "--started", day], QUALIFIES].concat()).exits(0);
    }
    place.hotfix(&["void", "OLD-1", "--reason", "false-alarm"]).exits(0);
    place
}

/// What the program answers a shell, one candidate a line.
fn answered(place: &Place, words: &[&str]) -> Vec<String> {
    let mut command = place.command(env!("CARGO_BIN_EXE_hotfix"), &place.path(), ADA);
    let said = said(command.env("HOTFIX_COMPLETE", "fish").args(["--", "hotfix"]).args(words)).exits(0);
    assert_eq!(said.err, "");
    said.out
        .lines()
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .filter(|word| !word.starts_with('-'))
        .collect()
}

#[test]
fn what_could_stand_at_the_cursor_is_known() {
    let place = place();
    for (line, expected) in [
        (&["close", ""][..], &["INC-42"][..]),
        (&["show", ""], &["INC-42", "OLD-1"]),
        (&["override", "review", "INC-4"], &["INC-42"]),
        (&["check", "INC-42", "--set", "roll"], &["roll-back=", "roll-back.evidence="]),
        (&["check", "INC-42", "--set", "data_at_risk="], &["data_at_risk=yes", "data_at_risk=no"]),
        (
            &["check", "NEW-1", "--set", "severity=sev"],
            &["severity=sev1", "severity=sev2", "severity=sev3", "severity=sev4"],
        ),
        (&["check", "INC-42", "--set", "flag-off=no-f"], &["flag-off=no-flag"]),
        (&["severity", "INC-42", "sev1"], &["sev1"]),
        (&["explain", "rca-"], &["rca-incomplete", "rca-missing", "rca-not-accepted"]),
        (&["override", "INC-42", "--gate", "scope-"], &["scope-exceeded", "scope-forbidden", "scope-unneeded"]),
        (&["deployed", "INC-42", "--release", ""], &["v1.0.0"]),
        (&["start", "INC-42", "--from", "ma"], &["main"]),
        (&["tested", "INC-42", "te"], &["tests="]),
        (&["restored", "INC-42", "--by", "flag"], &["flag-off"]),
        (&["appr"], &["approve"]),
    ] {
        assert_eq!(answered(&place, line), expected, "{line:?}");
    }
}

#[test]
fn roles_are_those_of_the_policy() {
    let place = Place::new();
    let policy = include_str!("../../policy/hotfix.yaml").replacen(
        "\nfacts:",
        "\nroles:\n  lead: { members: [lena@example.com] }\n  owner: { members: [otto@example.com] }\nfacts:",
        1,
    );
    place.commit("policy/hotfix.yaml", &policy, "Policy");
    assert_eq!(answered(&place, &["approve", "INC-42", "--role", ""]), ["lead", "owner"]);
}

#[test]
fn where_nothing_can_be_told_nothing_is_said() {
    let place = place();
    std::fs::create_dir(place.beside("nowhere")).unwrap();
    for (directory, words) in [
        (place.beside("nowhere"), &["show", ""][..]),
        (place.beside("nowhere"), &["check", "INC-1", "--set", ""]),
        (place.path(), &["no-such-command", ""]),
        (place.path(), &["-C", "/no/such/place", "show", ""]),
        (place.path(), &[]),
    ] {
        let mut command = place.command(env!("CARGO_BIN_EXE_hotfix"), &directory, ADA);
        let said = said(command.env("HOTFIX_COMPLETE", "fish").args(["--", "hotfix"]).args(words)).exits(0);
        assert_eq!(said.err, "", "{words:?}");
        assert!(!said.out.contains("error") && !said.out.contains("INC"), "{words:?}: {}", said.out);
    }
    let nowhere = place.beside("nowhere");
    let mut unknown = place.command(env!("CARGO_BIN_EXE_hotfix"), &nowhere, ADA);
    let said = said(unknown.env("HOTFIX_COMPLETE", "tcsh").args(["--", "hotfix", ""])).exits(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""));
    let line = answered(&place, &["-C", place.path().to_str().unwrap(), "close", ""]);
    assert_eq!(line, ["INC-42"], "another directory is looked into");
}

/// A shell that finds this program on its path, or none where this machine has no such shell. `.ci/run` has them all.
fn shell(place: &Place, name: &str, arguments: &[&str]) -> Option<Command> {
    let found = Command::new(name).arg("--version").output().is_ok();
    assert!(found || std::env::var_os("HOTFIX_CI").is_none(), "{name} is missing");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_hotfix")).parent().unwrap();
    let path = std::env::join_paths(
        [program.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut command = place.command(name, &place.path(), ADA);
    command.args(arguments).env("PATH", path.unwrap()).env("TERM", "dumb").env("HOME", place.beside(""));
    command.stdin(std::process::Stdio::inherit());
    found.then_some(command)
}

/// The lines that are typed, and what the program is started with after Tab and Enter.
const TYPED: &[(&str, &str)] = &[
    ("hotfix close I\t", "<close><INC-42>"),
    ("hotfix check INC-42 --set severity=sev1\t", "<check><INC-42><--set><severity=sev1>"),
    ("hotfix check INC-42 --set why_now=users-b\t", "<check><INC-42><--set><why_now=users-blocked>"),
    ("hotfix check INC-42 --set data_at\t", "<check><INC-42><--set><data_at_risk=>"),
    ("hotfix check INC-42 --set data_at\tye\t", "<check><INC-42><--set><data_at_risk=yes>"),
    ("hotfix expl\trca-m\t", "<explain><rca-missing>"),
    ("hotfix deployed I\t--rel\tv\t", "<deployed><INC-42><--release><v1.0.0>"),
];

/// Types the lines where the program is a function that tells its arguments.
fn type_lines(mut shell: Wizard, setup: &str) {
    shell.press(setup);
    shell.see("all-set");
    for (typed, expected) in TYPED {
        shell.press(typed).press("\n");
        shell.see(&format!("{expected}!"));
    }
    shell.press("exit\n");
}

#[test]
fn bash_completes_with_tab() {
    let place = place();
    let Some(bash) = shell(&place, "bash", &["--norc", "--noprofile", "-i"]) else { return };
    let setup =
        "source <(command hotfix completions bash); hotfix() { printf '<%s>' \"$@\"; echo '!'; }; echo all-''set\n";
    type_lines(Wizard::of(bash, (200, 50)), setup);
}

#[test]
fn zsh_completes_with_tab() {
    let place = place();
    let Some(zsh) = shell(&place, "zsh", &["-f", "-i"]) else { return };
    let setup = "autoload -U compinit; compinit -u -D; source <(command hotfix completions zsh); \
                 hotfix() { printf '<%s>' \"$@\"; echo '!' }; echo all-''set\n";
    type_lines(Wizard::of(zsh, (200, 50)), setup);
}

#[test]
fn fish_completes() {
    let place = place();
    let ask = |line: &str| {
        let script = format!("command hotfix completions fish | source; complete --do-complete '{line}'");
        let mut fish = shell(&place, "fish", &["--no-config", "-c", &script])?;
        let said = said(fish.stdin(std::process::Stdio::null())).exits(0);
        assert_eq!(said.err, "");
        Some(said.out.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>())
    };
    for (line, expected) in [
        ("hotfix close I", &["INC-42"][..]),
        ("hotfix check INC-42 --set data_at_risk=", &["data_at_risk=yes", "data_at_risk=no"]),
        ("hotfix explain rca-m", &["rca-missing"]),
        ("git hotfix close I", &["INC-42"]),
        ("git-hotfix close I", &["INC-42"]),
    ] {
        let Some(shown) = ask(line) else { return };
        assert_eq!(shown, expected, "{line}");
    }
}

#[test]
fn git_s_own_completion_in_bash_finds_ours() {
    let place = place();
    let line = "source <(command hotfix completions bash); COMP_LINE='git hotfix close I'; COMP_POINT=18; \
                COMP_WORDS=(git hotfix close I); COMP_CWORD=3; _git_hotfix; echo \"${COMPREPLY[@]}\"";
    let mut bash = shell(&place, "bash", &["--norc", "-c", line]).unwrap();
    assert_eq!(said(bash.stdin(std::process::Stdio::null())).exits(0).out, "INC-42\n");
}

#[test]
fn the_scripts_say_where_they_go() {
    let place = Place::new();
    for (shell, place_of_it) in
        [("bash", "~/.bashrc"), ("zsh", "~/.zshrc"), ("fish", "~/.config/fish"), ("powershell", "$PROFILE")]
    {
        let script = place.hotfix(&["completions", shell]).exits(0).out;
        assert!(script.lines().take(4).any(|line| line.starts_with('#') && line.contains(place_of_it)), "{script}");
        assert!(script.contains("HOTFIX_COMPLETE"), "{script}");
    }
    place.hotfix(&["completions", "tcsh"]).exits(2);
}

/// A flag that does nothing is a wrong word that nobody hears.
#[test]
fn what_is_no_answer_takes_no_format() {
    let place = Place::new();
    for arguments in [
        &["completions", "bash"][..],
        &["man", "pages"],
        &["init", "--server-hook"],
        &["gate", "--print-hook", "pre-receive"],
    ] {
        let refused = place.hotfix(&[arguments, &["--format", "json"]].concat()).exits(2);
        let refused: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
        assert_eq!(refused["error"]["hint"], "leave out --format", "{refused:#}");
        assert!(!place.path().join("pages").exists(), "nothing was written");
        place.hotfix(arguments).exits(0);
        std::fs::remove_dir_all(place.path().join("pages")).ok();
    }
}
