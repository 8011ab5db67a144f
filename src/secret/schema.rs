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
//! | `assigned` | the value alone: the keyword is part of the name that it is assigned to, such as `HEROKU_API_KEY=…` |
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
}

/// Checks that need more than a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// GitHub's and npm's form: the last six characters are the CRC-32 of the thirty before, in base 62.
    Github,
    /// AWS access key id: the account number is in it.
    AwsKeyId,
    /// JSON Web Token: header and claims decode; publishable roles are none.
    Jwt,
    /// PEM: the body is base64 of a plausible key.
    Pem,
    /// Base64 of `user:password`.
    BasicAuth,
    /// A password inside a URL.
    UrlPassword,
    /// A password.
    Password,
    /// Looks random, not like words.
    Random,
}

/// Everything that the build embeds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DetectorBook {
    /// In the order of the file names.
    pub providers: Vec<Provider>,
}

impl Detector {
    /// The regular expression that is run at a keyword. An assigned value stands behind the rest of the name, an
    /// operator and an opening quote.
    #[must_use]
    pub fn expression(&self) -> String {
        if self.form == Form::Token {
            return self.pattern.clone();
        }
        let names: Vec<String> = self.keywords.iter().map(|keyword| escape(keyword)).collect();
        format!(
            concat!(
                r"(?i:{names})[A-Za-z0-9_.-]{{0,32}}",
                r#"[\\"'`\])]{{0,3}}\s{{0,8}}(?::\s?(?:str|string|String)\s{{0,2}})?"#,
                r#"(?:=>|:=|\|\||\?\?|={{1,3}}|:-|:|,|\()\s{{0,8}}(?:\?\?|\|\|)?[\\"'`]{{0,3}}(?i:bearer |token )?"#,
                r#"({value})(?:[^A-Za-z0-9_\-/+=]|$)"#
            ),
            names = names.join("|"),
            value = self.pattern
        )
    }
}

fn escape(text: &str) -> String {
    text.chars().flat_map(|c| (!c.is_ascii_alphanumeric()).then_some('\\').into_iter().chain([c])).collect()
}
