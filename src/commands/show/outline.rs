//! The analysis in a few lines, for whoever looks at an incident in the terminal.

use super::ShowReport;
use crate::domain::rca;
use crate::domain::text;
use crate::render::Page;

/// The most characters of a section that are shown.
const MOST: usize = 240;

/// Shows what the analysis says, where there is one.
pub(super) fn show(page: &mut Page, report: &ShowReport<'_>) {
    let Some(analysis) = &report.incident.analysis else { return };
    let state = match &analysis.accepted {
        Some(by) => format!("accepted by {}", by.actor.name),
        None => "not accepted yet".to_owned(),
    };
    page.blank();
    page.paragraph(&format!("Analysis by {}, {state}:", analysis.by.actor.name));
    let words = report.said.words(&analysis.by.event, "analysis").unwrap_or_default();
    let outline = rca::outline(&words);
    let short = |said: &String| text::shorten(said, MOST).into_owned();
    let mut fields = vec![("summary", short(outline.as_ref().map_or(&words, |outline| &outline.summary)))];
    fields.extend(outline.iter().map(|outline| ("root cause", short(&outline.root_cause))));
    fields.extend(analysis.escaped_gate.iter().map(|gate| ("gate", gate.clone())));
    for (at, planned) in analysis.actions.iter().enumerate() {
        let what = outline.as_ref().and_then(|outline| outline.actions.get(at)).map(short).unwrap_or_default();
        let done = if planned.done.is_some() { "done" } else { "open" };
        let action = &planned.action;
        let about = format!("for {}, {}, due {}, {done}", action.aim, action.owner, action.due);
        fields.push(("action", format!("{}: {what} ({about})", at + 1)));
    }
    page.fields(&fields);
    page.paragraph(&format!("The whole of it: hotfix show {} --format markdown", report.incident.id));
}
