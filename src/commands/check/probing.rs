//! The facts that probes gather, before anybody is asked.

use super::answers::Given;
use super::opening::Opening;
use crate::domain::event::Provenance;
use crate::domain::ladder::Answers;
use crate::domain::text::counted;
use crate::evidence::probes;
use crate::failure::Failure;
use crate::session::Session;

/// Runs the probes of facts that nobody answered. What fails is asked as ever, and that is said.
pub(super) fn gather(
    session: &Session,
    opening: &mut Opening<'_>,
    given: &Given,
    answers: &mut Answers,
) -> Result<(), Failure> {
    // A dry run tries out a policy that nobody agreed to: it runs nothing.
    let Some(source) = opening.pin.source.clone().filter(|_| !opening.dry_run) else { return Ok(()) };
    let open = |name: &str| {
        let measured = answers.facts.get(name).is_none_or(|reply| reply.provenance == Provenance::Probed);
        measured && !given.has(name)
    };
    let wanted: Vec<_> = probes::probed(&opening.policy)
        .filter(|(fact, _)| open(&fact.name))
        .map(|(fact, probe)| (fact.clone(), probe.clone()))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let repository = session.repository()?;
    if !repository.has(source.commit) {
        opening.notes.push(format!(
            "The policy's commit {} is not here any more, so nothing is measured: its probes are files of that commit.",
            source.commit.short()
        ));
        return Ok(());
    }
    let fingerprint = probes::fingerprint(repository, &opening.policy, source.commit)?;
    if !probes::is_trusted(repository, &fingerprint) {
        opening.notes.push(
            "The policy has probes, and nobody let them run in this clone: hotfix policy trust shows and trusts them."
                .to_owned(),
        );
        return Ok(());
    }
    for (fact, probe) in wanted {
        session.say(&format!("Measuring {} ({} at most).", fact.name, counted(probe.timeout_seconds, "second")));
        match probes::gather(repository, source.commit, (&fact, &probe), session.now()) {
            Ok(text) => {
                let taken = answers.set(&opening.policy, &fact.name, &text, Provenance::Probed);
                taken.map_err(|error| Failure::undecided(error.to_string()))?;
                opening.notes.push(format!("{} is {text}, as {} measured.", fact.name, probe.run.join(" ")));
            }
            Err(why) => {
                // What was measured before is not how it is now.
                answers.facts.remove(&fact.name);
                opening.notes.push(format!("{} could not be measured ({why}), so it is asked.", fact.name));
            }
        }
    }
    Ok(())
}
