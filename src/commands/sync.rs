//! `hotfix sync`: the ledger shared with the team, and the short try after every record.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::book;
use super::outcome::next_commands;
use crate::domain::identity::ObjectId;
use crate::domain::record::Record;
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::ledger::store::{Ledger, Presence};
use crate::ledger::sync::{Forgot, Sync, Synced};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// How long the try after a record may take.
const AFTER_RECORDING: Duration = Duration::from_secs(2);

/// How many events that a remote has forgotten a person is shown.
const SHOWN: usize = 20;

/// Share what was recorded here, and take in what others have recorded
///
/// Every record tries this by itself, for two seconds. Nothing is ever forced: a remote that has forgotten events is refused.
/// The remote is what git's `checkout.defaultRemote` names, else `origin`; `git config hotfix.ledgerRef refs/heads/hotfix-ledger`
/// moves the ledger for a host that protects only branches.
#[derive(clap::Args)]
pub struct Args {
    /// Write the whole ledger into FILE, for somebody to take in who can push
    #[arg(long, value_name = "FILE", conflicts_with = "import")]
    bundle: Option<PathBuf>,
    /// Take in the ledger from FILE, which `--bundle` wrote
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
    /// Give up after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..3600))]
    deadline: u64,
}

#[derive(Default, Serialize)]
struct SyncReport {
    /// The remote; none with a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The events that came.
    received: usize,
    /// The events that went.
    sent: usize,
    /// The events that the remote is not known to have.
    unshared: Option<usize>,
    /// Whether one of two ledgers that began apart was taken into the other.
    adopted: bool,
    /// Why the two are not the same now.
    trouble: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forgot: Option<ForgotReport>,
    next: Vec<String>,
}

/// What a remote has forgotten, event by event.
#[derive(Serialize)]
pub struct ForgotReport {
    /// The remote's tip now, kept in quarantine; none where its ledger is gone.
    tip: Option<ObjectId>,
    /// What it had and has no more.
    lost: Vec<Line>,
    /// What stands there instead.
    instead: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    commit: ObjectId,
    what: String,
}

impl Line {
    fn of(record: &Record) -> Self {
        let what = match &record.event {
            Ok(event) => {
                let incident = event.incident.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
                format!("{incident}{}, by {}", event.payload.sentence(), event.actor.name)
            }
            Err(why) => why.to_string(),
        };
        Self { commit: record.commit, what }
    }
}

/// Shares and takes in.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let ledger = book::ledger_at_hand(session)?;
    match (&args.bundle, &args.import) {
        (Some(file), _) => bundle(file, &ledger, session),
        (None, Some(file)) => import(file, &ledger, session),
        (None, None) => with_remote(Duration::from_secs(args.deadline), &ledger, session),
    }
}

fn with_remote(limit: Duration, ledger: &Ledger<'_>, session: &Session) -> Result<ExitCode, Failure> {
    let remote = session.repository()?.default_remote()?.ok_or_else(|| {
        Failure::usage("there is no remote to share the ledger with")
            .hint("git remote add origin URL    # or, without one: hotfix sync --bundle FILE")
    })?;
    // To take in and to send on needs no name: the events carry those of their authors.
    let actor = session.actor().ok();
    let sync = Sync { remote: &remote, actor: actor.as_ref(), at: session.now(), limit, heal: false };
    let report = SyncReport::of(remote.clone(), ledger.sync(&sync)?);
    let exit = match (&report.forgot, &report.trouble) {
        (Some(_), _) => ExitCode::Undecided,
        (None, Some(_)) => ExitCode::Waiting,
        (None, None) => ExitCode::Open,
    };
    session.answer("sync", exit, &report)
}

fn bundle(file: &Path, ledger: &Ledger<'_>, session: &Session) -> Result<ExitCode, Failure> {
    if ledger.presence()? != Presence::Here {
        return Err(Failure::undecided("there is no ledger here yet").hint("hotfix check INCIDENT    # begins one"));
    }
    ledger.export_bundle(&std::path::absolute(session.start().join(file)).unwrap_or_else(|_| file.to_owned()))?;
    let name = file.display().to_string();
    let next = vec![format!("hotfix sync --import {name}    # in a clone that can push")];
    session.answer("sync", ExitCode::Open, &SyncReport { file: Some(name), next, ..SyncReport::default() })
}

fn import(file: &Path, ledger: &Ledger<'_>, session: &Session) -> Result<ExitCode, Failure> {
    let path = std::path::absolute(session.start().join(file)).unwrap_or_else(|_| file.to_owned());
    if !path.is_file() {
        return Err(Failure::usage(format!("there is no file {}", file.display()))
            .hint("hotfix sync --bundle FILE    # writes one, in the clone that has what you want"));
    }
    let received = ledger.import(&path, session.actor().ok().as_ref(), session.now())?;
    let file = Some(file.display().to_string());
    if received > 0 {
        session.note_recorded();
    }
    session.answer("sync", ExitCode::Open, &SyncReport { file, received, ..SyncReport::default() })
}

/// The short try after something was recorded. Being offline is normal, so nothing here fails: it says what is not shared.
pub fn after_recording(session: &Session) {
    if !session.has_recorded() {
        return;
    }
    let tried = || -> Result<Option<String>, Failure> {
        let repository = session.repository()?;
        let Some(remote) = repository.default_remote()? else { return Ok(None) };
        let (ledger, actor) = (book::ledger_at_hand(session)?.patience(AFTER_RECORDING), session.actor().ok());
        let sync =
            Sync { remote: &remote, actor: actor.as_ref(), at: session.now(), limit: AFTER_RECORDING, heal: false };
        let synced = ledger.sync(&sync)?;
        if synced.forgot.is_some() {
            return Ok(Some(format!("The ledger of {remote} has forgotten events: hotfix sync shows them.")));
        }
        // Without trouble somebody else was sharing at that very moment.
        let why = synced.trouble.map_or_else(String::new, |why| format!(" ({why})"));
        Ok((synced.unshared > 0).then(|| format!("{}{why}: hotfix sync", not_shared(synced.unshared))))
    };
    match tried() {
        Ok(note) => note.iter().for_each(|note| session.note(note)),
        Err(failure) => session.note(&format!("Nothing was shared yet: {failure}. hotfix sync")),
    }
}

/// The number of events that the remote is not known to have, in words.
pub fn not_shared(count: usize) -> String {
    format!("{} {} not yet shared", counted(count, "event"), if count == 1 { "is" } else { "are" })
}

impl SyncReport {
    fn of(remote: String, synced: Synced) -> Self {
        let Synced { received, sent, unshared, adopted, trouble, forgot } = synced;
        let mut next = Vec::new();
        let forgot = forgot.map(|forgot| {
            next.push("git log refs/hotfix-local/shared    # all that it had, as this clone keeps it".to_owned());
            next.push("hotfix audit --heal    # gives it back what it lost".to_owned());
            ForgotReport::of(&forgot)
        });
        if trouble.is_some() {
            next.push("hotfix sync    # again, when the remote can be reached".to_owned());
        }
        Self {
            remote: Some(remote),
            file: None,
            received,
            sent,
            unshared: Some(unshared),
            adopted,
            trouble,
            forgot,
            next,
        }
    }
}

impl Report for SyncReport {
    fn text(&self, page: &mut Page) {
        let (received, sent) = (counted(self.received, "event"), counted(self.sent, "event"));
        match (&self.remote, &self.file) {
            (Some(remote), _) if self.forgot.is_none() => {
                page.line(&format!("{remote}: {received} received, {sent} sent"));
            }
            (None, Some(file)) if self.next.is_empty() => page.line(&format!("{file}: {received} received")),
            (None, Some(file)) => page.line(&format!("{file} holds the ledger and its texts")),
            _ => {}
        }
        if self.adopted {
            page.paragraph("Two ledgers had begun apart; one was taken into the other, and that is on the record.");
        }
        if let Some(trouble) = &self.trouble {
            let wait = page.mark(Tone::Wait, &not_shared(self.unshared.unwrap_or(0)));
            page.line(&format!("{wait}: {trouble}"));
        }
        if let Some(forgot) = &self.forgot {
            forgot.text(page, self.remote.as_deref().unwrap_or_default());
        }
        next_commands(page, &self.next);
    }
}

impl ForgotReport {
    /// The same, to be shown.
    pub fn of(Forgot { tip, lost, instead }: &Forgot) -> Self {
        let lines = |records: &[Record]| records.iter().map(Line::of).collect();
        Self { tip: *tip, lost: lines(lost), instead: lines(instead) }
    }

    /// How many events the remote had and has no more.
    pub fn lost(&self) -> usize {
        self.lost.len()
    }

    /// Lists them.
    pub fn text(&self, page: &mut Page, remote: &str) {
        let bad = page.mark(Tone::Bad, "has forgotten");
        page.line(&format!("The ledger of {remote} {bad} {} that it had:", counted(self.lost.len(), "event")));
        show(page, &self.lost);
        match self.tip {
            None => {
                page.paragraph("It has no ledger any more. Nothing is lost here, and nothing was taken in or sent.")
            }
            Some(tip) => {
                if !self.instead.is_empty() {
                    page.line(&format!(
                        "Instead it has {} that were never seen here:",
                        counted(self.instead.len(), "event")
                    ));
                    show(page, &self.instead);
                }
                page.paragraph(&format!(
                    "Nothing is lost here, and nothing was taken in or sent. What it has now is kept in quarantine: refs/hotfix-local/quarantine/{tip}"
                ));
            }
        }
    }
}

fn show(page: &mut Page, lines: &[Line]) {
    lines.iter().take(SHOWN).for_each(|line| page.line(&format!("- {} {}", line.commit.short(), line.what)));
    if lines.len() > SHOWN {
        page.line(&format!("- and {} more", lines.len() - SHOWN));
    }
}
