//! A repository with a past: years of releases, policies and incidents, made up but always the same.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::TimeDelta;
use hotfix::domain::digest::FixDigest;
use hotfix::domain::event::*;
use hotfix::domain::identity::{Moment, ObjectId, Person, RepositoryPath};
use hotfix::domain::merge_back::Verdict;
use hotfix::domain::policy::Value;
use hotfix::git::objects::EMPTY_TREE;
use hotfix::ledger::codec;
use hotfix::ledger::refs::LEDGER;

use crate::place::{ADA, Place};

/// A fixed sequence of numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// True in so many of a hundred.
    fn in_hundred(&mut self, count: u64) -> bool {
        self.below(100) < count
    }
}

/// The first and the last month of so many incidents.
fn months(incidents: usize) -> i64 {
    i64::try_from(incidents / 5).unwrap().clamp(18, 120)
}

fn end() -> Moment {
    Moment::parse_from_rfc3339("2026-10-31T12:00:00+00:00").unwrap()
}

/// A repository with releases, three policies and so many incidents.
pub(crate) fn place(incidents: usize) -> Place {
    place_of("6a2f41a3-c54c-4ce8-b0c3-5a0b8f9d0c11", incidents)
}

/// The same with a ledger of that id.
pub(crate) fn place_of(ledger: &str, incidents: usize) -> Place {
    let place = Place::new();
    let count = months(incidents);
    let begin = end() - TimeDelta::days(count * 30);
    let commit = |at: Moment, path: &str, text: &str| {
        place.write(path, text);
        place.git(&["add", "--", path]);
        let date = at.to_rfc3339();
        let mut git = place.command("git", &place.path(), ADA);
        git.args(["commit", "-q", "-m", text.lines().next().unwrap()]);
        git.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        assert!(git.status().unwrap().success());
        place.git(&["rev-parse", "HEAD"])
    };
    let built_in = include_str!("../../policy/hotfix.yaml").replace("name: built-in", "name: shop");
    let mut pins = vec![PolicyPin { name: "built-in".into(), version: 1, source: None, main: Some("main".into()) }];
    for month in 0..count {
        let at = begin + TimeDelta::days(month * 30);
        for version in [1, 2].into_iter().filter(|version| month == count * i64::from(*version) / 3) {
            let text = built_in.replace("\nversion: 1", &format!("\nversion: {version}"));
            let id = commit(at, "policy/hotfix.yaml", &text).parse().unwrap();
            let blob = place.git(&["rev-parse", "HEAD:policy/hotfix.yaml"]).parse().unwrap();
            let source = Some(PolicySource { commit: id, blob, kept: vec![] });
            pins.push(PolicyPin { name: "shop".into(), version, source, main: None });
        }
        commit(at + TimeDelta::hours(1), "shop.rs", &format!("Release {month}\n"));
        place.git(&["tag", &format!("v1.{month}.0")]);
    }
    write_ledger(&place.path(), ledger, incidents, &pins);
    place
}

fn write_ledger(repository: &Path, ledger: &str, incidents: usize, pins: &[PolicyPin]) {
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(repository)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = std::io::BufWriter::new(import.stdin.take().unwrap());
    let mut number = 0_u64;
    let mut put = |incident: Option<usize>, name: &str, at: Moment, payload: Payload| {
        let event = Event {
            format: FORMAT,
            id: format!("019cb6f0-9b40-7000-8000-{number:012x}"),
            ledger: ledger.to_owned(),
            actor: person(name),
            at,
            incident: incident.map(|incident| format!("INC-{incident}").parse().unwrap()),
            texts: BTreeMap::new(),
            payload,
        };
        let commit = String::from_utf8(codec::event_commit(&event, EMPTY_TREE, None).unwrap()).unwrap();
        let (headers, message) = commit.split_once("\n\n").unwrap();
        let people = headers.split_once('\n').unwrap().1;
        let from = if number == 0 { String::new() } else { format!("from :{number}\n") };
        number += 1;
        // What a fix keeps reachable lies in its event's own tree, and in no later one.
        let kept = event.payload.keeps();
        let kept: String = kept.iter().map(|id| format!("M 100644 {id} {id}\n")).collect();
        let length = message.len();
        write!(stream, "commit {LEDGER}\nmark :{number}\n{people}\ndata {length}\n{message}{from}deleteall\n{kept}\n")
            .unwrap();
        event.id
    };
    let begin = end() - TimeDelta::days(months(incidents) * 30);
    put(None, "Ada", begin, Payload::LedgerCreated(LedgerCreated { trusted_ref: None }));
    let mut chance = Chance(42);
    for incident in 0..incidents {
        // Ever rarer: the square root crowds them at the beginning.
        let whole = (end() - begin).num_seconds() as f64;
        let share = 1.0 - (1.0 - incident as f64 / incidents as f64).sqrt();
        let started = begin + TimeDelta::seconds((whole * share) as i64);
        let pin = &pins[usize::try_from((started - begin).num_seconds() * 3 / (end() - begin).num_seconds()).unwrap()];
        one(&mut chance, incident, started, pin, &mut |who, minutes, payload| {
            put(Some(incident), who, started + TimeDelta::minutes(minutes), payload)
        });
    }
    drop(stream);
    assert!(import.wait().unwrap().success());
}

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), email: format!("{}@example.com", name.to_lowercase()) }
}

/// The blob of a file that holds `Release 0`: the one thing that all fixes change.
fn id() -> ObjectId {
    "3dec64ce5c8d9e7bcf2245378bad37f4cf940c54".parse().unwrap()
}

/// One incident from its check to its end, if it has one.
fn one(
    chance: &mut Chance,
    number: usize,
    started: Moment,
    pin: &PolicyPin,
    put: &mut dyn FnMut(&str, i64, Payload) -> String,
) {
    let decision = match chance.below(100) {
        0..25 => Decision::RollBack,
        25..35 => Decision::FlagOff,
        35..95 => Decision::Hotfix,
        _ => Decision::NormalRelease,
    };
    let who = chance.one_of(&["Ada", "Linus", "Edsger"]);
    put(who, 5, check(chance, started, pin, decision));
    if chance.in_hundred(3) {
        put(who, 9, Payload::Voided(Voided { reason: VoidReason::FalseAlarm, duplicate_of: None }));
        return;
    }
    let mut now = 10 + i64::try_from(chance.below(120)).unwrap();
    let mut by = match decision {
        Decision::RollBack if chance.in_hundred(85) => RestoredBy::RollBack,
        Decision::FlagOff => RestoredBy::FlagOff,
        _ => RestoredBy::Other,
    };
    if decision == Decision::Hotfix {
        fix(chance, number, (started, now), put);
        by = RestoredBy::Hotfix;
    }
    now += 30;
    if chance.in_hundred(97) {
        put(who, now, Payload::Restored(Restored { by, at: started + TimeDelta::minutes(now) }));
    }
    now += i64::try_from(chance.below(8 * 24 * 60)).unwrap();
    if chance.in_hundred(90) {
        let gate = chance.one_of(&["tests", "tests", "tests", "review", "review", "staging", "alert", "none-existed"]);
        let rca =
            RcaRecorded { no_code_cause: chance.in_hundred(10), escaped_gate: Some(gate.into()), actions: vec![] };
        let analysis = put(who, now, Payload::RcaRecorded(rca));
        put("Grace", now + 60, Payload::RcaAccepted(RcaAccepted { analysis }));
        if chance.in_hundred(95) {
            put("Grace", now + 90, Payload::Closed(Closed { targets: vec![] }));
        }
    }
}

fn check(chance: &mut Chance, started: Moment, pin: &PolicyPin, decision: Decision) -> Payload {
    let no = |reason: &str| RungAnswer::No { reason: reason.to_owned(), evidence: Evidence::None };
    let why =
        chance.one_of(&["schema-changed", "schema-changed", "older-than-last-release", "tried", "dependency-moved"]);
    let flag = chance.one_of(&["no-flag", "no-flag", "core-function"]);
    let severity = chance.one_of(&["sev1", "sev2", "sev2", "sev3", "sev4"]);
    let severity = Answered { value: Value::OneOf(severity.to_owned()), provenance: Provenance::Said };
    let name = format!("v1.{}.0", chance.below(18));
    Payload::Checked(Arc::new(Checked {
        started,
        policy: pin.clone(),
        production: Some(Production { name, commit: id(), last_good: None }),
        roll_back: if decision == Decision::RollBack { RungAnswer::Yes } else { no(why) },
        flag_off: match decision {
            Decision::RollBack => None,
            Decision::FlagOff => Some(RungAnswer::Yes),
            Decision::Hotfix | Decision::NormalRelease => Some(no(flag)),
        },
        facts: BTreeMap::from([("severity".to_owned(), severity)]),
        decision,
        rule: None,
        overridden: None,
        demanded: None,
    }))
}

fn fix(
    chance: &mut Chance,
    number: usize,
    (started, from): (Moment, i64),
    put: &mut dyn FnMut(&str, i64, Payload) -> String,
) {
    let path = chance.one_of(&[
        "src/checkout/payment_service.rs",
        "src/checkout/totals.rs",
        "src/login.rs",
        "db/migrations/20260101_orders.sql",
        "config/limits.yaml",
    ]);
    let side = Side { path: RepositoryPath::new(path), id: id(), mode: "100644".to_owned() };
    let proof = [Proof::Test, Proof::Ci, Proof::Manual, Proof::Untested][usize::try_from(chance.below(4)).unwrap()];
    let branch = format!("hotfix/INC-{number}");
    put("Ada", from, Payload::Started(Started { attempt: 1, branch, base: id() }));
    let attached = FixAttached {
        attempt: 1,
        base: Some(id()),
        commits: vec![id()],
        authors: vec![person("Ada")],
        changes: vec![Change { before: None, after: Some(side) }],
        proof,
        guarded_by_flag: false,
    };
    put("Ada", from + 10, Payload::FixAttached(Arc::new(attached)));
    let digest: FixDigest = "a".repeat(64).parse().unwrap();
    if chance.in_hundred(10) {
        let until = end();
        put("Ada", from + 12, Payload::Overridden(Overridden { gate: "approval-missing".into(), until, fix: None }));
    } else if chance.in_hundred(80) {
        put("Grace", from + 15, Payload::Approved(Approved { fix: digest, role: None }));
    }
    let release = Release { tag: format!("v1.0.{number}"), commit: id() };
    let at = started + TimeDelta::minutes(from + 20);
    put("Ada", from + 20, Payload::Deployed(Deployed { at, release: Some(release) }));
    let target =
        |verdict| TargetVerdict { target: "refs/heads/main".into(), commit: id(), verdict, landings: Vec::new() };
    if chance.in_hundred(92) {
        let after = i64::try_from(chance.below(5 * 24 * 60)).unwrap();
        put("Ada", from + 20 + after, Payload::Verified(Verified { targets: vec![target(Verdict::Merged)] }));
    }
}
