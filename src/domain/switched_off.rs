//! Code that stands in its file and is no part of the program: block comments, texts that nobody reads, what `#if 0` leaves out,
//! what stands under a condition that is never true, and files that no build takes up.

use memchr::memmem;

use super::identity::RepositoryPath;
use super::language::{Aside, BlockComment, Language};
use super::lines::Text;
use super::never_run::never_run;

/// Whether each line of a file is no part of the program; none where every line is one.
///
/// Strings are told apart as far as one line goes, and a language that is not known here has no such lines. Whoever compares
/// two versions of a file can trust a difference more than the answer for one.
pub fn switched_off(path: &RepositoryPath, text: &Text<'_>) -> Option<Vec<bool>> {
    let language = Language::of(path);
    match (left_out(&language, text), never_run(&language, text)) {
        (Some(one), Some(other)) => Some(one.into_iter().zip(other).map(|(one, other)| one || other).collect()),
        (one, other) => one.or(other),
    }
}

/// Whether each line of a file is a comment or what no build takes up.
fn left_out(language: &Language, text: &Text<'_>) -> Option<Vec<bool>> {
    let comment = match language.aside {
        Aside::Text => return off_by(text, &[b"\"\"\"", b"'''"], PythonText::default().reader()),
        Aside::BeginEnd => return off_by(text, &[b"=begin"], ruby_comments()),
        Aside::Comment(kind) => kind,
        Aside::Unknown => return None,
    };
    if is_unbuilt(language, comment, text) {
        return Some(vec![true; text.lines().len()]);
    }
    let comments = memmem::find(text.bytes(), comment.open).is_some();
    let conditions = language.has_preprocessor && memmem::find(text.bytes(), b"#").is_some();
    if !comments && !conditions {
        return None;
    }
    let mut comment = Comment { kind: comment, depth: 0 };
    let mut condition = Condition::default();
    let mut off = Vec::with_capacity(text.lines().len());
    for line in text.lines() {
        let code = if comments { comment.read(line) } else { has_text(line) };
        if conditions && comment.depth == 0 {
            condition.read(line);
        }
        off.push(has_text(line) && !code || condition.leaves_out());
    }
    off.contains(&true).then_some(off)
}

/// What a reader of one line after another says of a file that holds one of these marks.
fn off_by(text: &Text<'_>, marks: &[&[u8]], is_off: impl FnMut(&[u8]) -> bool) -> Option<Vec<bool>> {
    marks.iter().find(|mark| memmem::find(text.bytes(), mark).is_some())?;
    let off: Vec<bool> = text.lines().iter().copied().map(is_off).collect();
    off.contains(&true).then_some(off)
}

/// Whether a file says above its package, and not within a comment, that no build takes it up.
fn is_unbuilt(language: &Language, kind: BlockComment, text: &Text<'_>) -> bool {
    if language.unbuilt_files.is_empty() {
        return false;
    }
    let mut comment = Comment { kind, depth: 0 };
    for line in text.lines() {
        let within = comment.depth > 0;
        comment.read(line);
        let line = line.trim_ascii();
        let says_so = language.unbuilt_files.contains(&line);
        if !within && (says_so || line.starts_with(b"package ")) {
            return says_so;
        }
    }
    false
}

/// Reads Ruby's lines: whether each lies between `=begin` and `=end`.
fn ruby_comments() -> impl FnMut(&[u8]) -> bool {
    let mut open = false;
    move |line| {
        let is_off = open || line.starts_with(b"=begin");
        open = is_off && !line.starts_with(b"=end");
        is_off
    }
}

/// The text between three quotes that is open at the end of a line of Python.
#[derive(Default)]
struct PythonText {
    /// The three quotes that end it.
    open: Option<&'static [u8]>,
    /// Whether it is a statement of its own, which does nothing: documentation, or code that somebody put aside.
    stands_alone: bool,
    /// Whether the statement goes on in the next line, as far as its last sign tells.
    goes_on: bool,
}

impl PythonText {
    fn reader(mut self) -> impl FnMut(&[u8]) -> bool {
        move |line| self.is_off(line)
    }

    fn is_off(&mut self, line: &[u8]) -> bool {
        let is_off = self.read(line);
        if let Some(last) = line.trim_ascii().last().filter(|_| self.open.is_none()) {
            self.goes_on = b"([{,=\\+%".contains(last);
        }
        is_off
    }

    /// Reads a line; whether it is part of a text that stands alone.
    fn read(&mut self, line: &[u8]) -> bool {
        let (mut at, mut is_off) = (0, self.open.is_some() && self.stands_alone);
        while at < line.len() {
            let rest = &line[at..];
            let mark: Option<&[u8]> = [&b"\"\"\""[..], b"'''"].into_iter().find(|mark| rest.starts_with(mark));
            match (self.open, mark) {
                (Some(open), _) => {
                    let Some(end) = memmem::find(rest, open) else { return is_off };
                    // A quote behind a backslash is one of the text.
                    match end.checked_sub(1).map(|before| rest[before]) {
                        Some(b'\\') => at += end + 1,
                        _ => (self.open, at) = (None, at + end + open.len()),
                    }
                }
                (None, Some(mark)) => {
                    let before = line[..at].trim_ascii();
                    let begins = before.is_empty() || matches!(before, [b'r' | b'R' | b'u' | b'U']);
                    self.stands_alone = begins && !self.goes_on;
                    is_off |= self.stands_alone;
                    (self.open, at) = (Some(mark), at + mark.len());
                }
                (None, None) if rest[0] == b'#' => return is_off,
                (None, None) => at += if matches!(rest[0], b'"' | b'\'') { quoted(rest) } else { 1 },
            }
        }
        is_off
    }
}

fn has_text(line: &[u8]) -> bool {
    !line.trim_ascii().is_empty()
}

/// The block comment that is open at the end of a line.
struct Comment {
    kind: BlockComment,
    depth: usize,
}

impl Comment {
    /// Reads a line; whether it has anything outside of block comments.
    fn read(&mut self, line: &[u8]) -> bool {
        let BlockComment { open, close, is_code, nests } = self.kind;
        let (mut at, mut code) = (0, false);
        while at < line.len() {
            let rest = &line[at..];
            if self.depth > 0 {
                match (rest.starts_with(close), nests && rest.starts_with(open)) {
                    (true, _) => (self.depth, at) = (self.depth - 1, at + close.len()),
                    (_, true) => (self.depth, at) = (self.depth + 1, at + open.len()),
                    _ => at += 1,
                }
            } else if rest.starts_with(open) {
                (self.depth, at) = (1, at + open.len());
            } else if is_code && rest.starts_with(b"//") {
                return true;
            } else {
                code |= !rest[0].is_ascii_whitespace();
                at += if is_code && is_quote(rest) { quoted(rest) } else { 1 };
            }
        }
        code
    }
}

/// Whether a text in quotes begins here; an apostrophe alone may be a lifetime.
fn is_quote(rest: &[u8]) -> bool {
    match rest[0] {
        b'"' | b'`' => true,
        b'\'' => rest.get(1) == Some(&b'\\') || rest.get(2) == Some(&b'\''),
        _ => false,
    }
}

/// How long the text in quotes is that begins here: to its end, or that of the line.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' if rest[0] != b'`' => at += 2,
            byte if byte == rest[0] => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The conditions of the preprocessor that are open: of each whether what stands here is left out for certain.
#[derive(Default)]
struct Condition {
    open: Vec<bool>,
}

impl Condition {
    fn read(&mut self, line: &[u8]) {
        let Some(directive) = line.trim_ascii().strip_prefix(b"#") else { return };
        let mut words = directive.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
        match words.next() {
            Some(b"if") => {
                let (first, second) = (words.next(), words.next());
                self.open.push(
                    matches!(first, Some(b"0" | b"(0)" | b"false")) && second.is_none_or(|word| word.starts_with(b"/")),
                );
            }
            Some(b"ifdef" | b"ifndef") => self.open.push(false),
            Some(b"else" | b"elif" | b"elseif") => {
                self.open.pop();
                self.open.push(false);
            }
            Some(b"endif") => drop(self.open.pop()),
            _ => {}
        }
    }

    fn leaves_out(&self) -> bool {
        self.open.contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the lines that are switched off, from 1.
    fn off(path: &str, text: &str) -> Vec<usize> {
        let found = switched_off(&RepositoryPath::new(path), &Text::new(text.as_bytes())).unwrap_or_default();
        found.iter().enumerate().filter(|(_, off)| **off).map(|(line, _)| line + 1).collect()
    }

    #[test]
    fn what_lies_in_a_block_comment_is_off() {
        assert_eq!(off("a.go", "run()\n/*\nguard()\n*/\nrun()\n"), [2, 3, 4]);
        assert_eq!(off("a.c", "/* guard(); */\nrun(); /* why */\n/* why */ run();\n"), [1]);
        assert_eq!(off("a.rs", "/* /* */\nguard();\n*/\nrun();\n"), [1, 2, 3]);
        assert_eq!(off("a.java", "/* /* */\nrun();\n"), [1]);
        assert_eq!(off("a.ts", "/* open\n\nguard()"), [1, 3]);
        assert_eq!(off("a.vue", "<p>it's</p>\n<!--\n<b v-if=\"x\"/>\n-->\n<i/>"), [2, 3, 4]);
    }

    #[test]
    fn a_text_that_nobody_reads_is_off() {
        assert_eq!(off("a.py", "run()\n\"\"\"\nguard()\n\"\"\"\nrun()\n"), [2, 3, 4]);
        assert_eq!(off("a.py", "def f():\n    r'''Why.'''\n    run()\n"), [2]);
        let data =
            "query = \"\"\"\nselect\n\"\"\"\nguard('\"\"\"', x)  # \"\"\"\nrun(\"\"\"a\"\"\", \"\"\"b\n\"\"\")\n";
        assert_eq!(off("a.py", data), Vec::<usize>::new());
        let argument = "run(\n    \"\"\"\n    select\n    \"\"\",\n    \"\"\"b\"\"\"\n)\nquery = \\\n\"\"\"a\"\"\"\n";
        assert_eq!(off("a.py", argument), Vec::<usize>::new());
        assert_eq!(off("a.py", "\"\"\"\nguard(\\\"\"\")\n\"\"\"\nrun()\n"), [1, 2, 3]);
        assert_eq!(off("a.rb", "run\n=begin\nguard\n=end\nrun\n"), [2, 3, 4]);
    }

    #[test]
    fn a_file_that_no_build_takes_up_is_off() {
        assert_eq!(off("a.go", "// Why.\n//go:build ignore\n\npackage a\n"), [1, 2, 3, 4]);
        assert_eq!(off("a.go", "package a\n// +build ignore\n"), Vec::<usize>::new());
        let quoted = "/*\n//go:build ignore\n*/\npackage a\n";
        assert_eq!(off("a.go", quoted), [1, 2, 3]);
        assert_eq!(off("a.go", &format!("/* a */\n//go:build ignore\n{quoted}")), [1, 2, 3, 4, 5, 6]);
        assert_eq!(off("a.go", "//go:build linux\npackage a\n"), Vec::<usize>::new());
    }

    #[test]
    fn what_only_looks_like_a_comment_is_not() {
        assert_eq!(off("a.rs", "let all = \"src/**/*.rs\";\nrun();\n"), Vec::<usize>::new());
        assert_eq!(off("a.rs", "fn of<'a>(at: &'a str) {}\nlet one = '\"';\n/* off\n*/\n"), [3, 4]);
        assert_eq!(off("a.go", "// all of /*\nrun()\nx := `/*`\ny := \"\\\"/*\"\n"), Vec::<usize>::new());
        assert_eq!(off("a.py", "/*\nrun()\n*/\n"), Vec::<usize>::new());
        assert_eq!(off("Makefile", "all: /*\n\trun\n"), Vec::<usize>::new());
    }

    #[test]
    fn what_no_compiler_sees_is_off() {
        assert_eq!(off("a.c", "#if 0\nguard();\n#else\nrun();\n#endif\nrun();\n"), [1, 2]);
        assert_eq!(
            off("a.h", "# if 0 // for now\n#ifdef X\nguard();\n#endif\nguard();\n#endif\nrun();\n"),
            [1, 2, 3, 4, 5]
        );
        assert_eq!(off("a.cs", "#if false\nGuard();\n#endif\n"), [1, 2]);
        assert_eq!(off("a.c", "#if 0 || X\nrun();\n#endif\n#if X\nrun();\n#endif\n#endif\n"), Vec::<usize>::new());
        assert_eq!(off("a.go", "#if 0\nrun()\n#endif\n"), Vec::<usize>::new());
    }
}
