//! `hotfix gate`: whether a change may come to a release line, and a release out, for CI and servers.

mod bench;
mod change;
mod ci;
mod drift;
mod going_back;
pub mod hook;
mod ledger;
mod question;
mod release;
mod report;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use self::bench::Bench;
use self::hook::Hook;
use self::question::{Question, Update};
use self::report::{Answer, GateReport, Subject};
use super::book;
use super::proof::FETCH_LIMIT;
use crate::domain::identity::{IncidentId, ObjectId, RepositoryPath};
use crate::domain::refusal::Refusal;
use crate::domain::release::ReleaseName;
use crate::domain::scope;
use crate::evidence::shipped::{self, RefKind};
use crate::failure::{ExitCode, Failure};
use crate::process::Deadline;
use crate::session::{Format, Session};

/// Ask whether a change may come to a release line, or a release be cut: for CI and servers, without a prompt
///
/// A change to a released line belongs to a live incident whose decision is `hotfix`, as a whole, small enough and agreed to;
/// every commit that no incident holds is named. What only goes back, to what ran before a roll back or before an incident's own
/// fix, passes; a release that holds what was rolled back does not. A release cut from main holds every fix.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("asked").multiple(true).required(true))]
pub struct Args {
    /// Judge the commits that NEW has and OLD lacks: a push, or a pull request's base and head
    #[arg(long, value_name = "OLD..NEW", requires = "onto", group = "asked")]
    change: Option<String>,
    /// The branch that they would come to
    #[arg(long, value_name = "BRANCH", requires = "change")]
    onto: Option<String>,
    /// Judge a release: its tag, or the commit that is to be tagged
    #[arg(long, value_name = "TAG|COMMIT", group = "asked")]
    release: Option<String>,
    /// Judge every release line: what is on it and not on main
    #[arg(long, group = "asked")]
    drift: bool,
    /// Judge what this run of a GitHub workflow is about, by the environment that GitHub gives
    #[arg(long, group = "asked", conflicts_with_all = ["change", "release"])]
    github: bool,
    /// Judge what this GitLab pipeline is about, by the environment that GitLab gives
    #[arg(long, group = "asked", conflicts_with_all = ["change", "release", "github"])]
    gitlab: bool,
    /// Judge what git tells the hook of that name: update and pre-push hand on their arguments
    #[arg(long, value_name = "HOOK", group = "asked", conflicts_with_all = ["change", "release", "drift", "fetch"])]
    hook: Option<Hook>,
    /// Print a hook that is ready to use
    #[arg(long, value_name = "HOOK", group = "asked", conflicts_with_all = ["change", "release", "drift", "fetch", "hook"])]
    print_hook: Option<Hook>,
    /// What git gives to the hook
    #[arg(value_name = "ARGUMENT", hide = true)]
    arguments: Vec<OsString>,
    /// Write the answer into a file too: github, gitlab, junit, json or text
    #[arg(long, value_name = "FORMAT=FILE", value_parser = question::parse_file)]
    write: Vec<(Format, PathBuf)>,
    /// Ask the remote first, for its branches and for what others have recorded
    #[arg(long)]
    fetch: bool,
    /// Give up, with exit 4, after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..86_400))]
    deadline: u64,
}

/// Answers each question; the worst counts.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    if let Some(hook) = args.print_hook {
        session.print(&hook.script(session)?, Format::Text)?;
        return Ok(ExitCode::Open);
    }
    let decided = decide(&args, session);
    for (format, file) in &args.write {
        let answer = decided.as_ref().map(|(exit, report)| (*exit, report));
        session.write((*format, file), "gate", answer)?;
    }
    let (exit, report) = decided?;
    session.answer("gate", exit, &report)
}

/// What the gate says of a release as it stands: each refusal, and the incident that it is about.
pub fn of_release(
    session: &Session,
    tag: &str,
    commit: ObjectId,
    limit: Duration,
) -> Result<Vec<(Option<IncidentId>, Refusal)>, Failure> {
    let name = ReleaseName::read(tag);
    let questions = [Question::Release { shown: tag.to_owned(), name: name.clone(), commit }];
    let bench = Bench::new(session, &questions, None, Deadline::after(limit))?;
    let answer = release::release(&bench, tag, name.as_ref(), commit)?;
    Ok(answer.findings.into_iter().map(|finding| (finding.incident, finding.refusal)).collect())
}

/// Which commits need no incident, in a line: whoever reads it can see whether the policy means them.
pub fn let_through(never: &[(ObjectId, Vec<RepositoryPath>)]) -> Option<String> {
    let told = |(commit, paths): &(ObjectId, Vec<RepositoryPath>)| {
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        format!("{} ({})", commit.short(), scope::listed(&paths))
    };
    let told: Vec<String> = never.iter().filter(|(_, paths)| !paths.is_empty()).map(told).collect();
    let named = scope::listed(&told);
    (!told.is_empty()).then(|| format!("let through without an incident, by the policy's never_goes_back: {named}"))
}

fn decide(args: &Args, session: &Session) -> Result<(ExitCode, GateReport), Failure> {
    let deadline = Deadline::after(Duration::from_secs(args.deadline));
    if args.fetch {
        fetch(session)?;
    }
    let questions = question::asked(args, session)?;
    if questions.is_empty() {
        return Ok((ExitCode::Open, GateReport::new(Vec::new(), Vec::new(), true)));
    }
    let bench = Bench::new(session, &questions, args.hook, deadline)?;
    let answers: Vec<Answer> = questions.iter().map(|question| answer(&bench, question)).collect();
    let exit = answers.iter().fold(ExitCode::Open, |worst, answer| worst.worse(answer.exit()));
    Ok((exit, GateReport::new(answers, bench.notes(), args.hook.is_some())))
}

fn fetch(session: &Session) -> Result<(), Failure> {
    match book::ask(session, FETCH_LIMIT)? {
        Ok(warning) => warning.iter().for_each(|warning| session.note(warning)),
        Err(why) => {
            return Err(Failure::undecided(format!("the remote could not be asked: {why}"))
                .hint("git fetch --all    # then the same command without --fetch"));
        }
    }
    Ok(())
}

/// One answer. What can't be decided keeps none of the others from being asked.
fn answer(bench: &Bench<'_>, question: &Question) -> Answer {
    let found = match question {
        Question::Update(update) => updated(bench, update),
        Question::Release { shown, name, commit } => release::release(bench, shown, name.as_ref(), *commit),
        Question::Drift => drift::drift(bench),
    };
    found.unwrap_or_else(|failure| Answer::unknown(question, &failure))
}

fn updated(bench: &Bench<'_>, update: &Update) -> Result<Answer, Failure> {
    if bench.hook.is_some()
        && let Some(part) = ledger::part(bench.repository, &update.reference)?
    {
        return ledger::grows(bench, update, part);
    }
    match shipped::ref_kind(&update.reference, &bench.policy)? {
        RefKind::Line(line) => change::line(bench, update, &line),
        RefKind::Tag(tag) => release::tag(bench, update, &tag),
        RefKind::Other => {
            Ok(Answer::of_update(update, Subject::Other).note("it is no release line and no release tag"))
        }
    }
}
