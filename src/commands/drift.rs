//! `hotfix drift`: what a release line has that main lacks.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::book::Book;
use super::drifting::{self, Contained, Is};
use super::into::{self, Into};
use super::outcome::next_commands;
use super::proof;
use crate::domain::closing::Settled;
use crate::domain::merge_back::Verdict;
use crate::domain::text::counted;
use crate::evidence::targets::versioned_lines;
use crate::failure::{ExitCode, Failure};
use crate::git;
use crate::ledger::store::Presence;
use crate::merge_back::drift::{self, Drifted, MergeForecast};
use crate::process::Deadline;
use crate::render::{Page, Report};
use crate::session::Session;

/// List every commit on a release line since its fork, and whether main holds it
///
/// A line within main's own history left no fork: it was cut from there, or main was fast-forwarded to it. What it has since its
/// first release is then judged as one; where that is not proven, or no release tells it, it waits (exit 3) for the range. Without a
/// release below its tip its newest commits are asked for, and it waits where main took one of them out again.
#[derive(clap::Args)]
pub struct Args {
    /// The release line; the newest one of the policy if it is left out
    #[arg(value_name = "RELEASE")]
    line: Option<String>,
    /// The branch or commit to judge; the policy's main branch if it is left out
    #[arg(long, value_name = "REF")]
    into: Option<String>,
    /// Give up, with exit 4, after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..86_400))]
    deadline: u64,
}

/// More threads than this only wait for each other's disk.
const MOST_THREADS: usize = 8;

#[derive(Serialize)]
struct DriftReport {
    line: Into,
    into: Into,
    /// The policy's globs of what never goes back.
    never_goes_back: Vec<String>,
    commits: Vec<Row>,
    /// What can be told of a line that has no commit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    contained: Option<Contained>,
    /// What the next release cut from main does to them, in one sentence.
    next_release: String,
    /// What merging main into the line would come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    merge: Option<MergeForecast>,
    notes: Vec<String>,
    /// What to type next.
    next: Vec<String>,
}

/// One commit, and what it is to the target.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    drifted: Drifted,
    #[serde(serialize_with = "word")]
    is: Is,
}

fn word<S: Serializer>(is: &Is, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(is.word())
}

/// Judges each commit of the line.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let repository = session.repository()?;
    let book = Book::open_for_recording(session)?;
    let policy = into::policy_by(session, &book)?;
    let into = Into::find(session, args.into.as_deref())?;
    let line = match &args.line {
        Some(name) => Into::find(session, Some(name))?,
        None => match versioned_lines(repository, &policy.branches.release_lines)?.pop() {
            Some((_, line)) => Into::find(session, Some(&line.branch.short))?,
            None => {
                return Err(
                    Failure::usage("the policy names no release line that is here").hint("hotfix drift RELEASE")
                );
            }
        },
    };
    let globs = &policy.merge_back.never_goes_back;
    let options = proof::verdict_options(&policy)?;
    git::trust_stored_objects();
    let deadline = Deadline::after(Duration::from_secs(args.deadline));
    let progress = session.progress(format!("Looking for the commits of {} on {}", line.name, into.name));
    let stop = || {
        progress.tick();
        deadline.left().is_zero()
    };
    let commits = drift::commits(repository, line.commit, into.commit)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let judged = drift::judge(repository, threads, (line.commit, into.commit), &commits, &options, &stop)?;
    let branch = into.branch.as_ref().map_or(policy.branches.main.as_str(), |branch| &branch.short);
    let row = |drifted| {
        let is = drifting::is(repository, &book.incidents, &drifted, (branch, into.commit))?;
        Ok(Row { drifted, is })
    };
    let commits = judged.into_iter().map(row).collect::<Result<Vec<_>, Failure>>()?;
    let short = line.branch.as_ref().map_or(line.name.as_str(), |branch| &branch.short);
    let asked = drifting::Question {
        repository,
        incidents: &book.incidents,
        branches: &policy.branches,
        options: &options,
        threads,
        into: (branch, into.commit),
        stop: &stop,
    };
    let contained = drifting::contained(&asked, (short, line.commit))?;
    let merge = drift::merge_into_line(repository, line.commit, into.commit)?;
    drop(progress);
    let open = commits.iter().filter(|row| row.is == Is::Lacking).map(|row| row.drifted.verdict.exit());
    let unknown = contained.iter().filter(|contained| contained.is_open).map(|_| ExitCode::Waiting);
    let exit = open.chain(unknown).fold(ExitCode::Open, ExitCode::worse);
    let next_release = next_release(&commits, contained.as_ref(), &into.name);
    let next = contained.iter().flat_map(|contained| contained.ask(&line.name, &into.name)).collect();
    let never_goes_back = globs.clone();
    let mut notes = Vec::new();
    if book.presence()? == Presence::Unknown {
        notes.push(
            "This clone never fetched the ledger, so what people confirmed or waived is not known: hotfix sync"
                .to_owned(),
        );
    }
    let report = DriftReport { line, into, never_goes_back, commits, contained, next_release, merge, notes, next };
    session.answer("drift", exit, &report)
}

fn next_release(commits: &[Row], contained: Option<&Contained>, into: &str) -> String {
    let count = |is: &dyn Fn(&Row) -> bool| commits.iter().filter(|row| is(row)).count();
    let lacking = |row: &Row, unproven| row.is == Is::Lacking && (row.drifted.verdict == Verdict::Unproven) == unproven;
    let waived = match count(&|row| row.is == Is::Settled(Settled::Waived)) {
        0 => String::new(),
        waived => format!(" but {waived} that people said need not be there"),
    };
    match (count(&|row| lacking(row, false)), count(&|row| lacking(row, true))) {
        (0, 0) if contained.is_some_and(|contained| contained.is_open) => {
            format!("Nobody can say whether a release cut from {into} holds what was made on it.")
        }
        (0, 0) if contained.is_some_and(|contained| contained.looked_at.is_some()) => {
            format!("A release cut from {into} holds everything, as far as its newest commits tell.")
        }
        (0, 0) => format!("A release cut from {into} holds everything{waived}."),
        (0, open) if waived.is_empty() => {
            format!("A release cut from {into} holds everything but, perhaps, {open} that nobody can prove.")
        }
        (0, open) => {
            format!("A release cut from {into} holds everything{waived}, and perhaps {open} that nobody can prove.")
        }
        (dropped, 0) => format!("A release cut from {into} drops {dropped} of them, wholly or in part."),
        (dropped, open) => {
            format!("A release cut from {into} drops {dropped} of them, wholly or in part, and perhaps {open} more.")
        }
    }
}

impl Report for DriftReport {
    fn text(&self, page: &mut Page) {
        let count = counted(self.commits.len(), "commit");
        match &self.contained {
            Some(contained) => page.paragraph(&contained.words(&self.line.name, &self.into.name)),
            None => page.paragraph(&format!("{count} on {} since it left {}", self.line.name, self.into.name)),
        }
        let row = |Row { drifted: one, is }: &Row| {
            let word = match is {
                Is::Held | Is::Lacking => one.verdict.word().to_owned(),
                Is::NeverGoesBack | Is::TakenBack | Is::Settled(_) => is.word().replace('-', " "),
            };
            // What took it out is what to look at; not what had brought it.
            let undone_by = one.undone_by.filter(|_| one.verdict == Verdict::Reverted);
            let by = undone_by.or(one.landing).map(|by| by.short()).unwrap_or_default();
            vec![one.commit.short(), word, by, one.summary.clone()]
        };
        if !self.commits.is_empty() {
            page.table(&["commit", "verdict", "by", "summary"], self.commits.iter().map(row).collect());
        }
        if self.commits.iter().any(|row| row.drifted.has_ignored) {
            page.paragraph(&format!("Never goes back, says the policy: {}", self.never_goes_back.join(", ")));
        }
        page.paragraph(&self.next_release);
        match &self.merge {
            Some(merge) if merge.clean => {
                page.paragraph(&format!("Merging {} into {} is clean.", self.into.name, self.line.name))
            }
            Some(merge) => {
                page.paragraph(&format!("Merging {} into {} conflicts:", self.into.name, self.line.name));
                merge.conflicts.iter().take(20).for_each(|conflict| page.bullet(&conflict.to_string()));
                let more = merge.conflicts.len().saturating_sub(20);
                if more > 0 {
                    page.paragraph(&format!("and {more} more files; --format json lists them all"));
                }
            }
            None => {}
        }
        self.notes.iter().for_each(|note| page.paragraph(note));
        next_commands(page, &self.next);
    }
}
