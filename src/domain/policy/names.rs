//! How names are spelled.

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

#[cfg(test)]
mod tests {
    use super::*;

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
