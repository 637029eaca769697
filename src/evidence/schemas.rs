//! Fields that disappeared from the description of an API.
//!
//! Protocol Buffers are taken apart by message; the other formats are compared by lines, which is said with every finding.

use std::collections::BTreeSet;

/// A description format of APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Protocol Buffers (`.proto`).
    Protobuf,
    /// GraphQL schema language.
    GraphQl,
    /// Avro schemas and protocols as JSON.
    Avro,
    /// OpenAPI, Swagger and JSON Schema: YAML or JSON.
    JsonSchema,
}

/// A field that disappeared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its line in the earlier text, from 1.
    pub line: usize,
    /// What disappeared and how sure that is.
    pub why: String,
}

/// The format of a file, by its name.
pub fn format(path: &str) -> Option<Format> {
    let file = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let (stem, extension) = file.rsplit_once('.')?;
    match extension {
        "proto" => Some(Format::Protobuf),
        "graphql" | "graphqls" | "gql" => Some(Format::GraphQl),
        "avsc" | "avpr" => Some(Format::Avro),
        "json" | "yaml" | "yml"
            if stem.contains("openapi") || stem.contains("swagger") || stem.ends_with(".schema") =>
        {
            Some(Format::JsonSchema)
        }
        _ => None,
    }
}

/// The fields of `before` that `after` has no more; `gone` says for each line of `before` whether it disappeared.
pub fn removed(format: Format, before: &str, after: &str, gone: &[bool]) -> Vec<Removed> {
    if format == Format::Protobuf {
        return removed_from_protobuf(before, after);
    }
    let name = |line: &str| match format {
        Format::Avro => avro_name(line),
        Format::GraphQl => graphql_field(line),
        Format::JsonSchema | Format::Protobuf => property(line),
    };
    // A name that still stands as often as before was moved or changed, not removed.
    let count = |text: &str, wanted: &str| text.lines().filter(|line| name(line).as_deref() == Some(wanted)).count();
    let mut found = Vec::new();
    for (at, line) in before.lines().enumerate().filter(|(at, _)| gone.get(*at) == Some(&true)) {
        let Some(name) = name(line) else { continue };
        if count(after, &name) < count(before, &name) {
            let why = format!("the field `{name}` is gone from this schema (told by its line alone)");
            found.push(Removed { line: at + 1, why });
        }
    }
    found
}

/// A field or enum value of Protocol Buffers: in which message, its number and name.
struct ProtobufField {
    line: usize,
    scope: String,
    number: u32,
    name: String,
}

fn removed_from_protobuf(before: &str, after: &str) -> Vec<Removed> {
    let (before, _) = protobuf(before);
    let (after, reserved) = protobuf(after);
    let still: BTreeSet<(&str, u32)> = after.iter().map(|field| (field.scope.as_str(), field.number)).collect();
    let gone = before.iter().filter(|field| {
        let kept = still.contains(&(field.scope.as_str(), field.number));
        kept || reserved.iter().any(|range| range.holds(field))
    });
    let kept: BTreeSet<usize> = gone.map(|field| field.line).collect();
    let removed = before.iter().filter(|field| !kept.contains(&field.line));
    let why = |field: &ProtobufField| {
        let (name, number, scope) = (&field.name, field.number, &field.scope);
        format!("the field `{name} = {number}` of `{scope}` is gone and its number is not reserved")
    };
    removed.map(|field| Removed { line: field.line, why: why(field) }).collect()
}

/// Numbers that a message reserves, both ends inclusive.
struct Reserved {
    scope: String,
    from: u32,
    to: u32,
}

impl Reserved {
    fn holds(&self, field: &ProtobufField) -> bool {
        self.scope == field.scope && (self.from..=self.to).contains(&field.number)
    }
}

/// The fields and reserved numbers of a `.proto` text; `oneof` belongs to the message around it.
fn protobuf(text: &str) -> (Vec<ProtobufField>, Vec<Reserved>) {
    let (mut fields, mut reserved) = (Vec::new(), Vec::new());
    let mut scopes: Vec<Option<String>> = Vec::new();
    let mut statement = String::new();
    let mut in_comment = false;
    for (at, line) in text.lines().enumerate() {
        let line = without_comments(line, &mut in_comment);
        for character in line.chars() {
            match character {
                '{' => {
                    let words: Vec<&str> = statement.split_whitespace().collect();
                    scopes.push(match words.as_slice() {
                        ["message" | "enum" | "group", name, ..] => Some((*name).to_owned()),
                        _ => None,
                    });
                    statement.clear();
                }
                '}' => {
                    scopes.pop();
                    statement.clear();
                }
                ';' => {
                    let scope = scopes.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".");
                    if let Some(numbers) = statement.trim().strip_prefix("reserved ") {
                        reserved.extend(reserved_numbers(numbers, &scope));
                    } else if let Some((number, name)) = numbered(&statement).filter(|_| !scope.is_empty()) {
                        fields.push(ProtobufField { line: at + 1, scope, number, name });
                    }
                    statement.clear();
                }
                character => statement.push(character),
            }
        }
        statement.push(' ');
    }
    (fields, reserved)
}

fn without_comments(line: &str, in_comment: &mut bool) -> String {
    let mut kept = String::new();
    let mut rest = line;
    loop {
        if *in_comment {
            let Some((_, after)) = rest.split_once("*/") else { return kept };
            (*in_comment, rest) = (false, after);
        }
        let (code, comment) = match rest.find('/').map(|at| rest.split_at(at)) {
            None => return kept + rest,
            Some(parts) => parts,
        };
        kept += code;
        if comment.starts_with("//") {
            return kept;
        }
        *in_comment = comment.starts_with("/*");
        kept += if *in_comment { "" } else { "/" };
        rest = &comment[if *in_comment { 2 } else { 1 }..];
    }
}

/// `repeated string name = 3 [deprecated = true]` to 3 and `name`.
fn numbered(statement: &str) -> Option<(u32, String)> {
    let (left, right) = statement.split('[').next()?.split_once('=')?;
    let name = left.split_whitespace().next_back()?;
    let is_option = left.trim_start().starts_with("option ");
    (!is_option).then(|| right.trim().parse().ok().map(|number| (number, name.to_owned())))?
}

fn reserved_numbers(text: &str, scope: &str) -> Vec<Reserved> {
    let range = |part: &str| {
        let (from, to) = part.split_once(" to ").unwrap_or((part, part));
        let from = from.trim().parse().ok()?;
        let to = if to.trim() == "max" { u32::MAX } else { to.trim().parse().ok()? };
        Some(Reserved { scope: scope.to_owned(), from, to })
    };
    text.split(',').filter_map(range).collect()
}

/// `  name(arguments): Type` of GraphQL.
fn graphql_field(line: &str) -> Option<String> {
    let line = line.trim_start();
    let length = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, rest) = line.split_at(length);
    let rest = rest.trim_start();
    (length > 0 && (rest.starts_with(':') || rest.starts_with('('))).then(|| name.to_owned())
}

/// `"name": "…"` of Avro.
fn avro_name(line: &str) -> Option<String> {
    let (_, after) = line.split_once("\"name\"")?;
    let value = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split('"').next().map(str::to_owned)
}

/// `name:` or `"name":`, unless it is a word of the schema language itself.
fn property(line: &str) -> Option<String> {
    const LANGUAGE: &[&str] = &[
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "content",
        "default",
        "deprecated",
        "description",
        "enum",
        "example",
        "examples",
        "format",
        "items",
        "maxLength",
        "maximum",
        "minLength",
        "minimum",
        "nullable",
        "oneOf",
        "operationId",
        "pattern",
        "properties",
        "required",
        "schema",
        "summary",
        "tags",
        "title",
        "type",
        "url",
        "version",
    ];
    let (key, _) = line.trim_start().split_once(':')?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./{}$".contains(&byte);
    let is_name = !key.is_empty() && key.bytes().all(plain) && LANGUAGE.binary_search(&key).is_err();
    is_name.then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(format: Format, before: &str, after: &str) -> Vec<usize> {
        // By hand: a line is gone if the later text lacks it.
        let gone: Vec<bool> = before.lines().map(|line| !after.lines().any(|other| other == line)).collect();
        removed(format, before, after, &gone).into_iter().map(|removed| removed.line).collect()
    }

    #[test]
    fn a_protobuf_field_is_missed_unless_its_number_is_reserved() {
        let before = "message A {\n  string a = 1; // = 7;\n  oneof x {\n    int32 b = 2 [deprecated = true];\n  }\n  message B { bool c = 1; }\n}\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n";
        assert_eq!(lines(Format::Protobuf, before, before), [0_usize; 0]);
        let renamed = before.replace("string a = 1", "string z = 1");
        assert_eq!(lines(Format::Protobuf, before, &renamed), [0_usize; 0]);
        let without = before.replace("    int32 b = 2 [deprecated = true];\n", "");
        assert_eq!(lines(Format::Protobuf, before, &without), [4]);
        let reserved = without.replace("message A {", "message A {\n  reserved 2, 5 to max;");
        assert_eq!(lines(Format::Protobuf, before, &reserved), [0_usize; 0]);
        assert_eq!(lines(Format::Protobuf, before, &before.replace("  ONE = 1;\n", "")), [10]);
        assert_eq!(lines(Format::Protobuf, before, &before.replace("bool c = 1;", "/* bool c = 1; */")), [6]);
        assert_eq!(lines(Format::Protobuf, before, ""), [2, 4, 6, 9, 10]);
        assert_eq!(lines(Format::Protobuf, "}}}{{{;;;=", "/* never closed"), [0_usize; 0]);
    }

    #[test]
    fn other_schemas_are_compared_by_their_lines() {
        let graphql = "type A {\n  a: Int\n  b(c: Int): Int\n}\n";
        assert_eq!(lines(Format::GraphQl, graphql, &graphql.replace("  b(c: Int): Int\n", "")), [3]);
        assert_eq!(lines(Format::GraphQl, graphql, &graphql.replace("a: Int\n", "a: Int!\n")), [0_usize; 0]);
        let avro = "{\"fields\": [\n {\"name\": \"a\", \"type\": \"int\"},\n {\"name\": \"b\", \"type\": \"int\"}\n]}";
        assert_eq!(lines(Format::Avro, avro, &avro.replace(" {\"name\": \"a\", \"type\": \"int\"},\n", "")), [2]);
        let openapi = "properties:\n  id:\n    type: string\n  name:\n    description: x\n";
        assert_eq!(lines(Format::JsonSchema, openapi, "properties:\n  id:\n    type: string\n"), [4]);
        assert_eq!(lines(Format::JsonSchema, openapi, &openapi.replace("description: x", "title: y")), [0_usize; 0]);
    }

    #[test]
    fn a_format_is_known_by_its_name() {
        let cases = [
            ("a/b.proto", Some(Format::Protobuf)),
            ("schema.graphqls", Some(Format::GraphQl)),
            ("a.avsc", Some(Format::Avro)),
            ("api/openapi.yaml", Some(Format::JsonSchema)),
            ("user.schema.json", Some(Format::JsonSchema)),
            ("package.json", None),
            ("proto", None),
        ];
        for (path, expected) in cases {
            assert_eq!(format(path), expected, "{path}");
        }
    }
}
