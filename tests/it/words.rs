//! What the program says of what it knows is so.

use crate::place::Place;
use crate::road::{QUALIFIES, broken_shop};

const PROOF: &[&str] = &["--proof", "test=totals", "--guarded-by-flag", "no"];

/// A check that ends with `hotfix`, however many there were before it.
fn check(place: &Place, id: &str) -> crate::place::Said {
    place.hotfix(&[&["check", id, "--set", "note=once more"], QUALIFIES].concat()).exits(0)
}

/// Going back loses what an incident mended since; neither the release that broke, nor what the last good one holds.
#[test]
fn only_hotfixes_that_going_back_would_lose_are_named() {
    let place = broken_shop();
    place.git(&["tag", "v1.1.1"]);
    place.git(&["branch", "release/1.1"]);
    check(&place, "INC-42").says("last good").never_says("lacks the hotfix");
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", "mended\n", "Mend");
    place.hotfix(&[&["fix", "INC-42"], PROOF].concat()).exits(0);
    place.git(&["tag", "v1.1.2"]);
    check(&place, "INC-43").says("last good v1.1.1").says("it lacks the hotfix INC-42").never_says("INC-42,");
    place.commit("shop.rs", "mended more\n", "More");
    place.git(&["tag", "v1.1.3"]);
    check(&place, "INC-44").says("last good v1.1.2").never_says("lacks the hotfix");
}
