//! What a policy says about people and limits, for a person.

use std::collections::BTreeMap;

use crate::domain::policy::changes::matcher_words;
use crate::domain::policy::people::{ANYONE, Demand, GivenBy, Needs, NormalGate, Role};
use crate::domain::policy::span::Span;
use crate::domain::policy::{Matcher, Policy, RcaRequirement};
use crate::domain::text::counted;
use crate::render::Page;

/// Shows every section that demands something; what demands nothing says so once.
pub(super) fn show(page: &mut Page, policy: &Policy) {
    section(page, "Roles:", policy.roles.iter().map(role).collect());
    section(page, "The fix:", scope(policy));
    section(page, "Who agrees to it:", approvals(policy));
    section(page, "Who may skip a gate:", overrides(policy));
    section(page, "What a normal change passes:", policy.normal_gates.iter().map(gate).collect());
    section(page, "Until when what is owed is given:", deadlines(policy));
    section(page, "What hotfixes cost:", budget(policy));
    section(page, "Closing:", closing(policy));
}

fn section(page: &mut Page, title: &str, lines: Vec<String>) {
    if !lines.is_empty() {
        page.blank();
        page.line(title);
        lines.iter().for_each(|line| page.bullet(line));
    }
}

fn role(role: &Role) -> String {
    let from = role.members_from.as_ref().map(|file| format!("whom {file} names"));
    let members: Vec<String> = role.members.iter().cloned().chain(from).collect();
    format!("{}: {}", role.name, members.join(", "))
}

fn scope(policy: &Policy) -> Vec<String> {
    let Some(scope) = &policy.scope else { return vec!["of any size".to_owned()] };
    let most = |limit: Option<u32>, what: &str| limit.map(|limit| format!("at most {limit} {what}"));
    let list = |what: &str, globs: &[String]| (!globs.is_empty()).then(|| format!("{what}: {}", globs.join(", ")));
    let unneeded = scope.refuse_unneeded.then(|| "what it does not need is refused".to_owned());
    let all = [
        most(scope.files, "files"),
        most(scope.lines, "lines, added and removed together"),
        list("not counted", &scope.not_counted),
        list("no hotfix may touch", &scope.forbidden),
        unneeded,
    ];
    all.into_iter().flatten().collect()
}

fn approvals(policy: &Policy) -> Vec<String> {
    let Some(approvals) = &policy.approvals else { return vec!["nobody has to".to_owned()] };
    let mut lines = vec![needs(&approvals.needs)];
    for also in &approvals.also {
        lines.push(format!("{}, where {}: {}", also.name, conditions(&also.when), needs(&also.needs)));
    }
    let author = if approvals.author_may_approve { "may" } else { "may not" };
    lines.push(format!("an author of the fix {author} approve it"));
    lines.extend(approvals.nobody_awake_after.map(|after| {
        format!("nobody awake: {after} after the fix was attached one approval and an override by anybody are enough; the others are owed late")
    }));
    lines
}

fn overrides(policy: &Policy) -> Vec<String> {
    let rules = &policy.overrides;
    let mut lines = vec![
        format!("{}; the gates of the check: anybody", rules.by.join(" or ")),
        format!("with a reason of {}, for {}", counted(rules.reason_at_least, "character"), rules.expires_after),
        format!("reviewed by {}, never by whoever skipped it", rules.review_by),
    ];
    let never: Vec<&str> = rules.never_skip.iter().map(|code| code.word()).collect();
    let never = if never.is_empty() { String::new() } else { format!("; {}", never.join(", ")) };
    lines.push(format!("never: the merge-back and the analysis{never}"));
    lines
}

fn gate(gate: &NormalGate) -> String {
    let given = match gate.given_by {
        None => "",
        Some(GivenBy::Approval) => "; given by the approvals",
        Some(GivenBy::Proof) => "; given by a test or a run as the fix's proof",
    };
    let waives = if gate.waive_by == ANYONE { "somebody else" } else { &gate.waive_by };
    let owed = if gate.owed { format!("owed, or waived by {waives}") } else { "not owed".to_owned() };
    format!("{}: {} ({owed}{given})", gate.name, gate.means)
}

fn deadlines(policy: &Policy) -> Vec<String> {
    let all = &policy.deadlines;
    let line = |what: &str, span: Option<Span>| span.map(|span| format!("{what}: {span}"));
    let times = [
        line("merge-back", all.merge_back),
        line("analysis", all.rca),
        line("review of an override", all.override_review),
        line("late approval", all.late_approval),
        line("skipped gate", all.normal_gates),
        line("evidence", all.evidence),
    ];
    let overdue = (!all.when_overdue.is_nothing())
        .then(|| format!("while something is overdue the next hotfix wants {}", demand(&all.when_overdue)));
    times.into_iter().flatten().chain(overdue).collect()
}

fn budget(policy: &Policy) -> Vec<String> {
    let Some(budget) = &policy.budget else { return vec!["nothing".to_owned()] };
    let cost = format!("a hotfix {}, an override {}, within {}", budget.hotfix, budget.overriding, budget.window);
    let steps = budget.steps.iter().map(|step| format!("from {} points on: {}", step.from, demand(&step.demand)));
    let spared = (!budget.not_when.is_empty()).then(|| format!("never where {}", conditions(&budget.not_when)));
    std::iter::once(cost).chain(steps).chain(spared).collect()
}

fn closing(policy: &Policy) -> Vec<String> {
    let requires = &policy.close_requires;
    let wanted = |wants: bool, what: &str| wants.then(|| what.to_owned());
    let rca = match requires.rca {
        RcaRequirement::None => None,
        RcaRequirement::Recorded => Some("the analysis is recorded".to_owned()),
        RcaRequirement::Accepted => Some("the analysis is accepted by somebody else".to_owned()),
    };
    let all = [
        wanted(requires.merge_back, "the fix is proven on every target"),
        wanted(requires.deployed, "it was said when the fix was deployed"),
        wanted(requires.restored, "it was said when the system was back"),
        wanted(requires.evidence, "evidence that was owed is given"),
        rca,
    ];
    let who = match &policy.who_closes {
        None => "anybody".to_owned(),
        Some(who) if who.author => who.role.clone(),
        Some(who) => format!("{}, and no author of the fix", who.role),
    };
    all.into_iter().flatten().chain([format!("by {who}")]).collect()
}

fn needs(needs: &Needs) -> String {
    let each = needs.iter().map(|(role, count)| match (role.as_str(), count) {
        (ANYONE, 1) => "somebody else".to_owned(),
        (ANYONE, count) => format!("{count} other people"),
        (role, count) => format!("{count} × {role}"),
    });
    each.collect::<Vec<_>>().join(" and ")
}

fn demand(demand: &Demand) -> String {
    let note = demand.note.then(|| "a note why nonetheless".to_owned());
    let approval = demand.approval.as_ref().map(|role| format!("one approval more by {role}"));
    note.into_iter().chain(approval).collect::<Vec<_>>().join(" and ")
}

fn conditions(when: &BTreeMap<String, Matcher>) -> String {
    when.iter().map(|(fact, matcher)| format!("{fact} is {}", matcher_words(matcher))).collect::<Vec<_>>().join(" and ")
}
