//! A real repository in which the real program is run, as its users do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// An analysis that leaves nothing out.
pub(crate) const ANALYSIS: &str = "---\ncode_cause: true\ntrigger: HEAD\ndetected: 2026-01-01T03:05:00Z\ndetected_by: a customer's call\nescaped_gate: tests\ncheck: cargo test totals\ncontributing: [the sum had no test, the reviewer saw 900 lines]\ntimeline:\n  - { at: 2026-01-01T03:00:00Z, what: deployed, source: the deployment's log }\nactions:\n  - { what: a test that sums three prices, for: tests, kind: prevent, owner: Ada, due: 2199-01-01, verified_by: it fails on the old code }\n  - { what: keep what the old release reads, for: roll-back, kind: mitigate, owner: Grace, due: 2199-02-01, verified_by: a drill }\n  - { what: a flag around the sums, for: flag-off, kind: mitigate, owner: Grace, due: 2199-02-01, verified_by: a drill }\n---\n## Summary\nThe sum of an order left its first item out, so every order was too cheap.\n## Impact\nAll orders of forty minutes, about a thousand of them.\n## Root cause\nA loop that skipped the heading of a price list was moved to where there is no heading.\n## The gate that should have caught it\nThe unit tests: none of them sums more than one price.\n## Why rolling back was no way\nA column had been dropped that the old release reads.\n## Why switching off was no way\nNo flag guards the sums, and there is no shop without them.\n";

/// A directory with repositories, and people who type there.
pub struct Place {
    directory: tempfile::TempDir,
    /// Below the directory: where commands run.
    at: PathBuf,
    person: (&'static str, &'static str),
}

/// What a command said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub const ADA: (&str, &str) = ("Ada", "ada@example.com");
pub const GRACE: (&str, &str) = ("Grace", "grace@example.com");

impl Place {
    /// An empty repository on `main`.
    pub fn new() -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap(), at: PathBuf::from("shop"), person: ADA };
        std::fs::create_dir(place.path()).unwrap();
        place.git(&["init", "-q", "-b", "main"]);
        place
    }

    /// A clone of a bare repository, `origin`, which lies beside it.
    pub fn with_origin() -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap(), at: PathBuf::new(), person: ADA };
        place.git(&["init", "-q", "--bare", "-b", "main", "origin.git"]);
        place.git(&["clone", "-q", "origin.git", "shop"]);
        Self { at: PathBuf::from("shop"), ..place }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.at)
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The same place, with somebody else at the keyboard, for one command.
    pub fn hotfix_by(&self, person: (&'static str, &'static str), arguments: &[&str]) -> Said {
        said(self.command(env!("CARGO_BIN_EXE_hotfix"), &self.path(), person).args(arguments))
    }

    pub fn hotfix(&self, arguments: &[&str]) -> Said {
        self.hotfix_by(self.person, arguments)
    }

    /// The answer as JSON; the exit code in it must be the process's own.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let said = self.hotfix(&[arguments, &["--format", "json"]].concat());
        let value: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
        assert_eq!(value["exit"]["code"], said.code, "{value:#}");
        assert_eq!(value["schema_version"], 1);
        value
    }

    /// Runs git, which must succeed.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.path(), arguments)
    }

    pub fn git_in(&self, directory: &Path, arguments: &[&str]) -> String {
        let said = said(self.command("git", directory, self.person).args(arguments));
        assert_eq!(said.code, 0, "git {arguments:?}: {}{}", said.out, said.err);
        said.out.trim_end().to_owned()
    }

    pub fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Writes a file and commits it; the commit's id.
    pub fn commit(&self, path: &str, text: &str, message: &str) -> String {
        self.write(path, text);
        self.git(&["add", "--", path]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The command with everything of this machine shut out.
    pub fn command(&self, program: &str, directory: &Path, person: (&str, &str)) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(directory)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.directory.path())
            .env("GIT_AUTHOR_NAME", person.0)
            .env("GIT_AUTHOR_EMAIL", person.1)
            .env("GIT_COMMITTER_NAME", person.0)
            .env("GIT_COMMITTER_EMAIL", person.1)
            .stdin(std::process::Stdio::null());
        command
    }
}

/// Runs it to its end.
pub fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Said {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&stdout).into_owned(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

impl Said {
    /// The same, if the command ended with this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}{}", self.out, self.err);
        self
    }

    /// The same, if it did not say this, wherever a line could have been broken.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = [&self.out, &self.err].iter().any(|stream| flat(stream).contains(text));
        assert!(!said, "said: {text}\n{}{}", self.out, self.err);
        self
    }

    /// The same, if it said this (on either stream), wherever its lines were broken to fit the page.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = [&self.out, &self.err].iter().any(|stream| stream.contains(text) || flat(stream).contains(text));
        assert!(said, "not said: {text}\n{}{}", self.out, self.err);
        self
    }
}
