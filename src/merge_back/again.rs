//! Whether what a hunk deleted stands in the file again, whoever put it there and however it is indented there.

use foldhash::HashSet;

use crate::domain::lines::{Hunk, Text, is_telling};
use crate::domain::test_code::is_test_code;
use crate::failure::Failure;

use super::judge::Judged;
use super::text::TextJudge;

/// So few lines of a test tell nothing where they stand elsewhere.
const FEW: usize = 2;

impl TextJudge<'_, '_> {
    /// Whether most of what a pure deletion took out stands at the target's tip, `tip`, without regard to indentation: what the
    /// place where it stood became may be hard to follow, where a file was indented anew or taken apart.
    ///
    /// A line that stood elsewhere in the file all the time, on the fix's own line or at the landing, tells nothing.
    pub(super) fn most_stands_again(&self, hunk: &Hunk, one: &Judged, tip: &Text<'_>) -> Result<bool, Failure> {
        if !hunk.new.is_empty() || one.quiet {
            return Ok(false);
        }
        let does_something = |line: &&[u8]| is_telling(line) && !self.language.is_quiet(&[line]);
        let removed = self.change.removed(hunk).iter().copied().filter(does_something).map(<[u8]>::trim_ascii);
        let landing = one.landed_by.and_then(|at| self.versions.iter().find(|version| version.at == at));
        let landing = self.target.content(landing.and_then(|version| version.entry))?;
        let elsewhere = [trimmed(&self.change.after), trimmed(&Text::new(&landing))];
        let removed: HashSet<&[u8]> = removed.filter(|line| !elsewhere.iter().any(|all| all.contains(line))).collect();
        // Each test begins as another does, and no production runs them.
        if removed.is_empty() || is_test_code(self.path) && removed.len() <= FEW {
            return Ok(false);
        }
        let now = trimmed(tip);
        Ok(removed.iter().filter(|line| now.contains(*line)).count() * 2 > removed.len())
    }
}

/// The lines of a text without the white space around them.
fn trimmed<'a>(text: &Text<'a>) -> HashSet<&'a [u8]> {
    text.lines().iter().map(|line| line.trim_ascii()).collect()
}
