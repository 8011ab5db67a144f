//! Compiles `rules/models`, `rules/taint` and `rules/misuse` into one blob (JSON, zstd) in `OUT_DIR`, and fails the build
//! with file and reason on anything that does not validate. It reads the very types of the library.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

#[allow(dead_code)]
#[path = "../src/model/path.rs"]
mod path;
#[allow(dead_code)]
#[path = "../src/model/schema.rs"]
mod schema;
#[path = "../src/model/validate.rs"]
mod validate;

use schema::{MisuseRule, Model, RuleBook, TaintRule};

/// Reads, validates, writes. The error is what the build prints.
pub fn compile() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/model");
    let root = Path::new("rules");
    let mut complaints = Vec::new();
    let mut book = RuleBook::default();
    for (path, model) in read_all::<Model>(&root.join("models"), &mut complaints)? {
        named_like(&path, &model.library, &mut complaints);
        if !in_folder(&path, &model.language) {
            complaints.push(format!("{}: its language is `{}`", path.display(), model.language));
        }
        book.models.push(model);
    }
    for (path, rule) in read_all::<TaintRule>(&root.join("taint"), &mut complaints)? {
        named_like(&path, &rule.id, &mut complaints);
        book.taint.push(rule);
    }
    for (path, rule) in read_all::<MisuseRule>(&root.join("misuse"), &mut complaints)? {
        named_like(&path, &rule.id, &mut complaints);
        if !in_folder(&path, &rule.language) {
            complaints.push(format!("{}: its language is `{}`", path.display(), rule.language));
        }
        book.misuse.push(rule);
    }
    complaints.extend(validate::complaints(&book));
    if !complaints.is_empty() {
        return Err(format!("rule files that do not validate:\n  {}", complaints.join("\n  ")));
    }
    let json = serde_json::to_vec(&book).map_err(|error| error.to_string())?;
    let packed = zstd::encode_all(json.as_slice(), 19).map_err(|error| error.to_string())?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("rules.json.zst"), packed).map_err(|error| error.to_string())
}

fn in_folder(path: &Path, language: &str) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|name| name == language)
}

fn named_like(path: &Path, id: &str, complaints: &mut Vec<String>) {
    if path.file_stem().is_none_or(|stem| stem != id) {
        complaints.push(format!("{}: it is named `{id}` inside", path.display()));
    }
}

/// Every `.toml` under a folder, in the order of the paths. Files that do not read are complaints.
fn read_all<T: DeserializeOwned>(root: &Path, complaints: &mut Vec<String>) -> Result<Vec<(PathBuf, T)>, String> {
    let mut files = Vec::new();
    list(root, &mut files)?;
    files.sort();
    let mut read = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        match toml::from_str(&text) {
            Ok(value) => read.push((path, value)),
            Err(error) => complaints.push(format!("{}: {error}", path.display())),
        }
    }
    Ok(read)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
