//! An event as the bytes of a git commit, and back: one form only, so that what is signed is what is read.
//!
//! The message is `hotfix: KIND INCIDENT`, a blank line, the event as canonical JSON (RFC 8785; keys in ASCII, integers only)
//! and a line feed. Author and committer are the actor at the event's time. Reading writes what it read and compares, so that
//! nothing is accepted that this program would not have written.

use std::borrow::Cow;

use serde::de::DeserializeSeed;
use serde_json::Value;
use smallvec::SmallVec;

use crate::domain::event::{Event, FORMAT, Payload};
use crate::domain::form::OfKind;
use crate::domain::identity::{IncidentId, Moment, ObjectId, Person, harmless};
use crate::domain::record::{Content, ParentIds, Unreadable};
use crate::git::objects::EMPTY_TREE;

use super::canonical::{self, NotCanonical};
use super::text;

/// The largest commit that is read or written, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// The message of a commit that joins two histories.
pub const JOIN: &str = "hotfix: join\n";

/// Who joins: nobody. A join says nothing, so it bears no name and no signature.
const JOINER: &str = "hotfix <join@hotfix.invalid>";

/// Why an event can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// It has no canonical form.
    #[error("the event can't be written: {0}")]
    NotCanonical(#[from] NotCanonical),
    /// It is too large.
    #[error("the event has {0} bytes; the largest allowed is {LARGEST}")]
    TooLarge(usize),
    /// It would be read as something else.
    #[error("the event would be read back differently")]
    NotTheSame,
}

/// The commit message that holds `event`.
///
/// It is read back before it is returned: what can't be read must not be recorded.
pub fn encode(event: &Event) -> Result<String, EncodeError> {
    let message = written(event, USUAL)?;
    if message.len() > LARGEST {
        return Err(EncodeError::TooLarge(message.len()));
    }
    match decode(&message) {
        Ok(read) if read == *event => String::from_utf8(message).map_err(|_| EncodeError::NotTheSame),
        Ok(_) | Err(_) => Err(EncodeError::NotTheSame),
    }
}

/// The same of an event that was read: nobody has to see whether it can be.
pub(super) fn encode_again(event: &Event) -> Result<Vec<u8>, EncodeError> {
    written(event, USUAL)
}

/// Most events take less, in bytes.
const USUAL: usize = 1_024;

fn written(event: &Event, room: usize) -> Result<Vec<u8>, EncodeError> {
    let mut message = Vec::with_capacity(room);
    message.extend_from_slice(SUBJECT.as_bytes());
    message.extend_from_slice(event.payload.kind().as_bytes());
    if let Some(incident) = &event.incident {
        message.push(b' ');
        message.extend_from_slice(incident.as_str().as_bytes());
    }
    message.extend_from_slice(b"\n\n");
    canonical::write(event, &mut message)?;
    message.push(b'\n');
    Ok(message)
}

/// What a subject begins with; the kind follows, and the incident if there is one.
const SUBJECT: &str = "hotfix: ";

/// The event in a commit message.
pub fn decode(message: &[u8]) -> Result<Event, Unreadable> {
    decode_at_once(message).map_or_else(|| decode_with_care(message), Ok)
}

/// The event in a message that is as it should be; none where it takes more to tell.
///
/// The subject says beforehand of which kind it is. Whether it says so rightly, and all else, shows when the event is written
/// again: what is not what this program would write is not taken here.
fn decode_at_once(message: &[u8]) -> Option<Event> {
    let text = std::str::from_utf8(message).ok().filter(|text| text.len() <= LARGEST)?;
    let (first, json) = text.split_once("\n\n")?;
    let kind = first.strip_prefix(SUBJECT)?.split(' ').next()?;
    let mut reader = serde_json::Deserializer::from_str(json);
    let event = OfKind(kind).deserialize(&mut reader).ok()?;
    // What is put into order on the way takes its room twice.
    let again = written(&event, 2 * message.len()).ok()?;
    (event.format == FORMAT && again == message && check_names(&event).is_ok()).then_some(event)
}

/// The event in a commit message, or why it can't be read.
fn decode_with_care(message: &[u8]) -> Result<Event, Unreadable> {
    let malformed = |reason: &str| Unreadable::malformed(harmless(reason));
    if message.len() > LARGEST {
        return Err(malformed(&format!("it has {} bytes; the largest allowed is {LARGEST}", message.len())));
    }
    let message = std::str::from_utf8(message).map_err(|_| malformed("it is not UTF-8"))?;
    let parts = message.split_once("\n\n").and_then(|(first, json)| Some((first, json.strip_suffix('\n')?)));
    let Some((first, json)) = parts else { return Err(malformed("it is not a subject, a blank line and an event")) };
    match serde_json::from_str::<Event>(json) {
        Ok(event) if event.format == FORMAT => match written(&event, USUAL) {
            Ok(again) if again == message.as_bytes() => check_names(&event).map_err(malformed).map(|()| event),
            Ok(_) => Err(malformed("it is not in the one canonical form")),
            Err(error) => Err(malformed(&error.to_string())),
        },
        Ok(_) => Err(newer(first, json).unwrap_or_else(|| malformed("its format is not known"))),
        Err(error) => Err(newer(first, json).unwrap_or_else(|| malformed(&error.to_string()))),
    }
}

/// Ids, hashes and the names of texts must have their own shape: they become parts of paths.
fn check_names(event: &Event) -> Result<(), &'static str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_right = |(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { is_digit(byte) };
    let is_uuid = |text: &str| text.len() == 36 && text.bytes().enumerate().all(is_right);
    let is_hash = |text: &str| text.len() == 64 && text.bytes().all(is_digit);
    if !is_uuid(&event.id) || !is_uuid(&event.ledger) {
        return Err("its id, or that of its ledger, is not a UUID");
    }
    if !event.texts.iter().all(|(name, hash)| text::is_name(name) && is_hash(hash)) {
        return Err("it names a text in a way that this program does not");
    }
    Ok(())
}

/// What can be told of an event that a newer version wrote; none if nothing says that one did.
fn newer(first: &str, json: &str) -> Option<Unreadable> {
    let value: Value = serde_json::from_str(json).ok()?;
    let format = u32::try_from(value.get("format")?.as_u64()?).ok()?;
    let kind = value.get("kind")?.as_str()?;
    if format < FORMAT || (format == FORMAT && Payload::KINDS.contains(&kind)) {
        return None;
    }
    let mut again = Vec::with_capacity(json.len());
    canonical::write(&value, &mut again).ok()?;
    let incident = value.get("incident").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let subject = incident.as_ref().map_or_else(String::new, |incident: &IncidentId| format!(" {incident}"));
    if again != json.as_bytes() || first != format!("{SUBJECT}{kind}{subject}") {
        return None;
    }
    let kind = harmless(kind).chars().take(64).collect();
    Some(Unreadable::Newer { format, kind, incident })
}

/// A commit of the ledger, before its tree's content is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The tree.
    pub tree: ObjectId,
    /// The parents.
    pub parents: ParentIds,
    /// What it holds.
    pub content: Content,
}

/// The bytes of the commit that holds `event`.
pub fn event_commit(event: &Event, tree: ObjectId, parent: Option<ObjectId>) -> Result<Vec<u8>, EncodeError> {
    let message = encode(event)?;
    let bytes = commit(tree, parent.as_slice(), &event.actor, event.at, &message);
    if bytes.len() > LARGEST { Err(EncodeError::TooLarge(bytes.len())) } else { Ok(bytes) }
}

/// The bytes of a commit.
pub fn commit(tree: ObjectId, parents: &[ObjectId], who: &Person, at: Moment, message: &str) -> Vec<u8> {
    bytes(tree, parents, &signature(who, at), message)
}

fn bytes(tree: ObjectId, parents: &[ObjectId], who: &str, message: &str) -> Vec<u8> {
    let mut text = format!("tree {tree}\n");
    for parent in parents {
        text.push_str(&format!("parent {parent}\n"));
    }
    text.push_str(&format!("author {who}\ncommitter {who}\n\n{message}"));
    text.into_bytes()
}

/// The bytes of a commit that joins two histories, at a time in seconds since 1970: that of the later parent, so that the join of
/// the same two is the same commit wherever it is made.
pub fn join(parents: [ObjectId; 2], seconds: i64) -> Vec<u8> {
    by_nobody(EMPTY_TREE, &parents, seconds, JOIN)
}

/// The bytes of a commit that is nobody's word.
pub(super) fn by_nobody(tree: ObjectId, parents: &[ObjectId], seconds: i64, message: &str) -> Vec<u8> {
    bytes(tree, parents, &format!("{JOINER} {seconds} +0000"), message)
}

/// The committer's time in a commit, in seconds since 1970; 0 where there is none.
pub fn seconds(commit: &[u8]) -> i64 {
    let end = memchr::memmem::find(commit, b"\n\n").unwrap_or(commit.len());
    let headers = String::from_utf8_lossy(&commit[..end]);
    let line = headers.lines().find_map(|line| line.strip_prefix("committer "));
    line.and_then(|line| line.rsplit(' ').nth(1)?.parse().ok()).unwrap_or(0)
}

/// A person as git writes them in a commit. Git's format has no escapes, so what would break it is left out.
pub(super) fn as_git_writes(who: &Person) -> Person {
    Person { name: clean(&who.name).into_owned(), email: clean(&who.email).into_owned() }
}

/// A text in which nothing can break the format.
fn clean(text: &str) -> Cow<'_, str> {
    let shown = harmless(text);
    let shown = if shown.contains(['<', '>']) { shown.replace(['<', '>'], "").into() } else { shown };
    match shown {
        Cow::Borrowed(text) => trimmed(text).into(),
        Cow::Owned(text) => trimmed(&text).to_owned().into(),
    }
}

fn trimmed(text: &str) -> &str {
    let kept = text.trim_matches([' ', '.', ',', ':', ';', '"', '\'', '\\']);
    if kept.is_empty() { "unknown" } else { kept }
}

/// A person and a moment as git writes them in a commit.
fn signature(who: &Person, at: Moment) -> String {
    // Git counts from 1970 and knows whole minutes.
    let (seconds, minutes) = (at.timestamp().max(0), at.offset().local_minus_utc() / 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    let (name, email) = (clean(&who.name), clean(&who.email));
    format!("{name} <{email}> {seconds} {sign}{hours:02}{minutes:02}")
}

/// The parents of a commit. An `Err` says why they can't be told.
pub(super) fn parents(bytes: &[u8]) -> Result<ParentIds, &'static str> {
    let mut lines = bytes.split(|&byte| byte == b'\n').skip(1);
    let parent =
        |line: &[u8]| Some(std::str::from_utf8(line.strip_prefix(b"parent ")?).ok().and_then(|id| id.parse().ok()));
    std::iter::from_fn(|| lines.next().and_then(parent)).map(|id| id.ok_or("a commit with a broken id")).collect()
}

/// Reads a commit of the ledger. An `Err` says why its parents can't even be told.
pub fn parse(bytes: &[u8]) -> Result<Parsed, &'static str> {
    let end = memchr::memmem::find(bytes, b"\n\n").ok_or("a commit without an end of its headers")?;
    let (headers, message) = (&bytes[..end], &bytes[end + 2..]);
    let headers = String::from_utf8_lossy(headers);
    let mut lines = headers.split('\n').peekable();
    let id = |line: &str| line.parse::<ObjectId>().map_err(|_| "a commit with a broken id");
    let tree = id(lines.next().and_then(|line| line.strip_prefix("tree ")).ok_or("a commit without a tree")?)?;
    let mut parents = ParentIds::new();
    while let Some(parent) = lines.peek().and_then(|line| line.strip_prefix("parent ")) {
        parents.push(id(parent)?);
        lines.next();
    }
    let rest: SmallVec<[&str; 2]> = lines.collect();
    let content = if bytes.len() > LARGEST {
        let reason = format!("it has {} bytes; the largest allowed is {LARGEST}", bytes.len());
        Content::Event(Err(Unreadable::malformed(reason)))
    } else {
        content(parents.len(), &rest, message)
    };
    Ok(Parsed { tree, parents, content })
}

fn content(parents: usize, headers: &[&str], message: &[u8]) -> Content {
    let malformed = |reason: &str| Content::Event(Err(Unreadable::malformed(reason)));
    let [author, committer, rest @ ..] = headers else { return malformed("its commit names no author and committer") };
    if !rest.is_empty() && !is_signature(rest) {
        return malformed("its commit has headers that this program does not write");
    }
    match (parents, message == JOIN.as_bytes()) {
        (2, true) if is_join(author, committer, rest) => return Content::Join,
        (2, true) => return malformed("a join bears nobody's name and no signature"),
        (2, false) => return malformed("a commit that joins two histories must carry nothing"),
        (0 | 1, false) => {}
        (0 | 1, true) => return malformed("a join has two parents"),
        (_, _) => return malformed("a commit of the ledger has at most two parents"),
    }
    let event = match decode(message) {
        Ok(event) => event,
        Err(unreadable) => return Content::Event(Err(unreadable)),
    };
    let who = signature(&event.actor, event.at);
    if author.strip_prefix("author ") != Some(&who) || committer.strip_prefix("committer ") != Some(&who) {
        return malformed("its commit was made by somebody else, or at another time, than the event says");
    }
    Content::Event(Ok(Box::new(event)))
}

fn is_join(author: &str, committer: &str, rest: &[&str]) -> bool {
    let who = author.strip_prefix("author ");
    let when = who.and_then(|who| who.strip_prefix(JOINER)?.strip_prefix(' ')?.strip_suffix(" +0000"));
    when.is_some_and(|when| when.parse::<u64>().is_ok())
        && committer.strip_prefix("committer ") == who
        && rest.is_empty()
}

/// Git's own signature header, and nothing beside it.
fn is_signature(headers: &[&str]) -> bool {
    matches!(headers, [first, rest @ ..] if first.starts_with("gpgsig ") && rest.iter().all(|line| line.starts_with(' ')))
}

#[cfg(test)]
mod tests;
