//! Numbered lines: for `--plain`, for `TERM=dumb`, for a screen reader.

use std::io::{self, BufRead, BufReader, Stderr, Stdin, Write};

use super::layout::{asked, choices_of, evidence, hanging, size, spelt, typed};
use super::{Check, Choice, Kind, Prompt, Question, Reply};
use crate::failure::Failure;

/// Asks by numbered lines: an empty line keeps the earlier answer or says "not sure", `b` goes back, `?` helps.
#[derive(Debug)]
pub struct Plain<R, W> {
    input: R,
    output: W,
    columns: Option<usize>,
}

impl Plain<BufReader<Stdin>, Stderr> {
    /// On the standard input and the standard error stream.
    pub fn standard() -> Self {
        Self::new(BufReader::new(io::stdin()), io::stderr(), None)
    }
}

impl<R: BufRead, W: Write> Plain<R, W> {
    /// On these streams, so many columns wide (by default as wide as the terminal).
    pub fn new(input: R, output: W, columns: Option<usize>) -> Self {
        Self { input, output, columns }
    }

    fn put(&mut self, first: &str, line: &str) -> Result<(), Failure> {
        let columns = self.columns.unwrap_or_else(|| size().0);
        let shown = hanging(first, line, columns);
        writeln!(self.output, "{}", shown.trim_end()).map_err(|cause| Failure::because("failed to ask", cause))
    }

    /// The next line, trimmed. The end of the input is no answer.
    fn next_line(&mut self) -> Result<String, Failure> {
        let asked = write!(self.output, "> ").and_then(|()| self.output.flush());
        asked.map_err(|cause| Failure::because("failed to ask", cause))?;
        let mut line = Vec::new();
        match self.input.read_until(b'\n', &mut line) {
            Ok(0) => Err(Failure::interrupted()),
            Ok(_) => Ok(String::from_utf8_lossy(&line).trim().to_owned()),
            Err(cause) => Err(Failure::because("failed to read the answer", cause)),
        }
    }

    fn show(&mut self, question: &Question<'_>, choices: &[Choice]) -> Result<(), Failure> {
        self.put("", "")?;
        for line in question.evidence {
            let (first, text) = evidence(line);
            self.put(first, text)?;
        }
        self.put("", &asked(question))?;
        let (columns, rows) = size();
        let columns = self.columns.unwrap_or(columns);
        let mut height = 0;
        for (number, choice) in choices.iter().enumerate() {
            let (first, text) = (format!("  {}) ", number + 1), spelt(choice, question.default));
            height += hanging(&first, &text, columns).lines().count();
            self.put(&first, &text)?;
        }
        if height + 4 > rows {
            // The list pushed its question off the screen.
            self.put("", &asked(question))?;
        }
        let enter =
            question.default.map_or_else(|| "not sure".to_owned(), |earlier| format!("keep {earlier:?}; -: not sure"));
        let help = if question.help.is_some() { "; ?: help" } else { "" };
        self.put("  ", &format!("Enter: {enter}; b: back{help}"))
    }

    fn check(&mut self, kind: &Kind, choices: &[Choice], line: &str) -> Result<Option<String>, Failure> {
        let check: &Option<Check> = match kind {
            Kind::Choose(_) | Kind::YesNo => {
                let numbered = line.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
                let word = line.to_lowercase();
                let short = |choice: &&Choice| matches!(kind, Kind::YesNo) && choice.value.starts_with(&word);
                let named = choices.iter().find(|choice| choice.value.to_lowercase() == word);
                let chosen = named.or(numbered).or_else(|| choices.iter().find(short));
                if chosen.is_none() {
                    self.put("  ", &format!("{line:?} is none of these: give a number from 1 to {}", choices.len()))?;
                }
                return Ok(chosen.map(|choice| choice.value.clone()));
            }
            Kind::Text(check) | Kind::Number(_, check) => check,
        };
        let checked = typed(line).and_then(|line| check.as_ref().map_or(Ok(()), |check| check(&line)).map(|()| line));
        match checked {
            Ok(line) => Ok(Some(line)),
            Err(problem) => self.put("  ", &problem).map(|()| None),
        }
    }
}

impl<R: BufRead, W: Write> Prompt for Plain<R, W> {
    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Failure> {
        let choices = choices_of(&question.kind);
        self.show(question, &choices)?;
        loop {
            let line = self.next_line()?;
            match (line.as_str(), question.default) {
                ("", Some(earlier)) => return Ok(Reply::Value(earlier.to_owned())),
                ("" | "-", _) => return Ok(Reply::NotSure),
                ("b", _) => return Ok(Reply::Back),
                ("?", _) => self.put("  ", question.help.unwrap_or("there is no more to say"))?,
                (line, _) => {
                    if let Some(value) = self.check(&question.kind, &choices, line)? {
                        return Ok(Reply::Value(value));
                    }
                }
            }
        }
    }

    fn interactive(&self) -> bool {
        true
    }

    fn say(&mut self, line: &str) {
        // A line that cannot be shown stops nothing: the next question reports the broken stream.
        let _shown = self.put("", line);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::rc::Rc;

    use super::*;
    use crate::failure::ExitCode;

    fn severity() -> Kind {
        let choice = |value: &str, means: &str| Choice { value: value.to_owned(), means: means.to_owned() };
        Kind::Choose(vec![choice("sev1", "customers cannot work, or money is being lost"), choice("sev2", "")])
    }

    fn even() -> Kind {
        let check: Check = Rc::new(|typed| match typed.parse::<u32>() {
            Ok(number) if number % 2 == 0 => Ok(()),
            _ => Err(format!("{typed} is no even number")),
        });
        Kind::Number("%".to_owned(), Some(check))
    }

    /// The reply to one question and what was shown.
    fn asked(kind: Kind, default: Option<&str>, typed: &str) -> (Result<Reply, ExitCode>, String) {
        let evidence = ["production runs v2.8.3, which is 14 days old".to_owned()];
        let title = "question 2 of 7: how bad is it?";
        let question = Question { title, help: Some("Take the worse one."), evidence: &evidence, kind, default };
        let mut shown = Vec::new();
        let mut plain = Plain::new(Cursor::new(typed.as_bytes().to_vec()), &mut shown, Some(40));
        let reply = plain.ask(&question).map_err(|failure| failure.kind.exit());
        (reply, String::from_utf8(shown).expect("it writes text"))
    }

    fn value(value: &str) -> Result<Reply, ExitCode> {
        Ok(Reply::Value(value.to_owned()))
    }

    #[test]
    fn an_empty_line_is_not_sure() {
        for kind in [severity(), Kind::YesNo, even(), Kind::Text(None)] {
            assert_eq!(asked(kind, None, "\n").0, Ok(Reply::NotSure));
        }
    }

    #[test]
    fn an_empty_line_keeps_the_earlier_answer_and_a_dash_withdraws_it() {
        assert_eq!(asked(severity(), Some("sev2"), "\n").0, value("sev2"));
        assert_eq!(asked(severity(), Some("sev2"), "-\n").0, Ok(Reply::NotSure));
    }

    #[test]
    fn the_end_of_the_input_invents_no_answer() {
        for default in [None, Some("sev1")] {
            assert_eq!(asked(severity(), default, "").0, Err(ExitCode::Interrupted));
            assert_eq!(asked(severity(), default, "9\n").0, Err(ExitCode::Interrupted));
        }
    }

    #[test]
    fn a_number_or_the_value_chooses() {
        for typed in ["1\n", "sev1\n", " SEV1 \r\n", "0\n3\nnonsense\n1\n", "\u{1b}[A\n1\n"] {
            assert_eq!(asked(severity(), None, typed).0, value("sev1"), "{typed:?}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_number_wins_over_the_numbering() {
        let choice = |value: &str| Choice { value: value.to_owned(), means: String::new() };
        assert_eq!(asked(Kind::Choose(vec![choice("2"), choice("1")]), None, "1\n").0, value("1"));
    }

    #[test]
    fn yes_and_no_may_be_short() {
        for (typed, answer) in [("y\n", "yes"), ("N\n", "no"), ("yes\n", "yes"), ("2\n", "no")] {
            assert_eq!(asked(Kind::YesNo, None, typed).0, value(answer));
        }
    }

    #[test]
    fn b_goes_back_and_a_question_mark_explains() {
        assert_eq!(asked(severity(), None, "b\n").0, Ok(Reply::Back));
        let (reply, shown) = asked(severity(), None, "?\n2\n");
        assert_eq!(reply, value("sev2"));
        assert!(shown.contains("  Take the worse one."), "{shown}");
    }

    #[test]
    fn a_text_is_checked_until_it_passes() {
        assert_eq!(asked(Kind::Text(None), None, "\u{1b}[A\ndb/x.sql\n").0, value("db/x.sql"));
        let (reply, shown) = asked(even(), None, "7\nx\n8\n");
        assert_eq!(reply, value("8"));
        assert!(shown.contains("  7 is no even number") && shown.contains("  x is no even number"), "{shown}");
    }

    #[test]
    fn bytes_that_are_no_text_stop_nothing() {
        let mut plain = Plain::new(Cursor::new(b"\xff\xfe\n1\n".to_vec()), Vec::new(), Some(40));
        let question = Question { title: "?", help: None, evidence: &[], kind: Kind::YesNo, default: None };
        assert_eq!(plain.ask(&question).expect("it asks again"), Reply::Value("yes".to_owned()));
    }

    #[test]
    fn the_whole_question_at_40_columns() {
        let (_, shown) = asked(severity(), Some("sev1"), "9\n?\n1\n");
        assert!(shown.lines().all(|line| line.chars().count() <= 40), "{shown}");
        insta::assert_snapshot!(shown);
    }
}
