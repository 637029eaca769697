//! What a person says about a target where git can't say it: this commit is the fix; the fix must not go there.

use std::collections::BTreeMap;

use super::book::Book;
use super::cause::too_early;
use super::confirming::{self, Against, Confirming};
use super::desk::close_command;
use super::outcome::Outcome;
use super::proof;
use crate::domain::event::{Confirmed, Payload, Waived, WaiverReason};
use crate::domain::identity::{IncidentId, ObjectId, Person};
use crate::domain::incident::Incident;
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::scope::listed;
use crate::evidence::globs::Globs;
use crate::evidence::targets::{self, Target};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::taken_out::TakenOut;
use crate::merge_back::target::Target as Aim;
use crate::session::Session;

/// What a person says.
#[derive(clap::Args)]
pub struct Settle {
    /// Say that COMMIT on a target is the fix, where git can't prove it; not by whoever made the fix
    #[arg(long, value_name = "COMMIT", requires = "reason", conflicts_with = "not_needed")]
    confirm: Option<String>,
    /// Say that the fix must not go to TARGET; it holds once a second person says the same
    #[arg(long, value_name = "TARGET", requires = "reason", requires = "evidence")]
    not_needed: Option<String>,
    /// Why: a sentence with --confirm; obsolete, superseded or release-only with --not-needed
    #[arg(long, value_name = "WHY")]
    reason: Option<String>,
    /// The commit on the target that shows why the fix must not go there
    #[arg(long, value_name = "COMMIT", requires = "not_needed")]
    evidence: Option<String>,
}

/// Records what a person says; none if nothing was said. `asked` says whether the targets are fresh: to say something about an
/// old main would be to say it about yesterday.
pub fn settle(
    args: &Settle,
    session: &Session,
    (book, asked): (&Book<'_>, &Result<Option<String>, String>),
    incident: &Incident,
    policy: &Policy,
) -> Result<Option<Outcome>, Failure> {
    let Some(reason) = &args.reason else { return Ok(None) };
    let repository = session.repository()?;
    if let Err(why) = asked {
        let (id, main) = (&incident.id, &policy.branches.main);
        let message = format!("{main} could not be fetched, so what you would say may be of yesterday: {why}");
        let next = vec!["git fetch --all".to_owned(), format!("hotfix verify {id}    # then say it again")];
        let refusal = Refusal { code: Code::MainNotFresh, message, next };
        return Ok(Some(Outcome::refused(id, [refusal])));
    }
    let Some(fix) = proof::subject(repository, incident)? else {
        return Err(Failure::usage("there is no fix that a target could hold or need"));
    };
    let targets = targets::targets(repository, policy, &proof::bases(incident, &fix))?;
    let authors = fix.authors(repository)?;
    let said = Said { session, book, incident, policy, fix: &fix, authors, targets: &targets };
    match (&args.confirm, &args.not_needed, &args.evidence) {
        (Some(commit), ..) => said.confirm(repository.commit(commit)?, reason).map(Some),
        (None, Some(target), Some(evidence)) => {
            said.waive(target, waiver_reason(reason)?, repository.commit(evidence)?).map(Some)
        }
        _ => Err(Failure::usage("--reason goes with --confirm or with --not-needed")),
    }
}

fn waiver_reason(text: &str) -> Result<WaiverReason, Failure> {
    let all = [WaiverReason::Obsolete, WaiverReason::Superseded, WaiverReason::ReleaseOnly];
    all.into_iter().find(|reason| reason.word() == text).ok_or_else(|| {
        Failure::usage(format!("{text:?} is no reason that a fix must not go to a target"))
            .hint("--reason obsolete, superseded or release-only")
    })
}

struct Said<'a> {
    session: &'a Session,
    book: &'a Book<'a>,
    incident: &'a Incident,
    policy: &'a Policy,
    fix: &'a Fix,
    authors: Vec<Person>,
    targets: &'a [Target],
}

impl Said<'_> {
    fn id(&self) -> &IncidentId {
        &self.incident.id
    }

    fn close_command(&self) -> String {
        close_command(self.session, self.book, self.incident)
    }

    fn confirm(&self, commit: ObjectId, reason: &str) -> Result<Outcome, Failure> {
        let repository = self.session.repository()?;
        let mut holding = Vec::new();
        for target in self.targets {
            if repository.contains(target.commit, commit)? {
                holding.push(target);
            }
        }
        if holding.is_empty() {
            let names: Vec<&str> = self.targets.iter().map(|target| target.branch.shown()).collect();
            return Err(Failure::usage(format!("{} is not on {}", commit.short(), names.join(" or ")))
                .hint("git fetch --all    # if it was merged just now"));
        }
        self.must_touch(repository, commit)?;
        if confirming::is_before(repository, self.incident, self.fix, commit)? {
            let next = format!("hotfix verify {}    # names the candidates", self.id());
            return Ok(Outcome::refused(self.id(), [proof::in_production_refusal(self.incident, commit, next)]));
        }
        let known = self.known_otherwise(&mut holding, commit)?;
        if !known.is_empty() {
            return Ok(Outcome::refused(self.id(), known));
        }
        let actor = self.session.actor()?;
        if !self.policy.merge_back.author_may_confirm && self.had_a_hand(&actor) {
            let refusal = Refusal::new(
                Code::AuthorMayNotConfirm,
                format!("you had a hand in this fix, {}", actor.name),
                format!("hotfix verify {} --confirm {} --reason WHY    # by somebody else", self.id(), commit.short()),
            );
            return Ok(Outcome::refused(self.id(), [refusal]));
        }
        let mut last = None;
        for target in &holding {
            let payload =
                Payload::Confirmed(Confirmed { target: target.branch.full.clone(), commit, at: target.commit });
            let texts = BTreeMap::from([("reason".to_owned(), reason.to_owned())]);
            last = Some(self.book.record(self.id(), payload, texts)?);
        }
        let names: Vec<&str> = holding.iter().map(|target| target.branch.shown()).collect();
        let message = format!("{} on {} is the fix, as you say", commit.short(), names.join(" and "));
        let outcome = match last {
            Some(event) => Outcome::recorded(self.id(), &event, message),
            None => Outcome::unchanged(self.id(), message),
        };
        let outcome = too_early(repository, self.incident, commit)?.into_iter().fold(outcome, Outcome::note);
        Ok(outcome.next(self.close_command()))
    }

    /// The targets of which git knows the answer, for a person settles only what is `unproven`; and those on which the lines of
    /// the fix were changed after the commit that is named, for whoever says that it is in effect has looked at that. A target
    /// that is proven to hold it keeps nobody from settling another one; only the others stay in the list.
    fn known_otherwise(&self, targets: &mut Vec<&Target>, commit: ObjectId) -> Result<Vec<Refusal>, Failure> {
        let (repository, never) = (self.session.repository()?, || false);
        let (mut known, mut proven, mut open) = (Vec::new(), Vec::new(), Vec::new());
        let options = proof::options(self.policy)?;
        for &target in targets.iter() {
            let asked = proof::on_target(repository, self.incident, self.policy, target)?;
            let Some((fix, report)) = asked else { continue };
            let (verdict, name, reference) = (report.verdict, target.branch.shown(), &target.branch.full);
            let aim = Aim::new(repository, target.commit, &never);
            let confirming =
                Confirming { incident: self.incident, fix: &fix, target: &aim, reference, options: &options };
            match (confirming.against(&report, commit)?, verdict) {
                (Some(Against::TakenOut(taken)), _) => known.push(self.taken_out(&taken, name, commit)),
                (Some(Against::Changed(by)), _) => known.push(self.changed_since(by, name, commit)),
                (None, Verdict::Unproven) => open.push(target),
                (None, Verdict::Merged) => proven.push(self.git_can_tell(verdict, name)),
                (None, _) => known.push(self.git_can_tell(verdict, name)),
            }
        }
        if open.is_empty() {
            known.extend(proven);
        }
        *targets = open;
        Ok(known)
    }

    /// The refusal of what git knows.
    fn git_can_tell(&self, verdict: Verdict, name: &str) -> Refusal {
        let message =
            format!("git can tell: the fix is {} on {name}; only `unproven` is for a person to settle", verdict.word());
        let next = if verdict == Verdict::Merged { self.close_command() } else { self.waiver(name) };
        Refusal::new(Code::NotMergedBack, message, next)
    }

    /// How two people say that the fix must not go to a target: what is left where nobody may confirm a commit.
    fn waiver(&self, name: &str) -> String {
        format!(
            "hotfix verify {} --not-needed {name} --reason superseded --evidence COMMIT    # if {name} does it otherwise; by two people",
            self.id()
        )
    }

    /// The refusal of a commit of which nothing is left on the target, and of one that did nothing but take such a one out: of
    /// those, too, that look like the fix, or that somebody confirmed as it before.
    fn taken_out(&self, taken_out: &[TakenOut], name: &str, commit: ObjectId) -> Refusal {
        let mut next = vec![format!("hotfix verify {}    # says how to bring the fix there", self.id())];
        let mut message = format!("nothing of {} is on {name} any more", commit.short());
        if let Some(taken) = taken_out.first() {
            let by: Vec<String> = taken.by.iter().map(|by| format!("{} ({})", by.commit.short(), by.summary)).collect();
            let what = format!("{} ({})", taken.commit.short(), taken.summary);
            message = format!("nothing of {what} is on {name} any more: {} took it out", listed(&by));
            // What took it out may have brought the fix in another way.
            let others = taken.by.iter().filter(|by| !taken_out.iter().any(|taken| taken.rules_out(by.commit)));
            next.extend(others.map(|by| self.confirmation(by.commit, "brought it in another way")));
        }
        next.push(self.waiver(name));
        Refusal { code: Code::NotMergedBack, message, next }
    }

    fn confirmation(&self, commit: ObjectId, when: &str) -> String {
        let commit = commit.short();
        format!("hotfix verify {} --confirm {commit} --reason WHY    # if {commit} {when}", self.id())
    }

    /// The refusal of a commit after which the lines that it brought, or those of the fix, were changed.
    fn changed_since(&self, by: ObjectId, name: &str, commit: ObjectId) -> Refusal {
        let (own, by) = (commit.short(), by.short());
        let message = format!("{by} touched the lines of the fix on {name} after {own}, so {own} shows nothing");
        let next = format!(
            "hotfix verify {} --confirm {by} --reason WHY    # if what that left there is still the fix",
            self.id()
        );
        Refusal { code: Code::MergeBackUnproven, message, next: vec![next, self.waiver(name)] }
    }

    fn waive(&self, target: &str, reason: WaiverReason, evidence: ObjectId) -> Result<Outcome, Failure> {
        let repository = self.session.repository()?;
        let named =
            |known: &&Target| [known.branch.full.as_str(), known.branch.shown(), &known.branch.short].contains(&target);
        let Some(target) = self.targets.iter().find(named) else {
            let names: Vec<&str> = self.targets.iter().map(|target| target.branch.shown()).collect();
            return Err(Failure::usage(format!("{target:?} is no target of this fix"))
                .hint(format!("its targets are: {}", names.join(", "))));
        };
        let name = target.branch.shown();
        if !repository.contains(target.commit, evidence)? {
            return Err(Failure::usage(format!("{} is not on {name}", evidence.short()))
                .hint("give a commit that is: the one that removed or replaced the code"));
        }
        self.must_touch(repository, evidence)?;
        self.must_be_release_only(reason)?;
        // What is there needs no word that it must not be; nor does anything from before the fix show that it is not needed.
        let asked = proof::on_target(repository, self.incident, self.policy, target)?;
        if asked.is_some_and(|(_, report)| report.verdict == Verdict::Merged) {
            return Ok(Outcome::refused(self.id(), [self.git_can_tell(Verdict::Merged, name)]));
        }
        if reason != WaiverReason::ReleaseOnly && confirming::is_before(repository, self.incident, self.fix, evidence)?
        {
            let next = self.waiver(name);
            return Ok(Outcome::refused(self.id(), [proof::in_production_refusal(self.incident, evidence, next)]));
        }
        let waived = Waived { target: target.branch.full.clone(), reason, evidence, at: target.commit };
        let actor = self.session.actor()?;
        let again =
            self.incident.waivers.iter().any(|said| said.what.says_the_same_as(&waived) && said.by.actor.is(&actor));
        if again {
            return Ok(Outcome::refused(self.id(), [self.second_person(name, &waived)]));
        }
        let recorded = self.book.record(self.id(), Payload::Waived(waived.clone()), BTreeMap::new())?;
        // Whether it holds is told from the record as it is now: somebody may have said the same meanwhile.
        let book = Book::open(self.session)?;
        let holding = book.incident(self.id())?.waiver(&waived.target);
        let holds = holding.is_some_and(|waiver| waiver.what.says_the_same_as(&waived));
        let message = if holds {
            format!("waived on {name}: {}", reason.word())
        } else {
            format!("you say that it need not go to {name}; it holds once somebody else says so too")
        };
        let outcome = Outcome::recorded(self.id(), &recorded, message);
        Ok(if holds {
            outcome.next(self.close_command())
        } else {
            outcome.and_refused(self.second_person(name, &waived))
        })
    }

    fn second_person(&self, name: &str, waived: &Waived) -> Refusal {
        let (id, reason, evidence) = (self.id(), waived.reason.word(), waived.evidence.short());
        Refusal::new(
            Code::SecondPersonNeeded,
            format!("a waiver on {name} needs a second person, and one of the two without a hand in the fix"),
            format!(
                "hotfix verify {id} --not-needed {name} --reason {reason} --evidence {evidence}    # by somebody else"
            ),
        )
    }

    fn had_a_hand(&self, person: &Person) -> bool {
        let cause = self.incident.cause.iter().map(|cause| &cause.by.actor);
        self.incident.fix_authors().chain(&self.authors).chain(cause).any(|author| author.is(person))
    }

    /// A commit that touches nothing of the fix can be neither the fix nor what replaced it.
    fn must_touch(&self, repository: &Repository, commit: ObjectId) -> Result<(), Failure> {
        if confirming::touches(repository, self.fix, commit)? {
            return Ok(());
        }
        let names: Vec<String> = confirming::paths(self.fix).iter().take(3).map(ToString::to_string).collect();
        Err(Failure::usage(format!("{} touches no path of the fix", commit.short()))
            .hint(format!("the fix touches {}", names.join(", "))))
    }

    fn must_be_release_only(&self, reason: WaiverReason) -> Result<(), Failure> {
        let globs = Globs::new(&self.policy.merge_back.never_goes_back)?;
        match confirming::paths(self.fix).into_iter().find(|path| !globs.match_any(path.as_bytes())) {
            Some(path) if reason == WaiverReason::ReleaseOnly => {
                Err(Failure::usage(format!("{path} is not on the policy's list of what never goes back"))
                    .hint("release-only is for what merge_back.never_goes_back names; else obsolete or superseded"))
            }
            Some(_) | None => Ok(()),
        }
    }
}
