//! Where the code of a line ends and a comment behind it begins.
//!
//! What somebody writes behind a line does nothing: `retries = 3  # was 5` is three, whatever the comment remembers.

use memchr::memmem;

use super::language::Language;
use super::lines::Text;

/// How comments to the end of a line begin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comments {
    marks: &'static [&'static [u8]],
}

impl Comments {
    /// Those of a language.
    pub fn of(language: &Language) -> Self {
        Self { marks: language.comments }
    }

    /// The same for a line of a file with this number, from 0; none where it may stand within a text of several lines.
    pub fn within(language: &Language, text: &Text<'_>, line: usize) -> Self {
        let before = || text.lines()[..line.min(text.lines().len())].iter();
        let is_open = |mark: &[u8]| {
            memmem::find(text.bytes(), mark).is_some()
                && before().map(|line| memmem::find_iter(line, mark).count()).sum::<usize>() % 2 == 1
        };
        let may_be_text = [&b"\"\"\""[..], b"'''", b"`"].iter().any(|mark| is_open(mark))
            || before().any(|line| memmem::find(line, b"<<").is_some());
        if may_be_text { Self::default() } else { Self::of(language) }
    }

    /// A line without the comment behind its code, and without the white space before that. A line that is a comment as a whole
    /// stays whole, and so does one in which the mark may stand within a text.
    pub fn code(self, line: &[u8]) -> &[u8] {
        let begins = |mark: &&[u8]| {
            memmem::find_iter(line, mark)
                .find(|at| is_behind_code(line, *at) && is_comment(mark, &line[at + mark.len()..]))
        };
        let comment = self.marks.iter().filter_map(begins).min();
        line[..comment.unwrap_or(line.len())].trim_ascii_end()
    }
}

/// Whether a mark with this behind it is a comment up to the end of the line: `/*` may end before, and `#{` and `-->` are none.
fn is_comment(mark: &[u8], rest: &[u8]) -> bool {
    match mark {
        b"/*" => {
            let rest = rest.trim_ascii_end();
            rest.ends_with(b"*/") && memmem::find(rest, b"*/") == Some(rest.len() - 2)
        }
        b"//" => true,
        _ => rest.first().is_none_or(u8::is_ascii_whitespace),
    }
}

/// Whether a comment may begin here: behind code, white space and whole texts.
fn is_behind_code(line: &[u8], at: usize) -> bool {
    let before = &line[..at];
    let is_whole = |quote: &u8| before.iter().filter(|byte| *byte == quote).count() % 2 == 0;
    before.last().is_some_and(u8::is_ascii_whitespace)
        && !before.trim_ascii().is_empty()
        && b"\"'`".iter().all(is_whole)
}

#[cfg(test)]
mod tests {
    use super::super::identity::RepositoryPath;
    use super::*;

    #[test]
    fn a_line_is_its_code() {
        for (path, line, code) in [
            ("a.py", "  limit = 3  # was 5", "  limit = 3"),
            ("a.py", "half = all // 2", "half = all // 2"),
            ("a.py", "color = \"a # b\"  # red", "color = \"a # b\""),
            ("a.py", "# limit = 3", "# limit = 3"),
            ("a.py", "it = 'don", "it = 'don"),
            ("a.go", "wait(ttl) // ttl / 2 was too short", "wait(ttl)"),
            ("a.go", "get(\"http://a\") /* b */", "get(\"http://a\")"),
            ("a.go", "put(a /* b */, c)", "put(a /* b */, c)"),
            ("a.rb", "say(a) #{b}", "say(a) #{b}"),
            ("a.hs", "a --> b", "a --> b"),
            ("a.sql", "limit 3 -- was 5", "limit 3"),
            ("deploy/Makefile", "LEVEL = info # was warn", "LEVEL = info"),
            ("a.txt", "limit 3 # was 5", "limit 3 # was 5"),
        ] {
            let found = Comments::of(&Language::of(&RepositoryPath::new(path))).code(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(found), code, "{path}: {line}");
        }
    }
}
