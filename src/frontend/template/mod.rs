//! HTML templates → the common tree: one function a template, whose parameter is the context; every output is a call that
//! models know (`#template.raw(x)`), so that data flow ends in the template where it does harm.
//!
//! One file a format; [`html`] tells where in the page an output stands. Components of Vue and Svelte are read by
//! [`component`] as a part of `super::javascript`. Pages without any tag of a template give their inline scripts; templates give
//! theirs as a tree of its own ([`scripts`]).

mod builder;
pub(super) mod component;
mod ejs;
mod expression;
mod generated;
mod handlebars;
mod html;
mod jinja;
mod pug;
mod scripts;
mod tags;
#[cfg(test)]
mod tests;

use memchr::memmem;

use super::{Frontend, javascript};
use crate::base::{Language, Problem, ProblemKind, SourceFile, Span};
use crate::syntax::Tree;

/// Reads templates.
pub struct Template;

/// What could not be read: the first of it.
#[derive(Debug)]
struct Broken {
    span: Span,
    message: String,
}

/// What a format makes of a file.
struct Read {
    tree: Tree,
    broken: Option<Broken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jinja(Language),
    Ejs,
    Handlebars,
    Mustache,
    Pug,
    /// Inline scripts only.
    Page,
}

impl Frontend for Template {
    fn languages(&self) -> &'static [Language] {
        &[Language::Python, Language::JavaScript]
    }

    fn language_of(&self, path: &str) -> Option<Language> {
        match extension(path).as_str() {
            "jinja" | "jinja2" | "j2" => Some(Language::Python),
            "html" | "htm" | "xhtml" | "ejs" | "hbs" | "handlebars" | "mustache" | "pug" | "jade" | "njk"
            | "nunjucks" => Some(Language::JavaScript),
            _ => None,
        }
    }

    fn claims(&self, file: &SourceFile) -> bool {
        format(file.path(), file.text()).is_some()
    }

    fn parse(&self, file: &SourceFile, language: Language) -> (Tree, Vec<Problem>) {
        let (path, text) = (file.path(), file.text());
        let read = match format(path, text) {
            None => return (Tree::new(language), Vec::new()),
            Some(Format::Page) => return javascript::page(file),
            Some(Format::Jinja(language)) => jinja::lower(path, text, language),
            Some(Format::Ejs) => ejs::lower(path, text),
            Some(Format::Handlebars) => handlebars::lower(path, text, false),
            Some(Format::Mustache) => handlebars::lower(path, text, true),
            Some(Format::Pug) => pug::lower(path, text),
        };
        let problem = read.broken.map(|broken| {
            let message = format!("does not read as a template: {}; the rest was read", broken.message);
            Problem::incomplete(ProblemKind::Syntax, Some(file.locate(broken.span)), message)
        });
        (read.tree, problem.into_iter().collect())
    }

    fn scripts(&self, file: &SourceFile) -> Option<Tree> {
        let text = file.text();
        let format = format(file.path(), text).filter(|format| !matches!(format, Format::Page | Format::Pug))?;
        javascript::has_script(text).then(|| javascript::scripts(&scripts::plain(text, format)))
    }
}

fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

/// The format of a file, by its name and, where that says little, by the tags that it holds.
fn format(path: &str, text: &str) -> Option<Format> {
    let bytes = text.as_bytes();
    match extension(path).as_str() {
        "jinja" | "jinja2" | "j2" => {
            // `nginx.conf.j2` makes no page.
            let name = path.rsplit('/').next().unwrap_or(path);
            let inner = name.rsplit_once('.').map_or(String::new(), |(stem, _)| extension(stem));
            let page = matches!(inner.as_str(), "html" | "htm" | "xhtml" | "svg")
                || inner.is_empty() && memmem::find(bytes, b"</").is_some();
            page.then_some(Format::Jinja(Language::Python))
        }
        "njk" | "nunjucks" => Some(Format::Jinja(Language::JavaScript)),
        "ejs" => Some(Format::Ejs),
        "hbs" | "handlebars" => Some(Format::Handlebars),
        "mustache" => Some(Format::Mustache),
        "pug" | "jade" => Some(Format::Pug),
        "html" | "htm" | "xhtml" => page(path, text),
        _ => None,
    }
}

/// What an HTML file is: a scan for the signs of templates decides before anything is parsed.
fn page(path: &str, text: &str) -> Option<Format> {
    let (mut tags, mut outputs, mut sections) = (false, false, false);
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'{', bytes) {
        match bytes.get(at + 1) {
            Some(b'%') => tags = true,
            Some(b'{') => {
                outputs = true;
                sections |= matches!(bytes.get(at + 2), Some(b'{' | b'#' | b'/' | b'^' | b'>' | b'&' | b'!'));
            }
            _ => {}
        }
        if tags {
            break;
        }
    }
    let folders = || path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    let views = folders().any(|folder| matches!(folder, "views" | "partials"));
    let folder = views || folders().any(|folder| matches!(folder, "templates" | "template" | "layouts"));
    let language = if views { Language::JavaScript } else { Language::Python };
    if tags {
        return Some(Format::Jinja(language));
    }
    if sections {
        return Some(Format::Handlebars);
    }
    let scriptlets = memmem::find(bytes, b"<%").is_some();
    match (scriptlets, outputs, folder) {
        (true, _, true) => Some(Format::Ejs),
        (_, true, true) => Some(Format::Jinja(language)),
        (false, false, _) if memmem::find(bytes, b"<?").is_none() && javascript::has_script(text) => Some(Format::Page),
        _ => None,
    }
}
