//! The names of things: people, incidents, git objects, paths.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment with the offset of the clock that told it, written as RFC 3339.
pub type Moment = chrono::DateTime<chrono::FixedOffset>;

/// Reads a value out of a text that need not be kept.
pub(super) fn from_text<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    read: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    struct Reader<T, E>(fn(&str) -> Result<T, E>);
    impl<T, E: fmt::Display> Visitor<'_> for Reader<T, E> {
        type Value = T;
        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a string")
        }
        fn visit_str<F: de::Error>(self, text: &str) -> Result<T, F> {
            (self.0)(text).map_err(F::custom)
        }
    }
    deserializer.deserialize_str(Reader(read))
}

/// A person as git names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The full name, for show.
    pub name: String,
    /// The e-mail address, which identifies the person.
    pub email: String,
}

impl Person {
    /// Whether both are the same person: e-mail addresses compare without regard to ASCII case.
    pub fn is(&self, other: &Self) -> bool {
        self.email.eq_ignore_ascii_case(&other.email)
    }
}

/// In the order of the names, so that nothing has to be put into order.
impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Person", 2)?;
        fields.serialize_field("email", &self.email)?;
        fields.serialize_field("name", &self.name)?;
        fields.end()
    }
}

impl fmt::Display for Person {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} <{}>", harmless(&self.name), harmless(&self.email))
    }
}

/// The text with every character that could deceive a reader or a terminal written as `\u{…}`: control characters, line and
/// paragraph separators, and those that turn the direction of writing or take no width (Unicode TR 36 and TR 39).
pub fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain(text) || !text.contains(harmful) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown.into()
}

/// A team's own name for an incident, such as `INC-42`: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct IncidentId(String);

/// Why a text is no incident id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown:?} is not an incident id: {reason}")]
pub struct IncidentIdError {
    shown: String,
    reason: &'static str,
}

impl IncidentId {
    /// The longest id, in bytes.
    pub const LONGEST: usize = 64;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IncidentId {
    type Err = IncidentIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        // The id becomes part of a branch name, so git's own rules for those hold too.
        let reason = if text.is_empty() {
            Some("it is empty")
        } else if text.len() > Self::LONGEST {
            Some("it is longer than 64 characters")
        } else if text.starts_with('-') {
            Some("it starts with a dash")
        } else if !text.bytes().all(allowed) {
            Some("only letters, digits, '.', '_' and '-' are allowed")
        } else if text.contains("..") || text.starts_with('.') || text.ends_with('.') {
            Some("a dot may stand only between other characters")
        } else if text.to_ascii_lowercase().ends_with(".lock") {
            Some("git reserves names that end with '.lock'")
        } else {
            None
        };
        match reason {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(IncidentIdError { shown: text.chars().take(80).collect(), reason }),
        }
    }
}

impl<'de> Deserialize<'de> for IncidentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, str::parse)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// The id of a git object (SHA-1, 20 bytes), written as 40 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId([u8; 20]);

impl std::hash::Hash for ObjectId {
    /// An id is a hash already: a part of it tells as much as the whole, and sooner.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// A text that is not 40 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object id has 40 hexadecimal digits")]
pub struct ObjectIdError;

impl ObjectId {
    /// The id that stands for "no object".
    pub const ZERO: Self = Self([0; 20]);

    /// An id from its bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The first ten digits, enough to show; never used to decide.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.as_bytes();
        if digits.len() != 40 {
            return Err(ObjectIdError);
        }
        let (mut bytes, mut all) = ([0; 20], 0);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]];
            all |= high | low;
            *byte = high << 4 | low;
        }
        if all == NO_DIGIT { Err(ObjectIdError) } else { Ok(Self(bytes)) }
    }
}

/// What no digit is worth: all bits, so that it shows among many.
const NO_DIGIT: u8 = 255;

/// What each byte is worth as a hexadecimal digit: a table, since ids are read by the hundred thousand.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([NO_DIGIT; 256], 0);
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        digits[digit as usize] = value;
        digits[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    digits
};

/// The 40 digits.
struct Digits([u8; 40]);

impl Digits {
    fn of(id: &ObjectId) -> Self {
        // A table, since ids are written by the ten thousand.
        let mut digits = [0; 40];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(id.0) {
            pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
            pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
        }
        Self(digits)
    }

    fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(Digits::of(self).as_str().ok_or(fmt::Error)?)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Digits::of(self).as_str() {
            Some(digits) => serializer.serialize_str(digits),
            None => Err(serde::ser::Error::custom(ObjectIdError)),
        }
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, str::parse)
    }
}

/// A path inside a repository: bytes, `/` between the parts.
///
/// Shown and serialised as UTF-8; a byte that is not UTF-8, and a control character, become
/// `\xNN`, and a backslash `\\`, so that the text leads back to the very same bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryPath(Vec<u8>);

impl RepositoryPath {
    /// A path from its bytes as git stores them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes as git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the file is called in its directory.
    pub fn name(&self) -> &[u8] {
        &self.0[memchr::memrchr(b'/', &self.0).map_or(0, |slash| slash + 1)..]
    }

    /// Reads the form that [`fmt::Display`] writes.
    pub fn from_escaped(text: &str) -> Option<Self> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((&first, tail)) = rest.split_first() {
            rest = match (first, tail) {
                (b'\\', [b'\\', tail @ ..]) => {
                    bytes.push(b'\\');
                    tail
                }
                (b'\\', [b'x', high, low, tail @ ..]) => {
                    let digit = |c: &u8| (*c as char).to_digit(16);
                    bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
                    tail
                }
                (b'\\', _) => return None,
                (byte, tail) => {
                    bytes.push(byte);
                    tail
                }
            };
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for RepositoryPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\\' => out.write_str("\\\\")?,
                    c if c.is_control() => {
                        let mut buffer = [0; 4];
                        c.encode_utf8(&mut buffer).bytes().try_for_each(|byte| write!(out, "\\x{byte:02x}"))?;
                    }
                    c => out.write_char(c)?,
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(out, "\\x{byte:02x}"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for RepositoryPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Serialize for RepositoryPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepositoryPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| Self::from_escaped(text).ok_or("a path with a broken escape"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_id_is_a_safe_name() {
        for good in ["INC-42", "a", "2026.11_x", &"x".repeat(64)] {
            assert_eq!(good.parse::<IncidentId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "-x", "a/b", "a..b", ".a", "a.", "x.LOCK", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert!(bad.parse::<IncidentId>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn what_could_deceive_is_shown_as_an_escape() {
        assert_eq!(harmless("Zoë O'Neil 👩\u{200d}💻"), "Zoë O'Neil 👩\u{200d}💻");
        assert_eq!(harmless("a\u{202e}b\n\u{7}\u{1b}[2J"), "a\\u{202e}b\\u{a}\\u{7}\\u{1b}[2J");
        let person = Person { name: "Mallory\u{2066}".into(), email: "m@x\r\n".into() };
        assert_eq!(person.to_string(), "Mallory\\u{2066} <m@x\\u{d}\\u{a}>");
    }

    #[test]
    fn a_path_survives_its_escaped_form() {
        for bytes in [&b"src/a b.rs"[..], b"a\\b", b"\xff\xfe", b"tab\there", "ü".as_bytes(), b"\\x41"] {
            let path = RepositoryPath::new(bytes);
            assert_eq!(RepositoryPath::from_escaped(&path.to_string()).as_ref(), Some(&path), "{path}");
        }
    }

    #[test]
    fn an_object_id_reads_what_it_writes() {
        let text = "00ff10a0b1c2d3e4f5061728394a5b6c7d8e9fa0";
        assert_eq!(text.parse::<ObjectId>().map(|id| id.to_string()), Ok(text.to_owned()));
        assert!("00ff".parse::<ObjectId>().is_err());
        assert!("é0ff10a0b1c2d3e4f5061728394a5b6c7d8e9fa0".parse::<ObjectId>().is_err());
    }
}
