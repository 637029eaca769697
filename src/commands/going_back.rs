//! Commits that only go back: to what production ran before a roll back, or before an incident's own fix.
//!
//! Going back is the first rung, and nobody is asked before it: what comes to the line then ran in production before.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::{Change, Decision, FixAttached, Payload, Production, Proof, RestoredBy};
use crate::domain::identity::{IncidentId, Moment, ObjectId};
use crate::domain::incident::{Attempt, Incident, State};
use crate::domain::record::History;
use crate::evidence::attribution::{Attribution, Belongs};
use crate::failure::Failure;
use crate::git::repository::Repository;

/// So many commits of a release that was rolled back are known one by one; of one with more only all of them together.
const EACH: usize = 200;

/// By so many seconds two people's clocks may differ.
pub const CLOCKS: i64 = 300;

/// What incidents may take back, each change turned round.
pub struct GoingBack<'r> {
    repository: &'r Repository,
    turned: Vec<Turned>,
}

struct Turned {
    incident: IncidentId,
    fix: FixAttached,
    /// Until when somebody could take it back; none while they can.
    until: Option<Moment>,
}

impl<'r> GoingBack<'r> {
    /// What these incidents may take back: the live ones their own fixes, and all of them what production was rolled back from,
    /// for a release line keeps that until somebody takes it out.
    pub fn new(repository: &'r Repository, live: &[&Incident], closed: &[&Incident]) -> Result<Self, Failure> {
        let mut all = Self { repository, turned: Vec::new() };
        for incident in live {
            for fix in incident.fixes() {
                all.add(&incident.id, vec![fix.what.changes.clone()], None);
            }
        }
        all.add_rolled_back(live.iter().chain(closed).copied())?;
        Ok(all)
    }

    /// What incidents could take back at any time, in whatever version they had attached it: of one that is closed until then,
    /// of an attempt that was withdrawn until then.
    pub fn on_record(
        repository: &'r Repository,
        history: &History,
        incidents: &BTreeMap<IncidentId, Incident>,
    ) -> Result<Self, Failure> {
        let mut all = Self { repository, turned: Vec::new() };
        let withdrawn = withdrawn(history, incidents);
        for (_, event) in history.events() {
            let Payload::FixAttached(fix) = &event.payload else { continue };
            let Some(incident) = event.incident.as_ref().and_then(|id| incidents.get(id)) else { continue };
            if incident.state != State::Void {
                let until = withdrawn.get(&(&incident.id, fix.attempt)).copied();
                let until = until.or(incident.closed.as_ref().map(|closed| closed.at));
                all.add(&incident.id, vec![fix.changes.clone()], until);
            }
        }
        all.add_rolled_back(incidents.values().filter(|incident| incident.state != State::Void))?;
        Ok(all)
    }

    /// The same as things that a commit can belong to.
    pub fn fixes(&self) -> Vec<&FixAttached> {
        self.turned.iter().map(|turned| &turned.fix).collect()
    }

    /// The incidents in whose name a commit only goes back; empty where there is none. `attribution` is one to `fixes`.
    pub fn of(&self, commit: ObjectId, attribution: &Attribution<'_, '_>) -> Result<BTreeSet<IncidentId>, Failure> {
        let Belongs::To(places) = attribution.of(commit)? else { return Ok(BTreeSet::new()) };
        let at = self.repository.node(commit)?.time;
        let in_time = |turned: &&Turned| turned.until.is_none_or(|until| at <= until.timestamp() + CLOCKS);
        Ok(places.iter().map(|&at| &self.turned[at]).filter(in_time).map(|turned| turned.incident.clone()).collect())
    }

    fn add_rolled_back<'i>(&mut self, incidents: impl Iterator<Item = &'i Incident>) -> Result<(), Failure> {
        for incident in incidents {
            let all = rolled_back(self.repository, incident)?;
            self.add(&incident.id, all, None);
        }
        Ok(())
    }

    fn add(&mut self, id: &IncidentId, all: Vec<Vec<Change>>, until: Option<Moment>) {
        let turned = |changes| Turned { incident: id.clone(), fix: turn_round(changes), until };
        self.turned.extend(all.into_iter().filter(|changes| !changes.is_empty()).map(turned));
    }
}

/// When each attempt was withdrawn that is so still, by its incident and its number.
pub fn withdrawn<'h>(
    history: &'h History,
    incidents: &'h BTreeMap<IncidentId, Incident>,
) -> BTreeMap<(&'h IncidentId, u32), Moment> {
    let mut found = BTreeMap::new();
    for (_, event) in history.events() {
        let (Payload::FixWithdrawn(withdrawn), Some(id)) = (&event.payload, &event.incident) else { continue };
        let is_so = |attempt: &Attempt| attempt.number == withdrawn.attempt && attempt.withdrawn;
        if incidents.get(id).is_some_and(|incident| incident.attempts.iter().any(is_so)) {
            found.insert((id, withdrawn.attempt), event.at);
        }
    }
    found
}

/// Whether rolling back was decided, or brought the system back.
pub fn went_back(incident: &Incident) -> bool {
    incident.decision() == Decision::RollBack
        || incident.restored.as_ref().is_some_and(|restored| restored.what.by == RestoredBy::RollBack)
}

/// The changes by which a release that an incident rolled back differs from the one before: all of them, and each commit's.
fn rolled_back(repository: &Repository, incident: &Incident) -> Result<Vec<Vec<Change>>, Failure> {
    let production = incident.check().what.production.as_ref().filter(|_| went_back(incident));
    let Some((good, broken)) = production.and_then(span) else {
        return Ok(Vec::new());
    };
    if !repository.has(good) || !repository.has(broken) {
        return Ok(Vec::new());
    }
    let mut all = vec![repository.changes(good, broken)?];
    let commits = repository.commits_between(&[good], broken)?;
    for commit in commits.into_iter().take(EACH) {
        if repository.node(commit)?.parents.len() == 1 {
            all.push(repository.changes_of(commit)?);
        }
    }
    all.retain(|changes| !changes.is_empty());
    Ok(all)
}

/// The last good release and the broken one.
fn span(production: &Production) -> Option<(ObjectId, ObjectId)> {
    Some((production.last_good.as_ref()?.commit, production.commit))
}

/// A change the other way round, as something that a commit can be compared with.
fn turn_round(changes: Vec<Change>) -> FixAttached {
    let turned = changes.into_iter().map(|change| Change { before: change.after, after: change.before });
    FixAttached {
        attempt: 0,
        base: None,
        commits: Vec::new(),
        authors: Vec::new(),
        changes: turned.collect(),
        proof: Proof::Untested,
        guarded_by_flag: false,
    }
}
