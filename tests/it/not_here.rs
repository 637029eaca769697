//! What others have and this clone has not: their commits, their releases, their ledger.

use hotfix::ledger::refs::LEDGER;

use crate::place::Said;
use crate::road::QUALIFIES;
use crate::sync::{ROLL_BACK, Team};

/// Ada made and attached a fix in her clone, and pushed none of its commits.
fn unpushed() -> Team {
    let team = Team::new();
    let ada = team.ada.clone();
    team.check(&ada, QUALIFIES).exits(0);
    team.hotfix(&ada, &["start", "INC-42"]).exits(0);
    team.place.commit("shop.rs", "two\n", "INC-42: mend it");
    team.hotfix(&ada, &["fix", "INC-42", "--proof", "test=two", "--guarded-by-flag", "no"]).exits(0);
    team
}

#[test]
fn nobody_approves_what_they_can_t_have_read() {
    let team = unpushed();
    let (ada, grace) = (team.ada.clone(), team.grace.clone());
    team.sync(&grace).exits(0);
    let approve = || -> Said { team.hotfix(&grace, &["approve", "INC-42"]) };
    approve().exits(4).says("of the fix is not in this clone").says("by Ada").says("git push origin hotfix/INC-42");
    team.hotfix(&grace, &["approve", "INC-42", "--reject", "--reason", "push it first, I can't see it"]).exits(0);
    // Once it is pushed it is fetched.
    team.git(&ada, &["push", "-q", "origin", "hotfix/INC-42"]);
    approve().exits(0).says("you approve this fix");
}

#[test]
fn a_fix_whose_own_branch_is_gone_can_be_read_where_it_went() {
    let team = unpushed();
    let (ada, grace) = (team.ada.clone(), team.grace.clone());
    team.git(&ada, &["switch", "-q", "main"]);
    team.git(&ada, &["merge", "-q", "--squash", "hotfix/INC-42"]);
    team.git(&ada, &["commit", "-q", "-m", "Mend it (#9)"]);
    team.git(&ada, &["push", "-q", "origin", "main"]);
    team.sync(&grace).exits(0);
    team.hotfix(&grace, &["approve", "INC-42"]).exits(0).says("you approve this fix");
}

/// The commit that was attached is nowhere but in Ada's reflog.
#[test]
fn a_fix_whose_commit_was_amended_can_be_read_on_its_branch() {
    let team = unpushed();
    let (ada, grace) = (team.ada.clone(), team.grace.clone());
    team.git(&ada, &["commit", "-q", "--amend", "-m", "INC-42: mend it, in better words"]);
    team.git(&ada, &["push", "-q", "origin", "hotfix/INC-42"]);
    team.sync(&grace).exits(0);
    team.hotfix(&grace, &["approve", "INC-42"]).exits(0).says("you approve this fix");
}

/// What was pushed is not what is on record.
#[test]
fn a_fix_that_is_another_by_now_is_to_be_attached_anew() {
    let team = unpushed();
    let (ada, grace) = (team.ada.clone(), team.grace.clone());
    team.place.write("shop.rs", "three\n");
    team.git(&ada, &["commit", "-q", "--all", "--amend", "-m", "INC-42: mend it otherwise"]);
    team.git(&ada, &["push", "-q", "origin", "hotfix/INC-42"]);
    team.sync(&grace).exits(0);
    let approve = || -> Said { team.hotfix(&grace, &["approve", "INC-42"]) };
    approve().exits(4).says("of the fix is not in this clone").says("by Ada").says("hotfix fix INC-42 first");
    team.hotfix(&ada, &["fix", "INC-42", "--proof", "test=three", "--guarded-by-flag", "no"]).exits(0);
    approve().exits(0).says("you approve this fix");
}

#[test]
fn a_release_that_was_not_pushed_is_one_line_of_what_is_owed() {
    let team = unpushed();
    let (ada, grace) = (team.ada.clone(), team.grace.clone());
    team.git(&ada, &["tag", "v1.0.1"]);
    team.hotfix(&ada, &["deployed", "INC-42", "--release", "v1.0.1"]).exits(0);
    team.hotfix(&ada, &["restored", "INC-42", "--by", "hotfix"]).exits(0);
    team.sync(&grace).exits(0);
    team.hotfix(&grace, &["close", "INC-42"])
        .exits(1)
        .says("release-not-here: v1.0.1")
        .says("git push origin v1.0.1 # else, by Ada")
        .says("not-merged-back")
        .says("rca-missing")
        .never_says("fsck");
    team.git(&ada, &["push", "-q", "origin", "v1.0.1"]);
    team.git(&grace, &["fetch", "-q", "--tags"]);
    team.hotfix(&grace, &["close", "INC-42"]).exits(1).never_says("release-not-here");
}

#[test]
fn the_remote_that_somebody_named_comes_before_origin() {
    let team = Team::new();
    team.check(&team.ada, ROLL_BACK).exits(1);
    let (fork, mine) = (team.place.beside("fork.git"), team.place.beside("mine"));
    team.git(&team.place.beside(""), &["clone", "-q", "--bare", "origin.git", "fork.git"]);
    team.git(&team.place.beside(""), &["clone", "-q", "fork.git", "mine"]);
    team.git(&mine, &["remote", "add", "upstream", team.origin().to_str().unwrap()]);
    team.git(&mine, &["fetch", "-q", "upstream"]);
    team.git(&mine, &["config", "checkout.defaultRemote", "upstream"]);
    team.sync(&mine).exits(0).says("upstream: 2 events received");
    team.hotfix(&mine, &["restored", "INC-42", "--by", "roll-back"]).exits(0);
    assert_eq!(team.git(&fork, &["for-each-ref", "refs/hotfix"]), "");
    team.sync(&team.ada).exits(0).says("1 event received");
    // A name that no remote has says nothing.
    team.git(&team.grace, &["config", "checkout.defaultRemote", "gone"]);
    team.sync(&team.grace).exits(0).says("origin: 3 events received");
}

/// The remote's ledger was taken away, and somebody who had never fetched it began another one there.
#[test]
fn what_a_replaced_ledger_lost_is_told_as_what_it_was() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    team.git(&team.ada, &["push", "-q", "origin", &format!(":{LEDGER}")]);
    team.hotfix(&team.grace, &[&["check", "INC-7"], ROLL_BACK].concat()).exits(1);
    team.sync(&team.ada)
        .exits(4)
        .says("has forgotten 2 events that it had")
        .says("INC-42: decided: hotfix (production-down)")
        .says("INC-7: decided: roll-back, by Grace")
        .never_says("another ledger");
}

#[test]
fn two_clones_of_one_ledger_count_once() {
    let team = Team::new();
    team.check(&team.ada, QUALIFIES).exits(0);
    team.sync(&team.grace).exits(0);
    team.offline(|| team.hotfix(&team.ada, &["check", "INC-43", "--set", "roll-back=yes"]).exits(1));
    let (ada, grace) = (team.ada.to_str().unwrap(), team.grace.to_str().unwrap());
    let report = ["report", "--repo", grace, "--repo", ada];
    team.hotfix(&team.ada, &report).exits(0).says("shop: 2 incidents").says("hold one ledger, which counts once");
    let report = team.json(&team.ada, &report);
    assert_eq!(report["repositories"].as_array().map(Vec::len), Some(1), "{report:#}");
}
