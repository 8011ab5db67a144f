//! `db update`: fetches an export over HTTP, one `<base>/<ecosystem>/all.zip` an ecosystem, as OSV lays it out
//! (<https://google.github.io/osv.dev/data/>). What the server says is unchanged (`ETag`) is not fetched again; of an export that lists its changes ([`super::delta`]) only these are fetched.
//!
//! An ecosystem is replaced only by a whole archive that holds at least one record about it: a broken download, an
//! error page or an empty archive leaves what is there. No address is built in; the caller gives one.

use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use super::delta;
use super::import::{self, ImportError, Records};
use super::mirror::{self, Sums};
use super::store::{self, Meta, Provenance, Store, StoreError};
use crate::base::{Problem, ProblemKind};
use crate::net::{self, Answer, Client, Limits, NetError};
use crate::package::Ecosystem;

/// Why an ecosystem was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The archive is not the one that the list of sums names.
    #[error("`{url}` is not what `SHA256SUMS` says; what was there is kept. Ask whoever runs the mirror")]
    Sum {
        /// The address.
        url: String,
    },
    /// The list of sums does not name the archive.
    #[error("`SHA256SUMS` does not name `{url}`; what was there is kept")]
    Unlisted {
        /// The address.
        url: String,
    },
    /// The server did not give it.
    #[error(transparent)]
    Net(#[from] NetError),
    /// What it gave is no archive.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive has nothing to offer.
    #[error("`{url}` holds no advisory about {ecosystem}; what was there is kept. Check the address")]
    Nothing {
        /// The address.
        url: String,
        /// What was wanted.
        ecosystem: Ecosystem,
    },
    /// No room for the download.
    #[error("cannot make a temporary file in the cache folder: {0}. Set another one with `--cache-dir`")]
    Temporary(#[source] std::io::Error),
}

/// What became of one ecosystem.
#[derive(Debug)]
pub enum Outcome {
    /// The server has nothing newer.
    Unchanged(Meta),
    /// New data is in the store.
    Replaced(Meta),
}

/// The ecosystems that a server offers, of those that are supported. A server without a list may have each.
pub fn offered(base: &str) -> Result<BTreeSet<Ecosystem>, NetError> {
    match Client::new(Limits::SMALL)?.get(&join(base, "ecosystems.txt"), None) {
        Ok(Answer::Fetched { body, .. }) => {
            Ok(String::from_utf8_lossy(&body).lines().filter_map(|line| Ecosystem::parse(line.trim())).collect())
        }
        Ok(Answer::Unchanged) => Ok(Ecosystem::ALL.into_iter().collect()),
        Err(error) if error.is_not_found() => Ok(Ecosystem::ALL.into_iter().collect()),
        Err(error) => Err(error),
    }
}

/// Where an export is, and what is trusted of it.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// Base address.
    pub base: &'a str,
    /// Sums that the archives must have; `None` takes what the server sends.
    pub sums: Option<&'a Sums>,
}

/// The list of sums of a mirror and its signature, if it has one.
pub fn sums(base: &str) -> Result<(Vec<u8>, Option<Vec<u8>>), NetError> {
    let get = |name: &str| match Client::new(Limits::SMALL)?.get(&join(base, name), None)? {
        Answer::Fetched { body, .. } => Ok(body),
        Answer::Unchanged => Ok(Vec::new()),
    };
    let list = get("SHA256SUMS")?;
    match get("SHA256SUMS.sig") {
        Ok(signature) => Ok((list, Some(signature))),
        Err(error) if error.is_not_found() => Ok((list, None)),
        Err(error) => Err(error),
    }
}

/// Brings one ecosystem up to date from `<base>/<ecosystem>/all.zip`.
pub fn ecosystem(
    cache: &Path,
    from: From<'_>,
    ecosystem: Ecosystem,
    today: jiff::civil::Date,
) -> Result<(Outcome, Vec<Problem>), UpdateError> {
    let base = from.base;
    let url = join(base, &format!("{}/all.zip", ecosystem.name()));
    let origin = net::public_form(&url);
    // A damaged store is replaced, whatever its tag.
    let stored = Store::open(cache, ecosystem).ok().flatten().filter(|store| store.meta().origin == origin);
    if let Some(sums) = from.sums {
        return summed(cache, &url, sums, ecosystem, stored.as_ref(), today);
    }
    let since = stored.as_ref().and_then(|store| store.meta().cursor.clone());
    let changes = join(base, &format!("{}/modified_id.csv", ecosystem.name()));
    // Read before the archive, so that what changes in between is read again the next time.
    let listed = delta::listed(&changes, since.as_deref()).unwrap_or_default();
    if let (Some(store), Some(listed), Some(_)) = (&stored, &listed, &since) {
        let address = |id: &str| join(base, &format!("{}/{id}.json", ecosystem.name()));
        match delta::merged(store, listed, ecosystem, address)? {
            Some((_, false)) => return Ok((Outcome::Unchanged(store.meta().clone()), Vec::new())),
            Some((records, true)) => {
                let cursor = Some(listed.cursor.clone());
                let provenance = Provenance { origin, etag: None, cursor, imported: today };
                return Ok((Outcome::Replaced(store::write(cache, ecosystem, &provenance, &records)?), Vec::new()));
            }
            None => {}
        }
    }
    let known = stored.as_ref().and_then(|store| store.meta().etag.clone());
    let Some((file, etag)) = fetch(cache, &url, known.as_deref())? else {
        let meta = stored.map(|store| store.meta().clone());
        return meta
            .map(|meta| (Outcome::Unchanged(meta), Vec::new()))
            .ok_or(UpdateError::Nothing { url: origin, ecosystem });
    };
    let provenance = Provenance { origin, etag, cursor: listed.map(|listed| listed.cursor), imported: today };
    replaced(cache, file, ecosystem, stored.as_ref(), &provenance)
}

/// An archive whose sum is known: fetched if another one is stored, and taken if it is the one that was meant.
fn summed(
    cache: &Path,
    url: &str,
    sums: &Sums,
    ecosystem: Ecosystem,
    stored: Option<&Store>,
    today: jiff::civil::Date,
) -> Result<(Outcome, Vec<Problem>), UpdateError> {
    let origin = net::public_form(url);
    let sum = sums.of(ecosystem).ok_or_else(|| UpdateError::Unlisted { url: origin.clone() })?;
    let etag = Some(format!("sha256:{sum}"));
    if let Some(store) = stored.filter(|store| store.meta().etag == etag) {
        return Ok((Outcome::Unchanged(store.meta().clone()), Vec::new()));
    }
    let nothing = || UpdateError::Nothing { url: origin.clone(), ecosystem };
    let (mut file, _) = fetch(cache, url, None)?.ok_or_else(nothing)?;
    if mirror::sum_of(&mut file).map_err(UpdateError::Temporary)? != sum {
        return Err(UpdateError::Sum { url: origin });
    }
    replaced(cache, file, ecosystem, stored, &Provenance { origin, etag, cursor: None, imported: today })
}

/// Stores what an archive holds, if it holds anything.
fn replaced(
    cache: &Path,
    file: std::fs::File,
    ecosystem: Ecosystem,
    stored: Option<&Store>,
    provenance: &Provenance,
) -> Result<(Outcome, Vec<Problem>), UpdateError> {
    let mut collected = import::collect_archive(file, &format!("{}/all.zip", ecosystem.name()))?;
    let records: Records = collected.advisories.remove(&ecosystem).unwrap_or_default();
    if records.is_empty() {
        return Err(UpdateError::Nothing { url: provenance.origin.clone(), ecosystem });
    }
    let mut problems = collected.problems;
    if let Some(before) = stored.map(|store| store.meta().advisories)
        && (records.len() as u64) < before / 2
    {
        let message = format!("{ecosystem}: {} advisories replace {before}; that is less than half", records.len());
        problems.push(Problem::remark(ProblemKind::Advisories, None, message));
    }
    let meta = store::write(cache, ecosystem, provenance, &records)?;
    Ok((Outcome::Replaced(meta), problems))
}

/// Fetches into a nameless file; `None` when unchanged.
pub fn fetch(
    cache: &Path,
    url: &str,
    etag: Option<&str>,
) -> Result<Option<(std::fs::File, Option<String>)>, UpdateError> {
    // Beside the store rather than in the system's folder, which is often small or memory.
    std::fs::create_dir_all(cache).map_err(UpdateError::Temporary)?;
    let mut file = tempfile::tempfile_in(cache).map_err(UpdateError::Temporary)?;
    match Client::new(Limits::ARCHIVE)?.download(url, etag, &mut file)? {
        Answer::Unchanged => Ok(None),
        Answer::Fetched { etag, .. } => {
            file.seek(SeekFrom::Start(0)).map_err(UpdateError::Temporary)?;
            Ok(Some((file, etag)))
        }
    }
}

fn join(base: &str, path: &str) -> String {
    // A query (a signed address) stays behind the path.
    let (address, query) = base.split_once('?').map_or((base, None), |(address, query)| (address, Some(query)));
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{}/{path}{query}", address.trim_end_matches('/'))
}

#[cfg(test)]
mod tests;
