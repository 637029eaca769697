//! The policy's regular expressions over lines.

use regex::bytes::{Regex, RegexBuilder};

use crate::failure::Failure;

/// Several regular expressions, compiled.
pub struct Patterns(Vec<Regex>);

/// Where one of them fits.
pub struct Fit<'a> {
    /// The line, from 1.
    pub line: usize,
    /// The pattern, as it was written.
    pub pattern: &'a str,
    /// What its first group caught, if it has one and it is UTF-8.
    pub first_group: Option<String>,
}

impl Patterns {
    /// Compiles patterns; `^` and `$` stand for the ends of a line. Exit 4 where one is malformed.
    pub fn new(sources: &[impl AsRef<str>]) -> Result<Self, Failure> {
        let compile = |source: &str| RegexBuilder::new(source).multi_line(true).crlf(true).build();
        let failed =
            |error| Failure::because("failed to read a pattern of the policy", error).hint("hotfix policy lint");
        let compiled: Result<Vec<Regex>, _> = sources.iter().map(|source| compile(source.as_ref())).collect();
        compiled.map(Self).map_err(failed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every fit in a text, pattern by pattern.
    pub fn find(&self, text: &[u8]) -> Vec<Fit<'_>> {
        let mut fits = Vec::new();
        for pattern in &self.0 {
            let (mut line, mut counted) = (1, 0);
            for captures in pattern.captures_iter(text) {
                let Some(whole) = captures.get(0) else { continue };
                line += text[counted..whole.start()].iter().filter(|&&byte| byte == b'\n').count();
                counted = whole.start();
                let group = captures.get(1).and_then(|group| std::str::from_utf8(group.as_bytes()).ok());
                fits.push(Fit { line, pattern: pattern.as_str(), first_group: group.map(str::to_owned) });
            }
        }
        fits
    }
}
