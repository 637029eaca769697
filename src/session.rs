//! The one place that knows the clock, the environment, the streams and the repository.

mod format;
mod showing;

use std::cell::{Cell, OnceCell, RefCell};
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use chrono::SubsecRound;

pub use self::format::{Format, no_page};
use self::format::{WIDTH_WITHOUT_TERMINAL, failed, written};
pub use self::showing::Hyperlinks;
use self::showing::Showing;
use crate::domain::identity::{Moment, Person};
use crate::failure::{ExitCode, Failure};
use crate::git::repository::Repository;
use crate::ledger::sync::WHO;
use crate::prompt::{self, Prompt, Question, Reply};
use crate::render::progress::Progress;
use crate::render::{self, Drawing, Page, Report};

/// What the command line says about every command.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Answer as text or as one JSON object; `show` and `report` also as a page, `report` as rows, `gate` as what CI shows
    #[arg(long, value_enum, default_value = "text", global = true)]
    pub format: Format,
    /// Ask with numbered lines instead of menus
    #[arg(long, global = true)]
    pub plain: bool,
    /// Show long answers as they are, without a pager
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// Make links of web addresses in a terminal: where it is known to show them, always, or never
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub hyperlinks: Hyperlinks,
}

/// One run of the program.
pub struct Session {
    prompt: RefCell<Box<dyn Prompt>>,
    format: Format,
    directory: Option<PathBuf>,
    width: usize,
    drawing: Drawing,
    showing: Showing,
    styled_out: bool,
    styled_err: bool,
    terminal_err: bool,
    person: (Option<String>, Option<String>),
    editor: Option<String>,
    repository: OnceCell<Repository>,
    has_recorded: Cell<bool>,
    /// Why standard output took no more, if it did not.
    unwritten: RefCell<Option<std::io::Error>>,
}

impl Session {
    /// The session of this process: its terminal, its environment, its clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one room that reads the environment")]
    pub fn of_process(globals: &Globals) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (stdin, stdout, stderr) =
            (std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let term = set("TERM");
        let styles = set("NO_COLOR").is_none() && term.as_deref() != Some("dumb");
        let width = terminal_size::terminal_size().filter(|_| stdout).map(|(width, _)| usize::from(width.0));
        let width = width.unwrap_or(WIDTH_WITHOUT_TERMINAL).max(40);
        // The first that is set decides, as in every program that asks for the locale.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_ascii_lowercase();
        let utf8 =
            locale.contains("utf-8") || locale.contains("utf8") || (cfg!(windows) && set("WT_SESSION").is_some());
        Self {
            prompt: RefCell::new(prompt::choose(&prompt::Streams {
                stdin_is_terminal: stdin,
                stderr_is_terminal: stderr,
                plain: globals.plain,
                term: term.clone(),
                styled: styles,
            })),
            format: globals.format,
            directory: globals.directory.clone(),
            width: width.min(120),
            drawing: Drawing { columns: width, unicode: utf8 && term.as_deref() != Some("dumb") },
            showing: Showing::of_process(globals),
            styled_out: stdout && styles,
            styled_err: stderr && styles,
            terminal_err: stderr,
            person: (set("GIT_COMMITTER_NAME"), set("GIT_COMMITTER_EMAIL")),
            editor: set("GIT_EDITOR").or_else(|| set("VISUAL")).or_else(|| set("EDITOR")),
            repository: OnceCell::new(),
            has_recorded: Cell::new(false),
            unwritten: RefCell::new(None),
        }
    }

    /// The same session in another directory, seen from the starting one.
    pub fn beside(&self, directory: &Path) -> Self {
        let directory = Some(self.start().join(directory));
        Self::of_process(&Globals { directory, format: self.format, ..Globals::default() })
    }

    /// Whether the answer is for a program, which may want to know everything.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether the answer is a page for a browser.
    pub fn is_html(&self) -> bool {
        self.format == Format::Html
    }

    /// Whether somebody is there to answer questions.
    pub fn interactive(&self) -> bool {
        self.prompt.borrow().interactive()
    }

    /// Asks one question; exit 130 where the person leaves.
    pub fn ask(&self, question: &Question<'_>) -> Result<Reply, Failure> {
        self.prompt.borrow_mut().ask(question)
    }

    /// Shows a line to the person who is being asked.
    pub fn say(&self, line: &str) {
        self.prompt.borrow_mut().say(line);
    }

    /// The directory that the command was started in.
    pub fn start(&self) -> &Path {
        self.directory.as_deref().unwrap_or(Path::new("."))
    }

    /// The bytes of a file that the command line names, seen from the starting directory. Exit 2 where it can't be read, or
    /// is larger than 16 MiB (it may be a device that never ends).
    pub fn read(&self, file: &Path) -> Result<Vec<u8>, Failure> {
        const LARGEST: u64 = 16 << 20;
        let name = file.display();
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(self.start().join(file));
        let read = opened.and_then(|opened| opened.take(LARGEST + 1).read_to_end(&mut bytes));
        match read {
            Err(error) => Err(Failure::usage(format!("failed to read {name}: {error}"))
                .hint(format!("ls -l {name}    # name a file that can be read"))),
            Ok(size) if size as u64 > LARGEST => {
                Err(Failure::usage(format!("{name} is larger than 16 MiB")).hint("name a text file"))
            }
            Ok(_) => Ok(bytes),
        }
    }

    /// A variable of the environment, as a CI sets it; none where it is not set, empty or not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "this is the one room that reads the environment")]
    pub fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// All of standard input, which a program wrote. Exit 4 where it can't be read, or is larger than 16 MiB.
    pub fn input(&self) -> Result<Vec<u8>, Failure> {
        const LARGEST: u64 = 16 << 20;
        let mut bytes = Vec::new();
        let size = std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes);
        let size = size.map_err(|error| Failure::because("failed to read standard input", error))?;
        if size as u64 > LARGEST {
            return Err(Failure::undecided("standard input is larger than 16 MiB").hint("push fewer refs at once"));
        }
        Ok(bytes)
    }

    /// The repository around the starting directory, opened once. Exit 4 where it can't be used.
    pub fn repository(&self) -> Result<&Repository, Failure> {
        if let Some(repository) = self.repository.get() {
            return Ok(repository);
        }
        let opened = match &self.directory {
            // Whoever names a directory means that one, whatever a hook or a script left in the environment.
            Some(directory) => Repository::discover(directory)?,
            None => Repository::of_environment()?,
        };
        Ok(self.repository.get_or_init(|| opened))
    }

    /// Notes that something was recorded, which the others should learn of.
    pub fn note_recorded(&self) {
        self.has_recorded.set(true);
    }

    /// Whether something was recorded.
    pub fn has_recorded(&self) -> bool {
        self.has_recorded.get()
    }

    /// The person at the keyboard, as git would name the committer. Exit 4 where git does not know.
    pub fn actor(&self) -> Result<Person, Failure> {
        let repository = self.repository()?;
        let name = self.person.0.clone().or_else(|| repository.config("user.name"));
        let email = self.person.1.clone().or_else(|| repository.config("user.email"));
        match (name, email) {
            (Some(name), Some(email)) if !name.trim().is_empty() && !email.trim().is_empty() => {
                Ok(Person { name, email })
            }
            _ => {
                Err(Failure::undecided("git does not know who you are, and a record without a name is none").hint(WHO))
            }
        }
    }

    /// The editor that git would start, as a shell-free command line; none where nothing names one.
    pub fn editor(&self) -> Option<String> {
        let configured = self.repository.get().and_then(|repository| repository.config("core.editor"));
        configured.or_else(|| self.editor.clone())
    }

    /// The time now, to the second, with the local offset.
    #[expect(clippy::disallowed_methods, reason = "this is the one room that reads the clock")]
    pub fn now(&self) -> Moment {
        chrono::Local::now().fixed_offset().trunc_subsecs(0)
    }

    /// Prints a command's answer on standard output and hands its exit code back.
    ///
    /// A pipe that was closed early keeps the code: what is said does not change what is so.
    pub fn answer<R: Report>(&self, command: &str, exit: ExitCode, report: &R) -> Result<ExitCode, Failure> {
        match self.format {
            Format::Text => self.show(command, report),
            format => self.write_out(&written(format, command, exit, report)?),
        }
        Ok(exit)
    }

    /// Writes an answer, or why there is none, into a file, seen from the starting directory. Exit 4 where that can't be
    /// written.
    pub fn write<R: Report>(
        &self,
        (format, file): (Format, &Path),
        command: &str,
        answer: Result<(ExitCode, &R), &Failure>,
    ) -> Result<(), Failure> {
        let text = match answer {
            Ok((exit, report)) => written(format, command, exit, report)?,
            Err(failure) => failed(format, command, failure),
        };
        std::fs::write(self.start().join(file), text)
            .map_err(|error| Failure::because(format!("failed to write {}", file.display()), error))
    }

    /// Shows an answer to a person, through the pager where it is longer than the screen.
    fn show<R: Report>(&self, command: &str, report: &R) {
        let written = |linked: bool| {
            let mut page = Page::new(self.width, self.styled_out).drawing(self.drawing).linked(linked);
            report.text(&mut page);
            page.finish()
        };
        let configured = || self.repository.get().and_then(|repository| repository.config("core.pager"));
        let text = written(false);
        if !self.showing.page(command, &text, configured) {
            self.write_out(&if self.showing.linked { written(true) } else { text });
        }
    }

    /// Tells people that a question is being worked on, once it takes long; see [`Progress`].
    pub fn progress(&self, what: impl Into<String>) -> Progress {
        Progress::new(what.into(), self.terminal_err)
    }

    /// The columns of the page on standard output, 40 to 120.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Prints a text on standard output as it is: a script, a schema. Exit 2 where another format was asked for than it has.
    pub fn print(&self, text: &str, has: Format) -> Result<(), Failure> {
        if self.format != has {
            self.answers_in_no_format()?;
        }
        self.write_out(text);
        Ok(())
    }

    /// Exit 2 where a format was asked for, of what is no answer: the flag would do nothing.
    pub fn answers_in_no_format(&self) -> Result<(), Failure> {
        match self.format {
            Format::Text => Ok(()),
            _ => {
                Err(Failure::usage("what this writes is no answer, and comes in one form only")
                    .hint("leave out --format"))
            }
        }
    }

    /// Tells a person something before the answer is there; JSON holds it in the answer.
    pub fn tell(&self, write: impl FnOnce(&mut Page)) {
        if self.format == Format::Text {
            let mut page = Page::new(self.width, self.styled_out);
            write(&mut page);
            self.write_out(&page.finish());
        }
    }

    /// The path of this program, for what it runs of itself.
    pub fn program(&self) -> Result<PathBuf, Failure> {
        std::env::current_exe().map_err(|error| Failure::because("failed to find this program's own file", error))
    }

    /// Prints a failure: its object on standard output for scripts, its story on standard error for people.
    pub fn failed(&self, command: &str, failure: &Failure) -> ExitCode {
        if self.format == Format::Json || self.format.of_checks().is_some() {
            self.write_out(&failed(self.format, command, failure));
        } else {
            self.tell_failure(failure);
        }
        failure.kind.exit()
    }

    /// The story of a failure for people, on standard error.
    pub fn tell_failure(&self, failure: &Failure) {
        let mut page = Page::new(self.width, self.styled_err);
        render::failure_text(&mut page, failure);
        write_err(page);
    }

    fn write_out(&self, text: &str) {
        if let Err(error) = write_out(std::io::stdout(), text) {
            self.unwritten.borrow_mut().get_or_insert(error);
        }
    }

    /// Why what this run had to say on standard output did not get there; none where it did, or where nobody read on.
    pub fn unwritten(&self) -> Option<Failure> {
        self.unwritten.take().map(unwritten)
    }

    /// A line for the person on standard error; scripts that read standard output never see it.
    pub fn note(&self, line: &str) {
        let mut page = Page::new(self.width, self.styled_err);
        page.paragraph(line);
        write_err(page);
    }
}

/// The failure because standard output took no more.
pub fn unwritten(error: std::io::Error) -> Failure {
    Failure::because("failed to write to standard output", error)
        .hint("make room where the output goes, or write it elsewhere; what was recorded stays recorded")
}

fn write_err(page: Page) {
    // Nobody could be told that nobody can be told.
    let _ = write_out(std::io::stderr(), &page.finish());
}

/// A reader that went away (`hotfix log | head`) is no failure of ours.
pub fn write_out(mut stream: impl Write, text: &str) -> std::io::Result<()> {
    let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
