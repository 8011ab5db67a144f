//! Checks and packs the data that goes into the binary; each part has its own file under `build/`.

use std::path::PathBuf;

#[path = "build/policies.rs"]
mod policies;

fn main() {
    let variable = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_default());
    let (root, out) = (variable("CARGO_MANIFEST_DIR"), variable("OUT_DIR"));
    if let Err(error) = policies::pack(&root, &out) {
        println!("cargo::error={}", error.replace('\n', " "));
        std::process::exit(1);
    }
}
