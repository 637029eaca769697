//! `hotfix explain`: the long story of a refusal.

use serde::Serialize;

use crate::domain::refusal::Code;
use crate::domain::{spelling, text};
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Tell the story behind a refusal's code: why the gate exists and how to pass it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The code, as a refusal prints it; without one all codes are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Explains one code, or lists them all.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let codes = match args.code {
        Some(word) => vec![find(&word)?],
        None => Code::ALL.to_vec(),
    };
    session.answer("explain", ExitCode::Open, &Explained { codes: codes.into_iter().map(Explanation::of).collect() })
}

fn find(word: &str) -> Result<Code, Failure> {
    let wanted = word.trim().to_lowercase().replace(['_', ' '], "-");
    if let Some(code) = Code::ALL.iter().find(|code| code.word() == wanted) {
        return Ok(*code);
    }
    let unknown = Failure::usage(format!("no refusal has the code {:?}", text::shorten(word, 60)));
    Err(match spelling::nearest(&wanted, Code::ALL.iter().map(|code| code.word())) {
        Some(near) => unknown.hint(format!("did you mean: hotfix explain {near}")),
        None => unknown.hint("for the list of all codes: hotfix explain"),
    })
}

#[derive(Serialize)]
struct Explained {
    codes: Vec<Explanation>,
}

#[derive(Serialize)]
struct Explanation {
    code: Code,
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
    fn of(code: Code) -> Self {
        let exit = code.exit();
        Self { code, leads_to: Leads { code: exit.status(), word: exit.word() }, story: code.story() }
    }

    fn exit(&self) -> String {
        format!("{} {}", self.leads_to.code, self.leads_to.word)
    }
}

impl Report for Explained {
    fn text(&self, page: &mut Page) {
        if let [only] = self.codes.as_slice() {
            page.title(only.code.word());
            page.paragraph(only.story);
            page.blank();
            page.field("exit code", &only.exit());
            return;
        }
        let row = |explanation: &Explanation| {
            let code = page.mark(Tone::Strong, explanation.code.word());
            vec![code, explanation.exit(), first_sentence(explanation.story).to_owned()]
        };
        let rows = self.codes.iter().map(row).collect();
        page.table(&["code", "exit", "why"], rows);
        page.blank();
        page.line("The whole story of one: hotfix explain CODE");
    }
}

fn first_sentence(story: &str) -> &str {
    story.find(". ").map_or(story, |end| &story[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts match on these words: a changed or vanished line here breaks them, a new one does not.
    #[test]
    fn the_codes_that_scripts_rely_on() {
        let line = |code: &Code| format!("{} {}\n", code.exit().status(), code.word());
        insta::assert_snapshot!(Code::ALL.iter().map(line).collect::<String>());
    }

    #[test]
    fn every_code_is_kebab_case_in_the_order_of_the_alphabet_and_has_a_story() {
        let words: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
        assert!(words.is_sorted() && words.windows(2).all(|pair| pair[0] != pair[1]), "{words:?}");
        for code in Code::ALL {
            let word = code.word();
            let parts_are_words =
                word.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()));
            assert!(parts_are_words, "{word}");
            assert!(code.story().ends_with('.') && code.story().len() >= 80, "{word} tells too little");
            assert!([ExitCode::Refused, ExitCode::Waiting, ExitCode::Undecided].contains(&code.exit()), "{word}");
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["answers-missing", "Answers-Missing", "answers_missing", " answers missing "] {
            assert_eq!(find(typed).expect("it is a code"), Code::AnswersMissing);
        }
    }

    #[test]
    fn an_unknown_code_gets_the_nearest_or_the_way_to_the_list() {
        let failure = find("answer-mising").expect_err("it is no code");
        assert_eq!(failure.kind.exit(), ExitCode::Usage);
        assert_eq!(failure.hint.as_deref(), Some("did you mean: hotfix explain answers-missing"));
        for strange in ["", "xyzzy", "\u{1b}[2J", &"x".repeat(10_000)] {
            let failure = find(strange).expect_err("it is no code");
            assert_eq!(failure.hint.as_deref(), Some("for the list of all codes: hotfix explain"));
        }
    }

    #[test]
    fn one_code_is_told_in_full() {
        let mut page = Page::new(72, false);
        Explained { codes: vec![Explanation::of(Code::AnswersMissing)] }.text(&mut page);
        insta::assert_snapshot!(page.finish());
    }
}
