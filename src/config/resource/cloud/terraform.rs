//! Modules of Terraform and OpenTofu, <https://developer.hashicorp.com/terraform/language>: the files of a folder
//! together. Variables are what production's callers in the project pass, else what `terraform.tfvars` says, else their
//! defaults; a module that is called twice has both values.
//!
//! Left out: modules of registries (what is passed to them is told as a resource of kind `cloud-module`), workspaces'
//! own values, `.tf.json`, Terragrunt.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::hcl::{self, Block, Body, Expr};
use super::super::{Draft, Resource, ResourceExtract, ResourceReader};
use super::expression::{Names, Scope};
use super::{Data, Described, Place, Val, describe};
use crate::base::{CodeContext, Location, Problem, ProblemKind, SourceFile};
use crate::config::choose;

/// Steps of evaluation for a whole project.
const FUEL: u32 = 3_000_000;
/// Callers of one module that are followed, and modules that call one another.
const MAX_CALLERS: usize = 6;
const MAX_CALL_DEPTH: usize = 4;
/// Elements of `for_each` and dynamic blocks.
const MAX_ELEMENTS: usize = 30;
/// Files of modules.
const MAX_FILES: usize = 5_000;

/// One file of a module.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleFile {
    path: String,
    context: CodeContext,
    body: Body,
}

/// Reads files of modules; what they describe is told by [`modules`].
pub(in super::super) struct Terraform;

impl ResourceReader for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn matches(&self, path: &str) -> bool {
        super::super::ends(path, &[".tf", ".tofu", ".tfvars"]) && !path.contains(".terraform/")
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let (body, problems) = hcl::parse(file);
        let context = choose::stage(file.path(), context);
        let module = ModuleFile { path: file.path().to_owned(), context, body };
        ResourceExtract { resources: Vec::new(), module: Some(Box::new(module)), problems }
    }
}

/// What the modules of a project describe. `text` gives a file that was read.
pub fn modules(files: &[&ModuleFile], text: &dyn Fn(&str) -> Option<Arc<SourceFile>>) -> (Vec<Resource>, Vec<Problem>) {
    let mut problems = Vec::new();
    let limit = |message: String| Problem::incomplete(ProblemKind::Limit, None, message);
    if files.len() > MAX_FILES {
        problems.push(limit(format!("more than {MAX_FILES} files of Terraform, the rest was left out")));
    }
    let mut files: Vec<&ModuleFile> = files.iter().copied().take(MAX_FILES).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let project = Project::new(&files);
    let mut resources = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let Some(source) = text(&file.path) else { continue };
        let mut draft = Draft::new(&source, file.context);
        let locate = |place: Place| {
            let file = if place.file == number { Some(source.clone()) } else { text(&files[place.file].path) };
            file.map_or_else(|| Location::file(&files[place.file].path), |file| file.locate(place.span))
        };
        for block in &file.body.blocks {
            project.block(&mut draft, number, block, &locate);
        }
        let extract = draft.finish();
        resources.extend(extract.resources);
        problems.extend(extract.problems);
    }
    if project.fuel.get() == 0 {
        problems.push(limit(format!("expressions of Terraform took more than {FUEL} steps, the rest is unknown")));
    }
    (resources, problems)
}

/// One folder of files.
#[derive(Debug, Default)]
struct Module<'b> {
    names: Names<'b>,
    /// `data` blocks by type and name.
    data: BTreeMap<(&'b str, &'b str), (&'b Block, usize)>,
    /// Who calls it: the module and the block.
    callers: Vec<(usize, &'b Block, usize)>,
}

struct Project<'b> {
    modules: Vec<Module<'b>>,
    /// The module of each file.
    of_file: Vec<usize>,
    fuel: Cell<u32>,
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// How much a file of values counts: those that are loaded by themselves, then production's.
fn rank(path: &str) -> Option<u8> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.strip_suffix(".tfvars")?;
    if stem.split(['.', '-', '_']).any(|word| matches!(word, "prod" | "production" | "prd" | "live")) {
        return Some(3);
    }
    match stem {
        "terraform" => Some(1),
        _ if stem.rsplit('.').next() == Some("auto") => Some(2),
        _ => None,
    }
}

impl<'b> Project<'b> {
    fn new(files: &[&'b ModuleFile]) -> Self {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut of_file = Vec::new();
        for file in files {
            let next = numbers.len();
            of_file.push(*numbers.entry(folder(&file.path)).or_insert(next));
        }
        let mut modules: Vec<Module<'b>> = (0..numbers.len()).map(|_| Module::default()).collect();
        let mut calls = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let own = of_file[number];
            let module = &mut modules[own];
            for block in &file.body.blocks {
                match (block.kind.as_str(), block.labels.as_slice()) {
                    ("variable", [name]) => {
                        if let Some(default) = block.body.get("default") {
                            module.names.variables.entry(name).or_insert((default, number));
                        }
                    }
                    ("locals", _) => {
                        let entry = |(name, value): &'b (String, Expr)| (name.as_str(), (value, number));
                        module.names.locals.extend(block.body.attributes.iter().map(entry));
                    }
                    ("data", [kind, name]) => {
                        module.data.insert((kind.as_str(), name.as_str()), (block, number));
                    }
                    ("module", [_]) if file.context == CodeContext::Production => {
                        let source = block.body.get("source").and_then(Expr::text).unwrap_or("");
                        if let Some(called) = resolve(folder(&file.path), source) {
                            calls.push((called, own, block, number));
                        }
                    }
                    _ => {}
                }
            }
        }
        for wanted in 1..=3 {
            for (number, file) in files.iter().enumerate().filter(|(_, file)| rank(&file.path) == Some(wanted)) {
                let entry = |(name, value): &'b (String, Expr)| (name.as_str(), (value, number));
                modules[of_file[number]].names.variables.extend(file.body.attributes.iter().map(entry));
            }
        }
        for (called, caller, block, number) in calls {
            if let Some(module) = numbers.get(called.as_str()).filter(|module| **module != caller) {
                modules[*module].callers.push((caller, block, number));
            }
        }
        Self { modules, of_file, fuel: Cell::new(FUEL) }
    }

    /// What is passed to a module, caller by caller.
    fn passed(&self, module: usize, depth: usize) -> Vec<BTreeMap<String, Val>> {
        let callers = &self.modules[module].callers;
        if callers.is_empty() || depth >= MAX_CALL_DEPTH {
            return vec![BTreeMap::new()];
        }
        let mut all = Vec::new();
        for (caller, block, file) in callers.iter().take(MAX_CALLERS) {
            for passed in self.passed(*caller, depth + 1) {
                let scope = self.scope(*caller, *file, &passed);
                let value = |(name, expr): &(String, Expr)| (name.clone(), scope.value(expr));
                let passed: BTreeMap<String, Val> = block.body.attributes.iter().map(value).collect();
                if !all.contains(&passed) {
                    all.push(passed);
                }
                if all.len() >= MAX_CALLERS {
                    return all;
                }
            }
        }
        all
    }

    fn scope<'s>(&'s self, module: usize, file: usize, passed: &'s BTreeMap<String, Val>) -> Scope<'s, 'b> {
        Scope { names: &self.modules[module].names, passed, iterators: Vec::new(), fuel: &self.fuel, file }
    }

    /// Tells what a top-level block of a file describes.
    fn block(&self, draft: &mut Draft<'_>, file: usize, block: &Block, locate: &dyn Fn(Place) -> Location) {
        let (kind, name) = match (block.kind.as_str(), block.labels.as_slice()) {
            ("resource", [kind, name]) => (kind.as_str(), format!("{kind}.{name}")),
            ("module", [name]) => ("module", format!("module.{name}")),
            ("provider", [name]) => ("provider", format!("provider.{name}")),
            ("terraform", _) => ("terraform", "terraform".to_owned()),
            _ => return,
        };
        if kind == "module"
            && block.body.get("source").and_then(Expr::text).is_some_and(|source| source.starts_with('.'))
        {
            return;
        }
        let module = self.of_file[file];
        let mut id = None;
        for passed in self.passed(module, 0) {
            let scope = self.scope(module, file, &passed);
            let counted = block.body.get("count").map(|count| scope.value(count));
            if counted.as_ref().and_then(Val::number) == Some(0) {
                continue;
            }
            for scope in elements(scope, block.body.get("for_each"), "each") {
                let mut attributes = body(&scope, &block.body, 0);
                self.documents(module, &passed, &mut attributes);
                let span = block.span;
                let id = *id.get_or_insert_with(|| {
                    let role = if kind == "module" { "cloud-module" } else { "cloud-resource" };
                    let id = draft.resource(role, &name, span);
                    draft.fact(id, "cloud-type", kind, span);
                    id
                });
                describe(draft, id, &Described { kind, attributes: &attributes }, locate);
                if matches!(kind, "kubernetes_service" | "kubernetes_service_v1") {
                    service(draft, &name, block, &attributes);
                }
            }
        }
    }

    /// Puts policy documents in the place of references to them.
    fn documents(&self, module: usize, passed: &BTreeMap<String, Val>, attributes: &mut [(String, Val)]) {
        for (_, value) in attributes {
            let Data::Reference(path) = &value.data else { continue };
            let parts: Vec<&str> = path.split(['.', '[']).collect();
            let ["data", kind @ "aws_iam_policy_document", name, ..] = parts.as_slice() else { continue };
            let Some((block, file)) = self.modules[module].data.get(&(*kind, *name)) else { continue };
            let scope = self.scope(module, *file, passed);
            let found = body(&scope, &block.body, 0);
            *value = Val { data: Data::Map(Arc::new(found)), ..value.clone() };
        }
    }
}

/// `./modules/db` as seen from a folder; nothing for what is fetched.
fn resolve(from: &str, source: &str) -> Option<String> {
    if !source.starts_with("./") && !source.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The scope once for each element, or once with an iterator that is not known.
fn elements<'s, 'b>(scope: Scope<'s, 'b>, over: Option<&Expr>, name: &str) -> Vec<Scope<'s, 'b>> {
    let Some(over) = over else { return vec![scope] };
    let value = scope.value(over);
    let pairs: Vec<(Val, Val)> = match &value.data {
        Data::List(items) => items.iter().take(MAX_ELEMENTS).map(|item| (item.clone(), item.clone())).collect(),
        Data::Map(entries) => entries
            .iter()
            .take(MAX_ELEMENTS)
            .map(|(key, item)| (Val::text(key.as_str(), value.site), item.clone()))
            .collect(),
        _ => vec![(Val::unknown(value.site), Val::unknown(value.site))],
    };
    let with = |(key, item): (Val, Val)| {
        let mut iterators = scope.iterators.clone();
        iterators.push((name.to_owned(), key, item));
        Scope { iterators, names: scope.names, passed: scope.passed, fuel: scope.fuel, file: scope.file }
    };
    pairs.into_iter().map(with).collect()
}

/// The attributes of a body; blocks of one kind are a list of maps.
fn body(scope: &Scope<'_, '_>, body: &Body, depth: usize) -> Vec<(String, Val)> {
    let mut found: Vec<(String, Val)> =
        body.attributes.iter().map(|(name, expr)| (name.clone(), scope.value(expr))).collect();
    if depth > 6 {
        return found;
    }
    let mut blocks: BTreeMap<&str, Vec<Val>> = BTreeMap::new();
    for block in &body.blocks {
        let place = Place { file: scope.file, span: block.span };
        match (block.kind.as_str(), block.labels.as_slice()) {
            ("lifecycle" | "provisioner" | "connection" | "timeouts", _) => {}
            ("dynamic", [name]) => {
                let iterator = block.body.attributes.iter().find(|(key, _)| key == "iterator");
                let iterator = iterator.and_then(|(_, expr)| match &expr.kind {
                    hcl::Kind::Name(name) => Some(name.as_str()),
                    _ => None,
                });
                let copy = Scope {
                    iterators: scope.iterators.clone(),
                    names: scope.names,
                    passed: scope.passed,
                    fuel: scope.fuel,
                    file: scope.file,
                };
                let content = block.body.blocks.iter().find(|inner| inner.kind == "content");
                for inner in elements(copy, block.body.get("for_each"), iterator.unwrap_or(name)) {
                    let map = content.map_or_else(Vec::new, |content| self::body(&inner, &content.body, depth + 1));
                    blocks.entry(name).or_default().push(Val::new(Data::Map(Arc::new(map)), place));
                }
            }
            (name, _) => {
                let map = self::body(scope, &block.body, depth + 1);
                blocks.entry(name).or_default().push(Val::new(Data::Map(Arc::new(map)), place));
            }
        }
    }
    for (name, items) in blocks {
        let place = items.first().map_or(Place { file: scope.file, span: crate::base::Span::at(0) }, |item| item.site);
        found.push((name.to_owned(), Val::new(Data::List(Arc::new(items)), place)));
    }
    found
}

/// A service of the Kubernetes provider, as a manifest's would be told.
fn service(draft: &mut Draft<'_>, name: &str, block: &Block, attributes: &[(String, Val)]) {
    let Some((_, spec)) = attributes.iter().find(|(key, _)| key == "spec") else { return };
    let Some(spec) = spec.items().first() else { return };
    let Some(kind) = spec.get("type").and_then(Val::as_text) else { return };
    if !matches!(kind, "LoadBalancer" | "NodePort") {
        return;
    }
    let id = draft.resource("cluster-service", name, block.span);
    draft.fact(id, "reach", kind, block.span);
    for port in spec.get("port").map_or(&[][..], Val::items).iter().take(50) {
        for key in ["target_port", "port"] {
            if let Some(number) = port.get(key).and_then(Val::number) {
                draft.fact(id, "port", number.to_string(), block.span);
            }
        }
    }
    if spec.get("load_balancer_source_ranges").is_some() {
        draft.fact(id, "restricted", true, block.span);
    }
}
