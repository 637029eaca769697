//! Who is in which role today, and what the fix is by its content.

use globset::GlobSet;

use crate::domain::case::Content;
use crate::domain::digest::{FileChange, FixDigest, SideContent};
use crate::domain::event::{Change, Side};
use crate::domain::identity::ObjectId;
use crate::domain::policy::Policy;
use crate::domain::policy::people::Role;
use crate::domain::roles::{Roles, code_owners};
use crate::domain::scope::{self, ScopeGlobs};
use crate::failure::Failure;
use crate::git::objects::Kind;
use crate::git::repository::Repository;

use super::globs::Globs;
use super::policy_files;
use super::trusted_ref::trusted_ref;

/// The policy and the files of the trusted ref as they are now: people come and go while an incident keeps its rules.
pub struct Today {
    tip: ObjectId,
    policy: Option<Policy>,
}

impl Today {
    /// Reads the trusted ref. Exit 4 where there is none.
    ///
    /// Of several versions the newest that can be read counts: a slip in the policy must neither stop people who are in the
    /// middle of an incident nor take their roles away.
    pub fn read(repository: &Repository, pinned: Option<&str>) -> Result<Self, Failure> {
        let trusted = trusted_ref(repository, pinned)?;
        Ok(Self { tip: trusted.tip, policy: policy_files::newest_readable(repository, &trusted)? })
    }

    /// Who is in which role: as today's policy says; of a role that it does not declare any more, as the incident's policy says.
    ///
    /// A file of members that is not there names nobody, and refusals say that nobody is in the role.
    pub fn roles(&self, repository: &Repository, policy: &Policy, changes: &[Change]) -> Result<Roles, Failure> {
        let now = self.policy.as_ref().map_or(&[][..], |policy| &policy.roles);
        let gone = policy.roles.iter().filter(|old| now.iter().all(|role| role.name != old.name));
        let mut roles = Roles::default();
        for role in now.iter().chain(gone) {
            role.members.iter().for_each(|member| roles.add(&role.name, member));
            for member in self.members_from(repository, role, changes)? {
                roles.add(&role.name, &member);
            }
        }
        Ok(roles)
    }

    fn members_from(&self, repository: &Repository, role: &Role, changes: &[Change]) -> Result<Vec<String>, Failure> {
        let Some(path) = &role.members_from else { return Ok(Vec::new()) };
        let read = |blob| repository.objects()?.read(blob, Kind::Blob);
        let bytes = repository.object_at(self.tip, path)?.map(read).transpose()?.flatten();
        let bytes = bytes.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        if path.rsplit('/').next() == Some("CODEOWNERS") {
            let sides = changes.iter().flat_map(|change| [&change.before, &change.after]).flatten();
            return Ok(code_owners(&text, sides.map(|side| side.path.as_bytes())).into_iter().collect());
        }
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }
}

/// What a fix is by its content. Exit 4 where a blob is missing.
pub fn content(repository: &Repository, changes: &[Change], policy: &Policy) -> Result<Content, Failure> {
    let changes = with_contents(repository, changes)?;
    let set = |globs: Option<&Vec<String>>| -> Result<GlobSet, Failure> {
        Ok(Globs::new(globs.map_or(&[][..], Vec::as_slice))?.into_set())
    };
    let limits = policy.scope.as_ref();
    let globs = ScopeGlobs {
        not_counted: set(limits.map(|limits| &limits.not_counted))?,
        forbidden: set(limits.map(|limits| &limits.forbidden))?,
    };
    Ok(Content { digest: FixDigest::of(&changes), scope: scope::measure(&changes, &globs) })
}

/// The digest of a net change. Exit 4 where a blob is missing.
pub fn digest(repository: &Repository, changes: &[Change]) -> Result<FixDigest, Failure> {
    Ok(FixDigest::of(&with_contents(repository, changes)?))
}

fn with_contents(repository: &Repository, changes: &[Change]) -> Result<Vec<FileChange>, Failure> {
    let side = |side: &Option<Side>| side.as_ref().map(|side| with_bytes(repository, side)).transpose();
    let change = |change: &Change| Ok(FileChange { before: side(&change.before)?, after: side(&change.after)? });
    changes.iter().map(change).collect()
}

fn with_bytes(repository: &Repository, side: &Side) -> Result<SideContent, Failure> {
    // A submodule's commit lives in another repository.
    let bytes = if side.mode == "160000" { None } else { Some(repository.blob(side.id)?.to_vec()) };
    Ok(SideContent { path: side.path.clone(), mode: side.mode.clone(), id: side.id, bytes })
}
