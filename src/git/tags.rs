//! Tags.

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use super::{repository::Repository, to_id};

/// A tag, not yet followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The short name, without `refs/tags/`.
    pub name: String,
    target: git2::Oid,
}

/// Where a tag leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagTarget {
    /// To a commit.
    Commit(ObjectId),
    /// To a tree or a blob.
    NoCommit,
    /// To an object that this clone does not have (shallow, partial, broken).
    Absent,
}

impl Repository {
    /// Every tag whose name is UTF-8, in no particular order; nothing is followed, so that thousands cost little.
    ///
    /// A name that is not UTF-8 can't be read as a version nor typed as an argument: it is left out.
    pub fn tags(&self) -> Result<Vec<Tag>, Failure> {
        let failed = |error| Failure::because("failed to list the tags", error);
        let mut tags = Vec::new();
        for reference in self.inner.references_glob("refs/tags/*").map_err(failed)? {
            let reference = reference.map_err(failed)?;
            let name = reference.name().ok().and_then(|name| name.strip_prefix("refs/tags/"));
            // `packed-refs` tells what an annotated tag peels to: no object need be read for it.
            let target = reference.target_peel().or_else(|| reference.target());
            if let (Some(name), Some(target)) = (name, target) {
                tags.push(Tag { name: name.to_owned(), target });
            }
        }
        Ok(tags)
    }

    /// The tags that have a message, each by its short name with that message; bytes that are not UTF-8 are replaced.
    pub fn tag_messages(&self) -> Result<Vec<(String, String)>, Failure> {
        let failed = |error| Failure::because("failed to list the tags", error);
        let mut messages = Vec::new();
        for reference in self.inner.references_glob("refs/tags/*").map_err(failed)? {
            let reference = reference.map_err(failed)?;
            let name = reference.name_bytes().strip_prefix(b"refs/tags/").map(|name| String::from_utf8_lossy(name));
            // A tag without a message of its own leads straight to a commit.
            let tag = reference.target().and_then(|target| self.inner.find_tag(target).ok());
            if let (Some(name), Some(text)) = (name, tag.as_ref().and_then(git2::Tag::message_bytes)) {
                messages.push((name.into_owned(), String::from_utf8_lossy(text).into_owned()));
            }
        }
        Ok(messages)
    }

    /// Follows a tag to its commit, through annotated tags.
    pub fn tag_target(&self, tag: &Tag) -> Result<TagTarget, Failure> {
        let failed = |error| Failure::because(format!("failed to follow the tag {:?}", tag.name), error);
        let object = match self.inner.find_object(tag.target, None) {
            Ok(object) => object,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(TagTarget::Absent),
            Err(error) => return Err(failed(error)),
        };
        match object.peel(git2::ObjectType::Commit) {
            Ok(commit) => Ok(TagTarget::Commit(to_id(commit.id()))),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(TagTarget::Absent),
            Err(_) => Ok(TagTarget::NoCommit),
        }
    }
}
