//! The languages that files are written in, and all that is known of each.
//!
//! Of a language that is not here nothing is known, nor is a fact that is not given. What lets a proof stand, such as which
//! files are tests, is given only where it is certain; what takes one away is given more freely.

use super::identity::RepositoryPath;
use super::imports::{Reader, readers};

/// A language, as far as a verdict depends on it.
#[derive(Clone, Copy)]
pub struct Language {
    /// How its files are called: the end with the dot, or the whole name, in small letters.
    names: &'static [&'static str],
    /// How comments behind code begin.
    pub(super) comments: &'static [&'static [u8]],
    /// How whole lines are put aside, so that they are no part of the program.
    pub(super) aside: Aside,
    /// Whether `#if` leaves lines out.
    pub has_preprocessor: bool,
    /// Lines above the code by which no build takes up the file.
    pub(super) unbuilt_files: &'static [&'static [u8]],
    /// How lines begin by which no build takes up what stands below.
    pub(super) unbuilt_items: &'static [&'static str],
    /// What tells where a block begins and ends.
    pub(super) blocks: Blocks,
    /// Whether a condition may stand behind the statement that it is for.
    pub(super) is_backwards: bool,
    /// Whether a file runs line by line outside of functions too.
    pub runs_by_line: bool,
    /// Whether comments and imports do nothing by themselves for certain.
    pub(super) is_quiet: bool,
    /// Whether a line is an import, and is not run for what it does.
    pub(super) import: fn(&str) -> bool,
    /// How the imports of a file are read, if that is known.
    pub(super) imports: Option<Reader>,
    /// Whether an import does the same wherever it stands among others at the top level.
    pub(super) imports_are_free: bool,
    /// How the names of tests begin.
    pub(super) test_starts: &'static [&'static str],
    /// How the names of tests end, before the dot.
    pub(super) test_ends: &'static [&'static str],
    /// Whether it is written for people to read.
    pub is_prose: bool,
}

/// How whole lines are put aside.
#[derive(Clone, Copy)]
pub(super) enum Aside {
    /// Not known.
    Unknown,
    /// Between two marks.
    Comment(BlockComment),
    /// In a text between three quotes that is a statement of its own.
    Text,
    /// Between `=begin` and `=end` at the beginning of a line.
    BeginEnd,
}

/// How comments of several lines are written.
#[derive(Clone, Copy)]
pub(super) struct BlockComment {
    pub(super) open: &'static [u8],
    pub(super) close: &'static [u8],
    /// Whether there are texts in quotes, and comments to the end of the line, that a mark may be part of.
    pub(super) is_code: bool,
    /// Whether one may hold another.
    pub(super) nests: bool,
}

/// What tells where a block begins and ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    /// Not known, or there are none.
    Unknown,
    /// Braces, so that white space at the ends of a line says nothing.
    Braces,
    /// Indentation.
    Indentation,
    /// Words: `then`, `end`.
    Words,
}

impl Language {
    /// One of which nothing is known.
    pub const UNKNOWN: Self = Self {
        names: &[],
        comments: &[],
        aside: Aside::Unknown,
        has_preprocessor: false,
        unbuilt_files: &[],
        unbuilt_items: &[],
        blocks: Blocks::Unknown,
        is_backwards: false,
        runs_by_line: false,
        is_quiet: false,
        import: |_| false,
        imports: None,
        imports_are_free: false,
        test_starts: &[],
        test_ends: &[],
        is_prose: false,
    };

    /// That of a file, by its name.
    pub fn of(path: &RepositoryPath) -> Self {
        let name = path.name();
        let name = &name[memchr::memrchr(b'.', name).unwrap_or(0)..];
        let found = LANGUAGES.iter().find_map(|language| {
            let known = language.names.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name))?;
            Some((*language, known.as_bytes() == name))
        });
        match found {
            Some((language, true)) => language,
            // In capital letters it may be something else: nothing lets a proof stand then.
            Some((language, false)) => Self {
                is_quiet: false,
                imports: None,
                imports_are_free: false,
                test_starts: &[],
                test_ends: &[],
                ..language
            },
            None => Self::UNKNOWN,
        }
    }

    /// Whether blocks stand between braces, so that white space at the ends of a line says nothing.
    pub fn is_braced(&self) -> bool {
        self.blocks == Blocks::Braces
    }

    /// Whether it is known where a block begins and ends.
    pub fn has_blocks(&self) -> bool {
        self.blocks != Blocks::Unknown
    }
}

const fn slashes(nests: bool) -> Aside {
    Aside::Comment(BlockComment { open: b"/*", close: b"*/", is_code: true, nests })
}

const SLASHES: Aside = slashes(false);
const NESTED: Aside = slashes(true);
const MARKUP: Aside = Aside::Comment(BlockComment { open: b"<!--", close: b"-->", is_code: false, nests: false });

/// `pay_test`.
const SNAKE_CASE: &[&str] = &["_test"];
/// `PayTest`.
const CAMEL_CASE: &[&str] = &["Test", "Tests", "Spec"];
/// `pay.test`.
const DOTTED: &[&str] = &[".test", ".spec"];

const BRACED: Language =
    Language { comments: &[b"//", b"/*"], aside: SLASHES, blocks: Blocks::Braces, ..Language::UNKNOWN };
const QUIET: Language = Language { is_quiet: true, ..BRACED };
const C: Language = Language { has_preprocessor: true, ..QUIET };
const JAVA: Language =
    Language { import: dotted, imports: Some(readers::dotted), imports_are_free: true, test_ends: CAMEL_CASE, ..QUIET };
const HASHES: Language = Language { comments: &[b"#"], ..Language::UNKNOWN };
const PYTHON: Language = Language {
    aside: Aside::Text,
    blocks: Blocks::Indentation,
    import: python,
    imports: Some(readers::python),
    imports_are_free: true,
    ..HASHES
};
const RUBY: Language = Language { aside: Aside::BeginEnd, blocks: Blocks::Words, is_backwards: true, ..HASHES };

/// Those that are known. A name stands once.
const LANGUAGES: &[Language] = &[
    Language {
        names: &[".rs"],
        aside: NESTED,
        unbuilt_items: &["#[cfg(any())]", "#[cfg(false)]"],
        import: rust,
        imports: Some(readers::rust),
        imports_are_free: true,
        test_ends: SNAKE_CASE,
        ..QUIET
    },
    Language {
        names: &[".go"],
        // The present form, and that before Go 1.17.
        unbuilt_files: &[b"//go:build ignore", b"// +build ignore"],
        import: go,
        imports: Some(readers::go),
        test_ends: SNAKE_CASE,
        ..QUIET
    },
    Language { names: &[".java"], ..JAVA },
    Language { names: &[".kt", ".scala"], aside: NESTED, ..JAVA },
    Language { names: &[".kts"], aside: NESTED, test_ends: &[], ..JAVA },
    Language { names: &[".groovy"], imports: None, imports_are_free: false, ..JAVA },
    Language {
        names: &[".js", ".jsx", ".mjs", ".ts", ".tsx"],
        import: named,
        imports: Some(readers::named),
        test_ends: DOTTED,
        ..QUIET
    },
    Language { names: &[".cjs"], test_ends: DOTTED, ..BRACED },
    Language { names: &[".cts", ".mts"], ..BRACED },
    Language { names: &[".c", ".cc", ".cpp"], test_ends: SNAKE_CASE, ..C },
    Language { names: &[".cxx", ".h", ".hh", ".hpp"], ..C },
    Language { names: &[".cu", ".m", ".mm"], is_quiet: false, ..C },
    Language { names: &[".cs"], test_ends: CAMEL_CASE, ..C },
    Language { names: &[".swift"], aside: NESTED, test_ends: CAMEL_CASE, ..C },
    Language { names: &[".dart"], aside: NESTED, test_ends: SNAKE_CASE, ..QUIET },
    Language { names: &[".php"], comments: &[b"//", b"/*", b"#"], test_ends: CAMEL_CASE, ..BRACED },
    Language { names: &[".sol"], ..BRACED },
    // What these hold is declared: the order says nothing, and white space may.
    Language { names: &[".gradle", ".proto"], blocks: Blocks::Unknown, ..BRACED },
    Language { names: &[".hcl", ".tf", ".tfvars"], comments: &[b"//", b"/*", b"#"], blocks: Blocks::Unknown, ..BRACED },
    Language { names: &[".css", ".jsonc", ".less", ".scss"], aside: SLASHES, ..Language::UNKNOWN },
    Language { names: &[".sql"], comments: &[b"--"], aside: SLASHES, ..Language::UNKNOWN },
    Language { names: &[".py"], test_starts: &["test_"], test_ends: SNAKE_CASE, ..PYTHON },
    Language { names: &[".pyi"], ..PYTHON },
    Language { names: &[".rb"], test_ends: &["_test", "_spec"], ..RUBY },
    Language { names: &[".rake"], ..RUBY },
    Language {
        names: &[".bash", ".sh", ".zsh", "bash", "sh", "zsh"],
        blocks: Blocks::Words,
        runs_by_line: true,
        ..HASHES
    },
    Language { names: &[".lua"], comments: &[b"--"], blocks: Blocks::Words, ..Language::UNKNOWN },
    Language { names: &[".exs"], test_ends: SNAKE_CASE, ..HASHES },
    Language {
        names: &[".ex", ".makefile", ".mk", ".pl", ".pm", ".r", ".toml", ".yaml", ".yml", "makefile"],
        ..HASHES
    },
    Language { names: &[".hs"], comments: &[b"--"], ..Language::UNKNOWN },
    Language {
        names: &[".htm", ".html", ".svelte", ".svg", ".vue", ".xhtml", ".xml", ".xsd", ".xsl"],
        aside: MARKUP,
        ..Language::UNKNOWN
    },
    Language { names: &[".adoc", ".markdown", ".md", ".rst"], is_prose: true, ..Language::UNKNOWN },
];

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

/// `import a`, `from a import b`: run, and yet the same wherever it stands.
fn python(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("from ") && line.contains(" import ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Language {
        Language::of(&RepositoryPath::new(path))
    }

    #[test]
    fn a_name_stands_once_and_in_small_letters() {
        let mut names: Vec<&str> = LANGUAGES.iter().flat_map(|language| language.names).copied().collect();
        assert!(names.iter().all(|name| name.to_ascii_lowercase() == **name));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn a_language_is_known_by_the_end_of_a_name_or_by_all_of_it() {
        for path in ["a.rs", "src.d/a.b.rs", ".rs", "A.RS"] {
            assert!(of(path).is_braced(), "{path}");
        }
        for path in ["a.rs/b", "rs", "a.rs.txt", "a.py", "tools/go", ""] {
            assert!(!of(path).is_braced(), "{path}");
        }
        for path in ["deploy/Makefile", "completions/bash", "a.mk"] {
            assert_eq!(of(path).comments, [b"#"], "{path}");
        }
    }

    #[test]
    fn capital_letters_let_no_proof_stand() {
        let (small, capital) = (of("a.java"), of("a.JAVA"));
        assert!(small.is_quiet && small.imports_are_free && !small.test_ends.is_empty());
        assert!(!capital.is_quiet && !capital.imports_are_free && capital.test_ends.is_empty());
        assert_eq!(capital.comments, small.comments);
    }
}
