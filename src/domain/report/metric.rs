//! The one shape of every metric, so that each is told the same way in each format.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Its name for scripts, kebab-case.
    #[serde(skip)]
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How many of what it rests on.
    pub n: usize,
    /// What n counts, in the plural.
    pub of: &'static str,
    /// What exactly is counted.
    pub definition: &'static str,
    /// Where the definition is from.
    pub source: &'static str,
    /// What it comes down to.
    #[serde(serialize_with = "by_name")]
    pub figures: Vec<Figure>,
    /// What is behind it.
    #[serde(skip_serializing_if = "Data::is_nothing")]
    pub data: Data,
}

/// One number of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// Its value.
    pub value: Told,
    /// Whether the true value may be larger, for some of what it rests on is not over yet.
    pub at_least: bool,
}

impl Figure {
    /// A figure that is what it is.
    pub(super) fn new(name: &'static str, amount: Amount) -> Self {
        Self { name, value: Told::Known(amount), at_least: false }
    }

    /// The same figure, which needs not what n counts but these.
    #[must_use]
    pub(super) fn needing(mut self, what: &'static str) -> Self {
        if let Told::TooLittle { of, .. } = &mut self.value {
            *of = Some(what);
        }
        self
    }

    /// A figure that needs so many of the `has` that are there.
    pub(super) fn if_enough(name: &'static str, (has, needs): (usize, usize), amount: Amount) -> Self {
        Self { name, value: Told::if_enough(has, needs, amount), at_least: false }
    }
}

/// A value, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The value.
    Known(Amount),
    /// There is too little data to tell.
    TooLittle {
        /// How many there are.
        has: usize,
        /// How many it takes.
        needs: usize,
        /// Of what, in the plural; none where it is what n counts.
        of: Option<&'static str>,
    },
}

impl Told {
    pub(super) fn if_enough(has: usize, needs: usize, amount: Amount) -> Self {
        if has >= needs { Self::Known(amount) } else { Self::TooLittle { has, needs, of: None } }
    }
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(usize),
    /// A part of a whole.
    Share {
        /// The part.
        part: usize,
        /// The whole; never 0.
        whole: usize,
    },
    /// So many for each of something.
    Per {
        /// How many.
        part: usize,
        /// Of how many; never 0.
        whole: usize,
        /// What those are, in the singular.
        each: &'static str,
    },
    /// A length of time.
    Span {
        /// In seconds.
        seconds: i64,
    },
}

/// What is behind a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Data {
    /// Nothing more than its figures.
    Nothing,
    /// A value for each month.
    Months {
        /// What the values are.
        unit: Unit,
        /// The series; counts add up over them.
        series: Vec<Series>,
    },
    /// What there is most of, first.
    Ranking {
        /// What is ranked, in the singular.
        what: &'static str,
        /// The first of them.
        rows: Vec<Ranked>,
        /// How many more there are.
        left_out: usize,
        /// What the shares are of.
        total: usize,
        /// Whether each counts towards one row only, so that shares add up.
        adds_up: bool,
    },
}

impl Data {
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }

    /// A ranking of what was met so often, the first twelve.
    pub(super) fn ranking(
        what: &'static str,
        counts: impl IntoIterator<Item = (String, usize)>,
        total: usize,
        adds_up: bool,
    ) -> Self {
        const SHOWN: usize = 12;
        let mut rows: Vec<Ranked> = counts.into_iter().map(|(name, count)| Ranked { name, count }).collect();
        rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        let left_out = rows.len().saturating_sub(SHOWN);
        rows.truncate(SHOWN);
        if rows.is_empty() { Self::Nothing } else { Self::Ranking { what, rows, left_out, total, adds_up } }
    }
}

/// What the values of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// How many.
    Count,
    /// A length of time in seconds.
    Seconds,
}

/// A value for each month of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Series {
    /// What it is of.
    pub name: String,
    /// The values, month by month; none where there is none.
    pub values: Vec<Option<i64>>,
}

/// A row of a ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ranked {
    /// What it is.
    pub name: String,
    /// How often it was met.
    pub count: usize,
}

/// Metrics as an object with a key for each.
pub(super) fn by_id<S: Serializer>(metrics: &[Metric], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(metrics.len()))?;
    metrics.iter().try_for_each(|metric| map.serialize_entry(metric.id, metric))?;
    map.end()
}

fn by_name<S: Serializer>(figures: &[Figure], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(figures.len()))?;
    figures.iter().try_for_each(|figure| map.serialize_entry(figure.name, figure))?;
    map.end()
}

/// A ratio as a number, to four places.
fn ratio(part: usize, whole: usize) -> f64 {
    (part as f64 / whole.max(1) as f64 * 1e4).round() / 1e4
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Figure", 4)?;
        match self.value {
            Told::Known(Amount::Count(count)) => fields.serialize_field("count", &count)?,
            Told::Known(Amount::Share { part, whole } | Amount::Per { part, whole, .. }) => {
                fields.serialize_field("part", &part)?;
                fields.serialize_field("whole", &whole)?;
                fields.serialize_field("ratio", &ratio(part, whole))?;
            }
            Told::Known(Amount::Span { seconds }) => {
                fields.serialize_field("seconds", &seconds)?;
                fields.serialize_field("at_least", &self.at_least)?;
            }
            Told::TooLittle { has, needs, of } => {
                fields.serialize_field("too_little", &TooLittle { has, needs, of })?;
            }
        }
        fields.end()
    }
}

#[derive(Serialize)]
struct TooLittle {
    has: usize,
    needs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'static str>,
}
