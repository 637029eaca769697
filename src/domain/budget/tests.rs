use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::gates::tests::Story;
use super::super::policy::{BUILT_IN, SEVERITY, read};
use super::*;

fn policy() -> Policy {
    let text = BUILT_IN.split("\ntests: ").next().expect("a policy");
    let text = text.replace(
        "steps: [{ from: 3, note: true }]",
        "steps: [{ from: 3, note: true }, { from: 5, note: true, approval: lead }]",
    );
    let text = text.replace("when_overdue: { note: true }", "when_overdue: { approval: board }");
    let roles = "\nroles: { lead: { members: [lena@x] }, board: { members: [bea@x] } }\n";
    read(format!("{text}{roles}").as_bytes(), "p.yaml").unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_price_rises_by_steps_and_never_where_data_is_at_risk() {
    let policy = policy();
    for (used, overdue, at_risk, expected) in [
        (0, false, Some(false), "1"),
        (1, false, Some(false), "2"),
        (2, false, Some(false), "3 note"),
        (3, false, Some(false), "4 note"),
        (4, false, Some(false), "5 note lead"),
        (99, false, Some(false), "100 note lead"),
        // What is not known keeps the price.
        (2, false, None, "3 note"),
        (99, false, Some(true), "100"),
        // What is overdue asks for its own, budget or not.
        (0, true, Some(false), "1 board"),
        (4, true, Some(false), "5 note board lead"),
        (4, true, Some(true), "5 board"),
    ] {
        let facts: BTreeMap<String, Value> =
            at_risk.map(|at_risk| ("data_at_risk".to_owned(), Value::Bool(at_risk))).into_iter().collect();
        let demanded = demanded(&policy, used, overdue, &facts);
        let note = if demanded.note { " note" } else { "" };
        let roles: String = demanded.approvals.iter().map(|role| format!(" {role}")).collect();
        assert_eq!(
            format!("{}{note}{roles}", demanded.points),
            expected,
            "{used} used, overdue {overdue}, {at_risk:?}"
        );
    }
    let mut free = policy;
    free.budget = None;
    assert!(demanded(&free, 99, false, &BTreeMap::new()).is_nothing());
}

/// An incident of that id after a story.
fn incident(id: &str, story: &str) -> Incident {
    let mut incident = Story::new(story).incident();
    incident.id = id.parse().expect("an id");
    incident
}

#[test]
fn what_was_spent_is_counted_within_the_window() {
    let policy = policy();
    let budget = policy.budget.as_ref().expect("a budget");
    let this: IncidentId = "INC-9".parse().expect("an id");
    // Each story begins on the first of March; the window has thirty days.
    let incidents = [
        incident("INC-1", "ada check; ada fix a; bob skip scope-exceeded a; bob skip not-deployed"),
        incident("INC-2", "+40d; ada check"),
        incident("INC-3", "+41d; ada check"),
        incident("INC-9", "+41d; ada check; ada skip never-qualifies"),
    ];
    let account: Account<'_> = incidents.iter().collect();
    for (days, hotfixes, overrides, points) in [
        (0, "INC-1", 2, 3),
        (29, "INC-1", 2, 3),
        (30, "", 0, 0),
        (40, "INC-2", 0, 1),
        // This incident's hotfix is not among them, what was skipped in it is.
        (41, "INC-3 INC-2", 1, 3),
    ] {
        let now = incidents[0].opened.at + chrono::TimeDelta::days(days);
        let spent = account.spent(budget, (&this, now));
        let ids: Vec<&str> = spent.hotfixes.iter().map(IncidentId::as_str).collect();
        assert_eq!(
            (ids.join(" ").as_str(), spent.overrides, spent.points),
            (hotfixes, overrides, points),
            "day {days}"
        );
    }
    let void = incident("INC-2", "ada check; ada void");
    let account: Account<'_> = [&void].into_iter().collect();
    assert_eq!(account.spent(budget, (&this, void.opened.at)).points, 0, "a false alarm costs nothing");
}

#[test]
fn a_price_that_was_left_out_is_due_all_the_same() {
    let policy = policy();
    let spenders = [
        incident("INC-1", "ada check; bob skip scope-exceeded; bob skip not-deployed"),
        incident("INC-2", "ada check"),
        incident("INC-9", "ada check"),
    ];
    let (this, account): (_, Account<'_>) = (&spenders[2], spenders.iter().collect());
    let asked = |roles: &[&str], overdue: bool, note: bool| {
        Some(Demanded { points: 0, overdue, note, approvals: roles.iter().map(|role| (*role).to_owned()).collect() })
    };
    for (recorded, knows, skipped, expected) in [
        // Two hotfixes and two overrides before this one, and the walk knew of them.
        (None, true, false, "5 note lead"),
        (asked(&["lead"], false, true), true, false, "5 note lead"),
        (asked(&["lead"], false, false), true, false, "5 note lead"),
        // Whoever skipped a gate has said why already.
        (asked(&["lead"], false, false), true, true, "5 lead"),
        // What others did elsewhere and it could not know costs nothing after the fact.
        (None, false, false, "1"),
        // What it recorded itself stands: for something overdue, or of more than is known now.
        (asked(&["board"], true, false), true, false, "5 note board lead"),
        (asked(&["lead"], false, true), false, false, "1 note lead"),
    ] {
        let mut check = this.check().clone();
        let what = Arc::make_mut(&mut check.what);
        what.demanded = recorded.clone();
        what.overridden = skipped.then(|| "e7".to_owned());
        let due = due(&policy, &account, (&this.id, &check), &|_, _| knows);
        let note = if due.note { " note" } else { "" };
        let roles: String = due.approvals.iter().map(|role| format!(" {role}")).collect();
        assert_eq!(format!("{}{note}{roles}", due.points), expected, "{recorded:?}, knows {knows}");
    }
    let mut other = this.check().clone();
    Arc::make_mut(&mut other.what).decision = Decision::RollBack;
    assert!(due(&policy, &account, (&this.id, &other), &|_, _| true).is_nothing(), "only a hotfix has a price");
}

#[test]
fn earlier_hotfixes_tell_what_they_had_in_common() {
    let this: IncidentId = "INC-9".parse().expect("an id");
    assert_eq!(earlier([], &this), None);
    let mut one = incident("INC-1", "ada check; ada fix a; ada rca");
    let mut two = incident("INC-2", "+3d; ada check; ada fix a; ada rca");
    for incident in [&mut one, &mut two] {
        incident.analysis.as_mut().expect("an analysis").escaped_gate = Some("tests".to_owned());
    }
    let told = earlier([&one, &two], &this).expect("two hotfixes");
    assert_eq!((told.last.as_str(), told.escaped_gates), ("INC-2", vec![("tests".to_owned(), 2)]));
    assert_eq!(one.severity_at_opening.as_deref(), Some("sev2"), "{SEVERITY}");
}
