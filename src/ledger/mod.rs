//! The append-only record: one ref, one commit an event, free text apart.

mod canonical;
pub mod codec;
pub mod hiding;
mod lock;
pub mod seals;
pub mod secrets;
pub mod store;
pub mod text;
