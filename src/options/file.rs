//! `stageclear.toml` as written: every key known, every value with its place, so that a mistake is shown where it stands.

use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use globset::{GlobBuilder, GlobSetBuilder};
use serde::Deserialize;
use thiserror::Error;

use super::{LicenseLists, Named, Options, PolicyChoice};
use crate::base::Severity;

/// The file's name.
pub const NAME: &str = "stageclear.toml";

/// A configuration that cannot be used (exit 2).
#[derive(Debug, Error)]
pub enum OptionsError {
    /// The file could not be read.
    #[error(
        "cannot read the configuration `{path}`: {source}\nhint: pass --config with the right path, or leave it out"
    )]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is wrong; the message shows where.
    #[error("{0}")]
    Wrong(String),
}

/// The keys of `stageclear.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptionsFile {
    /// Globs of paths that are never read, relative to the file's folder.
    #[serde(default)]
    pub exclude: Vec<toml::Spanned<String>>,
    /// Severity from which findings fail the run.
    pub fail_on: Option<toml::Spanned<String>>,
    /// Whether an incomplete audit fails.
    pub strict: Option<bool>,
    /// Rules.
    #[serde(default)]
    pub rules: RulesTable,
    /// Policies.
    #[serde(default)]
    pub policy: PolicyTable,
    /// Advisory data.
    #[serde(default)]
    pub db: DbTable,
    /// Which licences packages may have.
    pub licenses: Option<LicenseLists>,
    /// VEX documents.
    #[serde(default)]
    pub vex: VexTable,
    /// Size limits.
    #[serde(default)]
    pub limits: LimitsTable,
}

/// `[vex]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VexTable {
    /// Documents (OpenVEX, CycloneDX) that are in force, relative to the file's folder.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// Names by which such documents mean this project, besides those of its manifests.
    #[serde(default)]
    pub products: Vec<String>,
}

/// `[rules]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RulesTable {
    /// Ids of rules that are switched off; each is listed in the report's ledger.
    #[serde(default)]
    pub disable: Vec<toml::Spanned<String>>,
}

/// `[policy]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyTable {
    /// Files and folders with policies of one's own, relative to the file's folder.
    #[serde(default)]
    pub paths: Vec<PathBuf>,
    /// How much is asked: `baseline`, `standard` or `strict`.
    pub level: Option<toml::Spanned<String>>,
    /// Packs of built-in policies; all if left out.
    pub packs: Option<Vec<toml::Spanned<String>>>,
    /// Values that policies ask for.
    #[serde(default)]
    pub parameters: std::collections::BTreeMap<toml::Spanned<String>, toml::Spanned<toml::Value>>,
}

/// `[db]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DbTable {
    /// Base URL of an export in OSV's layout, for `db update`.
    #[serde(alias = "mirror")]
    pub url: Option<String>,
    /// Public key (PEM) that signs the mirror's `SHA256SUMS`, relative to the file's folder.
    pub key: Option<PathBuf>,
    /// `sha256:` of the mirror's `SHA256SUMS`.
    pub pin: Option<String>,
    /// Age in days of advisory data from which the audit counts as incomplete.
    pub max_age_days: Option<i64>,
}

/// `[limits]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitsTable {
    /// Bytes of a source or configuration file that is parsed.
    pub source_bytes: Option<u64>,
    /// Bytes of any file that is read at all.
    pub file_bytes: Option<u64>,
    /// Files of one audit.
    pub files: Option<usize>,
}

impl OptionsFile {
    /// Reads `text`. `path` is only for messages.
    pub fn parse(path: &str, text: &str) -> Result<Self, OptionsError> {
        toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            OptionsError::Wrong(show(path, text, span, error.message()))
        })
    }

    /// Writes what the file says into `options`. `known_rule` tells whether a rule id exists.
    pub fn apply(
        &self,
        path: &str,
        text: &str,
        folder: &Path,
        known_rule: &dyn Fn(&str) -> bool,
        options: &mut Options,
    ) -> Result<(), OptionsError> {
        let wrong = |span: std::ops::Range<usize>, message: &str| OptionsError::Wrong(show(path, text, span, message));
        if let Some(level) = &self.fail_on {
            options.fail_on = level.get_ref().parse::<Severity>().map_err(|message| wrong(level.span(), &message))?;
        }
        options.strict = self.strict.unwrap_or(options.strict);
        let mut globs = GlobSetBuilder::new();
        for glob in &self.exclude {
            for variant in [glob.get_ref().clone(), format!("{}/**", glob.get_ref().trim_end_matches('/'))] {
                let built = GlobBuilder::new(&variant).literal_separator(true).build();
                globs.add(built.map_err(|error| wrong(glob.span(), &error.kind().to_string()))?);
            }
        }
        options.exclude = globs.build().map_err(|error| wrong(0..0, &error.to_string()))?;
        for rule in &self.rules.disable {
            if !known_rule(rule.get_ref()) {
                let message = format!("there is no rule `{}`; `stageclear rules list` shows all", rule.get_ref());
                return Err(wrong(rule.span(), &message));
            }
            options.disabled.push(rule.get_ref().clone());
        }
        options.policies.extend(self.policy.paths.iter().map(|path| folder.join(path)));
        options.choice = self.policy.choice(path, text);
        options.licenses.clone_from(&self.licenses);
        options.vex_products.clone_from(&self.vex.products);
        options.db_url.clone_from(&self.db.url);
        options.max_advisory_age = self.db.max_age_days;
        let limits = &mut options.limits;
        limits.source_bytes = self.limits.source_bytes.unwrap_or(limits.source_bytes);
        limits.file_bytes = self.limits.file_bytes.unwrap_or(limits.file_bytes);
        limits.files = self.limits.files.unwrap_or(limits.files);
        Ok(())
    }
}

impl PolicyTable {
    /// What is chosen of the policies; whether there is such a level, pack or parameter they know themselves.
    fn choice(&self, path: &str, text: &str) -> PolicyChoice {
        let named = |value: &toml::Spanned<String>| Named { name: value.get_ref().clone(), span: value.span() };
        let parameters = self.parameters.iter().map(|(name, value)| {
            let json = serde_json::to_value(value.get_ref()).unwrap_or_default();
            (named(name), json)
        });
        let level = self.level.as_ref().map(named);
        let packs = self.packs.as_ref().map(|packs| packs.iter().map(named).collect());
        let parameters: Vec<_> = parameters.collect();
        if level.is_none() && packs.is_none() && parameters.is_empty() {
            return PolicyChoice::default();
        }
        PolicyChoice { file: path.to_owned(), text: text.to_owned(), level, packs, parameters }
    }
}

impl PolicyChoice {
    /// A message with the line of the file that is meant.
    #[must_use]
    pub fn show(&self, at: &Named, message: &str) -> String {
        show(&self.file, &self.text, at.span.clone(), message)
    }

    /// The line of the file that a name stands on.
    #[must_use]
    pub fn line(&self, at: &Named) -> u32 {
        let before = self.text.get(..at.span.start).unwrap_or_default();
        u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
    }
}

/// The message with the line of the file and a caret under what is wrong.
fn show(path: &str, text: &str, span: std::ops::Range<usize>, message: &str) -> String {
    let end = span.end.min(text.len());
    let span = span.start.min(end)..end;
    let snippet = Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(span));
    let report = [Group::with_title(Level::ERROR.primary_title(message)).element(snippet)];
    Renderer::plain().render(&report).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(text: &str) -> Result<Options, OptionsError> {
        let mut options = Options::new(jiff::civil::date(2026, 1, 1));
        let known = |rule: &str| rule == "taint/python-sql-injection";
        OptionsFile::parse(NAME, text)?.apply(NAME, text, Path::new("."), &known, &mut options)?;
        Ok(options)
    }

    #[test]
    fn values_arrive() {
        let text =
            "fail-on = \"medium\"\nexclude = [\"legacy\"]\n[rules]\ndisable = [\"taint/python-sql-injection\"]\n";
        let options = apply(text).unwrap();
        assert_eq!(options.fail_on, Severity::Medium);
        assert!(options.exclude.is_match("legacy/a/b.py"));
        assert!(!options.exclude.is_match("src/legacy.py"));
        assert_eq!(options.disabled, ["taint/python-sql-injection"]);
    }

    #[test]
    fn mistakes_are_shown_in_the_file() {
        for (text, wanted) in [
            ("fail_on = \"high\"", "unknown field"),
            ("strict = true\nfail-on = \"hgh\"", "`hgh` is no severity"),
            ("[rules]\ndisable = [\"taint/nope\"]", "there is no rule `taint/nope`"),
            ("exclude = [\"a{b\"]", "unclosed alternate"),
        ] {
            let message = apply(text).unwrap_err().to_string();
            assert!(message.contains(wanted), "{message}");
            assert!(message.contains("stageclear.toml:") && message.contains('^'), "{message}");
        }
    }
}
