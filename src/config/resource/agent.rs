//! Configuration of coding agents and editors that a repository brings along: what runs by itself, what is allowed without
//! asking, which servers of the Model Context Protocol are started and with which secrets.
//!
//! Formats: <https://code.claude.com/docs/en/settings>, <https://modelcontextprotocol.io>, the documentation of the
//! editors. A user who opens the repository takes this over, so it is judged like code of the repository.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use super::compose::{items, text, words};
use super::{Draft, Id, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::value::{Node, Value};
use crate::config::{json as json_file, toml};

fn inside(path: &str, folder: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.starts_with(&format!("{folder}/")) || lower.contains(&format!("/{folder}/"))
}

/// Reads the settings and hooks of agents.
pub(super) struct Settings;

impl ResourceReader for Settings {
    fn name(&self) -> &'static str {
        "agent-settings"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        match name.as_str() {
            "settings.json" | "settings.local.json" => {
                inside(path, ".claude") || inside(path, ".gemini") || inside(path, ".vscode") || inside(path, ".qwen")
            }
            "hooks.json" => inside(path, ".cursor") || inside(path, "hooks") || inside(path, ".claude"),
            "config.toml" => inside(path, ".codex"),
            _ => false,
        }
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let root = if super::ends(file.path(), &[".toml"]) {
            let (root, problems) = toml::document(file);
            draft.problems = problems;
            Some(root)
        } else {
            let (root, problems) = json_file::document(file);
            draft.problems = problems;
            root
        };
        let Some(root) = root else { return draft.finish() };
        let id = draft.resource("agent-settings", &name_of(file.path()), Span::at(0));
        settings(&mut draft, id, &root);
        if let Some(Node { value: Value::Map(events), .. }) = root.value.get("hooks") {
            for (event, node) in events.iter().take(100) {
                hooks(&mut draft, event, node, 0);
            }
        }
        if let Some(command) = root.value.get("statusLine").and_then(|line| line.value.get("command")) {
            let id = draft.resource("agent-hook", "statusLine", command.span);
            runs(&mut draft, id, command);
        }
        draft.finish()
    }
}

fn settings(draft: &mut Draft<'_>, id: Id, root: &Node) {
    let on = |key: &str| root.value.get(key).filter(|node| node.value.truth() == Some(true));
    for key in [
        "enableAllProjectMcpServers",
        "skipDangerousModePermissionPrompt",
        "chat.tools.autoApprove",
        "chat.tools.global.autoApprove",
        "autoAccept",
    ] {
        if let Some(node) = on(key) {
            draft.fact(id, "approves-all", key, node.span);
        }
    }
    for (key, bad) in [("approval_policy", "never"), ("sandbox_mode", "danger-full-access"), ("approvalMode", "yolo")] {
        if let Some(node) = root.value.get(key).filter(|node| text(node) == bad) {
            draft.fact(id, "approves-all", format!("{key} = {bad}"), node.span);
        }
    }
    if let Some(node) = root.value.get("apiKeyHelper") {
        draft.fact(id, "runs-by-itself", "apiKeyHelper", node.span);
        draft.habits(id, node.span);
    }
    if let Some(permissions) = root.value.get("permissions") {
        if let Some(mode) = permissions.value.get("defaultMode").or_else(|| permissions.value.get("defaultmode")) {
            draft.text(id, "mode", &text(mode), mode.span);
        }
        if let Some(allowed) = permissions.value.get("allow") {
            items(allowed).iter().take(1_000).for_each(|item| allow(draft, id, item));
        }
    }
    if let Some(Node { value: Value::Map(entries), .. }) = root.value.get("env") {
        for (name, node) in entries.iter().take(200) {
            draft.variable(id, "variable", name, &text(node), node.span);
            if name.ends_with("_BASE_URL") || name.ends_with("_PROXY") || name == "NODE_TLS_REJECT_UNAUTHORIZED" {
                let value = text(node);
                let local = ["//localhost", "//127.0.0.1"].iter().any(|host| value.contains(host));
                draft.fact(
                    id,
                    "redirect",
                    json!({"name": name, "value": super::clip(&value), "local": local}),
                    node.span,
                );
            }
        }
    }
}

/// A command that may be run without asking.
fn allow(draft: &mut Draft<'_>, id: Id, item: &Node) {
    static SECRET: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(
            r#"(?i)\b(\w*(?:PASSWORD|PASSWD|PGPASS|SECRET|TOKEN|API_?KEY|ACCESS_?KEY))=["']?([^\s"'$)<>*:{]{6,})|(?i:authorization:\s*bearer\s+)([A-Za-z0-9._-]{12,})"#,
        )
    });
    let rule = text(item);
    let tool = rule.split('(').next().unwrap_or(&rule);
    let inner = rule.strip_prefix(tool).and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.strip_suffix(')'));
    if matches!(tool, "Bash" | "PowerShell") {
        let command = inner.unwrap_or("*");
        let program = command.trim_end_matches('*').trim_end_matches([':', ' ']).to_owned();
        let open = command.ends_with('*') || inner.is_none();
        draft.fact(
            id,
            "allows",
            json!({"program": super::clip(&hidden(&program, &SECRET)), "any-arguments": open}),
            item.span,
        );
        if let Some(hit) = SECRET.captures(command) {
            let name = hit.get(1).map_or("a bearer token", |name| name.as_str());
            let value = hit.get(2).or_else(|| hit.get(3)).map_or("", |value| value.as_str());
            if !crate::config::sensitive::is_placeholder(value) {
                draft.fact(
                    id,
                    "allows-secret",
                    json!({"name": name, "weak": crate::config::sensitive::is_weak(value)}),
                    item.span,
                );
            }
        }
    } else if tool == "*" || tool.is_empty() {
        draft.fact(id, "allows", json!({"program": "", "any-arguments": true}), item.span);
    }
}

fn hidden(command: &str, secret: &Regex) -> String {
    secret.replace_all(command, "…").into_owned()
}

/// Commands of hooks, wherever they are nested below an event.
fn hooks(draft: &mut Draft<'_>, event: &str, node: &Node, depth: usize) {
    if depth > 6 {
        return;
    }
    match &node.value {
        Value::List(list) => list.iter().take(200).for_each(|item| hooks(draft, event, item, depth + 1)),
        Value::Map(_) => {
            if let Some(command) = node.value.get("command").or_else(|| node.value.get("bash")) {
                let id = draft.resource("agent-hook", event, command.span);
                runs(draft, id, command);
            }
            if let Some(inner) = node.value.get("hooks") {
                hooks(draft, event, inner, depth + 1);
            }
        }
        _ => {}
    }
}

/// What a command that runs by itself does: its habits, and whether it calls the network.
fn runs(draft: &mut Draft<'_>, id: Id, command: &Node) {
    static NETWORK: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(
            r#"(?:^|[\s;&|("'`])(?:curl|wget|nc|ncat|netcat|Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\s[^\n]*|/dev/tcp/|\bbase64\s+(?:-d|--decode|-D)\b[^\n]*\|\s*(?:ba|z)?sh\b"#,
        )
    });
    let line = words(command);
    draft.text(id, "command", &line, command.span);
    let parts: Vec<String> = line.split(' ').map(str::to_owned).collect();
    package(draft, id, &parts, command.span);
    draft.habits(id, command.span);
    if let Some(hit) = NETWORK.find(&line) {
        let local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| hit.as_str().contains(host));
        if !local {
            draft.fact(id, "network", true, command.span);
        }
    }
}

/// Reads which servers of the Model Context Protocol are set up.
pub(super) struct McpServers;

impl ResourceReader for McpServers {
    fn name(&self) -> &'static str {
        "mcp-servers"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        matches!(
            name.as_str(),
            ".mcp.json"
                | "mcp.json"
                | "mcp_config.json"
                | "mcp-config.json"
                | "claude_desktop_config.json"
                | "cline_mcp_settings.json"
        ) || (matches!(name.as_str(), "settings.json" | "settings.local.json")
            && (inside(path, ".gemini") || inside(path, ".vscode") || inside(path, ".claude")))
            || (name == "config.toml" && inside(path, ".codex"))
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let root = if super::ends(file.path(), &[".toml"]) {
            Some(toml::document(file).0)
        } else {
            let (root, problems) = json_file::document(file);
            draft.problems = problems;
            root
        };
        let Some(root) = root else { return draft.finish() };
        let nested = root.value.get("mcp").and_then(|mcp| mcp.value.get("servers"));
        let lists = [root.value.get("mcpServers"), root.value.get("servers"), root.value.get("mcp_servers"), nested];
        for list in lists.into_iter().flatten() {
            let Value::Map(servers) = &list.value else { continue };
            for (name, node) in servers.iter().take(200) {
                server(&mut draft, name, node);
            }
        }
        draft.finish()
    }
}

fn server(draft: &mut Draft<'_>, name: &str, node: &Node) {
    let place = super::compose::name_span(draft.file, node.span, name);
    let id = draft.resource("mcp-server", name, place);
    let command = node.value.get("command").map(words).unwrap_or_default();
    let arguments: Vec<String> =
        node.value.get("args").map(|node| items(node).iter().map(text).collect()).unwrap_or_default();
    let line: Vec<String> =
        command.split(' ').map(str::to_owned).chain(arguments).filter(|word| !word.is_empty()).collect();
    if let Some(node) = node.value.get("command") {
        package(draft, id, &line, node.span);
        draft.habits(id, node.span);
    }
    if let Some(args) = node.value.get("args") {
        draft.habits(id, args.span);
        for argument in items(args).iter().take(100) {
            let value = text(argument);
            let shown = super::sensitive::show("", &value);
            if shown.secret {
                draft.fact(id, "secret-argument", json!({"weak": shown.weak}), argument.span);
            }
        }
    }
    for key in ["url", "serverUrl", "httpUrl"] {
        if let Some(url) = node.value.get(key) {
            let value = text(url);
            let local = ["//localhost", "//127.0.0.1", "//[::1]", "//host.docker.internal"]
                .iter()
                .any(|host| value.contains(host));
            draft.fact(id, "url", json!({"plain": value.starts_with("http://"), "local": local}), url.span);
        }
    }
    for key in ["env", "headers"] {
        let Some(Node { value: Value::Map(entries), .. }) = node.value.get(key) else { continue };
        for (name, node) in entries.iter().take(200) {
            let value = text(node);
            let bare = value.strip_prefix("Bearer ").unwrap_or(&value);
            let name = if key == "headers" && name.eq_ignore_ascii_case("authorization") { "auth_token" } else { name };
            draft.variable(id, "variable", name, bare, node.span);
        }
    }
    for key in ["alwaysAllow", "autoApprove", "trust"] {
        if let Some(approved) = node.value.get(key) {
            let all = approved.value.truth() == Some(true) && matches!(approved.value, Value::Bool(_));
            if all || items(approved).iter().any(|item| text(item) == "*") {
                draft.fact(id, "approves-all", key, approved.span);
            }
        }
    }
}

/// The package that a runner fetches, and whether its version is fixed.
fn package(draft: &mut Draft<'_>, id: Id, line: &[String], span: Span) {
    let mut words = line.iter().map(String::as_str);
    let mut runner = words.next().unwrap_or("").rsplit('/').next().unwrap_or("");
    if runner == "cmd" {
        runner = words.by_ref().find(|word| !word.starts_with('/')).unwrap_or("");
    }
    let known = match runner {
        "npx" | "bunx" | "pnpx" | "uvx" | "npx.cmd" => true,
        "pnpm" | "yarn" | "npm" | "bun" => matches!(words.next(), Some("dlx" | "exec" | "x")),
        "uv" => words.next() == Some("tool") && words.next() == Some("run"),
        "pipx" => words.next() == Some("run"),
        _ => false,
    };
    if !known {
        return;
    }
    let mut name = "";
    while let Some(word) = words.next() {
        match word {
            "--from" | "-p" | "--package" | "--with" | "--python" => {
                let value = words.next().unwrap_or("");
                if matches!(word, "--from" | "-p" | "--package") {
                    name = value;
                    break;
                }
            }
            flag if flag.starts_with('-') => {}
            other => {
                name = other;
                break;
            }
        }
    }
    if name.is_empty() || name.starts_with('.') || name.starts_with('/') {
        return;
    }
    let python = matches!(runner, "uvx" | "uv" | "pipx");
    let version = name.get(1..).and_then(|rest| rest.split_once('@')).map(|(_, version)| version);
    let fixed = |version: &str| version.chars().next().is_some_and(|first| first.is_ascii_digit());
    let commit = name.contains('#') || (name.starts_with("git+") && version.is_some_and(|version| version.len() >= 40));
    let pinned = commit || version.is_some_and(fixed) || (python && name.contains("=="));
    draft.fact(id, "package", json!({"runner": runner, "name": super::clip(name), "pinned": pinned}), span);
}

/// Reads tasks of an editor that may run when the folder is opened.
pub(super) struct EditorTasks;

impl ResourceReader for EditorTasks {
    fn name(&self) -> &'static str {
        "editor-tasks"
    }

    fn matches(&self, path: &str) -> bool {
        name_of(path) == "tasks.json" && inside(path, ".vscode")
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let (root, problems) = json_file::document(file);
        draft.problems = problems;
        let tasks = root.as_ref().and_then(|root| root.value.get("tasks"));
        for task in tasks.map(items).unwrap_or_default().iter().take(500) {
            let on = task.value.get("runOptions").and_then(|options| options.value.get("runOn"));
            let Some(on) = on.filter(|on| text(on) == "folderOpen") else { continue };
            let label = task.value.get("label").map(text).unwrap_or_default();
            let id = draft.resource("editor-task", &label, on.span);
            for key in ["command", "args", "windows", "osx", "linux"] {
                if let Some(command) = task.value.get(key) {
                    runs(&mut draft, id, command);
                }
            }
        }
        draft.finish()
    }
}
