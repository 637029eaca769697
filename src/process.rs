//! Runs a program with a deadline and an output limit, never through a shell.

pub mod pager;

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A moment on the monotonic clock after which nobody waits any more.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline that is `length` from now.
    pub fn after(length: Duration) -> Self {
        Self(Instant::now() + length)
    }

    /// How long it is until then; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// A program to run, with what it gets and how far it may go.
#[derive(Clone, Debug)]
pub struct Program {
    name: OsString,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    time_limit: Duration,
    output_limit: usize,
    in_foreground: bool,
}

/// What a program that succeeded wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// Why a program gave no output that can be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no such program.
    #[error("the program '{program}' was not found")]
    NotFound {
        /// The program's name.
        program: String,
    },
    /// It could not be started or watched.
    #[error("the program '{program}' could not be run")]
    NotRun {
        /// The program's name.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It ended, but did not succeed.
    #[error("'{program}' {}{}", ended(*.code), told(.stderr))]
    Failed {
        /// The program's name.
        program: String,
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
        /// What it wrote to standard output.
        stdout: Vec<u8>,
        /// What it wrote to standard error, with bytes that are not UTF-8 replaced.
        stderr: String,
    },
    /// It took too long and was killed, with all that it had started.
    #[error("'{program}' did not end within {} ms and was stopped", .limit.as_millis())]
    TimedOut {
        /// The program's name.
        program: String,
        /// The time that it had.
        limit: Duration,
    },
    /// It wrote too much and was killed, with all that it had started.
    #[error("'{program}' wrote more than {limit} bytes and was stopped")]
    TooMuchOutput {
        /// The program's name.
        program: String,
        /// The bytes that it might write to either stream.
        limit: usize,
    },
}

fn ended(code: Option<i32>) -> String {
    code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"))
}

/// The last line that says something: that is where programs put the reason.
fn told(stderr: &str) -> String {
    let line = stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
    line.map(|line| format!(": {line}")).unwrap_or_default()
}

impl Program {
    /// A program by its name or path; it gets no input, ten seconds and 16 MiB for each stream.
    pub fn new(name: impl Into<OsString>) -> Self {
        Self {
            name: name.into(),
            arguments: Vec::new(),
            directory: None,
            environment: Vec::new(),
            input: Vec::new(),
            time_limit: Duration::from_secs(10),
            output_limit: 16 * 1024 * 1024,
            in_foreground: false,
        }
    }

    /// Leaves it in this program's own process group, so that it may ask at the terminal (for a passphrase). What it has
    /// started outlives a timeout then.
    #[must_use]
    pub fn in_foreground(mut self) -> Self {
        self.in_foreground = true;
        self
    }

    /// Adds arguments, each handed over as it is.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets the directory to run in; this program's own otherwise.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Adds a variable to the environment, which is this program's own otherwise.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets what it reads from standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets the time after which it is killed.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sets the bytes that it may write to either stream before it is killed.
    #[must_use]
    pub fn output_limit(mut self, limit: usize) -> Self {
        self.output_limit = limit;
        self
    }

    /// Runs it and collects what it writes.
    pub fn run(&self) -> Result<Output, RunError> {
        let deadline = Deadline::after(self.time_limit);
        let mut command = self.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that a timeout ends also what it has started (ssh below git).
        #[cfg(unix)]
        if !self.in_foreground {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut child = command.spawn().map_err(|error| self.not_run(error))?;
        let (news, heard) = channel();
        let (stdin, input) = (child.stdin.take(), self.input.clone());
        // A program need not read its input: writing to one that has ended fails, and that is fine.
        std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let stdout = collect(child.stdout.take(), self.output_limit, news.clone());
        let stderr = collect(child.stderr.take(), self.output_limit, news);
        let ended = self.watch(&mut child, deadline, &heard);
        if !matches!(ended, Ok(Some(_))) {
            kill(&mut child, !self.in_foreground);
        }
        let Some(status) = ended? else {
            return Err(RunError::TimedOut { program: self.shown(), limit: self.time_limit });
        };
        let take =
            |shared: Arc<Mutex<Vec<u8>>>| std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
        let (stdout, stderr) = (take(stdout), take(stderr));
        if status.success() {
            return Ok(Output { stdout, stderr });
        }
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Err(RunError::Failed { program: self.shown(), code: status.code(), stdout, stderr })
    }

    /// Runs it with this program's own terminal, without limits: an editor, a pager.
    pub fn run_interactive(&self) -> Result<(), RunError> {
        let status = self.command().status().map_err(|error| self.not_run(error))?;
        if status.success() {
            return Ok(());
        }
        Err(RunError::Failed { program: self.shown(), code: status.code(), stdout: Vec::new(), stderr: String::new() })
    }

    /// Waits until it has ended and closed its streams; none once the deadline has passed.
    fn watch(
        &self,
        child: &mut Child,
        deadline: Deadline,
        heard: &Receiver<News>,
    ) -> Result<Option<ExitStatus>, RunError> {
        const TICK: Duration = Duration::from_millis(20);
        let mut streams_open = 2;
        let mut pause = Duration::from_micros(100);
        let mut ticks_since_end = 0;
        loop {
            let left = deadline.left();
            if left.is_zero() {
                return Ok(None);
            }
            if streams_open > 0 {
                match heard.recv_timeout(left.min(TICK)) {
                    Ok(News::Closed) => streams_open -= 1,
                    Ok(News::TooMuch) => {
                        return Err(RunError::TooMuchOutput { program: self.shown(), limit: self.output_limit });
                    }
                    Err(RecvTimeoutError::Timeout) => ticks_since_end += 1,
                    Err(RecvTimeoutError::Disconnected) => streams_open = 0,
                }
            } else {
                std::thread::sleep(pause.min(left));
                pause = (pause * 2).min(TICK);
            }
            match child.try_wait().map_err(|error| self.not_run(error))? {
                // What it left running in the background (ssh's shared connection) may keep the streams open for hours.
                Some(status) if streams_open == 0 || ticks_since_end > 5 => return Ok(Some(status)),
                Some(_) => {}
                None => ticks_since_end = 0,
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one room that runs programs")]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.name);
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }

    fn not_run(&self, source: std::io::Error) -> RunError {
        let directory_is_there = self.directory.as_ref().is_none_or(|directory| directory.is_dir());
        if source.kind() == ErrorKind::NotFound && directory_is_there {
            return RunError::NotFound { program: self.shown() };
        }
        RunError::NotRun { program: self.shown(), source }
    }

    fn shown(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }
}

enum News {
    Closed,
    TooMuch,
}

/// Reads a stream on a thread of its own until it is closed or too long.
fn collect(stream: Option<impl Read + Send + 'static>, limit: usize, news: Sender<News>) -> Arc<Mutex<Vec<u8>>> {
    let shared = Arc::new(Mutex::new(Vec::new()));
    let content = Arc::clone(&shared);
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        let mut stream = stream;
        let last = loop {
            match stream.as_mut().map_or(Ok(0), |stream| stream.read(&mut buffer)) {
                Ok(0) => break News::Closed,
                Ok(count) => {
                    let mut content = content.lock().unwrap_or_else(PoisonError::into_inner);
                    content.extend_from_slice(&buffer[..count]);
                    if content.len() > limit {
                        break News::TooMuch;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break News::Closed,
            }
        };
        // Nobody listens any more once the deadline has passed.
        news.send(last).ok();
    });
    shared
}

/// How long a program that is stopped has to put its things away: git takes its lock files with it.
const FAREWELL: Duration = Duration::from_millis(200);

/// Ends the program, and its process group if it leads one, the hard way after a short while, and collects its exit status, so
/// that no zombie stays.
fn kill(child: &mut Child, leads_a_group: bool) {
    #[cfg(unix)]
    if leads_a_group {
        use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
        let group = Pid::from_child(child);
        kill_process_group(group, Signal::TERM).ok();
        let farewell = Deadline::after(FAREWELL);
        // All of them are waited for, not only the first: to push to a directory, git runs the receiver below itself, and that
        // one holds the locks there. As long as one of them is left nobody else can get the group's number.
        while !farewell.left().is_zero() {
            child.try_wait().ok();
            if test_kill_process_group(group).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        kill_process_group(group, Signal::KILL).ok();
    }
    #[cfg(not(unix))]
    let _ = leads_a_group;
    child.kill().ok();
    child.wait().ok();
}

#[cfg(all(test, unix))]
mod tests;
