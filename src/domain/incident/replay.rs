//! Events become incidents.

use std::collections::BTreeMap;

use super::{Incident, Recorded};
use crate::domain::event::{Event, Payload};
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::record::History;

/// Replays a ledger's events, in causal order, into incidents by id.
///
/// An event of an incident that no check opened, and one that knows the end of its incident, changes nothing: the commands never
/// write such a thing, so only a forged ledger holds one. What people did apart meets in `meeting`.
pub fn replay(history: &History) -> BTreeMap<IncidentId, Incident> {
    replay_those(history, |_| true)
}

/// The same for those incidents alone that `which` names: no incident depends on another.
pub fn replay_those(history: &History, which: impl Fn(&IncidentId) -> bool) -> BTreeMap<IncidentId, Incident> {
    watch_those(history, which, |_, _| {})
}

/// The same, and shows each event with its commit beside its incident as it stood before (none: it was not opened yet).
pub fn watch<'h>(
    history: &'h History,
    seen: impl FnMut((ObjectId, &'h Event), Option<&Incident>),
) -> BTreeMap<IncidentId, Incident> {
    watch_those(history, |_| true, seen)
}

fn watch_those<'h>(
    history: &'h History,
    which: impl Fn(&IncidentId) -> bool,
    mut seen: impl FnMut((ObjectId, &'h Event), Option<&Incident>),
) -> BTreeMap<IncidentId, Incident> {
    let mut incidents: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for (commit, event) in history.events() {
        let Some(id) = event.incident.as_ref().filter(|id| which(id)) else { continue };
        seen((commit, event), incidents.get(id));
        let entry = Recorded::new((commit, event), history);
        if let Payload::Checked(checked) = &event.payload
            && !incidents.contains_key(id)
        {
            incidents.insert(id.clone(), Incident::opened_by(&entry, id, checked));
        }
        if let Some(incident) = incidents.get_mut(id) {
            incident.meet(&entry);
        }
    }
    incidents
}
