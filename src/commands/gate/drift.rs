//! What the release lines have and main lacks.

use std::collections::BTreeSet;

use super::bench::Bench;
use super::report::{Answer, Finding, Looked, Standing, Subject};
use crate::commands::drifting::{self, Is};
use crate::commands::proof;
use crate::domain::identity::ObjectId;
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::failure::Failure;
use crate::merge_back::drift::{self, Drifted};

/// Judges every commit that is on a release line and not on main, as `hotfix drift` does for one line.
pub(super) fn drift(bench: &Bench<'_>) -> Result<Answer, Failure> {
    bench.can_decide()?;
    let (main, name) = (bench.needed_main()?, &bench.policy.branches.main);
    let options = proof::verdict_options(&bench.policy)?;
    let deadline = bench.deadline;
    let stop = || deadline.left().is_zero();
    let mut answer = Answer::new(Subject::Drift, format!("drift from {name}")).at(main);
    let (mut findings, mut seen) = (Vec::new(), Vec::<ObjectId>::new());
    for (line, tip) in bench.lines()? {
        let mut commits = drift::commits(bench.repository, tip, main)?;
        commits.retain(|commit| !seen.contains(commit));
        seen.extend(&commits);
        for drifted in drift::judge(bench.repository, 1, (tip, main), &commits, &options, &stop)? {
            let is = match drifting::is(bench.repository, &bench.book()?.incidents, &drifted, (name, main))? {
                Is::NeverGoesBack => Standing::Carried,
                Is::Held => Standing::OnMain,
                Is::TakenBack => Standing::TakenBack,
                Is::Settled(_) => Standing::Settled,
                Is::Lacking => Standing::Drifts,
            };
            let is_merge = bench.repository.node(drifted.commit)?.parents.len() > 1;
            let found = if is == Standing::Drifts { finding(&drifted, is_merge, &line, name) } else { None };
            findings.extend(found);
            let (commit, subject) = (drifted.commit, drifted.summary);
            answer.commits.push(Looked { commit, subject, is, incidents: BTreeSet::new() });
        }
        // A line without a fork has no commit to judge, and that is no sign that nothing is missing.
        if commits.is_empty() {
            let asked = drifting::Question {
                repository: bench.repository,
                incidents: &bench.book()?.incidents,
                branches: &bench.policy.branches,
                options: &options,
                threads: 1,
                into: (name, main),
                stop: &stop,
            };
            let contained = drifting::contained(&asked, (&line, tip))?.filter(|contained| contained.is_open);
            findings.extend(contained.map(|contained| {
                let message = contained.words(&line, name);
                Finding::new(Refusal { code: Code::DriftUnproven, message, next: contained.ask(&line, name) })
            }));
        }
    }
    Ok(answer.with(findings))
}

fn finding(drifted: &Drifted, is_merge: bool, line: &str, main: &str) -> Option<Finding> {
    let (code, how) = match drifted.verdict {
        Verdict::Merged => return None,
        Verdict::Unproven => (Code::DriftUnproven, "is not proven to be on"),
        Verdict::Partial => (Code::Drift, "is only partly on"),
        Verdict::Reverted => (Code::Drift, "is no longer in effect on"),
        Verdict::Missing => (Code::Drift, "is not on"),
    };
    let commit = drifted.commit.short();
    let message = format!("{commit} on {line} ({}) {how} {main}", drifted.summary);
    let next = match code {
        Code::DriftUnproven => format!("hotfix merged {commit} --into {main}    # shows the candidate beside it"),
        // What a person did in a merge no plain pick brings.
        _ if is_merge => format!("hotfix merged {commit} --into {main}    # says what brings it there"),
        _ => format!("git switch {main} && git cherry-pick -x {commit}"),
    };
    let path = drifted.missing.first().cloned();
    Some(Finding { commit: Some(drifted.commit), path, ..Finding::new(Refusal::new(code, message, next)) })
}
