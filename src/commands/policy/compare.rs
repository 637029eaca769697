//! `hotfix policy diff` and `hotfix policy replay`: what a changed policy changes.

use serde::Serialize;

use super::load;
use crate::commands::book::Book;
use crate::commands::moment;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::policy::changes::{Change, Direction, changes};
use crate::domain::policy::replay::{Turned, turned};
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

#[derive(Serialize)]
struct DiffReport {
    old: String,
    new: String,
    changes: Vec<Change>,
}

/// Tells the changes in words.
pub(super) fn diff(old: &str, new: &str, session: &Session) -> Result<ExitCode, Failure> {
    let (before, after) = (load::named(session, old)?, load::named(session, new)?);
    let mut changes = changes(&before, &after);
    changes.sort_by_key(|change| change.direction);
    session.answer("policy diff", ExitCode::Open, &DiffReport { old: old.to_owned(), new: new.to_owned(), changes })
}

impl Report for DiffReport {
    fn text(&self, page: &mut Page) {
        if self.changes.is_empty() {
            page.line("Nothing changed.");
        }
        for (direction, title) in [
            (Direction::Loosens, "Easier:"),
            (Direction::Tightens, "Harder:"),
            (Direction::Neither, "Neither easier nor harder by itself:"),
        ] {
            let of: Vec<&Change> = self.changes.iter().filter(|change| change.direction == direction).collect();
            if of.is_empty() {
                continue;
            }
            page.blank();
            page.line(&page.mark(tone(direction), title));
            of.into_iter().for_each(|change| page.bullet(&format!("{}: {}", change.section, change.words)));
        }
    }
}

fn tone(direction: Direction) -> Tone {
    match direction {
        Direction::Loosens => Tone::Bad,
        Direction::Tightens => Tone::Good,
        Direction::Neither => Tone::Quiet,
    }
}

#[derive(Serialize)]
struct ReplayReport {
    policy: String,
    /// How many decisions were asked.
    decisions: usize,
    turned: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    incident: IncidentId,
    at: Moment,
    #[serde(flatten)]
    turned: Turned,
}

/// Tells which decisions of the past a policy turns. Exits with 1 where it turns one.
pub(super) fn replay(new: &str, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let policy = load::named(session, new)?;
    let (mut decisions, mut rows) = (0, Vec::new());
    for incident in book.incidents.values() {
        for check in &incident.checks {
            decisions += 1;
            let turned = turned(&policy, &check.what);
            rows.extend(turned.map(|turned| Row { incident: incident.id.clone(), at: check.by.at, turned }));
        }
    }
    rows.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.incident.cmp(&b.incident)));
    let exit = if rows.is_empty() { ExitCode::Open } else { ExitCode::Refused };
    let policy = format!("{} version {}", policy.name, policy.version);
    session.answer("policy replay", exit, &ReplayReport { policy, decisions, turned: rows })
}

impl Report for ReplayReport {
    fn text(&self, page: &mut Page) {
        let rule = |rule: &Option<String>| rule.as_ref().map_or_else(String::new, |rule| format!(" ({rule})"));
        for row in &self.turned {
            let turned = &row.turned;
            let word = match turned.direction {
                Direction::Loosens => "easier",
                Direction::Tightens => "harder",
                Direction::Neither => "otherwise",
            };
            let lacking = if turned.lacking.is_empty() {
                String::new()
            } else {
                format!(", lacks {}", turned.lacking.join(", "))
            };
            page.bullet(&format!(
                "{} {}: {}{}{} -> {}{}{lacking} [{}]",
                row.incident,
                moment::show(row.at),
                turned.was.word(),
                if turned.overridden { " by an override" } else { "" },
                rule(&turned.was_rule),
                turned.now,
                rule(&turned.now_rule),
                page.mark(tone(turned.direction), word)
            ));
        }
        let (count, turned) = (self.decisions, self.turned.len());
        let decisions = counted(count, "decision");
        page.line(&format!("{} of {decisions} would turn under {}", turned, self.policy));
    }
}
