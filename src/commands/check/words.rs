//! What git told, in words: for the page and for the wizard.

use super::opening::Opening;
use crate::commands::moment;
use crate::domain::budget::Earlier;
use crate::domain::identity::Moment;
use crate::domain::scope::listed;
use crate::domain::text::counted;
use crate::evidence::passed_over::PassedOver;
use crate::evidence::production::{LastGood, Production, Running};
use crate::evidence::roll_back::{Finding, RollBackReport, RollBackVerdict};
use crate::failure::Failure;

/// How many findings a person is shown; JSON has them all.
pub(super) const SHOWN: usize = 5;

/// What is asked where the budget is used up or something is overdue.
pub(super) const NOTE_QUESTION: &str = "Why a hotfix nonetheless?";

/// "The last hotfix was 9 days ago: INC-37", and what the hotfixes had in common.
pub(super) fn earlier_words(earlier: &Earlier, now: Moment) -> String {
    let mut line = format!("The last hotfix was {} ago: {}.", moment::ago(now, earlier.at), earlier.last);
    let times = |(what, count): (String, usize)| format!("{what} ({count} times)");
    let paths: Vec<String> =
        earlier.paths.iter().take(3).map(|(path, count)| times((path.to_string(), *count))).collect();
    let gates: Vec<String> =
        earlier.escaped_gates.iter().take(3).map(|(gate, count)| times((gate.clone(), *count))).collect();
    if !paths.is_empty() {
        line.push_str(&format!(" Fixed again and again: {}.", paths.join(", ")));
    }
    if !gates.is_empty() {
        line.push_str(&format!(" Let through by: {}.", gates.join(", ")));
    }
    line
}

/// One finding in a line.
pub(super) fn finding_line(finding: &Finding) -> String {
    let line = finding.line.map_or_else(String::new, |line| format!(":{line}"));
    format!("{}{line}: {}", finding.path, finding.why)
}

/// The verdict on going back.
pub(super) fn roll_back_words(report: &RollBackReport) -> String {
    match report.verdict {
        RollBackVerdict::Blocked => format!("blocked by {}", counted(report.blockers.len(), "finding")),
        RollBackVerdict::Unknown => match &report.unknown {
            Some(why) => format!("unknown: {why}"),
            None => "unknown: some files could not be read".to_owned(),
        },
        RollBackVerdict::NoBlockerFound => {
            format!("no blocker found in {}", counted(report.changed_paths, "changed path"))
        }
    }
}

/// What production runs, and the last good release before it.
pub(super) fn production_fields(production: &Production, now: Moment) -> Vec<(&'static str, String)> {
    match production {
        Production::Unknown(unknown) => vec![("production", format!("unknown: {}", unknown.reason))],
        Production::Known(running) => {
            let mut fields = vec![("production", running_words(running, now))];
            match (&running.last_good, &running.no_last_good) {
                (Some(good), _) => fields.push(("last good", last_good_words(good, now))),
                (None, Some(why)) => fields.push(("last good", format!("none: {why}"))),
                (None, None) => {}
            }
            if !running.passed_over.is_empty() {
                fields.push(("passed over", passed_over_words(running)));
            }
            fields
        }
    }
}

fn running_words(running: &Running, now: Moment) -> String {
    format!("{} ({}), {} old", running.name, running.commit.id.short(), moment::ago(now, running.commit.at))
}

/// "v1.5.0 (rolled back by INC-41); --production v1.5.0 if production runs it again"
fn passed_over_words(running: &Running) -> String {
    let told = |passed: &PassedOver| format!("{} (rolled back by {})", passed.tag, passed.incident);
    let list = listed(&running.passed_over.iter().map(told).collect::<Vec<_>>());
    match running.passed_over.iter().find(|passed| passed.is_newer) {
        Some(newest) => format!("{list}; --production {} if production runs it again", newest.tag),
        None => list,
    }
}

fn last_good_words(good: &LastGood, now: Moment) -> String {
    let between = &good.between;
    let more = if between.more { "more than " } else { "" };
    let commits = format!("{more}{}", counted(between.commits, "commit"));
    let authors = match between.authors.len() {
        0 => String::new(),
        1 => format!(" by {}", between.authors[0].person.name),
        count => format!(" by {count} people"),
    };
    // Which tags were hotfixes is a guess, and the last good release may hold them: only what an incident recorded is named.
    let recorded = between.earlier_hotfixes.iter().filter_map(|hotfix| hotfix.incident.as_ref());
    let names: Vec<String> = recorded.map(ToString::to_string).collect();
    let hotfixes = match names.len() {
        0 => String::new(),
        1 => format!("; it lacks the hotfix {}", names[0]),
        _ => format!("; it lacks the hotfixes {}", listed(&names)),
    };
    let age = moment::ago(now, good.commit.at);
    format!("{} ({}), {age} old; since then {commits}{authors}{hotfixes}", good.tag, good.commit.id.short())
}

/// What the wizard shows above the question of the first rung, the most telling first: a small terminal shows no more.
pub(super) fn roll_back_lines(opening: &Opening, now: Moment) -> Vec<String> {
    let mut lines = vec![format!("roll back: {}", roll_back_words(&opening.roll_back))];
    let fields = production_fields(&opening.production, now);
    lines.extend(fields.into_iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(opening.roll_back.blockers.iter().take(SHOWN).map(|finding| format!("- {}", finding_line(finding))));
    if let Production::Known(running) = &opening.production
        && let Some(good) = &running.last_good
        && !good.between.newest.is_empty()
    {
        lines.push(format!("newest since {}:", good.tag));
        lines.extend(
            good.between.newest.iter().take(SHOWN).map(|commit| format!("- {} {}", commit.id.short(), commit.subject)),
        );
    }
    // How old the clone is belongs to what one decides on; it changes nothing else, so it comes last.
    lines.extend(opening.notes.iter().cloned());
    lines
}

/// What the wizard shows above the question of the second rung.
pub(super) fn flag_lines(opening: &Opening) -> Result<Vec<String>, Failure> {
    let candidates = &opening.flags()?.candidates;
    if candidates.is_empty() {
        return Ok(vec!["No flag was found in what changed since the last good release.".to_owned()]);
    }
    let mut lines: Vec<String> = candidates
        .iter()
        .take(SHOWN)
        .map(|flag| format!("- flag {} ({}:{})", flag.key, flag.path, flag.line))
        .collect();
    if candidates.len() > SHOWN {
        lines.push(format!(
            "- and {} more: hotfix check {} --format json lists them",
            candidates.len() - SHOWN,
            opening.id
        ));
    }
    Ok(lines)
}

/// The paths that stand in the way of going back, each once.
pub(super) fn blocking_paths(opening: &Opening) -> Vec<String> {
    let mut paths: Vec<String> = opening.roll_back.blockers.iter().map(|finding| finding.path.to_string()).collect();
    paths.dedup();
    paths.truncate(SHOWN);
    paths
}
