//! A hit: what, where, how bad, how sure, and the way it got there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CodeContext, Fix, Leak, LeakState, Location};

/// Harm if the finding is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Little harm, or only together with something else.
    Low,
    /// Harm under conditions.
    Medium,
    /// Direct harm to data or users.
    High,
    /// Full compromise, or a secret that is out.
    Critical,
}

impl Severity {
    /// All levels, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The lower-case name used in JSON and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// One level lower, never below info.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium => Self::Low,
            Self::Low | Self::Info => Self::Info,
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("`{text}` is no severity; known are info, low, medium, high, critical"))
    }
}

/// Likelihood that the finding is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Much was guessed: worth a look.
    Low,
    /// Something was inferred.
    Medium,
    /// Every step is known.
    High,
}

impl Confidence {
    /// The lower-case name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a step of a trace does (SARIF code flow locations carry it as `kinds`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Taint enters here.
    Source,
    /// A value is carried on: assignment, concatenation, library call.
    Propagator,
    /// Control and value go into a function of the project.
    Call,
    /// The value comes back out of a function.
    Return,
    /// The value does harm here.
    Sink,
}

/// One step of the way from source to sink.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TraceStep {
    /// Where.
    pub location: Location,
    /// What the step does.
    pub kind: StepKind,
    /// The step in words, such as "`name` is read from the query string".
    pub message: String,
    /// The line of code, where no snippet of the finding shows it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

/// Another place that matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// Why it matters.
    pub message: String,
    /// Where the same secret stands again: the finding that it would be on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Folded>,
}

impl Related {
    /// A place, and why it matters.
    pub fn at(location: Location, message: impl Into<String>) -> Self {
        Self { location, message: message.into(), finding: None }
    }
}

/// A finding that is told as a place of another one. Exceptions speak of each place on its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Folded {
    /// Rule id.
    pub rule: String,
    /// Harm, if it stood there alone.
    pub severity: Severity,
    /// Role of the file it stands in.
    #[serde(default)]
    pub context: CodeContext,
    /// What git knows of it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<LeakState>,
    /// Its own identity, which the baseline and waivers may name.
    pub fingerprint: String,
}

/// The lines around a finding, clipped and with every known secret masked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Snippet {
    /// Line number of the first line, from 1.
    pub first_line: u32,
    /// The lines, without line breaks.
    pub lines: Vec<String>,
}

/// Which mechanism silenced a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionKind {
    /// A comment in the source.
    InSource,
    /// An entry of the waiver file.
    Waiver,
    /// Accepted by an earlier run.
    Baseline,
    /// A statement of a VEX document.
    Vex,
}

/// Why a finding does not count, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    /// The mechanism.
    pub kind: SuppressionKind,
    /// The reason given.
    pub reason: String,
    /// Where the exception is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// One hit. Reporters print it, policies judge it, triage may silence it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Rule id `<kind>/<kebab-name>`, for ever.
    pub rule: String,
    /// Harm if true.
    pub severity: Severity,
    /// Likelihood that it is true.
    pub confidence: Confidence,
    /// Headline without the place: "SQL injection vulnerability", "Leaked secret: `API_KEY` found".
    pub title: String,
    /// One sentence on this very hit.
    pub message: String,
    /// The primary place.
    pub location: Location,
    /// Role of the file it stands in.
    #[serde(default)]
    pub context: CodeContext,
    /// The entry point that brings the file into the browser; empty where none does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub browser: String,
    /// Of a secret: how far it has got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<Leak>,
    /// CWE numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<u32>,
    /// OWASP categories, such as `A03:2021` or `LLM05:2025`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owasp: Vec<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// The way from source to sink.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceStep>,
    /// Further places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// Changes on offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
    /// Identity across edits; see [`super::fingerprint`].
    pub fingerprint: String,
    /// The lines around the primary place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet>,
    /// The lines around the first step of the trace, where they are not those of `snippet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_snippet: Option<Snippet>,
    /// Set when the finding does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
}

impl Finding {
    /// Starts a finding. The place comes first because a finding without one cannot be.
    pub fn at(location: Location, rule: impl Into<String>, severity: Severity) -> FindingBuilder {
        FindingBuilder {
            finding: Self {
                rule: rule.into(),
                severity,
                confidence: Confidence::High,
                title: String::new(),
                message: String::new(),
                location,
                context: CodeContext::Production,
                browser: String::new(),
                leak: None,
                cwe: Vec::new(),
                owasp: Vec::new(),
                remedy: String::new(),
                trace: Vec::new(),
                related: Vec::new(),
                fixes: Vec::new(),
                fingerprint: String::new(),
                snippet: None,
                source_snippet: None,
                suppression: None,
            },
        }
    }

    /// Whether the finding counts, that is: nothing suppresses it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.suppression.is_none()
    }

    /// Which secret it is, where equal values are one secret.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.leak.as_ref().filter(|leak| !leak.guessable).map(|leak| leak.identity.as_str())
    }

    /// Whether the lines around the primary place hold another place too.
    #[must_use]
    pub fn shows(&self, place: &Location) -> bool {
        self.snippet.as_ref().is_some_and(|snippet| {
            let lines = u32::try_from(snippet.lines.len()).unwrap_or(u32::MAX);
            place.path == self.location.path
                && (snippet.first_line..snippet.first_line.saturating_add(lines)).contains(&place.line)
        })
    }

    /// The one-line form without severity: title and place.
    #[must_use]
    pub fn headline(&self) -> String {
        let joint = if self.title.ends_with("in production") { "" } else { "in " };
        let commit = self.leak.as_ref().filter(|leak| leak.state == Some(LeakState::Removed));
        let commit = commit.map_or(String::new(), |leak| format!(" (commit {:.10})", leak.commit));
        format!("{} {joint}{}{commit}", self.title, self.location)
    }
}

/// Builds a [`Finding`]; `content` (what the fingerprint is made of besides rule and path) is required by [`Self::done`].
#[derive(Debug, Clone)]
pub struct FindingBuilder {
    finding: Finding,
}

impl FindingBuilder {
    /// Sets the likelihood that it is true (high unless said).
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.finding.confidence = confidence;
        self
    }

    /// Sets the headline.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.finding.title = title.into();
        self
    }

    /// Sets the sentence on this hit.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.finding.message = message.into();
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.finding.remedy = remedy.into();
        self
    }

    /// Sets the CWE numbers.
    #[must_use]
    pub fn cwe(mut self, cwe: impl IntoIterator<Item = u32>) -> Self {
        self.finding.cwe = cwe.into_iter().collect();
        self
    }

    /// Sets the OWASP categories.
    #[must_use]
    pub fn owasp<S: Into<String>>(mut self, owasp: impl IntoIterator<Item = S>) -> Self {
        self.finding.owasp = owasp.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the way from source to sink.
    #[must_use]
    pub fn trace(mut self, trace: Vec<TraceStep>) -> Self {
        self.finding.trace = trace;
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, location: Location, message: impl Into<String>) -> Self {
        self.finding.related.push(Related::at(location, message));
        self
    }

    /// Says which secret it is.
    #[must_use]
    pub fn leak(mut self, leak: Leak) -> Self {
        self.finding.leak = Some(leak);
        self
    }

    /// Adds a change on offer.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.finding.fixes.push(fix);
        self
    }

    /// Finishes. `content` identifies the hit inside its file: the normalised code, the key, the package, never a line
    /// number. A missing message becomes the title.
    #[must_use]
    pub fn done(mut self, content: &str) -> Finding {
        let parts = [self.finding.rule.as_str(), &self.finding.location.path, &super::fingerprint::normalise(content)];
        self.finding.fingerprint = super::fingerprint::fingerprint(parts);
        if self.finding.message.is_empty() {
            self.finding.message.clone_from(&self.finding.title);
        }
        self.finding
    }
}
