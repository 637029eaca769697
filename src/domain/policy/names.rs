//! How names are spelled, and the name that was probably meant.

/// The longest name, in characters.
pub const LONGEST: usize = 60;

/// Whether it is lower-case words of letters and digits joined by `separator`, beginning with a letter.
pub fn is_name(text: &str, separator: char) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= LONGEST
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split(separator).all(word)
}

/// Whether it can be the value of a choice: letters, digits, and `-`, `_` or `.` between them.
pub fn is_choice(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let edge = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    text.len() <= LONGEST && text.bytes().all(inner) && edge(text.chars().next()) && edge(text.chars().next_back())
}

/// Why git would not take a branch of this name; none if it would (the rules of `git check-ref-format --branch`).
pub fn branch_fault(name: &str) -> Option<&'static str> {
    let part_fault = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    if name.is_empty() {
        Some("it is empty")
    } else if name.starts_with("refs/") {
        Some("write it without refs/heads/")
    } else if name.starts_with('-') {
        Some("it starts with a dash")
    } else if name.contains("..") || name.contains("@{") || name == "@" || name == "HEAD" {
        Some("git reserves this spelling")
    } else if name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c)) {
        Some("it holds a character that git forbids in branch names")
    } else if name.ends_with('.') || name.split('/').any(part_fault) {
        Some("a part of it is empty, starts or ends with a dot, or ends with .lock")
    } else {
        None
    }
}

/// The allowed name closest to a misspelt one, if it is close enough to have been meant.
///
/// Distance: insertions, deletions, substitutions and swaps of neighbours (optimal string alignment, after Damerau 1964),
/// at most a third of the longer name; case, `-` and `_` do not count.
pub fn nearest<'a>(text: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.chars().take(LONGEST).collect::<String>().to_lowercase().replace('-', "_");
    let text = plain(text);
    let measured = allowed.into_iter().map(|name| (distance(&text, &plain(name)), name));
    let (edits, name) = measured.min_by_key(|(edits, _)| *edits)?;
    (edits * 3 <= text.chars().count().max(name.chars().count())).then_some(name)
}

fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = substituted.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_one_that_was_meant() {
        let allowed = ["severity", "data_at_risk", "workaround"];
        for (text, meant) in [
            ("severty", Some("severity")),
            ("Severity", Some("severity")),
            ("data-at-risk", Some("data_at_risk")),
            ("wrokaround", Some("workaround")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, allowed), meant, "{text:?}");
        }
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn names_are_plain() {
        assert!(is_name("data_at_risk", '_') && is_name("sev1", '_') && is_name("no-flag", '-'));
        for bad in ["", "_a", "a_", "a__b", "A", "1a", "a-b", "é", &"a".repeat(61)] {
            assert!(!is_name(bad, '_'), "{bad:?}");
        }
        assert!(is_choice("1.2") && is_choice("P1") && !is_choice("-a") && !is_choice("a b") && !is_choice(""));
    }

    #[test]
    fn a_branch_name_is_one_that_git_takes() {
        for good in ["main", "release/1.x", "feature/ü", "a@b"] {
            assert_eq!(branch_fault(good), None, "{good:?}");
        }
        for bad in [
            "",
            "refs/heads/main",
            "-x",
            "a..b",
            "a b",
            "a*",
            "a/",
            "/a",
            "a//b",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "HEAD",
            "x.",
        ] {
            assert!(branch_fault(bad).is_some(), "{bad:?}");
        }
    }
}
