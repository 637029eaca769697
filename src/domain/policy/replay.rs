//! What a changed policy would have said to the decisions of the past. No probe is run: the answers are those of the record.

use serde::Serialize;

use super::Policy;
use super::cases::Verdict;
use crate::domain::audit::answers;
use crate::domain::event::{Checked, Decision, RungAnswer, RungName};
use crate::domain::ladder::{Step, Walk, find_reason, walk};

/// A decision that a changed policy turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turned {
    /// What was decided.
    pub was: Decision,
    /// By which rule.
    pub was_rule: Option<String>,
    /// What would be decided.
    pub now: Verdict,
    /// By which rule.
    pub now_rule: Option<String>,
    /// What would have to be answered first, where nothing is decided.
    pub lacking: Vec<String>,
    /// Whether a hotfix is easier or harder.
    pub direction: super::changes::Direction,
}

/// What a policy would say to a recorded walk; none where the decision stays.
pub fn turned(policy: &Policy, checked: &Checked) -> Option<Turned> {
    use super::changes::Direction;
    // A reason that the policy does not list any more is no reason: the rung would be asked again.
    let rungs = [(RungName::RollBack, Some(&checked.roll_back)), (RungName::FlagOff, checked.flag_off.as_ref())];
    let unlisted = rungs.into_iter().filter(|(name, answer)| {
        matches!(answer, Some(RungAnswer::No { reason, .. }) if find_reason(name.of(policy), reason).is_none())
    });
    let unlisted: Vec<String> = unlisted.map(|(name, _)| name.key().to_owned()).collect();
    let (now, now_rule, lacking) = match walk(policy, &answers(checked)) {
        _ if !unlisted.is_empty() => (Verdict::Undecided, None, unlisted),
        Walk::Decided { decision, rule } => (Verdict::Decided(decision), rule.map(str::to_owned), Vec::new()),
        Walk::Waiting(steps) => (Verdict::Undecided, None, steps.iter().map(Step::key).collect()),
    };
    // What an override made a hotfix was none by its answers.
    let was = checked.decision;
    if now == Verdict::Decided(was) || (checked.overridden.is_some() && now != Verdict::Decided(Decision::Hotfix)) {
        return None;
    }
    let direction = match (was, now) {
        (Decision::Hotfix, _) => Direction::Tightens,
        (_, Verdict::Decided(Decision::Hotfix)) => Direction::Loosens,
        _ => Direction::Neither,
    };
    Some(Turned { was, was_rule: checked.rule.clone(), now, now_rule, lacking, direction })
}
