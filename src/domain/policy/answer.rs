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
                let value = Value::Number(value);
                if !self.accepts(&value) {
                    return Err(format!("{text} {unit} is outside of {}: {}", self.name, bounds(*at_least, *at_most)));
                }
                Ok(value)
            }
            FactKind::Text if text.trim().is_empty() => Err(format!("{} needs some words", self.name)),
            FactKind::Text => Ok(Value::Text),
        }
    }
}

impl Fact {
    /// Whether the fact can have this value.
    pub fn accepts(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (FactKind::OneOf { choices }, Value::OneOf(value)) => choices.iter().any(|choice| choice.value == *value),
            (FactKind::Bool, Value::Bool(_)) | (FactKind::Text, Value::Text) => true,
            (FactKind::Number { at_least, at_most, .. }, Value::Number(value)) => {
                at_least.is_none_or(|least| *value >= least) && at_most.is_none_or(|most| *value <= most)
            }
            _ => false,
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

#[cfg(test)]
mod tests {
    use super::super::Choice;
    use super::*;

    fn fact(kind: FactKind) -> Fact {
        Fact { name: "level".to_owned(), question: String::new(), help: None, kind, probe: None }
    }

    #[test]
    fn an_answer_is_read_strictly_and_refused_with_what_is_allowed() {
        let choice = |value: &str| Choice { value: value.to_owned(), means: String::new() };
        let one_of = fact(FactKind::OneOf { choices: vec![choice("sev1"), choice("sev2")] });
        assert_eq!(one_of.parse("sev1"), Ok(Value::OneOf("sev1".to_owned())));
        let refused = one_of.parse("sev11").expect_err("not declared");
        assert_eq!(refused, "\"sev11\" is no level; did you mean \"sev1\"? allowed are: sev1, sev2");
        for wrong in ["", "SEV1", " sev1", "sev1 "] {
            assert!(one_of.parse(wrong).is_err(), "{wrong:?}");
        }

        let bool = fact(FactKind::Bool);
        assert_eq!((bool.parse("yes"), bool.parse("false")), (Ok(Value::Bool(true)), Ok(Value::Bool(false))));
        assert!(bool.parse("y").is_err() && bool.parse("True").is_err() && bool.parse("").is_err());

        let bound = |text: &str| text.parse().ok();
        let number = fact(FactKind::Number { unit: "percent".to_owned(), at_least: bound("0"), at_most: bound("100") });
        assert_eq!(number.parse("0.50").map(|value| number.accepts(&value)), Ok(true));
        for wrong in ["-1", "100.1", "1e1", "5%", "", "99999999999999999999"] {
            assert!(number.parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(
            number.parse("101").expect_err("outside"),
            "101 percent is outside of level: at least 0, at most 100"
        );

        let text = fact(FactKind::Text);
        assert_eq!(text.parse("some words"), Ok(Value::Text));
        assert!(text.parse(" \n").is_err());
    }
}
