//! What the pattern of a route lets through for one of its parameters: numbers, one segment of the path, or anything.
//!
//! Written are the patterns of Flask and Django (`<int:id>`), of Starlette and FastAPI (`{id:int}`), and the named groups
//! of Django's `re_path`. A parameter without a converter holds no slash in all of them: the server decodes the path
//! before it looks for the route. Django names the view in another file, so views are found by the last name of what
//! the pattern is given with; where two views of one name differ, the one that lets through more counts.

use rustc_hash::FxHashMap;

use super::project::FileInfo;
use crate::model::index::Family;
use crate::syntax::{Arg, ExprId, ExprKind, Tree};

/// What a parameter of a route can hold, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Numbers, ids, words: nothing that means something to whoever reads it.
    Converted,
    /// Any text without a slash.
    Segment,
    /// Any text.
    Whole,
}

/// The parameters that URL patterns pass to views, by the last name of the view.
#[derive(Debug, Default)]
pub struct Urls {
    views: FxHashMap<String, Vec<(String, Part)>>,
}

/// How many parameters of one pattern are looked at.
const MAX_PARAMS: usize = 16;

impl Urls {
    /// Reads the patterns of all files that register views elsewhere than at the view.
    #[must_use]
    pub fn new(files: &[FileInfo]) -> Self {
        let mut urls = Self::default();
        for file in files {
            let registers = |module: &String| {
                let root = module.split('.').next().unwrap_or_default();
                matches!(root, "django" | "flask" | "flask_restful" | "flask_restx" | "quart")
            };
            if file.family == Family::Python && file.imported.iter().any(registers) {
                urls.add(&file.tree);
            }
        }
        urls
    }

    fn add(&mut self, tree: &Tree) {
        for (_, expr) in tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            let (ExprKind::Name(name) | ExprKind::Member { name, .. }) = tree.expr(*callee).kind else { continue };
            match (tree.text(name), args.as_ref()) {
                ("path" | "re_path" | "url", [pattern, view, ..]) => self.note(tree, pattern, view),
                ("add_url_rule", [pattern, rest @ ..]) => {
                    let named = rest.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == "view_func"));
                    if let Some(view) = named.or_else(|| rest.get(1)) {
                        self.note(tree, pattern, view);
                    }
                }
                ("add_resource", [view, patterns @ ..]) => {
                    for pattern in patterns {
                        self.note(tree, pattern, view);
                    }
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, tree: &Tree, pattern: &Arg, view: &Arg) {
        let (Some(pattern), Some(view)) = (text_of(tree, pattern), view_name(tree, view.value)) else { return };
        let known = self.views.entry(view.to_owned()).or_default();
        for name in names(pattern) {
            let Some(part) = part(pattern, name) else { continue };
            match known.iter().position(|(other, _)| other == name) {
                Some(at) => known[at].1 = part.max(known[at].1),
                None if known.len() < MAX_PARAMS => known.push((name.to_owned(), part)),
                None => {}
            }
        }
    }

    /// What a view's parameter gets from the URL patterns that name the view.
    #[must_use]
    pub fn part(&self, view: &str, param: &str) -> Option<Part> {
        self.views.get(view)?.iter().find(|(name, _)| name == param).map(|(_, part)| *part)
    }
}

fn text_of<'a>(tree: &'a Tree, arg: &Arg) -> Option<&'a str> {
    match arg.name {
        Some(name) if !matches!(tree.text(name), "route" | "regex" | "rule") => None,
        _ => literal_of(tree, arg.value),
    }
}

/// The pattern itself, or the part of it that names parameters: `r"^{0}(?P<path>.*)$".format(PREFIX)`, `PREFIX + "<path:path>"`.
fn literal_of(tree: &Tree, expr: ExprId) -> Option<&str> {
    match &tree.expr(expr).kind {
        ExprKind::Call { callee, .. } => match tree.expr(*callee).kind {
            ExprKind::Member { object, name, .. } if tree.text(name) == "format" => tree.string_of(object),
            _ => None,
        },
        ExprKind::Binary { left, right, .. } => {
            [*right, *left].into_iter().filter_map(|side| tree.string_of(side)).find(|text| text.contains('<'))
        }
        _ => tree.string_of(expr),
    }
}

/// `views.show`, `Show.as_view()`, `login_required(show)`.
fn view_name(tree: &Tree, mut expr: ExprId) -> Option<&str> {
    for _ in 0..4 {
        match &tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => return Some(tree.text(*name)),
            ExprKind::Call { callee, args, .. } => match (&tree.expr(*callee).kind, args.first()) {
                (ExprKind::Member { object, name, .. }, _) if tree.text(*name) == "as_view" => expr = *object,
                (ExprKind::Name(name) | ExprKind::Member { name, .. }, _) if tree.text(*name) == "include" => {
                    return None;
                }
                (_, Some(arg)) => expr = arg.value,
                _ => return None,
            },
            _ => return None,
        }
    }
    None
}

/// The names of a pattern's parameters.
fn names(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('<').skip(1).filter_map(|rest| {
        let inner = rest.split('>').next()?;
        let name = inner.rsplit(':').next()?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        plain.then_some(name)
    })
}

/// What a pattern lets through for a parameter; `None` if it is not in it.
#[must_use]
pub fn part(pattern: &str, wanted: &str) -> Option<Part> {
    let (open, close) = if pattern.contains('<') { ('<', '>') } else { ('{', '}') };
    let mut rest = pattern;
    while let Some(at) = rest.find(open) {
        let group = rest[..at].ends_with("(?P");
        rest = &rest[at + open.len_utf8()..];
        let end = rest.find(close)?;
        let (inner, after) = (&rest[..end], &rest[end + close.len_utf8()..]);
        rest = after;
        if group {
            if inner == wanted {
                return Some(by_expression(after));
            }
            continue;
        }
        let (first, second) = inner.split_once(':').map_or((inner, None), |(first, second)| (first, Some(second)));
        let converter = match second {
            None if first == wanted => "",
            // Flask and Django put the converter first, Starlette puts it last.
            Some(second) if second == wanted && open == '<' => first,
            Some(second) if first == wanted => second,
            _ => continue,
        };
        return Some(by_converter(converter));
    }
    None
}

/// The most that one of the parameters of a pattern of Flask lets through; `None` if it has none.
#[must_use]
pub fn widest(pattern: &str) -> Option<Part> {
    let groups = pattern.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    groups.map(|(inner, _)| by_converter(inner.split_once(':').map_or("", |(converter, _)| converter))).max()
}

fn by_converter(converter: &str) -> Part {
    match converter.split('(').next().unwrap_or_default() {
        "" | "str" | "string" | "default" => Part::Segment,
        "int" | "float" | "slug" | "any" | "number" | "alpha" | "ymd" => Part::Converted,
        // A converter of the project: its name is all that is seen of it here.
        other if other.contains("uuid") => Part::Converted,
        _ => Part::Whole,
    }
}

/// What the expression of a named group lets through; it ends where its bracket does.
fn by_expression(text: &str) -> Part {
    let mut depth = 0u32;
    let mut end = text.len();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' if depth == 0 => {
                end = at;
                break;
            }
            ')' => depth -= 1,
            _ => {}
        }
    }
    let expression = &text[..end];
    if super::pattern::is_restrictive(expression, true, true) {
        return Part::Converted;
    }
    let class = expression.strip_prefix("[^").and_then(|rest| rest.split_once(']'));
    match class {
        Some((class, "+" | "*" | "")) if class.contains('/') => Part::Segment,
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, part};

    #[test]
    fn a_parameter_without_a_converter_is_one_segment() {
        assert_eq!(part("/files/<name>", "name"), Some(Part::Segment));
        assert_eq!(part("files/<str:name>/", "name"), Some(Part::Segment));
        assert_eq!(part("/files/{name}", "name"), Some(Part::Segment));
        assert_eq!(part("/files/{name}/{other}", "other"), Some(Part::Segment));
    }

    #[test]
    fn paths_hold_slashes() {
        assert_eq!(part("/files/<path:name>", "name"), Some(Part::Whole));
        assert_eq!(part("/files/{name:path}", "name"), Some(Part::Whole));
        assert_eq!(part(r"^files/(?P<name>.+)$", "name"), Some(Part::Whole));
        assert_eq!(part("/files/<regex('.*'):name>", "name"), Some(Part::Whole));
    }

    #[test]
    fn numbers_and_words_mean_nothing() {
        assert_eq!(part("/users/<int:id>", "id"), Some(Part::Converted));
        assert_eq!(part("/users/<id:int>", "id"), Some(Part::Converted));
        assert_eq!(part("/users/{id:uuid}", "id"), Some(Part::Converted));
        assert_eq!(part(r"^users/(?P<id>\d+)/(?P<name>[^/]+)/$", "id"), Some(Part::Converted));
        assert_eq!(part(r"^users/(?P<id>\d+)/(?P<name>[^/]+)/$", "name"), Some(Part::Segment));
        assert_eq!(part("/users/<int:id>", "name"), None);
    }
}
