//! `hotfix demo`: a small shop, a broken release, and the whole road with the real commands.

mod road;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use self::road::{Act, Step};
use super::outcome::next_commands;
use crate::failure::{ExitCode, Failure};
use crate::process::{Program, RunError};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Make a small repository and walk the whole road in it, printing each command as it runs
#[derive(clap::Args)]
pub struct Args {
    /// Where to make it: a directory that does not exist yet or is empty; a temporary one if not given
    #[arg(value_name = "DIRECTORY")]
    place: Option<PathBuf>,
}

#[derive(Serialize)]
struct DemoReport {
    directory: String,
    steps: Vec<Ran>,
}

/// A step that ran.
#[derive(Serialize)]
struct Ran {
    says: &'static str,
    command: String,
    exit: i32,
    output: String,
}

/// Walks the road. Exit 4 where a command answered otherwise than it should.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let directory = place(args.place)?;
    let itself = session.program()?;
    let mut steps = Vec::new();
    session.tell(|page| {
        page.title("A shop, a broken release, and the road from the alert to the closed incident");
        page.paragraph(&format!("Everything happens in {}", directory.display()));
    });
    for step in road::steps() {
        let ran = carry_out(&step, &directory, &itself)?;
        session.tell(|page| show(page, &ran));
        if ran.exit != step.exit {
            let message =
                format!("the demonstration went wrong: `{}` ended with {}, not {}", ran.command, ran.exit, step.exit);
            return Err(Failure::undecided(message).hint(format!("look at what it left in {}", directory.display())));
        }
        steps.push(ran);
    }
    session.answer("demo", ExitCode::Open, &DemoReport { directory: directory.display().to_string(), steps })
}

/// The directory of the demonstration, made if need be. Exit 2 where something is in it.
fn place(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let Some(directory) = given else {
        let made = tempfile::Builder::new().prefix("hotfix-demo-").tempdir();
        // It is kept: people look around in it afterwards.
        return made
            .map(tempfile::TempDir::keep)
            .map_err(|error| Failure::because("failed to make a directory", error));
    };
    let failed = |error| Failure::because(format!("failed to make {}", directory.display()), error);
    std::fs::create_dir_all(&directory).map_err(failed)?;
    if std::fs::read_dir(&directory).map_err(failed)?.next().is_some() {
        return Err(Failure::usage(format!("{} is not empty", directory.display()))
            .hint("hotfix demo DIR    # a directory that does not exist yet"));
    }
    directory.canonicalize().map_err(failed)
}

fn carry_out(step: &Step, directory: &Path, itself: &Path) -> Result<Ran, Failure> {
    let (command, exit, output) = match &step.act {
        Act::Write { path, text } => {
            let file = directory.join(path);
            let write = || {
                file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                std::fs::write(&file, text)
            };
            write().map_err(|error| Failure::because(format!("failed to write {}", file.display()), error))?;
            (format!("edit {path}"), 0, String::new())
        }
        Act::Run { program, arguments } => {
            let name = if *program == "hotfix" { itself.as_os_str() } else { program.as_ref() };
            let program_run =
                Program::new(name).args(arguments).directory(directory).time_limit(Duration::from_secs(60));
            let told = step.who.environment().into_iter().fold(program_run, |run, (name, value)| run.env(name, value));
            let (exit, output) = match told.run() {
                Ok(output) => (0, joined(&output.stdout, &output.stderr)),
                Err(RunError::Failed { code: Some(code), stdout, stderr, .. }) => {
                    (code, joined(&stdout, stderr.as_bytes()))
                }
                Err(error) => return Err(Failure::because(format!("failed to run {program}"), error)),
            };
            (step.shown(program, arguments), exit, output)
        }
    };
    Ok(Ran { says: step.says, command, exit, output })
}

fn joined(stdout: &[u8], stderr: &[u8]) -> String {
    format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}

fn show(page: &mut Page, ran: &Ran) {
    if !ran.says.is_empty() {
        page.line("");
        page.paragraph(&page.mark(Tone::Strong, ran.says));
    }
    page.line(&format!("$ {}", ran.command));
    ran.output.lines().for_each(|line| page.line(line));
    if ran.exit != 0 {
        page.line(&page.mark(Tone::Quiet, &format!("(exit {})", ran.exit)));
    }
}

impl Report for DemoReport {
    fn text(&self, page: &mut Page) {
        next_commands(page, &[format!("cd {} && hotfix show INC-42", self.directory)]);
    }
}
