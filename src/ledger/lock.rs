//! Waiting for one's turn, and saying who stands in the way.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::domain::identity::{Moment, ObjectId};
use crate::domain::text::counted;
use crate::failure::Failure;
use crate::git::refs::Swap;
use crate::git::repository::Repository;
use crate::process::Deadline;

use super::refs::SHARED;

/// Somebody else stands in the way, and will not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Who, and since when.
    pub why: String,
    /// What to type to find out or to end it.
    pub hint: String,
}

impl Blocked {
    /// The failure of what can't go on.
    pub fn failure(self) -> Failure {
        Failure::undecided(format!("{}; nothing was recorded", self.why)).hint(self.hint)
    }
}

/// What came of an attempt to move a ref.
pub(super) enum Turn {
    /// It was moved.
    Done,
    /// It was not, and may be with the next try.
    Again,
    /// It was not, and there is no hope.
    Blocked(Blocked),
}

/// A lock that the kernel releases when its holder ends, in whatever way.
///
/// Its file says which ref its holder is about to move, and where to. What a holder that was killed has left there tells the
/// next one that the ref's own lock file is nobody's any more.
pub(super) struct Lock {
    file: File,
    /// Lines of `REF ID`: what holders that were killed were about to do.
    left_behind: Vec<String>,
}

impl Lock {
    /// Takes the lock of that name in `directory`, which is made if it is missing; or says who holds it.
    pub(super) fn take(
        directory: &Path,
        name: &str,
        patience: &mut Patience,
    ) -> Result<Result<Self, Blocked>, Failure> {
        let path = directory.join(name);
        let failed = |error| not_writable(&path, error);
        std::fs::create_dir_all(directory).map_err(failed)?;
        let mut file =
            File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // Some network file systems have no locks; the compare-and-swap of the ref still guards the ledger.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if patience.pause() => {}
                Err(TryLockError::WouldBlock) => {
                    let waited = counted(patience.length.as_secs(), "second");
                    let why = format!("another hotfix has been at work on the ledger for {waited}");
                    let hint = format!("fuser -v {}    # shows which program it is", path.display());
                    return Ok(Err(Blocked { why, hint }));
                }
            }
        }
        let mut notes = Vec::new();
        (&mut file).take(4096).read_to_end(&mut notes).map_err(failed)?;
        let left_behind = String::from_utf8_lossy(&notes).lines().map(str::to_owned).collect();
        Ok(Ok(Self { file, left_behind }))
    }

    /// Moves a ref, having said so. Where it was not moved, waits before the next try.
    pub(super) fn swap(
        &mut self,
        repository: &Repository,
        (name, from, to): (&str, Option<ObjectId>, ObjectId),
        patience: &mut Patience,
    ) -> Result<Turn, Failure> {
        let lock = repository.ref_lock(name);
        self.say(&format!("{name} {to}")).map_err(|error| not_writable(&lock, error))?;
        let swap = repository.swap_ref(name, from, to)?;
        if swap != Swap::Locked {
            self.left_behind.retain(|note| !note.starts_with(&format!("{name} ")));
        }
        self.unsay().map_err(|error| not_writable(&lock, error))?;
        match swap {
            Swap::Done => return Ok(Turn::Done),
            Swap::Moved => patience.in_the_way = None,
            Swap::Locked => {
                let made = std::fs::metadata(&lock).and_then(|data| data.modified()).ok();
                if patience.has_met(&lock, made) {
                    if self.left(name, &lock) {
                        std::fs::remove_file(&lock).map_err(|error| not_writable(&lock, error))?;
                        patience.in_the_way = None;
                        return Ok(Turn::Again);
                    }
                    if patience.age(made).is_some_and(|age| age > LEFT_BEHIND) {
                        return Ok(Turn::Blocked(patience.explain(&lock, made)));
                    }
                }
            }
        }
        Ok(if patience.pause() { Turn::Again } else { Turn::Blocked(patience.over(swap)) })
    }

    /// Notes that the remote has all that `to` stands on: what does not contain it later has forgotten something.
    pub(super) fn note_shared(
        &mut self,
        repository: &Repository,
        (from, to): (Option<ObjectId>, ObjectId),
        patience: &mut Patience,
    ) -> Result<Result<(), Blocked>, Failure> {
        while repository.direct_ref(SHARED)? == from {
            match self.swap(repository, (SHARED, from, to), patience)? {
                Turn::Done => break,
                Turn::Again => {}
                Turn::Blocked(blocked) => return Ok(Err(blocked)),
            }
        }
        Ok(Ok(()))
    }

    /// Whether the ref's lock file is what an earlier holder of this lock had begun to write when it was killed.
    fn left(&self, name: &str, lock: &Path) -> bool {
        let content = std::fs::read_to_string(lock).ok();
        let begun =
            |note: &String| Some(note.strip_prefix(name)?.strip_prefix(' ')?.starts_with(content.as_ref()?.trim_end()));
        self.left_behind.iter().filter_map(begun).any(|begun| begun)
    }

    /// Writes down what this holder is about to do. A note is only added, so that a kill in the midst of it loses none that
    /// an earlier holder left.
    fn say(&mut self, note: &str) -> std::io::Result<()> {
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(format!("{note}\n").as_bytes())
    }

    /// Takes back all that this holder said, and keeps what others left behind. A kill is all that may leave a note: it must
    /// never speak of a lock that somebody else holds.
    fn unsay(&mut self) -> std::io::Result<()> {
        let notes: String = self.left_behind.iter().flat_map(|note| [note.as_str(), "\n"]).collect();
        // Cut after it was written: what a kill leaves in between is too much, and says only what was true a moment before.
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(notes.as_bytes())?;
        self.file.set_len(notes.len() as u64)
    }
}

pub(super) fn not_writable(path: &Path, error: std::io::Error) -> Failure {
    Failure::because(format!("failed to write {}, so that nothing can be recorded", path.display()), error)
        .hint("make the repository writable, or run this in a clone that is")
}

/// How long to go on trying.
pub(super) struct Patience {
    length: Duration,
    deadline: Deadline,
    tries: u32,
    now: Moment,
    /// The lock file that was in the way, when it was made, and until when that may be somebody at work.
    in_the_way: Option<(PathBuf, Option<SystemTime>, Deadline)>,
}

/// A lock that stays the very same for this long is no program's that is at work.
const GRACE: Duration = Duration::from_millis(250);

/// A ref's lock is held for milliseconds: one that is older than this was left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

impl Patience {
    pub(super) fn new(length: Duration, now: Moment) -> Self {
        Self { length, deadline: Deadline::after(length), tries: 0, now, in_the_way: None }
    }

    /// Waits a random while, longer with every try; false once the time is over.
    pub(super) fn pause(&mut self) -> bool {
        let left = self.deadline.left();
        self.tries += 1;
        let longest = Duration::from_millis(2 << self.tries.min(5));
        let part = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        std::thread::sleep(longest.mul_f64(part).min(left));
        !left.is_zero()
    }

    /// Whether this very lock file has been in the way for so long that nobody can be at work on it.
    fn has_met(&mut self, lock: &Path, made: Option<SystemTime>) -> bool {
        match &self.in_the_way {
            Some((path, before, until)) if path == lock && *before == made => until.left().is_zero(),
            _ => {
                self.in_the_way = Some((lock.to_owned(), made, Deadline::after(GRACE.min(self.length / 20))));
                false
            }
        }
    }

    fn over(&self, swap: Swap) -> Blocked {
        match (swap, &self.in_the_way) {
            (Swap::Locked, Some((path, made, _))) => self.explain(path, *made),
            _ => Blocked {
                why: format!(
                    "others changed the ledger again and again for {}",
                    counted(self.length.as_secs(), "second")
                ),
                hint: "hotfix log    # shows who; then run the same command again".to_owned(),
            },
        }
    }

    fn age(&self, made: Option<SystemTime>) -> Option<Duration> {
        SystemTime::from(self.now).duration_since(made?).ok()
    }

    fn explain(&self, lock: &Path, made: Option<SystemTime>) -> Blocked {
        let age = match self.age(made).map(|age| age.as_secs()) {
            None => "a moment".to_owned(),
            Some(seconds @ 0..120) => counted(seconds, "second"),
            Some(seconds @ 120..7200) => counted(seconds / 60, "minute"),
            Some(seconds) => counted(seconds / 3600, "hour"),
        };
        let lock = lock.display();
        Blocked {
            why: format!("{lock} has been there for {age}: a git command is at work, or was killed and left it behind"),
            hint: format!("rm '{lock}'    # only if no git command runs in this repository"),
        }
    }
}
