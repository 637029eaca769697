//! `hotfix audit`, against everything that a forger, a mistake or a newer version may do to the record.

use std::sync::Arc;

use hotfix::domain::event::{Closed, Decision, Event, LedgerCreated, Payload, RcaAccepted, TargetVerdict};
use hotfix::domain::identity::{ObjectId, Person};
use hotfix::domain::merge_back::Verdict;
use hotfix::git::objects::EMPTY_TREE;
use hotfix::ledger::codec;
use serde_json::Value;

use crate::place::{ANALYSIS, GRACE, Place};
use crate::road::QUALIFIES;

const LEDGER: &str = "refs/hotfix/ledger";

/// A shop in which INC-42 is open, with a hand that can write what it likes into the ledger.
struct Scene {
    place: Place,
    git: git2::Repository,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        place.commit("shop.rs", "one\n", "The shop");
        place.git(&["tag", "v1.0.0"]);
        place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
        Self { git: git2::Repository::open(place.path()).unwrap(), place }
    }

    fn tip(&self) -> ObjectId {
        self.git.refname_to_id(LEDGER).unwrap().to_string().parse().unwrap()
    }

    fn commit(&self, id: ObjectId) -> git2::Commit<'_> {
        self.git.find_commit(git2::Oid::from_bytes(id.as_bytes()).unwrap()).unwrap()
    }

    fn parent(&self, id: ObjectId) -> ObjectId {
        self.commit(id).parent_id(0).unwrap().to_string().parse().unwrap()
    }

    /// The event at a commit of the ledger.
    fn event(&self, id: ObjectId) -> Event {
        codec::decode(self.commit(id).message_raw_bytes()).unwrap()
    }

    /// Writes any bytes as a commit, and makes it the ledger's newest.
    fn put(&self, bytes: &[u8]) -> ObjectId {
        self.git.odb().unwrap().write(git2::ObjectType::Tree, b"").unwrap();
        let id = self.git.odb().unwrap().write(git2::ObjectType::Commit, bytes).unwrap();
        self.git.reference(LEDGER, id, true, "").unwrap();
        id.to_string().parse().unwrap()
    }

    /// Puts an event on top of a commit, as this program would write it.
    fn put_event(&self, event: &Event, on: ObjectId) -> ObjectId {
        self.put(&codec::event_commit(event, EMPTY_TREE, Some(on)).unwrap())
    }

    /// Puts a new event on top: the newest one, changed.
    fn forge(&self, change: impl FnOnce(&mut Event)) -> ObjectId {
        let tip = self.tip();
        let mut event = self.event(tip);
        event.id = "019cb6f0-9b40-7000-8000-00000000000a".into();
        change(&mut event);
        self.put_event(&event, tip)
    }

    /// The codes of what is found; the exit code fits.
    #[track_caller]
    fn codes(&self) -> Vec<String> {
        self.audit(&[]).0
    }

    #[track_caller]
    fn audit(&self, arguments: &[&str]) -> (Vec<String>, Value) {
        let report = self.place.json(&[&["audit"], arguments].concat());
        let found = report["findings"].as_array().unwrap_or_else(|| panic!("{report:#}"));
        let codes: Vec<_> = found.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
        assert_eq!(report["exit"]["code"], i32::from(!codes.is_empty()), "{report:#}");
        (codes, report)
    }

    /// The message of the only finding, which has this code.
    #[track_caller]
    fn only(&self, code: &str) -> String {
        let (codes, report) = self.audit(&[]);
        assert_eq!(codes, [code], "{report:#}");
        report["findings"][0]["message"].as_str().unwrap().to_owned()
    }

    fn anchor_tag(&self, name: &str) {
        let trailer = self.place.hotfix(&["anchor"]).exits(0).out;
        self.place.git(&["tag", "-a", "-m", &format!("{name}\n\n{trailer}"), name]);
    }
}

#[test]
fn an_honest_record_has_no_findings() {
    let scene = Scene::new();
    scene.place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    scene.place.hotfix_by(GRACE, &["check", "INC-42", "--set", "why_now=data"]).exits(0);
    scene.anchor_tag("v1.0.1");
    let (codes, report) = scene.audit(&[]);
    assert_eq!(codes, [""; 0], "{report:#}");
    assert_eq!((&report["events"], &report["anchors"], &report["signed"]), (&4.into(), &1.into(), &0.into()));
    assert_eq!(report["people"][0]["person"]["name"], "Ada");
    assert_eq!(report["notes"], Value::Array(vec![]), "{report:#}");
    scene.place.hotfix(&["audit", "--full"]).exits(0).says("Findings: none").says("counts every event");
}

#[test]
fn an_event_that_was_modified_is_found() {
    let scene = Scene::new();
    let tip = scene.tip();
    let honest = String::from_utf8(
        scene.git.odb().unwrap().read(git2::Oid::from_bytes(tip.as_bytes()).unwrap()).unwrap().data().to_vec(),
    )
    .unwrap();
    scene.put(honest.replacen("\"name\":\"Ada\"", "\"name\":\"Eve\"", 1).as_bytes());
    assert!(scene.only("unreadable").contains("made by somebody else"));
}

#[test]
fn an_event_that_was_modified_with_all_its_traces_breaks_the_anchor() {
    let scene = Scene::new();
    scene.anchor_tag("v1.0.1");
    let tip = scene.tip();
    let mut event = scene.event(tip);
    event.actor = Person { name: "Eve".into(), email: "eve@example.com".into() };
    scene.put_event(&event, scene.parent(tip));
    assert!(scene.only("anchor-broken").contains("v1.0.1 names"));
}

#[test]
fn events_that_were_deleted_or_reordered_break_the_anchor() {
    let scene = Scene::new();
    scene.place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    scene.place.hotfix(&["restored", "INC-42", "--by", "roll-back"]).exits(0);
    scene.anchor_tag("v1.0.1");
    let (last, middle) = (scene.tip(), scene.parent(scene.tip()));
    let first = scene.parent(middle);
    scene.git.reference(LEDGER, git2::Oid::from_bytes(middle.as_bytes()).unwrap(), true, "").unwrap();
    scene.only("anchor-broken");
    let swapped = scene.put_event(&scene.event(last), first);
    scene.put_event(&scene.event(middle), swapped);
    scene.only("anchor-broken");
}

#[test]
fn an_anchor_on_main_and_its_count_are_compared_and_one_that_is_broken_is_not_absent() {
    let scene = Scene::new();
    let (tip, honest) = (scene.tip(), scene.place.hotfix(&["anchor"]).exits(0).out);
    assert_eq!(honest, format!("Hotfix-Ledger: {tip} 2\n"));
    scene.place.commit("a", "a", &format!("Merge the release\n\n{honest}"));
    assert_eq!(scene.audit(&[]).1["anchors"], 1);
    scene.place.commit("b", "b", &format!("Lie\n\nHotfix-Ledger: {tip} 3"));
    assert!(scene.only("anchor-broken").contains("counts 3 commits up to"));
    scene.place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scene.place.commit("b", "b", "Slip\n\nhotfix-ledger: newest");
    assert!(scene.only("anchor-broken").contains("can't be read"));
}

#[test]
fn what_is_replayed_is_found() {
    let scene = Scene::new();
    // The same event once more, about another incident, and one from another ledger.
    let tip = scene.tip();
    let mut event = scene.event(tip);
    event.incident = Some("INC-43".parse().unwrap());
    scene.put_event(&event, tip);
    assert!(scene.only("unreadable").starts_with("it repeats the id"));
    let elsewhere = Scene::new();
    let foreign = elsewhere.event(elsewhere.tip());
    elsewhere.git.reference(LEDGER, elsewhere.git.refname_to_id(LEDGER).unwrap(), true, "").unwrap();
    let here = Scene::new();
    here.put_event(&foreign, here.tip());
    assert_eq!(here.only("unreadable"), "it belongs to another ledger");
}

#[test]
fn what_is_oversized_deep_or_no_event_at_all_is_found() {
    let deep = format!("hotfix: x\n\n{}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("hotfix: x\n\n{{\"a\":\"{}\"}}\n", "x".repeat(300_000));
    for message in [&deep, &large, "Fix typo\n", "hotfix: x\n\n{}\n", "hotfix: x\n\n\0\n", ""] {
        let scene = Scene::new();
        let event = scene.event(scene.tip());
        scene.put(&codec::commit(EMPTY_TREE, &[scene.tip()], &event.actor, event.at, message));
        scene.only("unreadable");
        scene.place.hotfix(&["close", "INC-42"]).exits(4);
    }
}

#[test]
fn escapes_bidi_and_nul_in_every_field_reach_no_terminal() {
    const EVIL: &str = "a\u{1b}[2J\u{202e}\u{0}\u{7}\u{2066}b";
    let scene = Scene::new();
    scene.forge(|event| {
        event.actor = Person { name: EVIL.into(), email: EVIL.into() };
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.rule = Some(EVIL.into());
        checked.policy.name = EVIL.into();
        checked.policy.main = Some(EVIL.into());
        let production = checked.production.as_mut().unwrap();
        production.name = EVIL.into();
        let fact = checked.facts.remove("severity").unwrap();
        checked.facts.insert("severity".into(), fact);
    });
    for arguments in [&["audit"][..], &["log"], &["show", "INC-42"], &["status", "--all"], &["keys"]] {
        for format in ["text", "json"] {
            let said = scene.place.hotfix(&[arguments, &["--format", format]].concat());
            assert_ne!(said.code, -1);
            for shown in [&said.out, &said.err] {
                let harm = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}".contains(c);
                assert!(!shown.contains(harm), "{arguments:?} {format}: {shown:?}");
            }
        }
    }
    // A kind and a key of evil's own choice, in what no version of this program writes.
    let event = scene.event(scene.tip());
    for message in [
        format!("hotfix: {EVIL}\n\n{{}}\n"),
        format!("hotfix: x\n\n{{\"format\":9,\"kind\":{}}}\n", serde_json::to_string(EVIL).unwrap()),
    ] {
        scene.put(&codec::commit(EMPTY_TREE, &[scene.tip()], &event.actor, event.at, &message));
        let said = scene.place.hotfix(&["audit"]).exits(1);
        assert!(!said.out.contains(['\u{1b}', '\u{202e}', '\0']), "{:?}", said.out);
    }
}

#[test]
fn a_newer_format_is_listed_and_opens_no_gate() {
    let scene = Scene::new();
    let honest = codec::event_commit(&scene.event(scene.tip()), EMPTY_TREE, Some(scene.tip())).unwrap();
    scene.put(String::from_utf8(honest).unwrap().replace("\"format\":1", "\"format\":7").as_bytes());
    assert!(scene.only("newer-format").contains("in format 7"));
    scene.place.hotfix(&["close", "INC-42"]).exits(4);
}

#[test]
fn a_decision_that_the_policy_did_not_make_is_found() {
    let scene = Scene::new();
    scene.forge(|event| {
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.decision = Decision::NormalRelease;
    });
    assert_eq!(scene.only("decision-not-by-policy"), "its answers lead to hotfix, and normal-release is recorded");
}

#[test]
fn a_price_that_was_left_out_is_found_and_is_due_all_the_same() {
    let scene = Scene::new();
    let answers: Vec<&str> =
        QUALIFIES.iter().map(|word| if *word == "data_at_risk=yes" { "data_at_risk=no" } else { word }).collect();
    let check = |id: &str, more: &[&str]| scene.place.hotfix(&[&["check", id], &answers[..], more].concat()).exits(0);
    check("INC-43", &[]);
    check("INC-44", &["--set", "note=The cache is broken three times over"]);
    assert_eq!(scene.codes(), [""; 0]);
    scene.forge(|event| {
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.demanded = None;
    });
    let message = scene.only("decision-not-by-policy");
    assert_eq!(message, "at 3 points its policy asked for a note more, and that is not what is recorded");
}

#[test]
fn a_reason_that_the_policy_does_not_list_is_found() {
    let scene = Scene::new();
    scene.forge(|event| {
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.facts.clear();
    });
    assert!(scene.only("decision-not-by-policy").contains("these have no answer: severity"));
}

#[test]
fn a_yes_to_ones_own_work_is_found() {
    let scene = Scene::new();
    std::fs::write(scene.place.beside("rca.md"), ANALYSIS).unwrap();
    scene.place.hotfix(&["rca", "INC-42", "--from", scene.place.beside("rca.md").to_str().unwrap()]).exits(0);
    let analysis = scene.event(scene.tip()).id;
    scene.forge(|event| {
        event.payload = Payload::RcaAccepted(RcaAccepted { analysis });
        event.texts.clear();
    });
    assert!(scene.only("self-approval").contains("accepted their own analysis"));
}

#[test]
fn an_approval_of_ones_own_fix_is_found() {
    let scene = Scene::new();
    scene.place.commit("shop.rs", "two\n", "The fix");
    scene.place.hotfix(&[&["fix", "INC-42", "HEAD"], crate::bad_places::PROOF].concat()).exits(0);
    scene.place.hotfix(&["approve", "INC-42"]).exits(1);
    scene.place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    assert_eq!(scene.codes(), [""; 0]);
    scene.forge(|event| event.actor = Person { name: "Ada".into(), email: "ADA@example.com".into() });
    assert!(scene.only("self-approval").contains("approved their own fix"));
}

#[test]
fn an_end_that_came_too_early_and_what_follows_an_end_are_found() {
    let scene = Scene::new();
    scene.forge(|event| event.payload = Payload::Closed(Closed { targets: vec![] }));
    let lacked = scene.only("closed-too-early");
    for code in ["fix-missing", "not-restored", "rca-missing"] {
        assert!(lacked.contains(code), "{lacked}");
    }
    scene.forge(|event| event.id = "019cb6f0-9b40-7000-8000-00000000000b".into());
    assert_eq!(scene.codes(), ["closed-too-early", "after-the-end"]);
}

#[test]
fn an_end_that_rests_on_another_branch_than_the_named_one_is_found() {
    let scene = Scene::new();
    scene.place.git(&["switch", "-q", "-c", "fake"]);
    let fake = scene.place.commit("shop.rs", "two\n", "The fix");
    scene.place.git(&["switch", "-q", "main"]);
    let (before, main) = (scene.tip(), scene.place.git(&["rev-parse", "main"]));
    let codes = |target: &str, commit: &str| {
        scene.git.reference(LEDGER, git2::Oid::from_bytes(before.as_bytes()).unwrap(), true, "").unwrap();
        let (target, commit) = (target.to_owned(), commit.parse().unwrap());
        let asked = TargetVerdict { target, commit, verdict: Verdict::Merged, landings: vec![] };
        scene.forge(|event| event.payload = Payload::Closed(Closed { targets: vec![asked] }));
        scene.audit(&[])
    };
    assert_eq!(codes("refs/heads/main", &main).0, ["closed-too-early"]);
    let (found, report) = codes("refs/heads/main", &fake);
    assert_eq!(found, ["closed-too-early", "closed-elsewhere"], "{report:#}");
    assert_eq!(codes("refs/heads/main", &"1".repeat(40)).0, found);
    let (found, report) = codes("refs/heads/gone", &main);
    assert_eq!(found, ["closed-too-early"]);
    assert!(report["notes"].to_string().contains("rests on gone, which is not here: 1"), "{report:#}");
}

#[test]
fn an_incident_that_nobody_opened_is_found() {
    let scene = Scene::new();
    scene.forge(|event| {
        event.incident = Some("INC-66".parse().unwrap());
        event.payload = Payload::Closed(Closed { targets: vec![] });
    });
    scene.only("never-opened");
}

#[test]
fn a_policy_of_ones_own_choice_is_found() {
    let scene = Scene::new();
    let built_in = include_str!("../../policy/hotfix.yaml").replace("name: built-in", "name: mine");
    scene.place.git(&["switch", "-q", "-c", "mine"]);
    let commit = scene.place.commit("policy/hotfix.yaml", &built_in, "My own policy");
    let blob = scene.place.git(&["rev-parse", "HEAD:policy/hotfix.yaml"]);
    scene.place.git(&["switch", "-q", "main"]);
    scene.forge(|event| {
        event.incident = Some("INC-43".parse().unwrap());
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.started = "2999-01-01T00:00:00Z".parse().unwrap();
        checked.policy.name = "mine".into();
        checked.policy.main = None;
        checked.policy.source = Some(hotfix::domain::event::PolicySource {
            commit: commit.parse().unwrap(),
            blob: blob.parse().unwrap(),
            kept: vec![],
        });
    });
    assert_eq!(scene.only("policy-not-trusted"), "its policy (mine version 1) is not on main");
    // On main it is, but only since after the incident had started.
    scene.place.git(&["merge", "-q", "--ff-only", "mine"]);
    let then = "2000-01-01T00:00:00Z".parse().unwrap();
    scene.forge(|event| {
        event.id = "019cb6f0-9b40-7000-8000-00000000000b".into();
        event.incident = Some("INC-44".parse().unwrap());
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.policy.source.as_mut().unwrap().commit = commit.parse().unwrap();
        checked.policy.version = 2;
        checked.started = then;
        event.at += chrono::TimeDelta::hours(1);
    });
    // Nothing in it is looser than what was before, so it governs what is opened after it.
    assert_eq!(scene.codes(), ["policy-unknown"]);
    // A policy that was loosened for an incident that had started already.
    let looser = built_in.replace("files: 10", "files: 99").replace("version: 1", "version: 2");
    let commit = scene.place.commit("policy/hotfix.yaml", &looser, "Looser");
    let blob = scene.place.git(&["rev-parse", "HEAD:policy/hotfix.yaml"]);
    scene.forge(|event| {
        event.id = "019cb6f0-9b40-7000-8000-00000000000e".into();
        event.incident = Some("INC-45".parse().unwrap());
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.started = event.at - chrono::TimeDelta::hours(2);
        event.at += chrono::TimeDelta::hours(1);
        let source = checked.policy.source.as_mut().unwrap();
        (source.commit, source.blob) = (commit.parse().unwrap(), blob.parse().unwrap());
    });
    let report = scene.audit(&[]).1;
    let of_it = report["findings"].as_array().unwrap().iter().find(|one| one["incident"] == "INC-45").unwrap();
    assert_eq!(of_it["code"], "policy-not-trusted");
    assert!(of_it["message"].as_str().unwrap().contains("is looser than built-in version 1"), "{report:#}");
    // Nor does it become older by a commit that nobody has, as after a rewritten history.
    scene.forge(|event| {
        event.id = "019cb6f0-9b40-7000-8000-00000000000f".into();
        event.incident = Some("INC-46".parse().unwrap());
        let Payload::Checked(checked) = &mut event.payload else { panic!("a check") };
        let checked = Arc::make_mut(checked);
        checked.policy.source.as_mut().unwrap().commit = "1".repeat(40).parse().unwrap();
    });
    let report = scene.audit(&[]).1;
    let of_it = report["findings"].as_array().unwrap().iter().find(|one| one["incident"] == "INC-46").unwrap();
    assert!(of_it["message"].as_str().unwrap().contains("is looser than built-in version 1"), "{report:#}");
}

#[test]
fn a_second_root_and_a_join_with_a_payload_are_found() {
    let scene = Scene::new();
    let tip = scene.tip();
    let root = scene.parent(tip);
    let mut second = scene.event(root);
    second.id = "019cb6f0-9b40-7000-8000-00000000000c".into();
    second.payload = Payload::LedgerCreated(LedgerCreated { trusted_ref: Some("refs/heads/mine".into()) });
    let second_root = scene.put(&codec::event_commit(&second, EMPTY_TREE, None).unwrap());
    let mut payload = scene.event(tip);
    payload.id = "019cb6f0-9b40-7000-8000-00000000000d".into();
    let message = codec::encode(&payload).unwrap();
    scene.put(&codec::commit(EMPTY_TREE, &[tip, second_root], &payload.actor, payload.at, &message));
    let (codes, report) = scene.audit(&[]);
    assert_eq!(codes, ["unreadable", "unreadable", "other-ledger"], "{report:#}");
    assert!(report.to_string().contains("a commit that joins two histories must carry nothing"), "{report:#}");
    assert_eq!(report["ledger"], Value::from(scene.event(root).ledger));
}

#[test]
fn grafts_replace_refs_and_a_forged_shallow_file_are_found_and_hide_nothing() {
    let scene = Scene::new();
    scene.place.hotfix(&["restored", "INC-42", "--by", "other"]).exits(0);
    let tip = scene.tip();
    let root = scene.parent(scene.parent(tip));
    scene.place.git(&["replace", "--graft", &tip.to_string(), &root.to_string()]);
    std::fs::create_dir_all(scene.place.path().join(".git/info")).unwrap();
    std::fs::write(scene.place.path().join(".git/info/grafts"), format!("{tip} {root}\n")).unwrap();
    assert_eq!(scene.codes(), ["hidden-history", "hidden-history"]);
    std::fs::remove_file(scene.place.path().join(".git/info/grafts")).unwrap();
    scene.place.git(&["replace", "--delete", &tip.to_string()]);
    std::fs::write(scene.place.path().join(".git/shallow"), format!("{tip}\n")).unwrap();
    let (codes, report) = scene.audit(&[]);
    assert_eq!((codes, &report["events"]), (vec!["hidden-history".to_owned()], &3.into()));
}

#[test]
fn a_text_that_was_changed_is_found_and_one_that_is_gone_is_told() {
    let scene = Scene::new();
    scene
        .place
        .hotfix(&["check", "INC-42", "--set", "flag-off=tried", "--set", "flag-off.evidence=it did nothing"])
        .exits(0);
    let event = scene.event(scene.tip());
    let (shard, name) = (&event.id[event.id.len() - 2..], event.texts.keys().next().unwrap());
    let lie = scene.git.blob(format!("{}\nit did a lot", "0".repeat(32)).as_bytes()).unwrap();
    let mut inner = scene.git.treebuilder(None).unwrap();
    inner.insert(format!("{}.{name}", event.id), lie, 0o100_644).unwrap();
    let mut outer = scene.git.treebuilder(None).unwrap();
    outer.insert(shard, inner.write().unwrap(), 0o040_000).unwrap();
    let tree = outer.write().unwrap().to_string().parse().unwrap();
    let commit = codec::commit(tree, &[], &event.actor, event.at, "hotfix: text\n");
    let commit = scene.git.odb().unwrap().write(git2::ObjectType::Commit, &commit).unwrap();
    scene.git.reference("refs/hotfix/text", commit, true, "").unwrap();
    scene.only("text-tampered");
    scene.place.git(&["update-ref", "-d", "refs/hotfix/text"]);
    let (codes, report) = scene.audit(&[]);
    assert_eq!(codes, [""; 0]);
    assert!(report["notes"].to_string().contains("texts that are not here, and that nobody redacted: 1"), "{report:#}");
}

#[test]
fn clocks_that_contradict_the_order_are_told() {
    let scene = Scene::new();
    scene.forge(|event| event.at += chrono::TimeDelta::days(3650));
    scene.forge(|event| {
        event.id = "019cb6f0-9b40-7000-8000-00000000000b".into();
        event.at -= chrono::TimeDelta::days(3651);
    });
    let (codes, report) = scene.audit(&[]);
    let notes = report["notes"].to_string();
    assert_eq!(codes, [""; 0], "a clock proves nothing");
    assert!(notes.contains("which has not come yet") && notes.contains("the clocks contradict the order"), "{notes}");
}

#[test]
fn a_ledger_that_is_incomplete_or_was_never_fetched_can_not_be_audited() {
    let scene = Scene::new();
    let parent = scene.parent(scene.tip()).to_string();
    let object = scene.place.path().join(".git/objects").join(&parent[..2]).join(&parent[2..]);
    std::fs::remove_file(object).unwrap();
    scene.place.hotfix(&["audit"]).exits(4).says("the ledger is incomplete");
    let clone = Place::with_origin();
    clone.commit("shop.rs", "one\n", "The shop");
    std::fs::remove_dir_all(clone.beside("origin.git")).unwrap();
    clone.hotfix(&["audit"]).exits(4).says("never fetched the ledger");
}

/// A shop with a release line on which v1.0.0 was released.
fn released() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["switch", "-q", "-c", "release/1.0"]);
    place.commit("VERSION", "1.0.0\n", "Prepare the release");
    place.git(&["tag", "v1.0.0"]);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place
}

fn unrecorded(place: &Place, arguments: &[&str]) -> Vec<String> {
    let report = place.json(&[&["audit"], arguments].concat());
    let found = report["findings"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    assert!(found.iter().all(|one| one["code"] == "unrecorded-hotfix"), "{report:#}");
    found.iter().map(|one| one["message"].as_str().unwrap()[11..].to_owned()).collect()
}

#[test]
fn a_hotfix_that_nobody_recorded_is_found() {
    let place = released();
    assert_eq!(unrecorded(&place, &[]), [""; 0], "what was prepared before the first release is none");
    place.commit("VERSION", "1.0.1\n", "Bump the version");
    place.commit("shop.rs", "two\n", "Quick and dirty");
    place.git(&["tag", "v1.0.1"]);
    // On a branch of its own, merged into the line.
    place.git(&["switch", "-q", "-c", "quick"]);
    place.commit("shop.rs", "three\n", "Even quicker");
    place.git(&["switch", "-q", "release/1.0"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "Merge quick", "quick"]);
    assert_eq!(
        unrecorded(&place, &[]),
        [
            "on release/1.0, released as v1.0.1: Quick and dirty (by Ada <ada@example.com>)",
            "on release/1.0: Even quicker (by Ada <ada@example.com>)"
        ]
    );
    assert_eq!(unrecorded(&place, &["--since", "2999-01-01T00:00:00Z"]), [""; 0]);
}

#[test]
fn what_an_incident_owns_and_what_came_from_main_is_no_unrecorded_hotfix() {
    let place = released();
    place.git(&["switch", "-q", "-c", "hotfix/INC-42"]);
    place.commit("shop.rs", "two\n", "The fix");
    place.commit("shop.rs", "three\n", "The rest of the fix");
    let proof = ["--proof", "test=cargo test", "--guarded-by-flag", "no"];
    place.hotfix(&[&["fix", "INC-42", "release/1.0..hotfix/INC-42"], &proof[..]].concat()).exits(0);
    place.git(&["switch", "-q", "release/1.0"]);
    // A squash has another id.
    place.git(&["merge", "-q", "--squash", "hotfix/INC-42"]);
    place.git(&["commit", "-q", "-m", "INC-42"]);
    // A planned release comes from main.
    place.git(&["switch", "-q", "main"]);
    place.commit("other.rs", "new\n", "A feature");
    place.git(&["switch", "-q", "-c", "topic"]);
    place.commit("third.rs", "new\n", "Another");
    place.git(&["switch", "-q", "release/1.0"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "Merge main", "main"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "Merge topic", "topic"]);
    assert_eq!(unrecorded(&place, &[]), [""; 0]);
}
