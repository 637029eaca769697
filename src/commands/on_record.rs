//! What came to a release line and no incident answers for any more, and that is on the record all the same: an attempt that was
//! taken back before it was withdrawn, and what took it back.

use std::collections::HashSet;

use super::book::Book;
use super::going_back::{self, CLOCKS, GoingBack};
use crate::domain::event::{FixAttached, Payload};
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::incident::State;
use crate::domain::merge_back::Verdict;
use crate::evidence::attribution::{Attribution, Belongs};
use crate::evidence::globs::Globs;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::search::{Options, search};
use crate::merge_back::target::Target;

/// A commit, and where it was taken back if it was: the newest commits of the lines that have it.
pub type Asked = (ObjectId, Vec<ObjectId>);

/// Those of the commits that the record explains. Exit 4 where an object is missing, or the time is over.
pub fn explained(
    repository: &Repository,
    book: &Book<'_>,
    never_goes_back: &Globs,
    asked: &[Asked],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<HashSet<ObjectId>, Failure> {
    let mut found = HashSet::new();
    if asked.is_empty() {
        return Ok(found);
    }
    let going_back = GoingBack::on_record(repository, &book.history, &book.incidents)?;
    let turned = going_back.fixes();
    let undone = Attribution::new(repository, &turned, never_goes_back);
    let withdrawn = withdrawn(book);
    let brought: Vec<&FixAttached> = withdrawn.iter().map(|(fix, _)| *fix).collect();
    let brought = Attribution::new(repository, &brought, never_goes_back);
    for (commit, places) in asked {
        if !going_back.of(*commit, &undone)?.is_empty() {
            found.insert(*commit);
            continue;
        }
        let Belongs::To(attempts) = brought.of(*commit)? else { continue };
        for &place in places {
            let target = Target::new(repository, place, stop);
            if let Some(last) = taken_back(&target, *commit)?
                && attempts.iter().any(|&at| last <= withdrawn[at].1.timestamp() + CLOCKS)
            {
                found.insert(*commit);
                break;
            }
        }
    }
    Ok(found)
}

/// The attempts that were withdrawn, in whatever version they were attached, and when.
fn withdrawn<'b>(book: &'b Book<'_>) -> Vec<(&'b FixAttached, Moment)> {
    let at = going_back::withdrawn(&book.history, &book.incidents);
    let attempt = |payload: &'b Payload| match payload {
        Payload::FixAttached(fix) => Some(fix.as_ref()),
        _ => None,
    };
    let of_event = |(_, event): (ObjectId, &'b crate::domain::event::Event)| {
        let (fix, id) = (attempt(&event.payload)?, event.incident.as_ref()?);
        let counts = book.incidents.get(id)?.state != State::Void;
        Some((fix, *at.get(&(id, fix.attempt)).filter(|_| counts)?))
    };
    book.history.events().filter_map(of_event).collect()
}

/// When a line took the last of a commit back, in seconds since 1970; none where it has some of it, or lost it in another way.
/// Nothing is withdrawn before that, so what went there later did so in nobody's name.
fn taken_back(target: &Target<'_>, commit: ObjectId) -> Result<Option<i64>, Failure> {
    let repository = target.repository;
    let options = Options { without_candidates: true, without_hunks: true, ..Options::default() };
    let report = search(target, &Fix::of_commits(repository, &[commit])?, &options)?;
    if report.verdict != Verdict::Reverted {
        return Ok(None);
    }
    let times = report.undone_by.iter().map(|undoer| Ok(repository.node(undoer.commit)?.time));
    Ok(times.collect::<Result<Vec<_>, Failure>>()?.into_iter().max())
}
