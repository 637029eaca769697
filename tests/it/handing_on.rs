//! `hotfix show --format markdown|html`: the page of an incident that people paste into the chat, the ticket and the wiki.

use crate::place::{ANALYSIS, GRACE, Place};
use crate::road::QUALIFIES;

/// What a name, a reason, a proof and an analysis hold when somebody means harm.
const HARM: &str = "<script>alert(1)</script> [x](javascript:alert(2)) ![x](https://evil.example/p.png) @all `$(rm)` **b** | \u{1b}[2J \u{202e}";
const LINK: &str = "https://ci.example.com/run?id=7&part=2";

/// An incident that went the whole road but for its end, with something hostile wherever people type.
fn incident() -> Place {
    let place = Place::new();
    place.commit("shop.rs", "one\n", "The shop");
    place.git(&["tag", "v1.0.0"]);
    place.git(&["switch", "-q", "-c", "release/1.1"]);
    place.commit("shop.rs", "broken\n", "Faster");
    place.git(&["tag", "v1.1.0"]);
    let evidence = format!("roll-back.evidence={LINK} {HARM}");
    let tried = [&["--set", "roll-back=tried", "--set", &evidence], &QUALIFIES[2..]].concat();
    place.hotfix(&[&["check", "INC-42"][..], &tried].concat()).exits(0);
    place.git(&["switch", "-q", "-c", "hotfix/INC-42"]);
    place.commit("shop.rs", "three\n", "The fix");
    let proof = format!("test={HARM}");
    place.hotfix(&["fix", "INC-42", "HEAD", "--proof", &proof, "--guarded-by-flag", "no"]).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.hotfix(&["severity", "INC-42", "sev2", "--reason", HARM]).exits(0);
    place.git(&["switch", "-q", "release/1.1"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-42"]);
    place.git(&["tag", "v1.1.1"]);
    place.git(&["switch", "-q", "main"]);
    place.git(&["merge", "-q", "--no-ff", "-m", "Merge back", "hotfix/INC-42"]);
    place.hotfix(&["deployed", "INC-42", "--release", "v1.1.1"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    place.hotfix(&["verify", "INC-42"]).exits(0);
    // An analysis with control characters is refused.
    let harm = HARM.replace(['\u{1b}', '\u{202e}'], "");
    let analysis = ANALYSIS
        .replace("## Impact\n", &format!("{harm}\n\n# </pre>{harm}\n- {harm}\n\n```\n{harm}\n```\n\n## Impact\n"));
    std::fs::write(place.beside("rca.md"), analysis).unwrap();
    place.hotfix(&["rca", "INC-42", "--from", place.beside("rca.md").to_str().unwrap()]).exits(0);
    place
}

fn page(place: &Place, format: &str) -> String {
    place.hotfix(&["show", "INC-42", "--format", format]).exits(0).out
}

#[test]
fn the_page_of_an_incident_in_markdown_and_html() {
    let place = incident();
    for (format, name) in [("markdown", "handed_on_markdown"), ("html", "handed_on_html")] {
        let mut settings = insta::Settings::clone_current();
        for (pattern, steady) in [
            (r"(?s)<style>.*</style>", "[style]"),
            (r"\b[0-9a-f]{40}\b", "[commit]"),
            (r"\b[0-9a-f]{10}\b", "[short-id]"),
            (r"\b\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d", "[now]"),
            (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", "[moment]"),
        ] {
            settings.add_filter(pattern, steady);
        }
        let shown = page(&place, format);
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

#[test]
fn nothing_that_people_typed_is_markup_on_either_page() {
    let place = incident();
    let html = page(&place, "html");
    let body = html.split("<main>").nth(1).unwrap();
    for harm in ["<script", "<img", "href=\"javascript", "</pre>&lt", "\u{1b}", "\u{202e}"] {
        assert!(!body.contains(harm), "{harm:?} in {html}");
    }
    let shown_link = LINK.replace('&', "&amp;");
    assert!(html.contains(&format!("<a href=\"{shown_link}\" rel=\"noopener noreferrer nofollow\">")));
    // Every tag is one of ours, and every element that was opened is closed.
    let tag = regex::Regex::new("<(/?)([a-zA-Z!][a-z0-9]*)([^>]*)>").unwrap();
    let mut open: Vec<String> = Vec::new();
    for found in tag.captures_iter(&html) {
        let (name, attributes) = (found[2].to_owned(), &found[3]);
        let known = attributes.is_empty() || ["meta", "a", "th", "div", "html", "!doctype"].contains(&name.as_str());
        assert!(known, "{}", &found[0]);
        match (&found[1], name.as_str()) {
            (_, "meta" | "!doctype") => {}
            ("/", _) => assert_eq!(open.pop().as_ref(), Some(&name)),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");

    let markdown = page(&place, "markdown");
    for harm in ["<script", "\u{1b}", "\u{202e}", " @all"] {
        let outside: String = markdown.split("```").step_by(2).collect();
        assert!(!outside.contains(harm), "{harm:?} in {markdown}");
    }
    let unescaped = regex::Regex::new(r"(^|[^\\])(\]\(|\*\*b\*\*|!\[)").unwrap();
    let outside: Vec<&str> = markdown.split("```").step_by(2).collect();
    assert!(!unescaped.is_match(&outside.join("")), "{markdown}");
}

#[test]
fn what_was_cut_out_stays_cut_out() {
    let place = incident();
    let log = place.json(&["log", "INC-42"]);
    // An analysis with control characters is refused.
    let analysis =
        log["events"].as_array().unwrap().iter().rfind(|line| line["event"]["kind"] == "rca-recorded").unwrap();
    place.hotfix(&["redact", analysis["event"]["id"].as_str().unwrap()]).exits(0);
    for format in ["markdown", "html"] {
        let shown = page(&place, format);
        assert!(shown.contains("text not here: redacted, or never fetched"), "{shown}");
        assert!(!shown.contains("left its first item out"), "{shown}");
    }
}

#[test]
fn a_command_without_a_page_says_so_before_it_records_anything() {
    let place = incident();
    let before = place.git(&["rev-parse", "refs/hotfix/ledger"]);
    for format in ["markdown", "html", "csv"] {
        let said = place.hotfix(&["tested", "INC-42", "--format", format]).exits(2);
        said.says("tested answers only as text, json").says("hotfix show INCIDENT --format html");
    }
    place.hotfix(&["show", "INC-7", "--format", "html"]).exits(2).says("no incident is named INC-7");
    assert_eq!(place.git(&["rev-parse", "refs/hotfix/ledger"]), before);
}
