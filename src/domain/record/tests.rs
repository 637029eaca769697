use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::event::{FORMAT, LedgerAdopted, LedgerCreated, RcaRecorded};
use crate::domain::identity::{Moment, Person};

fn id(number: u8) -> ObjectId {
    ObjectId::from_bytes([number; 20])
}

fn event(name: &str, ledger: &str, payload: Payload) -> Content {
    Content::Event(Ok(Box::new(Event {
        format: FORMAT,
        id: name.into(),
        ledger: ledger.into(),
        actor: Person { name: "A".into(), email: "a@b".into() },
        at: Moment::default(),
        incident: None,
        texts: BTreeMap::new(),
        payload,
    })))
}

fn created(ledger: &str) -> Content {
    event(ledger, ledger, Payload::LedgerCreated(LedgerCreated { trusted_ref: None }))
}

fn said(name: &str) -> Content {
    event(name, "L", Payload::RcaRecorded(RcaRecorded { no_code_cause: true, ..RcaRecorded::default() }))
}

fn commit(number: u8, parents: &[u8], content: Content) -> Commit {
    Commit { id: id(number), parents: parents.iter().copied().map(id).collect(), content }
}

/// A root 1, two events 9 and 2 that did not know each other, a join 5, and an event 3 on top.
fn diverged() -> Vec<Commit> {
    vec![
        commit(1, &[], created("L")),
        commit(9, &[1], said("nine")),
        commit(2, &[1], said("two")),
        commit(5, &[9, 2], Content::Join),
        commit(3, &[5], said("three")),
    ]
}

fn names(history: &History) -> Vec<&str> {
    history.events().map(|(_, event)| event.id.as_str()).collect()
}

#[test]
fn the_order_is_causal_and_ties_go_to_the_smaller_id() {
    let mut commits = diverged();
    for _ in 0..commits.len() {
        commits.rotate_left(1);
        let history = History::new(id(3), commits.clone());
        assert_eq!(names(&history), ["L", "two", "nine", "three"]);
        assert_eq!(history.ledger(), Some("L"));
        assert_eq!(history.tip(), Some(id(3)));
    }
}

#[test]
fn events_that_did_not_know_each_other_are_told_apart() {
    let history = History::new(id(3), diverged());
    for (later, earlier, knows) in [
        (9, 1, true),
        (2, 9, false),
        (9, 2, false),
        (3, 9, true),
        (3, 2, true),
        (3, 1, true),
        (1, 3, false),
        (3, 3, false),
        (3, 77, false),
        (77, 3, false),
    ] {
        assert_eq!(history.knows(id(later), id(earlier)), knows, "{later} knows {earlier}");
    }
}

#[test]
fn what_is_put_on_top_is_as_if_it_had_been_read_at_once() {
    let more = [commit(4, &[3], said("four")), commit(8, &[4], said("two"))];
    let extended = History::new(id(3), diverged()).grown(id(8), more.to_vec()).expect("it is known enough");
    let at_once = History::new(id(8), diverged().into_iter().chain(more).collect());
    assert_eq!(extended.records(), at_once.records());
    assert_eq!(extended.tip(), at_once.tip());
    assert!(extended.knows(id(8), id(9)) && at_once.knows(id(8), id(9)));
}

fn reasons(commits: Vec<Commit>) -> Vec<(ObjectId, String)> {
    let tip = commits.last().expect("commits").id;
    let history = History::new(tip, commits);
    history.unreadable().map(|(commit, why)| (commit, why.to_string())).collect()
}

#[test]
fn a_repeated_id_counts_once() {
    let commits = vec![commit(1, &[], created("L")), commit(2, &[1], said("x")), commit(3, &[2], said("x"))];
    assert_eq!(reasons(commits), [(id(3), "it repeats the id of the event in commit 0202020202".to_owned())]);
}

#[test]
fn only_the_root_creates_and_the_root_must_create() {
    let commits = vec![commit(1, &[], created("L")), commit(2, &[1], created("L"))];
    assert_eq!(reasons(commits), [(id(2), "only the first event creates the ledger".to_owned())]);
    let commits = vec![commit(1, &[], said("x")), commit(2, &[1], said("y"))];
    let found = reasons(commits);
    assert_eq!(found[0], (id(1), "the first event must create the ledger".to_owned()));
    assert_eq!(found[1].1, "it belongs to another ledger");
}

#[test]
fn an_event_of_another_ledger_does_not_count() {
    let foreign = event("x", "M", Payload::RcaRecorded(RcaRecorded { no_code_cause: true, ..RcaRecorded::default() }));
    let commits = vec![commit(1, &[], created("L")), commit(2, &[1], foreign)];
    assert_eq!(reasons(commits), [(id(2), "it belongs to another ledger".to_owned())]);
    // A second root that is joined does not take the ledger over, whichever id is smaller.
    let commits = vec![
        commit(7, &[], created("L")),
        commit(1, &[], created("M")),
        commit(8, &[7, 1], Content::Join),
        commit(9, &[8], said("x")),
    ];
    assert_eq!(reasons(commits), [(id(1), "it belongs to another ledger".to_owned())]);
}

fn adopted(name: &str, ledger: &str, of: (&str, u8)) -> Content {
    let adopted = LedgerAdopted { ledger: of.0.into(), root: id(of.1) };
    event(name, ledger, Payload::LedgerAdopted(adopted))
}

#[test]
fn a_ledger_that_was_taken_in_counts_and_one_that_only_says_so_does_not() {
    let elsewhere =
        event("there", "M", Payload::RcaRecorded(RcaRecorded { no_code_cause: true, ..RcaRecorded::default() }));
    let joined = |adoption: Content| {
        vec![
            commit(7, &[], created("L")),
            commit(1, &[], created("M")),
            commit(2, &[1], elsewhere.clone()),
            commit(8, &[7, 2], Content::Join),
            commit(9, &[8], adoption),
        ]
    };
    let history = History::new(id(9), joined(adopted("a", "L", ("M", 1))));
    assert_eq!(names(&history), ["M", "there", "L", "a"]);
    assert_eq!((history.ledger(), history.root(), history.strange_roots().count()), (Some("L"), Some(id(7)), 0));
    for wrong in [adopted("a", "M", ("M", 1)), adopted("a", "L", ("N", 1)), adopted("a", "L", ("M", 2)), said("a")] {
        let history = History::new(id(9), joined(wrong));
        assert_eq!(history.event("there"), None);
        assert_eq!(history.strange_roots().collect::<Vec<_>>(), [id(1)]);
    }
    // A third one needs a word of its own.
    let mut commits = joined(adopted("a", "L", ("M", 1)));
    commits.extend([commit(3, &[], created("N")), commit(4, &[9, 3], Content::Join)]);
    assert_eq!(History::new(id(4), commits).strange_roots().collect::<Vec<_>>(), [id(3)]);
}

#[test]
fn a_second_root_with_the_id_of_the_first_is_no_root() {
    let commits = vec![commit(7, &[], created("L")), commit(1, &[], created("L")), commit(8, &[7, 1], Content::Join)];
    assert_eq!(reasons(commits), [(id(1), "the ledger began already".to_owned())]);
}

#[test]
fn what_can_not_be_read_is_listed_in_its_place() {
    let newer = Unreadable::Newer { format: 2, kind: "paged".into(), incident: None };
    let commits = vec![
        commit(1, &[], created("L")),
        commit(2, &[1], Content::Event(Err(newer.clone()))),
        commit(3, &[2], said("x")),
    ];
    let history = History::new(id(3), commits);
    assert_eq!(history.records()[1], Record { commit: id(2), event: Err(newer), doubt: None });
    assert_eq!(names(&history), ["L", "x"]);
    assert_eq!(history.event("x").map(|(commit, _)| commit), Some(id(3)));
}

/// Random histories: each commit has one or two earlier ones as parents.
fn any_history() -> impl Strategy<Value = Vec<Commit>> {
    let shuffled = Just((1..=24_u8).collect::<Vec<_>>()).prop_shuffle();
    (shuffled, proptest::collection::vec((any::<u8>(), any::<u8>(), any::<bool>()), 23)).prop_map(|(ids, links)| {
        let mut commits = vec![commit(ids[0], &[], created("L"))];
        for (at, (one, two, join)) in links.into_iter().enumerate() {
            let earlier = |pick: u8| ids[usize::from(pick) % (at + 1)];
            let (one, two) = (earlier(one), earlier(two));
            let joins = join && one != two;
            let parents = if joins { vec![one, two] } else { vec![one] };
            let mut content = if joins { Content::Join } else { said(&format!("e{at}")) };
            if let Content::Event(Ok(event)) = &mut content {
                event.at += chrono::TimeDelta::minutes(ids[23 - at].into());
            }
            commits.push(commit(ids[at + 1], &parents, content));
        }
        commits
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn knowing_is_ancestry_and_parents_come_first(commits in any_history()) {
        let history = History::new(commits[23].id, commits.clone());
        let mut known: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
        for commit in &commits {
            let mut all = commit.parents.to_vec();
            all.extend(commit.parents.iter().flat_map(|parent| known[parent].clone()));
            known.insert(commit.id, all);
        }
        let order: Vec<_> = history.commits().collect();
        prop_assert_eq!(order.len(), commits.len());
        // Whatever the clocks say, nothing is told before what its author knew, and nothing is left out.
        let told: Vec<_> = history.told(|_| true).iter().map(|record| record.commit).collect();
        prop_assert_eq!(told.len(), history.records().len());
        for (later, earlier) in told.iter().enumerate().flat_map(|(at, a)| told[..at].iter().map(move |b| (*a, *b))) {
            prop_assert!(!known[&earlier].contains(&later));
        }
        for (later, earlier) in order.iter().enumerate().flat_map(|(at, a)| order[..at].iter().map(move |b| (*a, *b))) {
            prop_assert_eq!(history.knows(later, earlier), known[&later].contains(&earlier));
            prop_assert!(!history.knows(earlier, later) && !known[&earlier].contains(&later));
        }
    }

    #[test]
    fn read_in_two_parts_is_read_at_once(commits in any_history(), part in 1..24_usize) {
        // Whatever nobody stands on yet becomes reachable by joins, as reading does it.
        let closed = |commits: &[Commit]| {
            let (mut all, mut next) = (commits.to_vec(), 100);
            let stood_on = |all: &[Commit], id| all.iter().any(|commit| commit.parents.contains(&id));
            let mut tops: Vec<_> = commits.iter().map(|commit| commit.id).filter(|id| !stood_on(commits, *id)).collect();
            while let [.., one, two] = tops[..] {
                all.push(Commit { id: id(next), parents: ParentIds::from_slice(&[one, two]), content: Content::Join });
                tops.truncate(tops.len() - 2);
                tops.push(id(next));
                next += 1;
            }
            (tops[0], all)
        };
        let (tip, first) = closed(&commits[..part]);
        let mut rest = commits[part..].to_vec();
        let stood_on: Vec<_> = rest.iter().flat_map(|commit| commit.parents.clone()).collect();
        let mut tops: Vec<_> = rest.iter().map(|commit| commit.id).filter(|id| !stood_on.contains(id)).collect();
        tops.push(tip);
        let mut next = 150;
        while let [.., one, two] = tops[..] {
            rest.push(Commit { id: id(next), parents: ParentIds::from_slice(&[one, two]), content: Content::Join });
            tops.truncate(tops.len() - 2);
            tops.push(id(next));
            next += 1;
        }
        let at_once = History::new(tops[0], first.iter().cloned().chain(rest.clone()).collect());
        if let Some(grown) = History::new(tip, first).grown(tops[0], rest) {
            prop_assert_eq!(grown.records(), at_once.records());
            let order: Vec<_> = at_once.commits().collect();
            prop_assert_eq!(grown.commits().collect::<Vec<_>>(), order.clone());
            for (one, two) in order.iter().flat_map(|one| order.iter().map(move |two| (*one, *two))) {
                prop_assert_eq!(grown.knows(one, two), at_once.knows(one, two));
            }
        }
    }
}
