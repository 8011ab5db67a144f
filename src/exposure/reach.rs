//! Which files end up in a browser: entry points, and what they import until something says that it is the server's.

use rustc_hash::FxHashMap;

use super::manifest::{App, Manifest};
use crate::base::CodeContext;
use crate::flow::Project;
use crate::flow::facts::FileId;
use crate::flow::project::Target;
use crate::model::index::Family;
use crate::syntax::{ExprKind, StmtKind, Tree};

/// Modules that no browser has, or that say that they are the server's.
const SERVER_MODULES: &[&str] = &[
    "server-only",
    "next/headers",
    "next/server",
    "next/cache",
    "fs",
    "fs/promises",
    "child_process",
    "net",
    "tls",
    "dgram",
    "worker_threads",
    "cluster",
    "http",
    "https",
    "os",
    "express",
    "fastify",
    "koa",
    "hono",
    "@hono/node-server",
    "pg",
    "postgres",
    "mysql",
    "mysql2",
    "mysql2/promise",
    "mongoose",
    "mongodb",
    "sqlite3",
    "better-sqlite3",
    "ioredis",
    "redis",
    "@prisma/client",
    "firebase-admin",
    "bcrypt",
    "nodemailer",
    "dotenv",
    "multer",
    "sharp",
    "puppeteer",
    "stripe",
    "resend",
    "@sendgrid/mail",
    "twilio",
    "@aws-sdk/client-s3",
    "drizzle-orm/postgres-js",
    "drizzle-orm/node-postgres",
    "bun:sqlite",
    "electron",
    "vite",
    "vitest",
    "next-auth/providers/credentials",
    "@nestjs/common",
    "@nestjs/core",
    "jsonwebtoken",
    "firebase-functions",
    "@google-cloud/storage",
    "ws",
    "socket.io",
    "bullmq",
    "passport",
];

/// Folders of what stays on the server or on the developer's machine.
const SERVER_FOLDERS: &[&str] = &[
    "server",
    "api",
    "backend",
    "functions",
    "electron",
    "scripts",
    "prisma",
    "supabase",
    "migrations",
    "cypress",
    "e2e",
    "tests",
    "test",
    "__tests__",
    "bin",
    "tools",
    ".storybook",
    "main",
    "edge-functions",
    "netlify",
    "server-functions",
];

/// Client files by path, with the path that they are reached from.
pub(super) fn client_files(project: &Project, manifests: &[Manifest]) -> FxHashMap<String, String> {
    let mut reached: FxHashMap<u32, u32> = FxHashMap::default();
    let mut pending: Vec<u32> = Vec::new();
    for (at, file) in (0u32..).zip(&project.files) {
        if file.family != Family::JavaScript || matches!(file.context, CodeContext::Vendored | CodeContext::Test) {
            continue;
        }
        let path = file.source.path();
        if is_entry(path, &file.tree, manifest_of(manifests, path), manifests) && !stays(path, &file.tree, true) {
            reached.insert(at, at);
            pending.push(at);
        }
    }
    let mut at = 0;
    while let Some(from) = pending.get(at).copied() {
        at += 1;
        let entry = reached.get(&from).copied().unwrap_or(from);
        for target in imports(project, from) {
            let file = project.file(FileId(target));
            let path = file.source.path();
            if reached.contains_key(&target) || file.family != Family::JavaScript || stays(path, &file.tree, false) {
                continue;
            }
            reached.insert(target, entry);
            pending.push(target);
        }
    }
    let path = |at: u32| project.file(FileId(at)).source.path().to_owned();
    reached.into_iter().map(|(file, entry)| (path(file), path(entry))).collect()
}

/// The manifest of the nearest folder above.
fn manifest_of<'m>(manifests: &'m [Manifest], path: &str) -> Option<&'m Manifest> {
    let inside = |manifest: &&Manifest| {
        manifest.folder.is_empty() || path.strip_prefix(&manifest.folder).is_some_and(|rest| rest.starts_with('/'))
    };
    manifests.iter().filter(inside).max_by_key(|manifest| manifest.folder.len())
}

/// Whether bundlers begin here, or a page loads the file.
fn is_entry(path: &str, tree: &Tree, manifest: Option<&Manifest>, all: &[Manifest]) -> bool {
    if tree.directives.iter().any(|directive| tree.text(*directive) == "use client") {
        return true;
    }
    let inner = manifest.map_or(path, |manifest| path[manifest.folder.len()..].trim_start_matches('/'));
    let (folders, name) = inner.rsplit_once('/').unwrap_or(("", inner));
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let markup = matches!(extension, "html" | "htm");
    let folder = |wanted: &[&str]| folders.split('/').any(|folder| wanted.contains(&folder));
    let in_source = folders.split('/').next() == Some("src");
    // Scripts that lie beside pages are loaded by them.
    if markup || (folder(&["public", "static", "www", "wwwroot"]) && matches!(extension, "js" | "mjs")) {
        return true;
    }
    let Some(manifest) = manifest else {
        return all.is_empty() && matches!(extension, "jsx" | "tsx" | "vue" | "svelte");
    };
    match manifest.app {
        App::Next => {
            let rest = inner.strip_prefix("src/").unwrap_or(inner);
            rest.starts_with("pages/") && !rest.starts_with("pages/api/") && !matches!(stem, "_document" | "middleware")
        }
        App::Bundle => {
            let component = matches!(extension, "jsx" | "tsx" | "vue" | "svelte");
            let main = matches!(stem, "main" | "index" | "App" | "app" | "client" | "bootstrap");
            let expo = folders.split('/').next() == Some("app") && component;
            let shallow = matches!(
                folders,
                "" | "src" | "app" | "client" | "client/src" | "frontend" | "frontend/src" | "web/src"
            );
            let config = extension.contains("config") || name.ends_with(".d.ts");
            !config && ((in_source && !manifest.server) || component || expo || (main && shallow && !manifest.server))
        }
        App::SvelteKit => {
            extension == "svelte" || ((stem == "+page" || stem == "+layout") && matches!(extension, "ts" | "js"))
        }
        App::Nuxt => extension == "vue" || folder(&["composables", "stores"]),
        App::Remix => inner.ends_with("entry.client.tsx") || inner.ends_with("entry.client.jsx"),
        App::Other => matches!(extension, "vue" | "svelte"),
    }
}

/// Whether a file never goes to the browser: what it is called, and what it imports.
fn stays(path: &str, tree: &Tree, entry: bool) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    if name.contains(".server.")
        || name.contains(".test.")
        || name.contains(".spec.")
        || name.contains(".stories.")
        || name.starts_with("+server")
    {
        return true;
    }
    if name.contains(".config.") || name.ends_with(".d.ts") || name.contains(".setup.") {
        return true;
    }
    if tree.directives.iter().any(|directive| tree.text(*directive) == "use server") {
        return true;
    }
    // `src/api/client.ts` of a browser app calls an API; `api/chat.ts` beside it is one.
    let server = |folder: &str| {
        SERVER_FOLDERS.contains(&folder)
            && !(matches!(folder, "api" | "functions" | "main" | "tools") && folders.contains("src/"))
    };
    if entry && name.rsplit('.').next() != Some("html") && folders.split('/').any(server) {
        return true;
    }
    tree.root.iter().any(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Import(import) if !import.type_only => is_server_module(tree.text(import.module)),
        StmtKind::Assign { value: Some(value), .. } | StmtKind::Expr(value) => {
            required(tree, *value).is_some_and(is_server_module)
        }
        _ => false,
    })
}

fn is_server_module(module: &str) -> bool {
    module.starts_with("node:") || SERVER_MODULES.contains(&module) || module.starts_with("@nestjs/")
}

/// The module of `require("m")` and of `require("m").x`, `require("m")()`.
fn required(tree: &Tree, mut value: crate::syntax::ExprId) -> Option<&str> {
    for _ in 0..4 {
        match &tree.expr(value).kind {
            ExprKind::Call { callee, args, .. } => match &tree.expr(*callee).kind {
                ExprKind::Name(name) if tree.text(*name) == "require" => return tree.string_of(args.first()?.value),
                _ => value = *callee,
            },
            ExprKind::Member { object, .. } => value = *object,
            _ => return None,
        }
    }
    None
}

/// The files of the project that a file takes values from.
fn imports(project: &Project, from: u32) -> Vec<u32> {
    let file = project.file(FileId(from));
    let (tree, path) = (&file.tree, file.source.path());
    let mut modules: Vec<&str> = Vec::new();
    for (_, stmt) in tree.stmts() {
        match &stmt.kind {
            StmtKind::Import(import) if !import.type_only => modules.push(tree.text(import.module)),
            StmtKind::Export(export) => modules.extend(export.from.map(|module| tree.text(module))),
            _ => {}
        }
    }
    for (_, expr) in tree.exprs() {
        match &expr.kind {
            ExprKind::Import(module) => modules.extend(tree.string_of(*module)),
            ExprKind::Call { callee, args, .. } => {
                if let (ExprKind::Name(name), [arg]) = (&tree.expr(*callee).kind, args.as_ref())
                    && tree.text(*name) == "require"
                {
                    modules.extend(tree.string_of(arg.value));
                }
            }
            _ => {}
        }
    }
    modules.sort_unstable();
    modules.dedup();
    let mut found: Vec<u32> = modules
        .into_iter()
        .filter_map(|module| match project.resolver.javascript(path, module) {
            Target::File(file) => Some(file.0),
            Target::External(_) => None,
        })
        .collect();
    found.sort_unstable();
    found
}
