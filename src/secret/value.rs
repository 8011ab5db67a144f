//! What a text looks like: a placeholder, words, or something random. Randomness is told by entropy and by how rare the
//! pairs of letters are in English: `getUserByIdentifier` is long and varied, but made of words.

pub(super) use super::stand_in::is_fake;

/// Bits per byte.
pub(super) fn entropy(value: &str) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    #[allow(clippy::cast_precision_loss)]
    let length = value.len().max(1) as f32;
    #[allow(clippy::cast_precision_loss)]
    let share = |count: u32| count as f32 / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(*count) * share(*count).log2()).sum()
}

/// Pairs of letters that make up 93 % of English text: bit `b` of row `a` is the pair `ab`.
const PAIRS: [u32; 26] = [
    0x013e_bd4e,
    0x0116_4911,
    0x001e_5d95,
    0x0016_4919,
    0x01ef_f97d,
    0x0012_4931,
    0x0016_2991,
    0x0008_4111,
    0x02ae_f87f,
    0x0000_0000,
    0x0004_0110,
    0x011c_4919,
    0x0014_d113,
    0x003c_ed7d,
    0x007e_fd6e,
    0x011e_c911,
    0x0010_0000,
    0x011e_fd5d,
    0x011c_c995,
    0x011e_d9bd,
    0x000e_b917,
    0x0000_0111,
    0x0002_4111,
    0x0008_8104,
    0x000c_a000,
    0x0000_0010,
];

/// How much of the text is made of pairs of letters as words have them, from 0 to 1: digits, and changes of case inside
/// a run of letters, count against it.
pub(super) fn wordiness(value: &str) -> f32 {
    let (mut pairs, mut common) = (0_u16, 0_u16);
    let mut previous: Option<u8> = None;
    for byte in value.bytes().take(400) {
        let letter = byte.is_ascii_alphabetic();
        if let Some(before) = previous {
            let (was_letter, was_digit) = (before.is_ascii_alphabetic(), before.is_ascii_digit());
            if was_letter && letter {
                let hump = before.is_ascii_lowercase() && byte.is_ascii_uppercase();
                if !hump {
                    pairs += 1;
                    let row = PAIRS[usize::from(before.to_ascii_lowercase() - b'a')];
                    common += u16::from(row >> (byte.to_ascii_lowercase() - b'a') & 1 == 1);
                }
            } else if (was_letter && byte.is_ascii_digit())
                || (was_digit && letter)
                || (was_digit && byte.is_ascii_digit())
            {
                pairs += 1;
            }
        }
        previous = Some(byte);
    }
    if pairs == 0 { 0.0 } else { f32::from(common) / f32::from(pairs) }
}

/// Whether the text reads as words, names or an identifier.
pub(super) fn is_wordy(value: &str) -> bool {
    wordiness(value) >= 0.78
}

/// Whether the text cannot be told from random characters.
pub(super) fn is_random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if value.len() < 12 || letters == 0 || longest_sequence(value) * 2 > value.len() {
        return false;
    }
    let needed: f32 = if hex { 2.5 } else { 3.0 };
    entropy(value) >= needed
        && wordiness(value) < if digits > 0 { 0.66 } else { 0.60 }
        && (digits > 0 || mixed_case(value))
}

fn mixed_case(value: &str) -> bool {
    let flips = value.as_bytes().windows(2).filter(|pair| {
        let (a, b) = (pair[0], pair[1]);
        a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && a.is_ascii_uppercase() != b.is_ascii_uppercase()
    });
    flips.count() * 4 >= value.len()
}

/// Length of the longest run such as `aaaa`, `abcd` or `4321`.
pub(super) fn longest_sequence(value: &str) -> usize {
    let (mut best, mut run, mut step) = (1, 1, 0_i16);
    for pair in value.as_bytes().windows(2) {
        let next = i16::from(pair[1].to_ascii_lowercase()) - i16::from(pair[0].to_ascii_lowercase());
        if (-1..=1).contains(&next) && (run == 1 || next == step) {
            run += 1;
        } else {
            run = if (-1..=1).contains(&next) { 2 } else { 1 };
        }
        step = next;
        best = best.max(run);
    }
    best
}

/// Whether a value is a reference to a value elsewhere, or a template with a hole.
pub(super) fn is_reference(value: &str) -> bool {
    let starts = [
        "$",
        "<",
        "{",
        "[",
        "%(",
        "%{",
        "op://",
        "vault:",
        "ref+",
        "arn:",
        "ENC[",
        "secretref:",
        "env:",
        "env.",
        "process.env",
        "os.environ",
        "projects/",
        "ssm:",
        "keychain:",
        "file:",
        "data:",
        "=",
    ];
    let holds =
        ["${", "$(", "{{", "}}", "<%", "%>", "%s", "%d", "#{", "{0}", "&lt;", "\\u", "=>", "()", "({", "{}", "$$"];
    let tag = value.strip_prefix('!').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphabetic() || b" ._-/:".contains(&byte))
    });
    // `__TOKEN__`, `APP__KEY`; two marks inside a value that a program made are by chance.
    let marked = value.contains("__")
        && (value.starts_with("__") || value.ends_with("__") || !value.bytes().any(|byte| byte.is_ascii_digit()));
    tag || marked
        || is_marked_name(value)
        || value.ends_with(":latest")
        || starts.iter().any(|start| value.starts_with(start))
        || holds.iter().any(|part| value.contains(part))
        || value.find('{').is_some_and(|open| value[open..].contains('}'))
        || (value.starts_with('%') && value.ends_with('%'))
}

/// `@string/api_key`, `&anchor`, `*alias`, `#section`: a mark and a name or nothing. `@Admin#2024` is a password.
fn is_marked_name(value: &str) -> bool {
    let Some(rest) = value.strip_prefix(['@', '&', '*', '#']) else { return false };
    let plain = |byte: u8| byte.is_ascii_alphabetic() || b"_-./:*&".contains(&byte);
    let color = value.starts_with('#') && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let called = rest.contains(['(', ' ']);
    color || called || rest.bytes().all(plain)
}

/// Whether a value is a path, an address, a dotted name, a pattern or another thing with a shape of its own.
pub(super) fn is_shaped(value: &str) -> bool {
    let starts = [
        "/",
        "./",
        "../",
        "~/",
        "C:\\",
        "\\\\",
        "--",
        "ssh-",
        "sha256:",
        "sha256-",
        "sha512-",
        "sha1-",
        "urn:",
        "application/",
        "text/",
        "image/",
        "-----BEGIN PUBLIC",
        "-----BEGIN CERT",
        "MII",
        // The head of a key that Windows has encrypted for one machine.
        "AQIAA",
    ];
    if starts.iter().any(|start| value.starts_with(start)) || value.contains("://") {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let ends = [
        ".pem", ".key", ".json", ".txt", ".crt", ".py", ".js", ".ts", ".yml", ".yaml", ".com", ".org", ".io", ".html",
        ".tsx", ".vue", ".php", ".java", ".md", ".p12", ".jks",
    ];
    if ends.iter().any(|end| lower.ends_with(end)) {
        return true;
    }
    is_dotted_name(value)
        || is_constant_name(value)
        || is_mail(value)
        || is_path(value)
        || is_rule_list(value)
        || is_header(value)
        || is_specification(value)
}

/// The name of a header: `X-App-Sealed-Key`.
fn is_header(value: &str) -> bool {
    let rest = value.strip_prefix("X-").or_else(|| value.strip_prefix("x-"));
    rest.is_some_and(|rest| {
        rest.split('-').all(|part| part.len() < 4 || part.bytes().all(|b| b.is_ascii_alphabetic()) && is_wordy(part))
    })
}

/// Rules of a form: `required|min:8|confirmed`.
fn is_rule_list(value: &str) -> bool {
    let rule = |part: &str| {
        let name = part.split(':').next().unwrap_or("");
        let words = name.len() < 4 || wordiness(name) > 0.5;
        name.len() >= 2 && words && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    value.contains('|') && value.split('|').all(rule)
}

/// Words and numbers with dashes between them: `pm-27581-device-auth-key`.
pub(super) fn is_slug(value: &str) -> bool {
    let parts = || value.split(['-', '_']);
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let word = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase()) && (part.len() < 4 || is_wordy(part));
    parts().count() >= 4
        && parts().all(|part| !part.is_empty() && (number(part) || word(part)))
        && parts().filter(|part| part.len() >= 3 && !number(part)).count() >= 3
}

/// How to make a value rather than one: `password:32`.
fn is_specification(value: &str) -> bool {
    let kinds = ["password", "passwd", "secret", "token", "key", "hex", "base64", "random", "string", "alnum"];
    value.split_once(':').is_some_and(|(kind, length)| {
        kinds.contains(&kind) && (1..=4).contains(&length.len()) && length.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_dotted_name(value: &str) -> bool {
    let parts = || value.split(['.', ':', '/']).filter(|part| !part.is_empty());
    let name = |part: &str| {
        part.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    parts().count() > 1 && parts().all(name) && parts().all(|part| part.len() < 4 || wordiness(part) > 0.7)
}

fn is_constant_name(value: &str) -> bool {
    value.contains('_')
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
        && value.split('_').all(|part| part.len() < 4 || wordiness(part) > 0.6)
}

fn is_mail(value: &str) -> bool {
    value.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.ends_with('.')
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    })
}

fn is_path(value: &str) -> bool {
    value.matches('/').count() > 1 && value.split('/').all(|part| part.len() < 4 || wordiness(part) > 0.7)
}

/// Whether a text is a sentence with marks for blanks: `if_you_see_this_please_use_docker`.
pub(super) fn is_sentence(value: &str) -> bool {
    let words: Vec<&str> = value.split(['_', '-', ' ', '.']).filter(|word| !word.is_empty()).collect();
    let plain = words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic())).count();
    words.len() >= 6 && plain * 4 >= words.len() * 3
}

/// Whether a value is as long as a digest in hexadecimal: where a password is stored, not where it is set.
pub(super) fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The letters and digits of a text in lower case, by which names and values that are written differently are compared.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether a value is made of letters only.
pub(super) fn is_letters(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a value is a UUID.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

const WEAK_PASSWORDS: &[&str] = &[
    "123123",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "abc123",
    "admin",
    "changeit",
    "changeme",
    "default",
    "demo",
    "guest",
    "hunter2",
    "iloveyou",
    "letmein",
    "master",
    "monkey",
    "mysql",
    "p@ssw0rd",
    "p@ssword",
    "pass",
    "passw0rd",
    "password",
    "passwd",
    "pgsql",
    "postgres",
    "postgresql",
    "qwerty",
    "qwerty123",
    "root",
    "secret",
    "super",
    "supersecret",
    "sa",
    "temp",
    "test",
    "testing",
    "toor",
    "trustno1",
    "user",
    "welcome",
];

/// Whether a password is one that everybody tries first: a word of a short list, maybe with digits and marks behind.
pub(super) fn is_weak_password(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit() || "!@#$%&*._-?".contains(c));
    WEAK_PASSWORDS.contains(&lower.as_str())
        || WEAK_PASSWORDS.contains(&stem)
        || stem.split(['_', '-', '.', '@']).all(|part| WEAK_PASSWORDS.contains(&part)) && !stem.is_empty()
        || stem.strip_suffix("password").is_some_and(|head| WEAK_PASSWORDS.contains(&head))
}

/// Whether a key is made of words that tests are made of, with a number: `sk-test123`, `dev-key-123`, `test_token_1`.
pub(super) fn is_try(value: &str) -> bool {
    const WORDS: [&str; 22] = [
        "api", "apikey", "app", "auth", "client", "demo", "dev", "dummy", "fake", "hook", "key", "local", "mock", "my",
        "sample", "secret", "sk", "test", "testing", "token", "user", "webhook",
    ];
    const TRIES: [&str; 8] = ["demo", "dev", "dummy", "fake", "mock", "sample", "test", "testing"];
    let lower = value.to_ascii_lowercase();
    let words = || {
        lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()))
            .filter(|part| !part.is_empty())
    };
    let digits = lower.bytes().filter(u8::is_ascii_digit).count();
    let known = |word: &str| WORDS.contains(&word) || (word.len() >= 4 && is_wordy(word));
    digits <= 6 && words().all(known) && words().any(|word| TRIES.contains(&word))
}

/// Beginnings by which vendors mark keys that everybody may see.
const PUBLISHABLE_PREFIXES: &[&str] = &[
    "pk_live_",
    "pk_test_",
    "pk.eyJ",
    "sb_publishable_",
    "phc_",
    "pub_",
    "public_",
    "pk-lf-",
    "rzp_live_",
    "rzp_test_",
    "client_",
    "test_public",
    "6L",
];

/// Whether a value is meant for browsers.
pub(super) fn is_publishable(value: &str) -> bool {
    PUBLISHABLE_PREFIXES.iter().any(|prefix| value.starts_with(prefix)) && value.len() > 20
}

/// Beginnings by which vendors mark their secrets.
const VENDOR_PREFIXES: &[&str] = &[
    "sk-",
    "sk_live_",
    "sk_prod_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "AIza",
    "gsk_",
    "hf_",
    "whsec_",
    "sb_secret_",
    "SG.",
    "re_",
    "npm_",
    "pypi-",
    "key-",
    "shpat_",
    "r8_",
    "pplx-",
    "xai-",
    "dop_v1_",
];

/// Whether a value begins as vendors' secrets do and goes on long enough.
pub(super) fn has_vendor_prefix(value: &str) -> bool {
    VENDOR_PREFIXES.iter().any(|prefix| {
        value.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 10
                && !is_fake(value)
                && rest.bytes().any(|b| b.is_ascii_digit())
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_random_text() {
        for words in ["getUserByIdentifier", "this-is-a-secret-key", "supersecretpassword", "AuthenticationProvider"] {
            assert!(is_wordy(words) && !is_random(words), "{words} {}", wordiness(words));
        }
        for random in ["f3Kq9ZxT0bWm7LpR2v", "9f86d081884c7d65", "kqzvXJwpTfbQrmGhYdNs", "q8TzL4mWp2vK"] {
            assert!(is_random(random), "{random} {} {}", entropy(random), wordiness(random));
        }
    }

    #[test]
    fn shapes_and_references() {
        assert!(is_reference("${SECRET}") && is_reference("<token>") && is_reference("a{b}"));
        assert!(
            is_shaped("/run/secrets/db")
                && is_shaped("settings.auth.key")
                && is_shaped("API_KEY_NAME")
                && is_shaped("a@b.example")
        );
        assert!(!is_shaped("q8TzL4mWp2vK") && !is_reference("q8TzL4mWp2vK"));
    }

    #[test]
    fn keys_for_a_try() {
        for text in ["sk-test123", "dev-key-123", "manus-demo-key-12345", "test_token_1"] {
            assert!(is_try(text), "{text}");
        }
        for text in ["sk-q8TzL4mWp2vK", "demo-q8TzL4mWp2vK", "prod-key-123", "sk-6678b3438d024f27"] {
            assert!(!is_try(text), "{text}");
        }
    }

    #[test]
    fn weak_passwords() {
        assert!(is_weak_password("admin123") && is_weak_password("password") && is_weak_password("Test_1234"));
        assert!(is_weak_password("rootpassword") && !is_weak_password("gatepassword"));
        assert!(!is_weak_password("q8TzL4mWp2vK") && !is_weak_password("correcthorse"));
    }
}
