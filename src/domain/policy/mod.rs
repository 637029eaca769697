//! The policy: what qualifies as a hotfix, written before anything breaks.
//!
//! The types here are a *valid* policy; [`crate::document`] reads the text, and the reader beside this file builds the
//! policy from it and collects every problem.

mod answer;
mod answers;
pub mod cases;
pub mod changes;
pub mod names;
pub mod people;
pub mod quantity;
mod read;
pub mod replay;
pub mod rules;
pub mod shape;
pub mod span;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::answers::read_answers;
use self::cases::PolicyTest;
use self::people::{Approvals, Budget, Deadlines, NormalGate, Overrides, Probe, Role, ScopeLimits, WhoCloses};
pub use self::quantity::Quantity;
pub use self::read::{Base, FORMAT, lint, read, read_on};

/// The text of the built-in policy, which serves where a repository has none.
pub const BUILT_IN: &str = include_str!("../../../policy/hotfix.yaml");

/// A JSON Schema (draft 7) of the policy, for editors: it can't say everything that [`read()`] checks, but nothing else.
pub const SCHEMA: &str = include_str!("../../../policy/schema.json");

/// The fact that every policy declares: its value at opening is kept for good.
pub const SEVERITY: &str = "severity";

/// A whole policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// The policy's own name.
    pub name: String,
    /// Its version: 1 or more, raised with every change.
    pub version: u32,
    /// The day from which it may govern, if it names one.
    pub effective: Option<chrono::NaiveDate>,
    /// Where things are in this repository.
    pub branches: Branches,
    /// The typed answers it asks for, in the order of asking.
    pub facts: Vec<Fact>,
    /// The first rung: going back to the last good release.
    pub roll_back: Rung,
    /// The second rung: switching the broken thing off.
    pub flag_off: Rung,
    /// What qualifies as a hotfix, and what never does.
    pub qualifies: Qualifies,
    /// What the merge-back must reach, and what need not go back.
    pub merge_back: MergeBack,
    /// What closing an incident requires.
    pub close_requires: CloseRequires,
    /// Which events count.
    pub identity: Identity,
    /// The roles that it declares.
    pub roles: Vec<Role>,
    /// How small a fix must be.
    pub scope: Option<ScopeLimits>,
    /// Who must agree to a fix.
    pub approvals: Option<Approvals>,
    /// Who may skip a gate.
    pub overrides: Overrides,
    /// The gates that a normal change passes.
    pub normal_gates: Vec<NormalGate>,
    /// Until when what is owed must be given.
    pub deadlines: Deadlines,
    /// What hotfixes and overrides cost.
    pub budget: Option<Budget>,
    /// Who may close an incident; none: anybody.
    pub who_closes: Option<WhoCloses>,
    /// Its own tests.
    pub tests: Vec<PolicyTest>,
}

/// The names of branches and tags.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Branches {
    /// The branch where every fix must end, without `refs/heads/`.
    pub main: String,
    /// Globs of the release lines' branch names; empty for a trunk-based team.
    pub release_lines: Vec<String>,
    /// The name of a hotfix branch; `{incident}` stands for the incident's id.
    pub hotfix: String,
    /// Globs of the tags that mark a release.
    pub release_tags: Vec<String>,
}

/// One typed answer that the policy asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// Its name: lower-case words joined by `_`.
    pub name: String,
    /// The question put to the person.
    pub question: String,
    /// A longer explanation, if there is one.
    pub help: Option<String>,
    /// What can be answered.
    #[serde(flatten)]
    pub kind: FactKind,
    /// The program that gathers it, if there is one.
    pub probe: Option<Probe>,
}

/// What a fact's value can be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FactKind {
    /// One of a list; for `severity` the list runs from the worst to the mildest.
    OneOf {
        /// The values in order, each with its explanation (which may be empty).
        choices: Vec<Choice>,
    },
    /// Yes or no.
    Bool,
    /// A number with a unit, both bounds inclusive.
    Number {
        /// What one of it is, such as `percent`.
        unit: String,
        /// The smallest value allowed.
        at_least: Option<Quantity>,
        /// The largest value allowed.
        at_most: Option<Quantity>,
    },
    /// Any text; it can't stand in a condition.
    Text,
}

/// One value of a `one_of` fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The value, as given on the command line and recorded.
    pub value: String,
    /// What it means, for the person who chooses.
    pub means: String,
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// One of the declared choices.
    OneOf(String),
    /// Yes or no.
    Bool(bool),
    /// A number in the fact's unit.
    Number(Quantity),
    /// A text was given; the words themselves are kept apart from the event.
    Text,
}

/// One rung of the ladder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rung {
    /// The question put to the person.
    pub question: String,
    /// A longer explanation, if there is one.
    pub help: Option<String>,
    /// The commands that carry it out; `{last_good}`, `{production}` and `{incident}` are filled in. None is invented.
    pub commands: Vec<String>,
    /// The only accepted reasons for "no".
    pub no_because: Vec<Reason>,
    /// Where evidence is looked for.
    pub look_for: LookFor,
}

/// Where a rung looks for evidence, beside what is built in.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LookFor {
    /// Globs of paths: for rolling back what stands in the way, for flags the flag files.
    pub paths: Vec<String>,
    /// Regular expressions over added lines: for flags the calls that read one, its key in the first group.
    pub patterns: Vec<String>,
}

/// An accepted reason to pass a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Its name, kebab-case: given on the command line and recorded.
    pub name: String,
    /// What it means, in a sentence.
    pub means: String,
    /// The evidence that it wants.
    pub evidence: EvidenceKind,
    /// Whether the analysis owes an action that makes this rung possible next time.
    pub owes_action: bool,
}

/// What evidence a reason wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// Nothing.
    None,
    /// A web address.
    Link,
    /// A commit of this repository.
    Commit,
    /// A path in the tree of the production release or of main.
    Path,
    /// A sentence.
    Text,
}

/// The rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Qualifies {
    /// A hotfix qualifies if one of these matches …
    pub any: Vec<Rule>,
    /// … and none of these does.
    pub never: Vec<Rule>,
}

/// One rule: it matches when every one of its conditions does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Its name, kebab-case.
    pub name: String,
    /// What it says, in a sentence.
    pub means: String,
    /// The conditions, by fact.
    pub when: BTreeMap<String, Matcher>,
}

/// A condition on one fact, checked against the fact's type when the policy is read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matcher {
    /// The value is one of these.
    OneOf(Vec<String>),
    /// The value is this.
    Bool(bool),
    /// The value lies between the bounds, both inclusive; one of them at least is given.
    Number {
        /// The smallest value that matches.
        at_least: Option<Quantity>,
        /// The largest value that matches.
        at_most: Option<Quantity>,
    },
}

/// Where a fix must go.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MergeBack {
    /// The targets; `main` stands for [`Branches::main`], `newer_release_lines` for every live release line newer than the fixed one.
    pub into: Vec<Target>,
    /// Globs of paths that never go back (a version bump, a changelog): listed each time, never held against the fix.
    pub never_goes_back: Vec<String>,
    /// Whether whoever had a hand in the fix may confirm what git could not prove.
    pub author_may_confirm: bool,
    /// What becomes of a proven landing whose lines later work replaced or dropped.
    pub changed_since: ChangedSince,
}

/// What becomes of a fix that is proven to have landed, and of which later work replaced or dropped lines without taking it back. The
/// strictest is the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedSince {
    /// It holds as long as any of it stands: each line that changed is listed.
    Accept,
    /// It holds where little of it changed, or not beyond recognition; else a person must look.
    #[default]
    Weigh,
    /// A person must look at each line that changed.
    Confirm,
}

impl Default for MergeBack {
    fn default() -> Self {
        Self {
            into: vec![Target::Main, Target::NewerReleaseLines],
            never_goes_back: vec![],
            author_may_confirm: false,
            changed_since: ChangedSince::default(),
        }
    }
}

impl ChangedSince {
    /// All of them, the strictest last.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Weigh, Self::Confirm];

    /// That of a word in a policy.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }

    /// The word in a policy.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Weigh => "weigh",
            Self::Confirm => "confirm",
        }
    }
}

/// A place that a fix must reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The policy's main branch.
    Main,
    /// Every release line newer than the one that was fixed.
    NewerReleaseLines,
    /// A branch by its name.
    Branch(String),
}

/// What closing an incident requires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CloseRequires {
    /// The fix is proven on every target (without a fix: the cause is dealt with).
    pub merge_back: bool,
    /// It was said when the system was back.
    pub restored: bool,
    /// It was said when the fix was deployed.
    pub deployed: bool,
    /// The root cause analysis.
    pub rca: RcaRequirement,
    /// Evidence answered with "owed" is given.
    pub evidence: bool,
}

/// Which events count. It is read as of today, like the keys: an incident's own policy can't loosen it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "events", rename_all = "snake_case")]
pub enum Identity {
    /// All: the names that git is configured with are trusted.
    #[default]
    Unverified,
    /// Those that are signed with a key that speaks for their actor.
    Signed {
        /// The id of the newest event that was recorded before the team began to sign: it, and what it knows of, counts
        /// unsigned too.
        after: Option<String>,
    },
}

/// How far the root cause analysis must have come before closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RcaRequirement {
    /// None is needed.
    None,
    /// It is recorded.
    Recorded,
    /// Someone who did not write it accepted it.
    Accepted,
}
