//! What to type so that a fix comes to a target. Each command works as it is printed, in this clone as it stands.

use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::merge_back::Verdict;
use crate::domain::revert;
use crate::failure::Failure;
use crate::git::branches::Branch;
use crate::git::repository::Repository;

use super::bench::Bench;
use super::fix::Fix;
use super::report::Report;
use super::search::{Options, search};
use super::target::Target;

/// The target of a recipe.
pub struct Onto<'a> {
    /// Its name for a sentence.
    pub name: &'a str,
    /// The branch; none where a mere commit was named, which nobody can work on.
    pub branch: Option<&'a Branch>,
    /// How the target was searched: the local branch is searched alike.
    pub options: &'a Options,
}

/// The local branch that a target's commits are made on.
pub(super) struct Workplace<'a> {
    short: &'a str,
    /// The remote that the target belongs to; none for a local branch.
    remote: Option<&'a str>,
    /// Whether `git switch` finds the branch by its short name alone.
    is_plain: bool,
    /// The local branch's commit, where there is one beside the target.
    local: Option<ObjectId>,
    /// Whether the local branch holds what everybody has.
    holds_theirs: bool,
    /// Whether everybody has what the local branch holds.
    is_held: bool,
}

impl<'a> Workplace<'a> {
    /// None for a mere commit.
    pub(super) fn of(target: &Target<'_>, onto: &Onto<'a>) -> Result<Option<Self>, Failure> {
        let Some(branch @ Branch { full, short }) = onto.branch else { return Ok(None) };
        let repository = target.repository;
        let remote = full.strip_prefix("refs/remotes/").and_then(|name| name.strip_suffix(short.as_str()));
        let remote = remote.map(|name| name.trim_end_matches('/'));
        let theirs = if remote.is_some() { repository.tip(branch)? } else { target.commit };
        let local = if remote.is_some() { repository.commit_at_ref(&format!("refs/heads/{short}"))? } else { None };
        let contains = |commit, ancestor| local.map_or(Ok(true), |_| repository.contains(commit, ancestor));
        let tip = local.unwrap_or(theirs);
        Ok(Some(Self {
            short,
            remote,
            is_plain: remote.is_none() || local.is_some() || repository.remotes()?.len() == 1,
            local,
            holds_theirs: contains(tip, theirs)?,
            is_held: contains(theirs, tip)?,
        }))
    }

    /// The local branch's commit, where it holds the whole fix and nobody else has it.
    pub(super) fn unpushed(&self, target: &Target<'_>, fix: &Fix, options: &Options) -> Option<ObjectId> {
        let local = self.local.filter(|_| !self.is_held)?;
        let options = Options { without_candidates: true, without_hunks: true, ..options.clone() };
        // What can't be told of somebody's own branch says nothing about the target.
        let held = search(&target.at(local), fix, &options).is_ok_and(|report| report.verdict == Verdict::Merged);
        held.then_some(local)
    }

    /// The commands that bring the local branch to where the target is.
    fn switched(&self) -> Vec<String> {
        let Some(remote) = self.remote else { return vec![format!("git switch {}", self.short)] };
        let (short, theirs) = (self.short, format!("{remote}/{}", self.short));
        let switch = if self.is_plain { format!("git switch {short}") } else { format!("git switch --track {theirs}") };
        let catch_up = match (self.is_held, self.holds_theirs) {
            (_, true) => None,
            (true, false) => Some(format!("git merge --ff-only {theirs}")),
            (false, false) => Some(format!("git rebase {theirs}")),
        };
        [switch].into_iter().chain(catch_up).collect()
    }

    fn push(&self) -> Option<String> {
        Some(format!("git push {} {}    # or by a pull request", self.remote?, self.short))
    }

    /// Everything around the commands that make the commits.
    pub(super) fn around(&self, commands: impl IntoIterator<Item = String>) -> Vec<String> {
        self.switched().into_iter().chain(commands).chain(self.push()).collect()
    }

    /// What shares the local branch as it is.
    pub(super) fn share(&self) -> Vec<String> {
        if self.holds_theirs { self.push().into_iter().collect() } else { self.around([]) }
    }
}

/// A commit to pick.
pub(super) struct Pick {
    pub(super) commit: ObjectId,
    pub(super) is_merge: bool,
}

/// The picks as commands: git takes merges and other commits apart. Where one of them is known to stop, how to go on; where
/// nobody knows whether the fix is there already, that.
pub(super) fn picks(picks: &[Pick], stops_at: Option<ObjectId>, doubted: bool) -> Vec<String> {
    let mut commands = Vec::new();
    for group in picks.chunk_by(|one, other| one.is_merge == other.is_merge) {
        let mainline = if group.iter().any(|pick| pick.is_merge) { "-m 1 " } else { "" };
        let commits: Vec<String> = group.iter().map(|pick| pick.commit.short()).collect();
        let only_if = if doubted { "    # only if it is not there" } else { "" };
        commands.push(format!("git cherry-pick {mainline}-x {}{only_if}", commits.join(" ")));
        if group.iter().any(|pick| Some(pick.commit) == stops_at) {
            commands.push("git cherry-pick --continue    # once the conflicts are resolved and added".to_owned());
        }
    }
    commands
}

/// What shows what commits did to a path, wherever in the work tree it is typed.
pub(super) fn show(commits: &[ObjectId], path: &RepositoryPath) -> String {
    let commits: Vec<String> = commits.iter().map(ObjectId::short).collect();
    let path = format!(":/{path}");
    // What a shell would take apart, or a path that starts like something else, is put between quotes.
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+@:%,=".contains(character);
    let path = if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) };
    format!("git show {} -- {path}", commits.join(" "))
}

/// What brings the commits of a fix into a clone that lacks them, though every branch of the remote was fetched: a tag may
/// hold them.
pub(super) fn fetch(repository: &Repository) -> Result<Option<String>, Failure> {
    let remote = repository.default_remote()?;
    Ok(remote
        .map(|remote| format!("git fetch --tags {remote}    # a release may hold the fix, which this clone lacks")))
}

/// The commits that took the fix back, the newest first, where each says that it does and is taken back cleanly itself; empty
/// where a pick is the way. A commit that did more than that is nobody's to revert by a recipe.
pub(super) fn reverts(
    target: &Target<'_>,
    fix: &Fix,
    report: &Report,
    bench: &mut Bench<'_>,
) -> Result<Vec<ObjectId>, Failure> {
    let repository = target.repository;
    if report.verdict != Verdict::Reverted {
        return Ok(Vec::new());
    }
    let touched = |path: &RepositoryPath| fix.changes.iter().any(|change| change.path() == Some(path));
    let ids: Vec<ObjectId> =
        fix.commits.iter().copied().chain(report.landings.iter().map(|landing| landing.commit)).collect();
    let mut commits: Vec<ObjectId> = report.undone_by.iter().map(|by| by.commit).collect();
    commits.sort_by_key(|commit| target.number(*commit));
    for commit in &commits {
        let node = repository.node(*commit)?;
        let [parent] = node.parents[..] else { return Ok(Vec::new()) };
        let message = repository.message(*commit)?;
        let says_so = report.landings.iter().any(|landing| revert::names(&message.text, &ids, &landing.summary));
        let changes = super::fix::pair_renames(
            repository,
            repository.differing(Some(node.tree), Some(repository.node(parent)?.tree))?,
        )?;
        let only_that = changes.iter().filter_map(|change| change.path()).all(touched);
        if !says_so || !only_that || !bench.pick(&changes)?.is_empty() {
            return Ok(Vec::new());
        }
    }
    Ok(commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_shell_would_take_apart_is_quoted() {
        let commit: ObjectId = "0123456789012345678901234567890123456789".parse().unwrap();
        let shown = |path: &str| show(&[commit], &RepositoryPath::new(path));
        assert_eq!(shown("src/a-b.rs"), "git show 0123456789 -- :/src/a-b.rs");
        assert_eq!(shown("the shop's.rs"), "git show 0123456789 -- ':/the shop'\\''s.rs'");
        assert_eq!(shown("$(rm).rs"), "git show 0123456789 -- ':/$(rm).rs'");
    }
}
