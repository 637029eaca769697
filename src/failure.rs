//! What stops a command from answering, and what every exit code means.
//!
//! A refusal ("the policy says no") is not a failure: it is a value, see [`crate::domain::refusal`].

use std::fmt;

/// The exit codes that scripts rely on: one meaning each, in every command and every format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// 0: yes, the gate is open.
    Open,
    /// 1: no, the policy refuses; the next command is printed.
    Refused,
    /// 2: the command line or an answer given on it is wrong.
    Usage,
    /// 3: only answers, approvals, an analysis, a confirmation or a fetch are lacking.
    Waiting,
    /// 4: could not decide: policy or ledger invalid or unknown, repository unusable.
    Undecided,
    /// 130: interrupted by Ctrl-C.
    Interrupted,
}

impl ExitCode {
    /// The process's exit status, 0 to 255.
    pub fn status(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Waiting => 3,
            Self::Undecided => 4,
            Self::Interrupted => 130,
        }
    }

    /// The word for this code in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Waiting => "waiting",
            Self::Undecided => "undecided",
            Self::Interrupted => "interrupted",
        }
    }

    /// Of two findings the one that a script must hear: 4 before 1 before 3 before 0.
    pub fn worse(self, other: Self) -> Self {
        fn rank(code: ExitCode) -> u8 {
            match code {
                ExitCode::Open => 0,
                ExitCode::Waiting => 1,
                ExitCode::Refused => 2,
                ExitCode::Undecided => 3,
                ExitCode::Usage => 4,
                ExitCode::Interrupted => 5,
            }
        }
        if rank(other) > rank(self) { other } else { self }
    }
}

/// Why a command could not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line, or an answer on it, is wrong (exit 2).
    Usage,
    /// The question could not be decided (exit 4).
    Undecided,
    /// The person pressed Ctrl-C (exit 130).
    Interrupted,
}

impl FailureKind {
    /// The exit code of this kind of failure.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Usage => ExitCode::Usage,
            Self::Undecided => ExitCode::Undecided,
            Self::Interrupted => ExitCode::Interrupted,
        }
    }
}

/// A failure with its cause and what to type next.
///
/// The cause's text completes "failed to …" or states the fact; the hint is a full line.
#[derive(Debug)]
pub struct Failure {
    /// Which exit code it leads to.
    pub kind: FailureKind,
    /// What happened, with its chain of causes.
    pub cause: anyhow::Error,
    /// What to type or change next.
    pub hint: Option<String>,
    /// Lines to show as they are, such as a piece of a file with carets below it.
    pub detail: Option<String>,
}

impl Failure {
    /// A wrong command line or answer (exit 2).
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// A question that could not be decided (exit 4).
    pub fn undecided(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Undecided, message)
    }

    /// Ctrl-C (exit 130).
    pub fn interrupted() -> Self {
        Self::new(FailureKind::Interrupted, "interrupted")
    }

    fn new(kind: FailureKind, message: impl fmt::Display) -> Self {
        Self { kind, cause: anyhow::anyhow!("{message}"), hint: None, detail: None }
    }

    /// A question that could not be decided because `cause` happened while doing `what`.
    pub fn because(what: impl fmt::Display, cause: impl Into<anyhow::Error>) -> Self {
        let cause = cause.into().context(what.to_string());
        Self { kind: FailureKind::Undecided, cause, hint: None, detail: None }
    }

    /// The same failure with lines to show as they are.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same failure with the line that says what to type next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:#}", self.cause)
    }
}
