//! The answers of a script: a flat map of names to values, in YAML or JSON.

use std::collections::BTreeMap;

use crate::document::{self, Kind, Node, Problem, ProblemCode, Problems};

/// Reads an answers file: a flat map of key to a scalar or a list of scalars, each as the text that `--set` would be given.
///
/// Which keys and values are allowed is the policy's business, not the file's.
pub fn read_answers(source: &[u8], file: &str) -> Result<BTreeMap<String, Vec<String>>, Problems> {
    let document = document::read(source, file)?;
    let mut problems = Vec::new();
    let mut answers = BTreeMap::new();
    match &document.root.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let items = match &entry.value.kind {
                    Kind::List(items) => items.as_slice(),
                    _ => std::slice::from_ref(&entry.value),
                };
                let texts = items.iter().filter_map(|item| scalar(item, &document.source, &mut problems)).collect();
                answers.insert(entry.key.clone(), texts);
            }
        }
        _ => problems.push(wrong(&document.root, &document.source, "a map of name to answer")),
    }
    if problems.is_empty() { Ok(answers) } else { Err(Problems::new(file, document.source, problems)) }
}

fn scalar(node: &Node, source: &str, problems: &mut Vec<Problem>) -> Option<String> {
    match &node.kind {
        Kind::Text(text) | Kind::Number(text) => Some(text.clone()),
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Null | Kind::List(_) | Kind::Map(_) => {
            problems.push(wrong(node, source, "an answer"));
            None
        }
    }
}

fn wrong(node: &Node, source: &str, wanted: &str) -> Problem {
    let message = format!("{wanted} is wanted here, and this is {}", node.what());
    let help = "write one `name: answer` a line, such as `severity: sev1`";
    Problem::new(source, node.span.clone(), ProblemCode::WrongType, message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml = b"severity: sev1\nerror_rate: 0.50\ndata_at_risk: true\nlinks: [a, 'b']\n";
        let json =
            b"{\"severity\": \"sev1\", \"error_rate\": 0.50,\n\t\"data_at_risk\": true, \"links\": [\"a\", \"b\"]}";
        let expected: BTreeMap<String, Vec<String>> = [
            ("severity", vec!["sev1"]),
            ("error_rate", vec!["0.50"]),
            ("data_at_risk", vec!["true"]),
            ("links", vec!["a", "b"]),
        ]
        .map(|(key, values)| (key.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .into();
        assert_eq!(read_answers(yaml, "a.yaml").as_ref(), Ok(&expected));
        assert_eq!(read_answers(json, "a.json").as_ref(), Ok(&expected));
    }

    #[test]
    fn what_is_no_answer_is_refused_with_its_place() {
        let problems = read_answers(b"a:\nb: {c: 1}\nd: [[1]]\n", "a.yaml").expect_err("three problems");
        assert_eq!(problems.list.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(read_answers(b"- a\n", "a.yaml").is_err());
    }
}
