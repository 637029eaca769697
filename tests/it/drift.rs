//! `hotfix merged` and `hotfix drift` as their users run them.

use serde_json::Value;

use crate::history::History;
use crate::place::{ADA, Place, Said, said};

/// Runs the program in a history's repository.
pub(crate) fn run(history: &History, arguments: &[&str]) -> Said {
    let place = Place::new();
    said(place.command(env!("CARGO_BIN_EXE_hotfix"), history.path(), ADA).args(arguments))
}

pub(crate) fn json(history: &History, arguments: &[&str]) -> (i32, Value) {
    let said = run(history, &[arguments, &["--format", "json"]].concat());
    let value: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err));
    assert_eq!(value["exit"]["code"], said.code, "{value:#}");
    (said.code, value)
}

/// A release line with a fix that main has by a pick, one that it lacks, and a changelog.
fn lines() -> History {
    History::bare(
        "base : a = one_line two_line three_line four_line five_line six_line; CHANGELOG.md = old
         main0 : b = work_on_main; branch main
         there < base : a ~ two_line -> TWO_LINE
         lacking : a ~ five_line -> FIVE_LINE
         notes : CHANGELOG.md += entry; branch release/1.0
         pick < main0 : pick there
         main1 : a ~ five_line -> line_5; branch main",
    )
}

#[test]
fn a_fix_that_is_there_opens_the_gate() {
    let history = lines();
    let fix = history.id("there").to_string();
    let (code, answer) = json(&history, &["merged", &fix, "--into", "main"]);
    assert_eq!((code, answer["verdict"].as_str()), (0, Some("merged")), "{answer:#}");
    assert_eq!(answer["landings"][0]["commit"], history.id("pick").to_string());
    assert_eq!(answer["into"]["ref"], "refs/heads/main");
    assert_eq!(answer["hunks"][0]["fate"], "in-effect");
    let said = run(&history, &["merged", &fix, "--into", "main"]);
    assert!(said.out.starts_with("merged on main"), "{}", said.out);
}

#[test]
fn a_fix_that_is_not_there_says_what_bringing_it_would_come_to() {
    let history = lines();
    let fix = history.id("lacking").to_string();
    let (code, answer) = json(&history, &["merged", &fix, "--into", "main"]);
    assert_eq!((code, answer["verdict"].as_str()), (1, Some("missing")), "{answer:#}");
    assert_eq!(answer["missing"][0]["path"], "a");
    assert_eq!(answer["missing"][0]["lines"], "5");
    assert_eq!(answer["missing"][0]["commit"], fix);
    let forecast = &answer["forecast"];
    assert_eq!((forecast["applies"].as_bool(), forecast["conflicts"][0]["path"].as_str()), (Some(false), Some("a")));
    assert_eq!(forecast["commands"][1], format!("git cherry-pick -x {}", history.id("lacking").short()));
    assert!(forecast["next_release"].as_str().unwrap().contains("silently drops the fix"), "{forecast:#}");
}

#[test]
fn a_range_and_a_branch_are_read() {
    let history = lines();
    let range = format!("{}..release/1.0", history.id("there"));
    let (_, answer) = json(&history, &["merged", &range, "--into", "main"]);
    assert_eq!(answer["commits"].as_array().unwrap().len(), 2);
    let (code, answer) = json(&history, &["merged", "release/1.0", "--into", "main"]);
    assert_eq!(
        (code, answer["verdict"].as_str(), answer["commits"].as_array().unwrap().len()),
        (1, Some("partial"), 3)
    );
}

#[test]
fn what_names_nothing_is_no_verdict() {
    let history = lines();
    let base = history.id("base").to_string();
    let there = history.id("there").to_string();
    for (arguments, code) in [
        (vec!["merged", "no-such-thing", "--into", "main"], 2),
        (vec!["merged", &base, "--into", "no-such-branch"], 2),
        (vec!["merged", &format!("{there}..{base}"), "--into", "main"], 2),
        (vec!["merged", &format!("{there}..{there}"), "--into", "main"], 2),
        (vec!["merged"], 2),
        (vec!["merged", &there, "--into", "main", "--deadline", "0"], 2),
        (vec!["drift", "no-such-line", "--into", "main"], 2),
    ] {
        let said = run(&history, &arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.out, said.err);
    }
}

#[test]
fn drift_lists_every_commit_of_the_line() {
    let history = lines();
    let before = history.everything();
    let (code, answer) = json(&history, &["drift", "release/1.0", "--into", "main"]);
    assert_eq!(code, 1, "{answer:#}");
    let row = |at: usize| {
        let one = &answer["commits"][at];
        (
            one["commit"].as_str().unwrap().to_owned(),
            one["verdict"].as_str().unwrap().to_owned(),
            one["ignored"].as_bool().unwrap(),
        )
    };
    let id = |label: &str| history.id(label).to_string();
    assert_eq!(row(0), (id("there"), "merged".to_owned(), false));
    assert_eq!(row(1), (id("lacking"), "missing".to_owned(), false));
    assert_eq!(row(2), (id("notes"), "unproven".to_owned(), true));
    assert_eq!(answer["next_release"], "A release cut from main drops 1 of them, wholly or in part.");
    assert_eq!(answer["merge"]["clean"], false);
    assert_eq!(answer["merge"]["conflicts"][0]["path"], "a");
    assert_eq!(history.everything(), before, "a query writes nothing");
}

/// A local main that nobody pushed proves nothing.
#[test]
fn landed_only_on_a_stale_local_main_is_missing() {
    let place = Place::with_origin();
    let base = place.commit("a", "one\ntwo\nthree\n", "base");
    place.git(&["push", "-q", "origin", "main"]);
    place.git(&["switch", "-q", "-c", "fix"]);
    let fix = place.commit("a", "one\nTWO IS FIXED\nthree\n", "fix");
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "merge", "fix"]);
    let range = format!("{base}..{fix}");
    let answer = place.json(&["merged", &range, "--into", "main"]);
    assert_eq!(
        (answer["verdict"].as_str(), answer["into"]["ref"].as_str()),
        (Some("missing"), Some("refs/remotes/origin/main"))
    );
    place.git(&["push", "-q", "origin", "main"]);
    assert_eq!(place.json(&["merged", &range, "--into", "main"])["verdict"], "merged");
}

#[test]
fn a_shallow_clone_that_cannot_answer_says_so() {
    let place = Place::with_origin();
    place.commit("a", "one\ntwo\nthree\n", "base");
    place.git(&["switch", "-q", "-c", "release"]);
    place.commit("a", "one\nTWO IS FIXED\nthree\n", "fix");
    place.git(&["switch", "-q", "main"]);
    for number in 0..5 {
        place.commit("b", &format!("{number}\n"), "work");
    }
    place.git(&["push", "-q", "origin", "main", "release"]);
    let origin = format!("file://{}", place.beside("origin.git").display());
    place.git_in(&place.beside(""), &["clone", "-q", "--depth", "2", "--no-single-branch", &origin, "shallow"]);
    let shallow = place.beside("shallow");
    let said = said(place.command(env!("CARGO_BIN_EXE_hotfix"), &shallow, ADA).args([
        "merged",
        "origin/release",
        "--into",
        "main",
    ]));
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert!(said.err.contains("git fetch --unshallow"), "{}", said.err);
}

/// What was merged into main is not on main for that: the merge dropped it, or a revert took it back.
#[test]
fn a_commit_that_main_contains_and_does_not_hold_is_drift() {
    let dropped = "main < main0 fix : ours; branch main";
    let reverted = "merge < main0 fix : b = x\n main : revert merge; branch main";
    for (merge, verdict) in [(dropped, "missing"), (reverted, "reverted")] {
        let history = History::bare(&format!(
            "base : a = one_line two_line three_line
             main0 : d = work_on_main
             fix < base : a ~ two_line -> TWO_LINE; branch release/1.0
             {merge}"
        ));
        let (code, answer) = json(&history, &["drift", "release/1.0", "--into", "main"]);
        assert_eq!((code, answer["commits"][0]["verdict"].as_str()), (1, Some(verdict)), "{answer:#}");
        assert_eq!(answer["next_release"], "A release cut from main drops 1 of them, wholly or in part.");
    }
}

/// What came to the release line from main is not asked for.
#[test]
fn a_merge_of_main_into_the_line_brings_nothing_to_judge() {
    let history = History::bare(
        "base : a = one_line two_line three_line
         main0 : d = work_on_main
         early < base : a ~ two_line -> TWO_LINE
         sync < early main0
         late : a ~ three_line -> THREE_LINE; branch release/1.0
         main < main0 : f = more; branch main",
    );
    let (_, answer) = json(&history, &["drift", "release/1.0", "--into", "main"]);
    let commits: Vec<&str> =
        answer["commits"].as_array().unwrap().iter().map(|one| one["summary"].as_str().unwrap()).collect();
    assert_eq!(commits, ["early", "late"]);
}

#[test]
fn a_fix_that_was_made_inside_a_merge_is_asked_for() {
    let history = |main: &str| {
        History::bare(&format!(
            "base : a = one_line two_line three_line four_line five_line six_line; b = other
             start : b = more; branch main
             ours < base : a ~ two_line -> TWO_LINE
             theirs < base : a ~ six_line -> SIX_LINE
             plain < ours theirs
             more < ours : a ~ one_line -> ONE_LINE
             merge < plain more : a ~ three_line -> three_line if_not_allowed_return; branch release/1.0
             picks < start : pick ours; pick theirs; pick more; {main}; branch main"
        ))
    };
    let lacks = history("b = yet_more");
    let (code, answer) = json(&lacks, &["drift", "release/1.0", "--into", "main"]);
    let rows = answer["commits"].as_array().unwrap();
    let merge = rows.iter().find(|row| row["commit"] == lacks.id("merge").to_string()).expect("the merge is asked for");
    assert_eq!((code, merge["verdict"].as_str(), rows.len()), (1, Some("partial"), 4), "{answer:#}");
    assert_eq!(merge["missing"][0], "a");

    let holds = history("a ~ three_line -> three_line if_not_allowed_return");
    let (code, answer) = json(&holds, &["drift", "release/1.0", "--into", "main"]);
    assert_eq!((code, answer["commits"].as_array().unwrap().len()), (0, 4), "{answer:#}");
}

#[test]
fn what_main_took_back_is_asked_for_also_where_main_came_back_to_the_line() {
    let history = History::bare(
        "base : a = one_line two_line three_line; b = other
         fix : a ~ two_line -> two_line guard_of_the_length
         work < base : b = more
         merge < work fix
         back < fix merge : branch release/1.0
         main < merge : a ~ guard_of_the_length -> ; branch main",
    );
    let (code, answer) = json(&history, &["drift", "release/1.0", "--into", "main"]);
    assert_eq!((code, answer["commits"][0]["verdict"].as_str()), (1, Some("reverted")), "{answer:#}");
}

/// A commit that its own line took back is missed nowhere: to bring it to main would bring the fault there.
#[test]
fn what_the_line_took_back_is_no_drift() {
    let history = History::bare(
        "base : a = one_line two_line three_line four_line five_line six_line
         main0 : d = work_on_main; branch main
         bad < base : a ~ two_line -> TWO_LINE
         back : revert bad
         again : a ~ five_line -> FIVE_LINE
         off : revert again
         on : a ~ five_line -> FIVE_LINE; branch release/1.0",
    );
    let (code, answer) = json(&history, &["drift", "release/1.0", "--into", "main"]);
    let told = |at: usize| answer["commits"][at]["is"].as_str().unwrap().to_owned();
    let of = |label: &str| {
        let rows = answer["commits"].as_array().unwrap();
        told(rows.iter().position(|row| row["commit"] == history.id(label).to_string()).unwrap())
    };
    assert_eq!((of("bad"), of("back")), ("taken-back".to_owned(), "held".to_owned()), "{answer:#}");
    // What was taken back and brought again is there, and main lacks it.
    assert_eq!((code, of("on")), (1, "lacking".to_owned()), "{answer:#}");
    let said = run(&history, &["drift", "release/1.0", "--into", "main"]);
    assert!(said.out.contains("taken back"), "{}", said.out);

    let history = History::bare(
        "base : a = one_line two_line three_line
         main0 : d = work_on_main; branch main
         bad < base : a ~ two_line -> TWO_LINE
         back : revert bad; branch release/1.0",
    );
    let (code, answer) = json(&history, &["drift", "release/1.0", "--into", "main"]);
    assert_eq!((code, &answer["next_release"]), (0, &"A release cut from main holds everything.".into()), "{answer:#}");
}

/// Each commit of the fix was picked by itself and edited on the way: each pick is named, beside what it has of the fix.
#[test]
fn every_edited_pick_of_a_fix_is_named() {
    let sum = "sum_of_prices -> every_price_is_read the_sum_is_kept";
    let total = "total_of_cart -> every_item_is_read the_total_is_kept";
    let edited =
        [sum.replace("every_price_is_read", "prices(today)"), total.replace("every_item_is_read", "items(now)")];
    let ways = [
        // Both edited, with the author and the date of the fix, and without.
        (format!("shop ~ {}; by Ada; at 2", edited[0]), format!("cart ~ {}; by Ada; at 3", edited[1]), 2),
        (format!("shop ~ {}; by Grace", edited[0]), format!("cart ~ {}; by Grace", edited[1]), 2),
        // One is proven, which says nothing about the other.
        ("pick one".to_owned(), format!("cart ~ {}; by Grace", edited[1]), 1),
        (format!("shop ~ {}; by Grace", edited[0]), "pick fix".to_owned(), 1),
    ];
    for (first, second, open) in ways {
        let history = History::checked_out(&format!(
            "base : shop = head sum_of_prices tail; cart = head total_of_cart tail
             one : shop ~ {sum}; by Ada; at 2
             fix : cart ~ {total}; by Ada; at 3; branch hotfix
             other < base : b = other
             first : {first}; says something
             second : {second}; says something_else; branch main"
        ));
        let (code, said) = json(&history, &["merged", "main~3..hotfix", "--into", "main"]);
        assert_eq!((code, &said["verdict"]), (3, &"unproven".into()), "{said:#}");
        let mut named: Vec<String> = said["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                assert_eq!(one["compared"].as_array().map_or(0, Vec::len), 1, "{said:#}");
                history.label(one["commit"].as_str().unwrap().parse().unwrap())
            })
            .collect();
        named.extend(
            said["landings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| history.label(one["commit"].as_str().unwrap().parse().unwrap())),
        );
        named.sort();
        assert_eq!(named, ["first", "second"], "{said:#}");
        assert_eq!(said["candidates"].as_array().unwrap().len(), open, "{said:#}");
    }
}

/// A line within main's own history left no fork: main may have been fast-forwarded to it, and may have taken it back since.
#[test]
fn a_line_within_the_history_of_main_is_not_said_to_be_held() {
    let history = |tags: &str, later: &str| {
        History::bare(&format!(
            "base : a = one_line two_line three_line four_line{tags}
             fix : a ~ two_line -> two_line guard_of_the_length; branch release/1.5
             main : {later}; branch main"
        ))
    };
    let asked = |history: &History| json(history, &["drift", "release/1.5", "--into", "main"]);
    let reverted = history("; tag v1.5.0", "revert fix");
    let (code, answer) = asked(&reverted);
    assert_eq!((code, &answer["contained"]["verdict"]), (3, &"reverted".into()), "{answer:#}");
    assert!(!answer["next_release"].as_str().unwrap().contains("everything"), "{answer:#}");
    let command = answer["next"][0].as_str().unwrap().split("    #").next().unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(words, ["merged", "v1.5.0..release/1.5", "--into", "main"]);
    assert_eq!(run(&reverted, &words).code, 1);
    // What is still there is held.
    let (code, answer) = asked(&history("; tag v1.5.0", "b = more"));
    assert_eq!((code, &answer["contained"]["is_open"]), (0, &false.into()), "{answer:#}");
    // Without a release nobody can tell where it began.
    let (code, answer) = asked(&history("", "b = more"));
    assert!(code == 3 && answer["next"][0].as_str().unwrap().contains("BASE..release/1.5"), "{answer:#}");
    // A line that was cut and never released has had no hotfix; nor has one that stands where it was released.
    assert_eq!(asked(&history("; tag v1.4.0", "b = more")).0, 0);
    let fresh = History::bare(
        "base : a = one_line; tag v1.5.0; branch release/1.5
         main : a = another_line; branch main",
    );
    assert_eq!(asked(&fresh).0, 0);
}

/// Nor where no release tells since when: then main's having taken one of its newest commits out again is the sign.
#[test]
fn what_main_took_out_of_an_unreleased_line_is_told() {
    let asked = |before: &str, at_the_fix: &str, later: &str| {
        let history = History::bare(&format!(
            "old : b = other
             base : a = one_line two_line three_line four_line{before}
             fix : a ~ two_line -> two_line guard_of_the_length; branch release/1.2{at_the_fix}
             {later}; branch main"
        ));
        let (code, answer) = json(&history, &["drift", "release/1.2", "--into", "main"]);
        (history, code, answer)
    };
    for (before, at_the_fix) in
        [("; tag v1.1.0", ""), ("; tag v1.1.0", "; tag v1.2.1"), ("; tag v1.2.0-rc.1", "; tag v1.2.0")]
    {
        for later in ["main : revert fix", "work : b = more\n main : a ~ guard_of_the_length -> "] {
            let (history, code, answer) = asked(before, at_the_fix, later);
            let fix = history.id("fix");
            assert_eq!(
                (code, &answer["contained"]["taken_out"][0]["commit"]),
                (3, &fix.to_string().into()),
                "{answer:#}"
            );
            assert!(!answer["next_release"].as_str().unwrap().contains("everything"), "{answer:#}");
            let words: Vec<&str> = answer["next"][0].as_str().unwrap().split(' ').skip(1).collect();
            assert_eq!(words, ["merged", &fix.short(), "--into", "main"]);
            assert_eq!(run(&history, &words).code, 1);
            let said = run(&history, &["drift", "release/1.2", "--into", "main"]);
            assert!(said.out.contains(&fix.short()) && said.out.contains("took out since"), "{}", said.out);
        }
        // What lives on, be it in another form, is main's own work on what was cut there.
        for later in ["main : b = more", "main : a ~ guard_of_the_length -> guard_of_the_whole_length"] {
            let (_, code, answer) = asked(before, at_the_fix, later);
            assert_eq!((code, &answer["contained"]["is_open"]), (0, &false.into()), "{answer:#}");
        }
    }
}

/// What the line took back before it was cut main lacks for a reason; and a line that bears no version follows main.
#[test]
fn a_line_without_anything_of_its_own_alarms_nobody() {
    let history = History::bare(
        "base : a = one_line two_line three_line four_line; tag v1.1.0
         bad : a ~ two_line -> TWO_LINE
         back : revert bad; branch release/1.2; branch release/next
         main : b = more; branch main",
    );
    for line in ["release/1.2", "release/next"] {
        let (code, answer) = json(&history, &["drift", line, "--into", "main"]);
        assert_eq!((code, &answer["contained"]["looked_at"]), (0, &2.into()), "{answer:#}");
    }
}

/// What people waived is not held, and the policy's list is told where something is on it.
#[test]
fn drift_tells_the_list_of_the_policy_only_where_it_matters() {
    let said = run(&lines(), &["drift", "release/1.0", "--into", "main"]);
    assert!(said.out.contains("Never goes back"), "{}", said.out);
    let history = History::bare(
        "base : a = one_line two_line three_line
         fix : a ~ two_line -> TWO_LINE; branch release/1.0
         main < base : b = other; branch main",
    );
    let said = run(&history, &["drift", "release/1.0", "--into", "main"]);
    assert!(!said.out.contains("Never goes back"), "{}", said.out);
}

#[test]
fn the_policy_on_main_says_what_a_changed_line_comes_to() {
    for (changed_since, code) in [("accept", 0), ("weigh", 3), ("confirm", 3)] {
        let place = Place::with_origin();
        let built_in = include_str!("../../policy/hotfix.yaml").replace("name: built-in", "name: mine");
        let policy = built_in.replace("\nmerge_back:\n", &format!("\nmerge_back:\n  changed_since: {changed_since}\n"));
        place.commit("policy/hotfix.yaml", &policy, "Our policy");
        place.commit("shop.py", "def pay():\n    check(OLD)\n    send(it)\n    log(it)\n    keep(it)\n", "The shop");
        place.git(&["tag", "v1.0.0"]);
        place.git(&["switch", "-qc", "release/1.0"]);
        let fixed = "def pay():\n    check(NEW)\n    and_count(it)\n    send(it)\n    log(it)\n    keep(it, locked)\n";
        let fix = place.commit("shop.py", fixed, "Check it");
        place.git(&["switch", "-q", "main"]);
        place.commit("news.md", "more\n", "News");
        place.git(&["cherry-pick", &fix]);
        let later = "def pay():\n    something_else\n    send(it)\n    log(it)\n    keep(it, locked)\n";
        place.commit("shop.py", later, "Work on");
        place.git(&["push", "-q", "origin", "main", "release/1.0"]);
        place.git(&["fetch", "-q"]);
        place.hotfix(&["drift", "release/1.0"]).exits(code);
    }
}
