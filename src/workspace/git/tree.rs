//! The files of one commit below a folder.

use gix_object::TreeRefIter;
use gix_object::tree::EntryKind;

use super::{Id, Kind, Reader, Repository};

/// Files that are read.
const FILES: usize = 5_000;
/// Bytes of all of them.
const BYTES: usize = 64 << 20;
/// Folders within folders.
const DEPTH: usize = 32;

impl Repository {
    /// Paths and contents below `folder` of the commit that a name stands for. Links and submodules are refused.
    pub fn files(&self, reader: &mut Reader<'_>, name: &str, folder: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
        let commit = self.resolve(reader, name).ok_or_else(|| format!("it has no commit `{name}`"))?;
        let mut tree = self.tree_of(reader, &commit).ok_or_else(|| format!("the commit `{name}` cannot be read"))?;
        for part in folder.split('/').filter(|part| !part.is_empty() && *part != ".") {
            let entries = entries(reader, &tree)?;
            let found = entries.into_iter().find(|(name, kind, _)| name == part && *kind == EntryKind::Tree);
            tree = found.ok_or_else(|| format!("the commit `{name}` has no folder `{folder}`"))?.2;
        }
        let (mut files, mut bytes) = (Vec::new(), 0_usize);
        let mut pending = vec![(String::new(), tree, 0)];
        while let Some((prefix, tree, depth)) = pending.pop() {
            if depth > DEPTH {
                return Err(format!("more than {DEPTH} folders within one another"));
            }
            for (name, kind, id) in entries(reader, &tree)? {
                let path = format!("{prefix}{name}");
                match kind {
                    EntryKind::Tree => pending.push((format!("{path}/"), id, depth + 1)),
                    EntryKind::Blob | EntryKind::BlobExecutable => {
                        let mut content = Vec::new();
                        if reader.read(&id, &mut content) != Ok(Kind::Blob) {
                            return Err(format!("`{path}` cannot be read"));
                        }
                        bytes = bytes.saturating_add(content.len());
                        files.push((path, content));
                    }
                    EntryKind::Link | EntryKind::Commit => return Err(format!("`{path}` is a link or a submodule")),
                }
                if files.len() > FILES || bytes > BYTES {
                    return Err(format!("more than {FILES} files or {BYTES} bytes"));
                }
            }
        }
        files.sort();
        Ok(files)
    }
}

fn entries(reader: &mut Reader<'_>, tree: &Id) -> Result<Vec<(String, EntryKind, Id)>, String> {
    let mut bytes = Vec::new();
    if reader.read(tree, &mut bytes) != Ok(Kind::Tree) {
        return Err("a folder of it cannot be read".to_owned());
    }
    let entries = TreeRefIter::from_bytes(&bytes, gix_hash::Kind::Sha1).map(|entry| {
        let entry = entry.map_err(|_| "a folder of it is broken".to_owned())?;
        Ok((entry.filename.to_string(), entry.mode.kind(), entry.oid.to_owned()))
    });
    entries.collect()
}
