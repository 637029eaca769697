//! The one rule for words that a person gives as a reason: somebody reads them next year, and a word says nothing then.
//!
//! No count makes a reason good. This keeps away what can't be one: a letter, "ok", "n/a".

/// A reason has so many characters at least.
pub const SHORTEST: usize = 8;

/// Why a text is no reason; none where it may be one.
pub fn lacks(text: &str) -> Option<String> {
    let text = text.trim();
    (text.chars().count() < SHORTEST).then(|| format!("{text:?} says nothing: give the reason in a sentence"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_says_nothing_is_no_reason() {
        for word in ["", " ", "x", "ok", "n/a", "   ok      ", "no time"] {
            assert!(lacks(word).is_some(), "{word:?}");
        }
        for reason in ["it did not help", "tried-it", "再起動しても直らない"] {
            assert_eq!(lacks(reason), None);
        }
    }
}
