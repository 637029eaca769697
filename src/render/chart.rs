//! Charts as SVG: drawn by kuva, coloured by the page's own style sheet, told to those who can't see them.
//!
//! kuva was chosen over plotters (whole pixels only, and its colours can't be CSS variables), charming (needs a browser to
//! draw), charts-rs and poloto: it measures its labels, thins out those that collide, and adds three small crates.

use kuva::plot::annotations::ReferenceLine;
use kuva::plot::legend::LegendPosition;
use kuva::plot::pareto::ParetoPlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::plot::{BarPlot, LinePlot};
use kuva::render::layout::{AxisLabelOverlap, Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::theme::Theme;

use super::html::escape;
use crate::domain::text;

/// Width and height in the units that letters are 12 of: small enough for a telephone, where they are scaled down little.
const SIZE: (f64, f64) = (400.0, 230.0);
/// How many series have a colour of their own; the style sheet knows as many.
const COLOURS: usize = 5;

/// What is told of a chart to those who can't see it.
pub(super) struct Told<'a> {
    /// The chart's number on its page: ids are unique there.
    pub(super) number: usize,
    /// Its title.
    pub(super) title: &'a str,
    /// What it shows.
    pub(super) description: &'a str,
}

/// Something that happened on a time axis: how many months from its beginning, and its number in the list below.
pub(super) struct Mark {
    pub(super) months: f64,
    pub(super) number: usize,
}

/// Counts of each month, stacked.
pub(super) fn columns(told: &Told<'_>, months: &[String], series: &[(&str, Vec<i64>)], marks: &[Mark]) -> String {
    let mut bars = BarPlot::new().with_stacked().with_width(0.85);
    for (at, month) in months.iter().enumerate() {
        let group = series.iter().enumerate().map(|(of, (_, values))| (values[at] as f64, colour(of)));
        bars = bars.with_group(month.clone(), group.collect::<Vec<_>>());
    }
    let names: Vec<String> = series.iter().map(|(name, _)| label(name)).collect();
    if series.len() > 1 {
        bars = bars.with_legend(names.iter().map(String::as_str).collect());
    }
    let plots = vec![Plot::Bar(bars)];
    // A count has no halves, however few there are.
    let largest =
        (0..months.len()).map(|at| series.iter().map(|(_, values)| values[at]).sum::<i64>()).max().unwrap_or(0);
    let layout = Layout::auto_from_plots(&plots)
        .with_y_tick_step(whole_step(largest))
        .with_y_axis_min(0.0)
        .with_y_axis_max(headroom(largest as f64));
    finish(told, plots, marked(layout, marks))
}

/// As high as the largest value, and a bit more: the numbers of the marks stand above it.
fn headroom(largest: f64) -> f64 {
    largest * 1.15
}

/// A value for some of the months.
pub(super) fn line(told: &Told<'_>, months: &[String], unit: &str, values: &[Option<f64>], marks: &[Mark]) -> String {
    let places = (1..).map(f64::from);
    let points: Vec<(f64, f64)> = places.zip(values).filter_map(|(place, value)| Some((place, (*value)?))).collect();
    // Where a month has no value the line has a gap.
    let runs = points.chunk_by(|before, after| after.0 - before.0 < 1.5);
    let line = |run: &[(f64, f64)]| {
        Plot::Line(LinePlot::new().with_data(run.iter().copied()).with_color(colour(0)).with_stroke_width(1.5))
    };
    let mut plots: Vec<Plot> = runs.map(line).collect();
    let largest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    plots.push(Plot::Scatter(ScatterPlot::new().with_data(points).with_color(colour(0)).with_size(3.0)));
    let labels = months.to_vec();
    let of_month = move |place: f64| {
        let at = (place.round() - 1.0).max(-1.0);
        if at < 0.0 { String::new() } else { labels.get(at as usize).cloned().unwrap_or_default() }
    };
    let step = (months.len() as f64 / 4.0).ceil().max(1.0);
    let layout = Layout::auto_from_plots(&plots)
        .with_y_label(unit)
        .with_y_axis_min(0.0)
        .with_y_axis_max(headroom(largest))
        .with_x_axis_min(0.5)
        .with_x_axis_max(months.len() as f64 + 0.5)
        .with_x_tick_step(step)
        .with_x_tick_format(TickFormat::Custom(std::sync::Arc::new(of_month)));
    finish(told, plots, marked(layout, marks))
}

/// A ranking; the first stands at the top.
pub(super) fn bars(told: &Told<'_>, rows: &[(String, usize)]) -> String {
    let bars = BarPlot::new().with_horizontal(true).with_width(0.7);
    let bars = bars.with_bars(rows.iter().rev().map(|(name, count)| (label(name), *count as f64)));
    // It colours what is there already.
    let bars = bars.with_color(colour(0));
    let largest = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let plots = vec![Plot::Bar(bars)];
    let layout = Layout::auto_from_plots(&plots).with_x_tick_step(whole_step(i64::try_from(largest).unwrap_or(0)));
    finish(told, plots, layout)
}

/// A ranking with a line of what its rows add up to, where there is room for their names below them; else bars. The rows are
/// all there are, in their order.
pub(super) fn pareto(told: &Told<'_>, rows: &[(String, usize)]) -> String {
    if rows.len() > 7 || rows.iter().any(|(name, _)| text::columns(name) > 14) {
        return bars(told, rows);
    }
    let pareto = ParetoPlot::new().with_color(colour(0)).with_line_color(colour(1)).with_show_threshold(false);
    let pareto = pareto.with_show_legend(false).with_sorted(false);
    let pareto = pareto.with_categories(rows.iter().map(|(name, count)| (label(name), *count as f64)));
    let largest = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let plots = vec![Plot::Pareto(pareto)];
    let layout = Layout::auto_from_plots(&plots)
        .with_y_tick_step(whole_step(i64::try_from(largest).unwrap_or(0)))
        .with_x_tick_rotate(-35.0)
        .with_x_label_overlap(AxisLabelOverlap::Allow);
    finish(told, plots, layout)
}

/// A name as it can stand beside an axis: its end tells more than its beginning, and nothing in it is a formula.
fn label(name: &str) -> String {
    const LONGEST: usize = 24;
    let name = text::neutral(name);
    let hidden = name.chars().count().saturating_sub(LONGEST);
    let shown: String = name.chars().skip(if hidden > 0 { hidden + 1 } else { 0 }).collect();
    format!("{}{}", if hidden > 0 { "…" } else { "" }, shown.replace('$', "\\$"))
}

fn colour(of: usize) -> String {
    format!("var(--series-{})", of % COLOURS + 1)
}

/// A step of whole numbers that leaves about five ticks.
fn whole_step(largest: i64) -> f64 {
    let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
    steps.into_iter().find(|step| largest <= step * 5).unwrap_or(10_000) as f64
}

/// A time axis: its labels thinned out where they would collide, and what happened on it marked.
fn marked(mut layout: Layout, marks: &[Mark]) -> Layout {
    layout = layout.with_x_label_overlap(AxisLabelOverlap::Thin);
    for mark in marks {
        // The first month's column stands at 1, and begins half before that.
        let line = ReferenceLine::vertical(mark.months + 0.5);
        layout = layout.with_reference_line(line.with_color("var(--quiet)").with_label(mark.number.to_string()));
    }
    layout
}

fn finish(told: &Told<'_>, plots: Vec<Plot>, layout: Layout) -> String {
    let theme = Theme {
        background: "none".to_owned(),
        axis_color: "var(--quiet)".to_owned(),
        grid_color: "var(--line)".to_owned(),
        tick_color: "var(--quiet)".to_owned(),
        text_color: "var(--ink)".to_owned(),
        legend_bg: "none".to_owned(),
        legend_border: "none".to_owned(),
        ..Theme::light()
    };
    let layout = layout
        .with_theme(theme)
        .with_width(SIZE.0)
        .with_height(SIZE.1)
        .with_label_size(12)
        .with_legend_position(LegendPosition::OutsideBottomColumns);
    accessible(told, &kuva::render_to_svg(plots, layout))
}

/// The drawing with a head of our own: as wide as its place, with its name and what it shows.
fn accessible(told: &Told<'_>, drawn: &str) -> String {
    let (head, rest) = drawn.split_once('>').unwrap_or_default();
    let size = |name: &str| {
        let from = head.split_once(&format!(" {name}=\"")).map_or("", |(_, from)| from);
        from.split('"').next().unwrap_or_default().to_owned()
    };
    let Told { number, title, description } = told;
    let rest = own_ids(rest, *number);
    format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"chart-{number}-title chart-{number}-description\" \
         fill=\"var(--ink)\"><title id=\"chart-{number}-title\">{}</title>\
         <desc id=\"chart-{number}-description\">{}</desc>{rest}\n",
        size("width"),
        size("height"),
        escape(title),
        escape(description),
    )
}

/// The drawing with ids of its own: kuva counts them over the whole process, and the same report must be the same page.
fn own_ids(drawn: &str, number: usize) -> String {
    const THEIRS: &str = "kuva-clip-";
    let mut seen: Vec<&str> = Vec::new();
    let mut pieces = drawn.split(THEIRS);
    let mut own = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|character: char| !character.is_ascii_digit()).unwrap_or(piece.len());
        let (id, rest) = piece.split_at(end);
        let at = seen.iter().position(|known| *known == id).unwrap_or(seen.len());
        if at == seen.len() {
            seen.push(id);
        }
        own.push_str(&format!("chart-{number}-clip-{at}{rest}"));
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(number: usize) -> Told<'static> {
        Told { number, title: "A <b>", description: "What & why" }
    }

    #[test]
    fn what_people_named_is_neither_markup_nor_a_formula() {
        let rows = [("<script>$x^2$</script>".to_owned(), 3), (format!("src/{}/end.rs", "deep/".repeat(9)), 1)];
        let svg = bars(&told(1), &rows);
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;$x^2$"), "{svg}");
        assert!(svg.contains("…") && svg.contains("/end.rs"), "{svg}");
        assert!(svg.contains("<title id=\"chart-1-title\">A &lt;b&gt;</title>"), "{svg}");
        // These names have no room below each other's columns.
        assert_eq!(pareto(&told(1), &rows), svg);
        let rows = [("<b>$x^2$".to_owned(), 3), ("tests".to_owned(), 1)];
        let svg = pareto(&told(1), &rows);
        assert!(svg.contains("&lt;b&gt;$x^2$") && svg.contains(">tests<") && svg.contains(">100%<"), "{svg}");
    }

    #[test]
    fn colours_come_from_the_style_sheet_and_ids_are_the_charts_own() {
        let months: Vec<String> = (1..=12).map(|month| format!("2026-{month:02}")).collect();
        let series = [("sev1", vec![1; 12]), ("sev2", vec![2; 12])];
        let marks = [Mark { months: 3.4, number: 1 }];
        for number in [1, 2] {
            let drawn = [
                columns(&told(number), &months, &series, &marks),
                line(&told(number), &months, "days", &[Some(1.5); 12], &marks),
            ];
            for svg in drawn {
                assert!(svg.starts_with("<svg viewBox=\"0 0 400 ") && svg.trim_end().ends_with("</svg>"), "{svg}");
                assert!(
                    svg.contains("var(--series-1)") && !svg.contains("fill=\"#") && !svg.contains("stroke=\"#"),
                    "{svg}"
                );
                assert!(!svg.contains("kuva-clip") && !svg.contains("NaN"), "{svg}");
            }
        }
    }

    #[test]
    fn a_step_is_whole() {
        assert_eq!([0, 5, 6, 26, 400].map(whole_step), [1.0, 1.0, 2.0, 10.0, 100.0]);
    }
}
