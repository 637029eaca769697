//! What production runs once an incident was ended by a roll back.

use hotfix::domain::event::{Payload, Restored, RestoredBy};

use crate::people::recorded_ago;
use crate::place::{ADA, Place};

const ROLL_BACK: &[&str] = &["--set", "roll-back=yes"];

/// The names of production and of the last good release, as a new incident is told.
fn told(place: &Place, incident: &str, more: &[&str]) -> (String, String) {
    let report = place.json(&[&["check", incident], ROLL_BACK, more].concat());
    let name = |pointer: &str| report.pointer(pointer).and_then(|it| it.as_str()).unwrap_or("none").to_owned();
    (name("/production/name"), name("/production/last_good/tag"))
}

#[test]
fn after_a_roll_back_production_runs_the_release_that_it_went_back_to() {
    let place = Place::new();
    for version in ["v1.3.0", "v1.4.0", "v1.5.0"] {
        place.commit("shop.rs", version, version);
        place.git(&["tag", version]);
    }
    let runs = |production: &str, last_good: &str| (production.to_owned(), last_good.to_owned());
    assert_eq!(told(&place, "INC-42", &[]), runs("v1.5.0", "v1.4.0"));
    let at = chrono::Utc::now().fixed_offset();
    // It was decided; whether it was done nobody knows until it is said.
    assert_eq!(told(&place, "INC-43", &[]), runs("v1.5.0", "v1.4.0"));
    recorded_ago(&place, ADA, 10, Payload::Restored(Restored { by: RestoredBy::RollBack, at }));
    place.hotfix(&[&["check", "INC-45", "--production", "v1.5.0"], ROLL_BACK].concat()).exits(1);
    // INC-45 was opened on it after the roll back: it runs again. A mistyped incident says nothing.
    assert_eq!(told(&place, "INC-46", &[]), runs("v1.5.0", "v1.4.0"));
    place.hotfix(&["void", "INC-45", "--reason", "typo"]).exits(0);
    place.hotfix(&["void", "INC-46", "--reason", "typo"]).exits(0);
    place.hotfix(&["void", "INC-43", "--reason", "typo"]).exits(0);
    place
        .hotfix(&[&["check", "INC-47"], ROLL_BACK].concat())
        .exits(1)
        .says("passed over   v1.5.0 (rolled back by INC-42); --production v1.5.0 if production runs it again");
    assert_eq!(told(&place, "INC-48", &[]), runs("v1.4.0", "v1.3.0"));
}
