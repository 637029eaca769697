//! What people say about a target where git can't, and what git can tell of that.

use crate::place::{GRACE, Place, Said};
use crate::road::{BROKEN, QUALIFIES, broken_shop, check};
use crate::sync::Team;

/// The broken shop with a guard, and something that is done with it.
fn guarded(what: &str) -> String {
    BROKEN.replace("    sum(all but first)", &format!("    guard(all)\n    {what}(all)\n    sum(all but first)"))
}

/// A commit on main that was made of the fix, as `git cherry-pick --continue` makes it: it has the author's date of the fix.
fn edited_pick(place: &Place, text: &str, message: &str) -> String {
    let date = place.git(&["log", "-1", "--format=%aI", "hotfix/INC-42"]);
    place.write("shop.rs", text);
    place.git(&["commit", "-q", "--all", "-m", message, "--date", &date]);
    place.git(&["rev-parse", "HEAD"])
}

/// A fix of several lines is attached, and came to main in other words: the commit on main, which only a person can prove.
/// By its author's date it is a pick of the fix, or none.
fn edited_on_main(is_pick: bool) -> (Place, String) {
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", &guarded("retry"), "INC-42: guard and retry");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.git(&["switch", "-q", "main"]);
    place.commit("shop.rs", &guarded("again"), "INC-42: guard and do it again");
    let date = if is_pick {
        place.git(&["log", "-1", "--format=%aI", "hotfix/INC-42"])
    } else {
        "2026-01-01T10:00:00Z".to_owned()
    };
    place.git(&["commit", "-q", "--amend", "--no-edit", "--date", &date]);
    let landing = place.git(&["rev-parse", "HEAD"]);
    (place, landing)
}

fn confirm(place: &Place, commit: &str) -> Said {
    place.hotfix_by(GRACE, &["verify", "INC-42", "--confirm", commit, "--reason", "I read both, they do the same"])
}

#[test]
fn what_was_confirmed_and_reverted_is_told_and_not_confirmed_again() {
    [true, false].into_iter().for_each(confirmed_and_reverted);
}

fn confirmed_and_reverted(is_pick: bool) {
    let (place, landing) = edited_on_main(is_pick);
    confirm(&place, &landing).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(0).says("confirmed by a person");
    place.git(&["revert", "--no-edit", "HEAD"]);
    let revert = place.git(&["rev-parse", "HEAD"]);
    place
        .hotfix(&["verify", "INC-42"])
        .exits(1)
        .says("reverted on main")
        .says(&format!("{} (INC-42: guard and do it again), which was confirmed as the fix", &landing[..10]))
        .says(&format!("was taken out again by {}", &revert[..10]))
        .never_says("--confirm");
    let told = &place.json(&["verify", "INC-42"])["targets"][0];
    assert_eq!((&told["verdict"], &told["undone_by"][0]["commit"]), (&"reverted".into(), &revert.as_str().into()));
    for named in [&landing, &revert] {
        confirm(&place, named).exits(1).says(&format!("nothing of {}", &landing[..10])).says(&revert[..10]);
    }
    place.hotfix(&["gate", "--release", "main"]).exits(1).says("not-merged-back").says(&revert[..10]);
    // What was landed anew, in other words again, is for a person to see.
    let again = edited_pick(&place, &guarded("three_times"), "INC-42: guard and do it three times");
    place.hotfix(&["verify", "INC-42"]).exits(3).says("unproven").says(&format!("look at {}", &again[..10]));
    confirm(&place, &landing).exits(1);
    confirm(&place, &again).exits(0);
    // That it is the fix is no word that the fix may go out.
    place.hotfix(&["gate", "--release", "main"]).exits(3).says("approval-missing").never_says("merge-back");
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&["gate", "--release", "main"]).exits(0);
}

/// Nobody had confirmed it before it was taken out, and not by `git revert`: the file stands as before.
#[test]
fn a_candidate_that_was_taken_out_is_none() {
    let (place, landing) = edited_on_main(true);
    place.git(&["checkout", "-q", "HEAD~1", "--", "shop.rs"]);
    place.git(&["commit", "-q", "-m", "Start from the release again", "--date", "2026-01-02T10:00:00Z"]);
    let taker = place.git(&["rev-parse", "HEAD"]);
    place.commit("other.rs", "x\n", "Something else");
    place.hotfix(&["verify", "INC-42"]).says(&format!("taken out again by {}", &taker[..10])).never_says("look at");
    for named in [&landing, &taker] {
        confirm(&place, named).exits(1).says("not-merged-back");
    }
    // The revert of a revert is a landing.
    place.git(&["revert", "--no-edit", &taker]);
    confirm(&place, "HEAD").exits(0);
}

/// Main had moved on, and its file was put back as the release has it: that brings lines, and nothing of the fix.
#[test]
fn what_puts_an_old_file_back_is_not_the_fix() {
    let (place, _) = edited_on_main(true);
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let moved_on = |text: &str| text.replace("    2\n", "    dearer(all)\n");
    place.commit("shop.rs", &moved_on(BROKEN), "Dearer shipping");
    place.git(&["commit", "-q", "--amend", "--no-edit", "--date", "2026-01-02T10:00:00Z"]);
    let landing = edited_pick(&place, &moved_on(&guarded("again")), "INC-42: guard and do it again");
    place.git(&["checkout", "-q", "v1.1.0", "--", "shop.rs"]);
    let taker = edited_pick(&place, BROKEN, "Start from the release again");
    place.hotfix(&["verify", "INC-42"]).says(&format!("taken out again by {}", &taker[..10])).never_says("look at");
    for named in [&landing, &taker] {
        confirm(&place, named)
            .exits(1)
            .says(&format!("nothing of {}", &landing[..10]))
            .says("--not-needed main")
            .never_says("--confirm");
    }
}

#[test]
fn what_takes_a_landing_out_may_bring_the_fix_in_another_way() {
    for is_confirmed in [true, false] {
        let (place, landing) = edited_on_main(true);
        if is_confirmed {
            confirm(&place, &landing).exits(0);
        }
        let elsewhere = |what: &str| BROKEN.replace("    2\n", &format!("    {what}(all)\n    2\n"));
        let other = edited_pick(&place, &elsewhere("checked"), "INC-42: guard where it belongs");
        let said = place.hotfix(&["verify", "INC-42"]).exits(3).says("unproven");
        said.says(&format!("look at {}", &other[..10])).says(&format!("taken out again by {}", &other[..10]));
        // Of the first landing nothing is left, whoever confirmed it.
        confirm(&place, &landing)
            .exits(1)
            .says(&format!("nothing of {}", &landing[..10]))
            .says(&format!("--confirm {}", &other[..10]))
            .says("--not-needed main")
            .says("by two people");
        confirm(&place, &other).exits(0);
        place.hotfix(&["verify", "INC-42"]).exits(0).says("confirmed by a person");
        // And that is gone like any other once it is taken out, be it that the first one does not come back.
        let gone = place.commit("shop.rs", BROKEN, "Without the check");
        place.hotfix(&["verify", "INC-42"]).exits(1).says(&format!("taken out again by {}", &gone[..10]));
        confirm(&place, &other).exits(1).says(&gone[..10]);
        confirm(&place, &gone).exits(1).says("not-merged-back");
    }
}

/// The fix was on main and is reverted there; Grace's clone has not heard of the revert.
#[test]
fn what_people_say_is_about_the_main_that_everybody_has() {
    let team = Team::new();
    let (ada, grace) = (team.ada.clone(), team.grace.clone());
    team.check(&ada, QUALIFIES).exits(0);
    team.hotfix(&ada, &["start", "INC-42"]).exits(0);
    team.place.commit("shop.rs", "two\n", "INC-42: mend it");
    team.hotfix(&ada, &["fix", "INC-42", "--proof", "test=two", "--guarded-by-flag", "no"]).exits(0);
    team.git(&ada, &["switch", "-q", "main"]);
    team.git(&ada, &["cherry-pick", "hotfix/INC-42"]);
    team.git(&ada, &["push", "-q", "origin", "main", "hotfix/INC-42"]);
    team.sync(&grace).exits(0);
    team.git(&grace, &["fetch", "-q"]);
    team.git(&ada, &["revert", "--no-edit", "HEAD"]);
    team.git(&ada, &["push", "-q", "origin", "main"]);
    let reverted = team.git(&ada, &["rev-parse", "HEAD"]);
    let confirm = ["verify", "INC-42", "--confirm", "origin/main", "--reason", "landed by hand, I read both"];
    let offline = team.offline(|| team.hotfix(&grace, &confirm));
    offline.exits(3).says("main-not-fresh");
    team.hotfix(&grace, &confirm).exits(1).says("git can tell: the fix is reverted on origin/main");
    // Whoever says it second hears of the first in the same breath.
    let waive = ["verify", "INC-42", "--not-needed", "main", "--reason", "superseded", "--evidence", "origin/main"];
    team.hotfix(&ada, &waive).exits(3).says("second-person-needed");
    team.hotfix(&grace, &waive).exits(0).says("waived on origin/main").never_says("somebody else");
    assert_eq!(team.git(&grace, &["rev-parse", "origin/main"]), reverted);
}

/// The second attempt takes the first one back, and was approved with it as one change.
#[test]
fn withdrawing_what_was_taken_back_makes_no_other_fix() {
    for merge in ["--ff-only", "--squash"] {
        let place = broken_shop();
        place.git(&["branch", "release/1.1"]);
        check(&place);
        let release = |branch: &str, tag: &str| {
            place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
            place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
            place.git(&["switch", "-q", "release/1.1"]);
            place.git(&["merge", "-q", merge, branch]);
            if merge == "--squash" {
                place.git(&["commit", "-q", "-m", tag]);
            }
            place.git(&["tag", tag]);
            if merge == "--squash" && tag == "v1.1.2" {
                // Where the line does not have the commits, only this says that one takes the other's place.
                place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0);
            }
            place.hotfix(&["deployed", "INC-42", "--release", tag]).exits(0);
        };
        place.hotfix(&["start", "INC-42"]).exits(0);
        place.commit("shop.rs", &BROKEN.replace("all but first", "all"), "INC-42: sum everything");
        release("hotfix/INC-42", "v1.1.1");
        place.hotfix(&["start", "INC-42", "--from", "v1.1.1"]).exits(0);
        place.git(&["revert", "--no-edit", if merge == "--squash" { "release/1.1" } else { "HEAD" }]);
        place.commit("routes.rs", "nine\n", "INC-42: it was the route");
        release("hotfix/INC-42-2", "v1.1.2");
        place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
        place.hotfix(&["gate", "--release", "v1.1.2"]).exits(0);
        place.hotfix(&["fix", "INC-42", "--withdraw", "1"]).exits(0).never_says("of another content");
        place.hotfix(&["gate", "--release", "v1.1.2"]).exits(0);
        place.hotfix(&["close", "INC-42"]).never_says("approval");
    }
}

#[test]
fn a_word_is_no_reason_and_what_git_contradicts_is_no_evidence() {
    let place = Place::new();
    place.commit("readme", "A shop\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.commit("shop.rs", BROKEN, "Faster sums");
    place.git(&["tag", "v1.1.0"]);
    let with = |reason: &str, evidence: &str| {
        let evidence = format!("roll-back.evidence={evidence}");
        let ladder = ["check", "INC-42", "--set", reason, "--set", &evidence];
        place.hotfix(&[&ladder[..], &QUALIFIES[2..]].concat())
    };
    with("roll-back=tried", "x").exits(2).says("roll-back.evidence: \"x\" says nothing").says("or say owed");
    with("roll-back=schema-changed", "readme").exits(2).says("did not change from v1.0.0 to v1.1.0").says("shop.rs");
    with("roll-back=schema-changed", "shop.rs").exits(0);
    place.hotfix(&["severity", "INC-42", "sev2", "--reason", "ok"]).exits(2).says("--reason: \"ok\" says nothing");
    place.hotfix(&["severity", "INC-42", "sev2", "--reason", "only one customer saw it"]).exits(0);
    let (place, landing) = edited_on_main(true);
    place
        .hotfix_by(GRACE, &["verify", "INC-42", "--confirm", &landing, "--reason", "ok"])
        .exits(2)
        .says("says nothing");
}

#[test]
fn a_lost_landing_is_not_what_it_was_lost_by() {
    let place = broken_shop();
    place.git(&["branch", "release/1.1"]);
    check(&place);
    place.hotfix(&["start", "INC-42"]).exits(0);
    place.commit("shop.rs", &BROKEN.replace("all but first", "all"), "INC-42: sum everything");
    place.hotfix(&["fix", "INC-42", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.git(&["branch", "--force", "release/1.1"]);
    place.git(&["switch", "-q", "main"]);
    place.git(&["cherry-pick", "-x", "hotfix/INC-42"]);
    let landing = place.git(&["rev-parse", "--short=10", "HEAD"]);
    place.git(&["revert", "--no-edit", "HEAD"]);
    let revert = place.git(&["rev-parse", "--short=10", "HEAD"]);
    place.hotfix(&["verify", "INC-42"]).exits(1).says(&format!("undone by {revert}"));
    place.hotfix(&["show", "INC-42"]).exits(0).says(&format!("reverted on main (landed by {landing}"));
    place.hotfix(&["show", "INC-42", "--format", "markdown"]).says(&format!("| reverted | landed by {landing}"));
    place.hotfix(&["drift", "release/1.1"]).exits(1).says(&format!("reverted {revert}"));
    place.hotfix(&["merged", "HEAD..HEAD"]).exits(2).says("is empty").says("hotfix merged BASE..");
    place.hotfix(&["audit", "--since", "2026-01-01"]).never_says("premature end");
    place
        .hotfix(&["audit", "--since", "yesterday"])
        .exits(2)
        .says("such as 2026-11-23T03:10:00+01:00")
        .says("or a day");
}

/// The commit that is printed with `--confirm`.
fn printed(place: &Place) -> String {
    let said = place.json(&["verify", "INC-42"]);
    let lines = said["refusals"][0]["next"].as_array().unwrap();
    let line = lines.iter().filter_map(|line| line.as_str()).find(|line| line.contains("--confirm"));
    let line = line.unwrap_or_else(|| panic!("{said:#}"));
    line.split_whitespace().skip_while(|word| *word != "--confirm").nth(1).unwrap().to_owned()
}

#[test]
fn the_commit_that_is_printed_to_be_confirmed_is_accepted() {
    // It looks like the fix, or nearly so since.
    let (place, landing) = edited_on_main(true);
    assert_eq!(printed(&place), landing[..10]);
    confirm(&place, &printed(&place)).exits(0);
    let (place, _) = edited_on_main(true);
    place.commit("shop.rs", &guarded("ever_again"), "Do it ever again");
    confirm(&place, &printed(&place)).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(0);
    // It landed, and was written anew.
    let (place, _) = edited_on_main(true);
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    place.git(&["cherry-pick", "-x", "hotfix/INC-42"]);
    let anew = BROKEN.replace(
        "    sum(all but first)",
        "    every_one_of_them_is_looked_at_and_tried_until_it_works()\n    sum(all but first)",
    );
    let later = place.commit("shop.rs", &anew, "Look at every one");
    place.hotfix(&["verify", "INC-42"]).exits(3).says("git show").never_says("cherry-pick");
    assert_eq!(printed(&place), later[..10]);
    confirm(&place, &printed(&place)).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(0);
}

#[test]
fn nobody_says_that_what_is_there_is_not_needed() {
    let waive = |place: &Place, evidence: &str| {
        place.hotfix(&["verify", "INC-42", "--not-needed", "main", "--reason", "obsolete", "--evidence", evidence])
    };
    let (place, landing) = edited_on_main(true);
    // What is older than the fix shows nothing of it.
    waive(&place, "v1.0.0").exits(1).says("fix-in-production");
    waive(&place, &landing).exits(3).says("second-person-needed");
    let evidence = ["--reason", "obsolete", "--evidence", &landing];
    place.hotfix_by(GRACE, &[&["verify", "INC-42", "--not-needed", "main"][..], &evidence].concat()).exits(0);
    place.git(&["branch", "-f", "release/1.1", "hotfix/INC-42"]);
    place
        .hotfix(&["drift", "release/1.1"])
        .exits(0)
        .says("A release cut from main holds everything but 1 that people said need not be there");
    place.git(&["reset", "-q", "--hard", "HEAD~1"]);
    place.git(&["cherry-pick", "-x", "hotfix/INC-42"]);
    waive(&place, "HEAD").exits(1).says("not-merged-back").says("git can tell: the fix is merged on main");
}
