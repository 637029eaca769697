//! Web addresses in a terminal's text: where they stand, and whether the terminal makes links of them.

use std::ops::Range;

use crate::domain::text;

/// What begins and ends a link: an operating system command, number 8 (egmontkob's "Hyperlinks in terminal emulators").
pub(super) fn opening(address: &str) -> String {
    format!("\u{1b}]8;;{address}\u{1b}\\")
}

pub(super) const CLOSING: &str = "\u{1b}]8;;\u{1b}\\";

/// The bytes on which web addresses stand in a line; never one that was cut off, and without the full stop behind it.
pub(super) fn addresses(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find("http").map(|at| at + from) {
        let whole = line[at..].split(|character| !text::may_stand_in_address(character)).next().unwrap_or_default();
        let end = at + whole.len();
        let mut address = whole.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        while address.ends_with(')') && address.matches(')').count() > address.matches('(').count() {
            address = address[..address.len() - 1].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        }
        let begins_a_word = !line[..at].ends_with(|before: char| before.is_alphanumeric());
        if begins_a_word && text::is_web_address(address) && !line[end..].starts_with('…') {
            found.push(at..at + address.len());
        }
        from = end.max(at + 4);
    }
    found
}

/// Whether the terminal that these variables tell of is known to make links. One that is not may show the address twice.
pub fn are_known(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, values: &[&str]| variable(name).is_some_and(|value| values.contains(&value.as_str()));
    let term = variable("TERM").unwrap_or_default();
    // A multiplexer passes on what the terminal around it said of itself, and not always the links.
    if term.starts_with("screen") || term.starts_with("tmux") {
        return false;
    }
    let number = |name: &str| variable(name).and_then(|version| version.parse::<u32>().ok());
    number("VTE_VERSION").is_some_and(|version| version >= 5000)
        || is("TERM_PROGRAM", &["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "zed"])
        || ["xterm-kitty", "xterm-ghostty", "alacritty", "alacritty-direct", "foot", "foot-extra"]
            .contains(&term.as_str())
        || ["WT_SESSION", "DOMTERM"].iter().any(|name| variable(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<&str> {
        addresses(line).into_iter().map(|at| &line[at]).collect()
    }

    #[test]
    fn addresses_are_found_whole_and_without_the_sentence_around_them() {
        assert_eq!(
            found("see https://a.example/b?c=1&d=2, and (http://x.example/y(z))."),
            ["https://a.example/b?c=1&d=2", "http://x.example/y(z)"]
        );
        assert_eq!(found("tests=https://a.example"), ["https://a.example"]);
        for none in ["", "http", "https://", "xhttps://a.example", "https://a.exam…", "javascript:https", "http:/a"] {
            assert_eq!(found(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn terminals_are_told_by_what_they_say_of_themselves() {
        let known = |pairs: &[(&str, &str)]| {
            are_known(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(
            known(&[("VTE_VERSION", "7200")]) && !known(&[("VTE_VERSION", "4900")]) && !known(&[("VTE_VERSION", "x")])
        );
        assert!(
            known(&[("TERM_PROGRAM", "WezTerm")]) && known(&[("TERM", "xterm-kitty")]) && known(&[("WT_SESSION", "1")])
        );
        assert!(!known(&[]) && !known(&[("TERM", "xterm-256color")]));
        assert!(!known(&[("TERM", "tmux-256color"), ("VTE_VERSION", "7200")]));
    }

    proptest::proptest! {
        #[test]
        fn every_address_found_is_one(line in "(https?://|[a-z./()…,é ]){0,12}") {
            for at in addresses(&line) {
                proptest::prop_assert!(text::is_web_address(&line[at]));
            }
        }
    }
}
