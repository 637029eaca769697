//! Did the fix reach the target, and is it still in effect there?
//!
//! The unit is the hunk. Along the target's first-parent line each version of a touched path is looked at; the newest step
//! at which a hunk came into effect is its landing, and from there its own lines are followed to the target's tip.

mod again;
mod as_before;
mod bench;
mod blocks;
mod by_hand;
pub mod compare;
mod doubts;
pub mod drift;
pub mod explain;
mod first_part;
pub mod fix;
pub mod forecast;
mod holders;
mod identity;
pub mod judge;
mod lacking;
mod landings;
mod line;
mod loosely;
mod moved;
mod order;
mod picks;
pub mod recipe;
pub mod report;
pub mod search;
mod shelf;
mod steps;
mod taken_back;
pub mod taken_out;
pub mod target;
mod text;
mod through;
mod together;
