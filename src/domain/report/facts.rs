//! What the metrics need to know of one incident, read off its events once.

use std::collections::HashMap;

use super::Ledger;
use crate::domain::event::{Decision, Deployed, Payload, Verified};
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{Incident, State};
use crate::domain::merge_back::Verdict;

/// An incident that counts.
pub(super) struct Facts<'a> {
    pub(super) repository: &'a str,
    pub(super) incident: &'a Incident,
    /// Everything that was deployed for it, of withdrawn and replaced fixes too.
    pub(super) deployments: Vec<&'a Deployed>,
    /// Since when git has proven the fix on every target, if it still does.
    pub(super) proven: Option<Moment>,
    /// When its first analysis was recorded.
    pub(super) analysed: Option<Moment>,
}

impl Facts<'_> {
    pub(super) fn started(&self) -> Moment {
        self.incident.started
    }

    /// Whether it was decided to be a hotfix.
    pub(super) fn is_hotfix(&self) -> bool {
        self.incident.decision() == Decision::Hotfix
    }

    /// When the system was back, if it is.
    pub(super) fn restored(&self) -> Option<Moment> {
        self.incident.restored.as_ref().filter(|_| self.incident.is_back()).map(|restored| restored.what.at)
    }
}

/// What its events tell of an incident beyond its state.
#[derive(Default)]
struct Trail<'a> {
    deployments: Vec<&'a Deployed>,
    proven: Option<Moment>,
    analysed: Option<Moment>,
}

impl<'a> Trail<'a> {
    fn take(&mut self, payload: &'a Payload, at: Moment) {
        match payload {
            Payload::Deployed(deployed) => self.deployments.push(deployed),
            Payload::RcaRecorded(_) => self.analysed = self.analysed.or(Some(at)),
            Payload::Verified(Verified { targets }) if !targets.is_empty() => {
                let merged = targets.iter().all(|target| target.verdict == Verdict::Merged);
                // Only an unbroken proof counts: what was reverted is owed again.
                self.proven = merged.then(|| self.proven.unwrap_or(at));
            }
            Payload::Closed(closed) if !closed.targets.is_empty() => {
                let merged = closed.targets.iter().all(|target| target.verdict == Verdict::Merged);
                self.proven = self.proven.or(merged.then_some(at));
            }
            // An answer about another fix is none.
            Payload::FixAttached(_) | Payload::FixWithdrawn(_) => self.proven = None,
            _ => {}
        }
    }
}

/// The incidents of a ledger that count and started at or after `since`; beside them how many were void.
pub(super) fn gather<'a>(ledger: &'a Ledger<'a>, since: Option<Moment>) -> (Vec<Facts<'a>>, usize) {
    let mut trails: HashMap<&IncidentId, Trail<'a>> = HashMap::with_capacity(ledger.incidents.len());
    for (_, event) in ledger.history.events() {
        if let Some(id) = &event.incident {
            trails.entry(id).or_default().take(&event.payload, event.at);
        }
    }
    let in_time = |incident: &&Incident| since.is_none_or(|since| incident.started >= since);
    let (mut counting, mut void) = (Vec::new(), 0);
    for incident in ledger.incidents.values().filter(in_time) {
        if incident.state == State::Void {
            void += 1;
            continue;
        }
        let Trail { deployments, proven, analysed } = trails.remove(&incident.id).unwrap_or_default();
        counting.push(Facts { repository: &ledger.name, incident, deployments, proven, analysed });
    }
    (counting, void)
}
