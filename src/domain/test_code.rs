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
    directory.split('/').any(|part| part == "tests" || part == "__tests__")
        || language.test_starts.iter().any(|start| stem.starts_with(start))
        || language.test_ends.iter().any(|end| stem.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

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
