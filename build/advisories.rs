//! Packs `advisories-cache/` into the binary.
//!
//! Each `<ecosystem>.jsonl` is checked against its SHA-256 in `MANIFEST.toml`, turned into lines of package, tab, record
//! (a record about several packages gives several lines) sorted by package and id, and compressed: at run time a
//! package is found in the unpacked text by binary search, nothing is parsed but the hits.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The ecosystems of `src/package/ecosystem.rs`; each gets a file, an empty one if there is no snapshot of it.
const ECOSYSTEMS: [&str; 5] = ["crates.io", "Go", "npm", "PyPI", "RubyGems"];

/// Writes `<out>/advisories/` from `<root>/advisories-cache/`. Panics with what is wrong, which fails the build.
pub fn pack(root: &Path, out: &Path) {
    let cache = root.join("advisories-cache");
    let target = out.join("advisories");
    println!("cargo::rerun-if-changed=build/advisories.rs");
    println!("cargo::rerun-if-changed=advisories-cache");
    fs::create_dir_all(&target).unwrap_or_else(|error| panic!("cannot create {}: {error}", target.display()));
    let text = fs::read_to_string(cache.join("MANIFEST.toml")).unwrap_or_default();
    let manifest: Value =
        toml::from_str(&text).unwrap_or_else(|error| panic!("advisories-cache/MANIFEST.toml: {error}"));
    let none = Vec::new();
    let snapshots = manifest.get("snapshot").and_then(Value::as_array).unwrap_or(&none);
    let mut packed = BTreeSet::new();
    for snapshot in snapshots {
        let field = |key: &str| {
            let value = snapshot.get(key).and_then(Value::as_str);
            value.unwrap_or_else(|| panic!("advisories-cache/MANIFEST.toml: a snapshot has no `{key}`"))
        };
        let (ecosystem, file) = (field("ecosystem"), field("file"));
        assert!(ECOSYSTEMS.contains(&ecosystem), "advisories-cache/MANIFEST.toml: unknown ecosystem `{ecosystem}`");
        let bytes = fs::read(cache.join(file)).unwrap_or_else(|error| panic!("advisories-cache/{file}: {error}"));
        let sum = Sha256::digest(&bytes).iter().fold(String::new(), |sum, byte| format!("{sum}{byte:02x}"));
        assert!(
            sum == field("sha256"),
            "advisories-cache/{file} has SHA-256 {sum}, the manifest says {}: run `stageclear db snapshot`",
            field("sha256")
        );
        let text = String::from_utf8(bytes).unwrap_or_else(|error| panic!("advisories-cache/{file}: {error}"));
        write(&target, ecosystem, &lines(file, &text));
        packed.insert(ecosystem);
    }
    for ecosystem in ECOSYSTEMS {
        if !packed.contains(ecosystem) {
            write(&target, ecosystem, "");
        }
    }
    let list = serde_json::to_string(snapshots).unwrap_or_default();
    fs::write(target.join("manifest.json"), list).unwrap_or_else(|error| panic!("manifest.json: {error}"));
}

fn lines(file: &str, text: &str) -> String {
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("advisories-cache/{file}:{}", number + 1);
        let mut record: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{place}: {error}"));
        let id = record.get("id").and_then(Value::as_str).unwrap_or_else(|| panic!("{place}: no id")).to_owned();
        let affected = record.get_mut("affected").map(Value::take);
        let Some(Value::Array(affected)) = affected else { panic!("{place}: no affected packages") };
        for entry in affected {
            let package = entry.get("package").and_then(Value::as_str).unwrap_or_default().to_owned();
            assert!(!package.is_empty() && !package.contains(['\t', '\n']), "{place}: unusable package name");
            record["affected"] = Value::Array(vec![entry]);
            lines.push((package, id.clone(), record.to_string()));
        }
    }
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(package, _, record)| format!("{package}\t{record}\n")).collect();
    lines.concat()
}

fn write(target: &Path, ecosystem: &str, text: &str) {
    let packed = zstd::bulk::compress(text.as_bytes(), 19).unwrap_or_else(|error| panic!("{ecosystem}: {error}"));
    let path = target.join(format!("{ecosystem}.zst"));
    fs::write(&path, packed).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
