//! Escapes, bidi, zero-width and NUL in every text of every kind of event: none of it reaches a terminal or a page.

use hotfix::domain::event::Event;
use hotfix::git::objects::EMPTY_TREE;
use hotfix::ledger::codec;
use hotfix::ledger::refs::LEDGER;
use serde_json::Value;

use crate::place::Place;
use crate::road::QUALIFIES;

const EVIL: &str = "a\u{1b}[2J\u{202e}\u{0}\u{7}\u{2066}\u{200b}\u{9b}b";

/// One message of every kind, as version 1 wrote it.
const VERSION_1: &str = include_str!("../../src/ledger/codec/version_1.txt");

/// The same, once for each text in it that can be evil.
fn made_evil(event: &Event) -> Vec<Event> {
    fn texts(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) => found.push(path.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| texts(item, &format!("{path}/{at}"), found));
            }
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| texts(value, &format!("{path}/{name}"), found));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let whole = serde_json::to_value(event).unwrap();
    let mut paths = Vec::new();
    texts(&whole, "", &mut paths);
    let evil = paths.iter().filter_map(|path| {
        let mut value = whole.clone();
        *value.pointer_mut(path)? = EVIL.into();
        // What is no free text (a time, a word of a list) is refused as it is read.
        serde_json::from_value(value).ok()
    });
    evil.collect()
}

#[test]
fn no_text_of_any_kind_of_event_reaches_a_terminal_as_it_is() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.hotfix(&[&["check", "INC-1"], QUALIFIES].concat()).exits(0);
    let git = git2::Repository::open(place.path()).unwrap();
    git.odb().unwrap().write(git2::ObjectType::Tree, b"").unwrap();
    let mut tip = git.refname_to_id(LEDGER).unwrap();
    let opening = codec::decode(git.find_commit(tip).unwrap().message_raw_bytes()).unwrap();
    let (mut count, mut kinds) = (0, 0);
    let mut put = |mut event: Event, incident: &str| {
        count += 1;
        event.id = format!("019cb6f0-9b40-7000-8000-{count:012x}");
        event.ledger.clone_from(&opening.ledger);
        event.incident = Some(incident.parse().unwrap());
        // One that keeps objects would need them.
        let on = Some(tip.to_string().parse().unwrap());
        let Ok(bytes) = codec::event_commit(&event, EMPTY_TREE, on) else { return };
        tip = git.odb().unwrap().write(git2::ObjectType::Commit, &bytes).unwrap();
    };
    for message in VERSION_1.split_terminator("----\n") {
        kinds += 1;
        let (event, incident) = (codec::decode(message.as_bytes()).unwrap(), format!("INC-{kinds}0"));
        put(opening.clone(), &incident);
        made_evil(&event).into_iter().for_each(|evil| put(evil, &incident));
    }
    git.reference(LEDGER, tip, true, "").unwrap();
    assert!(count > 4 * kinds, "only {count} events of {kinds} kinds");
    let incidents: Vec<String> = (1..=kinds).map(|kind| format!("INC-{kind}0")).collect();
    let each = incidents.iter().flat_map(|id| {
        let shown = [&["show", id][..], &["show", id, "--format", "markdown"], &["show", id, "--format", "html"]];
        shown.map(<[&str]>::to_vec).into_iter().chain([vec!["close", id]])
    });
    let all = [&["log"][..], &["audit"], &["status", "--all"], &["report"], &["report", "--format", "html"], &["keys"]];
    let mut escaped = 0;
    for arguments in all.map(<[&str]>::to_vec).into_iter().chain(each) {
        let said = place.hotfix(&arguments);
        assert!((0..=4).contains(&said.code), "{arguments:?}: {}{}", said.out, said.err);
        for shown in [&said.out, &said.err] {
            let harm = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{200b}".contains(c);
            let line = shown.lines().find(|line| line.contains(harm));
            assert!(line.is_none(), "{arguments:?}: {line:?}");
            escaped += shown.matches("\\u{202e}").count();
        }
    }
    // They are shown, and as escapes.
    assert!(escaped > 10 * kinds, "only {escaped} of them are shown");
}
