//! A bundle from a git repository at an address: `git+https://host/path@REVISION#FOLDER`, in three questions of
//! [version 2 of git's protocol](https://git-scm.com/docs/protocol-v2): what the server can, which commit a branch or tag
//! is, and that one commit without its history.
//!
//! No program runs. A commit that is named in full is what it says, whoever sends it: its id is the hash of what it holds.
//! Left out: servers that speak older versions only, SHA-256 repositories, and ssh.

use std::fmt::Write as _;

use crate::net::{Client, Limits, Reply};
use crate::workspace::git::{self, Repository};

const VERSION: (&str, &str) = ("Git-Protocol", "version=2");

/// What `@REVISION` and `#FOLDER` say of an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    url: &'a str,
    /// A branch, a tag, a commit in full; or what the server's `HEAD` is.
    revision: &'a str,
    folder: &'a str,
}

/// `https://host/path@REVISION#FOLDER`, where a name before the host is none of a revision.
pub(super) fn parse(named: &str) -> Named<'_> {
    let (named, folder) = named.split_once('#').unwrap_or((named, ""));
    let path = named.find("://").and_then(|at| named[at + 3..].find('/').map(|slash| at + 3 + slash));
    let at = path.and_then(|path| named[path..].find('@').map(|at| path + at));
    let (url, revision) = at.map_or((named, "HEAD"), |at| (&named[..at], &named[at + 1..]));
    Named { url: url.trim_end_matches('/'), revision, folder }
}

impl Named<'_> {
    /// Whether it can never mean anything else.
    pub fn is_pinned(&self) -> bool {
        is_id(self.revision)
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Paths and contents below the folder of the commit.
pub(super) fn fetch(named: &Named<'_>, largest: u64) -> Result<Vec<(String, Vec<u8>)>, String> {
    let client = Client::new(Limits { bytes: largest, ..Limits::SMALL }).map_err(|error| error.to_string())?;
    let address = format!("{}/info/refs?service=git-upload-pack", named.url);
    let reply = client.ask(&address, &[VERSION]).map_err(|error| error.to_string())?;
    let shallow = capabilities(&found(reply)?)?;
    let id = if named.is_pinned() { named.revision.to_ascii_lowercase() } else { resolve(&client, named)? };
    let mut request = pkt("command=fetch") + "0001" + &pkt("no-progress") + &pkt("ofs-delta");
    if shallow {
        request += &pkt("deepen 1");
    }
    request += &(pkt(&format!("want {id}")) + &pkt("done") + "0000");
    let pack = pack(&ask(&client, named, request)?)?;
    let folder = tempfile::tempdir().map_err(|error| format!("there is no temporary folder: {error}"))?;
    let repository = Repository::open(&git::receive(&pack, folder.path())?, largest)?;
    let mut reader = repository.objects().reader();
    repository.files(&mut reader, &id, named.folder)
}

/// The commit that a branch or tag is; a tag goes before a branch.
fn resolve(client: &Client, named: &Named<'_>) -> Result<String, String> {
    let name = named.revision;
    let wanted = if name == "HEAD" || name.starts_with("refs/") {
        vec![name.to_owned()]
    } else {
        vec![format!("refs/tags/{name}"), format!("refs/heads/{name}")]
    };
    let mut request = pkt("command=ls-refs") + "0001" + &pkt("peel");
    for name in &wanted {
        request += &pkt(&format!("ref-prefix {name}"));
    }
    let body = ask(client, named, request + "0000")?;
    let mut packets = Packets(&body);
    let mut known = Vec::new();
    while let Some(Packet::Data(line)) = packets.next()? {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        let mut words = line.split(' ');
        let (Some(id), Some(name)) = (words.next(), words.next()) else { continue };
        let id = words.find_map(|word| word.strip_prefix("peeled:")).unwrap_or(id);
        known.push((name.to_owned(), id.to_owned()));
    }
    let found = wanted.iter().find_map(|name| known.iter().find(|(known, _)| known == name));
    let id = found.map(|(_, id)| id.clone()).filter(|id| is_id(id));
    id.ok_or_else(|| format!("it has no branch or tag `{name}`; a commit is named in full"))
}

fn ask(client: &Client, named: &Named<'_>, request: String) -> Result<Vec<u8>, String> {
    let address = format!("{}/git-upload-pack", named.url);
    let headers = [
        VERSION,
        ("Content-Type", "application/x-git-upload-pack-request"),
        ("Accept", "application/x-git-upload-pack-result"),
    ];
    found(client.post(&address, &headers, request.into_bytes()).map_err(|error| error.to_string())?)
}

fn found(reply: Reply) -> Result<Vec<u8>, String> {
    match reply.status {
        200 => Ok(reply.body),
        401 | 403 => Err("the server does not let everybody read it".to_owned()),
        404 => Err("there is no git repository".to_owned()),
        status => Err(format!("the server answers {status}")),
    }
}

/// Whether the server can leave out history. An error if it does not speak version 2, or not of SHA-1.
fn capabilities(body: &[u8]) -> Result<bool, String> {
    let mut packets = Packets(body);
    let (mut version, mut shallow) = (false, false);
    while let Some(packet) = packets.next()? {
        let Packet::Data(line) = packet else { continue };
        let line = String::from_utf8_lossy(line);
        match line.trim_end() {
            "version 2" => version = true,
            line if line.starts_with("fetch=") => shallow = line.contains("shallow"),
            line if line.starts_with("object-format=") && line != "object-format=sha1" => {
                return Err(format!("repositories with `{line}` are not supported"));
            }
            _ => {}
        }
    }
    if version { Ok(shallow) } else { Err("the server does not speak version 2 of git's protocol".to_owned()) }
}

/// The pack of an answer: its section `packfile`, of which only the first band is the pack.
fn pack(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut packets = Packets(body);
    let mut found: Option<Vec<u8>> = None;
    while let Some(packet) = packets.next()? {
        let Packet::Data(data) = packet else { continue };
        let text = |data: &[u8]| String::from_utf8_lossy(data).trim().chars().take(200).collect::<String>();
        match (&mut found, data.split_first()) {
            (None, _) if data.starts_with(b"packfile") => found = Some(Vec::new()),
            (None, _) if data.starts_with(b"ERR ") => return Err(format!("the server says: {}", text(&data[4..]))),
            (Some(pack), Some((1, part))) => pack.extend_from_slice(part),
            (Some(_), Some((3, part))) => return Err(format!("the server says: {}", text(part))),
            _ => {}
        }
    }
    found.ok_or_else(|| "the server sent no objects".to_owned())
}

/// A line of the protocol: its length in four hexadecimal digits before it.
fn pkt(line: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:04x}{line}", line.len() + 5);
    text
}

/// A part of an answer.
enum Packet<'a> {
    /// A line, or bytes.
    Data(&'a [u8]),
    /// The end of a section, or of the answer.
    End,
}

struct Packets<'a>(&'a [u8]);

impl<'a> Packets<'a> {
    fn next(&mut self) -> Result<Option<Packet<'a>>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let broken = || "the server's answer is broken".to_owned();
        let head = self.0.get(..4).and_then(|head| std::str::from_utf8(head).ok()).ok_or_else(broken)?;
        let length = usize::from_str_radix(head, 16).map_err(|_| broken())?;
        if length < 4 {
            self.0 = &self.0[4..];
            return Ok(Some(Packet::End));
        }
        let data = self.0.get(4..length).ok_or_else(broken)?;
        self.0 = &self.0[length..];
        Ok(Some(Packet::Data(data)))
    }
}

#[cfg(test)]
mod tests;
