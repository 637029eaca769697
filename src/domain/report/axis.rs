//! Calendar months, the one time axis of all series.

use std::fmt;

use chrono::Datelike;
use serde::{Serialize, Serializer};

use crate::domain::identity::Moment;

/// The longest axis, in months: what a mistyped year opened must not make a table of a thousand years.
const LONGEST: i32 = 600;

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since the beginning of the year 0.
    number: i32,
}

impl Month {
    /// The month that a moment lies in.
    pub fn of(at: Moment) -> Self {
        let at = at.naive_utc();
        Self { number: at.year() * 12 + at.month0().cast_signed() }
    }

    /// How many months this one is behind another.
    pub fn since(self, other: Self) -> i32 {
        self.number - other.number
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.number.div_euclid(12), self.number.rem_euclid(12) + 1)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The months from the first that matters to the present one.
pub(super) struct Axis {
    first: Month,
    length: usize,
}

impl Axis {
    /// From the month of `first` to that of `now`; the last fifty years where that is longer.
    pub(super) fn new(first: Moment, now: Moment) -> Self {
        let last = Month::of(now);
        let months = last.since(Month::of(first)).clamp(0, LONGEST - 1);
        Self { first: Month { number: last.number - months }, length: months.unsigned_abs() as usize + 1 }
    }

    pub(super) fn months(&self) -> Vec<Month> {
        (self.first.number..).take(self.length).map(|number| Month { number }).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The place of a moment; none outside.
    pub(super) fn place(&self, at: Moment) -> Option<usize> {
        usize::try_from(Month::of(at).since(self.first)).ok().filter(|place| *place < self.length)
    }

    /// How many of the moments lie in each month.
    pub(super) fn counts(&self, moments: impl IntoIterator<Item = Moment>) -> Vec<Option<i64>> {
        let mut counts = vec![0; self.length];
        moments.into_iter().filter_map(|at| self.place(at)).for_each(|place| counts[place] += 1);
        counts.into_iter().map(Some).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse_from_rfc3339(text).expect("a moment")
    }

    #[test]
    fn months_are_those_of_utc_and_have_no_gap() {
        // Still October in UTC.
        let axis = Axis::new(at("2025-11-01T00:30:00+01:00"), at("2026-02-01T00:00:00Z"));
        let months: Vec<String> = axis.months().iter().map(Month::to_string).collect();
        assert_eq!(months, ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(axis.place(at("2026-01-31T23:59:59Z")), Some(3));
        assert_eq!(axis.place(at("2025-09-30T23:59:59Z")), None);
        assert_eq!(axis.place(at("2026-03-01T00:00:00Z")), None);
    }

    #[test]
    fn an_axis_is_neither_empty_nor_endless() {
        let now = at("2026-02-01T00:00:00Z");
        assert_eq!(Axis::new(at("2027-01-01T00:00:00Z"), now).len(), 1);
        let axis = Axis::new(at("0001-01-01T00:00:00Z"), now);
        assert_eq!((axis.len(), axis.months()[0].to_string()), (600, "1976-03".to_owned()));
    }
}
