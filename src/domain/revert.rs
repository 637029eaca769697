//! What a commit message says about taking another commit back.

use super::identity::ObjectId;

/// Whether a message says that it reverts one of `ids`, or the change whose first line is `summary`.
///
/// Read: git's own `This reverts commit ID` and `Revert "SUMMARY"`, and a host's `Reverts OWNER/NAME#NUMBER` where the
/// summary ends with `(#NUMBER)` or begins with `Merge pull request #NUMBER `.
pub fn names(message: &str, ids: &[ObjectId], summary: &str) -> bool {
    let by_id = |line: &str| {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| (7..=40).contains(&word.len()));
        let mut hexes = words.filter(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()));
        hexes.any(|word| ids.iter().any(|id| id.to_string().starts_with(&word.to_ascii_lowercase())))
    };
    let number = summary.strip_prefix("Merge pull request #").and_then(|rest| rest.split(' ').next());
    let number =
        number.or_else(|| summary.strip_suffix(')').and_then(|rest| rest.rsplit_once("(#")).map(|(_, number)| number));
    let by_number = |line: &str| {
        let named = line.trim().rsplit_once('#').map(|(_, named)| named.trim_end_matches('.'));
        number.is_some_and(|number| named == Some(number))
    };
    let says_revert = |line: &str| line.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("revert"));
    let title = message.lines().next().unwrap_or_default();
    let quoted = title
        .strip_prefix("Revert \"")
        .and_then(|rest| rest.strip_prefix(summary))
        .is_some_and(|rest| !summary.is_empty() && rest.starts_with('"'));
    let reverts = |line: &str| line.to_ascii_lowercase().contains("reverts commit") && by_id(line);
    quoted || message.lines().any(|line| reverts(line) || says_revert(line) && (by_id(line) || by_number(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_what_it_takes_back() {
        let id: ObjectId = "826fc21abfd04779cde92e4cc33de2adb42cf327".parse().unwrap();
        let named = |message: &str, summary: &str| names(message, &[id], summary);
        assert!(named("Back it out\n\nThis reverts commit 826fc21abfd04779cde92e4cc33de2adb42cf327.", ""));
        assert!(named("revert 826fc21abf", ""));
        assert!(!named("Revert \"Keep lock in the printer\"", "Keep lock"));
        assert!(named("Revert \"Keep lock\" (#9)", "Keep lock"));
        assert!(named("sync: undo\n\nReverts tokio-rs/tokio#2325", "sync: keep lock (#2325)"));
        assert!(named("Reverts a/b#77.", "Merge pull request #77 from x/y"));
        for innocent in
            ["Fix what 826fc21abf broke", "Revert \"Revert \"Keep lock\"\"", "Reverts a/b#2", "reverted state"]
        {
            assert!(!named(innocent, "Keep lock (#25)"), "{innocent}");
        }
    }
}
