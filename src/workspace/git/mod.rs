//! The git repository round the audited folder, read without git: no program runs, no hook, nothing is written.
//!
//! Objects, refs and the index are read with the parts of gix that do so; no other file names them. A repository may be
//! hostile: pipes instead of files are refused before anything is opened, a corrupt object is counted and left out, and
//! every walk keeps a set of what it has seen. Left out: SHA-256 repositories, the reftable format, reflogs.

pub mod family;
pub mod history;
pub mod index;
mod tree;
mod received;
mod objects;

use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_ref::{Target, file};

pub use objects::{Kind, Objects, Reader};
pub use received::receive;

/// The name of an object.
pub type Id = ObjectId;

/// Bytes of a small file of a repository: `config`, `HEAD`, `commondir`, `shallow`.
const SMALL: u64 = 1 << 20;
/// Files and folders of a repository that are looked at before it is trusted to hold regular files only.
const LOOKED_AT: usize = 2_000_000;
/// Symbolic refs and tags that lead to one another.
const HOPS: usize = 8;
/// Hosts where anybody may open an account, and repositories may be public.
const PUBLIC_HOSTS: [&str; 8] = [
    "bitbucket.org",
    "codeberg.org",
    "git.sr.ht",
    "gitee.com",
    "github.com",
    "gitlab.com",
    "huggingface.co",
    "sourceforge.net",
];

/// An opened repository.
pub struct Repository {
    git_dir: PathBuf,
    common_dir: PathBuf,
    /// The audited folder inside the working tree, `/`-separated with a final `/`, or empty for all of it.
    prefix: String,
    bare: bool,
    refs: file::Store,
    objects: Objects,
    public_host: Option<String>,
}

/// Where a repository lies, before it is opened.
#[derive(Debug, Clone)]
pub struct Found {
    git_dir: PathBuf,
    prefix: String,
    bare: bool,
}

/// The repository whose own folder, or whose working tree's root, `root` is.
#[must_use]
pub fn here(root: &Path) -> Option<Found> {
    if is_git_dir(root) {
        return Some(Found { git_dir: root.to_owned(), prefix: String::new(), bare: true });
    }
    let git_dir = git_dir_of(root)?;
    Some(Found { git_dir, prefix: String::new(), bare: false })
}

/// The repository that `root` or a folder above it belongs to.
#[must_use]
pub fn around(root: &Path) -> Option<Found> {
    if let Some(found) = here(root) {
        return Some(found);
    }
    let full = std::fs::canonicalize(root).ok()?;
    for folder in full.ancestors().skip(1).take(256) {
        if let Some(git_dir) = git_dir_of(folder) {
            let below = full.strip_prefix(folder).ok()?;
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            return Some(Found { git_dir, prefix: format!("{}/", parts.join("/")), bare: false });
        }
    }
    None
}

/// Whether a folder is a repository's own: nothing in it is a file of the project.
#[must_use]
pub fn is_git_dir(folder: &Path) -> bool {
    folder.join("objects").is_dir()
        && folder.join("refs").is_dir()
        && std::fs::symlink_metadata(folder.join("HEAD")).is_ok_and(|head| head.is_file() || head.is_symlink())
}

/// `.git` is a folder, or a file that names one (worktrees, submodules).
fn git_dir_of(folder: &Path) -> Option<PathBuf> {
    let dot = folder.join(".git");
    let metadata = std::fs::symlink_metadata(&dot).ok()?;
    if metadata.is_file() {
        let text = small(&dot)?;
        let path = text.trim().strip_prefix("gitdir:")?.trim();
        let path = folder.join(path);
        return is_linked_git_dir(&path).then_some(path);
    }
    is_git_dir(&dot).then_some(dot)
}

/// The folder of a linked worktree has its objects elsewhere.
fn is_linked_git_dir(folder: &Path) -> bool {
    is_git_dir(folder) || (folder.join("HEAD").is_file() && folder.join("commondir").is_file())
}

/// The text of a small regular file.
fn small(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= SMALL).then(|| std::fs::read(path).ok()).flatten().map(|bytes| {
        String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    })
}

impl Repository {
    /// Opens it. The error says what stands against it.
    pub fn open(found: &Found, largest: u64) -> Result<Self, String> {
        let git_dir = std::fs::canonicalize(&found.git_dir).map_err(|error| format!("it cannot be opened: {error}"))?;
        let common_dir = match small(&git_dir.join("commondir")) {
            Some(text) => std::fs::canonicalize(git_dir.join(text.trim()))
                .map_err(|error| format!("its common folder cannot be opened: {error}"))?,
            None => git_dir.clone(),
        };
        only_regular(&git_dir)?;
        if common_dir != git_dir {
            only_regular(&common_dir)?;
        }
        let config = Config::read(&small(&common_dir.join("config")).unwrap_or_default());
        if let Some(format) = &config.unsupported {
            return Err(format!("its format `{format}` is not supported"));
        }
        let kind = gix_hash::Kind::Sha1;
        let refs = if common_dir == git_dir {
            file::Store::at(git_dir.clone(), kind)
        } else {
            file::Store::for_linked_worktree(git_dir.clone(), common_dir.clone(), kind)
        };
        let objects = Objects::open(&common_dir.join("objects"), largest)?;
        Ok(Self {
            git_dir,
            common_dir,
            prefix: found.prefix.clone(),
            bare: found.bare,
            refs,
            objects,
            public_host: config.public_host,
        })
    }

    /// Its objects.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Whether there is no working tree: the audited folder is the repository's own.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// A host of a remote where repositories may be public.
    #[must_use]
    pub fn public_host(&self) -> Option<&str> {
        self.public_host.as_deref()
    }

    /// Path inside the audited folder of a path of the repository; `None` outside.
    #[must_use]
    pub fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.prefix.as_str())
    }

    /// Path of the repository of a path inside the audited folder.
    #[must_use]
    pub fn outside(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Whether the history ends early on purpose.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        small(&self.common_dir.join("shallow")).is_some_and(|text| !text.trim().is_empty())
    }

    /// The commit that is checked out; `None` before the first commit.
    pub fn head(&self, reader: &mut Reader<'_>) -> Option<ObjectId> {
        let id = self.follow("HEAD")?;
        Self::peel(reader, id).filter(|(_, kind)| *kind == Kind::Commit).map(|(id, _)| id)
    }

    /// The tree of a commit.
    pub fn tree_of(&self, reader: &mut Reader<'_>, commit: &ObjectId) -> Option<ObjectId> {
        reader.commit(commit).ok().map(|commit| commit.tree)
    }

    /// What `HEAD` and all refs point to, tags peeled, each once; and how many could not be read.
    fn tips(&self, reader: &mut Reader<'_>) -> (Vec<(ObjectId, Kind)>, usize) {
        let mut ids: Vec<ObjectId> = self.follow("HEAD").into_iter().collect();
        let mut broken = 0;
        if let Ok(platform) = self.refs.iter()
            && let Ok(all) = platform.all()
        {
            for reference in all {
                match reference.map(|reference| reference.target) {
                    Ok(Target::Object(id)) => ids.push(id),
                    Ok(Target::Symbolic(_)) => {}
                    Err(_) => broken += 1,
                }
            }
        } else {
            broken += 1;
        }
        ids.sort_unstable();
        ids.dedup();
        let count = ids.len();
        let mut tips: Vec<_> = ids.into_iter().filter_map(|id| Self::peel(reader, id)).collect();
        broken += count - tips.len();
        tips.sort_unstable();
        tips.dedup();
        (tips, broken)
    }

    /// The commit that a name, a full or a shortened id stands for.
    pub fn resolve(&self, reader: &mut Reader<'_>, name: &str) -> Option<ObjectId> {
        let id = if name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            self.objects.by_prefix(name).or_else(|| self.follow(name))
        } else {
            self.follow(name)
        };
        Self::peel(reader, id?).filter(|(_, kind)| *kind == Kind::Commit).map(|(id, _)| id)
    }

    fn follow(&self, name: &str) -> Option<ObjectId> {
        let mut name = name.to_owned();
        for _ in 0..HOPS {
            match self.refs.try_find(name.as_str()).ok()??.target {
                Target::Object(id) => return Some(id),
                Target::Symbolic(next) => name = next.as_bstr().to_string(),
            }
        }
        None
    }

    fn peel(reader: &mut Reader<'_>, mut id: ObjectId) -> Option<(ObjectId, Kind)> {
        for _ in 0..HOPS {
            match reader.tag_target(&id).ok()? {
                Ok(target) => id = target,
                Err(kind) => return Some((id, kind)),
            }
        }
        None
    }
}

/// Refuses a repository with pipes, sockets or devices in it: to open one could wait for ever.
fn only_regular(top: &Path) -> Result<(), String> {
    let mut open = vec![top.to_owned()];
    let mut looked_at = 0;
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("a folder of it cannot be read: {error}"))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("a folder of it cannot be read: {error}"))?;
            let kind = entry.file_type().map_err(|error| format!("a file of it cannot be read: {error}"))?;
            looked_at += 1;
            if looked_at > LOOKED_AT {
                return Err(format!("it has more than {LOOKED_AT} files"));
            }
            let special = if kind.is_symlink() {
                std::fs::metadata(entry.path()).is_ok_and(|target| !target.is_file() && !target.is_dir())
            } else {
                !kind.is_file() && !kind.is_dir()
            };
            // What watches the file system for git listens on a socket of its own.
            if special && entry.file_name() != "fsmonitor--daemon.ipc" {
                return Err("it holds a pipe, a socket or a device".to_owned());
            }
            let read = !matches!(entry.file_name().to_str(), Some("modules" | "lfs" | "hooks" | "logs"));
            if kind.is_dir() && (read || folder != top) {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

/// What matters of a repository's configuration. `include` is not followed.
#[derive(Debug, Default)]
struct Config {
    unsupported: Option<String>,
    public_host: Option<String>,
}

impl Config {
    fn read(text: &str) -> Self {
        let mut config = Self::default();
        let mut section = String::new();
        for line in text.lines() {
            let line = line.trim();
            if let Some(head) = line.strip_prefix('[') {
                section = head.split([']', ' ', '"']).next().unwrap_or("").to_ascii_lowercase();
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            match (section.as_str(), key.as_str()) {
                ("extensions", "objectformat") if value != "sha1" => config.unsupported = Some(value.to_owned()),
                ("extensions", "refstorage") if value != "files" => config.unsupported = Some(value.to_owned()),
                ("remote", "url" | "pushurl") => {
                    config.public_host = config.public_host.take().or_else(|| public_host(value));
                }
                _ => {}
            }
        }
        config
    }
}

/// `https://user@host:port/path`, `ssh://…`, `git@host:path` → the host, if it is a public one.
fn public_host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let host = host.strip_prefix("ssh.").unwrap_or(host);
    PUBLIC_HOSTS.contains(&host).then(|| host.to_owned())
}

#[cfg(test)]
pub(crate) mod tests;
