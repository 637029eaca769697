//! What production runs, and the last good release before it.

use hotfix::domain::event::{self, Release};
use hotfix::domain::identity::{IncidentId, ObjectId};
use hotfix::domain::policy::Branches;
use hotfix::domain::rolled_back::RolledBack;
use hotfix::evidence::production::{Found, LastGood, Production, Recorded, Running, Unknown, production};
use hotfix::failure::FailureKind;
use hotfix::git::repository::Repository;

use crate::history::History;

fn branches(release_tags: &[&str]) -> Branches {
    Branches {
        main: "main".to_owned(),
        release_lines: vec!["release/*".to_owned()],
        hotfix: "hotfix/{incident}".to_owned(),
        release_tags: release_tags.iter().map(|&glob| glob.to_owned()).collect(),
    }
}

fn recorded_fixes<const N: usize>(fixes: [(ObjectId, IncidentId); N]) -> Recorded {
    Recorded { fixes: fixes.into(), ..Recorded::default() }
}

fn ask(history: &History, globs: &[&str], named: Option<&str>) -> Production {
    production(&history.repository(), &branches(globs), named, &Recorded::default()).expect("an answer")
}

fn known(history: &History, globs: &[&str], named: Option<&str>) -> Running {
    match ask(history, globs, named) {
        Production::Known(running) => *running,
        Production::Unknown(unknown) => panic!("unknown: {}", unknown.reason),
    }
}

fn unknown(history: &History, globs: &[&str]) -> Unknown {
    match ask(history, globs, None) {
        Production::Unknown(unknown) => unknown,
        Production::Known(running) => panic!("known: {}", running.name),
    }
}

fn before(running: &Running) -> &LastGood {
    running.last_good.as_ref().unwrap_or_else(|| panic!("none: {:?}", running.no_last_good))
}

#[test]
fn the_newest_release_counts_not_the_newest_tag() {
    let history = History::bare(
        "a: f = 1; tag v1.9.0
         b: f = 2; signpost v1.10.0
         c: f = 3; tag v1.11.0-rc.1; branch main
         d < a: g = 1; tag v1.9.1
         e: g = 2; tag latest",
    );
    let running = known(&history, &["v*"], None);
    assert_eq!((running.name.as_str(), running.found), ("v1.10.0", Found::NewestTag));
    assert_eq!(history.label(running.commit.id), "b");
    // v1.9.1 is the higher version, but production does not contain it.
    let good = before(&running);
    assert_eq!((good.tag.as_str(), good.is_ancestor, good.is_pre_release), ("v1.9.0", true, false));
    assert_eq!(good.between.commits, 1);
}

#[test]
fn a_pre_release_counts_where_nothing_else_is_tagged() {
    let history = History::bare("a: f = 1; tag v1.0.0-rc.1\nb: f = 2; tag v1.0.0-rc.2; branch main");
    let running = known(&history, &["v*"], None);
    assert_eq!(running.name, "v1.0.0-rc.2");
    assert!(before(&running).is_pre_release);
}

#[test]
fn releases_that_are_branched_off_are_told_apart_from_ancestors() {
    let history = History::bare(
        "a: f = 1; branch main
         b < a: v = 1; tag v1.0.0
         c < a: f = 2; branch main
         d < c: v = 2; tag v1.1.0",
    );
    let running = known(&history, &["v*"], None);
    let good = before(&running);
    assert_eq!((good.tag.as_str(), good.is_ancestor), ("v1.0.0", false));
    assert_eq!(good.between.commits, 2);
}

#[test]
fn several_components_must_be_told_apart_by_a_person() {
    let history = History::bare(
        "a: f = 1; tag tokio-1.37.0; tag tokio-util-0.7.0
         b: f = 2; tag tokio-1.38.0; branch tokio-1.38.x
         c: f = 3; tag tokio-util-0.7.1; branch main
         d < b: f = 4; tag tokio-1.38.1; branch tokio-1.38.x
         e: f = 5; branch tokio-1.38.x",
    );
    let unknown = unknown(&history, &["tokio-*"]);
    let components: Vec<_> = unknown.components.iter().map(|c| (c.name.as_str(), c.newest.as_str())).collect();
    assert_eq!(components, [("tokio", "tokio-1.38.1"), ("tokio-util", "tokio-util-0.7.1")]);
    assert!(unknown.next.contains("--production tokio-1.38.1"), "{}", unknown.next);

    let named = known(&history, &["tokio-*"], Some("tokio-1.38.1"));
    let good = before(&named);
    assert_eq!((named.found, good.tag.as_str()), (Found::Named, "tokio-1.38.0"));
    let patches: Vec<_> = good.between.earlier_hotfixes.iter().map(|h| h.tag.as_deref()).collect();
    assert_eq!(patches, [Some("tokio-1.38.1")]);
    assert_eq!(before(&known(&history, &["tokio-*"], Some("tokio-util-0.7.1"))).tag, "tokio-util-0.7.0");
    // A branch is followed to the newest release of the component that it is named after.
    assert_eq!(before(&known(&history, &["tokio-*"], Some("tokio-1.38.x"))).tag, "tokio-1.38.1");
    // A branch without such a name holds both.
    let main = known(&history, &["tokio-*"], Some("main~1"));
    assert_eq!((main.last_good.as_ref().map(|good| good.tag.as_str())), Some("tokio-1.37.0"));
}

#[test]
fn a_branch_that_holds_several_components_has_no_last_good_release() {
    let history = History::bare("a: f = 1; tag api/v1.0.0\nb: f = 2; tag web/v1.0.0\nc: f = 3; branch main");
    let running = known(&history, &["*/v*"], Some("main"));
    assert_eq!(running.last_good, None);
    assert!(running.no_last_good.as_deref().is_some_and(|why| why.contains("api, web")), "{running:?}");
}

#[test]
fn a_commit_that_carries_a_release_tag_runs_that_release() {
    let history = History::bare(
        "a: f = 1; tag v1.0.0
         b: f = 2; tag v1.1.0; branch production
         c: f = 3; tag v1.2.0; branch main",
    );
    for named in ["production", "v1.1.0", "refs/tags/v1.1.0", &history.id("b").to_string()] {
        assert_eq!(before(&known(&history, &["v*"], Some(named))).tag, "v1.0.0", "{named}");
    }
}

#[test]
fn the_first_release_has_none_before_it() {
    let history = History::bare("a: f = 1; tag v1.0.0; branch main");
    let running = known(&history, &["v*"], None);
    assert_eq!(running.last_good, None);
    assert!(running.no_last_good.as_deref().is_some_and(|why| why.contains("lower version than v1.0.0")));
}

#[test]
fn what_lies_between_names_its_people_and_earlier_hotfixes() {
    let history = History::bare(
        "a: f = 1; tag v1.0.0
         b: f = 2; by Ben
         c: f = 3; by Ann
         d: f = 4; by Ben; tag v1.1.0; branch main",
    );
    let recorded = recorded_fixes([(history.id("c"), "INC-7".parse().expect("an id"))]);
    let found = production(&history.repository(), &branches(&["v*"]), None, &recorded).expect("an answer");
    let Production::Known(running) = found else { panic!("unknown") };
    let between = &before(&running).between;
    let authors: Vec<_> = between.authors.iter().map(|a| (a.person.name.as_str(), a.commits)).collect();
    assert_eq!(authors, [("Ben", 2), ("Ann", 1)]);
    let newest: Vec<_> = between.newest.iter().map(|commit| history.label(commit.id)).collect();
    assert_eq!(newest, ["d", "c", "b"]);
    let earlier: Vec<_> = between.earlier_hotfixes.iter().map(|h| h.incident.as_ref().map(|id| id.as_str())).collect();
    assert_eq!(earlier, [Some("INC-7")]);
}

/// An incident and the tags on its fix, or above it, are one hotfix.
#[test]
fn one_hotfix_counts_once() {
    let history = History::bare(
        "a: f = 1; tag v1.0.0
         b: f = 2; tag v1.0.1; tag v1.0.2
         c: f = 3
         d: f = 4
         e: g = 1; tag v1.0.3; tag v1.0.4; branch main",
    );
    let incident = || "INC-7".parse().expect("an id");
    let recorded = recorded_fixes([(history.id("c"), incident()), (history.id("d"), incident())]);
    let found = production(&history.repository(), &branches(&["v*"]), Some("main"), &recorded).expect("an answer");
    let Production::Known(running) = found else { panic!("unknown") };
    let good = before(&running);
    let told: Vec<_> = good.between.earlier_hotfixes.iter().map(|h| (h.incident.is_some(), h.tag.as_deref())).collect();
    assert_eq!(told, [(true, Some("v1.0.3")), (false, Some("v1.0.1"))], "since {}", good.tag);
}

#[test]
fn tags_that_lead_to_no_commit_are_passed_over() {
    let history = History::bare("a: f = 1; tag v1.0.0; branch main");
    let tree = history.git.find_commit(hotfix::git::to_oid(history.id("a"))).and_then(|c| c.tree()).expect("a tree");
    history.git.reference("refs/tags/v2.0.0", tree.id(), false, "").expect("a tag of a tree");
    assert_eq!(known(&history, &["v*"], None).name, "v1.0.0");
}

#[cfg(unix)]
#[test]
fn a_tag_name_that_is_not_utf_8_is_passed_over() {
    use std::os::unix::ffi::OsStrExt as _;
    let history = History::bare("a: f = 1; tag v1.0.0; branch main");
    let name = std::ffi::OsStr::from_bytes(b"refs/tags/v9.0.0-\xff");
    std::fs::write(history.path().join(name), format!("{}\n", history.id("a"))).expect("a ref");
    assert_eq!(known(&history, &["v*"], None).name, "v1.0.0");
}

#[test]
fn without_a_fitting_tag_it_is_unknown_until_named() {
    let none = History::bare("a: f = 1; branch main");
    assert_eq!(unknown(&none, &["v*"]).reason, "this clone has no tags");
    let others = History::bare("a: f = 1; tag nightly; branch main");
    assert!(unknown(&others, &["v*"]).reason.contains("of the 1 tag here none fits"));
    assert_eq!(known(&none, &["v*"], Some("main")).found, Found::Named);
}

#[test]
fn a_branch_that_was_only_fetched_can_be_named() {
    let history = History::bare("a: f = 1; tag v1.0.0\nb: f = 2; ref refs/remotes/origin/production; branch main");
    history.git.remote("origin", "nowhere").expect("a remote");
    let running = known(&history, &["v*"], Some("production"));
    assert_eq!((history.label(running.commit.id).as_str(), before(&running).tag.as_str()), ("b", "v1.0.0"));
}

#[test]
fn a_name_that_is_no_commit_is_a_usage_error() {
    let history = History::bare("a: f = 1; tag v1.0.0; branch main");
    let asked = production(&history.repository(), &branches(&["v*"]), Some("v9"), &Recorded::default());
    assert_eq!(asked.expect_err("no such tag").kind, FailureKind::Usage);
}

/// Rolls back from the release at one label to the one at another, after the commit of `after` was made, and asks anew.
fn after_going_back(history: &History, (from, to): (&str, &str), after: &str, named: Option<&str>) -> Running {
    let at = history.repository().commit_line(history.id(after)).expect("a commit").at;
    let commit = |tag: &str| history.repository().commit(tag).expect("a release");
    let last_good = Some(Release { tag: to.to_owned(), commit: commit(to) });
    let from = event::Production { name: from.to_owned(), commit: commit(from), last_good };
    let rolled_back = vec![RolledBack { incident: "INC-7".parse().expect("an id"), from, at }];
    let recorded = Recorded { rolled_back, ..Recorded::default() };
    match production(&history.repository(), &branches(&["v*"]), named, &recorded).expect("an answer") {
        Production::Known(running) => *running,
        Production::Unknown(unknown) => panic!("unknown: {}", unknown.reason),
    }
}

/// Production, the last good release before it, and what was passed over, with a star where that is newer.
fn told(running: &Running) -> (&str, Option<&str>, Vec<String>) {
    let star = |is_newer: bool| if is_newer { "*" } else { "" };
    let passed = running.passed_over.iter().map(|passed| format!("{}{}", passed.tag, star(passed.is_newer)));
    (&running.name, running.last_good.as_ref().map(|good| good.tag.as_str()), passed.collect())
}

#[test]
fn what_a_roll_back_passed_over_is_neither_production_nor_good() {
    let history = History::bare(
        "a: f = 1; tag v1.2.0
         b: f = 2; tag v1.3.0
         c: f = 3; tag v1.4.0
         d: f = 4; tag v1.5.0; branch main",
    );
    let back = |from, to, named| after_going_back(&history, (from, to), "d", named);
    let passed = |tags: &[&str]| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(told(&back("v1.5.0", "v1.4.0", None)), ("v1.4.0", Some("v1.3.0"), passed(&["v1.5.0*"])));
    assert_eq!(told(&back("v1.5.0", "v1.3.0", None)), ("v1.3.0", Some("v1.2.0"), passed(&["v1.5.0*", "v1.4.0*"])));
    // A newer release was shipped, and the one before it is still the broken one.
    assert_eq!(told(&back("v1.4.0", "v1.3.0", None)), ("v1.5.0", Some("v1.3.0"), passed(&["v1.4.0"])));
    // Whoever says what runs is believed; that one is good to go back to is another matter.
    assert_eq!(told(&back("v1.5.0", "v1.3.0", Some("v1.5.0"))), ("v1.5.0", Some("v1.3.0"), passed(&["v1.4.0"])));
    assert_eq!(told(&back("v1.5.0", "v1.4.0", Some("v1.4.0"))), ("v1.4.0", Some("v1.3.0"), passed(&[])));
    assert_eq!(told(&back("v1.4.0", "v1.3.0", Some("main~1"))), ("main~1", Some("v1.3.0"), passed(&[])));
}

#[test]
fn what_was_released_after_the_roll_back_runs() {
    let history = History::bare(
        "a: f = 1; tag v1.4.0
         b: f = 2; tag v1.4.1
         c: f = 3; tag v1.5.0; branch main
         d < b: g = 1; tag v1.4.2",
    );
    let running = after_going_back(&history, ("v1.5.0", "v1.4.0"), "c", None);
    let passed = vec!["v1.5.0*".to_owned(), "v1.4.1".to_owned()];
    assert_eq!(told(&running), ("v1.4.2", Some("v1.4.0"), passed));
}

#[test]
fn where_nothing_else_was_released_what_was_rolled_back_is_still_the_answer() {
    let history = History::bare("a: f = 1; tag nightly\nb: f = 2; tag v1.4.0; branch main");
    let running = after_going_back(&history, ("v1.4.0", "nightly"), "b", None);
    assert_eq!(told(&running), ("v1.4.0", None, vec![]));
}

#[test]
fn a_detached_head_and_a_linked_worktree_change_nothing() {
    let history = History::checked_out("a: f = 1; tag v1.0.0\nb: f = 2; tag v1.1.0; branch main");
    history.git.set_head_detached(hotfix::git::to_oid(history.id("a"))).expect("detach");
    assert_eq!(known(&history, &["v*"], None).name, "v1.1.0");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let linked = elsewhere.path().join("linked");
    history.git.worktree("linked", &linked, None).expect("a linked worktree");
    let repository = Repository::discover(&linked).expect("opens");
    let found = production(&repository, &branches(&["v*"]), None, &Recorded::default()).expect("an answer");
    assert_eq!(found.recorded().map(|p| p.name), Some("v1.1.0".to_owned()));
}

#[test]
fn a_shallow_clone_does_not_know_until_it_is_told() {
    let history = History::bare("a: f = 1; tag v1.0.0\nb: f = 2; tag v1.1.0\nc: f = 3; branch main");
    std::fs::write(history.path().join("shallow"), format!("{}\n", history.id("b"))).expect("cut off");
    let unknown = unknown(&history, &["v*"]);
    assert!(unknown.reason.contains("shallow"), "{}", unknown.reason);
    assert!(unknown.next.contains("git fetch --unshallow --tags"), "{}", unknown.next);
    let running = known(&history, &["v*"], Some("v1.1.0"));
    assert_eq!(running.last_good, None);
    assert!(running.no_last_good.as_deref().is_some_and(|why| why.contains("shallow")), "{:?}", running.no_last_good);
}

#[test]
fn thousands_of_tags_are_no_obstacle() {
    let history = History::bare("a: f = 1; tag v1.0.0\nb: f = 2; tag v1.1.0; branch main");
    let packed: String = (0..3000).map(|n| format!("{} refs/tags/old-0.{n}.0\n", history.id("a"))).collect();
    std::fs::write(
        history.path().join("packed-refs"),
        format!("# pack-refs with: peeled fully-peeled sorted \n{packed}"),
    )
    .expect("packed");
    assert_eq!(known(&history, &["v*"], None).name, "v1.1.0");
    assert_eq!(unknown(&history, &["*"]).components.len(), 2);
}
