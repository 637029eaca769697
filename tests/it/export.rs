//! `hotfix audit export`: the population of changes with the evidence that a standard asks for.

use serde_json::Value;

use crate::bad_places::PROOF;
use crate::place::{ANALYSIS, GRACE, Place};
use crate::road::QUALIFIES;
use crate::signatures::Team;

const SINCE: &[&str] = &["--since", "2020-01-01"];

/// A release line with one recorded hotfix that went the whole road, one roll back, and one hotfix past everybody.
fn shop() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["switch", "-q", "-c", "release/1.1"]);
    place.commit("shop.rs", "broken\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.git(&["switch", "-q", "-c", "hotfix/INC-42"]);
    place.commit("shop.rs", "three\n", "The fix");
    place.hotfix(&[&["fix", "INC-42", "HEAD"], PROOF].concat()).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.git(&["switch", "-q", "release/1.1"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-42"]);
    place.git(&["tag", "v1.1.1"]);
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "Merge back", "hotfix/INC-42"]);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    std::fs::write(place.beside("rca.md"), ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.hotfix(&["check", "INC-43", "--set", "roll-back=yes"]).exits(1);
    place.git(&["switch", "-q", "release/1.1"]);
    place.commit("shop.rs", "quick\n", "Past everybody");
    place
}

/// The evidence of one change: status and text, by field.
fn evidence(report: &Value, change: usize) -> Vec<(String, String)> {
    let lines = report["changes"][change]["evidence"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    lines.iter().map(|line| (text(line, "field"), text(line, "status"))).collect()
}

fn status(report: &Value, change: usize, field: &str) -> String {
    evidence(report, change).into_iter().find(|(name, _)| name == field).unwrap().1
}

#[test]
fn every_standard_gets_the_whole_population_with_what_lacks() {
    let place = shop();
    for standard in ["soc2", "pci-dss", "iso-27001", "dora-eu"] {
        let report = place.json(&[&["audit", "export", "--for", standard], SINCE].concat());
        assert_eq!(report["exit"]["code"], 1);
        let kinds: Vec<_> = report["changes"].as_array().unwrap().iter().map(|change| &change["kind"]).collect();
        assert_eq!(kinds, ["hotfix", "roll-back", "unrecorded"], "{standard}: {report:#}");
        assert_eq!(status(&report, 0, "tested"), "shown");
        assert_eq!(status(&report, 0, "approved"), "shown");
        // Nobody signed it.
        assert_eq!(status(&report, 0, "proven_author"), "lacking");
        assert_eq!(status(&report, 1, "tested"), "not-asked");
        assert!(evidence(&report, 2).iter().all(|(field, status)| (field == "identified") == (status == "shown")));
        let lacking = report.to_string().matches("\"lacking\"").count();
        assert_eq!(report["findings"], lacking);
    }
    let report = place.json(&[&["audit", "export", "--for", "soc2"], SINCE].concat());
    for field in ["identified", "reason", "authorised", "deployed", "root_cause", "merged_back"] {
        assert_eq!(status(&report, 0, field), "shown", "{field}: {report:#}");
    }
    assert_eq!(status(&report, 1, "root_cause"), "lacking");
}

#[test]
fn the_files_hold_the_same_and_are_never_overwritten() {
    let place = shop();
    let export = [&["audit", "export", "--for", "soc2", "--to", "evidence"], SINCE].concat();
    place.hotfix(&export).exits(1).says("Written: soc2.csv, soc2.json, soc2.md").says("Findings: ");
    let read = |name: &str| std::fs::read_to_string(place.path().join("evidence").join(name)).unwrap();
    let json: Value = serde_json::from_str(&read("soc2.json")).unwrap();
    let csv = read("soc2.csv");
    assert_eq!(csv.lines().count(), 1 + json["changes"].as_array().unwrap().len());
    let fixed = csv.lines().nth(1).unwrap();
    assert!(fixed.contains("Grace <grace@example.com>") && fixed.contains("LACKING: "), "{csv}");
    let page = read("soc2.md");
    for change in json["changes"].as_array().unwrap() {
        let id = change["id"].as_str().unwrap();
        assert!(page.contains(&format!("\n## {id}\n")), "{page}");
    }
    assert!(page.contains("## Sources") && page.contains("FINDING"), "{page}");
    place.hotfix(&export).exits(2).says("is there already");
}

#[test]
fn the_time_bounds_the_population() {
    let place = shop();
    let count = |arguments: &[&str]| {
        let report = place.json(&[&["audit", "export", "--for", "pci-dss"], arguments].concat());
        report["changes"].as_array().unwrap().len()
    };
    assert_eq!(count(&["--since", "2999-01-01"]), 0);
    assert_eq!(count(&["--since", "2020-01-01T00:00:00+01:00", "--until", "2020-01-02"]), 0);
    place.hotfix(&["audit", "export", "--for", "pci-dss", "--since", "2999-01-01"]).exits(0).says("Findings: 0");
    place.hotfix(&["audit", "export", "--for", "pci-dss", "--since", "yesterday"]).exits(2).says("2026-01-31");
    place.hotfix(&["audit", "export", "--for", "hipaa", "--since", "2020-01-01"]).exits(2).says("soc2");
}

#[test]
fn signed_events_prove_their_authors() {
    let team = Team::new();
    team.check(crate::place::ADA, "ada", "INC-1").exits(0);
    let report = team.place.json(&[&["audit", "export", "--for", "soc2"], SINCE].concat());
    assert_eq!(status(&report, 0, "proven_author"), "shown", "{report:#}");
}
