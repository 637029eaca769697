//! A hunk that a pick brought with changes of its own, such as a resolved conflict leaves behind.

use foldhash::{HashMap, HashSet};
use std::cmp::Ordering;
use std::ops::Range;

use super::hunk::{TextChange, place_around};
use super::lines::{Alignment, Hunk, Text, is_telling};
use super::removed::{Reading, Removed};
use super::succession::{is_commented_out, likeness};
use super::versions;

/// Above this many pairs of lines likeness is not worth its time: a table rewritten whole is no adaptation that can be proven.
const MOST_LIKENESSES: usize = 40_000;

/// Above this many pairs of lines not even equality is.
const MOST_EQUAL: usize = 4_000_000;

/// Above this many pairs of words two lines are no adaptation of each other.
const MOST_WORD_PAIRS: usize = 4_096;

/// How alike a line and its adapted form must be, in percent.
const ALIKE: usize = 60;

/// Where an adapted hunk stands in the version that brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adaptation {
    /// The fix's own lines.
    pub own: Vec<usize>,
    /// Lines that stand for lines of the fix, changed.
    pub heirs: Vec<usize>,
    /// How many lines of the fix were changed or left out.
    pub changed: usize,
    /// For a pure deletion: where the deleted lines are not.
    pub gap: Range<usize>,
}

impl Adaptation {
    /// Accounts for every telling line of a hunk in the step from `old` to `new`; none where that fails.
    ///
    /// A line that the hunk adds must be added by the step, be there already, or be added in a changed form (more than its
    /// white space). At least half must be added word for word. None may be left out, for it may be the decisive one; of a
    /// test (`lenient`) one in four may: no production runs it. No line that the hunk takes out may stand
    /// as often as before, and what it takes out elsewhere too is not asked for.
    ///
    /// Of lines that do nothing by themselves (`quiet`) none may be left out, and each may be changed but for where it comes
    /// from and its last word: a module stands at another place on another line of releases.
    pub fn new(
        change: &TextChange<'_>,
        hunk: &Hunk,
        (quiet, lenient): (bool, bool),
        (old, new): (&Text<'_>, &Text<'_>),
    ) -> Option<Self> {
        let alignment = Alignment::of_bytes(old.bytes(), new.bytes());
        let (before, after) = (counts(old.lines()), counts(new.lines()));
        let count = |counts: &Counts<'_>, line: &[u8]| counts.get(line).copied().unwrap_or(0);
        let removed = change.removed(hunk);
        let kept = counts(change.after.lines());
        let still = |line: &&&[u8]| {
            is_telling(line) && count(&after, line) >= count(&before, line).max(1) && count(&kept, line) == 0
        };
        if removed.iter().any(|line| still(&line)) {
            return None;
        }
        if hunk.new.is_empty() {
            let place = place_around(hunk, &Alignment::of_bytes(change.before.bytes(), old.bytes()));
            return Self::deletion(removed, &place, &alignment, old);
        }
        let mut fresh: Vec<usize> = alignment.hunks.iter().flat_map(|hunk| hunk.new.clone()).collect();
        let mut adaptation = Self { own: vec![], heirs: vec![], changed: 0, gap: 0..0 };
        // A short line may be the decisive one; only what has no word at all says nothing.
        let telling: Vec<&[u8]> = change.added(hunk).iter().copied().filter(|line| !words(line).is_empty()).collect();
        if telling.len().saturating_mul(fresh.len()) > MOST_EQUAL {
            return None;
        }
        let open = adaptation.take_own(&telling, &mut fresh, new);
        let place = place_around(hunk, &Alignment::of_bytes(change.before.bytes(), new.bytes()));
        (open.len().saturating_mul(fresh.len()) <= MOST_LIKENESSES).then_some(())?;
        let own: HashSet<&[u8]> = change.hunks.iter().flat_map(|hunk| change.added(hunk)).copied().collect();
        let says_nothing = |_: &[u8]| quiet;
        let reading = Reading::unknown(&says_nothing);
        let (removed, mut left_out) = (Removed::new(removed, change.added(hunk), &reading), 0);
        for line in open {
            // It may be there already; elsewhere it is another one's.
            if count(&before, line) > 0 && new.lines()[place.start..place.end.min(new.lines().len())].contains(&line) {
                continue;
            }
            // A line that the fix itself adds is not another one's changed form.
            let alike = |at: &usize| {
                let candidate = new.lines()[*at];
                candidate.trim_ascii() != line.trim_ascii()
                    && !own.contains(candidate)
                    && is_alike(candidate, line)
                    && !removed.is_lost_in(line, candidate, &[])
                    && !is_commented_out(line, candidate)
                    && (!quiet || outer_words(candidate) == outer_words(line))
            };
            adaptation.changed += 1;
            match fresh.iter().position(alike) {
                Some(at) => adaptation.heirs.push(fresh.remove(at)),
                None => left_out += 1,
            }
        }
        // Lines that stand there already bring nothing, and lines far away from all that is near the hunk bring it elsewhere.
        let brought: HashSet<usize> = adaptation.own.iter().chain(&adaptation.heirs).copied().collect();
        let is_in_place = |line: &usize| place.contains(line) && has_neighbour(change, hunk, new, *line, &brought);
        let in_place = adaptation.own.iter().any(is_in_place);
        let most_left_out = if lenient { telling.len() / 4 } else { 0 };
        let enough = match quiet {
            true => !brought.is_empty() && left_out == 0,
            false => in_place && adaptation.own.len() * 2 >= telling.len() && left_out <= most_left_out,
        };
        adaptation.own.sort_unstable();
        adaptation.heirs.sort_unstable();
        enough.then_some(adaptation)
    }

    /// Takes the lines that the step added word for word, and in their order: in another they are another program. What is left
    /// of the hunk's.
    fn take_own<'a>(&mut self, telling: &[&'a [u8]], fresh: &mut Vec<usize>, new: &Text<'_>) -> Vec<&'a [u8]> {
        let added: Vec<&[u8]> = fresh.iter().map(|line| new.lines()[*line]).collect();
        let in_order = Alignment::new(telling, &added);
        let mut open = Vec::new();
        for (at, &line) in telling.iter().enumerate() {
            match in_order.forward(at) {
                Some(at) => self.own.push(fresh[at]),
                None => open.push(line),
            }
        }
        // They were pushed in their order.
        fresh.retain(|line| self.own.binary_search(line).is_err());
        open
    }

    /// Whether the step adds something that is like a line of the hunk, beyond its white space: a sign, and no proof.
    ///
    /// Where the version reads as if the hunk were `absent`, half of its lines must be there word for word: a diff may lay the
    /// closing brace before an addition on the one behind it.
    pub fn resembles(change: &TextChange<'_>, hunk: &Hunk, absent: bool, old: &Text<'_>, new: &Text<'_>) -> bool {
        let added = Alignment::of_bytes(old.bytes(), new.bytes()).hunks.into_iter().flat_map(|hunk| hunk.new);
        let fresh: Vec<&[u8]> = added.map(|line| new.lines()[line]).collect();
        let telling: Vec<&[u8]> = change.added(hunk).iter().copied().filter(|line| is_telling(line)).collect();
        if telling.len().saturating_mul(fresh.len()) > MOST_LIKENESSES {
            return false;
        }
        match absent {
            true => {
                let there = telling.iter().filter(|line| fresh.contains(line)).count();
                there > 0 && there * 2 >= telling.len()
            }
            false => telling.iter().any(|line| fresh.iter().any(|other| is_alike(other, line))),
        }
    }

    /// A pure deletion: the step must have taken at least half of what says something, from its place.
    fn deletion(removed: &[&[u8]], place: &Range<usize>, alignment: &Alignment, old: &Text<'_>) -> Option<Self> {
        let telling = || removed.iter().filter(|line| is_telling(line));
        let gone = alignment.hunks.iter().flat_map(|hunk| hunk.old.clone()).filter(|line| place.contains(line));
        let gone: HashSet<&[u8]> = gone.map(|line| old.lines()[line]).collect();
        let stood = telling().filter(|line| gone.contains(**line)).count();
        if stood == 0 || stood * 2 < telling().count() {
            return None;
        }
        let is_first = |line: &usize| place.contains(line) && telling().any(|wanted| old.lines()[*line] == *wanted);
        let first = (0..old.lines().len()).find(is_first)?;
        Some(Self { own: vec![], heirs: vec![], changed: 1, gap: alignment.gap(first) })
    }
}

/// Whether any of these lines may name a version.
pub fn may_name_a_version(lines: &[&[u8]]) -> bool {
    lines.iter().any(|line| versions::may_name_one(line))
}

/// Whether a step to `new` raises a version further than one of these lines does, and changes nothing else of that line.
pub fn raises_further(lines: &[&[u8]], step: &Alignment, new: &Text<'_>) -> bool {
    let is_higher = |other: &[u8]| lines.iter().any(|line| versions::compared(line, other) == Some(Ordering::Greater));
    step.hunks.iter().flat_map(|hunk| hunk.new.clone()).any(|line| is_higher(new.lines()[line]))
}

/// Whether the nearest line that says something, before or behind a line of the new version, is the one that stands there in
/// the fix, whatever its indentation; `brought` are the hunk's own lines there. The same lines in other surroundings may be
/// another function's.
fn has_neighbour(change: &TextChange<'_>, hunk: &Hunk, new: &Text<'_>, line: usize, brought: &HashSet<usize>) -> bool {
    let (fix, here) = (change.after.lines(), new.lines());
    let says = |at: &usize| is_telling(here[*at]) && !brought.contains(at);
    let trimmed = |line: Option<&&[u8]>| line.map(|line| line.trim_ascii().to_vec());
    let before = (0..line).rev().find(says).map(|at| &here[at]);
    let behind = (line + 1..here.len()).find(says).map(|at| &here[at]);
    trimmed(fix[..hunk.new.start].iter().rev().find(|line| is_telling(line))) == trimmed(before)
        || trimmed(fix[hunk.new.end..].iter().find(|line| is_telling(line))) == trimmed(behind)
}

/// Whether one line may be the other's adapted form: by a common beginning and end, or by the words that they share in order.
pub(crate) fn is_alike(a: &[u8], b: &[u8]) -> bool {
    let ends = likeness(a, b);
    ends >= ALIKE || ends * 3 >= ALIKE && shared_words(a, b) >= ALIKE
}

/// How many of the letters and digits of two lines stand in words that both have in the same order, in percent.
///
/// A longest common subsequence, weighed by the words' lengths; letter case does not count, for a name that was exported
/// since changes just that.
fn shared_words(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (words(a), words(b));
    let length = |words: &[&[u8]]| words.iter().map(|word| word.len()).sum::<usize>();
    let all = length(&a) + length(&b);
    if all == 0 || a.len() * b.len() > MOST_WORD_PAIRS {
        return 0;
    }
    let mut best = vec![0; b.len() + 1];
    for word in &a {
        let mut diagonal = 0;
        for (at, other) in b.iter().enumerate() {
            let above = best[at + 1];
            let with = if word.eq_ignore_ascii_case(other) { diagonal + word.len() } else { 0 };
            best[at + 1] = above.max(best[at]).max(with);
            diagonal = above;
        }
    }
    200 * best[b.len()] / all
}

/// What a module is known by, wherever it stands: where it comes from, and its own name.
fn outer_words(line: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let quoted = line.iter().position(|byte| matches!(byte, b'"' | b'\'')).map_or(line, |at| &line[at..]);
    (words(quoted).first().copied(), words(line).last().copied())
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> Vec<&[u8]> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    line.split(|byte| !is_word(byte)).filter(|word| !word.is_empty()).collect()
}

/// The operators of a line: `<=`, `!`, `&&`.
pub(super) fn operators(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| !b"!<>=+-*/%&|^~?".contains(byte)).filter(|operator| !operator.is_empty()).collect()
}

/// How often each line stands.
type Counts<'a> = HashMap<&'a [u8], usize>;

fn counts<'a>(lines: &[&'a [u8]]) -> Counts<'a> {
    let mut counts = HashMap::with_capacity_and_hasher(lines.len(), Default::default());
    for line in lines {
        *counts.entry(*line).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapted(before: &str, after: &str, old: &str, new: &str) -> bool {
        let change = TextChange::new(before.as_bytes(), after.as_bytes());
        assert_eq!(change.hunks.len(), 1, "one hunk at a time");
        Adaptation::new(
            &change,
            &change.hunks[0],
            (false, true),
            (&Text::new(old.as_bytes()), &Text::new(new.as_bytes())),
        )
        .is_some()
    }

    #[test]
    fn a_pick_may_change_a_line_but_not_leave_the_guard_out() {
        let (before, after) = ("alpha\nomega\n", "alpha\nif ready == 3 {\n  go_on_now();\n}\nomega\n");
        assert!(adapted(before, after, "alpha\n", "alpha\nif is_ready == 3 {\n  go_on_now();\n}\n"));
        assert!(!adapted(before, after, "alpha\n", "alpha\n  go_on_now();\n"), "the guard was left out");
        assert!(
            !adapted(before, after, "alpha\n", "alpha\n    if ready == 3 {\n  go_on_now();\n}\n"),
            "only indented otherwise"
        );
    }

    #[test]
    fn a_line_is_known_again_by_its_words() {
        let old = b"ki.restore(lg, Revision{Main: rkv.kv.CreateRevision}, rev, rkv.kv.Version)";
        assert!(is_alike(old, b"ki.restore(lg, revision{rkv.kv.CreateRevision, 0}, rev, rkv.kv.Version)"));
        assert!(!is_alike(old, b"ki.put(lg, rev.Main, rev.Sub)"));
        assert_eq!((shared_words(b"a b c", b"a x c"), shared_words(b"", b"()")), (66, 0));
    }

    /// Found by the property test: the one hunk's line was taken for the other's changed form.
    #[test]
    fn another_line_of_the_fix_is_no_changed_form() {
        let (before, after) = ("one\nfour_5\n", "one\nchanged_by_fix\nfour_5\nadded_by_fix\n");
        let change = TextChange::new(before.as_bytes(), after.as_bytes());
        let landed = Text::new(b"one\nchanged_by_fix\nfour_5\n");
        let adapted =
            Adaptation::new(&change, &change.hunks[1], (false, true), (&Text::new(before.as_bytes()), &landed));
        assert_eq!(adapted, None);
    }

    #[test]
    fn what_the_fix_takes_out_must_go() {
        assert!(!adapted("one_two\n", "one_three\n", "one_two\nx\n", "one_two\nx\none_three\n"));
        assert!(adapted("one_two\nthree_four\n", "three_four\n", "zero\none_two\n", "zero\n"));
        assert!(!adapted("one_two\nthree_four\n", "three_four\n", "zero\none_two\n", "one_two\n"));
    }

    #[test]
    fn a_table_rewritten_whole_is_given_up_on() {
        let table = |rows: usize, changed: bool| {
            let row = |row: usize| match changed && row % 2 == 1 {
                true => format!("setting_{row} = the_other_value_{row};\n"),
                false => format!("setting_{row} = the_value_{row};\n"),
            };
            "alpha\n".to_owned() + &(0..rows).map(row).collect::<String>()
        };
        for (rows, proven) in [(20, true), (1_000, false)] {
            assert_eq!(adapted("alpha\n", &table(rows, false), "alpha\n", &table(rows, true)), proven, "{rows} rows");
        }
    }
}
