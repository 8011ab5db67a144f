//! Named secrets of files without a syntax tree: from a keyword hit outwards to the name, on to an operator and the
//! value. Every step is bounded, so a line of any length costs the same.

use super::assign::{Assignment, Way};
use super::place::Place;
use super::{call, section, sql};

/// Longest name that is looked at.
const NAME: usize = 64;
/// Longest value that is looked at.
const VALUE: usize = 600;

/// Reads the assignment to the name that the keyword at `hit` is part of. Gives it, and in any case where the name ends.
pub(super) fn at<'a>(text: &'a str, hit: usize, place: Place, path: &str) -> (usize, Option<Assignment<'a>>) {
    let bytes = text.as_bytes();
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-' | b'.');
    let start = hit - bytes[..hit].iter().rev().take(NAME).take_while(in_name).count();
    let end = hit + bytes[hit..].iter().take(NAME).take_while(in_name).count();
    (end, read(text, start, end, place, path))
}

/// Bytes before and behind a name in which the literal that it is set to begins.
const REACH: (usize, usize) = (60, 240);

/// The name that the keyword at `hit` is part of, as a tree may have it.
pub(super) fn name_of(text: &str, hit: usize) -> std::ops::Range<usize> {
    let bytes = text.as_bytes();
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-' | b'.' | b'$');
    let start = hit - bytes[..hit].iter().rev().take(NAME).take_while(in_name).count();
    start..hit + bytes[hit..].iter().take(NAME).take_while(in_name).count()
}

/// What may be a literal near a name: the text between any two equal quotes of a line, and whether another literal goes on
/// with it.
pub(super) fn literals_near<'a>(
    text: &'a str,
    name: &std::ops::Range<usize>,
) -> impl Iterator<Item = (std::ops::Range<usize>, &'a str, bool)> {
    let bytes = text.as_bytes();
    let from = name.start.saturating_sub(REACH.0);
    let to = (name.end + REACH.1).min(bytes.len());
    memchr::memchr3_iter(b'"', b'\'', b'`', &bytes[from..to]).filter_map(move |at| {
        let open = from + at + 1;
        let rest = &bytes[open..bytes.len().min(open + VALUE + 1)];
        let length = memchr::memchr2(bytes[open - 1], b'\n', rest)?;
        let range = open..open + length;
        let behind = &bytes[(range.end + 1).min(bytes.len())..bytes.len().min(range.end + 80)];
        let next = behind.iter().find(|byte| !b" \t\r\n+\\".contains(byte));
        let joined = rest[length] != b'\n' && next.is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        Some((range.clone(), text.get(range)?, joined))
    })
}

fn read<'a>(text: &'a str, start: usize, end: usize, place: Place, path: &str) -> Option<Assignment<'a>> {
    let bytes = text.as_bytes();
    let name = text.get(start..end)?.trim_start_matches(['-', '.']).trim_end_matches(['.', '-']);
    let before = |back: usize| start.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    let extension = super::place::extension(path);
    let found = |range: std::ops::Range<usize>, way| {
        let value = text.get(range.clone())?;
        let secret = section::named(text, name, start, place, &extension)?;
        Some(Assignment { name, secret, value, way, range })
    };
    if before(1) == Some(b'{') && before(2) == Some(b'$') {
        return found(default_of(text, end, &extension)?, Way::Fallback);
    }
    // Inside an address or a resource name: `arn:aws:…:secret:name`. Some languages mark all their variables.
    let sigil = before(1) == Some(b'$') && has_sigils(&extension);
    if (!sigil && matches!(before(1), Some(b'$' | b'%' | b'@' | b'?' | b'&')))
        || (before(1) == Some(b':') && !matches!(before(2), None | Some(b':' | b' ' | b'\n' | b'{' | b'(' | b',')))
    {
        return None;
    }
    if let Some((range, way)) = section::element(text, start, end, &extension) {
        return found(range, way);
    }
    if before(1) == Some(b'<') && bytes.get(end) == Some(&b'>') {
        let begin = end + 1 + bytes[end + 1..].iter().take(60).take_while(|byte| byte.is_ascii_whitespace()).count();
        let length = bytes[begin..].iter().take(VALUE).position(|byte| matches!(byte, b'<' | b'\n'))?;
        // `List<Secret> secrets` is no element.
        let closed = bytes.get(begin + length..begin + length + 2) == Some(b"</");
        let markup = matches!(extension.as_str(), "xml" | "config" | "props" | "targets");
        return (closed || markup).then(|| found(last_word(text, begin..begin + length, &extension), Way::Entry))?;
    }
    let mut at = end;
    at += bytes[at..].iter().take(4).take_while(|byte| b"\\\"'`])".contains(byte)).count();
    let quoted_name = at > end;
    at += if place == Place::Source { dimension(bytes, at) } else { 0 };
    at += spaces(bytes, at);
    if let Some(range) = section::nested(bytes, at, &extension) {
        return found(range, Way::Assigned);
    }
    let commented = is_comment(bytes, start);
    if bytes.get(at) == Some(&b'(')
        && !quoted_name
        && (!commented || is_commented_out(text, start))
        && let Some(range) = call::set_by(text, start, name, at)
    {
        return found(range, if commented { Way::Commented } else { Way::Argument });
    }
    let (behind, way) = operator(text, at, start, quoted_name, place)?;
    if commented && !(is_commented_out(text, start) && matches!(way, Way::Assigned | Way::Entry)) {
        return None;
    }
    let way = if commented { Way::Commented } else { way };
    at = behind + spaces(bytes, behind);
    if let Some(range) = quoted(bytes, at) {
        return found(within_escaped(bytes, range), way);
    }
    if place == Place::Source
        && matches!(way, Way::Assigned | Way::Entry)
        && let Some(range) = call::literal(text, &statement(text, at))
    {
        return found(range, way);
    }
    let printed = way == Way::Assigned || (way == Way::Entry && extension == "ipynb" && !quoted_name);
    if matches!(extension.as_str(), "ipynb" | "json") && before(1) == Some(b'"') && printed {
        // A row of what a cell printed, or a variable of a container: `"PASSWORD=…\n"`.
        let length = bytes[at..].iter().take(VALUE).position(|byte| matches!(byte, b'"' | b'\\' | b' ' | b'\n'))?;
        return found(at..at + length, Way::Bare);
    }
    let bare = match place {
        Place::Dotenv | Place::DotenvExample | Place::Shell => true,
        Place::Config => !quoted_name && !quotes_all(&extension),
        Place::Prose => {
            is_setting_line(text, name, start, end, &extension) || is_yaml_line(text, start, at, &extension)
        }
        _ => false,
    };
    if !bare || way == Way::Compared {
        return None;
    }
    let stops =
        |byte: &u8| *byte == b'\n' || (place == Place::Shell && matches!(byte, b' ' | b';' | b'|' | b'&' | b'"'));
    let length = bytes[at..].iter().take(VALUE).position(stops);
    let length = length.or_else(|| Some(bytes.len() - at).filter(|length| *length <= VALUE))?;
    let value = text.get(at..at + length)?;
    let value = value.split(" #").next()?.trim_end().trim_end_matches([',', ';']);
    if commented {
        return (!value.contains(' ') && !name.starts_with('-')).then(|| found(at..at + value.len(), way))?;
    }
    if value.starts_with(['|', '>']) && matches!(extension.as_str(), "yml" | "yaml") && value.len() < 3 {
        return found(section::block(bytes, start, at + value.len())?, Way::Bare);
    }
    if value.contains(' ') || value.starts_with(['|', '>']) || name.starts_with('-') {
        return None;
    }
    let inline = place == Place::Shell
        && way == Way::Assigned
        && !is_declared(text, start)
        && bytes.get(at + value.len()) == Some(&b' ');
    found(at..at + value.len(), if inline { Way::Argument } else { Way::Bare })
}

/// What stands in for an unset variable: `${NAME:-…}` of shells, `${name:…}` of Spring.
fn default_of(text: &str, end: usize, extension: &str) -> Option<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let spring = matches!(extension, "properties" | "yml" | "yaml" | "java" | "kt");
    let from = end + fallback(bytes.get(end..end + 2)?).or((spring && bytes.get(end) == Some(&b':')).then_some(1))?;
    let length = bytes[from..].iter().take(VALUE).position(|byte| matches!(byte, b'}' | b'\n'))?;
    // `[[ "${SECRET_KEY:-changeme}" == "changeme" ]]` asks whether somebody left it so.
    let behind = text.get(from + length + 1..)?.trim_start_matches(['"', '\'']).trim_start_matches(' ');
    let compared = behind.strip_prefix("==").or_else(|| behind.strip_prefix("= "));
    let same = compared.map(|rest| rest.trim_start_matches([' ', '"', '\''])).zip(text.get(from..from + length));
    if same.is_some_and(|(rest, value)| rest.starts_with(value)) {
        return None;
    }
    Some(from..from + length)
}

/// Whether a variable of a script is kept, and not for one command alone.
fn is_declared(text: &str, start: usize) -> bool {
    let head = text.get(line_start(text.as_bytes(), start)..start).unwrap_or("").trim_start();
    ["ENV ", "ARG ", "export ", "set ", "declare ", "local "].iter().any(|word| head.starts_with(word))
}

/// Formats of settings in which every text is quoted.
fn quotes_all(extension: &str) -> bool {
    matches!(extension, "tf" | "tfstate" | "hcl" | "json" | "jsonc" | "json5" | "gradle")
}

/// How long the brackets of an array are: `char pass[32] = "…"`.
fn dimension(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at) != Some(&b'[') {
        return 0;
    }
    let digits = bytes[at + 1..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    if bytes.get(at + 1 + digits) == Some(&b']') { digits + 2 } else { 0 }
}

/// What is left of the statement that a value begins: `[]byte("…")`, `Encoding.UTF8.GetBytes("…")`.
fn statement(text: &str, at: usize) -> std::ops::Range<usize> {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let length = rest.iter().take(200).position(|byte| matches!(byte, b'\n' | b';')).unwrap_or(0);
    let written = text.get(at..at + length).map_or("", |rest| rest.trim_end_matches([',', '\r', ' ']));
    at..at + written.len()
}

/// Of an element of XML that holds several words, the last: `<secret>{name header value}</secret>`. One word in braces is
/// a ciphertext of Jenkins.
fn last_word(text: &str, range: std::ops::Range<usize>, extension: &str) -> std::ops::Range<usize> {
    let whole = text.get(range.clone()).unwrap_or("");
    let inner = whole.trim_end().strip_suffix('}').filter(|_| extension == "xml" && whole.starts_with('{'));
    match inner.and_then(|inner| inner.rfind(' ').map(|at| range.start + at + 1..range.start + inner.len())) {
        Some(word) => word,
        None => range,
    }
}

/// Languages that write `$name` where others write `name`.
fn has_sigils(extension: &str) -> bool {
    matches!(extension, "php" | "phtml" | "inc" | "ps1" | "psm1" | "psd1" | "pl" | "pm")
}

fn fallback(operator: &[u8]) -> Option<usize> {
    match operator {
        [b':', b'-'] => Some(2),
        [b'-', _] => Some(1),
        _ => None,
    }
}

fn spaces(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or(&[]).iter().take(24).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// What stands between name and value: where it ends, and what it means.
fn operator(text: &str, at: usize, start: usize, quoted_name: bool, place: Place) -> Option<(usize, Way)> {
    let rest = text.as_bytes().get(at..)?;
    let rest = &rest[..rest.len().min(80)];
    for (operator, way) in [
        ("===", Way::Compared),
        ("==", Way::Compared),
        ("!==", Way::Compared),
        ("!=", Way::Compared),
        ("=>", Way::Entry),
        (":=", Way::Assigned),
        ("::=", Way::Assigned),
        (":::=", Way::Assigned),
        ("?=", Way::Assigned),
        ("+=", Way::Assigned),
        (".=", Way::Assigned),
        ("||", Way::Fallback),
        ("??", Way::Fallback),
        ("=", Way::Assigned),
    ] {
        if rest.starts_with(operator.as_bytes()) {
            let way = if place == Place::Source && way == Way::Assigned && quoted_name { Way::Entry } else { way };
            return Some((at + operator.len(), way));
        }
    }
    if rest.first() == Some(&b':') && rest.get(1) != Some(&b':') {
        // `name: Type = value`, or `name: value`.
        let typed = rest[1..].iter().position(|byte| !(byte.is_ascii_alphanumeric() || b" &'<>_?.|".contains(byte)));
        return Some(match typed {
            Some(length) if rest[1 + length] == b'=' && place == Place::Source => (at + length + 2, Way::Assigned),
            _ => (at + 1, if place == Place::Source { Way::Entry } else { Way::Assigned }),
        });
    }
    if let Some(length) = otherwise(rest).filter(|_| quoted_name && text.as_bytes().get(at - 1) == Some(&b')')) {
        return Some((at + length, Way::Fallback));
    }
    if rest.first() == Some(&b',') && quoted_name {
        let before = text.as_bytes().get(start.saturating_sub(40)..start)?.trim_ascii_end();
        let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or_default();
        if let Some(way) = before.strip_suffix(b"(").and_then(called) {
            return Some((at + 1, way));
        }
    }
    // Gradle: `buildConfigField "String", "API_KEY", "…"`.
    let line = line_start(text.as_bytes(), start);
    let head = text.get(line..start)?.trim();
    if rest.first() == Some(&b',')
        && quoted_name
        && ["buildConfigField", "resValue"].iter().any(|call| head.starts_with(call))
    {
        return Some((at + 1, Way::Assigned));
    }
    // `#define NAME "…"`, `CREATE USER … PASSWORD '…'`
    let sets = head == "#define" || sql::sets_password(text, line, start, at);
    if sets && matches!(rest.first(), Some(b'"' | b'\'')) {
        return Some((at, Way::Assigned));
    }
    // Dockerfile: `ENV NAME value`; Kubernetes: `- name: NAME` and `value: …` on the next line.
    if head == "ENV" && at > start {
        return Some((at, Way::Assigned));
    }
    let next = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let name_row = head.trim_start_matches(['-', ' ']).trim_end_matches(['"', '\'']).trim_end();
    if name_row == "name:" && place == Place::Config {
        let skipped = next.iter().take_while(|byte| **byte == b' ').count();
        return next
            .get(skipped..)?
            .starts_with(b"value:")
            .then(|| (at + (rest.len() - next.len()) + skipped + 6, Way::Assigned));
    }
    None
}

/// How long the beginning of a call is that gives the value for want of another: `Key("NAME").MustString("…")`,
/// `var("NAME").unwrap_or("…")`.
fn otherwise(rest: &[u8]) -> Option<usize> {
    let rest = rest.strip_prefix(b".")?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let name = std::str::from_utf8(&rest[..length]).ok()?.to_ascii_lowercase().replace('_', "");
    let known = ["muststring", "unwrapor", "orelse", "getorelse", "ordefault", "withdefault", "unwraporelse"];
    let behind = rest.get(length..)?.strip_prefix(b"(").filter(|_| known.contains(&name.as_str()))?;
    let closure = if behind.starts_with(b"|_| ") { 4 } else { 0 };
    Some(1 + length + 1 + closure)
}

/// What a call with a name and a value does: `getenv("NAME", "…")`, `envOr("NAME", "…")`, `define('NAME', '…')`.
fn called(head: &[u8]) -> Option<Way> {
    let length = head.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let name = std::str::from_utf8(&head[head.len() - length..]).ok()?.to_ascii_lowercase().replace('_', "");
    match name.as_str() {
        "define" | "setproperty" => Some(Way::Assigned),
        "put" | "append" | "basicnamevaluepair" | "setattribute" | "addheader" | "setheader" | "setrequestheader"
        | "queryparam" | "formparam" | "addparameter" | "setparameter" => Some(Way::Entry),
        "fetch" | "get" | "getproperty" | "setdefault" | "string" | "stringvar" => Some(Way::Fallback),
        name if name.contains("env") && (name.starts_with("set") || name.starts_with("put")) => Some(Way::Assigned),
        name if name.contains("env") || name.ends_with("ordefault") => Some(Way::Fallback),
        _ => None,
    }
}

/// The inside of a string literal that begins at `at`, maybe behind a one-letter prefix or escaped quotes.
pub(super) fn quoted(bytes: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    let prefix = usize::from(matches!(bytes.get(at), Some(b'b' | b'r' | b'u' | b'@')));
    let mut open = at + prefix;
    let escaped = bytes.get(open) == Some(&b'\\');
    open += usize::from(escaped);
    let quote = *bytes.get(open).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let mut end = open + 1;
    while end < bytes.len() && end - open <= VALUE {
        match bytes[end] {
            b'\n' => return None,
            b'\\' if escaped && bytes.get(end + 1) == Some(&quote) => return Some(open + 1..end),
            b'\\' => end += 1,
            byte if byte == quote => return Some(open + 1..end),
            _ => {}
        }
        end += 1;
    }
    None
}

pub(super) fn line_start(bytes: &[u8], at: usize) -> usize {
    at - bytes[..at].iter().rev().take(200).position(|byte| *byte == b'\n').unwrap_or(at.min(200))
}

/// The inside of `"\"…\""`: a literal written into code that is made.
fn within_escaped(bytes: &[u8], range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let inner = &bytes[range.clone()];
    let wrapped = inner.len() > 4 && inner.starts_with(b"\\\"") && inner.ends_with(b"\\\"");
    if wrapped { range.start + 2..range.end - 2 } else { range }
}

/// Whether a name begins a line `NAME=value` of a document: what to put into an environment.
fn is_setting_line(text: &str, name: &str, start: usize, end: usize, extension: &str) -> bool {
    let head = text.get(line_start(text.as_bytes(), start)..start).unwrap_or("x").trim();
    matches!(extension, "md" | "mdx" | "rst" | "adoc")
        && matches!(head, "" | "export" | "set" | "$ export" | "ENV")
        && text.as_bytes().get(end) == Some(&b'=')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a name begins a line `name: value` of a document's YAML, with a value that only a program makes.
fn is_yaml_line(text: &str, start: usize, at: usize, extension: &str) -> bool {
    let bytes = text.as_bytes();
    let head = text.get(line_start(bytes, start)..start).unwrap_or("x");
    let length = bytes[at..].iter().take(VALUE).take_while(|byte| **byte != b'\n').count();
    let value = text.get(at..at + length).unwrap_or("").trim_end();
    matches!(extension, "md" | "mdx" | "rst" | "adoc")
        && head.len() >= 2
        && head.bytes().all(|byte| byte == b' ')
        && value.len() >= 24
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte))
        && super::value::is_random(value)
}

/// Whether a name begins a line that is commented out: `# DB_PASSWORD=…`, `// const apiKey = "…"`. What stands in
/// comments that document is no such line.
pub(super) fn is_commented_out(text: &str, start: usize) -> bool {
    const WORDS: [&str; 14] = [
        "-", "const", "let", "var", "val", "export", "static", "final", "private", "public", "String", "string", "set",
        "ENV",
    ];
    let head = text.get(line_start(text.as_bytes(), start)..start).unwrap_or("").trim_start();
    let marks = head.bytes().take_while(|byte| b"#/;-!<*".contains(byte)).count();
    let (mark, rest) = head.split_at(marks);
    matches!(mark, "#" | "##" | "//" | "/*" | ";" | "--" | "<!--")
        && rest
            .trim_matches(['"', '\'', '$'])
            .split_ascii_whitespace()
            .all(|word| WORDS.contains(&word.trim_matches(['"', '$'])))
}

pub(super) fn is_comment(bytes: &[u8], at: usize) -> bool {
    let line = &bytes[line_start(bytes, at)..at];
    let line = line.trim_ascii_start();
    [b"#".as_slice(), b"//", b"*", b"--", b";", b"<!--", b"/*"].iter().any(|mark| line.starts_with(mark))
        && !line.starts_with(b"#define")
}

/// The name that the value beginning at `start` is assigned to on the same line, for titles.
pub(super) fn name_before(text: &str, start: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let from = line_start(bytes, start);
    let mut head = text.get(from..start)?;
    head = head.trim_end_matches(|c: char| c == ' ' || "\"'`(\\".contains(c));
    for word in ["Bearer", "bearer", "Basic", "token", "str", "SecretStr", "b", "r", "f"] {
        head = head
            .strip_suffix(word)
            .map_or(head, |rest| rest.trim_end_matches(|c: char| c == ' ' || "\"'`(\\".contains(c)));
    }
    let operator = head.trim_end_matches(['=', ':', '>', ',', '|', '?', '-']);
    if operator.len() == head.len() {
        return None;
    }
    let head = operator.trim_end_matches(|c: char| c == ' ' || "\"'`])\\".contains(c));
    let typed = [": string", ": str", ": String", ": &str"].iter().find_map(|part| head.strip_suffix(part));
    let head = typed.unwrap_or(head);
    let begin = head.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').map_or(0, |at| at + 1);
    let name = head.get(begin..)?.trim_matches('-');
    name_like(name).then_some(name)
}

/// The whole name that the byte at `at` is part of.
pub(super) fn name_around(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-');
    let start = at - bytes[..at].iter().rev().take(NAME).take_while(in_name).count();
    let end = at + bytes[at..].iter().take(NAME).take_while(in_name).count();
    text.get(start..end).filter(|name| name_like(name))
}

fn name_like(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first
        && (2..=NAME).contains(&name.len())
        && !matches!(name, "http" | "https" | "return" | "value" | "default" | "const" | "url" | "string" | "ENV")
}

/// Whether the line of a place begins as a comment of documentation does (` * `, `//`).
pub(super) fn in_comment(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or_default();
    let line = head.rsplit('\n').next().unwrap_or_default();
    let line = line.get(line.len().saturating_sub(400)..).unwrap_or_default().trim_start();
    line.starts_with("* ") || line.starts_with("//")
}
