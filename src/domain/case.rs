//! An incident with everything that its gates are decided on.

use std::collections::BTreeMap;

use super::approvals::{Judge, Knows, needed};
use super::budget::Price;
use super::digest::FixDigest;
use super::event::{GateSettled, Proof};
use super::identity::{Moment, Person};
use super::incident::{Done, Incident};
use super::overrides::{self, Stage};
use super::policy::people::{ANYONE, GivenBy, Needs, NormalGate};
use super::policy::{Policy, Value};
use super::refusal::Code;
use super::roles::Roles;
use super::scope::Scope;
use super::severity;

/// What the fixes of an incident are together, by their content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The digest of their net change.
    pub digest: FixDigest,
    /// How large it is.
    pub scope: Scope,
}

/// An incident, the policy that governs it, and what is known about people and its fix now.
pub struct Case<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Its policy.
    pub policy: &'a Policy,
    /// Who is in which role today.
    pub roles: &'a Roles,
    /// What the fixes are; none where none is attached.
    pub content: Option<&'a Content>,
    /// What its policy demands beside the usual.
    pub price: &'a Price,
    /// Now.
    pub now: Moment,
    /// Who knew of what.
    pub knows: Knows<'a>,
}

/// Where a gate of a normal change stands for a hotfix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateState {
    /// It was passed: by the fix's proof or approvals, or later with evidence.
    Done,
    /// Somebody who may waived it.
    Waived,
    /// It was skipped, and is owed.
    Owed,
    /// It was skipped, and can't be made good.
    Skipped,
}

impl<'a> Case<'a> {
    /// The facts that closing is decided on.
    pub fn facts(&self) -> BTreeMap<String, Value> {
        severity::facts_for_closing(self.incident, self.policy)
    }

    /// Who must agree to the fix.
    pub fn needs(&self) -> Needs {
        needed(self.policy, &self.facts(), Some(&self.price.now))
    }

    /// Who must agree before the incident ends: what was asked for once is asked for still.
    pub fn needs_at_the_end(&self) -> Needs {
        needed(self.policy, &self.facts(), Some(&self.price.at_the_end))
    }

    /// The judge of the approvals; none where there is no fix to agree to.
    pub fn judge<'c>(&'c self, needs: &'c Needs) -> Option<Judge<'c>> {
        let content = self.content?;
        let approvals = self.policy.approvals.as_ref();
        Some(Judge::new(self.incident, content.digest, needs, approvals, (self.roles, self.knows)))
    }

    /// The digest of the fix, if one is attached.
    pub fn digest(&self) -> Option<&FixDigest> {
        self.content.map(|content| &content.digest)
    }

    /// Whether a gate is open by an override of somebody who may skip it, whatever else stands in the record.
    pub fn opened(&self, gate: Code) -> bool {
        // Where nobody was awake anybody could skip this one, for it is owed late all the same.
        self.opened_by(gate, |person| gate == Code::ApprovalMissing || self.may_override(gate, person))
    }

    /// The same before the fix reaches production, when it can still be told whether nobody was awake: a word that this program
    /// would not have recorded opens nothing.
    pub fn opened_to_deploy(&self, gate: Code) -> bool {
        self.opened_by(gate, |person| self.may_override(gate, person))
    }

    fn opened_by(&self, gate: Code, may: impl Fn(&Person) -> bool) -> bool {
        let mut of_gate = self.incident.said.overrides.iter().filter(|done| done.what.gate == gate.word());
        !self.policy.overrides.never_skip.contains(&gate)
            && of_gate.any(|done| may(&done.by.actor) && overrides::opens(self.incident, done, self.digest(), self.now))
    }

    /// Whether a person wrote or attached a part of the fix.
    pub fn is_author(&self, person: &Person) -> bool {
        self.incident.fix_authors().any(|author| author.is(person))
    }

    /// Whether an author of the fix may speak for it all the same.
    pub fn authors_may_speak(&self) -> bool {
        self.policy.approvals.as_ref().is_some_and(|approvals| approvals.author_may_approve)
    }

    /// Where a gate of a normal change stands; it is about the fix as it is now.
    pub fn gate(&self, gate: &NormalGate) -> GateState {
        let of_fix =
            |settled: &&Done<GateSettled>| settled.what.gate == gate.name && self.digest() == Some(&settled.what.fix);
        let said = &self.incident.said;
        let given = match gate.given_by {
            None => false,
            Some(GivenBy::Approval) => self.has_approvals(),
            Some(GivenBy::Proof) => {
                let proven = |proof| matches!(proof, Proof::Test | Proof::Ci);
                self.incident.fixes().next().is_some() && self.incident.fixes().all(|fix| proven(fix.what.proof))
            }
        };
        if given || said.gates_done.iter().any(|settled| of_fix(&settled)) {
            return GateState::Done;
        }
        if said.gates_waived.iter().filter(of_fix).any(|settled| self.may_waive(gate, &settled.by.actor)) {
            return GateState::Waived;
        }
        if gate.owed { GateState::Owed } else { GateState::Skipped }
    }

    /// Whether a person may waive a gate: in its role, and no author of the fix.
    pub fn may_waive(&self, gate: &NormalGate, person: &Person) -> bool {
        self.roles.has(person, &gate.waive_by) && (self.authors_may_speak() || !self.is_author(person))
    }

    /// Whether everybody who must agree did; that nobody is against it is a gate of its own.
    pub fn has_approvals(&self) -> bool {
        let needs = self.needs();
        !needs.is_empty() && self.judge(&needs).is_some_and(|judge| judge.lacking().is_empty())
    }

    /// Whether a person may skip a gate: by the policy's roles; at the check anybody; and an approval, where nobody is awake.
    pub fn may_override(&self, gate: Code, person: &Person) -> bool {
        match overrides::stage(gate) {
            None => false,
            Some(_) if self.policy.overrides.never_skip.contains(&gate) => false,
            Some(Stage::Check) => true,
            Some(Stage::Deploy | Stage::Close) => {
                self.roles.has_one(person, &self.policy.overrides.by)
                    || (gate == Code::ApprovalMissing && self.nobody_awake())
            }
        }
    }

    /// The command that skips a gate, with who may type it; none where the policy lets nobody.
    pub fn override_command(&self, gate: Code) -> Option<String> {
        let stage = overrides::stage(gate).filter(|_| !self.policy.overrides.never_skip.contains(&gate))?;
        let by = &self.policy.overrides.by;
        let who = if stage == Stage::Check || by.iter().any(|role| role == ANYONE) {
            String::new()
        } else {
            format!("    # by {}", by.join(" or "))
        };
        Some(format!("hotfix override {} --gate {} --reason WHY{who}", self.incident.id, gate.word()))
    }

    /// From when one approval and an override by anybody are enough; none where the policy does not say so.
    pub fn nobody_awake_from(&self) -> Option<Moment> {
        let after = self.policy.approvals.as_ref().and_then(|approvals| approvals.nobody_awake_after)?;
        let attached = self.incident.fixes().map(|fix| fix.by.at).max()?;
        Some(attached + after.delta())
    }

    /// Whether one approval stands, and the policy's time to wait for the others has passed.
    pub fn nobody_awake(&self) -> bool {
        let passed = self.nobody_awake_from().is_some_and(|from| self.now >= from);
        let needs = self.needs();
        passed && self.judge(&needs).is_some_and(|judge| judge.objection().is_none() && !judge.counted().is_empty())
    }
}
