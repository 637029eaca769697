//! From the fates of a fix's hunks to a verdict: one total table.

use serde::{Deserialize, Serialize};

use crate::failure::ExitCode;

/// Did the fix reach the target, and is it still in effect there?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every hunk reached it, and none has been taken out.
    Merged,
    /// Some hunks did, or some were taken out again.
    Partial,
    /// It was all there, and all of it was taken out later.
    Reverted,
    /// No trace.
    Missing,
    /// The best candidate is named; a person must confirm it.
    Unproven,
}

impl Verdict {
    /// The word in JSON and in sentences.
    pub fn word(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Partial => "partial",
            Self::Reverted => "reverted",
            Self::Missing => "missing",
            Self::Unproven => "unproven",
        }
    }

    /// The exit code that it leads to.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Merged => ExitCode::Open,
            Self::Partial | Self::Reverted | Self::Missing => ExitCode::Refused,
            Self::Unproven => ExitCode::Waiting,
        }
    }
}
