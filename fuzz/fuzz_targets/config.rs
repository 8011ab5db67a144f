//! Any text under any configuration file's name → settings or problems.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stageclear::base::SourceFile;
use stageclear::config;

const NAMES: [&str; 6] = [".env", "config.yaml", "docker-compose.yml", "config.toml", "config.json", "setup.cfg"];

fuzz_target!(|text: &str| {
    for name in NAMES {
        let file = SourceFile::new(name, text);
        for parser in config::ALL.iter().filter(|parser| parser.matches(name)) {
            let _ = parser.parse(&file);
        }
    }
});
