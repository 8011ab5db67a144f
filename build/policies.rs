//! Packs `policies/**/*.rego` into one compressed blob that the library embeds: a JSON list of `[path, text]`.
//!
//! Their own tests run in `cargo test`.

use std::path::{Path, PathBuf};

use super::program;

/// Reads every policy below `<root>/policies` and writes `<out>/policies.json.zst`.
pub fn pack(root: &Path, out: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-changed=src/policy/yaml.rs");
    let folder = root.join("policies");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        if !text.lines().any(|line| line.starts_with("package stageclear.")) {
            return Err(format!("{path}: a built-in policy must be in a package below `stageclear`"));
        }
        entries.push((path, text));
    }
    let own = entries.iter().filter(|(path, _)| !path.ends_with("_test.rego"));
    program::compile(&own.cloned().collect::<Vec<_>>(), out)?;
    let json = serde_json::to_vec(&entries).map_err(|error| error.to_string())?;
    let packed = zstd::bulk::compress(&json, 19).map_err(|error| error.to_string())?;
    std::fs::write(out.join("policies.json.zst"), packed).map_err(|error| error.to_string())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rego") {
            files.push(path);
        }
    }
    Ok(())
}
