//! Everything that an incident's gates are decided on, gathered: its policy, the people of today, its fix by content.

use std::cell::OnceCell;
use std::rc::Rc;

use super::book::Book;
use super::line_fix;
use super::policies::Policies;
use crate::domain::budget::{self, Account, Price};
use crate::domain::case::{Case, Content};
use crate::domain::closing;
use crate::domain::debts;
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Moment, ObjectId};
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::domain::record::History;
use crate::domain::roles::Roles;
use crate::evidence::people::{self, Today};
use crate::failure::Failure;
use crate::session::Session;

/// Where the papers of incidents are gathered; what several need is read once.
pub struct Desk<'d, 's> {
    session: &'s Session,
    book: &'d Book<'s>,
    policies: Policies<'s>,
    today: OnceCell<Today>,
    account: OnceCell<Account<'d>>,
}

/// The papers of one incident.
pub struct Papers {
    /// Its policy.
    pub policy: Rc<Policy>,
    /// Who is in which role today.
    pub roles: Roles,
    /// What its fixes are; none where none is attached.
    pub content: Option<Content>,
    price: Price,
    now: Moment,
    knows: Box<dyn Fn(ObjectId, ObjectId) -> bool>,
}

impl<'d, 's> Desk<'d, 's> {
    /// An empty desk.
    pub fn new(session: &'s Session, book: &'d Book<'s>) -> Result<Self, Failure> {
        let policies = Policies::new(session.repository()?);
        Ok(Self { session, book, policies, today: OnceCell::new(), account: OnceCell::new() })
    }

    /// The papers of an incident. Exit 4 where its policy, the trusted ref or a blob of its fix can't be read.
    pub fn papers(&mut self, incident: &Incident) -> Result<Papers, Failure> {
        let policy = self.policies.of(incident)?;
        self.papers_under(policy, incident)
    }

    /// The same under another policy than its own.
    pub fn papers_under(&mut self, policy: Rc<Policy>, incident: &Incident) -> Result<Papers, Failure> {
        let repository = self.session.repository()?;
        let fix = if incident.fixes().next().is_some() { line_fix::shipped(repository, incident)? } else { None };
        let changes = fix.map_or_else(Vec::new, |fix| fix.changes);
        let content = (!changes.is_empty()).then(|| people::content(repository, &changes, &policy)).transpose()?;
        let roles = self.today()?.roles(repository, &policy, &changes)?;
        let history: Rc<History> = Rc::clone(&self.book.history);
        let knows = Box::new(move |later, earlier| history.knows(later, earlier));
        let price = budget::price(&policy, self.account.get_or_init(|| self.book.account()), incident, &*knows);
        Ok(Papers { policy, roles, content, price, now: self.session.now(), knows })
    }

    /// What other incidents owe past its time: the incident and the code.
    pub fn overdue(&mut self, but: &IncidentId) -> Result<Vec<(IncidentId, &'static str)>, Failure> {
        let mut overdue = Vec::new();
        for incident in self.book.incidents.values().filter(|incident| incident.id != *but && !incident.is_over()) {
            let papers = self.papers(incident)?;
            let owed = debts::owed(&papers.case(incident), &closing::recorded_proofs(incident));
            let late = owed.into_iter().filter(|owed| owed.overdue);
            overdue.extend(late.map(|owed| (incident.id.clone(), owed.refusal.code.word())));
        }
        Ok(overdue)
    }

    fn today(&self) -> Result<&Today, Failure> {
        if let Some(today) = self.today.get() {
            return Ok(today);
        }
        let read = Today::read(self.session.repository()?, self.book.trusted_ref())?;
        Ok(self.today.get_or_init(|| read))
    }
}

/// `hotfix close`, with who may type it where the person at the keyboard may not.
pub fn close_command(session: &Session, book: &Book<'_>, incident: &Incident) -> String {
    let told = || {
        let papers = Desk::new(session, book)?.papers(incident)?;
        Ok::<_, Failure>(gates::close_command(&papers.case(incident), &session.actor()?))
    };
    // Where it can't be told who may, closing tells why.
    told().unwrap_or_else(|_| format!("hotfix close {}", incident.id))
}

impl Papers {
    /// The incident with its papers.
    pub fn case<'p>(&'p self, incident: &'p Incident) -> Case<'p> {
        Case {
            incident,
            policy: &self.policy,
            roles: &self.roles,
            content: self.content.as_ref(),
            price: &self.price,
            now: self.now,
            knows: &*self.knows,
        }
    }
}
