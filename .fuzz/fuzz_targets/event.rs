//! The event reader: whatever the bytes are, it says what they are; and what it accepts, it would have written itself.
#![no_main]

use hotfix::domain::record::Content;
use hotfix::git::objects::EMPTY_TREE;
use hotfix::ledger::codec;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match codec::decode(data) {
        Ok(event) => {
            assert_eq!(codec::encode(&event).expect("it is written again").as_bytes(), data);
            let commit = codec::event_commit(&event, EMPTY_TREE, None).expect("a commit holds it");
            let parsed = codec::parse(&commit).expect("it is a commit");
            assert_eq!(parsed.content, Content::Event(Ok(Box::new(event))));
        }
        Err(why) => {
            let shown = why.to_string();
            assert!(!shown.contains(['\u{1b}', '\u{202e}', '\0']), "{shown:?}");
        }
    }
    let _ = codec::parse(data);
});
