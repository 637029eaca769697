//! The policy reader: it never panics, and every problem can be shown with its line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err(problems) = hotfix::domain::policy::read(data, "policy/hotfix.yaml") {
        assert!(!problems.to_string().is_empty());
    }
});
