//! What an organisation demands of every repository: the document `data.organization`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use super::super::bundle::Bundle;
use super::{DOCUMENT, Organization};
use crate::base::{Location, Severity};
use crate::document::Attempt;
use crate::options::{Limits, Options};

/// `data.organization`. What is left out demands nothing but that rules stay on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demands {
    /// Who demands it, for messages.
    pub name: String,
    /// Findings at or above this severity fail the gate everywhere; a repository may set a lower bar.
    pub fail_on: Option<Severity>,
    /// An incomplete audit fails.
    pub strict: bool,
    /// Oldest advisory data, in days.
    pub max_advisory_age_days: Option<i64>,
    /// Rules that cannot be switched off; one ending in `*` stands for all that begin so. All of them unless it says
    /// otherwise.
    pub locked: Vec<String>,
    /// Which licences packages may have; read by `policies/lib/licenses.rego`.
    pub licenses: Licenses,
    /// Globs that a repository may exclude.
    pub exclude: Vec<String>,
    /// Read what git ignores too: a committed file that `.gitignore` names is shipped all the same.
    pub read_ignored: bool,
    /// Bounds of waivers; read by `policies/release-gate/waivers.rego`.
    pub waivers: Waivers,
    /// How much is asked: `baseline`, `standard` or `strict`; a repository may ask for more.
    pub level: Option<String>,
    /// Packs that stay on; all if left out.
    pub packs: Option<Vec<String>>,
    /// Values of parameters; a repository may choose tighter ones.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

impl Default for Demands {
    fn default() -> Self {
        Self {
            name: String::new(),
            fail_on: None,
            strict: false,
            max_advisory_age_days: None,
            locked: vec!["*".to_owned()],
            licenses: Licenses::default(),
            exclude: Vec::new(),
            read_ignored: false,
            waivers: Waivers::default(),
            level: None,
            packs: None,
            parameters: serde_json::Map::new(),
        }
    }
}

/// Bounds of waivers. The policy reads them; here their names and types are checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Waivers {
    /// Longest life in days.
    pub max_days: Option<u32>,
    /// Rules that are never waived.
    pub never: Option<Vec<String>>,
    /// From this severity on a ticket is needed.
    pub ticket_from: Option<Severity>,
    /// Who may answer for a waiver.
    pub owners: Option<Vec<String>>,
    /// Whether comments in the source excuse anything.
    pub in_source: Option<bool>,
    /// Whether a baseline does.
    pub baseline: Option<bool>,
    /// Whether statements of VEX documents do.
    pub vex: Option<bool>,
    /// Whose VEX documents are believed.
    pub vex_authors: Option<Vec<String>>,
}

/// Which licences packages may have. The policy reads them; here their names and types are checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Licenses {
    /// Only these; SPDX identifiers, `*` for any part of one.
    pub allow: Vec<String>,
    /// None of these.
    pub deny: Vec<String>,
}

/// What a repository and its command line ask for in words, beside what [`Options`] hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Globs that are excluded.
    pub excluded: Vec<String>,
    /// An incomplete audit is to pass.
    pub not_strict: bool,
}

impl Demands {
    /// Takes the demands out of the bundle's data, where they stay for policies to read.
    pub(super) fn take(bundle: &mut Bundle) -> Result<Self, String> {
        let mut found = bundle.data.iter().filter_map(|(_, value)| value.get(DOCUMENT));
        let Some(value) = found.next() else { return Ok(Self::default()) };
        if found.next().is_some() {
            return Err("it is written in several files".to_owned());
        }
        let demands: Self = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        demands.excludable().map_err(|error| format!("`exclude`: {error}"))?;
        Ok(demands)
    }

    fn excludable(&self) -> Result<GlobSet, globset::Error> {
        let mut globs = GlobSetBuilder::new();
        for glob in &self.exclude {
            globs.add(GlobBuilder::new(glob).literal_separator(true).build()?);
        }
        globs.build()
    }

    /// Whether a rule cannot be switched off.
    #[must_use]
    pub fn locks(&self, rule: &str) -> bool {
        self.locked.iter().any(|locked| match locked.strip_suffix('*') {
            Some(prefix) => rule.starts_with(prefix),
            None => locked == rule,
        })
    }
}

impl Organization {
    /// Lays the demands over a repository's options and tells what asked for less. `file` is the repository's
    /// configuration.
    #[must_use]
    pub fn tighten(&self, options: &mut Options, file: &str, asked: &Asked) -> Vec<Attempt> {
        let demands = &self.demands;
        let mut attempts = Vec::new();
        let mut refuse = |message: String| attempts.push(Attempt { message, location: Some(Location::file(file)) });
        let (locked, left): (Vec<_>, Vec<_>) = options.disabled.drain(..).partition(|rule| demands.locks(rule));
        options.disabled = left;
        for rule in &locked {
            refuse(format!("switching off `{rule}`: it stays on"));
        }
        if let Some(bar) = demands.fail_on.filter(|bar| *bar < options.fail_on) {
            refuse(format!("failing from {} only: the bar is {bar}", options.fail_on));
            options.fail_on = bar;
        }
        if demands.strict && asked.not_strict {
            refuse("passing an incomplete audit: it fails".to_owned());
        }
        options.strict |= demands.strict;
        if let Some(days) = demands.max_advisory_age_days {
            if let Some(asked) = options.max_advisory_age.filter(|asked| *asked > days) {
                refuse(format!("advisory data of {asked} days: {days} are allowed"));
            }
            options.max_advisory_age = Some(options.max_advisory_age.unwrap_or(days).min(days));
        }
        let allowed = demands.excludable().unwrap_or_default();
        let beyond: Vec<&String> = asked
            .excluded
            .iter()
            .filter(|glob| {
                !demands.exclude.contains(glob) && !allowed.is_match(format!("{}/x", glob.trim_end_matches("/**")))
            })
            .collect();
        if !beyond.is_empty() {
            for glob in &beyond {
                refuse(format!("excluding `{glob}`: nothing is excluded"));
            }
            options.exclude = GlobSet::empty();
        }
        options.no_ignore |= demands.read_ignored;
        options.scope_locked = true;
        let (limits, full) = (&mut options.limits, Limits::default());
        if limits.source_bytes < full.source_bytes || limits.file_bytes < full.file_bytes || limits.files < full.files {
            refuse("lower size limits: the usual ones hold".to_owned());
            limits.source_bytes = limits.source_bytes.max(full.source_bytes);
            limits.file_bytes = limits.file_bytes.max(full.file_bytes);
            limits.files = limits.files.max(full.files);
        }
        attempts
    }
}
