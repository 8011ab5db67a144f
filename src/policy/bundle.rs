//! Where policy files come from: the built-in blob, and the files and folders that the user names.
//!
//! The only place of this module that reads files. Folders are read in the order of their names, hidden ones left out,
//! links to folders not followed. `data.json`, `data.yaml` and `data.yml` are data, every `.rego` file is a policy.

use std::path::Path;

use super::error::{Diagnosis, PolicyError};
use super::yaml;

/// Files of one bundle; more is a mistake (a `--policy` that names a home folder).
const MAX_FILES: usize = 5_000;
/// Bytes of one data file.
const MAX_DATA: u64 = 32 << 20;
/// Folders within folders.
const MAX_DEPTH: usize = 32;

/// Policies and data, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    /// Path as shown and text of each policy.
    pub modules: Vec<(String, String)>,
    /// Path as shown and content of each data file.
    pub data: Vec<(String, serde_json::Value)>,
}

impl Bundle {
    /// What is in the binary.
    pub fn built_in() -> Result<Self, PolicyError> {
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/policies.json.zst"));
        let broken = |error: String| PolicyError::Input(format!("the built-in policies cannot be unpacked: {error}"));
        let json = zstd::bulk::decompress(packed, 16 << 20).map_err(|error| broken(error.to_string()))?;
        let modules = serde_json::from_slice(&json).map_err(|error| broken(error.to_string()))?;
        Ok(Self { modules, data: Vec::new() })
    }

    /// Reads files and folders that the user named.
    pub fn read(paths: &[impl AsRef<Path>]) -> Result<Self, PolicyError> {
        let mut bundle = Self::default();
        for path in paths {
            let path = path.as_ref();
            let before = bundle.modules.len() + bundle.data.len();
            bundle.visit(path, 0)?;
            if bundle.modules.len() + bundle.data.len() == before {
                let diagnosis = Diagnosis::file(&shown(path), "no policy found");
                let hint = "a policy is a `.rego` file, or a folder with some";
                return Err(PolicyError::Invalid(Box::new(diagnosis.hint(hint))));
            }
        }
        Ok(bundle)
    }

    fn visit(&mut self, path: &Path, depth: usize) -> Result<(), PolicyError> {
        let unreadable = |source| PolicyError::Unreadable { path: shown(path), source };
        let refuse = |message| Err(PolicyError::Limit(Box::new(Diagnosis::file(&shown(path), message))));
        let kind = std::fs::metadata(path).map_err(unreadable)?;
        if kind.is_file() {
            if self.modules.len() + self.data.len() >= MAX_FILES {
                return refuse(format!("more than {MAX_FILES} policy files"));
            }
            return self.file(path, kind.len());
        }
        if depth > MAX_DEPTH {
            return refuse(format!("more than {MAX_DEPTH} folders within one another"));
        }
        let entries: Result<Vec<_>, _> = std::fs::read_dir(path).map_err(unreadable)?.collect();
        let mut entries = entries.map_err(unreadable)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let file_type = entry.file_type().map_err(unreadable)?;
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.');
            let folder_link = file_type.is_symlink() && entry.path().is_dir();
            if !hidden && !folder_link && (file_type.is_dir() || is_policy(&entry.path()) || is_data(&entry.path())) {
                self.visit(&entry.path(), depth + 1)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, bytes: u64) -> Result<(), PolicyError> {
        let name = shown(path);
        if bytes > MAX_DATA {
            let message = format!("the file has {bytes} bytes; the limit is {MAX_DATA}");
            return Err(PolicyError::Limit(Box::new(Diagnosis::file(&name, message))));
        }
        let text =
            std::fs::read_to_string(path).map_err(|source| PolicyError::Unreadable { path: name.clone(), source })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        if is_data(path) {
            let data = Self::data(&name, &text)?;
            self.data.push((name, data));
        } else {
            self.modules.push((name, text));
        }
        Ok(())
    }

    /// A data file: JSON or YAML by its name, an object without the built-in policies' key.
    pub(super) fn data(path: &str, text: &str) -> Result<serde_json::Value, PolicyError> {
        let fault = |line: usize, column: usize, message: String| {
            let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
            PolicyError::Data(Box::new(Diagnosis::at(path, text, number(line), number(column), message)))
        };
        let value = if Path::new(path).extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str(text).map_err(|error| fault(error.line(), error.column(), error.to_string()))?
        } else {
            let node =
                yaml::parse(text).map_err(|error| fault(error.line as usize, error.column as usize, error.message))?;
            node.json()
        };
        match &value {
            serde_json::Value::Object(entries) if entries.contains_key("stageclear") => {
                Err(fault(1, 1, "the key `stageclear` belongs to the built-in policies".to_owned()))
            }
            serde_json::Value::Object(_) => Ok(value),
            _ => Err(fault(1, 1, "a data file must hold an object".to_owned())),
        }
    }
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rego")
}

/// Whether a file holds data rather than a policy, by its path.
pub(super) fn is_data(path: &Path) -> bool {
    path.file_name().is_some_and(|name| ["data.json", "data.yaml", "data.yml"].iter().any(|known| name == *known))
}

/// A path as reports show it: relative to the current folder, never absolute.
fn shown(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&current).unwrap_or(path);
    let relative = if relative.is_absolute() {
        // Outside of the current folder: the last two names tell enough and are the same on every machine.
        let names: Vec<_> = relative.components().rev().take(2).collect();
        names.into_iter().rev().collect()
    } else {
        relative.to_path_buf()
    };
    let text = relative.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or_else(|| text.clone(), str::to_owned)
}
