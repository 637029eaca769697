//! `hotfix rca`: the root cause analysis, written and accepted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::book::Book;
use super::outcome::Outcome;
use crate::domain::event::{Payload, RcaAccepted, RcaRecorded};
use crate::domain::identity::IncidentId;
use crate::domain::rca;
use crate::domain::refusal::{Code, Refusal};
use crate::failure::{ExitCode, Failure};
use crate::process::Program;
use crate::render::{Page, Report};
use crate::session::Session;

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
}

#[derive(clap::Args)]
struct Write {
    /// The incident
    incident: IncidentId,
    /// Read the analysis from FILE instead of opening an editor
    #[arg(long, value_name = "FILE", conflicts_with = "template")]
    from: Option<PathBuf>,
    /// Print the empty form and record nothing
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
        (None, Some(write)) => self::write(write, session),
        (None, None) => Err(Failure::usage("which incident?").hint("hotfix rca INCIDENT")),
    }
}

fn write(args: Write, session: &Session) -> Result<ExitCode, Failure> {
    let id = &args.incident;
    if args.template {
        let template = rca::template(id);
        return session.answer("rca", ExitCode::Open, &Template { incident: id, template });
    }
    let book = Book::open(session)?;
    if let Err(refusal) = book.live(id)? {
        return Outcome::refused(id, [refusal]).send(session, "rca");
    }
    let (text, file) = match args.from {
        Some(file) => (read(&file, session)?, file),
        None => match edit(id, session)? {
            Some(edited) => edited,
            None => {
                let refusal = Refusal {
                    code: Code::RcaMissing,
                    message: "there is no terminal for an editor".to_owned(),
                    next: vec![
                        format!("hotfix rca {id} --template > rca.md"),
                        format!("hotfix rca {id} --from rca.md"),
                    ],
                };
                return Outcome::refused(id, [refusal]).send(session, "rca");
            }
        },
    };
    let analysis = match rca::read(&text) {
        Ok(analysis) => analysis,
        Err(problems) => {
            let next = format!("hotfix rca {id} --from {}", file.display());
            let refusal = Refusal::new(Code::RcaIncomplete, problems.join("; "), next);
            return Outcome::refused(id, [refusal]).send(session, "rca");
        }
    };
    let payload = Payload::RcaRecorded(RcaRecorded {
        no_code_cause: analysis.no_code_cause,
        escaped_gate: None,
        actions: Vec::new(),
    });
    let recorded = book.record(id, payload, BTreeMap::from([("analysis".to_owned(), text)]))?;
    Outcome::recorded(id, &recorded, "the root cause analysis is recorded")
        .next(format!("hotfix rca accept {id}    # by somebody who did not write it"))
        .send(session, "rca")
}

fn accept(id: &IncidentId, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let incident = match book.live(id)? {
        Ok(incident) => incident,
        Err(refusal) => return Outcome::refused(id, [refusal]).send(session, "rca"),
    };
    let actor = session.actor()?;
    let Some(analysis) = &incident.analysis else {
        let refusal = Refusal::new(Code::RcaMissing, "there is no analysis to accept", format!("hotfix rca {id}"));
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
    Outcome::recorded(id, &recorded, message).next(format!("hotfix close {id}")).send(session, "rca")
}

fn read(file: &Path, session: &Session) -> Result<String, Failure> {
    text(session.read(file)?, file)
}

fn text(bytes: Vec<u8>, file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        Failure::usage(format!("failed to read {}: {error}", file.display())).hint("give a Markdown file in UTF-8")
    })
}

/// Opens an editor on a file that is kept until the analysis is recorded; none without a terminal.
fn edit(id: &IncidentId, session: &Session) -> Result<Option<(String, PathBuf)>, Failure> {
    if !session.interactive() {
        return Ok(None);
    }
    let directory = session.repository()?.common_directory().join("hotfix").join("rca");
    let file = directory.join(format!("{id}.md"));
    let failed = |error: std::io::Error| Failure::because(format!("failed to write {}", file.display()), error);
    std::fs::create_dir_all(&directory).map_err(failed)?;
    if !file.exists() {
        std::fs::write(&file, rca::template(id)).map_err(failed)?;
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
