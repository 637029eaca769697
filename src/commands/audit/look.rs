//! Where an audit looks: each function finds one kind of thing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use crate::commands::book::Book;
use crate::commands::moment::fetched;
use crate::commands::proof::{self, TargetProof};
use crate::commands::published;
use crate::domain::allowed_signers::LineProblem;
use crate::domain::audit;
use crate::domain::closing;
use crate::domain::event::{Checked, Event, Payload, PolicyPin};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::identity::{IncidentId, Moment, ObjectId};
use crate::domain::incident::{Incident, State};
use crate::domain::policy::Policy;
use crate::domain::record::History;
use crate::domain::sentence::short_ref;
use crate::domain::text::counted;
use crate::evidence::anchors;
use crate::evidence::identity::SIGNERS;
use crate::evidence::policy_files;
use crate::evidence::policy_in_force::{InForce, Versions};
use crate::evidence::trusted_ref::trusted_ref;
use crate::failure::Failure;
use crate::git::repository::Repository;
use crate::ledger::text::Text;
use crate::session::Session;

/// How long the remote may take to tell its tags.
const TAGS_READ: Duration = Duration::from_secs(30);

/// How long git may look for one fix.
const ASKED: Duration = Duration::from_secs(120);

/// What was fetched within so long a time needs no word.
const FRESH: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// Lines of the file of allowed signers that grant nothing.
pub(super) fn signers(book: &Book<'_>) -> Vec<Finding> {
    let problem = |problem: &LineProblem| {
        let message = format!("{SIGNERS}:{}: {}", problem.line, problem.why);
        Finding::new(FindingCode::AllowedSigners, message).next("hotfix keys")
    };
    book.ledger.rule().signers.problems.iter().map(problem).collect()
}

/// Ledgers that were joined to this one without a word, or without one that counts.
pub(super) fn roots(history: &History) -> Vec<Finding> {
    let finding = |root: ObjectId, whose: &str| {
        let message = format!("another ledger begins here, and nobody{whose} took it in");
        Finding::new(FindingCode::OtherLedger, message).at(root, None)
    };
    let strange = history.strange_roots().map(|root| finding(root, ""));
    let unheard = history.roots_without_a_word_that_counts().map(|root| finding(root, " whose word counts"));
    strange.chain(unheard).collect()
}

/// Who might do what, under each incident's own policy, and whether that policy was the team's.
pub fn authority(
    repository: &Repository,
    book: &Book<'_>,
    findings: &mut Vec<Finding>,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let mut policies: HashMap<&PolicyPin, Option<Rc<Policy>>> = HashMap::new();
    // The check that opened each incident: later ones keep its policy.
    let mut opened: BTreeMap<&IncidentId, (ObjectId, &Checked, Moment)> = BTreeMap::new();
    for (commit, event) in book.history.events() {
        if let (Payload::Checked(checked), Some(id)) = (&event.payload, &event.incident) {
            opened.entry(id).or_insert((commit, checked, event.at));
            let read = || policy_files::by_pin(repository, &checked.policy).ok().map(Rc::new);
            policies.entry(&checked.policy).or_insert_with(read);
        }
    }
    findings.extend(audit::authority(&book.history, &|pin| policies.get(pin)?.as_deref()));
    let Ok(versions) = Versions::new(repository, book.trusted_ref()) else { return Ok(()) };
    for (id, (commit, checked, at)) in opened {
        let why = untrusted(&versions, (id, checked, at), notes)?;
        let why =
            why.map(|why| format!("its policy ({} version {}) {why}", checked.policy.name, checked.policy.version));
        findings.extend(why.map(|why| Finding::new(FindingCode::PolicyNotTrusted, why).at(commit, Some(id))));
    }
    Ok(())
}

/// Why the policy that an incident was opened under is not the team's; none if it is.
fn untrusted(
    versions: &Versions<'_>,
    (id, checked, at): (&IncidentId, &Checked, Moment),
    notes: &mut Vec<String>,
) -> Result<Option<String>, Failure> {
    let (pin, trusted) = (&checked.policy, versions.trusted());
    if let Some(source) = pin.source.as_ref()
        && !versions.hold(source)?
    {
        return Ok(Some(match versions.stand_on(source)? {
            true => "is not the one of the commit that it names".to_owned(),
            false => format!("is not on {}", trusted.name),
        }));
    }
    let among = |allowed: &[&InForce]| allowed.iter().any(|allowed| allowed.pin.texts() == pin.texts());
    // Whoever had not fetched what was tightened since opened it under the one before. What can't be told accuses nobody.
    let (governing, before) = (versions.governing(checked.started, at), versions.at_opening(checked.started, at));
    let (Ok(governing), Ok(before)) = (governing, before) else { return Ok(None) };
    if among(&[&governing, &before]) {
        return Ok(None);
    }
    let named = format!("{} version {}", governing.pin.name, governing.pin.version);
    let late = match &pin.source {
        Some(source) => versions.came(source)?.is_some_and(|came| came > checked.started.timestamp()),
        None => false,
    };
    Ok(Some(if late {
        format!("came to {} after the incident started, and is looser than {named}", trusted.name)
    } else {
        // A branch that is moved forward brings old dates with it, so this proves nothing.
        notes.push(format!(
            "{id} was opened under {} version {}, and by the dates on {} it should have been {named}: was that merged by then?",
            pin.name, pin.version, trusted.name
        ));
        return Ok(None);
    }))
}

/// An event, with the ledger's commit that holds it.
type AtCommit<'h> = (ObjectId, &'h Event);

/// Incidents whose fix was proven on a commit that the branch does not hold: another repository was asked. One that is not
/// here although something was fetched since is none of this remote's; else that is a note, and so is it where the fix is in
/// effect on the branch as it is: then its history was rewritten, and nothing is lacking.
pub(super) fn closings(session: &Session, book: &Book<'_>, notes: &mut Vec<String>) -> Result<Vec<Finding>, Failure> {
    let repository = session.repository()?;
    let mut by_branch: BTreeMap<&str, BTreeMap<ObjectId, Vec<AtCommit<'_>>>> = BTreeMap::new();
    for (commit, event) in book.history.events() {
        let Payload::Closed(closed) = &event.payload else { continue };
        for asked in &closed.targets {
            by_branch.entry(&asked.target).or_default().entry(asked.commit).or_default().push((commit, event));
        }
    }
    let shown = |id: Option<&IncidentId>| id.map_or_else(String::new, ToString::to_string);
    let (mut findings, last) = (Vec::new(), repository.last_fetch());
    for (branch, asked) in by_branch.into_iter().filter(|_| !repository.is_shallow()) {
        let Ok(Some(tip)) = repository.direct_ref(branch) else {
            let count: usize = asked.values().map(Vec::len).sum();
            notes.push(format!("incidents whose closing rests on {}, which is not here: {count}", short_ref(branch)));
            continue;
        };
        for foreign in repository.not_below(tip, asked.keys().copied().collect())? {
            let is_here = repository.has(foreign) || repository.remotes()?.is_empty();
            for (commit, event) in &asked[&foreign] {
                let id = event.incident.as_ref();
                let what =
                    format!("{} does not hold {}, on which its fix was proven", short_ref(branch), foreign.short());
                if is_here || last.is_some_and(|last| last > event.at) {
                    if is_in_effect(session, book, id) {
                        notes.push(format!("{}: {what}; as it is now, the fix is in effect", shown(id)));
                        continue;
                    }
                    findings.push(
                        Finding::new(FindingCode::ClosedElsewhere, what).at(*commit, id).next("hotfix verify --all"),
                    );
                } else {
                    notes.push(format!("{} was closed since the last fetch: git fetch, then audit again", shown(id)));
                }
            }
        }
    }
    Ok(findings)
}

/// Incidents whose release, as everybody has its tag, is not the one that was recorded and does not hold the fix.
pub(super) fn releases(session: &Session, book: &Book<'_>, notes: &mut Vec<String>) -> Result<Vec<Finding>, Failure> {
    let names_one = |incident: &&Incident| {
        incident.state != State::Void && incident.deployed.last().is_some_and(|done| done.what.release.is_some())
    };
    let named: Vec<&Incident> = book.incidents.values().filter(names_one).collect();
    let repository = session.repository()?;
    let tags = match if named.is_empty() { Ok(BTreeMap::new()) } else { published::tags(repository, TAGS_READ)? } {
        Ok(tags) => tags,
        Err(why) => {
            notes.push(format!("whether what was deployed is what everybody has could not be told ({why})"));
            return Ok(Vec::new());
        }
    };
    let mut findings = Vec::new();
    for incident in named {
        let (Some(by), Some(moved)) = (incident.deployed.last(), published::moved(repository, incident, &tags)?) else {
            continue;
        };
        if !moved.lacks_fix {
            notes.push(format!("{}: {}: git fetch --force --tags, then audit again", incident.id, moved.message));
            continue;
        }
        let next = match incident.state {
            State::Closed => format!("hotfix reopen {} --reason WHY", incident.id),
            State::Open | State::Restored | State::Void => {
                format!("hotfix close {}    # lists the way out", incident.id)
            }
        };
        let finding = Finding::new(FindingCode::ReleaseChanged, moved.message).at(by.by.commit, Some(&incident.id));
        findings.push(finding.next(next));
    }
    Ok(findings)
}

/// Whether git finds what deals with an incident in effect wherever it must be, today. What can't be asked is not.
fn is_in_effect(session: &Session, book: &Book<'_>, id: Option<&IncidentId>) -> bool {
    let Some(incident) = id.and_then(|id| book.incidents.get(id)) else { return false };
    let asked = session.repository().and_then(|repository| {
        let policy = policy_files::by_pin(repository, &incident.policy)?;
        proof::prove(session, incident, &policy, ASKED)
    });
    let holds = |target: &TargetProof| closing::unproven(incident, &target.proof()).is_none();
    asked.is_ok_and(|targets| !targets.is_empty() && targets.iter().all(holds))
}

/// Says how old the branches are that were looked at, where nobody fetched them today.
pub(super) fn age(session: &Session, notes: &mut Vec<String>) -> Result<(), Failure> {
    let (repository, now) = (session.repository()?, session.now());
    let Some(remote) = repository.default_remote()? else { return Ok(()) };
    let last = repository.last_fetch();
    if last.is_none_or(|then| now - then > FRESH) {
        notes.push(format!(
            "the branches of {remote} may have moved: {}; git fetch, then audit again",
            fetched(now, last)
        ));
    }
    Ok(())
}

/// Texts that are not what their event was recorded with; how many are not here is a note.
pub(super) fn texts(book: &Book<'_>, notes: &mut Vec<String>) -> Result<Vec<Finding>, Failure> {
    let redacted: HashSet<(&str, &str)> = book.history.events().flat_map(|(_, event)| redacted(event)).collect();
    let (mut findings, mut missing, mut cut) = (Vec::new(), 0, 0);
    for (commit, event) in book.history.events().filter(|(_, event)| !event.texts.is_empty()) {
        for (name, text) in book.ledger.texts(event)? {
            match text {
                Text::Here(_) => {}
                Text::Missing if redacted.contains(&(&event.id, &name)) => cut += 1,
                Text::Missing => missing += 1,
                Text::Tampered => {
                    let message = format!("the text {name:?} is not the one that was recorded");
                    findings.push(Finding::new(FindingCode::TextTampered, message).at(commit, event.incident.as_ref()));
                }
            }
        }
    }
    let counted = [
        (cut, "texts that were redacted", ""),
        (missing, "texts that are not here, and that nobody redacted", " (hotfix sync fetches what was shared)"),
        (
            book.ledger.unclaimed_texts()?,
            "texts that belong to no event here",
            " (their record was interrupted, or is still on its way)",
        ),
    ];
    let counted = counted.iter().filter(|(count, ..)| *count > 0);
    notes.extend(counted.map(|(count, what, why)| format!("{what}: {count}{why}")));
    Ok(findings)
}

/// The texts that an event cut out, each with the event that it belonged to.
fn redacted(event: &Event) -> Vec<(&str, &str)> {
    match &event.payload {
        Payload::Redacted(cut) => cut.texts.iter().map(|name| (cut.event.as_str(), name.as_str())).collect(),
        _ => Vec::new(),
    }
}

/// The anchors in tags and on main; how many there are.
pub(super) fn anchors(repository: &Repository, book: &Book<'_>, findings: &mut Vec<Finding>) -> Result<usize, Failure> {
    let main = trusted_ref(repository, book.trusted_ref()).ok().map(|trusted| trusted.tip);
    let found = anchors::anchors(repository, main)?;
    let mut known = Vec::new();
    for anchor in &found {
        let broken = match (anchor.tip, anchor.count) {
            (Some(tip), Some(count)) => match book.history.size_at(tip) {
                Some(size) if size == count => {
                    known.extend(book.history.beginning_of(tip));
                    continue;
                }
                Some(size) => {
                    format!("counts {} up to {}, and there are {size}", counted(count, "commit"), tip.short())
                }
                None => format!("names {}, which the ledger does not hold", tip.short()),
            },
            _ => "can't be read".to_owned(),
        };
        let message = format!("the anchor in {} {broken}", anchor.place);
        findings.push(Finding::new(FindingCode::AnchorBroken, message).next("hotfix sync    # then audit again"));
    }
    // A ledger that was taken in may have anchors of its own; one that was put before all others has none.
    if let Some(root) = book.history.root().filter(|root| !known.is_empty() && !known.contains(root)) {
        let message = "no anchor knows the ledger that begins here: it was put before the one that they name";
        findings.push(Finding::new(FindingCode::AnchorBroken, message).at(root, None).next("hotfix log"));
    }
    Ok(found.len())
}
