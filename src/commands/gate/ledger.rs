//! The ledger's own refs, where a server takes them in: they only grow.

use super::bench::Bench;
use super::question::Update;
use super::report::{Answer, Finding, Subject};
use crate::domain::refusal::{Code, Refusal};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::ledger::refs::{LEDGER, RemoteRefs, TEXT};
use crate::ledger::store::Ledger;

/// What of the ledger a ref is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The events.
    Events,
    /// The free texts.
    Texts,
}

/// The names under which the events may lie on a server.
pub(super) fn names(repository: &Repository) -> Result<[String; 2], Failure> {
    Ok([LEDGER.to_owned(), RemoteRefs::of(repository)?.ledger])
}

/// What of the ledger a ref is; none where it is no part of it.
pub(super) fn part(repository: &Repository, reference: &[u8]) -> Result<Option<Part>, Failure> {
    let refs = RemoteRefs::of(repository)?;
    let is = |names: [&str; 2]| names.iter().any(|name| name.as_bytes() == reference);
    Ok(match () {
        () if is([LEDGER, &refs.ledger]) => Some(Part::Events),
        () if is([TEXT, &refs.text]) => Some(Part::Texts),
        () => None,
    })
}

/// Whether it grows: what it is to become holds what it is, and begins where it began, for the beginning says whom to trust.
///
/// Exit 4 where it can't be read, for it could be anything.
pub(super) fn grows(bench: &Bench<'_>, update: &Update, part: Part) -> Result<Answer, Failure> {
    let answer = Answer::of_update(update, Subject::Ledger);
    let next = "hotfix sync    # joins what went apart, and forces nothing";
    let shrinks = |message: &str| [Finding::new(Refusal::new(Code::LedgerShrinks, message, next))];
    let Some(new) = update.new else { return Ok(answer.with(shrinks("the ledger is never deleted"))) };
    if part == Part::Texts {
        return Ok(answer);
    }
    let seen = |head| Ledger::open(bench.repository).map(|ledger| ledger.seen_from(vec![head]));
    let becomes = seen(new)?.history()?;
    let Some(old) = update.old else { return Ok(answer) };
    if !becomes.holds(old) {
        return Ok(answer.with(shrinks("what the ledger is to become does not hold what it is")));
    }
    if seen(old)?.root()?.map(|root| root.id) != becomes.root() {
        return Ok(answer.with(shrinks("what the ledger is to become begins elsewhere")));
    }
    Ok(answer)
}
