//! What is asked: refs that move or would move, a release, the drift.

use std::path::PathBuf;

use clap::ValueEnum as _;

use super::{Args, ci};
use crate::domain::identity::ObjectId;
use crate::domain::release::ReleaseName;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::session::{Format, Session};

/// One thing to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A ref that moves.
    Update(Update),
    /// A release that is to be cut, or was.
    Release {
        /// Its tag or commit as it was named.
        shown: String,
        /// The tag's name, taken apart; none for a commit.
        name: Option<ReleaseName>,
        /// Its commit.
        commit: ObjectId,
    },
    /// What the release lines have and main lacks.
    Drift,
}

/// A ref that moves, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    /// Its full name.
    pub(super) reference: Vec<u8>,
    /// Where it stands; none where it is made.
    pub(super) old: Option<ObjectId>,
    /// Where it is to stand; none where it is deleted.
    pub(super) new: Option<ObjectId>,
    /// Whether it is only proposed, as a pull request is: then its base may have moved on meanwhile.
    pub(super) proposed: bool,
    /// Whether it was moved already, and this is told afterwards.
    pub(super) told_after: bool,
}

impl Update {
    /// The ref's full name, to show.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.reference).into_owned()
    }
}

/// What the command line asks. Exit 2 where a revision names nothing here.
pub(super) fn asked(args: &Args, session: &Session) -> Result<Vec<Question>, Failure> {
    let repository = session.repository()?;
    if let Some(hook) = args.hook {
        return hook.questions(&args.arguments, session);
    }
    if args.github {
        return with_drift(args, ci::github(session)?);
    }
    if args.gitlab {
        return with_drift(args, ci::gitlab(session)?);
    }
    if !args.arguments.is_empty() {
        return Err(Failure::usage("only a hook has arguments").hint("hotfix gate --help"));
    }
    let mut questions = Vec::new();
    if let (Some(range), Some(onto)) = (&args.change, &args.onto) {
        questions.push(Question::Update(change(repository, range, onto)?));
    }
    if let Some(named) = &args.release {
        questions.push(release(repository, named)?);
    }
    questions.extend(args.drift.then_some(Question::Drift));
    Ok(questions)
}

/// What CI asks, and the drift if that is wanted too.
fn with_drift(args: &Args, mut questions: Vec<Question>) -> Result<Vec<Question>, Failure> {
    if args.drift && !questions.contains(&Question::Drift) {
        questions.push(Question::Drift);
    }
    Ok(questions)
}

/// Reads `FORMAT=FILE`.
pub(super) fn parse_file(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("say FORMAT=FILE")?;
    let format = Format::from_str(format, false).ok().filter(|format| format.is_of("gate"));
    Ok((format.ok_or("the formats are github, gitlab, junit, json and text")?, PathBuf::from(file)))
}

fn change(repository: &Repository, range: &str, onto: &str) -> Result<Update, Failure> {
    let malformed = || {
        Failure::usage(format!("--change {range:?} is no range"))
            .hint("hotfix gate --change OLD..NEW --onto release/1.2    # OLD: where the branch stands; NEW: what it would get")
    };
    let (old, new) = range.split_once("..").filter(|(_, new)| !new.starts_with('.')).ok_or_else(malformed)?;
    if old.is_empty() || new.is_empty() {
        return Err(malformed());
    }
    let old: Option<ObjectId> =
        if old.bytes().all(|byte| byte == b'0') { None } else { Some(commit(repository, old)?) };
    let short = onto.strip_prefix("refs/heads/").unwrap_or(onto);
    let reference = format!("refs/heads/{short}").into_bytes();
    let here = repository.shared_branch(short)?.map(|branch| repository.tip(&branch)).transpose()?;
    if let (Some(old), Some(here)) = (old, here)
        && !repository.contains(here, old)?
    {
        // What OLD has is not asked about: it must be what the branch has.
        return Err(Failure::usage(format!("--change begins at {}, which is not on {short}", old.short()))
            .hint("git merge-base OLD NEW    # begin where the branch stands, or stood"));
    }
    Ok(Update { reference, old, new: Some(commit(repository, new)?), proposed: true, told_after: false })
}

fn release(repository: &Repository, named: &str) -> Result<Question, Failure> {
    let tag = named.strip_prefix("refs/tags/").unwrap_or(named);
    let commit_of_tag = repository.commit_at_ref(&format!("refs/tags/{tag}"))?;
    let name = commit_of_tag.and(ReleaseName::read(tag));
    let commit = commit_of_tag.map_or_else(|| commit(repository, named), Ok)?;
    Ok(Question::Release { shown: tag.to_owned(), name, commit })
}

/// A commit that the command line names. What a checkout that is cut off lacks is not misspelt: exit 4, with what to fetch.
fn commit(repository: &Repository, named: &str) -> Result<ObjectId, Failure> {
    let found = repository.commit(named);
    let is_id = named.parse::<ObjectId>().is_ok();
    match found {
        Err(_) if is_id || repository.is_shallow() => Err(lacking(repository, named)?),
        found => found,
    }
}

/// The failure because a commit is not here.
pub(super) fn lacking(repository: &Repository, named: &str) -> Result<Failure, Failure> {
    Ok(Failure::undecided(format!("{named} is not in this clone")).hint(fetch_command(repository)?))
}

/// What brings everything here that a gate looks at: all of the branches' history, the tags and the ledger.
pub(super) fn fetch_command(repository: &Repository) -> Result<String, Failure> {
    let remote = repository.default_remote()?.unwrap_or_else(|| "origin".to_owned());
    let ledger = crate::ledger::refs::RemoteRefs::of(repository)?.ledger;
    let whole = if repository.is_shallow() { " --unshallow" } else { "" };
    Ok(format!(
        "git fetch{whole} --tags {remote} '+refs/heads/*:refs/remotes/{remote}/*' '+{ledger}*:{}*'",
        crate::ledger::refs::LEDGER
    ))
}
