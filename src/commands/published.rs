//! The release that was said to be deployed, against its tag as everybody has it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::deployed::hotfix_branch;
use super::line_fix;
use super::policies::Policies;
use super::proof;
use crate::domain::identity::ObjectId;
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::evidence::shipped;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::tags::TagTarget;
use crate::merge_back::target::Target;

/// A release tag that is another commit than the one that was recorded, and is not known to hold the fix.
pub struct Moved {
    /// What it is, in one line.
    pub message: String,
    /// Whether the fix is known not to be there; else the commit is not in this clone.
    pub lacks_fix: bool,
}

/// The tags as everybody has them: as the remote has them, without one as they are here. Why it can't be told, in one line.
pub fn tags(repository: &Repository, limit: Duration) -> Result<Result<BTreeMap<String, ObjectId>, String>, Failure> {
    if let Some(remote) = repository.default_remote()? {
        return Ok(repository.tags_of(&remote, limit).map_err(|not| format!("{remote}: {not}")));
    }
    let mut tags = BTreeMap::new();
    for tag in repository.tags()? {
        if let TagTarget::Commit(commit) = repository.tag_target(&tag)? {
            tags.insert(tag.name, commit);
        }
    }
    Ok(Ok(tags))
}

/// The release that was recorded last, where its tag is another commit by now that does not hold the fix. A tag that is nowhere
/// says nothing: what was recorded was looked at then. Exit 4 where an object is missing.
pub fn moved(
    repository: &Repository,
    incident: &Incident,
    tags: &BTreeMap<String, ObjectId>,
) -> Result<Option<Moved>, Failure> {
    let recorded = incident.deployed.last().and_then(|done| done.what.release.as_ref());
    let Some((recorded, now)) = recorded.and_then(|release| Some((release, *tags.get(&release.tag)?))) else {
        return Ok(None);
    };
    if now == recorded.commit {
        return Ok(None);
    }
    let story = format!(
        "{} is {} as everybody has it, and {} was said to be deployed",
        recorded.tag,
        now.short(),
        recorded.commit.short()
    );
    if !repository.has(now) {
        return Ok(Some(Moved { message: format!("{story}; it is not in this clone"), lacks_fix: false }));
    }
    let policy = Policies::new(repository).of(incident)?;
    let releases = shipped::releases(repository, &policy.branches)?;
    let never = || false;
    let target = Target::new(repository, now, &never);
    Ok(match line_fix::held(&target, incident, &releases, &proof::options(&policy)?)? {
        Some(Verdict::Merged) | None => None,
        Some(verdict) => {
            let message = format!("{story}; the fix is {} there", verdict.word());
            Some(Moved { message, lacks_fix: true })
        }
    })
}

impl Moved {
    /// The same as what stands in the way of closing.
    pub fn refusal(self, incident: &Incident) -> Refusal {
        let fetch = "git fetch --force --tags    # this clone has another tag than everybody".to_owned();
        if !self.lacks_fix {
            return Refusal::new(Code::NotVerified, self.message, fetch);
        }
        let next = vec![
            format!("git merge {}    # on the release line; then tag and deploy that", hotfix_branch(incident)),
            format!("hotfix deployed {} --release TAG    # the release that holds the fix", incident.id),
        ];
        Refusal { code: Code::ReleaseLacksFix, message: self.message, next }
    }
}
