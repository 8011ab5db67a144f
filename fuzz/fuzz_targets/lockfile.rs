//! Any text under any lockfile's name → packages or problems.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stageclear::base::SourceFile;
use stageclear::lockfile;

const NAMES: [&str; 5] = ["Cargo.lock", "package-lock.json", "package.json", "requirements.txt", "Cargo.toml"];

fuzz_target!(|text: &str| {
    for name in NAMES {
        let file = SourceFile::new(name, text);
        for parser in lockfile::ALL.iter().filter(|parser| parser.matches(name)) {
            let _ = parser.parse(&file, &|_| None);
        }
    }
});
