//! Checks and packs the data that goes into the binary; each part has its own file under `build/`. Data that does not
//! validate fails the build, with the file and the reason.

use std::path::PathBuf;

#[path = "build/advisories.rs"]
mod advisories;
#[path = "build/rules.rs"]
mod rules;

fn main() {
    let variable = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_default());
    let (root, out) = (variable("CARGO_MANIFEST_DIR"), variable("OUT_DIR"));
    advisories::pack(&root, &out);
    if let Err(error) = rules::compile() {
        println!("cargo::error={}", error.replace('\n', " "));
        eprintln!("{error}");
        std::process::exit(1);
    }
}
