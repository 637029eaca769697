//! Releases that a roll back passed over: production does not run them, and none of them is a good one to go back to.

use serde::Serialize;

use crate::domain::identity::IncidentId;
use crate::domain::release::{ReleaseName, Version};
use crate::domain::rolled_back::RolledBack;
use crate::failure::Failure;

use super::production::Found;
use super::releases::{Candidate, Releases};

/// A release that production was rolled back from, or over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Its tag.
    pub tag: String,
    /// The incident that went back.
    pub incident: IncidentId,
    /// Whether it is newer than what production is taken to run.
    pub is_newer: bool,
}

impl Releases<'_> {
    /// The incident whose roll back passed a release over, if one did. That is the release that production was rolled back from,
    /// and each one between it and the release that it went back to, unless it was made later: then it was shipped afterwards.
    pub(super) fn passed_over_by(
        &self,
        candidate: &Candidate,
        rolled_back: &[RolledBack],
    ) -> Result<Option<IncidentId>, Failure> {
        for back in rolled_back {
            let is_between = self.is_between(candidate, back);
            if candidate.tag.name != back.from.name && !is_between {
                continue;
            }
            let Some(commit) = self.commit(candidate)? else { continue };
            if commit == back.from.commit || (is_between && self.repository.commit_line(commit)?.at <= back.at) {
                return Ok(Some(back.incident.clone()));
            }
        }
        Ok(None)
    }

    /// Whether its version is above that of the release that was gone back to, and not above that of the release before.
    fn is_between(&self, candidate: &Candidate, back: &RolledBack) -> bool {
        let good = back.from.last_good.as_ref().and_then(|good| ReleaseName::read(&good.tag));
        let from = self.candidates.iter().find(|other| other.tag.name == back.from.name);
        let Some((good, from)) = good.zip(from) else { return false };
        let is_within = |version: &Version| *version > good.version && *version <= from.name.version;
        candidate.name.component == good.component && is_within(&candidate.name.version)
    }

    /// The releases that were passed over above the last good one, the highest first; where production was named, no newer ones.
    pub(super) fn passed_over(
        &self,
        production: Option<&Candidate>,
        last_good: Option<&Candidate>,
        found: Found,
    ) -> Vec<PassedOver> {
        let Some(own) = production.or(last_good) else { return Vec::new() };
        let is_newer = |candidate: &Candidate| candidate.name.version > own.name.version;
        let is_told = |candidate: &&Candidate| {
            candidate.name.component == own.name.component
                && candidate.tag.name != own.tag.name
                && last_good.is_none_or(|good| candidate.name.version > good.name.version)
                && (found == Found::NewestTag || !is_newer(candidate))
        };
        let told = |candidate: &Candidate| {
            let incident = candidate.passed_over.clone()?;
            Some(PassedOver { tag: candidate.tag.name.clone(), incident, is_newer: is_newer(candidate) })
        };
        self.candidates.iter().filter(is_told).filter_map(told).collect()
    }
}
