//! `hotfix policy test`: the policy's own tests.

use std::path::PathBuf;

use serde::Serialize;

use super::load;
use crate::domain::policy::cases::{self, Got};
use crate::domain::policy::{Policy, read_on};
use crate::domain::text::counted;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

#[derive(Serialize)]
struct TestReport {
    files: Vec<Tested>,
}

#[derive(Serialize)]
struct Tested {
    file: String,
    /// None where the policy itself is broken.
    policy: Option<String>,
    tests: Vec<Row>,
    /// Why there is nothing to run.
    problem: Option<String>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    line: usize,
    passed: bool,
    /// What was expected and what came out, where they differ.
    differences: Vec<String>,
    got: Got,
}

/// Runs the tests of each file; a policy without tests fails.
pub(super) fn run(files: &[PathBuf], session: &Session) -> Result<ExitCode, Failure> {
    let named: Vec<(PathBuf, String)> = match files {
        [] => vec![load::standard(session)?],
        files => files.iter().map(|file| (file.clone(), file.display().to_string())).collect(),
    };
    let mut tested = Vec::new();
    for (path, name) in named {
        tested.push(match load::looked_at(session, &path, &name, read_on)? {
            Ok(policy) => of_policy(name, &policy),
            Err(problems) => Tested {
                file: name,
                policy: None,
                tests: Vec::new(),
                problem: Some(format!(
                    "it is broken, first in line {}: {}",
                    problems.list[0].line, problems.list[0].message
                )),
            },
        });
    }
    let good = |tested: &Tested| tested.problem.is_none() && tested.tests.iter().all(|row| row.passed);
    let exit = if tested.iter().all(good) { ExitCode::Open } else { ExitCode::Refused };
    session.answer("policy test", exit, &TestReport { files: tested })
}

fn of_policy(file: String, policy: &Policy) -> Tested {
    let row = |test: &cases::PolicyTest| {
        let got = cases::run(policy, test);
        let differences = test.expect.differences(&got);
        Row { name: test.name.clone(), line: test.line, passed: differences.is_empty(), differences, got }
    };
    let tests: Vec<Row> = policy.tests.iter().map(row).collect();
    let problem = tests.is_empty().then(|| {
        "it has no tests, and a policy that nobody tried out decides at 3 am for the first time: add some under `tests`".to_owned()
    });
    Tested { file, policy: Some(format!("{} version {}", policy.name, policy.version)), tests, problem }
}

impl Report for TestReport {
    fn text(&self, page: &mut Page) {
        for tested in &self.files {
            for row in tested.tests.iter().filter(|row| !row.passed) {
                page.line(&format!("{}:{}: {} {}", tested.file, row.line, page.mark(Tone::Bad, "failed"), row.name));
                row.differences.iter().for_each(|difference| page.indented(difference));
            }
            let count = tested.tests.len();
            let failed = tested.tests.iter().filter(|row| !row.passed).count();
            let (tone, word) = match (&tested.problem, failed) {
                (Some(problem), _) => (Tone::Bad, problem.clone()),
                (None, 0) => (Tone::Good, format!("{} passed", counted(count, "test"))),
                (None, failed) => (Tone::Bad, format!("{failed} of {} failed", counted(count, "test"))),
            };
            page.line(&format!("{}: {}", tested.file, page.mark(tone, &word)));
        }
    }
}
