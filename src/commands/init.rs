//! `hotfix init`: a first policy with this repository's own names.

use std::fs;
use std::io::Write as _;

use serde::Serialize;

use super::first_contact::{self, Began};
use super::gate::hook;
use super::outcome::next_commands;
use crate::domain::policy::{self, BUILT_IN};
use crate::evidence::conventions::{Conventions, conventions};
use crate::evidence::policy_files::PATH;
use crate::failure::{ExitCode, Failure};
use crate::ledger::refs::RemoteRefs;
use crate::render::{Page, Report, Tone};
use crate::session::{Format, Session};

/// Write a commented starter policy with this repository's branch and tag names
///
/// It never overwrites: an existing policy is left as it is. Where there is a remote, the ledger begins there, so that no two
/// people begin one apart.
#[derive(clap::Args)]
pub struct Args {
    /// Print an update hook for the server, which keeps the ledger from being deleted or rewritten
    #[arg(long)]
    server_hook: bool,
}

#[derive(Serialize)]
struct InitReport {
    /// The policy; none where there was one already.
    written: Option<&'static str>,
    #[serde(flatten)]
    found: Conventions,
    /// What became of the ledger; none without a remote.
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Began>,
    next: Vec<String>,
}

/// Writes `policy/hotfix.yaml` into the work tree, and begins the ledger.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let repository = session.repository()?;
    if args.server_hook {
        session.print(&hook::update_script(&RemoteRefs::of(repository)?, "exit 0"), Format::Text)?;
        return Ok(ExitCode::Open);
    }
    let root = repository.work_tree().ok_or_else(|| {
        Failure::undecided("this repository is bare, so there is no place to write a policy to")
            .hint("run it in a clone: git clone …, then hotfix init")
    })?;
    let found = conventions(repository)?;
    let name = root.canonicalize().ok().and_then(|root| Some(root.file_name()?.to_str()?.to_owned()));
    let text = starter(&found, &policy_name(&name.unwrap_or_default()));
    // Whatever the branches are called: what is written must be read again.
    policy::read(text.as_bytes(), PATH).map_err(|problems| {
        Failure::undecided("the names found here make no valid policy")
            .detail(problems.to_string())
            .hint("hotfix policy lint")
    })?;
    let written = write_new(&root.join(PATH), &text)?;
    let ledger = first_contact::begin(session);
    let mut next = Vec::new();
    if written {
        next.push(format!("$EDITOR {PATH}    # read it once together: it is your agreement"));
        next.push("hotfix policy lint".to_owned());
        next.push(format!("git add {PATH} && git commit -m \"Say what qualifies as a hotfix\""));
        next.push(format!("git push    # it governs once it is on {}", found.main));
    } else if matches!(ledger, None | Some(Began::Already { .. })) {
        return Err(
            Failure::usage(format!("there is a policy already: {PATH}")).hint("hotfix policy lint    # checks it")
        );
    }
    if matches!(ledger, Some(Began::NotShared { .. })) {
        next.push("hotfix init    # once more, when the remote can be reached: the ledger begins there".to_owned());
    }
    let written = written.then_some(PATH);
    session.answer("init", ExitCode::Open, &InitReport { written, found, ledger, next })
}

/// Writes a file that is not there yet; false where it is.
fn write_new(path: &std::path::Path, text: &str) -> Result<bool, Failure> {
    let failed = |error| Failure::because(format!("failed to write {}", path.display()), error);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    match fs::File::options().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// The built-in policy's text with these names in the place of its own.
fn starter(found: &Conventions, name: &str) -> String {
    // A JSON text is a YAML text too, whatever characters a branch name holds.
    let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
    let list = |texts: &[String]| format!("[{}]", texts.iter().map(quoted).collect::<Vec<_>>().join(", "));
    let tags = if found.release_tags.is_empty() { vec!["v[0-9]*".to_owned()] } else { found.release_tags.clone() };
    let no_lines = if found.release_lines.is_empty() { "   # none found: you release from main itself" } else { "" };
    let no_tags =
        if found.release_tags.is_empty() { "   # no release tag found yet: how will yours be named?" } else { "" };
    let main_note = match &found.production_branch {
        Some(production) => format!("   # where every fix must end; {production} is what runs"),
        None => "   # where every fix must end".to_owned(),
    };
    let mut inside = false;
    let mut text = String::new();
    for line in BUILT_IN.lines() {
        let indented = line.starts_with(' ');
        inside = if indented { inside } else { line == "branches:" };
        let line = match line.trim_start().split(':').next().unwrap_or_default() {
            "name" if !indented => format!("name: {name}"),
            "main" if inside => format!("  main: {}{main_note}", quoted(&found.main)),
            "release_lines" if inside => format!("  release_lines: {}{no_lines}", list(&found.release_lines)),
            "release_tags" if inside => format!("  release_tags: {}{no_tags}", list(&tags)),
            _ => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A directory's name as a policy's name.
fn policy_name(directory: &str) -> String {
    let plain: String =
        directory.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    if policy::names::is_name(&name, '-') { name } else { "our-policy".to_owned() }
}

impl Report for InitReport {
    fn text(&self, page: &mut Page) {
        match self.written {
            Some(path) => {
                let written = page.mark(Tone::Good, path);
                page.line(&format!("{written} is written, and nothing is committed."));
            }
            None => page.line(&format!("{PATH} is there, and is left as it is.")),
        }
        if let Some(ledger) = &self.ledger {
            ledger.text(page);
        }
        page.blank();
        let list = |globs: &[String]| if globs.is_empty() { "none found".to_owned() } else { globs.join(", ") };
        page.fields(&[
            ("main", self.found.main.clone()),
            ("release lines", list(&self.found.release_lines)),
            ("release tags", list(&self.found.release_tags)),
        ]);
        next_commands(page, &self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_holds_the_names_and_is_valid() {
        let found = Conventions {
            main: "tr\"unk'#".to_owned(),
            release_lines: vec!["1.*".to_owned(), "a: b".to_owned()],
            release_tags: Vec::new(),
            production_branch: None,
        };
        let text = starter(&found, &policy_name("My Shop_2"));
        let policy = policy::read(text.as_bytes(), PATH).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!((policy.name.as_str(), policy.branches.main.as_str()), ("my-shop-2", "tr\"unk'#"));
        assert_eq!(policy.branches.release_lines, ["1.*", "a: b"]);
        assert_eq!(policy.branches.release_tags, ["v[0-9]*"]);
        assert_eq!(policy_name("42"), "our-policy");
        assert_eq!(policy_name(""), "our-policy");
    }
}
