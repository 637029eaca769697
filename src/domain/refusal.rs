//! What the policy says no to: a stable code, one line of what happened, and the command that mends it.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::failure::ExitCode;

/// One "no" or "not yet".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What happened, in one line.
    pub message: String,
    /// What to type next: commands first, each a line of its own.
    pub next: Vec<String>,
}

impl Refusal {
    /// A refusal with the one command that mends it.
    pub fn new(code: Code, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, message: message.into(), next: vec![next.into()] }
    }
}

/// The exit code of several refusals together: the worst counts; none is a yes.
pub fn exit_of(refusals: &[Refusal]) -> ExitCode {
    refusals.iter().fold(ExitCode::Open, |worst, refusal| worst.worse(refusal.code.exit()))
}

macro_rules! codes {
    ($($variant:ident $word:literal $exit:ident $story:literal)*) => {
        /// The stable codes of refusals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $story] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the alphabet of their words.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as users see it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The exit code that it leads to.
            pub fn exit(self) -> ExitCode {
                match self { $(Self::$variant => ExitCode::$exit,)* }
            }

            /// The long story: why this gate exists and how to pass it.
            pub fn story(self) -> &'static str {
                match self { $(Self::$variant => $story,)* }
            }
        }
    };
}

codes! {
    AnswersMissing "answers-missing" Waiting
        "The policy asks questions before it decides, and some have no answer yet. An answer of 'not sure' counts as none: it claims nothing and keeps the gate closed. Give the missing answers in the wizard, or with --set and --answers."
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
