//! The policy's globs, over tags, branches and paths alike.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::failure::Failure;

/// Several globs at once; `*` stops at `/`, `**` does not.
pub struct Globs {
    sources: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// Compiles globs. Exit 4 where one is malformed (the policy's reader says so first, with line and column).
    pub fn new(sources: &[String]) -> Result<Self, Failure> {
        let failed = |error| Failure::because("failed to read a glob of the policy", error).hint("hotfix policy lint");
        let mut set = GlobSetBuilder::new();
        for source in sources {
            set.add(GlobBuilder::new(source).literal_separator(true).build().map_err(failed)?);
        }
        Ok(Self { sources: sources.to_vec(), set: set.build().map_err(failed)? })
    }

    /// The compiled globs alone.
    pub fn into_set(self) -> GlobSet {
        self.set
    }

    /// Whether one of them matches.
    pub fn match_any(&self, name: &[u8]) -> bool {
        self.set.is_match_candidate(&Candidate::from_bytes(&name))
    }

    /// The first that matches, as it was written.
    pub fn first_match(&self, name: &[u8]) -> Option<&str> {
        let first = self.set.matches_candidate(&Candidate::from_bytes(&name)).into_iter().min()?;
        self.sources.get(first).map(String::as_str)
    }
}
