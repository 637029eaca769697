//! How foreign text is made fit to be shown: neutral, measured in terminal columns, wrapped between words.

use std::borrow::Cow;
use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character can move the cursor, turn the reading direction or hide: none of these is ever shown raw.
///
/// Controls (C0, DEL, C1), line and paragraph separators, bidirectional marks, embeddings, overrides and isolates
/// (Unicode Standard Annex 9), invisible fillers, tag characters, and the non-characters U+FDD0 to U+FDEF.
/// The zero-width joiners stay: emoji and several scripts need them.
pub fn is_hazard(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with every hazardous character spelt out (`\n`, `\t`, `\x1b`, `\u{202e}`): one line, safe on any terminal.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            control if (control as u32) < 0x100 && is_hazard(control) => {
                shown.push_str(&format!("\\x{:02x}", control as u32));
            }
            hazard if is_hazard(hazard) => shown.push_str(&format!("\\u{{{:x}}}", hazard as u32)),
            plain => shown.push(plain),
        }
    }
    Cow::Owned(shown)
}

/// Whether a word is a web address that can be followed: `http` or `https`, a host, and only characters that an address may
/// hold (RFC 3986), so that it can stand wherever an address can.
pub fn is_web_address(word: &str) -> bool {
    let rest = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphanumeric()) && rest.chars().all(may_stand_in_address)
    })
}

/// Whether a character can stand in a web address; the apostrophe is left out, for what quotes one ends there.
pub fn may_stand_in_address(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~:/?#[]@!$&()*+,;=%".contains(character)
}

/// A number of things: `1 commit`, `2 commits`, `2 hotfixes`.
pub fn counted<N: Copy + PartialEq + From<u8> + fmt::Display>(count: N, thing: &str) -> String {
    let ending = match thing.ends_with('x') {
        _ if count == N::from(1) => "",
        true => "es",
        false => "s",
    };
    format!("{count} {thing}{ending}")
}

/// The terminal columns that a text takes; hazardous characters count as none.
pub fn columns(text: &str) -> usize {
    if text.contains(is_hazard) {
        return text.chars().filter(|character| !is_hazard(*character)).filter_map(UnicodeWidthChar::width).sum();
    }
    text.width()
}

/// The text in lines of at most `width` columns, broken at spaces only: a longer word (an id, a path, a link) keeps a
/// line of its own, because half of it is of no use to whoever copies it. Never empty.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    wrap_after(0, text, width)
}

/// Like [`wrap`], with so many columns of the first line already taken, by a label.
pub fn wrap_after(taken: usize, text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = taken;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = columns(word);
        let space = usize::from(!line.is_empty());
        if used + space > 0 && used + space + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if space > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines
}

/// What a text says first: up to a full stop and a blank.
pub fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// The text cut to at most `width` columns, with `…` at the end where something was cut.
pub fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut used = 0;
    for character in text.chars() {
        let length = character.width().unwrap_or(0);
        if used + length + 1 > width {
            break;
        }
        shown.push(character);
        used += length;
    }
    if text[shown.len()..].starts_with(|next: char| !next.is_whitespace())
        && let Some(end) = word_end(&shown, width)
    {
        shown.truncate(end);
    }
    shown.truncate(shown.trim_end().len());
    shown.push('…');
    Cow::Owned(shown)
}

/// Where the last whole word of a text ends that was cut to a width: behind the blank there. None where that would cut away half
/// of it.
fn word_end(cut: &str, width: usize) -> Option<usize> {
    let end = cut.rfind(' ')? + 1;
    (columns(&cut[..end]) > width / 2).then_some(end)
}

/// Two lines to be compared, each in pieces of at most `width` columns: what differs is never cut away. Of very long ones the
/// pieces from their first difference on.
pub fn in_pieces(lines: [&str; 2], width: usize) -> [Vec<String>; 2] {
    const MOST: usize = 4;
    let pieces = lines.map(|line| pieces(line, width));
    if pieces.iter().all(|pieces| pieces.len() <= MOST) {
        return pieces;
    }
    let same = pieces[0].iter().zip(&pieces[1]).take_while(|(left, right)| left == right).count();
    pieces.map(|pieces| {
        let before = (same > 0).then(|| "…".to_owned());
        let after = (pieces.len() > same + MOST).then(|| "…".to_owned());
        before.into_iter().chain(pieces.into_iter().skip(same).take(MOST)).chain(after).collect()
    })
}

/// A line broken where it is too long, between words where there are some; what goes on is indented.
fn pieces(line: &str, width: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    let shown = neutral(line);
    let (mut pieces, mut piece, mut used) = (Vec::new(), String::new(), 0);
    for character in shown.chars() {
        let length = character.width().unwrap_or(0);
        if used + length > width && used > INDENT.len() {
            let rest = match character {
                ' ' => String::new(),
                _ => word_end(&piece, width).map(|end| piece.split_off(end)).unwrap_or_default(),
            };
            pieces.push(std::mem::replace(&mut piece, format!("{INDENT}{rest}")));
            used = columns(&piece);
        }
        piece.push(character);
        used += length;
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_text_is_not_touched() {
        assert!(matches!(neutral("Zürich – 日本語 👩‍🚒"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_could_steer_a_terminal_is_spelt_out() {
        assert_eq!(neutral("a\x1b[31mb\r\n\tc\x07\u{7f}"), "a\\x1b[31mb\\r\\n\\tc\\x07\\x7f");
        assert_eq!(neutral("\u{9b}2J"), "\\x9b2J");
        assert_eq!(neutral("user\u{202e}gpj.exe"), "user\\u{202e}gpj.exe");
        assert_eq!(neutral("in\u{200b}vis\u{feff}ible\u{e0041}"), "in\\u{200b}vis\\u{feff}ible\\u{e0041}");
        assert_eq!(neutral("\u{fdd0}fake"), "\\u{fdd0}fake");
    }

    #[test]
    fn what_differs_in_two_long_lines_is_shown() {
        let [left, right] = in_pieces(["return amount / 100", "return amount / 10"], 10);
        assert_eq!(
            (left, right),
            (
                vec!["return ".into(), "  amount /".into(), "   100".into()],
                vec!["return ".to_owned(), "  amount /".into(), "   10".into()]
            )
        );
        let same = "x".repeat(5_000);
        let [left, right] = in_pieces([&format!("{same}1 {same}"), &format!("{same}2 {same}")], 40);
        assert_eq!((left.len(), right.len()), (6, 6));
        assert!(left.iter().all(|piece| columns(piece) <= 40));
        assert!(left[1].contains('1') && right[1].contains('2'), "{left:?} {right:?}");
        assert_eq!(in_pieces(["a", ""], 40), [vec!["a".to_owned()], vec![String::new()]]);
    }

    #[test]
    fn a_web_address_is_told_from_what_only_looks_like_one() {
        for address in ["https://example.com", "http://a.b:80/c?d=e&f=g#h", "https://ci.example.com/run/1"] {
            assert!(is_web_address(address), "{address}");
        }
        for other in
            ["https://", "https:///x", "ftp://x", "javascript:x", "https://a b", "https://a\x1b]8;;", "https://ü"]
        {
            assert!(!is_web_address(other), "{other}");
        }
    }

    #[test]
    fn width_counts_columns_not_characters() {
        assert_eq!(columns("日本"), 4);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(columns("\u{fdd0}ab\u{fddf}"), 2);
    }

    #[test]
    fn wrapping_breaks_at_spaces_only() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("see https://example.org/a/very/long/path now", 10),
            ["see", "https://example.org/a/very/long/path", "now"]
        );
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("日本 日本", 6), ["日本", "日本"]);
    }

    proptest::proptest! {
        #[test]
        fn wrapping_loses_nothing_and_keeps_to_the_width(taken in 0_usize..30, text in "[ a-z日\u{301}]{0,80}", width in 8_usize..60) {
            let lines = wrap_after(taken, &text, width);
            let wrapped: Vec<&str> = lines.iter().flat_map(|line| line.split(' ')).filter(|word| !word.is_empty()).collect();
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            assert_eq!(wrapped, words);
            for (number, line) in lines.iter().enumerate() {
                let used = columns(line) + if number == 0 { taken } else { 0 };
                assert!(used <= width || !line.contains(' '), "{line:?} takes {used} of {width}");
            }
        }

        #[test]
        fn neutral_text_holds_no_hazard_and_is_neutral_already(text in ".{0,60}") {
            let shown = neutral(&text);
            assert!(!shown.contains(is_hazard));
            assert!(matches!(neutral(&shown), Cow::Borrowed(_)));
        }

        #[test]
        fn shortened_text_fits(text in ".{0,60}", width in 1_usize..40) {
            assert!(columns(&shorten(&text, width)) <= width);
        }
    }

    #[test]
    fn a_label_takes_its_share_of_the_first_line() {
        assert_eq!(wrap_after(4, "one two  three", 8), ["one", "two", "three"]);
        assert_eq!(wrap_after(8, "one two", 8), ["", "one two"]);
    }

    #[test]
    fn shortening_says_that_it_cut() {
        assert_eq!(shorten("short", 5), "short");
        assert_eq!(shorten("a longer text", 9), "a longer…");
        assert_eq!(shorten("日本語日本語", 7), "日本語…");
    }

    #[test]
    fn one_thing_is_no_plural() {
        assert_eq!(
            [counted(1, "path"), counted(2_u64, "path"), counted(0, "hotfix")],
            ["1 path", "2 paths", "0 hotfixes"]
        );
    }

    #[test]
    fn what_is_cut_is_cut_between_words() {
        assert_eq!(shorten("the sum of an order left its first item out", 24), "the sum of an order…");
        assert_eq!(shorten("one averylongwordthatnothingends", 12), "one averylo…");
        let line = "// every price of the order is read once more";
        let [left, _] = in_pieces([line, line], 20);
        assert_eq!(left, ["// every price of ", "  the order is read ", "  once more"]);
        let [left, _] = in_pieces(["averylongwordthatnothingends", ""], 12);
        assert_eq!(left, ["averylongwor", "  dthatnothi", "  ngends"]);
    }
}
