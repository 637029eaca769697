//! Which branches there are, here and on the remotes, and which of them is the default one.

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use super::repository::Repository;
use super::to_id;

/// A branch by its full ref name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// Such as `refs/heads/main` or `refs/remotes/origin/main`.
    pub full: String,
    /// Such as `main`, without the remote's name.
    pub short: String,
}

impl Branch {
    fn new(full: &str, prefix: &str) -> Option<Self> {
        Some(Self { full: full.to_owned(), short: full.strip_prefix(prefix)?.to_owned() })
    }

    /// The name to show: `main` or `origin/main`.
    pub fn shown(&self) -> &str {
        self.full.strip_prefix("refs/heads/").or(self.full.strip_prefix("refs/remotes/")).unwrap_or(&self.full)
    }
}

impl Repository {
    /// The local branches, by name; those whose names are not UTF-8 are left out.
    pub fn local_branches(&self) -> Result<Vec<Branch>, Failure> {
        self.branches_below("refs/heads/")
    }

    /// The branches that were fetched from a remote, by name, without its `HEAD`.
    pub fn fetched_branches(&self, remote: &str) -> Result<Vec<Branch>, Failure> {
        let mut branches = self.branches_below(&format!("refs/remotes/{remote}/"))?;
        branches.retain(|branch| branch.short != "HEAD");
        Ok(branches)
    }

    /// The branch that a remote's `HEAD` names in this clone; none where `git remote set-head` never ran.
    pub fn fetched_head(&self, remote: &str) -> Option<Branch> {
        let prefix = format!("refs/remotes/{remote}/");
        let branch = Branch::new(&self.symbolic(&format!("{prefix}HEAD"))?, &prefix)?;
        // It may dangle: the branch it names was renamed or pruned.
        self.inner.find_reference(&branch.full).is_ok().then_some(branch)
    }

    /// The branch that is checked out, born or not; none where `HEAD` is detached.
    pub fn head_branch(&self) -> Option<Branch> {
        Branch::new(&self.symbolic("HEAD")?, "refs/heads/")
    }

    /// The remote that the team shares: what `checkout.defaultRemote` names, else `origin`, else the only one, else the only one
    /// whose `HEAD` is known (the one that was cloned); none where there is none. What somebody set comes first: in a clone of
    /// their own fork that is called `origin`.
    ///
    /// Exit 4 where several could be it: one of them may be somebody's fork, whose main proves nothing.
    pub fn default_remote(&self) -> Result<Option<String>, Failure> {
        let mut remotes = self.remotes()?;
        let named = self.config("checkout.defaultRemote");
        let known = named.into_iter().chain(["origin".to_owned()]).find(|name| remotes.contains(name));
        if known.is_some() || remotes.len() < 2 {
            return Ok(known.or(remotes.pop()));
        }
        let with_head: Vec<&String> = remotes.iter().filter(|name| self.fetched_head(name).is_some()).collect();
        match with_head.as_slice() {
            [only] => Ok(Some((*only).clone())),
            _ => Err(Failure::undecided(format!(
                "it can't be told which remote the team shares: {}",
                remotes.join(", ")
            ))
            .hint(format!("git config checkout.defaultRemote {}    # or another of them", remotes[0]))),
        }
    }

    /// Whether a fetch, as the shared remote is configured, brings this branch up to date; without a remote there is nothing
    /// to fetch.
    pub fn is_fetched(&self, branch: &Branch) -> Result<bool, Failure> {
        let failed = |error| Failure::because("failed to read the configured remotes", error);
        let Some(remote) = self.default_remote()? else { return Ok(true) };
        let remote = self.inner.find_remote(&remote).map_err(failed)?;
        let source = format!("refs/heads/{}", branch.short);
        Ok(remote.refspecs().any(|spec| {
            let brings = spec.direction() == git2::Direction::Fetch && spec.src_matches(&source);
            brings && spec.transform(&source).is_ok_and(|to| to.as_str().is_ok_and(|to| to == branch.full))
        }))
    }

    /// The branches as everybody has them: those fetched from the shared remote; the local ones in a bare repository and
    /// where there is no remote.
    pub fn shared_branches(&self) -> Result<Vec<Branch>, Failure> {
        match self.default_remote()?.filter(|_| !self.is_bare()) {
            Some(remote) => self.fetched_branches(&remote),
            None => self.local_branches(),
        }
    }

    /// The branch of that short name as everybody has it; none where it was never fetched or does not exist.
    pub fn shared_branch(&self, short: &str) -> Result<Option<Branch>, Failure> {
        // Looked up by its name: a repository may have ten thousand others.
        let prefix = match self.default_remote()?.filter(|_| !self.is_bare()) {
            Some(remote) => format!("refs/remotes/{remote}/"),
            None => "refs/heads/".to_owned(),
        };
        let full = format!("{prefix}{short}");
        let found = git2::Reference::is_valid_name(&full) && self.inner.find_reference(&full).is_ok();
        Ok(Branch::new(&full, &prefix).filter(|_| found && short != "HEAD"))
    }

    /// The commit at the tip of a branch. Exit 4 where it leads to none.
    pub fn tip(&self, branch: &Branch) -> Result<ObjectId, Failure> {
        let reference = self.inner.find_reference(&branch.full).and_then(|reference| reference.peel_to_commit());
        let commit = reference.map_err(|error| self.damaged(format!("failed to read {}", branch.shown()), error))?;
        Ok(to_id(commit.id()))
    }

    /// The commit that a ref leads to by its full name; none where there is no such ref. Exit 4 where it leads to no commit.
    pub fn commit_at_ref(&self, full: &str) -> Result<Option<ObjectId>, Failure> {
        match self.inner.find_reference(full) {
            Err(error) if matches!(error.code(), git2::ErrorCode::NotFound | git2::ErrorCode::InvalidSpec) => Ok(None),
            found => {
                let commit = found.and_then(|reference| reference.peel_to_commit());
                let commit = commit.map_err(|error| self.damaged(format!("failed to read {full}"), error))?;
                Ok(Some(to_id(commit.id())))
            }
        }
    }

    /// Whether any ref is here: before the first commit there is none.
    pub fn has_refs(&self) -> bool {
        self.inner.references().is_ok_and(|mut references| references.names().next().is_some())
    }

    /// Whether the repository has no work tree.
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    fn symbolic(&self, name: &str) -> Option<String> {
        let reference = self.inner.find_reference(name).ok()?;
        reference.symbolic_target().ok().flatten().map(str::to_owned)
    }

    fn branches_below(&self, prefix: &str) -> Result<Vec<Branch>, Failure> {
        let failed = |error| Failure::because("failed to list the branches", error);
        let mut references = self.inner.references_glob(&format!("{prefix}*")).map_err(failed)?;
        // A name that is not UTF-8 is no name that a policy could hold.
        let mut branches: Vec<Branch> =
            references.names().flatten().filter_map(|name| Branch::new(name, prefix)).collect();
        branches.sort();
        Ok(branches)
    }
}
