//! Reading the policy's own tests.

use std::collections::BTreeMap;

use crate::document::{Entry, Kind, Problem, ProblemCode};

use super::super::answer::way_out;
use super::super::cases::{self, Expected, PolicyTest, Verdict};
use super::super::{Policy, shape};
use super::people::RoleNames;
use super::section::{Reader, Section};

impl<'d> Reader<'d> {
    pub(super) fn tests(&mut self, entry: &'d Entry, policy: &Policy, roles: &RoleNames) -> Option<Vec<PolicyTest>> {
        let before = self.problems.len();
        let tests: Vec<PolicyTest> =
            self.named(entry, "tests", '-')?.into_iter().filter_map(|test| self.test(test, policy, roles)).collect();
        (self.problems.len() == before).then_some(tests)
    }

    fn test(&mut self, entry: &'d Entry, policy: &Policy, roles: &RoleNames) -> Option<PolicyTest> {
        let section =
            self.section_of(&entry.value, &entry.span, &format!("the test {:?}", entry.key), &[shape::TEST.keys])?;
        let given = section.get("given").and_then(|given| self.given(given, policy));
        let at = self.optional(&section, "at", Self::day);
        let budget_used = self.optional(&section, "budget_used", |reader, node| {
            reader.count(node, 0, 10_000, "write the points that were used already, such as 2")
        });
        let overdue = self.optional(&section, "overdue", |reader, node| reader.boolean(node));
        let expect = self.expected(&section, policy, roles);
        Some(PolicyTest {
            name: entry.key.clone(),
            line: Problem::new(self.source(), entry.span.clone(), ProblemCode::Empty, "", "").line,
            given: given?,
            at: at?,
            budget_used: budget_used?.unwrap_or(0),
            overdue: overdue?.unwrap_or(false),
            expect: expect?,
        })
    }

    fn expected(&mut self, section: &Section<'d>, policy: &Policy, roles: &RoleNames) -> Option<Expected> {
        let verdict = section.get("expect").and_then(|entry| self.word(&entry.value, shape::VERDICTS));
        let rules = || policy.qualifies.any.iter().chain(&policy.qualifies.never).map(|rule| rule.name.as_str());
        let rule = self.optional(section, "rule", |reader, node| {
            let name = reader.line(node)?;
            if rules().all(|known| known != name) {
                let known: Vec<&str> = rules().collect();
                reader.report(
                    &node.span,
                    ProblemCode::OutsideType,
                    format!("there is no rule {name:?}"),
                    way_out(name, &known),
                );
                return None;
            }
            Some(name.to_owned())
        });
        let approvals = section.get("approvals").map_or(Some(None), |entry| self.needs(entry, roles).map(Some));
        let note = self.optional(section, "note", |reader, node| reader.boolean(node));
        let verdict = verdict.and_then(|word| Verdict::ALL.into_iter().find(|verdict| verdict.word() == word));
        Some(Expected { verdict: verdict?, rule: rule?, approvals: approvals?, note: note? })
    }

    /// Answers as a script would give them; each is held to the policy.
    fn given(&mut self, entry: &'d Entry, policy: &Policy) -> Option<BTreeMap<String, String>> {
        let Kind::Map(entries) = &entry.value.kind else {
            let message = format!("answers are a map of key to answer, and this is {}", entry.value.what());
            self.report(
                &entry.value.span,
                ProblemCode::WrongType,
                message,
                "write for example `given: { severity: sev1 }`",
            );
            return None;
        };
        let before = self.problems.len();
        let mut given = BTreeMap::new();
        for answer in entries {
            let text = match &answer.value.kind {
                Kind::Text(text) | Kind::Number(text) => text.clone(),
                Kind::Bool(value) => value.to_string(),
                Kind::Null | Kind::List(_) | Kind::Map(_) => {
                    let message = format!("an answer is wanted here, and this is {}", answer.value.what());
                    self.report(&answer.value.span, ProblemCode::WrongType, message, "write one answer, as for --set");
                    continue;
                }
            };
            given.insert(answer.key.clone(), text);
        }
        if let Err((key, error)) = cases::answers(policy, &given) {
            let span = entries.iter().find(|answer| answer.key == key).map_or(&entry.span, |answer| &answer.span);
            let help = "write the key and an answer that `hotfix check --set` would take";
            self.report(span, ProblemCode::OutsideType, error.to_string(), help);
        }
        (self.problems.len() == before).then_some(given)
    }
}
