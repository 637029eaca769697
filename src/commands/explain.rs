//! `hotfix explain`: the long story of a refusal, of what an audit finds, or of a problem in a policy.

use serde::Serialize;

use crate::document::ProblemCode;
use crate::domain::finding::FindingCode;
use crate::domain::refusal::Code;
use crate::domain::{spelling, text};
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Tell the story behind a code: why the gate exists and how to pass it, or what a finding may mean
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The code, as a refusal or a finding prints it; without one all codes are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Explains one code, or lists them all.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let codes = match args.code {
        Some(word) => vec![find(&word)?],
        None => all().collect(),
    };
    session.answer("explain", ExitCode::Open, &Explained { codes })
}

/// The codes of refusals, then those of findings, then those of problems in a policy.
fn all() -> impl Iterator<Item = Explanation> {
    let refusals = Code::ALL.iter().map(|code| Explanation::of(code.word(), code.exit(), code.story()));
    // A command whose job is to look exits with 1 for what it finds.
    let findings = FindingCode::ALL.iter().map(|code| Explanation::of(code.word(), ExitCode::Refused, code.story()));
    let problems = ProblemCode::ALL.iter().map(|code| Explanation::of(code.word(), ExitCode::Refused, code.story()));
    refusals.chain(findings).chain(problems)
}

fn find(word: &str) -> Result<Explanation, Failure> {
    let wanted = word.trim().to_lowercase().replace(['_', ' '], "-");
    if let Some(found) = all().find(|one| one.code == wanted) {
        return Ok(found);
    }
    let unknown = Failure::usage(format!("no refusal, finding or problem has the code {:?}", text::shorten(word, 60)));
    Err(match meant(&wanted).split_first() {
        Some((first, [])) => unknown.hint(format!("did you mean: hotfix explain {first}")),
        Some((first, others)) => {
            unknown.hint(format!("did you mean: hotfix explain {first}    # or {}", others.join(", ")))
        }
        None => unknown.hint("for the list of all codes: hotfix explain"),
    })
}

/// The codes that somebody who typed `word` may have meant: those that hold all of its words, else the one that is spelled most
/// like it.
fn meant(word: &str) -> Vec<&'static str> {
    let whole = format!("-{word}-");
    let holds = |code: &&str| !word.is_empty() && format!("-{code}-").contains(&whole);
    let holding: Vec<&str> = all().map(|one| one.code).filter(holds).collect();
    match holding.is_empty() {
        true => spelling::nearest(word, all().map(|one| one.code)).into_iter().collect(),
        false => holding,
    }
}

#[derive(Serialize)]
struct Explained {
    codes: Vec<Explanation>,
}

#[derive(Serialize)]
struct Explanation {
    code: &'static str,
    leads_to: Leads,
    story: &'static str,
}

/// The exit code that a refusal leads to.
#[derive(Serialize)]
struct Leads {
    code: u8,
    word: &'static str,
}

impl Explanation {
    fn of(code: &'static str, exit: ExitCode, story: &'static str) -> Self {
        Self { code, leads_to: Leads { code: exit.status(), word: exit.word() }, story }
    }

    fn exit(&self) -> String {
        format!("{} {}", self.leads_to.code, self.leads_to.word)
    }
}

impl Report for Explained {
    fn text(&self, page: &mut Page) {
        if let [only] = self.codes.as_slice() {
            page.title(only.code);
            page.paragraph(only.story);
            page.blank();
            page.field("exit code", &only.exit());
            return;
        }
        let row = |explanation: &Explanation| {
            let code = page.mark(Tone::Strong, explanation.code);
            vec![code, explanation.exit(), text::first_sentence(explanation.story).to_owned()]
        };
        let rows = self.codes.iter().map(row).collect();
        page.table(&["code", "exit", "why"], rows);
        page.blank();
        page.paragraph("The whole story of one: hotfix explain CODE");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts match on these words: a changed or vanished line here breaks them, a new one does not.
    #[test]
    fn the_codes_that_scripts_rely_on() {
        let line = |one: Explanation| format!("{} {}\n", one.leads_to.code, one.code);
        insta::assert_snapshot!(all().map(line).collect::<String>());
    }

    #[test]
    fn every_code_is_kebab_case_in_the_order_of_the_alphabet_and_has_a_story() {
        let refusals: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
        let findings: Vec<&str> = FindingCode::ALL.iter().map(|code| code.word()).collect();
        assert!(refusals.is_sorted() && findings.is_sorted());
        let problems: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.word()).collect();
        let different: std::collections::BTreeSet<_> = refusals.iter().chain(&findings).chain(&problems).collect();
        assert_eq!(different.len(), refusals.len() + findings.len() + problems.len());
        for one in all() {
            let word = one.code;
            let parts_are_words =
                word.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()));
            assert!(parts_are_words, "{word}");
            assert!(one.story.ends_with('.') && one.story.len() >= 80, "{word} tells too little");
            assert!([1, 3, 4].contains(&one.leads_to.code), "{word}");
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["answers-missing", "Answers-Missing", "answers_missing", " answers missing "] {
            assert_eq!(find(typed).expect("it is a code").code, "answers-missing");
        }
    }

    #[test]
    fn an_unknown_code_gets_the_nearest_or_the_way_to_the_list() {
        let failure = find("answer-mising").err().expect("it is no code");
        assert_eq!(failure.kind.exit(), ExitCode::Usage);
        assert_eq!(failure.hint.as_deref(), Some("did you mean: hotfix explain answers-missing"));
        // The part of it that one remembers is nearer than what is only spelled alike.
        for (typed, hint) in [
            ("not-merged", "did you mean: hotfix explain not-merged-back"),
            ("rca", "did you mean: hotfix explain rca-incomplete    # or rca-missing, rca-not-accepted"),
            ("unproven", "did you mean: hotfix explain drift-unproven    # or merge-back-unproven"),
        ] {
            assert_eq!(find(typed).err().expect("it is no code").hint.as_deref(), Some(hint));
        }
        for strange in ["", "xyzzy", "\u{1b}[2J", &"x".repeat(10_000)] {
            let failure = find(strange).err().expect("it is no code");
            assert_eq!(failure.hint.as_deref(), Some("for the list of all codes: hotfix explain"));
        }
    }

    #[test]
    fn one_code_is_told_in_full() {
        let mut page = Page::new(72, false);
        Explained { codes: vec![find("answers-missing").expect("it is a code")] }.text(&mut page);
        insta::assert_snapshot!(page.finish());
    }
}
