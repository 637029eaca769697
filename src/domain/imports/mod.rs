//! The imports of a file: which lines are part of one, which names it brings, and where these are from.
//!
//! An import that serves the code of its file does nothing by itself: it comes and goes with what uses its names, and a change of
//! it is none of the program as long as no name stands for something else. One that is run for what it does is none of these.

pub(super) mod readers;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;

use super::hunk::TextChange;
use super::language::Language;
use super::lines::{Hunk, Text};

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
