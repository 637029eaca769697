//! `hotfix` is a command-line gatekeeper for production hotfixes.
//!
//! The rooms, each of which may import only those below it:
//!
//! | room | what happens there |
//! |---|---|
//! | [`cli`] | the command line, the dispatch, the only exit |
//! | [`commands`] | one file a subcommand: load, decide, act, render |
//! | [`session`] | repository, actor, clock, prompt, streams, format |
//! | [`render`], [`prompt`], [`evidence`], [`merge_back`], [`ledger`] | showing, asking, looking, proving, recording |
//! | [`git`] | the only rooms that name git2 |
//! | [`process`] | runs a program |
//! | [`domain`] | the rules, without I/O, clock or environment |
//! | [`document`] | YAML and front matter to spanned nodes |
//! | [`failure`] | what stops a command, and the exit codes |

pub mod cli;
pub mod commands;
pub mod document;
pub mod domain;
pub mod evidence;
pub mod failure;
pub mod git;
pub mod ledger;
pub mod merge_back;
pub mod process;
pub mod prompt;
pub mod render;
pub mod session;
