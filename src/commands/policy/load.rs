//! Policies that the command line names: files of the work tree, versions of the repository, the built-in one.

use std::path::{Path, PathBuf};

use crate::document::Problems;
use crate::domain::policy::{self, BUILT_IN, Policy};
use crate::evidence::policy_files::{PATH, file_at};
use crate::failure::{Failure, FailureKind};
use crate::session::Session;

/// The file that is meant where none is named: the policy in the work tree. Its path, and its name for people.
pub fn standard(session: &Session) -> Result<(PathBuf, String), Failure> {
    let root = session.repository()?.work_tree().ok_or_else(|| {
        Failure::undecided("this repository is bare, so it has no policy/hotfix.yaml to look at")
            .hint("hotfix policy lint FILE    # or: hotfix policy show")
    })?;
    Ok((root.join(PATH), PATH.to_owned()))
}

/// How a policy is read: [`policy::read_on`] or [`policy::lint`].
type Read = fn(&[u8], &str, policy::Base<'_>) -> Result<Policy, Problems>;

/// Reads a policy in a file to look at it. What stops from looking is no finding, and no wrong command line: exit 4.
pub fn looked_at(session: &Session, path: &Path, name: &str, read: Read) -> Result<Result<Policy, Problems>, Failure> {
    read_file(session, path, name, read).map_err(|failure| {
        let hint = match std::fs::symlink_metadata(session.start().join(path)) {
            Err(_) if name == PATH => "hotfix init    # writes a starter policy",
            _ => "ls -l policy    # name a file that can be read",
        };
        Failure { kind: FailureKind::Undecided, ..failure.hint(hint) }
    })
}

/// Reads a policy in a file. Exit 2 where the file can't be read.
pub fn of_file(session: &Session, path: &Path, name: &str) -> Result<Result<Policy, Problems>, Failure> {
    read_file(session, path, name, policy::read_on)
}

fn read_file(session: &Session, path: &Path, name: &str, read: Read) -> Result<Result<Policy, Problems>, Failure> {
    let bytes = session.read(path)?;
    // A base lies in the same tree: below the repository's top, or below where the command was started.
    let root = session.repository().ok().and_then(|repository| repository.work_tree().map(|root| root.to_owned()));
    let root = root.unwrap_or_else(|| session.start().to_owned());
    let base = |path: &str| std::fs::read(root.join(path)).map_err(|error| error.to_string());
    Ok(read(&bytes, name, &base))
}

/// Reads a policy by whatever a person calls it: a file, `built-in`, or a revision (`REV` or `REV:PATH`). Exit 4 where it is
/// broken, exit 2 where nothing has that name.
pub fn named(session: &Session, word: &str) -> Result<Policy, Failure> {
    let broken = |problems: Problems| {
        Failure::undecided(format!("the policy {word} can't be used"))
            .detail(problems.to_string())
            .hint("hotfix policy lint    # shows every problem with its way out")
    };
    if word == "built-in" {
        return policy::read(BUILT_IN.as_bytes(), word).map_err(broken);
    }
    if session.start().join(word).is_file() {
        return of_file(session, Path::new(word), word)?.map_err(broken);
    }
    let (revision, path) = word.split_once(':').unwrap_or((word, PATH));
    let repository = session.repository()?;
    let commit = repository.commit(revision).map_err(|_| {
        Failure::usage(format!("{word:?} is no file and no revision"))
            .hint("name a file, built-in, or a revision such as main or v1.2.0:policy/hotfix.yaml")
    })?;
    let bytes = file_at(repository, commit, path).map_err(|why| {
        Failure::usage(format!("{path} can't be read: {why}")).hint("name another revision, or REV:PATH")
    })?;
    policy::read_on(&bytes, word, &|path| file_at(repository, commit, path)).map_err(broken)
}
