//! Everything that the questions are decided on, read once, and only what they need.

use std::cell::OnceCell;
use std::rc::Rc;

use super::hook::Hook;
use super::ledger;
use super::question::{Question, fetch_command};
use crate::commands::book::{self, Book};
use crate::commands::desk::Desk;
use crate::domain::identity::ObjectId;
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::evidence::globs::Globs;
use crate::evidence::policy_files::newest_readable;
use crate::evidence::policy_in_force::{governing, policy_in_force};
use crate::evidence::shipped::{self, LineName, Release};
use crate::evidence::trusted_ref::{SETTING, trusted_ref};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::ledger::refs::served;
use crate::ledger::store::Ledger;
use crate::process::Deadline;
use crate::session::Session;

/// Where the gate works.
pub(super) struct Bench<'s> {
    pub(super) session: &'s Session,
    pub(super) repository: &'s Repository,
    /// The policy in force now: which refs are releases, and what main is.
    pub(super) policy: Policy,
    /// Why that is only the newest one that can be read: it tells which refs are none of the gate's business, and opens nothing.
    broken: Option<Failure>,
    pub(super) deadline: Deadline,
    /// The hook that asks.
    pub(super) hook: Option<Hook>,
    questions: &'s [Question],
    pinned: Option<String>,
    book: OnceCell<Book<'s>>,
    releases: OnceCell<Vec<Release>>,
    notes: Vec<String>,
}

impl<'s> Bench<'s> {
    /// A bench with the policy alone. Exit 4 where that can't be read.
    ///
    /// It is the policy as it stands before this very push: nobody brings the gate that they stand at.
    pub(super) fn new(
        session: &'s Session,
        questions: &'s [Question],
        hook: Option<Hook>,
        deadline: Deadline,
    ) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let pinned = book::pinned(&Ledger::open(repository)?.seen_from(served(repository)?))?;
        let (policy, notes, broken) = match policy_in_force(repository, session.now(), pinned.as_deref()) {
            Ok(in_force) => (in_force.policy, in_force.notes, None),
            Err(failure) => match newest_readable(repository, &trusted_ref(repository, pinned.as_deref())?)? {
                Some(policy) => (policy, Vec::new(), Some(failure)),
                None => return Err(failure),
            },
        };
        Ok(Self {
            session,
            repository,
            policy,
            broken,
            deadline,
            hook,
            questions,
            pinned,
            book: OnceCell::new(),
            releases: OnceCell::new(),
            notes,
        })
    }

    /// What a person must know beside the answers.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// Exit 4 where the policy in force can't be read, or history is cut off: what is not here can't be asked.
    pub(super) fn can_decide(&self) -> Result<(), Failure> {
        if let Some(broken) = &self.broken {
            let failure = Failure::undecided(broken);
            let failure = broken.detail.iter().fold(failure, |failure, detail| failure.detail(detail));
            return Err(broken.hint.iter().fold(failure, |failure, hint| failure.hint(hint)));
        }
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
        let book = Book::seen_from(self.session, self.ledger_heads()?)?;
        book.is_known(&fetch_command(self.repository)?)?;
        book.all_readable()?;
        self.same_trust(&book)?;
        Ok(self.book.get_or_init(|| book))
    }

    /// The ledger's heads as they will be after this very push: what was recorded for it may come with it.
    fn ledger_heads(&self) -> Result<Vec<ObjectId>, Failure> {
        let mut heads = served(self.repository)?;
        for name in ledger::names(self.repository)? {
            heads.extend(self.pushed(name.as_bytes()));
        }
        heads.dedup();
        Ok(heads)
    }

    /// Exit 4 where the ledger says that policies are read from another ref than they were before, or than is set here:
    /// whoever begins a ledger could name a branch of their own.
    fn same_trust(&self, book: &Book<'_>) -> Result<(), Failure> {
        let says = book.trusted_ref();
        let set = self.repository.config(SETTING);
        if says == self.pinned.as_deref() && set.is_none_or(|set| says.is_none_or(|says| says == set)) {
            return Ok(());
        }
        let message = format!("the ledger says that policies are read from {}", says.unwrap_or("the default branch"));
        Err(Failure::undecided(format!("{message}, and that is not what is set or was said here before"))
            .hint("git config hotfix.trustedRef REF    # name the same; or push the ledger first, once you trust it"))
    }

    pub(super) fn desk(&self) -> Result<Desk<'_, 's>, Failure> {
        Desk::new(self.session, self.book()?)
    }

    /// The full releases that are here.
    pub(super) fn releases(&self) -> Result<&[Release], Failure> {
        if let Some(releases) = self.releases.get() {
            return Ok(releases);
        }
        let read = shipped::releases(self.repository, &self.policy.branches)?;
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
        let is_this = |line: &LineName| but.strip_prefix(b"refs/heads/") == Some(line.short.as_bytes());
        let lines = self.lines_after()?.into_iter().filter(|(line, _)| !is_this(line));
        Ok(lines.map(|(_, tip)| tip).collect())
    }

    /// The release lines as everybody has them, and as this very push makes them.
    pub(super) fn lines_after(&self) -> Result<Vec<(LineName, ObjectId)>, Failure> {
        let mut lines: Vec<_> = self.lines()?.into_iter().map(|(short, tip)| (LineName::new(short), tip)).collect();
        for question in self.questions {
            if let Question::Update(update) = question
                && !update.proposed
                && let shipped::RefKind::Line(line) = shipped::ref_kind(&update.reference, &self.policy)?
            {
                lines.extend(update.new.map(|new| (line, new)));
            }
        }
        Ok(lines)
    }

    /// The policies beside its own that an incident is held to by the trusted ref: the one that governs it, and the one that was
    /// in force when it was opened. Whoever says when it started would choose among those of a day.
    pub(super) fn other_policies(&self, incident: &Incident) -> Result<Vec<Rc<Policy>>, Failure> {
        let trusted_ref = self.book()?.trusted_ref();
        let times = (incident.started, incident.opened.at);
        let mut others = vec![governing(self.repository, times, trusted_ref)?];
        let at_opening = policy_in_force(self.repository, incident.opened.at, trusted_ref)?;
        if at_opening.pin.texts() != others[0].pin.texts() {
            others.push(at_opening);
        }
        others.retain(|other| other.pin.texts() != incident.policy.texts());
        Ok(others.into_iter().map(|other| Rc::new(other.policy)).collect())
    }
}
