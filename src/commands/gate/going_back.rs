//! Commits that only go back need nobody's word; half of a fix taken back is what nobody agreed to.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::beside;
use crate::commands::deployments;
use crate::commands::going_back::went_back;
use crate::domain::event::RestoredBy;
use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::release::ReleaseName;
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
/// broke must not be shipped again. A name that is new, or none, is a release to come, wherever it would stand.
pub(super) fn ran_before(
    bench: &Bench<'_>,
    incident: &Incident,
    (shown, name): (&str, Option<&ReleaseName>),
    commit: ObjectId,
) -> Result<bool, Failure> {
    let (Some(production), Some(name)) = (&incident.check().what.production, name) else { return Ok(false) };
    let is_tagged = bench.releases()?.iter().any(|release| release.tag == shown && release.commit == commit);
    if !is_tagged && !deployments::said(bench.book()?).any(|release| release.tag == shown && release.commit == commit) {
        return Ok(false);
    }
    let newest = if takes_back_its_own(incident) {
        beside::broken_release(bench.repository, bench.releases()?, production)?
            .map(|broken| (broken.name, broken.commit))
    } else {
        let good = production.last_good.as_ref();
        good.and_then(|good| Some((ReleaseName::read(&good.tag)?, good.commit)))
    };
    match newest.filter(|(_, stands)| bench.repository.has(*stands)) {
        Some((newest, stands)) if name.component == newest.component && name.version <= newest.version => {
            bench.repository.contains(stands, commit)
        }
        Some(_) | None => Ok(false),
    }
}

/// Whether its own fix may still be taken back without anybody's word: once that brought the system back, what broke stays behind.
fn takes_back_its_own(incident: &Incident) -> bool {
    let had_a_fix = incident.attempts.iter().any(|attempt| attempt.fix.is_some());
    let by_hotfix = incident.restored.as_ref().is_some_and(|restored| restored.what.by == RestoredBy::Hotfix);
    let it_helped = !incident.deployed.is_empty() && incident.is_back() && by_hotfix;
    had_a_fix && !it_helped && !incident.is_over() && !went_back(incident)
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
