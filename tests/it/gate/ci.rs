//! The action and the template as a CI runs them: their own scripts, with the environment that the CI gives, in a checkout that is
//! as shallow as the CI makes it, of a real bare remote.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::hooks::with_program;
use super::{FIXED, Scene};
use crate::place::{GRACE, Said, said};

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    runs: Runs,
}

#[derive(Deserialize)]
struct Input {
    default: String,
}

#[derive(Deserialize)]
struct Runs {
    using: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    shell: String,
    env: BTreeMap<String, String>,
    run: String,
}

fn root(path: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A CI with a checkout of the scene's remote.
struct Ci<'s> {
    scene: &'s Scene,
    directory: String,
}

impl<'s> Ci<'s> {
    /// One commit deep, and detached, as `actions/checkout` and the GitLab runner leave it.
    fn new(scene: &'s Scene, directory: &str, commit: &str) -> Self {
        scene.place.hotfix(&["sync"]).exits(0);
        let place = &scene.place;
        let url = format!("file://{}", place.beside("origin.git").display());
        place.git_in(&place.beside("origin.git"), &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        place.git_in(&place.beside(""), &["init", "-q", directory]);
        let at = place.beside(directory);
        place.git_in(&at, &["remote", "add", "origin", &url]);
        place.git_in(&at, &["fetch", "-q", "--depth", "1", "origin", commit]);
        place.git_in(&at, &["checkout", "-q", "--detach", "FETCH_HEAD"]);
        Self { scene, directory: directory.to_owned() }
    }

    /// Runs the action's steps one after the other, as a runner does: the first that fails ends it.
    fn github(&self, name: &str, reference: &str, event: &Value) -> Said {
        let action: Action = serde_yaml::from_str(&root(".github/actions/hotfix-gate/action.yml")).unwrap();
        assert_eq!(action.runs.using, "composite");
        let file = self.scene.place.beside("event.json");
        std::fs::write(&file, event.to_string()).unwrap();
        let mut all = Said { code: 0, out: String::new(), err: String::new() };
        for step in &action.runs.steps {
            assert_eq!(step.shell, "bash");
            assert!(!step.run.contains("${{"), "an expression in a script is a hole: it goes through env");
            let mut command = with_program(&self.scene.place, "bash", &self.directory, GRACE);
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.run]);
            for (key, value) in &step.env {
                let value = action.inputs.iter().fold(value.clone(), |value, (input, given)| {
                    value.replace(&format!("${{{{ inputs.{input} }}}}"), &given.default)
                });
                command.env(key, value.replace("${{ github.action_path }}", env!("CARGO_MANIFEST_DIR")));
            }
            command
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_EVENT_NAME", name)
                .env("GITHUB_EVENT_PATH", &file)
                .env("GITHUB_REF", reference)
                .env("GITHUB_PATH", self.scene.place.beside("path"))
                .env("RUNNER_TEMP", self.scene.place.beside(""));
            let step = said(&mut command);
            (all.code, all.out, all.err) = (step.code, all.out + &step.out, all.err + &step.err);
            if all.code != 0 {
                break;
            }
        }
        all
    }

    fn pull_request(&self, base: &str, head: &str) -> Said {
        // What GitHub remembers of the base is that of the branch that the pull request was opened against.
        let stale = self.scene.place.git(&["rev-parse", "origin/main"]);
        let event = json!({ "pull_request": { "base": { "ref": base, "sha": stale }, "head": { "sha": head } } });
        self.github("pull_request", "refs/pull/7/merge", &event)
    }

    /// Runs the template's script as the runner does: one shell, and the first command that fails ends it.
    fn gitlab(&self, variables: &[(&str, &str)]) -> Said {
        let template: Value =
            serde_yaml::from_str::<Template>(&root(".gitlab/hotfix-gate.gitlab-ci.yml")).unwrap().into();
        let job = &template["hotfix-gate"];
        let script: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let mut command = with_program(&self.scene.place, "bash", &self.directory, GRACE);
        command.args(["-eo", "pipefail", "-c", &script.join("\n")]);
        for (name, value) in job["variables"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        command.envs(variables.iter().copied());
        said(&mut command)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.scene.place.beside(&self.directory).join(file)).unwrap()
    }
}

/// The template, as far as the test looks at it.
#[derive(Deserialize)]
struct Template {
    #[serde(rename = "hotfix-gate")]
    job: Job,
}

#[derive(Deserialize)]
struct Job {
    variables: BTreeMap<String, String>,
    script: Vec<String>,
    artifacts: Artifacts,
}

#[derive(Deserialize)]
struct Artifacts {
    reports: BTreeMap<String, String>,
}

impl From<Template> for Value {
    fn from(template: Template) -> Self {
        let Job { variables, script, artifacts } = template.job;
        json!({ "hotfix-gate": { "variables": variables, "script": script, "reports": artifacts.reports } })
    }
}

/// A scene whose hotfix branch is the head of a pull request from a fork.
fn proposed(scene: &Scene) -> String {
    let head = scene.place.git(&["rev-parse", "HEAD"]);
    scene.place.git(&["push", "-q", "--force", "origin", "HEAD:refs/pull/7/head"]);
    head
}

#[test]
fn the_action_lets_a_pull_request_in_or_says_why_not() {
    let scene = Scene::attached();
    let head = proposed(&scene);
    let ci = Ci::new(&scene, "runner", &head);
    let refused = ci.pull_request("release/1.2", &head).exits(3);
    assert!(
        refused.out.starts_with("::warning title=hotfix gate%3A approval-missing::release/1.2: INC-42: "),
        "{}",
        refused.out
    );
    refused.says("%0A    hotfix approve INC-42");
    scene.approve();
    Ci::new(&scene, "runner2", &head).pull_request("release/1.2", &head).exits(0).says("::notice");
    scene.place.commit("quick.rs", "x\n", "::error::INC-42\n\n::stop-commands::x");
    let head = proposed(&scene);
    let ci = Ci::new(&scene, "runner3", &head);
    let refused = ci.pull_request("release/1.2", &head).exits(1);
    assert!(
        refused.out.starts_with("::error file=quick.rs,line=1,title=hotfix gate%3A change-unrecorded::"),
        "{}",
        refused.out
    );
    assert!(
        refused.out.lines().all(|line| line.starts_with("::error ") || line.starts_with("::notice ")),
        "{}",
        refused.out
    );
    // Nobody's business.
    ci.pull_request("main", &head).exits(0);
    // A base that GitHub remembers of another branch hides nothing.
    let main = scene.place.git(&["rev-parse", "origin/main"]);
    let ci = Ci::new(&scene, "runner4", &main);
    scene.place.git(&["push", "-q", "--force", "origin", "origin/main:refs/pull/7/head"]);
    ci.pull_request("release/1.2", &main).exits(1).says("change-unrecorded");
    ci.pull_request("release/9.9", &main).exits(4).says("was not fetched");
}

#[test]
fn the_action_judges_what_was_pushed_tagged_and_queued() {
    let scene = Scene::approved();
    let place = &scene.place;
    let before = place.git(&["rev-parse", "origin/release/1.2"]);
    let head = place.git(&["rev-parse", "HEAD"]);
    place.git(&["push", "-q", "origin", "HEAD:release/1.2"]);
    let ci = Ci::new(&scene, "runner", &head);
    let push = |reference: &str, before: &str, after: &str| {
        ci.github("push", reference, &json!({ "ref": reference, "before": before, "after": after }))
    };
    push("refs/heads/release/1.2", &before, &head).exits(0);
    let queued = json!({ "merge_group": { "base_ref": "refs/heads/release/1.2", "head_sha": head } });
    ci.github("merge_group", "refs/heads/gh-readonly-queue/x", &queued).exits(0);
    let zero = "0".repeat(40);
    let main = place.git(&["rev-parse", "origin/main"]);
    place.git(&["tag", "-a", "-m", "1.3", "v1.3.0", "origin/main"]);
    place.git(&["push", "-q", "origin", "v1.3.0"]);
    let tag = place.git(&["rev-parse", "v1.3.0"]);
    push("refs/tags/v1.3.0", &zero, &tag).exits(1).says("not-merged-back");
    let released = json!({ "release": { "tag_name": "v1.3.0" } });
    ci.github("release", "refs/tags/v1.3.0", &released).exits(1).says("not-merged-back");
    ci.github("schedule", "refs/heads/main", &json!({})).exits(1).says("::error ").says("drift");
    // What was rewound leads nowhere any more.
    place.git(&["push", "-q", "--force", "origin", "v1.2.0:refs/heads/release/1.2"]);
    push("refs/heads/release/1.2", &head, &before).exits(1).says("release-rewritten");
    push("refs/heads/release/1.2", "1234567890123456789012345678901234567890", &before)
        .exits(1)
        .says("release-rewritten");
    push("refs/heads/main", &zero, &main).exits(0);
    ci.github("issue_comment", "refs/heads/main", &json!({})).exits(2).says("issue_comment");
    ci.github("push", "refs/heads/main", &json!({})).exits(2).says("does not say");
}

#[test]
fn the_action_passes_where_there_is_no_ledger_and_nothing_to_own() {
    let scene = Scene::new();
    let head = scene.place.git(&["rev-parse", "origin/main"]);
    scene.place.git(&["push", "-q", "origin", "origin/main:refs/pull/7/head"]);
    let ci = Ci::new(&scene, "runner", &head);
    ci.pull_request("main", &head).exits(0);
    // A change to a release line is refused: there is a ledger to be asked, and it is empty.
    ci.pull_request("release/1.2", &head).exits(1).says("change-unrecorded");
}

#[test]
fn the_template_writes_what_gitlab_shows() {
    let scene = Scene::attached();
    scene.place.git(&["push", "-q", "origin", "HEAD"]);
    let head = scene.place.git(&["rev-parse", "HEAD"]);
    let ci = Ci::new(&scene, "runner", &head);
    let stale = scene.place.git(&["rev-parse", "origin/main"]);
    let merge_request = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", head.as_str()),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "release/1.2"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", stale.as_str()),
    ];
    ci.gitlab(&merge_request).exits(3).says("[wait] approval-missing").says("hotfix approve INC-42");
    let report: Value = serde_json::from_str(&ci.read("gl-code-quality-report.json")).unwrap();
    assert_eq!((&report[0]["check_name"], &report[0]["severity"]), (&"approval-missing".into(), &"major".into()));
    assert!(
        ci.read("hotfix-gate.xml").contains("<testsuite name=\"hotfix gate\" tests=\"1\" failures=\"1\" errors=\"0\">")
    );
    scene.approve();
    scene.place.hotfix(&["sync"]).exits(0);
    ci.gitlab(&merge_request).exits(0);
    assert_eq!(ci.read("gl-code-quality-report.json"), "[]\n");
    assert!(ci.read("hotfix-gate.xml").contains("failures=\"0\""));
    // A push, a tag, a schedule.
    let main = scene.place.git(&["rev-parse", "origin/main"]);
    let zero = "0".repeat(40);
    let about = |what: &[(&str, &str)]| {
        ci.gitlab(&[&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_SHA", main.as_str())], what].concat())
    };
    about(&[("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_BEFORE_SHA", &zero)]).exits(0);
    about(&[("CI_COMMIT_BRANCH", "release/1.3"), ("CI_COMMIT_BEFORE_SHA", &zero)]).exits(1).says("not-merged-back");
    scene.place.git(&["tag", "v1.3.0", "origin/main"]);
    scene.place.git(&["push", "-q", "origin", "v1.3.0"]);
    about(&[("CI_COMMIT_TAG", "v1.3.0")]).exits(1).says("not-merged-back");
    about(&[]).exits(2).says("CI_COMMIT_BRANCH");
    ci.gitlab(&[("CI_PIPELINE_SOURCE", "schedule"), ("CI_COMMIT_SHA", &main), ("CI_COMMIT_BRANCH", "main")]).exits(0);
    // What can't be decided is written too.
    scene.place.git(&["switch", "-q", "main"]);
    scene.place.commit("policy/hotfix.yaml", "format: [\n", "Break it");
    scene.place.git(&["push", "-q", "origin", "main"]);
    ci.gitlab(&merge_request).exits(4);
    assert!(ci.read("gl-code-quality-report.json").contains("undecided"));
    assert!(ci.read("hotfix-gate.xml").contains("errors=\"1\""));
}

#[test]
fn every_format_has_the_same_exit_code_and_only_the_gate_has_them() {
    let scene = Scene::decided();
    scene.place.git(&["switch", "-q", "release/1.2"]);
    scene.place.commit("shop.rs", FIXED, "Quick");
    for (format, says) in [
        ("text", "change-unrecorded"),
        ("json", "\"change-unrecorded\""),
        ("github", "::error file=shop.rs,line=7,title=hotfix gate%3A change-unrecorded::"),
        ("gitlab", "\"check_name\": \"change-unrecorded\""),
        ("junit", "<failure type=\"change-unrecorded\""),
    ] {
        let gate = ["gate", "--format", format, "--change"];
        let change = |range: &str| scene.place.hotfix(&[&gate[..], &[range, "--onto", "release/1.2"]].concat());
        change("origin/release/1.2..HEAD").exits(1).says(says);
        change("origin/release/1.2..v1.2.0").exits(0);
        change("origin/release/1.2..1234567890123456789012345678901234567890").exits(4).says("is not in this clone");
    }
    scene.place.hotfix(&["status", "--format", "junit"]).exits(2).says("answers only as text, json");
    scene.place.hotfix(&["gate", "--drift", "--write", "junit"]).exits(2).says("FORMAT=FILE");
    scene.place.hotfix(&["gate", "--drift", "--write", "html=x"]).exits(2).says("the formats are");
    scene.place.hotfix(&["gate", "--drift", "--write", "json=no/such/x"]).exits(4).says("failed to write");
}
