//! What a walk starts from: the incident, the policy in force, and what git can tell.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use crate::commands::book::{self, Book};
use crate::commands::desk::Desk;
use crate::commands::moment;
use crate::commands::policy::load;
use crate::domain::budget::{self, Account, Earlier, Spent, demanded};
use crate::domain::closing;
use crate::domain::event::{Demanded, PolicyPin};
use crate::domain::identity::{IncidentId, Moment, RepositoryPath};
use crate::domain::incident::State;
use crate::domain::ladder::Answers;
use crate::domain::policy::{Policy, Value};
use crate::domain::rolled_back::rolled_back;
use crate::domain::ruling::{self, Beside};
use crate::domain::scope;
use crate::domain::spelling;
use crate::domain::text::counted;
use crate::evidence::changed::Changed;
use crate::evidence::flags::{self, FlagReport};
use crate::evidence::policy_files;
use crate::evidence::policy_in_force;
use crate::evidence::production::{self, Production, Recorded};
use crate::evidence::roll_back::{self, RollBackReport};
use crate::failure::Failure;
use crate::ledger::store::Presence;
use crate::prompt::{Choice, Kind, Question, Reply};
use crate::session::Session;

use super::Args;
use super::answers::Given;
use super::report::Stopped;

/// How long `check` waits for the remote: production is down.
const FETCH_LIMIT: std::time::Duration = std::time::Duration::from_secs(3);

/// How many open incidents a person is shown.
const LISTED: usize = 5;

/// What a walk starts from.
pub(super) struct Opening<'s> {
    pub(super) id: IncidentId,
    /// The command that was typed.
    pub(super) typed: String,
    pub(super) is_new: bool,
    pub(super) started: Moment,
    pub(super) policy: Policy,
    pub(super) pin: PolicyPin,
    pub(super) dry_run: bool,
    pub(super) production: Production,
    pub(super) roll_back: RollBackReport,
    changed: Changed<'s>,
    flags: OnceCell<FlagReport>,
    /// Points used, debts overdue, gates skipped.
    pub(super) beside: Beside,
    /// What was spent of the policy's budget, if it has one.
    pub(super) spent: Option<Spent>,
    /// The hotfixes before this one.
    pub(super) earlier: Option<Earlier>,
    /// What the person must know beside the answer: how old the clone is, which policy was ignored.
    pub(super) notes: Vec<String>,
}

impl<'s> Opening<'s> {
    /// Loads it; or says why the walk does not begin: the incident is over, or its id was not confirmed.
    ///
    /// `begun` is when production broke, as an unfinished walk of this incident has it; `notes` what [`ask`] said.
    pub(super) fn load(
        args: &Args,
        book: &Book<'_>,
        session: &'s Session,
        begun: Option<Moment>,
        mut notes: Vec<String>,
    ) -> Result<Result<Self, Stopped>, Failure> {
        let (repository, account) = (session.repository()?, book.account());
        let incident = book.incidents.get(&args.incident);
        if let Some(refusal) = incident.and_then(closing::over) {
            return Ok(Err(Stopped::new(&args.incident, refusal)));
        }
        let started = match (incident, args.started) {
            (Some(incident), Some(given)) if given != incident.started => {
                let known = incident.started.to_rfc3339();
                return Err(Failure::usage(format!("{} started at {known}, and that can't be moved", incident.id))
                    .hint("leave --started away"));
            }
            (Some(incident), _) => incident.started,
            (None, given) => moment::past_or_now(given.or(begun), "--started", session.now())?,
        };
        if incident.is_none()
            && begun.is_none()
            && let Some(stopped) = confirm_new(&args.incident, book, session)?
        {
            return Ok(Err(stopped));
        }
        notes.extend(incident.and_then(closing::contested).map(|refusal| format!("Contested: {}.", refusal.message)));
        if book.presence()? == Presence::Unknown {
            notes.push(
                "This clone never fetched the team's ledger: incidents opened elsewhere are not seen here.".to_owned(),
            );
        }
        let (policy, pin) = match (&args.policy, incident) {
            (Some(file), _) => of_file(file, session)?,
            // An incident keeps its policy until it closes.
            (None, Some(incident)) => (policy_files::by_pin(repository, &incident.policy)?, incident.policy.clone()),
            (None, None) => {
                let force = policy_in_force::governing(repository, (started, session.now()), book.trusted_ref())?;
                notes.extend(force.notes);
                (force.policy, force.pin)
            }
        };
        let (beside, earlier) = history(book, session, (&args.incident, &policy, &account), &mut notes)?;
        let named = args.production.as_deref().or_else(|| {
            incident.and_then(|incident| incident.check().what.production.as_ref()).map(|known| known.name.as_str())
        });
        let production = production::production(repository, &policy.branches, named, &recorded(book))?;
        let running = production.recorded();
        let last_good = running.as_ref().and_then(|running| running.last_good.as_ref()).map(|good| good.commit);
        let changed = Changed::between(repository, last_good, running.as_ref().map(|running| running.commit));
        let roll_back = roll_back::roll_back(&changed, &policy.roll_back.look_for)?;
        Ok(Ok(Self {
            id: args.incident.clone(),
            typed: Given::typed(args),
            is_new: incident.is_none(),
            started,
            spent: spent(&policy, &account, (&args.incident, session.now())),
            policy,
            pin,
            dry_run: args.policy.is_some(),
            production,
            roll_back,
            changed,
            flags: OnceCell::new(),
            beside,
            earlier,
            notes,
        }))
    }

    /// Why a path says nothing against going back, as words behind it: the last good release has it as production has it. None
    /// where it differs, or where that is not known.
    pub(super) fn stays_the_same(&self, path: &RepositoryPath) -> Option<String> {
        let running = self.production.recorded()?;
        let good = running.last_good.as_ref().filter(|_| self.changed.unknown.is_none())?;
        let sides = self.changed.paths.iter().flat_map(|change| [&change.before, &change.after]).flatten();
        let mut changed = sides.map(|side| &side.path);
        let is_it = |changed: &RepositoryPath| {
            let below = changed.as_bytes().strip_prefix(path.as_bytes());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        if changed.any(is_it) {
            return None;
        }
        let few = self.changed.paths.iter().filter_map(|change| change.path()).take(3).map(ToString::to_string);
        let few = scope::listed(&few.collect::<Vec<_>>());
        Some(format!(
            "did not change from {} to {}, so going back leaves it as it is; changed: {few}",
            good.tag, running.name
        ))
    }

    /// Why the policy asks for more than usual, each in a line; empty where it does not.
    pub(super) fn price(&self, answers: &Answers) -> Vec<String> {
        let facts: BTreeMap<String, Value> =
            answers.facts.iter().map(|(name, reply)| (name.clone(), reply.value.clone())).collect();
        let demanded = demanded(&self.policy, self.beside.used, self.beside.overdue, &facts);
        price_words(&demanded, &self.policy, &facts, self.spent.as_ref())
    }

    /// The flags that could be switched off; looked for only when the second rung is asked, for it reads every changed file.
    pub(super) fn flags(&self) -> Result<&FlagReport, Failure> {
        if let Some(flags) = self.flags.get() {
            return Ok(flags);
        }
        let found = flags::flags(&self.changed, &self.policy.flag_off.look_for)?;
        Ok(self.flags.get_or_init(|| found))
    }

    /// The flags, if they were looked for.
    pub(super) fn flags_seen(&self) -> Option<&FlagReport> {
        self.flags.get()
    }
}

/// What hotfixes before this one mean for it. What can't be told is said, and blocks nothing: production is down.
fn history(
    book: &Book<'_>,
    session: &Session,
    (id, policy, account): (&IncidentId, &Policy, &Account<'_>),
    notes: &mut Vec<String>,
) -> Result<(Beside, Option<Earlier>), Failure> {
    let now = session.now();
    let mut beside = Beside { used: used(policy, account, (id, now)), ..Beside::default() };
    if let Some(incident) = book.incidents.get(id) {
        beside.skipped = ruling::skipped(incident, now);
    }
    if !policy.deadlines.when_overdue.is_nothing() {
        match Desk::new(session, book)?.overdue(id) {
            Ok(overdue) => {
                let each: Vec<String> = overdue.iter().map(|(id, code)| format!("{code} of {id}")).collect();
                if !each.is_empty() {
                    notes.push(format!("Overdue: {}.", scope::listed(&each)));
                }
                beside.overdue = !each.is_empty();
            }
            Err(failure) => notes.push(format!("Whether something is overdue could not be told: {failure}.")),
        }
    }
    Ok((beside, budget::earlier(book.incidents.values(), id)))
}

/// What others have used of the policy's budget by now; none where it has none.
fn spent(policy: &Policy, account: &Account<'_>, by: (&IncidentId, Moment)) -> Option<Spent> {
    policy.budget.as_ref().map(|budget| account.spent(budget, by))
}

/// The points of that.
pub(super) fn used(policy: &Policy, account: &Account<'_>, by: (&IncidentId, Moment)) -> u32 {
    spent(policy, account, by).map_or(0, |spent| spent.points)
}

/// Why the policy asks for more than usual, each cause with what it asks for in a line.
pub(super) fn price_words(
    asked: &Demanded,
    policy: &Policy,
    facts: &BTreeMap<String, Value>,
    spent: Option<&Spent>,
) -> Vec<String> {
    if asked.is_nothing() {
        return Vec::new();
    }
    let more = |roles: &[String]| match roles {
        [] => ".".to_owned(),
        roles => format!(", so one approval more is needed: {}.", roles.join(" and ")),
    };
    let of_budget = policy.budget.as_ref().map(|budget| {
        let before = asked.points.saturating_sub(budget.hotfix);
        let wanted = demanded(policy, before, false, facts).approvals;
        let on = spent.map_or_else(String::new, spent_words);
        format!("This hotfix makes it {} points within {}{on}{}", asked.points, budget.window, more(&wanted))
    });
    let overdue = &policy.deadlines.when_overdue;
    let of_overdue = (asked.overdue && !overdue.is_nothing()).then(|| {
        let wanted: Vec<String> = overdue.approval.iter().cloned().collect();
        format!("Something that another incident owes is overdue{}", more(&wanted))
    });
    of_budget.into_iter().chain(of_overdue).collect()
}

/// " (INC-41, INC-37, 2 overrides)"
fn spent_words(spent: &Spent) -> String {
    let mut on: Vec<String> = spent.hotfixes.iter().take(LISTED).map(IncidentId::to_string).collect();
    let more = spent.hotfixes.len().saturating_sub(LISTED);
    on.extend((more > 0).then(|| format!("{more} more")));
    on.extend((spent.overrides > 0).then(|| counted(spent.overrides, "override")));
    if on.is_empty() { String::new() } else { format!(" ({})", on.join(", ")) }
}

/// The policy in a file, for a dry run.
fn of_file(file: &Path, session: &Session) -> Result<(Policy, PolicyPin), Failure> {
    let name = file.display().to_string();
    let policy = load::of_file(session, file, &name)?.map_err(|problems| {
        Failure::undecided(format!("the policy in {name} can't be used"))
            .detail(problems.to_string())
            .hint(format!("hotfix policy lint {name}"))
    })?;
    let pin = PolicyPin { name: policy.name.clone(), version: policy.version, source: None, main: None };
    Ok((policy, pin))
}

/// Asks the remote for at most three seconds: for its branches, and for what others have recorded. Says how old this clone is
/// where it did not answer.
pub(super) fn ask(args: &Args, session: &Session) -> Result<Vec<String>, Failure> {
    let repository = session.repository()?;
    // Which remote is the shared one is a question for later: production is down.
    let Ok(Some(remote)) = repository.default_remote() else { return Ok(Vec::new()) };
    let why = if args.no_fetch {
        "was not asked (--no-fetch)".to_owned()
    } else {
        session.say(&format!("Asking {remote} ({} seconds at most).", FETCH_LIMIT.as_secs()));
        match book::ask(session, FETCH_LIMIT)? {
            Ok(warning) => return Ok(warning.into_iter().collect()),
            Err(why) => format!("did not answer: {}", why.trim_start_matches(&format!("{remote}: "))),
        }
    };
    let age = moment::fetched(session.now(), repository.last_fetch());
    Ok(vec![format!("The remote {remote} {why}; {age}.")])
}

/// Exit 2 for an id that differs from a known one in case and punctuation alone: nobody means another incident by that.
fn is_no_slip(id: &IncidentId, book: &Book<'_>) -> Result<(), Failure> {
    let plain = |id: &IncidentId| -> String {
        id.as_str().chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    // What was void may have been void for its very spelling.
    let counts = book.incidents.values().filter(|incident| incident.state != State::Void);
    let same = counts.map(|incident| &incident.id).find(|known| plain(known) == plain(id));
    same.map_or(Ok(()), |known| {
        Err(Failure::usage(format!("{id} is not open, and {known} is recorded already"))
            .hint(format!("did you mean {known}? another incident needs an id that differs in more than its spelling")))
    })
}

/// With other incidents open, a new id may be a slip of the finger: the wizard asks, a script is told "opened".
fn confirm_new(id: &IncidentId, book: &Book<'_>, session: &Session) -> Result<Option<Stopped>, Failure> {
    is_no_slip(id, book)?;
    let open: Vec<&IncidentId> =
        book.incidents.values().filter(|incident| !incident.is_over()).map(|incident| &incident.id).collect();
    if open.is_empty() || !session.interactive() {
        return Ok(None);
    }
    let nearest = spelling::nearest(id.as_str(), open.iter().map(|id| id.as_str()));
    let other = nearest.unwrap_or(open[0].as_str());
    let mut others: Vec<String> = open.iter().take(LISTED).map(|id| id.to_string()).collect();
    if open.len() > LISTED {
        others.push(format!("and {} more", open.len() - LISTED));
    }
    let title = format!("{id} is new. Open it?");
    let choices = vec![
        Choice { value: "open".to_owned(), means: format!("{id} is another incident") },
        Choice { value: other.to_owned(), means: "I meant this one".to_owned() },
    ];
    let question = Question {
        title: &title,
        help: Some("Every incident has its own record; a mistyped id would split one."),
        evidence: &[format!("Open already: {}.", others.join(", "))],
        kind: Kind::Choose(choices),
        default: None,
    };
    match session.ask(&question)? {
        Reply::Value(value) if value == "open" => Ok(None),
        Reply::Value(_) | Reply::NotSure | Reply::Back => Ok(Some(Stopped::not_opened(id, other))),
    }
}

/// What the ledger knows of releases.
fn recorded(book: &Book<'_>) -> Recorded {
    let fixes = book.incidents.values().flat_map(|incident| {
        incident.fixes().flat_map(|fix| &fix.what.commits).map(|commit| (*commit, incident.id.clone()))
    });
    Recorded { fixes: fixes.collect(), rolled_back: rolled_back(book.incidents.values()) }
}
