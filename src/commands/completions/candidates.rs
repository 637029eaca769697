//! What could stand at the cursor. Whatever can't be told (no repository, no ledger, a broken policy) offers nothing, and
//! nothing is said about it: an error in the middle of somebody's command line helps nobody.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Arg;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::commands::book::Book;
use crate::commands::policies::Policies;
use crate::document::ProblemCode;
use crate::domain::event::RungName;
use crate::domain::finding::FindingCode;
use crate::domain::incident::Incident;
use crate::domain::overrides;
use crate::domain::policy::{Choice, FactKind, Policy, Rung, SEVERITY};
use crate::domain::refusal::Code;
use crate::domain::text;
use crate::evidence::policy_in_force;
use crate::failure::Failure;
use crate::session::{Globals, Session};

/// The words that stand on the line so far.
#[derive(Clone, Debug)]
pub struct Line {
    words: Arc<[OsString]>,
}

impl Line {
    /// The line of these words, the program's name first.
    pub fn new(words: &[OsString]) -> Self {
        Self { words: words.into() }
    }

    /// The directory that the line names with `-C`.
    pub fn directory(&self) -> Option<PathBuf> {
        self.words.windows(2).find(|pair| pair[0] == "-C").map(|pair| PathBuf::from(&pair[1]))
    }

    /// The same command line, whose arguments know what could stand there.
    pub fn teach(&self, command: clap::Command) -> clap::Command {
        let line = self.clone();
        let name = command.get_name().to_owned();
        let command = command.mut_args(move |arg| line.taught(arg, &name));
        let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
        names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |inner| self.teach(inner)))
    }

    fn taught(&self, arg: Arg, command: &str) -> Arg {
        let line = self.clone();
        let known = |list: fn(&Line) -> Result<Vec<CompletionCandidate>, Failure>| {
            ArgValueCandidates::new(move || list(&line).unwrap_or_default())
        };
        match arg.get_id().as_str() {
            "incident" if ["show", "log", "reopen"].contains(&command) => arg.add(known(|line| line.incidents(true))),
            "incident" => arg.add(known(|line| line.incidents(false))),
            "gate" => arg.add(known(|_| Ok(gates()))),
            "code" => arg.add(known(|_| Ok(codes()))),
            "role" => arg.add(known(|line| line.of_policy(roles))),
            "level" => arg.add(known(|line| line.of_policy(|policy| values(policy, SEVERITY)))),
            "waive" => arg.add(known(|line| line.of_policy(|policy| normal_gates(policy, "")))),
            "done" => arg.add(known(|line| line.of_policy(|policy| normal_gates(policy, "=")))),
            "release" => arg.add(known(|line| line.refs(false))),
            "production" | "into" => arg.add(known(|line| line.refs(true))),
            "from" if command == "start" => arg.add(known(|line| line.refs(true))),
            "set" => {
                let line = self.clone();
                arg.add(ArgValueCompleter::new(move |current: &OsStr| line.answers(current).unwrap_or_default()))
            }
            _ => arg,
        }
    }

    fn session(&self) -> Session {
        Session::of_process(&Globals { directory: self.directory(), ..Globals::default() })
    }

    fn incidents(&self, over_too: bool) -> Result<Vec<CompletionCandidate>, Failure> {
        let session = self.session();
        let book = Book::open_for_list(&session)?;
        let mut incidents: Vec<&Incident> =
            book.incidents.values().filter(|incident| over_too || !incident.is_over()).collect();
        // The newest first: that is the one people mean.
        incidents.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.id.cmp(&b.id)));
        let told = |incident: &Incident| format!("{}, {}", incident.state.word(), incident.decision().word());
        let known = incidents.into_iter().map(|incident| candidate(incident.id.as_str(), &told(incident)));
        let quiet = book.left_out.keys().filter(|_| over_too).map(|id| candidate(id.as_str(), "over"));
        Ok(known.chain(quiet).collect())
    }

    /// What the policy tells that governs the incident on the line, or would govern a new one.
    fn of_policy<T>(&self, tell: impl Fn(&Policy) -> T) -> Result<T, Failure> {
        let session = self.session();
        let repository = session.repository()?;
        let book = Book::open_for_list(&session);
        let incidents = book.as_ref().ok().map(|book| &book.incidents);
        let named = |incident: &&Incident| self.words.iter().any(|word| word == incident.id.as_str());
        if let Some(incident) = incidents.and_then(|incidents| incidents.values().find(named)) {
            return Ok(tell(&*Policies::new(repository).of(incident)?));
        }
        let pinned = book.as_ref().ok().and_then(|book| book.trusted_ref());
        Ok(tell(&policy_in_force::policy_in_force(repository, session.now(), pinned)?.policy))
    }

    fn refs(&self, branches_too: bool) -> Result<Vec<CompletionCandidate>, Failure> {
        let session = self.session();
        let repository = session.repository()?;
        let mut names: Vec<CompletionCandidate> = Vec::new();
        if branches_too {
            let branches = repository.local_branches()?.into_iter().chain(repository.shared_branches()?);
            let shown: BTreeSet<String> = branches.map(|branch| branch.shown().to_owned()).collect();
            names.extend(shown.iter().map(|branch| candidate(branch, "branch")));
        }
        names.extend(repository.tags()?.iter().map(|tag| candidate(&tag.name, "tag")));
        Ok(names)
    }

    /// For `--set KEY=VALUE`: the keys, and behind a key its values.
    fn answers(&self, current: &OsStr) -> Result<Vec<CompletionCandidate>, Failure> {
        let current = current.to_string_lossy();
        let offered = self.of_policy(|policy| match current.split_once('=') {
            None => keys(policy),
            Some((key, _)) => {
                let values = values(policy, key).into_iter();
                values.map(|value| value.add_prefix(format!("{key}="))).collect()
            }
        })?;
        let fits = |offered: &CompletionCandidate| offered.get_value().to_string_lossy().starts_with(&*current);
        Ok(offered.into_iter().filter(fits).collect())
    }
}

fn candidate(value: &str, means: &str) -> CompletionCandidate {
    let means = text::neutral(means);
    let help = (!means.is_empty()).then(|| clap::builder::StyledStr::from(means.into_owned()));
    CompletionCandidate::new(text::neutral(value).as_ref()).help(help)
}

fn rung(policy: &Policy, name: RungName) -> &Rung {
    match name {
        RungName::RollBack => &policy.roll_back,
        RungName::FlagOff => &policy.flag_off,
    }
}

fn keys(policy: &Policy) -> Vec<CompletionCandidate> {
    let rungs = RungName::ALL.into_iter().flat_map(|name| {
        let evidence = format!("the evidence why {} is no way", name.words());
        [
            candidate(&format!("{}=", name.key()), &rung(policy, name).question),
            candidate(&format!("{}=", name.evidence_key()), &evidence),
        ]
    });
    let facts = policy.facts.iter().map(|fact| candidate(&format!("{}=", fact.name), &fact.question));
    rungs.chain(facts).collect()
}

fn values(policy: &Policy, key: &str) -> Vec<CompletionCandidate> {
    if let Some(name) = RungName::ALL.into_iter().find(|name| name.key() == key) {
        let reasons = rung(policy, name).no_because.iter();
        let yes = candidate("yes", "this is the way");
        return [yes].into_iter().chain(reasons.map(|reason| candidate(&reason.name, &reason.means))).collect();
    }
    match policy.facts.iter().find(|fact| fact.name == key).map(|fact| &fact.kind) {
        Some(FactKind::OneOf { choices }) => {
            choices.iter().map(|Choice { value, means }| candidate(value, means)).collect()
        }
        Some(FactKind::Bool) => vec![candidate("yes", ""), candidate("no", "")],
        Some(FactKind::Number { .. } | FactKind::Text) | None => Vec::new(),
    }
}

fn roles(policy: &Policy) -> Vec<CompletionCandidate> {
    policy.roles.iter().map(|role| candidate(&role.name, &role.members.join(", "))).collect()
}

fn normal_gates(policy: &Policy, end: &str) -> Vec<CompletionCandidate> {
    policy.normal_gates.iter().map(|gate| candidate(&format!("{}{end}", gate.name), &gate.means)).collect()
}

fn gates() -> Vec<CompletionCandidate> {
    overrides::gates().map(|(code, _)| candidate(code.word(), text::first_sentence(code.story()))).collect()
}

fn codes() -> Vec<CompletionCandidate> {
    let refusals = Code::ALL.iter().map(|code| (code.word(), code.story()));
    let findings = FindingCode::ALL.iter().map(|code| (code.word(), code.story()));
    let problems = ProblemCode::ALL.iter().map(|code| (code.word(), code.story()));
    refusals.chain(findings).chain(problems).map(|(word, story)| candidate(word, text::first_sentence(story))).collect()
}
