//! The advisories inside the binary, and the files under `advisories-cache/` that they are made from.
//!
//! `stageclear db snapshot --from DIR --out advisories-cache` writes `<ecosystem>.jsonl` (one record a line, sorted by id)
//! and `MANIFEST.toml`; `build/advisories.rs` checks and packs them. At run time [`Snapshot`] unpacks an ecosystem when
//! it is first asked for and finds a package by binary search in the text; only the hits are parsed. No file, no cache
//! and no set-up are needed, so this works on a read-only system as well.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::import::Records;
use super::record::Advisory;
use super::store::newest;
use crate::base::fingerprint::hex;
use crate::package::Ecosystem;

const PACKED: [(Ecosystem, &[u8]); 5] = [
    (Ecosystem::CratesIo, include_bytes!(concat!(env!("OUT_DIR"), "/advisories/crates.io.zst"))),
    (Ecosystem::Go, include_bytes!(concat!(env!("OUT_DIR"), "/advisories/Go.zst"))),
    (Ecosystem::Npm, include_bytes!(concat!(env!("OUT_DIR"), "/advisories/npm.zst"))),
    (Ecosystem::PyPI, include_bytes!(concat!(env!("OUT_DIR"), "/advisories/PyPI.zst"))),
    (Ecosystem::RubyGems, include_bytes!(concat!(env!("OUT_DIR"), "/advisories/RubyGems.zst"))),
];
const MANIFEST: &str = include_str!(concat!(env!("OUT_DIR"), "/advisories/manifest.json"));

/// One entry of `MANIFEST.toml`. `project`, `licence` and `changes` are written by hand and kept when the rest is
/// written anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// OSV's name of the ecosystem.
    pub ecosystem: String,
    /// File name beside the manifest.
    pub file: String,
    /// The project that the data comes from, and its revision.
    #[serde(default)]
    pub project: String,
    /// SPDX expression and attribution.
    #[serde(default)]
    pub licence: String,
    /// What was changed, which the licences want to be said.
    #[serde(default)]
    pub changes: String,
    /// Date of the newest record.
    pub date: String,
    /// How many advisories.
    pub advisories: u64,
    /// How many packages they are about.
    pub packages: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    #[serde(default)]
    snapshot: Vec<Info>,
}

/// The advisories of one ecosystem as sorted text.
#[derive(Debug)]
pub struct Snapshot {
    info: Info,
    packed: Cow<'static, [u8]>,
    text: OnceLock<Result<String, String>>,
}

impl Snapshot {
    /// The one inside the binary; `None` if it was built without.
    #[must_use]
    pub fn embedded(ecosystem: Ecosystem) -> Option<Self> {
        let infos: Vec<Info> = serde_json::from_str(MANIFEST).unwrap_or_default();
        let info = infos.into_iter().find(|info| info.ecosystem == ecosystem.name())?;
        let packed = PACKED.into_iter().find(|(of, _)| *of == ecosystem)?.1;
        Some(Self { info, packed: Cow::Borrowed(packed), text: OnceLock::new() })
    }

    /// One made of records, for tests and for data that never touches a disk.
    #[must_use]
    pub fn of(ecosystem: Ecosystem, records: &Records, date: &str) -> Self {
        let mut lines: Vec<(&str, &str, String)> = Vec::new();
        for advisory in records.values() {
            for affected in &advisory.affected {
                let record = serde_json::to_string(&advisory.only(affected)).unwrap_or_default();
                lines.push((&affected.package, &advisory.id, record));
            }
        }
        lines.sort();
        let lines: Vec<String> =
            lines.into_iter().map(|(package, _, record)| format!("{package}\t{record}\n")).collect();
        let info = Info {
            ecosystem: ecosystem.name().to_owned(),
            date: date.to_owned(),
            advisories: records.len() as u64,
            ..Info::default()
        };
        Self { info, packed: Cow::Borrowed(&[]), text: OnceLock::from(Ok(lines.concat())) }
    }

    /// What the manifest says about it.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The advisories about a package, by id; each reduced to that package. An error means a broken binary.
    pub fn lookup(&self, package: &str) -> Result<Vec<Advisory>, String> {
        let text = self.text()?;
        lines_of(text, package).map(|line| serde_json::from_str(line).map_err(|error| error.to_string())).collect()
    }

    /// The records for which `wanted` holds, by package and id.
    pub fn scan(&self, wanted: impl Fn(&Advisory) -> bool) -> Result<Vec<Advisory>, String> {
        let mut list = Vec::new();
        for line in self.text()?.lines() {
            let record = line.split_once('\t').map_or("", |(_, record)| record);
            let advisory = serde_json::from_str(record).map_err(|error| error.to_string())?;
            if wanted(&advisory) {
                list.push(advisory);
            }
        }
        Ok(list)
    }

    fn text(&self) -> Result<&str, String> {
        let unpack = || {
            let bytes = zstd::stream::decode_all(&*self.packed).map_err(|error| error.to_string())?;
            String::from_utf8(bytes).map_err(|error| error.to_string())
        };
        self.text.get_or_init(unpack).as_deref().map_err(Clone::clone)
    }
}

/// The records of a package in sorted lines of package, tab, record.
fn lines_of<'a>(text: &'a str, package: &'a str) -> impl Iterator<Item = &'a str> {
    let bytes = text.as_bytes();
    let name_at = |start: usize| {
        let rest = bytes.get(start..).unwrap_or_default();
        rest.get(..memchr::memchr(b'\t', rest).unwrap_or(rest.len())).unwrap_or_default()
    };
    // All lines before `low` begin with a smaller name, all from `high` on do not.
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let before = bytes.get(low..middle).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(low, |at| low + at + 1);
        if name_at(start) < package.as_bytes() {
            let rest = bytes.get(middle..).unwrap_or_default();
            low = memchr::memchr(b'\n', rest).map_or(bytes.len(), |at| middle + at + 1);
        } else {
            high = start;
        }
    }
    let rest = text.get(low..).unwrap_or_default();
    rest.lines().map_while(move |line| line.strip_prefix(package)?.strip_prefix('\t'))
}

/// Why snapshot files could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read or written.
    #[error("cannot {doing} `{file}`: {source}")]
    Io {
        /// Read or write.
        doing: &'static str,
        /// The file's name.
        file: String,
        /// What failed.
        source: io::Error,
    },
    /// The manifest that is there is broken.
    #[error("`MANIFEST.toml` does not parse: {0}. Repair it or remove it")]
    Manifest(String),
}

/// Writes the files of a snapshot; ecosystems without records keep what they have. Gives the manifest's entries.
pub fn write(
    out: &Path,
    advisories: &BTreeMap<Ecosystem, Records>,
    today: jiff::civil::Date,
) -> Result<Vec<Info>, SnapshotError> {
    let failed = |doing, file: &str| {
        let file = file.to_owned();
        move |source| SnapshotError::Io { doing, file, source }
    };
    fs::create_dir_all(out).map_err(failed("create", "the folder"))?;
    let path = out.join("MANIFEST.toml");
    let before: Manifest = match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|error| SnapshotError::Manifest(error.to_string()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Manifest::default(),
        Err(error) => return Err(failed("read", "MANIFEST.toml")(error)),
    };
    let mut infos: BTreeMap<String, Info> =
        before.snapshot.into_iter().map(|info| (info.ecosystem.clone(), info)).collect();
    for (ecosystem, records) in advisories {
        let file = format!("{}.jsonl", ecosystem.name());
        let mut text = String::new();
        for advisory in records.values() {
            text.push_str(&serde_json::to_string(advisory).unwrap_or_default());
            text.push('\n');
        }
        fs::write(out.join(&file), &text).map_err(failed("write", &file))?;
        let names: BTreeSet<&str> =
            records.values().flat_map(|record| &record.affected).map(|affected| affected.package.as_str()).collect();
        let info = infos.entry(ecosystem.name().to_owned()).or_default();
        ecosystem.name().clone_into(&mut info.ecosystem);
        info.file = file;
        info.date = newest(records.values(), today);
        info.advisories = records.len() as u64;
        info.packages = names.len() as u64;
        info.sha256 = hex(&Sha256::digest(text.as_bytes()));
    }
    let snapshot: Vec<Info> = infos.into_values().collect();
    let head = "# Written by `stageclear db snapshot`, which keeps `project`, `licence` and `changes` as they are.\n\n";
    let body = toml::to_string_pretty(&Manifest { snapshot: snapshot.clone() })
        .map_err(|error| SnapshotError::Manifest(error.to_string()))?;
    fs::write(&path, format!("{head}{body}")).map_err(failed("write", "MANIFEST.toml"))?;
    Ok(snapshot)
}

#[cfg(test)]
mod tests;
