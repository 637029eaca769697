//! What a search answers: the verdict with its evidence, hunk by hunk.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::domain::fate::{Fate, verdict};
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::failure::Failure;

use super::compare::{Became, Comparison, became};
use super::explain::{LEAST_SIMILARITY, Sought, candidates};
use super::fix::Fix;
use super::judge::{Judged, Part, parts};
use super::search::{Options, main_landing};
use super::taken_out::TakenOut;
use super::target::Target;

/// The answer about one fix on one target.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// One sentence that says why.
    pub evidence: String,
    /// The commit that was judged.
    pub target: ObjectId,
    /// The commits by which the fix landed, the one with most of it first.
    pub landings: Vec<Landing>,
    /// Where no landing is proven: the commits that look most like it, the likest first.
    pub candidates: Vec<Candidate>,
    /// What landed and was changed until nobody can judge it, beside the fix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub became: Vec<Became>,
    /// Those that were taken out again: no candidates any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_out: Vec<TakenOut>,
    /// What is not there.
    pub missing: Vec<Missing>,
    /// The commits that took something of it out again.
    pub undone_by: Vec<Landing>,
    /// Every part of the fix with its fate.
    pub hunks: Vec<HunkReport>,
    /// Where the target has a path of the fix today, where it moved it.
    #[serde(skip)]
    pub(super) moved: BTreeMap<RepositoryPath, RepositoryPath>,
}

/// A commit on the target's first-parent line, and how much of the fix it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Landing {
    /// The commit.
    pub commit: ObjectId,
    /// Its first line.
    pub summary: String,
    /// How many parts of the fix.
    pub hunks: usize,
}

/// A commit that may be the landing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The commit.
    pub commit: ObjectId,
    /// Its first line.
    pub summary: String,
    /// How much of the fix's own lines it brought, in percent.
    pub similarity: usize,
    /// Why it is named.
    pub why: Vec<String>,
    /// Whether its message names the fix, or it is told by what it does to a path.
    #[serde(skip)]
    pub(super) is_told: bool,
    /// The fix and it side by side, path by path: what no likelier candidate changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Comparison>,
}

/// A part of the fix that is not on the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The commit of the fix that it comes from, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// The path.
    pub path: RepositoryPath,
    /// The lines, such as `12-15`: of the file after the fix, for a deletion of the file before it (`-12`).
    pub lines: String,
}

/// One part of the fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HunkReport {
    /// The path.
    pub path: RepositoryPath,
    /// The lines, as in [`Missing::lines`], or what else was changed.
    pub lines: String,
    #[serde(skip)]
    pub(super) part: Part,
    /// What became of it.
    pub fate: Fate,
    /// The commit that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landed_by: Option<ObjectId>,
    /// The commit that took it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<ObjectId>,
    /// The commits that replaced or dropped some of its lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evolved_by: Vec<ObjectId>,
    /// The other path that its lines went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<RepositoryPath>,
}

impl HunkReport {
    /// The commits that changed it after the one that brought it: that one may have brought it changed.
    pub fn changed_by(&self) -> Vec<ObjectId> {
        self.evolved_by.iter().copied().filter(|by| Some(*by) != self.landed_by).collect()
    }

    /// Whether it only takes lines away, or a file.
    pub(super) fn only_removes(&self) -> bool {
        match &self.part {
            Part::Lines { new, .. } => new.is_empty(),
            Part::Deletion => true,
            Part::Whole | Part::Mode | Part::Rename | Part::All => false,
        }
    }
}

impl Report {
    pub(super) fn new(
        target: &Target<'_>,
        fix: &Fix,
        mut judged: Vec<Judged>,
        touching: &BTreeSet<usize>,
        moved: BTreeMap<RepositoryPath, RepositoryPath>,
        options: &Options,
    ) -> Result<Self, Failure> {
        let verdict = verdict(judged.iter().map(|one| one.fate));
        let evidence = evidence(verdict, &judged);
        if !options.without_hunks {
            judged = taken_apart(target, fix, judged)?;
        }
        let hunk = |one: &Judged| HunkReport {
            path: one.path.clone(),
            lines: lines(&one.part),
            part: one.part.clone(),
            fate: one.fate,
            landed_by: one.landed_by.map(|at| target.id(at)),
            undone_by: one.undone_by.map(|at| target.id(at)),
            evolved_by: one.evolved_by.iter().map(|at| target.id(*at)).collect(),
            moved_to: one.moved_to.clone(),
        };
        let missing = judged.iter().filter(|one| one.fate == Fate::Never);
        let doubted = verdict == Verdict::Unproven && !options.without_candidates;
        let changed: Vec<&Judged> =
            judged.iter().filter(|one| doubted && one.fate == Fate::Unknown && one.landed_by.is_some()).collect();
        let origins = origins(target, fix, missing.clone().map(|one| &one.path).collect())?;
        Ok(Self {
            verdict,
            evidence,
            target: target.commit,
            landings: commits(target, judged.iter().filter_map(|one| one.landed_by))?,
            candidates: match verdict {
                Verdict::Merged | Verdict::Reverted => vec![],
                _ if options.without_candidates => vec![],
                Verdict::Partial | Verdict::Missing | Verdict::Unproven => match sought(fix, &judged, &moved) {
                    Some(sought) => unexplained(target, candidates(target, fix, touching, &sought)?, verdict, &judged),
                    None => vec![],
                },
            },
            became: became(target, fix, &changed)?,
            taken_out: vec![],
            missing: missing
                .map(|one| Missing {
                    commit: origins.get(&one.path).copied(),
                    path: one.path.clone(),
                    lines: lines(&one.part),
                })
                .collect(),
            undone_by: commits(target, judged.iter().filter_map(|one| one.undone_by))?,
            hunks: judged.iter().map(hunk).collect(),
            moved,
        })
    }
}

/// What of a fix a landing has to be looked for; none where what is proven explains enough.
fn sought<'s>(
    fix: &'s Fix,
    judged: &[Judged],
    moved: &'s BTreeMap<RepositoryPath, RepositoryPath>,
) -> Option<Sought<'s>> {
    let is_open = |one: &&Judged| matches!(one.fate, Fate::Never | Fate::Weak | Fate::Unknown);
    let open: BTreeSet<&RepositoryPath> = judged.iter().filter(is_open).map(|one| &one.path).collect();
    let landed = judged.iter().filter(|one| one.landed_by.is_some()).map(|one| &one.path).collect::<BTreeSet<_>>();
    // Where a commit is proven to have brought most of the fix, it is what to look at for the rest of what it touched.
    let explained = main_landing(judged.iter()).is_some();
    let wanted = |path: &RepositoryPath| open.contains(path) && !(explained && landed.contains(path));
    let changes = fix.changes.iter().filter(|change| change.path().is_some_and(wanted));
    let sides = changes.flat_map(|change| [&change.before, &change.after]).flatten().map(|side| &side.path);
    let paths: BTreeSet<_> = sides.flat_map(|path| [Some(path), moved.get(path)]).flatten().collect();
    let only_picks = judged.iter().filter(is_open).filter(|one| wanted(&one.path)).all(|one| one.fate == Fate::Never);
    let raised_by = judged.iter().filter_map(|one| one.raised_by).collect();
    (!paths.is_empty()).then_some(Sought { paths, all: landed.is_empty(), only_picks, raised_by })
}

/// Without the commits that are named already as what brought a part of the fix, where they bring little else: of the rest,
/// which is not there, they tell nothing.
fn unexplained(
    target: &Target<'_>,
    mut candidates: Vec<Candidate>,
    verdict: Verdict,
    judged: &[Judged],
) -> Vec<Candidate> {
    let brought = judged.iter().filter(|one| one.fate.holds()).filter_map(|one| one.landed_by);
    let brought: BTreeSet<ObjectId> = brought.map(|at| target.id(at)).collect();
    let little = |one: &Candidate| one.similarity < LEAST_SIMILARITY && brought.contains(&one.commit);
    candidates.retain(|candidate| verdict != Verdict::Partial || !little(candidate));
    candidates
}

/// The parts of what was judged as one.
fn taken_apart(target: &Target<'_>, fix: &Fix, judged: Vec<Judged>) -> Result<Vec<Judged>, Failure> {
    let mut apart = Vec::with_capacity(judged.len());
    for one in judged {
        match fix.changes.iter().find(|change| one.part == Part::All && change.path() == Some(&one.path)) {
            Some(change) => {
                let part = |part| Judged { part, ..one.clone() };
                apart.extend(parts(target, change)?.into_iter().map(part));
            }
            None => apart.push(one),
        }
    }
    Ok(apart)
}

/// Why the verdict is what it is, in one sentence.
fn evidence(verdict: Verdict, judged: &[Judged]) -> String {
    let count = |fate: Fate| judged.iter().filter(|one| one.fate == fate).count();
    let told = Fate::ALL.into_iter().map(|fate| (count(fate), fate)).filter(|(count, _)| *count > 0);
    let told = told.map(|(count, fate)| format!("{count} {}", fate.word())).collect::<Vec<_>>().join(", ");
    let meaning = match verdict {
        Verdict::Merged => "every hunk landed and none was taken out",
        Verdict::Partial => "some of it is there and some is not",
        Verdict::Reverted => "it was all there, and all of it was taken out again",
        Verdict::Missing => "nothing of it ever came there",
        Verdict::Unproven if judged.is_empty() => "there is nothing to prove: the commits change nothing together",
        Verdict::Unproven if judged.iter().all(|one| one.fate == Fate::Ignored) => {
            "there is nothing to prove: it changes only what never goes back, says the policy"
        }
        Verdict::Unproven => "some hunks are neither proven there nor proven away",
    };
    match judged.iter().filter(|one| one.part == Part::All).count() {
        0 if told.is_empty() => meaning.to_owned(),
        0 => format!("{meaning} (hunks: {told})"),
        1 => format!("{meaning} (1 file is as the fix left it)"),
        files => format!("{meaning} ({files} files are as the fix left them)"),
    }
}

/// Counts commits, those with most parts first, and of equals the newest first.
fn commits(target: &Target<'_>, numbers: impl Iterator<Item = usize>) -> Result<Vec<Landing>, Failure> {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    numbers.for_each(|number| *counts.entry(number).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(number, hunks)| (usize::MAX - hunks, *number));
    let landing = |(number, hunks)| {
        let commit = target.id(number);
        Ok(Landing { commit, summary: target.repository.message(commit)?.summary().to_owned(), hunks })
    };
    counts.into_iter().map(landing).collect()
}

/// For each path the newest commit of the fix that touches it; what is gone from the repository is left out.
fn origins(
    target: &Target<'_>,
    fix: &Fix,
    mut paths: BTreeSet<&RepositoryPath>,
) -> Result<BTreeMap<RepositoryPath, ObjectId>, Failure> {
    let mut found = BTreeMap::new();
    if let [only] = fix.commits[..] {
        found.extend(paths.into_iter().map(|path| (path.clone(), only)));
        return Ok(found);
    }
    let repository = target.repository;
    for &commit in fix.commits.iter().rev().filter(|commit| repository.has(**commit)) {
        if paths.is_empty() {
            break;
        }
        let node = repository.node(commit)?;
        let Some(&parent) = node.parents.first().filter(|parent| repository.has(**parent)) else { continue };
        for file in repository.differing(Some(repository.node(parent)?.tree), Some(node.tree))? {
            if paths.remove(&file.path) {
                found.insert(file.path, commit);
            }
        }
    }
    Ok(found)
}

/// A part of a fix in words.
fn lines(part: &Part) -> String {
    match part {
        Part::Lines { old, new } if new.is_empty() => format!("-{}", range(old)),
        Part::Lines { new, .. } => range(new),
        Part::Whole => "whole file".to_owned(),
        Part::Mode => "file mode".to_owned(),
        Part::Deletion => "deletion".to_owned(),
        Part::Rename => "new path".to_owned(),
        Part::All => "all".to_owned(),
    }
}

fn range(lines: &std::ops::Range<usize>) -> String {
    if lines.len() <= 1 { (lines.start + 1).to_string() } else { format!("{}-{}", lines.start + 1, lines.end) }
}
