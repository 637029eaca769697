//! The one integration crate.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::disallowed_methods, reason = "tests run programs and tell the time")]

mod evidence_production;
mod explain;
mod history;
mod ledger;
mod prompt;
mod remote;
mod tidy;
