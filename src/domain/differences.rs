//! Where two texts differ, line by line, at a cost that stays bounded however long they are and however often they differ.

use foldhash::HashMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, Interner};

use super::lines::Hunk;

/// Above so many pairs of lines a histogram diff may take minutes: for each run that both texts share it reads all that is
/// left of them.
const MOST_PAIRS: usize = 1_000_000_000;

/// The differences in order, without context. At least one line that both texts have stands between two of them.
///
/// By a histogram diff (after Bram Cohen's patience diff), as imara-diff does it. Longer texts are divided first at the lines
/// that stand just once in each, as the patience diff does; where too much is left between two of these it is Myers' diff
/// that goes on, which imara-diff cuts short where it would take long.
pub(super) fn differences(old: &[&[u8]], new: &[&[u8]]) -> Vec<Hunk> {
    divided(old, new, MOST_PAIRS)
}

fn divided(old: &[&[u8]], new: &[&[u8]], most_pairs: usize) -> Vec<Hunk> {
    let few = |old: &[&[u8]], new: &[&[u8]]| old.len().saturating_mul(new.len()) <= most_pairs;
    if few(old, new) {
        return compared(Algorithm::Histogram, old, new);
    }
    let mut hunks = Vec::new();
    let (mut old_start, mut new_start) = (0, 0);
    for (old_end, new_end) in shared_once(old, new).into_iter().chain([(old.len(), new.len())]) {
        let (gone, come) = (&old[old_start..old_end], &new[new_start..new_end]);
        if gone.is_empty() || come.is_empty() {
            let is_any = gone.len() + come.len() > 0;
            hunks.extend(is_any.then_some(Hunk { old: old_start..old_end, new: new_start..new_end }));
        } else {
            let algorithm = if few(gone, come) { Algorithm::Histogram } else { Algorithm::Myers };
            let shift = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
            hunks.extend(
                compared(algorithm, gone, come)
                    .into_iter()
                    .map(|hunk| Hunk { old: shift(&hunk.old, old_start), new: shift(&hunk.new, new_start) }),
            );
        }
        (old_start, new_start) = (old_end + 1, new_end + 1);
    }
    hunks
}

fn compared(algorithm: Algorithm, old: &[&[u8]], new: &[&[u8]]) -> Vec<Hunk> {
    let mut input = InternedInput { before: vec![], after: vec![], interner: Interner::new(old.len()) };
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let mut diff = Diff::compute(algorithm, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: &Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Hunk { old: range(&hunk.before), new: range(&hunk.after) }).collect()
}

/// Where the lines stand that stand just once in each of both texts: as many of them as have the same order in both.
fn shared_once(old: &[&[u8]], new: &[&[u8]]) -> Vec<(usize, usize)> {
    let old_places = once(old);
    let mut pairs: Vec<(usize, usize)> =
        once(new).into_iter().filter_map(|(line, at)| Some(((*old_places.get(line)?)?, at?))).collect();
    pairs.sort_unstable();
    in_order(&pairs)
}

/// Where each line stands; none for one that stands more than once.
fn once<'a>(lines: &[&'a [u8]]) -> HashMap<&'a [u8], Option<usize>> {
    let mut places = HashMap::with_capacity_and_hasher(lines.len(), Default::default());
    for (at, line) in lines.iter().enumerate() {
        places.entry(*line).and_modify(|place| *place = None).or_insert(Some(at));
    }
    places
}

/// A longest run of pairs, sorted by their first, whose second rises, too; by patience sorting.
fn in_order(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // Of all runs of one length the pair at whose end the second is lowest, and for each pair the one before it in its run.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::with_capacity(pairs.len()));
    for (index, (_, place)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end: &usize| pairs[*end].1 < *place);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut run: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |index| before[*index]).map(|index| pairs[index]).collect();
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the lines outside of the differences are the same on both sides, and each two differences stand apart.
    fn is_sound(old: &[&[u8]], new: &[&[u8]], hunks: &[Hunk]) -> bool {
        let (mut kept_old, mut kept_new, mut end) = (Vec::<&[u8]>::new(), Vec::<&[u8]>::new(), None);
        let (mut old_start, mut new_start) = (0, 0);
        for hunk in hunks {
            let is_apart = end.is_none_or(|end| end < hunk.old.start);
            if !is_apart || hunk.old.is_empty() && hunk.new.is_empty() {
                return false;
            }
            kept_old.extend(&old[old_start..hunk.old.start]);
            kept_new.extend(&new[new_start..hunk.new.start]);
            (old_start, new_start, end) = (hunk.old.end, hunk.new.end, Some(hunk.old.end));
        }
        kept_old.extend(&old[old_start..]);
        kept_new.extend(&new[new_start..]);
        kept_old == kept_new
    }

    proptest::proptest! {
        #[test]
        fn what_stands_between_the_differences_is_the_same(old in "[a-h]{0,24}", new in "[a-h]{0,24}", most in 0_usize..40) {
            let (old, new): (Vec<&[u8]>, Vec<&[u8]>) = (old.as_bytes().chunks(1).collect(), new.as_bytes().chunks(1).collect());
            proptest::prop_assert!(is_sound(&old, &new, &divided(&old, &new, most)));
        }
    }

    #[test]
    fn a_long_text_is_divided_where_lines_stand_once() {
        let words = |text: &'static str| text.split(' ').map(str::as_bytes).collect::<Vec<_>>();
        let (old, new) = (words("a x b x c x d"), words("a y b x d x c"));
        assert_eq!(shared_once(&old, &new), [(0, 0), (2, 2), (6, 4)]);
        let hunks = divided(&old, &new, 0);
        assert_eq!(hunks.first(), Some(&Hunk { old: 1..2, new: 1..2 }));
        assert!(is_sound(&old, &new, &hunks), "{hunks:?}");
    }
}
