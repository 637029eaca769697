//! How far a fix is from the smallest change that restores production.

use std::collections::BTreeMap;

use globset::GlobSet;
use serde::Serialize;

use super::digest::FileChange;
use super::hunk::TextChange;
use super::identity::RepositoryPath;
use super::lines::is_telling;
use super::policy::people::ScopeLimits;
use super::refusal::{Code, Refusal};

/// What a fix changes, measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// The files that count.
    pub files: usize,
    /// The lines that count, added and removed together.
    pub lines: usize,
    /// The files, the largest change first.
    pub paths: Vec<ScopedPath>,
    /// What the fix does not need, as far as that can be seen.
    pub unneeded: Vec<Unneeded>,
}

/// One changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopedPath {
    /// The path.
    pub path: RepositoryPath,
    /// Added lines.
    pub added: usize,
    /// Removed lines.
    pub removed: usize,
    /// Whether it counts.
    pub counted: bool,
    /// Whether no hotfix may touch it.
    pub forbidden: bool,
}

/// Something that a fix does not need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unneeded {
    /// Where.
    pub path: RepositoryPath,
    /// The line after the change, 1-based; none where it is about the whole file.
    pub line: Option<usize>,
    /// What.
    pub what: UnneededKind,
}

/// What a fix does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnneededKind {
    /// The file got another name.
    Rename,
    /// Only blanks changed.
    Whitespace,
    /// The same lines stand elsewhere now.
    MovedCode,
    /// A list of dependencies, or the versions that it was resolved to.
    Dependencies,
}

impl UnneededKind {
    /// What it is, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Rename => "renamed",
            Self::Whitespace => "only blanks changed",
            Self::MovedCode => "lines moved, not changed",
            Self::Dependencies => "dependencies changed",
        }
    }
}

/// The policy's globs, compiled.
pub struct ScopeGlobs {
    /// Paths that do not count.
    pub not_counted: GlobSet,
    /// Paths that no hotfix may touch.
    pub forbidden: GlobSet,
}

/// A moved block has at least so many lines that say something.
const MOVED: usize = 3;

/// Measures a fix.
pub fn measure(changes: &[FileChange], globs: &ScopeGlobs) -> Scope {
    let mut scope = Scope::default();
    let mut blocks = Blocks::default();
    for change in changes {
        let Some(path) = change.path() else { continue };
        let on = |set: &GlobSet| {
            let sides = [&change.before, &change.after].into_iter().flatten();
            sides
                .map(|side| globset::Candidate::from_bytes(side.path.as_bytes()))
                .any(|path| set.is_match_candidate(&path))
        };
        let counted = !on(&globs.not_counted);
        let mut row = ScopedPath { path: path.clone(), added: 0, removed: 0, counted, forbidden: on(&globs.forbidden) };
        let mut note = |line, what| scope.unneeded.push(Unneeded { path: path.clone(), line, what });
        if let (Some(before), Some(after)) = (&change.before, &change.after)
            && before.path != after.path
        {
            note(None, UnneededKind::Rename);
        }
        if counted && is_dependencies(path) {
            note(None, UnneededKind::Dependencies);
        }
        if let Some((before, after)) = change.texts() {
            let text = TextChange::new(before, after);
            for hunk in &text.hunks {
                let (removed, added) = (text.removed(hunk), text.added(hunk));
                row.removed += removed.len();
                row.added += added.len();
                if counted && only_blanks(removed, added) {
                    note(Some(hunk.new.start + 1), UnneededKind::Whitespace);
                } else if counted {
                    blocks.take(path, hunk.new.start + 1, removed, added);
                }
            }
        } else {
            // A binary or a submodule has no lines, and is still one thing that changed.
            row.added = usize::from(change.after.is_some());
            row.removed = usize::from(change.before.is_some());
        }
        scope.lines += if counted { row.added + row.removed } else { 0 };
        // Two attempts may change the same file apart: it is one file, with the lines of both.
        match scope.paths.iter_mut().find(|known| known.path == row.path) {
            Some(known) => {
                (known.added, known.removed) = (known.added + row.added, known.removed + row.removed);
                known.forbidden |= row.forbidden;
            }
            None => {
                scope.files += usize::from(counted);
                scope.paths.push(row);
            }
        }
    }
    scope.unneeded.extend(blocks.moved());
    scope.unneeded.sort_by(|a, b| (&a.path, a.line, a.what).cmp(&(&b.path, b.line, b.what)));
    scope.paths.sort_by(|a, b| (b.added + b.removed).cmp(&(a.added + a.removed)).then_with(|| a.path.cmp(&b.path)));
    scope
}

/// Whether a hunk changes nothing but blanks: the lines without them are the same, empty ones left out.
fn only_blanks(removed: &[&[u8]], added: &[&[u8]]) -> bool {
    let plain = |lines: &[&[u8]]| -> Vec<Vec<u8>> {
        let without = |line: &&[u8]| line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        lines.iter().map(without).filter(|line: &Vec<u8>| !line.is_empty()).collect()
    };
    // In YAML, Python and the like the depth of a line is its meaning: only blanks inside or behind it say nothing there, and
    // which language it is can't be told for sure. It is named, and a person looks.
    plain(removed) == plain(added)
}

/// Blocks of lines that went, and that came.
#[derive(Default)]
struct Blocks {
    gone: BTreeMap<Vec<Vec<u8>>, usize>,
    came: Vec<(RepositoryPath, usize, Vec<Vec<u8>>)>,
}

impl Blocks {
    fn take(&mut self, path: &RepositoryPath, line: usize, removed: &[&[u8]], added: &[&[u8]]) {
        let telling = |lines: &[&[u8]]| lines.iter().filter(|line| is_telling(line)).count() >= MOVED;
        // Indentation changes where code moves into another block.
        let trimmed = |lines: &[&[u8]]| lines.iter().map(|line| line.trim_ascii().to_vec()).collect::<Vec<_>>();
        if added.is_empty() && telling(removed) {
            *self.gone.entry(trimmed(removed)).or_default() += 1;
        }
        if removed.is_empty() && telling(added) {
            self.came.push((path.clone(), line, trimmed(added)));
        }
    }

    fn moved(mut self) -> Vec<Unneeded> {
        let mut moved = Vec::new();
        for (path, line, lines) in std::mem::take(&mut self.came) {
            if let Some(left) = self.gone.get_mut(&lines).filter(|left| **left > 0) {
                *left -= 1;
                moved.push(Unneeded { path, line: Some(line), what: UnneededKind::MovedCode });
            }
        }
        moved
    }
}

/// Files that list dependencies or pin them, by the name that their tools demand.
const DEPENDENCIES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "Gemfile",
    "Gemfile.lock",
    "Package.resolved",
    "Pipfile",
    "Pipfile.lock",
    "build.gradle",
    "build.gradle.kts",
    "bun.lock",
    "composer.json",
    "composer.lock",
    "flake.lock",
    "go.mod",
    "go.sum",
    "gradle.lockfile",
    "mix.exs",
    "mix.lock",
    "package-lock.json",
    "package.json",
    "packages.lock.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pom.xml",
    "pubspec.lock",
    "pyproject.toml",
    "requirements.txt",
    "uv.lock",
    "yarn.lock",
];

fn is_dependencies(path: &RepositoryPath) -> bool {
    let name = path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    DEPENDENCIES.iter().any(|known| known.as_bytes() == name)
}

/// What of the scope the policy refuses, each with what to take out.
pub fn refusals(scope: &Scope, limits: &ScopeLimits, incident: &super::identity::IncidentId) -> Vec<Refusal> {
    let way_out = || {
        vec![
            format!("hotfix scope {incident}    # what to take out"),
            format!("hotfix fix {incident}    # once it is taken out"),
        ]
    };
    let mut refusals = Vec::new();
    let over = |count: usize, limit: Option<u32>, what: &str| {
        limit.filter(|limit| count > *limit as usize).map(|limit| {
            let are = if limit == 1 { "is" } else { "are" };
            format!("{count} {what}, {limit} {are} allowed")
        })
    };
    let over: Vec<String> =
        over(scope.files, limits.files, "files").into_iter().chain(over(scope.lines, limits.lines, "lines")).collect();
    if !over.is_empty() {
        let largest = scope.paths.iter().filter(|row| row.counted).take(3);
        let largest: Vec<String> =
            largest.map(|row| format!("{} (+{} -{})", row.path, row.added, row.removed)).collect();
        let message = format!("the fix is too large: {}; largest: {}", over.join("; "), largest.join(", "));
        refusals.push(Refusal { code: Code::ScopeExceeded, message, next: way_out() });
    }
    let forbidden: Vec<String> =
        scope.paths.iter().filter(|row| row.forbidden).map(|row| row.path.to_string()).collect();
    if !forbidden.is_empty() {
        let message = format!("no hotfix may touch {}", listed(&forbidden));
        refusals.push(Refusal { code: Code::ScopeForbidden, message, next: way_out() });
    }
    if limits.refuse_unneeded && !scope.unneeded.is_empty() {
        let each: Vec<String> = scope.unneeded.iter().map(Unneeded::words).collect();
        let message = format!("not needed for the fix: {}", listed(&each));
        refusals.push(Refusal { code: Code::ScopeUnneeded, message, next: way_out() });
    }
    refusals
}

impl Unneeded {
    /// "src/a.rs:12 (only blanks changed)"
    pub fn words(&self) -> String {
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("{}{line} ({})", self.path, self.what.words())
    }
}

/// At most five of them, and how many more there are.
pub fn listed(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = all.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use globset::{Glob, GlobSetBuilder};

    use super::super::digest::tests::changed;
    use super::*;

    fn set(globs: &[&str]) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        globs.iter().for_each(|glob| {
            set.add(Glob::new(glob).expect("a glob"));
        });
        set.build().expect("a set")
    }

    fn measured(changes: &[FileChange]) -> Scope {
        measure(changes, &ScopeGlobs { not_counted: set(&["tests/**"]), forbidden: set(&["db/**"]) })
    }

    fn limits(files: u32, lines: u32, refuse_unneeded: bool) -> ScopeLimits {
        ScopeLimits { files: Some(files), lines: Some(lines), not_counted: vec![], forbidden: vec![], refuse_unneeded }
    }

    fn codes(scope: &Scope, limits: &ScopeLimits) -> String {
        let found = refusals(scope, limits, &"INC-1".parse().expect("an id"));
        found.iter().map(|refusal| refusal.code.word()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_and_files_are_counted_and_held_to_the_limit() {
        let fix = [changed("a.rs", "1\n2\n", "1\n3\n4\n"), changed("tests/a.rs", "", "long\nand\nwide\n")];
        let scope = measured(&fix);
        assert_eq!((scope.files, scope.lines, scope.paths.len()), (1, 3, 2));
        for (files, lines, expected) in
            [(1, 3, ""), (1, 2, "scope-exceeded"), (0, 3, "scope-exceeded"), (0, 0, "scope-exceeded")]
        {
            assert_eq!(codes(&scope, &limits(files, lines, false)), expected, "{files} files, {lines} lines");
        }
        let none = ScopeLimits { files: None, lines: None, ..limits(0, 0, false) };
        assert_eq!(codes(&scope, &none), "");
    }

    #[test]
    fn a_file_that_two_attempts_change_apart_is_one_file() {
        let fix = [changed("a.rs", "1\n2\n", "1\n3\n"), changed("a.rs", "1\n2\n", "1\n2\n4\n")];
        let scope = measured(&fix);
        assert_eq!((scope.files, scope.lines, scope.paths.len()), (1, 3, 1));
        assert_eq!((scope.paths[0].added, scope.paths[0].removed), (2, 1));
    }

    #[test]
    fn what_no_hotfix_may_touch_is_refused_on_either_side_of_a_rename() {
        let mut moved = changed("db/1.sql", "alter\n", "alter\n");
        moved.after.as_mut().expect("a file").path = RepositoryPath::new("1.sql");
        for fix in [changed("db/1.sql", "", "drop\n"), changed("db/1.sql", "drop\n", ""), moved] {
            assert_eq!(codes(&measured(&[fix]), &limits(9, 9, false)), "scope-forbidden");
        }
    }

    #[test]
    fn what_a_fix_does_not_need_is_named() {
        let block = "fn alpha() {\nfn beta() {\nfn gamma() {\n";
        let stays = "fn one() {\nfn two() {\nfn three() {\nfn four() {\n";
        let mut renamed = changed("old.rs", "same\n", "same\n");
        renamed.after.as_mut().expect("a file").path = RepositoryPath::new("new.rs");
        let table: Vec<(&str, Vec<FileChange>, &str)> = vec![
            ("a rename", vec![renamed], "new.rs (renamed)"),
            ("blanks", vec![changed("a.rs", "f(1);\n", "  f( 1 );\n")], "a.rs:1 (only blanks changed)"),
            ("an empty line", vec![changed("a.rs", "f(1);\n", "f(1);\n\n")], "a.rs:2 (only blanks changed)"),
            ("another word", vec![changed("a.rs", "f(1);\n", "f(2);\n")], ""),
            ("a lockfile", vec![changed("x/Cargo.lock", "1\n", "2\n")], "x/Cargo.lock (dependencies changed)"),
            ("a test", vec![changed("tests/Cargo.lock", "1\n", "2\n")], ""),
            (
                "a moved block",
                vec![changed("a.rs", &format!("{block}{stays}"), &format!("{stays}{block}"))],
                "a.rs:5 (lines moved, not changed)",
            ),
            (
                "a block moved to another file",
                vec![
                    changed("a.rs", &format!("x1x2\n{block}"), "x1x2\n"),
                    changed("b.rs", "y\n", &format!("y\n{block}")),
                ],
                "b.rs:2 (lines moved, not changed)",
            ),
            ("a short block", vec![changed("a.rs", "one line\nend\n", "end\none line\n")], ""),
        ];
        for (what, fix, expected) in table {
            let scope = measured(&fix);
            let told: Vec<String> = scope.unneeded.iter().map(Unneeded::words).collect();
            assert_eq!(told.join(", "), expected, "{what}");
            assert_eq!(codes(&scope, &limits(99, 99, true)), if expected.is_empty() { "" } else { "scope-unneeded" });
            assert_eq!(codes(&scope, &limits(99, 99, false)), "", "named, not refused");
        }
    }

    #[test]
    fn a_binary_is_one_file_and_one_line_on_each_side() {
        let scope = measured(&[changed("logo.png", "a\0b", "a\0c")]);
        assert_eq!((scope.files, scope.lines), (1, 2));
    }
}
