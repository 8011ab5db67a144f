//! Any text → a tree, in every language: no panic, no overflow, spans inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stageclear::base::SourceFile;
use stageclear::frontend;

fuzz_target!(|text: &str| {
    let file = SourceFile::new("fuzz", text);
    for frontend in frontend::ALL {
        for language in frontend.languages() {
            let (tree, _) = frontend.parse(&file, *language);
            for (_, expr) in tree.exprs() {
                assert!(expr.span.end as usize <= text.len());
            }
        }
    }
});
