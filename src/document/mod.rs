//! YAML and front matter to spanned nodes, and the problems found in them, shown with carets.
//!
//! The one place that names the YAML library. A policy decides whether a gate opens, so nothing is guessed: `yes` is a
//! text, merge keys, anchors, aliases, tags and duplicate keys are refused, and depth, size and the number of nodes are bounded.

mod front_matter;
mod node;
mod problem;
mod yaml;

pub use self::front_matter::{FrontMatter, front_matter};
pub use self::node::{Entry, Kind, Node};
pub use self::problem::{Problem, ProblemCode, Problems};
pub use self::yaml::{Document, LARGEST, read};
