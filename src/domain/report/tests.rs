//! A ledger small enough to compute every metric by hand, without git.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::digest::FixDigest;
use crate::domain::event::*;
use crate::domain::identity::{ObjectId, Person, RepositoryPath};
use crate::domain::incident::replay;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Value;
use crate::domain::record::{Commit, Content};

/// One event a line: day and time in 2026, incident, who, what. `check SEVERITY DECISION [REASON [REASON]] [@PRODUCTION]`
/// says that production broke at midnight.
pub(crate) const STORY: &str = "
01-10T00:10 H1 ada check sev1 hotfix schema-changed no-flag @v1.0.0
01-10T00:30 H1 ada fix src/a test
01-10T01:00 H1 bob approve
01-10T02:00 H1 ada deployed v1.0.1
01-10T02:00 H1 ada restored hotfix
01-10T12:00 H1 ada verified merged
01-11T02:00 H1 ada rca tests
01-11T03:00 H1 ada close

01-15T00:05 R1 ada check sev2 roll-back
01-15T00:25 R1 ada restored roll-back
01-15T04:25 R1 ada rca staging

01-20T00:10 H2 ada check sev2 hotfix tried no-flag @v1.0.0
01-20T01:00 H2 ada fix src/a untested
01-20T02:00 H2 ada approve
01-20T04:00 H2 ada deployed
01-20T05:00 H2 ada restored hotfix
01-20T06:00 H2 bob approve
01-20T15:00 H2 ada rca tests
01-21T00:00 H2 ada verified merged

02-05T00:10 H3 ada check sev1 hotfix schema-changed core-function @v1.1.0
02-05T00:20 H3 ada override approval-missing
02-05T00:30 H3 ada fix src/b manual
02-05T01:00 H3 ada deployed v1.1.1
02-05T01:00 H3 ada restored hotfix
02-05T03:00 H3 ada rca alert
02-06T01:00 H3 ada verified missing
02-07T01:00 H3 ada verified merged

02-10T00:10 R2 ada check sev2 roll-back
02-10T00:20 R2 ada restored roll-back
02-11T00:20 R2 ada rca tests

02-20T00:10 V1 ada check sev1 hotfix tried no-flag
02-20T00:20 V1 ada void

03-01T00:10 H4 ada check sev1 hotfix no-earlier-release no-flag
03-01T00:30 H4 ada fix src/a ci
03-01T01:00 H4 bob approve
03-01T03:00 H4 ada deployed v1.2.1
03-01T04:00 H4 ada restored hotfix
03-01T13:00 H4 ada verified merged
03-10T00:00 H4 ada verified reverted

03-05T00:08 R3 ada check sev3 roll-back
03-05T00:08 R3 ada restored roll-back 00:03
03-05T10:03 R3 ada rca no-code

03-20T00:00 R4 ada check sev2 roll-back
03-20T02:00 R4 ada restored other

03-25T00:10 F1 ada check sev3 flag-off older-than-last-release
03-25T00:30 F1 ada restored flag-off
03-26T00:00 F1 ada close

04-01T00:10 N1 ada check sev4 normal-release older-than-last-release no-flag

04-08T00:10 H5 ada check sev1 hotfix schema-changed no-flag @v1.4.0
04-08T01:00 H5 ada fix src/c test
04-09T00:00 H5 ada deployed
";

const NOW: &str = "2026-04-10T00:00:00Z";

/// Tags with the day of their commit; the first is older than the record, and counts nowhere.
const RELEASES: &[(&str, &str)] = &[
    ("v0.9.0", "2025-12-30T00:00"),
    ("v1.0.0", "01-02"),
    ("v1.0.1", "01-10"),
    ("v1.1.0", "02-01"),
    ("v1.1.1", "02-05"),
    ("v1.2.0", "02-28"),
    ("v1.2.1", "03-01"),
    ("v1.3.0", "03-30"),
    ("v1.4.0", "04-05"),
    ("v1.5.0", "04-09"),
];

fn at(text: &str) -> Moment {
    let text = if text.len() == 5 { format!("{text}T00:00") } else { text.to_owned() };
    let year = if text.starts_with("20") { "" } else { "2026-" };
    Moment::parse_from_rfc3339(&format!("{year}{text}:00Z")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), email: format!("{name}@x") }
}

fn no(reason: Option<&str>) -> RungAnswer {
    reason.map_or(RungAnswer::Yes, |reason| RungAnswer::No { reason: reason.to_owned(), evidence: Evidence::None })
}

fn check(day: &str, words: &[&str]) -> Payload {
    let production = words.last().and_then(|last| last.strip_prefix('@'));
    let reasons = &words[2..words.len() - usize::from(production.is_some())];
    let decision = [Decision::RollBack, Decision::FlagOff, Decision::Hotfix, Decision::NormalRelease]
        .into_iter()
        .find(|decision| decision.word() == words[1]);
    let severity = Answered { value: Value::OneOf(words[0].to_owned()), provenance: Provenance::Said };
    Payload::Checked(Arc::new(Checked {
        started: at(day),
        policy: PolicyPin { name: "p".to_owned(), version: 1, source: None, main: None },
        production: production.map(|name| Production {
            name: name.to_owned(),
            commit: ObjectId::ZERO,
            last_good: None,
        }),
        roll_back: no(reasons.first().copied()),
        flag_off: (!reasons.is_empty()).then(|| no(reasons.get(1).copied())),
        facts: BTreeMap::from([("severity".to_owned(), severity)]),
        decision: decision.expect("a decision"),
        rule: None,
        overridden: None,
        demanded: None,
    }))
}

fn fix(path: &str, proof: &str) -> Payload {
    let proof = match proof {
        "test" => Proof::Test,
        "ci" => Proof::Ci,
        "manual" => Proof::Manual,
        _ => Proof::Untested,
    };
    let side = Side { path: RepositoryPath::new(path), id: ObjectId::ZERO, mode: "100644".to_owned() };
    Payload::FixAttached(Arc::new(FixAttached {
        attempt: 1,
        base: None,
        commits: vec![ObjectId::ZERO],
        authors: vec![person("ada")],
        changes: vec![Change { before: None, after: Some(side) }],
        proof,
        guarded_by_flag: false,
    }))
}

fn targets(verdict: Verdict) -> Vec<TargetVerdict> {
    vec![TargetVerdict { target: "main".to_owned(), commit: ObjectId::ZERO, verdict, landings: Vec::new() }]
}

fn payload(moment: &str, words: &[&str]) -> Payload {
    let digest: FixDigest = "a".repeat(64).parse().expect("a digest");
    let day = &moment[..5];
    match words {
        ["check", rest @ ..] => check(day, rest),
        ["fix", path, proof] => fix(path, proof),
        ["approve"] => Payload::Approved(Approved { fix: digest, role: None }),
        ["override", gate] => {
            Payload::Overridden(Overridden { gate: (*gate).to_owned(), until: at(moment), fix: None })
        }
        ["deployed"] => Payload::Deployed(Deployed { at: at(moment), release: None }),
        ["deployed", tag] => {
            let release = Release { tag: (*tag).to_owned(), commit: ObjectId::ZERO };
            Payload::Deployed(Deployed { at: at(moment), release: Some(release) })
        }
        ["restored", by, rest @ ..] => {
            let by = match *by {
                "roll-back" => RestoredBy::RollBack,
                "flag-off" => RestoredBy::FlagOff,
                "hotfix" => RestoredBy::Hotfix,
                _ => RestoredBy::Other,
            };
            let at = rest.first().map_or_else(|| at(moment), |time| at(&format!("{day}T{time}")));
            Payload::Restored(Restored { by, at })
        }
        ["verified", verdict] => {
            let verdict = match *verdict {
                "merged" => Verdict::Merged,
                "missing" => Verdict::Missing,
                _ => Verdict::Reverted,
            };
            Payload::Verified(Verified { targets: targets(verdict) })
        }
        ["rca", "no-code"] => Payload::RcaRecorded(RcaRecorded { no_code_cause: true, ..RcaRecorded::default() }),
        ["rca", gate] => {
            Payload::RcaRecorded(RcaRecorded { escaped_gate: Some((*gate).to_owned()), ..RcaRecorded::default() })
        }
        ["reopen"] => Payload::Reopened(Reopened { because: ReopenedBecause::FixGone }),
        ["close"] => Payload::Closed(Closed { targets: Vec::new() }),
        ["void"] => Payload::Voided(Voided { reason: VoidReason::FalseAlarm, duplicate_of: None }),
        other => panic!("nobody can {other:?}"),
    }
}

fn history(story: &str) -> History {
    let id = |number: usize| {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
        ObjectId::from_bytes(bytes)
    };
    let begun = (at("01-01"), None, person("ada"), Payload::LedgerCreated(LedgerCreated { trusted_ref: None }));
    let events = story.lines().filter(|line| !line.is_empty()).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (at(words[0]), Some(words[1].parse().expect("an id")), person(words[2]), payload(words[0], &words[3..]))
    });
    let commits = std::iter::once(begun).chain(events).enumerate().map(|(number, (at, incident, actor, payload))| {
        let event = Event {
            format: FORMAT,
            id: format!("e{number}"),
            ledger: "L".to_owned(),
            actor,
            at,
            incident,
            texts: BTreeMap::new(),
            payload,
        };
        let parents = number.checked_sub(1).map(id).into_iter().collect();
        Commit { id: id(number), parents, content: Content::Event(Ok(Box::new(event))) }
    });
    let mut commits: Vec<Commit> = commits.collect();
    commits.reverse();
    History::new(commits[0].id, commits)
}

/// The report over so many repositories that all hold the same. Where nothing happened nothing is known of releases either.
pub(crate) fn over(story: &str, repositories: &[&str], since: Option<&str>) -> Report {
    let history = history(story);
    let incidents = replay(&history);
    let releases = || RELEASES.iter().map(|(tag, day)| Released { tag: (*tag).to_owned(), at: at(day) }).collect();
    let ledger = |name: &&str| Ledger {
        name: (*name).to_owned(),
        history: &history,
        incidents: &incidents,
        releases: (!story.is_empty()).then(releases),
        policies: vec![
            PolicyChange { at: at("02-15"), repository: (*name).to_owned(), name: "p".to_owned(), version: 2 },
            PolicyChange { at: at("01-01"), repository: (*name).to_owned(), name: "p".to_owned(), version: 1 },
        ],
        severities: ["sev1", "sev2", "sev3", "sev4"].map(str::to_owned).to_vec(),
    };
    let ledgers: Vec<Ledger<'_>> = repositories.iter().map(ledger).collect();
    report(&ledgers, since.map(at), Moment::parse_from_rfc3339(NOW).expect("a moment"))
}

fn hours(seconds: i64) -> String {
    if seconds % 3600 == 0 { format!("{}h", seconds / 3600) } else { format!("{}min", seconds / 60) }
}

/// All that a metric says, on one line.
fn told(report: &Report, id: &str) -> String {
    let metric = report.metrics.iter().find(|metric| metric.id == id).expect("a metric");
    let mut parts = vec![metric.n.to_string()];
    parts.extend(metric.figures.iter().map(|figure| {
        let value = match figure.value {
            Told::Known(Amount::Count(count)) => count.to_string(),
            Told::Known(Amount::Share { part, whole } | Amount::Per { part, whole, .. }) => format!("{part}/{whole}"),
            Told::Known(Amount::Span { seconds }) => hours(seconds),
            Told::TooLittle { has, needs, .. } => format!("has {has} of {needs}"),
        };
        format!("{} {}{value}", figure.name, if figure.at_least { ">=" } else { "" })
    }));
    match &metric.data {
        Data::Nothing => {}
        Data::Months { unit, series } => parts.extend(series.iter().map(|series| {
            let value = |value: &Option<i64>| match (value, unit) {
                (None, _) => "-".to_owned(),
                (Some(count), Unit::Count) => count.to_string(),
                (Some(seconds), Unit::Seconds) => hours(*seconds),
            };
            format!("{} {}", series.name, series.values.iter().map(value).collect::<Vec<_>>().join(","))
        })),
        Data::Ranking { rows, total, .. } => {
            let rows = rows.iter().map(|row| format!("{} {}/{total}", row.name, row.count));
            parts.push(rows.collect::<Vec<_>>().join(", "));
        }
    }
    parts.join("; ")
}

fn hold(report: &Report, expected: &[(&str, &str)]) {
    for (id, expected) in expected {
        assert_eq!(told(report, id), *expected, "{id}");
    }
}

#[test]
fn every_metric_of_a_ledger_that_was_computed_by_hand() {
    let report = over(STORY, &["shop"], None);
    let months: Vec<String> = report.months.iter().map(Month::to_string).collect();
    assert_eq!(months, ["2026-01", "2026-02", "2026-03", "2026-04"]);
    let Repository { incidents, hotfixes, releases, .. } = report.repositories[0];
    assert_eq!((incidents, hotfixes, releases, report.void), (11, 5, Some(9), 1));
    hold(
        &report,
        &[
            // H1, H2 | H3 | H4 | H5; 4 in the three full months. H1 started exactly 90 days ago, so it is in the 90 days before,
            // of which the ledger, begun 99 days ago, knows only the last nine.
            ("hotfixes-per-month", "5; mean 4/3; last-90-days 4; 90-days-before has 99 of 180; hotfixes 2,1,1,1"),
            // Planned: v1.0.0, v1.1.0, v1.2.0, v1.3.0, v1.4.0, v1.5.0. H4 does not know what production ran.
            ("hotfixes-per-release", "6; rate 5/6; v1.0.0 2/5, v1.1.0 1/5, v1.4.0 1/5"),
            // From 8 to 10 April. Between them lie 10, 16, 24 and 38 days: 38 * 24 = 912.
            ("days-since-last", "5; since-last 48h; longest-gap 912h; median-gap has 4 of 5"),
            // Unplanned: v1.0.1 of H1, H2, v1.1.1 of H3, v1.2.1 of H4, H5; with the six planned 11.
            ("deployment-rework-rate", "11; rate 5/11; unplanned 2,1,1,1; planned 1,2,1,2"),
            // Minutes: R2 20, R1 25, F1 30, H3 60, H1 120, R4 120, H4 240, H2 300, and H5 open for 2880: the fifth is 120.
            // Not R3 (no code), not N1 (it could wait). By month: Jan 25, 120, 300; Feb 20, 60; Mar 30, 120, 240; Apr 2880.
            ("failed-deployment-recovery-time", "9; median 2h; p90 has 9 of 10; still-open 1; median 2h,20min,2h,48h"),
            // Halves of 11: H1, R1, H2, H3, R2 and H4, R3, R4, F1, N1, H5: fewer than ten each.
            (
                "severity-at-opening",
                "11; worst-among-earlier-half has 5 of 10; worst-among-later-half has 6 of 10; sev1 1,1,1,1; sev2 2,1,1,0; \
                 sev3 0,0,2,0; sev4 0,0,0,1",
            ),
            (
                "first-resort-ratio",
                "10; first-resort 5/10; roll-backs 4; flag-offs 1; fixes 5; roll-back 1,1,2,0; flag-off 0,0,1,0; hotfix 2,1,1,1",
            ),
            // H1, H3, H5 | F1, N1 | H4 | H2.
            (
                "roll-back-refused",
                "7; schema-changed 3/7, older-than-last-release 2/7, no-earlier-release 1/7, tried 1/7",
            ),
            ("flag-off-refused", "6; no-flag 5/6, core-function 1/6"),
            // R1 20 minutes, R2 10, R3 3 (recorded afterwards, so from its start); R4 was restored otherwise, H2 tried in vain.
            ("roll-backs", "5; tried 5; succeeded 3/5; median has 3 of 5; p90 has 3 of 10; median 20min,10min,3min,-"),
            // Hours: H1 10, H2 20, H5 open for 24, H3 48 (it was missing at first), H4 open since 1 March 03:00 for 957, for it was
            // reverted. The third of five is 24, and open.
            ("merge-back-time", "5; median >=24h; p90 has 5 of 10; still-open 2; median 10h,48h,957h,24h"),
            // Hours: H3 2, R1 4, H2 10, R3 10, H1 24, R2 24, R4 open for 502 since 20 March 02:00, H4 open for 956 since 1 March
            // 04:00; the fourth of eight is 10. Not F1, closed without one, nor H5 and N1, which are not back.
            // By month: Jan 4, 10, 24; Feb 2, 24; Mar 10, 502, 956. R3: 10:03 - 00:03.
            ("rca-lag", "8; median 10h; p90 has 8 of 10; still-open 2; median 10h,2h,502h,-"),
            // R3's analysis names none.
            ("leaked-gate", "5; tests 3/5, alert 1/5, staging 1/5"),
            // H2 repeats H1; H3 is alone.
            ("repeat-causes", "3; repeats has 3 of 10; came-back 0; tests: src/a 2/3"),
            // H1, H2, H4.
            ("hotspot-paths", "5; src/a 3/5"),
            ("override-share", "11; overridden 1/11; overrides 1; unreviewed 1; approval-missing 1/1"),
            // Late: H2, whose author's own word does not count; never: H3, H5.
            ("late-approval-share", "5; late has 5 of 10; never has 5 of 10"),
            (
                "untested-share",
                "5; untested has 5 of 10; a test 2/5, a manual check 1/5, a run of continuous integration 1/5, nothing 1/5",
            ),
        ],
    );
    assert_eq!(report.metrics.len(), 18, "each has its line above");
    assert!(report.metrics.iter().all(|metric| metric.definition.len() > 40 && !metric.source.is_empty()));
}

/// Twice the same ledger doubles every n, and with it comes what one alone has too little data for.
#[test]
fn two_repositories_are_told_together_and_apart() {
    let report = over(STORY, &["shop", "bank"], None);
    assert_eq!(report.repositories.iter().map(|it| it.hotfixes).collect::<Vec<_>>(), [5, 5]);
    hold(
        &report,
        &[
            // Between twice five hotfixes lie 0, 10, 0, 16, 0, 24, 0, 38, 0 days: the fifth of them in order is 0.
            ("days-since-last", "10; since-last 48h; longest-gap 912h; median-gap 0h"),
            ("deployment-rework-rate", "22; rate 10/22; unplanned 4,2,2,2; planned 2,4,2,4"),
            // Minutes, each twice: the ninth of 18 is 120, the 17th (16.2, up) is 2880 and open.
            ("failed-deployment-recovery-time", "18; median 2h; p90 >=48h; still-open 2; median 2h,20min,2h,48h"),
            // H1, R1, H2, H3, R2 twice, and H4: sev1 are H1, H3 twice, and H4 once: 11 of the 22, then the other half.
            (
                "severity-at-opening",
                "22; worst-among-earlier-half 5/11; worst-among-later-half 3/11; sev1 2,2,2,2; sev2 4,2,2,0; sev3 0,0,4,0; \
                 sev4 0,0,0,2",
            ),
            // Three roll backs with a time, each twice: 3, 3, 10, 10, 20, 20: the third is 10.
            ("roll-backs", "10; tried 10; succeeded 6/10; median 10min; p90 has 6 of 10; median 20min,10min,3min,-"),
            // 10, 10, 20, 20, 24 open, 24 open, 48, 48, 957 open twice: the fifth and the ninth.
            ("merge-back-time", "10; median >=24h; p90 >=957h; still-open 4; median 10h,48h,957h,24h"),
            ("late-approval-share", "10; late 2/10; never 4/10"),
            // A file of one repository is not the file of another.
            ("hotspot-paths", "10; bank: src/a 3/10, shop: src/a 3/10"),
            ("repeat-causes", "6; repeats has 6 of 10; came-back 0; tests: bank: src/a 2/6, tests: shop: src/a 2/6"),
        ],
    );
}

#[test]
fn what_started_before_is_left_out_and_so_are_its_releases_and_policies() {
    let report = over(STORY, &["shop"], Some("03-01"));
    assert_eq!(report.months.iter().map(Month::to_string).collect::<Vec<_>>(), ["2026-03", "2026-04"]);
    assert!(report.policy_changes.is_empty());
    hold(
        &report,
        &[
            // H4, H5; one full month.
            ("hotfixes-per-month", "2; mean has 1 of 3; last-90-days 2; 90-days-before has 40 of 180; hotfixes 1,1"),
            // v1.2.1 of H4 and H5 beside v1.3.0, v1.4.0 and v1.5.0.
            ("deployment-rework-rate", "5; rate has 5 of 10; unplanned 1,1; planned 1,2"),
        ],
    );
    let all = over(STORY, &["shop"], None);
    assert_eq!(all.policy_changes.iter().map(|change| change.version).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn nothing_is_told_of_nothing() {
    let report = over("", &["shop"], None);
    assert_eq!(report.months.len(), 4, "the record began in January");
    for metric in &report.metrics {
        let none = [Amount::Count(0), Amount::Per { part: 0, whole: 3, each: "month" }].map(Told::Known);
        let told = |figure: &&Figure| !matches!(figure.value, Told::TooLittle { .. }) && !none.contains(&figure.value);
        let known = metric.figures.iter().filter(told);
        assert_eq!(known.count(), 0, "{}", metric.id);
    }
    let value = serde_json::to_value(&report).expect("it is JSON");
    assert_eq!(value["metrics"]["days-since-last"]["figures"]["since-last"]["too_little"]["needs"], 1);
}

/// A proof that was lost is owed again from the deployment on, and one that came back counts from when it did.
#[test]
fn only_an_unbroken_proof_counts() {
    let story = "
04-01T00:00 A ada check sev1 hotfix tried no-flag
04-01T00:00 A ada fix src/a test
04-01T01:00 A ada deployed
04-01T02:00 A ada verified merged
";
    for (more, expected) in [
        ("", "10h"),
        ("04-01T09:00 A ada verified merged", "10h"),
        ("04-02T01:00 A ada verified reverted", "open"),
        ("04-02T01:00 A ada verified reverted\n04-03T01:00 A ada verified merged", "48h"),
        // Another fix: neither is it proven nor does production run it.
        ("04-02T01:00 A ada fix src/b test", "nothing"),
        ("04-02T01:00 A ada fix src/b test\n04-02T03:00 A ada deployed\n04-02T05:00 A ada verified merged", "2h"),
    ] {
        let story = story.replace("04-01T02:00", "04-01T11:00");
        let report = over(&format!("{story}{more}"), &["shop"], None);
        let metric = report.metrics.iter().find(|metric| metric.id == "merge-back-time").expect("a metric");
        let Data::Months { series, .. } = &metric.data else { panic!("no series") };
        let open = metric.figures.iter().any(|figure| figure.value == Told::Known(Amount::Count(1)));
        let value = series[0].values[3].map_or_else(|| "nothing".to_owned(), hours);
        assert_eq!(if open { "open".to_owned() } else { value }, expected, "{more}");
    }
}

#[test]
fn a_fix_that_was_gone_again_came_back() {
    let story = format!("{STORY}\n01-12T00:00 H1 ada reopen");
    let lines: Vec<&str> = story.lines().collect();
    let report = over(&lines.join("\n"), &["shop"], None);
    assert!(told(&report, "repeat-causes").contains("came-back 1"));
}
