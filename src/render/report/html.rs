//! A report as one HTML page: charts with a table beside each, and the timeline of every incident that it lists.

use super::document::{TITLE, table};
use super::words;
use crate::domain::identity::Moment;
use crate::domain::report::{Data, Figure, Metric, Month, PolicyChange, Report, Told as FigureTold, Unit};
use crate::render::chart::{self, Mark, Told};
use crate::render::html::{escape, linked, page_with, table as html_table};

/// How many incidents a page lists with their timelines: ten thousand would make it too large to open.
pub const LISTED: usize = 300;

/// What this page adds to the look of every page. The colours of the series hold 4.5:1 against the paper, light and dark.
const STYLE: &str = "\
:root{--series-1:#0b5cad;--series-2:#a8430a;--series-3:#1a7048;--series-4:#7d3c98;--series-5:#5a6470}
@media(prefers-color-scheme:dark){:root{--series-1:#6cb0ff;--series-2:#f0a35e;--series-3:#5fc98f;--series-4:#d2a8ff;--series-5:#a8b3bf}}
main{max-width:76rem}
.figures{display:flex;flex-wrap:wrap;gap:.25rem 2rem;margin:.5rem 0;padding:0;list-style:none}
.figures b{display:block;font-size:1.25rem;font-weight:600}
.figures .none{font-size:1rem;font-weight:400;line-height:1.875rem}
main>.wide td:nth-child(2){white-space:nowrap}
.beside{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1rem 2rem;align-items:start}
.beside .wide{max-height:21rem;overflow:auto}
.beside table{margin:0}
.beside th{position:sticky;top:0;background:var(--paper)}
.beside td:not(:first-child),.beside th:not(:first-child){text-align:right;padding-left:.75rem;overflow-wrap:normal}
svg{display:block;width:100%;max-width:36rem;height:auto;padding-right:1rem;overflow:visible;font-family:inherit}
small{color:var(--quiet);font-size:.875rem}
.incident{content-visibility:auto;contain-intrinsic-size:auto 18rem}
@media(max-width:48rem){.beside{grid-template-columns:minmax(0,1fr)}}
@media print{.beside{grid-template-columns:minmax(0,1fr)}.beside .wide{max-height:none;overflow:visible}h2,.incident{break-inside:avoid;break-after:avoid}.incident{content-visibility:visible}}
";

/// An incident as the page lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its repository.
    pub repository: String,
    /// Its id.
    pub id: String,
    /// When it started.
    pub started: Moment,
    /// Its severity at opening; empty where none was said.
    pub severity: String,
    /// What was decided.
    pub decision: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// What happened, in causal order.
    pub timeline: Vec<Happened>,
}

/// One line of a timeline.
#[derive(Clone, Debug)]
pub struct Happened {
    /// When.
    pub at: Moment,
    /// Who did it.
    pub who: String,
    /// What, in one sentence.
    pub what: String,
}

/// The page. `listed` are the latest incidents, the newest first.
pub fn html(report: &Report, notes: &[String], listed: &[Listed]) -> String {
    let mut body = format!("<h1>{TITLE}</h1>\n");
    body.push_str(&list(words::cover(report).iter().chain(notes)));
    let glance = report.metrics.iter().filter(|metric| !metric.figures.is_empty());
    body.push_str("<h2>At a glance</h2>\n");
    body.push_str(&html_table(
        &["metric", "n", "figures"],
        glance.map(|metric| {
            let link = format!("<a href=\"#{}\">{}</a>", metric.id, escape(metric.title));
            vec![link, metric.n.to_string(), escape(&words::figures(metric))]
        }),
    ));
    if !report.policy_changes.is_empty() {
        body.push_str("<h2>Policies</h2>\n<p>Each time axis marks when one came, by its number.</p>\n<ol>\n");
        let entry = |change: &PolicyChange| format!("<li>{}</li>\n", escape(&words::policy_change(report, change)));
        body.extend(report.policy_changes.iter().map(entry));
        body.push_str("</ol>\n");
    }
    for (number, metric) in report.metrics.iter().enumerate() {
        section(report, number, metric, &mut body);
    }
    incidents(report, listed, &mut body);
    page_with(STYLE, TITLE, &body)
}

fn list<'t>(entries: impl Iterator<Item = &'t String>) -> String {
    let entries: String = entries.map(|entry| format!("<li>{}</li>\n", escape(entry))).collect();
    format!("<ul>\n{entries}</ul>\n")
}

/// One metric.
fn section(report: &Report, number: usize, metric: &Metric, body: &mut String) {
    body.push_str(&format!("<section id=\"{}\">\n<h2>{}</h2>\n", metric.id, escape(metric.title)));
    if !metric.figures.is_empty() {
        let figure = |it: &Figure| {
            let (class, value) = match it.value {
                FigureTold::Known(_) => ("", words::figure(it)),
                FigureTold::TooLittle { .. } => (" class=\"none\"", format!("too little data: {}", words::figure(it))),
            };
            format!("<li>{}<b{class}>{}</b></li>\n", escape(&words::name(it)), escape(&value))
        };
        body.push_str(&format!(
            "<ul class=\"figures\">\n{}</ul>\n",
            metric.figures.iter().map(figure).collect::<String>()
        ));
    }
    let drawn = chart(report, number, metric);
    let rows = table(report, metric).filter(|_| drawn.is_some());
    if let (Some(drawn), Some((headers, rows))) = (drawn, rows) {
        let cells = rows.into_iter().map(|row| row.iter().map(|cell| escape(cell)).collect());
        let table = html_table(&headers, cells);
        // What scrolls must be reached without a mouse.
        let label = escape(metric.title);
        let table = table.replacen(
            "<div class=\"wide\">",
            &format!("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{label}: table\">"),
            1,
        );
        body.push_str(&format!(
            "<div class=\"beside\">\n<figure style=\"margin:0\">\n{drawn}</figure>\n{table}</div>\n"
        ));
    }
    let definition = code(&escape(metric.definition));
    body.push_str(&format!("<p><small>{}. {definition}", escape(&words::rests_on(metric))));
    if metric.source != "hotfix" {
        body.push_str(&format!(" Source: {}.", linked(metric.source)));
    }
    body.push_str("</small></p>\n</section>\n");
}

/// What stands between backticks is a command.
fn code(escaped: &str) -> String {
    let parts = escaped.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

/// The chart of a metric; none where there is nothing to draw.
fn chart(report: &Report, number: usize, metric: &Metric) -> Option<String> {
    let description = format!("{}. {}", words::figures(metric), words::rests_on(metric));
    let told = Told { number, title: metric.title, description: &description };
    let months = || report.months.iter().map(Month::to_string).collect::<Vec<_>>();
    match &metric.data {
        Data::Nothing => None,
        Data::Months { unit: Unit::Count, series } => {
            let values = |values: &[Option<i64>]| values.iter().map(|value| value.unwrap_or(0)).collect::<Vec<_>>();
            let series: Vec<_> = series.iter().map(|it| (it.name.as_str(), values(&it.values))).collect();
            let any = series.iter().any(|(_, values)| values.iter().any(|value| *value > 0));
            any.then(|| chart::columns(&told, &months(), &series, &marks(report)))
        }
        Data::Months { unit: Unit::Seconds, series } => {
            let values = &series.first()?.values;
            let largest = values.iter().flatten().copied().max()?;
            let (unit, seconds) = match largest {
                ..7_200 => ("median, minutes", 60.0),
                7_200..172_800 => ("median, hours", 3_600.0),
                _ => ("median, days", 86_400.0),
            };
            let values: Vec<Option<f64>> = values.iter().map(|it| it.map(|value| value as f64 / seconds)).collect();
            Some(chart::line(&told, &months(), unit, &values, &marks(report)))
        }
        Data::Ranking { rows, total, adds_up, .. } => {
            let mut pairs: Vec<(String, usize)> = rows.iter().map(|row| (row.name.clone(), row.count)).collect();
            if !adds_up || pairs.len() < 2 {
                return Some(chart::bars(&told, &pairs));
            }
            // The line ends at all of them, also of those that the ranking leaves out.
            let others = total - pairs.iter().map(|(_, count)| count).sum::<usize>();
            pairs.extend((others > 0).then(|| ("all others".to_owned(), others)));
            Some(chart::pareto(&told, &pairs))
        }
    }
}

/// Where each policy came on the time axis.
fn marks(report: &Report) -> Vec<Mark> {
    let first = report.months[0];
    let place = |(at, change): (usize, &PolicyChange)| {
        let months = Month::of(change.at).since(first);
        (months >= 0).then(|| Mark { months: f64::from(months) + words::share_of_month(change.at), number: at + 1 })
    };
    report.policy_changes.iter().enumerate().filter_map(place).collect()
}

/// The incidents, each with its timeline below the list.
fn incidents(report: &Report, listed: &[Listed], body: &mut String) {
    let all: usize = report.repositories.iter().map(|it| it.incidents).sum();
    body.push_str("<h2>Incidents</h2>\n");
    if listed.is_empty() {
        body.push_str("<p>None.</p>\n");
        return;
    }
    if listed.len() < all {
        let since = listed.last().map_or_else(String::new, |last| words::day(last.started));
        body.push_str(&format!(
            "<p>The latest {} of {all} incidents, since {since}, each with its timeline. The figures above count all of them; \
             <code>hotfix show INCIDENT</code> tells of any.</p>\n",
            listed.len()
        ));
    }
    let many = report.repositories.len() > 1;
    let name = |it: &Listed| if many { format!("{}: {}", it.repository, it.id) } else { it.id.clone() };
    body.push_str(&html_table(
        &["incident", "started", "severity", "decision", "state"],
        listed.iter().enumerate().map(|(at, it)| {
            let link = format!("<a href=\"#incident-{at}\">{}</a>", escape(&name(it)));
            vec![link, words::minute(it.started), escape(&it.severity), it.decision.to_owned(), it.state.to_owned()]
        }),
    ));
    for (at, it) in listed.iter().enumerate() {
        body.push_str(&format!("<section class=\"incident\" id=\"incident-{at}\">\n<h3>{}</h3>\n", escape(&name(it))));
        let rows = it.timeline.iter().map(|it| vec![words::minute(it.at), escape(&it.who), escape(&it.what)]);
        body.push_str(&html_table(&["when", "who", "what"], rows));
        body.push_str("</section>\n");
    }
}
