//! The root cause analysis: a Markdown file that people edit, and what it must hold.

use super::identity::IncidentId;
use crate::document::{self, Kind, Node};

/// The sections that must say something, each with what the template asks there.
const SECTIONS: [(&str, &str); 5] = [
    ("Summary", "What broke, in two sentences that a newcomer understands."),
    ("Impact", "Who was affected, how, and for how long."),
    ("Root cause", "What made it possible. A person's mistake is never the cause: ask what let it through."),
    ("The gate that should have caught it", "Review, a test, staging, a canary, an alert: which, and why it did not."),
    ("Actions", "Each with an owner and a due date; at least one that makes that gate catch it next time."),
];

/// An analysis that holds everything required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Whether the analysis says that no code was the cause.
    pub no_code_cause: bool,
}

/// The file that a person starts from.
pub fn template(incident: &IncidentId) -> String {
    let mut text = format!(
        "---\n# true: code (or configuration in this repository) was the cause; false: something else was\ncode_cause:\n---\n# Root cause analysis of {incident}\n"
    );
    for (title, asks) in SECTIONS {
        text.push_str(&format!("\n## {title}\n\n<!-- {asks} -->\n"));
    }
    text
}

/// Reads an analysis; says everything that is missing, not the first thing.
///
/// A section that holds only the template's comments is empty.
pub fn read(text: &str) -> Result<Analysis, Vec<String>> {
    let mut problems = Vec::new();
    let front = match document::front_matter(text.as_bytes(), "the analysis") {
        Ok(front) => front,
        Err(found) => return Err(found.list.into_iter().map(|problem| problem.message).collect()),
    };
    let code_cause = code_cause(&front.root);
    if code_cause.is_none() {
        problems.push("the front matter does not say `code_cause: true` or `code_cause: false`".to_owned());
    }
    let body = without_comments(&front.body);
    for (title, _) in SECTIONS {
        match section(&body, title) {
            None => problems.push(format!("the section `## {title}` is missing")),
            Some(said) if said.trim().is_empty() => problems.push(format!("the section `## {title}` is empty")),
            Some(_) => {}
        }
    }
    match code_cause {
        Some(code_cause) if problems.is_empty() => Ok(Analysis { no_code_cause: !code_cause }),
        _ => Err(problems),
    }
}

fn code_cause(front: &Node) -> Option<bool> {
    let Kind::Map(entries) = &front.kind else { return None };
    match entries.iter().find(|entry| entry.key == "code_cause")?.value.kind {
        Kind::Bool(code_cause) => Some(code_cause),
        _ => None,
    }
}

fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// What stands under a level-two heading, up to the next heading of that level or above.
fn section(body: &str, title: &str) -> Option<String> {
    let heading = |line: &str| line.strip_prefix("## ").map(|text| text.trim().to_lowercase());
    let mut lines = body.lines().skip_while(|line| heading(line).as_deref() != Some(title.to_lowercase().as_str()));
    lines.next()?;
    let ends = |line: &&str| line.starts_with("## ") || line.starts_with("# ");
    Some(lines.take_while(|line| !ends(line)).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(code_cause: &str) -> String {
        let mut text = template(&"INC-1".parse().unwrap()).replace("code_cause:", &format!("code_cause: {code_cause}"));
        for (title, _) in SECTIONS {
            text = text.replace(&format!("## {title}\n"), &format!("## {title}\n\nSomething true.\n"));
        }
        text
    }

    #[test]
    fn the_template_itself_is_no_analysis() {
        let problems = read(&template(&"INC-1".parse().unwrap())).unwrap_err();
        assert_eq!(problems.len(), 1 + SECTIONS.len(), "{problems:#?}");
    }

    #[test]
    fn a_filled_template_is_one() {
        assert_eq!(read(&filled("true")), Ok(Analysis { no_code_cause: false }));
        assert_eq!(read(&filled("false")), Ok(Analysis { no_code_cause: true }));
        assert_eq!(read(&filled("true").replace('\n', "\r\n")), Ok(Analysis { no_code_cause: false }));
    }

    #[test]
    fn everything_missing_is_said_at_once() {
        let text =
            filled("perhaps").replace("## Impact\n\nSomething true.", "## Impact").replace("## Actions", "## Ideas");
        let problems = read(&text).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:#?}");
        assert!(read("no front matter").is_err());
        assert!(read("---\ncode_cause: true\n---\n<!-- never ends\n## Summary").is_err());
    }
}
