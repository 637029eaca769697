//! Lengths of time of which some are not over yet.

use super::axis::Axis;
use super::metric::{Amount, Figure, Series, Told};
use crate::domain::identity::Moment;

/// How many values a median needs to be told. A convention of this program, as the next one.
pub(super) const FOR_MEDIAN: usize = 5;
/// How many values a 90th percentile needs: with fewer than ten it is only their largest.
pub(super) const FOR_P90: usize = 10;

/// Where the percentiles are from.
pub(super) const QUANTILES: &str = "percentiles by nearest rank: Hyndman and Fan 1996, definition 1";

/// A length of time that began at some moment.
struct Span {
    began: Moment,
    seconds: i64,
    open: bool,
}

/// Lengths of time, each over or open.
#[derive(Default)]
pub(super) struct Spans {
    spans: Vec<Span>,
}

impl Spans {
    /// Adds the time from `began` to `ended`, or to `now` if it is open. Clocks that contradict each other make it 0.
    pub(super) fn add(&mut self, began: Moment, ended: Option<Moment>, now: Moment) {
        let seconds = ended.unwrap_or(now).signed_duration_since(began).num_seconds().max(0);
        self.spans.push(Span { began, seconds, open: ended.is_none() });
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// How many are open.
    pub(super) fn open(&self) -> usize {
        self.spans.iter().filter(|span| span.open).count()
    }

    /// The value that so many per cent of all do not exceed, by nearest rank; and whether the true one may be larger, for
    /// what is open can still grow. None of nothing.
    ///
    /// What is open counts by its age. Where all of it is older than the value, the value is exact, for what grows above it
    /// changes no rank below.
    fn percentile(&self, percent: usize) -> Option<(i64, bool)> {
        percentile(self.spans.iter(), percent)
    }

    /// The median and the 90th percentile, and how many are open.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let told = |name, percent, needs| {
            let (seconds, at_least) = self.percentile(percent).unwrap_or_default();
            let value = Told::if_enough(self.len(), needs, Amount::Span { seconds });
            Figure { name, value, at_least: at_least && matches!(value, Told::Known(_)) }
        };
        vec![
            told("median", 50, FOR_MEDIAN),
            told("p90", 90, FOR_P90),
            Figure::new("still-open", Amount::Count(self.open())),
        ]
    }

    /// The median of each month, by when the time began, in seconds.
    pub(super) fn by_month(&self, axis: &Axis) -> Series {
        let mut months: Vec<Vec<&Span>> = (0..axis.len()).map(|_| Vec::new()).collect();
        for span in &self.spans {
            if let Some(place) = axis.place(span.began) {
                months[place].push(span);
            }
        }
        let median = |spans: Vec<&Span>| percentile(spans.into_iter(), 50).map(|(seconds, _)| seconds);
        Series { name: "median".to_owned(), values: months.into_iter().map(median).collect() }
    }
}

fn percentile<'s>(spans: impl Iterator<Item = &'s Span> + Clone, percent: usize) -> Option<(i64, bool)> {
    let mut seconds: Vec<i64> = spans.clone().map(|span| span.seconds).collect();
    let rank = (seconds.len() * percent).div_ceil(100).checked_sub(1)?;
    let (_, value, _) = seconds.select_nth_unstable(rank);
    let value = *value;
    let mut open = spans.filter(|span| span.open);
    Some((value, open.any(|span| span.seconds <= value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(done: &[i64], open: &[i64]) -> Spans {
        let now = Moment::parse_from_rfc3339("2026-11-24T12:00:00Z").expect("a moment");
        let ago = |seconds: &i64| now - chrono::TimeDelta::seconds(*seconds);
        let mut spans = Spans::default();
        done.iter().for_each(|seconds| spans.add(ago(seconds), Some(now), now));
        open.iter().for_each(|seconds| spans.add(ago(seconds), None, now));
        spans
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank_and_say_when_they_can_still_grow() {
        for (done, open, percent, expected) in [
            (&[][..], &[][..], 50, None),
            // Rank ceil(0.5 * 1) = 1, of one.
            (&[7], &[], 50, Some((7, false))),
            // Rank ceil(0.5 * 4) = 2, the lower of the two in the middle.
            (&[1, 2, 3, 4], &[], 50, Some((2, false))),
            // Rank ceil(0.9 * 10) = 9.
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], &[], 90, Some((9, false))),
            // Rank ceil(0.9 * 9) = ceil(8.1) = 9: the largest.
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[], 90, Some((9, false))),
            // Of 1, 2, 3, 50, 60 the third; the open ones are above it, and wherever they end they stay there.
            (&[1, 2, 3], &[50, 60], 50, Some((3, false))),
            // Of 1, 2, 3, 50, 60 the fifth: it is open itself.
            (&[1, 2, 3], &[50, 60], 90, Some((60, true))),
            // Of 1, 2, 30, 40, 50 the third is 30, but the open 1 will end later, perhaps behind 40.
            (&[2, 30, 40, 50], &[1], 50, Some((30, true))),
            // An open one as old as the value may be the value.
            (&[1, 5, 9], &[5], 50, Some((5, true))),
        ] {
            assert_eq!(spans(done, open).percentile(percent), expected, "{done:?} {open:?} {percent}");
        }
    }

    proptest::proptest! {
        #[test]
        fn wherever_the_open_ones_end_the_figure_is_a_lower_bound_and_exact_where_it_says_so(
            done in proptest::collection::vec(0_i64..50, 0..12),
            open in proptest::collection::vec((0_i64..50, 0_i64..50), 0..6),
            percent in 1_usize..=100,
        ) {
            let ages: Vec<i64> = open.iter().map(|(age, _)| *age).collect();
            let ended: Vec<i64> = done.iter().copied().chain(open.iter().map(|(age, more)| age + more)).collect();
            let told = spans(&done, &ages).percentile(percent);
            let truth = spans(&ended, &[]).percentile(percent);
            match (told, truth) {
                (None, None) => {}
                (Some((told, at_least)), Some((truth, _))) => {
                    proptest::prop_assert!(told <= truth);
                    proptest::prop_assert!(at_least || told == truth);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn clocks_that_contradict_each_other_make_no_negative_time() {
        assert_eq!(spans(&[-5, -5, -5], &[]).percentile(50), Some((0, false)));
    }
}
