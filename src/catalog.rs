//! Every rule id with its prose, for `explain`, `rules list`, SARIF and docs.
//!
//! The catalogue owns no prose: it collects it from where the rules live. A new kind of rule is one more function in
//! [`PROVIDERS`].

mod dependency;
mod policy;
mod secret;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Serialize;

use crate::base::Severity;
use crate::base::distance::distance;
use crate::model::schema::{Example, MisuseRule, TaintRule};
use crate::model::{self, RuleBook};

/// What is said about a rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleDoc {
    /// Rule id, such as `taint/python-sql-injection`.
    pub id: String,
    /// Headline.
    pub title: String,
    /// The severity of its worst hit.
    pub severity: Severity,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// OWASP categories.
    pub owasp: Vec<String>,
    /// Requirements of OWASP's ASVS, such as `v5.0.0-6.2.1`.
    pub asvs: Vec<String>,
    /// Further reading.
    pub references: Vec<String>,
    /// Bad and good examples.
    pub examples: Vec<Example>,
}

/// Where rules come from. Each gives the docs of one kind of rule.
static PROVIDERS: &[fn() -> Vec<RuleDoc>] = &[taint, misuse, dependency::docs, secret::docs, policy::docs];

/// The families of languages that rules exist for.
const FAMILIES: [&str; 2] = ["python", "javascript"];

/// Every rule, by id.
pub fn all() -> impl Iterator<Item = &'static RuleDoc> {
    table().values()
}

/// The rule of an id.
#[must_use]
pub fn get(id: &str) -> Option<&'static RuleDoc> {
    table().get(id)
}

/// Whether there is such a rule.
#[must_use]
pub fn contains(id: &str) -> bool {
    table().contains_key(id)
}

/// The id that a mistyped one was probably meant to be.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static str> {
    let bare = |text: &str| text.rsplit('/').next().unwrap_or(text).to_ascii_lowercase();
    let wanted = bare(id);
    if wanted.len() > 200 {
        return None;
    }
    let ranked = table().keys().map(|known| {
        let name = bare(known);
        let inside = !wanted.is_empty() && name.contains(&wanted);
        let distance = if inside { 1 } else { distance(&wanted, &name) };
        (distance, name.len(), known.as_str())
    });
    ranked.min().filter(|(distance, ..)| *distance <= wanted.len() / 3 + 1).map(|(.., known)| known)
}

fn table() -> &'static BTreeMap<String, RuleDoc> {
    static TABLE: OnceLock<BTreeMap<String, RuleDoc>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let docs = PROVIDERS.iter().flat_map(|provider| provider());
        docs.map(|doc| (doc.id.clone(), doc)).collect()
    })
}

/// Taint rules, once for each family that has sinks of their kinds.
fn taint() -> Vec<RuleDoc> {
    let book = model::built_in();
    let doc = |rule: &TaintRule, family: &str| RuleDoc {
        id: format!("taint/{family}-{}", rule.id),
        title: rule.title.clone(),
        severity: rule.sources.values().filter_map(|text| text.parse().ok()).max().unwrap_or(Severity::Medium),
        why: rule.why.clone(),
        remedy: rule.remedy.clone(),
        cwe: rule.cwe.clone(),
        owasp: rule.owasp.clone(),
        asvs: Vec::new(),
        references: rule.references.clone(),
        examples: rule.examples.iter().filter(|example| example.family() == family).cloned().collect(),
    };
    let pairs = book.taint.iter().flat_map(|rule| FAMILIES.map(|family| (rule, family)));
    pairs.filter(|(rule, family)| applies(book, rule, family)).map(|(rule, family)| doc(rule, family)).collect()
}

fn applies(book: &RuleBook, rule: &TaintRule, family: &str) -> bool {
    let mut models = book.models.iter().filter(|model| model.language == family);
    models.any(|model| {
        let calls = model.sinks.iter().any(|sink| rule.sinks.contains(&sink.kind));
        calls
            || model
                .handlers
                .iter()
                .any(|handler| handler.returns.as_ref().is_some_and(|kind| rule.sinks.contains(kind)))
    })
}

fn misuse() -> Vec<RuleDoc> {
    let worst = |rule: &MisuseRule| {
        let texts = std::iter::once(&rule.severity).chain(rule.matches.iter().filter_map(|hit| hit.severity.as_ref()));
        texts.filter_map(|text| text.parse().ok()).max().unwrap_or(Severity::Medium)
    };
    let doc = |rule: &MisuseRule| RuleDoc {
        id: format!("misuse/{}-{}", rule.language, rule.id),
        title: rule.title.clone(),
        severity: worst(rule),
        why: rule.why.clone(),
        remedy: rule.remedy.clone(),
        cwe: rule.cwe.clone(),
        owasp: rule.owasp.clone(),
        asvs: Vec::new(),
        references: rule.references.clone(),
        examples: rule.examples.clone(),
    };
    model::built_in().misuse.iter().map(doc).collect()
}

#[cfg(test)]
mod tests;
