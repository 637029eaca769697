//! `hotfix policy`: check a policy, show the one in force, print its schema.

mod compare;
mod limits;
pub mod load;
mod test;
mod trust;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::book::Book;
use crate::document::{Problem, Problems};
use crate::domain::event::PolicyPin;
use crate::domain::policy::{self, FactKind, Policy, Rule, Rung, Target};
use crate::domain::text::counted;
use crate::evidence::policy_in_force::{InForce, policy_in_force};
use crate::evidence::trusted_ref::trusted_ref;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::{Format, Session};

/// Check, show or describe the policy
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check a policy and print every problem with its place and its way out
    Lint {
        /// The policy; by default policy/hotfix.yaml in the work tree
        file: Option<PathBuf>,
    },
    /// Show the policy in force now, and where it comes from
    Show,
    /// Print a JSON Schema of the policy, for editors
    Schema,
    /// Run the tests that a policy carries; one without tests fails
    Test {
        /// The policies; by default policy/hotfix.yaml in the work tree
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Tell in words what changed between two policies, and whether that makes a hotfix easier or harder
    Diff {
        /// The earlier one: a file, a revision (REV or REV:PATH) or built-in
        old: String,
        /// The later one
        new: String,
    },
    /// Show the probes of the policy in force, and let them run in this clone
    ///
    /// A probe is a program that gathers a fact. It runs without a shell, and only while the policy and its programs are those
    /// that were trusted.
    Trust,
    /// Tell which decisions on record another policy would turn; runs no probe
    ///
    /// Exits with 1 where it turns one.
    Replay {
        /// The policy: a file, a revision (REV or REV:PATH) or built-in
        new: String,
    },
}

/// Runs the subcommand.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Lint { file } => lint(file.as_deref(), session),
        Command::Show => show(session),
        Command::Schema => {
            session.print(policy::SCHEMA, Format::Json)?;
            Ok(ExitCode::Open)
        }
        Command::Test { files } => test::run(&files, session),
        Command::Diff { old, new } => compare::diff(&old, &new, session),
        Command::Trust => trust::run(session),
        Command::Replay { new } => compare::replay(&new, session),
    }
}

#[derive(Serialize)]
struct LintReport {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyPin>,
    problems: Vec<Problem>,
    /// What may be wrong, as far as this clone can tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip)]
    drawn: String,
}

fn lint(file: Option<&Path>, session: &Session) -> Result<ExitCode, Failure> {
    let (path, name) = match file {
        Some(file) => (file.to_owned(), file.display().to_string()),
        None => load::standard(session)?,
    };
    let report = match load::looked_at(session, &path, &name, policy::lint)? {
        Ok(policy) => {
            let notes = branches_not_here(session, &policy)?;
            let pin = PolicyPin { name: policy.name, version: policy.version, source: None, main: None };
            LintReport { file: name, policy: Some(pin), problems: Vec::new(), notes, drawn: String::new() }
        }
        Err(problems) => found(name, problems, session.width()),
    };
    let exit = if report.problems.is_empty() { ExitCode::Open } else { ExitCode::Refused };
    session.answer("policy lint", exit, &report)
}

fn found(file: String, problems: Problems, width: usize) -> LintReport {
    let drawn = problems.show(width, false);
    LintReport { file, policy: None, problems: problems.list, notes: Vec::new(), drawn }
}

/// The branches that every fix must reach and that the remote does not have, as it was fetched.
fn branches_not_here(session: &Session, policy: &Policy) -> Result<Vec<String>, Failure> {
    // A policy can be looked at anywhere.
    let Ok(repository) = session.repository() else { return Ok(Vec::new()) };
    let Some(remote) = repository.default_remote()? else { return Ok(Vec::new()) };
    let fetched = repository.fetched_branches(&remote)?;
    let is_here = |name: &str| fetched.is_empty() || fetched.iter().any(|branch| branch.short == name);
    let named = policy.merge_back.into.iter().filter_map(|target| match target {
        Target::Branch(name) if !is_here(name) => Some(name),
        Target::Branch(_) | Target::Main | Target::NewerReleaseLines => None,
    });
    Ok(named
        .map(|name| format!("Every fix must reach {name}, and {remote} has no branch of that name here."))
        .collect())
}

impl Report for LintReport {
    fn text(&self, page: &mut Page) {
        if let Some(policy) = &self.policy {
            let good = page.mark(Tone::Good, "valid");
            page.line(&format!("{}: {good}, {} version {}", self.file, policy.name, policy.version));
            self.notes.iter().for_each(|note| page.paragraph(note));
            return;
        }
        self.drawn.lines().for_each(|line| if line.is_empty() { page.blank() } else { page.line(line) });
        page.blank();
        let count = self.problems.len();
        let problems = counted(count, "problem");
        let bad = page.mark(Tone::Bad, &problems);
        page.line(&format!("{}: {bad}", self.file));
    }
}

#[derive(Serialize)]
struct ShowReport {
    origin: String,
    pin: PolicyPin,
    notes: Vec<String>,
    policy: Policy,
}

fn show(session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for_recording(session)?;
    let (repository, pinned) = (session.repository()?, book.trusted_ref());
    let InForce { policy, pin, origin, mut notes } = policy_in_force(repository, session.now(), pinned)?;
    let trusted = trusted_ref(repository, pinned)?;
    notes.splice(0..0, trusted.note.filter(|_| trusted.is_obvious));
    session.answer("policy show", ExitCode::Open, &ShowReport { origin, pin, notes, policy })
}

impl Report for ShowReport {
    fn text(&self, page: &mut Page) {
        let policy = &self.policy;
        page.title(&format!("{} version {}", policy.name, policy.version));
        page.field("from", &self.origin);
        page.field("main", &policy.branches.main);
        let list = |globs: &[String]| if globs.is_empty() { "none".to_owned() } else { globs.join(", ") };
        page.field("lines", &list(&policy.branches.release_lines));
        page.field("releases", &list(&policy.branches.release_tags));
        self.notes.iter().for_each(|note| page.bullet(note));
        for (rung, number) in [(&policy.roll_back, 1), (&policy.flag_off, 2)] {
            show_rung(page, rung, number);
        }
        page.blank();
        page.line("3. It must qualify, by one of:");
        policy.qualifies.any.iter().for_each(|rule| show_rule(page, rule));
        page.line("and by none of these, which never do:");
        policy.qualifies.never.iter().for_each(|rule| show_rule(page, rule));
        page.blank();
        page.line("What is asked for that:");
        for fact in &policy.facts {
            page.bullet(&format!("{}: {} ({})", fact.name, fact.question, allowed(&fact.kind)));
        }
        limits::show(page, policy);
    }
}

fn show_rung(page: &mut Page, rung: &Rung, number: u8) {
    page.blank();
    page.paragraph(&format!("{number}. {}", rung.question));
    rung.commands.iter().for_each(|command| page.command(command));
    page.line("\"No\" is accepted because:");
    rung.no_because.iter().for_each(|reason| page.bullet(&format!("{}: {}", reason.name, reason.means)));
}

fn show_rule(page: &mut Page, rule: &Rule) {
    page.bullet(&format!("{}: {}", rule.name, rule.means));
}

fn allowed(kind: &FactKind) -> String {
    match kind {
        FactKind::OneOf { choices } => {
            choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ")
        }
        FactKind::Bool => "yes or no".to_owned(),
        FactKind::Number { unit, .. } => format!("a number of {unit}"),
        FactKind::Text => "a few words".to_owned(),
    }
}
