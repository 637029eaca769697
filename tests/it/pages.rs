//! What the commands of the road show, in the words and lines that people and scripts see: one report as text on a wide and
//! on a narrow terminal, and as JSON.

use std::process::Command;

use crate::place::{ADA, Place};
use crate::prompt::{Wizard, bare};
use crate::road::QUALIFIES;

const MIGRATION: &str = "db/migrations/20261105120000_drop_legacy_customer_addresses_from_orders.sql";
const FIXED: &str = "def total(cart):\n    return sum(item.price for item in cart)\n";
/// Long past, so that an age has as many digits next year as it has today: lines break where they did.
const STARTED: &str = "2021-03-04T05:06:07Z";

/// Commits with a date of its own.
fn dated(place: &Place, date: &str, path: &str, text: &str, message: &str) {
    place.write(path, text);
    place.git(&["add", "--", path]);
    let mut git = place.command("git", &place.path(), ADA);
    git.args(["commit", "-q", "-m", message]).env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
    assert!(git.status().unwrap().success());
}

/// Two releases on one line, and main, which has moved on.
fn shop() -> Place {
    let place = Place::new();
    dated(&place, "2021-01-02T03:04:05Z", "src/checkout.py", FIXED, "Shop");
    place.git(&["tag", "v2.8.0"]);
    let broken = "def total(cart):\n    return sum(item.price for item in cart[1:])\n";
    dated(&place, "2021-02-03T04:05:06Z", "src/checkout.py", broken, "Faster sums");
    dated(&place, "2021-02-04T04:05:06Z", MIGRATION, "ALTER TABLE orders DROP COLUMN address;\n", "Drop addresses");
    place.git(&["tag", "v2.8.1"]);
    place.git(&["branch", "release/2.8"]);
    dated(&place, "2021-02-05T04:05:06Z", "src/tax.py", "TAX = 7\n", "Taxes");
    place
}

/// What a command shows on a terminal of so many columns; nobody sits there.
fn on_terminal(place: &Place, columns: u16, arguments: &[String]) -> String {
    let script = "read go; \"$0\" \"$@\" </dev/null; echo the-end";
    let mut command: Command = place.command("sh", &place.path(), ADA);
    command.args(["-c", script, env!("CARGO_BIN_EXE_hotfix")]).args(arguments);
    command.stdin(std::process::Stdio::inherit()).env("TERM", "xterm-256color").env("TZ", "UTC").env("NO_COLOR", "1");
    command.env("GIT_PAGER", "cat");
    let mut wizard = Wizard::of(command, (columns, 50));
    wizard.see("the-end");
    bare(wizard.shown()).replace("the-end", "").replace('\r', "")
}

/// The three faces of one report. A command that records something is given an incident for each.
fn faces(place: &Place, command: impl Fn(&str) -> Vec<String>, incidents: [&str; 3]) -> String {
    let shown = |columns: u16, incident: &str| on_terminal(place, columns, &command(incident));
    let (wide, narrow) = (shown(80, incidents[0]), shown(40, incidents[1]));
    for (columns, text) in [(80, &wide), (40, &narrow)] {
        for line in text.lines().filter(|line| !line.starts_with("    ") && !line.contains('/')) {
            assert!(line.chars().count() <= columns, "wider than {columns}: {line:?}");
        }
    }
    let json = place.json(&borrowed(&command(incidents[2])));
    format!("{wide}\n--- 40 columns ---\n{narrow}\n--- json ---\n{json:#}\n")
}

/// Holds a report to its snapshot; what differs from run to run is made the same without changing how long it is.
fn hold(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    for (pattern, steady) in [
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[event]"),
        (r"\b[0-9a-f]{40}\b", "[commit]"),
        (r"\b[0-9a-f]{10}\b", "[short-id]"),
        (r"\b\d{4}(\s+)days\b", "NNNN${1}days"),
        (r"\b20(2[2-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d", "[now]"),
        (r"\b20(2[2-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", "[now]"),
    ] {
        settings.add_filter(pattern, steady);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn check(incident: &str, answers: &[&str]) -> Vec<String> {
    let words = [&["check", incident, "--started", STARTED], answers].concat();
    words.into_iter().map(str::to_owned).collect()
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn plain(command: &'static str) -> impl Fn(&str) -> Vec<String> {
    move |incident| vec![command.to_owned(), incident.to_owned()]
}

#[test]
fn a_check_that_waits_that_goes_back_and_that_is_a_hotfix() {
    let place = shop();
    hold("check_waiting", &faces(&place, |id| check(id, &["--set", "roll-back=tried"]), ["INC-1"; 3]));
    let going_back = |id: &str| check(id, &["--set", "roll-back=yes"]);
    hold("check_roll_back", &faces(&place, going_back, ["INC-1", "INC-2", "INC-3"]));
    hold("check_hotfix", &faces(&place, |id| check(id, QUALIFIES), ["INC-4", "INC-5", "INC-6"]));
    hold("status", &faces(&place, |_| vec!["status".to_owned()], [""; 3]));
}

#[test]
fn a_fix_that_is_missing_on_main_and_then_is_there() {
    let place = shop();
    let qualifies = check("INC-42", QUALIFIES);
    place.hotfix(&borrowed(&qualifies)).exits(0);
    place.hotfix(&["start", "INC-42"]).exits(0);
    dated(&place, "2021-03-04T06:00:00Z", "src/checkout.py", FIXED, "INC-42: sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    hold("close_everything_missing", &faces(&place, plain("close"), ["INC-42"; 3]));
    hold("verify_missing", &faces(&place, plain("verify"), ["INC-42"; 3]));
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "hotfix/INC-42"]);
    hold("verify_merged", &faces(&place, plain("verify"), ["INC-42"; 3]));
    hold("show", &faces(&place, plain("show"), ["INC-42"; 3]));
}

/// Main holds half of the fix in other words: the likest commit is shown beside it.
#[test]
fn what_nobody_can_prove_is_shown_beside_its_likest_commit() {
    let place = shop();
    place.git(&["branch", "fix", "v2.8.1"]);
    let half = |second: &str| FIXED.replace("    return", &format!("    guard(cart)\n    {second}(cart)\n    return"));
    place.git(&["switch", "-q", "fix"]);
    dated(&place, "2021-03-04T06:00:00Z", "src/checkout.py", &half("retry_when_busy"), "Guard and retry");
    place.git(&["switch", "-q", "main"]);
    dated(&place, "2021-03-04T07:00:00Z", "src/checkout.py", &half("again"), "Guard and do it again");
    let merged = |_: &str| ["merged", "v2.8.1..fix", "--into", "main"].map(str::to_owned).to_vec();
    hold("merged_unproven", &faces(&place, merged, [""; 3]));
}

#[test]
fn an_audit_with_findings_notes_and_an_anchor() {
    let place = shop();
    let open = |incident: &str| place.hotfix(&[&["check", incident], QUALIFIES].concat()).exits(0);
    open("INC-42");
    let trailer = place.hotfix(&["anchor"]).exits(0).out;
    place.git(&["tag", "-a", "-m", &format!("v2.8.2\n\n{trailer}"), "v2.8.2", "main"]);
    open("INC-43");
    // Somebody pushes by hand what is no event, and takes to the release line without a word.
    let empty = place.git(&["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let garbage = place.git(&["commit-tree", "-p", "refs/hotfix/ledger", "-m", "Fix typo", &empty]);
    place.git(&["update-ref", "refs/hotfix/ledger", &garbage]);
    place.git(&["switch", "-q", "release/2.8"]);
    place.commit("src/checkout.py", FIXED, "Quick and dirty");
    hold("audit", &faces(&place, |_| vec!["audit".to_owned()], ["", "", ""]));
    let export = ["audit", "export", "--for", "pci-dss", "--since", "2021-01-01"].map(str::to_owned);
    hold("audit_export", &faces(&place, |_| export.to_vec(), ["", "", ""]));
}
