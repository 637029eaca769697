//! One answer in text form becomes a value of its fact, or a sentence that says why not.

use super::{Fact, FactKind, Quantity, Value};
use crate::domain::spelling::nearest;

impl Fact {
    /// Reads an answer. The error is a sentence that names what is allowed.
    ///
    /// Strict: nothing is trimmed, no case is folded, and `yes` is `true` only because the person is asked a yes-no question.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match &self.kind {
            FactKind::OneOf { choices } => {
                if choices.iter().any(|choice| choice.value == text) {
                    return Ok(Value::OneOf(text.to_owned()));
                }
                let allowed: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
                Err(format!("{text:?} is no {}; {}", self.name, way_out(text, &allowed)))
            }
            FactKind::Bool => match text {
                "true" | "yes" => Ok(Value::Bool(true)),
                "false" | "no" => Ok(Value::Bool(false)),
                _ => Err(format!("{text:?} does not answer {}; allowed are: true, false (or yes, no)", self.name)),
            },
            FactKind::Number { unit, at_least, at_most } => {
                let value: Quantity = text
                    .parse()
                    .map_err(|error| format!("{text:?} is no number of {unit} for {}: {error}", self.name))?;
                if at_least.is_some_and(|least| value < least) || at_most.is_some_and(|most| value > most) {
                    return Err(format!("{text} {unit} is outside of {}: {}", self.name, bounds(*at_least, *at_most)));
                }
                Ok(Value::Number(value))
            }
            FactKind::Text if text.trim().is_empty() => Err(format!("{} needs some words", self.name)),
            FactKind::Text => Ok(Value::Text),
        }
    }
}

/// "did you mean X? allowed are: …"
pub(super) fn way_out(text: &str, allowed: &[&str]) -> String {
    let list = format!("allowed are: {}", allowed.join(", "));
    nearest(text, allowed.iter().copied()).map_or(list.clone(), |near| format!("did you mean {near:?}? {list}"))
}

/// "at least 0, at most 100"
pub(super) fn bounds(at_least: Option<Quantity>, at_most: Option<Quantity>) -> String {
    let least = at_least.map(|least| format!("at least {least}"));
    let most = at_most.map(|most| format!("at most {most}"));
    least.into_iter().chain(most).collect::<Vec<_>>().join(", ")
}
