//! `hotfix audit export`: every change of production, and for each the evidence that a standard asks for.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::unrecorded;
use crate::commands::book::Book;
use crate::commands::desk::Desk;
use crate::commands::moment;
use crate::domain::closing;
use crate::domain::event::Payload;
use crate::domain::identity::{Moment, Person};
use crate::domain::incident::{Incident, State};
use crate::domain::policy::Identity;
use crate::domain::standard::{Around, Asked, BUILT_IN, Field, Shown, Standard, show};
use crate::domain::standing::{Rule, Standing};
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::ledger::seals;
use crate::render::sheet::{csv, markdown, markdown_table};
use crate::render::{self, Page, Report, Tone};
use crate::session::Session;

/// List every change of production, and for each the evidence that a standard asks for; what lacks is a finding
#[derive(clap::Args)]
pub struct Args {
    /// The standard
    #[arg(long = "for", value_name = "STANDARD", value_parser = BUILT_IN.map(|(name, _)| name))]
    standard: String,
    /// Only incidents that started at or after this day or time
    #[arg(long, value_name = "DAY", value_parser = moment::day_or_moment)]
    since: Moment,
    /// Only incidents that started before this day or time
    #[arg(long, value_name = "DAY", value_parser = moment::day_or_moment)]
    until: Option<Moment>,
    /// Write STANDARD.csv, STANDARD.json and STANDARD.md there; nothing is overwritten
    #[arg(long, value_name = "DIRECTORY")]
    to: Option<PathBuf>,
}

#[derive(Serialize)]
struct Export {
    standard: Standard,
    since: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    changes: Vec<Change>,
    /// How many things lack in all.
    findings: usize,
    /// The files that were written.
    files: Vec<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Change {
    /// The incident, or the commit that belongs to none.
    id: String,
    /// The decision; `unrecorded` for a commit that belongs to no incident.
    kind: String,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Moment>,
    authors: Vec<String>,
    evidence: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    field: Field,
    clause: String,
    #[serde(flatten)]
    shown: Shown,
}

impl Change {
    fn lacking(&self) -> impl Iterator<Item = (&Line, &str)> {
        self.evidence.iter().filter_map(|line| match &line.shown {
            Shown::Lacking(why) => Some((line, why.as_str())),
            Shown::Shown(_) | Shown::NotAsked(_) => None,
        })
    }
}

/// Exports.
pub(super) fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let known = BUILT_IN.iter().find(|(name, _)| *name == args.standard).map_or("", |(_, source)| source);
    let standard = Standard::read(known, &args.standard)
        .map_err(|why| Failure::undecided(format!("the standard {} can't be read: {why}", args.standard)))?;
    let book = Book::open(session)?;
    let in_time = |at: Moment| at >= args.since && args.until.is_none_or(|until| at < until);
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    let proven = proven(session, &book)?;
    let mut desk = Desk::new(session, &book)?;
    let mut void = 0;
    for incident in book.incidents.values().filter(|incident| in_time(incident.started)) {
        if incident.state == State::Void && incident.fixes().next().is_none() {
            void += 1;
            continue;
        }
        changes.push(change(&book, incident, &standard.evidence, &mut desk, &proven)?);
    }
    changes.sort_by(|a, b| a.started.cmp(&b.started).then_with(|| a.id.cmp(&b.id)));
    if void > 0 {
        notes.push(format!("{}, void, changed nothing", counted(void, "incident")));
    }
    let found = unrecorded::commits(session, &book, Some(args.since), &mut notes)?;
    for found in found.into_iter().filter(|found| in_time(found.commit.at)) {
        let lacking = |asked: &Asked| Line {
            field: asked.field,
            clause: asked.clause.clone(),
            shown: match asked.field {
                Field::Identified => Shown::Shown(match &found.line {
                    Some(line) => format!("{} on {line}", found.commit.id),
                    None => format!("{} on no release line", found.commit.id),
                }),
                _ => Shown::Lacking("no incident owns this commit".to_owned()),
            },
        };
        changes.push(Change {
            id: found.commit.id.short(),
            kind: "unrecorded".to_owned(),
            state: found.tag.as_ref().map_or_else(|| "not released".to_owned(), |tag| format!("released as {tag}")),
            started: Some(found.commit.at),
            authors: vec![found.commit.author.to_string()],
            evidence: standard.evidence.iter().map(lacking).collect(),
        });
    }
    let findings = changes.iter().map(|change| change.lacking().count()).sum();
    let (since, until) = (args.since, args.until);
    let mut export = Export { standard, since, until, changes, findings, files: Vec::new(), notes };
    let exit = if findings == 0 { ExitCode::Open } else { ExitCode::Refused };
    if let Some(directory) = &args.to {
        export.write(&session.start().join(directory), &args.standard, exit)?;
    }
    session.answer("audit export", exit, &export)
}

/// Whether an event is proven to be by its actor, whatever the policy asks for.
fn proven(session: &Session, book: &Book<'_>) -> Result<Standing, Failure> {
    let commits = book.history.records().iter().map(|record| record.commit);
    let seals = seals::seals(session.repository()?, commits)?;
    let rule = Rule { identity: Identity::Signed { after: None }, signers: book.ledger.rule().signers.clone() };
    Ok(Standing::of(&book.history, &rule, &seals))
}

fn change(
    book: &Book<'_>,
    incident: &Incident,
    asked: &[Asked],
    desk: &mut Desk<'_, '_>,
    proven: &Standing,
) -> Result<Change, Failure> {
    let papers = desk.papers(incident)?;
    let case = papers.case(incident);
    let owed: Vec<&str> = match closing::over(incident) {
        Some(_) => Vec::new(),
        None => {
            let missing = closing::missing(&case, &closing::recorded_proofs(incident));
            missing.iter().map(|refusal| refusal.code.word()).collect()
        }
    };
    let events: Vec<_> =
        book.history.events().filter(|(_, event)| event.incident.as_ref() == Some(&incident.id)).collect();
    let signed = events.iter().filter(|(commit, _)| proven.doubt(*commit).is_none()).count();
    let needs = case.needs();
    let approvals = case.judge(&needs).map_or_else(Vec::new, |judge| judge.counted());
    let approvers: Vec<&Person> = approvals.iter().map(|approval| &approval.by.actor).collect();
    let closed_on = events.iter().rev().find_map(|(_, event)| match &event.payload {
        Payload::Closed(closed) if incident.state == State::Closed => Some(closed.targets.as_slice()),
        _ => None,
    });
    let closed_on = closed_on.unwrap_or_default();
    let around = Around { approvers: &approvers, owed: &owed, closed_on, proven: (signed, events.len()) };
    let line = |asked: &Asked| Line {
        field: asked.field,
        clause: asked.clause.clone(),
        shown: show(incident, around, asked.field),
    };
    let mut authors: Vec<String> = Vec::new();
    for author in incident.fix_authors().map(ToString::to_string) {
        if !authors.contains(&author) {
            authors.push(author);
        }
    }
    Ok(Change {
        id: incident.id.to_string(),
        kind: incident.decision().word().to_owned(),
        state: incident.state.word().to_owned(),
        started: Some(incident.started),
        authors,
        evidence: asked.iter().map(line).collect(),
    })
}

impl Export {
    /// Writes the three files.
    fn write(&mut self, directory: &Path, name: &str, exit: ExitCode) -> Result<(), Failure> {
        let failed = |path: &Path, error| Failure::because(format!("failed to write {}", path.display()), error);
        fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
        self.files = ["csv", "json", "md"].iter().map(|kind| format!("{name}.{kind}")).collect();
        let texts = [self.csv(), render::json("audit export", exit, self)?, self.markdown()];
        for (file, text) in self.files.iter().zip(texts) {
            let path = directory.join(file);
            let opened = fs::File::options().write(true).create_new(true).open(&path);
            let mut opened = opened.map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    Failure::usage(format!("{} is there already", path.display())).hint("name another directory")
                }
                _ => failed(&path, error),
            })?;
            opened.write_all(text.as_bytes()).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    /// One row a change, one column for what is asked.
    fn csv(&self) -> String {
        let fixed = ["change", "kind", "state", "started", "authors", "findings"].map(str::to_owned);
        let asked = self.standard.evidence.iter().map(|asked| format!("{} ({})", asked.field.word(), asked.clause));
        let mut rows = vec![fixed.into_iter().chain(asked).collect::<Vec<_>>()];
        for change in &self.changes {
            let mut row = vec![
                change.id.clone(),
                change.kind.clone(),
                change.state.clone(),
                change.started.map_or_else(String::new, |at| at.to_rfc3339()),
                change.authors.join("; "),
                change.lacking().count().to_string(),
            ];
            row.extend(change.evidence.iter().map(|line| match &line.shown {
                Shown::Shown(text) => text.clone(),
                Shown::Lacking(why) => format!("LACKING: {why}"),
                Shown::NotAsked(why) => format!("not asked: {why}"),
            }));
            rows.push(row);
        }
        csv(rows)
    }

    fn markdown(&self) -> String {
        let standard = &self.standard;
        let until = self.until.map_or_else(String::new, |until| format!(" until {}", until.to_rfc3339()));
        let mut text = format!(
            "# Changes of production: evidence for {}\n\n{}. Since {}{until}: {}, {}.\n\n",
            markdown(&standard.name),
            markdown(&standard.edition),
            self.since.to_rfc3339(),
            counted(self.changes.len(), "change"),
            counted(self.findings, "finding")
        );
        let overview = |change: &Change| {
            let started = change.started.map_or_else(String::new, moment::show);
            vec![
                change.id.clone(),
                change.kind.clone(),
                change.state.clone(),
                started,
                change.lacking().count().to_string(),
            ]
        };
        let rows: Vec<_> = self.changes.iter().map(overview).collect();
        text.push_str(&markdown_table(&["change", "kind", "state", "started", "findings"], &rows));
        for change in &self.changes {
            text.push_str(&format!("\n## {}\n\n", markdown(&change.id)));
            if !change.authors.is_empty() {
                text.push_str(&format!("By {}\n\n", markdown(&change.authors.join(", "))));
            }
            let rows = change.evidence.iter().zip(&standard.evidence).map(|(line, asked)| {
                let (status, shown) = match &line.shown {
                    Shown::Shown(text) => ("shown", text),
                    Shown::Lacking(why) => ("FINDING", why),
                    Shown::NotAsked(why) => ("not asked", why),
                };
                vec![asked.asks.clone(), line.clause.clone(), status.to_owned(), shown.clone()]
            });
            let rows: Vec<_> = rows.collect();
            text.push_str(&markdown_table(&["asked", "clause", "status", "the record shows"], &rows));
        }
        text.push_str("\n## Sources\n\n");
        for source in &standard.sources {
            text.push_str(&format!("- {}\n", markdown(source)));
        }
        for note in &self.notes {
            text.push_str(&format!("\nNote: {}\n", markdown(note)));
        }
        text
    }
}

impl Report for Export {
    fn text(&self, page: &mut Page) {
        let (changes, findings) = (self.changes.len(), self.findings);
        page.paragraph(&format!("{}: {changes} changes since {}", self.standard.name, moment::show(self.since)));
        for change in self.changes.iter().filter(|change| change.lacking().next().is_some()) {
            page.blank();
            page.paragraph(&format!("{}: {}, {}", page.mark(Tone::Strong, &change.id), change.kind, change.state));
            // What lacks for one reason is told once; the clauses are in the files.
            let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
            for (line, why) in change.lacking() {
                match by_reason.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, fields)) => fields.push(line.field.word()),
                    None => by_reason.push((why, vec![line.field.word()])),
                }
            }
            for (why, fields) in by_reason {
                page.bullet(&format!("{}: {why}", page.mark(Tone::Bad, &fields.join(", "))));
            }
        }
        page.blank();
        self.notes.iter().for_each(|note| page.bullet(note));
        let tone = if findings == 0 { Tone::Good } else { Tone::Bad };
        page.line(&format!("Findings: {}", page.mark(tone, &findings.to_string())));
        if !self.files.is_empty() {
            page.paragraph(&format!("Written: {}", self.files.join(", ")));
        }
    }
}
