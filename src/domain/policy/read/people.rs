//! Reading what the policy says about people: roles, approvals, overrides, gates, who closes.

use std::ops::Range;

use crate::document::{Entry, Node, ProblemCode};
use crate::domain::overrides;
use crate::domain::refusal::Code;
use crate::domain::spelling::nearest;

use super::super::people::{ANYONE, AlsoNeeded, Approvals, GivenBy, Needs, NormalGate, Overrides, Role, WhoCloses};
use super::super::shape;
use super::facts::Facts;
use super::section::{Reader, Section};

/// The names of the roles that may be referred to.
pub(super) struct RoleNames {
    names: Vec<String>,
    /// Whether the section could not be read, so that an unknown role says nothing.
    unknown: bool,
}

impl RoleNames {
    pub(super) fn new(roles: Option<&[Role]>) -> Self {
        let declared = roles.into_iter().flatten().map(|role| role.name.clone());
        Self { names: declared.chain([ANYONE.to_owned()]).collect(), unknown: roles.is_none() }
    }
}

impl<'d> Reader<'d> {
    pub(super) fn roles(&mut self, entry: &'d Entry) -> Option<Vec<Role>> {
        let before = self.problems.len();
        let roles = self.named(entry, "roles", '-')?.into_iter().filter_map(|role| self.role(role)).collect();
        (self.problems.len() == before).then_some(roles)
    }

    fn role(&mut self, entry: &'d Entry) -> Option<Role> {
        if entry.key == ANYONE {
            let help = "give the role another name; `anyone` can be used without being declared";
            self.report(&entry.span, ProblemCode::BadName, "everybody has the role \"anyone\" already", help);
        }
        let section =
            self.section_of(&entry.value, &entry.span, &format!("the role {:?}", entry.key), &[shape::ROLE.keys])?;
        let members = self.texts(&section, "members", false, |member| {
            let (local, host) = member.split_once('@').unwrap_or_default();
            let is_address = !local.is_empty() && !host.is_empty() && !member.contains(char::is_whitespace);
            let help = "write it as git knows the person: ada@example.com (git config user.email)".to_owned();
            if is_address { Ok(()) } else { Err((format!("{member:?} is no e-mail address"), help)) }
        });
        let members_from = self.optional(&section, "members_from", |reader, node| {
            let path = reader.line(node)?.to_owned();
            reader.tree_path(node, &path).then_some(path)
        });
        let (members, members_from) = (members?, members_from?);
        if members.is_empty() && members_from.is_none() {
            let help = "add `members: [ada@example.com]` or `members_from: .github/CODEOWNERS`";
            self.report(&entry.span, ProblemCode::Empty, format!("nobody is in the role {:?}", entry.key), help);
        }
        Some(Role { name: entry.key.clone(), members, members_from })
    }

    /// Whether a text names a file of the same tree; what does not was reported.
    pub(super) fn tree_path(&mut self, node: &Node, path: &str) -> bool {
        let odd = |part: &str| matches!(part, "" | "." | "..");
        let good = !path.split('/').any(odd) && !path.contains(['\\', ':']);
        if !good {
            let help = "write the path of a file of this repository, from its top: policy/people.txt";
            self.report(&node.span, ProblemCode::BadPattern, format!("{path:?} is no path in the repository"), help);
        }
        good
    }

    /// The value of a key that may lack: `Some(None)` where it does, `None` where it is wrong.
    pub(super) fn optional<T>(
        &mut self,
        section: &Section<'d>,
        key: &str,
        read: impl FnOnce(&mut Self, &'d Node) -> Option<T>,
    ) -> Option<Option<T>> {
        section.get(key).map_or(Some(None), |entry| read(self, &entry.value).map(Some))
    }

    /// A role that is declared.
    pub(super) fn role_name(&mut self, node: &'d Node, roles: &RoleNames) -> Option<String> {
        let name = self.line(node)?;
        self.declared_role(name, &node.span, roles)
    }

    fn declared_role(&mut self, name: &str, span: &Range<usize>, roles: &RoleNames) -> Option<String> {
        if roles.names.iter().any(|known| known == name) {
            return Some(name.to_owned());
        }
        if !roles.unknown {
            let declared: Vec<&str> = roles.names.iter().map(String::as_str).collect();
            let help = match nearest(name, declared.iter().copied()) {
                Some(near) => format!("did you mean {near:?}? the roles are: {}", declared.join(", ")),
                None => format!("declare it under `roles`; the roles are: {}", declared.join(", ")),
            };
            self.report(span, ProblemCode::UnknownRole, format!("there is no role {name:?}"), help);
        }
        None
    }

    /// How many approvals, by role.
    pub(super) fn needs(&mut self, entry: &'d Entry, roles: &RoleNames) -> Option<Needs> {
        let before = self.problems.len();
        let mut needs = Needs::new();
        for need in self.named(entry, "needed approvals", '-')? {
            let role = self.declared_role(&need.key, &need.span, roles);
            let count = self.count(&need.value, 1, 20, "write how many people of the role must agree, such as 1");
            if let (Some(role), Some(count)) = (role, count) {
                needs.insert(role, count);
            }
        }
        (self.problems.len() == before).then_some(needs)
    }

    pub(super) fn approvals(
        &mut self,
        entry: &'d Entry,
        roles: &RoleNames,
        facts: Option<&Facts<'_>>,
    ) -> Option<Approvals> {
        let section = self.section(&entry.value, &entry.span, &shape::APPROVALS)?;
        let needs = section.get("needs").and_then(|entry| self.needs(entry, roles));
        let also = match section.get("also") {
            None => Some(Vec::new()),
            Some(entry) => self.also(entry, roles, facts),
        };
        let author_may_approve = self.optional(&section, "author_may_approve", Self::boolean_of);
        let nobody_awake_after = self.optional(&section, "nobody_awake_after", Self::span);
        Some(Approvals {
            needs: needs?,
            also: also?,
            author_may_approve: author_may_approve?.unwrap_or(false),
            nobody_awake_after: nobody_awake_after?,
        })
    }

    fn also(&mut self, entry: &'d Entry, roles: &RoleNames, facts: Option<&Facts<'_>>) -> Option<Vec<AlsoNeeded>> {
        let before = self.problems.len();
        let mut all = Vec::new();
        for case in self.named(entry, "cases", '-')? {
            let name = format!("the case {:?}", case.key);
            let Some(section) = self.section_of(&case.value, &case.span, &name, &[shape::ALSO.keys]) else { continue };
            let when = section.get("when").and_then(|entry| self.conditions(entry, facts));
            let needs = section.get("needs").and_then(|entry| self.needs(entry, roles));
            if let (Some(when), Some(needs)) = (when, needs) {
                all.push(AlsoNeeded { name: case.key.clone(), when, needs });
            }
        }
        (self.problems.len() == before).then_some(all)
    }

    pub(super) fn overrides(&mut self, entry: &'d Entry, roles: &RoleNames) -> Option<Overrides> {
        let section = self.section(&entry.value, &entry.span, &shape::OVERRIDES)?;
        let standard = Overrides::default();
        let by = self.optional(&section, "by", |reader, node| {
            let before = reader.problems.len();
            let names = reader.list(node, false)?.iter().filter_map(|item| reader.role_name(item, roles)).collect();
            (reader.problems.len() == before).then_some(names)
        });
        let reason = self.optional(&section, "reason_at_least", |reader, node| {
            reader.count(node, 1, 2000, "write the shortest reason in characters, such as 20")
        });
        let expires_after = self.optional(&section, "expires_after", Self::span);
        let review_by = self.optional(&section, "review_by", |reader, node| reader.role_name(node, roles));
        let never_skip = self.optional(&section, "never_skip", |reader, node| reader.never_skip(node));
        Some(Overrides {
            by: by?.unwrap_or(standard.by),
            reason_at_least: reason?.unwrap_or(standard.reason_at_least),
            expires_after: expires_after?.unwrap_or(standard.expires_after),
            review_by: review_by?.unwrap_or(standard.review_by),
            never_skip: never_skip?.unwrap_or_default(),
        })
    }

    fn never_skip(&mut self, node: &'d Node) -> Option<Vec<Code>> {
        let words: Vec<&str> = overrides::gates().map(|(code, _)| code.word()).collect();
        let before = self.problems.len();
        let mut codes = Vec::new();
        for item in self.list(node, true)? {
            let word = self.word(item, &words);
            codes.extend(overrides::gates().map(|(code, _)| code).find(|code| Some(code.word()) == word));
        }
        (self.problems.len() == before).then_some(codes)
    }

    pub(super) fn normal_gates(&mut self, entry: &'d Entry, roles: &RoleNames) -> Option<Vec<NormalGate>> {
        let before = self.problems.len();
        let gates =
            self.named(entry, "gates", '-')?.into_iter().filter_map(|gate| self.normal_gate(gate, roles)).collect();
        (self.problems.len() == before).then_some(gates)
    }

    fn normal_gate(&mut self, entry: &'d Entry, roles: &RoleNames) -> Option<NormalGate> {
        let name = format!("the gate {:?}", entry.key);
        if shape::NO_GATES.contains(&entry.key.as_str()) {
            let message = format!("{:?} can't name a gate: an analysis uses it for something else", entry.key);
            self.report(&entry.span, ProblemCode::BadName, message, "give the gate another name");
        }
        let section = self.section_of(&entry.value, &entry.span, &name, &[shape::NORMAL_GATE.keys])?;
        let means = section.get("means").and_then(|entry| self.text(&entry.value));
        let given_by = self.optional(&section, "given_by", |reader, node| {
            reader.word(node, shape::GIVEN_BY).map(|word| match word {
                "approval" => GivenBy::Approval,
                _ => GivenBy::Proof,
            })
        });
        let owed = self.optional(&section, "owed", Self::boolean_of);
        let waive_by = self.optional(&section, "waive_by", |reader, node| reader.role_name(node, roles));
        Some(NormalGate {
            name: entry.key.clone(),
            means: means?,
            given_by: given_by?,
            owed: owed?.unwrap_or(true),
            waive_by: waive_by?.unwrap_or_else(|| ANYONE.to_owned()),
        })
    }

    pub(super) fn who_closes(&mut self, entry: &'d Entry, roles: &RoleNames) -> Option<WhoCloses> {
        let section = self.section(&entry.value, &entry.span, &shape::WHO_CLOSES)?;
        let role = self.optional(&section, "role", |reader, node| reader.role_name(node, roles));
        let author = self.optional(&section, "author", Self::boolean_of);
        Some(WhoCloses { role: role?.unwrap_or_else(|| ANYONE.to_owned()), author: author?.unwrap_or(false) })
    }

    fn boolean_of(&mut self, node: &'d Node) -> Option<bool> {
        self.boolean(node)
    }
}
