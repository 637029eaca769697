//! What went out as a hotfix was one, whatever is decided afterwards.

use super::{Done, Incident, Recorded};
use crate::domain::event::{Decision, Deployed};

impl Incident {
    /// What it counts as wherever hotfixes are counted: a hotfix once one was deployed for it, else what was decided.
    pub fn counts_as(&self) -> Decision {
        self.shipped.map_or(self.decision(), |_| Decision::Hotfix)
    }

    /// Takes in a deployment: of a hotfix, if one was decided when it was recorded, or by the walk that governed when it went out.
    pub(super) fn deploy(&mut self, entry: &Recorded<'_>, deployed: &Deployed) {
        let governed = self.checks.iter().rfind(|check| check.by.at <= deployed.at);
        let was_hotfix = governed.is_some_and(|check| check.what.decision == Decision::Hotfix);
        if self.shipped.is_none() && (was_hotfix || self.allows_hotfix()) {
            self.shipped = Some(entry.commit);
        }
        self.deployed.push(Done::of(entry, deployed));
    }
}
