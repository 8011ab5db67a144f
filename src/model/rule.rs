//! The types of the rule files, and of all files together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Condition, Model};

/// Everything under `rules/models`, `rules/taint` and `rules/misuse`, in the order of the file names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RuleBook {
    /// What is known of libraries.
    pub models: Vec<Model>,
    /// Weaknesses by data flow.
    pub taint: Vec<TaintRule>,
    /// Weaknesses of single calls, reads and assignments.
    pub misuse: Vec<MisuseRule>,
}

/// One file of `rules/taint/`: a weakness in every language. The finding's rule id is `taint/<family>-<id>`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaintRule {
    /// Kebab-case name of the bad thing: `sql-injection`.
    pub id: String,
    /// Headline: "SQL injection vulnerability".
    pub title: String,
    /// One sentence; `{source}` and `{sink}` are replaced by their labels.
    pub message: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// OWASP categories.
    pub owasp: Vec<String>,
    /// Sink kinds.
    pub sinks: Vec<String>,
    /// Severity per source kind; a key ending in `*` is a prefix (`request-*`). Kinds not listed are no source for it.
    pub sources: BTreeMap<String, String>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Further reading.
    #[serde(default)]
    pub references: Vec<String>,
    /// Examples, checked by `cargo test`.
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
}

/// One file of `rules/misuse/<family>/`: a call, read or assignment that is wrong by itself. The finding's rule id is `misuse/<family>-<id>`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MisuseRule {
    /// Kebab-case name of the bad thing: `weak-hash`.
    pub id: String,
    /// `python` or `javascript`.
    pub language: String,
    /// Headline.
    pub title: String,
    /// One sentence; `{call}` is replaced by the access path, `{arg}` by the text of the argument the first condition speaks of.
    pub message: String,
    /// `info` … `critical`.
    pub severity: String,
    /// `low`, `medium`, `high`.
    pub confidence: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// OWASP categories.
    pub owasp: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Further reading.
    #[serde(default)]
    pub references: Vec<String>,
    /// What tests and examples do is left alone.
    #[serde(default)]
    pub not_in_tests: bool,
    /// Any of these is a hit.
    #[serde(rename = "match")]
    pub matches: Vec<MisuseMatch>,
    /// Examples, checked by `cargo test`.
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
}

/// What a misuse rule hits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MisuseMatch {
    /// Access paths of what is called, read or assigned.
    pub paths: Vec<String>,
    /// `call` (the default), `read`, `assign` (then `arg = "value"` is the assigned value), or `map`: a map literal with the
    /// key of the path `#map.key`, wherever it stands (`arg = "value"` is the map; the finding stands at the key). In files
    /// where the rule speaks of a call, maps are taken for its arguments. Without `paths`, by the text
    /// alone: `compare` (`0 == 1`), `assert` (`0`), `regex` (a literal: `0`), `search` (a constant text that is
    /// looked for: `0`, in `receiver`, `1` is `includes`, `starts` or `ends`), `prefix` (a path is
    /// looked at by its beginning, without a separator: `0`, in `receiver`, `1` is `refused` or `told`), `text` (every place that `matches` finds).
    pub on: Option<String>,
    /// For `text`: only files that hold one of these texts are searched, which is much quicker.
    pub needs: Vec<String>,
    /// All must hold.
    pub when: Vec<Condition>,
    /// The name that the result is bound or passed to (variable, attribute, keyword, enclosing function; also by way of
    /// a variable; `name[` for an element, `name(` for a call), as a regular expression: `(?i)token|password`. A purpose that makes a harmless call harmful (insecure randomness).
    pub purpose: Option<String>,
    /// Names that `purpose` passes over; without `purpose`, that make the call harmless.
    pub not_purpose: Option<String>,
    /// Access paths: calls or reads of one of them in the same function make it harmless.
    pub unless: Vec<String>,
    /// The same function calls the same thing again in a way that the conditions do not mind: this was a first look.
    pub unless_again: bool,
    /// Access paths: harmless where the same function calls one of them, and always with a constant first argument.
    pub unless_constant: Vec<String>,
    /// Not where an enclosing condition or the enclosing function's name mentions this: it is somebody's choice there.
    pub not_under: Option<String>,
    /// Not in files whose text holds this, as a regular expression: what else stands there makes it harmless.
    pub not_in_file: Option<String>,
    /// Access paths: not where the project calls one of them anywhere outside of tests.
    pub not_beside: Vec<String>,
    /// Severity of this match, when not the rule's.
    pub severity: Option<String>,
}

/// A bad piece of code and nearly the same that is good. The loader runs both; `bad` must be hit by the rule, `good` not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// `python`, `javascript`, `typescript`, or a format of templates: see [`Example::family`].
    pub language: String,
    /// Must be hit.
    pub bad: String,
    /// Must not be hit.
    pub good: String,
}

impl Example {
    /// The language family whose rules speak of it.
    #[must_use]
    pub fn family(&self) -> &str {
        match self.language.as_str() {
            "jinja" | "django" => "python",
            "typescript" | "ejs" | "handlebars" | "pug" | "nunjucks" | "vue" | "svelte" => "javascript",
            language => language,
        }
    }
}
