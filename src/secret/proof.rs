//! What the structure of issued tokens proves: checksums, identities, markers, decodable claims and keys.

use super::check::{Outcome, keep, lowered, noted};
use super::value;
use crate::base::{Confidence, Severity, base64};

/// Claims that ended before this second of the Unix epoch (the first of January 2026) are over whenever a scan runs; a
/// clock would make two scans of the same files differ.
const LONG_PAST: i64 = 1_767_225_600;

/// CRC-32 (ISO 3309), bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A number in the digits of `alphabet`, filled up with zeros.
fn digits(mut number: u32, alphabet: &[u8], width: usize) -> String {
    let base = u32::try_from(alphabet.len()).unwrap_or(u32::MAX);
    let mut out = vec!['0'; width];
    for digit in out.iter_mut().rev() {
        *digit = char::from(alphabet[(number % base) as usize]);
        number /= base;
    }
    out.into_iter().collect()
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const RIGHT: &str = "its checksum is right";
const WRONG: &str = "its checksum does not fit, so nobody issued it";

/// Personal access, OAuth, app and npm tokens.
pub(super) fn github(value: &str) -> Outcome {
    let Some((_, body)) = value.split_once('_') else { return Outcome::Drop };
    let Some((random, checksum)) = body.split_at_checked(body.len().saturating_sub(6)) else { return Outcome::Drop };
    if digits(crc32(random.as_bytes()), BASE62, 6) == checksum {
        return noted(Confidence::High, RIGHT);
    }
    lowered(Severity::Medium, WRONG)
}

/// Fine-grained tokens begin with the version of their form and the number of the account.
pub(super) fn github_fine_grained(value: &str) -> Outcome {
    if value.starts_with("github_pat_11") {
        return keep(Confidence::High);
    }
    lowered(Severity::Medium, "issued tokens begin otherwise, so it may be made up")
}

/// `glpat-<payload>.<version>.<length><crc>`; older ones are random only.
pub(super) fn gitlab(value: &str) -> Outcome {
    let Some((payload, tail)) = value.rsplit_once('.') else { return keep(Confidence::High) };
    let Some((whole, checksum)) = value.split_at_checked(value.len().saturating_sub(7)) else { return Outcome::Drop };
    if tail.len() != 9 || !payload.contains('-') {
        return keep(Confidence::High);
    }
    if digits(crc32(whole.as_bytes()), &BASE62.map(|byte| byte.to_ascii_lowercase())[..36], 7) == checksum {
        return noted(Confidence::High, RIGHT);
    }
    lowered(Severity::Low, WRONG)
}

/// The account number is in the key id.
pub(super) fn aws_key_id(value: &str) -> Outcome {
    let mut bits: u64 = 0;
    for byte in value.bytes().skip(4).take(10) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return Outcome::Drop,
        };
        bits = bits << 5 | u64::from(digit);
    }
    // Ten digits are 50 bits; the account is in bits 1 to 40 of them.
    let account = (bits >> 9) & 0xFF_FFFF_FFFF;
    if account >= 1_000_000_000_000 {
        return lowered(Severity::Medium, "no account has the number that is in it, so nobody issued it");
    }
    let temporary = value.starts_with("ASIA");
    Outcome::Keep {
        severity: temporary.then_some(Severity::Medium),
        confidence: Confidence::High,
        title: temporary.then_some("temporary AWS access key ID"),
        note: Some(format!("it belongs to AWS account {account:012}")),
    }
}

/// Header and claims decode; roles that everybody may have are none; times tell how long it is good for.
pub(super) fn jwt(value: &str) -> Outcome {
    let mut parts = value.split('.');
    let mut json =
        || base64::decode(parts.next()?).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let (Some(header), Some(claims)) = (json(), json()) else { return Outcome::Clear };
    if header.get("alg").is_none() || !claims.is_object() {
        return Outcome::Clear;
    }
    let claim = |name: &str| claims.get(name).and_then(serde_json::Value::as_str).unwrap_or("");
    let time = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64);
    let published = claim("iss") == "supabase-demo" || claim("sub") == "1234567890" || claim("name") == "John Doe";
    if published || matches!(claim("role"), "anon" | "authenticated_anon") {
        return Outcome::Clear;
    }
    let over = time("exp").filter(|end| *end < LONG_PAST);
    if claim("role") == "service_role" && over.is_none() {
        return Outcome::Keep {
            severity: Some(Severity::Critical),
            confidence: Confidence::High,
            title: Some("Supabase service_role key"),
            note: Some("it passes over every row-level security policy".to_owned()),
        };
    }
    if let Some(end) = over {
        return lowered(Severity::Low, format!("it ended on {}", date(end)));
    }
    if !claims.as_object().is_some_and(|claims| claims.keys().any(|name| is_of_somebody(name))) {
        return lowered(Severity::Low, "its claims are of nobody");
    }
    let signed = header.get("alg").and_then(serde_json::Value::as_str).is_some_and(|alg| alg != "none");
    if !signed {
        return lowered(Severity::Low, "it is not signed");
    }
    match (time("exp"), time("iat")) {
        (None, _) => noted(Confidence::Medium, "it never ends"),
        (Some(end), Some(begin)) if end.saturating_sub(begin) <= 86_400 => {
            noted(Confidence::Medium, format!("it was good for a day at most, until {}", date(end)))
        }
        (Some(end), _) => noted(Confidence::Medium, format!("it is good until {}", date(end))),
    }
}

/// Whether a claim tells who, for what or until when.
fn is_of_somebody(name: &str) -> bool {
    const PARTS: [&str; 20] = [
        "id", "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "user", "mail", "name", "role", "scope", "account",
        "org", "key", "token", "perm", "admin", "ref",
    ];
    let lower = name.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
}

/// The parameters beside a shared access signature of Azure: `se` says until when, `sp` what it permits.
pub(super) fn azure_sas(whole: &str) -> Outcome {
    let of = |name: &str| {
        let mut parts = whole.split(['?', '&', ';']);
        parts.find_map(|part| part.strip_prefix(name)).unwrap_or("")
    };
    let until = of("se=").get(..10).unwrap_or("");
    if until.starts_with("20") && until < "2026-01-01" {
        return lowered(Severity::Low, format!("it ended on {until}"));
    }
    if of("sp=").bytes().any(|permission| !b"racwdxyltmeopifu".contains(&permission)) {
        return lowered(Severity::Low, "it permits what no service knows");
    }
    keep(Confidence::High)
}

/// The day of a second of the Unix epoch, in the calendar of the proleptic Gregorian rules.
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The body is base64 of a key whose own length field fits.
pub(super) fn pem(value: &str) -> Outcome {
    let Some(begin) = value.find("-----BEGIN ") else { return Outcome::Drop };
    let after = &value[begin + 11..];
    let Some((label, rest)) = after.split_once("-----") else { return Outcome::Drop };
    let body = rest.split("-----").next().unwrap_or("");
    let encrypted = label.starts_with("ENCRYPTED") || body.contains("ENCRYPTED");
    let body = body.replace("\\r", "").replace("\\n", "\n");
    let lines = body.lines().map(unquoted);
    let data: String = lines.filter(|line| !line.contains(": ") && !line.starts_with('=')).collect();
    if data.contains("...") || value::is_fake(data.get(..64).unwrap_or(&data)) || data.len() < 60 {
        return Outcome::Drop;
    }
    let data: String = data.split_whitespace().collect();
    let Some(bytes) = base64::decode(data.trim_end_matches('=')) else { return Outcome::Drop };
    let der = bytes.first() == Some(&0x30);
    let plausible = match label {
        "OPENSSH PRIVATE KEY" => bytes.starts_with(b"openssh-key-v1"),
        "PGP PRIVATE KEY BLOCK" => bytes.first().is_some_and(|first| first & 0x80 != 0),
        _ => encrypted || der,
    };
    if !plausible {
        return Outcome::Drop;
    }
    if encrypted {
        return lowered_to(Severity::Medium, "it is encrypted, so its passphrase is what protects it");
    }
    if der && !label.starts_with("OPENSSH") && !label.starts_with("PGP") && !whole_sequence(&bytes) {
        return lowered(Severity::Low, "its length does not fit, so it is cut or made up");
    }
    if label == "OPENSSH PRIVATE KEY" && bytes.get(15..).is_some_and(|rest| !rest.starts_with(b"\0\0\0\x04none")) {
        return lowered_to(Severity::Medium, "it is encrypted, so its passphrase is what protects it");
    }
    keep(Confidence::High)
}

/// A line of a key in source text, without its quotes and what joins it with the next.
fn unquoted(line: &str) -> &str {
    let line = line.trim();
    let joined = |line: &str| line.trim_end().ends_with(['"', '\'']);
    let line = line.strip_suffix('+').filter(|line| joined(line)).unwrap_or(line);
    let line = line.strip_prefix('+').filter(|line| line.trim_start().starts_with(['"', '\''])).unwrap_or(line);
    line.trim_matches(|c: char| c.is_whitespace() || "\"',\\()".contains(c))
}

fn lowered_to(severity: Severity, note: &str) -> Outcome {
    Outcome::Keep { severity: Some(severity), confidence: Confidence::High, title: None, note: Some(note.to_owned()) }
}

/// Whether DER begins with a sequence that is as long as it says.
fn whole_sequence(bytes: &[u8]) -> bool {
    let (length, head) = match bytes {
        [0x30, short, ..] if *short < 0x80 => (usize::from(*short), 2),
        [0x30, 0x81, one, ..] => (usize::from(*one), 3),
        [0x30, 0x82, one, two, ..] => (usize::from(*one) << 8 | usize::from(*two), 4),
        _ => return false,
    };
    bytes.len() == head + length
}

/// Base64 of a PEM block, as manifests of clusters hold it.
pub(super) fn pem_base64(value: &str) -> Outcome {
    let Some(bytes) = base64::decode(value.trim_end_matches('=')) else { return Outcome::Drop };
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("PRIVATE KEY-----") => pem(text),
        _ => Outcome::Drop,
    }
}

/// The marker that stands in the middle of every issued key.
pub(super) fn openai(value: &str) -> Outcome {
    if value.contains("T3BlbkFJ") {
        return noted(Confidence::High, "it holds the marker of issued keys");
    }
    noted(Confidence::Medium, "issued keys hold a marker that is not in it")
}

/// Issued keys are 95 characters behind the prefix and end in `AA`: base64 of 70 bytes and two that fill it up.
pub(super) fn anthropic(value: &str) -> Outcome {
    let body = value.splitn(4, '-').nth(3).unwrap_or("");
    if body.len() == 95 {
        return if body.ends_with("AA") { keep(Confidence::High) } else { Outcome::Clear };
    }
    noted(Confidence::Medium, "issued keys have another length or end")
}

/// The numbers are identities of a workspace and a bot.
pub(super) fn slack(value: &str) -> Outcome {
    let numbers = value.split('-').filter(|part| part.len() >= 9 && part.bytes().all(|byte| byte.is_ascii_digit()));
    if numbers.clone().any(|part| part.starts_with("123456") || value::longest_sequence(part) >= 7) {
        return Outcome::Clear;
    }
    keep(Confidence::High)
}

/// Keys since 2019 hold the account behind `5`.
pub(super) fn stripe(value: &str) -> Outcome {
    let body = value.rsplit('_').next().unwrap_or("");
    // Base64 of `key_`: others issue keys with the same beginning.
    if body.starts_with("a2V5X") {
        return Outcome::Drop;
    }
    let test = value.contains("_test_");
    let note = match body.strip_prefix('5').and_then(|rest| rest.get(..16)) {
        Some(account) if body.len() >= 90 && account.starts_with('1') => {
            Some(format!("it belongs to account acct_{account}"))
        }
        _ => None,
    };
    let note = match (note, test) {
        (Some(note), true) => Some(format!("it is a test key: no money moves; {note}")),
        (None, true) => Some("it is a test key: no money moves".to_owned()),
        (note, false) => note,
    };
    Outcome::Keep { severity: None, confidence: Confidence::High, title: None, note }
}

/// The first part is the number of the bot, in base64.
pub(super) fn discord(value: &str) -> Outcome {
    let first = value.split('.').next().unwrap_or("");
    let number = base64::decode(first).filter(|bytes| bytes.len() >= 17 && bytes.iter().all(u8::is_ascii_digit));
    if number.is_some() { noted(Confidence::High, "the number of the bot is in it") } else { Outcome::Drop }
}

/// A macaroon: version, the index that it is for, and a UUID.
pub(super) fn pypi(value: &str) -> Outcome {
    let Some(bytes) = value.strip_prefix("pypi-").and_then(base64::decode) else { return Outcome::Drop };
    let place = match bytes.as_slice() {
        [2, 1, length, rest @ ..] => rest.get(usize::from(*length)..),
        _ => None,
    };
    let identity = match place {
        Some([2, length, rest @ ..]) => rest.get(..usize::from(*length)),
        _ => None,
    };
    let uuid = identity.and_then(|bytes| std::str::from_utf8(bytes).ok()).is_some_and(value::is_uuid);
    if uuid {
        noted(Confidence::High, "it decodes to a token of an index")
    } else {
        lowered(Severity::Medium, WRONG_BODY)
    }
}

const WRONG_BODY: &str = "it does not decode to a token, so it is cut or made up";

/// Bech32 with its checksum.
pub(super) fn age(value: &str) -> Outcome {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let lower = value.to_ascii_lowercase();
    let Some((head, body)) = lower.rsplit_once('1') else { return Outcome::Drop };
    let digit = |byte: u8| ALPHABET.iter().position(|known| *known == byte).and_then(|at| u8::try_from(at).ok());
    let mut all: Vec<u8> = head.bytes().map(|byte| byte >> 5).collect();
    all.push(0);
    all.extend(head.bytes().map(|byte| byte & 31));
    for byte in body.bytes() {
        let Some(digit) = digit(byte) else { return Outcome::Drop };
        all.push(digit);
    }
    let sum = all.iter().fold(1_u32, |sum, digit| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(*digit);
        [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
            .iter()
            .enumerate()
            .fold(next, |next, (bit, with)| if top >> bit & 1 == 1 { next ^ with } else { next })
    });
    if sum == 1 { noted(Confidence::High, RIGHT) } else { lowered(Severity::Low, WRONG) }
}

/// Sixty-four numbers below 256, and not all alike.
pub(super) fn keypair(value: &str) -> Outcome {
    let numbers: Vec<u8> =
        value.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).flat_map(str::parse).collect();
    let mut distinct = numbers.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if numbers.len() == 64 && distinct.len() >= 40 { keep(Confidence::High) } else { Outcome::Drop }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(outcome: &Outcome) -> Option<Severity> {
        match outcome {
            Outcome::Keep { severity, .. } => *severity,
            _ => None,
        }
    }

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(digits(0, BASE62, 6), "000000");
        assert_eq!(digits(61, BASE62, 6), "00000z");
        let token = "ghp~_JZbjmKpYE1QG79KBdrtrRZmrWyw9RE1yCs83".replace('~', "");
        assert_eq!(severity(&github(&token)), None);
        assert_eq!(severity(&github(&token.replace("83", "84"))), Some(Severity::Medium));
    }

    #[test]
    fn gitlab_checksums() {
        let head = "glpat-~rCrYdq6Rpl3zZLhj_j6mQmFyYmF6cXV4.01.0x".replace('~', "");
        let sum = digits(crc32(head.as_bytes()), b"0123456789abcdefghijklmnopqrstuvwxyz", 7);
        assert_eq!(gitlab(&format!("{head}{sum}")), noted(Confidence::High, RIGHT));
        assert_eq!(severity(&gitlab(&format!("{head}0000000"))), Some(Severity::Low));
        assert_eq!(gitlab("glpat-rCrYdq6Rpl3zZLhjj6mQ"), keep(Confidence::High));
    }

    #[test]
    fn an_account_is_read_from_an_access_key_id() {
        let Outcome::Keep { note, .. } = aws_key_id(&"AKIA~QYLPMN5HNT7S4IKB".replace('~', "")) else { panic!() };
        assert!(note.is_some_and(|note| note.contains("AWS account")));
    }

    #[test]
    fn days_of_seconds() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(LONG_PAST), "2026-01-01");
    }

    #[test]
    fn claims_of_tokens() {
        let token = |claims: &str| {
            let part = |text: &str| {
                const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                let mut out = String::new();
                for chunk in text.as_bytes().chunks(3) {
                    let bits =
                        chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
                    for at in 0..=chunk.len() {
                        out.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
                    }
                }
                out
            };
            jwt(&format!("{}.{}.c2ln", part(r#"{"alg":"HS256"}"#), part(claims)))
        };
        assert_eq!(token(r#"{"role":"anon"}"#), Outcome::Clear);
        assert_eq!(severity(&token(r#"{"role":"service_role"}"#)), Some(Severity::Critical));
        assert_eq!(severity(&token(r#"{"sub":"a1","exp":1600000000}"#)), Some(Severity::Low));
        assert_eq!(token(r#"{"sub":"a1"}"#), noted(Confidence::Medium, "it never ends"));
    }

    #[test]
    fn age_keys_have_a_checksum() {
        let key = "AGE~-SECRET-KEY-1ULHWWC277D0NPEYMFQHPTJH82QRJQ8SJV9ASLMD8U9J809HLQG4S4C5ZSY".replace('~', "");
        assert_eq!(age(&key), noted(Confidence::High, RIGHT));
        assert_eq!(severity(&age(&format!("{}Q", &key[..key.len() - 1]))), Some(Severity::Low));
    }
}
