//! Manifests of Kubernetes, <https://kubernetes.io/docs/reference/kubernetes-api/>, one or several documents a file:
//! containers with their privileges and variables, roles, secrets, services. Helm templates are no YAML and left out.

use serde_json::json;

use super::compose::{items, text};
use super::{Draft, Id, ResourceExtract, ResourceReader, name_of, sensitive};
use crate::base::{CodeContext, SourceFile, base64};
use crate::config::choose;
use crate::config::value::{Node, Value};
use crate::config::yaml;

/// Reads manifests.
pub(super) struct Kubernetes;

impl ResourceReader for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        let yaml = super::ends(&name, &[".yml", ".yaml"]);
        yaml && !choose::is_compose(path) && !path.contains(".github/") && !choose::is_tool(&name)
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let text_of_file = file.text();
        let manifest = ["apiVersion:", "kind:"].iter().all(|key| {
            memchr::memmem::find_iter(text_of_file.as_bytes(), key.as_bytes())
                .any(|at| at == 0 || text_of_file.as_bytes()[at - 1] == b'\n')
        });
        let template = text_of_file.contains("{{");
        if !manifest || template {
            return ResourceExtract::default();
        }
        let mut draft = Draft::new(file, choose::stage(file.path(), context));
        let (documents, problems) = yaml::documents(file, true);
        draft.problems = problems;
        for document in &documents {
            object(&mut draft, document, 0);
        }
        draft.finish()
    }
}

fn object(draft: &mut Draft<'_>, root: &Node, depth: usize) {
    let kind = root.value.get("kind").map(text).unwrap_or_default();
    let name = at(root, &["metadata", "name"]).map(text).unwrap_or_default();
    let pod = match kind.as_str() {
        "List" if depth < 3 => {
            if let Some(list) = root.value.get("items") {
                for item in items(list) {
                    object(draft, item, depth + 1);
                }
            }
            return;
        }
        "Pod" => at(root, &["spec"]),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
            at(root, &["spec", "template", "spec"])
        }
        "CronJob" => at(root, &["spec", "jobTemplate", "spec", "template", "spec"]),
        "Role" | "ClusterRole" => return role(draft, root, &name, &kind),
        "RoleBinding" | "ClusterRoleBinding" => return binding(draft, root, &name),
        "Secret" => return secret(draft, root, &name),
        "Service" => return service(draft, root, &name),
        _ => return,
    };
    if let Some(pod) = pod {
        containers(draft, pod, &kind, &name);
    }
}

fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.value.get(key))
}

fn containers(draft: &mut Draft<'_>, pod: &Node, kind: &str, owner: &str) {
    let of_pod = pod.value.get("securityContext");
    for list in ["containers", "initContainers"] {
        let first = list == "initContainers";
        let Some(list) = pod.value.get(list) else { continue };
        for container in items(list).iter().take(100) {
            let name = container.value.get("name").map(text).unwrap_or_default();
            let place = container.value.get("name").map_or(container.span, |node| node.span);
            let id = draft.resource("container", &format!("{owner}/{name}"), place);
            draft.fact(id, "workload", kind, place);
            if first {
                draft.fact(id, "init", true, place);
            }
            for key in ["hostNetwork", "hostPID", "hostIPC"] {
                if let Some(node) = pod.value.get(key).filter(|node| node.value.truth() == Some(true)) {
                    draft.fact(id, key, true, node.span);
                }
            }
            if let Some(image) = container.value.get("image") {
                draft.text(id, "image", &text(image), image.span);
            }
            let own = container.value.get("securityContext");
            for key in ["runAsNonRoot", "runAsUser", "privileged", "allowPrivilegeEscalation"] {
                let node = own.and_then(|own| own.value.get(key)).or_else(|| of_pod.and_then(|pod| pod.value.get(key)));
                if let Some(node) = node {
                    let value = node.value.truth().map_or_else(|| json!(text(node)), |truth| json!(truth));
                    let value = if key == "runAsUser" { json!(text(node)) } else { value };
                    draft.fact(id, key, value, node.span);
                }
            }
            if let Some(added) = own.and_then(|own| at(own, &["capabilities", "add"])) {
                for item in items(added) {
                    draft.text(id, "capability", &text(item), item.span);
                }
            }
            variables(draft, id, container);
        }
    }
    let Some(volumes) = pod.value.get("volumes") else { return };
    for volume in items(volumes).iter().take(100) {
        if let Some(path) = at(volume, &["hostPath", "path"]) {
            let id = draft.resource("container", owner, path.span);
            draft.text(id, "host-path", &text(path), path.span);
        }
    }
}

fn variables(draft: &mut Draft<'_>, id: Id, container: &Node) {
    let Some(env) = container.value.get("env") else { return };
    for variable in items(env).iter().take(300) {
        let (Some(name), Some(value)) = (variable.value.get("name"), variable.value.get("value")) else { continue };
        draft.variable(id, "variable", &text(name), &text(value), value.span);
    }
}

fn role(draft: &mut Draft<'_>, root: &Node, name: &str, kind: &str) {
    let Some(rules) = root.value.get("rules") else { return };
    for rule in items(rules).iter().take(200) {
        let all = |key: &str| rule.value.get(key).is_some_and(|node| items(node).iter().any(|item| text(item) == "*"));
        if all("verbs") && all("resources") {
            let id = draft.resource("cluster-role", name, rule.span);
            draft.fact(id, "everything", kind, rule.value.get("verbs").map_or(rule.span, |node| node.span));
        }
    }
}

fn binding(draft: &mut Draft<'_>, root: &Node, name: &str) {
    let role = at(root, &["roleRef", "name"]);
    if let Some(role) = role.filter(|role| text(role) == "cluster-admin") {
        let id = draft.resource("cluster-role", name, role.span);
        draft.fact(id, "cluster-admin", true, role.span);
    }
    let Some(subjects) = root.value.get("subjects") else { return };
    for subject in items(subjects).iter().take(100) {
        let Some(who) = subject.value.get("name") else { continue };
        if matches!(text(who).as_str(), "system:anonymous" | "system:unauthenticated") {
            let id = draft.resource("cluster-role", name, who.span);
            draft.fact(id, "anonymous", text(who), who.span);
        }
    }
}

/// A secret whose data stands in the file, as text or in base64, which hides nothing.
fn secret(draft: &mut Draft<'_>, root: &Node, name: &str) {
    let kind = root.value.get("type").map(text).unwrap_or_default();
    let id = draft.resource("cluster-secret", name, root.value.get("kind").map_or(root.span, |node| node.span));
    draft.text(id, "type", &kind, root.span);
    for (part, encoded) in [("data", true), ("stringData", false)] {
        let Some(Node { value: Value::Map(entries), .. }) = root.value.get(part) else { continue };
        for (key, node) in entries.iter().take(200) {
            let written = text(node);
            let plain = if encoded { decoded(&written) } else { Some(written.clone()) };
            let placeholder = plain.as_deref().is_none_or(|plain| {
                let plain = plain.trim();
                plain.is_empty() || sensitive::is_placeholder(plain) || plain.contains("${") || plain.starts_with('$')
            });
            let weak = plain.as_deref().is_some_and(sensitive::is_weak);
            draft.fact(
                id,
                "entry",
                json!({"name": super::clip(key), "placeholder": placeholder, "weak": weak}),
                node.span,
            );
        }
    }
}

/// Base64 of the standard alphabet to text; `None` where it is neither.
fn decoded(text: &str) -> Option<String> {
    let letters: String = text.trim_end_matches('=').split_ascii_whitespace().collect();
    let standard = !letters.contains(['-', '_']);
    String::from_utf8(base64::decode(&letters).filter(|_| standard)?).ok()
}

fn service(draft: &mut Draft<'_>, root: &Node, name: &str) {
    let Some(kind) = at(root, &["spec", "type"]) else { return };
    let reach = text(kind);
    if !matches!(reach.as_str(), "LoadBalancer" | "NodePort") {
        return;
    }
    let id = draft.resource("cluster-service", name, kind.span);
    draft.fact(id, "reach", reach, kind.span);
    let Some(ports) = at(root, &["spec", "ports"]) else { return };
    for port in items(ports).iter().take(100) {
        for key in ["targetPort", "port"] {
            if let Some(node) = port.value.get(key) {
                draft.text(id, "port", &text(node), node.span);
            }
        }
    }
    if let Some(ranges) = at(root, &["spec", "loadBalancerSourceRanges"]) {
        draft.fact(id, "restricted", true, ranges.span);
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn base64_is_read() {
        assert_eq!(decoded("cGFzc3dvcmQ=").as_deref(), Some("password"));
        assert_eq!(decoded("not base64!"), None);
        assert_eq!(decoded("").as_deref(), Some(""));
    }
}
