//! An incident as its events tell it: events are replayed into state, nothing else is ever stored.

mod attempt;
mod meeting;
mod replay;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use self::attempt::each_once;
pub use self::attempt::{Attempt, owned};
use self::meeting::Met;
pub(super) use self::meeting::Recorded;
pub use self::meeting::UnseenEnd;
pub use self::replay::{replay, replay_those, watch};
use super::analysis::Analysis;
use super::event::{
    CauseSettled, Checked, Confirmed, Decision, Deployed, Evidence, FLAG_REMOVED, FixAttached, Payload, PolicyPin,
    ReopenedBecause, Restored, RungAnswer, RungName, TargetVerdict, Voided, Waived,
};
use super::identity::{IncidentId, Moment, ObjectId, Person};
use super::said::Said;
use super::severity;

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
    pub by: Arc<Deed>,
    /// What.
    pub what: T,
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
    pub opened: Arc<Deed>,
    /// The severity said first: later checks do not change it.
    pub severity_at_opening: Option<String>,
    /// The policy that governs it until it closes.
    pub policy: PolicyPin,
    /// Every walk up the ladder; the last one governs.
    pub checks: Vec<Done<Arc<Checked>>>,
    /// The attempts at a fix, by number.
    pub attempts: Vec<Attempt>,
    /// Deployments of a fix.
    pub deployed: Vec<Done<Deployed>>,
    /// Who said that the system is back; the latest counts.
    pub restored: Option<Done<Restored>>,
    /// The earliest moment at which it was ever said to be back: from then on papers are owed, whatever is said later.
    pub restored_first: Option<Moment>,
    /// Whether a person opened it again after that, so that somebody has to say anew that the system is back.
    #[serde(skip)]
    pub down_again: bool,
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
    /// Who said that the flag which stayed off was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag_removed: Option<Arc<Deed>>,
    /// Who closed it.
    pub closed: Option<Arc<Deed>>,
    /// What people said about the fix and its gates.
    #[serde(flatten)]
    pub said: Said,
    /// The walks (by their place in `checks`) that no later one knew of: several where people walked apart.
    pub standing: Vec<usize>,
    /// What was to end it by people who did not know all that others had recorded: it did not.
    pub unseen_ends: Vec<UnseenEnd>,
    #[serde(skip)]
    met: Met,
}

impl Incident {
    /// The walk that governs: the latest.
    pub fn check(&self) -> &Done<Arc<Checked>> {
        #[expect(clippy::expect_used, reason = "an incident begins with a check: see `replay`")]
        self.checks.last().expect("an incident has a check")
    }

    /// The decision that governs.
    pub fn decision(&self) -> Decision {
        self.check().what.decision
    }

    /// The walks that people made apart and that decided otherwise, or by another policy; empty once somebody who saw all of
    /// them has walked again. Two that agree fold into one.
    pub fn contested(&self) -> Vec<&Done<Arc<Checked>>> {
        let standing: Vec<_> = self.standing.iter().filter_map(|&at| self.checks.get(at)).collect();
        let same = |pair: &[&Done<Arc<Checked>>]| {
            pair[0].what.decision == pair[1].what.decision
                && pair[0].what.policy.is_the_same_policy(&pair[1].what.policy)
        };
        if standing.windows(2).all(same) { Vec::new() } else { standing }
    }

    /// Whether a hotfix was decided: by the walk that governs, or by one of those that contest it, for work goes on.
    pub fn allows_hotfix(&self) -> bool {
        let decides = |check: &&Done<Arc<Checked>>| check.what.decision == Decision::Hotfix;
        self.decision() == Decision::Hotfix || self.contested().iter().any(decides)
    }

    /// Whether nothing more is expected: it is closed or void.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Closed | State::Void)
    }

    /// Whether the system is back, as far as people said.
    pub fn is_back(&self) -> bool {
        self.restored.is_some() && !self.down_again
    }

    /// The fixes that count: attached and not withdrawn.
    pub fn fixes(&self) -> impl Iterator<Item = &Done<Arc<FixAttached>>> {
        self.attempts.iter().filter(|attempt| !attempt.withdrawn).filter_map(|attempt| attempt.fix.as_ref())
    }

    /// Whether each fix that it ever had was withdrawn, so that production has none of them.
    pub fn all_withdrawn(&self) -> bool {
        let mut with_fix = self.attempts.iter().filter(|attempt| attempt.fix.is_some()).peekable();
        with_fix.peek().is_some() && with_fix.all(|attempt| attempt.withdrawn)
    }

    /// The attempt that a fix is attached to: the last that was not withdrawn. A later attachment to it replaces the earlier one.
    pub fn attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().rfind(|attempt| !attempt.withdrawn).or(self.attempts.last())
    }

    /// The rungs whose evidence is still owed under the governing walk.
    pub fn evidence_owed(&self) -> Vec<RungName> {
        evidence_owed(&self.check().what)
    }

    /// Everyone who wrote a part of the fixes, or attached one, in whatever version.
    pub fn fix_authors(&self) -> impl Iterator<Item = &Person> {
        let counts = self.attempts.iter().filter(|attempt| !attempt.withdrawn && attempt.fix.is_some());
        counts.flat_map(Attempt::authors)
    }

    /// Whether a person began, wrote or attached a fix, be it withdrawn by now, or said that one was deployed.
    pub fn had_a_hand(&self, person: &Person) -> bool {
        let mut authors = self.attempts.iter().flat_map(Attempt::authors);
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

    fn opened_by(entry: &Recorded<'_>, id: &IncidentId, checked: &Checked) -> Self {
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
            restored_first: None,
            down_again: false,
            voided: None,
            verified: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            waivers: Vec::new(),
            analysis: None,
            cause: None,
            flag_removed: None,
            closed: None,
            said: Said::default(),
            standing: Vec::new(),
            unseen_ends: Vec::new(),
            met: Met::default(),
        }
    }

    fn apply(&mut self, entry: &Recorded<'_>) {
        match &entry.event.payload {
            Payload::LedgerCreated(_) | Payload::KeyRevoked(_) | Payload::LedgerAdopted(_) | Payload::Redacted(_) => {}
            Payload::Checked(checked) => {
                self.said.apply(entry);
                if self.severity_at_opening.is_none() {
                    self.severity_at_opening = severity::latest(self).map(str::to_owned);
                }
                self.standing.retain(|&at| !entry.knows(self.checks[at].by.commit));
                self.standing.push(self.checks.len());
                self.checks.push(Done::of(entry, checked));
            }
            Payload::Started(started) => {
                let attempt = self.attempt_of(started.attempt, entry);
                attempt.started_by = Some(entry.event.actor.clone());
                attempt.branch = Some(started.branch.clone());
                attempt.base = Some(started.base);
            }
            Payload::FixAttached(fix) => {
                let same = |other: &&Attempt| other.fix.as_ref().is_some_and(|other| other.what.changes == fix.changes);
                let elsewhere: Vec<Person> =
                    self.attempts.iter().filter(same).flat_map(Attempt::authors).cloned().collect();
                let attempt = self.attempt_of(fix.attempt, entry);
                let before: Vec<Person> = attempt.authors().cloned().chain(elsewhere).collect();
                attempt.earlier_authors = each_once(before);
                attempt.fix = Some(Done::of(entry, fix));
                attempt.withdrawn = false;
                // What was deployed before is not this fix.
                self.deployed.clear();
            }
            Payload::FixWithdrawn(withdrawn) => self.attempt_of(withdrawn.attempt, entry).withdrawn = true,
            Payload::Deployed(deployed) => self.deployed.push(Done::of(entry, deployed)),
            Payload::Restored(restored) => {
                self.restored = Some(Done::of(entry, restored));
                self.down_again = false;
                self.restored_first = Some(self.restored_first.map_or(restored.at, |first| first.min(restored.at)));
                if self.state == State::Open {
                    self.state = State::Restored;
                }
            }
            Payload::Voided(voided) => {
                self.voided = Some(Done::of(entry, voided));
                self.state = State::Void;
                self.unseen_ends.clear();
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
            Payload::RcaRecorded(recorded) => self.analysis = Some(Analysis::recorded(Deed::of(entry), recorded)),
            Payload::RcaAccepted(accepted) => {
                self.analysis.iter_mut().for_each(|analysis| analysis.accept(&accepted.analysis, Deed::of(entry)));
            }
            Payload::CauseSettled(cause) => {
                self.cause = Some(Done::of(entry, cause));
                self.flag_removed = None;
            }
            _ => self.apply_the_rest(entry),
        }
    }

    /// The end and what comes behind it, and what people say about the fix and its gates.
    fn apply_the_rest(&mut self, entry: &Recorded<'_>) {
        match &entry.event.payload {
            Payload::Closed(_) => {
                self.closed = Some(Deed::of(entry));
                self.state = State::Closed;
                self.unseen_ends.clear();
            }
            // What was not over can't be opened again.
            Payload::Reopened(_) if !self.is_over() => {}
            Payload::Reopened(reopened) => {
                // What was void was never done with: its deadlines go on as they were.
                if self.state == State::Closed {
                    self.said.apply(entry);
                    // Whoever opens it again says that its end was wrong, and which of what people said for it was is not
                    // known: that the system is back, and what was settled where git could not, is to be said anew.
                    if reopened.because == ReopenedBecause::Said {
                        self.down_again = true;
                        self.forget_answers();
                    }
                }
                self.closed = None;
                self.voided = None;
                self.state = State::Open;
                // What closing stood on may be so no more: git is asked again.
                self.verified.clear();
            }
            Payload::ActionDone(done) if done.action == FLAG_REMOVED => {
                if self.cause.as_ref().is_some_and(|cause| cause.by.event == done.analysis) {
                    self.flag_removed = Some(Deed::of(entry));
                }
            }
            Payload::ActionDone(done) => {
                self.analysis.iter_mut().for_each(|analysis| analysis.carry_out(done, &Deed::of(entry)));
            }
            _ => self.said.apply(entry),
        }
    }

    /// A verdict, a confirmation and a waiver speak of the fix that they were asked for, and of no other.
    fn forget_answers(&mut self) {
        self.verified.clear();
        self.confirmed.clear();
        self.waivers.clear();
    }
}

/// The rungs whose evidence a walk left for later.
pub(super) fn evidence_owed(check: &Checked) -> Vec<RungName> {
    let rungs = [(RungName::RollBack, Some(&check.roll_back)), (RungName::FlagOff, check.flag_off.as_ref())];
    let owes =
        |answer: Option<&RungAnswer>| matches!(answer, Some(RungAnswer::No { evidence: Evidence::Owed { .. }, .. }));
    rungs.into_iter().filter(|(_, answer)| owes(*answer)).map(|(name, _)| name).collect()
}

impl Deed {
    /// One for all that an event says: nearly every event is told of at several places.
    pub(super) fn of(entry: &Recorded<'_>) -> Arc<Self> {
        let deed = || {
            let event = entry.event;
            Arc::new(Self { event: event.id.clone(), commit: entry.commit, actor: event.actor.clone(), at: event.at })
        };
        Arc::clone(entry.deed.get_or_init(deed))
    }
}

impl<T: Clone> Done<T> {
    pub(super) fn of(entry: &Recorded<'_>, what: &T) -> Self {
        Self { by: Deed::of(entry), what: what.clone() }
    }
}
