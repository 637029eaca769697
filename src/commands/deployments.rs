//! What people said was deployed: it ran, whatever its name says.

use super::book::Book;
use crate::domain::event::{Payload, Release};
use crate::domain::incident::State;
use crate::domain::release::ReleaseName;
use crate::evidence::shipped;

/// Each release that was ever said to be deployed, but for those of void incidents.
pub fn said<'b>(book: &'b Book<'_>) -> impl Iterator<Item = &'b Release> {
    book.history.events().filter_map(|(_, event)| {
        let Payload::Deployed(deployed) = &event.payload else { return None };
        let incident = book.incidents.get(event.incident.as_ref()?)?;
        deployed.release.as_ref().filter(|_| incident.state != State::Void)
    })
}

/// The name of a pre-release, as that of what runs.
pub fn once_it_runs(name: &ReleaseName, releases: &[shipped::Release]) -> ReleaseName {
    let is_released = |version: &_| {
        releases.iter().any(|release| release.name.component == name.component && release.name.version == *version)
    };
    ReleaseName { version: name.version.once_it_runs(is_released), component: name.component.clone() }
}
