//! The search among release tags: the newest, and the one before a given one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use crate::domain::identity::{IncidentId, ObjectId};
use crate::domain::policy::Branches;
use crate::domain::release::ReleaseName;
use crate::domain::rolled_back::RolledBack;
use crate::domain::text::counted;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::git::tags::{Tag, TagTarget};

use super::globs::Globs;
use super::production::{Author, Between, Component, EarlierHotfix, Found, LastGood, Recorded, Running, Unknown};

/// How many lower releases are tried before history is said to hold no ancestor among them.
const TRIED: usize = 8;
/// Where counting the commits between two releases stops.
const COUNTED: usize = 5_000;
/// How many commits are walked back from a branch or commit in search of a release.
const WALKED: usize = 5_000;
/// How many releases that walk meets before it takes the newest of them.
const MET: usize = 4;
/// How many commits and earlier hotfixes are listed.
const LISTED: usize = 10;

/// A release tag taken apart.
pub(super) struct Candidate {
    pub(super) tag: Tag,
    pub(super) name: ReleaseName,
    /// The incident whose roll back passed it over.
    pub(super) passed_over: Option<IncidentId>,
}

/// The release tags, from the highest version to the lowest; those that lead to no commit count as absent when met.
pub(super) struct Releases<'a> {
    pub(super) repository: &'a Repository,
    pub(super) candidates: Vec<Candidate>,
    tags: usize,
}

impl<'a> Releases<'a> {
    pub(super) fn read(
        repository: &'a Repository,
        branches: &Branches,
        rolled_back: &[RolledBack],
    ) -> Result<Self, Failure> {
        let globs = Globs::new(&branches.release_tags)?;
        let tags = repository.tags()?;
        let count = tags.len();
        let mut candidates: Vec<Candidate> = tags
            .into_iter()
            .filter(|tag| globs.match_any(tag.name.as_bytes()))
            .filter_map(|tag| ReleaseName::read(&tag.name).map(|name| Candidate { tag, name, passed_over: None }))
            .collect();
        // Equal versions (`1.2` and `v1.2.0`) stay in one order whatever order git lists them in.
        candidates.sort_by(|a, b| b.name.version.cmp(&a.name.version).then_with(|| a.tag.name.cmp(&b.tag.name)));
        let mut releases = Self { repository, candidates, tags: count };
        for at in 0..releases.candidates.len() {
            releases.candidates[at].passed_over = releases.passed_over_by(&releases.candidates[at], rolled_back)?;
        }
        Ok(releases)
    }

    pub(super) fn commit(&self, candidate: &Candidate) -> Result<Option<ObjectId>, Failure> {
        match self.repository.tag_target(&candidate.tag)? {
            TagTarget::Commit(commit) => Ok(Some(commit)),
            TagTarget::NoCommit | TagTarget::Absent => Ok(None),
        }
    }

    /// The newest release of each component: full releases before pre-releases, and what was passed over only where there is
    /// nothing else.
    fn newest_of_each(&self) -> Result<BTreeMap<&str, (&Candidate, ObjectId)>, Failure> {
        let mut newest: BTreeMap<&str, (&Candidate, ObjectId)> = BTreeMap::new();
        for (passed_over, pre_release) in [(false, false), (false, true), (true, false), (true, true)] {
            let of_this_kind = |candidate: &&Candidate| {
                candidate.name.version.is_pre_release() == pre_release && candidate.passed_over.is_some() == passed_over
            };
            for candidate in self.candidates.iter().filter(of_this_kind) {
                let component = candidate.name.component.as_str();
                if !newest.contains_key(component)
                    && let Some(commit) = self.commit(candidate)?
                {
                    newest.insert(component, (candidate, commit));
                }
            }
        }
        Ok(newest)
    }

    pub(super) fn newest(&self) -> Result<Result<(&Candidate, ObjectId), Unknown>, Failure> {
        let newest = self.newest_of_each()?;
        let components = || {
            let component = |(name, (candidate, _)): (&&str, &(&Candidate, _))| Component {
                name: (*name).to_owned(),
                newest: candidate.tag.name.clone(),
            };
            newest.iter().map(component).collect::<Vec<_>>()
        };
        let unknown = |reason: String, next: String| Ok(Err(Unknown { reason, components: components(), next }));
        let example = newest.values().next().map_or("REF", |(candidate, _)| &candidate.tag.name);
        let name_it = format!("--production {example}    # a tag, a branch or a commit");
        if self.repository.is_shallow() {
            let reason = "this clone is shallow, so newer release tags may be missing from it".to_owned();
            return unknown(reason, format!("git fetch --unshallow --tags    # or say it: {name_it}"));
        }
        let mut found = newest.values();
        match (found.next(), found.next()) {
            (Some(&only), None) => Ok(Ok(only)),
            (Some(_), Some(_)) => {
                let reason =
                    format!("release tags of {} components fit, and nobody said which one broke", newest.len());
                unknown(reason, name_it)
            }
            (None, _) if self.tags == 0 => {
                unknown("this clone has no tags".to_owned(), format!("git fetch --tags    # or say it: {name_it}"))
            }
            (None, _) => {
                let reason = format!(
                    "of the {} here none fits the policy's release_tags and leads to a commit",
                    counted(self.tags, "tag")
                );
                unknown(reason, name_it)
            }
        }
    }

    pub(super) fn named(&self, named: &str, recorded: &Recorded) -> Result<Running, Failure> {
        let commit = self.repository.commit(named).or_else(|failure| {
            // A branch that was fetched and never checked out, as `git switch` would find it.
            let fetched = self.repository.default_remote()?.map(|remote| format!("refs/remotes/{remote}/{named}"));
            fetched.and_then(|fetched| self.repository.commit(&fetched).ok()).ok_or(failure)
        })?;
        let by_name =
            self.candidates.iter().find(|candidate| candidate.tag.name == named.trim_start_matches("refs/tags/"));
        let release = match by_name {
            Some(candidate) => Some(candidate),
            // A branch or a commit that carries a release tag runs that release.
            None => self.at(commit)?,
        };
        self.running(named, commit, Found::Named, release, recorded)
    }

    /// The one release tagged at a commit; none where tags of several components stand there.
    fn at(&self, commit: ObjectId) -> Result<Option<&Candidate>, Failure> {
        let mut found: Option<&Candidate> = None;
        for candidate in &self.candidates {
            if self.commit(candidate)? == Some(commit) {
                match found {
                    Some(first) if first.name.component != candidate.name.component => return Ok(None),
                    Some(_) => {}
                    None => found = Some(candidate),
                }
            }
        }
        Ok(found)
    }

    pub(super) fn running(
        &self,
        name: &str,
        commit: ObjectId,
        found: Found,
        release: Option<&Candidate>,
        recorded: &Recorded,
    ) -> Result<Running, Failure> {
        let before = match release {
            Some(release) => self.before_release(release, commit)?,
            None => self.before_commit(name, commit)?,
        };
        let below = before.as_ref().ok().map(|&(candidate, ..)| candidate);
        let passed_over = self.passed_over(release, below, found);
        let (last_good, no_last_good) = match before {
            Err(reason) => (None, Some(reason)),
            Ok((candidate, good, is_ancestor)) => {
                let good = LastGood {
                    tag: candidate.tag.name.clone(),
                    commit: self.repository.commit_line(good)?,
                    is_ancestor,
                    is_pre_release: candidate.name.version.is_pre_release(),
                    between: self.between(commit, good, release, recorded)?,
                };
                (Some(good), None)
            }
        };
        let commit = self.repository.commit_line(commit)?;
        Ok(Running { name: name.to_owned(), commit, found, last_good, no_last_good, passed_over })
    }

    /// The release before a release, its commit, and whether the later one contains it.
    fn before_release(
        &self,
        release: &Candidate,
        commit: ObjectId,
    ) -> Result<Result<(&Candidate, ObjectId, bool), String>, Failure> {
        let lower = |candidate: &&Candidate| {
            candidate.name.component == release.name.component
                && candidate.name.version < release.name.version
                && candidate.passed_over.is_none()
        };
        for pre_release in [false, true] {
            let mut elsewhere = None;
            let kind = |candidate: &&Candidate| candidate.name.version.is_pre_release() == pre_release;
            for candidate in self.candidates.iter().filter(lower).filter(kind).take(TRIED) {
                let Some(good) = self.commit(candidate)?.filter(|&good| good != commit) else { continue };
                match self.repository.merge_base(commit, good)? {
                    Some(base) if base == good => return Ok(Ok((candidate, good, true))),
                    Some(_) => elsewhere = elsewhere.or(Some((candidate, good, false))),
                    None => {}
                }
            }
            if let Some(found) = elsewhere {
                return Ok(Ok(found));
            }
        }
        Ok(Err(self.nothing_before(format!("no release tag with a lower version than {}", release.tag.name))))
    }

    /// The newest release that a branch or a commit without a release tag contains.
    fn before_commit(
        &self,
        name: &str,
        commit: ObjectId,
    ) -> Result<Result<(&Candidate, ObjectId, bool), String>, Failure> {
        let mut by_commit: HashMap<ObjectId, &Candidate> = HashMap::new();
        let component = self.component_of_branch(name);
        for candidate in &self.candidates {
            let fits = component.is_none_or(|component| candidate.name.component == component);
            if fits
                && candidate.passed_over.is_none()
                && let Some(tagged) = self.commit(candidate)?
            {
                // The candidates run from the highest version down: the first at a commit is its highest.
                by_commit.entry(tagged).or_insert(candidate);
            }
        }
        let (mut walked, mut met) = (0, Vec::new());
        self.repository.walk_back(commit, None, |id| {
            walked += 1;
            met.extend(by_commit.get(&id).map(|&candidate| (candidate, id)));
            Ok(if walked == WALKED || met.len() == MET { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let components: BTreeSet<&str> = met.iter().map(|(candidate, _)| candidate.name.component.as_str()).collect();
        if components.len() > 1 {
            let names = components.into_iter().collect::<Vec<_>>().join(", ");
            return Ok(Err(format!(
                "{name} holds releases of several components ({names}): name a release tag instead"
            )));
        }
        let best = met
            .into_iter()
            .max_by_key(|(candidate, _)| (!candidate.name.version.is_pre_release(), candidate.name.version.clone()));
        let Some((candidate, good)) = best else {
            return Ok(Err(
                self.nothing_before(format!("no release tag in the last {} of {name}", counted(walked, "commit")))
            ));
        };
        Ok(Ok((candidate, good, true)))
    }

    /// The component that a branch such as `tokio-1.38.x` is named after.
    fn component_of_branch(&self, branch: &str) -> Option<&str> {
        let is_named_after = |component: &&str| {
            branch.match_indices(*component).any(|(at, _)| {
                let before = branch[..at].bytes().next_back().is_none_or(|byte| byte == b'/');
                let after = branch[at + component.len()..].bytes().next().is_none_or(|byte| b"-/_@".contains(&byte));
                before && after
            })
        };
        let components = self.candidates.iter().map(|candidate| candidate.name.component.as_str());
        components.filter(|component| !component.is_empty()).filter(is_named_after).max_by_key(|name| name.len())
    }

    fn nothing_before(&self, reason: String) -> String {
        if self.repository.is_shallow() {
            format!("{reason} (this clone is shallow: git fetch --unshallow --tags)")
        } else {
            reason
        }
    }

    fn between(
        &self,
        production: ObjectId,
        last_good: ObjectId,
        release: Option<&Candidate>,
        recorded: &Recorded,
    ) -> Result<Between, Failure> {
        let mut between = Between::default();
        let mut authors: BTreeMap<String, Author> = BTreeMap::new();
        self.repository.walk_back(production, Some(last_good), |id| {
            if between.commits == COUNTED {
                between.more = true;
                return Ok(ControlFlow::Break(()));
            }
            between.commits += 1;
            let line = self.repository.commit_line(id)?;
            // People are known by their address, whose case does not matter.
            let author = authors.entry(line.author.email.to_ascii_lowercase());
            author.or_insert_with(|| Author { person: line.author.clone(), commits: 0 }).commits += 1;
            let known =
                |incident| between.earlier_hotfixes.iter().any(|hotfix| hotfix.incident.as_ref() == Some(incident));
            if let Some(incident) = recorded.fixes.get(&id).filter(|incident| !known(incident)) {
                let incident = Some(incident.clone());
                between.earlier_hotfixes.push(EarlierHotfix { commit: id, at: line.at, tag: None, incident });
            }
            if between.newest.len() < LISTED {
                between.newest.push(line);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        between.authors = authors.into_values().collect();
        between.authors.sort_by(|a, b| b.commits.cmp(&a.commits).then_with(|| a.person.cmp(&b.person)));
        if let Some(release) = release {
            self.add_patches(&mut between.earlier_hotfixes, self.patches_up_to(release)?)?;
        }
        // Where not all are listed, those that are known to be hotfixes are.
        between.earlier_hotfixes.sort_by_key(|hotfix| (hotfix.incident.is_none(), std::cmp::Reverse(hotfix.at)));
        between.earlier_hotfixes.truncate(LISTED);
        between.earlier_hotfixes.sort_by_key(|hotfix| std::cmp::Reverse(hotfix.at));
        Ok(between)
    }

    /// Adds the patch releases, from the highest down, to the hotfixes that were recorded: the first that holds the fix of an
    /// incident is that hotfix, and several tags on one commit are one.
    fn add_patches(&self, hotfixes: &mut Vec<EarlierHotfix>, patches: Vec<EarlierHotfix>) -> Result<(), Failure> {
        let mut seen = BTreeSet::new();
        for patch in patches.into_iter().rev().filter(|patch| seen.insert(patch.commit)) {
            let mut is_recorded = false;
            for hotfix in hotfixes.iter_mut().filter(|hotfix| hotfix.incident.is_some() && hotfix.tag.is_none()) {
                if self.repository.contains(patch.commit, hotfix.commit)? {
                    hotfix.tag.clone_from(&patch.tag);
                    is_recorded = true;
                }
            }
            if !is_recorded {
                hotfixes.push(patch);
            }
        }
        Ok(())
    }

    /// The patch releases on a release's own line, itself included: every one of them was a hotfix.
    fn patches_up_to(&self, release: &Candidate) -> Result<Vec<EarlierHotfix>, Failure> {
        let version = &release.name.version;
        let is_patch = |candidate: &&Candidate| {
            let other = &candidate.name.version;
            candidate.name.component == release.name.component
                && other.is_patch()
                && other.is_on_line_of(version)
                && other <= version
        };
        let mut patches = Vec::new();
        for candidate in self.candidates.iter().filter(is_patch).take(LISTED) {
            if let Some(commit) = self.commit(candidate)? {
                let at = self.repository.commit_line(commit)?.at;
                patches.push(EarlierHotfix { commit, at, tag: Some(candidate.tag.name.clone()), incident: None });
            }
        }
        Ok(patches)
    }
}
