//! Any text → secrets: no panic, and no span outside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stageclear::base::{CodeContext, SourceFile};
use stageclear::secret;

fuzz_target!(|text: &str| {
    let file = SourceFile::new("fuzz.env", text);
    for span in secret::scan(&file, None, CodeContext::Production).spans {
        assert!(span.end as usize <= text.len());
    }
});
