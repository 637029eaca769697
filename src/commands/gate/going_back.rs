//! Commits that only go back need nobody's word; half of a fix taken back is what nobody agreed to.

use std::collections::{BTreeMap, BTreeSet};

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

fn half(incident: &Incident, line: &str) -> Refusal {
    let message =
        format!("{line} would hold a part of the fix of {} still, and nobody agreed to half of it", incident.id);
    Refusal::new(
        Code::FixIncomplete,
        message,
        "git revert COMMIT    # every commit of the fix, newest first, and push that",
    )
}
