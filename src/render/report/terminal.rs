//! A report in the terminal: first everything at a glance, then each metric with its plot and its definition.

use super::words;
use crate::domain::report::{Data, Metric, Month, Ranked, Report, Series, Unit};
use crate::domain::text;
use crate::render::plot::{self, Fit};
use crate::render::{Page, Tone};

/// Writes the report.
pub fn text(report: &Report, notes: &[String], page: &mut Page) {
    page.title(super::document::TITLE);
    words::cover(report).iter().for_each(|line| page.paragraph(line));
    notes.iter().for_each(|note| page.bullet(note));
    if report.repositories.iter().all(|it| it.incidents == 0) {
        page.blank();
        page.paragraph("There is nothing to tell yet: no incident was recorded in this time.");
        return;
    }
    page.blank();
    let (told, empty): (Vec<&Metric>, Vec<&Metric>) = report.metrics.iter().partition(|metric| metric.n > 0);
    if page.is_wide() {
        let with_figures = told.iter().filter(|metric| !metric.figures.is_empty());
        let row = |metric: &&Metric| vec![metric.title.to_owned(), metric.n.to_string(), words::figures(metric)];
        page.table(&["metric", "n", "figures"], with_figures.map(row).collect());
    }
    if !report.policy_changes.is_empty() {
        page.blank();
        page.line("Policies (marked ^ below the months):");
        report.policy_changes.iter().for_each(|change| page.bullet(&words::policy_change(report, change)));
    }
    told.iter().for_each(|metric| each(report, metric, page));
    if !empty.is_empty() {
        page.blank();
        let titles: Vec<&str> = empty.iter().map(|metric| metric.title).collect();
        page.paragraph(&format!("Without any data: {}.", titles.join(", ")));
    }
}

/// One metric: what it rests on, its plot, its definition.
fn each(report: &Report, metric: &Metric, page: &mut Page) {
    page.blank();
    let n = page.mark(Tone::Quiet, &format!("({})", words::rests_on(metric)));
    page.paragraph(&format!("{} {n}", page.mark(Tone::Strong, metric.title)));
    if !page.is_wide() && !metric.figures.is_empty() {
        // Where no table fits the figures stand with their metric.
        page.indented(&words::figures(metric));
    }
    match &metric.data {
        Data::Nothing => {}
        Data::Months { unit, series } => months(report, *unit, series, page),
        Data::Ranking { rows, left_out, total, adds_up, .. } => {
            ranking(rows, *total, *adds_up, page);
            words::left_out(*left_out).iter().for_each(|more| page.indented(more));
        }
    }
    let definition = page.mark(Tone::Quiet, &words::definition(metric));
    page.indented(&definition);
}

/// A plot over the months; nothing where there is no value in them.
fn months(report: &Report, unit: Unit, series: &[Series], page: &mut Page) {
    let largest = series.iter().map(|series| plot::largest(&series.values)).max().unwrap_or(1);
    if series.iter().all(|series| series.values.iter().all(|value| value.is_none_or(|value| value == 0))) {
        return;
    }
    let (drawing, count) = (page.allows(), report.months.len());
    let top = words::value(unit, largest);
    let (margin, fit) = match series {
        [_] => {
            let margin = plot::margin([&top, "0"]);
            (margin, Fit::new(count, drawing.columns - 2 - margin))
        }
        _ => {
            let names = series.iter().map(|series| text::columns(&series.name)).max().unwrap_or(0).min(12);
            (names + 2, Fit::new(count, drawing.columns - 2 - names - 2 - 8))
        }
    };
    match series {
        [only] => plot::columns(&only.values, fit, [&top, "0"], drawing)
            .iter()
            .for_each(|line| page.line(&format!("  {line}"))),
        _ => series.iter().for_each(|it| {
            let name = fitting(&it.name, margin - 2, page);
            let padding = " ".repeat(margin - text::columns(&name));
            let total: i64 = it.values.iter().flatten().sum();
            page.line(&format!("  {name}{padding}{} {total:>7}", plot::row(&it.values, largest, fit, drawing)));
        }),
    }
    let indent = " ".repeat(margin + 2);
    if let Some(marks) = plot::marks(&places(report), count, fit) {
        page.line(&format!("{indent}{marks}"));
    }
    let (first, last) = (report.months[count - fit.shown], report.months[count - 1]);
    page.line(&format!("{indent}{}", plot::ends(&first.to_string(), &last.to_string(), fit)));
    let mut about = Vec::new();
    about.extend((unit == Unit::Seconds).then(|| "the median of each month".to_owned()));
    about.extend((fit.shown < count).then(|| format!("the latest {} of {count} months", fit.shown)));
    if !about.is_empty() {
        page.indented(&about.join("; "));
    }
}

/// The months in which a policy came.
fn places(report: &Report) -> Vec<usize> {
    let first = report.months[0];
    let place = |at| usize::try_from(Month::of(at).since(first)).ok();
    report.policy_changes.iter().filter_map(|change| place(change.at)).collect()
}

fn ranking(rows: &[Ranked], total: usize, adds_up: bool, page: &mut Page) {
    let largest = rows.first().map_or(1, |row| row.count);
    let width = page.width() - 2;
    let counts = largest.to_string().len();
    // Count and share, and what they add up to; the rest is shared by names and bars.
    let numbers = counts + 8 + if adds_up { 6 } else { 0 };
    let longest = rows.iter().map(|row| text::columns(&row.name)).max().unwrap_or(0);
    let names = longest.min((width - numbers) * 2 / 3);
    let bars = (width - numbers - names - 2).min(40);
    for (at, row) in rows.iter().enumerate() {
        let name = fitting(&row.name, names, page);
        let padding = " ".repeat(names - text::columns(&name));
        let (share, sum) = words::shares(rows, at, total);
        let sum = if adds_up { format!("{sum:>6}") } else { String::new() };
        let bar = plot::bar(row.count, largest, bars, page.allows());
        page.line(&format!("  {name}{padding}  {:>counts$}{share:>6}{sum}  {bar}", row.count));
    }
}

/// A name cut to so many columns, in what the terminal shows.
fn fitting(name: &str, columns: usize, page: &Page) -> String {
    let name = text::shorten(&text::neutral(name), columns).into_owned();
    if page.allows().unicode { name } else { name.replace('…', "~") }
}
