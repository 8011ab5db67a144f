//! `# METADATA` blocks: title, description, and what stageclear adds under `custom`.
//!
//! The form is [OPA's](https://www.openpolicyagent.org/docs/policy-language#annotations): a comment line `# METADATA`,
//! then YAML in comment lines up to the first line that is none. A block above `package` (or with `scope: package`)
//! speaks for the file, one above a rule for that rule. The evaluator does not read them, so it is done here.

use std::sync::{LazyLock, OnceLock};

use crate::base::Severity;

use super::asvs;
use super::error::{Diagnosis, PolicyError};
use super::level::{Level, Parameter, Tighter};
use super::yaml::{self, Kind, Node};

/// What a block says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Line of the rule or package it belongs to; 0 for the package.
    pub line: u32,
    /// Short name.
    pub title: String,
    /// Why it matters.
    pub description: String,
    /// Rule id `policy/<pack>/<kebab-name>`.
    pub id: Option<String>,
    /// Severity of violations that do not say another.
    pub severity: Option<Severity>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// OWASP categories.
    pub owasp: Vec<String>,
    /// What to do.
    pub remedy: String,
    /// An example that the policy reports.
    pub bad: Option<String>,
    /// Nearly the same, which it does not report.
    pub good: Option<String>,
    /// Where to read on.
    pub references: Vec<String>,
    /// From which level on it runs, where it says so.
    pub level: Option<Level>,
    /// Requirements of OWASP's ASVS that it checks something of, such as `v5.0.0-6.2.1`.
    pub asvs: Vec<String>,
    /// What `stageclear.toml` may set for it.
    pub parameters: Vec<Parameter>,
    /// Whether it says by `schemas` that its input is none of ours.
    pub foreign: bool,
}

/// What a policy says of itself, read where it is looked at: an audit looks at few of the built-in ones.
#[derive(Debug, Clone, Default)]
pub struct Described {
    /// Path and JSON of a built-in one, whose block was read when the crate was built.
    source: Option<(&'static str, &'static str)>,
    read: OnceLock<Metadata>,
}

impl Described {
    /// The block above a built-in policy's package, as JSON.
    pub(super) fn built_in(path: &'static str, json: &'static str) -> Self {
        Self { source: Some((path, json)), read: OnceLock::new() }
    }

    /// The block, or what is wrong with it. A test reads those of all built-in policies.
    pub(super) fn try_read(&self) -> Result<&Metadata, PolicyError> {
        if let Some(read) = self.read.get() {
            return Ok(read);
        }
        let read = match self.source {
            None => Metadata::default(),
            Some((path, json)) => {
                let value: serde_json::Value = serde_json::from_str(json)
                    .map_err(|error| PolicyError::Input(format!("the METADATA of {path} cannot be read: {error}")))?;
                Block { path, text: "", first: 0 }.read(&Node::of(&value))?
            }
        };
        Ok(self.read.get_or_init(|| read))
    }
}

impl std::ops::Deref for Described {
    type Target = Metadata;

    fn deref(&self) -> &Metadata {
        static EMPTY: LazyLock<Metadata> = LazyLock::new(Metadata::default);
        self.try_read().unwrap_or(&EMPTY)
    }
}

impl From<Metadata> for Described {
    fn from(metadata: Metadata) -> Self {
        Self { source: None, read: OnceLock::from(metadata) }
    }
}

impl PartialEq for Described {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Described {}

/// All blocks of a policy. `complete` also demands what a built-in policy must have.
pub(super) fn parse(path: &str, text: &str, complete: bool) -> Result<Vec<Metadata>, PolicyError> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let is_start = lines[at].trim_end() == "# METADATA";
        at += 1;
        if !is_start {
            continue;
        }
        let start = at;
        let end = (start..lines.len()).find(|line| !lines[*line].starts_with('#')).unwrap_or(lines.len());
        let yaml: Vec<&str> = lines[start..end].iter().map(|line| comment(line)).collect();
        let block = Block { path, text, first: start };
        let next = (end..lines.len()).find(|line| !lines[*line].trim().is_empty());
        let node = yaml::parse(&yaml.join("\n")).map_err(|fault| {
            block.error(fault.line, fault.column, format!("the metadata is not valid YAML: {}", fault.message))
        })?;
        let mut metadata = block.read(&node)?;
        let of_package = next.is_some_and(|line| lines[line].starts_with("package"));
        let scope = node.get("scope").map(Node::json);
        if !of_package && scope != Some("package".into()) {
            metadata.line = next.map_or(u32::MAX, |line| u32::try_from(line + 1).unwrap_or(u32::MAX));
        }
        if complete && metadata.line == 0 {
            block.require(&metadata, &node)?;
        }
        found.push(metadata);
        at = end;
    }
    if complete && !found.iter().any(|metadata| metadata.line == 0) {
        let diagnosis = Diagnosis::at(path, text, 1, 1, "the policy has no `# METADATA` block above its package");
        return Err(PolicyError::Metadata(Box::new(diagnosis)));
    }
    Ok(found)
}

/// A comment line without its sign and one space.
fn comment(line: &str) -> &str {
    let line = line.strip_prefix('#').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}

struct Block<'a> {
    path: &'a str,
    text: &'a str,
    /// Index of the first line below `# METADATA`.
    first: usize,
}

impl Block<'_> {
    fn error(&self, line: u32, column: u32, message: String) -> PolicyError {
        let line = u32::try_from(self.first).unwrap_or(u32::MAX).saturating_add(line);
        PolicyError::Metadata(Box::new(Diagnosis::at(self.path, self.text, line, column.saturating_add(2), message)))
    }

    fn read(&self, node: &Node) -> Result<Metadata, PolicyError> {
        let empty = Node { line: node.line, column: node.column, kind: Kind::Mapping(Vec::new()) };
        if !matches!(node.kind, Kind::Mapping(_)) {
            return Err(self.error(node.line, node.column, "the metadata must be a mapping: `title: …`".to_owned()));
        }
        let custom = node.get("custom").unwrap_or(&empty);
        Ok(Metadata {
            line: 0,
            title: self.string(node, "title")?.unwrap_or_default(),
            description: self.string(node, "description")?.unwrap_or_default(),
            id: self.id(custom)?,
            severity: self.severity(custom)?,
            cwe: self.cwe(custom)?,
            owasp: self.strings(custom, "owasp")?,
            remedy: self.string(custom, "remedy")?.unwrap_or_default(),
            bad: self.string(custom, "bad")?,
            good: self.string(custom, "good")?,
            references: self.references(node)?,
            level: self.level(custom)?,
            asvs: self.asvs(custom)?,
            parameters: self.parameters(custom)?,
            foreign: self.is_foreign(node)?,
        })
    }

    fn string(&self, node: &Node, key: &str) -> Result<Option<String>, PolicyError> {
        let Some(value) = node.get(key) else { return Ok(None) };
        match &value.kind {
            Kind::Scalar(serde_json::Value::String(text)) => Ok(Some(text.trim().to_owned())),
            _ => Err(self.error(value.line, value.column, format!("`{key}` must be a text"))),
        }
    }

    fn list<'n>(&self, node: &'n Node, key: &str) -> Result<&'n [Node], PolicyError> {
        match node.get(key) {
            None => Ok(&[]),
            Some(Node { kind: Kind::Sequence(items), .. }) => Ok(items),
            Some(value) => Err(self.error(value.line, value.column, format!("`{key}` must be a list"))),
        }
    }

    fn strings(&self, node: &Node, key: &str) -> Result<Vec<String>, PolicyError> {
        let text = |item: &Node| match &item.kind {
            Kind::Scalar(serde_json::Value::String(text)) => Ok(text.clone()),
            _ => Err(self.error(item.line, item.column, format!("`{key}` must be a list of texts"))),
        };
        self.list(node, key)?.iter().map(text).collect()
    }

    fn references(&self, node: &Node) -> Result<Vec<String>, PolicyError> {
        let reference = |item: &Node| match &item.kind {
            Kind::Mapping(_) => self.string(item, "ref").map(Option::unwrap_or_default),
            Kind::Scalar(serde_json::Value::String(text)) => Ok(text.clone()),
            _ => Err(self.error(item.line, item.column, "`related_resources` must be a list of addresses".to_owned())),
        };
        self.list(node, "related_resources")?.iter().map(reference).collect()
    }

    fn cwe(&self, custom: &Node) -> Result<Vec<u32>, PolicyError> {
        let number = |item: &Node| match &item.kind {
            Kind::Scalar(serde_json::Value::Number(number)) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
            Kind::Scalar(serde_json::Value::String(text)) => text.trim_start_matches("CWE-").parse().ok(),
            _ => None,
        };
        let wrong = |item: &Node| self.error(item.line, item.column, "`cwe` must be a list of numbers".to_owned());
        self.list(custom, "cwe")?.iter().map(|item| number(item).ok_or_else(|| wrong(item))).collect()
    }

    fn asvs(&self, custom: &Node) -> Result<Vec<String>, PolicyError> {
        let ids = self.strings(custom, "asvs")?;
        let Some(wrong) = ids.iter().find(|id| asvs::is_wrong(id)) else { return Ok(ids) };
        let place = custom.get("asvs").map_or((1, 1), |node| (node.line, node.column));
        Err(self.error(place.0, place.1, format!("the ASVS has no requirement `{wrong}`")))
    }

    fn severity(&self, custom: &Node) -> Result<Option<Severity>, PolicyError> {
        let Some(text) = self.string(custom, "severity")? else { return Ok(None) };
        let parsed = text.parse().map(Some);
        let place = custom.get("severity").map_or((1, 1), |node| (node.line, node.column));
        parsed.map_err(|message| self.error(place.0, place.1, message))
    }

    fn level(&self, custom: &Node) -> Result<Option<Level>, PolicyError> {
        let Some(text) = self.string(custom, "level")? else { return Ok(None) };
        let place = custom.get("level").map_or((1, 1), |node| (node.line, node.column));
        text.parse().map(Some).map_err(|message| self.error(place.0, place.1, message))
    }

    fn parameters(&self, custom: &Node) -> Result<Vec<Parameter>, PolicyError> {
        let Some(node) = custom.get("parameters") else { return Ok(Vec::new()) };
        let Kind::Mapping(entries) = &node.kind else {
            return Err(self.error(node.line, node.column, "`parameters` must be a mapping of names".to_owned()));
        };
        let parameter = |(name, node): &(String, Node)| {
            let wrong = |message: String| self.error(node.line, node.column, format!("parameter `{name}`: {message}"));
            if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
                return Err(wrong("a name is written in lower case with `_`".to_owned()));
            }
            let default = node.get("default").map(Node::json).ok_or_else(|| wrong("it lacks `default`".to_owned()))?;
            let Some(tighter) = self.string(node, "tighter")? else {
                return Err(wrong("it lacks `tighter`: `higher`, `lower`, `more` or `fewer`".to_owned()));
            };
            let tighter: Tighter = tighter.parse().map_err(&wrong)?;
            let description = self.string(node, "description")?.unwrap_or_default();
            let parameter = Parameter { name: name.clone(), default, tighter, description };
            parameter.admit(&parameter.default).map_err(wrong)?;
            Ok(parameter)
        };
        entries.iter().map(parameter).collect()
    }

    /// OPA's `schemas: [{input: …}]`: the policy is written for another document.
    fn is_foreign(&self, node: &Node) -> Result<bool, PolicyError> {
        let schemas = self.list(node, "schemas")?;
        let names_audit = |text: &str| text.contains("stageclear");
        Ok(schemas.iter().filter_map(|schema| schema.get("input")).any(|schema| match &schema.kind {
            Kind::Scalar(serde_json::Value::String(text)) => !names_audit(text),
            _ => true,
        }))
    }

    fn id(&self, custom: &Node) -> Result<Option<String>, PolicyError> {
        let Some(id) = self.string(custom, "id")? else { return Ok(None) };
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if id.starts_with("policy/") && id.split('/').count() == 3 && id.split('/').all(part) {
            return Ok(Some(id));
        }
        let place = custom.get("id").map_or((1, 1), |node| (node.line, node.column));
        let message = format!("the id `{id}` must be `policy/<pack>/<name>` in lower case with hyphens");
        Err(self.error(place.0, place.1, message))
    }

    fn require(&self, metadata: &Metadata, node: &Node) -> Result<(), PolicyError> {
        let present = [
            ("title", !metadata.title.is_empty()),
            ("description", !metadata.description.is_empty()),
            ("custom.id", metadata.id.is_some()),
            ("custom.severity", metadata.severity.is_some()),
            ("custom.remedy", !metadata.remedy.is_empty()),
        ];
        match present.into_iter().find(|(_, present)| !present) {
            None => Ok(()),
            Some((name, _)) => Err(self.error(node.line, node.column, format!("the metadata lacks `{name}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# METADATA\n# scope: package\n# title: No debug\n# description: |\n#   Two\n#   lines.\n# custom:\n#   id: policy/settings/no-debug\n#   severity: high\n#   cwe: [489, CWE-11]\n#   owasp: [A05:2021]\n#   remedy: turn it off\npackage p\n\n# METADATA\n# title: A rule\ndeny contains 1 if true\n";

    #[test]
    fn blocks_belong_to_what_follows() {
        let blocks = parse("p.rego", GOOD, true).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].line, blocks[0].severity), (0, Some(Severity::High)));
        assert_eq!((blocks[0].cwe.as_slice(), blocks[0].description.as_str()), ([489, 11].as_slice(), "Two\nlines."));
        assert_eq!((blocks[1].line, blocks[1].title.as_str()), (17, "A rule"));
    }

    #[test]
    fn errors_point_at_their_line() {
        for (from, to, line, part) in [
            ("severity: high", "severity: awful", 9, "no severity"),
            ("cwe: [489, CWE-11]", "cwe: lots", 10, "`cwe`"),
            ("policy/settings/no-debug", "No Debug", 8, "`No Debug`"),
            ("title: No debug", "title: [", 4, "YAML"),
            ("title: No debug", "organizations: [a]", 2, "`title`"),
        ] {
            let error = parse("p.rego", &GOOD.replace(from, to), true).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert_eq!(error.diagnosis().unwrap().line, line, "{error}");
        }
        assert!(parse("p.rego", "package p\n", true).is_err());
        assert_eq!(parse("p.rego", "package p\n", false).unwrap(), []);
    }
}
