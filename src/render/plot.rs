//! Small plots out of letters: as wide as the terminal lets them be, in block characters or in plain ASCII.

use super::page::Drawing;
use crate::domain::text;

/// The eighths of a column, from below.
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What stands for them in ASCII, from little to much.
const SHADES: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];
/// How many lines a plot of columns is high.
const HEIGHT: usize = 5;

/// The values that fit, the latest ones, and how wide each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// How many of them are shown.
    pub(super) shown: usize,
    /// The columns of one, with the gap behind it.
    cell: usize,
}

impl Fit {
    /// How so many values fit into so many columns.
    pub(super) fn new(values: usize, columns: usize) -> Self {
        let cell = (columns / values.max(1)).clamp(1, 4);
        Self { shown: values.min(columns / cell), cell }
    }

    /// How wide the plot is.
    fn width(self) -> usize {
        self.shown * self.cell
    }

    /// A line made of a character for each value.
    fn line(self, characters: impl Iterator<Item = char>) -> String {
        let bar = (self.cell - 1).max(1);
        let mut line = String::new();
        for character in characters {
            line.extend(std::iter::repeat_n(character, bar));
            line.extend(std::iter::repeat_n(' ', self.cell - bar));
        }
        line
    }
}

/// A plot of columns: several lines, the largest value and 0 at the left of them. `names` is what those two are called.
pub(super) fn columns(values: &[Option<i64>], fit: Fit, names: [&str; 2], drawing: Drawing) -> Vec<String> {
    let values = &values[values.len() - fit.shown..];
    let largest = largest(values);
    let margin = names.iter().map(|name| text::columns(name)).max().unwrap_or(0);
    let steps = i64::try_from(HEIGHT * 8).unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    for row in (0..HEIGHT).rev() {
        let from = i64::try_from(row * 8).unwrap_or(0);
        let cell = |value: &Option<i64>| {
            let filled = value.map_or(0, |value| scaled(value, largest, steps)) - from;
            match (filled, drawing.unicode) {
                (..=0, _) => ' ',
                (8.., true) => EIGHTHS[7],
                (filled, true) => EIGHTHS[usize::try_from(filled - 1).unwrap_or(0)],
                // There is no half of a letter: what is there at all is shown.
                (4.., false) => '#',
                (_, false) if row == 0 => '.',
                (_, false) => ' ',
            }
        };
        let name = match row {
            0 => names[1],
            row if row == HEIGHT - 1 => names[0],
            _ => "",
        };
        let axis = if drawing.unicode { '┤' } else { '|' };
        let padding = " ".repeat(margin - text::columns(name));
        lines.push(format!("{padding}{name} {axis}{}", fit.line(values.iter().map(cell))));
    }
    lines
}

/// The columns that stand before the plot itself in [`columns`].
pub(super) fn margin(names: [&str; 2]) -> usize {
    names.iter().map(|name| text::columns(name)).max().unwrap_or(0) + 2
}

/// One line for a series that is told beside others: `largest` is the largest value of all of them.
pub(super) fn row(values: &[Option<i64>], largest: i64, fit: Fit, drawing: Drawing) -> String {
    let levels = if drawing.unicode { EIGHTHS } else { SHADES };
    let cell = |value: &Option<i64>| match value {
        None | Some(..=0) => ' ',
        Some(value) => levels[usize::try_from(scaled(*value, largest, 8) - 1).unwrap_or(0)],
    };
    fit.line(values[values.len() - fit.shown..].iter().map(cell))
}

/// A line with a mark below some of the values; none where none of them is shown.
pub(super) fn marks(places: &[usize], values: usize, fit: Fit) -> Option<String> {
    let hidden = values - fit.shown;
    let is_marked = |place: usize| places.contains(&(place + hidden));
    let line = fit.line((0..fit.shown).map(|place| if is_marked(place) { '^' } else { ' ' }));
    line.contains('^').then_some(line)
}

/// What stands below the first and the last value.
pub(super) fn ends(first: &str, last: &str, fit: Fit) -> String {
    let gap = fit.width().saturating_sub(text::columns(first) + text::columns(last));
    if first == last || gap < 2 { format!("{first} to {last}") } else { format!("{first}{}{last}", " ".repeat(gap)) }
}

/// A bar for a count, beside one of `largest` that is `width` columns long.
pub(super) fn bar(count: usize, largest: usize, width: usize, drawing: Drawing) -> String {
    let eighths = (count * width * 8).div_ceil(largest.max(1));
    if !drawing.unicode {
        return "#".repeat(eighths.div_ceil(8));
    }
    let parts = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let part = (eighths % 8).checked_sub(1).map(|part| parts[part]);
    "█".repeat(eighths / 8).chars().chain(part).collect()
}

/// The largest value; 1 at least.
pub(super) fn largest(values: &[Option<i64>]) -> i64 {
    values.iter().flatten().copied().max().unwrap_or(0).max(1)
}

/// The value on a scale of so many steps, rounded to the nearest; what is more than 0 is never nothing.
fn scaled(value: i64, largest: i64, steps: i64) -> i64 {
    let value = value.clamp(0, largest);
    let scaled = (i128::from(value) * i128::from(steps) * 2 + i128::from(largest)) / (i128::from(largest) * 2);
    let scaled = i64::try_from(scaled).unwrap_or(steps);
    if value > 0 { scaled.max(1) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Drawing = Drawing { columns: 80, unicode: false };
    const BLOCKS: Drawing = Drawing { columns: 80, unicode: true };

    fn some(values: &[i64]) -> Vec<Option<i64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn columns_are_as_high_as_their_values() {
        let fit = Fit::new(4, 8);
        assert_eq!(
            columns(&some(&[0, 1, 20, 40]), fit, ["40", "0"], BLOCKS),
            ["40 ┤      █", "   ┤      █", "   ┤    ▄ █", "   ┤    █ █", " 0 ┤  ▁ █ █"].map(|line| format!("{line} "))
        );
        assert_eq!(
            columns(&some(&[0, 1, 20, 40]), fit, ["40", "0"], ASCII),
            ["40 |      #", "   |      #", "   |    # #", "   |    # #", " 0 |  . # #"].map(|line| format!("{line} "))
        );
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_beginning() {
        let fit = Fit::new(100, 30);
        assert_eq!((fit.shown, fit.cell), (30, 1));
        let values: Vec<Option<i64>> = (0..100).map(Some).collect();
        assert_eq!(row(&values, 99, fit, BLOCKS).chars().count(), 30);
        assert_eq!(marks(&[69], 100, fit), None);
        assert_eq!(marks(&[70, 99], 100, fit).map(|line| line.trim_start().len()), Some(30));
        assert_eq!(ends("2025-01", "2026-12", fit), "2025-01                2026-12");
        assert_eq!(ends("2025-01", "2026-12", Fit::new(2, 8)), "2025-01 to 2026-12");
    }

    #[test]
    fn a_row_shows_what_is_little_and_what_is_much() {
        let fit = Fit::new(5, 5);
        let values = [Some(0), None, Some(1), Some(50), Some(100)];
        assert_eq!(row(&values, 100, fit, BLOCKS), "  ▁▄█");
        assert_eq!(row(&values, 100, fit, ASCII), "  .=@");
    }

    #[test]
    fn a_bar_of_something_is_not_empty() {
        assert_eq!(bar(1, 1000, 10, ASCII), "#");
        assert_eq!(bar(1, 1000, 10, BLOCKS), "▏");
        assert_eq!(bar(1000, 1000, 3, BLOCKS), "███");
        assert_eq!(bar(0, 0, 3, BLOCKS), "");
    }

    proptest::proptest! {
        #[test]
        fn a_plot_never_leaves_its_columns(values in proptest::collection::vec(proptest::option::of(0_i64..1000), 1..300), width in 10_usize..200) {
            for drawing in [ASCII, BLOCKS] {
                let fit = Fit::new(values.len(), width - margin(["999", "0"]));
                for line in columns(&values, fit, ["999", "0"], drawing) {
                    proptest::prop_assert!(text::columns(&line) <= width);
                    proptest::prop_assert!(drawing.unicode || line.is_ascii());
                }
                proptest::prop_assert!(row(&values, largest(&values), fit, drawing).chars().count() <= width);
            }
        }
    }
}
