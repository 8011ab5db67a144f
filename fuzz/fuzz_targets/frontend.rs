//! Any text → a tree, in every language: no panic, no overflow, spans inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stageclear::base::SourceFile;
use stageclear::frontend;

fuzz_target!(|text: &str| {
    let names = ["fuzz", "views/fuzz.html", "templates/fuzz.html", "fuzz.ejs", "fuzz.hbs", "fuzz.pug", "fuzz.vue", "fuzz.svelte"];
    for name in names {
        let file = SourceFile::new(name, text);
        for frontend in frontend::ALL {
            for language in frontend.languages() {
                let (tree, _) = frontend.parse(&file, *language);
                for (_, expr) in tree.exprs() {
                    assert!(expr.span.end as usize <= text.len());
                }
            }
        }
    }
});
