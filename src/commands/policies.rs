//! The policies of recorded incidents, each read once.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::event::PolicyPin;
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::evidence::policy_files;
use crate::failure::Failure;
use crate::git::repository::Repository;

/// The policies that incidents are pinned to.
pub struct Policies<'r> {
    repository: &'r Repository,
    read: HashMap<PolicyPin, Rc<Policy>>,
}

impl<'r> Policies<'r> {
    /// Nothing is read yet.
    pub fn new(repository: &'r Repository) -> Self {
        Self { repository, read: HashMap::new() }
    }

    /// The policy that governs an incident. Exit 4 where it can't be read any more.
    pub fn of(&mut self, incident: &Incident) -> Result<Rc<Policy>, Failure> {
        if let Some(policy) = self.read.get(&incident.policy) {
            return Ok(Rc::clone(policy));
        }
        let policy = Rc::new(policy_files::by_pin(self.repository, &incident.policy)?);
        self.read.insert(incident.policy.clone(), Rc::clone(&policy));
        Ok(policy)
    }
}
