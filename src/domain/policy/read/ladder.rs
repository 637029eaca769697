//! Reading the ladder.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::Entry;

use super::super::answer::way_out;
use super::super::{EvidenceKind, LookFor, Reason, Rung, shape};
use super::section::Reader;

impl<'d> Reader<'d> {
    /// Roll back and flag off.
    pub(super) fn ladder(&mut self, entry: &'d Entry) -> Option<(Rung, Rung)> {
        let section = self.section(&entry.value, &entry.span, &shape::LADDER)?;
        let roll_back = section.get("roll_back").and_then(|entry| self.rung(entry, false));
        let flag_off = section.get("flag_off").and_then(|entry| self.rung(entry, true));
        Some((roll_back?, flag_off?))
    }

    fn rung(&mut self, entry: &'d Entry, patterns_name_a_flag: bool) -> Option<Rung> {
        let name = format!("the rung {:?}", entry.key);
        let section = self.section_of(&entry.value, &entry.span, &name, &[shape::RUNG.keys])?;
        let question = section.get("question").and_then(|entry| self.text(&entry.value));
        let help = section.get("help").map(|entry| self.text(&entry.value));
        let commands = self.texts(&section, "commands", true, placeholders);
        let no_because = section.get("no_because").and_then(|entry| self.reasons(entry));
        let look_for = match section.get("look_for") {
            None => Some(LookFor::default()),
            Some(entry) => self.look_for(entry, patterns_name_a_flag),
        };
        Some(Rung {
            question: question?,
            help: help.map_or(Some(None), |help| help.map(Some))?,
            commands: commands?,
            no_because: no_because?,
            look_for: look_for?,
        })
    }

    fn reasons(&mut self, entry: &'d Entry) -> Option<Vec<Reason>> {
        let before = self.problems.len();
        let reasons: Vec<Reason> =
            self.named(entry, "reasons", '-')?.into_iter().filter_map(|reason| self.reason(reason)).collect();
        (self.problems.len() == before).then_some(reasons)
    }

    fn reason(&mut self, entry: &'d Entry) -> Option<Reason> {
        let name = format!("the reason {:?}", entry.key);
        let section = self.section_of(&entry.value, &entry.span, &name, &[shape::REASON.keys])?;
        let means = section.get("means").and_then(|entry| self.text(&entry.value));
        let evidence = section.get("evidence").and_then(|entry| self.word(&entry.value, shape::EVIDENCE));
        let evidence = match evidence? {
            "none" => EvidenceKind::None,
            "link" => EvidenceKind::Link,
            "commit" => EvidenceKind::Commit,
            "path" => EvidenceKind::Path,
            _ => EvidenceKind::Text,
        };
        let owes_action = self.optional(&section, "owes_action", |reader, node| reader.boolean(node));
        Some(Reason { name: entry.key.clone(), means: means?, evidence, owes_action: owes_action?.unwrap_or(false) })
    }

    fn look_for(&mut self, entry: &'d Entry, patterns_name_a_flag: bool) -> Option<LookFor> {
        let section = self.section(&entry.value, &entry.span, &shape::LOOK_FOR)?;
        let paths = self.globs(&section, "paths", true);
        let patterns = self.texts(&section, "patterns", true, |pattern| {
            let regex = Regex::new(pattern).map_err(|error| {
                let reason = error.to_string();
                // The library draws the pattern first and gives the reason in its last line.
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                (
                    format!("this is no regular expression: {reason}"),
                    "mend it; in YAML put single quotes around it".to_owned(),
                )
            })?;
            if patterns_name_a_flag && regex.captures_len() < 2 {
                let message = "this pattern has no group, so it can't name the flag".to_owned();
                return Err((message, "put parentheses around the part that is the flag's key".to_owned()));
            }
            Ok(())
        });
        Some(LookFor { paths: paths?, patterns: patterns? })
    }
}

#[expect(clippy::expect_used, reason = "the pattern is fixed, and a test runs it")]
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(^|[^$])\{([a-z][a-z_]*)\}").expect("a valid pattern"));

/// Whether a command's placeholders are all known; the shell's own `${name}` is not one.
fn placeholders(command: &str) -> Result<(), (String, String)> {
    let unknown = PLACEHOLDER.captures_iter(command).map(|found| found[2].to_owned());
    match unknown.into_iter().find(|name| !shape::PLACEHOLDERS.contains(&name.as_str())) {
        Some(name) => {
            Err((format!("{{{name}}} is not filled in by this program"), way_out(&name, shape::PLACEHOLDERS)))
        }
        None => Ok(()),
    }
}
