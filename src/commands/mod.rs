//! One file a subcommand: its `Args` and `run`; load, decide, act, render, nothing else.

pub mod book;
pub mod cause;
pub mod check;
pub mod close;
pub mod demo;
pub mod deployed;
pub mod drift;
pub mod explain;
pub mod fix;
pub mod init;
pub mod into;
pub mod log;
pub mod merged;
pub mod moment;
pub mod outcome;
pub mod policies;
pub mod policy;
pub mod proof;
pub mod rca;
pub mod restored;
pub mod settle;
pub mod show;
pub mod start;
pub mod status;
pub mod verify;
pub mod void;
