//! What git can tell: production, what stands in the way of rolling back, flags.

pub mod globs;
pub mod production;
mod releases;
