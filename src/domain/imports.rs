//! The imports of a file: which lines are part of one, which names it brings, and where these are from.
//!
//! An import that serves the code of its file does nothing by itself: it comes and goes with what uses its names, and a change of
//! it is none of the program as long as no name stands for something else. One that is run for what it does is none of these.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;

use super::hunk::TextChange;
use super::language::Language;
use super::lines::{Hunk, Text};

/// Above this many lines a statement is none that is looked at.
const MOST_LINES: usize = 200;

/// One import, or a line of a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// The lines that it takes, from 0.
    lines: Range<usize>,
    /// The names that it brings, each with where it is from.
    names: Vec<(String, String)>,
    /// Whether what is imported is run, so that a name that nothing uses may be there for that.
    is_run: bool,
}

/// How the imports of a language are read, by the lines of a file.
pub(super) type Reader = fn(&[&[u8]]) -> Vec<Import>;

/// The imports of a change's two texts; read when they are asked for.
pub struct ChangedImports<'a, 't> {
    reader: Option<Reader>,
    change: &'a TextChange<'t>,
    before: OnceCell<Imports>,
    after: OnceCell<Imports>,
}

impl<'a, 't> ChangedImports<'a, 't> {
    /// Those of a file in this language.
    pub fn new(language: &Language, change: &'a TextChange<'t>) -> Self {
        Self { reader: language.imports, change, before: OnceCell::new(), after: OnceCell::new() }
    }

    /// Whether a hunk changes nothing but imports that serve the code of their file, and no name of the file stands for something
    /// else since.
    pub fn are_all_of(&self, hunk: &Hunk) -> bool {
        let Some(reader) = self.reader else { return false };
        let (removed, added) = (self.change.removed(hunk), self.change.added(hunk));
        // Most hunks have a line that no import can have.
        if !removed.iter().chain(added).all(|line| may_be_of_one(line)) {
            return false;
        }
        let before = self.before.get_or_init(|| Imports::of(reader, &self.change.before));
        let after = self.after.get_or_init(|| Imports::of(reader, &self.change.after));
        let is_known = |imports: &Imports, text: &Text<'_>, lines: &Range<usize>| {
            let is_empty = |line: usize| text.lines()[line].trim_ascii().is_empty();
            lines.clone().all(|line| is_empty(line) || imports.holds(line))
        };
        is_known(before, &self.change.before, &hunk.old)
            && is_known(after, &self.change.after, &hunk.new)
            && before.serve(&hunk.old, after, &self.change.before)
            && after.serve(&hunk.new, before, &self.change.after)
    }
}

/// Whether all signs of a line may stand in an import.
fn may_be_of_one(line: &[u8]) -> bool {
    let is_sign =
        |byte: &u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"_:;,.{}()*\"'/-@\\".contains(byte);
    line.iter().all(is_sign)
}

/// The imports of one text.
struct Imports {
    all: Vec<Import>,
    /// Where each name is from; a name may be brought twice.
    sources: BTreeMap<String, Vec<String>>,
}

impl Imports {
    fn of(reader: Reader, text: &Text<'_>) -> Self {
        let all = reader(text.lines());
        let mut sources = BTreeMap::<String, Vec<String>>::new();
        for (name, source) in all.iter().flat_map(|import| &import.names) {
            sources.entry(name.clone()).or_default().push(source.clone());
        }
        Self { all, sources }
    }

    fn holds(&self, line: usize) -> bool {
        self.all.iter().any(|import| import.lines.contains(&line))
    }

    /// Whether each name that these lines of `text` bring is what it is among the `others`, or is not among them and serves the
    /// text.
    fn serve(&self, lines: &Range<usize>, others: &Self, text: &Text<'_>) -> bool {
        let touched = self.all.iter().filter(|import| import.lines.start < lines.end && lines.start < import.lines.end);
        touched.into_iter().all(|import| {
            import.names.iter().all(|(name, source)| match others.sources.get(name) {
                Some(sources) => sources.iter().all(|other| other == source),
                None => !import.is_run || self.uses(name, text),
            })
        })
    }

    /// Whether a line that is no import has this word.
    fn uses(&self, name: &str, text: &Text<'_>) -> bool {
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let has = |line: &[u8]| {
            memmem::find_iter(line, name).any(|at| {
                !is_word(at.checked_sub(1).and_then(|at| line.get(at))) && !is_word(line.get(at + name.len()))
            })
        };
        text.lines().iter().enumerate().any(|(number, line)| has(line) && !self.holds(number))
    }
}

/// Reads the statements that begin where `begins` says so, and end where `ends` says so of all that was read; `read` tells the
/// names of one, if it is an import.
fn statements(
    lines: &[&[u8]],
    (comment, is_run): (&str, bool),
    begins: impl Fn(&str, usize) -> bool,
    ends: impl Fn(&str) -> bool,
    read: impl Fn(&str) -> Option<Vec<(String, String)>>,
) -> Vec<Import> {
    let words = |at: usize| {
        let line = std::str::from_utf8(lines[at]).unwrap_or_default();
        line.split(comment).next().unwrap_or_default().trim_end()
    };
    let (mut found, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let start = at;
        at += 1;
        if !begins(words(start), start) {
            continue;
        }
        let mut whole = words(start).trim().to_owned();
        while !ends(&whole) && at < lines.len() && at - start < MOST_LINES {
            whole.push(' ');
            whole.push_str(words(at).trim());
            at += 1;
        }
        match read(&whole).filter(|_| ends(&whole)) {
            Some(names) => found.push(Import { lines: start..at, names, is_run }),
            None => at = start + 1,
        }
    }
    found
}

/// `use a::b;`, `use a::{b, c as d};`, `extern crate a;`. Under an attribute it is another matter.
pub(super) fn rust(lines: &[&[u8]]) -> Vec<Import> {
    let has_attribute = |at: usize| at > 0 && lines[at - 1].trim_ascii().starts_with(b"#[");
    let ends = |whole: &str| whole.ends_with(';');
    let begins = |line: &str, at: usize| visible(line.trim_start()).starts_with("use ") && !has_attribute(at);
    let mut found = statements(lines, ("//", false), begins, ends, |whole| {
        let tree = visible(whole).strip_prefix("use ")?.strip_suffix(';')?;
        let mut names = Vec::new();
        rust_tree("", tree, &mut names).then_some(names)
    });
    let begins = |line: &str, at: usize| line.trim_start().starts_with("extern crate ") && !has_attribute(at);
    found.extend(statements(lines, ("//", true), begins, ends, |whole| {
        let name = whole.strip_prefix("extern crate ")?.strip_suffix(';')?.trim();
        Some(vec![aliased(name, "", " as ")])
    }));
    found
}

/// A line without the word that tells who may see what it says.
fn visible(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("pub") else { return line };
    match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest.strip_prefix(' ').unwrap_or(line),
    }
}

/// Adds the names of one tree of a `use`; false where it can't be read.
fn rust_tree(prefix: &str, tree: &str, names: &mut Vec<(String, String)>) -> bool {
    let tree = tree.trim();
    if let Some((path, list)) = tree.split_once('{') {
        let Some(list) = list.strip_suffix('}') else { return false };
        let prefix = format!("{prefix}{}", path.trim());
        return parts(list).into_iter().all(|part| part.trim().is_empty() || rust_tree(&prefix, part, names));
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path.trim(), Some(alias.trim())));
    let whole = match path {
        "self" => prefix.trim_end_matches("::").to_owned(),
        _ => format!("{prefix}{path}"),
    };
    let last = whole.rsplit("::").next().unwrap_or_default();
    let name = match alias.unwrap_or(last) {
        // Neither brings a name.
        "*" | "_" => whole.as_str(),
        name => name,
    };
    names.push((name.to_owned(), whole.clone()));
    true
}

/// The parts of a list between its commas, where lists may hold others.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, sign) in list.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&list[start..]);
    found
}

/// The name that `what` gets, and where it is from: `prefix` and what stands before the word for `as`.
fn aliased(what: &str, prefix: &str, word: &str) -> (String, String) {
    let (source, name) = what.split_once(word).unwrap_or((what, what));
    (name.trim().to_owned(), format!("{prefix}{}", source.trim()))
}

/// `import "a/b"`, or the lines of `import ( … )`; not `_ "a/b"`, which is run, nor `. "a/b"`.
pub(super) fn go(lines: &[&[u8]]) -> Vec<Import> {
    let (mut found, mut is_list) = (Vec::new(), false);
    for (at, line) in lines.iter().enumerate() {
        let line = std::str::from_utf8(line).unwrap_or_default().split("//").next().unwrap_or_default().trim();
        let import = |names| Import { lines: at..at + 1, names, is_run: false };
        match line {
            "import (" => {
                is_list = true;
                found.push(import(vec![]));
            }
            ")" if is_list => {
                is_list = false;
                found.push(import(vec![]));
            }
            _ => {
                let one = line.strip_prefix("import ").or(is_list.then_some(line));
                found.extend(one.and_then(go_import).map(|name| import(vec![name])));
            }
        }
    }
    found
}

fn go_import(line: &str) -> Option<(String, String)> {
    let (name, path) = line.split_once(' ').unwrap_or(("", line));
    let path = path.trim().strip_prefix('"')?.strip_suffix('"')?;
    let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok());
    let last = path.rsplit('/').find(|part| !is_version(part))?;
    let own = last.rsplit_once('.').filter(|(_, end)| is_version(end)).map_or(last, |(own, _)| own);
    match name {
        "_" | "." => None,
        "" if path == "C" => None,
        "" => Some((own.to_owned(), path.to_owned())),
        name => Some((name.to_owned(), path.to_owned())),
    }
}

/// `import a.b.C`, `import static a.b.C.d;`, `import a.b.{C, D}`.
pub(super) fn dotted(lines: &[&[u8]]) -> Vec<Import> {
    let begins = |line: &str, _| line.starts_with("import ");
    statements(
        lines,
        ("//", false),
        begins,
        |_| true,
        |whole| {
            let path = whole.strip_prefix("import ")?.trim_end_matches(';');
            let path = path.strip_prefix("static ").unwrap_or(path).trim();
            let (prefix, last) = path.rsplit_once('.').filter(|(prefix, _)| !prefix.contains('{')).or_else(|| {
                let (prefix, list) = path.split_once(".{")?;
                Some((prefix, list.strip_suffix('}')?))
            })?;
            let name = |part: &str| match part.trim() {
                "*" | "_" => (path.to_owned(), path.to_owned()),
                part => aliased(part, &format!("{prefix}."), " as "),
            };
            Some(last.split(',').map(name).collect())
        },
    )
}

/// `import a, { b as c } from 'd'`; not `import 'd'`, which is run.
pub(super) fn named(lines: &[&[u8]]) -> Vec<Import> {
    let begins = |line: &str, _| line.starts_with("import ");
    let ends = |whole: &str| whole.trim_end_matches(';').ends_with(['\'', '"']);
    statements(lines, ("//", true), begins, ends, |whole| {
        let (names, module) = whole.strip_prefix("import ")?.rsplit_once(" from ")?;
        let module = module.trim_matches([' ', ';', '\'', '"']);
        let names = names.strip_prefix("type ").unwrap_or(names);
        let (first, list) = names.split_once('{').unwrap_or((names, "}"));
        let list = list.trim().strip_suffix('}')?;
        let whole = first.split(',').map(str::trim).filter(|name| !name.is_empty());
        let whole = whole.map(|name| match name.strip_prefix("* as ") {
            Some(name) => (name.trim().to_owned(), format!("{module}#*")),
            None => (name.to_owned(), format!("{module}#default")),
        });
        let of_list = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let of_list = of_list.map(|name| name.strip_prefix("type ").unwrap_or(name));
        Some(whole.chain(of_list.map(|name| aliased(name, &format!("{module}#"), " as "))).collect())
    })
}

/// `import a.b`, `from a import b as c`, at the top of a file or where only a checker of types comes to; not `from __future__`,
/// which changes what the file means.
pub(super) fn python(lines: &[&[u8]]) -> Vec<Import> {
    let is_for_types = |at: usize| {
        let above = lines[..at].iter().rev().map(|line| line.trim_ascii_end());
        let head = above.into_iter().find(|line| line.first().is_some_and(|first| !first.is_ascii_whitespace()));
        matches!(head, Some(b"if TYPE_CHECKING:" | b"if typing.TYPE_CHECKING:"))
    };
    let begins = |line: &str, at: usize| {
        let words = line.trim_start();
        (words.starts_with("import ") || words.starts_with("from ")) && (words.len() == line.len() || is_for_types(at))
    };
    let ends = |whole: &str| !whole.ends_with('\\') && (!whole.contains('(') || whole.ends_with(')'));
    statements(lines, ("#", true), begins, ends, |whole| {
        let whole = whole.replace('\\', " ");
        if whole.contains(';') || whole.starts_with("from __future__") {
            return None;
        }
        let (prefix, list) = match whole.strip_prefix("from ") {
            Some(rest) => {
                let (module, list) = rest.split_once(" import ")?;
                (format!("{}.", module.trim()), list.trim())
            }
            None => (String::new(), whole.strip_prefix("import ")?.trim()),
        };
        let list = list.trim_start_matches('(').trim_end_matches(')');
        let name = |part: &str| match (prefix.as_str(), part.split_once('.')) {
            // What is imported by a path is used by the first part of it.
            ("", Some((first, _))) if !part.contains(" as ") => (first.trim().to_owned(), part.trim().to_owned()),
            _ => aliased(part, &prefix, " as "),
        };
        Some(list.split(',').filter(|part| !part.trim().is_empty()).map(name).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::RepositoryPath;

    fn quiet(path: &str, before: &str, after: &str) -> bool {
        let change = TextChange::new(before.as_bytes(), after.as_bytes());
        assert_eq!(change.hunks.len(), 1, "{path}: one hunk at a time");
        let language = Language::of(&RepositoryPath::new(path));
        ChangedImports::new(&language, &change).are_all_of(&change.hunks[0])
    }

    #[test]
    fn names_come_and_go_with_what_uses_them() {
        for (path, before, after) in [
            ("a.rs", "use a::b;\nf();\n", "use a::{b, c};\nf();\n"),
            ("a.rs", "f();\n", "use a::Context as _;\nf();\n"),
            ("a.rs", "use a::{\n    b,\n    c,\n};\nf();\n", "use a::{\n    b,\n};\nf();\n"),
            ("a.rs", "use a::{b, c::{d, e}};\n", "use a::{b, c::{self, e}};\n"),
            ("a.rs", "bytes::g();\n", "extern crate bytes;\nbytes::g();\n"),
            ("a.py", "import a\na.f(b)\n", "from c import b\nimport a\na.f(b)\n"),
            ("a.py", "from a import (\n    b,\n    c,\n)\nb(c)\n", "from a import (\n    b,\n)\nb(c)\n"),
            ("a.py", "if TYPE_CHECKING:\n    from a import B\n\nx: B\n", "if TYPE_CHECKING:\n\nx: B\n"),
            ("A.java", "import a.B;\nimport c.D;\n", "import c.D;\n"),
            ("a.go", "import (\n\t\"fmt\"\n)\n", "import (\n\t\"fmt\"\n\t\"os\"\n)\n"),
            ("a.ts", "import { a } from 'b'\na(c)\n", "import { a, c } from 'b'\na(c)\n"),
            ("a.ts", "import {\n  a,\n  c\n} from 'b'\na(c)\n", "import {\n  a\n} from 'b'\na(c)\n"),
        ] {
            assert!(quiet(path, before, after), "{path}: {before} {after}");
        }
    }

    #[test]
    fn what_is_run_or_stands_for_something_else_does_something() {
        for (path, before, after) in [
            ("a.rs", "use a::Hash;\nf();\n", "use b::Hash;\nf();\n"),
            ("a.rs", "use a::Hash;\nf();\n", "use b::Fast as Hash;\nf();\n"),
            ("a.rs", "mod a;\n", "mod a;\nmod b;\n"),
            ("a.rs", "f();\n", "extern crate linked_in;\nf();\n"),
            ("a.rs", "#[cfg(any())]\nf();\n", "#[cfg(any())]\nuse a::b;\nf();\n"),
            ("a.py", "f()\n", "import patch_everything\nf()\n"),
            ("a.py", "from a import *\nf()\n", "f()\n"),
            ("a.py", "from __future__ import annotations\nx: annotations\n", "x: annotations\n"),
            ("a.py", "from a import compare\ncompare()\n", "from b import compare\ncompare()\n"),
            ("a.py", "def f():\n    g(b)\n", "def f():\n    import b\n    g(b)\n"),
            ("__init__.py", "from .a import b\nfrom .c import d\n", "from .a import b\n"),
            ("A.java", "import a.Cipher;\nf();\n", "import b.Cipher;\nf();\n"),
            ("a.go", "import (\n\t\"fmt\"\n)\n", "import (\n\t\"fmt\"\n\t_ \"a/driver\"\n)\n"),
            ("a.go", "import \"a/b/v2\"\n", "import \"a/b/v3\"\n"),
            ("a.ts", "f()\n", "import './polyfill'\nf()\n"),
            ("a.ts", "import { a } from 'b'\na()\n", "import { a } from 'c'\na()\n"),
            ("a.c", "#include <a.h>\n", "#include <a.h>\n#include <b.h>\n"),
            ("a.rb", "import x\n", "import x\nimport y\n"),
        ] {
            assert!(!quiet(path, before, after), "{path}: {before} {after}");
        }
    }
}
