//! Arguments, files, times and policies that are wrong: a clear word, exit 2 or 4, nothing recorded.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::place::{ADA, Place, Said, said};
use crate::road::{QUALIFIES, broken_shop};

/// Runs the program in a directory, with a hand on its command.
pub fn run_in(place: &Place, directory: &Path, arguments: &[&OsStr], change: impl Fn(&mut Command)) -> Said {
    let mut command = place.command(env!("CARGO_BIN_EXE_hotfix"), directory, ADA);
    command.args(arguments);
    change(&mut command);
    let said = said(&mut command);
    assert!(!said.err.contains("panicked at"), "{arguments:?}: {}", said.err);
    said
}

/// Where the ledger and its texts stand, as git tells it; empty where git can't tell.
pub fn ledger(place: &Place, directory: &Path) -> String {
    said(place.command("git", directory, ADA).args(["for-each-ref", "refs/hotfix"])).out
}

/// The command fails, in both formats: with this exit code and these words, with a line that says what to type next, and
/// with nothing recorded.
#[track_caller]
pub fn fails_in(place: &Place, directory: &Path, arguments: &[&OsStr], code: i32, words: &[&str]) {
    fails_with(place, directory, arguments, (code, words), |_| ());
}

/// The same with a hand on the command.
#[track_caller]
pub fn fails_with(
    place: &Place,
    directory: &Path,
    arguments: &[&OsStr],
    (code, words): (i32, &[&str]),
    change: impl Fn(&mut Command),
) {
    let before = ledger(place, directory);
    let text = run_in(place, directory, arguments, &change);
    let with_format = [&["--format", "json"].map(OsStr::new), arguments].concat();
    let json = run_in(place, directory, &with_format, &change);
    assert_eq!(ledger(place, directory), before, "something was recorded by {arguments:?}");
    assert_eq!((text.code, json.code), (code, code), "{arguments:?}\n{}{}{}", text.out, text.err, json.out);
    let object: Value = serde_json::from_str(&json.out).unwrap_or_else(|error| panic!("{error}: {}", json.out));
    assert_eq!(object["exit"]["code"], code, "{object:#}");
    let error = &object["error"];
    assert!(error["hint"].is_string(), "nothing says what to type next: {object:#}");
    // Lines are broken to fit the page, so words are compared without the breaks.
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = ["message", "causes", "detail", "hint"].map(|part| match &error[part] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        one => one.as_str().unwrap_or_default().to_owned(),
    });
    let (told, told_json) = (flat(&text.err), flat(&parts.join(" ")));
    for word in words {
        assert!(told.contains(word), "not said: {word}\n{}", text.err);
        assert!(told_json.contains(word), "not said in JSON: {word}\n{object:#}");
    }
    assert!(text.out.is_empty(), "a failure stands on standard error only: {}", text.out);
    assert!(!text.err.contains(['\u{1b}', '\0']), "a terminal could be steered: {:?}", text.err);
    assert!(text.err.len() < 6_000, "too long for a screen: {}", text.err);
}

/// `check INC-42` with all answers and these arguments.
#[track_caller]
fn check_fails(place: &Place, arguments: &[&str], code: i32, words: &[&str]) {
    let all = [&["check", "INC-42"], QUALIFIES, arguments].concat();
    fails(place, &all, code, words);
}

#[track_caller]
fn fails(place: &Place, arguments: &[&str], code: i32, words: &[&str]) {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    fails_in(place, &place.path(), &arguments, code, words);
}

/// The answers of [`QUALIFIES`] without the one that begins with `key`.
fn without(key: &str) -> Vec<&'static str> {
    QUALIFIES.chunks(2).filter(|pair| !pair[1].starts_with(key)).flatten().copied().collect()
}

#[test]
fn an_incident_id_that_could_be_a_path_or_a_trick() {
    let place = broken_shop();
    for (id, why) in [
        ("a/b", "only letters, digits, '.', '_' and '-' are allowed"),
        ("..", "a dot may stand only between other characters"),
        ("INC..42", "a dot may stand only between other characters"),
        ("INC\n42", "only letters, digits"),
        ("\u{1b}[2JINC", "only letters, digits"),
        ("INC\u{202e}42", "only letters, digits"),
        ("INC-42.lock", "git reserves names that end with '.lock'"),
        ("", "it is empty"),
        (&"x".repeat(10_000), "it is longer than 64 characters"),
    ] {
        let all = [&["check", id], QUALIFIES].concat();
        fails(&place, &all, 2, &["INCIDENT", "is not an incident id", why, "hotfix check --help"]);
    }
    // A leading dash looks like an option, and is none behind "--" either.
    let text = place.hotfix(&["check", "-INC"]).exits(2);
    assert!(text.err.contains("unexpected argument '-I'"), "{}", text.err);
    fails(&place, &["check", "--", "-INC"], 2, &["it starts with a dash"]);
    assert_eq!(ledger(&place, &place.path()), "");
}

#[test]
fn an_incident_that_nobody_opened() {
    let place = broken_shop();
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    for command in ["start", "fix", "deployed", "verify", "close", "show", "log", "rca"] {
        fails(&place, &[command, "INC-43"], 2, &["no incident is named INC-43", "did you mean INC-42?"]);
    }
    fails(&place, &["restored", "INC-43", "--by", "other"], 2, &["did you mean INC-42?"]);
    fails(&place, &["void", "INC-42", "--reason", "duplicate-of", "INC-43"], 2, &["did you mean INC-42?"]);
}

#[test]
fn an_unknown_fact_and_a_value_outside_of_its_type() {
    let place = broken_shop();
    check_fails(
        &place,
        &["--set", "colour=red"],
        2,
        &["asks nothing named \"colour\"", "severity", "hotfix policy show"],
    );
    check_fails(&place, &["--set", "=red"], 2, &["asks nothing named \"\""]);
    check_fails(&place, &["--set", "red"], 2, &["--set \"red\" has no '='", "--set KEY=VALUE"]);
    for (key, value, why) in [
        ("severity", "sev9", "\"sev9\" is no severity; did you mean"),
        ("severity", "", "allowed are: sev1, sev2, sev3, sev4"),
        ("severity", "SEV1", "\"SEV1\" is no severity"),
        ("data_at_risk", "maybe", "allowed are: true, false"),
        ("roll-back", "because", "because"),
        ("roll-back", "", "tried"),
        ("flag-off", "\u{1b}[2J", "no-flag"),
    ] {
        let pair = format!("{key}={value}");
        let all = [&["check", "INC-42"], without(&format!("{key}=")).as_slice(), &["--set", &pair]].concat();
        fails(&place, &all, 2, &[key, why, "hotfix policy show"]);
    }
}

#[test]
fn an_answer_given_twice_is_no_answer() {
    let place = broken_shop();
    check_fails(&place, &["--set", "severity=sev2"], 2, &["--set severity is given twice", "--set severity=VALUE"]);
    check_fails(&place, &["--set", "severity=sev1"], 2, &["--set severity is given twice"]);
}

#[test]
fn evidence_that_names_no_path() {
    let place = broken_shop();
    let walk = [&["check", "INC-42", "--set", "roll-back=schema-changed"], without("roll-back=").as_slice()].concat();
    let below = "is no path below the repository's top directory";
    for (path, why) in [
        ("nothing.rs", "\"nothing.rs\" is no path in production or on main"),
        ("shop.rs/below", "is no path in production or on main"),
        (".git/config", "is no path in production or on main"),
        ("sh\nop.rs", "\"sh\\nop.rs\" is no path"),
        ("\\xff", "is no path in production or on main"),
        ("..", below),
        ("../shop.rs", below),
        ("./shop.rs", below),
        ("src/../shop.rs", below),
        ("/etc/passwd", below),
        ("/", below),
        ("shop.rs/", below),
    ] {
        let evidence = format!("roll-back.evidence={path}");
        let all = [&walk, ["--set", &evidence].as_slice()].concat();
        fails(&place, &all, 2, &["roll-back.evidence", why, "--set roll-back.evidence=owed"]);
    }
    fails(&place, &[&walk, ["--set", "roll-back.evidence="].as_slice()].concat(), 2, &["it is empty"]);
    let mut arguments: Vec<&OsStr> = walk.iter().map(OsStr::new).collect();
    arguments.extend([OsStr::new("--set"), OsStr::from_bytes(b"roll-back.evidence=\xff\xfe")]);
    fails_in(&place, &place.path(), &arguments, 2, &["UTF-8"]);
}

#[test]
fn evidence_that_names_no_commit() {
    let place = broken_shop();
    let walk =
        [&["check", "INC-42", "--set", "roll-back=security-fix-inside"], without("roll-back=").as_slice()].concat();
    for revision in
        ["nothing", "HEAD~99", "HEAD^{tree}", "v1.0.0..v1.1.0", "-x", "--all", "x\ny", &"0".repeat(40), "@{-1}"]
    {
        let evidence = format!("roll-back.evidence={revision}");
        let all = [&walk, ["--set", &evidence].as_slice()].concat();
        fails(&place, &all, 2, &["roll-back.evidence", "names no commit here", "--set roll-back.evidence=owed"]);
    }
    fails(&place, &[&walk, ["--set", "roll-back.evidence="].as_slice()].concat(), 2, &["it is empty"]);
}

#[test]
fn an_answers_file_that_is_none() {
    let place = broken_shop();
    let file = place.beside("answers");
    let path = file.to_str().unwrap();
    let here = |words: &[&str]| check_fails(&place, &["--answers", path], 2, words);
    here(&["failed to read", "No such file", "ls -l"]);
    let directory = place.path();
    check_fails(&place, &["--answers", directory.to_str().unwrap()], 2, &["failed to read", "directory"]);
    check_fails(&place, &["--answers", "/dev/zero"], 2, &["/dev/zero is larger than 16 MiB"]);
    let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
    for (bytes, why) in [
        (b"".as_slice(), "the document is empty"),
        (&binary, "not UTF-8"),
        (b"severity: \xff\n", "not UTF-8"),
        (b"- severity\n", "a map of name to answer is wanted here, and this is a list"),
        (b"severity\n", "a map of name to answer is wanted here"),
        (b"severity: {is: sev1}\n", "an answer is wanted here, and this is a map"),
        (b"severity: [[sev1]]\n", "an answer is wanted here, and this is a list"),
        (b"severity: [sev1, sev2]\n", "severity takes one answer, not a list of 2"),
        (b"severity: sev1\nseverity: sev1\n", "the key \"severity\" stands here a second time"),
        (b"{\"severity\": \"sev1\", \"severity\": \"sev1\"}", "the key \"severity\" stands here a second time"),
        (b"colour: red\n", "asks nothing named \"colour\""),
        (b"severity: sev9\n", "\"sev9\" is no severity"),
        (b"severity: &x sev1\n", "anchors and aliases"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        here(&[why]);
    }
}

/// Policies that can't be used, each with what is said about it.
fn broken_policies() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let built_in = include_str!("../../policy/hotfix.yaml");
    let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, name) in ('a'..='y').zip('b'..='z') {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", ")));
    }
    vec![
        ("empty", Vec::new(), "the document is empty"),
        ("only a comment", b"# nothing yet\n".to_vec(), "the document is empty"),
        ("binary", binary, "not UTF-8"),
        ("not UTF-8", [built_in.as_bytes(), b"# \xff\n"].concat(), "not UTF-8"),
        (
            "duplicate keys",
            format!("{built_in}name: other\n").into_bytes(),
            "the key \"name\" stands here a second time",
        ),
        (
            "10,000 levels",
            format!("a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(),
            "nested more than",
        ),
        ("an alias bomb", bomb.into_bytes(), "anchors and aliases can't be used here"),
        (
            "unknown format",
            built_in.replace("format: 1", "format: 99").into_bytes(),
            "this program reads policies of format 1 only",
        ),
        ("no format", built_in.replace("format: 1\n", "").into_bytes(), "format"),
        ("an unknown key", format!("{built_in}allow_everything: true\n").into_bytes(), "allow_everything"),
    ]
}

#[test]
fn a_policy_at_the_trusted_ref_that_can_not_be_used() {
    for (name, bytes, why) in broken_policies() {
        let place = broken_shop();
        std::fs::create_dir(place.path().join("policy")).unwrap();
        std::fs::write(place.path().join("policy/hotfix.yaml"), &bytes).unwrap();
        place.git(&["add", "."]);
        place.git(&["commit", "-q", "-m", name]);
        check_fails(&place, &[], 4, &["the policy can't be used (main", why, "hotfix policy lint"]);
        fails(&place, &["policy", "show"], 4, &[why]);
        // Taking it out of the work tree does not take it out of force, and does not help.
        std::fs::remove_file(place.path().join("policy/hotfix.yaml")).unwrap();
        check_fails(&place, &[], 4, &[why]);
        // The linter's job is to find it: that is a "no", with the same words.
        std::fs::write(place.path().join("policy/hotfix.yaml"), &bytes).unwrap();
        place.hotfix(&["policy", "lint"]).exits(1).says(why);
        assert_eq!(place.json(&["policy", "lint"])["exit"]["word"], "refused");
    }
}

#[test]
fn a_policy_given_for_a_dry_run_that_can_not_be_used() {
    let place = broken_shop();
    let file = place.beside("policy.yaml");
    let path = file.to_str().unwrap();
    check_fails(&place, &["--policy", path], 2, &["failed to read", "No such file"]);
    check_fails(&place, &["--policy", "/dev/zero"], 2, &["larger than 16 MiB"]);
    for (_, bytes, why) in broken_policies() {
        std::fs::write(&file, bytes).unwrap();
        check_fails(&place, &["--policy", path], 4, &["can't be used", why, "hotfix policy lint"]);
    }
    // A dry run of a good one records nothing either.
    std::fs::write(&file, include_str!("../../policy/hotfix.yaml")).unwrap();
    place
        .hotfix(&[&["check", "INC-42", "--policy", path], QUALIFIES].concat())
        .exits(3)
        .says("dry-run")
        .says("nothing is recorded");
    assert_eq!(ledger(&place, &place.path()), "");
}

#[test]
fn a_time_in_the_future_without_an_offset_or_before_the_start() {
    let place = broken_shop();
    let clock = "by this machine's clock it is";
    check_fails(&place, &["--started", "2999-01-01T00:00:00Z"], 2, &["--started 2999", "is in the future", clock]);
    for time in ["2026-01-01T03:00:00", "yesterday", "", "2026-02-30T00:00:00Z", "1760000000", "\u{1b}[2J"] {
        check_fails(&place, &["--started", time], 2, &["--started", "give date, time and offset, such as 2026"]);
    }
    let started = ["--started", "2026-01-01T03:00:00+01:00"];
    place.hotfix(&[&["check", "INC-42"], QUALIFIES, &started].concat()).exits(0);
    check_fails(&place, &["--started", "2026-01-01T04:00:00+01:00"], 2, &["started at 2026-01-01T03:00:00+01:00"]);
    // The same moment by another clock is the same moment.
    place.hotfix(&[&["check", "INC-42"], QUALIFIES, &["--started", "2026-01-01T02:00:00Z"]].concat()).exits(0);
    for command in [&["deployed", "INC-42"][..], &["restored", "INC-42", "--by", "hotfix"]] {
        let at = |time: &'static str| [command, &["--at", time]].concat();
        fails(&place, &at("2999-01-01T00:00:00Z"), 2, &["--at 2999", "is in the future", clock]);
        fails(&place, &at("2026-01-01T03:00:00"), 2, &["--at", "give date, time and offset"]);
        let before = ["--at 2026-01-01T01:59:59+00:00 is before the incident started", "INC-42 started at"];
        fails(&place, &at("2026-01-01T01:59:59Z"), 2, &before);
    }
}

#[test]
fn a_production_or_a_release_that_names_nothing() {
    let place = broken_shop();
    for name in ["v9.9.9", "", "-x", "HEAD^{tree}", "v1.0.0..v1.1.0", "\u{1b}[2J"] {
        check_fails(&place, &[&format!("--production={name}")], 2, &["names no commit here", "git rev-parse --verify"]);
    }
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    let deployed = |release: &str, hint: &str| {
        fails(&place, &["deployed", "INC-42", "--release", release], 2, &["names no tag here", hint]);
    };
    deployed("v9.9.9", "git fetch --all --tags");
    // What stands behind a tag is none: the ledger would know it by a name that no tag has.
    for release in ["v1.1.0^0", "v1.1.0~0", "refs/tags/v1.1.0", "/v1.1.0"] {
        deployed(release, if release.starts_with('/') { "git tag --list" } else { "--release v1.1.0" });
    }
    deployed("v1.1.0~1^{tree}", "git tag --list");
    fails(&place, &["start", "INC-42", "--from", "v9.9.9"], 2, &["names no commit here"]);
    fails(&place, &["cause", "INC-42", "--fixed-by", "v9.9.9"], 2, &["names no commit here"]);
    let proof = ["--proof", "test=totals", "--guarded-by-flag", "no"];
    for range in ["v9.9.9", "v1.0.0...v1.1.0", "..", "v1.1.0..v1.0.0", "v1.1.0..v1.1.0", "--", ""] {
        let said = place.hotfix(&[&["fix", "INC-42", range], &proof[..]].concat());
        assert!([1, 2].contains(&said.code), "{range}: {}{}{}", said.code, said.out, said.err);
        assert!(!said.err.contains("panicked at"), "{}", said.err);
    }
    assert_eq!(place.json(&["log"])["events"].as_array().unwrap().len(), 2, "the root and the check");
}

#[test]
fn arguments_and_variables_that_are_not_utf_8() {
    let place = broken_shop();
    let odd = OsStr::from_bytes(b"\xff\xfe");
    let here = place.path();
    for arguments in [[OsStr::new("check"), odd], [OsStr::new("show"), odd], [odd, odd]] {
        fails_in(&place, &here, &arguments, 2, &["--help"]);
    }
    fails_in(
        &place,
        &here,
        &["-C".as_ref(), odd, "status".as_ref()],
        4,
        &["is not inside a git repository", "cd into"],
    );
    let file = place.beside("x").with_file_name(OsString::from(odd));
    std::fs::write(&file, include_str!("../../policy/hotfix.yaml")).unwrap();
    run_in(&place, &here, &["policy".as_ref(), "lint".as_ref(), file.as_os_str()], |_| ()).exits(0);
    let status = run_in(&place, &here, &["status".as_ref()], |command| {
        for name in ["COLUMNS", "TERM", "HOME", "LANG", "NO_COLOR", "EDITOR", "GIT_EDITOR", "XDG_CONFIG_HOME"] {
            command.env(name, odd);
        }
    });
    status.exits(0).says("No incident is recorded");
    // A name that can't be read is no name.
    let all: Vec<&OsStr> = ["check", "INC-42"].iter().chain(QUALIFIES).map(OsStr::new).collect();
    let nobody = (4, ["git does not know who you are"].as_slice());
    fails_with(&place, &here, &all, nobody, |command| {
        command.env("GIT_COMMITTER_NAME", odd);
    });
}

#[test]
fn no_arguments_and_the_help_of_every_command() {
    let place = broken_shop();
    place.hotfix(&[]).exits(2).says("Usage: hotfix").says("check");
    assert_eq!(place.json(&[])["error"]["hint"], "hotfix --help");
    place.hotfix(&["--version"]).exits(0).says("hotfix 0");
    let help = place.hotfix(&["--help"]).exits(0).says("Exit codes: 0 yes");
    let commands = help.out.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    assert!(names.len() >= 17, "{names:?}");
    for name in names {
        let said = place.hotfix(&[name, "--help"]).exits(0).says(&format!("Usage: hotfix {name}"));
        assert!(said.err.is_empty(), "{}", said.err);
    }
    fails(&place, &["chekc", "INC-42"], 2, &["unrecognized subcommand 'chekc'", "check"]);
}
