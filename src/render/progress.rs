//! Saying that a long question is still being worked on: on standard error, and only once it takes longer than a second.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long nothing is said.
const QUIET: Duration = Duration::from_secs(1);

/// Without a terminal: how many seconds lie between two lines.
const BETWEEN_LINES: u64 = 10;

/// A question that is being worked on. It is asked from many threads; what it shows on a terminal goes with it.
pub struct Progress {
    what: String,
    started: Instant,
    terminal: bool,
    bar: OnceLock<ProgressBar>,
    /// After how many seconds the next line is due, where there is no terminal.
    due: AtomicU64,
}

impl Progress {
    /// Starts the time; `what` is a sentence without its end, such as `Looking for the fix on main`.
    pub fn new(what: String, terminal: bool) -> Self {
        Self { what, started: Instant::now(), terminal, bar: OnceLock::new(), due: AtomicU64::new(QUIET.as_secs()) }
    }

    /// Says so if it takes long. To be called often.
    pub fn tick(&self) {
        let elapsed = self.started.elapsed();
        if elapsed < QUIET {
            return;
        }
        if self.terminal {
            self.bar.get_or_init(|| self.spinner());
            return;
        }
        if let Some(line) = self.line(elapsed.as_secs()) {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// The line that is due after so many seconds, if one is; of many threads that ask only one gets it.
    fn line(&self, seconds: u64) -> Option<String> {
        let due = self.due.load(Ordering::Relaxed);
        let next = due.max(seconds) + BETWEEN_LINES;
        let ours = seconds >= due && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        ours.then(|| format!("{} … {seconds} s", self.what))
    }

    fn spinner(&self) -> ProgressBar {
        let spinner = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            spinner.set_style(style);
        }
        spinner.set_message(self.what.clone());
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_after_a_second_and_then_every_ten() {
        let progress = Progress::new("Looking".to_owned(), false);
        let due: Vec<u64> = (0..30).filter(|seconds| progress.line(*seconds).is_some()).collect();
        assert_eq!(due, [1, 11, 21]);
        assert_eq!(progress.line(90).as_deref(), Some("Looking … 90 s"));
    }
}
