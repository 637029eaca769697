//! Lines that do nothing by themselves: comments, imports, and what is only read.
//!
//! Fixes bring them along, and later work drops them when the code that they served changes. That takes nothing of the fix
//! back: the program does what it did. What is listed here is only what is certain line by line; a block comment is not
//! (`* rate` is a comment in one place and a product in another), nor an import that is run for what it does. Whether a line
//! stands in a text of several lines is not looked at.

use super::identity::RepositoryPath;

/// A language with `//` for comments to the end of the line, and which of its lines are imports.
struct Language {
    extensions: &'static [&'static str],
    import: fn(&str) -> bool,
}

/// How comments begin that somebody obeys, behind the mark: `//go:build`, `// +build`, `// #cgo`, `//@ts-check`.
const OBEYED: &[&str] = &["#", "+", "@", "-"];

/// Words of switches inside a comment, for those who check or make code.
const SWITCHES: &[&str] = &["@ts-", "disable", "enable", "pragma", "nolint", "prettier", "generate", "region"];

const LANGUAGES: &[Language] = &[
    Language { extensions: &["rs"], import: rust },
    Language { extensions: &["go"], import: go },
    Language { extensions: &["java", "kt", "kts", "scala", "groovy"], import: dotted },
    Language { extensions: &["js", "jsx", "mjs", "ts", "tsx"], import: named },
    Language { extensions: &["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "cs", "swift", "dart"], import: none },
];

/// Whether none of these lines of a file does anything by itself: each is a comment, an import, or empty.
///
/// Always false for a language that is not known here.
pub fn is_quiet(path: &RepositoryPath, lines: &[&[u8]]) -> bool {
    let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    let Some(language) = LANGUAGES.iter().find(|language| language.extensions.contains(&extension)) else {
        return false;
    };
    lines.iter().all(|line| std::str::from_utf8(line).is_ok_and(|line| language.is_quiet(line.trim())))
}

/// Names of files that people read about a project.
const ABOUT: &[&str] = &[
    "authors",
    "changelog",
    "changes",
    "code_of_conduct",
    "contributing",
    "history",
    "maintainers",
    "news",
    "readme",
    "roadmap",
    "security",
    "upgrading",
];

/// Whether a file is only read by people, by its name: documentation in a markup language, in a directory for it or with a name
/// that says so. Any other may be what a program reads, such as a prompt or a page.
pub fn is_prose(path: &RepositoryPath) -> bool {
    let path = String::from_utf8_lossy(path.as_bytes()).to_ascii_lowercase();
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let is_documentation = directory.split('/').any(|part| ["doc", "docs", "documentation"].contains(&part));
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        ["md", "markdown", "rst", "adoc"].contains(&extension)
            && (is_documentation || ABOUT.iter().any(|about| stem.starts_with(about)))
    })
}

/// Which lines of a file are imports that do the same wherever they stand among others at its top level, by its name.
pub(super) fn free_import(path: &RepositoryPath) -> fn(&[u8]) -> bool {
    let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("py" | "pyi") => |line| {
            text_is(line, |line| line.starts_with("import ") || line.starts_with("from ") && line.contains(" import "))
        },
        Some("rs") => |line| text_is(line, rust),
        Some("java" | "kt" | "kts" | "scala") => |line| text_is(line, dotted),
        _ => |_| false,
    }
}

fn text_is(line: &[u8], is: fn(&str) -> bool) -> bool {
    std::str::from_utf8(line).is_ok_and(|line| is(line.trim_end()))
}

/// Whether a change of a file is quiet: it adds such lines and takes nothing out, or it only puts other comments there. All
/// that changes what is only read is.
pub fn is_quiet_change(path: &RepositoryPath, removed: &[&[u8]], added: &[&[u8]]) -> bool {
    if is_prose(path) {
        return true;
    }
    let is_words =
        |line: &&[u8]| std::str::from_utf8(line).is_ok_and(|line| line.trim().is_empty() || is_comment(line.trim()));
    is_quiet(path, removed)
        && is_quiet(path, added)
        && (removed.is_empty() || removed.iter().chain(added).all(is_words))
}

impl Language {
    fn is_quiet(&self, line: &str) -> bool {
        line.is_empty() || is_comment(line) || (self.import)(line)
    }
}

/// A comment of words. One that ends in a backslash takes the next line along.
fn is_comment(line: &str) -> bool {
    let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).or_else(|| line.strip_prefix("//"))
    else {
        return false;
    };
    let words = text.trim_start();
    let spaced = words.is_empty() || words.len() < text.len();
    let obeyed =
        OBEYED.iter().any(|start| words.starts_with(start)) && !line.starts_with("///") && !line.starts_with("//!");
    spaced && !obeyed && !SWITCHES.iter().any(|switch| words.contains(switch)) && !line.ends_with('\\')
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
    name != "_" && name != "return" && is_name(name) && quoted.is_some_and(is_path)
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
            ("a.c", "\t// the price in cents"),
            ("a.rs", "/// # Errors"),
            ("a.rs", "  "),
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
            ("a.go", "\treturn \"text/plain\""),
            ("a.go", "// #cgo CFLAGS: -fstack-protector-strong"),
            ("a.go", "//nolint:gosec"),
            ("a.c", "    }"),
            ("a.py", "import patch_everything"),
            ("a.py", "# a comment"),
            ("job.sh", "#SBATCH --mem=64G"),
            ("a.sql", "-- +goose NO TRANSACTION"),
            ("role.yaml", "- \"*\""),
            ("a.md", ""),
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
