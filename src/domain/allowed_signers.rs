//! Which keys speak for whom: git's own `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS), read without ssh-keygen.
//!
//! Of that format this reader takes principals with patterns, `namespaces`, `valid-after` and `valid-before`. It leaves out
//! `cert-authority` (a certificate's signature would rest on a time that its holder tells), and times without `Z`: they would
//! mean another moment on each reader's machine. A line that it can't read grants nothing, and is told.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use ssh_key::{HashAlg, PublicKey};

use super::identity::Moment;

/// The namespace that git signs in.
pub const NAMESPACE: &str = "git";

/// The SHA-256 fingerprint of a public key, as `ssh-keygen -l` prints it: `SHA256:…`.
pub type Fingerprint = String;

/// The keys of a team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    /// The lines that grant something.
    pub keys: Vec<AllowedKey>,
    /// The lines that could not be read.
    pub problems: Vec<LineProblem>,
}

/// One line: a key, and for whom and when it speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedKey {
    /// The patterns of e-mail addresses, in lower case; `!` before one takes out.
    pub principals: Vec<String>,
    /// The key.
    pub key: Fingerprint,
    /// The patterns of namespaces; none allows all.
    pub namespaces: Option<Vec<String>>,
    /// The first second at which it speaks (UTC).
    pub valid_after: Option<NaiveDateTime>,
    /// The last second at which it speaks (UTC).
    pub valid_before: Option<NaiveDateTime>,
    /// The line's number, from 1.
    pub line: usize,
}

/// A line that grants nothing, because it can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineProblem {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl AllowedSigners {
    /// Reads the file; bytes that are not UTF-8 are replaced.
    pub fn read(source: &[u8]) -> Self {
        let mut signers = Self::default();
        for (at, line) in String::from_utf8_lossy(source).lines().enumerate() {
            let line_number = at + 1;
            match read_line(line.trim(), line_number) {
                Ok(None) => {}
                Ok(Some(key)) => signers.keys.push(key),
                Err(why) => signers.problems.push(LineProblem { line: line_number, why }),
            }
        }
        signers
    }

    /// Whether the file names this key at all.
    pub fn names(&self, key: &str) -> bool {
        self.keys.iter().any(|allowed| allowed.key == key)
    }

    /// The lines by which a key speaks for an e-mail address when events are signed.
    pub fn of<'s>(&'s self, key: &'s str, email: &'s str) -> impl Iterator<Item = &'s AllowedKey> {
        let email = email.to_ascii_lowercase();
        let fits = move |allowed: &&AllowedKey| {
            allowed.key == key
                && matches_list(&allowed.principals, &email)
                && allowed.namespaces.as_ref().is_none_or(|namespaces| matches_list(namespaces, NAMESPACE))
        };
        self.keys.iter().filter(fits)
    }
}

impl AllowedKey {
    /// Whether it speaks at this moment, which must be no later than its last second.
    pub fn speaks_at(&self, at: Moment) -> bool {
        let at = at.naive_utc();
        self.valid_after.is_none_or(|first| first <= at) && self.valid_before.is_none_or(|last| at <= last)
    }
}

fn read_line(line: &str, number: usize) -> Result<Option<AllowedKey>, String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (principals, rest) = word(line)?;
    let mut rest = rest.trim_start();
    let mut allowed = AllowedKey {
        principals: list(&principals.to_ascii_lowercase()),
        key: String::new(),
        namespaces: None,
        valid_after: None,
        valid_before: None,
        line: number,
    };
    if allowed.principals.is_empty() {
        return Err("it names no principal".to_owned());
    }
    if let Ok(key) = PublicKey::from_openssh(rest) {
        allowed.key = key.fingerprint(HashAlg::Sha256).to_string();
        return Ok(Some(allowed));
    }
    let no_key = || "it holds no key: after the principals and options `ssh-ed25519 AAAA…` is wanted".to_owned();
    if rest.is_empty() {
        return Err(no_key());
    }
    // What is no key are its options, and the key follows.
    let (options, after) = word(rest)?;
    rest = after.trim_start();
    split_options(&options)?.into_iter().try_for_each(|option| allowed.take_option(option))?;
    let key = PublicKey::from_openssh(rest).map_err(|_| no_key())?;
    allowed.key = key.fingerprint(HashAlg::Sha256).to_string();
    Ok(Some(allowed))
}

impl AllowedKey {
    fn take_option(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        match name.to_ascii_lowercase().as_str() {
            "namespaces" if !value.is_empty() => self.namespaces = Some(list(value)),
            "valid-after" => self.valid_after = Some(time(value)?),
            "valid-before" => self.valid_before = Some(time(value)?),
            "cert-authority" => {
                return Err("certificates are not supported here: list each person's own key instead".to_owned());
            }
            _ => {
                return Err(format!(
                    "{option:?} is neither an option that is known here nor the beginning of a whole key"
                ));
            }
        }
        Ok(())
    }
}

/// The first word, which may stand in quotes (and hold blanks then), and what follows it.
fn word(text: &str) -> Result<(String, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (inside, rest) = quoted.split_once('"').ok_or("a quote is not closed")?;
        return Ok((inside.to_owned(), rest));
    }
    // A quoted value inside an option may hold blanks.
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        c.is_ascii_whitespace() && !quoted
    });
    if quoted && end.is_none() {
        return Err("a quote is not closed".to_owned());
    }
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    Ok((word.to_owned(), rest))
}

/// The options between commas that stand in no quotes.
fn split_options(options: &str) -> Result<Vec<&str>, String> {
    let mut quoted = false;
    let parts: Vec<_> = options
        .split(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .collect();
    if quoted { Err("a quote is not closed".to_owned()) } else { Ok(parts) }
}

fn list(patterns: &str) -> Vec<String> {
    patterns.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect()
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, in UTC.
fn time(text: &str) -> Result<NaiveDateTime, String> {
    let Some(digits) = text.strip_suffix(['Z', 'z']) else {
        return Err(format!("the time {text:?} is another one on each machine: end it with Z (UTC)"));
    };
    let wrong = || format!("{text:?} is no time: write YYYYMMDDZ or YYYYMMDDHHMMSSZ");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let read = match digits.len() {
        8 => NaiveDate::parse_from_str(digits, "%Y%m%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0)),
        12 => NaiveDateTime::parse_from_str(&format!("{digits}00"), "%Y%m%d%H%M%S").ok(),
        14 => NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").ok(),
        _ => None,
    };
    read.ok_or_else(wrong)
}

/// OpenSSH's pattern list: one positive match is wanted, and one negated match refuses.
fn matches_list(patterns: &[String], text: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => found |= matches(pattern.as_bytes(), text.as_bytes()),
        }
    }
    found
}

/// `*` stands for any run of characters, `?` for one. It takes the product of both lengths at most, whatever the pattern.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[from] => (at, from) = (at + 1, from + 1),
            _ => match star {
                Some((pattern_star, taken)) => {
                    star = Some((pattern_star, taken + 1));
                    (at, from) = (pattern_star + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaYHNCkyNyVfJXzjwhAwlt72EvuQL2r7EwINWpo4AU7";

    fn one(line: &str) -> AllowedKey {
        let signers = AllowedSigners::read(line.as_bytes());
        assert_eq!(signers.problems, []);
        signers.keys[0].clone()
    }

    fn refused(line: &str) -> String {
        let signers = AllowedSigners::read(line.as_bytes());
        assert_eq!(signers.keys, []);
        signers.problems[0].why.clone()
    }

    fn speaks_for(line: &str, email: &str) -> bool {
        let signers = AllowedSigners::read(line.as_bytes());
        signers.of(&one(line).key, email).next().is_some()
    }

    #[test]
    fn principals_are_patterns_and_a_negated_one_refuses() {
        for (principals, email, expected) in [
            ("ada@example.com", "ada@example.com", true),
            ("ada@example.com", "Ada@Example.com", true),
            ("ada@example.com", "eve@example.com", false),
            ("*@example.com", "eve@example.com", true),
            ("*@example.com", "eve@example.com.evil.net", false),
            ("*@example.com,!eve@*", "eve@example.com", false),
            ("!eve@example.com", "ada@example.com", false),
            ("\"ada@example.com,bob@example.com\"", "bob@example.com", true),
            ("a?a@example.com", "ada@example.com", true),
            ("*****@*****a", "ada@example.com", false),
        ] {
            assert_eq!(speaks_for(&format!("{principals} {KEY}"), email), expected, "{principals} {email}");
        }
    }

    #[test]
    fn a_key_for_another_namespace_signs_no_event() {
        assert!(speaks_for(&format!("a@x namespaces=\"git\" {KEY}"), "a@x"));
        assert!(speaks_for(&format!("a@x namespaces=\"file,g*\" {KEY}"), "a@x"));
        assert!(!speaks_for(&format!("a@x namespaces=\"file\" {KEY}"), "a@x"));
    }

    #[test]
    fn a_window_has_both_its_ends() {
        let key = one(&format!("a@x valid-after=\"20260101Z\",valid-before=20260630235959Z {KEY} laptop of A"));
        let speaks = |at: &str| key.speaks_at(at.parse().expect("a moment"));
        assert!(speaks("2026-01-01T00:00:00+00:00") && speaks("2026-06-30T23:59:59+00:00"));
        assert!(speaks("2026-01-01T01:30:00+01:30"));
        assert!(!speaks("2025-12-31T23:59:59+00:00") && !speaks("2026-07-01T00:00:00+00:00"));
    }

    #[test]
    fn what_can_not_be_read_grants_nothing_and_is_told() {
        assert!(refused(&format!("a@x cert-authority {KEY}")).contains("certificates are not supported"));
        assert!(refused(&format!("a@x valid-before=20260101 {KEY}")).contains("end it with Z"));
        assert!(refused(&format!("a@x valid-before=20261301Z {KEY}")).contains("is no time"));
        assert!(refused(&format!("a@x no-touch {KEY}")).contains("is neither an option"));
        assert!(refused(&format!("\"a@x {KEY}")).contains("not closed"));
        assert!(refused("a@x ssh-ed25519 AAAA").contains("nor the beginning of a whole key"));
        assert!(refused("a@x").contains("holds no key"));
        let read = AllowedSigners::read(format!("# team\n\n,, {KEY}\na@x {KEY}\n").as_bytes());
        assert_eq!((read.keys.len(), read.problems[0].line), (1, 3));
    }
}
