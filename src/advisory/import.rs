//! Reads advisory data from a folder, a zip archive or a single file, whatever of it is there.
//!
//! Understood, in any mixture and depth: `*.json` (one OSV record each), `*.zip` of such files (the layout of OSV's bulk
//! export, `<ecosystem>/all.zip`) and `RUSTSEC-*.md` (a checkout of `RustSec`'s advisory-db). A file that is no record
//! becomes a problem with its name, relative to what was imported; the rest is read. Archives are never unpacked to
//! disk, and everything has a limit. Left out: YAML sources of databases that export OSV JSON, links inside folders.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;

use rayon::prelude::*;

use super::record::{Advisory, RecordError};
use super::{osv, rustsec};
use crate::base::{Location, Problem, ProblemKind};
use crate::package::Ecosystem;

/// Nesting of folders.
const DEEPEST: usize = 16;
/// Files or archive entries of one import. OSV's largest export has a quarter of a million.
const MOST_FILES: u64 = 4_000_000;
/// Bytes of all records of one import together, unpacked.
const MOST_BYTES: u64 = 16 << 30;
/// Problems told one by one; the rest is counted.
const MOST_PROBLEMS: usize = 50;

/// Archive entries unpacked before they are read, in number and bytes.
const BATCH: usize = 2_000;
const BATCH_BYTES: usize = 16 << 20;

/// Advisories by id.
pub type Records = BTreeMap<String, Advisory>;

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The path cannot be read at all.
    #[error("cannot read `{path}`: {source}. Give a folder, a zip archive or a record")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What failed.
        source: io::Error,
    },
    /// The archive is broken as a whole.
    #[error("`{path}` is no readable zip archive: {why}. Download it again")]
    Archive {
        /// The path as given.
        path: String,
        /// What failed.
        why: String,
    },
    /// Larger than any export.
    #[error("`{path}` holds more than {limit} {what}; nothing was imported")]
    Limit {
        /// The path as given.
        path: String,
        /// The limit.
        limit: u64,
        /// Files or bytes.
        what: &'static str,
    },
}

/// What an import found.
#[derive(Debug, Default)]
pub struct Collected {
    /// Per ecosystem, by id.
    pub advisories: BTreeMap<Ecosystem, Records>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Records that are only about ecosystems that are not supported.
    pub foreign: u64,
    /// YAML files seen and not read.
    yaml: u64,
    /// Links seen and not followed.
    links: u64,
    /// Problems beyond [`MOST_PROBLEMS`].
    untold: u64,
    files: u64,
    bytes: u64,
}

impl Collected {
    /// How many advisories were read; one about two ecosystems counts for each.
    #[must_use]
    pub fn count(&self) -> usize {
        self.advisories.values().map(BTreeMap::len).sum()
    }

    fn add(&mut self, ecosystem: Ecosystem, advisory: Advisory) {
        let records = self.advisories.entry(ecosystem).or_default();
        // Twice the same id: the one changed last counts, whatever the order of the files.
        let newer = records.get(&advisory.id).is_none_or(|old| {
            let key = |a: &Advisory| (a.modified.clone(), serde_json::to_string(a).unwrap_or_default());
            key(&advisory) > key(old)
        });
        if newer {
            records.insert(advisory.id.clone(), advisory);
        }
    }

    fn problem(&mut self, kind: ProblemKind, path: &str, message: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::incomplete(kind, Some(Location::file(path)), message));
        } else {
            self.untold += 1;
        }
    }

    fn record_problem(&mut self, path: &str, error: &RecordError) {
        let kind = match error {
            RecordError::TooLarge(_) | RecordError::TooMany { .. } => ProblemKind::Limit,
            _ => ProblemKind::Advisories,
        };
        self.problem(kind, path, format!("{error}; the record was left out"));
    }

    /// What a file held.
    fn record(&mut self, path: &str, records: Result<Vec<(Ecosystem, Advisory)>, RecordError>) {
        match records {
            Ok(records) if records.is_empty() && !is_markdown(path) => self.foreign += 1,
            Ok(records) => records.into_iter().for_each(|(ecosystem, advisory)| self.add(ecosystem, advisory)),
            Err(error) => self.record_problem(path, &error),
        }
    }

    /// The counted remarks, at the end.
    fn finish(mut self) -> Self {
        let remark = |message| Problem::remark(ProblemKind::Unsupported, None, message);
        if self.untold > 0 {
            let message = format!("{} further files could not be read", self.untold);
            self.problems.push(Problem::incomplete(ProblemKind::Advisories, None, message));
        }
        if self.yaml > 0 {
            let problem = remark(format!("{} YAML files were not read", self.yaml));
            self.problems.push(problem.hint("import the OSV JSON export of that database"));
        }
        if self.links > 0 {
            self.problems.push(remark(format!("{} links were not followed", self.links)));
        }
        if self.foreign > 0 {
            let message = format!("{} records are about other ecosystems and were left out", self.foreign);
            self.problems.push(remark(message));
        }
        self
    }
}

/// Reads everything below a path.
pub fn collect(path: &Path) -> Result<Collected, ImportError> {
    let mut reader = Reader { given: given(path), collected: Collected::default() };
    let metadata = fs::metadata(path).map_err(|source| reader.unreadable(source))?;
    let name = path.file_name().map_or_else(|| "records".to_owned(), |name| name.to_string_lossy().into_owned());
    if metadata.is_dir() {
        reader.folder(path, "", 0)?;
    } else if extension(&name) == "zip" {
        let file = File::open(path).map_err(|source| reader.unreadable(source))?;
        reader.archive(file, &name).map_err(|why| ImportError::Archive { path: reader.given.clone(), why })??;
    } else {
        reader.file(path, &name)?;
    }
    Ok(reader.collected.finish())
}

/// Reads a zip archive that has no name of its own, such as a download. `name` is used in problems.
pub fn collect_archive(file: impl Read + Seek, name: &str) -> Result<Collected, ImportError> {
    let mut reader = Reader { given: name.to_owned(), collected: Collected::default() };
    reader.archive(file, name).map_err(|why| ImportError::Archive { path: name.to_owned(), why })??;
    Ok(reader.collected.finish())
}

struct Reader {
    given: String,
    collected: Collected,
}

impl Reader {
    fn unreadable(&self, source: io::Error) -> ImportError {
        ImportError::Unreadable { path: self.given.clone(), source }
    }

    fn charge(&mut self, bytes: u64) -> Result<(), ImportError> {
        self.collected.files += 1;
        self.collected.bytes += bytes;
        let over = |limit, what| Err(ImportError::Limit { path: self.given.clone(), limit, what });
        match () {
            () if self.collected.files > MOST_FILES => over(MOST_FILES, "files"),
            () if self.collected.bytes > MOST_BYTES => over(MOST_BYTES, "bytes"),
            () => Ok(()),
        }
    }

    fn folder(&mut self, folder: &Path, shown: &str, depth: usize) -> Result<(), ImportError> {
        let unreadable = |reader: &mut Self, error: &io::Error| {
            reader.collected.problem(ProblemKind::Unreadable, shown, format!("cannot read the folder: {error}"));
        };
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(source) if depth == 0 => return Err(self.unreadable(source)),
            Err(error) => {
                unreadable(self, &error);
                return Ok(());
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok(found) => names.push(found),
                Err(error) => unreadable(self, &error),
            }
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind) in names {
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            let inner = if shown.is_empty() { name.to_string() } else { format!("{shown}/{name}") };
            if kind.is_symlink() {
                self.collected.links += 1;
            } else if name.starts_with('.') || (name == "rust" && folder.join("crates").is_dir()) {
                // Version control, and the part of RustSec's database that is about the toolchain.
            } else if kind.is_dir() && depth >= DEEPEST {
                self.collected.problem(ProblemKind::Limit, &inner, "the folder is nested too deeply".to_owned());
            } else if kind.is_dir() {
                self.folder(&path, &inner, depth + 1)?;
            } else if kind.is_file() && extension(&name) == "zip" {
                self.nested_archive(&path, &inner)?;
            } else if kind.is_file() && matches!(extension(&name).as_str(), "yaml" | "yml") {
                self.collected.yaml += 1;
            } else if kind.is_file() && (extension(&name) == "json" || is_markdown(&name)) {
                self.file(&path, &inner)?;
            }
        }
        Ok(())
    }

    fn nested_archive(&mut self, path: &Path, shown: &str) -> Result<(), ImportError> {
        let outcome = match File::open(path) {
            Ok(file) => self.archive(file, shown),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(done) => done,
            Err(why) => {
                let message = format!("no readable zip archive: {why}; none of it was imported");
                self.collected.problem(ProblemKind::Unreadable, shown, message);
                Ok(())
            }
        }
    }

    fn file(&mut self, path: &Path, shown: &str) -> Result<(), ImportError> {
        let read = File::open(path).and_then(|file| {
            let mut text = Vec::new();
            file.take(osv::LARGEST + 1).read_to_end(&mut text)?;
            Ok(text)
        });
        match read {
            Ok(text) => {
                self.charge(text.len() as u64)?;
                self.collected.record(shown, parse(shown, &text));
            }
            Err(error) => self.collected.problem(ProblemKind::Unreadable, shown, error.to_string()),
        }
        Ok(())
    }

    /// The outer error is one of the archive as a whole.
    ///
    /// Entries are unpacked in batches and only then read: the unpacker's large buffers, made anew for each entry, would
    /// otherwise lie between the small pieces that are kept, and a quarter of a million of them took 4.5 GB.
    fn archive(&mut self, file: impl Read + Seek, shown: &str) -> Result<Result<(), ImportError>, String> {
        let mut archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(|error| error.to_string())?;
        let mut batch = Vec::new();
        let mut batch_bytes = 0;
        for index in 0..archive.len() {
            let unpacked = match unpack(&mut archive, index) {
                Ok(None) => continue,
                Ok(Some(unpacked)) => unpacked,
                Err(error) => {
                    self.collected.problem(ProblemKind::Unreadable, shown, format!("entry {index}: {error}"));
                    continue;
                }
            };
            let bytes = unpacked.text.len();
            if let Err(error) = self.charge(bytes as u64) {
                return Ok(Err(error));
            }
            batch_bytes += bytes;
            batch.push(unpacked);
            if batch_bytes > BATCH_BYTES || batch.len() >= BATCH {
                batch_bytes = 0;
                self.read_batch(&mut batch, shown);
            }
        }
        self.read_batch(&mut batch, shown);
        Ok(Ok(()))
    }

    fn read_batch(&mut self, batch: &mut Vec<Unpacked>, shown: &str) {
        let read = |Unpacked { name, text, error }: Unpacked| {
            let path = format!("{shown}/{name}");
            let records = error.map_or_else(|| Ok(parse(&path, &text)), Err);
            (path, records)
        };
        // Parsed side by side, taken up in the archive's order.
        let read: Vec<_> = std::mem::take(batch).into_par_iter().map(read).collect();
        for (path, records) in read {
            match records {
                Ok(records) => self.collected.record(&path, records),
                Err(error) => self.collected.problem(ProblemKind::Unreadable, &path, error),
            }
        }
    }
}

/// The records of one file, by its name; none if they are about other ecosystems.
fn parse(path: &str, text: &[u8]) -> Result<Vec<(Ecosystem, Advisory)>, RecordError> {
    if is_markdown(path) {
        return Ok(rustsec::parse(text)?.into_iter().map(|advisory| (Ecosystem::CratesIo, advisory)).collect());
    }
    Ok(osv::parse(text)?.into_iter().collect())
}

/// One entry of an archive.
struct Unpacked {
    name: String,
    text: Vec<u8>,
    error: Option<String>,
}

/// Unpacks an entry, up to just over the limit; `None` for what is no record.
fn unpack<R: Read + Seek>(
    archive: &mut zip::ZipArchive<R>,
    index: usize,
) -> Result<Option<Unpacked>, zip::result::ZipError> {
    let mut entry = archive.by_index(index)?;
    let name = entry.name().map_or_else(|_| format!("entry {index}"), |name| printable(&name));
    // `rust/` as in `folder`.
    let wanted = extension(&name) == "json" || (is_markdown(&name) && !name.split('/').any(|part| part == "rust"));
    if !entry.is_file() || !wanted {
        return Ok(None);
    }
    let mut text = Vec::new();
    let read = (&mut entry).take(osv::LARGEST + 1).read_to_end(&mut text);
    Ok(Some(Unpacked { name, text, error: read.err().map(|error| error.to_string()) }))
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

fn is_markdown(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("RUSTSEC-") && extension(name) == "md"
}

fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).take(300).collect()
}

/// The path as the user may see it: a file name, since what is printed may end up in a report.
fn given(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
