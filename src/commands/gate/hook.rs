//! What git tells its hooks: which refs move, from where to where.

use std::ffi::OsString;

use super::ledger;
use super::question::{Question, Update};
use crate::domain::identity::ObjectId;
use crate::failure::Failure;
use crate::ledger::refs::RemoteRefs;
use crate::session::Session;

/// The hooks of git that can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Hook {
    /// On the server, once for all refs of a push, before any of it is taken in
    PreReceive,
    /// On the server, once for each ref
    Update,
    /// In a clone, before anything is sent
    PrePush,
}

const PRE_RECEIVE: &str = include_str!("pre_receive_hook.sh");
const PRE_PUSH: &str = include_str!("pre_push_hook.sh");
const UPDATE: &str = include_str!("../update_hook.sh");

impl Hook {
    /// The script, ready to be put into `hooks`.
    pub(super) fn script(self, session: &Session) -> Result<String, Failure> {
        Ok(match self {
            Self::PreReceive => PRE_RECEIVE.to_owned(),
            Self::PrePush => PRE_PUSH.to_owned(),
            Self::Update => update_script(
                &RemoteRefs::of(session.repository()?)?,
                "exec hotfix gate --hook update \"$ref\" \"$old\" \"$new\"",
            ),
        })
    }

    /// The refs that move, as git tells them on the hook's command line and on its standard input.
    pub(super) fn questions(self, arguments: &[OsString], session: &Session) -> Result<Vec<Question>, Failure> {
        let updates = match self {
            Self::Update => vec![by_arguments(arguments)?],
            Self::PreReceive => lines(&session.input()?).into_iter().map(received).collect::<Result<_, _>>()?,
            Self::PrePush if goes_elsewhere(arguments, session)? => Vec::new(),
            Self::PrePush => {
                let mut updates = Vec::new();
                for words in lines(&session.input()?) {
                    let update = sent(words)?;
                    // What the ledger's own push may do, the server says, and `hotfix sync` knows.
                    if ledger::part(session.repository()?, &update.reference)?.is_none() {
                        updates.push(update);
                    }
                }
                updates
            }
        };
        Ok(updates.into_iter().map(Question::Update).collect())
    }
}

/// The update hook that keeps the ledger from being rewritten, and then does what `then` says.
pub fn update_script(refs: &RemoteRefs, then: &str) -> String {
    UPDATE.replace("@LEDGER@", &refs.ledger).replace("@TEXT@", &refs.text).replace("@THEN@", then)
}

/// Whether a push goes to another remote than the one that the team shares: a fork is nobody's production.
fn goes_elsewhere(arguments: &[OsString], session: &Session) -> Result<bool, Failure> {
    let repository = session.repository()?;
    let Some(named) = arguments.first().and_then(|name| name.to_str()) else { return Ok(false) };
    let is_remote = repository.remotes()?.iter().any(|remote| remote == named);
    Ok(is_remote && repository.default_remote()?.is_some_and(|shared| shared != named))
}

fn by_arguments(arguments: &[OsString]) -> Result<Update, Failure> {
    match arguments {
        [reference, old, new] => update(reference.as_encoded_bytes(), old.as_encoded_bytes(), new.as_encoded_bytes()),
        _ => Err(Failure::usage(format!("git gives its update hook three arguments, not {}", arguments.len()))
            .hint("hotfix gate --hook update REF OLD NEW")),
    }
}

/// The lines of the input, each in its words; a name may hold whatever git lets a ref be called, and no blank.
fn lines(input: &[u8]) -> Vec<Vec<&[u8]>> {
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| line.split(|byte| *byte == b' ').collect()).collect()
}

fn received(words: Vec<&[u8]>) -> Result<Update, Failure> {
    match words[..] {
        [old, new, reference] => update(reference, old, new),
        _ => Err(malformed("OLD NEW REF")),
    }
}

fn sent(words: Vec<&[u8]>) -> Result<Update, Failure> {
    match words[..] {
        [_, new, reference, old] => update(reference, old, new),
        _ => Err(malformed("LOCAL-REF NEW REF OLD")),
    }
}

fn update(reference: &[u8], old: &[u8], new: &[u8]) -> Result<Update, Failure> {
    let id = |word: &[u8]| -> Result<Option<ObjectId>, Failure> {
        let id = std::str::from_utf8(word).ok().and_then(|word| word.parse::<ObjectId>().ok());
        id.map(|id| (id != ObjectId::ZERO).then_some(id)).ok_or_else(|| malformed("ids of 40 digits"))
    };
    Ok(Update { reference: reference.to_vec(), old: id(old)?, new: id(new)?, proposed: false, told_after: false })
}

fn malformed(wanted: &str) -> Failure {
    Failure::usage(format!("this is not what git gives to that hook: {wanted}"))
        .hint("hotfix gate --print-hook pre-receive    # prints a hook that is ready to use")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_read_and_nothing_else() {
        let (one, zero) = ("1".repeat(40), "0".repeat(40));
        let text = format!("{zero} {one} refs/heads/a\n{one} {zero} refs/heads/b\n");
        let read: Vec<_> = lines(text.as_bytes()).into_iter().map(received).collect();
        let read: Vec<Update> = read.into_iter().collect::<Result<_, _>>().expect("updates");
        assert_eq!((read[0].old, read[0].new.is_some(), read[0].shown()), (None, true, "refs/heads/a".to_owned()));
        assert_eq!((read[1].old.is_some(), read[1].new), (true, None));
        let pushed = format!("refs/heads/x {one} refs/heads/y {zero}");
        let pushed = sent(lines(pushed.as_bytes()).remove(0)).expect("an update");
        assert_eq!((pushed.shown(), pushed.old), ("refs/heads/y".to_owned(), None));
        for bad in ["x", "a b c", &format!("{one} {one}"), &format!("{one} {one} a b c")] {
            assert!(received(lines(bad.as_bytes()).remove(0)).is_err(), "{bad}");
        }
        assert!(by_arguments(&[]).is_err());
        // A name that is not UTF-8 stays what it is.
        let raw = [one.as_bytes(), b" ", one.as_bytes(), b" refs/heads/release/\xff"].concat();
        assert!(received(lines(&raw).remove(0)).expect("an update").reference.ends_with(b"\xff"));
    }
}
