//! Waiting for one's turn, and saying who stands in the way.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::domain::identity::Moment;
use crate::failure::Failure;
use crate::git::refs::Swap;
use crate::process::Deadline;

/// A lock that the kernel releases when its holder ends, in whatever way.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock in `directory`, which is made if it is missing.
    pub(super) fn take(directory: &Path, patience: &mut Patience) -> Result<Self, Failure> {
        let path = directory.join("ledger.lock");
        let failed = |error| {
            Failure::because(format!("failed to write {}, so that nothing can be recorded", path.display()), error)
                .hint("make the repository writable, or run this in a clone that is")
        };
        std::fs::create_dir_all(directory).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // Some network file systems have no locks; the compare-and-swap of the ref still guards the ledger.
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if patience.pause() => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::undecided(format!(
                        "another hotfix has been writing to the ledger for {} seconds; nothing was recorded",
                        patience.length.as_secs()
                    ))
                    .hint(format!("fuser -v {}    # shows which program it is", path.display())));
                }
            }
        }
    }
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

/// A ref's lock is held for milliseconds: one that is older than this was left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

impl Patience {
    pub(super) fn new(length: Duration, now: Moment) -> Self {
        Self { length, deadline: Deadline::after(length), tries: 0, now, in_the_way: None }
    }

    /// Waits a random while, longer with every try; false once the time is over.
    fn pause(&mut self) -> bool {
        let left = self.deadline.left();
        self.tries += 1;
        let longest = Duration::from_millis(2 << self.tries.min(5));
        let part = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        std::thread::sleep(longest.mul_f64(part).min(left));
        !left.is_zero()
    }

    /// Whether the swap was done; where not, waits before the next try. Exit 4 once there is no hope.
    pub(super) fn after(&mut self, swap: Swap, lock: &Path) -> Result<bool, Failure> {
        match swap {
            Swap::Done => return Ok(true),
            Swap::Moved => self.in_the_way = None,
            Swap::Locked => {
                let made = std::fs::metadata(lock).and_then(|data| data.modified()).ok();
                match &self.in_the_way {
                    Some((path, before, until)) if path == lock && *before == made => {
                        if until.left().is_zero() && self.age(made).is_some_and(|age| age > LEFT_BEHIND) {
                            return Err(self.explain(lock, made));
                        }
                    }
                    _ => self.in_the_way = Some((lock.to_owned(), made, Deadline::after(self.length / 20))),
                }
            }
        }
        if self.pause() {
            return Ok(false);
        }
        Err(match (swap, &self.in_the_way) {
            (Swap::Locked, Some((path, made, _))) => self.explain(path, *made),
            _ => Failure::undecided(format!(
                "others changed the ledger again and again for {} seconds; nothing was recorded",
                self.length.as_secs()
            ))
            .hint("run the same command again"),
        })
    }

    fn age(&self, made: Option<SystemTime>) -> Option<Duration> {
        SystemTime::from(self.now).duration_since(made?).ok()
    }

    fn explain(&self, lock: &Path, made: Option<SystemTime>) -> Failure {
        let age = match self.age(made).map(|age| age.as_secs()) {
            None => "a moment".to_owned(),
            Some(seconds @ 0..120) => format!("{seconds} seconds"),
            Some(seconds @ 120..7200) => format!("{} minutes", seconds / 60),
            Some(seconds) => format!("{} hours", seconds / 3600),
        };
        Failure::undecided(format!(
            "{} has been there for {age}: a git command is at work, or was killed and left it behind; nothing was recorded",
            lock.display()
        ))
        .hint(format!("rm '{}'    # only if no git command runs in this repository", lock.display()))
    }
}
