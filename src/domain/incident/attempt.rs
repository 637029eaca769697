//! The tries at a fix, and who had a hand in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Done, Incident, Recorded, State};
use crate::domain::event::{FixAttached, Payload};
use crate::domain::identity::{IncidentId, ObjectId, Person};
use crate::domain::record::History;

/// One try at a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// The branch made by `hotfix start`; none where a fix was attached without one.
    pub branch: Option<String>,
    /// Where that branch forks from.
    pub base: Option<ObjectId>,
    /// Who made the branch.
    pub started_by: Option<Person>,
    /// The fix, once it is attached; a later attachment to the same attempt replaces it.
    pub fix: Option<Done<Arc<FixAttached>>>,
    /// Who wrote or attached what was attached to it before, or the very same change to another attempt: whoever attaches
    /// it anew makes nobody a stranger to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_authors: Vec<Person>,
    /// Whether the attempt was withdrawn.
    pub withdrawn: bool,
    /// The ledger's commit that brought it up: attempts that two people began apart may have the same number.
    pub begun: ObjectId,
}

impl Attempt {
    /// Who wrote or attached it, in whatever version.
    pub(super) fn authors(&self) -> impl Iterator<Item = &Person> {
        let of_fix = self.fix.iter().flat_map(|fix| fix.what.authors.iter().chain([&fix.by.actor]));
        of_fix.chain(&self.earlier_authors)
    }
}

pub(super) fn each_once(people: Vec<Person>) -> Vec<Person> {
    let mut once: Vec<Person> = Vec::new();
    for person in people {
        if !once.iter().any(|known| known.is(&person)) {
            once.push(person);
        }
    }
    once
}

/// Every fix that an incident answers for, in whatever version it was attached. What was withdrawn, and what belonged to an
/// incident that is void, nobody answers for: where production has it nonetheless, it is there unrecorded.
pub fn owned<'h>(
    history: &'h History,
    incidents: &'h BTreeMap<IncidentId, Incident>,
) -> impl Iterator<Item = &'h FixAttached> {
    history.events().filter_map(|(_, event)| {
        let Payload::FixAttached(fix) = &event.payload else { return None };
        let incident = incidents.get(event.incident.as_ref()?)?;
        let withdrawn = |attempt: &Attempt| attempt.number == fix.attempt && attempt.withdrawn;
        let counts = incident.state != State::Void && !incident.attempts.iter().any(withdrawn);
        counts.then_some(fix.as_ref())
    })
}

impl Incident {
    /// The place of the attempt of that number that whoever recorded the event knew of.
    pub(super) fn known_attempt(&self, number: u32, entry: &Recorded<'_>) -> Option<usize> {
        let known = |attempt: &Attempt| attempt.number == number && entry.knows(attempt.begun);
        self.attempts.iter().rposition(known)
    }

    /// The attempt of that number that whoever recorded the event knew of; a new one where they knew of none, so that what two
    /// people began apart never replaces the other's.
    pub(super) fn attempt_of(&mut self, number: u32, entry: &Recorded<'_>) -> &mut Attempt {
        let index = self.known_attempt(number, entry).unwrap_or_else(|| {
            let place = self.attempts.partition_point(|attempt| attempt.number <= number);
            let attempt = Attempt {
                number,
                branch: None,
                base: None,
                started_by: None,
                fix: None,
                earlier_authors: Vec::new(),
                withdrawn: false,
                begun: entry.commit,
            };
            self.attempts.insert(place, attempt);
            place
        });
        &mut self.attempts[index]
    }
}
