//! Bills of materials as input: CycloneDX (<https://cyclonedx.org/docs/1.6/json/>) and SPDX 2 in JSON
//! (<https://spdx.github.io/spdx-spec/v2.3/>). Packages are told by their package URLs; what has none is left out and
//! counted, the project itself and its parts aside. The graph, licences, hashes and scopes are read as far as they are
//! there.

use rustc_hash::{FxHashMap, FxHashSet};

use super::json::Value;
use super::{Extract, LockfileParser, Siblings, entry, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::hash::{Algorithm, Hash};
use crate::package::{Graph, License, Package, Scope, purl};

/// Components within components.
const DEEPEST: usize = 16;
/// Parts of the project within parts.
const PARTS: usize = 10_000;

/// Reads bills of materials.
pub(super) struct Bill;

/// What a bill says while it is read.
#[derive(Default)]
struct Reader<'v> {
    packages: Vec<Package>,
    /// The packages by the references of their entries.
    nodes: FxHashMap<&'v str, usize>,
    /// References of the project and its parts.
    own: FxHashSet<&'v str>,
    edges: Vec<(&'v str, &'v str, Option<Scope>)>,
    /// Entries of packages that cannot be told.
    without: usize,
}

impl LockfileParser for Bill {
    fn name(&self) -> &'static str {
        "bill of materials"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path).to_ascii_lowercase();
        matches!(name.as_str(), "bom.json" | "sbom.json")
            || [".cdx.json", ".spdx.json", ".bom.json", ".sbom.json"].iter().any(|end| name.ends_with(end))
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let (root, mut extract) = entry::json(file, "write it anew with the tool that made it");
        let mut reader = Reader::default();
        reader.cyclonedx(file, &root);
        reader.spdx(file, &root);
        let without = reader.without;
        extract.packages = reader.finish();
        if without > 0 {
            let message = format!(
                "{without} entries of `{}` have no package URL of a known ecosystem and were not matched",
                file.path()
            );
            let place = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, place, message));
        }
        extract
    }
}

impl<'v> Reader<'v> {
    fn add(&mut self, reference: Option<&'v str>, package: Package) {
        if let Some(reference) = reference {
            self.nodes.entry(reference).or_insert(self.packages.len());
        }
        self.packages.push(package);
    }

    fn cyclonedx(&mut self, file: &SourceFile, root: &'v Value<'_>) {
        let main = root.get("metadata").and_then(|metadata| metadata.get("component"));
        self.own.extend(main.and_then(|main| main.text("bom-ref")));
        let inner = |value: &'v Value<'_>| value.get("components").map_or(&[][..], Value::array).iter().rev();
        let mut stack: Vec<(&'v Value<'_>, usize)> = inner(root).map(|value| (value, 0)).collect();
        while let Some((component, depth)) = stack.pop() {
            if depth < DEEPEST {
                stack.extend(inner(component).map(|value| (value, depth + 1)));
            }
            let reference = component.text("bom-ref");
            if is_part(component) {
                self.own.extend(reference);
                continue;
            }
            let kind = component.text("type").unwrap_or("library");
            let Some(member) = component.object().and_then(|object| object.get("purl")) else {
                self.without += usize::from(kind == "library");
                continue;
            };
            let found = member.value.str().and_then(|purl| package(file, purl, member.start));
            let Some(mut found) = found else {
                self.without += 1;
                continue;
            };
            found.hashes = hashes(component, "alg", "content");
            found.integrity = component.get("hashes").is_some();
            found.license = license(component);
            found.scope = match (property(component, "stageclear:scope"), component.text("scope")) {
                (Some(word), _) => scope(word),
                (None, Some("optional")) => Scope::Optional,
                (None, Some("excluded")) => Scope::Dev,
                _ => Scope::Runtime,
            };
            self.add(reference, found);
        }
        for entry in root.get("dependencies").map_or(&[][..], Value::array) {
            let Some(from) = entry.text("ref") else { continue };
            let needed = entry.get("dependsOn").map_or(&[][..], Value::array).iter().filter_map(Value::str);
            self.edges.extend(needed.map(|to| (from, to, None)));
        }
    }

    fn spdx(&mut self, file: &SourceFile, root: &'v Value<'_>) {
        let relations = root.get("relationships").map_or(&[][..], Value::array);
        let mut described: FxHashSet<&str> =
            root.get("documentDescribes").map_or(&[][..], Value::array).iter().filter_map(Value::str).collect();
        for relation in relations {
            let ends = relation.text("spdxElementId").zip(relation.text("relatedSpdxElement"));
            let Some(((from, to), kind)) = ends.zip(relation.text("relationshipType")) else { continue };
            match kind {
                "DESCRIBES" => described.extend([to]),
                "DESCRIBED_BY" => described.extend([from]),
                "DEPENDS_ON" | "CONTAINS" => self.edges.push((from, to, None)),
                "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" => self.edges.push((to, from, None)),
                "DEV_DEPENDENCY_OF" | "TEST_DEPENDENCY_OF" => self.edges.push((to, from, Some(Scope::Dev))),
                "BUILD_DEPENDENCY_OF" => self.edges.push((to, from, Some(Scope::Build))),
                "OPTIONAL_DEPENDENCY_OF" => self.edges.push((to, from, Some(Scope::Optional))),
                _ => {}
            }
        }
        for value in root.get("packages").map_or(&[][..], Value::array) {
            let reference = value.text("SPDXID");
            let part = value.text("primaryPackagePurpose") == Some("APPLICATION");
            if part || reference.is_some_and(|reference| described.contains(reference)) {
                self.own.extend(reference);
                if part {
                    continue;
                }
            }
            let references = value.get("externalRefs").map_or(&[][..], Value::array);
            let purl = references.iter().find(|reference| reference.text("referenceType") == Some("purl"));
            let found = purl.and_then(|purl| package(file, purl.text("referenceLocator")?, purl.start));
            let Some(mut found) = found else {
                let is_own = reference.is_some_and(|reference| described.contains(reference));
                self.without += usize::from(value.text("versionInfo").is_some() && !is_own);
                continue;
            };
            found.integrity = value.get("checksums").is_some_and(|sums| !sums.array().is_empty());
            found.hashes = hashes(value, "algorithm", "checksumValue");
            let stated = [value.text("licenseConcluded"), value.text("licenseDeclared")];
            found.license = stated.into_iter().flatten().find_map(License::parse);
            self.add(reference, found);
        }
    }

    /// The packages with what the graph tells.
    fn finish(mut self) -> Vec<Package> {
        if self.edges.is_empty() || self.edges.iter().all(|(from, _, _)| !self.own.contains(from)) {
            // Without a root nothing can be told apart.
            return self.packages;
        }
        let mut graph = Graph::new(self.packages.len());
        let mut roots: Vec<(usize, Option<Scope>)> = Vec::new();
        for (from, to, scope) in self.edges.iter().take(PARTS * 1_000) {
            let Some(to) = self.nodes.get(to).copied() else { continue };
            if self.own.contains(from) {
                roots.push((to, *scope));
                if let Some(scope) = scope {
                    self.packages[to].scope = *scope;
                }
            } else if let Some(from) = self.nodes.get(from) {
                graph.connect(*from, to);
            }
        }
        // SPDX tells scopes by relationships alone: then what the project needs otherwise is for run time.
        if roots.iter().any(|(_, scope)| scope.is_some()) {
            for root in &mut roots {
                root.1 = root.1.or(Some(Scope::Runtime));
            }
        }
        graph.annotate(&mut self.packages, &roots);
        self.packages
    }
}

/// Whether a component is a part of the project that the bill is about.
fn is_part(component: &Value<'_>) -> bool {
    component.text("type") == Some("application")
        && component.text("bom-ref").is_some_and(|name| name.starts_with("project:"))
}

fn property<'v>(component: &'v Value<'_>, name: &str) -> Option<&'v str> {
    let properties = component.get("properties").map_or(&[][..], Value::array);
    properties.iter().find(|property| property.text("name") == Some(name))?.text("value")
}

fn scope(word: &str) -> Scope {
    match word {
        "dev" => Scope::Dev,
        "build" => Scope::Build,
        "optional" => Scope::Optional,
        _ => Scope::Runtime,
    }
}

fn hashes(value: &Value<'_>, algorithm: &str, content: &str) -> Vec<Hash> {
    /// Hashes of one package that are read.
    const MOST: usize = 64;
    let list = value.get("hashes").or_else(|| value.get("checksums")).map_or(&[][..], Value::array);
    let one = |hash: &Value<'_>| Hash::hex(Algorithm::parse(hash.text(algorithm)?)?, hash.text(content)?);
    list.iter().take(MOST).filter_map(one).collect()
}

/// One expression, or a list of licences that hold together.
fn license(component: &Value<'_>) -> Option<License> {
    let list = component.get("licenses").map_or(&[][..], Value::array);
    let one = |value: &'_ Value<'_>| {
        let inner = value.get("license");
        let named = inner.and_then(|inner| inner.text("id").or_else(|| inner.text("name")));
        value.text("expression").or(named).map(str::to_owned)
    };
    let texts: Vec<String> = list.iter().filter_map(one).collect();
    License::all_of(texts.iter().map(String::as_str))
}

/// `pkg:npm/%40scope/name@1.0.0?arch=x#sub`.
fn package(file: &SourceFile, text: &str, start: usize) -> Option<Package> {
    let (ecosystem, name, version) = purl::parse(text)?;
    let mut found = entry::at(file, ecosystem, &name, version.as_deref(), start);
    found.requirement = None;
    Some(found)
}
