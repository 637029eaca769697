//! Sync against real servers on loopback, each with the printed `update` hook on. `.ci/run` runs this; it needs an sshd.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::disallowed_methods, reason = "tests run programs and tell the time")]

mod http;
#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../it/place.rs"]
mod place;
mod ssh;

use std::path::{Path, PathBuf};

use serde_json::Value;

use place::{ADA, ANALYSIS, GRACE, Place, Said, said};

const LEDGER: &str = "refs/hotfix/ledger";
const TEXT: &str = "refs/hotfix/text";

/// A remote behind a server, and two clones that reach it by its URL.
struct Team {
    place: Place,
    ada: PathBuf,
    grace: PathBuf,
}

impl Team {
    /// `url` makes the remote's URL out of the directory that `origin.git` lies in; `config` is set in every clone.
    fn new(url: impl FnOnce(&Path) -> String, config: &[(&str, &str)]) -> Self {
        let place = Place::with_origin();
        place.commit("shop.rs", "one\n", "The shop");
        place.git(&["push", "-q", "origin", "main"]);
        let beside = place.beside("");
        let url = format!("{}/origin.git", url(&beside));
        let settings: Vec<String> = config.iter().map(|(name, value)| format!("{name}={value}")).collect();
        for name in ["ada", "grace"] {
            let mut arguments = vec!["clone", "-q"];
            settings.iter().for_each(|setting| arguments.extend(["--config", setting]));
            arguments.extend([url.as_str(), name]);
            place.git_in(&beside, &arguments);
        }
        let team = Self { ada: place.beside("ada"), grace: place.beside("grace"), place };
        let hook = team.hotfix(&team.ada, &["init", "--server-hook"]).exits(0).out;
        let file = team.place.beside("origin.git/hooks/update");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, hook).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        team
    }

    fn hotfix(&self, directory: &Path, arguments: &[&str]) -> Said {
        let person = if directory == self.ada { ADA } else { GRACE };
        said(self.place.command(env!("CARGO_BIN_EXE_hotfix"), directory, person).args(arguments))
    }

    fn json(&self, directory: &Path, arguments: &[&str]) -> Value {
        let said = self.hotfix(directory, &[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
    }

    fn tip(&self, directory: &Path, name: &str) -> String {
        self.place.git_in(directory, &["rev-parse", name])
    }

    /// Everything that two people do who reach the remote through this server.
    fn works_together(&self) {
        let origin = self.place.beside("origin.git");
        self.hotfix(&self.ada, &["init"]).exits(0).says("The ledger began on origin");
        self.hotfix(&self.grace, &["sync"]).exits(0).says("1 event received");
        let check =
            |directory: &Path, id: &str| self.hotfix(directory, &["check", id, "--set", "roll-back=yes"]).exits(1);
        assert_eq!(check(&self.ada, "INC-1").err, "");
        // Grace does not know of it: what she records is joined.
        assert_eq!(check(&self.grace, "INC-2").err, "");
        std::fs::write(self.grace.join("rca.md"), ANALYSIS).unwrap();
        assert_eq!(self.hotfix(&self.grace, &["rca", "INC-1", "--from", "rca.md"]).exits(0).err, "");
        self.hotfix(&self.ada, &["sync"]).exits(0).says("2 events received");
        let tips = [&self.ada, &self.grace, &origin].map(|directory| self.tip(directory, LEDGER));
        assert!(tips[0] == tips[1] && tips[1] == tips[2], "{tips:?}");
        let shown = self.json(&self.ada, &["show", "INC-1"]);
        assert!(shown["texts"]["analysis"].is_string(), "{shown:#}");
        // The hook holds against force, and lets erasure through.
        let event = shown["incident"]["analysis"]["by"]["event"].as_str().unwrap();
        assert_eq!(self.hotfix(&self.ada, &["redact", event]).exits(0).err, "");
        assert_eq!(self.tip(&origin, TEXT), self.tip(&self.ada, TEXT));
        for refspec in [format!("+{LEDGER}~1:{LEDGER}"), format!(":{LEDGER}")] {
            let push = said(self.place.command("git", &self.ada, ADA).args(["push", "origin", &refspec]));
            push.exits(1).says("hotfix: the ledger");
        }
        assert_eq!(self.tip(&origin, LEDGER), self.tip(&self.ada, LEDGER));
    }
}

#[test]
fn a_bare_repository() {
    Team::new(|directory| format!("file://{}", directory.display()), &[]).works_together();
}

#[test]
fn ssh() {
    let keys = tempfile::tempdir().unwrap();
    let sshd = ssh::start(keys.path());
    let url = |directory: &Path| format!("ssh://127.0.0.1:{}{}", sshd.port, directory.display());
    let team = Team::new(url, &[("core.sshCommand", &sshd.command)]);
    team.works_together();
    // Nobody is there to be asked for a password: it is said, and work goes on.
    team.place.git_in(&team.ada, &["config", "core.sshCommand", &sshd.command.replace("/key ", "/host ")]);
    team.hotfix(&team.ada, &["sync"]).exits(3).says("Permission denied");
}

#[test]
fn smart_http() {
    let url = |directory: &Path| http::serve(directory);
    let team = Team::new(url, &[]);
    team.works_together();
    // A body too large for one piece is sent in chunks.
    team.place.git_in(&team.grace, &["config", "http.postBuffer", "65536"]);
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{} ", state >> 50)
    };
    let noise: String = (0..45_000).map(|_| noise()).collect();
    std::fs::write(team.grace.join("rca.md"), ANALYSIS.replace("A loop.", &noise)).unwrap();
    assert_eq!(team.hotfix(&team.grace, &["rca", "INC-2", "--from", "rca.md"]).exits(0).err, "");
}
