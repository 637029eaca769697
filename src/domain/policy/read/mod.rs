//! A document becomes a policy, or the list of everything that is wrong with it.

mod cases;
mod facts;
mod ladder;
mod limits;
mod meant;
mod people;
mod people_enough;
mod rules;
mod section;

use crate::document::{self, Document, Kind, Node, ProblemCode, Problems};

use super::changes::{Direction, changes};
use super::people::Role;
use super::shape;
use super::{Branches, ChangedSince, CloseRequires, Identity, MergeBack, Policy, RcaRequirement, Target};
use facts::Facts;
use people::RoleNames;
use section::{Reader, Section};

/// The format version that this program reads.
pub const FORMAT: &str = "1";

/// Finds the file that a policy extends, by its path in the same tree; the error says why it can't be had.
pub type Base<'b> = &'b dyn Fn(&str) -> Result<Vec<u8>, String>;

/// Reads a policy that extends no other one; `file` names it in messages. The error holds every problem, not the first.
pub fn read(source: &[u8], file: &str) -> Result<Policy, Problems> {
    read_on(source, file, &|_| Err("no other file is known here".to_owned()))
}

/// Reads a policy that may extend one base file: what it does not write is the base's, and what it writes only tightens that.
pub fn read_on(source: &[u8], file: &str, base: Base<'_>) -> Result<Policy, Problems> {
    let document = document::read(source, file)?;
    let mut reader = Reader::new(&document);
    let policy = reader.policy(&document, base);
    match (policy, reader.problems) {
        (Some(policy), problems) if problems.is_empty() => Ok(policy),
        (_, problems) => Err(Problems::new(file, document.source, problems)),
    }
}

/// The same for whoever writes a policy: also what the people whom it lists can never meet, and a misspelt target, is a problem.
pub fn lint(source: &[u8], file: &str, base: Base<'_>) -> Result<Policy, Problems> {
    let policy = read_on(source, file, base)?;
    let document = document::read(source, file)?;
    let mut problems = people_enough::problems(&document.root, &document.source, &policy);
    problems.extend(meant::problems(&document.root, &document.source));
    if problems.is_empty() { Ok(policy) } else { Err(Problems::new(file, document.source, problems)) }
}

impl<'d> Reader<'d> {
    fn policy(&mut self, document: &'d Document, base: Base<'_>) -> Option<Policy> {
        // A later format may have other keys: of those nothing is said.
        if !self.format_is_known(&document.root) {
            return None;
        }
        let (root, name) = (&document.root, shape::POLICY.name);
        let extends = match &root.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == "extends"),
            _ => None,
        };
        let Some(extends) = extends else {
            let top = self.section_of(root, &(0..0), name, &[shape::POLICY.keys, shape::POLICY_ALONE])?;
            return self.whole(&top, None);
        };
        let optional: Vec<_> = shape::POLICY_ALONE.iter().map(|key| shape::Key { required: false, ..*key }).collect();
        let top = self.section_of(root, &(0..0), name, &[shape::POLICY.keys, &optional])?;
        let base = self.base(extends, base)?;
        let policy = self.whole(&top, Some(&base))?;
        self.only_tightened(&top, extends, &base, &policy);
        Some(policy)
    }

    /// The policy that this one extends.
    fn base(&mut self, extends: &'d document::Entry, base: Base<'_>) -> Option<Policy> {
        let path = self.line(&extends.value)?;
        if !self.tree_path(&extends.value, path) {
            return None;
        }
        let refuse = |reader: &mut Self, why: String| {
            let help = "name one file of this repository that is a whole policy, and lint it: hotfix policy lint FILE";
            let message = format!("the policy {path} can't be extended: {why}");
            reader.report(&extends.value.span, ProblemCode::BadPattern, message, help);
            None
        };
        match base(path).map(|bytes| read(&bytes, path)) {
            Err(why) => refuse(self, why),
            Ok(Err(problems)) => {
                let first = &problems.list[0];
                refuse(self, format!("in line {}, {}", first.line, first.message))
            }
            Ok(Ok(policy)) => Some(policy),
        }
    }

    /// Reports what would make a hotfix easier than the base does.
    fn only_tightened(&mut self, top: &Section<'d>, extends: &document::Entry, base: &Policy, policy: &Policy) {
        for change in changes(base, policy).into_iter().filter(|change| change.direction == Direction::Loosens) {
            let span = top.get(change.section).map_or(&extends.span, |entry| &entry.span).clone();
            let help = "a policy that extends another one only tightens it; change the base, or leave this away";
            let message = format!("this loosens the base: {}: {}", change.section, change.words);
            self.report(&span, ProblemCode::Loosens, message, help);
        }
    }

    fn whole(&mut self, top: &Section<'d>, base: Option<&Policy>) -> Option<Policy> {
        let name = top.get("name").and_then(|entry| self.name(entry, '-'));
        let version = top.get("version").and_then(|entry| self.version(&entry.value));
        let effective = self.optional(top, "effective", Self::day);
        let branches = self.part(top, "branches", base.map(|base| &base.branches), Self::branches);
        let known = base.filter(|_| top.get("facts").is_none());
        let facts = match known {
            Some(base) => Some(Facts::of_base(&base.facts)),
            None => top.get("facts").and_then(|entry| self.facts(entry)),
        };
        let rungs = base.map(|base| (base.roll_back.clone(), base.flag_off.clone()));
        let ladder = self.part(top, "ladder", rungs.as_ref(), Self::ladder);
        let qualifies = self.part(top, "qualifies", base.map(|base| &base.qualifies), |reader, entry| {
            reader.qualifies(entry, facts.as_ref())
        });
        let merge_back = self.part(top, "merge_back", base.map(|base| &base.merge_back), Self::merge_back);
        let close_requires =
            self.part(top, "close_requires", base.map(|base| &base.close_requires), Self::close_requires);
        let identity = self.part(top, "identity", base.map(|base| &base.identity), Self::identity);
        let roles =
            self.part(top, "roles", None, Self::roles).map(|own| with_base_roles(own.unwrap_or_default(), base));
        let names = RoleNames::new(roles.as_deref());
        let scope = self.part(top, "scope", base.and_then(|base| base.scope.as_ref()), Self::scope);
        let approvals = self.part(top, "approvals", base.and_then(|base| base.approvals.as_ref()), |reader, entry| {
            reader.approvals(entry, &names, facts.as_ref())
        });
        let overrides = self
            .part(top, "overrides", base.map(|base| &base.overrides), |reader, entry| reader.overrides(entry, &names));
        let normal_gates = self.part(top, "normal_gates", base.map(|base| &base.normal_gates), |reader, entry| {
            reader.normal_gates(entry, &names)
        });
        let deadlines = self
            .part(top, "deadlines", base.map(|base| &base.deadlines), |reader, entry| reader.deadlines(entry, &names));
        let budget = self.part(top, "budget", base.and_then(|base| base.budget.as_ref()), |reader, entry| {
            reader.budget(entry, &names, facts.as_ref())
        });
        let who_closes =
            self.part(top, "who_closes", base.and_then(|base| base.who_closes.as_ref()), |reader, entry| {
                reader.who_closes(entry, &names)
            });
        let (roll_back, flag_off) = ladder??;
        let mut policy = Policy {
            name: name?,
            version: version?,
            effective: effective?,
            branches: branches??,
            facts: facts?.right,
            roll_back,
            flag_off,
            qualifies: qualifies??,
            merge_back: merge_back?.unwrap_or_default(),
            close_requires: close_requires?.unwrap_or(STRICT),
            identity: identity?.unwrap_or(Identity::Unverified),
            roles: roles?,
            scope: scope?,
            approvals: approvals?,
            overrides: overrides?.unwrap_or_default(),
            normal_gates: normal_gates?.unwrap_or_default(),
            deadlines: deadlines?.unwrap_or_default(),
            budget: budget?,
            who_closes: who_closes?,
            tests: Vec::new(),
        };
        // A test speaks of the policy as a whole.
        let tests = self.part(top, "tests", None, |reader, entry| reader.tests(entry, &policy, &names));
        policy.tests = tests?.unwrap_or_default();
        Some(policy)
    }

    /// A section: as it is written, else the base's, else none. `None` where it is wrong.
    fn part<T: Clone>(
        &mut self,
        top: &Section<'d>,
        key: &str,
        base: Option<&T>,
        read: impl FnOnce(&mut Self, &'d document::Entry) -> Option<T>,
    ) -> Option<Option<T>> {
        top.get(key).map_or_else(|| Some(base.cloned()), |entry| read(self, entry).map(Some))
    }

    fn format_is_known(&mut self, root: &Node) -> bool {
        let Kind::Map(entries) = &root.kind else { return true };
        let Some(format) = entries.iter().find(|entry| entry.key == "format") else { return true };
        if matches!(&format.value.kind, Kind::Number(number) if number == FORMAT) {
            return true;
        }
        let message = format!("this program reads policies of format {FORMAT} only");
        let help = format!("write `format: {FORMAT}`, or use the version of hotfix that knows this format");
        self.report(&format.value.span, ProblemCode::UnknownFormat, message, help);
        false
    }

    fn version(&mut self, node: &Node) -> Option<u32> {
        let number = match &node.kind {
            Kind::Number(number) => number.parse::<u32>().ok().filter(|&version| version > 0),
            _ => None,
        };
        if number.is_none() {
            let (code, found) = match &node.kind {
                Kind::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && digits.len() > 9 => {
                    (ProblemCode::TooLarge, "a number that is too large")
                }
                Kind::Number(_) => (ProblemCode::WrongType, "another number"),
                _ => (ProblemCode::WrongType, node.what()),
            };
            let help = "begin with `version: 1` and add 1 with every change";
            self.report(&node.span, code, format!("a version is a whole number from 1, and this is {found}"), help);
        }
        number
    }

    fn day(&mut self, node: &Node) -> Option<chrono::NaiveDate> {
        let text = match &node.kind {
            Kind::Text(text) => text.as_str(),
            _ => "",
        };
        match chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // chrono takes `2026-1-5` too; one spelling is enough.
            Ok(day) if text.len() == 10 => Some(day),
            _ => {
                let help = "write it as year-month-day: 2026-01-31";
                self.report(&node.span, ProblemCode::WrongType, "this is no day", help);
                None
            }
        }
    }

    fn branches(&mut self, entry: &'d document::Entry) -> Option<Branches> {
        let section = self.section(&entry.value, &entry.span, &shape::BRANCHES)?;
        let main = section.get("main").and_then(|entry| self.branch(&entry.value));
        let release_lines = self.globs(&section, "release_lines", true);
        let hotfix = match section.get("hotfix") {
            Some(entry) => self.hotfix_branch(&entry.value),
            None => Some("hotfix/{incident}".to_owned()),
        };
        let release_tags = self.globs(&section, "release_tags", false);
        Some(Branches { main: main?, release_lines: release_lines?, hotfix: hotfix?, release_tags: release_tags? })
    }

    fn branch(&mut self, node: &Node) -> Option<String> {
        let name = self.line(node)?;
        if let Some(fault) = super::names::branch_fault(name) {
            let message = format!("{name:?} can't be a branch name: {fault}");
            self.report(&node.span, ProblemCode::BadPattern, message, "write the branch's short name, such as main");
            return None;
        }
        Some(name.to_owned())
    }

    fn hotfix_branch(&mut self, node: &Node) -> Option<String> {
        let name = self.line(node)?;
        let sample = name.replacen("{incident}", "INC-1", 1);
        let fault = super::names::branch_fault(&sample);
        if sample == name || fault.is_some() || sample.contains(['{', '}']) {
            let fault = fault.unwrap_or("it must hold {incident} once, and no other braces");
            let message = format!("{name:?} can't name hotfix branches: {fault}");
            self.report(&node.span, ProblemCode::BadPattern, message, "write for example hotfix/{incident}");
            return None;
        }
        Some(name.to_owned())
    }

    fn merge_back(&mut self, entry: &'d document::Entry) -> Option<MergeBack> {
        let section = self.section(&entry.value, &entry.span, &shape::MERGE_BACK)?;
        let into = match section.get("into") {
            Some(entry) => self.targets(&entry.value),
            None => Some(MergeBack::default().into),
        };
        let never_goes_back = self.globs(&section, "never_goes_back", true);
        let author_may_confirm = match section.get("author_may_confirm") {
            None => Some(false),
            Some(entry) => self.boolean(&entry.value),
        };
        let changed_since = match section.get("changed_since") {
            None => Some(ChangedSince::default()),
            Some(entry) => {
                self.word(&entry.value, &ChangedSince::ALL.map(ChangedSince::word)).and_then(ChangedSince::of)
            }
        };
        Some(MergeBack {
            into: into?,
            never_goes_back: never_goes_back?,
            author_may_confirm: author_may_confirm?,
            changed_since: changed_since?,
        })
    }

    fn targets(&mut self, node: &'d Node) -> Option<Vec<Target>> {
        let before = self.problems.len();
        let mut targets = Vec::new();
        for item in self.list(node, false)? {
            let target = match self.line(item) {
                Some("main") => Target::Main,
                Some("newer_release_lines") => Target::NewerReleaseLines,
                _ => match self.branch(item) {
                    Some(name) => Target::Branch(name),
                    None => continue,
                },
            };
            if targets.contains(&target) {
                self.report(&item.span, ProblemCode::DuplicateKey, "this target stands here twice", "remove one");
            }
            targets.push(target);
        }
        // Whatever else is a target: a fix that never reaches main comes back as the same incident.
        if !targets.contains(&Target::Main) && self.problems.len() == before {
            let message = "`into` does not name main, where every fix must end";
            self.report(&node.span, ProblemCode::MissingKey, message, "add main to the list");
        }
        (self.problems.len() == before).then_some(targets)
    }

    fn close_requires(&mut self, entry: &'d document::Entry) -> Option<CloseRequires> {
        let section: Section<'d> = self.section(&entry.value, &entry.span, &shape::CLOSE_REQUIRES)?;
        let mut flag = |name| section.get(name).map_or(Some(true), |entry| self.boolean(&entry.value));
        let (merge_back, restored, deployed, evidence) =
            (flag("merge_back"), flag("restored"), flag("deployed"), flag("evidence"));
        let rca = match section.get("rca") {
            None => Some(RcaRequirement::Accepted),
            Some(entry) => self.word(&entry.value, shape::RCA).map(|word| match word {
                "none" => RcaRequirement::None,
                "recorded" => RcaRequirement::Recorded,
                _ => RcaRequirement::Accepted,
            }),
        };
        Some(CloseRequires {
            merge_back: merge_back?,
            restored: restored?,
            deployed: deployed?,
            rca: rca?,
            evidence: evidence?,
        })
    }

    fn identity(&mut self, entry: &'d document::Entry) -> Option<Identity> {
        if !matches!(entry.value.kind, Kind::Map(_)) {
            return self.word(&entry.value, shape::IDENTITIES).map(|word| match word {
                "signed" => Identity::Signed { after: None },
                _ => Identity::Unverified,
            });
        }
        let section = self.section(&entry.value, &entry.span, &shape::IDENTITY)?;
        let node = &section.get("signed_after")?.value;
        let event = self.line(node)?;
        if !is_event_id(event) {
            let message = format!("{event:?} is no event's id");
            self.report(
                &node.span,
                ProblemCode::UnknownValue,
                message,
                "`hotfix log --format json` shows each event's id",
            );
            return None;
        }
        Some(Identity::Signed { after: Some(event.to_owned()) })
    }
}

/// Whether this is written like the id of an event: a UUID in lower case.
fn is_event_id(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<_> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.into_iter().all(digits)
}

/// The roles of a policy, and those of its base that it does not declare itself.
fn with_base_roles(mut own: Vec<Role>, base: Option<&Policy>) -> Vec<Role> {
    let inherited = base.into_iter().flat_map(|base| &base.roles);
    let missing: Vec<Role> =
        inherited.filter(|role| own.iter().all(|known| known.name != role.name)).cloned().collect();
    own.extend(missing);
    own
}

/// What is not written is required: a gate is never off by omission.
const STRICT: CloseRequires =
    CloseRequires { merge_back: true, restored: true, deployed: true, rca: RcaRequirement::Accepted, evidence: true };

#[cfg(test)]
mod tests {
    use super::super::BUILT_IN;
    use super::*;

    #[test]
    fn the_built_in_policy_is_valid_and_asks_little() {
        let policy = read(BUILT_IN.as_bytes(), "policy/hotfix.yaml").unwrap_or_else(|problems| panic!("{problems}"));
        assert!(policy.facts.len() <= 5, "two rungs and five facts are the most that anyone should be asked at 3 am");
        assert_eq!(policy.facts[0].name, "severity");
    }
}
