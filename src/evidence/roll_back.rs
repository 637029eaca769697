//! What stands in the way of going back to the last good release.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::event::Change;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::policy::LookFor;
use crate::failure::Failure;

use super::changed::{Changed, ChangedText};
use super::globs::Globs;
use super::patterns::Patterns;
use super::{migrations, schemas, sql};

/// How many findings of a kind are listed.
const LISTED: usize = 100;

/// What stands in the way of going back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollBackReport {
    /// The verdict; there is none that promises that going back will work.
    pub verdict: RollBackVerdict,
    /// Why it is unknown, or not everything was looked at.
    pub unknown: Option<String>,
    /// How many paths changed.
    pub changed_paths: usize,
    /// What stands in the way.
    pub blockers: Vec<Finding>,
    /// What going back takes along: worth knowing, no obstacle.
    pub cautions: Vec<Finding>,
    /// Files that were not looked into, though they would have been.
    pub unread: Vec<Unread>,
    /// Whether more was found than is listed.
    pub truncated: bool,
}

/// The verdict on going back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollBackVerdict {
    /// Something stands in the way.
    Blocked,
    /// It can't be said.
    Unknown,
    /// Nothing was found where it was looked for.
    NoBlockerFound,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    pub path: RepositoryPath,
    /// On which line, from 1; none where the path itself is the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What kind.
    pub kind: FindingKind,
    /// Why it counts.
    pub why: String,
}

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A path that the policy names.
    PolicyPath,
    /// A line that a pattern of the policy fits.
    PolicyPattern,
    /// A schema migration.
    SchemaMigration,
    /// SQL that destroys.
    DestructiveSql,
    /// A field of an API disappeared; the line is that of the last good release.
    ApiFieldRemoved,
    /// Dependencies changed.
    Lockfile,
}

/// A file that was not looked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Which.
    pub path: RepositoryPath,
    /// Why not.
    pub why: String,
}

/// Looks for what stands in the way of going back, by the policy's globs and patterns and what is built in.
///
/// A changed lockfile is a caution, not a blocker: nearly every release changes one, going back restores the older versions
/// along with the code, and a verdict that always says "blocked" would be clicked away when it matters. A migration counts even
/// if it only adds: the older release must still work with the newer schema, and a person has to say that it does.
/// Exit 4 for a malformed glob or pattern, or a damaged object.
pub fn roll_back(changed: &Changed<'_>, look_for: &LookFor) -> Result<RollBackReport, Failure> {
    let mut search = Search {
        changed,
        globs: Globs::new(&look_for.paths)?,
        patterns: Patterns::new(&look_for.patterns)?,
        moved: moved(&changed.paths),
        blockers: Vec::new(),
        cautions: Vec::new(),
        unread: Vec::new(),
    };
    for change in &changed.paths {
        search.look_at(change)?;
    }
    let Search { mut blockers, mut cautions, mut unread, .. } = search;
    let verdict = if !blockers.is_empty() {
        RollBackVerdict::Blocked
    } else if changed.unknown.is_some() || !unread.is_empty() {
        RollBackVerdict::Unknown
    } else {
        RollBackVerdict::NoBlockerFound
    };
    let truncated = [blockers.len(), cautions.len(), unread.len()].iter().any(|&found| found > LISTED);
    blockers.truncate(LISTED);
    cautions.truncate(LISTED);
    unread.truncate(LISTED);
    let (unknown, changed_paths) = (changed.unknown.clone(), changed.paths.len());
    Ok(RollBackReport { verdict, unknown, changed_paths, blockers, cautions, unread, truncated })
}

/// The contents that stand under a new path unchanged: those files were moved.
fn moved(changes: &[Change]) -> BTreeSet<ObjectId> {
    let ids = |of: fn(&Change) -> bool, side: fn(&Change) -> Option<ObjectId>| {
        changes.iter().filter(|change| of(change)).filter_map(side).collect::<BTreeSet<_>>()
    };
    let gone = ids(|change| change.after.is_none(), |change| change.before.as_ref().map(|side| side.id));
    let come = ids(|change| change.before.is_none(), |change| change.after.as_ref().map(|side| side.id));
    gone.intersection(&come).copied().collect()
}

struct Search<'a> {
    changed: &'a Changed<'a>,
    globs: Globs,
    patterns: Patterns,
    moved: BTreeSet<ObjectId>,
    blockers: Vec<Finding>,
    cautions: Vec<Finding>,
    unread: Vec<Unread>,
}

impl Search<'_> {
    fn look_at(&mut self, change: &Change) -> Result<(), Failure> {
        let Some(path) = change.path() else { return Ok(()) };
        if let Some(glob) = self.globs.first_match(path.as_bytes()) {
            let why = format!("the policy says that a change to `{glob}` stands in the way");
            self.blockers.push(Finding { path: path.clone(), line: None, kind: FindingKind::PolicyPath, why });
        }
        let is_moved = [&change.before, &change.after].into_iter().flatten().any(|side| self.moved.contains(&side.id));
        if is_moved {
            return Ok(());
        }
        let name = String::from_utf8_lossy(path.as_bytes());
        if migrations::is_lockfile(&name) {
            let why = "dependencies changed; going back takes the older ones along".to_owned();
            self.cautions.push(Finding { path: path.clone(), line: None, kind: FindingKind::Lockfile, why });
        }
        if change.after.is_some()
            && let Some(what) = migrations::migration(&name)
        {
            let verb = if change.before.is_some() { "changed" } else { "new" };
            let why = format!("{what} is {verb}: the older release must still work with the newer schema");
            self.blockers.push(Finding { path: path.clone(), line: None, kind: FindingKind::SchemaMigration, why });
        }
        let is_sql = change.after.is_some() && migrations::is_sql(&name) && !migrations::runs_backwards(&name);
        let schema = schemas::format(&name).filter(|_| change.before.is_some());
        if !is_sql && schema.is_none() && self.patterns.is_empty() {
            return Ok(());
        }
        match self.changed.text(change)? {
            Err(why) => self.unread.push(Unread { path: path.clone(), why }),
            Ok(text) => self.look_into(path, &text, is_sql, schema),
        }
        Ok(())
    }

    fn look_into(&mut self, path: &RepositoryPath, text: &ChangedText, is_sql: bool, schema: Option<schemas::Format>) {
        let (fresh, gone) = text.fresh_and_gone();
        let mut found = |line: usize, kind, why| {
            self.blockers.push(Finding { path: path.clone(), line: Some(line), kind, why });
        };
        let is_fresh = |line: usize| fresh.get(line - 1) == Some(&true);
        if is_sql {
            for destroying in sql::destroying(&text.after).into_iter().filter(|found| is_fresh(found.line)) {
                let why = format!("`{}` destroys what the older release may need", destroying.words);
                found(destroying.line, FindingKind::DestructiveSql, why);
            }
        }
        if let Some(format) = schema {
            let (before, after) = (String::from_utf8_lossy(&text.before), String::from_utf8_lossy(&text.after));
            for removed in schemas::removed(format, &before, &after, &gone) {
                found(removed.line, FindingKind::ApiFieldRemoved, removed.why);
            }
        }
        for fit in self.patterns.find(&text.after).into_iter().filter(|fit| is_fresh(fit.line)) {
            let why = format!("the policy's pattern `{}` fits this new line", fit.pattern);
            found(fit.line, FindingKind::PolicyPattern, why);
        }
    }
}
