//! A reason as it is typed, held to the one rule for all of them.

use crate::domain::reason;
use crate::failure::Failure;

/// Exit 2 where what was given as `--reason` is none.
pub fn must_be_a_reason(given: &str) -> Result<(), Failure> {
    match reason::lacks(given) {
        Some(lacking) => Err(Failure::usage(format!("--reason: {lacking}")).hint("somebody reads it next year")),
        None => Ok(()),
    }
}
