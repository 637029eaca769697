//! A recorded root cause analysis and its actions.

use std::sync::Arc;

use serde::Serialize;

use super::event::{Action, ActionDone, RcaRecorded};
use super::incident::Deed;

/// A root cause analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Analysis {
    /// Who wrote it.
    pub by: Arc<Deed>,
    /// Whether it says that no code was the cause.
    pub no_code_cause: bool,
    /// The gate that let it through.
    pub escaped_gate: Option<String>,
    /// What will be done, each with who said that it was.
    pub actions: Vec<PlannedAction>,
    /// Who accepted it.
    pub accepted: Option<Arc<Deed>>,
}

/// An action of an analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedAction {
    /// What was planned.
    #[serde(flatten)]
    pub action: Action,
    /// Who said that it was carried out.
    pub done: Option<Arc<Deed>>,
}

impl Analysis {
    pub(super) fn recorded(by: Arc<Deed>, recorded: &RcaRecorded) -> Self {
        let planned = |action: &Action| PlannedAction { action: action.clone(), done: None };
        Self {
            by,
            no_code_cause: recorded.no_code_cause,
            escaped_gate: recorded.escaped_gate.clone(),
            actions: recorded.actions.iter().map(planned).collect(),
            accepted: None,
        }
    }

    /// Acceptance is of one text: a later analysis is not accepted by an earlier word, nor by its author.
    pub(super) fn accept(&mut self, analysis: &str, deed: Arc<Deed>) {
        if self.by.event == analysis && !self.by.actor.is(&deed.actor) {
            self.accepted = Some(deed);
        }
    }

    /// Takes the word that one of its actions was carried out.
    pub(super) fn carry_out(&mut self, done: &ActionDone, deed: &Arc<Deed>) {
        let place = usize::try_from(done.action).ok().and_then(|number| number.checked_sub(1));
        let action = place.filter(|_| self.by.event == done.analysis).and_then(|place| self.actions.get_mut(place));
        if let Some(action) = action {
            action.done = Some(Arc::clone(deed));
        }
    }
}
