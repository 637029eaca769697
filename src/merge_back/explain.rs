//! What explains a landing that is not exact: which commits look most like it.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::domain::event::{Change, Side};
use crate::domain::hunk::TextChange;
use crate::domain::identity::RepositoryPath;
use crate::domain::lines::{TellingLines, is_telling};
use crate::failure::Failure;

use super::compare::compare;
use super::fix::{Fix, entry_of};
use super::picks::Picks;
use super::report::Candidate;
use super::target::Target;

/// The most commits whose lines are compared with the fix's.
const MOST_COMPARED: usize = 400;

/// How much of the fix's lines a commit must bring to be named without any other sign, in percent.
pub(super) const LEAST_SIMILARITY: usize = 30;

/// The same of the fix's lines in one path: there are fewer of them.
const LEAST_OF_PATH: usize = 50;

/// Who brings less of the fix than this, in percent of a commit's share, beside a better one is noise.
const LITTLE: usize = 5;

/// So many candidates are named at least, where there are as many; and at most, where the fix has many commits.
const FEWEST_NAMED: usize = 3;
const MOST_NAMED: usize = 8;

/// The path on the target that holds what the fix has elsewhere: the same name, and the most of its lines, at least this many
/// percent of them.
pub(super) fn same_file(
    target: &Target<'_>,
    path: &RepositoryPath,
    bytes: &[u8],
    least: usize,
) -> Result<Option<RepositoryPath>, Failure> {
    let lines = OnceCell::new();
    let mut best: Option<(usize, RepositoryPath)> = None;
    for (other, entry) in target.namesakes(path)? {
        let lines = lines.get_or_init(|| TellingLines::of(bytes));
        let alike = lines.percent_in(&target.blob(entry.id)?);
        if alike >= least && best.as_ref().is_none_or(|(most, _)| alike > *most) {
            best = Some((alike, other.clone()));
        }
    }
    Ok(best.map(|(_, path)| path))
}

/// What a landing is looked for of.
pub(super) struct Sought<'s> {
    /// The paths of the fix that nothing explains yet, each under every name that it has on the target.
    pub(super) paths: BTreeSet<&'s RepositoryPath>,
    /// Whether that is all of the fix.
    pub(super) all: bool,
    /// Whether no line of it left a trace: then only a pick can be it.
    pub(super) only_picks: bool,
    /// The commits that raised a version further than the fix does.
    pub(super) raised_by: BTreeSet<usize>,
}

/// The commits that look most like the landing, the likest first: among those that touched the fix's paths. A fix that came
/// commit by commit has one for each.
pub(super) fn candidates(
    target: &Target<'_>,
    fix: &Fix,
    touching: &BTreeSet<usize>,
    sought: &Sought<'_>,
) -> Result<Vec<Candidate>, Failure> {
    let mut telling = None;
    let picks = Picks::new(target, fix);
    let mut found = Vec::new();
    for &number in touching.iter().take(MOST_COMPARED) {
        target.check_time()?;
        if sought.only_picks && !picks.has(number)? {
            continue;
        }
        let touches =
            || Ok::<_, Failure>(target.differing(number)?.iter().any(|file| sought.paths.contains(&file.path)));
        if !sought.all && !touches()? {
            continue;
        }
        let telling = match &telling {
            Some(known) => known,
            None => telling.insert(Telling::of(target, fix)?),
        };
        if let Some(candidate) = candidate(target, fix, number, (&picks, telling, sought))? {
            found.push((number, candidate));
        }
    }
    // Beside one that brings a good part of the fix, one that brings next to nothing and is named by no message is none.
    let a_good_part = found.iter().any(|(_, candidate)| candidate.similarity >= LEAST_SIMILARITY);
    found.retain(|(_, candidate)| !a_good_part || !candidate.is_noise(fix.commits.len()));
    found.sort_by_key(|(_, candidate)| (usize::MAX - candidate.why.len(), 100 - candidate.similarity.min(100)));
    found.truncate(fix.commits.len().clamp(FEWEST_NAMED, MOST_NAMED));
    let mut shown = BTreeSet::new();
    for (number, candidate) in &mut found {
        let mut compared = compare(target, fix, *number)?;
        // What a likelier one did there is the better answer; what is explained already is no question.
        compared.retain(|one| (sought.all || sought.paths.contains(&one.path)) && shown.insert(one.path.clone()));
        candidate.compared = compared;
    }
    Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
}

impl Candidate {
    /// Whether only its author and date speak for it, and of the fix's so many commits it brings next to nothing of one.
    fn is_noise(&self, commits: usize) -> bool {
        !self.is_told && self.similarity * commits < LITTLE
    }
}

/// The commit with this number as a candidate, if anything speaks for it.
fn candidate(
    target: &Target<'_>,
    fix: &Fix,
    number: usize,
    (picks, telling, sought): (&Picks<'_>, &Telling, &Sought<'_>),
) -> Result<Option<Candidate>, Failure> {
    let Some(commit) = target.node(number)?.map(|node| node.id) else { return Ok(None) };
    let used = brought(target, number, &telling.all)?;
    let percent = |part: usize, whole: usize| (100 * part).checked_div(whole).unwrap_or(0);
    let similarity = percent(used.values().sum(), telling.all.values().sum());
    let messages = target.messages(number)?;
    let mut why = Vec::new();
    if picks.has(number)? {
        why.push("it has the author and the author's date of the fix".to_owned());
    }
    // Messages and versions tell what it is about, and so do most of the lines of a path.
    let told_by = why.len();
    if messages.iter().any(|message| message.names_any(&fix.commits)) {
        why.push("its message names a commit of the fix".to_owned());
    }
    if why.is_empty() && picks.tells(number)? {
        why.push("its first line is that of the fix, or the fix names it".to_owned());
    }
    if sought.raised_by.contains(&number) {
        why.push("it raises a version further than the fix does".to_owned());
    }
    // One of several commits of a fix brings little of the whole, and much of what it is about.
    let of_path = telling.paths.iter().filter(|(path, _)| sought.paths.contains(path)).find_map(|(path, lines)| {
        let here = lines.iter().map(|(line, stock)| used.get(&line[..]).map_or(0, |used| *used.min(stock))).sum();
        let share = percent(here, lines.values().sum());
        (similarity < LEAST_SIMILARITY && share >= LEAST_OF_PATH).then_some((path, share))
    });
    if similarity < LEAST_SIMILARITY && why.is_empty() && of_path.is_none() {
        return Ok(None);
    }
    let is_told = why.len() > told_by || of_path.is_some();
    why.extend(match of_path {
        Some((path, share)) => Some(format!("it brings {share} % of the fix's lines in {path}")),
        None => (similarity > 0).then(|| format!("it brings {similarity} % of the fix's lines")),
    });
    let summary = messages.first().map(|message| message.summary().to_owned()).unwrap_or_default();
    Ok(Some(Candidate { commit, summary, similarity, why, is_told, compared: vec![] }))
}

/// Telling lines without their indentation, with how often.
pub(super) type Lines = HashMap<Vec<u8>, usize>;

/// The telling lines that a fix adds; of a fix that only deletes: what it deletes.
struct Telling {
    all: Lines,
    /// The same path by path.
    paths: Vec<(RepositoryPath, Lines)>,
}

impl Telling {
    fn of(target: &Target<'_>, fix: &Fix) -> Result<Self, Failure> {
        let sides = fix.changes.iter().map(|change| Ok((change.path().cloned(), changed_lines(target, change)?)));
        let sides = sides.collect::<Result<Vec<_>, Failure>>()?;
        let adds = sides.iter().any(|(_, (added, _))| !added.is_empty());
        let (mut all, mut paths) = (Lines::default(), Vec::new());
        for (path, (added, removed)) in sides {
            let lines = if adds { added } else { removed };
            lines.iter().for_each(|(line, count)| *all.entry(line.clone()).or_default() += count);
            paths.extend(path.map(|path| (path, lines)));
        }
        Ok(Self { all, paths })
    }
}

/// The telling lines that a change adds, and those that it removes.
pub(super) fn changed_lines(target: &Target<'_>, change: &Change) -> Result<(Lines, Lines), Failure> {
    let (mut added, mut removed) = (Lines::default(), Lines::default());
    let read = |side: &Option<Side>| target.content(side.as_ref().map(entry_of));
    let (before, after) = (read(&change.before)?, read(&change.after)?);
    let text = TextChange::new(&before, &after);
    for hunk in &text.hunks {
        for (lines, into) in [(text.added(hunk), &mut added), (text.removed(hunk), &mut removed)] {
            for line in lines.iter().filter(|line| is_telling(line)) {
                *into.entry(line.trim_ascii().to_vec()).or_default() += 1;
            }
        }
    }
    Ok((added, removed))
}

/// Which of these lines a commit changed anywhere, and how often.
fn brought<'l>(target: &Target<'_>, number: usize, wanted: &'l Lines) -> Result<HashMap<&'l [u8], usize>, Failure> {
    let mut used: HashMap<&[u8], usize> = HashMap::default();
    for file in target.differing(number)?.iter().take(100) {
        let (before, after) = (target.content(file.before)?, target.content(file.after)?);
        let change = TextChange::new(&before, &after);
        for hunk in &change.hunks {
            for line in change.added(hunk).iter().chain(change.removed(hunk)) {
                if let Some((line, stock)) = wanted.get_key_value(line.trim_ascii()) {
                    let used = used.entry(line).or_default();
                    *used += usize::from(*used < *stock);
                }
            }
        }
    }
    Ok(used)
}
