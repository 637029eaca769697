//! Which commits of the target carry the fix's own commits, or say that they do.

use std::cell::{OnceCell, RefCell};

use foldhash::HashMap;

use crate::domain::identity::ObjectId;
use crate::failure::Failure;
use crate::git::history::Message;

use super::fix::Fix;
use super::target::Target;

/// Which commits of the target's line carry the fix's own commits, by author and the author's time to the second: what a pick
/// and a rebase keep, and nobody types.
pub struct Picks<'a> {
    target: &'a Target<'a>,
    commits: &'a [ObjectId],
    own: OnceCell<Vec<Message>>,
    known: RefCell<HashMap<usize, bool>>,
    told: RefCell<HashMap<usize, bool>>,
}

impl<'a> Picks<'a> {
    /// Nothing is read yet.
    pub fn new(target: &'a Target<'a>, fix: &'a Fix) -> Self {
        Self {
            target,
            commits: &fix.commits,
            own: OnceCell::new(),
            known: RefCell::default(),
            told: RefCell::default(),
        }
    }

    /// Takes a commit for the landing that it is proven to be of most of the fix.
    pub fn know(&self, number: usize) {
        self.known.borrow_mut().insert(number, true);
    }

    /// Whether the commit with this number, or one that it merged, is a pick of one of the fix's commits.
    pub fn has(&self, number: usize) -> Result<bool, Failure> {
        if let Some(known) = self.known.borrow().get(&number) {
            return Ok(*known);
        }
        let found = self.any(number, |_, _| true)?;
        self.known.borrow_mut().insert(number, found);
        Ok(found)
    }

    /// Whether that commit, or one that it merged, is such a pick and says so too: by the same first line, or by naming the
    /// commit. Two commits of one person may share a second.
    pub fn names(&self, number: usize) -> Result<bool, Failure> {
        let names = |own: &Message, other: &Message| other.summary() == own.summary() || other.names_any(self.commits);
        Ok(self.has(number)? && self.any(number, names)?)
    }

    /// Whether that commit, or one that it merged, says that it is the fix, or the fix says that it is of it: by the same first
    /// line, but for the number that a host puts behind it, or by the other's id. Words prove nothing; they tell where to look.
    pub fn tells(&self, number: usize) -> Result<bool, Failure> {
        if let Some(told) = self.told.borrow().get(&number) {
            return Ok(*told);
        }
        let own = self.own()?;
        let title = |message: &Message| without_number(message.summary()).to_owned();
        let titles: Vec<String> = own.iter().map(title).filter(|title| !title.is_empty()).collect();
        let tells = |message: &Message| {
            titles.contains(&title(message))
                || message.names_any(self.commits)
                || own.iter().any(|own| own.names_any(&[message.id]))
        };
        let told = self.target.messages(number)?.iter().any(tells);
        self.told.borrow_mut().insert(number, told);
        Ok(told)
    }

    /// Whether a message of that commit has the author and date of one of the fix's, and the two are as wanted.
    fn any(&self, number: usize, wanted: impl Fn(&Message, &Message) -> bool) -> Result<bool, Failure> {
        let own = self.own()?;
        let same = |message: &Message| {
            let picked = |own: &&Message| own.author.is(&message.author) && own.author_time == message.author_time;
            own.iter().filter(picked).any(|own| wanted(own, message))
        };
        Ok(self.target.messages(number)?.iter().any(same))
    }

    /// What the fix's commits say, as far as they are here.
    fn own(&self) -> Result<&[Message], Failure> {
        if self.own.get().is_none() {
            let here = self.commits.iter().filter(|commit| self.target.repository.has(**commit));
            let own = here.map(|commit| self.target.repository.message(*commit)).collect::<Result<_, _>>()?;
            return Ok(self.own.get_or_init(|| own));
        }
        Ok(self.own.get().map_or(&[], Vec::as_slice))
    }
}

/// A first line without the number of a pull request behind it: `Count (#7)`.
fn without_number(summary: &str) -> &str {
    let summary = summary.trim();
    let number =
        |end: &str| end.strip_suffix(')').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    match summary.rsplit_once(" (#") {
        Some((title, end)) if number(end) => title,
        _ => summary,
    }
}
