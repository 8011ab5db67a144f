//! What reaches the browser: the files that end up in a client bundle, and what they give away, as facts.
//!
//! Bundlers put into a page whatever its entry points import, and replace reads of variables with a public prefix
//! (`VITE_`, `NEXT_PUBLIC_`, …) by their values. So a file is *client code* when it is an entry point (a React client
//! component, `src/main.tsx`, a page's script) or imported by one, and no marker stops the way: `"use server"`,
//! `server-only`, a folder of the server, an import of what no browser has ([`reach`]). What a name or a value gives
//! away is told by [`credential`]: an anon or publishable key is meant to be public and is never more than that.
//!
//! Whether it is allowed is decided by policies. Left out: what a bundler drops because nobody uses it.

mod check;
pub mod credential;
mod manifest;
mod reach;
mod read;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Finding, Location, Severity, SourceFile};
use crate::config::Setting;
use crate::flow::Project;

pub use credential::Credential;
pub use manifest::Manifest;

/// Facts of one kind in one project, at most: what is beyond is data.
const MAX_FACTS: usize = 2_000;

/// One thing that the browser gets, or that is decided there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// Where.
    pub location: Location,
    /// What it is.
    pub kind: ExposureKind,
    /// The variable, the key or the name that is compared.
    pub name: String,
    /// What the name or the value says it is.
    pub credential: Credential,
    /// Whether `credential` was told from a value that is written here, rather than from the name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub written: bool,
    /// Role of the file.
    pub context: CodeContext,
    /// Why the file counts as client code: the entry point that imports it, or itself. Empty where it is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reached_from: String,
}

/// Kinds of [`Exposure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExposureKind {
    /// A variable with a prefix that bundlers make public is read, or set in an environment file.
    PublicVariable,
    /// A bundler's configuration copies a variable into the bundle: `define`, `env`, `publicRuntimeConfig`.
    InlinedVariable,
    /// Client code compares a password with a value that is in the bundle too.
    PasswordCheck,
    /// Client code decides by a role or flag from the browser's own storage.
    StoredRole,
}

/// What is known of the browser's share in a project.
#[derive(Debug, Default)]
pub struct Exposures {
    /// The facts, in order.
    pub facts: Vec<Exposure>,
    /// Client files with the entry point that they are reached from.
    pub client: FxHashMap<String, String>,
}

/// Tells the client code of a project and what it gives away. `texts` finds the text of a file with settings.
#[must_use]
pub fn analyse<'s>(
    project: &Project,
    manifests: &[Manifest],
    settings: impl Iterator<Item = &'s Setting>,
    texts: &dyn Fn(&str) -> Option<&'s SourceFile>,
) -> Exposures {
    let client = reach::client_files(project, manifests);
    let mut facts = read::facts(project, &client);
    facts.extend(check::facts(project, &client));
    let read: std::collections::BTreeSet<String> = facts
        .iter()
        .filter(|fact| fact.kind == ExposureKind::PublicVariable && fact.context == CodeContext::Production)
        .map(|fact| fact.name.clone())
        .collect();
    facts.extend(read::environment_files(settings, &read, texts));
    facts.sort();
    facts.dedup();
    facts.truncate(MAX_FACTS);
    Exposures { facts, client }
}

/// Rules whose findings weigh no more for being in the browser: secrets told by their name only, keys with browser use.
const NOT_RAISED: &[&str] = &[crate::secret::HARD_CODED, crate::secret::DEFAULT_CREDENTIAL, "secret/google-api-key"];

/// Says of findings in client code that they reach the browser; a secret there weighs more, because it is out as soon as
/// the page is served.
pub fn mark(findings: &mut [Finding], exposures: &Exposures) {
    for finding in findings {
        let Some(entry) = exposures.client.get(&finding.location.path) else { continue };
        finding.browser.clone_from(entry);
        if !finding.rule.starts_with("secret/") || finding.context != CodeContext::Production {
            continue;
        }
        if !finding.message.contains("reaches the browser") {
            let way = if *entry == finding.location.path { String::new() } else { format!(" through `{entry}`") };
            finding.message = format!("{}; it reaches the browser{way}", finding.message.trim_end_matches('.'));
        }
        if !NOT_RAISED.contains(&finding.rule.as_str()) {
            finding.severity = match finding.severity {
                Severity::High => Severity::Critical,
                Severity::Medium => Severity::High,
                other => other,
            };
        }
    }
}
