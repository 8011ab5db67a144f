//! Where policy files come from: the built-in blob, and the files and folders that the user names.
//!
//! The only place of this module that reads files. Folders are read in the order of their names, hidden ones left out,
//! links to folders not followed. `data.json`, `data.yaml` and `data.yml` are data, every `.rego` file is a policy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::error::{Diagnosis, PolicyError};
use super::{inputs, yaml};

/// Files of one bundle; more is a mistake (a `--policy` that names a home folder).
const MAX_FILES: usize = 5_000;
/// Bytes of one data file.
const MAX_DATA: u64 = 32 << 20;
/// Folders within folders.
const MAX_DEPTH: usize = 32;
/// How names of data files end.
const DATA_ENDS: [&str; 3] = ["json", "yaml", "yml"];

/// Policies and data, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    /// Path as shown and text of each policy.
    pub modules: Vec<(String, String)>,
    /// Path as shown and content of each data file.
    pub data: Vec<(String, serde_json::Value)>,
    /// What `parse_config_file` and its like give in tests, by the argument as JSON.
    pub answers: BTreeMap<String, serde_json::Value>,
}

impl Bundle {
    /// What is in the binary.
    pub fn built_in() -> Result<Self, PolicyError> {
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/policies.json.zst"));
        let broken = |error: String| PolicyError::Input(format!("the built-in policies cannot be unpacked: {error}"));
        let json = zstd::bulk::decompress(packed, 16 << 20).map_err(|error| broken(error.to_string()))?;
        let modules = serde_json::from_slice(&json).map_err(|error| broken(error.to_string()))?;
        Ok(Self { modules, ..Self::default() })
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

    /// The same, of no paths too.
    pub fn read_all(paths: &[impl AsRef<Path>]) -> Result<Self, PolicyError> {
        if paths.is_empty() { Ok(Self::default()) } else { Self::read(paths) }
    }

    /// Adds a JSON or YAML file of any name, or all of a folder.
    pub fn add_data(&mut self, path: &Path) -> Result<(), PolicyError> {
        if path.is_dir() {
            let wanted =
                |path: &PathBuf| path.extension().is_some_and(|end| DATA_ENDS.iter().any(|known| end == *known));
            return files(path)?.iter().filter(|path| wanted(path)).try_for_each(|path| self.add_data(path));
        }
        let (name, text) = read(path)?;
        self.data.push((name.clone(), Self::data(&name, &text)?));
        Ok(())
    }

    /// Captured documents for tests: every JSON and YAML file in a folder `fixtures`, as `data.fixtures.<name>`.
    pub fn fixtures(paths: &[impl AsRef<Path>]) -> Result<Vec<(String, serde_json::Value)>, PolicyError> {
        let mut found = Vec::new();
        for path in paths {
            for file in files(path.as_ref())? {
                let parent = file.parent().and_then(Path::file_name);
                let wanted = file.extension().is_some_and(|end| DATA_ENDS.iter().any(|known| end == *known));
                if !wanted || is_data(&file) || parent.is_none_or(|name| name != "fixtures") {
                    continue;
                }
                let (name, text) = read(&file)?;
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                let key: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
                let value = Self::value(&name, &text)?;
                found.push((name, serde_json::json!({"fixtures": {key: value}})));
            }
        }
        Ok(found)
    }

    /// Reads the files that tests name as literals in conftest's `parse_config_file` and `parse_combined_config_files`,
    /// relative to the test.
    pub fn add_answers(&mut self, paths: &[impl AsRef<Path>]) -> Result<(), PolicyError> {
        static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r#"\bparse_(config_file|combined_config_files)\(\s*("[^"\n]*"|\[[^\]]*\])\s*,?\s*\)"#).ok()
        });
        let Some(call) = CALL.as_ref() else { return Ok(()) };
        for (path, shown) in policy_files(paths)? {
            let (_, text) = read(&path)?;
            for found in call.captures_iter(&text) {
                let combined = &found[1] != "config_file";
                let Ok(asked) = serde_json::from_str::<serde_json::Value>(&found[2]) else { continue };
                let names: Vec<&str> = match &asked {
                    serde_json::Value::String(name) => vec![name],
                    serde_json::Value::Array(names) => names.iter().filter_map(serde_json::Value::as_str).collect(),
                    _ => continue,
                };
                let mut contents = Vec::new();
                for name in names {
                    let file = path.parent().unwrap_or(Path::new("")).join(name);
                    let (_, text) = read(&file)?;
                    for document in inputs::documents(name, &text, None)? {
                        contents.push(if combined {
                            serde_json::json!({"path": name, "contents": document})
                        } else {
                            document
                        });
                    }
                }
                let single = !combined && contents.len() == 1;
                let answer = if single { contents.remove(0) } else { serde_json::Value::Array(contents) };
                let known = self.answers.insert(asked.to_string(), answer.clone());
                if known.is_some_and(|known| known != answer) {
                    let message = format!("{asked} is another file here than in another test");
                    let diagnosis = Diagnosis::file(&shown, message);
                    return Err(PolicyError::Invalid(Box::new(diagnosis.hint("give one of them another name"))));
                }
            }
        }
        Ok(())
    }

    fn visit(&mut self, path: &Path, depth: usize) -> Result<(), PolicyError> {
        let unreadable = |source| PolicyError::Unreadable { path: shown(path), source };
        let refuse = |message| Err(PolicyError::Limit(Box::new(Diagnosis::file(&shown(path), message))));
        let kind = std::fs::metadata(path).map_err(unreadable)?;
        if kind.is_file() {
            if self.modules.len() + self.data.len() >= MAX_FILES {
                return refuse(format!("more than {MAX_FILES} policy files"));
            }
            return self.file(path);
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

    fn file(&mut self, path: &Path) -> Result<(), PolicyError> {
        let (name, text) = read(path)?;
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
        let value = Self::value(path, text)?;
        let fault = |message: &str| PolicyError::Data(Box::new(Diagnosis::at(path, text, 1, 1, message)));
        match &value {
            serde_json::Value::Object(entries) if entries.contains_key("stageclear") => {
                Err(fault("the key `stageclear` belongs to the built-in policies"))
            }
            serde_json::Value::Object(_) => Ok(value),
            _ => Err(fault("a data file must hold an object")),
        }
    }

    /// JSON or YAML, by the file's name.
    fn value(path: &str, text: &str) -> Result<serde_json::Value, PolicyError> {
        let fault = |line: usize, column: usize, message: String| {
            let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
            PolicyError::Data(Box::new(Diagnosis::at(path, text, number(line), number(column), message)))
        };
        if Path::new(path).extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str(text).map_err(|error| fault(error.line(), error.column(), error.to_string()))
        } else {
            let node =
                yaml::parse(text).map_err(|error| fault(error.line as usize, error.column as usize, error.message))?;
            Ok(node.json())
        }
    }
}

/// The Rego files that paths name, with the name that is shown of each.
pub fn policy_files(paths: &[impl AsRef<Path>]) -> Result<Vec<(PathBuf, String)>, PolicyError> {
    let mut found = Vec::new();
    for path in paths {
        found.extend(files(path.as_ref())?.into_iter().filter(|path| is_policy(path)));
    }
    Ok(found.into_iter().map(|path| (path.clone(), shown(&path))).collect())
}

/// All files of a folder in the order of their names, hidden ones and links to folders left out; or the one file.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let unreadable = |source| PolicyError::Unreadable { path: shown(path), source };
    let mut found = Vec::new();
    let mut pending = vec![(path.to_path_buf(), 0)];
    while let Some((path, depth)) = pending.pop() {
        let kind = std::fs::metadata(&path).map_err(unreadable)?;
        if kind.is_file() {
            found.push(path);
            continue;
        }
        if depth > MAX_DEPTH || found.len() > MAX_FILES {
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let link = entry.file_type().map_err(unreadable)?.is_symlink() && entry.path().is_dir();
            if !link && !entry.file_name().to_string_lossy().starts_with('.') {
                pending.push((entry.path(), depth + 1));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<(String, String), PolicyError> {
    let name = shown(path);
    let unreadable = |source| PolicyError::Unreadable { path: name.clone(), source };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_DATA {
        let message = format!("the file has {bytes} bytes; the limit is {MAX_DATA}");
        return Err(PolicyError::Limit(Box::new(Diagnosis::file(&name, message))));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    Ok((name, text))
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
