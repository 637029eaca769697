//! What became of each hunk, and the one total table from fates to a verdict.

use serde::Serialize;

use super::merge_back::Verdict;

/// What became of one hunk on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Applying it changes nothing, and undoing it would.
    InEffect,
    /// Proven landed; some of its lines were replaced or dropped since.
    Evolved,
    /// Proven landed; taken out again since.
    Undone,
    /// Not there, and no landing.
    Never,
    /// The proof would rest on text that stands elsewhere too.
    Weak,
    /// Neither there nor absent, and no landing is proven.
    Unknown,
    /// On the policy's list of what never goes back.
    Ignored,
}

impl Fate {
    /// Every fate.
    pub const ALL: [Self; 7] =
        [Self::InEffect, Self::Evolved, Self::Undone, Self::Never, Self::Weak, Self::Unknown, Self::Ignored];

    /// The fate as users see it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InEffect => "in effect",
            Self::Evolved => "evolved",
            Self::Undone => "undone",
            Self::Never => "never",
            Self::Weak => "weak",
            Self::Unknown => "unknown",
            Self::Ignored => "ignored",
        }
    }

    /// Whether the hunk is on the target today.
    pub fn holds(self) -> bool {
        matches!(self, Self::InEffect | Self::Evolved)
    }
}

/// The table. A fix of which nothing is left to judge is never `merged`.
pub fn verdict(fates: impl IntoIterator<Item = Fate>) -> Verdict {
    let (mut holds, mut undone, mut never, mut open) = (false, false, false, false);
    for fate in fates {
        match fate {
            Fate::InEffect | Fate::Evolved => holds = true,
            Fate::Undone => undone = true,
            Fate::Never => never = true,
            Fate::Weak | Fate::Unknown => open = true,
            Fate::Ignored => {}
        }
    }
    match (holds, undone, never, open) {
        // Whatever the open ones turn out to be, some of it is there and some is not.
        (true, true, _, _) | (true, _, true, _) | (_, true, true, _) => Verdict::Partial,
        (_, _, _, true) => Verdict::Unproven,
        (true, false, false, false) => Verdict::Merged,
        (false, true, false, false) => Verdict::Reverted,
        (false, false, true, false) => Verdict::Missing,
        (false, false, false, false) => Verdict::Unproven,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set of fates, each against the sentence of the design that decides it.
    #[test]
    fn every_set_of_fates_has_its_verdict() {
        for bits in 0_u32..1 << Fate::ALL.len() {
            let fates: Vec<Fate> =
                Fate::ALL.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, fate)| fate).collect();
            let judged: Vec<Fate> = fates.iter().copied().filter(|fate| *fate != Fate::Ignored).collect();
            let all = |wanted: &[Fate]| !judged.is_empty() && judged.iter().all(|fate| wanted.contains(fate));
            let any = |wanted: &[Fate]| judged.iter().any(|fate| wanted.contains(fate));
            let expected = if all(&[Fate::InEffect, Fate::Evolved]) {
                Verdict::Merged
            } else if all(&[Fate::Undone]) {
                Verdict::Reverted
            } else if all(&[Fate::Never]) {
                Verdict::Missing
            } else if any(&[Fate::InEffect, Fate::Evolved]) && any(&[Fate::Undone, Fate::Never])
                || any(&[Fate::Undone]) && any(&[Fate::Never])
            {
                Verdict::Partial
            } else {
                Verdict::Unproven
            };
            assert_eq!(verdict(fates.iter().copied()), expected, "{fates:?}");
            assert_eq!(verdict(fates.iter().rev().copied()), expected, "the order must not matter: {fates:?}");
        }
    }

    #[test]
    fn nothing_is_not_merged() {
        assert_eq!(verdict([]), Verdict::Unproven);
        assert_eq!(verdict([Fate::Ignored]), Verdict::Unproven);
    }
}
