//! The hooks that the program prints, in a real bare repository that people push to.

use std::path::PathBuf;

use super::{FIXED, Scene};
use crate::place::{ADA, GRACE, Place, Said, said};
use crate::road::QUALIFIES;

/// A command that finds the program on its path, as a server's hook does.
pub(crate) fn with_program(
    place: &Place,
    program: &str,
    directory: &str,
    person: (&str, &str),
) -> std::process::Command {
    let mut command = place.command(program, &place.beside(directory), person);
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hotfix"));
    let mut path = vec![binary.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    command.env("PATH", std::env::join_paths(path).unwrap());
    command
}

impl Scene {
    /// The same, with a hook on the server; what was recorded is there too.
    pub(super) fn guarded(self, hook: &str) -> Self {
        self.place.hotfix(&["sync"]).exits(0);
        install(&self.place, "origin.git", hook);
        self
    }

    pub(super) fn push(&self, refs: &[&str]) -> Said {
        said(with_program(&self.place, "git", "shop", ADA).args(["push", "origin"]).args(refs))
    }

    fn sync(&self) {
        said(with_program(&self.place, "hotfix", "shop", ADA).arg("sync")).exits(0);
    }

    fn server(&self, arguments: &[&str]) -> String {
        self.place.git_in(&self.place.beside("origin.git"), arguments)
    }
}

fn install(place: &Place, repository: &str, hook: &str) {
    let text = said(with_program(place, "hotfix", repository, ADA).args(["gate", "--print-hook", hook])).exits(0).out;
    let directory = place.beside(repository).join(if repository.ends_with(".git") { "hooks" } else { ".git/hooks" });
    let file = directory.join(hook);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(&file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

const SERVER: [&str; 2] = ["pre-receive", "update"];

#[test]
fn the_push_that_may_pass_passes_and_the_one_that_may_not_is_told_why() {
    for hook in SERVER {
        let scene = Scene::attached().guarded(hook);
        let said = scene.push(&["HEAD:release/1.2"]).exits(1);
        said.says("approval-missing").says("hotfix approve INC-42").says("hotfix sync, then push again");
        scene.approve();
        scene.sync();
        scene.push(&["HEAD:release/1.2"]).exits(0);
        scene.place.commit("quick.rs", "x\n", "INC-42: one thing more");
        scene.push(&["HEAD:release/1.2"]).exits(1).says("change-unrecorded").says("hotfix fix INCIDENT");
        // Nobody's business.
        let said = scene.push(&["HEAD:topic", "HEAD:refs/tags/nightly"]).exits(0);
        assert!(!said.err.contains("remote:"), "{}", said.err);
        assert_eq!(scene.server(&["rev-parse", "topic"]), scene.place.git(&["rev-parse", "HEAD"]));
    }
}

#[test]
fn what_was_recorded_may_come_with_the_push() {
    let scene = Scene::attached().guarded("pre-receive");
    // Approved where nobody reached the server; one push brings both.
    let away = scene.place.beside("away.git");
    std::fs::rename(scene.place.beside("origin.git"), &away).unwrap();
    scene.approve();
    std::fs::rename(&away, scene.place.beside("origin.git")).unwrap();
    scene.push(&["HEAD:release/1.2"]).exits(1).says("approval-missing");
    scene.push(&["HEAD:release/1.2", "refs/hotfix/ledger"]).exits(0);
    // One ref that may not move stops all of them, the ledger too.
    scene.place.commit("quick.rs", "x\n", "More");
    scene.place.hotfix(&["deployed", "INC-42"]).exits(0);
    let before = scene.server(&["rev-parse", "refs/hotfix/ledger"]);
    scene.push(&["HEAD:release/1.2", "HEAD:topic", "refs/hotfix/ledger"]).exits(1);
    assert_eq!(scene.server(&["rev-parse", "refs/hotfix/ledger"]), before);
    assert_eq!(scene.server(&["for-each-ref", "refs/heads/topic"]), "");
}

#[test]
fn the_ledger_only_grows_and_keeps_its_beginning() {
    for hook in SERVER {
        let scene = Scene::approved().guarded(hook);
        scene.push(&["--delete", "refs/hotfix/ledger"]).exits(1).says("never deleted");
        scene.push(&["--delete", "refs/hotfix/text"]).exits(1).says("never deleted");
        let older = scene.place.git(&["rev-parse", "refs/hotfix/ledger~1"]);
        scene.push(&["--force", &format!("{older}:refs/hotfix/ledger")]).exits(1).says("does not hold what it is");
        // A ledger that swallows it has another beginning, and that says whose policy counts.
        let other = scene.place.git(&["commit-tree", "-m", "mine", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"]);
        let tip = scene.place.git(&["rev-parse", "refs/hotfix/ledger"]);
        let join = ["commit-tree", "-m", "", "-p", &other, "-p", &tip, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"];
        let join = scene.place.git(&join);
        scene.push(&[&format!("{join}:refs/hotfix/ledger"), "HEAD:release/1.2"]).exits(1).says("begins elsewhere");
    }
}

#[test]
fn what_does_not_count_opens_nothing_when_it_comes_with_the_push() {
    let scene = Scene::attached();
    let text = scene.place.git(&["show", "main:policy/hotfix.yaml"]) + "\n";
    assert!(text.contains("identity: unverified"), "{text}");
    scene.place.git(&["switch", "-q", "main"]);
    scene.place.commit(
        "policy/hotfix.yaml",
        &text.replace("identity: unverified", "identity: signed"),
        "Only what is signed counts",
    );
    scene.place.git(&["push", "-q", "origin", "main"]);
    scene.place.git(&["switch", "-q", "hotfix/INC-42"]);
    let scene = scene.guarded("pre-receive");
    // The clone's own idea of whom to trust is nothing to the server.
    scene.place.git(&["config", "hotfix.trustedRef", "refs/heads/hotfix/INC-42"]);
    scene.place.hotfix_by(GRACE, &["approve", "INC-42"]);
    scene.push(&["HEAD:release/1.2", "refs/hotfix/ledger"]).exits(1).says("change-unrecorded");
    // Nor a policy that comes with the push.
    scene.place.git(&["switch", "-q", "main"]);
    scene.place.git(&["revert", "--no-edit", "HEAD"]);
    scene.push(&["main", "hotfix/INC-42:release/1.2", "refs/hotfix/ledger"]).exits(1).says("change-unrecorded");
}

#[test]
fn a_release_is_neither_moved_nor_lost() {
    for hook in SERVER {
        let scene = Scene::approved().guarded(hook);
        let place = &scene.place;
        scene.push(&["HEAD:release/1.2"]).exits(0);
        let rewritten = "release-rewritten";
        scene.push(&["--force", "v1.2.0:refs/heads/release/1.2"]).exits(1).says(rewritten).says("git revert");
        scene.push(&["--delete", "release/1.2"]).exits(1).says(rewritten).says("1 commit that only it has");
        scene.push(&["--delete", "v1.2.0"]).exits(1).says(rewritten).says("deleted");
        place.git(&["tag", "-f", "v1.2.0", "HEAD"]);
        scene.push(&["--force", "v1.2.0"]).exits(1).says(rewritten).says("moved");
        // A patch on the line is a release; with it the line may go, for nothing on it is lost.
        place.git(&["tag", "-a", "-m", "1.2.1", "v1.2.1"]);
        scene.push(&["v1.2.1"]).exits(0);
        scene.push(&["--delete", "release/1.2"]).exits(0);
        // And come again, with nothing beside.
        scene.push(&["v1.2.1^{}:refs/heads/release/1.2"]).exits(0);
        scene.push(&["--delete", "release/1.2"]).exits(0);
        place.commit("door.rs", "open\n", "Quick");
        scene.push(&["HEAD:refs/heads/release/1.2"]).exits(1).says("change-unrecorded");
        place.git(&["tag", "v1.2.2"]);
        scene.push(&["v1.2.2"]).exits(1).says("change-unrecorded");
        // A release of main, and a line for one, drop the fix.
        place.git(&["tag", "v1.3.0", "origin/main"]);
        scene.push(&["v1.3.0"]).exits(1).says("not-merged-back");
        scene.push(&["origin/main:refs/heads/release/1.3"]).exits(1).says("not-merged-back");
        place.git(&["switch", "-q", "main"]);
        place.git(&["cherry-pick", "v1.2.1"]);
        place.git(&["tag", "-f", "v1.3.0"]);
        scene.push(&["main", "v1.3.0", "main:refs/heads/release/1.3"]).exits(0);
    }
}

#[test]
fn many_refs_at_once_are_each_judged() {
    let scene = Scene::approved().guarded("pre-receive");
    scene.place.git(&["branch", "release/1.1", "v1.2.0"]);
    let many: Vec<String> = (0..60).map(|number| format!("HEAD:refs/heads/topic/{number}")).collect();
    let mut refs: Vec<&str> = many.iter().map(String::as_str).collect();
    scene.push(&refs).exits(0);
    scene.place.commit("quick.rs", "x\n", "More");
    refs.push("HEAD:release/1.2");
    scene.push(&refs).exits(1).says("change-unrecorded");
}

#[test]
fn a_hook_fails_closed() {
    let scene = Scene::approved().guarded("pre-receive");
    // An event that can't be read may be the one that forbids.
    let tip = scene.place.git(&["rev-parse", "refs/hotfix/ledger"]);
    let strange = scene.place.git(&["commit-tree", "-m", "{}", "-p", &tip, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"]);
    scene.server(&["fetch", "-q", "../shop", &strange]);
    scene.server(&["update-ref", "refs/hotfix/ledger", &strange]);
    scene.push(&["HEAD:release/1.2"]).exits(1).says("can't be read");
    scene.push(&["HEAD:topic"]).exits(0);
    scene.server(&["update-ref", "refs/hotfix/ledger", &tip]);
    // A policy that can't be read lets nothing into a release.
    scene.place.git(&["switch", "-q", "main"]);
    let before = scene.place.git(&["log", "-1", "--format=%cI"]);
    scene.place.commit("policy/hotfix.yaml", "format: [\n", "Break it");
    // Written before the incident was opened, and pushed only now.
    let mut amend = scene.place.command("git", &scene.place.path(), ADA);
    said(amend.args(["commit", "-q", "--amend", "--no-edit"]).env("GIT_COMMITTER_DATE", before)).exits(0);
    scene.push(&["main"]).exits(0);
    scene.push(&["hotfix/INC-42:release/1.2"]).exits(1).says("policy");
    scene.push(&["hotfix/INC-42:topic2"]).exits(0);
    // The way out: main takes what mends it.
    scene.place.git(&["revert", "--no-edit", "HEAD"]);
    scene.push(&["main"]).exits(0);
    scene.push(&["hotfix/INC-42:release/1.2"]).exits(0);
    // Without the program nothing passes.
    let mut push = scene.place.command("git", &scene.place.path(), ADA);
    push.args(["push", "origin", "HEAD:topic3"]).env("PATH", path_without_program(&scene.place));
    said(&mut push).exits(1).says("not found");
}

/// A path with git and a shell, and nothing else.
fn path_without_program(place: &Place) -> PathBuf {
    let directory = place.beside("tools");
    std::fs::create_dir_all(&directory).unwrap();
    #[cfg(unix)]
    for tool in ["git", "sh", "git-receive-pack"] {
        let paths =
            std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|path| path.join(tool)).collect::<Vec<_>>();
        let found = paths.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{tool}"));
        std::os::unix::fs::symlink(found, directory.join(tool)).unwrap();
    }
    directory
}

#[test]
fn the_clients_hook_tells_before_the_push_and_stays_out_of_the_way() {
    let scene = Scene::attached();
    install(&scene.place, "shop", "pre-push");
    scene.push(&["HEAD:release/1.2"]).exits(1).says("approval-missing");
    scene.push(&["HEAD:topic"]).exits(0);
    scene.push(&["--delete", "topic"]).exits(0);
    scene.approve();
    scene.push(&["HEAD:release/1.2"]).exits(0);
    scene.sync();
    // A fork is nobody's production.
    scene.place.git_in(&scene.place.beside(""), &["init", "-q", "--bare", "fork.git"]);
    scene.place.git(&["remote", "add", "fork", "../fork.git"]);
    scene.place.commit("quick.rs", "x\n", "More");
    let to_fork = ["push", "-q", "fork", "HEAD:release/1.2"];
    said(with_program(&scene.place, "git", "shop", ADA).args(to_fork)).exits(0);
    scene.push(&["HEAD:release/1.2"]).exits(1).says("change-unrecorded");
    // Somebody else pushed meanwhile: what is not here can't be judged.
    let theirs = scene.place.beside("theirs");
    scene.place.git_in(&scene.place.beside(""), &["clone", "-q", "-b", "release/1.2", "origin.git", "theirs"]);
    scene.place.git_in(&theirs, &["commit", "-q", "--allow-empty", "-m", "Theirs"]);
    scene.place.git_in(&theirs, &["push", "-q", "origin", "release/1.2"]);
    scene.push(&["HEAD:release/1.2"]).exits(1).says("is not in this clone").says("git fetch");
}

#[test]
fn a_ledger_that_lies_on_a_branch_is_found_and_guarded_there() {
    let scene = Scene::new();
    let branch = "refs/heads/hotfix-ledger";
    scene.place.git(&["config", "hotfix.ledgerRef", branch]);
    scene.server(&["config", "hotfix.ledgerRef", branch]);
    scene.place.hotfix(&[&["check", "INC-42"], QUALIFIES].concat()).exits(0);
    scene.place.hotfix(&["start", "INC-42"]).exits(0);
    scene.place.commit("shop.rs", FIXED, "Sum everything");
    scene.attach();
    scene.approve();
    let scene = scene.guarded("pre-receive");
    assert_eq!(scene.server(&["for-each-ref", "refs/hotfix"]), "");
    scene.push(&["HEAD:release/1.2"]).exits(0);
    scene.push(&["--delete", "hotfix-ledger"]).exits(1).says("never deleted");
    scene.place.commit("shop.rs", &FIXED.replace("    2", "    3"), "Dearer");
    scene.push(&["HEAD:release/1.2"]).exits(1).says("change-unrecorded");
}

#[test]
fn the_hooks_own_command_line_is_checked() {
    let scene = Scene::new();
    let hook = |arguments: &[&str]| scene.place.hotfix(&[&["gate", "--hook"], arguments].concat());
    hook(&["update", "refs/heads/x"]).exits(2).says("three arguments");
    hook(&["update", "refs/heads/x", "1", "2"]).exits(2).says("40 digits");
    hook(&["pre-receive"]).exits(0);
    scene.place.hotfix(&["gate", "refs/heads/x", "--drift"]).exits(2);
    for name in ["pre-receive", "update", "pre-push"] {
        scene.place.hotfix(&["gate", "--print-hook", name]).exits(0).says(&format!("hotfix gate --hook {name}"));
    }
}
