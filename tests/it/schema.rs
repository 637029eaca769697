//! As much of JSON Schema (draft 7) as the policy's schema uses; a keyword that it does not know is a panic, not a pass.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

/// A schema.
pub(crate) struct Schema(Value, RefCell<HashMap<String, Regex>>);

impl Schema {
    pub(crate) fn new(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap(), RefCell::default())
    }

    /// Why a value is refused; none if it is valid.
    pub(crate) fn refusal(&self, value: &Value) -> Option<String> {
        self.check(&self.0, value, "").err()
    }

    fn check(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let rules = schema.as_object().unwrap();
        for (keyword, rule) in rules {
            let holds = self.keyword(rules, keyword, rule, value, place)?;
            if !holds {
                return Err(format!("{place}: {keyword} {rule}"));
            }
        }
        Ok(())
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.1.borrow_mut();
        patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).is_match(text)
    }

    fn keyword(
        &self,
        rules: &serde_json::Map<String, Value>,
        keyword: &str,
        rule: &Value,
        value: &Value,
        place: &str,
    ) -> Result<bool, String> {
        let count = |limit: &Value| usize::try_from(limit.as_u64().unwrap()).unwrap();
        let valid = |schema: &Value| self.check(schema, value, place).is_ok();
        let any = || rule.as_array().unwrap().iter();
        Ok(match (keyword, value) {
            ("$schema" | "title" | "description" | "definitions" | "required" | "properties", _)
                if !value.is_object() =>
            {
                true
            }
            ("$schema" | "title" | "description" | "definitions", _) => true,
            ("$ref", _) => {
                let target = self.0.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                self.check(target, value, place)?;
                true
            }
            ("const", _) => value == rule,
            ("enum", _) => any().any(|allowed| allowed == value),
            ("anyOf", _) => any().any(valid),
            ("oneOf", _) => any().filter(|schema| valid(schema)).count() == 1,
            ("not", _) => !valid(rule),
            ("type", _) => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("type {other}"),
            },
            ("pattern", Value::String(text)) => self.matches(rule.as_str().unwrap(), text),
            ("maxLength", Value::String(text)) => text.chars().count() <= count(rule),
            ("minimum", Value::Number(number)) => number.as_f64() >= rule.as_f64(),
            ("maximum", Value::Number(number)) => number.as_f64() <= rule.as_f64(),
            ("minItems", Value::Array(items)) => items.len() >= count(rule),
            ("uniqueItems", Value::Array(items)) => (1..items.len()).all(|at| !items[..at].contains(&items[at])),
            ("contains", Value::Array(items)) => items.iter().any(|item| self.check(rule, item, place).is_ok()),
            ("items", Value::Array(items)) => {
                items.iter().enumerate().try_for_each(|(at, item)| self.check(rule, item, &format!("{place}/{at}")))?;
                true
            }
            ("minProperties", Value::Object(map)) => map.len() >= count(rule),
            ("required", Value::Object(map)) => any().all(|key| map.contains_key(key.as_str().unwrap())),
            ("propertyNames", Value::Object(map)) => {
                map.keys().try_for_each(|key| self.check(rule, &Value::from(key.as_str()), place))?;
                true
            }
            ("properties", Value::Object(map)) => {
                for (key, schema) in rule.as_object().unwrap() {
                    if let Some(inner) = map.get(key) {
                        self.check(schema, inner, &format!("{place}/{key}"))?;
                    }
                }
                true
            }
            ("additionalProperties", Value::Object(map)) => {
                let named = rules.get("properties").and_then(Value::as_object);
                for (key, inner) in map.iter().filter(|(key, _)| named.is_none_or(|named| !named.contains_key(*key))) {
                    match rule {
                        Value::Bool(allowed) if !allowed => return Err(format!("{place}: unknown key {key}")),
                        Value::Bool(_) => {}
                        schema => self.check(schema, inner, &format!("{place}/{key}"))?,
                    }
                }
                true
            }
            (
                "pattern"
                | "maxLength"
                | "minimum"
                | "maximum"
                | "minItems"
                | "uniqueItems"
                | "contains"
                | "items"
                | "minProperties"
                | "propertyNames"
                | "additionalProperties",
                _,
            ) => true,
            (other, _) => panic!("the keyword {other} is not known here"),
        })
    }
}
