//! Runs a program one step at a time. A step is a system call that changes files: it is seen before and after it happens, and
//! there the program may be killed, or told that the call failed.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Whose steps are seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The program's own.
    Own,
    /// Also those of the programs that it starts.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// What becomes of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    GoOn,
    /// `kill -9`.
    Kill,
    /// The call is not made and fails with this error (`ENOSPC`); only before it.
    Fail(i32),
}

/// A system call that changes files.
#[derive(Clone, Debug)]
pub struct Step {
    /// Counted from 1 over the whole run.
    pub number: usize,
    pub when: When,
    pub call: &'static str,
    /// What it is about.
    pub path: PathBuf,
    /// Where the file that it is about can be opened, as long as this step lasts; after an `openat` the one that was opened.
    pub file: PathBuf,
}

impl Step {
    /// Whether nothing but room on the disk can make it fail: it writes or creates something.
    pub fn takes_room(&self) -> bool {
        ["write", "writev", "pwrite64", "openat", "mkdir", "fsync", "fdatasync", "linkat", "link", "rename"]
            .contains(&self.call)
    }
}

/// A program that came to its end.
pub struct Ended {
    /// None if it was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// What a system call is about: the place of a file descriptor among its arguments, of a path, or of a directory and a path.
enum About {
    Descriptor(usize),
    Path(usize),
    At(usize, usize),
}

/// The arguments of a system call on x86-64.
fn arguments(registers: &libc::user_regs_struct) -> [u64; 6] {
    [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9]
}

/// The name of a call that changes files; none of one that does not.
fn change(number: i64, arguments: [u64; 6]) -> Option<(&'static str, About)> {
    use About::{At, Descriptor, Path};
    let creates = |flags: u64| flags & (libc::O_CREAT | libc::O_TRUNC) as u64 != 0;
    Some(match number {
        libc::SYS_write => ("write", Descriptor(0)),
        libc::SYS_writev => ("writev", Descriptor(0)),
        libc::SYS_pwrite64 => ("pwrite64", Descriptor(0)),
        libc::SYS_sendfile => ("sendfile", Descriptor(0)),
        libc::SYS_copy_file_range => ("copy_file_range", Descriptor(2)),
        libc::SYS_ftruncate => ("ftruncate", Descriptor(0)),
        libc::SYS_fsync => ("fsync", Descriptor(0)),
        libc::SYS_fdatasync => ("fdatasync", Descriptor(0)),
        libc::SYS_flock => ("flock", Descriptor(0)),
        libc::SYS_open if creates(arguments[1]) => ("openat", Path(0)),
        libc::SYS_openat if creates(arguments[2]) => ("openat", At(0, 1)),
        libc::SYS_rename => ("rename", Path(1)),
        libc::SYS_renameat | libc::SYS_renameat2 => ("rename", At(2, 3)),
        libc::SYS_link => ("link", Path(1)),
        libc::SYS_linkat => ("linkat", At(2, 3)),
        libc::SYS_unlink => ("unlink", Path(0)),
        libc::SYS_unlinkat => ("unlink", At(0, 1)),
        libc::SYS_rmdir => ("rmdir", Path(0)),
        libc::SYS_mkdir => ("mkdir", Path(0)),
        libc::SYS_mkdirat => ("mkdir", At(0, 1)),
        _ => return None,
    })
}

/// A path in the memory of a program.
fn text_at(process: Pid, address: u64) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    let mut bytes = [0; 4096];
    let length = File::open(format!("/proc/{process}/mem")).and_then(|memory| memory.read_at(&mut bytes, address));
    let bytes = &bytes[..length.unwrap_or(0)];
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    PathBuf::from(std::ffi::OsStr::from_bytes(&bytes[..end]))
}

/// The path that a call is about, and where the file can be opened.
fn subject(process: Pid, about: &About, arguments: [u64; 6]) -> (PathBuf, PathBuf) {
    let descriptor = |at: u64| PathBuf::from(format!("/proc/{process}/fd/{}", at as i32));
    let path = match *about {
        About::Descriptor(at) => {
            let file = descriptor(arguments[at]);
            return (std::fs::read_link(&file).unwrap_or_default(), file);
        }
        About::Path(at) => PathBuf::from(format!("/proc/{process}/cwd")).join(text_at(process, arguments[at])),
        About::At(directory, at) if arguments[directory] as i32 == libc::AT_FDCWD => {
            PathBuf::from(format!("/proc/{process}/cwd")).join(text_at(process, arguments[at]))
        }
        About::At(directory, at) => descriptor(arguments[directory]).join(text_at(process, arguments[at])),
    };
    let name = path.file_name().map(PathBuf::from).unwrap_or_default();
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok()).unwrap_or_default();
    (parent.join(name), path)
}

/// Runs it to its end, or to where `see` kills it. Of the files outside of `root` only the answer on the standard output is a
/// step. None where this machine lets nobody look at a program's calls; not in CI, for there the test must run.
pub fn step_through(command: &Command, root: &Path, whose: Whose, mut see: impl FnMut(&Step) -> Then) -> Option<Ended> {
    let root = root.canonicalize().unwrap();
    let (out, err) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    let main = waiting(command, &out, &err);
    let mut options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL | Options::PTRACE_O_TRACECLONE;
    if whose == Whose::All {
        options |= Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK;
    }
    if let Err(error) = ptrace::seize(main, options) {
        assert!(std::env::var_os("HOTFIX_CI").is_none(), "nobody may trace here: {error}");
        kill(main, Signal::SIGKILL).unwrap();
        waitpid(main, None).unwrap();
        eprintln!("not tested, for nobody may trace here: {error}");
        return None;
    }
    kill(main, Signal::SIGCONT).unwrap();
    let mut tracer = Tracer { root, main, number: 0, inside: HashMap::new(), code: None };
    // Only what this thread started: other tests have programs of their own.
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
        tracer.goes_on(status, &mut see);
    }
    let read = |file: &tempfile::NamedTempFile| std::fs::read_to_string(file.path()).unwrap();
    Some(Ended { code: tracer.code, out: read(&out), err: read(&err) })
}

/// Starts it, and stops it before its first step.
fn waiting(command: &Command, out: &tempfile::NamedTempFile, err: &tempfile::NamedTempFile) -> Pid {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -STOP $$; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(command.get_current_dir().unwrap()).stdin(Stdio::null());
    shell.stdout(out.reopen().unwrap()).stderr(err.reopen().unwrap());
    let main = Pid::from_raw(shell.spawn().unwrap().id() as i32);
    assert!(matches!(waitpid(main, Some(WaitPidFlag::WUNTRACED)), Ok(WaitStatus::Stopped(_, Signal::SIGSTOP))));
    main
}

struct Tracer {
    root: PathBuf,
    main: Pid,
    number: usize,
    /// The programs and threads that are within a call; with its step and how it shall fail, where that is one.
    inside: HashMap<Pid, Option<(Step, Option<i32>)>>,
    code: Option<i32>,
}

impl Tracer {
    fn goes_on(&mut self, status: WaitStatus, see: &mut impl FnMut(&Step) -> Then) {
        // What was killed meanwhile can't go on, and that is no error.
        match status {
            WaitStatus::Exited(process, code) if process == self.main => self.code = Some(code),
            WaitStatus::PtraceSyscall(process) => {
                self.call(process, see);
                ptrace::syscall(process, None).ok();
            }
            WaitStatus::PtraceEvent(process, ..) => drop(ptrace::syscall(process, None)),
            WaitStatus::Stopped(process, signal) => drop(ptrace::syscall(process, Some(signal))),
            _ => {}
        }
    }

    fn call(&mut self, process: Pid, see: &mut impl FnMut(&Step) -> Then) {
        let Ok(mut registers) = ptrace::getregs(process) else { return };
        let then = match self.inside.remove(&process) {
            None => {
                let step = self.begins(process, &registers);
                let then = step.as_ref().map_or(Then::GoOn, &mut *see);
                let fails = if let Then::Fail(error) = then { Some(error) } else { None };
                if fails.is_some() {
                    // There is no such call, so nothing happens.
                    registers.orig_rax = u64::MAX;
                    ptrace::setregs(process, registers).unwrap();
                }
                self.inside.insert(process, step.map(|step| (step, fails)));
                then
            }
            Some(None) => Then::GoOn,
            Some(Some((_, Some(error)))) => {
                registers.rax = -i64::from(error) as u64;
                ptrace::setregs(process, registers).unwrap();
                Then::GoOn
            }
            Some(Some((step, None))) => {
                let opened = registers.rax as i64;
                let file = match step.call {
                    "openat" if opened >= 0 => PathBuf::from(format!("/proc/{process}/fd/{opened}")),
                    _ => step.file.clone(),
                };
                // A call that failed changed nothing.
                if opened < 0 { Then::GoOn } else { see(&Step { when: When::After, file, ..step }) }
            }
        };
        if then == Then::Kill {
            kill(self.main, Signal::SIGKILL).ok();
        }
    }

    /// The step that begins with this call.
    fn begins(&mut self, process: Pid, registers: &libc::user_regs_struct) -> Option<Step> {
        let arguments = arguments(registers);
        let (call, about) = change(registers.orig_rax as i64, arguments)?;
        let (path, file) = subject(process, &about, arguments);
        let answers =
            call == "write" && process == self.main && matches!(about, About::Descriptor(_)) && arguments[0] == 1;
        if !answers && !path.starts_with(&self.root) {
            return None;
        }
        self.number += 1;
        let path = path.strip_prefix(&self.root).map_or_else(|_| PathBuf::from("the answer"), Path::to_owned);
        Some(Step { number: self.number, when: When::Before, call, path, file })
    }
}
