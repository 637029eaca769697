//! A hunk that a pick brought with changes of its own, such as a resolved conflict leaves behind.

use std::collections::HashMap;
use std::ops::Range;

use super::hunk::{TextChange, likeness};
use super::lines::{Alignment, Hunk, Text, is_telling};

/// Above this many pairs of lines likeness is not worth its time: a table rewritten whole is no adaptation that can be proven.
const MOST_LIKENESSES: usize = 40_000;

/// Above this many pairs of lines not even equality is.
const MOST_EQUAL: usize = 4_000_000;

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
    /// white space). At least half must be added word for word, and only of ten lines or more may one in ten be left out. No
    /// line that the hunk takes out may stand as often as before, and what it takes out elsewhere too is not asked for.
    pub fn new(change: &TextChange<'_>, hunk: &Hunk, old: &Text<'_>, new: &Text<'_>) -> Option<Self> {
        let alignment = Alignment::of_bytes(old.bytes(), new.bytes());
        let (before, after) = (counts(old.lines()), counts(new.lines()));
        let count = |counts: &HashMap<&[u8], usize>, line: &[u8]| counts.get(line).copied().unwrap_or(0);
        let removed = change.removed(hunk);
        let kept = counts(change.after.lines());
        let still = |line: &&&[u8]| {
            is_telling(line) && count(&after, line) >= count(&before, line).max(1) && count(&kept, line) == 0
        };
        if removed.iter().any(|line| still(&line)) {
            return None;
        }
        if hunk.new.is_empty() {
            return Self::deletion(removed, &before, &alignment, old);
        }
        let mut fresh: Vec<usize> = alignment.hunks.iter().flat_map(|hunk| hunk.new.clone()).collect();
        let mut adaptation = Self { own: vec![], heirs: vec![], changed: 0, gap: 0..0 };
        let telling: Vec<&[u8]> = change.added(hunk).iter().copied().filter(|line| is_telling(line)).collect();
        if telling.len().saturating_mul(fresh.len()) > MOST_EQUAL {
            return None;
        }
        let mut open = Vec::new();
        for &line in &telling {
            match fresh.iter().position(|at| new.lines()[*at] == line) {
                Some(at) => adaptation.own.push(fresh.remove(at)),
                None => open.push(line),
            }
        }
        if open.len().saturating_mul(fresh.len()) > MOST_LIKENESSES {
            return None;
        }
        let mut left_out = 0;
        for line in open {
            if count(&before, line) > 0 && count(&after, line) > 0 {
                continue;
            }
            let alike = |at: &usize| {
                let candidate = new.lines()[*at];
                candidate.trim_ascii() != line.trim_ascii() && likeness(candidate, line) >= ALIKE
            };
            adaptation.changed += 1;
            match fresh.iter().position(alike) {
                Some(at) => adaptation.heirs.push(fresh.remove(at)),
                None => left_out += 1,
            }
        }
        let enough = !telling.is_empty() && adaptation.own.len() * 2 >= telling.len() && left_out * 10 <= telling.len();
        adaptation.own.sort_unstable();
        adaptation.heirs.sort_unstable();
        enough.then_some(adaptation)
    }

    /// Whether the step adds something that is like a line of the hunk, beyond its white space: a sign, and no proof.
    pub fn resembles(change: &TextChange<'_>, hunk: &Hunk, old: &Text<'_>, new: &Text<'_>) -> bool {
        let added = Alignment::of_bytes(old.bytes(), new.bytes()).hunks.into_iter().flat_map(|hunk| hunk.new);
        let fresh: Vec<&[u8]> = added.map(|line| new.lines()[line]).collect();
        let telling = || change.added(hunk).iter().filter(|line| is_telling(line));
        if telling().count().saturating_mul(fresh.len()) > MOST_LIKENESSES {
            return false;
        }
        telling().any(|line| fresh.iter().any(|other| likeness(other, line) >= ALIKE))
    }

    /// A pure deletion: the step must have taken at least half of what says something.
    fn deletion(
        removed: &[&[u8]],
        before: &HashMap<&[u8], usize>,
        alignment: &Alignment,
        old: &Text<'_>,
    ) -> Option<Self> {
        let telling = || removed.iter().filter(|line| is_telling(line));
        let stood = telling().filter(|line| before.contains_key(**line)).count();
        if stood == 0 || stood * 2 < telling().count() {
            return None;
        }
        let first = telling().find_map(|wanted| old.lines().iter().position(|line| line == wanted))?;
        Some(Self { own: vec![], heirs: vec![], changed: 1, gap: alignment.gap(first) })
    }
}

fn counts<'a>(lines: &[&'a [u8]]) -> HashMap<&'a [u8], usize> {
    let mut counts = HashMap::with_capacity(lines.len());
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
        Adaptation::new(&change, &change.hunks[0], &Text::new(old.as_bytes()), &Text::new(new.as_bytes())).is_some()
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
