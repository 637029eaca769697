//! The policy that governs an incident: the newest on the trusted ref that is older than the fire.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use crate::document::Problems;
use crate::domain::event::{PolicyPin, PolicySource};
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::Policy;
use crate::domain::policy::changes::{Change, Direction, changes};
use crate::failure::Failure;
use crate::git::objects::Kind;
use crate::git::repository::Repository;

use super::policy_files::{Kept, PATH, broken, built_in, read_blob};
use super::trusted_ref::{TrustedRef, trusted_ref};

/// How many older commits are asked whether one of them is younger than the incident.
///
/// Whoever backdates a commit to smuggle a policy in puts it onto commits with true dates; those that matter are close by.
const LOOK_BACK: usize = 32;

/// A policy with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    /// The policy.
    pub policy: Policy,
    /// What the record keeps of it.
    pub pin: PolicyPin,
    /// Where it was read from, for a person.
    pub origin: String,
    /// What a person must know about the choice, each a sentence.
    pub notes: Vec<String>,
}

/// How long before its opening an incident may have started for the policy of that moment to govern it. Who could name any
/// moment would choose among all versions that ever were.
const LONGEST_START: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// The policy that governs what starts at `at`; `pinned` is the ref that the ledger's root names, if it does.
///
/// It is the newest version on the trusted ref's first-parent history that was committed no later than `at` and that is
/// effective by then; without one the built-in policy, with this repository's main branch. Exit 4 where that policy is broken.
pub fn policy_in_force(repository: &Repository, at: Moment, pinned: Option<&str>) -> Result<InForce, Failure> {
    Ok(with_work_tree_note(repository, Versions::new(repository, pinned)?.in_force(at)?))
}

/// The policy that governs an incident which started at `started` and is opened at `opened`: [`Versions::governing`].
pub fn governing(
    repository: &Repository,
    (started, opened): (Moment, Moment),
    pinned: Option<&str>,
) -> Result<InForce, Failure> {
    Ok(with_work_tree_note(repository, Versions::new(repository, pinned)?.governing(started, opened)?))
}

/// The versions of the policy on the trusted ref; what was read of it is kept.
pub struct Versions<'r> {
    repository: &'r Repository,
    trusted: TrustedRef,
    /// The first-parent history as far as it was walked, the newest first: each commit with its time, in Unix seconds.
    line: RefCell<Vec<(ObjectId, i64)>>,
    /// By blob, and by commit where the policy stands on another file of the same commit.
    read: RefCell<HashMap<(ObjectId, Option<ObjectId>), Kept>>,
    built_in: OnceCell<Policy>,
}

impl<'r> Versions<'r> {
    /// Those on the ref that `pinned`, the configuration or the remote names. Exit 4 where there is none.
    pub fn new(repository: &'r Repository, pinned: Option<&str>) -> Result<Self, Failure> {
        let trusted = trusted_ref(repository, pinned)?;
        Ok(Self { repository, trusted, line: RefCell::default(), read: RefCell::default(), built_in: OnceCell::new() })
    }

    /// The ref that they stand on.
    pub fn trusted(&self) -> &TrustedRef {
        &self.trusted
    }

    /// The policy of an incident which started at `started` and is opened at `opened`.
    ///
    /// It is that of the start, so that nobody loosens a rule for a fire that burns; of a start more than a day back, that of a
    /// day back. What came to the trusted ref since then governs all the same if nothing in it is looser.
    pub fn governing(&self, started: Moment, opened: Moment) -> Result<InForce, Failure> {
        let then = self.at_opening(started, opened)?;
        // One that can't be read governs nothing yet; it must not stand in the way while production is down.
        let Ok(mut now) = self.in_force(opened) else { return Ok(then) };
        let loosens = |change: &Change| change.direction == Direction::Loosens;
        if now.pin == then.pin || changes(&then.policy, &now.policy).iter().any(loosens) {
            return Ok(then);
        }
        now.notes.push(format!(
            "The policy was changed after the incident started, and nothing in it is looser, so version {} governs.",
            now.policy.version
        ));
        Ok(now)
    }

    /// The same without what came since the incident started.
    pub fn at_opening(&self, started: Moment, opened: Moment) -> Result<InForce, Failure> {
        self.in_force(started.max(opened - LONGEST_START))
    }

    /// The policy of what starts at `at`.
    pub fn in_force(&self, at: Moment) -> Result<InForce, Failure> {
        let (repository, trusted) = (self.repository, &self.trusted);
        let mut notes: Vec<String> = trusted.note.iter().filter(|_| !trusted.is_obvious).cloned().collect();
        let told = notes.len();
        let governing = self.governing_commit(at, &mut notes)?;
        let found = match governing {
            Some(commit) => self.effective(commit, at, &mut notes)?,
            None => None,
        };
        Ok(match found {
            Some((policy, source)) => {
                let pin =
                    PolicyPin { name: policy.name.clone(), version: policy.version, source: Some(source), main: None };
                let newest = repository.object_at(trusted.tip, PATH)?;
                if pin.source.as_ref().is_some_and(|source| newest != Some(source.blob)) && notes.len() == told {
                    notes.push(format!(
                        "The policy on {} was changed after the incident started, so version {} governs.",
                        trusted.name, policy.version
                    ));
                }
                let origin = format!("{PATH} on {}, at commit {}", trusted.name, pin_commit(&pin));
                InForce { policy, pin, origin, notes }
            }
            None => {
                let tip_has_one = repository.object_at(trusted.tip, PATH)?.is_some();
                notes.push(match (tip_has_one, governing) {
                    (true, _) => {
                        format!(
                            "The policy came to {} after the incident started, so it does not govern it.",
                            trusted.name
                        )
                    }
                    (false, _) => format!(
                        "No policy ({PATH}) is on {}, so the built-in one serves; `hotfix init` writes one.",
                        trusted.name
                    ),
                });
                let policy = self.built_in()?;
                let main = Some(policy.branches.main.clone());
                let pin = PolicyPin { name: policy.name.clone(), version: policy.version, source: None, main };
                InForce { policy, pin, origin: "built in".to_owned(), notes }
            }
        })
    }

    /// Whether a version is, or was, on the trusted ref: by its commit, or by its content where the history was rewritten.
    pub fn hold(&self, source: &PolicySource) -> Result<bool, Failure> {
        if self.stand_on(source)? {
            return self.is_at(source.commit, source);
        }
        Ok(self.by_content(source)?.is_some())
    }

    /// Whether the trusted ref holds the very commit that a version names.
    pub fn stand_on(&self, source: &PolicySource) -> Result<bool, Failure> {
        self.repository.contains_known(self.trusted.tip, source.commit)
    }

    /// When a version came to the trusted ref, in Unix seconds; none where it never did. A rewritten history has new dates of
    /// commits, and still the authors' own.
    pub fn came(&self, source: &PolicySource) -> Result<Option<i64>, Failure> {
        if self.stand_on(source)? {
            return Ok(Some(self.repository.step(source.commit)?.seconds));
        }
        let Some(mut place) = self.by_content(source)? else { return Ok(None) };
        let mut oldest = place;
        while let Some((commit, _)) = self.on_line(place)? {
            if self.is_at(commit, source)? {
                oldest = place;
            }
            place += 1;
        }
        let Some((commit, seconds)) = self.on_line(oldest)? else { return Ok(None) };
        Ok(Some(seconds.min(self.repository.message(commit)?.author_time)))
    }

    /// The place of the newest commit on the line that has a version.
    fn by_content(&self, source: &PolicySource) -> Result<Option<usize>, Failure> {
        let mut place = 0;
        while let Some((commit, _)) = self.on_line(place)? {
            if self.is_at(commit, source)? {
                return Ok(Some(place));
            }
            place += 1;
        }
        Ok(None)
    }

    /// Whether a commit has that very version: the same text, on the same text that it extends.
    pub fn is_at(&self, commit: ObjectId, source: &PolicySource) -> Result<bool, Failure> {
        if self.repository.object_at(commit, PATH)? != Some(source.blob) {
            return Ok(false);
        }
        Ok(self.read(commit, source.blob)?.is_ok_and(|(_, kept)| kept == source.texts()))
    }

    /// The commit at that place of the line; none behind its end.
    fn on_line(&self, at: usize) -> Result<Option<(ObjectId, i64)>, Failure> {
        let mut line = self.line.borrow_mut();
        while line.len() <= at {
            let next = match line.last() {
                None => Some(self.trusted.tip),
                Some((commit, _)) => self.repository.step(*commit)?.parent,
            };
            let Some(next) = next else { return Ok(None) };
            line.push((next, self.repository.step(next)?.seconds));
        }
        Ok(Some(line[at]))
    }

    /// The newest commit on the first-parent history that is no younger than `at`; none if all are.
    fn governing_commit(&self, at: Moment, notes: &mut Vec<String>) -> Result<Option<ObjectId>, Failure> {
        let (mut newest, mut chosen, mut behind, mut place) = (None, None, 0, 0);
        while let Some((id, seconds)) = self.on_line(place)? {
            place += 1;
            if seconds > at.timestamp() {
                (chosen, behind) = (None, 0);
            } else {
                newest = newest.or(Some(id));
                chosen = chosen.or(Some(id));
                behind += 1;
                if behind > LOOK_BACK {
                    break;
                }
            }
        }
        if chosen.is_none() && self.repository.is_shallow() {
            let message =
                format!("{} is cut off before the incident started, so its policy is unknown", self.trusted.name);
            return Err(Failure::undecided(message).hint("git fetch --unshallow"));
        }
        if newest != chosen {
            let policy_at =
                |commit: Option<ObjectId>| commit.map_or(Ok(None), |commit| self.repository.object_at(commit, PATH));
            if policy_at(newest)? != policy_at(chosen)? {
                notes.push(format!(
                    "The dates on {} contradict its order: commits said to be older than the incident stand on younger ones; the policy below all of those is used.",
                    self.trusted.name
                ));
            }
        }
        Ok(chosen)
    }

    /// From a commit backwards, the first policy that is effective at `at`; none where there is no policy.
    ///
    /// A version that can't be read governs nobody once the trusted ref is mended: it would bar an incident for ever that
    /// started in the meantime, and one that was opened before it came but bears a later date.
    fn effective(
        &self,
        from: ObjectId,
        at: Moment,
        notes: &mut Vec<String>,
    ) -> Result<Option<(Policy, PolicySource)>, Failure> {
        let mut commit = from;
        loop {
            let Some(blob) = self.repository.object_at(commit, PATH)? else { return Ok(None) };
            match self.read(commit, blob)? {
                Ok((policy, kept)) => match policy.effective {
                    Some(day) if day > at.date_naive() => {
                        notes.push(format!("Version {} of the policy takes effect on {day} only.", policy.version));
                    }
                    _ => return Ok(Some((policy, PolicySource { commit, blob, kept }))),
                },
                Err(_) if self.is_mended()? => notes.push(format!(
                    "The policy as it stood at commit {} can't be used, so the one before it governs.",
                    commit.short()
                )),
                Err(problems) => return Err(broken(&self.place(commit), problems)),
            }
            // Back to the commit before this version: only here may the walk be long.
            loop {
                let Some(parent) = self.repository.step(commit)?.parent else { return Ok(None) };
                commit = parent;
                if self.repository.object_at(commit, PATH)? != Some(blob) {
                    break;
                }
            }
        }
    }

    /// Whether what is on the trusted ref now can be read.
    fn is_mended(&self) -> Result<bool, Failure> {
        let newest = self.repository.object_at(self.trusted.tip, PATH)?;
        newest.map_or(Ok(true), |blob| Ok(self.read(self.trusted.tip, blob)?.is_ok()))
    }

    fn read(&self, commit: ObjectId, blob: ObjectId) -> Result<Result<Kept, Problems>, Failure> {
        let mut read = self.read.borrow_mut();
        if let Some(known) = read.get(&(blob, None)).or_else(|| read.get(&(blob, Some(commit)))) {
            return Ok(Ok(known.clone()));
        }
        Ok(read_blob(self.repository, (commit, blob), &self.place(commit))?.inspect(|kept| {
            let stands_alone = kept.1.len() == 1;
            read.insert((blob, (!stands_alone).then_some(commit)), kept.clone());
        }))
    }

    fn place(&self, commit: ObjectId) -> String {
        format!("{}, commit {}", self.trusted.name, commit.short())
    }

    fn built_in(&self) -> Result<Policy, Failure> {
        if let Some(known) = self.built_in.get() {
            return Ok(known.clone());
        }
        let policy = built_in(self.repository)?;
        Ok(self.built_in.get_or_init(|| policy).clone())
    }
}

fn pin_commit(pin: &PolicyPin) -> String {
    pin.source.as_ref().map(|source| source.commit.short()).unwrap_or_default()
}

/// Says that a policy in the work tree is not the one that counts.
fn with_work_tree_note(repository: &Repository, mut in_force: InForce) -> InForce {
    let Some(root) = repository.work_tree() else { return in_force };
    let Ok(written) = std::fs::read(root.join(PATH)) else { return in_force };
    let blob = |source: &PolicySource| repository.objects().ok()?.read(source.blob, Kind::Blob).ok()?;
    let governing = in_force.pin.source.as_ref().and_then(blob);
    // A checkout may write other line ends than the blob has.
    let plain = |bytes: &[u8]| bytes.iter().copied().filter(|&byte| byte != b'\r').collect::<Vec<u8>>();
    if governing.is_none_or(|governing| plain(&governing) != plain(&written)) {
        in_force.notes.push(format!("The {PATH} in the work tree is not the policy in force, and is ignored."));
    }
    in_force
}
