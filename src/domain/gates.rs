//! The gates that people open: approvals and scope, the gates that a hotfix skipped, the review of overrides, who closes.

use super::approvals::needs_words;
use super::case::{Case, GateState};
use super::closing::Lack;
use super::identity::Person;
use super::overrides::{self, Fate};
use super::policy::people::{ANYONE, GivenBy};
use super::refusal::{Code, Refusal};
use super::scope;

/// For what a fix is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before it reaches production.
    Deploying,
    /// Before its incident closes.
    Closing,
}

/// What the fix itself lacks: small enough, agreed to, nobody against it. Overrides are not looked at, but for one thing: an
/// approval that was skipped is owed late.
pub fn of_fix(case: &Case<'_>, when: When) -> Vec<Refusal> {
    of_scope(case).into_iter().chain(objection(case)).chain(approval(case, when)).collect()
}

/// What of the fix's size the policy refuses.
pub fn of_scope(case: &Case<'_>) -> Vec<Refusal> {
    let (Some(content), Some(limits)) = (case.content, &case.policy.scope) else { return Vec::new() };
    let mut refusals = scope::refusals(&content.scope, limits, &case.incident.id);
    refusals.iter_mut().for_each(|refusal| refusal.next.extend(case.override_command(refusal.code)));
    refusals
}

/// What stands between a fix and production, with what was overridden left out.
pub fn before_deploying(case: &Case<'_>) -> Vec<Refusal> {
    let mut refusals = of_fix(case, When::Deploying);
    refusals.retain(|refusal| !case.opened_to_deploy(refusal.code));
    refusals
}

fn objection(case: &Case<'_>) -> Option<Refusal> {
    let id = &case.incident.id;
    let needs = case.needs();
    let objection = case.judge(&needs)?.objection()?;
    let names: Vec<&str> = objection.by.iter().map(|person| person.name.as_str()).collect();
    let names = names.join(" and ");
    Some(if objection.contested {
        let next = vec![
            format!("hotfix approve {id}    # by somebody else, who sees both, if the fix is right"),
            format!("hotfix approve {id} --reject --reason WHY    # if it is not"),
        ];
        let message = format!("{names} rejected the fix while others approved it, and neither knew of the other");
        Refusal { code: Code::ApprovalContested, message, next }
    } else {
        let next = vec![
            format!("hotfix approve {id} --withdraw    # by {names}, once you agree"),
            format!("hotfix fix {id}    # once it is another fix"),
        ];
        Refusal { code: Code::ApprovalRejected, message: format!("{names} rejected the fix"), next }
    })
}

fn approval(case: &Case<'_>, when: When) -> Option<Refusal> {
    let id = &case.incident.id;
    let needs = if when == When::Closing { case.needs_at_the_end() } else { case.needs() };
    let judge = case.judge(&needs)?;
    let lacking = judge.lacking();
    if lacking.is_empty() {
        return None;
    }
    let outdated = match judge.outdated() {
        0 => String::new(),
        1 => "; 1 approval was of another content".to_owned(),
        count => format!("; {count} approvals were of another content"),
    };
    let who = needs_words(&lacking, case.roles);
    let late = when == When::Closing && (!case.incident.deployed.is_empty() || case.opened(Code::ApprovalMissing));
    let code = if late { Code::LateApprovalOwed } else { Code::ApprovalMissing };
    let role = lacking.keys().find(|role| *role != ANYONE).map_or_else(String::new, |role| format!(" --role {role}"));
    let mut next = vec![format!("hotfix approve {id}{role}    # by {who}")];
    if when == When::Deploying {
        next.extend(case.override_command(code).map(|command| match command.contains('#') {
            true => format!("{command}; it is then owed late"),
            false => format!("{command}    # it is then owed late"),
        }));
    }
    next.extend(nobody_awake(case).filter(|_| !late));
    Some(Refusal { code, message: format!("the fix lacks the approval of {who}{outdated}"), next })
}

/// The way that the policy leaves where nobody else is awake, and from when on; none where there is no such way.
pub fn nobody_awake(case: &Case<'_>) -> Option<String> {
    let needs = case.needs();
    let command = case.override_command(Code::ApprovalMissing)?;
    // Where anybody may skip the gate anyway there is nothing to wait for; where one approval is all, it is what lacks.
    let (command, _) = command.split_once("    #").filter(|_| needs.values().sum::<u32>() > 1)?;
    let judge = case.judge(&needs)?;
    let from = case.nobody_awake_from().filter(|_| judge.objection().is_none())?.with_timezone(case.now.offset());
    let clock = if from.date_naive() == case.now.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    let when = if from <= case.now { "now".to_owned() } else { format!("from {} on", from.format(clock)) };
    let approval = if judge.counted().is_empty() { ", with one approval" } else { "" };
    Some(format!("{command}    # {when} by anybody{approval}: nobody is awake"))
}

/// The gates of a normal change that the hotfix skipped and still owes.
pub fn skipped(case: &Case<'_>) -> Vec<Lack> {
    if case.content.is_none() {
        return Vec::new();
    }
    let id = &case.incident.id;
    // What lacks for want of approvals is said once, by their own refusal.
    let told = !case.needs().is_empty() && !case.has_approvals();
    let owed = case.policy.normal_gates.iter().filter(|gate| case.gate(gate) == GateState::Owed);
    let owed = owed.filter(|gate| !(told && gate.given_by == Some(GivenBy::Approval)));
    owed.map(|gate| {
        let name = &gate.name;
        let waives = if gate.waive_by == ANYONE { "somebody else".to_owned() } else { gate.waive_by.clone() };
        let next = vec![
            format!("hotfix tested {id} {name}=LINK    # once it is made good"),
            format!("hotfix tested {id} --waive {name} --reason WHY    # by {waives}"),
        ];
        let message = format!("the hotfix skipped {name}: {}", lower(&gate.means));
        let refusal = Refusal { code: Code::GateSkipped, message, next };
        Lack { refusal, about: Some(name.clone()), since: None }
    })
    .collect()
}

/// The overrides that nobody else looked at yet.
pub fn unreviewed(case: &Case<'_>) -> Vec<Lack> {
    let id = &case.incident.id;
    let reviewed = |done| {
        let review = case.incident.said.review(done);
        review.is_some_and(|by| case.roles.has(&by.actor, &case.policy.overrides.review_by))
    };
    let open = case.incident.said.overrides.iter().filter(|done| !reviewed(done));
    open.map(|done| {
        let fate = overrides::fate(case.incident, done, case.digest(), case.now);
        let state = if fate == Fate::Used { String::new() } else { format!(" ({})", fate.word()) };
        let role = &case.policy.overrides.review_by;
        let who = if role == ANYONE { "somebody else" } else { role.as_str() };
        let message = format!("{} skipped {}{state}, and nobody reviewed that", done.by.actor.name, done.what.gate);
        let next = overrides::review_command(id, &done.what.gate, who);
        let refusal = Refusal::new(Code::OverrideReviewOwed, message, next);
        Lack { refusal, about: Some(done.what.gate.clone()), since: Some(done.by.at) }
    })
    .collect()
}

/// `hotfix close`, with who may type it where this person may not.
pub fn close_command(case: &Case<'_>, person: &Person) -> String {
    let by_others = closer(case, person).and_then(|refusal| refusal.next.into_iter().next());
    by_others.unwrap_or_else(|| format!("hotfix close {}", case.incident.id))
}

/// What this person, or somebody else, types next about a fix that is attached.
pub fn next_commands(case: &Case<'_>, person: &Person) -> Vec<String> {
    match before_deploying(case).into_iter().next() {
        _ if !case.incident.deployed.is_empty() => vec![close_command(case, person)],
        Some(refusal) => refusal.next,
        None => vec![format!("hotfix deployed {}    # once production runs it", case.incident.id)],
    }
}

/// Why this person may not close the incident; none where they may.
pub fn closer(case: &Case<'_>, person: &Person) -> Option<Refusal> {
    let who = case.policy.who_closes.as_ref()?;
    let id = &case.incident.id;
    if !case.roles.has(person, &who.role) {
        let members = case.roles.named(&who.role).unwrap_or_else(|| "nobody is".to_owned());
        let message = format!("only {} may close, and you are not in that role, {}", who.role, person.name);
        return Some(Refusal::new(Code::RoleMissing, message, format!("hotfix close {id}    # by {members}")));
    }
    if !who.author && case.is_author(person) {
        let message = format!("you wrote or attached the fix, {}, so somebody else closes", person.name);
        return Some(Refusal::new(
            Code::AuthorMayNotClose,
            message,
            format!("hotfix close {id}    # by somebody else"),
        ));
    }
    None
}

/// A sentence as part of another one.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
pub(super) mod tests;
