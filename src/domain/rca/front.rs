//! The front matter: what a machine reads of an analysis.

use chrono::NaiveDate;

use super::prose::placeholder;
use super::{Asked, NONE_EXISTED};
use crate::document::{Kind, Node};
use crate::domain::event::{Action, ActionKind, RungName};
use crate::domain::identity::Moment;
use crate::domain::policy::names::is_name;

/// What stands there.
pub(super) struct Front {
    pub(super) code_cause: bool,
    pub(super) escaped_gate: String,
    pub(super) contributing: Vec<String>,
    pub(super) actions: Vec<Action>,
    pub(super) cited: Vec<String>,
}

/// The keys that may stand there.
const KEYS: &[&str] = &[
    "code_cause",
    "trigger",
    "detected",
    "detected_by",
    "escaped_gate",
    "check",
    "contributing",
    "timeline",
    "actions",
];
const TIMELINE_KEYS: &[&str] = &["at", "what", "source"];
const ACTION_KEYS: &[&str] = &["what", "for", "kind", "owner", "due", "verified_by", "link"];

/// Reads it, and adds what is wrong to `problems`; none where a part lacks that everything else needs.
pub(super) fn read(root: &Node, asked: &Asked<'_>, problems: &mut Vec<String>) -> Option<Front> {
    unknown_keys(root, KEYS, "the front matter", problems);
    let code_cause = match get(root, "code_cause").map(|node| &node.kind) {
        Some(Kind::Bool(code_cause)) => Some(*code_cause),
        _ => {
            problems.push("the front matter does not say `code_cause: true` or `code_cause: false`".to_owned());
            None
        }
    };
    let mut cited = Vec::new();
    match (code_cause, words(root, "trigger")) {
        (Some(true), None) => problems.push("`trigger` names no commit that brought the fault in".to_owned()),
        (_, Some(trigger)) => cited.push(trigger),
        (_, None) => {}
    }
    for key in ["detected_by", "check"] {
        match words(root, key) {
            None => problems.push(format!("`{key}` is empty")),
            Some(said) => {
                if let Some(placeholder) = placeholder(&said) {
                    problems.push(format!("`{key}` holds the placeholder {placeholder:?}"));
                } else if key == "check" && is_commit(&said) {
                    cited.push(said);
                }
            }
        }
    }
    let detected = moment(root, "detected", "the front matter", problems);
    timeline(root, asked, detected, problems);
    let escaped_gate = escaped_gate(root, asked, problems);
    let actions = actions(root, asked, problems);
    if let Some(gate) = &escaped_gate {
        let aimed = actions.iter().any(|action| action.kind == ActionKind::Prevent && action.aim == *gate);
        if !aimed {
            problems.push(format!("no action with `kind: prevent` is `for: {gate}`, the gate that let it through"));
        }
    }
    for rung in &asked.rungs {
        if actions.iter().all(|action| action.aim != rung.key()) {
            let message = format!("{} was no way, and no action is `for: {}`", rung.words(), rung.key());
            problems.push(format!("{message}, so that it is one next time"));
        }
    }
    let contributing = items(root, "contributing").iter().filter_map(plain).collect();
    Some(Front { code_cause: code_cause?, escaped_gate: escaped_gate?, contributing, actions, cited })
}

/// Between 7 and 40 hexadecimal digits with one of `0-9` among them: what git would take for a commit.
fn is_commit(text: &str) -> bool {
    let hex = (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn escaped_gate(root: &Node, asked: &Asked<'_>, problems: &mut Vec<String>) -> Option<String> {
    let gates: Vec<&str> = asked.gates.iter().map(|gate| gate.name.as_str()).chain([NONE_EXISTED]).collect();
    let gate = words(root, "escaped_gate").unwrap_or_default();
    if gates.contains(&gate.as_str()) || (asked.gates.is_empty() && is_name(&gate, '-')) {
        return Some(gate);
    }
    problems.push(format!("`escaped_gate` names none of the policy's gates: {}", gates.join(", ")));
    None
}

fn timeline(root: &Node, asked: &Asked<'_>, detected: Option<Moment>, problems: &mut Vec<String>) {
    let entries = items(root, "timeline");
    if entries.is_empty() {
        problems.push("the timeline is empty".to_owned());
    }
    let mut before: Option<Moment> = None;
    for (at, entry) in entries.iter().enumerate() {
        let place = format!("entry {} of the timeline", at + 1);
        unknown_keys(entry, TIMELINE_KEYS, &place, problems);
        for key in ["what", "source"] {
            if words(entry, key).is_none_or(|said| placeholder(&said).is_some()) {
                problems.push(format!("{place} lacks `{key}`"));
            }
        }
        let Some(moment) = moment(entry, "at", &place, problems) else { continue };
        if before.is_some_and(|before| moment < before) {
            problems.push(format!("{place} is earlier than the one above it"));
        }
        if moment > asked.now {
            problems.push(format!("{place} has not come yet"));
        }
        before = Some(moment);
    }
    if detected.is_some_and(|detected| detected > asked.now) {
        problems.push("`detected` has not come yet".to_owned());
    }
}

fn actions(root: &Node, asked: &Asked<'_>, problems: &mut Vec<String>) -> Vec<Action> {
    let entries = items(root, "actions");
    if entries.is_empty() {
        problems.push("there is no action".to_owned());
    }
    let mut actions = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let place = format!("action {}", at + 1);
        unknown_keys(entry, ACTION_KEYS, &place, problems);
        let before = problems.len();
        for key in ["what", "verified_by"] {
            match words(entry, key) {
                None => problems.push(format!("{place} lacks `{key}`")),
                Some(said) if placeholder(&said).is_some() => {
                    problems.push(format!("{place}: `{key}` is a placeholder"))
                }
                Some(_) => {}
            }
        }
        let kind = match words(entry, "kind").as_deref() {
            Some("prevent") => Some(ActionKind::Prevent),
            Some("detect") => Some(ActionKind::Detect),
            Some("mitigate") => Some(ActionKind::Mitigate),
            _ => {
                problems.push(format!("{place}: `kind` is none of prevent, detect, mitigate"));
                None
            }
        };
        let aim = aim(entry, asked, &place, problems);
        let owner = words(entry, "owner").filter(|owner| placeholder(owner).is_none());
        if owner.is_none() {
            problems.push(format!("{place} lacks `owner`: who does it?"));
        }
        let due = words(entry, "due").and_then(|due| due.parse::<NaiveDate>().ok());
        match due {
            None => problems.push(format!("{place} lacks `due`: a day such as 2026-12-24")),
            Some(due) if due < asked.now.date_naive() => problems.push(format!("{place}: `due` {due} is past")),
            Some(_) => {}
        }
        if let (Some(kind), Some(aim), Some(owner), Some(due)) = (kind, aim, owner, due)
            && problems.len() == before
        {
            actions.push(Action { kind, aim, owner, due, link: words(entry, "link") });
        }
    }
    actions
}

fn aim(entry: &Node, asked: &Asked<'_>, place: &str, problems: &mut Vec<String>) -> Option<String> {
    let rungs = RungName::ALL.map(RungName::key);
    let gates = asked.gates.iter().map(|gate| gate.name.as_str());
    let aims: Vec<&str> = gates.chain([NONE_EXISTED]).chain(rungs).collect();
    let aim = words(entry, "for").unwrap_or_default();
    if aims.contains(&aim.as_str()) || (asked.gates.is_empty() && is_name(&aim, '-')) {
        return Some(aim);
    }
    problems.push(format!("{place}: `for` is none of {}", aims.join(", ")));
    None
}

fn moment(node: &Node, key: &str, place: &str, problems: &mut Vec<String>) -> Option<Moment> {
    let moment = words(node, key).and_then(|text| Moment::parse_from_rfc3339(&text).ok());
    if moment.is_none() {
        problems.push(format!("{place} lacks `{key}`: a time with an offset, such as 2026-11-23T03:10:00+01:00"));
    }
    moment
}

fn unknown_keys(node: &Node, known: &[&str], place: &str, problems: &mut Vec<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            let unknown = entries.iter().filter(|entry| !known.contains(&entry.key.as_str()));
            problems.extend(unknown.map(|entry| format!("{place} has the key {:?}, which means nothing", entry.key)));
        }
        _ => problems.push(format!("{place} is no map of keys")),
    }
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    match get(node, key).map(|node| &node.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    }
}

fn words(node: &Node, key: &str) -> Option<String> {
    get(node, key).and_then(plain)
}

/// A text or a number (a commit may consist of digits alone), unless it is blank.
fn plain(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Text(text) | Kind::Number(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        _ => None,
    }
}
