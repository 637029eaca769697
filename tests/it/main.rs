//! The one integration crate.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::disallowed_methods, reason = "tests run programs and tell the time")]

mod around;
mod at_hand;
mod attempts;
mod audit;
mod audit_remote;
mod bad_input;
mod bad_places;
mod completions;
mod deceptions;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod disk;
mod drift;
mod event_format;
mod every_field;
mod evidence_flags;
mod evidence_production;
mod evidence_roll_back;
mod explain;
mod export;
mod gate;
mod handing_on;
mod history;
mod init;
mod ledger;
mod ledger_attacks;
mod ledger_faults;
mod ledger_large;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod ledger_steps;
mod ledger_takeovers;
mod list_cache;
mod meeting;
mod merge_back;
mod merge_back_advice;
mod merge_back_aside;
mod merge_back_blocks;
mod merge_back_doubts;
mod merge_back_hunted;
mod merge_back_later;
mod merge_back_moved;
mod merge_back_parts;
mod merge_back_places;
mod merge_back_properties;
mod merge_back_reworded;
mod merge_back_signs;
mod merge_back_taken;
mod merge_back_words;
mod not_here;
mod pages;
mod past;
mod people;
mod picture;
mod place;
mod policy;
mod policy_changes;
mod policy_in_force;
mod policy_kept;
mod probes;
mod prompt;
mod readme;
mod release;
mod remote;
mod report;
mod road;
mod rolled_back;
mod schema;
mod settling;
mod showing;
mod signatures;
mod states;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod stepper;
mod sync;
mod sync_faults;
mod tidy;
mod unrecorded;
mod ways_out;
mod wizard;
mod words;
