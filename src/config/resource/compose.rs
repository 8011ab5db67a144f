//! Compose files, <https://docs.docker.com/reference/compose-file/>: services with image, published ports, privileges,
//! mounts, start command and variables. Files that extend or include others are read by themselves.

use serde_json::json;

use super::{Draft, Id, ResourceExtract, ResourceReader, shell};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::choose;
use crate::config::value::{Node, Value};
use crate::config::yaml;

/// Reads Compose files.
pub(super) struct Compose;

impl ResourceReader for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn matches(&self, path: &str) -> bool {
        choose::is_compose(path) || super::name_of(path).starts_with("podman-compose.")
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, choose::stage(file.path(), context));
        let (documents, problems) = yaml::documents(file, true);
        draft.problems = problems;
        for document in &documents {
            let Some(Node { value: Value::Map(services), .. }) = document.value.get("services") else { continue };
            let aids = || !file.path().contains("prod") && starts_others(services);
            let development = services.iter().any(|(_, service)| is_development(service)) || aids();
            for (name, service) in services {
                if let Value::Map(entries) = &service.value {
                    let at = name_span(file, service.span, name);
                    let id = draft.resource("service", name, at);
                    if development {
                        draft.fact(id, "development", true, at);
                    }
                    for (key, node) in entries {
                        entry(&mut draft, id, key, node);
                    }
                }
            }
        }
        draft.finish()
    }
}

/// The line of a service's own name, which stands before its map.
pub(super) fn name_span(file: &SourceFile, map: Span, name: &str) -> Span {
    let before = file.text().get(..map.start as usize).unwrap_or("");
    let tail = before.len().saturating_sub(name.len() + 200);
    let tail = before.floor_char_boundary(tail);
    match before[tail..].rfind(name) {
        Some(at) if !name.is_empty() => Span::from_range(tail + at..tail + at + name.len()),
        _ => Span::at(map.start),
    }
}

/// Whether a service is started for developers: a development mode in its variables or a development server.
fn is_development(service: &Node) -> bool {
    let mode = variables(service).any(|(name, value, _)| {
        matches!(name.as_str(), "NODE_ENV" | "FLASK_ENV" | "APP_ENV" | "RAILS_ENV" | "ENVIRONMENT" | "ENV")
            && matches!(value.as_str(), "development" | "dev" | "local" | "test")
    });
    mode || mounts_source(service)
        || service.value.get("command").is_some_and(|node| shell::dev_server(&words(node)).is_some())
}

/// Whether nothing of one's own is started, only stores and tools of others: what a developer runs the application with.
fn starts_others(services: &[(String, Node)]) -> bool {
    const AIDS: [&str; 40] = [
        "postgres",
        "postgresql",
        "postgis",
        "pgvector",
        "timescaledb",
        "mysql",
        "mariadb",
        "mongo",
        "mongodb",
        "redis",
        "redis-stack",
        "valkey",
        "keydb",
        "memcached",
        "elasticsearch",
        "opensearch",
        "kibana",
        "clickhouse-server",
        "minio",
        "localstack",
        "rabbitmq",
        "kafka",
        "zookeeper",
        "nats",
        "adminer",
        "phpmyadmin",
        "pgadmin4",
        "mongo-express",
        "redisinsight",
        "mailhog",
        "mailpit",
        "maildev",
        "mailcatcher",
        "jaeger",
        "all-in-one",
        "loki",
        "grafana",
        "prometheus",
        "keycloak",
        "azurite",
    ];
    let others = |service: &Node| {
        let image = service.value.get("image").map(text).unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or("");
        let name = name.split([':', '@']).next().unwrap_or("");
        // `mcr.microsoft.com/mssql/server`, `rroemhild/test-openldap`, `tinybirdco/tinybird-local`
        let tried = name.split('-').any(|word| matches!(word, "test" | "mock" | "local" | "emulator" | "openldap"));
        service.value.get("build").is_none()
            && (AIDS.contains(&name) || tried || image.contains("/mssql/server") || name == "mc")
    };
    !services.is_empty() && services.iter().all(|(_, service)| others(service))
}

/// Whether the folder that the image is built from is mounted over it.
fn mounts_source(service: &Node) -> bool {
    let plain = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    let Some(build) = service.value.get("build") else { return false };
    let context = plain(&build.value.get("context").map_or_else(|| text(build), text));
    let mounts = service.value.get("volumes").map(items).unwrap_or_default();
    mounts.iter().take(100).any(|mount| {
        let source = mount.value.get("source").map_or_else(|| text(mount), text);
        let source = source.split(':').next().unwrap_or("");
        let folder = source.starts_with('.') || source.contains('/');
        folder && !source.starts_with('/') && (plain(source) == context || plain(source).is_empty())
    })
}

/// The variables of a service, however they are written; what is taken over from outside has an empty value.
fn variables(service: &Node) -> impl Iterator<Item = (String, String, Span)> {
    let entries: Vec<(String, String, Span)> = match service.value.get("environment").map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.iter().map(|(name, node)| (name.clone(), text(node), node.span)).collect(),
        Some(Value::List(items)) => items
            .iter()
            .map(|item| {
                let line = text(item);
                let (name, value) = line.split_once('=').unwrap_or((&line, ""));
                (name.to_owned(), value.to_owned(), item.span)
            })
            .collect(),
        _ => Vec::new(),
    };
    entries.into_iter()
}

/// A scalar as text.
pub(super) fn text(node: &Node) -> String {
    match &node.value {
        Value::Str(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        _ => String::new(),
    }
}

/// A command as text, also where it is a list.
pub(super) fn words(node: &Node) -> String {
    match &node.value {
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        _ => super::one_line(&text(node)),
    }
}

/// The items of a list, or the one scalar.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

fn entry(draft: &mut Draft<'_>, id: Id, key: &str, node: &Node) {
    match key {
        "image" | "network_mode" | "pid" | "ipc" | "userns_mode" | "user" => {
            draft.text(id, key, &text(node), node.span);
        }
        "privileged" => draft.fact(id, key, node.value.truth() == Some(true), node.span),
        "cap_add" | "security_opt" | "devices" | "profiles" => {
            for item in items(node) {
                draft.text(id, key, &text(item), item.span);
            }
        }
        "ports" => items(node).iter().take(200).for_each(|item| port(draft, id, item)),
        "volumes" => items(node).iter().take(200).for_each(|item| volume(draft, id, item)),
        "build" => draft.fact(id, "build", true, node.span),
        "command" | "entrypoint" => {
            let command = words(node);
            if let Some(server) = shell::dev_server(&command) {
                draft.text(id, "dev-server", server, node.span);
            }
            // Only the switches that policies ask for, since commands carry passwords.
            for switch in
                ["--requirepass", "--auth", "--aclfile", "--bind 127", "--api.insecure=true", "--skip-grant-tables"]
            {
                if command.contains(switch) {
                    draft.fact(id, "switch", switch, node.span);
                }
            }
            draft.habits(id, node.span);
        }
        "environment" => {
            let service = Node::new(Value::Map(vec![("environment".to_owned(), node.clone())]), node.span);
            for (name, value, span) in variables(&service).take(500) {
                draft.variable(id, "variable", &name, &value, span);
            }
        }
        "env_file" => draft.fact(id, "environment-file", true, node.span),
        _ => {}
    }
}

/// `8080:80`, `127.0.0.1:5432:5432/tcp`, `80`, or a map; a default of a variable counts as the value.
fn port(draft: &mut Draft<'_>, id: Id, node: &Node) {
    let (address, published, target) = if let Value::Map(_) = &node.value {
        let part = |key: &str| node.value.get(key).map(|node| resolved(&text(node))).unwrap_or_default();
        if part("mode") == "ingress" && part("published").is_empty() {
            return;
        }
        (part("host_ip"), part("published"), part("target"))
    } else {
        let line = resolved(&text(node));
        let line = line.split('/').next().unwrap_or("").to_owned();
        let mut parts = line.rsplitn(3, ':').map(str::to_owned);
        let target = parts.next().unwrap_or_default();
        let published = parts.next().unwrap_or_default();
        (parts.next().unwrap_or_default(), published, target)
    };
    let local =
        matches!(address.trim_matches(['[', ']']), "127.0.0.1" | "localhost" | "::1") || address.starts_with("127.");
    let value = json!({"address": address, "published": published, "target": target, "local": local});
    draft.fact(id, "port", value, node.span);
}

/// Puts in the defaults of variables: `${PORT:-5432}:5432`; a variable without one stays.
fn resolved(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        found.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = inner.find('}').unwrap_or(inner.len());
        let fallback =
            inner[..end].split_once(":-").or_else(|| inner[..end].split_once('-')).map(|(_, fallback)| fallback);
        // A colon in the variable's own syntax must not part the port.
        found.push_str(fallback.unwrap_or("$"));
        rest = inner.get(end + 1..).unwrap_or("");
    }
    found.push_str(rest);
    found
}

fn volume(draft: &mut Draft<'_>, id: Id, node: &Node) {
    let (source, read_only) = if let Value::Map(_) = &node.value {
        let source = node.value.get("source").map(text).unwrap_or_default();
        (source, node.value.get("read_only").and_then(|node| node.value.truth()) == Some(true))
    } else {
        let line = text(node);
        let read_only = line.ends_with(":ro");
        (resolved(&line).split(':').next().unwrap_or("").to_owned(), read_only)
    };
    draft.fact(id, "mount", json!({"source": super::clip(&source), "read-only": read_only}), node.span);
}
