//! Any event survives; nothing else is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::domain::digest::FixDigest;
use crate::domain::event::*;
use crate::domain::identity::RepositoryPath;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::{EvidenceKind, Value as FactValue};

use super::*;

fn sample() -> Event {
    let at = Moment::parse_from_rfc3339("2026-03-01T03:00:00.5+01:00").expect("a moment");
    Event {
        format: FORMAT,
        id: "019cb6f0-9b40-7000-8000-00000000000a".into(),
        ledger: "6a2f41a3-c54c-4ce8-b0c3-5a0b8f9d0c11".into(),
        actor: Person { name: "Ada".into(), email: "ada@example.org".into() },
        at,
        incident: Some("INC-42".parse().expect("an id")),
        texts: BTreeMap::from([("reason".into(), "0f".repeat(32))]),
        payload: Payload::Restored(Restored { by: RestoredBy::FlagOff, at }),
    }
}

const WRITTEN: &str = r#"hotfix: restored INC-42

{"actor":{"email":"ada@example.org","name":"Ada"},"at":"2026-03-01T03:00:00.500+01:00","body":{"at":"2026-03-01T03:00:00.500+01:00","by":"flag-off"},"format":1,"id":"019cb6f0-9b40-7000-8000-00000000000a","incident":"INC-42","kind":"restored","ledger":"6a2f41a3-c54c-4ce8-b0c3-5a0b8f9d0c11","texts":{"reason":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"}}
"#;

fn reason(message: &str) -> String {
    match decode(message.as_bytes()) {
        Err(Unreadable::Malformed { reason }) => reason,
        other => panic!("{message:?} was read as {other:?}"),
    }
}

#[test]
fn the_form_stands_for_ever() {
    assert_eq!(encode(&sample()).as_deref(), Ok(WRITTEN));
    assert_eq!(decode(WRITTEN.as_bytes()), Ok(sample()));
}

#[test]
fn every_departure_from_the_one_form_is_malformed() {
    let departures = [
        ("hotfix: restored", "hotfix: closed"),
        ("INC-42\n\n", "INC-43\n\n"),
        ("INC-42\n\n", "INC-42 \n\n"),
        ("INC-42\n\n", "INC-42\n\n\n"),
        ("INC-42\n\n", "INC-42\nmore\n\n"),
        ("}\n", "}"),
        ("}\n", "}\n\n"),
        ("}\n", "}\nSigned-off-by: A <a@b>\n"),
        ("\"format\":1", "\"format\": 1"),
        ("\"format\":1", "\"format\":1.0"),
        ("\"format\":1", "\"format\":0"),
        ("\"format\":1", "\"format\":\"1\""),
        ("\"format\":1", "\"format\":1,\"format\":1"),
        ("\"format\":1", "\"format\":1,\"more\":2"),
        ("\"by\":\"flag-off\"", "\"by\":\"magic\""),
        ("\"by\":\"flag-off\"", "\"by\":\"flag-off\",\"more\":1"),
        ("\"name\":\"Ada\"", "\"name\":\"\\u0041da\""),
        ("\"name\":\"Ada\"", "\"name\":\"Ada\",\"phone\":1"),
        ("03:00:00.500+01:00\",\"body", "03:00:00.5+01:00\",\"body"),
        ("03:00:00.500+01:00\",\"body", "tomorrow\",\"body"),
        ("\"incident\":\"INC-42\"", "\"incident\":\"../x\""),
        ("019cb6f0-9b40-7000", "019CB6F0-9b40-7000"),
        ("\"id\":\"019cb6f0-9b40-7000-8000-00000000000a\"", "\"id\":\"../../x\""),
        ("\"reason\":", "\"a/b\":"),
        ("\"reason\":\"0f", "\"reason\":\"0F"),
        ("\"reason\":\"0f", "\"reason\":\""),
    ];
    for (from, to) in departures {
        assert!(WRITTEN.contains(from), "{from}");
        assert!(!reason(&WRITTEN.replacen(from, to, 1)).is_empty(), "{from} -> {to}");
    }
    for message in ["", "\n\n\n", "hotfix: restored\n\n{}\n", "hotfix: restored\n\n[]\n", "hotfix: restored\n\n\"\n"] {
        assert!(!reason(message).is_empty());
    }
    assert_eq!(reason(&WRITTEN.replace("\"format\":1", "\"format\": 1")), "it is not in the one canonical form");
}

#[test]
fn deep_long_and_broken_input_is_malformed() {
    let deep = format!("hotfix: restored\n\n{{\"body\":{}{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert!(reason(&deep).contains("recursion"), "{}", reason(&deep));
    assert!(reason(&WRITTEN.replace("Ada", &"x".repeat(LARGEST))).contains("the largest allowed is 262144"));
    assert_eq!(decode(b"hotfix: \xff\n\n{}\n"), Err(Unreadable::malformed("it is not UTF-8")));
    // What a forger put in comes out harmless.
    let forged = WRITTEN.replace("\"by\":\"flag-off\"", "\"by\":\"\u{202e}\\u001b[2J\"");
    assert!(!reason(&forged).contains(['\u{202e}', '\u{1b}']), "{}", reason(&forged));
}

#[test]
fn what_a_newer_version_wrote_is_told_apart() {
    let newer = |message: &str| decode(message.as_bytes()).expect_err("it can't be read");
    let incident = "INC-42".parse().ok();
    let expected = Unreadable::Newer { format: 2, kind: "restored".into(), incident };
    assert_eq!(newer(&WRITTEN.replace("\"format\":1", "\"format\":2")), expected);
    let message = "hotfix: paged INC-1\n\n{\"format\":1,\"incident\":\"INC-1\",\"kind\":\"paged\",\"who\":[1,{}]}\n";
    let expected = Unreadable::Newer { format: 1, kind: "paged".into(), incident: "INC-1".parse().ok() };
    assert_eq!(newer(message), expected);
    // Canonical it must be all the same.
    for (from, to) in [("[1,{}]", "[1, {}]"), ("1,{}", "1.5,{}"), ("[1", "[9007199254740993"), ("paged INC-1", "paged")]
    {
        assert!(matches!(newer(&message.replacen(from, to, 1)), Unreadable::Malformed { .. }), "{to}");
    }
    let long = message.replace("paged", &"x".repeat(1000));
    assert!(matches!(newer(&long), Unreadable::Newer { kind, .. } if kind.len() == 64));
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let large = Event { actor: Person { name: "x".repeat(LARGEST), email: "e".into() }, ..sample() };
    assert!(matches!(encode(&large), Err(EncodeError::TooLarge(_))));
    let texts = BTreeMap::from([("a/b".into(), "0f".repeat(32))]);
    assert_eq!(encode(&Event { texts, ..sample() }), Err(EncodeError::NotTheSame));
    let texts = BTreeMap::from([("grün".into(), "0f".repeat(32))]);
    assert_eq!(
        encode(&Event { texts, ..sample() }),
        Err(EncodeError::NotCanonical(NotCanonical::Outside("a key that is not plain ASCII")))
    );
    // Offsets with seconds have no place in RFC 3339.
    let odd = chrono::FixedOffset::east_opt(3601).expect("an offset");
    assert_eq!(encode(&Event { at: sample().at.with_timezone(&odd), ..sample() }), Err(EncodeError::NotTheSame));
    assert_eq!(encode(&Event { format: 2, ..sample() }), Err(EncodeError::NotTheSame));
}

fn tree() -> ObjectId {
    ObjectId::from_bytes([7; 20])
}

fn event_of(bytes: &[u8]) -> Result<Box<Event>, Unreadable> {
    match parse(bytes).expect("it has parents").content {
        Content::Event(event) => event,
        Content::Join => panic!("a join"),
    }
}

#[test]
fn a_commit_is_exactly_what_its_event_says() {
    let bytes = event_commit(&sample(), tree(), Some(tree())).expect("it is written");
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    assert!(text.contains("\nauthor Ada <ada@example.org> 1772330400 +0100\ncommitter Ada <"), "{text}");
    assert_eq!(event_of(&bytes), Ok(Box::new(sample())));
    let signed = text.replacen("+0100\n\n", "+0100\ngpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END\n\n", 1);
    assert_eq!(event_of(signed.as_bytes()), Ok(Box::new(sample())));
    let changes = [
        ("author Ada", "author Eve"),
        ("committer Ada", "committer Eve"),
        ("committer Ada <ada@example.org> 1772330400", "committer Ada <ada@example.org> 1772330401"),
        ("+0100\n\n", "+0100\nencoding latin-1\n\n"),
        ("+0100\n\n", "+0100\ngpgsig x\nmergetag y\n\n"),
        ("committer Ada", "parent 0707070707070707070707070707070707070707\ncommitter Ada"),
    ];
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        assert!(event_of(text.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
    }
    for broken in [&b""[..], b"tree 1\n\nx", b"tree", &bytes[..40], b"\n\n"] {
        assert!(parse(broken).is_err());
    }
}

#[test]
fn a_join_has_two_parents_and_carries_nothing() {
    let at = sample().at;
    let join = |parents: &[ObjectId], message: &str| {
        parse(&commit(tree(), parents, &sample().actor, at, message)).expect("it has parents").content
    };
    let (one, two) = (ObjectId::from_bytes([1; 20]), ObjectId::from_bytes([2; 20]));
    let honest = super::join([one, two], 1_700_000_000);
    assert_eq!(parse(&honest).expect("it has parents").content, Content::Join);
    assert_eq!((seconds(&honest), seconds(b"tree")), (1_700_000_000, 0));
    for (parents, message) in [
        (&[one, two][..], JOIN),
        (&[one, two], WRITTEN),
        (&[one, two], "hotfix: join\n\nmore"),
        (&[one], JOIN),
        (&[], JOIN),
        (&[one, two, tree()], JOIN),
        (&[one, two, tree()], WRITTEN),
    ] {
        assert!(matches!(join(parents, message), Content::Event(Err(Unreadable::Malformed { .. }))), "{message}");
    }
}

#[test]
fn a_name_can_not_break_the_commit() {
    for name in ["", "a\nparent b", "<>", "x\0y", "\u{202e}", ".,;", "  spaced  "] {
        let actor = Person { name: name.into(), email: name.into() };
        let event = Event { actor, ..sample() };
        let bytes = event_commit(&event, tree(), None).expect("it is written");
        assert_eq!(event_of(&bytes), Ok(Box::new(event)), "{name:?}");
        let headers = bytes.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty()).count();
        assert_eq!(headers, 3, "{name:?}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z]{0,12}", Just("\u{0}\u{1f}\u{7f}\"\\\u{202e}\u{2028}/".to_owned())]
}

fn any_id() -> impl Strategy<Value = ObjectId> {
    any::<[u8; 20]>().prop_map(ObjectId::from_bytes)
}

fn any_path() -> impl Strategy<Value = RepositoryPath> {
    any::<Vec<u8>>().prop_map(RepositoryPath::new)
}

fn any_moment() -> impl Strategy<Value = Moment> {
    (-62_000_000_000_i64..250_000_000_000, 0..1_000_000_000_u32, -1439..1440).prop_map(|(seconds, nanos, minutes)| {
        let offset = chrono::FixedOffset::east_opt(minutes * 60).expect("within a day");
        chrono::DateTime::from_timestamp(seconds, nanos).expect("within range").with_timezone(&offset)
    })
}

fn any_person() -> impl Strategy<Value = Person> {
    (any_text(), any_text()).prop_map(|(name, email)| Person { name, email })
}

fn any_incident() -> impl Strategy<Value = IncidentId> {
    "[A-Z]{1,5}-[0-9]{1,6}".prop_map(|id| id.parse().expect("an id"))
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        Just(Evidence::None),
        Just(Evidence::Text),
        Just(Evidence::Owed { wanted: EvidenceKind::Link }),
        any_id().prop_map(|commit| Evidence::Commit { commit }),
        any_path().prop_map(|path| Evidence::Path { path }),
    ]
}

fn any_rung() -> impl Strategy<Value = RungAnswer> {
    let no = (any_text(), any_evidence()).prop_map(|(reason, evidence)| RungAnswer::No { reason, evidence });
    prop_oneof![Just(RungAnswer::Yes), no]
}

fn any_answer() -> impl Strategy<Value = Answered> {
    let value = prop_oneof![
        any_text().prop_map(FactValue::OneOf),
        any::<bool>().prop_map(FactValue::Bool),
        "-?[0-9]{1,12}(\\.[0-9]{1,6})?".prop_map(|text| FactValue::Number(text.parse().expect("a number"))),
        Just(FactValue::Text),
    ];
    value.prop_map(|value| Answered { value, provenance: Provenance::Given })
}

fn any_release() -> impl Strategy<Value = Release> {
    (any_text(), any_id()).prop_map(|(tag, commit)| Release { tag, commit })
}

fn any_checked() -> impl Strategy<Value = Payload> {
    let source = proptest::option::of((any_id(), any_id(), proptest::collection::vec(any_id(), 0..3)));
    let pin = (any_text(), any::<u32>(), source, proptest::option::of(any_text()));
    let pin = pin.prop_map(|(name, version, source, main)| {
        let source = source.map(|(commit, blob, kept)| PolicySource { commit, blob, kept });
        PolicyPin { name, version, source, main }
    });
    let production = (any_text(), any_id(), proptest::option::of(any_release()))
        .prop_map(|(name, commit, last_good)| Production { name, commit, last_good });
    let facts = proptest::collection::btree_map("[a-z_]{1,9}", any_answer(), 0..4);
    let rungs = (any_rung(), proptest::option::of(any_rung()));
    let demanded = (any::<u32>(), any::<bool>(), proptest::collection::vec(any_text(), 0..2), any::<bool>())
        .prop_map(|(points, overdue, approvals, note)| Demanded { points, overdue, approvals, note });
    let beside = (proptest::option::of(any_text()), proptest::option::of(demanded));
    let rest = (facts, proptest::option::of(any_text()), beside);
    (any_moment(), pin, proptest::option::of(production), rungs, rest).prop_map(
        |(started, policy, production, (roll_back, flag_off), (facts, rule, (overridden, demanded)))| {
            let decision = Decision::Hotfix;
            Payload::Checked(Arc::new(Checked {
                started,
                policy,
                production,
                roll_back,
                flag_off,
                facts,
                decision,
                rule,
                overridden,
                demanded,
            }))
        },
    )
}

fn any_side() -> impl Strategy<Value = Option<Side>> {
    let side = (any_path(), any_id(), prop_oneof![Just("100644"), Just("160000")]);
    proptest::option::of(side.prop_map(|(path, id, mode)| Side { path, id, mode: mode.into() }))
}

fn any_fix() -> impl Strategy<Value = Payload> {
    let change = (any_side(), any_side()).prop_map(|(before, after)| Change { before, after });
    let lists = (
        proptest::collection::vec(any_id(), 0..3),
        proptest::collection::vec(any_person(), 0..3),
        proptest::collection::vec(change, 0..3),
    );
    (any::<u32>(), proptest::option::of(any_id()), lists, any::<bool>()).prop_map(
        |(attempt, base, (commits, authors, changes), guarded_by_flag)| {
            let proof = Proof::Ci;
            let fix = FixAttached { attempt, base, commits, authors, changes, proof, guarded_by_flag };
            Payload::FixAttached(Arc::new(fix))
        },
    )
}

fn any_targets() -> impl Strategy<Value = Vec<TargetVerdict>> {
    let target = (any_text(), any_id(), proptest::collection::vec(any_id(), 0..3));
    let target = target.prop_map(|(target, commit, landings)| TargetVerdict {
        target,
        commit,
        verdict: Verdict::Unproven,
        landings,
    });
    proptest::collection::vec(target, 0..3)
}

fn any_payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        proptest::option::of(any_text()).prop_map(|trusted_ref| Payload::LedgerCreated(LedgerCreated { trusted_ref })),
        any_checked(),
        (any::<u32>(), any_text(), any_id()).prop_map(|(attempt, branch, base)| Payload::Started(Started {
            attempt,
            branch,
            base
        })),
        any_fix(),
        any::<u32>().prop_map(|attempt| Payload::FixWithdrawn(FixWithdrawn { attempt })),
        (any_moment(), proptest::option::of(any_release()))
            .prop_map(|(at, release)| Payload::Deployed(Deployed { at, release })),
        any_moment().prop_map(|at| Payload::Restored(Restored { by: RestoredBy::RollBack, at })),
        proptest::option::of(any_incident())
            .prop_map(|duplicate_of| Payload::Voided(Voided { reason: VoidReason::FalseAlarm, duplicate_of })),
        any_targets().prop_map(|targets| Payload::Verified(Verified { targets })),
        (any_text(), any_id(), any_id()).prop_map(|(target, commit, at)| Payload::Confirmed(Confirmed {
            target,
            commit,
            at
        })),
        (any_text(), any_id(), any_id()).prop_map(|(target, evidence, at)| {
            Payload::Waived(Waived { target, reason: WaiverReason::ReleaseOnly, evidence, at })
        }),
        any_analysis(),
        any_text().prop_map(|analysis| Payload::RcaAccepted(RcaAccepted { analysis })),
        any_id().prop_map(|commit| Payload::CauseSettled(CauseSettled::OnMain { commit })),
        (any_text(), any_text(), any_day())
            .prop_map(|(key, owner, remove_by)| Payload::CauseSettled(CauseSettled::Flag { key, owner, remove_by })),
        any_targets().prop_map(|targets| Payload::Closed(Closed { targets })),
        (any_text(), proptest::option::of(any_text()))
            .prop_map(|(key, from)| Payload::KeyRevoked(KeyRevoked { key, from })),
        (any_text(), any_id()).prop_map(|(ledger, root)| Payload::LedgerAdopted(LedgerAdopted { ledger, root })),
        (any_text(), proptest::collection::vec(any_text(), 0..3))
            .prop_map(|(event, texts)| Payload::Redacted(Redacted { event, texts })),
        any_word_of_people(),
    ]
}

fn any_day() -> impl Strategy<Value = chrono::NaiveDate> {
    (0..100_000).prop_map(|days| chrono::NaiveDate::from_num_days_from_ce_opt(700_000 + days).expect("a day"))
}

fn any_analysis() -> impl Strategy<Value = Payload> {
    let kind = prop_oneof![Just(ActionKind::Prevent), Just(ActionKind::Detect), Just(ActionKind::Mitigate)];
    let action = (kind, any_text(), any_text(), any_day(), proptest::option::of(any_text()))
        .prop_map(|(kind, aim, owner, due, link)| Action { kind, aim, owner, due, link });
    let actions = proptest::collection::vec(action, 0..3);
    (any::<bool>(), proptest::option::of(any_text()), actions).prop_map(|(no_code_cause, escaped_gate, actions)| {
        Payload::RcaRecorded(RcaRecorded { no_code_cause, escaped_gate, actions })
    })
}

fn any_word_of_people() -> impl Strategy<Value = Payload> {
    let fix = || "[0-9a-f]{64}".prop_map(|digest| digest.parse::<FixDigest>().expect("a digest"));
    let settled = || (any_text(), fix()).prop_map(|(gate, fix)| GateSettled { gate, fix });
    prop_oneof![
        (fix(), proptest::option::of(any_text())).prop_map(|(fix, role)| Payload::Approved(Approved { fix, role })),
        fix().prop_map(|fix| Payload::Rejected(AboutFix { fix })),
        fix().prop_map(|fix| Payload::ApprovalWithdrawn(AboutFix { fix })),
        (any_text(), any_moment(), proptest::option::of(fix()))
            .prop_map(|(gate, until, fix)| Payload::Overridden(Overridden { gate, until, fix })),
        (any_text(), any::<bool>())
            .prop_map(|(overridden, agreed)| Payload::OverrideReviewed(OverrideReviewed { overridden, agreed })),
        settled().prop_map(Payload::GateDone),
        settled().prop_map(Payload::GateWaived),
        any_text().prop_map(|severity| Payload::SeverityChanged(SeverityChanged { severity })),
        prop_oneof![Just(ReopenedBecause::Said), Just(ReopenedBecause::FixGone)]
            .prop_map(|because| Payload::Reopened(Reopened { because })),
        (any_text(), any::<u32>()).prop_map(|(analysis, action)| Payload::ActionDone(ActionDone { analysis, action })),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let ids = (any::<u128>(), any::<u128>())
        .prop_map(|(id, ledger)| (uuid::Uuid::from_u128(id).to_string(), uuid::Uuid::from_u128(ledger).to_string()));
    let texts = proptest::collection::btree_map("[A-Za-z0-9._-]{1,20}", "[0-9a-f]{64}", 0..3);
    (ids, any_person(), any_moment(), proptest::option::of(any_incident()), texts, any_payload()).prop_map(
        |((id, ledger), actor, at, incident, texts, payload)| Event {
            format: FORMAT,
            id,
            ledger,
            actor,
            at,
            incident,
            texts,
            payload,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_event_survives(event in any_event(), parent in proptest::option::of(any_id())) {
        let bytes = event_commit(&event, tree(), parent).expect("it is written");
        let parsed = parse(&bytes).expect("it is read");
        prop_assert_eq!(parsed.tree, tree());
        prop_assert_eq!(parsed.parents, ParentIds::from_iter(parent));
        prop_assert_eq!(parsed.content, Content::Event(Ok(Box::new(event))));
    }

    #[test]
    fn a_kind_is_written_as_it_is_named(payload in any_payload()) {
        let value = serde_json::to_value(Event { payload: payload.clone(), ..sample() }).expect("JSON");
        prop_assert_eq!(value["kind"].as_str(), Some(payload.kind()));
        prop_assert!(Payload::KINDS.contains(&payload.kind()));
    }

    #[test]
    fn no_changed_byte_is_read_as_an_event(at in 0..WRITTEN.len(), byte in any::<u8>()) {
        let mut bytes = WRITTEN.as_bytes().to_vec();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        // Another letter in a name is another event, in its one form; it is never the same event.
        if let Ok(event) = decode(&bytes) {
            prop_assert_ne!(&event, &sample());
            prop_assert_eq!(encode(&event).map(String::into_bytes), Ok(bytes));
        }
    }

    #[test]
    fn the_order_of_the_fields_is_that_of_the_standard(event in any_event()) {
        let message = encode(&event).expect("it is written");
        let (_, json) = message.split_once("\n\n").expect("a subject");
        // A value has no order of its own: here all of it is put into order while it is written.
        let mut sorted = Vec::new();
        canonical::write(&serde_json::from_str::<Value>(json).expect("JSON"), &mut sorted).expect("it is written");
        prop_assert_eq!(std::str::from_utf8(&sorted), Ok(json.trim_end()));
    }

    #[test]
    fn nothing_makes_the_reader_panic(bytes in any::<Vec<u8>>(), text in any_text()) {
        decode(&bytes).ok();
        decode(text.as_bytes()).ok();
        parse(&bytes).ok();
        decode(format!("hotfix: restored\n\n{text}\n").as_bytes()).ok();
    }
}

/// What version 1 wrote, one message of every kind, each ended by a line of its own. It is never changed, only added to: every
/// later version must read it, and would write it the same.
const VERSION_1: &str = include_str!("version_1.txt");

/// What a forger, a careless program or a broken disk makes of a message: a piece goes, comes twice, or becomes another one.
fn changed(message: &str, from: usize, length: usize, piece: Option<&str>) -> String {
    let ends: Vec<usize> = message.char_indices().map(|(at, _)| at).chain([message.len()]).collect();
    let (from, to) = (ends[from % ends.len()], ends[(from % ends.len() + length).min(ends.len() - 1)]);
    let twice = format!("{0}{0}", &message[from..to]);
    format!("{}{}{}", &message[..from], piece.unwrap_or(&twice), &message[to..])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn the_short_way_takes_what_the_long_one_takes_and_nothing_else(
        which in 0..28_usize, from in any::<usize>(), length in 0..40_usize, piece in any_piece()
    ) {
        let message = version_1().nth(which).expect("a message of every kind");
        let changed = changed(message, from, length, piece);
        prop_assert_eq!(decode_at_once(changed.as_bytes()), decode_with_care(changed.as_bytes()).ok(), "{}", changed);
    }
}

/// Pieces that JSON, a moment, an id, a path or a number can be written otherwise with; none stands for the same once more.
fn any_piece() -> impl Strategy<Value = Option<&'static str>> {
    let pieces = "~ ~ ~null~true~0~1~-0~1.0~1e0~01~9007199254740993~\"~\\~\\u0041~\\/~\\x41~A~F~é~{}~[]~{~}~[~]~,~:~\"\":0,\
        ~,\"x\":0~\"kind\":\"closed\",~\"texts\":{},~\"incident\":null,~null,~Z~+00:00~-00:00~.0~.500~:60~T~t~-~\n~\n\n~\u{202e}";
    prop_oneof![Just(None), proptest::sample::select(pieces.split('~').collect::<Vec<_>>()).prop_map(Some)]
}

#[test]
fn the_short_way_is_the_usual_one() {
    for message in version_1() {
        assert_eq!(decode_at_once(message.as_bytes()), decode_with_care(message.as_bytes()).ok());
    }
}

fn version_1() -> impl Iterator<Item = &'static str> {
    VERSION_1.split_terminator("----\n")
}

/// Run with `UPDATE_FORMAT=1` to add the kinds that have no message yet.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test is told to renew its file through the environment")]
fn what_version_1_wrote_is_read_for_ever() {
    let mut kinds: Vec<&str> = version_1()
        .map(|message| {
            let event = decode(message.as_bytes()).unwrap_or_else(|why| panic!("{why}: {message}"));
            assert_eq!(encode(&event).as_deref(), Ok(message));
            event.payload.kind()
        })
        .collect();
    if std::env::var_os("UPDATE_FORMAT").is_some() {
        use proptest::strategy::ValueTree;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut text = VERSION_1.to_owned();
        for _ in 0..3000 {
            let event = any_event().new_tree(&mut runner).expect("an event").current();
            let message = encode(&event).expect("it is written");
            // No longer than it must be.
            if !kinds.contains(&event.payload.kind()) && message.len() < 2500 {
                kinds.push(event.payload.kind());
                text.push_str(&format!("{message}----\n"));
            }
        }
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ledger/codec/version_1.txt"), text).expect("written");
    }
    let lacking: Vec<_> = Payload::KINDS.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(lacking.is_empty(), "no message of {lacking:?}: UPDATE_FORMAT=1 adds it");
}

#[test]
fn what_a_later_version_writes_is_listed_as_its_own_and_never_read_as_ours() {
    for message in version_1() {
        let kind = decode(message.as_bytes()).expect("it is read").payload.kind();
        let known_as = |message: &str| match decode(message.as_bytes()) {
            Err(Unreadable::Newer { format, kind, .. }) => Some((format, kind)),
            Err(Unreadable::Malformed { .. }) => None,
            Ok(event) => panic!("it was read as {event:?}"),
        };
        let raised = message.replacen("\"format\":1,", "\"format\":2,", 1);
        assert_eq!(known_as(&raised), Some((2, kind.to_owned())), "{raised}");
        let renamed = message.replacen(&format!("hotfix: {kind}"), &format!("hotfix: {kind}-x"), 1).replacen(
            &format!("\"kind\":\"{kind}\""),
            &format!("\"kind\":\"{kind}-x\""),
            1,
        );
        assert_eq!(known_as(&renamed), Some((1, format!("{kind}-x"))), "{renamed}");
        // A field more without a higher format is nobody's event.
        let added = message.replacen("\"at\":", "\"and\":1,\"at\":", 1);
        assert_ne!(added, message);
        assert_eq!(known_as(&added), None, "{added}");
    }
}
