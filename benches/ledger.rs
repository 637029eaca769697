//! `hotfix status`, a report, a record and a sync beside `git log --format=%B` over the same ledger, whole processes.
//!
//! ```text
//! cargo bench --bench ledger               100, 1,000 and 10,000 incidents of ten events each
//! cargo bench --bench ledger -- 1000       that many
//! cargo bench --bench ledger -- audit 1000 an audit of that many, without and with signatures
//! ```

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark runs programs and ends where it can't")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotfix::domain::event::{
    Answered, Checked, Closed, Decision, Deployed, Event, Evidence, FORMAT, FixAttached, LedgerCreated, Payload,
    PolicyPin, Production, Proof, Provenance, RcaAccepted, RcaRecorded, Release, Restored, RestoredBy, RungAnswer,
    Started, TargetVerdict, Verified,
};
use hotfix::domain::identity::{Moment, ObjectId, Person};
use hotfix::domain::merge_back::Verdict;
use hotfix::domain::policy::Value;
use hotfix::git::objects::EMPTY_TREE;
use hotfix::ledger::codec;
use hotfix::ledger::refs::LEDGER;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

/// Runs of each program; the fastest counts.
const RUNS: usize = 5;
/// The incidents that are still open, the newest ones.
const OPEN: usize = 50;

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 1_000, 10_000] } else { sizes };
    println!("incidents  what                       hotfix    git log  ratio");
    match std::env::args().any(|argument| argument == "audit") {
        false => sizes.into_iter().for_each(measure),
        true => sizes
            .into_iter()
            .for_each(|incidents| [false, true].into_iter().for_each(|signed| audit(incidents, signed))),
    }
}

struct Bench {
    directory: tempfile::TempDir,
    incidents: usize,
    floor: Duration,
}

impl Bench {
    fn command(&self, program: &str, directory: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.directory.path().join(directory))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.com")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// The time of the fastest run; `before` makes ready for each.
    fn fastest(&self, (program, directory): (&str, &str), arguments: &[&str], before: impl Fn()) -> Duration {
        let once = || {
            before();
            let start = Instant::now();
            let output = self.command(program, directory).args(arguments).stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{arguments:?}: {said}");
            start.elapsed()
        };
        (0..RUNS).map(|_| once()).min().unwrap()
    }

    fn hotfix(&self, what: &str, directory: &str, arguments: &[&str], before: impl Fn()) {
        self.tell(what, self.fastest((env!("CARGO_BIN_EXE_hotfix"), directory), arguments, before));
    }

    fn tell(&self, what: &str, time: Duration) {
        let ratio = time.as_secs_f64() / self.floor.as_secs_f64();
        let [time, floor] = [time, self.floor].map(|time| format!("{:.1} ms", time.as_secs_f64() * 1e3));
        println!("{:>9}  {what:<22} {time:>10} {floor:>10}  {ratio:>5.2}", self.incidents);
    }

    fn head(&self, directory: &str) -> String {
        let output =
            self.command("git", directory).args(["rev-parse", "HEAD"]).stdout(Stdio::piped()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn git(&self, directory: &str, arguments: &[&str]) {
        assert!(self.command("git", directory).args(arguments).status().unwrap().success(), "{arguments:?}");
    }

    /// Takes away what was kept from earlier reads.
    fn forget(&self, directory: &str) {
        std::fs::remove_file(self.directory.path().join(directory).join("hotfix/list")).ok();
    }
}

fn measure(incidents: usize) {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench { directory, incidents, floor: Duration::ZERO };
    bench.git(".", &["init", "-q", "--bare", "-b", "main", "origin"]);
    write(&bench.directory.path().join("origin"), incidents);
    bench.git("origin", &["repack", "-q", "-a", "-d"]);
    let pack = size(&bench.directory.path().join("origin/objects/pack"));
    bench.git(".", &["clone", "-q", "--bare", "origin", "ours"]);
    bench.git(
        "ours",
        &["fetch", "-q", "origin", &format!("{LEDGER}:{LEDGER}"), &format!("{LEDGER}:refs/hotfix-local/shared")],
    );
    bench.git("ours", &["remote", "rm", "origin"]);
    bench.floor = bench.fastest(("git", "ours"), &["log", "--format=%B", LEDGER], || ());
    println!("{incidents:>9}  size of the pack       {:>7.1} MB", pack as f64 / 1e6);
    bench.hotfix("cold status", "ours", &["status"], || bench.forget("ours"));
    bench.hotfix("warm status", "ours", &["status"], || ());
    bench.hotfix("show one incident", "ours", &["show", "INC-7"], || ());
    bench.hotfix("report", "ours", &["report"], || ());
    bench.hotfix("one record", "ours", &["restored", &format!("INC-{}", incidents - 1), "--by", "other"], || ());
    bench.hotfix("status after a record", "ours", &["status"], || ());
    let (none, head) = ("0".repeat(40), bench.head("ours"));
    bench.hotfix("a push, hook on", "ours", &["gate", "--hook", "update", "refs/heads/topic", &none, &head], || ());
    let fresh = || {
        std::fs::remove_dir_all(bench.directory.path().join("fresh")).ok();
        bench.git(".", &["clone", "-q", "--bare", "origin", "fresh"]);
    };
    bench.hotfix("first sync", "fresh", &["sync"], fresh);
    bench.hotfix("sync without news", "fresh", &["sync"], || ());
    bench.tell("git ls-remote", bench.fastest(("git", "fresh"), &["ls-remote", "origin", "refs/hotfix/*"], || ()));
}

fn size(directory: &Path) -> u64 {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), email: format!("{}@example.com", name.to_lowercase()) }
}

/// An audit, and what reading costs where only signed events count.
fn audit(incidents: usize, signed: bool) {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench { directory, incidents, floor: Duration::ZERO };
    bench.git(".", &["init", "-q", "-b", "main", "ours"]);
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]));
    let policy = bench.directory.path().join("ours/policy");
    std::fs::create_dir(&policy).unwrap();
    std::fs::write(
        policy.join("allowed_signers"),
        format!("*@example.com {}\n", key.public_key().to_openssh().unwrap()),
    )
    .unwrap();
    let (count, text) = ("identity: unverified", include_str!("../policy/hotfix.yaml"));
    let text = if signed { text.replace(count, "identity: signed") } else { text.to_owned() };
    std::fs::write(policy.join("hotfix.yaml"), text).unwrap();
    bench.git("ours", &["add", "policy"]);
    bench.git("ours", &["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "Policy"]);
    write_objects(&bench.directory.path().join("ours"), incidents, signed.then_some(&key));
    bench.git("ours", &["repack", "-q", "-a", "-d"]);
    bench.floor = bench.fastest(("git", "ours"), &["log", "--format=%B", LEDGER], || ());
    let with = if signed { "signed" } else { "unsigned" };
    let forget = || {
        std::fs::remove_dir_all(bench.directory.path().join("ours/.git/hotfix")).ok();
    };
    bench.hotfix(&format!("audit --full, {with}"), "ours", &["audit", "--full"], forget);
    bench.hotfix(&format!("audit, {with}"), "ours", &["audit"], || ());
    bench.hotfix(&format!("cold status, {with}"), "ours", &["status"], forget);
    bench.hotfix(&format!("warm status, {with}"), "ours", &["status"], || ());
}

/// The ledger as objects, signed with a key or not: `git fast-import` knows no signatures.
fn write_objects(repository: &Path, incidents: usize, key: Option<&PrivateKey>) {
    let git = git2::Repository::open(repository).unwrap();
    let objects = git.odb().unwrap();
    objects.write(git2::ObjectType::Tree, b"").unwrap();
    let mut tip: Option<ObjectId> = None;
    each_event(incidents, |event| {
        let mut bytes = codec::event_commit(event, EMPTY_TREE, tip).unwrap();
        if let Some(key) = key {
            let signature = key.sign("git", HashAlg::Sha512, &bytes).unwrap().to_pem(LineEnding::LF).unwrap();
            let header = format!("\ngpgsig {}", signature.trim_end().replace('\n', "\n "));
            let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
            bytes.splice(end..end, header.into_bytes());
        }
        tip = objects.write(git2::ObjectType::Commit, &bytes).unwrap().to_string().parse().ok();
    });
    let tip = git2::Oid::from_bytes(tip.unwrap().as_bytes()).unwrap();
    git.reference(LEDGER, tip, true, "").unwrap();
}

/// The ledger as one stream for `git fast-import`.
fn write(repository: &Path, incidents: usize) {
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(repository)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = std::io::BufWriter::new(import.stdin.take().unwrap());
    write!(stream, "commit refs/heads/main\ncommitter A <a@example.com> 1500000000 +0000\ndata 1\nx\n").unwrap();
    let mut number = 0_u64;
    each_event(incidents, |event| {
        let commit = String::from_utf8(codec::event_commit(event, EMPTY_TREE, None).unwrap()).unwrap();
        let (headers, message) = commit.split_once("\n\n").unwrap();
        let people = headers.split_once('\n').unwrap().1;
        let from = if number == 0 { String::new() } else { format!("from :{number}\n") };
        number += 1;
        write!(stream, "commit {LEDGER}\nmark :{number}\n{people}\ndata {}\n{message}{from}", message.len()).unwrap();
    });
    drop(stream);
    assert!(import.wait().unwrap().success());
}

/// Makes the events of so many incidents, ten each.
fn each_event(incidents: usize, mut take: impl FnMut(&Event)) {
    let start = Moment::parse_from_rfc3339("2020-01-01T00:00:00+01:00").unwrap();
    let mut number = 0_u64;
    let mut put = |incident: Option<usize>, actor: &str, payload: Payload| {
        let event = Event {
            format: FORMAT,
            id: format!("019cb6f0-9b40-7000-8000-{number:012x}"),
            ledger: "6a2f41a3-c54c-4ce8-b0c3-5a0b8f9d0c11".to_owned(),
            actor: person(actor),
            at: start + chrono::TimeDelta::minutes(i64::try_from(number).unwrap()),
            incident: incident.map(|incident| format!("INC-{incident}").parse().unwrap()),
            texts: BTreeMap::new(),
            payload,
        };
        number += 1;
        take(&event);
        event.id
    };
    put(None, "Ada", Payload::LedgerCreated(LedgerCreated { trusted_ref: None }));
    for incident in 0..incidents {
        for payload in events(start, incident + OPEN < incidents) {
            put(Some(incident), "Ada", payload);
        }
        let rca = put(
            Some(incident),
            "Ada",
            Payload::RcaRecorded(RcaRecorded { no_code_cause: false, escaped_gate: None, actions: vec![] }),
        );
        put(Some(incident), "Grace", Payload::RcaAccepted(RcaAccepted { analysis: rca }));
        let payload = if incident + OPEN < incidents {
            Payload::Closed(Closed { targets: vec![verdict()] })
        } else {
            Payload::Verified(Verified { targets: vec![verdict()] })
        };
        put(Some(incident), "Ada", payload);
    }
}

fn commit() -> ObjectId {
    ObjectId::from_bytes([7; 20])
}

fn verdict() -> TargetVerdict {
    let landings = vec![commit()];
    TargetVerdict { target: "refs/remotes/origin/main".into(), commit: commit(), verdict: Verdict::Merged, landings }
}

/// The first seven events of an incident.
fn events(at: Moment, restored: bool) -> Vec<Payload> {
    let said = |value: &str| Answered { value: Value::OneOf(value.into()), provenance: Provenance::Said };
    let facts = [("severity", "sev1"), ("why_now", "money"), ("affected", "most"), ("workaround", "none")];
    let reason = |reason: &str, evidence| RungAnswer::No { reason: reason.into(), evidence };
    let checked = Checked {
        started: at,
        policy: PolicyPin { name: "built-in".into(), version: 1, source: None, main: Some("main".into()) },
        production: Some(Production {
            name: "v1.2.0".into(),
            commit: commit(),
            last_good: Some(Release { tag: "v1.1.0".into(), commit: commit() }),
        }),
        roll_back: reason("schema-changed", Evidence::Commit { commit: commit() }),
        flag_off: Some(reason("no-flag", Evidence::None)),
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), said(value))).collect(),
        decision: Decision::Hotfix,
        rule: Some("production-down".into()),
        overridden: None,
        demanded: None,
    };
    let fix = FixAttached {
        attempt: 1,
        base: Some(commit()),
        commits: vec![commit()],
        authors: vec![person("Ada")],
        changes: Vec::new(),
        proof: Proof::Test,
        guarded_by_flag: false,
    };
    let release = Some(Release { tag: "v1.2.1".into(), commit: commit() });
    let by = if restored { RestoredBy::Hotfix } else { RestoredBy::Other };
    let started = Payload::Started(Started { attempt: 1, branch: "hotfix/INC".into(), base: commit() });
    // What is open is looked at in git, where this ledger's commits are not: those have no fix.
    let fix = if restored { Payload::FixAttached(Arc::new(fix)) } else { started.clone() };
    vec![
        Payload::Checked(Arc::new(checked.clone())),
        Payload::Checked(Arc::new(checked)),
        started,
        fix,
        Payload::Deployed(Deployed { at, release }),
        Payload::Restored(Restored { by, at }),
        Payload::Verified(Verified { targets: vec![verdict()] }),
    ]
}
