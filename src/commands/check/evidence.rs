//! Evidence as the event keeps it: a commit or a path must exist, words go apart.

use super::opening::Opening;
use crate::domain::event::{Evidence, RungAnswer, RungName};
use crate::domain::identity::RepositoryPath;
use crate::domain::ladder::{GivenEvidence, OWED, RungReply, find_reason};
use crate::domain::policy::EvidenceKind;
use crate::failure::{Failure, FailureKind};
use crate::git::repository::Repository;

/// The answer at a rung as it is recorded, with the words that are kept apart.
pub(super) fn resolve(
    repository: &Repository,
    opening: &Opening,
    name: RungName,
    reply: &RungReply,
) -> Result<(RungAnswer, Option<String>), Failure> {
    let RungReply::No { reason, evidence } = reply else { return Ok((RungAnswer::Yes, None)) };
    let kind = find_reason(name.of(&opening.policy), reason).map_or(EvidenceKind::None, |reason| reason.evidence);
    let (evidence, text) = match evidence {
        None => (Evidence::None, None),
        Some(GivenEvidence::Owed) => (Evidence::Owed { wanted: kind }, None),
        Some(GivenEvidence::Given(given)) => {
            look_up(repository, opening, (name, kind), given).map_err(|failure| named(name, failure))?
        }
    };
    Ok((RungAnswer::No { reason: reason.clone(), evidence }, text))
}

/// Looks one piece of evidence up. Exit 2 where it names no commit or no path, or a path that going back would not touch.
pub(super) fn look_up(
    repository: &Repository,
    opening: &Opening,
    (name, kind): (RungName, EvidenceKind),
    given: &str,
) -> Result<(Evidence, Option<String>), Failure> {
    match kind {
        EvidenceKind::None => Ok((Evidence::None, None)),
        EvidenceKind::Link | EvidenceKind::Text => Ok((Evidence::Text, Some(given.to_owned()))),
        EvidenceKind::Commit => Ok((Evidence::Commit { commit: repository.commit(given)? }, None)),
        EvidenceKind::Path => {
            let named = |what: &str| Failure::usage(format!("{given:?} {what}"));
            let odd = |part: &str| matches!(part, "" | "." | "..");
            if given.split('/').any(odd) {
                return Err(named("is no path below the repository's top directory, such as src/main.rs"));
            }
            let path = RepositoryPath::from_escaped(given).unwrap_or_else(|| RepositoryPath::new(given));
            // Production first; main too, for what broke may be gone from one of them.
            let production = opening.production.recorded().map(|known| known.commit);
            let main = repository.shared_branch(&opening.policy.branches.main)?;
            let main = main.map(|branch| repository.tip(&branch)).transpose()?;
            for commit in production.into_iter().chain(main) {
                if repository.object_at(commit, given)?.is_some() {
                    if let Some(same) = opening.stays_the_same(&path).filter(|_| name == RungName::RollBack) {
                        return Err(named(&same));
                    }
                    return Ok((Evidence::Path { path }, None));
                }
            }
            Err(named("is no path in production or on main"))
        }
    }
}

/// A lookup's failure as a script must hear it: with the key that it gave, and the way out.
fn named(name: RungName, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Usage {
        return failure;
    }
    let key = name.evidence_key();
    Failure::usage(format!("{key}: {failure}"))
        .hint(format!("--set {key}={OWED}    # if you have it only later: it is then owed before closing"))
}
