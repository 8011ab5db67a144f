//! What a manifest says about the project itself: its name, version and licence.

use super::json::Value;
use super::toml_tree::{Document, Node};
use super::{Siblings, cargo_manifest, entry, npm_graph, place, xml};
use crate::base::SourceFile;
use crate::package::{Ecosystem, License, OwnPackage, normalize};

/// Longer names are none.
const LONGEST: usize = 256;

/// The project's own package in a manifest; `None` where the file is none, or gives no name.
#[must_use]
pub fn own(file: &SourceFile, siblings: Siblings<'_>) -> Option<OwnPackage> {
    let in_dependencies = |part: &str| matches!(part, "node_modules" | "vendor" | "site-packages");
    if file.path().split('/').any(in_dependencies) {
        return None;
    }
    let mut found = match place::file_name(file.path()) {
        "package.json" => npm(file),
        "composer.json" => composer(file),
        "Cargo.toml" => cargo(file, siblings),
        "pyproject.toml" => python(file),
        "go.mod" => go(file),
        "pom.xml" => maven(file),
        _ => None,
    }?;
    found.name = normalize(found.ecosystem, &found.name);
    found.version = found.version.filter(|version| !version.is_empty() && version.len() <= LONGEST);
    (!found.name.is_empty() && found.name.len() <= LONGEST).then_some(found)
}

fn at(file: &SourceFile, ecosystem: Ecosystem, name: &str, start: usize) -> OwnPackage {
    let location = place::rest_of_line(file, start);
    OwnPackage { ecosystem, name: name.trim().to_owned(), version: None, license: None, location }
}

fn npm(file: &SourceFile) -> Option<OwnPackage> {
    let (root, _) = entry::json(file, "");
    let member = root.object()?.get("name")?;
    let version = root.text("version").map(str::to_owned);
    let license = npm_graph::license(&root);
    Some(OwnPackage { version, license, ..at(file, Ecosystem::Npm, member.value.str()?, member.start) })
}

fn composer(file: &SourceFile) -> Option<OwnPackage> {
    let (root, _) = entry::json(file, "");
    let member = root.object()?.get("name")?;
    let version = root.text("version").map(str::to_owned);
    let listed = root.get("license").map_or(&[][..], Value::array).iter().filter_map(Value::str);
    let license = root.text("license").and_then(License::parse).or_else(|| License::any_of(listed));
    Some(OwnPackage { version, license, ..at(file, Ecosystem::Packagist, member.value.str()?, member.start) })
}

/// What a member of a workspace inherits stands in the manifest of one of the folders above.
fn cargo(file: &SourceFile, siblings: Siblings<'_>) -> Option<OwnPackage> {
    let document = Document::read(file, cargo_manifest::HINT);
    let package = document.root().get("package")?;
    let inherits = |key: &str| package.get(key).is_some_and(|node| node.flag("workspace"));
    let shared = (inherits("version") || inherits("license")).then(|| {
        let above = place::ancestors(place::folder(file.path()));
        let mut manifests = above.filter_map(|folder| siblings(&place::join(folder, "Cargo.toml")?));
        manifests.find_map(|manifest| {
            let document = Document::read(&manifest, cargo_manifest::HINT);
            let shared = document.root().at(&["workspace", "package"])?;
            Some((shared.text("version").map(str::to_owned), shared.text("license").map(str::to_owned)))
        })
    });
    let (version, license) = shared.flatten().unwrap_or_default();
    let name = package.get("name")?;
    Some(OwnPackage {
        version: package.text("version").map(str::to_owned).or(version),
        license: package.text("license").or(license.as_deref()).and_then(License::parse),
        ..at(file, Ecosystem::CratesIo, name.str()?, name.start)
    })
}

fn python(file: &SourceFile) -> Option<OwnPackage> {
    let document = Document::read(file, "");
    let root = document.root();
    let table = root.get("project").or_else(|| root.at(&["tool", "poetry"]))?;
    let name = table.get("name")?;
    let classifiers = table.get("classifiers").map(Node::elements).unwrap_or_default();
    let classified = || classifiers.iter().find_map(|text| License::of_classifier(text.str()?));
    let stated = table.text("license").or_else(|| table.at(&["license", "text"])?.str());
    Some(OwnPackage {
        version: table.text("version").map(str::to_owned),
        license: stated.and_then(License::parse).or_else(classified),
        ..at(file, Ecosystem::PyPI, name.str()?, name.start)
    })
}

fn go(file: &SourceFile) -> Option<OwnPackage> {
    let (start, line) = entry::lines(file.text()).find(|(_, line)| line.starts_with("module "))?;
    let name = line["module ".len()..].split("//").next().unwrap_or("").trim().trim_matches('"');
    Some(at(file, Ecosystem::Go, name, start))
}

fn maven(file: &SourceFile) -> Option<OwnPackage> {
    let (elements, _) = xml::read(file.text());
    let text = |path: &str| elements.iter().find(|element| element.path == path);
    let artifact = text("project/artifactId")?;
    let group = text("project/groupId").or_else(|| text("project/parent/groupId"))?;
    let version = text("project/version").or_else(|| text("project/parent/version"));
    let version = version.map(|element| element.text.trim().to_owned()).filter(|version| !version.contains("${"));
    let names = elements.iter().filter(|element| element.path == "project/licenses/license/name");
    Some(OwnPackage {
        version,
        license: License::any_of(names.map(|element| element.text.as_str())),
        ..at(file, Ecosystem::Maven, &format!("{}:{}", group.text.trim(), artifact.text.trim()), artifact.start)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn read(path: &str, text: &str, other: Option<(&str, &str)>) -> Option<String> {
        let other = other.map(|(path, text)| Arc::new(SourceFile::new(path, text)));
        let siblings = |path: &str| other.clone().filter(|file| file.path() == path);
        let own = own(&SourceFile::new(path, text), &siblings)?;
        let license = own.license.map(|license| license.expression).unwrap_or_default();
        Some(format!("{} {} {license} {}", own.name, own.version.unwrap_or_default(), own.location.line))
    }

    #[test]
    fn manifests_name_the_project() {
        let workspace = ("Cargo.toml", "[workspace.package]\nversion = \"2.0.0\"\nlicense = \"MIT\"\n");
        let member = "[package]\nname = \"a\"\nversion.workspace = true\nlicense = { workspace = true }\n";
        for (path, text, other, wanted) in [
            (
                "package.json",
                "{\n\"name\": \"@x/y\", \"version\": \"1.0.0\", \"license\": \"MIT\"}",
                None,
                "@x/y 1.0.0 MIT 2",
            ),
            (
                "composer.json",
                "{\"name\": \"X/Y\",\n\"license\": [\"MIT\", \"GPL-3.0\"]}",
                None,
                "x/y  MIT OR GPL-3.0-only 1",
            ),
            ("crates/a/Cargo.toml", member, Some(workspace), "a 2.0.0 MIT 2"),
            ("pyproject.toml", "[project]\nname = \"A_b\"\nlicense = {text = \"ISC\"}\n", None, "a-b  ISC 2"),
            ("pyproject.toml", "[tool.poetry]\nname = \"x\"\nversion = \"1\"\n", None, "x 1  2"),
            ("go.mod", "// c\nmodule registry.example/a // b\n", None, "registry.example/a   2"),
            (
                "pom.xml",
                "<project>\n<parent><groupId>g</groupId><version>3</version></parent>\n<artifactId>a</artifactId>\n\
                 <licenses><license><name>Apache-2.0</name></license></licenses></project>",
                None,
                "g:a 3 Apache-2.0 3",
            ),
        ] {
            assert_eq!(read(path, text, other).as_deref(), Some(wanted), "{path}");
        }
        for (path, text) in [
            ("package.json", "{\"private\": true"),
            ("node_modules/x/package.json", "{\"name\": \"x\"}"),
            ("Cargo.toml", "[workspace]\n"),
            ("pom.xml", "<project><artifactId>a"),
            ("go.mod", "module"),
        ] {
            assert_eq!(read(path, text, None), None, "{path}");
        }
    }
}
