//! `hotfix report`: are hotfixes getting rarer, and what do they tell us?

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::Serialize;

use super::book::Book;
use super::moment;
use super::policies::Policies;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{Incident, State};
use crate::domain::policy::{FactKind, Policy, SEVERITY};
use crate::domain::report::{self, Ledger};
use crate::domain::text::counted;
use crate::evidence::policy_in_force::{InForce, policy_in_force};
use crate::evidence::released;
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::ledger::store::Presence;
use crate::render::document::Document;
use crate::render::report::{Happened, LISTED, Listed};
use crate::render::{self, Page, Report};
use crate::session::Session;

/// Report whether hotfixes are getting rarer, and what they tell
#[derive(clap::Args)]
pub struct Args {
    /// Only what started, or was released, at or after this day or time
    #[arg(long, value_name = "DAY", value_parser = moment::day_or_moment)]
    since: Option<Moment>,
    /// This repository instead of the one around here; give it once for each
    #[arg(long = "repo", value_name = "DIR")]
    repositories: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    report: report::Report,
    notes: Vec<String>,
    /// The latest incidents, for a page that links to their timelines.
    #[serde(skip)]
    listed: Vec<Listed>,
}

/// Reports.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let now = session.now();
    moment::past_or_now(args.since, "--since", now)?;
    let beside: Vec<Session> = args.repositories.iter().map(|directory| session.beside(directory)).collect();
    let sessions: Vec<&Session> = if beside.is_empty() { vec![session] } else { beside.iter().collect() };
    let mut places: Vec<Place<'_>> = Vec::new();
    for (at, session) in sessions.into_iter().enumerate() {
        let place = Place::open(session).map_err(|failure| match args.repositories.get(at) {
            Some(directory) => Failure { cause: failure.cause.context(directory.display().to_string()), ..failure },
            None => failure,
        })?;
        places.push(place);
    }
    name_apart(&mut places, &args.repositories)?;
    let twice = each_ledger_once(&mut places);
    let ledgers: Vec<Ledger<'_>> = places.iter_mut().map(|place| place.ledger(now)).collect::<Result<_, _>>()?;
    let report = report::report(&ledgers, args.since, now);
    drop(ledgers);
    let notes: Vec<String> = places.iter().flat_map(|place| place.notes.clone()).chain(twice).collect();
    // What can't be read may be a hotfix: figures that may be wrong are no answer, though they are shown.
    let unreadable = places.iter().any(|place| place.book.history.unreadable().next().is_some());
    let exit = if unreadable { ExitCode::Undecided } else { ExitCode::Open };
    let listed = if session.is_html() { listed(&places, args.since) } else { Vec::new() };
    let answered = session.answer("report", exit, &Answer { report, notes, listed });
    // The process ends here: to give large ledgers' memory back piece by piece takes a tenth of the time.
    std::mem::forget(places);
    answered
}

/// The latest incidents of all repositories, void ones left out as everywhere in the report, each with its timeline.
fn listed<'p>(places: &'p [Place<'_>], since: Option<Moment>) -> Vec<Listed> {
    let counts =
        |incident: &&Incident| incident.state != State::Void && since.is_none_or(|since| incident.started >= since);
    let of = |(at, place): (usize, &'p Place<'_>)| {
        place.book.incidents.values().filter(counts).map(move |incident| (at, incident))
    };
    let mut all: Vec<(usize, &Incident)> = places.iter().enumerate().flat_map(of).collect();
    all.sort_by(|(_, a), (_, b)| b.started.cmp(&a.started).then_with(|| a.id.cmp(&b.id)));
    all.truncate(LISTED);
    let mut timelines: HashMap<(usize, &IncidentId), Vec<Happened>> =
        all.iter().map(|(at, incident)| ((*at, &incident.id), Vec::new())).collect();
    for (at, place) in places.iter().enumerate() {
        for (_, event) in place.book.history.events() {
            let id = event.incident.as_ref();
            if let Some(timeline) = id.and_then(|id| timelines.get_mut(&(at, id))) {
                let (who, what) = (event.actor.name.clone(), event.payload.sentence());
                timeline.push(Happened { at: event.at, who, what });
            }
        }
    }
    let list = |(at, incident): (usize, &'p Incident)| Listed {
        repository: places[at].name.clone(),
        id: incident.id.to_string(),
        started: incident.started,
        severity: incident.severity_at_opening.clone().unwrap_or_default(),
        decision: incident.decision().word(),
        state: incident.state.word(),
        timeline: timelines.remove(&(at, &incident.id)).unwrap_or_default(),
    };
    all.into_iter().map(list).collect()
}

/// One repository that is reported on.
struct Place<'s> {
    name: String,
    repository: &'s Repository,
    book: Book<'s>,
    in_force: Result<InForce, Failure>,
    /// What a reader must know of it.
    notes: Vec<String>,
}

impl<'s> Place<'s> {
    fn open(session: &'s Session) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let book = Book::open(session)?;
        let in_force = policy_in_force(repository, session.now(), book.trusted_ref());
        Ok(Self { name: name(repository), repository, book, in_force, notes: Vec::new() })
    }

    fn ledger(&mut self, now: Moment) -> Result<Ledger<'_>, Failure> {
        let in_force = self.in_force.as_ref().ok();
        let branches = in_force.map(|in_force| &in_force.policy.branches);
        let releases = branches.map(|branches| released::releases(self.repository, branches)).transpose()?.flatten();
        self.notes = self.notes(releases.as_ref().map(Vec::len))?;
        let incidents = &self.book.incidents;
        let in_force = self.in_force.as_ref().ok();
        // The built-in policy, before it ever governed anything, is no change.
        let today = in_force.map(|in_force| (&in_force.pin, now)).filter(|(pin, _)| pin.source.is_some());
        Ok(Ledger {
            name: self.name.clone(),
            history: &self.book.history,
            incidents,
            releases,
            policies: released::policy_changes(self.repository, &self.name, incidents.values(), today),
            severities: severities(self.repository, in_force, incidents.values()),
        })
    }

    fn notes(&self, releases: Option<usize>) -> Result<Vec<String>, Failure> {
        let name = &self.name;
        let mut notes = Vec::new();
        if self.book.presence()? == Presence::Never {
            notes.push(format!("{name} has no ledger yet: nothing was ever recorded there."));
        }
        let unreadable = self.book.history.unreadable().count();
        if unreadable > 0 {
            notes.push(format!(
                "{} of {name} can't be read, so figures may be wrong: hotfix log",
                counted(unreadable, "event")
            ));
        }
        let doubted = self.book.history.records().iter().filter(|record| record.doubt.is_some()).count();
        if doubted > 0 {
            let (events, do_not) = (counted(doubted, "event"), if doubted == 1 { "does not" } else { "do not" });
            notes.push(format!("{events} of {name} {do_not} count, for it is not proven by whom: hotfix audit"));
        }
        match (&self.in_force, releases) {
            (Err(failure), _) => {
                notes.push(format!("The policy of {name} can't be read, so its releases are unknown: {failure}"));
            }
            (Ok(_), None) => notes.push(format!(
                "{name} is a shallow clone, so its releases are unknown: git fetch --unshallow --tags"
            )),
            (Ok(_), Some(0)) => notes.push(format!(
                "No tag of {name} is a release by its policy's release_tags, so what is counted by release leaves it out."
            )),
            (Ok(_), Some(_)) => {}
        }
        Ok(notes)
    }
}

/// The severities of the policy in force, or else of the latest incident's, the worst first.
fn severities<'i>(
    repository: &Repository,
    in_force: Option<&InForce>,
    incidents: impl Iterator<Item = &'i Incident>,
) -> Vec<String> {
    let of = |policy: &Policy| match policy.facts.iter().find(|fact| fact.name == SEVERITY).map(|fact| &fact.kind) {
        Some(FactKind::OneOf { choices }) => choices.iter().map(|choice| choice.value.clone()).collect(),
        _ => Vec::new(),
    };
    match in_force {
        Some(in_force) => of(&in_force.policy),
        None => {
            let latest = incidents.max_by_key(|incident| incident.started);
            let policy = latest.and_then(|incident| Policies::new(repository).of(incident).ok());
            policy.map_or_else(Vec::new, |policy| of(&policy))
        }
    }
}

/// What people call a repository: the name of its directory.
fn name(repository: &Repository) -> String {
    let directory = repository.work_tree().unwrap_or_else(|| repository.common_directory());
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned();
    name.strip_suffix(".git").filter(|rest| !rest.is_empty()).map_or(name.clone(), str::to_owned)
}

/// Calls repositories whose directories have one name as the command line does. Exit 2 where one is given twice: everything in
/// it would count twice.
fn name_apart(places: &mut [Place<'_>], given: &[PathBuf]) -> Result<(), Failure> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        let directory = place.repository.common_directory();
        if places[..at].iter().any(|other| other.repository.common_directory() == directory) {
            return Err(Failure::usage(format!("--repo {} is the same repository as another", given[at].display()))
                .hint("name each repository once"));
        }
        *names.entry(place.name.clone()).or_default() += 1;
    }
    for (place, given) in places.iter_mut().zip(given) {
        if names[&place.name] > 1 {
            place.name = given.display().to_string();
        }
    }
    Ok(())
}

/// Leaves out clones of what is reported on already: one ledger is known by its first event, and its incidents count once. Of two
/// clones the one that has more of it counts. What was left out is said.
fn each_ledger_once(places: &mut Vec<Place<'_>>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut at = 0;
    while at < places.len() {
        let root = places[at].book.history.root();
        let first = places[..at].iter().position(|other| root.is_some() && other.book.history.root() == root);
        let Some(first) = first else {
            at += 1;
            continue;
        };
        let mut left_out = places.remove(at);
        if left_out.book.history.count() > places[first].book.history.count() {
            std::mem::swap(&mut left_out, &mut places[first]);
        }
        notes.push(format!("{} and {} hold one ledger, which counts once.", places[first].name, left_out.name));
    }
    notes
}

impl Report for Answer {
    fn text(&self, page: &mut Page) {
        render::report::text(&self.report, &self.notes, page);
    }

    fn document(&self) -> Option<Document> {
        Some(render::report::document(&self.report, &self.notes))
    }

    fn html(&self) -> Option<String> {
        Some(render::report::html(&self.report, &self.notes, &self.listed))
    }

    fn csv(&self) -> Option<String> {
        Some(render::report::csv(&self.report))
    }
}
