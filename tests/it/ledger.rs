//! The ledger in a real repository: what is appended is read again, and nothing else counts.

use std::collections::BTreeMap;
use std::path::Path;

use hotfix::domain::event::{Payload, RcaRecorded, Restored, RestoredBy};
use hotfix::domain::identity::{Moment, Person};
use hotfix::git::repository::Repository;
use hotfix::ledger::store::{Draft, Ledger, Presence};
use hotfix::ledger::text::Text;

pub(crate) fn moment(text: &str) -> Moment {
    Moment::parse_from_rfc3339(text).unwrap()
}

pub(crate) fn ada() -> Person {
    Person { name: "Ada Lovelace".into(), email: "ada@example.org".into() }
}

/// Makes a walk one that keeps no blob, so that its commit's tree is empty.
pub(crate) fn keep_nothing(payload: &mut Payload) {
    if let Payload::Checked(checked) = payload {
        std::sync::Arc::make_mut(checked).policy.source.iter_mut().for_each(|source| source.kept.clear());
    }
}

/// A draft about an incident, the simplest there is.
pub(crate) fn restored(incident: &str) -> Draft {
    let at = moment("2026-03-01T03:00:00+01:00");
    Draft {
        actor: ada(),
        at,
        incident: Some(incident.parse().unwrap()),
        payload: Payload::Restored(Restored { by: RestoredBy::Other, at }),
        texts: BTreeMap::new(),
    }
}

pub(crate) fn bare(directory: &Path) -> Repository {
    git2::Repository::init_bare(directory).unwrap();
    Repository::discover(directory).unwrap()
}

/// The incidents of all readable events in order; the ledger's own as `-`.
pub(crate) fn incidents(ledger: &Ledger<'_>) -> Vec<String> {
    let history = ledger.history().unwrap();
    let name = |event: &hotfix::domain::event::Event| event.incident.as_ref().map_or("-".into(), ToString::to_string);
    history.events().map(|(_, event)| name(event)).collect()
}

#[test]
fn what_is_appended_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = Ledger::open(&repository).unwrap();
    assert_eq!(ledger.presence().unwrap(), Presence::Never);
    assert!(ledger.history().unwrap().records().is_empty());

    let first = ledger.append(restored("INC-1")).unwrap();
    let second = ledger.append(restored("INC-2")).unwrap();
    assert_eq!(ledger.presence().unwrap(), Presence::Here);
    assert_eq!(incidents(&ledger), ["-", "INC-1", "INC-2"]);

    let again = Ledger::open(&repository).unwrap();
    let history = again.history().unwrap();
    assert_eq!(history.tip(), Some(second.commit));
    assert_eq!(history.event(&first.event.id), Some((first.commit, &first.event)));
    assert!(history.knows(second.commit, first.commit));
    assert!(!history.knows(first.commit, second.commit));
    assert_eq!(history.unreadable().count(), 0);
}

#[test]
fn a_remote_makes_an_absent_ledger_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    git2::Repository::open(directory.path()).unwrap().remote("origin", "/nowhere").unwrap();
    let ledger = Ledger::open(&repository).unwrap();
    assert_eq!(ledger.presence().unwrap(), Presence::Unknown);
    ledger.append(restored("INC-1")).unwrap();
    assert_eq!(ledger.presence().unwrap(), Presence::Here);
}

#[test]
fn texts_are_kept_apart_from_the_event() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let ledger = Ledger::open(&repository).unwrap();
    let words = "Mr. Smith's invoice\nwas \u{202e} wrong";
    let texts = [("analysis".to_owned(), words.to_owned()), ("note".to_owned(), String::new())];
    let draft = Draft {
        payload: Payload::RcaRecorded(RcaRecorded { no_code_cause: true, ..RcaRecorded::default() }),
        texts: texts.into(),
        ..restored("INC-1")
    };
    let recorded = ledger.append(draft).unwrap();
    let commit = git2::Repository::open(directory.path()).unwrap();
    let commit = commit.find_commit(git2::Oid::from_bytes(recorded.commit.as_bytes()).unwrap()).unwrap();
    assert!(!commit.message().unwrap().contains("Smith"));

    let read = ledger.texts(&recorded.event).unwrap();
    assert_eq!(read["analysis"], Text::Here(words.into()));
    assert_eq!(read["note"], Text::Here(String::new()));
}

#[test]
fn the_check_sees_the_history_that_the_event_will_stand_on() {
    let directory = tempfile::tempdir().unwrap();
    let repository = bare(directory.path());
    let (one, two) = (Ledger::open(&repository).unwrap(), Ledger::open(&repository).unwrap());
    one.append(restored("INC-1")).unwrap();
    let once = |history: &hotfix::domain::record::History| match history.events().count() {
        2 => Ok(()),
        count => Err(count),
    };
    assert!(two.append_if(restored("INC-2"), once).unwrap().is_ok());
    assert_eq!(one.append_if(restored("INC-2"), once).unwrap(), Err(3));
    assert_eq!(incidents(&one), ["-", "INC-1", "INC-2"]);
}
