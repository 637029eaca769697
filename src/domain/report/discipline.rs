//! What was skipped on the way.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::metric::{Amount, Data, Figure, Metric};
use super::{FOR_SHARE, Ground, OURS};
use crate::domain::event::Proof;
use crate::domain::identity::Moment;
use crate::domain::said::WordKind;

pub(super) fn metrics(ground: &Ground<'_>) -> [Metric; 3] {
    [overrides(ground), late_approvals(ground), untested(ground)]
}

fn overrides(ground: &Ground<'_>) -> Metric {
    let n = ground.incidents.len();
    let (mut with, mut unreviewed) = (0, 0);
    let mut gates: BTreeMap<String, usize> = BTreeMap::new();
    for facts in &ground.incidents {
        let said = &facts.incident.said;
        with += usize::from(!said.overrides.is_empty());
        unreviewed += said.overrides.iter().filter(|done| said.review(done).is_none()).count();
        said.overrides.iter().for_each(|done| *gates.entry(done.what.gate.clone()).or_default() += 1);
    }
    let total = gates.values().sum();
    Metric {
        id: "override-share",
        title: "Overrides",
        n,
        of: "incidents",
        definition: "Incidents in which a gate was skipped, whether something went through it or not; the ranking counts each \
                     override. Unreviewed: overrides that nobody else has looked at.",
        source: OURS,
        figures: vec![
            Figure::if_enough("overridden", (n, FOR_SHARE), Amount::Share { part: with, whole: n.max(1) }),
            Figure::new("overrides", Amount::Count(total)),
            Figure::new("unreviewed", Amount::Count(unreviewed)),
        ],
        data: Data::ranking("skipped gate", gates, total, true),
    }
}

/// When somebody who did not write the fix agreed to it first, and did not take that back.
fn approved(facts: &Facts<'_>) -> Option<Moment> {
    let words = &facts.incident.said.words;
    let stands = |at: usize| {
        let word = &words[at];
        let of_author = facts.incident.fix_authors().any(|author| author.is(&word.by.actor));
        let taken_back = words[at + 1..]
            .iter()
            .any(|later| later.by.actor.is(&word.by.actor) && later.what.kind != WordKind::Approve);
        word.what.kind == WordKind::Approve && !of_author && !taken_back
    };
    (0..words.len()).filter(|at| stands(*at)).map(|at| words[at].by.at).min()
}

fn late_approvals(ground: &Ground<'_>) -> Metric {
    let (mut n, mut late, mut never) = (0, 0, 0);
    for facts in &ground.incidents {
        let deployed = facts.incident.deployed.iter().map(|deployed| deployed.what.at).min();
        let Some(deployed) = deployed.filter(|_| facts.incident.fixes().next().is_some()) else { continue };
        n += 1;
        match approved(facts) {
            None => never += 1,
            Some(approved) => late += usize::from(approved > deployed),
        }
    }
    let share = |name, part| Figure::if_enough(name, (n, FOR_SHARE), Amount::Share { part, whole: n.max(1) });
    Metric {
        id: "late-approval-share",
        title: "Late approvals",
        n,
        of: "deployed fixes",
        definition: "Deployed fixes to which nobody but their authors had agreed when production first ran them: late, where \
                     somebody did so afterwards; never, where nobody did until now.",
        source: OURS,
        figures: vec![share("late", late), share("never", never)],
        data: Data::Nothing,
    }
}

fn untested(ground: &Ground<'_>) -> Metric {
    let (mut n, mut untested) = (0, 0);
    let mut proofs: BTreeMap<String, usize> = BTreeMap::new();
    for facts in &ground.incidents {
        let weakest = facts.incident.fixes().map(|fix| fix.what.proof).max_by_key(|proof| weakness(*proof));
        let Some(weakest) = weakest else { continue };
        n += 1;
        untested += usize::from(weakest == Proof::Untested);
        let word = match weakest {
            Proof::Test => "a test",
            Proof::Ci => "a run of continuous integration",
            Proof::Manual => "a manual check",
            Proof::Untested => "nothing",
        };
        *proofs.entry(word.to_owned()).or_default() += 1;
    }
    Metric {
        id: "untested-share",
        title: "Untested fixes",
        n,
        of: "incidents with a fix",
        definition: "Incidents of whose fixes one at least was attached as untested; the ranking tells the weakest proof of \
                     each.",
        source: OURS,
        figures: vec![Figure::if_enough("untested", (n, FOR_SHARE), Amount::Share { part: untested, whole: n.max(1) })],
        data: Data::ranking("proof", proofs, n, true),
    }
}

fn weakness(proof: Proof) -> u8 {
    match proof {
        Proof::Test => 0,
        Proof::Ci => 1,
        Proof::Manual => 2,
        Proof::Untested => 3,
    }
}
