//! A remote that rewrites the ledger: refused, listed event by event, and healed by a join.

use serde_json::Value;

use crate::place::{GRACE, Place};
use crate::road::QUALIFIES;

const LEDGER: &str = "refs/hotfix/ledger";

/// A clone that has shared three events with its remote.
fn shared() -> Place {
    let place = Place::with_origin();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["push", "-q", "origin", "main", "--tags"]);
    place.git(&["fetch", "-q"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    place.hotfix(&["sync"]).exits(0);
    place
}

fn origin(place: &Place, arguments: &[&str]) -> String {
    place.git_in(&place.beside("origin.git"), arguments)
}

fn tip(place: &Place) -> String {
    origin(place, &["rev-parse", LEDGER])
}

#[track_caller]
fn rewritten(place: &Place, lost: usize) -> Value {
    let report = place.json(&["audit"]);
    assert_eq!(report["exit"]["code"], 1, "{report:#}");
    assert_eq!(report["findings"][0]["code"], "ledger-rewritten", "{report:#}");
    assert_eq!(report["forgot"]["lost"].as_array().unwrap().len(), lost, "{report:#}");
    assert_eq!(report["events"], 3, "nothing is lost here");
    report
}

#[track_caller]
fn heals(place: &Place) {
    place.hotfix(&["audit"]).exits(1).says("hotfix audit --heal").says("by Ada");
    place.hotfix(&["audit", "--heal"]).exits(0).says("holds again all that it held");
    place.hotfix(&["audit", "--full"]).exits(0).says("Findings: none");
    place.hotfix(&["sync"]).exits(0);
}

#[test]
fn a_remote_that_was_rolled_back_is_found_and_healed() {
    let place = shared();
    let before = tip(&place);
    origin(&place, &["update-ref", LEDGER, &format!("{before}~1")]);
    rewritten(&place, 1);
    heals(&place);
    assert_eq!(tip(&place), before);
}

#[test]
fn a_remote_whose_ledger_was_deleted_or_mirrored_away_is_found_and_healed() {
    for mirrored in [false, true] {
        let place = shared();
        let before = tip(&place);
        if mirrored {
            // Somebody's clone that never had the ledger, pushed as a mirror.
            place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "mirror"]);
            place.git_in(&place.beside("mirror"), &["push", "-q", "--mirror", "origin"]);
        } else {
            origin(&place, &["update-ref", "-d", LEDGER]);
        }
        let report = rewritten(&place, 3);
        assert_eq!(report["forgot"]["tip"], Value::Null);
        heals(&place);
        assert_eq!(tip(&place), before);
    }
}

#[test]
fn a_remote_that_was_force_pushed_is_quarantined_listed_and_joined() {
    let place = shared();
    // Grace's clone says that nothing ever happened but what she recorded, and forces it.
    place.git_in(&place.beside(""), &["clone", "-q", "origin.git", "grace"]);
    let first = format!("{}~2", tip(&place));
    origin(&place, &["update-ref", LEDGER, &first]);
    let grace = place.beside("grace");
    let run = |arguments: &[&str]| {
        crate::place::said(place.command(env!("CARGO_BIN_EXE_hotfix"), &grace, GRACE).args(arguments))
    };
    run(&[&["check", "INC-7"], QUALIFIES].concat()).exits(0);
    run(&["sync"]).exits(0);
    let report = rewritten(&place, 2);
    let instead = report["forgot"]["instead"].as_array().unwrap();
    assert_eq!(instead.len(), 1, "{report:#}");
    assert!(instead[0]["what"].as_str().unwrap().contains("INC-7"), "{report:#}");
    let quarantined = format!("refs/hotfix-local/quarantine/{}", tip(&place));
    place.git(&["rev-parse", "--verify", &quarantined]);
    place.hotfix(&["show", "INC-7"]).exits(2);
    heals(&place);
    // The join holds both, so nobody lost anything.
    place.hotfix(&["show", "INC-7"]).exits(0);
    place.hotfix(&["show", "INC-42"]).exits(0);
    run(&["sync"]).exits(0);
    run(&["show", "INC-42"]).exits(0);
}

#[test]
fn a_fresh_clone_is_deceived_by_no_rewritten_remote_that_an_anchor_speaks_against() {
    let place = shared();
    let trailer = place.hotfix(&["anchor"]).exits(0).out;
    place.git(&["tag", "-a", "-m", &format!("v1.0.1\n\n{trailer}"), "v1.0.1"]);
    place.git(&["push", "-q", "origin", "v1.0.1"]);
    let fresh = |name: &str| {
        place.git_in(&place.beside(""), &["clone", "-q", "origin.git", name]);
        let clone = place.beside(name);
        let run = |arguments: &[&str]| {
            crate::place::said(place.command(env!("CARGO_BIN_EXE_hotfix"), &clone, GRACE).args(arguments))
        };
        run(&["sync"]).exits(0);
        run(&["audit"])
    };
    fresh("honest").exits(0).says("1 anchor\n");
    // Rolled back; then replaced by a whole new ledger.
    origin(&place, &["update-ref", LEDGER, &format!("{}~1", tip(&place))]);
    fresh("rolled-back").exits(1).says("anchor-broken").says("v1.0.1 names");
    let other = shared();
    other.git(&["push", "-q", "--force", place.beside("origin.git").to_str().unwrap(), &format!("{LEDGER}:{LEDGER}")]);
    fresh("replaced").exits(1).says("anchor-broken");
}

#[test]
fn a_join_that_puts_another_ledger_before_ours_takes_nothing_over() {
    let place = shared();
    let before = tip(&place);
    // Eve's own ledger, whose root pins her own branch, with ours as the second parent: it holds all that the remote held.
    let eve = shared();
    let evil = tip(&eve);
    eve.git(&["push", "-q", place.beside("origin.git").to_str().unwrap(), &format!("{LEDGER}:refs/heads/evil")]);
    let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let file = place.beside("join");
    let who = "hotfix <join@hotfix.invalid> 1900000000 +0000";
    let join = format!("tree {empty}\nparent {evil}\nparent {before}\nauthor {who}\ncommitter {who}\n\nhotfix: join\n");
    std::fs::write(&file, join).unwrap();
    let join = origin(&place, &["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
    origin(&place, &["update-ref", LEDGER, &join]);
    let said = place.hotfix(&["audit"]);
    assert!(matches!(said.code, 1 | 4), "{}{}", said.out, said.err);
    place.hotfix(&["show", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    let log = place.json(&["log"]);
    let readable = log["events"].as_array().unwrap().iter().filter(|event| event["event"].is_object()).count();
    assert_eq!(readable, 4, "{log:#}");
}

#[test]
fn a_remote_that_can_not_be_reached_is_told_and_what_is_here_is_audited() {
    let place = shared();
    std::fs::rename(place.beside("origin.git"), place.beside("gone.git")).unwrap();
    place.hotfix(&["audit"]).exits(0).says("could not be asked").says("Findings: none");
    place.hotfix(&["audit", "--heal"]).exits(4).says("could not be healed");
    Place::new().hotfix(&["audit", "--heal"]).exits(2).says("no remote");
}
