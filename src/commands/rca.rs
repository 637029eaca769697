//! `hotfix rca`: the root cause analysis, written and accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::book::Book;
use super::desk::close_command;
use super::outcome::Outcome;
use super::policies::Policies;
use crate::domain::event::{
    ActionDone, CauseSettled, FLAG_REMOVED, Payload, RcaAccepted, RcaRecorded, RungAnswer, RungName,
};
use crate::domain::identity::IncidentId;
use crate::domain::incident::{Deed, Done, Incident};
use crate::domain::ladder;
use crate::domain::policy::Policy;
use crate::domain::rca;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::process::Program;
use crate::render::{Page, Report};
use crate::session::Session;

/// What the removal of a flag that stays off is called in place of an action's number.
pub const FLAG: &str = "flag";

/// Record the root cause analysis, or accept somebody else's
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    write: Option<Write>,
}

#[derive(clap::Subcommand)]
enum Step {
    /// Accept the analysis that somebody else wrote
    Accept {
        /// The incident
        incident: IncidentId,
    },
    /// Say that an action of the analysis was carried out, or that the flag was removed; also after closing
    Done(DoneArgs),
}

#[derive(clap::Args)]
struct DoneArgs {
    /// The incident
    incident: IncidentId,
    /// The action's number in the analysis, from 1; `flag` for the removal of the flag that stays off
    #[arg(value_name = "NUMBER", value_parser = action)]
    action: u32,
    /// What shows it: a link or a sentence
    #[arg(long, value_name = "LINK")]
    evidence: String,
}

#[derive(clap::Args)]
struct Write {
    /// The incident
    incident: IncidentId,
    /// Read the analysis from FILE instead of opening an editor
    #[arg(long, value_name = "FILE", conflicts_with = "template")]
    from: Option<PathBuf>,
    /// Edit the analysis that was recorded last
    #[arg(long, conflicts_with = "from")]
    edit: bool,
    /// Print the empty form and record nothing; with --edit what was recorded last
    #[arg(long)]
    template: bool,
}

#[derive(Serialize)]
struct Template<'a> {
    incident: &'a IncidentId,
    template: String,
}

impl Report for Template<'_> {
    fn text(&self, page: &mut Page) {
        self.template.lines().for_each(|line| page.line(line));
    }
}

/// Records the analysis or its acceptance.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    match (args.step, args.write) {
        (Some(Step::Accept { incident }), _) => accept(&incident, session),
        (Some(Step::Done(done)), _) => self::done(done, session),
        (None, Some(write)) => self::write(write, session),
        (None, None) => Err(Failure::usage("which incident?").hint("hotfix rca INCIDENT")),
    }
}

fn write(args: Write, session: &Session) -> Result<ExitCode, Failure> {
    let id = &args.incident;
    let book = Book::open_for(session, id)?;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "rca"),
    };
    let policy = Policies::new(session.repository()?).of(incident)?;
    let asked = asked(incident, &policy, session);
    if args.template {
        let recorded = if args.edit { recorded(&book, incident)? } else { None };
        let template = recorded.unwrap_or_else(|| rca::template(&asked));
        return session.answer("rca", ExitCode::Open, &Template { incident: id, template });
    }
    // What was typed in the editor lies in a file until it is recorded; the way on after a refusal.
    let (text, typed, again) = match args.from {
        Some(file) => (read(&file, session)?, None, format!("hotfix rca {id} --from {}", file.display())),
        None => match edit(args.edit, &asked, &book, session)? {
            Some((text, file)) => (text, Some(file), format!("hotfix rca {id}    # goes on with what you typed")),
            None => {
                let refusal = no_editor(incident)?;
                return Outcome::refused(id, [refusal]).send(session, "rca");
            }
        },
    };
    let read = rca::read(&text, &asked).and_then(|analysis| {
        let repository = session.repository().map_err(|failure| vec![failure.to_string()])?;
        let unknown: Vec<String> = analysis
            .cited
            .iter()
            .filter(|commit| repository.commit(commit).is_err())
            .map(|commit| format!("{commit} is no commit here"))
            .collect();
        if unknown.is_empty() { Ok(analysis) } else { Err(unknown) }
    });
    let analysis = match read {
        Ok(analysis) => analysis,
        Err(problems) => {
            let each = |problem| Refusal::new(Code::RcaIncomplete, problem, again.clone());
            let mut refusals: Vec<Refusal> = problems.into_iter().map(each).collect();
            // One command mends them all, so it stands once, under the last.
            let last = refusals.len().saturating_sub(1);
            refusals[..last].iter_mut().for_each(|refusal| refusal.next.clear());
            return Outcome::refused(id, refusals).send(session, "rca");
        }
    };
    let payload = Payload::RcaRecorded(RcaRecorded {
        no_code_cause: analysis.no_code_cause,
        escaped_gate: Some(analysis.escaped_gate),
        actions: analysis.actions,
    });
    let recorded = book.record(id, payload, BTreeMap::from([("analysis".to_owned(), text)]))?;
    // It is in the ledger now; a file that can't be removed only offers it once more.
    typed.into_iter().for_each(|file| drop(std::fs::remove_file(file)));
    let outcome = Outcome::recorded(id, &recorded, "the root cause analysis is recorded");
    analysis
        .warnings
        .into_iter()
        .fold(outcome, |outcome, warning| outcome.note(format!("Look twice: {warning}")))
        .next(format!("hotfix show {id} --format markdown    # to read it"))
        .next(format!("hotfix rca accept {id}    # by somebody who did not write it"))
        .send(session, "rca")
}

/// The way to write an analysis without an editor. Exit 2 where one is recorded, so that none is missing.
fn no_editor(incident: &Incident) -> Result<Refusal, Failure> {
    let id = &incident.id;
    if incident.analysis.is_some() {
        let failure = Failure::usage("an analysis is recorded, and there is no terminal for an editor to change it in");
        let print = format!("hotfix rca {id} --edit --template > rca.md");
        return Err(failure.hint(format!("{print}    # change it, then: hotfix rca {id} --from rca.md")));
    }
    Ok(Refusal {
        code: Code::RcaMissing,
        message: "none is recorded, and there is no terminal for an editor".to_owned(),
        next: vec![format!("hotfix rca {id} --template > rca.md"), format!("hotfix rca {id} --from rca.md")],
    })
}

/// What the analysis of an incident is held to.
fn asked<'a>(incident: &'a Incident, policy: &'a Policy, session: &Session) -> rca::Asked<'a> {
    let check = &incident.check().what;
    let answers = [(RungName::RollBack, Some(&check.roll_back)), (RungName::FlagOff, check.flag_off.as_ref())];
    let owes = |(name, answer): &(RungName, Option<&RungAnswer>)| match answer {
        Some(RungAnswer::No { reason, .. }) => {
            ladder::find_reason(name.of(policy), reason).is_some_and(|reason| reason.owes_action)
        }
        Some(RungAnswer::Yes) | None => false,
    };
    // First names are what people write.
    let people = incident.fix_authors().chain([&incident.opened.actor]);
    let names: BTreeSet<String> =
        people.filter_map(|person| person.name.split(' ').next().map(str::to_owned)).collect();
    rca::Asked {
        incident: &incident.id,
        gates: &policy.normal_gates,
        rungs: answers.into_iter().filter(owes).map(|(name, _)| name).collect(),
        started: incident.started,
        now: session.now(),
        people: names.into_iter().collect(),
    }
}

/// Reads which action is meant.
fn action(text: &str) -> Result<u32, String> {
    if text == FLAG {
        return Ok(FLAG_REMOVED);
    }
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("a number from 1, or {FLAG}"))
}

/// Says that an action was carried out, be the incident closed by now.
fn done(args: DoneArgs, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, &args.incident)?;
    let id = &args.incident;
    let incident = book.incident(id)?;
    if args.action != FLAG_REMOVED && incident.analysis.is_none() {
        let refusal = Refusal::new(Code::RcaMissing, "no analysis, so no action", format!("hotfix rca {id}"));
        return Outcome::refused(id, [refusal]).send(session, "rca");
    }
    let (planned_in, carried_out, words) = planned(incident, args.action)?;
    if carried_out.is_some() {
        return Outcome::unchanged(id, "that action was carried out already").send(session, "rca");
    }
    if args.evidence.trim().is_empty() {
        return Err(Failure::usage("--evidence is empty").hint("give the link or the words that show it"));
    }
    let payload = Payload::ActionDone(ActionDone { analysis: planned_in.event.clone(), action: args.action });
    let texts = BTreeMap::from([("evidence".to_owned(), args.evidence)]);
    let recorded = book.append(book.draft(id, payload, texts)?)?;
    Outcome::recorded(id, &recorded, words).send(session, "rca")
}

/// Where an action was planned, who carried it out, and what to say of that. Exit 2 where there is none of that number.
fn planned(incident: &Incident, number: u32) -> Result<(&Deed, Option<&Deed>, String), Failure> {
    let none = |message: String| Failure::usage(message).hint("hotfix status    # lists those that are open");
    if number == FLAG_REMOVED {
        let Some(Done { by, what: CauseSettled::Flag { key, .. } }) = &incident.cause else {
            return Err(none(format!("no flag was said to stay off in {}", incident.id)));
        };
        return Ok((by, incident.flag_removed.as_deref(), format!("the flag {key} is removed")));
    }
    let analyses = incident.analysis.iter();
    let mut actions = analyses.flat_map(|analysis| (1..).zip(&analysis.actions).map(move |it| (&analysis.by, it)));
    let Some((by, (_, action))) = actions.find(|(_, (at, _))| *at == number) else {
        let count = incident.analysis.as_ref().map_or(0, |analysis| analysis.actions.len());
        return Err(none(format!(
            "the analysis of {} has {}, and no action {number}",
            incident.id,
            counted(count, "action")
        )));
    };
    Ok((by, action.done.as_deref(), format!("action {number} for {} is carried out", action.action.aim)))
}

fn accept(id: &IncidentId, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for(session, id)?;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "rca"),
    };
    let actor = session.actor()?;
    let Some(analysis) = &incident.analysis else {
        let mut refusal = Refusal::new(Code::RcaMissing, "there is no analysis to accept", format!("hotfix rca {id}"));
        refusal.next.splice(0..0, book.elsewhere("wrote it"));
        return Outcome::refused(id, [refusal]).send(session, "rca");
    };
    if analysis.by.actor.is(&actor) {
        let message = format!("you wrote this analysis yourself, {}", actor.name);
        let refusal =
            Refusal::new(Code::SelfAcceptance, message, format!("hotfix rca accept {id}    # by somebody else"));
        return Outcome::refused(id, [refusal]).send(session, "rca");
    }
    if analysis.accepted.is_some() {
        return Outcome::unchanged(id, "the analysis is accepted already").send(session, "rca");
    }
    let payload = Payload::RcaAccepted(RcaAccepted { analysis: analysis.by.event.clone() });
    let recorded = book.record(id, payload, BTreeMap::new())?;
    let message = format!("the analysis by {} is accepted", analysis.by.actor.name);
    Outcome::recorded(id, &recorded, message).next(close_command(session, &book, incident)).send(session, "rca")
}

/// The text of the analysis that was recorded last; none where there is none, or where it was redacted.
fn recorded(book: &Book<'_>, incident: &Incident) -> Result<Option<String>, Failure> {
    let Some(analysis) = &incident.analysis else { return Ok(None) };
    book.words(&analysis.by.event, "analysis")
}

fn read(file: &Path, session: &Session) -> Result<String, Failure> {
    text(session.read(file)?, file)
}

fn text(bytes: Vec<u8>, file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        Failure::usage(format!("failed to read {}: {error}", file.display())).hint("give a Markdown file in UTF-8")
    })
}

/// Opens an editor on a file that is kept until the analysis is recorded; none without a terminal. It begins with what was
/// typed before, unless the recorded one is wanted; then with what was recorded last, and else with the template.
fn edit(
    again: bool,
    asked: &rca::Asked<'_>,
    book: &Book<'_>,
    session: &Session,
) -> Result<Option<(String, PathBuf)>, Failure> {
    let id = asked.incident;
    if !session.interactive() {
        return Ok(None);
    }
    let directory = session.repository()?.common_directory().join("hotfix").join("rca");
    let file = directory.join(format!("{id}.md"));
    let failed = |error: std::io::Error| Failure::because(format!("failed to write {}", file.display()), error);
    std::fs::create_dir_all(&directory).map_err(failed)?;
    let recorded = self::recorded(book, book.incident(id)?)?;
    if (again && recorded.is_some()) || !file.exists() {
        std::fs::write(&file, recorded.unwrap_or_else(|| rca::template(asked))).map_err(failed)?;
    }
    let editor = session.editor().unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&editor).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| Failure::usage(format!("the editor {editor:?} is no command line")))?;
    let program = Program::new(&words[0]).args(&words[1..]).args([&file]);
    program.run_interactive().map_err(|error| {
        Failure::because("failed to run the editor", error).hint(format!("hotfix rca {id} --from {}", file.display()))
    })?;
    Ok(Some((text(std::fs::read(&file).map_err(failed)?, &file)?, file)))
}
