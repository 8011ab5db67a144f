//! What stands round a name in structured files: the section that a bare `key` or `pass` is in, elements and attributes
//! of XML, blocks of YAML, values inside the object of a name. Every step is bounded.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::assign::Way;
use super::name::{self, SecretName};
use super::place::Place;
use super::text::{line_start, quoted};
use super::value;

/// Bytes before a name in which the section that it is in begins.
const BACK: usize = 2_000;
/// Bytes of an object in which the value stands.
const INSIDE: usize = 400;

/// What a name names where it stands.
pub(super) fn named(text: &str, name: &str, start: usize, place: Place, extension: &str) -> Option<SecretName> {
    match name::classify(name) {
        Some(secret) => Some(owner(text, name, start, place, extension).unwrap_or(secret)),
        None => classify(text, name, start, place, extension).or_else(|| match place {
            Place::Source | Place::Config | Place::Shell | Place::Dotenv => loose(text, name, start),
            _ => None,
        }),
    }
}

/// What a name that says nothing by itself names in its section: `"Jwt": {"Key": …}`, `[smtp]` and `pass = …`.
fn classify(text: &str, name: &str, start: usize, place: Place, extension: &str) -> Option<SecretName> {
    let plain = ["key", "pass", "pw"].iter().any(|word| name.eq_ignore_ascii_case(word));
    let parent = parent(text, start, extension).filter(|_| plain && place == Place::Config)?;
    name::classify(&format!("{parent}_{name}"))
}

/// Bytes round a name in which others tell what it is.
const ROUND: usize = 600;

/// What a name that says little names beside others: `pass` beside `user`, `key` beside a cipher. A lone `pass` is one that
/// must look like a password.
pub(super) fn loose(text: &str, name: &str, start: usize) -> Option<SecretName> {
    let last = name.rsplit('.').next().unwrap_or(name).trim_matches(['_', '$', '-']);
    let of = |words: &[&str]| words.iter().any(|word| last.eq_ignore_ascii_case(word));
    let bytes = text.as_bytes();
    if of(&["pass", "pw", "passw", "pswd"]) {
        let around = &bytes[start.saturating_sub(ROUND / 2)..bytes.len().min(start + ROUND / 2)];
        let login = holds(around, &[b"user", b"ssid", b"login", b"host"]);
        let secret = name::classify("user_pass")?;
        return Some(if login { secret } else { SecretName { words: vec![BARE.to_owned()], ..secret } });
    }
    if of(&["key", "keystr", "keystring", "keybytes", "keyvalue", "mykey", "thekey", "cryptkey", "cipherkey", "deskey"])
    {
        let around = &bytes[start.saturating_sub(ROUND)..bytes.len().min(start + ROUND)];
        // `key` is a name that is everywhere: all words in one pass.
        let ciphers = CIPHERS.as_ref().is_some_and(|words| words.is_match(around));
        return ciphers.then(|| name::classify("encryption_key"))?;
    }
    None
}

/// Words that tell a `key` to be one of a cipher.
static CIPHERS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = ["cipher", "encrypt", "rijndael", "hmac", "securitykey", "fernet", "aes.", "aesmanaged"];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// The word of a name that stands alone.
pub(super) const BARE: &str = "pass";

/// Whether a text holds a word, in small letters or not.
fn holds(text: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| {
        let first = word.first().copied().unwrap_or_default();
        memchr::memchr2_iter(first, first.to_ascii_uppercase(), text)
            .any(|at| text.get(at..at + word.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(word)))
    })
}

/// Whose password a bare `password` is, as its section says: `[database]` and `password = …`.
fn owner(text: &str, name: &str, start: usize, place: Place, extension: &str) -> Option<SecretName> {
    const SERVICES: [&str; 22] = [
        "amqp",
        "database",
        "datasource",
        "db",
        "ftp",
        "imap",
        "ldap",
        "mail",
        "mailer",
        "mariadb",
        "mongo",
        "mongodb",
        "mqtt",
        "mysql",
        "pg",
        "postgres",
        "postgresql",
        "rabbitmq",
        "redis",
        "sftp",
        "smtp",
        "sql",
    ];
    let plain = ["password", "passwd", "pwd"].iter().any(|word| name.eq_ignore_ascii_case(word));
    let written = matches!(extension, "toml" | "ini" | "cfg" | "conf" | "yml" | "yaml");
    let parent = parent(text, start, extension).filter(|_| plain && written && place == Place::Config)?;
    let parent = parent.to_ascii_lowercase();
    SERVICES.contains(&parent.as_str()).then(|| name::classify(&format!("{parent}_{name}")))?
}

/// The name of the section that a place is in.
fn parent<'t>(text: &'t str, start: usize, extension: &str) -> Option<&'t str> {
    let bytes = text.as_bytes();
    let parent = match extension {
        "json" | "jsonc" | "json5" => of_object(bytes, start),
        "yml" | "yaml" => of_indent(bytes, start),
        "toml" | "ini" | "cfg" | "conf" => of_table(bytes, start),
        _ => None,
    };
    text.get(parent?)?.rsplit('.').next()
}

/// The name before the brace that the place at `start` is within.
fn of_object(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let from = start.saturating_sub(BACK);
    let mut depth = 0_usize;
    let open = (from..start).rev().find(|at| match bytes[*at] {
        b'}' => {
            depth += 1;
            false
        }
        b'{' if depth == 0 => true,
        b'{' => {
            depth -= 1;
            false
        }
        _ => false,
    })?;
    let head = bytes[from..open].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end().strip_suffix(b"\"")?;
    let end = from + head.len();
    let begin = from + memchr::memrchr(b'"', head)? + 1;
    Some(begin..end)
}

/// The name on the line above that is less far in.
fn of_indent(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let mut end = line_start(bytes, start);
    let own = indent(&bytes[end..start]);
    let floor = start.saturating_sub(BACK);
    while end > floor && own > 0 {
        let begin = line_start(bytes, end - 1);
        let line = &bytes[begin..end - 1];
        let empty = line.trim_ascii().is_empty() || line.trim_ascii_start().starts_with(b"#");
        if !empty && indent(line) < own {
            let head = line.trim_ascii_end().strip_suffix(b":")?;
            let skipped = head.iter().take_while(|byte| b" -\"'".contains(byte)).count();
            return Some(begin + skipped..begin + head.len());
        }
        end = begin;
    }
    None
}

/// The table that a line is in.
fn of_table(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let from = start.saturating_sub(BACK);
    let open = match memchr::memmem::rfind(&bytes[from..start], b"\n[") {
        Some(at) => from + at + 2,
        None if from == 0 && bytes.starts_with(b"[") => 1,
        None => return None,
    };
    let length = bytes[open..start].iter().position(|byte| matches!(byte, b']' | b'\n'))?;
    Some(open..open + length)
}

/// The value of an element or attribute that the name names: `<add key="ApiKey" value="…"/>`,
/// `<string name="api_key">…</string>`, `<key>ApiKey</key><string>…</string>`.
pub(super) fn element(text: &str, start: usize, end: usize, extension: &str) -> Option<(Range<usize>, Way)> {
    if !matches!(extension, "xml" | "config" | "plist" | "props" | "targets") {
        return None;
    }
    let bytes = text.as_bytes();
    let rest = &bytes[end..bytes.len().min(end + 120)];
    if let Some(behind) = rest.strip_prefix(b"</key>") {
        let blank = behind.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let inner = behind.get(blank..)?.starts_with(b"<string>").then_some(end + 6 + blank + 8)?;
        return Some((until_tag(bytes, inner)?, Way::Entry));
    }
    let quote = *rest.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    if start.checked_sub(1).and_then(|at| bytes.get(at)) != Some(&quote) {
        return None;
    }
    let blank = rest[1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let at = end + 1 + blank;
    match bytes.get(at)? {
        b'>' => Some((until_tag(bytes, at + 1)?, Way::Entry)),
        _ if bytes[at..].starts_with(b"value=") => Some((quoted(bytes, at + 6)?, Way::Assigned)),
        _ => None,
    }
}

fn until_tag(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let length = bytes.get(at..)?.iter().take(600).position(|byte| matches!(byte, b'<' | b'\n'))?;
    (length > 0).then_some(at..at + length)
}

/// The literal inside the object that the name is given: `variable "db_password" { default = "…" }` of Terraform, and
/// `"db_password": { "value": "…" }` of its state.
pub(super) fn nested(bytes: &[u8], at: usize, extension: &str) -> Option<Range<usize>> {
    let (key, at) = match extension {
        "tf" | "hcl" => (b"default".as_slice(), at),
        "tfstate" => (b"\"value\"".as_slice(), at + usize::from(bytes.get(at) == Some(&b':'))),
        _ => return None,
    };
    let blank = bytes.get(at..)?.iter().take(4).take_while(|byte| **byte == b' ').count();
    let open = at + blank;
    let rest = bytes.get(open..bytes.len().min(open + INSIDE))?.strip_prefix(b"{")?;
    let rest = &rest[..memchr::memchr(b'}', rest).unwrap_or(rest.len())];
    let mut behind = open + 1 + memchr::memmem::find(rest, key)? + key.len();
    behind += bytes[behind..].iter().take(24).take_while(|byte| b" \t=:".contains(byte)).count();
    quoted(bytes, behind)
}

/// The one line of a block of YAML that begins behind the mark at `mark`.
pub(super) fn block(bytes: &[u8], start: usize, mark: usize) -> Option<Range<usize>> {
    let own = line_start(bytes, start);
    let indent = bytes[own..start].iter().take_while(|byte| **byte == b' ').count();
    let begin = mark + memchr::memchr(b'\n', bytes.get(mark..bytes.len().min(mark + 40))?)? + 1;
    let line_end = |at: usize| at + memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
    let end = line_end(begin);
    let deep = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count() > indent;
    let next = bytes.get(end + 1..).unwrap_or_default();
    let goes_on = deep(&next[..next.len().min(200)]);
    let line = bytes.get(begin..end.min(begin + 600))?;
    let blank = line.iter().take_while(|byte| **byte == b' ').count();
    let value = line.trim_ascii();
    (deep(line) && !goes_on && !value.contains(&b' ')).then_some(begin + blank..begin + blank + value.len())
}

/// Whether a value of the sort `your-secret` stands beside another of that sort: a form to fill in, as a whole. Alone it
/// may be what a program really signs with.
pub(super) fn is_form(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize| bytes.get(at..at + 5).is_some_and(is_your);
    if !begins(range.start) {
        return false;
    }
    let from = range.start.saturating_sub(240);
    let to = (range.end + 240).min(bytes.len());
    (from..to.saturating_sub(5)).any(|at| {
        !range.contains(&at)
            && begins(at)
            && at.checked_sub(1).is_some_and(|before| !bytes[before].is_ascii_alphanumeric())
    })
}

fn is_your(head: &[u8]) -> bool {
    head[..4].eq_ignore_ascii_case(b"your") && matches!(head[4], b'-' | b'_')
}

/// Whether the address or the name of an account is set near a value: `email: "ann@shop.test", password: "…"`.
pub(super) fn is_of_account(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let near = &bytes[range.start.saturating_sub(160)..bytes.len().min(range.end + 160)];
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    let mail = memchr::memchr_iter(b'@', near).any(|at| {
        let host: Vec<u8> = near[at + 1..].iter().copied().take_while(word).collect();
        at > 0 && word(&near[at - 1]) && host[..host.len().saturating_sub(2)].contains(&b'.')
    });
    mail || holds(
        near,
        &[
            b"username: \"",
            b"username: '",
            b"username = \"",
            b"username='",
            b"username=\"",
            b"username=\"",
            b"username' => '",
            b"\"username\": \"",
            b"username = '",
        ],
    )
}

/// Whether a program refuses to start with what it falls back to, a little further on: `if (KEY === "dev") throw …`.
pub(super) fn is_refused(text: &str, range: &Range<usize>) -> bool {
    let value = text.get(range.clone()).unwrap_or_default();
    let behind = text.get(range.end..text.floor_char_boundary((range.end + 900).min(text.len()))).unwrap_or_default();
    behind.match_indices(value).any(|(at, _)| {
        let head = behind[..at].rsplit('\n').next().unwrap_or_default();
        let tail = behind[at + value.len()..].split_once('\n').map_or("", |(_, tail)| tail);
        let next = tail.get(..tail.floor_char_boundary(160.min(tail.len()))).unwrap_or_default();
        head.contains("==")
            && ["throw ", "raise ", "exit("].iter().any(|word| next.contains(word) || behind[at..].starts_with(word))
    })
}

/// Whether a file is what a compiler made of the comments of .NET: its passwords are examples.
pub(super) fn is_documentation(text: &str, path: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(200)];
    super::place::extension(path) == "xml"
        && memchr::memmem::find(head, b"<doc>").is_some()
        && memchr::memmem::find(head, b"<assembly>").is_some()
}

/// `secret: app-secret` of a manifest of a cluster: the name of the object that holds it.
pub(super) fn is_name_of_object(text: &str, name: &str, value: &str, extension: &str) -> bool {
    name == "secret"
        && matches!(extension, "yml" | "yaml")
        && ["-secret", "-secrets", "-credentials", "-creds", "-auth", "-tls"].iter().any(|tail| value.ends_with(tail))
        && text.contains("apiVersion:")
}

/// `secretKey: NAME` of manifests that fetch secrets from outside: the name under which one is kept.
pub(super) fn is_key_of_outside_secret(text: &str, name: &str, extension: &str) -> bool {
    name == "secretKey"
        && matches!(extension, "yml" | "yaml")
        && ["ExternalSecret", "SecretStore", "remoteRef:"].iter().any(|part| text.contains(part))
}

/// `STREAM_API_KEY` beside `STREAM_API_SECRET`: a short key is the id of the pair.
pub(super) fn is_id_of_pair(text: &str, name: &str, value: &str, start: usize) -> bool {
    let Some(stem) = name.strip_suffix("_KEY").or_else(|| name.strip_suffix("_key")) else { return false };
    let tail = if name.ends_with("KEY") { "_SECRET" } else { "_secret" };
    let bytes = text.as_bytes();
    let around = &bytes[start.saturating_sub(300)..bytes.len().min(start + 300)];
    let other = |finder: memchr::memmem::Finder<'_>| finder.find(around).is_some();
    value.len() <= 16 && stem.len() > 4 && other(memchr::memmem::Finder::new(&format!("{stem}{tail}")))
}

/// Whether a word is one row of a table of names: `RedisPassword = "password"` below `RedisHost = "host"`.
pub(super) fn is_row_of_names(text: &str, name: &str, range: &Range<usize>) -> bool {
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.'));
    let value = text.get(range.clone()).unwrap_or_default();
    if value.is_empty() || !word(value) || !ends_as(name, value) {
        return false;
    }
    let bytes = text.as_bytes();
    let begin = line_start(bytes, range.start);
    let above = begin.checked_sub(1).map(|end| line_start(bytes, end)..end);
    let below = memchr::memchr(b'\n', &bytes[range.end..]).map(|length| {
        let at = range.end + length + 1;
        at..at + bytes[at..].iter().take(200).position(|byte| *byte == b'\n').unwrap_or(0)
    });
    [above, below].into_iter().flatten().any(|line| {
        let row = text.get(line).and_then(|line| line.split_once('='));
        row.is_some_and(|(name, value)| {
            let name = name.trim().rsplit(' ').next().unwrap_or_default();
            let value = value.trim().trim_end_matches([',', ';']).trim_matches(['"', '\'']);
            value.len() >= 3 && word(value) && ends_as(name, value)
        })
    })
}

/// Whether a name ends with a word, as both are read aloud.
fn ends_as(name: &str, word: &str) -> bool {
    value::folded(name).ends_with(&value::folded(word))
}

/// Whether a place is within the documentation of a module of Elixir: `@moduledoc """ … """`.
pub(super) fn is_in_doc(text: &str, at: usize, extension: &str) -> bool {
    let head = text.get(..at).unwrap_or_default();
    matches!(extension, "ex" | "exs")
        && memchr::memmem::rfind(head.as_bytes(), b"\"\"\"")
            .is_some_and(|quotes| head[..quotes].trim_end_matches("~S").ends_with("doc "))
}
