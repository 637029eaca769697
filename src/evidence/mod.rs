//! What git can tell: production, what stands in the way of rolling back, flags.

pub mod globs;
pub mod policy_in_force;
pub mod production;
mod releases;
pub mod trusted_ref;
