//! One incident as a page to hand on.

use std::sync::Arc;

use super::{Line, ShowReport, Words, analysis, severity_words};
use crate::commands::moment;
use crate::commands::owed;
use crate::domain::event::{Checked, GateSettled, Proof, Provenance, RestoredBy, RungAnswer, RungName};
use crate::domain::incident::{Attempt, Deed, Done};
use crate::domain::merge_back::Verdict;
use crate::domain::said::{Word, WordKind};
use crate::domain::sentence::short_ref;
use crate::render::document::Document;

/// The page.
pub(super) fn of(report: &ShowReport<'_>) -> Document {
    let incident = report.incident;
    let mut document = Document::new(format!("{}: {}", incident.id, incident.state.word()));
    overview(&mut document, report);
    decision(&mut document, report);
    fix(&mut document, report);
    approvals(&mut document, report);
    skipped(&mut document, report);
    merge_back(&mut document, report);
    root_cause(&mut document, report);
    document.heading(2, "Timeline");
    let row = |line: &Line| vec![moment::show(line.at), line.who.clone(), line.what.clone(), line.why.clone()];
    document.table(&["when", "who", "what", "why"], report.timeline.iter().map(row).collect());
    if !report.owed.is_empty() {
        document.heading(2, "Owed before closing");
        let told = report
            .owed
            .iter()
            .map(|owed| format!("{}: {}", owed.refusal.code, owed::in_full(owed, report.now).message));
        document.list(told.collect());
    }
    document
}

fn by(deed: &Deed) -> String {
    format!("{} by {}", moment::show(deed.at), deed.actor.name)
}

fn overview(document: &mut Document, report: &ShowReport<'_>) {
    let incident = report.incident;
    let check = &incident.check().what;
    let mut fields = vec![("decision", check.decision.word().to_owned())];
    fields.push(("severity", severity_words(incident)));
    fields.push(("started", moment::show(incident.started)));
    fields.push(("opened", by(&incident.opened)));
    for deployed in &incident.deployed {
        let release = deployed.what.release.as_ref().map_or_else(String::new, |release| format!(" as {}", release.tag));
        fields.push(("deployed", format!("{}{release}", moment::show(deployed.what.at))));
    }
    if let Some(restored) = incident.restored.as_ref().filter(|_| incident.is_back()) {
        let by = match restored.what.by {
            RestoredBy::RollBack => "the roll back",
            RestoredBy::FlagOff => "switching off",
            RestoredBy::Hotfix => "the fix",
            RestoredBy::Other => "something else",
        };
        fields.push(("restored", format!("{}, by {by}", moment::show(restored.what.at))));
    }
    fields.extend(incident.closed.iter().map(|closed| ("closed", by(closed))));
    fields.extend(incident.voided.iter().map(|voided| ("void", by(&voided.by))));
    document.fields(fields);
}

fn decision(document: &mut Document, report: &ShowReport<'_>) {
    let (incident, done) = (report.incident, report.incident.check());
    let check = &done.what;
    document.heading(2, "The decision");
    let policy = format!("{}, version {}", incident.policy.name, incident.policy.version);
    let mut fields = vec![("decided", by(&done.by)), ("policy", policy)];
    fields.extend(check.rule.iter().map(|rule| ("rule", rule.clone())));
    if let Some(production) = &check.production {
        fields.push(("production", format!("{} ({})", production.name, production.commit)));
        let last_good = production.last_good.iter();
        fields.extend(last_good.map(|good| ("last good", format!("{} ({})", good.tag, good.commit))));
    }
    for walk in incident.contested() {
        fields.push(("contested", format!("{} by {}", walk.what.decision.word(), walk.by.actor.name)));
    }
    document.fields(fields);
    let rung = |name: RungName, answer: &RungAnswer| {
        let (answer, evidence) = report.rung_parts(name, answer);
        vec![name.key().to_owned(), answer, evidence.unwrap_or_default()]
    };
    let mut rows = vec![rung(RungName::RollBack, &check.roll_back)];
    rows.extend(check.flag_off.iter().map(|answer| rung(RungName::FlagOff, answer)));
    for (name, answered) in &check.facts {
        let from = match answered.provenance {
            Provenance::Probed => "measured by a probe",
            Provenance::Said => "said by a person",
            Provenance::Given => "given by a script",
        };
        rows.push(vec![name.clone(), report.value(name, &answered.value), from.to_owned()]);
    }
    document.table(&["asked", "answer", "evidence"], rows);
    if let Some(note) = report.said.words(&done.by.event, "note") {
        document.paragraph(format!("Why one more hotfix: {note}"));
    }
    let earlier = incident.checks.iter().rev().skip(1).rev();
    let told = |walk: &Done<_>| format!("{}: {}", by(&walk.by), walk_words(walk));
    let earlier: Vec<String> = earlier.map(told).collect();
    if !earlier.is_empty() {
        document.heading(3, "Decided before");
        document.list(earlier);
    }
}

fn walk_words(walk: &Done<Arc<Checked>>) -> String {
    let rule = walk.what.rule.as_ref().map_or_else(String::new, |rule| format!(" ({rule})"));
    format!("{}{rule}", walk.what.decision.word())
}

fn fix(document: &mut Document, report: &ShowReport<'_>) {
    let attempts = &report.incident.attempts;
    if attempts.is_empty() {
        return;
    }
    document.heading(2, "The fix");
    for attempt in attempts {
        document
            .heading(3, format!("Attempt {}{}", attempt.number, if attempt.withdrawn { ": withdrawn" } else { "" }));
        document.fields(attempt_fields(attempt, &report.said));
    }
}

fn attempt_fields(attempt: &Attempt, said: &Words) -> Vec<(&'static str, String)> {
    let mut fields: Vec<(&str, String)> = attempt.branch.iter().map(|branch| ("branch", branch.clone())).collect();
    let Some(Done { by: deed, what: fix }) = &attempt.fix else {
        fields.push(("fix", "none attached yet".to_owned()));
        return fields;
    };
    fields.extend(fix.commits.iter().map(|commit| ("commit", commit.to_string())));
    fields.push(("written by", fix.authors.iter().map(|author| author.name.clone()).collect::<Vec<_>>().join(", ")));
    fields.push(("attached", by(deed)));
    fields.extend(fix.changes.iter().filter_map(|change| Some(("changes", change.path()?.to_string()))));
    let proof = match fix.proof {
        Proof::Test => "a test",
        Proof::Ci => "a run of continuous integration",
        Proof::Manual => "a check by hand",
        Proof::Untested => "none, it is untested",
    };
    let words = said.words(&deed.event, "proof").map_or_else(String::new, |words| format!(": {words}"));
    fields.push(("proof", format!("{proof}{words}")));
    fields.push(("behind a flag", if fix.guarded_by_flag { "yes" } else { "no" }.to_owned()));
    fields
}

fn approvals(document: &mut Document, report: &ShowReport<'_>) {
    let people = &report.incident.said;
    if report.incident.attempts.is_empty() {
        return;
    }
    document.heading(2, "Who approved");
    if people.words.is_empty() {
        document.paragraph("Nobody has said anything about the fix.");
    }
    let row = |word: &Done<Word>| {
        let what = match word.what.kind {
            WordKind::Approve => "yes",
            WordKind::Reject => "no",
            WordKind::Withdraw => "takes back what was said",
        };
        let role = word.what.role.as_ref().map_or_else(String::new, |role| format!(", as {role}"));
        let counts = report.counted.contains(&word.by.event.as_str());
        let counts = match (word.what.kind, counts) {
            (WordKind::Approve, true) => "yes",
            (WordKind::Approve, false) => "no: outdated, or not theirs to say",
            (WordKind::Reject | WordKind::Withdraw, _) => "",
        };
        let why = report.said.words(&word.by.event, "reason").unwrap_or_default();
        vec![moment::show(word.by.at), word.by.actor.name.clone(), format!("{what}{role}"), counts.to_owned(), why]
    };
    document.table(&["when", "who", "said", "counts", "why"], people.words.iter().map(row).collect());
}

fn skipped(document: &mut Document, report: &ShowReport<'_>) {
    let people = &report.incident.said;
    if people.overrides.is_empty() && people.gates_done.is_empty() && people.gates_waived.is_empty() {
        return;
    }
    document.heading(2, "What was skipped");
    let rows = people.overrides.iter().zip(&report.overrides).map(|(done, skipped)| {
        let reviewed = match (&skipped.reviewed_by, skipped.right) {
            (None, _) => "nobody yet".to_owned(),
            (Some(person), Some(false)) => format!("{}: it was wrong", person.name),
            (Some(person), _) => person.name.clone(),
        };
        let why = report.said.words(&done.by.event, "reason").unwrap_or_default();
        let until = format!("until {}: {}", moment::show(skipped.until), skipped.fate.word());
        vec![skipped.gate.clone(), by(&done.by), why, until, reviewed]
    });
    document.table(&["gate", "skipped", "why", "held", "reviewed by"], rows.collect());
    let settled = |how: &'static str, text: &'static str| {
        move |done: &Done<GateSettled>| {
            let words = report.said.words(&done.by.event, text).unwrap_or_default();
            vec![done.what.gate.clone(), how.to_owned(), by(&done.by), words]
        }
    };
    let late = people.gates_done.iter().map(settled("made good", "evidence"));
    let waived = people.gates_waived.iter().map(settled("waived", "reason"));
    document.table(&["gate of a normal change", "what became of it", "when", "why"], late.chain(waived).collect());
}

fn merge_back(document: &mut Document, report: &ShowReport<'_>) {
    let incident = report.incident;
    if incident.verified.is_empty() && incident.confirmed.is_empty() && incident.waivers.is_empty() {
        return;
    }
    document.heading(2, "The merge-back");
    let mut rows = Vec::new();
    for (target, Done { by: deed, what }) in &incident.verified {
        let landings = what.landings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        // What landed and was lost again was not reverted by what had brought it.
        let is_lost = !landings.is_empty() && what.verdict != Verdict::Merged;
        let landings = if is_lost { format!("landed by {landings}") } else { landings };
        let (at, verdict) =
            (format!("{} ({})", short_ref(target), what.commit.short()), what.verdict.word().to_owned());
        rows.push(vec![at, verdict, landings, by(deed), String::new()]);
    }
    for (target, Done { by: deed, what }) in &incident.confirmed {
        let words = report.said.words(&deed.event, "reason").unwrap_or_default();
        let word = "confirmed by a person".to_owned();
        rows.push(vec![short_ref(target).to_owned(), word, what.commit.to_string(), by(deed), words]);
    }
    for Done { by: deed, what } in &incident.waivers {
        let words = report.said.words(&deed.event, "reason").unwrap_or_default();
        let holds = if incident.waiver(&what.target).is_some() { "waived" } else { "waived by one, two are needed" };
        let word = format!("{holds}: {}", what.reason.word());
        rows.push(vec![short_ref(&what.target).to_owned(), word, what.evidence.to_string(), by(deed), words]);
    }
    document.table(&["branch", "verdict", "by", "asked", "why"], rows);
}

fn root_cause(document: &mut Document, report: &ShowReport<'_>) {
    document.heading(2, "Root cause analysis");
    let Some(recorded) = &report.incident.analysis else {
        document.paragraph("None is recorded.");
        return;
    };
    let accepted = recorded.accepted.as_deref().map_or_else(|| "by nobody yet".to_owned(), by);
    document.fields(vec![("written", by(&recorded.by)), ("accepted", accepted)]);
    match report.said.words(&recorded.by.event, "analysis") {
        Some(text) if report.said.is_here(&recorded.by.event, "analysis") => analysis::add(document, &text),
        told => document.paragraph(told.unwrap_or_default()),
    }
    let done = recorded.actions.iter().enumerate().filter_map(|(at, action)| Some((at + 1, action.done.as_ref()?)));
    let done = done.map(|(number, deed)| {
        let words = report.said.words(&deed.event, "evidence").unwrap_or_default();
        vec![number.to_string(), by(deed), words]
    });
    document.table(&["action", "carried out", "shown by"], done.collect());
}
