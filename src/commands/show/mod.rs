//! `hotfix show`: one incident, whole.

mod analysis;
mod document;
mod outline;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::book::Book;
use super::desk::Desk;
use super::moment;
use super::owed;
use crate::domain::closing;
use crate::domain::debts::{self, Owed};
use crate::domain::event::{Event, Evidence, Overridden, Production, RungAnswer, RungName};
use crate::domain::identity::{IncidentId, Moment, Person};
use crate::domain::incident::{Attempt, Done, Incident};
use crate::domain::merge_back::Verdict;
use crate::domain::overrides::{self, Fate};
use crate::domain::policy::{SEVERITY, Value};
use crate::domain::sentence::short_ref;
use crate::domain::severity;
use crate::failure::{ExitCode, Failure};
use crate::render::document::Document;
use crate::render::{Page, Report};
use crate::session::Session;

/// Show one incident: its decision, its fix, its timeline and what it still owes
///
/// With --format markdown or html it is a page to hand on: for the chat, the ticket, the wiki. What people typed is text there,
/// never markup, and what was redacted stays redacted.
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
}

#[derive(Serialize)]
struct ShowReport<'b> {
    incident: &'b Incident,
    /// The free texts of the governing walk and the analysis, by name; none where a text was redacted or never fetched.
    texts: BTreeMap<String, Option<String>>,
    owed: Vec<Owed>,
    /// Whose approval of the fix as it is now counts.
    approved_by: Vec<&'b Person>,
    /// The gates that were skipped.
    overrides: Vec<Override>,
    timeline: Vec<Line>,
    /// The events of the approvals that count.
    #[serde(skip)]
    counted: Vec<&'b str>,
    #[serde(skip)]
    said: Words,
    #[serde(skip)]
    now: Moment,
}

/// A gate that was skipped, and what became of that.
#[derive(Serialize)]
struct Override {
    gate: String,
    by: Person,
    until: Moment,
    fate: Fate,
    reviewed_by: Option<Person>,
    /// Whether that person said that it was right.
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<bool>,
}

#[derive(Serialize)]
struct Line {
    at: Moment,
    who: String,
    what: String,
    /// The reason or the evidence that was given with it.
    #[serde(skip)]
    why: String,
}

/// The free texts of an incident's events, by event and name; none where a text was redacted or never fetched.
#[derive(Default)]
struct Words(BTreeMap<(String, String), Option<String>>);

impl Words {
    fn of(book: &Book<'_>, id: &IncidentId) -> Result<Self, Failure> {
        let mut words = BTreeMap::new();
        for event in book.events_of(id).filter(|event| !event.texts.is_empty()) {
            let texts = book.texts(&event.id)?.into_iter();
            words.extend(texts.map(|(name, text)| ((event.id.clone(), name), text.words().map(str::to_owned))));
        }
        Ok(Self(words))
    }

    fn get(&self, event: &str, name: &str) -> Option<&Option<String>> {
        self.0.get(&(event.to_owned(), name.to_owned()))
    }

    /// Whether the words of a text are here.
    fn is_here(&self, event: &str, name: &str) -> bool {
        self.get(event, name).is_some_and(Option::is_some)
    }

    /// A text to show; none where the event has no such text.
    fn words(&self, event: &str, name: &str) -> Option<String> {
        self.get(event, name).map(|words| words.clone().unwrap_or_else(|| NOT_HERE.to_owned()))
    }

    /// The texts of an event, by name.
    fn of_event(&self, event: &str) -> impl Iterator<Item = (&String, &Option<String>)> {
        self.0.iter().filter(move |((of, _), _)| of == event).map(|((_, name), words)| (name, words))
    }
}

const NOT_HERE: &str = "text not here: redacted, or never fetched";

/// Shows the incident.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let incident = book.incident(&args.incident)?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let owed = match closing::over(incident) {
        Some(_) => Vec::new(),
        None => debts::owed(&papers.case(incident), &closing::recorded_proofs(incident)),
    };
    let said = Words::of(&book, &args.incident)?;
    let governing = [Some(&incident.check().by), incident.analysis.as_ref().map(|analysis| &analysis.by)];
    let texts = governing.into_iter().flatten().flat_map(|deed| said.of_event(&deed.event));
    let texts = texts.map(|(name, words)| (name.clone(), words.clone())).collect();
    let line = |event: &Event| Line {
        at: event.at,
        who: event.actor.name.clone(),
        what: event.payload.sentence(),
        why: ["reason", "evidence"].iter().find_map(|name| said.words(&event.id, name)).unwrap_or_default(),
    };
    let timeline = book.events_of(&args.incident).map(line).collect();
    let case = papers.case(incident);
    let needs = case.needs();
    let counted = case.judge(&needs).map_or_else(Vec::new, |judge| judge.counted());
    let approved_by = counted.iter().map(|approval| &approval.by.actor).collect();
    let counted = counted.iter().map(|approval| approval.by.event.as_str()).collect();
    let skipped = |done: &Done<Overridden>| Override {
        gate: done.what.gate.clone(),
        by: done.by.actor.clone(),
        until: done.what.until,
        fate: overrides::fate(incident, done, case.digest(), session.now()),
        reviewed_by: incident.said.latest_review(done).map(|review| review.by.actor.clone()),
        right: incident.said.latest_review(done).map(|review| review.what.agreed),
    };
    let overrides = incident.said.overrides.iter().map(skipped).collect();
    let now = session.now();
    let report = ShowReport { incident, texts, owed, approved_by, overrides, timeline, counted, said, now };
    session.answer("show", ExitCode::Open, &report)
}

impl Report for ShowReport<'_> {
    fn text(&self, page: &mut Page) {
        let incident = self.incident;
        page.title(&format!("{}: {}", incident.id, incident.state.word()));
        page.fields(&self.fields());
        page.blank();
        page.line("Timeline:");
        let rows = self.timeline.iter().map(|line| vec![moment::show(line.at), line.who.clone(), line.what.clone()]);
        page.table(&["when", "who", "what"], rows.collect());
        outline::show(page, self);
        if !self.owed.is_empty() {
            page.blank();
            page.line("Owed before closing:");
            let refusals: Vec<_> = self.owed.iter().map(|owed| owed::in_full(owed, self.now)).collect();
            page.refusals(&refusals);
        }
    }

    fn document(&self) -> Option<Document> {
        Some(document::of(self))
    }
}

impl ShowReport<'_> {
    fn fields(&self) -> Vec<(&str, String)> {
        let incident = self.incident;
        let check = &incident.check().what;
        let mut fields = vec![("decision", check.decision.word().to_owned())];
        for walk in incident.contested() {
            fields.push(("contested", format!("{} by {}", walk.what.decision.word(), walk.by.actor.name)));
        }
        for end in &incident.unseen_ends {
            let unseen: Vec<&str> = end.unseen.iter().map(|deed| deed.actor.name.as_str()).collect();
            let (by, at) = (&end.by.actor.name, moment::show(end.by.at));
            fields.push((
                "not ended",
                format!("{by} did so at {at} without knowing what {} recorded", unseen.join(", ")),
            ));
        }
        fields.extend(check.rule.iter().map(|rule| ("rule", rule.clone())));
        fields.push(("severity", severity_words(incident)));
        fields.push(("started", moment::show(incident.started)));
        let opened = &incident.opened;
        fields.push(("opened", format!("{} by {}", moment::show(opened.at), opened.actor.name)));
        fields.push(("policy", format!("{}, version {}", incident.policy.name, incident.policy.version)));
        let production = |production: &Production| format!("{} ({})", production.name, production.commit.short());
        fields.extend(check.production.iter().map(|known| ("production", production(known))));
        fields.push((RungName::RollBack.key(), self.rung(RungName::RollBack, &check.roll_back)));
        fields.extend(
            check.flag_off.iter().map(|answer| (RungName::FlagOff.key(), self.rung(RungName::FlagOff, answer))),
        );
        for (name, answered) in check.facts.iter().filter(|(name, _)| *name != SEVERITY) {
            fields.push((name, self.value(name, &answered.value)));
        }
        fields.extend(incident.attempts.iter().map(|attempt| ("attempt", attempt_words(attempt))));
        let waived: BTreeSet<&String> = incident.waivers.iter().map(|waiver| &waiver.what.target).collect();
        for waiver in waived.into_iter().filter_map(|target| incident.waiver(target)) {
            let (target, evidence) = (short_ref(&waiver.what.target), waiver.what.evidence.short());
            fields.push(("merge-back", format!("waived on {target}: {} ({evidence})", waiver.what.reason.word())));
        }
        for (target, verified) in incident.verified.iter().filter(|(target, _)| incident.waiver(target).is_none()) {
            let landings: Vec<String> = verified.what.landings.iter().map(|commit| commit.short()).collect();
            // What landed and was lost again was not reverted by what had brought it.
            let by = match (landings.is_empty(), verified.what.verdict) {
                (true, _) => String::new(),
                (false, Verdict::Merged) => format!(" by {}", landings.join(", ")),
                (false, _) => format!(" (landed by {}; `hotfix verify` says what became of it)", landings.join(", ")),
            };
            fields.push(("merge-back", format!("{} on {}{by}", verified.what.verdict.word(), short_ref(target))));
        }
        if !self.approved_by.is_empty() {
            let names: Vec<&str> = self.approved_by.iter().map(|person| person.name.as_str()).collect();
            fields.push(("approved by", names.join(", ")));
        }
        for skipped in &self.overrides {
            let reviewed = match (&skipped.reviewed_by, skipped.right) {
                (None, _) => "nobody reviewed that".to_owned(),
                (Some(person), Some(false)) => format!("{} says that it was wrong", person.name),
                (Some(person), _) => format!("reviewed by {}", person.name),
            };
            let (by, fate) = (&skipped.by.name, skipped.fate.word());
            fields.push(("skipped", format!("{} by {by}: {fate}, {reviewed}", skipped.gate)));
        }
        fields
    }

    fn rung(&self, name: RungName, answer: &RungAnswer) -> String {
        match self.rung_parts(name, answer) {
            (answer, None) => answer,
            (answer, Some(evidence)) => format!("{answer} ({evidence})"),
        }
    }

    /// The answer at a rung, and its evidence.
    fn rung_parts(&self, name: RungName, answer: &RungAnswer) -> (String, Option<String>) {
        let RungAnswer::No { reason, evidence } = answer else { return ("yes".to_owned(), None) };
        let evidence = match evidence {
            Evidence::None => None,
            Evidence::Owed { .. } => Some("evidence owed".to_owned()),
            Evidence::Commit { commit } => Some(commit.short()),
            Evidence::Path { path } => Some(path.to_string()),
            Evidence::Text => Some(self.words(name.key())),
        };
        (format!("no: {reason}"), evidence)
    }

    fn value(&self, name: &str, value: &Value) -> String {
        match value {
            Value::OneOf(choice) => choice.clone(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Number(quantity) => quantity.to_string(),
            Value::Text => self.words(&format!("fact.{name}")),
        }
    }

    fn words(&self, name: &str) -> String {
        let words = self.texts.get(name).cloned().flatten();
        words.unwrap_or_else(|| NOT_HERE.to_owned())
    }
}

/// The latest severity, and the first where that was another one.
fn severity_words(incident: &Incident) -> String {
    match (severity::latest(incident), incident.severity_at_opening.as_deref()) {
        (Some(now), Some(first)) if now != first => format!("{now}, and {first} at first"),
        (Some(now), _) => now.to_owned(),
        (None, _) => "not said".to_owned(),
    }
}

fn attempt_words(attempt: &Attempt) -> String {
    let branch = attempt.branch.as_deref().map_or_else(String::new, |branch| format!(" on {branch}"));
    let state = match (&attempt.fix, attempt.withdrawn) {
        (_, true) => "withdrawn".to_owned(),
        (None, false) => "no fix attached yet".to_owned(),
        (Some(fix), false) => {
            let commits: Vec<String> = fix.what.commits.iter().map(|commit| commit.short()).collect();
            commits.join(", ")
        }
    };
    format!("{}: {state}{branch}", attempt.number)
}
