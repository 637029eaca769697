//! The walk together with what stands beside it: gates that were skipped, and what the policy demands for one more hotfix.

use std::collections::BTreeMap;

use super::budget::demanded;
use super::event::{Decision, Demanded};
use super::identity::Moment;
use super::incident::Incident;
use super::ladder::{Answers, Step, Walk, walk};
use super::overrides::{self, Fate};
use super::policy::{Policy, Value};
use super::refusal::Code;

/// What stands beside the answers of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The points that other hotfixes and every override used.
    pub used: u32,
    /// Whether something that another incident owes is overdue.
    pub overdue: bool,
    /// The gates of the check that are skipped now, each with the override's event.
    pub skipped: Vec<(Code, String)>,
}

/// What a walk came to, all things considered.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling<'p> {
    /// The walk; a hotfix where an override made it one.
    pub walk: Walk<'p>,
    /// The override's event, if one made it a hotfix.
    pub overridden: Option<String>,
    /// What the policy demands for it, if it is a hotfix.
    pub demanded: Option<Demanded>,
}

/// The gates of the check that are skipped in an incident now.
pub fn skipped(incident: &Incident, now: Moment) -> Vec<(Code, String)> {
    let gates = overrides::gates().filter(|(_, stage)| *stage == overrides::Stage::Check);
    let holds = |code: Code| {
        incident.said.overrides.iter().rfind(|done| {
            let fate = overrides::fate(incident, done, None, now);
            // Used once is used on: the same walk, asked again within its time, decides the same.
            done.what.gate == code.word() && now <= done.what.until && matches!(fate, Fate::Active | Fate::Used)
        })
    };
    gates.filter_map(|(code, _)| Some((code, holds(code)?.by.event.clone()))).collect()
}

/// Decides by the answers and by what stands beside them.
pub fn ruling<'p>(policy: &'p Policy, answers: &Answers, beside: &Beside) -> Ruling<'p> {
    let walk = walk(policy, answers);
    let Walk::Decided { decision, rule } = &walk else { return Ruling { walk, overridden: None, demanded: None } };
    let overridden = match gate(*decision, rule.is_some()) {
        None => None,
        Some(gate) => match beside.skipped.iter().find(|(code, _)| *code == gate) {
            None => return Ruling { walk, overridden: None, demanded: None },
            Some((_, event)) => Some(event.clone()),
        },
    };
    let facts: BTreeMap<String, Value> =
        answers.facts.iter().map(|(name, reply)| (name.clone(), reply.value.clone())).collect();
    let mut demanded = demanded(policy, beside.used, beside.overdue, &facts);
    // Whoever skipped a gate has said why already.
    demanded.note &= overridden.is_none();
    if demanded.note && answers.note.is_none() {
        return Ruling { walk: Walk::Waiting(vec![Step::Note]), overridden, demanded: Some(demanded) };
    }
    let rule = if overridden.is_some() { None } else { *rule };
    let demanded = (!demanded.is_nothing()).then_some(demanded);
    Ruling { walk: Walk::Decided { decision: Decision::Hotfix, rule }, overridden, demanded }
}

/// The gate that keeps a decision from being a hotfix; none for a hotfix.
pub fn gate(decision: Decision, by_rule: bool) -> Option<Code> {
    match (decision, by_rule) {
        (Decision::Hotfix, _) => None,
        (Decision::RollBack, _) => Some(Code::RollBackFirst),
        (Decision::FlagOff, _) => Some(Code::FlagOffFirst),
        (Decision::NormalRelease, true) => Some(Code::NeverQualifies),
        (Decision::NormalRelease, false) => Some(Code::DoesNotQualify),
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::cases::answers;
    use super::super::policy::{BUILT_IN, read};
    use super::*;

    /// The verdict on answers (`KEY=VALUE …`; a rung that is left out was passed) with so many points used, something
    /// overdue or not, and a gate skipped or none, in words.
    fn told(given: &str, (used, overdue): (u32, bool), skipped: Option<Code>, note: Option<&str>) -> String {
        let text = BUILT_IN.split("\ntests: ").next().expect("a policy");
        let text = text.replace("[{ from: 3, note: true }]", "[{ from: 3, note: true }, { from: 5, approval: lead }]");
        let text = format!("{text}\nroles: {{ lead: {{ members: [lena@x] }} }}\n");
        let policy = read(text.as_bytes(), "p.yaml").unwrap_or_else(|problems| panic!("{problems}"));
        let pairs = given.split_whitespace().map(|pair| pair.split_once('=').expect("KEY=VALUE"));
        let given = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let mut answers = answers(&policy, &given).expect("answers that the policy knows");
        answers.note = note.map(str::to_owned);
        let skipped = skipped.map(|code| (code, "e7".to_owned())).into_iter().collect();
        let ruling = ruling(&policy, &answers, &Beside { used, overdue, skipped });
        let mut words = match ruling.walk {
            Walk::Waiting(steps) => format!("asks for {}", steps.iter().map(Step::key).collect::<Vec<_>>().join(" ")),
            Walk::Decided { decision, rule } => format!("{} by {}", decision.word(), rule.unwrap_or("none")),
        };
        words.extend(ruling.overridden.map(|event| format!(", overridden in {event}")));
        words.extend(ruling.demanded.map(|demanded| {
            let roles: String = demanded.approvals.iter().map(|role| format!(" {role}")).collect();
            format!(", {} points{}{roles}", demanded.points, if demanded.note { " note" } else { "" })
        }));
        words
    }

    const DOWN: &str = "severity=sev1 why_now=money data_at_risk=no affected=most workaround=none";

    #[test]
    fn the_ladder_goes_first_and_no_number_of_overrides_makes_a_missing_answer() {
        for (given, skipped, expected) in [
            (DOWN, None, "hotfix by production-down"),
            ("roll-back=yes", None, "roll-back by none"),
            ("flag-off=yes", None, "flag-off by none"),
            (&format!("{DOWN} flag-off=yes"), None, "flag-off by none"),
            ("severity=sev1", None, "asks for why_now data_at_risk affected"),
            ("severity=sev1", Some(Code::NeverQualifies), "asks for why_now data_at_risk affected"),
            ("severity=sev1 why_now=promised", None, "normal-release by not-an-emergency"),
            // Each gate is skipped by its own name only.
            ("severity=sev1 why_now=promised", Some(Code::DoesNotQualify), "normal-release by not-an-emergency"),
            ("severity=sev1 why_now=promised", Some(Code::RollBackFirst), "normal-release by not-an-emergency"),
            ("severity=sev1 why_now=promised", Some(Code::NeverQualifies), "hotfix by none, overridden in e7"),
            (
                "severity=sev2 why_now=money data_at_risk=no affected=many workaround=holds",
                Some(Code::DoesNotQualify),
                "hotfix by none, overridden in e7",
            ),
            ("roll-back=yes", Some(Code::RollBackFirst), "hotfix by none, overridden in e7"),
            ("roll-back=yes", Some(Code::FlagOffFirst), "roll-back by none"),
            ("flag-off=yes", Some(Code::FlagOffFirst), "hotfix by none, overridden in e7"),
            // What is a hotfix anyway needs no override, and uses none up.
            (DOWN, Some(Code::NeverQualifies), "hotfix by production-down"),
        ] {
            assert_eq!(told(given, (0, false), skipped, None), expected, "{given}, skipped {skipped:?}");
        }
    }

    #[test]
    fn a_dear_hotfix_waits_for_its_note_and_nothing_else_does() {
        let never = "severity=sev1 why_now=promised data_at_risk=no";
        for (given, beside, skipped, note, expected) in [
            (DOWN, (1, false), None, None, "hotfix by production-down"),
            (DOWN, (2, false), None, None, "asks for note, 3 points note"),
            (DOWN, (2, false), None, Some("why"), "hotfix by production-down, 3 points note"),
            (DOWN, (0, true), None, None, "asks for note, 1 points note"),
            (DOWN, (4, false), None, None, "hotfix by production-down, 5 points lead"),
            (DOWN, (4, true), None, Some("why"), "hotfix by production-down, 5 points note lead"),
            // Rolling back costs nothing, whatever was spent.
            ("roll-back=yes", (99, true), None, None, "roll-back by none"),
            // Whoever skipped a gate has said why; the second person is wanted all the same.
            (never, (2, false), Some(Code::NeverQualifies), None, "hotfix by none, overridden in e7"),
            (never, (4, false), Some(Code::NeverQualifies), None, "hotfix by none, overridden in e7, 5 points lead"),
        ] {
            assert_eq!(told(given, beside, skipped, note), expected, "{given}, {beside:?}, skipped {skipped:?}");
        }
    }
}
