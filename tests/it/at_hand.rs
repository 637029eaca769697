//! What lies at hand around the commands: examples, manual pages, `git hotfix`, and the nearest name for a misspelt one.

use std::path::Path;

use hotfix::commands::examples::EXAMPLES;

use crate::place::{ADA, ANALYSIS, GRACE, Place, Said, said};
use crate::road::QUALIFIES;

/// A shop with a broken release, a check that qualifies, and the files that the examples name.
fn shop() -> Place {
    let place = Place::new();
    place.hotfix(&["init"]).exits(0);
    place.git(&["add", "policy"]);
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.5.0"]);
    place.commit("shop.rs", "broken\n", "Faster");
    place.git(&["tag", "v1.5.1"]);
    place.git(&["branch", "release/1.5"]);
    let answers: Vec<String> = QUALIFIES
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| format!("{key}: {value}\n"))
        .collect();
    place.write("answers.yaml", &answers.concat());
    place.write("rca.md", ANALYSIS);
    place
}

/// Types a line into a shell that finds this program.
fn typed(place: &Place, directory: &Path, line: &str) -> Said {
    let program = Path::new(env!("CARGO_BIN_EXE_hotfix")).parent().unwrap();
    let path = format!("{}:{}:{}", place.beside("bin").display(), program.display(), std::env::var("PATH").unwrap());
    let mut bash = place.command("bash", directory, ADA);
    said(bash.args(["-c", &format!("deploy() {{ :; }}; {line}")]).env("PATH", path).env("HOME", place.beside("home")))
}

#[test]
fn every_example_can_be_typed() {
    let place = shop();
    std::fs::create_dir_all(place.beside("home")).unwrap();
    place.git(&["init", "-q", "--bare", "../server.git"]);
    std::fs::create_dir_all(place.beside("home/.config/fish/completions")).unwrap();
    for (command, line) in EXAMPLES.iter().flat_map(|(command, lines)| lines.iter().map(move |line| (command, line))) {
        let before = match *command {
            "init" => "rm -rf policy",
            "policy" => "git checkout -q -- policy",
            "check" => "hotfix check INC-42 --started 2026-01-31T03:00:00+01:00 --answers answers.yaml",
            "start" => {
                "git switch -q hotfix/INC-42 2>/dev/null && echo two >> shop.rs && git commit -qam x; git switch -q main"
            }
            "fix" => "echo two >> shop.rs; git commit -qam 'A fix'",
            "sync" => "git remote add origin ../server.git",
            "void" => "hotfix check INC-43 --set roll-back=yes",
            _ => "true",
        };
        typed(&place, &place.path(), before);
        // What an example of mine creates must not be there yet.
        let line = line.replace("hooks/update", "../server.git/hooks/update").replace("/tmp/shop", "../demo");
        let said = typed(&place, &place.path(), &line);
        // There is no such event here, and an example can't know one.
        let fits = if *command == "redact" { said.code == 2 } else { [0, 1, 3, 4].contains(&said.code) };
        assert!(fits, "{line}: {}\n{}{}", said.code, said.out, said.err);
        assert!(!said.err.contains("panicked"), "{line}: {}", said.err);
    }
}

#[test]
fn a_manual_page_for_every_command() {
    let place = Place::new();
    let pages = place.beside("man/man1");
    place.hotfix(&["man", "../man/man1"]).exits(0).says("The pages are in");
    let read = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    for (command, lines) in EXAMPLES {
        let page = read(&format!("hotfix-{}.1", command.replace(' ', "-")));
        assert!(page.contains(".SH NAME") && page.contains("Examples:"), "{command}: {page}");
        assert!(page.contains(&lines[0].split("    #").next().unwrap().replace('-', "\\-")), "{command}: {page}");
    }
    assert!(read("hotfix.1").contains("hotfix\\-check(1)"));
    assert_eq!(read("git-hotfix.1"), ".so man1/hotfix.1\n");
    let file = place.beside("file");
    std::fs::write(&file, "").unwrap();
    place.hotfix(&["man", file.to_str().unwrap()]).exits(4).says("failed to write into");
}

#[cfg(unix)]
#[test]
fn git_finds_the_program_as_a_command_of_its_own() {
    let place = shop();
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    std::fs::create_dir(place.beside("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hotfix"), place.beside("bin/git-hotfix")).unwrap();
    std::fs::create_dir(place.path().join("below")).unwrap();
    let below = place.path().join("below");
    typed(&place, &below, "git hotfix show INC-42").exits(0).says("INC-42: open");
    typed(&place, &below, "git hotfix check INC-44 --answers ../answers.yaml").exits(0);
    typed(&place, place.beside("").as_path(), "git -C shop hotfix close INC-42").exits(1).says("stays open");
    typed(&place, &below, "git hotfix show").exits(2).says("Usage: hotfix show");
    let alias = "git config alias.fixes '!cd -- \"${GIT_PREFIX:-.}\" && hotfix'";
    typed(&place, &below, &format!("{alias} && git fixes check INC-45 --answers ../answers.yaml")).exits(0);
}

#[test]
fn a_misspelt_name_gets_the_nearest() {
    let place = shop();
    place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    place.git(&["switch", "-q", "-c", "hotfix/INC-42"]);
    place.commit("shop.rs", "two\n", "The fix");
    place.hotfix(&["fix", "INC-42", "HEAD", "--proof", "test=x", "--guarded-by-flag", "no"]).exits(0);
    for (line, nearest) in [
        (&["chek", "INC-42"][..], "'check'"),
        (&["show", "INC-24"], "did you mean INC-42?"),
        (&["check", "INC-42", "--set", "severty=sev1"], "did you mean severity?"),
        (&["check", "INC-42", "--set", "severity=sev11"], "did you mean \"sev1\"?"),
        (&["check", "INC-42", "--set", "flag-off=noflag"], "did you mean no-flag?"),
        (&["severity", "INC-42", "sev11", "--reason", "x"], "did you mean \"sev1\"?"),
        (&["override", "INC-42", "--gate", "aproval-missing", "--reason", "x"], "did you mean approval-missing?"),
        (&["approve", "INC-42", "--role", "anione"], "did you mean anyone?"),
        (&["tested", "INC-42", "tets=https://ci.example.com/42"], "tests"),
        (&["explain", "rca-mising"], "did you mean: hotfix explain rca-missing"),
        (&["show", "INC-42", "--formt", "json"], "'--format'"),
    ] {
        place.hotfix_by(GRACE, line).exits(2).says(nearest);
    }
}
