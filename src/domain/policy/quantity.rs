//! A decimal number without floating point, so that the record reads the same for ever.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::identity::from_text;

/// A decimal with up to six digits after the point, between -9 223 372 036 854 and 9 223 372 036 854; written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    millionths: i64,
}

/// Why a text is no [`Quantity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// It is not a plain decimal number.
    #[error("it is not a plain decimal number such as 5 or 0.25")]
    NotDecimal,
    /// It has more than six digits after the point.
    #[error("it has more than six digits after the point")]
    TooFine,
    /// It is too large.
    #[error("it is too large")]
    TooLarge,
}

const SCALE: i64 = 1_000_000;

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(QuantityError::NotDecimal),
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(QuantityError::NotDecimal);
        }
        if fraction.len() > 6 {
            return Err(QuantityError::TooFine);
        }
        let whole: i64 = whole.parse().map_err(|_| QuantityError::TooLarge)?;
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| QuantityError::NotDecimal)?;
        let millionths =
            whole.checked_mul(SCALE).and_then(|whole| whole.checked_add(fraction)).ok_or(QuantityError::TooLarge)?;
        Ok(Self { millionths: if negative { -millionths } else { millionths } })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.millionths.unsigned_abs();
        let (whole, fraction) = (size / SCALE.unsigned_abs(), size % SCALE.unsigned_abs());
        let sign = if self.millionths < 0 { "-" } else { "" };
        let fraction = format!("{fraction:06}");
        match fraction.trim_end_matches('0') {
            "" => write!(out, "{sign}{whole}"),
            fraction => write!(out, "{sign}{whole}.{fraction}"),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_decimals() {
        for (text, shown) in [("5", "5"), ("0.50", "0.5"), ("-1.25", "-1.25"), ("007", "7"), ("0.000001", "0.000001")] {
            assert_eq!(text.parse::<Quantity>().map(|q| q.to_string()), Ok(shown.to_owned()));
        }
        use QuantityError::{NotDecimal, TooFine, TooLarge};
        let cases = [
            ("", NotDecimal),
            ("1e3", NotDecimal),
            ("1.", NotDecimal),
            (".5", NotDecimal),
            ("+1", NotDecimal),
            ("0.0000001", TooFine),
            ("9223372036855", TooLarge),
            ("99999999999999999999", TooLarge),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Quantity>(), Err(error), "{text:?}");
        }
    }
}
