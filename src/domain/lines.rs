//! Texts as lines, and which line of one text stands where in another.

use foldhash::{HashMap, HashSet};
use std::cell::OnceCell;
use std::ops::Range;

use memchr::memmem;

use super::differences::differences;

/// A text as its lines, without their line ends (a carriage return stays: it is a change that counts).
///
/// It is taken apart when its lines are asked for first: of most versions in a history only the bytes are needed.
#[derive(Clone, Debug, Default)]
pub struct Text<'a> {
    bytes: &'a [u8],
    lines: OnceCell<Vec<&'a [u8]>>,
}

impl<'a> Text<'a> {
    /// Splits at every newline; the empty text has no line.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, lines: OnceCell::new() }
    }

    /// The lines.
    pub fn lines(&self) -> &[&'a [u8]] {
        self.lines.get_or_init(|| split(self.bytes))
    }

    /// The lines without the white space around them.
    fn trimmed(&self) -> Vec<&'a [u8]> {
        self.lines().iter().map(|line| line.trim_ascii()).collect()
    }

    /// Whether just one line is this text (not empty, without white space around it), whatever its indentation.
    pub fn holds_once(&self, wanted: &[u8]) -> bool {
        let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
        let is_whole = |at: &usize| {
            let (before, behind) = (&self.bytes[..*at], &self.bytes[at + wanted.len()..]);
            let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', behind).unwrap_or(behind.len());
            blank(&before[start..]) && blank(&behind[..end])
        };
        let mut found = memmem::find_iter(self.bytes, wanted).filter(is_whole);
        found.next().is_some() && found.next().is_none()
    }

    /// The whole text.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::with_capacity(bytes.len() / 24);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines.push(&bytes[start..end]);
        start = end + 1;
    }
    if start < bytes.len() {
        lines.push(&bytes[start..]);
    }
    lines
}

/// Whether git would treat the bytes as binary: a NUL among the first 8,000.
pub fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(8000)]).is_some()
}

/// Whether a line says enough to be told from others: at least four letters or digits.
pub fn is_telling(line: &[u8]) -> bool {
    line.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80).nth(3).is_some()
}

/// How far a line is indented, in letters.
pub fn indentation(line: &[u8]) -> usize {
    line.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The telling lines of a text, to be counted in others.
pub struct TellingLines<'a> {
    numbers: HashMap<&'a [u8], usize>,
    /// How often each stands.
    counts: Vec<usize>,
    all: usize,
}

impl<'a> TellingLines<'a> {
    /// Those of this text.
    pub fn of(text: &'a [u8]) -> Self {
        let mut found = Self { numbers: HashMap::default(), counts: vec![], all: 0 };
        for line in split(text).into_iter().filter(|line| is_telling(line)) {
            let number = *found.numbers.entry(line).or_insert(found.counts.len());
            if number == found.counts.len() {
                found.counts.push(0);
            }
            found.counts[number] += 1;
            found.all += 1;
        }
        found
    }

    /// How many of them stand in another text, in percent, without regard to order; 0 where there are none.
    pub fn percent_in(&self, other: &[u8]) -> usize {
        let mut left = self.counts.clone();
        let mut common = 0_usize;
        for line in split(other) {
            if let Some(&number) = self.numbers.get(line)
                && left[number] > 0
            {
                left[number] -= 1;
                common += 1;
            }
        }
        (100 * common).checked_div(self.all).unwrap_or(0)
    }
}

/// How many bytes two texts begin and end with alike; both together are no longer than the shorter text.
pub fn shared_ends(old: &[u8], new: &[u8]) -> (usize, usize) {
    let prefix = shared_prefix(old, new);
    (prefix, shared_suffix(&old[prefix..], &new[prefix..]))
}

/// So many bytes are compared at once.
const CHUNK: usize = 128;

fn shared_prefix(old: &[u8], new: &[u8]) -> usize {
    let chunks = old.chunks_exact(CHUNK).zip(new.chunks_exact(CHUNK));
    let prefix = CHUNK * chunks.take_while(|(a, b)| a == b).count();
    prefix + old[prefix..].iter().zip(&new[prefix..]).take_while(|(a, b)| a == b).count()
}

fn shared_suffix(old: &[u8], new: &[u8]) -> usize {
    let chunks = old.rchunks_exact(CHUNK).zip(new.rchunks_exact(CHUNK));
    let suffix = CHUNK * chunks.take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - suffix], &new[..new.len() - suffix]);
    suffix + old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// Up to so many pairs of lines it costs less to compare each than to diff them.
const FEW_PAIRS: usize = 32;

/// One difference between two texts: these lines of the old one became these of the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Lines of the old text, from 0.
    pub old: Range<usize>,
    /// Lines of the new text, from 0.
    pub new: Range<usize>,
}

/// Which line of the old text stands where in the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    old_length: usize,
    new_length: usize,
    /// The differences, in order, without context.
    pub hunks: Vec<Hunk>,
    /// What [`Alignment::beyond_white_space`] says, once it was asked.
    loose: OnceCell<Option<Box<Alignment>>>,
}

impl Alignment {
    /// Aligns two texts by what `differences` says.
    ///
    /// What both begin and end with is cut off first, which is most of the work in a history's neighbouring versions.
    pub fn new(old: &[&[u8]], new: &[&[u8]]) -> Self {
        let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let tail = old[prefix..].iter().rev().zip(new[prefix..].iter().rev());
        let suffix = tail.take_while(|(a, b)| a == b).count();
        Self::around(prefix, &old[prefix..old.len() - suffix], &new[prefix..new.len() - suffix], suffix)
    }

    /// The same for the bytes of both texts: only where they differ are they split into lines.
    pub fn of_bytes(old: &[u8], new: &[u8]) -> Self {
        let Some((prefix, suffix)) = common_ends(old, new) else {
            return Self::new(&split(old), &split(new));
        };
        let count = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
        let middle_old = split(&old[prefix..old.len() - suffix]);
        let middle_new = split(&new[prefix..new.len() - suffix]);
        Self::around(count(&old[..prefix]), &middle_old, &middle_new, count(&old[old.len() - suffix..]))
    }

    /// Aligns what differs, between so many lines that do not.
    fn around(prefix: usize, old: &[&[u8]], new: &[&[u8]], suffix: usize) -> Self {
        let mut hunks = Vec::new();
        // Most steps change a line or two, and nothing is left of what they change.
        let share_nothing = old.len() * new.len() <= FEW_PAIRS && !old.iter().any(|line| new.contains(line));
        if share_nothing {
            if old.len() + new.len() > 0 {
                hunks.push(Hunk { old: prefix..prefix + old.len(), new: prefix..prefix + new.len() });
            }
        } else {
            hunks = differences(old, new);
            for hunk in &mut hunks {
                hunk.old = hunk.old.start + prefix..hunk.old.end + prefix;
                hunk.new = hunk.new.start + prefix..hunk.new.end + prefix;
            }
        }
        let (old_length, new_length) = (prefix + old.len() + suffix, prefix + new.len() + suffix);
        Self { old_length, new_length, hunks, loose: OnceCell::new() }
    }

    /// The same two texts, `old` and `new`, aligned by their lines without the white space around them; none where that leaves
    /// half of the differences or more. Where a formatter indents anew, a line may look like what its neighbour was.
    pub fn beyond_white_space(&self, old: &Text<'_>, new: &Text<'_>) -> Option<&Self> {
        let aligned = || {
            let gone: HashSet<&[u8]> = self.lines_of(old, |hunk| &hunk.old).map(<[u8]>::trim_ascii).collect();
            let again = self.lines_of(new, |hunk| &hunk.new).filter(|line| gone.contains(line.trim_ascii()));
            // Cheaper than to align once more, and most steps indent nothing.
            let may_be = again.filter(|line| is_telling(line)).nth(1).is_some();
            let loose = may_be.then(|| Self::new(&old.trimmed(), &new.trimmed()))?;
            (loose.differing() * 2 < self.differing()).then(|| Box::new(loose))
        };
        self.loose.get_or_init(aligned).as_deref()
    }

    /// The lines of one side of all differences.
    fn lines_of<'t, 'b>(
        &'t self,
        text: &'t Text<'b>,
        side: fn(&Hunk) -> &Range<usize>,
    ) -> impl Iterator<Item = &'b [u8]> + use<'t, 'b> {
        self.hunks.iter().flat_map(move |hunk| side(hunk).clone()).map(|line| text.lines()[line])
    }

    /// How many lines of both texts are part of a difference.
    fn differing(&self) -> usize {
        self.hunks.iter().map(|hunk| hunk.old.len() + hunk.new.len()).sum()
    }

    /// Where a line of the old text stands in the new one.
    pub fn forward(&self, line: usize) -> Option<usize> {
        let next = self.hunks.partition_point(|hunk| hunk.old.end <= line);
        let inside = self.hunks.get(next).is_some_and(|hunk| hunk.old.start <= line);
        let (old_end, new_end) =
            next.checked_sub(1).map_or((0, 0), |at| (self.hunks[at].old.end, self.hunks[at].new.end));
        (!inside && line < self.old_length).then(|| line - old_end + new_end)
    }

    /// Where a run of old lines stands, whole, in order and without anything between; none for an empty run.
    pub fn run(&self, lines: Range<usize>) -> Option<Range<usize>> {
        let first = self.forward(lines.start)?;
        let whole = lines.clone().enumerate().all(|(offset, line)| self.forward(line) == Some(first + offset));
        (whole && !lines.is_empty()).then(|| first..first + lines.len())
    }

    /// The new lines between the nearest old line before `at` and the nearest from `at` on that still stand.
    pub fn gap(&self, at: usize) -> Range<usize> {
        self.between(&(at..at))
    }

    /// The new lines between the nearest old line before a run and the nearest behind it that still stand.
    pub fn between(&self, run: &Range<usize>) -> Range<usize> {
        // Both ends are known from the differences around them, without a walk through those: one may be the whole text.
        let reaches = self.hunks.partition_point(|hunk| hunk.old.end < run.start);
        let before = match self.hunks.get(reaches).filter(|hunk| hunk.old.start < run.start) {
            Some(hunk) => hunk.new.start,
            None => run.start.checked_sub(1).and_then(|line| self.forward(line)).map_or(0, |line| line + 1),
        };
        let covers = self.hunks.partition_point(|hunk| hunk.old.end <= run.end);
        let after = match self.hunks.get(covers).filter(|hunk| hunk.old.start <= run.end) {
            Some(hunk) => hunk.new.end,
            None => self.forward(run.end).unwrap_or(self.new_length),
        };
        before..after
    }

    /// Whether both places are the ends of their texts.
    pub fn at_both_ends(&self, old: usize, new: usize) -> bool {
        old == self.old_length && new == self.new_length
    }

    /// Whether the old line before `at` and the one at `at` stand side by side in the new text; an end of the text counts as a
    /// line that always stands. None where one of both is gone.
    pub fn adjacent(&self, at: usize) -> Option<bool> {
        let before = if at == 0 { Some(0) } else { self.forward(at - 1).map(|line| line + 1) };
        let after = if at == self.old_length { Some(self.new_length) } else { self.forward(at) };
        Some(before? == after?)
    }
}

/// How many bytes of whole lines two texts begin and end with alike. None where a last line lacks its newline: such a text
/// has lines that its bytes do not show.
fn common_ends(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    if [old, new].iter().any(|text| text.last().is_some_and(|byte| *byte != b'\n')) {
        return None;
    }
    let prefix = memchr::memrchr(b'\n', &old[..shared_prefix(old, new)]).map_or(0, |end| end + 1);
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let mut suffix = shared_suffix(old, new);
    let at_line_start = |text: &[u8]| text[..text.len() - suffix].last().is_none_or(|byte| *byte == b'\n');
    if !(at_line_start(old) && at_line_start(new)) {
        let tail = &old[old.len() - suffix..];
        suffix = memchr::memchr(b'\n', tail).map_or(0, |end| tail.len() - end - 1);
    }
    Some((prefix, suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&[u8]> {
        text.split_whitespace().map(str::as_bytes).collect()
    }

    #[test]
    fn an_alignment_says_where_lines_stand() {
        let alignment = Alignment::new(&words("a b c d e f"), &words("a x b c e f g"));
        let stands: Vec<_> = (0..6).map(|line| alignment.forward(line)).collect();
        assert_eq!(stands, [Some(0), Some(2), Some(3), None, Some(4), Some(5)]);
        assert_eq!(alignment.run(1..3), Some(2..4));
        assert_eq!(alignment.run(0..2), None);
        assert_eq!(alignment.gap(3), 4..4);
        assert_eq!(
            (alignment.adjacent(0), alignment.adjacent(1), alignment.adjacent(6)),
            (Some(true), Some(false), Some(false))
        );
        assert_eq!(alignment.adjacent(3), None);
    }

    proptest::proptest! {
        #[test]
        fn bytes_align_as_their_lines_do(old in "([ab]{0,2}\n){0,9}[ab]?", new in "([ab]{0,2}\n){0,9}[ab]?", both in "(x\n){0,90}") {
            let (old, new) = (format!("{both}{old}{both}"), format!("{both}{new}{both}"));
            let (old, new) = (old.as_bytes(), new.as_bytes());
            let by_lines = Alignment::new(Text::new(old).lines(), Text::new(new).lines());
            proptest::prop_assert_eq!(Alignment::of_bytes(old, new), by_lines);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_stands_around_a_run_is_what_a_walk_finds(old in "[a-d]{0,12}", new in "[a-d]{0,12}", ends in (0_usize..13, 0_usize..13)) {
            let (old, new): (Vec<&[u8]>, Vec<&[u8]>) = (old.as_bytes().chunks(1).collect(), new.as_bytes().chunks(1).collect());
            let alignment = Alignment::new(&old, &new);
            let run = ends.0.min(ends.1).min(old.len())..ends.0.max(ends.1).min(old.len());
            let before = (0..run.start).rev().find_map(|line| alignment.forward(line)).map_or(0, |line| line + 1);
            let after = (run.end..old.len()).find_map(|line| alignment.forward(line)).unwrap_or(new.len());
            proptest::prop_assert_eq!(alignment.between(&run), before..after);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_line_that_stands_once_is_one_that_a_count_finds_once(text in "([ ab\n]|aa){0,30}", wanted in "a|b|aa|aba|a b") {
            let text = Text::new(text.as_bytes());
            let count = text.lines().iter().filter(|line| line.trim_ascii() == wanted.as_bytes()).count();
            proptest::prop_assert_eq!(text.holds_once(wanted.as_bytes()), count == 1);
        }
    }

    #[test]
    fn lines_that_say_something_count_as_often_as_they_stand_in_both() {
        let lines = TellingLines::of(b"alpha\nalpha\nalpha\nomega\n}\n");
        assert_eq!(lines.percent_in(b"omega\nalpha\n}\nalpha\n"), 75);
        assert_eq!(lines.percent_in(b"alpha\nalpha\nalpha\nalpha\n"), 75, "one too many does not count");
        assert_eq!(lines.percent_in(b"}\n"), 0);
        assert_eq!(TellingLines::of(b"}\n").percent_in(b"}\n"), 0);
    }

    #[test]
    fn a_text_is_its_lines() {
        assert!(Text::new(b"").lines().is_empty());
        assert_eq!(Text::new(b"a\n\nb").lines(), [&b"a"[..], b"", b"b"]);
        assert!(is_binary(b"a\0b") && !is_binary(b"ab"));
        assert!(is_telling(b"  x = 123;") && !is_telling(b"  });"));
    }
}
