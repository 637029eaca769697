//! `hotfix tested`: the gates of a normal change that a hotfix skipped, made good or waived.

use std::collections::BTreeMap;

use serde::Serialize;

use super::book::Book;
use super::desk::Desk;
use super::outcome::{Outcome, next_commands};
use crate::domain::case::{Case, GateState};
use crate::domain::closing;
use crate::domain::digest::FixDigest;
use crate::domain::event::{GateSettled, Payload};
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Person};
use crate::domain::policy::people::NormalGate;
use crate::domain::refusal::{self, Code, Refusal};
use crate::domain::spelling;
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Say that a gate which the hotfix skipped was made good, or waive it; without either, list them
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// A gate of the policy that was passed, with its evidence
    #[arg(value_name = "GATE=LINK", value_parser = parse)]
    done: Vec<(String, String)>,
    /// Waive this gate
    #[arg(long, value_name = "GATE", requires = "reason", conflicts_with = "done")]
    waive: Option<String>,
    /// Why it is waived
    #[arg(long, value_name = "WHY", requires = "waive")]
    reason: Option<String>,
}

fn parse(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(gate, link)| (gate.trim(), link.trim())) {
        Some((gate, link)) if !gate.is_empty() && !link.is_empty() => Ok((gate.to_owned(), link.to_owned())),
        _ => Err("give the gate and its evidence, such as tests=https://ci.example.com/42".to_owned()),
    }
}

#[derive(Serialize)]
struct TestedReport {
    incident: IncidentId,
    gates: Vec<Row>,
    refusals: Vec<Refusal>,
    next: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    gate: String,
    means: String,
    state: &'static str,
}

/// Records or lists.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "tested"),
    };
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let case = papers.case(incident);
    let Some(fix) = case.digest().copied() else {
        let message = "no fix is attached, so none was tested";
        return Outcome::refused(id, [closing::fix_missing(incident, message)]).send(session, "tested");
    };
    if let (Some(name), Some(reason)) = (&args.waive, args.reason) {
        return waive(&case, &book, session, (find(&case, name)?, fix, reason));
    }
    if !args.done.is_empty() {
        for (name, evidence) in &args.done {
            let gate = find(&case, name)?;
            let payload = Payload::GateDone(GateSettled { gate: gate.name.clone(), fix });
            book.record(id, payload, BTreeMap::from([("evidence".to_owned(), evidence.clone())]))?;
        }
    }
    let book = Book::open_for(session, &args.incident)?;
    let incident = book.incident(id)?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let report = listed(&papers.case(incident), session.actor().ok().as_ref());
    session.answer("tested", refusal::exit_of(&report.refusals), &report)
}

/// The gate of that name. Exit 2 where the policy has none.
fn find<'c>(case: &'c Case<'_>, name: &str) -> Result<&'c NormalGate, Failure> {
    let gates = &case.policy.normal_gates;
    gates.iter().find(|gate| gate.name == name).ok_or_else(|| {
        let names: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
        let failure = Failure::usage(format!("the policy {} has no gate {name:?}", case.policy.name));
        match spelling::nearest(name, names.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None if names.is_empty() => failure.hint("it names none under normal_gates"),
            None => failure.hint(format!("its gates are: {}", names.join(", "))),
        }
    })
}

fn waive(
    case: &Case<'_>,
    book: &Book<'_>,
    session: &Session,
    (gate, fix, reason): (&NormalGate, FixDigest, String),
) -> Result<ExitCode, Failure> {
    let id = &case.incident.id;
    let actor = session.actor()?;
    if !case.may_waive(gate, &actor) {
        let (message, who) = if case.roles.has(&actor, &gate.waive_by) {
            (
                format!("you wrote or attached the fix, {}, so somebody else waives its gates", actor.name),
                "somebody else".to_owned(),
            )
        } else {
            let members = case.roles.named(&gate.waive_by).unwrap_or_else(|| gate.waive_by.clone());
            (
                format!("only {} may waive {}, and you are not in that role, {}", gate.waive_by, gate.name, actor.name),
                members,
            )
        };
        let next = format!("hotfix tested {id} --waive {} --reason WHY    # by {who}", gate.name);
        return Outcome::refused(id, [Refusal::new(Code::RoleMissing, message, next)]).send(session, "tested");
    }
    let least = case.policy.overrides.reason_at_least as usize;
    if reason.trim().chars().count() < least {
        return Err(Failure::usage(format!(
            "--reason is shorter than {}, which the policy wants",
            counted(least, "character")
        ))
        .hint("say why this gate need not be made good"));
    }
    let payload = Payload::GateWaived(GateSettled { gate: gate.name.clone(), fix });
    let recorded = book.record(id, payload, BTreeMap::from([("reason".to_owned(), reason)]))?;
    Outcome::recorded(id, &recorded, format!("{} is waived by {}", gate.name, actor.name))
        .next(gates::close_command(case, &actor))
        .send(session, "tested")
}

fn listed(case: &Case<'_>, person: Option<&Person>) -> TestedReport {
    let row = |gate: &NormalGate| Row {
        gate: gate.name.clone(),
        means: gate.means.clone(),
        state: match case.gate(gate) {
            GateState::Done => "done",
            GateState::Waived => "waived",
            GateState::Owed => "owed",
            GateState::Skipped => "skipped",
        },
    };
    let refusals: Vec<Refusal> = gates::skipped(case).into_iter().map(|lack| lack.refusal).collect();
    let close = person.filter(|_| refusals.is_empty()).map(|person| gates::close_command(case, person));
    let next = close.into_iter().collect();
    let gates = case.policy.normal_gates.iter().map(row).collect();
    TestedReport { incident: case.incident.id.clone(), gates, refusals, next }
}

impl Report for TestedReport {
    fn text(&self, page: &mut Page) {
        if self.gates.is_empty() {
            page.paragraph("The policy names no gate that a normal change passes (normal_gates).");
        } else {
            let cells = |row: &Row| {
                let tone = match row.state {
                    "done" => Tone::Good,
                    "owed" => Tone::Bad,
                    _ => Tone::Quiet,
                };
                vec![row.gate.clone(), page.mark(tone, row.state), row.means.clone()]
            };
            let rows = self.gates.iter().map(cells).collect();
            page.table(&["gate", "state", "what it is"], rows);
        }
        if !self.refusals.is_empty() {
            page.blank();
            page.refusals(&self.refusals);
        }
        next_commands(page, &self.next);
    }
}
