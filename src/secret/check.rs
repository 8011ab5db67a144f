//! Offline proof of values by their own structure: checksums, decodable claims, key material. Nothing is sent anywhere.

use super::schema::Check;
use super::value;
use crate::base::{Confidence, Severity, base64};

/// What a check found out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It is no secret.
    Drop,
    /// It is one, with what is known now.
    Keep {
        /// Another severity than the detector's.
        severity: Option<Severity>,
        /// How sure.
        confidence: Confidence,
        /// A better name of what it is.
        title: Option<&'static str>,
        /// A sentence for the message.
        note: Option<String>,
    },
}

fn keep(confidence: Confidence) -> Outcome {
    Outcome::Keep { severity: None, confidence, title: None, note: None }
}

/// Runs a check. `around` is the match with what stands behind it on the line, for checks that need the host of a URL.
pub(super) fn run(check: Check, value: &str, whole: &str) -> Outcome {
    match check {
        Check::Github => github(value),
        Check::AwsKeyId => aws_key_id(value),
        Check::Jwt => jwt(value),
        Check::Pem => pem(value),
        Check::BasicAuth => basic_auth(value),
        Check::UrlPassword => url_password(value, whole),
        Check::Password => password(value),
        Check::Random => {
            if value::is_random(value) && !value::is_shaped(value) {
                keep(Confidence::Medium)
            } else {
                Outcome::Drop
            }
        }
    }
}

fn github(value: &str) -> Outcome {
    let Some((_, body)) = value.split_once('_') else { return Outcome::Drop };
    let Some((random, checksum)) = body.split_at_checked(body.len().saturating_sub(6)) else { return Outcome::Drop };
    if base62(crc32(random.as_bytes())) == checksum {
        return Outcome::Keep {
            severity: None,
            confidence: Confidence::High,
            title: None,
            note: Some("its checksum is right".to_owned()),
        };
    }
    Outcome::Keep {
        severity: Some(Severity::Medium),
        confidence: Confidence::Low,
        title: None,
        note: Some("its checksum does not fit, so it may be made up".to_owned()),
    }
}

/// CRC-32 (ISO 3309), bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|byte| char::from(*byte)).collect()
}

fn aws_key_id(value: &str) -> Outcome {
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
    let note = (account < 1_000_000_000_000).then(|| format!("it belongs to AWS account {account:012}"));
    let temporary = value.starts_with("ASIA");
    Outcome::Keep {
        severity: temporary.then_some(Severity::Medium),
        confidence: Confidence::High,
        title: temporary.then_some("temporary AWS access key ID"),
        note,
    }
}

fn jwt(value: &str) -> Outcome {
    let mut parts = value.split('.');
    let mut json =
        || base64::decode(parts.next()?).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let (Some(header), Some(claims)) = (json(), json()) else { return Outcome::Drop };
    if header.get("alg").is_none() || !claims.is_object() {
        return Outcome::Drop;
    }
    let claim = |name: &str| claims.get(name).and_then(serde_json::Value::as_str).unwrap_or("");
    let published = claim("iss") == "supabase-demo" || claim("sub") == "1234567890" || claim("name") == "John Doe";
    if published || claim("role") == "anon" {
        return Outcome::Drop;
    }
    if claim("role") == "service_role" {
        return Outcome::Keep {
            severity: Some(Severity::Critical),
            confidence: Confidence::High,
            title: Some("Supabase service_role key"),
            note: Some("it passes over every row-level security policy".to_owned()),
        };
    }
    let lasting = claims.get("exp").is_none();
    Outcome::Keep {
        severity: None,
        confidence: Confidence::Medium,
        title: None,
        note: lasting.then(|| "it never expires".to_owned()),
    }
}

fn pem(value: &str) -> Outcome {
    let Some(begin) = value.find("-----BEGIN ") else { return Outcome::Drop };
    let after = &value[begin + 11..];
    let Some((label, rest)) = after.split_once("-----") else { return Outcome::Drop };
    let body = rest.split("-----").next().unwrap_or("");
    let encrypted = label.starts_with("ENCRYPTED") || body.contains("ENCRYPTED");
    let body = body.replace("\\r", "").replace("\\n", "\n");
    let lines = body.lines().map(|line| line.trim_matches(|c: char| c.is_whitespace() || "\"'+,\\()".contains(c)));
    let data: String = lines.filter(|line| !line.contains(": ") && !line.starts_with('=')).collect();
    if data.contains("...") || value::is_fake(data.get(..64).unwrap_or(&data)) || data.len() < 60 {
        return Outcome::Drop;
    }
    let data: String = data.split_whitespace().collect();
    let Some(bytes) = base64::decode(data.trim_end_matches('=')) else { return Outcome::Drop };
    let plausible = match label {
        "OPENSSH PRIVATE KEY" => bytes.starts_with(b"openssh-key-v1"),
        "PGP PRIVATE KEY BLOCK" => bytes.first().is_some_and(|first| first & 0x80 != 0),
        _ => encrypted || bytes.first() == Some(&0x30),
    };
    if !plausible {
        return Outcome::Drop;
    }
    let note = encrypted.then(|| "it is encrypted, so its passphrase is what protects it".to_owned());
    Outcome::Keep { severity: encrypted.then_some(Severity::Medium), confidence: Confidence::High, title: None, note }
}

fn basic_auth(value: &str) -> Outcome {
    let Some(bytes) = base64::decode(value.trim_end_matches('=')) else { return Outcome::Drop };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Outcome::Drop };
    let Some((user, secret)) = text.split_once(':') else { return Outcome::Drop };
    if user.bytes().chain(secret.bytes()).any(|byte| !(0x20..0x7f).contains(&byte)) || text == "Aladdin:open sesame" {
        return Outcome::Drop;
    }
    if secret.len() < 4 || value::is_fake(secret) || value::is_weak_password(secret) || value::is_reference(secret) {
        return Outcome::Drop;
    }
    keep(Confidence::High)
}

fn url_password(value: &str, whole: &str) -> Outcome {
    let lower = value.to_ascii_lowercase();
    let stand_in = [
        "pass",
        "pw",
        "pwd",
        "passwd",
        "token",
        "secret",
        "key",
        "user",
        "username",
        "apikey",
        "api_key",
        "passphrase",
        "db_password",
        "mypass",
        "mypassword",
        "userpass",
        "somepassword",
        "p4ssw0rd",
        "bar",
        "baz",
        "pswd",
    ];
    let pattern = value.contains("[^") || value.contains("+)") || value.contains(".*");
    let fake = pattern || value::is_fake(value) || value::is_reference(value) || stand_in.contains(&lower.as_str());
    if fake
        || lower.contains("%2") && lower.len() < 4
        || value.bytes().all(|byte| byte == b'*' || byte == b'x' || byte == b'.')
    {
        return Outcome::Drop;
    }
    let start = whole.rfind('@').map_or(whole, |at| &whole[at + 1..]);
    let host =
        start.split(['/', '?', '#', ':', ',', '\\', ')', '}', ']', ';']).next().unwrap_or("").to_ascii_lowercase();
    let user = whole.split_once("://").and_then(|(_, rest)| rest.split(':').next()).unwrap_or("").to_ascii_lowercase();
    if host.is_empty()
        || value::is_reference(&host)
        || (user == lower && value.len() < 12)
        || stand_in.contains(&host.as_str())
    {
        return Outcome::Drop;
    }
    let documented = [
        "example.com",
        "example.org",
        "example.net",
        "host",
        "hostname",
        "server",
        "domain.com",
        "company.com",
        "yourdomain.com",
        "foo.com",
        "test.com",
        "example",
    ];
    if documented.iter().any(|known| host == *known || host.strip_suffix(known).is_some_and(|head| head.ends_with('.')))
        && !host.ends_with("registry.example")
    {
        return Outcome::Drop;
    }
    let near_by = !host.contains('.')
        || host.starts_with("127.")
        || host.starts_with("0.0.0.0")
        || host.rsplit('.').next() == Some("local")
        || host.starts_with("192.168.")
        || host.starts_with("10.");
    let weak = value::is_weak_password(value) || value.len() < 5;
    if weak && near_by {
        return Outcome::Drop;
    }
    if near_by || weak {
        let local = near_by && (value::is_wordy(value) || weak);
        return Outcome::Keep {
            severity: Some(if local { Severity::Low } else { Severity::Medium }),
            confidence: Confidence::Medium,
            title: None,
            note: Some("the host is a local one or the password a common one".to_owned()),
        };
    }
    keep(if value::is_wordy(value) { Confidence::Medium } else { Confidence::High })
}

fn password(value: &str) -> Outcome {
    let fake = value::is_fake(value)
        || value::is_reference(value)
        || value::is_shaped(value)
        || value::is_weak_password(value);
    let letters_only = value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b'-'));
    if fake || letters_only || value.len() < 8 { Outcome::Drop } else { keep(Confidence::Medium) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(0), "000000");
        assert_eq!(base62(61), "00000z");
    }

    #[test]
    fn an_account_is_read_from_an_access_key_id() {
        let Outcome::Keep { note, .. } = aws_key_id(&"AKIA~QYLPMN5HNT7S4IKB".replace('~', "")) else { panic!() };
        assert!(note.is_some_and(|note| note.contains("AWS account")));
    }

    #[test]
    fn passwords_in_urls() {
        let outcome = |url: &str| {
            let value = url.split("://").nth(1).unwrap().split_once(':').unwrap().1.rsplit_once('@').unwrap().0;
            url_password(value, url) != Outcome::Drop
        };
        assert!(outcome("postgres://svc:q8TzL4mWp2@db.registry.example/app"));
        for url in
            ["postgres://user:pass@db/app", "https://user:q8TzL4mWp2@example.com/", "redis://:${X}@h.registry.example"]
        {
            assert!(!outcome(url), "{url}");
        }
    }
}
