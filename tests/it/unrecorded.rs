//! What changed production past every incident, and what only looks like it.

use crate::place::{GRACE, Place};
use crate::road::{QUALIFIES, policy};

const PROOF: &[&str] = &["--proof", "test=totals", "--guarded-by-flag", "no"];

/// A shop whose release 1.2 is broken in two places; release 1.1 is older.
fn shop() -> Place {
    let place = Place::with_origin();
    policy(&place, "main", "[release/*]");
    place.commit("tax.rs", "fn tax() {\n    seven_percent_of(nothing)\n}\n", "The taxes");
    place.git(&["tag", "v1.1.0"]);
    place.git(&["branch", "release/1.1"]);
    place.commit("shop.rs", "fn total() {\n    sum(all but first)\n}\n", "The shop");
    place.git(&["tag", "v1.2.0"]);
    place.git(&["branch", "release/1.2"]);
    place.git(&["push", "-q", "--tags", "origin", "main", "release/1.1", "release/1.2"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place
}

/// Opens an incident and attaches a fix that writes one file; it lies on its own branch.
fn attach(place: &Place, incident: &str, (path, text): (&str, &str)) {
    place.hotfix(&[&["check", incident], QUALIFIES].concat()).exits(0);
    place.hotfix(&["start", incident]).exits(0);
    place.commit(path, text, &format!("{incident}: mend it"));
    place.hotfix(&[&["fix", incident], PROOF].concat()).exits(0);
    place.hotfix_by(GRACE, &["approve", incident]).exits(0);
}

/// Brings what is checked out on release/1.2 to everybody as a release.
fn release(place: &Place, tag: &str) {
    place.git(&["tag", tag]);
    place.git(&["push", "-q", "origin", "HEAD:release/1.2", tag]);
}

fn merge(place: &Place, branch: &str) {
    place.git(&["switch", "-q", "release/1.2"]);
    place.git(&["merge", "-q", "--no-ff", "--no-edit", branch]);
}

/// The same git command an hour from now.
fn later(place: &Place, arguments: &[&str]) {
    let then = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339();
    let mut command = place.command("git", &place.path(), crate::place::ADA);
    let status = command.args(arguments).env("GIT_COMMITTER_DATE", then).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

/// The commits that the audit calls unrecorded, by the first line of their messages; the export must say the same.
#[track_caller]
fn unrecorded(place: &Place) -> Vec<String> {
    let audit = place.json(&["audit"]);
    let findings = audit["findings"].as_array().unwrap_or_else(|| panic!("{audit:#}"));
    let found: Vec<_> = findings.iter().filter(|finding| finding["code"] == "unrecorded-hotfix").collect();
    let subject = |finding: &&serde_json::Value| {
        let message = finding["message"].as_str().unwrap();
        message.split(": ").skip(1).collect::<Vec<_>>().join(": ").split(" (by ").next().unwrap().to_owned()
    };
    let export = place.json(&["audit", "export", "--for", "soc2", "--since", "2020-01-01"]);
    let changes = export["changes"].as_array().unwrap_or_else(|| panic!("{export:#}"));
    assert_eq!(changes.iter().filter(|change| change["kind"] == "unrecorded").count(), found.len(), "{export:#}");
    found.iter().map(subject).collect()
}

const TAXED: (&str, &str) = ("tax.rs", "fn tax() {\n    seven_percent_of(everything)\n}\n");
const TOTALLED: (&str, &str) = ("shop.rs", "fn total() {\n    sum(all)\n}\n");
const BETTER: (&str, &str) = ("shop.rs", "fn total() {\n    sum_of(all)\n}\n");

#[test]
fn an_attempt_that_was_taken_back_and_withdrawn_is_on_the_record_of_every_incident() {
    let place = shop();
    attach(&place, "INC-41", TAXED);
    attach(&place, "INC-42", TOTALLED);
    merge(&place, "hotfix/INC-41");
    merge(&place, "hotfix/INC-42");
    release(&place, "v1.2.1");
    place.hotfix(&["deployed", "INC-41", "--release", "v1.2.1"]).exits(0);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    place.git(&["revert", "--no-edit", "-m", "1", "HEAD"]);
    release(&place, "v1.2.2");
    assert_eq!(unrecorded(&place), [""; 0], "it is INC-42's to take back");
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    assert_eq!(unrecorded(&place), [""; 0]);
    place.hotfix(&["close", "INC-41"]).exits(1).never_says("release-holds-more");
    place.hotfix(&["start", "INC-42", "--from", "v1.2.2"]).exits(0);
    place.commit(BETTER.0, BETTER.1, "INC-42: mend it better");
    place.hotfix(&[&["fix", "INC-42"], PROOF].concat()).exits(0);
    merge(&place, "hotfix/INC-42-2");
    release(&place, "v1.2.3");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.2.3"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(1).never_says("release-holds-more");
    assert_eq!(unrecorded(&place), [""; 0]);
    // What nobody attached is more than the fix, taken back or not.
    place.commit("prices.rs", "cheap\n", "And the prices");
    release(&place, "v1.2.4");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.2.4"]).exits(0);
    place.git(&["revert", "--no-edit", "HEAD"]);
    release(&place, "v1.2.5");
    place.hotfix(&["deployed", "INC-41", "--release", "v1.2.4"]).exits(0);
    place.hotfix(&["close", "INC-41"]).exits(1).says("release-holds-more").says("And the prices");
    assert_eq!(unrecorded(&place), ["And the prices", "Revert \"And the prices\""]);
}

#[test]
fn an_attempt_that_was_withdrawn_first_lets_nothing_in() {
    let place = shop();
    attach(&place, "INC-42", TOTALLED);
    place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
    merge(&place, "hotfix/INC-42");
    release(&place, "v1.2.1");
    assert_eq!(unrecorded(&place), ["INC-42: mend it"]);
    later(&place, &["revert", "--no-edit", "-m", "1", "HEAD"]);
    release(&place, "v1.2.2");
    assert!(unrecorded(&place).contains(&"INC-42: mend it".to_owned()));
}

#[test]
fn a_fix_is_not_taken_back_in_the_name_of_an_incident_that_is_closed() {
    let place = shop();
    attach(&place, "INC-42", TOTALLED);
    merge(&place, "hotfix/INC-42");
    release(&place, "v1.2.1");
    place.hotfix(&["deployed", "INC-42", "--release", "v1.2.1"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "hotfix/INC-42"]);
    place.git(&["push", "-q", "origin", "main"]);
    std::fs::write(place.beside("rca.md"), crate::place::ANALYSIS).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place.hotfix_by(GRACE, &["rca", "accept", "INC-42"]).exits(0);
    place.hotfix(&["close", "INC-42"]).exits(0);
    place.git(&["switch", "-q", "release/1.2"]);
    later(&place, &["revert", "--no-edit", "-m", "1", "HEAD"]);
    release(&place, "v1.2.2");
    assert_eq!(unrecorded(&place).len(), 1);
}

#[test]
fn what_main_had_first_is_none_and_what_the_line_had_first_is_one() {
    let place = shop();
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.commit("mail.rs", "greet(everybody)\n", "Mail: greet");
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["switch", "-q", "release/1.2"]);
    place.git(&["cherry-pick", "-x", "main"]);
    release(&place, "v1.2.1");
    assert_eq!(unrecorded(&place), [""; 0]);
    let quick = place.commit(TAXED.0, TAXED.1, "Quick and dirty");
    release(&place, "v1.2.2");
    place.git(&["switch", "-q", "main"]);
    later(&place, &["cherry-pick", "-x", &quick]);
    place.git(&["push", "-q", "origin", "main"]);
    assert_eq!(unrecorded(&place), ["Quick and dirty"]);
    // The command that is printed works: what ran before it is what broke.
    let command = format!("hotfix check INCIDENT --production v1.2.1 && hotfix fix INCIDENT {}", &quick[..10]);
    place.hotfix(&["audit"]).exits(1).says(&command);
    let refused = place.hotfix(&["gate", "--release", "v1.2.2"]).exits(1);
    refused.says("change-unrecorded").says(&command);
    place.hotfix(&[&["check", "INC-44"], QUALIFIES].concat()).exits(0);
    place.hotfix(&[&["fix", "INC-44", &quick[..10]], PROOF].concat()).exits(1).says("fix-in-production").says(&command);
    place.hotfix(&[&["check", "INC-43", "--production", "v1.2.1"], QUALIFIES].concat()).exits(0);
    place.hotfix(&[&["fix", "INC-43", &quick[..10]], PROOF].concat()).exits(0);
    assert_eq!(unrecorded(&place), [""; 0]);
}

#[test]
fn what_takes_out_what_was_rolled_back_is_none() {
    let place = shop();
    place.git(&["switch", "-q", "release/1.2"]);
    place.git(&["merge", "-q", "--ff-only", "main"]);
    place.git(&["switch", "-q", "main"]);
    place.commit("shop.rs", "fn total() {\n    sum(nothing)\n}\n", "Faster");
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["switch", "-q", "release/1.2"]);
    place.git(&["merge", "-q", "--ff-only", "main"]);
    release(&place, "v1.2.1");
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    place.git(&["revert", "--no-edit", "HEAD"]);
    release(&place, "v1.2.2");
    assert_eq!(unrecorded(&place), [""; 0]);
}

#[test]
fn a_release_that_is_only_a_tag_is_looked_at_as_its_line_would_be() {
    let place = shop();
    attach(&place, "INC-42", TOTALLED);
    place.git(&["tag", "v1.2.1"]);
    place.git(&["push", "-q", "origin", "v1.2.1"]);
    assert_eq!(unrecorded(&place), [""; 0], "INC-42 holds it");
    place.git(&["switch", "-q", "--detach", "v1.1.0"]);
    let past = place.commit("prices.rs", "cheap\n", "Past everybody");
    place.git(&["tag", "v1.1.1"]);
    place.git(&["push", "-q", "origin", "v1.1.1"]);
    assert_eq!(unrecorded(&place), ["Past everybody"]);
    let said = place.hotfix(&["audit"]).exits(1).says("on no release line, released as v1.1.1: Past everybody");
    said.says(&format!("hotfix check INCIDENT --production v1.1.0 && hotfix fix INCIDENT {}", &past[..10]));
    // On its line too it is one finding.
    place.git(&["push", "-q", "origin", "v1.1.1:refs/heads/release/1.1"]);
    place.git(&["fetch", "-q"]);
    assert_eq!(unrecorded(&place), ["Past everybody"]);
    // What is prepared for a release to come runs nowhere, until somebody says that it does.
    place.git(&["switch", "-q", "hotfix/INC-42"]);
    place.commit("news.md", "x\n", "One more thing");
    place.git(&["tag", "v1.2.2-rc.1"]);
    assert_eq!(unrecorded(&place), ["Past everybody"]);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.2.2-rc.1"]).exits(0);
    assert_eq!(unrecorded(&place), ["Past everybody", "One more thing"]);
}

#[test]
fn a_team_without_release_lines_hears_of_releases_beside_main() {
    let place = Place::with_origin();
    policy(&place, "main", "[]");
    place.commit("shop.rs", "fn total() {\n    sum(all)\n}\n", "The shop");
    place.git(&["tag", "v1.2.0"]);
    place.commit("news.md", "soon\n", "Some news");
    place.git(&["tag", "v1.2.1"]);
    place.git(&["push", "-q", "--tags", "origin", "main"]);
    place.git(&["remote", "set-head", "origin", "--auto"]);
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    assert_eq!(unrecorded(&place), [""; 0]);
    place.git(&["switch", "-q", "--detach", "v1.2.1"]);
    place.commit("prices.rs", "cheap\n", "Past everybody");
    place.git(&["tag", "v1.2.2"]);
    assert_eq!(unrecorded(&place), ["Past everybody"]);
}

#[test]
fn what_never_goes_back_is_text_and_what_it_lets_through_is_named() {
    let place = shop();
    place.hotfix(&["check", "INC-42", "--set", "roll-back=yes"]).exits(1);
    place.git(&["switch", "-q", "release/1.2"]);
    // Built in are files that hold text, not everything that is named like one.
    let hook = place.commit("app/CHANGELOG_hook.py", "run()\n", "Changelog");
    let gate = |code: i32| {
        place.hotfix(&["gate", "--change", "origin/release/1.2..HEAD", "--onto", "release/1.2"]).exits(code)
    };
    gate(1).says(&format!("change-unrecorded: {}", &hook[..10]));
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    place.commit("docs/CHANGELOG.md", "1.2.1\n", "News");
    let bump = place.commit("VERSION", "1.2.1\n", "Bump the version");
    gate(0).says("let through without an incident, by the policy's never_goes_back: ").says("(docs/CHANGELOG.md), ");
    release(&place, "v1.2.1");
    let named = format!("{} (VERSION)", &bump[..10]);
    place.hotfix(&["gate", "--release", "v1.2.1"]).exits(0).says(&named);
    assert_eq!(unrecorded(&place), [""; 0]);
    place.hotfix(&["audit"]).exits(0).says("let through without an incident").says(&named);
    place.hotfix(&["audit", "export", "--for", "soc2", "--since", "2020-01-01"]).says(&named);
    // A merge brings such a thing too.
    place.git(&["switch", "-q", "-c", "side", "HEAD~1"]);
    place.commit("news.md", "x\n", "Some news");
    place.git(&["switch", "-q", "release/1.2"]);
    place.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    place.write("VERSION", "1.2.2\n");
    place.git(&["add", "VERSION"]);
    place.git(&["commit", "-q", "-m", "Merge side"]);
    let merge = place.git(&["rev-parse", "HEAD"]);
    gate(1).says("change-unrecorded").says(&format!("{} (VERSION)", &merge[..10]));
}

#[test]
fn what_main_was_before_it_was_merged_into_a_branch_that_became_main_is_mains() {
    let released_from_main = || {
        let place = shop();
        place.hotfix(&["check", "INC-42", "--production", "v1.2.0", "--set", "roll-back=yes"]).exits(1);
        place.git(&["push", "-q", "origin", "--delete", "release/1.2"]);
        place.git(&["branch", "-q", "-D", "release/1.2"]);
        place.git(&["switch", "-q", "-c", "work", "main"]);
        place.commit("mail.rs", "greet(everybody)\n", "Mail: greet");
        place.git(&["switch", "-q", "main"]);
        place.commit("prices.rs", "cheap\n", "Ordinary work");
        place.git(&["tag", "v1.2.1"]);
        place.git(&["push", "-q", "origin", "main", "v1.2.1"]);
        assert_eq!(unrecorded(&place), [""; 0]);
        place.git(&["switch", "-q", "work"]);
        place
    };
    // As `git pull` does it, and as whoever fetched before does.
    for main in ["main", "origin/main"] {
        let place = released_from_main();
        later(&place, &["merge", "-q", "--no-edit", main]);
        place.git(&["push", "-q", "origin", "work:main"]);
        assert_eq!(unrecorded(&place), [""; 0], "{main}");
        assert_eq!(place.git(&["rev-parse", "origin/main^2"]), place.git(&["rev-parse", "v1.2.1"]));
    }
}

#[test]
fn a_release_past_everybody_that_main_merged_later_is_found_all_the_same() {
    let place = shop();
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.git(&["switch", "-q", "-c", "quick", "v1.1.0"]);
    place.commit("prices.rs", "cheap\n", "Past everybody");
    place.git(&["tag", "v1.1.1"]);
    place.git(&["switch", "-q", "main"]);
    later(&place, &["merge", "-q", "--no-ff", "--no-edit", "quick"]);
    place.git(&["push", "-q", "origin", "main", "v1.1.1"]);
    assert_eq!(unrecorded(&place), ["Past everybody"]);
}
