//! The types of the detector files `rules/secret/<provider>.toml`, as written. `build.rs` reads the same types, so a
//! file that does not fit fails the build.
//!
//! # Values in examples
//!
//! Every example and counter-example value holds a `~`, which the tests take out: neither push protection nor a scan of
//! this repository then sees a token. (A value that really has a `~` gets a second one.)
//!
//! # Forms
//!
//! | form | the pattern is |
//! |---|---|
//! | `token` (default) | the whole token, beginning at a keyword (or `before` bytes ahead of it); a capture group, if any, is the value |
//! | `assigned` | the value alone: the keyword is part of the name that it is assigned to, such as `HEROKU_API_KEY=…`, or stands a little ahead of such a name: `heroku:` and `api_key: …` on the next line |
//! | `near` | the value alone, telling enough by its own shape that the keyword need only stand a little ahead of it |
//!
//! Tokens are bounded on both sides by something that is no letter, digit or underscore, without the pattern saying so.

use serde::{Deserialize, Serialize};

/// One file of `rules/secret/`.
#[allow(clippy::struct_field_names)] // `provider = "GitHub"` reads well in the file
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Who issues the secrets, for messages.
    pub provider: String,
    /// The documentation that the formats are written from.
    pub reference: String,
    /// What to do about a leak: where it is revoked.
    pub remedy: String,
    /// The formats.
    #[serde(rename = "detector")]
    pub detectors: Vec<Detector>,
}

/// One format of secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Kebab-case; the rule is `secret/<id>`. For ever.
    pub id: String,
    /// What it is: "GitHub personal access token".
    pub title: String,
    /// Lower-case texts, one of which must be there; compared without regard to ASCII case.
    pub keywords: Vec<String>,
    /// How `pattern` is to be read.
    #[serde(default)]
    pub form: Form,
    /// Regular expression (bytes, ASCII classes).
    pub pattern: String,
    /// How many bytes ahead of the keyword the pattern may begin.
    #[serde(default)]
    pub before: usize,
    /// How many bytes from the keyword on the pattern may reach.
    #[serde(default = "default_window")]
    pub window: usize,
    /// Bits per character that the value must have.
    #[serde(default)]
    pub min_entropy: f32,
    /// A further, offline check of the value.
    #[serde(default)]
    pub check: Option<Check>,
    /// `critical`, `high`, `medium`, `low`.
    pub severity: String,
    /// The format is shared by many issuers: any other detector that finds the same value wins.
    #[serde(default)]
    pub generic: bool,
    /// Lower-case texts, one of which must stand within a few hundred bytes (or in the path).
    #[serde(default)]
    pub near: Vec<String>,
    /// Lower-case texts that, near by, tell that the value is public by design: no finding.
    #[serde(default)]
    pub unless_near: Vec<String>,
    /// Lower-case texts that, near by, tell that the value is meant to be seen by browsers: low severity.
    #[serde(default)]
    pub public_near: Vec<String>,
    /// Ids of detectors whose values are the other half of this secret (its user name, its key id): near each other they
    /// are one finding.
    #[serde(default)]
    pub pair: Vec<String>,
    /// Regular expressions of values that are none: published examples.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Made-up texts in which it is found.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Made-up texts in which it is not found.
    #[serde(default)]
    pub counter_examples: Vec<String>,
}

fn default_window() -> usize {
    320
}

/// How a pattern is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The whole token.
    #[default]
    Token,
    /// The value that a name with the keyword is assigned to.
    Assigned,
    /// The value, with the keyword a little ahead of it.
    Near,
}

/// Checks that need more than a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// GitHub's and npm's form: the last six characters are the CRC-32 of the thirty before, in base 62.
    Github,
    /// GitHub fine-grained token: issued ones begin with a version.
    GithubFineGrained,
    /// GitLab routable tokens: the last seven characters are the CRC-32 of all before, in base 36.
    Gitlab,
    /// AWS access key id: the account number is in it.
    AwsKeyId,
    /// JSON Web Token: header and claims decode; publishable roles are none.
    Jwt,
    /// PEM: the body is base64 of a plausible key.
    Pem,
    /// Base64 of a PEM block.
    PemBase64,
    /// Base64 of `user:password`.
    BasicAuth,
    /// Base64 of `user:password`, or of a password.
    NpmAuth,
    /// A password inside a URL.
    UrlPassword,
    /// A password.
    Password,
    /// A password inside a connection string.
    ConnectionPassword,
    /// Looks random, not like words.
    Random,
    /// OpenAI: issued keys hold a marker.
    Openai,
    /// Anthropic: issued keys are 95 characters behind the prefix and end in `AA`.
    Anthropic,
    /// Slack: the numbers are identities, not `1234567890`.
    Slack,
    /// Stripe: the account is in the key.
    Stripe,
    /// Discord bot token: its first part is a number in base64.
    Discord,
    /// PyPI: a macaroon for an index, with a UUID.
    Pypi,
    /// age: bech32 with a checksum.
    Age,
    /// Salts of `wp-config.php`: not the text of the sample file.
    Salt,
    /// The sixty-four bytes of a Solana key pair.
    Keypair,
    /// Azure shared access signature: until when, and for what.
    AzureSas,
}

/// Everything that the build embeds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DetectorBook {
    /// In the order of the file names.
    pub providers: Vec<Provider>,
}

impl Detector {
    /// The regular expression that is run at a keyword. An assigned value stands behind the rest of the name, an
    /// operator and an opening quote; or behind another name of a secret a little further on.
    #[must_use]
    pub fn expression(&self) -> String {
        let names: Vec<String> = self.keywords.iter().map(|keyword| escape(keyword)).collect();
        // Hexadecimal digits may be written in capitals.
        let any_case = self.form == Form::Assigned && !self.pattern.bytes().any(|byte| byte.is_ascii_uppercase());
        let value = if any_case { format!("(?i:{})", self.pattern) } else { self.pattern.clone() };
        let names = names.join("|");
        match self.form {
            Form::Token => self.pattern.clone(),
            Form::Assigned => {
                format!(r#"(?i:{names})(?:{TIGHT}|{LOOSE})[\\"'`]{{0,3}}(?i:bearer |token )?({value})(?:{END}|$)"#)
            }
            Form::Near => format!(r#"(?i:{names})[\s\S]{{0,100}}?[\s"'`=:>,(/\[]({value})(?:{END}|$)"#),
        }
    }
}

/// The rest of a name and an operator.
const TIGHT: &str = concat!(
    r#"[A-Za-z0-9_.-]{0,32}[\\"'`\])]{0,3}\s{0,8}(?::?\s?(?:str|string|String)\b\s{0,2})?"#,
    r"(?:=>|:{1,3}=|\|\||\?\?|={1,3}|[.+?]=|<-|:-|:|,|>|\()\s{0,8}(?:\?\?|\|\|)?"
);

/// Some text, another name that says secret, and an operator.
const LOOSE: &str = concat!(
    r"[\s\S]{0,60}?(?i:key|token|secret|passw(?:or)?d|auth|credential|bearer|pat|private|access)[A-Za-z0-9_.-]{0,16}",
    r#"[\\"'`\])]{0,3}\s{0,4}(?:=>|:{1,3}=|[.+]?=|:|,|>|\sis\s|\s-\s|-|\s)\s{0,8}"#
);

/// What may stand behind a value.
const END: &str = r"[^A-Za-z0-9_\-/+=]";

fn escape(text: &str) -> String {
    text.chars().flat_map(|c| (!c.is_ascii_alphanumeric()).then_some('\\').into_iter().chain([c])).collect()
}
