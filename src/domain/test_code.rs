//! Which files hold tests, by the conventions of common languages: no production runs them.

use super::identity::RepositoryPath;
use super::language::Language;

/// Whether a file holds tests: by its name (`test_x.py`, `x_test.go`, `x.spec.ts`, `XTest.java`), or by a directory `tests` or
/// `__tests__` above it. A directory `test` is none: it may hold a command of that name.
pub fn is_test_code(path: &RepositoryPath) -> bool {
    let language = Language::of(path);
    let path = String::from_utf8_lossy(path.as_bytes());
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let Some((stem, _)) = file.rsplit_once('.') else { return false };
    directory.split('/').any(|part| part == "tests" || part == "__tests__") || is_named_so(&language, stem)
}

/// Whether a name, without what stands behind its last dot, is one for tests.
fn is_named_so(language: &Language, stem: &str) -> bool {
    language.test_starts.iter().any(|start| stem.starts_with(start))
        || language.test_ends.iter().any(|end| stem.ends_with(end))
}

/// Whether a file holds tests for certain, be it that the rest of a fix says nothing: a name alone may be another thing's
/// (`self_test.c`), and so may a directory (`health/tests`).
///
/// Go and JavaScript take tests by their names, Cargo all of `tests` beside `src`. Of others a name in a directory of tests is one, and
/// what stands in `tests` at the top.
pub fn is_surely_test(path: &RepositoryPath) -> bool {
    let language = Language::of(path);
    let whole = String::from_utf8_lossy(path.as_bytes());
    let (directory, file) = whole.rsplit_once('/').unwrap_or(("", &whole));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let directories: Vec<&str> = directory.split('/').collect();
    let has = |names: &[&str]| directories.iter().any(|part| names.contains(part));
    let is_dotted = |end: &&str| end.starts_with('.') && stem.ends_with(*end);
    let is_taken_by_name = whole.ends_with("_test.go") || language.test_ends.iter().any(is_dotted);
    let is_named_in_place = is_named_so(&language, stem) && has(&["spec", "test", "tests", "__tests__"]);
    let is_beside_src = whole.ends_with(".rs") && has(&["tests"]) && !has(&["src"]);
    is_taken_by_name || is_named_in_place || is_beside_src || directories[0] == "tests"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_certain_where_tools_take_it_for_one() {
        let is_surely = |path: &str| is_surely_test(&RepositoryPath::new(path));
        for path in [
            "a/b_test.go",
            "web/a.spec.ts",
            "shop/tests/test_a.py",
            "src/test/java/a/PayTest.java",
            "tokio/tests/sync.rs",
            "tests/helper.py",
            "spec/models/a_spec.rb",
        ] {
            assert!(is_surely(path), "{path}");
        }
        for path in [
            "src/main/java/JobSpec.java",
            "clinic/tests/order.py",
            "health/tests/disk.yaml",
            "web/__tests__/pay.ts",
            "ab_test.py",
            "self_test.c",
            "src/load/tests/run.rs",
            "job_spec.rb",
        ] {
            assert!(!is_surely(path), "{path}");
        }
    }

    #[test]
    fn tests_are_known_by_their_names() {
        let is_test = |path: &str| is_test_code(&RepositoryPath::new(path));
        for path in ["a/b_test.go", "test_a.py", "a.spec.ts", "x/ATest.java", "tests/e2e/a.go", "a/__tests__/b.js"] {
            assert!(is_test(path), "{path}");
        }
        for path in [
            "a/latest.go",
            "test/a.go",
            "a.go",
            "protest.py",
            "a/Test.rs",
            "tests",
            "contest.java",
            "job_spec.yaml",
            "test_a.sql",
            "src/attests/a.rs",
        ] {
            assert!(!is_test(path), "{path}");
        }
    }
}
