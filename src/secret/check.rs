//! Checks of values that need more than a regular expression. What the structure of issued tokens proves is in
//! [`super::proof`]. Nothing is sent anywhere.

use super::schema::Check;
use super::stand_in::{self, Where};
use super::{proof, value};
use crate::base::{Confidence, Severity, base64};

/// What a check found out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It is no secret of this form.
    Drop,
    /// Its form, but known to be none (publishable, published): nothing else may guess here.
    Clear,
    /// It is one, with what is known now.
    Keep {
        /// At most this severity, or (critical) at least.
        severity: Option<Severity>,
        /// How sure.
        confidence: Confidence,
        /// A better name of what it is.
        title: Option<&'static str>,
        /// A sentence for the message.
        note: Option<String>,
    },
}

/// Kept as the detector says.
pub(super) fn keep(confidence: Confidence) -> Outcome {
    Outcome::Keep { severity: None, confidence, title: None, note: None }
}

/// Kept, with a sentence.
pub(super) fn noted(confidence: Confidence, note: impl Into<String>) -> Outcome {
    Outcome::Keep { severity: None, confidence, title: None, note: Some(note.into()) }
}

/// Kept with little weight, because of something that speaks against it.
pub(super) fn lowered(severity: Severity, note: impl Into<String>) -> Outcome {
    Outcome::Keep { severity: Some(severity), confidence: Confidence::Low, title: None, note: Some(note.into()) }
}

/// Runs a check. `whole` is the match with what stands behind it on the line, for checks that need the host of a URL.
pub(super) fn run(check: Check, value: &str, whole: &str) -> Outcome {
    match check {
        Check::Github => proof::github(value),
        Check::GithubFineGrained => proof::github_fine_grained(value),
        Check::Gitlab => proof::gitlab(value),
        Check::AwsKeyId => proof::aws_key_id(value),
        Check::Jwt => proof::jwt(value),
        Check::Pem => proof::pem(value),
        Check::PemBase64 => proof::pem_base64(value),
        Check::Openai => proof::openai(value),
        Check::Anthropic => proof::anthropic(value),
        Check::Slack => proof::slack(value),
        Check::Stripe => proof::stripe(value),
        Check::Discord => proof::discord(value),
        Check::Pypi => proof::pypi(value),
        Check::Age => proof::age(value),
        Check::Keypair => proof::keypair(value),
        Check::AzureSas => proof::azure_sas(whole),
        Check::BasicAuth => basic_auth(value),
        Check::NpmAuth => npm_auth(value),
        Check::UrlPassword => url_password(value, whole),
        Check::Password => password(value),
        Check::ConnectionPassword => connection_password(value, whole),
        Check::Salt => salt(value),
        Check::Random => {
            if value::is_random(value) && !value::is_shaped(value) && !value::is_publishable(value) {
                keep(Confidence::Medium)
            } else {
                Outcome::Drop
            }
        }
    }
}

/// A password of a connection string: what stands there is what the program logs in with, however short.
fn connection_password(value: &str, whole: &str) -> Outcome {
    let stand_in = value::is_fake(value) || value::is_reference(value) || stand_in::is_word(value, Where::Url);
    if stand_in || value.len() < 3 || value.starts_with("my") && value::is_wordy(value) || asks(value) {
        return Outcome::Drop;
    }
    let lower = whole.to_ascii_lowercase();
    if ["example.com", "example.org", "example.net"].iter().any(|host| lower.contains(host)) {
        return Outcome::Drop;
    }
    let local =
        ["=localhost", "=127.0.0.1", "=(local", "=.", "=db;", "=sqlserver", "=mysql;", "=postgres;", "=host.docker"];
    let weak = value::is_weak_password(value);
    if local.iter().any(|host| lower.contains(host)) {
        return lowered(if weak { Severity::Low } else { Severity::Medium }, "the host is a local one");
    }
    if weak { lowered(Severity::Medium, "the password is a common one") } else { keep(Confidence::Medium) }
}

/// `yourWeak(!)Password`: what a template says.
fn asks(value: &str) -> bool {
    value.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("your"))
}

/// Base64 of `user:password`, or of a password alone.
fn npm_auth(value: &str) -> Outcome {
    match basic_auth(value) {
        Outcome::Drop => {
            let bytes = base64::decode(value.trim_end_matches('=')).unwrap_or_default();
            let text = std::str::from_utf8(&bytes).unwrap_or("");
            let plain = text.len() >= 8 && !text.contains(':') && text.bytes().all(|byte| byte.is_ascii_graphic());
            if plain { password(text) } else { Outcome::Drop }
        }
        outcome => outcome,
    }
}

/// The sample file of `wp-config.php` asks for a phrase.
fn salt(value: &str) -> Outcome {
    if value.contains("unique phrase") || value::wordiness(value) > 0.5 || value::is_fake(value) {
        return Outcome::Drop;
    }
    keep(Confidence::High)
}

fn basic_auth(value: &str) -> Outcome {
    let Some(bytes) = base64::decode(value.trim_end_matches('=')) else { return Outcome::Drop };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Outcome::Drop };
    let Some((user, secret)) = text.split_once(':') else { return Outcome::Drop };
    // Base64 of JSON is the beginning of a JWT.
    if user.starts_with('{') {
        return Outcome::Drop;
    }
    if user.bytes().chain(secret.bytes()).any(|byte| !(0x20..0x7f).contains(&byte)) || text == "Aladdin:open sesame" {
        return Outcome::Drop;
    }
    if secret.len() < 4 || value::is_fake(secret) || value::is_weak_password(secret) || value::is_reference(secret) {
        return Outcome::Drop;
    }
    keep(Confidence::High)
}

fn url_password(value: &str, whole: &str) -> Outcome {
    let value = value.trim_start_matches('\\');
    let lower = value.to_ascii_lowercase();
    let pattern = value.contains("[^") || value.contains("+)") || value.contains(".*");
    let fake = pattern || value::is_fake(value) || value::is_reference(value) || stand_in::is_word(&lower, Where::Url);
    if fake
        || lower.contains("%2") && lower.len() < 4
        || value.bytes().all(|byte| byte == b'*' || byte == b'x' || byte == b'.')
    {
        return Outcome::Drop;
    }
    let start = whole.rfind('@').map_or(whole, |at| &whole[at + 1..]);
    let start = start.strip_prefix("tcp(").unwrap_or(start);
    let host =
        start.split(['/', '?', '#', ':', ',', '\\', ')', '}', ']', ';']).next().unwrap_or("").to_ascii_lowercase();
    let user = whole.split_once("://").and_then(|(_, rest)| rest.split(':').next()).unwrap_or("").to_ascii_lowercase();
    if host.is_empty()
        || value::is_reference(&host)
        || (lower.len() < 20 && lower.strip_prefix(&user).is_some_and(|rest| ["pass", "password"].contains(&rest)))
        || stand_in::is_word(&host, Where::Url)
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
        || host.starts_with("172.17.")
        || host.ends_with(".docker.internal")
        || host.starts_with("10.");
    let weak = value::is_weak_password(value) || value.len() < 5;
    // `root:root@localhost`: little on its own, but where a program is set to it, what it logs in with.
    if user == lower && value.len() < 12 || weak && near_by && (value.len() < 5 || value::is_letters(value)) {
        // `guest` gets in from the same machine alone.
        let told = near_by && user.len() >= 2 && value.len() >= 3 && !value::is_fake(&user) && user != "guest";
        return if told {
            lowered(Severity::Low, "the host is a local one and the password a common one")
        } else {
            Outcome::Drop
        };
    }
    if near_by || weak {
        let this_one = host == "localhost" || host.starts_with("127.") || host.starts_with("0.0.0.0");
        let local = near_by && (value::is_wordy(value) || weak || this_one && value.len() < 10);
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
