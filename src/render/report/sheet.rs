//! A report as rows for a spreadsheet: one value a row.

use crate::domain::report::{Amount, Data, Figure, Metric, Report, Told, Unit};
use crate::render::sheet;

/// The columns; those that a value has no use for are empty.
const COLUMNS: [&str; 10] = ["metric", "n", "kind", "name", "month", "value", "unit", "part", "whole", "at_least"];

/// Writes every figure, every month and every row of a ranking.
pub fn csv(report: &Report) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    for change in &report.policy_changes {
        let name = format!("{}: {} version {}", change.repository, change.name, change.version);
        let (month, at) = (crate::domain::report::Month::of(change.at).to_string(), change.at.to_rfc3339());
        rows.push(row(["", "", "policy-change", &name, &month, &at, "time", "", "", ""]));
    }
    for metric in &report.metrics {
        rows.extend(metric.figures.iter().map(|it| figure(metric, it)));
        rows.extend(data(report, metric));
    }
    sheet::csv(rows)
}

fn row(cells: [&str; 10]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn figure(metric: &Metric, figure: &Figure) -> Vec<String> {
    let (value, unit, part, whole) = match figure.value {
        Told::Known(Amount::Count(count)) => (count.to_string(), "count".to_owned(), None, None),
        Told::Known(Amount::Share { part, whole }) => {
            (quotient(part, whole), "share".to_owned(), Some(part), Some(whole))
        }
        Told::Known(Amount::Per { part, whole, each }) => {
            (quotient(part, whole), format!("per {each}"), Some(part), Some(whole))
        }
        Told::Known(Amount::Span { seconds }) => (seconds.to_string(), "seconds".to_owned(), None, None),
        // Empty, never 0: it is not known.
        Told::TooLittle { .. } => (String::new(), "too little data".to_owned(), None, None),
    };
    let number = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
    let at_least = if figure.at_least { "true" } else { "" };
    let n = metric.n.to_string();
    row([metric.id, &n, "figure", figure.name, "", &value, &unit, &number(part), &number(whole), at_least])
}

fn quotient(part: usize, whole: usize) -> String {
    format!("{:.4}", part as f64 / whole.max(1) as f64)
}

fn data(report: &Report, metric: &Metric) -> Vec<Vec<String>> {
    let n = metric.n.to_string();
    match &metric.data {
        Data::Nothing => Vec::new(),
        Data::Months { unit, series } => {
            let unit = match unit {
                Unit::Count => "count",
                Unit::Seconds => "seconds",
            };
            let of = |name: &str, month: String, value: Option<i64>| {
                let value = value.map_or_else(String::new, |value| value.to_string());
                row([metric.id, &n, "month", name, &month, &value, unit, "", "", ""])
            };
            let rows = series.iter().flat_map(|series| {
                let months = report.months.iter().zip(&series.values);
                months.map(|(month, value)| of(&series.name, month.to_string(), *value))
            });
            rows.collect()
        }
        Data::Ranking { rows, total, .. } => {
            let total = total.to_string();
            let of =
                |name: &str, count: String| row([metric.id, &n, "rank", name, "", &count, "count", &count, &total, ""]);
            rows.iter().map(|row| of(&row.name, row.count.to_string())).collect()
        }
    }
}
