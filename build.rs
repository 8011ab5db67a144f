//! Checks and packs the data that goes into the binary; each part has its own file under `build/`. Data that does not
//! validate fails the build, with the file and the reason.

use std::path::PathBuf;

#[path = "build/advisories.rs"]
mod advisories;
#[path = "build/definite.rs"]
mod definite;
#[path = "build/names.rs"]
mod names;
#[path = "build/policies.rs"]
mod policies;
#[path = "build/program.rs"]
mod program;
#[path = "build/rules.rs"]
mod rules;
#[path = "build/secrets.rs"]
mod secrets;

fn main() {
    let variable = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_default());
    let (root, out) = (variable("CARGO_MANIFEST_DIR"), variable("OUT_DIR"));
    advisories::pack(&root, &out);
    for result in [rules::compile(), secrets::compile(), policies::pack(&root, &out), names::pack(&root, &out)] {
        if let Err(error) = result {
            // an error of a build script fails the build once the script has ended
            println!("cargo::error={}", error.replace('\n', " "));
        }
    }
}
