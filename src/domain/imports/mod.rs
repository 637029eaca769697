//! The imports of a file: which lines are part of one, which names it brings, and where these are from.
//!
//! An import that serves what a fix does elsewhere does nothing by itself: it comes with the code that uses its names, and goes with
//! it. That is told of names that are new with the fix and that lines of the fix use, or that went with the last lines that used
//! them. What an import is run for, a name that stands for something else, another order, a glob, and what others may import
//! from here may each be the point of a fix.

pub(super) mod readers;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;

use super::comments::Comments;
use super::hunk::TextChange;
use super::language::Language;
use super::lines::{Hunk, Text, indentation};
use super::succession::looks_like_comment;

/// One import, or a line of a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// The lines that it takes, from 0, with the conditions above it.
    lines: Range<usize>,
    /// How many lines of conditions stand above it.
    conditions: usize,
    /// The names that it brings, each with where it is from.
    names: Vec<(String, String)>,
    /// Whether it does more than to bring these names to this file.
    does_more: bool,
}

impl Import {
    fn new(lines: Range<usize>, names: Vec<(String, String)>) -> Self {
        // A glob, or a trait without a name.
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let does_more = names.iter().any(|(name, _)| !is_name(name));
        Self { lines, conditions: 0, names, does_more }
    }
}

/// How the imports of a language are read, by the lines of a file.
pub(super) type Reader = fn(&[&[u8]]) -> Vec<Import>;

/// The imports of a change's two texts; read when they are asked for.
pub struct ChangedImports<'a, 't> {
    reader: Option<Reader>,
    comments: Comments,
    change: &'a TextChange<'t>,
    before: OnceCell<Imports>,
    after: OnceCell<Imports>,
}

impl<'a, 't> ChangedImports<'a, 't> {
    /// Those of a file in this language.
    pub fn new(language: &Language, change: &'a TextChange<'t>) -> Self {
        let comments = Comments::of(language);
        Self { reader: language.imports, comments, change, before: OnceCell::new(), after: OnceCell::new() }
    }

    /// Whether a hunk changes nothing but imports, and these only serve what the other hunks of the file do.
    pub fn serve(&self, hunk: &Hunk) -> bool {
        let Some(reader) = self.reader else { return false };
        let (removed, added) = (self.change.removed(hunk), self.change.added(hunk));
        // Most hunks have a line that no import can have.
        if !removed.iter().chain(added).all(|line| may_be_of_one(line)) {
            return false;
        }
        let (old, new) = (&self.change.before, &self.change.after);
        let before = self.before.get_or_init(|| Imports::of(reader, old));
        let after = self.after.get_or_init(|| Imports::of(reader, new));
        if !before.are_all_of(&hunk.old, old) || !after.are_all_of(&hunk.new, new) {
            return false;
        }
        let (was, is) = (before.names(&hunk.old), after.names(&hunk.new));
        let goes_on = |(name, source): (&String, &String)| is.get(name).is_none_or(|now| now == source);
        let hunks = || self.change.hunks.iter();
        let mut gone = was.keys().filter(|name| !is.contains_key(*name)).peekable();
        let mut came = is.keys().filter(|name| !was.contains_key(*name)).peekable();
        // The same names in another order are run in another order.
        (gone.peek().is_some() || came.peek().is_some())
            && was.iter().all(goes_on)
            && gone.all(|name| {
                !after.sources.contains_key(name)
                    && !after.uses(name, new, 0..new.lines().len(), self.comments)
                    && hunks().any(|hunk| before.uses(name, old, hunk.old.clone(), self.comments))
            })
            && came.all(|name| {
                !before.sources.contains_key(name)
                    && !before.uses(name, old, 0..old.lines().len(), self.comments)
                    && hunks().any(|hunk| after.uses(name, new, hunk.new.clone(), self.comments))
            })
    }

    /// Whether a version imports all that a hunk does which [serves](Self::serve), be it in other lines, and none of what it took
    /// out: each name from the same place and as deep in the file, and none of them can come from elsewhere.
    pub fn still_stand(&self, hunk: &Hunk, version: &Text<'_>) -> bool {
        let (Some(reader), Some(before), Some(after)) = (self.reader, self.before.get(), self.after.get()) else {
            return false;
        };
        let now = Imports::of(reader, version);
        let (was, is) = (before.names(&hunk.old), after.names(&hunk.new));
        let depth = |imports: &Imports, text: &Text<'_>, name: &str| {
            let import = imports.all.iter().find(|import| import.names.iter().any(|(own, _)| own == name));
            import.map(|import| indentation(text.lines()[import.lines.end - 1]))
        };
        let brings_more = |import: &Import| import.does_more && !after.all.iter().any(|own| own.names == import.names);
        !now.all.iter().any(brings_more)
            && was.keys().all(|name| is.contains_key(name) || !now.sources.contains_key(name))
            && is.iter().all(|(name, source)| {
                let finder = memmem::Finder::new(name);
                now.sources.get(name).is_some_and(|sources| sources.iter().all(|other| other == source))
                    && depth(&now, version, name) == depth(after, &self.change.after, name)
                    && !version.lines().iter().any(|line| defines(line, &finder, name))
            })
    }
}

/// Where a line begins in its text.
fn offset(text: &Text<'_>, line: usize) -> usize {
    text.lines()[..line].iter().map(|line| line.len() + 1).sum()
}

/// Whether all signs of a line may stand in an import.
fn may_be_of_one(line: &[u8]) -> bool {
    let is_sign = |byte: &u8| {
        byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"_:;,.{}()*\"'/-@\\#[]=".contains(byte)
    };
    line.iter().all(is_sign)
}

/// Words before a name that give it another meaning.
const DEFINES: [&[u8]; 19] = [
    b"class",
    b"const",
    b"def",
    b"enum",
    b"fn",
    b"fun",
    b"func",
    b"function",
    b"import",
    b"interface",
    b"let",
    b"object",
    b"static",
    b"struct",
    b"trait",
    b"type",
    b"val",
    b"var",
    b"as",
];

/// Whether a line may give this name a meaning.
fn defines(line: &[u8], finder: &memmem::Finder<'_>, name: &str) -> bool {
    finder.find_iter(line).filter(|at| is_whole_word(line, *at, name)).any(|at| {
        let before = line[..at].trim_ascii_end();
        let word = before.rsplit(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
        let behind = line[at + name.len()..].trim_ascii_start();
        let is_set = behind.starts_with(b":=") || behind.starts_with(b"=") && !behind.starts_with(b"==");
        let is_import =
            line.trim_ascii_start().starts_with(b"import ") || line.trim_ascii_start().starts_with(b"from ");
        !is_import && (DEFINES.contains(&word) || before.is_empty() && is_set)
    })
}

fn is_whole_word(line: &[u8], at: usize, name: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    !is_word(at.checked_sub(1).and_then(|at| line.get(at))) && !is_word(line.get(at + name.len()))
}

/// A line without what stands between quotes.
fn without_texts(line: &[u8]) -> Vec<u8> {
    let mut open = None;
    let mut code = line.to_vec();
    code.retain(|byte| {
        match open {
            None if b"\"'`".contains(byte) => open = Some(*byte),
            Some(quote) if quote == *byte => open = None,
            _ => {}
        }
        open.is_none()
    });
    code
}

/// The imports of one text.
struct Imports {
    all: Vec<Import>,
    /// Where each name is from; a name may be brought twice.
    sources: BTreeMap<String, Vec<String>>,
}

impl Imports {
    fn of(reader: Reader, text: &Text<'_>) -> Self {
        let mut all = reader(text.lines());
        if all.is_empty() {
            return Self { all, sources: BTreeMap::new() };
        }
        // Within a text or a comment of several lines one is only quoted. Marks and lines are both in their order.
        let starts: Vec<usize> = all.iter().map(|import| offset(text, import.lines.start)).collect();
        let before = |mark: &[u8]| {
            let marks: Vec<usize> = memmem::find_iter(text.bytes(), mark).collect();
            starts.iter().map(|start| marks.partition_point(|at| at < start)).collect::<Vec<_>>()
        };
        let (double, single, tick) = (before(b"\"\"\""), before(b"'''"), before(b"`"));
        let (raw, raw_end, open, close) = (before(b"r#\""), before(b"\"#"), before(b"/*"), before(b"*/"));
        let is_odd = |at: usize| double[at] % 2 + single[at] % 2 + tick[at] % 2 > 0;
        let mut at = 0;
        all.retain(|_| {
            at += 1;
            !is_odd(at - 1) && raw[at - 1] <= raw_end[at - 1] && open[at - 1] <= close[at - 1]
        });
        let mut sources = BTreeMap::<String, Vec<String>>::new();
        for (name, source) in all.iter().flat_map(|import| &import.names) {
            sources.entry(name.clone()).or_default().push(source.clone());
        }
        Self { all, sources }
    }

    fn holds(&self, line: usize) -> bool {
        self.all.iter().any(|import| import.lines.contains(&line))
    }

    fn touched(&self, lines: &Range<usize>) -> impl Iterator<Item = &Import> {
        let lines = lines.clone();
        self.all.iter().filter(move |import| import.lines.start < lines.end && lines.start < import.lines.end)
    }

    /// The names that the imports bring which have one of these lines.
    fn names(&self, lines: &Range<usize>) -> BTreeMap<String, String> {
        self.touched(lines).flat_map(|import| import.names.iter().cloned()).collect()
    }

    /// Whether these lines of a text are nothing but imports that only bring names, and none of them is a condition of an import
    /// that stands elsewhere.
    fn are_all_of(&self, lines: &Range<usize>, text: &Text<'_>) -> bool {
        let is_empty = |line: usize| text.lines()[line].trim_ascii().is_empty();
        lines.clone().all(|line| is_empty(line) || self.holds(line))
            && self.touched(lines).all(|import| {
                let is_whole = lines.start <= import.lines.start && import.lines.end <= lines.end;
                let has_condition = lines.start < import.lines.start + import.conditions;
                !import.does_more && (is_whole || !has_condition)
            })
    }

    /// Whether one of these lines of a text that is no import has this word in its code.
    fn uses(&self, name: &str, text: &Text<'_>, lines: Range<usize>, comments: Comments) -> bool {
        let finder = memmem::Finder::new(name);
        // Behind a dot it is another one's.
        let is_free = |line: &[u8], at: usize| !at.checked_sub(1).is_some_and(|at| b".:".contains(&line[at]));
        let holds = |line: &[u8]| finder.find_iter(line).any(|at| is_whole_word(line, at, name) && is_free(line, at));
        lines.into_iter().any(|number| {
            let line = text.lines()[number];
            holds(line)
                && !looks_like_comment(line)
                && !self.holds(number)
                && holds(&without_texts(comments.code(line)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::RepositoryPath;

    /// Whether the first hunk of a change serves the others.
    fn serves(path: &str, before: &str, after: &str) -> bool {
        let change = TextChange::new(before.as_bytes(), after.as_bytes());
        let language = Language::of(&RepositoryPath::new(path));
        ChangedImports::new(&language, &change).serve(&change.hunks[0])
    }

    #[test]
    fn names_come_and_go_with_what_uses_them() {
        for (path, before, after) in [
            ("a.rs", "use a::b;\nf();\n", "use a::{b, c};\nf();\nc();\n"),
            ("a.rs", "use a::{\n    b,\n    c,\n};\nf();\nc();\n", "use a::{\n    b,\n};\nf();\n"),
            ("a.rs", "use a::{b, c::{d, e}};\nf();\nd();\n", "use a::{b, c::{self, e}};\nf();\nc::g();\n"),
            ("a.rs", "f();\ng();\n", "extern crate bytes;\nf();\nbytes::g();\n"),
            ("a.rs", "use a::b;\nf();\n", "use a::b;\n#[cfg(unix)]\nuse a::c;\nf();\nc();\n"),
            ("a.py", "import a\na.f()\n", "from c import b\nimport a\na.f(b)\n"),
            ("a.py", "from a import (\n    b,\n    c,\n)\nb(c)\n", "from a import (\n    b,\n)\nb()\n"),
            ("a.py", "if TYPE_CHECKING:\n    from a import B\n\nx: B\n", "if TYPE_CHECKING:\n\nx = 1\n"),
            ("A.java", "import a.B;\nimport c.D;\nf();\nnew B();\n", "import c.D;\nf();\n"),
            ("a.go", "import (\n\t\"fmt\"\n)\n\n", "import (\n\t\"fmt\"\n\t\"os\"\n)\n\nos.Exit(1)\n"),
            ("a.ts", "import { a } from 'b'\nf()\na()\n", "import { a, c } from 'b'\nf()\na(c)\n"),
            ("a.ts", "import {\n  a,\n  c\n} from 'b'\na(c)\n", "import {\n  a\n} from 'b'\na()\n"),
        ] {
            assert!(serves(path, before, after), "{path}: {before} {after}");
        }
    }

    #[test]
    fn what_may_be_the_point_of_a_fix_does_something() {
        for (path, before, after) in [
            ("a.rs", "use a::Hash;\nf();\n", "use b::Hash;\nf();\n"),
            ("a.rs", "use a::Hash;\nf();\n", "use b::Fast as Hash;\nf();\n"),
            ("a.rs", "use a::Old;\nf();\nx();\n", "use a::Strict;\nf();\nx().y();\n"),
            ("a.rs", "f();\n", "use a::Context as _;\nf();\nx();\n"),
            ("a.rs", "use a::*;\nf();\n", "use b::*;\nf();\n"),
            ("a.rs", "pub use a::b;\nf(b);\n", "f();\n"),
            ("a.rs", "mod a;\n", "mod a;\nmod b;\n"),
            ("a.rs", "f();\n", "extern crate linked_in;\nf();\n"),
            ("a.rs", "#[cfg(any())]\nf();\n", "#[cfg(any())]\nuse a::b;\nf();\nb();\n"),
            ("a.rs", "use a::b;\n", "#[cfg(unix)]\nuse a::b;\n"),
            ("a.rs", "#[macro_use]\nf();\n", "#[macro_use]\nuse a::b;\nf();\nb();\n"),
            ("a.py", "f()\n", "import patch_everything\nf()\n"),
            ("a.py", "f()\n", "import shop.signals\nf()\nname = \"shop\"  # shop\n"),
            ("a.py", "from a import *\nf()\n", "f()\n"),
            ("a.py", "from __future__ import annotations\nx: annotations\n", "x = 1\n"),
            ("a.py", "from a import compare\ncompare()\n", "from b import compare\ncompare()\n"),
            ("a.py", "f = open(it)\n", "from safe import open\nf = open(it)\ng = open(it)\n"),
            ("a.py", "def f():\n    g(b)\n", "def f():\n    import b\n    g(b)\n"),
            ("a.py", "text = \"\"\"\n\"\"\"\n", "text = \"\"\"\nfrom a import b\n\"\"\"\nb()\n"),
            ("__init__.py", "from .a import b\nfrom .c import d\n", "from .a import b\n"),
            ("A.java", "import a.Cipher;\nf();\n", "import b.Cipher;\nf();\n"),
            ("a.go", "import (\n\t\"fmt\"\n)\n", "import (\n\t\"fmt\"\n\t_ \"a/driver\"\n)\n"),
            ("a.go", "import \"old/jwt-go\"\njwt.F()\n", "import \"new/jwt/v4\"\njwt.F()\n"),
            ("a.ts", "f()\n", "import './polyfill'\nf()\n"),
            ("a.ts", "import { a } from 'b'\na()\n", "import { a } from 'c'\na()\n"),
            ("a.ts", "import type { A } from 'b'\nf(A)\n", "import { A } from 'b'\nf(A)\n"),
            ("a.c", "#include <a.h>\n", "#include <a.h>\n#include <b.h>\n"),
        ] {
            assert!(!serves(path, before, after), "{path}: {before} {after}");
        }
    }

    #[test]
    fn a_name_may_stand_for_something_else_later() {
        let (before, after) = ("f()\ng()\n", "from hmac import same\nf()\nsame(a)\n");
        let change = TextChange::new(before.as_bytes(), after.as_bytes());
        let imports = ChangedImports::new(&Language::of(&RepositoryPath::new("a.py")), &change);
        assert!(imports.serve(&change.hunks[0]));
        let still = |text: &str| imports.still_stand(&change.hunks[0], &Text::new(text.as_bytes()));
        for text in [after, "from hmac import same, more\nsame(a)\n", "from hmac import (\n    more,\n    same,\n)\n"] {
            assert!(still(text), "{text}");
        }
        for text in [
            "import fast\nfast.same(a)\n",
            "from hmac import same\nfrom fast import *\nsame(a)\n",
            "if TYPE_CHECKING:\n    from hmac import same\nsame(a)\n",
            "from operator import eq as same\nsame(a)\n",
            "f()\nsame(a)\n",
            "from hmac import same\nsame(a)\ndef same(a): return True\n",
            "from hmac import same\nsame = lambda a: True\nsame(a)\n",
        ] {
            assert!(!still(text), "{text}");
        }
    }
}
