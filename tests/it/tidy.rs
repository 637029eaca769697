//! Holds the house to its plan by reading the syntax tree: import directions, what stays out of which room, sizes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The rooms from the door inwards; a room may import itself and rooms with a larger number.
const ROOMS: &[(&str, u8)] = &[
    ("main", 0),
    ("lib", 0),
    ("cli", 1),
    ("commands", 2),
    ("session", 3),
    ("render", 4),
    ("prompt", 4),
    ("evidence", 4),
    ("merge_back", 4),
    ("ledger", 4),
    ("git", 5),
    ("process", 6),
    ("domain", 7),
    ("document", 8),
    ("failure", 9),
];

/// Paths that may be named only in some rooms.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("git2", &["git"]),
    ("clap", &["cli", "commands", "session"]),
    ("inquire", &["prompt"]),
    ("tabled", &["render"]),
    ("std::process::Command", &["process"]),
    ("std::env", &["cli", "session"]),
];

/// What the domain stays free of.
const NOT_IN_DOMAIN: &[&str] = &[
    "anyhow",
    "git2",
    "clap",
    "std::fs",
    "std::io",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "tempfile",
];

/// Lines a file may have, its unit tests not counted.
const LONGEST_FILE: usize = 400;
/// Lines a function may have.
const LONGEST_FUNCTION: usize = 70;

struct Source {
    /// Relative to the repository.
    name: String,
    room: String,
    /// The module's path in the crate.
    module: Vec<String>,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files.sort();
    let source = |path: PathBuf| {
        let relative = path.strip_prefix(root().join("src")).unwrap().with_extension("");
        let mut module: Vec<String> = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        let room = module[0].clone();
        if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            module.pop();
        }
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        Source { name, room, module, text: std::fs::read_to_string(path).unwrap() }
    };
    files.into_iter().map(source).collect()
}

fn rank(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank)
}

/// Every path that a file names: in `use` trees, in code, and inside macros.
struct Paths {
    module: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn take(&mut self, parts: Vec<String>) {
        let mut base = self.module.clone();
        let mut parts = parts.into_iter().peekable();
        let mut inside = false;
        while let Some(first) = parts.peek() {
            match first.as_str() {
                "crate" | "hotfix" => base.clear(),
                "self" => {}
                "super" => {
                    base.pop();
                }
                _ => break,
            }
            inside = true;
            parts.next();
        }
        let mut path = if inside { vec!["crate".to_owned()] } else { Vec::new() };
        if inside {
            path.extend(base);
        }
        path.extend(parts);
        self.found.insert(path);
    }

    fn take_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.take_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) => self.take(with(&name.ident)),
            syn::UseTree::Rename(rename) => self.take(with(&rename.ident)),
            syn::UseTree::Glob(_) => self.take(before.to_vec()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.take_tree(item, before)),
        }
    }

    fn take_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut joined = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if joined || path.is_empty() => {
                    path.push(ident.to_string());
                    joined = false;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => joined = true,
                other => {
                    if path.len() > 1 {
                        self.take(std::mem::take(&mut path));
                    }
                    path.clear();
                    joined = false;
                    match other {
                        TokenTree::Group(group) => self.take_tokens(group.stream()),
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
        if path.len() > 1 {
            self.take(path);
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.take_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.take(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.take_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Unit tests may reach for what their code may not.
        let test = item.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
        });
        if !test {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }
}

fn paths(module: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let mut paths = Paths { module: module.to_vec(), found: BTreeSet::new() };
    paths.visit_file(&syn::parse_file(text).unwrap());
    paths.found
}

fn is_test_file(source: &Source) -> bool {
    source.module.last().is_some_and(|last| last == "tests")
}

/// Everything in one file that the plan of the house does not allow.
fn breaches(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let Some(own) = rank(&source.room) else {
        return vec![format!("{}: the room `{}` is not in the plan", source.name, source.room)];
    };
    for path in paths(&source.module, &source.text) {
        let text = path.join("::");
        if path.first().is_some_and(|first| first == "crate") && path.len() > 1 && path[1] != source.room {
            match rank(&path[1]) {
                _ if own == 0 => {}
                Some(other) if other <= own => {
                    found.push(format!("{}: imports {text}, which is not further in", source.name))
                }
                Some(_) if ["render", "prompt"].contains(&source.room.as_str()) && path[1] == "git" => {
                    found.push(format!("{}: showing and asking know no git: {text}", source.name));
                }
                Some(_) => {}
                // Without a room it is an item of the crate's root, and there are none.
                None => found.push(format!("{}: {text} lies in no room", source.name)),
            }
        }
        let named = |what: &str| text == what || text.starts_with(&format!("{what}::"));
        for (what, rooms) in ONLY_IN {
            if named(what) && !rooms.contains(&source.room.as_str()) {
                found.push(format!("{}: {text} belongs in {}", source.name, rooms.join(", ")));
            }
        }
        if source.room == "domain" {
            let bad = NOT_IN_DOMAIN.iter().filter(|what| named(what));
            found.extend(bad.map(|_| format!("{}: the domain stays free of {text}", source.name)));
        }
    }
    found
}

#[test]
fn imports_point_one_way() {
    let found: Vec<String> = sources().iter().filter(|source| !is_test_file(source)).flat_map(breaches).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_reader_sees_a_breach_wherever_it_hides() {
    let breach = |room: &str, text: &str| {
        let module = vec![room.to_owned(), "x".to_owned()];
        !breaches(&Source { name: String::new(), room: room.to_owned(), module, text: text.to_owned() }).is_empty()
    };
    assert!(breach("domain", "use crate::ledger::Ledger;"));
    assert!(breach("domain", "use crate::{failure::Failure, ledger::{self, Ledger}};"));
    assert!(breach("domain", "use super::super::git::repository;"));
    assert!(breach("domain", "fn f() { std::fs::read(\"x\"); }"));
    assert!(breach("domain", "fn f() -> anyhow::Result<()> { Ok(()) }"));
    assert!(breach("ledger", "fn f() { let x = vec![crate::session::now()]; }"));
    assert!(breach("render", "fn f() { crate::git::to_id(x) }"));
    assert!(breach("evidence", "use crate::merge_back::search;"));
    assert!(breach("commands", "type R = git2::Repository;"));
    assert!(breach("git", "mod deep { use super::super::super::ledger::Ledger; }"));
    assert!(breach("git", "use std::process::Command;"));
    assert!(!breach("ledger", "use crate::git::refs; use crate::domain::event::Event; use super::codec;"));
    assert!(!breach("domain", "#[cfg(test)] mod tests { use std::fs; }"));
}

struct Functions {
    longest: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

impl Functions {
    fn measure(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let lines = block.span().end().line - signature.span().start().line + 1;
        self.longest.push((lines, signature.ident.to_string()));
    }
}

#[test]
fn files_and_functions_stay_short() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !is_test_file(source)) {
        let code = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let lines = code.lines().count();
        if lines > LONGEST_FILE {
            found.push(format!("{}: {lines} lines, {LONGEST_FILE} are allowed", source.name));
        }
        let mut functions = Functions { longest: Vec::new() };
        functions.visit_file(&syn::parse_file(&source.text).unwrap());
        for (lines, name) in functions.longest.into_iter().filter(|(lines, _)| *lines > LONGEST_FUNCTION) {
            found.push(format!("{}: {name} has {lines} lines, {LONGEST_FUNCTION} are allowed", source.name));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_top_level_holds_what_the_card_names() {
    let allowed = ["Cargo.toml", "Cargo.lock", "src", "policy", "tests", "benches", "README.md", "LICENSE", "target"];
    let listed = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let extra: Vec<String> =
        listed.filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str())).collect();
    assert!(extra.is_empty(), "beside the card: {extra:?}");
}
