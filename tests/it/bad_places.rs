//! Repositories that are unusual, cut off, broken or made to deceive: what works, and what says that it can't.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bad_input::{fails_in, fails_with, run_in};
use crate::place::{ADA, Place, Said};
use crate::road::{QUALIFIES, broken_shop};

pub const PROOF: &[&str] = &["--proof", "test=totals", "--guarded-by-flag", "no"];

pub fn words<'a>(arguments: &[&'a str]) -> Vec<&'a OsStr> {
    arguments.iter().map(|&argument| OsStr::new(argument)).collect()
}

fn run(place: &Place, directory: &Path, arguments: &[&str]) -> Said {
    run_in(place, directory, &words(arguments), |_| ())
}

fn check(place: &Place, directory: &Path) -> Said {
    run(place, directory, &[&["check", "INC-42"], QUALIFIES].concat())
}

#[track_caller]
fn check_fails(place: &Place, directory: &Path, code: i32, said: &[&str]) {
    fails_in(place, directory, &words(&[&["check", "INC-42"], QUALIFIES].concat()), code, said);
}

#[test]
fn no_repository() {
    let place = Place::new();
    let nowhere = place.beside("nowhere");
    std::fs::create_dir(&nowhere).unwrap();
    for arguments in [&["status"][..], &["policy", "show"], &["init"], &["log"], &["close", "INC-42"]] {
        fails_in(&place, &nowhere, &words(arguments), 4, &["this directory is not inside a git repository", "cd into"]);
    }
    check_fails(&place, &nowhere, 4, &["this directory is not inside a git repository"]);
    fails_in(&place, &nowhere, &words(&["-C", "gone", "status"]), 4, &["gone is not inside a git repository"]);
    // What asks about no repository answers anywhere.
    run(&place, &nowhere, &["explain", "not-merged-back"]).exits(0);
    run(&place, &nowhere, &["policy", "schema"]).exits(0);
}

#[test]
fn a_repository_without_a_commit() {
    let place = Place::new();
    check_fails(&place, &place.path(), 4, &["this repository has no commit yet", "git fetch --all"]);
    fails_in(&place, &place.path(), &words(&["policy", "show"]), 4, &["no commit yet"]);
    place.hotfix(&["status"]).exits(0).says("No incident is recorded");
}

#[test]
fn formats_that_can_not_be_read() {
    for (option, hint) in [
        ("--object-format=sha256", "this program reads SHA-1 repositories only"),
        ("--ref-format=reftable", "git refs migrate --ref-format=files"),
    ] {
        let place = Place::new();
        place.git_in(&place.beside(""), &["init", "-q", option, "odd"]);
        let odd = place.beside("odd");
        place.git_in(&odd, &["commit", "-q", "--allow-empty", "-m", "One"]);
        check_fails(&place, &odd, 4, &["failed to open the repository", hint]);
        fails_in(&place, &odd, &words(&["close", "INC-42"]), 4, &[hint]);
    }
}

#[test]
fn a_detached_head_and_a_linked_worktree() {
    let place = broken_shop();
    place.git(&["checkout", "-q", "--detach", "v1.0.0"]);
    check(&place, &place.path()).exits(0).says("v1.1.0");
    let linked = place.beside("linked");
    place.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "v1.1.0"]);
    // One ledger for all work trees: the same answers are on the record already.
    check(&place, &linked).exits(0).says("on the record already");
    run(&place, &linked, &["start", "INC-42"]).exits(0).says("hotfix/INC-42");
    assert_eq!(place.git_in(&linked, &["branch", "--show-current"]), "hotfix/INC-42");
    assert_eq!(place.git(&["branch", "--show-current"]), "");
    place.hotfix(&["show", "INC-42"]).exits(0).says("hotfix/INC-42");
}

#[test]
fn a_shallow_clone_decides_and_proves_nothing_that_it_lacks() {
    let place = broken_shop();
    place.commit("shop.rs", "three\n", "The fix");
    let url = format!("file://{}", place.path().display());
    place.git_in(&place.beside(""), &["clone", "-q", "--depth", "1", "--no-tags", &url, "shallow"]);
    let shallow = place.beside("shallow");
    check(&place, &shallow).exits(0).says("this clone is shallow").says("--production REF");
    fails_in(
        &place,
        &shallow,
        &words(&["start", "INC-42"]),
        2,
        &["recorded nothing about what production runs", "--from"],
    );
    let fix = words(&[&["fix", "INC-42", "HEAD"], PROOF].concat());
    fails_in(&place, &shallow, &fix, 4, &["git fetch --unshallow"]);
    // Before the first commit that is here, nobody knows which policy was in force.
    let old = [&["check", "INC-43", "--started", "2000-01-01T00:00:00Z"], QUALIFIES].concat();
    fails_in(&place, &shallow, &words(&old), 4, &["is cut off before the incident started", "git fetch --unshallow"]);
    place.git_in(&shallow, &["fetch", "-q", "--unshallow", "--tags"]);
    run(&place, &shallow, &[&["fix", "INC-42", "HEAD"], PROOF].concat()).exits(0);
}

#[test]
fn a_partial_clone_says_what_it_lacks() {
    let place = broken_shop();
    place.commit("db/migrations/2.sql", "DROP TABLE orders;\n", "A migration");
    place.commit("change.sql", "DROP TABLE customers;\n", "A change");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", place.path().display());
    for (filter, name) in [("--filter=blob:none", "blobless"), ("--filter=tree:0", "treeless")] {
        place.git_in(&place.beside(""), &["clone", "-q", "--no-checkout", filter, &url, name]);
    }
    check_fails(&place, &place.beside("treeless"), 4, &["policy/hotfix.yaml", "without --filter"]);
    let blobless = place.beside("blobless");
    let said = check(&place, &blobless).exits(0);
    assert!(!said.out.contains("no blocker found"), "what was not read can't be called harmless: {}", said.out);
    let json = run(&place, &blobless, &[&["--format", "json", "check", "INC-42"], QUALIFIES].concat()).exits(0);
    assert!(json.out.contains("this clone does not have it") && json.out.contains("change.sql"), "{}", json.out);
}

#[test]
fn no_release_tag_and_no_remote() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    check(&place, &place.path())
        .exits(0)
        .says("is on main, so the built-in one serves")
        .says("this clone has no tags")
        .says("--production REF");
    fails_in(&place, &place.path(), &words(&["start", "INC-42"]), 2, &["--from TAG"]);
    place.hotfix(&["start", "INC-42", "--from", "main"]).exits(0);
}

#[test]
fn a_main_that_was_never_fetched() {
    let place = broken_shop();
    place.git_in(&place.beside(""), &["init", "-q", "--bare", "-b", "main", "origin.git"]);
    place.git(&["remote", "add", "origin", place.beside("origin.git").to_str().unwrap()]);
    check(&place, &place.path()).exits(0).says("local branch main");
    place.commit("shop.rs", "three\n", "The fix");
    place.hotfix(&[&["fix", "INC-42", "HEAD"], PROOF].concat()).exits(0);
    // The local main holds the fix, and is nobody else's main.
    let never = ["the branch main of origin was never fetched", "git fetch origin main:refs/remotes/origin/main"];
    fails_in(&place, &place.path(), &words(&["verify", "INC-42"]), 4, &never);
    fails_in(&place, &place.path(), &words(&["close", "INC-42"]), 4, &never);
    std::fs::rename(place.beside("origin.git"), place.beside("gone.git")).unwrap();
    fails_in(&place, &place.path(), &words(&["verify", "INC-42"]), 4, &never);
    place.hotfix(&["close", "INC-42"]).exits(3).says("main-not-fresh").says("git fetch --all");
}

#[test]
fn a_bare_repository_keeps_the_ledger_and_starts_nothing() {
    let place = broken_shop();
    place.git_in(&place.beside(""), &["clone", "-q", "--mirror", "shop", "bare.git"]);
    let bare = place.beside("bare.git");
    place.git_in(&bare, &["remote", "remove", "origin"]);
    check(&place, &bare).exits(0).says("v1.1.0");
    for command in [&["status"][..], &["log"], &["show", "INC-42"], &["policy", "show"]] {
        run(&place, &bare, command).exits(0);
    }
    fails_in(&place, &bare, &words(&["start", "INC-42"]), 4, &["this repository is bare", "git clone it"]);
    fails_in(&place, &bare, &words(&["init"]), 4, &["this repository is bare"]);
    fails_in(&place, &bare, &words(&["policy", "lint"]), 4, &["this repository is bare"]);
    let fix = [&["fix", "INC-42", "v1.1.0"], PROOF].concat();
    run(&place, &bare, &fix).exits(1).says("fix-in-production");
    place.commit("shop.rs", "mended\n", "Mend it");
    place.git_in(&bare, &["fetch", "-q", "../shop", "main:main"]);
    run(&place, &bare, &[&["fix", "INC-42", "v1.1.0..main"], PROOF].concat()).exits(0);
    run(&place, &bare, &["verify", "INC-42"]).exits(0).says("merged");
}

#[test]
fn a_policy_in_the_work_tree_is_ignored_and_that_is_said() {
    let place = broken_shop();
    let lax = include_str!("../../policy/hotfix.yaml").replace("when: { severity: sev1 }", "when: { severity: sev4 }");
    place.write("policy/hotfix.yaml", &lax);
    let ignored = "policy/hotfix.yaml in the work tree is not the policy in force, and is ignored";
    check(&place, &place.path()).exits(0).says(ignored).says("built-in, version 1");
    place.hotfix(&["policy", "show"]).exits(0).says("is not the policy in force");
    assert!(place.json(&["policy", "show"])["notes"].to_string().contains(ignored));
    place.write("policy/hotfix.yaml", "neither a policy\n");
    place.hotfix(&[&["check", "INC-43"], QUALIFIES].concat()).exits(0).says(ignored);
    // Committed on another branch, it is still not on the trusted one.
    place.git(&["switch", "-q", "-c", "mine"]);
    place.commit("policy/hotfix.yaml", &lax, "Mine");
    place.hotfix(&[&["check", "INC-44"], QUALIFIES].concat()).exits(0).says(ignored);
}

#[test]
fn nobody_is_no_actor() {
    let place = broken_shop();
    let all = words(&[&["check", "INC-42"], QUALIFIES].concat());
    let unknown = (4, ["git does not know who you are", "git config --global user.name"].as_slice());
    fails_with(&place, &place.path(), &all, unknown, |command| {
        for name in ["GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"] {
            command.env_remove(name);
        }
    });
    for (name, email) in [(" ", "ada@example.com"), ("Ada", ""), ("Ada", "\t")] {
        fails_with(&place, &place.path(), &all, unknown, |command| {
            command.env("GIT_COMMITTER_NAME", name).env("GIT_COMMITTER_EMAIL", email);
        });
    }
    // Whoever is told by the configuration is somebody.
    place.git(&["config", "user.name", "Ada"]);
    place.git(&["config", "user.email", "ada@example.com"]);
    run_in(&place, &place.path(), &all, |command| {
        command.env_remove("GIT_COMMITTER_NAME").env_remove("GIT_COMMITTER_EMAIL");
    })
    .exits(0);
}

#[test]
fn a_repository_that_can_not_be_written_to() {
    // An administrator may write whatever the permissions say, so what stands in the way stands in everybody's way.
    for obstacle in [".git/hotfix", ".git/refs/hotfix"] {
        let place = broken_shop();
        place.write(obstacle, "");
        check_fails(&place, &place.path(), 4, &["failed to write", "make the repository writable"]);
        place.hotfix(&["status"]).exits(0).says("No incident is recorded");
    }
}

#[test]
fn a_missing_object_is_named_and_guessed_by_nobody() {
    for (missing, said) in [
        ("v1.1.0", "failed to read"),
        ("v1.1.0^{tree}", "failed to look for policy/hotfix.yaml"),
        ("v1.0.0", "failed to read the commit"),
    ] {
        let place = broken_shop();
        let id = place.git(&["rev-parse", missing]);
        std::fs::remove_file(place.path().join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
        check_fails(&place, &place.path(), 4, &[said, "git fsck"]);
    }
    let place = broken_shop();
    check(&place, &place.path()).exits(0);
    let id = place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let object = place.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(&object).unwrap();
    for command in [&["status"][..], &["log"], &["close", "INC-42"], &["restored", "INC-42", "--by", "other"]] {
        fails_in(&place, &place.path(), &words(command), 4, &[&id, "git f"]);
    }
    check_fails(&place, &place.path(), 4, &["the ledger is incomplete"]);
}

#[test]
fn a_ledger_that_holds_something_else_is_never_empty() {
    let place = broken_shop();
    place.git(&["update-ref", "refs/hotfix/ledger", "HEAD"]);
    // Nothing can be read of it, and that is not "no incident".
    place.hotfix(&["status"]).exits(4).says("2 of the ledger's events can't be read").says("hotfix log");
    assert_eq!(place.json(&["status"])["unreadable"], 2);
    check_fails(&place, &place.path(), 4, &["whose first event can't be read", "hotfix log"]);
    place.git(&["update-ref", "refs/hotfix/ledger", "HEAD^{tree}"]);
    fails_in(&place, &place.path(), &words(&["status"]), 4, &["the ledger is incomplete"]);
}

#[test]
fn a_policy_path_that_is_no_file() {
    let place = broken_shop();
    place.commit("policy/hotfix.yaml/inside", "x", "A directory");
    check_fails(&place, &place.path(), 4, &["policy/hotfix.yaml (main", "is no file that can be read here"]);
    fails_in(&place, &place.path(), &words(&["policy", "lint"]), 4, &["failed to read", "directory", "ls -l"]);
    fails_in(&place, &place.path(), &words(&["init"]), 2, &["there is a policy already"]);
    fails_in(&place, &place.path(), &words(&["policy", "lint", "/dev/zero"]), 4, &["larger than 16 MiB"]);
}

#[test]
fn a_machine_without_git_decides_and_says_what_it_needs() {
    let place = broken_shop();
    place.git(&["remote", "add", "origin", place.beside("origin.git").to_str().unwrap()]);
    let all = words(&[&["check", "INC-42"], QUALIFIES].concat());
    let without_git = |command: &mut Command| {
        command.env("PATH", place.beside("nowhere"));
    };
    run_in(&place, &place.path(), &all, without_git).exits(0).says("the program 'git' was not found");
    let start = (4, ["the program 'git' was not found", "git status"].as_slice());
    fails_with(&place, &place.path(), &words(&["start", "INC-42"]), start, without_git);
}

#[test]
fn a_closed_pipe_keeps_the_exit_code() {
    let place = broken_shop();
    check(&place, &place.path()).exits(0);
    for (arguments, code) in [(&["log"][..], 0), (&["close", "INC-42"], 1), (&["show", "INC-43"], 2), (&["--help"], 0)]
    {
        for format in ["text", "json"] {
            let mut command: Command = place.command(env!("CARGO_BIN_EXE_hotfix"), &place.path(), ADA);
            command.args(["--format", format]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            drop((child.stdout.take(), child.stderr.take()));
            assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?} as {format}");
        }
    }
}

/// A device that is always full stands for a full disk.
#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_written_is_no_success() {
    let place = broken_shop();
    check(&place, &place.path()).exits(0);
    let all: [&[&str]; 7] = [
        &["log"],
        &["status", "--format", "json"],
        &["show", "INC-42", "--format", "html"],
        &["report", "--format", "csv"],
        &["completions", "bash"],
        &["show", "INC-43", "--format", "json"],
        &["--help"],
    ];
    for arguments in all {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command: Command = place.command(env!("CARGO_BIN_EXE_hotfix"), &place.path(), ADA);
        let output = command.args(arguments).stdout(full).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{arguments:?}: {error}");
        assert!(error.contains("failed to write to standard output"), "{arguments:?}: {error}");
    }
}

#[test]
fn the_look_of_the_terminal_changes_no_code() {
    let place = broken_shop();
    check(&place, &place.path()).exits(0);
    let plain = run(&place, &place.path(), &["close", "INC-42"]).exits(1).out;
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", ""), ("COLUMNS", "5"), ("COLUMNS", "wide")] {
        let said = run_in(&place, &place.path(), &words(&["close", "INC-42"]), |command| {
            command.env(name, value);
        });
        assert_eq!(said.exits(1).out, plain, "{name}={value}");
    }
}

#[test]
fn git_dir_counts_as_it_does_for_git() {
    let place = broken_shop();
    let nowhere = place.beside("nowhere");
    std::fs::create_dir(&nowhere).unwrap();
    let all = words(&[&["check", "INC-42"], QUALIFIES].concat());
    run_in(&place, &nowhere, &all, |command| {
        command.env("GIT_DIR", place.path().join(".git"));
    })
    .exits(0);
    place.hotfix(&["show", "INC-42"]).exits(0);
    // Whoever names a directory means that one.
    fails_with(
        &place,
        &place.path(),
        &words(&["-C", nowhere.to_str().unwrap(), "status"]),
        (4, &["is not inside"]),
        |command| {
            command.env("GIT_DIR", place.path().join(".git"));
        },
    );
    fails_with(&place, &place.path(), &all, (4, &[]), |command| {
        command.env("GIT_OBJECT_DIRECTORY", place.beside("no-objects"));
    });
}
