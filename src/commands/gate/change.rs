//! A release line that moves: whether what would come to it belongs to incidents that let it in.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::bench::Bench;
use super::going_back;
use super::let_through;
use super::question::{Update, lacking};
use super::release;
use super::report::{Answer, Finding, Looked, Standing, Subject};
use crate::commands::audit::look;
use crate::commands::desk::Desk;
use crate::commands::going_back::GoingBack;
use crate::commands::line_fix;
use crate::commands::proof;
use crate::commands::shipped_again::shipped_again;
use crate::domain::case::Case;
use crate::domain::event::FixAttached;
use crate::domain::finding::{self, FindingCode};
use crate::domain::gate::{self, Onto, Stranger};
use crate::domain::gates;
use crate::domain::hunk::TextChange;
use crate::domain::identity::{IncidentId, ObjectId, RepositoryPath};
use crate::domain::incident::{Incident, State};
use crate::domain::merge_back::Verdict;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::rolled_back::rolled_back;
use crate::domain::text::counted;
use crate::evidence::attribution::{Attribution, Belongs};
use crate::evidence::globs::Globs;
use crate::evidence::shipped::{self, LineName, Release};
use crate::failure::Failure;
use crate::git::changes::Content;
use crate::git::repository::Repository;
use crate::merge_back::target::Target;

/// Files larger than this are named without a line.
const READ: usize = 1 << 20;

/// What would come to a line, or to a release.
pub(super) struct Change<'a> {
    /// Its name, to show.
    pub(super) name: &'a str,
    /// Whether it is a release.
    pub(super) is_release: bool,
    /// Where it would stand.
    pub(super) new: ObjectId,
    /// What it would get, oldest first.
    pub(super) commits: Vec<ObjectId>,
    /// Those of it that the normal way of working brought: they need no incident.
    pub(super) planned: HashSet<ObjectId>,
    /// Those of it that a line has already: what an incident let in while it was open stays let in once it is closed.
    pub(super) landed: HashSet<ObjectId>,
}

/// A release line that moves.
pub(super) fn line(bench: &Bench<'_>, update: &Update, line: &LineName) -> Result<Answer, Failure> {
    bench.can_decide()?;
    let answer = || Answer::of_update(update, Subject::Change);
    for id in [update.old, update.new].into_iter().flatten() {
        if !bench.repository.has(id) {
            if update.told_after && Some(id) == update.old {
                // No branch leads there any more, so it can't be fetched.
                return Ok(answer().with([Finding::new(rewound(line))]));
            }
            return Err(lacking(bench.repository, &id.short())?);
        }
    }
    let Some(new) = update.new else { return deleted(bench, update, line).map(|found| answer().with(found)) };
    let rewinds = match update.old {
        Some(old) if !update.proposed => !bench.repository.contains(new, old)?,
        Some(_) | None => false,
    };
    if rewinds {
        return Ok(answer().with([Finding::new(rewound(line))]));
    }
    let stands = update.old.unwrap_or(new);
    if !shipped::was_released(bench.repository, bench.releases()?, line, stands, bench.main()?)? {
        return match update.old {
            Some(_) => Ok(answer().note("it was not released yet: what comes to it is planned")),
            None => release::planned(bench, answer(), &line.short, None, new),
        };
    }
    if update.old.is_none()
        && let Some(refusal) = lacks_its_release(bench, line, new)?
    {
        return Ok(answer().with([Finding::new(refusal)]));
    }
    let mut known: Vec<ObjectId> = update.old.into_iter().collect();
    if update.proposed {
        known.extend(bench.repository.shared_branch(&line.short)?.map(|here| bench.repository.tip(&here)).transpose()?);
    }
    if update.old.is_none() {
        known.extend(bench.line_tips(&update.reference)?);
        known.extend(bench.releases()?.iter().map(|release| release.commit));
    }
    let commits = shipped::beyond(bench.repository, new, &known)?;
    let planned = if line.version.is_none() { planned(bench, new, &known, &commits)? } else { HashSet::new() };
    let stays = update.old.is_some() && commits.is_empty();
    let answer = judge(
        bench,
        answer(),
        &Change { name: &line.short, is_release: false, new, commits, planned, landed: HashSet::new() },
    )?;
    if stays { Ok(answer) } else { not_again(bench, answer, (&line.short, new)) }
}

/// On a branch on which every release is made, what main holds came with a release.
fn planned(
    bench: &Bench<'_>,
    new: ObjectId,
    known: &[ObjectId],
    commits: &[ObjectId],
) -> Result<HashSet<ObjectId>, Failure> {
    let known: Vec<ObjectId> = known.iter().copied().chain(bench.main()?).collect();
    let others: HashSet<ObjectId> = shipped::beyond(bench.repository, new, &known)?.into_iter().collect();
    Ok(commits.iter().copied().filter(|commit| !others.contains(commit)).collect())
}

fn rewound(line: &LineName) -> Refusal {
    let next = vec![
        "git revert COMMIT    # takes a change back, and stays on the record".to_owned(),
        format!("git pull --rebase origin {}    # if somebody else pushed meanwhile", line.short),
    ];
    let message = format!("{} would lose commits that it has", line.short);
    Refusal { code: Code::ReleaseRewritten, message, next }
}

/// The refusal of a line that is made anew without the newest release that was made on it: deleted first and made again, it
/// would be set back. What was rolled back it need not hold.
fn lacks_its_release(bench: &Bench<'_>, line: &LineName, new: ObjectId) -> Result<Option<Refusal>, Failure> {
    let Some(name) = &line.version else { return Ok(None) };
    let back = rolled_back(bench.book()?.incidents.values());
    let stands = |release: &&Release| {
        release.name.component == name.component
            && name.version.is_line_of(&release.name.version)
            && !back.iter().any(|back| back.from.commit == release.commit)
    };
    let newest = bench.releases()?.iter().filter(stands).max_by(|a, b| a.name.version.cmp(&b.name.version));
    let Some(newest) = newest else { return Ok(None) };
    if bench.repository.contains(new, newest.commit)? {
        return Ok(None);
    }
    let message = format!("{} would begin without {}, which was released from it", line.short, newest.tag);
    let next = format!("git push origin {}:refs/heads/{}    # or what stands on it", newest.tag, line.short);
    Ok(Some(Refusal::new(Code::ReleaseRewritten, message, next)))
}

/// A line may go once everything on it is kept elsewhere.
fn deleted(bench: &Bench<'_>, update: &Update, line: &LineName) -> Result<Vec<Finding>, Failure> {
    let Some(old) = update.old else { return Ok(Vec::new()) };
    let mut known: Vec<ObjectId> = bench.main()?.into_iter().chain(bench.line_tips(&update.reference)?).collect();
    known.extend(bench.releases()?.iter().map(|release| release.commit));
    let lost = bench.repository.commits_between(&known, old)?.len();
    let message = format!("{} would be deleted, and {} that only it has", line.short, counted(lost, "commit"));
    let next = format!("git tag vX.Y.Z {}    # keeps them; or bring them to main first", old.short());
    Ok((lost > 0).then(|| Finding::new(Refusal::new(Code::ReleaseRewritten, message, next))).into_iter().collect())
}

/// Whether what would come belongs to incidents that let it in.
pub(super) fn judge(bench: &Bench<'_>, mut answer: Answer, change: &Change<'_>) -> Result<Answer, Failure> {
    if change.commits.is_empty() {
        return Ok(answer.note("it brings nothing new"));
    }
    let book = bench.book()?;
    let (live, over): (Vec<&Incident>, Vec<&Incident>) =
        book.incidents.values().partition(|incident| !incident.is_over());
    let closed: Vec<&Incident> = over.iter().copied().filter(|incident| incident.state == State::Closed).collect();
    let going_back = GoingBack::new(bench.repository, &live, &closed)?;
    let (live, over, closed) = (fixes(&live), fixes(&over), fixes(&closed));
    let contents: Vec<&FixAttached> = live.iter().map(|(_, fix)| *fix).collect();
    let never_goes_back = Globs::new(&bench.policy.merge_back.never_goes_back)?;
    let attribution = Attribution::new(bench.repository, &contents, &never_goes_back);
    let done: Vec<&FixAttached> = closed.iter().map(|(_, fix)| *fix).collect();
    let done = Attribution::new(bench.repository, &done, &never_goes_back);
    let turned = going_back.fixes();
    let undone = Attribution::new(bench.repository, &turned, &never_goes_back);
    let let_in = |commit| Ok(change.landed.contains(&commit) && matches!(done.of(commit)?, Belongs::To(_)));
    let (mut owners, mut going, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for &commit in &change.commits {
        let (is, incidents) = if change.planned.contains(&commit) {
            (Standing::Planned, BTreeSet::new())
        } else {
            match attribution.of(commit)? {
                Belongs::Carried => (Standing::Carried, BTreeSet::new()),
                Belongs::To(places) => (Standing::Fix, places.iter().map(|&at| live[at].0.clone()).collect()),
                Belongs::Nobody { .. } if let_in(commit)? => (Standing::Fix, BTreeSet::new()),
                Belongs::Nobody { own } => {
                    let back = going_back.of(commit, &undone)?;
                    if !back.is_empty() {
                        let subject = bench.repository.commit_line(commit)?.subject;
                        going.push(back.clone());
                        answer.commits.push(Looked { commit, subject, is: Standing::GoesBack, incidents: back });
                        continue;
                    }
                    let of_over: BTreeSet<IncidentId> = by_id(&over, commit);
                    if of_over.is_empty() {
                        findings.push(stranger(bench, change, commit, &own)?);
                    }
                    (if of_over.is_empty() { Standing::Unrecorded } else { Standing::Fix }, of_over)
                }
            }
        };
        owners.extend((!incidents.is_empty()).then(|| incidents.clone()));
        let subject = bench.repository.commit_line(commit)?.subject;
        answer.commits.push(Looked { commit, subject, is, incidents });
    }
    let fixing: BTreeSet<IncidentId> = owners.iter().flatten().cloned().collect();
    let undoing: BTreeSet<IncidentId> = going.iter().flatten().cloned().collect();
    let asked = [
        (&owners, refusals(bench, &fixing, change)?),
        (&going, going_back::refusals(bench, &undoing, (change.name, change.new))?),
    ];
    for (owners, refusals) in asked {
        for id in gate::in_the_way(owners, &refusals) {
            findings.extend(refusals.get(&id).into_iter().flatten().map(|refusal| Finding::of(&id, refusal.clone())));
        }
    }
    answer.incidents = fixing.union(&undoing).cloned().collect();
    let mut never = Vec::new();
    for looked in answer.commits.iter().filter(|looked| looked.is == Standing::Carried) {
        never.push((looked.commit, attribution.never_goes_back(looked.commit)?));
    }
    Ok(let_through(&never).into_iter().fold(answer, Answer::note).with(findings))
}

/// Says where what would come ships again what an incident rolled back. Whoever takes some of that out goes on doing so.
pub(super) fn not_again(
    bench: &Bench<'_>,
    answer: Answer,
    (name, commit): (&str, ObjectId),
) -> Result<Answer, Failure> {
    let deadline = bench.deadline;
    let stop = || deadline.left().is_zero();
    let again = shipped_again(bench.repository, bench.book()?, (name, commit), &stop)?;
    let goes_back = |id: &IncidentId| {
        answer.commits.iter().any(|looked| looked.is == Standing::GoesBack && looked.incidents.contains(id))
    };
    let only_goes_back = |id: &IncidentId| answer.subject == Subject::Change && goes_back(id);
    let again: Vec<Finding> = again
        .into_iter()
        .filter(|(id, _)| !only_goes_back(id))
        .map(|(id, refusal)| Finding::of(&id, refusal))
        .collect();
    Ok(answer.with(again))
}

fn fixes<'i>(incidents: &[&'i Incident]) -> Vec<(&'i IncidentId, &'i FixAttached)> {
    incidents.iter().flat_map(|incident| incident.fixes().map(|fix| (&incident.id, &*fix.what))).collect()
}

fn by_id(fixes: &[(&IncidentId, &FixAttached)], commit: ObjectId) -> BTreeSet<IncidentId> {
    fixes.iter().filter(|(_, fix)| fix.commits.contains(&commit)).map(|(id, _)| (*id).clone()).collect()
}

/// What each incident has against what would come.
fn refusals(
    bench: &Bench<'_>,
    incidents: &BTreeSet<IncidentId>,
    change: &Change<'_>,
) -> Result<BTreeMap<IncidentId, Vec<Refusal>>, Failure> {
    if incidents.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (book, mut desk) = (bench.book()?, bench.desk()?);
    let mut doubts = Vec::new();
    look::authority(bench.repository, book, &mut doubts, &mut Vec::new())?;
    let mut refusals = BTreeMap::new();
    for id in incidents {
        let incident = book.incident(id)?;
        let mut found = of_incident(bench, &mut desk, incident, change)?;
        found.extend(doubts.iter().filter(|doubt| doubt.incident.as_ref() == Some(id)).filter_map(doubtful));
        refusals.insert(id.clone(), found);
    }
    Ok(refusals)
}

fn of_incident(
    bench: &Bench<'_>,
    desk: &mut Desk<'_, '_>,
    incident: &Incident,
    change: &Change<'_>,
) -> Result<Vec<Refusal>, Failure> {
    let papers = desk.papers(incident)?;
    let held = held(bench, incident, &papers.policy, change.new)?;
    let onto = if change.is_release { Onto::Release(change.name) } else { Onto::Line(change.name) };
    under_each(bench, desk, incident, &|case| gate::of_change(case, held, onto))
}

/// What its own policy says, and those that were in force when it started and when it was opened, where they are others: whoever
/// stands at the gate does not choose it.
fn under_each(
    bench: &Bench<'_>,
    desk: &mut Desk<'_, '_>,
    incident: &Incident,
    ask: &dyn Fn(&Case<'_>) -> Vec<Refusal>,
) -> Result<Vec<Refusal>, Failure> {
    let mut refusals = ask(&desk.papers(incident)?.case(incident));
    for policy in bench.other_policies(incident)? {
        let papers = desk.papers_under(policy, incident)?;
        for refusal in ask(&papers.case(incident)) {
            if refusals.iter().all(|known| known.code != refusal.code) {
                refusals.push(refusal);
            }
        }
    }
    Ok(refusals)
}

/// What the fix of an incident lacks before it may be deployed.
pub(super) fn before_deploying(
    bench: &Bench<'_>,
    desk: &mut Desk<'_, '_>,
    incident: &Incident,
) -> Result<Vec<Refusal>, Failure> {
    under_each(bench, desk, incident, &|case| gates::before_deploying(case))
}

/// What a commit holds of the fix of an incident.
pub(super) fn held(
    bench: &Bench<'_>,
    incident: &Incident,
    policy: &crate::domain::policy::Policy,
    commit: ObjectId,
) -> Result<Verdict, Failure> {
    let deadline = bench.deadline;
    let stop = || deadline.left().is_zero();
    let target = Target::new(bench.repository, commit, &stop);
    let held = line_fix::held(&target, incident, bench.releases()?, &proof::options(policy)?)?;
    Ok(held.unwrap_or(Verdict::Missing))
}

/// What an audit found about an incident, where it means that nobody decided a hotfix.
fn doubtful(doubt: &finding::Finding) -> Option<Refusal> {
    let counts = [FindingCode::DecisionNotByPolicy, FindingCode::PolicyNotTrusted, FindingCode::PolicyUnknown];
    let next = "hotfix audit    # lists what is wrong; then open the incident anew: hotfix check INCIDENT";
    counts.contains(&doubt.code).then(|| Refusal::new(Code::RecordDoubtful, doubt.message.clone(), next))
}

fn stranger(
    bench: &Bench<'_>,
    change: &Change<'_>,
    commit: ObjectId,
    own: &[RepositoryPath],
) -> Result<Finding, Failure> {
    let (line, is_release) = (change.name, change.is_release);
    let told = bench.repository.commit_line(commit)?;
    let own_words: Vec<String> = own.iter().map(ToString::to_string).collect();
    let before = match shipped::first_with(bench.repository, bench.releases()?, commit)? {
        Some(brought) => shipped::before(bench.repository, bench.releases()?, commit, &brought.name)?,
        None => None,
    };
    // A line does not get it by that.
    let unshared = if is_release { release::unshared(bench, commit)? } else { None };
    let stranger = Stranger {
        commit: &commit.short(),
        subject: &told.subject,
        author: &told.author.name,
        own: &own_words,
        before: before.map(|release| release.tag.as_str()),
        unshared: unshared.as_deref(),
    };
    let refusal = gate::unrecorded(&stranger, line, &bench.policy.branches.main);
    let (path, at) = place(bench.repository, commit, own)?;
    Ok(Finding { commit: Some(commit), path, line: at, ..Finding::new(refusal) })
}

/// The first place that a commit changes: a path, and the line after the change, from 1.
fn place(
    repository: &Repository,
    commit: ObjectId,
    own: &[RepositoryPath],
) -> Result<(Option<RepositoryPath>, Option<usize>), Failure> {
    let changes = repository.changes_of(commit)?;
    let is_own = |path: &RepositoryPath| own.is_empty() || own.contains(path);
    let Some(change) = changes.iter().find(|change| change.path().is_some_and(is_own)) else {
        return Ok((own.first().cloned(), None));
    };
    let read = |side: &Option<crate::domain::event::Side>| -> Result<Option<Vec<u8>>, Failure> {
        let Some(side) = side.as_ref().filter(|side| side.mode != "160000") else { return Ok(Some(Vec::new())) };
        Ok(match repository.content(side.id, READ)? {
            Content::Bytes(bytes) => Some(bytes),
            Content::TooLarge(_) | Content::Absent => None,
        })
    };
    let (before, after) = (read(&change.before)?, read(&change.after)?);
    let line = before
        .zip(after)
        .and_then(|(before, after)| TextChange::new(&before, &after).hunks.first().map(|hunk| hunk.new.start + 1));
    Ok((change.path().cloned(), line))
}
