//! Code that no run reaches: what stands under a condition that is never true, and behind a statement that leaves its block.

use memchr::memmem;

use super::language::{Blocks, Language};
use super::lines::{Text, indentation};

/// Without one of these no condition of a text is never true.
const MARKS: [&[u8]; 6] = [b"alse", b"(0", b"if 0", b"while 0", b"&& 0", b"cfg(any())"];

/// Statements that leave their block, whatever comes.
const LEAVING: &[&str] = &[
    "return",
    "raise",
    "throw",
    "panic!",
    "panic",
    "break",
    "continue",
    "exit",
    "sys.exit",
    "os.exit",
    "os.Exit",
    "process.exit",
    "die",
];

/// Whether each line of a file stands under a condition that is never true; none where no line does.
///
/// A block is what is indented more than its head.
pub(super) fn never_run(language: &Language, text: &Text<'_>) -> Option<Vec<bool>> {
    if !language.has_blocks() || !MARKS.iter().any(|mark| memmem::find(text.bytes(), mark).is_some()) {
        return None;
    }
    let (mut block, mut item) = (None, false);
    let mut off = Vec::with_capacity(text.lines().len());
    for line in text.lines() {
        let (depth, words) = (indentation(line), String::from_utf8_lossy(line.trim_ascii()));
        if words.is_empty() {
            off.push(false);
            continue;
        }
        // A head may be of several lines.
        let is_of_head = words.starts_with([')', '{']);
        if block.is_some_and(|head| depth > head || depth == head && is_of_head) {
            off.push(true);
            continue;
        }
        let starts_item = language.unbuilt_items.iter().any(|mark| words.starts_with(mark));
        let condition = if starts_item || item { None } else { never_true(language.blocks, &words) };
        block = (condition.is_some() || item).then_some(depth);
        off.push(starts_item || item || condition == Some(Body::Here));
        // More attributes and comments may stand between.
        item = starts_item || item && (words.starts_with("#[") || words.starts_with("//"));
    }
    off.contains(&true).then_some(off)
}

/// Where what a condition is for stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    /// On the same line, at least a part of it, or of the condition itself.
    Here,
    Below,
}

/// Whether a line begins what runs only under a condition that is never true.
fn never_true(blocks: Blocks, line: &str) -> Option<Body> {
    let inner = line.trim_start_matches('}').trim_start();
    let inner = inner.strip_prefix("else ").unwrap_or(inner).trim_start();
    let (word, rest) = ["if", "elif", "while"].iter().find_map(|word| Some((*word, inner.strip_prefix(word)?)))?;
    let is_end_of_loop = word == "while" && line.starts_with('}');
    if rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') || is_end_of_loop {
        return None;
    }
    let rest = rest.trim_start();
    let (condition, body) = match blocks {
        Blocks::Indentation => {
            let code = rest.split_once(" #").map_or(rest, |(code, _)| code).trim_end();
            code.strip_suffix(':').map(|condition| (condition, "")).or_else(|| code.split_once(": "))?
        }
        Blocks::Words => (rest.split([';', '#']).next()?.trim_end_matches("then"), ""),
        _ if rest.starts_with('(') => {
            let end = closing(rest)?;
            (&rest[1..end], rest[end + 1..].trim().trim_start_matches('{').trim_start())
        }
        _ => (rest.rsplit_once('{')?.0, ""),
    };
    if body.starts_with(';') {
        return None;
    }
    let is_false = |word: &str| matches!(word.trim(), "false" | "False" | "0");
    let condition = condition.trim();
    if is_false(condition) {
        let is_below = body.is_empty() || body.starts_with("//") || body.starts_with("/*");
        return Some(if is_below { Body::Below } else { Body::Here });
    }
    let both = |and: &str| condition.split(and).any(is_false);
    // Whoever writes `false &&` before a condition takes the condition itself away.
    let is_certain = !condition.contains("||") && !condition.split_whitespace().any(|word| word == "or");
    (is_certain && (both("&&") || both(" and "))).then_some(Body::Here)
}

/// Where the parenthesis ends that a text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at),
            ')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

impl Language {
    /// The statements above a line, in its own block and in those around it, that leave it for certain: behind them nothing runs.
    pub fn leaves_before<'a>(&self, text: &Text<'a>, line: usize) -> Vec<&'a [u8]> {
        let mut found = Vec::new();
        if !self.has_blocks() {
            return found;
        }
        let mut depth = indentation(text.lines()[line]);
        for above in text.lines()[..line].iter().rev() {
            let words = above.trim_ascii();
            if words.is_empty() || indentation(above) > depth {
                continue;
            }
            // What a preprocessor leaves out is not known, and a label may be jumped to.
            if self.is_braced() && (words.starts_with(b"#") || is_label(words)) {
                break;
            }
            if indentation(above) == depth && leaves(self, words) {
                found.push(words);
            }
            depth = indentation(above);
        }
        found
    }
}

/// Whether a line is a label: `out:`, `case 1:`, `default:`.
fn is_label(words: &[u8]) -> bool {
    words.ends_with(b":") && words.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_: '\".".contains(byte))
}

/// Whether a line begins a statement that leaves its block for certain.
fn leaves(language: &Language, words: &[u8]) -> bool {
    let words = String::from_utf8_lossy(words);
    let is_backwards = || language.is_backwards && [" if ", " unless "].iter().any(|word| words.contains(word));
    let is_whole = |rest: &str| {
        rest.is_empty() || rest.starts_with([' ', ';', '(']) && !rest.trim_start().starts_with(['=', '.', ':'])
    };
    LEAVING.iter().any(|word| words.strip_prefix(word).is_some_and(is_whole)) && !is_backwards()
}

#[cfg(test)]
mod tests {
    use super::super::identity::RepositoryPath;
    use super::*;

    /// The numbers of the lines that are never run, from 1.
    fn off(path: &str, text: &str) -> Vec<usize> {
        let found =
            never_run(&Language::of(&RepositoryPath::new(path)), &Text::new(text.as_bytes())).unwrap_or_default();
        found.iter().enumerate().filter(|(_, off)| **off).map(|(line, _)| line + 1).collect()
    }

    #[test]
    fn what_stands_under_a_condition_that_is_never_true_is_not_run() {
        assert_eq!(off("a.py", "if False:  # for now\n    guard()\n\n    more()\nrun()\n"), [2, 4]);
        assert_eq!(off("a.py", "def f():\n    while 0:\n        guard()\n    run()\n"), [3]);
        assert_eq!(off("a.py", "if False: guard()\nrun()\n"), [1]);
        assert_eq!(
            off("a.py", "if False and n > 1:\n    guard()\nelif False:\n    more()\nelse:\n    run()\n"),
            [1, 2, 4]
        );
        assert_eq!(off("a.go", "\tif false {\n\t\tguard()\n\t}\n\trun()\n"), [2]);
        assert_eq!(off("a.go", "\tif n > 1 && false {\n\t\tguard()\n\t}\n"), [1, 2]);
        assert_eq!(off("a.c", "if (0)\n{\n\tguard();\n}\nelse if (false) { // off\n\tmore();\n}\n"), [2, 3, 6]);
        assert_eq!(off("a.c", "if (0) guard();\nrun();\n"), [1]);
        assert_eq!(off("a.ts", "} else if (false && n) {\n  guard();\n}\n"), [1, 2]);
        assert_eq!(
            off("a.rs", "#[cfg(any())]\n/// Why.\npub fn f(\n    n: u8,\n) -> u8 {\n    guard()\n}\nrun();\n"),
            [1, 2, 3, 4, 5, 6]
        );
    }

    #[test]
    fn what_may_be_true_is_run() {
        for (path, text) in [
            ("a.py", "if False or n:\n    run()\n"),
            ("a.py", "if is_False:\n    run()\nif x == False:\n    run()\n"),
            ("a.py", "iffy(False)\n    run()\n"),
            ("a.c", "do {\n\trun();\n} while (0)\n\trun();\n"),
            ("a.c", "if (n > (0)) {\n\trun();\n}\nif (0 || n) {\n\trun();\n}\n"),
            ("a.go", "if ok == false {\n\trun()\n}\n"),
            ("a.rs", "if !false {\n    run();\n}\n"),
            ("a.txt", "if false {\n    run();\n}\n"),
        ] {
            assert_eq!(off(path, text), Vec::<usize>::new(), "{text}");
        }
    }

    #[test]
    fn behind_a_statement_that_leaves_nothing_runs() {
        let leaves = |path: &str, text: &str| {
            let text = Text::new(text.as_bytes());
            let line = text.lines().iter().position(|line| line.trim_ascii().starts_with(b"guard")).unwrap();
            Language::of(&RepositoryPath::new(path)).leaves_before(&text, line).len()
        };
        for (path, text) in [
            ("a.py", "def f():\n    return 1\n    guard()\n"),
            ("a.py", "def f():\n    raise Later(\n        1)\n    # Why.\n    if n:\n        guard()\n"),
            ("a.go", "\tpanic(\"later\")\n\n\tguard()\n"),
            ("a.sh", "exit 0\nguard\n"),
            ("a.js", "  throw new Error();\n  if (n) {\n    guard();\n"),
        ] {
            assert_eq!(leaves(path, text), 1, "{text}");
        }
        for (path, text) in [
            ("a.py", "def f():\n    if n:\n        return 1\n    guard()\n"),
            ("a.py", "def f():\n    return 1\n\ndef g():\n    guard()\n"),
            ("a.c", "\tif (n)\n\t\treturn 1;\n\tguard();\n"),
            ("a.c", "\treturn 1;\nout:\n\tguard();\n"),
            ("a.c", "#ifdef X\nreturn 1;\n#else\nguard();\n"),
            ("a.c", "\tcase 1:\n\treturn 1;\n\tcase 2:\n\tguard();\n"),
            ("a.rb", "return 1 if n\nguard\n"),
            ("a.py", "returned = 1\nguard()\n"),
            ("a.js", "  a() {\n    return 1\n  }\n  b() {\n    guard()\n"),
            ("a.yaml", "exit 0\nguard\n"),
        ] {
            assert_eq!(leaves(path, text), 0, "{text}");
        }
    }
}
