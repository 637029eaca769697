//! What the policy says no to: a stable code, one line of what happened, and the command that mends it.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::failure::ExitCode;

/// One "no" or "not yet".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What happened, in one line.
    pub message: String,
    /// What to type next: commands first, each a line of its own.
    pub next: Vec<String>,
}

impl Refusal {
    /// A refusal with the one command that mends it.
    pub fn new(code: Code, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, message: message.into(), next: vec![next.into()] }
    }
}

/// The exit code of several refusals together: the worst counts; none is a yes.
pub fn exit_of<'r>(refusals: impl IntoIterator<Item = &'r Refusal>) -> ExitCode {
    refusals.into_iter().fold(ExitCode::Open, |worst, refusal| worst.worse(refusal.code.exit()))
}

macro_rules! codes {
    ($($variant:ident $word:literal $exit:ident $story:literal)*) => {
        /// The stable codes of refusals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $story] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the alphabet of their words.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as users see it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The exit code that it leads to.
            pub fn exit(self) -> ExitCode {
                match self { $(Self::$variant => ExitCode::$exit,)* }
            }

            /// The long story: why this gate exists and how to pass it.
            pub fn story(self) -> &'static str {
                match self { $(Self::$variant => $story,)* }
            }
        }
    };
}

codes! {
    AlreadyClosed "already-closed" Refused
        "The incident was closed: everything that the policy asked for was there. A closed record is not added to."
    AnswersMissing "answers-missing" Waiting
        "The policy asks questions before it decides, and some have no answer yet. An answer of 'not sure' counts as none: it claims nothing and keeps the gate closed. Give the missing answers in the wizard, or with --set and --answers."
    ApprovalContested "approval-contested" Waiting
        "Somebody approved the fix and somebody rejected it, and neither knew of the other: two laptops, two answers. Nothing is settled by who was first. Somebody who sees both now speaks: hotfix approve, or hotfix approve --reject."
    ApprovalMissing "approval-missing" Waiting
        "The policy says how many people, of which role, agree to a fix before it reaches production. An author does not count, one person counts once, and an approval is about the fix as it was then: when the fix changes, it must be seen again; a rebase that changes nothing keeps it. Where nobody else is awake, the policy may say after what time (approvals.nobody_awake_after, from when the fix was attached) one approval and an override of this gate by anybody are enough; the others are then owed late."
    ApprovalRejected "approval-rejected" Refused
        "Somebody who looked at the fix is against it. Talk to them: they take it back with hotfix approve --withdraw, or the fix changes, and then it is asked for anew."
    AuthorMayNotApprove "author-may-not-approve" Refused
        "An approval is a second pair of eyes, and whoever wrote or attached the fix has only the first. Ask a colleague; a team too small for that can allow it in the policy: approvals.author_may_approve."
    AuthorMayNotClose "author-may-not-close" Refused
        "Whoever wrote or attached the fix is the last one to see what is missing, so somebody else closes. A team too small for that can allow it in the policy: who_closes.author."
    AuthorMayNotConfirm "author-may-not-confirm" Refused
        "Whoever wrote or attached the fix is the last one to see that something else on main is not it. Somebody else looks at the candidate beside the fix and confirms it. A team too small for that can allow it in the policy: merge_back.author_may_confirm."
    CauseOpen "cause-open" Refused
        "Going back or switching off brought production back, but main still holds what broke it, so the next release breaks it again. Before the incident closes, the culprit must be reverted or fixed on main, or the flag must have an owner and a removal date, or an accepted analysis must say that no code was the cause."
    ChangeUnrecorded "change-unrecorded" Refused
        "A commit would come to a release line that was released, and no incident's fix holds it: neither by its id nor by its content. What the message says does not count. If production needs it now, open an incident and attach it; else bring it to main, and it goes with the next release. A commit that was amended after it was attached is another one: attach it again."
    ContestedDecision "contested-decision" Waiting
        "Two people walked the ladder without knowing of each other, and decided otherwise, or by two policies. Neither word outranks the other. Work goes on, and closing waits until somebody who has seen both walks the ladder again: hotfix check INCIDENT --again. Two equal decisions fold into one."
    DecisionIsNotHotfix "decision-is-not-hotfix" Refused
        "A hotfix branch is made only after the ladder was walked and the policy said 'hotfix'. If the situation changed (the roll back was tried and did not help, say), walk the ladder again: the last walk governs."
    DirtyWorkTree "dirty-work-tree" Refused
        "A hotfix branch starts from exactly what production runs. Changes that lie in the work tree would travel along unseen, so commit or stash them first."
    DoesNotQualify "does-not-qualify" Refused
        "Both rungs were passed, and no rule of the policy calls this an emergency. The change goes the normal way, with all its tests and reviews. If a fact changes, check again."
    Drift "drift" Refused
        "A commit on a release line is not in effect on main, wholly or in part, so the next release from main drops it. Bring it there, or say by two people that it must not go there; what never goes back (a version bump) is named in the policy."
    DriftUnproven "drift-unproven" Waiting
        "A commit on a release line is neither proven to be in effect on main nor proven to be missing there. A person must look: hotfix merged shows the candidate beside it."
    DryRun "dry-run" Waiting
        "With --policy FILE the walk is a dry run: it shows what that policy would decide and records nothing. No gate opens on a policy that is not in force."
    EvidenceOwed "evidence-owed" Waiting
        "A rung of the ladder was passed with its evidence promised for later. Later is before closing: without it nobody can learn why rolling back or switching off was no way."
    FixEmpty "fix-empty" Refused
        "The named commits change nothing together: one takes out what another brought in, or they carry no change at all. A fix that changes nothing can be proven to be anywhere, so it is not attached."
    FixInProduction "fix-in-production" Refused
        "The commit named is part of what production ran when it broke. It was there already, so it can't be what mends it."
    FixIncomplete "fix-incomplete" Refused
        "A part of the fix would come to the release line without the rest. What people approved is the whole of it: the half that is left out may be the one that makes the other safe. Push all of it, or attach what is to be pushed and have that approved. Attempts that stand beside each other are the fix together, but for those that were made for another release line; one that another replaces is withdrawn."
    FixMissing "fix-missing" Refused
        "The policy allowed a hotfix, and no commit of one is attached, so nothing can be proven to be on main. Attach the fix; or say how the cause was dealt with, if it was not by a fix."
    FixOffReleaseLine "fix-off-release-line" Refused
        "A hotfix is made on a release line, or on a branch from one: only then is production changed by nothing but the fix. These commits stand on work that production does not have. Make them on the hotfix branch (cherry-pick them there); where a team releases from main, leave the policy's release_lines empty."
    FixStillReleased "fix-still-released" Refused
        "An attempt can be withdrawn only when production no longer ships it. Its change is still on a release line: revert it there first, or keep the attempt and bring it to main. Lines that stood there before there was a fix do not count."
    FlagOffFirst "flag-off-first" Refused
        "The walk ended on the second rung: switch the broken thing off. That is faster and carries less risk than new code. If it does not help, walk the ladder again and say so: 'tried' is one of the reasons."
    GateSkipped "gate-skipped" Waiting
        "A normal change passes this gate, and the hotfix did not. In the emergency that was right; afterwards it is made good, with evidence, or waived by somebody who may. What is skipped for good is how the next fault gets through."
    IncidentVoid "incident-void" Refused
        "The incident was a false alarm, a typo or a duplicate. A void record is not added to; open the right one with hotfix check, or this one again with hotfix reopen if it was no mistake after all."
    LateApprovalOwed "late-approval-owed" Waiting
        "The fix reached production, or the gate was skipped, before everybody agreed who must. Approval comes late then, but it comes: an override lets a fix through, it does not make anybody have seen it."
    LedgerShrinks "ledger-shrinks" Refused
        "The ledger only grows. This push would delete it, or put something in its place that does not hold what it holds. Run hotfix sync, which joins what went apart and forces nothing; texts may be replaced (people have a right to erasure), never deleted."
    MainNotFresh "main-not-fresh" Waiting
        "The proof is about main as everybody has it, not about an old copy of it. The remote could not be asked just now; closing waits until it can."
    MergeBackUnproven "merge-back-unproven" Waiting
        "Git shows something on main that may be the fix, changed so much that no machine can prove it. A person must look at the candidate beside the fix."
    NeverQualifies "never-qualifies" Refused
        "The policy names this case as one that never justifies a hotfix, whatever else holds: a soft deadline, a Friday, a reviewer asleep. The change goes the normal way."
    NotDeployed "not-deployed" Waiting
        "The policy wants to know when the fix reached production: the time from decision to deployment is what a faster pipeline would shorten."
    NotMergedBack "not-merged-back" Refused
        "The fix is not in effect on a branch where it must be, so the next release from there brings the bug back. Bring the missing commits there (hotfix verify lists them), then verify again. If that branch does it otherwise, or must not get it, two people can say so: hotfix verify INCIDENT --not-needed BRANCH --reason superseded --evidence COMMIT."
    NotRestored "not-restored" Waiting
        "Nobody said when the system was back, and by what. 'The fix is ready' and 'the system is up' are two events with two times."
    NotVerified "not-verified" Waiting
        "There is a fix, or a commit that deals with the cause, and git was not asked yet whether it is in effect on main. The answer is recorded, so that it still stands when main has moved on."
    OverrideNotAllowed "override-not-allowed" Refused
        "Some gates can't be skipped: the record itself, the merge-back and the analysis, and those that the policy names. Skipping them would not restore production any sooner; it would only let the same fault come back."
    OverrideReviewOwed "override-review-owed" Waiting
        "A gate was skipped, and that is reviewed by somebody else before the incident closes: was it right, and what would have made it unnecessary? Overrides that nobody looks at become the way things are done."
    RcaIncomplete "rca-incomplete" Waiting
        "The root cause analysis lacks parts that the policy asks for, so it was not recorded. Fill in what is named; the text you wrote is kept."
    RcaMissing "rca-missing" Waiting
        "A hotfix treats the symptom. Without the root cause the same failure returns, so the incident stays open until the analysis is written."
    RcaNotAccepted "rca-not-accepted" Waiting
        "An analysis that only its author has read convinces only its author. Somebody else reads it and accepts it."
    RecordDoubtful "record-doubtful" Refused
        "The record says that a hotfix was decided, and it was not decided as this program decides: the answers do not lead there, or the policy is not one of the trusted branch. Somebody wrote it by hand, or chose the gate that they stood at. hotfix audit lists what is wrong; open the incident anew, with the policy that is in force."
    ReleaseHoldsMore "release-holds-more" Refused
        "What was deployed holds changes that are neither the fix of an incident nor on main: they went out with the hotfix, past every gate, and the next release from main drops them. Attach them to the fix that they belong to, open an incident for them, bring them to main, or let a role of the policy say why that is right."
    ReleaseLacksFix "release-lacks-fix" Refused
        "The release named as deployed does not hold the fix: production would still be broken. Look at what was tagged; merge the hotfix branch into the release line before the tag."
    ReleaseNotHere "release-not-here" Waiting
        "A release that was deployed, or that broke, is not in this clone, so it can't be told what went out with the fix. Fetch the tags; or whoever released it has not pushed it yet: then that comes first."
    ReleaseRewritten "release-rewritten" Refused
        "What was released stays as it was. A release line only moves forward, a release tag is neither moved nor deleted, and a line is deleted only when nothing that is on it alone would be lost: else nobody can tell any more what ran in production. Take a change back with git revert, and make a new release with a new number."
    RoleMissing "role-missing" Refused
        "The policy lets only people of a certain role do this. Who is in it is read from the trusted branch as it is today. Ask one of them, or change the policy by a pull request."
    RollBackFirst "roll-back-first" Refused
        "The walk ended on the first rung: go back to the last good release. That is faster and carries less risk than new code. If it does not help, walk the ladder again and say so: 'tried' is one of the reasons."
    RolledBackInside "rolled-back-inside" Refused
        "This release holds one that an incident rolled back, and nothing in it deals with the cause: it would break production again, in the shadow of another fix. A release line keeps what was rolled back until somebody takes it out. Revert that there, say which commit deals with it, or open an incident on that release if production runs it again on purpose."
    ScopeExceeded "scope-exceeded" Refused
        "A hotfix goes to production with less testing than any other change, so it is the smallest change that restores it. This one is larger than the policy allows. Take out what production does not need; or somebody who may skips the gate, with a reason."
    ScopeForbidden "scope-forbidden" Refused
        "The policy names paths that no hotfix may touch, because a mistake there can't be taken back. Leave them out; or somebody who may skips the gate, with a reason."
    ScopeUnneeded "scope-unneeded" Refused
        "The fix holds what it does not need: a rename, a moved block, changed blanks, another dependency. Each makes it harder to review at 3 am and harder to bring to main. Take it out and do it the normal way."
    SecondPersonNeeded "second-person-needed" Waiting
        "A fix is attached, so voiding this incident would hide a change to production. Somebody who did not attach or write the fix must void it."
    SelfAcceptance "self-acceptance" Refused
        "The analysis was written by the same person who now accepts it. Acceptance is a second pair of eyes; ask a colleague."
    SelfReview "self-review" Refused
        "The gate was skipped by the same person who now looks at whether that was right. Ask a colleague."
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
