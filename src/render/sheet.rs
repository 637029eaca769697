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

/// A text as it can stand anywhere in Markdown, on one line: nothing in it is markup, HTML or a link.
pub fn markdown(plain: &str) -> String {
    let mut shown = String::new();
    for character in text::neutral(plain).chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '|' | '~' => {
                shown.push('\\');
                shown.push(character);
            }
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            _ => shown.push(character),
        }
    }
    shown
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
        let table = markdown_table(&["a", "b"], &[vec!["1|2".to_owned(), "x\ny".to_owned()]]);
        assert_eq!(table, "| a | b |\n| --- | --- |\n| 1\\|2 | x\\\\ny |\n");
    }
}
