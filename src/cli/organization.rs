//! The organisation's policy of a run: from a folder, a file or an address; checked; from the cache when the network is
//! not there. Whatever fails here ends the run as not checked.

mod git;
mod oci;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::args::RunArgs;
use crate::base::fingerprint::fingerprint;
use crate::base::{Problem, ProblemKind};
use crate::net::{self, Answer, Client, Limits};
use crate::policy::organization::{Archive, Key, Organization, OrganizationError};
use crate::workspace::git::{self as here, Repository};

/// How a bundle in a git repository of this machine is named.
const GIT: &str = "git+";

/// The file that pins what a project is audited under.
pub(super) const LOCK: &str = "stageclear.lock";
/// Bytes of a bundle that is fetched.
const LARGEST: u64 = 64 << 20;

/// `stageclear.lock`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    /// The one bundle.
    pub organization: Option<Pin>,
}

/// What a bundle must be.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    /// Where it is kept.
    pub source: String,
    /// The organisation's word for its version.
    pub revision: String,
    /// `sha256:` of its content.
    pub digest: String,
}

/// The policy that the arguments name, if any.
pub(super) fn load(
    arguments: &RunArgs,
    root: &Path,
    cache_dir: Option<&Path>,
) -> Result<Option<Organization>, OrganizationError> {
    let Some(named) = arguments.organization.as_deref().filter(|named| !named.is_empty()) else { return Ok(None) };
    let (source, digest) = pinned(named);
    let key = arguments.organization_key.as_deref().map(key).transpose()?;
    let lock = read_lock(root)?;
    let pin = match (digest, &lock.organization) {
        (Some(digest), _) => Some((digest, "--organization")),
        (None, Some(pin)) => Some((pin.digest.as_str(), LOCK)),
        (None, None) => None,
    };
    let Fetched { archive, problem, etag } = fetch(source, cache_dir)?;
    let mut organization = Organization::open(&archive, &shown(source), key.as_ref(), pin)?;
    if let (Some((digest, _)), Some(pin)) = (pin, &lock.organization)
        && digest != pin.digest
    {
        let (found, wanted) = (organization.digest, pin.digest.clone());
        return Err(OrganizationError::Digest { found, wanted, by: LOCK.to_owned() });
    }
    organization.problems.extend(problem);
    if is_remote(source) {
        store(source, &archive, etag.as_deref(), cache_dir);
    }
    Ok(Some(organization))
}

/// A bundle that a sub-command names, `SOURCE` or `SOURCE@sha256:…`, without a project's lock.
pub(super) fn open(
    named: &str,
    key: Option<&Key>,
    cache_dir: Option<&Path>,
) -> Result<Organization, OrganizationError> {
    let (source, digest) = pinned(named);
    let pin = digest.map(|digest| (digest, "the argument"));
    Organization::open(&fetch(source, cache_dir)?.archive, &shown(source), key, pin)
}

/// `SOURCE@sha256:…` → source and digest.
pub(super) fn pinned(named: &str) -> (&str, Option<&str>) {
    match named.rfind("@sha256:") {
        Some(at) => (&named[..at], Some(&named[at + 1..])),
        None => (named, None),
    }
}

/// A public key from its file.
pub(super) fn key(path: &Path) -> Result<Key, OrganizationError> {
    let text = std::fs::read_to_string(path).map_err(|error| OrganizationError::Unreachable {
        from: path.display().to_string(),
        why: error.to_string(),
        hint: "pass the public key's file with --organization-key",
    })?;
    Ok(Key::parse(&text)?)
}

/// The lock of a project; one that cannot be read is no reason to go without.
pub(super) fn read_lock(root: &Path) -> Result<Lock, OrganizationError> {
    let path = root.join(LOCK);
    let Ok(metadata) = std::fs::symlink_metadata(&path) else { return Ok(Lock::default()) };
    let broken = |why: String| OrganizationError::Unreachable {
        from: LOCK.to_owned(),
        why,
        hint: "`stageclear policy lock` writes it anew",
    };
    if !metadata.is_file() || metadata.len() > 1 << 20 {
        return Err(broken("it is no regular file of a usual size".to_owned()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
    toml::from_str(&text).map_err(|error| broken(error.message().to_owned()))
}

/// A bundle that is not verified yet.
struct Fetched {
    /// Its files.
    archive: Archive,
    /// What is worth telling about it.
    problem: Option<Problem>,
    /// The server's tag of a new one.
    etag: Option<String>,
}

impl From<Archive> for Fetched {
    fn from(archive: Archive) -> Self {
        Self { archive, problem: None, etag: None }
    }
}

/// The bundle's files. An address that cannot be reached gives the copy of an earlier run, with a word about it.
fn fetch(source: &str, cache_dir: Option<&Path>) -> Result<Fetched, OrganizationError> {
    if let Some(named) = source.strip_prefix(GIT).filter(|_| !is_remote(source)) {
        return Ok(committed(source, named)?.into());
    }
    if !is_remote(source) {
        if source.contains("://") {
            return Err(OrganizationError::Unreachable {
                from: source.to_owned(),
                why: "bundles are read from folders, files, `https:`, `oci:` and `git+https:` addresses, and \
                      `git+PATH@REVISION`"
                    .to_owned(),
                hint: "fetch it with its own client and name the folder or file",
            });
        }
        return Ok(Archive::read(Path::new(source))?.into());
    }
    let kept = cached(source, cache_dir);
    let tag = kept
        .as_ref()
        .filter(|kept| kept.exists())
        .and_then(|kept| std::fs::read_to_string(kept.with_extension("etag")).ok());
    let limits = Limits { bytes: LARGEST, ..Limits::SMALL };
    if let Some(named) = source.strip_prefix(GIT).map(git::parse) {
        // A commit that is named in full cannot have changed since.
        if let Some(kept) = kept.as_ref().filter(|kept| named.is_pinned() && kept.exists()) {
            return Ok(Archive::read(kept)?.into());
        }
        return match git::fetch(&named, LARGEST) {
            Ok(files) => Ok(Archive::of(files)?.into()),
            Err(error) => earlier(source, kept, None, error),
        };
    }
    let answer = if source.starts_with(oci::SCHEME) {
        oci::pull(source, LARGEST).map(|body| Answer::Fetched { body, etag: None })
    } else {
        let answer = Client::new(limits).and_then(|client| client.get(source, tag.as_deref()));
        answer.map_err(|error| error.to_string())
    };
    match answer {
        Ok(Answer::Fetched { body, etag }) => Ok(Fetched { archive: Archive::unpack(&body)?, problem: None, etag }),
        Ok(Answer::Unchanged) => match kept {
            Some(kept) => Ok(Fetched { etag: tag, ..Archive::read(&kept)?.into() }),
            None => Err(unreachable(source, "the server sent nothing".to_owned())),
        },
        Err(error) => earlier(source, kept, tag, error),
    }
}

/// The copy of an earlier run, with a word about it, where the source cannot be reached.
fn earlier(
    source: &str,
    kept: Option<PathBuf>,
    etag: Option<String>,
    error: String,
) -> Result<Fetched, OrganizationError> {
    let Some(kept) = kept.filter(|kept| kept.exists()) else { return Err(unreachable(source, error)) };
    let message =
        format!("the organisation's policy could not be fetched ({error}): the copy of an earlier run is in force");
    let problem = Some(Problem::remark(ProblemKind::Configuration, None, message));
    Ok(Fetched { problem, etag, ..Archive::read(&kept)?.into() })
}

fn is_remote(source: &str) -> bool {
    net::is_url(source.strip_prefix(GIT).unwrap_or(source)) || source.starts_with(oci::SCHEME)
}

/// `PATH@REVISION#FOLDER`: a folder as it is in a commit, whatever lies in the working tree.
fn committed(source: &str, named: &str) -> Result<Archive, OrganizationError> {
    let failed = |why: String, hint| OrganizationError::Unreachable { from: shown(source), why, hint };
    let named = named.strip_prefix("file://").unwrap_or(named);
    if named.contains("://") {
        let hint = "name it by its https address, `git+https://…@REVISION`, or clone it and name the clone";
        return Err(failed("git is spoken over https only".to_owned(), hint));
    }
    let (named, folder) = named.split_once('#').unwrap_or((named, ""));
    let (path, revision) = named.rsplit_once('@').unwrap_or((named, "HEAD"));
    let hint = "name the folder of a repository, and a branch, tag or commit of it: `git+PATH@REVISION#FOLDER`";
    let found = here::here(Path::new(path)).ok_or_else(|| failed("there is no git repository".to_owned(), hint))?;
    let repository = Repository::open(&found, LARGEST).map_err(|why| failed(why, hint))?;
    let mut reader = repository.objects().reader();
    let files = repository.files(&mut reader, revision, folder).map_err(|why| failed(why, hint))?;
    Ok(Archive::of(files)?)
}

fn unreachable(source: &str, why: String) -> OrganizationError {
    OrganizationError::Unreachable {
        from: shown(source),
        why,
        hint: "check the address and the network; nothing is audited without it",
    }
}

/// Keeps a bundle that was verified for runs without a network. Its tag is kept after it, so that a tag never stands for
/// a bundle that was refused.
fn store(source: &str, archive: &Archive, etag: Option<&str>, cache_dir: Option<&Path>) {
    let Some(kept) = cached(source, cache_dir) else { return };
    let Some(folder) = kept.parent() else { return };
    let Ok(bytes) = archive.pack() else { return };
    let tag = kept.with_extension("etag");
    // A cache that cannot be written only means asking the server again.
    let _ = std::fs::remove_file(&tag);
    if std::fs::create_dir_all(folder).is_ok()
        && let Ok(mut file) = tempfile::NamedTempFile::new_in(folder)
        && std::io::Write::write_all(&mut file, &bytes).is_ok()
    {
        let kept = file.persist(&kept).is_ok();
        if let (true, Some(etag)) = (kept, etag) {
            let _ = std::fs::write(&tag, etag);
        }
    }
}

fn cached(source: &str, cache_dir: Option<&Path>) -> Option<PathBuf> {
    Some(cache_dir?.join("organization").join(format!("{}.gz", fingerprint([source]))))
}

/// A source as it may be printed: no password of an address, no folders of this machine.
pub(super) fn shown(source: &str) -> String {
    if net::is_url(source) {
        return net::public_form(source);
    }
    if let Some(named) = source.strip_prefix(GIT).filter(|named| net::is_url(named)) {
        return format!("{GIT}{}", net::public_form(named));
    }
    if source.starts_with(oci::SCHEME) {
        return source.to_owned();
    }
    let name = Path::new(source).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "a folder".to_owned())
}
