//! The ledger's beginning, on the remote that the team shares.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::book;
use crate::domain::event::{LedgerCreated, Payload};
use crate::failure::Failure;
use crate::ledger::store::{Draft, Presence};
use crate::ledger::sync::{Sync, Synced};
use crate::render::{Page, Tone};
use crate::session::Session;

/// How long the remote may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What became of the ledger.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Began {
    /// It began just now, and the remote has it.
    Published {
        /// The remote.
        remote: String,
    },
    /// There was one.
    Already {
        /// The remote.
        remote: String,
    },
    /// Whether there is one can't be told, or what was begun could not be shared.
    NotShared {
        /// The remote.
        remote: String,
        /// Why, in one line.
        why: String,
    },
}

/// Begins the ledger on the remote, if it has none; none where there is no remote. It is not begun out of reach: of two that
/// began apart one would have to be taken into the other.
pub fn begin(session: &Session) -> Option<Began> {
    let remote = session.repository().ok()?.default_remote().ok()??;
    Some(match try_to_begin(session, &remote) {
        Ok(Some(why)) => Began::NotShared { remote, why },
        Ok(None) if session.has_recorded() => Began::Published { remote },
        Ok(None) => Began::Already { remote },
        Err(failure) => Began::NotShared { remote, why: failure.to_string() },
    })
}

/// Why it is not shared; none if it is.
fn try_to_begin(session: &Session, remote: &str) -> Result<Option<String>, Failure> {
    let (ledger, actor) = (book::ledger(session)?, session.actor()?);
    let sync = Sync { remote, actor: Some(&actor), at: session.now(), limit: LIMIT, heal: false };
    let why_not = |synced: Synced| match synced.forgot {
        Some(_) => Some("it has forgotten events: hotfix sync shows them".to_owned()),
        None => synced.trouble,
    };
    let why = why_not(ledger.sync(&sync)?);
    if why.is_some() || ledger.presence()? == Presence::Here {
        return Ok(why);
    }
    let payload = Payload::LedgerCreated(LedgerCreated { trusted_ref: None });
    ledger.append(Draft {
        actor: actor.clone(),
        at: session.now(),
        incident: None,
        payload,
        texts: BTreeMap::new(),
    })?;
    session.note_recorded();
    Ok(why_not(ledger.sync(&sync)?))
}

impl Began {
    /// Says it to a person.
    pub fn text(&self, page: &mut Page) {
        match self {
            Self::Published { remote } => {
                let began = page.mark(Tone::Good, "began");
                page.paragraph(&format!("The ledger {began} on {remote}: whoever records shares it there."));
            }
            Self::Already { remote } => page.paragraph(&format!("The ledger is on {remote} already.")),
            Self::NotShared { remote, why } => {
                let wait = page.mark(Tone::Wait, "not shared");
                page.paragraph(&format!("The ledger is {wait} with {remote} yet: {why}"));
            }
        }
    }
}
