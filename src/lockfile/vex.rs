//! VEX documents as input: OpenVEX (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>) and CycloneDX
//! (<https://cyclonedx.org/capabilities/vex/>). A statement that cannot be used is told with its line; the others stay.

use rustc_hash::FxHashMap;

use super::json::Value;
use super::{entry, place};
use crate::base::vex::{RESPONSES, known_justification};
use crate::base::{Location, Problem, ProblemKind, SourceFile, VexStatus};

/// Statements of one document that are read.
const MOST: usize = 20_000;
/// Ids, products and subcomponents of one statement that are read.
const MOST_NAMED: usize = 2_000;
/// Parts that old documents name for all products of a statement.
const MOST_SHARED: usize = 50;
/// Statements of one document that are told one by one because they cannot be used.
const TOLD: usize = 10;
/// Longer texts are cut.
const LONGEST: usize = 500;

/// What somebody says of a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The vulnerability's id and aliases.
    pub ids: Vec<String>,
    /// What is said.
    pub status: VexStatus,
    /// Why it is not affected.
    pub justification: Option<String>,
    /// What is done.
    pub response: Option<String>,
    /// In words.
    pub detail: String,
    /// Who says so.
    pub author: String,
    /// When it was said, as written: RFC 3339.
    pub time: String,
    /// What it is said of.
    pub products: Vec<Product>,
    /// Where it is said.
    pub location: Location,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// A package URL or another name.
    pub name: String,
    /// The parts of it that are meant; empty for all of it.
    pub parts: Vec<String>,
}

/// The statements of a document, in file order, and what of it cannot be used.
#[must_use]
pub fn vex(file: &SourceFile) -> (Vec<Statement>, Vec<Problem>) {
    let (root, extract) = entry::json(file, "write it anew with the tool that made it");
    let mut reader = Reader { file, statements: Vec::new(), problems: extract.problems, wrong: 0 };
    if root.get("statements").is_some() || root.text("@context").is_some_and(|context| context.contains("openvex")) {
        reader.openvex(&root);
    } else if root.text("bomFormat") == Some("CycloneDX") {
        reader.cyclonedx(&root);
    } else if reader.problems.is_empty() {
        let message = format!("`{}` is neither an OpenVEX nor a CycloneDX document", file.path());
        let place = Some(Location::file(file.path()));
        reader.problems.push(Problem::remark(ProblemKind::Suppression, place, message));
    }
    if reader.wrong > TOLD {
        let message = format!("{} more statements of `{}` cannot be used", reader.wrong - TOLD, file.path());
        let place = Some(Location::file(file.path()));
        reader.problems.push(Problem::remark(ProblemKind::Suppression, place, message));
    }
    (reader.statements, reader.problems)
}

struct Reader<'f> {
    file: &'f SourceFile,
    statements: Vec<Statement>,
    problems: Vec<Problem>,
    wrong: usize,
}

impl Reader<'_> {
    fn openvex(&mut self, root: &Value<'_>) {
        let author = root.text("author").unwrap_or("");
        let time = root.text("last_updated").or(root.text("timestamp")).unwrap_or("");
        let list = root.get("statements").map_or(&[][..], Value::array);
        self.limit(list.len());
        for value in list.iter().take(MOST) {
            let mut ids = Vec::new();
            // Up to 0.0.2 it was a text.
            if let Some(vulnerability) = value.get("vulnerability") {
                ids.extend(vulnerability.str().or_else(|| vulnerability.text("name")).map(short));
                let id = vulnerability.text("@id").map(|id| id.rsplit('/').next().unwrap_or(id));
                ids.extend(id.filter(|id| id.contains('-')).map(short));
                ids.extend(names(vulnerability.get("aliases")));
            }
            let shared: Vec<String> = components(value.get("subcomponents"));
            let mut products = Vec::new();
            for product in value.get("products").map_or(&[][..], Value::array).iter().take(MOST_NAMED) {
                let mut parts = components(product.get("subcomponents"));
                parts.extend(shared.iter().take(MOST_SHARED).cloned());
                products.extend(identifiers(product).into_iter().map(|name| Product { name, parts: parts.clone() }));
            }
            let texts = ["impact_statement", "action_statement", "status_notes"];
            let detail: Vec<&str> = texts.into_iter().filter_map(|key| value.text(key)).collect();
            let statement = Statement {
                ids,
                status: VexStatus::Affected,
                justification: None,
                response: None,
                detail: short(&detail.join("; ")),
                author: short(author),
                time: short(value.text("last_updated").or(value.text("timestamp")).unwrap_or(time)),
                products,
                location: place::rest_of_line(self.file, value.start),
            };
            self.add(statement, value.text("status"), value.text("justification"));
        }
    }

    fn cyclonedx(&mut self, root: &Value<'_>) {
        let metadata = root.get("metadata");
        let time = metadata.and_then(|metadata| metadata.text("timestamp")).unwrap_or("");
        let author = metadata.and_then(author).unwrap_or_default();
        let references = references(root);
        let list = root.get("vulnerabilities").map_or(&[][..], Value::array);
        self.limit(list.len());
        for value in list.iter().take(MOST) {
            // Without an analysis it is a vulnerability that a bill lists.
            let Some(analysis) = value.get("analysis") else { continue };
            let mut ids: Vec<String> = value.text("id").map(short).into_iter().collect();
            let others = value.get("references").map_or(&[][..], Value::array).iter().take(MOST_NAMED);
            ids.extend(others.filter_map(|other| other.text("id").map(short)));
            let affects = value.get("affects").map_or(&[][..], Value::array).iter().take(MOST_NAMED);
            let products = affects.filter_map(|affected| {
                let written = affected.text("ref")?;
                // `urn:cdx:serial/1#reference` links into another document.
                let local =
                    written.split_once('#').filter(|_| written.starts_with("urn:cdx:")).map_or(written, |(_, r)| r);
                let name = references.get(local).copied().unwrap_or(local);
                Some(Product { name: short(name), parts: Vec::new() })
            });
            let response = analysis.get("response").map_or(&[][..], Value::array).iter().filter_map(Value::str);
            let statement = Statement {
                ids,
                status: VexStatus::Affected,
                justification: None,
                response: response.filter(|word| RESPONSES.contains(word)).map(str::to_owned).next(),
                detail: short(analysis.text("detail").unwrap_or("")),
                author: author.clone(),
                time: short(analysis.text("lastUpdated").or(analysis.text("firstIssued")).unwrap_or(time)),
                products: products.collect(),
                location: place::rest_of_line(self.file, value.start),
            };
            self.add(statement, analysis.text("state"), analysis.text("justification"));
        }
    }

    /// Adds a statement that can be used.
    fn add(&mut self, mut statement: Statement, status: Option<&str>, justification: Option<&str>) {
        let wrong = match status.map(VexStatus::parse) {
            _ if statement.ids.is_empty() => Some("it names no vulnerability".to_owned()),
            None => Some("it has no status".to_owned()),
            Some(None) => Some(format!("`{}` is no status", short(status.unwrap_or("")))),
            Some(Some(_)) if statement.products.is_empty() => Some("it names no product".to_owned()),
            Some(Some(status)) => {
                statement.status = status;
                statement.justification = justification.and_then(known_justification);
                let reasoned = statement.justification.is_some() || statement.detail.chars().any(char::is_alphanumeric);
                match justification {
                    Some(word) if statement.justification.is_none() => {
                        Some(format!("`{}` is no justification", short(word)))
                    }
                    // Nobody is believed without a reason.
                    None if status == VexStatus::NotAffected && !reasoned => {
                        Some("`not_affected` needs a justification or an impact statement".to_owned())
                    }
                    _ => None,
                }
            }
        };
        let Some(wrong) = wrong else {
            self.statements.push(statement);
            return;
        };
        self.wrong += 1;
        if self.wrong <= TOLD {
            let about = statement.ids.first().map(|id| format!(" on `{id}`")).unwrap_or_default();
            let message = format!("a statement{about} that is not in force: {wrong}");
            let hint = "a statement names a vulnerability, its products and a status, and why";
            let place = Some(statement.location);
            self.problems.push(Problem::remark(ProblemKind::Suppression, place, message).hint(hint));
        }
    }

    fn limit(&mut self, statements: usize) {
        if statements > MOST {
            let message = format!("more than {MOST} statements in `{}`: the rest is not in force", self.file.path());
            let place = Some(Location::file(self.file.path()));
            self.problems.push(Problem::remark(ProblemKind::Limit, place, message));
        }
    }
}

/// On one line, and not longer than anybody reads.
fn short(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

fn names(list: Option<&Value<'_>>) -> Vec<String> {
    list.map_or(&[][..], Value::array).iter().take(MOST_NAMED).filter_map(|value| value.str().map(short)).collect()
}

/// The names of a product: a text, or an object with `@id` and `identifiers`.
fn identifiers(value: &Value<'_>) -> Vec<String> {
    let purl = value.get("identifiers").and_then(|names| names.text("purl"));
    let named = value.str().or(purl).or_else(|| value.text("@id"));
    named.map(short).filter(|name| !name.is_empty()).into_iter().collect()
}

fn components(list: Option<&Value<'_>>) -> Vec<String> {
    list.map_or(&[][..], Value::array).iter().take(MOST_NAMED).flat_map(identifiers).collect()
}

fn author(metadata: &Value<'_>) -> Option<String> {
    let first = metadata.get("authors").and_then(|authors| authors.array().first());
    let named = first.and_then(|author| author.text("name"));
    let others = ["supplier", "manufacturer", "manufacture"];
    named.or_else(|| others.into_iter().find_map(|key| metadata.get(key)?.text("name"))).map(short)
}

/// The package URLs of a bill's components by their references.
fn references<'v>(root: &'v Value<'_>) -> FxHashMap<&'v str, &'v str> {
    /// Components within components.
    const DEEPEST: usize = 16;
    let mut found = FxHashMap::default();
    let main = root.get("metadata").and_then(|metadata| metadata.get("component"));
    let mut stack: Vec<(&Value<'_>, usize)> = main.map(|main| (main, 0)).into_iter().collect();
    let inner = |value: &'v Value<'_>| value.get("components").map_or(&[][..], Value::array).iter();
    stack.extend(inner(root).map(|value| (value, 0)));
    while let Some((component, depth)) = stack.pop() {
        if depth < DEEPEST {
            stack.extend(inner(component).map(|value| (value, depth + 1)));
        }
        if let Some((reference, name)) =
            component.text("bom-ref").zip(component.text("purl").or(component.text("name")))
        {
            found.insert(reference, name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Statement>, Vec<String>) {
        let (statements, problems) = vex(&SourceFile::new("v.json", text));
        let line = |problem: Problem| format!("{}: {}", problem.location.map_or(0, |at| at.line), problem.message);
        (statements, problems.into_iter().map(line).collect())
    }

    #[test]
    fn openvex_statements_are_read() {
        let text = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Acme", "timestamp": "2026-01-01T00:00:00Z",
            "statements": [
            {"vulnerability": {"name": "CVE-1-1", "aliases": ["GHSA-x"]}, "status": "not_affected",
             "justification": "vulnerable_code_not_present",
             "products": [{"@id": "pkg:oci/shop", "subcomponents": [{"identifiers": {"purl": "pkg:npm/a@1"}}]}]},
            {"vulnerability": {"name": "CVE-1-2"}, "status": "not_affected", "products": [{"@id": "pkg:npm/a"}]},
            {"vulnerability": {"name": "CVE-1-3"}, "status": "fine", "products": [{"@id": "pkg:npm/a"}]},
            {"vulnerability": {"name": "CVE-1-4"}, "status": "fixed"},
            {"status": "fixed", "products": ["pkg:npm/a"]},
            {"vulnerability": "CVE-1-5", "status": "fixed", "products": ["pkg:npm/a"], "timestamp": "2026-02-01T00:00:00Z"},
            {"vulnerability": {"name": "CVE-1-6"}, "status": "not_affected", "justification": "because", "products": ["x"]}]}"#;
        let (statements, problems) = read(text);
        assert_eq!(statements.len(), 2, "{problems:#?}");
        assert_eq!(statements[0].ids, ["CVE-1-1", "GHSA-x"]);
        assert_eq!((statements[0].location.line, statements[0].author.as_str()), (3, "Acme"));
        assert_eq!(statements[0].products[0].parts, ["pkg:npm/a@1"]);
        assert_eq!(statements[1].time, "2026-02-01T00:00:00Z");
        assert_eq!(problems.len(), 5);
        for (problem, wanted) in problems.iter().zip([
            "6: a statement on `CVE-1-2` that is not in force: `not_affected` needs a justification",
            "7: a statement on `CVE-1-3` that is not in force: `fine` is no status",
            "8: a statement on `CVE-1-4` that is not in force: it names no product",
            "9: a statement that is not in force: it names no vulnerability",
            "11: a statement on `CVE-1-6` that is not in force: `because` is no justification",
        ]) {
            assert!(problem.starts_with(wanted), "{problem}");
        }
    }

    #[test]
    fn cyclonedx_statements_are_read() {
        let text = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"authors": [{"name": "Acme"}]},
            "components": [{"type": "library", "bom-ref": "r1", "purl": "pkg:pypi/jinja2@3.0"}],
            "vulnerabilities": [
            {"id": "CVE-1-1", "references": [{"id": "GHSA-x"}], "affects": [{"ref": "r1"}, {"ref": "urn:cdx:f/1#pkg:npm/a@1"}],
             "analysis": {"state": "not_affected", "justification": "code_not_reachable", "response": ["will_not_fix"]}},
            {"id": "CVE-1-2", "affects": [{"ref": "r1"}]},
            {"id": "CVE-1-3", "affects": [{"ref": "r1"}], "analysis": {"state": "false_positive", "detail": "other package"}}]}"#;
        let (statements, problems) = read(text);
        assert_eq!((statements.len(), problems.len()), (2, 0), "{problems:?}");
        let names: Vec<&str> = statements[0].products.iter().map(|product| product.name.as_str()).collect();
        assert_eq!(names, ["pkg:pypi/jinja2@3.0", "pkg:npm/a@1"]);
        assert_eq!(statements[0].response.as_deref(), Some("will_not_fix"));
        assert_eq!(statements[1].status, VexStatus::FalsePositive);
    }

    #[test]
    fn what_is_no_document_is_told() {
        for text in
            ["", "[]", "{}", "{\"statements\": [", "{\"statements\": 1}", "{\"bomFormat\": \"CycloneDX\"}", "nul"]
        {
            let (statements, problems) = read(text);
            assert!(statements.is_empty());
            let silent = text.contains("bomFormat") || text.ends_with("1}");
            assert_eq!(problems.is_empty(), silent, "{text}: {problems:?}");
        }
        let many = format!("{{\"statements\": [{}]}}", vec!["{}"; 25_000].join(","));
        assert_eq!(read(&many).1.len(), TOLD + 2);
    }
}
