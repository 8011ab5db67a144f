//! Which settings hold secrets, whether a secret is easily guessed, and what may be shown of it.
//!
//! A key is judged by its last words (`DB_PASSWORD`, `apiKey`, `session.secret`); besides, values that look like tokens
//! and addresses with a password in them are secrets under any key.

use crate::base::base64;
use crate::base::mask::mask;

/// What may be shown of a text, and what was found out about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text, its secret part masked.
    pub text: String,
    /// Whether a secret is written in it.
    pub secret: bool,
    /// Whether that secret is easily guessed.
    pub weak: bool,
}

/// Judges a text that is set under `key`.
#[must_use]
pub fn show(key: &str, text: &str) -> Shown {
    let plain = || Shown { text: clip(text), secret: false, weak: false };
    // `SECRET_KEY = "SECRET_KEY"`: a name of a setting among others.
    let itself = text.contains('_') && key.rsplit('.').next() == Some(text);
    if text.trim().is_empty() || itself {
        return plain();
    }
    if let Some(shown) = credentials(text) {
        return shown;
    }
    if let Some(shown) = connection_string(text) {
        return shown;
    }
    let keyed = is_secret_key(key) && !is_reference(text);
    if !keyed && (!looks_like_token(text) || is_for_browsers(key, text)) {
        return plain();
    }
    let weak = is_weak(text);
    let text = if is_placeholder(text) && keyed { clip(text) } else { mask(text) };
    Shown { text, secret: true, weak }
}

/// Long texts are not settings' values that anyone compares.
fn clip(text: &str) -> String {
    const LONGEST: usize = 2_000;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The words of a key's last segment, in lower case: `dbPassword`, `DB_PASSWORD`, `db-password` alike.
fn words(key: &str) -> Vec<String> {
    let mut segments = key.rsplit('.');
    let mut last = segments.next().unwrap_or(key);
    while last.chars().all(|letter| letter.is_ascii_digit()) {
        match segments.next() {
            Some(segment) => last = segment,
            None => break,
        }
    }
    let mut words: Vec<String> = Vec::new();
    let mut before_lower = false;
    let mut fresh = true;
    for letter in last.chars() {
        if !letter.is_alphabetic() {
            fresh = true;
            continue;
        }
        if fresh || (letter.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
        before_lower = letter.is_lowercase();
        fresh = false;
    }
    words
}

/// Whether a key's name says that its value is a secret.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let words = words(key);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    while words.len() > 1
        && matches!(words.last(), Some(&("base" | "fallbacks" | "value" | "default" | "prod" | "dev")))
    {
        words.pop();
    }
    let Some((last, before)) = words.split_last() else { return false };
    let public =
        before.iter().any(|word| matches!(*word, "public" | "publishable" | "anon" | "site" | "max" | "num" | "id"));
    match *last {
        "password" | "passwd" | "pwd" | "pass" | "passphrase" | "passcode" | "secret" | "secrets" | "secretkey"
        | "privatekey" | "credentials" | "pat" | "authtoken" | "accesstoken" => true,
        "token" | "tokens" | "apikey" => !public,
        "key" | "keys" => {
            !public
                && before.iter().any(|word| {
                    matches!(
                        *word,
                        "api"
                            | "secret"
                            | "private"
                            | "access"
                            | "signing"
                            | "encryption"
                            | "auth"
                            | "jwt"
                            | "session"
                            | "master"
                            | "service"
                            | "account"
                            | "role"
                            | "storage"
                            | "cookie"
                            | "hmac"
                            | "cipher"
                            | "subscription"
                            | "license"
                    )
                })
        }
        "salt" => before.iter().any(|word| matches!(*word, "password" | "security" | "secret" | "hash" | "token")),
        _ => false,
    }
}

/// A token whose name says that everybody may have it (`SUPABASE_ANON_KEY`, `…_PUBLISHABLE_KEY`), and whose claims do not say
/// otherwise.
fn is_for_browsers(key: &str, text: &str) -> bool {
    let named = words(key).iter().any(|word| matches!(word.as_str(), "publishable" | "anon"));
    let claims = text.split('.').nth(1).and_then(|claims| base64::decode(&claims.replace('=', "")));
    named && !claims.is_some_and(|claims| String::from_utf8_lossy(&claims).contains("service_role"))
}

/// `${VAR}`, `{{ value }}`, `<set me>`, a path of a secrets file: not the secret itself.
fn is_reference(text: &str) -> bool {
    let text = text.trim();
    text.contains("${")
        || text.contains("{{")
        || text.contains("$(")
        || text.contains("%(")
        || text.starts_with('$')
        || text.starts_with("/run/secrets/")
        || ["arn:", "vault:", "op://", "ssm:", "projects/"].iter().any(|start| text.starts_with(start))
        || matches!(
            text.to_ascii_lowercase().as_str(),
            "none" | "null" | "true" | "false" | "undefined" | "inherit" | "required" | "optional"
        )
}

/// A text that says "put your value here".
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    (lower.starts_with('<') && lower.ends_with('>'))
        || (lower.starts_with('[') && lower.ends_with(']'))
        || [
            "changeme",
            "change-me",
            "change_me",
            "change this",
            "changethis",
            "change-this",
            "change_this",
            "your-",
            "your_",
            "your ",
            "replace",
            "placeholder",
            "xxxx",
            "****",
            "....",
            "todo",
            "fixme",
            "insert",
            "enter-",
            "enter_",
            "goes-here",
            "goes_here",
            "-here",
            "_here",
            "example",
            "dummy",
            "sample",
            "not-set",
            "notset",
            "fill-me",
            "fill_me",
            "in-production",
            "in_production",
            "build-time",
            "buildtime",
        ]
        .iter()
        .any(|part| lower.contains(part))
        // `token = "DigitalOcean API token"`: what it is, in words.
        || (lower.matches(' ').count() > 1 && {
            [" token", " key", " secret", " password"].iter().any(|end| lower.ends_with(end))
                && lower.chars().all(|letter| letter.is_alphabetic() || letter == ' ')
        })
}

/// Words that weak secrets are made of.
const COMMON: &[&str] = &[
    "a",
    "abc",
    "access",
    "admin",
    "api",
    "app",
    "auth",
    "cat",
    "change",
    "changeit",
    "cookie",
    "cr",
    "database",
    "db",
    "default",
    "demo",
    "dev",
    "development",
    "django",
    "dragon",
    "express",
    "fallback",
    "flask",
    "foo",
    "for",
    "guess",
    "guest",
    "hard",
    "hello",
    "iloveyou",
    "insecure",
    "is",
    "jwt",
    "key",
    "keyboard",
    "letmein",
    "local",
    "login",
    "master",
    "me",
    "monkey",
    "my",
    "mypassword",
    "mysecret",
    "mysecretkey",
    "mysql",
    "never",
    "not",
    "now",
    "only",
    "pass",
    "passw",
    "passwd",
    "password",
    "please",
    "postgres",
    "private",
    "prod",
    "production",
    "pw",
    "qwerty",
    "r",
    "random",
    "redis",
    "root",
    "s",
    "secret",
    "secretkey",
    "secrets",
    "secure",
    "sekret",
    "session",
    "signing",
    "simple",
    "some",
    "string",
    "sup",
    "super",
    "supersecret",
    "t",
    "temp",
    "test",
    "testing",
    "the",
    "this",
    "to",
    "token",
    "top",
    "unsafe",
    "use",
    "user",
    "value",
    "very",
    "welcome",
    "will",
    "world",
    "you",
];

/// Whether a secret is easily guessed.
#[must_use]
pub fn is_weak(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let first = text.chars().next();
    let common = lower
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .all(|word| COMMON.contains(&word));
    text.chars().count() < 12
        || lower.starts_with("django-insecure-")
        || is_placeholder(text)
        || text.chars().all(|letter| Some(letter) == first)
        || (common && lower.chars().any(|letter| letter.is_ascii_alphabetic()))
        || text.chars().all(|letter| letter.is_ascii_digit()) && text.len() < 20
}

/// A text with the form of a token, whatever it is called.
fn looks_like_token(text: &str) -> bool {
    let text = text.trim();
    const STARTS: &[(&str, usize)] = &[
        ("sk-", 24),
        ("sk_live_", 20),
        ("sk_test_", 20),
        ("rk_live_", 20),
        ("ghp_", 30),
        ("gho_", 30),
        ("ghs_", 30),
        ("github_pat_", 30),
        ("glpat-", 20),
        ("xoxb-", 20),
        ("xoxp-", 20),
        ("xapp-", 20),
        ("AKIA", 20),
        ("ASIA", 20),
        ("AIza", 35),
        ("SG.", 40),
        ("eyJ", 60),
        ("hf_", 30),
        ("npm_", 30),
        ("pypi-", 40),
        ("dop_v1_", 40),
        ("gsk_", 30),
        ("whsec_", 20),
        ("shpat_", 30),
        ("r8_", 30),
        ("-----BEGIN ", 20),
        ("sb_secret_", 20),
        ("https://hooks.slack.com/", 40),
    ];
    if text.starts_with("-----BEGIN ") {
        return text.contains("PRIVATE KEY");
    }
    let plain = |text: &str| !text.chars().any(char::is_whitespace);
    STARTS.iter().any(|(start, length)| text.starts_with(start) && text.len() >= *length) && plain(text)
}

/// An address with a password: only the password is masked.
fn credentials(text: &str) -> Option<Shown> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len())];
    // A password may hold a slash that should have been escaped.
    let authority = if authority.contains('@') { authority } else { &rest[..=rest.rfind('@')?] };
    let (login, _) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let known =
        !password.is_empty() && !is_reference(password) && scheme.len() <= 40 && !login.contains(char::is_whitespace);
    if !known {
        return None;
    }
    let weak = is_weak(password);
    let shown = if is_placeholder(password) { password.to_owned() } else { mask(password) };
    let text = clip(&format!("{scheme}://{user}:{shown}{}", &rest[login.len()..]));
    Some(Shown { text, secret: true, weak })
}

/// `Server=db;Password=x`: only the password is masked.
fn connection_string(text: &str) -> Option<Shown> {
    let mut weak: Option<bool> = None;
    let mut parts = Vec::new();
    for part in text.split(';') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let password =
            matches!(name.trim().to_ascii_lowercase().as_str(), "password" | "pwd" | "accountkey" | "sharedaccesskey");
        if password && !value.trim().is_empty() && !is_reference(value) {
            weak = Some(is_weak(value) || weak == Some(true));
            parts.push(format!("{name}={}", mask(value)));
        } else {
            parts.push(part.to_owned());
        }
    }
    // A single `password=x` may be anything.
    let weak = weak.filter(|_| parts.len() > 1)?;
    Some(Shown { text: clip(&parts.join(";")), secret: true, weak })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_secrets() {
        for key in [
            "SECRET_KEY",
            "DB_PASSWORD",
            "apiKey",
            "session.secret",
            "DATABASES.default.PASSWORD",
            "OPENAI_API_KEY",
            "jwtSecret",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "STRIPE_SECRET_KEY_1",
            "SECRET_KEY_FALLBACKS.0",
            "SUPABASE_SERVICE_ROLE_KEY",
            "db-pass",
            "privateKey",
            "SECRET_KEY_BASE",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "TOKEN_EXPIRE_MINUTES",
            "PASSWORD_HASHERS",
            "AUTH_PASSWORD_VALIDATORS.0.NAME",
            "max_tokens",
            "PUBLIC_KEY",
            "STRIPE_PUBLISHABLE_KEY",
            "primary_key",
            "SUPABASE_ANON_KEY",
            "DEBUG",
            "PASSWORD_RESET_TIMEOUT",
            "key",
            "compass",
            "TOKEN_URL",
            "password_file",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn secrets_are_masked_and_judged() {
        let strong = &"k3Jh8Zq1~Lw9Xv2Bn7Mc4".replace('~', "");
        let shown = show("SECRET_KEY", strong);
        assert_eq!(shown, Shown { text: mask(strong), secret: true, weak: false });
        assert!(!shown.text.contains("Zq1Lw9"));
        let shown = show("SECRET_KEY", &"django-insecure-8s7d6f~8s7d6f8s7d6f".replace('~', ""));
        assert!(shown.secret && shown.weak && !shown.text.contains("8s7d6f8s7"));
        assert_eq!(show("API_KEY", "your-api-key-here").text, "your-api-key-here");
        assert!(show("DB_PASSWORD", "postgres").weak);
        assert!(show("secret", "keyboard cat").weak);
        assert!(show("secret", "my-super-secret-key-123").weak);
        assert!(!show("API_KEY", "${API_KEY}").secret);
        assert!(!show("API_KEY", "").secret);
        assert!(!show("NAME", "plain").secret);
    }

    #[test]
    fn addresses_keep_everything_but_the_password() {
        let shown = show("DATABASE_URL", &"postgres://app:k3Jh8Zq1~Lw9Xv2Bn@db:5432/app?x=1".replace('~', ""));
        assert!(shown.secret && !shown.weak);
        assert!(
            shown.text.starts_with("postgres://app:") && shown.text.ends_with("@db:5432/app?x=1"),
            "{}",
            shown.text
        );
        assert!(!shown.text.contains("Lw9Xv2Bn"));
        assert!(show("URL", "postgres://postgres:postgres@db/app").weak);
        assert!(!show("URL", "postgres://app:${PW}@db/app").secret);
        assert!(!show("URL", "https://a.example/@x:y").secret);
        assert!(show("URL", "redis://:pa/ss@host:1/0").secret);
    }
}
