//! `hotfix policy trust`: lets the probes of the policy in force run in this clone.

use serde::Serialize;

use crate::commands::book::Book;
use crate::domain::event::PolicyPin;
use crate::evidence::policy_in_force::{InForce, policy_in_force};
use crate::evidence::probes;
use crate::failure::{ExitCode, Failure};
use crate::render::{Page, Report, Tone};
use crate::session::Session;

#[derive(Serialize)]
struct TrustReport {
    policy: PolicyPin,
    probes: Vec<Row>,
    /// Whether they may run now.
    trusted: bool,
}

#[derive(Serialize)]
struct Row {
    fact: String,
    run: Vec<String>,
}

/// Shows the probes, and trusts this very policy.
pub(super) fn run(session: &Session) -> Result<ExitCode, Failure> {
    let book = Book::open_for_recording(session)?;
    let repository = session.repository()?;
    let InForce { policy, pin, .. } = policy_in_force(repository, session.now(), book.trusted_ref())?;
    let row = |(fact, probe): (&crate::domain::policy::Fact, &crate::domain::policy::people::Probe)| Row {
        fact: fact.name.clone(),
        run: probe.run.clone(),
    };
    let rows: Vec<Row> = probes::probed(&policy).map(row).collect();
    let mut trusted = false;
    if let Some(source) = pin.source.as_ref().filter(|_| !rows.is_empty()) {
        let fingerprint = probes::fingerprint(repository, &policy, source.commit)?;
        if !probes::is_trusted(repository, &fingerprint) {
            probes::trust(repository, &fingerprint)?;
        }
        trusted = true;
    }
    session.answer("policy trust", ExitCode::Open, &TrustReport { policy: pin, probes: rows, trusted })
}

impl Report for TrustReport {
    fn text(&self, page: &mut Page) {
        let policy = format!("{}, version {}", self.policy.name, self.policy.version);
        if self.probes.is_empty() {
            page.line(&format!("{policy} has no probes: there is nothing to trust."));
            return;
        }
        for row in &self.probes {
            page.bullet(&format!("{}: {}", row.fact, row.run.join(" ")));
        }
        let trusted = page.mark(Tone::Good, "may run");
        page.line(&format!("The probes of {policy} {trusted} in this clone, until it or they change."));
    }
}
