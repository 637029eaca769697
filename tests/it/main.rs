//! The one integration crate.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod evidence_production;
mod history;
mod ledger;
mod prompt;
mod remote;
mod tidy;
