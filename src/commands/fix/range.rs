//! Which commits the fix is.

use std::collections::HashSet;

use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::incident::Attempt;
use crate::evidence::release_lines::ReleaseLines;
use crate::failure::{Failure, FailureKind};
use crate::git::repository::Repository;
use crate::merge_back::fix::Fix;
use crate::merge_back::target::Target;

/// The lines that the fix may belong to, and where its branch was made.
pub(super) struct Lines<'a> {
    pub(super) repository: &'a Repository,
    pub(super) lines: &'a ReleaseLines,
    pub(super) started: Option<ObjectId>,
}

/// The fix that `range` names; without one that of the attempt's branch. Exit 2 where it names none.
pub(super) fn find(
    id: &IncidentId,
    range: &[String],
    attempt: Option<&Attempt>,
    lines: &Lines<'_>,
) -> Result<Fix, Failure> {
    let way_out = format!("hotfix fix {id} BASE..TIP    # BASE: the last commit before the fix");
    let fix = match range {
        [] => {
            let Some(branch) = attempt.and_then(|attempt| attempt.branch.as_deref()) else {
                return Err(Failure::usage(format!(
                    "no hotfix branch was made for {id}, so its commits must be named"
                ))
                .hint(way_out));
            };
            let tip = lines.repository.commit(&format!("refs/heads/{branch}")).map_err(|_| {
                Failure::usage(format!("the branch {branch} is not here any more")).hint(way_out.clone())
            })?;
            if lines.started == Some(tip) {
                return Err(Failure::usage(format!("{branch} has no commit yet"))
                    .hint(format!("git commit -a    # on {branch}: the change; then again: hotfix fix {id}")));
            }
            lines.since_start(tip)
        }
        [only] if !only.contains("..") && lines.is_branch(only) => lines.since_fork(lines.repository.commit(only)?),
        several => lines.each(several),
    };
    // What the shared search hints at is another command of ours.
    let fix =
        fix.map_err(|failure| if failure.kind == FailureKind::Usage { failure.hint(way_out) } else { failure })?;
    lines.refuse_foreign_merges(id, &fix)?;
    Ok(fix)
}

impl Lines<'_> {
    /// The names of the lines that a fix lies on or forks from.
    pub(super) fn of(&self, fix: &Fix) -> Result<Vec<String>, Failure> {
        // A root commit stands on nothing: then it must lie on the line itself.
        let Some(base) = fix.base.or(fix.commits.first().copied()) else { return Ok(Vec::new()) };
        let found = self.lines.of_base(self.repository, base, self.started)?;
        Ok(found.into_iter().map(|line| line.name.clone()).collect())
    }

    /// Whether the fix ends on main's own line, where main is no release line: it forks from none then, it *is* main.
    pub(super) fn is_mains_own(&self, fix: &Fix) -> Result<bool, Failure> {
        let (Some(main), Some(tip)) = (&self.lines.main, fix.commits.last().copied()) else { return Ok(false) };
        for line in &self.lines.lines {
            if self.repository.contains(line.tip, tip)? {
                return Ok(false);
            }
        }
        let never = || false;
        let line = Target::new(self.repository, main.tip, &never);
        line.meet(tip)?;
        Ok(line.number(tip).is_some())
    }

    fn is_branch(&self, name: &str) -> bool {
        let is_ref = |prefix: &str| self.repository.commit(&format!("{prefix}{name}")).is_ok();
        is_ref("refs/heads/") || is_ref("refs/remotes/")
    }

    /// Everything on a branch since `hotfix start` made it; where that is not on record, since its fork.
    fn since_start(&self, tip: ObjectId) -> Result<Fix, Failure> {
        match self.started {
            Some(base) if self.repository.contains_known(tip, base)? => {
                self.with_line(tip, |line| Fix::of_range(line, base, tip))
            }
            _ => self.since_fork(tip),
        }
    }

    fn since_fork(&self, tip: ObjectId) -> Result<Fix, Failure> {
        self.with_line(tip, |line| Fix::of_branch(line, tip))
    }

    /// Ranges and single commits, one after the other.
    fn each(&self, parts: &[String]) -> Result<Fix, Failure> {
        let mut whole: Option<Fix> = None;
        let mut singles: Vec<ObjectId> = Vec::new();
        for part in parts {
            if part.contains("...") {
                return Err(Failure::usage(format!("{part:?}: a range has two dots")));
            }
            let (base, tip) = match part.split_once("..") {
                Some((base, tip)) => {
                    let named =
                        |revision: &str| self.repository.commit(if revision.is_empty() { "HEAD" } else { revision });
                    (Some(named(base)?), named(tip)?)
                }
                None => {
                    let tip = self.repository.commit(part)?;
                    let parents = self.repository.node(tip)?.parents;
                    // A merge is what it brought in, with all who wrote that.
                    (parents.first().copied().filter(|_| parents.len() > 1), tip)
                }
            };
            match base {
                None => singles.push(tip),
                Some(base) => {
                    self.join_singles(&mut whole, &mut singles)?;
                    let fix = self.with_line(tip, |line| Fix::of_range(line, base, tip))?;
                    join(&mut whole, fix);
                }
            }
        }
        self.join_singles(&mut whole, &mut singles)?;
        whole.ok_or_else(|| Failure::usage("no commit was named"))
    }

    /// A row of single commits is one change where each stands on the one before.
    fn join_singles(&self, whole: &mut Option<Fix>, singles: &mut Vec<ObjectId>) -> Result<(), Failure> {
        if !singles.is_empty() {
            join(whole, Fix::of_commits(self.repository, &std::mem::take(singles))?);
        }
        Ok(())
    }

    fn with_line(&self, tip: ObjectId, find: impl Fn(&Target<'_>) -> Result<Fix, Failure>) -> Result<Fix, Failure> {
        let Some(line) = self.lines.nearest(self.repository, tip)? else {
            return Err(Failure::usage(format!("{} shares no history with any release line", tip.short())));
        };
        let never = || false;
        find(&Target::new(self.repository, line.tip, &never))
    }

    /// A merge that brought in history from outside (main, say) would make all of that part of the fix. Exit 2.
    fn refuse_foreign_merges(&self, id: &IncidentId, fix: &Fix) -> Result<(), Failure> {
        let Some(base) = fix.base else { return Ok(()) };
        let inside: HashSet<ObjectId> = fix.commits.iter().copied().collect();
        let never = || false;
        let main = self.lines.main.as_ref().map(|main| Target::new(self.repository, main.tip, &never));
        for &commit in &fix.commits {
            for &parent in
                self.repository.node(commit)?.parents.iter().skip(1).filter(|parent| inside.contains(*parent))
            {
                let from_main = match &main {
                    Some(main) => {
                        main.meet(base)?;
                        main.number(parent).is_some()
                    }
                    None => false,
                };
                if from_main || !self.repository.contains(parent, base)? {
                    let message =
                        format!("the merge {} brings in commits that are not part of the fix", commit.short());
                    return Err(Failure::usage(message)
                        .hint(format!("hotfix fix {id} COMMIT COMMIT    # name the fix's own commits, oldest first")));
                }
            }
        }
        Ok(())
    }
}

fn join(whole: &mut Option<Fix>, fix: Fix) {
    match whole {
        None => *whole = Some(fix),
        Some(whole) => whole.join(fix),
    }
}
