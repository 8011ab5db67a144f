//! Paths inside the audited root, and places inside a file.

use crate::base::{Location, SourceFile, Span};

/// The folder of a workspace-relative path; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `relative` seen from `folder`; `None` for absolute paths and for those that leave the root.
pub(super) fn join(folder: &str, relative: &str) -> Option<String> {
    let relative = relative.replace('\\', "/");
    if relative.starts_with('/') || relative.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder itself and those above it, innermost first, the root (empty) last.
pub(super) fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| self::folder(folder)))
}

/// From an offset to the end of its line.
pub(super) fn rest_of_line(file: &SourceFile, offset: usize) -> Location {
    let text = file.text();
    let offset = offset.min(text.len());
    let rest = text.get(offset..).unwrap_or("");
    let line = rest.split(['\n', '\r']).next().unwrap_or("");
    file.locate(Span::from_range(offset..offset + line.trim_end().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(join("a/b", "../c.txt").as_deref(), Some("a/c.txt"));
        assert_eq!(join("a", "../../c.txt"), None);
        assert_eq!(join("a", "/etc/passwd"), None);
        assert_eq!(join("", "./x").as_deref(), Some("x"));
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }
}
