//! The nearest allowed name for a misspelt one.

/// The candidate with the smallest edit distance (optimal string alignment), if it is near enough to be meant.
///
/// Near enough is a distance of at most a third of the longer word, and at least one edit is always allowed.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // A name of 10 kB is no misspelling, and the distance costs the product of both lengths.
    if word.len() > 100 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (word.len().max(candidate.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        let known = ["severity", "data_at_risk", "roll-back", "flag-off"];
        assert_eq!(nearest("severty", known), Some("severity"));
        assert_eq!(nearest("rollback", known), Some("roll-back"));
        assert_eq!(nearest("flag-fof", known), Some("flag-off"));
        assert_eq!(nearest("Severity", known), Some("severity"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"s".repeat(10_000), known), None);
    }
}
