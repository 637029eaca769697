//! What a standard asks to see of each change of production, and what the record shows.
//!
//! Which clause asks for what is data (`policy/standards`), with its sources. What can be shown is code: one [`Field`] each.

use std::collections::BTreeMap;

use serde::Serialize;

use super::closing::{self, Settled};
use super::event::{Decision, Evidence, Proof, RungAnswer, TargetVerdict};
use super::identity::Person;
use super::incident::{Incident, State};
use super::merge_back::Verdict;
use super::policy::Value;
use super::sentence::short_ref;
use crate::document::{self, Kind, Node};

/// The standards that are built in, by the name that `--for` takes.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("soc2", include_str!("../../policy/standards/soc2.yaml")),
    ("pci-dss", include_str!("../../policy/standards/pci-dss.yaml")),
    ("iso-27001", include_str!("../../policy/standards/iso-27001.yaml")),
    ("dora-eu", include_str!("../../policy/standards/dora-eu.yaml")),
];

/// A standard, as far as the record can serve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standard {
    /// Its name.
    pub name: String,
    /// Which edition.
    pub edition: String,
    /// Where the clauses were looked up.
    pub sources: Vec<String>,
    /// What it asks for, in the order of the file.
    pub evidence: Vec<Asked>,
}

/// One thing that a standard asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// What is to be shown.
    pub field: Field,
    /// The clause, in the standard's own numbering.
    pub clause: String,
    /// What it asks, in our words.
    pub asks: String,
}

macro_rules! fields {
    ($($variant:ident $word:literal $doc:literal)*) => {
        /// What the record can show of a change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Field { $(#[doc = $doc] $variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in data and output.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

fields! {
    Identified "identified" "What was changed: commits and paths."
    Reason "reason" "Why: the decision and the rule that led there."
    Authorised "authorised" "Which policy allowed it."
    Impact "impact" "What was answered about the damage."
    Approved "approved" "Who agreed."
    Independent "independent" "That somebody who agreed did not write it."
    Tested "tested" "What proves that it works."
    FallBack "fall_back" "What could be gone back to, and why that was not done."
    Deployed "deployed" "When it reached production, and as what."
    MergedBack "merged_back" "That the next release keeps it."
    RootCause "root_cause" "That the cause was found, and by whom that was accepted."
    Reviewed "reviewed" "That it was closed with everything its policy asks for."
    ProvenAuthor "proven_author" "That each event is proven to be by whom it names."
}

/// What the record shows for one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "text", rename_all = "kebab-case")]
pub enum Shown {
    /// This.
    Shown(String),
    /// It lacks, because ….
    Lacking(String),
    /// It can't be asked of a change of this kind.
    NotAsked(String),
}

impl Standard {
    /// Reads a standard's file; the error says what is wrong with it.
    pub fn read(source: &str, file: &str) -> Result<Self, String> {
        let document = document::read(source.as_bytes(), file).map_err(|problems| problems.to_string())?;
        let top = map(&document.root)?;
        let list = |node: &Node| match &node.kind {
            Kind::List(items) => items.iter().map(text).collect::<Result<Vec<_>, _>>(),
            _ => Err("a list is wanted".to_owned()),
        };
        let mut evidence = Vec::new();
        let Kind::Map(entries) = &get(&top, "evidence")?.kind else { return Err("`evidence` is no map".to_owned()) };
        for entry in entries {
            let field = Field::ALL.iter().find(|field| field.word() == entry.key);
            let field = *field.ok_or_else(|| format!("{:?} is nothing that the record can show", entry.key))?;
            let asked = map(&entry.value)?;
            evidence.push(Asked { field, clause: text(get(&asked, "clause")?)?, asks: text(get(&asked, "asks")?)? });
        }
        Ok(Self {
            name: text(get(&top, "name")?)?,
            edition: text(get(&top, "edition")?)?,
            sources: list(get(&top, "sources")?)?,
            evidence,
        })
    }
}

type Map<'n> = BTreeMap<&'n str, &'n Node>;

fn map(node: &Node) -> Result<Map<'_>, String> {
    match &node.kind {
        Kind::Map(entries) => Ok(entries.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect()),
        _ => Err("a map is wanted".to_owned()),
    }
}

fn get<'n>(map: &Map<'n>, key: &str) -> Result<&'n Node, String> {
    map.get(key).copied().ok_or_else(|| format!("there is no {key:?}"))
}

fn text(node: &Node) -> Result<String, String> {
    match &node.kind {
        Kind::Text(text) => Ok(text.clone()),
        _ => Err(format!("a text is wanted, and this is {}", node.what())),
    }
}

/// What is known about an incident beside its fold.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Who agreed to the fix that governs.
    pub approvers: &'a [&'a Person],
    /// What the policy still asks for, as codes; none for an incident that is over.
    pub owed: &'a [&'a str],
    /// The verdicts that it was closed on; empty while it is open.
    pub closed_on: &'a [TargetVerdict],
    /// How many of its events bear a signature that proves their actor, and how many events it has.
    pub proven: (usize, usize),
}

/// What the record shows of an incident for a field.
pub fn show(incident: &Incident, around: Around<'_>, field: Field) -> Shown {
    let check = &incident.check().what;
    let has_fix = incident.fixes().next().is_some();
    let of_fix = matches!(field, Field::Approved | Field::Independent | Field::Tested | Field::Deployed);
    if of_fix && !has_fix && incident.decision() != Decision::Hotfix {
        return Shown::NotAsked("production was changed without a fix".to_owned());
    }
    if of_fix && !has_fix {
        return Shown::Lacking("no fix is attached".to_owned());
    }
    match field {
        Field::Identified => identified(incident),
        Field::Reason => {
            let rule = check.rule.as_deref().map_or_else(String::new, |rule| format!(" by the rule {rule}"));
            Shown::Shown(format!("{}{rule}", check.decision.word()))
        }
        Field::Authorised => {
            let policy = &incident.policy;
            let source = policy.source.as_ref().map_or_else(|| "built in".to_owned(), |source| source.commit.short());
            let by = format!(
                "{} version {} ({source}), asked by {}",
                policy.name,
                policy.version,
                incident.check().by.actor
            );
            match incident.decision() {
                Decision::NormalRelease if has_fix => Shown::Lacking(format!("{by}: a normal release, no hotfix")),
                _ => Shown::Shown(by),
            }
        }
        Field::Impact => impact(incident),
        Field::Approved if around.approvers.is_empty() => Shown::Lacking("nobody's approval is recorded".to_owned()),
        Field::Approved => Shown::Shown(people(around.approvers)),
        Field::Independent => {
            let other = |person: &&&Person| !incident.fix_authors().any(|author| author.is(person));
            let others: Vec<&Person> = around.approvers.iter().filter(other).copied().collect();
            match others.is_empty() {
                true => Shown::Lacking("nobody but its authors agreed to it".to_owned()),
                false => Shown::Shown(people(&others)),
            }
        }
        Field::Tested => tested(incident),
        Field::FallBack => fall_back(incident),
        Field::Deployed => match incident.deployed.last() {
            None => Shown::Lacking("nobody said when it was deployed".to_owned()),
            Some(deployed) => {
                let release =
                    deployed.what.release.as_ref().map_or_else(String::new, |release| format!(" as {}", release.tag));
                Shown::Shown(format!("{}{release}", deployed.what.at.to_rfc3339()))
            }
        },
        Field::MergedBack => merged_back(incident, around.closed_on),
        Field::RootCause => root_cause(incident),
        Field::Reviewed => match (&incident.closed, incident.state) {
            (Some(closed), State::Closed) => Shown::Shown(format!("closed by {}", closed.actor)),
            _ => Shown::Lacking(format!("it is {}: {}", incident.state.word(), around.owed.join(", "))),
        },
        Field::ProvenAuthor => match around.proven {
            (1, 1) => Shown::Shown("the only event is signed by its author".to_owned()),
            (0, 1) => Shown::Lacking("the only event is not signed by its author".to_owned()),
            (proven, all) if proven == all => Shown::Shown(format!("all {all} events are signed by their authors")),
            (proven, all) => {
                Shown::Lacking(format!("{} of {all} events are not signed by their authors", all - proven))
            }
        },
    }
}

fn root_cause(incident: &Incident) -> Shown {
    let Some(analysis) = &incident.analysis else {
        return Shown::Lacking("no root cause analysis is recorded".to_owned());
    };
    match &analysis.accepted {
        None => Shown::Lacking(format!("the analysis by {} was not accepted by anybody else", analysis.by.actor)),
        Some(accepted) => Shown::Shown(format!("by {}, accepted by {}", analysis.by.actor, accepted.actor)),
    }
}

fn people(people: &[&Person]) -> String {
    people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn identified(incident: &Incident) -> Shown {
    let commits: Vec<_> = incident.fixes().flat_map(|fix| fix.what.commits.iter().map(ToString::to_string)).collect();
    if !commits.is_empty() {
        return Shown::Shown(commits.join(" "));
    }
    match (&incident.check().what.production, incident.decision()) {
        (Some(production), Decision::RollBack) => Shown::Shown(format!("back from {}", production.name)),
        (_, Decision::Hotfix) => Shown::Lacking("no fix is attached".to_owned()),
        (_, decision) => Shown::Shown(decision.word().to_owned()),
    }
}

fn impact(incident: &Incident) -> Shown {
    let facts = &incident.check().what.facts;
    if facts.is_empty() {
        return Shown::Lacking("nothing was answered about the damage: the walk ended on the ladder".to_owned());
    }
    let value = |value: &Value| match value {
        Value::OneOf(choice) => choice.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(quantity) => quantity.to_string(),
        Value::Text => "(in words)".to_owned(),
    };
    let facts: Vec<_> = facts.iter().map(|(name, answered)| format!("{name}: {}", value(&answered.value))).collect();
    Shown::Shown(facts.join(", "))
}

fn tested(incident: &Incident) -> Shown {
    let untested = incident.fixes().any(|fix| fix.what.proof == Proof::Untested);
    let word = |proof| match proof {
        Proof::Test => "a test",
        Proof::Ci => "continuous integration",
        Proof::Manual => "a manual check",
        Proof::Untested => "nothing",
    };
    if untested {
        return Shown::Lacking("it was deployed untested, and that was said".to_owned());
    }
    let proofs: Vec<_> = incident.fixes().map(|fix| word(fix.what.proof)).collect();
    Shown::Shown(proofs.join(", "))
}

fn fall_back(incident: &Incident) -> Shown {
    let check = &incident.check().what;
    let good = check.production.as_ref().and_then(|production| production.last_good.as_ref());
    let known = good.map_or_else(|| "no earlier release was found".to_owned(), |good| format!("to {}", good.tag));
    match &check.roll_back {
        RungAnswer::Yes => Shown::Shown(format!("gone back {known}")),
        RungAnswer::No { reason, evidence: Evidence::Owed { .. } } => {
            Shown::Lacking(format!("{known}; not gone back ({reason}), and the evidence is owed"))
        }
        RungAnswer::No { reason, .. } => Shown::Shown(format!("{known}; not gone back: {reason}")),
    }
}

fn merged_back(incident: &Incident, closed_on: &[TargetVerdict]) -> Shown {
    let has_fix = incident.fixes().next().is_some();
    if !has_fix && incident.cause.is_some() {
        return Shown::Shown("the cause is settled without a fix on a release line".to_owned());
    }
    if !has_fix {
        let no_code =
            incident.analysis.as_ref().is_some_and(|analysis| analysis.no_code_cause && analysis.accepted.is_some());
        return match no_code {
            true => Shown::NotAsked("no code was the cause".to_owned()),
            false => Shown::Lacking("nobody said how the cause is dealt with on main".to_owned()),
        };
    }
    let verdicts: Vec<&TargetVerdict> = match closed_on {
        [] => incident.verified.values().map(|verified| &verified.what).collect(),
        closed_on => closed_on.iter().collect(),
    };
    if verdicts.is_empty() {
        return Shown::Lacking("nobody asked yet whether it is on main".to_owned());
    }
    let say = |verdict: &&TargetVerdict| {
        let settled = match closing::settled(incident, &verdict.target) {
            Some(Settled::Waived) => ", waived",
            Some(Settled::Confirmed) => ", confirmed by a person",
            None => "",
        };
        format!("{} on {}{settled}", verdict.verdict.word(), short_ref(&verdict.target))
    };
    let is_open = |verdict: &&&TargetVerdict| {
        verdict.verdict != Verdict::Merged && closing::settled(incident, &verdict.target).is_none()
    };
    let open: Vec<_> = verdicts.iter().filter(is_open).map(say).collect();
    match open.is_empty() {
        true => Shown::Shown(verdicts.iter().map(say).collect::<Vec<_>>().join(", ")),
        false => Shown::Lacking(open.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_standards_are_whole_and_each_names_its_sources() {
        for (name, source) in BUILT_IN {
            let standard = Standard::read(source, name).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(standard.evidence.len() >= 8 && !standard.sources.is_empty(), "{name}");
            for asked in &standard.evidence {
                assert!(asked.clause.contains(": ") && asked.asks.len() > 20, "{name}: {asked:?}");
            }
        }
    }

    #[test]
    fn a_field_that_the_record_can_not_show_is_refused() {
        let source = BUILT_IN[0].1.replace("  tested:", "  tasted:");
        let why = Standard::read(&source, "x").expect_err("it is refused");
        assert!(why.contains("tasted"), "{why}");
    }
}
