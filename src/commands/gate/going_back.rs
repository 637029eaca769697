//! Commits that only go back: to what production ran before a roll back, or before an incident's own fix.
//!
//! Going back is the first rung, and nobody is asked before it: what comes to the line then ran in production before.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::{Change, Decision, FixAttached, Production, Proof, RestoredBy};
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::evidence::attribution::{Attribution, Belongs};
use crate::evidence::globs::Globs;
use crate::failure::Failure;
use crate::git::repository::Repository;

use super::bench::Bench;
use super::change;

/// So many commits of a release that was rolled back are known one by one; of one with more only all of them together.
const EACH: usize = 200;

/// What incidents may take back, each change turned round.
pub(super) struct GoingBack<'r> {
    repository: &'r Repository,
    turned: Vec<(IncidentId, FixAttached)>,
}

impl<'r> GoingBack<'r> {
    /// What these incidents may take back: the live ones their own fixes, and all of them what production was rolled back from,
    /// for a release line keeps that until somebody takes it out.
    pub(super) fn new(repository: &'r Repository, live: &[&Incident], closed: &[&Incident]) -> Result<Self, Failure> {
        let of = |incident: &Incident, changes: Vec<Change>| (incident.id.clone(), turn_round(changes));
        let mut turned = Vec::new();
        for incident in live {
            turned.extend(incident.fixes().map(|fix| of(incident, fix.what.changes.clone())));
        }
        for incident in live.iter().chain(closed) {
            for changes in rolled_back(repository, incident)? {
                turned.push(of(incident, changes));
            }
        }
        Ok(Self { repository, turned })
    }

    /// The incidents in whose name a commit only goes back; empty where there is none.
    pub(super) fn of(&self, commit: ObjectId, never_goes_back: &Globs) -> Result<BTreeSet<IncidentId>, Failure> {
        let fixes: Vec<&FixAttached> = self.turned.iter().map(|(_, fix)| fix).collect();
        Ok(match Attribution::new(self.repository, &fixes, never_goes_back).of(commit)? {
            Belongs::To(places) => places.iter().map(|&at| self.turned[at].0.clone()).collect(),
            Belongs::Carried | Belongs::Nobody { .. } => BTreeSet::new(),
        })
    }
}

/// What each incident has against that its fix is taken back: half a fix is what nobody agreed to.
pub(super) fn refusals(
    bench: &Bench<'_>,
    incidents: &BTreeSet<IncidentId>,
    (line, tip): (&str, ObjectId),
) -> Result<BTreeMap<IncidentId, Vec<Refusal>>, Failure> {
    let (book, mut desk) = (bench.book()?, bench.desk()?);
    let mut refusals = BTreeMap::new();
    for id in incidents {
        let incident = book.incident(id)?;
        let has_fix = incident.fixes().next().is_some();
        let held = if has_fix {
            change::held(bench, incident, &desk.papers(incident)?.policy, tip)?
        } else {
            Verdict::Missing
        };
        let found = match held {
            Verdict::Missing | Verdict::Reverted => None,
            Verdict::Merged | Verdict::Partial | Verdict::Unproven => Some(half(incident, line)),
        };
        refusals.insert(id.clone(), found.into_iter().collect());
    }
    Ok(refusals)
}

fn half(incident: &Incident, line: &str) -> Refusal {
    let message =
        format!("{line} would hold a part of the fix of {} still, and nobody agreed to half of it", incident.id);
    Refusal::new(
        Code::FixIncomplete,
        message,
        "git revert COMMIT    # every commit of the fix, newest first, and push that",
    )
}

/// The changes by which a release that an incident rolled back differs from the one before: all of them, and each commit's.
fn rolled_back(repository: &Repository, incident: &Incident) -> Result<Vec<Vec<Change>>, Failure> {
    let went_back = incident.decision() == Decision::RollBack
        || incident.restored.as_ref().is_some_and(|restored| restored.what.by == RestoredBy::RollBack);
    let Some((good, broken)) = incident.check().what.production.as_ref().filter(|_| went_back).and_then(span) else {
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
