//! What kind of app a `package.json` describes, as far as it says what goes to the browser.

use serde_json::Value;

/// A folder with a `package.json`.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its folder, empty for the root.
    pub(super) folder: String,
    pub(super) app: App,
    /// Whether a server is written in the same package.
    pub(super) server: bool,
}

/// How an app's client code is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum App {
    /// Client components, and pages of the pages router.
    Next,
    /// Everything that the entry point imports; without a server in the package all of `src`.
    Bundle,
    /// Components and universal loaders.
    SvelteKit,
    /// Pages, components, composables.
    Nuxt,
    /// Routes with loaders that stay on the server.
    Remix,
    /// A package of another kind: a server, a library.
    Other,
}

impl Manifest {
    /// Reads a `package.json`; what is no JSON says nothing.
    #[must_use]
    pub fn read(path: &str, text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let has = |name: &str| {
            ["dependencies", "devDependencies", "peerDependencies"]
                .iter()
                .any(|section| value.get(section).and_then(|section| section.get(name)).is_some())
        };
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        let app = if has("next") {
            App::Next
        } else if has("@sveltejs/kit") {
            App::SvelteKit
        } else if has("nuxt") {
            App::Nuxt
        } else if any(&["@remix-run/react", "@react-router/dev", "@tanstack/react-start", "@solidjs/start"]) {
            App::Remix
        } else if any(&["react-scripts", "expo", "gatsby", "@angular/core", "react-native", "@vue/cli-service"])
            || (any(&["vite", "webpack", "parcel", "esbuild", "@rsbuild/core"])
                && any(&["react", "vue", "svelte", "preact", "solid-js", "lit"]))
        {
            App::Bundle
        } else {
            App::Other
        };
        let server = any(&[
            "express",
            "fastify",
            "koa",
            "hono",
            "@nestjs/core",
            "@hapi/hapi",
            "electron",
            "@trpc/server",
            "elysia",
        ]);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Some(Self { folder, app, server })
    }
}
