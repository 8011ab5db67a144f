//! Compiles `rules/secret` into one blob (JSON, zstd) in `OUT_DIR`, without the examples, and fails the build with file
//! and reason on anything that does not validate. It reads the very types of the library.

use std::fs;
use std::path::Path;

#[allow(dead_code)]
#[path = "../src/secret/schema.rs"]
mod schema;
#[path = "../src/secret/validate.rs"]
mod validate;

use schema::{DetectorBook, Provider};

/// Reads, validates, writes. The error is what the build prints.
pub fn compile() -> Result<(), String> {
    println!("cargo::rerun-if-changed=src/secret/schema.rs");
    println!("cargo::rerun-if-changed=src/secret/validate.rs");
    println!("cargo::rerun-if-changed=rules/secret");
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new("rules/secret")).map_err(|error| format!("rules/secret: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let mut complaints = Vec::new();
    let mut book = DetectorBook::default();
    for path in files {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        match toml::from_str::<Provider>(&text) {
            Ok(provider) => book.providers.push(provider),
            Err(error) => complaints.push(format!("{}: {error}", path.display())),
        }
    }
    complaints.extend(validate::complaints(&book));
    if !complaints.is_empty() {
        return Err(format!("secret detectors that do not validate:\n  {}", complaints.join("\n  ")));
    }
    for detector in book.providers.iter_mut().flat_map(|provider| &mut provider.detectors) {
        detector.examples.clear();
        detector.counter_examples.clear();
    }
    let json = serde_json::to_vec(&book).map_err(|error| error.to_string())?;
    let packed = zstd::encode_all(json.as_slice(), 19).map_err(|error| error.to_string())?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("secrets.json.zst"), packed).map_err(|error| error.to_string())
}
