//! `hotfix override`: one named gate skipped, on the record, and looked at by somebody else.

use std::collections::BTreeMap;

use super::book::Book;
use super::desk::Desk;
use super::moment;
use super::outcome::Outcome;
use crate::domain::case::Case;
use crate::domain::closing;
use crate::domain::event::{Overridden, OverrideReviewed, Payload};
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Person};
use crate::domain::incident::{Done, Incident};
use crate::domain::overrides::{self, Stage};
use crate::domain::policy::people::ANYONE;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spelling;
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::session::Session;

/// Skip one gate with a reason, or review that somebody did
///
/// A gate of the check can be skipped by anybody, alone and offline: a real emergency is never blocked, only recorded. What
/// was skipped costs points, ends after the policy's time, and is reviewed by somebody else before the incident closes. The
/// record, the merge-back and the analysis can't be skipped.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    skip: Option<Skip>,
}

#[derive(clap::Subcommand)]
enum Step {
    /// Say whether it was right that somebody else skipped a gate
    Review(Review),
}

#[derive(clap::Args)]
struct Skip {
    /// The incident
    incident: IncidentId,
    /// The gate, by the code that a refusal prints
    #[arg(long, value_name = "CODE")]
    gate: String,
    /// Why it must be skipped, in a sentence that somebody will review
    #[arg(long, value_name = "WHY")]
    reason: String,
}

#[derive(clap::Args)]
struct Review {
    /// The incident
    incident: IncidentId,
    /// The gate that was skipped
    #[arg(long, value_name = "CODE")]
    gate: String,
    /// It was right to skip it
    #[arg(long, conflicts_with = "disagree")]
    agree: bool,
    /// It was wrong to skip it
    #[arg(long, requires = "reason")]
    disagree: bool,
    /// What you found
    #[arg(long, value_name = "WHAT")]
    reason: Option<String>,
}

/// Records an override or its review.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    match (args.step, args.skip) {
        (Some(Step::Review(review)), _) => self::review(review, session),
        (None, Some(skip)) => self::skip(skip, session),
        (None, None) => {
            Err(Failure::usage("which gate of which incident?")
                .hint("hotfix override INCIDENT --gate CODE --reason WHY"))
        }
    }
}

fn skip(args: Skip, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "override"),
    };
    let gate = named(&args.gate)?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let case = papers.case(incident);
    let actor = session.actor()?;
    if let Some(refusal) = may_not(&case, gate, &actor) {
        return Outcome::refused(id, [refusal]).send(session, "override");
    }
    let rules = &case.policy.overrides;
    let (length, least) = (args.reason.trim().chars().count(), rules.reason_at_least as usize);
    if length < least {
        return Err(Failure::usage(format!(
            "--reason has {}, and the policy wants at least {least}",
            counted(length, "character")
        ))
        .hint("say what would happen without skipping it; somebody will review this"));
    }
    let until = session.now() + rules.expires_after.delta();
    let payload = Payload::Overridden(Overridden { gate: gate.word().to_owned(), until, fix: case.digest().copied() });
    let recorded = book.record(id, payload, BTreeMap::from([("reason".to_owned(), args.reason)]))?;
    let message = format!("{} is skipped until {}, by {}", gate.word(), moment::show(until), actor.name);
    let who = if rules.review_by == ANYONE { "somebody else" } else { rules.review_by.as_str() };
    let outcome = Outcome::recorded(id, &recorded, message);
    let then = match overrides::stage(gate) {
        Some(Stage::Check) => vec![format!("hotfix check {id}    # now decides a hotfix")],
        Some(Stage::Deploy) => after(session, id, &actor)?,
        Some(Stage::Close) | None => vec![gates::close_command(&case, &actor)],
    };
    then.into_iter()
        .fold(outcome, Outcome::next)
        .next(format!("{}, before closing", overrides::review_command(id, gate.word(), who)))
        .send(session, "override")
}

/// What comes next now that a gate before production is open: what else lacks there, the deployment, or the end.
fn after(session: &Session, id: &IncidentId, person: &Person) -> Result<Vec<String>, Failure> {
    let book = Book::open_for(session, id)?;
    let incident = book.incident(id)?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let case = papers.case(incident);
    match case.content {
        Some(_) => Ok(gates::next_commands(&case, person)),
        None => Ok(closing::attaching(incident)),
    }
}

/// The gate of that code. Exit 2 where there is none that can be skipped by any policy, or no such code.
fn named(word: &str) -> Result<Code, Failure> {
    let words = || Code::ALL.iter().map(|code| code.word());
    let gates: Vec<&str> = overrides::gates().map(|(code, _)| code.word()).collect();
    Code::ALL.iter().copied().find(|code| code.word() == word).ok_or_else(|| {
        let failure = Failure::usage(format!("no gate has the code {word:?}"));
        match spelling::nearest(word, words()) {
            Some(near) => failure.hint(format!("did you mean {near}? gates that can be skipped: {}", gates.join(", "))),
            None => failure.hint(format!("gates that can be skipped: {}", gates.join(", "))),
        }
    })
}

fn may_not(case: &Case<'_>, gate: Code, person: &Person) -> Option<Refusal> {
    let id = &case.incident.id;
    if case.may_override(gate, person) {
        return None;
    }
    let by_policy = case.policy.overrides.never_skip.contains(&gate);
    if overrides::stage(gate).is_none() || by_policy {
        let why = if by_policy { ", says the policy" } else { "" };
        let message = format!("{} can't be skipped{why}", gate.word());
        return Some(Refusal::new(Code::OverrideNotAllowed, message, format!("hotfix explain {}", gate.word())));
    }
    let roles = case.policy.overrides.by.join(" or ");
    let message = format!("only {roles} may skip {}, and you are not in that role, {}", gate.word(), person.name);
    let members: Vec<String> = case.policy.overrides.by.iter().filter_map(|role| case.roles.named(role)).collect();
    let members = if members.is_empty() { roles } else { members.join(", ") };
    let next = format!("hotfix override {id} --gate {} --reason WHY    # by {members}", gate.word());
    Some(Refusal::new(Code::RoleMissing, message, next))
}

fn review(args: Review, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "override"),
    };
    let all = of_gate(incident, &args.gate)?;
    // Whether it was right is the whole answer: nothing stands for it by default.
    if !args.agree && !args.disagree {
        return Err(Failure::usage(format!("was it right to skip {}?", args.gate)).hint(format!(
            "hotfix override review {id} --gate {} --agree    # it was; else --disagree --reason WHY",
            args.gate
        )));
    }
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let actor = session.actor()?;
    let role = &papers.policy.overrides.review_by;
    let next = |who: &str| overrides::review_command(id, &args.gate, who);
    if !papers.roles.has(&actor, role) {
        let message = format!("only {role} reviews overrides, and you are not in that role, {}", actor.name);
        let members = papers.roles.named(role).unwrap_or_else(|| role.clone());
        return Outcome::refused(id, [Refusal::new(Code::RoleMissing, message, next(&members))])
            .send(session, "override");
    }
    let others: Vec<_> = all.into_iter().filter(|done| !done.by.actor.is(&actor)).collect();
    let open: Vec<_> = others.iter().copied().filter(|done| incident.said.review(done).is_none()).collect();
    let Some(chosen) = open.last().or(others.last()).copied() else {
        let message = format!("you skipped {} yourself, {}", args.gate, actor.name);
        let refusal = Refusal::new(Code::SelfReview, message, next("somebody else"));
        return Outcome::refused(id, [refusal]).send(session, "override");
    };
    let agreed = !args.disagree;
    // A second look counts as much as the first; only the same word of the same person says nothing new.
    let said = |review: &&Done<OverrideReviewed>| review.what.agreed == agreed && review.by.actor.is(&actor);
    if args.reason.is_none() && incident.said.latest_review(chosen).filter(said).is_some() {
        let message = format!("you said already that skipping {} was right", args.gate);
        return Outcome::unchanged(id, message).send(session, "override");
    }
    let payload = Payload::OverrideReviewed(OverrideReviewed { overridden: chosen.by.event.clone(), agreed });
    let texts = args.reason.map(|reason| ("reason".to_owned(), reason)).into_iter().collect();
    let message = payload.sentence();
    let recorded = book.record(id, payload, texts)?;
    let outcome = Outcome::recorded(id, &recorded, message);
    let more = open.len().saturating_sub(1);
    let outcome = if more > 0 { outcome.next(format!("{}; {more} more", next("you"))) } else { outcome };
    outcome.next(gates::close_command(&papers.case(incident), &actor)).send(session, "override")
}

/// The overrides of a gate. Exit 2 where it was never skipped.
fn of_gate<'i>(incident: &'i Incident, gate: &str) -> Result<Vec<&'i Done<Overridden>>, Failure> {
    let said = &incident.said;
    let of_gate: Vec<_> = said.overrides.iter().filter(|done| done.what.gate == gate).collect();
    if of_gate.is_empty() {
        let mut gates: Vec<&str> = said.overrides.iter().map(|done| done.what.gate.as_str()).collect();
        gates.dedup();
        let skipped = if gates.is_empty() { "none".to_owned() } else { gates.join(", ") };
        return Err(Failure::usage(format!("{gate} was not skipped in {}", incident.id))
            .hint(format!("skipped were: {skipped}")));
    }
    Ok(of_gate)
}
