//! The parts that every section is read with; each reports what it refuses.

use std::ops::Range;

use crate::document::{Document, Entry, Kind, Node, Problem, ProblemCode};
use crate::domain::spelling::nearest;

use super::super::answer::way_out;
use super::super::names::is_name;
use super::super::quantity::{Quantity, QuantityError};
use super::super::shape::{Key, Shape};

/// Reads one document and collects its problems.
pub(super) struct Reader<'d> {
    source: &'d str,
    pub(super) problems: Vec<Problem>,
}

/// A map whose keys were checked.
pub(super) struct Section<'d> {
    entries: &'d [Entry],
}

impl<'d> Section<'d> {
    /// The entry of a key; a required one that lacks was reported.
    pub(super) fn get(&self, key: &str) -> Option<&'d Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { source: &document.source, problems: Vec::new() }
    }

    /// The document's text.
    pub(super) fn source(&self) -> &'d str {
        self.source
    }

    pub(super) fn report(
        &mut self,
        span: &Range<usize>,
        code: ProblemCode,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem::new(self.source, span.clone(), code, message, help));
    }

    fn wrong_type(&mut self, node: &Node, wanted: &str, help: &str) {
        let message = format!("{wanted} is wanted here, and this is {}", node.what());
        self.report(&node.span, ProblemCode::WrongType, message, help);
    }

    /// A map with the keys of a shape; `owner` are the bytes that name it.
    pub(super) fn section(&mut self, node: &'d Node, owner: &Range<usize>, shape: &Shape) -> Option<Section<'d>> {
        self.section_of(node, owner, shape.name, &[shape.keys])
    }

    /// A map with the keys of several shapes together.
    pub(super) fn section_of(
        &mut self,
        node: &'d Node,
        owner: &Range<usize>,
        name: &str,
        keys: &[&[Key]],
    ) -> Option<Section<'d>> {
        let keys: Vec<&Key> = keys.iter().copied().flatten().collect();
        let Kind::Map(entries) = &node.kind else {
            let example = keys.iter().find(|key| key.required).or(keys.first()).map_or("", |key| key.example);
            let help = format!("indent its keys below it, such as `{example}`");
            self.wrong_type(node, &format!("a map for {name}"), &help);
            return None;
        };
        for entry in entries.iter().filter(|entry| keys.iter().all(|key| key.name != entry.key)) {
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            let message = format!("{:?} is no key of {name}", entry.key);
            self.report(&entry.span, ProblemCode::UnknownKey, message, way_out(&entry.key, &names));
        }
        for key in keys.iter().filter(|key| key.required && entries.iter().all(|entry| entry.key != key.name)) {
            let message = format!("{name} has no {:?}", key.name);
            self.report(owner, ProblemCode::MissingKey, message, format!("add a line `{}`", key.example));
        }
        Some(Section { entries })
    }

    /// A map of named things, at least one: its entries with good names.
    pub(super) fn named(&mut self, entry: &'d Entry, things: &str, separator: char) -> Option<Vec<&'d Entry>> {
        let Kind::Map(entries) = &entry.value.kind else {
            self.wrong_type(
                &entry.value,
                &format!("a map of {things} by name"),
                "write each as `its-name:` with its keys below",
            );
            return None;
        };
        if entries.is_empty() {
            let message = format!("there are no {things} here");
            self.report(&entry.value.span, ProblemCode::Empty, message, "write at least one");
            return None;
        }
        Some(entries.iter().filter(|entry| self.good_name(&entry.key, &entry.span, separator)).collect())
    }

    fn good_name(&mut self, name: &str, span: &Range<usize>, separator: char) -> bool {
        let good = is_name(name, separator);
        if !good {
            let mut plain = String::new();
            for character in name.chars() {
                // `whatHappened` is two words.
                if character.is_ascii_uppercase() && plain.ends_with(|last: char| last.is_ascii_lowercase()) {
                    plain.push(separator);
                }
                plain.push(if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { separator });
            }
            let help = match plain.trim_matches(separator) {
                plain if is_name(plain, separator) => format!("write {plain}"),
                _ => format!("write for example my{separator}name"),
            };
            let message =
                format!("{name:?} is no name: lower-case words joined by '{separator}', at most 60 characters");
            self.report(span, ProblemCode::BadName, message, help);
        }
        good
    }

    /// A text that is a name.
    pub(super) fn name(&mut self, entry: &'d Entry, separator: char) -> Option<String> {
        let name = self.line(&entry.value)?;
        self.good_name(name, &entry.value.span, separator).then(|| name.to_owned())
    }

    /// A text that is not blank; the blanks around it are dropped.
    pub(super) fn text(&mut self, node: &'d Node) -> Option<String> {
        match &node.kind {
            Kind::Text(text) if text.trim().is_empty() => {
                self.report(&node.span, ProblemCode::Empty, "this text is empty", "write a sentence");
                None
            }
            Kind::Text(text) => Some(text.trim().to_owned()),
            Kind::Null => {
                self.report(&node.span, ProblemCode::Empty, "nothing stands here", "write a sentence");
                None
            }
            Kind::Bool(_) | Kind::Number(_) => {
                self.wrong_type(node, "a text", "put quotes around it");
                None
            }
            Kind::List(_) | Kind::Map(_) => {
                self.wrong_type(
                    node,
                    "a text",
                    "write one text; put quotes around it if it holds ': ' or begins with [ or {",
                );
                None
            }
        }
    }

    /// A text of one line, as it stands.
    pub(super) fn line<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            Kind::Text(text) if text.is_empty() || text.trim() != text || text.contains('\n') => {
                let help = "write one line without blanks around it";
                self.report(&node.span, ProblemCode::Empty, "one line of text is wanted here", help);
                None
            }
            Kind::Text(text) => Some(text),
            _ => {
                let help = if matches!(node.kind, Kind::Bool(_) | Kind::Number(_)) {
                    "put quotes around it"
                } else {
                    "write one text"
                };
                self.wrong_type(node, "a text", help);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<'w>(&mut self, node: &Node, words: &[&'w str]) -> Option<&'w str> {
        let found = match &node.kind {
            Kind::Text(text) => text.as_str(),
            // `rca: ` without a value, or `none` misread: the list of words says enough.
            _ => {
                self.wrong_type(node, "a word", &way_out("", words));
                return None;
            }
        };
        let known = words.iter().find(|word| **word == found).copied();
        if known.is_none() {
            self.report(
                &node.span,
                ProblemCode::UnknownValue,
                format!("{found:?} is not known here"),
                way_out(found, words),
            );
        }
        known
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, node: &Node) -> Option<bool> {
        match &node.kind {
            Kind::Bool(value) => Some(*value),
            _ => {
                self.wrong_type(node, "true or false", "write true or false, without quotes");
                None
            }
        }
    }

    /// A decimal number.
    pub(super) fn quantity(&mut self, node: &Node) -> Option<Quantity> {
        let Kind::Number(digits) = &node.kind else {
            self.wrong_type(node, "a number", "write a plain decimal such as 5 or 0.25, without quotes");
            return None;
        };
        let shown: String = digits.chars().take(40).collect();
        digits
            .parse()
            .map_err(|error| {
                let code =
                    if error == QuantityError::TooLarge { ProblemCode::TooLarge } else { ProblemCode::WrongType };
                self.report(
                    &node.span,
                    code,
                    format!("{shown} can't be used: {error}"),
                    "write a plain decimal such as 5 or 0.25",
                );
            })
            .ok()
    }

    /// The items of a list; an empty one only where that says something.
    pub(super) fn list(&mut self, node: &'d Node, may_be_empty: bool) -> Option<&'d [Node]> {
        match &node.kind {
            Kind::List(items) if items.is_empty() && !may_be_empty => {
                self.report(&node.span, ProblemCode::Empty, "this list is empty", "write at least one item");
                None
            }
            Kind::List(items) => Some(items),
            _ => {
                self.wrong_type(node, "a list", "write it as [one, two], or one `- item` a line");
                None
            }
        }
    }

    /// A list of texts under a key that may lack; each must pass `check`, which says what is wrong.
    pub(super) fn texts(
        &mut self,
        section: &Section<'d>,
        key: &str,
        may_be_empty: bool,
        check: impl Fn(&str) -> Result<(), (String, String)>,
    ) -> Option<Vec<String>> {
        let Some(entry) = section.get(key) else { return Some(Vec::new()) };
        let before = self.problems.len();
        let mut texts = Vec::new();
        for item in self.list(&entry.value, may_be_empty)? {
            let Some(text) = self.line(item) else { continue };
            if let Err((message, help)) = check(text) {
                self.report(&item.span, ProblemCode::BadPattern, message, help);
            }
            texts.push(text.to_owned());
        }
        (self.problems.len() == before).then_some(texts)
    }

    /// A list of globs.
    pub(super) fn globs(&mut self, section: &Section<'d>, key: &str, may_be_empty: bool) -> Option<Vec<String>> {
        self.texts(section, key, may_be_empty, |glob| {
            let made = globset::GlobBuilder::new(glob).literal_separator(true).build();
            made.map(|_| ()).map_err(|error| {
                (
                    format!("{glob:?} is no glob: {}", error.kind()),
                    "use * inside a part of the path, ** across parts, [0-9], {a,b}".to_owned(),
                )
            })
        })
    }

    /// The nearest of some declared names, as a way out.
    pub(super) fn declared(&self, name: &str, declared: &[&str]) -> String {
        let list = if declared.is_empty() { "none".to_owned() } else { declared.join(", ") };
        match nearest(name, declared.iter().copied()) {
            Some(near) => format!("did you mean {near:?}? declared are: {list}"),
            None => format!("declared are: {list}"),
        }
    }
}
