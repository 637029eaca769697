//! What `hotfix check` answers: the decision or what it waits for, with the evidence.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Written;
use super::opening::{Opening, price_words};
use super::words::{NOTE_QUESTION, SHOWN, earlier_words, finding_line, production_fields, roll_back_words};
use crate::commands::moment;
use crate::commands::outcome::next_commands;
use crate::domain::budget::Earlier;
use crate::domain::event::{Answered, Checked, Decision, Demanded, PolicyPin, RungName};
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::ladder::{Answers, OWED, Step};
use crate::domain::policy::{EvidenceKind, FactKind, Policy, Rule};
use crate::domain::refusal::{self, Code, Refusal};
use crate::evidence::flags::FlagReport;
use crate::evidence::production::Production;
use crate::evidence::roll_back::RollBackReport;
use crate::failure::ExitCode;
use crate::render::{Page, Report, Tone};

/// A walk that did not begin.
#[derive(Serialize)]
pub(super) struct Stopped {
    incident: IncidentId,
    refusals: Vec<Refusal>,
}

impl Stopped {
    pub(super) fn new(incident: &IncidentId, refusal: Refusal) -> Self {
        Self { incident: incident.clone(), refusals: vec![refusal] }
    }

    pub(super) fn not_opened(incident: &IncidentId, other: &str) -> Self {
        let refusal = Refusal {
            code: Code::AnswersMissing,
            message: format!("{incident} was not opened, for it may be {other}"),
            next: vec![format!("hotfix check {other}"), format!("hotfix check {incident}")],
        };
        Self::new(incident, refusal)
    }

    pub(super) fn exit(&self) -> ExitCode {
        refusal::exit_of(&self.refusals)
    }
}

impl Report for Stopped {
    fn text(&self, page: &mut Page) {
        page.refusals(&self.refusals);
    }
}

/// What a walk came to.
#[derive(Serialize)]
pub(super) struct CheckReport<'o> {
    incident: &'o IncidentId,
    /// Whether this walk opened the incident.
    opened: bool,
    started: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleShown<'o>>,
    /// The id of the event that holds the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    /// Whether the very same decision stood on the record already.
    already_recorded: bool,
    dry_run: bool,
    policy: &'o PolicyPin,
    production: &'o Production,
    roll_back: &'o RollBackReport,
    /// Looked for only while the second rung is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<&'o FlagReport>,
    answers: BTreeMap<String, Answered>,
    missing: Vec<Missing>,
    refusals: Vec<Refusal>,
    next: Vec<String>,
    /// What the policy demands beside the usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    demanded: Option<Demanded>,
    /// The override that made it a hotfix.
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<String>,
    /// The hotfixes before this one, and what they have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier: Option<&'o Earlier>,
    notes: &'o [String],
    #[serde(skip)]
    now: Moment,
    #[serde(skip)]
    price: Vec<String>,
}

#[derive(Serialize)]
struct RuleShown<'o> {
    name: &'o str,
    means: &'o str,
}

/// A question without an answer.
#[derive(Serialize)]
struct Missing {
    key: String,
    question: String,
    /// What it takes.
    takes: Vec<String>,
    /// The option that would answer it.
    set: String,
}

impl<'o> CheckReport<'o> {
    pub(super) fn waiting(opening: &'o Opening, steps: &[Step<'_>], (answers, now): (&Answers, Moment)) -> Self {
        let missing: Vec<Missing> = steps.iter().map(|step| missing(step, opening, answers)).collect();
        let sets: Vec<String> = missing.iter().map(|missing| missing.set.clone()).collect();
        let count = missing.len();
        let them = if count == 1 { "1 question has".to_owned() } else { format!("{count} questions have") };
        let refusal = Refusal::new(
            Code::AnswersMissing,
            format!("nothing is decided yet: {them} no answer"),
            format!("{} {}", opening.typed, sets.join(" ")),
        );
        let next = name_production(opening).into_iter().collect();
        Self { missing, refusals: vec![refusal], next, ..Self::base(opening, now) }
    }

    pub(super) fn decided(opening: &'o Opening, checked: &Checked, written: &Written, now: Moment) -> Self {
        let rules = || opening.policy.qualifies.any.iter().chain(&opening.policy.qualifies.never);
        let rule = checked.rule.as_ref().and_then(|name| rules().find(|rule| rule.name == *name));
        let (recorded, already_recorded) = match written {
            Written::Recorded(recorded) => (Some(recorded.event.id.clone()), false),
            Written::Already(event) => (Some(event.clone()), true),
            Written::DryRun => (None, false),
        };
        let (mut refusals, mut next) = consequences(opening, checked.decision, rule);
        if opening.dry_run && refusals.is_empty() {
            // `check --policy FILE && deploy` must not ship on a policy that nobody agreed to.
            next.clear();
            let message = "by the policy in that file it would be a hotfix; nothing is recorded";
            refusals.push(Refusal::new(Code::DryRun, message, format!("hotfix check {}", opening.id)));
        }
        next.splice(0..0, name_production(opening));
        if already_recorded {
            next.push(format!("hotfix check {} --again    # asks everything anew", opening.id));
        }
        Self {
            opened: opening.is_new && recorded.is_some(),
            decision: Some(checked.decision),
            rule: rule.map(|rule| RuleShown { name: &rule.name, means: &rule.means }),
            recorded,
            already_recorded,
            answers: checked.facts.clone(),
            price: checked.demanded.as_ref().map_or_else(Vec::new, |demanded| {
                let facts =
                    checked.facts.iter().map(|(name, answered)| (name.clone(), answered.value.clone())).collect();
                price_words(demanded, &opening.policy, &facts, opening.spent.as_ref())
            }),
            demanded: checked.demanded.clone(),
            overridden: checked.overridden.clone(),
            refusals,
            next,
            ..Self::base(opening, now)
        }
    }

    fn base(opening: &'o Opening, now: Moment) -> Self {
        Self {
            incident: &opening.id,
            opened: false,
            started: opening.started,
            decision: None,
            rule: None,
            recorded: None,
            already_recorded: false,
            dry_run: opening.dry_run,
            policy: &opening.pin,
            production: &opening.production,
            roll_back: &opening.roll_back,
            flags: opening.flags_seen(),
            answers: BTreeMap::new(),
            missing: Vec::new(),
            refusals: Vec::new(),
            next: Vec::new(),
            demanded: None,
            overridden: None,
            earlier: opening.earlier.as_ref(),
            notes: &opening.notes,
            now,
            price: Vec::new(),
        }
    }

    pub(super) fn exit(&self) -> ExitCode {
        refusal::exit_of(&self.refusals)
    }
}

/// What follows from a decision: why there is no hotfix, and the commands to type.
fn consequences(opening: &Opening, decision: Decision, rule: Option<&Rule>) -> (Vec<Refusal>, Vec<String>) {
    let id = &opening.id;
    let help = |rung: RungName| {
        let mut commands = policy_commands(opening, rung);
        commands.push(format!("hotfix restored {id} --by {}", rung.key()));
        let tried = rung.of(&opening.policy).no_because.iter().find(|reason| reason.name == "tried");
        commands.extend(tried.map(|_| format!("hotfix check {id} --set {}=tried    # if it did not help", rung.key())));
        commands
    };
    let normal = |rule| normal_release(id, &opening.policy, rule);
    let refusal = match (decision, rule) {
        (Decision::Hotfix, _) => return (Vec::new(), vec![format!("hotfix start {id}")]),
        (Decision::RollBack, _) => Refusal {
            code: Code::RollBackFirst,
            message: "roll back: no hotfix while going back is possible".to_owned(),
            next: help(RungName::RollBack),
        },
        (Decision::FlagOff, _) => Refusal {
            code: Code::FlagOffFirst,
            message: "switch it off: no hotfix while a flag can do it".to_owned(),
            next: help(RungName::FlagOff),
        },
        (Decision::NormalRelease, Some(rule)) => Refusal {
            code: Code::NeverQualifies,
            message: format!("no hotfix: {}", rule.means),
            next: normal(Some(rule)),
        },
        (Decision::NormalRelease, None) => Refusal {
            code: Code::DoesNotQualify,
            message: "no rule of the policy calls this an emergency".to_owned(),
            next: normal(None),
        },
    };
    (vec![refusal], Vec::new())
}

/// How to say what production runs, where git can't tell.
fn name_production(opening: &Opening) -> Option<String> {
    let Production::Unknown(unknown) = &opening.production else { return None };
    Some(match unknown.next.starts_with("--") {
        true => format!("hotfix check {} {}", opening.id, unknown.next),
        false => unknown.next.clone(),
    })
}

/// The policy's own commands for a rung, filled in. What is not known stays as it is written, for a person to fill in.
fn policy_commands(opening: &Opening, rung: RungName) -> Vec<String> {
    let production = opening.production.recorded();
    let quoted = |name: &str| shlex::try_quote(name).map_or_else(|_| name.to_owned(), |quoted| quoted.into_owned());
    let fill = |command: &String| {
        let mut filled = command.replace("{incident}", opening.id.as_str());
        if let Some(running) = &production {
            filled = filled.replace("{production}", &quoted(&running.name));
            if let Some(good) = &running.last_good {
                filled = filled.replace("{last_good}", &quoted(&good.tag));
            }
        }
        filled
    };
    rung.of(&opening.policy).commands.iter().map(fill).collect()
}

/// The way out of a refusal: the normal release, and what would have to be true. Where a rule says never, nothing else counts
/// before that one no longer holds.
fn normal_release(id: &IncidentId, policy: &Policy, never: Option<&Rule>) -> Vec<String> {
    let mut next = vec![format!("make the change on {} and ship it with the next release", policy.branches.main)];
    match never {
        Some(rule) => next.extend(
            rule.when.keys().map(|fact| format!("hotfix check {id} --set {fact}=VALUE    # if that has changed")),
        ),
        None => {
            next.extend(policy.qualifies.any.iter().map(|rule| format!("it would qualify if: {}", rule.means)));
            next.push(format!("hotfix check {id} --set KEY=VALUE    # if a fact has changed"));
        }
    }
    next
}

fn missing(step: &Step<'_>, opening: &Opening, answers: &Answers) -> Missing {
    let key = step.key();
    let (question, takes): (String, Vec<String>) = match step {
        Step::Rung(_, rung) => {
            let reasons = rung.no_because.iter().map(|reason| reason.name.clone());
            (rung.question.clone(), std::iter::once("yes".to_owned()).chain(reasons).collect())
        }
        Step::Evidence(_, reason) => {
            let takes = match reason.evidence {
                EvidenceKind::None => Vec::new(),
                kind => vec![kind.asks_for().to_owned(), OWED.to_owned()],
            };
            (format!("{}: what shows it?", reason.means), takes)
        }
        Step::Fact(fact) => {
            let takes = match &fact.kind {
                FactKind::OneOf { choices } => choices.iter().map(|choice| choice.value.clone()).collect(),
                FactKind::Bool => vec!["yes".to_owned(), "no".to_owned()],
                FactKind::Number { unit, .. } => vec![format!("a number of {unit}")],
                FactKind::Text => vec!["a sentence".to_owned()],
            };
            (fact.question.clone(), takes)
        }
        Step::Note => {
            let why = opening.price(answers).join(" ");
            (format!("{NOTE_QUESTION} {why}"), vec!["a sentence".to_owned()])
        }
    };
    Missing { set: format!("--set {key}=…"), key, question, takes }
}

impl Report for CheckReport<'_> {
    fn text(&self, page: &mut Page) {
        if let Some(earlier) = self.earlier {
            page.paragraph(&earlier_words(earlier, self.now));
            page.blank();
        }
        page.paragraph(&self.headline(page));
        page.fields(&self.fields());
        self.price.iter().for_each(|line| page.paragraph(line));
        self.findings(page);
        if !self.notes.is_empty() {
            page.blank();
            self.notes.iter().for_each(|note| page.paragraph(note));
        }
        for missing in &self.missing {
            page.blank();
            page.title(&missing.key);
            page.indented(&missing.question);
            page.indented(&page.mark(Tone::Quiet, &missing.takes.join(", ")));
        }
        if !self.refusals.is_empty() {
            page.blank();
            page.refusals(&self.refusals);
        }
        next_commands(page, &self.next);
    }
}

impl CheckReport<'_> {
    fn headline(&self, page: &Page) -> String {
        let decision = match self.decision {
            None => page.mark(Tone::Wait, "not decided"),
            Some(Decision::Hotfix) => page.mark(Tone::Good, "hotfix"),
            Some(decision) => page.mark(Tone::Bad, decision.word()),
        };
        let state = match (self.dry_run, self.opened, self.already_recorded) {
            (true, ..) => " (dry run: nothing is recorded)",
            (_, true, _) => " (opened)",
            (_, _, true) => " (on the record already)",
            _ => "",
        };
        let state = if self.overridden.is_some() { format!("{state}, by an override") } else { state.to_owned() };
        format!("{}: {decision}{state}", page.mark(Tone::Strong, self.incident.as_str()))
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if let Some(rule) = &self.rule {
            fields.push(("rule", format!("{}: {}", rule.name, rule.means)));
        }
        fields.push(("started", moment::show(self.started)));
        fields.push(("policy", format!("{}, version {}", self.policy.name, self.policy.version)));
        fields.extend(production_fields(self.production, self.now));
        fields.push(("roll back", roll_back_words(self.roll_back)));
        fields
    }

    /// What stands in the way of going back: told while that is still to be decided, or was just decided.
    fn findings(&self, page: &mut Page) {
        if !matches!(self.decision, None | Some(Decision::RollBack)) {
            return;
        }
        for finding in self.roll_back.blockers.iter().take(SHOWN) {
            page.bullet(&finding_line(finding));
        }
        let more = self.roll_back.blockers.len().saturating_sub(SHOWN);
        if more > 0 {
            page.bullet(&format!("and {more} more: --format json lists them"));
        }
    }
}
