//! Lines that do nothing by themselves: comments, imports, and what is only read.
//!
//! Fixes bring them along, and later work drops them when the code that they served changes. That takes nothing of the fix
//! back: the program does what it did. What is listed here is only what is certain line by line; a block comment is not
//! (`* rate` is a comment in one place and a product in another), nor an import that is run for what it does. Whether a line
//! stands in a text of several lines is not looked at.

use super::identity::RepositoryPath;
use super::language::Language;
use super::succession::looks_like_comment;
use super::versions;

/// How comments begin that somebody obeys, behind the mark: `//go:build`, `// +build`, `// #cgo`, `//@ts-check`.
const OBEYED: &[&str] = &["#", "+", "@", "-"];

/// Words of switches inside a comment, for those who check or make code.
const SWITCHES: &[&str] = &["@ts-", "disable", "enable", "pragma", "nolint", "prettier", "generate", "region"];

impl Language {
    /// Whether none of these lines of a file does anything by itself: each is a comment, an import, or empty.
    ///
    /// Always false where that is not certain.
    pub fn is_quiet(&self, lines: &[&[u8]]) -> bool {
        let is_one = |line: &str| line.is_empty() || is_comment(line) || (self.import)(line);
        self.is_quiet && lines.iter().all(|line| std::str::from_utf8(line).is_ok_and(|line| is_one(line.trim())))
    }

    /// Whether a line is an import that does the same wherever it stands among others at the top level of a file.
    pub(super) fn is_free_import(&self, line: &[u8]) -> bool {
        self.imports_are_free && std::str::from_utf8(line).is_ok_and(|line| (self.import)(line.trim_end()))
    }
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
    if !Language::of(path).is_prose {
        return false;
    }
    let path = String::from_utf8_lossy(path.as_bytes()).to_ascii_lowercase();
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let is_documentation = directory.split('/').any(|part| ["doc", "docs", "documentation"].contains(&part));
    is_documentation || ABOUT.iter().any(|about| name.starts_with(about))
}

/// Whether a change of a file is quiet: it adds such lines and takes nothing out, or it only puts other comments there. All
/// that changes what is only read is.
pub fn is_quiet_change(path: &RepositoryPath, removed: &[&[u8]], added: &[&[u8]]) -> bool {
    if is_prose(path) {
        return true;
    }
    let is_words =
        |line: &&[u8]| std::str::from_utf8(line).is_ok_and(|line| line.trim().is_empty() || is_comment(line.trim()));
    let language = Language::of(path);
    language.is_quiet(removed)
        && language.is_quiet(added)
        && (removed.is_empty() || removed.iter().chain(added).all(is_words))
}

/// Whether a change has only comments on both sides, however these are written, or only changes versions.
pub fn is_slight(removed: &[&[u8]], added: &[&[u8]]) -> bool {
    let is_words = |line: &&[u8]| line.trim_ascii().is_empty() || looks_like_comment(line);
    let are_versions = removed.len() == added.len()
        && removed.iter().zip(added).all(|(old, new)| versions::compared(old, new).is_some());
    are_versions || removed.iter().chain(added).all(is_words)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_quiet_only_where_that_is_certain() {
        let quiet = |path: &str, line: &str| Language::of(&RepositoryPath::new(path)).is_quiet(&[line.as_bytes()]);
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
        let language = Language::of(&RepositoryPath::new("a.rs"));
        assert!(language.is_quiet(&[b"// one", b"use a::bcde;", b""]));
        assert!(!language.is_quiet(&[b"// one", b"let two = 2;"]));
    }
}
