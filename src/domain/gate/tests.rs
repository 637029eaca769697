//! The rulings as tables: a story a line, and what it then means for a change and for a release.

use super::super::closing::Settled;
use super::super::gates::tests::{Story, built_in, proof_of, strict};
use super::*;

fn codes(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| refusal.code.word()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn change(policy: &Policy, story: &str, held: Verdict, expected: &str) {
    let found = Story::new(story).case(policy, |case| of_change(case, held, Onto::Line("release/1.2")));
    assert_eq!(codes(&found), expected, "{story}");
    assert!(found.iter().all(|refusal| !refusal.next.is_empty()), "{story}");
}

#[test]
fn a_change_goes_in_only_for_a_live_hotfix_that_is_small_enough_and_agreed_to() {
    let (built_in, strict) = (built_in(), strict());
    for (story, expected) in [
        ("ada check; ada fix a; bob approve a", ""),
        ("ada check; ada fix a", "approval-missing"),
        ("ada check; ada fix a; ada approve a", "approval-missing"),
        ("ada check; ada fix a; bob approve a; ada fix b", "approval-missing"),
        ("ada check; ada fix a; bob approve a; cyd reject a", "approval-rejected"),
        ("ada check; ada fix a; bob^2 approve a; cyd^2 reject a", "approval-contested"),
        ("ada check; ada fix a; bob approve a; ada deployed; ada restored", ""),
        // What was decided otherwise has no fix, whoever agrees to it.
        ("ada decide roll-back; ada fix a; bob approve a", "roll-back-first"),
        ("ada decide flag-off; ada fix a; bob approve a", "flag-off-first"),
        ("ada decide normal-release; ada fix a; bob approve a", "does-not-qualify"),
        ("ada check; ada fix a; bob approve a; ada decide roll-back", "roll-back-first"),
        ("ada decide roll-back; ada check; ada fix a; bob approve a", ""),
        // Nobody settles by being the later one what two decided apart.
        ("ada check; ada fix a; bob approve a; ada^1 decide roll-back; bob^1 check", "contested-decision"),
        // What is over opens nothing.
        ("ada check; ada fix a; bob approve a; ada close", "already-closed"),
        ("ada check; ada fix a; bob approve a; ada close; ada reopen", ""),
        ("ada check; ada fix a; bob approve a; bob void", "incident-void"),
        // A gate that was skipped by somebody who may is open while that holds.
        ("ada check; ada fix a; ada skip approval-missing a", ""),
        ("ada check; ada fix a; ada skip approval-missing a; +25h", "approval-missing"),
        ("ada check; ada fix a; ada skip approval-missing a; ada fix b", "approval-missing"),
    ] {
        change(&built_in, story, Verdict::Merged, expected);
    }
    for (story, expected) in [
        ("ada check; ada fix a; bob approve a", "approval-missing"),
        ("ada check; ada fix a; bob approve a; cyd approve a", ""),
        ("ada check sev1; ada fix a; bob approve a; cyd approve a", "approval-missing"),
        ("ada check sev1; ada fix a; bob approve a; cyd approve a; lena approve a", ""),
        ("ada check; ada fix a; bob skip approval-missing a", "approval-missing"),
        ("ada check; ada fix a; lena skip approval-missing a", ""),
    ] {
        change(&strict, story, Verdict::Merged, expected);
    }
}

#[test]
fn a_part_of_what_people_agreed_to_is_not_it() {
    let (policy, story) = (built_in(), "ada check; ada fix a; bob approve a");
    for (held, expected) in [
        (Verdict::Merged, ""),
        (Verdict::Partial, "fix-incomplete"),
        (Verdict::Reverted, "fix-incomplete"),
        (Verdict::Missing, "fix-incomplete"),
        (Verdict::Unproven, "fix-incomplete"),
    ] {
        change(&policy, story, held, expected);
    }
    change(&policy, "ada check; ada fix a", Verdict::Partial, "approval-missing fix-incomplete");
}

#[test]
fn a_commit_goes_in_if_one_of_its_owners_lets_it() {
    let id = |text: &str| text.parse::<IncidentId>().expect("an id");
    let no = || vec![Refusal::new(Code::ApprovalMissing, "", "")];
    for (owners, open, expected) in [
        (vec!["A"], "A", ""),
        (vec!["A"], "", "A"),
        // The approval of another incident covers what that incident holds too, and nothing else.
        (vec!["A B"], "B", ""),
        (vec!["A B", "A"], "B", "A"),
        (vec!["A B", "B"], "B", ""),
        (vec!["A B"], "", "A B"),
        (vec!["A", "B"], "A", "B"),
        (vec![], "", ""),
    ] {
        let owners: Vec<BTreeSet<IncidentId>> =
            owners.iter().map(|owners| owners.split(' ').map(id).collect()).collect();
        let refusals = ["A", "B"].map(|name| (id(name), if open.contains(name) { Vec::new() } else { no() }));
        let found = in_the_way(&owners, &BTreeMap::from(refusals));
        let found: Vec<&str> = found.iter().map(IncidentId::as_str).collect();
        assert_eq!(found.join(" "), expected, "{owners:?}, {open:?} open");
    }
    assert_eq!(
        in_the_way(&[BTreeSet::from([id("A")])], &BTreeMap::new()).len(),
        1,
        "who was not asked lets nothing in"
    );
}

#[test]
fn a_release_holds_every_fix_or_says_which_it_drops() {
    let policy = built_in();
    let settled = |verdict, settled| match proof_of(verdict) {
        Proof::Asked { reference, target, verdict, story, look, confirmable, mend, .. } => {
            Proof::Asked { reference, target, verdict, story, look, confirmable, mend, settled: Some(settled) }
        }
        other => other,
    };
    let fixed = "ada check; ada fix a";
    for (story, proofs, expected) in [
        (fixed, vec![proof_of(Verdict::Merged)], ""),
        (fixed, vec![proof_of(Verdict::Partial)], "not-merged-back"),
        (fixed, vec![proof_of(Verdict::Reverted)], "not-merged-back"),
        (fixed, vec![proof_of(Verdict::Missing)], "not-merged-back"),
        (fixed, vec![proof_of(Verdict::Unproven)], "merge-back-unproven"),
        (fixed, vec![settled(Verdict::Missing, Settled::Waived)], ""),
        (fixed, vec![settled(Verdict::Unproven, Settled::Confirmed)], ""),
        (fixed, vec![settled(Verdict::Missing, Settled::Confirmed)], "not-merged-back"),
        ("ada check; ada fix a; ada close", vec![proof_of(Verdict::Missing)], "not-merged-back"),
        ("ada check; ada fix a; bob void", vec![proof_of(Verdict::Missing)], ""),
        // Without a fix the cause is on main, and in every release from there.
        ("ada check", vec![], "fix-missing"),
        ("ada decide roll-back", vec![], "cause-open"),
        ("ada decide flag-off", vec![], "cause-open"),
        ("ada decide normal-release", vec![], ""),
        ("ada decide roll-back; ada cause", vec![proof_of(Verdict::Merged)], ""),
        ("ada decide roll-back; ada cause", vec![proof_of(Verdict::Missing)], "not-merged-back"),
        ("ada decide roll-back; bob void", vec![], ""),
    ] {
        let story_told = Story::new(story);
        assert_eq!(codes(&of_release(&story_told.incident(), &policy, &proofs)), expected, "{story}");
    }
    let mut asks_nothing = policy;
    asks_nothing.close_requires.merge_back = false;
    let incident = Story::new(fixed).incident();
    assert!(of_release(&incident, &asks_nothing, &[proof_of(Verdict::Missing)]).is_empty(), "the policy asks for none");
}

#[test]
fn a_stranger_is_named_with_what_to_type() {
    let stranger =
        Stranger { commit: "0123456789", subject: "Quick", author: "Ada", own: &[], before: None, unshared: None };
    let refusal = unrecorded(&stranger, "release/1.2", "main");
    assert_eq!(refusal.message, "0123456789 (Quick, by Ada) would come to release/1.2, and no incident holds it");
    assert!(refusal.next[0].starts_with("hotfix check INCIDENT && hotfix fix INCIDENT 0123456789"));
    let own = ["shop.rs".to_owned()];
    let merge = unrecorded(&Stranger { own: &own, ..stranger }, "release/1.2", "main");
    assert!(merge.message.ends_with("the merge itself changes shop.rs"), "{}", merge.message);
}
