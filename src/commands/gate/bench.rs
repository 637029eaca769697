//! Everything that the questions are decided on, read once, and only what they need.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::question::{Question, fetch_command};
use crate::commands::book::{self, Book};
use crate::commands::desk::Desk;
use crate::domain::event::PolicyPin;
use crate::domain::identity::ObjectId;
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::evidence::globs::Globs;
use crate::evidence::policy_in_force::policy_in_force;
use crate::evidence::shipped::{self, Release};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::ledger::store::Ledger;
use crate::process::Deadline;
use crate::session::Session;

/// Where the gate works.
pub(super) struct Bench<'s> {
    pub(super) session: &'s Session,
    pub(super) repository: &'s Repository,
    /// The policy in force now: which refs are releases, and what main is.
    pub(super) policy: Policy,
    pub(super) deadline: Deadline,
    questions: &'s [Question],
    book: OnceCell<Book<'s>>,
    releases: OnceCell<Vec<Release>>,
    notes: RefCell<Vec<String>>,
}

impl<'s> Bench<'s> {
    /// A bench with the policy alone. Exit 4 where that can't be read.
    pub(super) fn new(session: &'s Session, questions: &'s [Question], deadline: Deadline) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let pinned = book::pinned(&Ledger::open(repository)?)?;
        let in_force = policy_in_force(repository, session.now(), pinned.as_deref())?;
        Ok(Self {
            session,
            repository,
            policy: in_force.policy,
            deadline,
            questions,
            book: OnceCell::new(),
            releases: OnceCell::new(),
            notes: RefCell::new(in_force.notes),
        })
    }

    /// What a person must know beside the answers.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.borrow().clone()
    }

    /// Exit 4 where history is cut off: what is not here can't be asked.
    pub(super) fn whole(&self) -> Result<(), Failure> {
        if self.repository.is_shallow() {
            return Err(Failure::undecided("this checkout is shallow, so it can't be told what is on which branch")
                .hint(fetch_command(self.repository)?));
        }
        Ok(())
    }

    /// The ledger. Exit 4 where it was never fetched, or an event can't be read: it may be the one that forbids.
    pub(super) fn book(&self) -> Result<&Book<'s>, Failure> {
        if let Some(book) = self.book.get() {
            return Ok(book);
        }
        let book = Book::open_for_recording(self.session)?;
        book.is_known(&fetch_command(self.repository)?)?;
        book.all_readable()?;
        Ok(self.book.get_or_init(|| book))
    }

    pub(super) fn desk(&self) -> Result<Desk<'_, 's>, Failure> {
        Desk::new(self.session, self.book()?)
    }

    /// The full releases that are here.
    pub(super) fn releases(&self) -> Result<&[Release], Failure> {
        if let Some(releases) = self.releases.get() {
            return Ok(releases);
        }
        let read = shipped::releases(self.repository, &self.policy)?;
        Ok(self.releases.get_or_init(|| read))
    }

    /// Main as everybody has it, or as it will be after this very push; none where it is not here.
    pub(super) fn main(&self) -> Result<Option<ObjectId>, Failure> {
        let Some(branch) = self.repository.shared_branch(&self.policy.branches.main)? else { return Ok(None) };
        let tip = self.repository.tip(&branch)?;
        let full = format!("refs/heads/{}", self.policy.branches.main);
        for new in self.pushed(full.as_bytes()) {
            if self.repository.contains(new, tip)? {
                return Ok(Some(new));
            }
        }
        Ok(Some(tip))
    }

    /// Main, which must be here. Exit 4 where it is not.
    pub(super) fn needed_main(&self) -> Result<ObjectId, Failure> {
        let name = &self.policy.branches.main;
        let lacks = || -> Result<Failure, Failure> {
            Ok(Failure::undecided(format!("there is no branch {name} here, which the policy names as main"))
                .hint(fetch_command(self.repository)?))
        };
        match self.main()? {
            Some(main) => Ok(main),
            None => Err(lacks()?),
        }
    }

    /// What a ref is to become by this very push.
    fn pushed<'a>(&'a self, reference: &'a [u8]) -> impl Iterator<Item = ObjectId> + 'a {
        self.questions.iter().filter_map(move |question| match question {
            Question::Update(update) if update.reference == reference && !update.proposed => update.new,
            Question::Update(_) | Question::Release { .. } | Question::Drift => None,
        })
    }

    /// The release lines as everybody has them: the short name and the tip of each.
    pub(super) fn lines(&self) -> Result<Vec<(String, ObjectId)>, Failure> {
        let globs = Globs::new(&self.policy.branches.release_lines)?;
        let branches = self.repository.shared_branches()?.into_iter();
        branches
            .filter(|branch| branch.short != self.policy.branches.main && globs.match_any(branch.short.as_bytes()))
            .map(|branch| Ok((branch.short.clone(), self.repository.tip(&branch)?)))
            .collect()
    }

    /// The tips of the release lines as everybody has them, and those that this very push makes, but for the ref `but`.
    pub(super) fn line_tips(&self, but: &[u8]) -> Result<Vec<ObjectId>, Failure> {
        let is_this = |short: &str| but.strip_prefix(b"refs/heads/") == Some(short.as_bytes());
        let lines = self.lines()?.into_iter().filter(|(short, _)| !is_this(short));
        let mut tips: Vec<ObjectId> = lines.map(|(_, tip)| tip).collect();
        for question in self.questions {
            if let Question::Update(update) = question
                && update.reference != but
                && !update.proposed
                && matches!(shipped::ref_kind(&update.reference, &self.policy)?, shipped::RefKind::Line(_))
            {
                tips.extend(update.new);
            }
        }
        Ok(tips)
    }

    /// The policy that was in force when an incident started, as far as it is another than the one that it was opened under.
    pub(super) fn other_policy(&self, incident: &Incident) -> Result<Option<Rc<Policy>>, Failure> {
        let in_force = policy_in_force(self.repository, incident.started, self.book()?.trusted_ref())?;
        let blob = |pin: &PolicyPin| pin.source.as_ref().map(|source| source.blob);
        Ok((blob(&in_force.pin) != blob(&incident.policy)).then(|| Rc::new(in_force.policy)))
    }
}
