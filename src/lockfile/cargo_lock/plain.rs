//! The form that Cargo writes since version 2: lines of known kinds, texts without escapes. Most lockfiles have it, and it is
//! read in a tenth of the time that TOML takes. Whatever has another line is left to the reader of TOML.

use super::Entry;
use crate::base::SourceFile;
use crate::lockfile::place;

/// The entries and the version of the format; `None` if a line is not as Cargo writes it.
pub(super) fn read(file: &SourceFile) -> Option<(Vec<Entry<'_>>, Option<i64>)> {
    // No escapes and, but for the ends of lines, no control characters: a text is what stands between its quotes.
    let odd = |byte: &u8| *byte == b'\\' || (*byte < b' ' && *byte != b'\n') || *byte == 0x7f;
    if file.text().as_bytes().iter().fold(false, |found, byte| found | odd(byte)) {
        return None;
    }
    let mut lines = file.text().split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.strip_suffix('\n').unwrap_or(line)))
    });
    let (mut entries, mut open, mut format) = (Vec::new(), None::<Open<'_>>, None);
    while let Some((start, line)) = lines.next() {
        if line.is_empty() {
            continue;
        }
        if line == "[[package]]" {
            if let Some(before) = open.replace(Open { start, ..Open::default() }) {
                entries.push(before.close(file)?);
            }
            continue;
        }
        let Some(entry) = &mut open else {
            if let Some(number) = line.strip_prefix("version = ") {
                let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
                let number = number.parse().ok().filter(|_| digits && format.is_none());
                format = Some(number?);
            } else if !line.starts_with('#') {
                return None;
            }
            continue;
        };
        if line == "dependencies = [" {
            let mut dependencies = Vec::new();
            loop {
                match lines.next()?.1 {
                    "]" => break,
                    line => dependencies.push(quoted(line.strip_prefix(' ')?.strip_suffix(',')?)?),
                }
            }
            once(&mut entry.dependencies, dependencies)?;
            continue;
        }
        let (key, value) = line.split_once(" = ")?;
        let field = match key {
            "name" => &mut entry.name,
            "version" => &mut entry.version,
            "source" => &mut entry.source,
            "checksum" => &mut entry.checksum,
            _ => return None,
        };
        once(field, quoted(value)?)?;
    }
    if let Some(last) = open {
        entries.push(last.close(file)?);
    }
    Some((entries, format))
}

/// An entry on the way.
#[derive(Default)]
struct Open<'d> {
    start: usize,
    name: Option<&'d str>,
    version: Option<&'d str>,
    source: Option<&'d str>,
    checksum: Option<&'d str>,
    dependencies: Option<Vec<&'d str>>,
}

impl<'d> Open<'d> {
    fn close(self, file: &SourceFile) -> Option<Entry<'d>> {
        Some(Entry {
            name: self.name?,
            version: self.version?,
            source: self.source,
            dependencies: self.dependencies.unwrap_or_default(),
            location: place::rest_of_line(file, self.start),
            checksum: self.checksum,
        })
    }
}

/// Sets a field that has no value yet.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    if field.is_some() {
        return None;
    }
    *field = Some(value);
    Some(())
}

/// The text between two quotes.
fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    memchr::memchr(b'"', inner.as_bytes()).is_none().then_some(inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{HINT, entries};
    use super::read;
    use crate::base::SourceFile;
    use crate::lockfile::toml_tree::{Document, Node};

    /// Whether both readers say the same; `false` if the plain one leaves the file to the other.
    fn same(text: &str) -> bool {
        let file = SourceFile::new("Cargo.lock", text);
        let Some((plain, format)) = read(&file) else { return false };
        let document = Document::read(&file, HINT);
        let mut problems = document.problems.clone();
        assert_eq!(plain, entries(&file, &document, &mut problems), "{text}");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(format, document.root().get("version").and_then(Node::integer));
        true
    }

    #[test]
    fn lockfiles_as_cargo_writes_them_are_read_alike() {
        assert!(same(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"))));
        assert!(same(
            "# note\nversion = 3\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\n \"b\",\n]\n"
        ));
        assert!(same(""));
    }

    #[test]
    fn other_forms_are_left_to_the_reader_of_toml() {
        let entry = "[[package]]\nname = \"a\"\nversion = \"1\"\n";
        for text in [
            "[[package]]\nname = \"a\"\n".to_owned(),
            format!("{entry}name = \"b\"\n"),
            format!("{entry}source = \"a\\tb\"\n"),
            format!("{entry}source = 'a'\n"),
            format!("{entry}dependencies = []\n"),
            format!("{entry}dependencies = [\n \"b\",\n"),
            format!("{entry}dependencies = [\n \"b\"\n]\n"),
            format!("{entry}\n[metadata]\n\"checksum a 1 (x)\" = \"y\"\n"),
            entry.replace('\n', "\r\n"),
            format!("version = 03\n{entry}"),
            format!("version = 3\nversion = 3\n{entry}"),
        ] {
            assert!(!same(&text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_toml_means(lines in prop::collection::vec(prop_oneof![
            Just("[[package]]\nname = \"a\"\nversion = \"1\"".to_owned()),
            Just("version = 4".to_owned()),
            "(name|version|source|checksum|other) = \"[a-z\\\\\"' é\u{7f}]{0,4}\"",
            "dependencies = \\[\n( \"[a-c]\",\n){0,3}\\]",
            "[# \\]\\[a=,\"\r]{0,6}",
        ], 0..8)) {
            same(&lines.join("\n"));
        }
    }
}
