//! A target that is nearly a word of ours: it would be taken for a branch, and nothing could ever be proven there.
//!
//! Looked for by `policy lint` only, for a branch may have any name.

use crate::document::{Kind, Node, Problem, ProblemCode};
use crate::domain::spelling::nearest;

/// The only word among the targets whose misspelling is a branch's name and breaks no other rule.
const WORD: &str = "newer_release_lines";

/// Every such target, where it is written.
pub(super) fn problems(root: &Node, source: &str) -> Vec<Problem> {
    let into = value(root, "merge_back").and_then(|section| value(section, "into"));
    let Some(Kind::List(items)) = into.map(|into| &into.kind) else { return Vec::new() };
    items.iter().filter_map(|item| misspelt(item, source)).collect()
}

fn value<'d>(node: &'d Node, key: &str) -> Option<&'d Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn misspelt(item: &Node, source: &str) -> Option<Problem> {
    let Kind::Text(name) = &item.kind else { return None };
    let near = nearest(name, [WORD]).filter(|near| near != name)?;
    let message = format!("{name:?} would be a branch that every fix must reach");
    let help = format!("did you mean {near:?}?");
    Some(Problem::new(source, item.span.clone(), ProblemCode::UnknownValue, message, help))
}
