//! Findings in the forms that CI shows beside the code: GitHub's annotations, GitLab's code quality report, JUnit's XML.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::text::neutral;
use crate::failure::{ExitCode, Failure};

/// One thing that was judged, with what stands in its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was judged.
    pub name: String,
    /// What was found; nothing where it passed.
    pub findings: Vec<Found>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its stable code.
    pub code: &'static str,
    /// What happened, in one line.
    pub message: String,
    /// What to type next.
    pub next: Vec<String>,
    /// The exit code that it leads to.
    pub exit: ExitCode,
    /// The file that it is about.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Workflow commands: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.
    Github,
    /// A code quality report: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
    Gitlab,
    /// JUnit's XML, by the schema of the Jenkins xUnit plugin (junit-10.xsd).
    Junit,
}

impl Form {
    /// The checks in this form.
    pub fn of(self, checks: &[Check]) -> Result<String, Failure> {
        match self {
            Self::Github => Ok(github(checks)),
            Self::Gitlab => gitlab(checks),
            Self::Junit => Ok(junit(checks)),
        }
    }

    /// A failure in this form: what could not be decided is no pass.
    pub fn of_failure(self, command: &str, failure: &Failure) -> String {
        let found = Found {
            code: failure.kind.exit().word(),
            message: failure.to_string(),
            next: failure.hint.iter().cloned().collect(),
            exit: failure.kind.exit(),
            path: None,
            line: None,
        };
        // Strings and numbers alone cannot fail to serialise.
        self.of(&[Check { name: command.to_owned(), findings: vec![found] }]).unwrap_or_default()
    }
}

/// What a finding says, with its way out below.
fn told(check: &Check, found: &Found) -> String {
    let mut text = format!("{}: {}", neutral(&check.name), neutral(&found.message));
    found.next.iter().for_each(|next| text.push_str(&format!("\n    {}", neutral(next))));
    text
}

/// One workflow command a finding, those that refuse first: GitHub shows ten of a kind.
///
/// Nothing else is printed, for the runner takes any line that begins with two colons for a command, and a commit's message
/// may hold such a line.
fn github(checks: &[Check]) -> String {
    let mut found: Vec<(&Check, &Found)> =
        checks.iter().flat_map(|check| check.findings.iter().map(move |found| (check, found))).collect();
    found.sort_by_key(|(_, found)| found.exit == ExitCode::Waiting);
    let mut text = String::new();
    for check in checks.iter().filter(|check| check.findings.is_empty()) {
        let name = neutral(&check.name);
        text.push_str(&format!("::notice title=hotfix gate::{}\n", data(&format!("{name}: open"))));
    }
    for (check, found) in found {
        let kind = if found.exit == ExitCode::Waiting { "warning" } else { "error" };
        let file = found.path.as_ref().map_or_else(String::new, |path| format!("file={},", property(&neutral(path))));
        let line = found.line.filter(|_| found.path.is_some());
        let line = line.map_or_else(String::new, |line| format!("line={line},"));
        let title = property(&format!("hotfix gate: {}", found.code));
        text.push_str(&format!("::{kind} {file}{line}title={title}::{}\n", data(&told(check, found))));
    }
    text
}

/// Escapes a workflow command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// What is about no file stands at the policy, which is where one reads on.
const NOWHERE: &str = "policy/hotfix.yaml";

fn gitlab(checks: &[Check]) -> Result<String, Failure> {
    let issue = |check: &Check, found: &Found| {
        let description = told(check, found);
        let path = found.path.clone().unwrap_or_else(|| NOWHERE.to_owned());
        // The message names the commit or the incident, so two findings never share it.
        let parts = [check.name.as_str(), found.code, &found.message, &path].join("\0");
        let fingerprint = Sha256::digest(parts.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let severity = if found.exit == ExitCode::Waiting { "major" } else { "blocker" };
        let lines = Lines { begin: found.line.filter(|_| found.path.is_some()).unwrap_or(1) };
        Issue { description, check_name: found.code, fingerprint, severity, location: Location { path, lines } }
    };
    let issues = checks.iter().flat_map(|check| check.findings.iter().map(|found| issue(check, found)));
    super::written(&issues.collect::<Vec<_>>())
        .map_err(|cause| Failure::because("failed to write the report as JSON", cause))
}

fn junit(checks: &[Check]) -> String {
    let findings = || checks.iter().flat_map(|check| &check.findings);
    let is_error = |found: &&Found| matches!(found.exit, ExitCode::Undecided | ExitCode::Usage | ExitCode::Interrupted);
    let errors = findings().filter(is_error).count();
    let failures = findings().count() - errors;
    let tests = findings().count() + checks.iter().filter(|check| check.findings.is_empty()).count();
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hotfix gate\" {counts}>\n  <testsuite name=\"hotfix gate\" {counts}>\n"
    );
    for check in checks {
        let class = xml(&check.name);
        if check.findings.is_empty() {
            text.push_str(&format!("    <testcase classname=\"{class}\" name=\"open\"/>\n"));
        }
        for found in &check.findings {
            let kind = if is_error(&found) { "error" } else { "failure" };
            let (name, message) = (xml(&format!("{}: {}", found.code, found.message)), xml(&found.message));
            text.push_str(&format!("    <testcase classname=\"{class}\" name=\"{name}\">\n"));
            text.push_str(&format!("      <{kind} type=\"{}\" message=\"{message}\">", found.code));
            text.push_str(&found.next.iter().map(|next| xml(next)).collect::<Vec<_>>().join("\n"));
            text.push_str(&format!("</{kind}>\n    </testcase>\n"));
        }
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text fit to stand in XML; what XML can't hold (controls) is spelt out.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in neutral(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        let found = |code, message: &str, exit, path: Option<&str>, line| Found {
            code,
            message: message.to_owned(),
            next: vec!["hotfix fix INC-1 \"A & B\"    # 100%".to_owned()],
            exit,
            path: path.map(str::to_owned),
            line,
        };
        let evil = "x\n::error::mine\u{1b}[2J ]]><b> \"quoted\" & 'all', 50%: \u{202e}";
        vec![
            Check { name: "main".to_owned(), findings: vec![] },
            Check {
                name: "release/1.2".to_owned(),
                findings: vec![
                    found("approval-missing", "INC-1: nobody agreed", ExitCode::Waiting, None, None),
                    found("change-unrecorded", evil, ExitCode::Refused, Some("src/a:b,c%.rs"), Some(7)),
                    found("undecided", "nothing is known", ExitCode::Undecided, None, Some(3)),
                ],
            },
        ]
    }

    #[test]
    fn every_line_for_github_is_a_command_of_ours() {
        let text = github(&checks());
        insta::assert_snapshot!(text);
        let ours = ["::error ", "::warning ", "::notice "];
        assert!(text.lines().all(|line| ours.iter().any(|kind| line.starts_with(kind))), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }

    #[test]
    fn the_report_for_gitlab_is_what_gitlab_asks_for() {
        let text = gitlab(&checks()).expect("JSON");
        insta::assert_snapshot!(text);
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut prints: Vec<&str> = Vec::new();
        for issue in read.as_array().expect("an array") {
            for key in ["description", "check_name", "fingerprint", "severity"] {
                assert!(issue[key].as_str().is_some_and(|text| !text.is_empty()), "{key} in {issue:#}");
            }
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
            assert!(issue["location"]["path"].is_string() && issue["location"]["lines"]["begin"].as_u64() >= Some(1));
            assert!(!prints.contains(&issue["fingerprint"].as_str().unwrap()), "a fingerprint stands twice");
            prints.push(issue["fingerprint"].as_str().unwrap());
        }
        assert_eq!(gitlab(&[]).expect("JSON"), "[]\n");
    }

    #[test]
    fn the_xml_holds_whatever_a_commit_says() {
        insta::assert_snapshot!(junit(&checks()));
        assert_eq!(xml("<&>\"'\u{0}\u{ffff}"), "&lt;&amp;&gt;&quot;&apos;\\x00\u{fffd}");
    }

    #[test]
    fn a_failure_is_no_pass_in_any_form() {
        let failure = Failure::undecided("no ledger").hint("hotfix sync");
        for form in [Form::Github, Form::Gitlab, Form::Junit] {
            let text = form.of_failure("gate", &failure);
            assert!(text.contains("no ledger") && text.contains("hotfix sync"), "{text}");
        }
    }
}
