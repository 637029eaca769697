//! A length of time as people agree on it: whole minutes, hours or days.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A length of time in whole minutes, written as `30m`, `24h` or `5d`: one number and one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    minutes: u32,
}

/// A text that is no [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no length of time such as 30m, 24h or 5d")]
pub struct SpanError;

impl Span {
    /// So many hours.
    pub const fn of_hours(hours: u32) -> Self {
        Self { minutes: hours * 60 }
    }

    /// The same, for arithmetic with moments.
    pub fn delta(self) -> chrono::TimeDelta {
        chrono::TimeDelta::minutes(i64::from(self.minutes))
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let unit = text.chars().next_back().ok_or(SpanError)?;
        let minutes = match unit {
            'm' => 1,
            'h' => 60,
            'd' => 24 * 60,
            _ => return Err(SpanError),
        };
        let digits = &text[..text.len() - 1];
        let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let count: u32 = digits.parse().map_err(|_| SpanError)?;
        if !plain || digits.starts_with('0') {
            return Err(SpanError);
        }
        Ok(Self { minutes: count * minutes })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.minutes {
            minutes if minutes % (24 * 60) == 0 => (minutes / (24 * 60), "d"),
            minutes if minutes % 60 == 0 => (minutes / 60, "h"),
            minutes => (minutes, "m"),
        };
        write!(out, "{count}{unit}")
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_and_one_unit() {
        for (text, minutes) in [("1m", 1), ("90m", 90), ("24h", 1440), ("30d", 43_200), ("9999d", 14_398_560)] {
            assert_eq!(text.parse::<Span>().map(|span| span.minutes), Ok(minutes), "{text}");
        }
        for bad in ["", "m", "0h", "05d", "1M", "1w", "1.5h", "-1d", "10000d", "1 d", "1d ", "h1", "1é"] {
            assert!(bad.parse::<Span>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn it_is_written_in_its_largest_unit() {
        for (text, written) in [("24h", "1d"), ("90m", "90m"), ("120m", "2h"), ("36h", "36h")] {
            assert_eq!(text.parse::<Span>().expect("a span").to_string(), written);
        }
    }
}
