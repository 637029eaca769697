//! The event format as one table a kind, read off the types themselves; and what another version makes of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use syn::{Attribute, Fields, Item, Type};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/event/FORMAT.md");

/// The types of the events' bodies, by name.
fn types() -> BTreeMap<String, Item> {
    let mut found = BTreeMap::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/event");
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            for item in syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap().items {
                match &item {
                    Item::Struct(named) => found.insert(named.ident.to_string(), item),
                    Item::Enum(named) => found.insert(named.ident.to_string(), item),
                    _ => None,
                };
            }
        }
    }
    found
}

/// The doc comment in one line.
fn doc(attributes: &[Attribute]) -> String {
    let text = |attribute: &Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attributes.iter().filter_map(text).collect();
    lines.join(" ").replace('|', "\\|")
}

/// What serde's attributes say, as one text.
fn serde(attributes: &[Attribute]) -> String {
    let list = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    list.map(|attribute| attribute.meta.require_list().unwrap().tokens.to_string()).collect::<Vec<_>>().join(", ")
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn shown(kind: &Type) -> String {
    let text = quote(kind);
    let inner = |outer: &str| text.strip_prefix(outer).and_then(|rest| rest.strip_suffix('>')).map(str::to_owned);
    if let Some(inner) = inner("Option<").or(inner("Arc<")) {
        return shown(&syn::parse_str(&inner).unwrap());
    }
    if let Some(inner) = inner("Vec<") {
        return format!("list of {}", shown(&syn::parse_str(&inner).unwrap()));
    }
    if let Some(inner) = inner("BTreeMap<String,") {
        return format!("map of {}", shown(&syn::parse_str(&inner).unwrap()));
    }
    match text.as_str() {
        "String" => "text".to_owned(),
        "bool" => "true or false".to_owned(),
        "u32" | "u64" | "usize" => "whole number".to_owned(),
        "chrono::NaiveDate" => "date".to_owned(),
        "Moment" => "time (RFC 3339)".to_owned(),
        "ObjectId" => "40 hexadecimal digits".to_owned(),
        other => other.to_owned(),
    }
}

fn quote(kind: &Type) -> String {
    use proc_macro2::{TokenStream, TokenTree};
    fn write(stream: TokenStream, text: &mut String) {
        for token in stream {
            match token {
                TokenTree::Group(group) => write(group.stream(), text),
                other => text.push_str(&other.to_string()),
            }
        }
    }
    let mut text = String::new();
    let Type::Path(path) = kind else { panic!("a type of another form") };
    for (at, segment) in path.path.segments.iter().enumerate() {
        if at > 0 {
            text.push_str("::");
        }
        text.push_str(&segment.ident.to_string());
        if let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments {
            text.push('<');
            for (at, argument) in arguments.args.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                if let syn::GenericArgument::Type(kind) = argument {
                    text.push_str(&quote(kind));
                }
            }
            text.push('>');
        }
    }
    let _ = write;
    text
}

fn fields(fields: &Fields, table: &mut String) {
    for field in fields {
        let Some(name) = &field.ident else { continue };
        let may_lack = if serde(&field.attrs).contains("default") { "may lack" } else { "always" };
        writeln!(table, "| `{name}` | {} | {may_lack} | {} |", shown(&field.ty), doc(&field.attrs)).unwrap();
    }
}

const HEAD: &str = "| field | what it holds | | means |\n|---|---|---|---|\n";

/// One type as a table: its fields, or its variants with theirs.
fn table(item: &Item) -> String {
    let mut table = String::new();
    match item {
        Item::Struct(item) => {
            table.push_str(HEAD);
            fields(&item.fields, &mut table);
        }
        Item::Enum(item) => {
            let settings = serde(&item.attrs);
            let tag = settings.split("tag = \"").nth(1).and_then(|rest| rest.split('"').next());
            table.push_str(&match tag {
                Some(tag) => format!("The field `{tag}` is one of these, and the fields below it lie beside it:\n\n"),
                None => "A word:\n\n".to_owned(),
            });
            for variant in &item.variants {
                writeln!(table, "- `{}`: {}", kebab(&variant.ident.to_string()), doc(&variant.attrs)).unwrap();
                for field in &variant.fields {
                    let Some(name) = &field.ident else { continue };
                    writeln!(table, "  - `{name}`, {}: {}", shown(&field.ty), doc(&field.attrs)).unwrap();
                }
            }
        }
        _ => {}
    }
    table
}

/// The whole format.
fn format() -> String {
    let types = types();
    let Item::Enum(payload) = &types["Payload"] else { panic!("the payload is an enum") };
    let Item::Struct(event) = &types["Event"] else { panic!("an event is a struct") };
    let mut text = format!(
        "# The event format, version {}\n\n\
         Generated from the types by `tests/it/event_format.rs` (`UPDATE_FORMAT=1` renews it). An event is the canonical JSON\n\
         (RFC 8785) in the message of one commit. A reader takes nothing that it would not have written itself: an unknown kind or a\n\
         higher `format` is listed as a newer version's, an unknown field is malformed. So a field is added, or a kind's meaning\n\
         changed, only with a higher `format`; a new kind needs none.\n\n## Every event\n\n{HEAD}",
        hotfix::domain::event::FORMAT
    );
    for field in &event.fields {
        let name = field.ident.as_ref().unwrap();
        if name == "payload" {
            text.push_str("| `kind` | one of the kinds below | always | What happened. |\n");
            text.push_str("| `body` | the kind's own table | always | The rest of it. |\n");
        } else {
            fields(
                &Fields::Named(syn::FieldsNamed {
                    brace_token: Default::default(),
                    named: [field.clone()].into_iter().collect(),
                }),
                &mut text,
            );
        }
    }
    let mut used: Vec<String> = Vec::new();
    for variant in &payload.variants {
        let body = variant.fields.iter().next().map(|field| shown(&field.ty)).unwrap_or_default();
        writeln!(text, "\n## `{}`\n\n{}\n", kebab(&variant.ident.to_string()), doc(&variant.attrs)).unwrap();
        text.push_str(&table(&types[&body]));
        used.push(body);
    }
    text.push_str("\n# What the tables name\n");
    for (name, item) in
        types.iter().filter(|(name, _)| !used.contains(name) && !["Event", "Payload"].contains(&name.as_str()))
    {
        let attributes = match item {
            Item::Struct(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            _ => continue,
        };
        writeln!(text, "\n## {name}\n\n{}\n", doc(attributes)).unwrap();
        text.push_str(&table(item));
    }
    text
}

#[test]
fn the_tables_are_those_of_the_types() {
    let format = format();
    if std::env::var_os("UPDATE_FORMAT").is_some() {
        std::fs::write(FILE, &format).unwrap();
        return;
    }
    let told = std::fs::read_to_string(FILE).unwrap();
    let differing = told.lines().zip(format.lines()).find(|(told, is)| told != is);
    assert!(told == format, "UPDATE_FORMAT=1 renews it; the first line that differs: {differing:#?}");
    for kind in hotfix::domain::event::Payload::KINDS {
        assert!(format.contains(&format!("\n## `{kind}`\n")), "{kind} has no table");
    }
}
