//! Tables for other programs: CSV for a spreadsheet, Markdown for a page.

use crate::domain::text;

/// Rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe before it: what people typed
/// must not run on the auditor's machine.
pub fn csv<R: AsRef<[String]>>(rows: impl IntoIterator<Item = R>) -> String {
    let cell = |cell: &String| {
        let cell = text::neutral(cell);
        let runs = cell.starts_with(['=', '+', '-', '@']);
        let cell = format!("{}{}", if runs { "'" } else { "" }, cell.replace('"', "\"\""));
        if cell.contains([',', '"']) { format!("\"{cell}\"") } else { cell }
    };
    let line = |row: R| row.as_ref().iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n";
    rows.into_iter().map(line).collect()
}

/// A text as it can stand within a line of Markdown: nothing in it is markup, HTML, a formula or a link that hides where it
/// leads, and nobody is called by it (a host that sees `@name` writes them a letter). A word that is a web address leads there.
pub fn markdown(plain: &str) -> String {
    let word = |word: &str| if text::is_web_address(word) { format!("<{word}>") } else { escaped(word) };
    plain.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn escaped(word: &str) -> String {
    let mut shown = String::new();
    let mut before = ' ';
    for character in text::neutral(word).chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '|' | '~' | '$' => {
                shown.push('\\');
                shown.push(character);
            }
            // An address (`ada@example.com`) calls nobody.
            '@' if !before.is_alphanumeric() => shown.push_str("@\u{200b}"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            _ => shown.push(character),
        }
        before = character;
    }
    shown
}

/// The same where it begins a line: nor is it an entry of a list, a rule or the underline of a heading.
pub fn markdown_line(plain: &str) -> String {
    let shown = markdown(plain);
    let digits = shown.len() - shown.trim_start_matches(|first: char| first.is_ascii_digit()).len();
    let marks: &[char] = if digits == 0 { &['-', '+', '='] } else { &['.', ')'] };
    if shown[digits..].starts_with(marks) { format!("{}\\{}", &shown[..digits], &shown[digits..]) } else { shown }
}

/// Rows below headers as a Markdown table.
pub fn markdown_table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut table = line(headers.iter().map(|header| markdown(header)).collect());
    table.push_str(&line(headers.iter().map(|_| "---".to_owned()).collect()));
    for row in rows {
        table.push_str(&line(row.iter().map(|cell| markdown(cell)).collect()));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_a_cell_and_never_runs() {
        let row = ["plain", "a,b", "say \"x\"", "=cmd|'/c calc'!A1", "-1", "two\nlines"].map(str::to_owned);
        let expected = "plain,\"a,b\",\"say \"\"x\"\"\",'=cmd|'/c calc'!A1,'-1,two\\nlines\r\n";
        assert_eq!(csv([row]), expected);
        assert!(!csv([["a\u{1b}[2J\u{202e}".to_owned()]]).contains(['\u{1b}', '\u{202e}']));
    }

    #[test]
    fn nothing_that_people_typed_is_markup() {
        assert_eq!(markdown("<b> [x](y) | `z` & *"), "&lt;b&gt; \\[x\\](y) \\| \\`z\\` &amp; \\*");
        assert_eq!(markdown("@all, ask ada@example.com: $x$"), "@\u{200b}all, ask ada@example.com: \\$x\\$");
        let link = "https://a.example/b_c?d=1&e=2";
        assert_eq!(
            markdown(&format!("see {link} [x]({link})")),
            format!("see <{link}> \\[x\\]({})", "https://a.example/b\\_c?d=1&amp;e=2")
        );
        for (typed, shown) in [
            ("- a", "\\- a"),
            ("12. a", "12\\. a"),
            ("1) a", "1\\) a"),
            ("---", "\\---"),
            ("=", "\\="),
            ("# a", "\\# a"),
            ("a - b", "a - b"),
            ("12 a", "12 a"),
            ("", ""),
        ] {
            assert_eq!(markdown_line(typed), shown);
        }
        let table = markdown_table(&["a", "b"], &[vec!["1|2".to_owned(), "x\ny".to_owned()]]);
        assert_eq!(table, "| a | b |\n| --- | --- |\n| 1\\|2 | x\\\\ny |\n");
    }
}
