//! Runs a program with a deadline and an output limit, never through a shell.

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
