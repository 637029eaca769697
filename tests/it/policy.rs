//! Policies that can't be used, each with its message; the schema against the reader; `hotfix policy` as a program.

use std::process::{Command, Output, Stdio};

use hotfix::document::{self, Kind, Node, ProblemCode};
use hotfix::domain::policy::shape::{self, Shape};
use hotfix::domain::policy::{self, BUILT_IN, SCHEMA};
use serde_json::{Map, Value, json};

use crate::history::History;
use crate::schema::Schema;

/// A valid policy, small enough that each broken one differs in a line.
pub(crate) const SMALL: &str = r#"format: 1
name: team
version: 1
effective: 2026-01-31
branches:
  main: main
  release_lines: [release/*]
  hotfix: hotfix/{incident}
  release_tags: ["v*"]
facts:
  severity: { question: How bad?, type: one_of, choices: { sev1: down, sev2: hurts, sev3: } }
  data_lost: { question: Is data lost?, type: bool }
  error_rate: { question: How many fail?, type: number, unit: percent, at_least: 0, at_most: 100, probe: { run: [ops/rate, --json], timeout_seconds: 5, field: data.rate, measured_at: data.at, fresh_for: 5m } }
  summary: { question: What happened?, type: text }
ladder:
  roll_back:
    question: Can you go back?
    commands: ["deploy {last_good}"]
    no_because:
      tried: { means: It did not help, evidence: text, owes_action: true }
    look_for: { paths: ["db/**"], patterns: ['DROP'] }
  flag_off:
    question: Can you switch it off?
    no_because:
      no-flag: { means: There is none, evidence: none }
    look_for: { patterns: ['isOn\("([^"]+)"'] }
qualifies:
  any:
    down: { means: It is down, when: { severity: sev1 } }
    failing: { means: Many fail, when: { severity: sev2, error_rate: { at_least: 5 } } }
  never:
    mild: { means: It can wait, when: { severity: [sev3], data_lost: false } }
merge_back:
  into: [main, newer_release_lines]
  never_goes_back: [CHANGELOG*]
close_requires: { rca: recorded, deployed: false }
roles:
  lead: { members: [ada@example.com, "grace@example.com"] }
  owner: { members_from: .github/CODEOWNERS }
scope: { files: 5, lines: 50, not_counted: ["tests/**"], forbidden: ["db/**"], unneeded: refuse }
approvals:
  needs: { anyone: 2 }
  also:
    worst: { when: { severity: sev1 }, needs: { lead: 1 } }
  author_may_approve: false
  nobody_awake_after: 30m
overrides: { by: [lead], reason_at_least: 30, expires_after: 4h, review_by: lead, never_skip: [scope-forbidden] }
normal_gates:
  tests: { means: All tests pass, given_by: proof, owed: true, waive_by: lead }
deadlines:
  merge_back: 2d
  rca: 5d
  override_review: 3d
  late_approval: 1d
  normal_gates: 3d
  evidence: 3d
  when_overdue: { note: true, approval: lead }
budget:
  window: 30d
  hotfix: 1
  override: 2
  steps: [{ from: 2, note: true }, { from: 4, note: true, approval: lead }]
  not_when: { data_lost: true }
who_closes: { role: lead, author: false }
tests:
  it-is-down:
    given: { severity: sev1, data_lost: true, error_rate: 7 }
    at: 2026-02-01
    budget_used: 9
    overdue: false
    expect: hotfix
    rule: down
    approvals: { anyone: 2, lead: 1 }
    note: false
"#;

/// A name, and one replacement in the small policy that breaks it.
const BROKEN: &[(&str, &str, &str)] = &[
    ("unknown format", "format: 1", "format: 2"),
    ("format as a text", "format: 1", "format: \"1\""),
    ("no format", "format: 1\n", ""),
    ("misspelt key", "merge_back:", "merge-back:"),
    ("unknown key in a section", "  main: main", "  main: main\n  trunk: main"),
    ("missing keys", "name: team\nversion: 1\n", ""),
    ("version zero", "version: 1", "version: 0"),
    ("version with a point", "version: 1", "version: 1.10"),
    ("version too large", "version: 1", "version: 99999999999999999999"),
    ("name with blanks", "name: team", "name: Our Team"),
    ("name is a number", "name: team", "name: 7"),
    ("no such day", "2026-01-31", "2026-02-31"),
    ("main with its prefix", "main: main", "main: refs/heads/main"),
    ("main that git refuses", "main: main", "main: \"ma in\""),
    ("bad glob", "[release/*]", "[\"release/[\"]"),
    ("glob list as a text", "[release/*]", "release/*"),
    ("no release tags", "release_tags: [\"v*\"]", "release_tags: []"),
    ("hotfix without the incident", "hotfix/{incident}", "hotfix/fix"),
    ("hotfix with another placeholder", "hotfix/{incident}", "hotfix/{incident}-{user}"),
    ("no severity", "  severity: {", "  badness: {"),
    ("severity of another type", "type: one_of, choices: { sev1: down, sev2: hurts, sev3: }", "type: bool"),
    ("unknown type", "type: bool", "type: boolean"),
    ("no type", "question: Is data lost?, type: bool", "question: Is data lost?"),
    ("keys of another type", "question: Is data lost?, type: bool", "question: Is data lost?, type: bool, unit: rows"),
    ("one choice", "{ sev1: down, sev2: hurts, sev3: }", "{ sev1: down }"),
    ("choices as a list", "{ sev1: down, sev2: hurts, sev3: }", "[sev1, sev2, sev3]"),
    ("identity that is no word", "close_requires:", "identity: verified\nclose_requires:"),
    ("identity after no event", "close_requires:", "identity: { signed_after: INC-42 }\nclose_requires:"),
    ("identity with another key", "close_requires:", "identity: { since: 2026-01-01 }\nclose_requires:"),
    ("choice with blanks", "sev1: down", "\"sev 1\": down"),
    ("bounds the wrong way round", "at_least: 0, at_most: 100", "at_least: 100, at_most: 0"),
    ("bound as a text", "at_most: 100", "at_most: \"100\""),
    ("bound too large", "at_most: 100", "at_most: 99999999999999999999999"),
    ("bound with an exponent", "at_most: 100", "at_most: 1e2"),
    ("bad fact name", "  summary: {", "  whatHappened: {"),
    ("reserved fact name", "  summary: {", "  roll_back: {"),
    ("empty question", "question: What happened?", "question: \"\""),
    ("no reasons", "no_because:\n      no-flag: { means: There is none, evidence: none }", "no_because: {}"),
    ("unknown evidence", "evidence: text", "evidence: url"),
    ("reason without a meaning", "means: There is none, ", ""),
    ("unknown placeholder", "deploy {last_good}", "deploy {lastgood}"),
    ("bad pattern", "'DROP'", "'DROP('"),
    ("flag pattern without a group", "'isOn\\(\"([^\"]+)\"'", "'isOn'"),
    ("unknown fact", "when: { severity: sev1 }", "when: { severty: sev1 }"),
    ("value outside of its type", "severity: sev1", "severity: sev11"),
    ("bool as a word", "data_lost: false", "data_lost: no"),
    ("number without a range", "{ at_least: 5 }", "5"),
    ("empty range", "{ at_least: 5 }", "{}"),
    ("range outside of the fact", "{ at_least: 5 }", "{ at_least: 101 }"),
    ("text in a condition", "when: { severity: sev1 }", "when: { summary: down }"),
    ("rule without conditions", "when: { severity: sev1 }", "when: {}"),
    ("empty list of values", "severity: [sev3]", "severity: []"),
    ("value twice", "severity: [sev3]", "severity: [sev3, sev3]"),
    ("condition that is always true", "severity: [sev3]", "severity: [sev1, sev2, sev3]"),
    ("shadowed rule", "severity: sev2, error_rate: { at_least: 5 }", "severity: sev1, error_rate: { at_least: 5 }"),
    ("rule that never lets through", "{ severity: sev1 }", "{ severity: sev3, data_lost: false }"),
    ("no rules", "    mild: { means: It can wait, when: { severity: [sev3], data_lost: false } }", "    {}"),
    ("rule name in both lists", "    mild:", "    down:"),
    ("target twice", "[main, newer_release_lines]", "[main, main]"),
    ("main is no target", "[main, newer_release_lines]", "[newer_release_lines]"),
    ("unknown rca", "rca: recorded", "rca: done"),
    ("requirement as a word", "deployed: false", "deployed: never"),
    ("duplicate key", "version: 1", "version: 1\nversion: 2"),
    ("anchor", "question: How bad?", "question: &q How bad?"),
    ("alias bomb", "name: team", "a: &a [x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nname: team"),
    ("merge key", "  main: main", "  <<: { main: main }"),
    ("tag", "version: 1", "version: !!int 1"),
    ("two documents", "close_requires:", "---\nclose_requires:"),
    ("tabs", "  main: main", "\tmain: main"),
    ("tabs behind a value", "  rca: 5d", "\trca: 5d"),
    ("tabs behind spaces", "  hotfix: 1", "  \thotfix: 1"),
    ("not closed", "[release/*]", "[release/*"),
    ("colon in a text", "name: team", "name: team: ours"),
    ("control character", "question: How bad?", "question: \"\\e[2J\""),
    ("role without members", "members: [ada@example.com, \"grace@example.com\"]", "members: []"),
    ("member without an address", "[ada@example.com,", "[Ada,"),
    ("role that everybody has", "  owner: {", "  anyone: {"),
    ("members from outside", ".github/CODEOWNERS", "../people.txt"),
    ("unknown role", "by: [lead]", "by: [leed]"),
    ("unknown role that is needed", "needs: { lead: 1 }", "needs: { leads: 1 }"),
    (
        "more of a role than it has members",
        "worst: { when: { severity: sev1 }, needs: { lead: 1 }",
        "worst: { when: { severity: sev1 }, needs: { lead: 3 }",
    ),
    (
        "a step that nobody is left for",
        "members: [ada@example.com, \"grace@example.com\"]",
        "members: [ada@example.com]",
    ),
    ("nobody is needed", "needs: { anyone: 2 }", "needs: { anyone: 0 }"),
    ("approvals without needs", "  needs: { anyone: 2 }\n", ""),
    ("case on an unknown fact", "worst: { when: { severity: sev1 }", "worst: { when: { severitee: sev1 }"),
    ("length of time without a unit", "nobody_awake_after: 30m", "nobody_awake_after: 30"),
    ("length of time in months", "window: 30d", "window: 1M"),
    ("limit as a text", "files: 5", "files: five"),
    ("negative limit", "lines: 50", "lines: -1"),
    ("gate that can't be skipped", "never_skip: [scope-forbidden]", "never_skip: [not-merged-back]"),
    ("reason of no length", "reason_at_least: 30", "reason_at_least: 0"),
    ("gate without a meaning", "means: All tests pass, ", ""),
    ("gate named like a rung", "  tests: { means: All", "  roll-back: { means: All"),
    ("gate given by something", "given_by: proof", "given_by: hope"),
    ("unknown deadline", "  rca: 5d", "  analysis: 5d"),
    ("steps that do not rise", "{ from: 4, note", "{ from: 2, note"),
    ("step that demands nothing", "[{ from: 2, note: true },", "[{ from: 2 },"),
    ("budget without steps", "[{ from: 2, note: true }, { from: 4, note: true, approval: lead }]", "[]"),
    ("closer who is nobody", "who_closes: { role: lead", "who_closes: { role: boss"),
    ("test of an unknown answer", "given: { severity: sev1,", "given: { severity: sev9,"),
    ("test of an unknown key", "given: { severity: sev1,", "given: { sevarity: sev1,"),
    ("test of an unknown rule", "rule: down\n", "rule: up\n"),
    ("test that expects nothing", "    expect: hotfix\n", ""),
    ("test that expects a word", "expect: hotfix", "expect: yes-please"),
    ("probe that runs nothing", "run: [ops/rate, --json]", "run: []"),
    ("probe as a shell line", "run: [ops/rate, --json]", "run: ops/rate --json"),
    ("probe of half a freshness", ", fresh_for: 5m", ""),
    ("probe that takes an hour", "timeout_seconds: 5", "timeout_seconds: 3600"),
    ("several at once", "version: 1\neffective: 2026-01-31", "vershun: 1\neffective: soon"),
];

fn broken(find: &str, replacement: &str) -> String {
    assert!(SMALL.contains(find), "{find:?} stands nowhere");
    SMALL.replacen(find, replacement, 1)
}

#[test]
fn the_small_policy_is_valid() {
    policy::read(SMALL.as_bytes(), "small.yaml").unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn every_broken_policy_names_its_line_and_a_way_out() {
    let mut gallery = String::new();
    for (name, find, replacement) in BROKEN {
        let problems = policy::lint(broken(find, replacement).as_bytes(), "policy/hotfix.yaml", &|_| {
            Err("there is none".to_owned())
        })
        .expect_err(&format!("{name}: was accepted"));
        for problem in &problems.list {
            assert!(problem.line >= 1 && problem.column >= 1, "{name}");
            assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{name}: {problem:?}");
        }
        gallery.push_str(&format!("## {name}\n{}\n\n", problems.show(100, false)));
    }
    insta::assert_snapshot!("broken_policies", gallery);
}

/// A policy governs whatever its flaws; only whoever writes it is told what its people can't meet.
#[test]
fn what_the_listed_people_can_never_meet_is_for_lint_to_say() {
    let lint = |text: &str| policy::lint(text.as_bytes(), "p.yaml", &|_| Err("there is none".to_owned()));
    let two = "  lead: { members: [ada@example.com] }\n  boss: { members: [Ada@example.com] }";
    let text = SMALL
        .replace("  lead: { members: [ada@example.com, \"grace@example.com\"] }", two)
        .replace("needs: { lead: 1 } }", "needs: { lead: 1, boss: 1 } }")
        .replace(", approval: lead }", " }")
        .replace("review_by: lead", "review_by: anyone")
        .replace("approvals: { anyone: 2, lead: 1 }", "approvals: { anyone: 2, lead: 1, boss: 1 }");
    policy::read(text.as_bytes(), "p.yaml").unwrap();
    let problems = lint(&text).unwrap_err();
    assert_eq!(problems.list.len(), 1, "{problems}");
    assert!(problems.list[0].message.contains("one person counts once"), "{problems}");
    // A second person, or a file that may name more, and it can be met.
    lint(&text.replace("boss: { members: [Ada@example.com] }", "boss: { members: [eve@example.com] }")).unwrap();
    let open = "boss: { members: [ada@example.com], members_from: policy/bosses }";
    lint(&text.replace("boss: { members: [Ada@example.com] }", open)).unwrap();
    for (file, text) in [
        ("built-in", include_str!("../../policy/hotfix.yaml")),
        ("start-up", include_str!("../../policy/startup.yaml")),
        ("insurer", include_str!("../../policy/insurer.yaml")),
    ] {
        let base = |_: &str| Ok(include_bytes!("../../policy/hotfix.yaml").to_vec());
        policy::lint(text.as_bytes(), file, &base).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn what_is_no_text_at_all_is_refused() {
    let deep = "[".repeat(10_000);
    for (bytes, code) in [
        (&b""[..], ProblemCode::Empty),
        (b"# nothing\n", ProblemCode::Empty),
        (b"\xff\xfe\0f", ProblemCode::NotText),
        (b"\x7fELF\x02\x01\0", ProblemCode::NotText),
        (b"format: 1\nname: \xe9\n", ProblemCode::NotText),
        (deep.as_bytes(), ProblemCode::TooLarge),
        (b"just words", ProblemCode::WrongType),
        (b"- a\n- b\n", ProblemCode::WrongType),
    ] {
        let problems = policy::read(bytes, "policy/hotfix.yaml").expect_err("refused");
        assert_eq!(problems.list.iter().map(|problem| problem.code).collect::<Vec<_>>(), [code], "{problems}");
    }
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let windows = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    let read = |text: &str| policy::read(text.as_bytes(), "small.yaml");
    assert_eq!(read(&windows), read(SMALL));
    let problems = read(&windows.replace("version: 1", "version: 0")).expect_err("version 0");
    assert_eq!((problems.list[0].line, problems.list[0].column), (3, 10));
    assert!(!problems.to_string().contains('\r'));
}

#[test]
fn the_codes_of_problems_stay_what_they_are() {
    let words: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.word()).collect();
    assert!(words.is_sorted(), "{words:?}");
    insta::assert_snapshot!(words.join("\n"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// A valid policy with some of its bytes replaced is read or refused, and what is refused can be shown.
    #[test]
    fn no_damage_makes_the_reader_panic(at in 0..SMALL.len(), length in 0..40usize, bytes: Vec<u8>) {
        let mut damaged = SMALL.as_bytes().to_vec();
        damaged.splice(at..(at + length).min(SMALL.len()), bytes);
        if let Err(problems) = policy::read(&damaged, "policy/hotfix.yaml") {
            proptest::prop_assert!(!problems.list.is_empty() && !problems.show(60, true).is_empty());
        }
    }
}

/// A node as JSON, so that the schema can be asked about it.
fn to_json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => json!(value),
        Kind::Number(digits) => serde_json::from_str(digits).unwrap(),
        Kind::Text(text) => json!(text),
        Kind::List(items) => items.iter().map(to_json).collect(),
        Kind::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.value))).collect::<Map<_, _>>().into()
        }
    }
}

fn as_json(yaml: &str) -> Option<Value> {
    document::read(yaml.as_bytes(), "x.yaml").ok().map(|document| to_json(&document.root))
}

/// Every document that differs from `value` in one place, with the place.
fn mutants(value: &Value) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> =
        [json!(null), json!(true), json!(7), json!("x y"), json!(""), json!([]), json!({}), json!({ "zzz": 1 })]
            .into_iter()
            .filter(|other| other != value)
            .map(|other| (format!(" = {other}"), other))
            .collect();
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                for (place, changed) in mutants(inner) {
                    let mut map = map.clone();
                    map.insert(key.clone(), changed);
                    found.push((format!("/{key}{place}"), map.into()));
                }
                let mut without = map.clone();
                without.remove(key);
                found.push((format!("/{key} removed"), without.clone().into()));
                without.insert(format!("{key}s"), inner.clone());
                found.push((format!("/{key} renamed"), without.into()));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                for (place, changed) in mutants(item) {
                    let mut items = items.clone();
                    items[at] = changed;
                    found.push((format!("/{at}{place}"), items.into()));
                }
            }
        }
        _ => {}
    }
    found
}

/// What only the reader can see: it depends on another place, or on what a glob, a pattern or a branch name may be.
fn beyond_the_schema(code: ProblemCode) -> bool {
    use ProblemCode::{BadPattern, OutsideType, TooLarge, UnknownFact, UnknownRole, Unreachable, WrongType};
    // A condition of another type than its fact's is a wrong type that the schema can't know.
    matches!(code, BadPattern | OutsideType | TooLarge | UnknownFact | UnknownRole | Unreachable | WrongType)
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let schema = Schema::new(SCHEMA);
    let (mut refused, mut only_the_reader) = (0, 0);
    assert_eq!(schema.refusal(&as_json(BUILT_IN).unwrap()), None);
    let valid = as_json(SMALL).unwrap();
    assert_eq!(schema.refusal(&valid), None);
    for (place, mutant) in mutants(&valid) {
        let read = policy::read(mutant.to_string().as_bytes(), "mutant.json");
        match (schema.refusal(&mutant), read) {
            (Some(why), Ok(_)) => panic!("{place}: the schema refuses what the reader takes: {why}"),
            (None, Err(problems)) => {
                let expressible: Vec<_> =
                    problems.list.iter().filter(|problem| !beyond_the_schema(problem.code)).collect();
                assert!(expressible.is_empty(), "{place}: the schema takes what the reader refuses:\n{problems}");
                only_the_reader += 1;
            }
            (Some(_), Err(_)) => refused += 1,
            (None, Ok(_)) => {}
        }
    }
    assert!(refused > 500 && only_the_reader > 10, "the mutants test nothing: {refused}, {only_the_reader}");
    for (name, find, replacement) in BROKEN {
        if let Some(value) = as_json(&broken(find, replacement))
            && schema.refusal(&value).is_some()
        {
            assert!(policy::read(broken(find, replacement).as_bytes(), "x.yaml").is_err(), "{name}");
        }
    }
}

/// The keys of a policy that extends no other one; that they must be there then is said by `anyOf`.
const OPTIONAL_ALONE: &[shape::Key] = &{
    let mut keys = [shape::POLICY_ALONE[0], shape::POLICY_ALONE[1], shape::POLICY_ALONE[2], shape::POLICY_ALONE[3]];
    let mut at = 0;
    while at < keys.len() {
        keys[at].required = false;
        at += 1;
    }
    keys
};

#[test]
fn the_schema_has_every_key_and_no_other() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let sections: &[(&str, &[Shape])] = &[
        ("", &[shape::POLICY, shape::Shape { name: "", keys: OPTIONAL_ALONE }]),
        ("/properties/branches", &[shape::BRANCHES]),
        ("/properties/ladder", &[shape::LADDER]),
        ("/properties/qualifies", &[shape::QUALIFIES]),
        ("/properties/merge_back", &[shape::MERGE_BACK]),
        ("/properties/close_requires", &[shape::CLOSE_REQUIRES]),
        ("/properties/roles/additionalProperties", &[shape::ROLE]),
        ("/properties/scope", &[shape::SCOPE]),
        ("/properties/approvals", &[shape::APPROVALS]),
        ("/properties/approvals/properties/also/additionalProperties", &[shape::ALSO]),
        ("/properties/overrides", &[shape::OVERRIDES]),
        ("/properties/normal_gates/additionalProperties", &[shape::NORMAL_GATE]),
        ("/properties/deadlines", &[shape::DEADLINES]),
        ("/properties/deadlines/properties/when_overdue", &[shape::DEMAND]),
        ("/properties/budget", &[shape::BUDGET]),
        ("/properties/budget/properties/steps/items", &[shape::BUDGET_STEP]),
        ("/properties/who_closes", &[shape::WHO_CLOSES]),
        ("/properties/tests/additionalProperties", &[shape::TEST]),
        ("/definitions/probe", &[shape::PROBE]),
        ("/definitions/rung", &[shape::RUNG]),
        ("/definitions/rung/properties/look_for", &[shape::LOOK_FOR]),
        ("/definitions/rung/properties/no_because/additionalProperties", &[shape::REASON]),
        ("/definitions/one_of", &[shape::FACT, shape::ONE_OF]),
        ("/definitions/number", &[shape::FACT, shape::NUMBER]),
        ("/definitions/bool_or_text", &[shape::FACT]),
        ("/definitions/rules/additionalProperties", &[shape::RULE]),
        ("/definitions/condition/anyOf/3", &[shape::RANGE]),
    ];
    for (place, shapes) in sections {
        let section = schema.pointer(place).unwrap_or_else(|| panic!("{place} is missing"));
        let keys = || shapes.iter().flat_map(|shape| shape.keys);
        let mut known: Vec<&str> = keys().map(|key| key.name).collect();
        let mut described: Vec<&str> = section["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        known.sort_unstable();
        described.sort_unstable();
        assert_eq!(described, known, "{place}");
        let mut must: Vec<&str> = keys().filter(|key| key.required).map(|key| key.name).collect();
        let mut required: Vec<&str> =
            section["required"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
        must.sort_unstable();
        required.sort_unstable();
        assert_eq!(required, must, "{place}");
        assert_eq!(section["additionalProperties"], false, "{place}");
        for (key, value) in section["properties"].as_object().unwrap() {
            assert!(
                value["description"].is_string() || *place == "/properties/ladder" || key == "severity",
                "{place}/{key} says nothing to the reader of an editor's hint"
            );
        }
    }
}

pub(crate) fn hotfix(history: &History, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotfix"))
        .args(arguments)
        .current_dir(history.path())
        .env("GIT_CEILING_DIRECTORIES", history.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn told(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"))
}

fn write_policy(history: &History, text: &str) {
    std::fs::create_dir_all(history.path().join("policy")).unwrap();
    std::fs::write(history.path().join("policy/hotfix.yaml"), text).unwrap();
}

#[test]
fn lint_says_valid_or_everything_that_is_wrong() {
    let history = History::checked_out("one : a = x; branch main");
    let absent = hotfix(&history, &["policy", "lint"]);
    assert_eq!(absent.status.code(), Some(4), "{absent:?}");
    assert!(String::from_utf8_lossy(&absent.stderr).contains("hotfix init"));

    write_policy(&history, SMALL);
    let valid = hotfix(&history, &["policy", "lint"]);
    assert_eq!(valid.status.code(), Some(0), "{valid:?}");
    assert_eq!(String::from_utf8_lossy(&valid.stdout), "policy/hotfix.yaml: valid, team version 1\n");

    write_policy(
        &history,
        &SMALL
            .replace("evidence: text", "evidence: txt")
            .replace("down, when: { severity: sev1 }", "down, when: { severity: sev9 }"),
    );
    let findings = hotfix(&history, &["policy", "lint"]);
    assert_eq!(findings.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8_lossy(&findings.stdout));
    let object = hotfix(&history, &["policy", "lint", "--format", "json"]);
    assert_eq!(object.status.code(), Some(1));
    let told = told(&object);
    assert_eq!((&told["command"], &told["exit"]["code"]), (&json!("policy lint"), &json!(1)));
    let places: Vec<_> = told["problems"].as_array().unwrap().iter().map(|p| (&p["code"], &p["line"])).collect();
    assert_eq!(places, [(&json!("unknown-value"), &json!(20)), (&json!("outside-type"), &json!(29))]);

    let elsewhere = hotfix(&history, &["policy", "lint", "../nothing.yaml"]);
    assert_eq!(elsewhere.status.code(), Some(4));
}

#[test]
fn a_policy_can_be_checked_outside_of_any_repository() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("p.yaml"), SMALL).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hotfix"))
        .args(["policy", "lint", "p.yaml"])
        .current_dir(directory.path())
        .env("GIT_CEILING_DIRECTORIES", directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn show_tells_where_the_policy_comes_from() {
    let history = History::checked_out("one : a = x; branch main");
    let built_in = hotfix(&history, &["policy", "show"]);
    assert_eq!(built_in.status.code(), Some(0), "{built_in:?}");
    insta::assert_snapshot!("policy_show_built_in", String::from_utf8_lossy(&built_in.stdout));
    let told = told(&hotfix(&history, &["policy", "show", "--format", "json"]));
    let pin = json!({ "name": "built-in", "version": 1, "main": "main" });
    assert_eq!((&told["pin"], &told["origin"]), (&pin, &json!("built in")));
    assert_eq!(told["policy"]["facts"][0]["name"], "severity");
}

#[test]
fn a_broken_policy_on_the_trusted_ref_decides_nothing() {
    let history = History::checked_out("one : policy/hotfix.yaml = format:_1 nmae:_team; branch main");
    let output = hotfix(&history, &["policy", "show"]);
    assert_eq!(output.status.code(), Some(4));
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(shown.contains("policy/hotfix.yaml:2:1") && shown.contains("did you mean \"name\"?"), "{shown}");
    let told = told(&hotfix(&history, &["policy", "show", "--format", "json"]));
    assert!(told["error"]["detail"].as_str().unwrap().contains("nmae"), "{told}");
}

#[test]
fn the_schema_is_printed_as_it_is() {
    let history = History::checked_out("one : a = x; branch main");
    let output = hotfix(&history, &["policy", "schema", "--format", "json"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), SCHEMA.as_bytes()));
}

#[test]
fn a_target_that_nobody_has_is_told() {
    let place = crate::place::Place::with_origin();
    crate::road::policy(&place, "main", "[release/*]");
    place.git(&["push", "-q", "origin", "main"]);
    let policy = std::fs::read_to_string(place.path().join("policy/hotfix.yaml")).unwrap();
    assert!(policy.contains("newer_release_lines]"), "{policy}");
    place.hotfix(&["policy", "lint"]).exits(0).never_says("no branch of that name");
    place.write("policy/hotfix.yaml", &policy.replace("newer_release_lines]", "newer_release_lnes]"));
    place.hotfix(&["policy", "lint"]).exits(1).says("did you mean \"newer_release_lines\"?");
    place.write("policy/hotfix.yaml", &policy.replace("newer_release_lines]", "develop]"));
    place.hotfix(&["policy", "lint"]).exits(0).says("Every fix must reach develop, and origin has no branch");
    place.git(&["push", "-q", "origin", "main:develop"]);
    place.hotfix(&["policy", "lint"]).exits(0).never_says("no branch of that name");
}
