//! Fetching through the git program: it never asks, never hangs, and its age can be told.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use hotfix::domain::identity::Moment;
use hotfix::git::repository::Repository;

const LIMIT: Duration = Duration::from_secs(10);

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-C"])
        .arg(directory)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(status.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&status.stderr));
}

/// A repository with one commit and a clone of it.
fn pair(directory: &Path) -> Repository {
    let (upstream, clone) = (directory.join("upstream"), directory.join("clone"));
    std::fs::create_dir(&upstream).unwrap();
    git(&upstream, &["init", "--quiet"]);
    git(&upstream, &["commit", "--quiet", "--allow-empty", "-m", "one"]);
    git(directory, &["clone", "--quiet", "upstream", "clone"]);
    git(&upstream, &["commit", "--quiet", "--allow-empty", "-m", "two"]);
    Repository::discover(&clone).unwrap()
}

fn age(moment: Moment) -> Duration {
    SystemTime::now().duration_since(SystemTime::from(moment)).unwrap_or_default()
}

#[test]
fn a_fetch_brings_what_is_new_and_its_age_is_known() {
    let directory = tempfile::tempdir().unwrap();
    let clone = pair(directory.path());
    let before = clone.commit("origin/main").unwrap();
    assert_eq!(clone.last_fetch(), None);
    clone.fetch("origin", &[], LIMIT).unwrap();
    assert_ne!(clone.commit("origin/main").unwrap(), before);
    assert!(age(clone.last_fetch().unwrap()) < Duration::from_secs(60));
}

#[test]
fn a_failed_fetch_says_why_and_does_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let clone = pair(directory.path());
    std::fs::remove_dir_all(directory.path().join("upstream")).unwrap();
    let why = clone.fetch("origin", &[], LIMIT).unwrap_err().why;
    assert!(why.contains("does not appear to be a git repository"), "{why}");
    let why = clone.fetch("elsewhere", &[], LIMIT).unwrap_err().why;
    assert!(why.contains("elsewhere"), "{why}");
    assert!(clone.fetch("--upload-pack=touch x", &[], LIMIT).is_err());
    // Git's own failed fetch leaves an empty FETCH_HEAD.
    std::fs::write(clone.common_directory().join("FETCH_HEAD"), "").unwrap();
    assert_eq!(clone.last_fetch(), None);
    std::fs::write(clone.common_directory().join("FETCH_HEAD"), "x").unwrap();
    assert!(clone.last_fetch().is_some());
}

#[test]
fn a_remote_that_does_not_answer_is_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let clone = pair(directory.path());
    // Accepts connections in the kernel's queue and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("git://{}/x", silent.local_addr().unwrap());
    git(&directory.path().join("clone"), &["remote", "set-url", "origin", &address]);
    let start = Instant::now();
    let why = clone.fetch("origin", &[], Duration::from_millis(500)).unwrap_err().why;
    assert!(why.contains("did not end within 500 ms"), "{why}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn nobody_is_asked_for_a_password() {
    let directory = tempfile::tempdir().unwrap();
    let clone = pair(directory.path());
    let (ssh, told) = (directory.path().join("ssh"), directory.path().join("told"));
    let script = format!(
        "#!/bin/sh\necho $SSH_ASKPASS_REQUIRE $SSH_ASKPASS $GIT_TERMINAL_PROMPT > '{}'\necho 'ssh: no such host' >&2\nexit 255\n",
        told.display()
    );
    std::fs::write(&ssh, script).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = directory.path().join("clone");
    git(&path, &["config", "core.sshCommand", ssh.to_str().unwrap()]);
    git(&path, &["remote", "set-url", "origin", "ssh://nowhere.invalid/x"]);
    assert_eq!(clone.fetch("origin", &[], LIMIT).unwrap_err().why, "ssh: no such host");
    assert_eq!(std::fs::read_to_string(told).unwrap(), "force false 0\n");
}
