//! Fixes of several commits of which not all came.

use hotfix::domain::merge_back::Verdict::{self, Merged, Partial, Reverted};
use hotfix::merge_back::report::Report;

use crate::history::History;
use crate::merge_back::judge;

/// A guard, and what a second commit makes of it.
const GUARD: &str = "____if_country_!=_DE: ________return_net";
const WIDENED: &[(&str, &str)] = &[
    ("____if_country_!=_DE:", "____if_country_not_in_(DE,_AT):"),
    ("________return_net", "________log(country) ________return_net"),
    ("________return_net", ""),
    ("____if_country_!=_DE: ________return_net", "____return_net_if_is_abroad(country)"),
];

fn history(path: &str, (old, new): (&str, &str), main: &str) -> History {
    History::bare(&format!(
        "base : {path} = def_gross(invoice): ____return_net_*_TAX . def_refund(it): ____give_back(it); b = other
         one : {path} ~ def_gross(invoice): -> def_gross(invoice): {GUARD}
         fix : {path} ~ {old} -> {new}
         other < base : b = more
         {main}"
    ))
}

fn report(history: &History) -> Report {
    judge(history, "base", "fix", "main").unwrap()
}

fn verdict(path: &str, step: (&str, &str), main: &str) -> Verdict {
    report(&history(path, step, main)).verdict
}

#[test]
fn the_first_of_two_commits_is_not_the_fix() {
    for step in WIDENED {
        for main in [
            "main : pick -x one",
            "main < other one : b = again",
            "main : squash base..one",
            "main : a.py ~ def_gross(invoice): -> def_gross(invoice): ____if_country_!=_DE: ________return_net; by Ben; at 90",
            "pick : pick one\nmain : a.py ~ ____give_back(it) -> ____give_it_back(it)",
            "old < base : a.py ~ ____return_net_*_TAX -> ____return_net_*_(1_+_TAX)
             main : a.py ~ def_gross(invoice): -> def_gross(invoice): ____if_country_!=_DE: ________return_net; by Ben; at 90",
        ] {
            let history = history("a.py", *step, main);
            let report = report(&history);
            assert_eq!(report.verdict, Partial, "{step:?} {main}\n{:#?}", report.hunks);
            assert!(report.missing.iter().all(|one| one.commit == Some(history.id("fix"))), "{step:?} {main}");
            assert!(report.hunks.iter().all(|hunk| hunk.evolved_by.is_empty()), "{step:?} {main}");
        }
    }
}

#[test]
fn both_commits_are_the_fix_whichever_way_they_came() {
    for step in WIDENED {
        for main in ["main : squash base..fix", "pick : pick one\nmain : pick fix", "main < other fix : b = again"] {
            assert_eq!(verdict("a.py", *step, main), Merged, "{step:?} {main}");
        }
    }
    let edited = "pick : pick -x one
        main : pick -x fix; a.py ~ ____if_country_not_in_(DE,_AT): -> ____if_country_not_in_(DE,_AT,_LI):";
    assert_eq!(verdict("a.py", WIDENED[0], edited), Merged);
}

#[test]
fn the_second_of_two_commits_may_be_taken_back_alone_or_put_in_another_order() {
    for step in WIDENED.iter().filter(|step| !step.1.is_empty()) {
        let back = format!("pick : pick one\nsecond : pick fix\nmain : a.py ~ {} -> {}", step.1, step.0);
        // By chance later work may have come to the same.
        assert_ne!(verdict("a.py", *step, &back), Merged, "{step:?}");
    }
    let sorted = "base : a.toml = net_=_[ ____socket, ] all_=_[ ____net, ]; b = other
        one : a.toml ~ ____socket, -> ____socket, ____handle_api, ____win_base,
        fix : a.toml ~ ____win_base, -> ____win_base, ____min_win_def,
        pick < base : squash base..fix
        main : a.toml ~ ____win_base, ____min_win_def, -> ____min_win_def, ____win_base,";
    assert_eq!(report(&History::bare(sorted)).verdict, Merged);
    let both = "main < other : squash base..fix\nback : revert main";
    assert_eq!(judge(&history("a.py", WIDENED[0], both), "base", "fix", "back").unwrap().verdict, Reverted);
}

#[test]
fn a_first_part_beside_a_whole_one_is_partial_too() {
    let lines = r"base : a.c = int_feed()_{ \tmemcpy(to,_data,_n) } . int_next()_{ \treturn_value }; b = other
         one : a.c ~ int_feed()_{ -> int_feed()_{ \tif_(n_>_length) \t\treturn_-1; a.c ~ \treturn_value -> \treturn_the_value
         fix : a.c ~ \tif_(n_>_length) -> \tif_(!data_||_n_>_length)
         other < base : b = more
         main < other one : b = again";
    assert_eq!(judge(&History::bare(lines), "base", "fix", "main").unwrap().verdict, Partial);
}
