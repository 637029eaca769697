//! Probes through the real program: trusted once, from the policy's own commit, and asked where they fail.

use crate::place::Place;

const FACT: &str = "  error_rate:
    question: How many requests fail?
    type: number
    unit: percent
    at_least: 0
    at_most: 100
    probe: { run: [ops/rate, --window, \"5 m; rm -rf /\"], timeout_seconds: 1, field: data.0.rate }
";

/// A shop whose policy measures the rate of errors with a program of the repository.
fn shop(script: &str) -> Place {
    let place = Place::new();
    let startup = include_str!("../../policy/startup.yaml").split("\ntests:").next().unwrap();
    let policy = startup.replace("  our_own_wish:", &format!("{FACT}  our_own_wish:")).replace(
        "    down:      {",
        "    failing:   { means: Many requests fail, when: { error_rate: { at_least: 5 } } }\n    down:      {",
    );
    place.write("ops/rate", script);
    place.git(&["add", "ops"]);
    place.commit("policy/hotfix.yaml", &policy, "Policy");
    place.hotfix(&["policy", "lint"]).exits(0);
    place.commit("shop.rs", "broken\n", "The shop");
    place.git(&["tag", "deploy-1"]);
    place
}

const MEASURES: &str = "#!/bin/sh\nprintf '{\"data\":[{\"rate\":7.5,\"window\":\"%s\"}]}' \"$2\"\n";
const ANSWERS: &[&str] = &[
    "--set",
    "roll-back=tried",
    "--set",
    "roll-back.evidence=owed",
    "--set",
    "flag-off=no-flag",
    "--set",
    "severity=sev3",
    "--set",
    "our_own_wish=no",
];

#[test]
fn a_probe_runs_once_its_policy_is_trusted_and_from_the_policys_own_commit() {
    let place = shop(MEASURES);
    let check = |id: &str| place.hotfix(&[&["check", id], ANSWERS].concat());
    check("INC-1").exits(3).says("hotfix policy trust").says("--set error_rate=");
    place
        .hotfix(&["policy", "trust"])
        .exits(0)
        .says("error_rate: ops/rate --window 5 m; rm -rf /")
        .says("may run in this clone");
    // What lies in the work tree is not what runs.
    place.write("ops/rate", "#!/bin/sh\necho '{\"data\":[{\"rate\":99}]}'\n");
    check("INC-1").exits(0).says("error_rate is 7.5, as ops/rate").says("failing: Many requests fail");
    let shown = place.json(&["show", "INC-1"])["incident"]["checks"][0]["what"]["facts"]["error_rate"].clone();
    assert_eq!((&shown["provenance"], &shown["value"]["value"]), (&"probed".into(), &"7.5".into()));
    // A person's word stands above it, and a dry run runs nothing.
    place.hotfix(&[&["check", "INC-2", "--set", "error_rate=1"], ANSWERS].concat()).exits(1).says("does-not-qualify");
    place.git(&["checkout", "-q", "ops/rate"]);
    let dry = place.path().join("policy/hotfix.yaml");
    let dry = ["check", "INC-3", "--policy", dry.to_str().unwrap()];
    place.hotfix(&[&dry, ANSWERS].concat()).exits(3).says("--set error_rate=");
    // Another program is another policy, as far as trust goes.
    place.commit("ops/rate", &MEASURES.replace("7.5", "8"), "Measure better");
    check("INC-4").exits(3).says("hotfix policy trust");
}

#[test]
fn what_fails_is_asked_and_that_is_said() {
    for (script, says) in [
        ("#!/bin/sh\necho down >&2; exit 3\n", "ended with exit code 3: down"),
        ("#!/bin/sh\nsleep 30\n", "did not end within 1000 ms"),
        ("#!/bin/sh\nyes '{}'\n", "wrote more than 65536 bytes"),
        ("#!/bin/sh\necho '{\"data\":[]}'\n", "its output has no data.0.rate"),
        ("#!/bin/sh\necho '{\"data\":[{\"rate\":140}]}'\n", "140 percent is outside of error_rate"),
        ("#!/bin/sh\necho nothing\n", "its output is no JSON"),
    ] {
        let place = shop(script);
        place.hotfix(&["policy", "trust"]).exits(0);
        let told = place.hotfix(&[&["check", "INC-1"], ANSWERS].concat()).exits(3);
        told.says("error_rate could not be measured").says(says).says("--set error_rate=");
    }
    // Without a probe there is nothing to trust.
    let place = crate::road::broken_shop();
    place.hotfix(&["policy", "trust"]).exits(0).says("has no probes");
}
