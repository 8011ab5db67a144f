//! What the files of operation describe: images, services, workflows, workloads, web servers, agents' configuration.
//!
//! A [`Resource`] is one thing that will run or be allowed (a stage of an image, a service, a job of a workflow, a hook of
//! an agent) with the facts about it, each with its place. [`ALL`] reads files one by one; [`project`] adds what only the
//! list of files tells, such as whether `.dockerignore` keeps `.env` out of an image. Whether a fact is allowed is
//! decided by policies. Commands are looked through by [`shell`]; their text is kept only as far as a fact needs it.
//!
//! Terraform's files mean something only together: [`modules`] is told all of them.
//!
//! Left out: templates of Helm and Jinja that are no YAML, and what variables hold that are set outside the files.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::sensitive;
use crate::base::{CodeContext, Location, Problem, ProblemKind, SourceFile, Span};

mod actions;
mod agent;
mod builds;
mod cloud;
mod compose;
mod docker;
mod instructions;
mod kubernetes;
mod packages;
mod page;
mod project;
mod shell;
#[cfg(test)]
mod tests;
mod web_server;

pub use builds::build_settings;
pub use cloud::terraform::{ModuleFile, modules};
pub use project::project;

/// More resources than this in one file is data.
const MAX_RESOURCES: usize = 2_000;
/// More facts than this in one file is data.
const MAX_FACTS: usize = 10_000;
/// Longer texts are cut.
const LONGEST: usize = 200;

/// One thing that will run or be allowed, and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// `image-stage`, `service`, `workflow`, `workflow-job`, `workflow-step`, `container`, `cluster-role`,
    /// `cluster-secret`, `cluster-service`, `web-server`, `web-location`, `agent-settings`, `agent-hook`, `mcp-server`,
    /// `editor-task`, `instructions`, `package-script`, `package-source`, `process`, `remote-script`, `build-config`, `app-manifest`,
    /// `environment-file`, `state-file`, `cloud-resource`, `cloud-module`.
    pub kind: String,
    /// Its name in its file, if it has one.
    pub name: String,
    /// Where it is described.
    pub location: Location,
    /// Role of the file; what is for tests or development is not production.
    pub context: CodeContext,
    /// The facts by their name; what is not said in the file is missing.
    pub facts: BTreeMap<String, Vec<Fact>>,
}

/// One fact about a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// The value; texts that may hold a secret are masked.
    pub value: Json,
    /// Where it is written.
    pub location: Location,
}

/// What one file describes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceExtract {
    /// The resources in file order.
    pub resources: Vec<Resource>,
    /// The file, where it means something only together with those beside it; see [`modules`].
    pub module: Option<Box<ModuleFile>>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads one kind of file.
pub trait ResourceReader: Sync {
    /// The kind's name.
    fn name(&self) -> &'static str;

    /// Whether a path is such a file.
    fn matches(&self, path: &str) -> bool;

    /// Reads anything: what cannot be read becomes a problem.
    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract;
}

/// An instruction as it is written: its name in upper case, where it stands, and where its arguments do.
pub type Written = (String, Range<usize>, Range<usize>);

/// The instructions of a Dockerfile, for who wants them as they are written: the character that continues lines, and
/// each of them.
#[must_use]
pub fn dockerfile(text: &str) -> (char, Vec<Written>) {
    docker::cut(text)
}

/// The words of an nginx configuration, each with where it stands and whether it is quoted; `;`, `{` and `}` are words.
pub fn nginx_words(text: &str) -> impl Iterator<Item = (&str, usize, bool)> {
    web_server::words(text)
}

/// Every kind.
pub static ALL: &[&dyn ResourceReader] = &[
    &docker::Dockerfile,
    &compose::Compose,
    &actions::Actions,
    &kubernetes::Kubernetes,
    &web_server::Nginx,
    &web_server::Caddy,
    &agent::Settings,
    &agent::McpServers,
    &agent::EditorTasks,
    &instructions::Instructions,
    &packages::Scripts,
    &packages::Sources,
    &packages::Processes,
    &page::Page,
    &builds::Manifests,
    &cloud::terraform::Terraform,
    &cloud::Formation,
];

/// What a file describes, by every reader that wants it.
#[must_use]
pub fn read(file: &SourceFile, context: CodeContext) -> ResourceExtract {
    let mut all = ResourceExtract::default();
    for reader in ALL.iter().filter(|reader| reader.matches(file.path())) {
        let extract = reader.read(file, context);
        all.resources.extend(extract.resources);
        all.module = all.module.or(extract.module);
        all.problems.extend(extract.problems);
    }
    all
}

/// Makes the resources of one file.
struct Draft<'f> {
    file: &'f SourceFile,
    context: CodeContext,
    resources: Vec<Resource>,
    facts: usize,
    full: bool,
    problems: Vec<Problem>,
}

/// A resource of a [`Draft`].
#[derive(Debug, Clone, Copy)]
struct Id(usize);

impl<'f> Draft<'f> {
    fn new(file: &'f SourceFile, context: CodeContext) -> Self {
        Self { file, context, resources: Vec::new(), facts: 0, full: false, problems: Vec::new() }
    }

    /// Begins a resource.
    fn resource(&mut self, kind: &str, name: &str, span: Span) -> Id {
        if self.resources.len() >= MAX_RESOURCES {
            self.full = true;
        } else {
            self.resources.push(Resource {
                kind: kind.to_owned(),
                name: clip(name),
                location: self.file.locate(span),
                context: self.context,
                facts: BTreeMap::new(),
            });
        }
        Id(self.resources.len() - 1)
    }

    /// Adds a fact that holds no secret.
    fn fact(&mut self, id: Id, key: &str, value: impl Into<Json>, span: Span) {
        let location = self.file.locate(span);
        self.fact_at(id, key, value, location);
    }

    /// The same for what is written elsewhere.
    fn fact_at(&mut self, id: Id, key: &str, value: impl Into<Json>, location: Location) {
        if self.facts >= MAX_FACTS {
            self.full = true;
            return;
        }
        self.facts += 1;
        if let Some(resource) = self.resources.get_mut(id.0) {
            let facts = resource.facts.entry(key.to_owned()).or_default();
            let fact = Fact { value: value.into(), location };
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }

    /// Adds a text, cut if it is long, masked if it looks like a secret.
    fn text(&mut self, id: Id, key: &str, text: &str, span: Span) {
        self.fact(id, key, clip(&sensitive::show("", text).text), span);
    }

    /// Adds what `variable` is set to: its name, whether a secret is written there, whether that is easily guessed.
    fn variable(&mut self, id: Id, key: &str, variable: &str, value: &str, span: Span) {
        let shown = sensitive::show(variable, value);
        let fact = serde_json::json!({
            "name": clip(variable), "value": clip(&shown.text), "secret": shown.secret, "weak": shown.weak,
            "placeholder": sensitive::is_placeholder(value),
        });
        self.fact(id, key, fact, span);
    }

    /// Adds the habits of a command that stands at `span`, and gives them.
    fn habits(&mut self, id: Id, span: Span) {
        let file = self.file;
        for habit in shell::habits(file.slice(span)) {
            let at = Span::new(span.start + habit.span.start, span.start + habit.span.end);
            let value = serde_json::json!({"habit": habit.name, "text": clip(&one_line(file.slice(at)))});
            self.fact(id, "habit", value, at);
        }
    }

    fn finish(mut self) -> ResourceExtract {
        if self.full {
            let message = format!("more than {MAX_RESOURCES} resources or {MAX_FACTS} facts, the rest was left out");
            self.problems.push(Problem::incomplete(
                ProblemKind::Limit,
                Some(Location::file(self.file.path())),
                message,
            ));
        }
        ResourceExtract { resources: self.resources, module: None, problems: self.problems }
    }
}

/// A text that is short enough to be shown.
fn clip(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Runs of white space and line continuations as one space.
fn one_line(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "\\").collect::<Vec<_>>().join(" ")
}

/// Whether a name ends in one of these.
fn ends(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

/// The file's name in lower case.
fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}
