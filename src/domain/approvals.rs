//! Who agreed to the fix, whether that is enough, and whether somebody is against it.
//!
//! A word is about one content: when the fix changes, it says nothing any more. Of two words by one person the later counts.
//! A rejection stands until whoever said it takes it back. An approval and a rejection that did not know each other make the
//! gate contested: closed until somebody who saw both speaks.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::FixDigest;
use super::event::Demanded;
use super::identity::{ObjectId, Person};
use super::incident::{Done, Incident};
use super::policy::people::{Approvals, Needs};
use super::policy::rules::conditions_hold;
use super::policy::{Policy, Value};
use super::roles::Roles;
use super::said::{Word, WordKind};

/// Whether the author of the commit `.0` of the ledger knew of the commit `.1`.
pub type Knows<'k> = &'k dyn Fn(ObjectId, ObjectId) -> bool;

/// Somebody is against a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Who.
    pub by: Vec<Person>,
    /// Whether all of them spoke without knowing of an approval that did not know of them.
    pub contested: bool,
}

/// How many people of which role must agree, by the policy, the facts and what the check demanded.
///
/// A case whose facts lack counts: what is not known asks for more, never for less.
pub fn needed(policy: &Policy, facts: &BTreeMap<String, Value>, demanded: Option<&Demanded>) -> Needs {
    let mut needs = Needs::new();
    let mut raise = |more: &Needs| {
        for (role, count) in more {
            let known = needs.entry(role.clone()).or_insert(0);
            *known = (*known).max(*count);
        }
    };
    if let Some(approvals) = &policy.approvals {
        raise(&approvals.needs);
        let in_case = |when| conditions_hold(when, facts) != Some(false);
        approvals.also.iter().filter(|also| in_case(&also.when)).for_each(|also| raise(&also.needs));
    }
    for role in demanded.iter().flat_map(|demanded| &demanded.approvals) {
        *needs.entry(role.clone()).or_insert(0) += 1;
    }
    needs
}

/// What the words about a fix come to.
pub struct Judge<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The content that is judged.
    pub fix: FixDigest,
    /// Who must agree.
    pub needs: &'a Needs,
    /// Whether an author may.
    pub author_may_approve: bool,
    /// Who is in which role.
    pub roles: &'a Roles,
    /// Who knew of what.
    pub knows: Knows<'a>,
}

impl<'a> Judge<'a> {
    /// A judge by the policy's section, if it has one.
    pub fn new(
        incident: &'a Incident,
        fix: FixDigest,
        needs: &'a Needs,
        approvals: Option<&Approvals>,
        (roles, knows): (&'a Roles, Knows<'a>),
    ) -> Self {
        let author_may_approve = approvals.is_some_and(|approvals| approvals.author_may_approve);
        Self { incident, fix, needs, author_may_approve, roles, knows }
    }

    /// Whether somebody is against the fix.
    pub fn objection(&self) -> Option<Objection> {
        let mut against = Objection { by: Vec::new(), contested: true };
        for rejection in self.live().filter(|word| word.what.kind == WordKind::Reject) {
            let answer = self.answer_to(rejection);
            if !self.may_speak(&rejection.by.actor) || answer == Answer::Settled {
                continue;
            }
            against.contested &= answer == Answer::Contested;
            against.by.push(rejection.by.actor.clone());
        }
        (!against.by.is_empty()).then_some(against)
    }

    /// How many approvals were about an earlier content.
    pub fn outdated(&self) -> usize {
        let earlier = |word: &&Done<Word>| word.what.kind == WordKind::Approve && word.what.fix != self.fix;
        self.incident.said.words.iter().filter(earlier).filter(|word| self.may_speak(&word.by.actor)).count()
    }

    /// The approvals that count: about this content, the last word of their people, who may say it.
    pub fn counted(&self) -> Vec<&'a Done<Word>> {
        let mut seen = BTreeSet::new();
        self.live()
            .filter(|word| word.what.kind == WordKind::Approve && self.may_speak(&word.by.actor))
            .filter(|word| seen.insert(word.by.actor.email.to_ascii_lowercase()))
            .collect()
    }

    fn about_this(&self) -> impl Iterator<Item = &'a Done<Word>> {
        let fix = self.fix;
        self.incident.said.words.iter().filter(move |word| word.what.fix == fix)
    }

    /// The words that their own people did not follow with another one.
    fn live(&self) -> impl Iterator<Item = &'a Done<Word>> {
        let followed = |word: &Done<Word>| {
            self.about_this()
                .any(|later| later.by.actor.is(&word.by.actor) && (self.knows)(later.by.commit, word.by.commit))
        };
        self.about_this().filter(move |word| !followed(word))
    }

    /// Whether a person's word counts: no author of the fix (unless the policy lets them), and in a role that is needed.
    fn may_speak(&self, person: &Person) -> bool {
        let author = self.incident.fix_authors().any(|author| author.is(person));
        (self.author_may_approve || !author) && self.roles.has_one(person, self.needs.keys())
    }

    fn answer_to(&self, rejection: &Done<Word>) -> Answer {
        let knows = |later: &Done<Word>, earlier: &Done<Word>| (self.knows)(later.by.commit, earlier.by.commit);
        let spoken = || self.about_this().filter(|word| self.may_speak(&word.by.actor));
        let apart: Vec<_> = spoken()
            .filter(|word| word.what.kind == WordKind::Approve)
            .filter(|word| !word.by.actor.is(&rejection.by.actor))
            .filter(|word| !knows(word, rejection) && !knows(rejection, word))
            .collect();
        if apart.is_empty() {
            return Answer::Stands;
        }
        // Whoever agreed without knowing of the rejection does not lift it by agreeing once more: somebody else does.
        let is_party = |word: &Done<Word>| apart.iter().any(|approval| approval.by.actor.is(&word.by.actor));
        let saw_both = |word: &&Done<Word>| {
            knows(word, rejection)
                && apart.iter().all(|approval| knows(word, approval))
                && !(word.what.kind == WordKind::Approve && is_party(word))
        };
        match spoken().filter(saw_both).last().map(|word| word.what.kind) {
            Some(WordKind::Approve) => Answer::Settled,
            Some(WordKind::Reject) => Answer::Stands,
            Some(WordKind::Withdraw) | None => Answer::Contested,
        }
    }

    /// How many more must agree, by role. One person fills one place: the fullest way to fill them is looked for, so that
    /// nobody is kept from closing by the order in which people spoke.
    pub fn lacking(&self) -> Needs {
        let places: Vec<&String> =
            self.needs.iter().flat_map(|(role, count)| std::iter::repeat_n(role, *count as usize)).collect();
        let approvals = self.counted();
        let fits = |approval: &Done<Word>, role: &String| {
            approval.what.role.as_ref().is_none_or(|named| named == role) && self.roles.has(&approval.by.actor, role)
        };
        let filled_by = seated(approvals.len(), places.len(), &|person, place| fits(approvals[person], places[place]));
        let mut lacking = Needs::new();
        for (role, _) in places.into_iter().zip(&filled_by).filter(|(_, filled)| filled.is_none()) {
            *lacking.entry(role.clone()).or_insert(0) += 1;
        }
        lacking
    }
}

/// What became of a rejection.
#[derive(PartialEq)]
enum Answer {
    /// It counts.
    Stands,
    /// Somebody agreed without knowing of it, and it was said without knowing of that.
    Contested,
    /// Somebody who saw both agreed.
    Settled,
}

/// The fullest way to put so many people on so many places, where not everybody fits everywhere: who fills each place.
pub fn seated(people: usize, places: usize, fits: &impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut filled_by: Vec<Option<usize>> = vec![None; places];
    for person in 0..people {
        seat(person, &mut filled_by, &mut vec![false; places], fits);
    }
    filled_by
}

/// One step of the augmenting path algorithm for a largest matching in a bipartite graph.
fn seat(
    person: usize,
    filled_by: &mut [Option<usize>],
    tried: &mut [bool],
    fits: &impl Fn(usize, usize) -> bool,
) -> bool {
    for place in 0..filled_by.len() {
        if tried[place] || !fits(person, place) {
            continue;
        }
        tried[place] = true;
        let free = match filled_by[place] {
            None => true,
            Some(other) => seat(other, filled_by, tried, fits),
        };
        if free {
            filled_by[place] = Some(person);
            return true;
        }
    }
    false
}

/// "1 incident-lead and 2 anyone" as people say it.
pub fn needs_words(needs: &Needs, roles: &Roles) -> String {
    let each = needs.iter().map(|(role, count)| match (role.as_str(), roles.named(role)) {
        (super::policy::people::ANYONE, _) if *count == 1 => "somebody else".to_owned(),
        (super::policy::people::ANYONE, _) => format!("{count} other people"),
        (_, Some(members)) => format!("{count} × {role} ({members})"),
        (_, None) => format!("{count} × {role} (nobody is in that role)"),
    });
    each.collect::<Vec<_>>().join(" and ")
}
