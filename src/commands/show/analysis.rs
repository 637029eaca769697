//! A root cause analysis on a page: its front matter as fields and tables, its body as the sections that people wrote.

use crate::document::{self, Kind, Node};
use crate::domain::rca;
use crate::render::document::Document;

/// Adds the analysis. What can't be read as one is shown as it is.
pub(super) fn add(document: &mut Document, text: &str) {
    let Ok(file) = document::front_matter(text.as_bytes(), "the analysis") else {
        document.code(text);
        return;
    };
    if let Kind::Map(entries) = &file.root.kind {
        let fields = entries.iter().filter_map(|entry| Some((words(&entry.key), plain(&entry.value)?)));
        document.fields(fields.collect());
        for entry in entries {
            if let Kind::List(items) = &entry.value.kind {
                document.heading(3, capital(&words(&entry.key)));
                list(document, items);
            }
        }
    }
    body(document, &rca::without_comments(&file.body));
}

/// Maps as a table, whatever else as a list.
fn list(document: &mut Document, items: &[Node]) {
    let mut keys: Vec<&str> = Vec::new();
    for item in items {
        let Kind::Map(entries) = &item.kind else {
            document.list(items.iter().filter_map(plain).collect());
            return;
        };
        let new = entries.iter().map(|entry| entry.key.as_str());
        new.for_each(|key| {
            if !keys.contains(&key) {
                keys.push(key)
            }
        });
    }
    let cell = |item: &Node, key: &str| match &item.kind {
        Kind::Map(entries) => entries.iter().find(|entry| entry.key == key).and_then(|entry| plain(&entry.value)),
        _ => None,
    };
    let row = |item: &Node| keys.iter().map(|key| cell(item, key).unwrap_or_default()).collect();
    let headers: Vec<String> = keys.iter().map(|key| words(key)).collect();
    document.table(&headers.iter().map(String::as_str).collect::<Vec<_>>(), items.iter().map(row).collect());
}

/// A value that is one word or sentence.
fn plain(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Kind::Number(number) => Some(number.clone()),
        Kind::Text(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    }
}

fn words(key: &str) -> String {
    key.replace('_', " ")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The structure that the template has: headings, lists, paragraphs, fenced code. Markup within a line stays what was typed.
fn body(document: &mut Document, text: &str) {
    let mut open = Open::default();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        let fence = line.trim_start();
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| fence.starts_with(mark)) {
            open.close(document);
            let inside: Vec<&str> = lines.by_ref().take_while(|line| !line.trim_start().starts_with(mark)).collect();
            document.code(inside.join("\n"));
        } else if line.starts_with('#') && line.trim_start_matches('#').starts_with(' ') {
            open.close(document);
            document.heading(3, line.trim_start_matches('#').trim());
        } else if let Some(entry) = ["- ", "* "].iter().find_map(|mark| line.trim_start().strip_prefix(mark)) {
            open.paragraph(document);
            open.entries.push(entry.to_owned());
        } else if line.is_empty() {
            open.close(document);
        } else if let Some(entry) = open.entries.last_mut() {
            entry.push('\n');
            entry.push_str(line);
        } else {
            open.lines.push(line.to_owned());
        }
    }
    open.close(document);
}

/// What may still go on in the next line.
#[derive(Default)]
struct Open {
    lines: Vec<String>,
    entries: Vec<String>,
}

impl Open {
    fn paragraph(&mut self, document: &mut Document) {
        let lines = std::mem::take(&mut self.lines);
        if !lines.is_empty() {
            document.paragraph(lines.join("\n"));
        }
    }

    fn close(&mut self, document: &mut Document) {
        self.paragraph(document);
        document.list(std::mem::take(&mut self.entries));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown(text: &str) -> String {
        let mut document = Document::new("x");
        add(&mut document, text);
        document.markdown()
    }

    #[test]
    fn what_people_wrote_keeps_its_structure() {
        let text = "---\ncode_cause: true\ncontributing: [no test, 900 lines]\nactions:\n  - { what: a test, owner: Ada }\n  - { what: a drill, for: roll-back }\n---\n# Title\n## Summary\nTwo\nlines.\n<!-- a hint -->\n- one\n  more\n- two\n\n```sh\nrm *\n```\n";
        insta::assert_snapshot!(markdown(text));
    }

    #[test]
    fn what_is_no_analysis_is_shown_as_it_is() {
        assert_eq!(markdown("<b>x</b>\n````\n"), "# x\n\n`````\n<b>x</b>\n````\n`````\n");
    }
}
