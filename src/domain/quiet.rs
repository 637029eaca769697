//! Lines that do nothing by themselves: comments and imports.
//!
//! Fixes bring them along, and later work drops them when the code that they served changes. That takes nothing of the fix
//! back: the program does what it did. What is listed here is only what is certain line by line; a block comment is not
//! (`* rate` is a comment in one place and a product in another), nor an import that is run for what it does. Whether a line
//! stands in a text of several lines is not looked at.

use super::identity::RepositoryPath;

/// How a language writes comments to the end of the line, and which of its lines are imports.
struct Language {
    extensions: &'static [&'static str],
    comments: &'static [&'static str],
    import: fn(&str) -> bool,
}

/// Comments that a compiler, an interpreter or a checker obeys.
const DIRECTIVES: &[&str] =
    &["//go:", "//go-", "//line ", "//export ", "//#", "#!", "//nolint", "// +build", "//@", "# -*-"];

/// Words of directives inside a comment: lint and type checkers' switches, magic comments.
const SWITCHES: &[&str] =
    &["coding:", "coding=", "frozen_string_literal", "type:", "noqa", "pragma", "@ts-", "-disable", "-enable"];

const LANGUAGES: &[Language] = &[
    Language { extensions: &["rs"], comments: &["//"], import: rust },
    Language { extensions: &["go"], comments: &["//"], import: go },
    Language { extensions: &["java", "kt", "kts", "scala", "groovy"], comments: &["//"], import: dotted },
    Language { extensions: &["js", "jsx", "mjs", "ts", "tsx"], comments: &["//"], import: named },
    Language {
        extensions: &["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "cs", "swift", "dart"],
        comments: &["//"],
        import: none,
    },
    Language {
        extensions: &["py", "rb", "sh", "bash", "zsh", "pl", "toml", "yaml", "yml"],
        comments: &["#"],
        import: none,
    },
    Language { extensions: &["sql"], comments: &["--"], import: none },
];

/// Whether none of these lines of a file does anything by itself: each is a comment, an import, or has no letter and no digit.
///
/// Always false for a language that is not known here, unless no line has any.
pub fn is_quiet(path: &RepositoryPath, lines: &[&[u8]]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let mut words = lines.iter().filter(|line| line.iter().any(is_word)).peekable();
    if words.peek().is_none() {
        return true;
    }
    let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    let Some(language) = LANGUAGES.iter().find(|language| language.extensions.contains(&extension)) else {
        return false;
    };
    words.all(|line| std::str::from_utf8(line).is_ok_and(|line| language.is_quiet(line.trim())))
}

impl Language {
    fn is_quiet(&self, line: &str) -> bool {
        let comment = self.comments.iter().any(|mark| line.starts_with(mark));
        let obeyed = || {
            DIRECTIVES.iter().any(|start| line.starts_with(start))
                || SWITCHES.iter().any(|switch| line.contains(switch))
        };
        // A comment that ends in a backslash takes the next line along.
        comment && !obeyed() && !line.ends_with('\\') || (self.import)(line)
    }
}

fn none(_: &str) -> bool {
    false
}

/// `use a::b;`, but not `use Trait as _;`, which is there for what it does.
fn rust(line: &str) -> bool {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.starts_with("use ") && line.ends_with(';') && !line.ends_with(" as _;")
}

/// `"a/b"` or `name "a/b"` alone on a line, as in a list of imports; not `_ "a/b"`, which is run, nor `. "a/b"`.
fn go(line: &str) -> bool {
    let line = line.strip_prefix("import ").unwrap_or(line);
    let (name, path) = line.split_once(' ').unwrap_or(("", line));
    let is_name = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let is_path = |path: &str| {
        path.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./~".contains(letter)) && path.contains('/')
    };
    let quoted = path.strip_prefix('"').and_then(|path| path.strip_suffix('"'));
    name != "_" && is_name(name) && quoted.is_some_and(is_path)
}

/// `import a.b.C` with or without a semicolon.
fn dotted(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("import ") else { return false };
    let rest = rest.trim_end_matches(';');
    rest.contains('.') && rest.chars().all(|letter| letter.is_alphanumeric() || "._*{}, ".contains(letter))
}

/// `import … from '…'`; not `import '…'`, which is run.
fn named(line: &str) -> bool {
    line.starts_with("import ") && line.contains(" from ") && line.trim_end_matches(';').ends_with(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_quiet_only_where_that_is_certain() {
        let quiet = |path: &str, line: &str| is_quiet(&RepositoryPath::new(path), &[line.as_bytes()]);
        for (path, line) in [
            ("a.rs", "    /// Says what it does."),
            ("a.rs", "use std::time::Duration;"),
            ("a.rs", "pub use crate::shop::Shop;"),
            ("a.go", "\t\"go.example.com/shop/v3\""),
            ("a.go", "\tshop \"go.example.com/shop/v3\""),
            ("A.java", "import java.util.List;"),
            ("a.ts", "import { shop } from './shop';"),
            ("a.py", "# the price in cents"),
            ("a.sql", "-- the price in cents"),
            ("a.rs", "    })));"),
            ("any", "\n"),
        ] {
            assert!(quiet(path, line), "{path}: {line}");
        }
        for (path, line) in [
            ("a.rs", "price = 100; // in cents"),
            ("a.rs", "i++;"),
            ("a.rs", "use shop::Sell as _;"),
            ("a.rs", "use shop::{"),
            ("a.rs", "mod shop_tests;"),
            ("a.rs", "    * rate_of_exchange"),
            ("a.go", "\t_ \"go.example.com/driver/v3\""),
            ("a.go", "\t\"a text in a list\""),
            ("a.go", "//go:build linux"),
            ("a.go", "// +build linux"),
            ("a.c", "#include <shop.h>"),
            ("a.c", "// goes on \\"),
            ("a.ts", "import './patch_everything';"),
            ("a.ts", "// @ts-ignore the next one"),
            ("a.py", "import patch_everything"),
            ("a.py", "# type: ignore"),
            ("a.py", "#!/usr/bin/env python3"),
            ("a.md", "# Heading"),
            ("Makefile", "# a comment"),
        ] {
            assert!(!quiet(path, line), "{path}: {line}");
        }
    }

    #[test]
    fn one_line_that_does_something_makes_all_of_them_do() {
        let path = RepositoryPath::new("a.rs");
        assert!(is_quiet(&path, &[b"// one", b"use a::bcde;", b""]));
        assert!(!is_quiet(&path, &[b"// one", b"let two = 2;"]));
    }
}
