//! A moment as an event holds it: RFC 3339, as chrono reads and writes it.
//!
//! Chrono's ways are general, and events are read by the hundred thousand: a whole second of a year with four digits is read and
//! written here, which comes to the same. Everything else is left to chrono.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::identity::{Moment, from_text};

/// A moment in its written form.
#[derive(Serialize, Deserialize)]
pub(super) struct Written(#[serde(with = "self")] pub(super) Moment);

pub(super) fn serialize<S: Serializer>(at: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    match usual(*at) {
        Some(text) => serializer.serialize_str(text.as_str()),
        None => at.serialize(serializer),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
    from_text(deserializer, |text| read_usual(text.as_bytes()).map_or_else(|| text.parse(), Ok))
}

/// `2026-03-01T03:00:00+01:00`; with `Z` for no offset it is shorter.
struct Text {
    bytes: [u8; 25],
    length: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        // It is ASCII throughout.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

fn usual(at: Moment) -> Option<Text> {
    let offset = at.offset().local_minus_utc();
    let year = u32::try_from(at.year()).ok().filter(|year| *year <= 9_999)?;
    if at.timestamp_subsec_nanos() != 0 || offset % 60 != 0 {
        return None;
    }
    let mut text = Text { bytes: *b"0000-00-00T00:00:00Z00:00", length: 20 };
    let mut put = |place: usize, number: u32| {
        // Below a hundred, each.
        let [tens, ones] = [number / 10, number % 10].map(|digit| b'0' + digit as u8);
        text.bytes[place..place + 2].copy_from_slice(&[tens, ones]);
    };
    for (place, number) in [(0, year / 100), (2, year % 100), (5, at.month()), (8, at.day())] {
        put(place, number);
    }
    for (place, number) in [(11, at.hour()), (14, at.minute()), (17, at.second())] {
        put(place, number);
    }
    if offset != 0 {
        let minutes = offset.unsigned_abs() / 60;
        put(20, minutes / 60);
        put(23, minutes % 60);
        text.bytes[19] = if offset < 0 { b'-' } else { b'+' };
        text.length = 25;
    }
    Some(text)
}

fn read_usual(text: &[u8]) -> Option<Moment> {
    let number = |place: usize, digits: usize| {
        text.get(place..place + digits)?
            .iter()
            .try_fold(0_u32, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !marks.iter().all(|&(place, mark)| text.get(place) == Some(&mark)) {
        return None;
    }
    let offset = match (text.len(), text.get(19)?) {
        (20, b'Z') => 0,
        (25, sign @ (b'+' | b'-')) if text[22] == b':' => {
            let (hours, minutes) = (number(20, 2)?, number(23, 2).filter(|minutes| *minutes < 60)?);
            let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 2)?, number(8, 2)?)?;
    let local = date.and_hms_opt(number(11, 2)?, number(14, 2)?, number(17, 2)?)?;
    let offset = FixedOffset::east_opt(offset)?;
    Some(DateTime::from_naive_utc_and_offset(local.checked_sub_offset(offset)?, offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(at: Moment) -> String {
        serde_json::to_string(&Written(at)).expect("it is written")
    }

    /// Around the limits of what is read and written here, and far beyond.
    fn any_moment() -> impl Strategy<Value = Moment> {
        let seconds = prop_oneof![
            -62_167_305_600_i64..-62_167_132_800,
            253_402_214_400_i64..253_402_387_200,
            0..4_000_000_000_i64,
            -8_000_000_000_000_i64..8_000_000_000_000
        ];
        (seconds, prop_oneof![Just(0), 0..2_000_000_000_u32], -86_399..86_400, any::<bool>()).prop_map(
            |(seconds, nanos, offset, whole)| {
                let offset =
                    FixedOffset::east_opt(if whole { offset / 60 * 60 } else { offset }).expect("within a day");
                let at =
                    DateTime::from_timestamp(seconds, if seconds % 60 == 59 { nanos } else { nanos % 1_000_000_000 });
                at.expect("a moment").with_timezone(&offset)
            },
        )
    }

    fn reads_as_chrono_does(text: &str) {
        let read = serde_json::from_value::<Written>(text.into()).map(|Written(at)| (at, *at.offset())).ok();
        let chronos = serde_json::from_value::<Moment>(text.into()).map(|at| (at, *at.offset())).ok();
        assert_eq!(read, chronos, "{text:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        #[test]
        fn a_moment_is_written_as_chrono_writes_it(at in any_moment()) {
            let text = written(at);
            prop_assert_eq!(&text, &serde_json::to_string(&at).expect("it is written"));
            reads_as_chrono_does(text.trim_matches('"'));
        }

        #[test]
        fn a_moment_is_read_as_chrono_reads_it(at in any_moment(), place in 0..25_usize, piece in "[-0-9+:TZtz. ]{0,2}") {
            let mut text = written(at).trim_matches('"').to_owned();
            if place < text.len() {
                text.replace_range(place..=place, &piece);
            }
            reads_as_chrono_does(&text);
        }
    }

    #[test]
    fn the_usual_moments_are_read_and_written_here() {
        for text in
            ["2026-03-01T03:00:00+01:00", "2026-12-31T23:59:59Z", "0000-01-01T00:00:00-23:59", "9999-12-31T23:59:59Z"]
        {
            let at = read_usual(text.as_bytes()).expect("it is read");
            assert_eq!(usual(at).map(|text| text.as_str().to_owned()).as_deref(), Some(text));
            reads_as_chrono_does(text);
        }
        for text in
            ["2026-02-30T03:00:00Z", "2026-02-03T24:00:00Z", "2026-02-03T23:00:60Z", "2026-02-03T23:00:00+24:00"]
        {
            assert_eq!(read_usual(text.as_bytes()), None);
            reads_as_chrono_does(text);
        }
    }
}
