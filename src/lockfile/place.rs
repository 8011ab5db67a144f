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

/// Entries with a longer path than any file system takes are not followed, so that hostile ones cost nothing.
pub(super) const LONGEST_PATH: usize = 4_096;

/// From an offset to the end of its line. In very long lines (minified files) only the line is told, since counting
/// columns for each entry would take quadratic time.
pub(super) fn rest_of_line(file: &SourceFile, offset: usize) -> Location {
    const LONGEST_LINE: usize = 4_096;
    let offset = offset.min(file.text().len());
    let line = file.line_of(u32::try_from(offset).unwrap_or(u32::MAX));
    let span = file.line_span(line).unwrap_or_default();
    if span.range().len() > LONGEST_LINE {
        return Location::line(file.path(), line);
    }
    let end = file.text().get(offset..span.end as usize).map_or(offset, |rest| offset + rest.trim_end().len());
    file.locate(Span::from_range(offset..end))
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
