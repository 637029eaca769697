//! Signing a commit through the `git` program: its configuration, agents and hardware keys work as they do for commits.

use std::time::Duration;

use crate::domain::identity::{Moment, ObjectId, Person};
use crate::failure::Failure;
use crate::process::{Program, RunError};

use super::objects::{Kind, inflate};
use super::repository::Repository;

/// A commit that is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'c> {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parent.
    pub parent: Option<ObjectId>,
    /// Author and committer, as they stand in the commit.
    pub who: &'c Person,
    /// When, for author and committer.
    pub at: Moment,
    /// The message.
    pub message: &'c str,
}

/// How long a person has to type a passphrase or to touch a key.
const PATIENCE: Duration = Duration::from_secs(120);

impl Repository {
    /// The bytes of the commit with its SSH signature. Nothing is left in the repository.
    ///
    /// Exit 4 where git could not sign it: no key is configured, the agent does not have it, nobody touched it.
    pub fn sign_commit(&self, commit: &Unsigned<'_>) -> Result<Vec<u8>, Failure> {
        // Git's part is the signature alone: it writes into a store of its own, and what counts is written durably later.
        let failed = |error: std::io::Error| Failure::because("failed to make a place for the signature", error);
        let store = tempfile::tempdir().map_err(failed)?;
        let objects = self.common_directory().join("objects");
        let parents = commit.parent.iter().flat_map(|parent| ["-p".to_owned(), parent.to_string()]);
        let when = format!("@{} {}", commit.at.timestamp().max(0), commit.at.format("%z"));
        let own_key = self.config("hotfix.signingKey");
        let mut git = Program::new("git")
            .args(["--git-dir".as_ref(), self.inner.path().as_os_str()])
            .args(["-c", "gpg.format=ssh", "-c", "i18n.commitEncoding=UTF-8", "--no-replace-objects"])
            .args(own_key.iter().flat_map(|key| ["-c".to_owned(), format!("user.signingkey={key}")]))
            .args(["commit-tree", "-S", "-F", "-"])
            .args(parents)
            .args([commit.tree.to_string()])
            .env("GIT_OBJECT_DIRECTORY", store.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&objects.display().to_string()))
            .env("LC_ALL", "C");
        for role in ["AUTHOR", "COMMITTER"] {
            git = git
                .env(format!("GIT_{role}_NAME"), &commit.who.name)
                .env(format!("GIT_{role}_EMAIL"), &commit.who.email)
                .env(format!("GIT_{role}_DATE"), &when);
        }
        let output = git.input(commit.message).time_limit(PATIENCE).in_foreground().run();
        let output = output.map_err(|error| self.not_signed(own_key.is_some(), error))?;
        let id = String::from_utf8_lossy(&output.stdout).trim().parse::<ObjectId>();
        let id = id.map_err(|error| Failure::because("git did not say which commit it signed", error))?;
        let name = id.to_string();
        let file = std::fs::read(store.path().join(&name[..2]).join(&name[2..])).map_err(failed)?;
        inflate(&file, Kind::Commit, id)
            .ok()
            .flatten()
            .ok_or_else(|| Failure::undecided("git signed a commit that can't be read; nothing was recorded"))
    }
}

impl Repository {
    /// The failure to sign, with the setting that mends it. Whoever signs commits otherwise keeps that.
    fn not_signed(&self, has_own_key: bool, error: RunError) -> Failure {
        let failed = Failure::because("failed to sign the event, so nothing was recorded", error);
        let other = match self.config("gpg.format").as_deref() {
            None | Some("openpgp") => "OpenPGP",
            Some("x509") => "X.509",
            Some(_) => "",
        };
        let key = self.config("user.signingkey").unwrap_or_default();
        let looks_like_ssh = key.is_empty() || key.contains('/') || key.contains("ssh") || key.ends_with(".pub");
        if has_own_key || other.is_empty() || looks_like_ssh {
            let setting = if has_own_key { "hotfix.signingKey" } else { "user.signingkey" };
            return failed.hint(format!(
                "git config {setting} ~/.ssh/id_ed25519.pub    # or see whether the agent has the key: ssh-add -l"
            ));
        }
        failed.hint(format!(
            "git config hotfix.signingKey ~/.ssh/id_ed25519.pub    # events count with an SSH key only; your commits stay signed with {other}"
        ))
    }
}

/// A path in the list of object directories, where a colon would end it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
