//! What an audit answers.

use serde::Serialize;

use super::remote::Asked;
use crate::commands::moment;
use crate::domain::audit::Chain;
use crate::domain::finding::Finding;
use crate::domain::identity::ObjectId;
use crate::domain::policy::Identity;
use crate::domain::record::History;
use crate::domain::standing::Rule;
use crate::domain::text::counted;
use crate::render::{Page, Report, Tone};

#[derive(Serialize)]
pub(super) struct AuditReport {
    /// The ledger's id; none where nothing is recorded.
    ledger: Option<String>,
    tip: Option<ObjectId>,
    identity: Identity,
    #[serde(flatten)]
    facts: Facts,
    people: Vec<Chain>,
    pub(super) findings: Vec<Finding>,
    /// What is worth a word and no finding.
    notes: Vec<String>,
    #[serde(flatten)]
    remote: Asked,
}

/// What was counted.
#[derive(Serialize)]
pub(super) struct Facts {
    pub(super) events: usize,
    /// How many of them bear a signature that fits their bytes.
    pub(super) signed: usize,
    /// How many anchors were found and compared.
    pub(super) anchors: usize,
}

impl AuditReport {
    pub(super) fn new(
        history: &History,
        rule: &Rule,
        facts: Facts,
        people: Vec<Chain>,
        findings: Vec<Finding>,
        notes: Vec<String>,
        remote: Asked,
    ) -> Self {
        let (ledger, tip) = (history.ledger().map(str::to_owned), history.tip());
        Self { ledger, tip, identity: rule.identity.clone(), facts, people, findings, notes, remote }
    }
}

impl Report for AuditReport {
    fn text(&self, page: &mut Page) {
        let Facts { events, signed, anchors, .. } = &self.facts;
        page.line(&format!("{}, {signed} signed, {}", counted(*events, "event"), counted(*anchors, "anchor")));
        if self.identity == Identity::Unverified {
            page.paragraph("The policy counts every event: who is named as its author is only what git was told.");
        }
        page.blank();
        let row = |chain: &Chain| {
            let newest = format!("{} {}", moment::show(chain.at), chain.newest.short());
            vec![chain.events.to_string(), newest, chain.person.to_string()]
        };
        if !self.people.is_empty() {
            page.table(&["events", "newest", "person"], self.people.iter().map(row).collect());
            page.blank();
        }
        for note in &self.notes {
            page.bullet(note);
        }
        if !self.notes.is_empty() {
            page.blank();
        }
        if self.findings.is_empty() {
            page.line(&format!("Findings: {}", page.mark(Tone::Good, "none")));
            return;
        }
        self.remote.text(page);
        page.line(&format!("Findings: {}", page.mark(Tone::Bad, &self.findings.len().to_string())));
        for finding in &self.findings {
            let place = match (&finding.event, &finding.incident) {
                (Some(event), Some(incident)) => format!("{} {incident}: ", event.short()),
                (Some(event), None) => format!("{}: ", event.short()),
                (None, _) => String::new(),
            };
            page.labelled(Tone::Bad, &format!("{}: ", finding.code), &format!("{place}{}", finding.message));
            finding.next.iter().for_each(|next| page.command(next));
        }
        page.blank();
        page.paragraph("The whole story of one: hotfix explain CODE");
    }
}
