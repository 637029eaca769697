//! Which files of a commit hold which lines, for commits that are asked about again and again: one that takes a vendored
//! library out is asked for each hunk that ever went into it.

use std::hash::BuildHasher;
use std::rc::Rc;

use foldhash::HashMap;
use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::domain::lines::{Text, is_telling};
use crate::failure::Failure;

use super::steps::MOST_FILES;
use super::target::Target;

/// After so many questions the answers are worth to be prepared.
const ASKED_OFTEN: usize = 8;

/// So many commits' lines are kept at once, each a few megabytes at most.
const MOST_KEPT: usize = 8;

/// For each telling line, by its hash without its indentation, the files that hold it: their places among the commit's changes.
#[derive(Default)]
pub(super) struct Holders {
    files: HashMap<u64, SmallVec<[u32; 2]>>,
}

/// How often each commit was asked about, and what is known of those that were asked about often.
#[derive(Default)]
pub(super) struct Asked {
    times: HashMap<usize, usize>,
    known: HashMap<usize, Rc<Holders>>,
}

impl Holders {
    /// How many of these lines (without indentation) each file holds at most: two lines may share a hash.
    pub(super) fn count(&self, lines: &[&[u8]]) -> HashMap<usize, usize> {
        let mut counts = HashMap::default();
        for line in lines {
            for file in self.files.get(&hash(line)).into_iter().flatten() {
                *counts.entry(*file as usize).or_default() += 1;
            }
        }
        counts
    }
}

fn hash(line: &[u8]) -> u64 {
    FixedState::default().hash_one(line)
}

impl Target<'_> {
    /// Which files hold which lines behind the commit with this number; none unless it was asked about often.
    pub(super) fn holders(&self, number: usize) -> Result<Option<Rc<Holders>>, Failure> {
        let mut asked = self.asked.borrow_mut();
        let times = asked.times.entry(number).or_default();
        *times += 1;
        if *times < ASKED_OFTEN {
            return Ok(None);
        }
        if let Some(known) = asked.known.get(&number) {
            return Ok(Some(Rc::clone(known)));
        }
        let mut holders = Holders::default();
        for (place, file) in (0_u32..).zip(self.differing(number)?.iter().take(MOST_FILES)) {
            let Some(after) = file.after.filter(|entry| entry.is_file()) else { continue };
            let blob = self.blob(after.id)?;
            for line in Text::new(&blob).lines().iter().filter(|line| is_telling(line)) {
                let files = holders.files.entry(hash(line.trim_ascii())).or_default();
                if files.last() != Some(&place) {
                    files.push(place);
                }
            }
        }
        if asked.known.len() >= MOST_KEPT {
            asked.known.clear();
        }
        let holders = Rc::new(holders);
        asked.known.insert(number, Rc::clone(&holders));
        Ok(Some(holders))
    }
}
