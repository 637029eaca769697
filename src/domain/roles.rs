//! Who is in which role, as of today: people come and go, and the record of an old incident does not keep them.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::Person;
use super::policy::people::ANYONE;

/// The members of each role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    members: BTreeMap<String, BTreeSet<String>>,
}

impl Roles {
    /// Adds a member: an e-mail address, or a name of a CODEOWNERS file.
    pub fn add(&mut self, role: &str, member: &str) {
        self.members.entry(role.to_owned()).or_default().insert(member.trim().to_owned());
    }

    /// Whether a person has a role; everybody has [`ANYONE`].
    pub fn has(&self, person: &Person, role: &str) -> bool {
        let members = self.members.get(role).into_iter().flatten();
        role == ANYONE || members.into_iter().any(|member| owner_is(member, person.email.trim()))
    }

    /// Whether a person has one of these roles.
    pub fn has_one<'r>(&self, person: &Person, roles: impl IntoIterator<Item = &'r String>) -> bool {
        roles.into_iter().any(|role| self.has(person, role))
    }

    /// The members of a role for a sentence; none for [`ANYONE`].
    pub fn named(&self, role: &str) -> Option<String> {
        let members = self.members.get(role).filter(|_| role != ANYONE)?;
        let shown: Vec<&str> = members.iter().take(3).map(String::as_str).collect();
        let more = if members.len() > 3 { format!(" and {} more", members.len() - 3) } else { String::new() };
        Some(format!("{}{more}", shown.join(", ")))
    }
}

/// The owners that a CODEOWNERS file names for these paths, as it names them (`@name`, `@org/team`, an address).
///
/// As GitHub and GitLab read it: of the lines that match a path the last one counts, a pattern without a slash matches at any
/// depth, a directory matches what is below it, and a line without owners takes a path away from everybody. Sections of
/// GitLab (`[name]`) are passed over.
pub fn code_owners<'p>(file: &str, paths: impl IntoIterator<Item = &'p [u8]>) -> BTreeSet<String> {
    let rules: Vec<(Option<globset::GlobMatcher>, Vec<String>)> = file.lines().filter_map(rule).collect();
    let owners = |path: &[u8]| {
        let candidate = globset::Candidate::from_bytes(&path);
        let last =
            rules.iter().rfind(|(glob, _)| glob.as_ref().is_some_and(|glob| glob.is_match_candidate(&candidate)));
        last.map_or_else(Vec::new, |(_, owners)| owners.clone())
    };
    paths.into_iter().flat_map(owners).collect()
}

fn rule(line: &str) -> Option<(Option<globset::GlobMatcher>, Vec<String>)> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with(['#', '[', '^']) {
        return None;
    }
    let mut words = line.split_whitespace();
    let pattern = words.next()?;
    let owners = words.map(str::to_owned).collect();
    let anchored = pattern.trim_end_matches('/').contains('/');
    let inner = pattern.trim_start_matches('/').trim_end_matches('/');
    let below = if inner.ends_with('*') { String::new() } else { "{,/**}".to_owned() };
    let glob = format!("{}{inner}{below}", if anchored { "" } else { "**/" });
    let made = globset::GlobBuilder::new(&glob).literal_separator(true).empty_alternates(true).build();
    Some((made.ok().map(|glob| glob.compile_matcher()), owners))
}

/// Whether an owner's name means this address: the address itself, or `@name` and the address that GitHub hides it behind.
pub fn owner_is(owner: &str, email: &str) -> bool {
    match owner.strip_prefix('@') {
        None => owner.eq_ignore_ascii_case(email),
        Some(name) => email
            .strip_suffix("@users.noreply.github.com")
            .is_some_and(|local| local.split_once('+').map_or(local, |(_, after)| after).eq_ignore_ascii_case(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_case_and_everybody_is_anyone() {
        let mut roles = Roles::default();
        roles.add("lead", "Ada@Example.com");
        let ada = Person { name: "Ada".into(), email: "ada@example.COM".into() };
        let bob = Person { name: "Ada".into(), email: "bob@example.com".into() };
        assert!(roles.has(&ada, "lead") && !roles.has(&bob, "lead") && !roles.has(&ada, "other"));
        assert!(roles.has(&bob, ANYONE));
    }

    #[test]
    fn code_owners_are_those_of_the_last_line_that_matches() {
        let file = "# all\n* ada@x\n*.rs bob@x @carl\n/docs/ dora@x\nsrc/api/** eve@x # the api\n/secret\n[Section]\nbuild/ fay@x\n";
        for (path, expected) in [
            ("README", "ada@x"),
            ("src/deep/a.rs", "@carl bob@x"),
            ("docs/a/b.md", "dora@x"),
            ("other/docs/a.md", "ada@x"),
            ("src/api/v1/a.rs", "eve@x"),
            ("secret", ""),
            ("a/build/out.o", "fay@x"),
        ] {
            let owners: Vec<String> = code_owners(file, [path.as_bytes()]).into_iter().collect();
            assert_eq!(owners.join(" "), expected, "{path}");
        }
        assert_eq!(code_owners(file, [&b"README"[..], b"docs/x"]).len(), 2);
    }

    #[test]
    fn a_handle_is_the_address_that_github_hides_it_behind() {
        assert!(owner_is("ada@x.org", "Ada@X.org"));
        assert!(
            owner_is("@ada", "12+Ada@users.noreply.github.com") && owner_is("@ada", "ada@users.noreply.github.com")
        );
        assert!(!owner_is("@ada", "ada@x.org") && !owner_is("@org/team", "12+team@users.noreply.github.com"));
    }
}
