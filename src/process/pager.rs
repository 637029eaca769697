//! Shows a long text screen by screen, in the program that git would start for it.

use std::io::Write;
use std::process::{Command, Stdio};

/// What git passes on to a shell (`prepare_shell_cmd` in its run-command.c); anything else is started as it is.
const FOR_A_SHELL: &[char] =
    &['|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', ' ', '\t', '\n', '*', '?', '[', '#', '~', '=', '%'];

/// Hands a text to a pager and waits until the reader has left it; whether it was shown. A reader who leaves early has seen
/// enough; a pager that can't be started shows nothing.
pub fn show(pager: &str, defaults: &[(&str, &str)], text: &str) -> bool {
    let mut command = command(pager);
    let started = command.envs(defaults.iter().copied()).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = started else { return false };
    let _ignored = Interrupts::left_to_the_pager();
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes());
    }
    // The exit codes by which a shell says that it could not start it.
    child.wait().is_ok_and(|status| !matches!(status.code(), Some(126 | 127)))
}

#[expect(clippy::disallowed_methods, reason = "this is the room that runs programs")]
fn command(pager: &str) -> Command {
    if !pager.contains(FOR_A_SHELL) {
        return Command::new(pager);
    }
    if cfg!(unix) {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", pager]);
        return shell;
    }
    let words = shlex::split(pager).unwrap_or_default();
    let mut words = words.iter();
    let mut command = Command::new(words.next().map_or("", String::as_str));
    command.args(words);
    command
}

/// While it lives Ctrl-C is the pager's own: were this program to end before it, the two would share a terminal with the shell.
struct Interrupts {
    #[cfg(unix)]
    handler: Option<signal_hook::SigId>,
}

impl Interrupts {
    fn left_to_the_pager() -> Self {
        #[cfg(unix)]
        let handler = signal_hook::flag::register(signal_hook::consts::SIGINT, Default::default()).ok();
        Self {
            #[cfg(unix)]
            handler,
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.handler.map(signal_hook::low_level::unregister);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_pager_gets_the_text_and_the_settings_that_git_gives() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("shown");
        let pager = format!("(cat; printf '%s' \"$LESS\") > '{}'", file.display());
        assert!(show(&pager, &[("LESS", "FRX")], "text\n"));
        assert_eq!(std::fs::read_to_string(file).expect("it was written"), "text\nFRX");
    }

    #[test]
    fn one_that_is_left_early_has_shown_it_and_one_that_is_missing_has_not() {
        let long = "line\n".repeat(100_000);
        assert!(show("head -1 >/dev/null", &[], &long));
        assert!(show("exit 3", &[], &long));
        assert!(!show("no-such-pager-here", &[], &long));
        assert!(!show("no-such-pager-here --with words", &[], &long));
    }
}
