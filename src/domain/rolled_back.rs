//! The releases that production was rolled back from, as the incidents tell it.

use std::collections::HashMap;

use super::event::{Production, RestoredBy};
use super::identity::{IncidentId, Moment, ObjectId};
use super::incident::{Incident, State};

/// A roll back that brought the system back and still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// The incident that it ended.
    pub incident: IncidentId,
    /// What production ran before, and the release that it went back to.
    pub from: Production,
    /// When the system was back.
    pub at: Moment,
}

/// Every roll back that still holds: nobody said after it that production runs that release again, by opening an incident on it
/// or by deploying it. A later walk of an older incident says nothing, for it keeps what it began with.
pub fn rolled_back<'a>(incidents: impl Iterator<Item = &'a Incident> + Clone) -> Vec<RolledBack> {
    let counts = incidents.filter(|incident| incident.state != State::Void);
    let mut said_to_run: HashMap<ObjectId, Vec<(Moment, &IncidentId)>> = HashMap::new();
    for (release, at, by) in counts.clone().flat_map(runs) {
        said_to_run.entry(release).or_default().push((at, by));
    }
    said_to_run.values_mut().for_each(|said| said.sort_unstable());
    // Its own opening came first, whatever the clocks of two people say.
    let runs_again = |release: &ObjectId, after: Moment, own: &IncidentId| {
        said_to_run.get(release).is_some_and(|said| {
            let later = said.partition_point(|(at, _)| *at <= after);
            said[later..].iter().any(|(_, by)| *by != own)
        })
    };
    let holds = |incident: &Incident| {
        let restored = incident.restored.as_ref().filter(|restored| restored.what.by == RestoredBy::RollBack)?;
        let from = incident.check().what.production.clone()?;
        (!runs_again(&from.commit, restored.by.at, &incident.id)).then(|| RolledBack {
            incident: incident.id.clone(),
            from,
            at: restored.what.at,
        })
    };
    counts.filter_map(holds).collect()
}

/// The releases that an incident says production ran, each with when that was said.
fn runs(incident: &Incident) -> impl Iterator<Item = (ObjectId, Moment, &IncidentId)> {
    let opened = incident.checks.first().and_then(|check| check.what.production.as_ref());
    let deployed = incident.deployed.iter().filter_map(|done| Some((done.what.release.as_ref()?.commit, done.by.at)));
    let all = opened.map(|runs| (runs.commit, incident.opened.at)).into_iter().chain(deployed);
    all.map(|(release, at)| (release, at, &incident.id))
}
