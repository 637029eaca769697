//! The fixture language for git histories: one line a commit, so that every shape of history is one line apart.
//!
//! ```text
//! base            : a = one two three; branch release
//! fix < base      : a ~ two -> TWO; by Ben; branch hotfix
//! other < base    : b = x; branch main
//! merge < other fix : branch main
//! ```
//!
//! `LABEL [< PARENT…] : ITEM; ITEM; …`. Without `<` a commit stands on the line before it (the first line is a root); `<`
//! without parents makes a root. A commit starts from its parents' merge (of two or more: three-way merges, folded) and its
//! items change that, in order. Words of a content are the lines of the file; `_` stands for a space, `\t` for a tab.
//!
//! | item | does |
//! |---|---|
//! | `PATH = words` | writes the whole file |
//! | `PATH ~ words -> words` | replaces the first run of these lines (which must stand there); empty right side: deletes them |
//! | `PATH += words` | appends lines |
//! | `rm PATH` · `mv PATH PATH` | deletes · moves |
//! | `mode PATH 755` · `link PATH TARGET` · `binary PATH SEED` · `submodule PATH SEED` · `crlf PATH` · `chop PATH` | file mode · symbolic link · bytes with NUL · a submodule's commit · line ends · no newline at the end |
//! | `pick LABEL` · `pick -x LABEL` | the change of that commit (against its first parent), its author, date and message |
//! | `revert LABEL` | the change backwards, with git's own message; a merge as with `-m 1` |
//! | `squash BASE..TIP` | the net change of the range |
//! | `ours` · `theirs` | of a merge: the tree of the first · the last parent |
//! | `favour ours` · `favour theirs` | of a merge: conflicting regions become this side |
//! | `tree LABEL` | the whole tree of that commit |
//! | `by Name` · `committed by Name` · `at HOURS` · `says words; ` | author · committer · time · message (`{LABEL}` becomes its id, `\n` a new line) |
//! | `branch NAME` · `tag NAME` · `signpost NAME` · `ref NAME` | a branch · a lightweight tag · an annotated tag · any full ref name here |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{FileMode, Oid, Signature, Time};
use hotfix::domain::identity::ObjectId;

/// 2026-01-01 00:00 UTC: the time of the first line; each further line is an hour later.
const FIRST_SECOND: i64 = 1_767_225_600;

/// A repository built from the fixture language; it is removed with the value.
pub(crate) struct History {
    directory: tempfile::TempDir,
    /// The repository, for what the language cannot say.
    pub(crate) git: git2::Repository,
    labels: BTreeMap<String, Oid>,
    previous: Option<Oid>,
    lines: i64,
}

/// A commit that is being made.
struct Draft {
    files: BTreeMap<String, (u32, Oid)>,
    parents: Vec<Oid>,
    author: Option<String>,
    committer: Option<String>,
    author_time: Option<i64>,
    time: i64,
    message: String,
    refs: Vec<(String, bool)>,
}

impl History {
    /// A bare repository.
    pub(crate) fn bare(text: &str) -> Self {
        Self::new(text, true)
    }

    /// A repository with a work tree, in which `HEAD` (the branch `main`) is checked out.
    pub(crate) fn checked_out(text: &str) -> Self {
        let history = Self::new(text, false);
        if history.git.head().is_ok() {
            let mut options = git2::build::CheckoutBuilder::new();
            history.git.checkout_head(Some(options.force())).expect("checkout");
        }
        history
    }

    fn new(text: &str, bare: bool) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(bare).initial_head("main").external_template(false);
        let git = git2::Repository::init_opts(directory.path(), &options).expect("init");
        let mut history = Self { directory, git, labels: BTreeMap::new(), previous: None, lines: 0 };
        history.add(text);
        history
    }

    /// Adds more lines; the first may stand on the last commit made so far.
    pub(crate) fn add(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            self.commit(line);
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Opened by the program's own type.
    pub(crate) fn repository(&self) -> hotfix::git::repository::Repository {
        hotfix::git::repository::Repository::discover(self.path()).expect("opens")
    }

    /// The commit that a label names.
    pub(crate) fn id(&self, label: &str) -> ObjectId {
        hotfix::git::to_id(self.oid(label))
    }

    /// The label of a commit; its hash where it has none.
    pub(crate) fn label(&self, id: ObjectId) -> String {
        let found = self.labels.iter().find(|(_, oid)| hotfix::git::to_id(**oid) == id);
        found.map_or_else(|| id.to_string(), |(label, _)| label.clone())
    }

    /// Every file below the repository's directory with its bytes: to show that nothing was written.
    pub(crate) fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(directory: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in std::fs::read_dir(directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    into.insert(path.clone(), Vec::new());
                    walk(&path, into);
                } else {
                    into.insert(path.clone(), std::fs::read(&path).expect("a file"));
                }
            }
        }
        let mut all = BTreeMap::new();
        walk(self.path(), &mut all);
        all
    }

    fn oid(&self, label: &str) -> Oid {
        *self.labels.get(label).unwrap_or_else(|| panic!("no commit is labelled {label:?}"))
    }

    fn commit(&mut self, line: &str) {
        let (head, items) = line.split_once(':').unwrap_or((line, ""));
        let (label, parents): (_, Vec<Oid>) = match head.split_once('<') {
            Some((label, parents)) => (label, parents.split_whitespace().map(|parent| self.oid(parent)).collect()),
            None => (head, self.previous.into_iter().collect()),
        };
        let label = label.trim().to_owned();
        let items: Vec<&str> = items.split(';').map(str::trim).filter(|item| !item.is_empty()).collect();
        let time = FIRST_SECOND + 3600 * self.lines;
        let message = label.clone();
        let mut draft = Draft {
            files: self.start(&parents, &items),
            parents,
            author: None,
            committer: None,
            author_time: None,
            time,
            message,
            refs: vec![],
        };
        for item in &items {
            self.item(&mut draft, item);
        }
        let oid = self.write(&draft);
        assert!(self.labels.insert(label, oid).is_none(), "a label twice: {line}");
        self.previous = Some(oid);
        self.lines += 1;
        for (name, annotated) in draft.refs {
            let object = self.git.find_object(oid, None).expect("written");
            if annotated {
                self.git.tag(&name, &object, &signature("Ann", time), &name, true).expect("a tag");
            } else {
                self.git.reference(&name, oid, true, "fixture").expect("a ref");
            }
        }
    }

    /// The tree that a commit's items start from: its parents' merge.
    fn start(&self, parents: &[Oid], items: &[&str]) -> BTreeMap<String, (u32, Oid)> {
        let Some((&first, others)) = parents.split_first() else { return BTreeMap::new() };
        if items.contains(&"ours") {
            return self.files(first);
        }
        if items.contains(&"theirs") {
            return self.files(parents[parents.len() - 1]);
        }
        let favour = match (items.contains(&"favour ours"), items.contains(&"favour theirs")) {
            (true, _) => git2::FileFavor::Ours,
            (_, true) => git2::FileFavor::Theirs,
            _ => git2::FileFavor::Normal,
        };
        let mut files = self.files(first);
        for &other in others {
            let base = self.git.merge_base(first, other).map(|base| self.files(base)).unwrap_or_default();
            files = self.merge(&base, &files, &self.files(other), favour);
        }
        files
    }

    fn merge(
        &self,
        base: &BTreeMap<String, (u32, Oid)>,
        ours: &BTreeMap<String, (u32, Oid)>,
        theirs: &BTreeMap<String, (u32, Oid)>,
        favour: git2::FileFavor,
    ) -> BTreeMap<String, (u32, Oid)> {
        let tree = |files| self.git.find_tree(self.tree(files)).expect("a tree");
        let mut options = git2::MergeOptions::new();
        options.file_favor(favour);
        let merged = self.git.merge_trees(&tree(base), &tree(ours), &tree(theirs), Some(&options));
        let mut index = merged.expect("a merge");
        assert!(!index.has_conflicts(), "a conflict: say `favour ours`, `favour theirs`, `ours` or `theirs`");
        let oid = index.write_tree_to(&self.git).expect("a tree");
        self.flatten(oid)
    }

    fn item(&self, draft: &mut Draft, item: &str) {
        let words: Vec<&str> = item.split_whitespace().collect();
        match words.as_slice() {
            ["ours" | "theirs"] | ["favour", _] => {}
            ["rm", path] => assert!(draft.files.remove(*path).is_some(), "rm: no {path}"),
            ["mv", from, to] => {
                let file = draft.files.remove(*from).unwrap_or_else(|| panic!("mv: no {from}"));
                draft.files.insert((*to).to_owned(), file);
            }
            ["mode", path, mode] => {
                let file = draft.files.get_mut(*path).unwrap_or_else(|| panic!("mode: no {path}"));
                file.0 = 0o100_000 | u32::from_str_radix(mode, 8).expect("octal digits");
            }
            ["link", path, target] => self.put(draft, path, 0o120_000, target.as_bytes()),
            ["binary", path, seed] => self.put(draft, path, 0o100_644, &[seed.as_bytes(), &[0, 1, 2, 255]].concat()),
            ["submodule", path, seed] => {
                let oid = Oid::hash_object(git2::ObjectType::Blob, seed.as_bytes()).expect("a hash");
                draft.files.insert((*path).to_owned(), (0o160_000, oid));
            }
            ["crlf", path] => self.rewrite(draft, path, |text| text.replace('\n', "\r\n")),
            ["chop", path] => self.rewrite(draft, path, |text| text.trim_end_matches('\n').to_owned()),
            ["pick", label] => self.pick(draft, label, ""),
            ["pick", "-x", label] => {
                self.pick(draft, label, &format!("\n\n(cherry picked from commit {})\n", self.oid(label)));
            }
            ["revert", label] => self.revert(draft, label),
            ["squash", range] => {
                let (base, tip) = range.split_once("..").expect("BASE..TIP");
                self.apply(draft, self.files(self.oid(base)), self.files(self.oid(tip)));
            }
            ["tree", label] => draft.files = self.files(self.oid(label)),
            ["by", name] => draft.author = Some((*name).to_owned()),
            ["committed", "by", name] => draft.committer = Some((*name).to_owned()),
            ["at", hours] => draft.time = FIRST_SECOND + 3600 * hours.parse::<i64>().expect("hours"),
            ["says", ..] => draft.message = self.message(item["says".len()..].trim()),
            ["branch", name] => draft.refs.push((format!("refs/heads/{name}"), false)),
            ["tag", name] => draft.refs.push((format!("refs/tags/{name}"), false)),
            ["ref", name] => draft.refs.push(((*name).to_owned(), false)),
            ["signpost", name] => draft.refs.push(((*name).to_owned(), true)),
            [path, "=", content @ ..] => self.put(draft, path, 0o100_644, lines_of(content).as_bytes()),
            [path, "+=", content @ ..] => self.rewrite(draft, path, |text| text + &lines_of(content)),
            [path, "~", change @ ..] => {
                let arrow = change.iter().position(|word| *word == "->").expect("`PATH ~ OLD -> NEW`");
                let (old, new) = (lines_of(&change[..arrow]), lines_of(&change[arrow + 1..]));
                self.rewrite(draft, path, |text| replace_lines(&text, &old, &new));
            }
            _ => panic!("unknown item: {item}"),
        }
    }

    fn pick(&self, draft: &mut Draft, label: &str, trailer: &str) {
        let commit = self.git.find_commit(self.oid(label)).expect("a commit");
        self.apply(draft, self.files_before(&commit), self.files(commit.id()));
        draft.author = Some(commit.author().name().expect("UTF-8").to_owned());
        draft.author_time = Some(commit.author().when().seconds());
        draft.message = format!("{}{trailer}", commit.message().expect("UTF-8"));
    }

    fn revert(&self, draft: &mut Draft, label: &str) {
        let commit = self.git.find_commit(self.oid(label)).expect("a commit");
        self.apply(draft, self.files(commit.id()), self.files_before(&commit));
        draft.message = format!("Revert \"{label}\"\n\nThis reverts commit {}.\n", commit.id());
    }

    /// Brings the change from `before` to `after` onto the draft, as a pick would.
    fn apply(&self, draft: &mut Draft, before: BTreeMap<String, (u32, Oid)>, after: BTreeMap<String, (u32, Oid)>) {
        draft.files = self.merge(&before, &draft.files, &after, git2::FileFavor::Normal);
    }

    fn message(&self, text: &str) -> String {
        let mut message = text.replace("\\n", "\n");
        for (label, oid) in &self.labels {
            message = message.replace(&format!("{{{label}}}"), &oid.to_string());
        }
        message
    }

    fn put(&self, draft: &mut Draft, path: &str, mode: u32, bytes: &[u8]) {
        let kept =
            draft.files.get(path).map(|file| file.0).filter(|kept| mode == 0o100_644 && kept & 0o170_000 == 0o100_000);
        draft.files.insert(path.to_owned(), (kept.unwrap_or(mode), self.git.blob(bytes).expect("a blob")));
    }

    fn rewrite(&self, draft: &mut Draft, path: &str, change: impl FnOnce(String) -> String) {
        let (_, oid) = *draft.files.get(path).unwrap_or_else(|| panic!("no {path}"));
        let blob = self.git.find_blob(oid).expect("a blob");
        let text = String::from_utf8(blob.content().to_vec()).expect("UTF-8");
        self.put(draft, path, 0o100_644, change(text).as_bytes());
    }

    fn files_before(&self, commit: &git2::Commit<'_>) -> BTreeMap<String, (u32, Oid)> {
        commit.parent_id(0).map(|parent| self.files(parent)).unwrap_or_default()
    }

    fn files(&self, commit: Oid) -> BTreeMap<String, (u32, Oid)> {
        self.flatten(self.git.find_commit(commit).expect("a commit").tree_id())
    }

    fn flatten(&self, tree: Oid) -> BTreeMap<String, (u32, Oid)> {
        let mut files = BTreeMap::new();
        let tree = self.git.find_tree(tree).expect("a tree");
        tree.walk(git2::TreeWalkMode::PreOrder, |directory, entry| {
            if entry.kind() != Some(git2::ObjectType::Tree) {
                let path = format!("{directory}{}", entry.name().expect("UTF-8"));
                files.insert(path, (u32::try_from(entry.filemode()).expect("a mode"), entry.id()));
            }
            git2::TreeWalkResult::Ok
        })
        .expect("a walk");
        files
    }

    fn tree(&self, files: &BTreeMap<String, (u32, Oid)>) -> Oid {
        let empty =
            self.git.treebuilder(None).and_then(|builder| builder.write()).and_then(|oid| self.git.find_tree(oid));
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (path, (mode, oid)) in files {
            let mode = match mode {
                0o100_755 => FileMode::BlobExecutable,
                0o120_000 => FileMode::Link,
                0o160_000 => FileMode::Commit,
                _ => FileMode::Blob,
            };
            update.upsert(path.as_str(), *oid, mode);
        }
        update.create_updated(&self.git, &empty.expect("a tree")).expect("a tree")
    }

    fn write(&self, draft: &Draft) -> Oid {
        let author = draft.author.as_deref().unwrap_or("Ann");
        let committer = draft.committer.as_deref().unwrap_or(author);
        let parents: Vec<_> = draft.parents.iter().map(|oid| self.git.find_commit(*oid).expect("a parent")).collect();
        let tree = self.git.find_tree(self.tree(&draft.files)).expect("a tree");
        self.git
            .commit(
                None,
                &signature(author, draft.author_time.unwrap_or(draft.time)),
                &signature(committer, draft.time),
                &draft.message,
                &tree,
                &parents.iter().collect::<Vec<_>>(),
            )
            .expect("a commit")
    }
}

fn signature(name: &str, seconds: i64) -> Signature<'static> {
    let email = format!("{}@example.com", name.to_ascii_lowercase());
    Signature::new(name, &email, &Time::new(seconds, 0)).expect("a signature")
}

fn lines_of(words: &[&str]) -> String {
    words.iter().map(|word| word.replace('_', " ").replace("\\t", "\t") + "\n").collect()
}

fn replace_lines(text: &str, old: &str, new: &str) -> String {
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let at = starts.find(|at| text[*at..].starts_with(old));
    let at = at.unwrap_or_else(|| panic!("the lines {old:?} do not stand in {text:?}"));
    format!("{}{new}{}", &text[..at], &text[at + old.len()..])
}

#[test]
fn the_language_says_what_it_means() {
    let history = History::bare(
        "base : a = one two three; b = x; branch release
         fix : a ~ two -> TWO_2; mode b 755; by Ben; branch hotfix; signpost v1
         side < base : c = new; branch main
         pick < side : pick -x fix
         merge < side fix : branch main
         undo : revert fix; rm c; branch main",
    );
    let content = |label: &str, path: &str| {
        let tree = history.git.find_commit(history.oid(label)).unwrap().tree().unwrap();
        let entry = tree.get_path(Path::new(path)).ok()?;
        Some((
            entry.filemode(),
            String::from_utf8(history.git.find_blob(entry.id()).unwrap().content().to_vec()).unwrap(),
        ))
    };
    assert_eq!(content("merge", "a"), Some((0o100_644, "one\nTWO 2\nthree\n".to_owned())));
    assert_eq!(content("merge", "b"), Some((0o100_755, "x\n".to_owned())));
    assert_eq!(content("merge", "c"), Some((0o100_644, "new\n".to_owned())));
    assert_eq!(content("pick", "a"), content("merge", "a"));
    assert_eq!(content("undo", "a"), content("base", "a"));
    assert_eq!((content("undo", "c"), content("undo", "b")), (None, content("base", "b")));
    let pick = history.git.find_commit(history.oid("pick")).unwrap();
    assert_eq!(pick.author().name().unwrap(), "Ben");
    assert!(pick.message().unwrap().contains(&format!("(cherry picked from commit {})", history.id("fix"))));
    assert_eq!(history.label(history.repository().commit("main").unwrap()), "undo");
    assert_eq!(history.label(history.repository().commit("v1").unwrap()), "fix");
}

#[test]
fn a_checked_out_history_has_its_files_and_nothing_else() {
    let mut history = History::checked_out("base : a = one; d/b = x; branch main");
    let files = history.everything();
    assert_eq!(std::fs::read_to_string(history.path().join("d/b")).unwrap(), "x\n");
    assert!(files.contains_key(&history.path().join(".git/HEAD")));
    history.add("next : a ~ one -> two");
    assert_ne!(history.everything(), files);
}
