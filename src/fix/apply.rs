//! Edits → text → files. Besides [`crate::workspace`] and the advisory store the only code that writes files of a user.
//!
//! A file is replaced as a whole: the new content is written beside it and renamed over it, with the old permissions, and
//! only if the file still holds what was read. Links are refused, since renaming would replace them and what they point
//! to may lie elsewhere; so is everything that is not below the audited folder. Line breaks and a byte-order mark stay.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Edited;
use crate::base::{Edit, Location, Problem, ProblemKind};

/// The text with the edits made; `None` if two of them meet or one does not fit.
#[must_use]
pub fn splice(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted.dedup_by(|a, b| (a.span, &a.replacement) == (b.span, &b.replacement));
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        let range = edit.span.range();
        new.push_str(text.get(at..range.start)?);
        text.get(range.clone())?;
        new.push_str(&edit.replacement);
        at = range.end;
    }
    new.push_str(text.get(at..)?);
    Some(new)
}

/// The difference of two texts in unified form.
#[must_use]
pub fn diff(path: &str, old: &str, new: &str) -> String {
    let compared = similar::TextDiff::from_lines(old, new);
    compared.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

/// Writes the files; what could not be written is told, and stays as it was.
pub fn write(root: &Path, files: &[Edited]) -> (Vec<String>, Vec<Problem>) {
    let (mut written, mut problems) = (Vec::new(), Vec::new());
    for file in files {
        match replace(root, file) {
            Ok(()) => written.push(file.path.clone()),
            Err(why) => {
                let message = format!("`{}` was not changed: {why}", file.path);
                let place = Some(Location::file(&file.path));
                problems.push(Problem::incomplete(ProblemKind::Unreadable, place, message));
            }
        }
    }
    (written, problems)
}

fn replace(root: &Path, file: &Edited) -> Result<(), String> {
    let path = target(root, &file.path)?;
    let plain = |error: std::io::Error| error.to_string();
    let metadata = std::fs::symlink_metadata(&path).map_err(plain)?;
    if !metadata.is_file() {
        return Err("it is no regular file; links are not followed".to_owned());
    }
    if metadata.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let bytes = std::fs::read(&path).map_err(plain)?;
    let (mark, body) = match bytes.strip_prefix(MARK) {
        Some(body) => (MARK, body),
        None => (&[][..], bytes.as_slice()),
    };
    if body != file.old.as_bytes() {
        return Err("it is not UTF-8, or has changed since it was read; run again".to_owned());
    }
    let folder = path.parent().ok_or("it has no folder")?;
    let mut new = tempfile::Builder::new().prefix(".stageclear-").tempfile_in(folder).map_err(plain)?;
    new.write_all(mark).and_then(|()| new.write_all(file.text.as_bytes())).map_err(plain)?;
    new.as_file().set_permissions(metadata.permissions()).map_err(plain)?;
    new.as_file().sync_all().map_err(plain)?;
    new.persist(&path).map_err(|error| error.error.to_string())?;
    Ok(())
}

/// The file below the root, each folder on the way looked at.
fn target(root: &Path, relative: &str) -> Result<PathBuf, String> {
    let outside = || "it is not below the audited folder".to_owned();
    if relative.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(outside());
    }
    let root = std::fs::canonicalize(root).map_err(|error| error.to_string())?;
    let path = root.join(relative);
    let folder = path.parent().ok_or_else(outside)?;
    let real = std::fs::canonicalize(folder).map_err(|error| error.to_string())?;
    if real != folder {
        return Err("a link stands on the way to it; links are not followed".to_owned());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn edit(start: u32, end: u32, replacement: &str) -> Edit {
        Edit { location: Location::file("x"), span: Span::new(start, end), replacement: replacement.to_owned() }
    }

    #[test]
    fn edits_are_made_in_order_and_never_meet() {
        assert_eq!(splice("abcdef", &[edit(4, 5, "E"), edit(0, 1, "AA"), edit(4, 5, "E")]).as_deref(), Some("AAbcdEf"));
        assert_eq!(splice("abc", &[edit(0, 2, "x"), edit(1, 3, "y")]), None);
        assert_eq!(splice("abc", &[edit(0, 2, "x"), edit(0, 2, "y")]), None);
        assert_eq!(splice("ü", &[edit(1, 2, "x")]), None);
        assert_eq!(splice("abc", &[edit(9, 9, "x")]), None);
    }

    fn edited(path: &str, old: &str, text: &str) -> Edited {
        Edited { path: path.to_owned(), diff: String::new(), text: text.to_owned(), old: old.to_owned() }
    }

    #[test]
    fn files_keep_their_mark_and_rights_and_must_be_as_they_were_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "\u{feff}one\r\ntwo\r\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        }
        let (written, problems) = write(folder.path(), &[edited("a.txt", "one\r\ntwo\r\n", "one\r\n2\r\n")]);
        assert_eq!((written.len(), problems.len()), (1, 0));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\u{feff}one\r\n2\r\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        }
        let (written, problems) = write(folder.path(), &[edited("a.txt", "something else", "x")]);
        assert!(written.is_empty() && problems[0].message.contains("has changed"), "{problems:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_what_lies_outside_are_refused() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("real.txt"), "old").unwrap();
        std::os::unix::fs::symlink(other.path().join("real.txt"), folder.path().join("link.txt")).unwrap();
        std::os::unix::fs::symlink(other.path(), folder.path().join("dir")).unwrap();
        for path in ["link.txt", "dir/real.txt", "../x", "/etc/hosts", "a//b"] {
            let (written, problems) = write(folder.path(), &[edited(path, "old", "new")]);
            assert!(written.is_empty() && problems.len() == 1, "{path}");
        }
        assert_eq!(std::fs::read_to_string(other.path().join("real.txt")).unwrap(), "old");
    }
}
