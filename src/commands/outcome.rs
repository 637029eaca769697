//! What a command that records one thing answers: recorded, or refused with everything that stands in the way.

use serde::Serialize;

use crate::domain::identity::IncidentId;
use crate::domain::refusal::{self, Refusal};
use crate::failure::{ExitCode, Failure};
use crate::ledger::store::Recorded;
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// One thing recorded, or refused.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    incident: IncidentId,
    /// The id of the event that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    refusals: Vec<Refusal>,
    /// What else a person must know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// What to type next.
    next: Vec<String>,
}

impl Outcome {
    /// An event was written; `message` says what it means.
    pub fn recorded(incident: &IncidentId, event: &Recorded, message: impl Into<String>) -> Self {
        Self {
            incident: incident.clone(),
            recorded: Some(event.event.id.clone()),
            message: message.into(),
            refusals: Vec::new(),
            notes: Vec::new(),
            next: Vec::new(),
        }
    }

    /// Nothing was written, because nothing had to be.
    pub fn unchanged(incident: &IncidentId, message: impl Into<String>) -> Self {
        Self {
            incident: incident.clone(),
            recorded: None,
            message: message.into(),
            refusals: Vec::new(),
            notes: Vec::new(),
            next: Vec::new(),
        }
    }

    /// Nothing was written, because the policy says no.
    pub fn refused(incident: &IncidentId, refusals: impl Into<Vec<Refusal>>) -> Self {
        let mut outcome = Self::unchanged(incident, "");
        outcome.refusals = refusals.into();
        outcome
    }

    /// The same, with something that is still lacking.
    #[must_use]
    pub fn and_refused(mut self, refusal: Refusal) -> Self {
        self.refusals.push(refusal);
        self
    }

    /// Adds a command to type next.
    #[must_use]
    pub fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }

    /// Adds what else a person must know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The exit code that follows from the refusals.
    pub fn exit(&self) -> ExitCode {
        refusal::exit_of(&self.refusals)
    }

    /// Prints the answer; its exit code follows from the refusals.
    pub fn send(self, session: &Session, command: &str) -> Result<ExitCode, Failure> {
        session.answer(command, self.exit(), &self)
    }
}

impl Report for Outcome {
    fn text(&self, page: &mut Page) {
        if !self.message.is_empty() {
            let mark = page.mark(Tone::Good, self.incident.as_str());
            page.paragraph(&format!("{mark}: {}", self.message));
        }
        page.refusals(&self.refusals);
        self.notes.iter().for_each(|note| page.bullet(note));
        next_commands(page, &self.next);
    }
}

/// The commands to type next, ready to copy.
pub fn next_commands(page: &mut Page, commands: &[String]) {
    if !commands.is_empty() {
        page.blank();
        page.line("Next:");
        commands.iter().for_each(|command| page.command(command));
    }
}
