//! What a changed policy would have said to the decisions of the past. No probe is run: the answers are those of the record.

use serde::Serialize;

use super::Policy;
use super::cases::Verdict;
use crate::domain::audit::answers;
use crate::domain::event::{Checked, Decision, RungAnswer, RungName};
use crate::domain::ladder::{Step, Walk, find_reason, walk};

/// A decision that a changed policy turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turned {
    /// What was decided.
    pub was: Decision,
    /// By which rule.
    pub was_rule: Option<String>,
    /// Whether an override decided it, against the answers.
    pub overridden: bool,
    /// What would be decided.
    pub now: Verdict,
    /// By which rule.
    pub now_rule: Option<String>,
    /// What would have to be answered first, where nothing is decided.
    pub lacking: Vec<String>,
    /// Whether a hotfix is easier or harder.
    pub direction: super::changes::Direction,
}

/// What a policy would say to a recorded walk; none where the decision stays.
pub fn turned(policy: &Policy, checked: &Checked) -> Option<Turned> {
    use super::changes::Direction;
    // A reason that the policy does not list any more is no reason: the rung would be asked again.
    let rungs = [(RungName::RollBack, Some(&checked.roll_back)), (RungName::FlagOff, checked.flag_off.as_ref())];
    let unlisted = rungs.into_iter().filter(|(name, answer)| {
        matches!(answer, Some(RungAnswer::No { reason, .. }) if find_reason(name.of(policy), reason).is_none())
    });
    let unlisted: Vec<String> = unlisted.map(|(name, _)| name.key().to_owned()).collect();
    let (now, now_rule, lacking) = match walk(policy, &answers(checked)) {
        _ if !unlisted.is_empty() => (Verdict::Undecided, None, unlisted),
        Walk::Decided { decision, rule } => (Verdict::Decided(decision), rule.map(str::to_owned), Vec::new()),
        Walk::Waiting(steps) => (Verdict::Undecided, None, steps.iter().map(Step::key).collect()),
    };
    let (was, overridden) = (checked.decision, checked.overridden.is_some());
    let hotfix = Verdict::Decided(Decision::Hotfix);
    // What an override made a hotfix was none by its answers.
    let was_by_answers = if overridden { None } else { Some(Verdict::Decided(was)) };
    let direction = match (was_by_answers, now) {
        (Some(was), now) if was == now => return None,
        (None, now) if now != hotfix => return None,
        (Some(was), _) if was == hotfix => Direction::Tightens,
        (_, now) if now == hotfix => Direction::Loosens,
        _ => Direction::Neither,
    };
    Some(Turned { was, was_rule: checked.rule.clone(), overridden, now, now_rule, lacking, direction })
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::super::{BUILT_IN, read};
    use super::*;
    use crate::domain::event::{Answered, Evidence, PolicyPin};
    use crate::domain::identity::Moment;
    use crate::domain::ladder::RungReply;

    fn policy(from: &str, to: &str) -> Policy {
        let text = BUILT_IN.split("\ntests: ").next().expect("a policy");
        assert!(text.contains(from), "{from:?} stands nowhere");
        // One fact more, for the rules that want it.
        let text = text.replace("facts:\n", "facts:\n  known: { question: Was it known?, type: bool }\n");
        read(text.replacen(from, to, 1).as_bytes(), "p.yaml").unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The record of a walk under the built-in policy: `KEY=VALUE …`; a rung that is left out was passed as tried.
    fn recorded(given: &str) -> Checked {
        let policy = policy("", "");
        let pairs = given.split_whitespace().map(|pair| pair.split_once('=').expect("KEY=VALUE"));
        let given = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let answers = cases::answers(&policy, &given).expect("answers that the policy knows");
        let Walk::Decided { decision, rule } = walk(&policy, &answers) else { panic!("{given:?} decides nothing") };
        let rung = |name| match &answers.rungs[&name] {
            RungReply::Yes => RungAnswer::Yes,
            RungReply::No { reason, .. } => RungAnswer::No { reason: reason.clone(), evidence: Evidence::Text },
        };
        let facts = answers
            .facts
            .iter()
            .map(|(name, reply)| (name.clone(), Answered { value: reply.value.clone(), provenance: reply.provenance }));
        Checked {
            started: Moment::default(),
            policy: PolicyPin { name: "built-in".to_owned(), version: 1, source: None, main: None },
            production: None,
            roll_back: rung(RungName::RollBack),
            flag_off: (decision != Decision::RollBack).then(|| rung(RungName::FlagOff)),
            facts: facts.collect(),
            decision,
            rule: rule.map(str::to_owned),
            overridden: None,
            demanded: None,
        }
    }

    fn told(turned: Option<Turned>) -> String {
        let Some(turned) = turned else { return "stays".to_owned() };
        let rule = |rule: &Option<String>| rule.as_deref().map_or_else(String::new, |rule| format!(" ({rule})"));
        let lacking = if turned.lacking.is_empty() { String::new() } else { format!(" {}", turned.lacking.join(" ")) };
        let (was, now) = (turned.was.word(), turned.now);
        let by = if turned.overridden { " by an override" } else { "" };
        format!(
            "{was}{by}{} -> {now}{}{lacking} {:?}",
            rule(&turned.was_rule),
            rule(&turned.now_rule),
            turned.direction
        )
    }

    #[test]
    fn past_decisions_turn_with_the_policy_and_the_direction_is_told() {
        let stuck = "severity=sev2 why_now=money data_at_risk=no affected=many workaround=failing";
        for (given, from, to, expected) in [
            (stuck, "", "", "stays"),
            (
                stuck,
                "affected: [most, many], workaround",
                "affected: most, workaround",
                "hotfix (users-stuck) -> normal-release Tightens",
            ),
            (
                "severity=sev3 why_now=money data_at_risk=no affected=many workaround=none",
                "severity: sev2, affected",
                "severity: [sev2, sev3], affected",
                "normal-release -> hotfix (users-stuck) Loosens",
            ),
            // Another rule, the same decision.
            (
                stuck,
                "    production-down:",
                "    stuck: { means: The same, when: { severity: sev2, affected: many, workaround: failing } }\n    production-down:",
                "stays",
            ),
            (
                "severity=sev1 why_now=promised data_at_risk=no affected=most",
                "promised, big-customer-asked",
                "big-customer-asked",
                "normal-release (not-an-emergency) -> hotfix (production-down) Loosens",
            ),
            // A reason that is no longer accepted is asked for again, and never taken for another one.
            (
                stuck,
                "      tried:                        { means: \"Tried, did not help\", evidence: text }\n      schema",
                "      schema",
                "hotfix (users-stuck) -> undecided roll-back Tightens",
            ),
            // A fact that nobody was asked for then.
            (
                stuck,
                "workaround: [none, failing] } }\n    law",
                "workaround: [none, failing], known: true } }\n    law",
                "hotfix (users-stuck) -> undecided known Tightens",
            ),
            ("roll-back=yes", "severity: sev2, affected", "severity: [sev2, sev3], affected", "stays"),
        ] {
            assert_eq!(told(turned(&policy(from, to), &recorded(given))), expected, "{given}, with {to:?}");
        }
    }

    #[test]
    fn what_an_override_made_a_hotfix_turns_only_where_the_answers_would_now() {
        let mut checked = recorded("severity=sev1 why_now=promised data_at_risk=no affected=most");
        (checked.decision, checked.overridden, checked.rule) = (Decision::Hotfix, Some("e7".to_owned()), None);
        assert_eq!(told(turned(&policy("", ""), &checked)), "stays");
        let harder = policy("affected: [most, many], workaround", "affected: most, workaround");
        assert_eq!(told(turned(&harder, &checked)), "stays");
        let easier = policy("promised, big-customer-asked", "big-customer-asked");
        assert_eq!(told(turned(&easier, &checked)), "hotfix by an override -> hotfix (production-down) Loosens");
    }
}
