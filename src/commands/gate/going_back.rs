//! Commits that only go back need nobody's word; half of a fix taken back is what nobody agreed to.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::beside;
use crate::commands::going_back::went_back;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::failure::Failure;

use super::bench::Bench;
use super::change;

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

/// Whether a release ran, as it is, before what an incident is about did: then it brings nothing, and what it lacks of that
/// incident's fix it lacks because the fix came later.
///
/// Whoever may still take back their own fix goes back to what broke; everybody else to the last good release before it, for what
/// broke must not be shipped again.
pub(super) fn ran_before(bench: &Bench<'_>, incident: &Incident, commit: ObjectId) -> Result<bool, Failure> {
    let Some(production) = &incident.check().what.production else { return Ok(false) };
    let had_a_fix = incident.attempts.iter().any(|attempt| attempt.fix.is_some());
    let takes_back_its_own = had_a_fix && !incident.is_over() && !went_back(incident);
    let newest = if takes_back_its_own {
        Some(beside::broken(bench.repository, bench.releases()?, production)?)
    } else {
        production.last_good.as_ref().map(|good| good.commit)
    };
    match newest.filter(|newest| bench.repository.has(*newest)) {
        Some(newest) => bench.repository.contains(newest, commit),
        None => Ok(false),
    }
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
