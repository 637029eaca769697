//! What an audit finds: a stable code, one line of what is wrong, and the command that leads on.

use std::fmt;

use serde::{Serialize, Serializer};

use super::identity::{IncidentId, ObjectId};

/// One thing that an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable code.
    pub code: FindingCode,
    /// The ledger's commit, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<ObjectId>,
    /// The incident, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to type next; none where only people can settle it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Finding {
    /// A finding about the ledger as a whole.
    pub fn new(code: FindingCode, message: impl Into<String>) -> Self {
        Self { code, event: None, incident: None, message: message.into(), next: None }
    }

    /// The same, about one event.
    #[must_use]
    pub fn at(mut self, event: ObjectId, incident: Option<&IncidentId>) -> Self {
        self.event = Some(event);
        self.incident = incident.cloned();
        self
    }

    /// The same, with what to type next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

macro_rules! findings {
    ($($variant:ident $word:literal $story:literal)*) => {
        /// The stable codes of findings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingCode {
            $(#[doc = $story] $variant,)*
        }

        impl FindingCode {
            /// Every code, in the order of the alphabet of their words.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as users see it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The long story: what it may mean, and what to do.
            pub fn story(self) -> &'static str {
                match self { $(Self::$variant => $story,)* }
            }
        }
    };
}

findings! {
    AfterTheEnd "after-the-end"
        "Something was recorded about an incident by somebody who knew that it was over. This program does not do that, so a hand or another program did. It changes nothing about the incident."
    AllowedSigners "allowed-signers"
        "A line of policy/allowed_signers on the trusted branch can't be read, so it grants nothing: what its person signs does not count. Mend the line."
    AnchorBroken "anchor-broken"
        "A tag or a commit says which event was the ledger's newest when it was made (the trailer Hotfix-Ledger), and the ledger does not hold that event, holds another number of events before it, or begins with another ledger that none of them knows. Somebody rewrote the ledger after the anchor was made: compare with another clone before anything else."
    ClosedElsewhere "closed-elsewhere"
        "The incident was closed because a branch held its fix, and the commit that this branch pointed at then is not in its history: another repository was asked that only had the same name, or the branch was rewritten since. What is true of the branch as it is, hotfix verify tells."
    ClosedTooEarly "closed-too-early"
        "The incident was closed while its own policy still asked for something. This program refuses that, so a hand or another program recorded the end. Look at what was missing, and give it."
    DecisionNotByPolicy "decision-not-by-policy"
        "The answers that were recorded do not lead to the decision that was recorded, when the incident's own policy is walked again. This program decides and never takes a decision from outside."
    DoesNotCount "does-not-count"
        "Whoever is named as an event's author is not proven to be it: it is not signed, the signature is no good, or the key does not speak for that person. Under identity: signed it opens no gate. Ask the person: if it is theirs, let them record it again, signed; if not, somebody writes in their name."
    HiddenHistory "hidden-history"
        "Something in this clone makes git show another history than the one that is stored: a replace ref, a grafts file or a forged shallow file that names commits of the ledger. This program reads the stored objects, so nothing is hidden from it; whoever reads with git log is deceived."
    LedgerRewritten "ledger-rewritten"
        "The remote's ledger does not hold events that it held before: it was force-pushed, rolled back or deleted. What this clone has is kept, and what came is set aside and not taken in. hotfix audit --heal joins both and shares the join; then find out who pushed, and protect the ref."
    NeverOpened "never-opened"
        "An event speaks of an incident that no check ever opened. This program does not record that."
    NewerFormat "newer-format"
        "An event was written by a newer version of this program. What it says is unknown here, so no gate opens that it might close. Use that version."
    OtherLedger "other-ledger"
        "A second ledger was joined to this one, and no event that counts says that it was taken in. Two ledgers that began apart are made one once, by hotfix sync, and that is on the record; this was done by hand. What the other one says counts for nothing."
    PolicyNotTrusted "policy-not-trusted"
        "An incident names a policy that is not on the trusted branch, or was not there yet when the incident started. Whoever opened it chose the gate that they stood at."
    PolicyUnknown "policy-unknown"
        "The policy that an incident was opened under is not in this clone or can't be read, so whether its rules were kept can't be told. Fetch everything, or use the version of this program that it was opened with."
    ReleaseChanged "release-changed"
        "The tag of the release that was said to be deployed is another commit by now, as everybody has it, and does not hold the fix: it was moved, or two people tagged the same version apart. What production runs may lack the fix. Release it under a new number and say that it was deployed; what is closed is opened again first."
    SelfApproval "self-approval"
        "Somebody said yes to their own work where a second pair of eyes is wanted: accepted their own analysis, confirmed their own fix, or voided an incident with a fix that they had a hand in. This program refuses that."
    TextTampered "text-tampered"
        "A free text is not the one that its event was recorded with: its hash differs. The event stands; the words that are shown elsewhere are not the ones that were written."
    Unreadable "unreadable"
        "A commit of the ledger is not what this program writes: malformed, too large, of another ledger, or the copy of an event that is there already. It counts for nothing, and where not only signed events count it keeps the gates closed, for it may be the word that forbids."
    UnrecordedHotfix "unrecorded-hotfix"
        "A commit came to a release line after its first release, or to a release that is on no line, main did not hold it before, and no incident owns it: production was changed past the policy. Open an incident for it, with the release before it as what production ran, and attach it; the audit names the command. It stays a finding until then."
}

impl fmt::Display for FindingCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl Serialize for FindingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
