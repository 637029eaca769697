//! An incident as its events tell it: events are replayed into state, nothing else is ever stored.

use std::collections::BTreeMap;

use serde::Serialize;

use super::event::{
    CauseSettled, Checked, Confirmed, Decision, Deployed, Event, Evidence, FixAttached, Payload, PolicyPin, Restored,
    RungAnswer, RungName, TargetVerdict, Voided, Waived,
};
use super::identity::{IncidentId, Moment, ObjectId, Person};
use super::policy::{SEVERITY, Value};

/// An event with the ledger's commit that holds it.
type Recorded<'e> = (ObjectId, &'e Event);

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Production is broken, or was never said to be back.
    Open,
    /// The system is back; what is owed is still owed.
    Restored,
    /// Nothing is owed any more.
    Closed,
    /// It should not have been opened.
    Void,
}

impl State {
    /// The word users see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Restored => "restored",
            Self::Closed => "closed",
            Self::Void => "void",
        }
    }
}

/// Who did something, when by their clock, and in which event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// The event's id.
    pub event: String,
    /// The ledger's commit.
    pub commit: ObjectId,
    /// Who.
    pub actor: Person,
    /// When, by the actor's clock.
    pub at: Moment,
}

/// Something together with who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done<T> {
    /// Who and when.
    pub by: Deed,
    /// What.
    pub what: T,
}

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
    pub fix: Option<Done<FixAttached>>,
    /// Whether the attempt was withdrawn.
    pub withdrawn: bool,
}

/// A root cause analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Analysis {
    /// Who wrote it.
    pub by: Deed,
    /// Whether it says that no code was the cause.
    pub no_code_cause: bool,
    /// Who accepted it.
    pub accepted: Option<Deed>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// The team's id.
    pub id: IncidentId,
    /// Where it stands.
    pub state: State,
    /// When production broke, as said at opening.
    pub started: Moment,
    /// Who opened it.
    pub opened: Deed,
    /// The severity said first: later checks do not change it.
    pub severity_at_opening: Option<String>,
    /// The policy that governs it until it closes.
    pub policy: PolicyPin,
    /// Every walk up the ladder; the last one governs.
    pub checks: Vec<Done<Checked>>,
    /// The attempts at a fix, by number.
    pub attempts: Vec<Attempt>,
    /// Deployments of a fix.
    pub deployed: Vec<Done<Deployed>>,
    /// Who said that the system is back; the latest counts.
    pub restored: Option<Done<Restored>>,
    /// Why it should not have been opened.
    pub voided: Option<Done<Voided>>,
    /// The latest merge-back verdicts, by target.
    pub verified: BTreeMap<String, Done<TargetVerdict>>,
    /// The commits that a person confirmed as the fix where git could not prove it, by target.
    pub confirmed: BTreeMap<String, Done<Confirmed>>,
    /// Every word that the fix need not go to a target.
    pub waivers: Vec<Done<Waived>>,
    /// The latest root cause analysis.
    pub analysis: Option<Analysis>,
    /// How a cause without a fix was dealt with.
    pub cause: Option<Done<CauseSettled>>,
    /// Who closed it.
    pub closed: Option<Deed>,
}

impl Incident {
    /// The walk that governs: the latest.
    pub fn check(&self) -> &Done<Checked> {
        #[expect(clippy::expect_used, reason = "an incident begins with a check: see `replay`")]
        self.checks.last().expect("an incident has a check")
    }

    /// The decision that governs.
    pub fn decision(&self) -> Decision {
        self.check().what.decision
    }

    /// Whether nothing more is expected: it is closed or void.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Closed | State::Void)
    }

    /// The fixes that count: attached and not withdrawn.
    pub fn fixes(&self) -> impl Iterator<Item = &Done<FixAttached>> {
        self.attempts.iter().filter(|attempt| !attempt.withdrawn).filter_map(|attempt| attempt.fix.as_ref())
    }

    /// The rungs whose evidence is still owed under the governing walk.
    pub fn evidence_owed(&self) -> Vec<RungName> {
        let check = &self.check().what;
        let rungs = [(RungName::RollBack, Some(&check.roll_back)), (RungName::FlagOff, check.flag_off.as_ref())];
        let owes = |answer: Option<&RungAnswer>| {
            matches!(answer, Some(RungAnswer::No { evidence: Evidence::Owed { .. }, .. }))
        };
        rungs.into_iter().filter(|(_, answer)| owes(*answer)).map(|(name, _)| name).collect()
    }

    /// Everyone who wrote a part of the fixes, or attached one.
    pub fn fix_authors(&self) -> impl Iterator<Item = &Person> {
        self.fixes().flat_map(|fix| fix.what.authors.iter().chain([&fix.by.actor]))
    }

    /// Whether a person began, wrote or attached a fix, be it withdrawn by now, or said that one was deployed.
    pub fn had_a_hand(&self, person: &Person) -> bool {
        let attached = self.attempts.iter().filter_map(|attempt| attempt.fix.as_ref());
        let mut authors = attached.flat_map(|fix| fix.what.authors.iter().chain([&fix.by.actor]));
        let mut starters = self.attempts.iter().filter_map(|attempt| attempt.started_by.as_ref());
        authors.any(|author| author.is(person))
            || starters.any(|starter| starter.is(person))
            || self.deployed.iter().any(|deployed| deployed.by.actor.is(person))
    }

    /// The waiver that holds for a target: two people said the same, and one of them had no hand in the fix.
    pub fn waiver(&self, target: &str) -> Option<&Done<Waived>> {
        let settled_by = self.cause.as_ref().map(|cause| &cause.by.actor);
        let independent = |person: &Person| !self.fix_authors().chain(settled_by).any(|author| author.is(person));
        let seconds = |first: &Done<Waived>| {
            self.waivers.iter().any(|second| {
                second.what.says_the_same_as(&first.what)
                    && !second.by.actor.is(&first.by.actor)
                    && (independent(&first.by.actor) || independent(&second.by.actor))
            })
        };
        self.waivers.iter().find(|waiver| waiver.what.target == target && seconds(waiver))
    }

    fn opened_by(entry: Recorded<'_>, id: &IncidentId, checked: &Checked) -> Self {
        Self {
            id: id.clone(),
            state: State::Open,
            started: checked.started,
            opened: Deed::of(entry),
            severity_at_opening: None,
            policy: checked.policy.clone(),
            checks: Vec::new(),
            attempts: Vec::new(),
            deployed: Vec::new(),
            restored: None,
            voided: None,
            verified: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            waivers: Vec::new(),
            analysis: None,
            cause: None,
            closed: None,
        }
    }

    fn apply(&mut self, entry: Recorded<'_>) {
        match &entry.1.payload {
            Payload::LedgerCreated(_) | Payload::KeyRevoked(_) => {}
            Payload::Checked(checked) => {
                if self.severity_at_opening.is_none()
                    && let Some(Value::OneOf(severity)) = checked.facts.get(SEVERITY).map(|fact| &fact.value)
                {
                    self.severity_at_opening = Some(severity.clone());
                }
                self.checks.push(Done::of(entry, checked.as_ref()));
            }
            Payload::Started(started) => {
                let attempt = self.attempt(started.attempt);
                attempt.started_by = Some(entry.1.actor.clone());
                attempt.branch = Some(started.branch.clone());
                attempt.base = Some(started.base);
            }
            Payload::FixAttached(fix) => {
                let attempt = self.attempt(fix.attempt);
                attempt.fix = Some(Done::of(entry, fix.as_ref()));
                attempt.withdrawn = false;
                // What was deployed before is not this fix.
                self.deployed.clear();
                self.forget_answers();
            }
            Payload::FixWithdrawn(withdrawn) => {
                self.attempt(withdrawn.attempt).withdrawn = true;
                self.forget_answers();
            }
            Payload::Deployed(deployed) => self.deployed.push(Done::of(entry, deployed)),
            Payload::Restored(restored) => {
                self.restored = Some(Done::of(entry, restored));
                if self.state == State::Open {
                    self.state = State::Restored;
                }
            }
            Payload::Voided(voided) => {
                self.voided = Some(Done::of(entry, voided));
                self.state = State::Void;
            }
            Payload::Verified(verified) => {
                for target in &verified.targets {
                    self.verified.insert(target.target.clone(), Done::of(entry, target));
                }
            }
            Payload::Confirmed(confirmed) => {
                self.confirmed.insert(confirmed.target.clone(), Done::of(entry, confirmed));
            }
            Payload::Waived(waived) => self.waivers.push(Done::of(entry, waived)),
            Payload::RcaRecorded(recorded) => {
                self.analysis =
                    Some(Analysis { by: Deed::of(entry), no_code_cause: recorded.no_code_cause, accepted: None });
            }
            Payload::RcaAccepted(accepted) => self.accept(&accepted.analysis, Deed::of(entry)),
            Payload::CauseSettled(cause) => {
                self.cause = Some(Done::of(entry, cause));
                self.forget_answers();
            }
            Payload::Closed(_) => {
                self.closed = Some(Deed::of(entry));
                self.state = State::Closed;
            }
        }
    }

    /// Acceptance is of one text: a later analysis is not accepted by an earlier word, nor by its author.
    fn accept(&mut self, analysis: &str, deed: Deed) {
        if let Some(known) = &mut self.analysis
            && known.by.event == analysis
            && !known.by.actor.is(&deed.actor)
        {
            known.accepted = Some(deed);
        }
    }

    /// A verdict, a confirmation and a waiver speak of the fix that they were asked for, and of no other.
    fn forget_answers(&mut self) {
        self.verified.clear();
        self.confirmed.clear();
        self.waivers.clear();
    }

    fn attempt(&mut self, number: u32) -> &mut Attempt {
        let index = match self.attempts.iter().position(|attempt| attempt.number >= number) {
            Some(index) if self.attempts[index].number == number => index,
            place => {
                let index = place.unwrap_or(self.attempts.len());
                let attempt =
                    Attempt { number, branch: None, base: None, started_by: None, fix: None, withdrawn: false };
                self.attempts.insert(index, attempt);
                index
            }
        };
        &mut self.attempts[index]
    }
}

impl Deed {
    fn of((commit, event): Recorded<'_>) -> Self {
        Self { event: event.id.clone(), commit, actor: event.actor.clone(), at: event.at }
    }
}

impl<T: Clone> Done<T> {
    fn of(entry: Recorded<'_>, what: &T) -> Self {
        Self { by: Deed::of(entry), what: what.clone() }
    }
}

/// Replays events, in causal order, into incidents by id.
///
/// An event of an incident that no check opened, and one that follows the end of its incident, changes nothing: the
/// commands never write such a thing, so only a forged or diverged ledger holds one.
pub fn replay<'e>(events: impl IntoIterator<Item = Recorded<'e>>) -> BTreeMap<IncidentId, Incident> {
    watch(events, |_, _| {})
}

/// The same, and shows each event beside its incident as it stood before (none: it was not opened yet).
pub fn watch<'e>(
    events: impl IntoIterator<Item = Recorded<'e>>,
    mut seen: impl FnMut(Recorded<'e>, Option<&Incident>),
) -> BTreeMap<IncidentId, Incident> {
    let mut incidents: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for entry in events {
        let Some(id) = &entry.1.incident else { continue };
        seen(entry, incidents.get(id));
        if let Payload::Checked(checked) = &entry.1.payload
            && !incidents.contains_key(id)
        {
            incidents.insert(id.clone(), Incident::opened_by(entry, id, checked));
        }
        if let Some(incident) = incidents.get_mut(id).filter(|incident| !incident.is_over()) {
            incident.apply(entry);
        }
    }
    incidents
}
