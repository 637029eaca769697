//! Who said it: events are signed as git signs commits, and under `identity: signed` only those count that their actor signed.

use std::process::Command;

use crate::place::{ADA, GRACE, Place, Said, said};
use crate::road::QUALIFIES;

pub const EVE: (&str, &str) = ("Eve", "eve@example.com");

/// A shop whose policy counts only what is signed, with a key for each person.
pub struct Team {
    pub place: Place,
}

impl Team {
    /// Ada's and Grace's keys are on main; Eve has one that is not.
    pub fn new() -> Self {
        let team = Self { place: Place::new() };
        ["ada", "grace", "eve"].iter().for_each(|name| team.make_key(name, "ed25519"));
        team.place.commit("shop.rs", "one\n", "The shop");
        team.place.git(&["tag", "v1.0.0"]);
        team.signers(&format!("{}{}", team.line("ada", ""), team.line("grace", "")));
        team.identity("signed");
        team
    }

    pub fn make_key(&self, name: &str, kind: &str) {
        let file = self.key(name);
        let mut keygen = Command::new("ssh-keygen");
        said(keygen.args(["-q", "-t", kind, "-N", "", "-C", name, "-f", &file])).exits(0);
    }

    /// The path of a person's private key.
    pub fn key(&self, name: &str) -> String {
        self.place.beside(name).to_str().unwrap().to_owned()
    }

    fn public(&self, name: &str) -> String {
        std::fs::read_to_string(format!("{}.pub", self.key(name))).unwrap()
    }

    pub fn fingerprint(&self, name: &str) -> String {
        let said = said(Command::new("ssh-keygen").args(["-lf", &format!("{}.pub", self.key(name))])).exits(0);
        said.out.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// A line of the file of allowed signers.
    pub fn line(&self, name: &str, options: &str) -> String {
        format!("{name}@example.com {options} {}", self.public(name))
    }

    /// Brings the keys to main.
    pub fn signers(&self, text: &str) {
        self.place.commit("policy/allowed_signers", text, "Keys");
    }

    /// Brings the policy's word to main.
    pub fn identity(&self, word: &str) {
        let built_in = include_str!("../../policy/hotfix.yaml").replace("name: built-in", "name: shop");
        let (before, _) = built_in.split_once("\nidentity:").unwrap();
        self.place.commit("policy/hotfix.yaml", &format!("{before}\nidentity: {word}\n"), "Policy");
    }

    /// Runs the program as a person with a key of their own, or somebody else's.
    pub fn by(&self, person: (&str, &str), key: &str, arguments: &[&str]) -> Said {
        said(&mut self.command(person, &self.key(key), arguments))
    }

    pub fn command(&self, person: (&str, &str), key: &str, arguments: &[&str]) -> Command {
        let mut command = self.place.command(env!("CARGO_BIN_EXE_hotfix"), &self.place.path(), person);
        command.args(arguments).env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", "user.signingkey").env("GIT_CONFIG_VALUE_0", key);
        command
    }

    pub fn check(&self, person: (&str, &str), key: &str, incident: &str) -> Said {
        self.by(person, key, &[&["check", incident], QUALIFIES].concat())
    }

    /// What the log says does not count, and why.
    pub fn doubts(&self) -> Vec<String> {
        let log = self.place.json(&["log"]);
        let events = log["events"].as_array().unwrap();
        events.iter().filter_map(|event| Some(event["does_not_count"].as_str()?.to_owned())).collect()
    }

    /// The incidents that the record holds for true.
    pub fn incidents(&self) -> Vec<String> {
        let status = self.place.json(&["status", "--all"]);
        let mut found: Vec<_> =
            status["incidents"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        found.sort();
        found
    }
}

#[test]
fn what_its_actor_signed_counts() {
    let team = Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    team.by(GRACE, "grace", &["restored", "INC-1", "--by", "other"]).exits(0);
    assert_eq!((team.doubts(), team.incidents()), (vec![], vec!["INC-1".to_owned()]));
    // Git agrees: these are commits as it signs them.
    let signers = team.place.path().join("policy/allowed_signers");
    let config = format!("gpg.ssh.allowedSignersFile={}", signers.display());
    team.place.git(&["-c", &config, "verify-commit", "refs/hotfix/ledger"]);
    team.place.git(&["-c", &config, "verify-commit", "refs/hotfix/ledger~2"]);
}

#[test]
fn what_nobody_signed_opens_no_gate() {
    let team = Team::new();
    team.place.git(&["config", "hotfix.sign", "false"]);
    let said = team.check(ADA, "ada", "INC-1").exits(4);
    said.says("it is recorded, and does not count: it is not signed").says("git config --unset hotfix.sign");
    assert_eq!((team.doubts(), team.incidents()), (vec!["it is not signed".to_owned()], vec![]));
    team.by(ADA, "ada", &["start", "INC-1"]).exits(2).says("no incident is named INC-1");
    team.place.git(&["config", "--unset", "hotfix.sign"]);
    team.check(ADA, "ada", "INC-1").exits(0);
    assert_eq!(team.incidents(), ["INC-1"]);
}

#[test]
fn an_unknown_key_opens_no_gate() {
    let team = Team::new();
    team.check(EVE, "eve", "INC-1").exits(4).says("a key that is not on the trusted branch").says("hotfix keys");
    assert_eq!(team.incidents(), [""; 0]);
    // A file of allowed signers in the work tree is not the one that counts.
    team.place.write("policy/allowed_signers", &team.line("eve", ""));
    assert_eq!(team.incidents(), [""; 0]);
}

#[test]
fn a_forged_author_opens_no_gate() {
    let team = Team::new();
    // Grace's key is good, and says nothing about Ada; git's own verify-commit is content with it.
    team.check(ADA, "grace", "INC-1").exits(4).says("a key that does not speak for its actor");
    assert_eq!(team.incidents(), [""; 0]);
}

#[test]
fn a_backdated_event_gains_nothing_from_a_key_that_expired() {
    let team = Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let expired = team.line("grace", "valid-before=\"20260101Z\"");
    team.signers(&format!("{}{expired}", team.line("ada", "")));
    team.by(GRACE, "grace", &["restored", "INC-1", "--by", "other"]).exits(4).says("outside of the time");
    // The event's own time is of its author's choosing: here it claims to be older than the key's end.
    let tip = team.place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let honest = team.place.git(&["cat-file", "commit", &tip]);
    let (headers, message) = honest.split_once("\n\n").unwrap();
    let at = message.split_once("\"at\":\"").unwrap().1.split_once('"').unwrap().0;
    let message = message.replace(at, "2025-06-01T00:00:00Z");
    let parent = headers.lines().find_map(|line| line.strip_prefix("parent ")).unwrap();
    let file = team.place.beside("message");
    std::fs::write(&file, format!("{message}\n")).unwrap();
    let mut forge = team.place.command("git", &team.place.path(), GRACE);
    forge.env("GIT_AUTHOR_DATE", "@1748736000 +0000").env("GIT_COMMITTER_DATE", "@1748736000 +0000");
    forge.args(["-c", "gpg.format=ssh", "-c", &format!("user.signingkey={}", team.key("grace")), "commit-tree"]);
    forge.args(["-S", "-p", parent, "-F", file.to_str().unwrap(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904"]);
    let forged = said(&mut forge).exits(0).out;
    team.place.git(&["update-ref", "refs/hotfix/ledger", forged.trim()]);
    // It is what this program would have written, and stands on what is younger than the key's end.
    assert_eq!(team.doubts().len(), 1, "{:?}", team.doubts());
    assert!(team.doubts()[0].contains("outside of the time"), "{:?}", team.doubts());
}

#[test]
fn a_signature_of_something_else_is_no_good() {
    let team = Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let tip = team.place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let honest = team.place.git(&["cat-file", "commit", &tip]);
    // Ada's own signature, under an event that she never made.
    let forged = honest.replace("INC-1", "INC-2");
    let file = team.place.beside("forged");
    std::fs::write(&file, format!("{forged}\n")).unwrap();
    let forged = team.place.git(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
    team.place.git(&["update-ref", "refs/hotfix/ledger", &forged]);
    assert_eq!(team.doubts(), ["its signature is no good: it is not of these bytes"]);
    assert_eq!(team.incidents(), [""; 0]);
}

#[test]
fn signed_events_can_not_be_deleted_reordered_or_played_again_elsewhere() {
    let team = Team::new();
    for incident in ["INC-1", "INC-2", "INC-3"] {
        team.check(ADA, "ada", incident).exits(0);
    }
    let audit = || {
        let report = team.place.json(&["audit"]);
        let codes = report["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(audit(), [""; 0]);
    let id = |revision: &str| team.place.git(&["rev-parse", revision]);
    let (last, middle, first) = (id("refs/hotfix/ledger"), id("refs/hotfix/ledger~1"), id("refs/hotfix/ledger~2"));
    let on = |event: &str, from: &str, to: &str| {
        let honest = team.place.git(&["cat-file", "commit", event]);
        let file = team.place.beside("moved");
        std::fs::write(&file, format!("{}\n", honest.replace(from, to))).unwrap();
        team.place.git(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()])
    };
    // The middle one is taken out.
    let shorter = on(&last, &middle, &first);
    team.place.git(&["update-ref", "refs/hotfix/ledger", &shorter]);
    assert_eq!((audit(), team.incidents()), (vec!["does-not-count".to_owned()], vec!["INC-1".to_owned()]));
    // The last two change places: neither signature fits its place.
    let reordered = on(&middle, &first, &shorter);
    team.place.git(&["update-ref", "refs/hotfix/ledger", &reordered]);
    assert_eq!(audit(), ["does-not-count", "does-not-count"]);
    // The same bytes once more, on another ledger of the same team.
    let other = Team::new();
    other.check(ADA, "ada", "INC-9").exits(0);
    other.place.git(&["fetch", "-q", team.place.path().to_str().unwrap(), &format!("{last}:refs/heads/foreign")]);
    let tip = other.place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let honest = other.place.git(&["cat-file", "commit", &last]);
    let file = other.place.beside("moved");
    std::fs::write(&file, format!("{}\n", honest.replace(&middle, &tip))).unwrap();
    let played = other.place.git(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
    other.place.git(&["update-ref", "refs/hotfix/ledger", &played]);
    assert_eq!(other.incidents(), ["INC-9"]);
}

#[test]
fn a_person_revokes_their_own_key_from_an_event_on() {
    let team = Team::new();
    team.make_key("new", "ed25519");
    let new = team.line("new", "").replace("new@", "ada@");
    team.signers(&format!("{}{}{new}", team.line("ada", ""), team.line("grace", "")));
    team.check(ADA, "ada", "INC-1").exits(0);
    // The thief.
    team.by(ADA, "ada", &["restored", "INC-1", "--by", "other"]).exits(0);
    let theft = team.place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let (key, reason) = (team.fingerprint("ada"), ["--reason", "the laptop was stolen"]);
    team.by(ADA, "new", &[&["keys", "revoke", &key, "--from", &theft], &reason[..]].concat()).exits(0).says("revoked");
    assert_eq!(team.doubts(), [format!("it is signed with a key that Ada revoked ({key})")]);
    assert_eq!(team.incidents(), ["INC-1"], "what was signed before stays");
    // Whatever time the thief names, what comes later does not count.
    team.by(ADA, "ada", &["restored", "INC-1", "--by", "hotfix"]).exits(4).says("that Ada revoked");
    team.by(ADA, "new", &["restored", "INC-1", "--by", "hotfix"]).exits(0);
}

#[test]
fn the_key_of_somebody_else_is_revoked_by_two() {
    let team = Team::new();
    let line = |name| team.line(name, "");
    team.signers(&format!("{}{}{}", line("ada"), line("grace"), line("eve")));
    team.check(EVE, "eve", "INC-1").exits(0);
    let key = team.fingerprint("eve");
    let revoke = ["keys", "revoke", &key, "--reason", "she left"];
    team.by(ADA, "ada", &revoke).exits(0).says("a second person is wanted");
    team.by(ADA, "ada", &revoke).exits(0).says("a second person is wanted");
    team.by(EVE, "eve", &["restored", "INC-1", "--by", "other"]).exits(0);
    team.by(GRACE, "grace", &revoke).exits(0).says("revoked");
    // From the first word on: what she said after it does not count, what she said before does.
    assert_eq!(team.doubts().len(), 1);
    assert_eq!(team.incidents(), ["INC-1"]);
    team.by(EVE, "eve", &["keys", "revoke", &team.fingerprint("ada"), "--reason", "she had it coming"]).exits(4);
    team.check(ADA, "ada", "INC-2").exits(0);
}

#[test]
fn what_was_recorded_before_the_team_began_to_sign_stands() {
    let team = Team::new();
    team.identity("unverified");
    team.check(ADA, "ada", "INC-1").exits(0);
    team.check(ADA, "ada", "INC-2").exits(0);
    let log = team.place.json(&["log"]);
    let last = log["events"].as_array().unwrap().last().unwrap()["event"]["id"].as_str().unwrap().to_owned();
    team.identity("signed");
    assert_eq!(team.incidents(), [""; 0], "the policy names no event, so nothing unsigned counts");
    team.identity(&format!("{{ signed_after: {last} }}"));
    assert_eq!(team.incidents(), ["INC-1", "INC-2"]);
    team.place.git(&["config", "hotfix.sign", "false"]);
    team.check(ADA, "ada", "INC-3").exits(4).says("not signed");
}

#[test]
fn the_policy_of_an_incident_can_not_loosen_it() {
    let team = Team::new();
    // A newer policy that can't be read must not open the gates either.
    team.place.commit("policy/hotfix.yaml", "format: 1\nname: [\n", "Oops");
    team.place.git(&["config", "hotfix.sign", "false"]);
    team.place.hotfix(&["keys"]).exits(0).says("only what its actor signed");
}

#[test]
fn without_a_key_nothing_is_recorded_and_the_way_out_is_told() {
    let team = Team::new();
    let said = team.check(ADA, "nobody", "INC-1").exits(4);
    said.says("failed to sign the event, so nothing was recorded").says("user.signingkey").says("ssh-add -l");
    assert!(!team.place.path().join(".git/refs/hotfix/ledger").exists());
}

#[test]
fn every_kind_of_key_and_an_agent_will_do() {
    let team = Team::new();
    for (name, kind) in [("p256", "ecdsa"), ("rsa", "rsa")] {
        team.make_key(name, kind);
    }
    let line = |name: &str| team.line(name, "namespaces=\"git\"").replace(&format!("{name}@"), "ada@");
    team.signers(&format!("{}{}{}", line("ada"), line("p256"), line("rsa")));
    team.check(ADA, "p256", "INC-1").exits(0);
    team.check(ADA, "rsa", "INC-2").exits(0);
    // The private key is with the agent alone, and git is given the public one.
    let socket = team.place.beside("agent");
    let mut agent =
        Command::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(std::process::Stdio::null()).spawn().unwrap();
    // The socket is there before the agent listens on it: 2 says that nobody answers.
    while said(Command::new("ssh-add").env("SSH_AUTH_SOCK", &socket).arg("-l")).code == 2 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    said(Command::new("ssh-add").env("SSH_AUTH_SOCK", &socket).args(["-q", &team.key("ada")])).exits(0);
    std::fs::remove_file(team.key("ada")).unwrap();
    let key = format!("key::{}", team.public("ada").trim());
    let checked =
        said(team.command(ADA, &key, &[&["check", "INC-3"], QUALIFIES].concat()).env("SSH_AUTH_SOCK", &socket));
    agent.kill().unwrap();
    agent.wait().unwrap();
    checked.exits(0);
    assert_eq!((team.doubts(), team.incidents().len()), (vec![], 3));
}

#[test]
fn whoever_signs_commits_signs_events_too() {
    let team = Team::new();
    team.identity("unverified");
    team.check(ADA, "nobody", "INC-1").exits(0);
    team.place.git(&["config", "gpg.format", "ssh"]);
    team.place.git(&["config", "commit.gpgSign", "true"]);
    team.check(ADA, "nobody", "INC-2").exits(4);
    team.check(ADA, "ada", "INC-2").exits(0);
    assert!(team.place.git(&["cat-file", "commit", "refs/hotfix/ledger"]).contains("gpgsig -----BEGIN SSH SIGNATURE"));
}

#[test]
fn what_was_checked_is_kept_and_a_damaged_file_is_ignored() {
    let team = Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let seals = team.place.path().join(".git/hotfix/seals");
    for content in [&b""[..], b"hotfix seals 1\n\n", b"hotfix seals 2\n\nxx", &[0; 300]] {
        std::fs::write(&seals, content).unwrap();
        assert_eq!((team.doubts(), team.incidents().len()), (vec![], 1));
    }
}

#[test]
fn garbage_that_nobody_of_the_team_signed_keeps_no_gate_closed() {
    let team = Team::new();
    team.check(ADA, "ada", "INC-1").exits(0);
    let tip = team.place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let garbage = team.place.git(&["commit-tree", "-p", &tip, "-m", "garbage", empty]);
    team.place.git(&["update-ref", "refs/hotfix/ledger", &garbage]);
    team.by(ADA, "ada", &["status"]).exits(0).says("1 of the ledger's events do not count");
    // Where all count, it may be the word that forbids.
    team.identity("unverified");
    team.by(ADA, "ada", &["status"]).exits(4).says("can't be read");
}
