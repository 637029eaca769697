//! The policy of an incident is kept by the ledger, and nobody slips another one in that way.

use hotfix::domain::event::{Checked, Payload};
use hotfix::git::repository::Repository;
use hotfix::ledger::store::{Draft, Ledger};

use crate::ledger::ada;
use crate::place::Place;
use crate::road::QUALIFIES;
use crate::sync::Team;

const BASE: &str = include_str!("../../policy/hotfix.yaml");
const OURS: &str = "format: 1\nname: ours\nversion: 3\nextends: policy/base.yaml\n";

fn commit_policies(place: &Place, base: &str) {
    place.write("policy/base.yaml", base);
    place.git(&["add", "policy"]);
    place.commit("policy/hotfix.yaml", OURS, "Our policy");
}

#[test]
fn the_policy_of_an_incident_outlives_the_history_that_it_came_from() {
    let team = Team::new();
    commit_policies(&team.place, BASE);
    team.place.git(&["push", "-q", "origin", "main"]);
    team.hotfix(&team.ada, &[&["check", "INC-42"], QUALIFIES].concat()).exits(0).says("ours, version 3");
    team.hotfix(&team.ada, &["sync"]).exits(0);
    // Somebody takes the policy out of the history of main, and of everywhere else.
    team.place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    team.place.commit("shop.rs", "two\n", "Go on");
    team.place.git(&["push", "-q", "--force", "origin", "main"]);
    // A clone over the network gets what can be reached, and no more.
    team.git(&team.place.beside(""), &["clone", "-q", "--no-local", "origin.git", "late"]);
    let late = team.place.beside("late");
    team.hotfix(&late, &["sync"]).exits(0);
    assert!(!Repository::discover(&late).unwrap().has(source(&team.place).0), "its commit is nowhere any more");
    team.hotfix(&late, &["show", "INC-42"]).exits(0).says("ours, version 3");
    team.hotfix(&late, &["status"]).exits(0).says("INC-42").never_says("unknown");
    team.hotfix(&late, &["check", "INC-42"]).exits(0);
    let doubt = "its policy (ours version 3) never was on";
    team.hotfix(&late, &["close", "INC-42"]).exits(1).says("rca-missing").says(doubt).says("git show");
    // The way out that is printed: the ledger has the text, and main has it once more.
    let (_, kept) = source(&team.place);
    for (path, blob) in [("policy/hotfix.yaml", &kept[0]), ("policy/base.yaml", &kept[1])] {
        std::fs::create_dir_all(late.join("policy")).unwrap();
        std::fs::write(late.join(path), team.git(&late, &["show", &blob.to_string()]) + "\n").unwrap();
    }
    team.git(&late, &["add", "policy"]);
    team.git(&late, &["commit", "-q", "-m", "The policy, once more"]);
    team.git(&late, &["push", "-q", "origin", "main"]);
    team.hotfix(&late, &["close", "INC-42"]).exits(1).never_says(doubt);
}

/// The commit and the blobs of the policy that the newest walk was held to.
fn source(place: &Place) -> (hotfix::domain::identity::ObjectId, Vec<hotfix::domain::identity::ObjectId>) {
    let source = newest(place).policy.source.unwrap();
    (source.commit, source.kept)
}

fn newest(place: &Place) -> Checked {
    let repository = Repository::discover(&place.path()).unwrap();
    let history = Ledger::open(&repository).unwrap().history().unwrap();
    let mut checks = history.events().rev().filter_map(|(_, event)| match &event.payload {
        Payload::Checked(checked) => Some(Checked::clone(checked)),
        _ => None,
    });
    checks.next().unwrap()
}

#[test]
fn nobody_puts_a_looser_base_under_the_teams_policy() {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    commit_policies(&place, BASE);
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let honest = source(&place).1;
    assert_eq!(honest.len(), 2, "its own text, and the one that it extends");
    // The tree of the event keeps both.
    let kept = place.git(&["ls-tree", "refs/hotfix/ledger"]);
    assert!(honest.iter().all(|blob| kept.contains(&blob.to_string())), "{kept}");

    let loose = BASE.replace("  rca: accepted", "  rca: none");
    assert_ne!(loose, BASE);
    place.write("loose.yaml", &loose);
    let loose = place.git(&["hash-object", "-w", "loose.yaml"]).parse().unwrap();
    let mut checked = newest(&place);
    let source = checked.policy.source.as_mut().unwrap();
    source.kept = vec![source.blob, loose];
    let repository = Repository::discover(&place.path()).unwrap();
    let draft = Draft {
        actor: ada(),
        at: chrono::Utc::now().fixed_offset(),
        incident: Some("INC-43".parse().unwrap()),
        payload: Payload::Checked(checked.into()),
        texts: Default::default(),
    };
    Ledger::open(&repository).unwrap().append(draft).unwrap();
    place.hotfix(&["audit"]).exits(1).says("its policy (ours version 3) is not the one of the commit that it names");
    place.hotfix(&["close", "INC-43"]).exits(1).says("record-doubtful");
    place.hotfix(&["close", "INC-42"]).exits(1).never_says("record-doubtful");
}
