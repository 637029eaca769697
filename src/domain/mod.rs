//! The rules of the house: no I/O, no clock, no environment, no git2, no clap, no anyhow.

pub mod event;
pub mod identity;
pub mod merge_back;
pub mod policy;
pub mod record;
pub mod refusal;
pub mod release;
pub mod text;
