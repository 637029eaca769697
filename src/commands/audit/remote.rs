//! The remote's ledger: whether it still holds all that it held.

use std::time::Duration;

use serde::Serialize;

use crate::commands::book;
use crate::commands::sync::ForgotReport;
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::text::counted;
use crate::failure::Failure;
use crate::ledger::sync::Sync;
use crate::render::Page;
use crate::session::Session;

/// How long the remote may take to answer.
const LIMIT: Duration = Duration::from_secs(30);

/// What came of asking the remote.
#[derive(Serialize)]
pub(super) struct Asked {
    /// The remote; none where there is none.
    remote: Option<String>,
    /// What it has forgotten, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    forgot: Option<ForgotReport>,
}

impl Asked {
    /// Fetches the remote's ledger and takes it in; with `heal`, gives back what it has forgotten. A remote that can't be asked
    /// is a note: what this clone has is audited.
    pub(super) fn ask(session: &Session, heal: bool, notes: &mut Vec<String>) -> Result<Self, Failure> {
        let Some(remote) = session.repository()?.default_remote()? else {
            if heal {
                return Err(Failure::usage("there is no remote that could be healed").hint("hotfix audit"));
            }
            return Ok(Self { remote: None, forgot: None });
        };
        let (ledger, at) = (book::ledger(session)?, session.now());
        if heal {
            let actor = session.actor()?;
            let synced = ledger.sync(&Sync { remote: &remote, actor: Some(&actor), at, limit: LIMIT, heal })?;
            return match synced.trouble {
                None => {
                    notes.push(format!("{remote} holds again all that it held"));
                    Ok(Self { remote: Some(remote), forgot: None })
                }
                Some(trouble) => Err(Failure::undecided(format!("{remote} could not be healed: {trouble}"))
                    .hint("hotfix audit --heal    # again, once the remote takes it")),
            };
        }
        let forgot = match ledger.look(&remote, at, LIMIT)? {
            Ok(forgot) => forgot.as_ref().map(ForgotReport::of),
            Err(why) => {
                notes.push(format!("{remote} could not be asked ({why}): what this clone has was audited"));
                None
            }
        };
        Ok(Self { remote: Some(remote), forgot })
    }

    /// The finding that the remote has forgotten something.
    pub(super) fn finding(&self) -> Option<Finding> {
        let (remote, forgot) = (self.remote.as_ref()?, self.forgot.as_ref()?);
        let lost = forgot.lost();
        let message = format!("the ledger of {remote} does not hold {} that it held", counted(lost, "event"));
        Some(Finding::new(FindingCode::LedgerRewritten, message).next("hotfix audit --heal"))
    }

    /// Lists what was forgotten, event by event.
    pub(super) fn text(&self, page: &mut Page) {
        if let (Some(remote), Some(forgot)) = (&self.remote, &self.forgot) {
            forgot.text(page, remote);
            page.blank();
        }
    }
}
