//! Archives: the members of zip, tar and gzip files, one after the other. An archive may be a bomb, so what comes out of one
//! is counted, archives in it included. Left out: encrypted members, links, other compressions (a problem says so).

use std::io::{Cursor, Read};

use super::classify;
use crate::base::{Location, Problem, ProblemKind};

/// Bytes that come out of one archive.
const TOTAL: u64 = 512 << 20;
/// Bytes of a member.
const MEMBER: u64 = 32 << 20;
/// Members of one archive.
const MEMBERS: usize = 50_000;
/// Archives in archives.
const DEPTH: usize = 2;
/// Where a tar header says that it is one.
const MAGIC: std::ops::Range<usize> = 257..262;

/// Opens the archive at `path`; `each` gets the path (`a.zip!/b/c.py`) and the bytes of every member that may be text.
pub fn open(path: &str, bytes: &[u8], each: &mut dyn FnMut(String, Vec<u8>)) -> Vec<Problem> {
    let mut opened = Opened { each, left: TOTAL, members: 0, problems: Vec::new() };
    opened.archive(path, bytes, 0);
    opened.problems
}

struct Opened<'e> {
    each: &'e mut dyn FnMut(String, Vec<u8>),
    left: u64,
    members: usize,
    problems: Vec<Problem>,
}

impl Opened<'_> {
    fn problem(&mut self, kind: ProblemKind, path: &str, message: impl Into<String>) {
        // One a kind and archive: a broken archive of thousands says it once.
        let message = message.into();
        if !self.problems.iter().any(|problem| problem.kind == kind && problem.message == message) {
            self.problems.push(Problem::incomplete(kind, Some(Location::file(path)), message));
        }
    }

    fn archive(&mut self, path: &str, bytes: &[u8], depth: usize) {
        let lower = path.to_ascii_lowercase();
        let gzip = bytes.starts_with(&[0x1f, 0x8b]);
        if gzip && ([".tgz", ".tar.gz"].iter().any(|end| lower.ends_with(end))) {
            self.tar(path, flate2::read::MultiGzDecoder::new(bytes), depth);
        } else if gzip {
            self.gzip(path, bytes, depth);
        } else if bytes.starts_with(b"PK") {
            self.zip(path, bytes, depth);
        } else if bytes.get(MAGIC).is_some_and(|magic| magic == b"ustar") {
            self.tar(path, bytes, depth);
        } else if !bytes.is_empty() {
            self.problem(
                ProblemKind::Unsupported,
                path,
                "the name says archive, but the content is no zip, tar or gzip",
            );
        }
    }

    fn zip(&mut self, path: &str, bytes: &[u8], depth: usize) {
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
            self.problem(ProblemKind::Syntax, path, "the zip file is damaged: its members were not searched");
            return;
        };
        for at in 0..archive.len() {
            if !self.more(path) {
                return;
            }
            match archive.by_index(at) {
                Ok(member) if member.is_file() => {
                    let name = member.name().map_or_else(|_| format!("member-{at}"), std::borrow::Cow::into_owned);
                    self.member(path, &name, member, depth);
                }
                Ok(_) => {}
                Err(_) => {
                    let message = "a member is encrypted, damaged or in an unknown compression: it was not searched";
                    self.problem(ProblemKind::Unsupported, path, message);
                }
            }
        }
    }

    fn tar(&mut self, path: &str, reader: impl Read, depth: usize) {
        // Skipping members reads them too, so the whole stream counts.
        let mut archive = tar::Archive::new(reader.take(TOTAL));
        let Ok(entries) = archive.entries() else { return };
        for entry in entries {
            if !self.more(path) {
                return;
            }
            let Ok(entry) = entry else {
                self.problem(
                    ProblemKind::Syntax,
                    path,
                    "the tar file is cut off, damaged or over a limit: the rest was not searched",
                );
                return;
            };
            if entry.header().entry_type().is_file() {
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                self.member(path, &name, entry, depth);
            }
        }
    }

    fn gzip(&mut self, path: &str, bytes: &[u8], depth: usize) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        self.member(path, &name, flate2::read::MultiGzDecoder::new(bytes), depth);
    }

    fn member(&mut self, archive: &str, name: &str, reader: impl Read, depth: usize) {
        let path = format!("{archive}!/{}", within(name).replace('\\', "/"));
        let inner = classify::is_archive_name(&path);
        if classify::is_binary_name(&path) && !inner {
            return;
        }
        self.members += 1;
        let limit = MEMBER.min(self.left);
        let mut bytes = Vec::new();
        let read = reader.take(limit + 1).read_to_end(&mut bytes);
        self.left = self.left.saturating_sub(bytes.len() as u64);
        if bytes.len() as u64 > limit {
            let message = format!("a member is over the limit of {limit} bytes: its beginning was searched");
            self.problem(ProblemKind::Limit, archive, message);
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        if read.is_err() {
            self.problem(ProblemKind::Syntax, archive, "a member is damaged: what could be read of it was searched");
        }
        let tar = bytes.get(MAGIC).is_some_and(|magic| magic == b"ustar");
        if !inner && !tar {
            (self.each)(path, bytes);
        } else if depth < DEPTH {
            self.archive(&path, &bytes, depth + 1);
        } else {
            let message = format!("more than {DEPTH} archives in archives: the innermost were not searched");
            self.problem(ProblemKind::Limit, archive, message);
        }
    }

    fn more(&mut self, path: &str) -> bool {
        let enough = self.left > 0 && self.members < MEMBERS;
        if !enough {
            let message = format!("more than {TOTAL} bytes or {MEMBERS} members: the rest was not searched");
            self.problem(ProblemKind::Limit, path, message);
        }
        enough
    }
}

/// The name of a member as if the archive were the root: `./.env` is `.env`.
fn within(name: &str) -> &str {
    let mut rest = name;
    while let Some(next) = ["/", "./", "../", "..\\"].iter().find_map(|head| rest.strip_prefix(head)) {
        rest = next;
    }
    rest
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn of(path: &str, bytes: &[u8]) -> (Vec<String>, Vec<Problem>) {
        let mut paths = Vec::new();
        let problems = open(path, bytes, &mut |path, bytes| paths.push(format!("{path}={}", bytes.len())));
        (paths, problems)
    }

    #[test]
    fn members_come_out() {
        let inner = zipped(&[("b.py", b"x"), ("c.png", b"y")]);
        assert_eq!(
            of("a.zip", &zipped(&[("d/e.txt", b"12"), ("f.zip", &inner)])).0,
            ["a.zip!/d/e.txt=2", "a.zip!/f.zip!/b.py=1"]
        );
        let tar = tarred(&[("x/.env", b"123")]);
        assert_eq!(of("a.tar", &tar).0, ["a.tar!/x/.env=3"]);
        assert_eq!(of("a.tar", &tarred(&[("./.env", b"123")])).0, ["a.tar!/.env=3"]);
        assert_eq!(of("a.tgz", &gzipped(&tar)).0, ["a.tgz!/x/.env=3"]);
        assert_eq!(of("dump.sql.gz", &gzipped(b"1234")).0, ["dump.sql.gz!/dump.sql=4"]);
    }

    #[test]
    fn bombs_and_nests_end_in_a_problem() {
        let bomb = gzipped(&vec![b'a'; usize::try_from(MEMBER).unwrap() + 5]);
        let (paths, problems) = of("bomb.gz", &bomb);
        assert_eq!(paths, [format!("bomb.gz!/bomb={MEMBER}")]);
        assert_eq!(problems[0].kind, ProblemKind::Limit);
        let mut nest = zipped(&[("x.txt", b"1")]);
        for _ in 0..5 {
            nest = zipped(&[("n.zip", &nest)]);
        }
        let (paths, problems) = of("n.zip", &nest);
        assert!(paths.is_empty());
        assert_eq!(problems[0].kind, ProblemKind::Limit);
    }

    #[test]
    fn what_is_cut_off_or_no_archive_is_told() {
        let whole = tarred(&[("a.txt", &[b'a'; 2000]), ("b.txt", b"1")]);
        let (_, problems) = of("a.tar", &whole[..1500]);
        assert!(problems.iter().any(|problem| problem.kind == ProblemKind::Syntax), "{problems:?}");
        let whole = zipped(&[("a.txt", b"1")]);
        assert_eq!(of("a.zip", &whole[..whole.len() / 2]).1[0].kind, ProblemKind::Syntax);
        assert_eq!(of("a.zip", b"nothing of the kind").1[0].kind, ProblemKind::Unsupported);
        let whole = gzipped(&vec![b'x'; 100_000]);
        assert_eq!(of("a.txt.gz", &whole[..whole.len() / 2]).1[0].kind, ProblemKind::Syntax);
    }
}
