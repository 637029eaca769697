//! Lines that differ in nothing but the versions that they name.
//!
//! A version that a fix raised is raised again with every release. That takes nothing of the fix back, and a lower one does:
//! the rule of Semantic Versioning 2.0.0, section 11, which orders versions by precedence. A date goes on in the same way. What a
//! lock file keeps beside a version, a checksum, changes with it and has no order of its own.

use std::cmp::Ordering;
use std::ops::Range;

use super::identity::RepositoryPath;
use super::lines::{Alignment, Hunk, Text};
use super::succession::MOST_PAIRS;

/// The shortest text of digits and letters that is taken for a checksum, in bytes: an MD5 in hexadecimal digits.
const SHORTEST_CHECKSUM: usize = 32;

/// How the versions of a line compare with those of the line that took its place, where both are the same but for these, and
/// for checksums: greater where one was raised and none lowered, less where one was lowered, equal where the lines name none and
/// only the checksum is another.
pub(super) fn compared(line: &[u8], heir: &[u8]) -> Option<Ordering> {
    // Most lines name none, and are asked often.
    if !may_name_one(line) || !may_name_one(heir) {
        return None;
    }
    let (mut line, mut heir) = (parts(line.trim_ascii()), parts(heir.trim_ascii()));
    let (mut raised, mut lowered, mut same, mut is_other) = (false, false, false, false);
    loop {
        match (line.next(), heir.next()) {
            (None, None) => break,
            (Some(Part::Other(was)), Some(Part::Other(is))) if was == is => {}
            (Some(Part::Checksum(was)), Some(Part::Checksum(is))) => is_other |= was != is,
            (Some(Part::Version(sign, was)), Some(Part::Version(other, is))) if sign == other => {
                match precedence(was, is) {
                    Ordering::Less => raised = true,
                    Ordering::Greater => lowered = true,
                    Ordering::Equal => same = true,
                }
            }
            _ => return None,
        }
    }
    match (raised, lowered) {
        (_, true) => Some(Ordering::Less),
        (true, false) => Some(Ordering::Greater),
        (false, false) => (is_other && !same).then_some(Ordering::Equal),
    }
}

/// Whether a tool keeps in a file which versions it took, with their checksums.
pub fn is_lock(path: &RepositoryPath) -> bool {
    const NAMES: [&[u8]; 6] = [
        b"go.sum",
        b"gradle.lockfile",
        b"npm-shrinkwrap.json",
        b"package-lock.json",
        b"packages.lock.json",
        b"pnpm-lock.yaml",
    ];
    path.name().ends_with(b".lock") || NAMES.contains(&path.name())
}

/// Differences with no more lines than this between them belong together: a lock file names the version of a package and its
/// checksum a few lines apart.
const BESIDE: usize = 4;

/// Whether one of the differences of a step, or one beside it, raises the version that some line names, and lowers none.
pub(super) fn is_raised_beside(hunk: &Hunk, step: &Alignment, old: &Text<'_>, new: &Text<'_>) -> bool {
    let is_beside =
        |other: &&Hunk| other.old.start <= hunk.old.end + BESIDE && hunk.old.start <= other.old.end + BESIDE;
    step.hunks.iter().filter(is_beside).any(|other| {
        let (old, new) = (&old.lines()[other.old.clone()], &new.lines()[other.new.clone()]);
        if old.len() * new.len() > MOST_PAIRS {
            return false;
        }
        let pairs = old.iter().flat_map(|line| new.iter().map(move |heir| compared(line, heir)));
        let steps: Vec<Ordering> = pairs.flatten().collect();
        steps.contains(&Ordering::Greater) && !steps.contains(&Ordering::Less)
    })
}

/// Whether a dot or a dash stands between digits, a mark before them, or so many letters and digits that they may be a checksum.
pub(super) fn may_name_one(line: &[u8]) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(u8::is_ascii_digit);
    let is_between = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    let is_marked = |at: usize| line[at] == b'@' && line.get(at + 1) == Some(&b'v') && is_digit(Some(at + 2));
    memchr::memchr3_iter(b'.', b'-', b'@', line).any(|at| is_between(at) || is_marked(at)) || may_hold_checksum(line)
}

/// Whether so many signs of a checksum stand together. Where they do, one of them is at each multiple of that length.
fn may_hold_checksum(line: &[u8]) -> bool {
    let is_inner = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (SHORTEST_CHECKSUM - 1..line.len()).step_by(SHORTEST_CHECKSUM).any(|at| {
        let before = line[..at].iter().rev().take_while(is_inner).count();
        before + line[at..].iter().take_while(is_inner).count() >= SHORTEST_CHECKSUM
    })
}

/// A part of a line.
enum Part<'a> {
    /// What says that it is the lowest that will do, and a version or a date.
    Version(&'a [u8], &'a [u8]),
    Checksum(&'a [u8]),
    Other(&'a [u8]),
}

/// What stands before a version that is the lowest that will do.
const LOWEST: [&[u8]; 7] = [b"===", b"==", b"~=", b">=", b"^", b"~", b"="];

fn parts(line: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let (sign, checksum) = (lowest(rest), checksum(rest));
        let version = word(&rest[sign.len()..]);
        let end = sign.len() + version.len();
        let (part, length) = if is_version(version, Beside::of(line, at..at + end, sign)) {
            (Part::Version(sign, version), end)
        } else if checksum > 0 {
            (Part::Checksum(&rest[..checksum]), checksum)
        } else {
            // Only the end of a word may be a version: `tokio-1.2.3`; of an address nothing is.
            let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'.';
            let word = word(rest);
            let length = word.iter().position(|byte| !is_inner(byte)).unwrap_or(word.len()).max(1);
            (Part::Other(&rest[..length]), length)
        };
        at += length;
        Some(part)
    })
}

/// The sign that a text begins with and that says of the version behind it that it is the lowest; empty where there is none.
fn lowest(text: &[u8]) -> &[u8] {
    let length = LOWEST.iter().find(|sign| text.starts_with(sign)).map_or(0, |sign| sign.len());
    let begins = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'v' | b'V');
    if text.get(length).is_some_and(begins) { &text[..length] } else { b"" }
}

/// The word that a text begins with, with the signs that may stand within a version; empty where it begins with none.
fn word(text: &[u8]) -> &[u8] {
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b".-+_".contains(byte);
    let end = match text.first().is_some_and(u8::is_ascii_alphanumeric) {
        true => text.iter().position(|byte| !is_inner(byte)).unwrap_or(text.len()),
        false => 0,
    };
    let last = text[..end].iter().rposition(u8::is_ascii_alphanumeric);
    let word = &text[..last.map_or(0, |last| last + 1)];
    ARCHIVES.iter().find_map(|ending| word.strip_suffix(*ending)).unwrap_or(word)
}

/// How the names of files end that are called like a version: `parser-1.2.3.tgz`.
const ARCHIVES: [&[u8]; 8] = [b".tgz", b".tar.gz", b".tar.xz", b".tar.bz2", b".zip", b".jar", b".whl", b".crate"];

/// What stands around a word.
#[derive(Clone, Copy)]
struct Beside {
    /// Quotes.
    quoted: bool,
    /// What says that it is a version of something: `@v3`.
    named: bool,
    /// A name before it, with what says that it is the lowest, and nothing else: `mypy==0.991`.
    required: bool,
}

impl Beside {
    /// Around this place of a line, which begins with this sign. The plain one sets a value, too.
    fn of(line: &[u8], place: Range<usize>, sign: &[u8]) -> Self {
        let (before, behind) = (&line[..place.start], &line[place.end..]);
        let is_quote = |byte: &&u8| b"\"'`".contains(byte);
        let quoted = before.last().filter(is_quote).is_some_and(|quote| behind.first() == Some(quote));
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.[]".contains(byte);
        let name = before.iter().rev().take_while(is_name).count();
        let start = before[..before.len() - name].last();
        let is_alone = match start.filter(is_quote) {
            Some(quote) => behind.first() == Some(quote),
            None => start.is_none_or(|byte| *byte == b' ') && behind.first().is_none_or(|byte| b" ;\\".contains(byte)),
        };
        let is_list = before[..before.len() - name].iter().all(|byte| b" -\"'`".contains(byte));
        Self {
            quoted,
            named: before.last() == Some(&b'@'),
            required: sign.len() > usize::from(sign == b"=") && name > 0 && is_alone && is_list,
        }
    }
}

/// Three numbers with whatever stands behind them: `1.2.3`, `v1.2.3-rc.1`. Two only where nothing else can be meant: `v1.2`, or
/// alone between quotes: a number in code has one dot at most. Four are an address, unless something is required in that version.
/// A date is one, too: `2018-12-20`.
fn is_version(word: &[u8], beside: Beside) -> bool {
    let marked = word.first().is_some_and(|first| matches!(first, b'v' | b'V'));
    let core = core(word);
    let numbers: Vec<&[u8]> = core.split(|byte| *byte == b'.').collect();
    let are_numbers = numbers.iter().all(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit));
    is_date(word)
        || are_numbers
            && match numbers.len() {
                1 => marked && beside.named,
                2 => marked || beside.quoted || beside.required,
                3 => true,
                4 => beside.required,
                _ => false,
            }
}

/// Whether a word is a day as ISO 8601 writes it; read as a version it has the same order.
fn is_date(word: &[u8]) -> bool {
    word.len() == 10
        && word.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
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
            ("\"rollup\": \"^4.9.2\",", "\"rollup\": \"^4.12.0\","),
            ("  mypy==0.991", "  mypy==1.3"),
            ("    \"mypy==0.991\",", "    \"mypy==1.3\","),
            ("types-Pillow==10.0.0.3", "types-Pillow==10.1.0.0"),
            ("- uses: actions/checkout@v3", "- uses: actions/checkout@v4"),
            ("Date: 2018-12-20", "Date: 2019-01-14"),
            ("Date: 2018-12-20", "Date: 2018-12-21"),
            ("see parser-7.11.3.tgz", "see parser-7.11.4.tgz"),
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
            assert_eq!(compare(&format!("sum = \"{one}\""), &format!("sum = \"{other}\"")), Some(Ordering::Equal));
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
            ("host=10.0.0.5", "host=10.0.0.9"),
            ("if load==0.5:", "if load==0.9:"),
            ("limit=0.5", "limit=0.9 # more"),
            ("retry@3", "retry@4"),
            // What was pinned and what may be any later one are not the same.
            ("urllib3==1.26.15", "urllib3>=1.26.16"),
            ("\"rollup\": \"4.9.2\",", "\"rollup\": \"^4.12.0\","),
        ] {
            assert_eq!(compare(line, heir), None, "{line}");
        }
    }
}
