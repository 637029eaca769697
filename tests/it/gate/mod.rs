//! `hotfix gate`: what may come to a release line and what may be released, asked as a CI and a server ask it.

mod attacks;
mod changes;
mod ci;
mod going_back;
mod hooks;
mod lines;
mod releases;

use serde_json::Value;

use crate::place::{GRACE, Place, Said};
use crate::road::{QUALIFIES, policy};

pub(crate) const SHOP: &str = "//! The shop.\n//! It sums,\n//! it ships,\n//! it taxes.\n\nfn total() {\n    sum(all but first)\n}\n\nfn shipping() {\n    2\n}\n\nfn tax() {\n    7\n}\n\n// Here\n// ends\n// the shop.\n";
pub(crate) const FIXED: &str = "//! The shop.\n//! It sums,\n//! it ships,\n//! it taxes.\n\nfn total() {\n    sum(all)\n}\n\nfn shipping() {\n    2\n}\n\nfn tax() {\n    7\n}\n\n// Here\n// ends\n// the shop.\n";

/// A shop on a bare remote whose release 1.2 is broken.
pub(crate) struct Scene {
    pub(crate) place: Place,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let place = Place::with_origin();
        policy(&place, "main", "[release/*]");
        place.commit("shop.rs", SHOP, "The shop");
        place.git(&["tag", "v1.2.0"]);
        place.git(&["branch", "release/1.2"]);
        place.commit("news.md", "soon\n", "Some news");
        place.git(&["push", "-q", "origin", "main", "release/1.2", "--tags"]);
        place.git(&["remote", "set-head", "origin", "--auto"]);
        Self { place }
    }

    /// The same, with INC-42 decided as a hotfix.
    pub(crate) fn decided() -> Self {
        let scene = Self::new();
        scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
        scene
    }

    /// The same, with the fix of INC-42 attached; it lies on hotfix/INC-42, which is checked out.
    pub(crate) fn attached() -> Self {
        let scene = Self::decided();
        scene.place.hotfix(&["start", "INC-42"]).exits(0);
        scene.place.commit("shop.rs", FIXED, "INC-42: sum everything");
        scene.attach();
        scene
    }

    /// The same, approved by Grace.
    pub(crate) fn approved() -> Self {
        let scene = Self::attached();
        scene.approve();
        scene
    }

    pub(crate) fn attach(&self) {
        self.place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    }

    pub(crate) fn approve(&self) {
        self.place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    }

    /// Asks about a change to release/1.2.
    pub(crate) fn change(&self, new: &str) -> Said {
        self.place.hotfix(&["gate", "--change", &format!("origin/release/1.2..{new}"), "--onto", "release/1.2"])
    }

    /// The codes of what stands in the way of it.
    #[track_caller]
    pub(crate) fn codes(&self, new: &str) -> String {
        let range = format!("origin/release/1.2..{new}");
        codes(&self.place.json(&["gate", "--change", &range, "--onto", "release/1.2"]))
    }

    pub(crate) fn release(&self, what: &str) -> String {
        codes(&self.place.json(&["gate", "--release", what]))
    }
}

/// The codes of all findings; `open` where there are none and everything could be decided.
#[track_caller]
pub(crate) fn codes(report: &Value) -> String {
    let answers = report["answers"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let findings = answers.iter().flat_map(|answer| answer["findings"].as_array().unwrap());
    let codes: Vec<&str> = findings.map(|finding| finding["code"].as_str().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer["unknown"].is_null()), "{report:#}");
    if codes.is_empty() { "open".to_owned() } else { codes.join(" ") }
}
