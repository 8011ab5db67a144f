//! The layout is a table here, not a wish: who may import whom, how long a file and a function may be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The modules in reading order. A module imports only from lines above its own.
const LAYERS: &[&str] = &[
    "base",
    "options",
    "net",
    "package",
    "version",
    "lockfile",
    "advisory",
    "model",
    "syntax",
    "frontend",
    "config",
    "secret",
    "backtrack",
    "flow",
    "exposure",
    "dependency",
    "registry",
    "misuse",
    "taint",
    "endpoint",
    "database",
    "firebase",
    "checklist",
    "document",
    "policy",
    "catalog",
    "triage",
    "sbom",
    "report",
    "workspace",
    "fix",
    "leak",
    "pipeline",
    "cli",
];

/// Lines of a source file.
const FILE_LINES: usize = 600;
/// Lines of a function.
const FUNCTION_LINES: usize = 100;

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// `src/a/b.rs` → `a`; `src/a.rs` → `a`; the crate's own two files have no layer.
fn module_of(path: &str) -> Option<&str> {
    let module = path.strip_prefix("src/")?.split('/').next()?.trim_end_matches(".rs");
    (!matches!(module, "lib" | "main")).then_some(module)
}

/// The modules named by `crate::…` paths of a line, groups (`crate::{a, b}`) included.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let word =
            |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut part = String::new();
                for character in group.chars() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push(word(&std::mem::take(&mut part))),
                        _ => {}
                    }
                    if character != ',' || depth > 0 {
                        part.push(character);
                    }
                }
                found.push(word(&part));
            }
            None => found.push(word(rest)),
        }
    }
    found.retain(|module| LAYERS.contains(&module.as_str()));
    found
}

#[test]
fn every_module_has_a_layer() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, LAYERS, "src/lib.rs lists the modules in the order of the layer table");
}

#[test]
fn modules_import_only_from_above() {
    let rank: BTreeMap<&str, usize> = LAYERS.iter().enumerate().map(|(at, module)| (*module, at)).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let Some(module) = module_of(&path) else { continue };
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let code = code.split("#[cfg(test)]").next().unwrap();
        if path.ends_with("/tests.rs") || path.contains("/tests/") {
            continue;
        }
        for import in imports(code) {
            if import != module && rank[import.as_str()] > rank[module] {
                wrong.push(format!("{path}: `{module}` imports `{import}`, which stands below it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_seen() {
    assert_eq!(imports("use crate::{base::{A, B}, model, secret::x};"), ["base", "model", "secret"]);
    assert_eq!(imports("let x = crate::policy::y(); mycrate::base"), ["policy"]);
}

#[test]
fn files_and_functions_stay_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("build")) {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE_LINES {
            wrong.push(format!("{path}: {} lines", lines.len()));
        }
        let mut open: Vec<(usize, usize, &str)> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let code = line.trim_start();
            if let Some(&(start, depth, name)) = open.last()
                && indent == depth
                && code == "}"
            {
                open.pop();
                if at - start + 1 > FUNCTION_LINES {
                    wrong.push(format!("{path}:{}: {} lines: {name}", start + 1, at - start + 1));
                }
            }
            let head =
                code.trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
            let is_function = ["fn ", "const fn ", "async fn "].iter().any(|start| head.starts_with(start));
            if is_function && !code.ends_with('}') && !code.ends_with(';') {
                open.push((at, indent, code));
            }
        }
    }
    assert!(wrong.is_empty(), "over {FILE_LINES} lines a file or {FUNCTION_LINES} a function:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> =
        sources("src").into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "no `//!` at the head of {silent:?}");
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    let homes = [
        ("regorus", "src/policy/"),
        ("oxc_", "src/frontend/"),
        ("ruff_python", "src/frontend/"),
        ("reqwest", "src/net"),
        ("rusqlite", "src/advisory/"),
        ("sqlparser", "src/database/"),
        ("hcl_edit", "src/config/hcl"),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        for (name, home) in homes {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let used = code
                .into_iter()
                .any(|line| line.contains(&format!("use {name}")) || line.contains(&format!(" {name}::")));
            if used && !path.starts_with(home) {
                wrong.push(format!("{path} names `{name}`, which belongs into {home}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn policies_over_resources_are_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/resources.md")).unwrap();
    for pack in ["infrastructure", "supply-chain", "llm"] {
        for entry in std::fs::read_dir(root.join("policies").join(pack)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.trim_end_matches(".rego");
            assert!(
                name.ends_with("_test") || page.contains(&format!("| `{name}` |")),
                "docs/resources.md does not name policy/{pack}/{name}"
            );
        }
    }
}
