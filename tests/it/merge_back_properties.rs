//! What must hold on any history: on random ones, whose truth is known because the test wrote them.

use hotfix::domain::merge_back::Verdict;
use hotfix::domain::three_way;
use hotfix::merge_back::fix::Fix;
use hotfix::merge_back::search::{Options, search};
use hotfix::merge_back::target::Target;
use proptest::prelude::*;

use crate::history::History;
use crate::merge_back::judge;

/// Something that happens on main.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// A line that the fix does not touch is edited.
    Edit(usize),
    /// A line is put after one that the fix does not touch.
    Insert(usize),
    /// The fix's hunk of this number comes, if it is not there.
    Land(usize),
    /// The fix's hunk of this number goes, if it is there.
    TakeOut(usize),
    /// A file of no concern changes.
    Unrelated,
    /// The file gets another path.
    Move,
}

/// The lines of the file; the fix changes line 3 and puts a line after line 9.
const LINES: usize = 14;

/// A file as it stands on main, and which hunks of the fix are in it.
struct Main {
    path: String,
    lines: Vec<String>,
    landed: [bool; 2],
    ever: bool,
}

impl Main {
    fn new() -> Self {
        let lines = (0..LINES).map(|line| format!("line_number_{line}")).collect();
        Self { path: "a".to_owned(), lines, landed: [false; 2], ever: false }
    }

    fn at(&self, line: &str) -> usize {
        self.lines.iter().position(|other| other == line).unwrap()
    }

    /// Does a deed and says it in the fixture language.
    fn does(&mut self, deed: Deed, step: usize) -> String {
        let before = self.path.clone();
        let mut move_it = String::new();
        match deed {
            Deed::Edit(line) => {
                let at = (line % self.lines.len()).max(1);
                // The fix's own lines and their neighbours are left alone: their truth is told by the other deeds.
                if !self.is_near_the_fix(at) {
                    self.lines[at] = format!("edited_in_step_{step}");
                }
            }
            Deed::Insert(line) => {
                let at = line % self.lines.len();
                if !self.is_near_the_fix(at) {
                    self.lines.insert(at, format!("inserted_in_step_{step}"));
                }
            }
            Deed::Land(hunk) => self.set(hunk % 2, true),
            Deed::TakeOut(hunk) => self.set(hunk % 2, false),
            Deed::Unrelated => {}
            Deed::Move => {
                self.path = format!("moved_{step}");
                move_it = format!("mv {before} {}; ", self.path);
            }
        }
        format!("step{step} : {move_it}{} = {}; other = step_{step}\n", self.path, self.lines.join(" "))
    }

    fn is_near_the_fix(&self, at: usize) -> bool {
        let own = [
            "line_number_2",
            "line_number_3",
            "changed_by_fix",
            "line_number_4",
            "line_number_9",
            "added_by_fix",
            "line_number_10",
        ];
        own.contains(&self.lines[at].as_str())
    }

    fn set(&mut self, hunk: usize, there: bool) {
        if self.landed[hunk] == there {
            return;
        }
        match (hunk, there) {
            (0, true) => self.replace("line_number_3", "changed_by_fix"),
            (0, false) => self.replace("changed_by_fix", "line_number_3"),
            (_, true) => {
                let at = self.at("line_number_9");
                self.lines.insert(at + 1, "added_by_fix".to_owned());
            }
            (_, false) => {
                let at = self.at("added_by_fix");
                self.lines.remove(at);
            }
        }
        self.landed[hunk] = there;
        self.ever |= there;
    }

    fn replace(&mut self, old: &str, new: &str) {
        let at = self.at(old);
        self.lines[at] = new.to_owned();
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1..40_usize).prop_map(Deed::Edit),
        2 => (1..40_usize).prop_map(Deed::Insert),
        3 => (0..2_usize).prop_map(Deed::Land),
        2 => (0..2_usize).prop_map(Deed::TakeOut),
        1 => Just(Deed::Unrelated),
        1 => Just(Deed::Move),
    ]
}

/// The history that these deeds make, and what is true at its end.
fn tell(deeds: &[Deed], noise: bool) -> (String, Main) {
    let mut main = Main::new();
    let mut fixed = Main::new();
    fixed.set(0, true);
    fixed.set(1, true);
    let mut text = format!(
        "base : a = {}; other = x\nfix : a = {}\nstart < base :\n",
        main.lines.join(" "),
        fixed.lines.join(" ")
    );
    for (step, deed) in deeds.iter().enumerate() {
        text.push_str(&main.does(*deed, step));
        if noise {
            text.push_str(&format!("noise{step} : noise = step_{step}\n"));
        }
    }
    text.push_str("main :");
    (text, main)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_verdict_of_merged_is_true(deeds in prop::collection::vec(deed(), 1..9)) {
        let (text, main) = tell(&deeds, false);
        let report = judge(&History::bare(&text), "base", "fix", "main").unwrap();
        let expected = match (main.landed, main.ever) {
            ([true, true], _) => Verdict::Merged,
            ([false, false], false) => Verdict::Missing,
            // Both came and both went; or one came and went, and the other never did.
            ([false, false], true) => {
                prop_assert!(matches!(report.verdict, Verdict::Reverted | Verdict::Partial), "{:?}\n{text}", report.verdict);
                return Ok(());
            }
            _ => Verdict::Partial,
        };
        prop_assert_eq!(report.verdict, expected, "{}\n{:#?}", text, report.hunks);
    }

    #[test]
    fn unrelated_commits_change_no_verdict(deeds in prop::collection::vec(deed(), 1..7)) {
        let verdict = |noise| judge(&History::bare(&tell(&deeds, noise).0), "base", "fix", "main").unwrap().verdict;
        prop_assert_eq!(verdict(false), verdict(true));
    }
}

#[test]
fn the_order_of_the_commits_given_does_not_matter() {
    let history = History::bare(
        "base : a = one_line two_line three_line four_line five_line six_line
         first : a ~ two_line -> TWO_LINE
         second : a ~ TWO_LINE -> TWO_LINES; a ~ five_line -> FIVE_LINE
         third : b = new_file
         main < base : a ~ two_line -> TWO_LINES; a ~ five_line -> FIVE_LINE",
    );
    let repository = history.repository();
    let stop = || false;
    let target = Target::new(&repository, history.id("main"), &stop);
    let verdict = |labels: [&str; 3]| {
        let fix = Fix::of_commits(&repository, &labels.map(|label| history.id(label))).unwrap();
        let report = search(&target, &fix, &Options::default()).unwrap();
        (report.verdict, report.hunks.len(), fix.commits)
    };
    let expected = verdict(["first", "second", "third"]);
    assert_eq!(expected.0, Verdict::Partial);
    for labels in [["second", "first", "third"], ["third", "second", "first"], ["third", "first", "second"]] {
        assert_eq!(verdict(labels), expected, "{labels:?}");
    }
}

#[test]
fn packing_changes_no_verdict() {
    let history = History::bare(
        "base : a = one_line two_line three_line
         fix : a ~ two_line -> TWO_LINE
         pick < base : pick fix
         main : b = more",
    );
    let before = judge(&history, "base", "fix", "main").unwrap();
    let mut builder = history.git.packbuilder().unwrap();
    let mut walk = history.git.revwalk().unwrap();
    for label in ["fix", "main"] {
        walk.push(hotfix::git::to_oid(history.id(label))).unwrap();
    }
    builder.insert_walk(&mut walk).unwrap();
    builder.write(&history.path().join("objects/pack"), 0).unwrap();
    for entry in std::fs::read_dir(history.path().join("objects")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().len() == 2 {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
    let after = judge(&history, "base", "fix", "main").unwrap();
    assert_eq!((after.verdict, after.hunks.len()), (before.verdict, before.hunks.len()));
    assert_eq!(after.verdict, Verdict::Merged);
}

/// A text of numbered lines in which some were replaced, deleted or followed by a new one; no two lines are alike, so that
/// every way of aligning texts comes to the same.
fn changed(who: &str, changes: &[(usize, u8)]) -> String {
    let mut text = String::new();
    for line in 0..12 {
        match changes.iter().find(|(at, _)| *at == line).map(|(_, how)| how % 3) {
            None => text.push_str(&format!("line {line}\n")),
            Some(0) => text.push_str(&format!("{who} line {line}\n")),
            Some(1) => {}
            Some(_) => text.push_str(&format!("line {line}\nafter {line} by {who}\n")),
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The forecast of a pick merges texts itself: it must come to what git would come to.
    #[test]
    fn a_merge_in_memory_is_git_s_merge(
        ours in prop::collection::vec((0..12_usize, any::<u8>()), 0..5),
        theirs in prop::collection::vec((0..12_usize, any::<u8>()), 0..5),
        same in any::<bool>(),
    ) {
        // Makes the library set itself up, which merging texts alone does not.
        git2::Config::new().unwrap();
        let who = if same { "ours" } else { "theirs" };
        let (base, ours, theirs) = (changed("", &[]), changed("ours", &ours), changed(who, &theirs));
        let [mut a, mut b, mut c] = std::array::from_fn(|_| git2::MergeFileInput::new());
        let git = git2::merge_file(
            a.content(base.as_bytes()),
            b.content(ours.as_bytes()),
            c.content(theirs.as_bytes()),
            None,
        ).unwrap();
        match three_way::merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()) {
            three_way::Merged::Clean(text) => {
                prop_assert!(git.is_automergeable());
                prop_assert_eq!(String::from_utf8(text).unwrap(), std::str::from_utf8(git.content()).unwrap());
            }
            three_way::Merged::Conflicts(places) => {
                prop_assert!(!git.is_automergeable() && !places.is_empty(), "{}", String::from_utf8_lossy(git.content()));
            }
        }
    }
}
