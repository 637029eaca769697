//! What is asked about a fix: what proves that it works, and whether a flag guards it.

use crate::domain::event::Proof;
use crate::domain::identity::IncidentId;
use crate::domain::refusal::{Code, Refusal};
use crate::failure::Failure;
use crate::prompt::{Choice, Kind, Question, Reply};
use crate::session::Session;

/// A proof with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProofGiven {
    pub(super) kind: Proof,
    pub(super) text: String,
}

/// What the command line answered.
pub(super) struct Given {
    pub(super) proof: Option<ProofGiven>,
    pub(super) guarded_by_flag: Option<bool>,
}

/// All answers.
pub(super) struct Answers {
    pub(super) proof: ProofGiven,
    pub(super) guarded_by_flag: bool,
}

/// The kinds of proof: the word, what it means, what its text says.
const KINDS: &[(Proof, &str, &str, &str)] = &[
    (Proof::Test, "test", "a test fails without it and passes with it", "Which test?"),
    (Proof::Ci, "ci", "a run of continuous integration passed", "The link to the run?"),
    (Proof::Manual, "manual", "somebody tried it", "What was tried, and where?"),
    (Proof::Untested, "untested", "nothing proves it yet", "Untested, because …?"),
];

/// Reads `KIND=TEXT`.
pub(super) fn parse_proof(text: &str) -> Result<ProofGiven, String> {
    let kinds = || KINDS.iter().map(|(_, word, ..)| *word).collect::<Vec<_>>().join(", ");
    let (word, text) = text.split_once('=').unwrap_or((text, ""));
    let Some((kind, word, _, asks)) = KINDS.iter().find(|(_, known, ..)| *known == word) else {
        return Err(format!("the kinds are {}", kinds()));
    };
    match text.trim() {
        "" => Err(format!("say it in words: {word}=TEXT ({asks})")),
        text => Ok(ProofGiven { kind: *kind, text: text.to_owned() }),
    }
}

/// Reads `yes` or `no`.
pub(super) fn parse_yes_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no".to_owned()),
    }
}

/// Asks for what was not given. What stays open is a refusal with the flags that answer it.
pub(super) fn ask(
    id: &IncidentId,
    range: &[String],
    given: Given,
    evidence: &[String],
    session: &Session,
) -> Result<Result<Answers, Refusal>, Failure> {
    let Given { mut proof, mut guarded_by_flag } = given;
    if session.interactive() {
        if proof.is_none() {
            proof = ask_proof(evidence, session)?;
        }
        if guarded_by_flag.is_none() {
            guarded_by_flag = ask_flag(session)?;
        }
    }
    Ok(match (proof, guarded_by_flag) {
        (Some(proof), Some(guarded_by_flag)) => Ok(Answers { proof, guarded_by_flag }),
        (proof, flag) => Err(missing(id, range, proof.is_none(), flag.is_none())),
    })
}

fn missing(id: &IncidentId, range: &[String], proof: bool, flag: bool) -> Refusal {
    let open = match (proof, flag) {
        (true, true) => "what proves that it works, and whether a flag guards it",
        (true, false) => "what proves that it works",
        _ => "whether a flag guards it",
    };
    let range: String = range.iter().map(|part| format!(" {part}")).collect();
    let proof = if proof { " --proof test|ci|manual|untested=TEXT" } else { " --proof …" };
    let flag = if flag { " --guarded-by-flag yes|no" } else { " --guarded-by-flag …" };
    let next = format!("hotfix fix {id}{range}{proof}{flag}");
    Refusal::new(Code::AnswersMissing, format!("the fix is not attached yet: say {open}"), next)
}

fn ask_proof(evidence: &[String], session: &Session) -> Result<Option<ProofGiven>, Failure> {
    loop {
        let choices =
            KINDS.iter().map(|(_, word, means, _)| Choice { value: (*word).to_owned(), means: (*means).to_owned() });
        let kind = session.ask(&Question {
            title: "What proves that the fix works?",
            help: Some("\"untested\" is an honest answer; it is recorded with its reason."),
            evidence,
            kind: Kind::Choose(choices.collect()),
            default: None,
        })?;
        let Reply::Value(word) = kind else { return Ok(None) };
        let asks = KINDS.iter().find(|(_, known, ..)| *known == word).map_or("", |(.., asks)| asks);
        let text =
            session.ask(&Question { title: asks, help: None, evidence: &[], kind: Kind::Text(None), default: None })?;
        match text {
            Reply::Back => {}
            Reply::NotSure => return Ok(None),
            Reply::Value(text) => return Ok(parse_proof(&format!("{word}={text}")).ok()),
        }
    }
}

fn ask_flag(session: &Session) -> Result<Option<bool>, Failure> {
    let reply = session.ask(&Question {
        title: "Does a flag guard the fix, so that it can be switched off?",
        help: None,
        evidence: &[],
        kind: Kind::YesNo,
        default: None,
    })?;
    Ok(match reply {
        Reply::Value(value) => parse_yes_no(&value).ok(),
        Reply::NotSure | Reply::Back => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_has_a_kind_and_words() {
        let read = parse_proof("ci=https://ci.example.org/1?a=b").expect("a proof");
        assert_eq!((read.kind, read.text.as_str()), (Proof::Ci, "https://ci.example.org/1?a=b"));
        for bad in ["", "test", "test=", "test= ", "guess=x", "Test=x"] {
            assert!(parse_proof(bad).is_err(), "{bad:?}");
        }
    }
}
