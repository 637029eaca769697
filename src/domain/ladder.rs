//! The walk up the ladder: roll back first, flag off second, a fix last.
//!
//! Pure: it takes the policy and the answers given so far, and says what was decided or what is still to be asked. An
//! answer of "not sure" is no answer: it claims nothing and keeps the gate closed.

use std::collections::BTreeMap;

use super::event::{Decision, Provenance, RungName};
use super::policy::rules::{self, Outcome};
use super::policy::{EvidenceKind, Fact, Policy, Reason, Rung, SEVERITY, Value};
use super::reason;
use super::spelling;

/// The answers of one walk, each held to the policy's types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The rungs that were answered.
    pub rungs: BTreeMap<RungName, RungReply>,
    /// The facts that were answered.
    pub facts: BTreeMap<String, FactReply>,
    /// Why a hotfix nonetheless, where the policy asks for it.
    pub note: Option<String>,
}

/// An answer at a rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RungReply {
    /// Take this way.
    Yes,
    /// Not this way, for this reason.
    No {
        /// The reason's name.
        reason: String,
        /// The evidence, as it was given; none while it is still to be asked for.
        evidence: Option<GivenEvidence>,
    },
}

/// Evidence as a person or script gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenEvidence {
    /// It will be given later: a debt.
    Owed,
    /// The commit, path, link or sentence.
    Given(String),
}

/// An answered fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactReply {
    /// Its value.
    pub value: Value,
    /// The words, for a `text` fact.
    pub text: Option<String>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// The word for evidence that is given later.
pub const OWED: &str = "owed";

/// The key of the note.
pub const NOTE: &str = "note";

impl RungName {
    /// What the policy says about this rung.
    pub fn of(self, policy: &Policy) -> &Rung {
        match self {
            Self::RollBack => &policy.roll_back,
            Self::FlagOff => &policy.flag_off,
        }
    }
}

/// Why an answer was not accepted; the text says what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AnswerError(pub String);

impl Answers {
    /// Takes one answer by its key: `roll-back`, `roll-back.evidence`, `flag-off`, `flag-off.evidence` or a fact's name.
    ///
    /// A rung takes `yes` or one of the policy's reasons for "no"; its evidence may also be `owed`.
    pub fn set(&mut self, policy: &Policy, key: &str, text: &str, provenance: Provenance) -> Result<(), AnswerError> {
        for name in RungName::ALL {
            if key == name.key() {
                let evidence = match self.rungs.get(&name) {
                    Some(RungReply::No { reason, evidence }) if reason == text => evidence.clone(),
                    _ => None,
                };
                let reply = rung_reply(name, name.of(policy), text, evidence)?;
                self.rungs.insert(name, reply);
                return Ok(());
            }
            if key == name.evidence_key() {
                return self.set_evidence(policy, name, text);
            }
        }
        if key == NOTE {
            if let Some(lacking) = reason::lacks(text) {
                return Err(AnswerError(format!("note: {lacking}")));
            }
            self.note = Some(text.trim().to_owned());
            return Ok(());
        }
        let Some(fact) = policy.facts.iter().find(|fact| fact.name == key) else {
            return Err(AnswerError(unknown_key(policy, key)));
        };
        let value = fact.parse(text).map_err(|why| AnswerError(format!("{key}: {why}")))?;
        let text = matches!(value, Value::Text).then(|| text.to_owned());
        self.facts.insert(key.to_owned(), FactReply { value, text, provenance });
        Ok(())
    }

    fn set_evidence(&mut self, policy: &Policy, name: RungName, text: &str) -> Result<(), AnswerError> {
        let Some(RungReply::No { reason, evidence }) = self.rungs.get_mut(&name) else {
            return Err(AnswerError(format!(
                "{}: evidence goes with a reason; give --set {}=REASON too",
                name.evidence_key(),
                name.key()
            )));
        };
        let kind = find_reason(name.of(policy), reason).map_or(EvidenceKind::None, |reason| reason.evidence);
        if kind == EvidenceKind::None {
            return Err(AnswerError(format!("{}: the reason {reason} wants no evidence", name.evidence_key())));
        }
        *evidence =
            Some(check_evidence(kind, text).map_err(|why| AnswerError(format!("{}: {why}", name.evidence_key())))?);
        Ok(())
    }
}

/// Holds evidence to the form of its kind; whether a commit or path exists is for git to say.
pub fn check_evidence(kind: EvidenceKind, text: &str) -> Result<GivenEvidence, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("it is empty; give {}, or {OWED} to give it later", kind.asks_for()));
    }
    if text == OWED {
        return Ok(GivenEvidence::Owed);
    }
    if let Some(lacking) = reason::lacks(text).filter(|_| kind == EvidenceKind::Text) {
        return Err(format!("{lacking}; or say {OWED}"));
    }
    let is_link = ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if kind == EvidenceKind::Link && (!is_link || text.contains(char::is_whitespace)) {
        return Err(format!("{text:?} is no link that starts with https:// or http://; or say {OWED}"));
    }
    Ok(GivenEvidence::Given(text.to_owned()))
}

impl EvidenceKind {
    /// What a person is asked for.
    pub fn asks_for(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Link => "a link",
            Self::Commit => "a commit",
            Self::Path => "a path in the repository",
            Self::Text => "a sentence",
        }
    }
}

/// The reason of that name at a rung.
pub fn find_reason<'p>(rung: &'p Rung, name: &str) -> Option<&'p Reason> {
    rung.no_because.iter().find(|reason| reason.name == name)
}

fn rung_reply(
    name: RungName,
    rung: &Rung,
    text: &str,
    evidence: Option<GivenEvidence>,
) -> Result<RungReply, AnswerError> {
    if text == "yes" {
        return Ok(RungReply::Yes);
    }
    if let Some(reason) = find_reason(rung, text) {
        let evidence = if reason.evidence == EvidenceKind::None { None } else { evidence };
        return Ok(RungReply::No { reason: reason.name.clone(), evidence });
    }
    let reasons: Vec<&str> = rung.no_because.iter().map(|reason| reason.name.as_str()).collect();
    let nearest = spelling::nearest(text, reasons.iter().copied());
    let meant = nearest.map_or_else(String::new, |nearest| format!(" (did you mean {nearest}?)"));
    Err(AnswerError(format!(
        "{}: {text:?} is not an answer{meant}; it takes yes, or the reason why not: {}",
        name.key(),
        reasons.join(", ")
    )))
}

fn unknown_key(policy: &Policy, key: &str) -> String {
    let mut known: Vec<String> = Vec::new();
    for name in RungName::ALL {
        known.push(name.key().to_owned());
        known.push(name.evidence_key());
    }
    known.extend(policy.facts.iter().map(|fact| fact.name.clone()));
    let meant = spelling::nearest(key, known.iter().map(String::as_str))
        .map_or_else(String::new, |nearest| format!(" (did you mean {nearest}?)"));
    format!("the policy {} asks nothing named {key:?}{meant}; it asks {}", policy.name, known.join(", "))
}

/// Something that has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step<'p> {
    /// A rung: yes, or a reason why not.
    Rung(RungName, &'p Rung),
    /// The evidence for the reason given at a rung.
    Evidence(RungName, &'p Reason),
    /// A fact.
    Fact(&'p Fact),
    /// Why a hotfix nonetheless: the budget is used up, or something is overdue.
    Note,
}

impl Step<'_> {
    /// The key that answers it in `--set`.
    pub fn key(&self) -> String {
        match self {
            Self::Rung(name, _) => name.key().to_owned(),
            Self::Evidence(name, _) => name.evidence_key(),
            Self::Fact(fact) => fact.name.clone(),
            Self::Note => NOTE.to_owned(),
        }
    }
}

/// What a walk came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Walk<'p> {
    /// A decision, with the rule that led there if one did.
    Decided {
        /// What was decided.
        decision: Decision,
        /// The rule of the policy; none on the ladder or where no rule qualifies.
        rule: Option<&'p str>,
    },
    /// What must still be answered before anything is decided, in the order of asking.
    Waiting(Vec<Step<'p>>),
}

/// Walks the ladder with the answers given.
///
/// A "yes" ends the walk with that decision. Facts that can't change the outcome any more are not asked for.
pub fn walk<'p>(policy: &'p Policy, answers: &Answers) -> Walk<'p> {
    let mut waiting = Vec::new();
    for name in RungName::ALL {
        let rung = name.of(policy);
        match answers.rungs.get(&name) {
            None => waiting.push(Step::Rung(name, rung)),
            // A yes above an open question decides nothing yet: the ladder is walked in order.
            Some(RungReply::Yes) if waiting.is_empty() => {
                return Walk::Decided { decision: name.decision(), rule: None };
            }
            Some(RungReply::Yes) => return Walk::Waiting(waiting),
            Some(RungReply::No { reason, evidence }) => {
                let reason = find_reason(rung, reason);
                if let Some(reason) = reason.filter(|reason| reason.evidence != EvidenceKind::None)
                    && evidence.is_none()
                {
                    waiting.push(Step::Evidence(name, reason));
                }
            }
        }
    }
    let values: BTreeMap<String, Value> =
        answers.facts.iter().map(|(name, reply)| (name.clone(), reply.value.clone())).collect();
    let outcome = rules::decide(policy, &values);
    let needed: &[String] = if let Outcome::Undetermined { needed } = &outcome { needed } else { &[] };
    let unanswered = |fact: &&Fact| !answers.facts.contains_key(&fact.name);
    waiting.extend(
        policy
            .facts
            .iter()
            .filter(unanswered)
            .filter(|fact| fact.name == SEVERITY || needed.contains(&fact.name))
            .map(Step::Fact),
    );
    if !waiting.is_empty() {
        return Walk::Waiting(waiting);
    }
    let rule_name = |name: &str| {
        let rules = policy.qualifies.any.iter().chain(&policy.qualifies.never);
        rules.map(|rule| rule.name.as_str()).find(|rule| *rule == name)
    };
    match outcome {
        Outcome::Qualifies { rule } => Walk::Decided { decision: Decision::Hotfix, rule: rule_name(&rule) },
        Outcome::Never { rule } => Walk::Decided { decision: Decision::NormalRelease, rule: rule_name(&rule) },
        Outcome::NoRule | Outcome::Undetermined { .. } => {
            Walk::Decided { decision: Decision::NormalRelease, rule: None }
        }
    }
}
