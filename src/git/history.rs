//! Reading commits and walking from one to another.

use std::collections::HashSet;

use crate::domain::identity::{ObjectId, Person};
use crate::failure::Failure;

use super::commits::person;
use super::objects::Kind;
use super::repository::Repository;
use super::{to_id, to_oid};

/// A commit's place in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The commit.
    pub id: ObjectId,
    /// Its root tree.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970 by the committer's clock: it orders walks, and proves nothing.
    pub time: i64,
}

/// What people wrote into a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The commit.
    pub id: ObjectId,
    /// Who wrote the change.
    pub author: Person,
    /// When they wrote it, in seconds since 1970 by their clock; a pick or a rebase keeps it.
    pub author_time: i64,
    /// Who made the commit.
    pub committer: Person,
    /// The whole message; what is not UTF-8 is replaced.
    pub text: String,
}

impl Message {
    /// The first line.
    pub fn summary(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Whether it names one of these commits by its whole id.
    pub fn names_any(&self, commits: &[ObjectId]) -> bool {
        commits.iter().any(|commit| self.text.contains(&commit.to_string()))
    }

    /// Everyone who wrote it: the author, the committer and every co-author that a trailer names.
    pub fn people(&self) -> Vec<Person> {
        let co_author = |line: &str| {
            let (key, value) = line.split_once(':')?;
            let (name, email) = value.trim().strip_suffix('>')?.split_once('<')?;
            let person = Person { name: name.trim().to_owned(), email: email.trim().to_owned() };
            key.trim().eq_ignore_ascii_case("co-authored-by").then_some(person)
        };
        let mut people = vec![self.author.clone(), self.committer.clone()];
        people.extend(self.text.lines().filter_map(co_author));
        let mut seen = HashSet::new();
        people.retain(|person| seen.insert(person.email.to_ascii_lowercase()));
        people
    }
}

impl Repository {
    /// A commit's place in the graph. Exit 4 where it is not here.
    pub fn node(&self, id: ObjectId) -> Result<Node, Failure> {
        let object = self.object(id, Kind::Commit)?;
        parse(id, &object).ok_or_else(|| {
            Failure::undecided(format!("commit {id} can't be read")).hint("git fsck    # shows what is wrong")
        })
    }

    /// What people wrote into a commit. Exit 4 where it is not here.
    pub fn message(&self, id: ObjectId) -> Result<Message, Failure> {
        let object = self.object(id, Kind::Commit)?;
        match parse_message(id, &object) {
            Some(message) => Ok(message),
            // What other programs wrote otherwise than git does.
            None => self.message_as_libgit2_reads_it(id),
        }
    }

    fn message_as_libgit2_reads_it(&self, id: ObjectId) -> Result<Message, Failure> {
        let commit = self.inner.find_commit(to_oid(id)).map_err(|error| self.lacking(id, error))?;
        let (author, committer) = (commit.author(), commit.committer());
        Ok(Message {
            id,
            author: person(&author),
            author_time: author.when().seconds(),
            committer: person(&committer),
            text: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
        })
    }

    /// Those of the `wanted` commits that `tip` neither is nor stands on. Exit 4 where one that it stands on is missing.
    pub fn not_below(&self, tip: ObjectId, mut wanted: HashSet<ObjectId>) -> Result<HashSet<ObjectId>, Failure> {
        let mut walk = || {
            let mut walk = self.inner.revwalk()?;
            walk.push(to_oid(tip))?;
            for id in walk {
                wanted.remove(&to_id(id?));
                if wanted.is_empty() {
                    break;
                }
            }
            Ok(())
        };
        walk().map_err(|error| self.lacking(tip, error))?;
        Ok(wanted)
    }

    /// Whether a name is a branch here: local, fetched, or a pull request's ref.
    pub fn names_branch(&self, name: &str) -> bool {
        if name.parse::<ObjectId>().is_ok() {
            return false;
        }
        let reference = self.inner.resolve_reference_from_short_name(name);
        let full = reference.ok().and_then(|reference| reference.name().ok().map(str::to_owned));
        full.is_some_and(|full| {
            ["refs/heads/", "refs/remotes/", "refs/pull/"].iter().any(|kind| full.starts_with(kind))
        })
    }

    /// The commits that `tip` has and none of `hidden` has, oldest first (parents before children).
    pub fn commits_between(&self, hidden: &[ObjectId], tip: ObjectId) -> Result<Vec<ObjectId>, Failure> {
        let walk = || {
            let mut walk = self.inner.revwalk()?;
            walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)?;
            walk.push(to_oid(tip))?;
            hidden.iter().try_for_each(|id| walk.hide(to_oid(*id)))?;
            walk.map(|id| id.map(to_id)).collect::<Result<Vec<_>, git2::Error>>()
        };
        walk().map_err(|error| self.lacking(tip, error))
    }

    /// Why an object could not be read, and what to do about it (exit 4).
    pub(in crate::git) fn lacking(&self, id: ObjectId, error: git2::Error) -> Failure {
        let hint = if self.inner.is_shallow() {
            "git fetch --unshallow    # the history is cut off here"
        } else if self.config("remote.origin.promisor").is_some() || self.config("extensions.partialclone").is_some() {
            "git clone (without --filter) into a new directory    # objects are left out of this clone"
        } else {
            "git fsck    # an object is missing or broken"
        };
        Failure::because(format!("failed to read {}", id.short()), error).hint(hint)
    }
}

/// Reads what people wrote into a raw commit, as libgit2 does; none where it is not as git writes it.
fn parse_message(id: ObjectId, data: &[u8]) -> Option<Message> {
    let end = memchr::memmem::find(data, b"\n\n")?;
    let mut lines = data[..end].split(|byte| *byte == b'\n').skip_while(|line| !line.starts_with(b"author "));
    let (author, author_time) = signature(lines.next()?.strip_prefix(b"author ")?)?;
    let (committer, _) = signature(lines.next()?.strip_prefix(b"committer ")?)?;
    let text = &data[end + 2..];
    let text = &text[text.iter().take_while(|byte| **byte == b'\n').count()..];
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    Some(Message { id, author, author_time, committer, text: String::from_utf8_lossy(text).into_owned() })
}

/// Reads `NAME <EMAIL> SECONDS OFFSET`, without what libgit2 takes for dirt around the name and the address.
fn signature(line: &[u8]) -> Option<(Person, i64)> {
    let (start, end) = (memchr::memrchr(b'<', line)?, memchr::memrchr(b'>', line)?);
    let is_dirt = |byte: &u8| *byte <= 32 || b",:;<>\"\\'".contains(byte);
    let clean = |bytes: &[u8]| {
        let first = bytes.iter().position(|byte| !is_dirt(byte)).unwrap_or(bytes.len());
        let last = bytes.iter().rposition(|byte| !is_dirt(byte)).map_or(first, |last| last + 1);
        String::from_utf8_lossy(&bytes[first..last]).into_owned()
    };
    let seconds = std::str::from_utf8(line.get(end + 2..)?).ok()?.split(' ').next()?.parse().ok()?;
    Some((Person { name: clean(&line[..start]), email: clean(line.get(start + 1..end)?) }, seconds))
}

/// Reads the head of a raw commit.
fn parse(id: ObjectId, data: &[u8]) -> Option<Node> {
    let mut tree = None;
    let mut parents = Vec::with_capacity(1);
    for line in data.split(|byte| *byte == b'\n') {
        if let Some(hex) = line.strip_prefix(b"tree ") {
            tree = Some(std::str::from_utf8(hex).ok()?.parse().ok()?);
        } else if let Some(hex) = line.strip_prefix(b"parent ") {
            parents.push(std::str::from_utf8(hex).ok()?.parse().ok()?);
        } else if let Some(person) = line.strip_prefix(b"committer ") {
            let tail = &person[person.iter().rposition(|byte| *byte == b'>')? + 1..];
            let seconds = std::str::from_utf8(tail).ok()?.split_whitespace().next();
            let time = seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
            return Some(Node { id, tree: tree?, parents, time });
        } else if line.is_empty() {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_libgit2_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        git2::Repository::init_bare(directory.path()).unwrap();
        let repository = Repository::discover(directory.path()).unwrap();
        let head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
        let bodies: [&[u8]; 9] = [
            b"author Ada <ada@example.com> 1700000000 +0100\ncommitter Bo <bo@example.com> 1700000001 -0030\n\nA\n\nB\n",
            b"author  \"Ada, \xc3\xa9 <x> o' . <ada@example.com > 17 +0100\ncommitter : <bo> 1 +0000\n\n\n\nA",
            b"author Ada <ada@a> 5 +0100\nauthor Cy <cy@a> 6 +0100\ncommitter Bo <bo@b> 1 +0000\n\nA\0B\n",
            b"author Ada <ada@a> 5 +0100\ncommitter Bo <bo@b> 1 +0000\nencoding x\ngpgsig a\n b\n \n c\n\nA\xff\n",
            b"author Ada <ada@a>\ncommitter Bo <bo@b> 1 +0000\n\nA\n",
            b"author Ada <ada@a> 5\ncommitter Bo <bo@b> -7 +0000\n\nA\n",
            b"author <> 5 +0000\ncommitter <@> 1 +0000\n\n",
            b"author Ada <ada@a> 5 +0100\ncommitter Bo <bo@b> 1 +0000\n",
            b"author Ada ada@a 5 +0100\ncommitter Bo <bo@b> 1 +0000\n\nA\n",
        ];
        for body in bodies {
            let odb = repository.inner.odb().unwrap();
            let id = to_id(odb.write(git2::ObjectType::Commit, &[head.as_bytes(), body].concat()).unwrap());
            let libgit2 = repository.message_as_libgit2_reads_it(id).ok();
            assert_eq!(repository.message(id).ok(), libgit2, "{}", String::from_utf8_lossy(body));
        }
    }
}
