//! The reader of allowed signers: what it can't read grants nothing, and no pattern takes it forever.
#![no_main]

use hotfix::domain::allowed_signers::AllowedSigners;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let signers = AllowedSigners::read(data);
    for key in &signers.keys {
        let _ = signers.of(&key.key, "ada@example.com").count();
    }
});
