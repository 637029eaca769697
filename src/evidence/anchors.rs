//! Anchors: which event was the ledger's newest when a tag or a commit was made, kept where the ledger's rewriter can't reach.

use crate::domain::identity::ObjectId;
use crate::failure::Failure;
use crate::git::repository::Repository;

/// The trailer's key.
pub const KEY: &str = "Hotfix-Ledger";

/// One anchor as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The tag, or the commit's short id.
    pub place: String,
    /// The ledger's commit; none where the trailer can't be read.
    pub tip: Option<ObjectId>,
    /// How many commits the ledger had.
    pub count: Option<usize>,
}

/// The trailer that anchors a ledger at `tip`, which has `count` commits.
pub fn trailer(tip: ObjectId, count: usize) -> String {
    format!("{KEY}: {tip} {count}")
}

/// Every anchor in a tag's message, and in the messages along the first-parent line of `main`.
///
/// Exit 4 where an object is missing; at the edge of a shallow clone the line just ends.
pub fn anchors(repository: &Repository, main: Option<ObjectId>) -> Result<Vec<Anchor>, Failure> {
    let mut found = Vec::new();
    for (tag, message) in repository.tag_messages()? {
        found.extend(read(&message).map(|(tip, count)| Anchor { place: tag.clone(), tip, count }));
    }
    let mut next = main;
    while let Some(commit) = next {
        let message = repository.message(commit)?;
        found.extend(read(&message.text).map(|(tip, count)| Anchor { place: commit.short(), tip, count }));
        next = repository.step(commit)?.parent;
    }
    Ok(found)
}

fn read(message: &str) -> impl Iterator<Item = (Option<ObjectId>, Option<usize>)> {
    let values = message.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(KEY).then_some(value)
    });
    values.map(|value| {
        let mut words = value.split_whitespace();
        let tip = words.next().and_then(|word| word.parse().ok());
        (tip, words.next().and_then(|word| word.parse().ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_is_read_as_it_is_written() {
        let tip = ObjectId::from_bytes([7; 20]);
        let message = format!("v1.5.0\n\nThe release.\n\nSigned-off-by: Ada\n{}\n", trailer(tip, 42));
        assert_eq!(read(&message).collect::<Vec<_>>(), [(Some(tip), Some(42))]);
        // One that can't be read is not one that is not there.
        assert_eq!(read("x\n\nhotfix-ledger: none").collect::<Vec<_>>(), [(None, None)]);
        assert_eq!(read("See Hotfix-Ledger in the manual").count(), 0);
    }
}
