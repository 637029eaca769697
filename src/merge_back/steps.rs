//! What one commit of the target's line did beside the paths of the fix: where files and lines went, and what it says.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::domain::block::Block;
use crate::domain::event::Side;
use crate::domain::identity::{ObjectId, RepositoryPath};
use crate::domain::language::Language;
use crate::domain::lines::{TellingLines, Text, is_telling};
use crate::domain::revert;
use crate::failure::Failure;
use crate::git::history::Message;
use crate::git::trees::{Differing, Entry};

use super::fix::entry_of;
use super::loosely::trimmed;
use super::target::Target;

/// The most files that a commit may change for moved code to be looked for in all of them.
pub(super) const MOST_FILES: usize = 300;

/// So many files of the same name are looked at for a moved one that was indented otherwise.
const MOST_NAMESAKES: usize = 10;

/// The most commits of a merged branch that are looked at.
const MOST_INNER: usize = 100;

/// What a file that the target moved is looked for by, beside what stands in it.
#[derive(Clone, Copy, Default)]
pub(super) struct Goals<'a> {
    /// No goals: a file that the fix itself puts there is another one.
    pub(super) not: &'a [RepositoryPath],
    /// Where the fix itself moves the file, and what it makes of it.
    pub(super) own: Option<&'a Side>,
}

impl Target<'_> {
    /// The path to which a commit moved a file that it took away: the one to which the fix moves it too, the same bytes, or most
    /// of the lines.
    pub(super) fn moved_to(
        &self,
        number: usize,
        path: &RepositoryPath,
        entry: Entry,
        goals: Goals<'_>,
    ) -> Result<Option<RepositoryPath>, Failure> {
        if let Some(own) = goals.own
            && self.is_moved_alike(number, entry, own)?
        {
            return Ok(Some(own.path.clone()));
        }
        if !goals.not.is_empty() {
            return self.find_moved(number, path, entry, goals.not);
        }
        // A drift asks for the same file again and again.
        let key = (number, path.clone(), entry);
        if let Some(known) = self.moves.borrow().get(&key) {
            return Ok(known.clone());
        }
        let moved = self.find_moved(number, path, entry, &[])?;
        self.moves.borrow_mut().insert(key, moved.clone());
        Ok(moved)
    }

    /// Whether a commit put a new file where the fix moves this one, with what the fix makes of it, or most of its lines: of files
    /// that are the same what stands in them does not tell which went where.
    fn is_moved_alike(&self, number: usize, entry: Entry, own: &Side) -> Result<bool, Failure> {
        let differing = self.differing(number)?;
        let new = differing.iter().find(|file| file.path == own.path && file.before.is_none());
        let Some(after) = new.and_then(|file| file.after) else { return Ok(false) };
        let are_files = entry.is_file() && after.is_file();
        Ok(after == entry_of(own)
            || are_files && TellingLines::of(&self.blob(entry.id)?).percent_in(&self.blob(after.id)?) >= 50)
    }

    fn find_moved(
        &self,
        number: usize,
        path: &RepositoryPath,
        entry: Entry,
        not: &[RepositoryPath],
    ) -> Result<Option<RepositoryPath>, Failure> {
        let differing = self.differing(number)?;
        let may_be_copy = is_copy(path);
        let is_goal = |file: &&Differing| {
            file.before.is_none() && !not.contains(&file.path) && (may_be_copy || !is_copy(&file.path))
        };
        let new = differing.iter().filter(is_goal);
        let added: Vec<(&Differing, Entry)> = new.filter_map(|file| file.after.map(|after| (file, after))).collect();
        let same = added.iter().filter(|(_, after)| after.id == entry.id);
        if let Some((file, _)) = same.min_by_key(|(file, _)| name_distance(path, file)) {
            return Ok(Some(file.path.clone()));
        }
        if !entry.is_file() {
            return Ok(None);
        }
        let few = added.len() <= 40;
        let old = self.blob(entry.id)?;
        let lines = TellingLines::of(&old);
        let mut best: Option<((usize, Reverse<usize>), RepositoryPath)> = None;
        let may_be = |file: &Differing, after: &Entry| after.is_file() && (few || is_namesake(path, file));
        for (file, after) in added.iter().filter(|(file, after)| may_be(file, after)) {
            let alike = lines.percent_in(&self.blob(after.id)?);
            let alike = (alike, Reverse(name_distance(path, file)));
            if alike.0 >= 50 && best.as_ref().is_none_or(|(most, _)| alike > *most) {
                best = Some((alike, file.path.clone()));
            }
        }
        // Whoever moves a file may indent it otherwise too.
        let namesakes = added.iter().filter(|(file, after)| after.is_file() && is_namesake(path, file));
        for (file, after) in namesakes.filter(|_| best.is_none()).take(MOST_NAMESAKES) {
            let (old, new) = (trimmed(&Text::new(&old)), trimmed(&Text::new(&self.blob(after.id)?)));
            if TellingLines::of(&old).percent_in(&new) >= 80 {
                return Ok(Some(file.path.clone()));
            }
        }
        Ok(best.map(|(_, path)| path))
    }

    /// The other files than this one in which a commit made these lines stand more often than before, as one block: where code
    /// was moved to.
    pub fn elsewhere(
        &self,
        number: usize,
        (lines, block): (&[&[u8]], &Block),
        from: &RepositoryPath,
    ) -> Result<Vec<(RepositoryPath, Entry)>, Failure> {
        let telling = telling(lines);
        let differing = self.differing(number)?;
        let may_hold = self.may_hold(number, &telling, telling.len())?;
        let mut found = Vec::new();
        for (place, file) in differing.iter().take(MOST_FILES).enumerate() {
            if file.path == *from || !may_hold(place) {
                continue;
            }
            let Some(after) = file.after.filter(|entry| entry.is_file()) else { continue };
            let there = block.count(&self.blob(after.id)?);
            let before = file.before.filter(|entry| there > 0 && entry.is_file());
            if there > before.map_or(Ok(0), |entry| self.blob(entry.id).map(|blob| block.count(&blob)))? {
                found.push((file.path.clone(), after));
            }
        }
        Ok(found)
    }

    /// In which other file a commit put these lines (of ten or more one in ten may lack), whatever their indentation: the
    /// path, what stands there, and the numbers of the lines.
    pub fn scattered(
        &self,
        number: usize,
        lines: &[&[u8]],
        from: &RepositoryPath,
    ) -> Result<Option<(RepositoryPath, Entry, Vec<usize>)>, Failure> {
        let wanted = telling(lines);
        if wanted.is_empty() || wanted.len() == 1 && is_short(wanted[0]) {
            return Ok(None);
        }
        let finders: Vec<memchr::memmem::Finder> = wanted.iter().map(memchr::memmem::Finder::new).collect();
        let most = wanted.len() - wanted.len() / 10;
        let differing = self.differing(number)?;
        let mut best: Option<(RepositoryPath, Entry, Vec<usize>)> = None;
        let may_be = |path: &RepositoryPath| path != from && (!is_copy(path) || is_copy(from));
        let may_hold = self.may_hold(number, &wanted, most)?;
        'files: for (place, file) in differing.iter().take(MOST_FILES).enumerate() {
            if !may_hold(place) || !may_be(&file.path) {
                continue;
            }
            let Some(after) = file.after.filter(|entry| entry.is_file()) else { continue };
            let new = self.blob(after.id)?;
            let mut lacks = 0;
            for line in &finders {
                self.check_time()?;
                lacks += usize::from(line.find(&new).is_none());
                if lacks > wanted.len() - most {
                    continue 'files;
                }
            }
            let alignment = self.aligned(file.before, Some(after))?;
            let new = Text::new(&new);
            let added = alignment.hunks.iter().flat_map(|hunk| hunk.new.clone());
            let mut left: HashMap<&[u8], usize> = HashMap::new();
            wanted.iter().for_each(|line| *left.entry(line).or_default() += 1);
            let mut places = Vec::new();
            for line in added {
                if let Some(count) = left.get_mut(new.lines()[line].trim_ascii()).filter(|count| **count > 0) {
                    *count -= 1;
                    places.push(line);
                }
            }
            if places.len() >= most && best.as_ref().is_none_or(|(_, _, most)| places.len() > most.len()) {
                best = Some((file.path.clone(), after, places));
            }
        }
        Ok(best)
    }

    /// Which of the files that a commit changed, by their places, may hold so many of these lines (without indentation).
    fn may_hold(
        &self,
        number: usize,
        lines: &[&[u8]],
        least: usize,
    ) -> Result<impl Fn(usize) -> bool + use<>, Failure> {
        let held = self.holders(number)?.map(|holders| holders.count(lines));
        Ok(move |place| held.as_ref().is_none_or(|held| held.get(&place).is_some_and(|held| *held >= least)))
    }

    /// Whether a commit takes out more than this many telling lines, in all its files together.
    pub fn removes_more_than(&self, number: usize, limit: usize) -> Result<bool, Failure> {
        let mut removed = 0;
        for file in self.differing(number)?.iter() {
            let Some(before) = file.before.filter(|entry| entry.is_file()) else { continue };
            let old = self.blob(before.id)?;
            let old = Text::new(&old);
            let alignment = self.aligned(Some(before), file.after)?;
            let gone = alignment.hunks.iter().flat_map(|hunk| hunk.old.clone());
            removed += gone.filter(|line| is_telling(old.lines()[*line])).count();
            if removed > limit {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The message of a commit of the line, and of those that it merged.
    pub fn messages(&self, number: usize) -> Result<Rc<Vec<Message>>, Failure> {
        if let Some(known) = self.messages.borrow().get(&number) {
            return Ok(Rc::clone(known));
        }
        let Some((id, parents)) = self.node(number)?.map(|node| (node.id, node.parents.clone())) else {
            return Ok(Rc::default());
        };
        let mut messages = vec![self.repository.message(id)?];
        // From the merged tips back to the line; a branch that left it before the part that was walked ends by its count.
        let mut open: Vec<ObjectId> = parents.into_iter().skip(1).collect();
        let mut seen = HashSet::new();
        while let Some(commit) = open.pop().filter(|_| messages.len() <= MOST_INNER) {
            if self.number(commit).is_none() && seen.insert(commit) {
                messages.push(self.repository.message(commit)?);
                open.extend(self.repository.node(commit)?.parents);
            }
        }
        let messages = Rc::new(messages);
        self.messages.borrow_mut().insert(number, Rc::clone(&messages));
        Ok(messages)
    }

    /// Whether a commit says of itself that it takes `landing` (or one of `commits`) back. Such words prove nothing; they only
    /// take a proof away.
    pub fn claims_to_revert(&self, number: usize, landing: usize, commits: &[ObjectId]) -> Result<bool, Failure> {
        let landing = self.id(landing);
        let summary = self.repository.message(landing)?.summary().to_owned();
        let ids: Vec<ObjectId> = std::iter::once(landing).chain(commits.iter().copied()).collect();
        Ok(self.messages(number)?.iter().any(|message| revert::names(&message.text, &ids, &summary)))
    }
}

/// The lines that say something, without their indentation.
fn telling<'a>(lines: &[&'a [u8]]) -> Vec<&'a [u8]> {
    lines.iter().filter(|line| is_telling(line)).map(|line| line.trim_ascii()).collect()
}

/// Whether a line says too little to be known again alone.
pub(super) fn is_short(line: &[u8]) -> bool {
    line.trim_ascii().len() < 16
}

/// Extensions of what people read, beside those of languages for that.
const READ: &[&str] = &["html", "txt"];

/// Extensions of what was put aside and serves nobody.
const PUT_ASIDE: &[&str] = &["bak", "disabled", "off", "old", "orig", "rej", "save"];

/// Whether code in a file is only quoted, for people to read, was put aside, or was built out of the code that stands elsewhere.
pub(super) fn is_copy(path: &RepositoryPath) -> bool {
    let whole = String::from_utf8_lossy(path.as_bytes()).to_ascii_lowercase();
    let (directory, name) = whole.rsplit_once('/').unwrap_or(("", &whole));
    let is_built = directory.split('/').any(|part| ["dist", "node_modules"].contains(&part))
        || [".min.js", ".min.css", ".bundle.js"].iter().any(|end| name.ends_with(end));
    is_built
        || match name.rsplit_once('.') {
            Some((_, extension)) => {
                Language::of(path).is_prose || READ.contains(&extension) || PUT_ASIDE.contains(&extension)
            }
            None => ["news", "changes", "changelog", "history", "readme", "todo"].contains(&name),
        }
}

fn is_namesake(path: &RepositoryPath, file: &Differing) -> bool {
    path.name() == file.path.name()
}

/// Less for a path that shares more of its end with the other.
fn name_distance(path: &RepositoryPath, file: &Differing) -> usize {
    let shared =
        path.as_bytes().iter().rev().zip(file.path.as_bytes().iter().rev()).take_while(|(a, b)| a == b).count();
    usize::MAX - shared
}
