//! A report's values in words.

use chrono::Datelike;

use crate::domain::identity::Moment;
use crate::domain::report::{Amount, Figure, Metric, PolicyChange, Ranked, Report, Told, Unit};
use crate::domain::text::counted;

/// A length of time in the unit that says enough: `45 min`, `5.2 h`, `3.1 days`.
pub(super) fn span(seconds: i64) -> String {
    let tenths = |unit: i64| {
        let tenths = (seconds * 10 + unit / 2) / unit;
        if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
    };
    match seconds {
        ..7_200 => format!("{} min", (seconds + 30) / 60),
        7_200..172_800 => format!("{} h", tenths(3_600)),
        _ => format!("{} days", tenths(86_400)),
    }
}

/// A part of a whole, in per cent.
pub(super) fn percent(part: usize, whole: usize) -> String {
    format!("{}%", (part * 200 + whole) / (whole.max(1) * 2))
}

/// A value of a series.
pub(super) fn value(unit: Unit, value: i64) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Seconds => span(value),
    }
}

/// A figure's value; where there is too little data, how much there is.
pub(super) fn figure(figure: &Figure) -> String {
    match figure.value {
        Told::Known(Amount::Count(count)) => count.to_string(),
        Told::Known(Amount::Share { part, whole }) => format!("{} ({part} of {whole})", percent(part, whole)),
        Told::Known(Amount::Per { part, whole, each }) => {
            let hundredths = (part * 200 + whole) / (whole.max(1) * 2);
            format!("{}.{:02} per {each}", hundredths / 100, hundredths % 100)
        }
        Told::Known(Amount::Span { seconds }) if figure.at_least => format!("at least {}", span(seconds)),
        Told::Known(Amount::Span { seconds }) => span(seconds),
        Told::TooLittle { has, needs, of } => {
            format!("{has} of {needs} {}needed", of.map_or_else(String::new, |of| format!("{of} ")))
        }
    }
}

/// A figure's name.
pub(super) fn name(figure: &Figure) -> String {
    figure.name.replace('-', " ")
}

/// All figures of a metric in one sentence, what can't be told last.
pub(super) fn figures(metric: &Metric) -> String {
    let (known, not): (Vec<&Figure>, Vec<&Figure>) =
        metric.figures.iter().partition(|figure| matches!(figure.value, Told::Known(_)));
    let mut parts: Vec<String> = known.into_iter().map(|it| format!("{} {}", name(it), figure(it))).collect();
    if !not.is_empty() {
        let lacking: Vec<String> = not.into_iter().map(|it| format!("{} ({})", name(it), figure(it))).collect();
        parts.push(format!("too little data for {}", lacking.join(", ")));
    }
    parts.join("; ")
}

/// What a metric rests on.
pub(super) fn rests_on(metric: &Metric) -> String {
    format!("n = {} {}", metric.n, metric.of)
}

/// What is counted and where that is from.
pub(super) fn definition(metric: &Metric) -> String {
    match metric.source {
        "hotfix" => metric.definition.to_owned(),
        source => format!("{} Source: {source}", metric.definition),
    }
}

/// What a ranking left out.
pub(super) fn left_out(count: usize) -> Option<String> {
    (count > 0).then(|| format!("and {count} more"))
}

/// A row's share of all, and what all up to it make together.
pub(super) fn shares(rows: &[Ranked], at: usize, total: usize) -> (String, String) {
    let so_far: usize = rows[..=at].iter().map(|row| row.count).sum();
    (percent(rows[at].count, total), percent(so_far, total))
}

/// What the report covers.
pub(super) fn cover(report: &Report) -> Vec<String> {
    let repository = |it: &crate::domain::report::Repository| {
        let releases = it.releases.map_or_else(|| "releases unknown".to_owned(), |count| counted(count, "release"));
        let since = it.from.map_or_else(String::new, |from| format!(" since {}", day(from)));
        let hotfixes = counted(it.hotfixes, "hotfix");
        format!("{}: {}, {hotfixes}, {releases}{since}", it.name, counted(it.incidents, "incident"))
    };
    let mut lines: Vec<String> = report.repositories.iter().map(repository).collect();
    if report.void > 0 {
        lines.push(format!("{} void and counted nowhere", counted(report.void, "incident")));
    }
    lines
}

/// A policy's arrival, with its repository where there are several.
pub(super) fn policy_change(report: &Report, change: &PolicyChange) -> String {
    let place = if report.repositories.len() > 1 { format!("{}: ", change.repository) } else { String::new() };
    format!("{} {place}{} version {}", day(change.at), change.name, change.version)
}

/// A moment's day in UTC, as the months are.
pub(super) fn day(at: Moment) -> String {
    at.naive_utc().format("%Y-%m-%d").to_string()
}

/// A moment as people read it, with the offset of the clock that told it.
pub(super) fn minute(at: Moment) -> String {
    at.format("%Y-%m-%d %H:%M %:z").to_string()
}

/// How much of its month, in UTC, has passed at a moment: 0 to 1.
pub(super) fn share_of_month(at: Moment) -> f64 {
    let at = at.naive_utc();
    f64::from(at.day0()) / f64::from(at.num_days_in_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_one_unit() {
        for (seconds, expected) in [
            (0, "0 min"),
            (29, "0 min"),
            (30, "1 min"),
            (7_199, "120 min"),
            (7_200, "2 h"),
            (18_720, "5.2 h"),
            (172_799, "48 h"),
            (172_800, "2 days"),
            (3_445_200, "39.9 days"),
        ] {
            assert_eq!(span(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn shares_are_rounded_to_the_nearest() {
        assert_eq!(
            [percent(1, 3), percent(2, 3), percent(1, 8), percent(0, 7), percent(7, 7)],
            ["33%", "67%", "13%", "0%", "100%"]
        );
        let rows = [("a", 5), ("b", 3)].map(|(name, count)| Ranked { name: name.to_owned(), count });
        assert_eq!(shares(&rows, 1, 10), ("30%".to_owned(), "80%".to_owned()));
    }
}
