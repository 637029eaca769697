//! The command line: the clap tree, the dispatch, the only exit.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::CompleteEnv;

use crate::commands;
use crate::commands::completions::VARIABLE;
use crate::commands::completions::candidates::Line;
use crate::commands::examples;
use crate::failure::{ExitCode, Failure};
use crate::session::{self, Format, Globals, Session};

/// Hold the line when somebody says "let's just do a hotfix"
///
/// Roll back first, flag off second, a minimal fix last; the decision recorded for good; the fix proven on main before
/// the incident can be closed.
#[derive(Parser)]
#[command(name = "hotfix", bin_name = "hotfix", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 yes, the gate is open; 1 no, the policy refuses; 2 usage; 3 waiting for an \
answer, an approval, an analysis or a fetch; 4 could not decide; 130 interrupted";

/// In the order of the road. The arguments of a command are put there when it is asked for: to put all of them there takes
/// longer than many an answer.
#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    Init(commands::init::Args),
    Policy(commands::policy::Args),
    Check(commands::check::Args),
    Start(commands::start::Args),
    Fix(commands::fix::Args),
    Scope(commands::scope::Args),
    Approve(commands::approve::Args),
    Override(commands::overriding::Args),
    Deployed(commands::deployed::Args),
    Restored(commands::restored::Args),
    Verify(commands::verify::Args),
    Tested(commands::tested::Args),
    Cause(commands::cause::Args),
    Rca(commands::rca::Args),
    Severity(commands::severity::Args),
    Close(commands::close::Args),
    Reopen(commands::reopen::Args),
    Merged(commands::merged::Args),
    Drift(commands::drift::Args),
    Gate(commands::gate::Args),
    Void(commands::void::Args),
    Status(commands::status::Args),
    Show(commands::show::Args),
    Log(commands::log::Args),
    Report(commands::report::Args),
    Keys(commands::keys::Args),
    Audit(commands::audit::Args),
    Anchor(commands::anchor::Args),
    Sync(commands::sync::Args),
    Redact(commands::redact::Args),
    Explain(commands::explain::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
    Demo(commands::demo::Args),
}

/// Runs the program on this process's arguments.
pub fn main() -> std::process::ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if complete(&arguments) {
        return std::process::ExitCode::SUCCESS;
    }
    std::process::ExitCode::from(run(&arguments).status())
}

/// The command line, with the examples of every command.
pub fn command_line() -> clap::Command {
    with_examples(whole(), "")
}

/// The command line with the arguments of every command.
fn whole() -> clap::Command {
    let mut command = bare();
    command.build();
    command
}

/// The command line without the arguments of the commands that nobody asks for.
fn bare() -> clap::Command {
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)).clamp(40, 100);
    Cli::command().term_width(width)
}

fn with_examples(command: clap::Command, path: &str) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    let command = match examples::help(path) {
        Some(help) => command.after_help(help),
        None => command,
    };
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |inner| with_examples(inner, path.trim_start()))
    })
}

/// Answers a shell that asks what could stand at the cursor; whether one did. What can't be told is no error there.
fn complete(arguments: &[OsString]) -> bool {
    let words = arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect::<Vec<_>>();
    let line = Line::new(&words);
    let directory = line.directory();
    let engine = CompleteEnv::with_factory(|| line.teach(whole())).var(VARIABLE);
    engine.try_complete(arguments, Some(directory.as_deref().unwrap_or(Path::new(".")))).unwrap_or(true)
}

fn run(arguments: &[OsString]) -> ExitCode {
    let parse = |mut command: clap::Command| {
        let matches = command.try_get_matches_from_mut(arguments);
        // To take the tree of all commands apart would only delay the answer.
        std::mem::forget(command);
        matches.and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)))
    };
    // The examples are for whoever reads the help: to hang them on every command takes as long as all the rest of parsing.
    let parsed = parse(bare()).or_else(|error| match error.kind() {
        ErrorKind::DisplayVersion => Err(error),
        _ => parse(command_line()),
    });
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse_arguments(arguments, &error),
    };
    let name = name_of(&matches);
    let session = Session::of_process(&cli.globals);
    if !cli.globals.format.is_of(&name) {
        // Before anything is recorded.
        let exit = session.failed(&name, &session::no_page(&name));
        return said_or_undecided(&session, exit);
    }
    let exit = match dispatch(cli.command, &session) {
        Ok(exit) => exit,
        Err(failure) => session.failed(&name, &failure),
    };
    let exit = said_or_undecided(&session, exit);
    // After the answer, for nobody waits for the network to read it.
    commands::sync::after_recording(&session);
    exit
}

/// The name in which a command answers, and fails too: the whole of it where what it does is another command each time.
fn name_of(matches: &clap::ArgMatches) -> String {
    let (name, inner) = matches.subcommand().map_or(("", None), |(name, inner)| (name, inner.subcommand_name()));
    whole_name(name, inner)
}

fn whole_name(name: &str, inner: Option<&str>) -> String {
    match (name, inner) {
        ("policy" | "audit", Some(inner)) => format!("{name} {inner}"),
        _ => name.to_owned(),
    }
}

/// An answer that could not be written is none: exit 4, said where it can be.
fn said_or_undecided(session: &Session, exit: ExitCode) -> ExitCode {
    match session.unwritten() {
        Some(failure) => {
            session.tell_failure(&failure);
            failure.kind.exit()
        }
        None => exit,
    }
}

fn dispatch(command: Command, session: &Session) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(args) => commands::init::run(args, session),
        Command::Policy(args) => commands::policy::run(args, session),
        Command::Check(args) => commands::check::run(args, session),
        Command::Start(args) => commands::start::run(args, session),
        Command::Fix(args) => commands::fix::run(args, session),
        Command::Scope(args) => commands::scope::run(args, session),
        Command::Approve(args) => commands::approve::run(args, session),
        Command::Override(args) => commands::overriding::run(args, session),
        Command::Deployed(args) => commands::deployed::run(args, session),
        Command::Restored(args) => commands::restored::run(args, session),
        Command::Verify(args) => commands::verify::run(args, session),
        Command::Tested(args) => commands::tested::run(args, session),
        Command::Cause(args) => commands::cause::run(args, session),
        Command::Rca(args) => commands::rca::run(args, session),
        Command::Severity(args) => commands::severity::run(args, session),
        Command::Close(args) => commands::close::run(args, session),
        Command::Reopen(args) => commands::reopen::run(args, session),
        Command::Merged(args) => commands::merged::run(args, session),
        Command::Drift(args) => commands::drift::run(args, session),
        Command::Gate(args) => commands::gate::run(args, session),
        Command::Void(args) => commands::void::run(args, session),
        Command::Status(args) => commands::status::run(args, session),
        Command::Show(args) => commands::show::run(args, session),
        Command::Log(args) => commands::log::run(args, session),
        Command::Report(args) => commands::report::run(args, session),
        Command::Keys(args) => commands::keys::run(args, session),
        Command::Audit(args) => commands::audit::run(args, session),
        Command::Anchor(args) => commands::anchor::run(args, session),
        Command::Sync(args) => commands::sync::run(args, session),
        Command::Redact(args) => commands::redact::run(args, session),
        Command::Explain(args) => commands::explain::run(args, session),
        Command::Completions(args) => commands::completions::run(args, session),
        Command::Man(args) => commands::man::run(args, command_line(), session),
        Command::Demo(args) => commands::demo::run(args, session),
    }
}

/// A command line that clap refused, or a wish for help.
///
/// Help is as clap writes it. An argument that one of our own rules refused is our failure to tell, for clap would repeat all of
/// it, however long; any other mistake is told in clap's words, or as the failure's object.
fn refuse_arguments(arguments: &[OsString], error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let session = Session::of_process(&Globals::default());
                session.tell_failure(&session::unwritten(error));
                ExitCode::Undecided
            }
            Ok(()) | Err(_) => ExitCode::Open,
        };
    }
    let whole = command_line();
    let named = |command: &clap::Command, from: usize| {
        let said = |argument: &OsString| command.get_subcommands().find(|inner| argument == inner.get_name()).cloned();
        arguments.iter().enumerate().skip(from).find_map(|(at, argument)| Some((at, said(argument)?)))
    };
    let outer = named(&whole, 1);
    let inner = outer.as_ref().and_then(|(at, command)| named(command, at + 1));
    let name =
        |found: &Option<(usize, clap::Command)>| found.as_ref().map(|(_, command)| command.get_name().to_owned());
    let name = whole_name(&name(&outer).unwrap_or_default(), name(&inner).as_deref());
    let hint = format!("hotfix {name}{}--help", if name.is_empty() { "" } else { " " });
    let wants_json = arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
        || arguments.iter().any(|argument| argument == "--format=json");
    let format = if wants_json { Format::Json } else { Format::Text };
    let message = refused_value(error);
    if message.is_none() && !wants_json {
        let _ = error.print();
        return ExitCode::Usage;
    }
    let message = message.unwrap_or_else(|| without_frame(&error.render().to_string()));
    let session = Session::of_process(&Globals { format, ..Globals::default() });
    let exit = session.failed(&name, &Failure::usage(message).hint(hint));
    said_or_undecided(&session, exit)
}

/// Why one of our own rules refused an argument: the argument's name and the rule's words.
fn refused_value(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue};
    use std::error::Error as _;
    let (ErrorKind::ValueValidation, Some(why)) = (error.kind(), error.source()) else { return None };
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => Some(format!("{argument}: {why}")),
        _ => Some(why.to_string()),
    }
}

/// What clap says went wrong, without its usage lines: the hint leads there.
fn without_frame(rendered: &str) -> String {
    let text = rendered.trim_start_matches("error: ");
    text.split("\n\nUsage:").next().unwrap_or(text).split("\n\nFor more").next().unwrap_or(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::commands::examples::EXAMPLES;

    #[test]
    fn the_command_line_is_sound() {
        command_line().debug_assert();
    }

    /// clap takes two arguments of one id for the same one, without a word: `demo DIR` was once read as `-C DIR` too.
    #[test]
    fn no_argument_of_a_command_hides_one_of_all_commands() {
        fn look(command: &clap::Command, everywhere: &[clap::Id]) {
            for inner in command.get_subcommands() {
                for argument in inner.get_arguments().filter(|argument| !argument.is_global_set()) {
                    assert!(!everywhere.contains(argument.get_id()), "{} {argument}", inner.get_name());
                }
                look(inner, everywhere);
            }
        }
        let command = command_line();
        let globals = command.get_arguments().filter(|argument| argument.is_global_set());
        look(&command, &globals.map(|argument| argument.get_id().clone()).collect::<Vec<_>>());
    }

    /// The words of every command, that of the program itself left out.
    fn commands(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name()).trim_start().to_owned();
            commands(inner, &path, found);
            found.push(path);
        }
    }

    #[test]
    fn every_command_has_examples_that_are_commands() {
        let mut known = Vec::new();
        commands(&command_line(), "", &mut known);
        let shown: Vec<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
        let lacking: Vec<_> = known.iter().filter(|name| !shown.contains(&name.as_str())).collect();
        assert!(lacking.is_empty(), "commands/examples.rs lacks {lacking:?}");
        let part = Regex::new(r"hotfix [a-z].*?(?:$| > | && |\)|    #)").unwrap();
        for (name, line) in EXAMPLES.iter().flat_map(|(name, lines)| lines.iter().map(move |line| (name, line))) {
            assert!(known.iter().any(|known| known == name), "no command is named {name:?}");
            let typed = part.find(line).expect(line);
            let typed = typed.as_str().split("    #").next().unwrap().trim_end_matches([')', '>', '&', ' ']);
            let words = shlex::split(typed).expect(line);
            assert!(typed.starts_with(&format!("hotfix {name}")), "{line}: an example of {name}");
            let parsed = command_line().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }
}
