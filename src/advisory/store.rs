//! Imported advisories on disk: one `SQLite` file an ecosystem, indexed by package.
//!
//! `<cache>/advisories/v1/<ecosystem>.sqlite`. One file an ecosystem means that two imports of different ecosystems never
//! wait for or undo each other; of two of the same one, the later wins as a whole. A file is written under another name
//! in the same folder, flushed to the disk and renamed, so that a reader sees the old or the new one and `kill -9` leaves
//! at worst a nameless rest, which the next import removes. Readers open it immutable: no locks, no journal, no write,
//! so a read-only cache folder serves as well.
//!
//! The layout's version is part of the folder's name; another program's file, a cut one and one of another layout are
//! told by header, size and meta row, a damaged row by its checksum. Whoever finds that falls back to the embedded
//! snapshot and says so.
//!
//! Measured: see [`super::database`]; with 220,000 npm records (50 MB) a look-up of 2,000 packages takes 20 to 26 ms.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::record::Advisory;
use crate::base::fingerprint::hex;
use crate::package::Ecosystem;

/// Tells our files from those of other programs (`SQLite`'s `application_id`).
const APPLICATION: i32 = 0x5374_6743;
/// Layout of the tables and of the records in them.
const LAYOUT: i32 = 1;
/// Prefix of files that are being written.
const UNFINISHED: &str = ".import-";
/// Age after which an unfinished file is nobody's any more.
const ABANDONED: Duration = Duration::from_hours(24);

/// What is known about one ecosystem's imported data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// What was imported: an address without secrets, or a file or folder name. Never an absolute path.
    pub origin: String,
    /// The server's entity tag for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Time of the newest row of the server's list of changes, for the next update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Date of the newest record, `YYYY-MM-DD`.
    pub date: String,
    /// Day of the import, `YYYY-MM-DD`.
    pub imported: String,
    /// How many advisories.
    pub advisories: u64,
    /// How many packages they are about.
    pub packages: u64,
    /// SHA-256 of the records: the same data has the same sum, wherever it came from.
    pub sha256: String,
}

/// Why stored data cannot be used or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file cannot be read or written.
    #[error("cannot {doing} `{file}`: {source}")]
    Io {
        /// Read, write, …
        doing: &'static str,
        /// File name without its folder.
        file: String,
        /// What failed.
        source: io::Error,
    },
    /// `SQLite` says no.
    #[error("`{file}` is damaged: {source}")]
    Sqlite {
        /// File name without its folder.
        file: String,
        /// What failed.
        source: rusqlite::Error,
    },
    /// Readable, but not ours or not whole.
    #[error("`{file}` is damaged: {why}")]
    Damaged {
        /// File name without its folder.
        file: String,
        /// How it is told.
        why: String,
    },
}

/// One ecosystem's imported advisories, opened for reading.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    meta: Meta,
}

impl Store {
    /// Opens an ecosystem's file; `None` where there is none.
    pub fn open(cache: &Path, ecosystem: Ecosystem) -> Result<Option<Self>, StoreError> {
        let path = file_of(cache, ecosystem);
        let file = name_of(ecosystem);
        let length = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => return Err(StoreError::Damaged { file, why: "it is no file".to_owned() }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(source) => return Err(StoreError::Io { doing: "read", file, source }),
        };
        let damaged = |why: &str| StoreError::Damaged { file: file.clone(), why: why.to_owned() };
        let sqlite = |source| StoreError::Sqlite { file: file.clone(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match uri(&path) {
            Some(uri) => Connection::open_with_flags(uri, flags),
            None => Connection::open_with_flags(&path, flags),
        }
        .map_err(sqlite)?;
        // Otherwise a prepared statement is parsed anew for each value that is bound to it, two thirds of a look-up.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(sqlite)?;
        let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(sqlite);
        if pragma("application_id")? != i64::from(APPLICATION) || pragma("user_version")? != i64::from(LAYOUT) {
            return Err(damaged("it was not written by this version of stageclear"));
        }
        if u64::try_from(pragma("page_count")? * pragma("page_size")?).ok() != Some(length) {
            return Err(damaged("it has not the length that it says"));
        }
        let text: String = connection.query_row("SELECT text FROM meta", [], |row| row.get(0)).map_err(sqlite)?;
        let meta: Meta = serde_json::from_str(&text).map_err(|error| damaged(&error.to_string()))?;
        if meta.ecosystem != ecosystem {
            return Err(damaged("it holds another ecosystem"));
        }
        Ok(Some(Self { connection: Mutex::new(connection), meta }))
    }

    /// What the file says about itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The advisories about a package, by id; each reduced to that package.
    pub fn lookup(&self, package: &str) -> Result<Vec<Advisory>, StoreError> {
        let sql = "SELECT package, id, data, sum FROM entry WHERE package = ?1 ORDER BY id";
        self.rows(sql, &[&package], Some)
    }

    /// The records for which `wanted` holds, by package and id.
    pub fn scan(&self, wanted: impl Fn(&Advisory) -> bool) -> Result<Vec<Advisory>, StoreError> {
        let sql = "SELECT package, id, data, sum FROM entry ORDER BY package, id";
        self.rows(sql, &[], |advisory| wanted(&advisory).then_some(advisory))
    }

    /// Reads everything once and compares the sum: for `db status`.
    pub fn verify(&self) -> Result<(), StoreError> {
        let damaged = |why: String| StoreError::Damaged { file: name_of(self.meta.ecosystem), why };
        let verdict: String = {
            let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|e| self.sqlite(e))?
        };
        if verdict != "ok" {
            return Err(damaged(verdict));
        }
        let mut hasher = Sha256::new();
        let advisories = self.scan(|_| true)?;
        for advisory in &advisories {
            hash_row(
                &mut hasher,
                advisory.affected.first().map_or("", |a| &a.package),
                &advisory.id,
                &row_text(advisory),
            );
        }
        let sum = hex(&hasher.finalize());
        if sum == self.meta.sha256 { Ok(()) } else { Err(damaged("its records have another checksum".to_owned())) }
    }

    fn rows(
        &self,
        sql: &str,
        bound: &[&dyn rusqlite::ToSql],
        keep: impl Fn(Advisory) -> Option<Advisory>,
    ) -> Result<Vec<Advisory>, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(sql).map_err(|error| self.sqlite(error))?;
        let mut rows = statement.query(bound).map_err(|error| self.sqlite(error))?;
        let mut list = Vec::new();
        while let Some(row) = rows.next().map_err(|error| self.sqlite(error))? {
            let read = || -> rusqlite::Result<(String, String, String, i64)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            };
            let (package, id, data, sum) = read().map_err(|error| self.sqlite(error))?;
            if row_sum(&package, &id, &data) != sum {
                let why = format!("the record `{}` has another checksum", id.escape_default());
                return Err(StoreError::Damaged { file: name_of(self.meta.ecosystem), why });
            }
            let advisory = serde_json::from_str(&data)
                .map_err(|error| StoreError::Damaged { file: name_of(self.meta.ecosystem), why: error.to_string() })?;
            list.extend(keep(advisory));
        }
        Ok(list)
    }

    fn sqlite(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { file: name_of(self.meta.ecosystem), source }
    }
}

/// Where an ecosystem's advisories come from, as [`write`] needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// See [`Meta::origin`].
    pub origin: String,
    /// See [`Meta::etag`].
    pub etag: Option<String>,
    /// See [`Meta::cursor`].
    pub cursor: Option<String>,
    /// Day of the import.
    pub imported: jiff::civil::Date,
}

/// Replaces an ecosystem's file by these advisories, all or nothing.
pub fn write(
    cache: &Path,
    ecosystem: Ecosystem,
    provenance: &Provenance,
    advisories: &BTreeMap<String, Advisory>,
) -> Result<Meta, StoreError> {
    let folder = folder_of(cache);
    let io_error = |doing| {
        let file = name_of(ecosystem);
        move |source| StoreError::Io { doing, file, source }
    };
    fs::create_dir_all(&folder).map_err(io_error("create the folder of"))?;
    remove_abandoned(&folder);
    let rows = rows_of(advisories);
    let meta = meta_of(ecosystem, provenance, advisories, &rows);
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .suffix(".sqlite")
        .tempfile_in(&folder)
        .map_err(io_error("write"))?;
    fill(unfinished.path(), &meta, &rows).map_err(|source| StoreError::Sqlite { file: name_of(ecosystem), source })?;
    unfinished.as_file().sync_all().map_err(io_error("flush"))?;
    make_readable(unfinished.path());
    unfinished.persist(folder.join(name_of(ecosystem))).map_err(|error| io_error("replace")(error.error))?;
    // The rename itself must survive a power cut; not every system can flush a folder.
    let _ = fs::File::open(&folder).and_then(|folder| folder.sync_all());
    Ok(meta)
}

/// The path below which all this lives.
fn folder_of(cache: &Path) -> PathBuf {
    cache.join("advisories").join(format!("v{LAYOUT}"))
}

/// The file of an ecosystem.
pub(crate) fn file_of(cache: &Path, ecosystem: Ecosystem) -> PathBuf {
    folder_of(cache).join(name_of(ecosystem))
}

fn name_of(ecosystem: Ecosystem) -> String {
    format!("{}.sqlite", ecosystem.name())
}

/// (package, id) to the record in JSON, in the order in which they are stored.
fn rows_of(advisories: &BTreeMap<String, Advisory>) -> BTreeMap<(&str, &str), String> {
    let mut rows = BTreeMap::new();
    for advisory in advisories.values() {
        for affected in &advisory.affected {
            let key = (affected.package.as_str(), advisory.id.as_str());
            rows.insert(key, row_text(&advisory.only(affected)));
        }
    }
    rows
}

fn row_text(advisory: &Advisory) -> String {
    // Strings, numbers and lists: there is nothing in a record that JSON cannot hold.
    serde_json::to_string(advisory).unwrap_or_default()
}

fn meta_of(
    ecosystem: Ecosystem,
    provenance: &Provenance,
    advisories: &BTreeMap<String, Advisory>,
    rows: &BTreeMap<(&str, &str), String>,
) -> Meta {
    let mut hasher = Sha256::new();
    let mut packages = 0;
    let mut last = None;
    for ((package, id), data) in rows {
        hash_row(&mut hasher, package, id, data);
        packages += u64::from(last != Some(*package));
        last = Some(*package);
    }
    Meta {
        ecosystem,
        origin: provenance.origin.clone(),
        etag: provenance.etag.clone(),
        cursor: provenance.cursor.clone(),
        date: newest(advisories.values(), provenance.imported),
        imported: provenance.imported.to_string(),
        advisories: advisories.len() as u64,
        packages,
        sha256: hex(&hasher.finalize()),
    }
}

/// Date of the newest record, those that claim to come from the future left out.
pub(super) fn newest<'a>(advisories: impl Iterator<Item = &'a Advisory>, today: jiff::civil::Date) -> String {
    let today = today.to_string();
    let dates = advisories.filter_map(Advisory::newest_date).filter(|date| *date <= today.as_str());
    dates.max().unwrap_or("1970-01-01").to_owned()
}

/// Opens a file of one's own to be filled. Nobody else sees it, and a half-written one is thrown away: no journal is needed.
pub(super) fn unshared(path: &Path, application: i32, layout: i32) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "application_id", application)?;
    connection.pragma_update(None, "user_version", layout)?;
    Ok(connection)
}

fn fill(path: &Path, meta: &Meta, rows: &BTreeMap<(&str, &str), String>) -> rusqlite::Result<()> {
    let mut connection = unshared(path, APPLICATION, LAYOUT)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE meta(text TEXT NOT NULL) STRICT;
         CREATE TABLE entry(package TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, sum INTEGER NOT NULL,
                            PRIMARY KEY(package, id)) STRICT, WITHOUT ROWID;",
    )?;
    let text = serde_json::to_string(meta).unwrap_or_default();
    transaction.execute("INSERT INTO meta VALUES (?1)", params![text])?;
    {
        let mut insert = transaction.prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4)")?;
        for ((package, id), data) in rows {
            insert.execute(params![package, id, data, row_sum(package, id, data)])?;
        }
    }
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

fn hash_row(hasher: &mut Sha256, package: &str, id: &str, data: &str) {
    for part in [package, id, data] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
}

fn row_sum(package: &str, id: &str, data: &str) -> i64 {
    let mut hasher = Sha256::new();
    hash_row(&mut hasher, package, id, data);
    let digest = hasher.finalize();
    digest.iter().take(8).fold(0, |sum: i64, byte| (sum << 8) | i64::from(*byte))
}

/// Removes what a killed import left behind. Failure does not matter: the next one tries again.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED));
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if ours && age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Temporary files are made private; the cache may be shared. Failure leaves it private.
fn make_readable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// The path as a `file:` address that forbids locks and journals; `None` where the path is no Unicode.
fn uri(path: &Path) -> Option<String> {
    use std::fmt::Write as _;
    let mut uri = "file:".to_owned();
    let text = path.to_str()?;
    if cfg!(windows) {
        uri.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri.push_str("?immutable=1");
    Some(uri)
}

#[cfg(test)]
mod tests;
