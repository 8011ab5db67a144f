//! Every rule id with its prose, for `explain`, SARIF and docs.

/// What is said about a rule.
#[derive(Debug, Clone)]
pub struct RuleDoc {
    /// Rule id.
    pub id: String,
    /// Headline.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// OWASP categories.
    pub owasp: Vec<String>,
    /// Further reading.
    pub references: Vec<String>,
    /// Bad and good examples.
    pub examples: Vec<crate::model::schema::Example>,
}

/// The rule of an id.
#[must_use]
pub fn get(_id: &str) -> Option<&'static RuleDoc> {
    None
}
