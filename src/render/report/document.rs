//! A report as Markdown, and the tables that the HTML page shows too.

use super::words;
use crate::domain::report::{Data, Metric, Report};
use crate::render::document::Document;

/// The headers and rows of what is behind a metric; none where there is nothing.
pub(super) fn table(report: &Report, metric: &Metric) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    match &metric.data {
        Data::Nothing => None,
        Data::Months { unit, series } => {
            let headers = std::iter::once("month".to_owned()).chain(series.iter().map(|series| series.name.clone()));
            let row = |(at, month): (usize, &crate::domain::report::Month)| {
                let value = |value: Option<i64>| value.map_or_else(String::new, |value| words::value(*unit, value));
                let values = series.iter().map(|series| value(series.values.get(at).copied().flatten()));
                std::iter::once(month.to_string()).chain(values).collect()
            };
            Some((headers.collect(), report.months.iter().enumerate().map(row).collect()))
        }
        Data::Ranking { what, rows, left_out, total, adds_up } => {
            let mut headers = vec![(*what).to_owned(), "count".to_owned(), "share".to_owned()];
            headers.extend(adds_up.then(|| "together".to_owned()));
            let cells = |(at, row): (usize, &crate::domain::report::Ranked)| {
                let (share, together) = words::shares(rows, at, *total);
                let mut cells = vec![row.name.clone(), row.count.to_string(), share];
                cells.extend(adds_up.then_some(together));
                cells
            };
            let mut table: Vec<Vec<String>> = rows.iter().enumerate().map(cells).collect();
            // Every row has as many cells as there are headers.
            let rest = words::left_out(*left_out);
            table.extend(
                rest.map(|rest| std::iter::once(rest).chain(headers.iter().skip(1).map(|_| String::new())).collect()),
            );
            Some((headers, table))
        }
    }
}

/// The title of every page.
pub(super) const TITLE: &str = "Are hotfixes getting rarer, and what do they tell?";

/// The report as a document.
pub fn document(report: &Report, notes: &[String]) -> Document {
    let mut document = Document::new(TITLE);
    document.list(words::cover(report));
    document.list(notes.to_vec());
    document.heading(2, "At a glance");
    let told = report.metrics.iter().filter(|metric| !metric.figures.is_empty());
    let row = |metric: &Metric| vec![metric.title.to_owned(), metric.n.to_string(), words::figures(metric)];
    document.table(&["metric", "n", "figures"], told.map(row).collect());
    if !report.policy_changes.is_empty() {
        document.heading(2, "Policies");
        document.list(report.policy_changes.iter().map(|change| words::policy_change(report, change)).collect());
    }
    for metric in &report.metrics {
        document.heading(2, metric.title);
        document.paragraph(format!("{}. {}", words::rests_on(metric), words::definition(metric)));
        if let Some((headers, rows)) = table(report, metric).filter(|_| metric.n > 0) {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            document.table(&headers, rows);
        }
    }
    document
}
