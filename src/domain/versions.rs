//! Lines that differ in nothing but the versions that they name.
//!
//! A version that a fix raised is raised again with every release. That takes nothing of the fix back, and a lower one does:
//! the rule of Semantic Versioning 2.0.0, section 11, which orders versions by precedence.

use std::cmp::Ordering;

/// The shortest text of digits and letters that is taken for a checksum, in bytes: an MD5 in hexadecimal digits.
const SHORTEST_CHECKSUM: usize = 32;

/// How the versions of a line compare with those of the line that took its place, where both are the same but for these, and
/// for checksums: greater where one was raised and none lowered, less where one was lowered.
pub(super) fn compared(line: &[u8], heir: &[u8]) -> Option<Ordering> {
    // Most lines name none, and are asked often.
    if !may_name_one(line) || !may_name_one(heir) {
        return None;
    }
    let (mut line, mut heir) = (parts(line.trim_ascii()), parts(heir.trim_ascii()));
    let (mut raised, mut lowered) = (false, false);
    loop {
        match (line.next(), heir.next()) {
            (None, None) => break,
            (Some(Part::Other(was)), Some(Part::Other(is))) if was == is => {}
            (Some(Part::Checksum), Some(Part::Checksum)) => {}
            (Some(Part::Version(was)), Some(Part::Version(is))) => match precedence(was, is) {
                Ordering::Less => raised = true,
                Ordering::Greater => lowered = true,
                Ordering::Equal => {}
            },
            _ => return None,
        }
    }
    match (raised, lowered) {
        (_, true) => Some(Ordering::Less),
        (true, false) => Some(Ordering::Greater),
        (false, false) => None,
    }
}

/// Whether a dot stands between digits.
pub(super) fn may_name_one(line: &[u8]) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b'.', line).any(|dot| is_digit(dot.checked_sub(1)) && is_digit(Some(dot + 1)))
}

/// A part of a line.
enum Part<'a> {
    Version(&'a [u8]),
    Checksum,
    Other(&'a [u8]),
}

fn parts(line: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let word = word(rest);
        let mark = at.checked_sub(1).map(|before| line[before]).filter(|before| b"\"'`".contains(before));
        let quoted = mark.is_some() && rest.get(word.len()).copied() == mark;
        let checksum = checksum(rest);
        let (part, length) = if is_version(word, quoted) {
            (Part::Version(word), word.len())
        } else if checksum > 0 {
            (Part::Checksum, checksum)
        } else {
            // Only the end of a word may be a version: `tokio-1.2.3`; of an address nothing is.
            let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'.';
            let length = word.iter().position(|byte| !is_inner(byte)).unwrap_or(word.len()).max(1);
            (Part::Other(&rest[..length]), length)
        };
        at += length;
        Some(part)
    })
}

/// The word that a text begins with, with the signs that may stand within a version; empty where it begins with none.
fn word(text: &[u8]) -> &[u8] {
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b".-+_".contains(byte);
    let end = match text.first().is_some_and(u8::is_ascii_alphanumeric) {
        true => text.iter().position(|byte| !is_inner(byte)).unwrap_or(text.len()),
        false => 0,
    };
    let last = text[..end].iter().rposition(u8::is_ascii_alphanumeric);
    &text[..last.map_or(0, |last| last + 1)]
}

/// Three numbers with whatever stands behind them: `1.2.3`, `v1.2.3-rc.1`. Two only where nothing else can be meant: `v1.2`, or
/// alone between quotes: a number in code has one dot at most. Four are an address.
fn is_version(word: &[u8], quoted: bool) -> bool {
    let marked = word.first().is_some_and(|first| matches!(first, b'v' | b'V'));
    let core = core(word);
    let numbers: Vec<&[u8]> = core.split(|byte| *byte == b'.').collect();
    let are_numbers = numbers.iter().all(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit));
    are_numbers && (numbers.len() == 3 || numbers.len() == 2 && (marked || quoted))
}

/// A version's numbers, without its mark, what is before the release and what tells the build.
fn core(version: &[u8]) -> &[u8] {
    let bare = version.strip_prefix(b"v").or_else(|| version.strip_prefix(b"V")).unwrap_or(version);
    bare.split(|byte| matches!(byte, b'-' | b'+')).next().unwrap_or_default()
}

/// How long the checksum is that a text begins with, in bytes; 0 where it begins with none. It is written in hexadecimal digits,
/// or in base 64 with the padding at its end.
fn checksum(text: &[u8]) -> usize {
    let run = |is_inner: fn(&u8) -> bool| text.iter().position(|byte| !is_inner(byte)).unwrap_or(text.len());
    let (hexadecimal, whole) = (run(u8::is_ascii_hexdigit), run(u8::is_ascii_alphanumeric));
    if hexadecimal == whole && whole >= SHORTEST_CHECKSUM {
        return whole;
    }
    let base_64 = run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let padding = text[base_64..].iter().take_while(|byte| **byte == b'=').count();
    if padding > 0 && base_64 >= SHORTEST_CHECKSUM { base_64 + padding } else { 0 }
}

fn precedence(one: &[u8], other: &[u8]) -> Ordering {
    let numbers = |version| core(version).split(|byte| *byte == b'.').map(number);
    let by_numbers = numbers(one).cmp(numbers(other));
    by_numbers.then_with(|| match (before_release(one), before_release(other)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => identifiers(one).cmp(identifiers(other)),
    })
}

/// A number without its leading zeros: the longer is the greater, and the digits tell between equally long ones.
fn number(digits: &[u8]) -> (usize, &[u8]) {
    let start = digits.iter().take_while(|digit| **digit == b'0').count();
    (digits.len() - start, &digits[start..])
}

fn before_release(version: &[u8]) -> Option<&[u8]> {
    let whole = version.split(|byte| *byte == b'+').next().unwrap_or_default();
    whole.iter().position(|byte| *byte == b'-').map(|dash| &whole[dash + 1..])
}

/// What stands before a release, to be compared from the left: numbers come before words and by their size.
fn identifiers(text: &[u8]) -> impl Iterator<Item = (bool, (usize, &[u8]), &[u8])> {
    text.split(|byte| *byte == b'.').map(|part| match part.iter().all(u8::is_ascii_digit) {
        true => (false, number(part), &b""[..]),
        false => (true, (0, &b""[..]), part),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(line: &str, heir: &str) -> Option<Ordering> {
        compared(line.as_bytes(), heir.as_bytes())
    }

    #[test]
    fn a_version_is_raised_or_lowered() {
        use Ordering::{Greater, Less};
        for (line, heir) in [
            ("version = \"0.45\"", "version = \"0.48\""),
            ("  lodash: 4.17.9,", "lodash: 4.17.10,"),
            ("x v0.0.0-20220411220226-7b82a4e95df4 // indirect", "x v0.0.0-20220525230936-793ad666bf5e // indirect"),
            ("a = \"1.0.0-rc.2\"", "a = \"1.0.0-rc.11\""),
            ("a = \"1.0.0-rc.2\"", "a = \"1.0.0\""),
            ("docs.rs/tokio/0.1.16/tokio/", "docs.rs/tokio/0.1.17/tokio/"),
        ] {
            assert_eq!((compare(line, heir), compare(heir, line)), (Some(Greater), Some(Less)), "{line}");
        }
        // One raised beside one lowered.
        assert_eq!(compare("a 1.2.3 b 1.2.3", "a 1.2.4 b 1.2.2"), Some(Less));
        let sums = [
            ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"),
            ("h1:IxCIyHEi3zRg3s0A5j5BB6A9Jmi73HwBIUl50j+osU4=", "h1:oZ/4C0P8u0mXhUQ5P3q1g3hZ2n/7bY6d+2v5l3aXb8E="),
        ];
        for (one, other) in sums {
            let (line, heir) = (format!("a v1.2.3 {one}"), format!("a v1.2.4 {other}"));
            assert_eq!((compare(&line, &heir), compare(&heir, &line)), (Some(Greater), Some(Less)), "{one}");
            assert_eq!(compare(&line, &format!("a v1.2.3 {other}")), None, "the same version");
        }
    }

    #[test]
    fn a_number_in_code_is_no_version() {
        for (line, heir) in [
            ("return amount / 100", "return amount / 1000"),
            ("let limit = 0.5;", "let limit = 0.9;"),
            ("version = \"0.45\"", "version = \"0.45\""),
            ("a = \"1.2.3\"", "b = \"1.2.4\""),
            ("a = \"1.2.3\"", "a = \"latest\""),
            ("rate(\"0.5\", x)", "rate(0.9, x)"),
            ("bind 10.0.0.5", "bind 10.0.0.9"),
        ] {
            assert_eq!(compare(line, heir), None, "{line}");
        }
    }
}
