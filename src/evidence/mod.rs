//! What git can tell: production, what stands in the way of rolling back, flags.

pub mod anchors;
pub mod attribution;
pub mod changed;
pub mod conventions;
pub mod flag_calls;
pub mod flag_files;
pub mod flags;
pub mod globs;
pub mod identity;
pub mod migrations;
pub mod passed_over;
pub mod patterns;
pub mod people;
pub mod policy_in_force;
pub mod probes;
pub mod production;
pub mod release_lines;
pub mod released;
pub mod releases;
pub mod roll_back;
pub mod schemas;
pub mod shipped;
pub mod sql;
pub mod targets;
pub mod trusted_ref;
pub mod unrecorded;
