//! A release that is to be cut: whether it holds every fix, and nothing that no incident let in.

use std::collections::HashSet;

use super::bench::Bench;
use super::change::{self, Change};
use super::going_back;
use super::question::{Update, lacking};
use super::report::{Answer, Finding, Subject};
use crate::commands::confirming::Confirming;
use crate::commands::deployments;
use crate::commands::policies::Policies;
use crate::commands::proof::{self, TargetProof};
use crate::commands::settled;
use crate::domain::closing::{Proof, Settled};
use crate::domain::event::{self, TargetVerdict};
use crate::domain::gate;
use crate::domain::identity::ObjectId;
use crate::domain::incident::{Done, Incident, State};
use crate::domain::merge_back::Verdict;
use crate::domain::policy::Policy;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::release::ReleaseName;
use crate::evidence::shipped::{self, RefKind, Release};
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;
use crate::merge_back::forecast::forecast;
use crate::merge_back::recipe::Onto;
use crate::merge_back::search::search;
use crate::merge_back::target::Target;

/// For so many days after an incident was closed its fix is looked for as if it were open; later its recorded landing counts,
/// and `hotfix verify --all` is what tells that it was taken out.
const LOOKED_FOR: i64 = 90;

/// A release tag that is made, moved or deleted.
pub(super) fn tag(bench: &Bench<'_>, update: &Update, tag: &str) -> Result<Answer, Failure> {
    let answer = Answer::of_update(update, Subject::Release);
    if update.old.is_some() && update.old != update.new {
        let how = if update.new.is_some() { "moved" } else { "deleted" };
        let message = format!("the release tag {tag} would be {how}, and nobody could tell any more what was released");
        let next = "git tag NEXT-VERSION COMMIT    # a release that was wrong gets a new number";
        return Ok(answer.with([Finding::new(Refusal::new(Code::ReleaseRewritten, message, next))]));
    }
    match update.new {
        Some(new) => judge(bench, answer, tag, ReleaseName::read(tag).as_ref(), new),
        None => Ok(answer),
    }
}

/// A release that is named.
pub(super) fn release(
    bench: &Bench<'_>,
    shown: &str,
    name: Option<&ReleaseName>,
    commit: ObjectId,
) -> Result<Answer, Failure> {
    let answer = Answer::new(Subject::Release, shown).at(commit);
    judge(bench, answer, shown, name, commit)
}

fn judge(
    bench: &Bench<'_>,
    answer: Answer,
    shown: &str,
    name: Option<&ReleaseName>,
    tagged: ObjectId,
) -> Result<Answer, Failure> {
    bench.can_decide()?;
    if !bench.repository.has(tagged) {
        return Err(lacking(bench.repository, &tagged.short())?);
    }
    // An annotated tag is an object of its own.
    let commit = bench.repository.commit(&tagged.to_string())?;
    let (mut answer, mut runs) = (answer, None);
    if let Some(name) = name.filter(|name| name.version.is_pre_release()) {
        let was_deployed = deployments::said(bench.book()?).any(|release| release.tag == shown);
        if name.version.says_pre_release() && !was_deployed {
            return Ok(answer.note("a pre-release runs nowhere"));
        }
        let why =
            if was_deployed { "somebody said that it was deployed" } else { "its name says no rc, beta or the like" };
        answer = answer.note(format!("it is judged as a release: {why}"));
        runs = Some(deployments::once_it_runs(name, bench.releases()?));
    }
    let name = runs.as_ref().or(name);
    let main = bench.needed_main()?;
    // A commit that is a release already, or would continue a line, is judged as that release: one commit, one answer.
    let tagged = bench.releases()?.iter().filter(|release| release.commit == commit);
    let tagged = tagged.min_by_key(|release| release.name.version.is_patch()).map(|release| &release.name);
    let as_release = name.or(tagged);
    let (commits, landed) = brought(bench, (as_release, commit), main)?;
    let answer = if commits.is_empty() {
        answer
    } else {
        change::judge(
            bench,
            answer,
            &Change { name: shown, is_release: true, new: commit, commits, landed, planned: HashSet::new() },
        )?
    };
    if !bench.repository.contains(main, commit)? {
        let note = match as_release {
            Some(name) => {
                continues_its_line(bench, name, commit)?.then(|| "it repairs a release on its own line".to_owned())
            }
            None => next_patch_of(bench, shown, (main, commit))?
                .map(|tag| format!("it repairs {tag} on its own line, as its next patch")),
        };
        if let Some(note) = note {
            return change::not_again(bench, answer.note(note), (shown, commit));
        }
    }
    planned(bench, answer, shown, name, commit)
}

/// What a release brings beside main and the releases that it holds, oldest first, and what of it stands on a line already.
///
/// That somebody pushed it to a line that was released does not let it in; what prepares the first release of a line is planned.
fn brought(
    bench: &Bench<'_>,
    (name, commit): (Option<&ReleaseName>, ObjectId),
    main: ObjectId,
) -> Result<(Vec<ObjectId>, HashSet<ObjectId>), Failure> {
    let repository = bench.repository;
    let is_planned = name.is_some_and(|name| !name.version.is_patch());
    let own: HashSet<ObjectId> = repository.commits_between(&[main], commit)?.into_iter().collect();
    if own.is_empty() {
        return Ok((Vec::new(), HashSet::new()));
    }
    let before = bench.releases()?.iter().map(|release| release.commit);
    let mut known: Vec<ObjectId> = before.filter(|before| *before != commit && own.contains(before)).collect();
    known.push(main);
    let mut tips = known.clone();
    for (line, tip) in bench.lines_after()? {
        // What was released since says nothing about the day of this release.
        let since: HashSet<ObjectId> = repository.commits_between(&[commit], tip)?.into_iter().collect();
        // Where the line of a planned release begins a release of another line may stand.
        let of_this_line =
            |release: &Release| line.version.as_ref().is_none_or(|line| line.version.is_line_of(&release.name.version));
        let is_before = |release: &&Release| {
            release.commit != commit && !since.contains(&release.commit) && (!is_planned || of_this_line(release))
        };
        let releases: Vec<Release> = bench.releases()?.iter().filter(is_before).cloned().collect();
        if !shipped::was_released(repository, &releases, &line, tip, Some(main))? {
            known.push(tip);
        }
        tips.push(tip);
    }
    let commits = shipped::beyond(repository, commit, &known)?;
    let new: HashSet<ObjectId> = repository.commits_between(&tips, commit)?.into_iter().collect();
    let landed = commits.iter().copied().filter(|commit| !new.contains(commit)).collect();
    Ok((commits, landed))
}

/// Whether it is a patch of its line that holds the release before it, with all fixes of that.
fn continues_its_line(bench: &Bench<'_>, name: &ReleaseName, commit: ObjectId) -> Result<bool, Failure> {
    if !name.version.is_patch() {
        return Ok(false);
    }
    let lower = bench.releases()?.iter().filter(|release| {
        release.commit != commit
            && release.name.component == name.component
            && release.name.version.is_on_line_of(&name.version)
            && release.name.version < name.version
    });
    match lower.max_by(|a, b| a.name.version.cmp(&b.name.version)) {
        Some(before) => bench.repository.contains(commit, before.commit),
        None => Ok(false),
    }
}

/// The release that a commit without a tag would be the next patch of: it holds the newest release of that line, and has nothing
/// of main that this has not. None where that can't be told, for a planned release must hold every fix.
fn next_patch_of<'b>(
    bench: &'b Bench<'_>,
    shown: &str,
    (main, commit): (ObjectId, ObjectId),
) -> Result<Option<&'b str>, Failure> {
    let (repository, releases) = (bench.repository, bench.releases()?);
    let Some(fork) = repository.merge_base(main, commit)? else { return Ok(None) };
    let own: HashSet<ObjectId> = repository.commits_between(&[main], commit)?.into_iter().collect();
    let mut held: Vec<&Release> = Vec::new();
    for release in releases.iter().filter(|release| release.commit == fork || own.contains(&release.commit)) {
        if repository.contains(release.commit, fork)? {
            held.push(release);
        }
    }
    let Some(before) = held.iter().copied().max_by(|a, b| a.name.version.cmp(&b.name.version)) else { return Ok(None) };
    let of_one = held.iter().all(|other| other.name.component == before.name.component);
    if !of_one || !before.name.version.has_patches() || is_for_another(bench, shown, commit, before)? {
        return Ok(None);
    }
    let is_newer = |other: &&Release| {
        other.name.component == before.name.component
            && other.name.version.is_on_line_of(&before.name.version)
            && other.name.version > before.name.version
    };
    Ok((!releases.iter().any(|other| is_newer(&other))).then_some(before.tag.as_str()))
}

/// Whether the commit stands on lines that are named after versions, and on none for the patches of `before`.
fn is_for_another(bench: &Bench<'_>, shown: &str, commit: ObjectId, before: &Release) -> Result<bool, Failure> {
    let mut lines = bench.lines_after()?;
    let full = format!("refs/heads/{shown}");
    if let (Some(tip), RefKind::Line(line)) =
        (bench.repository.commit_at_ref(&full)?, shipped::ref_kind(full.as_bytes(), &bench.policy)?)
    {
        lines.push((line, tip));
    }
    let mut for_another = false;
    for (line, tip) in lines {
        let Some(name) = &line.version else { continue };
        if !bench.repository.contains(tip, commit)? {
            continue;
        }
        if name.version.is_line_of(&before.name.version) {
            return Ok(false);
        }
        for_another = true;
    }
    Ok(for_another)
}

/// A planned release, or a line for one: it holds the fix of every incident.
pub(super) fn planned(
    bench: &Bench<'_>,
    mut answer: Answer,
    shown: &str,
    name: Option<&ReleaseName>,
    commit: ObjectId,
) -> Result<Answer, Failure> {
    let mut policies = Policies::new(bench.repository);
    let deadline = bench.deadline;
    let stop = || deadline.left().is_zero();
    let target = Target::new(bench.repository, commit, &stop);
    let mut findings = Vec::new();
    for incident in bench.book()?.incidents.values().filter(|incident| incident.state != State::Void) {
        if is_of_another_component(incident, name) {
            continue;
        }
        let policy = policies.of(incident)?;
        target.check_time()?;
        let mut refusals = not_agreed(bench, incident, &policy, commit)?;
        let proof = held(bench, &target, incident, &policy, shown)?;
        refusals.extend(gate::of_release(incident, &policy, &proof.into_iter().collect::<Vec<_>>()));
        if refusals.is_empty() {
            continue;
        }
        // A new line is made for what comes to it; only a release can be what ran before.
        if answer.subject == Subject::Release && going_back::ran_before(bench, incident, (shown, name), commit)? {
            answer = answer.note(format!("it ran before what {} is about: it only goes back", incident.id));
            continue;
        }
        answer.incidents.insert(incident.id.clone());
        findings.extend(refusals.into_iter().map(|refusal| Finding::of(&incident.id, refusal)));
    }
    Ok(answer.with(findings))
}

/// What a live incident's hotfix lacks that this release would be the first to bring to production. A fix that runs already was
/// asked for it when it went out, and owes it late.
fn not_agreed(
    bench: &Bench<'_>,
    incident: &Incident,
    policy: &Policy,
    commit: ObjectId,
) -> Result<Vec<Refusal>, Failure> {
    let is_hotfix = incident.allows_hotfix() && !incident.is_over() && incident.fixes().next().is_some();
    // A tag that anybody can make is no word that it runs.
    let elsewhere = |release: Option<&event::Release>| release.is_none_or(|release| release.commit != commit);
    if !is_hotfix
        || incident.deployed.iter().any(|done| elsewhere(done.what.release.as_ref()))
        || !may_ship(bench, incident, policy, commit)?
    {
        return Ok(Vec::new());
    }
    change::before_deploying(bench, &mut bench.desk()?, incident)
}

/// Whether a release may hold something of an incident's fix: as far as git can tell, or in other words, as a person confirmed.
fn may_ship(bench: &Bench<'_>, incident: &Incident, policy: &Policy, commit: ObjectId) -> Result<bool, Failure> {
    let held = change::held(bench, incident, policy, commit)?;
    if matches!(held, Verdict::Merged | Verdict::Partial) {
        return Ok(true);
    }
    let Some(fix) = proof::subject(bench.repository, incident)? else { return Ok(false) };
    let settled = settled::on(bench.repository, incident, &policy.branches.main, &fix, commit)?;
    Ok(match settled.map(|settled| settled.how) {
        Some(Settled::Confirmed) => true,
        // What need not be there is not looked for.
        Some(Settled::Waived) => false,
        None => held == Verdict::Unproven,
    })
}

/// Whether both say which of several released components they are about, and it is not the same.
fn is_of_another_component(incident: &Incident, name: Option<&ReleaseName>) -> bool {
    let broke = incident.check().what.production.as_ref().and_then(|production| ReleaseName::read(&production.name));
    broke.zip(name).is_some_and(|(broke, name)| {
        !broke.component.is_empty() && !name.component.is_empty() && broke.component != name.component
    })
}

/// What the release holds of what deals with an incident; none where there is nothing to hold.
fn held(
    bench: &Bench<'_>,
    target: &Target<'_>,
    incident: &Incident,
    policy: &Policy,
    shown: &str,
) -> Result<Option<Proof>, Failure> {
    if !policy.close_requires.merge_back || holds_old_landing(bench, incident, policy, target.commit)? {
        return Ok(None);
    }
    let repository = bench.repository;
    let Some(fix) = proof::subject(repository, incident)? else { return Ok(None) };
    let options = proof::options(policy)?;
    let main = &policy.branches.main;
    let settled = settled::on(repository, incident, main, &fix, target.commit)?;
    let confirmed = settled::confirmed_on(incident, main).filter(|_| settled.is_none());
    let report = search(target, &fix, &options)?.without_taken_out(target, &fix, confirmed, &options)?;
    let branch = repository.shared_branch(main)?;
    let onto = Onto { name: main, branch: branch.as_ref(), options: &options };
    let mut forecast = forecast(target, &fix, &report, &onto)?;
    if let Some(tip) = bench.main()?.filter(|tip| *tip != target.commit)
        && let Some(forecast) = &mut forecast
        && search(&target.at(tip), &fix, &options)?.verdict == Verdict::Merged
    {
        let command = from_main(repository, main, branch.as_ref(), tip)?;
        forecast.commands = vec![format!("{command}    # cut the release from there: it holds the fix")];
        let shown = branch.as_ref().map_or(main.as_str(), Branch::shown);
        forecast.next_release = format!("{shown} holds it, and this is older");
        forecast.look.clear();
    }
    let reference = format!("refs/heads/{main}");
    let (name, short) = (shown.to_owned(), main.clone());
    // Whoever confirms does so on main as it stands.
    let asked = Confirming { incident, fix: &fix, target, reference: &reference, options: &options };
    let is_main = settled.is_none() && bench.main()? == Some(target.commit);
    let confirmable = if is_main { asked.acceptable(&report) } else { None };
    Ok(Some(TargetProof { reference, name, short, report, settled, forecast, confirmable }.proof()))
}

/// The command that stands on main as everybody has it: one's own may be behind, or have gone another way.
fn from_main(repository: &Repository, main: &str, branch: Option<&Branch>, tip: ObjectId) -> Result<String, Failure> {
    let own = repository.commit_at_ref(&format!("refs/heads/{main}"))?;
    let (Some(own), Some(branch)) = (own, branch) else { return Ok(format!("git switch {main}")) };
    Ok(if repository.contains(own, tip)? {
        format!("git switch {main}")
    } else if repository.contains(tip, own)? {
        format!("git switch {main} && git merge --ff-only {}", branch.shown())
    } else {
        format!("git switch --detach {}", branch.shown())
    })
}

/// What shares main with everybody, where only this clone's own holds a commit that a release brings.
pub(super) fn unshared(bench: &Bench<'_>, commit: ObjectId) -> Result<Option<String>, Failure> {
    let main = &bench.policy.branches.main;
    let own = bench.repository.commit_at_ref(&format!("refs/heads/{main}"))?;
    let (Some(own), Some(remote)) = (own, bench.repository.default_remote()?) else { return Ok(None) };
    Ok(bench.repository.contains(own, commit)?.then(|| format!("git push {remote} {main}")))
}

/// Whether an incident was closed long ago, and the release holds the commits by which its fix was proven to have landed.
fn holds_old_landing(
    bench: &Bench<'_>,
    incident: &Incident,
    policy: &Policy,
    commit: ObjectId,
) -> Result<bool, Failure> {
    let long_ago = bench.session.now() - chrono::TimeDelta::days(LOOKED_FOR);
    if incident.closed.as_ref().is_none_or(|closed| closed.at >= long_ago) {
        return Ok(false);
    }
    let on_main =
        |(reference, _): &(&String, &Done<TargetVerdict>)| settled::is_branch(reference, &policy.branches.main);
    let Some((_, proven)) = incident.verified.iter().find(on_main) else { return Ok(false) };
    for landing in &proven.what.landings {
        if !bench.repository.contains_known(commit, *landing)? {
            return Ok(false);
        }
    }
    Ok(proven.what.verdict == Verdict::Merged && !proven.what.landings.is_empty())
}
