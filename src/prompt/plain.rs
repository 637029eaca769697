//! Numbered lines: for `--plain`, for `TERM=dumb`, for a screen reader.

use std::io::{self, BufRead, BufReader, Stderr, Stdin, Write};

use super::{Check, Choice, Kind, Prompt, Question, Reply};
use crate::domain::text;
use crate::failure::Failure;

/// Asks by numbered lines: an empty line keeps the earlier answer or says "not sure", `b` goes back, `?` helps.
#[derive(Debug)]
pub struct Plain<R, W> {
    input: R,
    output: W,
}

impl Plain<BufReader<Stdin>, Stderr> {
    /// On the standard input and the standard error stream.
    pub fn standard() -> Self {
        Self::new(BufReader::new(io::stdin()), io::stderr())
    }
}

impl<R: BufRead, W: Write> Plain<R, W> {
    /// On these streams.
    pub fn new(input: R, output: W) -> Self {
        Self { input, output }
    }

    fn put(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.output, "{}", text::neutral(line)).map_err(|cause| Failure::because("failed to ask", cause))
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
        self.put("")?;
        for line in question.evidence {
            self.put(&format!("  {line}"))?;
        }
        self.put(question.title)?;
        for (number, choice) in choices.iter().enumerate() {
            let means = if choice.means.is_empty() { String::new() } else { format!(": {}", choice.means) };
            self.put(&format!("  {}) {}{means}", number + 1, choice.value))?;
        }
        let enter = question.default.map_or_else(|| "not sure".to_owned(), |earlier| format!("keep {earlier:?}"));
        let unsure = if question.default.is_some() { ", - = not sure" } else { "" };
        let help = if question.help.is_some() { ", ? = help" } else { "" };
        self.put(&format!("  Enter = {enter}{unsure}, b = back{help}"))
    }

    fn check(&mut self, kind: &Kind, choices: &[Choice], line: &str) -> Result<Option<String>, Failure> {
        let check: &Option<Check> = match kind {
            Kind::Choose(_) | Kind::YesNo => {
                let by_number = line.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
                let chosen = by_number.or_else(|| {
                    choices.iter().find(|choice| {
                        let short = matches!(kind, Kind::YesNo) && choice.value[..1].eq_ignore_ascii_case(line);
                        short || choice.value.eq_ignore_ascii_case(line)
                    })
                });
                if chosen.is_none() {
                    self.put(&format!("  {line:?} is none of 1 to {}", choices.len()))?;
                }
                return Ok(chosen.map(|choice| choice.value.clone()));
            }
            Kind::Text(check) | Kind::Number(_, check) => check,
        };
        match check.as_ref().map_or(Ok(()), |check| check(line)) {
            Ok(()) => Ok(Some(line.to_owned())),
            Err(problem) => self.put(&format!("  {problem}")).map(|()| None),
        }
    }
}

/// The values that a question offers; none when it wants text.
pub(super) fn choices_of(kind: &Kind) -> Vec<Choice> {
    match kind {
        Kind::Choose(choices) => choices.clone(),
        Kind::YesNo => ["yes", "no"].map(|value| Choice { value: value.to_owned(), means: String::new() }).into(),
        Kind::Text(_) | Kind::Number(..) => Vec::new(),
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
                ("?", _) => self.put(&format!("  {}", question.help.unwrap_or("there is no more to say")))?,
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
        let _shown = self.put(line);
    }
}
