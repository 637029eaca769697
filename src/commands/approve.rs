//! `hotfix approve`: a second pair of eyes on the fix, or a word against it.

use std::collections::BTreeMap;

use super::book::Book;
use super::desk::Desk;
use super::outcome::Outcome;
use super::proof;
use super::seen;
use crate::domain::approvals::needs_words;
use crate::domain::case::{Case, Content};
use crate::domain::closing;
use crate::domain::event::{AboutFix, Approved, Payload};
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Person};
use crate::domain::policy::people::{ANYONE, Needs};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::said::WordKind;
use crate::domain::scope::{self, Unneeded};
use crate::domain::spelling;
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::session::Session;

/// Approve the fix as it is now, or reject it
///
/// What is said is about the fix's content: when the fix changes it must be said again, and a rebase that changes nothing
/// keeps it. Whoever wrote the fix does not approve it, and nobody does in a clone that has neither its commits nor a branch that
/// holds it: they can't have read it there.
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// In this role of the policy; in whichever role you have that still lacks somebody, if not given
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Say that the fix is wrong
    #[arg(long, conflicts_with_all = ["role", "withdraw"], requires = "reason")]
    reject: bool,
    /// Take back what you said about it
    #[arg(long, conflicts_with_all = ["role", "reason"])]
    withdraw: bool,
    /// Why it is wrong
    #[arg(long, value_name = "WHY", requires = "reject")]
    reason: Option<String>,
}

/// Records the word.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let mut book = Book::open_for(session, &args.incident)?;
    let (id, repository) = (&args.incident, session.repository()?);
    let agrees = !args.reject && !args.withdraw;
    if agrees && book.incidents.get(id).is_some_and(|incident| seen::absent(repository, incident).is_some()) {
        // It may have been pushed since.
        book = book.asked_again(proof::FETCH_LIMIT)?.0;
    }
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "approve"),
    };
    if agrees {
        seen::must_be_here(repository, incident)?;
    }
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let case = papers.case(incident);
    let Some(content) = case.content else {
        let message = "no fix is attached, so there is nothing to approve";
        return Outcome::refused(id, [closing::fix_missing(incident, message)]).send(session, "approve");
    };
    let actor = session.actor()?;
    let needs = case.needs();
    if let Some(refusal) = may_not(&case, &args, &needs, &actor)? {
        return Outcome::refused(id, [refusal]).send(session, "approve");
    }
    let fix = content.digest;
    let mine = incident.said.words.iter().rfind(|word| word.what.fix == fix && word.by.actor.is(&actor));
    let said = mine.map(|word| word.what.kind);
    let (payload, message, same) = if args.withdraw {
        if matches!(said, None | Some(WordKind::Withdraw)) {
            return Outcome::unchanged(id, "you said nothing about this fix").send(session, "approve");
        }
        (Payload::ApprovalWithdrawn(AboutFix { fix }), "taken back", WordKind::Withdraw)
    } else if args.reject {
        (Payload::Rejected(AboutFix { fix }), "you are against this fix", WordKind::Reject)
    } else {
        (Payload::Approved(Approved { fix, role: args.role.clone() }), "you approve this fix", WordKind::Approve)
    };
    // To say the same again says nothing, unless somebody is against it: then it is the word of one who saw both.
    let contested = case.judge(&needs).is_some_and(|judge| judge.objection().is_some());
    let same_role = mine.is_some_and(|word| word.what.role == args.role);
    if said == Some(same) && same_role && !contested {
        return Outcome::unchanged(id, "you said so already").send(session, "approve");
    }
    let approved_before = mine.filter(|word| word.what.kind == WordKind::Approve && !same_role);
    let replaced = approved_before.map(|word| word.what.role.clone());
    let texts: BTreeMap<String, String> = args.reason.map(|reason| ("reason".to_owned(), reason)).into_iter().collect();
    let recorded = book.record(id, payload, texts)?;
    // Said is said; what it came to is told from the record as it is now.
    let book = Book::open_for(session, &args.incident)?;
    let incident = book.incident(id)?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let case = papers.case(incident);
    let message = format!("{message} ({}): {}", fix.short(), size(content));
    let mut outcome = Outcome::recorded(id, &recorded, message);
    if let (Some(before), WordKind::Approve) = (replaced, same) {
        let role = before.as_deref().unwrap_or("any role");
        outcome = outcome.note(format!("It takes the place of your approval as {role}: one person counts once."));
    }
    for refusal in gates::before_deploying(&case) {
        outcome = outcome.note(format!("{} is still closed: {}", refusal.code.word(), refusal.message));
    }
    gates::next_commands(&case, &actor).into_iter().fold(outcome, Outcome::next).send(session, "approve")
}

/// Why this person's word would not count; none where it does.
fn may_not(case: &Case<'_>, args: &Args, needs: &Needs, actor: &Person) -> Result<Option<Refusal>, Failure> {
    let id = &case.incident.id;
    if args.withdraw {
        return Ok(None);
    }
    if case.is_author(actor) && !case.authors_may_speak() {
        let message = format!("you wrote or attached this fix, {}", actor.name);
        return Ok(Some(Refusal::new(
            Code::AuthorMayNotApprove,
            message,
            format!("hotfix approve {id}    # by somebody else"),
        )));
    }
    if let Some(role) = &args.role {
        let declared = case.policy.roles.iter().any(|known| known.name == *role) || role == ANYONE;
        if !declared {
            let names: Vec<&str> = case.policy.roles.iter().map(|role| role.name.as_str()).chain([ANYONE]).collect();
            let meant = spelling::nearest(role, names.iter().copied());
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean {meant}? "));
            return Err(Failure::usage(format!("the policy has no role {role:?}"))
                .hint(format!("{meant}its roles are: {}", names.join(", "))));
        }
        if !case.roles.has(actor, role) {
            let message = format!("you are not in the role {role}, {}", actor.name);
            return Ok(Some(role_missing(case, message, role)));
        }
    }
    // Where the policy needs nobody, a word is welcome all the same.
    let counts = needs.is_empty()
        || match &args.role {
            Some(role) => needs.contains_key(role),
            None => case.roles.has_one(actor, needs.keys()),
        };
    if counts {
        return Ok(None);
    }
    let of = args.role.as_ref().map_or_else(|| "your word".to_owned(), |role| format!("a word of the role {role}"));
    let message =
        format!("{of} does not count for this fix, {}: it needs {}", actor.name, needs_words(needs, case.roles));
    let role = needs.keys().find(|role| *role != ANYONE).map_or(ANYONE, String::as_str);
    Ok(Some(role_missing(case, message, role)))
}

fn role_missing(case: &Case<'_>, message: String, role: &str) -> Refusal {
    let needs = Needs::from([(role.to_owned(), 1)]);
    let next = format!("hotfix approve {} --role {role}    # by {}", case.incident.id, needs_words(&needs, case.roles));
    Refusal::new(Code::RoleMissing, message, next)
}

/// What an approver should have looked at, in a few words.
fn size(content: &Content) -> String {
    let scope = &content.scope;
    let unneeded: Vec<String> = scope.unneeded.iter().map(Unneeded::words).collect();
    let unneeded =
        if unneeded.is_empty() { String::new() } else { format!("; perhaps not needed: {}", scope::listed(&unneeded)) };
    let files = counted(scope.files, "file");
    let lines = counted(scope.lines, "line");
    format!("{files}, {lines}{unneeded}")
}
