//! Times on the command line: RFC 3339 with an offset, and never in the future.

use crate::domain::identity::Moment;
use crate::domain::incident::Incident;
use crate::domain::text::counted;
use crate::failure::Failure;

/// Reads a time such as `2026-11-23T03:10:00+01:00`; a time without an offset is refused, for it names no moment.
pub fn parse(text: &str) -> Result<Moment, String> {
    chrono::DateTime::parse_from_rfc3339(text).map_err(|_| {
        "it names no moment; give date, time and offset, such as 2026-11-23T03:10:00+01:00 or 2026-11-23T02:10:00Z"
            .to_owned()
    })
}

/// Reads a day such as `2026-12-24`.
pub fn day(text: &str) -> Result<chrono::NaiveDate, String> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    day.ok_or_else(|| "a day is year, month and day, such as 2026-12-24".to_owned())
}

/// Reads a day (from its beginning in UTC) or a time.
pub fn day_or_moment(text: &str) -> Result<Moment, String> {
    match day(text) {
        Ok(day) => Ok(day.and_time(chrono::NaiveTime::MIN).and_utc().fixed_offset()),
        Err(_) => parse(text).map_err(|why| format!("{why}; or a day, such as 2026-01-31")),
    }
}

/// The time given, or now. Exit 2 for a time that has not come yet; a minute of clock skew is forgiven.
pub fn past_or_now(given: Option<Moment>, option: &str, now: Moment) -> Result<Moment, Failure> {
    match given {
        Some(at) if at > now + chrono::TimeDelta::minutes(1) => {
            Err(Failure::usage(format!("{option} {} is in the future", at.to_rfc3339()))
                .hint(format!("by this machine's clock it is {}", now.to_rfc3339())))
        }
        Some(at) => Ok(at),
        None => Ok(now),
    }
}

/// The moment, if the incident had started by then. Exit 2 for what ended before it began.
pub fn after_start(at: Moment, incident: &Incident) -> Result<Moment, Failure> {
    if at < incident.started {
        return Err(Failure::usage(format!("--at {} is before the incident started", at.to_rfc3339())).hint(format!(
            "{} started at {}",
            incident.id,
            incident.started.to_rfc3339()
        )));
    }
    Ok(at)
}

/// A moment as people read it: `2026-11-23 03:10 +01:00`.
pub fn show(at: Moment) -> String {
    at.format("%Y-%m-%d %H:%M %:z").to_string()
}

/// How long ago, in the largest unit that says enough: `3 days`, `5 hours`, `12 minutes`.
pub fn ago(now: Moment, then: Moment) -> String {
    let passed = now.signed_duration_since(then);
    let units = [(passed.num_days(), "day"), (passed.num_hours(), "hour"), (passed.num_minutes(), "minute")];
    let largest = units.into_iter().find(|(count, _)| *count > 0);
    largest.map_or_else(|| "less than a minute".to_owned(), |(count, unit)| counted(count, unit))
}

/// How old what was fetched is.
pub fn fetched(now: Moment, last: Option<Moment>) -> String {
    match last {
        Some(then) => format!("the last fetch was {} ago", ago(now, then)),
        None => "nothing is known about the last fetch".to_owned(),
    }
}

/// How long it is until then, rounded up: with a second less than two days there are two days left to act.
pub fn until(now: Moment, then: Moment) -> String {
    let left = then.signed_duration_since(now).num_seconds();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let largest = units.into_iter().find(|(seconds, _)| left > *seconds).unwrap_or((60, "minute"));
    counted((left + largest.0 - 1) / largest.0, largest.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_an_offset_and_lies_in_the_past() {
        let now = parse("2026-11-23T02:10:00Z").unwrap();
        assert!(parse("2026-11-23T02:10:00").unwrap_err().contains("offset"));
        assert!(parse("yesterday").is_err());
        assert_eq!(past_or_now(None, "--at", now).unwrap(), now);
        assert!(past_or_now(Some(parse("2026-11-23T03:10:30+01:00").unwrap()), "--at", now).is_ok());
        assert!(past_or_now(Some(parse("2026-11-23T02:12:00Z").unwrap()), "--at", now).is_err());
    }

    #[test]
    fn what_is_left_is_rounded_up() {
        let now = parse("2026-11-20T02:10:00Z").unwrap();
        for (then, told) in [
            ("2026-11-22T02:10:00Z", "2 days"),
            ("2026-11-22T02:09:59Z", "2 days"),
            ("2026-11-21T02:10:00Z", "24 hours"),
            ("2026-11-20T03:09:00Z", "59 minutes"),
            ("2026-11-20T02:10:01Z", "1 minute"),
        ] {
            assert_eq!(until(now, parse(then).unwrap()), told);
        }
    }

    #[test]
    fn a_time_ago_is_told_in_one_unit() {
        let then = parse("2026-11-20T02:10:00Z").unwrap();
        for (now, told) in [
            ("2026-11-20T02:10:30Z", "less than a minute"),
            ("2026-11-20T02:11:30Z", "1 minute"),
            ("2026-11-20T04:10:30Z", "2 hours"),
            ("2026-11-23T04:10:30Z", "3 days"),
            ("2026-11-19T04:10:30Z", "less than a minute"),
        ] {
            assert_eq!(ago(parse(now).unwrap(), then), told);
        }
    }
}
