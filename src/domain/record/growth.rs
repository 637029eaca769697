//! A history that was read before, with what came since.

use super::order::in_causal_order;
use super::{Commit, Content, History, Holds, Place, Unreadable, adoption};
use crate::domain::identity::ObjectId;

impl History {
    /// The same history with more commits, all of which can be reached from `tip`, and whose other parents it holds.
    ///
    /// None where that can't be told from what is known here: then it must be read anew.
    pub fn grown(mut self, tip: ObjectId, mut commits: Vec<Commit>) -> Option<Self> {
        if commits.iter().any(|commit| commit.parents.is_empty() || adoption(commit).is_some()) {
            return None;
        }
        // What stands before the last place that all of them know stays as it is.
        let known = commits.iter().flat_map(|commit| &commit.parents).filter_map(|id| self.place(*id)).min()?;
        let waist = self.waists.iter().rposition(|waist| *waist <= known)?;
        commits.extend(self.cut(waist)?);
        self.tip = Some(tip);
        in_causal_order(commits).into_iter().for_each(|commit| self.push(commit));
        Some(self)
    }

    /// Takes out all that stands after a waist. None where it is not known what was read there.
    fn cut(&mut self, waist: usize) -> Option<Vec<Commit>> {
        let from = self.waists[waist] + 1;
        let taken = |place: &Place| {
            let content = match (place.holds, self.record_at(place).map(|record| &record.event)) {
                (Holds::Join, _) => Content::Join,
                (Holds::Record(_), Some(Ok(event))) => Content::Event(Ok(event.clone())),
                (Holds::Record(_), Some(Err(newer @ Unreadable::Newer { .. }))) => Content::Event(Err(newer.clone())),
                (Holds::Record(_) | Holds::LeftOut, _) => return None,
            };
            let parents = place.parents.iter().map(|&parent| self.order[parent].commit).collect();
            Some(Commit { id: place.commit, parents, content })
        };
        let commits = self.order[from..].iter().map(taken).collect::<Option<Vec<_>>>()?;
        for place in self.order.split_off(from) {
            if let Holds::Record(record) = place.holds {
                self.records.truncate(self.records.len().min(record));
            }
        }
        self.place_of.truncate(from);
        self.record_of.truncate(self.records.len());
        self.waists.truncate(waist + 1);
        self.order[from - 1].has_child = false;
        self.heads = 1;
        Some(commits)
    }
}
