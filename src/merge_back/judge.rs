//! The fate of every hunk of one changed path.

use std::ops::Range;
use std::rc::Rc;

use crate::domain::event::{Change, Side};
use crate::domain::fate::Fate;
use crate::domain::hunk::{TextChange, View};
use crate::domain::identity::RepositoryPath;
use crate::domain::language::Language;
use crate::domain::lines::{Hunk, is_binary};
use crate::failure::Failure;
use crate::git::trees::Entry;

use super::fix::{Fix, entry_of};
use super::picks::Picks;
use super::target::{Target, Version};
use super::text::TextJudge;

/// What a part of a fix changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Lines of a text.
    Lines {
        /// Lines of the text before, from 0.
        old: Range<usize>,
        /// Lines of the text after, from 0.
        new: Range<usize>,
    },
    /// The file as a whole: bytes that are no text, a symbolic link, a submodule, an empty file.
    Whole,
    /// The file mode.
    Mode,
    /// The file went away.
    Deletion,
    /// The file got another path.
    Rename,
    /// All of the above that the change of one path has: it was judged by identity, without a look inside.
    All,
}

/// How a landed hunk's last line went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Other text stands in its place.
    Rewritten,
    /// It was removed with the code around it.
    Removed,
}

/// One part of a fix with its fate; commits are numbers on the target's first-parent line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The path after the fix (before it, for a deletion).
    pub path: RepositoryPath,
    /// What it changes.
    pub part: Part,
    /// What became of it.
    pub fate: Fate,
    /// Which commit brought it.
    pub landed_by: Option<usize>,
    /// Which commit took it out.
    pub undone_by: Option<usize>,
    /// Which commits replaced or dropped some of its lines since.
    pub evolved_by: Vec<usize>,
    /// Where its lines went, if the target moved them to another path.
    pub moved_to: Option<RepositoryPath>,
    /// How the last of its lines went, where none stands any more and yet it is not undone.
    pub gone: Option<Gone>,
    /// Whether so much of its lines was replaced or dropped since that the rest may do nothing of what it did.
    pub worn: bool,
    /// The commits that took all its lines from their place, be it that they stand elsewhere now.
    pub uprooted_by: Vec<usize>,
    /// The commits that dropped lines of it, and put none in their place.
    pub dropped_by: Vec<usize>,
    /// The commit that raised a version further than it does, where nothing proves that it came.
    pub raised_by: Option<usize>,
    /// Whether it only adds what does nothing by itself, comments and imports, or rewords a comment.
    pub quiet: bool,
    /// Whether it only takes lines out of a file that went as a whole since.
    pub went_with_file: bool,
    /// Whether all that it changes are comments, in whatever language, or versions.
    pub slight: bool,
    /// How many telling lines it is about, at least 1.
    pub weight: usize,
    /// How many of these stand (for a deletion: are still away).
    pub standing: usize,
}

impl Judged {
    pub(super) fn new(path: &RepositoryPath, part: Part, fate: Fate) -> Self {
        Self {
            path: path.clone(),
            part,
            fate,
            landed_by: None,
            undone_by: None,
            evolved_by: vec![],
            moved_to: None,
            gone: None,
            worn: false,
            uprooted_by: vec![],
            dropped_by: vec![],
            raised_by: None,
            quiet: false,
            went_with_file: false,
            slight: false,
            weight: 1,
            standing: 1,
        }
    }

    /// Says that a commit took it out. What that seemed to bring it did not.
    pub fn take_out(&mut self, by: usize) {
        self.landed_by = self.landed_by.filter(|landing| *landing != by);
        self.fate = Fate::Undone;
        self.undone_by = Some(by);
        self.standing = 0;
    }

    /// The parts of a change whose fate needs no look at the target.
    pub fn ignored(change: &Change) -> Option<Self> {
        Some(Self::new(change.path()?, Part::Whole, Fate::Ignored))
    }
}

impl Part {
    /// Whether it is this hunk, and no part of it.
    pub(super) fn is(&self, hunk: &Hunk) -> bool {
        matches!(self, Self::Lines { old, new } if *old == hunk.old && *new == hunk.new)
    }
}

/// Where the two texts of a change stand in the store.
pub(super) type Sides = (Option<Entry>, Option<Entry>);

/// The mode of a file that can be run.
const EXECUTABLE: &str = "100755";

/// Whether the target never touched a changed path, which stands there as it was before the fix.
pub fn is_untouched(change: &Change, versions: &[Version]) -> bool {
    matches!(versions, [only] if only.entry == change.before.as_ref().map(entry_of))
}

/// The parts of a change.
pub fn parts(target: &Target<'_>, change: &Change) -> Result<Vec<Part>, Failure> {
    let Some(after) = &change.after else { return Ok(vec![Part::Deletion]) };
    let mut parts = Vec::new();
    let texts = texts(target, change.before.as_ref(), after)?;
    if let Some((old, new)) = &texts {
        let hunks = TextChange::new(old, new).hunks;
        parts.extend(hunks.into_iter().map(|hunk| Part::Lines { old: hunk.old, new: hunk.new }));
    }
    if parts.is_empty() && is_other_content(change.before.as_ref(), after, texts.is_some()) {
        parts.push(Part::Whole);
    }
    if let Some(before) = &change.before {
        if before.path != after.path {
            parts.push(Part::Rename);
        }
        if texts.is_some() && before.mode != after.mode {
            parts.push(Part::Mode);
        }
    } else if texts.is_some() && after.mode == EXECUTABLE {
        parts.push(Part::Mode);
    }
    Ok(parts)
}

/// Judges one changed path by the versions of it on the target (newest first, renames followed).
pub fn judge(
    target: &Target<'_>,
    change: &Change,
    picks: &Picks<'_>,
    fix: &Fix,
    versions: &[Version],
) -> Result<Vec<Judged>, Failure> {
    let Some(path) = change.path() else { return Ok(vec![]) };
    if is_untouched(change, versions) {
        let never = |part| Judged::new(path, part, Fate::Never);
        return Ok(parts(target, change)?.into_iter().map(never).collect());
    }
    let mut judged = Vec::new();
    match (&change.before, &change.after) {
        (None, None) => {}
        (Some(_), None) => judged.push(whole(path, Part::Deletion, versions, |version| match version.entry {
            None => Whose::After,
            Some(_) => Whose::Before,
        })),
        (before, Some(after)) => {
            let texts = texts(target, before.as_ref(), after)?;
            match &texts {
                Some((old, new)) => {
                    let text = TextChange::new(old, new);
                    let sides = (before.as_ref().map(entry_of), Some(entry_of(after)));
                    if text.hunks.is_empty() && is_other_content(before.as_ref(), after, true) {
                        judged.push(whole_content(path, before.as_ref(), after, versions));
                    } else {
                        let (change, language) = (&text, Language::of(path));
                        let judge = TextJudge { target, change, sides, path, language, picks, fix, versions, moves: 0 };
                        judged.extend(judge.judge()?);
                    }
                }
                None => judged.push(whole_content(path, before.as_ref(), after, versions)),
            }
            if let Some(before) = before
                && before.path != after.path
            {
                judged.push(whole(path, Part::Rename, versions, |version| match version.entry {
                    Some(_) if version.path == after.path => Whose::After,
                    Some(_) if version.path == before.path => Whose::Before,
                    _ => Whose::Other,
                }));
            }
            let mode = |side: &Side| u32::from_str_radix(&side.mode, 8).ok();
            let old_mode = before.as_ref().and_then(mode);
            let is_new_program = before.is_none() && after.mode == EXECUTABLE;
            if texts.is_some() && (is_new_program || old_mode.is_some_and(|old| Some(old) != mode(after))) {
                judged.push(whole(path, Part::Mode, versions, |version| match version.entry.map(|entry| entry.mode) {
                    found if found == mode(after) => Whose::After,
                    found if found == old_mode || before.is_none() => Whose::Before,
                    _ => Whose::Other,
                }));
            }
        }
    }
    Ok(judged)
}

/// The texts of both sides; none where one is no text, or where both are the same bytes.
pub(super) type Texts = Option<(Rc<Vec<u8>>, Rc<Vec<u8>>)>;

pub(super) fn texts(target: &Target<'_>, before: Option<&Side>, after: &Side) -> Result<Texts, Failure> {
    let is_file = |side: &Side| side.mode.starts_with("100");
    if !is_file(after) || before.is_some_and(|before| !is_file(before)) {
        return Ok(None);
    }
    let old = before.map_or_else(|| Ok(Rc::new(Vec::new())), |before| target.blob(before.id))?;
    let new = target.blob(after.id)?;
    Ok((!is_binary(&old) && !is_binary(&new)).then_some((old, new)))
}

impl Target<'_> {
    /// A version beside both sides of a change.
    pub(super) fn view(&self, (before, after): Sides, version: Option<Entry>) -> Result<View, Failure> {
        Ok(View::known(self.aligned(before, version)?, self.aligned(after, version)?))
    }
}

/// Whether both sides of a change differ in what stands in the file; the mode of a text is a part of its own.
fn is_other_content(before: Option<&Side>, after: &Side, is_text: bool) -> bool {
    before.is_none_or(|before| before.id != after.id || !is_text && before.mode != after.mode)
}

fn whole_content(path: &RepositoryPath, before: Option<&Side>, after: &Side, versions: &[Version]) -> Judged {
    let is = |version: &Version, side: &Side| {
        version.entry.is_some_and(|entry| entry.id == side.id && side.mode == format!("{:06o}", entry.mode))
    };
    // Where the same bytes only get another path, that tells the sides apart.
    let moved = before.filter(|before| before.id == after.id && before.mode == after.mode && before.path != after.path);
    whole(path, Part::Whole, versions, |version| {
        if is(version, after) {
            if moved.is_some_and(|before| before.path == version.path) { Whose::Before } else { Whose::After }
        } else if before.map_or(version.entry.is_none(), |before| is(version, before)) {
            Whose::Before
        } else {
            Whose::Other
        }
    })
}

/// On which side of a change a version stands, where the change is judged as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Before,
    After,
    Other,
}

/// Judges what is compared as a whole, by identity: the newest version that took it up is the landing.
fn whole(path: &RepositoryPath, part: Part, versions: &[Version], side: impl Fn(&Version) -> Whose) -> Judged {
    let sides: Vec<Whose> = versions.iter().map(side).collect();
    let mut judged = Judged::new(path, part, Fate::Unknown);
    let landing = sides.windows(2).position(|pair| pair[0] == Whose::After && pair[1] != Whose::After);
    judged.landed_by = landing.map(|index| versions[index].at);
    match (sides.first(), landing) {
        (Some(Whose::After), _) => judged.fate = Fate::InEffect,
        (Some(now), Some(landing)) => {
            // From newest to oldest: the first step after the landing that left it.
            let back = (0..landing).rev().find(|index| sides[*index] == Whose::Before);
            let gone = versions[0].entry.is_none();
            if *now == Whose::Before || back.is_some() || gone {
                judged.fate = Fate::Undone;
                judged.undone_by = Some(versions[back.unwrap_or(0)].at);
            } else if judged.part == Part::Whole {
                // Bytes that are neither side's: nobody can say what is left of the fix in them.
                judged.fate = Fate::Unknown;
            } else {
                judged.fate = Fate::Evolved;
                judged.standing = 0;
                judged.evolved_by = versions[..landing].iter().rev().map(|version| version.at).collect();
            }
        }
        (Some(Whose::Before), None) => judged.fate = Fate::Never,
        _ => {}
    }
    judged
}
