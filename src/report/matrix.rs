//! Routes against guards: who is asked what before a handler runs. One table for every format: a guard with its place, or
//! what its absence means, as the checklist judges it.

use std::fmt::Write as _;

use serde::Serialize;

use super::escape::{html, line, markdown};
use super::{Style, table};
use crate::base::{CodeContext, Location};
use crate::checklist::{Cell, CellState, RouteRow};
use crate::document::Document;
use crate::endpoint::Endpoint;

/// A kind of guard as readers see it.
struct Kind {
    /// As the document names it.
    key: &'static str,
    head: &'static str,
    short: &'static str,
    /// What a route without it lacks.
    lack: &'static str,
}

const fn kind(key: &'static str, head: &'static str, short: &'static str, lack: &'static str) -> Kind {
    Kind { key, head, short, lack }
}

static KINDS: [Kind; 8] = [
    kind("authentication", "Authentication", "authn", "authentication"),
    kind("authorization", "Authorization", "authz", "authorization"),
    kind("ownership", "Owner", "owner", "an owner check"),
    kind("csrf", "CSRF", "CSRF", "CSRF protection"),
    kind("rate-limit", "Rate limit", "rate", "a rate limit"),
    kind("validation", "Validation", "valid.", "validation"),
    kind("body-limit", "Body limit", "body", "a body limit"),
    kind("signature", "Signature", "sign.", "a signature check"),
];

/// Columns of a terminal from which names of guards fit into the cells.
const WIDE: usize = 120;

/// What a cell says.
enum Shown {
    /// Names of guards and their places.
    Guards(Vec<(String, String)>),
    /// The absence, judged.
    Lack(CellState, String),
    /// Not there, not asked for.
    Nothing,
}

struct Row {
    route: String,
    handler: String,
    does: String,
    cells: Vec<Shown>,
}

/// The table of a document.
pub(super) struct Matrix {
    kinds: Vec<&'static Kind>,
    rows: Vec<Row>,
    /// Routes in tests, examples and the like.
    elsewhere: usize,
}

/// How the document writes a kind of guard or effect.
fn key(kind: &impl Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The last part of a resolved name; where it is applied, without the path if that is the route's own.
fn guard(name: &str, at: &Location, route: &Location) -> (String, String) {
    let short = name.rsplit(['.', '/', ':']).find(|part| !part.is_empty()).unwrap_or(name);
    let place = if at.path == route.path { format!(":{}", at.line) } else { format!(" {at}") };
    (line(short, 60), line(&place, 80))
}

fn does(endpoint: &Endpoint) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for effect in &endpoint.effects {
        let kind = key(&effect.kind);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.join(", ")
}

impl Matrix {
    pub(super) fn new(document: &Document) -> Self {
        let judged = document.checklist.iter().flat_map(|checklist| &checklist.routes);
        let mut judged: std::collections::BTreeMap<u64, &RouteRow> = judged.map(|row| (row.endpoint, row)).collect();
        let mut rows = Vec::new();
        let mut elsewhere = 0;
        for (at, endpoint) in document.endpoints.iter().enumerate() {
            if endpoint.context == CodeContext::Production {
                rows.push(Self::row(endpoint, judged.remove(&(at as u64))));
            } else {
                elsewhere += 1;
            }
        }
        let matters = |at: usize| {
            rows.iter().any(|row: &Row| match &row.cells[at] {
                Shown::Guards(_) => true,
                Shown::Lack(state, _) => *state != CellState::NotApplicable,
                Shown::Nothing => false,
            })
        };
        let kept: Vec<bool> = (0..KINDS.len()).map(matters).collect();
        for row in &mut rows {
            let mut kept = kept.iter();
            row.cells.retain(|_| kept.next().copied().unwrap_or_default());
        }
        let kinds = KINDS.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(kind, _)| kind).collect();
        Self { kinds, rows, elsewhere }
    }

    fn row(endpoint: &Endpoint, judged: Option<&RouteRow>) -> Row {
        let present: Vec<String> = endpoint.guards.iter().map(|guard| key(&guard.kind)).collect();
        let cell = |kind: &Kind| {
            let with_kind = endpoint.guards.iter().zip(&present).filter(|(_, known)| *known == kind.key);
            let mut guards: Vec<(String, String)> =
                with_kind.map(|(found, _)| guard(&found.name, &found.location, &endpoint.location)).collect();
            guards.dedup();
            match judged.and_then(|row| row.cells.get(kind.key)) {
                _ if !guards.is_empty() => Shown::Guards(guards),
                Some(Cell { state, reason }) => Shown::Lack(*state, reason.clone()),
                None => Shown::Nothing,
            }
        };
        let place = endpoint.handler_location.as_ref().unwrap_or(&endpoint.location);
        let handler =
            if endpoint.handler.is_empty() { place.to_string() } else { format!("{} {place}", endpoint.handler) };
        Row {
            route: format!("{} {}", endpoint.methods.join(","), endpoint.path),
            handler,
            does: does(endpoint),
            cells: KINDS.iter().map(cell).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// `41 routes: 3 without authentication, 7 without CSRF protection`.
    pub(super) fn summary(&self) -> String {
        let count = |at: usize, wanted: CellState| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(at));
            cells.filter(|cell| matches!(cell, Shown::Lack(state, _) if *state == wanted)).count()
        };
        let mut parts: Vec<String> = Vec::new();
        for (at, kind) in self.kinds.iter().enumerate() {
            let missing = count(at, CellState::Missing);
            if missing > 0 {
                parts.push(format!("{missing} without {}", kind.lack));
            }
        }
        let unknown = self.rows.iter().filter(|row| row.has(CellState::Unknown)).count();
        if unknown > 0 {
            parts.push(format!("{unknown} with something unknown"));
        }
        if parts.is_empty() {
            parts.push("no guard is missing".to_owned());
        }
        let routes = if self.rows.len() == 1 { "1 route".to_owned() } else { format!("{} routes", self.rows.len()) };
        let elsewhere = match self.elsewhere {
            0 => String::new(),
            number => format!("; {number} in tests and examples are left out"),
        };
        format!("{routes}: {}{elsewhere}", parts.join(", "))
    }
}

impl Row {
    fn has(&self, wanted: CellState) -> bool {
        self.cells.iter().any(|cell| matches!(cell, Shown::Lack(state, _) if *state == wanted))
    }
}

/// What the marks mean.
const LEGEND: &str = "✗ missing · ? not told by the code · public: for everybody, by its name · n/a: nothing to guard · \
                      —: not there, and not asked for";

impl Shown {
    /// The cell in words; reasons only of what is unknown.
    fn words(&self) -> String {
        match self {
            Self::Guards(guards) => match guards.as_slice() {
                [(name, place)] => format!("{name}{place}"),
                [(name, place), rest @ ..] => format!("{name}{place} +{}", rest.len()),
                [] => String::new(),
            },
            Self::Lack(CellState::Missing, _) => "✗".to_owned(),
            Self::Lack(CellState::Unknown, reason) => format!("? {reason}"),
            Self::Lack(CellState::Public, _) => "public".to_owned(),
            Self::Lack(CellState::NotApplicable, _) => "n/a".to_owned(),
            Self::Nothing => "—".to_owned(),
        }
    }

    /// The cell as one mark.
    fn mark(&self) -> &'static str {
        match self {
            Self::Guards(_) => "✓",
            Self::Lack(CellState::Missing, _) => "✗",
            Self::Lack(CellState::Unknown, _) => "?",
            Self::Lack(CellState::Public, _) => "public",
            Self::Lack(CellState::NotApplicable, _) => "n/a",
            Self::Nothing => "—",
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Guards(_) => "there",
            Self::Lack(CellState::Missing, _) => "missing",
            Self::Lack(CellState::Unknown, _) => "unknown",
            Self::Lack(..) | Self::Nothing => "none",
        }
    }

    /// All that is known, for a tooltip.
    fn reason(&self) -> String {
        match self {
            Self::Guards(guards) => {
                let guards: Vec<String> = guards.iter().map(|(name, place)| format!("{name}{place}")).collect();
                guards.join(", ")
            }
            Self::Lack(_, reason) => reason.clone(),
            Self::Nothing => "not asked for".to_owned(),
        }
    }
}

/// For a terminal. Where names of guards do not fit, a mark stands for them, and a list of them follows.
pub(super) fn text(out: &mut String, matrix: &Matrix, style: &Style) {
    if matrix.is_empty() {
        return;
    }
    let wide = style.width >= WIDE;
    let head = |kind: &&Kind| if wide { kind.head } else { kind.short };
    let columns: Vec<&str> = std::iter::once("route").chain(matrix.kinds.iter().map(head)).collect();
    let rows = matrix.rows.iter().map(|row| {
        let mut route = format!("{}\n{}", line(&row.route, 200), line(&row.handler, 200));
        if !row.does.is_empty() {
            let _ = write!(route, "\n· {}", line(&row.does, 200));
        }
        let cell = |cell: &Shown| if wide { line(&cell.words(), 80) } else { cell.mark().to_owned() };
        std::iter::once(route).chain(row.cells.iter().map(cell)).collect()
    });
    table::section(out, "Routes and their guards", &columns, rows.collect(), style);
    if !wide {
        table::section(out, "Guards", &["guard", "what it checks", "routes"], guards(matrix), style);
    }
    let _ = writeln!(out, "{}\n{LEGEND}\n", matrix.summary());
}

/// Each guard with how many routes it stands before.
fn guards(matrix: &Matrix) -> Vec<Vec<String>> {
    let mut found: Vec<(usize, String, usize)> = Vec::new();
    let mut known = rustc_hash::FxHashMap::default();
    for row in &matrix.rows {
        for (at, cell) in row.cells.iter().enumerate() {
            let Shown::Guards(guards) = cell else { continue };
            for (name, _) in guards {
                let next = found.len();
                let index = *known.entry((at, name.clone())).or_insert(next);
                if index == next {
                    found.push((at, name.clone(), 0));
                }
                found[index].2 += 1;
            }
        }
    }
    found.sort_by(|a, b| (a.0, std::cmp::Reverse(a.2), &a.1).cmp(&(b.0, std::cmp::Reverse(b.2), &b.1)));
    found.into_iter().map(|(at, name, count)| vec![name, matrix.kinds[at].head.to_owned(), count.to_string()]).collect()
}

/// The Markdown table.
pub(super) fn as_markdown(out: &mut String, matrix: &Matrix, level: &str) {
    if matrix.is_empty() {
        return;
    }
    let _ = writeln!(out, "{level} Routes and their guards\n\n{}.\n", markdown(&matrix.summary()));
    let heads: Vec<String> = matrix.kinds.iter().map(|kind| format!(" {} |", kind.head)).collect();
    let heads = heads.concat();
    let _ = writeln!(out, "| Route | Handler | Does |{heads}\n|---|---|---|{}", "---|".repeat(matrix.kinds.len()));
    for row in &matrix.rows {
        let cells: Vec<String> =
            row.cells.iter().map(|cell| format!(" {} |", markdown(&line(&cell.words(), 120)))).collect();
        let cells = cells.concat();
        let _ = writeln!(
            out,
            "| {} | {} | {} |{cells}",
            markdown(&line(&row.route, 300)),
            markdown(&line(&row.handler, 300)),
            markdown(&row.does)
        );
    }
    let _ = writeln!(out, "\n{}\n", markdown(LEGEND));
}

/// The HTML table; which rows are shown is chosen without a script.
pub(super) fn as_html(out: &mut String, matrix: &Matrix) {
    if matrix.is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>Routes and their guards</h2>\n<p>{}</p>", html(&matrix.summary()));
    let choice = |id: &str, words: &str, checked: &str| {
        format!("<label><input type=\"radio\" name=\"rows\" id=\"lacks-{id}\"{checked}> {words}</label>")
    };
    let mut choices = vec![choice("all", "all routes", " checked=\"checked\""), choice("any", "with a hole", "")];
    choices.extend(matrix.kinds.iter().map(|kind| choice(kind.key, &format!("without {}", kind.lack), "")));
    let _ = writeln!(out, "<p class=\"choice\">{}</p>", choices.join("\n"));
    let heads: Vec<String> = matrix.kinds.iter().map(|kind| format!("<th>{}</th>", kind.head)).collect();
    let heads = heads.concat();
    let _ = writeln!(
        out,
        "<div class=\"wide\">\n<table class=\"matrix\">\n<thead><tr><th>Route</th><th>Does</th>{heads}</tr></thead>\n<tbody>"
    );
    for row in &matrix.rows {
        let lacks: Vec<&str> = matrix
            .kinds
            .iter()
            .zip(&row.cells)
            .filter(|(_, cell)| matches!(cell, Shown::Lack(CellState::Missing, _)))
            .map(|(kind, _)| kind.key)
            .collect();
        let any = if lacks.is_empty() { "" } else { "any " };
        let cells: Vec<String> = row
            .cells
            .iter()
            .map(|cell| {
                let reason = html(&line(&cell.reason(), 300));
                format!("<td class=\"{}\" title=\"{reason}\">{}</td>", cell.class(), html(&line(&cell.words(), 120)))
            })
            .collect();
        let cells = cells.concat();
        let _ = writeln!(
            out,
            "<tr class=\"{any}{}\"><td>{}<br><small>{}</small></td><td>{}</td>{cells}</tr>",
            lacks.join(" "),
            html(&line(&row.route, 300)),
            html(&line(&row.handler, 300)),
            html(&row.does)
        );
    }
    let _ = writeln!(out, "</tbody>\n</table>\n</div>\n<p><small>{}</small></p>", html(LEGEND));
}
