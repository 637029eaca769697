//! The keys of flag files: the object `flags` of flagd's format (<https://flagd.dev/reference/flag-definitions/>), as JSON or YAML.

use crate::document::{self, Kind, Node};

/// The flags' keys with their lines, from 1.
///
/// A file that the policy `named` counts with any object under `flags`, or with its top-level keys where there is no `flags`;
/// another JSON or YAML file only if a flag in it has `variants` or `state`, as flagd wants. A file that is no such document
/// (broken, too large, several documents) has none: this is evidence to look at, not a gate.
pub fn keys(path: &[u8], text: &[u8], named: bool) -> Vec<(usize, String)> {
    let lower = path.to_ascii_lowercase();
    let is_document = [&b".json"[..], b".yaml", b".yml"].iter().any(|extension| lower.ends_with(extension));
    let mentions_flags = memchr::memmem::find(text, b"flags").is_some();
    if !is_document || !(named || mentions_flags) {
        return Vec::new();
    }
    let Ok(document) = document::read(text, "flags") else { return Vec::new() };
    let flags = child(&document.root, "flags");
    let Some(flags) = flags.or(named.then_some(&document.root)) else { return Vec::new() };
    let Kind::Map(entries) = &flags.kind else { return Vec::new() };
    let is_flag = |node: &Node| child(node, "variants").is_some() || child(node, "state").is_some();
    if !named && !entries.iter().any(|entry| is_flag(&entry.value)) {
        return Vec::new();
    }
    let line = |at: usize| 1 + document.source.bytes().take(at).filter(|&byte| byte == b'\n').count();
    entries
        .iter()
        .filter(|entry| entry.key != "$schema")
        .map(|entry| (line(entry.span.start), entry.key.clone()))
        .collect()
}

fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}
