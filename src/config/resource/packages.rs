//! What package managers run and where they fetch from: scripts of `package.json`, `.npmrc`, `.yarnrc`, `pip.conf` and
//! the options in requirements files.

use serde_json::json;

use super::compose::text;
use super::{Draft, Id, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::json as json_file;
use crate::config::value::{Node, Value};

/// Reads the scripts of `package.json`.
pub(super) struct Scripts;

impl ResourceReader for Scripts {
    fn name(&self) -> &'static str {
        "package-scripts"
    }

    fn matches(&self, path: &str) -> bool {
        name_of(path) == "package.json"
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        // Most have no script that says anything; the manifest's own reader reports what is broken.
        if !["curl", "wget", "install\"", "prepare\"", "TLS_REJECT"].iter().any(|word| file.text().contains(word)) {
            return draft.finish();
        }
        let (Some(root), _) = json_file::document(file) else { return draft.finish() };
        let Some(Node { value: Value::Map(scripts), .. }) = root.value.get("scripts") else { return draft.finish() };
        for (name, node) in scripts.iter().take(500) {
            let by_itself = matches!(
                name.as_str(),
                "preinstall" | "install" | "postinstall" | "prepare" | "preprepare" | "postprepare"
            );
            let command = text(node);
            let network = ["curl ", "wget ", "http://", "https://"].iter().any(|word| command.contains(word));
            let inline = ["node -e", "node --eval", "python -c", "python3 -c", "eval "]
                .iter()
                .any(|word| command.contains(word));
            let id = draft.resource("package-script", name, node.span);
            if by_itself {
                draft.fact(id, "on-install", true, node.span);
            }
            if network {
                draft.fact(id, "network", true, node.span);
            }
            if inline {
                draft.fact(id, "inline-code", true, node.span);
            }
            draft.habits(id, node.span);
        }
        draft.resources.retain(|resource| !resource.facts.is_empty());
        draft.finish()
    }
}

/// Reads which commands a platform starts: `Procfile`, and the start commands in files of Render, Railway and App Engine.
pub(super) struct Processes;

impl ResourceReader for Processes {
    fn name(&self) -> &'static str {
        "processes"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        matches!(
            name.as_str(),
            "procfile" | "render.yaml" | "render.yml" | "railway.json" | "railway.toml" | "app.yaml" | "nixpacks.toml"
        )
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let procfile = name_of(file.path()) == "procfile";
        let mut at = 0;
        for line in file.text().split_inclusive('\n').take(5_000) {
            let code = line.trim();
            let span = Span::from_range(at..at + line.trim_end().len());
            at += line.len();
            let Some((name, command)) = code.split_once([':', '=']).filter(|_| !code.starts_with('#')) else {
                continue;
            };
            let name = name.trim().trim_matches('"');
            if !procfile && !matches!(name, "startCommand" | "entrypoint" | "cmd") {
                continue;
            }
            let command = command.trim().trim_end_matches(',').trim_matches(['"', '\'']);
            if let Some(server) = super::shell::dev_server(command) {
                let id = draft.resource("process", name, span);
                draft.text(id, "dev-server", server, span);
            }
        }
        draft.finish()
    }
}

/// Reads where packages come from.
pub(super) struct Sources;

impl ResourceReader for Sources {
    fn name(&self) -> &'static str {
        "package-sources"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        matches!(name.as_str(), ".npmrc" | ".yarnrc" | ".yarnrc.yml" | "pip.conf" | "pip.ini" | ".condarc")
            || (name.starts_with("requirements") && super::ends(&name, &[".txt"]))
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let id = draft.resource("package-source", &name_of(file.path()), Span::at(0));
        let mut at = 0;
        for line in file.text().split_inclusive('\n').take(20_000) {
            let code = line.trim();
            let begin = at + (line.len() - line.trim_start().len());
            at += line.len();
            if !code.starts_with(['#', ';']) && code.len() < 4_000 {
                source(&mut draft, id, code, Span::from_range(begin..begin + code.len()));
            }
        }
        draft.resources.retain(|resource| !resource.facts.is_empty());
        draft.finish()
    }
}

fn source(draft: &mut Draft<'_>, id: Id, line: &str, span: Span) {
    let requirements = super::ends(draft.file.path(), &[".txt"]);
    if requirements && !line.starts_with('-') && !line.contains("://") {
        return;
    }
    let (key, value) = line.split_once(['=', ':', ' ']).map_or((line, ""), |(key, value)| (key.trim(), value.trim()));
    let value = value.trim_matches(['"', '\'']);
    let key = key.trim_start_matches('-');
    let local = ["//localhost", "//127.0.0.1"].iter().any(|host| line.contains(host));
    match key {
        "strict-ssl" | "enableStrictSsl" | "ssl_verify" if value == "false" => draft.fact(id, "unverified", key, span),
        "trusted-host" => draft.fact(id, "unverified", key, span),
        "extra-index-url" => draft.fact(id, "extra-index", json!({"plain": value.starts_with("http://")}), span),
        "registry" | "npmRegistryServer" | "index-url" | "i" | "find-links" | "f"
            if value.starts_with("http://") && !local =>
        {
            draft.fact(id, "plain", key, span);
        }
        _ if key.ends_with("registry") && value.starts_with("http://") && !local => {
            draft.fact(id, "plain", "registry", span);
        }
        _ if requirements && (line.contains("git+http://") || line.contains(" @ http://")) && !local => {
            draft.fact(id, "plain", "requirement", span);
        }
        _ => {}
    }
}
