//! The words in SQL that destroy what an older release may still need.

/// A destroying statement: its line (from 1) and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destroying {
    /// The line of the destroying word, from 1.
    pub line: usize,
    /// The words, such as `DROP TABLE users`.
    pub words: String,
}

/// Finds `DROP`, `TRUNCATE`, `RENAME` and `ALTER … TYPE` (also MySQL's `MODIFY` and `CHANGE`), whatever their case, outside
/// comments and strings; sections that only run when going back (goose, dbmate) are left out.
///
/// A dollar-quoted body is code and is looked into. This is a scanner of words, not a parser: it may name a statement that is
/// harmless, and statements that are put together at run time escape it.
pub fn destroying(text: &[u8]) -> Vec<Destroying> {
    let words = words(text);
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found.text.eq_ignore_ascii_case(word));
    let mut found = Vec::new();
    let mut altering = false;
    for (at, word) in words.iter().enumerate() {
        if word.text == ";" {
            altering = false;
        }
        altering |= is(at, "ALTER");
        // TRUNCATE(x, 2) is a function of numbers, and `ALTER TYPE` names what is altered in its second word.
        let destroys = is(at, "DROP")
            || (is(at, "TRUNCATE") && !is(at + 1, "("))
            || is(at, "RENAME")
            || (altering && changes_type(at, &is));
        if destroys {
            let phrase = words[at..].iter().take(4).take_while(|word| word.text != ";" && word.text != "(");
            let phrase: Vec<&str> = phrase.map(|word| word.text.as_str()).collect();
            let words = format!("{}{}", if altering && !is(at, "ALTER") { "ALTER … " } else { "" }, phrase.join(" "));
            if found.last().is_none_or(|last: &Destroying| last.line != word.line) {
                found.push(Destroying { line: word.line, words });
            }
        }
    }
    found
}

/// Whether the word at `at`, within an ALTER, changes a type; a new column may well be called `type`.
fn changes_type(at: usize, is: &dyn Fn(usize, &str) -> bool) -> bool {
    let before = |back: usize, words: &[&str]| at >= back && words.iter().any(|word| is(at - back, word));
    if is(at, "TYPE") {
        return before(1, &["ALTER", "DATA"]) || (before(2, &["ALTER", "COLUMN"]) && !before(1, &["COLUMN"]));
    }
    (is(at, "MODIFY") || is(at, "CHANGE")) && !before(1, &["ADD", "COLUMN"])
}

struct Word {
    line: usize,
    text: String,
}

/// Words and single signs, without comments and strings; quoted names count as a word of another kind (`"drop"` is no DROP).
fn words(text: &[u8]) -> Vec<Word> {
    let mut scanner = Scanner { text, at: 0, line: 1 };
    let mut words = Vec::new();
    let mut going_back = false;
    while let Some(byte) = scanner.peek(0) {
        let line = scanner.line;
        let word = match byte {
            b'-' if scanner.peek(1) == Some(b'-') => {
                let comment = scanner.until_newline().to_ascii_lowercase();
                let comment: String = comment.split_whitespace().collect();
                if comment.starts_with("--+goose") || comment.starts_with("--migrate:") {
                    going_back = match comment.as_str() {
                        "--+goosedown" => true,
                        "--+gooseup" => false,
                        marker if marker.starts_with("--migrate:down") => true,
                        marker if marker.starts_with("--migrate:up") => false,
                        _ => going_back,
                    };
                }
                continue;
            }
            b'/' if scanner.peek(1) == Some(b'*') => {
                scanner.comment();
                continue;
            }
            b'\'' | b'"' | b'`' => {
                let quoted = scanner.quoted(byte);
                if byte == b'\'' {
                    continue;
                }
                format!("{0}{quoted}{0}", char::from(byte))
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => scanner.word(),
            byte => {
                scanner.step();
                if byte.is_ascii_whitespace() {
                    continue;
                }
                char::from(byte).to_string()
            }
        };
        if !going_back {
            words.push(Word { line, text: word });
        }
    }
    words
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn step(&mut self) {
        self.line += usize::from(self.peek(0) == Some(b'\n'));
        self.at += 1;
    }

    fn until_newline(&mut self) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.step();
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    /// A comment between `/*` and `*/`; PostgreSQL lets them nest.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => depth += 1,
                (b'*', Some(b'/')) => depth -= 1,
                _ => {
                    self.step();
                    continue;
                }
            }
            self.step();
            self.step();
            if depth == 0 {
                return;
            }
        }
    }

    /// What stands between two quotes; a doubled quote stands for one.
    fn quoted(&mut self, quote: u8) -> String {
        self.step();
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            if byte == quote && self.peek(1) != Some(quote) {
                break;
            }
            if byte == quote {
                self.step();
            }
            self.step();
        }
        let inside = self.text.get(start..self.at).unwrap_or_default();
        let inside = String::from_utf8_lossy(inside).into_owned();
        self.step();
        inside
    }

    fn word(&mut self) -> String {
        let start = self.at;
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || byte >= 0x80;
        while self.peek(0).is_some_and(inside) {
            self.step();
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        destroying(text.as_bytes()).into_iter().map(|found| (found.line, found.words)).collect()
    }

    #[test]
    fn finds_the_words_that_destroy() {
        let cases = [
            ("drop table users;", "drop table users"),
            ("Truncate\tTABLE logs", "Truncate TABLE logs"),
            ("ALTER TABLE a RENAME COLUMN b TO c;", "ALTER … RENAME COLUMN b TO"),
            ("alter table a alter column b set data type bigint;", "ALTER … type bigint"),
            ("ALTER TABLE a MODIFY b INT;", "ALTER … MODIFY b INT"),
            ("ALTER TYPE mood ADD VALUE 'ok';", "ALTER … TYPE mood ADD VALUE"),
            ("DO $$ BEGIN DROP TABLE a; END $$;", "DROP TABLE a"),
            ("DROP TABLE \"Odd;Name\";", "DROP TABLE \"Odd;Name\""),
        ];
        for (text, words) in cases {
            assert_eq!(found(text), [(1, words.to_owned())], "{text}");
        }
    }

    #[test]
    fn comments_strings_and_names_destroy_nothing() {
        for text in [
            "-- drop table users",
            "/* a /* nested */ DROP TABLE x */ SELECT 1;",
            "INSERT INTO a VALUES ('DROP TABLE x; it''s', 2);",
            "SELECT \"drop\", `rename`, backdrop, drop_date, TRUNCATE(x, 2) FROM a;",
            "CREATE TABLE a (type text); CREATE TYPE mood AS ENUM ('x');",
            "ALTER TABLE a ADD b int; SELECT type FROM a;",
            "ALTER TABLE a ADD COLUMN type text, ADD COLUMN change int;",
            "-- +goose Up\nCREATE TABLE a (b int);\n-- +goose Down\nDROP TABLE a;",
            "-- migrate:up\nSELECT 1;\n-- migrate:down transaction:false\nDROP TABLE a;",
            "'never closed DROP TABLE x",
            "/* never closed DROP TABLE x",
            "",
        ] {
            assert_eq!(found(text), Vec::new(), "{text}");
        }
    }

    #[test]
    fn a_statement_is_found_on_the_line_of_its_word() {
        let text = "CREATE TABLE a (b int);\n\nALTER TABLE a\n  -- why\n  DROP COLUMN b,\n  DROP COLUMN c;\n";
        assert_eq!(found(text), [(5, "ALTER … DROP COLUMN b ,".to_owned()), (6, "ALTER … DROP COLUMN c".to_owned())]);
    }
}
