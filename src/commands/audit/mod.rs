//! `hotfix audit`: the record against everything that could be wrong with it.

mod export;
pub mod look;
mod remote;
mod report;
mod unrecorded;

use std::collections::HashMap;

use super::book::Book;
use super::moment;
use crate::domain::audit;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::Identity;
use crate::domain::standing::{Doubt, Seal, Standing};
use crate::failure::{ExitCode, Failure};
use crate::ledger::{hiding, seals};
use crate::session::Session;

use self::report::{AuditReport, Facts};

/// Look for everything that is wrong with the record: shape, signatures, authority, rewriting, unrecorded hotfixes
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Trust nothing that was checked before: read and verify everything anew
    #[arg(long)]
    full: bool,
    /// Join back what the remote has forgotten, and share the join; what it has now is taken in beside it
    #[arg(long)]
    heal: bool,
    /// Look for unrecorded hotfixes since then; without it since the ledger began
    #[arg(long, value_name = "TIME", value_parser = moment::day_or_moment)]
    since: Option<Moment>,
}

#[derive(clap::Subcommand)]
enum Action {
    Export(export::Args),
}

/// Audits.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    if let Some(Action::Export(export)) = args.action {
        return export::run(export, session);
    }
    let repository = session.repository()?;
    if args.full {
        seals::forget(repository)?;
    }
    let mut notes = Vec::new();
    let remote = remote::Asked::ask(session, args.heal, &mut notes)?;
    let book = Book::open(session)?;
    let history = &book.history;
    let commits = history.records().iter().map(|record| record.commit);
    let seals = seals::seals(repository, commits)?;
    let mut findings = audit::shape(history, doubts(&book, &seals));
    findings.extend(remote.finding());
    findings.extend(look::roots(history));
    findings.extend(look::signers(&book));
    findings.extend(hiding::hiding(repository, history)?);
    look::authority(repository, &book, &mut findings, &mut notes)?;
    findings.extend(look::closings(session, &book, &mut notes)?);
    findings.extend(look::releases(session, &book, &mut notes)?);
    findings.extend(look::texts(&book, &mut notes)?);
    let anchors = look::anchors(repository, &book, &mut findings)?;
    findings.extend(unrecorded::findings(session, &book, args.since, &mut notes)?);
    look::age(session, &mut notes)?;
    let (people, order) = audit::chains(history, session.now());
    notes.extend(order);
    let signed = seals.values().filter(|seal| matches!(seal, Seal::Key(_))).count();
    let facts = Facts { events: history.records().len(), signed, anchors };
    let report = AuditReport::new(history, book.ledger.rule(), facts, people, findings, notes, remote);
    session.answer("audit", report.exit(), &report)
}

/// Why an event does not count or, where the policy counts all, why its author is not who it says.
fn doubts<'b>(book: &'b Book<'_>, seals: &HashMap<ObjectId, Seal>) -> impl Fn(ObjectId) -> Option<String> + 'b {
    let rule = book.ledger.rule();
    let standing = Standing::of(&book.history, rule, seals);
    let all_count = rule.identity == Identity::Unverified;
    move |commit| {
        let doubt = standing.doubt(commit)?;
        // Without a signature rule an unsigned event, or one of a key that nobody listed, is as good as any; so is what it took in.
        let is_nothing = matches!(
            doubt,
            Doubt::Unsigned | Doubt::UnknownKey { .. } | Doubt::OutsideItsTime { .. } | Doubt::NotTakenIn
        );
        (!(all_count && is_nothing)).then(|| doubt.to_string())
    }
}

impl AuditReport {
    fn exit(&self) -> ExitCode {
        if self.findings.is_empty() { ExitCode::Open } else { ExitCode::Refused }
    }
}
