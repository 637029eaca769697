//! The one integration crate.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod history;
mod ledger;
mod prompt;
mod tidy;
