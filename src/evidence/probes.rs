//! Probes: programs that gather a fact, as the policy on the trusted ref names them.
//!
//! No shell sees the arguments. A program that is named by a path is the file of the policy's own commit, never that of the
//! work tree, which whoever stands at the gate could edit. What fails is asked, and that is said.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::people::Probe;
use crate::domain::policy::{Fact, Policy};
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::process::Program;

use super::policy_files::file_at;

/// The most bytes that a probe may write.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// Where this clone keeps which policies its person trusted to run programs.
const TRUSTED: &str = "trusted-policies";

/// The facts of a policy that have a probe.
pub fn probed(policy: &Policy) -> impl Iterator<Item = (&Fact, &Probe)> {
    policy.facts.iter().filter_map(|fact| Some((fact, fact.probe.as_ref()?)))
}

/// What is trusted: this very policy, with the very programs of its commit that its probes run.
pub fn fingerprint(repository: &Repository, policy: &Policy, commit: ObjectId) -> Result<String, Failure> {
    let written = serde_json::to_vec(policy).map_err(|error| Failure::because("failed to write the policy", error))?;
    let mut hash = Sha256::new_with_prefix(&written);
    for (_, probe) in probed(policy) {
        if let Some(path) = in_tree(probe) {
            hash.update(path);
            let blob = repository.object_at(commit, path)?;
            hash.update(blob.map_or_else(|| "none".to_owned(), |blob| blob.to_string()));
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether the person at this clone trusted it.
pub fn is_trusted(repository: &Repository, fingerprint: &str) -> bool {
    let known = std::fs::read_to_string(repository.common_directory().join("hotfix").join(TRUSTED));
    known.is_ok_and(|known| known.lines().any(|line| line == fingerprint))
}

/// Remembers that it is trusted here.
pub fn trust(repository: &Repository, fingerprint: &str) -> Result<(), Failure> {
    let directory = repository.common_directory().join("hotfix");
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&directory)?;
        let mut file = std::fs::File::options().create(true).append(true).open(directory.join(TRUSTED))?;
        writeln!(file, "{fingerprint}")
    };
    write().map_err(|error| Failure::because(format!("failed to write {TRUSTED}"), error))
}

/// Runs a probe; the answer as a person would type it, or why there is none.
pub fn gather(
    repository: &Repository,
    commit: ObjectId,
    (fact, probe): (&Fact, &Probe),
    now: Moment,
) -> Result<String, String> {
    let (program, arguments) = probe.run.split_first().ok_or("it names no program")?;
    let directory =
        repository.work_tree().map_or_else(|| repository.common_directory().to_owned(), |root| root.to_owned());
    let run = |name: &Path| {
        Program::new(name)
            .args(arguments)
            .directory(&directory)
            .time_limit(Duration::from_secs(u64::from(probe.timeout_seconds)))
            .output_limit(OUTPUT_LIMIT)
            .run()
            .map_err(|error| error.to_string())
    };
    let output = match in_tree(probe) {
        None => run(Path::new(program)),
        Some(path) => {
            let bytes = file_at(repository, commit, path).map_err(|why| format!("{path}: {why}"))?;
            let file = extracted(&bytes).map_err(|error| format!("{path} could not be written: {error}"))?;
            run(&file)
        }
    }?;
    let text = String::from_utf8(output.stdout).map_err(|_| "its output is not UTF-8".to_owned())?;
    let answer = answer(probe, &text, now)?;
    fact.parse(&answer)?;
    Ok(answer)
}

/// The path of the program in the repository; none for one that is found as every program is.
fn in_tree(probe: &Probe) -> Option<&str> {
    let name = probe.run.first()?.as_str();
    let relative = name.strip_prefix("./").unwrap_or(name);
    (relative.contains('/') && !relative.starts_with('/')).then_some(relative)
}

/// The program as a file that can be run, closed for writing (a file that is open for writing can't be run).
fn extracted(bytes: &[u8]) -> std::io::Result<tempfile::TempPath> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(file.into_temp_path())
}

/// The answer in an output: the whole of it, or a field of JSON, if it was measured lately enough.
fn answer(probe: &Probe, text: &str, now: Moment) -> Result<String, String> {
    let Some(field) = &probe.field else { return Ok(text.trim().to_owned()) };
    let json: Json = serde_json::from_str(text).map_err(|error| format!("its output is no JSON: {error}"))?;
    if let (Some(measured_at), Some(fresh_for)) = (&probe.measured_at, probe.fresh_for) {
        let at = scalar(&json, measured_at)?;
        let moment = match at.parse::<i64>() {
            Ok(seconds) => chrono::DateTime::from_timestamp(seconds, 0).map(|at| at.fixed_offset()),
            Err(_) => Moment::parse_from_rfc3339(&at).ok(),
        };
        let moment = moment.ok_or_else(|| format!("{measured_at} is no time: {at:?}"))?;
        if now.signed_duration_since(moment) > fresh_for.delta() {
            return Err(format!("it was measured at {}, and must be no older than {fresh_for}", moment.to_rfc3339()));
        }
    }
    scalar(&json, field)
}

/// A value by its dotted path; a part that is a number also counts through a list.
fn scalar(json: &Json, path: &str) -> Result<String, String> {
    let step = |json: &'_ Json, part: &str| -> Option<Json> {
        match json {
            Json::Array(items) => items.get(part.parse::<usize>().ok()?).cloned(),
            other => other.get(part).cloned(),
        }
    };
    let found = path.split('.').try_fold(json.clone(), |json, part| step(&json, part));
    match found {
        Some(Json::String(text)) => Ok(text),
        Some(value @ (Json::Bool(_) | Json::Number(_))) => Ok(value.to_string()),
        Some(_) => Err(format!("{path} is no single value")),
        None => Err(format!("its output has no {path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(field: Option<&str>, measured_at: Option<&str>) -> Probe {
        Probe {
            run: vec!["rate".to_owned()],
            timeout_seconds: 5,
            field: field.map(str::to_owned),
            measured_at: measured_at.map(str::to_owned),
            fresh_for: measured_at.map(|_| "5m".parse().expect("a span")),
        }
    }

    #[test]
    fn an_answer_is_a_field_that_is_fresh() {
        let now = Moment::parse_from_rfc3339("2026-03-01T03:10:00+00:00").expect("a moment");
        let json = r#"{"data":[{"rate":7.5,"name":"x","bad":true}],"at":"2026-03-01T03:06:00Z","old":"2026-03-01T03:04:00Z","unix":1772334480}"#;
        for (field, measured_at, text, expected) in [
            (None, None, " 7.5\n", Ok("7.5")),
            (Some("data.0.rate"), None, json, Ok("7.5")),
            (Some("data.0.bad"), None, json, Ok("true")),
            (Some("data.0.name"), Some("at"), json, Ok("x")),
            (Some("data.0.name"), Some("unix"), json, Ok("x")),
            (Some("data.0.name"), Some("old"), json, Err("no older than 5m")),
            (Some("data.0.name"), Some("data"), json, Err("no single value")),
            (Some("data.0.name"), Some("data.0.name"), json, Err("is no time")),
            (Some("data.1.rate"), None, json, Err("has no data.1.rate")),
            (Some("data"), None, json, Err("no single value")),
            (Some("data"), None, "nope", Err("no JSON")),
        ] {
            let told = answer(&probe(field, measured_at), text, now);
            match (told, expected) {
                (Ok(told), Ok(expected)) => assert_eq!(told, expected),
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
                (told, expected) => panic!("{told:?}, and not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_program_named_by_a_path_is_one_of_the_repository() {
        let named = |name: &str| {
            let probe = Probe { run: vec![name.to_owned()], ..probe(None, None) };
            in_tree(&probe).map(str::to_owned)
        };
        assert_eq!(named("ops/rate").as_deref(), Some("ops/rate"));
        assert_eq!(named("./ops/rate").as_deref(), Some("ops/rate"));
        assert_eq!((named("curl"), named("/usr/bin/curl")), (None, None));
    }
}
