//! The files of a bundle: from a folder or a `.tar.gz`, within limits; its digest, its manifest, its policies and data.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::super::bundle::{Bundle, is_data};
use crate::base::fingerprint::hex;

/// Files of a bundle.
const MAX_FILES: usize = 5_000;
/// Bytes of all files together, unpacked.
const MAX_BYTES: u64 = 64 << 20;
/// Folders within folders.
const MAX_DEPTH: usize = 32;
/// The manifest's name.
const MANIFEST: &str = ".manifest";
/// The signatures' name.
pub(super) const SIGNATURES: &str = ".signatures.json";

/// Why files are no bundle.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// Reading failed.
    #[error("`{path}`: {source}")]
    Read {
        /// What was read.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in it must not be there.
    #[error("{0}")]
    Content(String),
}

/// The files of a bundle by their path within it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archive {
    files: BTreeMap<String, Vec<u8>>,
}

/// `.manifest`, as far as it is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// A version in the organisation's own words.
    pub revision: String,
    /// What the bundle owns below `data`; one empty path is everything.
    pub roots: Vec<Vec<String>>,
}

impl Archive {
    /// Reads a folder, or a file that is a gzipped tar. Links are refused, in a folder as in an archive.
    pub fn read(path: &Path) -> Result<Self, ArchiveError> {
        let failed = |source| ArchiveError::Read { path: path.display().to_string(), source };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            let mut archive = Self::default();
            archive.folder(path, "", 0)?;
            return archive.complete();
        }
        if metadata.len() > MAX_BYTES {
            return Err(ArchiveError::Content(format!("it is larger than {MAX_BYTES} bytes")));
        }
        Self::unpack(&std::fs::read(path).map_err(failed)?)
    }

    /// Files that were read elsewhere.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, ArchiveError> {
        let mut archive = Self::default();
        files.into_iter().try_for_each(|(path, bytes)| archive.add(&path, bytes))?;
        archive.complete()
    }

    /// Unpacks a gzipped tar.
    pub fn unpack(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let broken = |source| ArchiveError::Read { path: "bundle.tar.gz".to_owned(), source };
        let mut archive = Self::default();
        let limited = flate2::read::MultiGzDecoder::new(bytes).take(2 * MAX_BYTES);
        let mut tar = tar::Archive::new(limited);
        for entry in tar.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Regular => {}
                tar::EntryType::Directory | tar::EntryType::XGlobalHeader | tar::EntryType::XHeader => continue,
                _ => return Err(ArchiveError::Content(format!("`{path}` is a link or a device"))),
            }
            let mut bytes = Vec::new();
            (&mut entry).take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(broken)?;
            archive.add(&path, bytes)?;
        }
        archive.complete()
    }

    /// Packs the files as a gzipped tar: the same bytes for the same files.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()));
        for (path, bytes) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            tar.append_data(&mut header, path, bytes.as_slice())?;
        }
        let mut gzip = tar.into_inner()?;
        gzip.flush()?;
        gzip.finish()
    }

    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), ArchiveError> {
        if depth > MAX_DEPTH {
            return Err(ArchiveError::Content(format!("more than {MAX_DEPTH} folders within one another")));
        }
        let failed = |source| ArchiveError::Read { path: folder.display().to_string(), source };
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            if kind.is_symlink() {
                return Err(ArchiveError::Content(format!("`{path}` is a link")));
            }
            if kind.is_dir() {
                if !name.starts_with('.') {
                    self.folder(&entry.path(), &path, depth + 1)?;
                }
            } else if kind.is_file() && belongs(&path) {
                let size = entry.metadata().map_err(failed)?.len();
                if size > MAX_BYTES {
                    return Err(ArchiveError::Content(format!("`{path}` is larger than {MAX_BYTES} bytes")));
                }
                self.add(&path, std::fs::read(entry.path()).map_err(failed)?)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        let name = path.trim_start_matches("./").trim_start_matches('/').to_owned();
        if name.split('/').any(|part| part == "..") || name.contains(['\\', '\0']) {
            return Err(ArchiveError::Content(format!("`{path}` leads out of the bundle")));
        }
        if !belongs(&name) {
            return Ok(());
        }
        let total: u64 = self.files.values().map(|bytes| bytes.len() as u64).sum::<u64>() + bytes.len() as u64;
        if self.files.len() >= MAX_FILES || total > MAX_BYTES {
            return Err(ArchiveError::Content(format!("more than {MAX_FILES} files or {MAX_BYTES} bytes")));
        }
        match self.files.insert(name, bytes) {
            None => Ok(()),
            Some(_) => Err(ArchiveError::Content(format!("`{path}` is there twice"))),
        }
    }

    fn complete(self) -> Result<Self, ArchiveError> {
        if self.files.is_empty() {
            return Err(ArchiveError::Content("it holds no policies and no data".to_owned()));
        }
        Ok(self)
    }

    /// `sha256:` over the sorted names and contents, signatures left out: the same for a folder and an archive of it.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (name, bytes) in self.files.iter().filter(|(name, _)| *name != SIGNATURES) {
            for part in [name.as_bytes(), bytes] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        format!("sha256:{}", hex(&hasher.finalize()))
    }

    /// The files by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The same bundle with other signatures.
    #[must_use]
    pub fn signed(mut self, signatures: Vec<u8>) -> Self {
        self.files.insert(SIGNATURES.to_owned(), signatures);
        self
    }

    /// The manifest; without one, the bundle owns what it defines.
    pub fn manifest(&self) -> Result<Manifest, ArchiveError> {
        /// Keys that OPA defines; the others belong to other tools.
        #[derive(Deserialize)]
        struct Written {
            #[serde(default)]
            revision: String,
            roots: Option<Vec<String>>,
        }
        let Some(bytes) = self.file(MANIFEST) else { return Ok(Manifest::default()) };
        let written: Written = serde_json::from_slice(bytes)
            .map_err(|error| ArchiveError::Content(format!("`{MANIFEST}` is no manifest: {error}")))?;
        let path = |root: &String| root.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Ok(Manifest { revision: written.revision, roots: written.roots.iter().flatten().map(path).collect() })
    }

    /// Policies, and data where OPA puts it: `a/b/data.json` is `data.a.b`. What is outside of `roots` is refused.
    pub fn bundle(&self, roots: &[Vec<String>]) -> Result<Bundle, ArchiveError> {
        let mut bundle = Bundle::default();
        let within = |path: &[String]| roots.is_empty() || roots.iter().any(|root| path.starts_with(root));
        for (name, bytes) in &self.files {
            let file = name.rsplit('/').next().unwrap_or(name);
            if file.starts_with('.') {
                continue;
            }
            let text = std::str::from_utf8(bytes)
                .map_err(|_| ArchiveError::Content(format!("`{name}` is not UTF-8")))?
                .trim_start_matches('\u{feff}');
            if !is_data(Path::new(file)) {
                let package = package(text);
                if !within(&package) && !name.ends_with("_test.rego") {
                    let message = format!("the package `{}` in `{name}` is outside of its roots", package.join("."));
                    return Err(ArchiveError::Content(message));
                }
                bundle.modules.push((format!("{}/{name}", super::DOCUMENT), text.to_owned()));
                continue;
            }
            let value = Bundle::data(name, text).map_err(|error| ArchiveError::Content(error.to_string()))?;
            let folders: Vec<String> =
                name.split('/').map(str::to_owned).take(name.split('/').count().saturating_sub(1)).collect();
            for key in value.as_object().into_iter().flat_map(serde_json::Map::keys) {
                let path: Vec<String> = folders.iter().chain([key]).cloned().collect();
                let own =
                    within(&path) || roots.iter().any(|root| root.starts_with(&path)) || path[0] == super::DOCUMENT;
                if !own {
                    let message = format!("`data.{}` in `{name}` is outside of its roots", path.join("."));
                    return Err(ArchiveError::Content(message));
                }
            }
            let nest = |value: Value, key: &String| Value::Object(serde_json::Map::from_iter([(key.clone(), value)]));
            bundle.data.push((name.clone(), folders.iter().rev().fold(value, nest)));
        }
        Ok(bundle)
    }

    /// The packages and top documents that the bundle defines, for one without roots.
    pub(super) fn packages(bundle: &Bundle) -> Vec<Vec<String>> {
        let packages = bundle.modules.iter().map(|(_, text)| package(text));
        let documents = bundle.data.iter().filter_map(|(_, value)| value.as_object());
        let documents = documents.flat_map(|object| object.keys().map(|key| vec![key.clone()]));
        let found: BTreeSet<Vec<String>> = packages.chain(documents).filter(|path| !path.is_empty()).collect();
        found.into_iter().collect()
    }
}

/// What a bundle is made of; other files in its folder are not its own.
fn belongs(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let hidden = folder.split('/').any(|part| part.starts_with('.'));
    let rego = Path::new(name).extension().is_some_and(|extension| extension == "rego") && !name.starts_with('.');
    !hidden && (rego || is_data(Path::new(name))) || [MANIFEST, SIGNATURES].contains(&path)
}

/// Whether OPA hashes the file by its content rather than by its bytes.
pub(super) fn is_structured(path: &str) -> bool {
    is_data(Path::new(path)) || path == MANIFEST
}

/// The package that a policy declares.
fn package(text: &str) -> Vec<String> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("package "));
    let name = line.unwrap_or("").split('#').next().unwrap_or("").trim();
    let name = name.replace("[\"", ".").replace("\"]", "");
    name.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
