//! Workflows and composite actions of GitHub, <https://docs.github.com/actions/reference/workflows-and-actions>, and
//! the job scripts of GitLab CI: triggers, permissions, pinned or floating actions, which untrusted texts of an event are
//! put into scripts, what is checked out and run.
//!
//! A text of `${{ … }}` is put into a script before the shell sees it; whoever writes the title of an issue then
//! writes the script. Left out: values that go through outputs of other steps and called workflows.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use super::compose::{items, name_span, text};
use super::{Draft, Id, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::value::{Node, Value};
use crate::config::yaml;

/// Reads workflows and composite actions.
pub(super) struct Actions;

impl ResourceReader for Actions {
    fn name(&self) -> &'static str {
        "actions"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let name = name_of(path);
        let yaml = super::ends(&name, &[".yml", ".yaml"]);
        yaml && (lower.starts_with(".github/workflows/")
            || lower.contains("/.github/workflows/")
            || matches!(name.as_str(), "action.yml" | "action.yaml" | ".gitlab-ci.yml" | ".gitlab-ci.yaml"))
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let (documents, problems) = yaml::documents(file, true);
        draft.problems = problems;
        let Some(root) = documents.first() else { return draft.finish() };
        if name_of(file.path()).starts_with(".gitlab-ci") {
            gitlab(&mut draft, root);
        } else if let Some(jobs) = root.value.get("jobs") {
            workflow(&mut draft, root, jobs);
        } else if let Some(runs) = root.value.get("runs") {
            let shared = Shared { triggers: Vec::new(), closed: Vec::new(), permissions: None, composite: true };
            steps(&mut draft, runs, &shared, None, "composite");
        }
        draft.finish()
    }
}

/// What all steps of a workflow share.
struct Shared {
    triggers: Vec<String>,
    /// Inputs that only take numbers, switches or one of a list.
    closed: Vec<String>,
    permissions: Option<Vec<String>>,
    composite: bool,
}

fn workflow(draft: &mut Draft<'_>, root: &Node, jobs: &Node) {
    let file = draft.file;
    // YAML 1.1 reads `on` as true.
    let on = root.value.get("on").or_else(|| root.value.get("true"));
    let triggers = on.map(trigger_names).unwrap_or_default();
    let permissions = root.value.get("permissions");
    let id = draft.resource("workflow", &name_of(file.path()), on.map_or(Span::at(0), |node| node.span));
    let place = on.map_or(Span::at(0), |on| name_span(file, on.span, "on"));
    for trigger in &triggers {
        draft.fact(id, "trigger", trigger.as_str(), place);
    }
    let granted = permissions.map(|node| grants(draft, id, node));
    if let Some(env) = root.value.get("env") {
        environment(draft, id, env);
    }
    let Value::Map(jobs) = &jobs.value else { return };
    for (name, job) in jobs.iter().take(300) {
        let at = name_span(file, job.span, name);
        let own = draft.resource("workflow-job", name, at);
        for trigger in &triggers {
            draft.fact(own, "trigger", trigger.as_str(), at);
        }
        let of_job = job.value.get("permissions").map(|node| grants(draft, own, node));
        let permissions = of_job.or_else(|| granted.clone());
        if permissions.is_none() {
            draft.fact(own, "no-permissions", true, at);
        }
        if let Some(runner) = job.value.get("runs-on") {
            let names: Vec<String> = match &runner.value {
                Value::Map(_) => {
                    runner.value.get("labels").map(|node| items(node).iter().map(text).collect()).unwrap_or_default()
                }
                _ => items(runner).iter().map(text).collect(),
            };
            if names.iter().any(|name| name == "self-hosted") {
                draft.fact(own, "self-hosted", true, runner.span);
            }
        }
        if let Some(uses) = job.value.get("uses") {
            action(draft, own, &text(uses), uses.span);
        }
        if job.value.get("secrets").is_some_and(|node| text(node) == "inherit") {
            draft.fact(own, "secrets-inherit", true, at);
        }
        if let Some(condition) = job.value.get("if") {
            condition_of(draft, own, condition);
        }
        if job.value.get("environment").is_some() {
            draft.fact(own, "environment", true, at);
        }
        if let Some(env) = job.value.get("env") {
            environment(draft, own, env);
        }
        let closed = on.map(closed_inputs).unwrap_or_default();
        let shared = Shared { triggers: triggers.clone(), closed, permissions, composite: false };
        steps(draft, job, &shared, Some(own), name);
    }
}

fn trigger_names(on: &Node) -> Vec<String> {
    match &on.value {
        Value::Map(entries) => entries.iter().map(|(name, _)| name.clone()).collect(),
        _ => items(on).iter().map(text).filter(|name| !name.is_empty()).collect(),
    }
}

/// Inputs of types that hold no free text.
fn closed_inputs(on: &Node) -> Vec<String> {
    let mut found = Vec::new();
    for trigger in ["workflow_dispatch", "workflow_call"] {
        let inputs = on.value.get(trigger).and_then(|node| node.value.get("inputs"));
        let Some(Node { value: Value::Map(inputs), .. }) = inputs else { continue };
        let closed = inputs.iter().filter(|(_, input)| {
            let kind = input.value.get("type").map(text).unwrap_or_default();
            matches!(kind.as_str(), "boolean" | "choice" | "number" | "environment")
        });
        found.extend(closed.take(100).map(|(name, _)| name.clone()));
    }
    found
}

/// The write permissions that a map or a word grants.
fn grants(draft: &mut Draft<'_>, id: Id, node: &Node) -> Vec<String> {
    let written: Vec<String> = match &node.value {
        Value::Map(entries) => {
            entries.iter().filter(|(_, value)| text(value) == "write").map(|(name, _)| name.clone()).collect()
        }
        _ => vec![text(node)],
    };
    draft.fact(id, "permissions", json!(written), node.span);
    written
}

fn environment(draft: &mut Draft<'_>, id: Id, env: &Node) {
    let Value::Map(entries) = &env.value else { return };
    for (name, node) in entries.iter().take(200) {
        if name.eq_ignore_ascii_case("ACTIONS_ALLOW_UNSECURE_COMMANDS") && node.value.truth() == Some(true) {
            draft.fact(id, "unsecure-commands", true, node.span);
        }
    }
}

/// A condition that only lets known authors or the own repository through.
fn condition_of(draft: &mut Draft<'_>, id: Id, node: &Node) {
    let condition = text(node);
    let known = [
        "author_association",
        "head.repo.full_name ==",
        "head.repo.fork == false",
        "!github.event.pull_request.head.repo.fork",
        "head_repository.full_name ==",
        "github.actor ==",
        "github.triggering_actor ==",
        "user.login ==",
        "label.name ==",
        "labels.*.name",
        "sender.login ==",
        "merged == true",
        "pull_request.merged",
        "head_branch ==",
        "fromJson(",
        "fromJSON(",
        "github.ref ==",
        "github.event_name == 'push'",
        "github.event_name != 'pull_request_target'",
    ];
    if known.iter().any(|part| condition.contains(part)) {
        draft.fact(id, "condition", true, node.span);
    }
}

fn steps(draft: &mut Draft<'_>, job: &Node, shared: &Shared, job_id: Option<Id>, job_name: &str) {
    let Some(Node { value: Value::List(steps), .. }) = job.value.get("steps") else { return };
    let mut head: Option<Span> = None;
    for (at, step) in steps.iter().enumerate().take(500) {
        let Value::Map(_) = &step.value else { continue };
        let id = draft.resource("workflow-step", &format!("{job_name}.{at}"), step.span);
        for trigger in &shared.triggers {
            draft.fact(id, "trigger", trigger.as_str(), Span::at(step.span.start));
        }
        if let Some(permissions) = &shared.permissions {
            draft.fact(id, "granted", json!(permissions), Span::at(step.span.start));
        }
        if shared.composite {
            draft.fact(id, "composite", true, Span::at(step.span.start));
        }
        if let Some(env) = step.value.get("env") {
            environment(draft, id, env);
        }
        let uses = step.value.get("uses").map(text).unwrap_or_default();
        if let Some(node) = step.value.get("uses") {
            action(draft, id, &uses, node.span);
        }
        if let Some(condition) = step.value.get("if") {
            condition_of(draft, id, condition);
        }
        let checked_out = checks_out_head(step, &uses);
        if let Some(span) = checked_out {
            head = Some(span);
        }
        if let Some(run) = step.value.get("run") {
            draft.habits(id, run.span);
            expressions(draft, id, "script", run.span, &shared.closed);
            prints(draft, id, run.span);
        }
        if uses.starts_with("actions/github-script@")
            && let Some(script) = step.value.get("with").and_then(|with| with.value.get("script"))
        {
            expressions(draft, id, "script", script.span, &shared.closed);
        }
        agent_step(draft, id, step, &uses);
        // What a pull request brought along is run by the workflow's own rights.
        if let (Some(job_id), Some(span)) = (job_id, head.filter(|_| checked_out.is_none()))
            && runs_code(step, &uses)
        {
            draft.fact(job_id, "runs-head", true, span);
        }
        if let (Some(job_id), Some(span)) = (job_id, checked_out) {
            draft.fact(job_id, "checks-out-head", true, span);
        }
    }
}

/// The place of a checkout of what a pull request proposes.
fn checks_out_head(step: &Node, uses: &str) -> Option<Span> {
    const HEADS: [&str; 8] = [
        "github.event.pull_request.head.",
        "github.head_ref",
        "github.event.workflow_run.head_",
        "refs/pull/",
        "github.event.pull_request.merge_commit_sha",
        "github.event.issue.number",
        "github.event.number",
        "github.event.pull_request.number",
    ];
    if uses.starts_with("actions/checkout@") {
        let with = step.value.get("with")?;
        let parts = ["ref", "repository"].map(|key| with.value.get(key));
        let hit = parts.into_iter().flatten().find(|node| {
            let text = text(node);
            HEADS[..5].iter().any(|part| text.contains(part))
        })?;
        return Some(hit.span);
    }
    let run = step.value.get("run")?;
    let script = text(run);
    let fetches = ["gh pr checkout", "git fetch origin pull/", "git checkout FETCH_HEAD"];
    (fetches.iter().any(|part| script.contains(part))
        || (script.contains("git checkout") && HEADS.iter().any(|part| script.contains(part))))
    .then_some(run.span)
}

/// Whether a step runs what the checked-out folder holds: scripts, package managers, build tools, local actions.
fn runs_code(step: &Node, uses: &str) -> bool {
    if uses.starts_with("./") {
        return true;
    }
    let Some(run) = step.value.get("run") else { return false };
    static RUNS: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(concat!(
            r"(?m)(?:\b(?:npm|pnpm|yarn|bun)\s+(?:ci|install|i|run|test|build|start|exec)\b|(?:^|[\n;&|]\s*)\s*(?:yarn|pnpm i|make|just|tox|pytest|cargo|gradle|mvn|rake|bundle|composer)\b",
            r"|\bpip3?\s+install\s+(?:-r|-e|\.)|\bpython3?\s+\S+\.py\b|\bnode\s+\S+\.[cm]?js\b|\./\w|\b(?:ba)?sh\s+\S+\.sh\b|\bgo\s+(?:test|run|build|generate)\b|\bdocker\s+(?:build|compose)\b|\bpoetry\s+(?:install|run)\b|\buv\s+(?:sync|run)\b)"
        ))
    });
    RUNS.is_match(&text(run))
}

/// An action's reference: whose it is and whether it is pinned to a commit.
fn action(draft: &mut Draft<'_>, id: Id, uses: &str, span: Span) {
    if uses.starts_with("./") || uses.is_empty() || uses.starts_with("docker://") {
        return;
    }
    let (name, version) = uses.split_once('@').unwrap_or((uses, ""));
    let owner = name.split('/').next().unwrap_or(name);
    let pinned = version.len() >= 40 && version.chars().all(|letter| letter.is_ascii_hexdigit());
    let branch = matches!(
        version,
        "" | "main" | "master" | "latest" | "develop" | "dev" | "HEAD" | "trunk" | "canary" | "nightly" | "beta"
    );
    let own = matches!(owner, "actions" | "github");
    draft.fact(id, "uses", json!({"name": super::clip(name), "owner": owner, "version": version, "pinned": pinned, "branch": branch, "first-party": own}), span);
}

/// What an attacker who has no rights at all may write, by where it is put in.
fn expressions(draft: &mut Draft<'_>, id: Id, key: &str, span: Span, closed: &[String]) {
    let file = draft.file;
    let slice = file.slice(span);
    let mut at = 0;
    let mut count = 0;
    while let Some(open) = slice[at..].find("${{") {
        let start = at + open;
        let Some(close) = slice[start..].find("}}") else { break };
        let end = start + close + 2;
        let inner = slice[start + 3..end - 2].trim();
        let place =
            Span::new(span.start + u32::try_from(start).unwrap_or(0), span.start + u32::try_from(end).unwrap_or(0));
        let name = inner.rsplit_once("inputs.").map_or("", |(_, name)| name);
        if let Some(source) =
            untrusted(inner).filter(|source| *source == "anyone" || !closed.iter().any(|it| it == name))
        {
            draft.fact(id, key, json!({"expression": super::clip(inner), "source": source}), place);
        }
        at = end;
        count += 1;
        if count > 500 {
            break;
        }
    }
}

/// Who writes a context's value: `anyone` who opens an issue or pull request; `caller`, who may start the workflow.
fn untrusted(expression: &str) -> Option<&'static str> {
    static ANYONE: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(concat!(
            r"^github\.(?:head_ref|event\.(?:issue\.(?:title|body)|pull_request\.(?:title|body|head\.(?:ref|label|repo\.default_branch|repo\.description|repo\.homepage))",
            r"|comment\.body|review\.body|review_comment\.body|discussion\.(?:title|body)|pages\b.*\.page_name|commits\b.*\.(?:message|author\.(?:email|name))",
            r"|head_commit\.(?:message|author\.(?:email|name))|workflow_run\.(?:head_branch|head_commit\.(?:message|author\.(?:email|name))|display_title|pull_requests\b.*\.head\.ref)))$"
        ))
    });
    let plain = expression.split("||").map(|part| part.trim().trim_matches(['(', ')']).trim());
    for part in plain {
        if ANYONE.is_match(part) {
            return Some("anyone");
        }
        if ["github.event.inputs.", "inputs.", "github.event.client_payload."]
            .iter()
            .any(|start| part.starts_with(start))
        {
            return Some("caller");
        }
    }
    None
}

/// Secrets that are printed into the log.
fn prints(draft: &mut Draft<'_>, id: Id, span: Span) {
    static PRINTS: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(r"(?m)^[^\n#]*\b(?:echo|printf)\s[^\n|>]*\$\{\{\s*secrets\.(\w+)\s*\}\}[^\n|>]*$")
    });
    let file = draft.file;
    for hit in PRINTS.find_iter(file.slice(span)).take(20) {
        // Masked before it is shown: GitHub knows the value. To a file or another program it is no print.
        if hit.as_str().contains("::add-mask::") || hit.as_str().contains("GITHUB_") {
            continue;
        }
        let place = Span::new(
            span.start + u32::try_from(hit.start()).unwrap_or(0),
            span.start + u32::try_from(hit.end()).unwrap_or(0),
        );
        draft.fact(id, "prints-secret", true, place);
    }
}

/// A step that hands a task to a language model's agent, and what it is fed with.
fn agent_step(draft: &mut Draft<'_>, id: Id, step: &Node, uses: &str) {
    const AGENTS: [&str; 9] = [
        "anthropics/claude-code-action",
        "anthropics/claude-code-base-action",
        "openai/codex-action",
        "google-github-actions/run-gemini-cli",
        "google-gemini/gemini-cli-action",
        "actions/ai-inference",
        "block/goose-action",
        "grll/claude-code-action",
        "cursor/",
    ];
    static COMMANDS: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(
            r"(?m)\b(?:claude\s+(?:-\S+\s+)*(?:-p\b|--print\b)|codex\s+exec\b|gemini\s+(?:-\S+\s+)*(?:-p\b|--prompt\b|--yolo\b)|aider\s+--(?:message|yes)|cursor-agent\b|opencode\s+run\b)",
        )
    });
    let run = step.value.get("run");
    let known = AGENTS.iter().any(|name| uses.to_ascii_lowercase().starts_with(name));
    let command = run.is_some_and(|run| COMMANDS.is_match(&text(run)));
    if !known && !command {
        return;
    }
    draft.fact(id, "agent", if known { uses.split('@').next().unwrap_or(uses) } else { "command line" }, step.span);
    let file = draft.file;
    let slice = file.slice(step.span);
    expressions(draft, id, "fed-with", step.span, &[]);
    // Whoever starts the agent, it does no more than the tools that are listed.
    let listed = slice.contains("allowedTools") || slice.contains("allowed_tools");
    for switch in [
        "--dangerously-skip-permissions",
        "bypassPermissions",
        "danger-full-access",
        "--dangerously-bypass-approvals-and-sandbox",
        "--yolo",
        "allowed_non_write_users: \"*\"",
        "allowed_non_write_users: '*'",
        "Bash(*)",
    ] {
        if let Some(at) = slice.find(switch).filter(|_| !listed || !switch.starts_with("allowed_non_write_users")) {
            let start = step.span.start + u32::try_from(at).unwrap_or(0);
            let place = Span::new(start, start + u32::try_from(switch.len()).unwrap_or(0));
            draft.fact(id, "unrestricted", switch, place);
        }
    }
}

/// Jobs of GitLab CI: their scripts.
fn gitlab(draft: &mut Draft<'_>, root: &Node) {
    let Value::Map(jobs) = &root.value else { return };
    for (name, job) in jobs.iter().take(300) {
        let scripts: Vec<&Node> =
            ["script", "before_script", "after_script"].iter().filter_map(|key| job.value.get(key)).collect();
        if scripts.is_empty() {
            continue;
        }
        let at = name_span(draft.file, job.span, name);
        let id = draft.resource("workflow-step", name, at);
        for script in scripts {
            draft.habits(id, script.span);
        }
    }
}
