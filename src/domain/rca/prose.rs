//! The body: sections, placeholders, and blame.

use super::Asked;
use crate::domain::event::RungName;

/// A section says something with at least so many characters.
const SHORTEST: usize = 20;

/// The sections, each with what the template asks there.
pub(super) fn sections(asked: &Asked<'_>) -> Vec<(&'static str, &'static str)> {
    let mut sections = vec![
        ("Summary", "What broke, in two sentences that a newcomer understands."),
        ("Impact", "Who was affected, how, and for how long."),
        ("Root cause", "What made it possible. A person's mistake is never the cause: ask what let it through."),
        ("The gate that should have caught it", "Why it did not, this time."),
    ];
    for rung in &asked.rungs {
        sections.push(match rung {
            RungName::RollBack => {
                ("Why rolling back was no way", "And what has to change so that it is one next time.")
            }
            RungName::FlagOff => {
                ("Why switching off was no way", "And what has to change so that it is one next time.")
            }
        });
    }
    sections
}

/// Every section is there, and says something.
pub(super) fn check(body: &str, asked: &Asked<'_>, problems: &mut Vec<String>) {
    for (title, _) in sections(asked) {
        match section(body, title).map(|said| said.trim().to_owned()) {
            None => problems.push(format!("the section `## {title}` is missing")),
            Some(said) if said.is_empty() => problems.push(format!("the section `## {title}` is empty")),
            Some(said) => {
                if let Some(placeholder) = placeholder(&said) {
                    problems.push(format!("`## {title}` holds the placeholder {placeholder:?}"));
                } else if said.chars().count() < SHORTEST {
                    problems.push(format!("`## {title}` has fewer than {SHORTEST} characters, and says too little"));
                }
            }
        }
    }
}

/// A word that stands for what is still to be written.
pub(super) fn placeholder(text: &str) -> Option<&'static str> {
    const PLACEHOLDERS: &[&str] = &["TODO", "TBD", "FIXME", "XXX", "???", "lorem ipsum", "n/a", "[insert", "<insert"];
    let lower = text.to_lowercase();
    PLACEHOLDERS.iter().copied().find(|placeholder| {
        let wanted = placeholder.to_lowercase();
        lower.match_indices(&wanted).any(|(at, _)| {
            let apart = |character: Option<char>| character.is_none_or(|character| !character.is_alphanumeric());
            apart(lower[..at].chars().next_back()) && apart(lower[at + wanted.len()..].chars().next())
        })
    })
}

/// Where the cause is put down to somebody.
pub(super) fn blame(body: &str, asked: &Asked<'_>) -> Vec<String> {
    let where_causes_stand = ["Root cause", "The gate that should have caught it"];
    let said = where_causes_stand.iter().filter_map(|title| section(body, title));
    said.flat_map(|said| blamed(&said, asked)).collect()
}

/// The blame in one text, each with why it leads nowhere.
pub(super) fn blamed(text: &str, asked: &Asked<'_>) -> Vec<String> {
    const BLAME: &[&str] = &[
        "human error",
        "operator error",
        "user error",
        "pilot error",
        "carelessness",
        "careless",
        "negligence",
        "should have known",
        "should have been more careful",
        "be more careful",
        "pay more attention",
        "forgot to",
        "failed to follow",
    ];
    let lower = text.to_lowercase();
    let word = BLAME.iter().find(|word| lower.contains(**word));
    let word =
        word.map(|word| format!("{word:?} is where an analysis begins, not where it ends: what let it through?"));
    let named = asked.people.iter().find(|name| {
        let name = name.to_lowercase();
        name.len() > 2 && lower.split(|character: char| !character.is_alphanumeric()).any(|part| part == name)
    });
    let named =
        named.map(|name| format!("{name} stands where the cause should: say what made it possible for anybody"));
    word.into_iter().chain(named).collect()
}

/// The body without what the template asked, and without anything else that nobody is meant to read.
pub fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// What stands under a level-two heading, up to the next heading of that level or above.
pub(super) fn section(body: &str, title: &str) -> Option<String> {
    let heading = |line: &str| line.strip_prefix("## ").map(|text| text.trim().to_lowercase());
    let mut lines = body.lines().skip_while(|line| heading(line).as_deref() != Some(title.to_lowercase().as_str()));
    lines.next()?;
    let ends = |line: &&str| line.starts_with("## ") || line.starts_with("# ");
    Some(lines.take_while(|line| !ends(line)).collect::<Vec<_>>().join("\n"))
}
