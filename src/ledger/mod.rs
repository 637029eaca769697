//! The append-only record: one ref, one commit an event, free text apart.

mod append;
mod canonical;
pub mod codec;
mod exchange;
pub mod hiding;
mod list_cache;
pub mod lock;
mod read;
pub mod refs;
mod root_note;
pub mod seals;
pub mod secrets;
pub mod store;
pub mod sync;
pub mod text;
mod text_union;
