//! What a release is made with: the workflow's shape, its scripts, and what the Debian package holds. Neither runner nor registry
//! is here, so the workflow itself was never run.

use std::path::Path;
use std::process::{Command, Stdio};

use hotfix::document::{Kind, Node, read};

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn get<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| match &node.kind {
        Kind::Map(entries) => entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.value),
        _ => None,
    })
}

fn text(node: Option<&Node>) -> &str {
    match node.map(|node| &node.kind) {
        Some(Kind::Text(text)) => text,
        _ => "",
    }
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    }
}

fn is_sound_shell(script: &str) {
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_release_workflow_builds_and_packs_for_three_systems() {
    let source = std::fs::read_to_string(root(".github/workflows/release.yml")).unwrap();
    let workflow = read(source.as_bytes(), "release.yml").unwrap_or_else(|problems| panic!("{problems}")).root;
    let targets: Vec<&str> = items(get(&workflow, &["jobs", "build", "strategy", "matrix", "include"]))
        .iter()
        .map(|one| text(get(one, &["target"])))
        .collect();
    for system in ["linux-musl", "apple-darwin", "windows-msvc"] {
        assert!(targets.iter().any(|target| target.ends_with(system)), "nothing is built for {system}: {targets:?}");
    }
    assert_eq!(text(get(&workflow, &["permissions", "contents"])), "read", "only who publishes may write");
    assert_eq!(text(get(&workflow, &["jobs", "publish", "permissions", "contents"])), "write");
    let needs: Vec<&str> =
        items(get(&workflow, &["jobs", "publish", "needs"])).iter().map(|node| text(Some(node))).collect();
    assert_eq!(needs, ["build", "debian"], "nothing is published before everything is built");
    let expression = regex::Regex::new(r"\$\{\{.*?\}\}").unwrap();
    let mut scripts = 0;
    for job in ["build", "debian", "publish"] {
        let steps = items(get(&workflow, &["jobs", job, "steps"]));
        assert!(!steps.is_empty(), "{job} has no steps");
        for step in steps {
            let (run, uses) = (text(get(step, &["run"])), text(get(step, &["uses"])));
            assert!(run.is_empty() != uses.is_empty(), "a step runs something or uses an action: {job}");
            assert!(uses.is_empty() || uses.contains("@v"), "{uses} names no version");
            // An expression is text by the time the shell sees it.
            is_sound_shell(&expression.replace_all(run, "x"));
            scripts += usize::from(!run.is_empty());
        }
    }
    assert!(scripts >= 8);
    assert!(source.contains("cargo build --release --locked"));
}

#[test]
fn the_package_script_is_one_and_the_package_holds_what_it_makes() {
    let script = std::fs::read_to_string(root(".ci/package")).unwrap();
    is_sound_shell(&script);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert!(std::fs::metadata(root(".ci/package")).unwrap().permissions().mode() & 0o100 != 0);
    }
    let manifest = std::fs::read_to_string(root("Cargo.toml")).unwrap();
    let made = regex::Regex::new(r#""target/package/([^"]+)""#).unwrap();
    let assets: Vec<&str> = made.captures_iter(&manifest).map(|found| found.get(1).unwrap().as_str()).collect();
    assert_eq!(
        assets,
        [
            "git-hotfix",
            "man/*.gz",
            "completions/hotfix",
            "completions/git-hotfix",
            "completions/_hotfix",
            "completions/hotfix.fish"
        ]
    );
    for asset in assets.iter().filter(|asset| !asset.contains('*')) {
        assert!(script.contains(&format!("$made/{asset}\"")), "{asset} is made by nobody");
    }
    let version = env!("CARGO_PKG_VERSION");
    let changelog = std::fs::read_to_string(root(".ci/debian/changelog")).unwrap();
    assert!(
        changelog.starts_with(&format!("hotfix ({version}-1) ")),
        "the package's changelog does not begin with {version}"
    );
}
