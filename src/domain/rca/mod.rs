//! The root cause analysis: a Markdown file that people edit, what it must hold, and what is pointed out in it.

mod front;
mod prose;

use chrono::NaiveDate;

pub use self::prose::without_comments;
use super::event::{Action, RungName};
use super::identity::{IncidentId, Moment};
use super::policy::people::NormalGate;
use crate::document::{self, Kind, Node};

/// The gate of an analysis that finds that none could have caught it.
pub const NONE_EXISTED: &str = "none-existed";

/// What an analysis is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The incident.
    pub incident: &'a IncidentId,
    /// The gates that a normal change passes; where the policy names none, any name will do.
    pub gates: &'a [NormalGate],
    /// The rungs that were refused as impossible: each owes an action that makes it possible next time.
    pub rungs: Vec<RungName>,
    /// When production broke.
    pub started: Moment,
    /// Now.
    pub now: Moment,
    /// The names of people who had a part in it: none of them is a cause.
    pub people: Vec<String>,
}

/// An analysis that holds everything required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Whether it says that no code was the cause.
    pub no_code_cause: bool,
    /// The gate that let it through.
    pub escaped_gate: String,
    /// What will be done.
    pub actions: Vec<Action>,
    /// The commits that it cites, as they are written: they must exist.
    pub cited: Vec<String>,
    /// What a reader should look at twice; nothing here keeps it from being recorded.
    pub warnings: Vec<String>,
}

/// Reads an analysis; says everything that is missing, not the first thing.
///
/// A section that holds only the template's comments is empty.
pub fn read(text: &str, asked: &Asked<'_>) -> Result<Analysis, Vec<String>> {
    let file = match document::front_matter(text.as_bytes(), "the analysis") {
        Ok(file) => file,
        Err(found) => {
            return Err(found
                .list
                .into_iter()
                .map(|problem| format!("line {}: {}", problem.line, problem.message))
                .collect());
        }
    };
    let mut problems = Vec::new();
    let front = front::read(&file.root, asked, &mut problems);
    let body = prose::without_comments(&file.body);
    prose::check(&body, asked, &mut problems);
    let mut warnings = prose::blame(&body, asked);
    match front {
        Some(front) if problems.is_empty() => {
            if front.contributing.len() < 2 {
                warnings.push("fewer than two contributing factors: an accident hardly ever has one cause".to_owned());
            }
            warnings.extend(front.contributing.iter().flat_map(|factor| prose::blamed(factor, asked)));
            Ok(Analysis {
                no_code_cause: !front.code_cause,
                escaped_gate: front.escaped_gate,
                actions: front.actions,
                cited: front.cited,
                warnings,
            })
        }
        Some(_) | None => Err(problems),
    }
}

/// What an analysis says, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its summary, as one line.
    pub summary: String,
    /// Its root cause, as one line.
    pub root_cause: String,
    /// What each of its actions is, in their order.
    pub actions: Vec<String>,
}

/// The outline of a recorded analysis; none of a text that is none.
pub fn outline(text: &str) -> Option<Outline> {
    let file = document::front_matter(text.as_bytes(), "the analysis").ok()?;
    let body = prose::without_comments(&file.body);
    let said = |title: &str| {
        let said = prose::section(&body, title).unwrap_or_default();
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let value = |node: &Node, key: &str| match &node.kind {
        Kind::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.clone()),
        _ => None,
    };
    let what = |action: &Node| match value(action, "what").map(|what| what.kind) {
        Some(Kind::Text(text)) => text,
        _ => String::new(),
    };
    let actions = match value(&file.root, "actions").map(|actions| actions.kind) {
        Some(Kind::List(items)) => items.iter().map(what).collect(),
        _ => Vec::new(),
    };
    Some(Outline { summary: said("Summary"), root_cause: said("Root cause"), actions })
}

/// The file that a person starts from.
pub fn template(asked: &Asked<'_>) -> String {
    let gates: Vec<&str> = asked.gates.iter().map(|gate| gate.name.as_str()).chain([NONE_EXISTED]).collect();
    let due: NaiveDate = asked.now.date_naive() + chrono::TimeDelta::days(14);
    let action = |aim: &str| {
        format!(
            "  - what:\n    for: {aim}\n    kind: prevent\n    owner:\n    due: {due}\n    verified_by:\n    link:\n"
        )
    };
    let mut actions = action("");
    asked.rungs.iter().for_each(|rung| actions.push_str(&action(rung.key())));
    let mut text = format!(
        "---\n\
         # true: code (or configuration in this repository) was the cause; false: something else was\n\
         code_cause:\n\
         # The commit that brought it in; leave it empty if no code was the cause\n\
         trigger:\n\
         # When somebody noticed, and by what\n\
         detected: {}\n\
         detected_by:\n\
         # The gate that should have caught it: {}\n\
         escaped_gate:\n\
         # What fails on the old code now, and passes on the new: a test's name or a commit\n\
         check:\n\
         # What else had to be so for it to happen: two at least, hardly any accident has one cause\n\
         contributing:\n  -\n  -\n\
         # In order, each with where it is known from: a link, a log, a person's word\n\
         timeline:\n  - at: {}\n    what: Production broke\n    source:\n\
         # At least one that prevents, for the gate above; `for` is a gate{}; kind: prevent, detect or mitigate\n\
         actions:\n{actions}---\n# Root cause analysis of {}\n",
        asked.started.to_rfc3339(),
        gates.join(", "),
        asked.started.to_rfc3339(),
        if asked.rungs.is_empty() { "" } else { " or a rung that was no way" },
        asked.incident,
    );
    for (title, asks) in prose::sections(asked) {
        text.push_str(&format!("\n## {title}\n\n<!-- {asks} -->\n"));
    }
    text
}

#[cfg(test)]
mod tests;
