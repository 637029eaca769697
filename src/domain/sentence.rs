//! An event in one sentence, for logs and timelines.

use super::event::{
    Approved, CauseSettled, Checked, Decision, Evidence, FLAG_REMOVED, Payload, Proof, Reopened, ReopenedBecause,
    RestoredBy, RungAnswer, RungName, VoidReason,
};
use crate::domain::text::counted;

impl Decision {
    /// The word in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::RollBack => "roll-back",
            Self::FlagOff => "flag-off",
            Self::Hotfix => "hotfix",
            Self::NormalRelease => "normal-release",
        }
    }
}

impl Payload {
    /// What happened, in one line that starts in lower case.
    pub fn sentence(&self) -> String {
        match self {
            Self::LedgerCreated(_) => "the ledger began".to_owned(),
            Self::Checked(checked) => checked_sentence(checked),
            Self::Started(started) => {
                format!("attempt {}: branch {} from {}", started.attempt, started.branch, started.base.short())
            }
            Self::FixAttached(fix) => {
                let count = fix.commits.len();
                let commits = counted(count, "commit");
                let proof = match fix.proof {
                    Proof::Test => "proven by a test",
                    Proof::Ci => "proven by a run of continuous integration",
                    Proof::Manual => "checked by hand",
                    Proof::Untested => "untested",
                };
                format!("fix attached as attempt {}: {commits}, {proof}", fix.attempt)
            }
            Self::FixWithdrawn(withdrawn) => format!("attempt {} withdrawn", withdrawn.attempt),
            Self::Deployed(deployed) => match &deployed.release {
                Some(release) => format!("deployed as {}", release.tag),
                None => "deployed".to_owned(),
            },
            Self::Restored(restored) => {
                let by = match restored.by {
                    RestoredBy::RollBack => "the roll back",
                    RestoredBy::FlagOff => "switching off",
                    RestoredBy::Hotfix => "the fix",
                    RestoredBy::Other => "something else",
                };
                format!("the system is back, by {by}")
            }
            Self::Voided(voided) => match (voided.reason, &voided.duplicate_of) {
                (VoidReason::DuplicateOf, Some(other)) => format!("void: a duplicate of {other}"),
                (VoidReason::DuplicateOf, None) => "void: a duplicate".to_owned(),
                (VoidReason::FalseAlarm, _) => "void: a false alarm".to_owned(),
                (VoidReason::Typo, _) => "void: a mistyped id".to_owned(),
            },
            Self::Verified(verified) => {
                let each = verified.targets.iter();
                let told: Vec<String> =
                    each.map(|target| format!("{} on {}", target.verdict.word(), short_ref(&target.target))).collect();
                format!("merge-back: {}", told.join(", "))
            }
            Self::Confirmed(confirmed) => {
                format!("{} on {} is the fix, says a person", confirmed.commit.short(), short_ref(&confirmed.target))
            }
            Self::Waived(waived) => format!(
                "the fix need not go to {}: {} ({})",
                short_ref(&waived.target),
                waived.reason.word(),
                waived.evidence.short()
            ),
            Self::RcaRecorded(_) => "root cause analysis written".to_owned(),
            Self::RcaAccepted(_) => "root cause analysis accepted".to_owned(),
            Self::CauseSettled(CauseSettled::OnMain { commit }) => {
                format!("the cause is dealt with by {}, which main must hold", commit.short())
            }
            Self::CauseSettled(CauseSettled::Flag { key, owner, remove_by }) => {
                format!("the flag {key} stays off; {owner} removes it by {remove_by}")
            }
            Self::Closed(_) => "closed".to_owned(),
            Self::KeyRevoked(revoked) => format!("said that the key {} does not speak any more", revoked.key),
            Self::LedgerAdopted(adopted) => {
                format!("a ledger that began apart ({}) was taken in", adopted.root.short())
            }
            Self::Redacted(redacted) => format!("cut out of an earlier event: {}", redacted.texts.join(", ")),
            _ => self.about_people(),
        }
    }

    /// The sentences of what people say about a fix and its gates.
    fn about_people(&self) -> String {
        match self {
            Self::Approved(Approved { role: Some(role), .. }) => format!("the fix is approved, as {role}"),
            Self::Approved(_) => "the fix is approved".to_owned(),
            Self::Rejected(_) => "the fix is rejected".to_owned(),
            Self::ApprovalWithdrawn(_) => "what was said about the fix is taken back".to_owned(),
            Self::Overridden(overridden) => {
                format!("{} skipped, until {}", overridden.gate, overridden.until.format("%Y-%m-%d %H:%M %:z"))
            }
            Self::OverrideReviewed(review) if review.agreed => "skipping the gate was right, says a review".to_owned(),
            Self::OverrideReviewed(_) => "skipping the gate was wrong, says a review".to_owned(),
            Self::GateDone(settled) => format!("{} made good", settled.gate),
            Self::GateWaived(settled) => format!("{} waived", settled.gate),
            Self::SeverityChanged(changed) => format!("the severity is {}", changed.severity),
            Self::Reopened(Reopened { because: ReopenedBecause::Said }) => "opened again".to_owned(),
            Self::Reopened(Reopened { because: ReopenedBecause::FixGone }) => {
                "opened again: the fix is no longer where it was proven to be".to_owned()
            }
            Self::ActionDone(done) if done.action == FLAG_REMOVED => "the flag that stayed off is removed".to_owned(),
            Self::ActionDone(done) => format!("action {} carried out", done.action),
            other => other.kind().to_owned(),
        }
    }
}

fn checked_sentence(checked: &Checked) -> String {
    let rule = checked.rule.as_ref().map_or_else(String::new, |rule| format!(" ({rule})"));
    let rungs = [(RungName::RollBack, Some(&checked.roll_back)), (RungName::FlagOff, checked.flag_off.as_ref())];
    let no: Vec<String> = rungs
        .into_iter()
        .filter_map(|(name, answer)| match answer? {
            RungAnswer::Yes => None,
            RungAnswer::No { reason, evidence } => {
                let owed = if matches!(evidence, Evidence::Owed { .. }) { ", evidence owed" } else { "" };
                Some(format!("no {}: {reason}{owed}", name.key()))
            }
        })
        .collect();
    let no = if no.is_empty() { String::new() } else { format!("; {}", no.join("; ")) };
    let skipped = if checked.overridden.is_some() { ", by an override" } else { "" };
    format!("decided: {}{rule}{skipped}{no}", checked.decision.word())
}

/// A ref as people say it: without `refs/heads/`, `refs/remotes/`, `refs/tags/`.
pub fn short_ref(name: &str) -> &str {
    ["refs/heads/", "refs/remotes/", "refs/tags/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}
