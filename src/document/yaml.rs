//! The one reader of YAML (and so of JSON).

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Spanned, Tagged};

use super::node::{Entry, Kind, Node};
use super::problem::{Problem, ProblemCode, Problems};

/// The largest document, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// The deepest nesting of lists and maps.
const DEEPEST: usize = 32;
/// The most values in one document.
const MOST_NODES: usize = 20_000;

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name, for messages.
    pub file: String,
    /// Its text, without a byte order mark.
    pub source: String,
    /// Its value.
    pub root: Node,
}

/// Reads one YAML (or JSON) document.
///
/// A text that is not YAML has one problem, where reading stopped; everything else is collected.
pub fn read(bytes: &[u8], file: &str) -> Result<Document, Problems> {
    let source = text(bytes, file)?;
    let root = read_part(&source, 0..source.len(), file)?;
    Ok(Document { file: file.to_owned(), source, root })
}

/// The bytes as text, without a byte order mark; refuses what is too long, not UTF-8 or holds control characters.
pub(super) fn text(bytes: &[u8], file: &str) -> Result<String, Problems> {
    let refuse = |source: String, at: usize, code, message: String, help: &str| {
        let problem = Problem::new(&source, at..at, code, message, help);
        Err(Problems::new(file, source, vec![problem]))
    };
    if bytes.len() > LARGEST {
        let message = format!("the file has {} bytes; at most {LARGEST} are read", bytes.len());
        return refuse(String::new(), 0, ProblemCode::TooLarge, message, "keep links in it, not the things themselves");
    }
    let whole = match std::str::from_utf8(bytes) {
        Ok(whole) => whole,
        Err(error) => {
            let good = error.valid_up_to();
            let message = format!("the file is not UTF-8 text: byte {good} can't be read");
            let source = String::from_utf8_lossy(bytes).replace(is_control, "\u{fffd}");
            return refuse(source, good, ProblemCode::NotText, message, "save it as UTF-8");
        }
    };
    let source = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    if let Some((at, found)) = source.char_indices().find(|&(_, character)| is_control(character)) {
        let message = format!("the file holds the control character U+{:04X}", u32::from(found));
        // One byte for one: the place stays the same.
        let shown = source.replace(is_control, "?");
        return refuse(shown, at, ProblemCode::NotText, message, "save it as plain text, without control characters");
    }
    Ok(source.to_owned())
}

fn is_control(character: char) -> bool {
    character.is_ascii_control() && !matches!(character, '\n' | '\r' | '\t')
}

/// Reads the YAML that stands at `part` of `source`; places are those in the whole of it.
pub(super) fn read_part(source: &str, part: Range<usize>, file: &str) -> Result<Node, Problems> {
    let start = part.start;
    let yaml = &source[part];
    let whole = |problems| Problems::new(file, source, problems);
    let raw: Raw = match serde_yaml::from_str_with_options(yaml, options()) {
        Ok(raw) => raw,
        Err(error) => return Err(whole(vec![syntax_problem(source, start..start + yaml.len(), &error)])),
    };
    let mut builder = Builder { source, start, problems: Vec::new() };
    let root = builder.node(raw);
    if root.kind == Kind::Null && builder.problems.is_empty() {
        builder.report(0..0, ProblemCode::Empty, "the document is empty", "write it, or remove the file");
    }
    if builder.problems.is_empty() { Ok(root) } else { Err(whole(builder.problems)) }
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_nodes: MOST_NODES,
            max_anchors: 0,
            max_aliases: 0,
            max_documents: 1,
        },
        // Passed through, so that all of them are reported, not the first.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// A value as the library hands it over.
struct Raw(Spanned<Tagged<RawKind>>);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

enum RawKind {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl<'de> Deserialize<'de> for RawKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RawKind;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a YAML value")
            }
            fn visit_unit<E>(self) -> Result<RawKind, E> {
                Ok(RawKind::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<RawKind, E> {
                Ok(RawKind::Bool(value))
            }
            // Numbers are read from the source: `0.10` must not become `0.1`, nor a long integer a float.
            fn visit_i64<E>(self, _: i64) -> Result<RawKind, E> {
                Ok(RawKind::Number)
            }
            fn visit_u64<E>(self, _: u64) -> Result<RawKind, E> {
                Ok(RawKind::Number)
            }
            fn visit_f64<E>(self, _: f64) -> Result<RawKind, E> {
                Ok(RawKind::Number)
            }
            fn visit_str<E>(self, value: &str) -> Result<RawKind, E> {
                Ok(RawKind::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawKind, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(RawKind::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawKind, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawKind::Map(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Turns raw values into nodes and collects what must not be there.
struct Builder<'s> {
    source: &'s str,
    start: usize,
    problems: Vec<Problem>,
}

impl Builder<'_> {
    fn report(&mut self, span: Range<usize>, code: ProblemCode, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(self.source, span, code, message, help));
    }

    fn node(&mut self, raw: Raw) -> Node {
        let span = self.span(raw.0.referenced);
        let Tagged(kind, tag) = raw.0.value;
        if let Some(tag) = tag {
            let help = "leave the tag out; put quotes around a text";
            self.report(span.clone(), ProblemCode::UnsupportedYaml, format!("the tag {tag} can't be used here"), help);
        }
        let kind = match kind {
            RawKind::Null => Kind::Null,
            RawKind::Bool(value) => Kind::Bool(value),
            RawKind::Number => Kind::Number(self.written(&span).to_owned()),
            // A number too large even for a float comes as one of these names.
            RawKind::Text(text) if text.ends_with(".inf") && is_numeric(self.written(&span)) => {
                Kind::Number(self.written(&span).to_owned())
            }
            RawKind::Text(text) => {
                if let Some(found) = text.chars().find(|&character| is_control(character)) {
                    let message = format!("the text holds the control character U+{:04X}", u32::from(found));
                    self.report(span.clone(), ProblemCode::NotText, message, "leave the escape out");
                }
                Kind::Text(text)
            }
            RawKind::List(items) => Kind::List(items.into_iter().map(|item| self.node(item)).collect()),
            RawKind::Map(entries) => Kind::Map(self.entries(entries)),
        };
        Node { span, kind }
    }

    fn entries(&mut self, raw: Vec<(Raw, Raw)>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        let mut seen = std::collections::HashMap::new();
        for (key, value) in raw {
            let key = self.node(key);
            let value = self.node(value);
            let Kind::Text(name) = key.kind else {
                let message = format!("a key must be a text, and this is {}", key.what());
                self.report(key.span, ProblemCode::WrongType, message, "put quotes around it");
                continue;
            };
            if name == "<<" {
                let help = "write the keys out where they are wanted";
                self.report(key.span, ProblemCode::UnsupportedYaml, "merge keys can't be used here", help);
            } else if let Some(first) = seen.insert(name.clone(), key.span.clone()) {
                let line = Problem::new(self.source, first, ProblemCode::DuplicateKey, "", "").line;
                let message = format!("the key {name:?} stands here a second time");
                self.report(key.span, ProblemCode::DuplicateKey, message, format!("the first one is in line {line}"));
            } else {
                entries.push(Entry { key: name, span: key.span, value });
            }
        }
        entries
    }

    fn written(&self, span: &Range<usize>) -> &str {
        self.source.get(span.clone()).unwrap_or_default().trim()
    }

    fn span(&self, location: serde_yaml::Location) -> Range<usize> {
        place(self.start, location).unwrap_or(self.start..self.start)
    }
}

fn is_numeric(written: &str) -> bool {
    written.trim_start_matches(['-', '+']).trim_start_matches('.').starts_with(|first: char| first.is_ascii_digit())
}

/// The bytes of a place in the whole document; none where the library knows no bytes.
fn place(start: usize, location: serde_yaml::Location) -> Option<Range<usize>> {
    let offset = usize::try_from(location.span().byte_offset()?).ok()?;
    let length = usize::try_from(location.span().byte_len()?).ok()?;
    Some(start + offset..start + offset + length)
}

/// The byte at a line and a column (in characters, both 1-based) of `yaml`; its end where there is none.
fn offset_of(yaml: &str, line: u64, column: u64) -> usize {
    let (line, column) = (usize::try_from(line).unwrap_or(1), usize::try_from(column).unwrap_or(1));
    let before: usize = yaml.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &yaml[before..];
    before + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// The tab that indents the line of an error or one beside it, whose line the library may name in its place.
fn tab_near(source: &str, at: usize) -> Option<usize> {
    let line = source[..at].matches('\n').count();
    let mut starts = source.split_inclusive('\n').scan(0, |start, line| {
        *start += line.len();
        Some((*start - line.len(), line))
    });
    let near: Vec<(usize, &str)> =
        starts.by_ref().skip(line.saturating_sub(1)).take(if line == 0 { 2 } else { 3 }).collect();
    let tab = |(start, line): &(usize, &str)| {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        line[..blanks].find('\t').filter(|_| !line.trim().is_empty()).map(|tab| start + tab)
    };
    near.iter().find_map(tab)
}

/// The library's error in our words where it has a better way out than the library names.
fn syntax_problem(source: &str, part: Range<usize>, error: &serde_yaml::Error) -> Problem {
    use ProblemCode::{TooLarge, UnsupportedYaml, YamlSyntax};
    let error = error.without_snippet();
    let at = error
        .location()
        .map_or(part.end, |location| part.start + offset_of(&source[part.clone()], location.line(), location.column()));
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    let says = |word: &str| reason.contains(word);
    if (says("tab") || says("did not find expected"))
        && let Some(tab) = tab_near(source, at)
    {
        let message = "a tab stands where this line is indented";
        return Problem::new(source, tab..tab + 1, YamlSyntax, message, "indent with spaces");
    }
    let (code, message, help) = if says("anchor") || says("Anchors") || says("Aliases") {
        let help = "write the value out where it is wanted";
        (UnsupportedYaml, "anchors and aliases can't be used here".to_owned(), help)
    } else if says("Documents") || says("multiple YAML documents") {
        (UnsupportedYaml, "the file holds more than one document".to_owned(), "keep one, and remove the line '---'")
    } else if says("Depth") || says("recursion limit") || says("nesting") {
        (TooLarge, format!("lists and maps are nested more than {DEEPEST} deep"), "nest them less")
    } else if says("budget breached") {
        (
            TooLarge,
            format!("the file holds more than {MOST_NODES} values"),
            "keep links in it, not the things themselves",
        )
    } else if says("mapping values are not allowed") {
        (YamlSyntax, "a ':' is not allowed here".to_owned(), "put quotes around a text that holds ': '")
    } else if says("illegal placement") {
        (YamlSyntax, reason.to_owned(), "look above it for a bracket or a quote that is not closed")
    } else if says("unclosed") {
        (YamlSyntax, reason.to_owned(), "close it")
    } else {
        (YamlSyntax, reason.to_owned(), "put quotes around the text, or mend the indentation of this line")
    };
    Problem::new(source, at..at, code, message, help)
}

#[cfg(test)]
mod tests;
