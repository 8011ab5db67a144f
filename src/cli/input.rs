//! What is looked at: folders and files, what is staged for a commit, or standard input.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::RunArgs;
use crate::base::{Location, Problem, ProblemKind};
use crate::options::Options;
use crate::workspace::git::index::Index;
use crate::workspace::git::{self, Kind, Reader, Repository};
use crate::workspace::{Entry, Workspace, classify, decode};

/// Bytes of all staged files together that are looked at.
const STAGED: u64 = 1 << 30;

/// Where the files come from.
pub(super) enum Input {
    /// From a folder; with `only`, these files and folders of it.
    Folder { root: PathBuf, only: Vec<String> },
    /// From the index of the repository round the current folder.
    Staged,
    /// One file from standard input.
    Stdin,
}

/// Whether only a part of a project is seen.
pub(super) fn is_partial(arguments: &RunArgs) -> bool {
    arguments.staged || is_stdin(arguments)
}

fn is_stdin(arguments: &RunArgs) -> bool {
    arguments.paths.iter().any(|path| path.as_os_str() == "-")
}

impl Input {
    /// What the arguments ask for.
    pub(super) fn of(arguments: &RunArgs) -> anyhow::Result<Self> {
        if is_stdin(arguments) {
            if arguments.paths.len() > 1 || arguments.history {
                bail!("`-` is standard input, and nothing else can be checked with it");
            }
            return Ok(Self::Stdin);
        }
        if arguments.stdin_path.is_some() {
            bail!("`--stdin-path` names what comes by standard input\nhint: give `-` in place of a path");
        }
        if arguments.staged {
            return Ok(Self::Staged);
        }
        let (root, only) = root_of(&arguments.paths)?;
        Ok(Self::Folder { root, only })
    }

    /// The folder that the configuration is looked for in.
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Folder { root, .. } => root,
            Self::Staged | Self::Stdin => Path::new("."),
        }
    }

    /// Whether it is less than the whole project.
    pub(super) fn is_narrowed(&self) -> bool {
        !matches!(self, Self::Folder { only, .. } if only.is_empty())
    }

    /// Reads it.
    pub(super) fn open(&self, arguments: &RunArgs, options: &Options) -> anyhow::Result<Workspace> {
        match self {
            Self::Folder { root, only } => Ok(Workspace::open(root, only, options)),
            Self::Staged => staged(options),
            Self::Stdin => stdin(arguments.stdin_path.as_deref().unwrap_or("stdin"), options),
        }
    }
}

fn stdin(path: &str, options: &Options) -> anyhow::Result<Workspace> {
    let mut bytes = Vec::new();
    let limit = options.limits.file_bytes;
    std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).context("standard input cannot be read")?;
    let long = bytes.len() as u64 > limit;
    bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let path = path.trim_start_matches("./").replace('\\', "/");
    let mut workspace = Workspace::of(vec![Entry::of_bytes(path.clone(), bytes)]);
    if long {
        let message = format!("more than {limit} bytes: the rest was not read");
        let problem = Problem::incomplete(ProblemKind::Limit, Some(Location::file(&path)), message);
        workspace.problems.push(problem.hint("raise `limits.file-bytes` in stageclear.toml"));
    }
    Ok(workspace)
}

/// The files that a commit made now would change, as they are staged.
fn staged(options: &Options) -> anyhow::Result<Workspace> {
    let Some(found) = git::around(Path::new(".")) else {
        bail!("there is no git repository here\nhint: `--staged` is for the hook of a repository");
    };
    let wrong = |why: String| anyhow::anyhow!("the git repository cannot be read: {why}");
    let repository = Repository::open(&found, options.limits.file_bytes).map_err(wrong)?;
    let mut reader = repository.objects().reader();
    let head = repository.head(&mut reader).and_then(|commit| repository.tree_of(&mut reader, &commit));
    // `git commit --all` and `git commit FILE` show their hook an index of its own.
    let file = std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from);
    let index = Index::open(&repository, file).map_err(wrong)?;
    let changes = match &index {
        Some(index) => index.staged(&mut reader, head).map_err(wrong)?,
        None => Vec::new(),
    };
    let (mut entries, mut problems, mut total) = (Vec::new(), Vec::new(), 0);
    let mut before = Vec::new();
    let mut skipped = crate::workspace::walk::Skipped::default();
    for change in changes {
        let Some(path) = repository.inside(&change.path).map(str::to_owned) else { continue };
        if options.exclude.is_match(&path) {
            skipped.excluded += 1;
            continue;
        }
        if classify::is_binary_name(&path) && !(options.archives && classify::is_archive_name(&path)) {
            skipped.binary += 1;
            continue;
        }
        let bytes = if total > STAGED { None } else { blob(&mut reader, &change.id) };
        let Some(bytes) = bytes else {
            let message = "the staged content cannot be read, or is over a limit";
            problems.push(Problem::incomplete(ProblemKind::Unreadable, Some(Location::file(&path)), message));
            continue;
        };
        total += bytes.len() as u64;
        let entry = Entry::of_bytes(path, bytes);
        if let Some(old) = change.before.and_then(|id| blob(&mut reader, &id))
            && let Some(old) = decode::decode(&entry.path, old, true)
        {
            before.push((entry.path.clone(), old.file));
        }
        entries.push(entry);
    }
    let mut workspace = Workspace::of(entries);
    (workspace.problems, workspace.skipped) = (problems, skipped);
    for (path, file) in before {
        workspace.before.add(&path, file.text());
    }
    Ok(workspace)
}

fn blob(reader: &mut Reader<'_>, id: &git::Id) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    (reader.read(id, &mut bytes) == Ok(Kind::Blob)).then_some(bytes)
}

/// One folder is the root itself; several paths, or files, are looked at from the current folder.
fn root_of(paths: &[PathBuf]) -> anyhow::Result<(PathBuf, Vec<String>)> {
    for path in paths {
        if !path.exists() {
            bail!("there is nothing at `{}`\nhint: give a folder or a file that exists", path.display());
        }
    }
    match paths {
        [] => Ok((PathBuf::from("."), Vec::new())),
        [one] if one.is_dir() => Ok((one.clone(), Vec::new())),
        several => {
            let here = std::fs::canonicalize(".").context("the current folder cannot be resolved")?;
            let only = several.iter().map(|path| relative_to(&here, path)).collect::<anyhow::Result<_>>()?;
            Ok((PathBuf::from("."), only))
        }
    }
}

fn relative_to(here: &Path, path: &Path) -> anyhow::Result<String> {
    let full = std::fs::canonicalize(path).with_context(|| format!("`{}` cannot be resolved", path.display()))?;
    let Ok(relative) = full.strip_prefix(here) else {
        bail!(
            "`{}` is not below the current folder\nhint: several paths are audited as one project; change to a folder above all of them",
            path.display()
        );
    };
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Ok(parts.join("/"))
}
