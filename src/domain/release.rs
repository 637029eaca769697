//! The name of a release tag: a component and a version, and the order of versions.

use std::cmp::Ordering;

/// A release tag's name taken apart: `tokio-1.38.0`, `api/v1.2.3`, `v2.0.0-rc.1`, `2026-11-03`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseName {
    /// What is released; empty where the tag names only a version.
    pub component: String,
    /// The version.
    pub version: Version,
}

/// A version, ordered as <https://semver.org> (section 11) orders them, with any number of parts.
///
/// One departure: `1.2.3-hotfix.1` (also `patch`, `post`, `sp`) comes *after* `1.2.3`. By the letter of the standard it is a
/// pre-release, but a team that tags so has shipped it, and taking 1.2.3 for production instead would be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before(Vec<Identifier>),
    Release,
    After(Vec<Identifier>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

/// Words that stand before a version without naming a component.
const NO_COMPONENT: &[&str] = &["release", "releases", "rel", "version", "ver"];
/// Suffixes that say "this is the release itself".
const FINAL: &[&str] = &["final", "release", "ga", "lts"];
/// Words that say "this is not the release yet". A bare number is none of them: `1.2.3-1` is the first pre-release to some and
/// the first revision of what was shipped to others.
const BEFORE: &[&str] = &[
    "a",
    "alpha",
    "b",
    "beta",
    "c",
    "canary",
    "cr",
    "dev",
    "ea",
    "m",
    "milestone",
    "next",
    "nightly",
    "pre",
    "prerelease",
    "preview",
    "rc",
    "snapshot",
];
/// Suffixes of what is shipped after a release.
const AFTER: &[&str] = &["hotfix", "fix", "patch", "post", "sp"];

impl ReleaseName {
    /// Takes a tag's short name apart; none where no version stands at its end.
    pub fn read(tag: &str) -> Option<Self> {
        let bytes = tag.as_bytes();
        let separated = |at: usize| at == 0 || b"-/_@".contains(&bytes[at - 1]);
        let begins = |at: usize| {
            let after_v = at > 0 && bytes[at - 1].eq_ignore_ascii_case(&b'v');
            separated(at) || (after_v && separated(at - 1))
        };
        let starts: Vec<usize> = (0..bytes.len())
            .filter(|&at| bytes[at].is_ascii_digit())
            // Not inside a number, and not at its second part.
            .filter(|&at| at == 0 || !(bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'.'))
            .collect();
        // The leftmost version counts; one with a point beats a lone number (`step-2-v1.0`), a separated one beats `go1.22`.
        let find = |parts: usize, separate: bool| {
            starts.iter().filter(|&&at| begins(at) == separate).find_map(|&at| {
                let version = Version::read(&tag[at..])?;
                (version.numbers.len() >= parts).then(|| (component(&tag[..at]), version))
            })
        };
        let (component, version) = [(2, true), (2, false), (1, true), (1, false)]
            .into_iter()
            .find_map(|(parts, separate)| find(parts, separate))?;
        Some(Self { component, version })
    }
}

fn component(before: &str) -> String {
    const SEPARATORS: &[char] = &['-', '/', '_', '@'];
    let without_v = before
        .strip_suffix(['v', 'V'])
        .filter(|rest| rest.is_empty() || rest.ends_with(SEPARATORS))
        .unwrap_or(before)
        .trim_end_matches(SEPARATORS);
    if NO_COMPONENT.iter().any(|word| without_v.eq_ignore_ascii_case(word)) {
        return String::new();
    }
    without_v.to_owned()
}

impl Version {
    /// Reads a version that fills the whole text; none where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (numbers, rest) = numbers(text)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte);
        if !rest.bytes().all(allowed) {
            return None;
        }
        let suffix = rest.split('+').next().unwrap_or_default();
        Some(Self { numbers, stage: stage(suffix) })
    }

    /// Whether it is a pre-release.
    pub fn is_pre_release(&self) -> bool {
        matches!(self.stage, Stage::Before(_))
    }

    /// Whether it says in a word that it is a pre-release, as `rc` and `beta` do: without one a name may be that of a revision that
    /// was shipped.
    pub fn says_pre_release(&self) -> bool {
        let is_word =
            |identifier: &Identifier| matches!(identifier, Identifier::Word(word) if BEFORE.contains(&word.as_str()));
        matches!(&self.stage, Stage::Before(identifiers) if identifiers.iter().any(is_word))
    }

    /// The version that a pre-release is once production runs it: the release itself, or what came after that where it
    /// `is_released` already.
    #[must_use]
    pub fn once_it_runs(&self, is_released: impl Fn(&Self) -> bool) -> Self {
        let Stage::Before(identifiers) = &self.stage else { return self.clone() };
        let release = Self { numbers: self.numbers.clone(), stage: Stage::Release };
        if is_released(&release) { Self { stage: Stage::After(identifiers.clone()), ..release } } else { release }
    }

    /// Whether it repairs an earlier release: its third number is not zero, or it carries a suffix such as `hotfix`.
    pub fn is_patch(&self) -> bool {
        let patched = self.numbers.len() >= 3 && self.numbers[2..].iter().any(|&number| number > 0);
        matches!(self.stage, Stage::After(_)) || (patched && self.has_patches() && !self.is_pre_release())
    }

    /// Whether a patch of it can be told by its number: a date is no patch level.
    pub fn has_patches(&self) -> bool {
        self.numbers[0] < 1970
    }

    /// Whether a line that is named after this version is that of another one: as many numbers as it names, two at most.
    pub fn is_line_of(&self, other: &Self) -> bool {
        let named = &self.numbers[..self.numbers.len().min(2)];
        (0..named.len()).all(|at| named[at] == other.numbers.get(at).copied().unwrap_or(0))
    }

    /// Whether both belong to one release line: the same first two numbers.
    pub fn is_on_line_of(&self, other: &Self) -> bool {
        let number = |version: &Self, at: usize| version.numbers.get(at).copied().unwrap_or(0);
        (0..2).all(|at| number(self, at) == number(other, at))
    }
}

/// The numbers at the start: all parted by points, all by underscores, or a date such as `2026-11-03`.
fn numbers(text: &str) -> Option<(Vec<u64>, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(text);
    let mut numbers = vec![text[..first].parse().ok()?];
    let mut rest = &text[first..];
    let separator = rest.chars().next().filter(|character| match character {
        '.' | '_' => true,
        '-' => first == 4 && digits(&rest[1..]) == 2 && rest[3..].starts_with('-') && digits(&rest[4..]) == 2,
        _ => false,
    });
    while let Some(tail) = separator.and_then(|separator| rest.strip_prefix(separator)) {
        let length = digits(tail);
        let continues = separator != Some('-') || numbers.len() < 3;
        if length == 0 || !continues {
            break;
        }
        numbers.push(tail[..length].parse().ok()?);
        rest = &tail[length..];
    }
    Some((numbers, rest))
}

fn stage(suffix: &str) -> Stage {
    let mut identifiers = Vec::new();
    for part in suffix.split(|character: char| !character.is_ascii_alphanumeric()) {
        let mut rest = part;
        while let Some(first) = rest.bytes().next() {
            // `rc10` comes after `rc9`: letters and digits are compared apart.
            let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() == first.is_ascii_digit()).count();
            let (piece, tail) = rest.split_at(length);
            identifiers.push(match piece.parse() {
                Ok(number) => Identifier::Number(number),
                Err(_) => Identifier::Word(piece.to_ascii_lowercase()),
            });
            rest = tail;
        }
    }
    let is = |words: &[&str]| match identifiers.first() {
        Some(Identifier::Word(word)) => words.contains(&word.as_str()),
        _ => false,
    };
    if identifiers.is_empty() || is(FINAL) {
        Stage::Release
    } else if is(AFTER) {
        Stage::After(identifiers)
    } else {
        Stage::Before(identifiers)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let longest = self.numbers.len().max(other.numbers.len());
        let padded =
            |version: &Self| (0..longest).map(|at| version.numbers.get(at).copied().unwrap_or(0)).collect::<Vec<_>>();
        padded(self).cmp(&padded(other)).then_with(|| self.stage.cmp(&other.stage))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: &str) -> ReleaseName {
        ReleaseName::read(tag).unwrap_or_else(|| panic!("{tag} was not read"))
    }

    #[test]
    fn a_tag_names_a_component_and_a_version() {
        let cases = [
            ("v1.2.3", ""),
            ("1.2", ""),
            ("V7", ""),
            ("release-1.2.3", ""),
            ("rel/v1.2.3", ""),
            ("tokio-1.38.0", "tokio"),
            ("tokio-v0.1.10", "tokio"),
            ("api/v1.2.3", "api"),
            ("@scope/pkg@1.2.3", "@scope/pkg"),
            ("client_v2-1.0.0", "client_v2"),
            ("step-2-v1.0", "step-2"),
            ("go1.22.1", "go"),
            ("2026-11-03", ""),
            ("REL_14_2", ""),
            ("v1.0.0-rc.1+build.5", ""),
            ("svc-v", "none"),
            ("latest", "none"),
            ("", "none"),
            ("v", "none"),
            ("v1.2.3 final", "none"),
            ("v99999999999999999999.0", "none"),
        ];
        for (tag, component) in cases {
            let found = ReleaseName::read(tag).map(|name| name.component);
            assert_eq!(found.as_deref().unwrap_or("none"), component, "{tag:?}");
        }
    }

    #[test]
    fn versions_are_in_the_order_they_were_shipped() {
        let ordered = [
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-beta",
            "v1.0.0-rc9",
            "v1.0.0-rc10",
            "v1.0.0",
            "v1.0.0-hotfix.1",
            "v1.0.0-hotfix.2",
            "v1.0.1",
            "v1.0.1.1",
            "v1.2",
            "v1.10.0",
            "v2026-09-30",
            "v2026-11-03",
        ];
        for pair in ordered.windows(2) {
            assert!(read(pair[0]).version < read(pair[1]).version, "{} < {}", pair[0], pair[1]);
        }
        assert_eq!(read("v1.2").version.cmp(&read("v1.2.0").version), Ordering::Equal);
        assert_eq!(read("v1.2.0.Final").version.cmp(&read("v1.2.0+linux").version), Ordering::Equal);
    }

    #[test]
    fn a_patch_repairs_an_earlier_release() {
        for (tag, patch) in [("1.2.3", true), ("1.2.0", false), ("1.2", false), ("1.2.0-hotfix.1", true)] {
            assert_eq!(read(tag).version.is_patch(), patch, "{tag}");
        }
        for (tag, patch) in [("1.2.1-rc.1", false), ("2026-11-03", false), ("2026.11.3", false)] {
            assert_eq!(read(tag).version.is_patch(), patch, "{tag}");
        }
    }

    #[test]
    fn only_what_comes_before_a_release_is_a_pre_release() {
        for tag in ["1.0.0-rc.1", "1.0.0.RC1", "1.0b2", "1.0.0-0"] {
            assert!(read(tag).version.is_pre_release(), "{tag}");
        }
        for tag in ["1.0.0", "1.0.0.Final", "1.0.0-hotfix.1", "1.0.0+rc.1"] {
            assert!(!read(tag).version.is_pre_release(), "{tag}");
        }
    }

    #[test]
    fn a_pre_release_says_so_or_may_be_what_runs() {
        for tag in ["1.0.0-rc.1", "1.0.0.RC1", "1.0b2", "1.0.0-0.beta"] {
            assert!(read(tag).version.says_pre_release(), "{tag}");
        }
        for tag in ["1.0.0-1", "1.0.0-0", "1.0.0-build3", "1.0.0", "1.0.0-hotfix.rc"] {
            assert!(!read(tag).version.says_pre_release(), "{tag}");
        }
        let runs = |tag: &str, released: bool| read(tag).version.once_it_runs(|_| released);
        assert_eq!(runs("1.0.1-1", false), read("1.0.1").version);
        assert!(runs("1.0.1-1", true) > read("1.0.1").version && runs("1.0.0-rc.2", true).is_patch());
        assert_eq!(runs("1.0.0-hotfix.1", true), read("1.0.0-hotfix.1").version);
    }
}
