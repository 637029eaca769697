//! The rules of the house: no I/O, no clock, no environment, no git2, no clap, no anyhow.

pub mod adaptation;
pub mod allowed_signers;
pub mod audit;
pub mod closing;
pub mod event;
pub mod fate;
pub mod finding;
pub mod hunk;
pub mod identity;
pub mod incident;
pub mod ladder;
pub mod lines;
pub mod merge_back;
pub mod policy;
pub mod rca;
pub mod record;
pub mod refusal;
pub mod release;
pub mod revert;
pub mod sentence;
pub mod spelling;
pub mod standard;
pub mod standing;
pub mod text;
