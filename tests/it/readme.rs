//! Keeps the README true: every command in it is run, in order, in one repository, and every output compared.

use regex::Regex;

use crate::place::Place;

const README: &str = include_str!("../../README.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What differs from run to run: ids, times and how long ago something was.
pub fn steady(text: &str) -> String {
    let rules = [
        (r"\b[0-9a-f]{10}\b", "0123456789"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d", "2026-11-23 03:10 +01:00"),
        (r"(less than a minute|\d+ minutes?) (ago|old)", "12 minutes $2"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, steady)| {
        Regex::new(pattern).unwrap().replace_all(&text, *steady).into_owned()
    })
}

/// The shop of the README, with a broken release, made as its readers make it.
pub fn shop() -> Place {
    let place = Place::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.assets/shop.sh");
    let mut bash = place.command("bash", &place.path(), crate::place::ADA);
    crate::place::said(bash.args([script, "."])).exits(0);
    place
}

fn run(place: &Place, line: &str) -> String {
    let mut words = shlex::split(line).unwrap();
    let mut person = crate::place::ADA;
    if words[0].starts_with("GIT_COMMITTER_EMAIL=") {
        person = crate::place::GRACE;
        words.remove(0);
    }
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    match words[0].as_str() {
        "hotfix" => {
            let said = place.hotfix_by(person, &arguments);
            assert!(!said.err.contains("error:"), "{line}: {}", said.err);
            said.out
        }
        "git" => {
            place.git(&arguments);
            String::new()
        }
        other => panic!("the README runs {other}, and this test does not know how"),
    }
}

/// The README with each console block's outputs as they are now.
fn renewed() -> String {
    let place = shop();
    let mut text = String::new();
    for (index, part) in README.split("```").enumerate() {
        let block = part.strip_prefix("console\n").filter(|_| index % 2 == 1);
        if index > 0 {
            text.push_str("```");
        }
        let Some(block) = block else {
            text.push_str(part);
            continue;
        };
        text.push_str("console\n");
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let output = steady(&run(&place, command));
            let lines = output.lines().map(|line| format!("{}\n", line.trim_end()));
            text.push_str(&format!("$ {command}\n{}", lines.collect::<String>()));
        }
    }
    text
}

/// Run with `UPDATE_README=1` to write the outputs as they are now, and read the difference before it is committed.
#[test]
fn every_command_says_what_the_readme_says() {
    let renewed = renewed();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"), &renewed).unwrap();
        return;
    }
    let differing = README.lines().zip(renewed.lines()).find(|(told, said)| told != said);
    assert!(README == renewed, "the first line that differs: {differing:#?}");
}

#[test]
fn the_two_commands_are_those_that_are_tested() {
    let commands: Vec<&str> = blocks("sh").into_iter().flat_map(str::lines).collect();
    assert_eq!(commands, ["cargo run --locked -- demo", "cargo test --locked"]);
    let ci = include_str!("../../.ci/run");
    assert!(ci.lines().any(|line| line == "cargo test --locked"), ".ci/run runs another test command");
}

#[test]
fn the_policy_shown_is_part_of_the_built_in_one() {
    let built_in = include_str!("../../policy/hotfix.yaml");
    for line in blocks("yaml").into_iter().flat_map(str::lines) {
        assert!(built_in.lines().any(|known| known == line), "not in the built-in policy: {line}");
    }
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    use hotfix::failure::ExitCode;
    let codes = [
        ExitCode::Open,
        ExitCode::Refused,
        ExitCode::Usage,
        ExitCode::Waiting,
        ExitCode::Undecided,
        ExitCode::Interrupted,
    ];
    for code in codes {
        let row = format!("| {} | {} |", code.status(), code.word());
        assert!(README.contains(&row), "the README lacks: {row}");
    }
}

#[test]
fn every_command_that_the_text_names_is_one() {
    let spans = Regex::new("`((?:git )?hotfix [^`]+)`").unwrap();
    let prose: String = README.split("```").step_by(2).collect();
    let mut seen = 0;
    for line in spans.captures_iter(&prose).map(|found| found[1].replace('\n', " ")) {
        let typed = line.trim_start_matches("git ").split(" && ").next().unwrap();
        let words = shlex::split(typed).unwrap();
        if words.len() == 1 {
            continue;
        }
        let parsed = hotfix::cli::command_line().try_get_matches_from(&words);
        // What names a command and leaves its arguments out is no line to type.
        let names_a_command = parsed.as_ref().is_err_and(|error| {
            use clap::error::ErrorKind;
            matches!(
                error.kind(),
                ErrorKind::MissingRequiredArgument
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                    | ErrorKind::DisplayVersion
            )
        });
        assert!(parsed.is_ok() || names_a_command, "{line}: {}", parsed.unwrap_err());
        seen += 1;
    }
    assert!(seen > 30, "only {seen}");
}

#[test]
fn every_file_that_it_links_to_is_there() {
    let links = Regex::new(r"\]\(([^)]+)\)").unwrap();
    for target in links.captures_iter(README).map(|found| found[1].to_owned()).filter(|to| !to.starts_with("https://"))
    {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&target).exists(), "{target} is not there");
    }
}
