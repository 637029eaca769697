//! `hotfix merged`: whether any fix is in effect on any branch, without an incident.

use std::time::Duration;

use serde::Serialize;

use super::into::Into;
use super::moment;
use super::outcome::next_commands;
use crate::domain::fate::Fate;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::merge_back::Verdict;
use crate::failure::{ExitCode, Failure};
use crate::git::{self, repository::Repository};
use crate::merge_back::compare::{Became, Comparison};
use crate::merge_back::fix::Fix;
use crate::merge_back::forecast::{Forecast, forecast};
use crate::merge_back::recipe::Onto;
use crate::merge_back::report::{Candidate, HunkReport, Landing, Report};
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;
use crate::process::Deadline;
use crate::render::{self, Page, Tone};
use crate::session::Session;

/// Ask whether a fix is on a branch, and still in effect there
///
/// The fix is a range (base..tip), single commits, or a branch whose fork point is found. A verdict of merged is a proof:
/// every hunk landed and none was taken out since.
#[derive(clap::Args)]
pub struct Args {
    /// A range, commits, or a branch
    #[arg(required = true, value_name = "RANGE|COMMIT|BRANCH")]
    fix: Vec<String>,
    /// The branch or commit to judge; the policy's main branch if it is left out
    #[arg(long, value_name = "REF")]
    into: Option<String>,
    /// Give up, with exit 4, after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..86_400))]
    deadline: u64,
}

#[derive(Serialize)]
struct MergedReport {
    into: Into,
    /// The fix's commits, oldest first.
    commits: Vec<ObjectId>,
    #[serde(flatten)]
    report: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<Forecast>,
    /// What to ask instead, where the commits undo each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ask: Vec<String>,
    #[serde(skip)]
    now: Moment,
}

/// Judges.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let repository = session.repository()?;
    let into = Into::find(session, args.into.as_deref())?;
    git::trust_stored_objects();
    let deadline = Deadline::after(Duration::from_secs(args.deadline));
    let progress = session.progress(format!("Looking for the fix on {}", into.name));
    let stop = || {
        progress.tick();
        deadline.left().is_zero()
    };
    let target = Target::new(repository, into.commit, &stop);
    let fix = read(repository, &target, &args.fix)?;
    let options = Options { without_hunks: !session.is_json(), ..Options::default() };
    let report = search(&target, &fix, &options)?.without_taken_out(&target, &fix, None, &options)?;
    let name = into.branch.as_ref().map_or(into.name.as_str(), |branch| &branch.short);
    let onto = Onto { name, branch: into.branch.as_ref(), options: &options };
    let forecast = forecast(&target, &fix, &report, &onto)?;
    drop(progress);
    let exit = report.verdict.exit();
    let ask = if fix.changes.is_empty() { one_by_one(&fix.commits, &into) } else { Vec::new() };
    let report = MergedReport { into, commits: fix.commits, report, forecast, ask, now: session.now() };
    session.answer("merged", exit, &report)
}

/// How to ask for each commit by itself: what they undo of each other together may be there, or not, all the same.
fn one_by_one(commits: &[ObjectId], into: &Into) -> Vec<String> {
    const MOST: usize = 5;
    if let [only] = commits {
        return vec![format!("git show {}    # it changes nothing", only.short())];
    }
    let ask = |commit: &ObjectId| format!("hotfix merged {} --into {}", commit.short(), into.name);
    commits.iter().take(MOST).map(ask).collect()
}

/// The fix that the arguments name together. Exit 2 where one names nothing.
fn read(repository: &Repository, target: &Target<'_>, arguments: &[String]) -> Result<Fix, Failure> {
    let mut commits = Vec::new();
    let mut whole: Option<Fix> = None;
    let mut add = |fix: Fix| match &mut whole {
        None => whole = Some(fix),
        Some(whole) => whole.join(fix),
    };
    for argument in arguments {
        let revision = |text: &str| repository.commit(if text.is_empty() { "HEAD" } else { text });
        if let Some((base, tip)) = argument.split_once("...").or_else(|| argument.split_once("..")) {
            add(Fix::of_range(target, revision(base)?, revision(tip)?)?);
        } else if let Some(alone) = argument.strip_suffix("^!") {
            commits.push(revision(alone)?);
        } else {
            let commit = repository.commit(argument)?;
            if repository.names_branch(argument) {
                add(Fix::of_branch(target, commit)?);
            } else {
                commits.push(commit);
            }
        }
    }
    if !commits.is_empty() {
        add(Fix::of_commits(repository, &commits)?);
    }
    whole.ok_or_else(|| Failure::usage("no fix was named"))
}

impl render::Report for MergedReport {
    fn text(&self, page: &mut Page) {
        let tone = match self.report.verdict {
            Verdict::Merged => Tone::Good,
            Verdict::Partial | Verdict::Reverted | Verdict::Missing => Tone::Bad,
            Verdict::Unproven => Tone::Wait,
        };
        let verdict = page.mark(tone, self.report.verdict.word());
        page.paragraph(&format!("{verdict} on {} ({})", self.into.name, self.into.commit.short()));
        page.paragraph(&self.report.evidence);
        if let Some(fetched) = self.into.fetched {
            page.paragraph(&format!("{} was fetched {} ago", self.into.name, moment::ago(self.now, fetched)));
        }
        commits(page, "landed by", &self.report.landings);
        commits(page, "undone by", &self.report.undone_by);
        for hunk in self.report.hunks.iter().filter(|hunk| hunk.fate != Fate::InEffect).take(20) {
            page.bullet(&format!("{}:{} {}{}", hunk.path, hunk.lines, hunk.fate.word(), by(hunk)));
        }
        let quiet = self.report.hunks.iter().filter(|hunk| hunk.fate != Fate::InEffect).count().saturating_sub(20);
        if quiet > 0 {
            page.paragraph(&format!("and {quiet} more; --format json lists them all"));
        }
        for candidate in &self.report.candidates {
            let why = candidate.why.join("; ");
            page.bullet(&format!("candidate {} {} ({why})", candidate.commit.short(), candidate.summary));
        }
        self.report.taken_out.iter().for_each(|taken| page.bullet(&taken.words()));
        self.report.candidates.iter().for_each(|candidate| side_by_side(page, candidate));
        became(page, &self.report, &self.into.name);
        if let Some(forecast) = &self.forecast {
            page.blank();
            page.paragraph(&forecast.next_release);
            let brings = !forecast.picks.is_empty() || !forecast.reverts.is_empty();
            match (forecast.unpushed, forecast.stops_at) {
                (Some(local), _) => page.paragraph(&format!("Your own branch ({}) holds it already.", local.short())),
                (None, None) if brings => page.paragraph("Bringing it there applies cleanly now."),
                (None, None) => {}
                (None, Some(at)) => {
                    page.paragraph(&format!("Bringing it there conflicts at {}:", at.short()));
                    forecast.conflicts.iter().for_each(|conflict| page.bullet(&conflict.to_string()));
                }
            }
            forecast.by_hand.iter().for_each(|part| page.bullet(&part.words()));
            next_commands(page, &forecast.all_commands());
        }
        next_commands(page, &self.ask);
    }
}

/// What changed a part of the fix since it landed, in words.
fn by(hunk: &HunkReport) -> String {
    match (hunk.undone_by, hunk.changed_by().last(), hunk.fate) {
        (Some(by), ..) => format!(" by {}", by.short()),
        (None, Some(by), Fate::Unknown) => format!(": changed by {}", by.short()),
        (None, Some(by), _) => format!(" by {}", by.short()),
        // What brought it brought it changed.
        (None, None, Fate::Evolved | Fate::Unknown) if !hunk.evolved_by.is_empty() => " where it landed".to_owned(),
        (None, None, _) => String::new(),
    }
}

/// A person looks at so many lines a path before they would rather see the commits themselves.
const MOST: usize = 30;

/// The fix beside a candidate.
pub(super) fn side_by_side(page: &mut Page, candidate: &Candidate) {
    for Comparison { path, fix, candidate: other } in candidate.compared.iter().take(5) {
        page.blank();
        page.title(&path.to_string());
        let name = candidate.commit.short();
        let shown = |lines: &[String]| lines[..lines.len().min(MOST)].to_vec();
        page.side_by_side([("the fix", &shown(fix)), (&name, &shown(other))]);
        if fix.len().max(other.len()) > MOST {
            page.paragraph(&format!("and more: git show {name} -- {path}"));
        }
    }
}

/// The fix beside what stands there now, where it landed and was changed.
pub(super) fn became(page: &mut Page, report: &Report, into: &str) {
    for Became { path, fix, now } in report.became.iter().take(5) {
        page.blank();
        page.title(&path.to_string());
        let shown = |lines: &[String]| lines[..lines.len().min(MOST)].to_vec();
        page.side_by_side([("the fix", &shown(fix)), (&format!("{into} now"), &shown(now))]);
    }
}

fn commits(page: &mut Page, label: &str, commits: &[Landing]) {
    for landing in commits.iter().take(10) {
        page.bullet(&format!("{label} {} {}", landing.commit.short(), landing.summary));
    }
}
