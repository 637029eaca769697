//! What the gate answers.

use std::collections::BTreeSet;

use serde::Serialize;

use super::question::{Question, Update};
use crate::domain::identity::{IncidentId, ObjectId, RepositoryPath};
use crate::domain::refusal::Refusal;
use crate::domain::sentence::short_ref;
use crate::failure::{ExitCode, Failure};
use crate::render::checks::{Check, Found};
use crate::render::{Page, Report, Tone};

/// All answers.
#[derive(Serialize)]
pub(super) struct GateReport {
    answers: Vec<Answer>,
    notes: Vec<String>,
    /// Whether what concerns no release goes without a word: nobody who pushes wants to read that all is well.
    #[serde(skip)]
    terse: bool,
}

impl GateReport {
    pub(super) fn new(answers: Vec<Answer>, mut notes: Vec<String>, terse: bool) -> Self {
        if terse && answers.iter().any(|answer| answer.exit() != ExitCode::Open) {
            notes.push(
                "What was recorded elsewhere counts here once it is shared: hotfix sync, then push again.".to_owned(),
            );
        }
        Self { answers, notes, terse }
    }
}

/// What was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subject {
    Change,
    Release,
    Drift,
    Ledger,
    /// Nothing that concerns a release.
    Other,
}

/// The answer to one question.
#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) subject: Subject,
    /// The ref or the revision, as it was named.
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) old: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new: Option<ObjectId>,
    /// The answer in the words of the exit codes.
    verdict: &'static str,
    /// The commits that were looked at, oldest first.
    pub(super) commits: Vec<Looked>,
    /// The incidents that they belong to, or that were asked.
    pub(super) incidents: BTreeSet<IncidentId>,
    /// What stands in the way.
    pub(super) findings: Vec<Finding>,
    /// Why it could not be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unknown: Option<Unknown>,
    pub(super) notes: Vec<String>,
}

/// A commit that was looked at.
#[derive(Serialize)]
pub(super) struct Looked {
    pub(super) commit: ObjectId,
    pub(super) subject: String,
    /// What it is to the line.
    pub(super) is: Standing,
    /// The incidents that hold it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) incidents: BTreeSet<IncidentId>,
}

/// What a commit is to a release line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    /// A part of an incident's fix.
    Fix,
    /// It carries no fix: nothing, or what the policy says never goes back, or a merge that adds nothing.
    Carried,
    /// Main holds it, and this is a branch on which every release is made.
    Planned,
    /// It only goes back: to what ran before a roll back, or before an incident's own fix.
    GoesBack,
    /// No incident holds it.
    Unrecorded,
    /// On a line, and in effect on main too.
    OnMain,
    /// On a line, and taken back there, or what took such a one back.
    TakenBack,
    /// On a line, and people settled that main need not have it, or has it in another form.
    Settled,
    /// On a line, and not provably on main.
    Drifts,
}

/// One thing that stands in the way, and where.
#[derive(Clone, Serialize)]
pub(super) struct Finding {
    #[serde(flatten)]
    pub(super) refusal: Refusal,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) incident: Option<IncidentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<RepositoryPath>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
}

impl Finding {
    /// A refusal about no file.
    pub(super) fn new(refusal: Refusal) -> Self {
        Self { refusal, incident: None, commit: None, path: None, line: None }
    }

    /// What happened, with the incident that it is about.
    pub(super) fn message(&self) -> String {
        let message = &self.refusal.message;
        match &self.incident {
            Some(id) if !message.contains(id.as_str()) => format!("{id}: {message}"),
            Some(_) | None => message.clone(),
        }
    }

    /// The same, about an incident.
    pub(super) fn of(incident: &IncidentId, refusal: Refusal) -> Self {
        Self { incident: Some(incident.clone()), ..Self::new(refusal) }
    }
}

/// Why something could not be decided.
#[derive(Serialize)]
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    #[serde(skip)]
    exit: ExitCode,
}

impl Answer {
    /// An answer without findings.
    pub(super) fn new(subject: Subject, name: impl Into<String>) -> Self {
        Self {
            subject,
            name: name.into(),
            old: None,
            new: None,
            verdict: ExitCode::Open.word(),
            commits: Vec::new(),
            incidents: BTreeSet::new(),
            findings: Vec::new(),
            unknown: None,
            notes: Vec::new(),
        }
    }

    /// An answer about a ref that moves.
    pub(super) fn of_update(update: &Update, subject: Subject) -> Self {
        Self { old: update.old, new: update.new, ..Self::new(subject, short_ref(&update.shown())) }
    }

    /// The same, about a commit.
    #[must_use]
    pub(super) fn at(self, commit: ObjectId) -> Self {
        Self { new: Some(commit), ..self }
    }

    /// A question that could not be decided.
    pub(super) fn unknown(question: &Question, failure: &Failure) -> Self {
        let mut answer = match question {
            Question::Update(update) => Self::of_update(update, Subject::Change),
            Question::Release { shown, commit, .. } => Self::new(Subject::Release, shown.as_str()).at(*commit),
            Question::Drift => Self::new(Subject::Drift, "release lines"),
        };
        answer.unknown = Some(Unknown {
            message: failure.to_string(),
            hint: failure.hint.clone(),
            detail: failure.detail.clone(),
            exit: failure.kind.exit(),
        });
        answer.verdict = answer.exit().word();
        answer
    }

    /// The same with a word beside the answer.
    #[must_use]
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with what stands in the way.
    #[must_use]
    pub(super) fn with(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings);
        self.verdict = self.exit().word();
        self
    }

    pub(super) fn exit(&self) -> ExitCode {
        let refused = self.findings.iter().fold(ExitCode::Open, |worst, one| worst.worse(one.refusal.code.exit()));
        self.unknown.as_ref().map_or(refused, |unknown| refused.worse(unknown.exit))
    }

    /// What was judged, in a line.
    fn title(&self) -> String {
        match (self.subject, self.new) {
            (Subject::Release, Some(new)) if !new.to_string().starts_with(&self.name) => {
                format!("{} ({})", self.name, new.short())
            }
            _ => self.name.clone(),
        }
    }

    fn text(&self, page: &mut Page) {
        let exit = self.exit();
        let (tone, word) = match exit {
            ExitCode::Open => (Tone::Good, "open"),
            ExitCode::Waiting => (Tone::Wait, "waiting"),
            ExitCode::Undecided | ExitCode::Usage | ExitCode::Interrupted => (Tone::Wait, "could not be decided"),
            ExitCode::Refused => (Tone::Bad, "refused"),
        };
        let ids: Vec<&str> = self.incidents.iter().map(IncidentId::as_str).collect();
        let ids = if ids.is_empty() || ids.len() > 8 { String::new() } else { format!(" ({})", ids.join(", ")) };
        page.paragraph(&format!("{}: {}{ids}", page.mark(Tone::Strong, &self.title()), page.mark(tone, word)));
        for (at, finding) in self.findings.iter().enumerate() {
            let mut refusal = Refusal { message: finding.message(), ..finding.refusal.clone() };
            // Twenty strangers have one way out: it is said below the last of them. What drifts is brought back one by one.
            let is_alike = finding.commit.is_some() && self.subject != Subject::Drift;
            let same = |later: &Finding| later.refusal.code == refusal.code && is_alike;
            if self.findings.get(at + 1).is_some_and(same) {
                refusal.next.clear();
            }
            page.refusals(&[refusal]);
        }
        if let Some(unknown) = &self.unknown {
            page.labelled(Tone::Wait, "[unknown] ", &unknown.message);
            unknown.detail.iter().flat_map(|detail| detail.lines()).for_each(|line| page.line(line));
            unknown.hint.iter().for_each(|hint| page.command(hint));
        }
        self.notes.iter().for_each(|note| page.bullet(note));
    }
}

impl Answer {
    /// The answer as what CI shows.
    fn check(&self) -> Check {
        let found = self.findings.iter().map(|finding| Found {
            code: finding.refusal.code.word(),
            message: finding.message(),
            next: finding.refusal.next.clone(),
            exit: finding.refusal.code.exit(),
            path: finding.path.as_ref().map(ToString::to_string),
            line: finding.line,
        });
        let unknown = self.unknown.iter().map(|unknown| Found {
            code: unknown.exit.word(),
            message: unknown.message.clone(),
            next: unknown.hint.iter().cloned().collect(),
            exit: unknown.exit,
            path: None,
            line: None,
        });
        Check { name: self.title(), findings: found.chain(unknown).collect() }
    }
}

impl Report for GateReport {
    fn checks(&self) -> Option<Vec<Check>> {
        Some(self.answers.iter().map(Answer::check).collect())
    }

    fn text(&self, page: &mut Page) {
        let concerns = |answer: &&Answer| !self.terse || answer.subject != Subject::Other;
        self.answers.iter().filter(concerns).for_each(|answer| answer.text(page));
        if self.terse && self.answers.iter().all(|answer| answer.exit() == ExitCode::Open) {
            return;
        }
        self.notes.iter().for_each(|note| page.paragraph(note));
    }
}
