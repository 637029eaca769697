//! `hotfix keys`: whose signatures count, and taking a key's word away.

use std::collections::BTreeMap;

use serde::Serialize;

use super::book::Book;
use super::reason::must_be_a_reason;
use crate::domain::allowed_signers::{AllowedKey, LineProblem};
use crate::domain::event::{KeyRevoked, Payload};
use crate::domain::identity::ObjectId;
use crate::domain::policy::Identity;
use crate::domain::record::History;
use crate::domain::standing::{Standing, start_of};
use crate::evidence::identity::SIGNERS;
use crate::failure::{ExitCode, Failure};
use crate::ledger::seals;
use crate::ledger::store::Draft;
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Show the keys whose signatures count, or revoke one
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    Revoke(Revoke),
}

/// Say that a key does not speak any more; what the named event did not know of does not count
///
/// A person revokes their own keys alone. Somebody else's key is revoked once two people have said so.
#[derive(clap::Args)]
pub struct Revoke {
    /// The key's fingerprint: SHA256:…
    key: String,
    /// The first event that must not count, by its id or the ledger's commit; what it knew of stays. Without it: from now on
    #[arg(long, value_name = "EVENT")]
    from: Option<String>,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Serialize)]
struct KeysReport {
    identity: Identity,
    keys: Vec<Line>,
    /// Lines of the file that grant nothing.
    problems: Vec<LineProblem>,
    revoked: Vec<Revoked>,
}

#[derive(Serialize)]
struct Line {
    key: String,
    principals: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_before: Option<String>,
}

#[derive(Serialize)]
struct Revoked {
    key: String,
    /// The ledger's commit from which on it does not speak.
    from: ObjectId,
    by: String,
    /// Whether it holds; otherwise a second person is wanted.
    holds: bool,
}

/// Shows the keys, or revokes one.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    match args.action {
        None => show(session),
        Some(Action::Revoke(revoke)) => run_revoke(revoke, session),
    }
}

fn show(session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for_recording(session)?;
    let rule = book.ledger.rule();
    let commits = book.history.records().iter().map(|record| record.commit);
    let seals = seals::seals(session.repository()?, commits)?;
    let standing = Standing::of(&book.history, rule, &seals);
    let revoked = proposals(&book.history)
        .map(|(commit, by, revoked)| {
            let from = start_of(&book.history, commit, revoked).unwrap_or(commit);
            let holds = standing.revocations.iter().any(|known| known.key == revoked.key && known.from == from);
            Revoked { key: revoked.key.clone(), from, by, holds }
        })
        .collect();
    let time = |time: Option<chrono::NaiveDateTime>| time.map(|time| format!("{}Z", time.format("%Y-%m-%dT%H:%M:%S")));
    let line = |key: &AllowedKey| Line {
        key: key.key.clone(),
        principals: key.principals.clone(),
        valid_after: time(key.valid_after),
        valid_before: time(key.valid_before),
    };
    let report = KeysReport {
        identity: rule.identity.clone(),
        keys: rule.signers.keys.iter().map(line).collect(),
        problems: rule.signers.problems.clone(),
        revoked,
    };
    session.answer("keys", ExitCode::Open, &report)
}

/// Every word that a key does not speak any more, with its commit and who said it.
fn proposals(history: &History) -> impl DoubleEndedIterator<Item = (ObjectId, String, &KeyRevoked)> {
    history.events().filter_map(|(commit, event)| match &event.payload {
        Payload::KeyRevoked(revoked) => Some((commit, event.actor.name.clone(), revoked)),
        _ => None,
    })
}

fn run_revoke(args: Revoke, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let key = args.key.trim().to_owned();
    if key.parse::<ssh_key::Fingerprint>().is_err() {
        return Err(Failure::usage(format!("{key:?} is no fingerprint"))
            .hint("hotfix keys    # shows them; of a file: ssh-keygen -lf id_ed25519.pub"));
    }
    must_be_a_reason(&args.reason)?;
    let from = match &args.from {
        Some(name) => Some(named_event(&book.history, name)?),
        // Whoever is the second to say it means the same moment as the first.
        None => proposals(&book.history)
            .rev()
            .find(|(.., known)| known.key == key)
            .map(|(commit, _, known)| known.from.clone().unwrap_or_else(|| id_at(&book.history, commit))),
    };
    let texts = BTreeMap::from([("reason".to_owned(), args.reason)]);
    let payload = Payload::KeyRevoked(KeyRevoked { key: key.clone(), from });
    let draft = Draft { actor: session.actor()?, at: session.now(), incident: None, payload, texts };
    book.append(draft)?;
    show(session)
}

fn id_at(history: &History, commit: ObjectId) -> String {
    let event = history.at(commit).and_then(|record| record.event.as_ref().ok());
    event.map(|event| event.id.clone()).unwrap_or_default()
}

/// The id of an event that a person names by that id or by (the beginning of) its commit.
fn named_event(history: &History, name: &str) -> Result<String, Failure> {
    let fits = |record: &&crate::domain::record::Record| {
        let id = record.event.as_ref().is_ok_and(|event| event.id == name);
        id || (name.len() >= 7 && record.commit.to_string().starts_with(&name.to_ascii_lowercase()))
    };
    let found: Vec<_> = history.records().iter().filter(fits).filter_map(|record| record.event.as_ref().ok()).collect();
    match found.as_slice() {
        [event] => Ok(event.id.clone()),
        [] => Err(Failure::usage(format!("{name:?} names no event of the ledger")).hint("hotfix log --format json")),
        _ => Err(Failure::usage(format!("{name:?} names several events")).hint("hotfix log --format json")),
    }
}

impl Report for KeysReport {
    fn text(&self, page: &mut Page) {
        page.paragraph(match self.identity {
            Identity::Unverified => {
                "The policy counts every event: `identity: signed` in it counts only what is signed."
            }
            Identity::Signed { after: None } => "The policy counts only what its actor signed.",
            Identity::Signed { after: Some(_) } => {
                "The policy counts only what its actor signed, and what was recorded before the team began to sign."
            }
        });
        if self.keys.is_empty() {
            page.paragraph(&format!(
                "No key is on the trusted branch: write {SIGNERS}, a line a person, such as `ada@example.com ssh-ed25519 AAAA…`."
            ));
        } else {
            page.blank();
            let row = |line: &Line| {
                let until = |word: &str, time: &Option<String>| {
                    time.as_ref().map_or_else(String::new, |time| format!(" {word} {time}"))
                };
                let (after, before) = (until("from", &line.valid_after), until("to", &line.valid_before));
                vec![line.key.clone(), format!("{}{after}{before}", line.principals.join(", "))]
            };
            page.table(&["key", "speaks for"], self.keys.iter().map(row).collect());
        }
        for problem in &self.problems {
            page.line(&format!("{SIGNERS}:{}: {}", problem.line, problem.why));
        }
        for revoked in &self.revoked {
            let state = match revoked.holds {
                true => page.mark(Tone::Bad, "revoked"),
                false => page.mark(Tone::Wait, "a second person is wanted to revoke"),
            };
            page.line(&format!("{state} {} from {} on, says {}", revoked.key, revoked.from.short(), revoked.by));
        }
    }
}
