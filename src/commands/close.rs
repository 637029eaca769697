//! `hotfix close`: one list of everything missing, or the end of the incident.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::beside;
use super::book::Book;
use super::desk::Desk;
use super::outcome::Outcome;
use super::owed;
use super::proof::{self, TargetProof};
use super::published;
use super::verify;
use crate::domain::closing::{self, Proof};
use crate::domain::debts::{self, Owed};
use crate::domain::event::{Closed, Payload};
use crate::domain::gates;
use crate::domain::identity::{IncidentId, Moment};
use crate::domain::incident::{self, Incident};
use crate::domain::policy::Policy;
use crate::domain::record::History;
use crate::domain::refusal::{self, Code, Refusal};
use crate::evidence::policy_in_force::Versions;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

/// Close an incident, or list everything that is still missing, each with the command that mends it
#[derive(clap::Args)]
pub struct Args {
    /// The incident
    incident: IncidentId,
    /// Give up, with exit 4, after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..86_400))]
    deadline: u64,
}

#[derive(Serialize)]
struct CloseReport<'a> {
    incident: &'a IncidentId,
    /// The id of the event that closed it.
    recorded: Option<String>,
    targets: &'a [TargetProof],
    /// Everything missing.
    refusals: Vec<Missing>,
    #[serde(skip)]
    now: Moment,
}

/// Something that stands between an incident and its end.
#[derive(Serialize)]
#[serde(untagged)]
enum Missing {
    /// Somebody owes it.
    Owed(Owed),
    /// It concerns only this closing.
    Now(Refusal),
}

impl Missing {
    fn refusal(&self) -> &Refusal {
        match self {
            Self::Owed(owed) => &owed.refusal,
            Self::Now(refusal) => refusal,
        }
    }
}

/// Closes the incident, or says what is missing.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open(session)?;
    let id = &args.incident;
    book.incident(id)?;
    // What others have recorded counts as much as where their main stands.
    let (book, asked) = book.asked_again(proof::FETCH_LIMIT)?;
    let incident = book.incident(id)?;
    if let Some(mut over) = closing::over(incident) {
        over.next.splice(0..0, asked.err().and_then(|_| book.elsewhere("opened it again")));
        return Outcome::refused(id, [over]).send(session, "close");
    }
    book.all_readable()?;
    let papers = Desk::new(session, &book)?.papers(incident)?;
    let reached = asked.is_ok();
    let stale = asked.map(|warning| warning.iter().for_each(|warning| session.note(warning))).err();
    let (targets, proofs) = ask_git(session, incident, &papers.policy, stale, Duration::from_secs(args.deadline))?;
    let case = papers.case(incident);
    let mut refusals: Vec<Missing> = debts::owed(&case, &proofs).into_iter().map(Missing::Owed).collect();
    refusals.extend(not_the_teams(session, &book, incident)?.map(Missing::Now));
    let limit = Duration::from_secs(args.deadline);
    let beside = beside::refusal(session.repository()?, &book, (incident, &papers.policy), limit)?;
    refusals.extend(beside.filter(|_| !case.opened(Code::ReleaseHoldsMore)).map(Missing::Now));
    if reached {
        refusals.extend(not_its_release(session, incident)?.map(Missing::Now));
    }
    match session.actor() {
        Ok(actor) => refusals.extend(gates::closer(&case, &actor).map(Missing::Now)),
        // What lacks can be listed for anybody; only a closing needs a name.
        Err(unknown) if refusals.is_empty() => return Err(unknown),
        Err(_) => {}
    }
    let mut recorded = None;
    if refusals.is_empty() {
        let verdicts = targets.iter().map(TargetProof::recorded).collect();
        let draft = book.draft(id, Payload::Closed(Closed { targets: verdicts }), BTreeMap::new())?;
        // Asked once more of the very record that the closing will stand on: what was said meanwhile was not looked at.
        let still_open = |history: &History| match incident::replay(history).get(id) {
            Some(now) if now == incident => Ok(()),
            Some(_) | None => Err(changed(id)),
        };
        match book.append_if(draft, still_open)? {
            Ok(closed) => recorded = Some(closed.event.id),
            Err(meanwhile) => refusals.push(Missing::Now(meanwhile)),
        }
    } else if !targets.is_empty() && session.actor().is_ok() {
        // Lists tell what is on record: it must not say otherwise than what was found out just now. The list of what lacks is
        // the answer all the same.
        if let Err(failure) = verify::remember(&book, incident, &targets) {
            session.note(&format!("What git says is not on record: {failure}"));
        }
    }
    let exit = refusal::exit_of(refusals.iter().map(Missing::refusal));
    let now = session.now();
    session.answer("close", exit, &CloseReport { incident: id, recorded, targets: &targets, refusals, now })
}

/// Why the policy that the incident was opened under is not the team's, if it is not.
pub(super) fn not_the_teams(
    session: &Session,
    book: &Book<'_>,
    incident: &Incident,
) -> Result<Option<Refusal>, Failure> {
    let Some(source) = &incident.policy.source else { return Ok(None) };
    let versions = Versions::new(session.repository()?, book.trusted_ref())?;
    if versions.hold(source)? {
        return Ok(None);
    }
    let (name, version) = (&incident.policy.name, incident.policy.version);
    let message = format!("its policy ({name} version {version}) never was on {}", versions.trusted().name);
    let audit = "hotfix audit    # and ask who opened it".to_owned();
    let text =
        format!("git show {}    # the policy: if it is yours, one commit of main that has it is enough", source.blob);
    Ok(Some(Refusal { code: Code::RecordDoubtful, message, next: vec![audit, text] }))
}

/// Why what was said to be deployed is not the fix, by the tag as everybody has it.
fn not_its_release(session: &Session, incident: &Incident) -> Result<Option<Refusal>, Failure> {
    let repository = session.repository()?;
    if incident.deployed.last().is_none_or(|done| done.what.release.is_none()) {
        return Ok(None);
    }
    match published::tags(repository, proof::FETCH_LIMIT)? {
        Ok(tags) => Ok(published::moved(repository, incident, &tags)?.map(|moved| moved.refusal(incident))),
        Err(why) => {
            let message = format!("the tags of the remote could not be read: {why}");
            Ok(Some(Refusal::new(Code::NotVerified, message, format!("hotfix close {}", incident.id))))
        }
    }
}

/// Asks the targets, where there is something to prove. `stale` says why they could not be fetched.
fn ask_git(
    session: &Session,
    incident: &Incident,
    policy: &Policy,
    stale: Option<String>,
    limit: Duration,
) -> Result<(Vec<TargetProof>, Vec<Proof>), Failure> {
    if !policy.close_requires.merge_back || !proof::has_subject(incident) {
        return Ok((Vec::new(), Vec::new()));
    }
    if let Some(why) = stale {
        // An answer about an old main would be an answer about yesterday.
        return Ok((Vec::new(), vec![Proof::NotFresh { target: policy.branches.main.clone(), why }]));
    }
    let targets = proof::prove(session, incident, policy, limit)?;
    let mut proofs: Vec<Proof> = targets.iter().map(TargetProof::proof).collect();
    if proofs.is_empty() {
        // A policy whose targets match no branch proves nothing, and nothing is not a proof.
        proofs.push(Proof::NotAsked);
    }
    Ok((targets, proofs))
}

fn changed(id: &IncidentId) -> Refusal {
    Refusal::new(Code::NotVerified, "the record changed while main was being asked", format!("hotfix close {id}"))
}

impl Report for CloseReport<'_> {
    fn text(&self, page: &mut Page) {
        if self.refusals.is_empty() {
            let closed = page.mark(Tone::Good, "closed");
            page.paragraph(&format!("{}: {closed}", self.incident));
            self.targets.iter().for_each(|target| target.show(page));
        } else {
            let open = page.mark(Tone::Bad, "stays open");
            let count = self.refusals.len();
            let things = if count == 1 { "1 thing is".to_owned() } else { format!("{count} things are") };
            page.paragraph(&format!("{} {open}: {things} missing", self.incident));
            page.blank();
            let shown = |missing: &Missing| match missing {
                Missing::Owed(owed) => owed::in_full(owed, self.now),
                Missing::Now(refusal) => refusal.clone(),
            };
            page.refusals(&self.refusals.iter().map(shown).collect::<Vec<_>>());
        }
    }
}
